// SPDX-License-Identifier: GPL-3.0-or-later
// What stands beside the code: app.json, .env.example, .env.schema, Procfile, and the start commands of manifests.
#include "models/environment/envdocument.h"
#include "models/environment/uselist.h"
#include "models/manifests/jsonreader.h"

#include <QFileInfo>

#include <algorithm>

namespace Switchyard {

namespace {

bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// "# @required @sensitive=false @type=string(startsWith=sk-)": the value of a decorator; empty where it stands alone,
/// nothing where it does not stand there.
std::optional<std::string_view> decorator(std::string_view comment, std::string_view name)
{
    for (std::size_t at = comment.find('@'); at != std::string_view::npos; at = comment.find('@', at + 1)) {
        const bool begins = at > 0 && (isBlank(comment[at - 1]) || comment[at - 1] == '#');
        if (!begins || comment.substr(at + 1, name.size()) != name)
            continue;
        std::string_view rest = comment.substr(at + 1 + name.size());
        if (rest.empty() || isBlank(rest.front()))
            return std::string_view();
        if (rest.front() != '=')
            continue; // the beginning of a longer name
        rest.remove_prefix(1);
        return rest.substr(0, rest.find_first_of(" \t\r\n"));
    }
    return {};
}

/// @name, @name=true and @name=false, or its opposite.
std::optional<bool> flag(std::string_view comment, std::string_view name, std::string_view opposite)
{
    if (const auto value = decorator(comment, name))
        return *value != "false";
    if (const auto value = decorator(comment, opposite))
        return *value == "false";
    return {};
}

/// What the decorators above an entry, or those of the file, say.
struct SchemaWords
{
    std::optional<bool> required;
    std::optional<bool> sensitive;
    void add(std::string_view comment)
    {
        if (const auto said = flag(comment, "required", "optional"))
            required = said;
        if (const auto said = flag(comment, "sensitive", "public"))
            sensitive = said;
    }
};

VariableUse declared(const ManifestNode &entry)
{
    VariableUse use;
    use.name = entry.key;
    use.place = entry.keyPlace;
    use.by = QStringLiteral("app.json");
    if (!entry.isMap()) {
        if (entry.isScalar())
            use.fallback = entry.text;
        use.required = !use.fallback.has_value();
        return use;
    }
    if (const ManifestNode *value = entry.find(u"value"); value && value->isScalar())
        use.fallback = value->text;
    use.generated = entry.find(u"generator") != nullptr;
    const ManifestNode *required = entry.find(u"required");
    const bool optional = required && required->type == ManifestNode::Type::Boolean && !required->boolean;
    use.required = !optional && !use.generated && !use.fallback;
    return use;
}

bool isCommandKey(const QString &path, const QString &file)
{
    const QString last = path.section(u'.', -1);
    if (file == QStringLiteral("package.json"))
        return path.startsWith(QStringLiteral("scripts."));
    if (file == QStringLiteral("fly.toml"))
        return path.startsWith(QStringLiteral("processes.")) || last == QStringLiteral("release_command");
    return last == QStringLiteral("startCommand") || last == QStringLiteral("buildCommand") ||
           last == QStringLiteral("preDeployCommand") || last == QStringLiteral("dockerCommand");
}

} // namespace

void readProcfileUses(std::string_view text, UseList &uses)
{
    for (std::size_t line = 0; line < text.size();) {
        const std::size_t end = std::min(text.find('\n', line), text.size());
        const std::size_t colon = text.find(':', line);
        std::size_t first = line;
        while (first < end && isBlank(text[first]))
            ++first;
        if (colon < end && text[first] != '#')
            readShellUses(text, colon + 1, end, uses);
        line = end + 1;
    }
}

void readEnvExampleUses(const QByteArray &text, UseList &uses)
{
    const EnvDocument document = EnvDocument::parse(text);
    for (const EnvNode &node : document.nodes()) {
        const QString name = document.name(node);
        if ((node.kind == EnvNode::Kind::Assignment || node.kind == EnvNode::Kind::Bare) && isVariableName(name))
            uses.add(node.nameBegin, name, ".env.example");
    }
}

void readEnvSchemaUses(const QByteArray &text, UseList &uses)
{
    const EnvDocument document = EnvDocument::parse(text);
    bool header = true;
    bool defaultRequired = false; // "infer", the usual: those that the file gives a value, and so none is missing
    std::optional<bool> defaultSensitive;
    SchemaWords words;
    for (const EnvNode &node : document.nodes()) {
        const std::string_view line(text.constData() + node.begin, node.end - node.begin);
        if (node.kind == EnvNode::Kind::Comment) {
            if (header && line.find("---") != std::string_view::npos) {
                header = false;
                words = {};
            } else if (header && decorator(line, "defaultRequired")) {
                const std::string_view value = *decorator(line, "defaultRequired");
                defaultRequired = value != "false" && value != "infer";
            }
            if (const auto value = decorator(line, "defaultSensitive"); value)
                defaultSensitive = *value != "false";
            words.add(line);
            continue;
        }
        const QString name = document.name(node);
        if ((node.kind == EnvNode::Kind::Assignment || node.kind == EnvNode::Kind::Bare) && isVariableName(name)) {
            header = false;
            // A comment behind the value speaks too.
            if (node.valueEnd < node.end)
                words.add(std::string_view(text.constData() + node.valueEnd, node.end - node.valueEnd));
            VariableUse &use = uses.add(node.nameBegin, name, ".env.schema");
            if (const QString value = document.value(node); !value.isEmpty()) {
                use.fallback = value;
                use.fallbackComputed = value.contains(u'$') || (value.endsWith(u')') && value.contains(u'('));
            }
            use.required = words.required.value_or(defaultRequired) && !use.fallback;
            use.sensitive = words.sensitive ? words.sensitive : defaultSensitive;
        }
        words = {};
    }
}

QList<VariableUse> appJsonUses(const QByteArray &text, const QString &path)
{
    const Result<ManifestNode> root = parseJsonText(text, path);
    const ManifestNode *env = root ? root->find(u"env") : nullptr;
    QList<VariableUse> result;
    if (!env || !env->isMap())
        return result;
    for (const ManifestNode &entry : env->children) {
        if (isVariableName(entry.key))
            result.append(declared(entry));
    }
    return result;
}

QList<VariableUse> commandUses(const QByteArray &text, const QString &path)
{
    const QString file = QFileInfo(path).fileName();
    const ManifestSyntax syntax = file.endsWith(QStringLiteral(".json"))   ? ManifestSyntax::Json
                                  : file.endsWith(QStringLiteral(".toml")) ? ManifestSyntax::Toml
                                                                           : ManifestSyntax::Yaml;
    QList<VariableUse> result;
    const Result<ManifestNode> root = parseManifest(text, path, syntax);
    if (!root)
        return result;
    forEachKey(*root, [&](const QString &key, const ManifestNode &node) {
        if (node.type == ManifestNode::Type::String && isCommandKey(key, file))
            result += variablesOfCommand(node.text, node.place);
    });
    return result;
}

} // namespace Switchyard
