// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/disagreements.h"

#include "models/environment/readers.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace Switchyard {

namespace {

using namespace EnvText;

struct Row
{
    qsizetype key = 0; ///< where the name ends: "export" before it makes no difference
    EnvAssignment base;
    bool inBase = false;
    std::vector<std::pair<EnvDialect, EnvAssignment>> others;
    std::vector<EnvDialect> blind;
};

bool sameReading(const EnvAssignment &a, const EnvAssignment &b)
{
    return a.bare == b.bare && a.value == b.value && a.name == b.name;
}

/// Rows by the place of the name, in the order of the text.
class Table final
{
public:
    Row &row(qsizetype key)
    {
        Row &row = m_rows[key];
        row.key = key;
        return row;
    }
    QMap<qsizetype, Row> &rows() { return m_rows; }

private:
    QMap<qsizetype, Row> m_rows;
};

void compare(const QList<EnvAssignment> &base, const EnvReading &reading, EnvDialect dialect, Table &table)
{
    const auto noteBase = [&](const EnvAssignment &assignment) -> Row & {
        Row &row = table.row(assignment.nameRange.end);
        row.base = assignment;
        row.inBase = true;
        return row;
    };
    qsizetype b = 0;
    qsizetype o = 0;
    while (b < base.size() || o < reading.assignments.size()) {
        const qsizetype ours = b < base.size() ? base[b].nameRange.end : std::numeric_limits<qsizetype>::max();
        const qsizetype theirs = o < reading.assignments.size() ? reading.assignments[o].nameRange.end
                                                                : std::numeric_limits<qsizetype>::max();
        if (ours < theirs) {
            noteBase(base[b++]).blind.push_back(dialect);
        } else if (theirs < ours) {
            table.row(theirs).others.emplace_back(dialect, reading.assignments[o++]);
        } else {
            if (!sameReading(base[b], reading.assignments[o]))
                noteBase(base[b]).others.emplace_back(dialect, reading.assignments[o]);
            ++b;
            ++o;
        }
    }
}

QString masked(const QString &value)
{
    return value.isEmpty() ? QStringLiteral("(empty)")
                           : QStringLiteral("•••• (%1 characters)").arg(value.toUcs4().size());
}

QStringList reasonsOf(std::string_view text, const EnvAssignment &assignment)
{
    QStringList reasons;
    const auto add = [&](bool found, const char *reason) {
        if (found)
            reasons.append(QString::fromUtf8(reason));
    };
    const ByteRange &value = assignment.valueRange;
    const std::string_view written = slice(text, value.begin, std::max(value.begin, value.end));
    const qsizetype end = lineEnd(text, value.end);
    const std::string_view rest = slice(text, value.end, end);
    const std::string_view between =
        slice(text, assignment.nameRange.end, std::max(assignment.nameRange.end, value.begin));
    const bool quoted =
        written.size() > 1 && (written.front() == '"' || written.front() == '\'' || written.front() == '`');
    const std::string_view inner = quoted ? written.substr(1, written.size() - 2) : written;
    const auto has = [&](std::string_view part, std::string_view what) {
        return part.find(what) != std::string_view::npos;
    };
    add(assignment.bare, "a name without =");
    add(assignment.exported, "export before the name");
    add(!isPortableName(assignment.name), "an unusual name");
    add(between.find_first_of(" \t") != std::string_view::npos, "spaces round the =");
    add(has(between, ":"), "a colon instead of =");
    add(quoted && has(inner, "#"), "# within quotes");
    add(!quoted && has(slice(text, value.begin, end), "#"), "# without quotes");
    add(quoted, written.front() == '`' ? "backticks" : "quotes");
    add(inner.find_first_of("'\"`") != std::string_view::npos, "quotes within the value");
    add(has(inner, "\\"), "a backslash");
    add(inner.find_first_of("\r\n") != std::string_view::npos, "a value over several lines");
    add(has(inner, "$"), "$");
    add(!quoted && inner.find_first_of(" \t") != std::string_view::npos, "white space without quotes");
    add(!rest.empty() && spaceAt(rest, 0, Spaces::Python) > 0 && trimmed(rest, Spaces::Python).empty(),
        "blanks at the end of the line");
    add(startsWith(text, end, "\r"), "CR at the end of the line");
    add(hasBom(text) && assignment.nameRange.begin <= 3, "a byte order mark");
    return reasons;
}

} // namespace

EnvDisagreements findDisagreements(const QByteArray &bytes, const QList<EnvDialect> &dialects, bool reveal,
                                   qsizetype most)
{
    EnvDisagreements result;
    Table table;
    const EnvReading base = readEnv(bytes, EnvDialect::Tolerant);
    QList<EnvDialect> asked;
    for (const EnvDialect dialect : dialects) {
        const EnvReading reading = readEnv(bytes, dialect);
        if (reading.refused) {
            const auto fatal = std::find_if(reading.problems.cbegin(), reading.problems.cend(),
                                            [](const EnvProblem &each) { return each.fatal; });
            result.refusals.append({dialect, fatal->line, fatal->column, fatal->message});
            continue;
        }
        asked.append(dialect);
        compare(base.assignments, reading, dialect, table);
    }
    for (const Row &row : std::as_const(table.rows())) {
        if (result.rows.size() >= most)
            break;
        const EnvAssignment &known = row.inBase ? row.base : row.others.front().second;
        EnvDisagreement found{known.name, known.line, known.column, {}, reasonsOf(view(bytes), known)};
        QList<EnvAssignment> groups;
        const auto add = [&](EnvDialect dialect, const EnvAssignment *assignment) {
            EnvOpinion opinion;
            opinion.dialect = dialect;
            opinion.seen = assignment != nullptr;
            if (assignment) {
                const auto same = std::find_if(groups.cbegin(), groups.cend(), [&](const EnvAssignment &each) {
                    return sameReading(each, *assignment);
                });
                opinion.group = int(same - groups.cbegin());
                if (same == groups.cend())
                    groups.append(*assignment);
                opinion.bare = assignment->bare;
                opinion.name = assignment->name;
                opinion.value = reveal ? assignment->value : masked(assignment->value);
            } else {
                opinion.group = -1;
            }
            found.opinions.append(opinion);
        };
        add(EnvDialect::Tolerant, row.inBase ? &row.base : nullptr);
        for (const EnvDialect dialect : asked) {
            const auto other = std::find_if(row.others.cbegin(), row.others.cend(),
                                            [&](const auto &each) { return each.first == dialect; });
            const bool blind = std::find(row.blind.cbegin(), row.blind.cend(), dialect) != row.blind.cend();
            add(dialect, other != row.others.cend() ? &other->second : blind || !row.inBase ? nullptr : &row.base);
        }
        result.rows.append(found);
    }
    return result;
}

} // namespace Switchyard
