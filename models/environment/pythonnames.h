// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/codetokens.h"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace Switchyard {

/// What a name of a Python module stands for, as far as the environment is concerned.
enum class PythonThing
{
    Nothing,
    Os,
    Environ,
    Getenv,
    EnvironGet, ///< `get = os.environ.get`
    StarletteClass,
    StarletteConfig,
    DecoupleModule,
    DecoupleClass,
    DecoupleConfig,
    DjangoModule, ///< `import environ`
    DjangoClass,
    DjangoEnv,
    EnvironsModule,
    EnvironsClass,
    EnvironsEnv,
    SettingsV1, ///< pydantic.BaseSettings
    SettingsV2, ///< pydantic_settings.BaseSettings
    Field
};

struct PythonName
{
    PythonThing thing = PythonThing::Nothing;
    std::size_t from = 0; ///< bytes between which the name means this
    std::size_t to = 0;
    QString prefix;                        ///< of starlette's Config
    std::map<QString, CodeValue> defaults; ///< of django-environ's scheme
};

/// Imports and aliases. Names that a function binds count within that function only.
class PythonNames final
{
public:
    PythonNames(const CodeTokens &tokens, std::string_view text);
    /// nullptr where the name, at this byte, means nothing of these.
    const PythonName *find(std::string_view name, std::size_t at) const;
    PythonThing thing(std::string_view name, std::size_t at) const
    {
        const PythonName *found = find(name, at);
        return found ? found->thing : PythonThing::Nothing;
    }
    /// Behind an expression that is os.environ and begins at token i; 0 where there is none.
    std::size_t environEnd(const CodeTokens &tokens, std::size_t i) const;

private:
    void readImport(const CodeTokens &tokens, std::size_t i);
    void readFrom(const CodeTokens &tokens, std::size_t i);
    void readAssignment(const CodeTokens &tokens, std::size_t i);
    PythonName assigned(const CodeTokens &tokens, std::size_t i) const;
    std::size_t scopeEnd(std::size_t at) const;
    void bind(std::string_view name, PythonName meaning)
    {
        std::vector<PythonName> &known = m_names[std::string(name)];
        constexpr std::size_t most = 1000; // a generated file must not take time by the square
        if (known.size() < most)
            known.push_back(std::move(meaning));
    }

    std::string_view m_text;
    std::unordered_map<std::string, std::vector<PythonName>> m_names;
};

/// Columns of white space before the first byte of the line that holds `at`.
std::size_t pythonIndent(std::string_view text, std::size_t at);
/// Whether a statement begins at token i.
bool beginsStatement(const CodeTokens &tokens, std::size_t i);

} // namespace Switchyard
