// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/sessionpdf.h"

#include "models/common/files.h"
#include "models/report/sessionreport.h"
#include "ui/common/format.h"
#include "ui/common/theme.h"
#include "ui/redeploy/databaselegend.h"
#include "ui/redeploy/reconnectcurve.h"
#include "ui/redeploy/sessionrows.h"
#include "ui/redeploy/timelineplot.h"

#include <QBuffer>
#include <QDateTime>
#include <QPainter>
#include <QPdfWriter>

namespace Switchyard {

namespace {

constexpr int resolution = 96; ///< units of all measures below; the file itself is in vectors
constexpr int bodyPoints = 9;
constexpr int gap = 6;

QFont paperFont(double points, bool bold)
{
    QFont font(QStringLiteral("DejaVu Sans"));
    font.setPointSizeF(points);
    font.setBold(bold);
    // Any spacing of its own switches ligatures off: a reader who searches for "first" finds no "ﬁrst".
    font.setLetterSpacing(QFont::AbsoluteSpacing, 0.05);
    return font;
}

struct Column
{
    QString title;
    double share; ///< of the page's width
};

/// Writes from the top of a page to its end, and goes on on the next.
class Sheet
{
public:
    Sheet(QPdfWriter *writer, const QString &footer)
        : m_writer(writer)
        , m_painter(writer)
        , m_footer(footer)
        , m_width(writer->width())
        , m_height(writer->height())
        , m_colors(themeColors(lightPalette()))
    {
        setFont(bodyPoints);
    }
    ~Sheet() { finishPage(); }

    QPainter &painter() { return m_painter; }
    const ThemeColors &colors() const { return m_colors; }
    int width() const { return m_width; }
    int y() const { return m_y; }
    void skip(int pixels) { m_y += pixels; }

    void setFont(double points, bool bold = false) { m_painter.setFont(paperFont(points, bold)); }

    /// Makes sure that so much fits on what is left of this page.
    void need(int height)
    {
        if (m_y + height <= m_height - 28 || m_y == 0)
            return;
        finishPage();
        const QFont font = m_painter.font();
        m_writer->newPage();
        m_painter.setFont(font);
        m_y = 0;
    }

    int heightOf(const QString &text, int width) const
    {
        return m_painter.fontMetrics().boundingRect(0, 0, width, 100'000, flags, text).height();
    }

    void write(const QString &text, const QColor &color, int left = 0)
    {
        if (text.isEmpty())
            return;
        const int height = heightOf(text, m_width - left);
        need(height);
        m_painter.setPen(color);
        m_painter.drawText(QRect(left, m_y, m_width - left, height), flags, text);
        m_y += height + 2;
    }

    void heading(const QString &text)
    {
        m_y += m_y > 0 ? 12 : 0;
        setFont(11, true);
        // A heading does not stand alone at the end of a page.
        need(m_painter.fontMetrics().height() + 60);
        write(text, m_colors.text);
        setFont(bodyPoints);
        m_y += 2;
    }

    void row(const QStringList &cells, const QList<Column> &columns, const QList<QColor> &inks = {})
    {
        int height = 0, left = 0;
        QList<QRect> places;
        for (qsizetype i = 0; i < columns.size(); ++i) {
            const int cell = int(columns[i].share * m_width);
            places.append(QRect(left, 0, cell - gap, 0));
            height = std::max(height, heightOf(cells.value(i), cell - gap));
            left += cell;
        }
        need(height + 5);
        for (qsizetype i = 0; i < columns.size(); ++i) {
            m_painter.setPen(inks.value(i, m_colors.text));
            m_painter.drawText(QRect(places[i].left(), m_y, places[i].width(), height), flags, cells.value(i));
        }
        m_y += height + 3;
        m_painter.setPen(QPen(m_colors.line, 0.5));
        m_painter.drawLine(0, m_y, m_width, m_y);
        m_y += 2;
    }

    void tableHead(const QList<Column> &columns)
    {
        QStringList titles;
        QList<QColor> inks;
        for (const Column &column : columns) {
            titles.append(column.title);
            inks.append(m_colors.faded);
        }
        row(titles, columns, inks);
    }

private:
    static constexpr int flags = Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap;

    void finishPage()
    {
        const QFont font = m_painter.font();
        setFont(7.5);
        m_painter.setPen(m_colors.faded);
        const QRect foot(0, m_height - 16, m_width, 16);
        m_painter.drawText(foot, Qt::AlignLeft, m_footer);
        m_painter.drawText(foot, Qt::AlignRight, QStringLiteral("page %1").arg(++m_page));
        m_painter.setFont(font);
    }

    QPdfWriter *m_writer;
    QPainter m_painter;
    QString m_footer;
    int m_width, m_height;
    int m_y = 0;
    int m_page = 0;
    const ThemeColors &m_colors;
};

void writeHead(Sheet &sheet, const SessionRecord &record, const Verdict &verdict)
{
    const SessionHeader &header = record.header;
    const State state = outcomeState(verdict.outcome);
    sheet.setFont(17, true);
    sheet.write(QStringLiteral("%1 %2").arg(stateShape(state), outcomeName(verdict.outcome).toUpper()),
                sheet.colors().state(state));
    sheet.setFont(11);
    sheet.write(verdict.summary, sheet.colors().text);
    sheet.setFont(bodyPoints);
    sheet.skip(4);
    const QString what = header.rehearsal
                             ? QStringLiteral("Rehearsal of %1 on %2's sequence").arg(header.backend, header.platform)
                             : QStringLiteral("Redeploy of %1 on %2").arg(header.backend, header.platform);
    sheet.write(QStringLiteral("%1, driver %2, %3").arg(what, header.driver, header.url), sheet.colors().faded);
    sheet.write(
        QStringLiteral("%1 local, %2. Length %3. %4")
            .arg(QDateTime::fromMSecsSinceEpoch(header.startedWallMs).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")),
                 utcTime(header.startedWallMs), ageText(verdict.lastMs),
                 record.complete ? QStringLiteral("Complete.")
                                 : QStringLiteral("Partial: %1.")
                                       .arg(record.endReason.isEmpty() ? QStringLiteral("the journal has no end")
                                                                       : record.endReason)),
        sheet.colors().faded);
}

void drawTimeline(Sheet &sheet, const SessionRecord &record, const Verdict &verdict)
{
    sheet.heading(QStringLiteral("Timeline"));
    TimelinePlot plot;
    plot.setPalette(lightPalette());
    plot.setFont(paperFont(bodyPoints, false));
    plot.begin(record.header);
    plot.take(record.events);
    const QSize size(sheet.width(), plot.minimumHeight() + 30);
    plot.resize(size);
    plot.drawUntil(verdict.lastMs);
    const QStringList databases = plot.databaseNames();
    constexpr int legendHeight = 16;
    sheet.need(size.height() + 20 + (databases.isEmpty() ? 0 : legendHeight + 4));
    const ThemeColors &colors = sheet.colors();
    int left = 0;
    for (const auto &[name, color] : {std::pair(QStringLiteral("open"), colors.bandOpen),
                                      {QStringLiteral("told to leave"), colors.bandNotified},
                                      {QStringLiteral("connecting"), colors.bandConnecting},
                                      {QStringLiteral("lost"), colors.bandLost}}) {
        sheet.painter().fillRect(QRect(left, sheet.y() + 3, 9, 9), color);
        sheet.painter().setPen(colors.text);
        sheet.painter().drawText(left + 13, sheet.y() + 12, name);
        left += 30 + sheet.painter().fontMetrics().horizontalAdvance(name);
    }
    sheet.painter().setPen(colors.faded);
    sheet.painter().drawText(left, sheet.y() + 12, QStringLiteral("lanes: high is good; seconds since the start"));
    sheet.skip(18);
    if (!databases.isEmpty()) {
        DatabaseLegend::paintOn(sheet.painter(), QRect(0, sheet.y(), sheet.width(), legendHeight), databases,
                                lightPalette());
        sheet.skip(legendHeight + 4);
    }
    sheet.painter().save();
    sheet.painter().translate(0, sheet.y());
    sheet.painter().drawPicture(0, 0, plot.picture(size));
    sheet.painter().restore();
    sheet.skip(size.height());
}

void writeGates(Sheet &sheet, const Verdict &verdict)
{
    sheet.heading(QStringLiteral("Gates"));
    const QList<Column> columns{{QStringLiteral("Gate"), 0.16},
                                {QStringLiteral("Status"), 0.19},
                                {QStringLiteral("Measured"), 0.40},
                                {QStringLiteral("Threshold"), 0.25}};
    sheet.tableHead(columns);
    for (const Gate &gate : verdict.gates) {
        const State state = gateState(gate);
        sheet.row(
            {gate.id, QStringLiteral("%1 %2").arg(stateShape(state), gateWord(gate)), gate.measured, gate.threshold},
            columns, {sheet.colors().text, sheet.colors().state(state)});
    }
    for (const Gate &gate : verdict.gates) {
        if (gate.advice.isEmpty())
            continue;
        sheet.skip(4);
        sheet.write(QStringLiteral("%1: %2").arg(gate.id, gate.advice), sheet.colors().text);
        sheet.write(gate.snippet, sheet.colors().faded, 16);
    }
}

void writeCloses(Sheet &sheet, const Verdict &verdict)
{
    sheet.heading(QStringLiteral("How connections ended"));
    if (verdict.closes.isEmpty())
        return sheet.write(QStringLiteral("No open connection ended."), sheet.colors().text);
    const QList<Column> columns{{QStringLiteral("Socket"), 0.20},
                                {QStringLiteral("Close"), 0.44},
                                {QStringLiteral("Clients"), 0.14},
                                {QStringLiteral("Allowed"), 0.22}};
    sheet.tableHead(columns);
    for (const CloseCount &close : verdict.closes)
        sheet.row({close.socket, closeLabel(close), QString::number(close.count),
                   close.allowed ? QStringLiteral("● allowed") : QStringLiteral("■ not allowed")},
                  columns,
                  {sheet.colors().text, sheet.colors().text, sheet.colors().text,
                   close.allowed ? sheet.colors().up : sheet.colors().down});
}

void writeFigures(Sheet &sheet, const SessionRecord &record, const Verdict &verdict)
{
    sheet.heading(QStringLiteral("Figures"));
    const QList<Column> columns{{QStringLiteral("Figure"), 0.25}, {QStringLiteral("Value"), 0.75}};
    for (const auto &[name, value] : figureList(verdict))
        sheet.row({name, value}, columns, {sheet.colors().faded});
    if (verdict.insights.reconnects.isEmpty())
        return;
    constexpr int height = 120;
    sheet.need(height + 12);
    ReconnectCurve curve;
    curve.show(verdict.insights, record.header.startedWallMs);
    sheet.skip(8);
    curve.paintOn(sheet.painter(), QRect(0, sheet.y(), sheet.width(), height), lightPalette());
    sheet.skip(height);
}

void writeForecast(Sheet &sheet, const Verdict &verdict)
{
    if (verdict.insights.forecast.isEmpty())
        return;
    sheet.heading(QStringLiteral("Would client libraries come back?"));
    const QList<Column> columns{{QStringLiteral("Library"), 0.40}, {QStringLiteral("Forecast"), 0.60}};
    sheet.tableHead(columns);
    for (const ForecastRow &row : verdict.insights.forecast)
        sheet.row({row.library, forecastText(row)}, columns);
}

void writeNotes(Sheet &sheet, const Verdict &verdict)
{
    if (verdict.insights.notes.isEmpty())
        return;
    sheet.heading(QStringLiteral("Notes"));
    for (const SessionNote &note : verdict.insights.notes)
        sheet.write(QStringLiteral("▲ ") + note.text, sheet.colors().text);
}

} // namespace

Result<void> writeSessionPdf(const QString &path, const SessionRecord &record, const Verdict &verdict)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(resolution);
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF(16, 14, 16, 12), QPageLayout::Millimeter);
        writer.setTitle(QStringLiteral("Redeploy of %1: %2").arg(record.header.backend, outcomeName(verdict.outcome)));
        writer.setCreator(record.header.program);
        Sheet sheet(&writer, QStringLiteral("%1 · session %2").arg(record.header.program, record.header.id));
        writeHead(sheet, record, verdict);
        drawTimeline(sheet, record, verdict);
        writeGates(sheet, verdict);
        writeCloses(sheet, verdict);
        writeFigures(sheet, record, verdict);
        writeForecast(sheet, verdict);
        writeNotes(sheet, verdict);
    }
    return writeFileAtomically(path, bytes);
}

} // namespace Switchyard
