// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// A text as a YAML scalar that every version of YAML reads as a text; `yamlQuoted` has quotes in any case.
QString yamlScalar(const QString &text);
QString yamlQuoted(const QString &text);

} // namespace Switchyard
