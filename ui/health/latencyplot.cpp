// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/latencyplot.h"

#include <QEvent>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <limits>

namespace Switchyard {

class LatencyPlot::Private
{
public:
    explicit Private(LatencyPlot *owner);
    void colour();

    LatencyPlot *q;
    QCustomPlot *plot;
    QCPGraph *line;
    QCPGraph *failures;
    double limit = 0;
};

LatencyPlot::Private::Private(LatencyPlot *owner)
    : q(owner)
    , plot(new QCustomPlot(owner))
    , line(plot->addGraph())
    , failures(plot->addGraph())
{
    plot->setObjectName(QStringLiteral("latencyPlot"));
    plot->setAccessibleName(QStringLiteral("Latency over time"));
    plot->setMinimumHeight(140);
    QSharedPointer<QCPAxisTickerDateTime> ticker(new QCPAxisTickerDateTime);
    ticker->setDateTimeFormat(QStringLiteral("HH:mm:ss"));
    ticker->setTickCount(4);
    plot->xAxis->setTicker(ticker);
    plot->yAxis->setLabel(QStringLiteral("ms"));
    failures->setLineStyle(QCPGraph::lsNone);
    plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    plot->axisRect()->setRangeDrag(Qt::Horizontal);
    plot->axisRect()->setRangeZoom(Qt::Horizontal);
    colour();
}

void LatencyPlot::Private::colour()
{
    const ThemeColors &colors = themeColors(q->palette());
    plot->setBackground(QBrush(q->palette().color(QPalette::Base)));
    QFont font = q->font();
    font.setPointSizeF(std::max(7.5, font.pointSizeF() * 0.88));
    for (QCPAxis *axis : {plot->xAxis, plot->yAxis}) {
        axis->setBasePen(QPen(colors.line));
        axis->setTickPen(QPen(colors.line));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelColor(colors.faded);
        axis->setLabelColor(colors.faded);
        axis->setTickLabelFont(font);
        axis->setLabelFont(font);
        axis->grid()->setPen(QPen(colors.line, 1, Qt::DotLine));
        axis->grid()->setZeroLinePen(QPen(colors.line));
    }
    line->setPen(QPen(colors.accent, 1.4));
    failures->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssSquare, QPen(colors.down), QBrush(colors.down), 6));
}

LatencyPlot::LatencyPlot(QWidget *parent)
    : QWidget(parent)
    , d(std::make_unique<Private>(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(d->plot);
}

LatencyPlot::~LatencyPlot() = default;

void LatencyPlot::show(const QList<HealthPoint> &points, Clock::duration hold, double limitMs)
{
    QVector<double> x, y, failedX, failedY;
    double most = 1;
    const qint64 originMs = points.isEmpty() ? 0 : wallMsOf(points.first().at);
    for (qsizetype i = 0; i < points.size(); ++i) {
        const HealthPoint &point = points[i];
        const double at = (double(originMs) + toMs(point.at - points.first().at)) / 1000;
        if (i > 0 && point.at - points[i - 1].at > hold) {
            // Nothing was measured there, so no line may lead across.
            x.append((x.last() + at) / 2);
            y.append(std::numeric_limits<double>::quiet_NaN());
        }
        x.append(at);
        y.append(point.latency ? toMs(*point.latency) : std::numeric_limits<double>::quiet_NaN());
        most = std::max(most, point.latency ? toMs(*point.latency) : 0);
        if (point.state == ProbeState::Down) {
            failedX.append(x.last());
            failedY.append(0);
        }
    }
    d->limit = limitMs;
    d->line->setData(x, y, true);
    d->failures->setData(failedX, failedY, true);
    if (!x.isEmpty())
        d->plot->xAxis->setRange(x.first() - 0.5, std::max(x.last(), x.first() + 10) + 0.5);
    d->plot->yAxis->setRange(0, most * 1.15);
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

void LatencyPlot::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange) {
        d->colour();
        d->plot->replot(QCustomPlot::rpQueuedReplot);
    }
    QWidget::changeEvent(event);
}

} // namespace Switchyard
