// SPDX-License-Identifier: GPL-3.0-or-later
// The five sample migrations: their workspaces and manifests are read, lint says what each has wrong and no more, and
// the conversion has what they got right without what they got wrong.
#include "models/common/files.h"
#include "models/common/fileset.h"
#include "models/manifests/convert.h"
#include "models/manifests/manifestset.h"
#include "models/workspace/workspace.h"

#include <QDir>
#include <QDirIterator>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const QStringList platforms{s("render"), s("fly"), s("local")};

QStringList lines(const char *text)
{
    QStringList all = s(text).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    for (QString &line : all)
        line = line.trimmed();
    all.removeAll(QString());
    return all;
}

/// A copy of the fixture in a repository of its own: run bits are git's, and the checkout's repository is another one.
std::unique_ptr<QTemporaryDir> repositoryOf(const QString &seed)
{
    auto folder = std::make_unique<QTemporaryDir>();
    const QString from = s(SOURCE_DIR "/tests/fixtures/seeds/") + seed + QLatin1Char('/');
    QDirIterator it(from, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        const QString file = it.next();
        const QString to = folder->filePath(file.mid(from.size()));
        QDir().mkpath(QFileInfo(to).path());
        if (!QFile::copy(file, to))
            return nullptr;
    }
    for (const QStringList &arguments : {QStringList{s("init"), s("-q")}, QStringList{s("add"), s("-f"), s(".")}}) {
        QProcess git;
        git.setWorkingDirectory(folder->path());
        git.start(s("git"), arguments);
        if (!git.waitForFinished(20'000) || git.exitCode() != 0)
            return nullptr;
    }
    return folder;
}

/// Every manifest below a folder, by the usual names.
QStringList manifestsBelow(const QString &folder)
{
    static const QRegularExpression known(
        s(R"(\A(render\.yaml|fly\.toml|vercel\.json|netlify\.toml|Dockerfile.*|Procfile|docker-compose\.yml)\z)"));
    QStringList found;
    QDirIterator it(folder, QDir::Files, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        it.next();
        if (known.match(it.fileName()).hasMatch())
            found.append(it.filePath());
    }
    found.sort();
    return found;
}

QStringList messages(const QList<Error> &problems)
{
    QStringList all;
    for (const Error &problem : problems)
        all.append(problem.toString());
    return all;
}

/// "rule file:line", files below the folder.
QString spoken(const Finding &finding, const QString &folder)
{
    return s("%1 %2:%3").arg(finding.rule, QDir(folder).relativeFilePath(finding.place.file)).arg(finding.place.line);
}

/// Values that stand for secrets, from every file of environment variables.
QStringList canariesIn(const QString &folder)
{
    static const QRegularExpression canary(s(R"(canary-seed\d[\w\-]*)"));
    QSet<QString> all;
    QDirIterator it(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        const Result<QByteArray> text = readFile(it.next());
        for (auto match = canary.globalMatch(QString::fromUtf8(text.value_or(QByteArray()))); match.hasNext();)
            all.insert(match.next().captured(0));
    }
    return all.values();
}

/// What is wrong with written files by the rules of their target.
QString wrongIn(ConvertTarget target, const QString &folder)
{
    const QString schema = s(SOURCE_DIR "/../shared/data/render/blueprint.schema.json");
    QProcess python;
    python.start(s("/usr/bin/python3"),
                 {s(SOURCE_DIR "/tests/support/manifest_rules.py"), convertTargetName(target), folder,
                  target == ConvertTarget::Render && QFile::exists(schema) ? schema : s("-")});
    if (!python.waitForFinished(60'000))
        return s("the check did not end");
    return python.exitCode() == 0 ? QString()
                                  : QString::fromUtf8(python.readAllStandardOutput() + python.readAllStandardError());
}

} // namespace

class SeedsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void workspaces_data();
    void workspaces();
    void mistakes_data();
    void mistakes();
    void conversions_data();
    void conversions();
    void plantedSecrets_data();
    void plantedSecrets();

private:
    void seeds();
};

void SeedsTest::seeds()
{
    QTest::addColumn<QString>("seed");
    for (const char *seed : {"0-cryptovault", "1-cryptovault", "2-devskyy", "3-momentum", "4-casino"})
        QTest::newRow(seed) << s(seed);
}

void SeedsTest::workspaces_data()
{
    seeds();
}

void SeedsTest::workspaces()
{
    QFETCH(QString, seed);
    const QDir folder(s(SOURCE_DIR "/tests/fixtures/seeds/") + seed);
    const auto workspace = loadWorkspace(folder.filePath(s("switchyard.toml")), platforms);
    if (!workspace) {
        QFAIL(qPrintable(messages(workspace.error()).join(QLatin1Char('\n'))));
    }
    QStringList roles;
    for (const Backend &backend : workspace->backends) {
        roles.append(backend.role);
        QVERIFY2(folder.exists(backend.manifest), qPrintable(backend.manifest));
        QVERIFY(!backend.health.isEmpty());
        for (const QString &file : backend.env)
            QVERIFY2(folder.exists(file), qPrintable(file));
        QVERIFY2(backend.role != s("target") || backend.isProduction(), qPrintable(backend.name));
    }
    QCOMPARE(roles, QStringList({s("source"), s("target")}));
    for (const Component &component : workspace->components)
        QVERIFY2(component.root.isEmpty() || folder.exists(component.root), qPrintable(component.root));
    QVERIFY(!canariesIn(folder.path()).isEmpty());
}

void SeedsTest::mistakes_data()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QStringList>("wanted");
    // All errors and warnings. What a document only says in its text, or what stands in code or .env files, is found
    // elsewhere: the scanner and the matrix of variables look there.
    QTest::newRow("0") << s("0-cryptovault") << lines(R"(
        docker/fixed-port backend/Dockerfile:7
        render/old-env docs/private-network/render.yaml:5
        render/unknown-key docs/private-network/render.yaml:8
        any/socketio-scale fly.toml:1
        fly/kill-signal fly.toml:1
        fly/kill-timeout fly.toml:1
        fly/autostart fly.toml:24
        render/old-env render.yaml:5
        any/socketio-scale render.yaml:9
        render/graceful-timeout render.yaml:9
        any/workers-variable render.yaml:21
    )");
    // fly.toml says USE_REDIS, which could be Socket.IO's queue; that it is none stands in the code.
    QTest::newRow("1") << s("1-cryptovault") << lines(R"(
        docker/unreadable-packages backend/Dockerfile.fly:16
        docker/fixed-port backend/Dockerfile.fly:29
        fly/kill-signal backend/fly.toml:1
        fly/kill-timeout backend/fly.toml:1
        fly/auto-stop-boolean backend/fly.toml:18
        fly/autostart backend/fly.toml:20
        fly/both-services backend/fly.toml:27
        fly/removed-key backend/fly.toml:42
        fly/checks-only-watch backend/fly.toml:55
        vercel/legacy-secret frontend/vercel.json:6
        vercel/strict-json frontend/vercel.json:22
        vercel/websocket-rewrite frontend/vercel.json:37
        vercel/websocket-rewrite planned/frontend/vercel.json:20
        render/old-auto-deploy render.yaml:12
        any/cookie-samesite render.yaml:55
    )");
    QTest::newRow("2") << s("2-devskyy") << lines(R"(
        docker/fixed-port Dockerfile:8
        any/secret-in-clear docker-compose.yml:10
        any/secret-in-clear docker-compose.yml:26
        render/graceful-timeout render.yaml:9
        render/old-auto-deploy render.yaml:11
        any/origin-local render.yaml:24
        render/generated-format render.yaml:51
        render/ip-allow-list render.yaml:78
        render/old-redis render.yaml:78
        render/plan-spelling render.yaml:81
        render/database-plan-legacy render.yaml:89
    )");
    QTest::newRow("3") << s("3-momentum") << lines(R"(
        any/migrations-in-build backend/render.yaml:8
        any/run-bit backend/render.yaml:8
        render/free-pre-deploy backend/render.yaml:9
        any/tests-before-deploy backend/render.yaml:9
        render/old-auto-deploy backend/render.yaml:12
    )");
    QTest::newRow("4") << s("4-casino") << lines(R"(
        docker/fixed-port backend/Dockerfile:7
        fly/kill-signal fly.toml:1
        fly/kill-timeout fly.toml:1
        render/old-env render.yaml:5
        render/old-auto-deploy render.yaml:29
        render/old-redis render.yaml:32
        render/free-database render.yaml:44
    )");
}

void SeedsTest::mistakes()
{
    QFETCH(QString, seed);
    QFETCH(QStringList, wanted);
    const auto folder = repositoryOf(seed);
    QVERIFY(folder);
    const QStringList files = manifestsBelow(folder->path());
    const ManifestSet set = readManifestSetForLint(files);
    QCOMPARE(messages(set.problems), QStringList());
    QCOMPARE(set.subjects.size(), files.size());
    const Conversion models = convertManifests(set.subjects, ConvertTarget::Compose);
    QCOMPARE(messages(models.problems), QStringList());

    QStringList found;
    for (const Finding &finding : lintManifests(set.subjects)) {
        if (finding.severity != Severity::Note)
            found.append(spoken(finding, folder->path()));
    }
    wanted.sort();
    found.sort();
    QCOMPARE(found.join(QLatin1Char('\n')), wanted.join(QLatin1Char('\n')));
}

void SeedsTest::conversions_data()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QStringList>("sources");
    QTest::addColumn<int>("target");
    QTest::addColumn<QStringList>("has"); // texts of the written file
    QTest::addColumn<QStringList>("hasNot");
    QTest::addColumn<QStringList>("findings"); // errors and warnings about the written file
    const int render = int(ConvertTarget::Render);
    const int fly = int(ConvertTarget::Fly);

    QTest::newRow("0: Fly to Render") << s("0-cryptovault") << QStringList{s("fly.toml"), s("backend/Dockerfile")}
                                      << render
                                      << QStringList{s("runtime: docker\n"),
                                                     s("region: oregon\n"),
                                                     s("plan: starter\n"),
                                                     s("dockerfilePath: ./backend/Dockerfile\n"),
                                                     s("healthCheckPath: /health\n"),
                                                     s("maxShutdownDelaySeconds: 30\n"),
                                                     s("numInstances: 1\n"),
                                                     s("- key: PORT\n        value: \"8000\"\n"),
                                                     s("- key: MONGO_MAX_POOL_SIZE\n        value: \"10\"\n")}
                                      << QStringList{s("env: python"), s("WORKERS"), s("privateNet"), s("pserv"),
                                                     s("RENDER_EXTERNAL_URL")}
                                      << QStringList{};
    QTest::newRow("1: Render to Fly")
        << s("1-cryptovault") << QStringList{s("render.yaml")} << fly
        << QStringList{s("kill_signal = 'SIGTERM'\n"),
                       s("kill_timeout = '30s'\n"),
                       s("primary_region = 'iad'\n"),
                       s("internal_port = 10000\n"),
                       s("PORT = '10000'\n"),
                       s("path = '/health'\n"),
                       s("force_https = true\n"),
                       s("auto_stop_machines = 'off'\n"),
                       s("uvicorn server:socket_app --host 0.0.0.0 --port $PORT"),
                       s("DB_NAME = 'cryptovault'\n"),
                       s("fly secrets import: MONGO_URL, UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, JWT_SECRET, "
                         "CSRF_SECRET, COINCAP_API_KEY, SENDGRID_API_KEY, NOWPAYMENTS_API_KEY, "
                         "NOWPAYMENTS_IPN_SECRET, SENTRY_DSN\n")}
        << QStringList{s("[[services"), s("restart_limit"), s("[checks"),      s("auto_stop_machines = false"),
                       s("8001"),       s("max_machines"),  s("JWT_SECRET ="), s("MONGO_URL =")}
        // Values of the program's own go over as they are, this contradiction too.
        << QStringList{s("any/cookie-samesite")};
    // A laptop's manifest has the origins of a laptop.
    QTest::newRow("2: to Render") << s("2-devskyy") << QStringList{s("docker-compose.yml"), s("Dockerfile")} << render
                                  << QStringList{s("healthCheckPath: /health\n"),
                                                 s("maxShutdownDelaySeconds: 30\n"),
                                                 s("- key: PORT\n        value: \"8000\"\n"),
                                                 s("type: keyvalue\n"),
                                                 s("ipAllowList: []"),
                                                 s("- key: DATABASE_URL\n        sync: false\n"),
                                                 s("postgresMajorVersion: \"16\"\n"),
                                                 s("property: connectionString\n")}
                                  << QStringList{s("type: redis"), s("plan: Standard"), s("POSTGRES_PASSWORD"),
                                                 s("autoDeploy: ")}
                                  << QStringList{s("any/origin-local")};
    QTest::newRow("3: to Render") << s("3-momentum") << QStringList{s("backend/Procfile")} << render
                                  << QStringList{s("--host 0.0.0.0 --port $PORT"), s("maxShutdownDelaySeconds: 30\n")}
                                  << QStringList{s("preDeployCommand"), s("autoDeploy: "), s("alembic"), s("pytest")}
                                  << QStringList{};
    QTest::newRow("3: in today's words") << s("3-momentum") << QStringList{s("backend/render.yaml")} << render
                                         << QStringList{s("autoDeployTrigger: commit\n"),
                                                        s("rootDir: backend\n"),
                                                        s("runtime: python\n"),
                                                        s("healthCheckPath: /health\n"),
                                                        s("- key: DATABASE_URL\n        sync: false\n"),
                                                        s("- key: SESSION_HASH_SECRET\n        sync: false\n"),
                                                        s("- key: CORS_ORIGINS\n        sync: false\n"),
                                                        s("--host 0.0.0.0 --port $PORT")}
                                         << QStringList{s("autoDeploy: ")}
                                         << QStringList{s("any/tests-before-deploy"), s("render/free-pre-deploy")};
    QTest::newRow("4: Fly to Render") << s("4-casino") << QStringList{s("fly.toml"), s("backend/Dockerfile")} << render
                                      << QStringList{s("runtime: docker\n"),
                                                     s("region: oregon\n"),
                                                     s("healthCheckPath: /health\n"),
                                                     s("preDeployCommand: \"alembic upgrade head\"\n"),
                                                     s("maxShutdownDelaySeconds: 30\n"),
                                                     s("- key: PORT\n        value: \"8000\"\n"),
                                                     s("plan: starter\n")}
                                      << QStringList{s("env: python"), s("type: redis"), s("autoDeploy: "),
                                                     s("plan: free")}
                                      << QStringList{};
    QTest::newRow("4: in today's words") << s("4-casino") << QStringList{s("render.yaml")} << render
                                         << QStringList{s("autoDeployTrigger: commit\n"),
                                                        s("runtime: python\n"),
                                                        s("type: keyvalue\n"),
                                                        s("ipAllowList: []"),
                                                        s("- key: PORT\n        value: \"10000\"\n"),
                                                        s("name: cassino-db\n          property: "),
                                                        s("databaseName: cassino\n"),
                                                        s("user: cassino_user\n")}
                                         << QStringList{s("env: python"), s("type: redis"), s("autoDeploy: ")}
                                         << QStringList{s("render/free-database")};
}

void SeedsTest::conversions()
{
    QFETCH(QString, seed);
    QFETCH(QStringList, sources);
    QFETCH(int, target);
    QFETCH(QStringList, has);
    QFETCH(QStringList, hasNot);
    QFETCH(QStringList, findings);
    const QDir folder(s(SOURCE_DIR "/tests/fixtures/seeds/") + seed);
    for (QString &source : sources)
        source = folder.filePath(source);
    const ManifestSet set = readManifestSet(sources);
    QCOMPARE(messages(set.problems), QStringList());
    const Conversion conversion = convertManifests(set.subjects, ConvertTarget(target));
    QCOMPARE(messages(conversion.problems), QStringList());
    QCOMPARE(conversion.written.files.size(), 1);
    const QByteArray bytes = conversion.written.files.first().text;
    // Comments say what was not carried over, by name.
    const QString all = QString::fromUtf8(bytes);
    QString text;
    for (const QString &line : all.split(QLatin1Char('\n'))) {
        if (!line.trimmed().startsWith(QLatin1Char('#')))
            text += line + QLatin1Char('\n');
    }
    for (const QString &wanted : std::as_const(has))
        QVERIFY2(all.contains(wanted), qPrintable(wanted + s(" is not in\n") + all));
    for (const QString &unwanted : std::as_const(hasNot))
        QVERIFY2(!text.contains(unwanted), qPrintable(unwanted + s(" is in\n") + text));

    QTemporaryDir out;
    QVERIFY(writeFileSet(out.path(), conversion.written.files));
    QCOMPARE(wrongIn(ConvertTarget(target), out.path()), QString());
    const ManifestSet written = readManifestSetForLint(manifestsBelow(out.path()));
    QCOMPARE(written.subjects.size(), 1);
    QStringList found;
    for (const Finding &finding : lintManifests(written.subjects)) {
        if (finding.severity != Severity::Note)
            found.append(finding.rule);
    }
    found.sort();
    QCOMPARE(found, findings);
    for (const QString &canary : canariesIn(folder.path())) {
        QVERIFY2(!bytes.contains(canary.toUtf8()), qPrintable(canary));
        QVERIFY2(!lossReport(conversion, ConvertTarget(target)).contains(canary.toUtf8()), qPrintable(canary));
    }

    // The grace that the target gives is at least the drain that the workspace allows.
    const auto workspace = loadWorkspace(folder.filePath(s("switchyard.toml")), platforms);
    QVERIFY(workspace);
    static const QRegularExpression grace(s(R"((?:maxShutdownDelaySeconds: |kill_timeout = ')(\d+))"));
    if (const auto match = grace.match(text); match.hasMatch())
        QVERIFY(match.captured(1).toInt() * 1000 >= workspace->thresholds.drain.count());
}

void SeedsTest::plantedSecrets_data()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("after"); // the line that the secret is planted behind
    QTest::addColumn<QString>("planted");
    QTest::addColumn<int>("target");
    QTest::addColumn<QString>("asked"); // how the written file asks for it
    const QString yaml = s("      - key: JWT_SECRET_2\n        value: canary-planted-5f1c\n");
    const QString toml = s("  JWT_SECRET = \"canary-planted-5f1c\"\n  MONGO_URL = "
                           "\"mongodb+srv://app:canary-planted-77@cluster.mongodb.net/db\"\n");
    QTest::newRow("0") << s("0-cryptovault") << s("fly.toml") << s("[env]\n") << toml << int(ConvertTarget::Render)
                       << s("- key: JWT_SECRET\n        sync: false\n      - key: MONGO_URL\n        sync: false\n");
    QTest::newRow("1") << s("1-cryptovault") << s("render.yaml") << s("envVars:\n") << yaml << int(ConvertTarget::Fly)
                       << s("fly secrets import: JWT_SECRET_2, MONGO_URL");
    QTest::newRow("2") << s("2-devskyy") << s("docker-compose.yml") << s("    environment:\n")
                       << s("      ENCRYPTION_MASTER_KEY: canary-planted-5f1c\n") << int(ConvertTarget::Render)
                       << s("- key: ENCRYPTION_MASTER_KEY\n        sync: false\n");
    QTest::newRow("3") << s("3-momentum") << s("backend/render.yaml") << s("envVars:\n") << yaml
                       << int(ConvertTarget::Render) << s("- key: JWT_SECRET_2\n        sync: false\n");
    QTest::newRow("4") << s("4-casino") << s("fly.toml") << s("[env]\n") << toml << int(ConvertTarget::Render)
                       << s("- key: JWT_SECRET\n        sync: false\n");
}

void SeedsTest::plantedSecrets()
{
    QFETCH(QString, seed);
    QFETCH(QString, source);
    QFETCH(QString, after);
    QFETCH(QString, planted);
    QFETCH(int, target);
    QFETCH(QString, asked);
    const QString file = s(SOURCE_DIR "/tests/fixtures/seeds/") + seed + QLatin1Char('/') + source;
    const Result<QByteArray> read = readFile(file);
    QVERIFY(read);
    QString text = QString::fromUtf8(*read);
    const qsizetype at = text.indexOf(after);
    QVERIFY(at >= 0);
    text.insert(at + after.size(), planted);
    const Result<LintSubject> subject = readManifestText(source, text.toUtf8());
    QVERIFY(subject);
    const Conversion conversion = convertManifests({*subject}, ConvertTarget(target));
    QCOMPARE(conversion.written.files.size(), 1);
    const QString written = QString::fromUtf8(conversion.written.files.first().text);
    QVERIFY2(written.contains(asked), qPrintable(written));
    const QString report = QString::fromUtf8(lossReport(conversion, ConvertTarget(target)));
    QVERIFY(report.contains(s("SECRET")) || report.contains(s("MASTER_KEY")));
    for (const QString &said : {written, report})
        QVERIFY2(!said.contains(s("canary")), qPrintable(said));
    for (const Finding &finding : lintManifests({*subject}))
        QVERIFY2(!finding.message.contains(s("canary")) && !finding.fix.contains(s("canary")),
                 qPrintable(finding.message));
}

QTEST_GUILESS_MAIN(SeedsTest)
#include "tst_seeds.moc"
