// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/onelinetext.h"
#include "models/common/xmltext.h"
#include "models/database/copy/copy.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QXmlStreamWriter>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr double second = 1000;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonValue textOrNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

QJsonObject endToJson(const CopyEnd &end)
{
    return {{s("name"), end.name},
            {s("target"), end.target},
            {s("server"), textOrNull(end.server)},
            {s("database"), textOrNull(end.database)},
            {s("user"), textOrNull(end.user)}};
}

QJsonObject stepToJson(const CopyStep &step)
{
    return {{s("stage"), copyStageName(step.stage)},
            {s("status"), stageStatusName(step.status)},
            {s("ms"), step.ms ? QJsonValue(*step.ms) : QJsonValue(QJsonValue::Null)},
            {s("detail"), textOrNull(step.detail)},
            {s("hint"), textOrNull(step.hint)}};
}

QJsonObject historyToJson(const CopyHistory &history)
{
    QJsonArray written;
    for (const CopyWrites &each : history.written)
        written.append(QJsonObject{{s("table"), each.table},
                                   {s("inserted"), each.inserted},
                                   {s("updated"), each.updated},
                                   {s("deleted"), each.deleted}});
    return {{s("last"),
             history.last ? QJsonValue(history.last->toString(Qt::ISODateWithMs)) : QJsonValue(QJsonValue::Null)},
            {s("written"), history.known ? QJsonValue(written) : QJsonValue(QJsonValue::Null)},
            {s("unknown_because"), textOrNull(history.unknownBecause)}};
}

/// What makes words of a database a table or a link in Markdown.
QString inMarkdown(const QString &text)
{
    QString safe;
    for (const QChar c : onOneLine(text)) {
        if (s("\\`*_{}[]<>()#|!").contains(c))
            safe += u'\\';
        safe += c;
    }
    return safe;
}

QString verdictText(const CopyReport &report)
{
    QString text = report.planOnly ? s("plan, ") : QString();
    text += copyVerdictName(report.verdict());
    if (report.cancelled)
        text += s(", cancelled");
    return text;
}

struct Section
{
    const char *title;
    QStringList lines;
};

QList<Section> sectionsOf(const CopyReport &report)
{
    QStringList written;
    for (const CopyWrites &each : report.history.written)
        written.append(s("%1: %2 inserted, %3 updated, %4 deleted")
                           .arg(each.table)
                           .arg(each.inserted)
                           .arg(each.updated)
                           .arg(each.deleted));
    QStringList reasons;
    if (report.comparison)
        reasons = report.comparison->reasons();
    QList<Section> sections{{report.planOnly ? "Would be deleted at the target" : "Deleted at the target",
                             report.planOnly ? report.willDelete : report.deleted},
                            {"Stays at the target", report.stays},
                            {"Without rows, as asked", report.withoutRows},
                            {"Left out", report.leftOut},
                            {"Written to the source since the last copy", written},
                            {"Written to the source meanwhile", report.writtenMeanwhile},
                            {"To freeze writes", report.freeze},
                            {"Compared", reasons}};
    sections.removeIf([](const Section &each) { return each.lines.isEmpty(); });
    return sections;
}

QString endText(const CopyEnd &end)
{
    return end.server.isEmpty() ? end.target : s("%1, %2, as %3").arg(end.target, end.server, end.user);
}

QString msText(const CopyStep &step)
{
    return step.ms ? s("%1 ms").arg(*step.ms, 0, 'f', 1) : s("–");
}

} // namespace

QJsonObject copyReportToJson(const CopyReport &report)
{
    QJsonArray steps;
    for (const CopyStep &each : report.steps)
        steps.append(stepToJson(each));
    const auto list = [](const QStringList &texts) { return QJsonArray::fromStringList(texts); };
    return {{s("schema"), s("switchyard.db-copy/1")},
            {s("verdict"), copyVerdictName(report.verdict())},
            {s("plan"), report.planOnly},
            {s("cancelled"), report.cancelled},
            {s("source"), endToJson(report.source)},
            {s("target"), endToJson(report.target)},
            {s("started"), report.started.toString(Qt::ISODateWithMs)},
            {s("ended"), report.ended.toString(Qt::ISODateWithMs)},
            {s("programs"), textOrNull(report.programs)},
            {s("stages"), steps},
            {s("tables"), report.tables},
            {s("source_bytes"), report.sourceBytes},
            {s("dump_bytes"), report.dumpBytes},
            {s("dump_seconds"), report.dumpSeconds},
            {s("file"), textOrNull(report.file)},
            {s("target_changed"), report.targetChanged},
            {s("will_delete"), list(report.willDelete)},
            {s("deleted"), list(report.deleted)},
            {s("stays"), list(report.stays)},
            {s("without_rows"), list(report.withoutRows)},
            {s("left_out"), list(report.leftOut)},
            {s("freeze"), list(report.freeze)},
            {s("history"), historyToJson(report.history)},
            {s("written_meanwhile"), list(report.writtenMeanwhile)},
            {s("comparison"),
             report.comparison ? QJsonValue(compareReportToJson(*report.comparison)) : QJsonValue(QJsonValue::Null)}};
}

QByteArray copyReportToMarkdown(const CopyReport &report)
{
    QString text = s("# Copy of a database: %1\n\n").arg(verdictText(report));
    text += s("- source: %1\n- target: %2\n- %3 to %4\n")
                .arg(inMarkdown(endText(report.source)), inMarkdown(endText(report.target)),
                     report.started.toString(Qt::ISODate), report.ended.toString(Qt::ISODate));
    if (!report.programs.isEmpty())
        text += s("- by %1\n").arg(inMarkdown(report.programs));
    text += s("\n| stage | status | time | detail | hint |\n|---|---|---|---|---|\n");
    for (const CopyStep &each : report.steps)
        text += s("| %1 | %2 | %3 | %4 | %5 |\n")
                    .arg(copyStageName(each.stage), stageStatusName(each.status), msText(each), inMarkdown(each.detail),
                         inMarkdown(each.hint));
    for (const Section &each : sectionsOf(report)) {
        text += s("\n## %1\n\n").arg(s(each.title));
        for (const QString &line : each.lines)
            text += s("- %1\n").arg(inMarkdown(line));
    }
    return text.toUtf8();
}

QByteArray copyReportToHtml(const CopyReport &report)
{
    const auto safe = [](const QString &text) { return xmlText(text).toHtmlEscaped(); };
    QString text =
        s("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Copy of a database</title>"
          "<style>body{font:16px sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}"
          "td,th{border:1px solid #888;padding:.3em .6em;text-align:left;vertical-align:top}"
          ".fail{font-weight:bold}</style></head><body>\n");
    text += s("<h1>Copy of a database: %1</h1>\n<p>source: %2<br>target: %3<br>%4 to %5</p>\n<table><tr><th>stage</th>"
              "<th>status</th><th>time</th><th>detail</th><th>hint</th></tr>\n")
                .arg(safe(verdictText(report)), safe(endText(report.source)), safe(endText(report.target)),
                     report.started.toString(Qt::ISODate), report.ended.toString(Qt::ISODate));
    for (const CopyStep &each : report.steps)
        text += s("<tr class=\"%2\"><td>%1</td><td>%2</td><td>%3</td><td>%4</td><td>%5</td></tr>\n")
                    .arg(copyStageName(each.stage), stageStatusName(each.status), msText(each), safe(each.detail),
                         safe(each.hint));
    text += s("</table>\n");
    for (const Section &each : sectionsOf(report)) {
        text += s("<h2>%1</h2>\n<ul>\n").arg(s(each.title));
        for (const QString &line : each.lines)
            text += s("<li>%1</li>\n").arg(safe(line));
        text += s("</ul>\n");
    }
    return (text + s("</body></html>\n")).toUtf8();
}

QByteArray copyReportForFile(const CopyReport &report, const QString &file)
{
    if (file.endsWith(QLatin1StringView(".html"), Qt::CaseInsensitive))
        return copyReportToHtml(report);
    if (file.endsWith(QLatin1StringView(".json"), Qt::CaseInsensitive))
        return QJsonDocument(copyReportToJson(report)).toJson();
    return copyReportToMarkdown(report);
}

QByteArray copyReportToJunit(const CopyReport &report)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    xml.setAutoFormatting(true);
    xml.writeStartDocument();
    const auto count = [&](const auto &test) {
        return QString::number(std::count_if(report.steps.cbegin(), report.steps.cend(), test));
    };
    const auto isOpen = [&](const CopyStep &each) {
        return each.status == StageStatus::NotReached && report.cancelled && !each.detail.isEmpty();
    };
    double total = 0;
    for (const CopyStep &each : report.steps)
        total += each.ms.value_or(0);
    xml.writeStartElement(s("testsuites"));
    xml.writeStartElement(s("testsuite"));
    xml.writeAttribute(s("name"), xmlText(s("switchyard.db-copy ") + report.source.name));
    xml.writeAttribute(s("tests"), QString::number(report.steps.size()));
    xml.writeAttribute(s("failures"), count([](const auto &each) { return each.status == StageStatus::Fail; }));
    xml.writeAttribute(s("errors"), count(isOpen));
    xml.writeAttribute(s("skipped"), count([&](const auto &each) {
                           return !isOpen(each) &&
                                  (each.status == StageStatus::Skipped || each.status == StageStatus::NotReached);
                       }));
    xml.writeAttribute(s("time"), QString::number(total / second, 'f', 3));
    for (const CopyStep &each : report.steps) {
        xml.writeStartElement(s("testcase"));
        xml.writeAttribute(s("classname"), s("switchyard.db-copy"));
        xml.writeAttribute(s("name"), copyStageName(each.stage));
        xml.writeAttribute(s("time"), QString::number(each.ms.value_or(0) / second, 'f', 6));
        const char *element = each.status == StageStatus::Fail ? "failure"
                              : isOpen(each)                   ? "error"
                              : each.status == StageStatus::Skipped || each.status == StageStatus::NotReached
                                  ? "skipped"
                                  : nullptr;
        if (element) {
            xml.writeStartElement(s(element));
            xml.writeAttribute(s("message"),
                               xmlText(each.detail.isEmpty() ? stageStatusName(each.status) : each.detail));
            xml.writeCharacters(xmlText(each.hint));
            xml.writeEndElement();
        } else if (each.status == StageStatus::Warn) {
            xml.writeTextElement(s("system-out"), xmlText(s("warn: ") + each.detail));
        }
        xml.writeEndElement();
    }
    xml.writeEndElement();
    xml.writeEndElement();
    xml.writeEndDocument();
    return out;
}

} // namespace Switchyard
