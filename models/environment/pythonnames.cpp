// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/pythonnames.h"

#include <algorithm>

namespace Switchyard {

namespace {

using Kind = CodeToken::Kind;
constexpr std::size_t npos = std::string_view::npos;

struct Import
{
    std::string_view module;
    std::string_view name; ///< empty: the module itself
    PythonThing thing;
};
constexpr Import imports[] = {
    {"os", "", PythonThing::Os},
    {"os", "environ", PythonThing::Environ},
    {"os", "getenv", PythonThing::Getenv},
    {"starlette.config", "Config", PythonThing::StarletteClass},
    {"decouple", "", PythonThing::DecoupleModule},
    {"decouple", "config", PythonThing::DecoupleConfig},
    {"decouple", "Config", PythonThing::DecoupleClass},
    {"decouple", "AutoConfig", PythonThing::DecoupleClass},
    {"environ", "", PythonThing::DjangoModule},
    {"environ", "Env", PythonThing::DjangoClass},
    {"environ", "FileAwareEnv", PythonThing::DjangoClass},
    {"environs", "", PythonThing::EnvironsModule},
    {"environs", "Env", PythonThing::EnvironsClass},
    {"environs", "env", PythonThing::EnvironsEnv},
    {"pydantic", "BaseSettings", PythonThing::SettingsV1},
    {"pydantic.env_settings", "BaseSettings", PythonThing::SettingsV1},
    {"pydantic.v1", "BaseSettings", PythonThing::SettingsV1},
    {"pydantic_settings", "BaseSettings", PythonThing::SettingsV2},
    {"pydantic", "Field", PythonThing::Field},
    {"pydantic.v1", "Field", PythonThing::Field},
    {"pydantic.fields", "Field", PythonThing::Field},
};

PythonThing imported(std::string_view module, std::string_view name)
{
    const auto *found = std::find_if(std::begin(imports), std::end(imports),
                                     [&](const Import &each) { return each.module == module && each.name == name; });
    return found == std::end(imports) ? PythonThing::Nothing : found->thing;
}

/// "a.b.c" from token i on; i is moved behind it.
std::string dotted(const CodeTokens &tokens, std::size_t &i)
{
    std::string result;
    while (tokens.isName(i) || tokens.is(i, ".") || tokens.is(i, "...")) {
        if (tokens.is(i, "import") || tokens.is(i, "as"))
            break;
        result += tokens.text(i++);
    }
    return result;
}

} // namespace

std::size_t pythonIndent(std::string_view text, std::size_t at)
{
    const std::size_t newline = at == 0 ? npos : text.rfind('\n', at - 1);
    const std::size_t line = newline == npos ? 0 : newline + 1;
    std::size_t i = line;
    while (i < text.size() && (text[i] == ' ' || text[i] == '\t'))
        ++i;
    return i - line;
}

bool beginsStatement(const CodeTokens &tokens, std::size_t i)
{
    return i == 0 || tokens[i - 1].kind == Kind::Newline || tokens.is(i - 1, ";") || tokens.is(i - 1, ":");
}

PythonNames::PythonNames(const CodeTokens &tokens, std::string_view text)
    : m_text(text)
{
    // Also without an import: `from settings import *` brings it, and nobody calls anything else os.
    bind("os", {PythonThing::Os, 0, npos, {}, {}});
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (!tokens.isName(i) || !beginsStatement(tokens, i))
            continue;
        if (tokens.is(i, "import"))
            readImport(tokens, i + 1);
        else if (tokens.is(i, "from"))
            readFrom(tokens, i + 1);
        else
            readAssignment(tokens, i);
    }
}

const PythonName *PythonNames::find(std::string_view name, std::size_t at) const
{
    const auto known = m_names.find(std::string(name));
    if (known == m_names.end())
        return nullptr;
    // What was bound last counts.
    for (auto each = known->second.rbegin(); each != known->second.rend(); ++each) {
        if (each->from <= at && at < each->to)
            return &*each;
    }
    return nullptr;
}

void PythonNames::readImport(const CodeTokens &tokens, std::size_t i)
{
    while (tokens.isName(i)) {
        const std::size_t first = i;
        const std::string module = dotted(tokens, i);
        std::string_view name = tokens.text(first);
        std::string meant = module;
        if (tokens.is(i, "as")) {
            name = tokens.text(i + 1);
            i += 2;
        } else {
            meant = std::string(name); // `import os.path` binds os
        }
        if (const PythonThing thing = imported(meant, ""); thing != PythonThing::Nothing)
            bind(name, {thing, 0, npos, {}, {}});
        if (!tokens.is(i, ","))
            return;
        ++i;
    }
}

void PythonNames::readFrom(const CodeTokens &tokens, std::size_t i)
{
    const std::string module = dotted(tokens, i);
    if (!tokens.is(i, "import"))
        return;
    ++i;
    if (tokens.is(i, "("))
        ++i;
    while (tokens.isName(i)) {
        const std::string_view original = tokens.text(i++);
        std::string_view name = original;
        if (tokens.is(i, "as")) {
            name = tokens.text(i + 1);
            i += 2;
        }
        if (const PythonThing thing = imported(module, original); thing != PythonThing::Nothing)
            bind(name, {thing, 0, npos, {}, {}});
        if (!tokens.is(i, ","))
            return;
        ++i;
    }
}

std::size_t PythonNames::environEnd(const CodeTokens &tokens, std::size_t i) const
{
    if (!tokens.isName(i) || tokens.isBefore(i, "."))
        return 0;
    const PythonThing meant = thing(tokens.text(i), tokens[i].begin);
    if (meant == PythonThing::Os && tokens.is(i + 1, ".") && tokens.is(i + 2, "environ"))
        return i + 3;
    return meant == PythonThing::Environ ? i + 1 : 0;
}

/// What the expression at i is, where the whole of it is one of these.
PythonName PythonNames::assigned(const CodeTokens &tokens, std::size_t i) const
{
    const auto ends = [&](std::size_t at) {
        return tokens[at].kind == Kind::Newline || tokens[at].kind == Kind::End || tokens.is(at, ";");
    };
    PythonName result;
    if (const std::size_t end = environEnd(tokens, i); end > 0) {
        if (ends(end))
            result.thing = PythonThing::Environ;
        else if (tokens.is(end, ".") && tokens.is(end + 1, "get") && ends(end + 2))
            result.thing = PythonThing::EnvironGet;
        return result;
    }
    const PythonThing meant = thing(tokens.text(i), tokens[i].begin);
    std::size_t call = i + 1;
    PythonThing made = meant;
    if (tokens.is(i + 1, ".") && tokens.isName(i + 2)) {
        call = i + 3;
        if (meant == PythonThing::Os && tokens.is(i + 2, "getenv") && ends(i + 3))
            result.thing = PythonThing::Getenv;
        const bool env = tokens.is(i + 2, "Env") || tokens.is(i + 2, "FileAwareEnv");
        made = meant == PythonThing::DjangoModule && env     ? PythonThing::DjangoClass
               : meant == PythonThing::EnvironsModule && env ? PythonThing::EnvironsClass
                                                             : PythonThing::Nothing;
    } else if (meant == PythonThing::Getenv && ends(i + 1)) {
        result.thing = PythonThing::Getenv;
    }
    if (!tokens.is(call, "(") || !ends(tokens.behind(call)))
        return result;
    if (made == PythonThing::StarletteClass)
        result.thing = PythonThing::StarletteConfig;
    else if (made == PythonThing::DecoupleClass)
        result.thing = PythonThing::DecoupleConfig;
    else if (made == PythonThing::DjangoClass)
        result.thing = PythonThing::DjangoEnv;
    else if (made == PythonThing::EnvironsClass)
        result.thing = PythonThing::EnvironsEnv;
    else
        return result;
    for (const CodeArgument &argument : codeArguments(tokens, call)) {
        const bool named = !argument.name.empty();
        if (argument.name == "env_prefix" || argument.name == "prefix")
            result.prefix = tokens.literal(argument.begin, argument.end).value_or(QString());
        else if (named && result.thing == PythonThing::DjangoEnv && tokens.is(argument.begin, "(")) {
            // DEBUG=(bool, False): the variable's type and default.
            if (const auto pair = codeArguments(tokens, argument.begin); pair.size() == 2)
                result.defaults[QString::fromUtf8(argument.name.data(), qsizetype(argument.name.size()))] =
                    tokens.value(pair[1].begin, pair[1].end);
        }
    }
    return result;
}

/// Where the function or class whose body holds `at` ends; npos for what stands in the module.
std::size_t PythonNames::scopeEnd(std::size_t at) const
{
    std::size_t indent = pythonIndent(m_text, at);
    bool inside = false;
    constexpr std::size_t furthest = 200'000; // bytes that a function is looked for
    const std::size_t limit = at > furthest ? at - furthest : 0;
    std::size_t line = at == 0 ? npos : m_text.rfind('\n', at - 1);
    while (!inside && indent > 0 && line != npos && line > limit) {
        const std::size_t before = m_text.rfind('\n', line - 1);
        const std::size_t begin = before == npos ? 0 : before + 1;
        const std::size_t here = pythonIndent(m_text, begin);
        const std::string_view content = m_text.substr(begin + here, line - begin - here);
        if (!content.empty() && content[0] != '#' && content[0] != '\r' && here < indent) {
            indent = here;
            inside = content.starts_with("def ") || content.starts_with("async def ") || content.starts_with("class ");
        }
        line = before;
    }
    if (!inside)
        return npos;
    for (line = m_text.find('\n', at); line != npos; line = m_text.find('\n', line + 1)) {
        const std::size_t first = line + 1 + pythonIndent(m_text, line + 1);
        const char c = first < m_text.size() ? m_text[first] : '\n';
        if (c != '\n' && c != '\r' && c != '#' && c != ')' && first - line - 1 <= indent)
            return first;
    }
    return npos;
}

void PythonNames::readAssignment(const CodeTokens &tokens, std::size_t i)
{
    std::size_t equals = i + 1;
    if (tokens.is(equals, ":"))
        equals = tokens.expressionEnd(equals + 1, {"="});
    if (!tokens.is(equals, "=") || !tokens.isName(equals + 1))
        return;
    PythonName meaning = assigned(tokens, equals + 1);
    const bool known = m_names.contains(std::string(tokens.text(i)));
    // A name that is bound to something else means that from there on.
    if (meaning.thing == PythonThing::Nothing && !known)
        return;
    const std::size_t at = tokens[i].begin;
    // What a module assigns, its functions see, wherever they stand.
    meaning.to = scopeEnd(at);
    const bool nothing = meaning.thing == PythonThing::Nothing;
    // `else: environ = {}` for another system does not undo the import.
    if (nothing && meaning.to == npos && pythonIndent(m_text, at) > 0)
        return;
    meaning.from = meaning.to == npos && meaning.thing != PythonThing::Nothing && !known ? 0 : at;
    bind(tokens.text(i), std::move(meaning));
}

} // namespace Switchyard
