// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/figuregrid.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"

#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>

#include <array>
#include <cmath>

namespace Switchyard {

namespace {

const QString dash = QStringLiteral("–");
constexpr int columns = 5;

/// "0 s", "4.0 s", "90 s", "12 min", "26 h", "3.2 d"; negative times have a sign.
QString spanText(Clock::duration span)
{
    const double ms = toMs(span);
    const double size = std::abs(ms);
    const QString text = size >= 48 * 3'600'000.0 ? QStringLiteral("%1 d").arg(size / 86'400'000, 0, 'f', 1)
                         : size < 1               ? QStringLiteral("0 s")
                         : size < 1000            ? latencyText(size)
                                                  : ageText(size);
    return ms <= -1 ? QStringLiteral("−") + text : text;
}

template <typename T>
QString spanText(const std::optional<T> &span)
{
    return span ? spanText(Clock::duration(*span)) : dash;
}

/// With as many digits as three nines ask for, and never rounded up to 100 %.
QString uptimeText(const std::optional<double> &share)
{
    if (!share)
        return dash;
    const double percent = *share >= 1 ? 100 : std::floor(*share * 100'000) / 1000;
    return QStringLiteral("%1 %").arg(percent, 0, 'f', percent >= 100 ? 0 : percent >= 99 ? 3 : 1);
}

} // namespace

FigureGrid::FigureGrid(QWidget *parent)
    : QWidget(parent)
    , m_grid(new QGridLayout(this))
    , m_objective(new QDoubleSpinBox(this))
{
    setObjectName(QStringLiteral("figureGrid"));
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(12);
    m_grid->setVerticalSpacing(0);
    const QString nearest = QStringLiteral("The %1 of all whole answers: the value at place ceil(%2 × n) of the sorted "
                                           "list.\nAt most 0.8 % above the exact value.");
    for (const auto &[name, share] : {std::pair("p50", "0.50"), {"p90", "0.90"}, {"p95", "0.95"}, {"p99", "0.99"}})
        add(QString::fromLatin1(name), nearest.arg(QString::fromLatin1(name), QString::fromLatin1(share)));
    add(QStringLiteral("max"), QStringLiteral("The slowest whole answer, exactly."));
    add(QStringLiteral("Uptime"), QStringLiteral("1 − time down ÷ time measured, where down begins after as many "
                                                 "failures in a row as the monitor asks for.\nTime unknown or paused "
                                                 "is in neither."));
    add(QStringLiteral("no retries"), QStringLiteral("The uptime if every failed probe counted at once, from when it "
                                                     "left until the next one left."));
    add(QStringLiteral("Coverage"), QStringLiteral("Time measured ÷ length of the window."));
    add(QStringLiteral("Outages"), QStringLiteral("Runs of the state down that touch the window."));
    add(QStringLiteral("Longest"), QStringLiteral("The longest outage, as far as it lies within the window."));
    add(QStringLiteral("Mean outage"), QStringLiteral("Time down ÷ outages."));
    add(QStringLiteral("Longest gap"), QStringLiteral("The longest time between two good answers with nothing "
                                                      "unmeasured in it."));
    add(QStringLiteral("Probes"), QStringLiteral("How many came back in the window; below: how many of them failed."));
    add(QStringLiteral("Failed"), QStringLiteral("Probes without a good answer, whatever the state was."));
    add(QStringLiteral("Budget left"), QStringLiteral("(1 − objective) × time measured − time down. Negative: more was "
                                                      "down than the objective allows."));
    auto *label = new QLabel(QStringLiteral("Objective"), this);
    label->setProperty("faded", true);
    label->setBuddy(m_objective);
    m_objective->setObjectName(QStringLiteral("objective"));
    m_objective->setAccessibleName(QStringLiteral("Objective of the uptime"));
    m_objective->setRange(50, 99.999);
    m_objective->setDecimals(3);
    m_objective->setSingleStep(0.05);
    m_objective->setValue(99.9);
    m_objective->setSuffix(QStringLiteral(" %"));
    m_objective->setToolTip(
        QStringLiteral("The share of the measured time that should be up; the budget is the rest."));
    const int row = m_grid->rowCount();
    m_grid->addWidget(label, row, 0, Qt::AlignVCenter);
    m_grid->addWidget(m_objective, row, 1, 1, 2, Qt::AlignLeft);
    connect(m_objective, &QDoubleSpinBox::valueChanged, this, [this] {
        fill();
        Q_EMIT objectiveChanged(objective());
    });
    clear();
}

void FigureGrid::add(const QString &name, const QString &tip)
{
    const int place = int(m_values.size());
    const int row = place / columns * 2;
    auto *label = new QLabel(name, this);
    label->setProperty("faded", true);
    label->setToolTip(tip);
    auto *value = new QLabel(dash, this);
    value->setObjectName(QStringLiteral("figure-") + name);
    value->setAccessibleName(name);
    value->setToolTip(tip);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    QFont font = value->font();
    font.setWeight(QFont::DemiBold);
    value->setFont(font);
    value->setContentsMargins(0, 0, 0, 4);
    m_grid->addWidget(label, row, place % columns);
    m_grid->addWidget(value, row + 1, place % columns);
    m_grid->setColumnStretch(place % columns, 1);
    m_values.insert(name, value);
    m_tips.insert(name, tip);
}

void FigureGrid::put(const QString &name, const QString &text, bool bad, const QString &more)
{
    QLabel *label = m_values.value(name);
    // Not by colour alone.
    label->setText(bad ? text + QStringLiteral(" ▲") : text);
    label->setToolTip(more.isEmpty() ? m_tips.value(name) : m_tips.value(name) + QLatin1Char('\n') + more);
    QPalette colours = palette();
    if (bad)
        colours.setColor(QPalette::WindowText, themeColors(palette()).degraded);
    label->setPalette(colours);
}

void FigureGrid::clear()
{
    m_figures.reset();
    m_counted.reset();
    fill();
}

void FigureGrid::showCounted(const CountedFigures &figures, double limitMs)
{
    m_figures.reset();
    m_counted = figures;
    m_limitMs = limitMs;
    fill();
}

void FigureGrid::fillCounted()
{
    const CountedFigures &figures = *m_counted;
    const QString gone = QStringLiteral("Not reckoned here: it needs the single probes, and this window has too many.");
    for (auto value = m_values.cbegin(); value != m_values.cend(); ++value)
        put(value.key(), dash, false, gone);
    for (const auto &[name, ms] : {std::pair("p50", figures.p50),
                                   {"p90", figures.p90},
                                   {"p95", figures.p95},
                                   {"p99", figures.p99},
                                   {"max", figures.most}})
        put(QString::fromLatin1(name), ms ? latencyText(*ms) : dash, ms && m_limitMs > 0 && *ms > m_limitMs,
            QStringLiteral("Here of all probes, failed ones too."));
    if (figures.count == 0)
        return;
    put(QStringLiteral("no retries"), uptimeText(1 - double(figures.failed) / double(figures.count)), false,
        QStringLiteral("Here the share of good probes."));
    put(QStringLiteral("Coverage"), shareText(figures.coverage), false,
        QStringLiteral("Here probes there ÷ probes that were due."));
    put(QStringLiteral("Probes"), QString::number(figures.count));
    put(QStringLiteral("Failed"), QString::number(figures.failed));
}

void FigureGrid::show(const HealthFigures &figures, bool coarse, double limitMs)
{
    m_figures = figures;
    m_counted.reset();
    m_coarse = coarse;
    m_limitMs = limitMs;
    fill();
}

void FigureGrid::fill()
{
    if (m_counted)
        return fillCounted();
    if (!m_figures) {
        for (auto value = m_values.cbegin(); value != m_values.cend(); ++value)
            put(value.key(), dash);
        return;
    }
    const HealthFigures &figures = *m_figures;
    for (const auto &[name, p] :
         {std::pair("p50", 50.0), {"p90", 90.0}, {"p95", 95.0}, {"p99", 99.0}, {"max", 100.0}}) {
        const std::optional<Microseconds> value = p < 100 ? figures.latency.percentile(p) : figures.latency.max();
        put(QString::fromLatin1(name), value ? latencyText(toMs(*value)) : dash,
            value && m_limitMs > 0 && toMs(*value) > m_limitMs);
    }
    const QString gone =
        m_coarse ? QStringLiteral("Single probes of part of this window are no longer kept.") : QString();
    const bool measured = figures.decided.uptime.has_value();
    put(QStringLiteral("Uptime"), uptimeText(figures.decided.uptime),
        measured && *figures.decided.uptime < objective());
    put(QStringLiteral("no retries"),
        (m_coarse && figures.raw.uptime ? QStringLiteral("≈ ") : QString()) + uptimeText(figures.raw.uptime), false,
        m_coarse
            ? QStringLiteral("Where single probes are no longer kept, by the share of each hour's probes that failed.")
            : QString());
    put(QStringLiteral("Coverage"), measured ? shareText(std::min(1.0, figures.decided.coverage)) : dash);
    put(QStringLiteral("Outages"), figures.decided.outages ? QString::number(*figures.decided.outages) : dash);
    put(QStringLiteral("Longest"), spanText(figures.decided.longest));
    put(QStringLiteral("Mean outage"), spanText(figures.meanOutage));
    put(QStringLiteral("Longest gap"), spanText(figures.longestGap), false, gone);
    put(QStringLiteral("Probes"), QString::number(figures.probes));
    put(QStringLiteral("Failed"), figures.probes > 0 ? QString::number(figures.failed) : dash);
    const std::optional<UptimeFigures::Budget> budget = figures.decided.budget(objective());
    put(QStringLiteral("Budget left"), budget ? spanText(budget->left) : dash,
        budget && budget->left < Clock::duration::zero(),
        budget ? QStringLiteral("%1 allowed, %2 used.").arg(spanText(budget->allowed), spanText(budget->used))
               : QString());
}

double FigureGrid::objective() const
{
    return m_objective->value() / 100;
}

void FigureGrid::setObjective(double share)
{
    m_objective->setValue(share * 100);
}

QString FigureGrid::valueOf(const QString &name) const
{
    const QLabel *label = m_values.value(name);
    return label ? label->text() : QString();
}

} // namespace Switchyard
