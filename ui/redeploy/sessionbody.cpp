// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/sessionbody.h"

#include "ui/common/format.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"
#include "ui/redeploy/budgetbar.h"
#include "ui/redeploy/databaselegend.h"
#include "ui/redeploy/gatedetails.h"
#include "ui/redeploy/livejudge.h"
#include "ui/redeploy/reconnectcurve.h"
#include "ui/redeploy/sessionrows.h"
#include "ui/redeploy/timelineplot.h"
#include "ui/redeploy/verdictbanner.h"

#include <QElapsedTimer>
#include <QEvent>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>
#include <utility>

namespace Switchyard {

namespace {
constexpr int drawEveryMs = 100;
constexpr qsizetype mostAtOnce = 2'000;
constexpr int sliceMs = 12;
enum Tab
{
    GateTab,
    ClosesTab,
    ReconnectsTab,
    ForecastTab,
    NotesTab,
    EventsTab
};
} // namespace

SessionBody::SessionBody(ChooseSaveFile chooseSaveFile, QWidget *parent)
    : QWidget(parent)
    , m_chooseSaveFile(std::move(chooseSaveFile))
    , m_gates(new RowModel(gateColumns(), this))
    , m_closes(new RowModel(closeColumns(), this))
    , m_forecast(new RowModel(forecastColumns(), this))
    , m_events(new EventModel(this))
    , m_judge(new LiveJudge(this))
{
    setObjectName(QStringLiteral("sessionBody"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_banner = new VerdictBanner(this);
    layout->addWidget(m_banner);
    auto *splitter = new QSplitter(Qt::Vertical, this);
    splitter->setObjectName(QStringLiteral("sessionSplitter"));
    splitter->setChildrenCollapsible(false);
    layout->addWidget(splitter, 1);
    splitter->addWidget(makeUpper());
    auto *lower = new QSplitter(Qt::Horizontal, splitter);
    lower->setChildrenCollapsible(false);
    lower->setContentsMargins(12, 4, 12, 8);
    lower->setHandleWidth(12);
    m_gateTable = new Table(m_gates, QStringLiteral("gateList"), QStringLiteral("Gates"), lower);
    m_gateTable->setWidths({100, 120, 250});
    lower->addWidget(m_gateTable);
    lower->addWidget(makeTabs());
    lower->setStretchFactor(0, 1);
    lower->setStretchFactor(1, 1);
    lower->setSizes({640, 616});
    splitter->addWidget(lower);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({290, 310});
    connect(m_gateTable, &Table::currentKeyChanged, this, &SessionBody::showGate);
    const auto lead = [this] { m_tabs->setCurrentIndex(GateTab); };
    connect(m_gateTable, &QTableView::clicked, this, lead);
    connect(m_gateTable, &QTableView::activated, this, lead);
    m_drawTimer.setSingleShot(true);
    m_drawTimer.setInterval(drawEveryMs);
    connect(&m_drawTimer, &QTimer::timeout, this, &SessionBody::draw);
    // One for all: however often somebody asks for the rest, there is one slice between two turns of the window.
    m_backlogTimer.setSingleShot(true);
    m_backlogTimer.setInterval(0);
    connect(&m_backlogTimer, &QTimer::timeout, this, &SessionBody::draw);
    connect(m_judge, &LiveJudge::judged, this, [this](const Verdict &verdict) {
        if (!m_final && !m_paused)
            showVerdict(verdict, true);
    });
    showLegend();
}

SessionBody::~SessionBody() = default;

QWidget *SessionBody::makeUpper()
{
    // In a low window the upper half scrolls, so that its lanes stay readable.
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto *upper = new QWidget(scroll);
    auto *layout = new QVBoxLayout(upper);
    layout->setContentsMargins(12, 4, 12, 2);
    layout->setSpacing(3);
    m_plot = new TimelinePlot(upper);
    m_plot->setEventSource([this](int id) { return m_events->event(id); });
    m_budget = new BudgetBar(upper);
    m_databases = new DatabaseLegend(upper);
    layout->addWidget(makeLegendRow(upper));
    layout->addWidget(m_databases);
    layout->addWidget(m_plot, 1);
    layout->addWidget(m_budget);
    scroll->setWidget(upper);
    connect(m_plot, &TimelinePlot::eventChosen, this, [this](int id) {
        m_tabs->setCurrentIndex(EventsTab);
        m_eventPane->selectEvent(id);
    });
    return scroll;
}

QWidget *SessionBody::makeLegendRow(QWidget *parent)
{
    auto *row = new QWidget(parent);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    m_legend = new QLabel(row);
    m_legend->setObjectName(QStringLiteral("timelineLegend"));
    // Neither wrapped nor as wide as its text: the height would depend on the width, or the window grow.
    m_legend->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    layout->addWidget(m_legend, 1);
    const auto button = [&](const QString &text, const char *name, const QString &tip, auto slot) {
        auto *made = new QToolButton(row);
        made->setText(text);
        made->setObjectName(QLatin1StringView(name));
        made->setAccessibleName(tip);
        made->setToolTip(tip);
        made->setAutoRaise(true);
        connect(made, &QToolButton::clicked, m_plot, slot);
        layout->addWidget(made);
        return made;
    };
    button(QStringLiteral("–"), "timelineOut", QStringLiteral("Show more time (-, Ctrl and the wheel)"),
           &TimelinePlot::zoomOut);
    button(QStringLiteral("+"), "timelineIn", QStringLiteral("Show less time (+, Ctrl and the wheel)"),
           &TimelinePlot::zoomIn);
    QToolButton *fit =
        button(QStringLiteral("Fit"), "timelineFit", QStringLiteral("Show the whole session (0)"), &TimelinePlot::fit);
    fit->setEnabled(false);
    connect(m_plot, &TimelinePlot::rangeChanged, fit, [this, fit] {
        // The plot knows whether it is fitted once it has set the range.
        QMetaObject::invokeMethod(
            fit, [this, fit] { fit->setEnabled(!m_plot->isFitted()); }, Qt::QueuedConnection);
    });
    return row;
}

QWidget *SessionBody::makeTabs()
{
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("sessionTabs"));
    m_tabs->setDocumentMode(true);
    m_gate = new GateDetails(this);
    connect(m_gate, &GateDetails::evidenceRequested, this, &SessionBody::showEvidence);
    m_eventPane = new EventPane(m_events, m_chooseSaveFile, this);
    connect(m_eventPane, &EventPane::noticed, this, &SessionBody::noticed);
    auto *forecast = new QWidget(this);
    auto *layout = new QVBoxLayout(forecast);
    layout->setContentsMargins(0, 8, 0, 0);
    m_noForecast = new QLabel(forecast);
    m_noForecast->setWordWrap(true);
    m_noForecast->setProperty("faded", true);
    auto *table = new Table(m_forecast, QStringLiteral("forecastTable"),
                            QStringLiteral("Which client libraries come back"), forecast);
    table->setWidths({185, 110, 55, 55, 75});
    layout->addWidget(m_noForecast);
    layout->addWidget(table, 1);
    m_tabs->addTab(m_gate, QStringLiteral("Gate"));
    m_tabs->addTab(makeCloses(), QStringLiteral("Closes"));
    m_tabs->addTab(makeReconnects(), QStringLiteral("Reconnects"));
    m_tabs->addTab(forecast, QStringLiteral("Forecast"));
    m_tabs->addTab(makeNotes(), QStringLiteral("Notes"));
    m_tabs->addTab(m_eventPane, QStringLiteral("Events"));
    m_tabs->setTabToolTip(ForecastTab,
                          QStringLiteral("Whether real client libraries would come back after these ends"));
    m_tabs->setTabToolTip(NotesTab, QStringLiteral("Observations that do not agree with each other"));
    return m_tabs;
}

QWidget *SessionBody::makeCloses()
{
    auto *pane = new QWidget(this);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 8, 0, 0);
    auto *table = new Table(m_closes, QStringLiteral("closeTable"), QStringLiteral("Closes by socket"), pane);
    table->setWidths({100, 220, 110});
    layout->addWidget(table);
    return pane;
}

QWidget *SessionBody::makeReconnects()
{
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    auto *pane = new QWidget(scroll);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(6);
    m_curve = new ReconnectCurve(pane);
    m_figures = new QLabel(pane);
    m_figures->setObjectName(QStringLiteral("reconnects"));
    m_figures->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_curve, 1);
    layout->addWidget(m_figures);
    scroll->setWidget(pane);
    return scroll;
}

QWidget *SessionBody::makeNotes()
{
    auto *pane = new QWidget(this);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 8, 0, 0);
    m_notes = new QListWidget(pane);
    m_notes->setObjectName(QStringLiteral("noteList"));
    m_notes->setAccessibleName(QStringLiteral("Notes on the session"));
    m_notes->setWordWrap(true);
    m_notes->setSpacing(2);
    m_notes->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    layout->addWidget(m_notes);
    connect(m_notes, &QListWidget::itemActivated, this, [this](const QListWidgetItem *item) {
        const int row = m_notes->row(item);
        const QList<SessionNote> &notes = m_verdict.insights.notes;
        if (row < notes.size() && !notes[row].evidence.isEmpty())
            showEvidence(QStringLiteral("Note %1").arg(row + 1), notes[row].evidence);
    });
    return pane;
}

void SessionBody::clear()
{
    m_judge->stop();
    m_drawTimer.stop();
    m_header = {};
    m_pending.clear();
    m_flushed = 0;
    m_taken = 0;
    m_begun = m_final = m_paused = false;
    m_signalMs = -1;
    m_elapsedMs = 0;
    m_verdict = {};
    m_eventPane->clearFilters();
    m_events->begin(0);
    m_plot->begin({});
    m_databases->show({});
    m_plot->drawUntil(0);
    showVerdict({}, true);
    m_gate->clear();
    m_tabs->setCurrentIndex(ClosesTab);
    m_tabs->setTabText(EventsTab, QStringLiteral("Events"));
    m_banner->setComparable(false);
    showLegend();
}

void SessionBody::append(const SessionHeader &header, const QList<Event> &events)
{
    if (events.isEmpty())
        return;
    if (!m_begun) {
        m_begun = true;
        m_header = header;
        m_events->begin(header.startedWallMs);
        m_plot->begin(header);
        m_databases->show(m_plot->databaseNames());
        m_judge->begin(header);
        QStringList subjects;
        for (const SessionSocket &socket : header.sockets)
            subjects.append(socket.name);
        for (const SessionEndpoint &endpoint : header.endpoints)
            subjects.append(endpoint.subject());
        m_eventPane->setSubjects(subjects);
    }
    for (const Event &event : events) {
        if (event.kind == EventKind::SignalSent && m_signalMs < 0)
            m_signalMs = double(event.us) / 1000;
    }
    m_elapsedMs = std::max(m_elapsedMs, double(events.last().us) / 1000);
    m_taken += events.size();
    m_pending += events;
    if (!m_drawTimer.isActive())
        m_drawTimer.start();
}

/// Hands so many of the events that were given to the models, whether they are drawn or not.
void SessionBody::flush(qsizetype most)
{
    if (m_pending.isEmpty())
        return;
    const qsizetype count = std::min(most, m_pending.size() - m_flushed);
    const bool all = m_flushed + count == m_pending.size();
    const QList<Event> fresh = all && m_flushed == 0 ? std::exchange(m_pending, {}) : m_pending.mid(m_flushed, count);
    m_flushed += count;
    if (all) {
        m_pending.clear();
        m_flushed = 0;
    }
    m_plot->take(fresh);
    m_events->append(fresh);
    if (!m_final)
        m_judge->take(fresh);
    else if (all)
        showGate();
    m_tabs->setTabText(EventsTab,
                       QStringLiteral("Events (%1)").arg(QLocale(QLocale::C).toString(m_events->events().size())));
}

void SessionBody::draw()
{
    if ((m_paused || !isVisible()) && !m_final)
        return;
    // Many thousand events are taken in slices, and the window answers between them.
    QElapsedTimer clock;
    clock.start();
    do
        flush(mostAtOnce);
    while (!m_pending.isEmpty() && clock.elapsed() < sliceMs);
    if (!m_pending.isEmpty())
        return m_backlogTimer.start();
    m_plot->drawUntil(m_final ? m_verdict.lastMs : m_elapsedMs);
}

void SessionBody::setRunning(const QString &, double elapsedMs, bool judged)
{
    m_elapsedMs = elapsedMs;
    if (!m_drawTimer.isActive())
        m_drawTimer.start();
    if (m_paused || !isVisible())
        return;
    showBudget(true);
    if (judged)
        m_judge->judge();
}

void SessionBody::showFinished(const SessionRecord &record, const Verdict &verdict, bool live)
{
    const bool paused = std::exchange(m_paused, false);
    if (!live || m_taken > record.events.size())
        clear();
    append(record.header, record.events.mid(m_taken));
    m_judge->stop();
    m_drawTimer.stop();
    m_final = true;
    m_header = record.header;
    showVerdict(verdict, false);
    draw();
    if (paused)
        showLegend();
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

void SessionBody::showVerdict(const Verdict &verdict, bool provisional)
{
    m_verdict = verdict;
    m_gates->merge(gateRows(verdict, provisional));
    m_closes->merge(closeRows(verdict));
    m_forecast->merge(forecastRows(verdict));
    m_noForecast->setText(
        verdict.insights.forecast.isEmpty()
            ? QStringLiteral("No client was lost: there is nothing to come back from.")
            : QStringLiteral("How many of the ends seen each library would come back from by itself, as measured with "
                             "these versions."));
    m_curve->show(verdict.insights, m_header.startedWallMs);
    m_curve->setVisible(!verdict.insights.reconnects.isEmpty());
    m_figures->setText(verdict.gates.isEmpty() ? QString() : figuresHtml(verdict));
    showBudget(provisional);
    showNotes();
    showGate();
}

void SessionBody::showBudget(bool provisional)
{
    std::optional<double> used = m_verdict.drainMs;
    // A session that was cancelled knows the drain up to its last event only.
    const bool draining = !used && m_signalMs >= 0;
    if (draining)
        used = std::max(0.0, (provisional ? m_elapsedMs : m_verdict.lastMs) - m_signalMs);
    m_budget->setVisible(m_header.seesStop);
    m_budget->show(used, double(m_header.thresholds.drain.count()), draining);
}

void SessionBody::showNotes()
{
    const QList<SessionNote> &notes = m_verdict.insights.notes;
    m_tabs->setTabText(NotesTab,
                       notes.isEmpty() ? QStringLiteral("Notes") : QStringLiteral("Notes (%1)").arg(notes.size()));
    QStringList texts;
    for (const SessionNote &note : notes) {
        const QString lead = note.evidence.isEmpty() ? QString()
                             : note.evidence.size() == 1
                                 ? QStringLiteral("\n1 event: press Enter to see it")
                                 : QStringLiteral("\n%1 events: press Enter to see them").arg(note.evidence.size());
        texts.append(note.text + lead);
    }
    if (texts.isEmpty())
        texts.append(m_final ? QStringLiteral("Nothing in this session contradicts itself.")
                             : QStringLiteral("Nothing so far."));
    // The list stands still under the person's hand while nothing has changed.
    QStringList shown;
    for (int row = 0; row < m_notes->count(); ++row)
        shown.append(m_notes->item(row)->text());
    if (shown == texts)
        return;
    m_notes->clear();
    m_notes->addItems(texts);
}

void SessionBody::showGate()
{
    const QString id = m_gateTable->currentKey();
    for (const Gate &gate : std::as_const(m_verdict.gates)) {
        if (gate.id == id)
            return m_gate->show(gate, *m_events);
    }
}

void SessionBody::showEvidence(const QString &title, const QList<int> &ids)
{
    flush(std::numeric_limits<qsizetype>::max());
    m_tabs->setCurrentIndex(EventsTab);
    m_eventPane->showEvidence(title, ids);
}

void SessionBody::showLegend()
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
                      QStringLiteral("&nbsp;|&nbsp;&nbsp; lanes: high is good&nbsp;&nbsp;|&nbsp;&nbsp; newcomers: "
                                     "● let in&nbsp; ◇ refused&nbsp; ✕ dropped&nbsp;&nbsp;|&nbsp;&nbsp; seconds"));
}

void SessionBody::setPaused(bool paused)
{
    m_paused = paused;
    showLegend();
    if (!m_paused)
        m_drawTimer.start();
}

void SessionBody::focusFilter()
{
    m_tabs->setCurrentIndex(EventsTab);
    m_eventPane->focusFilter();
}

void SessionBody::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_legend)
        showLegend();
    QWidget::changeEvent(event);
}

void SessionBody::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (m_begun && !m_drawTimer.isActive())
        m_drawTimer.start();
}

} // namespace Switchyard
