// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QJsonValue>
#include <QStringView>

namespace Switchyard {

/// Finds the value a JSON pointer (RFC 6901) names: "" is the whole document, "/a/0/b" goes down through objects and
/// arrays, "~1" stands for "/" and "~0" for "~". Pure; any thread.
/// Errors: usage (text that is no pointer), protocol (nothing stands there; the message names the step that is
/// missing).
[[nodiscard]] Result<QJsonValue> jsonPointer(const QJsonValue &root, QStringView pointer);

/// Reads a JSON text (RFC 8259), also one that is a bare string, number, true, false or null, which QJsonDocument
/// refuses. Errors: protocol (empty, or not JSON).
[[nodiscard]] Result<QJsonValue> parseJson(const QByteArray &text);

/// Whether two JSON values say the same: numbers by value (1 and 1.0 are equal), the rest by type and content.
[[nodiscard]] bool jsonEquals(const QJsonValue &left, const QJsonValue &right);

/// The value as compact JSON text, clipped to `maxLength` characters, for messages.
[[nodiscard]] QString jsonText(const QJsonValue &value, int maxLength = 80);

} // namespace Switchyard
