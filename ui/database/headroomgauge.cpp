// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/headroomgauge.h"

#include "models/common/numbertext.h"
#include "ui/common/theme.h"
#include "ui/database/databaserows.h"

#include <QPainter>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int barHeight = 10;
constexpr int nameWidth = 92;
constexpr int textWidth = 220;

} // namespace

HeadroomGauge::HeadroomGauge(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("headroomGauge"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void HeadroomGauge::show(const DatabaseHeadroom &headroom)
{
    m_bars.clear();
    if (headroom.used && headroom.limit && *headroom.limit > 0) {
        Bar bar{QStringLiteral("Connections"), connectionsText(headroom), double(*headroom.used) / *headroom.limit, 0};
        if (headroom.reserved && *headroom.reserved > 0) {
            bar.reserved = double(*headroom.reserved) / *headroom.limit;
            bar.text += QStringLiteral(", %1 reserved").arg(*headroom.reserved);
        }
        m_bars.append(bar);
    }
    if (headroom.memoryBytes && headroom.memoryLimitBytes && *headroom.memoryLimitBytes > 0)
        m_bars.append({QStringLiteral("Memory"),
                       QStringLiteral("%1 of %2")
                           .arg(dataSizeText(*headroom.memoryBytes), dataSizeText(*headroom.memoryLimitBytes)),
                       double(*headroom.memoryBytes) / double(*headroom.memoryLimitBytes), 0});
    QStringList words;
    for (const Bar &bar : std::as_const(m_bars))
        words.append(QStringLiteral("%1: %2").arg(bar.name, bar.text));
    setAccessibleName(words.join(QStringLiteral("; ")));
    setVisible(!m_bars.isEmpty());
    updateGeometry();
    update();
}

QSize HeadroomGauge::sizeHint() const
{
    return {360, int(m_bars.size()) * (fontMetrics().height() + 6)};
}

void HeadroomGauge::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const ThemeColors &colors = themeColors(palette());
    const int line = fontMetrics().height() + 6;
    const int left = nameWidth;
    const int width = std::max(40, this->width() - left - textWidth);
    for (qsizetype i = 0; i < m_bars.size(); ++i) {
        const Bar &bar = m_bars[i];
        const int top = int(i) * line;
        painter.setPen(colors.text);
        painter.drawText(QRect(0, top, left - 8, line), Qt::AlignLeft | Qt::AlignVCenter, bar.name);
        const QRect whole(left, top + (line - barHeight) / 2, width, barHeight);
        painter.fillRect(whole, colors.line);
        const double full = bar.used + bar.reserved;
        const QColor color = full >= 1 ? colors.down : full > 0.8 ? colors.degraded : colors.up;
        QRect used = whole;
        used.setWidth(std::clamp(int(whole.width() * bar.used), bar.used > 0 ? 2 : 0, whole.width()));
        painter.fillRect(used, color);
        if (bar.reserved > 0) {
            QRect kept = whole;
            kept.setLeft(whole.right() - std::max(2, int(whole.width() * bar.reserved)) + 1);
            painter.fillRect(kept, QBrush(colors.faded, Qt::BDiagPattern));
        }
        painter.setPen(colors.text);
        painter.drawText(QRect(whole.right() + 8, top, textWidth - 8, line), Qt::AlignLeft | Qt::AlignVCenter,
                         bar.text);
    }
}

} // namespace Switchyard
