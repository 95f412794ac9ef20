// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/compare.h"
#include "models/database/probes/stages.h"

#include <QDateTime>
#include <QJsonObject>

#include <functional>
#include <optional>

namespace Switchyard {

/// What a copy goes through, in this order; the names in JSON are contract.
enum class CopyStage
{
    Source,     ///< reachable, and what it is
    Target,     ///< reachable and writable, and not the source itself
    Programs,   ///< pg_dump and pg_restore that fit both servers
    Contents,   ///< what the source has and the target has already
    Space,      ///< how much there is to copy
    Extensions, ///< that the source has and the target lacks
    Owners,     ///< what a copy leaves out: owners, grants, publications
    Writes,     ///< who writes to the source now, and since the last copy
    Copy,       ///< pg_dump and pg_restore
    Sequences,  ///< behind the columns they number
    Analyze,    ///< statistics of the planner, which no dump carries
    Compare
};
QString copyStageName(CopyStage stage); ///< "source", "target", …
QList<CopyStage> copyStages();          ///< all, in order

/// One stage of one copy.
struct CopyStep
{
    CopyStage stage = CopyStage::Source;
    StageStatus status = StageStatus::NotReached;
    std::optional<double> ms; ///< nothing where it was not measured
    QString detail;           ///< without secrets
    QString hint;
};

/// A table, view, sequence or foreign table.
struct CopyRelation
{
    QString schema, name;
    char kind = 'r';  ///< as in pg_class: r table, p partitioned, v view, m materialised view, S sequence, f foreign
    qint64 rows = -1; ///< the planner's estimate; -1: never analysed
    qint64 bytes = 0; ///< on its server's disk, with its TOAST table, without indexes
    QString whole;    ///< of a partition: the table it is one of, as shown(); else empty
    QString shown() const; ///< "schema.name", unquoted
};

/// Rows written to one table of the source since the last copy began, by the server's own counters.
struct CopyWrites
{
    QString table; ///< "schema.name"
    qint64 inserted = 0, updated = 0, deleted = 0;
};

/// What was written to the source since an earlier copy of it into the same target.
struct CopyHistory
{
    std::optional<QDateTime> last; ///< when that began; nothing: no copy is recorded here
    bool known = false;            ///< the counters can be compared
    QString unknownBecause;        ///< "the statistics were reset", …
    QList<CopyWrites> written;     ///< empty and known: nothing, up to about a second ago
};

struct CopyProgress
{
    CopyStage stage = CopyStage::Copy;
    QString object; ///< "public.orders", "index orders_pkey"; empty: none
    qint64 bytes = 0;
    double bytesPerSecond = 0; ///< since the copy began
    int tablesDone = 0, tables = 0;
    std::optional<double> share; ///< 0 to 1, an estimate by the sizes of the source's tables
};

struct CopyOptions
{
    DatabaseAccess access;
    Milliseconds timeout{0}; ///< for the whole; 0: as long as it takes
    QString programs;        ///< folder of pg_dump and pg_restore; empty: found
    QString file;            ///< the dump goes to this file, which is kept, and from there to the target; empty: a pipe
    int jobs = 1;            ///< above 1: `file` becomes a folder that as many write and read at once, not in one
                             ///< transaction
    QStringList schemas;     ///< only these, by their exact names; empty: all
    QStringList excludeTableData; ///< "schema.table", letter for letter: the table, without its rows
    bool intoNonEmpty = false;    ///< beside what the target has; nothing is deleted, and a name in both ends it
    QString clean;                ///< the target's database by name: what has the name of something in the source is
                                  ///< dropped there first, in the same transaction. Empty: nothing is dropped
    bool planOnly = false;
    bool finalSync = false;   ///< tells how writes are frozen; waits for nobody
    bool olderTarget = false; ///< try it with a target of an older major version
    bool analyze = true;
    bool compareAfter = true;
    CompareOptions compare;
    QString sourceName, targetName;                       ///< as reported; empty: what the strings show
    QString sourcePlatform;                               ///< "render", "fly": how it is frozen
    QString recordFolder;                                 ///< empty: $XDG_STATE_HOME/switchyard/copies
    std::function<void(const CopyProgress &)> onProgress; ///< on the copying thread, at most ten a second
    std::function<void(const CopyStep &)> onStep;         ///< as each ends, on the copying thread
};

enum class CopyVerdict
{
    Pass,
    Fail,
    Inconclusive ///< cancelled, or copied and not wholly compared
};
QString copyVerdictName(CopyVerdict verdict); ///< "pass", "fail", "inconclusive"

struct CopyEnd
{
    QString name;   ///< the reference or the workspace's name
    QString target; ///< ConnectionString::target()
    QString server; ///< "PostgreSQL 15.4"; empty: not known
    int major = 0;
    QString user;
    QString database;
};

struct CopyReport
{
    CopyEnd source, target;
    QDateTime started, ended; ///< UTC
    QList<CopyStep> steps;    ///< all of copyStages()
    QString programs;         ///< "pg_dump 15.4 (/usr/lib/postgresql/15/bin)"
    bool planOnly = false;
    bool cancelled = false;
    bool targetChanged = false; ///< surely or possibly: what the step "copy" says
    int tables = 0;             ///< of the source, that are copied; partitioned ones count besides their partitions
    qint64 sourceBytes = 0;     ///< on the source's disk; an estimate of what there is to do
    qint64 dumpBytes = 0;       ///< that went through the pipe or into the file
    double dumpSeconds = 0;
    QString file;                    ///< the dump that was kept; empty: none
    QStringList willDelete, deleted; ///< of the target, "table public.orders"
    QStringList stays;               ///< of the target, that a copy does not touch
    QStringList withoutRows;         ///< "public.log": tables whose rows were, or would be, left out as asked
    QStringList leftOut;             ///< what the source has and a copy leaves out, in words
    QStringList freeze;              ///< steps for a person, with finalSync
    CopyHistory history;
    QStringList writtenMeanwhile; ///< tables of the source written while it was copied: "public.orders"
    std::optional<CompareReport> comparison;

    const CopyStep *failed() const; ///< the first; nullptr where none did
    CopyVerdict verdict() const;
};

/// Copies a PostgreSQL database into another with the vendor's own pg_dump and pg_restore, in one transaction of the
/// target: a failure, a cancel or a server that dies in the middle leaves the target as it was (but for `jobs`).
/// Refuses a target that is not empty, unless `intoNonEmpty` or `clean` says what is meant. Owners and grants are left
/// out. Blocking, for a worker thread; every child and connection has ended when it returns. No secret is in the
/// report, in an argument, in an environment or in a file.
[[nodiscard]] CopyReport copyDatabase(const ConnectionString &source, const ConnectionString &target,
                                      const CopyOptions &options);

/// What can be said of the options without a connection. Errors (usage): jobs without a folder, a file that is there
/// already.
[[nodiscard]] Result<void> copyOptionsFit(const CopyOptions &options);

/// Errors (usage): those of copyOptionsFit(), not PostgreSQL on both sides, another database named to be cleaned.
[[nodiscard]] Result<void> copyable(const ConnectionString &source, const ConnectionString &target,
                                    const CopyOptions &options);

/// "switchyard.db-copy/1"
[[nodiscard]] QJsonObject copyReportToJson(const CopyReport &report);
/// For people: Markdown, and HTML that needs nothing else.
[[nodiscard]] QByteArray copyReportToMarkdown(const CopyReport &report);
[[nodiscard]] QByteArray copyReportToHtml(const CopyReport &report);
/// The one of these, or JSON, that the file's name asks for by its ending; Markdown for any other.
[[nodiscard]] QByteArray copyReportForFile(const CopyReport &report, const QString &file);
/// A test suite with a test case a stage.
[[nodiscard]] QByteArray copyReportToJunit(const CopyReport &report);

} // namespace Switchyard
