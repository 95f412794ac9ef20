// SPDX-License-Identifier: GPL-3.0-or-later
// What a rehearsal makes of a manifest: as the platform would, or with a note that it does not.
#include "models/deploy/driverfactory.h"
#include "models/manifests/deployfacts.h"
#include "models/platforms/platform.h"

#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

class RehearsalConfigTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void disk();
    void runtimeDecides_data();
    void runtimeDecides();
    void ports_data();
    void ports();
    void dollarOnFly();
    void injectedAddresses();
    void flyCheck();
    void portContradicts();
    void staticSites();

private:
    ProcessDriverConfig config(const char *platform, const QByteArray &manifest, const QStringList &argv = {});

    std::optional<PlatformCatalogue> m_catalogue;
};

void RehearsalConfigTest::initTestCase()
{
    auto loaded = PlatformCatalogue::load();
    QVERIFY(loaded);
    m_catalogue = std::move(*loaded);
}

ProcessDriverConfig RehearsalConfigTest::config(const char *platform, const QByteArray &manifest,
                                                const QStringList &argv)
{
    const Platform &found = *m_catalogue->find(s(platform));
    const auto facts = qstrcmp(platform, "fly") == 0 ? flyServiceFacts(manifest, s("fly.toml"), found)
                                                     : renderServiceFacts(manifest, s("render.yaml"), found);
    RehearsalOptions options;
    options.argv = argv;
    options.door = s("/door");
    if (facts)
        options.manifest = *facts;
    const auto made = rehearsalConfig(found, options);
    return made.value_or(ProcessDriverConfig());
}

void RehearsalConfigTest::disk()
{
    const QByteArray service = "services:\n  - type: web\n    name: a\n    startCommand: server\n";
    QVERIFY(config("render", service).newFirst);
    const ProcessDriverConfig with = config("render", service + "    disk:\n      name: d\n      mountPath: /data\n");
    QVERIFY(!with.newFirst);
    QCOMPARE(with.waitAfterSwitch, Milliseconds(0));
    QVERIFY(with.opening.join(QLatin1Char('|')).contains(s("the disk at render.yaml:6")));
}

void RehearsalConfigTest::runtimeDecides_data()
{
    QTest::addColumn<QByteArray>("runtime");
    QTest::addColumn<QString>("command");
    QTest::addColumn<bool>("gunicornArguments");
    QTest::newRow("docker, though gunicorn") << QByteArray("docker") << s("gunicorn app:app") << false;
    QTest::newRow("python, though a script") << QByteArray("python") << s("./start.sh") << true;
    QTest::newRow("not said") << QByteArray() << s("gunicorn app:app") << true;
}

void RehearsalConfigTest::runtimeDecides()
{
    QFETCH(QByteArray, runtime);
    QFETCH(QString, command);
    QFETCH(bool, gunicornArguments);
    QByteArray manifest = "services:\n  - type: web\n    name: a\n    startCommand: " + command.toUtf8() + "\n";
    if (!runtime.isEmpty())
        manifest += "    runtime: " + runtime + "\n";
    QCOMPARE(config("render", manifest).environment.contains(s("GUNICORN_CMD_ARGS")), gunicornArguments);
}

void RehearsalConfigTest::ports_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("played");
    const auto row = [](const char *command, const char *played) { QTest::newRow(command) << s(command) << s(played); };
    row("gunicorn a:a --max-requests 10000 --bind 0.0.0.0:10000",
        "gunicorn a:a --max-requests 10000 --bind 0.0.0.0:{PORT}");
    row("uvicorn a:a --limit-concurrency 10000 --port 10000", "uvicorn a:a --limit-concurrency 10000 --port {PORT}");
    row("uvicorn a:a --port=10000", "uvicorn a:a --port={PORT}");
    row("server --timeout=10000 -p 10000", "server --timeout=10000 -p {PORT}");
    row("python -m http.server 10000", "python -m http.server {PORT}");
    row("server --url http://localhost:10000/x", "server --url http://localhost:{PORT}/x");
    row("server --size 110000:100000", "server --size 110000:100000");
    row("server --port $PORT", "server --port $PORT");
}

void RehearsalConfigTest::ports()
{
    QFETCH(QString, command);
    QFETCH(QString, played);
    const ProcessDriverConfig made =
        config("render", "services:\n  - type: web\n    name: a\n    startCommand: " + command.toUtf8() + "\n");
    QCOMPARE(made.argv.join(QLatin1Char(' ')), played);
    QVERIFY(made.expandsVariables);
}

void RehearsalConfigTest::dollarOnFly()
{
    const ProcessDriverConfig plain = config(
        "fly", "app = 'a'\n[processes]\napp = 'uvicorn a:a --port $PORT'\n[http_service]\ninternal_port = 8080\n");
    QVERIFY(!plain.expandsVariables);
    QVERIFY(plain.opening.join(QLatin1Char('|')).contains(s("the $ in the command at fly.toml:3 stays as it is")));
    const ProcessDriverConfig shell =
        config("fly", "app = 'a'\n[processes]\napp = 'sh -c \"uvicorn a:a --port $PORT\"'\n");
    QVERIFY(!shell.opening.join(QLatin1Char('|')).contains(s("the $ in the command")));
    // What a person gives on the command line is expanded, as the help says.
    QVERIFY(config("fly", "app = 'a'\n", {s("server"), s("$PORT")}).expandsVariables);
}

void RehearsalConfigTest::injectedAddresses()
{
    const auto environment = config("fly", "app = 'a'\n", {s("server")}).environment;
    QVERIFY(environment.contains(s("FLY_PRIVATE_IP")));
    QVERIFY2(!environment.value(s("FLY_PRIVATE_IP")).contains(s("PORT")),
             qPrintable(environment.value(s("FLY_PRIVATE_IP"))));
    QCOMPARE(environment.value(s("PORT")), s("{PORT}"));
    QCOMPARE(environment.value(s("PATH")), qEnvironmentVariable("PATH"));
}

void RehearsalConfigTest::flyCheck()
{
    const ProcessDriverConfig made = config("fly", "app = 'a'\n[processes]\napp = 'server'\n[http_service]\n"
                                                   "internal_port = 8080\n[[http_service.checks]]\nmethod = 'head'\n"
                                                   "timeout = 5\ninterval = '2m'\n[http_service.checks.headers]\n"
                                                   "X-Forwarded-Proto = 'https'\n[[http_service.checks]]\npath='/x'\n");
    QCOMPARE(made.healthPath, s("/"));
    QCOMPARE(made.healthMethod, QByteArray("HEAD"));
    QCOMPARE(made.healthHeaders, (QList<std::pair<QString, QString>>{{s("X-Forwarded-Proto"), s("https")}}));
    QCOMPARE(made.health.timeout, Milliseconds(1'000));
    const QString told = made.opening.join(QLatin1Char('|'));
    for (const char *text : {"timeout at fly.toml:8 is 5 ms, which Fly.io makes 1 s",
                             "interval at fly.toml:9 is 120000 ms, which Fly.io makes 60 s",
                             "not played: the further check at fly.toml:12"})
        QVERIFY2(told.contains(s(text)), qPrintable(told));
}

void RehearsalConfigTest::portContradicts()
{
    const QByteArray service = "app = 'a'\n[processes]\napp = 'server'\n[http_service]\ninternal_port = 8080\n";
    const auto told = [&](const QByteArray &more) {
        return config("fly", service + more).opening.join(QLatin1Char('|'));
    };
    QVERIFY2(told("").contains(s("PORT is set here and not on Fly.io")), qPrintable(told("")));
    QVERIFY(told("[env]\nPORT = '3000'\n").contains(s("on Fly.io nobody would answer")));
    const QString same = told("[env]\nPORT = '8080'\n");
    QVERIFY(!same.contains(s("nobody would answer")) && !same.contains(s("PORT is set here")));
}

void RehearsalConfigTest::staticSites()
{
    const Platform &render = *m_catalogue->find(s("render"));
    const QByteArray both = "services:\n  - {type: web, name: api, runtime: python, startCommand: server}\n"
                            "  - {type: web, name: site, runtime: static}\n";
    const auto facts = renderServiceFacts(both, s("render.yaml"), render);
    QVERIFY2(facts, qPrintable(facts ? QString() : facts.error().toString()));
    QCOMPARE(facts->service, s("api"));
    const auto refused = renderServiceFacts(both, s("render.yaml"), render, s("site"));
    QVERIFY(!refused && refused.error().message.contains(s("static site")));
}

QTEST_GUILESS_MAIN(RehearsalConfigTest)
#include "tst_rehearsalconfig.moc"
