// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace Switchyard {

/// The change from one text to the other as a unified diff with three lines around each change, as `git diff` prints it
/// and `git apply` takes it; empty where they are the same. A null `before` is a file that is not there yet, an empty
/// one an empty file. Thread: any.
[[nodiscard]] QByteArray unifiedDiff(const QByteArray &before, const QByteArray &after, const QString &path);

} // namespace Switchyard
