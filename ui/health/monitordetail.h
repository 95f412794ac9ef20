// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/endpointmeanings.h"
#include "models/health/historywindow.h"
#include "models/health/monitorset.h"
#include "ui/health/latencyview.h"

#include <QJsonObject>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTabWidget;

namespace Switchyard {

class ConnectionPane;
class ElidedLabel;
class FailurePane;
class FigureGrid;
class LatencyPlot;
class MetricsPane;
class NoticePane;
class Waterfall;
class WindowChooser;

/// Everything about one monitor, for a window of time that is chosen: live from memory, longer ones from the history,
/// which is read on a worker thread. Thread: GUI.
class MonitorDetail final : public QWidget
{
    Q_OBJECT
public:
    explicit MonitorDetail(QWidget *parent = nullptr);
    ~MonitorDetail() override;

    /// nullptr: none is chosen. Copies what it needs; call it again when the record changed. `limitMs`: the latency
    /// from which on a figure is marked.
    void showRecord(const MonitorRecord *record, double limitMs);
    /// Empty: none is kept.
    void setHistory(const QString &path);
    /// Moments for the live plot; longer windows have those of the history.
    void setMarks(const QList<HistoryMark> &marks);
    /// See MetricsPane::setSource().
    void setMetrics(const QString &base, const QString &path, const QString &caFile);
    /// What the endpoints of its backend answered; judged on a worker thread, at most every few seconds.
    void setObservations(const QList<EndpointObservation> &seen);
    void copyCurl();

    QJsonObject saveState() const;
    void restoreState(const QJsonObject &state);
    /// A window of the history is being read.
    bool isLoading() const { return m_loading; }
    WindowChooser *chooser() const { return m_chooser; }
    FigureGrid *figures() const { return m_figures; }
    LatencyPlot *plot() const { return m_plot; }

Q_SIGNALS:
    /// A window was read, or its reading failed.
    void windowShown();

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QWidget *makeLatencyTab();
    QWidget *makeHeader();
    void fillHead();
    void fillLive();
    void fillWindow();
    void fillWaterfall();
    void choiceChanged();
    void load(bool silent);
    void loaded(const Result<HistoryWindow> &result);
    void dropReading();
    void refine();
    void choosePoint(qint64 fromMs, qint64 toMs);
    void showPhases(const ProbePhases &phases, const QString &text, const QString &tip);
    void judge();
    bool isLive() const;
    void notice(const QString &icon, const QString &text, const QString &detail, const QString &button = {});

    std::optional<MonitorRecord> m_record;
    double m_limitMs = 0;
    QString m_history;
    QList<HistoryMark> m_marks;
    QList<EndpointObservation> m_seen;
    QList<MeaningResult> m_meanings;
    std::optional<Instant> m_judgedAt;
    bool m_judging = false;

    std::optional<HistoryWindow> m_window; ///< of the chosen span and monitor
    LatencyView m_windowView;
    quint64 m_run = 0; ///< answers to earlier choices are dropped
    std::shared_ptr<std::atomic<bool>> m_cancelled;
    bool m_loading = false;
    QTimer m_again;  ///< a window of the history grows old
    QTimer m_refine; ///< zooming stood still
    bool m_newWindow = true;
    bool m_pointChosen = false; ///< the waterfall shows another probe than the last

    ElidedLabel *m_name = nullptr;
    QLabel *m_state = nullptr;
    ElidedLabel *m_address = nullptr;
    WindowChooser *m_chooser = nullptr;
    QTabWidget *m_tabs = nullptr;
    QStackedWidget *m_stack = nullptr;
    NoticePane *m_notice = nullptr;
    QWidget *m_plotPlace = nullptr;
    LatencyPlot *m_plot = nullptr; ///< made when somebody looks
    QLabel *m_legend = nullptr;
    FigureGrid *m_figures = nullptr;
    QLabel *m_phases = nullptr;
    QPushButton *m_last = nullptr;
    Waterfall *m_waterfall = nullptr;
    FailurePane *m_failures = nullptr;
    ConnectionPane *m_connection = nullptr;
    MetricsPane *m_metrics = nullptr;
};

} // namespace Switchyard
