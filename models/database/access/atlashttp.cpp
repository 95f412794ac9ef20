// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/atlashttp.h"

#include <QFileInfo>
#include <QUrl>

#include <curl/curl.h>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qsizetype mostBody = 4 << 20;
constexpr qsizetype mostHead = 100 * 1024;
constexpr long connectMs = 10'000;
constexpr int mostRetrySeconds = 24 * 3'600;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

void initialiseCurl()
{
    // Once a process and never undone, as for the probes.
    static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result != CURLE_OK)
        qFatal("libcurl does not start: %s", curl_easy_strerror(result));
}

struct Receiver
{
    AtlasAnswer answer;
    qsizetype head = 0;
    bool tooLong = false;
};

size_t takeBody(char *data, size_t size, size_t count, void *user)
{
    auto *receiver = static_cast<Receiver *>(user);
    const auto bytes = qsizetype(size * count);
    if (receiver->answer.body.size() + bytes > mostBody) {
        receiver->tooLong = true;
        return 0;
    }
    receiver->answer.body.append(data, bytes);
    return size * count;
}

size_t takeHeader(char *data, size_t size, size_t count, void *user)
{
    auto *receiver = static_cast<Receiver *>(user);
    const QByteArray line(data, qsizetype(size * count));
    receiver->head += line.size();
    if (receiver->head > mostHead) {
        receiver->tooLong = true;
        return 0;
    }
    if (line.startsWith("HTTP/")) { // a Digest challenge comes before the answer that counts
        receiver->answer = {};
        return size * count;
    }
    const qsizetype colon = line.indexOf(':');
    const QByteArray name = line.left(colon < 0 ? 0 : colon).toLower();
    const QByteArray value = line.mid(colon + 1).trimmed();
    if (name == "content-type")
        receiver->answer.contentType = QString::fromLatin1(value);
    else if (name == "location")
        receiver->answer.location = QString::fromLatin1(value.left(200));
    else if (name == "retry-after") {
        bool number = false;
        const int seconds = value.toInt(&number); // its other form, a date, is as good as none
        if (number && seconds >= 0)
            receiver->answer.retryAfterSeconds = std::min(seconds, mostRetrySeconds);
    }
    return size * count;
}

Error errorOf(CURLcode code, const QString &host, const char *detail, bool tooLong)
{
    const QString said = *detail ? s(detail) : s(curl_easy_strerror(code));
    if (tooLong)
        return {ErrorKind::Protocol, s("the answer of %1 is too long").arg(host), s("check the address"), {}};
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return {ErrorKind::Dns, s("%1 does not resolve").arg(host), s("check this computer's name server"), {}};
    case CURLE_COULDNT_CONNECT:
        return {ErrorKind::Refused,
                s("no connection to %1: %2").arg(host, said),
                s("check network, proxy and firewall"),
                {}};
    case CURLE_OPERATION_TIMEDOUT:
        return {ErrorKind::Timeout,
                s("%1 did not answer in time").arg(host),
                s("try again, or give it more --timeout"),
                {}};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
        return {ErrorKind::Tls,
                s("TLS with %1 failed, and nothing was sent: %2").arg(host, said),
                s("a proxy that opens TLS needs its authority in --ca"),
                {}};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return {ErrorKind::Usage, s("the address of the API is not https://HOST[:PORT]"), {}, {}};
    default:
        break;
    }
    return {ErrorKind::Io, s("the request to %1 failed: %2").arg(host, said), s("try again"), {}};
}

} // namespace

struct AtlasHttp::Handles
{
    CURL *easy = nullptr;
    CURLM *multi = nullptr;
};

AtlasHttp::AtlasHttp(const QString &caFile)
    : m_handles(std::make_unique<Handles>())
    , m_caFile(caFile)
{
    initialiseCurl();
    m_handles->easy = curl_easy_init();
    m_handles->multi = curl_multi_init();
    if (!m_handles->easy || !m_handles->multi)
        qFatal("libcurl cannot make a handle");
}

AtlasHttp::~AtlasHttp()
{
    curl_multi_remove_handle(m_handles->multi, m_handles->easy);
    curl_easy_cleanup(m_handles->easy);
    curl_multi_cleanup(m_handles->multi);
}

namespace {

/// What the options of one request hold on to.
struct Prepared
{
    ~Prepared() { curl_slist_free_all(headers); }
    Prepared() = default;
    Prepared(const Prepared &) = delete;
    Prepared &operator=(const Prepared &) = delete;

    curl_slist *headers = nullptr;
    Receiver receiver;
    char detail[CURL_ERROR_SIZE] = {};
};

void setLogin(CURL *easy, const AtlasRequest &request)
{
    using Login = AtlasRequest::Login;
    const QByteArray secret = request.secret.reveal().toUtf8();
    switch (request.login) {
    case Login::None:
        break;
    case Login::Bearer:
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, long(CURLAUTH_BEARER));
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, secret.constData());
        break;
    case Login::Basic:
    case Login::Digest:
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH,
                         long(request.login == Login::Basic ? CURLAUTH_BASIC : CURLAUTH_DIGEST));
        curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.toUtf8().constData());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, secret.constData());
        break;
    }
}

void prepare(CURL *easy, const AtlasRequest &request, const QString &caFile, Prepared *prepared)
{
    curl_easy_reset(easy); // keeps the connection; Digest asks anew each time
    curl_easy_setopt(easy, CURLOPT_URL, request.url.toUtf8().constData());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, long(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr); // else those are trusted beside the file
    curl_easy_setopt(easy, CURLOPT_CAINFO,
                     caFile.isEmpty() ? "/etc/ssl/certs/ca-certificates.crt" : caFile.toUtf8().constData());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // a name that is still looked up holds up no cancel
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connectMs);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "switchyard");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, prepared->detail);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &takeBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &prepared->receiver);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &takeHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &prepared->receiver);
    for (const QByteArray &header : request.headers)
        prepared->headers = curl_slist_append(prepared->headers, header.constData());
    prepared->headers = curl_slist_append(prepared->headers, "Expect:");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, prepared->headers);
    if (request.method == "POST") {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request.body.constData());
    } else if (request.method != "GET") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.constData());
    }
    setLogin(easy, request);
}

} // namespace

Result<AtlasAnswer> AtlasHttp::ask(const AtlasRequest &request, const Deadline &deadline)
{
    if (!m_caFile.isEmpty() && !QFileInfo(m_caFile).isReadable())
        return fail(ErrorKind::Usage, s("the file of trusted certificates %1 cannot be read").arg(m_caFile));
    const QString host = QUrl(request.url).host();
    Prepared prepared;
    prepare(m_handles->easy, request, m_caFile, &prepared);
    curl_multi_add_handle(m_handles->multi, m_handles->easy);
    std::optional<CURLcode> ended;
    std::optional<Error> stopped;
    while (!ended && !stopped) {
        int running = 0;
        curl_multi_perform(m_handles->multi, &running);
        int left = 0;
        while (const CURLMsg *message = curl_multi_info_read(m_handles->multi, &left)) {
            if (message->msg == CURLMSG_DONE)
                ended = message->data.result;
        }
        if (ended)
            break;
        if (deadline.isCancelled())
            stopped = Error{ErrorKind::Cancelled, s("cancelled"), {}, {}};
        else if (deadline.isOver())
            stopped = errorOf(CURLE_OPERATION_TIMEDOUT, host, "", false);
        else
            curl_multi_poll(m_handles->multi, nullptr, 0, deadline.slice(), nullptr);
    }
    long status = 0;
    curl_easy_getinfo(m_handles->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(m_handles->multi, m_handles->easy);
    // The options point at what ends with this function, and hold the secret.
    curl_easy_reset(m_handles->easy);
    if (stopped)
        return tl::unexpected(*stopped);
    if (*ended != CURLE_OK)
        return tl::unexpected(errorOf(*ended, host, prepared.detail, prepared.receiver.tooLong));
    prepared.receiver.answer.status = int(status);
    return prepared.receiver.answer;
}

} // namespace Switchyard
