// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/manifestrows.h"

#include "models/common/redact.h"

#include <algorithm>

namespace Switchyard {

namespace {

State severityState(Severity severity)
{
    return severity == Severity::Error ? State::Down : severity == Severity::Warning ? State::Degraded : State::Unknown;
}

QString severityShape(Severity severity)
{
    return severity == Severity::Error     ? QStringLiteral("✕")
           : severity == Severity::Warning ? QStringLiteral("▲")
                                           : QStringLiteral("○");
}

MarkKind markKind(Severity severity)
{
    return severity == Severity::Error     ? MarkKind::Error
           : severity == Severity::Warning ? MarkKind::Warning
                                           : MarkKind::Note;
}

const LintRule *ruleNamed(const QString &id)
{
    static const QHash<QString, const LintRule *> rules = [] {
        QHash<QString, const LintRule *> byId;
        for (const LintRule &rule : lintRules())
            byId.insert(rule.id, &rule);
        return byId;
    }();
    return rules.value(id);
}

/// Message, what to write instead, the rule with its reason, and who says so.
QString tipOf(const ListedFinding &finding)
{
    QStringList parts{QStringLiteral("%1: %2").arg(severityName(finding.severity), finding.message)};
    if (!finding.fix.isEmpty())
        parts.append(QStringLiteral("→ %1").arg(finding.fix));
    if (const LintRule *rule = ruleNamed(finding.rule)) {
        parts.append(QStringLiteral("%1: %2").arg(rule->id, rule->reason));
        if (!rule->source.isEmpty())
            parts.append(rule->source);
    }
    return parts.join(QLatin1Char('\n'));
}

Cell textCell(const QString &text, const QString &tip = {})
{
    Cell cell;
    cell.text = text;
    cell.tip = tip;
    return cell;
}

Cell placeCell(const Place &place, const QString &label)
{
    Cell cell;
    cell.text = place.line > 0 ? QStringLiteral("%1:%2").arg(label).arg(place.line) : label;
    // By line as a number, within the file.
    cell.sort = QStringLiteral("%1:%2").arg(label).arg(place.line, 8, 10, QLatin1Char('0'));
    return cell;
}

Cell stateCell(const QString &word, State state, const QString &shape, int rank)
{
    Cell cell;
    cell.text = word;
    cell.sort = rank;
    cell.state = state;
    cell.shape = shape;
    return cell;
}

/// Keys need to be unique, and the same key can stand twice.
QString uniqueKey(QHash<QString, int> &taken, const QString &key)
{
    const int n = ++taken[key];
    return n == 1 ? key : key + QStringLiteral(" #%1").arg(n);
}

void prepareLoss(PreparedReading &prepared, const QHash<QString, QString> &labels)
{
    if (!prepared.reading.conversion)
        return;
    QHash<QString, int> taken;
    const QList<KeyFate> &loss = prepared.reading.conversion->loss;
    prepared.lossRows.reserve(loss.size());
    for (KeyFate fate : loss) {
        // The converter names no secret; should a reason ever quote one, it stops here.
        fate.reason = redact(fate.reason);
        fate.key = redact(fate.key);
        const QString label = labels.value(fate.place.file, fate.place.file);
        Row row;
        row.key = uniqueKey(taken, label + QLatin1Char('\n') + fate.key);
        row.cells = {stateCell(keyOutcomeName(fate.outcome), outcomeState(fate.outcome), outcomeShape(fate.outcome),
                               int(fate.outcome)),
                     textCell(fate.key, fate.key), textCell(fate.reason, fate.reason),
                     textCell(fate.target, fate.target), placeCell(fate.place, label)};
        ++prepared.outcomes[size_t(fate.outcome)];
        prepared.fates.insert(row.key, fate);
        prepared.lossRows.append(std::move(row));
    }
    const auto &files = prepared.reading.lossComments;
    for (auto file = files.cbegin(); file != files.cend(); ++file) {
        for (const LossComment &comment : file.value())
            prepared.targetMarks[file.key()].append(
                {comment.line, MarkKind::Loss,
                 QStringLiteral("Not carried over as it was:\n%1").arg(redact(comment.keys.join(QLatin1Char('\n'))))});
    }
}

void prepareFindings(PreparedReading &prepared, const QHash<QString, QString> &labels)
{
    QList<ListedFinding> all;
    const auto take = [&all](const Error &error, Severity severity) {
        all.append({error.place, severity, redact(error.message), error.hint, {}});
    };
    for (const Error &error : prepared.reading.problems)
        take(error, Severity::Error);
    if (prepared.reading.conversion) {
        for (const Error &error : prepared.reading.conversion->problems)
            take(error, Severity::Warning);
    }
    for (const Finding &finding : prepared.reading.findings)
        all.append({finding.place, finding.severity, redact(finding.message), redact(finding.fix), finding.rule});
    QHash<QString, int> taken;
    for (const ListedFinding &finding : std::as_const(all)) {
        const QString label = labels.value(finding.place.file, finding.place.file);
        const QString tip = tipOf(finding);
        Row row;
        row.key = uniqueKey(taken, label + QLatin1Char('\n') + finding.rule + QLatin1Char('\n') + finding.message);
        row.cells = {stateCell(severityName(finding.severity), severityState(finding.severity),
                               severityShape(finding.severity), int(finding.severity)),
                     placeCell(finding.place, label), textCell(finding.message, tip), textCell(finding.rule, tip)};
        prepared.marks[finding.place.file].append({std::max(1, finding.place.line), markKind(finding.severity), tip});
        ++prepared.severities[finding.place.file][size_t(finding.severity)];
        prepared.findings.insert(row.key, finding);
        prepared.findingRows.append(std::move(row));
    }
}

} // namespace

QStringList lossColumns()
{
    return {QStringLiteral("Outcome"), QStringLiteral("Key"), QStringLiteral("Reason"), QStringLiteral("Target"),
            QStringLiteral("Place")};
}

QStringList findingColumns()
{
    return {QStringLiteral("Severity"), QStringLiteral("Place"), QStringLiteral("Finding"), QStringLiteral("Rule")};
}

State outcomeState(KeyOutcome outcome)
{
    switch (outcome) {
    case KeyOutcome::Mapped:
        return State::Up;
    case KeyOutcome::Defaulted:
        return State::Unknown;
    case KeyOutcome::Rewritten:
        return State::Action;
    case KeyOutcome::NotTranslated:
        break;
    }
    return State::Down;
}

QString outcomeShape(KeyOutcome outcome)
{
    switch (outcome) {
    case KeyOutcome::Mapped:
        return QStringLiteral("✓");
    case KeyOutcome::Defaulted:
        return QStringLiteral("○");
    case KeyOutcome::Rewritten:
        return QStringLiteral("◆");
    case KeyOutcome::NotTranslated:
        break;
    }
    return QStringLiteral("✕");
}

PreparedReading prepareReading(DraftReading reading, ConvertTarget target, const QHash<QString, QString> &labels)
{
    PreparedReading prepared;
    prepared.reading = std::move(reading);
    prepared.target = target;
    prepareLoss(prepared, labels);
    prepareFindings(prepared, labels);
    return prepared;
}

} // namespace Switchyard
