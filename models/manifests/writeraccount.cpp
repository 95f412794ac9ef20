// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/writeraccount.h"

#include "models/common/redact.h"
#include "models/common/shellwords.h"
#include "models/manifests/containervalues.h"

#include <QRegularExpression>
#include <QSet>

namespace Switchyard {

namespace {

QList<Place> placesOf(const EnvironmentEntry &entry)
{
    return QList<Place>{entry.namePlace, entry.place} + entry.details;
}

/// Where the last command of a list begins; nothing where the text is more than commands joined by && and ;.
std::optional<qsizetype> lastCommandAt(const QString &text)
{
    qsizetype begin = 0;
    QChar quote;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (!quote.isNull()) {
            if (c == QLatin1Char('\\') && quote == QLatin1Char('"'))
                ++i;
            else if (c == quote)
                quote = QChar();
        } else if (c == QLatin1Char('\\')) {
            ++i;
        } else if (c == QLatin1Char('\'') || c == QLatin1Char('"')) {
            quote = c;
        } else if (QStringView(text).sliced(i).startsWith(u"&&") || c == QLatin1Char(';')) {
            begin = i + (c == QLatin1Char(';') ? 1 : 2);
            i = begin - 1;
        } else if (QStringLiteral("|&(){}`\n").contains(c)) {
            const bool variable = c == QLatin1Char('{') && i > 0 && text[i - 1] == QLatin1Char('$');
            const qsizetype end = variable ? text.indexOf(QLatin1Char('}'), i) : -1;
            if (end < 0)
                return std::nullopt;
            i = end;
        }
    }
    return quote.isNull() ? std::optional(begin) : std::nullopt;
}

/// Lets the last command take the shell's place: dash stays between the stop signal and the server, and hands none on.
QString withExec(const QString &command)
{
    const std::optional<qsizetype> at = lastCommandAt(command);
    if (!at)
        return command;
    const QString last = command.sliced(*at).trimmed();
    static const QRegularExpression program(QStringLiteral("\\A[A-Za-z0-9_./-]+(\\s|\\z)"));
    static const QSet<QString> builtin{
        QStringLiteral("exec"),   QStringLiteral("cd"),    QStringLiteral("export"), QStringLiteral("set"),
        QStringLiteral("if"),     QStringLiteral("while"), QStringLiteral("for"),    QStringLiteral("case"),
        QStringLiteral("eval"),   QStringLiteral("trap"),  QStringLiteral("until"),  QStringLiteral("wait"),
        QStringLiteral("done"),   QStringLiteral("fi"),    QStringLiteral("esac"),   QStringLiteral("."),
        QStringLiteral("source"), QStringLiteral("unset"), QStringLiteral("ulimit"), QStringLiteral("umask"),
        QStringLiteral("exit"),   QStringLiteral("true"),  QStringLiteral("then"),   QStringLiteral("do"),
        QStringLiteral("else"),   QStringLiteral("echo")};
    if (!program.match(last).hasMatch() || builtin.contains(last.section(QLatin1Char(' '), 0, 0)))
        return command;
    const QString before = command.first(*at);
    return (before.isEmpty() ? before : before + QLatin1Char(' ')) + QStringLiteral("exec ") + last;
}

} // namespace

void WriterAccount::entry(const EnvironmentEntry &entry, const QString &where, const QString &reason)
{
    for (const Place &place : placesOf(entry)) {
        if (reason.isEmpty())
            m_ledger.mapped(place, where);
        else
            m_ledger.rewritten(place, where, reason);
    }
}

void WriterAccount::lostEntry(const EnvironmentEntry &entry, const QString &reason)
{
    for (const Place &place : placesOf(entry))
        m_ledger.lost(place, reason);
    note(QStringLiteral("%1: %2").arg(entry.name.isEmpty() ? entry.of : entry.name, reason));
}

void WriterAccount::note(const QString &text)
{
    // A comment ends with its line, so that a name with a line break in it must not start another.
    const QString line = text.simplified();
    if (!m_notes.contains(line))
        m_notes.append(line);
}

ExecCommand withoutShell(const QString &command)
{
    const Result<ShellWords> words = splitShellWords(command);
    if (!words || (!words->needsShell && !command.contains(QLatin1Char('$'))))
        return {command.trimmed(), false};
    return {QStringLiteral("sh -c ") + shellQuoted(withExec(command.trimmed())), true};
}

bool mayStandInFile(const EnvironmentEntry &entry)
{
    return entry.source == EnvironmentEntry::Source::Literal && !entry.interpolated &&
           mayStandInFile(entry.name, entry.value);
}

bool mayStandInFile(const QString &name, const QString &value)
{
    return value.isEmpty() || (!isSecretName(name) && !urlCarriesSecret(value) && redact(value) == value);
}

Field<int> statedPort(const Service &service)
{
    if (service.port)
        return service.port;
    for (const EnvironmentEntry &entry : service.environment) {
        const int port = entry.value.toInt();
        if (entry.name == QLatin1StringView("PORT") && entry.source == EnvironmentEntry::Source::Literal && port > 0 &&
            port < 65536)
            return Stated<int>{port, entry.place};
    }
    return std::nullopt;
}

} // namespace Switchyard
