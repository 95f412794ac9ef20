// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What both databases of a copy say of themselves before it. Reads only.

#include "models/database/copy/copy.h"
#include "models/database/probes/postgreslink.h"
#include "models/database/probes/postgresopen.h"

#include <QMap>

namespace Switchyard {

/// One side, as read at one time.
struct CopyFacts
{
    int version = 0; ///< server_version_num
    QString versionText;
    QString database, user;
    bool standby = false;
    bool readOnly = false; ///< of new transactions of this user
    bool superuser = false;
    bool mayCreate = false;         ///< schemas in the database
    bool mayCreateInPublic = false; ///< or there is no such schema
    QString identity;               ///< of the cluster and the database in it; the same for a standby
    QString instance;               ///< of the running server: when it started
    qint64 bytes = 0;               ///< pg_database_size
    qint64 largeObjects = 0;
    qint64 lockSlots = 0; ///< what one transaction may count on
    QString encoding, collation, ctype;
    QString locale;         ///< provider and its locale: "icu en-US"; empty: servers before 15 do not say
    bool pooler = false;    ///< something with server connections of its own answers
    bool lendsEach = false; ///< and lends them for one transaction
    QStringList attached;   ///< keys of partitions that belong to one of the whole table: "schema.key of table"
    QStringList unreadable; ///< "schema.table": tables and sequences that this user may not read, or not all rows of
    QList<CopyRelation> relations;
    QStringList schemas; ///< not the server's own, nor those that extensions bring

    int major() const { return version / 10'000; }
    /// Tables that hold rows of their own.
    qint64 tableBytes() const;
    int tableCount() const;
    /// The table of that "schema.table", with rows of its own or without; nullptr: there is none.
    const CopyRelation *table(const QString &shown) const;
};
[[nodiscard]] Result<CopyFacts> readCopyFacts(PostgresLink &link, const Deadline &deadline);

/// Sets what stands between us and the server, which `opened` says how to get to again.
void findCopyPooler(PostgresLink &link, const ConnectionString &connection, const PostgresOpened &opened,
                    const Deadline &deadline, CopyFacts &facts);

/// "table public.orders"
QString relationText(const CopyRelation &relation);

struct CopyExtension
{
    QString name, version;
    bool installed = false; ///< at the target
    bool available = false; ///< there, to be created
    bool trusted = false;   ///< a user with CREATE on the database may
};
/// The source's extensions but plpgsql, and what the target makes of each.
[[nodiscard]] Result<QList<CopyExtension>> readExtensions(PostgresLink &source, PostgresLink &target,
                                                          const Deadline &deadline);

/// What a copy leaves out, in words: owners other than the user, grants, publications, subscriptions, tablespaces.
[[nodiscard]] QStringList readLeftOut(PostgresLink &source, const Deadline &deadline);

/// Who writes to the source now, in words; empty: nobody is seen.
[[nodiscard]] QString readWriters(PostgresLink &source, const Deadline &deadline);

/// The counters of pg_stat_user_tables.
struct CopyCounters
{
    bool isKnown = false;
    QString statsReset; ///< as the server writes it; empty: never
    QString position;   ///< of the write-ahead log: "0/15D3A28"; empty: not told
    QMap<QString, CopyWrites> tables;
};
[[nodiscard]] CopyCounters readCounters(PostgresLink &link, const Deadline &deadline);

/// Sequences of the target that are behind the largest value of the column they number: "public.orders_id_seq". The
/// error says what could not be read.
[[nodiscard]] Result<QStringList> sequencesBehind(PostgresLink &link, const Deadline &deadline, int &looked);

} // namespace Switchyard
