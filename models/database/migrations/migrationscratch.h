// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/base/childprocess.h"
#include "models/database/copy/copyprograms.h"
#include "models/database/migrations/migrationschema.h"
#include "models/database/probes/postgresopen.h"

namespace Switchyard {

/// The server that scratch databases are made on, or the source: how to open any database of it again.
struct MigrationServer
{
    PostgresLink link; ///< to the database that the string names
    LinkTarget target;
    int major = 0;
    QString version; ///< "15.4"

    /// Errors: those of openPostgres(), and usage: a pooler in transaction mode.
    [[nodiscard]] Result<void> open(const ConnectionString &connection, const DatabaseAccess &access);
};

/// A database that is made here and removed here, whatever happens in between. For one thread.
class ScratchDatabase final
{
public:
    explicit ScratchDatabase(MigrationServer &server)
        : m_server(server)
    {
    }
    ~ScratchDatabase(); ///< drops it
    ScratchDatabase(const ScratchDatabase &) = delete;
    ScratchDatabase &operator=(const ScratchDatabase &) = delete;

    /// `name` empty: one that nobody has. Errors: usage (one of that name exists, which is then left alone; the user
    /// may not), and of the link.
    [[nodiscard]] Result<void> create(const QString &name, const Deadline &deadline);
    /// With whoever is connected to it. Takes its own time and listens to no cancel. Nothing where none was made.
    [[nodiscard]] Result<void> drop();

    QString name() const { return m_name; }
    LinkTarget target() const; ///< to connect to it

private:
    MigrationServer &m_server;
    QString m_name; ///< empty: none is there
    QString m_oid;  ///< where it was given another name
};

/// `name`, or one that nobody has. Errors (usage): no name that stands for itself everywhere.
[[nodiscard]] Result<QString> scratchName(const QString &name);

/// How a program ended.
struct ProgramEnd
{
    Result<void> started;
    bool timedOut = false, cancelled = false;
    int status = -1; ///< 128 and the signal
    double ms = 0;
    QList<QByteArray> lines; ///< the last that it said, as it said them

    bool isOk() const { return started && !timedOut && !cancelled && status == 0; }
};
/// Runs it to its end, or to the deadline's; with all it started.
[[nodiscard]] ProgramEnd runProgram(const ChildStart &how, const Deadline &deadline);

/// The schema of a database as pg_dump writes it: into `custom` form for pg_restore, else as text. The descriptor is a
/// file in memory, at its beginning. Errors (io, usage): what pg_dump said, without secrets.
[[nodiscard]] Result<Descriptor> dumpSchema(const DumpPrograms &programs, const LinkTarget &target,
                                            const ConnectionString &connection, bool custom, const Deadline &deadline);
/// All of it, in one transaction.
[[nodiscard]] Result<void> restoreSchema(const DumpPrograms &programs, const LinkTarget &target,
                                         const ConnectionString &connection, const Descriptor &dump,
                                         const Deadline &deadline);
/// Schema, rows, sequences and alembic_version of the database as they are now.
[[nodiscard]] Result<SchemaState> readState(const DumpPrograms &programs, const LinkTarget &target,
                                            const ConnectionString &connection, const Deadline &deadline);

} // namespace Switchyard
