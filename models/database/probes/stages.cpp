// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/stages.h"

#include <QJsonArray>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

template <typename T>
QJsonValue orNull(const std::optional<T> &value)
{
    return value ? QJsonValue(*value) : QJsonValue(QJsonValue::Null);
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

QJsonValue headroomToJson(const std::optional<DatabaseHeadroom> &headroom)
{
    if (!headroom)
        return QJsonValue::Null;
    return QJsonObject{{s("used"), orNull(headroom->used)},
                       {s("reserved"), orNull(headroom->reserved)},
                       {s("limit"), orNull(headroom->limit)},
                       {s("pooler"), orNull(headroom->pooler)},
                       {s("memory_bytes"), orNull(headroom->memoryBytes)},
                       {s("memory_limit_bytes"), orNull(headroom->memoryLimitBytes)},
                       {s("eviction_policy"), orNull(headroom->evictionPolicy)}};
}

QJsonValue privilegesToJson(const std::optional<QList<DatabasePrivilege>> &privileges)
{
    if (!privileges)
        return QJsonValue::Null;
    QJsonArray list;
    for (const DatabasePrivilege &each : *privileges)
        list.append(QJsonObject{{s("name"), each.name}, {s("excess"), each.excess}});
    return list;
}

/// What a database was migrated to, and what the repository has.
QJsonObject alembicToJson(const AlembicState &state)
{
    return {{s("table"), state.table.exists ? QJsonValue(state.table.schema) : QJsonValue(QJsonValue::Null)},
            {s("heads"), QJsonArray::fromStringList(state.table.versions)},
            {s("expected"), state.expected ? QJsonValue(QJsonArray::fromStringList(*state.expected)) : QJsonValue()},
            {s("agreement"), alembicAgreementName(state.agreement)},
            {s("missing"), state.missing},
            {s("words"), orNull(state.words)},
            {s("hint"), orNull(state.hint)}};
}

} // namespace

QString databaseStageName(DatabaseStage stage)
{
    static const QStringList names{s("lint"), s("dns"),   s("srv"),        s("tcp"),     s("tls"),
                                   s("auth"), s("query"), s("privileges"), s("headroom")};
    return names.value(int(stage));
}

QList<DatabaseStage> databaseStages()
{
    using enum DatabaseStage;
    return {Lint, Dns, Srv, Tcp, Tls, Auth, Query, Privileges, Headroom};
}

QString stageStatusName(StageStatus status)
{
    static const QStringList names{s("ok"), s("warn"), s("fail"), s("skipped"), s("not-reached")};
    return names.value(int(status));
}

bool DatabaseHeadroom::isEmpty() const
{
    return !used && !reserved && !limit && !pooler && !memoryBytes && !memoryLimitBytes && evictionPolicy.isEmpty();
}

const StageResult *DatabaseReport::failed() const
{
    const auto found = std::find_if(stages.cbegin(), stages.cend(),
                                    [](const StageResult &each) { return each.status == StageStatus::Fail; });
    return found == stages.cend() ? nullptr : &*found;
}

StageStatus DatabaseReport::status() const
{
    if (failed())
        return StageStatus::Fail;
    for (const StageStatus status : {StageStatus::Warn, StageStatus::Ok}) {
        if (std::any_of(stages.cbegin(), stages.cend(),
                        [status](const StageResult &each) { return each.status == status; }))
            return status;
    }
    return StageStatus::Skipped;
}

StageResult lintStage(const QList<Finding> &findings, std::optional<double> ms)
{
    StageResult result{DatabaseStage::Lint, StageStatus::Ok, ms, s("nothing found"), {}};
    const auto first = [&](Severity severity) {
        return std::find_if(findings.cbegin(), findings.cend(),
                            [severity](const Finding &each) { return each.severity == severity; });
    };
    for (const auto &[severity, status] :
         {std::pair(Severity::Error, StageStatus::Fail), std::pair(Severity::Warning, StageStatus::Warn),
          std::pair(Severity::Note, StageStatus::Ok)}) {
        const auto found = first(severity);
        if (found == findings.cend())
            continue;
        result.status = status;
        result.detail = found->message;
        result.hint = found->fix;
        break;
    }
    return result;
}

QJsonObject stageToJson(const StageResult &stage)
{
    return {{s("stage"), databaseStageName(stage.stage)},
            {s("status"), stageStatusName(stage.status)},
            {s("ms"), orNull(stage.ms)},
            {s("detail"), orNull(stage.detail)},
            {s("hint"), orNull(stage.hint)}};
}

QJsonObject findingToJson(const Finding &finding, const QList<LintRule> &rules)
{
    const auto rule =
        std::find_if(rules.cbegin(), rules.cend(), [&](const LintRule &each) { return each.id == finding.rule; });
    return {{s("file"), orNull(finding.place.file)},
            {s("line"), finding.place.line},
            {s("column"), finding.place.column},
            {s("rule"), finding.rule},
            {s("severity"), severityName(finding.severity)},
            {s("message"), finding.message},
            {s("fix"), finding.fix},
            {s("reason"), rule == rules.cend() ? QString() : rule->reason},
            {s("source"), rule == rules.cend() ? QString() : rule->source}};
}

QJsonObject databaseReportToJson(const DatabaseReport &report, const QList<LintRule> &rules)
{
    QJsonArray stages;
    for (const StageResult &stage : report.stages)
        stages.append(stageToJson(stage));
    QJsonArray findings;
    for (const Finding &finding : report.findings)
        findings.append(findingToJson(finding, rules));
    QJsonObject json{{s("backend"), orNull(report.backend)},
                     {s("name"), report.name},
                     {s("kind"), databaseKindName(report.kind)},
                     {s("target"), report.target},
                     {s("server"), orNull(report.server)},
                     {s("status"), stageStatusName(report.status())},
                     {s("cancelled"), report.cancelled},
                     {s("commands"), report.commands ? QJsonValue(*report.commands) : QJsonValue()},
                     {s("stages"), stages},
                     {s("findings"), findings},
                     {s("headroom"), headroomToJson(report.headroom)},
                     {s("privileges"), privilegesToJson(report.privileges)}};
    if (report.alembic)
        json.insert(s("alembic"), alembicToJson(*report.alembic));
    return json;
}

} // namespace Switchyard
