// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace Switchyard {

/// One value of a YAML document with its place: lines and columns count from 1, columns in code points. A plain value
/// type, safe in every thread. Aliases are followed and merge keys (<<) are merged: what stands here is what a platform
/// would see. A value that came through an alias keeps the place of its anchor.
struct YamlNode
{
    enum class Type
    {
        Null, ///< nothing, ~ or null
        Scalar,
        Sequence,
        Mapping
    };

    Type type = Type::Null;
    QString key; ///< name in the mapping that holds it; empty for elements of sequences and the root
    int keyLine = 0;
    int keyColumn = 0;
    int line = 0;
    int column = 0;
    QString text;                   ///< Scalar
    bool quoted = false;            ///< Scalar: in quotes, a block, or tagged as text; `true` and `8` are texts then
    std::vector<YamlNode> children; ///< members of a mapping or elements of a sequence, in the order of the text

    bool isMapping() const { return type == Type::Mapping; }
    bool isSequence() const { return type == Type::Sequence; }
    bool isScalar() const { return type == Type::Scalar; }

    /// The member of a mapping, nullptr where there is none.
    const YamlNode *find(QStringView name) const;
    /// Nothing for what is no plain decimal whole number.
    std::optional<qint64> integer() const;
    /// Nothing for what is no plain true or false, as YAML 1.2 spells them.
    std::optional<bool> boolean() const;
    Place place(const QString &file) const { return {file, line, column}; }
    Place keyPlace(const QString &file) const { return {file, keyLine, keyColumn}; }
};

/// Reads a text of one document; an empty one is Null. A byte order mark is skipped.
///
/// Refused before or while the parser reads: more than 1 MB, bytes that are not UTF-8, control characters, nesting
/// deeper than 100, more than 200,000 values (aliases counted as often as they are followed), an alias inside its own
/// anchor. Refused because the parser lets it pass in silence: a key that stands twice, quotes that never end, a
/// further document, keys that are no scalars. Errors (usage) carry the place; the message repeats no value of the
/// file, only keys.
[[nodiscard]] Result<YamlNode> parseYaml(const QByteArray &text, const QString &fileName);

} // namespace Switchyard
