// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/fleetdetail.h"

#include "models/common/redact.h"
#include "models/fleet/fleetwatch.h"
#include "ui/common/elidedlabel.h"
#include "ui/common/format.h"
#include "ui/common/healthsource.h"
#include "ui/common/notice.h"
#include "ui/common/theme.h"
#include "ui/health/figuregrid.h"
#include "ui/health/latencyplot.h"
#include "ui/health/readingrows.h"
#include "ui/health/waterfall.h"
#include "ui/health/windowchooser.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr Milliseconds refineAfter{250};

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

/// How old a window may be.
Milliseconds freshFor(qint64 spanMs, Milliseconds interval)
{
    return Milliseconds(std::clamp<qint64>(spanMs / 360, std::max<qint64>(interval.count(), 10'000), 300'000));
}

MonitorState stateOf(const FleetWindow::Part &part)
{
    return part.count == 0             ? MonitorState::Unknown
           : part.failed == 0          ? MonitorState::Up
           : part.failed == part.count ? MonitorState::Down
                                       : MonitorState::Degraded;
}

bool anyPhase(const ProbePhases &phases)
{
    return phases.dns || phases.connect || phases.tls || phases.firstByte || phases.transfer;
}

CountedFigures countedFigures(const FleetWindow &window, Milliseconds interval)
{
    CountedFigures counted;
    counted.p50 = window.p50;
    counted.p90 = window.p90;
    counted.p95 = window.p95;
    counted.p99 = window.p99;
    counted.most = window.most;
    counted.count = window.count;
    counted.failed = window.failed;
    const double asked = double(window.toMs - window.fromMs) / double(interval.count());
    counted.coverage = std::min(1.0, double(window.count) / asked);
    return counted;
}

} // namespace

LatencyView fleetView(const FleetWindow &window)
{
    LatencyView view;
    view.fromMs = window.fromMs;
    view.toMs = window.toMs;
    view.holdMs = window.holdMs;
    for (const FleetWindow::Probe &probe : window.probes)
        view.dots.append({probe.atMs, probe.ms, probe.state});
    for (const FleetWindow::Part &part : window.parts) {
        if (part.count > 0)
            view.bands.append({part.fromMs, part.toMs, part.p50, part.p95, part.most, part.count, part.failed});
        const MonitorState state = stateOf(part);
        if (!view.states.isEmpty() && view.states.last().state == state)
            view.states.last().toMs = part.toMs;
        else
            view.states.append({state, part.fromMs, part.toMs});
    }
    if (!window.parts.isEmpty())
        return view;
    // Between what is known nothing is.
    qint64 done = view.fromMs;
    const auto add = [&](MonitorState state, qint64 from, qint64 to) {
        if (from > done)
            view.states.append({MonitorState::Unknown, done, from});
        if (to > std::max(from, done))
            view.states.append({state, std::max(from, done), to});
        done = std::max(done, to);
    };
    const auto ms = [](Instant at) { return std::chrono::duration_cast<Milliseconds>(at.time_since_epoch()).count(); };
    for (const StateInterval &interval : window.states)
        add(interval.state, ms(interval.from), ms(interval.to));
    add(MonitorState::Unknown, view.toMs, view.toMs);
    return view;
}

FleetDetail::FleetDetail(HealthSource *source, QWidget *parent)
    : QWidget(parent)
    , m_source(source)
    , m_chooser(new WindowChooser(this))
{
    setObjectName(QStringLiteral("fleetDetail"));
    m_chooser->setObjectName(QStringLiteral("fleetWindowChooser"));
    m_chooser->readFromServer();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 12, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(makeHeader());
    layout->addWidget(m_chooser);
    layout->addWidget(makeContent(), 1);
    m_again.setSingleShot(true);
    m_refine.setSingleShot(true);
    m_refine.setInterval(refineAfter);
    connect(&m_again, &QTimer::timeout, this, [this] { load(true); });
    connect(&m_refine, &QTimer::timeout, this, &FleetDetail::refine);
    connect(m_chooser, &WindowChooser::changed, this, [this] { load(false); });
    connect(m_notice, &NoticePane::buttonPressed, this, [this] { load(false); });
    connect(m_source, &HealthSource::changed, this, &FleetDetail::connectWatch);
    connect(m_source, &HealthSource::readingsChanged, this, &FleetDetail::fillHead);
    connectWatch();
}

QWidget *FleetDetail::makeHeader()
{
    auto *header = new QWidget(this);
    auto *layout = new QVBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_name = new ElidedLabel(header);
    m_name->setObjectName(QStringLiteral("fleetName"));
    m_name->setProperty("heading", true);
    m_state = new QLabel(header);
    m_state->setObjectName(QStringLiteral("fleetState"));
    auto *curl = new QPushButton(QStringLiteral("Copy as curl"), header);
    curl->setToolTip(QStringLiteral("The same request for a shell, without credentials (Ctrl+Shift+C)"));
    connect(curl, &QPushButton::clicked, this, &FleetDetail::copyCurlWanted);
    auto *row = new QHBoxLayout;
    row->setSpacing(12);
    row->addWidget(m_name, 1);
    row->addWidget(m_state);
    row->addWidget(curl);
    m_from = new ElidedLabel(header);
    m_from->setObjectName(QStringLiteral("fleetFrom"));
    m_from->setProperty("faded", true);
    layout->addLayout(row);
    layout->addWidget(m_from);
    return header;
}

QWidget *FleetDetail::makeContent()
{
    auto *content = new QWidget;
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    m_stack = new QStackedWidget(content);
    m_notice = new NoticePane(m_stack);
    m_notice->setObjectName(QStringLiteral("fleetNotice"));
    m_plotPlace = new QWidget(m_stack);
    auto *place = new QVBoxLayout(m_plotPlace);
    place->setContentsMargins(0, 0, 0, 0);
    m_stack->addWidget(m_plotPlace);
    m_stack->addWidget(m_notice);
    m_stack->setMinimumHeight(190);
    const auto faded = [content](const char *name) {
        auto *label = new QLabel(content);
        label->setObjectName(QLatin1StringView(name));
        label->setProperty("faded", true);
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        return label;
    };
    m_legend = faded("fleetLegend");
    m_figures = new FigureGrid(content);
    m_figures->setObjectName(QStringLiteral("fleetFigures"));
    m_phases = new QLabel(content);
    m_phases->setObjectName(QStringLiteral("fleetPhases"));
    m_phases->setTextFormat(Qt::PlainText);
    m_phases->setWordWrap(true);
    m_waterfall = new Waterfall(content);
    QLabel *missing = faded("fleetMissing");
    missing->setText(QStringLiteral("Prometheus keeps no answers: what a failure said, redirects, addresses and the "
                                    "chain of certificates are seen where this machine measures."));
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_legend);
    layout->addWidget(m_figures);
    layout->addWidget(m_phases);
    layout->addWidget(m_waterfall);
    layout->addWidget(missing);
    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(content);
    return scroll;
}

void FleetDetail::connectWatch()
{
    FleetWatch *watch = m_source->watch();
    if (watch == m_connected)
        return;
    m_connected = watch;
    m_asked = Asked::Nothing;
    m_window.reset();
    if (watch)
        connect(watch, &FleetWatch::windowRead, this, &FleetDetail::take);
    load(false);
}

void FleetDetail::notice(const QString &icon, const QString &text, const QString &detail, const QString &button)
{
    m_notice->show(icon, text, detail, button);
    m_stack->setCurrentWidget(m_notice);
    m_legend->hide();
}

void FleetDetail::showMonitor(const Monitor *monitor, double limitMs)
{
    const QString before = m_monitor ? m_monitor->id : QString();
    m_limitMs = limitMs;
    if (monitor)
        m_monitor = *monitor;
    else
        m_monitor.reset();
    setEnabled(monitor != nullptr);
    fillHead();
    if ((monitor ? monitor->id : QString()) != before)
        load(false);
}

void FleetDetail::fillHead()
{
    if (!m_monitor || !m_source->isPrometheus()) {
        m_name->setFullText({});
        m_state->clear();
        m_from->setFullText({});
        return;
    }
    MonitorDigest digest;
    readReading(*m_source, *m_monitor, &digest);
    m_name->setFullText(m_monitor->name);
    m_state->setText((digest.shape.isEmpty() ? stateShape(digest.state) : digest.shape) + QLatin1Char(' ') +
                     digest.word);
    m_state->setToolTip(plainTip(digest.cause));
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, themeColors(palette()).state(digest.state));
    m_state->setPalette(colours);
    m_from->setFullText(
        QStringLiteral("Measured by Prometheus (%1): %2, every %3")
            .arg(m_source->host(), redact(m_monitor->target.url), ageText(double(m_monitor->interval.count()))));
}

// ---- asking

void FleetDetail::ask(Asked what, qint64 fromMs, qint64 toMs)
{
    FleetQuestion question;
    question.monitorId = m_monitor->id;
    question.fromMs = fromMs;
    question.toMs = toMs;
    question.onlyPhases = what == Asked::Phases;
    question.isServerTime = what != Asked::Window;
    m_asked = what;
    (void)m_source->watch()->readWindow(question);
}

void FleetDetail::load(bool silent)
{
    m_again.stop();
    if (!silent) {
        m_window.reset();
        m_newWindow = true;
        m_pointChosen = false;
        m_figures->clear();
        fillPhases({}, 0, {});
    }
    if (!m_monitor || !m_source->watch()) {
        m_asked = Asked::Nothing;
        return notice(QStringLiteral("health"), QStringLiteral("No monitor is chosen."),
                      QStringLiteral("Choose one in the table."));
    }
    // Nobody looks: it is read when somebody does.
    if (!isVisible())
        return;
    const auto range = m_chooser->range(nowMs());
    if (!range || range->second <= range->first)
        return notice(QStringLiteral("failed"), QStringLiteral("The window ends before it begins."), {});
    if (!silent)
        notice(QStringLiteral("health"), QStringLiteral("Asking Prometheus …"), m_chooser->text());
    ask(Asked::Window, range->first, range->second);
}

/// What was zoomed into, in more detail than the whole window has.
void FleetDetail::refine()
{
    const bool idle = m_asked == Asked::Nothing && m_source->watch() && m_monitor;
    if (!idle || !m_window || m_window->parts.isEmpty() || !m_plot || !m_plot->isZoomed())
        return;
    const auto [from, to] = m_plot->shownRange();
    if (to > from)
        ask(Asked::Zoomed, from, to);
}

void FleetDetail::choosePoint(qint64 fromMs, qint64 toMs)
{
    if (m_asked != Asked::Nothing || !m_monitor || !m_source->watch())
        return;
    m_pointChosen = true;
    ask(Asked::Phases, fromMs, toMs);
}

void FleetDetail::take(const FleetWindow &window)
{
    const Asked asked = std::exchange(m_asked, Asked::Nothing);
    if (!m_monitor || window.question.monitorId != m_monitor->id)
        return;
    if (asked == Asked::Phases) {
        fillPhases(window.phases, window.question.fromMs,
                   window.question.toMs - window.question.fromMs > 1 ? QStringLiteral("Last probe of that part")
                                                                     : QStringLiteral("Probe"));
        return;
    }
    if (asked == Asked::Zoomed)
        return fillZoomed(window);
    m_again.start(freshFor(window.question.toMs - window.question.fromMs, m_monitor->interval));
    if (window.answered()) {
        m_window = window;
        fillWindow();
    } else {
        m_window.reset();
        m_figures->clear();
        fillPhases({}, 0, {});
        notice(QStringLiteral("failed"), window.failure.message, window.failure.hint, QStringLiteral("Read again"));
    }
    Q_EMIT windowShown();
}

// ---- showing

void FleetDetail::fillWindow()
{
    const FleetWindow &window = *m_window;
    if (!m_pointChosen) {
        // Of one that ends in the past it is not known which probe that was.
        const bool past = m_chooser->span() == WindowChooser::Custom;
        const std::optional<FleetReading> reading = past ? std::nullopt : m_source->reading(m_monitor->id);
        fillPhases(window.phases, reading ? reading->atMs.value_or(0) : 0,
                   past ? QStringLiteral("Last probe of that time") : QStringLiteral("Last probe"));
    }
    if (window.isEmpty()) {
        notice(QStringLiteral("health"), QStringLiteral("Prometheus has no sample of this window."),
               QStringLiteral("Not measured is neither up nor down."));
        m_figures->clear();
        return;
    }
    m_stack->setCurrentWidget(m_plotPlace);
    if (window.figures)
        m_figures->show(*window.figures, false, m_limitMs);
    else
        m_figures->showCounted(countedFigures(window, m_monitor->interval), m_limitMs);
    m_view = fleetView(window);
    m_view.limitMs = m_limitMs;
    if (m_plot) {
        m_plot->show(m_view, m_newWindow);
        m_newWindow = false;
        if (m_plot->isZoomed())
            m_refine.start();
    }
    m_legend->setText(
        window.parts.isEmpty()
            ? QStringLiteral("Line: each probe · ● up  ◐ degraded  ■ down · hatched: no samples")
            : QStringLiteral("p50 line, p95 band, slowest dots, of all probes · strip: ● all good  ◐ some "
                             "failed  ■ all failed · hatched: no samples"));
    m_legend->show();
}

void FleetDetail::fillZoomed(const FleetWindow &window)
{
    if (!window.answered() || !m_window || !m_plot || !m_plot->isZoomed())
        return;
    LatencyView view = m_view;
    const LatencyView part = fleetView(window);
    view.bands.removeIf(
        [&](const LatencyView::Band &band) { return band.fromMs < part.toMs && part.fromMs < band.toMs; });
    view.bands.append(part.bands);
    std::sort(view.bands.begin(), view.bands.end(),
              [](const LatencyView::Band &a, const LatencyView::Band &b) { return a.fromMs < b.fromMs; });
    view.dots = part.dots;
    m_plot->show(view, false);
}

void FleetDetail::fillPhases(const ProbePhases &phases, qint64 atMs, const QString &what)
{
    if (!anyPhase(phases)) {
        m_phases->setText(what.isEmpty() ? QStringLiteral("Phases: not read")
                                         : QStringLiteral("Phases: not measured. blackbox_exporter has them of HTTP "
                                                          "that was answered."));
    } else {
        const QString at = atMs > 0 ? QStringLiteral(" at ") + localTime(atMs) : QString();
        m_phases->setText(QStringLiteral("%1%2: %3")
                              .arg(what, at, phases.total ? latencyText(*phases.total) : QStringLiteral("no answer")));
    }
    m_phases->setToolTip(atMs > 0 ? utcTime(atMs) : QString());
    m_waterfall->show(phases);
}

QJsonObject FleetDetail::saveState() const
{
    const bool custom = m_chooser->span() == WindowChooser::Custom;
    return {{QStringLiteral("objective"), m_figures->objective()},
            {QStringLiteral("span"), int(custom ? WindowChooser::Hour : m_chooser->span())}};
}

void FleetDetail::restoreState(const QJsonObject &state)
{
    m_figures->setObjective(state[QLatin1StringView("objective")].toDouble(m_figures->objective()));
    const int span = state[QLatin1StringView("span")].toInt(m_chooser->span());
    if (span > WindowChooser::Live && span < WindowChooser::Custom)
        m_chooser->setSpan(WindowChooser::Span(span));
}

void FleetDetail::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (!m_plot) {
        m_plot = new LatencyPlot(m_plotPlace);
        m_plotPlace->layout()->addWidget(m_plot);
        connect(m_plot, &LatencyPlot::chosen, this, &FleetDetail::choosePoint);
        connect(m_plot, &LatencyPlot::rangeChanged, this, [this] { m_refine.start(); });
    }
    load(m_window.has_value());
}

void FleetDetail::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_again.stop();
    m_refine.stop();
}

} // namespace Switchyard
