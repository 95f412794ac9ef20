// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The judgements before a copy: pure functions of what both sides said.

#include "models/database/copy/copyfacts.h"
#include "models/database/copy/copyrecord.h"

namespace Switchyard {

/// What the target has, against what would come.
struct CopyCollisions
{
    QList<CopyRelation> both; ///< of the target, whose name the source has too
    QList<CopyRelation> only; ///< of the target alone
};
/// Only the schemas that are copied count for `both`.
[[nodiscard]] CopyCollisions collisions(const CopyFacts &source, const CopyFacts &target, const CopyOptions &options);

/// Those that the dump would make and the target has already. With `options.schemas`: of these, "public" too.
[[nodiscard]] QStringList schemasOfBoth(const CopyFacts &source, const CopyFacts &target, const CopyOptions &options);

/// Of the source, in the schemas that are copied.
struct CopyAmount
{
    int tables = 0;      ///< with the partitioned ones
    int partitioned = 0; ///< whose rows lie in other tables
    qint64 bytes = 0;
};
[[nodiscard]] CopyAmount copyAmount(const CopyFacts &source, const CopyOptions &options);

[[nodiscard]] CopyStep judgeSource(const ConnectionString &connection, const CopyFacts &source,
                                   const CopyOptions &options);
[[nodiscard]] CopyStep judgeTarget(const ConnectionString &connection, const CopyFacts &source, const CopyFacts &target,
                                   const CopyOptions &options);
[[nodiscard]] CopyStep judgeContents(const CopyFacts &source, const CopyFacts &target, const CopyOptions &options);
[[nodiscard]] CopyStep judgeSpace(const CopyFacts &source, const CopyOptions &options);
[[nodiscard]] CopyStep judgeExtensions(const QList<CopyExtension> &extensions, const CopyFacts &target,
                                       const CopyOptions &options);
[[nodiscard]] CopyStep judgeWrites(const QString &writers, const CopyHistory &history, const CopyOptions &options);

/// How writes to the source are frozen, in steps for a person; nothing is run.
[[nodiscard]] QStringList freezeSteps(const CopyFacts &source, const QString &platform);

} // namespace Switchyard
