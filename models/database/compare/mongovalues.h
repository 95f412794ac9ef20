// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// BSON as a comparison reads it: documents out of the answers of cursors, definitions and keys as text, and how two
// documents differ. Nothing here asks a server.

#include <QByteArray>
#include <QByteArrayView>
#include <QList>
#include <QString>

#include <optional>
#include <vector>

namespace Switchyard {

/// What a cursor gave at once. The documents lie in the answer that it was read from.
struct MongoBatch
{
    qint64 cursor = 0;  ///< 0: that was all
    QString collection; ///< that getMore wants: "orders", "$cmd.listCollections"
    std::vector<QByteArrayView> documents;
};

/// Nothing: it is no cursor's answer.
std::optional<MongoBatch> mongoBatch(const QByteArray &reply);

/// The value at that place ("options.viewOn"). Empty or nothing where there is none, or one of another type.
QString mongoString(QByteArrayView document, const char *path);
std::optional<qint64> mongoNumber(QByteArrayView document, const char *path);
bool mongoFlag(QByteArrayView document, const char *path);
QByteArrayView mongoDocument(QByteArrayView document, const char *path); ///< also of an array

enum class KeyOrder
{
    Kept,  ///< it means something: the keys of an index, the stages of a view
    Sorted ///< it does not
};

/// As a person writes it in the shell: {"a": 1, "b": ObjectId("…")}. Numbers by their value, so that 1, 1.0 and 1 as a
/// long are one text. `without`: names of the top that are left out.
QString mongoText(QByteArrayView document, KeyOrder order, const QList<QByteArray> &without = {});

/// Of the document's _id, in the same writing; numbers of another type with the same value are one _id for a server.
/// Empty: it has none.
QString mongoIdText(QByteArrayView document);
/// Its _id alone, as the server sent it: {"_id": …}.
QByteArray mongoIdOf(QByteArrayView document);

/// {find: …, filter: {_id: {$in: […]}}} over documents made by mongoIdOf().
QByteArray mongoLookup(const QString &collection, const std::vector<QByteArray> &ids, qint64 maxTimeMs);

/// 16 bytes over all bytes of the document: the order of its keys and the types of its numbers are with them.
/// `sorted`: whatever the order of its first keys.
QByteArray mongoHash(QByteArrayView document, bool sorted);

/// "qty is int32 on the source and int64 on the target", "price differs in its value", "its keys are in another order":
/// names of keys and types of the first few, no values.
QString mongoDifference(QByteArrayView source, QByteArrayView target);

} // namespace Switchyard
