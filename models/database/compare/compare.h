// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/postgresopen.h"

#include <QDateTime>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

#include <functional>
#include <optional>

namespace Switchyard {

/// What came of one thing that was compared; the names in JSON are contract.
enum class CompareStatus
{
    Same,
    Different,
    OnlySource,
    OnlyTarget,
    Unknown ///< not measured: a time limit, a privilege, or cancelled
};
QString compareStatusName(CompareStatus status); ///< "same", "different", "only-source", "only-target", "unknown"

/// One thing of both databases.
struct CompareRow
{
    QString kind;   ///< "version", "encoding", "extension", "table", "collection", "column", "count", "sequence",
                    ///< "checksum", …
    QString object; ///< "schema.table", "schema.table.column", unquoted; empty: the database itself
    CompareStatus status = CompareStatus::Unknown;
    QString source, target;      ///< as shown; empty: there is none, or it was not read. No row's values
    bool sourceEstimate = false; ///< the number of the planner or the metadata, which nobody counted
    bool targetEstimate = false;
    QString reason;        ///< why it is unknown, or why it matters
    QString hint;          ///< what to do
    bool expected = false; ///< named by `accept`, or harmless by rule: told, not counted
    bool moving = false;   ///< the source was written meanwhile, so that the difference proves nothing

    bool isDifference() const { return status != CompareStatus::Same && status != CompareStatus::Unknown; }
};

enum class CompareVerdict
{
    Pass,
    Fail,
    Inconclusive ///< no difference was proven, and not all was measured
};
QString compareVerdictName(CompareVerdict verdict); ///< "pass", "fail", "inconclusive"

/// How many there are of one kind.
struct CompareTotals
{
    QString kind;
    qint64 same = 0, different = 0, onlySource = 0, onlyTarget = 0, unknown = 0;
    qint64 expected = 0; ///< differences and unknowns that are told and not counted; they are in none of the others
};

/// One of both databases, without secrets.
struct CompareSide
{
    QString name;   ///< the reference or the workspace's name; else as `target`
    QString target; ///< ConnectionString::target()
    QString host;   ///< the one that answered: "db.example.com:5432"
    QString server; ///< "PostgreSQL 15.4"
    QString user;
    QString error;                          ///< why it was not compared, or not to its end; empty: it was
    QString hint;                           ///< what to do about it
    bool opened = false;                    ///< somebody answered, and let us in
    std::optional<bool> written;            ///< while it was compared; nothing: it does not show
    QString activity;                       ///< how that shows, and who else is there
    QStringList writtenTables;              ///< "schema.table", where the server's counters tell them
    int connections = 0;                    ///< that read it at once
    std::optional<QDateTime> snapshotTaken; ///< what is compared is as it was then, by the server's clock
};

struct CompareReport
{
    DatabaseKind kind = DatabaseKind::Postgres;
    CompareSide source, target;
    QDateTime started, ended;    ///< UTC
    QList<CompareRow> rows;      ///< of kinds with many, those that are the same are only in the totals
    QList<CompareTotals> totals; ///< in the order of comparing
    QStringList notes;           ///< what limits the result: said to a person
    qint64 sampleRows = 0;       ///< 0: no checksums
    bool cancelled = false;

    CompareVerdict verdict() const;
    /// Why it is that; never empty.
    QStringList reasons() const;
    /// Those that count: unexpected differences, first those that do not move.
    QList<CompareRow> differences() const;
    QList<CompareRow> unknowns() const;
    /// A difference of `rows` is told and does not count any more: in the totals too.
    void expect(CompareRow &row, const QString &reason);
    /// The source's table or collection was written to while it was compared, so that it is in use: what it has and the
    /// target has not may have come after the copy.
    bool isMoving(const QString &object) const;
};

struct CompareProgress
{
    QString phase; ///< "open", "catalogue", "count", "checksum"
    qint64 done = 0;
    qint64 total = 0;
    QString object; ///< the table that was last; empty: none
};

struct CompareOptions
{
    DatabaseAccess access;
    Milliseconds timeout{600'000};     ///< the whole
    Milliseconds countTimeout{30'000}; ///< one table, to count it and again for its checksum
    qint64 sampleRows = 1'000;         ///< from either end of the key, and as many between; tables of ten times as many
                                       ///< rows are read wholly
    int connections = 2;               ///< a side
    QStringList schemas;               ///< only these; empty: all but the server's own
    QStringList exclude;               ///< tables: "schema.table" or "table"; "*" and "?" stand for any
    QStringList withoutRows;           ///< tables, letter for letter, whose rows are not looked at; their structure is
    QStringList accept;                ///< "KIND:OBJECT", where the object may hold "*" and "?"
    bool checksums = true;
    bool strictOwners = false;      ///< other owners and grants are differences: a copy leaves both out
    QString sourceName, targetName; ///< as reported
    std::function<void(const CompareProgress &)> onProgress; ///< on a thread of the comparison's, one at a time
};

/// Compares what the target has with what the source has. Both sides are read in one REPEATABLE READ, READ ONLY
/// transaction each, so that all numbers of one side are of one moment; nothing is written, locks are given back after
/// each table, and no statement waits long for one. Blocking, for a worker thread; starts `connections` threads a side
/// and ends them, and their connections, before it returns. Cancelled or out of time, the report holds what was
/// measured until then, and the rest as unknown. Both must be of one kind that can be compared: see comparable().
[[nodiscard]] CompareReport compareDatabases(const ConnectionString &source, const ConnectionString &target,
                                             const CompareOptions &options);

/// Errors (usage): not of one kind, a kind that is not compared here, an option that cannot be.
[[nodiscard]] Result<void> comparable(const ConnectionString &source, const ConnectionString &target,
                                      const CompareOptions &options);

/// "switchyard.db-compare/1"
[[nodiscard]] QJsonObject compareReportToJson(const CompareReport &report);

} // namespace Switchyard
