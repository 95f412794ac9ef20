// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/tomlwriter.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QVariant>

#include <algorithm>

namespace Switchyard {

namespace {

bool isWhole(const QJsonValue &value)
{
    return value.toVariant().typeId() == QMetaType::LongLong;
}

QByteArray basicString(const QString &text)
{
    QByteArray out = "\"";
    for (const char byte : text.toUtf8()) {
        switch (byte) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            if (uchar(byte) < 0x20 || byte == 0x7F)
                out += "\\u00" + QByteArray::number(uchar(byte), 16).rightJustified(2, '0');
            else
                out += byte;
        }
    }
    return out + '"';
}

bool fitsLiteralQuotes(const QString &text)
{
    return std::none_of(text.begin(), text.end(),
                        [](QChar c) { return c == QLatin1Char('\'') || c.unicode() < 0x20 || c.unicode() == 0x7F; });
}

QByteArray number(double value)
{
    QByteArray text = QByteArray::number(value, 'g', QLocale::FloatingPointShortest);
    // Whole numbers too large for 64 bits: without one of these they would not be read as fractional.
    if (!text.contains('.') && !text.contains('e'))
        text += ".0";
    return text;
}

Result<QByteArray> array(const QJsonArray &items, bool literalQuotes)
{
    QByteArray out = "[";
    for (const QJsonValue &item : items) {
        const Result<QByteArray> literal = tomlLiteral(item, literalQuotes);
        if (!literal)
            return literal;
        out += (out.size() > 1 ? ", " : "") + *literal;
    }
    return out + ']';
}

Result<QByteArray> inlineTable(const QJsonObject &object, bool literalQuotes)
{
    if (object.isEmpty())
        return QByteArray("{}");
    QByteArray out;
    for (auto at = object.begin(); at != object.end(); ++at) {
        const Result<QByteArray> literal = tomlLiteral(*at, literalQuotes);
        if (!literal)
            return literal;
        out += (out.isEmpty() ? "{ " : ", ") + tomlKey(at.key()) + " = " + *literal;
    }
    return out + " }";
}

} // namespace

QByteArray tomlKey(const QString &key)
{
    const bool bare = !key.isEmpty() && std::all_of(key.begin(), key.end(), [](QChar c) {
        return c.unicode() < 0x80 && (c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char('-'));
    });
    return bare ? key.toLatin1() : basicString(key);
}

Result<QByteArray> tomlLiteral(const QJsonValue &value, bool literalQuotes)
{
    switch (value.type()) {
    case QJsonValue::Bool:
        return QByteArray(value.toBool() ? "true" : "false");
    case QJsonValue::Double:
        return isWhole(value) ? QByteArray::number(value.toInteger()) : number(value.toDouble());
    case QJsonValue::String: {
        const QString text = value.toString();
        if (!text.isValidUtf16())
            return fail(ErrorKind::Usage, QStringLiteral("a text that is not Unicode"));
        return literalQuotes && fitsLiteralQuotes(text) ? '\'' + text.toUtf8() + '\'' : basicString(text);
    }
    case QJsonValue::Array:
        return array(value.toArray(), literalQuotes);
    case QJsonValue::Object:
        return inlineTable(value.toObject(), literalQuotes);
    case QJsonValue::Null:
    case QJsonValue::Undefined:
        break;
    }
    return fail(ErrorKind::Usage, QStringLiteral("TOML has no empty value"), QStringLiteral("remove the key instead"));
}

TomlNode tomlNode(const QJsonValue &value)
{
    TomlNode node;
    node.isInline = true;
    if (value.isString()) {
        node.type = TomlNode::Type::String;
        node.text = value.toString();
    } else if (value.isBool()) {
        node.type = TomlNode::Type::Boolean;
        node.boolean = value.toBool();
    } else if (value.isDouble() && isWhole(value)) {
        node.type = TomlNode::Type::Integer;
        node.integer = value.toInteger();
    } else if (value.isDouble()) {
        node.type = TomlNode::Type::Float;
        node.real = value.toDouble();
    } else if (value.isArray()) {
        node.type = TomlNode::Type::Array;
        for (const QJsonValue &item : value.toArray())
            node.children.push_back(tomlNode(item));
    } else {
        const QJsonObject object = value.toObject();
        for (auto at = object.begin(); at != object.end(); ++at) {
            node.children.push_back(tomlNode(*at));
            node.children.back().key = at.key();
        }
    }
    return node;
}

} // namespace Switchyard
