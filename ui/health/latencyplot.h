// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/health/latencyview.h"

#include <QWidget>

#include <memory>

namespace Switchyard {

/// Latency of one monitor over time, and below it a strip of its states. Time without a measurement is hatched and no
/// line leads across; a probe without an answer is a square on the ground. Dragging pans, the wheel zooms, a double
/// click shows the whole window again.
class LatencyPlot final : public QWidget
{
    Q_OBJECT
public:
    explicit LatencyPlot(QWidget *parent = nullptr);
    ~LatencyPlot() override;
    /// What was zoomed into stays, unless `whole`.
    void show(const LatencyView &view, bool whole);
    using QWidget::show;

    const LatencyView &view() const;
    bool isZoomed() const;
    /// What is shown now, in milliseconds of the wall clock.
    std::pair<qint64, qint64> shownRange() const;
    void setShownRange(qint64 fromMs, qint64 toMs);
    void showWhole();
    /// The middle of a moment on the widget, for tests and tools.
    QPoint placeOf(qint64 atMs) const;
    /// Where hatching says that nothing was measured, in order.
    QList<std::pair<qint64, qint64>> gaps() const;
    /// What is said of the place under the mouse.
    QString tipAt(const QPoint &place) const;

Q_SIGNALS:
    /// A probe, or a part of the window with several, was clicked.
    void chosen(qint64 fromMs, qint64 toMs);
    /// Somebody zoomed or panned.
    void rangeChanged();

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Switchyard
