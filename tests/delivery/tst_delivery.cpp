// SPDX-License-Identifier: GPL-3.0-or-later
// The whole set for each of the sample migrations and both of their backends: complete, valid, without secrets unless
// asked for, written all or none.
#include "models/common/files.h"
#include "models/delivery/delivery.h"
#include "models/environment/dialects.h"
#include "models/environment/envsources.h"
#include "models/manifests/dockerfile.h"
#include "models/manifests/fileset.h"
#include "models/manifests/manifestset.h"
#include "models/platforms/platform.h"
#include "tests/support/cli.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>

#include <unistd.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const QStringList platforms{s("render"), s("fly"), s("local")};
const QString seedsFolder = s(SOURCE_DIR "/tests/fixtures/seeds/");

Workspace workspaceOf(const QString &folder)
{
    const auto workspace = loadWorkspace(folder + s("/switchyard.toml"), platforms);
    if (!workspace)
        qFatal("%s", qPrintable(workspace.error().first().toString()));
    return *workspace;
}

const PlatformCatalogue &catalogue()
{
    static const Result<PlatformCatalogue> loaded = PlatformCatalogue::load();
    return *loaded;
}

Result<Delivery> prepared(const QString &folder, const QString &backend, bool withSecrets = false)
{
    return prepareDelivery({workspaceOf(folder), backend, withSecrets}, catalogue());
}

bool copyTree(const QString &from, const QString &to)
{
    QDirIterator it(from, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        const QString file = it.next();
        const QString path = to + file.mid(from.size());
        QDir().mkpath(QFileInfo(path).path());
        if (!QFile::copy(file, path))
            return false;
    }
    return true;
}

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void put(const QString &path, const QByteArray &text)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("%s cannot be written", qPrintable(path));
}

QStringList filesBelow(const QString &folder)
{
    QStringList all;
    QDirIterator it(folder, QDir::Files | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
    while (it.hasNext())
        all.append(QDir(folder).relativeFilePath(it.next()));
    all.sort();
    return all;
}

QString shellChecked(const QString &file)
{
    QProcess check;
    check.start(s("shellcheck"), {file});
    if (!check.waitForFinished(60'000) || check.exitStatus() != QProcess::NormalExit)
        return s("shellcheck did not run");
    return check.exitCode() == 0 ? QString() : QString::fromUtf8(check.readAllStandardOutput());
}

/// Errors that lint has to say of what was written here; the workspace's own manifest is as it is.
QStringList errorsOf(const Delivery &delivery, const QStringList &own)
{
    QStringList errors;
    for (const Finding &finding : delivery.findings) {
        if (finding.severity == Severity::Error && !own.contains(finding.place.file))
            errors.append(finding.place.toString() + s(": ") + finding.message);
    }
    return errors;
}

/// A small repository with a workspace of two backends.
class Repository final
{
public:
    explicit Repository(const QByteArray &more = {})
    {
        put(path("switchyard.toml"), "schema = 1\n"
                                     "name = \"Shop\"\n"
                                     "[[component]]\n"
                                     "name = \"api\"\n"
                                     "root = \"api\"\n"
                                     "[[component]]\n"
                                     "name = \"web\"\n"
                                     "root = \"web\"\n"
                                     "[[backend]]\n"
                                     "name = \"old\"\n"
                                     "component = \"api\"\n"
                                     "platform = \"render\"\n"
                                     "role = \"source\"\n"
                                     "url = \"https://shop.onrender.com\"\n"
                                     "manifest = \"render.yaml\"\n"
                                     "env = [\"api/.env\"]\n"
                                     "[[backend]]\n"
                                     "name = \"new\"\n"
                                     "component = \"api\"\n"
                                     "platform = \"fly\"\n"
                                     "role = \"target\"\n"
                                     "url = \"https://shop.fly.dev\"\n"
                                     "  [[backend.health]]\n"
                                     "  path = \"/health\"\n"
                                     "  expect = { json = { \"/status\" = \"healthy\" } }\n" +
                                         more);
        put(path("api/.env"), "API_KEY=canary-env-key\nPLAIN=canary-env-plain\n");
        start("uvicorn main:app --host 0.0.0.0 --port $PORT");
    }
    void start(const QByteArray &command, const QByteArray &more = {})
    {
        put(path("render.yaml"), "services:\n  - type: web\n    name: shop\n    runtime: python\n    rootDir: api\n"
                                 "    buildCommand: pip install -r requirements.txt\n    startCommand: " +
                                     command + "\n    healthCheckPath: /health\n" + more);
    }
    QString path(const char *name) const { return m_folder.filePath(s(name)); }
    QString folder() const { return m_folder.path(); }
    Result<Delivery> prepare(bool withSecrets = false) const { return prepared(folder(), s("new"), withSecrets); }

private:
    QTemporaryDir m_folder;
};

QString dockerfileOf(const Result<Delivery> &delivery)
{
    const DeliveryFile *file = delivery ? delivery->find(DeliveryKind::Dockerfile) : nullptr;
    return file ? QString::fromUtf8(file->text) : QString();
}

} // namespace

class DeliveryTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void seeds_data();
    void seeds();
    void withSecrets_data();
    void withSecrets();
    void converted_data();
    void converted();
    void images_data();
    void images();
    void imageRefusals();
    void commands_data();
    void commands();
    void imageBuilds();
    void dockerIgnore();
    void rewrites();
    void secretsScript();
    void scrapeConfig();
    void command();
    void keepsWhatIsThere();
    void allOrNone();
    void badRequests();

private:
    void rows();
};

void DeliveryTest::rows()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QString>("backend");
    for (const char *seed : {"0-cryptovault", "1-cryptovault", "2-devskyy", "3-momentum", "4-casino"}) {
        for (const Backend &backend : workspaceOf(seedsFolder + s(seed)).backends)
            QTest::addRow("%s %s", seed, qPrintable(backend.name)) << s(seed) << backend.name;
    }
}

void DeliveryTest::seeds_data()
{
    rows();
}

void DeliveryTest::seeds()
{
    QFETCH(const QString, seed);
    QFETCH(const QString, backend);
    const QString from = seedsFolder + seed;
    const Workspace workspace = workspaceOf(from);
    const Result<Delivery> delivery = prepared(from, backend);
    QVERIFY2(delivery, qPrintable(delivery ? QString() : delivery.error().toString()));
    QTemporaryDir out;
    const QList<FileChange> changes = deliveryChanges(*delivery, out.path());
    const Result<void> written = writeDelivery(*delivery, out.path());
    QVERIFY2(written, qPrintable(written ? QString() : written.error().toString()));

    // What is said is what is there.
    QStringList paths;
    for (const DeliveryFile &file : delivery->files) {
        paths.append(file.path);
        QCOMPARE(contents(out.filePath(file.path)), file.text);
        QVERIFY2(!file.text.isEmpty() && !file.purpose.isEmpty(), qPrintable(file.path));
        if (file.mode != 0)
            QCOMPARE(fileMode(out.filePath(file.path)), file.mode);
        QVERIFY(!file.holdsSecrets);
    }
    paths.sort();
    QCOMPARE(filesBelow(out.path()), paths);
    for (const char *always : {".env.example", "verify-deployment.sh", "DELIVERY.md", "delivery.json"})
        QVERIFY2(paths.contains(s(always)), always);
    const Backend &target = *workspace.backend(backend);
    QCOMPARE(paths.contains(s("set-secrets.sh")), target.platform == s("fly"));

    // No secret, and lint is content with what is new.
    for (const QString &path : paths)
        QVERIFY2(!contents(out.filePath(path)).contains("canary"), qPrintable(path));
    for (const QString &text : delivery->notes)
        QVERIFY(!text.contains(s("canary")));
    QCOMPARE(errorsOf(*delivery, {target.manifest}), QStringList());
    for (const DeliveryFile &file : delivery->files) {
        if (file.path.endsWith(s(".sh")))
            QCOMPARE(shellChecked(out.filePath(file.path)), QString());
        if (file.kind == DeliveryKind::Manifest)
            QCOMPARE(file.text, contents(from + QLatin1Char('/') + target.manifest));
    }
    // The guide names every file, and the record every other one.
    const QByteArray guide = contents(out.filePath(s("DELIVERY.md")));
    for (const QString &path : paths)
        QVERIFY2(guide.contains('`' + path.toUtf8() + '`'), qPrintable(path));
    QCOMPARE(validate(s("delivery"), contents(out.filePath(s("delivery.json")))), QString());
    QCOMPARE(validate(s("manifest-export"), deliveryReport(*delivery, changes, out.path(), true)), QString());

    // The same once more changes nothing.
    for (const FileChange &change : deliveryChanges(*delivery, out.path()))
        QCOMPARE(change.kind, FileChange::Kind::Same);
    QVERIFY(writeDelivery(*delivery, out.path()));
}

void DeliveryTest::withSecrets_data()
{
    rows();
}

void DeliveryTest::withSecrets()
{
    QFETCH(const QString, seed);
    QFETCH(const QString, backend);
    const Result<Delivery> delivery = prepared(seedsFolder + seed, backend, true);
    QVERIFY2(delivery, qPrintable(delivery ? QString() : delivery.error().toString()));
    QTemporaryDir out;
    QVERIFY(writeDelivery(*delivery, out.path()));
    for (const DeliveryFile &file : delivery->files) {
        const bool canary = contents(out.filePath(file.path)).contains("canary");
        QVERIFY2(!canary || file.holdsSecrets, qPrintable(file.path));
        if (file.holdsSecrets)
            QCOMPARE(fileMode(out.filePath(file.path)), 0600);
    }
    QVERIFY(std::any_of(delivery->files.cbegin(), delivery->files.cend(),
                        [](const DeliveryFile &file) { return file.holdsSecrets; }));
    // Neither what is shown before nor what is reported holds them.
    const QList<FileChange> changes = deliveryChanges(*delivery, out.path() + s("/other"));
    for (const FileChange &change : changes)
        QVERIFY2(!change.diff.contains("canary") && !change.before.contains("canary"), qPrintable(change.path));
    QVERIFY(!deliveryReport(*delivery, changes, out.path(), true).contains("canary"));
    // A file that others could read before is theirs no longer.
    const auto secret = std::find_if(delivery->files.cbegin(), delivery->files.cend(),
                                     [](const DeliveryFile &file) { return file.holdsSecrets; });
    const QString path = out.filePath(secret->path);
    QVERIFY(QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup | QFile::ReadOther));
    QCOMPARE(deliveryChanges(*delivery, out.path())[secret - delivery->files.cbegin()].kind, FileChange::Kind::Changed);
    QVERIFY(writeDelivery(*delivery, out.path()));
    QCOMPARE(fileMode(path), 0600);
}

void DeliveryTest::converted_data()
{
    rows();
}

/// Without a manifest of the target's own the source's becomes one, with the image that it needs.
void DeliveryTest::converted()
{
    QFETCH(const QString, seed);
    QFETCH(const QString, backend);
    QTemporaryDir copy;
    QVERIFY(copyTree(seedsFolder + seed, copy.path()));
    const Workspace workspace = workspaceOf(copy.path());
    const Backend target = *workspace.backend(backend);
    QVERIFY(QFile::remove(copy.filePath(target.manifest)));
    const Result<Delivery> delivery = prepared(copy.path(), backend);
    QVERIFY2(delivery, qPrintable(delivery ? QString() : delivery.error().toString()));
    const DeliveryFile *manifest = delivery->find(DeliveryKind::Manifest);
    QVERIFY(manifest != nullptr);
    QCOMPARE(manifest->path, target.manifest);
    QVERIFY(delivery->find(DeliveryKind::Loss) != nullptr);
    QCOMPARE(validate(s("manifest-convert"), delivery->find(DeliveryKind::Loss)->text), QString());
    // A mistake of the source that goes over as it is stays one: two origins that exclude each other, and no more.
    QStringList errors = errorsOf(*delivery, {});
    errors.removeIf([](const QString &each) { return each.contains(s("COOKIE_SAMESITE")); });
    QCOMPARE(errors, QStringList());
    if (target.platform == s("fly")) {
        const QString dockerfile = QFileInfo(target.manifest).path() + s("/Dockerfile");
        const DeliveryFile *image = delivery->find(DeliveryKind::Dockerfile);
        const bool there = QFile::exists(copy.filePath(dockerfile));
        QVERIFY2(there || image, qPrintable(delivery->notes.join(QLatin1Char('\n'))));
        if (image)
            QCOMPARE(image->path, QDir::cleanPath(dockerfile));
    }
    QTemporaryDir out;
    QVERIFY(writeDelivery(*delivery, out.path()));
    for (const QString &path : filesBelow(out.path()))
        QVERIFY2(!contents(out.filePath(path)).contains("canary"), qPrintable(path));
}

void DeliveryTest::images_data()
{
    QTest::addColumn<QByteArray>("files"); // name, newline, text, NUL
    QTest::addColumn<QByteArray>("command");
    QTest::addColumn<QStringList>("wanted");
    const auto files = [](std::initializer_list<std::pair<const char *, const char *>> list) {
        QByteArray all;
        for (const auto &[name, text] : list)
            all += QByteArray(name) + '\n' + text + '\0';
        return all;
    };
    const QByteArray uvicorn = "uvicorn main:app --host 0.0.0.0 --port $PORT";
    QTest::newRow("pip") << files({{"requirements.txt", "fastapi\n"}, {".python-version", "3.11.4\n"}}) << uvicorn
                         << QStringList{s("FROM python:3.11.4-slim AS build"),
                                        s("COPY api/requirements.txt ./"),
                                        s("RUN pip install -r requirements.txt"),
                                        s("USER app"),
                                        s("COPY api/ ./"),
                                        s("exec uvicorn main:app")};
    QTest::newRow("runtime.txt") << files({{"requirements.txt", "x\n"}, {"runtime.txt", "python-3.10.13\n"}}) << uvicorn
                                 << QStringList{s("FROM python:3.10.13-slim\n")};
    QTest::newRow("other lists") << files({{"requirements.txt", "-r base.txt\n"}, {"base.txt", "x\n"}}) << uvicorn
                                 << QStringList{s("COPY api/ ./\nRUN pip install -r requirements.txt")};
    QTest::newRow("compiled") << files({{"requirements.txt", "psycopg2==2.9\npsycopg2-binary\n"}}) << uvicorn
                              << QStringList{s("install -y --no-install-recommends gcc libc6-dev libpq-dev"),
                                             s("install -y --no-install-recommends libpq5")};
    QTest::newRow("poetry") << files({{"pyproject.toml", "[tool.poetry.dependencies]\npython = \"^3.12\"\n"},
                                      {"poetry.lock", ""}})
                            << uvicorn
                            << QStringList{s("FROM python:3.12-slim"), s("COPY api/pyproject.toml api/poetry.lock ./"),
                                           s("poetry install --only main --no-root")};
    QTest::newRow("uv") << files({{"pyproject.toml", "[project]\nrequires-python = \">=3.13\"\n"}, {"uv.lock", ""}})
                        << uvicorn
                        << QStringList{s("FROM python:3.13-slim"), s("uv sync --frozen --no-dev --no-install-project"),
                                       s("UV_PROJECT_ENVIRONMENT=/opt/venv")};
    QTest::newRow("pipenv") << files({{"Pipfile", ""}, {"Pipfile.lock", "{}"}}) << uvicorn
                            << QStringList{s("pipenv requirements > /tmp/requirements.txt")};
    QTest::newRow("npm") << files(
                                {{"package.json", "{\"scripts\": {\"start\": \"node server.js\", \"build\": \"tsc\"}, "
                                                  "\"engines\": {\"node\": \">=20 <23\"}}"},
                                 {"package-lock.json", "{}"}})
                         << QByteArray("npm start")
                         << QStringList{s("FROM node:20-slim AS build"), s("RUN npm ci\n"),
                                        s("RUN npm run build && npm prune --omit=dev"), s("USER node"),
                                        s("CMD [\"node\", \"server.js\"]")};
    QTest::newRow("yarn") << files(
                                 {{"package.json", "{\"main\": \"index.js\"}"}, {"yarn.lock", ""}, {".nvmrc", "v18\n"}})
                          << QByteArray("node index.js")
                          << QStringList{s("FROM node:18-slim"), s("yarn install --frozen-lockfile --production")};
    QTest::newRow("pnpm") << files({{"package.json", "{\"packageManager\": \"pnpm@9.1.0\"}"}, {"pnpm-lock.yaml", ""}})
                          << QByteArray("node index.js")
                          << QStringList{s("npm install --global pnpm@9.1.0"),
                                         s("pnpm install --frozen-lockfile --prod")};
}

void DeliveryTest::images()
{
    QFETCH(const QByteArray, files);
    QFETCH(const QByteArray, command);
    QFETCH(const QStringList, wanted);
    Repository repository;
    repository.start(command);
    for (const QByteArray &file : files.split('\0')) {
        if (!file.isEmpty())
            put(repository.path("api/") + QString::fromUtf8(file.left(file.indexOf('\n'))),
                file.mid(file.indexOf('\n') + 1));
    }
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY2(delivery, qPrintable(delivery ? QString() : delivery.error().toString()));
    const QString text = dockerfileOf(delivery);
    for (const QString &each : wanted)
        QVERIFY2(text.contains(each), qPrintable(each + s("\n---\n") + text + delivery->notes.join(QLatin1Char('\n'))));
    QVERIFY(!text.contains(s("/root")));
    QVERIFY(!text.contains(s("\nHEALTHCHECK")));
    // Our own reader and lint have nothing against it.
    QList<Error> problems;
    const QList<DockerInstruction> instructions = parseDockerfile(text.toUtf8(), s("Dockerfile"), problems);
    QVERIFY2(problems.isEmpty(), qPrintable(problems.isEmpty() ? QString() : problems.first().toString()));
    QVERIFY(std::all_of(instructions.cbegin(), instructions.cend(),
                        [](const DockerInstruction &each) { return each.known; }));
    QCOMPARE(std::count_if(instructions.cbegin(), instructions.cend(),
                           [](const DockerInstruction &each) { return each.name == s("FROM"); }),
             2);
    QVERIFY(instructions.last().name == s("CMD") && instructions.last().json);
    const Result<LintSubject> subject = readManifestText(s("Dockerfile"), text.toUtf8());
    QVERIFY(subject);
    for (const Finding &finding : lintManifests({*subject}))
        QVERIFY2(finding.severity == Severity::Note, qPrintable(finding.message));
}

void DeliveryTest::imageRefusals()
{
    Repository repository;
    Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery);
    QVERIFY(delivery->find(DeliveryKind::Dockerfile) == nullptr);
    QVERIFY2(delivery->notes.join(QString()).contains(s("no Dockerfile was written: neither requirements.txt")),
             qPrintable(delivery->notes.join(QLatin1Char('\n'))));
    // One that is there and works is the person's own; one that cannot is written anew, and says why.
    put(repository.path("api/requirements.txt"), "fastapi\n");
    put(repository.path("Dockerfile"), "FROM python:3.9-slim\nCMD [\"uvicorn\", \"m:a\", \"--host\", \"0.0.0.0\"]\n");
    delivery = repository.prepare();
    QVERIFY(delivery && !delivery->find(DeliveryKind::Dockerfile));
    put(repository.path("Dockerfile"), "FROM python:3.9-slim\nCMD [\"uvicorn\", \"m:a\", \"--port\", \"$PORT\"]\n");
    delivery = repository.prepare();
    QVERIFY(dockerfileOf(delivery).contains(s("FROM python:3.9-slim AS build")));
    QVERIFY2(delivery->notes.join(QString()).contains(s("Dockerfile is written anew: line 2")),
             qPrintable(delivery->notes.join(QLatin1Char('\n'))));
    // Nothing of the files gets into the text unseen.
    put(repository.path("api/runtime.txt"), "python-3.11\nRUN touch /x\n");
    put(repository.path("api/.python-version"), "3.11-slim\"; RUN id\n");
    QFile::remove(repository.path("Dockerfile"));
    QVERIFY(!dockerfileOf(repository.prepare()).contains(s("RUN id")));
    // A build that does more than installing is said.
    repository.start("python main.py", "    preDeployCommand: alembic upgrade head\n");
    put(repository.path("render.yaml"),
        contents(repository.path("render.yaml")).replace("pip install -r requirements.txt", "./build.sh"));
    delivery = repository.prepare();
    QVERIFY2(delivery->notes.join(QString()).contains(s("does more than install packages")),
             qPrintable(delivery->notes.join(QLatin1Char('\n'))));
}

void DeliveryTest::commands_data()
{
    QTest::addColumn<QByteArray>("command");
    QTest::addColumn<QString>("line");
    QTest::newRow("port of PORT") << QByteArray("uvicorn m:a --host 0.0.0.0 --port $PORT")
                                  << s("CMD [\"sh\", \"-c\", \"exec uvicorn m:a --host 0.0.0.0 --port $PORT\"]");
    QTest::newRow("fixed port") << QByteArray("gunicorn m:a --bind 0.0.0.0:8000 -w 2")
                                << s("CMD [\"sh\", \"-c\", \"exec gunicorn m:a --bind 0.0.0.0:$PORT -w 2\"]");
    QTest::newRow("loopback") << QByteArray("uvicorn m:a --host 127.0.0.1 --port=8000 --reload")
                              << s("CMD [\"sh\", \"-c\", \"exec uvicorn m:a --host 0.0.0.0 --port=$PORT\"]");
    QTest::newRow("says nothing")
        << QByteArray("python -m uvicorn m:a")
        << s("CMD [\"sh\", \"-c\", \"exec python -m uvicorn m:a --host 0.0.0.0 --port $PORT\"]");
    QTest::newRow("no shell") << QByteArray("python start.py --name 'a b'")
                              << s("CMD [\"python\", \"start.py\", \"--name\", \"a b\"]");
    QTest::newRow("two commands") << QByteArray("alembic upgrade head && python start.py")
                                  << s("CMD [\"sh\", \"-c\", \"alembic upgrade head && exec python start.py\"]");
    QTest::newRow("quotes") << QByteArray("python start.py \"$HOME/it's\"")
                            << s("CMD [\"sh\", \"-c\", \"exec python start.py \\\"$HOME/it's\\\"\"]");
}

void DeliveryTest::commands()
{
    QFETCH(const QByteArray, command);
    QFETCH(const QString, line);
    Repository repository;
    repository.start(command);
    put(repository.path("api/requirements.txt"), "uvicorn\n");
    const QString text = dockerfileOf(repository.prepare());
    QVERIFY2(text.endsWith(line + QLatin1Char('\n')), qPrintable(text));
}

void DeliveryTest::imageBuilds()
{
    QString builder;
    for (const char *each : {"docker", "podman", "buildah"}) {
        QProcess asks;
        asks.start(s(each), {s("info")});
        if (builder.isEmpty() && asks.waitForFinished(30'000) && asks.exitStatus() == QProcess::NormalExit &&
            asks.exitCode() == 0)
            builder = s(each);
    }
    if (builder.isEmpty())
        QSKIP("neither docker, podman nor buildah can build here");
    Repository repository;
    put(repository.path("api/requirements.txt"), "\n");
    put(repository.path("api/main.py"), "import os\nprint(os.getuid())\n");
    repository.start("python main.py");
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery && writeDelivery(*delivery, repository.folder()));
    QProcess build;
    build.setProcessChannelMode(QProcess::MergedChannels);
    build.start(builder, {s("build"), s("-t"), s("switchyard-delivery-test"), repository.folder()});
    QVERIFY(build.waitForFinished(200'000));
    const QByteArray said = build.readAll();
    if (build.exitCode() != 0 &&
        (said.contains("no such host") || said.contains("i/o timeout") || said.contains("pull access") ||
         said.contains("failed to resolve source metadata") || said.contains("initializing source")))
        QSKIP("the base image cannot be fetched here");
    QVERIFY2(build.exitCode() == 0, said.constData());
    if (builder != s("buildah")) {
        QProcess run;
        run.start(builder, {s("run"), s("--rm"), s("switchyard-delivery-test")});
        QVERIFY(run.waitForFinished(60'000));
        QCOMPARE(run.readAllStandardOutput().trimmed(), QByteArray("10001"));
    }
}

void DeliveryTest::dockerIgnore()
{
    Repository repository;
    put(repository.path("api/requirements.txt"), "x\n");
    const auto ignore = [&] {
        const Result<Delivery> delivery = repository.prepare();
        const DeliveryFile *file = delivery ? delivery->find(DeliveryKind::DockerIgnore) : nullptr;
        return file ? file->text : QByteArray();
    };
    QVERIFY(ignore().contains("\n**/.env\n**/.env.*\n"));
    put(repository.path(".dockerignore"), "# mine\ndocs");
    QVERIFY(ignore().startsWith("# mine\ndocs\n"));
    QVERIFY(ignore().contains("\n**/.env.*\n"));
    QVERIFY(!ignore().contains("node_modules"));
    put(repository.path(".dockerignore"), ignore());
    QCOMPARE(ignore(), QByteArray());
    put(repository.path(".dockerignore"), contents(repository.path(".dockerignore")) + "!api/.env\n");
    QVERIFY(ignore().endsWith("**/*-secrets.d\n"));
}

void DeliveryTest::rewrites()
{
    const QByteArray before =
        "\xEF\xBB\xBF{\r\n"
        "  // ünïcödé, and a comment\r\n"
        "  \"rewrites\": [\r\n"
        "    {\"source\": \"/a\", \"destination\": \"https://shop.onrender.com\"}, // one\r\n"
        "    {\"source\": \"/é/:p*\", \"destination\": \"https:\\/\\/SHOP.onrender.com\\/x?y=1\"},\r\n"
        "    {\"source\": \"/b\", \"destination\": \"https://shop.onrender.com.evil.example/x\"},\r\n"
        "    {\"source\": \"/c\", \"destination\": \"https://other.example/?u=https://shop.onrender.com/\"},\r\n"
        "    {\"source\": \"/live/:p*\", \"destination\": \"https://shop.onrender.com/live/:p*\"},\r\n"
        "    {\"source\": \"/socket.io/:p*\", \"destination\": \"https://shop.onrender.com/socket.io/:p*\"},\r\n"
        "  ],\r\n"
        "  \"redirects\": [{\"source\": \"/d\", \"destination\": \"https://shop.onrender.com/d\"}],\r\n"
        "}\r\n";
    Repository repository("  [[backend.socket]]\n  name = \"live\"\n  path = \"/live/feed\"\n");
    put(repository.path("web/vercel.json"), before);
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery);
    const DeliveryFile *file = delivery->find(DeliveryKind::Rewrites);
    QVERIFY(file != nullptr);
    QCOMPARE(file->path, s("web/vercel.json"));
    QByteArray after = before;
    after.replace("\"/a\", \"destination\": \"https://shop.onrender.com\"",
                  "\"/a\", \"destination\": \"https://shop.fly.dev\"");
    after.replace("https:\\/\\/SHOP.onrender.com\\/x", "https://shop.fly.dev\\/x");
    after.replace("https://shop.onrender.com/d", "https://shop.fly.dev/d");
    QCOMPARE(file->text, after);
    const QString notes = delivery->notes.join(QLatin1Char('\n'));
    QVERIFY2(notes.contains(s("web/vercel.json:8: the rewrite of /live/:p* still leads")), qPrintable(notes));
    QVERIFY2(notes.contains(s("web/vercel.json:9: the rewrite of /socket.io/:p* still leads")), qPrintable(notes));
    QVERIFY2(notes.contains(s("web/vercel.json:7: rewrites[3].destination names shop.onrender.com as well")),
             qPrintable(notes));
    // Broken: left alone, and said.
    put(repository.path("web/vercel.json"), "{\"rewrites\": [");
    const Result<Delivery> broken = repository.prepare();
    QVERIFY(broken && !broken->find(DeliveryKind::Rewrites));
    QVERIFY(broken->notes.join(QString()).contains(s("web/vercel.json was left alone")));
}

/// The script with a fly that notes what it is given: values come on standard input and stand in no argument.
void DeliveryTest::secretsScript()
{
    Repository repository;
    put(repository.path("api/.env"), "API_KEY=canary-key\nPEM=\"canary \\\"a\\\" #b\"\n");
    put(repository.path("api/requirements.txt"), "x\n");
    const Result<Delivery> delivery = repository.prepare(true);
    QVERIFY(delivery);
    QTemporaryDir out;
    QVERIFY(writeDelivery(*delivery, out.path()));
    put(out.filePath(s("bin/fly")), "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$0.argv\"\ncat >>\"$0.stdin\"\n");
    QFile::setPermissions(out.filePath(s("bin/fly")), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    const auto run = [&](const QStringList &arguments, QByteArray *said = nullptr) {
        QProcess script;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(s("PATH"), out.filePath(s("bin:")) + s("/usr/bin:/bin"));
        script.setProcessEnvironment(environment);
        script.setProcessChannelMode(QProcess::MergedChannels);
        script.setWorkingDirectory(s("/"));
        script.start(s("dash"), QStringList{out.filePath(s("set-secrets.sh"))} + arguments);
        script.closeWriteChannel();
        const bool done = script.waitForFinished(20'000);
        const QByteArray text = script.readAll();
        if (said)
            *said = text;
        return done ? script.exitCode() : -1;
    };
    QByteArray said;
    QVERIFY2(run({}, &said) == 0, said.constData());
    const QByteArray arguments = contents(out.filePath(s("bin/fly.argv")));
    const QByteArray input = contents(out.filePath(s("bin/fly.stdin")));
    QVERIFY2(arguments.startsWith("secrets import --stage --app shop\n"), arguments.constData());
    QVERIFY(!arguments.contains("canary"));
    QVERIFY(input.contains("API_KEY=\"canary-key\"") || input.contains("API_KEY=canary-key"));
    QVERIFY2(input.contains("canary \"a\" #b"), input.constData());
    QVERIFY(!said.contains("canary"));

    // Refused, and nothing sent: readable by others, empty values, no file.
    QFile::remove(out.filePath(s("bin/fly.argv")));
    const QString file = out.filePath(s("fly-secrets.env"));
    QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther);
    QCOMPARE(run({}, &said), 2);
    QVERIFY2(said.contains("can be read by others"), said.constData());
    put(file, "API_KEY=\"\"\nOTHER=x\nTHIRD=\n");
    QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner);
    QCOMPARE(run({}, &said), 2);
    QVERIFY2(said.contains("API_KEY THIRD"), said.constData());
    QCOMPARE(run({s("/nowhere/file")}, &said), 2);
    QVERIFY(!QFile::exists(out.filePath(s("bin/fly.argv"))));
    QCOMPARE(run({s("-")}, &said), 0);
}

void DeliveryTest::scrapeConfig()
{
    Repository repository("  [[backend.socket]]\n  name = \"a\"\n  path = \"/a\"\n"
                          "  count = { prometheus = { path = \"/internal/metrics\", metric = \"ws\" } }\n");
    Result<Delivery> delivery = repository.prepare();
    if (!delivery || !delivery->find(DeliveryKind::ScrapeConfig)) {
        // The count's path may be written in one form only; the code's route serves as well.
        QFAIL(qPrintable(delivery ? delivery->notes.join(QLatin1Char('\n')) : delivery.error().toString()));
    }
    QTemporaryDir out;
    QVERIFY(writeDelivery(*delivery, out.path()));
    QProcess python;
    python.start(s("/usr/bin/python3"),
                 {s("-c"), s("import sys, yaml, json; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"),
                  out.filePath(s("prometheus-scrape.yml"))});
    QVERIFY(python.waitForFinished(20'000));
    const QJsonValue job = QJsonDocument::fromJson(python.readAllStandardOutput())[s("scrape_configs")][0];
    QCOMPARE(job[s("scheme")].toString(), s("https"));
    QCOMPARE(job[s("metrics_path")].toString(), s("/internal/metrics"));
    QCOMPARE(job[s("static_configs")][0][s("targets")][0].toString(), s("shop.fly.dev"));
    // Without a count source a route in the code tells; without either there is none.
    Repository plain;
    QVERIFY(!plain.prepare()->find(DeliveryKind::ScrapeConfig));
    put(plain.path("api/main.py"), "@app.get(\"/metrics\")\ndef m(): pass\n");
    QVERIFY(plain.prepare()->find(DeliveryKind::ScrapeConfig));
    const QString promtool = QStandardPaths::findExecutable(s("promtool"));
    if (promtool.isEmpty())
        QSKIP("promtool is not installed; the file was read by a YAML parser");
    put(out.filePath(s("prometheus.yml")), "scrape_config_files: [prometheus-scrape.yml]\n");
    QCOMPARE(QProcess::execute(promtool, {s("check"), s("config"), out.filePath(s("prometheus.yml"))}), 0);
    QCOMPARE(QProcess::execute(promtool, {s("check"), s("config"), out.filePath(s("prometheus-scrape.yml"))}), 0);
}

void DeliveryTest::command()
{
    Repository repository;
    put(repository.path("api/requirements.txt"), "x\n");
    QTemporaryDir out;
    const QString folder = out.filePath(s("set"));
    const QStringList base{s("--workspace"), repository.path("switchyard.toml"),
                           s("manifest"),    s("export"),
                           s("--backend"),   s("new"),
                           s("--out"),       folder};
    const CliResult preview = runCli(base + QStringList{s("--preview")});
    QVERIFY2(preview.status == 0, qPrintable(preview.err));
    QVERIFY2(preview.out.contains(s("new      fly.toml\n")) && preview.out.contains(s("+kill_signal = 'SIGTERM'\n")),
             qPrintable(preview.out));
    QVERIFY(!QFile::exists(folder));
    const CliResult first = runCli(base + QStringList{s("--format"), s("json")});
    QVERIFY2(first.status == 0, qPrintable(first.err));
    QCOMPARE(validate(s("manifest-export"), first.out.toUtf8()), QString());
    QCOMPARE(first.json()[s("written")].toBool(), true);
    for (const QJsonValue file : first.json()[s("files")].toArray())
        QCOMPARE(file[s("status")].toString(), s("new"));
    QVERIFY(!first.json()[s("loss")].toArray().isEmpty());
    QCOMPARE(runCli(base + QStringList{s("--strict")}).status, 1);
    const CliResult again = runCli(base + QStringList{s("--preview"), s("--format"), s("json")});
    QCOMPARE(again.json()[s("written")].toBool(), false);
    for (const QJsonValue file : again.json()[s("files")].toArray())
        QVERIFY2(file[s("status")].toString() == s("same"), qPrintable(file[s("path")].toString()));
    const CliResult secret = runCli(base + QStringList{s("--with-secrets"), s("--preview")});
    QVERIFY(secret.out.contains(s("fly-secrets.env  (holds secrets: not shown)")));
    QVERIFY(!secret.out.contains(s("canary")) && !secret.err.contains(s("canary")));
    // Bad input.
    QCOMPARE(runCli({s("manifest"), s("export"), s("--out"), folder}).status, 2);
    QCOMPARE(runCli(base.first(6)).status, 2);
    QStringList unknown = base;
    unknown[5] = s("nobody");
    const CliResult nobody = runCli(unknown);
    QCOMPARE(nobody.status, 2);
    QVERIFY2(nobody.err.contains(s("name one of old and new")) || nobody.err.contains(s("name one of old, new")),
             qPrintable(nobody.err));
}

void DeliveryTest::keepsWhatIsThere()
{
    Repository repository;
    put(repository.path("api/requirements.txt"), "x\n");
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery);
    QTemporaryDir out;
    put(out.filePath(s("DELIVERY.md")), "mine\n");
    Result<void> written = writeDelivery(*delivery, out.path());
    QVERIFY(!written && written.error().kind == ErrorKind::Usage);
    QVERIFY(written.error().message.contains(s("no export wrote it")));
    QCOMPARE(filesBelow(out.path()), QStringList{s("DELIVERY.md")});
    QCOMPARE(contents(out.filePath(s("DELIVERY.md"))), QByteArray("mine\n"));
    QVERIFY(writeDelivery(*delivery, out.path(), true));
    QVERIFY(contents(out.filePath(s("DELIVERY.md"))).startsWith("# Shop"));

    // What was edited since is somebody's work.
    put(out.filePath(s("Dockerfile")), "FROM scratch\n");
    written = writeDelivery(*delivery, out.path());
    QVERIFY(!written && written.error().message.contains(s("was changed since it was written")));
    QCOMPARE(contents(out.filePath(s("Dockerfile"))), QByteArray("FROM scratch\n"));
    QVERIFY(writeDelivery(*delivery, out.path(), true));
    // Another set takes the place of one that nobody touched.
    put(repository.path("api/.python-version"), "3.10\n");
    QVERIFY(writeDelivery(*repository.prepare(), out.path()));
    QVERIFY(contents(out.filePath(s("Dockerfile"))).contains("python:3.10-slim"));

    // A source is never replaced: here the values lie where the template of names would.
    Repository inPlace;
    put(inPlace.path("switchyard.toml"), contents(inPlace.path("switchyard.toml")).replace("api/.env", ".env.example"));
    put(inPlace.path(".env.example"), "API_KEY=x\n");
    written = writeDelivery(*inPlace.prepare(), inPlace.folder(), true);
    QVERIFY(!written && written.error().message.contains(s("one of the sources")));
    QCOMPARE(contents(inPlace.path(".env.example")), QByteArray("API_KEY=x\n"));
}

void DeliveryTest::allOrNone()
{
    Repository repository;
    put(repository.path("api/requirements.txt"), "x\n");
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery);
    QTemporaryDir out;
    // The last file cannot be put in its place: what came before is taken back.
    QVERIFY(QDir(out.path()).mkpath(s("delivery.json")));
    QVERIFY(!writeDelivery(*delivery, out.path(), true));
    QCOMPARE(filesBelow(out.path()), QStringList());
    QVERIFY(!writeDelivery(*delivery, s("/proc/switchyard")));
    put(out.filePath(s("file")), "x");
    QVERIFY(!writeDelivery(*delivery, out.filePath(s("file"))));
    if (::geteuid() != 0)
        return;
    const QString mount = out.filePath(s("small"));
    QDir().mkpath(mount);
    if (QProcess::execute(s("mount"), {s("-t"), s("tmpfs"), s("-o"), s("size=16k"), s("tmpfs"), mount}) != 0)
        return;
    const Result<void> full = writeDelivery(*delivery, mount);
    const QStringList left = QDir(mount).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    QProcess::execute(s("umount"), {mount});
    QVERIFY(!full && full.error().kind == ErrorKind::Io);
    QCOMPARE(left, QStringList());
}

void DeliveryTest::badRequests()
{
    Repository repository;
    const auto error = [&] {
        const Result<Delivery> delivery = repository.prepare();
        return delivery ? QString() : delivery.error().toString();
    };
    put(repository.path("render.yaml"), "services: [\n");
    QVERIFY2(error().contains(s("render.yaml")), qPrintable(error()));
    put(repository.path("render.yaml"), "previews: {generation: off}\n");
    QVERIFY2(error().contains(s("nothing of render.yaml can run on Fly.io")), qPrintable(error()));
    QFile::remove(repository.path("render.yaml"));
    QVERIFY2(error().contains(s("there is no manifest for Fly.io")), qPrintable(error()));
    // Env files that cannot be read are said, and the rest is there.
    repository.start("python main.py");
    put(repository.path("api/.env"), QByteArray("A=\xff\xfe\n"));
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery);
    QVERIFY(delivery->notes.join(QString()).contains(s("could not be read, so that its variables are missing")));
}

QTEST_GUILESS_MAIN(DeliveryTest)
#include "tst_delivery.moc"
