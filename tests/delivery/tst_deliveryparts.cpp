// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of a delivery: images for Python and Node.js, rewrites, the secrets script, the scrape configuration.
#include "models/manifests/dockerfile.h"
#include "models/manifests/manifestset.h"
#include "tests/delivery/repository.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString dockerfileOf(const Result<Delivery> &delivery)
{
    const DeliveryFile *file = delivery ? delivery->find(DeliveryKind::Dockerfile) : nullptr;
    return file ? QString::fromUtf8(file->text) : QString();
}

} // namespace

class DeliveryPartsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
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
    void promtool();
};

void DeliveryPartsTest::images_data()
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

void DeliveryPartsTest::images()
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
    QVERIFY(!text.contains(s("/root/")));
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

void DeliveryPartsTest::imageRefusals()
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

void DeliveryPartsTest::commands_data()
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

void DeliveryPartsTest::commands()
{
    QFETCH(const QByteArray, command);
    QFETCH(const QString, line);
    Repository repository;
    repository.start(command);
    put(repository.path("api/requirements.txt"), "uvicorn\n");
    const QString text = dockerfileOf(repository.prepare());
    QVERIFY2(text.endsWith(line + QLatin1Char('\n')), qPrintable(text));
}

void DeliveryPartsTest::imageBuilds()
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

void DeliveryPartsTest::dockerIgnore()
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

void DeliveryPartsTest::rewrites()
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
void DeliveryPartsTest::secretsScript()
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

void DeliveryPartsTest::scrapeConfig()
{
    Repository repository("  [[backend.socket]]\n  name = \"a\"\n  path = \"/a\"\n"
                          "  count = { prometheus = \"ws\", path = \"/internal/metrics\" }\n");
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery && delivery->find(DeliveryKind::ScrapeConfig));
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
}

void DeliveryPartsTest::promtool()
{
    const QString promtool = QStandardPaths::findExecutable(s("promtool"));
    if (promtool.isEmpty())
        QSKIP("promtool is not installed");
    Repository repository("  [[backend.socket]]\n  name = \"a\"\n  path = \"/a\"\n  count = { prometheus = \"ws\" }\n");
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery && writeDelivery(*delivery, repository.folder(), true));
    QCOMPARE(QProcess::execute(promtool, {s("check"), s("config"), repository.path("prometheus-scrape.yml")}), 0);
}

QTEST_GUILESS_MAIN(DeliveryPartsTest)
#include "tst_deliveryparts.moc"
