// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

namespace Switchyard {

/// The probe as a curl command for a POSIX shell: the same request, limits and trust, and its answer with headers on
/// standard output. A value that came from a reference is not in it: "env:NAME" becomes "${NAME}" and "file:PATH" what
/// the file holds, when the command runs; one that no shell can fetch, or that looks like a secret, becomes a
/// placeholder in angle brackets. A TCP port is asked by telnet:, a WebSocket by the upgrade's own headers. Pure.
[[nodiscard]] QString curlCommand(const ProbeTarget &target);

} // namespace Switchyard
