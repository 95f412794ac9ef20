// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/dockerfile.h"

#include "models/common/jsonpointer.h"

#include <QHash>
#include <QJsonArray>
#include <QRegularExpression>
#include <QSet>
#include <QStringDecoder>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qsizetype maxBytes = 1 << 20;

bool isBlank(QChar c)
{
    return c == QLatin1Char(' ') || c == QLatin1Char('\t');
}

/// The joined text of an instruction, which remembers from which line each part of it came.
class JoinedLines
{
public:
    explicit JoinedLines(const QString &file)
        : m_file(file)
    {
    }

    void add(QStringView part, int line, int column)
    {
        m_parts.append({text.size(), line, column});
        text += part;
    }

    Place at(qsizetype offset) const
    {
        offset = std::min(offset, text.size());
        const auto after = std::upper_bound(m_parts.cbegin(), m_parts.cend(), offset,
                                            [](qsizetype value, const Part &part) { return value < part.offset; });
        const Part &part = after == m_parts.cbegin() ? m_parts.first() : *(after - 1);
        // Most questions go forward: a line of many variables is counted once, not once for each of them.
        const bool onward = m_offset >= part.offset && m_offset <= offset;
        qsizetype from = onward ? m_offset : part.offset;
        int column = onward ? m_column : part.column;
        for (; from < offset; ++from)
            column += text[from].isLowSurrogate() ? 0 : 1;
        m_offset = offset;
        m_column = column;
        return {m_file, part.line, column};
    }

    QString text;

private:
    struct Part
    {
        qsizetype offset;
        int line;
        int column;
    };
    QList<Part> m_parts;
    QString m_file;
    mutable qsizetype m_offset = -1; ///< of the last answer, with its column
    mutable int m_column = 0;
};

struct Word
{
    QString raw;
    qsizetype begin = 0;
};

class Parser
{
public:
    Parser(const QString &file, QList<Error> &problems)
        : m_file(file)
        , m_problems(problems)
    {
    }

    QList<DockerInstruction> run(const QByteArray &bytes)
    {
        if (!decode(bytes))
            return {};
        readDirectives();
        while (m_next < m_lines.size())
            readInstruction();
        if (m_result.isEmpty())
            problem({m_file, 0, 0}, QStringLiteral("the file has no instructions"));
        nameKeys();
        return std::move(m_result);
    }

private:
    void problem(const Place &place, const QString &message, const QString &hint = {})
    {
        m_problems.append(Error{ErrorKind::Usage, message, hint, place});
    }

    bool decode(QByteArray bytes)
    {
        if (bytes.size() > maxBytes) {
            problem({m_file, 0, 0}, QStringLiteral("more than 1 MB"), QStringLiteral("this is no Dockerfile"));
            return false;
        }
        if (bytes.startsWith("\xef\xbb\xbf"))
            bytes.remove(0, 3);
        if (const qsizetype nul = bytes.indexOf('\0'); nul >= 0) {
            problem({m_file, int(bytes.left(nul).count('\n')) + 1, 0}, QStringLiteral("a NUL byte"),
                    QStringLiteral("a Dockerfile is a text in UTF-8"));
            return false;
        }
        QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
        const QString text = decoder.decode(bytes);
        if (decoder.hasError()) {
            problem({m_file, 0, 0}, QStringLiteral("the file is not UTF-8"),
                    QStringLiteral("a Dockerfile is a text in UTF-8"));
            return false;
        }
        m_lines = text.split(QLatin1Char('\n'));
        for (QString &line : m_lines) {
            if (line.endsWith(QLatin1Char('\r')))
                line.chop(1);
        }
        if (!m_lines.isEmpty() && m_lines.last().isEmpty())
            m_lines.removeLast();
        return true;
    }

    /// Directives stand in comments above everything else; the first line that is none ends them.
    void readDirectives()
    {
        static const QRegularExpression form(QStringLiteral("\\A\\s*#\\s*([A-Za-z][A-Za-z0-9]*)\\s*=\\s*(.+?)\\s*\\z"));
        for (qsizetype i = 0; i < m_lines.size(); ++i) {
            const QRegularExpressionMatch match = form.match(m_lines[i]);
            if (!match.hasMatch())
                return;
            if (match.captured(1).compare(QLatin1StringView("escape"), Qt::CaseInsensitive) != 0)
                continue;
            const QString value = match.captured(2);
            if (value == QLatin1StringView("`") || value == QLatin1StringView("\\"))
                m_escape = value[0];
            else
                problem({m_file, int(i) + 1, 1}, QStringLiteral("escape= must be \\ or `"));
        }
    }

    static bool isComment(QStringView line) { return line.trimmed().startsWith(QLatin1Char('#')); }

    /// Takes the line's escape at its end off and says whether there was one.
    bool cutContinuation(QStringView &line) const
    {
        qsizetype end = line.size();
        while (end > 0 && isBlank(line[end - 1]))
            --end;
        if (end == 0 || line[end - 1] != m_escape)
            return false;
        line = line.first(end - 1);
        return true;
    }

    void readInstruction()
    {
        const QStringView first(m_lines[m_next]);
        if (first.trimmed().isEmpty() || isComment(first)) {
            ++m_next;
            return;
        }
        JoinedLines joined(m_file);
        qsizetype indent = 0;
        while (indent < first.size() && first[indent].isSpace())
            ++indent;
        QStringView line = first.sliced(indent);
        int column = int(indent) + 1;
        for (;;) {
            const bool more = cutContinuation(line);
            joined.add(line, int(m_next) + 1, column);
            m_lastLine = int(++m_next);
            if (!more)
                break;
            // Comments and empty lines inside do not end it.
            while (m_next < m_lines.size() && (m_lines[m_next].trimmed().isEmpty() || isComment(m_lines[m_next])))
                ++m_next;
            if (m_next >= m_lines.size())
                break;
            line = m_lines[m_next];
            column = 1;
        }
        understand(joined);
    }

    void understand(const JoinedLines &joined)
    {
        static const QSet<QString> names{
            QStringLiteral("ADD"),    QStringLiteral("ARG"),        QStringLiteral("CMD"),
            QStringLiteral("COPY"),   QStringLiteral("ENTRYPOINT"), QStringLiteral("ENV"),
            QStringLiteral("EXPOSE"), QStringLiteral("FROM"),       QStringLiteral("HEALTHCHECK"),
            QStringLiteral("LABEL"),  QStringLiteral("MAINTAINER"), QStringLiteral("ONBUILD"),
            QStringLiteral("RUN"),    QStringLiteral("SHELL"),      QStringLiteral("STOPSIGNAL"),
            QStringLiteral("USER"),   QStringLiteral("VOLUME"),     QStringLiteral("WORKDIR")};
        DockerInstruction instruction;
        const QString &text = joined.text;
        qsizetype at = 0;
        while (at < text.size() && !text[at].isSpace())
            ++at;
        instruction.name = text.first(at).toUpper();
        instruction.known = names.contains(instruction.name);
        instruction.place = joined.at(0);
        if (!instruction.known)
            unknown(instruction);
        at = readFlags(joined, at, instruction);
        instruction.arguments = text.sliced(at).trimmed();
        instruction.argumentsPlace = joined.at(at);
        if (instruction.known && instruction.arguments.isEmpty())
            problem(instruction.place, QStringLiteral("%1 without arguments").arg(instruction.name));
        readArguments(joined, at, instruction);
        readHeredocs(instruction);
        instruction.lastLine = m_lastLine;
        if (instruction.name == QLatin1StringView("FROM"))
            openStage(instruction);
        else
            instruction.stage = m_stage;
        if (m_stage < 0 && instruction.known && instruction.name != QLatin1StringView("ARG"))
            problem(instruction.place, QStringLiteral("%1 before the first FROM").arg(instruction.name),
                    QStringLiteral("only ARG may stand there"));
        m_result.append(instruction);
    }

    /// The first word may be part of a value (a line that lost its escape): only what looks like a word is repeated.
    void unknown(DockerInstruction &instruction)
    {
        static const QRegularExpression word(QStringLiteral("\\A[A-Z]{2,12}\\z"));
        const bool speakable = word.match(instruction.name).hasMatch();
        problem(instruction.place,
                speakable ? QStringLiteral("there is no instruction %1").arg(instruction.name)
                          : QStringLiteral("this line is no instruction"),
                QStringLiteral("does the line above lack its \\ at the end?"));
        if (!speakable)
            instruction.name = QStringLiteral("UNKNOWN");
    }

    void openStage(DockerInstruction &instruction)
    {
        instruction.stage = ++m_stage;
        const QStringList &words = instruction.words;
        if (words.size() == 3 && words[1].compare(QLatin1StringView("as"), Qt::CaseInsensitive) == 0)
            instruction.stageName = words[2];
        else if (words.size() != 1 && !words.isEmpty())
            problem(instruction.place, QStringLiteral("FROM takes an image, or an image and AS name"));
    }

    qsizetype readFlags(const JoinedLines &joined, qsizetype at, DockerInstruction &instruction) const
    {
        static const QSet<QString> flagged{QStringLiteral("ADD"), QStringLiteral("COPY"), QStringLiteral("FROM"),
                                           QStringLiteral("RUN"), QStringLiteral("HEALTHCHECK")};
        const QString &text = joined.text;
        for (;;) {
            while (at < text.size() && text[at].isSpace())
                ++at;
            if (!flagged.contains(instruction.name) ||
                !QStringView(text).sliced(at).startsWith(QLatin1StringView("--")))
                return at;
            qsizetype end = at;
            QChar quote;
            for (; end < text.size() && (!quote.isNull() || !text[end].isSpace()); ++end) {
                if (text[end] == quote)
                    quote = {};
                else if (quote.isNull() && (text[end] == QLatin1Char('"') || text[end] == QLatin1Char('\'')))
                    quote = text[end];
            }
            const QString flag = text.sliced(at + 2, end - at - 2);
            const qsizetype equals = flag.indexOf(QLatin1Char('='));
            instruction.flags.insert(equals < 0 ? flag : flag.first(equals),
                                     equals < 0 ? QString() : flag.sliced(equals + 1));
            at = end;
        }
    }

    /// Words at spaces outside quotes, quotes and escapes kept.
    QList<Word> rawWords(const QString &text, qsizetype at) const
    {
        QList<Word> words;
        while (at < text.size()) {
            while (at < text.size() && text[at].isSpace())
                ++at;
            const qsizetype begin = at;
            QChar quote;
            for (; at < text.size() && (!quote.isNull() || !text[at].isSpace()); ++at) {
                const QChar c = text[at];
                if (c == m_escape && quote != QLatin1Char('\'') && at + 1 < text.size())
                    ++at;
                else if (c == quote)
                    quote = {};
                else if (quote.isNull() && (c == QLatin1Char('"') || c == QLatin1Char('\'')))
                    quote = c;
            }
            if (at > begin)
                words.append({text.sliced(begin, at - begin), begin});
        }
        return words;
    }

    /// `keepDollars`: a dollar that is none of a reference stays marked, as \\$.
    QString unquoted(const QString &raw, bool keepDollars = false) const
    {
        QString result;
        QChar quote;
        for (qsizetype i = 0; i < raw.size(); ++i) {
            const QChar c = raw[i];
            if (c == quote) {
                quote = {};
            } else if (quote.isNull() && (c == QLatin1Char('"') || c == QLatin1Char('\''))) {
                quote = c;
            } else if (c == m_escape && quote != QLatin1Char('\'') && i + 1 < raw.size() &&
                       (quote.isNull() || raw[i + 1] == QLatin1Char('"') || raw[i + 1] == QLatin1Char('$') ||
                        raw[i + 1] == m_escape)) {
                if (keepDollars && raw[i + 1] == QLatin1Char('$'))
                    result += QLatin1Char('\\');
                result += raw[++i];
            } else {
                result += c;
            }
        }
        return result;
    }

    void readArguments(const JoinedLines &joined, qsizetype at, DockerInstruction &instruction)
    {
        const QString &name = instruction.name;
        if (name == QLatin1StringView("ENV") || name == QLatin1StringView("ARG") || name == QLatin1StringView("LABEL"))
            readVariables(joined, at, instruction);
        static const QSet<QString> lists{QStringLiteral("ADD"),  QStringLiteral("CMD"),    QStringLiteral("COPY"),
                                         QStringLiteral("RUN"),  QStringLiteral("VOLUME"), QStringLiteral("ENTRYPOINT"),
                                         QStringLiteral("SHELL")};
        QString list = instruction.arguments;
        if (name == QLatin1StringView("HEALTHCHECK") && list.startsWith(QLatin1StringView("CMD"), Qt::CaseInsensitive))
            list = list.sliced(3).trimmed();
        else if (!lists.contains(name))
            list.clear();
        if (list.startsWith(QLatin1Char('[')) && readJson(list, instruction))
            return;
        for (const Word &word : rawWords(joined.text, at))
            instruction.words.append(unquoted(word.raw));
        if (name == QLatin1StringView("SHELL"))
            problem(instruction.argumentsPlace, QStringLiteral("SHELL takes a JSON list"),
                    QStringLiteral("SHELL [\"/bin/bash\", \"-c\"]"));
    }

    bool readJson(const QString &list, DockerInstruction &instruction)
    {
        const Result<QJsonValue> value = parseJson(list.toUtf8());
        const QJsonArray array = value ? value->toArray() : QJsonArray();
        const bool strings = std::all_of(array.begin(), array.end(), [](const auto &word) { return word.isString(); });
        if (value && value->isArray() && strings) {
            for (const QJsonValue word : array)
                instruction.words.append(word.toString());
            instruction.json = true;
            return true;
        }
        // [ -f x ] && … is a command of a shell; a quote behind the bracket was meant as a list.
        static const QRegularExpression meant(QStringLiteral("\\A\\[\\s*[\"']"));
        if (meant.match(list).hasMatch() && instruction.name != QLatin1StringView("SHELL"))
            problem(instruction.argumentsPlace,
                    QStringLiteral("%1 begins like a JSON list and is none: the builder takes it for a shell command")
                        .arg(instruction.name),
                    QStringLiteral("double quotes around every word, commas between them, ] at the end"));
        return false;
    }

    void readVariables(const JoinedLines &joined, qsizetype at, DockerInstruction &instruction)
    {
        const QList<Word> words = rawWords(joined.text, at);
        const auto equalsOf = [](const Word &word) { return word.raw.indexOf(QLatin1Char('=')); };
        if (words.isEmpty())
            return;
        if (instruction.name != QLatin1StringView("ARG") && equalsOf(words.first()) < 0) {
            // ENV NAME all the rest is the value
            DockerVariable variable{words[0].raw, {}, true, false, joined.at(words[0].begin), {}};
            if (words.size() < 2) {
                problem(variable.namePlace, QStringLiteral("%1 needs a name and a value").arg(instruction.name));
                return;
            }
            variable.value = unquoted(joined.text.sliced(words[1].begin).trimmed(), true);
            variable.place = joined.at(words[1].begin);
            instruction.variables.append(variable);
            return;
        }
        for (const Word &word : words) {
            const qsizetype equals = equalsOf(word);
            DockerVariable variable;
            variable.namePlace = variable.place = joined.at(word.begin);
            if (equals <= 0 && instruction.name != QLatin1StringView("ARG")) {
                problem(variable.place, QStringLiteral("%1 takes NAME=value").arg(instruction.name),
                        QStringLiteral("a value with spaces stands in quotes"));
                continue;
            }
            variable.stated = equals > 0;
            variable.name = unquoted(equals < 0 ? word.raw : word.raw.first(equals));
            if (variable.stated) {
                const QString raw = word.raw.sliced(equals + 1);
                variable.value = unquoted(raw, true);
                variable.quoted = raw.size() > 1 && raw.startsWith(QLatin1Char('\'')) &&
                                  raw.indexOf(QLatin1Char('\''), 1) == raw.size() - 1;
                variable.place = joined.at(word.begin + equals + 1);
            }
            instruction.variables.append(variable);
        }
    }

    void readHeredocs(DockerInstruction &instruction)
    {
        const QString &name = instruction.name;
        if (instruction.json ||
            (name != QLatin1StringView("RUN") && name != QLatin1StringView("COPY") && name != QLatin1StringView("ADD")))
            return;
        static const QRegularExpression form(QStringLiteral("\\A\\d*<<(-?)([^<]*)\\z"));
        const QList<Word> words = rawWords(instruction.arguments, 0);
        for (qsizetype i = 0; i < words.size(); ++i) {
            const QRegularExpressionMatch match = form.match(words[i].raw);
            if (!match.hasMatch())
                continue;
            QString word = unquoted(match.captured(2));
            if (word.isEmpty()) {
                // To a shell a space may stand between the two, to the builder it may not. What was meant is read.
                word = i + 1 < words.size() ? unquoted(words[i + 1].raw) : QString();
                if (word.isEmpty() || !endsBelow(word, !match.captured(1).isEmpty()))
                    continue;
                problem(instruction.place,
                        QStringLiteral("a space between << and its word: the builder takes the lines below for "
                                       "instructions"),
                        QStringLiteral("write <<%1 without a space").arg(match.captured(1)));
            }
            takeHeredoc(word, !match.captured(1).isEmpty(), instruction);
        }
    }

    static QString ending(QString line, bool tabs)
    {
        while (tabs && line.startsWith(QLatin1Char('\t')))
            line.remove(0, 1);
        return line;
    }

    bool endsBelow(const QString &word, bool tabs)
    {
        QHash<QString, qsizetype> &last = m_lastAt[tabs ? 1 : 0];
        if (last.isEmpty()) {
            for (qsizetype i = 0; i < m_lines.size(); ++i)
                last.insert(ending(m_lines[i], tabs), i);
        }
        return last.value(word, -1) >= m_next;
    }

    void takeHeredoc(const QString &word, bool tabs, DockerInstruction &instruction)
    {
        if (!endsBelow(word, tabs)) {
            problem(instruction.place, QStringLiteral("a here-document that never ends"),
                    QStringLiteral("its last line is its word alone, without spaces"));
            return;
        }
        DockerHeredoc heredoc{word, {}, {m_file, int(m_next) + 1, 1}};
        QStringList lines;
        for (; ending(m_lines[m_next], tabs) != word; ++m_next)
            lines.append(ending(m_lines[m_next], tabs));
        m_lastLine = int(++m_next);
        heredoc.text = lines.join(QLatin1Char('\n'));
        instruction.heredocs.append(heredoc);
    }

    void nameKeys()
    {
        QHash<QString, int> counts;
        for (DockerInstruction &instruction : m_result) {
            const QString prefix = instruction.stage < 0          ? QStringLiteral("global.")
                                   : instruction.stage == m_stage ? QString()
                                                                  : QStringLiteral("stage[%1].").arg(instruction.stage);
            const QString name = prefix + instruction.name;
            instruction.key = instruction.name == QLatin1StringView("FROM")
                                  ? name
                                  : name + QStringLiteral("[%1]").arg(counts[name]++);
        }
    }

    QString m_file;
    QList<Error> &m_problems;
    QStringList m_lines;
    qsizetype m_next = 0;
    int m_lastLine = 0;
    int m_stage = -1;
    QChar m_escape = QLatin1Char('\\');
    QHash<QString, qsizetype>
        m_lastAt[2]; ///< lines by their text, and without tabs at their beginning: the last of each
    QList<DockerInstruction> m_result;
};

} // namespace

QList<DockerInstruction> parseDockerfile(const QByteArray &text, const QString &file, QList<Error> &problems)
{
    return Parser(file, problems).run(text);
}

} // namespace Switchyard
