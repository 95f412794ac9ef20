// SPDX-License-Identifier: GPL-3.0-or-later
// Manifests of one platform as another's: what is written, what is said of each key, and that nothing else happens.
#include "models/common/files.h"
#include "models/common/fileset.h"
#include "models/manifests/convert.h"
#include "models/manifests/manifestset.h"

#include <QDir>
#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace Switchyard;

namespace {

using L = QLatin1StringView;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const QString dataFolder = s(SOURCE_DIR "/../shared/data/");

QStringList corpus(const QStringList &folders)
{
    QStringList files;
    for (const QString &folder : folders) {
        QDirIterator it(dataFolder + folder, QDir::Files, QDirIterator::Subdirectories);
        while (it.hasNext())
            files.append(it.next());
    }
    files.sort();
    return files;
}

const KeyFate *fateOf(const Conversion &conversion, const QString &key)
{
    const auto it =
        std::find_if(conversion.loss.cbegin(), conversion.loss.cend(), [&](const KeyFate &f) { return f.key == key; });
    return it == conversion.loss.cend() ? nullptr : &*it;
}

QString outcome(const Conversion &conversion, const char *key)
{
    const KeyFate *fate = fateOf(conversion, s(key));
    return fate ? keyOutcomeName(fate->outcome) : s("(none)");
}

QString textOf(const Conversion &conversion, const QString &path)
{
    for (const WrittenFile &file : conversion.written.files) {
        if (file.path == path)
            return QString::fromUtf8(file.text);
    }
    return s("(none)");
}

QString pathsOf(const Conversion &conversion)
{
    QStringList paths;
    for (const WrittenFile &file : conversion.written.files)
        paths.append(file.path);
    return paths.join(QLatin1Char(' '));
}

/// A service as lines "field = value", each with the place that says it.
struct Statement
{
    QString value;
    Place place;
};
using Statements = QMap<QString, Statement>;

Statements statementsOf(const Service &service)
{
    Statements all;
    const auto text = [&](const char *name, const Field<QString> &field) {
        if (field)
            all.insert(s(name), {field->value, field->place});
    };
    const auto number = [&](const char *name, const auto &field) {
        if (field)
            all.insert(s(name), {QString::number(field->value), field->place});
    };
    text("region", service.region);
    text("image", service.image);
    if (service.dockerfile)
        all.insert(s("dockerfile"), {QDir::cleanPath(service.dockerfile->value), service.dockerfile->place});
    text("start", service.startCommand);
    text("before", service.preDeployCommand);
    text("signal", service.stopSignal);
    text("plan", service.size.plan);
    number("memory", service.size.memoryMb);
    number("instances", service.scaling.instances);
    number("leastRunning", service.scaling.leastRunning);
    number("soft", service.scaling.softLimit);
    number("hard", service.scaling.hardLimit);
    if (service.stopGrace)
        all.insert(s("grace"), {QString::number(service.stopGrace->value.count()), service.stopGrace->place});
    if (const ServiceCheck *check = service.deployCheck(); check && check->path)
        all.insert(s("check"), {check->path->value, check->path->place});
    for (const Disk &disk : service.disks) {
        text("disk", disk.mountPath);
        number("diskSize", disk.sizeGb);
    }
    for (const EnvironmentEntry &entry : service.environment)
        all.insert(s("env.") + entry.name,
                   {entry.source == EnvironmentEntry::Source::Literal ? entry.value : s("(elsewhere)"), entry.place});
    return all;
}

} // namespace

class ConvertTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void renderToFly();
    void flyToRender();
    void processGroups();
    void secretsStayOut();
    void dockerfileFillsIn();
    void filesOfOneSite();
    void namesMeet();
    void whatTheMoveChanges();
    void blueprintInTodaysWords();
    void commandsWithoutAShell_data();
    void commandsWithoutAShell();
    void oddTexts_data();
    void oddTexts();
    void nothingToConvert();
    void plansAndSizes();
    void reportIsJson();
    void corpusGoesEverywhere_data();
    void corpusGoesEverywhere();
    void thereAndBack_data();
    void thereAndBack();
    void setIsWhole();
    void setKeepsInside();

private:
    Conversion convert(const QList<std::pair<QString, QByteArray>> &files, ConvertTarget target);
    QString path(const QString &name) const { return m_folder->filePath(name); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void ConvertTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

Conversion ConvertTest::convert(const QList<std::pair<QString, QByteArray>> &files, ConvertTarget target)
{
    QStringList paths;
    for (const auto &[name, text] : files) {
        paths.append(path(name));
        if (!writeFileAtomically(paths.last(), text))
            qFatal("%s cannot be written", qPrintable(paths.last()));
    }
    const ManifestSet set = readManifestSet(paths);
    for (const Error &problem : set.problems)
        qWarning("%s", qPrintable(problem.message));
    return convertManifests(set.subjects, target);
}

void ConvertTest::renderToFly()
{
    const Conversion c =
        convert({{s("render.yaml"), "services:\n"
                                    "  - type: web\n"
                                    "    name: My_API\n"
                                    "    runtime: docker\n"
                                    "    region: frankfurt\n"
                                    "    plan: standard\n"
                                    "    numInstances: 3\n"
                                    "    healthCheckPath: /health\n"
                                    "    maxShutdownDelaySeconds: 120\n"
                                    "    preDeployCommand: alembic upgrade head && echo done\n"
                                    "    dockerCommand: uvicorn a:app --host 0.0.0.0 --port $PORT\n"
                                    "    disk: {name: Files, mountPath: /data, sizeGB: 5}\n"
                                    "    domains: [api.example.com]\n"
                                    "    autoDeploy: true\n"
                                    "    envVars:\n"
                                    "      - {key: A, value: it's}\n"
                                    "      - {key: B, generateValue: true}\n"
                                    "      - {key: OTHER, fromService: {type: pserv, name: back, "
                                    "property: hostport}}\n"
                                    "  - {type: pserv, name: back, runtime: docker}\n"
                                    "  - {type: cron, name: nightly, runtime: docker, schedule: '0 0 * "
                                    "* *'}\n"}},
                ConvertTarget::Fly);
    QCOMPARE(pathsOf(c), s("my-api/fly.toml back/fly.toml"));
    const QString text = textOf(c, s("my-api/fly.toml"));
    for (const char *line :
         {"app = 'my-api'\n", "primary_region = 'fra'\n", "kill_signal = 'SIGTERM'\n", "kill_timeout = '2m'\n",
          "  A = \"it's\"\n", "  PORT = '10000'\n", "  OTHER = 'back.internal:10000'\n",
          "  app = \"sh -c 'exec uvicorn a:app --host 0.0.0.0 --port $PORT'\"\n", "  internal_port = 10000\n",
          "  processes = ['app']\n", "    path = '/health'\n", "  source = 'files'\n", "  destination = '/data'\n",
          "  initial_size = '5gb'\n", "  memory = '2048mb'\n", "# Before the first deploy, by fly secrets import: B\n",
          "fly scale count 3", "fly certs add api.example.com"})
        QVERIFY2(text.contains(s(line)), qPrintable(s(line) + QLatin1Char('\n') + text));
    QCOMPARE(outcome(c, "services[0].maxShutdownDelaySeconds"), s("mapped"));
    QCOMPARE(outcome(c, "services[0].region"), s("rewritten"));
    QCOMPARE(outcome(c, "services[0].numInstances"), s("rewritten"));
    QCOMPARE(outcome(c, "services[0].autoDeploy"), s("not-translated"));
    QCOMPARE(outcome(c, "services[2].schedule"), s("not-translated"));
    QCOMPARE(outcome(c, "services[0].runtime"), s("defaulted"));
    QVERIFY(std::any_of(c.written.added.cbegin(), c.written.added.cend(), [](const AddedKey &key) {
        return key.key == s("my-api/fly.toml: kill_signal") && key.value == s("SIGTERM");
    }));
    // What was written is Fly's own language again, and its lint finds no mistake in it.
    const ManifestSet again = [&] {
        QStringList files;
        for (const WrittenFile &file : c.written.files) {
            files.append(path(s("out/") + file.path));
            if (!writeFileAtomically(files.last(), file.text))
                qFatal("not written");
        }
        return readManifestSetForLint(files);
    }();
    QVERIFY(again.problems.isEmpty());
    for (const Finding &finding : lintManifests(again.subjects))
        QVERIFY2(finding.severity != Severity::Error, qPrintable(finding.rule + finding.message));
}

void ConvertTest::flyToRender()
{
    const Conversion c = convert({{s("fly.toml"), "app = 'shop'\n"
                                                  "primary_region = 'nrt'\n"
                                                  "kill_signal = 'SIGINT'\n"
                                                  "kill_timeout = '90s'\n"
                                                  "[build]\n  dockerfile = 'docker/Dockerfile'\n"
                                                  "[deploy]\n  release_command = 'alembic upgrade head'\n"
                                                  "[env]\n  LEVEL = 'info'\n"
                                                  "[http_service]\n  internal_port = 8080\n  force_https = true\n"
                                                  "  auto_stop_machines = 'stop'\n  min_machines_running = 2\n"
                                                  "  [http_service.concurrency]\n    hard_limit = 50\n"
                                                  "  [[http_service.checks]]\n    path = '/ready'\n    interval = "
                                                  "'15s'\n"
                                                  "[[vm]]\n  size = 'shared-cpu-2x'\n  memory = '1gb'\n"}},
                                 ConvertTarget::Render);
    const QString text = textOf(c, s("render.yaml"));
    for (const char *line :
         {"  - type: web\n    name: shop\n    runtime: docker\n    region: singapore\n", "    plan: standard\n",
          "    dockerfilePath: ./docker/Dockerfile\n", "    preDeployCommand: \"alembic upgrade head\"\n",
          "    healthCheckPath: /ready\n", "    maxShutdownDelaySeconds: 90\n", "    numInstances: 2\n",
          "      - key: LEVEL\n        value: \"info\"\n", "      - key: PORT\n        value: \"8080\"\n",
          "  # not carried over: stop signal: Render always sends SIGTERM"})
        QVERIFY2(text.contains(s(line)), qPrintable(s(line) + QLatin1Char('\n') + text));
    QCOMPARE(outcome(c, "kill_signal"), s("not-translated"));
    QCOMPARE(outcome(c, "http_service.internal_port"), s("rewritten"));
    QCOMPARE(outcome(c, "http_service.concurrency.hard_limit"), s("not-translated"));
    QCOMPARE(outcome(c, "http_service.force_https"), s("defaulted"));
    // Without a grace of its own Fly gives 5 s; Render is told its default, so that it is seen.
    const Conversion silent =
        convert({{s("two/fly.toml"), "app = 'a'\n[http_service]\ninternal_port = 10000\n"}}, ConvertTarget::Render);
    QVERIFY(textOf(silent, s("render.yaml")).contains(s("maxShutdownDelaySeconds: 30\n")));
    QVERIFY(!textOf(silent, s("render.yaml")).contains(s("PORT")));
}

void ConvertTest::processGroups()
{
    const Conversion c = convert({{s("fly.toml"), "app = 'shop'\n"
                                                  "[deploy]\nrelease_command = 'migrate'\n"
                                                  "[processes]\n  web = 'serve'\n  worker = 'work'\n"
                                                  "[http_service]\n  internal_port = 8080\n  processes = ['web']\n"
                                                  "[[vm]]\n  memory = '512mb'\n"
                                                  "[[vm]]\n  memory = '4gb'\n  cpus = 2\n  processes = ['worker']\n"}},
                                 ConvertTarget::Render);
    const QString text = textOf(c, s("render.yaml"));
    QVERIFY2(text.contains(s("name: shop-web\n")) && text.contains(s("name: shop-worker\n")), qPrintable(text));
    QVERIFY(text.contains(s("  - type: worker\n    name: shop-worker\n    runtime: docker\n    plan: pro\n")));
    // Migrations run once, not once for each group.
    QCOMPARE(text.count(s("preDeployCommand")), 1);
    QCOMPARE(outcome(c, "http_service.processes"), s("defaulted"));
    QCOMPARE(outcome(c, "vm[1].memory"), s("rewritten"));
}

void ConvertTest::secretsStayOut()
{
    const QByteArray canary = "c4nary-7f3a9b2e51d04c68";
    const QByteArray blueprint = "services:\n  - type: web\n    name: a\n    runtime: docker\n    envVars:\n"
                                 "      - key: JWT_SECRET\n        value: " +
                                 canary + "\n      - key: DATABASE_URL\n        value: postgres://u:" + canary +
                                 "@db/x\n";
    const QByteArray compose = "services:\n  a:\n    image: b\n    environment:\n      API_KEY: " + canary + "\n";
    const QByteArray fly = "app = 'a'\n[env]\nAPI_TOKEN = '" + canary + "'\n[http_service]\ninternal_port = 80\n";
    const QByteArray vercel = "{\"env\": {\"API_TOKEN\": \"" + canary + "\"}, \"outputDirectory\": \"dist\"}\n";
    for (int target = 0; target < convertTargetNames().size(); ++target) {
        const QList<std::pair<QString, QByteArray>> sources{{s("render.yaml"), blueprint},
                                                            {s("compose.yaml"), compose},
                                                            {s("fly.toml"), fly},
                                                            {s("vercel.json"), vercel}};
        for (const auto &source : sources) {
            const Conversion c = convert({source}, ConvertTarget(target));
            for (const WrittenFile &file : c.written.files)
                QVERIFY2(!file.text.contains(canary), qPrintable(source.first + L(" → ") + file.path));
            QVERIFY2(!lossReport(c, ConvertTarget(target)).contains(canary), qPrintable(source.first));
        }
    }
    const Conversion c = convert({{s("render.yaml"), blueprint}}, ConvertTarget::Fly);
    QVERIFY(textOf(c, s("fly.toml")).contains(s("fly secrets import: JWT_SECRET, DATABASE_URL\n")));
    const Conversion back = convert({{s("fly.toml"), fly}}, ConvertTarget::Render);
    QVERIFY(textOf(back, s("render.yaml")).contains(s("- key: API_TOKEN\n        sync: false\n")));
}

void ConvertTest::dockerfileFillsIn()
{
    const QByteArray docker = "FROM python:3.12-slim\nENV LEVEL=info\nEXPOSE 9000\nSTOPSIGNAL SIGQUIT\n"
                              "CMD [\"uvicorn\", \"a:app\"]\n";
    const Conversion c = convert(
        {{s("render.yaml"), "services:\n  - {type: web, name: a, runtime: docker}\n"}, {s("Dockerfile"), docker}},
        ConvertTarget::Fly);
    const QString text = textOf(c, s("fly.toml"));
    QVERIFY2(text.contains(s("internal_port = 9000\n")) && text.contains(s("kill_signal = 'SIGQUIT'")),
             qPrintable(text));
    QVERIFY2(!text.contains(s("LEVEL")) && !text.contains(s("uvicorn")), qPrintable(text));
    for (const KeyFate &fate : c.loss) {
        if (fate.place.file.endsWith(s("Dockerfile")))
            QVERIFY2(fate.outcome != KeyOutcome::NotTranslated, qPrintable(fate.key + fate.reason));
    }
    // On its own it is a service too.
    const Conversion alone = convert({{s("Dockerfile"), docker}}, ConvertTarget::Render);
    const QString blueprint = textOf(alone, s("render.yaml"));
    QVERIFY2(blueprint.contains(s("runtime: docker\n")) && blueprint.contains(s("value: \"9000\"\n")),
             qPrintable(blueprint));
    // One that nothing is built from is left aside, and said to be.
    const Conversion other = convert({{s("render.yaml"), "services:\n  - {type: web, name: a, runtime: image, image: "
                                                         "{url: x/y}}\n"},
                                      {s("Dockerfile"), docker}},
                                     ConvertTarget::Fly);
    QVERIFY2(other.notes.join(QLatin1Char(' ')).contains(s("left aside")), qPrintable(other.notes.join(s("; "))));
}

void ConvertTest::filesOfOneSite()
{
    const Conversion c = convert({{s("netlify.toml"), "[build]\ncommand = 'npm run build'\npublish = 'dist'\n"
                                                      "[[redirects]]\nfrom = '/old'\nto = '/new'\nstatus = 301\n"},
                                  {s("_redirects"), "/api/* https://api.example.com/:splat 200\n"}},
                                 ConvertTarget::Render);
    const QString text = textOf(c, s("render.yaml"));
    QCOMPARE(text.count(s("  - type: web\n")), 1);
    QVERIFY2(text.contains(s("staticPublishPath: dist\n")), qPrintable(text));
    QVERIFY2(text.indexOf(s("source: \"/api/*\"")) > 0 && text.indexOf(s("/api/*")) < text.indexOf(s("/old")),
             qPrintable(text));
}

void ConvertTest::namesMeet()
{
    const QByteArray fly = "app = 'api'\n[http_service]\ninternal_port = 8080\n";
    const Conversion c = convert({{s("a/fly.toml"), fly}, {s("b/fly.toml"), fly}}, ConvertTarget::Fly);
    QCOMPARE(pathsOf(c), s("api/fly.toml api-2/fly.toml"));
    QVERIFY(c.notes.join(QLatin1Char(' ')).contains(s("api-2")));
    // A backend and its frontend are one Blueprint.
    const Conversion two = convert({{s("a/fly.toml"), fly}, {s("web/vercel.json"), "{\"outputDirectory\": \"dist\"}"}},
                                   ConvertTarget::Render);
    QCOMPARE(pathsOf(two), s("render.yaml"));
    QCOMPARE(textOf(two, s("render.yaml")).count(s("  - type: web\n")), 2);
}

/// What no key says and a person finds out too late: twice the machines, and addresses of the platform that is left.
void ConvertTest::whatTheMoveChanges()
{
    const QByteArray service = "services:\n"
                               "  - type: web\n"
                               "    name: api\n"
                               "    runtime: docker\n"
                               "    envVars:\n"
                               "      - {key: PUBLIC_API_URL, value: 'https://api-1.onrender.com'}\n"
                               "      - {key: OTHER, value: 'https://other.fly.dev'}\n";
    const Conversion toFly = convert({{s("render.yaml"), service}}, ConvertTarget::Fly);
    QVERIFY2(textOf(toFly, s("fly.toml")).contains(s("--ha=false; then fly scale count 1")),
             qPrintable(textOf(toFly, s("fly.toml"))));
    QCOMPARE(toFly.notes.size(), 1);
    QVERIFY2(toFly.notes.first().contains(s("PUBLIC_API_URL (line 6 of ")) &&
                 toFly.notes.first().contains(s("api-1.onrender.com")),
             qPrintable(toFly.notes.first()));
    QCOMPARE(convert({{s("render.yaml"), service}}, ConvertTarget::Render).notes, QStringList());

    const QByteArray app = "app = 'a'\n"
                           "[env]\n"
                           "OTHER = 'https://other.fly.dev'\n"
                           "API_TOKEN = 'https://me:key@secret.fly.dev'\n"
                           "[http_service]\n"
                           "internal_port = 80\n"
                           "min_machines_running = 1\n";
    const Conversion toRender = convert({{s("fly.toml"), app}}, ConvertTarget::Render);
    QCOMPARE(toRender.notes.size(), 1);
    QVERIFY(toRender.notes.first().contains(s("other.fly.dev")));
    QVERIFY(!textOf(convert({{s("fly.toml"), app}}, ConvertTarget::Fly), s("fly.toml")).contains(s("--ha=false")));
}

void ConvertTest::blueprintInTodaysWords()
{
    const auto blueprint = [this](const char *trigger) {
        return convert(
            {{s("render.yaml"), QByteArray("services:\n  - type: web\n    name: api\n    env: docker\n    ") + trigger +
                                    "\n"
                                    "  - {type: redis, name: cache, plan: free, ipAllowList: []}\n"
                                    "databases:\n"
                                    "  - {name: main, plan: free, ipAllowList: []}\n"
                                    "  - name: open\n"
                                    "    ipAllowList: [{source: 192.0.2.0/24}]\n"}},
            ConvertTarget::Render);
    };
    const Conversion c = blueprint("autoDeploy: true");
    const QString text = textOf(c, s("render.yaml"));
    QVERIFY2(text.contains(s("autoDeployTrigger: commit\n")), qPrintable(text));
    QCOMPARE(outcome(c, "services[0].autoDeploy"), s("rewritten"));
    QCOMPARE(outcome(c, "services[1].ipAllowList"), s("mapped"));
    QCOMPARE(outcome(c, "databases[0].ipAllowList"), s("mapped"));
    QCOMPARE(outcome(c, "databases[1].ipAllowList[0].source"), s("not-translated"));
    // Who may connect is never widened.
    QCOMPARE(text.count(s("ipAllowList: []")), 3);
    QVERIFY(textOf(blueprint("autoDeploy: no"), s("render.yaml")).contains(s("autoDeployTrigger: \"off\"\n")));
    const Conversion checks = blueprint("autoDeployTrigger: checksPass");
    QVERIFY(textOf(checks, s("render.yaml")).contains(s("autoDeployTrigger: checksPass\n")));
    QCOMPARE(outcome(checks, "services[0].autoDeployTrigger"), s("mapped"));
    QCOMPARE(outcome(blueprint("autoDeploy: sometimes"), "services[0].autoDeploy"), s("not-translated"));
}

void ConvertTest::commandsWithoutAShell_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("written");
    QTest::newRow("plain") << s("python main.py") << s("app = 'python main.py'");
    QTest::newRow("variable") << s("serve --port $PORT") << s("app = \"sh -c 'exec serve --port $PORT'\"");
    QTest::newRow("list") << s("migrate && serve --port ${PORT:-80}")
                          << s("app = \"sh -c 'migrate && exec serve --port ${PORT:-80}'\"");
    QTest::newRow("already") << s("cd x && exec serve $A") << s("app = \"sh -c 'cd x && exec serve $A'\"");
    QTest::newRow("pipe") << s("serve $A | tee log") << s("app = \"sh -c 'serve $A | tee log'\"");
    QTest::newRow("background") << s("worker & serve $A") << s("app = \"sh -c 'worker & serve $A'\"");
    QTest::newRow("quoted") << s("echo 'a && b'; serve \"$A\"")
                            << s("app = \"sh -c 'echo '\\\\''a && b'\\\\''; exec serve \\\"$A\\\"'\"");
    QTest::newRow("loop") << s("while true; do serve $A; done") << s("app = \"sh -c 'while true; do serve $A; done'\"");
}

void ConvertTest::commandsWithoutAShell()
{
    QFETCH(QString, command);
    QFETCH(QString, written);
    const QByteArray quoted = QJsonDocument(QJsonArray{command}).toJson(QJsonDocument::Compact);
    const Conversion c =
        convert({{s("render.yaml"), "services:\n  - type: web\n    name: a\n    runtime: python\n    startCommand: " +
                                        quoted.sliced(1, quoted.size() - 2) + "\n"}},
                ConvertTarget::Fly);
    const QString text = textOf(c, s("fly.toml"));
    QVERIFY2(text.contains(written), qPrintable(text));
    const Result<ManifestNode> root = parseManifest(text.toUtf8(), s("fly.toml"), ManifestSyntax::Toml);
    QVERIFY2(root, qPrintable(root ? QString() : root.error().message));
}

void ConvertTest::oddTexts_data()
{
    QTest::addColumn<QString>("value");
    for (const char *value : {"yes",   "0o17",       "1_000", "null",   "~",
                              "- a",   "a: b",       "a #b",  "'",      "\"",
                              "'\"\\", "line\nline", "\ttab", "{x}",    "[1]",
                              "%",     "@x",         "`x`",   "*a",     "&a",
                              "!tag",  "",           " lead", "trail ", "\xc3\xa9\xf0\x9f\x9a\x82",
                              "a\\nb", "2026-01-01", "\x7f",  "C:\\x",  "${X}",
                              "$$",    "|",          ">",     "---"})
        QTest::newRow(value) << s(value);
}

/// A value that is written comes back as the same text, whatever it looks like.
void ConvertTest::oddTexts()
{
    QFETCH(QString, value);
    Service service;
    service.name = s("a");
    EnvironmentEntry entry;
    entry.name = s("ODD");
    entry.value = value;
    service.environment.append(entry);
    service.region = Stated<QString>{s("oregon"), {}};
    ServiceModel model;
    model.format = s("render");
    model.services.append(service);
    Ledger ledger;
    QList<Error> problems;
    const Written fly = writeFly(model, ledger);
    const Result<ManifestNode> toml = parseManifest(fly.files.first().text, s("fly.toml"), ManifestSyntax::Toml);
    QVERIFY2(toml, qPrintable(toml ? QString() : toml.error().message + s(fly.files.first().text.constData())));
    const ServiceModel flyModel = readFly(*toml, ledger, problems);
    QCOMPARE(flyModel.services.first().environment.first().value, value);
    const Written render = writeRender({model}, ledger);
    const Result<ManifestNode> yaml = parseManifest(render.files.first().text, s("render.yaml"), ManifestSyntax::Yaml);
    QVERIFY2(yaml, qPrintable(yaml ? QString() : yaml.error().message + s(render.files.first().text.constData())));
    const ServiceModel renderModel = readRender(*yaml, ledger, problems);
    QCOMPARE(renderModel.services.first().environment.first().value, value);
    QVERIFY(problems.isEmpty());
}

void ConvertTest::nothingToConvert()
{
    const Conversion none = convert({{s("render.yaml"), "previews: {generation: off}\n"}}, ConvertTarget::Fly);
    QVERIFY(!none.described && none.written.files.isEmpty());
    QVERIFY2(none.notes.join(QLatin1Char(' ')).contains(s("describes no service")),
             qPrintable(none.notes.join(s(";"))));
    const Conversion site = convert({{s("vercel.json"), "{\"outputDirectory\": \"dist\"}"}}, ConvertTarget::Fly);
    QVERIFY(site.described && site.written.files.isEmpty());
    QVERIFY(site.notes.join(QLatin1Char(' ')).contains(s("can run on fly")));
    QCOMPARE(outcome(site, "outputDirectory"), s("not-translated"));
    // A value of the wrong type is a problem of its own, and a loss that says why.
    const Conversion wrong =
        convert({{s("fly.toml"), "app = 'a'\n[http_service]\ninternal_port = 'http'\n"}}, ConvertTarget::Render);
    QCOMPARE(wrong.problems.size(), 1);
    QCOMPARE(outcome(wrong, "http_service.internal_port"), s("not-translated"));
    QVERIFY(fateOf(wrong, s("http_service.internal_port"))->reason.contains(s("could not be understood")));
}

void ConvertTest::plansAndSizes()
{
    const auto vm = [&](const char *plan) {
        const Conversion c = convert({{s("render.yaml"), QByteArray("services:\n  - {type: worker, name: a, runtime: "
                                                                    "docker, plan: ") +
                                                             plan + "}\n"}},
                                     ConvertTarget::Fly);
        return textOf(c, s("fly.toml")).section(s("[[vm]]\n"), 1).simplified();
    };
    QCOMPARE(vm("starter"), s("memory = '512mb' cpu_kind = 'shared' cpus = 1"));
    QCOMPARE(vm("pro plus"), s("memory = '8192mb' cpu_kind = 'shared' cpus = 4"));
    QCOMPARE(vm("4c-32g"), s("memory = '32768mb' cpu_kind = 'performance' cpus = 4"));
    QCOMPARE(vm("12c-96g"), s("memory = '98304mb' cpu_kind = 'performance' cpus = 12"));
    QCOMPARE(vm("hypersonic"), QString());
    const auto plan = [&](const QByteArray &size) {
        const Conversion c = convert({{s("fly.toml"), "app = 'a'\n[[vm]]\n" + size}}, ConvertTarget::Render);
        return textOf(c, s("render.yaml")).section(s("plan: "), 1).section(QLatin1Char('\n'), 0, 0);
    };
    QCOMPARE(plan("size = 'shared-cpu-1x'\n"), s("starter"));
    QCOMPARE(plan("memory = '1gb'\n"), s("standard"));
    QCOMPARE(plan("size = 'performance-2x'\n"), s("pro"));
    QCOMPARE(plan("size = 'performance-2x'\nmemory = '8gb'\n"), s("\"pro plus\""));
    QCOMPARE(plan("size = 'a100-40gb'\n"), QString());
}

void ConvertTest::reportIsJson()
{
    const Conversion c = convert({{s("fly.toml"), "app = 'a'\nswap_size_mb = 512\n"}}, ConvertTarget::Render);
    const QJsonObject report = QJsonDocument::fromJson(lossReport(c, ConvertTarget::Render)).object();
    QCOMPARE(report[s("schema")].toString(), s("switchyard.manifest-convert/1"));
    QCOMPARE(report[s("files")].toArray(), QJsonArray{s("render.yaml")});
    const QJsonArray loss = report[s("loss")].toArray();
    QCOMPARE(loss.size(), 2);
    QCOMPARE(loss[1].toObject()[s("outcome")].toString(), s("not-translated"));
    QCOMPARE(loss[1].toObject()[s("line")].toInt(), 2);
    QVERIFY(!loss[1].toObject()[s("reason")].toString().isEmpty());
}

void ConvertTest::corpusGoesEverywhere_data()
{
    QTest::addColumn<QStringList>("files");
    QTest::newRow("render") << corpus({s("corpus/render")});
    QTest::newRow("fly") << corpus({s("corpus/fly"), s("corpus/fly-fixtures"), s("fly/appconfig-testdata")});
    QTest::newRow("vercel") << corpus({s("corpus/vercel"), s("corpus/vercel-fixtures")});
    QTest::newRow("dockerfile") << corpus({s("corpus/dockerfile")});
}

/// Every key of every real file has a fate with a reason, and what is written is read again without a problem.
void ConvertTest::corpusGoesEverywhere()
{
    QFETCH(QStringList, files);
    if (files.isEmpty())
        QSKIP("the reference data beside the repository is not there");
    for (int target = 0; target < convertTargetNames().size(); ++target) {
        int converted = 0;
        QMap<QString, int> outcomes;
        for (const QString &file : std::as_const(files)) {
            const ManifestSet set = readManifestSet({file});
            if (set.subjects.isEmpty())
                continue;
            const Conversion c = convertManifests(set.subjects, ConvertTarget(target));
            QSet<QString> keys;
            for (const KeyFate &fate : c.loss) {
                ++outcomes[keyOutcomeName(fate.outcome)];
                keys.insert(fate.key + fate.place.toString());
                QVERIFY2(fate.place.line > 0 && fate.place.file == file, qPrintable(file + fate.key));
                const bool reason = fate.outcome == KeyOutcome::Mapped || !fate.reason.isEmpty();
                const bool went = fate.outcome != KeyOutcome::Mapped || !fate.target.isEmpty();
                QVERIFY2(reason && went, qPrintable(file + L(": ") + fate.key));
            }
            if (set.subjects.first().manifest.document.isMap()) {
                Ledger all;
                all.open(set.subjects.first().manifest.document);
                const QList<KeyFate> expected = all.fates();
                QCOMPARE(c.loss.size(), expected.size());
                for (const KeyFate &fate : expected)
                    QVERIFY2(keys.contains(fate.key + fate.place.toString()), qPrintable(file + fate.key));
            }
            QVERIFY2(!c.written.files.isEmpty() || !c.notes.isEmpty(), qPrintable(file));
            converted += c.written.files.isEmpty() ? 0 : 1;
            QStringList written;
            for (const WrittenFile &text : c.written.files) {
                written.append(path(s("%1/").arg(target) + text.path));
                QVERIFY(writeFileAtomically(written.last(), text.text));
            }
            const ManifestSet again = readManifestSet(written);
            QVERIFY2(again.problems.isEmpty(),
                     qPrintable(file + (again.problems.isEmpty() ? QString() : again.problems.first().message)));
            const Conversion second = convertManifests(again.subjects, ConvertTarget(target));
            QVERIFY2(second.problems.isEmpty(),
                     qPrintable(file + (second.problems.isEmpty() ? QString() : second.problems.first().message)));
            // Of a project of Vercel that states nothing but its schema there is nothing to read.
            QVERIFY(second.described == !written.isEmpty() || ConvertTarget(target) == ConvertTarget::Vercel);
        }
        QStringList figures;
        for (auto it = outcomes.cbegin(); it != outcomes.cend(); ++it)
            figures.append(s("%1 %2").arg(it.value()).arg(it.key()));
        qInfo("to %s: %d of %d files give some; keys: %s", qPrintable(convertTargetNames().at(target)), converted,
              int(files.size()), qPrintable(figures.join(s(", "))));
    }
}

void ConvertTest::thereAndBack_data()
{
    QTest::addColumn<QStringList>("files");
    QTest::addColumn<int>("there");
    QTest::addColumn<int>("back");
    QTest::newRow("render to fly to render")
        << corpus({s("corpus/render")}) << int(ConvertTarget::Fly) << int(ConvertTarget::Render);
    QTest::newRow("fly to render to fly") << corpus({s("corpus/fly"), s("fly/appconfig-testdata")})
                                          << int(ConvertTarget::Render) << int(ConvertTarget::Fly);
}

/// Whatever differs after the way there and back was called lost, rewritten or defaulted on one of the two.
void ConvertTest::thereAndBack()
{
    QFETCH(QStringList, files);
    QFETCH(int, there);
    QFETCH(int, back);
    if (files.isEmpty())
        QSKIP("the reference data beside the repository is not there");
    int services = 0;
    int compared = 0;
    int same = 0;
    for (const QString &file : std::as_const(files)) {
        const ManifestSet first = readManifestSet({file});
        if (first.subjects.isEmpty())
            continue;
        const Conversion out = convertManifests(first.subjects, ConvertTarget(there));
        const auto modelOf = [](const QList<LintSubject> &subjects) {
            ServiceModel all;
            for (const LintSubject &subject : subjects) {
                Ledger ledger;
                QList<Error> problems;
                const bool fly = subject.manifest.format == ManifestFormat::Fly;
                const ServiceModel one = fly ? readFly(subject.manifest.document, ledger, problems)
                                             : readRender(subject.manifest.document, ledger, problems);
                all.services += one.services;
            }
            return all;
        };
        const auto stored = [&](const Conversion &conversion, const QString &folder) {
            QStringList paths;
            for (const WrittenFile &text : conversion.written.files) {
                paths.append(path(folder + text.path));
                if (!writeFileAtomically(paths.last(), text.text))
                    qFatal("not written");
            }
            return readManifestSet(paths);
        };
        const ManifestSet second = stored(out, s("there/"));
        const Conversion home = convertManifests(second.subjects, ConvertTarget(back));
        const ManifestSet third = stored(home, s("back/"));
        const ServiceModel before = modelOf(first.subjects);
        const ServiceModel after = modelOf(third.subjects);
        QHash<QString, const KeyFate *> byPlace;
        for (const KeyFate &fate : out.loss)
            byPlace.insert(fate.place.toString(), &fate);
        const auto explained = [&](const Statement &statement) {
            const KeyFate *fate = byPlace.value(statement.place.toString());
            if (!fate || fate->outcome != KeyOutcome::Mapped)
                return true;
            // Told on the way back, by the key that the first way wrote: "api/fly.toml: kill_timeout".
            return std::any_of(home.loss.cbegin(), home.loss.cend(), [&](const KeyFate &on) {
                const QString key = on.key.section(QLatin1Char('.'), -1);
                return on.outcome != KeyOutcome::Mapped && fate->target.contains(key);
            });
        };
        QSet<QString> once; // what process groups share comes back with the first of them
        for (const Service &service : before.services) {
            const QString name = service.name.toLower().replace(QLatin1Char('_'), QLatin1Char('-'));
            const auto it = std::find_if(after.services.begin(), after.services.end(), [&](const Service &other) {
                return other.name.toLower().replace(QLatin1Char('_'), QLatin1Char('-')) == name;
            });
            if (it == after.services.end())
                continue; // what the other platform cannot run at all; its keys are lost (corpusGoesEverywhere)
            ++services;
            const Statements source = statementsOf(service);
            const Statements result = statementsOf(*it);
            for (auto each = source.cbegin(); each != source.cend(); ++each) {
                const bool shared = each.key() == s("before") && once.contains(each->place.toString());
                once.insert(each->place.toString());
                if (shared)
                    continue;
                ++compared;
                const bool equal = result.contains(each.key()) && result[each.key()].value == each->value;
                same += equal ? 1 : 0;
                QVERIFY2(equal || explained(*each), qPrintable(s("%1: %2 of %3 was \"%4\", is \"%5\"")
                                                                   .arg(file, each.key(), service.name, each->value,
                                                                        result.value(each.key()).value)));
            }
        }
    }
    qInfo("%d services came back; of %d values %d are the same, %d differ as was said", services, compared, same,
          compared - same);
    QVERIFY(services >= 30 && same * 2 > compared);
}

void ConvertTest::setIsWhole()
{
    const QString folder = path(s("set"));
    QVERIFY(writeFileSet(folder, {{s("a/x"), "1"}, {s("y"), "2"}}));
    QCOMPARE(*readFile(folder + s("/a/x")), QByteArray("1"));
    // The second cannot be put in its place: the first stays as it was, and nothing new is left.
    QVERIFY(QDir(folder).mkpath(s("z")));
    const Result<void> refused = writeFileSet(folder, {{s("a/x"), "changed"}, {s("new/n"), "n"}, {s("z"), "3"}});
    QVERIFY(!refused && refused.error().kind == ErrorKind::Usage);
    QCOMPARE(*readFile(folder + s("/a/x")), QByteArray("1"));
    QVERIFY(!QDir(folder + s("/new")).exists());
    QCOMPARE(QDir(folder).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden),
             (QStringList{s("a"), s("y"), s("z")}));
    // A disk that is full.
    const Result<void> full = writeFileSet(s("/dev/full"), {{s("x"), "1"}});
    QVERIFY(!full && full.error().message.contains(s("/dev/full")));
    // Permissions of a file that is replaced stay.
    QVERIFY(QFile::setPermissions(folder + s("/y"), QFile::ReadOwner | QFile::WriteOwner));
    QVERIFY(writeFileSet(folder, {{s("y"), "3"}}));
    QCOMPARE(QFile::permissions(folder + s("/y")) & 0x0077, QFile::Permissions());
    QCOMPARE(*readFile(folder + s("/y")), QByteArray("3"));
    QVERIFY(QDir(folder).entryList({s("*.old"), s("*.new")}, QDir::Files).isEmpty());
}

void ConvertTest::setKeepsInside()
{
    for (const char *bad : {"../x", "/etc/x", "", "a/../../x", ".."}) {
        const Result<void> refused = writeFileSet(path(s("in")), {{s(bad), "1"}});
        QVERIFY2(!refused && refused.error().kind == ErrorKind::Usage, bad);
    }
    QVERIFY(!QFile::exists(path(s("x"))));
    // Names of services lead to folders, and cannot lead out of them.
    const Conversion c = convert({{s("render.yaml"), "services:\n  - {type: web, name: ../../etc, runtime: docker}\n"
                                                     "  - {type: web, name: '/', runtime: docker}\n"}},
                                 ConvertTarget::Fly);
    QCOMPARE(pathsOf(c), s("etc/fly.toml app/fly.toml"));
}

QTEST_GUILESS_MAIN(ConvertTest)
#include "tst_convert.moc"
