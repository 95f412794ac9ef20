// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// Close codes of RFC 6455 section 7.4 and the IANA WebSocket Close Code registry.
/// 1005 stands for a close frame without a code, 1006 for an end without a close frame; neither travels.
namespace CloseCode {
constexpr int normal = 1000;
constexpr int goingAway = 1001;
constexpr int noStatus = 1005;
constexpr int abnormal = 1006;
constexpr int serviceRestart = 1012;
} // namespace CloseCode

/// The registry's short name: "service restart", "private use" for 4000 to 4999, "registered" for 3000 to 3999,
/// "not assigned" for every other number.
QString closeCodeName(int code);

/// Whether an endpoint may put this code into a close frame (RFC 6455 section 7.4.2): 1000 to 1003, 1007 to 1014 and
/// 3000 to 4999. 1004, 1005, 1006, 1015, 1016 to 2999 and everything outside 1000 to 4999 may not stand on the wire.
bool closeCodeMayTravel(int code);

} // namespace Switchyard
