// SPDX-License-Identifier: GPL-3.0-or-later
// Pools multiply: each process of each instance has one of its own.
#include "models/database/strings/poolsum.h"
#include "models/environment/variablejudge.h"

#include <QRegularExpression>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct PoolPart
{
    int value = 0;
    const VariableRow *row = nullptr;
    bool byDefault = false;
};

/// The variable that matches, with what it says: on the target, else on the source, else the code's default.
PoolPart partOf(const QList<VariableRow> &rows, const QRegularExpression &name)
{
    for (const VariableRow &row : rows) {
        if (!name.match(row.name).hasMatch())
            continue;
        bool number = false;
        for (const VariableState *state : {&row.target, &row.source}) {
            const int value = state->value ? state->value->trimmed().toInt(&number) : 0;
            if (number)
                return {value, &row, false};
        }
        for (const VariableUse &use : row.usedBy) {
            const int value = use.fallback && !use.fallbackComputed ? use.fallback->toInt(&number) : 0;
            if (number)
                return {value, &row, true};
        }
    }
    return {};
}

VariableNote noteOf(const char *id, VariableWeight weight, const QString &message, const QString &hint,
                    const PoolPart &part)
{
    Place place;
    if (part.row && !part.row->target.places.isEmpty())
        place = part.row->target.places.last();
    else if (part.row && !part.row->usedBy.isEmpty())
        place = part.row->usedBy.first().place;
    return {s(id), weight, message, hint, place};
}

/// The sum of all pools against what the database takes. In a deploy old and new processes are connected at once.
VariableNote poolNote(const MatrixSide &target, const QString &processes, int each, const QString &sum,
                      const PoolPart &size)
{
    if (target.processes == 0)
        return noteOf("pool-sum", VariableWeight::Note,
                      s("each process opens up to %1 connections (%2); how many processes there are is not known")
                          .arg(each)
                          .arg(sum),
                      s("processes × %1 must stay under what the database takes").arg(each), size);
    const int need = each * target.processes;
    const QString product = s("%1 × (%2) = %3 connections").arg(processes, sum).arg(need);
    if (target.databaseConnections == 0)
        return noteOf("pool-sum", VariableWeight::Note, s("%1; what the database takes is not known").arg(product),
                      s("during a deploy old and new processes are connected at once: twice that"), size);
    const QString limit = s("%1 takes %2").arg(target.databasePlan).arg(target.databaseConnections);
    const QString advice = s("make the pools smaller, or use a pooler");
    const PoolFit fit = poolFit(need, target.databaseConnections);
    if (fit == PoolFit::TooMany)
        return noteOf("pool-sum", VariableWeight::Error, s("%1, and %2").arg(product, limit), advice, size);
    if (fit == PoolFit::FitsOnce)
        return noteOf("pool-sum", VariableWeight::Warning,
                      s("%1; during a deploy twice that, and %2").arg(product, limit), advice, size);
    return noteOf("pool-sum", VariableWeight::Note, s("%1; %2").arg(product, limit), {}, size);
}

} // namespace

void addConnectionNotes(const QList<VariableRow> &rows, const JudgedMove &move, QList<VariableNote> &notes)
{
    static const QRegularExpression sizeName(s(R"(^(DB|DATABASE|SQLALCHEMY|POSTGRES|PG)_(MAX_)?POOL_(MAX_)?SIZE$)"));
    static const QRegularExpression overflowName(s(R"(^(DB|DATABASE|SQLALCHEMY|POSTGRES|PG)_(MAX|POOL)_OVERFLOW$)"));
    static const QRegularExpression mongoName(s(R"(^MONGO(DB)?_(MAX_POOL_SIZE|MAXPOOLSIZE)$)"));
    static const QRegularExpression redisName(s(R"(^REDIS_(MAX_CONNECTIONS|POOL_SIZE)$)"));
    const MatrixSide &target = move.input().target;
    const QString processes = target.processes == 1 ? s("1 process") : s("%1 processes").arg(target.processes);
    const PoolPart size = partOf(rows, sizeName);
    if (size.row) {
        const PoolPart overflow = partOf(rows, overflowName);
        const int each = size.value + overflow.value;
        const QString sum =
            overflow.row ? s("%1 + %2").arg(size.value).arg(overflow.value) : QString::number(size.value);
        notes.append(poolNote(target, processes, each, sum, size));
    }
    for (const auto &[name, what] : {std::pair(&mongoName, "MongoDB"), std::pair(&redisName, "Redis")}) {
        const PoolPart part = partOf(rows, *name);
        if (!part.row || target.processes < 1)
            continue;
        notes.append(noteOf("pool-sum", VariableWeight::Note,
                            s("%1 × %2 = up to %3 connections to %4")
                                .arg(processes)
                                .arg(part.value)
                                .arg(target.processes * part.value)
                                .arg(s(what)),
                            s("compare it with the plan's limit"), part));
    }
}

} // namespace Switchyard
