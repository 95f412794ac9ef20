// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <openssl/types.h>

namespace Switchyard {

/// As RFC 2253 writes it, but in UTF-8 instead of escapes.
[[nodiscard]] QString certificateNameText(const X509_NAME *name);
/// The names and addresses of its subjectAltName, in order; a malformed address is empty.
[[nodiscard]] QStringList certificateSubjectNames(X509 *certificate);

} // namespace Switchyard
