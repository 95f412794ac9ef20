// SPDX-License-Identifier: GPL-3.0-or-later
// What a rehearsal reads of render.yaml and fly.toml, each with its place, and what it does with it.
#include "models/deploy/driverfactory.h"
#include "models/manifests/deployfacts.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const char renderText[] = R"(envVarGroups:
  - name: shared
    envVars:
      - key: LOG_LEVEL
        value: info
      - key: REGION
        value: group
projects:
  - name: p
    environments:
      - name: production
        services:
          - type: worker
            name: jobs
          - type: web
            name: api
            rootDir: backend
            healthCheckPath: /healthz
            maxShutdownDelaySeconds: 120
            startCommand: gunicorn app:app --bind 0.0.0.0:10000 -k 'uvicorn.workers.UvicornWorker'
            scaling: {minInstances: 2, maxInstances: 4}
            envVars:
              - fromGroup: shared
              - fromGroup: elsewhere
              - key: REGION
                value: own
              - key: WORKERS
                value: 4
              - key: SECRET_KEY
                generateValue: true
              - key: STRIPE
                sync: false
              - key: DATABASE_URL
                fromDatabase:
                  name: main
                  property: connectionString
)";

const char flyText[] = R"(app = 'api'
primary_region = 'fra'
kill_signal = "SIGTERM"
kill_timeout = 30

[deploy]
  strategy = 'bluegreen'
  max_unavailable = 0.5

[env]
  PORT = '8080'
  DEBUG = false
  WORKERS = 4

[processes]
  web = "uvicorn app:app --host 0.0.0.0 --port 8080 && true"
  worker = "celery -A app"

[http_service]
  internal_port = 8080
  processes = ['web']
  [[http_service.checks]]
    path = 'health'
    interval = "15s"
    timeout = 2000
    grace_period = "1m5s"
)";

} // namespace

class DeployFactsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void render();
    void renderDefaults();
    void renderRefused_data();
    void renderRefused();
    void fly();
    void flyOlderForms();
    void flyChecks();
    void sleeping();
    void flyDurations_data();
    void flyDurations();
    void flyRefused_data();
    void flyRefused();
    void files();
    void intoTheRehearsal();
    void flyIntoTheRehearsal();

private:
    const Platform &render_() const { return *m_catalogue->find(s("render")); }
    const Platform &fly_() const { return *m_catalogue->find(s("fly")); }
    Result<PlatformCatalogue> m_catalogue;
};

void DeployFactsTest::initTestCase()
{
    m_catalogue = PlatformCatalogue::load();
    QVERIFY(m_catalogue);
}

void DeployFactsTest::render()
{
    const Result<ServiceFacts> facts = renderServiceFacts(renderText, s("a/render.yaml"), render_());
    QVERIFY2(facts, facts ? "" : qPrintable(facts.error().toString()));
    QCOMPARE(facts->service, s("api"));
    QCOMPARE(facts->root, s("backend"));
    QCOMPARE(facts->healthPath->value, s("/healthz"));
    QCOMPARE(facts->healthPath->place, (Place{s("a/render.yaml"), 18, 30}));
    QCOMPARE(facts->grace->value, Milliseconds(120'000));
    QCOMPARE(spoken(facts->grace->place), s("render.yaml:19"));
    QCOMPARE(facts->command->value, (QStringList{s("gunicorn"), s("app:app"), s("--bind"), s("0.0.0.0:10000"), s("-k"),
                                                 s("uvicorn.workers.UvicornWorker")}));
    QCOMPARE(facts->instances->value, 2);
    QVERIFY(!facts->signal && !facts->port);
    QCOMPARE(facts->environment.keys(), (QStringList{s("LOG_LEVEL"), s("REGION"), s("WORKERS")}));
    QCOMPARE(facts->environment[s("REGION")].value, s("own")); // a service's own beats a group's
    QCOMPARE(facts->environment[s("WORKERS")].value, s("4"));
    QStringList missing;
    for (const MissingVariable &variable : facts->missing)
        missing.append(s("%1: %2, %3").arg(variable.name, variable.why).arg(variable.place.line));
    QCOMPARE(missing, (QStringList{s("all of elsewhere: a group kept on Render, 24"), s("SECRET_KEY: generated, 29"),
                                   s("STRIPE: asked for once, 31"), s("DATABASE_URL: from database main, 33")}));
}

void DeployFactsTest::renderDefaults()
{
    const Result<ServiceFacts> facts =
        renderServiceFacts("services:\n- type: web\n  runtime: docker\n  dockerCommand: cd app && serve $PORT\n",
                           s("render.yaml"), render_());
    QVERIFY(facts);
    QVERIFY(!facts->healthPath && facts->checksPort && !facts->grace && !facts->instances);
    QVERIFY(facts->environment.isEmpty() && facts->missing.isEmpty());
    QCOMPARE(facts->command->value, (QStringList{s("/bin/sh"), s("-c"), s("cd app && serve $PORT")}));
}

void DeployFactsTest::renderRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("service");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("says");
    const QByteArray two = "services:\n- {type: web, name: a}\n- {type: web, name: b}\n- {type: worker, name: w}\n";
    QTest::newRow("several") << two << QString() << 0 << s("a, b");
    QTest::newRow("unknown") << two << s("c") << 0 << s("no service \"c\"");
    QTest::newRow("worker") << two << s("w") << 4 << s("serves nobody");
    QTest::newRow("no web") << QByteArray("services:\n- {type: worker, name: a}\n") << QString() << 0
                            << s("no web service");
    QTest::newRow("empty") << QByteArray() << QString() << 1 << s("no Blueprint");
    QTest::newRow("a list") << QByteArray("- a\n") << QString() << 1 << s("no Blueprint");
    QTest::newRow("services is a text") << QByteArray("services: x\n") << QString() << 1 << s("must be a list");
    QTest::newRow("service is a text") << QByteArray("services: [x]\n") << QString() << 1 << s("must be a mapping");
    QTest::newRow("grace of 0") << QByteArray("services:\n- type: web\n  maxShutdownDelaySeconds: 0\n") << QString()
                                << 3 << s("1 to 300, not 0");
    QTest::newRow("grace as text") << QByteArray("services:\n- type: web\n  maxShutdownDelaySeconds: '30'\n")
                                   << QString() << 3 << s("whole number");
    QTest::newRow("path") << QByteArray("services:\n- type: web\n  healthCheckPath: health\n") << QString() << 3
                          << s("begins with /");
    QTest::newRow("command") << QByteArray("services:\n- type: web\n  startCommand: serve 'x\n") << QString() << 3
                             << s("never end");
    QTest::newRow("no key") << QByteArray("services:\n- type: web\n  envVars:\n  - value: x\n") << QString() << 4
                            << s("without \"key\"");
    QTest::newRow("instances") << QByteArray("services:\n- type: web\n  numInstances: two\n") << QString() << 3
                               << s("whole number");
}

void DeployFactsTest::renderRefused()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, service);
    QFETCH(int, line);
    QFETCH(QString, says);
    const Result<ServiceFacts> facts = renderServiceFacts(text, s("render.yaml"), render_(), service);
    QVERIFY(!facts);
    QCOMPARE(facts.error().kind, ErrorKind::Usage);
    QVERIFY2(facts.error().toString().contains(says), qPrintable(facts.error().toString()));
    QCOMPARE(facts.error().place.line, line);
}

void DeployFactsTest::fly()
{
    const Result<ServiceFacts> facts = flyServiceFacts(flyText, s("fly.toml"), fly_());
    QVERIFY2(facts, facts ? "" : qPrintable(facts.error().toString()));
    QCOMPARE(facts->service, s("api"));
    QCOMPARE(facts->signal->value, s("SIGTERM"));
    QCOMPARE(spoken(facts->signal->place), s("fly.toml:3"));
    QCOMPARE(facts->grace->value, Milliseconds(30'000));
    QCOMPARE(facts->port->value, 8080);
    QCOMPARE(facts->healthPath->value, s("/health"));
    QCOMPARE(facts->checkTimeout->value, Milliseconds(2'000));
    QCOMPARE(facts->checkInterval->value, Milliseconds(15'000));
    QCOMPARE(facts->checkGrace->value, Milliseconds(65'000));
    QCOMPARE(facts->strategy->value, s("bluegreen"));
    QCOMPARE(facts->maxUnavailable->value, 0.5);
    // The group that serves, and no shell on Fly.
    QCOMPARE(facts->command->value.first(), s("uvicorn"));
    QCOMPARE(facts->command->value.last(), s("true"));
    QVERIFY(facts->command->value.contains(s("&&")));
    QCOMPARE(facts->environment[s("DEBUG")].value, s("false"));
    QCOMPARE(facts->environment[s("WORKERS")].value, s("4"));
    QCOMPARE(facts->environment[s("PRIMARY_REGION")].value, s("fra"));
    QCOMPARE(flyServiceFacts(flyText, s("f"), fly_(), s("worker"))->command->value.first(), s("celery"));
    QVERIFY(!flyServiceFacts(flyText, s("f"), fly_(), s("worker"))->port); // that group has no service
    QCOMPARE(flyServiceFacts(flyText, s("f"), fly_(), s("api"))->command->value.first(), s("uvicorn"));
}

void DeployFactsTest::flyOlderForms()
{
    const Result<ServiceFacts> facts = flyServiceFacts("[experimental]\nkill_timeout = '20'\n"
                                                       "[[env]]\nA = '1'\n[[env]]\nB = 2\n"
                                                       "[[processes]]\nname = 'web'\ncommand = 'serve it'\n"
                                                       "[[services]]\ninternal_port = '9000'\n"
                                                       "[[services.tcp_checks]]\ntimeout = '3s'\n",
                                                       s("f"), fly_());
    QVERIFY2(facts, facts ? "" : qPrintable(facts.error().toString()));
    QCOMPARE(facts->grace->value, Milliseconds(20'000));
    QCOMPARE(facts->environment.keys(), (QStringList{s("A"), s("B")}));
    QCOMPARE(facts->command->value, (QStringList{s("serve"), s("it")}));
    QCOMPARE(facts->port->value, 9000);
    QVERIFY(facts->checksPort && !facts->healthPath);
    QCOMPARE(facts->checkTimeout->value, Milliseconds(3'000));
    // [checks] moves no traffic.
    QVERIFY(!flyServiceFacts("[checks.x]\ntype='http'\npath='/h'\nport=1\n", s("f"), fly_())->healthPath);
    const Result<ServiceFacts> empty = flyServiceFacts("", s("f"), fly_());
    QVERIFY(empty && !empty->signal && !empty->grace && !empty->command && empty->checksPort);
}

void DeployFactsTest::flyDurations_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<int>("ms"); ///< negative: refused
    QTest::newRow("number") << QByteArray("30") << 30'000;
    QTest::newRow("fraction") << QByteArray("1.5") << 1'500;
    QTest::newRow("text number") << QByteArray("'30'") << 30'000;
    QTest::newRow("seconds") << QByteArray("'30s'") << 30'000;
    QTest::newRow("mixed") << QByteArray("'1m21s'") << 81'000;
    QTest::newRow("milliseconds") << QByteArray("'500ms'") << 500;
    QTest::newRow("5 minutes") << QByteArray("'5m'") << 300'000;
    QTest::newRow("over the limit") << QByteArray("301") << -1;
    QTest::newRow("negative") << QByteArray("-1") << -1;
    QTest::newRow("words") << QByteArray("'soon'") << -1;
    QTest::newRow("other unit") << QByteArray("'1d'") << -1;
    QTest::newRow("bool") << QByteArray("true") << -1;
    QTest::newRow("list") << QByteArray("[1]") << -1;
    QTest::newRow("not a number") << QByteArray("nan") << -1;
}

void DeployFactsTest::flyDurations()
{
    QFETCH(QByteArray, value);
    QFETCH(int, ms);
    const Result<ServiceFacts> facts = flyServiceFacts("app = 'a'\nkill_timeout = " + value + '\n', s("f"), fly_());
    if (ms >= 0) {
        QVERIFY2(facts, facts ? "" : qPrintable(facts.error().toString()));
        QCOMPARE(facts->grace->value, Milliseconds(ms));
        return;
    }
    QVERIFY(!facts);
    QCOMPARE(facts.error().place.line, 2);
}

void DeployFactsTest::flyRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("says");
    QTest::newRow("signal") << QByteArray("\nkill_signal = 'SIGTREM'\n") << 2 << s("did you mean \"SIGTERM\"");
    QTest::newRow("signal as a number") << QByteArray("kill_signal = 15\n") << 1 << s("must be a text");
    QTest::newRow("port") << QByteArray("[http_service]\ninternal_port = 0\n") << 2 << s("1 to 65535");
    QTest::newRow("strategy") << QByteArray("[deploy]\nstrategy = 'rollin'\n") << 2 << s("did you mean \"rolling\"");
    QTest::newRow("FLY_") << QByteArray("[env]\nFLY_APP = 'x'\n") << 2 << s("Fly refuses");
    QTest::newRow("env list") << QByteArray("[env]\nA = [1]\n") << 2 << s("\"A\" must be a text");
    QTest::newRow("command") << QByteArray("[processes]\napp = 5\n") << 2 << s("must be a text");
    QTest::newRow("first of two") << QByteArray("kill_signal = 'X'\nkill_timeout = 'y'\n") << 1 << s("no signal");
    QTest::newRow("not TOML") << QByteArray("a = \n") << 1 << s("f:1");
}

void DeployFactsTest::flyRefused()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    QFETCH(QString, says);
    const Result<ServiceFacts> facts = flyServiceFacts(text, s("f"), fly_());
    QVERIFY(!facts);
    QVERIFY2(facts.error().toString().contains(says), qPrintable(facts.error().toString()));
    QCOMPARE(facts.error().place.line, line);
    const Result<ServiceFacts> group = flyServiceFacts(flyText, s("f"), fly_(), s("cron"));
    QVERIFY(!group && group.error().hint.contains(s("web, worker")));
}

void DeployFactsTest::files()
{
    QTemporaryDir folder;
    const QString file = folder.filePath(s("render.yml"));
    QFile yaml(file);
    QVERIFY(yaml.open(QIODevice::WriteOnly));
    yaml.write(renderText);
    yaml.close();
    QCOMPARE(readServiceFacts(file, render_())->service, s("api"));
    QVERIFY(readServiceFacts(file, fly_()).error().hint.contains(s("fly.toml")));
    QVERIFY(readServiceFacts(file, *m_catalogue->find(s("local"))).error().message.contains(s("no manifest")));
    QVERIFY(readServiceFacts(folder.filePath(s("gone.yaml")), render_()).error().message.contains(s("no file")));
}

void DeployFactsTest::intoTheRehearsal()
{
    RehearsalOptions options;
    options.machines = 0;
    options.manifest = *renderServiceFacts(renderText, s("render.yaml"), render_());
    options.manifest->environment[s("REFERENCE")] = {s("env:SWITCHYARD_NO_SUCH_VARIABLE"), {}};
    options.environment = {{s("SECRET_KEY"), s("given")}};
    const auto driver = makeRehearsal(render_(), options);
    QVERIFY2(driver, driver ? "" : qPrintable(driver.error().toString())); // a manifest's value is a value
    QCOMPARE((*driver)->grace(), Milliseconds(120'000));
    QCOMPARE((*driver)->id(), s("rehearsal:render"));
    options.machines = 11;
    QVERIFY(makeRehearsal(render_(), options).error().hint.contains(s("1 to 10")));
    options.machines = 1;
    options.manifest->command.reset();
    QVERIFY(makeRehearsal(render_(), options).error().message.contains(s("no command")));
}

void DeployFactsTest::flyIntoTheRehearsal()
{
    RehearsalOptions options;
    options.manifest = *flyServiceFacts(flyText, s("fly.toml"), fly_());
    const auto driver = makeRehearsal(fly_(), options);
    QVERIFY(driver);
    QCOMPARE((*driver)->grace(), Milliseconds(30'000));
    options.manifest.reset();
    options.argv = {s("true")};
    QCOMPARE((*makeRehearsal(fly_(), options))->grace(), Milliseconds(5'000));
}

void DeployFactsTest::flyChecks()
{
    const auto read = [this](const char *text) { return flyServiceFacts(text, s("fly.toml"), fly_()); };
    const Result<ServiceFacts> several = read("[http_service]\ninternal_port = 8080\n"
                                              "[[http_service.checks]]\npath = '/a'\ntls_skip_verify = true\n"
                                              "[http_service.checks.headers]\nX-Check = 'yes'\n"
                                              "[[http_service.checks]]\npath = '/b'\n"
                                              "[[http_service.tcp_checks]]\ntimeout = '3s'\n");
    QVERIFY2(several, several ? "" : qPrintable(several.error().toString()));
    QCOMPARE(several->healthPath->value, s("/a"));
    QVERIFY(several->checkSkipsVerification);
    QCOMPARE(several->checkHeaders.first().second.value, s("yes"));
    QCOMPARE(several->furtherChecks.size(), 2);
    QVERIFY(!several->watching);
    // A check on top only shows: it is told apart, and is none of a deploy.
    const Result<ServiceFacts> top = read("[http_service]\ninternal_port = 8080\n"
                                          "[checks.alive]\ntype = 'http'\npath = 'up'\nport = 8080\ninterval = '20s'\n"
                                          "[checks.port]\ntype = 'tcp'\nport = 8080\n");
    QVERIFY(top && top->watching && !top->healthPath && top->checksPort && !top->portCheck);
    QCOMPARE(top->watching->path->value, s("/up"));
    QCOMPARE(top->watching->interval->value, Milliseconds(20'000));
    QCOMPARE(spoken(top->watching->place), s("fly.toml:3"));
    QCOMPARE(top->furtherChecks.size(), 1);
    const Result<ServiceFacts> port =
        read("[[services]]\ninternal_port = 1\n[[services.tcp_checks]]\ntimeout = '3s'\n");
    QVERIFY(port && port->portCheck && port->furtherChecks.isEmpty());
}

void DeployFactsTest::sleeping()
{
    const auto fly = [this](const QByteArray &keys) {
        return flyServiceFacts("[http_service]\ninternal_port = 8080\n" + keys, s("fly.toml"), fly_())->sleeping;
    };
    QVERIFY(fly("auto_stop_machines = 'stop'\nmin_machines_running = 0\n")->sleeps);
    QVERIFY(fly("auto_stop_machines = 'suspend'\n")->sleeps);
    QVERIFY(fly("auto_stop_machines = true\n")->sleeps);
    QVERIFY(!fly("auto_stop_machines = 'off'\n")->sleeps);
    QVERIFY(!fly("auto_stop_machines = false\n")->sleeps);
    QVERIFY(!fly("")->sleeps);
    QVERIFY(!fly("auto_stop_machines = 'stop'\nmin_machines_running = 1\n")->sleeps);
    QCOMPARE(fly("auto_stop_machines = 'stop'\nmin_machines_running = 1\n")->words, s("min_machines_running = 1"));
    const auto render = [this](const QByteArray &plan) {
        return renderServiceFacts("services:\n  - type: web\n    name: api\n" + plan, s("render.yaml"), render_())
            ->sleeping;
    };
    QVERIFY(render("    plan: free\n")->sleeps);
    QCOMPARE(render("    plan: free\n")->words, s("plan: free"));
    QVERIFY(!render("    plan: starter\n")->sleeps);
    QVERIFY(!render("").has_value());
}

QTEST_GUILESS_MAIN(DeployFactsTest)
#include "tst_deployfacts.moc"
