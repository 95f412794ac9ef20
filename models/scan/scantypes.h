// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QSet>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// What a finding is about.
enum class ScanKind
{
    PlatformHost,     ///< "api.fly.dev": a name that the platform gave
    Localhost,        ///< "localhost:5000", 127.0.0.1, ::1
    Address,          ///< a bare IPv4 or IPv6 address
    Port,             ///< a port that stands in the code
    Origin,           ///< any other http, ws or database address
    Secret,           ///< a value that should not be in a repository
    PlatformReference ///< only where one platform is asked for: its variables, commands and files
};

enum class ScanSeverity
{
    Note,
    Warning,
    Error
};

/// One change of a file's bytes that a finding's replacement asks for.
struct ScanEdit
{
    qint64 begin = 0;
    qint64 end = 0;
    QByteArray before; ///< what stands there, so that a file that has changed since is left alone
    QByteArray text;
    bool needsImportOs = false; ///< Python
    QString variable;
    QString scope;  ///< folder of the component: what has an environment of its own
    QString origin; ///< what the variable would have to hold: edits of one variable with two of these cancel out
};

/// One place. Never holds the value of a secret: `match` is masked, and the fingerprint is made of the masked line.
struct ScanFinding
{
    QString file; ///< relative to the folder, with "/"
    int line = 0;
    int column = 0; ///< from 1, in characters
    ScanKind kind = ScanKind::Origin;
    ScanSeverity severity = ScanSeverity::Warning;
    QString match;
    QString suggestion; ///< the variable that should stand there; empty where none can
    QString reason;
    QString fingerprint; ///< 32 hex digits, the same as long as the line's words and the path are
    QString platform;    ///< id, where the host or word belongs to one
    std::optional<ScanEdit> edit;
};

struct ScanOptions
{
    QString folder;
    bool includeDocs = false;
    bool includeTests = false;
    QString platform;                       ///< id: look for references to this platform only
    qint64 maxFileBytes = 20 * 1000 * 1000; ///< larger files are skipped and counted; at most maxFileBytesLimit
    int maxFindingsPerFile = 1000;          ///< further ones are counted
    int threads = 0;                        ///< 0: one a core
    QSet<QString> baseline;                 ///< fingerprints that are not reported
    bool git = true;                        ///< false: do not ask git what is tracked (tests)
    static constexpr qint64 maxFileBytesLimit = 1000 * 1000 * 1000;
};

struct ScanProgress
{
    qint64 files = 0; ///< looked at
    qint64 filesTotal = 0;
    qint64 bytes = 0;
    qint64 findings = 0;
};

/// A file or folder that was not looked at though it was asked for.
struct ScanSkipped
{
    QString file;
    QString reason;
};

struct ScanReport
{
    QList<ScanFinding> findings; ///< by file, line, column
    qint64 files = 0;            ///< looked at
    qint64 bytes = 0;
    bool git = false; ///< the list came from git
    bool cancelled = false;
    QStringList notices; ///< what a person should know of how the list came about

    // Files that were left out, by why.
    qint64 binary = 0;
    qint64 docs = 0;
    qint64 tests = 0;
    qint64 locks = 0; ///< lock files, lists of dependencies, source maps
    qint64 symlinks = 0;
    qint64 workspaces = 0; ///< switchyard.toml
    qint64 nested = 0; ///< other repositories and submodules
    qint64 ignored = 0;
    qint64 tooLarge = 0;
    qint64 unreadable = 0;
    QList<ScanSkipped> skipped; ///< the first maxSkipped of the too large and the unreadable
    qint64 baselined = 0;       ///< findings that stand in the baseline
    qint64 dropped = 0;         ///< findings beyond maxFindingsPerFile
    static constexpr qsizetype maxSkipped = 1000;

    /// Whether something that was asked for could not be looked at.
    bool incomplete() const { return unreadable > 0 || tooLarge > 0 || dropped > 0 || cancelled; }
};

QString scanKindName(ScanKind kind);
QString scanSeverityName(ScanSeverity severity);

} // namespace Switchyard
