// SPDX-License-Identifier: GPL-3.0-or-later
// manifest lint, as a person or a pipeline runs it.
#include "tests/support/cli.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

class ManifestLintTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsAndFails();
    void cleanPasses();
    void brokenFiles_data();
    void brokenFiles();
    void theOthersAreStillRead();
    void scriptsWithoutTheirRunBit();
    void rules();
    void realFiles();

private:
    QString write(const char *name, const QByteArray &text);
    CliResult lint(const QStringList &arguments);

    QTemporaryDir m_folder;
};

QString ManifestLintTest::write(const char *name, const QByteArray &text)
{
    QFile file(m_folder.filePath(s(name)));
    if (!file.open(QIODevice::WriteOnly))
        return {};
    file.write(text);
    return file.fileName();
}

CliResult ManifestLintTest::lint(const QStringList &arguments)
{
    return runCli(QStringList{s("manifest"), s("lint")} + arguments);
}

void ManifestLintTest::findsAndFails()
{
    const QString file = write("fly.toml", "app = 'a'\n[env]\nJWT_SECRET = 'hunter2hunter2hunter2'\n"
                                           "[http_service]\ninternal_port = 8080\n");
    const CliResult text = lint({file});
    QVERIFY2(text.status == 1, qPrintable(text.err + text.out));
    QVERIFY(text.out.contains(s("[fly/kill-signal]")));
    QVERIFY2(!(text.out + text.err).contains(s("hunter2")), qPrintable(text.out));
    const CliResult json = lint({file, s("--format"), s("json")});
    QCOMPARE(json.status, 1);
    QCOMPARE(validate(s("manifest-lint"), json.out.toUtf8()), QString());
    QVERIFY(!json.out.contains(s("hunter2")));
    bool secret = false;
    for (const QJsonValue finding : json.json()[s("findings")].toArray())
        secret =
            secret || (finding[s("line")].toInt() == 3 && finding[s("message")].toString().contains(s("JWT_SECRET")));
    QVERIFY(secret);
}

void ManifestLintTest::cleanPasses()
{
    QDir().mkpath(m_folder.filePath(s("clean")));
    const QString clean = write("clean/fly.toml", "app = 'a'\nprimary_region = 'fra'\nkill_signal = 'SIGTERM'\n"
                                                  "kill_timeout = '30s'\n[http_service]\ninternal_port = 8080\n"
                                                  "force_https = true\n[[http_service.checks]]\npath = '/health'\n"
                                                  "interval = '15s'\ntimeout = '2s'\ngrace_period = '10s'\n");
    const CliResult result = lint({clean});
    QVERIFY2(result.status == 0, qPrintable(result.err + result.out));
}

void ManifestLintTest::brokenFiles_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("place");
    QTest::newRow("YAML") << QByteArray("render.yaml") << QByteArray("services:\n  - type: web\n   name: [\n")
                          << s(":3:");
    QTest::newRow("TOML") << QByteArray("fly.toml") << QByteArray("app = 'a'\n[env\n") << s(":2:");
    QTest::newRow("JSON") << QByteArray("vercel.json") << QByteArray("{\n  \"rewrites\": [,]\n}\n") << s(":2:16");
    QTest::newRow("tab") << QByteArray("render.yaml") << QByteArray("services:\n\t- type: web\n") << s(":2:");
    QTest::newRow("unknown") << QByteArray("main.tf") << QByteArray("x\n") << s("main.tf");
}

void ManifestLintTest::brokenFiles()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, text);
    QFETCH(QString, place);
    const CliResult result = lint({write(name.constData(), text)});
    QVERIFY2(result.status == 2, qPrintable(result.err + result.out));
    QVERIFY2(result.err.contains(place), qPrintable(result.err));
}

void ManifestLintTest::theOthersAreStillRead()
{
    const QString broken = write("render.yaml", "services: [\n");
    const QString file = write("fly.toml", "app = 'a'\n[http_service]\ninternal_port = 8080\n");
    const CliResult result = lint({broken, file, m_folder.filePath(s("missing.toml"))});
    QCOMPARE(result.status, 2);
    QVERIFY2(result.out.contains(s("[fly/kill-signal]")), qPrintable(result.out));
    QVERIFY(result.err.contains(s("render.yaml:")) && result.err.contains(s("missing.toml")));
    QCOMPARE(lint({}).status, 2);
}

void ManifestLintTest::scriptsWithoutTheirRunBit()
{
    QTemporaryDir repository;
    const auto git = [&](const QStringList &arguments) {
        QProcess process;
        process.setWorkingDirectory(repository.path());
        process.start(s("git"), arguments);
        return process.waitForFinished(20'000) && process.exitCode() == 0;
    };
    const auto put = [&](const char *name, const QByteArray &text) {
        QFile file(repository.filePath(s(name)));
        return file.open(QIODevice::WriteOnly) && file.write(text) > 0;
    };
    QVERIFY(put("render.yaml",
                "services:\n  - type: web\n    name: a\n    runtime: python\n    plan: starter\n"
                "    buildCommand: ./build.sh\n    startCommand: uvicorn a:a --host 0.0.0.0 --port $PORT\n"
                "    healthCheckPath: /health\n"));
    QVERIFY(put("build.sh", "#!/bin/sh\n"));
    QVERIFY(git({s("init"), s("-q")}) && git({s("add"), s(".")}));
    const QString manifest = repository.filePath(s("render.yaml"));
    const CliResult before = lint({manifest});
    QVERIFY2(before.out.contains(s(":6:")) && before.out.contains(s("build.sh")), qPrintable(before.out + before.err));
    QVERIFY(git({s("update-index"), s("--chmod=+x"), s("build.sh")}));
    const CliResult after = lint({manifest});
    QVERIFY2(!after.out.contains(s("build.sh")), qPrintable(after.out));
}

void ManifestLintTest::rules()
{
    const CliResult text = lint({s("--rules")});
    QCOMPARE(text.status, 0);
    QVERIFY(text.out.contains(s("fly/kill-signal")));
    const CliResult json = lint({s("--rules"), s("--format"), s("json")});
    QVERIFY(json.json()[s("rules")].toArray().size() > 50);
}

void ManifestLintTest::realFiles()
{
    const QDir corpus(s(SOURCE_DIR "/../shared/data/corpus"));
    if (!corpus.exists())
        QSKIP("the real-world files lie beside the repository, and are not here");
    for (const char *folder : {"render", "fly", "vercel", "dockerfile"}) {
        QStringList files;
        const QDir dir(corpus.filePath(s(folder)));
        for (const QString &name : dir.entryList(QDir::Files))
            files.append(dir.filePath(name));
        QVERIFY(files.size() > 10);
        const CliResult result = lint(files + QStringList{s("--format"), s("json")});
        QVERIFY2(result.status == 0 || result.status == 1 || result.status == 2, qPrintable(result.err));
        QCOMPARE(validate(s("manifest-lint"), result.out.toUtf8()), QString());
        QVERIFY(result.ms < 20'000);
    }
}

QTEST_GUILESS_MAIN(ManifestLintTest)
#include "tst_manifestlint.moc"
