// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/shellwords.h"

#include <QRegularExpression>

namespace Switchyard {

namespace {

class Splitter
{
public:
    explicit Splitter(const QString &text)
        : m_text(text)
    {
    }

    Result<ShellWords> run()
    {
        for (; m_at < m_text.size(); ++m_at) {
            const QChar c = m_text[m_at];
            if (c == QLatin1Char('\'') || c == QLatin1Char('"')) {
                if (!quoted(c))
                    return fail(ErrorKind::Usage, QStringLiteral("the command has quotes that never end"));
            } else if (c == QLatin1Char('\\') && m_at + 1 < m_text.size()) {
                ++m_at;
                if (m_text[m_at] != QLatin1Char('\n'))
                    add(m_text[m_at]);
            } else if (c.isSpace()) {
                m_result.needsShell = m_result.needsShell || (c == QLatin1Char('\n') && moreAfter());
                endWord();
            } else {
                plain(c);
            }
        }
        endWord();
        if (m_result.words.isEmpty())
            return fail(ErrorKind::Usage, QStringLiteral("the command is empty"));
        static const QStringList shellOnly{QStringLiteral("."),    QStringLiteral("cd"),     QStringLiteral("exec"),
                                           QStringLiteral("eval"), QStringLiteral("export"), QStringLiteral("if"),
                                           QStringLiteral("for"),  QStringLiteral("set"),    QStringLiteral("source"),
                                           QStringLiteral("trap"), QStringLiteral("ulimit"), QStringLiteral("umask"),
                                           QStringLiteral("case"), QStringLiteral("while")};
        if (shellOnly.contains(m_result.words.first()))
            m_result.needsShell = true;
        return m_result;
    }

private:
    void add(QChar c)
    {
        m_word += c;
        m_inWord = true;
    }

    void endWord()
    {
        if (m_inWord)
            m_result.words.append(std::exchange(m_word, {}));
        m_inWord = false;
    }

    bool moreAfter() const { return (m_inWord || !m_result.words.isEmpty()) && !m_text.mid(m_at).trimmed().isEmpty(); }

    void plain(QChar c)
    {
        if (QStringLiteral("|&;<>()`*?[]{}").contains(c))
            m_result.needsShell = true;
        else if (!m_inWord && (c == QLatin1Char('#') || c == QLatin1Char('~')))
            m_result.needsShell = true;
        else if (c == QLatin1Char('=') && m_result.words.isEmpty())
            m_result.needsShell = true;
        else if (c == QLatin1Char('$') && port())
            return;
        else if (c == QLatin1Char('$'))
            m_result.needsShell = true;
        add(c);
    }

    /// $PORT is filled in when the process starts and needs no shell.
    bool port()
    {
        for (const QLatin1StringView name : {QLatin1StringView("${PORT}"), QLatin1StringView("$PORT")}) {
            if (!QStringView(m_text).mid(m_at).startsWith(name))
                continue;
            const qsizetype end = m_at + name.size();
            const bool longer = name == QLatin1StringView("$PORT") && end < m_text.size() &&
                                (m_text[end].isLetterOrNumber() || m_text[end] == QLatin1Char('_'));
            if (longer)
                return false;
            m_word += name;
            m_inWord = true;
            m_at = end - 1;
            return true;
        }
        return false;
    }

    bool quoted(QChar quote)
    {
        m_inWord = true;
        for (++m_at; m_at < m_text.size(); ++m_at) {
            const QChar c = m_text[m_at];
            if (c == quote)
                return true;
            if (quote == QLatin1Char('"')) {
                if (c == QLatin1Char('\\') && m_at + 1 < m_text.size() &&
                    QStringLiteral("$`\"\\").contains(m_text[m_at + 1])) {
                    add(m_text[++m_at]);
                    continue;
                }
                if (c == QLatin1Char('$') && port())
                    continue;
                m_result.needsShell = m_result.needsShell || c == QLatin1Char('$') || c == QLatin1Char('`');
            }
            add(c);
        }
        return false;
    }

    const QString &m_text;
    qsizetype m_at = 0;
    QString m_word;
    bool m_inWord = false;
    ShellWords m_result;
};

} // namespace

Result<ShellWords> splitShellWords(const QString &text)
{
    return Splitter(text).run();
}

QString shellQuoted(const QString &word)
{
    static const QRegularExpression plain(QStringLiteral("\\A[A-Za-z0-9_@%+=:,./-]+\\z"));
    if (plain.match(word).hasMatch())
        return word;
    QString inner = word;
    inner.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return QLatin1Char('\'') + inner + QLatin1Char('\'');
}

} // namespace Switchyard
