// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/timeline.h"
#include "models/redeploy/verdict.h"

#include <QWidget>

#include <memory>

namespace Switchyard {

/// The session on one axis of time: client states as a stacked band, a lane for each endpoint, deploy marks and phases.
/// The wheel zooms time, dragging pans, a double click shows all again. Times are seconds from the session's start.
class TimelinePlot final : public QWidget
{
    Q_OBJECT
public:
    explicit TimelinePlot(QWidget *parent = nullptr);
    ~TimelinePlot() override;

    void begin(const SessionHeader &header);
    void take(const QList<Event> &events);
    /// Draws up to this time; while nobody has zoomed, the axis follows.
    void drawUntil(double ms);

protected:
    void changeEvent(QEvent *event) override;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Switchyard
