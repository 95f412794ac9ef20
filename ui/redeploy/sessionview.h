// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

#include <QTimer>
#include <QWidget>

#include <functional>

class QLabel;
class QTextBrowser;
class QLineEdit;
class QStackedWidget;
class QTabWidget;

namespace Switchyard {

class BudgetBar;
class EventModel;
class GateDetails;
class NoticePane;
class ReconnectCurve;
class RowModel;
class Table;
class TimelinePlot;
class VerdictBanner;
class Workbench;
struct SessionOutcome;

/// Asks where to save a file of this suffix; answers with a path, or not at all.
using ChooseSaveFile =
    std::function<void(QWidget *parent, const QString &name, std::function<void(const QString &)> answer)>;

/// The running or the last session: verdict, timeline, gates, close codes, reconnects and events. While it runs it is
/// drawn at most ten times a second and judged once a second.
class SessionView final : public QWidget
{
    Q_OBJECT
public:
    SessionView(Workbench *workbench, ChooseSaveFile chooseSaveFile, QWidget *parent = nullptr);
    ~SessionView() override;

    void focusFilter();
    /// Shows the last verdict of this backend, or that it has none. While a session runs, that session stays.
    void showBackend(const QString &backend);
    /// Whether the view stands still while the session goes on.
    bool togglePause();

protected:
    void showEvent(QShowEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeBody();
    QWidget *makeGates();
    QWidget *makeFigures();
    QWidget *makeEvents();
    void clearBody();
    void begin();
    void draw();
    void showLegend();
    void judgeNow();
    void showVerdict(const Verdict &verdict, bool provisional);
    void showBudget(const Verdict &verdict, bool provisional);
    void finish();
    void showOutcome(const SessionOutcome &outcome);
    void showNone();
    void startAgain();
    void fail(const QString &message);
    void showGate();
    void saveReport(const QString &suffix);
    void saveEvents();
    const SessionRecord *record() const;

    Workbench *m_workbench;
    ChooseSaveFile m_chooseSaveFile;
    QStackedWidget *m_stack;
    NoticePane *m_notice;
    VerdictBanner *m_banner = nullptr;
    TimelinePlot *m_plot = nullptr;
    BudgetBar *m_budget = nullptr;
    RowModel *m_gates;
    RowModel *m_closes;
    EventModel *m_events;
    Table *m_gateTable = nullptr;
    GateDetails *m_gate = nullptr;
    QLabel *m_legend = nullptr;
    QLabel *m_reconnects = nullptr;
    ReconnectCurve *m_curve = nullptr;
    QTextBrowser *m_insights = nullptr;
    Table *m_eventTable = nullptr;
    QLineEdit *m_filter = nullptr;
    QTabWidget *m_tabs = nullptr;
    QTimer m_drawTimer;
    QTimer m_judgeTimer;
    Verdict m_verdict;
    QString m_shownBackend;       ///< whose session or verdict is shown
    bool m_noticeWatches = false; ///< the notice's button watches; otherwise it redeploys
    QString m_insightsText;
    bool m_final = false;
    bool m_paused = false;
};

} // namespace Switchyard
