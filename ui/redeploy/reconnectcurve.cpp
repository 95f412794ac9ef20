// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/reconnectcurve.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"

#include <QPainter>

#include <algorithm>

namespace Switchyard {

namespace {
constexpr double widestBar = 40;
}

ReconnectCurve::ReconnectCurve(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("reconnectCurve"));
    setAccessibleName(QStringLiteral("Reconnects per second"));
}

void ReconnectCurve::show(const Insights &insights, qint64 originWallMs)
{
    m_bins = insights.reconnects;
    m_peak = insights.peakPerSecond;
    m_peakAtMs = insights.peakAtMs;
    m_originWallMs = originWallMs;
    setAccessibleDescription(peakText());
    update();
}

QString ReconnectCurve::peakText() const
{
    if (m_bins.isEmpty())
        return {};
    return QStringLiteral("peak %1/s at %2 (%3 s)")
        .arg(QString::number(m_peak, 'g', 6), localTime(m_originWallMs + qint64(m_peakAtMs)))
        .arg(m_peakAtMs / 1000, 0, 'f', 1);
}

void ReconnectCurve::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintOn(painter, rect(), palette());
}

void ReconnectCurve::paintOn(QPainter &painter, const QRect &area, const QPalette &colours) const
{
    const ThemeColors &colors = themeColors(colours);
    const QFontMetrics metrics = painter.fontMetrics();
    const int line = metrics.height();
    painter.setPen(colors.faded);
    if (m_bins.isEmpty()) {
        painter.drawText(area, Qt::AlignCenter, QStringLiteral("No reconnect to draw."));
        return;
    }
    painter.drawText(QRect(area.left(), area.top(), area.width(), line), Qt::AlignLeft,
                     QStringLiteral("clients back per second"));
    painter.setPen(colors.text);
    painter.drawText(QRect(area.left(), area.top(), area.width() - 2, line), Qt::AlignRight, peakText());
    const QRect plot = area.adjusted(0, line + 4, -2, -line - 4);
    int most = 1;
    for (const ReconnectBin &bin : m_bins)
        most = std::max(most, bin.count);
    // Few seconds stand beside each other; many fill the width.
    const double step = std::min(double(plot.width()) / double(m_bins.size()), widestBar + 1);
    const double width = std::max(1.0, step - 1);
    for (qsizetype i = 0; i < m_bins.size(); ++i) {
        const double height = double(plot.height()) * m_bins[i].count / most;
        const double left = plot.left() + step * double(i);
        const bool peak = m_peakAtMs + 1'000 > m_bins[i].fromMs && m_peakAtMs < m_bins[i].fromMs + 1'000 &&
                          m_bins[i].count * 2 >= most;
        painter.fillRect(QRectF(left, plot.bottom() + 1 - height, width, height),
                         peak ? colors.accent : colors.bandConnecting);
    }
    painter.setPen(colors.line);
    painter.drawLine(plot.left(), plot.bottom() + 1, plot.right(), plot.bottom() + 1);
    painter.setPen(colors.faded);
    const QRect foot(plot.left(), plot.bottom() + 3, plot.width(), line);
    painter.drawText(foot, Qt::AlignLeft, QStringLiteral("%1 s").arg(m_bins.first().fromMs / 1000, 0, 'f', 0));
    const QString end = QStringLiteral("%1 s").arg(m_bins.last().fromMs / 1000 + 1, 0, 'f', 0);
    const int drawn = int(step * double(m_bins.size()));
    if (drawn > 3 * metrics.horizontalAdvance(end))
        painter.drawText(QRect(foot.left(), foot.top(), drawn, line), Qt::AlignRight, end);
}

} // namespace Switchyard
