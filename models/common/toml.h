// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QString>

#include <vector>

namespace Switchyard {

/// Where something stands in a text: first line and column (from 1, columns in code points) and its bytes [begin, end).
struct TomlRegion
{
    int line = 0;
    int column = 0;
    qsizetype begin = 0;
    qsizetype end = 0;
};

/// One value of a TOML document with its place. A plain value type, safe in every thread.
/// The region of a table that has a header is the header alone; that of a table made by a dotted key is that key.
struct TomlNode
{
    enum class Type
    {
        Table,
        Array,
        String,
        Integer,
        Float,
        Boolean,
        DateTime
    };

    Type type = Type::Table;
    QString key; ///< name in the table that holds it; empty for elements of arrays and the root
    TomlRegion keyRegion;
    TomlRegion region;
    bool isInline = false; ///< tables: written in braces; arrays: written in brackets

    QString text; ///< String; DateTime: as written
    qint64 integer = 0;
    double real = 0;
    bool boolean = false;
    std::vector<TomlNode> children; ///< members of a table or elements of an array, in the order of the text

    /// The member of a table, nullptr where there is none.
    const TomlNode *find(QStringView name) const;
    TomlNode *find(QStringView name);
};

/// Whether two trees say the same, wherever it stands in the text. Members of tables compare without order.
bool sameTomlValue(const TomlNode &left, const TomlNode &right);

/// Reads a text. Refused before the parser sees it: more than 1 MB, bytes that are not UTF-8, keys of more than
/// 100 parts and brackets nested deeper than 32 (toml++ 3.3 recurses for each and would overflow the stack).
/// A byte order mark is skipped. Errors (usage) carry the place; the message repeats no value of the file.
[[nodiscard]] Result<TomlNode> parseToml(const QByteArray &text, const QString &fileName);

} // namespace Switchyard
