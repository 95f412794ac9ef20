// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/drift.h"

#include <QHash>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// What differs, as far as it can be said without the values.
QString difference(const QString &a, const QString &b)
{
    if (a.trimmed() == b.trimmed())
        return s("only in the blanks around it");
    if (a.compare(b, Qt::CaseInsensitive) == 0)
        return s("only in capitals");
    const auto bare = [](QString text) {
        for (const QChar quote : {QLatin1Char('"'), QLatin1Char('\'')}) {
            if (text.size() >= 2 && text.startsWith(quote) && text.endsWith(quote))
                return text.mid(1, text.size() - 2);
        }
        return text;
    };
    if (bare(a) == bare(b))
        return s("only in the quotes around it");
    if (a.isEmpty() || b.isEmpty())
        return s("one is empty");
    return a.size() == b.size() ? s("the values differ") : s("the values differ, also in length");
}

void judge(DriftRow &row)
{
    if (!row.first || !row.second) {
        row.state = DriftState::CannotVerify;
        row.reason = !row.first ? row.firstSaid : row.secondSaid;
        if (row.reason.isEmpty())
            row.reason = s("one of the two shows no value");
        return;
    }
    row.state = row.first == row.second ? DriftState::Same : DriftState::Differs;
    row.reason = row.first == row.second ? s("the same value") : difference(*row.first, *row.second);
}

} // namespace

QString driftStateName(DriftState state)
{
    switch (state) {
    case DriftState::Same:
        return s("same");
    case DriftState::Differs:
        return s("differs");
    case DriftState::OnlyFirst:
        return s("only-first");
    case DriftState::OnlySecond:
        return s("only-second");
    case DriftState::CannotVerify:
        break;
    }
    return s("cannot-verify");
}

QList<DriftRow> compareVariables(const EnvironmentSet &first, const EnvironmentSet &second)
{
    QHash<QString, const EnvEntry *> others;
    QHash<QString, QList<Place>> firstPlaces;
    QHash<QString, QList<Place>> secondPlaces;
    for (const EnvEntry &entry : second.entries)
        others.insert(entry.name, &entry);
    for (const EnvOrigin &origin : first.origins)
        firstPlaces.insert(origin.name, origin.places);
    for (const EnvOrigin &origin : second.origins)
        secondPlaces.insert(origin.name, origin.places);
    QList<DriftRow> rows;
    for (const EnvEntry &entry : first.entries) {
        DriftRow row;
        row.name = entry.name;
        row.first = entry.value;
        row.firstSaid = entry.missing;
        row.firstPlaces = firstPlaces.value(entry.name);
        row.secret = entry.secret;
        if (const EnvEntry *other = others.take(entry.name)) {
            row.second = other->value;
            row.secondSaid = other->missing;
            row.secondPlaces = secondPlaces.value(entry.name);
            row.secret = row.secret || other->secret;
            judge(row);
        } else {
            row.state = DriftState::OnlyFirst;
            row.reason = s("only the first has it");
        }
        rows.append(row);
    }
    for (const EnvEntry &entry : second.entries) {
        if (!others.contains(entry.name))
            continue;
        DriftRow row;
        row.name = entry.name;
        row.state = DriftState::OnlySecond;
        row.secret = entry.secret;
        row.second = entry.value;
        row.secondSaid = entry.missing;
        row.secondPlaces = secondPlaces.value(entry.name);
        row.reason = s("only the second has it");
        rows.append(row);
    }
    return rows;
}

} // namespace Switchyard
