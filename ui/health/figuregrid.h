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

/// What can be counted of a window without its single probes.
struct CountedFigures
{
    std::optional<double> p50, p90, p95, p99, most; ///< milliseconds, of all probes, failed ones too
    double coverage = 0;
    qint64 count = 0, failed = 0;
};

/// The figures of one monitor and one window, each with how it is reckoned in its tooltip. What was not measured is
/// a dash.
class FigureGrid final : public QWidget
{
    Q_OBJECT
public:
    explicit FigureGrid(QWidget *parent = nullptr);

    /// `coarse`: see HistoryWindow.
    void show(const HealthFigures &figures, bool coarse, double limitMs);
    void showCounted(const CountedFigures &figures, double limitMs);
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
    void fillCounted();

    QGridLayout *m_grid;
    QDoubleSpinBox *m_objective;
    QHash<QString, QLabel *> m_values;
    QHash<QString, QString> m_tips;
    std::optional<HealthFigures> m_figures;
    std::optional<CountedFigures> m_counted;
    bool m_coarse = false;
    double m_limitMs = 0;
};

} // namespace Switchyard
