// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/codeuses.h"

#include <string_view>
#include <vector>

namespace Switchyard {

/// Uses with the byte at which their name stands; places are counted at the end, in one pass over the text.
class UseList final
{
public:
    VariableUse &add(std::size_t at, QString name, const char *by)
    {
        m_uses.push_back({at, {}});
        VariableUse &use = m_uses.back().use;
        use.name = std::move(name);
        use.by = QString::fromLatin1(by);
        return use;
    }
    std::size_t size() const { return m_uses.size(); }
    VariableUse &operator[](std::size_t i) { return m_uses[i].use; }
    QList<VariableUse> placed(std::string_view text, const QString &path);

private:
    struct Found
    {
        std::size_t at = 0;
        VariableUse use;
    };
    std::vector<Found> m_uses;
};

/// Whether a name can be that of a variable: no blanks, no "=", nothing empty.
bool isVariableName(const QString &name);

// One reader for each language.
void readPythonUses(std::string_view text, UseList &uses);
void readJavaScriptUses(std::string_view text, std::size_t begin, std::size_t end, UseList &uses);
/// Scripts of .vue, .svelte, .astro and HTML.
void readMarkupUses(std::string_view text, std::string_view path, UseList &uses);
void readShellUses(std::string_view text, std::size_t begin, std::size_t end, UseList &uses);
void readProcfileUses(std::string_view text, UseList &uses);
void readEnvExampleUses(const QByteArray &text, UseList &uses);
void readEnvSchemaUses(const QByteArray &text, UseList &uses);
/// Those of JSON, YAML and TOML have places already.
QList<VariableUse> appJsonUses(const QByteArray &text, const QString &path);
QList<VariableUse> commandUses(const QByteArray &text, const QString &path);

} // namespace Switchyard
