// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/migrations/migrationcheck.h"

#include <QJsonArray>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonValue textOrNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

QJsonValue listOrNull(const std::optional<QStringList> &list)
{
    return list ? QJsonValue(QJsonArray::fromStringList(*list)) : QJsonValue(QJsonValue::Null);
}

QJsonArray changesToJson(const QList<SchemaChange> &changes)
{
    QJsonArray all;
    for (const SchemaChange &change : changes)
        all.append(QJsonObject{{s("kind"), schemaChangeName(change.kind)},
                               {s("object"), change.object},
                               {s("counts"), change.counts()},
                               {s("lines"), QJsonArray::fromStringList(change.lines)}});
    return all;
}

QJsonObject roundToJson(const MigrationRound &round)
{
    QJsonArray steps;
    for (const MigrationStep &step : round.steps)
        steps.append(QJsonObject{{s("stage"), migrationStageName(step.stage)},
                                 {s("status"), stageStatusName(step.status)},
                                 {s("ms"), step.ms ? QJsonValue(*step.ms) : QJsonValue(QJsonValue::Null)},
                                 {s("detail"), textOrNull(step.detail)},
                                 {s("hint"), textOrNull(step.hint)}});
    return {{s("from"), round.fromEmpty ? s("empty") : s("source")},
            {s("database"), textOrNull(round.database)},
            {s("stages"), steps},
            {s("versions"), QJsonObject{{s("before"), listOrNull(round.before)},
                                        {s("first"), listOrNull(round.first)},
                                        {s("second"), listOrNull(round.second)}}},
            {s("changes"), changesToJson(round.changes)},
            {s("left"), changesToJson(round.left)},
            {s("output"), QJsonArray::fromStringList(round.output)}};
}

QString changesToText(const char *title, const QList<SchemaChange> &changes)
{
    if (changes.isEmpty())
        return {};
    constexpr qsizetype most = 20;
    QString text = s("  %1:\n").arg(s(title));
    for (const SchemaChange &change : changes.first(std::min(most, changes.size()))) {
        text += s("    %1 %2\n").arg(schemaChangeName(change.kind), -8).arg(change.object);
        for (const QString &line : change.lines)
            text += s("        %1\n").arg(line);
    }
    if (changes.size() > most)
        text += s("    and %1 more\n").arg(changes.size() - most);
    return text;
}

const MigrationStep *stepOf(const MigrationRound &round, MigrationStage stage)
{
    const auto found = std::find_if(round.steps.cbegin(), round.steps.cend(),
                                    [stage](const MigrationStep &step) { return step.stage == stage; });
    return found == round.steps.cend() ? nullptr : &*found;
}

} // namespace

QString migrationStageName(MigrationStage stage)
{
    switch (stage) {
    case MigrationStage::Source:
        return s("source");
    case MigrationStage::Scratch:
        return s("scratch");
    case MigrationStage::Fill:
        return s("fill");
    case MigrationStage::First:
        return s("first");
    case MigrationStage::Second:
        return s("second");
    case MigrationStage::Changes:
        return s("changes");
    case MigrationStage::Drop:
        break;
    }
    return s("drop");
}

QList<MigrationStage> migrationStages()
{
    return {MigrationStage::Source, MigrationStage::Scratch, MigrationStage::Fill, MigrationStage::First,
            MigrationStage::Second, MigrationStage::Changes, MigrationStage::Drop};
}

QString migrationVerdictName(MigrationVerdict verdict)
{
    switch (verdict) {
    case MigrationVerdict::Pass:
        return s("pass");
    case MigrationVerdict::Fail:
        return s("fail");
    case MigrationVerdict::Inconclusive:
        break;
    }
    return s("inconclusive");
}

MigrationVerdict MigrationReport::verdict() const
{
    bool whole = !rounds.isEmpty() && !cancelled;
    for (const MigrationRound &round : rounds) {
        for (const MigrationStage stage :
             {MigrationStage::First, MigrationStage::Second, MigrationStage::Changes, MigrationStage::Drop}) {
            const MigrationStep *step = stepOf(round, stage);
            if (step && step->status == StageStatus::Fail)
                return MigrationVerdict::Fail;
        }
        const MigrationStep *changes = stepOf(round, MigrationStage::Changes);
        whole = whole && changes && changes->status == StageStatus::Ok;
    }
    return whole ? MigrationVerdict::Pass : MigrationVerdict::Inconclusive;
}

QJsonObject migrationReportToJson(const MigrationReport &report)
{
    QJsonArray rounds;
    for (const MigrationRound &round : report.rounds)
        rounds.append(roundToJson(round));
    return {{s("schema"), s("switchyard.db-migrations/1")},
            {s("verdict"), migrationVerdictName(report.verdict())},
            {s("cancelled"), report.cancelled},
            {s("source"), textOrNull(report.source)},
            {s("scratch"), report.scratch},
            {s("command"), QJsonArray::fromStringList(report.command)},
            {s("expected"), listOrNull(report.expected)},
            {s("rounds"), rounds}};
}

QString migrationReportToText(const MigrationReport &report)
{
    QString text = s("migrations of %1  %2%3\n")
                       .arg(report.source.isEmpty() ? s("an empty database") : report.source,
                            migrationVerdictName(report.verdict()), report.cancelled ? s(", cancelled") : QString());
    for (const MigrationRound &round : report.rounds) {
        text += s("%1, twice: %2\n")
                    .arg(round.fromEmpty ? s("from an empty database") : s("from the source's schema"),
                         report.command.join(u' '));
        for (const MigrationStep &step : round.steps) {
            QString line = s("  %1 %2 ").arg(migrationStageName(step.stage), -8).arg(stageStatusName(step.status), -11);
            line += step.ms ? s("%1 ms").arg(*step.ms, 9, 'f', 1) : QString(12, u' ');
            line += s("  ") + step.detail;
            while (line.endsWith(u' '))
                line.chop(1);
            text += line + u'\n';
            if (!step.hint.isEmpty())
                text += s("      → %1\n").arg(step.hint);
        }
        text += changesToText("changed by the second run", round.changes);
        text += changesToText("left by the run that failed", round.left);
        if (!round.output.isEmpty())
            text += s("  last lines of its output:\n");
        for (const QString &line : round.output)
            text += s("    %1\n").arg(line);
    }
    return text;
}

} // namespace Switchyard
