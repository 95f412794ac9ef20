// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/databaselegend.h"

#include "ui/common/format.h"

#include <QEvent>
#include <QPainter>

#include <iterator>

namespace Switchyard {

namespace {

constexpr int sampleWidth = 26;
constexpr int beside = 5;   ///< between a sample and its words
constexpr int between = 16; ///< between entries
constexpr int longestName = 180;
constexpr Qt::PenStyle dashes[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
constexpr const char *dashNames[] = {"solid", "dashed", "dotted", "dash-dotted"};
constexpr int dashCount = int(std::size(dashes));

QString said()
{
    return QStringLiteral("fill: connections in use");
}

QString ofLimit()
{
    return QStringLiteral("limit");
}

QString ofRefused()
{
    return QStringLiteral("✕ newcomer refused");
}

} // namespace

QPen databasePen(int place, const ThemeColors &colors)
{
    const QColor each[] = {colors.accent, colors.action, colors.faded};
    return QPen(each[place % int(std::size(each))], 1.6, dashes[place % dashCount], Qt::FlatCap);
}

QString databaseDash(int place)
{
    return QString::fromLatin1(dashNames[place % dashCount]);
}

DatabaseLegend::DatabaseLegend(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("databaseLegend"));
    // As wide as there is room: the height does not depend on it, and the window does not grow.
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    hide();
}

void DatabaseLegend::show(const QStringList &databases)
{
    m_databases = databases;
    setVisible(!databases.isEmpty());
    QStringList words;
    for (int i = 0; i < databases.size(); ++i)
        words.append(QStringLiteral("%1: %2 line").arg(databases[i], databaseDash(i)));
    setAccessibleName(QStringLiteral("Databases of the timeline"));
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    setToolTip(databases.isEmpty() ? QString() : plainTip(words.join(QLatin1Char('\n'))));
    layOut();
    update();
}

QRect DatabaseLegend::sampleRect(int place) const
{
    for (const Entry &entry : m_line.entries) {
        if (entry.place == place)
            return entry.sample;
    }
    return {};
}

QSize DatabaseLegend::sizeHint() const
{
    return {0, fontMetrics().height() + 4};
}

QSize DatabaseLegend::minimumSizeHint() const
{
    return sizeHint();
}

/// The names come first: what a fill is can be read in the tooltip of any event, too.
DatabaseLegend::Line DatabaseLegend::lineOf(const QStringList &databases, const QFontMetrics &metrics, QSize size)
{
    Line line;
    const int high = size.height();
    int x = 0;
    const auto words = [&](const QString &text) {
        const int wide = metrics.horizontalAdvance(text);
        line.entries.append({-1, text, {}, QRect(x, 0, wide, high)});
        x += wide + between;
    };
    const auto more = [&](qsizetype count) { return QStringLiteral("+ %1 more").arg(count); };
    words(QStringLiteral("Databases"));
    for (int i = 0; i < databases.size(); ++i) {
        const QString name = metrics.elidedText(databases[i], Qt::ElideMiddle, longestName);
        const int wide = sampleWidth + beside + metrics.horizontalAdvance(name);
        const qsizetype left = databases.size() - i - 1;
        const int rest = left > 0 ? between + metrics.horizontalAdvance(more(left)) : 0;
        if (i > 0 && x + wide + rest > size.width()) {
            words(more(left + 1));
            return line;
        }
        line.entries.append({i, name, QRect(x, 0, sampleWidth, high),
                             QRect(x + sampleWidth + beside, 0, wide - sampleWidth - beside, high)});
        x += wide + between;
    }
    const int tail = metrics.horizontalAdvance(said()) + metrics.horizontalAdvance(ofLimit()) +
                     metrics.horizontalAdvance(ofRefused()) + sampleWidth + beside + 2 * between;
    if (x + tail > size.width())
        return line;
    words(said());
    line.limit = QRect(x, 0, sampleWidth, high);
    x += sampleWidth + beside;
    words(ofLimit());
    words(ofRefused());
    return line;
}

void DatabaseLegend::paintLine(QPainter &painter, const Line &line, int height, const ThemeColors &colors)
{
    const double middle = height / 2.0;
    const int ascent = painter.fontMetrics().ascent();
    for (const Entry &entry : line.entries) {
        painter.setPen(entry.place < 0 ? colors.faded : colors.text);
        painter.drawText(entry.words, Qt::AlignVCenter | Qt::AlignLeft, entry.text);
        if (entry.place < 0)
            continue;
        const QPen pen = databasePen(entry.place, colors);
        QColor fill = pen.color();
        fill.setAlphaF(0.35F);
        painter.fillRect(QRectF(entry.sample.left(), middle, entry.sample.width(), ascent / 2.0), fill);
        painter.setPen(pen);
        painter.drawLine(QPointF(entry.sample.left(), middle), QPointF(entry.sample.right() + 1, middle));
    }
    if (!line.limit.isEmpty()) {
        painter.setPen(QPen(colors.down, 1.2, Qt::DashLine));
        painter.drawLine(QPointF(line.limit.left(), middle), QPointF(line.limit.right() + 1, middle));
    }
}

void DatabaseLegend::paintOn(QPainter &painter, const QRect &where, const QStringList &databases,
                             const QPalette &palette)
{
    painter.save();
    painter.translate(where.topLeft());
    paintLine(painter, lineOf(databases, painter.fontMetrics(), where.size()), where.height(), themeColors(palette));
    painter.restore();
}

void DatabaseLegend::layOut()
{
    m_line = lineOf(m_databases, fontMetrics(), size());
}

void DatabaseLegend::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintLine(painter, m_line, height(), themeColors(palette()));
}

void DatabaseLegend::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    layOut();
}

void DatabaseLegend::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        layOut();
    QWidget::changeEvent(event);
}

} // namespace Switchyard
