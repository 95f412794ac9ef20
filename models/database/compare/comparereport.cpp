// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/comparereport.h"

#include "models/common/files.h"
#include "models/common/onelinetext.h"
#include "models/common/redact.h"
#include "models/common/xmltext.h"

#include <QJsonDocument>
#include <QXmlStreamWriter>

#include <algorithm>
#include <functional>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// On one line, whatever a name holds.
QString line(const QString &text)
{
    return redact(onOneLine(text));
}

QString sideText(const CompareSide &side)
{
    QStringList words{side.name};
    if (side.target != side.name)
        words.append(side.target);
    if (!side.server.isEmpty())
        words.append(side.server);
    if (!side.user.isEmpty())
        words.append(s("as %1").arg(side.user));
    return line(words.join(s(", ")));
}

QString timeText(const QDateTime &time)
{
    return time.toUTC().toString(s("yyyy-MM-dd HH:mm:ss 'UTC'"));
}

QList<CompareRow> expectedRows(const CompareReport &report)
{
    QList<CompareRow> found;
    std::copy_if(report.rows.cbegin(), report.rows.cend(), std::back_inserter(found),
                 [](const CompareRow &row) { return row.expected && row.status != CompareStatus::Same; });
    return found;
}

QString valueText(const QString &value, const CompareRow &row, CompareStatus lacking)
{
    if (!value.isEmpty())
        return line(value);
    return row.status == lacking ? s("(not there)") : s("-");
}

QString objectText(const CompareRow &row)
{
    return row.object.isEmpty() ? s("(the database)") : line(row.object);
}

QString rowText(const CompareRow &row)
{
    QString text = s("  %1  %2  ").arg(row.kind, -17).arg(compareStatusName(row.status), -11);
    text += objectText(row);
    if (!row.source.isEmpty() || !row.target.isEmpty())
        text += s(": ") + valueText(row.source, row, CompareStatus::OnlyTarget) + s(" | ") +
                valueText(row.target, row, CompareStatus::OnlySource);
    text += u'\n';
    if (!row.reason.isEmpty())
        text += s("      ") + line(row.reason) +
                (row.moving ? s(" (the source was writing to it meanwhile)") : QString()) + u'\n';
    if (!row.hint.isEmpty())
        text += s("      → ") + line(row.hint) + u'\n';
    return text;
}

/// What a document is made of, in both languages.
struct Writer
{
    std::function<void(int level, const QString &)> heading;
    std::function<void(const QString &)> paragraph;
    std::function<void(const QStringList &)> list;
    std::function<void(const QStringList &header, const QList<QStringList> &rows)> table;
};

void rowsTable(const Writer &out, const QList<CompareRow> &rows)
{
    QList<QStringList> cells;
    for (const CompareRow &row : rows) {
        QString why = line(row.reason);
        if (row.moving)
            why += s(" (the source was writing to it meanwhile)");
        cells.append({row.kind, objectText(row), compareStatusName(row.status),
                      valueText(row.source, row, CompareStatus::OnlyTarget),
                      valueText(row.target, row, CompareStatus::OnlySource), why, line(row.hint)});
    }
    out.table({s("Kind"), s("Object"), s("Status"), s("Source"), s("Target"), s("Why"), s("What to do")}, cells);
}

void writeSides(const Writer &out, const CompareReport &report)
{
    QList<QStringList> sides;
    for (const auto &[name, side] : {std::pair(s("Source"), report.source), std::pair(s("Target"), report.target)}) {
        const QString moment = side.snapshotTaken ? timeText(*side.snapshotTaken) : s("-");
        QString activity = line(side.activity);
        if (!side.error.isEmpty())
            activity = line(side.error) + (side.hint.isEmpty() ? QString() : s(" → ") + line(side.hint));
        sides.append({name, sideText(side), line(side.host), moment, activity});
    }
    out.table({s("Side"), s("Database"), s("Host"), s("As it was at"), s("Meanwhile")}, sides);
    QStringList tables = report.source.writtenTables.mid(0, 20);
    if (!tables.isEmpty())
        out.paragraph(s("Written to on the source meanwhile: %1%2.")
                          .arg(line(tables.join(s(", "))),
                               report.source.writtenTables.size() > 20 ? s(" and others") : QString()));
}

void writeDocument(const Writer &out, const CompareReport &report)
{
    out.heading(1, s("Databases compared: %1").arg(compareVerdictName(report.verdict())));
    out.paragraph(line(report.reasons().join(s("; "))));
    out.paragraph(s("From %1 to %2, by switchyard-cli %3.")
                      .arg(timeText(report.started), timeText(report.ended), s(SWITCHYARD_VERSION)));
    writeSides(out, report);
    out.heading(2, s("What was compared"));
    QList<QStringList> totals;
    for (const CompareTotals &each : report.totals)
        totals.append({each.kind, QString::number(each.same), QString::number(each.different),
                       QString::number(each.onlySource), QString::number(each.onlyTarget),
                       QString::number(each.unknown), QString::number(each.expected)});
    out.table(
        {s("Kind"), s("Same"), s("Different"), s("Only source"), s("Only target"), s("Not measured"), s("Expected")},
        totals);
    const auto section = [&](const QString &title, const QList<CompareRow> &rows, const QString &none) {
        out.heading(2, s("%1 (%2)").arg(title).arg(rows.size()));
        if (rows.isEmpty())
            out.paragraph(none);
        else
            rowsTable(out, rows);
    };
    section(s("Differences"), report.differences(), s("None."));
    section(s("Not measured"), report.unknowns(), s("Everything that was asked for was measured."));
    section(s("Expected or accepted"), expectedRows(report), s("None."));
    out.heading(2, s("What this does not say"));
    QStringList notes;
    for (const QString &note : report.notes)
        notes.append(line(note));
    out.list(notes.isEmpty() ? QStringList{s("Nothing was compared.")} : notes);
    out.heading(2, s("Signed off"));
    out.table({s("Role"), s("Name"), s("Date"), s("Signature")},
              {{s("Operations"), {}, {}, {}}, {s("Owner of the data"), {}, {}, {}}});
}

QString markdownCell(QString text)
{
    // Names are of others: none may end the cell, or be taken for markup.
    text = line(text);
    QString escaped;
    for (const QChar c : std::as_const(text)) {
        if (s("\\`*_{}[]<>|#~!").contains(c))
            escaped += u'\\';
        escaped += c;
    }
    return escaped.isEmpty() ? s(" ") : escaped;
}

} // namespace

QString compareReportToText(const CompareReport &report, qsizetype most)
{
    QString text = s("source  %1\ntarget  %2\n").arg(sideText(report.source), sideText(report.target));
    for (const auto &[name, side] : {std::pair(s("source"), report.source), std::pair(s("target"), report.target)}) {
        if (!side.error.isEmpty())
            text += s("%1: %2\n").arg(name, line(side.error)) +
                    (side.hint.isEmpty() ? QString() : s("      → %1\n").arg(line(side.hint)));
    }
    if (!report.source.activity.isEmpty())
        text += s("source: %1\n").arg(line(report.source.activity));
    text += u'\n';
    for (const CompareTotals &each : report.totals) {
        QStringList words{s("%1 same").arg(each.same)};
        for (const auto &[number, name] :
             {std::pair(each.different, "different"), std::pair(each.onlySource, "only on the source"),
              std::pair(each.onlyTarget, "only on the target"), std::pair(each.unknown, "not measured"),
              std::pair(each.expected, "expected")}) {
            if (number > 0)
                words.append(s("%1 %2").arg(number).arg(s(name)));
        }
        text += s("  %1  %2\n").arg(each.kind, -17).arg(words.join(s(", ")));
    }
    const auto section = [&](const char *title, const QList<CompareRow> &rows) {
        if (rows.isEmpty())
            return;
        text += s("\n%1\n").arg(s(title));
        for (const CompareRow &row : rows.mid(0, most))
            text += rowText(row);
        if (rows.size() > most)
            text += s("  and %1 more: --report FILE.md, or --format json, has all\n").arg(rows.size() - most);
    };
    section("differences", report.differences());
    section("not measured", report.unknowns());
    section("expected or accepted", expectedRows(report));
    text += u'\n';
    for (const QString &note : report.notes)
        text += s("note: %1\n").arg(line(note));
    return text + s("%1: %2\n").arg(compareVerdictName(report.verdict()), line(report.reasons().join(s("; "))));
}

QString compareReportToMarkdown(const CompareReport &report)
{
    QString text;
    Writer out;
    out.heading = [&](int level, const QString &words) {
        text += QString(level, u'#') + u' ' + markdownCell(words) + s("\n\n");
    };
    out.paragraph = [&](const QString &words) { text += markdownCell(words) + s("\n\n"); };
    out.list = [&](const QStringList &items) {
        for (const QString &item : items)
            text += s("- ") + markdownCell(item) + u'\n';
        text += u'\n';
    };
    out.table = [&](const QStringList &header, const QList<QStringList> &rows) {
        const auto row = [&](const QStringList &cells) {
            text += u'|';
            for (const QString &cell : cells)
                text += u' ' + markdownCell(cell) + s(" |");
            text += u'\n';
        };
        row(header);
        text += u'|' + s("---|").repeated(header.size()) + u'\n';
        for (const QStringList &cells : rows)
            row(cells);
        text += u'\n';
    };
    writeDocument(out, report);
    return text;
}

QString compareReportToHtml(const CompareReport &report)
{
    QString body;
    Writer out;
    out.heading = [&](int level, const QString &words) {
        body += s("<h%1>%2</h%1>\n").arg(QString::number(level), words.toHtmlEscaped());
    };
    out.paragraph = [&](const QString &words) { body += s("<p>%1</p>\n").arg(words.toHtmlEscaped()); };
    out.list = [&](const QStringList &items) {
        body += s("<ul>\n");
        for (const QString &item : items)
            body += s("<li>%1</li>\n").arg(item.toHtmlEscaped());
        body += s("</ul>\n");
    };
    out.table = [&](const QStringList &header, const QList<QStringList> &rows) {
        const auto row = [&](const QStringList &cells, const QString &tag) {
            body += s("<tr>");
            for (const QString &cell : cells)
                body += u'<' + tag + u'>' + cell.toHtmlEscaped() + s("</") + tag + u'>';
            body += s("</tr>\n");
        };
        body += s("<table>\n");
        row(header, s("th"));
        for (const QStringList &cells : rows)
            row(cells, s("td"));
        body += s("</table>\n");
    };
    writeDocument(out, report);
    return s("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
             "<title>Databases compared</title>\n<style>\nbody{font:15px/1.5 sans-serif;margin:2em;color:#1c1f24;"
             "background:#fff}table{border-collapse:collapse;margin:1em 0}th,td{border:1px solid #9aa3ad;padding:.3em "
             ".6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eef1f4}\n</style>\n</"
             "head>\n"
             "<body>\n") +
           body + s("</body>\n</html>\n");
}

QByteArray compareReportToJunit(const CompareReport &report)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    xml.setAutoFormatting(true);
    xml.writeStartDocument();
    xml.writeStartElement(s("testsuites"));
    xml.writeStartElement(s("testsuite"));
    const auto told = [&](const QString &kind, bool unknown) {
        QStringList lines;
        for (const CompareRow &row : report.rows) {
            if (row.kind == kind && !row.expected &&
                (unknown ? row.status == CompareStatus::Unknown : row.isDifference()))
                lines.append(s("%1 %2: %3").arg(compareStatusName(row.status), objectText(row), line(row.reason)));
        }
        return lines;
    };
    int failures = 0;
    int errors = 0;
    for (const CompareTotals &each : report.totals) {
        failures += each.different + each.onlySource + each.onlyTarget > 0 ? 1 : 0;
        errors += each.different + each.onlySource + each.onlyTarget == 0 && each.unknown > 0 ? 1 : 0;
    }
    const bool ended = report.cancelled || !report.source.error.isEmpty() || !report.target.error.isEmpty();
    xml.writeAttribute(
        s("name"), xmlText(s("switchyard.db-compare ") + line(report.source.name) + s(" ") + line(report.target.name)));
    xml.writeAttribute(s("tests"), QString::number(report.totals.size() + 1));
    xml.writeAttribute(s("failures"), QString::number(failures));
    xml.writeAttribute(s("errors"), QString::number(errors + (ended ? 1 : 0)));
    xml.writeAttribute(s("time"), QString::number(double(report.started.msecsTo(report.ended)) / 1000, 'f', 3));
    const auto testCase = [&](const QString &name, const char *element, const QStringList &lines) {
        xml.writeStartElement(s("testcase"));
        xml.writeAttribute(s("classname"), s("switchyard.db-compare"));
        xml.writeAttribute(s("name"), xmlText(name));
        if (element) {
            xml.writeStartElement(s(element));
            xml.writeAttribute(s("type"), s(element));
            xml.writeAttribute(s("message"), xmlText(s("%1: %2").arg(QString::number(lines.size()), lines.value(0))));
            xml.writeCharacters(xmlText(lines.mid(0, 500).join(u'\n')));
            xml.writeEndElement();
        }
        xml.writeEndElement();
    };
    testCase(s("both were compared to the end"), ended ? "error" : nullptr, report.reasons());
    for (const CompareTotals &each : report.totals) {
        const bool differs = each.different + each.onlySource + each.onlyTarget > 0;
        const bool unknown = !differs && each.unknown > 0;
        testCase(each.kind, differs ? "failure" : unknown ? "error" : nullptr, told(each.kind, unknown));
    }
    xml.writeEndElement();
    xml.writeEndElement();
    xml.writeEndDocument();
    return out;
}

bool isCompareReportFile(const QString &file)
{
    return file.endsWith(s(".md")) || file.endsWith(s(".html")) || file.endsWith(s(".json"));
}

Result<void> writeCompareReport(const CompareReport &report, const QString &file)
{
    if (!isCompareReportFile(file))
        return fail(ErrorKind::Usage, s("%1: a report ends in .md, .html or .json").arg(file));
    const QByteArray bytes = file.endsWith(s(".md"))     ? compareReportToMarkdown(report).toUtf8()
                             : file.endsWith(s(".html")) ? compareReportToHtml(report).toUtf8()
                                                         : QJsonDocument(compareReportToJson(report)).toJson();
    return writeFileAtomically(file, bytes);
}

} // namespace Switchyard
