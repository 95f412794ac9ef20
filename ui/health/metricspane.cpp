// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/metricspane.h"

#include "ui/common/format.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/serieschart.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QStringListModel>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

constexpr qsizetype longestHelp = 300;

QString unitOf(const SeriesChoice &choice)
{
    const bool seconds = choice.selector.section(QLatin1Char('{'), 0, 0).contains(QLatin1StringView("seconds"));
    if (choice.use == SeriesUse::Rate)
        return QStringLiteral("per second");
    return choice.use == SeriesUse::Quantiles && seconds ? QStringLiteral("s") : QString();
}

QString wayText(const SeriesChoice &choice)
{
    switch (choice.use) {
    case SeriesUse::Rate:
        return QStringLiteral("increase a second");
    case SeriesUse::Quantiles:
        return choice.type == MetricType::Histogram
                   ? QStringLiteral("quantiles of what was counted since the last reading")
                   : QStringLiteral("quantiles as the program gives them");
    case SeriesUse::Value:
        break;
    }
    return QStringLiteral("value");
}

} // namespace

MetricsPane::MetricsPane(QWidget *parent)
    : QWidget(parent)
    , m_pathEdit(new QLineEdit(this))
    , m_filter(new QLineEdit(this))
    , m_state(new QLabel(this))
    , m_stack(new QStackedWidget(this))
    , m_notice(new NoticePane(m_stack))
    , m_names(new QStringListModel(this))
    , m_proxy(new QSortFilterProxyModel(this))
    , m_list(new QListView)
    , m_help(new QLabel)
    , m_chartPlace(new QWidget)
{
    setObjectName(QStringLiteral("metricsPane"));
    m_pathEdit->setObjectName(QStringLiteral("metricsPath"));
    m_pathEdit->setAccessibleName(QStringLiteral("Path of the metrics"));
    m_pathEdit->setToolTip(QStringLiteral("The path under which the backend has its metrics"));
    m_filter->setObjectName(QStringLiteral("metricsFilter"));
    m_filter->setAccessibleName(QStringLiteral("Filter series"));
    m_filter->setPlaceholderText(QStringLiteral("Filter series"));
    m_filter->setClearButtonEnabled(true);
    m_state->setObjectName(QStringLiteral("metricsState"));
    m_state->setProperty("faded", true);
    m_state->setTextFormat(Qt::PlainText);
    m_state->setWordWrap(true);
    m_notice->setObjectName(QStringLiteral("metricsNotice"));
    m_list->setObjectName(QStringLiteral("metricsList"));
    m_list->setAccessibleName(QStringLiteral("Series"));
    m_list->setUniformItemSizes(true);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_proxy->setSourceModel(m_names);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_list->setModel(m_proxy);
    m_help->setObjectName(QStringLiteral("metricsHelp"));
    m_help->setTextFormat(Qt::PlainText);
    m_help->setWordWrap(true);
    m_chartPlace->setMinimumHeight(140);
    auto *place = new QVBoxLayout(m_chartPlace);
    place->setContentsMargins(0, 0, 0, 0);
    auto *lower = new QWidget;
    auto *lowerLayout = new QVBoxLayout(lower);
    lowerLayout->setContentsMargins(0, 0, 0, 0);
    lowerLayout->setSpacing(4);
    lowerLayout->addWidget(m_help);
    lowerLayout->addWidget(m_chartPlace, 1);
    auto *splitter = new QSplitter(Qt::Vertical, m_stack);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_list);
    splitter->addWidget(lower);
    splitter->setSizes({200, 260});
    m_stack->addWidget(m_notice);
    m_stack->addWidget(splitter);
    auto *row = new QHBoxLayout;
    row->setSpacing(4);
    row->addWidget(m_pathEdit, 1);
    row->addWidget(m_filter, 2);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(row);
    layout->addWidget(m_state);
    layout->addWidget(m_stack, 1);
    m_timer.setInterval(defaultInterval);
    connect(&m_timer, &QTimer::timeout, this, &MetricsPane::ask);
    connect(&m_fetch, &HttpFetch::finished, this, &MetricsPane::answered);
    connect(m_filter, &QLineEdit::textChanged, m_proxy, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_pathEdit, &QLineEdit::editingFinished, this, [this] {
        QString path = m_pathEdit->text().trimmed();
        if (!path.startsWith(QLatin1Char('/')))
            path.prepend(QLatin1Char('/'));
        setSource(m_base, path, m_caFile);
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &index) { choose(index.data().toString()); });
    connect(m_notice, &NoticePane::buttonPressed, this, &MetricsPane::ask);
    forget();
}

void MetricsPane::setSource(const QString &base, const QString &path, const QString &caFile)
{
    if (base == m_base && path == m_path && caFile == m_caFile)
        return;
    m_base = base;
    m_path = path;
    m_caFile = caFile;
    forget();
    if (isVisible())
        ask();
}

void MetricsPane::setInterval(Milliseconds interval)
{
    if (m_timer.intervalAsDuration() != interval)
        m_timer.setInterval(interval);
}

void MetricsPane::forget()
{
    ++m_run;
    m_fetch.cancel();
    m_reading = false;
    m_readings = 0;
    m_last.reset();
    m_choices.clear();
    m_chosen = {};
    m_names->setStringList({});
    m_help->setText(QStringLiteral("Choose a series."));
    m_state->clear();
    if (m_pathEdit->text() != m_path)
        m_pathEdit->setText(m_path);
    m_pathEdit->setEnabled(!m_base.isEmpty());
    if (m_chart)
        m_chart->clear({});
    if (m_base.isEmpty())
        m_notice->show(QStringLiteral("health"), QStringLiteral("This monitor belongs to no backend."),
                       QStringLiteral("Metrics are read from the address of a backend."));
    else
        m_notice->show(QStringLiteral("health"), QStringLiteral("Reading %1 …").arg(m_path), m_base);
    m_stack->setCurrentIndex(0);
}

void MetricsPane::ask()
{
    // A slow answer is waited for: two at once would only make it slower.
    if (m_base.isEmpty() || m_fetch.isRunning() || m_reading)
        return;
    FetchRequest request;
    request.url = QUrl(m_base + m_path);
    request.caFile = m_caFile;
    m_fetch.start(metricsRequest(std::move(request)));
}

void MetricsPane::answered(const FetchAnswer &answer)
{
    m_reading = true;
    offThread(
        this,
        [answer, place = m_path, before = m_last, chosen = m_chosen, run = m_run] {
            Reading reading;
            const Result<MetricsScrape> scrape = readMetrics(answer, place);
            if (!scrape) {
                reading.failure = scrape.error();
                return std::pair(run, reading);
            }
            reading.scrape = std::make_shared<const MetricsScrape>(*scrape);
            reading.choices = chartSeries(scrape->exposition);
            if (!chosen.selector.isEmpty())
                reading.point = seriesPoint(chosen, before.get(), *scrape);
            return std::pair(run, reading);
        },
        [this, selector = m_chosen.selector](const std::pair<quint64, Reading> &done) {
            if (done.first != m_run)
                return;
            Reading reading = done.second;
            if (selector != m_chosen.selector)
                reading.point = {};
            take(reading);
        });
}

void MetricsPane::take(const Reading &reading)
{
    m_reading = false;
    ++m_readings;
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    if (!reading.scrape) {
        sayFailure(reading.failure);
        if (m_chart)
            m_chart->add(now, {});
        return;
    }
    takeChoices(reading.choices);
    m_last = reading.scrape;
    if (reading.choices.isEmpty()) {
        m_notice->show(QStringLiteral("health"), QStringLiteral("%1 holds no series.").arg(m_path),
                       QStringLiteral("The answer was read, and nothing in it can be charted."));
        m_stack->setCurrentIndex(0);
        return;
    }
    m_stack->setCurrentIndex(1);
    const qsizetype problems = reading.scrape->exposition.problemCount;
    QString state = QStringLiteral("%1 series, read at %2 in %3")
                        .arg(m_choices.size())
                        .arg(localTime(now), latencyText(reading.scrape->ms));
    if (problems > 0)
        state += QStringLiteral("; %1 lines break the format, line %2: %3")
                     .arg(problems)
                     .arg(reading.scrape->exposition.problems.first().place.line)
                     .arg(reading.scrape->exposition.problems.first().message);
    if (!reading.point.why.message.isEmpty())
        state += QStringLiteral("; no value now: ") + reading.point.why.message;
    m_state->setText(state);
    if (m_chart && !m_chosen.selector.isEmpty()) {
        QList<std::pair<QString, double>> values;
        for (const SeriesPoint::Value &value : reading.point.values)
            values.append({value.name, value.value});
        m_chart->add(now, values);
    }
}

void MetricsPane::takeChoices(const QList<SeriesChoice> &choices)
{
    m_choices = choices;
    QStringList names;
    names.reserve(choices.size());
    for (const SeriesChoice &choice : choices)
        names.append(choice.selector);
    if (names == m_names->stringList())
        return;
    const QString chosen = m_chosen.selector;
    const QSignalBlocker quiet(m_list->selectionModel());
    m_names->setStringList(names);
    const qsizetype row = chosen.isEmpty() ? -1 : names.indexOf(chosen);
    if (row >= 0)
        m_list->setCurrentIndex(m_proxy->mapFromSource(m_names->index(int(row))));
    // The view misses the blocked signal.
    m_list->viewport()->update();
}

void MetricsPane::choose(const QString &selector)
{
    if (selector.isEmpty() || selector == m_chosen.selector)
        return;
    const auto choice = std::find_if(m_choices.cbegin(), m_choices.cend(),
                                     [&](const SeriesChoice &one) { return one.selector == selector; });
    if (choice == m_choices.cend())
        return;
    m_chosen = *choice;
    QString text = QStringLiteral("%1\n%2: %3").arg(selector, metricTypeName(choice->type), wayText(*choice));
    if (!choice->help.isEmpty())
        text += QStringLiteral(". ") + choice->help.left(longestHelp);
    m_help->setText(text);
    if (!m_chart)
        return;
    m_chart->clear(unitOf(*choice));
    // What is known already; the rest needs the next reading.
    if (choice->use == SeriesUse::Value && choice->value && std::isfinite(*choice->value))
        m_chart->add(QDateTime::currentMSecsSinceEpoch(), {{QString(), *choice->value}});
}

void MetricsPane::sayFailure(const Error &failure)
{
    if (m_choices.isEmpty()) {
        m_notice->show(QStringLiteral("failed"), failure.message, failure.hint, QStringLiteral("Read again"));
        m_stack->setCurrentIndex(0);
        m_state->clear();
        return;
    }
    m_state->setText(QStringLiteral("Last reading failed at %1: %2")
                         .arg(localTime(QDateTime::currentMSecsSinceEpoch()), failure.message));
}

void MetricsPane::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    // Plots cost memory and start-up time.
    if (!m_chart) {
        m_chart = new SeriesChart(m_chartPlace);
        m_chartPlace->layout()->addWidget(m_chart);
    }
    m_timer.start();
    ask();
}

void MetricsPane::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_timer.stop();
    m_fetch.cancel();
}

} // namespace Switchyard
