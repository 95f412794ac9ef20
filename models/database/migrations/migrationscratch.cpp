// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/migrations/migrationscratch.h"

#include "models/database/copy/copyaccess.h"
#include "models/database/copy/copyfacts.h"
#include "models/database/copy/copyhints.h"
#include "models/database/probes/probekit.h"

#include <QRegularExpression>
#include <QUuid>

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace Switchyard {

namespace {

constexpr Milliseconds grace{3'000};
constexpr Milliseconds removal{20'000};
constexpr qsizetype keptLines = 20;
constexpr const char application[] = "switchyard-migrations";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

tl::unexpected<Error> failed(const LinkRows &rows, const QString &what, const QString &hint)
{
    const ErrorKind kind = rows.end == LinkEnd::Cancelled ? ErrorKind::Cancelled
                           : rows.end == LinkEnd::Timeout ? ErrorKind::Timeout
                                                          : ErrorKind::Protocol;
    return fail(kind, s("%1: %2").arg(what, rows.message.isEmpty() ? s("no answer came in time") : rows.message), hint);
}

Result<Descriptor> fileInMemory()
{
    Descriptor file(::memfd_create("switchyard-schema", MFD_CLOEXEC));
    if (!file.isOpen())
        return fail(ErrorKind::Io, s("no file in memory: %1").arg(s(strerror(errno))));
    return file;
}

/// What a vendor's program said when it failed, as an error.
tl::unexpected<Error> programFailed(const char *name, const ProgramEnd &end, const ConnectionString &connection)
{
    if (!end.started)
        return tl::unexpected(end.started.error());
    if (end.cancelled)
        return fail(ErrorKind::Cancelled, s("cancelled"));
    if (end.timedOut)
        return fail(ErrorKind::Timeout, s("%1 did not end in time").arg(s(name)), s("a longer --timeout"));
    QByteArray told;
    for (const QByteArray &line : end.lines) {
        if (line.contains("error:") || told.isEmpty())
            told = line;
    }
    const QString said = saidBy(told, connection);
    const CopyCause cause = copyCause(said);
    return fail(ErrorKind::Io, s("%1 ended with status %2: %3").arg(s(name)).arg(end.status).arg(said),
                cause.hint.isEmpty() ? s("what the program says, and the server's log") : cause.hint);
}

ChildStart startOf(const QStringList &arguments, const CopyAccess &access)
{
    ChildStart how;
    how.arguments = arguments;
    how.variables = access.variables;
    if (access.passwordFile.isOpen())
        how.kept = {access.passwordFile.get()};
    return how;
}

} // namespace

Result<void> MigrationServer::open(const ConnectionString &connection, const DatabaseAccess &access)
{
    PostgresOpened opened;
    if (const Result<void> open = openPostgres(link, connection, access, &opened); !open)
        return open;
    target = opened.target;
    const LinkRows rows = link.query(s("select pg_catalog.current_setting('server_version_num')::int / 10000 as major, "
                                       "pg_catalog.current_setting('server_version') as version"),
                                     Deadline(access.connectTimeout, access.cancelled));
    if (!rows.isOk())
        return failed(rows, s("the server does not say its version"), {});
    CopyFacts facts;
    findCopyPooler(link, connection, opened, Deadline(access.connectTimeout, access.cancelled), facts);
    if (facts.lendsEach)
        return fail(ErrorKind::Usage, s("it is reached through a pooler in transaction mode"),
                    s("the direct host and port: what pg_dump and migrations set for themselves stays on connections "
                      "that the pooler lends to the application"));
    major = rows.number("major").value_or(0);
    version = rows.value("version").section(u' ', 0, 0);
    return {};
}

Result<QString> scratchName(const QString &name)
{
    if (name.isEmpty())
        return s("switchyard_scratch_") + QUuid::createUuid().toString(QUuid::Id128).left(12);
    // A longer one is cut by the server, and might then be somebody else's.
    static const QRegularExpression plain(s("^[a-z_][a-z0-9_]{0,62}$"));
    if (!plain.match(name).hasMatch())
        return fail(ErrorKind::Usage, s("\"%1\" is no name for a scratch database").arg(name),
                    s("small letters, digits and _, 63 of them at most"));
    return name;
}

ScratchDatabase::~ScratchDatabase()
{
    [[maybe_unused]] const Result<void> gone = drop();
}

LinkTarget ScratchDatabase::target() const
{
    LinkTarget target = m_server.target;
    target.database = m_name;
    return target;
}

Result<void> ScratchDatabase::create(const QString &name, const Deadline &deadline)
{
    // Under a name that nobody has, so that it is ours to remove, whatever comes of the answer. From template0: what
    // somebody put into template1 is none of the migrations' doing.
    const QString unique = *scratchName({});
    const LinkRows made =
        m_server.link.query(s("create database %1 template template0").arg(quotedIdentifier(unique)), deadline);
    if (made.sqlState == QLatin1StringView("42501"))
        return fail(ErrorKind::Usage, s("the user of the scratch server may not create a database"),
                    s("ALTER ROLE … CREATEDB, or another server for --scratch"));
    if (made.isOk() || made.end != LinkEnd::Failed)
        m_name = unique;
    if (!made.isOk())
        return failed(made, s("no scratch database"), s("the server's log"));
    if (name.isEmpty())
        return {};
    const LinkRows found =
        m_server.link.query(s("select oid from pg_catalog.pg_database where datname = '%1'").arg(unique), deadline);
    if (!found.isOk() || found.value("oid").isEmpty())
        return failed(found, s("the scratch database cannot be named"), {});
    m_oid = found.value("oid");
    const LinkRows renamed = m_server.link.query(
        s("alter database %1 rename to %2").arg(quotedIdentifier(unique), quotedIdentifier(name)), deadline);
    if (renamed.sqlState == QLatin1StringView("42P04"))
        return fail(ErrorKind::Usage, s("the scratch server has a database \"%1\" already").arg(name),
                    s("another name: it is not touched"));
    if (!renamed.isOk())
        return failed(renamed, s("the scratch database cannot be named"), {});
    m_name = name;
    return {};
}

Result<void> ScratchDatabase::drop()
{
    if (m_name.isEmpty())
        return {};
    QString name = std::exchange(m_name, QString());
    const Deadline deadline(removal);
    // A connection of its own: the first may have been closed by a cancel, or by the server.
    PostgresLink link;
    const auto stillThere = [&](const QString &message) {
        return fail(ErrorKind::Io, s("the scratch database %1 is still there: %2").arg(name, message),
                    s("DROP DATABASE %1 there, by hand").arg(name));
    };
    if (const LinkOutcome open = link.open(m_server.target, deadline); open.end != LinkEnd::Ok)
        return stillThere(open.message);
    if (!m_oid.isEmpty()) {
        const LinkRows now =
            link.query(s("select datname from pg_catalog.pg_database where oid = %1").arg(m_oid), deadline);
        if (!now.isOk())
            return stillThere(now.message);
        if (now.rows.isEmpty())
            return {}; // somebody else removed it
        name = now.value("datname");
    }
    const QString connected =
        s("select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where datname = '%1' and pid "
          "<> pg_catalog.pg_backend_pid()")
            .arg(name);
    const QString statement = s("drop database if exists %1").arg(quotedIdentifier(name)) +
                              (m_server.major >= 13 ? s(" with (force)") : QString());
    LinkRows dropped;
    while (!deadline.isOver()) {
        [[maybe_unused]] const LinkRows ended = link.query(connected, deadline);
        dropped = link.query(statement, deadline);
        // Others may connect in between, and a CREATE that was cut off may still hold the name.
        if (dropped.isOk() || dropped.sqlState != QLatin1StringView("55006"))
            break;
        ::poll(nullptr, 0, deadline.slice());
    }
    if (dropped.isOk())
        return {};
    return stillThere(dropped.message);
}

ProgramEnd runProgram(const ChildStart &how, const Deadline &deadline)
{
    ProgramEnd end;
    const Instant begun = Clock::now();
    ChildProcess child;
    end.started = child.start(how);
    if (!end.started)
        return end;
    const auto listen = [&](bool all) {
        end.lines += child.readLines(all);
        if (end.lines.size() > keptLines)
            end.lines = end.lines.last(keptLines);
    };
    while (!child.hasEnded()) {
        listen(false);
        end.cancelled = deadline.isCancelled();
        end.timedOut = !end.cancelled && deadline.isOver();
        if (end.cancelled || end.timedOut) {
            child.stop(grace);
            break;
        }
        pollfd entry{child.errors(), POLLIN, 0};
        constexpr int shortly = 5; // its end shows in no descriptor once its output is closed
        ::poll(&entry, 1, entry.fd < 0 ? shortly : std::min(deadline.slice(), 20));
    }
    listen(true);
    end.status = child.status().value_or(-1);
    end.ms = toMs(Clock::now() - begun);
    return end;
}

Result<Descriptor> dumpSchema(const DumpPrograms &programs, const LinkTarget &target,
                              const ConnectionString &connection, bool custom, const Deadline &deadline)
{
    const Result<CopyAccess> access = copyAccess(target, s(application));
    if (!access)
        return tl::unexpected(access.error());
    Result<Descriptor> file = fileInMemory();
    if (!file)
        return file;
    // Somebody who holds a lock is not waited for, nor are others made to wait behind this.
    ChildStart how =
        startOf({programs.dump, s("--schema-only"), s("--no-password"), s("--no-owner"), s("--no-acl"),
                 s("--no-tablespaces"), s("--no-publications"), s("--no-subscriptions"), s("--no-security-labels"),
                 s("--lock-wait-timeout=5s"), custom ? s("--format=custom") : s("--format=plain")},
                *access);
    how.output = file->get();
    const ProgramEnd end = runProgram(how, deadline);
    if (!end.isOk())
        return programFailed("pg_dump", end, connection);
    ::lseek(file->get(), 0, SEEK_SET);
    return file;
}

Result<void> restoreSchema(const DumpPrograms &programs, const LinkTarget &target, const ConnectionString &connection,
                           const Descriptor &dump, const Deadline &deadline)
{
    const Result<CopyAccess> access = copyAccess(target, s(application));
    if (!access)
        return tl::unexpected(access.error());
    ChildStart how =
        startOf({programs.restore, s("--no-password"), s("--no-owner"), s("--no-acl"), s("--no-tablespaces"),
                 s("--exit-on-error"), s("--single-transaction"), s("--dbname=dbname=%1").arg(target.database)},
                *access);
    how.input = dump.get();
    const ProgramEnd end = runProgram(how, deadline);
    if (!end.isOk())
        return programFailed("pg_restore", end, connection);
    return {};
}

Result<SchemaState> readState(const DumpPrograms &programs, const LinkTarget &target,
                              const ConnectionString &connection, const Deadline &deadline)
{
    const Result<Descriptor> dump = dumpSchema(programs, target, connection, false, deadline);
    if (!dump)
        return tl::unexpected(dump.error());
    QByteArray text;
    char block[64 * 1024];
    for (ssize_t got = 0; (got = ::read(dump->get(), block, sizeof(block))) > 0;)
        text.append(block, got);
    SchemaState state;
    state.objects = schemaObjects(text);
    PostgresLink link;
    if (const LinkOutcome open = link.open(target, deadline); open.end != LinkEnd::Ok)
        return fail(open.end == LinkEnd::Cancelled ? ErrorKind::Cancelled : ErrorKind::Refused,
                    s("the scratch database cannot be read: %1").arg(open.message));
    if (const Result<void> read = readContents(link, state, deadline); !read)
        return tl::unexpected(read.error());
    return state;
}

} // namespace Switchyard
