// SPDX-License-Identifier: GPL-3.0-or-later
// Log lines on stderr and the one timestamp format of the program. stdout belongs to the "listening on" line alone.
#pragma once

#include <string>
#include <string_view>

namespace Switchyard::Demo {

/// UTC with milliseconds, ISO 8601: 2026-01-02T03:04:05.678Z.
std::string isoNow();

/// Writes "<isoNow> <text>\n" to stderr in one call, so that lines of two processes on one terminal stay whole.
void logLine(std::string_view text);

/// "1 client", "2 clients".
std::string counted(std::size_t n, std::string_view noun);

} // namespace Switchyard::Demo
