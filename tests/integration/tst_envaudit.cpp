// SPDX-License-Identifier: GPL-3.0-or-later
// env audit, env diff and scan on the five systems of tests/fixtures/seeds: each one's table of variables, where its
// documents are wrong, and what stands in its code. Nothing that is secret comes out.
#include "tests/support/cli.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString seedFolder(const QString &seed)
{
    return s(SOURCE_DIR "/tests/fixtures/seeds/") + seed;
}

CliResult runIn(const QString &folder, const QStringList &arguments)
{
    CliOptions options;
    options.cwd = folder;
    return runCli(arguments, options);
}

/// A row as the tables in tests/fixtures/environment/audit have it.
QString lineOf(const QJsonObject &row)
{
    QStringList words;
    for (const char *key : {"component", "name", "class", "status", "scope"})
        words.append(row[s(key)].toString());
    words.append(row[s("secret")].toBool() ? s("secret") : s("plain"));
    for (const QJsonValue &note : row[s("notes")].toArray())
        words.append(note[s("severity")].toString() + QLatin1Char(':') + note[s("id")].toString());
    return words.join(QLatin1Char(' '));
}

QJsonObject rowOf(const QJsonObject &audit, const QString &component, const QString &name)
{
    for (const QJsonValue &each : audit[s("rows")].toArray()) {
        if (each[s("name")].toString() == name && each[s("component")].toString() == component)
            return each.toObject();
    }
    return {};
}

bool copyTree(const QString &from, const QString &to)
{
    QDirIterator files(from, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString file = files.next();
        const QString target = QDir(to).filePath(QDir(from).relativeFilePath(file));
        if (!QDir().mkpath(QFileInfo(target).path()) || !QFile::copy(file, target))
            return false;
    }
    return true;
}

} // namespace

class EnvAuditTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void table_data() { seeds(); }
    void table();
    void corrections_data();
    void corrections();
    void whereItIsRead();
    void noSecrets_data() { seeds(); }
    void noSecrets();
    void onRequest();
    void theOtherWay();
    void diff();
    void diffOfFiles();
    void scanned_data();
    void scanned();
    void nothingRemains();
    void badInput_data();
    void badInput();

private:
    static void seeds();
};

void EnvAuditTest::seeds()
{
    QTest::addColumn<QString>("seed");
    for (const char *seed : {"0-cryptovault", "1-cryptovault", "2-devskyy", "3-momentum", "4-casino"})
        QTest::newRow(seed) << s(seed);
}

void EnvAuditTest::table()
{
    QFETCH(QString, seed);
    const CliResult result = runIn(seedFolder(seed), {s("env"), s("audit"), s("--format"), s("json")});
    const QJsonObject audit = result.json();
    QCOMPARE(result.status, seed == s("4-casino") ? 0 : 1);
    QStringList lines;
    for (const QJsonValue &row : audit[s("rows")].toArray()) {
        lines.append(lineOf(row.toObject()));
        QVERIFY(!row[s("reason")].toString().isEmpty());
    }
    for (const QJsonValue &note : audit[s("notes")].toArray())
        lines.append(s("* %1 %2 %3")
                         .arg(note[s("severity")].toString(), note[s("id")].toString(), note[s("message")].toString()));
    QFile file(s(SOURCE_DIR "/tests/fixtures/environment/audit/%1.txt").arg(seed));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QStringList expected = QString::fromUtf8(file.readAll()).trimmed().split(QLatin1Char('\n'));
    for (const QString &line : expected)
        QVERIFY2(lines.contains(line), qPrintable(s("missing: %1").arg(line)));
    QCOMPARE(lines, expected);
    const QString wrong = validate(s("env-audit"), QJsonDocument(audit).toJson());
    if (wrong.startsWith(s("skip")))
        QSKIP(qPrintable(wrong));
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

void EnvAuditTest::corrections_data()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QString>("component");
    QTest::addColumn<QString>("variable");
    QTest::addColumn<QString>("text"); ///< in reason, action, wanted value or a note
    const auto row = [](const char *tag, const char *seed, const char *component, const char *variable,
                        const char *text) { QTest::newRow(tag) << s(seed) << s(component) << s(variable) << s(text); };
    // Seed 0: "dynamic, do not override"; a reference in a value; WORKERS.
    row("port is 10000", "0-cryptovault", "api", "PORT", "Render sets PORT (10000)");
    row("no interpolation", "0-cryptovault", "api", "PUBLIC_API_URL", "values are not interpolated");
    row("what it should be", "0-cryptovault", "api", "PUBLIC_API_URL", "https://cryptovault-api.onrender.com");
    row("workers", "0-cryptovault", "api", "WORKERS", "WEB_CONCURRENCY");
    row("injected is not written", "0-cryptovault", "api", "RENDER_EXTERNAL_URL", "Render sets it by itself");
    row("frontend is built anew", "0-cryptovault", "frontend", "VITE_API_BASE_URL", "build and publish frontend anew");
    // Seed 1: a pattern in a list; SameSite=Lax; Fly sets no PORT.
    row("glob", "1-cryptovault", "api", "CORS_ORIGINS", "^https://cryptovault-[a-z0-9-]+\\.vercel\\.app$");
    row("SameSite", "1-cryptovault", "api", "COOKIE_SAMESITE", "SameSite=lax");
    row("cross-site", "1-cryptovault", "api", "CORS_ORIGINS", "SameSite=None; Secure");
    row("Fly sets no PORT", "1-cryptovault", "api", "PORT", "internal_port = 8001");
    row("build setting", "1-cryptovault", "api", "PYTHON_VERSION", "on Fly.io the image says it");
    row("Fly's own", "1-cryptovault", "api", "FLY_REGION", "Fly.io sets it; read by backend/fly_status.py");
    // Seed 2: the platform's URL and the driver; generated keys.
    row("driver", "2-devskyy", "api", "DATABASE_URL", "the program takes postgresql+asyncpg://");
    row("generated key", "2-devskyy", "api", "ENCRYPTION_MASTER_KEY", "cannot be read with a new one");
    row("base64", "2-devskyy", "api", "JWT_SECRET_KEY", "written as base64");
    // Seed 3: sslmode for asyncpg; the secret of the two services.
    row("sslmode", "3-momentum", "api", "DATABASE_URL", "write ssl=… instead of sslmode=…");
    row("equal secrets", "3-momentum", "api", "SESSION_HASH_SECRET", "not the same as in auth-server");
    row("equal secrets, there", "3-momentum", "auth-server", "SESSION_HASH_SECRET", "not the same as in api");
    // Seed 4: split(","), the plan of the frontend.
    row("split", "4-casino", "backend", "CORS_ORIGINS", "the list is one empty entry");
    row("required", "4-casino", "backend", "REDIS_URL", "required by backend/start_production.py:10");
    row("plan", "4-casino", "frontend", "VITE_WS_URL", "the plan already names render");
}

void EnvAuditTest::corrections()
{
    QFETCH(QString, seed);
    QFETCH(QString, component);
    QFETCH(QString, variable);
    QFETCH(QString, text);
    const QJsonObject audit = runIn(seedFolder(seed), {s("env"), s("audit"), s("--format"), s("json")}).json();
    const QJsonObject row = rowOf(audit, component, variable);
    QVERIFY(!row.isEmpty());
    QString said = row[s("reason")].toString() + QLatin1Char('\n') + row[s("action")].toString() + QLatin1Char('\n') +
                   row[s("wanted")].toString();
    for (const QJsonValue &note : row[s("notes")].toArray())
        said += QLatin1Char('\n') + note[s("message")].toString() + QLatin1Char('\n') + note[s("hint")].toString();
    QVERIFY2(said.contains(text), qPrintable(said));
}

void EnvAuditTest::whereItIsRead()
{
    const QJsonObject audit = runIn(seedFolder(s("4-casino")), {s("env"), s("audit"), s("--format"), s("json")}).json();
    QStringList places;
    for (const QJsonValue &place : rowOf(audit, s("backend"), s("PORT"))[s("used_by")].toArray())
        places.append(place.toString());
    // Every place is one, from the workspace's folder, and the name stands in that line.
    QVERIFY(places.contains(s("backend/config.py:8")));
    for (const QString &place : places) {
        QFile file(QDir(seedFolder(s("4-casino"))).filePath(place.section(QLatin1Char(':'), 0, 0)));
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(place));
        const QByteArray line = file.readAll().split('\n').value(place.section(QLatin1Char(':'), 1, 1).toInt() - 1);
        QVERIFY2(line.contains("PORT"), qPrintable(place));
    }
}

/// No value that the fixtures plant, in any form of output.
void EnvAuditTest::noSecrets()
{
    QFETCH(QString, seed);
    const QString folder = seedFolder(seed);
    QTemporaryDir out;
    QStringList backends;
    QFile workspace(folder + s("/switchyard.toml"));
    QVERIFY(workspace.open(QIODevice::ReadOnly));
    for (const QByteArray &line : workspace.readAll().split('\n')) {
        if (line.startsWith("name = \""))
            backends.append(QString::fromUtf8(line.mid(8, line.lastIndexOf('"') - 8)));
    }
    QList<QStringList> commands{{s("env"), s("audit")},
                                {s("env"), s("audit"), s("--format"), s("json")},
                                {s("scan"), s("."), s("--include-docs"), s("--include-tests"), s("--patch"),
                                 out.filePath(s("p.patch")), s("--write-baseline"), out.filePath(s("b.json"))},
                                {s("scan"), s("."), s("--format"), s("json")}};
    QStringList names;
    for (const QString &backend : backends) {
        const CliResult probe = runIn(
            folder, {s("env"), s("export"), s("--to"), s("dotenv"), s("--backend"), backend, s("--skip-refused")});
        if (probe.status == 2)
            continue; // a component's name
        names.append(backend);
        for (const char *target : {"dotenv", "render", "fly-secrets", "docker", "compose", "systemd", "kubernetes",
                                   "github", "vercel", "heroku", "env-example"})
            commands.append(
                {s("env"), s("export"), s("--to"), s(target), s("--backend"), backend, s("--skip-refused")});
    }
    QCOMPARE(names.size(), 2);
    commands.append({s("env"), s("diff"), names[0], names[1]});
    commands.append({s("env"), s("diff"), names[1], names[0], s("--format"), s("json")});
    int canaries = 0;
    QDirIterator files(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        QFile file(files.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        canaries += int(file.readAll().count("canary-seed"));
    }
    QVERIFY2(canaries > 0, "the fixture has no canary to look for");
    for (const QStringList &command : commands) {
        const CliResult result = runIn(folder, command);
        QVERIFY2(result.status == 0 || result.status == 1 || result.status == 3,
                 qPrintable(command.join(QLatin1Char(' ')) + result.err));
        QVERIFY2(!result.out.contains(s("canary-seed")) && !result.err.contains(s("canary-seed")),
                 qPrintable(command.join(QLatin1Char(' '))));
    }
    for (const char *name : {"p.patch", "b.json"}) {
        QFile file(out.filePath(s(name)));
        QVERIFY(file.open(QIODevice::ReadOnly));
        // A patch has the lines around a change as they are, so it keeps away from secrets altogether.
        QVERIFY2(!file.readAll().contains("canary-seed"), name);
    }
}

void EnvAuditTest::onRequest()
{
    const CliResult result =
        runIn(seedFolder(s("0-cryptovault")), {s("env"), s("audit"), s("--with-secrets"), s("--format"), s("json")});
    const QJsonObject row = rowOf(result.json(), s("api"), s("JWT_SECRET"));
    QCOMPARE(row[s("source")].toString(), s("canary-seed0-jwt-9b7e2a5d1c3f4e6a8b0c2d4e6f80"));
}

/// Back to where it came from: what Render injected is translated.
void EnvAuditTest::theOtherWay()
{
    const CliResult result = runIn(seedFolder(s("0-cryptovault")), {s("env"), s("audit"), s("--from"), s("render"),
                                                                    s("--to"), s("fly"), s("--format"), s("json")});
    const QJsonObject audit = result.json();
    QCOMPARE(audit[s("from")].toString(), s("render"));
    QCOMPARE(rowOf(audit, s("api"), s("PORT"))[s("class")].toString(), s("rewrite"));
    QCOMPARE(rowOf(audit, s("api"), s("PORT"))[s("status")].toString(), s("ok"));
    QVERIFY(rowOf(audit, s("api"), s("PORT"))[s("reason")].toString().contains(s("internal_port = 8000")));
}

void EnvAuditTest::diff()
{
    const QString folder = seedFolder(s("4-casino"));
    const CliResult result = runIn(folder, {s("env"), s("diff"), s("fly"), s("render"), s("--format"), s("json")});
    QCOMPARE(result.status, 1);
    QMap<QString, QString> states;
    for (const QJsonValue &row : result.json()[s("rows")].toArray())
        states.insert(row[s("name")].toString(), row[s("status")].toString());
    const QMap<QString, QString> expected{{s("ENVIRONMENT"), s("same")},
                                          {s("CORS_ORIGINS"), s("same")},
                                          {s("PORT"), s("differs")},
                                          {s("DATABASE_URL"), s("cannot-verify")},
                                          {s("REDIS_URL"), s("cannot-verify")},
                                          {s("PYTHON_VERSION"), s("only-second")}};
    QCOMPARE(states, expected);
    const QString wrong = validate(s("env-diff"), QJsonDocument(result.json()).toJson());
    QVERIFY2(wrong.isEmpty() || wrong.startsWith(s("skip")), qPrintable(wrong));
}

void EnvAuditTest::diffOfFiles()
{
    const QString folder = seedFolder(s("0-cryptovault"));
    const CliResult same = runIn(folder, {s("env"), s("diff"), s("backend/.env.fly"), s("backend/.env.fly")});
    QCOMPARE(same.status, 0);
    const CliResult other = runIn(folder, {s("env"), s("diff"), s("fly.toml"), s("render.yaml")});
    QCOMPARE(other.status, 1);
    QVERIFY(other.out.contains(s("only-first    CORS_ORIGINS")));
    const CliResult live = runIn(folder, {s("env"), s("diff"), s("fly"), s("live:fly")});
    QCOMPARE(live.status, 2);
    QVERIFY(live.err.contains(s("no driver reads the variables")));
}

void EnvAuditTest::scanned_data()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QString>("platform"); ///< that is left
    QTest::addColumn<QStringList>("places");
    const auto row = [](const char *seed, const char *platform, const QStringList &places) {
        QTest::newRow(seed) << s(seed) << s(platform) << places;
    };
    // The report counts twelve and lists six, and is of two minds about security.py: these are what is there.
    row("0-cryptovault", "fly",
        {s("backend/config.py:73"), s("backend/middleware/security.py:9"), s("backend/middleware/security.py:9"),
         s("fly.toml:14"), s("frontend/.env.production:1"), s("frontend/index.html:5"), s("frontend/src/main.js:2"),
         s("frontend/vercel.json:24")});
    row("1-cryptovault", "render",
        {s("frontend/.env.production:5"), s("frontend/index.html:5"), s("frontend/index.html:5"),
         s("frontend/vercel.json:22"), s("frontend/vercel.json:26"), s("frontend/vercel.json:30"),
         s("frontend/vercel.json:34"), s("frontend/vercel.json:38"), s("render.yaml:69")});
    row("2-devskyy", "vercel", {s("main_enterprise.py:26"), s("render.yaml:24")});
    row("3-momentum", "vercel", {s("frontend/.env.production:2"), s("frontend/netlify.toml:7")});
    row("4-casino", "fly",
        {s("backend/.env.production:1"), s("frontend/.env.production:1"), s("frontend/.env.production:2")});
}

void EnvAuditTest::scanned()
{
    QFETCH(QString, seed);
    QFETCH(QString, platform);
    QFETCH(QStringList, places);
    const CliResult result = runIn(seedFolder(seed), {s("scan"), s("."), s("--format"), s("json")});
    QCOMPARE(result.status, 1);
    QStringList found;
    for (const QJsonValue &each : result.json()[s("findings")].toArray()) {
        if (each[s("kind")].toString() == s("platform-host") && each[s("platform")].toString() == platform)
            found.append(s("%1:%2").arg(each[s("file")].toString()).arg(each[s("line")].toInt()));
        // Its own record of the move is no part of the product.
        QVERIFY(each[s("file")].toString() != s("switchyard.toml"));
    }
    QCOMPARE(found, places);
}

/// The last question of a move: does anything still name the platform that is left?
void EnvAuditTest::nothingRemains()
{
    QTemporaryDir folder;
    QVERIFY(copyTree(seedFolder(s("4-casino")), folder.path()));
    const QStringList command{s("scan"),           folder.path(), s("--platform"), s("fly"),
                              s("--include-docs"), s("--format"), s("json")};
    QStringList files;
    const CliResult before = runIn(folder.path(), command);
    QCOMPARE(before.status, 1);
    for (const QJsonValue &each : before.json()[s("findings")].toArray())
        files.append(each[s("file")].toString());
    files.removeDuplicates();
    QVERIFY(files.contains(s("fly.toml")) && files.contains(s(".github/workflows/deploy.yml")) &&
            files.contains(s("package.json")));
    for (const QString &file : files)
        QVERIFY(QFile::remove(QDir(folder.path()).filePath(file)));
    const CliResult after = runIn(folder.path(), command);
    QVERIFY2(after.status == 0, qPrintable(after.out));
    QCOMPARE(after.json()[s("findings")].toArray().size(), 0);
}

void EnvAuditTest::badInput_data()
{
    QTest::addColumn<QByteArray>("workspace");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("error");
    const QByteArray head = "schema = 1\nname = \"T\"\n[[component]]\nname = \"api\"\n"
                            "[[backend]]\nname = \"a\"\ncomponent = \"api\"\nplatform = \"fly\"\nrole = \"source\"\n"
                            "url = \"https://a.fly.dev\"\n";
    const QByteArray second =
        "[[backend]]\nname = \"b\"\ncomponent = \"api\"\nplatform = \"render\"\nrole = \"target\"\n"
        "url = \"https://b.onrender.com\"\n";
    QTest::newRow("no target") << head << QStringList() << s("no backend with the role \"target\"");
    QTest::newRow("no such backend") << head + second << QStringList{s("--to"), s("c")} << s("no backend c");
    QTest::newRow("itself") << head + second << QStringList{s("--to"), s("a")} << s("compared with itself");
    QTest::newRow("missing file") << head + second + "env = [\"nowhere.env\"]\n" << QStringList() << s("nowhere.env");
    QTest::newRow("binary file") << head + second + "env = [\"nul.env\"]\n" << QStringList() << s("nul.env:2:3");
    QTest::newRow("broken UTF-8") << head + second + "env = [\"latin.env\"]\n" << QStringList() << s("latin.env:1:");
    QTest::newRow("no folder") << QByteArray(head).replace("name = \"api\"\n[[",
                                                           "name = \"api\"\nroot = \"nowhere\"\n[[") +
                                      second
                               << QStringList() << s("has no folder");
}

void EnvAuditTest::badInput()
{
    QFETCH(QByteArray, workspace);
    QFETCH(QStringList, arguments);
    QFETCH(QString, error);
    QTemporaryDir folder;
    const auto write = [&](const char *name, const QByteArray &text) {
        QFile file(folder.filePath(s(name)));
        return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
    };
    QVERIFY(write("switchyard.toml", workspace));
    QVERIFY(write("nul.env", QByteArray("A=1\nB=\0x\n", 9)));
    QVERIFY(write("latin.env", "A=caf\xE9\n"));
    const CliResult result = runIn(folder.path(), QStringList{s("env"), s("audit")} + arguments);
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(error), qPrintable(result.err));
    QVERIFY(result.out.isEmpty());
}

QTEST_GUILESS_MAIN(EnvAuditTest)
#include "tst_envaudit.moc"
