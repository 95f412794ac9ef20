// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonValue>
#include <QMap>
#include <QString>

#include <optional>

namespace Switchyard {

/// The value a JSON pointer (RFC 6901) leads to; nothing where it leads nowhere.
[[nodiscard]] std::optional<QJsonValue> valueAtPointer(const QJsonValue &root, const QString &pointer);

/// Whether every pointer leads to exactly its value. An empty map matches nothing.
[[nodiscard]] bool matchesPointers(const QJsonValue &root, const QMap<QString, QJsonValue> &expected);

} // namespace Switchyard
