// SPDX-License-Identifier: GPL-3.0-or-later
// Live must not follow the database and ready must: told from the answers of a real uvicorn whose database goes away
// and comes back, and from made-up ones for what a real one does not do on demand.
#include "models/health/endpointmeanings.h"
#include "models/health/prober.h"

#include <QProcess>
#include <QRegularExpression>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace Switchyard;

namespace {

Instant at(int ms)
{
    return Instant(std::chrono::hours(1)) + Milliseconds(ms);
}

ProbeSample sample(int ms, int status, const QByteArray &body = {})
{
    ProbeSample made;
    made.sentAt = at(ms);
    made.doneAt = at(ms + 5);
    made.status = status;
    made.state = status == 200 ? ProbeState::Up : ProbeState::Down;
    made.body = body;
    made.phases.connect = 1;
    return made;
}

/// 20 samples, one each 100 ms; those from the 5th to the 14th by the second function.
template <typename There, typename Gone>
EndpointObservation observed(EndpointKind kind, There there, Gone gone)
{
    EndpointObservation made{kind, QLatin1Char('/') + endpointKindName(kind), {}};
    for (int i = 0; i < 20; ++i)
        made.samples += i >= 5 && i < 15 ? gone(100 * i) : there(100 * i);
    return made;
}

QList<DatabaseObservation> outage()
{
    QList<DatabaseObservation> seen;
    for (int i = 0; i < 21; ++i)
        seen += DatabaseObservation{at(100 * i - 20), i < 5 || i >= 16};
    return seen;
}

auto answers(int status, const QByteArray &body = {})
{
    return [status, body](int ms) { return sample(ms, status, body); };
}

QList<MeaningOutcome> outcomes(const QList<MeaningResult> &results)
{
    QList<MeaningOutcome> all;
    for (const MeaningResult &each : results)
        all += each.outcome;
    return all;
}

constexpr auto Found = MeaningOutcome::Found;
constexpr auto Fine = MeaningOutcome::Fine;
constexpr auto NotSeen = MeaningOutcome::NotSeen;

} // namespace

class EndpointMeaningsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void judges();
    void deadBackendTellsNothing();
    void slowLiveFollows();
    void outageByBodies_data();
    void outageByBodies();
    void sameHandler();
    void nothingSeen();
    void realBackend();
};

void EndpointMeaningsTest::judges()
{
    const auto liveSteady = observed(EndpointKind::Live, answers(200, "up"), answers(200, "up"));
    const auto liveFollows = observed(EndpointKind::Live, answers(200, "up"), answers(500, "no database"));
    const auto readyFollows = observed(EndpointKind::Ready, answers(200, "ready"), answers(503, "wait"));
    const auto readySteady = observed(EndpointKind::Ready, answers(200, "ready"), answers(200, "ready"));
    QCOMPARE(outcomes(endpointMeanings({liveSteady, readyFollows}, outage())), (QList{Fine, Fine, Fine}));
    const QList<MeaningResult> wrong = endpointMeanings({liveFollows, readySteady}, outage());
    QCOMPARE(outcomes(wrong), (QList{Found, Found, Fine}));
    QVERIFY2(wrong[0].text.startsWith(QStringLiteral("/live went down together with the database")),
             qPrintable(wrong[0].text));
    QVERIFY2(wrong[0].evidence.contains(QStringLiteral("/live answered 500 no database")),
             qPrintable(wrong[0].evidence.join(QLatin1Char('|'))));
    QVERIFY2(wrong[1].text.startsWith(QStringLiteral("/ready stayed good while the database was unreachable")),
             qPrintable(wrong[1].text));
}

void EndpointMeaningsTest::deadBackendTellsNothing()
{
    const auto dead = [](int ms) {
        ProbeSample made = sample(ms, 0);
        made.errorKind = ErrorKind::Refused;
        made.phases.connect.reset();
        return made;
    };
    const auto live = observed(EndpointKind::Live, answers(200, "up"), dead);
    const auto ready = observed(EndpointKind::Ready, answers(200, "ready"), dead);
    const QList<MeaningResult> results = endpointMeanings({live, ready}, outage());
    QCOMPARE(outcomes(results).mid(0, 2), (QList{NotSeen, NotSeen}));
    QVERIFY(results[0].text.contains(QStringLiteral("too seldom")));
}

void EndpointMeaningsTest::slowLiveFollows()
{
    const auto hanging = [](int ms) {
        ProbeSample made = sample(ms, 0);
        made.errorKind = ErrorKind::Timeout;
        return made;
    };
    const auto live = observed(EndpointKind::Live, answers(200, "up"), hanging);
    QCOMPARE(endpointMeanings({live}, outage())[0].outcome, Found);
}

void EndpointMeaningsTest::outageByBodies_data()
{
    QTest::addColumn<QByteArray>("there");
    QTest::addColumn<QByteArray>("gone");
    QTest::addColumn<bool>("seen");
    QTest::newRow("word") << QByteArray("{\"database\":\"connected\"}") << QByteArray("{\"database\":\"disconnected\"}")
                          << true;
    QTest::newRow("truth") << QByteArray("{\"db\":true}") << QByteArray("{\"db\":false}") << true;
    QTest::newRow("nested") << QByteArray("{\"checks\":{\"postgres\":{\"status\":\"up\"}}}")
                            << QByteArray("{\"checks\":{\"postgres\":{\"status\":\"connection refused\"}}}") << true;
    QTest::newRow("another thing") << QByteArray("{\"queue\":\"up\"}") << QByteArray("{\"queue\":\"down\"}") << false;
    QTest::newRow("words that say neither")
        << QByteArray("{\"database\":\"blue\"}") << QByteArray("{\"database\":\"green\"}") << false;
    QTest::newRow("a name that only ends so")
        << QByteArray("{\"mudb\":true}") << QByteArray("{\"mudb\":false}") << false;
}

void EndpointMeaningsTest::outageByBodies()
{
    QFETCH(QByteArray, there);
    QFETCH(QByteArray, gone);
    QFETCH(bool, seen);
    const auto health = observed(EndpointKind::Health, answers(200, there), answers(200, gone));
    const auto ready = observed(EndpointKind::Ready, answers(200, "ready"), answers(200, "ready"));
    const MeaningResult result = endpointMeanings({health, ready})[1];
    QCOMPARE(result.outcome, seen ? Found : NotSeen);
    QCOMPARE(result.evidence.isEmpty(), !seen);
}

void EndpointMeaningsTest::sameHandler()
{
    const QByteArray body = "{\"status\":\"ok\",\"time\":1234.5}";
    const auto live = observed(EndpointKind::Live, answers(200, body), answers(200, body));
    const auto ready = observed(EndpointKind::Ready, answers(200, "{\"status\":\"ok\",\"time\":99}"),
                                answers(200, "{\"status\":\"ok\",\"time\":7}"));
    // Two handlers may well say the same while all is well.
    QCOMPARE(endpointMeanings({live, ready})[2].outcome, NotSeen);
    const auto liveTells = observed(EndpointKind::Live, answers(200, "{\"database\":\"ok\"}"), answers(503, "{}"));
    EndpointObservation readyTells = liveTells;
    readyTells.kind = EndpointKind::Ready;
    readyTells.name = QStringLiteral("/ready");
    QCOMPARE(endpointMeanings({liveTells, readyTells})[2].outcome, Found);
    EndpointObservation samePath = ready;
    samePath.name = live.name;
    QCOMPARE(endpointMeanings({live, samePath})[2].outcome, Found);
}

void EndpointMeaningsTest::nothingSeen()
{
    QCOMPARE(outcomes(endpointMeanings({})), (QList{NotSeen, NotSeen, NotSeen}));
    const auto live = observed(EndpointKind::Live, answers(200, "up"), answers(200, "up"));
    const MeaningResult result = endpointMeanings({live})[0];
    QCOMPARE(result.outcome, NotSeen);
    QCOMPARE(result.text, QStringLiteral("the database did not go away while this was watched"));
    // An endpoint that was never good tells nothing by being bad.
    const auto broken = observed(EndpointKind::Live, answers(500), answers(500));
    QCOMPARE(endpointMeanings({broken}, outage())[0].outcome, NotSeen);
}

void EndpointMeaningsTest::realBackend()
{
    QTcpServer database;
    QVERIFY(database.listen(QHostAddress::LocalHost));
    const quint16 databasePort = database.serverPort();
    connect(&database, &QTcpServer::newConnection, this, [&database] {
        while (QTcpSocket *peer = database.nextPendingConnection())
            connect(peer, &QTcpSocket::disconnected, peer, &QObject::deleteLater);
    });
    QProcess uvicorn;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("DATABASE_PORT"), QString::number(databasePort));
    uvicorn.setProcessEnvironment(environment);
    uvicorn.setWorkingDirectory(QStringLiteral(SOURCE_DIR "/tests/backends"));
    uvicorn.setProcessChannelMode(QProcess::MergedChannels);
    uvicorn.start(QStringLiteral("/usr/bin/python3"),
                  {QStringLiteral("-B"), QStringLiteral("-m"), QStringLiteral("uvicorn"),
                   QStringLiteral("meanings_app:app"), QStringLiteral("--port"), QStringLiteral("0"),
                   QStringLiteral("--no-access-log")});
    QByteArray said;
    const auto port = [&said] {
        return QRegularExpression(QStringLiteral("running on http://127.0.0.1:(\\d+)"))
            .match(QString::fromUtf8(said))
            .captured(1);
    };
    QTRY_VERIFY_WITH_TIMEOUT(!port().isEmpty() || (said += uvicorn.readAll(), said.contains("No module named")) ||
                                 uvicorn.state() == QProcess::NotRunning,
                             10'000);
    if (said.contains("No module named") || uvicorn.state() == QProcess::NotRunning)
        QSKIP("uvicorn is not installed");
    Prober prober;
    QMap<QString, QList<ProbeSample>> samples;
    connect(&prober, &Prober::samplesReady, this, [&samples](const QList<ProbeSample> &some) {
        for (const ProbeSample &each : some)
            samples[each.targetId] += each;
    });
    const QStringList paths{QStringLiteral("/health"),     QStringLiteral("/good/live"),
                            QStringLiteral("/good/ready"), QStringLiteral("/strict/live"),
                            QStringLiteral("/lazy/ready"), QStringLiteral("/one/live"),
                            QStringLiteral("/one/ready")};
    for (const QString &path : paths) {
        ProbeTarget target;
        target.id = path;
        target.url = QStringLiteral("http://127.0.0.1:%1%2").arg(port(), path);
        prober.schedule(target, Milliseconds(100));
    }
    const auto seen = [&](qsizetype count) {
        return std::all_of(paths.cbegin(), paths.cend(),
                           [&](const QString &path) { return samples.value(path).size() >= count; });
    };
    QTRY_VERIFY_WITH_TIMEOUT(seen(8), 10'000);
    database.close();
    QTRY_VERIFY_WITH_TIMEOUT(seen(18), 10'000);
    QVERIFY(database.listen(QHostAddress::LocalHost, databasePort));
    QTRY_VERIFY_WITH_TIMEOUT(seen(26), 10'000);
    prober.unscheduleAll();
    uvicorn.kill();
    uvicorn.waitForFinished();
    const auto watched = [&](const char *live, const char *ready) {
        const QString livePath = QString::fromLatin1(live);
        const QString readyPath = QString::fromLatin1(ready);
        return endpointMeanings({{EndpointKind::Health, QStringLiteral("/health"), samples[QStringLiteral("/health")]},
                                 {EndpointKind::Live, livePath, samples[livePath]},
                                 {EndpointKind::Ready, readyPath, samples[readyPath]}});
    };
    const QList<MeaningResult> good = watched("/good/live", "/good/ready");
    QCOMPARE(outcomes(good), (QList{Fine, Fine, Fine}));
    const QList<MeaningResult> wrong = watched("/strict/live", "/lazy/ready");
    QCOMPARE(outcomes(wrong), (QList{Found, Found, Fine}));
    QVERIFY2(wrong[0].evidence.first().startsWith(QStringLiteral("/database of /health was \"unreachable\"")),
             qPrintable(wrong[0].evidence.first()));
    const QList<MeaningResult> one = watched("/one/live", "/one/ready");
    QCOMPARE(outcomes(one), (QList{Found, Fine, Found}));
    for (const MeaningResult &each : wrong + one)
        qInfo("%s: %s (%s)", qPrintable(meaningRuleId(each.rule)), qPrintable(each.text),
              qPrintable(each.evidence.join(QStringLiteral("; "))));
}

QTEST_GUILESS_MAIN(EndpointMeaningsTest)
#include "tst_endpointmeanings.moc"
