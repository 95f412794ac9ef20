// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/icons.h"

#include <QPainter>
#include <QSvgRenderer>

namespace Switchyard {

QPixmap iconPixmap(const QString &name, int size, const QColor &color, double pixelRatio)
{
    QPixmap pixmap(QSize(size, size) * pixelRatio);
    pixmap.fill(Qt::transparent);
    QSvgRenderer renderer(QStringLiteral(":/switchyard/icons/%1.svg").arg(name));
    QPainter painter(&pixmap);
    renderer.render(&painter, QRectF(QPointF(0, 0), QSizeF(pixmap.size())));
    painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
    painter.fillRect(pixmap.rect(), color);
    painter.end();
    pixmap.setDevicePixelRatio(pixelRatio);
    return pixmap;
}

QIcon themedIcon(const QString &name, const QColor &color)
{
    QIcon icon;
    for (const int size : {16, 24, 32, 48})
        icon.addPixmap(iconPixmap(name, size, color, 1));
    return icon;
}

} // namespace Switchyard
