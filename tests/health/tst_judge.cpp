// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/judge.h"
#include "models/health/prober.h"

#include <QTest>

using namespace Switchyard;

namespace {

ProbeAnswer answer(int status, const QByteArray &body = {}, double totalMs = 10)
{
    return {status, body, totalMs, {}, {}};
}

ProbeTarget expecting(const QString &pointer, const QJsonValue &value)
{
    ProbeTarget target;
    target.expect.json.insert(pointer, value);
    return target;
}

} // namespace

class JudgeTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void matchesStatus_data();
    void matchesStatus();
    void refusesStatusExpectation_data();
    void refusesStatusExpectation();
    void judgesStatus_data();
    void judgesStatus();
    void judgesJson_data();
    void judgesJson();
    void tellsWhatIsWrongInTheBody();
    void degradedFieldExcusesItsExpectation();
    void degradedFieldDoesNotExcuseOthers();
    void slowAnswerIsDegraded();
    void findsInstance();
    void namesRedirect();
};

void JudgeTest::matchesStatus_data()
{
    QTest::addColumn<QString>("expectation");
    QTest::addColumn<int>("status");
    QTest::addColumn<bool>("matches");
    QTest::newRow("empty is 2xx") << QString() << 204 << true;
    QTest::newRow("empty is not 3xx") << QString() << 301 << false;
    QTest::newRow("one") << QStringLiteral("200") << 200 << true;
    QTest::newRow("other one") << QStringLiteral("200") << 201 << false;
    QTest::newRow("class") << QStringLiteral("2xx") << 299 << true;
    QTest::newRow("class, capitals") << QStringLiteral("4XX") << 404 << true;
    QTest::newRow("class ends") << QStringLiteral("2xx") << 300 << false;
    QTest::newRow("range, last") << QStringLiteral("200-299") << 299 << true;
    QTest::newRow("range, first") << QStringLiteral("200 - 204") << 200 << true;
    QTest::newRow("above range") << QStringLiteral("200-204") << 205 << false;
    QTest::newRow("list") << QStringLiteral("200,204") << 204 << true;
    QTest::newRow("list with spaces") << QStringLiteral("200, 3xx") << 302 << true;
    QTest::newRow("not in list") << QStringLiteral("200,204") << 201 << false;
}

void JudgeTest::matchesStatus()
{
    QFETCH(QString, expectation);
    QFETCH(int, status);
    QFETCH(bool, matches);
    const Result<bool> result = statusMatches(expectation, status);
    QVERIFY(result);
    QCOMPARE(*result, matches);
}

void JudgeTest::refusesStatusExpectation_data()
{
    QTest::addColumn<QString>("expectation");
    for (const char *text :
         {"ok", "20", "2000", "6xx", "0xx", "299-200", "200-", "-200", "200,", ",", "20x", "200-2xx", "+200", "099"})
        QTest::newRow(text) << QString::fromLatin1(text);
}

void JudgeTest::refusesStatusExpectation()
{
    QFETCH(QString, expectation);
    const Result<bool> result = statusMatches(expectation, 200);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, ErrorKind::Usage);
    QVERIFY(result.error().message.contains(expectation));
}

void JudgeTest::judgesStatus_data()
{
    QTest::addColumn<QString>("expectation");
    QTest::addColumn<int>("status");
    QTest::addColumn<ProbeState>("state");
    QTest::newRow("200") << QString() << 200 << ProbeState::Up;
    QTest::newRow("503") << QString() << 503 << ProbeState::Down;
    QTest::newRow("503 expected") << QStringLiteral("503") << 503 << ProbeState::Up;
    QTest::newRow("429") << QString() << 429 << ProbeState::Degraded;
    QTest::newRow("429 expected") << QStringLiteral("200,429") << 429 << ProbeState::Up;
    QTest::newRow("nonsense expected") << QStringLiteral("fine") << 200 << ProbeState::Down;
}

void JudgeTest::judgesStatus()
{
    QFETCH(QString, expectation);
    QFETCH(int, status);
    QFETCH(ProbeState, state);
    ProbeTarget target;
    target.expect.status = expectation;
    const Judgement judgement = judgeAnswer(target, answer(status));
    QCOMPARE(judgement.state, state);
    QCOMPARE(judgement.reason.isEmpty(), state == ProbeState::Up);
}

void JudgeTest::judgesJson_data()
{
    QTest::addColumn<QString>("pointer");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<ProbeState>("state");
    const QByteArray body =
        R"({"status":"healthy","n":1.0,"ok":true,"none":null,"list":[{"a/b":1},{"m~n":2}],"":"empty"})";
    const auto row = [&body](const char *name, const QString &pointer, const QJsonValue &value, bool up) {
        QTest::newRow(name) << pointer << value << body << (up ? ProbeState::Up : ProbeState::Down);
    };
    row("text", QStringLiteral("/status"), QStringLiteral("healthy"), true);
    row("other text", QStringLiteral("/status"), QStringLiteral("Healthy"), false);
    row("number by value", QStringLiteral("/n"), 1, true);
    row("number is no text", QStringLiteral("/n"), QStringLiteral("1"), false);
    row("truth", QStringLiteral("/ok"), true, true);
    row("null", QStringLiteral("/none"), QJsonValue(QJsonValue::Null), true);
    row("missing is not null", QStringLiteral("/absent"), QJsonValue(QJsonValue::Null), false);
    row("array and slash", QStringLiteral("/list/0/a~1b"), 1, true);
    row("array and tilde", QStringLiteral("/list/1/m~0n"), 2, true);
    row("beyond the array", QStringLiteral("/list/2"), 2, false);
    row("index with leading zero", QStringLiteral("/list/00/a~1b"), 1, false);
    row("empty key", QStringLiteral("/"), QStringLiteral("empty"), true);
    row("no pointer", QStringLiteral("status"), QStringLiteral("healthy"), false);
    row("bad escape", QStringLiteral("/list/1/m~2n"), 2, false);
    QTest::newRow("bare text") << QString() << QJsonValue(QStringLiteral("ok")) << QByteArray("\"ok\"\n")
                               << ProbeState::Up;
    QTest::newRow("bare truth") << QString() << QJsonValue(true) << QByteArray("true") << ProbeState::Up;
    QTest::newRow("no JSON") << QString() << QJsonValue(true) << QByteArray("<html>") << ProbeState::Down;
    QTest::newRow("two values") << QString() << QJsonValue(true) << QByteArray("true,true") << ProbeState::Down;
    QTest::newRow("brackets") << QString() << QJsonValue(1) << QByteArray("1],[1") << ProbeState::Down;
    QTest::newRow("empty") << QString() << QJsonValue(true) << QByteArray(" \n") << ProbeState::Down;
}

void JudgeTest::judgesJson()
{
    QFETCH(QString, pointer);
    QFETCH(QJsonValue, value);
    QFETCH(QByteArray, body);
    QFETCH(ProbeState, state);
    const Judgement judgement = judgeAnswer(expecting(pointer, value), answer(200, body));
    QCOMPARE(judgement.state, state);
    QCOMPARE(judgement.reason.isEmpty(), state == ProbeState::Up);
}

void JudgeTest::tellsWhatIsWrongInTheBody()
{
    const ProbeTarget target = expecting(QStringLiteral("/database"), QStringLiteral("connected"));
    QCOMPARE(judgeAnswer(target, answer(200, R"({"database":"lost"})")).reason,
             QStringLiteral("/database is \"lost\", expected \"connected\""));
    QCOMPARE(judgeAnswer(target, answer(200, "{}")).reason,
             QStringLiteral("the body: there is no /database, expected \"connected\""));
    QVERIFY(judgeAnswer(target, answer(200, "<html>")).reason.startsWith(QStringLiteral("the body is not JSON: ")));
    const QByteArray longText = "{\"database\":\"" + QByteArray(5000, 'x') + "\"}";
    QVERIFY(judgeAnswer(target, answer(200, longText)).reason.size() < 200);
}

void JudgeTest::degradedFieldExcusesItsExpectation()
{
    ProbeTarget target = expecting(QStringLiteral("/status"), QStringLiteral("healthy"));
    target.degraded.json.insert(QStringLiteral("/status"), QStringLiteral("degraded"));
    const Judgement judgement = judgeAnswer(target, answer(200, R"({"status":"degraded"})"));
    QCOMPARE(judgement.state, ProbeState::Degraded);
    QCOMPARE(judgement.reason, QStringLiteral("/status is \"degraded\""));
    QCOMPARE(judgeAnswer(target, answer(200, R"({"status":"healthy"})")).state, ProbeState::Up);
    QCOMPARE(judgeAnswer(target, answer(200, R"({"status":"dead"})")).state, ProbeState::Down);
    QCOMPARE(judgeAnswer(target, answer(503, R"({"status":"degraded"})")).state, ProbeState::Down);
}

void JudgeTest::degradedFieldDoesNotExcuseOthers()
{
    ProbeTarget target = expecting(QStringLiteral("/database"), QStringLiteral("connected"));
    target.degraded.json.insert(QStringLiteral("/status"), QStringLiteral("degraded"));
    const Judgement judgement = judgeAnswer(target, answer(200, R"({"status":"degraded","database":"lost"})"));
    QCOMPARE(judgement.state, ProbeState::Down);
    // A degraded rule alone asks nothing of a body that is no JSON.
    target.expect.json.clear();
    QCOMPARE(judgeAnswer(target, answer(200, "fine")).state, ProbeState::Up);
}

void JudgeTest::slowAnswerIsDegraded()
{
    ProbeTarget target;
    target.degraded.latency = Milliseconds(500);
    QCOMPARE(judgeAnswer(target, answer(200, {}, 500)).state, ProbeState::Up);
    const Judgement slow = judgeAnswer(target, answer(200, {}, 812));
    QCOMPARE(slow.state, ProbeState::Degraded);
    QCOMPARE(slow.reason, QStringLiteral("answered in 812 ms, over 500 ms"));
    QCOMPARE(judgeAnswer(target, answer(500, {}, 812)).state, ProbeState::Down);
}

void JudgeTest::findsInstance()
{
    ProbeTarget target;
    ProbeAnswer reply = answer(503, R"({"version":"v7","build":42})");
    QCOMPARE(judgeAnswer(target, reply).instance, QString());
    target.instancePointer = QStringLiteral("/version");
    QCOMPARE(judgeAnswer(target, reply).instance, QStringLiteral("v7"));
    target.instancePointer = QStringLiteral("/build");
    QCOMPARE(judgeAnswer(target, reply).instance, QStringLiteral("42"));
    target.instancePointer = QStringLiteral("/absent");
    QCOMPARE(judgeAnswer(target, reply).instance, QString());
    reply.instanceHeader = QStringLiteral(" srv-1 ");
    QCOMPARE(judgeAnswer(target, reply).instance, QStringLiteral("srv-1"));
    reply = answer(200, "v8\n");
    target.instanceFromBody = true;
    QCOMPARE(judgeAnswer(target, reply).instance, QStringLiteral("v8"));
}

void JudgeTest::namesRedirect()
{
    ProbeAnswer reply = answer(301);
    reply.location = QStringLiteral("https://example.com/?token=abc");
    const QString reason = judgeAnswer(ProbeTarget(), reply).reason;
    QVERIFY(reason.contains(QStringLiteral("redirects to https://example.com/")));
    QVERIFY(!reason.contains(QStringLiteral("abc")));
}

QTEST_GUILESS_MAIN(JudgeTest)
#include "tst_judge.moc"
