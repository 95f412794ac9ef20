// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/fieldreader.h"

#include "models/manifests/containervalues.h"

#include <cmath>
#include <limits>

namespace Switchyard {

using Type = ManifestNode::Type;

std::optional<Milliseconds> goDuration(const QString &text, double unitMs)
{
    bool plain = false;
    const double number = text.toDouble(&plain);
    if (plain)
        return number >= 0 && number < 1e9 ? std::optional(Milliseconds(std::llround(number * unitMs))) : std::nullopt;
    if (const Result<Milliseconds> duration = parseGoDuration(text); duration)
        return *duration;
    return std::nullopt;
}

void FieldReader::problem(const ManifestNode &at, const QString &message, const QString &hint)
{
    m_problems.append(Error{ErrorKind::Usage, message, hint, at.place});
}

const ManifestNode *FieldReader::scalar(const ManifestNode &holder, L key, const char *wanted)
{
    const ManifestNode *node = holder.find(QString(key));
    if (!node)
        return nullptr;
    if (node->type == Type::Null) {
        m_ledger.read(node->place, QStringLiteral("nothing is written there"));
        return nullptr;
    }
    if (!node->isScalar()) {
        problem(*node, QStringLiteral("\"%1\" must be %2").arg(key, QString::fromLatin1(wanted)));
        return nullptr;
    }
    m_ledger.read(node->place);
    return node;
}

Field<QString> FieldReader::text(const ManifestNode &holder, L key)
{
    const ManifestNode *node = scalar(holder, key, "a text");
    return node ? Field<QString>({node->text, node->place}) : std::nullopt;
}

Field<int> FieldReader::integer(const ManifestNode &holder, L key)
{
    const ManifestNode *node = scalar(holder, key, "a whole number");
    if (!node)
        return std::nullopt;
    bool good = node->type == Type::Integer;
    qint64 number = node->integer;
    if (node->type == Type::String)
        number = node->text.toLongLong(&good);
    if (!good || number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
        problem(*node, QStringLiteral("\"%1\" must be a whole number").arg(key));
        return std::nullopt;
    }
    return Stated<int>{int(number), node->place};
}

Field<double> FieldReader::number(const ManifestNode &holder, L key)
{
    const ManifestNode *node = scalar(holder, key, "a number");
    if (!node)
        return std::nullopt;
    bool good = node->isNumber();
    const double value = good ? node->number() : node->text.toDouble(&good);
    if (!good || !std::isfinite(value)) {
        problem(*node, QStringLiteral("\"%1\" must be a number").arg(key));
        return std::nullopt;
    }
    return Stated<double>{value, node->place};
}

Field<bool> FieldReader::boolean(const ManifestNode &holder, L key)
{
    const ManifestNode *node = scalar(holder, key, "true or false");
    if (!node)
        return std::nullopt;
    if (node->type != Type::Boolean) {
        problem(*node, QStringLiteral("\"%1\" must be true or false").arg(key));
        return std::nullopt;
    }
    return Stated<bool>{node->boolean, node->place};
}

Field<Milliseconds> FieldReader::duration(const ManifestNode &holder, L key, double unitMs)
{
    const ManifestNode *node = scalar(holder, key, "a duration");
    if (!node || (node->type == Type::String && node->text.isEmpty()))
        return std::nullopt;
    const auto value = node->type == Type::Boolean ? std::nullopt : goDuration(node->text, unitMs);
    if (!value) {
        problem(*node, QStringLiteral("\"%1\" is no duration").arg(key), QStringLiteral("a text such as \"30s\""));
        return std::nullopt;
    }
    return Stated<Milliseconds>{*value, node->place};
}

const ManifestNode *FieldReader::map(const ManifestNode &holder, L key)
{
    const ManifestNode *node = holder.find(QString(key));
    if (!node || node->type == Type::Null) {
        if (node)
            m_ledger.read(node->place, QStringLiteral("nothing is written there"));
        return nullptr;
    }
    if (!node->isMap()) {
        problem(*node, QStringLiteral("\"%1\" must be a mapping").arg(key));
        return nullptr;
    }
    m_ledger.read(node->place, QStringLiteral("it is empty"));
    return node;
}

const ManifestNode *FieldReader::list(const ManifestNode &holder, L key)
{
    const ManifestNode *node = holder.find(QString(key));
    if (!node || node->type == Type::Null) {
        if (node)
            m_ledger.read(node->place, QStringLiteral("nothing is written there"));
        return nullptr;
    }
    if (!node->isList()) {
        problem(*node, QStringLiteral("\"%1\" must be a list").arg(key));
        return nullptr;
    }
    m_ledger.read(node->place, QStringLiteral("it is empty"));
    return node;
}

QList<const ManifestNode *> FieldReader::maps(const ManifestNode &holder, L key)
{
    QList<const ManifestNode *> result;
    const ManifestNode *node = holder.find(QString(key));
    if (!node || node->type == Type::Null)
        return result;
    if (node->isMap()) {
        result.append(node);
    } else if (node->isList()) {
        m_ledger.read(node->place, QStringLiteral("it is empty"));
        for (const ManifestNode &child : node->children) {
            if (child.isMap())
                result.append(&child);
            else
                problem(child, QStringLiteral("an element of \"%1\" must be a mapping").arg(key));
        }
    } else {
        problem(*node, QStringLiteral("\"%1\" must be a mapping or a list of them").arg(key));
    }
    return result;
}

void FieldReader::known(const ManifestNode &holder, L key, const QString &ifLost)
{
    if (const ManifestNode *node = holder.find(QString(key)))
        m_ledger.readAll(*node, ifLost);
}

} // namespace Switchyard
