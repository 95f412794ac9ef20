// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/sessionview.h"

#include "models/common/files.h"
#include "models/report/sessionreport.h"
#include "ui/common/format.h"
#include "ui/common/notice.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/redeploy/budgetbar.h"
#include "ui/redeploy/eventmodel.h"
#include "ui/redeploy/gatedetails.h"
#include "ui/redeploy/reconnectcurve.h"
#include "ui/redeploy/sessionrows.h"
#include "ui/redeploy/timelineplot.h"
#include "ui/redeploy/verdictbanner.h"

#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace Switchyard {

namespace {
constexpr int drawEveryMs = 100;
constexpr int judgeEveryMs = 1'000;
enum Tab
{
    ClosesTab,
    GateTab,
    InsightsTab,
    EventsTab
};

QString percentilesText(const QString &name, const Percentiles &figures)
{
    if (figures.count == 0)
        return {};
    return QStringLiteral("<tr><td style='padding-right:16px'>%1</td><td style='padding-right:16px'>p50 %2</td>"
                          "<td style='padding-right:16px'>p95 %3</td><td style='padding-right:16px'>max %4</td><td>%5 "
                          "measured</td></tr>")
        .arg(name, latencyText(figures.p50), latencyText(figures.p95), latencyText(figures.max))
        .arg(figures.count);
}
} // namespace

SessionView::SessionView(Workbench *workbench, ChooseSaveFile chooseSaveFile, QWidget *parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_chooseSaveFile(std::move(chooseSaveFile))
    , m_stack(new QStackedWidget(this))
    , m_notice(new NoticePane(this))
    , m_gates(new RowModel(gateColumns(), this))
    , m_closes(new RowModel(closeColumns(), this))
    , m_events(new EventModel(this))
{
    setObjectName(QStringLiteral("sessionView"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_stack->addWidget(m_notice);
    m_stack->addWidget(makeBody());
    connect(m_notice, &NoticePane::buttonPressed, this, &SessionView::startAgain);
    m_drawTimer.setSingleShot(true);
    m_drawTimer.setInterval(drawEveryMs);
    connect(&m_drawTimer, &QTimer::timeout, this, &SessionView::draw);
    m_judgeTimer.setInterval(judgeEveryMs);
    connect(&m_judgeTimer, &QTimer::timeout, this, &SessionView::judgeNow);
    connect(m_workbench, &Workbench::sessionStarted, this, &SessionView::begin);
    connect(m_workbench, &Workbench::sessionFinished, this, &SessionView::finish);
    connect(m_workbench, &Workbench::sessionFailed, this, [this](const Error &error) { fail(error.toString()); });
    connect(m_workbench, &Workbench::workspaceClosed, this, [this] {
        m_judgeTimer.stop();
        m_drawTimer.stop();
        m_final = false;
        m_shownBackend.clear();
        showNone();
    });
    connect(m_workbench, &Workbench::workspaceOpened, this, [this] {
        m_paused = false;
        showLegend();
    });
    connect(m_workbench, &Workbench::currentBackendChanged, this, &SessionView::showBackend);
    showLegend();
    if (m_workbench->sessionRunning())
        begin();
    else
        showBackend(m_workbench->currentBackend());
}

SessionView::~SessionView() = default;

QWidget *SessionView::makeBody()
{
    auto *body = new QWidget(this);
    auto *layout = new QVBoxLayout(body);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_banner = new VerdictBanner(body);
    layout->addWidget(m_banner);
    connect(m_banner, &VerdictBanner::cancelRequested, m_workbench, &Workbench::interruptSession);
    connect(m_banner, &VerdictBanner::reportRequested, this, &SessionView::saveReport);
    auto *splitter = new QSplitter(Qt::Vertical, body);
    splitter->setChildrenCollapsible(false);
    layout->addWidget(splitter, 1);
    // In a low window the upper half scrolls, so that its lanes stay readable.
    auto *scroll = new QScrollArea(splitter);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto *upper = new QWidget(scroll);
    auto *upperLayout = new QVBoxLayout(upper);
    upperLayout->setContentsMargins(12, 8, 12, 4);
    upperLayout->setSpacing(4);
    m_legend = new QLabel(upper);
    // Neither wrapped nor as wide as its text: the height would depend on the width, or the window grow.
    m_legend->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_plot = new TimelinePlot(upper);
    m_budget = new BudgetBar(upper);
    upperLayout->addWidget(m_legend);
    upperLayout->addWidget(m_plot, 1);
    upperLayout->addWidget(m_budget);
    scroll->setWidget(upper);
    splitter->addWidget(scroll);
    auto *lower = new QSplitter(Qt::Horizontal, splitter);
    lower->setChildrenCollapsible(false);
    lower->setContentsMargins(12, 4, 12, 8);
    lower->setHandleWidth(12);
    lower->addWidget(makeGates());
    m_tabs = new QTabWidget(lower);
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeFigures(), QStringLiteral("Close codes"));
    m_tabs->addTab(m_gate, QStringLiteral("Gate"));
    m_insights = new QTextBrowser(m_tabs);
    m_insights->setObjectName(QStringLiteral("insights"));
    m_insights->setAccessibleName(QStringLiteral("Notes and forecast"));
    m_insights->setFrameShape(QFrame::NoFrame);
    m_tabs->addTab(m_insights, QStringLiteral("Notes"));
    m_tabs->addTab(makeEvents(), QStringLiteral("Events"));
    lower->addWidget(m_tabs);
    lower->setStretchFactor(0, 11);
    lower->setStretchFactor(1, 10);
    splitter->addWidget(lower);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({326, 278});
    return body;
}

QWidget *SessionView::makeGates()
{
    m_gateTable = new Table(m_gates, QStringLiteral("gateList"), QStringLiteral("Gates"), this);
    m_gateTable->setWidths({105, 130, 225});
    m_gate = new GateDetails(this);
    connect(m_gateTable, &Table::currentKeyChanged, this, &SessionView::showGate);
    const auto lead = [this] { m_tabs->setCurrentIndex(GateTab); };
    connect(m_gateTable, &QTableView::clicked, this, lead);
    connect(m_gateTable, &QTableView::activated, this, lead);
    return m_gateTable;
}

QWidget *SessionView::makeFigures()
{
    auto *pane = new QWidget(this);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(8);
    auto *table = new Table(m_closes, QStringLiteral("closeTable"), QStringLiteral("Close codes"), pane);
    table->setWidths({230, 110, 90});
    m_reconnects = new QLabel(pane);
    m_reconnects->setObjectName(QStringLiteral("reconnects"));
    m_reconnects->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_curve = new ReconnectCurve(pane);
    layout->addWidget(table, 1);
    layout->addWidget(m_reconnects);
    layout->addWidget(m_curve);
    return pane;
}

QWidget *SessionView::makeEvents()
{
    auto *pane = new QWidget(this);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    m_filter = new QLineEdit(pane);
    m_filter->setObjectName(QStringLiteral("eventFilter"));
    m_filter->setAccessibleName(QStringLiteral("Filter of the events"));
    m_filter->setPlaceholderText(QStringLiteral("Filter: prices, 1012, /ready … (Ctrl+F)"));
    m_filter->setClearButtonEnabled(true);
    m_eventTable = new Table(m_events, QStringLiteral("eventTable"), QStringLiteral("Events"), pane);
    Table *table = m_eventTable;
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setWidths({100, 160, 110});
    auto *clear = new QShortcut(QKeySequence(Qt::Key_Escape), m_filter, nullptr, nullptr, Qt::WidgetShortcut);
    connect(clear, &QShortcut::activated, m_filter, &QLineEdit::clear);
    auto *stack = new QStackedWidget(pane);
    auto *none = new NoticePane(stack);
    none->setObjectName(QStringLiteral("noEventMatches"));
    none->show({}, QStringLiteral("No event matches."), {}, QStringLiteral("Clear the filter"));
    stack->addWidget(table);
    stack->addWidget(none);
    auto *save = new QPushButton(QStringLiteral("Save CSV…"), pane);
    save->setObjectName(QStringLiteral("saveEvents"));
    save->setToolTip(QStringLiteral("The selected events, or all that are shown (Ctrl+S)"));
    save->setShortcut(QKeySequence(QKeySequence::Save));
    connect(save, &QPushButton::clicked, this, &SessionView::saveEvents);
    auto *top = new QHBoxLayout;
    top->addWidget(m_filter, 1);
    top->addWidget(save);
    layout->addLayout(top);
    layout->addWidget(stack, 1);
    QSortFilterProxyModel *shown = table->proxy();
    connect(m_filter, &QLineEdit::textChanged, shown, &QSortFilterProxyModel::setFilterFixedString);
    connect(none, &NoticePane::buttonPressed, m_filter, &QLineEdit::clear);
    // Without any event there is nothing that a filter could hide.
    const auto choose = [this, stack, shown] {
        const bool hidden = shown->rowCount() == 0 && m_events->rowCount() > 0 && !m_filter->text().isEmpty();
        stack->setCurrentIndex(hidden ? 1 : 0);
    };
    connect(m_filter, &QLineEdit::textChanged, this, choose);
    connect(m_events, &QAbstractItemModel::rowsInserted, this, choose);
    connect(m_events, &QAbstractItemModel::modelReset, this, choose);
    return pane;
}

void SessionView::showBackend(const QString &backend)
{
    if (m_workbench->sessionRunning()) {
        if (backend != m_shownBackend)
            Q_EMIT m_workbench->noticed(
                QStringLiteral("The session on %1 is shown until it is over.").arg(m_shownBackend));
        return;
    }
    m_shownBackend = backend;
    if (const SessionOutcome *last = m_workbench->lastOutcome(backend)) {
        clearBody();
        return showOutcome(*last);
    }
    m_final = false;
    showNone();
}

void SessionView::showNone()
{
    // The button says what it does: redeploying ends connections, watching does not.
    m_noticeWatches = !m_workbench->redeployObstacle(m_shownBackend).isEmpty();
    m_notice->show(
        QStringLiteral("session"),
        m_shownBackend.isEmpty() ? QStringLiteral("No redeploy was watched yet.")
                                 : QStringLiteral("No redeploy of %1 was watched yet.").arg(m_shownBackend),
        QStringLiteral("A session holds the probe clients open, watches the redeploy and judges what it did to them."),
        m_noticeWatches ? QStringLiteral("Watch a redeploy") : QStringLiteral("Redeploy and judge"));
    m_stack->setCurrentIndex(0);
}

void SessionView::startAgain()
{
    if (m_noticeWatches)
        m_workbench->watch(m_shownBackend);
    else
        m_workbench->redeploy(m_shownBackend);
}

const SessionRecord *SessionView::record() const
{
    if (m_final) {
        const SessionOutcome *last = m_workbench->lastOutcome(m_shownBackend);
        return last ? &last->record : nullptr;
    }
    return m_workbench->session() ? &m_workbench->session()->record() : nullptr;
}

void SessionView::clearBody()
{
    m_final = false;
    m_verdict = {};
    m_gates->merge({});
    m_closes->merge({});
    m_gate->clear();
    m_tabs->setCurrentIndex(ClosesTab);
    m_reconnects->clear();
    m_curve->show({});
    m_insightsText.clear();
    m_insights->clear();
    m_tabs->setTabText(InsightsTab, QStringLiteral("Notes"));
    m_events->begin(0);
    m_tabs->setTabText(EventsTab, QStringLiteral("Events"));
    m_plot->begin({});
    m_plot->drawUntil(0);
    m_stack->setCurrentIndex(1);
}

void SessionView::begin()
{
    RedeploySession *session = m_workbench->session();
    m_shownBackend = m_workbench->sessionBackend();
    m_paused = false;
    showLegend();
    clearBody();
    m_budget->setVisible(!m_workbench->triedWatch());
    m_budget->show({}, double(m_workbench->workspace().thresholds.drain.count()), false);
    m_banner->setRunning(true);
    m_banner->show(State::Working, QStringLiteral("RUNNING"), QStringLiteral("Preparing"),
                   QStringLiteral("The backend is made ready."));
    connect(session, &RedeploySession::eventsAppended, this, [this] {
        if (!m_drawTimer.isActive())
            m_drawTimer.start();
    });
    m_judgeTimer.start();
}

void SessionView::draw()
{
    const SessionRecord *now = record();
    if (!now || (m_paused && !m_final) || (!isVisible() && !m_final))
        return;
    if (m_events->events().isEmpty() && !now->events.isEmpty()) {
        m_events->begin(now->header.startedWallMs);
        m_plot->begin(now->header);
    }
    const QList<Event> fresh = now->events.mid(m_events->events().size());
    m_plot->take(fresh);
    m_events->append(fresh);
    m_tabs->setTabText(EventsTab, QStringLiteral("Events (%1)").arg(m_events->events().size()));
    const double ms = m_final || !m_workbench->session() ? m_verdict.lastMs : m_workbench->session()->elapsedMs();
    m_plot->drawUntil(ms);
}

void SessionView::showLegend()
{
    const ThemeColors &colors = themeColors(palette());
    const auto patch = [](const QColor &color, const QString &name) {
        return QStringLiteral("<span style='color:%1'>■</span> %2&nbsp;&nbsp; ").arg(color.name(), name);
    };
    const QString paused =
        m_paused ? QStringLiteral("<b>Paused</b>, Space goes on&nbsp;&nbsp;|&nbsp;&nbsp; ") : QString();
    m_legend->setText(paused + patch(colors.bandOpen, QStringLiteral("open")) +
                      patch(colors.bandNotified, QStringLiteral("told to leave")) +
                      patch(colors.bandConnecting, QStringLiteral("connecting")) +
                      patch(colors.bandLost, QStringLiteral("lost")) +
                      QStringLiteral("&nbsp;&nbsp;|&nbsp;&nbsp; lanes: high is good, low is "
                                     "not&nbsp;&nbsp;|&nbsp;&nbsp; time in seconds since the start"));
}

void SessionView::judgeNow()
{
    RedeploySession *session = m_workbench->session();
    if (!session || !m_workbench->sessionRunning())
        return;
    if (!m_drawTimer.isActive())
        m_drawTimer.start();
    if (m_paused)
        return;
    const QString phase = RedeploySession::phaseName(session->phase());
    // Before the trigger nothing can be judged.
    const bool judged = session->phase() >= RedeploySession::Phase::Triggered;
    m_banner->show(State::Working, QStringLiteral("RUNNING"), QStringLiteral("Phase: %1").arg(phase),
                   QStringLiteral("%1, %2 since the start.%3")
                       .arg(m_shownBackend, ageText(session->elapsedMs()),
                            judged ? QStringLiteral(" The gates below are provisional.") : QString()));
    if (judged && isVisible())
        showVerdict(judge(session->record()), true);
}

void SessionView::showVerdict(const Verdict &verdict, bool provisional)
{
    m_verdict = verdict;
    m_gates->merge(gateRows(verdict, provisional));
    m_closes->merge(closeRows(verdict));
    showBudget(verdict, provisional);
    int lost = 0, back = 0;
    for (const ClientFigures &figures : verdict.clients) {
        lost += figures.lost;
        back += figures.back;
    }
    int bounced = 0;
    for (const ClientFigures &figures : verdict.clients)
        bounced += figures.bounced;
    m_curve->show(verdict.insights);
    if (const SessionRecord *now = record()) {
        // Set only when it changed: a reader's place in it stays.
        const QString text = insightsHtml(*now, verdict, themeColors(palette()).degraded);
        if (text != m_insightsText)
            m_insights->setHtml(text);
        m_insightsText = text;
    }
    const qsizetype notes = verdict.insights.notes.size();
    m_tabs->setTabText(InsightsTab, notes > 0 ? QStringLiteral("Notes (%1)").arg(notes) : QStringLiteral("Notes"));
    const QString returned = lost > 0 ? QStringLiteral("%1 of %2 lost clients are back, %3 were lost twice.")
                                            .arg(back)
                                            .arg(lost)
                                            .arg(bounced == 0 ? QStringLiteral("none") : QString::number(bounced))
                                      : QStringLiteral("No client has lost its connection.");
    m_reconnects->setText(QStringLiteral("<b>%1</b><table>%2%3%4</table>")
                              .arg(returned, percentilesText(QStringLiteral("reconnect"), verdict.reconnect),
                                   percentilesText(QStringLiteral("notice lead"), verdict.noticeLead),
                                   percentilesText(QStringLiteral("/health"), verdict.health)));
    showGate();
}

void SessionView::showBudget(const Verdict &verdict, bool provisional)
{
    const SessionRecord *now = record();
    if (!now)
        return;
    std::optional<double> used = verdict.drainMs;
    bool draining = false;
    if (!used) {
        // A session that was cancelled knows the drain up to its last event only.
        const double end = provisional ? m_workbench->session()->elapsedMs() : verdict.lastMs;
        for (const Event &event : now->events) {
            if (event.kind == EventKind::SignalSent) {
                used = std::max(0.0, end - double(event.us) / 1000);
                draining = true;
            }
        }
    }
    m_budget->setVisible(now->header.seesStop);
    m_budget->show(used, double(now->header.thresholds.drain.count()), draining);
}

void SessionView::finish()
{
    m_shownBackend = m_workbench->sessionBackend();
    if (const SessionOutcome *last = m_workbench->lastOutcome(m_shownBackend))
        showOutcome(*last);
}

void SessionView::showOutcome(const SessionOutcome &outcome)
{
    m_final = true;
    m_judgeTimer.stop();
    m_drawTimer.stop();
    const Verdict &verdict = outcome.verdict;
    showVerdict(verdict, false);
    draw();
    m_banner->setRunning(false);
    QString word = outcomeName(verdict.outcome).toUpper();
    const SessionHeader &header = outcome.record.header;
    const QString partial =
        outcome.record.complete ? QString() : QStringLiteral("Partial: %1. ").arg(outcome.record.endReason);
    m_banner->show(outcomeState(verdict.outcome), word, verdict.summary,
                   QStringLiteral("%1%2 on %3, driver %4, %5 local (%6)")
                       .arg(partial, header.backend, header.platform, header.driver, localTime(header.startedWallMs),
                            utcTime(header.startedWallMs)));
    // The first gate that failed is what a person wants to see next.
    for (const Gate &gate : verdict.gates) {
        if (gate.status == GateStatus::Fail) {
            m_tabs->setCurrentIndex(GateTab);
            return m_gateTable->selectKey(gate.id);
        }
    }
    if (m_gateTable->currentKey().isEmpty() && !verdict.gates.isEmpty())
        m_gateTable->selectKey(verdict.gates.first().id);
}

void SessionView::fail(const QString &message)
{
    m_judgeTimer.stop();
    m_drawTimer.stop();
    m_final = false;
    m_shownBackend = m_workbench->triedBackend();
    m_noticeWatches = m_workbench->triedWatch();
    m_notice->show(QStringLiteral("failed"), QStringLiteral("■ The session did not begin."), message,
                   QStringLiteral("Try again"));
    m_stack->setCurrentIndex(0);
}

void SessionView::showGate()
{
    const QString id = m_gateTable->currentKey();
    const SessionRecord *now = record();
    for (const Gate &gate : std::as_const(m_verdict.gates)) {
        if (gate.id == id && now)
            return m_gate->show(gate, *now);
    }
}

void SessionView::saveReport(const QString &suffix)
{
    const SessionOutcome *last = m_workbench->lastOutcome(m_shownBackend);
    if (!last)
        return;
    const QString name = QStringLiteral("redeploy-%1.%2").arg(last->backend, suffix);
    m_chooseSaveFile(this, name, [this, backend = last->backend](const QString &path) {
        const SessionOutcome *outcome = m_workbench->lastOutcome(backend);
        if (!outcome)
            return;
        const Result<void> written = writeSessionReport(path, outcome->record, outcome->verdict);
        Q_EMIT m_workbench->noticed(written ? QStringLiteral("Report written: %1").arg(path)
                                            : written.error().toString());
    });
}

void SessionView::saveEvents()
{
    m_chooseSaveFile(this, QStringLiteral("events-%1.csv").arg(m_shownBackend), [this](const QString &path) {
        const Result<void> written = writeFileAtomically(path, m_eventTable->toCsv().toUtf8());
        Q_EMIT m_workbench->noticed(written ? QStringLiteral("Events written: %1").arg(path)
                                            : written.error().toString());
    });
}

void SessionView::focusFilter()
{
    m_tabs->setCurrentIndex(EventsTab);
    m_filter->setFocus();
}

bool SessionView::togglePause()
{
    m_paused = !m_paused;
    showLegend();
    if (!m_paused)
        m_drawTimer.start();
    return true;
}

void SessionView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_legend)
        showLegend();
    QWidget::changeEvent(event);
}

void SessionView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    draw();
}

} // namespace Switchyard
