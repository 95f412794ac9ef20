// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QString>

#include <functional>
#include <vector>

namespace Switchyard {

/// The grammar of a manifest.
enum class ManifestSyntax
{
    Yaml,
    Toml,
    Json ///< with comments and trailing commas, as people write them; strict ones are a finding
};

/// One value of a manifest in any of the three grammars, with its place. A plain value type, safe in every thread.
/// A place is what tells one value from another (ledger.h); values that came through a YAML alias share theirs.
struct ManifestNode
{
    enum class Type
    {
        Null,
        Boolean,
        Integer,
        Float,
        String,
        List,
        Map
    };

    Type type = Type::Null;
    QString key; ///< name in the map that holds it; empty for elements of lists and the root
    Place keyPlace;
    Place place;
    QString text;       ///< scalars: the string, or the other scalar as it is written ("3.10", "true", "100_000")
    bool plain = false; ///< YAML: a scalar without quotes, whose type the text alone decides
    bool boolean = false;
    qint64 integer = 0;
    double real = 0;
    std::vector<ManifestNode> children; ///< members of a map or elements of a list, in the order of the text

    bool isMap() const { return type == Type::Map; }
    bool isList() const { return type == Type::List; }
    bool isScalar() const { return type != Type::Map && type != Type::List && type != Type::Null; }
    bool isNumber() const { return type == Type::Integer || type == Type::Float; }
    double number() const { return type == Type::Integer ? double(integer) : real; }

    /// The member of a map, nullptr where there is none.
    const ManifestNode *find(QStringView name) const;
};

/// Reads a text. Limits and refusals are those of parseYaml() and parseToml(); JSON: 1 MB, nesting up to 100 levels, no
/// key twice. Errors (usage) carry the place; the message repeats no value of the file, only keys.
[[nodiscard]] Result<ManifestNode> parseManifest(const QByteArray &text, const QString &fileName,
                                                 ManifestSyntax syntax);

/// Calls `visit` with each key of the tree and its path ("services[0].envVars[2].value"): every scalar, null and empty
/// collection, and each list of scalars as one. In the order of the text.
void forEachKey(const ManifestNode &root,
                const std::function<void(const QString &path, const ManifestNode &node)> &visit);

} // namespace Switchyard
