// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

#include <memory>
#include <utility>

namespace Switchyard {

/// Values of one series over time, one line for each name; where there is no value the line is broken.
class SeriesChart final : public QWidget
{
    Q_OBJECT
public:
    static constexpr int keptPoints = 1'000;
    explicit SeriesChart(QWidget *parent = nullptr);
    ~SeriesChart() override;
    void clear(const QString &unit);
    /// What stands there instead of the axes while no moment has a value; empty: the axes do.
    void setEmptyText(const QString &text);
    /// At a moment of the wall clock. No values: a gap.
    void add(qint64 wallMs, const QList<std::pair<QString, double>> &values);
    /// How many moments have values.
    int count() const;
    /// At how many moments the lines are broken.
    int gaps() const;
    /// What stands instead of the axes now; empty: they do.
    QString notice() const;

protected:
    void changeEvent(QEvent *event) override;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Switchyard
