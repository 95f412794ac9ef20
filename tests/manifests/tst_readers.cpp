// SPDX-License-Identifier: GPL-3.0-or-later
// Blueprints and Fly's configurations into the service model: what stands in them, and an account of every key.
#include "models/common/files.h"
#include "models/manifests/formats.h"

#include <QDir>
#include <QSet>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct Reading
{
    ServiceModel model;
    Ledger ledger;
    QList<Error> problems;
};

Reading readText(ManifestFormat format, const QByteArray &text, const QString &file)
{
    Reading reading;
    const bool fly = format == ManifestFormat::Fly;
    const auto root = parseManifest(text, file, fly ? ManifestSyntax::Toml : ManifestSyntax::Yaml);
    if (!root) {
        reading.problems.append(root.error());
        return reading;
    }
    reading.model =
        fly ? readFly(*root, reading.ledger, reading.problems) : readRender(*root, reading.ledger, reading.problems);
    return reading;
}

QString fateOf(const Reading &reading, const QString &key)
{
    for (const KeyFate &fate : reading.ledger.fates()) {
        if (fate.key == key)
            return fate.reason;
    }
    return s("(none)");
}

} // namespace

class ReadersTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void blueprint();
    void flyConfiguration();
    void processGroups();
    void olderFlyForms();
    void wrongTypes();
    void everyKeyOfRealFiles_data();
    void everyKeyOfRealFiles();
};

void ReadersTest::blueprint()
{
    const Reading reading = readText(ManifestFormat::Render,
                                     "services:\n"
                                     "  - type: web\n"
                                     "    name: api\n"
                                     "    env: python\n"
                                     "    region: frankfurt\n"
                                     "    plan: standard\n"
                                     "    startCommand: uvicorn a:a\n"
                                     "    healthCheckPath: /health\n"
                                     "    maxShutdownDelaySeconds: 60\n"
                                     "    scaling: {minInstances: 2, maxInstances: 5}\n"
                                     "    disk: {name: d, mountPath: /data, sizeGB: 10}\n"
                                     "    autoDeploy: true\n"
                                     "    privateNet: true\n"
                                     "    envVars:\n"
                                     "      - {key: A, value: 3.10}\n"
                                     "      - {key: B, generateValue: true}\n"
                                     "      - {key: C, sync: false}\n"
                                     "      - {key: D, fromDatabase: {name: db, property: connectionString}}\n"
                                     "      - {key: E, fromService: {type: pserv, name: p, envVarKey: X}}\n"
                                     "      - fromGroup: g\n"
                                     "  - {type: redis, name: cache, ipAllowList: []}\n"
                                     "  - {type: web, name: site, runtime: static, staticPublishPath: dist,\n"
                                     "     routes: [{type: redirect, source: /a, destination: /b}]}\n"
                                     "databases:\n"
                                     "  - {name: db, plan: basic-256mb, postgresMajorVersion: 16}\n"
                                     "envVarGroups:\n"
                                     "  - {name: g, envVars: [{key: Z, value: z}]}\n",
                                     s("render.yaml"));
    QVERIFY2(reading.problems.isEmpty(), qPrintable(reading.problems.value(0).toString()));
    QCOMPARE(reading.model.services.size(), 3);
    const Service &api = reading.model.services[0];
    QCOMPARE(api.kind, ServiceKind::Web);
    QCOMPARE(api.runtime->value, s("python"));
    QCOMPARE(api.stopGrace->value, Milliseconds(60'000));
    QCOMPARE(api.scaling.least->value, 2);
    QCOMPARE(api.disks.value(0).sizeGb->value, 10);
    QCOMPARE(api.deployCheck()->path->value, s("/health"));
    QCOMPARE(api.deployCheck()->path->place, (Place{s("render.yaml"), 8, 22}));
    using Source = EnvironmentEntry::Source;
    QList<Source> sources;
    for (const EnvironmentEntry &entry : api.environment)
        sources.append(entry.source);
    QCOMPARE(sources, (QList<Source>{Source::Literal, Source::Generated, Source::Asked, Source::FromDatabase,
                                     Source::FromService, Source::FromGroup}));
    QCOMPARE(api.environment[0].value, s("3.10")); // as it is written
    QCOMPARE(api.environment[4].property, s("env.X"));
    QCOMPARE(reading.model.services[1].kind, ServiceKind::KeyValue);
    QCOMPARE(reading.model.services[2].kind, ServiceKind::Static);
    QCOMPARE(reading.model.services[2].routes.value(0).kind, Route::Kind::Redirect);
    QCOMPARE(reading.model.databases.value(0).version->value, s("16"));
    QCOMPARE(reading.model.groups.value(0).entries.size(), 1);
    QVERIFY(fateOf(reading, s("services[0].privateNet")).contains(s("unknown")));
    QVERIFY(!fateOf(reading, s("services[0].autoDeploy")).contains(s("unknown")));
}

void ReadersTest::flyConfiguration()
{
    const Reading reading = readText(ManifestFormat::Fly,
                                     "app = 'api'\nprimary_region = 'fra'\nkill_signal = 'SIGTERM'\nkill_timeout = 30\n"
                                     "[build]\ndockerfile = 'Dockerfile.fly'\n[deploy]\nrelease_command = 'migrate'\n"
                                     "[env]\nPORT = 8080\n[http_service]\ninternal_port = 8080\nforce_https = true\n"
                                     "auto_stop_machines = false\nmin_machines_running = 1\n"
                                     "[http_service.concurrency]\ntype = 'connections'\nhard_limit = 100\n"
                                     "[[http_service.checks]]\npath = '/health'\ninterval = 15000\ntimeout = '2s'\n"
                                     "[[mounts]]\nsource = 'data'\ndestination = '/data'\ninitial_size = '10gb'\n"
                                     "[[vm]]\nmemory = '1gb'\ncpus = 2\ncpu_kind = 'shared'\n"
                                     "[checks.alive]\ntype = 'tcp'\nport = 8080\n",
                                     s("fly.toml"));
    QVERIFY2(reading.problems.isEmpty(), qPrintable(reading.problems.value(0).toString()));
    QCOMPARE(reading.model.services.size(), 1);
    const Service &api = reading.model.services.first();
    QCOMPARE(api.kind, ServiceKind::Web);
    QCOMPARE(api.name, s("api"));
    QCOMPARE(api.port->value, 8080);
    QCOMPARE(api.stopGrace->value, Milliseconds(30'000));
    QCOMPARE(api.preDeployCommand->value, s("migrate"));
    QCOMPARE(api.scaling.autoStop->value, s("off"));
    QCOMPARE(api.scaling.hardLimit->value, 100);
    QCOMPARE(api.checks.size(), 2);
    QCOMPARE(api.deployCheck()->interval->value, Milliseconds(15'000));
    QVERIFY(!api.checks[1].moves);
    QCOMPARE(api.size.memoryMb->value, 1024);
    QCOMPARE(api.disks.value(0).sizeGb->value, 10);
    QCOMPARE(api.environment.value(0).value, s("8080"));
}

void ReadersTest::processGroups()
{
    const Reading reading =
        readText(ManifestFormat::Fly,
                 "app = 'a'\n[processes]\nweb = 'serve'\nworker = 'work'\n[http_service]\ninternal_port = 80\n"
                 "processes = ['web']\n[[vm]]\nmemory = 512\nprocesses = ['worker']\n",
                 s("fly.toml"));
    QCOMPARE(reading.model.services.size(), 2);
    QCOMPARE(reading.model.services[0].name, s("a-web"));
    QCOMPARE(reading.model.services[0].kind, ServiceKind::Web);
    QVERIFY(!reading.model.services[0].size.memoryMb);
    QCOMPARE(reading.model.services[1].kind, ServiceKind::Worker);
    QCOMPARE(reading.model.services[1].size.memoryMb->value, 512);
    QCOMPARE(reading.model.services[1].startCommand->value, s("work"));
}

void ReadersTest::olderFlyForms()
{
    const Reading reading =
        readText(ManifestFormat::Fly,
                 "app = 'a'\n[experimental]\nkill_timeout = 9\ncmd = ['a', 'b']\n"
                 "[[env]]\nA = true\n[[processes]]\nname = 'app'\ncommand = ''\n"
                 "[[services]]\ninternal_port = '8080'\nprotocol = 'tcp'\n"
                 "concurrency = '20,25'\n[[services.ports]]\nport = '443'\nhandlers = ['tls', 'http']\n",
                 s("fly.toml"));
    QVERIFY2(reading.problems.isEmpty(), qPrintable(reading.problems.value(0).toString()));
    const Service &service = reading.model.services.first();
    QCOMPARE(service.stopGrace->value, Milliseconds(9'000));
    QCOMPARE(service.startCommand->value, s("a b"));
    QCOMPARE(service.kind, ServiceKind::Web);
    QCOMPARE(service.port->value, 8080);
    QCOMPARE(service.scaling.softLimit->value, 20);
    QCOMPARE(service.scaling.hardLimit->value, 25);
    QCOMPARE(service.environment.value(0).value, s("true"));
}

void ReadersTest::wrongTypes()
{
    // Each is told with its place, and the rest is read.
    const Reading reading = readText(ManifestFormat::Render,
                                     "services:\n  - type: web\n    name: a\n    numInstances: many\n    disk: yes\n"
                                     "    plan: [free]\n    healthCheckPath: /h\n  - 5\n",
                                     s("r.yaml"));
    QStringList places;
    for (const Error &problem : reading.problems)
        places.append(problem.place.toString());
    QCOMPARE(places, (QStringList{s("r.yaml:6:11"), s("r.yaml:4:19"), s("r.yaml:5:11"), s("r.yaml:8:5")}));
    QCOMPARE(reading.model.services.size(), 1);
    QCOMPARE(reading.model.services[0].deployCheck()->path->value, s("/h"));
}

void ReadersTest::everyKeyOfRealFiles_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<ManifestFormat>("format");
    QTest::newRow("render") << s("corpus/render") << ManifestFormat::Render;
    QTest::newRow("fly") << s("corpus/fly") << ManifestFormat::Fly;
    QTest::newRow("flyctl") << s("fly/appconfig-testdata") << ManifestFormat::Fly;
    QTest::newRow("fly fixtures") << s("corpus/fly-fixtures") << ManifestFormat::Fly;
}

void ReadersTest::everyKeyOfRealFiles()
{
    QFETCH(QString, folder);
    QFETCH(ManifestFormat, format);
    const QDir dir(s(SOURCE_DIR "/../shared/data/") + folder);
    if (!dir.exists())
        QSKIP("the real-world files lie beside the repository, and are not here");
    int files = 0;
    int keys = 0;
    int unknown = 0;
    QStringList broken;
    for (const QString &name : dir.entryList(QDir::Files)) {
        const auto text = readFile(dir.filePath(name));
        QVERIFY(text);
        const auto root =
            parseManifest(*text, name, format == ManifestFormat::Fly ? ManifestSyntax::Toml : ManifestSyntax::Yaml);
        if (!root) {
            QVERIFY(root.error().place.line > 0);
            broken.append(name);
            continue;
        }
        ++files;
        const Reading reading = readText(format, *text, name);
        QSet<QString> accounted;
        for (const KeyFate &fate : reading.ledger.fates()) {
            accounted.insert(fate.place.toString());
            QVERIFY2(!fate.reason.isEmpty(), qPrintable(name + fate.key)); // nobody has written yet: all are lost
            if (fate.reason.contains(s("unknown"))) {
                ++unknown;
                if (qEnvironmentVariableIsSet("SHOW_UNKNOWN"))
                    qInfo().noquote() << name << fate.key;
            }
            ++keys;
        }
        forEachKey(*root, [&](const QString &path, const ManifestNode &node) {
            QVERIFY2(accounted.contains(node.place.toString()), qPrintable(name + QLatin1Char(' ') + path));
        });
    }
    QVERIFY(files > 10);
    qInfo().noquote() << files << "files," << keys << "keys," << unknown << "unknown to the reader; broken:" << broken;
    QVERIFY2(unknown * 10 < keys, "a reader that knows so little is not finished");
}

QTEST_GUILESS_MAIN(ReadersTest)
#include "tst_readers.moc"
