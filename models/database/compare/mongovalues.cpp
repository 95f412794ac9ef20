// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/mongovalues.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QScopeGuard>

#include <bson/bson.h>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A server takes no deeper ones; another peer might send them.
constexpr int deepest = 200;

bool begin(bson_iter_t &at, QByteArrayView document)
{
    constexpr qsizetype empty = 5;
    return document.size() >= empty && // libbson ends the program where there are no bytes
           bson_iter_init_from_data(&at, reinterpret_cast<const uint8_t *>(document.data()), size_t(document.size()));
}

bool find(QByteArrayView document, const char *path, bson_iter_t &found)
{
    bson_iter_t top;
    return begin(top, document) && bson_iter_find_descendant(&top, path, &found);
}

QByteArrayView insideOf(const bson_iter_t &at)
{
    uint32_t size = 0;
    const uint8_t *bytes = nullptr;
    if (BSON_ITER_HOLDS_DOCUMENT(&at))
        bson_iter_document(&at, &size, &bytes);
    else if (BSON_ITER_HOLDS_ARRAY(&at))
        bson_iter_array(&at, &size, &bytes);
    return {reinterpret_cast<const char *>(bytes), qsizetype(size)};
}

/// The element's bytes, with type and name.
QByteArrayView elementOf(const bson_iter_t &at)
{
    return {reinterpret_cast<const char *>(at.raw) + at.off, qsizetype(at.next_off - at.off)};
}

bool isNumber(bson_type_t type)
{
    return type == BSON_TYPE_INT32 || type == BSON_TYPE_INT64 || type == BSON_TYPE_DOUBLE ||
           type == BSON_TYPE_DECIMAL128;
}

QString quoted(const QString &text)
{
    const QByteArray list = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(list.sliced(1, list.size() - 2));
}

QString doubleText(double number)
{
    constexpr double most = 9007199254740992.0; // 2^53: up to there each whole number is one double
    if (std::isfinite(number) && number == std::floor(number) && std::abs(number) <= most)
        return QString::number(qint64(number));
    return std::isnan(number) ? s("NaN") : QString::number(number, 'g', 17);
}

QString decimalText(const bson_iter_t &at)
{
    bson_decimal128_t number;
    char text[BSON_DECIMAL128_STRING];
    if (!bson_iter_decimal128(&at, &number))
        return s("?");
    bson_decimal128_to_string(&number, text);
    // Where it is a whole number it is the same key as one of another type.
    bool whole = false;
    const qint64 value = QByteArray(text).toLongLong(&whole);
    return whole ? QString::number(value) : s("NumberDecimal(\"%1\")").arg(s(text));
}

QString oidText(const bson_oid_t *id)
{
    char text[25];
    bson_oid_to_string(id, text);
    return s("ObjectId(\"%1\")").arg(s(text));
}

QString binaryText(const bson_iter_t &at)
{
    bson_subtype_t type = BSON_SUBTYPE_BINARY;
    uint32_t size = 0;
    const uint8_t *bytes = nullptr;
    bson_iter_binary(&at, &type, &size, &bytes);
    const QByteArray data(reinterpret_cast<const char *>(bytes), qsizetype(size));
    constexpr uint32_t uuidSize = 16;
    if (type == BSON_SUBTYPE_UUID && size == uuidSize) {
        QString hex = QString::fromLatin1(data.toHex());
        for (const qsizetype place : {20, 16, 12, 8})
            hex.insert(place, u'-');
        return s("UUID(\"%1\")").arg(hex);
    }
    return s("BinData(%1, \"%2\")").arg(QString::number(int(type)), QString::fromLatin1(data.toBase64()));
}

QString documentText(QByteArrayView document, bool isArray, KeyOrder order, int depth,
                     const QList<QByteArray> &without = {});

QString valueText(const bson_iter_t &at, KeyOrder order, int depth)
{
    uint32_t size = 0;
    switch (bson_iter_type(&at)) {
    case BSON_TYPE_DOUBLE:
        return doubleText(bson_iter_double(&at));
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        return QString::number(bson_iter_as_int64(&at));
    case BSON_TYPE_DECIMAL128:
        return decimalText(at);
    case BSON_TYPE_UTF8: {
        const char *text = bson_iter_utf8(&at, &size);
        return quoted(QString::fromUtf8(text, qsizetype(size)));
    }
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        return documentText(insideOf(at), BSON_ITER_HOLDS_ARRAY(&at), order, depth + 1);
    case BSON_TYPE_OID:
        return oidText(bson_iter_oid(&at));
    case BSON_TYPE_BOOL:
        return bson_iter_bool(&at) ? s("true") : s("false");
    case BSON_TYPE_DATE_TIME:
        return s("ISODate(\"%1\")")
            .arg(QDateTime::fromMSecsSinceEpoch(bson_iter_date_time(&at), Qt::UTC).toString(Qt::ISODateWithMs));
    case BSON_TYPE_NULL:
        return s("null");
    case BSON_TYPE_BINARY:
        return binaryText(at);
    case BSON_TYPE_REGEX: {
        const char *flags = nullptr;
        const char *pattern = bson_iter_regex(&at, &flags);
        return s("/%1/%2").arg(s(pattern), s(flags));
    }
    case BSON_TYPE_TIMESTAMP: {
        uint32_t seconds = 0, counter = 0;
        bson_iter_timestamp(&at, &seconds, &counter);
        return s("Timestamp(%1, %2)").arg(seconds).arg(counter);
    }
    case BSON_TYPE_MINKEY:
        return s("MinKey");
    case BSON_TYPE_MAXKEY:
        return s("MaxKey");
    default: {
        // Types that are out of use: by their bytes.
        const QByteArrayView bytes = elementOf(at);
        return s("type %1 %2").arg(int(bson_iter_type(&at))).arg(QString::fromLatin1(bytes.toByteArray().toHex()));
    }
    }
}

QString documentText(QByteArrayView document, bool isArray, KeyOrder order, int depth, const QList<QByteArray> &without)
{
    if (depth > deepest)
        return s("…");
    std::vector<std::pair<QByteArray, QString>> parts;
    bson_iter_t at;
    for (bool more = begin(at, document) && bson_iter_next(&at); more; more = bson_iter_next(&at)) {
        const QByteArray key(bson_iter_key(&at), qsizetype(bson_iter_key_len(&at)));
        if (!without.contains(key))
            parts.emplace_back(key, valueText(at, order, depth));
    }
    if (!isArray && order == KeyOrder::Sorted)
        std::sort(parts.begin(), parts.end());
    QStringList texts;
    for (const auto &[key, value] : parts)
        texts.append(isArray ? value : s("%1: %2").arg(quoted(QString::fromUtf8(key)), value));
    return (isArray ? s("[") : s("{")) + texts.join(s(", ")) + (isArray ? s("]") : s("}"));
}

QString typeName(const bson_iter_t &at)
{
    switch (bson_iter_type(&at)) {
    case BSON_TYPE_INT32:
        return s("int32");
    case BSON_TYPE_INT64:
        return s("int64");
    case BSON_TYPE_DOUBLE:
        return s("double");
    case BSON_TYPE_DECIMAL128:
        return s("decimal128");
    case BSON_TYPE_UTF8:
        return s("string");
    case BSON_TYPE_DOCUMENT:
        return s("document");
    case BSON_TYPE_ARRAY:
        return s("array");
    case BSON_TYPE_OID:
        return s("ObjectId");
    case BSON_TYPE_BOOL:
        return s("bool");
    case BSON_TYPE_DATE_TIME:
        return s("date");
    case BSON_TYPE_NULL:
        return s("null");
    case BSON_TYPE_BINARY:
        return s("binary");
    default:
        return s("type %1").arg(int(bson_iter_type(&at)));
    }
}

struct Element
{
    QByteArray key;
    QByteArrayView bytes;
    QString type;
    bool number = false;
    QString value; ///< of numbers
};

std::vector<Element> elementsOf(QByteArrayView document)
{
    std::vector<Element> elements;
    bson_iter_t at;
    for (bool more = begin(at, document) && bson_iter_next(&at); more; more = bson_iter_next(&at)) {
        Element one{QByteArray(bson_iter_key(&at)), elementOf(at), typeName(at), isNumber(bson_iter_type(&at)), {}};
        if (one.number)
            one.value = valueText(at, KeyOrder::Kept, 0);
        elements.push_back(std::move(one));
    }
    return elements;
}

/// By key; of keys that stand there twice, the first. A document may have a million.
QHash<QByteArray, const Element *> byKey(const std::vector<Element> &elements)
{
    QHash<QByteArray, const Element *> index;
    index.reserve(qsizetype(elements.size()));
    for (const Element &each : elements) {
        if (!index.contains(each.key))
            index.insert(each.key, &each);
    }
    return index;
}

} // namespace

std::optional<MongoBatch> mongoBatch(const QByteArray &reply)
{
    bson_iter_t list;
    if (!find(reply, "cursor.firstBatch", list) && !find(reply, "cursor.nextBatch", list))
        return std::nullopt;
    MongoBatch batch;
    batch.cursor = mongoNumber(reply, "cursor.id").value_or(0);
    // A collection's name may hold dots, a database's may not.
    batch.collection = mongoString(reply, "cursor.ns").section(u'.', 1);
    bson_iter_t at;
    for (bool more = begin(at, insideOf(list)) && bson_iter_next(&at); more; more = bson_iter_next(&at)) {
        if (BSON_ITER_HOLDS_DOCUMENT(&at))
            batch.documents.push_back(insideOf(at));
    }
    return batch;
}

QString mongoString(QByteArrayView document, const char *path)
{
    bson_iter_t at;
    uint32_t size = 0;
    if (!find(document, path, at) || !BSON_ITER_HOLDS_UTF8(&at))
        return {};
    const char *text = bson_iter_utf8(&at, &size);
    return QString::fromUtf8(text, qsizetype(size));
}

std::optional<qint64> mongoNumber(QByteArrayView document, const char *path)
{
    bson_iter_t at;
    if (!find(document, path, at) || !BSON_ITER_HOLDS_NUMBER(&at))
        return std::nullopt;
    return qint64(bson_iter_as_int64(&at));
}

bool mongoFlag(QByteArrayView document, const char *path)
{
    bson_iter_t at;
    return find(document, path, at) && bson_iter_as_bool(&at);
}

QByteArrayView mongoDocument(QByteArrayView document, const char *path)
{
    bson_iter_t at;
    return find(document, path, at) ? insideOf(at) : QByteArrayView();
}

QString mongoText(QByteArrayView document, KeyOrder order, const QList<QByteArray> &without)
{
    return documentText(document, false, order, 0, without);
}

QString mongoIdText(QByteArrayView document)
{
    bson_iter_t at;
    return find(document, "_id", at) ? valueText(at, KeyOrder::Kept, 0) : QString();
}

QByteArray mongoIdOf(QByteArrayView document)
{
    bson_iter_t at;
    bson_t id = BSON_INITIALIZER;
    const auto destroyed = qScopeGuard([&id] { bson_destroy(&id); });
    if (!find(document, "_id", at) || !bson_append_iter(&id, "_id", -1, &at))
        return {};
    return {reinterpret_cast<const char *>(bson_get_data(&id)), qsizetype(id.len)};
}

QByteArray mongoLookup(const QString &collection, const std::vector<QByteArray> &ids, qint64 maxTimeMs)
{
    bson_t command = BSON_INITIALIZER;
    const auto destroyed = qScopeGuard([&command] { bson_destroy(&command); });
    bson_t filter, condition, list;
    bson_append_utf8(&command, "find", -1, collection.toUtf8().constData(), -1);
    bson_append_document_begin(&command, "filter", -1, &filter);
    bson_append_document_begin(&filter, "_id", -1, &condition);
    bson_append_array_begin(&condition, "$in", -1, &list);
    uint32_t index = 0;
    for (const QByteArray &each : ids) {
        bson_iter_t at;
        char text[16];
        const char *key = nullptr;
        if (!find(each, "_id", at))
            continue;
        bson_uint32_to_string(index++, &key, text, sizeof text);
        bson_append_iter(&list, key, -1, &at);
    }
    bson_append_array_end(&condition, &list);
    bson_append_document_end(&filter, &condition);
    bson_append_document_end(&command, &filter);
    bson_append_int64(&command, "maxTimeMS", -1, maxTimeMs);
    return {reinterpret_cast<const char *>(bson_get_data(&command)), qsizetype(command.len)};
}

QByteArray mongoHash(QByteArrayView document, bool sorted)
{
    QCryptographicHash hash(QCryptographicHash::Md5);
    if (!sorted) {
        hash.addData(document);
        return hash.result();
    }
    std::vector<Element> elements = elementsOf(document);
    std::sort(elements.begin(), elements.end(), [](const Element &a, const Element &b) { return a.key < b.key; });
    for (const Element &each : elements)
        hash.addData(each.bytes);
    return hash.result();
}

QString mongoDifference(QByteArrayView source, QByteArrayView target)
{
    constexpr int most = 3;
    const std::vector<Element> left = elementsOf(source);
    const std::vector<Element> right = elementsOf(target);
    const QHash<QByteArray, const Element *> atSource = byKey(left);
    const QHash<QByteArray, const Element *> atTarget = byKey(right);
    QStringList words;
    int more = 0;
    const auto tell = [&](const QByteArray &key, const QString &what) {
        constexpr qsizetype longest = 40;
        if (words.size() < most)
            words.append(s("%1 %2").arg(QString::fromUtf8(key).left(longest), what));
        else
            ++more;
    };
    for (const Element &each : left) {
        const Element *other = atTarget.value(each.key);
        if (!other)
            tell(each.key, s("is missing on the target"));
        else if (other->type != each.type)
            tell(each.key, s("is %1 on the source and %2 on the target%3")
                               .arg(each.type, other->type,
                                    each.number && other->number && each.value == other->value ? s(", the same number")
                                                                                               : QString()));
        else if (other->bytes != each.bytes)
            tell(each.key, s("has another value"));
    }
    for (const Element &each : right) {
        if (!atSource.contains(each.key))
            tell(each.key, s("is only on the target"));
    }
    if (words.isEmpty())
        return s("its keys are in another order");
    return words.join(s(", ")) + (more > 0 ? s(" and %1 more").arg(more) : QString());
}

} // namespace Switchyard
