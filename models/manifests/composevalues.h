// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QString>

namespace Switchyard {

/// Keys of a service of compose that the model has no field for, with what to say of them.
const QHash<QString, QString> &unmodelledComposeKeys();

/// `$$` is how a compose file writes a dollar. Texts with references stay as they are written.
QString composeText(const QString &text);
/// Whether compose fills in a variable in the text.
bool hasComposeReference(const QString &text);
/// A whole value of the form ${NAME:-default} is its default, as compose has it where nobody sets NAME.
QString composeDefault(const QString &text);

} // namespace Switchyard
