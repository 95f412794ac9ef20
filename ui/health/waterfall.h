// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

#include <QWidget>

namespace Switchyard {

/// The phases of one probe, one under the other on one axis of time.
class Waterfall final : public QWidget
{
    Q_OBJECT
public:
    explicit Waterfall(QWidget *parent = nullptr);
    void show(const ProbePhases &phases);
    using QWidget::show;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    ProbePhases m_phases;
};

} // namespace Switchyard
