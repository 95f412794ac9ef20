// SPDX-License-Identifier: GPL-3.0-or-later
// systemd's EnvironmentFile= and files that a POSIX shell sources.
#include "models/environment/readers.h"

#include <algorithm>

namespace Switchyard {

namespace {

using namespace EnvText;

bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

/// systemd's states, as its manual describes the grammar (systemd.exec(5)) and 252 reads it.
class SystemdWalk final
{
public:
    SystemdWalk(std::string_view text, EnvReading &reading)
        : m_text(text)
        , m_reading(reading)
    {
    }

    void walk()
    {
        const qsizetype size = qsizetype(m_text.size());
        while (m_at < size) {
            const char c = m_text[std::size_t(m_at)];
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
                ++m_at;
            else if (c == '#' || c == ';')
                comment();
            else
                statement();
        }
    }

private:
    void comment()
    {
        const qsizetype size = qsizetype(m_text.size());
        // A backslash goes on with the comment on the next line; since 254 it does not.
        while (m_at < size && m_text[std::size_t(m_at)] != '\n' && m_text[std::size_t(m_at)] != '\r')
            m_at += m_text[std::size_t(m_at)] == '\\' ? 2 : 1;
    }

    void statement()
    {
        const qsizetype size = qsizetype(m_text.size());
        const qsizetype start = m_at;
        const std::size_t stop = m_text.find_first_of("=\r\n", std::size_t(m_at));
        if (stop == std::string_view::npos || m_text[stop] != '=') {
            addProblem(m_reading, start, QStringLiteral("no NAME=value: the line is ignored"));
            m_at = stop == std::string_view::npos ? size : qsizetype(stop) + 1;
            return;
        }
        const std::string_view name = trimmedRight(slice(m_text, start, qsizetype(stop)), Spaces::JavaScript);
        m_at = qsizetype(stop) + 1;
        EnvAssignment assignment;
        assignment.name = toText(name);
        assignment.nameRange = {start, start + qsizetype(name.size())};
        value(assignment);
        assignment.range = {start, m_at};
        if (!isPortableName(assignment.name))
            addProblem(m_reading, start, QStringLiteral("a name that systemd does not take: the variable is ignored"));
        else if (!m_valid)
            addProblem(m_reading, start,
                       QStringLiteral("a control character or broken UTF-8: the variable is ignored"));
        else
            m_reading.assignments.append(assignment);
    }

    void quoted(char quote, QByteArray &value)
    {
        const qsizetype size = qsizetype(m_text.size());
        for (++m_at; m_at < size && m_text[std::size_t(m_at)] != quote; ++m_at) {
            const char c = m_text[std::size_t(m_at)];
            if (quote == '\'' || c != '\\') {
                value += c;
                continue;
            }
            if (++m_at >= size)
                return;
            const char next = m_text[std::size_t(m_at)];
            const bool escape = next == '"' || next == '\\' || next == '`' || next == '$';
            if (next == '\n' && !escape)
                continue; // the line goes on
            if (!escape)
                value += '\\';
            value += next;
        }
        if (m_at >= size)
            addProblem(m_reading, size, QStringLiteral("a quote that does not end: the rest of the file is the value"));
        ++m_at;
    }

    void value(EnvAssignment &assignment)
    {
        const qsizetype size = qsizetype(m_text.size());
        QByteArray value;
        bool inWord = false; // quotes are quotes only before the first bare character
        qsizetype kept = 0;  // as far as trailing blanks are not cut
        const qsizetype begin = m_at;
        qsizetype end = m_at;
        int pieces = 0;
        while (m_at < size) {
            const char c = m_text[std::size_t(m_at)];
            if (c == '\n' || c == '\r')
                break;
            if (c == '\\') {
                if (m_at + 1 < size && m_text[std::size_t(m_at) + 1] != '\n' && m_text[std::size_t(m_at) + 1] != '\r')
                    value += m_text[std::size_t(m_at) + 1];
                m_at = std::min(size, m_at + 2);
                pieces += inWord ? 0 : 1;
                inWord = true;
            } else if (!inWord && (c == '"' || c == '\'')) {
                quoted(c, value);
                m_at = std::min(m_at, size);
                ++pieces;
                assignment.quoting = c == '"' ? EnvQuoting::Double : EnvQuoting::Single;
            } else if (isBlank(c)) {
                if (inWord)
                    value += c;
                ++m_at;
                continue;
            } else {
                pieces += inWord ? 0 : 1;
                inWord = true;
                value += c;
                ++m_at;
            }
            kept = value.size();
            end = m_at;
        }
        value.truncate(kept);
        if (pieces > 1)
            assignment.quoting = EnvQuoting::Mixed;
        assignment.valueRange = {begin, std::max(begin, end)};
        assignment.value = toText(value);
        m_valid = invalidUtf8(view(value)) < 0;
        for (const char c : value)
            m_valid = m_valid && (static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n') && c != '\x7f';
    }

    std::string_view m_text;
    EnvReading &m_reading;
    qsizetype m_at = 0;
    bool m_valid = true;
};

/// Commands, as far as they are assignments. What a shell would run, match or substitute is a problem, and the
/// statement is left out: it is never done here.
class ShellWalk final
{
public:
    ShellWalk(std::string_view text, const EnvSurroundings &surroundings, EnvReading &reading)
        : m_text(text)
        , m_known(surroundings)
        , m_reading(reading)
        , m_size(qsizetype(text.size()))
    {
    }

    void walk()
    {
        while (m_at < m_size && !m_reading.refused)
            command();
    }

private:
    struct Word
    {
        QByteArray text; ///< after quotes and expansion
        qsizetype begin = 0;
        qsizetype equals = -1;      ///< in `text`, where the word is an assignment
        qsizetype equalsOffset = 0; ///< in the file
        EnvQuoting quoting = EnvQuoting::None;
        int pieces = 0;
        bool expanded = false;
    };

    char at(qsizetype offset) const { return offset < m_size ? m_text[std::size_t(offset)] : '\0'; }
    bool isEnd(char c) const { return c == '\n' || c == ';'; }

    void command()
    {
        while (m_at < m_size && (isBlank(at(m_at)) || at(m_at) == '\n'))
            ++m_at;
        if (m_at >= m_size)
            return;
        const qsizetype start = m_at;
        if (at(m_at) == ';') {
            addProblem(m_reading, start, QStringLiteral("a ; without a command: the shell refuses the file"), true);
            return;
        }
        if (at(m_at) == '#') {
            skipLine();
            return;
        }
        m_problem = nullptr;
        QList<Word> words;
        QList<EnvAssignment> found;
        bool exported = false;
        bool runs = false;
        while (m_at < m_size && !isEnd(at(m_at)) && !m_problem) {
            if (isBlank(at(m_at))) {
                ++m_at;
                continue;
            }
            if (at(m_at) == '#') {
                skipLine();
                break;
            }
            const qsizetype before = m_at;
            const Word word = readWord();
            if (m_problem)
                break;
            if (word.equals > 0) {
                if (!runs)
                    found.append(assignment(word, before, exported));
            } else if (found.isEmpty() && (word.text == "export" || word.text == "readonly") && !exported && !runs) {
                exported = true;
            } else if (!exported) {
                runs = true;
            }
        }
        if (!m_problem && at(m_at) == ';')
            ++m_at;
        if (m_problem) {
            addProblem(m_reading, m_problemAt, QString::fromLatin1(m_problem), m_fatal);
            skipLine();
            return;
        }
        if (runs) {
            // "A=b c" sets A for the command c only.
            addProblem(m_reading, start, QStringLiteral("the shell would run this as a command"));
            return;
        }
        for (EnvAssignment &each : found) {
            m_known.insert(each.name, each.value);
            m_reading.assignments.append(each);
        }
    }

    void skipLine()
    {
        const std::size_t end = m_text.find('\n', std::size_t(std::min(m_at, m_size)));
        m_at = end == std::string_view::npos ? m_size : qsizetype(end);
    }

    EnvAssignment assignment(const Word &word, qsizetype begin, bool exported)
    {
        EnvAssignment result;
        result.name = toText(word.text.left(word.equals));
        result.value = toText(word.text.mid(word.equals + 1));
        result.nameRange = {begin, word.equalsOffset};
        result.valueRange = {word.equalsOffset + 1, m_at};
        result.range = {begin, m_at};
        result.quoting = word.pieces > 1 ? EnvQuoting::Mixed : word.quoting;
        result.exported = exported;
        result.interpolated = word.expanded;
        // What stands further on in the same command sees it already.
        m_known.insert(result.name, result.value);
        return result;
    }

    void stop(qsizetype offset, const char *problem, bool fatal = false)
    {
        m_problem = problem;
        m_problemAt = offset;
        m_fatal = fatal;
    }

    Word readWord()
    {
        Word word;
        word.begin = m_at;
        bool plain = true; // only unquoted characters so far: it may be a name
        bool bare = false;
        while (m_at < m_size && !m_problem) {
            const char c = at(m_at);
            if (isBlank(c) || isEnd(c))
                break;
            if (c == '\'' || c == '"') {
                ++word.pieces;
                bare = false;
                plain = false;
                word.quoting = c == '"' ? EnvQuoting::Double : EnvQuoting::Single;
                quoted(word, c);
                continue;
            }
            if (c == '\\') {
                if (at(m_at + 1) != '\n' && m_at + 1 < m_size)
                    word.text += at(m_at + 1);
                else if (m_at + 1 >= m_size)
                    word.text += '\\';
                m_at = std::min(m_size, m_at + 2);
                plain = false;
            } else if (c == '$') {
                dollar(word);
                plain = false;
            } else if (c == '`') {
                stop(m_at, "the shell would run the command in backquotes");
            } else if (c == '&' || c == '|' || c == '<' || c == '>' || c == '(' || c == ')') {
                stop(m_at,
                     c == '(' || c == ')' ? "a bracket that the shell cannot read here"
                                          : "the shell would redirect, or run a command",
                     c == '(' || c == ')');
            } else {
                if (c == '=' && plain && word.equals < 0 && isPortableName(toText(word.text))) {
                    word.equals = word.text.size();
                    word.equalsOffset = m_at;
                    word.pieces = 0;
                    bare = false;
                } else if (c == '~' && word.equals >= 0 &&
                           (word.text.size() == word.equals + 1 || word.text.endsWith(':'))) {
                    stop(m_at, "~ becomes the home folder of whoever runs the shell");
                } else if (!bare) {
                    bare = true;
                    ++word.pieces;
                }
                word.text += c;
                ++m_at;
            }
        }
        return word;
    }

    void quoted(Word &word, char quote)
    {
        const qsizetype open = m_at;
        ++m_at;
        while (m_at < m_size && at(m_at) != quote && !m_problem) {
            const char c = at(m_at);
            if (quote == '"' && c == '\\') {
                const char next = at(m_at + 1);
                if (next == '$' || next == '`' || next == '"' || next == '\\')
                    word.text += next;
                else if (next != '\n')
                    word.text += QByteArray(1, '\\') + (m_at + 1 < m_size ? QByteArray(1, next) : QByteArray());
                m_at += 2;
            } else if (quote == '"' && c == '$') {
                dollar(word);
            } else if (quote == '"' && c == '`') {
                stop(m_at, "the shell would run the command in backquotes");
            } else {
                word.text += c;
                ++m_at;
            }
        }
        if (m_at >= m_size && !m_problem)
            stop(open, "a quote that does not end: the shell refuses the file", true);
        ++m_at;
    }

    /// $NAME, ${NAME} and ${NAME:-text} with its relatives, where the text is plain.
    void dollar(Word &word)
    {
        const qsizetype start = m_at;
        const bool braces = at(start + 1) == '{';
        const qsizetype begin = start + (braces ? 2 : 1);
        qsizetype end = begin;
        while (isWord(at(end)) && !(end == begin && at(end) >= '0' && at(end) <= '9'))
            ++end;
        if (end == begin) {
            const char next = at(start + 1);
            if (next == '(' || next == '{' || next == '\'' || isWord(next) ||
                (next != '\0' && std::string_view("@*#?-$!").find(next) != std::string_view::npos)) {
                stop(start,
                     next == '(' ? "the shell would run the command in $( )" : "an expansion of the shell's own");
                return;
            }
            word.text += '$';
            ++m_at;
            return;
        }
        const QString name = toText(slice(m_text, begin, end));
        const QString value = m_known.value(name);
        word.expanded = true;
        if (!braces) {
            word.text += value.toUtf8();
            m_at = end;
        } else {
            const bool colon = at(end) == ':';
            const char op = at(end + (colon ? 1 : 0));
            const qsizetype text = end + (colon ? 2 : 1);
            const std::size_t stopAt = m_text.find_first_of("}$`\"'\\\n", std::size_t(end));
            const qsizetype close = stopAt == std::string_view::npos ? m_size : qsizetype(stopAt);
            const bool has = m_known.contains(name) && !(colon && value.isEmpty());
            if (at(close) != '}' || (close != end && op != '-' && op != '+')) {
                stop(start, "an expansion of the shell's own");
                return;
            }
            const std::string_view other = close == end ? std::string_view() : slice(m_text, text, close);
            if (close == end || (op == '-' && has))
                word.text += value.toUtf8();
            else if (op == '-' || has)
                word.text += QByteArray(other.data(), qsizetype(other.size()));
            m_at = close + 1;
        }
        m_grown += word.text.size();
        if (word.text.size() > largestExpandedValue || m_grown > 32 * largestExpandedValue)
            stop(start, "the value grows over 1 MB by its references");
    }

    std::string_view m_text;
    EnvSurroundings m_known;
    EnvReading &m_reading;
    qsizetype m_size;
    qsizetype m_at = 0;
    qsizetype m_grown = 0;
    const char *m_problem = nullptr;
    qsizetype m_problemAt = 0;
    bool m_fatal = false;
};

} // namespace

EnvReading readSystemdEnv(std::string_view text)
{
    EnvReading reading;
    SystemdWalk(text, reading).walk();
    return reading;
}

EnvReading readShellEnv(std::string_view text, const EnvSurroundings &surroundings)
{
    EnvReading reading;
    ShellWalk(text, surroundings, reading).walk();
    return reading;
}

} // namespace Switchyard
