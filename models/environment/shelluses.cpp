// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/uselist.h"

#include <QSet>

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

namespace Switchyard {

namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr int deepest = 60; ///< nested quotes, substitutions and defaults; deeper ones are read as text

bool isAlpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isWord(char c)
{
    return isAlpha(c) || (c >= '0' && c <= '9');
}
bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// What the shell itself sets.
bool isShellOwn(std::string_view name)
{
    static constexpr std::string_view names[] = {
        "PWD",      "OLDPWD",    "IFS",         "PPID",       "UID",          "EUID",          "RANDOM",   "SECONDS",
        "LINENO",   "OPTARG",    "OPTIND",      "OPTERR",     "FUNCNAME",     "HOSTNAME",      "HOSTTYPE", "OSTYPE",
        "MACHTYPE", "SHLVL",     "REPLY",       "PIPESTATUS", "GROUPS",       "DIRSTACK",      "COLUMNS",  "LINES",
        "PS1",      "PS2",       "PS3",         "PS4",        "EPOCHSECONDS", "EPOCHREALTIME", "SRANDOM",  "MAPFILE",
        "COPROC",   "SHELLOPTS", "ZSH_VERSION", "_"};
    return name.starts_with("BASH") || name.starts_with("COMP_") ||
           std::find(std::begin(names), std::end(names), name) != std::end(names);
}

struct ShellRead
{
    std::size_t at = 0;
    std::string_view name;
    std::optional<QString> fallback;
    bool computed = false;
    bool mustBe = false;  ///< ${X:?}
    bool guarded = false; ///< ${X:-…}, ${X:+…}: fine where it is not set
    bool inFunction = false;
};

/// Walks a script as a shell does, but runs nothing: quotes, comments, substitutions, here-documents.
class ShellWalker final
{
public:
    ShellWalker(std::string_view text, std::size_t end)
        : m_text(text)
        , m_end(end)
    {
    }
    void run(std::size_t begin, UseList &uses);

private:
    char at(std::size_t i) const { return i < m_end ? m_text[i] : '\0'; }
    /// Code until `close` at the same level; gives the place of it.
    std::size_t code(std::size_t i, char close, int depth);
    std::size_t doubleQuoted(std::size_t i, int depth);
    std::size_t dollar(std::size_t i, int depth);
    std::size_t braced(std::size_t i, int depth);
    std::size_t word(std::size_t i, char close, bool quoted, int depth);
    std::size_t hereDocument(std::size_t i);
    void bodies(std::size_t lineBreak, std::size_t &i, int depth);
    std::size_t name(std::size_t i) const
    {
        if (!isAlpha(at(i)))
            return i;
        while (isWord(at(i)))
            ++i;
        return i;
    }
    void startWord(std::size_t i);
    void assigned(std::size_t begin, std::size_t end) { m_assigned.emplace(m_text.substr(begin, end - begin), begin); }
    void read(ShellRead read);
    QString source(std::size_t begin, std::size_t end) const
    {
        return QString::fromUtf8(m_text.data() + begin, qsizetype(end - begin));
    }

    struct Here
    {
        std::string word;
        bool quoted = false;
        bool tabs = false;
    };
    std::string_view m_text;
    std::size_t m_end;
    std::vector<ShellRead> m_reads;
    /// Where each name is assigned first. Names are put in as they come, so the first stays.
    std::unordered_map<std::string_view, std::size_t> m_assigned;
    std::vector<Here> m_here;
    std::string_view m_command; ///< the word a command began with
    bool m_commandStart = true;
    bool m_nounset = false;
    std::vector<bool> m_braces; ///< open { }: whether a function's
    int m_functions = 0;
};

void ShellWalker::read(ShellRead read)
{
    read.inFunction = m_functions > 0;
    m_reads.push_back(std::move(read));
}

/// ${…}: i is behind the brace.
std::size_t ShellWalker::braced(std::size_t i, int depth)
{
    if (at(i) == '#' && isAlpha(at(i + 1)))
        ++i; // the length of
    const bool indirect = at(i) == '!';
    if (indirect)
        ++i;
    const std::size_t begin = i;
    const std::size_t end = name(i);
    ShellRead found;
    found.at = begin;
    found.name = m_text.substr(begin, end - begin);
    i = end;
    if (end == begin) // a positional or special parameter
        while (i < m_end && std::strchr(":-+=?}%#/^,[", at(i)) == nullptr)
            ++i;
    const bool array = at(i) == '[';
    const bool colon = at(i) == ':' && at(i + 1) != '\0' && std::strchr("-=?+", at(i + 1)) != nullptr;
    const char op = colon ? at(i + 1) : at(i);
    const std::size_t rest = i + (colon ? 2 : op == '}' ? 0 : 1);
    const std::size_t close = word(rest, '}', true, depth + 1);
    if (end > begin && !array) {
        if (op == '-' || op == '=') {
            // Bounded: an unclosed one goes to the end of the text, and so does each inside it.
            constexpr std::size_t longest = 300;
            const std::size_t stop = std::min(close, m_end);
            const QString text = source(rest, std::min(stop, rest + longest));
            found.guarded = true;
            const bool quotes =
                text.size() >= 2 && text.front() == text.back() && (text.front() == u'"' || text.front() == u'\'');
            found.fallback = quotes ? text.mid(1, text.size() - 2) : text;
            found.computed = text.contains(u'$') || text.contains(u'`') || stop > rest + longest;
        } else if (op == '+') {
            found.guarded = true;
        } else if (op == '?') {
            found.mustBe = true;
        }
        read(std::move(found));
        if (op == '=')
            m_assigned.emplace(m_text.substr(begin, end - begin), std::min(close, m_end));
    }
    return std::min(close + 1, m_end);
}

/// Behind what begins with "$" at i.
std::size_t ShellWalker::dollar(std::size_t i, int depth)
{
    if (depth > deepest)
        return i + 1;
    const char next = at(i + 1);
    if (next == '{')
        return braced(i + 2, depth);
    if (next == '(') {
        if (at(i + 2) == '(') { // arithmetic: only $X is looked at
            const std::size_t close = word(i + 3, ')', true, depth + 1);
            return std::min(close + (at(close + 1) == ')' ? 2 : 1), m_end);
        }
        const bool commandStart = m_commandStart;
        const std::string_view command = m_command;
        m_commandStart = true;
        const std::size_t close = code(i + 2, ')', depth + 1);
        m_commandStart = commandStart;
        m_command = command;
        return std::min(close + 1, m_end);
    }
    if (isAlpha(next)) {
        const std::size_t end = name(i + 1);
        ShellRead found;
        found.at = i + 1;
        found.name = m_text.substr(i + 1, end - i - 1);
        read(std::move(found));
        return end;
    }
    // $1, $?, $$; any other "$" is one, as in "name$".
    const bool special = next != '\0' && std::strchr("0123456789?$!#*@-", next) != nullptr;
    return std::min(i + (special ? 2 : 1), m_end);
}

/// Text that is no code: the insides of ${…:-here} and of here-documents. Gives the place of `close`.
std::size_t ShellWalker::word(std::size_t i, char close, bool quoted, int depth)
{
    int open = 0;
    while (i < m_end) {
        const char c = at(i);
        if (c == '\\') {
            i += 2;
        } else if (c == close && close != '\0' && open == 0) {
            return i;
        } else if (c == '$') {
            i = dollar(i, depth);
        } else if (c == '`') {
            ++i; // its commands are read as text: variables in them count
        } else if (c == '"' && quoted && depth <= deepest) {
            i = doubleQuoted(i + 1, depth + 1);
        } else if (c == '\'' && quoted && close == '}') {
            const std::size_t end = m_text.substr(0, m_end).find('\'', i + 1);
            // In double quotes an apostrophe is one; a pair of them on a line is taken for quotes.
            const bool crosses = end == npos || m_text.substr(i, end - i).find('}') != npos;
            i = crosses ? i + 1 : end + 1;
        } else {
            if (close == ')')
                open += c == '(' ? 1 : c == ')' ? -1 : 0;
            ++i;
        }
    }
    return m_end;
}

/// Behind the closing quote; i is behind the opening one.
std::size_t ShellWalker::doubleQuoted(std::size_t i, int depth)
{
    while (i < m_end) {
        const char c = at(i);
        if (c == '\\')
            i += 2;
        else if (c == '"')
            return i + 1;
        else if (c == '$')
            i = dollar(i, depth);
        else
            ++i;
    }
    return m_end;
}

/// Notes the word of <<WORD; its body begins with the next line.
std::size_t ShellWalker::hereDocument(std::size_t i)
{
    Here here;
    i += 2;
    if (at(i) == '-') {
        here.tabs = true;
        ++i;
    }
    while (at(i) == ' ' || at(i) == '\t')
        ++i;
    while (i < m_end && !isBlank(at(i)) && std::strchr(";&|<>()", at(i)) == nullptr) {
        const char c = at(i++);
        if (c == '\'' || c == '"' || c == '\\')
            here.quoted = true;
        else
            here.word += c;
    }
    if (!here.word.empty())
        m_here.push_back(std::move(here));
    return i;
}

void ShellWalker::bodies(std::size_t lineBreak, std::size_t &i, int depth)
{
    i = lineBreak + 1;
    const std::vector<Here> documents = std::exchange(m_here, {});
    for (const Here &here : documents) {
        const std::size_t begin = i;
        std::size_t end = m_end;
        std::size_t behind = m_end;
        for (std::size_t line = begin; line < m_end;) {
            const std::size_t stop = std::min(m_text.find('\n', line), m_end);
            std::string_view content = m_text.substr(line, stop - line);
            if (content.ends_with('\r'))
                content.remove_suffix(1);
            while (here.tabs && content.starts_with('\t'))
                content.remove_prefix(1);
            if (content == here.word) {
                end = line;
                behind = std::min(stop + 1, m_end);
                break;
            }
            line = stop + 1;
        }
        if (!here.quoted) {
            const std::size_t whole = std::exchange(m_end, end);
            word(begin, '\0', false, depth + 1);
            m_end = whole;
        }
        i = behind;
    }
}

/// Assignments, and the commands that set variables.
void ShellWalker::startWord(std::size_t i)
{
    const std::size_t end = name(i);
    const bool declares = m_command == "export" || m_command == "local" || m_command == "declare" ||
                          m_command == "readonly" || m_command == "typeset";
    if (end > i) {
        const bool plus = at(end) == '+' && at(end + 1) == '=';
        std::size_t equals = end;
        if (at(end) == '[')
            equals = std::min(m_text.find(']', end), m_end - 1) + 1;
        if ((m_commandStart || declares) && (at(equals) == '=' || plus)) {
            // The value is read before the name is set.
            std::size_t value = equals + 1;
            int quotes = 0;
            while (value < m_end && (quotes % 2 == 1 || !isBlank(at(value))) && value - equals < 2000) {
                quotes += at(value) == '"' ? 1 : 0;
                ++value;
            }
            m_assigned.emplace(m_text.substr(i, end - i), value);
            return;
        }
        const bool sets = m_command == "read" || m_command == "mapfile" || m_command == "readarray" ||
                          m_command == "getopts" || m_command == "unset" || m_command == "local";
        if (!m_commandStart && (sets || (m_command == "for" && at(end) != '=') || m_command == "select")) {
            assigned(i, end);
            if (m_command == "for" || m_command == "select")
                m_command = "in";
            return;
        }
    }
    if (!m_commandStart) {
        if (m_command == "set" && at(i) == '-') {
            std::size_t stop = i;
            while (stop < m_end && !isBlank(at(stop)))
                ++stop;
            m_nounset = m_nounset || m_text.substr(i, stop - i).find('u') != npos;
        } else if (m_command == "set" && m_text.compare(i, 7, "nounset") == 0) {
            m_nounset = true;
        }
        return;
    }
    std::size_t stop = i;
    while (stop < m_end && isWord(at(stop)))
        ++stop;
    m_command = m_text.substr(i, stop - i);
    static constexpr std::string_view leading[] = {"if", "then", "else", "elif", "while", "until", "do", "time"};
    m_commandStart = std::find(std::begin(leading), std::end(leading), m_command) != std::end(leading);
}

std::size_t ShellWalker::code(std::size_t i, char close, int depth)
{
    bool wordStart = true;
    while (i < m_end) {
        const char c = at(i);
        if (c == close && close != '\0')
            return i;
        if (c == '\n') {
            m_commandStart = true;
            wordStart = true;
            if (m_here.empty())
                ++i;
            else
                bodies(i, i, depth);
            continue;
        }
        if (isBlank(c)) {
            wordStart = true;
            ++i;
            continue;
        }
        if (c == '#' && wordStart) {
            i = std::min(m_text.find('\n', i), m_end);
            continue;
        }
        if (std::strchr(";&|()", c) != nullptr) {
            if (c == '(' && at(i + 1) == ')') { // name() {
                i += 2;
                m_command = "function";
                m_commandStart = true;
                wordStart = true;
                continue;
            }
            if (c == '(' && depth < deepest) {
                m_commandStart = true;
                i = std::min(code(i + 1, ')', depth + 1) + 1, m_end);
                m_commandStart = true;
                continue;
            }
            m_commandStart = true;
            wordStart = true;
            ++i;
            continue;
        }
        if (wordStart) {
            if ((c == '{' || c == '}') && (isBlank(at(i + 1)) || at(i + 1) == '\0' || at(i + 1) == ';')) {
                if (c == '{') {
                    m_braces.push_back(m_command == "function");
                    m_functions += m_braces.back() ? 1 : 0;
                } else if (!m_braces.empty()) {
                    m_functions -= m_braces.back() ? 1 : 0;
                    m_braces.pop_back();
                }
                m_commandStart = true;
                m_command = {};
                ++i;
                continue;
            }
            const bool function = m_command == "function" && !m_commandStart;
            startWord(i);
            if (function)
                m_command = "function";
        }
        wordStart = false;
        if (c == '\'') {
            const bool escapes = i > 0 && at(i - 1) == '$';
            ++i;
            while (i < m_end && at(i) != '\'')
                i += escapes && at(i) == '\\' ? 2 : 1;
            ++i;
        } else if (c == '"') {
            i = doubleQuoted(i + 1, depth + 1);
        } else if (c == '\\') {
            i += 2;
        } else if (c == '$' && at(i + 1) != '\'' && at(i + 1) != '"') {
            i = dollar(i, depth);
        } else if (c == '<' && at(i + 1) == '<' && at(i + 2) != '<') {
            i = hereDocument(i);
        } else if (c == '<' && at(i + 1) == '<') {
            i += 3;
        } else if (c == '`') {
            m_commandStart = true;
            wordStart = true;
            ++i;
        } else {
            // A run of "=" ends the word that was an assignment's name: what follows is its value.
            ++i;
        }
    }
    return m_end;
}

void ShellWalker::run(std::size_t begin, UseList &uses)
{
    code(begin, '\0', 0);
    for (const ShellRead &each : m_reads) {
        const auto known = m_assigned.find(each.name);
        const bool own = known != m_assigned.end() && (known->second <= each.at || each.inFunction);
        // `PORT=${PORT:-80}` reads it before it is set, also in a function.
        const bool itself = known != m_assigned.end() && known->second > each.at && each.guarded;
        if ((own && !itself) || isShellOwn(each.name) || each.name.size() == 1)
            continue;
        VariableUse &use = uses.add(each.at, QString::fromUtf8(each.name.data(), qsizetype(each.name.size())), "shell");
        use.fallback = each.fallback;
        use.fallbackComputed = each.computed;
        use.required = each.mustBe || (m_nounset && !each.guarded);
    }
}

} // namespace

void readShellUses(std::string_view text, std::size_t begin, std::size_t end, UseList &uses)
{
    ShellWalker(text, end).run(begin, uses);
}

} // namespace Switchyard
