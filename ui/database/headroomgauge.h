// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/stages.h"

#include <QWidget>

namespace Switchyard {

/// How much of the connections, or of the memory, is in use, on a bar with what is reserved at its end. Hidden where
/// nothing of it was read.
class HeadroomGauge final : public QWidget
{
    Q_OBJECT
public:
    explicit HeadroomGauge(QWidget *parent = nullptr);
    void show(const DatabaseHeadroom &headroom);
    using QWidget::show;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    struct Bar
    {
        QString name, text;
        double used = 0;     ///< 0 to 1
        double reserved = 0; ///< 0 to 1, at the end
    };
    QList<Bar> m_bars;
};

} // namespace Switchyard
