// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"
#include "ui/redeploy/eventpane.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QListWidget;
class QTabWidget;

namespace Switchyard {

class BudgetBar;
class DatabaseLegend;
class EventModel;
class GateDetails;
class LiveJudge;
class ReconnectCurve;
class RowModel;
class Table;
class TimelinePlot;
class VerdictBanner;

/// One session as it is seen: verdict, timeline, gates, closes, reconnects, forecast, notes and events. It is given
/// events and knows nothing of where they come from; while a session runs it draws at most ten times a second and has
/// it judged on a worker thread.
class SessionBody final : public QWidget
{
    Q_OBJECT
public:
    explicit SessionBody(ChooseSaveFile chooseSaveFile, QWidget *parent = nullptr);
    ~SessionBody() override;

    VerdictBanner *banner() const { return m_banner; }
    /// An empty view for another session.
    void clear();
    /// New events of the session that runs; the header is taken with the first of them.
    void append(const SessionHeader &header, const QList<Event> &events);
    /// How far the session is. Before the trigger nothing can be judged.
    void setRunning(const QString &phase, double elapsedMs, bool judged);
    /// A session that is over. `live`: its events were appended already.
    void showFinished(const SessionRecord &record, const Verdict &verdict, bool live);
    /// How many events were given so far.
    qsizetype taken() const { return m_taken; }
    /// Whether the view stands still while the session goes on.
    void setPaused(bool paused);
    bool isPaused() const { return m_paused; }
    void focusFilter();
    TimelinePlot *timeline() const { return m_plot; }

Q_SIGNALS:
    void noticed(const QString &text);

protected:
    void showEvent(QShowEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeUpper();
    QWidget *makeLegendRow(QWidget *parent);
    QWidget *makeTabs();
    QWidget *makeCloses();
    QWidget *makeReconnects();
    QWidget *makeNotes();
    void draw();
    void flush(qsizetype most);
    void showLegend();
    void showVerdict(const Verdict &verdict, bool provisional);
    void showBudget(bool provisional);
    void showGate();
    void showNotes();
    void showEvidence(const QString &title, const QList<int> &ids);

    ChooseSaveFile m_chooseSaveFile;
    RowModel *m_gates;
    RowModel *m_closes;
    RowModel *m_forecast;
    EventModel *m_events;
    LiveJudge *m_judge;
    VerdictBanner *m_banner = nullptr;
    TimelinePlot *m_plot = nullptr;
    BudgetBar *m_budget = nullptr;
    Table *m_gateTable = nullptr;
    GateDetails *m_gate = nullptr;
    ReconnectCurve *m_curve = nullptr;
    QLabel *m_figures = nullptr;
    QLabel *m_legend = nullptr;
    DatabaseLegend *m_databases = nullptr;
    QLabel *m_noForecast = nullptr;
    QListWidget *m_notes = nullptr;
    EventPane *m_eventPane = nullptr;
    QTabWidget *m_tabs = nullptr;
    QTimer m_drawTimer;
    QTimer m_backlogTimer;
    SessionHeader m_header;
    QList<Event> m_pending;  ///< given, not drawn yet
    qsizetype m_flushed = 0; ///< of the pending ones
    qsizetype m_taken = 0;
    bool m_begun = false; ///< the header is taken
    double m_signalMs = -1;
    double m_elapsedMs = 0;
    Verdict m_verdict;
    bool m_final = false;
    bool m_paused = false;
};

} // namespace Switchyard
