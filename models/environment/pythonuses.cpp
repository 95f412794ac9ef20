// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/pythonsettings.h"
#include "models/environment/uselist.h"

#include <QSet>

#include <algorithm>
#include <set>

namespace Switchyard {

namespace {

using Kind = CodeToken::Kind;

/// A use that ends at a token, so that what follows it can be looked at.
struct EndedUse
{
    std::size_t use = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
};

class PythonReader final
{
public:
    PythonReader(const CodeTokens &tokens, const PythonNames &names, std::string_view text, UseList &uses)
        : m_tokens(tokens)
        , m_names(names)
        , m_text(text)
        , m_uses(uses)
    {
    }
    void read();

private:
    void environ(std::size_t i, std::size_t end);
    void call(std::size_t begin, std::size_t open, const char *by, bool requiredWithout);
    void config(std::size_t i, const PythonName &name, std::size_t open, const char *by);
    void envMethod(std::size_t i, const PythonName &name);
    std::size_t loopOver(std::string_view variable, std::size_t i) const;
    std::size_t listNamed(std::string_view name) const;
    void looped(std::string_view variable, std::size_t i, const char *by, bool required);
    bool written(std::size_t begin, std::size_t behind) const;
    void orElse();
    void relaxTested();

    const CodeTokens &m_tokens;
    const PythonNames &m_names;
    std::string_view m_text;
    UseList &m_uses;
    std::vector<EndedUse> m_ended;
    std::vector<std::size_t> m_subscripts;
    QSet<QString> m_tested;
    std::set<std::size_t> m_listed; ///< names in lists that are uses already
};

/// Whether the expression is assigned to or deleted.
bool PythonReader::written(std::size_t begin, std::size_t behind) const
{
    if (m_tokens.is(behind, "="))
        return true;
    constexpr std::size_t furthest = 40;
    for (std::size_t back = begin; back > 0 && begin - back < furthest; --back) {
        if (m_tokens.is(back - 1, "del"))
            return true;
        if (beginsStatement(m_tokens, back))
            return false;
    }
    return false;
}

/// The token behind `for variable in` of the loop or comprehension around token i; 0 where there is none.
std::size_t PythonReader::loopOver(std::string_view variable, std::size_t i) const
{
    const auto binds = [&](std::size_t at) {
        return m_tokens.is(at, "for") && m_tokens.text(at + 1) == variable && m_tokens.is(at + 2, "in");
    };
    constexpr std::size_t furthest = 5000; // no function is longer that a person reads
    for (std::size_t at = i; at < i + furthest && at < m_tokens.size() && m_tokens[at].kind != Kind::Newline; ++at) {
        if (binds(at))
            return at + 3;
    }
    // The body of a loop is indented deeper than its head, and so is everything between.
    std::size_t indent = pythonIndent(m_text, m_tokens[i].begin);
    for (std::size_t at = i; at > 0 && i - at < furthest && indent > 0; --at) {
        if (at > 1 && m_tokens[at - 2].kind != Kind::Newline)
            continue;
        const std::size_t here = pythonIndent(m_text, m_tokens[at - 1].begin);
        if (binds(at - 1) && here < indent)
            return at + 2;
        indent = std::min(indent, here);
    }
    return 0;
}

/// Where the list of this name begins, if one is assigned to it outside of all functions; 0 where none is.
std::size_t PythonReader::listNamed(std::string_view name) const
{
    for (std::size_t at = 0; at + 2 < m_tokens.size(); ++at) {
        if (m_tokens.text(at) == name && m_tokens.is(at + 1, "=") &&
            (at == 0 || m_tokens[at - 1].kind == Kind::Newline) && pythonIndent(m_text, m_tokens[at].begin) == 0)
            return at + 2;
    }
    return 0;
}

/// The variable of a loop over names that stand in the file: `for name in REQUIRED`, with REQUIRED = ("A", "B"). What
/// its author calls required is.
void PythonReader::looped(std::string_view variable, std::size_t i, const char *by, bool required)
{
    std::size_t open = loopOver(variable, i);
    if (open == 0)
        return;
    bool called = false;
    if (m_tokens.isName(open)) {
        const std::string_view list = m_tokens.text(open);
        called = list.find("REQUIRED") != list.npos || list.find("MANDATORY") != list.npos;
        open = listNamed(list);
    }
    if (open == 0)
        return;
    std::vector<CodeArgument> entries;
    if (m_tokens.is(open, "(") || m_tokens.is(open, "["))
        entries = codeArguments(m_tokens, open);
    // for name in "A", "B":
    for (std::size_t at = open; m_tokens.isString(at) && (at == open || m_tokens.isBefore(at, ",")); at += 2)
        entries.push_back({{}, 0, at, at + 1});
    if (m_tokens.isString(open) && entries.size() == 1)
        return; // a single text: its letters
    for (const CodeArgument &each : entries) {
        const std::optional<QString> name = m_tokens.literal(each.begin, each.end);
        if (name && isVariableName(*name) && m_listed.insert(m_tokens[each.begin].begin).second)
            m_uses.add(m_tokens[each.begin].begin, *name, by).required = required || called;
    }
}

/// get(…), pop(…), getenv(…): key and default by place or by name.
void PythonReader::call(std::size_t begin, std::size_t open, const char *by, bool requiredWithout)
{
    const CodeArgument *key = nullptr;
    const CodeArgument *fallback = nullptr;
    const std::vector<CodeArgument> arguments = codeArguments(m_tokens, open);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const CodeArgument &each = arguments[i];
        if ((each.name.empty() && i == 0) || each.name == "key")
            key = &each;
        else if ((each.name.empty() && i == 1) || each.name == "default")
            fallback = &each;
    }
    if (!key)
        return;
    const std::optional<QString> name = m_tokens.literal(key->begin, key->end);
    if (!name && m_tokens.isName(key->begin) && key->end == key->begin + 1)
        return looped(m_tokens.text(key->begin), begin, by, requiredWithout && !fallback);
    if (!name || !isVariableName(*name))
        return;
    VariableUse &use = m_uses.add(m_tokens[key->begin].begin, *name, by);
    const std::size_t behind = m_tokens.behind(open);
    use.splitAtCommas = m_tokens.is(behind, ".") && m_tokens.is(behind + 1, "split");
    use.required = requiredWithout && !fallback;
    if (fallback) {
        const CodeValue value = m_tokens.value(fallback->begin, fallback->end);
        use.fallback = value.text;
        use.fallbackComputed = value.computed;
    }
    m_ended.push_back({m_uses.size() - 1, begin, m_tokens.behind(open)});
}

void PythonReader::environ(std::size_t i, std::size_t end)
{
    if (m_tokens.is(end, "[")) {
        const std::size_t behind = m_tokens.behind(end);
        const std::optional<QString> name = m_tokens.literal(end + 1, behind - 1);
        if (!name && m_tokens.isName(end + 1) && behind == end + 3 && !written(i, behind))
            return looped(m_tokens.text(end + 1), i, "os.environ", true);
        if (!name || !isVariableName(*name) || written(i, behind))
            return;
        m_uses.add(m_tokens[end + 1].begin, *name, "os.environ").required = true;
        m_subscripts.push_back(m_uses.size() - 1);
        m_ended.push_back({m_uses.size() - 1, i, behind});
        return;
    }
    if (m_tokens.is(end, ".") && m_tokens.is(end + 2, "(")) {
        if (m_tokens.is(end + 1, "get"))
            call(i, end + 2, "os.environ.get", false);
        else if (m_tokens.is(end + 1, "setdefault"))
            call(i, end + 2, "os.environ.setdefault", false);
        else if (m_tokens.is(end + 1, "pop"))
            call(i, end + 2, "os.environ.pop", true);
        else if (m_tokens.is(end + 1, "__getitem__"))
            call(i, end + 2, "os.environ", true);
    }
    // `"x" in os.environ.get("X")` looks into a value.
    if (m_tokens.is(end, "."))
        return;
    if (m_tokens.isBefore(i, "in") && i >= 2) {
        const std::size_t last = m_tokens.isBefore(i - 1, "not") ? i - 3 : i - 2;
        if (m_tokens.isName(last))
            looped(m_tokens.text(last), last, "in os.environ", false);
        std::size_t first = last;
        while (first > 0 && first <= last && m_tokens.isString(first) && m_tokens.isString(first - 1))
            --first;
        const std::optional<QString> name = m_tokens.literal(first, last + 1);
        if (name && isVariableName(*name)) {
            m_uses.add(m_tokens[first].begin, *name, "in os.environ");
            m_tested.insert(*name);
        }
    }
}

/// config("X", cast=bool, default=False) of starlette and decouple.
void PythonReader::config(std::size_t i, const PythonName &name, std::size_t open, const char *by)
{
    const bool starlette = name.thing == PythonThing::StarletteConfig;
    const bool second = name.thing == PythonThing::DecoupleConfig || name.thing == PythonThing::EnvironsEnv;
    const std::vector<CodeArgument> arguments = codeArguments(m_tokens, open);
    if (arguments.empty())
        return;
    const bool named = arguments[0].name == "key" || arguments[0].name == "option" || arguments[0].name == "var";
    const std::optional<QString> key = m_tokens.literal(arguments[0].begin, arguments[0].end);
    if (!key || !isVariableName(*key) || (!named && !arguments[0].name.empty()))
        return;
    VariableUse &use = m_uses.add(m_tokens[arguments[0].begin].begin, name.prefix + *key, by);
    use.required = true;
    const auto take = [&](const CodeValue &value) {
        use.required = false;
        use.fallback = value.text;
        use.fallbackComputed = value.computed;
    };
    if (const auto known = name.defaults.find(*key); known != name.defaults.end())
        take(known->second);
    for (std::size_t each = 1; each < arguments.size(); ++each) {
        const CodeArgument &argument = arguments[each];
        const bool place = argument.name.empty() && ((each == 1 && second) || (each == 2 && starlette));
        if (argument.name == "default" || place)
            take(m_tokens.value(argument.begin, argument.end));
    }
    m_ended.push_back({m_uses.size() - 1, i, m_tokens.behind(open)});
}

/// env.bool("X", default) of django-environ and environs: the default comes second.
void PythonReader::envMethod(std::size_t i, const PythonName &name)
{
    static constexpr std::string_view types[] = {
        "str",        "bool", "int",    "float",     "json",         "list",         "tuple",        "dict",
        "url",        "db",   "db_url", "cache",     "cache_url",    "email",        "email_url",    "search",
        "search_url", "path", "bytes",  "channels",  "channels_url", "date",         "datetime",     "timedelta",
        "decimal",    "uuid", "enum",   "log_level", "dj_db_url",    "dj_email_url", "dj_cache_url", "time"};
    const std::string_view method = m_tokens.text(i + 2);
    if (std::find(std::begin(types), std::end(types), method) == std::end(types))
        return;
    PythonName typed = name;
    typed.thing = PythonThing::EnvironsEnv;
    const bool django = name.thing == PythonThing::DjangoEnv;
    if (!codeArguments(m_tokens, i + 3).empty()) {
        config(i, typed, i + 3, django ? "django-environ" : "environs");
        return;
    }
    static constexpr std::pair<std::string_view, const char *> usual[] = {
        {"db", "DATABASE_URL"},          {"db_url", "DATABASE_URL"},   {"cache", "CACHE_URL"},
        {"cache_url", "CACHE_URL"},      {"email", "EMAIL_URL"},       {"email_url", "EMAIL_URL"},
        {"search", "SEARCH_URL"},        {"search_url", "SEARCH_URL"}, {"channels", "CHANNELS_URL"},
        {"channels_url", "CHANNELS_URL"}};
    for (const auto &[known, variable] : usual) {
        if (django && method == known)
            m_uses.add(m_tokens[i + 2].begin, QString::fromLatin1(variable), "django-environ").required = true;
    }
}

/// os.environ.get("A") or os.environ.get("B") or "text": the text is the fallback of both.
void PythonReader::orElse()
{
    for (std::size_t k = m_ended.size(); k-- > 0;) {
        const EndedUse &ended = m_ended[k];
        VariableUse &use = m_uses[ended.use];
        if (!m_tokens.is(ended.end, "or") || (use.fallback && !use.fallback->isEmpty()))
            continue;
        if (k + 1 < m_ended.size() && m_ended[k + 1].begin == ended.end + 1) {
            const VariableUse &next = m_uses[m_ended[k + 1].use];
            use.anyOf = QStringList{next.name} + next.anyOf;
            use.fallback = next.fallback;
            use.fallbackComputed = next.fallbackComputed;
            continue;
        }
        const std::size_t stop =
            m_tokens.expressionEnd(ended.end + 1, {",", "or", "and", "if", "else", ":", ";", "for"});
        const CodeValue value = m_tokens.value(ended.end + 1, stop);
        if (!value.computed && value.text) {
            use.fallback = value.text;
            use.fallbackComputed = false;
        }
    }
}

/// What a file asks for before it reads is not required.
void PythonReader::relaxTested()
{
    for (const std::size_t each : m_subscripts) {
        if (m_tested.contains(m_uses[each].name))
            m_uses[each].required = false;
    }
}

void PythonReader::read()
{
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        if (!m_tokens.isName(i) || m_tokens.isBefore(i, ".") || m_tokens.isBefore(i, "def"))
            continue;
        if (const std::size_t end = m_names.environEnd(m_tokens, i); end > 0) {
            environ(i, end);
            continue;
        }
        const PythonName *name = m_names.find(m_tokens.text(i), m_tokens[i].begin);
        if (!name)
            continue;
        const bool called = m_tokens.is(i + 1, "(");
        const bool method = m_tokens.is(i + 1, ".") && m_tokens.is(i + 3, "(");
        if (name->thing == PythonThing::Os && method && m_tokens.is(i + 2, "getenv"))
            call(i, i + 3, "os.getenv", false);
        else if (name->thing == PythonThing::Getenv && called)
            call(i, i + 1, "os.getenv", false);
        else if (name->thing == PythonThing::EnvironGet && called)
            call(i, i + 1, "os.environ.get", false);
        else if (name->thing == PythonThing::StarletteConfig && called)
            config(i, *name, i + 1, "starlette Config");
        else if (name->thing == PythonThing::DecoupleConfig && called)
            config(i, *name, i + 1, "decouple config");
        else if (name->thing == PythonThing::DecoupleModule && method && m_tokens.is(i + 2, "config"))
            config(i, PythonName{PythonThing::DecoupleConfig, 0, 0, {}, {}}, i + 3, "decouple config");
        else if (name->thing == PythonThing::DjangoEnv && called)
            config(i, *name, i + 1, "django-environ");
        else if (name->thing == PythonThing::EnvironsEnv && called)
            config(i, *name, i + 1, "environs");
        else if ((name->thing == PythonThing::DjangoEnv || name->thing == PythonThing::EnvironsEnv) && method)
            envMethod(i, *name);
    }
    orElse();
    relaxTested();
}

} // namespace

void readPythonUses(std::string_view text, UseList &uses)
{
    const CodeTokens tokens(Syntax::Python, text, 0, text.size());
    const PythonNames names(tokens, text);
    PythonReader(tokens, names, text, uses).read();
    readPythonSettings(tokens, names, text, uses);
    // What stands in f-strings; a level at a time, as deep as anyone writes.
    std::vector<std::pair<std::size_t, std::size_t>> filled = tokens.filled();
    for (int depth = 0; depth < 8 && !filled.empty(); ++depth) {
        std::vector<std::pair<std::size_t, std::size_t>> deeper;
        for (const auto &[begin, end] : filled) {
            const CodeTokens inner(Syntax::Python, text, begin, end);
            PythonReader(inner, names, text, uses).read();
            deeper.insert(deeper.end(), inner.filled().begin(), inner.filled().end());
        }
        filled = std::move(deeper);
    }
}

} // namespace Switchyard
