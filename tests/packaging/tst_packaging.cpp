// SPDX-License-Identifier: GPL-3.0-or-later
// Holds what is shipped around the code to its own rules: desktop entry, AppStream metadata, the list of packages, the
// shell scripts, licence lines, and that nothing names a place to download from.
#include "models/common/files.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>

using namespace Switchyard;

namespace {

using L = QLatin1StringView;

QString rootPath(const QString &relative)
{
    return QDir(QStringLiteral(SOURCE_DIR)).filePath(relative);
}

QString textOf(const QString &relative)
{
    const Result<QByteArray> bytes = readFile(rootPath(relative));
    return bytes ? QString::fromUtf8(*bytes) : QString();
}

struct Outcome
{
    bool ran = false;
    int status = -1;
    QString output;
    QString all;
};

Outcome run(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.setWorkingDirectory(QStringLiteral(SOURCE_DIR));
    process.start(program, arguments);
    Outcome outcome;
    outcome.ran = process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit;
    outcome.status = process.exitCode();
    outcome.output = QString::fromUtf8(process.readAllStandardOutput());
    outcome.all = outcome.output + QString::fromUtf8(process.readAllStandardError());
    return outcome;
}

/// What git tracks. In an unpacked archive, which has no history: every file but those that building makes.
QStringList committedFiles()
{
    const Outcome tracked = run(QStringLiteral("git"), {QStringLiteral("-c"), QStringLiteral("safe.directory=*"),
                                                        QStringLiteral("ls-files"), QStringLiteral("-z")});
    if (tracked.ran && tracked.status == 0 && !tracked.output.isEmpty()) {
        QStringList files;
        for (const QString &file : tracked.output.split(QChar(u'\0'), Qt::SkipEmptyParts)) {
            if (QFileInfo::exists(rootPath(file)))
                files.append(file);
        }
        return files;
    }
    static const QStringList made{QStringLiteral("build"), QStringLiteral("out"), QStringLiteral(".cache"),
                                  QStringLiteral(".git")};
    QStringList files;
    const QDir root(QStringLiteral(SOURCE_DIR));
    QDirIterator at(root.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (at.hasNext()) {
        const QString file = root.relativeFilePath(at.next());
        if (!made.contains(file.section(QLatin1Char('/'), 0, 0)))
            files.append(file);
    }
    return files;
}

bool isScript(const QString &file)
{
    return textOf(file).startsWith(L("#!"));
}

bool isSource(const QString &file)
{
    static const QStringList suffixes{QStringLiteral("cpp"), QStringLiteral("h"),  QStringLiteral("cmake"),
                                      QStringLiteral("py"),  QStringLiteral("js"), QStringLiteral("sh")};
    const QFileInfo info(file);
    return suffixes.contains(info.suffix()) || info.fileName() == L("CMakeLists.txt") || isScript(file);
}

/// Whether one of the first lines says under which licence the file stands.
bool hasLicenceLine(const QString &text)
{
    const QStringList head = text.split(QLatin1Char('\n')).mid(0, 3);
    const QString wanted = QStringLiteral("SPDX-License-Identifier: GPL-3.0-or-later");
    for (const QString &line : head) {
        if (line.contains(wanted))
            return true;
    }
    return false;
}

/// The packages a CMake text names behind its find_package() and pkg_check_modules() lines; in `bare` those lines that
/// name none.
QStringList packagesNamedIn(const QString &text, QStringList *bare)
{
    static const QRegularExpression call(QStringLiteral("^\\s*(?:find_package|find_library|pkg_check_modules)\\s*\\("));
    static const QRegularExpression note(QStringLiteral("\\)\\s*#\\s*([a-z0-9][a-z0-9.+ -]*?)\\s*$"));
    QStringList packages;
    for (const QString &line : text.split(QLatin1Char('\n'))) {
        if (!call.match(line).hasMatch())
            continue;
        const QRegularExpressionMatch match = note.match(line);
        if (match.hasMatch())
            packages += match.captured(1).split(QLatin1Char(' '), Qt::SkipEmptyParts);
        else
            bare->append(line.trimmed());
    }
    return packages;
}

/// Hosts from which package managers download. In two halves, so that this file does not name them either.
QRegularExpression packageHosts()
{
    static const std::pair<const char *, const char *> hosts[] = {{"pypi", "org"},
                                                                  {"pythonhosted", "org"},
                                                                  {"npmjs", "org"},
                                                                  {"npmjs", "com"},
                                                                  {"yarnpkg", "com"},
                                                                  {"unpkg", "com"},
                                                                  {"jsdelivr", "net"},
                                                                  {"crates", "io"},
                                                                  {"rubygems", "org"},
                                                                  {"packagist", "org"},
                                                                  {"proxy.golang", "org"},
                                                                  {"nuget", "org"},
                                                                  {"repo1.maven", "org"},
                                                                  {"repo.maven", "org"},
                                                                  {"maven.google", "com"},
                                                                  {"anaconda", "org"},
                                                                  {"conan", "io"},
                                                                  {"hex", "pm"},
                                                                  {"cpan", "org"},
                                                                  {"hackage.haskell", "org"},
                                                                  {"deb.debian", "org"},
                                                                  {"ftp.debian", "org"},
                                                                  {"snapshot.debian", "org"},
                                                                  {"security.debian", "org"},
                                                                  {"archive.ubuntu", "com"},
                                                                  {"nodesource", "com"},
                                                                  {"dl-cdn.alpinelinux", "org"},
                                                                  {"flathub", "org"}};
    QStringList alternatives;
    for (const auto &[name, top] : hosts)
        alternatives.append(
            QRegularExpression::escape(QLatin1StringView(name) + QLatin1Char('.') + QLatin1StringView(top)));
    return QRegularExpression(QStringLiteral("(?<![\\w-])(?:%1)(?![\\w-])").arg(alternatives.join(QLatin1Char('|'))),
                              QRegularExpression::CaseInsensitiveOption);
}

} // namespace

class TestPackaging : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void desktopEntryIsValid();
    void metadataIsValid();
    void namesAgree();
    void releaseIsTheVersion();
    void readsPackageNotes();
    void everyDependencyIsInstalled();
    void listsGroups();
    void refusesUnknownOptions();
    void scriptsParse_data();
    void scriptsParse();
    void sourcesNameTheirLicence();
    void findsPackageHosts();
    void nothingNamesAPackageHost();
    void allowedSkipsExist();

private:
    QStringList m_files;
};

void TestPackaging::initTestCase()
{
    m_files = committedFiles();
    QVERIFY(m_files.contains(QStringLiteral("CMakeLists.txt")));
    QVERIFY(m_files.contains(QStringLiteral("packaging/install-deps")));
}

void TestPackaging::desktopEntryIsValid()
{
    const QString tool = QStandardPaths::findExecutable(QStringLiteral("desktop-file-validate"));
    if (tool.isEmpty())
        QSKIP("desktop-file-validate is needed (desktop-file-utils)");
    const Outcome outcome = run(tool, {rootPath(QStringLiteral("packaging/dev.switchyard.Switchyard.desktop"))});
    QVERIFY2(outcome.ran && outcome.status == 0, qPrintable(outcome.all));
    QCOMPARE(outcome.all.trimmed(), QString());
}

void TestPackaging::metadataIsValid()
{
    const QString tool = QStandardPaths::findExecutable(QStringLiteral("appstreamcli"));
    if (tool.isEmpty())
        QSKIP("appstreamcli is needed (appstream)");
    const Outcome outcome = run(tool, {QStringLiteral("validate"), QStringLiteral("--no-net"),
                                       rootPath(QStringLiteral("packaging/dev.switchyard.Switchyard.metainfo.xml"))});
    QVERIFY2(outcome.ran && outcome.status == 0, qPrintable(outcome.all));
}

/// The desktop entry, its icon and the metadata find each other by name only.
void TestPackaging::namesAgree()
{
    const QString entry = textOf(QStringLiteral("packaging/dev.switchyard.Switchyard.desktop"));
    const QString metadata = textOf(QStringLiteral("packaging/dev.switchyard.Switchyard.metainfo.xml"));
    QVERIFY(entry.contains(L("\nIcon=dev.switchyard.Switchyard\n")));
    QVERIFY(entry.contains(L("\nExec=switchyard\n")));
    QVERIFY(metadata.contains(L("<id>dev.switchyard.Switchyard</id>")));
    QVERIFY(metadata.contains(L(">dev.switchyard.Switchyard.desktop</launchable>")));
    QVERIFY(metadata.contains(L("<binary>switchyard</binary>")));
    QVERIFY(QFileInfo::exists(rootPath(QStringLiteral("resources/icons/switchyard.svg"))));
}

void TestPackaging::releaseIsTheVersion()
{
    const QString version = QStringLiteral(SWITCHYARD_VERSION);
    const QString metadata = textOf(QStringLiteral("packaging/dev.switchyard.Switchyard.metainfo.xml"));
    QVERIFY(metadata.contains(QStringLiteral("<release version=\"%1\"").arg(version)));
    QVERIFY(textOf(QStringLiteral("CHANGELOG.md")).contains(QStringLiteral("## [%1]").arg(version)));
}

void TestPackaging::readsPackageNotes()
{
    QStringList bare;
    const QString text = QStringLiteral("find_package(Foo 1.2 REQUIRED)   # libfoo1.2-dev\n"
                                        "  pkg_check_modules(bar REQUIRED bar) # libbar-dev g++\n"
                                        "find_package(Baz)\n"
                                        "# find_package(Qux) # no-call\n");
    QCOMPARE(packagesNamedIn(text, &bare),
             (QStringList{QStringLiteral("libfoo1.2-dev"), QStringLiteral("libbar-dev"), QStringLiteral("g++")}));
    QCOMPARE(bare, QStringList{QStringLiteral("find_package(Baz)")});
}

void TestPackaging::everyDependencyIsInstalled()
{
    const Outcome outcome = run(rootPath(QStringLiteral("packaging/install-deps")), {QStringLiteral("--list")});
    QVERIFY2(outcome.ran && outcome.status == 0, qPrintable(outcome.all));
    const QStringList listed = outcome.output.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QStringList bare;
    const QStringList named = packagesNamedIn(textOf(QStringLiteral("CMakeLists.txt")), &bare);
    QVERIFY2(bare.isEmpty(), qPrintable(QStringLiteral("no package named: ") + bare.join(QLatin1Char('\n'))));
    QVERIFY(named.size() > 5);
    for (const QString &package : named)
        QVERIFY2(listed.contains(package), qPrintable(package));
}

void TestPackaging::listsGroups()
{
    const auto list = [](QStringList groups) {
        groups.append(QStringLiteral("--list"));
        const QStringList names = run(rootPath(QStringLiteral("packaging/install-deps")), groups)
                                      .output.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        return QSet<QString>(names.begin(), names.end());
    };
    const QSet<QString> runtime = list({QStringLiteral("--runtime")});
    const QSet<QString> build = list({QStringLiteral("--build")});
    const QSet<QString> test = list({QStringLiteral("--test")});
    QVERIFY(runtime.contains(QStringLiteral("libqt6svg6")));
    QVERIFY(build.contains(QStringLiteral("qt6-base-dev")));
    QVERIFY(test.contains(QStringLiteral("python3-jsonschema")));
    for (const QString &package : runtime)
        QVERIFY2(!package.endsWith(L("-dev")), qPrintable(package));
    QCOMPARE(list({}), runtime + build + test);
    QVERIFY(list({QStringLiteral("--dev")}).contains(QStringLiteral("clang-format")));
    QVERIFY(!list({}).contains(QStringLiteral("clang-format")));
}

void TestPackaging::refusesUnknownOptions()
{
    const Outcome outcome = run(rootPath(QStringLiteral("packaging/install-deps")), {QStringLiteral("--everything")});
    QVERIFY(outcome.ran);
    QCOMPARE(outcome.status, 2);
    QCOMPARE(outcome.output, QString());
    QVERIFY(outcome.all.contains(L("unknown option \"--everything\"")));
}

void TestPackaging::scriptsParse_data()
{
    QTest::addColumn<QString>("file");
    for (const QString &file : std::as_const(m_files)) {
        if (textOf(file).startsWith(L("#!/usr/bin/env bash")))
            QTest::newRow(qPrintable(file)) << file;
    }
}

void TestPackaging::scriptsParse()
{
    QFETCH(QString, file);
    const Outcome outcome = run(QStringLiteral("bash"), {QStringLiteral("-n"), rootPath(file)});
    QVERIFY2(outcome.ran && outcome.status == 0, qPrintable(outcome.all));
    QVERIFY2(QFileInfo(rootPath(file)).isExecutable(), "it cannot be started");
    QVERIFY2(textOf(file).contains(L("\nset -euo pipefail\n")), "it does not stop at its first error");
}

void TestPackaging::sourcesNameTheirLicence()
{
    QVERIFY(hasLicenceLine(QStringLiteral("#!/bin/sh\n# SPDX-License-Identifier: GPL-3.0-or-later\n")));
    QVERIFY(!hasLicenceLine(QStringLiteral("#!/bin/sh\n\n\n# SPDX-License-Identifier: GPL-3.0-or-later\n")));
    QStringList without;
    int seen = 0;
    for (const QString &file : std::as_const(m_files)) {
        if (!isSource(file))
            continue;
        ++seen;
        if (!hasLicenceLine(textOf(file)))
            without.append(file);
    }
    QVERIFY(seen > 100);
    QVERIFY2(without.isEmpty(), qPrintable(QLatin1Char('\n') + without.join(QLatin1Char('\n'))));
}

void TestPackaging::findsPackageHosts()
{
    const QRegularExpression hosts = packageHosts();
    const QString dot = QStringLiteral(".");
    QVERIFY(hosts.match(QStringLiteral("https://pypi") + dot + QStringLiteral("org/simple")).hasMatch());
    QVERIFY(hosts.match(QStringLiteral("registry.npmjs") + dot + QStringLiteral("org")).hasMatch());
    QVERIFY(hosts.match(QStringLiteral("HTTP://DEB.DEBIAN") + dot + QStringLiteral("ORG/debian")).hasMatch());
    QVERIFY(!hosts.match(QStringLiteral("https://switchyard.example/crates/io")).hasMatch());
    QVERIFY(!hosts.match(QStringLiteral("my-pypi") + dot + QStringLiteral("organic")).hasMatch());
}

void TestPackaging::nothingNamesAPackageHost()
{
    const QRegularExpression hosts = packageHosts();
    QStringList found;
    for (const QString &file : std::as_const(m_files)) {
        const QRegularExpressionMatch match = hosts.match(textOf(file));
        if (match.hasMatch())
            found.append(QStringLiteral("%1: %2").arg(file, match.captured()));
    }
    QVERIFY2(found.isEmpty(), qPrintable(QLatin1Char('\n') + found.join(QLatin1Char('\n'))));
}

/// A line that names a function nobody has any more would let the next one of that name be skipped unseen.
void TestPackaging::allowedSkipsExist()
{
    QStringList tests;
    for (const QString &file : std::as_const(m_files)) {
        if (file.startsWith(L("tests/")) && file.endsWith(L(".cpp")))
            tests.append(textOf(file));
    }
    const auto has = [&tests](const QString &function) {
        const QString within = QStringLiteral("class %1 ").arg(function.section(L("::"), 0, 0));
        const QString declared = QStringLiteral(" void %1()").arg(function.section(L("::"), 1));
        return std::ranges::any_of(tests, [&](const QString &text) {
            return text.contains(within) && text.contains(declared);
        });
    };
    for (const QString &line : textOf(QStringLiteral("tests/skips-allowed.txt")).split(QLatin1Char('\n'))) {
        const QString rule = line.trimmed();
        if (rule.isEmpty() || rule.startsWith(QLatin1Char('#')))
            continue;
        const QString function = rule.section(QLatin1Char(' '), 0, 0);
        QVERIFY2(!rule.section(QLatin1Char(' '), 1).trimmed().isEmpty(), qPrintable(function + L(": no reason")));
        QVERIFY2(has(function), qPrintable(function));
    }
}

QTEST_GUILESS_MAIN(TestPackaging)
#include "tst_packaging.moc"
