// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/insights.h"

#include <QWidget>

namespace Switchyard {

/// Reconnects a second, as bars, the highest rate named. Without a reconnect it takes no room.
class ReconnectCurve final : public QWidget
{
    Q_OBJECT
public:
    explicit ReconnectCurve(QWidget *parent = nullptr);

    void show(const Insights &insights);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QList<ReconnectBin> m_bins;
    double m_peak = 0;
    double m_peakAtMs = 0;
};

} // namespace Switchyard
