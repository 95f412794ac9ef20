// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/sitereader.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>

namespace Switchyard {

using Type = ManifestNode::Type;

SiteReader::SiteReader(Ledger &ledger, QList<Error> &problems)
    : m_ledger(ledger)
    , m_problems(problems)
{
}

void SiteReader::problem(const Place &place, const QString &message, const QString &hint)
{
    m_problems.append(Error{ErrorKind::Usage, message, hint, place});
}

const ManifestNode *SiteReader::typed(const ManifestNode &map, QLatin1StringView key, Type type, const QString &spoken)
{
    const ManifestNode *node = map.find(QString(key));
    if (!node)
        return nullptr;
    if (node->type == Type::Null) {
        m_ledger.read(node->place, QStringLiteral("null leaves it to the platform"));
        return nullptr;
    }
    if (node->type != type) {
        problem(node->place, QStringLiteral("\"%1\" has to be %2").arg(key, spoken));
        return nullptr;
    }
    return node;
}

Field<QString> SiteReader::text(const ManifestNode &map, QLatin1StringView key, const QString &ifLost)
{
    const ManifestNode *node = typed(map, key, Type::String, QStringLiteral("a text"));
    if (!node)
        return {};
    m_ledger.read(node->place, ifLost);
    return Stated<QString>{node->text, node->place};
}

Field<bool> SiteReader::flag(const ManifestNode &map, QLatin1StringView key, const QString &ifLost)
{
    const ManifestNode *node = typed(map, key, Type::Boolean, QStringLiteral("true or false"));
    if (!node)
        return {};
    m_ledger.read(node->place, ifLost);
    return Stated<bool>{node->boolean, node->place};
}

Field<int> SiteReader::number(const ManifestNode &map, QLatin1StringView key, int least, int most,
                              const QString &ifLost)
{
    const ManifestNode *node = typed(map, key, Type::Integer, QStringLiteral("a whole number"));
    if (!node)
        return {};
    if (node->integer < least || node->integer > most) {
        problem(node->place, QStringLiteral("\"%1\" has to be from %2 to %3").arg(QString(key)).arg(least).arg(most));
        return {};
    }
    m_ledger.read(node->place, ifLost);
    return Stated<int>{int(node->integer), node->place};
}

const ManifestNode *SiteReader::list(const ManifestNode &map, QLatin1StringView key)
{
    const ManifestNode *node = typed(map, key, Type::List, QStringLiteral("a list"));
    if (node && node->children.empty())
        m_ledger.read(node->place, QStringLiteral("an empty list says nothing"));
    return node;
}

const ManifestNode *SiteReader::table(const ManifestNode &map, QLatin1StringView key)
{
    const ManifestNode *node = typed(map, key, Type::Map, QStringLiteral("a table of keys and values"));
    if (node && node->children.empty())
        m_ledger.read(node->place, QStringLiteral("an empty table says nothing"));
    return node;
}

QList<const ManifestNode *> SiteReader::tables(const ManifestNode &map, QLatin1StringView key)
{
    QList<const ManifestNode *> result;
    const ManifestNode *node = list(map, key);
    if (!node)
        return result;
    for (const ManifestNode &child : node->children) {
        if (child.isMap())
            result.append(&child);
        else
            problem(child.place, QStringLiteral("an entry of \"%1\" has to be a table of keys and values").arg(key));
    }
    return result;
}

void SiteReader::note(const ManifestNode &map, QLatin1StringView key, const QString &reason)
{
    if (const ManifestNode *node = map.find(QString(key)))
        noteAll(*node, reason);
}

void SiteReader::environment(const ManifestNode &map, QList<EnvironmentEntry> &entries, const QString &again)
{
    for (const ManifestNode &variable : map.children) {
        if (variable.type != Type::String) {
            problem(variable.place,
                    QStringLiteral("the value of the variable \"%1\" has to be a text").arg(variable.key));
            continue;
        }
        const auto known = std::find_if(entries.begin(), entries.end(), [&variable](const EnvironmentEntry &entry) {
            return entry.name == variable.key;
        });
        if (known != entries.end()) {
            if (known->source == EnvironmentEntry::Source::Literal && known->value == variable.text) {
                known->details.append(variable.place);
                m_ledger.read(variable.place);
            } else {
                m_ledger.read(variable.place, again);
            }
            continue;
        }
        EnvironmentEntry entry;
        entry.name = variable.key;
        entry.value = variable.text;
        entry.namePlace = variable.keyPlace;
        entry.place = variable.place;
        m_ledger.read(variable.place);
        entries.append(entry);
    }
}

QString siteName(const QString &file)
{
    static const QRegularExpression others(QStringLiteral("[^a-z0-9]+"));
    // A bare name lies in the working folder, whose name says more than none.
    QString name = QFileInfo(file).absoluteDir().dirName().toLower();
    name.replace(others, QStringLiteral("-"));
    while (name.startsWith(QLatin1Char('-')))
        name.remove(0, 1);
    while (name.endsWith(QLatin1Char('-')))
        name.chop(1);
    return name.isEmpty() ? QStringLiteral("site") : name;
}

} // namespace Switchyard
