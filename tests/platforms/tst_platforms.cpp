// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/files.h"
#include "models/platforms/platform.h"

#include <QTest>

using namespace Switchyard;

namespace {

QByteArray file(const char *id)
{
    const Result<QByteArray> text =
        readFile(QStringLiteral(SOURCE_DIR "/resources/platforms/%1.toml").arg(QLatin1StringView(id)));
    return text ? *text : QByteArray();
}

QStringList names(const QList<InjectedVariable> &variables)
{
    QStringList list;
    for (const InjectedVariable &variable : variables)
        list.append(variable.name);
    list.sort();
    return list;
}

QStringList split(const char *text)
{
    QStringList list = QString::fromLatin1(text).split(QLatin1Char(' '));
    list.sort();
    return list;
}

const InjectedVariable *variable(const Platform &platform, const char *name)
{
    for (const InjectedVariable &each : platform.injected) {
        if (each.name == QLatin1StringView(name))
            return &each;
    }
    return nullptr;
}

QString steps(const Platform &platform)
{
    QStringList list;
    for (const DeployStep &step : platform.deploy.steps)
        list.append(step.step);
    return list.join(QLatin1Char(' '));
}

} // namespace

class TestPlatforms : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void renderFacts();
    void renderVariables();
    void flyFacts();
    void flyVariables();
    void localFacts();
    void hosts();
    void everyFactHasASource();
    void broken_data();
    void broken();

private:
    PlatformCatalogue m_catalogue;
};

void TestPlatforms::initTestCase()
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    QVERIFY2(catalogue.has_value(), catalogue ? "" : qPrintable(catalogue.error().toString()));
    m_catalogue = *catalogue;
    QCOMPARE(m_catalogue.ids(),
             (QStringList{QStringLiteral("fly"), QStringLiteral("local"), QStringLiteral("render")}));
    QCOMPARE(m_catalogue.find(QStringLiteral("heroku")), nullptr);
}

void TestPlatforms::renderFacts()
{
    const Platform &render = *m_catalogue.find(QStringLiteral("render"));
    QCOMPARE(render.name, QStringLiteral("Render"));
    QCOMPARE(render.manifests, QStringList{QStringLiteral("render.yaml")});
    QVERIFY(render.ports.injectsPort && render.ports.overridable);
    QCOMPARE(render.ports.defaultPort, 10000);
    QCOMPARE(render.ports.bindHost, QStringLiteral("0.0.0.0"));
    QCOMPARE(render.ports.reserved, (QList<int>{18012, 18013, 19099}));
    QCOMPARE(render.health.method, QStringLiteral("GET"));
    QCOMPARE(render.health.statusMin, 200);
    QCOMPARE(render.health.statusMax, 399);
    QCOMPARE(render.health.timeout, Milliseconds(5'000));
    QCOMPARE(render.health.interval, Milliseconds(0));
    QCOMPARE(render.health.deployLimit, Milliseconds(15 * 60'000));
    QCOMPARE(render.health.unroutedAfter, Milliseconds(15'000));
    QCOMPARE(render.health.restartedAfter, Milliseconds(60'000));
    QCOMPARE(render.shutdown.signal, QStringLiteral("SIGTERM"));
    QCOMPARE(render.shutdown.allowedSignals, QStringList{QStringLiteral("SIGTERM")});
    QCOMPARE(render.shutdown.signalKey, QString());
    QCOMPARE(render.shutdown.grace, Milliseconds(30'000));
    QCOMPARE(render.shutdown.graceMax, Milliseconds(300'000));
    QCOMPARE(render.shutdown.graceKey, QStringLiteral("maxShutdownDelaySeconds"));
    QVERIFY(render.deploy.newFirst);
    QCOMPARE(steps(render),
             QStringLiteral("build pre_deploy start_new health switch_traffic wait signal_old grace kill_old"));
    QCOMPARE(render.deploy.steps[5].duration, Milliseconds(60'000));
    QVERIFY(render.websocket.supported && !render.websocket.platformSendsClose && !render.websocket.stickySessions);
    QCOMPARE(render.variables.reservedPrefixes, QStringList{QStringLiteral("RENDER_")});
    QVERIFY(!render.variables.interpolates);
    QVERIFY(render.free.available);
    QCOMPARE(render.free.idleStop, Milliseconds(15 * 60'000));
    QCOMPARE(render.outbound.kind, QStringLiteral("shared-ranges"));
    QVERIFY(render.outbound.ask.contains(QStringLiteral("outbound-ips")));
    QVERIFY(render.outbound.fixed.without.contains(QStringLiteral("hobby")));
    QVERIFY(render.outbound.link.isSet() && !render.outbound.link.peering);
}

void TestPlatforms::renderVariables()
{
    const Platform &render = *m_catalogue.find(QStringLiteral("render"));
    const char *common =
        "PORT IS_PULL_REQUEST RENDER RENDER_CPU_COUNT RENDER_DISCOVERY_SERVICE RENDER_EXTERNAL_HOSTNAME "
        "RENDER_EXTERNAL_URL RENDER_GIT_BRANCH RENDER_GIT_COMMIT RENDER_GIT_REPO_SLUG RENDER_INSTANCE_ID "
        "RENDER_SERVICE_ID RENDER_SERVICE_NAME RENDER_SERVICE_TYPE RENDER_WEB_CONCURRENCY WEB_CONCURRENCY";
    QCOMPARE(names(render.injectedFor(QStringLiteral("docker"))), split(common));
    const auto with = [&](const char *more) {
        QStringList list = split(common) + split(more);
        list.sort();
        return list;
    };
    QCOMPARE(names(render.injectedFor(QStringLiteral("node"))), with("NODE_ENV NODE_MODULES_CACHE"));
    QCOMPARE(names(render.injectedFor(QStringLiteral("python"))),
             with("CI FORWARDED_ALLOW_IPS GUNICORN_CMD_ARGS PIPENV_YES VENV_ROOT"));
    QCOMPARE(names(render.injectedFor(QStringLiteral("ruby"))), with("RAILS_ENV RACK_ENV PASSENGER_PORT"));
    QCOMPARE(names(render.injectedFor(QStringLiteral("go"))), with("GO111MODULE GOPATH"));
    QCOMPARE(names(render.injectedFor(QStringLiteral("rust"))), with("ROCKET_ENV ROCKET_PORT"));
    QCOMPARE(names(render.injectedFor(QStringLiteral("elixir"))), with("MIX_ENV RELEASE_DISTRIBUTION"));
    QCOMPARE(variable(render, "PORT")->value, QStringLiteral("10000"));
    QVERIFY(variable(render, "PORT")->overridable);
    QVERIFY(variable(render, "GUNICORN_CMD_ARGS")->value.contains(QStringLiteral("--preload")));
    QCOMPARE(variable(render, "CI")->when, QStringLiteral("build"));
}

void TestPlatforms::flyFacts()
{
    const Platform &fly = *m_catalogue.find(QStringLiteral("fly"));
    QVERIFY(!fly.ports.injectsPort);
    QCOMPARE(fly.ports.defaultPort, 8080);
    QCOMPARE(fly.ports.key, QStringLiteral("internal_port"));
    QCOMPARE(fly.health.statusMin, 200);
    QCOMPARE(fly.health.statusMax, 299);
    QVERIFY(!fly.health.followsRedirects);
    QCOMPARE(fly.health.restartedAfter, Milliseconds(0));
    QCOMPARE(fly.shutdown.signal, QStringLiteral("SIGINT"));
    QCOMPARE(fly.shutdown.allowedSignals.size(), 7);
    QCOMPARE(fly.shutdown.grace, Milliseconds(5'000));
    QCOMPARE(fly.shutdown.graceMax, Milliseconds(300'000));
    QCOMPARE(fly.shutdown.graceKey, QStringLiteral("kill_timeout"));
    QCOMPARE(fly.shutdown.signalKey, QStringLiteral("kill_signal"));
    QVERIFY(!fly.deploy.newFirst);
    QCOMPARE(steps(fly), QStringLiteral("build pre_deploy stop_old start_new health switch_traffic"));
    QCOMPARE(fly.variables.reservedPrefixes, QStringList{QStringLiteral("FLY_")});
    QVERIFY(!fly.free.available);
}

void TestPlatforms::flyVariables()
{
    const Platform &fly = *m_catalogue.find(QStringLiteral("fly"));
    QCOMPARE(names(fly.injected),
             split("FLY_APP_NAME FLY_MACHINE_ID FLY_ALLOC_ID FLY_REGION FLY_PUBLIC_IP FLY_PRIVATE_IP "
                   "FLY_IMAGE_REF FLY_MACHINE_VERSION FLY_PROCESS_GROUP FLY_VM_MEMORY_MB PRIMARY_REGION "
                   "RELEASE_COMMAND FLY_TEST_MACHINE_IP"));
    QCOMPARE(variable(fly, "RELEASE_COMMAND")->only, QStringLiteral("release_command"));
    QCOMPARE(variable(fly, "PORT"), nullptr);
}

void TestPlatforms::localFacts()
{
    const Platform &local = *m_catalogue.find(QStringLiteral("local"));
    QCOMPARE(local.shutdown.signal, QStringLiteral("SIGTERM"));
    QCOMPARE(local.shutdown.grace, Milliseconds(10'000));
    QVERIFY(local.ports.injectsPort);
    QCOMPARE(local.health.method, QStringLiteral("GET"));
    QCOMPARE(local.health.defaultPath, QStringLiteral("/health"));
    QCOMPARE(steps(local), QStringLiteral("stop_old start_new health"));
}

void TestPlatforms::hosts()
{
    const auto owner = [&](const char *host) {
        const Platform *platform = m_catalogue.forHost(QString::fromLatin1(host));
        return platform != nullptr ? platform->id : QString();
    };
    QCOMPARE(owner("api.onrender.com"), QStringLiteral("render"));
    QCOMPARE(owner("API.FLY.DEV"), QStringLiteral("fly"));
    QCOMPARE(owner("localhost"), QStringLiteral("local"));
    QCOMPARE(owner("onrender.com"), QString());
    QCOMPARE(owner("notlocalhost"), QString());
    QCOMPARE(owner("fly.dev.example"), QString());
}

void TestPlatforms::everyFactHasASource()
{
    for (const QString &id : m_catalogue.ids()) {
        const Platform &platform = *m_catalogue.find(id);
        QList<FactSource> sources{platform.source,          platform.variables.source, platform.ports.source,
                                  platform.health.source,   platform.shutdown.source,  platform.deploy.source,
                                  platform.websocket.source};
        for (const InjectedVariable &each : platform.injected)
            sources.append(each.source);
        sources.append(platform.outbound.source);
        if (platform.outbound.fixed.isSet())
            sources.append(platform.outbound.fixed.source);
        if (platform.outbound.link.isSet())
            sources.append(platform.outbound.link.source);
        for (const FactSource &source : sources)
            QVERIFY2(source.url.startsWith(QStringLiteral("https://")), qPrintable(id));
    }
}

void TestPlatforms::broken_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    QTest::addColumn<QString>("part");
    const auto row = [](const char *name, const char *before, const char *after, const char *part) {
        QTest::newRow(name) << QByteArray(before) << QByteArray(after) << QString::fromLatin1(part);
    };
    row("no source", "source = { url = \"https://render.com/docs/websocket\"", "sauce = { url = \"https://a.example\"",
        "\"source\" is missing");
    row("source not https", "https://render.com/docs/websocket", "http://render.com", "behind https");
    row("source type", "source = { url = \"https://render.com/docs/free\" }",
        "source = \"https://render.com/docs/free\"", "must be a table");
    row("unknown key", "max_open", "max_opne", "did you mean \"max_open\"");
    row("wrong type", "default_port = 10000", "default_port = \"10000\"", "whole number");
    row("port range", "default_port = 10000", "default_port = 100000", "from 0 to 65535");
    row("grace over maximum", "grace = \"30s\"", "grace = \"301s\"", "over \"grace_max\"");
    row("duration", "grace = \"30s\"", "grace = 30", "needs a unit");
    row("unknown step", "step = \"switch_traffic\"", "step = \"switch\"", "is no step");
    row("wait without duration", "step = \"wait\", duration = \"60s\"", "step = \"wait\"", "\"duration\" is missing");
    row("duration elsewhere", "{ step = \"health\" }", "{ step = \"health\", duration = \"1s\" }", "only \"wait\"");
    row("unknown signal", "signal = \"SIGTERM\"", "signal = \"SIGTRM\"", "did you mean \"SIGTERM\"");
    row("order", "new_first = true", "new_first = false", "says otherwise");
    row("status range", "status_min = 200", "status_min = 400", "over \"status_max\"");
    row("when", "{ name = \"RENDER\", meaning = \"platform\", when = \"both\"",
        "{ name = \"RENDER\", when = \"always\"", "is no when");
    row("twice", "{ name = \"RENDER_GIT_COMMIT\"", "{ name = \"RENDER_GIT_BRANCH\"", "twice");
    row("section missing", "[websocket]", "[websockets]", "\"websocket\" is missing");
    row("syntax", "[shutdown]", "[shutdown", "expected ']'");
    row("schema", "schema = 1", "schema = 2", "from 1 to 1");
}

void TestPlatforms::broken()
{
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, after);
    QFETCH(QString, part);
    QByteArray text = file("render");
    const qsizetype at = text.indexOf(before);
    QVERIFY(at >= 0);
    text.replace(at, before.size(), after);
    const Result<Platform> platform = PlatformCatalogue::parse(text, QStringLiteral("render.toml"));
    QVERIFY(!platform.has_value());
    QVERIFY2(platform.error().toString().contains(part), qPrintable(platform.error().toString()));
    QCOMPARE(platform.error().place.file, QStringLiteral("render.toml"));
    // What is missing is told at its table, everything else where it stands.
    if (part == QStringLiteral("\"websocket\" is missing"))
        QCOMPARE(platform.error().place.line, 1);
    else if (part == QStringLiteral("\"source\" is missing"))
        QCOMPARE(platform.error().place.line, int(text.left(text.indexOf("[websocket]")).count('\n')) + 1);
    else
        QCOMPARE(platform.error().place.line, int(text.left(at).count('\n')) + 1);
}

QTEST_GUILESS_MAIN(TestPlatforms)
#include "tst_platforms.moc"
