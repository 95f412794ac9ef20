// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QString>

namespace Switchyard {

/// An answer of Atlas' Admin API that is no success, in words. `body` is the API's {"error", "errorCode", "detail",
/// "reason"}, or anything at all; of it only the code and the detail are shown, redacted and cut.
[[nodiscard]] Error atlasError(int status, const QByteArray &body, int retryAfterSeconds);

/// The same of /api/oauth/token, whose body is that of RFC 6749 section 5.2.
[[nodiscard]] Error atlasTokenError(int status, const QByteArray &body);

} // namespace Switchyard
