// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/codeuses.h"

#include "models/environment/envtext.h"
#include "models/environment/secretlook.h"
#include "models/environment/uselist.h"
#include "models/scan/filekind.h"

#include <QStringDecoder>

#include <algorithm>
#include <cstring>

namespace Switchyard {

namespace {

enum class Reader
{
    None,
    Python,
    JavaScript,
    Markup,
    Shell,
    Procfile,
    EnvExample,
    EnvSchema,
    AppJson,
    Commands
};

std::string lowered(std::string_view text)
{
    std::string result(text);
    for (char &c : result)
        c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    return result;
}

/// "#!/usr/bin/env python3".
Reader byFirstLine(std::string_view text)
{
    if (!text.starts_with("#!"))
        return Reader::None;
    const std::string_view line = text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
    const auto names = [&](std::string_view program) { return line.find(program) != std::string_view::npos; };
    if (names("python"))
        return Reader::Python;
    if (names("node") || names("deno") || names("bun"))
        return Reader::JavaScript;
    if (names("fish") || names("csh"))
        return Reader::None;
    return names("sh") ? Reader::Shell : Reader::None;
}

Reader readerFor(const std::string &path, std::string_view text)
{
    const std::string name = lowered(path.substr(path.rfind('/') + 1));
    static constexpr std::string_view examples[] = {".env.example", ".env.sample", ".env.template",
                                                    ".env.dist",    "env.example", ".env.defaults"};
    if (name == "app.json")
        return Reader::AppJson;
    if (name == ".env.schema")
        return Reader::EnvSchema;
    if (std::find(std::begin(examples), std::end(examples), name) != std::end(examples) ||
        (name.starts_with(".env.") && name.ends_with(".example")))
        return Reader::EnvExample;
    if (name == "procfile" || name.starts_with("procfile."))
        return Reader::Procfile;
    if (name == "package.json" || name == "fly.toml" || name == "render.yaml" || name == "render.yml")
        return Reader::Commands;
    const auto ends = [&](std::string_view suffix) { return name.ends_with(suffix); };
    switch (fileKindFor(path).syntax) {
    case Syntax::Python:
        return Reader::Python;
    case Syntax::JavaScript:
        // Declarations say of what type a variable would be; they read none.
        return ends(".d.ts") ? Reader::None : Reader::JavaScript;
    case Syntax::Shell:
        return ends(".fish") || ends(".ps1") ? Reader::None : Reader::Shell;
    case Syntax::Html:
        return ends(".vue") || ends(".svelte") || ends(".astro") || ends(".html") || ends(".htm") ? Reader::Markup
                                                                                                  : Reader::None;
    case Syntax::Plain:
        return byFirstLine(text);
    default:
        return Reader::None;
    }
}

/// Most files read no variable: looking for the words that every use has is faster than reading them.
bool mayUse(Reader reader, std::string_view text)
{
    const auto has = [&](std::string_view what) {
        return ::memmem(text.data(), text.size(), what.data(), what.size()) != nullptr;
    };
    if (reader == Reader::Python)
        return has("environ") || has("getenv") || has("Settings") || has("decouple") || has("starlette");
    if (reader == Reader::JavaScript || reader == Reader::Markup)
        return has("env");
    return true;
}

constexpr std::size_t head = 8 * 1024;

/// UTF-8 without a mark; nothing for what is no text.
std::optional<QByteArray> textOf(const QByteArray &bytes)
{
    if (bytes.startsWith("\xFF\xFE") || bytes.startsWith("\xFE\xFF")) {
        QStringDecoder decoder(bytes.startsWith("\xFF") ? QStringConverter::Utf16LE : QStringConverter::Utf16BE);
        const QString decoded = decoder(bytes);
        return decoded.toUtf8();
    }
    if (std::memchr(bytes.constData(), 0, std::min(head, std::size_t(bytes.size()))) != nullptr)
        return {};
    return bytes.startsWith("\xEF\xBB\xBF") ? bytes.mid(3) : bytes;
}

} // namespace

bool isVariableName(const QString &name)
{
    return !name.isEmpty() && name.size() <= 256 && std::none_of(name.cbegin(), name.cend(), [](QChar c) {
        return c.isSpace() || c == u'=' || c.unicode() < 0x20 || c == QChar::ReplacementCharacter;
    });
}

QList<VariableUse> UseList::placed(std::string_view text, const QString &path)
{
    std::stable_sort(m_uses.begin(), m_uses.end(), [](const Found &a, const Found &b) { return a.at < b.at; });
    EnvText::LineCounter counter(text);
    QList<VariableUse> result;
    result.reserve(qsizetype(m_uses.size()));
    for (Found &each : m_uses) {
        // A quote is not part of the name.
        const char first = each.at < text.size() ? text[each.at] : '\0';
        std::size_t at = each.at;
        if (first == '"' || first == '\'' || first == '`')
            ++at;
        counter.advance(qsizetype(at));
        each.use.place = {path, counter.line(), counter.column()};
        each.use.publicByBuild = each.use.publicByBuild || isPublicByPrefix(each.use.name);
        result.append(std::move(each.use));
    }
    m_uses.clear();
    return result;
}

QList<VariableUse> variablesUsed(const QByteArray &bytes, const QString &path)
{
    // Offsets are kept in 32 bits.
    constexpr qsizetype largest = qsizetype(1) << 31;
    if (bytes.size() >= largest)
        return {};
    const std::optional<QByteArray> text = textOf(bytes);
    if (!text)
        return {};
    const std::string_view view = EnvText::view(*text);
    const std::string file = path.toStdString();
    const Reader reader = readerFor(file, view);
    if (reader == Reader::None || !mayUse(reader, view))
        return {};
    UseList uses;
    switch (reader) {
    case Reader::Python:
        readPythonUses(view, uses);
        break;
    case Reader::JavaScript:
        readJavaScriptUses(view, 0, view.size(), uses);
        break;
    case Reader::Markup:
        readMarkupUses(view, file, uses);
        break;
    case Reader::Shell:
        readShellUses(view, 0, view.size(), uses);
        break;
    case Reader::Procfile:
        readProcfileUses(view, uses);
        break;
    case Reader::EnvExample:
        readEnvExampleUses(*text, uses);
        break;
    case Reader::EnvSchema:
        readEnvSchemaUses(*text, uses);
        break;
    case Reader::AppJson:
        return appJsonUses(*text, path);
    case Reader::Commands:
        return commandUses(*text, path);
    case Reader::None:
        break;
    }
    return uses.placed(view, path);
}

QList<VariableUse> variablesOfCommand(const QString &command, const Place &place)
{
    const QByteArray text = command.toUtf8();
    UseList uses;
    readShellUses(EnvText::view(text), 0, std::size_t(text.size()), uses);
    QList<VariableUse> result = uses.placed(EnvText::view(text), place.file);
    for (VariableUse &use : result) {
        use.place = place;
        use.by = QStringLiteral("start command");
    }
    return result;
}

} // namespace Switchyard
