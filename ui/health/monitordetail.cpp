// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/monitordetail.h"

#include "models/common/redact.h"
#include "models/health/curlcommand.h"
#include "ui/common/elidedlabel.h"
#include "ui/common/format.h"
#include "ui/common/livestate.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/health/connectionpane.h"
#include "ui/health/failurepane.h"
#include "ui/health/figuregrid.h"
#include "ui/health/latencyplot.h"
#include "ui/health/metricspane.h"
#include "ui/health/waterfall.h"
#include "ui/health/windowchooser.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr Milliseconds judgeEvery{5'000};
constexpr Milliseconds refineAfter{250};
/// The wall clock of a point in memory is reckoned from the program's own; the recorded one was read.
constexpr qint64 clockReachMs = 30;

/// How old a window of the history may be.
Milliseconds freshFor(const HistoryWindow &window)
{
    return Milliseconds(std::clamp<qint64>((window.toMs - window.fromMs) / 360, 10'000, 300'000));
}

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

} // namespace

MonitorDetail::MonitorDetail(QWidget *parent)
    : QWidget(parent)
    , m_chooser(new WindowChooser(this))
    , m_tabs(new QTabWidget(this))
{
    setObjectName(QStringLiteral("monitorDetail"));
    m_failures = new FailurePane(m_tabs);
    m_connection = new ConnectionPane(m_tabs);
    m_metrics = new MetricsPane(m_tabs);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 12, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(makeHeader());
    layout->addWidget(m_chooser);
    m_tabs->setObjectName(QStringLiteral("detailTabs"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeLatencyTab(), QStringLiteral("Latency"));
    m_tabs->addTab(m_failures, QStringLiteral("Failures"));
    m_tabs->addTab(m_connection, QStringLiteral("Connection"));
    m_tabs->addTab(m_metrics, QStringLiteral("Metrics"));
    layout->addWidget(m_tabs, 1);
    m_again.setSingleShot(true);
    m_refine.setSingleShot(true);
    m_refine.setInterval(refineAfter);
    connect(&m_again, &QTimer::timeout, this, [this] { load(true); });
    connect(&m_refine, &QTimer::timeout, this, &MonitorDetail::refine);
    connect(m_chooser, &WindowChooser::changed, this, &MonitorDetail::choiceChanged);
    connect(m_notice, &NoticePane::buttonPressed, this, [this] { load(false); });
    connect(m_failures, &FailurePane::chosen, this, [this](qint64 wallMs) { choosePoint(wallMs, wallMs + 1); });
    showRecord(nullptr, 0);
}

MonitorDetail::~MonitorDetail()
{
    dropReading();
}

QWidget *MonitorDetail::makeHeader()
{
    auto *header = new QWidget(this);
    auto *layout = new QVBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto *row = new QHBoxLayout;
    row->setSpacing(12);
    m_name = new ElidedLabel(header);
    m_name->setObjectName(QStringLiteral("detailName"));
    m_name->setProperty("heading", true);
    m_state = new QLabel(header);
    m_state->setObjectName(QStringLiteral("detailState"));
    auto *curl = new QPushButton(QStringLiteral("Copy as curl"), header);
    curl->setObjectName(QStringLiteral("copyCurlButton"));
    curl->setToolTip(QStringLiteral("The same request for a shell, without credentials (Ctrl+Shift+C)"));
    connect(curl, &QPushButton::clicked, this, &MonitorDetail::copyCurl);
    row->addWidget(m_name, 1);
    row->addWidget(m_state);
    row->addWidget(curl);
    m_address = new ElidedLabel(header);
    m_address->setProperty("faded", true);
    layout->addLayout(row);
    layout->addWidget(m_address);
    return header;
}

QWidget *MonitorDetail::makeLatencyTab()
{
    auto *content = new QWidget;
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    m_stack = new QStackedWidget(content);
    m_notice = new NoticePane(m_stack);
    m_notice->setObjectName(QStringLiteral("detailNotice"));
    m_plotPlace = new QWidget(m_stack);
    auto *place = new QVBoxLayout(m_plotPlace);
    place->setContentsMargins(0, 0, 0, 0);
    m_stack->addWidget(m_plotPlace);
    m_stack->addWidget(m_notice);
    m_stack->setMinimumHeight(190);
    m_legend = new QLabel(content);
    m_legend->setObjectName(QStringLiteral("plotLegend"));
    m_legend->setProperty("faded", true);
    m_legend->setWordWrap(true);
    m_figures = new FigureGrid(content);
    auto *row = new QHBoxLayout;
    m_phases = new QLabel(content);
    m_phases->setObjectName(QStringLiteral("phasesTitle"));
    m_phases->setTextFormat(Qt::PlainText);
    m_phases->setWordWrap(true);
    m_last = new QPushButton(QStringLiteral("Show the last"), content);
    m_last->setObjectName(QStringLiteral("showLastButton"));
    m_last->hide();
    connect(m_last, &QPushButton::clicked, this, [this] {
        m_pointChosen = false;
        fillWaterfall();
    });
    row->addWidget(m_phases, 1);
    row->addWidget(m_last);
    m_waterfall = new Waterfall(content);
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_legend);
    layout->addWidget(m_figures);
    layout->addLayout(row);
    layout->addWidget(m_waterfall);
    // In a low window everything can still be reached.
    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(content);
    return scroll;
}

bool MonitorDetail::isLive() const
{
    return m_chooser->span() == WindowChooser::Live;
}

void MonitorDetail::notice(const QString &icon, const QString &text, const QString &detail, const QString &button)
{
    m_notice->show(icon, text, detail, button);
    m_stack->setCurrentWidget(m_notice);
    m_legend->hide();
}

void MonitorDetail::showRecord(const MonitorRecord *record, double limitMs)
{
    m_limitMs = limitMs;
    const QString before = m_record ? m_record->monitor.id : QString();
    if (record)
        m_record.emplace(*record);
    else
        m_record.reset();
    setEnabled(record != nullptr);
    if (!record || record->monitor.id != before) {
        dropReading();
        m_window.reset();
        m_meanings.clear();
        m_seen.clear();
        m_judgedAt.reset();
        m_pointChosen = false;
        m_newWindow = true;
        m_again.stop();
    }
    fillHead();
    fillWaterfall();
    m_connection->show(m_record ? m_record->last : std::nullopt, m_meanings);
    if (!record) {
        notice(QStringLiteral("health"), QStringLiteral("No monitor is chosen."),
               QStringLiteral("Choose one in the table."));
        m_figures->clear();
        m_failures->show({}, {}, QStringLiteral("no monitor is chosen"));
        return;
    }
    m_metrics->setInterval(
        std::clamp<Milliseconds>(record->monitor.interval, Milliseconds(1'000), MetricsPane::defaultInterval));
    if (isLive())
        fillLive();
    else if (!m_window && !m_loading)
        load(false);
}

void MonitorDetail::fillHead()
{
    if (!m_record) {
        m_name->setFullText({});
        m_state->clear();
        m_address->setFullText({});
        return;
    }
    const Monitor &monitor = m_record->monitor;
    m_name->setFullText(monitor.name);
    const State state = shownState(*m_record);
    m_state->setText(stateShape(state) + QLatin1Char(' ') + shownStateWord(*m_record));
    m_state->setToolTip(plainTip(shownCause(*m_record)));
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, themeColors(palette()).state(state));
    m_state->setPalette(colours);
    m_address->setFullText(
        QStringLiteral("%1 %2, every %3")
            .arg(monitor.target.method, redact(monitor.target.url), ageText(double(monitor.interval.count()))));
}

void MonitorDetail::fillLive()
{
    if (!m_record)
        return;
    const Instant now = Clock::now();
    if (m_record->points.isEmpty()) {
        const QString problem = m_record->monitor.problem ? m_record->monitor.problem->message : QString();
        if (problem.isEmpty())
            notice(QStringLiteral("health"), QStringLiteral("Nothing is measured yet."),
                   QStringLiteral("The first probe comes within %1. Longer windows show what was recorded.")
                       .arg(ageText(double(m_record->monitor.interval.count()))));
        else
            notice(QStringLiteral("failed"), QStringLiteral("It cannot be probed."), problem);
        m_figures->clear();
    } else {
        m_stack->setCurrentWidget(m_plotPlace);
        m_figures->show(m_record->figures({}, now), false, m_limitMs);
        if (m_plot) {
            LatencyView view = liveView(*m_record, now, nowMs());
            view.limitMs = m_limitMs;
            for (const HistoryMark &mark : std::as_const(m_marks)) {
                if (mark.timeMs >= view.fromMs)
                    view.marks.append(mark);
            }
            m_plot->show(view, m_newWindow);
            m_newWindow = false;
        }
        m_legend->setText(QStringLiteral("Line: each probe · ● up  ◐ degraded  ■ down · hatched: not measured"));
        m_legend->show();
    }
    m_failures->show(m_record->failures, {}, QStringLiteral("since the start"));
    m_tabs->setTabText(1, m_failures->count() > 0 ? QStringLiteral("Failures (%1)").arg(m_failures->count())
                                                  : QStringLiteral("Failures"));
}

void MonitorDetail::fillWindow()
{
    if (!m_record || !m_window)
        return;
    const HistoryWindow &window = *m_window;
    const bool nothing = window.isEmpty();
    if (nothing) {
        notice(QStringLiteral("health"), QStringLiteral("Nothing was recorded in this window."),
               QStringLiteral("Not measured is neither up nor down."));
        m_figures->clear();
    } else {
        m_stack->setCurrentWidget(m_plotPlace);
        m_figures->show(window.figures, window.coarse, m_limitMs);
        if (m_plot) {
            m_windowView = historyView(window, m_record->monitor);
            m_windowView.limitMs = m_limitMs;
            m_plot->show(m_windowView, m_newWindow);
            m_newWindow = false;
            if (m_plot->isZoomed())
                m_refine.start();
        }
        m_legend->setText((window.buckets.empty() ? QStringLiteral("Line: each probe")
                                                  : QStringLiteral("p50 line, p95 band, slowest dots")) +
                          QStringLiteral(" · ● up  ◐ degraded  ■ down · hatched: not measured"));
        m_legend->show();
    }
    m_failures->show({}, window.failures,
                     m_chooser->span() == WindowChooser::Custom
                         ? QStringLiteral("in the chosen time")
                         : QStringLiteral("in the last %1").arg(m_chooser->text()));
    m_tabs->setTabText(1, QStringLiteral("Failures (%1)").arg(m_failures->count()));
}

void MonitorDetail::fillWaterfall()
{
    m_last->setVisible(m_pointChosen);
    if (m_pointChosen)
        return;
    if (!m_record || !m_record->last) {
        showPhases({}, QStringLiteral("Last full probe: none yet"), {});
        return;
    }
    const ProbeSample &last = *m_record->last;
    showPhases(last.phases,
               QStringLiteral("Last full probe at %1: %2")
                   .arg(localTime(last.wallMs), last.status > 0 && last.phases.total ? latencyText(*last.phases.total)
                                                                                     : QStringLiteral("no answer")),
               utcTime(last.wallMs));
}

void MonitorDetail::showPhases(const ProbePhases &phases, const QString &text, const QString &tip)
{
    m_phases->setText(text);
    m_phases->setToolTip(tip);
    m_waterfall->show(phases);
}

void MonitorDetail::choiceChanged()
{
    m_again.stop();
    m_refine.stop();
    dropReading();
    m_window.reset();
    m_newWindow = true;
    m_pointChosen = false;
    fillWaterfall();
    if (isLive())
        fillLive();
    else
        load(false);
}

void MonitorDetail::dropReading()
{
    if (m_cancelled)
        *m_cancelled = true;
    m_cancelled.reset();
    m_loading = false;
    ++m_run;
}

void MonitorDetail::load(bool silent)
{
    if (!m_record || isLive())
        return;
    dropReading();
    if (m_history.isEmpty()) {
        m_figures->clear();
        notice(QStringLiteral("health"), QStringLiteral("No history is kept."),
               QStringLiteral("What is measured is forgotten when the program ends. The key enabled of [history] in "
                              "switchyard.toml turns it on."));
        Q_EMIT windowShown();
        return;
    }
    // Nobody looks: it is read when somebody does.
    if (!isVisible())
        return;
    const auto range = m_chooser->range(nowMs());
    HistoryQuestion question;
    question.file = m_history;
    question.monitor = m_record->monitor;
    question.fromMs = range->first;
    question.toMs = range->second;
    m_cancelled = std::make_shared<std::atomic<bool>>(false);
    question.cancelled = m_cancelled;
    m_loading = true;
    if (!silent) {
        m_figures->clear();
        notice(QStringLiteral("health"), QStringLiteral("Reading the history …"), m_chooser->text());
    }
    offThread(
        this, [question] { return readHistoryWindow(question); },
        [this, run = m_run](const Result<HistoryWindow> &result) {
            if (run == m_run)
                loaded(result);
        });
}

void MonitorDetail::loaded(const Result<HistoryWindow> &result)
{
    m_loading = false;
    m_cancelled.reset();
    if (result) {
        m_window = *result;
        fillWindow();
        m_again.start(freshFor(*m_window));
    } else {
        m_window.reset();
        m_figures->clear();
        m_failures->show({}, {}, QStringLiteral("the history could not be read"));
        notice(QStringLiteral("failed"), result.error().message, result.error().hint, QStringLiteral("Read again"));
    }
    Q_EMIT windowShown();
}

/// What was zoomed into, in more detail than the whole window has.
void MonitorDetail::refine()
{
    if (isLive() || !m_record || !m_window || !m_plot || !m_plot->isZoomed() || m_window->buckets.empty())
        return;
    HistoryQuestion question;
    question.file = m_history;
    question.monitor = m_record->monitor;
    std::tie(question.fromMs, question.toMs) = m_plot->shownRange();
    offThread(
        this, [question] { return readHistoryWindow(question); },
        [this, run = m_run, question](const Result<HistoryWindow> &result) {
            if (run != m_run || !result || !m_plot || !m_plot->isZoomed() || !m_record)
                return;
            LatencyView view = m_windowView;
            const LatencyView part = historyView(*result, m_record->monitor);
            view.bands.removeIf([&](const LatencyView::Band &band) {
                return band.fromMs < question.toMs && question.fromMs < band.toMs;
            });
            view.bands.append(part.bands);
            std::sort(view.bands.begin(), view.bands.end(),
                      [](const LatencyView::Band &a, const LatencyView::Band &b) { return a.fromMs < b.fromMs; });
            view.dots = part.dots;
            m_plot->show(view, false);
        });
}

void MonitorDetail::choosePoint(qint64 fromMs, qint64 toMs)
{
    if (!m_record)
        return;
    m_pointChosen = true;
    m_last->show();
    const auto known = [&](const ProbeSample &sample) { return std::abs(sample.wallMs - fromMs) <= clockReachMs; };
    const auto text = [](const QString &what, qint64 wallMs, const QString &latency) {
        return QStringLiteral("%1 at %2: %3").arg(what, localTime(wallMs, true), latency);
    };
    QList<ProbeSample> kept = m_record->failures;
    if (m_record->last)
        kept.append(*m_record->last);
    const auto found = std::find_if(kept.cbegin(), kept.cend(), known);
    if (found != kept.cend()) {
        showPhases(found->phases,
                   text(QStringLiteral("Probe"), found->wallMs,
                        found->phases.total && found->status > 0 ? latencyText(*found->phases.total)
                                                                 : QStringLiteral("no answer")),
                   utcTime(found->wallMs));
        return;
    }
    showPhases({}, QStringLiteral("Probe at %1").arg(localTime(fromMs, true)), utcTime(fromMs));
    if (m_history.isEmpty()) {
        m_phases->setText(m_phases->text() + QStringLiteral(": its phases are not kept without a history"));
        return;
    }
    const bool one = toMs - fromMs <= 1;
    const qint64 reach = one ? clockReachMs : 0;
    offThread(
        this,
        [file = m_history, series = m_record->monitor.series(), fromMs, toMs, reach] {
            return tellingSample(file, series, fromMs - reach, toMs + reach);
        },
        [this, run = m_run, fromMs, one, text](const Result<std::optional<HistorySample>> &result) {
            if (run != m_run || !m_pointChosen)
                return;
            if (!result || !*result) {
                showPhases({},
                           result ? QStringLiteral("Probe at %1: it is not kept one by one").arg(localTime(fromMs))
                                  : result.error().message,
                           utcTime(fromMs));
                return;
            }
            const HistorySample &sample = **result;
            const ProbePhases phases = phasesOf(sample);
            const QString what = one                           ? QStringLiteral("Probe")
                                 : sample.state == HistoryDown ? QStringLiteral("Failed probe of that part")
                                                               : QStringLiteral("Slowest probe of that part");
            showPhases(
                phases,
                text(what, sample.timeMs, phases.total ? latencyText(*phases.total) : QStringLiteral("no answer")) +
                    (sample.note.isEmpty() ? QString() : QStringLiteral(" – ") + sample.note),
                utcTime(sample.timeMs));
        });
}

void MonitorDetail::setHistory(const QString &path)
{
    if (path == m_history)
        return;
    m_history = path;
    if (!isLive())
        choiceChanged();
}

void MonitorDetail::setMarks(const QList<HistoryMark> &marks)
{
    m_marks = marks;
}

void MonitorDetail::setMetrics(const QString &base, const QString &path, const QString &caFile)
{
    m_metrics->setSource(base, path, caFile);
}

void MonitorDetail::setObservations(const QList<EndpointObservation> &seen)
{
    m_seen = seen;
    if (seen.isEmpty() && !m_meanings.isEmpty()) {
        m_meanings.clear();
        m_connection->show(m_record ? m_record->last : std::nullopt, m_meanings);
    }
    judge();
}

void MonitorDetail::judge()
{
    const Instant now = Clock::now();
    if (m_seen.isEmpty() || m_judging || !isVisible() || (m_judgedAt && now - *m_judgedAt < judgeEvery))
        return;
    m_judging = true;
    m_judgedAt = now;
    offThread(
        this, [seen = m_seen] { return endpointMeanings(seen); },
        [this, id = m_record ? m_record->monitor.id : QString()](const QList<MeaningResult> &meanings) {
            m_judging = false;
            if (!m_record || m_record->monitor.id != id)
                return;
            m_meanings = meanings;
            m_connection->show(m_record->last, m_meanings);
        });
}

void MonitorDetail::copyCurl()
{
    if (m_record)
        QApplication::clipboard()->setText(curlCommand(m_record->monitor.target));
}

QJsonObject MonitorDetail::saveState() const
{
    const int span = m_chooser->span() == WindowChooser::Custom ? int(WindowChooser::Live) : int(m_chooser->span());
    return {{QStringLiteral("objective"), m_figures->objective()}, {QStringLiteral("span"), span}};
}

void MonitorDetail::restoreState(const QJsonObject &state)
{
    m_figures->setObjective(state[QLatin1StringView("objective")].toDouble(m_figures->objective()));
    const int span = state[QLatin1StringView("span")].toInt(m_chooser->span());
    if (span >= WindowChooser::Live && span < WindowChooser::Custom)
        m_chooser->setSpan(WindowChooser::Span(span));
}

void MonitorDetail::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    // The plot costs memory and start-up time, so it is made when somebody looks.
    if (!m_plot) {
        m_plot = new LatencyPlot(m_plotPlace);
        m_plotPlace->layout()->addWidget(m_plot);
        connect(m_plot, &LatencyPlot::chosen, this, &MonitorDetail::choosePoint);
        connect(m_plot, &LatencyPlot::rangeChanged, this, [this] { m_refine.start(); });
    }
    if (isLive()) {
        fillLive();
    } else if (m_window) {
        fillWindow();
        load(true);
    } else {
        load(false);
    }
    judge();
}

void MonitorDetail::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_again.stop();
    m_refine.stop();
    dropReading();
}

} // namespace Switchyard
