// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/serieschart.h"
#include "ui/common/plotstyle.h"

#include "ui/common/theme.h"

#include <QEvent>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <array>
#include <cmath>
#include <limits>

namespace Switchyard {

namespace {

constexpr std::array<Qt::PenStyle, 4> styles{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
constexpr double leastSpan = 60;     ///< seconds
constexpr double legendShare = 0.35; ///< of the values' span, above them: the legend covers no point

} // namespace

class SeriesChart::Private
{
public:
    explicit Private(SeriesChart *owner)
        : q(owner)
        , plot(new QCustomPlot(owner))
    {
        plot->setObjectName(QStringLiteral("seriesChart"));
        plot->setAccessibleName(QStringLiteral("The chosen series over time"));
        plot->setMinimumHeight(130);
        QSharedPointer<QCPAxisTickerDateTime> ticker(new QCPAxisTickerDateTime);
        ticker->setDateTimeFormat(QStringLiteral("HH:mm:ss"));
        ticker->setTickCount(4);
        plot->xAxis->setTicker(ticker);
        plot->axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignLeft);
        plot->legend->setFillOrder(QCPLegend::foColumnsFirst);
        none->setObjectName(QStringLiteral("seriesNone"));
        none->setText({});
        none->position->setType(QCPItemPosition::ptAxisRectRatio);
        none->position->setCoords(0.5, 0.5);
        colour();
        fillNone();
    }

    void colour()
    {
        const ThemeColors &colors = themeColors(q->palette());
        plot->setBackground(QBrush(q->palette().color(QPalette::Base)));
        const QFont font = axisFont(q->font());
        for (QCPAxis *axis : {plot->xAxis, plot->yAxis}) {
            dressAxis(axis, colors, font);
        }
        none->setFont(q->font());
        none->setColor(colors.faded);
        plot->legend->setFont(font);
        plot->legend->setTextColor(colors.text);
        plot->legend->setBrush(q->palette().color(QPalette::Base));
        plot->legend->setBorderPen(QPen(colors.line));
        const std::array<QColor, 4> pens{colors.accent, colors.action, colors.degraded, colors.faded};
        for (int i = 0; i < plot->graphCount(); ++i) {
            const QColor &color = pens[size_t(i) % pens.size()];
            plot->graph(i)->setPen(QPen(color, 1.6, styles[size_t(i) % styles.size()]));
            plot->graph(i)->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, color, color, 4));
        }
    }

    void fillNone()
    {
        const bool empty = count == 0 && !none->text().isEmpty();
        none->setVisible(empty);
        for (QCPAxis *axis : {plot->xAxis, plot->yAxis}) {
            axis->setVisible(!empty);
            axis->grid()->setVisible(!empty);
        }
    }

    QCPGraph *graphOf(const QString &name)
    {
        for (int i = 0; i < plot->graphCount(); ++i) {
            if (plot->graph(i)->name() == name)
                return plot->graph(i);
        }
        QCPGraph *graph = plot->addGraph();
        graph->setName(name);
        plot->legend->setVisible(!name.isEmpty());
        colour();
        return graph;
    }

    SeriesChart *q;
    QCustomPlot *plot;
    QCPItemText *none = new QCPItemText(plot);
    int count = 0, gaps = 0;
    double from = 0, to = 0;
};

SeriesChart::SeriesChart(QWidget *parent)
    : QWidget(parent)
    , d(std::make_unique<Private>(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(d->plot);
}

SeriesChart::~SeriesChart() = default;

void SeriesChart::clear(const QString &unit)
{
    d->plot->clearGraphs();
    d->plot->legend->setVisible(false);
    d->plot->yAxis->setLabel(unit);
    d->count = d->gaps = 0;
    d->from = d->to = 0;
    d->fillNone();
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

void SeriesChart::setEmptyText(const QString &text)
{
    d->none->setText(text);
    d->fillNone();
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

void SeriesChart::add(qint64 wallMs, const QList<std::pair<QString, double>> &values)
{
    const double at = double(wallMs) / 1000;
    for (const auto &[name, value] : values)
        d->graphOf(name)->addData(at, value);
    if (values.isEmpty()) {
        for (int i = 0; i < d->plot->graphCount(); ++i)
            d->plot->graph(i)->addData(at, std::numeric_limits<double>::quiet_NaN());
        d->gaps += d->plot->graphCount() > 0;
    } else {
        ++d->count;
    }
    d->fillNone();
    if (d->from == 0)
        d->from = at;
    d->to = at;
    double least = 0, most = 0;
    bool any = false;
    for (int i = 0; i < d->plot->graphCount(); ++i) {
        QSharedPointer<QCPGraphDataContainer> points = d->plot->graph(i)->data();
        while (points->size() > keptPoints)
            points->removeBefore((points->constBegin() + 1)->key);
        if (!points->isEmpty())
            d->from = std::max(d->from, points->constBegin()->key);
        for (auto point = points->constBegin(); point != points->constEnd(); ++point) {
            if (!std::isfinite(point->value))
                continue;
            least = any ? std::min(least, point->value) : point->value;
            most = any ? std::max(most, point->value) : point->value;
            any = true;
        }
    }
    // From 0 where that leaves the changes in sight.
    if (least >= 0 && (least < most * 0.8 || least == most))
        least = 0;
    const double share = d->plot->legend->visible() ? legendShare : 0.15;
    const double room = std::max({(most - least) * share, std::abs(most) * 1e-6, 1e-9});
    d->plot->yAxis->setRange(least == 0 ? 0 : least - room, most == least ? most + std::max(room, 1.0) : most + room);
    d->plot->xAxis->setRange(std::min(d->from, d->to - leastSpan), d->to + 1);
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

int SeriesChart::count() const
{
    return d->count;
}

int SeriesChart::gaps() const
{
    return d->gaps;
}

QString SeriesChart::notice() const
{
    return d->none->visible() ? d->none->text() : QString();
}

void SeriesChart::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange) {
        d->colour();
        d->plot->replot(QCustomPlot::rpQueuedReplot);
    }
    QWidget::changeEvent(event);
}

} // namespace Switchyard
