// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/timeline.h"
#include "models/redeploy/verdict.h"

#include <QPicture>
#include <QWidget>

#include <functional>
#include <memory>

namespace Switchyard {

/// The session on one axis of time: client states as a stacked band, a lane for each endpoint, one for newcomers, one
/// for each database with its connections in use below their limit, one for our own network, deploy marks and phases.
/// Times are seconds from the session's start.
///
/// The wheel zooms with Ctrl, or once the plot has the focus; before that it scrolls the page. Dragging and the arrow
/// keys move, + and - zoom, 0 or a double click shows all again.
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
    /// Finds an event of the session by its id, for the text under the mouse.
    void setEventSource(std::function<const Event *(int id)> find);

    /// Zooms by a factor (below 1: nearer) around a moment.
    void zoom(double factor, double aroundSeconds);
    void zoomIn();
    void zoomOut();
    /// Moves by a share of what is shown.
    void pan(double share);
    void fit();
    bool isFitted() const;
    /// First and last second shown.
    std::pair<double, double> shownRange() const;

    /// Which event is under a place of the plot; 0: none.
    int eventAt(const QPoint &place) const;
    /// What the tooltip says there; empty: nothing lies there.
    QString textAt(const QPoint &place) const;
    QStringList laneNames() const;
    /// Those that have a lane, in the order of databasePen().
    QStringList databaseNames() const;
    /// How many newcomers are shown as let in, refused, dropped.
    QList<int> newcomerMarks() const;
    /// Connections in use that are shown in a database's lane, in order of time; -1: not known.
    QList<int> connectionLevels(const QString &database) const;
    /// The whole plot as it would stand on paper of this size.
    QPicture picture(const QSize &size) const;

Q_SIGNALS:
    /// The person pressed on an event.
    void eventChosen(int id);
    void rangeChanged();

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Switchyard
