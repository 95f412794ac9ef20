// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// compose fills in what stands behind a dollar: a plain one is written twice.
QString composeEscaped(QString text);

/// Whether compose can refer to a variable of this name.
bool isComposeVariable(const QString &name);
/// A reference that compose refuses to start without.
QString composeRequired(const QString &name);
/// "main-db", "_PASSWORD" -> "MAIN_DB_PASSWORD".
QString composeVariable(const QString &name, const char *suffix);

} // namespace Switchyard
