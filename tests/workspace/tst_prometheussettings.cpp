// SPDX-License-Identifier: GPL-3.0-or-later
// [prometheus]: what is read, and what is refused without repeating it.
#include "models/workspace/workspace.h"

#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

auto parsed(const QByteArray &table)
{
    return parseWorkspace("schema = 1\nname = \"w\"\n" + table, s("/w/switchyard.toml"), {s("local")});
}

} // namespace

class PrometheusSettingsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void read();
    void refused_data();
    void refused();
};

void PrometheusSettingsTest::read()
{
    QVERIFY(!parsed({})->prometheus);
    const auto workspace =
        parsed("[prometheus]\nurl = \"https://prom.example:9090/prefix//\"\ntoken = \"env:T\"\nca = \"x/ca.pem\"\n");
    QVERIFY(workspace && workspace->prometheus);
    QCOMPARE(workspace->prometheus->url, s("https://prom.example:9090/prefix"));
    QCOMPARE(workspace->prometheus->token, s("env:T"));
    QCOMPARE(workspace->prometheus->ca, s("/w/x/ca.pem"));
    QCOMPARE(workspace->prometheus->place.line, 3);
    QVERIFY(!workspace->prometheus->readHealth);
    QVERIFY(parsed("[prometheus]\nurl = \"http://a\"\nread_health = true\n")->prometheus->readHealth);
}

void PrometheusSettingsTest::refused_data()
{
    QTest::addColumn<QByteArray>("table");
    QTest::addColumn<QString>("says");
    QTest::addColumn<int>("line");
    QTest::newRow("no url") << QByteArray("[prometheus]\ntoken = \"env:T\"\n") << s("url") << 3;
    QTest::newRow("scheme") << QByteArray("[prometheus]\nurl = \"ftp://a\"\n") << s("http or https") << 4;
    QTest::newRow("no host") << QByteArray("[prometheus]\nurl = \"localhost:9090\"\n") << s("valid") << 4;
    QTest::newRow("query") << QByteArray("[prometheus]\nurl = \"http://a/?x=1\"\n") << s("query") << 4;
    QTest::newRow("password") << QByteArray("[prometheus]\nurl = \"http://u:hush4711@a\"\n") << s("credentials") << 4;
    QTest::newRow("token") << QByteArray("[prometheus]\nurl = \"http://a\"\ntoken = \"hush4711\"\n")
                           << s("literal secret") << 5;
    QTest::newRow("standard input") << QByteArray("[prometheus]\nurl = \"http://a\"\ntoken = \"-\"\n")
                                    << s("literal secret") << 5;
    QTest::newRow("unknown key") << QByteArray("[prometheus]\nurl = \"http://a\"\ntokens = \"env:T\"\n") << s("tokens")
                                 << 5;
    QTest::newRow("read_health") << QByteArray("[prometheus]\nurl = \"http://a\"\nread_health = \"yes\"\n")
                                 << s("read_health") << 5;
    QTest::newRow("no table") << QByteArray("prometheus = \"http://a\"\n") << s("prometheus") << 3;
}

void PrometheusSettingsTest::refused()
{
    QFETCH(QByteArray, table);
    QFETCH(QString, says);
    QFETCH(int, line);
    const auto workspace = parsed(table);
    QVERIFY(!workspace);
    const Error &error = workspace.error().first();
    QVERIFY2(error.message.contains(says), qPrintable(error.toString()));
    QVERIFY2(error.place.line == line, qPrintable(error.toString()));
    QVERIFY(!error.toString().contains(s("hush4711")));
}

QTEST_GUILESS_MAIN(PrometheusSettingsTest)
#include "tst_prometheussettings.moc"
