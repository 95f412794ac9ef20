// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/healthfigures.h"

#include <QHash>
#include <QWidget>

#include <optional>

class QDoubleSpinBox;
class QGridLayout;
class QLabel;

namespace Switchyard {

/// The figures of one monitor and one window, each with how it is reckoned in its tooltip. What was not measured is
/// a dash.
class FigureGrid final : public QWidget
{
    Q_OBJECT
public:
    explicit FigureGrid(QWidget *parent = nullptr);

    /// `coarse`: see HistoryWindow.
    void show(const HealthFigures &figures, bool coarse, double limitMs);
    void clear();
    using QWidget::show;
    /// The share that should be up, 0 to 1.
    double objective() const;
    void setObjective(double share);
    /// What stands under a name: "p95", "Uptime", …
    QString valueOf(const QString &name) const;

Q_SIGNALS:
    void objectiveChanged(double share);

private:
    void add(const QString &name, const QString &tip);
    void put(const QString &name, const QString &text, bool bad = false, const QString &more = {});
    void fill();

    QGridLayout *m_grid;
    QDoubleSpinBox *m_objective;
    QHash<QString, QLabel *> m_values;
    QHash<QString, QString> m_tips;
    std::optional<HealthFigures> m_figures;
    bool m_coarse = false;
    double m_limitMs = 0;
};

} // namespace Switchyard
