// SPDX-License-Identifier: GPL-3.0-or-later
// Servers newer than Debian 12's, which close sockets differently: fetched once into the build folder, in the versions
// pinned under tests/backends/. Where the machine cannot fetch them, there is a reason instead, and the test skips.
#pragma once

#include "models/common/result.h"

#include <QString>

namespace Switchyard::Testing {

/// A Python with the packages of tests/backends/requirements-current.txt: the interpreter's path.
[[nodiscard]] Result<QString> currentPython();

/// A node_modules folder with the packages of tests/backends/package.json, for NODE_PATH.
[[nodiscard]] Result<QString> nodeModules();

/// FerretDB in the version of tests/support/ferretdb/go.mod, built once for all build folders of this user, under
/// $XDG_CACHE_HOME/switchyard-tests: the program's path.
[[nodiscard]] Result<QString> ferretDb();

} // namespace Switchyard::Testing
