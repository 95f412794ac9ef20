// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/latencyplot.h"
#include "ui/common/plotstyle.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"

#include <QDateTime>
#include <QEvent>
#include <QHelpEvent>
#include <QToolTip>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <functional>
#include <limits>

namespace Switchyard {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int stripPixels = 16;
constexpr int reachPixels = 6;
constexpr int dragPixels = 4;
constexpr double leastSpan = 2; ///< seconds
constexpr int fewDots = 150;    ///< up to so many probes have a dot each

/// Something painted into an axis rect by hand.
class Painted final : public QCPAbstractItem
{
public:
    Painted(QCustomPlot *plot, QCPAxisRect *rect, const QString &layer, std::function<void(QCPPainter *)> how)
        : QCPAbstractItem(plot)
        , m_how(std::move(how))
    {
        setClipAxisRect(rect);
        setClipToAxisRect(true);
        setLayer(layer);
        setSelectable(false);
    }
    double selectTest(const QPointF &, bool, QVariant *) const override { return -1; }

protected:
    void draw(QCPPainter *painter) override { m_how(painter); }

private:
    std::function<void(QCPPainter *)> m_how;
};

/// How much of the strip's height a state takes, and with which brush: readable without its colour.
struct Look
{
    double height;
    Qt::BrushStyle pattern;
    QColor color;
};

Look lookOf(MonitorState state, const ThemeColors &colors)
{
    switch (state) {
    case MonitorState::Up:
        return {0.35, Qt::SolidPattern, colors.up};
    case MonitorState::Degraded:
        return {0.7, Qt::SolidPattern, colors.degraded};
    case MonitorState::Down:
        return {1, Qt::SolidPattern, colors.down};
    case MonitorState::Recovering:
        return {0.7, Qt::VerPattern, colors.degraded};
    case MonitorState::ColdStart:
        return {0.5, Qt::HorPattern, colors.working};
    default:
        return {0, Qt::NoBrush, colors.unknown};
    }
}

bool isGap(const LatencyView::Stretch &stretch)
{
    return stretch.state == MonitorState::Unknown || stretch.state == MonitorState::Paused;
}

} // namespace

class LatencyPlot::Private
{
public:
    explicit Private(LatencyPlot *owner);
    void colour();
    void fillDots();
    void scaleValues();
    void setTicks();
    void setRange(double from, double to);
    void showWhole() { setRange(double(view.fromMs) / 1000, double(view.toMs) / 1000); }
    void noteZoom();
    double pixel(qint64 ms) const { return plot->xAxis->coordToPixel(double(ms) / 1000); }
    void paintGaps(QCPPainter *painter) const;
    void paintBands(QCPPainter *painter) const;
    void paintMarks(QCPPainter *painter) const;
    void paintStrip(QCPPainter *painter) const;
    qsizetype dotAt(const QPoint &place) const;
    qsizetype bandAt(const QPoint &place) const;
    bool press(QMouseEvent *event);
    bool release(QMouseEvent *event);

    LatencyPlot *q;
    QCustomPlot *plot;
    QCPAxisRect *strip;
    QCPGraph *line;
    QCPGraph *failures;
    LatencyView view;
    QPoint pressed;
    bool zoomed = false;
    bool setting = false;
};

LatencyPlot::Private::Private(LatencyPlot *owner)
    : q(owner)
    , plot(new QCustomPlot(owner))
    , strip(new QCPAxisRect(plot))
    , line(plot->addGraph())
    , failures(plot->addGraph())
{
    plot->setObjectName(QStringLiteral("latencyPlot"));
    plot->setAccessibleName(QStringLiteral("Latency over time, and the states below it"));
    plot->setMinimumHeight(150);
    plot->setFocusPolicy(Qt::StrongFocus);
    plot->plotLayout()->addElement(1, 0, strip);
    plot->plotLayout()->setRowSpacing(0);
    QCPMarginGroup *sides = new QCPMarginGroup(plot);
    for (QCPAxisRect *rect : {plot->axisRect(), strip}) {
        rect->setMarginGroup(QCP::msLeft | QCP::msRight, sides);
        rect->setMinimumMargins({0, 4, 8, 2});
    }
    strip->setMinimumSize(10, stripPixels);
    strip->setMaximumSize(QWIDGETSIZE_MAX, stripPixels);
    strip->setAutoMargins(QCP::msLeft | QCP::msRight);
    strip->setMargins({0, 2, 8, 4});
    for (QCPAxis *axis : strip->axes())
        axis->setVisible(false);
    strip->axis(QCPAxis::atLeft)->setRange(0, 1);
    plot->yAxis->setLabel(QStringLiteral("ms"));
    plot->yAxis->ticker()->setTickCount(4);
    failures->setLineStyle(QCPGraph::lsNone);
    plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    plot->axisRect()->setRangeDrag(Qt::Horizontal);
    plot->axisRect()->setRangeZoom(Qt::Horizontal);
    strip->setRangeDrag(Qt::Orientations());
    strip->setRangeZoom(Qt::Orientations());
    const QString back = QStringLiteral("grid");
    const QString front = QStringLiteral("overlay");
    new Painted(plot, plot->axisRect(), back, [this](QCPPainter *painter) { paintGaps(painter); });
    new Painted(plot, plot->axisRect(), QStringLiteral("main"), [this](QCPPainter *painter) { paintBands(painter); });
    new Painted(plot, plot->axisRect(), front, [this](QCPPainter *painter) { paintMarks(painter); });
    new Painted(plot, strip, QStringLiteral("main"), [this](QCPPainter *painter) { paintStrip(painter); });
    plot->installEventFilter(q);
    QObject::connect(plot->xAxis, qOverload<const QCPRange &>(&QCPAxis::rangeChanged), q,
                     [this](const QCPRange &range) {
                         if (setting)
                             return;
                         // Nothing lies beyond the window.
                         setting = true;
                         const double first = double(view.fromMs) / 1000;
                         const double last = double(view.toMs) / 1000;
                         const double span = std::clamp(range.size(), std::min(leastSpan, last - first), last - first);
                         const double from = std::clamp(range.lower, first, last - span);
                         plot->xAxis->setRange(from, from + span);
                         setting = false;
                         noteZoom();
                         scaleValues();
                         setTicks();
                         Q_EMIT q->rangeChanged();
                     });
    colour();
}

void LatencyPlot::Private::colour()
{
    const ThemeColors &colors = themeColors(q->palette());
    plot->setBackground(QBrush(q->palette().color(QPalette::Base)));
    const QFont font = axisFont(q->font());
    for (QCPAxis *axis : {plot->xAxis, plot->yAxis}) {
        dressAxis(axis, colors, font);
    }
    line->setPen(QPen(colors.accent, 1.4));
    line->setScatterStyle(view.dots.size() <= fewDots
                              ? QCPScatterStyle(QCPScatterStyle::ssDisc, colors.accent, colors.accent, 3.5)
                              : QCPScatterStyle(QCPScatterStyle::ssNone));
    failures->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssSquare, QPen(colors.down), QBrush(colors.down), 6));
}

void LatencyPlot::Private::fillDots()
{
    QVector<double> x, y, failedX, failedY;
    for (qsizetype i = 0; i < view.dots.size(); ++i) {
        const LatencyView::Dot &dot = view.dots[i];
        const double at = double(dot.atMs) / 1000;
        if (i > 0 && dot.atMs - view.dots[i - 1].atMs > view.holdMs) {
            // Nothing was measured there, so no line may lead across.
            x.append((x.last() + at) / 2);
            y.append(nan);
        }
        x.append(at);
        y.append(dot.ms.value_or(nan));
        if (dot.state == ProbeState::Down) {
            failedX.append(at);
            failedY.append(0);
        }
    }
    for (const LatencyView::Band &band : std::as_const(view.bands)) {
        if (band.failed > 0) {
            failedX.append(double(band.fromMs + band.toMs) / 2000);
            failedY.append(0);
        }
    }
    line->setData(x, y, true);
    failures->setData(failedX, failedY, true);
}

/// By what is in sight. One probe that took a hundred times as long leaves room for the others: the greatest dots of
/// bands may lie on the upper edge.
void LatencyPlot::Private::scaleValues()
{
    const QCPRange range = plot->xAxis->range();
    double most = 0.5;
    for (const LatencyView::Dot &dot : std::as_const(view.dots)) {
        if (range.contains(double(dot.atMs) / 1000))
            most = std::max(most, dot.ms.value_or(0));
    }
    double top = 0, band95 = 0;
    for (const LatencyView::Band &band : std::as_const(view.bands)) {
        if (double(band.toMs) / 1000 < range.lower || double(band.fromMs) / 1000 > range.upper)
            continue;
        top = std::max(top, band.most.value_or(0));
        band95 = std::max(band95, band.p95.value_or(0));
    }
    most = std::max({most, band95, std::min(top, band95 * 4)});
    plot->yAxis->setRange(0, most * 1.15);
}

void LatencyPlot::Private::setTicks()
{
    const double span = plot->xAxis->range().size();
    QSharedPointer<QCPAxisTickerDateTime> ticker(new QCPAxisTickerDateTime);
    ticker->setDateTimeFormat(span <= 600         ? QStringLiteral("HH:mm:ss")
                              : span <= 36 * 3600 ? QStringLiteral("HH:mm")
                                                  : QStringLiteral("d MMM"));
    ticker->setTickCount(5);
    plot->xAxis->setTicker(ticker);
}

void LatencyPlot::Private::setRange(double from, double to)
{
    plot->xAxis->setRange(from, to);
    plot->replot(QCustomPlot::rpQueuedReplot);
}

void LatencyPlot::Private::noteZoom()
{
    const bool now = plot->xAxis->range().size() < double(view.toMs - view.fromMs) / 1000 * 0.999;
    zoomed = now;
}

void LatencyPlot::Private::paintGaps(QCPPainter *painter) const
{
    const ThemeColors &colors = themeColors(q->palette());
    const QRect area = plot->axisRect()->rect();
    for (const LatencyView::Stretch &stretch : view.states) {
        if (!isGap(stretch))
            continue;
        const double from = std::max(pixel(stretch.fromMs), double(area.left()));
        const double to = std::min(pixel(stretch.toMs), double(area.right() + 1));
        if (to <= from)
            continue;
        const QRectF rect(from, area.top(), std::max(1.0, to - from), area.height());
        painter->setPen(Qt::NoPen);
        painter->fillRect(rect, QBrush(colors.surface));
        painter->fillRect(rect, QBrush(colors.line, Qt::FDiagPattern));
        const QString text =
            stretch.state == MonitorState::Paused ? QStringLiteral("paused") : QStringLiteral("not measured");
        const QRectF words = painter->fontMetrics().boundingRect(text).adjusted(-4, -1, 4, 1);
        if (words.width() + 6 > rect.width())
            continue;
        QRectF plate(QPointF(), words.size());
        plate.moveCenter(rect.center());
        painter->fillRect(plate, q->palette().color(QPalette::Base));
        painter->setPen(colors.faded);
        painter->drawText(plate, Qt::AlignCenter, text);
    }
}

void LatencyPlot::Private::paintBands(QCPPainter *painter) const
{
    if (view.bands.isEmpty())
        return;
    const ThemeColors &colors = themeColors(q->palette());
    const QCPAxis *values = plot->yAxis;
    const QRect area = plot->axisRect()->rect();
    QColor fill = colors.accent;
    fill.setAlpha(colors.dark ? 90 : 60);
    QPainterPath medians;
    QVector<QPointF> greatest;
    qint64 reached = std::numeric_limits<qint64>::min();
    for (const LatencyView::Band &band : view.bands) {
        const double from = pixel(band.fromMs);
        const double to = pixel(band.toMs);
        if (!band.p50 || to < area.left() || from > area.right()) {
            reached = std::numeric_limits<qint64>::min();
            continue;
        }
        const double p50 = values->coordToPixel(*band.p50);
        if (band.p95) {
            const double p95 = values->coordToPixel(*band.p95);
            painter->fillRect(QRectF(from, p95, std::max(1.0, to - from), std::max(1.0, p50 - p95)), fill);
        }
        if (band.fromMs == reached)
            medians.lineTo(from, p50);
        else
            medians.moveTo(from, p50);
        medians.lineTo(std::max(to, from + 1), p50);
        reached = band.toMs;
        if (band.most)
            greatest.append({(from + to) / 2, std::max(values->coordToPixel(*band.most), double(area.top()) + 2)});
    }
    painter->setBrush(Qt::NoBrush);
    painter->setPen(QPen(colors.accent, 1.6));
    painter->drawPath(medians);
    painter->setPen(Qt::NoPen);
    painter->setBrush(colors.faded);
    painter->setAntialiasing(true);
    for (const QPointF &dot : std::as_const(greatest))
        painter->drawEllipse(dot, 1.4, 1.4);
}

void LatencyPlot::Private::paintMarks(QCPPainter *painter) const
{
    const ThemeColors &colors = themeColors(q->palette());
    const QRect area = plot->axisRect()->rect();
    double free = area.left();
    for (const HistoryMark &mark : view.marks) {
        const double at = pixel(mark.timeMs);
        if (at < area.left() || at > area.right())
            continue;
        painter->setPen(
            QPen(colors.action, 1.2, mark.kind == QLatin1StringView("deploy") ? Qt::SolidLine : Qt::DashLine));
        painter->drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
        QRectF words(QPointF(), painter->fontMetrics().boundingRect(mark.text).size() + QSizeF(6, 2));
        words.moveTopLeft({at + 1, double(area.top())});
        if (words.right() > area.right())
            words.moveRight(at - 1);
        // Labels that would lie on each other are left to the tooltip.
        if (words.left() < free)
            continue;
        free = words.right() + 4;
        painter->fillRect(words, q->palette().color(QPalette::Base));
        painter->setPen(colors.action);
        painter->drawText(words, Qt::AlignCenter, mark.text);
    }
    if (view.limitMs > 0 && plot->yAxis->range().contains(view.limitMs)) {
        const double y = plot->yAxis->coordToPixel(view.limitMs);
        painter->setPen(QPen(colors.degraded, 1, Qt::DashLine));
        painter->drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    }
}

void LatencyPlot::Private::paintStrip(QCPPainter *painter) const
{
    const ThemeColors &colors = themeColors(q->palette());
    const QRect area = strip->rect();
    for (const LatencyView::Stretch &stretch : view.states) {
        const double from = std::max(pixel(stretch.fromMs), double(area.left()));
        const double to = std::min(pixel(stretch.toMs), double(area.right() + 1));
        if (to < from)
            continue;
        const Look look = lookOf(stretch.state, colors);
        // An outage of a minute in a month is seen all the same.
        const double width = std::max(to - from, stretch.state == MonitorState::Down ? 2.0 : 0.5);
        if (look.pattern == Qt::NoBrush) {
            painter->setPen(QPen(look.color, 1, Qt::DotLine));
            painter->drawLine(QPointF(from, area.bottom() - 1), QPointF(to, area.bottom() - 1));
            continue;
        }
        const double height = look.height * area.height();
        const QRectF rect(from, area.bottom() + 1 - height, width, height);
        painter->setPen(Qt::NoPen);
        if (look.pattern != Qt::SolidPattern) {
            QColor ground = look.color;
            ground.setAlpha(50);
            painter->fillRect(rect, ground);
        }
        painter->fillRect(rect, QBrush(look.color, look.pattern));
    }
}

/// -1: none near.
qsizetype LatencyPlot::Private::dotAt(const QPoint &place) const
{
    qsizetype nearest = -1;
    double distance = reachPixels * 2;
    for (qsizetype i = 0; i < view.dots.size(); ++i) {
        const double away = std::abs(pixel(view.dots[i].atMs) - place.x());
        if (away < distance) {
            distance = away;
            nearest = i;
        }
    }
    return nearest;
}

qsizetype LatencyPlot::Private::bandAt(const QPoint &place) const
{
    const auto at = qint64(plot->xAxis->pixelToCoord(place.x()) * 1000);
    for (qsizetype i = 0; i < view.bands.size(); ++i) {
        if (view.bands[i].fromMs <= at && at < view.bands[i].toMs)
            return i;
    }
    return -1;
}

bool LatencyPlot::Private::press(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        pressed = event->position().toPoint();
    return false;
}

bool LatencyPlot::Private::release(QMouseEvent *event)
{
    const QPoint place = event->position().toPoint();
    if (event->button() != Qt::LeftButton || (place - pressed).manhattanLength() >= dragPixels)
        return false;
    if (const qsizetype dot = dotAt(place); dot >= 0)
        Q_EMIT q->chosen(view.dots[dot].atMs, view.dots[dot].atMs + 1);
    else if (const qsizetype band = bandAt(place); band >= 0)
        Q_EMIT q->chosen(view.bands[band].fromMs, view.bands[band].toMs);
    return false;
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

const LatencyView &LatencyPlot::view() const
{
    return d->view;
}

bool LatencyPlot::isZoomed() const
{
    return d->zoomed;
}

std::pair<qint64, qint64> LatencyPlot::shownRange() const
{
    const QCPRange range = d->plot->xAxis->range();
    return {qint64(range.lower * 1000), qint64(range.upper * 1000)};
}

void LatencyPlot::setShownRange(qint64 fromMs, qint64 toMs)
{
    d->setRange(double(fromMs) / 1000, double(toMs) / 1000);
}

void LatencyPlot::showWhole()
{
    d->showWhole();
}

QPoint LatencyPlot::placeOf(qint64 atMs) const
{
    return {int(d->pixel(atMs)), d->plot->axisRect()->rect().center().y()};
}

QList<std::pair<qint64, qint64>> LatencyPlot::gaps() const
{
    QList<std::pair<qint64, qint64>> gaps;
    for (const LatencyView::Stretch &stretch : std::as_const(d->view.states)) {
        if (isGap(stretch))
            gaps.append({stretch.fromMs, stretch.toMs});
    }
    return gaps;
}

void LatencyPlot::show(const LatencyView &view, bool whole)
{
    const bool keep = d->zoomed && !whole;
    d->view = view;
    d->fillDots();
    d->colour();
    if (!keep) {
        d->setting = true;
        d->showWhole();
        d->setting = false;
    }
    d->noteZoom();
    d->scaleValues();
    d->setTicks();
    d->plot->replot(QCustomPlot::rpQueuedReplot);
}

QString LatencyPlot::tipAt(const QPoint &place) const
{
    QStringList lines;
    const auto at = qint64(d->plot->xAxis->pixelToCoord(place.x()) * 1000);
    for (const HistoryMark &mark : std::as_const(d->view.marks)) {
        if (std::abs(d->pixel(mark.timeMs) - place.x()) <= reachPixels)
            lines += QStringLiteral("%1 at %2").arg(mark.text, utcTime(mark.timeMs));
    }
    const bool inStrip = d->strip->rect().contains(place);
    if (const qsizetype i = d->dotAt(place); i >= 0 && !inStrip) {
        const LatencyView::Dot &dot = d->view.dots[i];
        lines += QStringLiteral("%1, %2 (%3)")
                     .arg(dot.ms ? latencyText(*dot.ms) : QStringLiteral("no answer"), localTime(dot.atMs, true),
                          utcTime(dot.atMs));
    } else if (const qsizetype b = d->bandAt(place); b >= 0 && !inStrip) {
        const LatencyView::Band &band = d->view.bands[b];
        const auto text = [](const std::optional<double> &ms) { return ms ? latencyText(*ms) : QStringLiteral("–"); };
        lines += QStringLiteral("p50 %1, p95 %2, max %3").arg(text(band.p50), text(band.p95), text(band.most));
        lines +=
            QStringLiteral("%1 probes, %2 failed, from %3").arg(band.count).arg(band.failed).arg(utcTime(band.fromMs));
    }
    for (const LatencyView::Stretch &stretch : std::as_const(d->view.states)) {
        if (stretch.fromMs <= at && at < stretch.toMs)
            lines += QStringLiteral("%1 for %2, from %3")
                         .arg(stretchText(stretch.state), ageText(double(stretch.toMs - stretch.fromMs)),
                              utcTime(stretch.fromMs));
    }
    return plainTip(lines.join(QLatin1Char('\n')));
}

void LatencyPlot::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange) {
        d->colour();
        d->plot->replot(QCustomPlot::rpQueuedReplot);
    }
    QWidget::changeEvent(event);
}

bool LatencyPlot::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != d->plot)
        return QWidget::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::MouseButtonPress:
        return d->press(static_cast<QMouseEvent *>(event));
    case QEvent::MouseButtonRelease:
        return d->release(static_cast<QMouseEvent *>(event));
    case QEvent::MouseButtonDblClick:
        d->showWhole();
        return true;
    case QEvent::ToolTip: {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), tipAt(help->pos()), d->plot);
        return true;
    }
    default:
        return false;
    }
}

} // namespace Switchyard
