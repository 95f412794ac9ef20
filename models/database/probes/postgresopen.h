// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/database/base/deadline.h"
#include "models/database/probes/postgreslink.h"
#include "models/database/strings/connectionstring.h"

namespace Switchyard {

/// How one gets to a database, beside its connection string.
struct DatabaseAccess
{
    Milliseconds connectTimeout{5'000}; ///< names, TCP, TLS and authentication of all hosts together
    QString caFile;                     ///< PEM; empty: what the string names, else the system's
    QString resolver;                   ///< "127.0.0.1:5353"; empty: the system's
    QString applicationName{QStringLiteral("switchyard")};
    CancelFlag cancelled;
};

/// What was opened, so that further connections go to the same server, without asking for its name again.
struct PostgresOpened
{
    LinkTarget target; ///< with address and sslmode, as libpq was given them; holds the password
    QString host;      ///< as it may be shown: "db.example.com:5432"
    bool encrypted = false;
};

/// Opens a connection as the string says: resolves by the program's own resolver, takes the string's own sslmode, tries
/// each host in turn until one meets target_session_attrs. Blocking; for a worker thread. Errors: dns, refused, tls,
/// auth, timeout, cancelled, usage (a string that cannot be read for certain); the message begins with the stage that
/// failed, the hint is the probe's. No secret is in either.
[[nodiscard]] Result<void> openPostgres(PostgresLink &link, const ConnectionString &connection,
                                        const DatabaseAccess &access, PostgresOpened *opened = nullptr);

} // namespace Switchyard
