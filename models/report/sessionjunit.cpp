// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/report/sessionreport.h"

#include "models/common/duration.h"

#include <QDateTime>
#include <QXmlStreamWriter>

namespace Switchyard {

namespace {

/// XML 1.0 has no place for most control characters, and a close reason may hold any.
QString clean(const QString &text)
{
    QString out;
    for (const QChar c : text) {
        const bool control = c < QLatin1Char(' ') && c != QLatin1Char('\n') && c != QLatin1Char('\t');
        out += control || c == QChar(0xFFFE) || c == QChar(0xFFFF) ? QChar(QChar::ReplacementCharacter) : c;
    }
    return out;
}

enum class CaseResult
{
    Passed,
    Failure,
    Error,
    Skipped
};

CaseResult resultOf(const Gate &gate)
{
    if (gate.status == GateStatus::Pass)
        return CaseResult::Passed;
    if (gate.advisory || gate.status == GateStatus::NotApplicable)
        return CaseResult::Skipped;
    return gate.status == GateStatus::Fail ? CaseResult::Failure : CaseResult::Error;
}

void writeCase(QXmlStreamWriter &xml, const QString &suite, const Gate &gate)
{
    xml.writeStartElement(QStringLiteral("testcase"));
    xml.writeAttribute(QStringLiteral("classname"), suite);
    xml.writeAttribute(QStringLiteral("name"), gate.id);
    xml.writeAttribute(QStringLiteral("time"), QStringLiteral("0"));
    const CaseResult result = resultOf(gate);
    if (result == CaseResult::Skipped) {
        xml.writeEmptyElement(QStringLiteral("skipped"));
        xml.writeAttribute(
            QStringLiteral("message"),
            clean(gate.advisory ? QStringLiteral("advisory, %1: %2").arg(gateStatusName(gate.status), gate.measured)
                                : gate.measured));
    } else if (result != CaseResult::Passed) {
        const bool failure = result == CaseResult::Failure;
        xml.writeStartElement(failure ? QStringLiteral("failure") : QStringLiteral("error"));
        xml.writeAttribute(QStringLiteral("type"), failure ? QStringLiteral("gate") : QStringLiteral("inconclusive"));
        xml.writeAttribute(QStringLiteral("message"), clean(gate.measured));
        QStringList lines;
        if (!gate.threshold.isEmpty())
            lines.append(QStringLiteral("passes when: %1").arg(gate.threshold));
        if (!gate.advice.isEmpty())
            lines.append(gate.advice);
        if (!gate.snippet.isEmpty())
            lines.append(gate.snippet);
        xml.writeCharacters(clean(lines.join(QLatin1Char('\n'))));
        xml.writeEndElement();
    }
    xml.writeEndElement();
}

/// The verdict itself, so that a pipeline is never green where it is not a pass: an own-network failure, or half a
/// session of which every required gate has passed.
Gate verdictCase(const Verdict &verdict)
{
    Gate gate;
    gate.id = QStringLiteral("verdict");
    gate.status = verdict.outcome == Outcome::Pass   ? GateStatus::Pass
                  : verdict.outcome == Outcome::Fail ? GateStatus::Fail
                                                     : GateStatus::Unknown;
    gate.measured = QStringLiteral("%1: %2").arg(outcomeName(verdict.outcome), verdict.summary);
    return gate;
}

} // namespace

QByteArray sessionToJunit(const SessionRecord &record, const Verdict &verdict)
{
    const QString suite = QStringLiteral("switchyard.%1").arg(record.header.backend);
    QList<Gate> cases{verdictCase(verdict)};
    cases += verdict.gates;
    int counts[4] = {};
    for (const Gate &gate : cases)
        ++counts[int(resultOf(gate))];
    QByteArray out;
    QXmlStreamWriter xml(&out);
    xml.setAutoFormatting(true);
    xml.writeStartDocument();
    xml.writeStartElement(QStringLiteral("testsuites"));
    xml.writeStartElement(QStringLiteral("testsuite"));
    xml.writeAttribute(QStringLiteral("name"), clean(suite));
    xml.writeAttribute(QStringLiteral("tests"), QString::number(cases.size()));
    xml.writeAttribute(QStringLiteral("failures"), QString::number(counts[int(CaseResult::Failure)]));
    xml.writeAttribute(QStringLiteral("errors"), QString::number(counts[int(CaseResult::Error)]));
    xml.writeAttribute(QStringLiteral("skipped"), QString::number(counts[int(CaseResult::Skipped)]));
    xml.writeAttribute(QStringLiteral("time"), QString::number(verdict.lastMs / 1000, 'f', 3));
    xml.writeAttribute(QStringLiteral("timestamp"),
                       QDateTime::fromMSecsSinceEpoch(record.header.startedWallMs, Qt::UTC).toString(Qt::ISODate));
    for (const Gate &gate : cases)
        writeCase(xml, clean(suite), gate);
    xml.writeStartElement(QStringLiteral("system-out"));
    xml.writeCharacters(clean(sessionToText(record, verdict, false)));
    xml.writeEndDocument();
    return out;
}

} // namespace Switchyard
