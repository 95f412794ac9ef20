// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/reportjunit.h"

#include "models/common/redact.h"
#include "models/common/xmltext.h"

#include <QXmlStreamWriter>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr double second = 1000;

void writeCase(QXmlStreamWriter &xml, const DatabaseReport &report, const StageResult &stage, bool cancelled)
{
    xml.writeStartElement(s("testcase"));
    xml.writeAttribute(s("classname"), xmlText(s("switchyard.db-probe.") + redact(report.name)));
    xml.writeAttribute(s("name"), databaseStageName(stage.stage));
    xml.writeAttribute(s("time"), QString::number(stage.ms.value_or(0) / second, 'f', 6));
    const char *element = nullptr;
    if (cancelled)
        element = "error";
    else if (stage.status == StageStatus::Fail)
        element = "failure";
    else if (stage.status == StageStatus::Skipped || stage.status == StageStatus::NotReached)
        element = "skipped";
    if (element) {
        xml.writeStartElement(s(element));
        if (s(element) != s("skipped"))
            xml.writeAttribute(s("type"), cancelled ? s("cancelled") : s("failure"));
        xml.writeAttribute(s("message"),
                           xmlText(stage.detail.isEmpty() ? stageStatusName(stage.status) : stage.detail));
        if (!stage.hint.isEmpty())
            xml.writeCharacters(xmlText(stage.hint));
        xml.writeEndElement();
    } else if (stage.status == StageStatus::Warn) {
        xml.writeTextElement(s("system-out"), xmlText(s("warn: ") + stage.detail));
    }
    xml.writeEndElement();
}

} // namespace

QByteArray databaseReportsToJunit(const QList<DatabaseReport> &reports)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    xml.setAutoFormatting(true);
    xml.writeStartDocument();
    xml.writeStartElement(s("testsuites"));
    for (const DatabaseReport &report : reports) {
        const auto count = [&](const auto &test) {
            return QString::number(std::count_if(report.stages.cbegin(), report.stages.cend(), test));
        };
        const auto wasCancelled = [&](const StageResult &stage) {
            return report.cancelled && stage.status == StageStatus::NotReached && !stage.detail.isEmpty();
        };
        double total = 0;
        for (const StageResult &stage : report.stages)
            total += stage.ms.value_or(0);
        xml.writeStartElement(s("testsuite"));
        xml.writeAttribute(s("name"), xmlText(s("switchyard.db-probe ") + redact(report.name)));
        xml.writeAttribute(s("tests"), QString::number(report.stages.size()));
        xml.writeAttribute(s("failures"), count([](const auto &each) { return each.status == StageStatus::Fail; }));
        xml.writeAttribute(s("errors"), count(wasCancelled));
        xml.writeAttribute(s("skipped"), count([&](const auto &each) {
                               return !wasCancelled(each) &&
                                      (each.status == StageStatus::Skipped || each.status == StageStatus::NotReached);
                           }));
        xml.writeAttribute(s("time"), QString::number(total / second, 'f', 3));
        for (const StageResult &stage : report.stages)
            writeCase(xml, report, stage, wasCancelled(stage));
        xml.writeEndElement();
    }
    xml.writeEndDocument();
    return out;
}

QByteArray databaseLintsToJunit(const QList<DatabaseReport> &reports)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    xml.setAutoFormatting(true);
    xml.writeStartDocument();
    xml.writeStartElement(s("testsuites"));
    for (const DatabaseReport &report : reports) {
        const auto fails = [](const Finding &finding) { return finding.severity != Severity::Note; };
        const QString name = redact(report.name.isEmpty() ? report.target : report.name);
        xml.writeStartElement(s("testsuite"));
        xml.writeAttribute(s("name"), xmlText(s("switchyard.db-lint ") + name));
        xml.writeAttribute(s("tests"), QString::number(std::max<qsizetype>(report.findings.size(), 1)));
        xml.writeAttribute(s("failures"),
                           QString::number(std::count_if(report.findings.cbegin(), report.findings.cend(), fails)));
        const auto begin = [&](const QString &test) {
            xml.writeStartElement(s("testcase"));
            xml.writeAttribute(s("classname"), xmlText(s("switchyard.db-lint.") + name));
            xml.writeAttribute(s("name"), test);
        };
        if (report.findings.isEmpty()) {
            begin(s("lint"));
            xml.writeEndElement();
        }
        for (const Finding &finding : report.findings) {
            begin(finding.rule);
            if (fails(finding)) {
                xml.writeStartElement(s("failure"));
                xml.writeAttribute(s("type"), severityName(finding.severity));
                xml.writeAttribute(s("message"), xmlText(finding.message));
                xml.writeCharacters(xmlText(finding.fix));
                xml.writeEndElement();
            } else {
                xml.writeTextElement(s("system-out"), xmlText(s("note: ") + finding.message));
            }
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }
    xml.writeEndDocument();
    return out;
}

} // namespace Switchyard
