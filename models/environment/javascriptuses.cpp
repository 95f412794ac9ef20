// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/javascriptschemas.h"
#include "models/environment/secretlook.h"

#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

using Kind = CodeToken::Kind;

bool isAccess(const CodeTokens &tokens, std::size_t i)
{
    return tokens.is(i, ".") || tokens.is(i, "?.");
}

/// Whether the name at i is one by itself, and not a member of something else.
bool standsAlone(const CodeTokens &tokens, std::size_t i)
{
    if (i == 0 || !isAccess(tokens, i - 1))
        return true;
    return i >= 2 && (tokens.is(i - 2, "globalThis") || tokens.is(i - 2, "window") || tokens.is(i - 2, "global"));
}

struct EndedUse
{
    std::size_t use = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
};

class JavaScriptReader final
{
public:
    JavaScriptReader(const CodeTokens &tokens, const QSet<QByteArray> &aliases, UseList &uses)
        : m_tokens(tokens)
        , m_aliases(aliases)
        , m_uses(uses)
    {
    }
    void read();

private:
    EnvObject object(std::size_t i) const;
    void member(std::size_t i, const EnvObject &env);
    void method(std::size_t i, const EnvObject &env);
    void found(std::size_t at, std::size_t begin, std::size_t end, const QString &name, const EnvObject &env);
    void pattern(std::size_t open, const EnvObject &env, bool ofProcess);
    void svelteImport(std::size_t i);
    void orElse();

    const CodeTokens &m_tokens;
    const QSet<QByteArray> &m_aliases;
    UseList &m_uses;
    std::vector<EndedUse> m_ended;
};

EnvObject JavaScriptReader::object(std::size_t i) const
{
    if (!m_tokens.isName(i) || !standsAlone(m_tokens, i))
        return {};
    const bool member = isAccess(m_tokens, i + 1);
    if (member && m_tokens.is(i + 2, "env")) {
        if (m_tokens.is(i, "process"))
            return {i + 3, "process.env", false};
        if (m_tokens.is(i, "Bun"))
            return {i + 3, "Bun.env", false};
        if (m_tokens.is(i, "Deno"))
            return {i + 3, "Deno.env", true};
    }
    if (m_tokens.is(i, "import") && member && m_tokens.is(i + 2, "meta") && isAccess(m_tokens, i + 3) &&
        m_tokens.is(i + 4, "env"))
        return {i + 5, "import.meta.env", false};
    const std::string_view name = m_tokens.text(i);
    if (!m_aliases.isEmpty() && m_aliases.contains(QByteArray::fromRawData(name.data(), qsizetype(name.size()))) &&
        !m_tokens.is(i + 1, ":"))
        return {i + 1, "process.env", false};
    return {};
}

void JavaScriptReader::found(std::size_t at, std::size_t begin, std::size_t end, const QString &name,
                             const EnvObject &env)
{
    if (!isVariableName(name) || m_tokens.is(end, "=") || m_tokens.isBefore(begin, "delete"))
        return;
    // A method of the object (process.env.hasOwnProperty("X")) is no variable.
    if (m_tokens.is(end, "(") && name.toUpper() != name)
        return;
    if (env.by == "import.meta.env" && isViteBuiltin(name))
        return;
    VariableUse &use = m_uses.add(m_tokens[at].begin, name, env.by.data());
    // process.env.X! says that it is always there.
    if (m_tokens.is(end, "!")) {
        use.required = true;
        ++end;
    }
    if (m_tokens.is(end, "?\?=") || m_tokens.is(end, "||=")) {
        const std::size_t stop = m_tokens.expressionEnd(end + 1, {",", ";"});
        const CodeValue value = m_tokens.value(end + 1, std::min(stop, end + 2));
        use.fallback = value.text;
        use.fallbackComputed = value.computed;
    }
    m_ended.push_back({m_uses.size() - 1, begin, end});
}

void JavaScriptReader::member(std::size_t i, const EnvObject &env)
{
    std::size_t at = env.end;
    if (m_tokens.is(at, "?.") && m_tokens.is(at + 1, "["))
        ++at;
    if (m_tokens.is(at, "[")) {
        const std::size_t behind = m_tokens.behind(at);
        if (const std::optional<QString> name = m_tokens.literal(at + 1, behind - 1))
            found(at + 1, i, behind, *name, env);
    } else if (isAccess(m_tokens, at) && m_tokens.isName(at + 1)) {
        const std::string_view name = m_tokens.text(at + 1);
        found(at + 1, i, at + 2, QString::fromUtf8(name.data(), qsizetype(name.size())), env);
    }
}

/// Deno.env.get("X") and has("X").
void JavaScriptReader::method(std::size_t i, const EnvObject &env)
{
    const bool reads = m_tokens.is(env.end + 1, "get") || m_tokens.is(env.end + 1, "has");
    if (!isAccess(m_tokens, env.end) || !reads || !m_tokens.is(env.end + 2, "("))
        return;
    const std::size_t behind = m_tokens.behind(env.end + 2);
    if (const std::optional<QString> name = m_tokens.literal(env.end + 3, behind - 1))
        found(env.end + 3, i, behind, *name, {env.end, "Deno.env.get", true});
}

/// { A, B = "x", C: c, ...rest } = process.env, and { env: { A } } = process.
void JavaScriptReader::pattern(std::size_t open, const EnvObject &env, bool ofProcess)
{
    for (const CodeArgument &entry : codeArguments(m_tokens, open)) {
        const std::size_t key = entry.name.empty() ? entry.begin : entry.nameAt;
        const bool quoted = m_tokens.isString(key);
        if (!quoted && !m_tokens.isName(key))
            continue; // ...rest, [computed]
        if (ofProcess) {
            if (m_tokens.is(key, "env") && m_tokens.is(key + 1, ":") && m_tokens.is(key + 2, "{"))
                pattern(key + 2, env, false);
            continue;
        }
        const std::string_view word = m_tokens.text(key);
        const QString name = quoted ? m_tokens.literal(key, key + 1).value_or(QString())
                                    : QString::fromUtf8(word.data(), qsizetype(word.size()));
        if (!isVariableName(name) || (env.by == "import.meta.env" && isViteBuiltin(name)))
            continue;
        std::size_t value = entry.name.empty() ? m_tokens.expressionEnd(key + 1, {"=", ","}) + 1 : entry.begin;
        VariableUse &use = m_uses.add(m_tokens[key].begin, name, env.by.data());
        if (value < entry.end) {
            const CodeValue fallback = m_tokens.value(value, entry.end);
            use.fallback = fallback.text;
            use.fallbackComputed = fallback.computed;
        }
    }
}

/// import { A, B as b } from "$env/static/private": SvelteKit.
void JavaScriptReader::svelteImport(std::size_t i)
{
    if (!m_tokens.is(i + 1, "{"))
        return;
    const std::size_t behind = m_tokens.behind(i + 1);
    if (!m_tokens.is(behind, "from"))
        return;
    const QString module = m_tokens.literal(behind + 1, behind + 2).value_or(QString());
    const bool isPublic = module == QStringLiteral("$env/static/public");
    if (!isPublic && module != QStringLiteral("$env/static/private"))
        return;
    for (const CodeArgument &entry : codeArguments(m_tokens, i + 1)) {
        const std::string_view word = m_tokens.text(entry.begin);
        VariableUse &use =
            m_uses.add(m_tokens[entry.begin].begin, QString::fromUtf8(word.data(), qsizetype(word.size())),
                       isPublic ? "$env/static/public" : "$env/static/private");
        use.required = true; // the build fails without it
        use.publicByBuild = isPublic;
    }
}

/// process.env.A ?? process.env.B ?? "text"
void JavaScriptReader::orElse()
{
    for (std::size_t k = m_ended.size(); k-- > 0;) {
        const EndedUse &ended = m_ended[k];
        VariableUse &use = m_uses[ended.use];
        if (!m_tokens.is(ended.end, "??") && !m_tokens.is(ended.end, "||"))
            continue;
        use.required = false;
        if (k + 1 < m_ended.size() && m_ended[k + 1].begin == ended.end + 1) {
            const VariableUse &next = m_uses[m_ended[k + 1].use];
            use.anyOf = QStringList{next.name} + next.anyOf;
            use.fallback = next.fallback;
            use.fallbackComputed = next.fallbackComputed;
            continue;
        }
        const std::size_t stop = m_tokens.expressionEnd(ended.end + 1, {",", ";", "??", "||", "&&", "?", ":"});
        const CodeValue value = m_tokens.value(ended.end + 1, stop);
        const CodeValue first = m_tokens.value(ended.end + 1, ended.end + 2);
        // Without semicolons the next line may follow at once: a string alone is the whole of it.
        const bool alone = first.text && !first.computed;
        if (alone || (value.text && !value.computed)) {
            use.fallback = alone ? first.text : value.text;
            use.fallbackComputed = false;
        }
    }
}

void JavaScriptReader::read()
{
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        if (!m_tokens.isName(i))
            continue;
        if (m_tokens.is(i, "import"))
            svelteImport(i);
        readEnvsafeUses(m_tokens, i, m_uses);
        const bool target = m_tokens.isBefore(i, "=") && i >= 2 && m_tokens.is(i - 2, "}");
        const EnvObject env = object(i);
        if (env.end == 0) {
            const bool whole = m_tokens.is(i, "process") && !isAccess(m_tokens, i + 1);
            if (whole && target && m_tokens[i - 2].partner > 0)
                pattern(m_tokens[i - 2].partner, {i + 1, "process.env", false}, true);
            continue;
        }
        if (env.methods) {
            method(i, env);
            continue;
        }
        if (isAccess(m_tokens, env.end) || m_tokens.is(env.end, "[")) {
            member(i, env);
        } else if (target && m_tokens[i - 2].partner < i - 2 && m_tokens.is(m_tokens[i - 2].partner, "{")) {
            pattern(m_tokens[i - 2].partner, env, false);
        } else if (m_tokens.isBefore(i, "in") && i >= 2) {
            if (const std::optional<QString> name = m_tokens.literal(i - 2, i - 1); name && isVariableName(*name))
                m_uses.add(m_tokens[i - 2].begin, *name, env.by.data());
        } else {
            readSchemaUses(m_tokens, i, env, m_uses);
        }
    }
    orElse();
}

/// Names that stand for process.env: `import { env } from "node:process"`, `const env = process.env`, and
/// `const { env } = process`. A name that is bound to anything else too is left out.
QSet<QByteArray> aliasesOf(const CodeTokens &tokens)
{
    QSet<QByteArray> result;
    QSet<QByteArray> others;
    const auto word = [&](std::size_t i) {
        const std::string_view text = tokens.text(i);
        return QByteArray(text.data(), qsizetype(text.size()));
    };
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool declares = tokens.is(i, "const") || tokens.is(i, "let") || tokens.is(i, "var");
        if (declares && tokens.isName(i + 1) && tokens.is(i + 2, "=")) {
            const bool env = tokens.is(i + 3, "process") && tokens.is(i + 4, ".") && tokens.is(i + 5, "env") &&
                             !isAccess(tokens, i + 6) && !tokens.is(i + 6, "[");
            (env ? result : others).insert(word(i + 1));
        } else if ((declares || tokens.is(i, "import")) && tokens.is(i + 1, "{")) {
            const std::size_t behind = tokens.behind(i + 1);
            const QString from = tokens.literal(behind + 1, behind + 2).value_or(QString());
            const bool process =
                declares ? tokens.is(behind, "=") && tokens.is(behind + 1, "process") && !isAccess(tokens, behind + 2)
                         : from == QStringLiteral("process") || from == QStringLiteral("node:process");
            for (const CodeArgument &entry : codeArguments(tokens, i + 1)) {
                const std::size_t named = entry.end - 1; // { env }, { env as e }, { env: e }
                if (process && tokens.is(entry.begin, "env") && tokens.isName(named))
                    result.insert(word(named));
                else if (!process && tokens.isName(named))
                    others.insert(word(named));
            }
        } else if (tokens.is(i, "function") && tokens.isName(i + 1) && tokens.is(i + 2, "(")) {
            for (const CodeArgument &entry : codeArguments(tokens, i + 2))
                others.insert(word(entry.name.empty() ? entry.begin : entry.nameAt));
        }
    }
    return result.subtract(others);
}

} // namespace

bool isViteBuiltin(const QString &name)
{
    static const QSet<QString> names{QStringLiteral("MODE"), QStringLiteral("DEV"),      QStringLiteral("PROD"),
                                     QStringLiteral("SSR"),  QStringLiteral("BASE_URL"), QStringLiteral("LEGACY")};
    return names.contains(name);
}

void readJavaScriptUses(std::string_view text, std::size_t begin, std::size_t end, UseList &uses)
{
    const CodeTokens tokens(Syntax::JavaScript, text, begin, end);
    const QSet<QByteArray> aliases = aliasesOf(tokens);
    JavaScriptReader(tokens, aliases, uses).read();
    std::vector<std::pair<std::size_t, std::size_t>> filled = tokens.filled();
    for (int depth = 0; depth < 8 && !filled.empty(); ++depth) {
        std::vector<std::pair<std::size_t, std::size_t>> deeper;
        for (const auto &[from, to] : filled) {
            const CodeTokens inner(Syntax::JavaScript, text, from, to);
            JavaScriptReader(inner, aliases, uses).read();
            deeper.insert(deeper.end(), inner.filled().begin(), inner.filled().end());
        }
        filled = std::move(deeper);
    }
}

void readMarkupUses(std::string_view text, std::string_view path, UseList &uses)
{
    constexpr std::size_t npos = std::string_view::npos;
    std::size_t at = 0;
    if (path.ends_with(".astro") && text.starts_with("---")) {
        const std::size_t end = std::min(text.find("\n---", 3), text.size());
        readJavaScriptUses(text, 3, end, uses);
        at = end;
    }
    while ((at = text.find('<', at)) != npos) {
        if (text.compare(at, 4, "<!--") == 0) {
            at = text.find("-->", at);
            continue;
        }
        if (text.compare(at, 7, "<script") != 0) {
            ++at;
            continue;
        }
        const std::size_t begin = text.find('>', at);
        if (begin == npos)
            return;
        const std::size_t end = std::min(text.find("</script", begin), text.size());
        readJavaScriptUses(text, begin + 1, end, uses);
        at = end;
    }
}

} // namespace Switchyard
