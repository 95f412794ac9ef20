// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/reader.h"
#include "models/history/sqlite.h"

namespace Switchyard {

/// What the parts of HistoryReader share. Nothing outside of this folder includes it.
struct HistoryReader::Private
{
    QString path;
    Sqlite::Connection db;

    tl::unexpected<Error> broken(int code) const;
    /// All of `read` sees one moment. It returns SQLite's code.
    Result<void> atOneMoment(const std::function<int(sqlite3 *)> &read) const;
};

} // namespace Switchyard
