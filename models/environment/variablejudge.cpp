// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/variablejudge.h"

#include "models/environment/rowjudge.h"
#include "models/environment/variablefacts.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

bool isCodeUse(const VariableUse &use)
{
    return use.by != QLatin1String(".env.example") && use.by != QLatin1String(".env.schema") &&
           use.by != QLatin1String("app.json");
}

QString readBy(const VariableRow &row)
{
    // What needs it says more than what only looks at it.
    const VariableUse *first = nullptr;
    int count = 0;
    for (const VariableUse &use : row.usedBy) {
        if (use.inTests || !isCodeUse(use))
            continue;
        ++count;
        if (!first || (use.required && !first->required))
            first = &use;
    }
    if (!first)
        return {};
    const QString place =
        first->place.line > 0 ? s("%1:%2").arg(first->place.file).arg(first->place.line) : first->place.file;
    return count > 1 ? s("%1 and %2 more").arg(place).arg(count - 1) : place;
}

void judgeVariable(VariableRow &row, const MatrixComponent &component, const JudgedMove &move)
{
    RowJudge(row, component, move).judge();
}

void judgeNeighbour(VariableRow &row, const MatrixComponent &component, const JudgedMove &move)
{
    const auto decide = [&](VariableClass way, VariableStatus status, const QString &action, const QString &reason) {
        row.way = way;
        row.status = status;
        row.action = action;
        row.reason = reason;
    };
    const QString who = readBy(row);
    const QString reads = who.isEmpty() ? QString() : s("; read by %1").arg(who);
    const QString &text = row.target.value ? *row.target.value : row.source.value.value_or(QString());
    const QString built = row.scope == VariableScope::Public
                              ? s("build and publish %1 anew with it").arg(component.name)
                              : s("set it for %1").arg(component.name);
    if (move.namesSource(text)) {
        row.wanted = move.moved(text);
        return decide(VariableClass::Derive, VariableStatus::Change, built,
                      s("it names %1%2")
                          .arg(move.input().source.name, row.scope == VariableScope::Public
                                                             ? s(", and is built into what browsers get") + reads
                                                             : reads));
    }
    if (row.source.value && move.namesSource(*row.source.value)) {
        row.wanted = move.moved(*row.source.value);
        return decide(VariableClass::Derive, VariableStatus::Ok, built,
                      s("the plan already names %1%2").arg(move.input().target.name, reads));
    }
    if (looksPlaceholder(text, row.secret))
        return decide(VariableClass::Copy, VariableStatus::Missing, s("set it"),
                      s("a placeholder stands there%1").arg(reads));
    if (who.isEmpty() && component.readsVariables && programReading(row.name).isEmpty())
        return decide(VariableClass::Drop, VariableStatus::Unused, s("remove it, unless something else reads it"),
                      s("nothing in the code of %1 reads it").arg(component.name));
    if (row.source.stated || row.target.stated)
        return decide(VariableClass::Copy, VariableStatus::Ok, {},
                      s("%1 stays where it is, and the value does not name %2%3")
                          .arg(component.name, move.input().source.name, reads));
    const auto required = std::any_of(row.usedBy.cbegin(), row.usedBy.cend(), [](const VariableUse &use) {
        return use.required && !use.inTests && isCodeUse(use);
    });
    if (required)
        return decide(VariableClass::Copy, VariableStatus::Missing, s("set it"),
                      s("required by %1, and no file has it").arg(who));
    decide(VariableClass::Copy, VariableStatus::Ok, {},
           who.isEmpty() ? s("only an example or a test names it") : s("no file sets it; %1 does without").arg(who));
}

} // namespace Switchyard
