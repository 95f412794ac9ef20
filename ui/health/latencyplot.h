// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/livestate.h"

#include <QWidget>

#include <memory>

namespace Switchyard {

/// Latency of one endpoint over time; a probe without an answer is a gap with a mark.
class LatencyPlot final : public QWidget
{
    Q_OBJECT
public:
    explicit LatencyPlot(QWidget *parent = nullptr);
    ~LatencyPlot() override;
    /// `hold`: after so long without a probe nothing was measured.
    void show(const QList<HealthPoint> &points, Clock::duration hold, double limitMs);
    using QWidget::show;

protected:
    void changeEvent(QEvent *event) override;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Switchyard
