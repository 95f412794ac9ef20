// SPDX-License-Identifier: GPL-3.0-or-later
// Deliveries against a real receiver: what is sent, what is tried again, and that no secret leaves by another way.
#include "models/alerts/alertchannel.h"
#include "tests/support/alertreceiver.h"
#include "tests/support/cli.h"
#include "tests/support/descendants.h"
#include "tests/support/httpserver.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char token[] = "T0AAAAAA/B0BBBBBB/cCcCdDdDeEeE123456";

QStringList &logged()
{
    static QStringList lines;
    return lines;
}

void keepLog(QtMsgType, const QMessageLogContext &, const QString &text)
{
    logged().append(text);
}

AlertTimes quick()
{
    AlertTimes times;
    times.gather = Milliseconds(10);
    times.apart = Milliseconds(10);
    times.firstRetry = Milliseconds(20);
    times.longestRetry = Milliseconds(2'000);
    times.retries = 3;
    times.queue = 3;
    return times;
}

AlertSettings settingsOf(AlertKind kind)
{
    AlertSettings settings;
    settings.name = s("ops");
    settings.kind = kind;
    settings.timeout = Milliseconds(5'000);
    return settings;
}

AlertMessage message(const QString &monitor = s("render /health"))
{
    AlertMessage made = AlertMessage::testOf(s("shop"), s("ops"), 1'790'000'000'000);
    made.test = false;
    made.items.first().event = s("down");
    made.items.first().monitor = monitor;
    made.items.first().to = MonitorState::Down;
    made.items.first().cause = s("connection refused");
    return made;
}

AlertDelivery deliveryOf(const QSignalSpy &spy, qsizetype index = 0)
{
    return qvariant_cast<AlertDelivery>(spy.value(index).value(0));
}

} // namespace

class AlertChannelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void kinds_data();
    void kinds();
    void retried();
    void retryAfter();
    void notRetried_data();
    void notRetried();
    void givenUp();
    void neverAnswers();
    void tls();
    void references();
    void queueIsBounded();
    void testIsTriedOnce();
    void destroyedWhileSending();
    void commandReads();
    void commandFails_data();
    void commandFails();
    void commandKilled();
    void commandTriesLater();
    void desktop();
};

void AlertChannelTest::init()
{
    logged().clear();
    qInstallMessageHandler(keepLog);
    qputenv("SWITCHYARD_TEST_HOOK", "");
}

void AlertChannelTest::cleanup()
{
    qInstallMessageHandler(nullptr);
    const QString all = logged().join(u'\n');
    for (const QString &part : s(token).split(u'/'))
        QVERIFY2(!all.contains(part), qPrintable(all));
}

void AlertChannelTest::kinds_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("status");
    QTest::newRow("webhook") << int(AlertKind::Webhook) << 202;
    QTest::newRow("slack") << int(AlertKind::Slack) << 200;
    QTest::newRow("discord") << int(AlertKind::Discord) << 204;
}

void AlertChannelTest::kinds()
{
    QFETCH(int, kind);
    QFETCH(int, status);
    AlertReceiver receiver;
    receiver.answer({{status, {}, status == 204 ? QByteArray() : QByteArray("ok")}});
    qputenv("SWITCHYARD_TEST_HOOK", receiver.url(s("/services/") + s(token)).toUtf8());
    AlertSettings settings = settingsOf(AlertKind(kind));
    settings.url = s("env:SWITCHYARD_TEST_HOOK");
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message());
    QCOMPARE(channel.status().waiting, 1);
    QTRY_COMPARE(done.size(), 1);
    QVERIFY2(deliveryOf(done).accepted, qPrintable(deliveryOf(done).error));
    QCOMPARE(receiver.bodies.size(), 1);
    QVERIFY(receiver.heads.first().startsWith("POST /services/" + QByteArray(token) + " HTTP/1.1"));
    QVERIFY(receiver.heads.first().toLower().contains("content-type: application/json"));
    const QByteArray body = receiver.bodies.first();
    const QJsonObject json = receiver.json(0);
    switch (AlertKind(kind)) {
    case AlertKind::Slack:
        QCOMPARE(json[s("text")].toString(), s("render /health is down"));
        QVERIFY(json[s("attachments")][0][s("text")].toString().contains(s("connection refused")));
        break;
    case AlertKind::Discord:
        QCOMPARE(json[s("content")].toString(), s("render /health is down"));
        QVERIFY(json[s("allowed_mentions")][s("parse")].isArray());
        break;
    default:
        QCOMPARE(validate(s("alert"), body), QString());
        QCOMPARE(json[s("alerts")][0][s("to")].toString(), s("down"));
    }
    for (const QByteArray &part : QByteArray(token).split('/'))
        QVERIFY(!body.contains(part));
    QCOMPARE(channel.status().delivered, 1);
    QCOMPARE(channel.status().waiting, 0);
    QVERIFY(channel.status().deliveredMs > 0 && channel.status().error.isEmpty());
    QCOMPARE(channel.status().target, s("env:SWITCHYARD_TEST_HOOK"));
}

void AlertChannelTest::retried()
{
    AlertReceiver receiver;
    receiver.answer({{500, {}, "no"}, {0, {}, {}, false, true}, {200, {}, "ok"}});
    AlertSettings settings = settingsOf(AlertKind::Webhook);
    settings.url = receiver.url(s("/hook"));
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message());
    QTRY_VERIFY(channel.status().error.contains(s("answered 500")));
    QCOMPARE(channel.status().waiting, 1);
    QTRY_COMPARE(done.size(), 1);
    QVERIFY(deliveryOf(done).accepted);
    // Qt asks once more by itself where a connection is closed without an answer.
    QVERIFY(deliveryOf(done).attempts == 2 || deliveryOf(done).attempts == 3);
    QCOMPARE(receiver.bodies.size(), 3);
    QCOMPARE(receiver.json(0)[s("id")], receiver.json(2)[s("id")]);
    QVERIFY(channel.status().error.isEmpty() && channel.status().failedMs > 0);
}

void AlertChannelTest::retryAfter()
{
    AlertReceiver receiver;
    receiver.answer({{429, "Retry-After: 0.7\r\n", "slow down"}, {200, {}, "ok"}});
    AlertSettings settings = settingsOf(AlertKind::Webhook);
    settings.url = receiver.url(s("/hook"));
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    QElapsedTimer clock;
    clock.start();
    channel.send(message());
    QTRY_COMPARE(done.size(), 1);
    QVERIFY(deliveryOf(done).accepted);
    QVERIFY2(clock.elapsed() >= 700, qPrintable(QString::number(clock.elapsed())));

    // A receiver cannot silence a channel for a day.
    receiver.answer({{429, "Retry-After: 86400\r\n", {}}, {200, {}, "ok"}});
    AlertTimes times = quick();
    times.longestRetry = Milliseconds(50);
    AlertChannel other(settings, times);
    QSignalSpy otherDone(&other, &AlertChannel::finished);
    other.send(message());
    QTRY_COMPARE(otherDone.size(), 1);
    QVERIFY(deliveryOf(otherDone).accepted);
}

void AlertChannelTest::notRetried_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("hint");
    QTest::newRow("400") << 400 << QString();
    QTest::newRow("404") << 404 << s("removed");
    QTest::newRow("302") << 302 << s("redirects");
}

void AlertChannelTest::notRetried()
{
    QFETCH(int, status);
    QFETCH(QString, hint);
    AlertReceiver receiver;
    // The other side repeats what it was asked.
    receiver.answer({{status, "Location: http://127.0.0.1:1/\r\n",
                      QByteArray("no such hook: /services/") + token + " \x1b[31m<b>no_team</b>"}});
    qputenv("SWITCHYARD_TEST_HOOK", receiver.url(s("/services/") + s(token)).toUtf8());
    AlertSettings settings = settingsOf(AlertKind::Slack);
    settings.url = s("env:SWITCHYARD_TEST_HOOK");
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message());
    QTRY_COMPARE(done.size(), 1);
    const AlertDelivery delivery = deliveryOf(done);
    QVERIFY(!delivery.accepted);
    QCOMPARE(delivery.attempts, 1);
    QVERIFY2(delivery.error.startsWith(s("answered %1: no such hook").arg(status)), qPrintable(delivery.error));
    QVERIFY(delivery.hint.contains(hint));
    for (const QString &part : s(token).split(u'/'))
        QVERIFY2(!delivery.error.contains(part), qPrintable(delivery.error));
    QVERIFY(!delivery.error.contains(QChar(0x1b)));
    QCOMPARE(channel.status().dropped, 1);
    QVERIFY(!logged().isEmpty());
}

void AlertChannelTest::givenUp()
{
    AlertReceiver receiver;
    receiver.answer({{503, {}, {}}, {503, {}, {}}, {503, {}, {}}, {503, {}, {}}, {200, {}, "ok"}});
    AlertSettings settings = settingsOf(AlertKind::Webhook);
    settings.url = receiver.url(s("/hook"));
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message());
    QTRY_COMPARE(done.size(), 1);
    QVERIFY(!deliveryOf(done).accepted);
    QCOMPARE(deliveryOf(done).attempts, 4);
    channel.send(message());
    QTRY_COMPARE(done.size(), 2);
    QVERIFY(deliveryOf(done, 1).accepted);
    QCOMPARE(receiver.json(4)[s("droppedBefore")].toInt(), 1);
    channel.send(message());
    QTRY_COMPARE(done.size(), 3);
    QCOMPARE(receiver.json(5)[s("droppedBefore")].toInt(), 0);
    QCOMPARE(channel.status().dropped, 1);
}

void AlertChannelTest::neverAnswers()
{
    AlertReceiver receiver;
    receiver.answer({{200, {}, {}, true}, {200, {}, "ok"}});
    AlertSettings settings = settingsOf(AlertKind::Webhook);
    settings.url = receiver.url(s("/hook"));
    settings.timeout = Milliseconds(150);
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    QStringList errors; // the second try takes the first one's back
    connect(&channel, &AlertChannel::changed, this, [&] { errors.append(channel.status().error); });
    channel.send(message());
    QTRY_COMPARE(done.size(), 1);
    QVERIFY2(errors.join(u'|').contains(s("no answer within 150 ms")), qPrintable(errors.join(u'|')));
    QVERIFY(deliveryOf(done).accepted);
    QCOMPARE(deliveryOf(done).attempts, 2);

    settings.url = s("http://127.0.0.1:%1/hook").arg(closedPort());
    AlertTimes once = quick();
    once.retries = 0;
    AlertChannel refused(settings, once);
    QSignalSpy refusedDone(&refused, &AlertChannel::finished);
    refused.send(message());
    QTRY_COMPARE(refusedDone.size(), 1);
    QVERIFY(deliveryOf(refusedDone).error.contains(s("refused")));
}

void AlertChannelTest::tls()
{
    const TestCertificates certificates;
    const auto tried = [](const CertificateFiles &files, const QString &ca) {
        AlertReceiver receiver(files);
        AlertSettings settings = settingsOf(AlertKind::Webhook);
        settings.url = receiver.url(s("/hook"));
        settings.ca = ca;
        AlertChannel channel(settings, quick());
        QSignalSpy done(&channel, &AlertChannel::finished);
        channel.send(message());
        if (!QTest::qWaitFor([&done] { return !done.isEmpty(); }, 10'000))
            return AlertDelivery();
        AlertDelivery delivery = deliveryOf(done);
        // Refused means that nothing was said.
        if (!delivery.accepted && !receiver.bodies.isEmpty())
            delivery.error = s("the body was sent");
        return delivery;
    };
    QVERIFY(tried(certificates.good(), certificates.caFile()).accepted);
    for (const CertificateFiles &files :
         {certificates.selfSigned(), certificates.wrongName(), certificates.expired(), certificates.foreign()}) {
        const AlertDelivery delivery = tried(files, certificates.caFile());
        QVERIFY(!delivery.accepted);
        QCOMPARE(delivery.attempts, 1);
        QVERIFY2(delivery.error.contains(s("certificate"), Qt::CaseInsensitive) ||
                     delivery.error.contains(s("host name"), Qt::CaseInsensitive),
                 qPrintable(delivery.error));
        QVERIFY(delivery.hint.contains(s("always verified")));
    }
    // Without the bundle the authority of the test is nobody's.
    QVERIFY(!tried(certificates.good(), {}).accepted);
    QVERIFY(tried(certificates.good(), certificates.good().key).error.contains(s("holds no certificate")));
}

void AlertChannelTest::references()
{
    QTemporaryDir folder;
    const auto tried = [](const QString &reference, AlertKind kind = AlertKind::Slack) {
        AlertSettings settings = settingsOf(kind);
        settings.url = reference;
        AlertChannel channel(settings, quick());
        QSignalSpy done(&channel, &AlertChannel::finished);
        channel.send(message());
        if (!QTest::qWaitFor([&done] { return !done.isEmpty(); }, 10'000))
            return AlertDelivery();
        return deliveryOf(done);
    };
    qunsetenv("SWITCHYARD_TEST_HOOK");
    QVERIFY(tried(s("env:SWITCHYARD_TEST_HOOK")).error.contains(s("SWITCHYARD_TEST_HOOK is not set")));
    qputenv("SWITCHYARD_TEST_HOOK", QByteArray("no address ") + token);
    const AlertDelivery wrong = tried(s("env:SWITCHYARD_TEST_HOOK"));
    QCOMPARE(wrong.error, s("what env:SWITCHYARD_TEST_HOOK holds is no http or https address"));
    qputenv("SWITCHYARD_TEST_HOOK", QByteArray("http://hooks.example/services/") + token);
    QVERIFY(tried(s("env:SWITCHYARD_TEST_HOOK")).error.contains(s("unencrypted")));
    AlertReceiver receiver;
    QFile file(folder.filePath(s("hook")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(receiver.url(s("/x")).toUtf8() + '\n');
    file.close();
    QVERIFY(tried(s("file:") + file.fileName()).error.contains(s("can be used by others")));
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
    QVERIFY(tried(s("file:") + file.fileName()).accepted);
    // Read when it is needed, not before.
    QVERIFY(file.remove());
    QVERIFY(!tried(s("file:") + file.fileName()).accepted);
    QCOMPARE(receiver.bodies.size(), 1);
}

void AlertChannelTest::queueIsBounded()
{
    AlertReceiver receiver;
    receiver.answer({{200, {}, {}, true}, {200, {}, "ok"}});
    AlertSettings settings = settingsOf(AlertKind::Webhook);
    settings.url = receiver.url(s("/hook"));
    settings.timeout = Milliseconds(600);
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    for (int i = 0; i < 10; ++i)
        channel.send(message(s("m%1").arg(i)));
    QCOMPARE(channel.status().waiting, 4); // one on its way, three behind it
    QCOMPARE(done.size(), 6);
    QVERIFY(deliveryOf(done).error.contains(s("newer messages wait")));
    QTRY_COMPARE(done.size(), 10);
    QCOMPARE(channel.status().dropped, 6);
    QStringList told;
    for (qsizetype i = 0; i < receiver.bodies.size(); ++i)
        told.append(receiver.json(i)[s("alerts")][0][s("monitor")].toString());
    QCOMPARE(told, QStringList({s("m0"), s("m0"), s("m7"), s("m8"), s("m9")}));
    QCOMPARE(receiver.json(1)[s("droppedBefore")].toInt(), 6);
}

void AlertChannelTest::testIsTriedOnce()
{
    AlertReceiver receiver;
    receiver.answer({{500, {}, {}}});
    AlertSettings settings = settingsOf(AlertKind::Webhook);
    settings.url = receiver.url(s("/hook"));
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(AlertMessage::testOf(s("shop"), s("ops"), 1));
    QTRY_COMPARE(done.size(), 1);
    QVERIFY(!deliveryOf(done).accepted && deliveryOf(done).test);
    QCOMPARE(deliveryOf(done).attempts, 1);
    QCOMPARE(validate(s("alert"), receiver.bodies.first()), QString());
}

void AlertChannelTest::destroyedWhileSending()
{
    AlertReceiver receiver;
    receiver.answer({{200, {}, {}, true}});
    AlertSettings settings = settingsOf(AlertKind::Webhook);
    settings.url = receiver.url(s("/hook"));
    auto channel = std::make_unique<AlertChannel>(settings, quick());
    channel->send(message());
    QTRY_COMPARE(receiver.bodies.size(), 1);
    channel.reset();
    // Also while its secret is still being fetched, and while a command runs.
    settings.kind = AlertKind::Slack;
    settings.url = s("file:/nonexistent");
    channel = std::make_unique<AlertChannel>(settings, quick());
    channel->send(message());
    QCoreApplication::processEvents();
    channel.reset();
    settings = settingsOf(AlertKind::Command);
    settings.argv = {s("sleep"), s("947.25")};
    channel = std::make_unique<AlertChannel>(settings, quick());
    channel->send(message());
    QTRY_COMPARE(processesWith(s("947.25")).size(), 1);
    channel.reset();
    QTRY_COMPARE(processesWith(s("947.25")).size(), 0);
}

void AlertChannelTest::commandReads()
{
    QTemporaryDir folder;
    AlertSettings settings = settingsOf(AlertKind::Command);
    settings.folder = folder.path();
    QFile script(folder.filePath(s("tell.sh")));
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("#!/bin/sh\ncat > body.json\nenv | grep ^SWITCHYARD_ > env.txt\nprintf '%s\\n' \"$@\" > args.txt\n");
    script.close();
    QVERIFY(script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    settings.argv = {s("./tell.sh"), s("a b"), s("$(touch pwned)")};
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message(s("$(touch pwned); `id`")));
    QTRY_COMPARE(done.size(), 1);
    QVERIFY2(deliveryOf(done).accepted, qPrintable(deliveryOf(done).error));
    const auto read = [&folder](const QString &name) {
        QFile file(folder.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    QCOMPARE(validate(s("alert"), read(s("body.json"))), QString());
    QCOMPARE(read(s("args.txt")), QByteArray("a b\n$(touch pwned)\n"));
    QVERIFY(read(s("env.txt")).contains("SWITCHYARD_EVENT=down\n"));
    QVERIFY(read(s("env.txt")).contains("SWITCHYARD_MONITOR=$(touch pwned); `id`\n"));
    QVERIFY(!QFile::exists(folder.filePath(s("pwned"))));
}

void AlertChannelTest::commandFails_data()
{
    QTest::addColumn<QStringList>("argv");
    QTest::addColumn<QString>("says");
    QTest::newRow("status") << QStringList{s("sh"), s("-c"), s("echo no >&2; exit 3")}
                            << s("sh ended with status 3: no");
    QTest::newRow("missing") << QStringList{s("/nonexistent/tell")} << s("/nonexistent/tell cannot be started");
    QTest::newRow("signal") << QStringList{s("sh"), s("-c"), s("kill -TERM $$")} << s("sh was ended by a signal");
    // It need not read what it is told.
    QTest::newRow("deaf") << QStringList{s("sh"), s("-c"), s("exec <&-; exit 4")} << s("sh ended with status 4");
    QTest::newRow("chatty") << QStringList{s("sh"), s("-c"),
                                           s("yes token=abcdef1234567890 | head -c 5000000 >&2; exit 1")}
                            << s("sh ended with status 1: token=");
}

void AlertChannelTest::commandFails()
{
    QFETCH(QStringList, argv);
    QFETCH(QString, says);
    AlertSettings settings = settingsOf(AlertKind::Command);
    settings.argv = argv;
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message());
    QTRY_COMPARE_WITH_TIMEOUT(done.size(), 1, 10'000);
    QVERIFY(!deliveryOf(done).accepted);
    QCOMPARE(deliveryOf(done).attempts, 1);
    QVERIFY2(deliveryOf(done).error.startsWith(says), qPrintable(deliveryOf(done).error));
    QVERIFY(!deliveryOf(done).error.contains(s("abcdef1234567890")));
    QVERIFY(deliveryOf(done).error.size() < 400);
}

void AlertChannelTest::commandKilled()
{
    AlertSettings settings = settingsOf(AlertKind::Command);
    // What it starts goes with it.
    settings.argv = {s("sh"), s("-c"), s("trap '' TERM; sleep 947.5 & sleep 947.5")};
    settings.timeout = Milliseconds(400);
    AlertTimes times = quick();
    times.retries = 0;
    AlertChannel channel(settings, times);
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message());
    QTRY_COMPARE(processesWith(s("sleep 947.5")).isEmpty(), false);
    QTRY_COMPARE(done.size(), 1);
    QVERIFY2(deliveryOf(done).error.contains(s("did not end within 400 ms and was killed")),
             qPrintable(deliveryOf(done).error));
    QTRY_COMPARE(processesWith(s("947.5")).size(), 0);
}

void AlertChannelTest::commandTriesLater()
{
    QTemporaryDir folder;
    AlertSettings settings = settingsOf(AlertKind::Command);
    settings.folder = folder.path();
    settings.argv = {s("sh"), s("-c"), s("test -e once && exit 0; touch once; exit 75")};
    AlertChannel channel(settings, quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message());
    QTRY_COMPARE(done.size(), 1);
    QVERIFY(deliveryOf(done).accepted);
    QCOMPARE(deliveryOf(done).attempts, 2);
}

void AlertChannelTest::desktop()
{
    AlertChannel channel(settingsOf(AlertKind::Desktop), quick());
    QSignalSpy done(&channel, &AlertChannel::finished);
    channel.send(message());
    QTRY_COMPARE(done.size(), 1);
    QVERIFY(deliveryOf(done).error.contains(s("no desktop")));
    QStringList shown;
    Result<void> taken;
    channel.setNotify([&](const QString &title, const QString &text, MonitorState state, const AlertShown &answer) {
        shown.append(title + u'|' + text + u'|' + monitorStateName(state));
        // Later, as a desktop answers.
        QTimer::singleShot(0, &channel, [&taken, answer] { answer(taken); });
    });
    channel.send(message());
    QTRY_COMPARE(done.size(), 2);
    QCOMPARE(shown.size(), 1);
    QVERIFY(shown.first().startsWith(s("render /health is down|")) && shown.first().endsWith(s("|down")));
    QVERIFY(deliveryOf(done, 1).accepted);
    // What nobody sees was not delivered.
    taken = fail(ErrorKind::Io, s("this desktop has no service for messages"));
    channel.send(message());
    QTRY_COMPARE(done.size(), 3);
    QVERIFY(!deliveryOf(done, 2).accepted);
    QVERIFY(deliveryOf(done, 2).error.contains(s("no service")));
    QCOMPARE(channel.status().delivered, 1);
}

QTEST_GUILESS_MAIN(AlertChannelTest)
#include "tst_alertchannel.moc"
