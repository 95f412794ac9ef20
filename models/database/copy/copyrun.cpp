// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/copy/copyrun.h"

#include "models/database/copy/copyhints.h"
#include "models/database/probes/probekit.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUuid>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr Milliseconds grace{5'000};
constexpr Milliseconds between{100};  ///< of two reports of progress
constexpr Milliseconds listening{20}; ///< while bytes flow
constexpr ssize_t worthAWake = 128 * 1024;
constexpr int pipeBytes = 1 << 20;
constexpr int slice = 50; ///< ms that a cancel may be unseen
constexpr qsizetype keptErrors = 8;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// What a program says of its work begins with its name; what others say in its place (the loader, a signal's handler)
/// does not.
bool isProgress(const QByteArray &line)
{
    static const QRegularExpression name(s("^(?:\\S*/)?pg_(?:dump|restore): "));
    return name.match(QString::fromUtf8(line)).hasMatch();
}

/// How many tables' rows a dump in a folder has: one file each. Large objects are in files of other names.
int tablesIn(const QString &folder)
{
    static const QRegularExpression rows(s("^\\d+\\.dat(\\.\\w+)?$"));
    return int(QDir(folder).entryList(QDir::Files).filter(rows).size());
}

/// One of the programs and what it complained of.
class Program final
{
public:
    explicit Program(const ConnectionString &connection)
        : m_connection(connection)
    {
    }

    ChildProcess process;

    /// What it said since; `heard` is called with what concerns progress.
    template <typename Heard>
    void listen(bool all, const Heard &heard)
    {
        for (const QByteArray &line : process.readLines(all)) {
            const CopyLine read = copyLine(line);
            if (read.kind == CopyLine::Kind::Error || read.kind == CopyLine::Kind::Detail) {
                if (m_errors.size() < keptErrors)
                    m_errors.append(read.object.toUtf8());
            } else if (read.kind == CopyLine::Kind::Other) {
                m_last = isProgress(line) ? m_last : line;
            } else {
                heard(read);
            }
        }
    }

    QString errors() const
    {
        const QByteArray text = m_errors.join("; ");
        return saidBy(text.isEmpty() ? m_last : text, m_connection);
    }

private:
    const ConnectionString &m_connection;
    QList<QByteArray> m_errors;
    QByteArray m_last;
};

/// A pipe whose reader is gone raises a signal in the thread that writes, which would end the program: blocked here,
/// and taken away before it is let through again.
class WithoutPipeSignal final
{
public:
    WithoutPipeSignal()
    {
        ::sigemptyset(&m_signal);
        ::sigaddset(&m_signal, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &m_signal, &m_before);
    }
    ~WithoutPipeSignal()
    {
        if (::sigismember(&m_before, SIGPIPE) == 0) {
            const timespec now{};
            while (::sigtimedwait(&m_signal, nullptr, &now) > 0) {
            }
        }
        ::pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
    }
    WithoutPipeSignal(const WithoutPipeSignal &) = delete;
    WithoutPipeSignal &operator=(const WithoutPipeSignal &) = delete;

private:
    sigset_t m_signal{}, m_before{};
};

/// The names in a pattern of pg_dump stand for themselves.
QString exactly(const QString &name)
{
    return quotedIdentifier(name);
}

/// A value in libpq's "key=value" text.
QString conninfoValue(const QString &value)
{
    QString quoted = value;
    quoted.replace(QLatin1Char('\\'), s("\\\\")).replace(QLatin1Char('\''), s("\\'"));
    return QLatin1Char('\'') + quoted + QLatin1Char('\'');
}

QStringList dumpArguments(const CopyRunInput &input, const CopyOptions &options, const QString &folder)
{
    QStringList words{input.choice.programs.dump,
                      s("--verbose"),
                      s("--no-password"),
                      s("--no-owner"),
                      s("--no-acl"),
                      s("--no-tablespaces"),
                      s("--no-publications"),
                      s("--no-subscriptions"),
                      s("--no-security-labels")};
    if (!folder.isEmpty())
        words += {s("--format=directory"), s("--jobs=%1").arg(options.jobs), s("--file=%1").arg(folder)};
    else
        words += s("--format=custom");
    // Into a pipe of this computer nothing is gained by packing what is unpacked at once: it costs most of the time.
    if (options.file.isEmpty())
        words += s("--compress=0");
    for (const QString &schema : options.schemas)
        words += s("--schema=%1").arg(exactly(schema));
    for (const CopyRelation &table : input.withoutRows)
        words += s("--exclude-table-data=%1.%2").arg(exactly(table.schema), exactly(table.name));
    return words;
}

QStringList restoreArguments(const CopyRunInput &input, const CopyOptions &options, const QString &from)
{
    QStringList words{input.choice.programs.restore,
                      s("--verbose"),
                      s("--no-password"),
                      s("--no-owner"),
                      s("--no-acl"),
                      s("--no-tablespaces"),
                      s("--exit-on-error"),
                      s("--dbname=dbname=%1").arg(conninfoValue(input.database))};
    words += options.jobs > 1 ? s("--jobs=%1").arg(options.jobs) : s("--single-transaction");
    if (input.deletes)
        words += {s("--clean"), s("--if-exists")};
    // The dump makes each schema that it was asked for, also "public", which every database has. pg_restore takes the
    // names as they are, and no patterns.
    for (const QString &schema : input.intoSchemas ? options.schemas : QStringList())
        words += s("--schema=%1").arg(schema);
    if (!from.isEmpty())
        words += from;
    return words;
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

class Run final
{
public:
    Run(const CopyRunInput &input, const CopyOptions &options, const Deadline &deadline)
        : m_input(input)
        , m_options(options)
        , m_deadline(deadline)
        , m_dump(*input.sourceString)
        , m_restore(*input.targetString)
        , m_begun(Clock::now())
    {
        for (const qint64 size : input.sizes)
            m_totalSize += size;
    }

    CopyRunResult throughPipe();
    CopyRunResult throughFile();

private:
    bool startDump(int output, const QString &folder);
    bool startRestore(int input, const QString &from);
    bool pump(int from, int to);
    bool dumpIntoFile(const QString &part);
    bool waitFor(Program &program);
    void hear(const CopyLine &line);
    void listen(bool all = false);
    void report();
    double sizeUnderWay() const;
    bool interrupted();
    void stopBoth();
    void failed(Program &program, const char *name);
    void dumpFailed() { failed(m_dump, "pg_dump"); }
    void restoreFailed() { failed(m_restore, "pg_restore"); }
    void refuse(const Error &error);
    CopyRunResult &finish();

    const CopyRunInput &m_input;
    const CopyOptions &m_options;
    const Deadline &m_deadline;
    Program m_dump, m_restore;
    CopyRunResult m_result;
    Instant m_begun, m_told{}, m_listened{};
    QString m_object;
    qint64 m_totalSize = 0, m_doneSize = 0, m_currentSize = 0;
    qint64 m_currentBegan = 0; ///< bytes of the dump when the rows of the table under way began
};

void Run::hear(const CopyLine &line)
{
    m_object = line.object;
    if (line.kind != CopyLine::Kind::Table)
        return;
    ++m_result.tables;
    m_doneSize += m_currentSize;
    m_currentSize = m_input.sizes.value(line.object);
    m_currentBegan = m_result.bytes;
}

void Run::listen(bool all)
{
    const auto nothing = [](const CopyLine &) {};
    if (m_result.restoring) {
        m_dump.listen(all, nothing);
        m_restore.listen(all, [this](const CopyLine &line) { hear(line); });
    } else {
        m_dump.listen(all, [this](const CopyLine &line) { hear(line); });
    }
}

/// Of the table whose rows flow now, by what has flowed since they began; never all of it. A dump of text is larger or
/// smaller than the table on its disk.
double Run::sizeUnderWay() const
{
    constexpr double most = 0.95;
    return std::min(double(std::max<qint64>(0, m_result.bytes - m_currentBegan)), most * double(m_currentSize));
}

void Run::report()
{
    const Instant now = Clock::now();
    if (!m_options.onProgress || now - m_told < between)
        return;
    m_told = now;
    CopyProgress progress;
    progress.object = m_object;
    progress.bytes = m_result.bytes;
    const double seconds = toMs(now - m_begun) / 1000;
    progress.bytesPerSecond = seconds > 0 ? double(m_result.bytes) / seconds : 0;
    progress.tablesDone = std::max(0, m_result.tables - 1);
    progress.tables = int(m_input.sizes.size());
    if (m_totalSize > 0)
        progress.share = std::clamp((double(m_doneSize) + sizeUnderWay()) / double(m_totalSize), 0.0, 1.0);
    m_options.onProgress(progress);
}

/// A cancel, or the end of the time. Both programs are told to end, and with their sessions at the servers: that is
/// what they do on SIGTERM.
bool Run::interrupted()
{
    const bool cancelled = m_deadline.isCancelled();
    if (!cancelled && !m_deadline.isOver())
        return false;
    stopBoth();
    m_result.end = cancelled ? CopyRunResult::End::Cancelled : CopyRunResult::End::TimedOut;
    m_result.detail = cancelled ? s("cancelled") : s("the time is over");
    m_result.hint = cancelled ? QString() : s("a longer --timeout, or none");
    return true;
}

void Run::stopBoth()
{
    // The target first, so that it cannot take the end of the dump for a whole one.
    m_restore.process.stop(grace);
    m_dump.process.stop(grace);
}

void Run::failed(Program &program, const char *name)
{
    listen(true);
    const QString said = program.errors();
    const CopyCause cause = copyCause(said);
    const int signal = program.process.signal();
    QString detail = s("%1 ").arg(s(name));
    detail += signal != 0 ? s("was ended by signal %1").arg(signal)
                          : s("ended with status %1").arg(program.process.status().value_or(-1));
    if (!cause.words.isEmpty())
        detail += s(": %1").arg(cause.words);
    if (!said.isEmpty())
        detail += s(" (%1)").arg(said);
    m_result.end = CopyRunResult::End::Failed;
    m_result.detail = detail;
    m_result.hint = cause.hint.isEmpty() ? s("what the program says, and the server's log") : cause.hint;
    m_result.cause = cause.id;
}

void Run::refuse(const Error &error)
{
    m_result.end = CopyRunResult::End::Failed;
    m_result.detail = error.message;
    m_result.hint = error.hint;
}

CopyRunResult &Run::finish()
{
    m_told = {};
    report(); // the last figures, however short it was
    m_result.seconds = toMs(Clock::now() - m_begun) / 1000;
    return m_result;
}

bool Run::startDump(int output, const QString &folder)
{
    ChildStart how = startOf(dumpArguments(m_input, m_options, folder), *m_input.source);
    how.output = output;
    const Result<void> started = m_dump.process.start(how);
    if (!started)
        refuse(started.error());
    return started.has_value();
}

bool Run::startRestore(int input, const QString &from)
{
    ChildStart how = startOf(restoreArguments(m_input, m_options, from), *m_input.target);
    how.input = input;
    const Result<void> started = m_restore.process.start(how);
    if (!started)
        refuse(started.error());
    else
        m_result.restoring = true;
    return started.has_value();
}

/// Moves what the dump writes to the restore, by the page and without copying it. True: all of it, and the dump ended
/// well.
bool Run::pump(int from, int to)
{
    for (;;) {
        const ssize_t moved = ::splice(from, nullptr, to, nullptr, pipeBytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (moved > 0) {
            m_result.bytes += moved;
            if (const Instant now = Clock::now(); now - m_listened >= listening) {
                m_listened = now;
                listen();
                report();
            }
            if (interrupted())
                return false;
            // pg_dump writes in pieces of a page. To be woken for each costs more than moving it: the pipe has room for
            // what comes within a millisecond.
            if (moved < worthAWake)
                ::poll(nullptr, 0, 1);
            continue;
        }
        const int code = errno;
        listen();
        report();
        if (interrupted())
            return false;
        if (moved == 0)
            return true;
        if (code == EPIPE)
            return false;
        if (code != EAGAIN && code != EINTR) {
            refuse({ErrorKind::Io, s("the pipe between both: %1").arg(s(strerror(code))), {}, {}});
            return false;
        }
        // Either there is nothing to read or no room: what is waited for is what is missing.
        pollfd probe{from, POLLIN, 0};
        const bool readable = ::poll(&probe, 1, 0) > 0;
        pollfd entries[3] = {{readable ? to : from, short(readable ? POLLOUT : POLLIN), 0},
                             {m_dump.process.errors(), POLLIN, 0},
                             {m_restore.process.errors(), POLLIN, 0}};
        ::poll(entries, 3, slice);
        // Nobody reads any more, though the dump has written nothing since.
        pollfd reader{to, 0, 0};
        if (::poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR) != 0)
            return false;
    }
}

bool Run::waitFor(Program &program)
{
    while (!program.process.hasEnded()) {
        listen();
        report();
        if (interrupted())
            return false;
        pollfd entry{program.process.errors(), POLLIN, 0};
        ::poll(&entry, 1, entry.fd < 0 ? 5 : slice);
    }
    listen(true);
    return program.process.status() == 0;
}

CopyRunResult Run::throughPipe()
{
    int dumped[2] = {-1, -1};
    int restored[2] = {-1, -1};
    if (::pipe2(dumped, O_CLOEXEC) != 0 || ::pipe2(restored, O_CLOEXEC) != 0) {
        refuse({ErrorKind::Io, s("no pipe: %1").arg(s(strerror(errno))), {}, {}});
        return finish();
    }
    Descriptor dumpOut(dumped[0]), dumpIn(dumped[1]), restoreOut(restored[0]), restoreIn(restored[1]);
    for (const int each : {dumped[0], restored[0]})
        ::fcntl(each, F_SETPIPE_SZ, pipeBytes); // where the user's limit is reached, the usual size does
    if (!startDump(dumpIn.get(), {}) || !startRestore(restoreOut.get(), {})) {
        stopBoth();
        return finish();
    }
    dumpIn.reset();
    restoreOut.reset();
    bool whole = pump(dumpOut.get(), restoreIn.get());
    if (whole) {
        // The restore's input stays open until the dump has ended well: without its end, nothing is committed that is
        // not whole.
        whole = waitFor(m_dump);
        if (!whole && m_result.end == CopyRunResult::End::Failed && m_result.detail.isEmpty()) {
            m_restore.process.stop(grace);
            dumpFailed();
        }
    } else if (m_result.end == CopyRunResult::End::Failed && m_result.detail.isEmpty()) {
        // Nobody reads: the restore has ended, or is about to.
        dumpOut.reset();
        restoreIn.reset();
        if (!waitFor(m_restore) && m_result.detail.isEmpty())
            restoreFailed();
        m_dump.process.stop(grace);
        if (m_restore.process.status() == 0)
            restoreFailed();
    }
    restoreIn.reset();
    if (whole) {
        if (waitFor(m_restore))
            m_result.end = CopyRunResult::End::Done;
        else if (m_result.detail.isEmpty())
            restoreFailed();
    }
    stopBoth();
    return finish();
}

/// Into `part`; false: it failed, or was interrupted.
bool Run::dumpIntoFile(const QString &part)
{
    const bool folder = m_options.jobs > 1;
    Descriptor file;
    if (!folder) {
        file = Descriptor(
            ::open(QFile::encodeName(part).constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!file.isOpen()) {
            refuse({ErrorKind::Io,
                    s("%1 cannot be written: %2").arg(m_options.file, s(strerror(errno))),
                    s("a folder that exists and may be written"),
                    {}});
            return false;
        }
    } else if (!QDir().mkpath(QFileInfo(part).absolutePath()) ||
               ::mkdir(QFile::encodeName(part).constData(), S_IRWXU) != 0) {
        refuse({ErrorKind::Io, s("%1 cannot be made: %2").arg(m_options.file, s(strerror(errno))), {}, {}});
        return false;
    }
    if (!startDump(file.get(), folder ? part : QString()))
        return false;
    // What the file holds is what was written; nothing of ours stands in between.
    while (!m_dump.process.hasEnded()) {
        struct stat status = {};
        if (file.isOpen() && ::fstat(file.get(), &status) == 0)
            m_result.bytes = status.st_size;
        listen();
        report();
        if (interrupted())
            return false;
        pollfd entry{m_dump.process.errors(), POLLIN, 0};
        ::poll(&entry, 1, entry.fd < 0 ? 5 : slice);
    }
    listen(true);
    struct stat status = {};
    if (file.isOpen() && ::fstat(file.get(), &status) == 0)
        m_result.bytes = status.st_size;
    if (m_dump.process.status() != 0) {
        dumpFailed();
        return false;
    }
    if (file.isOpen() && ::fsync(file.get()) != 0) {
        refuse({ErrorKind::Io, s("%1: %2").arg(m_options.file, s(strerror(errno))), {}, {}});
        return false;
    }
    return true;
}

CopyRunResult Run::throughFile()
{
    const QString part =
        s("%1.%2.part").arg(m_options.file, QUuid::createUuid().toString(QUuid::WithoutBraces).left(8));
    m_result.ownFailure = true;
    const auto removePart = [&part] {
        if (QFileInfo(part).isDir())
            QDir(part).removeRecursively();
        else
            QFile::remove(part);
    };
    if (!dumpIntoFile(part)) {
        removePart();
        return finish();
    }
    if (::rename(QFile::encodeName(part).constData(), QFile::encodeName(m_options.file).constData()) != 0) {
        refuse({ErrorKind::Io, s("%1: %2").arg(m_options.file, s(strerror(errno))), {}, {}});
        removePart();
        return finish();
    }
    m_result.ownFailure = false;
    m_result.tables = 0;
    m_doneSize = 0;
    m_currentSize = 0;
    m_currentBegan = m_result.bytes;
    if (startRestore(-1, m_options.file)) {
        if (waitFor(m_restore))
            m_result.end = CopyRunResult::End::Done;
        else if (m_result.detail.isEmpty())
            restoreFailed();
    }
    // Lines of several programs at once run into each other: not all of them can be told.
    if (m_options.jobs > 1 && m_result.end == CopyRunResult::End::Done)
        m_result.tables = tablesIn(m_options.file);
    stopBoth();
    return finish();
}

} // namespace

CopyLine copyLine(const QByteArray &line)
{
    static const QRegularExpression error(
        s(R"(^(?:\S*/)?pg_(?:dump|restore): (?:\[[^\]]*\] )?(error|fatal|detail|hint): (.*)$)"),
        QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression rows(
        s(R"x(^(?:\S*/)?pg_(?:dump|restore): (?:processing data for table|dumping contents of table) "(.*?)"?$)x"),
        QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression made(
        s(R"x(^(?:\S*/)?pg_restore: (?:creating|executing) ([A-Z][A-Z ]*)(?: "(.*)"| (.*))?$)x"),
        QRegularExpression::DotMatchesEverythingOption);
    const QString text = QString::fromUtf8(line);
    if (const auto match = error.match(text); match.hasMatch()) {
        const bool detail =
            match.captured(1) == QLatin1StringView("detail") || match.captured(1) == QLatin1StringView("hint");
        return {detail ? CopyLine::Kind::Detail : CopyLine::Kind::Error, match.captured(2)};
    }
    if (text.startsWith(QLatin1StringView("DETAIL:")))
        return {CopyLine::Kind::Detail, text.mid(int(strlen("DETAIL:"))).trimmed()};
    if (const auto match = rows.match(text); match.hasMatch())
        return {CopyLine::Kind::Table, match.captured(1)};
    if (const auto match = made.match(text); match.hasMatch())
        return {CopyLine::Kind::Object,
                (match.captured(1).toLower() + QLatin1Char(' ') + match.captured(2) + match.captured(3)).trimmed()};
    return {};
}

CopyRunResult runCopy(const CopyRunInput &input, const CopyOptions &options, const Deadline &deadline)
{
    const WithoutPipeSignal quiet;
    Run run(input, options, deadline);
    return options.file.isEmpty() ? run.throughPipe() : run.throughFile();
}

void endLeftConnections(const ConnectionString &connection, const DatabaseAccess &access,
                        const QString &applicationName)
{
    DatabaseAccess again = access;
    again.cancelled = {}; // also after a cancel: that is what it is for
    const Deadline patience(again.connectTimeout + grace);
    PostgresLink link;
    if (!openPostgres(link, connection, again))
        return;
    // Not a secret and no text of others: a word and hexadecimal digits.
    const QString mine = s("application_name = '%1' and pid <> pg_catalog.pg_backend_pid()").arg(applicationName);
    const Deadline byThemselves = patience.part(Milliseconds(1'500));
    const QString count = s("select pg_catalog.count(*) as n from pg_catalog.pg_stat_activity where %1").arg(mine);
    bool ended = false;
    while (!patience.isOver()) {
        const LinkRows rows = link.query(count, patience);
        if (!rows.isOk() || rows.number("n").value_or(0) == 0)
            return;
        if (byThemselves.isOver() && !ended) {
            ended = true;
            const LinkRows told = link.query(
                s("select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where %1").arg(mine),
                patience);
            if (!told.isOk())
                return;
        }
        ::poll(nullptr, 0, slice);
    }
}

} // namespace Switchyard
