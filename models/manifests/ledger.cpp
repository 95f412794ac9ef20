// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/ledger.h"

#include <algorithm>
#include <tuple>

namespace Switchyard {

namespace {

/// How much an outcome says: the more telling one stands.
int weight(KeyOutcome outcome)
{
    switch (outcome) {
    case KeyOutcome::NotTranslated:
        return 0;
    case KeyOutcome::Defaulted:
        return 1;
    case KeyOutcome::Mapped:
        return 2;
    case KeyOutcome::Rewritten:
        break;
    }
    return 3;
}

} // namespace

QString keyOutcomeName(KeyOutcome outcome)
{
    switch (outcome) {
    case KeyOutcome::Mapped:
        return QStringLiteral("mapped");
    case KeyOutcome::Defaulted:
        return QStringLiteral("defaulted");
    case KeyOutcome::Rewritten:
        return QStringLiteral("rewritten");
    case KeyOutcome::NotTranslated:
        break;
    }
    return QStringLiteral("not-translated");
}

void Ledger::open(const ManifestNode &root)
{
    forEachKey(root, [this](const QString &path, const ManifestNode &node) {
        open(path, node.place);
        // A list of scalars is one key, and each of its elements speaks for it.
        for (const ManifestNode &child : node.children)
            m_byPlace.insert(child.place.toString(), m_byPlace.value(node.place.toString()));
    });
}

void Ledger::open(const QString &key, const Place &place)
{
    const QString at = place.toString();
    if (m_byPlace.contains(at))
        return; // a value that came through an alias
    m_byPlace.insert(at, m_entries.size());
    Entry entry;
    entry.fate.key = key;
    entry.fate.place = place;
    m_entries.append(entry);
}

Ledger::Entry *Ledger::at(const Place &place)
{
    const auto it = m_byPlace.constFind(place.toString());
    return it == m_byPlace.cend() ? nullptr : &m_entries[*it];
}

void Ledger::read(const Place &place, const QString &ifLost)
{
    if (Entry *entry = at(place)) {
        entry->read = true;
        if (!ifLost.isEmpty())
            entry->ifLost = ifLost;
    }
}

void Ledger::readAll(const ManifestNode &node, const QString &ifLost)
{
    read(node.place, ifLost);
    for (const ManifestNode &child : node.children)
        readAll(child, ifLost);
}

void Ledger::settle(const Place &place, KeyOutcome outcome, const QString &target, const QString &reason)
{
    Entry *entry = at(place);
    if (!entry)
        return;
    if (!entry->settled || weight(outcome) > weight(entry->fate.outcome)) {
        entry->fate.outcome = outcome;
        entry->fate.target = target;
        entry->fate.reason = reason;
    } else if (outcome == entry->fate.outcome && !target.isEmpty() && !entry->fate.target.contains(target)) {
        // One value that goes to several places (two process groups of one app).
        entry->fate.target += QStringLiteral(", ") + target;
    }
    entry->settled = true;
}

void Ledger::mapped(const Place &place, const QString &target)
{
    settle(place, KeyOutcome::Mapped, target, {});
}

void Ledger::rewritten(const Place &place, const QString &target, const QString &reason)
{
    settle(place, KeyOutcome::Rewritten, target, reason);
}

void Ledger::defaulted(const Place &place, const QString &reason)
{
    settle(place, KeyOutcome::Defaulted, {}, reason);
}

void Ledger::lost(const Place &place, const QString &reason)
{
    settle(place, KeyOutcome::NotTranslated, {}, reason);
}

void Ledger::defaultRest(const QString &file, const QString &reason)
{
    for (Entry &entry : m_entries) {
        if (entry.settled || entry.fate.place.file != file)
            continue;
        entry.fate.outcome = KeyOutcome::Defaulted;
        entry.fate.reason = reason;
        entry.settled = true;
    }
}

QList<KeyFate> Ledger::fates() const
{
    QList<KeyFate> result;
    for (const Entry &entry : m_entries) {
        KeyFate fate = entry.fate;
        if (!entry.settled) {
            fate.outcome = KeyOutcome::NotTranslated;
            fate.reason = !entry.read ? QStringLiteral("unknown to the source's own platform, as far as is known here")
                          : entry.ifLost.isEmpty() ? QStringLiteral("the target has no word for it")
                                                   : entry.ifLost;
        }
        result.append(fate);
    }
    std::stable_sort(result.begin(), result.end(), [](const KeyFate &a, const KeyFate &b) {
        return std::tie(a.place.file, a.place.line, a.place.column) <
               std::tie(b.place.file, b.place.line, b.place.column);
    });
    return result;
}

} // namespace Switchyard
