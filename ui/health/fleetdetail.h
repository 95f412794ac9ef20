// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/fleet/fleetwindow.h"
#include "ui/health/latencyview.h"

#include <QJsonObject>
#include <QPointer>
#include <QTimer>
#include <QWidget>

class QLabel;
class QPushButton;
class QStackedWidget;

namespace Switchyard {

class ElidedLabel;
class FigureGrid;
class FleetWatch;
class HealthSource;
class LatencyPlot;
class NoticePane;
class Waterfall;
class WindowChooser;

/// One monitor as Prometheus knows it, over a window of time: nothing of this machine's own history is mixed in.
/// Thread: GUI; requests and answers are dealt with on the watch's thread.
class FleetDetail final : public QWidget
{
    Q_OBJECT
public:
    /// `source` must outlive it.
    explicit FleetDetail(HealthSource *source, QWidget *parent = nullptr);

    /// nullptr: none is chosen, or the server is not asked. `limitMs`: the latency from which on a figure is marked.
    void showMonitor(const Monitor *monitor, double limitMs);
    WindowChooser *chooser() const { return m_chooser; }
    LatencyPlot *plot() const { return m_plot; }
    FigureGrid *figures() const { return m_figures; }
    bool isLoading() const { return m_asked == Asked::Window; }

    QJsonObject saveState() const;
    void restoreState(const QJsonObject &state);

Q_SIGNALS:
    void copyCurlWanted();
    /// A window was read, or its reading failed.
    void windowShown();

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    enum class Asked
    {
        Nothing,
        Window,
        Zoomed, ///< a part of it in more detail
        Phases
    };
    QWidget *makeHeader();
    QWidget *makeContent();
    void fillHead();
    void connectWatch();
    void load(bool silent);
    void refine();
    void choosePoint(qint64 fromMs, qint64 toMs);
    void ask(Asked what, qint64 fromMs, qint64 toMs);
    void take(const FleetWindow &window);
    void fillWindow();
    void fillZoomed(const FleetWindow &window);
    void fillPhases(const ProbePhases &phases, qint64 atMs, const QString &what);
    void notice(const QString &icon, const QString &text, const QString &detail, const QString &button = {});

    HealthSource *m_source;
    QPointer<FleetWatch> m_connected;
    std::optional<Monitor> m_monitor;
    double m_limitMs = 0;
    Asked m_asked = Asked::Nothing;
    std::optional<FleetWindow> m_window;
    LatencyView m_view;
    bool m_newWindow = true;
    bool m_pointChosen = false;
    QTimer m_again, m_refine;

    ElidedLabel *m_name = nullptr;
    QLabel *m_state = nullptr;
    ElidedLabel *m_from = nullptr;
    WindowChooser *m_chooser = nullptr;
    QStackedWidget *m_stack = nullptr;
    NoticePane *m_notice = nullptr;
    QWidget *m_plotPlace = nullptr;
    LatencyPlot *m_plot = nullptr; ///< made when somebody looks
    QLabel *m_legend = nullptr;
    FigureGrid *m_figures = nullptr;
    QLabel *m_phases = nullptr;
    Waterfall *m_waterfall = nullptr;
};

/// What the plot shows of a window of the server.
[[nodiscard]] LatencyView fleetView(const FleetWindow &window);

} // namespace Switchyard
