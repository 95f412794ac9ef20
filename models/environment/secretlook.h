// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// Why a variable looks like a secret, in a few words and without its value; empty where it does not. By its name
/// (redact.h), a URL with credentials, tokens and keys known by their shape, and long values that look random. A
/// variable whose name says that it is built into the browser's code is public, whatever else its name says. A guess:
/// both ways wrong at times, and rather too often a secret.
[[nodiscard]] QString secretReason(const QString &name, const QString &value);
inline bool looksSecret(const QString &name, const QString &value)
{
    return !secretReason(name, value).isEmpty();
}

/// Whether the name's prefix makes a bundler put the value into the browser's code: VITE_, NEXT_PUBLIC_, REACT_APP_, …
[[nodiscard]] bool isPublicByPrefix(QStringView name);

} // namespace Switchyard
