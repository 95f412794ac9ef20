// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/parsing.h"

#include "models/common/redact.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QRegularExpression>

#include <cmath>

namespace Switchyard {

namespace {

/// Errors: dates and numbers JSON cannot hold.
std::optional<QJsonValue> toJson(TomlReader &reader, const TomlNode &node)
{
    switch (node.type) {
    case TomlNode::Type::String:
        return QJsonValue(node.text);
    case TomlNode::Type::Integer:
        return QJsonValue(node.integer);
    case TomlNode::Type::Boolean:
        return QJsonValue(node.boolean);
    case TomlNode::Type::Float:
        if (std::isfinite(node.real))
            return QJsonValue(node.real);
        break;
    case TomlNode::Type::Array: {
        QJsonArray array;
        for (const TomlNode &item : node.children)
            array.append(toJson(reader, item).value_or(QJsonValue()));
        return array;
    }
    case TomlNode::Type::Table: {
        QJsonObject object;
        for (const TomlNode &member : node.children)
            object.insert(member.key, toJson(reader, member).value_or(QJsonValue()));
        return object;
    }
    case TomlNode::Type::DateTime:
        break;
    }
    reader.error(node, QStringLiteral("JSON has no such value"),
                 QStringLiteral("write it as a text, a number, true or false"));
    return std::nullopt;
}

/// Schemes and cookies carry credentials whatever their names look like.
bool holdsCredentials(const QString &header)
{
    static const QStringList names{QStringLiteral("authorization"), QStringLiteral("proxy-authorization"),
                                   QStringLiteral("cookie"), QStringLiteral("set-cookie")};
    return names.contains(header.toLower()) || isSecretName(header);
}

bool carriesSecret(const QString &text)
{
    return urlCarriesSecret(text) || redact(text) != text;
}

void refuseLiteral(TomlReader &reader, const TomlNode &at, const QString &what)
{
    reader.error(at, QStringLiteral("%1 holds a literal secret").arg(what), referenceHint());
}

} // namespace

QString referenceHint()
{
    return QStringLiteral("write env:NAME, file:PATH or keychain:SERVICE/KEY, and keep the secret there");
}

bool isStoredReference(const QString &text)
{
    const Result<SecretReference> reference = parseSecretReference(text);
    return reference.has_value() && reference->source != SecretReference::Source::Stdin;
}

bool isJsonPointer(const QString &text)
{
    static const QRegularExpression re(QStringLiteral("\\A(?:/(?:[^~/]|~[01])*)*\\z"));
    return re.match(text).hasMatch();
}

void readUrlPath(TomlReader &reader, QLatin1StringView key, QString *out, Presence presence)
{
    QString path;
    if (!readPublicText(reader, key, &path, presence))
        return;
    static const QRegularExpression re(QStringLiteral("\\A/[^\\s#]*\\z"));
    if (re.match(path).hasMatch())
        *out = path;
    else
        reader.error(*reader.take(key), QStringLiteral("\"%1\" must be a path that begins with \"/\"").arg(key));
}

void readPointerValues(TomlReader &reader, QLatin1StringView key, QMap<QString, QJsonValue> *out)
{
    const std::optional<TomlReader> table = reader.table(key);
    if (!table)
        return;
    for (const TomlNode &member : table->node().children) {
        if (!isJsonPointer(member.key)) {
            reader.error(reader.placeOfKey(member), QStringLiteral("\"%1\" is no JSON pointer").arg(member.key),
                         QStringLiteral("write it like \"/status\" or \"/data/0/id\""));
            continue;
        }
        if (const std::optional<QJsonValue> value = toJson(reader, member))
            out->insert(member.key, *value);
    }
}

static bool isHeaderName(const QString &name)
{
    static const QRegularExpression re(QStringLiteral("\\A[!#$%&'*+\\-.^_`|~0-9A-Za-z]+\\z"));
    return re.match(name).hasMatch();
}

QList<const TomlNode *> headerMembers(TomlReader &reader, const TomlReader &table)
{
    QList<const TomlNode *> members;
    QStringList seen;
    for (const TomlNode &member : table.node().children) {
        if (!isHeaderName(member.key)) {
            reader.error(reader.placeOfKey(member), QStringLiteral("\"%1\" is no header name").arg(member.key));
        } else if (seen.contains(member.key, Qt::CaseInsensitive)) {
            reader.error(reader.placeOfKey(member),
                         QStringLiteral("the header \"%1\" stands here twice").arg(member.key));
        } else {
            seen.append(member.key);
            members.append(&member);
        }
    }
    return members;
}

void readHeaders(TomlReader &reader, QMap<QString, ConfiguredValue> *out)
{
    const std::optional<TomlReader> table = reader.table(QLatin1StringView("headers"));
    if (!table)
        return;
    for (const TomlNode *named : headerMembers(reader, *table)) {
        const TomlNode &member = *named;
        if (member.type != TomlNode::Type::String) {
            reader.error(member, QStringLiteral("the header \"%1\" must be a text").arg(member.key));
        } else if (member.text.contains(QLatin1Char('\n')) || member.text.contains(QLatin1Char('\r'))) {
            reader.error(member, QStringLiteral("the header \"%1\" may not hold a line break").arg(member.key));
        } else if (isSecretReference(member.text) && !isStoredReference(member.text)) {
            reader.error(member, QStringLiteral("the header \"%1\" refers to no secret").arg(member.key),
                         referenceHint());
        } else if (!isSecretReference(member.text) && (holdsCredentials(member.key) || carriesSecret(member.text))) {
            refuseLiteral(reader, member, QStringLiteral("the header \"%1\"").arg(member.key));
        } else {
            out->insert(member.key, ConfiguredValue{member.text});
        }
    }
}

bool readReference(TomlReader &reader, QLatin1StringView key, QString *out, Presence presence)
{
    QString text;
    if (!reader.text(key, &text, presence))
        return false;
    if (!isStoredReference(text)) {
        refuseLiteral(reader, *reader.take(key), QStringLiteral("\"%1\"").arg(key));
        return false;
    }
    *out = text;
    return true;
}

bool readPublicText(TomlReader &reader, QLatin1StringView key, QString *out, Presence presence)
{
    QString text;
    if (!reader.text(key, &text, presence))
        return false;
    if (carriesSecret(text)) {
        refuseLiteral(reader, *reader.take(key), QStringLiteral("\"%1\"").arg(key));
        return false;
    }
    *out = text;
    return true;
}

bool readPublicTexts(TomlReader &reader, QLatin1StringView key, QStringList *out, Presence presence)
{
    QStringList list;
    if (!reader.texts(key, &list, presence))
        return false;
    bool good = true;
    for (const TomlNode &item : reader.take(key)->children) {
        if (!carriesSecret(item.text))
            continue;
        refuseLiteral(reader, item, QStringLiteral("\"%1\"").arg(key));
        good = false;
    }
    if (good)
        *out = list;
    return good;
}

} // namespace Switchyard
