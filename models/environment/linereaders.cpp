// SPDX-License-Identifier: GPL-3.0-or-later
// Readers that take a file line by line: docker --env-file, fly secrets import, Render's upload, GITHUB_ENV, and the
// lines of heroku config:edit.
#include "models/environment/readers.h"

#include <algorithm>

namespace Switchyard {

namespace {

using namespace EnvText;

/// Go's bufio.Scanner gives up at a line that fills its buffer.
constexpr qsizetype scannerLimit = 64 * 1024;

/// Calls `visit(begin, end)` with each line, without its \n and one \r before it, until it answers false.
template <typename Visit>
void forEachLine(std::string_view text, Visit visit)
{
    const qsizetype size = qsizetype(text.size());
    for (qsizetype at = 0; at < size;) {
        const std::size_t found = text.find('\n', std::size_t(at));
        const qsizetype stop = found == std::string_view::npos ? size : qsizetype(found);
        if (!visit(at, stop > at && text[std::size_t(stop) - 1] == '\r' ? stop - 1 : stop))
            return;
        at = stop + 1;
    }
}

EnvAssignment assignmentAt(std::string_view text, ByteRange name, ByteRange value)
{
    EnvAssignment assignment;
    assignment.nameRange = name;
    assignment.valueRange = value;
    assignment.range = {name.begin, value.end};
    assignment.name = toText(slice(text, name.begin, name.end));
    assignment.value = toText(slice(text, value.begin, value.end));
    return assignment;
}

/// The range of a part of the text.
ByteRange rangeOf(std::string_view text, std::string_view part)
{
    const qsizetype begin = qsizetype(part.data() - text.data());
    return {begin, begin + qsizetype(part.size())};
}

} // namespace

EnvReading readDockerEnv(std::string_view text)
{
    EnvReading reading;
    bool first = true;
    forEachLine(text, [&](qsizetype begin, qsizetype end) {
        if (end - begin >= scannerLimit) {
            addProblem(reading, begin, QStringLiteral("a line of 64 KB or more: the file is refused"), true);
            return false;
        }
        if (invalidUtf8(slice(text, begin, end)) >= 0) {
            addProblem(reading, begin, QStringLiteral("bytes that are not UTF-8: the file is refused"), true);
            return false;
        }
        if (first && hasBom(text))
            begin += 3;
        first = false;
        const qsizetype start = begin + skipSpace(slice(text, begin, end), 0, Spaces::Go);
        if (start == end || text[std::size_t(start)] == '#')
            return true;
        const std::string_view line = slice(text, start, end);
        const std::size_t equals = line.find('=');
        const std::string_view name = line.substr(0, equals);
        if (name.empty() || name.find_first_of(" \t") != std::string_view::npos) {
            addProblem(reading, start, QStringLiteral("a name that is empty or has a space: the file is refused"),
                       true);
            return false;
        }
        EnvAssignment assignment = assignmentAt(
            text, rangeOf(text, name),
            rangeOf(text, equals == std::string_view::npos ? line.substr(line.size()) : line.substr(equals + 1)));
        assignment.bare = equals == std::string_view::npos;
        reading.assignments.append(assignment);
        return true;
    });
    return reading;
}

EnvReading readFlyImport(std::string_view text)
{
    EnvReading reading;
    EnvAssignment open; // the variable whose """ is open
    bool multiline = false;
    QByteArray parts;
    forEachLine(text, [&](qsizetype begin, qsizetype end) {
        if (end - begin >= scannerLimit) {
            addProblem(reading, begin, QStringLiteral("a line of 64 KB or more: it and all below it get lost unsaid"));
            multiline = false;
            return false;
        }
        const std::string_view line = slice(text, begin, end);
        if (multiline) {
            const bool last = line.ends_with("\"\"\"");
            parts += QByteArray(line.data(), qsizetype(line.size()) - (last ? 3 : 0));
            if (last) {
                open.value = toText(parts);
                open.range.end = open.valueRange.end = end;
                reading.assignments.append(open);
                multiline = false;
            } else {
                parts += '\n';
            }
            return true;
        }
        if (line.starts_with('#') || trimmed(line, Spaces::Go).empty())
            return true;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) {
            addProblem(reading, begin, QStringLiteral("no NAME=VALUE: the import fails"), true);
            return false;
        }
        const std::string_view name = trimmed(line.substr(0, equals), Spaces::Go);
        std::string_view value = line.substr(equals + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        const std::size_t hash = value.find('#');
        const auto quotes =
            hash == std::string_view::npos ? 1 : std::count(value.begin(), value.begin() + std::ptrdiff_t(hash), '"');
        if (quotes % 2 == 0) {
            value = value.substr(0, hash);
            const std::size_t last = value.find_last_not_of(' ');
            value = value.substr(0, last == std::string_view::npos ? 0 : last + 1);
        }
        EnvAssignment assignment = assignmentAt(text, rangeOf(text, name), rangeOf(text, value));
        if (value.starts_with("\"\"\"") && value.ends_with("\"\"\"") && value.size() >= 6) {
            assignment.quoting = EnvQuoting::Triple;
            assignment.value = toText(value.substr(3, value.size() - 6));
        } else if (value.starts_with("\"\"\"")) {
            multiline = true;
            open = assignment;
            open.quoting = EnvQuoting::Triple;
            parts = QByteArray(value.data() + 3, qsizetype(value.size()) - 3) + '\n';
            return true;
        } else if (value == "\"" || value == "'") {
            addProblem(reading, assignment.valueRange.begin,
                       QStringLiteral("a value of one quote: flyctl ends with a fault of its own"), true);
            return false;
        } else if (value.size() > 1 && (value.front() == '"' || value.front() == '\'') &&
                   value.back() == value.front()) {
            assignment.quoting = value.front() == '"' ? EnvQuoting::Double : EnvQuoting::Single;
            assignment.value = toText(value.substr(1, value.size() - 2));
        }
        reading.assignments.append(assignment);
        return true;
    });
    if (multiline)
        addProblem(reading, open.valueRange.begin, QStringLiteral("\"\"\" that does not end: the variable gets lost"));
    return reading;
}

// The page says: comments begin with #, values without quotes have no white space, values in double quotes may have
// white space and line breaks. What it does not say is a problem here, so that nothing is built on a guess.
EnvReading readRenderUpload(std::string_view text)
{
    EnvReading reading;
    const qsizetype size = qsizetype(text.size());
    const auto unknown = [&](qsizetype at, const char *what) {
        addProblem(reading, at,
                   QString::fromLatin1(what) + QStringLiteral(": Render's page does not say what it means"));
    };
    for (qsizetype at = hasBom(text) ? 3 : 0; at < size;) {
        const qsizetype start = skipSpace(text, at, Spaces::Python);
        at = lineEnd(text, start);
        if (start >= size || text[std::size_t(start)] == '#')
            continue;
        const std::string_view line = slice(text, start, at);
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos || !isPortableName(toText(line.substr(0, equals)))) {
            unknown(start, "a line that is no NAME=value");
            continue;
        }
        const qsizetype value = start + qsizetype(equals) + 1;
        const ByteRange name{start, value - 1};
        if (startsWith(text, value, "\"")) {
            const std::size_t close = text.find('"', std::size_t(value) + 1);
            const qsizetype stop = close == std::string_view::npos ? size : qsizetype(close) + 1;
            at = lineEnd(text, stop);
            const std::string_view inner = slice(text, value + 1, std::max(value + 1, stop - 1));
            if (close == std::string_view::npos || !trimmed(slice(text, stop, at), Spaces::Python).empty() ||
                inner.find('\\') != std::string_view::npos) {
                unknown(value, "quotes, or a backslash, within double quotes");
                continue;
            }
            EnvAssignment assignment = assignmentAt(text, name, {value, stop});
            assignment.value = toText(unixBreaks(inner));
            assignment.quoting = EnvQuoting::Double;
            reading.assignments.append(assignment);
            continue;
        }
        const std::string_view bare = trimmedRight(slice(text, value, at), Spaces::Python);
        bool spaced = false;
        for (qsizetype i = 0; i < qsizetype(bare.size()); ++i)
            spaced = spaced || spaceAt(bare, i, Spaces::Python) > 0;
        if (spaced || bare.starts_with('\'') || bare.starts_with('`') || bare.find('#') != std::string_view::npos ||
            bare.find('\\') != std::string_view::npos) {
            unknown(value, "white space, #, a backslash or another quote in a value without double quotes");
            continue;
        }
        reading.assignments.append(assignmentAt(text, name, {value, value + qsizetype(bare.size())}));
    }
    return reading;
}

EnvReading readGithubEnv(std::string_view text)
{
    EnvReading reading;
    const qsizetype size = qsizetype(text.size());
    for (qsizetype at = hasBom(text) ? 3 : 0; at < size;) {
        const qsizetype begin = at;
        const auto nextLine = [&] {
            const std::size_t end = text.find('\n', std::size_t(at));
            const std::string_view line = text.substr(std::size_t(at), end - std::size_t(at));
            at = end == std::string_view::npos ? size : qsizetype(end) + 1;
            return line;
        };
        const std::string_view line = nextLine();
        if (line.empty())
            continue;
        const std::size_t equals = line.find('=');
        const std::size_t heredoc = line.find("<<");
        if (equals < heredoc) {
            reading.assignments.append(
                assignmentAt(text, rangeOf(text, line.substr(0, equals)), rangeOf(text, line.substr(equals + 1))));
            continue;
        }
        const std::string_view delimiter =
            heredoc == std::string_view::npos ? std::string_view() : line.substr(heredoc + 2);
        if (heredoc == 0 || delimiter.empty()) {
            addProblem(reading, begin, QStringLiteral("neither NAME=value nor NAME<<END: the step fails"), true);
            break;
        }
        const qsizetype valueBegin = at;
        qsizetype valueEnd = at;
        bool closed = false;
        while (at < size && !closed) {
            closed = nextLine() == delimiter;
            if (!closed)
                valueEnd = text[std::size_t(at) - 1] == '\n' ? at - 1 : at;
        }
        if (!closed) {
            addProblem(reading, begin, QStringLiteral("its end mark is missing: the step fails"), true);
            break;
        }
        EnvAssignment assignment = assignmentAt(text, rangeOf(text, line.substr(0, heredoc)), {valueBegin, valueEnd});
        assignment.quoting = EnvQuoting::Heredoc;
        reading.assignments.append(assignment);
    }
    return reading;
}

// What heroku config:edit makes of a line: \n in double quotes and \\ in single ones are undone first, then the rest is
// read as a shell would. Anything that is more than one word in one pair of quotes is refused here.
EnvReading readHerokuConfig(std::string_view text)
{
    EnvReading reading;
    const qsizetype size = qsizetype(text.size());
    for (qsizetype at = 0; at < size;) {
        const std::size_t found = text.find('\n', std::size_t(at));
        const qsizetype end = found == std::string_view::npos ? size : qsizetype(found);
        const std::string_view line = slice(text, at, end);
        const qsizetype begin = at;
        at = end + 1;
        if (line.empty())
            continue;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) {
            addProblem(reading, begin, QStringLiteral("no NAME=value: the command ends there"), true);
            break;
        }
        const std::string_view raw = line.substr(equals + 1);
        EnvAssignment assignment = assignmentAt(text, rangeOf(text, line.substr(0, equals)), rangeOf(text, raw));
        QByteArray value(raw.data(), qsizetype(raw.size()));
        const char quote = value.isEmpty() ? '\0' : value.front();
        bool known = true;
        if (quote == '"') {
            value.replace("\\n", "\n");
            QByteArray inner;
            qsizetype i = 1;
            for (; i < value.size() && value[i] != '"'; ++i) {
                const char next = value[i] == '\\' && i + 1 < value.size() ? value[i + 1] : '\0';
                known = known && value[i] != '$' && value[i] != '`';
                if (next == '"' || next == '\\' || next == '$')
                    ++i;
                inner += value[i];
            }
            known = known && i == value.size() - 1;
            assignment.value = toText(inner);
            assignment.quoting = EnvQuoting::Double;
        } else if (quote == '\'') {
            value.replace("\\\\", "\\");
            known = value.size() > 1 && value.indexOf('\'', 1) == value.size() - 1;
            assignment.value = toText(value.mid(1, value.size() - 2));
            assignment.quoting = EnvQuoting::Single;
        } else {
            known = raw.find_first_of("\"\\#!$&'()*,:;<=>?@[]^`{|} \t\r\v\f") == std::string_view::npos;
        }
        if (known)
            reading.assignments.append(assignment);
        else
            addProblem(reading, assignment.valueRange.begin,
                       QStringLiteral("a value that a shell would do more with than read it"), true);
    }
    return reading;
}

} // namespace Switchyard
