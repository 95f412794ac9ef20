// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/probekit.h"
#include "models/database/probes/probes.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <array>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct UpstashHint
{
    int status;
    const char *words;
    const char *hint;
    const char *source;
};

const UpstashHint *upstashHint(int status)
{
    static const std::array<UpstashHint, 6> table{{
        {400, "the service did not take the command", "the URL must be that of the REST interface, without a path",
         "upstash.com/docs/redis/features/restapi"},
        {401, "the token is wrong, or was made for another database",
         "copy UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN from the same page of the console",
         "upstash.com/docs/redis/features/restapi"},
        {403, "the service refuses this client", "the list of allowed addresses of the database",
         "upstash.com/docs/redis/features/security"},
        {404, "no database answers under this address", "it was deleted or renamed, or the URL has a path",
         "upstash.com/docs/redis/features/restapi"},
        {405, "the service takes no POST here", "the URL must be that of the REST interface",
         "upstash.com/docs/redis/features/restapi"},
        {429, "the limit of requests is reached", "wait, or choose a plan with more commands: each probe costs one too",
         "upstash.com/docs/redis/troubleshooting/max_requests_limit"},
    }};
    for (const UpstashHint &each : table) {
        if (each.status == status)
            return &each;
    }
    return nullptr;
}

/// One answer of HTTP/1.1, read to its end.
struct Answer
{
    ReachFailure failure = ReachFailure::None;
    bool http = false;
    int status = 0;
    QByteArray body;
};

QByteArray unchunked(const QByteArray &body)
{
    QByteArray result;
    qsizetype at = 0;
    for (;;) {
        const qsizetype end = body.indexOf("\r\n", at);
        bool good = false;
        const qsizetype size = end < 0 ? 0 : body.mid(at, end - at).split(';')[0].trimmed().toLongLong(&good, 16);
        if (!good || size <= 0 || size > body.size())
            return result;
        result += body.mid(end + 2, size);
        at = end + 2 + size + 2;
    }
}

Answer parsed(const QByteArray &bytes)
{
    Answer answer;
    const qsizetype end = bytes.indexOf("\r\n\r\n");
    constexpr qsizetype statusAt = 9;
    if (!bytes.startsWith("HTTP/1.") || end < 0)
        return answer;
    answer.http = true;
    answer.status = bytes.mid(statusAt, 3).toInt();
    answer.body = bytes.mid(end + 4);
    if (bytes.left(end).toLower().contains("transfer-encoding: chunked"))
        answer.body = unchunked(answer.body);
    return answer;
}

/// Whether the head and as much of the body as it announces are there.
bool isWhole(const QByteArray &bytes)
{
    const qsizetype end = bytes.indexOf("\r\n\r\n");
    if (end < 0)
        return false;
    const QByteArray head = bytes.left(end).toLower();
    const qsizetype at = head.indexOf("content-length:");
    if (at >= 0) {
        const QByteArray value = head.mid(at + 15).split('\r')[0].trimmed();
        return bytes.size() - end - 4 >= value.toLongLong();
    }
    return head.contains("transfer-encoding: chunked") && bytes.endsWith("0\r\n\r\n");
}

class UpstashProbe final
{
public:
    UpstashProbe(const ConnectionString &connection, const DatabaseProbeOptions &options)
        : m_run(connection, options)
    {
    }
    DatabaseReport go();

private:
    bool connect();
    Answer ask(const QByteArray &json);
    void judge(const Answer &answer);

    ProbeRun m_run;
    ProbeLink m_link;
};

DatabaseReport UpstashProbe::go()
{
    using enum DatabaseStage;
    if (m_run.hasEnded() || m_run.connection().hosts.isEmpty() || !connect())
        return m_run.finish();
    if (m_run.options().reachOnly) {
        for (const DatabaseStage stage : {Auth, Query, Privileges, Headroom})
            m_run.skip(stage, s("not asked for: only the way there"));
        return m_run.finish();
    }
    m_run.begin(Auth);
    if (!m_run.connection().password || m_run.connection().password->isEmpty()) {
        m_run.fail(s("there is no token"), s("give UPSTASH_REDIS_REST_TOKEN: --token env:UPSTASH_REDIS_REST_TOKEN"));
        return m_run.finish();
    }
    judge(ask(R"(["PING"])"));
    m_run.report().commands = 1;
    if (!m_run.hasEnded()) {
        m_run.skip(Privileges, s("the REST interface does not tell them"));
        m_run.skip(Headroom, s("each request stands alone: there are no connections to run out of"));
    }
    m_link.close();
    return m_run.finish();
}

bool UpstashProbe::connect()
{
    const ConnectionHost &host = m_run.connection().hosts.first();
    m_run.skip(DatabaseStage::Srv, s("it has none"));
    const std::optional<QList<ResolvedAddress>> addresses = m_run.resolve(host);
    if (!addresses)
        return false;
    std::optional<ProbeLink> link = m_run.connect(host, *addresses);
    if (!link)
        return false;
    m_link = *std::move(link);
    if (m_run.connection().scheme == s("https"))
        return m_run.startTls(m_link, {host.name, m_run.options().caFile, TlsVerify::Full, true});
    if (isLocalHost(host)) {
        m_run.skip(DatabaseStage::Tls, s("http:// on this computer"));
        return true;
    }
    m_run.begin(DatabaseStage::Tls);
    m_run.fail(s("http:// would send the token for everybody to read; it was not sent"), s("https://"));
    return false;
}

Answer UpstashProbe::ask(const QByteArray &json)
{
    constexpr qsizetype longest = 256 * 1024;
    const ConnectionString &connection = m_run.connection();
    const QString token = connection.password->reveal();
    Answer answer;
    // A line end in it would begin another header.
    for (const QChar c : token) {
        if (c.unicode() < 0x21 || c.unicode() > 0x7e) {
            answer.status = 401;
            answer.http = true;
            return answer;
        }
    }
    const QByteArray request =
        "POST / HTTP/1.1\r\nHost: " + connection.hosts.first().name.toUtf8() + "\r\nAuthorization: Bearer " +
        token.toLatin1() + "\r\nContent-Type: application/json\r\nContent-Length: " + QByteArray::number(json.size()) +
        "\r\nConnection: close\r\n\r\n" + json;
    answer.failure = m_link.send(request, m_run.deadline()).failure;
    QByteArray bytes;
    while (answer.failure == ReachFailure::None && !isWhole(bytes) && bytes.size() < longest) {
        const LinkResult more = m_link.receive(m_run.deadline());
        bytes += more.bytes;
        answer.failure = more.failure;
    }
    const Answer read = parsed(bytes);
    if (read.http && answer.failure != ReachFailure::Cancelled)
        return read;
    if (!bytes.isEmpty() && answer.failure != ReachFailure::Cancelled)
        answer.failure = ReachFailure::None;
    return answer;
}

void UpstashProbe::judge(const Answer &answer)
{
    if (answer.failure != ReachFailure::None)
        return m_run.failLink(answer.failure, s("to the first request"));
    if (!answer.http)
        return m_run.fail(s("what answers there speaks no HTTP"), s("check host and port"));
    const QJsonObject object = QJsonDocument::fromJson(answer.body).object();
    const QString error = saidBy(object[s("error")].toString().toUtf8(), m_run.connection());
    const bool ofUpstash = object.contains(s("result")) || object.contains(s("error"));
    // Read-only and other tokens of ACL users get a 400 with NOPERM: they were let in.
    const bool limited = error.startsWith(s("NOPERM"));
    if (answer.status == 200 || limited) {
        if (!ofUpstash)
            return m_run.fail(s("what answers there is not Upstash (HTTP 200 without a result)"),
                              s("the URL must be UPSTASH_REDIS_REST_URL: https://NAME.upstash.io"));
        m_run.ok(s("the token is accepted"));
        m_run.begin(DatabaseStage::Query);
        if (limited)
            return m_run.warn(s("connected, limited: the token may not run PING"),
                              s("fine for an application that needs no more"));
        if (!error.isEmpty() || object[s("result")].toString() != s("PONG"))
            return m_run.fail(error.isEmpty() ? s("PING was not answered with PONG") : error);
        m_run.report().server = s("Upstash Redis (REST)");
        return m_run.ok(s("PING was answered (in the same request)"));
    }
    const UpstashHint *hint = upstashHint(answer.status);
    if (!ofUpstash && answer.status != 401 && answer.status != 429)
        return m_run.fail(s("what answers there is not Upstash (HTTP %1)").arg(answer.status),
                          s("the URL must be UPSTASH_REDIS_REST_URL: https://NAME.upstash.io"));
    QString words = hint ? s(hint->words) : s("the service refused the request");
    words += s(" (HTTP %1%2)").arg(answer.status).arg(error.isEmpty() ? QString() : s(": ") + error);
    m_run.fail(words, hint ? s(hint->hint) : QString());
}

} // namespace

DatabaseReport probeUpstash(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    return UpstashProbe(connection, options).go();
}

} // namespace Switchyard
