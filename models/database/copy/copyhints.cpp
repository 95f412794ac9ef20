// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/copy/copyhints.h"

#include <QStringList>

#include <algorithm>

namespace Switchyard {

namespace {

struct Row
{
    const char *id;
    const char *contains; ///< in small letters; alternatives are separated by '|', what must all be there by '&'
    const char *words;
    const char *hint;
};

/// The first that fits counts: what ended it, before what followed from that.
constexpr Row rows[] = {
    {"version", "aborting because of server version mismatch|unsupported version",
     "the program is older than what it reads", "pg_dump of the server's version or newer: --programs DIR"},
    {"parameter", "unrecognized configuration parameter",
     "pg_restore is newer than the target's server and sets what that does not know",
     "programs of the target's version: --programs DIR"},
    {"extension", "extension \"|could not open extension control file|is not available",
     "the target lacks an extension, or this user may not create it",
     "create it by the provider's console or a superuser, or leave its schema out"},
    {"role", "role \"", "a role that the source names is not there",
     "create it at the target; owners and grants are left out, policies are not"},
    {"rls", "row-level security|row security", "row-level security hides rows from the user that copies",
     "a user with BYPASSRLS, or the tables' owner with no FORCE ROW LEVEL SECURITY"},
    {"dump-disk", "could not write to output file|could not write to file",
     "the dump's file cannot be written to its end", "a file system with more room, or no --file: through a pipe"},
    {"disk", "no space left on device|could not extend file|disk full", "the target's disk is full",
     "a larger disk: a copy needs about what the source has, and as much again for its log while it runs"},
    {"locks", "max_locks_per_transaction|out of shared memory",
     "more objects than the server can lock in one transaction",
     "raise max_locks_per_transaction there, or copy in parts with --schema"},
    {"exists", "already exists", "the target has something of that name already",
     "--clean DATABASE drops what has the same name, or an empty database"},
    {"partitions", "cannot drop inherited constraint|cannot drop index&because index",
     "PostgreSQL lets go of a partition's key only together with that of the whole table, and pg_restore drops them "
     "one by one",
     "an empty target: drop the partitioned tables there, or the whole database, and copy without --clean"},
    {"structure", "\" of relation \"&does not exist",
     "what is dropped first is built otherwise at the target than at the source",
     "drop it at the target by hand, or copy into an empty database"},
    {"dependents", "because other objects depend on it",
     "something that stays at the target depends on what is dropped",
     "drop it by hand, or copy into an empty database"},
    {"password", "password authentication failed|no password supplied", "the password is wrong or missing",
     "the connection string: db probe says more"},
    {"connections", "too many connections|remaining connection slots", "the server takes no more connections",
     "end others, or a pool that is smaller while it is copied"},
    {"read-only", "read-only transaction", "the server takes no writes",
     "the primary's address; default_transaction_read_only of the role or the database"},
    {"unique", "duplicate key value|violates unique constraint|could not create unique index",
     "rows of the source break a unique index of their own, or the target had rows already",
     "REINDEX at the source tells: a changed collation of the operating system breaks indexes"},
    {"constraint", "violates foreign key|violates check constraint|violates not-null constraint",
     "rows of the source break their own constraint", "mend the rows, or the constraint, at the source"},
    {"privilege", "permission denied|must be owner|must be superuser|must be a member",
     "the user lacks a privilege for it",
     "a user that may: the owner of the source's tables, and of the target's database"},
    {"timeout", "statement timeout|canceling statement", "the server ended the statement",
     "statement_timeout of the role or the database; somebody cancelled it"},
    {"lock", "could not obtain lock|lock timeout|deadlock", "somebody holds a lock on a table",
     "pg_stat_activity shows who; a migration that runs?"},
    {"truncated", "unexpected end of file|could not read from input file|could not find block",
     "the dump ended too early", "what pg_dump said before"},
    {"connection",
     "server closed the connection|connection to server|could not receive data|ssl syscall|"
     "terminating connection|connection reset|broken pipe|no connection to the server",
     "the connection to the server was lost", "the server's log: it restarted, or the network was cut"},
};

} // namespace

CopyCause copyCause(const QString &message)
{
    const QString text = message.toLower();
    for (const Row &row : rows) {
        const QStringList words = QString::fromUtf8(row.contains).split(QLatin1Char('|'));
        if (std::any_of(words.cbegin(), words.cend(), [&](const QString &each) {
                const QStringList parts = each.split(QLatin1Char('&'));
                return std::all_of(parts.cbegin(), parts.cend(),
                                   [&](const QString &part) { return text.contains(part); });
            }))
            return {QString::fromUtf8(row.id), QString::fromUtf8(row.words), QString::fromUtf8(row.hint)};
    }
    return {};
}

} // namespace Switchyard
