// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/runtimes.h"

#include "models/common/files.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLockFile>
#include <QProcess>
#include <QStandardPaths>

namespace Switchyard::Testing {

namespace {

constexpr int fetchLimitMs = 150'000;
constexpr int buildLimitMs = 540'000; ///< some 300 packages of Go, once

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

Result<void> run(const QString &program, const QStringList &arguments, const QString &cwd = {},
                 int limitMs = fetchLimitMs)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    if (!cwd.isEmpty())
        process.setWorkingDirectory(cwd);
    process.start(program, arguments);
    if (process.waitForFinished(limitMs) && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
        return {};
    process.kill();
    process.waitForFinished(2'000);
    return fail(
        ErrorKind::Io,
        QStringLiteral("%1 %2: %3").arg(program, arguments.value(0), QString::fromUtf8(process.readAll()).right(300)));
}

/// Fetches into `folder` unless it was done already with the very same list of versions.
template <typename Fetch>
Result<void> onceFor(const QString &folder, const QString &pins, Fetch fetch)
{
    const Result<QByteArray> wanted = readFile(pins, 1 << 16);
    if (!wanted)
        return tl::unexpected(wanted.error());
    // Tests run beside each other, and two of them may want the same folder.
    if (!QDir().mkpath(QFileInfo(folder).path()))
        return fail(ErrorKind::Io, QStringLiteral("%1 cannot be made").arg(QFileInfo(folder).path()));
    QLockFile lock(folder + s(".lock"));
    lock.setStaleLockTime(std::chrono::milliseconds(2 * buildLimitMs));
    if (!lock.lock())
        return fail(ErrorKind::Io, QStringLiteral("%1 cannot be locked").arg(folder));
    const QString mark = folder + s("/fetched");
    if (const Result<QByteArray> done = readFile(mark, 1 << 16); done && *done == *wanted)
        return {};
    QDir(folder).removeRecursively();
    if (!QDir().mkpath(folder))
        return fail(ErrorKind::Io, QStringLiteral("%1 cannot be made").arg(folder));
    if (const Result<void> fetched = fetch(); !fetched)
        return fetched;
    return writeFileAtomically(mark, *wanted);
}

/// A Go that is new enough for the server's own go.mod; empty: none.
QString newGo()
{
    for (const QString &each : {QStandardPaths::findExecutable(s("go")), s("/usr/local/go/bin/go")}) {
        if (each.isEmpty() || !QFileInfo(each).isExecutable())
            continue;
        QProcess process;
        process.start(each, {s("env"), s("GOVERSION")});
        process.waitForFinished(10'000);
        // "go1.26.8"
        const QStringList numbers = QString::fromLatin1(process.readAll()).trimmed().mid(2).split(u'.');
        if (numbers.value(0).toInt() > 1 || (numbers.value(0).toInt() == 1 && numbers.value(1).toInt() >= 22))
            return each;
    }
    return {};
}

} // namespace

Result<QString> currentPython()
{
    const QString folder = s(SHIM_DIR "/../runtimes/python");
    const QString pins = s(SOURCE_DIR "/tests/backends/requirements-current.txt");
    const QString python = folder + s("/venv/bin/python");
    return onceFor(folder, pins,
                   [&] {
                       return run(s("/usr/bin/python3"), {s("-m"), s("venv"), folder + s("/venv")}).and_then([&] {
                           return run(python, {s("-m"), s("pip"), s("install"), s("--quiet"),
                                               s("--disable-pip-version-check"), s("-r"), pins});
                       });
                   })
        .map([&] { return python; });
}

Result<QString> nodeModules()
{
    const QString npm = QStandardPaths::findExecutable(s("npm"));
    if (npm.isEmpty() || QStandardPaths::findExecutable(s("node")).isEmpty())
        return fail(ErrorKind::Io, s("there is no node with npm here"));
    const QString folder = s(SHIM_DIR "/../runtimes/node");
    const QString pins = s(SOURCE_DIR "/tests/backends/package.json");
    return onceFor(folder, pins,
                   [&]() -> Result<void> {
                       if (!QFile::copy(pins, folder + s("/package.json")))
                           return fail(ErrorKind::Io, s("package.json cannot be copied"));
                       return run(npm, {s("install"), s("--no-audit"), s("--no-fund"), s("--no-package-lock")}, folder);
                   })
        .map([&] { return folder + s("/node_modules"); });
}

Result<QString> ferretDb()
{
    const QString go = newGo();
    if (go.isEmpty())
        return fail(ErrorKind::Io, s("there is no Go 1.22 or newer here to build FerretDB with"));
    const QString folder =
        QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation) + s("/switchyard-tests/ferretdb");
    const QString source = s(SOURCE_DIR "/tests/support/ferretdb");
    return onceFor(folder, source + s("/go.mod"),
                   [&]() -> Result<void> {
                       // Their own place: Go writes into neither of them.
                       for (const char *file : {"/go.mod", "/go.sum", "/main.go"}) {
                           if (!QFile::copy(source + s(file), folder + s(file)))
                               return fail(ErrorKind::Io, s("%1 cannot be copied").arg(s(file)));
                       }
                       return run(go, {s("build"), s("-trimpath"), s("-o"), folder + s("/ferretdb"), s(".")}, folder,
                                  buildLimitMs);
                   })
        .map([&] { return folder + s("/ferretdb"); });
}

} // namespace Switchyard::Testing
