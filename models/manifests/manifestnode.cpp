// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/manifestnode.h"

#include "models/common/toml.h"
#include "models/common/yaml.h"
#include "models/manifests/jsonreader.h"

#include <QRegularExpression>

#include <algorithm>

namespace Switchyard {

namespace {

using Type = ManifestNode::Type;

/// What a plain YAML scalar is by the core schema of YAML 1.2. Texts such as yes, 0777 or 1_000 stay texts: the parsers
/// of the platforms disagree about them, and the text is kept in any case.
void typePlain(ManifestNode &node)
{
    static const QRegularExpression whole(QStringLiteral("\\A[-+]?[0-9]{1,18}\\z"));
    static const QRegularExpression real(QStringLiteral("\\A[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?\\z"));
    if (node.text == QLatin1StringView("true") || node.text == QLatin1StringView("false")) {
        node.type = Type::Boolean;
        node.boolean = node.text == QLatin1StringView("true");
    } else if (whole.match(node.text).hasMatch()) {
        node.type = Type::Integer;
        node.integer = node.text.toLongLong();
    } else if (real.match(node.text).hasMatch()) {
        node.type = Type::Float;
        node.real = node.text.toDouble();
    }
}

ManifestNode fromYaml(const YamlNode &source, const QString &file)
{
    ManifestNode node;
    node.key = source.key;
    node.keyPlace = source.keyPlace(file);
    node.place = source.place(file);
    switch (source.type) {
    case YamlNode::Type::Null:
        // The parser gives a value that is not there the place of what comes next, which is another key's.
        if (source.keyLine > 0)
            node.place = node.keyPlace;
        break;
    case YamlNode::Type::Scalar:
        node.type = Type::String;
        node.text = source.text;
        node.plain = !source.quoted;
        if (node.plain)
            typePlain(node);
        break;
    case YamlNode::Type::Sequence:
    case YamlNode::Type::Mapping:
        node.type = source.isMapping() ? Type::Map : Type::List;
        node.children.reserve(source.children.size());
        for (const YamlNode &child : source.children)
            node.children.push_back(fromYaml(child, file));
        break;
    }
    return node;
}

ManifestNode fromToml(const TomlNode &source, const QString &file)
{
    ManifestNode node;
    node.key = source.key;
    node.keyPlace = {file, source.keyRegion.line, source.keyRegion.column};
    node.place = {file, source.region.line, source.region.column};
    node.text = source.text;
    switch (source.type) {
    case TomlNode::Type::Table:
        node.type = Type::Map;
        break;
    case TomlNode::Type::Array:
        node.type = Type::List;
        break;
    case TomlNode::Type::String:
    case TomlNode::Type::DateTime:
        node.type = Type::String;
        break;
    case TomlNode::Type::Integer:
        node.type = Type::Integer;
        node.integer = source.integer;
        node.text = QString::number(source.integer);
        break;
    case TomlNode::Type::Float:
        node.type = Type::Float;
        node.real = source.real;
        node.text = QString::number(source.real, 'g', 17);
        break;
    case TomlNode::Type::Boolean:
        node.type = Type::Boolean;
        node.boolean = source.boolean;
        node.text = source.boolean ? QStringLiteral("true") : QStringLiteral("false");
        break;
    }
    node.children.reserve(source.children.size());
    for (const TomlNode &child : source.children)
        node.children.push_back(fromToml(child, file));
    return node;
}

bool isListOfScalars(const ManifestNode &node)
{
    return node.isList() && !node.children.empty() &&
           std::all_of(node.children.begin(), node.children.end(),
                       [](const ManifestNode &child) { return child.isScalar() || child.type == Type::Null; });
}

void visitKeys(const ManifestNode &node, const QString &path,
               const std::function<void(const QString &, const ManifestNode &)> &visit)
{
    if (node.children.empty() || isListOfScalars(node))
        return visit(path, node);
    int n = 0;
    for (const ManifestNode &child : node.children) {
        if (node.isList())
            visitKeys(child, path + QStringLiteral("[%1]").arg(n++), visit);
        else
            visitKeys(child, path.isEmpty() ? child.key : path + QLatin1Char('.') + child.key, visit);
    }
}

} // namespace

const ManifestNode *ManifestNode::find(QStringView name) const
{
    const auto it =
        std::find_if(children.begin(), children.end(), [name](const ManifestNode &child) { return child.key == name; });
    return isMap() && it != children.end() ? &*it : nullptr;
}

Result<ManifestNode> parseManifest(const QByteArray &text, const QString &fileName, ManifestSyntax syntax)
{
    switch (syntax) {
    case ManifestSyntax::Yaml:
        return parseYaml(text, fileName).map([&](const YamlNode &root) { return fromYaml(root, fileName); });
    case ManifestSyntax::Toml:
        return parseToml(text, fileName).map([&](const TomlNode &root) {
            ManifestNode node = fromToml(root, fileName);
            node.place = {fileName, 1, 1};
            return node;
        });
    case ManifestSyntax::Json:
        break;
    }
    return parseJsonText(text, fileName);
}

void forEachKey(const ManifestNode &root,
                const std::function<void(const QString &path, const ManifestNode &node)> &visit)
{
    if (!root.children.empty())
        visitKeys(root, {}, visit);
}

} // namespace Switchyard
