// SPDX-License-Identifier: GPL-3.0-or-later
// The written verify script against real servers: it passes where all is well, and each thing that is wrong fails it.
#include "models/delivery/verifyscript.h"
#include "tests/delivery/repository.h"
#include "tests/support/demobackend.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QScopeGuard>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

struct Outcome
{
    int status = -1;
    QString out;
    QString err;
    /// The line of a check without its detail: "ok   health /health".
    QStringList lines(const QString &beginning) const
    {
        QStringList found;
        for (const QString &line : out.split(QLatin1Char('\n'))) {
            if (line.startsWith(beginning))
                found.append(line);
        }
        return found;
    }
    QString all() const { return out + err + s("exit %1").arg(status); }
};

/// tests/backends/verify_server.py with a setup.
class Server final
{
public:
    explicit Server(const QJsonObject &setup)
    {
        m_process.start(s("/usr/bin/python3"),
                        {s(SOURCE_DIR "/tests/backends/verify_server.py"),
                         QString::fromUtf8(QJsonDocument(setup).toJson(QJsonDocument::Compact))});
        while (!m_said.contains('\n') && m_process.waitForReadyRead(10'000))
            m_said += m_process.readAllStandardOutput();
    }
    ~Server()
    {
        m_process.kill();
        m_process.waitForFinished();
    }
    QString url() const
    {
        return s("http://127.0.0.1:") + QString::fromUtf8(m_said).trimmed().section(QLatin1Char(' '), -1);
    }
    bool runs() const { return m_said.startsWith("listening on "); }

private:
    QProcess m_process;
    QByteArray m_said;
};

const QString origin = s("https://app.example");

QJsonObject goodSetup()
{
    return {{s("bodies"), QJsonObject{{s("/health"), s("{\"status\": \"healthy\", \"agents\": {\"active\": 54}}")}}},
            {s("origins"), QJsonArray{origin}}};
}

HealthEndpoint endpoint(const QString &path, const QMap<QString, QJsonValue> &json = {})
{
    HealthEndpoint each;
    each.path = path;
    each.timeout = Milliseconds(3'000);
    each.expect.json = json;
    return each;
}

SocketEndpoint socket(const QString &name, const QString &path, SocketProtocol protocol = SocketProtocol::WebSocket)
{
    SocketEndpoint each;
    each.name = name;
    each.path = path;
    each.protocol = protocol;
    return each;
}

Backend goodBackend(const QString &url)
{
    Backend backend;
    backend.name = s("api");
    backend.url = url;
    backend.health = {endpoint(s("/health"), {{s("/status"), s("healthy")}, {s("/agents/active"), 54}})};
    return backend;
}

} // namespace

class VerifyScriptTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void demoBackend_data();
    void demoBackend();
    void passesWhereAllIsWell();
    void seedServers_data();
    void seedServers();
    void findsWhatIsWrong_data();
    void findsWhatIsWrong();
    void bodies();
    void statuses();
    void credentials();
    void neverHangs();
    void nastyValues();
    void shellcheck_data();
    void shellcheck();
    void usage_data();
    void usage();

private:
    QString write(const QByteArray &script);
    Outcome run(const QByteArray &script, const QStringList &arguments = {},
                const QStringList &shell = {QStringLiteral("dash")}, const QMap<QString, QString> &environment = {});

    std::unique_ptr<QTemporaryDir> m_folder;
};

void VerifyScriptTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
}

QString VerifyScriptTest::write(const QByteArray &script)
{
    QFile file(m_folder->filePath(s("verify-deployment.sh")));
    if (!file.open(QIODevice::WriteOnly) || file.write(script) != script.size())
        qFatal("the script cannot be written");
    return file.fileName();
}

Outcome VerifyScriptTest::run(const QByteArray &script, const QStringList &arguments, const QStringList &shell,
                              const QMap<QString, QString> &environment)
{
    QProcess process;
    QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
    variables.insert(s("TMPDIR"), m_folder->path());
    for (auto it = environment.cbegin(); it != environment.cend(); ++it)
        variables.insert(it.key(), *it);
    process.setProcessEnvironment(variables);
    process.setWorkingDirectory(m_folder->path());
    process.start(shell.first(), shell.sliced(1) + QStringList{write(script)} + arguments);
    Outcome outcome;
    if (!process.waitForFinished(90'000)) {
        process.kill();
        process.waitForFinished();
        return outcome;
    }
    outcome.status = process.exitCode();
    outcome.out = QString::fromUtf8(process.readAllStandardOutput());
    outcome.err = QString::fromUtf8(process.readAllStandardError());
    return outcome;
}

void VerifyScriptTest::demoBackend_data()
{
    QTest::addColumn<QStringList>("shell");
    QTest::newRow("dash") << QStringList{s("dash")};
    QTest::newRow("bash --posix") << QStringList{s("bash"), s("--posix")};
    QTest::newRow("busybox") << QStringList{s("busybox"), s("sh")};
}

void VerifyScriptTest::demoBackend()
{
    QFETCH(const QStringList, shell);
    DemoBackend demo;
    QVERIFY(demo.waitForListening());
    Backend backend = goodBackend(s("https://nobody.invalid"));
    backend.health = {endpoint(s("/health"), {{s("/status"), s("healthy")}, {s("/database"), s("connected")}}),
                      endpoint(s("/ready")), endpoint(s("/live"))};
    backend.sockets = {socket(s("prices"), s("/ws/prices")),
                       socket(s("socket.io"), s("/socket.io/"), SocketProtocol::SocketIo)};
    // The argument's address takes the place of the workspace's.
    const Outcome outcome = run(verifyScript(backend, {}), {s("http://127.0.0.1:%1/").arg(demo.port())}, shell);
    QVERIFY2(outcome.status == 0, qPrintable(outcome.all()));
    QCOMPARE(outcome.err, QString());
    QCOMPARE(outcome.lines(s("ok ")).size(), 8);
    QCOMPARE(outcome.lines(s("skip ")).size(), 1); // CORS of frontends: none is known
    QVERIFY(outcome.out.endsWith(s("8 ok, 0 failed, 1 skipped\n")));
    // Nothing of it is left.
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
             QStringList{s("verify-deployment.sh")});
}

void VerifyScriptTest::passesWhereAllIsWell()
{
    Server server(goodSetup());
    QVERIFY(server.runs());
    Backend backend = goodBackend(server.url());
    backend.sockets = {socket(s("prices"), s("/ws")), socket(s("io"), s("/socket.io/"), SocketProtocol::SocketIo)};
    const Outcome outcome = run(verifyScript(backend, {origin}));
    QVERIFY2(outcome.status == 0, qPrintable(outcome.all()));
    QVERIFY2(outcome.out.endsWith(s("7 ok, 0 failed, 0 skipped\n")), qPrintable(outcome.out));
}

void VerifyScriptTest::seedServers_data()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QString>("backend");
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("application");
    QTest::addColumn<QString>("origins");
    QTest::addColumn<int>("passes");
    QTest::addColumn<bool>("database"); // the workspace expects one, and there is none here
    const QString vault = s("[\"https://www.cryptovault.financial\",\"https://cryptovault.financial\"]");
    QTest::newRow("1 fly") << s("1-cryptovault") << s("fly") << s("backend") << s("server:socket_app") << vault << 8
                           << false;
    QTest::newRow("2 render")
        << s("2-devskyy") << s("render") << s(".") << s("main_enterprise:app")
        << s("https://app.devskyy.app,https://api.devskyy.app,https://devskyy-dashboard.vercel.app") << 7 << false;
    QTest::newRow("3 render") << s("3-momentum") << s("render") << s("backend") << s("src.api.main:app")
                              << s("https://your-app.netlify.app,https://your-app.com") << 3 << true;
    QTest::newRow("4 render") << s("4-casino") << s("render") << s("backend") << s("main:app")
                              << s("https://khasinogaming.com") << 3 << true;
}

/// The samples' own servers, asked by the scripts of their own workspaces.
void VerifyScriptTest::seedServers()
{
    QFETCH(const QString, seed);
    QFETCH(const QString, backend);
    QFETCH(const QString, folder);
    QFETCH(const QString, application);
    QFETCH(const QString, origins);
    QFETCH(const int, passes);
    QFETCH(const bool, database);
    const QString root = s(SOURCE_DIR "/tests/fixtures/seeds/") + seed;
    const Result<Delivery> delivery = prepared(root, backend);
    QVERIFY2(delivery, qPrintable(delivery ? QString() : delivery.error().toString()));
    QProcess server;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(s("CORS_ORIGINS"), origins);
    environment.insert(s("PYTHONDONTWRITEBYTECODE"), s("1"));
    server.setProcessEnvironment(environment);
    server.setWorkingDirectory(root + QLatin1Char('/') + folder);
    server.setProcessChannelMode(QProcess::MergedChannels);
    server.start(s("/usr/bin/python3"), {s("-m"), s("uvicorn"), application, s("--ws"), s("wsproto"), s("--host"),
                                         s("127.0.0.1"), s("--port"), s("0")});
    const auto stop = qScopeGuard([&] {
        server.kill();
        server.waitForFinished();
    });
    static const QRegularExpression listening(s("running on (http://127\\.0\\.0\\.1:\\d+)"));
    QString said;
    while (!listening.match(said).hasMatch() && server.waitForReadyRead(30'000))
        said += QString::fromUtf8(server.readAll());
    const QString url = listening.match(said).captured(1);
    QVERIFY2(!url.isEmpty(), qPrintable(said));
    const Outcome outcome = run(delivery->find(DeliveryKind::VerifyScript)->text, {url});
    QVERIFY2(outcome.status == (database ? 1 : 0), qPrintable(outcome.all()));
    QCOMPARE(outcome.lines(s("ok ")).size(), passes);
    QCOMPARE(outcome.lines(s("FAIL ")), database
                                            ? QStringList{s("FAIL health /health: status 200, but /database is \"not "
                                                            "configured\", not \"connected\"")}
                                            : QStringList());
}

void VerifyScriptTest::findsWhatIsWrong_data()
{
    QTest::addColumn<QJsonObject>("setup");
    QTest::addColumn<bool>("sockets");
    QTest::addColumn<QString>("line");
    const auto with = [](const char *key, const QJsonValue &value) {
        QJsonObject setup = goodSetup();
        setup.insert(s(key), value);
        return setup;
    };
    const auto body = [&](const char *text) { return with("bodies", QJsonObject{{s("/health"), s(text)}}); };
    QTest::newRow("wrong body, status 200") << body("{\"status\": \"degraded\", \"agents\": {\"active\": 54}}") << false
                                            << s("FAIL health /health: status 200, but /status is \"degraded\"");
    QTest::newRow("the right word in the wrong place")
        << body("{\"status\": \"down\", \"db\": {\"status\": \"healthy\"}, \"agents\": {\"active\": 54}}") << false
        << s("FAIL health /health: status 200, but /status is \"down\"");
    QTest::newRow("a nested number") << body("{\"status\": \"healthy\", \"agents\": {\"active\": 53}}") << false
                                     << s("FAIL health /health: status 200, but /agents/active is 53, not 54");
    QTest::newRow("an error page with status 200")
        << body("<html>healthy</html>") << false << s("FAIL health /health: status 200, but the body is no JSON");
    QTest::newRow("no such path") << with("bodies", QJsonObject()) << false
                                  << s("FAIL health /health: status 404, not 2xx");
    QTest::newRow("gives every origin back")
        << with("origins", s("reflect")) << false << s("FAIL cors foreign origin: every origin is allowed: the server");
    QTest::newRow("allows all") << with("origins", s("*")) << false
                                << s("FAIL cors foreign origin: every origin is allowed (*)");
    QTest::newRow("does not let the frontend in")
        << with("origins", QJsonArray{s("https://other.example")}) << false << s("FAIL cors https://app.example: ");
    QTest::newRow("no upgrade") << with("upgrade", s("none")) << true
                                << s("FAIL websocket prices: status 404, not 101");
    QTest::newRow("an upgrade by somebody who is no WebSocket server")
        << with("upgrade", s("wrong")) << true << s("FAIL websocket prices: status 101, but Sec-WebSocket-Accept");
    QTest::newRow("polling without a session")
        << with("polling", s("plain")) << true << s("FAIL socket.io io polling: status 200 and no session");
}

void VerifyScriptTest::findsWhatIsWrong()
{
    QFETCH(const QJsonObject, setup);
    QFETCH(const bool, sockets);
    QFETCH(const QString, line);
    Server server(setup);
    QVERIFY(server.runs());
    Backend backend = goodBackend(server.url());
    // Each upgrade takes its time: only what the row is about.
    if (sockets && line.contains(s("socket.io")))
        backend.sockets = {socket(s("io"), s("/socket.io/"), SocketProtocol::SocketIo)};
    else if (sockets)
        backend.sockets = {socket(s("prices"), s("/ws"))};
    const Outcome outcome = run(verifyScript(backend, {origin}));
    QVERIFY2(outcome.status == 1, qPrintable(outcome.all()));
    QVERIFY2(!outcome.lines(line).isEmpty(), qPrintable(outcome.all()));
    QCOMPARE(outcome.err, QString());
}

/// What the script makes of bodies: pointers, types, escapes. Every path is one endpoint.
void VerifyScriptTest::bodies()
{
    struct Case
    {
        const char *body;
        const char *pointer;
        QJsonValue wanted;
        bool good;
    };
    const QList<Case> cases{
        {"{\"a\": {\"b\": [1, {\"c\": \"x\"}]}}", "/a/b/1/c", s("x"), true},
        {"{\"a/b\": {\"~\": 1}}", "/a~1b/~0", 1, true},
        {"{\"n\": 54.0}", "/n", 54, true},
        {"{\"n\": 5.4e1}", "/n", 54, true},
        {"{\"n\": \"54\"}", "/n", 54, false},
        {"{\"b\": true}", "/b", true, true},
        {"{\"b\": \"true\"}", "/b", true, false},
        {"{\"z\": null}", "/z", QJsonValue::Null, true},
        {"{\"z\": 0}", "/z", QJsonValue::Null, false},
        {"{\"s\": \"a\\u00e9\\ud83d\\ude00\\n\\\"\\\\/\"}", "/s", s("aé😀\n\"\\/"), true},
        {"{\"s\": \"aé😀\"}", "/s", s("aé😀"), true},
        {"{\"s\": \"healthy \"}", "/s", s("healthy"), false},
        {"{\"s\": \"it's $(id) `id` $HOME\"}", "/s", s("it's $(id) `id` $HOME"), true},
        {"\"healthy\"", "", s("healthy"), true},
        {"  {\"s\" :\n\t\"x\"\r\n}\n", "/s", s("x"), true},
        {"{\"l\": [1, 2]}", "/l", QJsonArray{1, 2}, true},
        {"{\"l\": [1, 3]}", "/l", QJsonArray{1, 2}, false},
        {"{\"s\": \"x\"", "/s", s("x"), false},
        {"{\"s\": \"x\"} trailing", "/s", s("x"), false},
        {"{\"t\": \"x\"}", "/s", s("x"), false},
        {"", "/s", s("x"), false},
    };
    QJsonObject all;
    Backend backend;
    for (qsizetype i = 0; i < cases.size(); ++i) {
        const QString path = s("/%1/end").arg(i);
        all.insert(path, s(cases[i].body));
        backend.health.append(endpoint(path, {{s(cases[i].pointer), cases[i].wanted}}));
    }
    // As deep as it gets: refused, not followed.
    all.insert(s("/deep"), QString(5'000, QLatin1Char('[')));
    backend.health.append(endpoint(s("/deep"), {{s("/0"), 1}}));
    Server server({{s("bodies"), all}});
    QVERIFY(server.runs());
    backend.url = server.url();
    for (const QStringList &shell : {QStringList{s("dash")}, QStringList{s("busybox"), s("sh")}}) {
        const Outcome outcome = run(verifyScript(backend, {}), {}, shell);
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.err, QString());
        for (qsizetype i = 0; i < cases.size(); ++i) {
            const QString expected = s(cases[i].good ? "ok   health /%1/end:" : "FAIL health /%1/end:").arg(i);
            QVERIFY2(outcome.lines(expected).size() == 1, qPrintable(s(cases[i].body) + outcome.out));
        }
        QCOMPARE(outcome.lines(s("FAIL health /deep: status 200, but the body is no JSON")).size(), 1);
    }
}

void VerifyScriptTest::statuses()
{
    Server server({{s("bodies"), QJsonObject{{s("/health"), s("x")}}}});
    QVERIFY(server.runs());
    const QList<std::pair<const char *, bool>> cases{{"200", true},      {"2xx", true},  {"200-299", true},
                                                     {"503, 200", true}, {"404", false}, {"3xx,500-599", false}};
    for (const auto &[expected, good] : cases) {
        Backend backend = goodBackend(server.url());
        backend.health = {endpoint(s("/health"))};
        backend.health.first().expect.status = s(expected);
        const Outcome outcome = run(verifyScript(backend, {}));
        QVERIFY2(outcome.status == (good ? 0 : 1), qPrintable(s(expected) + outcome.all()));
    }
}

/// A credential comes from the script's environment and reaches the server, but no process' arguments.
void VerifyScriptTest::credentials()
{
    QJsonObject setup = goodSetup();
    const QString token = s("canary-\"quoted\\ token");
    setup.insert(s("token"), token);
    Server server(setup);
    QVERIFY(server.runs());
    Backend backend = goodBackend(server.url());
    backend.health.first().headers = {{s("X-Token"), {s("env:PROBE_TOKEN")}}, {s("X-Probe"), {s("it's \"me\"")}}};
    SocketEndpoint prices = socket(s("prices"), s("/ws"));
    prices.headers = {{s("X-Token"), {s("env:PROBE_TOKEN")}}};
    SocketEndpoint keychain = socket(s("vault"), s("/ws"));
    keychain.headers = {{s("X-Token"), {s("keychain:a/b")}}};
    backend.sockets = {prices, keychain};
    const QByteArray script = verifyScript(backend, {});
    QVERIFY(!script.contains("canary"));

    // curl as a program that notes its arguments first.
    const QString curl = QStandardPaths::findExecutable(s("curl"));
    QFile shim(m_folder->filePath(s("curl")));
    QVERIFY(shim.open(QIODevice::WriteOnly));
    shim.write("#!/bin/sh\nprintf '%s\\n' \"$@\" >>\"$ARGV_LOG\"\nexec '" + curl.toUtf8() + "' \"$@\"\n");
    shim.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    shim.close();
    QMap<QString, QString> environment{{s("PATH"), m_folder->path() + s(":") + qEnvironmentVariable("PATH")},
                                       {s("ARGV_LOG"), m_folder->filePath(s("argv"))}};
    const Outcome without = run(script, {}, {s("dash")}, environment);
    QCOMPARE(without.lines(s("skip health /health: set PROBE_TOKEN")).size(), 1);
    QCOMPARE(without.lines(s("skip websocket prices: set PROBE_TOKEN")).size(), 1);
    QCOMPARE(without.lines(s("skip websocket vault: its header X-Token comes from where")).size(), 1);

    environment.insert(s("PROBE_TOKEN"), token);
    const Outcome with = run(script, {}, {s("dash")}, environment);
    QVERIFY2(with.lines(s("ok   health /health")).size() == 1, qPrintable(with.all()));
    QVERIFY2(with.lines(s("ok   websocket prices")).size() == 1, qPrintable(with.all()));
    QFile log(m_folder->filePath(s("argv")));
    QVERIFY(log.open(QIODevice::ReadOnly));
    const QByteArray arguments = log.readAll();
    QVERIFY(arguments.contains("/health"));
    QVERIFY(!arguments.contains("canary"));
    QVERIFY(!with.out.contains(s("canary")));
}

void VerifyScriptTest::neverHangs()
{
    QJsonObject setup = goodSetup();
    setup.insert(s("hang"), QJsonArray{s("/hang")});
    setup.insert(s("endless"), QJsonArray{s("/endless")});
    Server server(setup);
    QVERIFY(server.runs());
    Backend backend = goodBackend(server.url());
    backend.health.append(endpoint(s("/hang"), {{s("/a"), 1}}));
    backend.health.append(endpoint(s("/endless"), {{s("/a"), 1}}));
    backend.health[1].timeout = Milliseconds(1'000);
    QElapsedTimer timer;
    timer.start();
    const Outcome outcome = run(verifyScript(backend, {}));
    QVERIFY2(outcome.status == 1, qPrintable(outcome.all()));
    QCOMPARE(outcome.lines(s("FAIL health /hang: ")).size(), 1);
    QVERIFY2(outcome.lines(s("FAIL health /endless: the answer is too large")).size() == 1, qPrintable(outcome.all()));
    QVERIFY(timer.elapsed() < 20'000);
}

/// A workspace is a text that somebody wrote: whatever stands in it is a value, never a command.
void VerifyScriptTest::nastyValues()
{
    const QString mark = m_folder->filePath(s("run"));
    const QStringList nasty{s("a b"),
                            s("it's"),
                            s("\"q\""),
                            s("$(touch %1)").arg(mark),
                            s("`touch %1`").arg(mark),
                            s("'; touch %1; '").arg(mark),
                            s("two\nlines\ntouch %1\n").arg(mark),
                            s("-o/etc/x"),
                            s("@CHECKS@"),
                            s("@BASE@ \\1 & %s %d"),
                            s("\x1b[31mred"),
                            s("ünï")};
    Server server(goodSetup());
    QVERIFY(server.runs());
    Backend backend = goodBackend(server.url());
    int lines = 2; // the health that passes, and the foreign origin
    for (const QString &each : nasty) {
        HealthEndpoint health = endpoint(QLatin1Char('/') + each, {{QLatin1Char('/') + each, each}});
        health.headers = {{s("X-Probe"), {each}}};
        backend.health.append(health);
        ++lines;
    }
    SocketEndpoint odd = socket(nasty.join(QLatin1Char(' ')), s("/nowhere"));
    odd.origin = s("https://$(touch %1).example").arg(mark);
    backend.sockets = {odd};
    const QStringList origins{s("https://'$(touch %1)'.example").arg(mark)};
    lines += 2;
    const QByteArray script = verifyScript(backend, origins);
    for (const QStringList &shell : {QStringList{s("dash")}, QStringList{s("bash"), s("--posix")}}) {
        const Outcome outcome = run(script, {}, shell);
        QVERIFY2(outcome.status == 1, qPrintable(outcome.all()));
        QVERIFY2(!QFile::exists(mark), qPrintable(outcome.all()));
        const qsizetype said =
            outcome.lines(s("ok ")).size() + outcome.lines(s("FAIL ")).size() + outcome.lines(s("skip ")).size();
        QVERIFY2(said == lines, qPrintable(outcome.all()));
        QCOMPARE(outcome.out.count(QLatin1Char('\n')), lines + 2);
        QVERIFY(!outcome.out.contains(QChar(0x1b)));
    }
    QProcess check;
    check.start(s("shellcheck"), {write(script)});
    QVERIFY2(check.waitForFinished(60'000) && check.exitCode() == 0, check.readAllStandardOutput().constData());
}

void VerifyScriptTest::shellcheck_data()
{
    QTest::addColumn<bool>("health");
    QTest::addColumn<bool>("origins");
    QTest::addColumn<bool>("plain");
    QTest::addColumn<bool>("engine");
    QTest::addColumn<bool>("secret");
    for (int i = 0; i < 32; ++i)
        QTest::addRow("%d", i) << bool(i & 1) << bool(i & 2) << bool(i & 4) << bool(i & 8) << bool(i & 16);
}

/// Whatever is checked, nothing unused and nothing missing is in the script.
void VerifyScriptTest::shellcheck()
{
    QFETCH(const bool, health);
    QFETCH(const bool, origins);
    QFETCH(const bool, plain);
    QFETCH(const bool, engine);
    QFETCH(const bool, secret);
    Backend backend = goodBackend(s("https://api.example"));
    if (!health)
        backend.health.clear();
    else if (secret)
        backend.health.first().headers = {{s("Authorization"), {s("env:TOKEN")}}};
    if (plain)
        backend.sockets.append(socket(s("a"), s("/a")));
    if (engine)
        backend.sockets.append(socket(s("b"), s("/b"), SocketProtocol::SocketIo));
    if (secret && !backend.sockets.isEmpty())
        backend.sockets.last().headers = {{s("Authorization"), {s("env:TOKEN")}}};
    QProcess check;
    check.start(s("shellcheck"),
                {s("-s"), s("sh"), write(verifyScript(backend, origins ? QStringList{origin} : QStringList()))});
    QVERIFY2(check.waitForFinished(60'000) && check.exitStatus() == QProcess::NormalExit && check.exitCode() == 0,
             check.readAllStandardOutput().constData());
}

void VerifyScriptTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("no scheme") << QStringList{s("api.example")};
    QTest::newRow("another scheme") << QStringList{s("file:///etc/passwd")};
    QTest::newRow("password") << QStringList{s("https://user:canary@api.example")};
    QTest::newRow("query") << QStringList{s("https://api.example/?a=b")};
    QTest::newRow("blank") << QStringList{s("https://api.example/ -o x")};
    QTest::newRow("line break") << QStringList{s("https://api.example\n")};
    QTest::newRow("two") << QStringList{s("https://a.example"), s("https://b.example")};
    QTest::newRow("nothing there") << QStringList{QString()};
}

void VerifyScriptTest::usage()
{
    QFETCH(const QStringList, arguments);
    Backend backend = goodBackend(QString());
    const Outcome outcome = run(verifyScript(backend, {}), arguments);
    QCOMPARE(outcome.status, 2);
    QVERIFY(outcome.err.contains(s("usage: ")));
    QVERIFY(!outcome.err.contains(s("canary")));
    QCOMPARE(outcome.out, QString());
}

QTEST_GUILESS_MAIN(VerifyScriptTest)
#include "tst_verifyscript.moc"
