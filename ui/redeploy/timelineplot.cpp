// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/timelineplot.h"

#include "ui/common/theme.h"
#include "ui/redeploy/sessionrows.h"

#include <QEvent>
#include <QToolTip>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace Switchyard {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int markRows = 4;
constexpr int leastHeight = 224;
constexpr int clientsHeight = 64;

struct Mark
{
    double seconds = 0;
    QString text;
};

/// What of the driver's events is worth a mark.
QString markText(const Event &event)
{
    switch (event.kind) {
    case EventKind::InstanceStarting:
        return QStringLiteral("start %1").arg(event.instance);
    case EventKind::InstanceHealthy:
        return QStringLiteral("healthy");
    case EventKind::TrafficSwitched:
        return QStringLiteral("switch");
    case EventKind::SignalSent:
        return event.text.isEmpty() ? QStringLiteral("signal") : event.text;
    case EventKind::InstanceKilled:
        return QStringLiteral("SIGKILL");
    case EventKind::InstanceExited:
        return QStringLiteral("exit %1").arg(event.code);
    case EventKind::DeployFailed:
        return QStringLiteral("failed");
    default:
        return {};
    }
}

} // namespace

class TimelinePlot::Private
{
public:
    explicit Private(TimelinePlot *owner);
    void clear();
    void colour();
    void drawBands(double until);
    void drawLanes(double until);
    void drawMarks();
    void drawPhases(double until);
    void paintItems();
    bool hasNewcomers() const { return header.newcomersEveryMs > 0; }
    int laneCount() const { return int(header.endpoints.size()) + (hasNewcomers() ? 1 : 0); }
    QString laneName(int lane) const;
    QString textAt(const QPointF &pixel) const;
    double laneBase(int lane) const { return double(laneCount() - 1 - lane) + markRows * 0.8; }

    TimelinePlot *q;
    QCustomPlot *plot;
    QCPAxisRect *clients;
    QCPAxisRect *lanes;
    SessionHeader header;
    ClientTimeline timeline;
    struct Point
    {
        double seconds = 0;
        bool good = false;
        QString text;
    };
    QList<QList<Point>> probes; ///< one list a lane
    QList<Mark> marks;
    QList<PhaseSpan> phases;
    QList<QCPGraph *> bandGraphs, goodGraphs, badGraphs;
    QCPGraph *bottom = nullptr;
    QList<QCPItemText *> names;
    bool follow = true;
    double until = 0;
};

TimelinePlot::Private::Private(TimelinePlot *owner)
    : q(owner)
    , plot(new QCustomPlot(owner))
{
    plot->setObjectName(QStringLiteral("timeline"));
    plot->setAccessibleName(QStringLiteral("Timeline of the session"));
    plot->plotLayout()->clear();
    plot->setNoAntialiasingOnDrag(true);
    clients = new QCPAxisRect(plot);
    lanes = new QCPAxisRect(plot);
    plot->plotLayout()->addElement(0, 0, clients);
    plot->plotLayout()->addElement(1, 0, lanes);
    plot->plotLayout()->setRowSpacing(2);
    auto *group = new QCPMarginGroup(plot);
    for (QCPAxisRect *rect : {clients, lanes}) {
        rect->setMarginGroup(QCP::msLeft | QCP::msRight, group);
        rect->setRangeDrag(Qt::Horizontal);
        rect->setRangeZoom(Qt::Horizontal);
        rect->setMinimumMargins(QMargins(4, 4, 12, 2));
        for (QCPAxis *axis : rect->axes())
            axis->setLayer(QStringLiteral("grid"));
        rect->axis(QCPAxis::atTop)->setVisible(false);
        rect->axis(QCPAxis::atRight)->setVisible(false);
    }
    clients->setMinimumSize(100, clientsHeight);
    clients->axis(QCPAxis::atBottom)->setTickLabels(false);
    clients->axis(QCPAxis::atLeft)->setLabel(QStringLiteral("clients"));
    clients->axis(QCPAxis::atLeft)->ticker()->setTickCount(3);
    lanes->axis(QCPAxis::atLeft)->grid()->setVisible(false);
    lanes->axis(QCPAxis::atLeft)->setTickLength(0);
    QCPAxis *above = clients->axis(QCPAxis::atBottom);
    QCPAxis *below = lanes->axis(QCPAxis::atBottom);
    QObject::connect(above, qOverload<const QCPRange &>(&QCPAxis::rangeChanged), below,
                     qOverload<const QCPRange &>(&QCPAxis::setRange));
    QObject::connect(below, qOverload<const QCPRange &>(&QCPAxis::rangeChanged), above,
                     qOverload<const QCPRange &>(&QCPAxis::setRange));
    plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    QObject::connect(plot, &QCustomPlot::mouseWheel, q, [this] { follow = false; });
    QObject::connect(plot, &QCustomPlot::mousePress, q, [this] { follow = false; });
    QObject::connect(plot, &QCustomPlot::mouseDoubleClick, q, [this] {
        follow = true;
        q->drawUntil(until * 1000);
    });
    QObject::connect(plot, &QCustomPlot::mouseMove, q, [this](QMouseEvent *event) {
        if (event->buttons())
            return drawMarks();
        const QString text = textAt(event->pos());
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(plot->mapToGlobal(event->pos()), text, plot);
    });
    plot->setMouseTracking(true);
    colour();
}

void TimelinePlot::Private::colour()
{
    const ThemeColors &colors = themeColors(q->palette());
    plot->setBackground(QBrush(q->palette().color(QPalette::Base)));
    QFont font = q->font();
    font.setPointSizeF(std::max(7.5, font.pointSizeF() * 0.88));
    for (QCPAxisRect *rect : {clients, lanes}) {
        for (QCPAxis *axis : rect->axes()) {
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
    }
    const QList<QColor> bands{colors.bandOpen, colors.bandNotified, colors.bandConnecting, colors.bandLost};
    for (int i = 0; i < bandGraphs.size(); ++i) {
        bandGraphs[i]->setPen(Qt::NoPen);
        bandGraphs[i]->setBrush(bands[i]);
    }
    for (QCPGraph *graph : goodGraphs)
        graph->setPen(QPen(colors.up, 3, Qt::SolidLine, Qt::FlatCap));
    for (QCPGraph *graph : badGraphs)
        graph->setPen(QPen(colors.down, 5, Qt::SolidLine, Qt::FlatCap));
}

void TimelinePlot::Private::clear()
{
    plot->clearItems();
    plot->clearGraphs();
    bandGraphs.clear();
    goodGraphs.clear();
    badGraphs.clear();
    timeline.clear();
    probes.clear();
    marks.clear();
    phases.clear();
    follow = true;
}

void TimelinePlot::Private::drawBands(double to)
{
    const QList<ClientBand> &bands = timeline.bands();
    QVector<double> x, open, notified, connecting, all;
    const auto add = [&](double seconds, const ClientBand &band) {
        x.append(seconds);
        open.append(band.open);
        notified.append(open.last() + band.notified);
        connecting.append(notified.last() + band.connecting);
        all.append(connecting.last() + band.lost);
    };
    for (const ClientBand &band : bands)
        add(band.ms / 1000, band);
    if (!bands.isEmpty())
        add(std::max(to, bands.last().ms / 1000), bands.last());
    const QVector<double> *values[] = {&open, &notified, &connecting, &all};
    for (int i = 0; i < bandGraphs.size(); ++i)
        bandGraphs[i]->setData(x, *values[i], true);
    int most = 1;
    for (const SessionSocket &socket : header.sockets)
        most += socket.clients;
    clients->axis(QCPAxis::atLeft)->setRange(0, most * 1.04);
}

void TimelinePlot::Private::drawLanes(double to)
{
    for (int lane = 0; lane < probes.size(); ++lane) {
        QVector<double> goodX, goodY, badX, badY;
        const double high = laneBase(lane) + 0.62, low = laneBase(lane) + 0.2;
        const auto &points = probes[lane];
        for (qsizetype i = 0; i < points.size(); ++i) {
            const double end = i + 1 < points.size() ? points[i + 1].seconds : std::min(to, points[i].seconds + 0.5);
            auto &x = points[i].good ? goodX : badX;
            auto &y = points[i].good ? goodY : badY;
            x << points[i].seconds << end << end;
            y << (points[i].good ? high : low) << (points[i].good ? high : low);
            const bool same = i + 1 < points.size() && points[i + 1].good == points[i].good;
            y << (same ? y.last() : nan);
        }
        goodGraphs[lane]->setData(goodX, goodY, true);
        badGraphs[lane]->setData(badX, badY, true);
    }
}

void TimelinePlot::Private::drawPhases(double to)
{
    const ThemeColors &colors = themeColors(q->palette());
    for (int i = 0; i < phases.size(); ++i) {
        const double from = phases[i].fromMs / 1000;
        const double end = i + 1 < phases.size() ? phases[i + 1].fromMs / 1000 : std::max(to, from);
        auto *box = new QCPItemRect(plot);
        box->setClipAxisRect(lanes);
        for (QCPItemPosition *position : {box->topLeft, box->bottomRight}) {
            position->setAxisRect(lanes);
            position->setAxes(lanes->axis(QCPAxis::atBottom), lanes->axis(QCPAxis::atLeft));
        }
        const double top = laneBase(-1) + 1;
        box->topLeft->setCoords(from, top);
        box->bottomRight->setCoords(end, top - 0.86);
        box->setPen(QPen(colors.line));
        box->setBrush(i % 2 ? colors.surface : colors.tintUnknown);
        const double pixels =
            lanes->axis(QCPAxis::atBottom)->coordToPixel(end) - lanes->axis(QCPAxis::atBottom)->coordToPixel(from);
        if (pixels < QFontMetrics(lanes->axis(QCPAxis::atLeft)->tickLabelFont()).horizontalAdvance(phases[i].phase) + 8)
            continue;
        auto *text = new QCPItemText(plot);
        text->setClipAxisRect(lanes);
        text->position->setAxisRect(lanes);
        text->position->setAxes(lanes->axis(QCPAxis::atBottom), lanes->axis(QCPAxis::atLeft));
        text->position->setCoords((from + end) / 2, top - 0.43);
        text->setText(phases[i].phase);
        text->setColor(colors.text);
        text->setFont(lanes->axis(QCPAxis::atLeft)->tickLabelFont());
    }
}

void TimelinePlot::Private::drawMarks()
{
    const ThemeColors &colors = themeColors(q->palette());
    const QFont font = lanes->axis(QCPAxis::atLeft)->tickLabelFont();
    const QFontMetrics metrics(font);
    QCPAxis *time = lanes->axis(QCPAxis::atBottom);
    plot->clearItems();
    drawPhases(until);
    QList<double> freeFrom(markRows, -1e9);
    for (const Mark &mark : std::as_const(marks)) {
        for (QCPAxisRect *rect : {clients, lanes}) {
            auto *line = new QCPItemStraightLine(plot);
            line->setClipAxisRect(rect);
            for (QCPItemPosition *point : {line->point1, line->point2}) {
                point->setAxisRect(rect);
                point->setAxes(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
            }
            line->point1->setCoords(mark.seconds, 0);
            line->point2->setCoords(mark.seconds, 1);
            line->setPen(QPen(colors.faded, 1, Qt::DashLine));
        }
        // Marks that would stand on each other go one row down.
        const double x = time->coordToPixel(mark.seconds);
        int row = 0;
        while (row + 1 < markRows && freeFrom[row] > x)
            ++row;
        freeFrom[row] = x + metrics.horizontalAdvance(mark.text) + 10;
        auto *text = new QCPItemText(plot);
        text->setClipAxisRect(lanes);
        text->position->setAxisRect(lanes);
        text->position->setAxes(time, lanes->axis(QCPAxis::atLeft));
        text->position->setCoords(mark.seconds, (markRows - row) * 0.8 - 0.35);
        text->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        text->setPadding(QMargins(4, 0, 2, 0));
        text->setText(mark.text);
        text->setColor(colors.text);
        text->setBrush(q->palette().color(QPalette::Base));
        text->setFont(font);
    }
}

QString TimelinePlot::Private::laneName(int lane) const
{
    if (lane >= header.endpoints.size())
        return QStringLiteral("newcomers");
    // The port's number stands in the heading, and would only push the lanes aside.
    const SessionEndpoint &endpoint = header.endpoints[lane];
    return endpoint.kind == QLatin1StringView("port") ? endpoint.kind : endpoint.path;
}

/// What lies under the mouse: the states of the clients, a mark, or a lane's last answer.
QString TimelinePlot::Private::textAt(const QPointF &pixel) const
{
    constexpr double nearPixels = 6;
    QCPAxis *time = lanes->axis(QCPAxis::atBottom);
    const double seconds = time->pixelToCoord(pixel.x());
    if (seconds < 0 || seconds > until)
        return {};
    const QString at = QStringLiteral("%1 s").arg(seconds, 0, 'f', 2);
    QStringList nearMarks;
    for (const Mark &mark : marks) {
        if (std::abs(time->coordToPixel(mark.seconds) - pixel.x()) <= nearPixels)
            nearMarks.append(QStringLiteral("%1 s  %2").arg(mark.seconds, 0, 'f', 2).arg(mark.text));
    }
    if (clients->rect().contains(pixel.toPoint())) {
        const QList<ClientBand> &bands = timeline.bands();
        const auto after = std::upper_bound(bands.cbegin(), bands.cend(), seconds * 1000,
                                            [](double ms, const ClientBand &band) { return ms < band.ms; });
        if (after == bands.cbegin())
            return at;
        const ClientBand &band = *std::prev(after);
        nearMarks.prepend(QStringLiteral("%1  %2 open, %3 told to leave, %4 connecting, %5 lost")
                              .arg(at)
                              .arg(band.open)
                              .arg(band.notified)
                              .arg(band.connecting)
                              .arg(band.lost));
        return nearMarks.join(QLatin1Char('\n'));
    }
    const double height = lanes->axis(QCPAxis::atLeft)->pixelToCoord(pixel.y());
    for (int lane = 0; lane < probes.size(); ++lane) {
        if (height < laneBase(lane) || height >= laneBase(lane) + 1)
            continue;
        const auto &points = probes[lane];
        const auto after = std::upper_bound(points.cbegin(), points.cend(), seconds,
                                            [](double s, const Point &point) { return s < point.seconds; });
        if (after != points.cbegin()) {
            const Point &point = *std::prev(after);
            nearMarks.prepend(
                QStringLiteral("%1 s  %2: %3, %4")
                    .arg(point.seconds, 0, 'f', 2)
                    .arg(laneName(lane), point.good ? QStringLiteral("good") : QStringLiteral("bad"), point.text));
        }
    }
    return nearMarks.join(QLatin1Char('\n'));
}

TimelinePlot::TimelinePlot(QWidget *parent)
    : QWidget(parent)
    , d(std::make_unique<Private>(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(d->plot);
    setMinimumHeight(leastHeight);
}

TimelinePlot::~TimelinePlot() = default;

void TimelinePlot::begin(const SessionHeader &header)
{
    d->clear();
    d->header = header;
    const auto graph = [this](QCPAxisRect *rect) {
        QCPGraph *made = d->plot->addGraph(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
        made->setAdaptiveSampling(true);
        return made;
    };
    for (int i = 0; i < 4; ++i) {
        d->bandGraphs.append(graph(d->clients));
        d->bandGraphs.last()->setLineStyle(QCPGraph::lsStepLeft);
        if (i > 0)
            d->bandGraphs.last()->setChannelFillGraph(d->bandGraphs[i - 1]);
    }
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    ticker->addTick(markRows * 0.4, QStringLiteral("deploy"));
    for (int lane = 0; lane < d->laneCount(); ++lane) {
        d->probes.append(QList<Private::Point>());
        d->goodGraphs.append(graph(d->lanes));
        d->badGraphs.append(graph(d->lanes));
        ticker->addTick(d->laneBase(lane) + 0.45, d->laneName(lane));
    }
    ticker->addTick(d->laneBase(-1) + 0.55, QStringLiteral("phase"));
    d->lanes->axis(QCPAxis::atLeft)->setTicker(ticker);
    d->lanes->axis(QCPAxis::atLeft)->setRange(0, d->laneBase(-1) + 1.1);
    const int height = int(d->laneBase(-1) * 16) + 44;
    d->lanes->setMinimumSize(100, height);
    d->lanes->setMaximumSize(QWIDGETSIZE_MAX, height);
    // Lanes keep their height; where they do not fit, the view scrolls.
    setMinimumHeight(std::max(leastHeight, height + clientsHeight + 8));
    d->colour();
}

void TimelinePlot::take(const QList<Event> &events)
{
    d->timeline.take(events);
    for (const Event &event : events) {
        if (event.kind == EventKind::Probe) {
            for (int lane = 0; lane < d->header.endpoints.size(); ++lane) {
                if (d->header.endpoints[lane].subject() == event.subject)
                    d->probes[lane].append({event.seconds(), event.ok, eventText(event)});
            }
        } else if (event.kind == EventKind::Newcomer && d->hasNewcomers()) {
            d->probes.last().append({event.seconds(), event.ok, eventText(event)});
        } else if (event.kind == EventKind::Phase) {
            d->phases.append({event.text, double(event.us) / 1000, 0});
        } else if (const QString text = markText(event); !text.isEmpty()) {
            d->marks.append({event.seconds(), text});
        }
    }
}

void TimelinePlot::drawUntil(double ms)
{
    d->until = ms / 1000;
    d->drawBands(d->until);
    d->drawLanes(d->until);
    if (d->follow)
        d->lanes->axis(QCPAxis::atBottom)->setRange(0, std::max(10.0, d->until * 1.02));
    d->drawMarks();
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

void TimelinePlot::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange) {
        d->colour();
        drawUntil(d->until * 1000);
    }
    QWidget::changeEvent(event);
}

} // namespace Switchyard
