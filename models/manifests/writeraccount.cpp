// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/writeraccount.h"

#include "models/common/redact.h"
#include "models/common/shellwords.h"
#include "models/manifests/containervalues.h"

namespace Switchyard {

namespace {

QList<Place> placesOf(const EnvironmentEntry &entry)
{
    return QList<Place>{entry.namePlace, entry.place} + entry.details;
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
        return {command.simplified(), false};
    return {QStringLiteral("sh -c ") + shellQuoted(command), true};
}

bool mayStandInFile(const EnvironmentEntry &entry)
{
    return entry.source == EnvironmentEntry::Source::Literal && !entry.interpolated && !isSecretName(entry.name) &&
           !urlCarriesSecret(entry.value);
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
