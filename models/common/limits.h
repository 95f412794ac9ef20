// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

namespace Switchyard {

/// Raises the soft limit of open files to the hard one and says how many descriptors a process may hold. The default
/// soft limit of 1,024 is far below what a session with many clients needs.
int raiseFileLimit();

/// Errors (io) when `sockets` more connections than about 100 other descriptors allow would not fit.
[[nodiscard]] Result<void> ensureFileLimit(int sockets);

} // namespace Switchyard
