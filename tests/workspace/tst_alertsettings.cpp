// SPDX-License-Identifier: GPL-3.0-or-later
// [[alert]]: what is read, and what is refused with its place and without repeating a secret.
#include "models/workspace/workspace.h"

#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char before[] =
    "schema = 1\nname = \"w\"\n[[backend]]\nname = \"render\"\nplatform = \"local\"\nurl = \"https://a.example\"\n"
    "[[backend.health]]\npath = \"/health\"\n[[monitor]]\nname = \"site\"\n"
    "url = \"https://b.example\"\ngroup = \"outside\"\n";
constexpr int lines = 12;

auto parsed(const QByteArray &table)
{
    return parseWorkspace(before + table, s("/w/switchyard.toml"), {s("local")});
}

} // namespace

class AlertSettingsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void read();
    void refused_data();
    void refused();
};

void AlertSettingsTest::read()
{
    QVERIFY(parsed({})->alerts.isEmpty());
    const auto workspace =
        parsed("[[alert]]\nname = \"chat\"\nkind = \"slack\"\nurl = \"keychain:switchyard/slack\"\n"
               "on = [\"down\", \"down\", \"cold-start\"]\nmonitors = [\"render /health\", \"site\"]\n"
               "backends = [\"render\", \"outside\"]\nresend = \"1h\"\ncertificate_days = 30\n"
               "timeout = \"3s\"\nca = \"x/ca.pem\"\n"
               "[[alert]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://10.0.0.1:8080/in?x=1\"\n"
               "[[alert]]\nname = \"page\"\nkind = \"command\"\nargv = [\"./page\", \"--now\"]\n"
               "[[alert]]\nname = \"here\"\nkind = \"desktop\"\n");
    QVERIFY2(workspace.has_value(), workspace ? "" : qPrintable(workspace.error().first().toString()));
    QCOMPARE(workspace->alerts.size(), 4);
    const AlertSettings &chat = workspace->alerts[0];
    QVERIFY(chat.kind == AlertKind::Slack);
    QCOMPARE(chat.url, s("keychain:switchyard/slack"));
    QCOMPARE(chat.on, QStringList({s("down"), s("cold-start")}));
    QVERIFY(chat.covers(s("site"), {}) && chat.covers(s("x"), s("outside")) && !chat.covers(s("x"), s("y")));
    QCOMPARE(chat.resend.value(), Milliseconds(3'600'000));
    QCOMPARE(chat.certificateDays, 30);
    QCOMPARE(chat.timeout, Milliseconds(3'000));
    QCOMPARE(chat.ca, s("/w/x/ca.pem"));
    QCOMPARE(chat.place.line, lines + 1);
    const AlertSettings &hook = workspace->alerts[1];
    QCOMPARE(hook.url, s("http://10.0.0.1:8080/in?x=1"));
    QCOMPARE(hook.on, QStringList({s("down"), s("up"), s("certificate")}));
    QVERIFY(!hook.resend && hook.covers(s("anything"), {}));
    QCOMPARE(workspace->alerts[2].argv, QStringList({s("./page"), s("--now")}));
    QCOMPARE(workspace->alerts[2].folder, s("/w"));
}

void AlertSettingsTest::refused_data()
{
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<QString>("says");
    QTest::addColumn<int>("line");
    QTest::addColumn<int>("column");
    const QByteArray ok = "name = \"a\"\nkind = \"desktop\"\n";
    QTest::newRow("no name") << QByteArray("kind = \"desktop\"\n") << s("name") << 1 << 1;
    QTest::newRow("no kind") << QByteArray("name = \"a\"\n") << s("kind") << 1 << 1;
    QTest::newRow("kind") << QByteArray("name = \"a\"\nkind = \"pigeon\"\nurl = \"x\"\n") << s("pigeon") << 3 << 8;
    QTest::newRow("twice") << ok + "[[alert]]\n" + ok << s("there is a alert \"a\" already") << 5 << 8;
    QTest::newRow("slack literal") << QByteArray("name = \"a\"\nkind = \"slack\"\n"
                                                 "url = \"https://hooks.slack.com/services/T0/B0/sEcReT\"\n")
                                   << s("\"url\" holds a literal secret") << 4 << 7;
    QTest::newRow("discord literal") << QByteArray(
                                            "name = \"a\"\nkind = \"discord\"\nurl = \"https://x.example/sEcReT\"\n")
                                     << s("\"url\" holds a literal secret") << 4 << 7;
    QTest::newRow("chat as webhook") << QByteArray("name = \"a\"\nkind = \"webhook\"\n"
                                                   "url = \"https://discord.com/api/webhooks/1/sEcReT\"\n")
                                     << s("\"url\" holds a literal secret") << 4 << 7;
    QTest::newRow("key in path") << QByteArray("name = \"a\"\nkind = \"webhook\"\n"
                                               "url = \"https://x.example/hook/sEcReT0123456789abcdefABCDEF\"\n")
                                 << s("\"url\" holds a literal secret") << 4 << 7;
    QTest::newRow("token") << QByteArray(
                                  "name = \"a\"\nkind = \"webhook\"\nurl = \"https://x.example/?token=sEcReT\"\n")
                           << s("\"url\" holds a literal secret") << 4 << 7;
    QTest::newRow("userinfo") << QByteArray("name = \"a\"\nkind = \"webhook\"\nurl = \"https://u:sEcReT@x.example/\"\n")
                              << s("\"url\" holds a literal secret") << 4 << 7;
    QTest::newRow("stdin") << QByteArray("name = \"a\"\nkind = \"webhook\"\nurl = \"-\"\n") << s("literal secret") << 4
                           << 7;
    QTest::newRow("ftp") << QByteArray("name = \"a\"\nkind = \"webhook\"\nurl = \"ftp://x.example/\"\n")
                         << s("no http or https address") << 4 << 7;
    QTest::newRow("no url") << QByteArray("name = \"a\"\nkind = \"webhook\"\n") << s("url") << 1 << 1;
    QTest::newRow("url of desktop") << ok + "url = \"env:X\"\n" << s("sends to no \"url\"") << 4 << 7;
    QTest::newRow("no argv") << QByteArray("name = \"a\"\nkind = \"command\"\n") << s("argv") << 1 << 1;
    QTest::newRow("empty argv") << QByteArray("name = \"a\"\nkind = \"command\"\nargv = []\n") << s("names no program")
                                << 4 << 8;
    QTest::newRow("secret argv") << QByteArray("name = \"a\"\nkind = \"command\"\n"
                                               "argv = [\"x\", \"--token=sEcReT0123456789\"]\n")
                                 << s("\"argv\" holds a literal secret") << 4 << 14;
    QTest::newRow("argv of desktop") << ok + "argv = [\"x\"]\n" << s("runs no \"argv\"") << 4 << 8;
    QTest::newRow("on") << ok + "on = [\"down\", \"dwon\"]\n" << s("no alert on \"dwon\"") << 4 << 15;
    QTest::newRow("on nothing") << ok + "on = []\n" << s("\"on\" is empty") << 4 << 6;
    QTest::newRow("monitor") << ok + "monitors = [\"render /helth\"]\n" << s("there is no monitor") << 4 << 13;
    QTest::newRow("backend") << ok + "backends = [\"rendr\"]\n" << s("there is no backend or group") << 4 << 13;
    QTest::newRow("resend") << ok + "resend = \"5s\"\n" << s("resend") << 4 << 10;
    QTest::newRow("days") << ok + "certificate_days = 0\n" << s("certificate_days") << 4 << 20;
    QTest::newRow("unknown key") << ok + "retries = 3\n" << s("retries") << 4 << 1;
}

void AlertSettingsTest::refused()
{
    QFETCH(QByteArray, keys);
    QFETCH(QString, says);
    QFETCH(int, line);
    QFETCH(int, column);
    const auto workspace = parsed("[[alert]]\n" + keys);
    QVERIFY(!workspace.has_value());
    const Error error = workspace.error().first();
    QVERIFY2(error.message.contains(says), qPrintable(error.toString()));
    QCOMPARE(error.place.line, lines + line);
    QCOMPARE(error.place.column, column);
    for (const Error &each : workspace.error())
        QVERIFY2(!each.toString().contains(s("sEcReT")), qPrintable(each.toString()));
}

QTEST_GUILESS_MAIN(AlertSettingsTest)
#include "tst_alertsettings.moc"
