// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>
#include <QPixmap>
#include <QString>

namespace Switchyard {

/// A picture of resources/icons in one colour. The files are drawn in black lines; the colour is put in here, so that
/// one set serves light and dark.
QPixmap iconPixmap(const QString &name, int size, const QColor &color, double pixelRatio);
QIcon themedIcon(const QString &name, const QColor &color);

} // namespace Switchyard
