// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/postgreslink.h"

#include "models/common/redact.h"

#include <QRegularExpression>

#include <libpq-fe.h>
#include <openssl/crypto.h>

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>

namespace Switchyard {

namespace {

/// No file lies below it: libpq then takes neither the files of this user's home nor complains.
constexpr const char noFile[] = "/dev/null/none";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// libpq's record of the messages that go over the wire, for the little that its interface does not tell. It may hold
/// what is written for passwords in later versions, so it is overwritten.
class MessageRecord final
{
public:
    explicit MessageRecord(PGconn *connection)
        : m_connection(connection)
        , m_file(fmemopen(m_text.data(), m_text.size() - 1, "w"))
    {
        if (!m_file)
            return;
        setvbuf(m_file, nullptr, _IONBF, 0);
        PQtrace(connection, m_file);
        PQsetTraceFlags(connection, PQTRACE_SUPPRESS_TIMESTAMPS);
    }
    ~MessageRecord()
    {
        if (m_file) {
            PQuntrace(m_connection);
            std::fclose(m_file);
        }
        OPENSSL_cleanse(m_text.data(), m_text.size());
    }
    MessageRecord(const MessageRecord &) = delete;
    MessageRecord &operator=(const MessageRecord &) = delete;

    /// By what we sent between the startup and the first thing that is no part of the authentication: nothing, one
    /// message (of md5 always 40 bytes), or several.
    LinkAuthentication authentication() const
    {
        QList<int> lengths;
        bool started = false;
        for (const QByteArray &line : QByteArray(m_text.data()).split('\n')) {
            const QList<QByteArray> fields = line.split('\t');
            const qsizetype at = fields.indexOf("F");
            if (line.contains("ParameterStatus"))
                break;
            if (at < 0 || at + 1 >= fields.size())
                continue;
            const int length = fields[at + 1].toInt();
            if (!started) {
                started = length > 8; // 8: the question for TLS
                continue;
            }
            lengths.append(length);
        }
        if (lengths.isEmpty())
            return LinkAuthentication::None;
        if (lengths.size() > 1)
            return LinkAuthentication::Scram;
        return lengths.first() == 40 ? LinkAuthentication::Md5 : LinkAuthentication::ClearText;
    }

private:
    PGconn *const m_connection;
    std::array<char, 16'384> m_text{};
    std::FILE *m_file;
};

/// Every one that the environment or a file of this user could change is set, so that the probe tells about the string.
class Parameters final
{
public:
    explicit Parameters(const LinkTarget &target)
    {
        const bool socket = !target.socketFolder.isEmpty();
        set("host", socket ? target.socketFolder : target.host);
        if (!socket)
            set("hostaddr", target.address);
        set("port", QString::number(target.port));
        set("user", target.user);
        set("password", target.password.reveal());
        set("dbname", target.database);
        set("sslmode", target.sslmode);
        set("sslrootcert", target.rootFile.isEmpty() ? s(noFile) : target.rootFile);
        set("sslcert", s(noFile));
        set("sslkey", s(noFile));
        set("passfile", s(noFile));
        set("gssencmode", s("disable"));
        set("target_session_attrs", s("any"));
        set("channel_binding", s("prefer"));
        set("client_encoding", s("UTF8"));
        set("application_name", s("switchyard"));
        for (const auto &[name, value] : target.options)
            set(name.toUtf8().constData(), value);
        for (qsizetype i = 0; i < m_names.size(); ++i) {
            m_namePointers.append(m_names[i].constData());
            m_valuePointers.append(m_values[i].constData());
        }
        m_namePointers.append(nullptr);
        m_valuePointers.append(nullptr);
    }
    ~Parameters()
    {
        for (QByteArray &value : m_values)
            OPENSSL_cleanse(value.data(), size_t(value.size()));
    }
    Parameters(const Parameters &) = delete;
    Parameters &operator=(const Parameters &) = delete;

    const char *const *names() const { return m_namePointers.constData(); }
    const char *const *values() const { return m_valuePointers.constData(); }

private:
    void set(const char *name, const QString &value)
    {
        const qsizetype at = m_names.indexOf(QByteArray(name));
        if (at >= 0) {
            m_values[at] = value.toUtf8();
            return;
        }
        if (value.isEmpty())
            return; // libpq takes an empty one as not given
        m_names.append(name);
        m_values.append(value.toUtf8());
    }

    QList<QByteArray> m_names, m_values;
    QList<const char *> m_namePointers, m_valuePointers;
};

LinkPhase phaseOf(ConnStatusType status)
{
    switch (status) {
    case CONNECTION_STARTED:
    case CONNECTION_NEEDED:
        return LinkPhase::Tcp;
    case CONNECTION_SSL_STARTUP:
        return LinkPhase::Tls;
    case CONNECTION_OK:
        return LinkPhase::Ready;
    default:
        return LinkPhase::Auth;
    }
}

} // namespace

QString LinkRows::valueAt(qsizetype row, const char *column) const
{
    const qsizetype at = columns.indexOf(QString::fromUtf8(column));
    return at < 0 || row >= rows.size() ? QString() : rows[row].value(at);
}

std::optional<int> LinkRows::number(const char *column) const
{
    bool ok = false;
    const int number = value(column).toInt(&ok);
    return ok ? std::optional(number) : std::nullopt;
}

PostgresLink::PostgresLink() = default;

PostgresLink::~PostgresLink()
{
    close();
}

void PostgresLink::close()
{
    if (!m_connection)
        return;
    // PQfinish() says goodbye by a blocking write. Between calls that is five bytes into an empty buffer; in the middle
    // of something nobody may be reading.
    if (PQstatus(m_connection) != CONNECTION_OK || PQtransactionStatus(m_connection) != PQTRANS_IDLE) {
        const int fd = PQsocket(m_connection);
        if (fd >= 0)
            ::shutdown(fd, SHUT_RDWR);
    }
    PQfinish(m_connection);
    m_connection = nullptr;
}

int PostgresLink::descriptor() const
{
    return m_connection ? PQsocket(m_connection) : -1;
}

void *PostgresLink::ssl() const
{
    return m_connection && PQsslInUse(m_connection) ? PQsslStruct(m_connection, "OpenSSL") : nullptr;
}

int PostgresLink::backendPid() const
{
    return m_connection ? PQbackendPID(m_connection) : 0;
}

QString PostgresLink::user() const
{
    return m_connection ? s(PQuser(m_connection)) : QString();
}

QString PostgresLink::parameter(const char *name) const
{
    const char *value = m_connection ? PQparameterStatus(m_connection, name) : nullptr;
    return value ? s(value) : QString();
}

bool PostgresLink::usedPassword() const
{
    return m_connection && PQconnectionUsedPassword(m_connection);
}

LinkEnd PostgresLink::waitFor(bool write, const Deadline &deadline) const
{
    const int fd = PQsocket(m_connection);
    if (fd < 0)
        return LinkEnd::Failed;
    switch (deadline.wait(fd, short(write ? POLLIN | POLLOUT : POLLIN))) {
    case Waited::Ready:
        return LinkEnd::Ok;
    case Waited::TimedOut:
        return LinkEnd::Timeout;
    case Waited::Cancelled:
        break;
    }
    return LinkEnd::Cancelled;
}

QString PostgresLink::cleaned(const char *message, QString *sqlState) const
{
    // "connection to server at "::1", port 5432 failed: FATAL:  28P01: words\nHINT:  …\nLOCATION:  …"
    const QStringList lines = QString::fromUtf8(message).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QString text = lines.value(0);
    static const QRegularExpression code(s("(?:^|failed: )\\S+:  ?([0-9A-Z]{5}):\\s+(.*)$"));
    const QRegularExpressionMatch match = code.match(text);
    if (match.hasMatch()) {
        if (sqlState)
            *sqlState = match.captured(1);
        text = match.captured(2);
    } else {
        static const QRegularExpression where(s("^connection to server [^:]*(?:\"[^\"]*\")?[^:]*: "));
        text.remove(where);
    }
    // What the server says is its own choice: a hostile one may say back what it was sent.
    if (m_password.reveal().size() > 2)
        text.replace(m_password.reveal(), s("•••"));
    for (QChar &c : text) {
        if (!c.isPrint())
            c = QLatin1Char(' ');
    }
    text = redact(text.simplified());
    return text.size() > 300 ? text.left(299) + QChar(0x2026) : text;
}

LinkOutcome PostgresLink::open(const LinkTarget &target, const Deadline &deadline)
{
    close();
    m_password = target.password;
    LinkOutcome outcome;
    const Instant start = Clock::now();
    {
        const Parameters parameters(target);
        m_connection = PQconnectStartParams(parameters.names(), parameters.values(), 0);
    }
    if (!m_connection) {
        outcome.message = s("libpq has no memory");
        return outcome;
    }
    PQsetErrorVerbosity(m_connection, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(
        m_connection, [](void *, const char *) {}, nullptr);
    const MessageRecord record(m_connection);

    Instant since = start;
    const auto reached = [&](LinkPhase phase) {
        if (phase <= outcome.phase)
            return;
        const Instant now = Clock::now();
        const double ms = toMs(now - since);
        since = now;
        (outcome.phase == LinkPhase::Tcp   ? outcome.tcpMs
         : outcome.phase == LinkPhase::Tls ? outcome.tlsMs
                                           : outcome.authMs) = ms;
        outcome.phase = phase;
    };
    // Before the first call of PQconnectPoll() one waits until the socket can be written.
    PostgresPollingStatusType next =
        PQstatus(m_connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        const LinkEnd wait = waitFor(next == PGRES_POLLING_WRITING, deadline);
        if (wait != LinkEnd::Ok) {
            outcome.end = wait;
            break;
        }
        next = PQconnectPoll(m_connection);
        if (next != PGRES_POLLING_FAILED)
            reached(phaseOf(PQstatus(m_connection)));
    }
    outcome.authentication = record.authentication();
    if (next == PGRES_POLLING_OK) {
        outcome.end = LinkEnd::Ok;
        PQsetnonblocking(m_connection, 1);
        return outcome;
    }
    const double ms = toMs(Clock::now() - since);
    (outcome.phase == LinkPhase::Tcp   ? outcome.tcpMs
     : outcome.phase == LinkPhase::Tls ? outcome.tlsMs
                                       : outcome.authMs) = ms;
    outcome.needsPassword = PQconnectionNeedsPassword(m_connection);
    outcome.answered = PQconnectionUsedPassword(m_connection) || PQstatus(m_connection) == CONNECTION_AUTH_OK;
    if (next == PGRES_POLLING_FAILED)
        outcome.message = cleaned(PQerrorMessage(m_connection), &outcome.sqlState);
    return outcome; // the record must end before the connection: the caller closes it
}

LinkRows PostgresLink::query(const QString &sql, const Deadline &deadline)
{
    LinkRows answer;
    const Instant start = Clock::now();
    const auto broken = [&](LinkEnd end) {
        answer.end = end;
        if (end == LinkEnd::Failed && answer.message.isEmpty())
            answer.message = cleaned(PQerrorMessage(m_connection), &answer.sqlState);
        answer.ms = toMs(Clock::now() - start);
        close();
        return answer;
    };
    if (!m_connection) {
        answer.message = s("the connection is closed");
        return answer;
    }
    ++m_statements;
    if (!PQsendQuery(m_connection, sql.toUtf8().constData()))
        return broken(LinkEnd::Failed);
    for (int unsent = PQflush(m_connection); unsent != 0; unsent = PQflush(m_connection)) {
        const LinkEnd wait = unsent < 0 ? LinkEnd::Failed : waitFor(true, deadline);
        if (wait != LinkEnd::Ok || !PQconsumeInput(m_connection))
            return broken(wait == LinkEnd::Ok ? LinkEnd::Failed : wait);
    }
    bool seen = false;
    for (;;) {
        while (PQisBusy(m_connection)) {
            const LinkEnd wait = waitFor(false, deadline);
            if (wait != LinkEnd::Ok)
                return broken(wait);
            if (!PQconsumeInput(m_connection))
                return broken(LinkEnd::Failed);
        }
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(m_connection), &PQclear);
        if (!result)
            break;
        seen = true;
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_TUPLES_OK) {
            answer.end = LinkEnd::Ok;
            const int columns = PQnfields(result.get());
            for (int column = 0; column < columns; ++column)
                answer.columns.append(s(PQfname(result.get(), column)));
            for (int row = 0; row < PQntuples(result.get()); ++row) {
                QStringList values;
                for (int column = 0; column < columns; ++column)
                    values.append(PQgetisnull(result.get(), row, column) ? QString()
                                                                         : s(PQgetvalue(result.get(), row, column)));
                answer.rows.append(values);
            }
        } else if (status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
            answer.end = LinkEnd::Ok;
        } else {
            answer.end = LinkEnd::Failed;
            answer.message = cleaned(PQresultErrorMessage(result.get()), &answer.sqlState);
            if (const char *state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE))
                answer.sqlState = s(state);
            if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
                return broken(LinkEnd::Failed); // nobody asked for one: a peer that would go on for ever
        }
    }
    if (!seen || PQstatus(m_connection) == CONNECTION_BAD)
        return broken(LinkEnd::Failed);
    answer.ms = toMs(Clock::now() - start);
    return answer;
}

QString quotedIdentifier(const QString &name)
{
    QString quoted = name;
    quoted.replace(QLatin1Char('"'), s("\"\""));
    return QLatin1Char('"') + quoted + QLatin1Char('"');
}

} // namespace Switchyard
