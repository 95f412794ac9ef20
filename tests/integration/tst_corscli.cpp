// SPDX-License-Identifier: GPL-3.0-or-later
// cors check and csp build, as a person or a pipeline runs them.
#include "tests/support/cli.h"
#include "tests/support/httpserver.h"
#include "tests/support/rawwsserver.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char canary[] = "kanarienvogel-4711";

QStringList ids(const CliResult &result)
{
    QStringList list;
    for (const QJsonValue finding : result.json()[s("findings")].toArray())
        list.append(finding[s("id")].toString());
    return list;
}

} // namespace

class CorsCliTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void statuses();
    void fromTheWorkspace();
    void interrupted();
    void badInput_data();
    void badInput();
    void csp();
    void cspFromTheWorkspace();
    void cspBadInput_data();
    void cspBadInput();

private:
    bool write(const char *name, const QByteArray &text);
    CliResult run(const QStringList &arguments, const QMap<QString, QString> &environment = {});

    QTemporaryDir m_folder;
    HttpServer m_server;
};

bool CorsCliTest::write(const char *name, const QByteArray &text)
{
    QFile file(m_folder.filePath(s(name)));
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

CliResult CorsCliTest::run(const QStringList &arguments, const QMap<QString, QString> &environment)
{
    CliOptions options;
    options.cwd = m_folder.path();
    options.environment = environment;
    return runCli(arguments, options);
}

void CorsCliTest::initTestCase()
{
    HttpBehaviour behaviour;
    behaviour.headers = {{"Access-Control-Allow-Origin", "https://app.example.com"},
                         {"Access-Control-Allow-Headers", "X-Token"},
                         {"Set-Cookie", canary}};
    m_server.setBehaviour("/api", behaviour);
    m_server.setBehaviour("/", behaviour);
    QVERIFY(
        write("switchyard.toml",
              "schema = 1\nname = \"T\"\n[[component]]\nname = \"api\"\n"
              "[[backend]]\nname = \"fly\"\ncomponent = \"api\"\nplatform = \"fly\"\nrole = \"source\"\n"
              "url = \"https://a.fly.dev\"\n"
              "[[backend]]\nname = \"render\"\ncomponent = \"api\"\nplatform = \"render\"\nrole = \"target\"\n"
              "url = \"https://a.onrender.com\"\n"
              "[[backend.socket]]\nname = \"prices\"\npath = \"/ws\"\n"
              "[[backend]]\nname = \"here\"\ncomponent = \"api\"\nplatform = \"local\"\n"
              "url = \"" +
                  m_server.url(QString()).toUtf8() +
                  "\"\n"
                  "[[backend.socket]]\nname = \"prices\"\npath = \"/api\"\norigin = \"https://app.example.com\"\n"));
}

void CorsCliTest::statuses()
{
    const QString url = m_server.url(s("/api"));
    const CliResult good = run({s("cors"), s("check"), url, s("--origin"), s("https://app.example.com"), s("--header"),
                                s("X-Token=env:T"), s("--format"), s("json")},
                               {{s("T"), s(canary)}});
    QVERIFY2(good.status == 0, qPrintable(good.out + good.err));
    QCOMPARE(validate(s("cors-check"), good.out.toUtf8()), QString());
    QVERIFY(!(good.out + good.err).contains(s(canary)));
    QVERIFY(m_server.requests().join().contains("X-Token: kanarienvogel"));
    const CliResult text = run({s("cors"), s("check"), url, s("--origin"), s("https://app.example.com"), s("--quiet")});
    QCOMPARE(text.status, 0);
    QVERIFY2(text.out.startsWith(s("allowed   https://app.example.com  GET  no preflight needed  HTTP 200\n")),
             qPrintable(text.out));
    QCOMPARE(text.err, QString());
    const CliResult blocked = run({s("cors"), s("check"), url, s("--origin"), s("https://b.example")});
    QCOMPARE(blocked.status, 1);
    QVERIFY(blocked.out.contains(s("and not https://b.example")) && blocked.out.contains(s("[cors/executed]")));
    const CliResult nobody = run({s("cors"), s("check"), s("http://127.0.0.1:%1/").arg(closedPort()), s("--origin"),
                                  s("https://b.example"), s("--format"), s("json")});
    QCOMPARE(nobody.status, 3);
    QCOMPARE(validate(s("cors-check"), nobody.out.toUtf8()), QString());
    // A small letter more or less in a method counts, but not in those that browsers know.
    const CliResult methods = run({s("cors"), s("check"), url, s("--origin"), s("https://app.example.com"),
                                   s("--method"), s("get"), s("--method"), s("patch"), s("--format"), s("json")});
    QCOMPARE(methods.status, 1);
    QCOMPARE(methods.json()[s("origins")][0][s("method")].toString(), s("GET"));
    QCOMPARE(methods.json()[s("origins")][1][s("method")].toString(), s("patch"));
}

void CorsCliTest::fromTheWorkspace()
{
    const CliResult result = run({s("cors"), s("check"), s("--backend"), s("here"), s("--format"), s("json")});
    QCOMPARE(result.json()[s("origins")][0][s("origin")].toString(), s("https://app.example.com"));
    QCOMPARE(result.json()[s("sockets")].toArray().size(), 3);
    QCOMPARE(result.json()[s("sockets")][0][s("status")].toInt(), 200); // no 101: it is no socket
    QCOMPARE(ids(result), QStringList{s("socket/refuses-all")});
    QCOMPARE(result.status, 1);
    QCOMPARE(validate(s("cors-check"), result.out.toUtf8()), QString());
    const CliResult unknown = run({s("cors"), s("check"), s("--backend"), s("nobody")});
    QCOMPARE(unknown.status, 2);
}

void CorsCliTest::interrupted()
{
    RawWsServer slow([](RawPeer &peer) {
        peer.readRequest();
        peer.hold();
    });
    CliOptions options;
    options.signalOn = s("asking as");
    const CliResult result = runCli({s("cors"), s("check"), s("http://127.0.0.1:%1/").arg(slow.port()), s("--origin"),
                                     s("https://a.example"), s("--timeout"), s("60s"), s("--format"), s("json")},
                                    options);
    QCOMPARE(result.status, 130);
    QVERIFY(result.ms < 20'000);
    QCOMPARE(result.json()[s("complete")].toBool(true), false);
    QCOMPARE(result.json()[s("origins")][0][s("verdict")].toString(), s("unknown"));
    QCOMPARE(validate(s("cors-check"), result.out.toUtf8()), QString());
}

void CorsCliTest::badInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    const QString url = s("https://api.example.com");
    const QString origin = s("--origin");
    const QString app = s("https://app.example.com");
    QTest::newRow("nothing") << QStringList{};
    QTest::newRow("no origin") << QStringList{url};
    QTest::newRow("slash") << QStringList{url, origin, app + s("/")};
    QTest::newRow("password") << QStringList{s("https://u:kanarienvogel-4711@api.example.com"), origin, app};
    QTest::newRow("token") << QStringList{url + s("/?token=kanarienvogel-4711"), origin, app};
    QTest::newRow("socket address") << QStringList{s("wss://api.example.com"), origin, app};
    QTest::newRow("timeout without a unit") << QStringList{url, origin, app, s("--timeout"), s("5")};
    QTest::newRow("timeout 0") << QStringList{url, origin, app, s("--timeout"), s("0s")};
    QTest::newRow("trace") << QStringList{url, origin, app, s("--method"), s("TRACE")};
    QTest::newRow("cookie") << QStringList{url, origin, app, s("--header"), s("Cookie")};
    QTest::newRow("secret header") << QStringList{url, origin, app, s("--header"),
                                                  s("Authorization=Bearer kanarienvogel-4711")};
    QTest::newRow("protocol") << QStringList{url, origin, app, s("--socket"), s("/ws,stomp")};
    QTest::newRow("socket path") << QStringList{url, origin, app, s("--socket"), s("ws")};
    QTest::newRow("send") << QStringList{url, origin, app, s("--send-unsafe"), s("POST")};
    QTest::newRow("no bundle") << QStringList{url, origin, app, s("--backend"), s("nobody")};
}

void CorsCliTest::badInput()
{
    QFETCH(QStringList, arguments);
    const CliResult result = run(QStringList{s("cors"), s("check")} + arguments);
    QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
    QCOMPARE(result.out, QString());
    QVERIFY(result.err.startsWith(s("switchyard-cli: ")));
    QVERIFY(!result.err.contains(s(canary)));
}

void CorsCliTest::csp()
{
    const CliResult result = run(
        {s("csp"), s("build"), s("--backend"), s("https://b.onrender.com"), s("--connect"), s("https://*.sentry.io")});
    QCOMPARE(result.status, 0);
    QCOMPARE(result.out, s("connect-src 'self' https://b.onrender.com wss://b.onrender.com https://*.sentry.io\n"));
    QVERIFY(write("policy", "default-src 'self';\n  connect-src 'self' https://b.onrender.com;\n  img-src data:\n"));
    const CliResult existing = run({s("csp"), s("build"), s("--backend"), s("https://b.onrender.com"), s("--existing"),
                                    s("@policy"), s("--format"), s("json")});
    QCOMPARE(existing.status, 1);
    QCOMPARE(ids(existing), QStringList{s("csp/missing")});
    QCOMPARE(existing.json()[s("policy")].toString(),
             s("default-src 'self'; connect-src 'self' https://b.onrender.com wss://b.onrender.com; img-src data:"));
    QCOMPARE(validate(s("csp-build"), existing.out.toUtf8()), QString());
    const CliResult again = run({s("csp"), s("build"), s("--backend"), s("https://b.onrender.com"), s("--existing"),
                                 existing.json()[s("policy")].toString(), s("--format"), s("json")});
    QCOMPARE(again.status, 0);
    QCOMPARE(validate(s("csp-build"), again.out.toUtf8()), QString());
}

void CorsCliTest::cspFromTheWorkspace()
{
    // Source and target while both live; wss where there are sockets; nothing of this computer.
    const CliResult result = run({s("csp"), s("build")});
    QCOMPARE(result.status, 0);
    QCOMPARE(result.out, s("connect-src 'self' https://a.fly.dev https://a.onrender.com wss://a.onrender.com\n"));
    const CliResult one = run({s("csp"), s("build"), s("--backend"), s("fly"), s("--connect"), s("https://x.example")});
    QCOMPARE(one.out, s("connect-src 'self' https://a.fly.dev https://x.example\n"));
}

void CorsCliTest::cspBadInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("backend") << QStringList{s("--backend"), s("nobody")};
    QTest::newRow("password") << QStringList{s("--backend"), s("https://u:kanarienvogel-4711@a.example")};
    QTest::newRow("source") << QStringList{s("--connect"), s("https://a.*.example")};
    QTest::newRow("file") << QStringList{s("--existing"), s("@absent")};
    QTest::newRow("empty policy") << QStringList{s("--existing"), s(" ; ")};
    QTest::newRow("page") << QStringList{s("--page"), s("app.example.com"), s("--existing"), s("connect-src *")};
    QTest::newRow("huge") << QStringList{s("--existing"), s("@huge")};
    QTest::newRow("binary") << QStringList{s("--existing"), s("@binary")};
    QTest::newRow("workspace") << QStringList{s("--workspace"), s("absent.toml")};
}

void CorsCliTest::cspBadInput()
{
    QVERIFY(write("huge", QByteArray(1'000'000, 'a')));
    QVERIFY(write("binary", QByteArray("connect-src \0 \xff\xfe", 16)));
    QFETCH(QStringList, arguments);
    const CliResult result = run(QStringList{s("csp"), s("build")} + arguments);
    QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
    QCOMPARE(result.out, QString());
    QVERIFY(!result.err.isEmpty() && !result.err.contains(s(canary)));
}

QTEST_GUILESS_MAIN(CorsCliTest)
#include "tst_corscli.moc"
