// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/pythonsettings.h"

#include <algorithm>

namespace Switchyard {

namespace {

using Kind = CodeToken::Kind;

/// What a settings class says of all its fields; subclasses inherit it.
struct SettingsClass
{
    std::string name;
    bool second = false; ///< pydantic 2
    QString prefix;
    bool caseSensitive = false;
    std::map<QString, QStringList> fields; ///< version 1: Config.fields
};

/// One field as it is written; its names come when the whole class is known.
struct SettingsField
{
    std::size_t at = 0;
    QString name;
    CodeValue value;
    bool hasDefault = false;
    QStringList names; ///< env=, alias=, validation_alias=
};

class SettingsReader final
{
public:
    SettingsReader(const CodeTokens &tokens, const PythonNames &names, std::string_view text, UseList &uses)
        : m_tokens(tokens)
        , m_names(names)
        , m_text(text)
        , m_uses(uses)
    {
    }
    void read();

private:
    void readClass(std::size_t i);
    bool base(const CodeArgument &argument, SettingsClass &settings) const;
    void readBody(std::size_t colon, std::size_t indent, SettingsClass &settings);
    void readConfigClass(std::size_t begin, std::size_t end, SettingsClass &settings) const;
    void readOption(std::string_view name, std::size_t begin, std::size_t end, SettingsClass &settings) const;
    void readOptions(std::size_t open, SettingsClass &settings) const;
    void readField(std::size_t begin, std::size_t end, const SettingsClass &settings,
                   std::vector<SettingsField> &fields) const;
    void readFieldCall(std::size_t open, bool second, SettingsField &field) const;
    QStringList namesIn(std::size_t begin, std::size_t end) const;
    bool isField(std::size_t i) const;
    void add(const SettingsField &field, const SettingsClass &settings);
    std::size_t statementEnd(std::size_t i) const;
    std::size_t indentAt(std::size_t i) const { return pythonIndent(m_text, m_tokens[i].begin); }

    const CodeTokens &m_tokens;
    const PythonNames &m_names;
    std::string_view m_text;
    UseList &m_uses;
    std::vector<SettingsClass> m_classes;
};

std::size_t SettingsReader::statementEnd(std::size_t i) const
{
    while (i < m_tokens.size() && m_tokens[i].kind != Kind::Newline)
        i = m_tokens.behind(i);
    return i;
}

bool SettingsReader::base(const CodeArgument &argument, SettingsClass &settings) const
{
    const std::string_view first = m_tokens.text(argument.begin);
    const std::string_view last = m_tokens.text(argument.end - 1);
    for (const SettingsClass &known : m_classes) {
        if (argument.end == argument.begin + 1 && known.name == first) {
            const std::string name = settings.name;
            settings = known;
            settings.name = name;
            return true;
        }
    }
    PythonThing thing = PythonThing::Nothing;
    if (argument.end == argument.begin + 1)
        thing = m_names.thing(first, m_tokens[argument.begin].begin);
    else if (last == "BaseSettings" && first == "pydantic")
        thing = PythonThing::SettingsV1;
    else if (last == "BaseSettings")
        thing = PythonThing::SettingsV2;
    // Imported from a module of the project, or in a try: the newer version is the likelier.
    if (thing == PythonThing::Nothing && argument.end == argument.begin + 1 && first == "BaseSettings")
        thing = PythonThing::SettingsV2;
    if (thing != PythonThing::SettingsV1 && thing != PythonThing::SettingsV2)
        return false;
    settings.second = thing == PythonThing::SettingsV2;
    return true;
}

void SettingsReader::readOption(std::string_view name, std::size_t begin, std::size_t end,
                                SettingsClass &settings) const
{
    if (name == "env_prefix")
        settings.prefix = m_tokens.literal(begin, end).value_or(settings.prefix);
    else if (name == "case_sensitive")
        settings.caseSensitive = m_tokens.is(begin, "True");
    else if (name == "fields" && m_tokens.is(begin, "{")) {
        // {"redis_dsn": {"env": ["A", "B"]}} or {"redis_dsn": "A"}
        for (const CodeArgument &entry : codeArguments(m_tokens, begin)) {
            const std::optional<QString> field = m_tokens.literal(entry.begin, entry.begin + 1);
            if (!field || !m_tokens.is(entry.begin + 1, ":"))
                continue;
            std::size_t value = entry.begin + 2;
            if (!m_tokens.is(value, "{"))
                continue; // an alias, which the environment does not look at
            for (const CodeArgument &inner : codeArguments(m_tokens, value)) {
                if (m_tokens.literal(inner.begin, inner.begin + 1) == QStringLiteral("env"))
                    settings.fields[*field] = namesIn(inner.begin + 2, inner.end);
            }
        }
    }
}

/// SettingsConfigDict(env_prefix="X") or {"env_prefix": "X"}.
void SettingsReader::readOptions(std::size_t open, SettingsClass &settings) const
{
    for (const CodeArgument &argument : codeArguments(m_tokens, open)) {
        if (!argument.name.empty()) {
            readOption(argument.name, argument.begin, argument.end, settings);
        } else if (m_tokens.isString(argument.begin) && m_tokens.is(argument.begin + 1, ":")) {
            const CodeToken &key = m_tokens[argument.begin];
            readOption(m_text.substr(key.innerBegin, key.innerEnd - key.innerBegin), argument.begin + 2, argument.end,
                       settings);
        }
    }
}

void SettingsReader::readConfigClass(std::size_t begin, std::size_t end, SettingsClass &settings) const
{
    for (std::size_t i = begin; i < end; i = statementEnd(i) + 1) {
        if (m_tokens.isName(i) && m_tokens.is(i + 1, "="))
            readOption(m_tokens.text(i), i + 2, statementEnd(i), settings);
        else if (m_tokens.isName(i) && m_tokens.is(i + 1, ":")) {
            const std::size_t equals = m_tokens.expressionEnd(i + 2, {"="});
            if (m_tokens.is(equals, "="))
                readOption(m_tokens.text(i), equals + 1, statementEnd(i), settings);
        }
    }
}

/// "A", ["A", "B"] or AliasChoices("A", "B").
QStringList SettingsReader::namesIn(std::size_t begin, std::size_t end) const
{
    QStringList result;
    for (std::size_t i = begin; i < end; ++i) {
        // AliasPath("X", 0) reads a part of X.
        if (!m_tokens.isString(i) || !m_tokens[i].literal)
            continue;
        if (const std::optional<QString> name = m_tokens.literal(i, i + 1); name && isVariableName(*name))
            result.append(*name);
    }
    return result;
}

bool SettingsReader::isField(std::size_t i) const
{
    const std::string_view name = m_tokens.text(i);
    return m_names.thing(name, m_tokens[i].begin) == PythonThing::Field || name == "Field";
}

void SettingsReader::readFieldCall(std::size_t open, bool second, SettingsField &field) const
{
    QStringList alias;
    QStringList validation;
    const std::vector<CodeArgument> arguments = codeArguments(m_tokens, open);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const CodeArgument &each = arguments[i];
        if ((i == 0 && each.name.empty()) || each.name == "default") {
            field.hasDefault = !m_tokens.is(each.begin, "...");
            field.value = field.hasDefault ? m_tokens.value(each.begin, each.end) : CodeValue{};
        } else if (each.name == "default_factory") {
            field.hasDefault = true;
            field.value = m_tokens.value(each.begin, each.end);
        } else if (each.name == "env" && !second) {
            field.names = namesIn(each.begin, each.end);
        } else if (each.name == "alias" && second) {
            alias = namesIn(each.begin, each.end);
        } else if (each.name == "validation_alias" && second) {
            validation = namesIn(each.begin, each.end);
        }
    }
    if (second && field.names.isEmpty())
        field.names = validation.isEmpty() ? alias : validation;
}

/// NAME: type = value. Version 1 also takes fields without a type.
void SettingsReader::readField(std::size_t begin, std::size_t end, const SettingsClass &settings,
                               std::vector<SettingsField> &fields) const
{
    SettingsField field;
    const std::string_view name = m_tokens.text(begin);
    field.at = m_tokens[begin].begin;
    field.name = QString::fromUtf8(name.data(), qsizetype(name.size()));
    const bool typed = m_tokens.is(begin + 1, ":");
    if (name.starts_with('_') || name == "model_config" ||
        (!typed && (settings.second || !m_tokens.is(begin + 1, "="))))
        return;
    std::size_t value = begin + 2;
    if (typed) {
        const std::size_t equals = std::min(m_tokens.expressionEnd(begin + 2, {"="}), end);
        for (std::size_t i = begin + 2; i < equals; ++i) {
            if (m_tokens.is(i, "ClassVar"))
                return;
            // Annotated[str, Field(alias="X")]
            if (m_tokens.isName(i) && isField(i) && m_tokens.is(i + 1, "("))
                readFieldCall(i + 1, settings.second, field);
        }
        const bool optional = m_tokens.is(begin + 2, "Optional");
        if (!m_tokens.is(equals, "=") && optional && !settings.second)
            field.hasDefault = true; // None
        value = m_tokens.is(equals, "=") ? equals + 1 : end;
    }
    if (value < end) {
        if (m_tokens.isName(value) && isField(value) && m_tokens.is(value + 1, "(")) {
            readFieldCall(value + 1, settings.second, field);
        } else if (!m_tokens.is(value, "...")) {
            field.hasDefault = true;
            field.value = m_tokens.value(value, end);
        }
    }
    fields.push_back(std::move(field));
}

void SettingsReader::add(const SettingsField &field, const SettingsClass &settings)
{
    QStringList names = field.names;
    if (const auto known = settings.fields.find(field.name); names.isEmpty() && known != settings.fields.end())
        names = known->second;
    if (names.isEmpty()) {
        const QString name = settings.prefix + field.name;
        // Any case will do; people write capitals.
        names.append(settings.caseSensitive ? name : name.toUpper());
    }
    VariableUse &use = m_uses.add(field.at, names.takeFirst(), "");
    use.by = QStringLiteral("pydantic %1.%2").arg(QString::fromStdString(settings.name), field.name);
    use.anyOf = names;
    use.required = !field.hasDefault;
    use.fallback = field.value.text;
    use.fallbackComputed = field.value.computed;
}

void SettingsReader::readBody(std::size_t colon, std::size_t indent, SettingsClass &settings)
{
    std::vector<SettingsField> fields;
    std::size_t body = 0;
    std::size_t i = colon + 1;
    // `class A(BaseSettings): pass` has nothing to say.
    if (m_tokens[i].kind != Kind::Newline)
        return;
    for (++i; i < m_tokens.size(); i = statementEnd(i) + 1) {
        const std::size_t here = indentAt(i);
        if (here <= indent)
            break;
        if (body == 0)
            body = here;
        // Bodies of methods and of nested classes.
        if (here != body || !m_tokens.isName(i))
            continue;
        if (m_tokens.is(i, "class")) {
            std::size_t end = statementEnd(i) + 1;
            const std::size_t begin = end;
            while (end < m_tokens.size() && indentAt(end) > here)
                end = statementEnd(end) + 1;
            if (m_tokens.is(i + 1, "Config"))
                readConfigClass(begin, std::min(end, m_tokens.size()), settings);
            continue;
        }
        if (m_tokens.is(i, "model_config")) {
            const std::size_t equals = m_tokens.expressionEnd(i + 1, {"="});
            if (m_tokens.is(equals + 1, "{"))
                readOptions(equals + 1, settings);
            else if (m_tokens.is(equals + 2, "("))
                readOptions(equals + 2, settings);
            continue;
        }
        readField(i, statementEnd(i), settings, fields);
    }
    for (const SettingsField &field : fields)
        add(field, settings);
}

void SettingsReader::readClass(std::size_t i)
{
    SettingsClass settings;
    settings.name = std::string(m_tokens.text(i + 1));
    bool found = false;
    const std::vector<CodeArgument> bases = codeArguments(m_tokens, i + 2);
    for (const CodeArgument &argument : bases)
        found = (argument.name.empty() && base(argument, settings)) || found;
    if (!found)
        return;
    for (const CodeArgument &argument : bases) {
        if (!argument.name.empty())
            readOption(argument.name, argument.begin, argument.end, settings);
    }
    const std::size_t colon = m_tokens.behind(i + 2);
    if (!m_tokens.is(colon, ":"))
        return;
    readBody(colon, indentAt(i), settings);
    m_classes.push_back(std::move(settings));
}

void SettingsReader::read()
{
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        if (m_tokens.is(i, "class") && beginsStatement(m_tokens, i) && m_tokens.isName(i + 1) &&
            m_tokens.is(i + 2, "("))
            readClass(i);
    }
}

} // namespace

void readPythonSettings(const CodeTokens &tokens, const PythonNames &names, std::string_view text, UseList &uses)
{
    SettingsReader(tokens, names, text, uses).read();
}

} // namespace Switchyard
