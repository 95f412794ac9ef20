// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/insights.h"

#include <QWidget>

namespace Switchyard {

/// How many clients came back in each second, with the busiest second marked.
class ReconnectCurve final : public QWidget
{
    Q_OBJECT
public:
    explicit ReconnectCurve(QWidget *parent = nullptr);
    void show(const Insights &insights, qint64 originWallMs);
    using QWidget::show;
    QSize sizeHint() const override { return {400, 120}; }
    QSize minimumSizeHint() const override { return {200, 84}; }
    /// "peak 31/s at 14:02:11 (17.3 s)"; empty without a reconnect.
    QString peakText() const;
    /// The curve on any painter, in the colours of a palette.
    void paintOn(QPainter &painter, const QRect &area, const QPalette &colours) const;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QList<ReconnectBin> m_bins;
    double m_peak = 0;
    double m_peakAtMs = 0;
    qint64 m_originWallMs = 0;
};

} // namespace Switchyard
