// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// The one redaction layer under log, window, report and export: masks the password of a URL's userinfo, the values
/// of query parameters and headers that carry credentials (token, key, secret, password, authorization, cookie, …)
/// and bearer tokens, also inside JSON, assignments and values, and tokens known by their shape. The rest of the text
/// stays as it is, except that broken surrogate pairs are replaced. Linear in the length: cheap enough for every line
/// that leaves.
[[nodiscard]] QString redact(const QString &text);

/// Whether a variable, header or parameter of this name usually holds a secret: "apiKey", "DB_PASSWORD",
/// "X-Auth-Token", but not what only speaks of one ("TOKEN_TTL", "AUTH_URL") nor "PUBLIC_KEY".
[[nodiscard]] bool isSecretName(QStringView name);

/// Whether the URL text carries a password, an access token as its user, or a credential in its query. Such a URL may
/// not stand in argv or a file.
[[nodiscard]] bool urlCarriesSecret(const QString &url);

} // namespace Switchyard
