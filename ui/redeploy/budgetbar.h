// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <optional>

namespace Switchyard {

/// How much of the drain budget the old instance used, from the signal to its exit.
class BudgetBar final : public QWidget
{
    Q_OBJECT
public:
    explicit BudgetBar(QWidget *parent = nullptr);
    /// `usedMs` absent: nothing was signalled, or the driver does not see it. `running`: it still drains.
    void show(std::optional<double> usedMs, double limitMs, bool running);
    using QWidget::show;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    std::optional<double> m_used;
    double m_limit = 0;
    bool m_running = false;
};

} // namespace Switchyard
