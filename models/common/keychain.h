// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/secret.h"

namespace Switchyard {

/// Looks up "SERVICE/KEY" in the desktop's keychain (the Secret Service of D-Bus: GNOME Keyring, KWallet, KeePassXC) by
/// the attributes "service" and "key". It may ask a person to unlock it, so this blocks, at most for `limit`.
///
/// Errors: usage (no SERVICE/KEY, an empty value), auth (no session bus, no keychain on it, locked, not in it, no
/// answer in time). None repeats the value.
///
/// Thread: any but that of a window.
[[nodiscard]] Result<Secret> secretFromKeychain(const QString &name, Milliseconds limit = Milliseconds(30'000));

} // namespace Switchyard
