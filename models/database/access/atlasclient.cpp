// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/atlasclient.h"

#include "models/database/access/atlashints.h"
#include "models/database/access/atlashttp.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>
#include <thread>

namespace Switchyard {

namespace {

constexpr int mostPages = 1'000;
constexpr Milliseconds renewBefore{60'000};
constexpr int okStatus = 200;
constexpr int multipleChoices = 300;
constexpr int badRequest = 400;
constexpr int unauthorized = 401;
constexpr int tooManyRequests = 429;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool isGood(int status)
{
    return status >= okStatus && status < multipleChoices;
}

Result<void> checkGroup(const QString &group)
{
    static const QRegularExpression id(s("^[0-9a-fA-F]{24}$"));
    if (id.match(group).hasMatch())
        return {};
    return fail(ErrorKind::Usage, s("\"%1\" is no id of an Atlas project").arg(group.left(60)),
                s("24 hexadecimal digits: Project Settings shows it"));
}

QJsonObject entryToApi(const AccessEntry &entry)
{
    QJsonObject object;
    const bool block = entry.value.contains(u'/');
    object[entry.isSecurityGroup() ? s("awsSecurityGroup") : block ? s("cidrBlock") : s("ipAddress")] = entry.value;
    if (!entry.comment.isEmpty())
        object[s("comment")] = entry.comment;
    if (entry.deleteAfter)
        object[s("deleteAfterDate")] = entry.deleteAfter->toUTC().toString(Qt::ISODate);
    return object;
}

Error misunderstood(const QString &what)
{
    return {
        ErrorKind::Protocol, s("Atlas' answer is not understood: %1").arg(what), s("check the address of the API"), {}};
}

} // namespace

/// One request with what belongs to it: the token, its renewal, the wait that a 429 asks for.
class AtlasClient::Calls final
{
public:
    Calls(AtlasCredentials credentials, AtlasOptions options)
        : m_credentials(std::move(credentials))
        , m_options(std::move(options))
        , m_http(m_options.caFile)
    {
        while (m_options.baseUrl.endsWith(u'/'))
            m_options.baseUrl.chop(1);
    }

    const AtlasOptions &options() const { return m_options; }
    int requests() const { return m_requests; }
    Deadline deadline() const { return Deadline(m_options.timeout, m_options.cancelled); }

    /// `path` behind /api/atlas/v2/groups/.
    Result<QJsonDocument> call(const QByteArray &method, const QString &path, const QByteArray &body,
                               const Deadline &deadline);
    /// False: cancelled, or the deadline came first.
    Result<void> pause(Milliseconds time, const Deadline &deadline) const;

private:
    Result<AtlasAnswer> send(const AtlasRequest &request, const Deadline &deadline);
    Result<AtlasAnswer> sendPatiently(const AtlasRequest &request, const Deadline &deadline);
    Result<void> makeToken(const Deadline &deadline);
    Result<void> logIn(AtlasRequest *request, const Deadline &deadline);

    AtlasCredentials m_credentials;
    AtlasOptions m_options;
    AtlasHttp m_http;
    Secret m_token;
    Instant m_tokenEnds{};
    int m_requests = 0;
};

Result<void> AtlasClient::Calls::pause(Milliseconds time, const Deadline &deadline) const
{
    const Deadline part = deadline.part(time);
    while (!part.isOver()) {
        if (deadline.isCancelled())
            return fail(ErrorKind::Cancelled, s("cancelled"));
        std::this_thread::sleep_for(Milliseconds(part.slice()));
    }
    return {};
}

Result<AtlasAnswer> AtlasClient::Calls::send(const AtlasRequest &request, const Deadline &deadline)
{
    ++m_requests;
    Result<AtlasAnswer> answer = m_http.ask(request, deadline);
    if (answer && answer->status >= multipleChoices && answer->status < badRequest)
        return fail(ErrorKind::Protocol,
                    s("the API answers with a redirect (HTTP %1), which is not followed: it would take the login to "
                      "another address")
                        .arg(answer->status),
                    s("check the address of the API, and whether a proxy stands in between"));
    return answer;
}

Result<AtlasAnswer> AtlasClient::Calls::sendPatiently(const AtlasRequest &request, const Deadline &deadline)
{
    Result<AtlasAnswer> answer = send(request, deadline);
    if (!answer || answer->status != tooManyRequests || answer->retryAfterSeconds < 0)
        return answer;
    constexpr qint64 second = 1'000;
    const Milliseconds wait{qint64(answer->retryAfterSeconds) * second};
    if (wait > m_options.longestRetry || wait >= deadline.left())
        return answer;
    if (m_options.onWait)
        m_options.onWait(s("Atlas takes no more requests for %1 s").arg(answer->retryAfterSeconds));
    if (const Result<void> waited = pause(wait, deadline); !waited)
        return tl::unexpected(waited.error());
    return send(request, deadline);
}

Result<void> AtlasClient::Calls::makeToken(const Deadline &deadline)
{
    AtlasRequest request;
    request.method = "POST";
    request.url = m_options.baseUrl + s("/api/oauth/token");
    request.headers = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded"};
    request.body = "grant_type=client_credentials";
    request.login = AtlasRequest::Login::Basic;
    request.user = m_credentials.id;
    request.secret = m_credentials.secret;
    const Result<AtlasAnswer> answer = sendPatiently(request, deadline);
    if (!answer)
        return tl::unexpected(answer.error());
    if (!isGood(answer->status))
        return tl::unexpected(atlasTokenError(answer->status, answer->body));
    const QJsonObject object = QJsonDocument::fromJson(answer->body).object();
    const QString token = object[s("access_token")].toString();
    // A line end in it would begin another header.
    const bool plain =
        std::all_of(token.cbegin(), token.cend(), [](QChar c) { return c.unicode() > 0x20 && c.unicode() < 0x7f; });
    if (token.isEmpty() || !plain)
        return tl::unexpected(misunderstood(s("there is no token in it")));
    constexpr int usualSeconds = 3'600;
    constexpr int mostSeconds = 86'400;
    const int seconds = std::clamp(object[s("expires_in")].toInt(usualSeconds), 0, mostSeconds);
    m_token = Secret(token);
    m_tokenEnds = Clock::now() + std::chrono::seconds(seconds) - renewBefore;
    return {};
}

Result<void> AtlasClient::Calls::logIn(AtlasRequest *request, const Deadline &deadline)
{
    if (m_credentials.kind == AtlasCredentials::Kind::ApiKey) {
        request->login = AtlasRequest::Login::Digest;
        request->user = m_credentials.id;
        request->secret = m_credentials.secret;
        return {};
    }
    if (m_token.isEmpty() || Clock::now() >= m_tokenEnds) {
        if (const Result<void> made = makeToken(deadline); !made)
            return made;
    }
    request->login = AtlasRequest::Login::Bearer;
    request->secret = m_token;
    return {};
}

Result<QJsonDocument> AtlasClient::Calls::call(const QByteArray &method, const QString &path, const QByteArray &body,
                                               const Deadline &deadline)
{
    AtlasRequest request;
    request.method = method;
    request.url = m_options.baseUrl + s("/api/atlas/v2/groups/") + path;
    const QByteArray type = "application/vnd.atlas." + m_options.version.toUtf8() + "+json";
    request.headers = {"Accept: " + type};
    if (!body.isEmpty())
        request.headers.append("Content-Type: " + type);
    request.body = body;
    Result<AtlasAnswer> answer = AtlasAnswer{};
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (const Result<void> logged = logIn(&request, deadline); !logged)
            return tl::unexpected(logged.error());
        answer = sendPatiently(request, deadline);
        if (!answer)
            return tl::unexpected(answer.error());
        // A token may be revoked, or end while clocks disagree: one new one is worth the try.
        if (answer->status != unauthorized || request.login != AtlasRequest::Login::Bearer)
            break;
        m_token = {};
    }
    if (!isGood(answer->status))
        return tl::unexpected(atlasError(answer->status, answer->body, answer->retryAfterSeconds));
    if (answer->body.trimmed().isEmpty())
        return QJsonDocument();
    QJsonParseError problem;
    QJsonDocument document = QJsonDocument::fromJson(answer->body, &problem);
    if (problem.error != QJsonParseError::NoError)
        return tl::unexpected(
            misunderstood(answer->contentType.startsWith(s("text/html")) ? s("it is a web page") : s("it is no JSON")));
    return document;
}

AtlasClient::AtlasClient(AtlasCredentials credentials, AtlasOptions options)
    : m_calls(std::make_unique<Calls>(std::move(credentials), std::move(options)))
{
}

AtlasClient::~AtlasClient() = default;

int AtlasClient::requests() const
{
    return m_calls->requests();
}

Result<QList<AccessEntry>> AtlasClient::list(const QString &group)
{
    if (const Result<void> good = checkGroup(group); !good)
        return tl::unexpected(good.error());
    const Deadline deadline = m_calls->deadline();
    QList<AccessEntry> all;
    for (int page = 1; page <= mostPages; ++page) {
        const QString path = s("%1/accessList?itemsPerPage=%2&pageNum=%3&includeCount=true")
                                 .arg(group)
                                 .arg(m_calls->options().itemsPerPage)
                                 .arg(page);
        const Result<QJsonDocument> answer = m_calls->call("GET", path, {}, deadline);
        if (!answer)
            return tl::unexpected(answer.error());
        const QJsonObject object = answer->object();
        if (!object[s("results")].isArray())
            return tl::unexpected(misunderstood(s("it has no results")));
        const QJsonArray results = object[s("results")].toArray();
        const Result<QList<AccessEntry>> entries = parseAccessList(QJsonDocument(results).toJson());
        if (!entries)
            return tl::unexpected(misunderstood(entries.error().message));
        all += *entries;
        const int total = object[s("totalCount")].toInt(-1);
        const bool last = total < 0 ? results.size() < m_calls->options().itemsPerPage : all.size() >= total;
        // An empty page before the count is reached: the list was made shorter meanwhile.
        if (last || results.isEmpty())
            return all;
    }
    return tl::unexpected(misunderstood(s("the list has no end")));
}

Result<void> AtlasClient::add(const QString &group, const QList<AccessEntry> &entries)
{
    if (const Result<void> good = checkGroup(group); !good)
        return good;
    if (entries.isEmpty())
        return fail(ErrorKind::Usage, s("there is nothing to add"));
    QJsonArray body;
    for (const AccessEntry &entry : entries) {
        if (!entry.range && !entry.isSecurityGroup())
            return fail(ErrorKind::Usage, s("\"%1\" is no address and no range").arg(entry.value.left(60)));
        body.append(entryToApi(entry));
    }
    const Result<QJsonDocument> answer = m_calls->call(
        "POST", group + s("/accessList"), QJsonDocument(body).toJson(QJsonDocument::Compact), m_calls->deadline());
    return answer ? Result<void>() : tl::unexpected(answer.error());
}

namespace {

Result<AtlasEntryStatus> statusIn(const QJsonDocument &answer)
{
    // The API's description writes the name in capitals.
    const QString status = answer.object()[s("STATUS")].toString(answer.object()[s("status")].toString());
    for (const AtlasEntryStatus each :
         {AtlasEntryStatus::Pending, AtlasEntryStatus::Active, AtlasEntryStatus::Failed}) {
        if (status == atlasEntryStatusName(each))
            return each;
    }
    return tl::unexpected(misunderstood(s("it has no status that is known")));
}

} // namespace

Result<AtlasEntryStatus> AtlasClient::status(const QString &group, const QString &entry)
{
    if (const Result<void> good = checkGroup(group); !good)
        return tl::unexpected(good.error());
    return m_calls
        ->call("GET", s("%1/accessList/%2/status").arg(group, atlasEntryInPath(entry)), {}, m_calls->deadline())
        .and_then(&statusIn);
}

Result<void> AtlasClient::waitActive(const QString &group, const QList<AccessEntry> &entries, Milliseconds limit)
{
    if (const Result<void> good = checkGroup(group); !good)
        return good;
    const Deadline deadline(limit, m_calls->options().cancelled);
    QList<AccessEntry> open = entries;
    for (;;) {
        for (qsizetype i = open.size() - 1; i >= 0; --i) {
            const QString path = s("%1/accessList/%2/status").arg(group, atlasEntryInPath(open[i].value));
            const Result<AtlasEntryStatus> now = m_calls->call("GET", path, {}, deadline).and_then(&statusIn);
            if (!now)
                return tl::unexpected(now.error());
            if (*now == AtlasEntryStatus::Failed)
                return fail(ErrorKind::Refused, s("Atlas could not add %1: FAILED").arg(open[i].value),
                            s("remove it and add it again"));
            if (*now == AtlasEntryStatus::Active)
                open.removeAt(i);
        }
        if (open.isEmpty())
            return {};
        if (m_calls->options().onWait)
            m_calls->options().onWait(s("%1 of %2 are still PENDING").arg(open.size()).arg(entries.size()));
        if (const Result<void> waited = m_calls->pause(m_calls->options().waitBetween, deadline); !waited)
            return waited;
        if (deadline.isOver())
            return fail(ErrorKind::Timeout, s("%1 is still PENDING").arg(open.first().value),
                        s("it usually takes a minute or two: ask \"db access status\" before anything relies on it"));
    }
}

Result<void> AtlasClient::remove(const QString &group, const QString &entry)
{
    if (const Result<void> good = checkGroup(group); !good)
        return good;
    const Result<QJsonDocument> answer =
        m_calls->call("DELETE", s("%1/accessList/%2").arg(group, atlasEntryInPath(entry)), {}, m_calls->deadline());
    return answer ? Result<void>() : tl::unexpected(answer.error());
}

QString atlasEntryStatusName(AtlasEntryStatus status)
{
    switch (status) {
    case AtlasEntryStatus::Pending:
        return s("PENDING");
    case AtlasEntryStatus::Active:
        return s("ACTIVE");
    case AtlasEntryStatus::Failed:
        break;
    }
    return s("FAILED");
}

QString atlasEntryInPath(const QString &entry)
{
    // Colons of IPv6 may stand in a path as they are (RFC 3986 section 3.3), and the API's examples have them so.
    return QString::fromLatin1(QUrl::toPercentEncoding(entry, ":"));
}

Result<AtlasCredentials> parseAtlasCredentials(const Secret &text, AtlasCredentials::Kind kind)
{
    const QString whole = text.reveal().trimmed();
    const qsizetype colon = whole.indexOf(u':');
    const bool plain =
        std::all_of(whole.cbegin(), whole.cend(), [](QChar c) { return c.unicode() > 0x20 && c.unicode() < 0x7f; });
    if (colon <= 0 || colon + 1 == whole.size() || !plain)
        return fail(ErrorKind::Usage,
                    kind == AtlasCredentials::Kind::ApiKey ? s("the API key is not PUBLIC:PRIVATE")
                                                           : s("the service account is not CLIENT_ID:SECRET"),
                    s("both halves with a colon between them, on one line"));
    return AtlasCredentials{kind, whole.left(colon), Secret(whole.mid(colon + 1))};
}

} // namespace Switchyard
