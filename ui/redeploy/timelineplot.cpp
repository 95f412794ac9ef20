// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/timelineplot.h"
#include "ui/common/plotstyle.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"
#include "ui/redeploy/databaselegend.h"
#include "ui/redeploy/sessionrows.h"
#include "ui/redeploy/timelinelanes.h"

#include <QEvent>
#include <QHelpEvent>
#include <QToolTip>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <cmath>
#include <limits>

namespace Switchyard {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int markRows = 3;
constexpr double markRow = 0.85;
constexpr int rowPixels = 16;
constexpr int axisPixels = 30;
constexpr int leastHeight = 190;
constexpr int clientsHeight = 60;
constexpr int reachPixels = 5;
constexpr int dragPixels = 4;
constexpr double leastSpan = 0.02;
constexpr double leastShown = 10; ///< seconds, while it follows
constexpr double zoomStep = 0.8;
/// Of a database's lane: its line of answers lies above its fill of connections.
constexpr double databaseRows = 2.2;
constexpr double fillFrom = 0.1;
constexpr double fillHeight = 1.2;

} // namespace

class TimelinePlot::Private
{
public:
    explicit Private(TimelinePlot *owner);
    void makeRect(QCPAxisRect *rect, QCPMarginGroup *group);
    void clear();
    void layOut();
    void colour();
    void drawBands();
    void drawLanes();
    void drawDots(const Lane &lane, int place);
    void drawItems();
    void drawPhases();
    QCPGraph *graph(QCPAxisRect *rect);
    QCPAxis *time() const { return lanes->axis(QCPAxis::atBottom); }
    double rowsOf(int lane) const { return data.lanes()[lane].kind == Lane::Kind::Database ? databaseRows : 1; }
    double laneBase(int lane) const;
    void drawConnections(const Lane &lane, int place);
    double end() const { return std::max(leastShown, until * 1.02); }
    void setRange(double from, double to);
    const QList<LanePoint> *pointsAt(const QPoint &place) const;
    TimelineLanes::Hit hitAt(const QPoint &place) const;
    bool wheel(QWheelEvent *event);
    bool key(QKeyEvent *event);

    TimelinePlot *q;
    QCustomPlot *plot;
    QCPAxisRect *clients;
    QCPAxisRect *lanes;
    SessionHeader header;
    ClientTimeline timeline;
    TimelineLanes data;
    QList<LanePoint> markPoints;
    std::function<const Event *(int)> find;
    QList<QCPGraph *> bandGraphs, goodGraphs, badGraphs, neutralGraphs;
    QList<QCPGraph *> usedGraphs, floorGraphs, limitGraphs; ///< nullptr but for databases
    QPoint pressed;
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
    // By click and Tab, but not by the wheel: that scrolls the page until the plot was chosen.
    plot->setFocusPolicy(Qt::StrongFocus);
    plot->setMouseTracking(true);
    clients = new QCPAxisRect(plot);
    lanes = new QCPAxisRect(plot);
    plot->plotLayout()->addElement(0, 0, clients);
    plot->plotLayout()->addElement(1, 0, lanes);
    plot->plotLayout()->setRowSpacing(2);
    auto *group = new QCPMarginGroup(plot);
    makeRect(clients, group);
    makeRect(lanes, group);
    clients->setMinimumSize(100, clientsHeight);
    clients->axis(QCPAxis::atBottom)->setTickLabels(false);
    clients->axis(QCPAxis::atLeft)->setLabel(QStringLiteral("clients"));
    clients->axis(QCPAxis::atLeft)->ticker()->setTickCount(3);
    lanes->axis(QCPAxis::atLeft)->grid()->setVisible(false);
    lanes->axis(QCPAxis::atLeft)->setTickLength(0);
    QCPAxis *above = clients->axis(QCPAxis::atBottom);
    const auto changed = qOverload<const QCPRange &>(&QCPAxis::rangeChanged);
    const auto take = qOverload<const QCPRange &>(&QCPAxis::setRange);
    QObject::connect(above, changed, time(), take);
    QObject::connect(time(), changed, above, take);
    QObject::connect(time(), changed, q, &TimelinePlot::rangeChanged);
    plot->setInteractions(QCP::iRangeDrag);
    QObject::connect(plot, &QCustomPlot::beforeReplot, q, [this] { drawItems(); });
    colour();
}

void TimelinePlot::Private::makeRect(QCPAxisRect *rect, QCPMarginGroup *group)
{
    rect->setMarginGroup(QCP::msLeft | QCP::msRight, group);
    rect->setRangeDrag(Qt::Horizontal);
    rect->setMinimumMargins(QMargins(4, 4, 12, 2));
    for (QCPAxis *axis : rect->axes())
        axis->setLayer(QStringLiteral("grid"));
    rect->axis(QCPAxis::atTop)->setVisible(false);
    rect->axis(QCPAxis::atRight)->setVisible(false);
}

QCPGraph *TimelinePlot::Private::graph(QCPAxisRect *rect)
{
    QCPGraph *made = plot->addGraph(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
    made->setAdaptiveSampling(true);
    return made;
}

void TimelinePlot::Private::clear()
{
    timeline.clear();
    markPoints.clear();
    follow = true;
    until = 0;
}

/// Of the row below which it begins; -1: of the phases, above all lanes.
double TimelinePlot::Private::laneBase(int lane) const
{
    double base = markRows * markRow;
    for (int below = lane + 1; below < data.lanes().size(); ++below)
        base += rowsOf(below);
    return base;
}

/// Graphs and names for the lanes there are.
void TimelinePlot::Private::layOut()
{
    plot->clearItems();
    plot->clearGraphs();
    bandGraphs.clear();
    goodGraphs.clear();
    badGraphs.clear();
    neutralGraphs.clear();
    usedGraphs.clear();
    floorGraphs.clear();
    limitGraphs.clear();
    for (int i = 0; i < 4; ++i) {
        bandGraphs.append(graph(clients));
        bandGraphs.last()->setLineStyle(QCPGraph::lsStepLeft);
        if (i > 0)
            bandGraphs.last()->setChannelFillGraph(bandGraphs[i - 1]);
    }
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    ticker->addTick(markRows * markRow * 0.5, QStringLiteral("deploy"));
    for (int lane = 0; lane < data.lanes().size(); ++lane) {
        const bool database = data.lanes()[lane].kind == Lane::Kind::Database;
        for (QList<QCPGraph *> *list : {&floorGraphs, &usedGraphs, &limitGraphs})
            list->append(database ? graph(lanes) : nullptr);
        if (database)
            usedGraphs.last()->setChannelFillGraph(floorGraphs.last());
        goodGraphs.append(graph(lanes));
        badGraphs.append(graph(lanes));
        neutralGraphs.append(graph(lanes));
        ticker->addTick(laneBase(lane) + rowsOf(lane) / 2 - 0.05, data.lanes()[lane].label);
    }
    ticker->addTick(laneBase(-1) + 0.55, QStringLiteral("phase"));
    lanes->axis(QCPAxis::atLeft)->setTicker(ticker);
    lanes->axis(QCPAxis::atLeft)->setRange(0, laneBase(-1) + 1.1);
    const int height = int((laneBase(-1) + 1.1) * rowPixels) + axisPixels;
    lanes->setMinimumSize(100, height);
    lanes->setMaximumSize(QWIDGETSIZE_MAX, height);
    // Lanes keep their height; where they do not fit, the view scrolls.
    q->setMinimumHeight(std::max(leastHeight, height + clientsHeight + 8));
    colour();
}

void TimelinePlot::Private::colour()
{
    const ThemeColors &colors = themeColors(q->palette());
    plot->setBackground(QBrush(q->palette().color(QPalette::Base)));
    const QFont font = axisFont(q->font());
    for (QCPAxisRect *rect : {clients, lanes}) {
        for (QCPAxis *axis : rect->axes()) {
            dressAxis(axis, colors, font);
        }
    }
    const QList<QColor> bands{colors.bandOpen, colors.bandNotified, colors.bandConnecting, colors.bandLost};
    for (int i = 0; i < bandGraphs.size(); ++i) {
        bandGraphs[i]->setPen(Qt::NoPen);
        bandGraphs[i]->setBrush(bands[i]);
    }
    int database = 0;
    for (int i = 0; i < goodGraphs.size(); ++i) {
        const bool dots = data.lanes()[i].kind == Lane::Kind::Newcomer;
        const auto look = [dots](QCPGraph *graph, const QColor &color, int width, QCPScatterStyle::ScatterShape shape,
                                 double size) {
            graph->setPen(dots ? QPen(color, 1.6) : QPen(color, width, Qt::SolidLine, Qt::FlatCap));
            graph->setLineStyle(dots ? QCPGraph::lsNone : QCPGraph::lsLine);
            graph->setScatterStyle(dots ? QCPScatterStyle(shape, size) : QCPScatterStyle());
        };
        look(goodGraphs[i], colors.up, 3, QCPScatterStyle::ssDisc, 4);
        look(neutralGraphs[i], colors.degraded, 3, QCPScatterStyle::ssDiamond, 6);
        look(badGraphs[i], colors.down, 5, QCPScatterStyle::ssCross, 7);
        if (!usedGraphs[i])
            continue;
        const QPen pen = databasePen(database++, colors);
        QColor fill = pen.color();
        fill.setAlphaF(0.35F);
        usedGraphs[i]->setPen(pen);
        usedGraphs[i]->setBrush(fill);
        floorGraphs[i]->setPen(QPen(colors.line));
        limitGraphs[i]->setPen(QPen(colors.down, 1.2, Qt::DashLine));
        neutralGraphs[i]->setPen(QPen(colors.down, 1.6));
        neutralGraphs[i]->setLineStyle(QCPGraph::lsNone);
        neutralGraphs[i]->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCross, 7));
    }
}

void TimelinePlot::Private::drawBands()
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
        add(std::max(until, bands.last().ms / 1000), bands.last());
    const QVector<double> *values[] = {&open, &notified, &connecting, &all};
    for (int i = 0; i < bandGraphs.size(); ++i)
        bandGraphs[i]->setData(x, *values[i], true);
    int most = 1;
    for (const SessionSocket &socket : header.sockets)
        most += socket.clients;
    clients->axis(QCPAxis::atLeft)->setRange(0, most * 1.04);
}

void TimelinePlot::Private::drawDots(const Lane &lane, int place)
{
    QVector<double> x[3], y[3];
    for (const LanePoint &point : lane.points) {
        x[point.level].append(point.seconds);
        y[point.level].append(laneBase(place) + (point.level == LanePoint::Good      ? 0.62
                                                 : point.level == LanePoint::Neutral ? 0.42
                                                                                     : 0.24));
    }
    goodGraphs[place]->setData(x[LanePoint::Good], y[LanePoint::Good], true);
    neutralGraphs[place]->setData(x[LanePoint::Neutral], y[LanePoint::Neutral], true);
    badGraphs[place]->setData(x[LanePoint::Bad], y[LanePoint::Bad], true);
}

/// What is in use, as a share of the limit, which is a dashed line; where nothing is known there is a gap.
void TimelinePlot::Private::drawConnections(const Lane &lane, int place)
{
    const double floor = laneBase(place) + fillFrom;
    const double unit = fillHeight / std::max(1, lane.fullScale());
    QVector<double> x, used, low, limitX, limit, refusedX, refusedY;
    for (qsizetype i = 0; i < lane.levels.size(); ++i) {
        const LaneLevel &level = lane.levels[i];
        const double to = i + 1 < lane.levels.size() ? lane.levels[i + 1].seconds : std::min(until, level.seconds + 1);
        const bool known = level.used >= 0;
        for (const double seconds : {level.seconds, to}) {
            x << seconds;
            used << (known ? floor + unit * level.used : nan);
            low << floor;
            limitX << seconds;
            limit << (level.limit >= 0 ? floor + unit * level.limit : nan);
        }
    }
    for (const LanePoint &point : lane.points) {
        if (point.level == LanePoint::Neutral) {
            refusedX << point.seconds;
            refusedY << laneBase(place) + fillFrom + fillHeight / 2;
        }
    }
    usedGraphs[place]->setData(x, used, true);
    floorGraphs[place]->setData(x, low, true);
    limitGraphs[place]->setData(limitX, limit, true);
    neutralGraphs[place]->setData(refusedX, refusedY, true);
}

void TimelinePlot::Private::drawLanes()
{
    for (int place = 0; place < data.lanes().size(); ++place) {
        const Lane &lane = data.lanes()[place];
        if (lane.kind == Lane::Kind::Newcomer) {
            drawDots(lane, place);
            continue;
        }
        QVector<double> goodX, goodY, badX, badY;
        const bool database = lane.kind == Lane::Kind::Database;
        if (database)
            drawConnections(lane, place);
        const double base = laneBase(place) + rowsOf(place) - 1;
        const double high = base + 0.72 - (database ? 0 : 0.1), low = base + (database ? 0.46 : 0.24);
        QList<LanePoint> points = lane.points;
        points.removeIf([](const LanePoint &point) { return point.level == LanePoint::Neutral; });
        const double lasts = database ? 1 : 0.5; // a look holds until the next one
        for (qsizetype i = 0; i < points.size(); ++i) {
            const bool good = points[i].level == LanePoint::Good;
            const double to =
                i + 1 < points.size() ? points[i + 1].seconds : std::min(until, points[i].seconds + lasts);
            auto &x = good ? goodX : badX;
            auto &y = good ? goodY : badY;
            x << points[i].seconds << to << to;
            y << (good ? high : low) << (good ? high : low);
            const bool same = i + 1 < points.size() && points[i + 1].level == points[i].level;
            y << (same ? y.last() : nan);
        }
        goodGraphs[place]->setData(goodX, goodY, true);
        badGraphs[place]->setData(badX, badY, true);
    }
}

void TimelinePlot::Private::drawPhases()
{
    const ThemeColors &colors = themeColors(q->palette());
    const QFont font = lanes->axis(QCPAxis::atLeft)->tickLabelFont();
    const QList<PhaseSpan> &phases = data.phases();
    for (int i = 0; i < phases.size(); ++i) {
        const double from = phases[i].fromMs / 1000;
        const double to = i + 1 < phases.size() ? phases[i + 1].fromMs / 1000 : std::max(until, from);
        auto *box = new QCPItemRect(plot);
        box->setClipAxisRect(lanes);
        for (QCPItemPosition *position : {box->topLeft, box->bottomRight}) {
            position->setAxisRect(lanes);
            position->setAxes(time(), lanes->axis(QCPAxis::atLeft));
        }
        const double top = laneBase(-1) + 1;
        box->topLeft->setCoords(from, top);
        box->bottomRight->setCoords(to, top - 0.9);
        box->setPen(QPen(colors.line));
        box->setBrush(i % 2 ? colors.surface : colors.tintUnknown);
        // The name stands in the middle of what is seen of the phase.
        const QCPRange range = time()->range();
        const double seenFrom = std::max(from, range.lower), seenTo = std::min(to, range.upper);
        const double pixels = time()->coordToPixel(seenTo) - time()->coordToPixel(seenFrom);
        if (pixels < QFontMetrics(font).horizontalAdvance(phases[i].phase) + 8)
            continue;
        auto *text = new QCPItemText(plot);
        text->setClipAxisRect(lanes);
        text->position->setAxisRect(lanes);
        text->position->setAxes(time(), lanes->axis(QCPAxis::atLeft));
        text->position->setCoords((seenFrom + seenTo) / 2, top - 0.45);
        text->setText(phases[i].phase);
        text->setColor(colors.text);
        text->setFont(font);
    }
}

/// Phases and marks are laid out in pixels, and so anew before each painting.
void TimelinePlot::Private::drawItems()
{
    const ThemeColors &colors = themeColors(q->palette());
    const QFont font = lanes->axis(QCPAxis::atLeft)->tickLabelFont();
    const QFontMetrics metrics(font);
    plot->clearItems();
    drawPhases();
    QList<double> freeFrom(markRows, -1e9);
    QList<QCPItemText *> last(markRows, nullptr);
    for (const DeployMark &mark : data.marks()) {
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
        const double x = time()->coordToPixel(mark.seconds);
        int row = 0;
        while (row + 1 < markRows && freeFrom[row] > x)
            ++row;
        if (freeFrom[row] > x) {
            // No row is free: it is said behind the one before it.
            const QString more = QStringLiteral(" · ") + mark.text;
            last[row]->setText(last[row]->text() + more);
            freeFrom[row] += metrics.horizontalAdvance(more);
            continue;
        }
        freeFrom[row] = x + metrics.horizontalAdvance(mark.text) + 10;
        auto *text = new QCPItemText(plot);
        text->setClipAxisRect(lanes);
        text->position->setAxisRect(lanes);
        text->position->setAxes(time(), lanes->axis(QCPAxis::atLeft));
        text->position->setCoords(mark.seconds, (markRows - row) * markRow - 0.4);
        text->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        text->setPadding(QMargins(4, 0, 2, 0));
        text->setText(mark.text);
        text->setColor(colors.text);
        text->setBrush(q->palette().color(QPalette::Base));
        text->setFont(font);
        last[row] = text;
    }
}

void TimelinePlot::Private::setRange(double from, double to)
{
    const double span = std::clamp(to - from, leastSpan, end());
    from = std::clamp(from, 0.0, end() - span);
    follow = span >= end() * 0.999;
    time()->setRange(from, from + span);
    plot->replot(QCustomPlot::rpQueuedReplot);
}

const QList<LanePoint> *TimelinePlot::Private::pointsAt(const QPoint &place) const
{
    if (clients->rect().contains(place))
        return &data.clients();
    if (!lanes->rect().contains(place))
        return nullptr;
    const double y = lanes->axis(QCPAxis::atLeft)->pixelToCoord(place.y());
    if (y < markRows * markRow)
        return &markPoints;
    for (int lane = 0; lane < data.lanes().size(); ++lane) {
        if (y >= laneBase(lane) && y < laneBase(lane) + rowsOf(lane))
            return &data.lanes()[lane].points;
    }
    return nullptr;
}

TimelineLanes::Hit TimelinePlot::Private::hitAt(const QPoint &place) const
{
    const QList<LanePoint> *points = pointsAt(place);
    if (!points)
        return {};
    const double seconds = time()->pixelToCoord(place.x());
    return TimelineLanes::nearest(*points, seconds, std::abs(time()->pixelToCoord(place.x() + reachPixels) - seconds));
}

bool TimelinePlot::Private::wheel(QWheelEvent *event)
{
    const QPoint angle = event->angleDelta();
    if (!(event->modifiers() & Qt::ControlModifier) && !plot->hasFocus()) {
        event->ignore();
        return true;
    }
    event->accept();
    if (std::abs(angle.x()) > std::abs(angle.y()))
        q->pan(-double(angle.x()) / 1200);
    else
        q->zoom(std::pow(zoomStep, double(angle.y()) / 120), time()->pixelToCoord(event->position().x()));
    return true;
}

bool TimelinePlot::Private::key(QKeyEvent *event)
{
    if (event->modifiers() & ~(Qt::KeypadModifier | Qt::ShiftModifier))
        return false;
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        q->zoomIn();
        return true;
    case Qt::Key_Minus:
        q->zoomOut();
        return true;
    case Qt::Key_0:
    case Qt::Key_Home:
        q->fit();
        return true;
    case Qt::Key_Left:
        q->pan(-0.15);
        return true;
    case Qt::Key_Right:
        q->pan(0.15);
        return true;
    default:
        return false;
    }
}

TimelinePlot::TimelinePlot(QWidget *parent)
    : QWidget(parent)
    , d(std::make_unique<Private>(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(d->plot);
    setFocusProxy(d->plot);
    d->plot->installEventFilter(this);
    d->layOut();
}

TimelinePlot::~TimelinePlot() = default;

void TimelinePlot::begin(const SessionHeader &header)
{
    d->clear();
    d->header = header;
    d->data.begin(header);
    d->layOut();
}

void TimelinePlot::take(const QList<Event> &events)
{
    d->timeline.take(events);
    const qsizetype marks = d->data.marks().size();
    if (d->data.take(events))
        d->layOut();
    for (qsizetype i = marks; i < d->data.marks().size(); ++i)
        d->markPoints.append({d->data.marks()[i].seconds, LanePoint::Good, d->data.marks()[i].id, 0});
}

void TimelinePlot::drawUntil(double ms)
{
    d->until = ms / 1000;
    d->drawBands();
    d->drawLanes();
    if (d->follow)
        d->time()->setRange(0, d->end());
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

void TimelinePlot::setEventSource(std::function<const Event *(int)> find)
{
    d->find = std::move(find);
}

void TimelinePlot::zoom(double factor, double around)
{
    const QCPRange range = d->time()->range();
    const double span = std::clamp(range.size() * factor, leastSpan, d->end());
    const double share = std::clamp((around - range.lower) / range.size(), 0.0, 1.0);
    d->setRange(around - share * span, around + (1 - share) * span);
}

void TimelinePlot::zoomIn()
{
    zoom(zoomStep * zoomStep, d->time()->range().center());
}

void TimelinePlot::zoomOut()
{
    zoom(1 / (zoomStep * zoomStep), d->time()->range().center());
}

void TimelinePlot::pan(double share)
{
    const QCPRange range = d->time()->range();
    d->setRange(range.lower + share * range.size(), range.upper + share * range.size());
}

void TimelinePlot::fit()
{
    d->setRange(0, d->end());
}

bool TimelinePlot::isFitted() const
{
    return d->follow;
}

std::pair<double, double> TimelinePlot::shownRange() const
{
    return {d->time()->range().lower, d->time()->range().upper};
}

int TimelinePlot::eventAt(const QPoint &place) const
{
    return d->hitAt(place).id;
}

QString TimelinePlot::textAt(const QPoint &place) const
{
    const TimelineLanes::Hit hit = d->hitAt(place);
    const Event *event = hit.id > 0 && d->find ? d->find(hit.id) : nullptr;
    if (!event)
        return {};
    QString text = QStringLiteral("%1 s  %2: %3")
                       .arg(event->seconds(), 0, 'f', 3)
                       .arg(event->subject.isEmpty() ? eventKindName(event->kind) : event->subject, eventText(*event));
    if (hit.others > 0)
        text += hit.others == 1 ? QStringLiteral("\nand 1 more event here")
                                : QStringLiteral("\nand %1 more events here").arg(hit.others);
    return text;
}

QStringList TimelinePlot::laneNames() const
{
    QStringList names;
    for (const Lane &lane : d->data.lanes())
        names.append(lane.label);
    return names;
}

QStringList TimelinePlot::databaseNames() const
{
    QStringList names;
    for (const Lane &lane : d->data.lanes()) {
        if (lane.kind == Lane::Kind::Database)
            names.append(lane.label);
    }
    return names;
}

QList<int> TimelinePlot::newcomerMarks() const
{
    QList<int> marks{0, 0, 0};
    for (const Lane &lane : d->data.lanes()) {
        for (const LanePoint &point : lane.points)
            marks[LanePoint::Good - point.level] += lane.kind == Lane::Kind::Newcomer ? 1 : 0;
    }
    return marks;
}

QList<int> TimelinePlot::connectionLevels(const QString &database) const
{
    QList<int> levels;
    for (const Lane &lane : d->data.lanes()) {
        for (const LaneLevel &level : lane.levels) {
            if (lane.label == database)
                levels.append(level.used);
        }
    }
    return levels;
}

QPicture TimelinePlot::picture(const QSize &size) const
{
    // The first painting lays the lanes out, the second places the marks by them.
    const QRect before = d->plot->viewport();
    d->plot->setViewport(QRect(QPoint(), size));
    d->plot->replot();
    d->plot->replot();
    QPicture picture;
    QCPPainter painter(&picture);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    d->plot->toPainter(&painter, size.width(), size.height());
    painter.end();
    d->plot->setViewport(before);
    return picture;
}

void TimelinePlot::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange) {
        d->colour();
        drawUntil(d->until * 1000);
    }
    QWidget::changeEvent(event);
}

bool TimelinePlot::eventFilter(QObject *watched, QEvent *event)
{
    switch (event->type()) {
    case QEvent::Wheel:
        return d->wheel(static_cast<QWheelEvent *>(event));
    case QEvent::KeyPress:
        if (d->key(static_cast<QKeyEvent *>(event)))
            return true;
        break;
    case QEvent::MouseButtonPress:
        d->pressed = static_cast<QMouseEvent *>(event)->pos();
        break;
    case QEvent::MouseButtonRelease: {
        const QPoint place = static_cast<QMouseEvent *>(event)->pos();
        const bool dragged = (place - d->pressed).manhattanLength() >= dragPixels;
        // What was dragged may have left the session's time.
        if (dragged)
            d->setRange(d->time()->range().lower, d->time()->range().upper);
        else if (const int id = eventAt(place); id > 0)
            Q_EMIT eventChosen(id);
        break;
    }
    case QEvent::MouseButtonDblClick:
        fit();
        break;
    case QEvent::MouseMove: {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        if (mouse->buttons()) {
            // What is dragged no longer follows the session.
            if ((mouse->pos() - d->pressed).manhattanLength() >= dragPixels)
                d->follow = false;
            break;
        }
        // At once, without the tooltip's delay: the mouse reads the lane like a finger.
        const QString text = textAt(mouse->pos());
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(mouse->globalPosition().toPoint(), plainTip(text), d->plot);
        break;
    }
    case QEvent::ToolTip:
        return true;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace Switchyard
