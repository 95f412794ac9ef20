// SPDX-License-Identifier: GPL-3.0-or-later
// Which files are looked at, and how a scan of a folder goes: git, links, bad input, cancelling, the patch.
#include "models/scan/baseline.h"
#include "models/scan/patch.h"
#include "models/scan/scanner.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>

#include <unistd.h>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const QByteArray line = "url = 'https://a1.fly.dev'\n";

/// A folder that is filled file by file.
class Tree final
{
public:
    QString path() const { return m_folder.path(); }
    bool put(const char *name, const QByteArray &text) const
    {
        const QString file = m_folder.filePath(s(name));
        QDir().mkpath(QFileInfo(file).path());
        QFile out(file);
        return out.open(QIODevice::WriteOnly) && out.write(text) == text.size();
    }
    bool git(const QStringList &arguments) const
    {
        QProcess process;
        process.setWorkingDirectory(path());
        process.start(s("git"),
                      QStringList{s("-c"), s("user.name=a"), s("-c"), s("user.email=a@example.org")} + arguments);
        return process.waitForFinished(20'000) && process.exitCode() == 0;
    }
    ScanReport scan(ScanOptions options = {}) const
    {
        options.folder = path();
        const Result<ScanReport> report = scanFolder(options);
        return report ? *report : ScanReport{};
    }

private:
    QTemporaryDir m_folder;
};

QStringList filesOf(const ScanReport &report)
{
    QStringList files;
    for (const ScanFinding &each : report.findings) {
        if (!files.contains(each.file))
            files.append(each.file);
    }
    return files;
}

} // namespace

class TestScanFolder final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsWhatGitWouldTrack();
    void aFolderOfARepository();
    void ignoredFoldersAreReadWhenNamed();
    void submodulesAndRepositoriesAreNotEntered();
    void withoutGit();
    void linksAreNotFollowed();
    void brokenRepository();
    void docsTestsAndLocks();
    void binaryLargeAndUnreadable();
    void utf16();
    void manyLines();
    void oneLongLine();
    void refusals();
    void cancelled();
    void progressIsTold();
    void resultsDoNotDependOnThreads();
    void baseline();
    void patchNeedsOneAddress();
    void patchLeavesChangedFiles();
    void patchLeavesSecrets();
    void patchedForms_data();
    void patchedForms();
    void variablesOfTheNeighbourhood();
    void platformProof();
};

void TestScanFolder::readsWhatGitWouldTrack()
{
    const Tree tree;
    QVERIFY(tree.put(".gitignore", "ignored/\n*.local.py\n"));
    QVERIFY(tree.put("tracked.py", line) && tree.put("untracked.py", line) && tree.put("x.local.py", line));
    QVERIFY(tree.put("ignored/a.py", line) && tree.put("ignored/forced.py", line) &&
            tree.put("sub/.gitignore", "b.py\n"));
    QVERIFY(tree.put("sub/a.py", line) && tree.put("sub/b.py", line) && tree.put("build/c.py", line));
    QVERIFY(tree.git({s("init"), s("-q")}) && tree.git({s("add"), s("tracked.py")}) &&
            tree.git({s("add"), s("-f"), s("ignored/forced.py")}));
    const ScanReport report = tree.scan();
    QVERIFY(report.git);
    QCOMPARE(filesOf(report),
             (QStringList{s("build/c.py"), s("ignored/forced.py"), s("sub/a.py"), s("tracked.py"), s("untracked.py")}));
    QVERIFY(report.ignored >= 3);
    QVERIFY(report.notices.isEmpty());
}

void TestScanFolder::aFolderOfARepository()
{
    const Tree tree;
    QVERIFY(tree.put(".gitignore", "/backend/skip.py\n") && tree.put("backend/a.py", line) &&
            tree.put("backend/skip.py", line) && tree.put("b.py", line));
    QVERIFY(tree.git({s("init"), s("-q")}));
    ScanOptions options;
    options.folder = tree.path() + s("/backend");
    const Result<ScanReport> report = scanFolder(options);
    QVERIFY(report.has_value());
    QCOMPARE(filesOf(*report), QStringList{s("a.py")});
}

void TestScanFolder::ignoredFoldersAreReadWhenNamed()
{
    const Tree tree;
    QVERIFY(tree.put(".gitignore", "out/\n") && tree.put("out/a.py", line));
    QVERIFY(tree.git({s("init"), s("-q")}));
    ScanOptions options;
    options.folder = tree.path() + s("/out");
    const Result<ScanReport> report = scanFolder(options);
    QVERIFY(report.has_value());
    QCOMPARE(filesOf(*report), QStringList{s("a.py")});
    QVERIFY(!report->git && report->notices.size() == 1 && report->notices.first().contains(s("ignores")));
}

void TestScanFolder::submodulesAndRepositoriesAreNotEntered()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", line) && tree.put("other/b.py", line) && tree.put("module/c.py", line) &&
            tree.put("module/.git", "gitdir: ../x\n"));
    QVERIFY(tree.git({s("init"), s("-q")}) && tree.git({s("init"), s("-q"), s("other")}));
    const ScanReport report = tree.scan();
    QCOMPARE(filesOf(report), QStringList{s("a.py")});
    QCOMPARE(report.nested, 2);
}

void TestScanFolder::withoutGit()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", line) && tree.put("node_modules/x/b.js", line) && tree.put(".venv/c.py", line) &&
            tree.put(".github/d.yml", "u: https://a1.fly.dev\n"));
    const ScanReport report = tree.scan();
    QCOMPARE(filesOf(report), (QStringList{s(".github/d.yml"), s("a.py")}));
    QVERIFY(!report.git);
    QCOMPARE(report.ignored, 2);
    QVERIFY(report.notices.size() == 1 && report.notices.first().contains(s("node_modules")));
}

void TestScanFolder::linksAreNotFollowed()
{
    const Tree tree;
    const Tree outside;
    QVERIFY(outside.put("secret.py", line) && tree.put("a/a.py", line));
    QVERIFY(QFile::link(outside.path(), tree.path() + s("/out")));
    QVERIFY(QFile::link(outside.path() + s("/secret.py"), tree.path() + s("/link.py")));
    QVERIFY(QFile::link(s("."), tree.path() + s("/a/loop")) && QFile::link(s("nowhere"), tree.path() + s("/broken")));
    for (const bool git : {false, true}) {
        QVERIFY(!git || (tree.git({s("init"), s("-q")}) && tree.git({s("add"), s(".")})));
        const ScanReport report = tree.scan();
        QCOMPARE(filesOf(report), QStringList{s("a/a.py")});
        QCOMPARE(report.symlinks, 4);
    }
}

void TestScanFolder::brokenRepository()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", line) && tree.git({s("init"), s("-q")}) && tree.git({s("add"), s("a.py")}));
    QVERIFY(tree.put(".git/index", "garbage"));
    const ScanReport report = tree.scan();
    QCOMPARE(filesOf(report), QStringList{s("a.py")});
    QVERIFY(!report.git && report.notices.size() == 1);
}

void TestScanFolder::docsTestsAndLocks()
{
    const Tree tree;
    for (const char *name : {"README.md", "docs/a.py", "notes.txt", "LICENSE", "tests/a.py", "src/a.test.js",
                             "test_x.py", "fixtures/b.yaml", "poetry.lock", "package-lock.json", "requirements.txt",
                             "a.js.map", "src/a.js", "Procfile"})
        QVERIFY(tree.put(name, "x = 'https://a1.fly.dev'\n"));
    ScanReport report = tree.scan();
    QCOMPARE(filesOf(report), (QStringList{s("Procfile"), s("src/a.js")}));
    QCOMPARE(report.docs, 4);
    QCOMPARE(report.tests, 4);
    QCOMPARE(report.locks, 4);
    QVERIFY(!report.incomplete());
    ScanOptions all;
    all.includeDocs = all.includeTests = true;
    report = tree.scan(all);
    QCOMPARE(filesOf(report).size(), 10);
    QCOMPARE(report.docs + report.tests, 0);
}

void TestScanFolder::binaryLargeAndUnreadable()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", line) && tree.put("b.bin", QByteArray("\0\1", 2) + line) &&
            tree.put("big.py", line.repeated(100)));
    QVERIFY(tree.put("locked/c.py", line) && tree.put("locked.py", line) &&
            tree.put("late.dat", QByteArray(9000, 'x') + QByteArray(1, '\0') + "\n" + line));
    QFile::setPermissions(tree.path() + s("/locked"), {});
    QFile::setPermissions(tree.path() + s("/locked.py"), {});
    const bool root = ::geteuid() == 0; // whom no permission stops
    ScanOptions options;
    options.maxFileBytes = 10'000;
    const ScanReport report = tree.scan(options);
    QFile::setPermissions(tree.path() + s("/locked"), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    QCOMPARE(report.binary, 1);
    QCOMPARE(report.tooLarge, 0 + (line.size() * 100 > 10'000 ? 1 : 0));
    QCOMPARE(report.unreadable, root ? 0 : 2);
    QVERIFY(filesOf(report).contains(s("a.py")) && filesOf(report).contains(s("late.dat")));
    ScanOptions small;
    small.maxFileBytes = 1000;
    const ScanReport strict = tree.scan(small);
    QCOMPARE(strict.tooLarge, 2);
    QVERIFY(strict.incomplete());
    QStringList names;
    for (const ScanSkipped &each : strict.skipped)
        names.append(each.file);
    names.sort();
    QCOMPARE(names, (QStringList{s("big.py"), s("late.dat")}));
}

void TestScanFolder::utf16()
{
    const Tree tree;
    const QString text = s("A=1\r\nAPI_URL=https://ä1.fly.dev\r\nB=http://localhost:8000\r\n");
    QByteArray little("\xFF\xFE", 2);
    QByteArray big("\xFE\xFF", 2);
    for (const QChar c : text) {
        little += char(c.unicode() & 0xFF);
        little += char(c.unicode() >> 8);
        big += char(c.unicode() >> 8);
        big += char(c.unicode() & 0xFF);
    }
    QVERIFY(tree.put("a.env", little) && tree.put("b.env", big));
    const ScanReport report = tree.scan();
    QCOMPARE(report.binary, 0);
    QCOMPARE(filesOf(report), (QStringList{s("a.env"), s("b.env")}));
    QCOMPARE(report.findings.last().line, 3);
    QCOMPARE(report.findings.last().column, 3);
}

void TestScanFolder::manyLines()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", QByteArray("x = 1\n").repeated(999'999) + line));
    ScanReport report = tree.scan();
    QCOMPARE(report.findings.size(), 1);
    QCOMPARE(report.findings.first().line, 1'000'000);
    QVERIFY(tree.put("a.py", line.repeated(200'000)));
    report = tree.scan();
    QCOMPARE(report.findings.size(), 1000);
    QCOMPARE(report.dropped, 199'000);
    QVERIFY(report.incomplete());
}

void TestScanFolder::oneLongLine()
{
    const Tree tree;
    QVERIFY(tree.put("a.min.js", QByteArray("a(1,\"x\");").repeated(1'200'000) + "f(\"https://a1.fly.dev\");"));
    const ScanReport report = tree.scan();
    QCOMPARE(report.findings.size(), 1);
    QCOMPARE(report.findings.first().line, 1);
    QCOMPARE(report.findings.first().column, 9 * 1'200'000 + 4);
    QCOMPARE(report.findings.first().match, s("https://a1.fly.dev"));
}

void TestScanFolder::refusals()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", line));
    const auto refused = [](const QString &folder, const QString &platform, qint64 limit) {
        ScanOptions options;
        options.folder = folder;
        options.platform = platform;
        options.maxFileBytes = limit;
        const Result<ScanReport> report = scanFolder(options);
        return !report && report.error().kind == ErrorKind::Usage && !report.error().hint.isEmpty();
    };
    QVERIFY(refused(tree.path() + s("/missing"), {}, 1000));
    QVERIFY(refused(tree.path() + s("/a.py"), {}, 1000));
    QVERIFY(refused(tree.path(), s("azur"), 1000));
    QVERIFY(refused(tree.path(), {}, 0));
    QVERIFY(refused(tree.path(), {}, 2'000'000'000));
}

void TestScanFolder::cancelled()
{
    const Tree tree;
    for (int i = 0; i < 300; ++i)
        QVERIFY(tree.put(qPrintable(QStringLiteral("d%1/a.py").arg(i)), line));
    std::stop_source stop;
    ScanOptions options;
    options.folder = tree.path();
    options.threads = 1;
    std::atomic<int> calls = 0;
    const Result<ScanReport> report = scanFolder(
        options,
        [&](const ScanProgress &) {
            ++calls;
            stop.request_stop();
        },
        stop.get_token());
    QVERIFY(report.has_value());
    QVERIFY(report->cancelled && report->incomplete());
    QVERIFY(report->files >= 1 && report->files < 300);
    QCOMPARE(report->findings.size(), report->files);
    const Result<ScanReport> never = scanFolder(options, {}, stop.get_token());
    QVERIFY(never.has_value() && never->cancelled);
    QCOMPARE(never->files, 0);
}

void TestScanFolder::progressIsTold()
{
    const Tree tree;
    for (int i = 0; i < 40; ++i)
        QVERIFY(tree.put(qPrintable(QStringLiteral("a%1.py").arg(i)), line));
    ScanOptions options;
    options.folder = tree.path();
    ScanProgress last;
    const Result<ScanReport> report = scanFolder(options, [&](const ScanProgress &now) { last = now; });
    QVERIFY(report.has_value());
    QCOMPARE(last.files, 40);
    QCOMPARE(last.filesTotal, 40);
    QCOMPARE(last.findings, 40);
    QCOMPARE(last.bytes, 40 * line.size());
}

void TestScanFolder::resultsDoNotDependOnThreads()
{
    const Tree tree;
    for (int i = 0; i < 100; ++i)
        QVERIFY(tree.put(qPrintable(QStringLiteral("d%1/a%2.py").arg(i % 7).arg(i)),
                         line + "port = 8000\nh = 'http://localhost:1'\n"));
    const auto prints = [&](int threads) {
        ScanOptions options;
        options.threads = threads;
        QStringList result;
        for (const ScanFinding &each : tree.scan(options).findings)
            result.append(each.file + each.fingerprint + QString::number(each.line));
        return result;
    };
    const QStringList one = prints(1);
    QCOMPARE(one.size(), 300);
    QCOMPARE(prints(4), one);
}

void TestScanFolder::baseline()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", line));
    const ScanReport first = tree.scan();
    QVERIFY(tree.put("base.json", baselineText(first.findings)));
    const Result<QSet<QString>> known = readBaseline(tree.path() + s("/base.json"));
    QVERIFY(known.has_value());
    QVERIFY(tree.put("a.py", "import x\n" + line + "b = 'http://localhost:1'\n"));
    ScanOptions options;
    options.baseline = *known;
    const ScanReport second = tree.scan(options);
    QCOMPARE(second.findings.size(), 1);
    QCOMPARE(second.findings.first().kind, ScanKind::Localhost);
    QCOMPARE(second.baselined, 1);
    for (const char *broken : {"", "{", "[]", "{\"schema\": \"switchyard.scan/1\"}",
                               "{\"schema\": \"switchyard.scan-baseline/1\", \"findings\": [{}]}"}) {
        QVERIFY(tree.put("broken.json", broken));
        const Result<QSet<QString>> refused = readBaseline(tree.path() + s("/broken.json"));
        QVERIFY2(!refused && refused.error().kind == ErrorKind::Usage && !refused.error().hint.isEmpty(), broken);
    }
}

void TestScanFolder::patchNeedsOneAddress()
{
    const Tree tree;
    QVERIFY(tree.put("one/requirements.txt", "") && tree.put("two/requirements.txt", ""));
    QVERIFY(tree.put("one/a.py", "import os\nx = f('https://a1.fly.dev')\ny = g('https://a1.fly.dev/b')\n"));
    QVERIFY(tree.put("two/a.py", "x = f('https://b1.fly.dev')\ny = g('https://c1.fly.dev')\n"));
    const ScanPatch patch = makePatch(tree.path(), tree.scan().findings);
    QCOMPARE(patch.replaced, 2);
    QVERIFY(patch.text.contains("+x = f(os.environ[\"PUBLIC_API_URL\"])"));
    QVERIFY(patch.text.contains("+y = g((os.environ[\"PUBLIC_API_URL\"] + '/b'))"));
    QVERIFY(!patch.text.contains("two/a.py") && !patch.text.contains("+import os"));
    QVERIFY(patch.notices.join(QLatin1Char('\n')).contains(s("two: PUBLIC_API_URL would have to hold several")));
}

void TestScanFolder::patchLeavesChangedFiles()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", "x = f('https://a1.fly.dev')\n"));
    const ScanReport report = tree.scan();
    QVERIFY(tree.put("a.py", "y = 1\nx = f('https://a1.fly.dev')\n"));
    const ScanPatch patch = makePatch(tree.path(), report.findings);
    QVERIFY(patch.text.isEmpty());
    QVERIFY(patch.notices.join(QLatin1Char('\n')).contains(s("has changed")));
}

void TestScanFolder::patchLeavesSecrets()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", "x = f('https://a1.fly.dev')\nDB_PASSWORD = 'Wq8zT2mLk5Rr'\n"));
    const ScanPatch patch = makePatch(tree.path(), tree.scan().findings);
    QVERIFY(patch.text.isEmpty());
    QVERIFY(patch.notices.join(QLatin1Char('\n')).contains(s("holds a secret")));
}

void TestScanFolder::patchedForms_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("added"); // empty: left alone
    const auto row = [](const char *name, const char *file, const char *text, const char *added) {
        QTest::newRow(name) << s(file) << QByteArray(text) << QByteArray(added);
    };
    row("import behind docstring", "a.py",
        "\"\"\"Doc.\n\nMore.\n\"\"\"\nfrom __future__ import annotations\nx = f('https://a1.fly.dev')\n",
        "+import os\n+x = f");
    row("CRLF", "a.py", "x = f('https://a1.fly.dev')\r\n", "+import os\r\n");
    row("no newline at the end", "a.js", "f('https://a1.fly.dev')", "+f(process.env.PUBLIC_API_URL)");
    row("port in JavaScript", "a.js", "app.listen(3000)\n", "+app.listen(process.env.PORT || 3000)");
    row("port in Python", "a.py", "run(port=5000)\n", "+run(port=int(os.environ.get(\"PORT\", \"5000\")))");
    row("f-string", "a.py", "x = f(f'https://a1.fly.dev/{y}')\n", "");
    row("joined strings", "a.py", "x = f('https://a1.fly.dev'\n      '/b')\n", "");
    row("key of a dict", "a.py", "x = {'https://a1.fly.dev': 1}\n", "");
    row("case", "a.py", "match x:\n    case 'https://a1.fly.dev':\n        pass\n", "");
    row("part of a text", "a.py", "x = f('go to https://a1.fly.dev now')\n", "");
    row("default", "a.py", "x = os.getenv('A', 'https://a1.fly.dev')\n", "");
    row("object key", "a.js", "x = {'https://a1.fly.dev': 1}\n", "");
    row("module", "a.js", "import x from 'https://a1.deno.dev/mod.js'\nimport 'https://a1.deno.dev/b.js'\n", "");
    row("JSX attribute", "a.jsx", "x = <a href='https://a1.fly.dev'>b</a>\n", "");
    row("literal type", "a.ts", "type A = 'https://a1.fly.dev';\n", "");
    row("directive", "a.js", "'https://a1.fly.dev';\n", "");
    row("regular expression", "a.js", "x = f(/https:\\/\\/a1\\.fly\\.dev/)\n", "");
    row("comment", "a.py", "# https://a1.fly.dev\n", "");
    row("configuration", "vercel.json", "{\"destination\": \"https://a1.fly.dev\"}\n", "");
    row("CORS list", "a.py", "allow_origins = ['https://a1.vercel.app']\n", "");
}

void TestScanFolder::patchedForms()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, added);
    const Tree tree;
    QVERIFY(tree.put(qPrintable(file), text));
    const ScanPatch patch = makePatch(tree.path(), tree.scan().findings);
    if (added.isEmpty()) {
        QCOMPARE(patch.text, QByteArray());
        return;
    }
    QVERIFY2(patch.text.contains(added), patch.text.constData());
    QFile out(tree.path() + s("/p.patch"));
    QVERIFY(out.open(QIODevice::WriteOnly) && out.write(patch.text) == patch.text.size() && out.flush());
    QVERIFY(tree.git({s("init"), s("-q")}));
    QVERIFY(tree.git({s("apply"), s("--check"), s("p.patch")}));
}

void TestScanFolder::variablesOfTheNeighbourhood()
{
    const Tree tree;
    QVERIFY(tree.put("web/package.json", "{\"devDependencies\": {\"vite\": \"5\"}}") &&
            tree.put("web/.env.example", "VITE_BACKEND_URL=\nVITE_FEED_WS_URL=\n"));
    QVERIFY(tree.put("web/src/a.ts", "f('https://a1.fly.dev/x')\ng('wss://a1.fly.dev/x')\n"));
    QVERIFY(tree.put("next/package.json", "{\"dependencies\": {\"next\": \"14\"}}") &&
            tree.put("next/a.ts", "f('https://a1.fly.dev')\n"));
    QVERIFY(tree.put("api/package.json", "{\"dependencies\": {\"express\": \"4\"}}") &&
            tree.put("api/a.js", "f('https://a1.fly.dev')\n"));
    QVERIFY(tree.put("py/.env", "SHOP_BASE=https://a1.fly.dev/x\nOTHER=https://b1.fly.dev\n") &&
            tree.put("py/x/a.py", "f('https://a1.fly.dev')\n"));
    QMap<QString, QStringList> found;
    for (const ScanFinding &each : tree.scan().findings)
        found[each.file].append(each.suggestion);
    QCOMPARE(found[s("web/src/a.ts")], (QStringList{s("VITE_BACKEND_URL"), s("VITE_FEED_WS_URL")}));
    QCOMPARE(found[s("next/a.ts")], QStringList{s("NEXT_PUBLIC_API_BASE_URL")});
    QCOMPARE(found[s("api/a.js")], QStringList{s("PUBLIC_API_URL")});
    QCOMPARE(found[s("py/x/a.py")], QStringList{s("SHOP_BASE")});
}

void TestScanFolder::platformProof()
{
    const Tree tree;
    QVERIFY(tree.put("a.py", "# was on fly.io\n") && tree.put("fly.toml", "app = 'x'\n") &&
            tree.put("README.md", "flyctl\n") && tree.put("tests/a.py", "x = 'FLY_REGION'\n"));
    ScanOptions options;
    options.platform = s("fly");
    QCOMPARE(filesOf(tree.scan(options)), (QStringList{s("a.py"), s("fly.toml"), s("tests/a.py")}));
    options.includeDocs = true;
    QCOMPARE(filesOf(tree.scan(options)).size(), 4);
    options.platform = s("render");
    QVERIFY(tree.scan(options).findings.isEmpty());
}

QTEST_GUILESS_MAIN(TestScanFolder)
#include "tst_scanfolder.moc"
