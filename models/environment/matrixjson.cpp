// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/matrixjson.h"

#include "models/common/redact.h"

#include <QJsonArray>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonArray placesJson(const QList<Place> &places)
{
    QJsonArray list;
    for (const Place &place : places)
        list.append(place.toString());
    return list;
}

QJsonValue valueJson(const std::optional<QString> &value, bool secret, bool reveal)
{
    if (!value)
        return {};
    if (reveal)
        return *value;
    return secret ? maskedValue(*value) : redact(*value);
}

QJsonArray notesJson(const QList<VariableNote> &notes)
{
    QJsonArray list;
    for (const VariableNote &note : notes)
        list.append(QJsonObject{{s("id"), note.id},
                                {s("severity"), variableWeightName(note.weight)},
                                {s("message"), note.message},
                                {s("hint"), note.hint},
                                {s("place"), note.place.toString()}});
    return list;
}

QJsonArray usesJson(const QList<VariableUse> &uses)
{
    QJsonArray list;
    for (const VariableUse &use : uses) {
        // The column is for editors; the contract has file and line.
        list.append(use.place.line > 0 ? s("%1:%2").arg(use.place.file).arg(use.place.line) : use.place.file);
    }
    return list;
}

QJsonObject rowJson(const VariableRow &row, bool reveal)
{
    return {{s("name"), row.name},
            {s("component"), row.component},
            {s("class"), variableClassName(row.way)},
            {s("secret"), row.secret},
            {s("scope"), variableScopeName(row.scope)},
            {s("source"), valueJson(row.source.value, row.secret, reveal)},
            {s("source_stated"), row.source.stated},
            {s("source_note"), row.source.said},
            {s("source_from"), placesJson(row.source.places)},
            {s("target"), valueJson(row.target.value, row.secret, reveal)},
            {s("target_stated"), row.target.stated},
            {s("target_note"), row.target.said},
            {s("target_from"), placesJson(row.target.places)},
            {s("wanted"), valueJson(row.wanted, row.secret, reveal)},
            {s("status"), variableStatusName(row.status)},
            {s("needs_action"), row.needsAction()},
            {s("action"), row.action},
            {s("reason"), row.reason},
            {s("used_by"), usesJson(row.usedBy)},
            {s("notes"), notesJson(row.notes)}};
}

} // namespace

QJsonObject matrixToJson(const EnvironmentMatrix &matrix, bool reveal)
{
    QJsonArray rows;
    for (const VariableRow &row : matrix.rows)
        rows.append(rowJson(row, reveal));
    QJsonArray findings;
    for (const EnvFinding &each : matrix.findings)
        findings.append(QJsonObject{{s("file"), each.place.file},
                                    {s("line"), each.place.line},
                                    {s("column"), each.place.column},
                                    {s("kind"), envFindingKindName(each.kind)},
                                    {s("name"), each.name},
                                    {s("message"), each.message},
                                    {s("hint"), each.hint}});
    return {{s("schema"), s("switchyard.env-audit/1")},
            {s("from"), matrix.source},
            {s("to"), matrix.target},
            {s("needing_action"), matrix.needingAction()},
            {s("rows"), rows},
            {s("notes"), notesJson(matrix.notes)},
            {s("findings"), findings}};
}

QJsonObject driftToJson(const QString &first, const QString &second, const QList<DriftRow> &rows, bool reveal)
{
    QJsonArray list;
    for (const DriftRow &row : rows)
        list.append(QJsonObject{{s("name"), row.name},
                                {s("status"), driftStateName(row.state)},
                                {s("secret"), row.secret},
                                {s("first"), valueJson(row.first, row.secret, reveal)},
                                {s("first_note"), row.firstSaid},
                                {s("first_from"), placesJson(row.firstPlaces)},
                                {s("second"), valueJson(row.second, row.secret, reveal)},
                                {s("second_note"), row.secondSaid},
                                {s("second_from"), placesJson(row.secondPlaces)},
                                {s("reason"), row.reason}});
    return {{s("schema"), s("switchyard.env-diff/1")}, {s("first"), first}, {s("second"), second}, {s("rows"), list}};
}

} // namespace Switchyard
