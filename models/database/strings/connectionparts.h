// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the files that read connection strings share; nobody else needs it.

#include "models/database/strings/connectionstring.h"

namespace Switchyard {

/// Text with the place in the whole that it came from.
struct TextPart
{
    QString text;
    qsizetype offset = 0;

    TextPart mid(qsizetype from, qsizetype length = -1) const { return {text.mid(from, length), offset + from}; }
    ConnectionSpan span() const { return {offset, text.size()}; }
};

/// What is behind "%" and is no two hexadecimal digits: its offset in `text`; -1: none. A NUL counts as wrong too.
qsizetype brokenPercent(const QString &text);
/// Percent-decoded, bytes that are no UTF-8 replaced. What is no escape stays.
QString percentDecoded(const QString &text, bool plusIsSpace = false);

void addProblem(ConnectionString &connection, const char *rule, const ConnectionSpan &place, const QString &message,
                const QString &fix = {});
/// Appends the option, as a secret where its name says so.
void addOption(ConnectionString &connection, const QString &name, const QString &value, const ConnectionSpan &namePlace,
               const ConnectionSpan &valuePlace);
/// Moves what PostgreSQL and Redis may also be told by options into the fields: host, port, user, password, dbname.
void liftFields(ConnectionString &connection);
/// The port of a host; a problem where it is no number from 1 to 65535, and then nothing is certain any more.
void readPort(ConnectionString &connection, ConnectionHost &host, const TextPart &text);

/// `part` begins behind "://".
void readUri(ConnectionString &connection, const TextPart &part);
void readKeyValue(ConnectionString &connection, const TextPart &part);
/// Whether libpq would take the text for key=value: a keyword of it, an equals sign.
bool looksLikeKeyValue(const QString &text);

} // namespace Switchyard
