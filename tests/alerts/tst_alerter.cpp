// SPDX-License-Identifier: GPL-3.0-or-later
// Who is told what: filters, flaps, recovery, resend, acknowledgement, windows, certificates and five hundred at once.
#include "models/alerts/alerter.h"
#include "models/health/monitorset.h"
#include "tests/support/alertreceiver.h"
#include "tests/support/cli.h"
#include "tests/support/httpserver.h"

#include <QDateTime>
#include <QJsonArray>
#include <QSignalSpy>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;
using namespace std::chrono_literals;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

AlertTimes quick()
{
    AlertTimes times;
    times.gather = 30ms;
    times.apart = 30ms;
    times.firstRetry = 20ms;
    times.tick = 10ms;
    times.certificateAgain = 100ms;
    return times;
}

/// An alerter with one webhook, and what it received.
struct Rig
{
    explicit Rig(AlertSettings settings = {}, const AlertTimes &times = quick())
    {
        settings.name = s("ops");
        settings.kind = AlertKind::Webhook;
        settings.url = receiver.url(s("/hook"));
        alerter = std::make_unique<Alerter>(QList<AlertSettings>{settings}, s("shop"), times);
    }

    void go(MonitorState from, MonitorState to, const QString &cause = {}, const QString &suppressedBy = {},
            const QString &id = s("m1"), const QString &group = s("render"))
    {
        MonitorTransition transition;
        transition.monitorId = id;
        transition.from = from;
        transition.to = to;
        transition.at = Clock::now();
        transition.wallMs = QDateTime::currentMSecsSinceEpoch();
        transition.cause = cause;
        transition.suppressedBy = suppressedBy;
        alerter->take(id, group, transition);
    }

    /// "event monitor" of everything that was received, in order.
    QStringList told() const
    {
        QStringList list;
        for (qsizetype i = 0; i < receiver.bodies.size(); ++i) {
            for (const QJsonValue &each : receiver.json(i)[s("alerts")].toArray())
                list.append(each[s("event")].toString() + u' ' + each[s("monitor")].toString());
        }
        return list;
    }

    /// Everything that was on its way has arrived: a message of another monitor overtakes nothing.
    bool settled()
    {
        static int count = 0;
        const QString id = s("mark%1").arg(++count);
        go(MonitorState::Up, MonitorState::Down, {}, {}, id);
        const bool came = QTest::qWaitFor([this, &id] { return told().contains(s("down ") + id); }, 5'000);
        go(MonitorState::Down, MonitorState::Paused, {}, {}, id);
        return came;
    }

    QStringList toldOf(const QString &id = s("m1")) const
    {
        QStringList list = told().filter(QRegularExpression(s(" %1$").arg(id)));
        for (QString &each : list)
            each.chop(id.size() + 1);
        return list;
    }

    AlertReceiver receiver;
    std::unique_ptr<Alerter> alerter;
};

using enum MonitorState;

} // namespace

class AlerterTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void downAndUp();
    void flapsAreOneTrouble();
    void onlyWhatIsAskedFor_data();
    void onlyWhatIsAskedFor();
    void filters();
    void suppressed();
    void resent();
    void acknowledged();
    void grouped();
    void apart();
    void certificates();
    void twoChannels();
    void testMessages();
    void realMonitors();
};

void AlerterTest::downAndUp()
{
    Rig rig;
    QSignalSpy changed(rig.alerter.get(), &Alerter::changed);
    rig.go(Unknown, Up);
    QVERIFY(rig.alerter->open().isEmpty());
    rig.go(Up, Down, s("connection refused"));
    QCOMPARE(rig.alerter->open().size(), 1);
    const OpenAlert open = rig.alerter->open().first();
    QCOMPARE(open.event, s("down"));
    QCOMPARE(open.cause, s("connection refused"));
    QCOMPARE(open.told, 1);
    QTRY_COMPARE(rig.toldOf(), QStringList{s("down")});
    QTRY_VERIFY(!changed.isEmpty());
    rig.go(Down, Recovering);
    QCOMPARE(rig.alerter->open().size(), 1);
    rig.go(Recovering, Up);
    QVERIFY(rig.alerter->open().isEmpty());
    QTRY_COMPARE(rig.toldOf(), QStringList({s("down"), s("up")}));
    for (const QByteArray &body : rig.receiver.bodies)
        QCOMPARE(validate(s("alert"), body), QString());
    const QJsonValue up = rig.receiver.json(1)[s("alerts")][0];
    QCOMPARE(up[s("from")].toString(), s("down"));
    QCOMPARE(up[s("to")].toString(), s("up"));
    QCOMPARE(up[s("cause")].toString(), s("connection refused"));
    QCOMPARE(up[s("since")], rig.receiver.json(0)[s("alerts")][0][s("since")]);
    QVERIFY(up[s("durationMs")].toInteger() > 0);
    // A new trouble is told anew.
    rig.go(Up, Down);
    QTRY_COMPARE(rig.toldOf().size(), 3);
}

void AlerterTest::flapsAreOneTrouble()
{
    Rig rig;
    rig.go(Up, Down);
    rig.go(Down, Recovering);
    rig.go(Recovering, Down);
    rig.go(Down, Unknown, s("this machine slept"));
    QCOMPARE(rig.alerter->open().first().event, s("unknown"));
    rig.go(Unknown, Down);
    rig.go(Down, Recovering);
    rig.go(Recovering, Up);
    rig.go(Up, Down);
    rig.go(Down, Paused);
    QVERIFY(rig.alerter->open().isEmpty());
    rig.go(Paused, Up);
    QVERIFY(rig.settled());
    QCOMPARE(rig.toldOf(), QStringList({s("down"), s("up"), s("down")}));
}

void AlerterTest::onlyWhatIsAskedFor_data()
{
    QTest::addColumn<QStringList>("on");
    QTest::addColumn<QStringList>("told");
    QTest::newRow("default") << QStringList{s("down"), s("up")} << QStringList{s("down"), s("up"), s("down"), s("up")};
    QTest::newRow("down") << QStringList{s("down")} << QStringList{s("down"), s("down")};
    QTest::newRow("up alone") << QStringList{s("up")} << QStringList();
    QTest::newRow("degraded") << QStringList{s("degraded"), s("up")} << QStringList{s("degraded"), s("up")};
    QTest::newRow("all") << QStringList{s("down"), s("up"), s("degraded"), s("unknown"), s("cold-start")}
                         << QStringList{s("cold-start"), s("up"),   s("unknown"),  s("up"), s("down"),
                                        s("degraded"),   s("down"), s("degraded"), s("up")};
}

void AlerterTest::onlyWhatIsAskedFor()
{
    QFETCH(QStringList, on);
    QFETCH(QStringList, told);
    AlertSettings settings;
    settings.on = on;
    Rig rig(settings);
    const QList<std::pair<MonitorState, MonitorState>> way{{Up, ColdStart},  {ColdStart, Up},  {Up, Unknown},
                                                           {Unknown, Up},    {Up, Down},       {Down, Degraded},
                                                           {Degraded, Down}, {Down, Degraded}, {Degraded, Up}};
    for (const auto &[from, to] : way)
        rig.go(from, to);
    settings.on = {s("down")};
    // Where nobody is told of marks, time has to do.
    if (on.contains(s("down")))
        QVERIFY(rig.settled());
    else
        QTest::qWait(200);
    QCOMPARE(rig.toldOf(), told);
}

void AlerterTest::filters()
{
    AlertSettings settings;
    settings.monitors = {s("m1")};
    settings.backends = {s("fly")};
    Rig rig(settings);
    rig.go(Up, Down, {}, {}, s("m2"), s("render"));
    rig.go(Up, Down, {}, {}, s("m1"), s("render"));
    rig.go(Up, Down, {}, {}, s("m3"), s("fly"));
    QTRY_COMPARE(rig.told(), QStringList({s("down m1"), s("down m3")}));
    QCOMPARE(rig.alerter->open().size(), 3); // the list is of all
}

void AlerterTest::suppressed()
{
    AlertSettings settings;
    settings.resend = 1ms;
    Rig rig(settings);
    rig.go(Up, Down, s("refused"), s("a deploy"));
    QVERIFY(rig.alerter->open().first().suppressed);
    rig.go(Down, Up, {}, s("a deploy"));
    QVERIFY(rig.settled());
    QCOMPARE(rig.toldOf(), QStringList());
    // Still down at the window's end.
    rig.go(Up, Down, s("refused"), s("a deploy"));
    rig.go(Down, Down, s("still down at the end of a deploy: refused"));
    QTRY_VERIFY(rig.toldOf().contains(s("down")));
    rig.go(Down, Up);
    QTRY_COMPARE(rig.toldOf().last(), s("up"));
}

void AlerterTest::resent()
{
    AlertSettings settings;
    settings.resend = 60ms; // an hour, sped up
    Rig rig(settings);
    rig.go(Up, Down, s("refused"));
    QTRY_VERIFY(rig.toldOf().size() >= 3);
    const QJsonObject last = rig.receiver.json(rig.receiver.bodies.size() - 1);
    QVERIFY(last[s("alerts")][0][s("resend")].toInt() >= 2);
    QCOMPARE(last[s("title")].toString(), s("m1 is still down"));
    // What cannot be measured is not said to be down.
    rig.go(Down, Unknown);
    QVERIFY(rig.settled());
    const qsizetype before = rig.toldOf().size();
    QTest::qWait(200);
    QCOMPARE(rig.toldOf().size(), before);
    rig.go(Unknown, Down);
    QTRY_VERIFY(rig.toldOf().size() > before);
    rig.go(Down, Up);
    QTRY_COMPARE(rig.toldOf().last(), s("up"));
    const qsizetype after = rig.toldOf().size();
    QTest::qWait(200);
    QCOMPARE(rig.toldOf().size(), after);
}

void AlerterTest::acknowledged()
{
    AlertSettings settings;
    settings.resend = 60ms;
    settings.on = {s("down"), s("up"), s("degraded")};
    Rig rig(settings);
    rig.go(Up, Degraded, s("slow"));
    QTRY_COMPARE(rig.toldOf(), QStringList{s("degraded")});
    rig.alerter->acknowledge(s("nobody"), s("x"));
    rig.alerter->acknowledge(s("m1"), s(" on it\ntoken=abcdef1234567890 "));
    QVERIFY(rig.alerter->open().first().acknowledged.startsWith(s("on it token=")));
    QVERIFY(!rig.alerter->open().first().acknowledged.contains(s("abcdef1234567890")));
    QVERIFY(rig.settled());
    const QStringList quiet = rig.toldOf();
    QTest::qWait(200);
    QCOMPARE(rig.toldOf(), quiet);
    // It was for degraded: down is worse.
    rig.go(Degraded, Down, s("refused"));
    QVERIFY(rig.alerter->open().first().acknowledged.isEmpty());
    QTRY_VERIFY(rig.toldOf().count(s("down")) >= 2);
    rig.alerter->acknowledge(s("m1"), {});
    QCOMPARE(rig.alerter->open().first().acknowledged, s("seen"));
    rig.go(Down, Unknown);
    rig.go(Unknown, Down);
    QCOMPARE(rig.alerter->open().first().acknowledged, s("seen"));
    rig.go(Down, Up);
    QTRY_COMPARE(rig.toldOf().last(), s("up"));
    const QJsonObject last = rig.receiver.json(rig.receiver.bodies.size() - 1);
    QCOMPARE(last[s("alerts")].toArray().last()[s("acknowledged")].toString(), s("seen"));
    // The next trouble is another.
    rig.go(Up, Down);
    QVERIFY(rig.alerter->open().first().acknowledged.isEmpty());
}

void AlerterTest::grouped()
{
    Rig rig;
    for (int i = 0; i < 500; ++i)
        rig.go(Up, Down, s("refused"), {}, s("n%1").arg(i));
    QTRY_COMPARE(rig.receiver.bodies.size(), 1);
    QCOMPARE(rig.receiver.json(0)[s("total")].toInt(), 500);
    QCOMPARE(rig.receiver.json(0)[s("title")].toString(), s("500 monitors: down"));
    QCOMPARE(validate(s("alert"), rig.receiver.bodies.first()), QString());
    for (int i = 0; i < 500; ++i)
        rig.go(Down, Up, {}, {}, s("n%1").arg(i));
    QTRY_COMPARE(rig.receiver.bodies.size(), 2);
    QCOMPARE(rig.receiver.json(1)[s("counts")][s("up")].toInt(), 500);
    QVERIFY(rig.alerter->open().isEmpty());
}

void AlerterTest::apart()
{
    AlertTimes times = quick();
    times.apart = 400ms;
    Rig rig({}, times);
    // They fail one after the other, as their probes leave.
    rig.go(Up, Down, {}, {}, s("n0"));
    QTRY_COMPARE(rig.receiver.bodies.size(), 1);
    for (int i = 1; i < 6; ++i) {
        rig.go(Up, Down, {}, {}, s("n%1").arg(i));
        QTest::qWait(40);
    }
    QCOMPARE(rig.receiver.bodies.size(), 1);
    QTRY_COMPARE(rig.receiver.bodies.size(), 2);
    QCOMPARE(rig.receiver.json(1)[s("total")].toInt(), 5);
}

void AlerterTest::certificates()
{
    Rig rig;
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    CertificateInfo certificate;
    certificate.subject = s("CN=shop.example");
    certificate.notAfter = now + 20 * 86'400;
    rig.alerter->takeCertificate(s("m1"), s("m1"), s("render"), certificate);
    QVERIFY(rig.alerter->open().isEmpty());
    certificate.notAfter = now + 3 * 86'400 + 60;
    rig.alerter->takeCertificate(s("m1"), s("m1"), s("render"), certificate);
    rig.alerter->takeCertificate(s("m1"), s("m1"), s("render"), certificate);
    QCOMPARE(rig.alerter->open().first().event, s("certificate"));
    QVERIFY(rig.settled());
    QCOMPARE(rig.toldOf(), QStringList{s("certificate")}); // not with each probe
    QCOMPARE(rig.receiver.json(0)[s("alerts")][0][s("certificateDays")].toInt(), 3);
    QVERIFY(rig.receiver.json(0)[s("text")].toString().contains(s("ends in 3 days: CN=shop.example")));
    QCOMPARE(validate(s("alert"), rig.receiver.bodies.first()), QString());
    // Once a day, which is 100 ms here.
    QTest::qWait(110);
    rig.alerter->takeCertificate(s("m1"), s("m1"), s("render"), certificate);
    QTRY_COMPARE(rig.toldOf().size(), 2);
    rig.alerter->acknowledge(rig.alerter->open().first().key, s("ordered"));
    QTest::qWait(110);
    rig.alerter->takeCertificate(s("m1"), s("m1"), s("render"), certificate);
    QVERIFY(rig.settled());
    QCOMPARE(rig.toldOf().size(), 2);
    // Renewed.
    certificate.notAfter = now + 90 * 86'400;
    rig.alerter->takeCertificate(s("m1"), s("m1"), s("render"), certificate);
    QVERIFY(rig.alerter->open().isEmpty());
    // And one that is over.
    certificate.notAfter = now - 60;
    rig.alerter->takeCertificate(s("m1"), s("m1"), s("render"), certificate);
    QTRY_COMPARE(rig.toldOf().size(), 3);
    QVERIFY(rig.receiver.json(rig.receiver.bodies.size() - 1)[s("text")].toString().contains(s("expired certificate")));
}

void AlerterTest::twoChannels()
{
    AlertReceiver first, second;
    first.answer({{500, {}, {}}});
    AlertSettings a, b;
    a.name = s("a");
    b.name = s("b");
    a.kind = b.kind = AlertKind::Webhook;
    a.url = first.url(s("/a"));
    b.url = second.url(s("/b"));
    AlertTimes times = quick();
    times.retries = 1;
    Alerter alerter({a, b}, s("shop"), times);
    QSignalSpy delivered(&alerter, &Alerter::delivered);
    MonitorTransition transition;
    transition.monitorId = s("m1");
    transition.from = Up;
    transition.to = Down;
    transition.wallMs = QDateTime::currentMSecsSinceEpoch();
    alerter.take(s("m1"), s("g"), transition);
    QTRY_COMPARE(delivered.size(), 2);
    QCOMPARE(second.bodies.size(), 1); // one that fails delays nobody
    QCOMPARE(first.bodies.size(), 2);
    const QList<AlertChannelStatus> channels = alerter.channels();
    QCOMPARE(channels.size(), 2);
    QVERIFY(channels[0].error.contains(s("500")) && channels[0].dropped == 1 && channels[0].deliveredMs == 0);
    QVERIFY(channels[1].error.isEmpty() && channels[1].delivered == 1 && channels[1].deliveredMs > 0);
    QCOMPARE(alerter.open().first().told, 2);
}

void AlerterTest::testMessages()
{
    Rig rig;
    QSignalSpy delivered(rig.alerter.get(), &Alerter::delivered);
    QVERIFY(!rig.alerter->sendTest(s("nobody")));
    QVERIFY(rig.alerter->sendTest(s("ops")));
    QTRY_COMPARE(delivered.size(), 1);
    const auto delivery = qvariant_cast<AlertDelivery>(delivered.first().first());
    QVERIFY(delivery.accepted && delivery.test);
    QCOMPARE(rig.receiver.json(0)[s("test")].toBool(), true);
    QVERIFY(rig.alerter->open().isEmpty());
}

void AlerterTest::realMonitors()
{
    HttpServer backend;
    HttpBehaviour bad;
    bad.status = 503;
    backend.setBehaviour("/health", HttpBehaviour());
    const auto workspace =
        parseWorkspace("schema = 1\nname = \"shop\"\n[[backend]]\nname = \"render\"\nplatform = \"local\"\nurl = \"" +
                           backend.url({}).toUtf8() +
                           "\"\n[[backend.health]]\npath = \"/health\"\ninterval = \"100ms\"\n"
                           "failures = 2\nrecoveries = 2\n",
                       {}, {s("local")});
    QVERIFY2(workspace.has_value(), workspace ? "" : qPrintable(workspace.error().first().toString()));
    Rig rig;
    MonitorSet monitors;
    rig.alerter->watch(&monitors);
    const Result<QList<Monitor>> list = monitorsOf(*workspace);
    QVERIFY(list.has_value());
    monitors.setMonitors(*list);
    monitors.start();
    QTRY_COMPARE(monitors.record(0).tracker.state(), Up);
    backend.setBehaviour("/health", bad);
    QTRY_COMPARE_WITH_TIMEOUT(rig.told(), QStringList{s("down render /health")}, 10'000);
    const QJsonValue down = rig.receiver.json(0)[s("alerts")][0];
    QCOMPARE(down[s("group")].toString(), s("render"));
    QVERIFY2(down[s("cause")].toString().contains(s("503")), qPrintable(down[s("cause")].toString()));
    backend.setBehaviour("/health", HttpBehaviour());
    QTRY_COMPARE_WITH_TIMEOUT(rig.told().last(), s("up render /health"), 10'000);
    monitors.stop();
}

QTEST_GUILESS_MAIN(AlerterTest)
#include "tst_alerter.moc"
