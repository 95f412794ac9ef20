// SPDX-License-Identifier: GPL-3.0-or-later
// scan, as a person or a pipeline runs it: over the products of tests/fixtures/scan, with patch, baseline and proof.
#include "tests/support/cli.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

int statusOf(const QString &program, const QStringList &arguments, const QString &folder)
{
    QProcess process;
    process.setWorkingDirectory(folder);
    process.start(program, arguments);
    return process.waitForFinished(30'000) ? process.exitCode() : -1;
}

bool put(const QString &file, const QByteArray &text)
{
    QDir().mkpath(QFileInfo(file).path());
    QFile out(file);
    return out.open(QIODevice::WriteOnly) && out.write(text) == text.size();
}

/// A copy of the products in a repository of its own, so that no rule of this one is in the way.
class Products final
{
public:
    Products()
    {
        const QString source = s(SOURCE_DIR "/tests/fixtures/scan");
        QDirIterator at(source, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (at.hasNext()) {
            QFile file(at.next());
            if (file.open(QIODevice::ReadOnly))
                put(path(at.filePath().mid(source.size() + 1)), file.readAll());
        }
        m_ready = statusOf(s("git"), {s("init"), s("-q")}, m_folder.path()) == 0 &&
                  statusOf(s("git"), {s("add"), s("-A")}, m_folder.path()) == 0;
    }
    bool ready() const { return m_ready; }
    QString path(const QString &file = {}) const { return m_folder.filePath(file); }

private:
    QTemporaryDir m_folder;
    bool m_ready = false;
};

} // namespace

class ScanTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theProducts();
    void patchAppliesAndParses();
    void baselineHidesWhatIsKnown();
    void proofOfAPlatform();
    void exitStatuses();
    void usage_data();
    void usage();
    void interrupted();
    void secretsAppearInNoOutput();
    void realFiles();
};

void ScanTest::theProducts()
{
    const Products products;
    QVERIFY(products.ready());
    const CliResult result = runCli({s("scan"), products.path(), s("--format"), s("json")});
    QVERIFY2(result.status == 1, qPrintable(result.err));
    QCOMPARE(validate(s("scan"), result.out.toUtf8()), QString());
    QMap<QString, QString> found; // "file:line kind match" -> variable
    for (const QJsonValue each : result.json()[s("findings")].toArray())
        found.insert(QStringLiteral("%1:%2 %3 %4 %5")
                         .arg(each[s("file")].toString())
                         .arg(each[s("line")].toInt())
                         .arg(each[s("kind")].toString(), each[s("severity")].toString(), each[s("match")].toString()),
                     each[s("suggestion")].toString());
    const std::pair<const char *, const char *> wanted[] = {
        {"cryptovault/backend/config.py:10 port warning 8000", "PORT"},
        {"cryptovault/backend/config.py:11 origin warning https://www.cryptovault.financial", "APP_URL"},
        {"cryptovault/backend/config.py:12 localhost warning mongodb://localhost:27017", "MONGO_URL"},
        {"cryptovault/backend/config.py:13 platform-host error https://coinbase-love.fly.dev", "API_URL"},
        {"cryptovault/backend/config.py:16 localhost warning http://localhost:3000", "CORS_ORIGINS"},
        {"cryptovault/backend/config.py:17 platform-host error https://coinbase-love.vercel.app", "CORS_ORIGINS"},
        {"cryptovault/backend/middleware/security.py:4 platform-host error https://coinbase-love.fly.dev",
         "PUBLIC_API_URL"},
        {"cryptovault/backend/middleware/security.py:4 platform-host error wss://coinbase-love.fly.dev",
         "PUBLIC_WS_URL"},
        {"cryptovault/backend/server.py:12 localhost note localhost", "HOST"},
        {"cryptovault/frontend/vercel.json:6 platform-host error https://coinbase-love.fly.dev", "VITE_API_BASE_URL"},
        {"cryptovault/frontend/index.html:6 platform-host error wss://coinbase-love.fly.dev", "PUBLIC_WS_URL"},
        {"cryptovault/frontend/src/hooks/usePrices.ts:3 platform-host error wss://coinbase-love.fly.dev",
         "VITE_WS_URL"},
        {"cryptovault/frontend/.env.production:1 platform-host error https://coinbase-love.fly.dev",
         "VITE_API_BASE_URL"},
        {"cryptovault/mobile/constants.ts:1 platform-host error https://cryptovault-api.onrender.com",
         "EXPO_PUBLIC_API_URL"},
        {"cryptovault/mobile/constants.ts:2 address warning 34.120.54.55", "PINNED_HOST"},
        {"cryptovault/render.yaml:6 platform-host error https://cryptovault-api.onrender.com", "PUBLIC_API_URL"},
        {"devskyy/main.py:12 origin warning https://app.devskyy.app", "CORS_ORIGINS"},
        {"devskyy/main.py:13 platform-host error vercel\\.app", "CORS_ORIGINS"},
        {"momentum/auth-server/server.js:7 port warning 3000", "PORT"},
        {"casino/frontend/config.ts:1 localhost warning ws://localhost:8000", "WS_URL"},
        {"casino/backend/Dockerfile:4 port warning 8000", "PORT"},
        {"casino/backend/db.py:2 platform-host error cassino-db.internal:5432", "DATABASE_URL"},
        {"casino/backend/db.py:3 platform-host error redis://cassino-redis.flycast:6379", "REDIS_URL"},
    };
    for (const auto &[place, variable] : wanted) {
        QVERIFY2(found.contains(s(place)),
                 qPrintable(s(place) + QLatin1Char('\n') + QStringList(found.keys()).join(QLatin1Char('\n'))));
        QCOMPARE(found.value(s(place)), s(variable));
    }
    const QString all = QStringList(found.keys()).join(QLatin1Char('\n'));
    for (const char *never : {"docs/", "tests/", "requirements.txt", "10.4.16.2", "1.2.3", "$schema", "0.0.0.0"})
        QVERIFY2(!all.contains(s(never)), never);
}

void ScanTest::patchAppliesAndParses()
{
    const Products products;
    QVERIFY(products.ready());
    const QTemporaryDir out;
    const QString patch = out.filePath(s("p.patch"));
    const CliResult result = runCli({s("scan"), products.path(), s("--patch"), patch});
    QCOMPARE(result.status, 1);
    QVERIFY2(result.err.contains(s("VITE_API_BASE_URL must be set")), qPrintable(result.err));
    QCOMPARE(statusOf(s("git"), {s("apply"), s("--check"), patch}, products.path()), 0);
    QCOMPARE(statusOf(s("git"), {s("apply"), patch}, products.path()), 0);
    for (const char *file : {"cryptovault/backend/config.py", "cryptovault/backend/server.py"})
        QCOMPARE(statusOf(s("/usr/bin/python3"), {s("-m"), s("py_compile"), s(file)}, products.path()), 0);
    if (!QStandardPaths::findExecutable(s("node")).isEmpty()) {
        for (const char *file : {"cryptovault/frontend/src/lib/api.js", "momentum/auth-server/server.js"}) {
            // "export" is module syntax, which node tells by the suffix.
            const QString module = products.path(s(file)) + s(".mjs");
            QVERIFY(QFile::copy(products.path(s(file)), module));
            QCOMPARE(statusOf(s("node"), {s("--check"), module}, products.path()), 0);
            QVERIFY(QFile::remove(module));
        }
    }
    const CliResult again = runCli({s("scan"), products.path(), s("--format"), s("json")});
    int replaceable = 0;
    for (const QJsonValue each : again.json()[s("findings")].toArray()) {
        replaceable += each[s("replaceable")].toBool() ? 1 : 0;
        QVERIFY(each[s("file")].toString() != s("cryptovault/frontend/src/lib/api.js") ||
                each[s("severity")].toString() == s("note"));
    }
    QCOMPARE(replaceable, 0);
}

void ScanTest::baselineHidesWhatIsKnown()
{
    const Products products;
    QVERIFY(products.ready());
    const QTemporaryDir out;
    const QString file = out.filePath(s("baseline.json"));
    QCOMPARE(runCli({s("scan"), products.path(), s("--write-baseline"), file}).status, 0);
    QFile baseline(file);
    QVERIFY(baseline.open(QIODevice::ReadOnly));
    QCOMPARE(validate(s("scan-baseline"), baseline.readAll()), QString());
    const CliResult known = runCli({s("scan"), products.path(), s("--baseline"), file});
    QCOMPARE(known.status, 0);
    QVERIFY(known.out.contains(s("Nothing found")) && known.err.contains(s("in the baseline: ")));
    QVERIFY(put(products.path(s("casino/backend/new.py")), "U = 'https://new.fly.dev'\n"));
    const CliResult more = runCli({s("scan"), products.path(), s("--baseline"), file});
    QCOMPARE(more.status, 1);
    QVERIFY(more.out.contains(s("casino/backend/new.py:1:6: error: platform-host: https://new.fly.dev")));
    QVERIFY(more.out.contains(s("1 error in")));
}

void ScanTest::proofOfAPlatform()
{
    const Products products;
    QVERIFY(products.ready());
    const QStringList proof{
        s("scan"), products.path(s("cryptovault")), s("--platform"), s("fly"), s("--include-docs"), s("--format"),
        s("json")};
    const CliResult before = runCli(proof);
    QCOMPARE(before.status, 1);
    QCOMPARE(validate(s("scan"), before.out.toUtf8()), QString());
    QStringList matches;
    for (const QJsonValue each : before.json()[s("findings")].toArray())
        matches.append(each[s("match")].toString());
    for (const char *wanted : {"fly.toml", "flyctl", "fly deploy", "FLY_API_TOKEN", "superfly", "old-love.fly.dev"})
        QVERIFY2(matches.contains(s(wanted)), wanted);
    // Everything that speaks of it goes; what is left is Render's.
    QDirIterator at(products.path(s("cryptovault")), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (at.hasNext()) {
        QFile file(at.next());
        if (!file.open(QIODevice::ReadOnly))
            continue;
        const QByteArray text = file.readAll().toLower();
        if (file.fileName().endsWith(s("fly.toml")) || text.contains("fly"))
            file.remove();
    }
    const CliResult after = runCli(proof);
    QVERIFY2(after.status == 0, qPrintable(after.out));
    // A file that was not looked at leaves the question open.
    QVERIFY(put(products.path(s("cryptovault/big.txt")), QByteArray("x\n").repeated(1'500'000)));
    QCOMPARE(runCli(proof + QStringList{s("--max-file-size"), s("1")}).status, 3);
}

void ScanTest::exitStatuses()
{
    const QTemporaryDir folder;
    const QString path = folder.path();
    QCOMPARE(runCli({s("scan"), path}).status, 0);
    QVERIFY(put(folder.filePath(s("a.py")), "x = os.getenv('U', 'http://localhost:1')\n"));
    const CliResult notes = runCli({s("scan"), path});
    QCOMPARE(notes.status, 0);
    QVERIFY(notes.out.contains(s("1 note in 1 file")));
    QVERIFY(notes.err.contains(s("no git repository")));
    QVERIFY(runCli({s("scan"), path, s("--quiet")}).err.isEmpty());
    QVERIFY(put(folder.filePath(s("b.py")), "x = 'http://localhost:1'\n"));
    QCOMPARE(runCli({s("scan"), path}).status, 1);
}

void ScanTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("said");
    QTest::newRow("no folder") << QStringList{} << s("DIR");
    QTest::newRow("missing folder") << QStringList{s("/nowhere/at/all")} << s("there is no folder");
    QTest::newRow("a file") << QStringList{s(SOURCE_DIR "/README.md")} << s("not a folder");
    QTest::newRow("unknown platform") << QStringList{s("."), s("--platform"), s("azur")} << s("one of: fly, render");
    QTest::newRow("missing baseline") << QStringList{s("."), s("--baseline"), s("/nowhere.json")}
                                      << s("there is no file");
    QTest::newRow("broken baseline") << QStringList{s("."), s("--baseline"), s(SOURCE_DIR "/README.md")}
                                     << s("is no baseline");
    QTest::newRow("size") << QStringList{s("."), s("--max-file-size"), s("0")} << s("max-file-size");
    QTest::newRow("unwritable patch") << QStringList{s("."), s("--patch"), s("/proc/nowhere/p")} << s("/proc/nowhere");
}

void ScanTest::usage()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, said);
    const QTemporaryDir empty;
    CliOptions options;
    options.cwd = empty.path();
    const CliResult result = runCli(QStringList{s("scan")} + arguments, options);
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(said), qPrintable(result.err));
    QVERIFY(result.out.isEmpty());
}

void ScanTest::interrupted()
{
    // Large enough to take longer than the first line of progress, which comes after a second.
    const QTemporaryDir folder;
    const QByteArray text = QByteArray("x = 'http://localhost:1' # https://a1.fly.dev\n").repeated(40'000);
    for (int i = 0; i < 400; ++i) {
        const QString file = folder.filePath(QStringLiteral("a%1.py").arg(i));
        if (i == 0)
            QVERIFY(put(file, text));
        else
            QVERIFY(::link(qPrintable(folder.filePath(s("a0.py"))), qPrintable(file)) == 0);
    }
    CliOptions options;
    options.signalOn = s("files,");
    const CliResult result =
        runCli({s("scan"), folder.path(), s("--format"), s("json"), s("--threads"), s("1")}, options);
    QVERIFY2(
        result.status == 130,
        qPrintable(QStringLiteral("%1 after %2 ms: %3").arg(result.status).arg(result.ms).arg(result.err.left(500))));
    QCOMPARE(validate(s("scan"), result.out.toUtf8()), QString());
    const QJsonObject report = result.json();
    QVERIFY(report[s("cancelled")].toBool() && !report[s("complete")].toBool());
    QVERIFY(report[s("files")].toInt() >= 1 && report[s("files")].toInt() < 400);
    QVERIFY(!report[s("findings")].toArray().isEmpty());
}

void ScanTest::secretsAppearInNoOutput()
{
    const QTemporaryDir folder;
    const QTemporaryDir out;
    const QByteArray canary = "cAnArY7x9Q2mWk4Zt8Lb";
    const QByteArray texts[] = {
        "JWT_SECRET = '" + canary + "'\nU = 'https://app:" + canary + "@a1.fly.dev/x?token=" + canary +
            "'\nx = f('https://a1.fly.dev')\n",
        "API_TOKEN=" + canary + "\nDATABASE_URL=postgres://app:" + canary +
            "@db.flycast:5432/x\nHOOK=https://a1.fly.dev/" + canary + "\n",
        "secret: \"" + canary + "\"\nurl: redis://:" + canary + "@localhost:6379\n",
    };
    const char *names[] = {"a.py", ".env", "a.yaml"};
    for (int i = 0; i < 3; ++i)
        QVERIFY(put(folder.filePath(s(names[i])), texts[i]));
    const QString patch = out.filePath(s("p.patch"));
    const QString baseline = out.filePath(s("b.json"));
    QString all;
    for (const QStringList &more :
         {QStringList{}, QStringList{s("--format"), s("json")},
          QStringList{s("--platform"), s("fly"), s("--include-docs")}, QStringList{s("--patch"), patch},
          QStringList{s("--write-baseline"), baseline}, QStringList{s("--baseline"), baseline}}) {
        const CliResult result = runCli(QStringList{s("scan"), folder.path()} + more);
        QVERIFY(result.status == 0 || result.status == 1);
        all += result.out + result.err;
    }
    for (const QString &name : {patch, baseline}) {
        QFile file(name);
        QVERIFY(file.open(QIODevice::ReadOnly));
        all += QString::fromUtf8(file.readAll());
    }
    QVERIFY(all.contains(s("JWT_SECRET")) && all.contains(s("a1.fly.dev")));
    QVERIFY2(!all.contains(QString::fromUtf8(canary), Qt::CaseInsensitive), qPrintable(all));
    QVERIFY(!all.contains(s("cAnArY7x9")));
}

void ScanTest::realFiles()
{
    const QString corpus = s(SOURCE_DIR "/../shared/data/corpus");
    if (!QFileInfo::exists(corpus))
        QSKIP("the reference data beside the repository is not there");
    const CliResult result =
        runCli({s("scan"), corpus, s("--include-docs"), s("--include-tests"), s("--format"), s("json")});
    QCOMPARE(result.status, 1);
    QCOMPARE(validate(s("scan"), result.out.toUtf8()), QString());
    QVERIFY(result.json()[s("files")].toInt() > 200);
    QVERIFY(result.json()[s("complete")].toBool());
}

QTEST_GUILESS_MAIN(ScanTest)
#include "tst_scan.moc"
