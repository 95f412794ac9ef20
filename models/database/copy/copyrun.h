// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The two programs at work: pg_dump, what it writes, pg_restore, and what both say.

#include "models/database/base/childprocess.h"
#include "models/database/copy/copyaccess.h"
#include "models/database/copy/copyfacts.h"
#include "models/database/copy/copyprograms.h"

#include <QMap>

namespace Switchyard {

/// What a line of a verbose pg_dump or pg_restore tells.
struct CopyLine
{
    enum class Kind
    {
        Other,
        Table,  ///< its rows begin: `object`
        Object, ///< something is made: `object` is "index orders_pkey"
        Error,  ///< what failed
        Detail  ///< belongs to the error before it
    };
    Kind kind = Kind::Other;
    QString object; ///< or the error's text without the program's name
};
[[nodiscard]] CopyLine copyLine(const QByteArray &line);

struct CopyRunInput
{
    ProgramChoice choice;
    const CopyAccess *source = nullptr;
    const CopyAccess *target = nullptr;
    const ConnectionString *sourceString = nullptr; ///< whose secrets are cut out of what the programs say
    const ConnectionString *targetString = nullptr;
    QString database;            ///< of the target
    QMap<QString, qint64> sizes; ///< of the source's tables, for the estimate
    QList<CopyRelation> withoutRows;
    bool deletes = false;
    bool intoSchemas = false; ///< the target has all that are copied: only what is in them is made
};

struct CopyRunResult
{
    enum class End
    {
        Done,
        Failed,
        Cancelled,
        TimedOut
    };
    End end = End::Failed;
    QString detail; ///< in words; no secret
    QString hint;
    QString cause; ///< of CopyCause; empty: unknown
    qint64 bytes = 0;
    double seconds = 0;      ///< from the first program's start to the last one's end
    int tables = 0;          ///< whose rows were begun to be written at the target; with jobs: whose rows the dump has
    bool ownFailure = false; ///< the dump's file: the target was never touched
    bool restoring = false;  ///< pg_restore was started
};

/// Runs them and returns when both have ended and are reaped. With a file, one after the other, and a cancel or failure
/// of the first leaves no file.
[[nodiscard]] CopyRunResult runCopy(const CopyRunInput &input, const CopyOptions &options, const Deadline &deadline);

/// Waits until the server has no connection of this name left, and ends those that do not go by themselves. Nothing can
/// be told where the server does not answer.
void endLeftConnections(const ConnectionString &connection, const DatabaseAccess &access,
                        const QString &applicationName);

} // namespace Switchyard
