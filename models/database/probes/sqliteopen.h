// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace Switchyard {

/// Whether the SQLite file behind this descriptor, which stands at its beginning, keeps a write-ahead log.
[[nodiscard]] bool hasWriteAheadLog(int descriptor);

/// Whether somebody has the file's write-ahead log open, or left it behind: it lies beside the file.
[[nodiscard]] bool writeAheadLogLiesThere(const QString &path);

/// The URI by which SQLite reads the file and makes no other beside it. One with a write-ahead log and no reader would
/// get its -shm and -wal from us, although it is opened read-only; taken as unchanging it gets none. Whoever reads for
/// long has to ask writeAheadLogLiesThere() again at the end: what was read then may be of two moments.
[[nodiscard]] QByteArray sqliteReadingUri(const QString &path, bool writeAheadLog);

} // namespace Switchyard
