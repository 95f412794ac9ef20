// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/windowwords.h"

#include <QList>
#include <QRegularExpression>

#include <utility>

namespace Switchyard {

namespace {

struct Wording
{
    const char *pattern; ///< a regular expression
    const char *words;
};

/// The expressions of a table, made once: a copy's dialog rewords every line of every stage anew.
class Rewording
{
public:
    template <std::size_t Count>
    explicit Rewording(const Wording (&table)[Count])
    {
        for (const Wording &each : table)
            m_each.append({QRegularExpression(QString::fromUtf8(each.pattern)), QString::fromUtf8(each.words)});
    }

    QString operator()(QString text) const
    {
        for (const auto &[pattern, words] : m_each)
            text.replace(pattern, words);
        return text;
    }

private:
    QList<std::pair<QRegularExpression, QString>> m_each;
};

// In this order: a longer wording before the option alone.
constexpr Wording ofCopy[] = {
    {"--clean names the database", "the name that was typed is"},
    {"--clean cannot", "\"replacing what has the same name\" cannot"},
    {"without --clean\\b", "without \"replacing what has the same name\""},
    {"; --no-compare copies all the same", "; without comparing afterwards it is copied all the same"},
    {"--exclude-table-data\\b", "\"Without rows\""},
    {"--clean \\S+", "\"replacing what has the same name\""},
    {"--into-nonempty", "\"beside what it holds\""},
    {"this command again with --final", "this copy again with \"final sync\""},
    {"--final", "\"final sync\""},
    {"--file FOLDER with --jobs", "name one at \"Through a file\""},
    {"no --file: through a pipe", "nothing at \"Through a file\": a pipe"},
    {"without --file nothing is kept", "with nothing at \"Through a file\" no dump is kept"},
    {"--file\\b", "\"Through a file\""},
    {"--jobs\\b", "\"Jobs at once\""},
    {"pg_dump --schema\\b", "pg_dump of chosen schemas"},
    {"--schema\\b", "\"Only the schemas\""},
    {"--older-target\\b", "\"Allow an older target\""},
    {"--programs DIR", "their folder at \"Programs in\""},
    {"--programs\\b", "\"Programs in\""},
    {"a longer --timeout, or none", "try again"},
};

constexpr Wording ofAccess[] = {
    {" Give them here with --outbound\\.", " Write them above, or read them from a file."},
    {", and give them here with --outbound\\.", ", and write them above."},
    {" \\(--backend or --platform\\)", ""},
    {" \\(--outbound\\)", ""},
    {" \\(--platform-plan\\)", ""},
    {" \\(--plan\\)", ""},
    {" \\(--list\\)", ""},
    {"; --service says whose list it is without the string", ""},
    {"--service says whose list it is without the string", ""},
};

} // namespace

QString copyInWindowWords(QString text)
{
    static const Rewording words(ofCopy);
    return words(std::move(text));
}

QString compareInWindowWords(QString text)
{
    static const QRegularExpression option(QStringLiteral("(?:^|(?<=[ (]))--(?=[a-z])"));
    const QRegularExpressionMatch first = option.match(text);
    return first.hasMatch() ? text.insert(first.capturedStart(), QStringLiteral("db compare ")) : text;
}

QString accessInWindowWords(QString text)
{
    static const Rewording words(ofAccess);
    return words(std::move(text));
}

} // namespace Switchyard
