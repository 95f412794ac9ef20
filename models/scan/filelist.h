// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/scantypes.h"

#include "models/common/result.h"

#include <stop_token>
#include <string>
#include <vector>

namespace Switchyard {

/// The files of a folder that git would track: those in the index and those that are neither there nor ignored.
/// Symbolic links, other repositories and submodules are not followed, and counted. Without a repository: all files but
/// those in folders that only tools fill (node_modules, .venv, …), with a notice. Paths are relative to the folder, in
/// the file system's bytes, sorted. Counts and problems go to the report. Errors: usage (no folder), io.
[[nodiscard]] Result<std::vector<std::string>> listFiles(const ScanOptions &options, ScanReport &report,
                                                         std::stop_token stop);

} // namespace Switchyard
