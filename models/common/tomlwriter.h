// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/toml.h"

#include <QJsonValue>

namespace Switchyard {

/// A key as it stands in a text: bare where TOML allows it, else quoted.
[[nodiscard]] QByteArray tomlKey(const QString &key);

/// A value on one line; objects become inline tables. `literalQuotes` prefers '…' for texts that can stand in them.
/// A number without a fraction is written as a whole one: QJsonValue does not tell 2.0 from 2.
/// Errors (usage): null and undefined, which TOML does not have, also inside; text that is not Unicode.
[[nodiscard]] Result<QByteArray> tomlLiteral(const QJsonValue &value, bool literalQuotes = false);

/// The tree that parseToml() gives for tomlLiteral(value), without places.
[[nodiscard]] TomlNode tomlNode(const QJsonValue &value);

} // namespace Switchyard
