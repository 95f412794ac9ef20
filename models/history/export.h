// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/reader.h"

namespace Switchyard {

enum class HistoryFormat
{
    Csv,      ///< RFC 4180 with "\n"; a header line; nothing between two commas: not measured
    JsonLines ///< one object a line; a key that is not there: not measured
};

/// Samples of the series in the range to a file, row by row, series after series and by time; the file is there whole
/// or not at all. `stopped` is asked now and then. Returns the number of samples. Errors: usage (not a regular file),
/// io, cancelled.
[[nodiscard]] Result<qint64> exportHistory(const HistoryReader &reader, const QStringList &series, qint64 startMs,
                                           qint64 endMs, const QString &path, HistoryFormat format,
                                           const std::function<bool()> &stopped = {});

} // namespace Switchyard
