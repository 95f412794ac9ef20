// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/reconnectcurve.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"

#include <QPainter>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int barsHeight = 28;
constexpr int widestBar = 24;

} // namespace

ReconnectCurve::ReconnectCurve(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("reconnectCurve"));
    setFixedHeight(barsHeight + fontMetrics().height() + 6);
    hide();
}

void ReconnectCurve::show(const Insights &insights)
{
    m_bins = insights.reconnects;
    m_peak = insights.peakPerSecond;
    m_peakAtMs = insights.peakAtMs;
    setVisible(!m_bins.isEmpty());
    const QString text =
        QStringLiteral("Reconnects a second: at most %1, from %2 s on").arg(m_peak).arg(m_peakAtMs / 1000, 0, 'f', 1);
    setAccessibleName(text);
    setToolTip(text);
    update();
}

void ReconnectCurve::paintEvent(QPaintEvent *)
{
    if (m_bins.isEmpty())
        return;
    const ThemeColors &colors = themeColors(palette());
    QPainter painter(this);
    int most = 1;
    for (const ReconnectBin &bin : m_bins)
        most = std::max(most, bin.count);
    const double step = std::min(double(widestBar), double(width()) / double(m_bins.size()));
    for (qsizetype i = 0; i < m_bins.size(); ++i) {
        const double tall = double(barsHeight) * m_bins[i].count / most;
        const QRectF bar(double(i) * step, barsHeight - tall, std::max(1.0, step - 2), tall);
        painter.fillRect(bar, m_bins[i].count == most ? colors.accent : colors.bandConnecting);
    }
    painter.setPen(colors.line);
    painter.drawLine(0, barsHeight, width(), barsHeight);
    painter.setPen(colors.faded);
    painter.drawText(
        QRect(0, barsHeight + 2, width(), height() - barsHeight - 2), Qt::AlignLeft | Qt::AlignTop,
        QStringLiteral("reconnects a second, peak %1/s at %2 s").arg(m_peak).arg(m_peakAtMs / 1000, 0, 'f', 1));
}

} // namespace Switchyard
