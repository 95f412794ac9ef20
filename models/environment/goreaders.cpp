// SPDX-License-Identifier: GPL-3.0-or-later
// godotenv 1.5 and compose-go 2: one ancestor, different answers. Both give up the whole file at the first fault.
#include "models/environment/readers.h"

namespace Switchyard {

namespace {

using namespace EnvText;

/// White space as both call it inside a line. In names godotenv looks at single bytes, so that the second byte of some
/// letters is a space to it.
bool isByteBlank(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || byte == '\v' || byte == '\f' || byte == '\r' || byte == ' ' || byte == 0x85 || byte == 0xA0;
}

qsizetype runeBlankAt(std::string_view text, qsizetype at)
{
    if (at >= qsizetype(text.size()))
        return 0;
    const char c = text[std::size_t(at)];
    if (static_cast<unsigned char>(c) < 0x80)
        return isByteBlank(c) ? 1 : 0;
    return startsWith(text, at, "\xC2\x85") || startsWith(text, at, "\xC2\xA0") ? 2 : 0;
}

qsizetype skipRuneBlanks(std::string_view text, qsizetype at)
{
    while (const qsizetype width = runeBlankAt(text, at))
        at += width;
    return at;
}

/// The first place of a statement; the size where none is left. Comments end at \n only.
qsizetype goStatement(std::string_view text, qsizetype at)
{
    for (;;) {
        at = skipSpace(text, at, Spaces::Go);
        if (at >= qsizetype(text.size()) || text[std::size_t(at)] != '#')
            return at;
        const std::size_t end = text.find('\n', std::size_t(at));
        at = end == std::string_view::npos ? qsizetype(text.size()) : qsizetype(end);
    }
}

bool isLatin1Letter(char c)
{
    const QChar wide(QLatin1Char(c).unicode());
    return wide.isLetter() || wide.isNumber();
}

void remember(EnvSurroundings &known, const EnvSurroundings &surroundings, const EnvAssignment &assignment)
{
    if (!surroundings.contains(assignment.name))
        known.insert(assignment.name, assignment.value);
}

/// Godotenv's escapes of double quotes: \n and \r, any other letter stands for itself, and \$ waits for the expansion.
QByteArray godotenvEscapes(std::string_view text)
{
    // Two passes, as there: what the first leaves may be an escape to the second.
    QByteArray first;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '\n';
        const char next = escape ? text[i + 1] : '\0';
        if (next == 'n' || next == 'r') {
            first += next == 'n' ? '\n' : '\r';
            ++i;
        } else if (escape) {
            first += text[i++];
            first += text[i];
        } else {
            first += text[i];
        }
    }
    QByteArray second;
    for (qsizetype i = 0; i < first.size(); ++i) {
        if (first[i] == '\\' && i + 1 < first.size() && first[i + 1] != '$')
            ++i;
        second += first[i];
    }
    return second;
}

std::string_view withoutQuotes(std::string_view text, char quote)
{
    const std::size_t begin = text.find_first_not_of(quote);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(quote) - begin + 1);
}

class GodotenvWalk final
{
public:
    GodotenvWalk(std::string_view text, EnvReading &reading)
        : m_text(text)
        , m_reading(reading)
    {
    }

    void walk()
    {
        for (;;) {
            m_at = goStatement(m_text, m_at);
            if (m_at >= qsizetype(m_text.size()) || !statement())
                return;
        }
    }

private:
    bool give(qsizetype offset, const char *problem)
    {
        addProblem(m_reading, offset, QString::fromLatin1(problem), true);
        return false;
    }

    bool statement()
    {
        EnvAssignment assignment;
        const qsizetype start = m_at;
        m_at = skipRuneBlanks(m_text, m_at);
        if (startsWith(m_text, m_at, "export") && skipRuneBlanks(m_text, m_at + 6) > m_at + 6) {
            m_at = skipRuneBlanks(m_text, m_at + 6);
            assignment.exported = true;
        }
        const qsizetype size = qsizetype(m_text.size());
        if (m_at >= size)
            return give(start, "a name is missing: the file is refused");
        qsizetype end = m_at;
        for (; end < size; ++end) {
            const char c = m_text[std::size_t(end)];
            if (c == '=' || c == ':')
                break;
            if (!isByteBlank(c) && c != '_' && c != '.' && !isLatin1Letter(c))
                return give(start, "a character that a name may not have: the file is refused");
        }
        assignment.nameRange = {m_at, m_at};
        if (end < size) { // at the end of the file the rest becomes the value of no name
            const std::string_view name = trimmedRight(slice(m_text, m_at, end), Spaces::Go);
            assignment.name = toText(name);
            assignment.nameRange.end = m_at + qsizetype(name.size());
            m_at = end + 1;
        }
        m_at = skipRuneBlanks(m_text, m_at);
        if (!value(assignment))
            return false;
        assignment.range = {start, m_at};
        m_known.insert(assignment.name, assignment.value);
        m_reading.assignments.append(assignment);
        return true;
    }

    bool value(EnvAssignment &assignment)
    {
        const qsizetype size = qsizetype(m_text.size());
        const char quote = m_at < size ? m_text[std::size_t(m_at)] : '\0';
        if (quote == '\'' || quote == '"') {
            const qsizetype close = closingQuote(m_text, m_at);
            if (close < 0)
                return give(m_at, "a quote that does not end: the file is refused");
            assignment.valueRange = {m_at, close + 1};
            assignment.quoting = quote == '"' ? EnvQuoting::Double : EnvQuoting::Single;
            // Only \r\n becomes \n there, and before anything is read.
            QByteArray inner(m_text.data() + m_at, close - m_at);
            inner.replace("\r\n", "\n");
            const std::string_view bare = withoutQuotes(view(inner), quote);
            if (quote == '"')
                expand(assignment, toText(godotenvEscapes(bare)));
            else
                assignment.value = toText(bare);
            m_at = close + 1;
            return true;
        }
        const qsizetype end = lineEnd(m_text, m_at);
        std::string_view line = slice(m_text, m_at, end);
        for (std::size_t i = line.size(); i-- > 1;) {
            const bool spaced = isByteBlank(line[i - 1]) &&
                                (static_cast<unsigned char>(line[i - 1]) < 0x80 || (i > 1 && line[i - 2] == '\xC2'));
            if (line[i] == '#' && spaced) {
                line = line.substr(0, i);
                break;
            }
        }
        std::size_t begin = std::size_t(skipRuneBlanks(line, 0));
        line = line.substr(begin);
        for (;;) {
            const std::size_t length = line.size();
            if (length > 0 && runeBlankAt(line, qsizetype(length) - 1) == 1)
                line.remove_suffix(1);
            else if (length > 1 && runeBlankAt(line, qsizetype(length) - 2) == 2)
                line.remove_suffix(2);
            else
                break;
        }
        assignment.valueRange = {m_at + qsizetype(begin), m_at + qsizetype(begin + line.size())};
        expand(assignment, toText(line));
        m_at = end;
        return true;
    }

    void expand(EnvAssignment &assignment, const QString &text)
    {
        assignment.value = m_budget.isSpent() ? text : expandLikeGodotenv(text, m_known, &assignment.interpolated);
        if (assignment.interpolated)
            m_budget.spend(assignment.value.size(), assignment, m_reading);
    }

    std::string_view m_text;
    EnvReading &m_reading;
    EnvSurroundings m_known;
    ExpansionBudget m_budget;
    qsizetype m_at = 0;
};

/// \a \b \f \n \r \t \v \\ \" and \0 with three octal digits; \$ becomes $$, which the template reads as one.
QByteArray composeEscapes(const QByteArray &text)
{
    static constexpr std::string_view known = "abfnrtv\"\\";
    static constexpr std::string_view meant = "\a\b\f\n\r\t\v\"\\";
    QByteArray result;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
        const std::size_t which = next == '\0' ? std::string_view::npos : known.find(next);
        if (next == '$') {
            result += "$$";
            ++i;
        } else if (which != std::string_view::npos) {
            result += meant[which];
            ++i;
        } else if (next == '0') {
            qsizetype end = i + 2;
            while (end < text.size() && end < i + 5 && text[end] >= '0' && text[end] <= '9')
                ++end;
            bool octal = false;
            const int code = text.mid(i + 2, end - i - 2).toInt(&octal, 8);
            if (octal && end == i + 5 && code < 256)
                result += QString(QChar(code)).toUtf8();
            else
                result += '\\' + text.mid(i + 2, end - i - 2); // and the 0 is gone
            i = end - 1;
        } else {
            result += text[i];
            if (next == 'c') // an escape by its pattern, and kept whole
                result += text[++i];
        }
    }
    return result;
}

class ComposeWalk final
{
public:
    ComposeWalk(std::string_view text, const EnvSurroundings &surroundings, EnvReading &reading)
        : m_text(text)
        , m_surroundings(surroundings)
        , m_known(surroundings)
        , m_reading(reading)
        , m_at(hasBom(text) ? 3 : 0)
    {
    }

    void walk()
    {
        for (;;) {
            m_at = goStatement(m_text, m_at);
            if (m_at >= qsizetype(m_text.size()) || !statement())
                return;
        }
    }

private:
    bool give(qsizetype offset, const QString &problem)
    {
        addProblem(m_reading, offset, problem + QStringLiteral(": the file is refused"), true);
        return false;
    }

    bool statement()
    {
        EnvAssignment assignment;
        const qsizetype start = m_at;
        const qsizetype size = qsizetype(m_text.size());
        if (startsWith(m_text, m_at, "export") && m_at + 6 < size &&
            std::string_view(" \t\n\f\r").find(m_text[std::size_t(m_at) + 6]) != std::string_view::npos) {
            m_at = skipRuneBlanks(m_text, m_at + 6);
            assignment.exported = true;
        }
        if (m_at >= size)
            return give(start, QStringLiteral("a name is missing"));
        qsizetype end = m_at;
        bool found = false;
        while (end < size && !found) {
            if (const qsizetype blank = runeBlankAt(m_text, end)) {
                end += blank;
                continue;
            }
            const char c = m_text[std::size_t(end)];
            found = c == '=' || c == ':' || c == '\n';
            if (!found) {
                const qsizetype width = nameCharacter(end);
                if (width == 0)
                    return give(start, QStringLiteral("a character that a name may not have"));
                end += width;
            }
        }
        assignment.nameRange = {m_at, m_at};
        if (found) {
            const std::string_view name = trimmedRight(slice(m_text, m_at, end), Spaces::Go);
            if (slice(m_text, m_at, end).find(' ') != std::string_view::npos &&
                name.find(' ') != std::string_view::npos)
                return give(start, QStringLiteral("a name with a space in it"));
            assignment.name = toText(name);
            assignment.nameRange.end = m_at + qsizetype(name.size());
            assignment.bare = m_text[std::size_t(end)] == '\n';
            m_at = end + 1;
        }
        m_at = skipRuneBlanks(m_text, m_at);
        if (assignment.bare) {
            const auto outer = m_surroundings.constFind(assignment.name);
            if (outer == m_surroundings.cend()) {
                addProblem(m_reading, start,
                           QStringLiteral("a name without a value: nothing, unless the caller has one"));
                return true;
            }
            assignment.bare = false;
            assignment.value = *outer;
        } else if (!value(assignment)) {
            return false;
        }
        assignment.range = {start, m_at};
        remember(m_known, m_surroundings, assignment);
        m_reading.assignments.append(assignment);
        return true;
    }

    /// Bytes of a letter, digit or sign that a name may have.
    qsizetype nameCharacter(qsizetype at) const
    {
        const char c = m_text[std::size_t(at)];
        if (isWord(c) || c == '.' || c == '-' || c == '[' || c == ']')
            return 1;
        const auto lead = static_cast<unsigned char>(c);
        if (lead < 0xC2)
            return 0;
        const qsizetype width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        const QList<uint> code = toText(m_text.substr(std::size_t(at), std::size_t(width))).toUcs4();
        return code.size() == 1 && (QChar::isLetter(code.first()) || QChar::isNumber(code.first())) ? width : 0;
    }

    bool value(EnvAssignment &assignment)
    {
        const qsizetype size = qsizetype(m_text.size());
        const char quote = m_at < size ? m_text[std::size_t(m_at)] : '\0';
        if (quote == '\'' || quote == '"')
            return quoted(assignment, quote);
        const std::size_t line = m_text.find('\n', std::size_t(m_at));
        const qsizetype end = line == std::string_view::npos ? size : qsizetype(line);
        std::string_view text = slice(m_text, m_at, end);
        text = trimmedRight(text.substr(0, text.find(" #")), Spaces::Go);
        assignment.valueRange = {m_at, m_at + qsizetype(text.size())};
        if (!expand(assignment, toText(text)))
            return false;
        m_at = end < size ? end + 1 : end;
        return true;
    }

    bool quoted(EnvAssignment &assignment, char quote)
    {
        const qsizetype open = m_at;
        QByteArray inner;
        bool escaped = false;
        qsizetype at = open + 1;
        for (; at < qsizetype(m_text.size()); ++at) {
            const char c = m_text[std::size_t(at)];
            if (c == quote && !escaped)
                break;
            if (c == '\\' && !escaped) {
                escaped = true;
                continue;
            }
            if (escaped && c != quote)
                inner += '\\';
            escaped = false;
            inner += c;
        }
        if (at >= qsizetype(m_text.size()))
            return give(open, QStringLiteral("a quote that does not end"));
        assignment.quoting = quote == '"' ? EnvQuoting::Double : EnvQuoting::Single;
        assignment.valueRange = {open, at + 1};
        m_at = at + 1;
        if (quote == '"')
            return expand(assignment, toText(composeEscapes(inner)));
        assignment.value = toText(inner);
        return true;
    }

    bool expand(EnvAssignment &assignment, const QString &text)
    {
        const Result<QString> value =
            m_budget.isSpent() ? text : expandLikeCompose(text, m_known, &assignment.interpolated);
        if (!value)
            return give(assignment.valueRange.begin, value.error().message);
        assignment.value = *value;
        if (assignment.interpolated)
            m_budget.spend(value->size(), assignment, m_reading);
        return true;
    }

    std::string_view m_text;
    const EnvSurroundings &m_surroundings;
    EnvSurroundings m_known;
    EnvReading &m_reading;
    ExpansionBudget m_budget;
    qsizetype m_at;
};

} // namespace

EnvReading readGodotenv(std::string_view text)
{
    EnvReading reading;
    GodotenvWalk(text, reading).walk();
    return reading;
}

EnvReading readComposeEnv(std::string_view text, const EnvSurroundings &surroundings)
{
    EnvReading reading;
    ComposeWalk(text, surroundings, reading).walk();
    return reading;
}

} // namespace Switchyard
