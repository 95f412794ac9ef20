// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/prometheustext.h"

#include <cmath>

namespace Switchyard {

namespace {

bool isNameStart(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

/// Walks over one line; every taker leaves the place as it is when what it takes is not there.
class Scanner
{
public:
    explicit Scanner(QByteArrayView text)
        : m_text(text)
    {
    }

    void skipBlanks()
    {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\t'))
            ++m_at;
    }
    bool atEnd() const { return m_at >= m_text.size(); }
    bool take(char c)
    {
        if (atEnd() || m_text[m_at] != c)
            return false;
        ++m_at;
        return true;
    }
    QString name()
    {
        const qsizetype from = m_at;
        while (!atEnd() && (isNameStart(m_text[m_at]) || (m_at > from && m_text[m_at] >= '0' && m_text[m_at] <= '9')))
            ++m_at;
        return QString::fromLatin1(m_text.sliced(from, m_at - from));
    }
    QByteArrayView word()
    {
        const qsizetype from = m_at;
        while (!atEnd() && m_text[m_at] != ' ' && m_text[m_at] != '\t')
            ++m_at;
        return m_text.sliced(from, m_at - from);
    }
    /// A quoted value with the format's three escapes: \\, \" and \n.
    std::optional<QString> quoted(char quote)
    {
        if (!take(quote))
            return std::nullopt;
        QByteArray value;
        while (!atEnd()) {
            const char c = m_text[m_at++];
            if (c == quote)
                return QString::fromUtf8(value);
            if (c != '\\' || atEnd()) {
                value += c;
                continue;
            }
            const char escaped = m_text[m_at++];
            value += escaped == 'n' ? '\n' : escaped;
        }
        return std::nullopt;
    }
    /// `{a="b",…}`; false where it is malformed. A comma may stand at the end.
    bool labels(QMap<QString, QString> *out, bool singleQuotes)
    {
        if (!take('{'))
            return true;
        for (;;) {
            skipBlanks();
            if (take('}'))
                return true;
            const QString label = name();
            skipBlanks();
            if (label.isEmpty() || !take('='))
                return false;
            skipBlanks();
            std::optional<QString> value = quoted('"');
            if (!value && singleQuotes)
                value = quoted('\'');
            if (!value)
                return false;
            out->insert(label, *value);
            skipBlanks();
            if (!take(','))
                return take('}');
        }
    }

private:
    QByteArrayView m_text;
    qsizetype m_at = 0;
};

std::optional<double> number(QByteArrayView word)
{
    if (word == "+Inf" || word == "Inf")
        return std::numeric_limits<double>::infinity();
    if (word == "-Inf")
        return -std::numeric_limits<double>::infinity();
    if (word == "NaN")
        return std::numeric_limits<double>::quiet_NaN();
    bool ok = false;
    const double value = word.toDouble(&ok);
    return ok ? std::optional(value) : std::nullopt;
}

bool contains(const QMap<QString, QString> &have, const QMap<QString, QString> &wanted)
{
    for (auto it = wanted.cbegin(); it != wanted.cend(); ++it) {
        if (have.value(it.key()) != it.value())
            return false;
    }
    return true;
}

} // namespace

Result<SeriesSelector> parseSeriesSelector(const QString &text)
{
    const QByteArray bytes = text.trimmed().toUtf8();
    Scanner scanner{QByteArrayView(bytes)};
    SeriesSelector selector;
    selector.name = scanner.name();
    scanner.skipBlanks();
    if (selector.name.isEmpty() || !scanner.labels(&selector.labels, true) || !scanner.atEnd())
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is no metric").arg(text),
                    QStringLiteral("name{label='value'}"));
    return selector;
}

std::optional<SeriesSample> parseSampleLine(QByteArrayView line)
{
    if (line.endsWith('\r'))
        line.chop(1);
    Scanner scanner(line);
    scanner.skipBlanks();
    SeriesSample sample;
    sample.name = scanner.name();
    if (sample.name.isEmpty())
        return std::nullopt;
    scanner.skipBlanks();
    if (!scanner.labels(&sample.labels, false))
        return std::nullopt;
    scanner.skipBlanks();
    const std::optional<double> value = number(scanner.word());
    if (!value)
        return std::nullopt;
    sample.value = *value;
    return sample;
}

Result<double> prometheusValue(const QByteArray &text, const QString &selector)
{
    const Result<SeriesSelector> wanted = parseSeriesSelector(selector);
    if (!wanted)
        return tl::unexpected(wanted.error());
    double sum = 0;
    bool found = false;
    bool finite = false;
    for (const QByteArray &line : text.split('\n')) {
        const std::optional<SeriesSample> sample = parseSampleLine(line);
        if (!sample || sample->name != wanted->name || !contains(sample->labels, wanted->labels))
            continue;
        found = true;
        if (!std::isfinite(sample->value))
            continue;
        finite = true;
        sum += sample->value;
    }
    if (!found)
        return fail(ErrorKind::Protocol, QStringLiteral("no series %1").arg(selector));
    if (!finite)
        return fail(ErrorKind::Protocol, QStringLiteral("%1 is no finite number").arg(selector));
    return sum;
}

} // namespace Switchyard
