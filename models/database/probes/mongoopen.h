// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/mongolink.h"
#include "models/database/probes/postgresopen.h"

namespace Switchyard {

/// Which server was opened.
struct MongoOpened
{
    QString name; ///< "db1.example.net:27017", may be shown
    QString setName;
    MongoHello::Role role = MongoHello::Role::Standalone;
    QString user; ///< who is logged in; empty: nobody
};

/// Opens a connection to read from as the string says, and logs in: to the primary of its replica set, a router or a
/// server by itself, a secondary where there is nothing else. `only`: to the member of that name, and no other.
/// Blocking; for a worker thread. Errors: dns, refused, tls, auth, protocol, timeout, cancelled, usage (a string that
/// cannot be read for certain, a login or a load balancer that this program does not know); the message begins with
/// the stage that failed. No secret is in it.
[[nodiscard]] Result<void> openMongo(MongoLink &link, const ConnectionString &connection, const DatabaseAccess &access,
                                     MongoOpened &opened, const QString &only = {});

} // namespace Switchyard
