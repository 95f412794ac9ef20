// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What is remembered of a copy, so that the next one can tell what was written since. No secret is in it.

#include "models/database/copy/copyfacts.h"

namespace Switchyard {

/// Of one copy from one database into another.
struct CopyRecord
{
    QDateTime begun;            ///< UTC
    QString source, target;     ///< ConnectionString::target()
    QString identity, instance; ///< of the source: CopyFacts
    CopyCounters counters;      ///< as they were before the dump's snapshot was taken
};

/// $XDG_STATE_HOME/switchyard/copies
QString defaultCopyRecordFolder();
/// The file of this pair in the folder; the way back has another.
QString copyRecordFile(const QString &folder, const CopyFacts &source, const CopyFacts &target);

/// Nothing where there is none, or none that can be read.
[[nodiscard]] std::optional<CopyRecord> readCopyRecord(const QString &file);
/// Mode 0600. Errors: io.
[[nodiscard]] Result<void> writeCopyRecord(const QString &file, const CopyRecord &record);

/// What was written since that copy.
[[nodiscard]] CopyHistory historySince(const std::optional<CopyRecord> &record, const CopyFacts &source,
                                       const CopyCounters &now);
/// Tables whose counters grew from one to the other.
[[nodiscard]] QList<CopyWrites> writesBetween(const CopyCounters &before, const CopyCounters &after);

} // namespace Switchyard
