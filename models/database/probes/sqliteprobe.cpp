// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/numbertext.h"
#include "models/database/probes/probekit.h"
#include "models/database/probes/probes.h"
#include "models/database/probes/sqliteopen.h"

#include <QFile>
#include <QFileInfo>

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct SqliteHint
{
    int code;
    const char *words;
    const char *hint;
    const char *source;
};

/// SQLite's result codes, in words. The words hold no text of the file.
const SqliteHint *sqliteHint(int code)
{
    static const std::array<SqliteHint, 9> table{{
        {SQLITE_BUSY, "another process holds a lock on it, and did not let go in time",
         "a long write transaction or an exclusive lock: see who has the file open (fuser, lsof)",
         "sqlite.org/rescode.html#busy"},
        {SQLITE_LOCKED, "a table of it is locked", "see who has the file open", "sqlite.org/rescode.html#locked"},
        {SQLITE_CORRUPT, "the file is damaged", "restore a backup, or save what is left: sqlite3 FILE .recover",
         "sqlite.org/recovery.html"},
        {SQLITE_NOTADB, "the file is no SQLite database, or is encrypted",
         "compare the path; SQLCipher needs its own "
         "library",
         "sqlite.org/rescode.html#notadb"},
        {SQLITE_CANTOPEN, "it cannot be opened", "check the path, and who may read the file and enter the folder",
         "sqlite.org/rescode.html#cantopen"},
        {SQLITE_READONLY, "a write that was cut off must be rolled back first, and that may not be done read-only",
         "let the application open it once, or copy file and journal and open the copy",
         "sqlite.org/rescode.html#readonly_rollback"},
        {SQLITE_IOERR, "the disk or the network file system gave an error",
         "look at the system's log; SQLite does not "
         "belong on a network file system",
         "sqlite.org/rescode.html#ioerr"},
        {SQLITE_PERM, "it may not be opened", "check who may read the file", "sqlite.org/rescode.html#perm"},
        {SQLITE_INTERRUPT, "the time was over", "ask with a longer --timeout: a large file takes long to check",
         "sqlite.org/rescode.html#interrupt"},
    }};
    for (const SqliteHint &each : table) {
        if (each.code == (code & 0xff))
            return &each;
    }
    return nullptr;
}

constexpr int errorsTold = 10; ///< quick_check stops there

class SqliteProbe final
{
public:
    SqliteProbe(const ConnectionString &connection, const DatabaseProbeOptions &options)
        : m_run(connection, options)
    {
    }
    DatabaseReport go();

private:
    bool file();
    bool readable();
    void query();
    bool open();
    int ask(const char *sql, QStringList &rows);
    void failCode(int code, const QString &during);
    void privileges();

    ProbeRun m_run;
    QString m_path;
    bool m_wal = false;
    std::unique_ptr<sqlite3, decltype(&sqlite3_close)> m_database{nullptr, &sqlite3_close};
};

DatabaseReport SqliteProbe::go()
{
    using enum DatabaseStage;
    if (m_run.hasEnded())
        return m_run.finish();
    m_path = m_run.connection().database.value_or(QString());
    if (m_path.isEmpty() || m_path == s(":memory:")) {
        for (const DatabaseStage stage : {Dns, Srv, Tcp, Tls, Auth, Query, Privileges, Headroom})
            m_run.skip(stage, s("a database in memory lives only inside its program"));
        return m_run.finish();
    }
    for (const DatabaseStage stage : {Dns, Srv, Tls})
        m_run.skip(stage, s("a file has none"));
    if (!file())
        return m_run.finish();
    if (!readable())
        return m_run.finish();
    if (m_run.options().reachOnly) {
        for (const DatabaseStage stage : {Query, Privileges, Headroom})
            m_run.skip(stage, s("not asked for: only whether the file is there"));
        return m_run.finish();
    }
    query();
    if (!m_run.hasEnded())
        privileges();
    m_database.reset();
    if (!m_run.hasEnded())
        m_run.skip(Headroom, s("a file has no limit of connections"));
    return m_run.finish();
}

/// The stage "tcp" is the way to the file.
bool SqliteProbe::file()
{
    m_run.begin(DatabaseStage::Tcp);
    const QFileInfo info(m_path);
    if (m_run.deadline().isCancelled()) {
        m_run.cancelled();
        return false;
    }
    if (!info.exists() && !info.isSymLink()) {
        m_run.fail(s("the file is not there"),
                   s("a path without a slash at its start counts from the folder the program runs in; a fresh deploy "
                     "has no file unless its disk is kept"));
        return false;
    }
    if (!info.isFile()) {
        // A pipe would never answer.
        m_run.fail(info.isDir() ? s("it is a folder") : s("it is no regular file"), s("name the file itself"));
        return false;
    }
    m_run.ok(s("%1 bytes").arg(info.size()));
    return true;
}

bool SqliteProbe::readable()
{
    m_run.begin(DatabaseStage::Auth);
    const Descriptor descriptor(::open(QFile::encodeName(m_path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!descriptor.isOpen()) {
        m_run.fail(errno == EACCES ? s("this user may not read the file") : s("the file cannot be opened"),
                   s("check the owner and the mode of the file, and of the folders above it"));
        return false;
    }
    m_wal = hasWriteAheadLog(descriptor.get());
    m_run.ok(s("this user may read it"));
    return true;
}

bool SqliteProbe::open()
{
    const QByteArray uri = sqliteReadingUri(m_path, m_wal);
    sqlite3 *database = nullptr;
    const int code = sqlite3_open_v2(uri.constData(), &database,
                                     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    m_database.reset(database);
    if (code != SQLITE_OK) {
        failCode(code, s("when it was opened"));
        return false;
    }
    constexpr int steps = 1000;
    sqlite3_progress_handler(
        database, steps,
        [](void *self) -> int {
            const Deadline &deadline = static_cast<SqliteProbe *>(self)->m_run.deadline();
            return deadline.isCancelled() || deadline.isOver() ? 1 : 0;
        },
        this);
    sqlite3_busy_handler(
        database,
        [](void *self, int) -> int {
            const Deadline &deadline = static_cast<SqliteProbe *>(self)->m_run.deadline();
            if (deadline.isCancelled() || deadline.isOver())
                return 0;
            constexpr timespec pause{0, 20'000'000};
            nanosleep(&pause, nullptr);
            return 1;
        },
        this);
    return true;
}

int SqliteProbe::ask(const char *sql, QStringList &rows)
{
    sqlite3_stmt *statement = nullptr;
    int code = sqlite3_prepare_v2(m_database.get(), sql, -1, &statement, nullptr);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> owner(statement, &sqlite3_finalize);
    if (code != SQLITE_OK)
        return code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        rows.append(saidBy(reinterpret_cast<const char *>(sqlite3_column_text(statement, 0)), m_run.connection()));
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

void SqliteProbe::failCode(int code, const QString &during)
{
    if (m_run.deadline().isCancelled())
        return m_run.cancelled();
    const SqliteHint *hint = sqliteHint(code);
    if (hint)
        m_run.fail(s("%1 (%2)").arg(s(hint->words), during), s(hint->hint));
    else
        m_run.fail(s("SQLite error %1 %2").arg(code).arg(during));
}

void SqliteProbe::query()
{
    m_run.begin(DatabaseStage::Query);
    if (QFileInfo(m_path).size() == 0) {
        m_run.warn(s("the file is empty: a database without a table"),
                   s("it was created by opening it, or never written: compare the path"));
        return;
    }
    if (!open())
        return;
    QStringList tables;
    if (const int code = ask("select count(*) from sqlite_master where type = 'table'", tables); code != SQLITE_OK)
        return failCode(code, s("when it was read"));
    QStringList journal;
    if (const int code = ask("pragma journal_mode", journal); code != SQLITE_OK)
        return failCode(code, s("when its journal was asked for"));
    m_run.report().server = s("SQLite (library %1)").arg(s(sqlite3_libversion()));
    QStringList problems;
    const QByteArray check = "pragma quick_check(" + QByteArray::number(errorsTold) + ")";
    const int code = ask(check.constData(), problems);
    const QString told =
        s("%1, journal %2")
            .arg(countedText(tables.value(0).toLongLong(), "table", "tables"), m_wal ? s("wal") : journal.value(0));
    if (m_run.deadline().isCancelled())
        return m_run.cancelled();
    if (code == SQLITE_INTERRUPT) {
        m_run.warn(told + s("; its integrity was not checked to the end"), s(sqliteHint(code)->hint));
        return;
    }
    if (code != SQLITE_OK)
        return failCode(code, s("when its integrity was checked"));
    if (problems != QStringList{s("ok")}) {
        m_run.fail(
            s("the file is damaged: %1%2").arg(problems.value(0), problems.size() > 1 ? s(" and more") : QString()),
            s(sqliteHint(SQLITE_CORRUPT)->hint));
        return;
    }
    m_run.ok(told + s(", integrity ok"));
}

void SqliteProbe::privileges()
{
    m_run.begin(DatabaseStage::Privileges);
    const QFileInfo info(m_path);
    const bool file = access(QFile::encodeName(m_path).constData(), W_OK) == 0;
    const bool folder = access(QFile::encodeName(info.absolutePath()).constData(), W_OK) == 0;
    m_run.report().privileges = QList<DatabasePrivilege>{{s("read"), false}};
    if (file && folder) {
        m_run.report().privileges->append({s("write"), false});
        m_run.ok(s("this user may write"));
    } else {
        m_run.warn(file ? s("this user may not write into the folder, so no journal can be made")
                        : s("this user may not write the file"),
                   s("fine for a reader; an application that writes needs the file and its folder"));
    }
}

} // namespace

DatabaseReport probeSqlite(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    return SqliteProbe(connection, options).go();
}

} // namespace Switchyard
