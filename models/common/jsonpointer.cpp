// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/jsonpointer.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace Switchyard {

namespace {

/// One reference token with its escapes undone.
Result<QString> unescape(QStringView token)
{
    QString text;
    text.reserve(token.size());
    for (qsizetype i = 0; i < token.size(); ++i) {
        if (token[i] != QLatin1Char('~')) {
            text += token[i];
            continue;
        }
        const QChar next = i + 1 < token.size() ? token[i + 1] : QChar();
        if (next != QLatin1Char('0') && next != QLatin1Char('1'))
            return fail(ErrorKind::Usage,
                        QStringLiteral("\"~\" must be followed by 0 or 1 in the JSON pointer part \"%1\"").arg(token));
        text += next == QLatin1Char('0') ? QLatin1Char('~') : QLatin1Char('/');
        ++i;
    }
    return text;
}

/// An array index as RFC 6901 section 4 allows it: digits without leading zeros. -1: it is none.
qsizetype arrayIndex(QStringView token)
{
    if (token.isEmpty() || token.size() > 9 || (token.size() > 1 && token[0] == QLatin1Char('0')))
        return -1;
    const bool digits =
        std::all_of(token.begin(), token.end(), [](QChar c) { return c >= QLatin1Char('0') && c <= QLatin1Char('9'); });
    return digits ? token.toInt() : -1;
}

Result<QJsonValue> step(const QJsonValue &value, const QString &token, QStringView pathSoFar)
{
    if (value.isObject()) {
        const QJsonValue child = value.toObject().value(token);
        if (!child.isUndefined())
            return child;
    } else if (value.isArray()) {
        const QJsonArray array = value.toArray();
        const qsizetype index = arrayIndex(token);
        if (index >= 0 && index < array.size())
            return array.at(index);
    }
    return fail(ErrorKind::Protocol, QStringLiteral("there is no %1").arg(pathSoFar));
}

} // namespace

Result<QJsonValue> jsonPointer(const QJsonValue &root, QStringView pointer)
{
    if (pointer.isEmpty())
        return root;
    if (pointer[0] != QLatin1Char('/'))
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is not a JSON pointer").arg(pointer),
                    QStringLiteral("a JSON pointer begins with /, for example /status"));
    // The whole pointer is checked before the first step, so that its errors do not depend on the document.
    QList<QString> tokens;
    for (const QStringView part : pointer.mid(1).split(QLatin1Char('/'))) {
        const Result<QString> token = unescape(part);
        if (!token)
            return tl::unexpected(token.error());
        tokens += *token;
    }
    QJsonValue value = root;
    qsizetype end = 0;
    for (const QString &token : std::as_const(tokens)) {
        end = pointer.indexOf(QLatin1Char('/'), end + 1);
        Result<QJsonValue> child = step(value, token, end < 0 ? pointer : pointer.first(end));
        if (!child)
            return child;
        value = *child;
    }
    return value;
}

Result<QJsonValue> parseJson(const QByteArray &text)
{
    if (text.trimmed().isEmpty())
        return fail(ErrorKind::Protocol, QStringLiteral("the body is empty"));
    // Within brackets every JSON value is a document QJsonDocument accepts.
    QJsonParseError error;
    const QJsonArray values = QJsonDocument::fromJson('[' + text + ']', &error).array();
    if (error.error != QJsonParseError::NoError)
        return fail(ErrorKind::Protocol, QStringLiteral("the body is not JSON: %1 at byte %2")
                                             .arg(error.errorString())
                                             .arg(std::max(0, error.offset - 1)));
    if (values.size() != 1)
        return fail(ErrorKind::Protocol, QStringLiteral("the body is not one JSON value"));
    return values.first();
}

bool jsonEquals(const QJsonValue &left, const QJsonValue &right)
{
    if (left.isDouble() && right.isDouble())
        return left.toDouble() == right.toDouble();
    return left == right;
}

QString jsonText(const QJsonValue &value, int maxLength)
{
    const QByteArray bracketed = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    QString text = QString::fromUtf8(bracketed.mid(1, bracketed.size() - 2));
    if (text.size() > maxLength)
        text = text.left(maxLength) + QStringLiteral("…");
    return text;
}

} // namespace Switchyard
