// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/scan/scantypes.h"

#include <functional>
#include <stop_token>

namespace Switchyard {

/// Scans a folder for what a move would break: platform hosts, localhost, addresses, ports, origins, secrets. Blocks,
/// so it is called from a worker thread, never from the GUI's. Works with `options.threads` threads of its own, all of
/// which have ended when it returns. Reads only; opens no connection.
///
/// `progress` is called from those threads, one at a time, at most ten times a second. Asking `stop` ends it soon, with
/// what was found so far and `cancelled` set. Memory is bounded by the size limit of a file times the threads.
/// Errors: usage (no folder, unknown platform), io (the folder cannot be read).
[[nodiscard]] Result<ScanReport> scanFolder(const ScanOptions &options,
                                            const std::function<void(const ScanProgress &)> &progress = {},
                                            std::stop_token stop = {});

/// The same for one text in memory, as if it were a file of this path: for editors and tests.
[[nodiscard]] QList<ScanFinding> scanText(const QByteArray &text, const QString &path, const ScanOptions &options = {});

} // namespace Switchyard
