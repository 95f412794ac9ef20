// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDate>
#include <QString>

#include <optional>

namespace Switchyard {

/// What a refusal of a PostgreSQL server, a pooler or a provider's proxy means, and what to do.
struct PostgresCause
{
    QString id;    ///< "password", "pg-hba", "too-many-connections": stable, for tests and later use
    QString words; ///< for a person; the server's own text stands beside it
    QString hint;
    QString source;
};

/// By the SQLSTATE, and where that leaves it open by words of the text. Texts of servers may be in any language, so the
/// words only tell causes of one code apart. nothing where it is unknown.
std::optional<PostgresCause> postgresCause(const QString &sqlState, const QString &message);

/// The row of that id. It is one that is in the table.
PostgresCause postgresCauseOf(const char *id);

/// When the community stops mending a major version; nothing for one this program does not know.
std::optional<QDate> postgresEndOfLife(int major);

} // namespace Switchyard
