// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/transfer.h"

#include "models/common/redact.h"
#include "models/health/failure.h"
#include "models/health/judge.h"

#include <QDateTime>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QUrl>

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr size_t bodyLimit = size_t(1) << 20;
constexpr qsizetype keptBody = 64 * 1024;
constexpr size_t headerLimit = 100 * 1024;
constexpr qsizetype keptHead = 8 * 1024;
constexpr qsizetype keptFailure = 4 * 1024;
constexpr qsizetype requestLimit = 64 * 1024;
constexpr long redirectLimit = 10;
constexpr Milliseconds shortestTimeout{10};
constexpr Milliseconds longestTimeout{5 * 60'000};

QString systemCaFile()
{
    return QStringLiteral("/etc/ssl/certs/ca-certificates.crt");
}

/// RFC 9110 section 5.6.2: what a method or a header name may consist of.
bool isToken(QStringView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](QChar c) {
        const bool letter =
            (c >= QLatin1Char('a') && c <= QLatin1Char('z')) || (c >= QLatin1Char('A') && c <= QLatin1Char('Z'));
        const bool digit = c >= QLatin1Char('0') && c <= QLatin1Char('9');
        return letter || digit || QStringView(u"!#$%&'*+-.^_`|~").contains(c);
    });
}

/// A line break in a value would smuggle further headers into the request.
bool isHeaderValue(QStringView text)
{
    return std::none_of(text.begin(), text.end(),
                        [](QChar c) { return (c < QLatin1Char(' ') && c != QLatin1Char('\t')) || c == QChar(0x7f); });
}

Error usage(const QString &message)
{
    return Error{ErrorKind::Usage, message, {}, {}};
}

Error headerProblem(const ProbeTarget &target)
{
    for (auto header = target.headers.cbegin(); header != target.headers.cend(); ++header) {
        if (!isToken(header.key()))
            return usage(QStringLiteral("\"%1\" is not a header name").arg(header.key()));
        if (!isHeaderValue(header.value()))
            return usage(QStringLiteral("the value of the header %1 contains control characters").arg(header.key()));
    }
    return {};
}

QStringList schemesOf(EndpointType type)
{
    switch (type) {
    case EndpointType::Tcp:
        return {QStringLiteral("tcp"), QStringLiteral("http"), QStringLiteral("https"), QStringLiteral("ws"),
                QStringLiteral("wss")};
    case EndpointType::WebSocket:
        return {QStringLiteral("ws"), QStringLiteral("wss"), QStringLiteral("http"), QStringLiteral("https")};
    case EndpointType::Http:
        break;
    }
    return {QStringLiteral("http"), QStringLiteral("https")};
}

/// What the scheme says where the target itself says nothing else.
EndpointType typeOf(const ProbeTarget &target, const QUrl &url)
{
    if (target.type != EndpointType::Http)
        return target.type;
    if (url.scheme() == QLatin1StringView("tcp"))
        return EndpointType::Tcp;
    const bool webSocket = url.scheme() == QLatin1StringView("ws") || url.scheme() == QLatin1StringView("wss");
    return webSocket ? EndpointType::WebSocket : EndpointType::Http;
}

bool isSecure(const QUrl &url)
{
    return url.scheme() == QLatin1StringView("https") || url.scheme() == QLatin1StringView("wss");
}

/// The address as libcurl is to have it.
QUrl wireUrl(QUrl url, EndpointType type)
{
    if (type == EndpointType::Tcp) {
        QUrl port;
        port.setScheme(QStringLiteral("http"));
        port.setHost(url.host());
        port.setPort(url.port(isSecure(url) ? 443 : 80));
        port.setPath(QStringLiteral("/"));
        return port;
    }
    url.setScheme(isSecure(url) ? QStringLiteral("https") : QStringLiteral("http"));
    return url;
}

Error targetProblem(const ProbeTarget &target, const QUrl &url, EndpointType type)
{
    if (!url.isValid() || url.host().isEmpty())
        return usage(QStringLiteral("\"%1\" is not a URL").arg(redact(target.url)));
    if (!schemesOf(type).contains(url.scheme())) {
        const QString wanted = type == EndpointType::Http
                                   ? QStringLiteral("an http, https, ws, wss or tcp URL")
                                   : QStringLiteral("a URL for type %1").arg(endpointTypeName(type));
        return usage(QStringLiteral("a probe needs %1, not %2").arg(wanted, url.scheme()));
    }
    if (url.scheme() == QLatin1StringView("tcp") && url.port() < 1)
        return usage(QStringLiteral("the TCP address \"%1\" names no port").arg(redact(target.url)));
    if (!isToken(target.method))
        return usage(QStringLiteral("\"%1\" is not an HTTP method").arg(target.method));
    if (target.body.size() > requestLimit)
        return usage(QStringLiteral("the request's body is longer than 64 KiB"));
    if (!target.body.isEmpty() && target.method == QLatin1StringView("HEAD"))
        return usage(QStringLiteral("a HEAD request has no body"));
    if (!target.caFile.isEmpty() && !QFileInfo(target.caFile).isReadable())
        return usage(QStringLiteral("the file of trusted certificates %1 cannot be read").arg(target.caFile));
    return headerProblem(target);
}

double spanMs(curl_off_t microseconds)
{
    return double(std::max<curl_off_t>(microseconds, 0)) / 1000.0;
}

curl_off_t curlTime(CURL *curl, CURLINFO info)
{
    curl_off_t microseconds = 0;
    curl_easy_getinfo(curl, info, &microseconds);
    return microseconds;
}

long curlLong(CURL *curl, CURLINFO info)
{
    long value = 0;
    curl_easy_getinfo(curl, info, &value);
    return value;
}

QByteArray curlText(CURL *curl, CURLINFO info)
{
    const char *text = nullptr;
    curl_easy_getinfo(curl, info, &text);
    return QByteArray(text);
}

QByteArray urlPart(CURLU *url, CURLUPart part)
{
    char *text = nullptr;
    if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return {};
    const QByteArray value(text);
    curl_free(text);
    return value;
}

/// Scheme, host and port, the origin of RFC 6454; empty: not to be told.
QByteArray originOf(CURLU *url)
{
    const QByteArray host = urlPart(url, CURLUPART_HOST).toLower();
    return host.isEmpty() ? QByteArray()
                          : urlPart(url, CURLUPART_SCHEME) + "://" + host + ':' + urlPart(url, CURLUPART_PORT);
}

bool sameOrigin(const QByteArray &from, const QByteArray &location)
{
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
    if (curl_url_set(url.get(), CURLUPART_URL, from.constData(), 0) != CURLUE_OK)
        return false;
    const QByteArray origin = originOf(url.get());
    // Setting a relative reference on a URL resolves it.
    if (curl_url_set(url.get(), CURLUPART_URL, location.constData(), 0) != CURLUE_OK)
        return false;
    return !origin.isEmpty() && origin == originOf(url.get());
}

QString httpVersionText(long version)
{
    switch (version) {
    case CURL_HTTP_VERSION_1_0:
        return QStringLiteral("HTTP/1.0");
    case CURL_HTTP_VERSION_1_1:
        return QStringLiteral("HTTP/1.1");
    case CURL_HTTP_VERSION_2_0:
        return QStringLiteral("HTTP/2");
    default:
        return {};
    }
}

/// 0: it is not a socket, or not connected.
long localPort(int fd)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6 *>(&address)->sin6_port);
    return address.ss_family == AF_INET ? ntohs(reinterpret_cast<const sockaddr_in *>(&address)->sin_port) : 0;
}

QString remoteAddress(CURL *curl)
{
    const QString address = QString::fromLatin1(curlText(curl, CURLINFO_PRIMARY_IP));
    if (address.isEmpty())
        return {};
    const QString host = address.contains(QLatin1Char(':')) ? QLatin1Char('[') + address + QLatin1Char(']') : address;
    return QStringLiteral("%1:%2").arg(host).arg(curlLong(curl, CURLINFO_PRIMARY_PORT));
}

} // namespace

QString probeUserAgent()
{
    return QStringLiteral("Switchyard/" SWITCHYARD_VERSION " (health probe)");
}

QMap<QString, QString> requestHeaders(const ProbeTarget &target)
{
    QMap<QString, QString> headers = target.headers;
    const QStringList names = headers.keys();
    if (target.body.isEmpty() || names.contains(QLatin1StringView("content-type"), Qt::CaseInsensitive))
        return headers;
    const char first = target.body.trimmed().at(0);
    // libcurl would call it a form.
    headers.insert(QStringLiteral("Content-Type"), first == '{' || first == '['
                                                       ? QStringLiteral("application/json")
                                                       : QStringLiteral("text/plain; charset=utf-8"));
    return headers;
}

std::shared_ptr<const PreparedTarget> PreparedTarget::from(const ProbeTarget &target)
{
    auto prepared = std::make_shared<PreparedTarget>();
    prepared->target = target;
    prepared->target.timeout = std::clamp(target.timeout, shortestTimeout, longestTimeout);
    const QUrl url(target.url.trimmed(), QUrl::TolerantMode);
    prepared->type = typeOf(target, url);
    prepared->problem = targetProblem(target, url, prepared->type);
    prepared->url = wireUrl(url, prepared->type).toEncoded(QUrl::RemoveFragment);
    prepared->method = target.method.toLatin1();
    if (!target.caFile.isEmpty())
        prepared->caFile = target.caFile.toLocal8Bit();
    else if (QFileInfo(systemCaFile()).isReadable())
        prepared->caFile = systemCaFile().toLocal8Bit();
    for (auto header = target.expect.headers.cbegin(); header != target.expect.headers.cend(); ++header)
        prepared->expectedHeaders.insert(header.key().toLatin1().toLower());
    const QMap<QString, QString> headers = requestHeaders(target);
    for (auto header = headers.cbegin(); header != headers.cend(); ++header) {
        // libcurl takes "Name:" as "do not send it"; an empty value is written with a semicolon.
        prepared->headers += header.value().isEmpty() ? header.key().toLatin1() + ';'
                                                      : header.key().toLatin1() + ": " + header.value().toUtf8();
    }
    return prepared;
}

struct TransferCallbacks
{
    static size_t header(char *data, size_t size, size_t count, void *transfer)
    {
        return static_cast<Transfer *>(transfer)->takeHeader(data, size * count);
    }

    static size_t body(char *data, size_t size, size_t count, void *transfer)
    {
        return static_cast<Transfer *>(transfer)->takeBody(data, size * count);
    }

    static int resolve(void *, void *, void *transfer)
    {
        auto *self = static_cast<Transfer *>(transfer);
        self->markHop();
        self->m_resolved = false;
        return 0;
    }

    static int socketMade(void *transfer, curl_socket_t fd, curlsocktype)
    {
        auto *self = static_cast<Transfer *>(transfer);
        if (self->m_prepared->type == EndpointType::WebSocket)
            self->m_sockets += int(fd);
        self->markHop();
        self->m_resolved = true;
        return CURL_SOCKOPT_OK;
    }

    static int connected(void *transfer, char *, char *, int, int)
    {
        static_cast<Transfer *>(transfer)->markConnected();
        return CURL_PREREQFUNC_OK;
    }

    static CURLcode tls(CURL *, void *context, void *transfer)
    {
        auto *self = static_cast<Transfer *>(transfer);
        self->m_tls.attach(static_cast<ssl_ctx_st *>(context), self->m_prepared->target.verifyTls);
        return CURLE_OK;
    }
};

Transfer::Transfer(std::shared_ptr<const PreparedTarget> prepared)
    : m_prepared(std::move(prepared))
    , m_curl(curl_easy_init())
{
    if (!m_curl)
        qFatal("libcurl cannot make a handle");
    configure();
    configureTls();
    configureRequest();
}

Transfer::~Transfer()
{
    releaseSlot();
    curl_easy_cleanup(m_curl);
    curl_slist_free_all(m_headers);
}

void Transfer::configure()
{
    curl_easy_setopt(m_curl, CURLOPT_PRIVATE, this);
    curl_easy_setopt(m_curl, CURLOPT_ERRORBUFFER, m_message.data());
    curl_easy_setopt(m_curl, CURLOPT_NOSIGNAL, 1L);
    // Without it, taking back a handle whose name is being resolved waits for the resolver.
    curl_easy_setopt(m_curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(m_curl, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(m_curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(m_curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(m_curl, CURLOPT_PROXY, "");
    curl_easy_setopt(m_curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(m_curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(m_curl, CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(m_curl, CURLOPT_TIMEOUT_MS, long(m_prepared->target.timeout.count()));
    curl_easy_setopt(m_curl, CURLOPT_HEADERFUNCTION, &TransferCallbacks::header);
    curl_easy_setopt(m_curl, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(m_curl, CURLOPT_WRITEFUNCTION, &TransferCallbacks::body);
    curl_easy_setopt(m_curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(m_curl, CURLOPT_RESOLVER_START_FUNCTION, &TransferCallbacks::resolve);
    curl_easy_setopt(m_curl, CURLOPT_RESOLVER_START_DATA, this);
    curl_easy_setopt(m_curl, CURLOPT_SOCKOPTFUNCTION, &TransferCallbacks::socketMade);
    curl_easy_setopt(m_curl, CURLOPT_SOCKOPTDATA, this);
    curl_easy_setopt(m_curl, CURLOPT_PREREQFUNCTION, &TransferCallbacks::connected);
    curl_easy_setopt(m_curl, CURLOPT_PREREQDATA, this);
}

void Transfer::configureTls()
{
    curl_easy_setopt(m_curl, CURLOPT_SSL_VERIFYPEER, m_prepared->target.verifyTls ? 1L : 0L);
    curl_easy_setopt(m_curl, CURLOPT_SSL_VERIFYHOST, m_prepared->target.verifyTls ? 2L : 0L);
    // A resumed session would skip the certificate and most of the handshake that is to be timed.
    curl_easy_setopt(m_curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (!m_prepared->caFile.isEmpty()) {
        curl_easy_setopt(m_curl, CURLOPT_CAINFO, m_prepared->caFile.constData());
        // Debian's default folder keeps libcurl from caching the parsed bundle: 20 ms of CPU for each probe.
        curl_easy_setopt(m_curl, CURLOPT_CAPATH, nullptr);
    }
    curl_easy_setopt(m_curl, CURLOPT_SSL_CTX_FUNCTION, &TransferCallbacks::tls);
    curl_easy_setopt(m_curl, CURLOPT_SSL_CTX_DATA, this);
}

void Transfer::configureRequest()
{
    const PreparedTarget &prepared = *m_prepared;
    curl_easy_setopt(m_curl, CURLOPT_URL, prepared.url.constData());
    curl_easy_setopt(m_curl, CURLOPT_USERAGENT, probeUserAgent().toLatin1().constData());
    if (prepared.type == EndpointType::Tcp) {
        curl_easy_setopt(m_curl, CURLOPT_CONNECT_ONLY, 1L);
        return;
    }
    if (prepared.type == EndpointType::WebSocket)
        configureUpgrade();
    else if (!prepared.target.body.isEmpty())
        configureBody();
    else if (prepared.method == "HEAD")
        curl_easy_setopt(m_curl, CURLOPT_NOBODY, 1L);
    else if (prepared.method != "GET")
        curl_easy_setopt(m_curl, CURLOPT_CUSTOMREQUEST, prepared.method.constData());
    if (prepared.method == "POST" && prepared.target.body.isEmpty() && prepared.type == EndpointType::Http) {
        curl_easy_setopt(m_curl, CURLOPT_CUSTOMREQUEST, nullptr);
        curl_easy_setopt(m_curl, CURLOPT_POST, 1L);
        curl_easy_setopt(m_curl, CURLOPT_POSTFIELDSIZE, 0L);
    }
    curl_easy_setopt(m_curl, CURLOPT_FOLLOWLOCATION,
                     prepared.target.followRedirects && prepared.type == EndpointType::Http ? 1L : 0L);
    curl_easy_setopt(m_curl, CURLOPT_MAXREDIRS, redirectLimit);
    for (const QByteArray &header : prepared.headers)
        m_headers = curl_slist_append(m_headers, header.constData());
    curl_easy_setopt(m_curl, CURLOPT_HTTPHEADER, m_headers);
}

void Transfer::configureBody()
{
    const PreparedTarget &prepared = *m_prepared;
    // Not copied: the prepared target outlives the transfer.
    curl_easy_setopt(m_curl, CURLOPT_POSTFIELDSIZE, long(prepared.target.body.size()));
    curl_easy_setopt(m_curl, CURLOPT_POSTFIELDS, prepared.target.body.constData());
    if (prepared.method != "POST")
        curl_easy_setopt(m_curl, CURLOPT_CUSTOMREQUEST, prepared.method.constData());
    // A small body goes with the head: waiting for "100 Continue" would be counted as the backend's time.
    m_headers = curl_slist_append(m_headers, "Expect:");
}

/// RFC 6455 section 4.1. libcurl 7.88 as Debian builds it knows no WebSockets, and need not: the answer's head is all
/// that is looked at.
void Transfer::configureUpgrade()
{
    curl_easy_setopt(m_curl, CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_1_1));
    std::array<quint32, 4> random{};
    QRandomGenerator::global()->generate(random.begin(), random.end());
    m_key = QByteArray(reinterpret_cast<const char *>(random.data()), sizeof random).toBase64();
    for (const QByteArray &header : {QByteArray("Connection: Upgrade"), QByteArray("Upgrade: websocket"),
                                     QByteArray("Sec-WebSocket-Version: 13"), "Sec-WebSocket-Key: " + m_key})
        m_headers = curl_slist_append(m_headers, header.constData());
}

void Transfer::markSent(Instant dueAt)
{
    m_dueAt = dueAt;
    m_sentAt = Clock::now();
    m_wallMs = QDateTime::currentMSecsSinceEpoch();
}

void Transfer::holdSlot(int *slots)
{
    m_slots = slots;
    ++*m_slots;
}

void Transfer::releaseSlot()
{
    if (m_slots)
        --*m_slots;
    m_slots = nullptr;
}

void Transfer::markHop()
{
    m_connected = false;
    m_answered = false;
    m_headersDone = false;
    m_tls.restart();
}

void Transfer::markConnected()
{
    m_connected = true;
    releaseSlot();
    if (m_tls.tcpDone())
        m_tlsTime += Clock::now() - *m_tls.tcpDone();
}

/// A status line: perhaps a further answer of the same probe, after 103 or of the next hop.
void Transfer::beginAnswer(const QByteArray &line)
{
    m_answered = true;
    m_headersDone = false;
    m_head = QByteArray(line.constData(), std::min(line.size(), keptHead));
    m_body.clear();
    m_bodyBytes = 0;
    m_instanceHeader.clear();
    m_location.clear();
    m_contentEncoding.clear();
    m_accept.clear();
    m_expected.clear();
}

size_t Transfer::takeHeader(const char *data, size_t size)
{
    m_headerBytes += size;
    if (m_headerBytes > headerLimit) {
        m_cut = Cut::HeadersTooLarge;
        return 0;
    }
    const QByteArray line = QByteArray::fromRawData(data, qsizetype(size));
    if (line.startsWith("HTTP/")) {
        beginAnswer(line);
        return size;
    }
    m_head.append(data, std::min(qsizetype(size), keptHead - m_head.size()));
    const qsizetype colon = line.indexOf(':');
    if (colon > 0)
        takeField(line.left(colon).trimmed(), line.mid(colon + 1).trimmed());
    else if (line == "\r\n" || line == "\n")
        return endHeaders(size);
    return size;
}

void Transfer::takeField(const QByteArray &name, const QByteArray &value)
{
    if (!m_prepared->target.instanceHeader.isEmpty() &&
        QString::fromLatin1(name).compare(m_prepared->target.instanceHeader, Qt::CaseInsensitive) == 0)
        m_instanceHeader = QString::fromUtf8(value);
    if (name.compare("location", Qt::CaseInsensitive) == 0)
        redirectTo(value);
    else if (name.compare("content-encoding", Qt::CaseInsensitive) == 0 &&
             value.compare("identity", Qt::CaseInsensitive) != 0)
        m_contentEncoding = value;
    else if (!m_key.isEmpty() && name.compare("sec-websocket-accept", Qt::CaseInsensitive) == 0)
        m_accept = QByteArray(value.constData(), value.size());
    if (m_prepared->expectedHeaders.isEmpty())
        return;
    const QByteArray key = name.toLower();
    if (!m_prepared->expectedHeaders.contains(key))
        return;
    // RFC 9110 section 5.3: lines of one name are one value.
    QString &text = m_expected[QString::fromLatin1(key)];
    text += text.isEmpty() ? QString::fromUtf8(value) : QStringLiteral(", ") + QString::fromUtf8(value);
}

/// The empty line after the head. An upgrade ends here: what follows is no longer HTTP.
size_t Transfer::endHeaders(size_t size)
{
    m_headersDone = true;
    if (m_prepared->type != EndpointType::WebSocket || curlLong(m_curl, CURLINFO_RESPONSE_CODE) != 101)
        return size;
    m_cut = Cut::Upgraded;
    sendClose();
    return 0;
}

/// Says goodbye as RFC 6455 section 5.5.1 asks for, so that the backend need not take the probe for a lost client.
/// Nobody waits for the reply; where it cannot be sent, TCP's end must do.
void Transfer::sendClose()
{
    const quint32 mask = QRandomGenerator::global()->generate();
    std::array<unsigned char, 8> frame{0x88,
                                       0x82,
                                       static_cast<unsigned char>(mask >> 24),
                                       static_cast<unsigned char>(mask >> 16),
                                       static_cast<unsigned char>(mask >> 8),
                                       static_cast<unsigned char>(mask),
                                       0x03, // 1000, big endian
                                       0xe8};
    frame[6] ^= frame[2];
    frame[7] ^= frame[3];
    curl_tlssessioninfo *tls = nullptr;
    if (curl_easy_getinfo(m_curl, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK && tls && tls->internals &&
        tls->backend == CURLSSLBACKEND_OPENSSL) {
        SSL_write(static_cast<SSL *>(tls->internals), frame.data(), int(frame.size()));
        return;
    }
    // CURLINFO_ACTIVESOCKET is told after the transfer only. Of the sockets that were made (happy eyeballs may make
    // two, and close one, whose number another probe may have by now) ours is the one with the connection's own port.
    const long port = curlLong(m_curl, CURLINFO_LOCAL_PORT);
    for (const int fd : std::as_const(m_sockets)) {
        if (port > 0 && localPort(fd) == port) {
            send(fd, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            return;
        }
    }
}

void Transfer::redirectTo(const QByteArray &location)
{
    m_location = QByteArray(location.constData(), location.size());
    if (const long status = curlLong(m_curl, CURLINFO_RESPONSE_CODE); status >= 300 && status < 400)
        m_hops += RedirectHop{presentable(curlText(m_curl, CURLINFO_EFFECTIVE_URL)), int(status)};
    // The configured headers often carry credentials. libcurl withholds only Authorization and Cookie from another
    // host; here no header of ours goes to another origin.
    if (m_prepared->target.followRedirects && !sameOrigin(curlText(m_curl, CURLINFO_EFFECTIVE_URL), location))
        curl_easy_setopt(m_curl, CURLOPT_HTTPHEADER, nullptr);
}

size_t Transfer::takeBody(const char *data, size_t size)
{
    m_bodyBytes += size;
    if (m_bodyBytes > bodyLimit) {
        m_cut = Cut::BodyTooLarge;
        return 0;
    }
    // The rules look at the whole body; without rules its beginning is enough.
    const qsizetype limit = needsBody(m_prepared->target) ? qsizetype(bodyLimit) : keptBody;
    m_body.append(data, std::min(qsizetype(size), limit - m_body.size()));
    return size;
}

Transfer::Stage Transfer::stage() const
{
    if (m_headersDone)
        return Stage::Body;
    // Bytes that came, but no whole line yet, are seen in libcurl's stamp only; that of an earlier hop says nothing.
    const bool bytesCame = curlTime(m_curl, CURLINFO_STARTTRANSFER_TIME_T) > 0 && m_hops.isEmpty();
    if (m_connected)
        return m_answered || bytesCame ? Stage::Headers : Stage::FirstByte;
    if (m_tls.tcpDone())
        return Stage::Tls;
    return m_resolved ? Stage::Connect : Stage::Name;
}

ProbePhases Transfer::phases() const
{
    const curl_off_t name = curlTime(m_curl, CURLINFO_NAMELOOKUP_TIME_T);
    const curl_off_t connect = curlTime(m_curl, CURLINFO_CONNECT_TIME_T);
    const curl_off_t tls = curlTime(m_curl, CURLINFO_APPCONNECT_TIME_T);
    const curl_off_t start = curlTime(m_curl, CURLINFO_STARTTRANSFER_TIME_T);
    const bool oneHop = curlLong(m_curl, CURLINFO_REDIRECT_COUNT) == 0;
    ProbePhases phases;
    if (name > 0)
        phases.dns = spanMs(name);
    if (connect > 0)
        phases.connect = spanMs(connect - name);
    else if (m_tls.tcpDone())
        phases.connect = std::max(0.0, toMs(*m_tls.tcpDone() - m_sentAt) - spanMs(name));
    // Over several hops libcurl adds up the connects of all, but the handshakes of the https ones only.
    if (tls > 0)
        phases.tls = oneHop ? spanMs(tls - connect) : toMs(m_tlsTime);
    // libcurl takes the end of a connection without an answer for a first byte too.
    if (start > 0 && (m_answered || !oneHop))
        phases.firstByte = spanMs(start - curlTime(m_curl, CURLINFO_PRETRANSFER_TIME_T));
    return phases;
}

void Transfer::judge(ProbeSample &sample) const
{
    const ProbeTarget &target = m_prepared->target;
    const double total = sample.phases.total.value_or(0);
    ProbeAnswer answer{sample.status, m_body, total, m_instanceHeader, presentable(m_location)};
    answer.headers = m_expected;
    answer.contentEncoding = QString::fromLatin1(m_contentEncoding);
    Judgement judgement;
    switch (m_prepared->type) {
    case EndpointType::Http:
        judgement = judgeAnswer(target, answer);
        break;
    case EndpointType::Tcp:
        judgement = judgeConnect(target, total);
        break;
    case EndpointType::WebSocket:
        judgement = judgeUpgrade(target, answer, m_key, m_accept);
        break;
    }
    sample.state = judgement.state;
    sample.reason = judgement.reason.isEmpty() ? QString() : presentable(judgement.reason.toUtf8());
    sample.instance = judgement.instance;
}

/// Text of the answer as it may be shown: what the request carried as a secret, and comes back in it, is taken out.
QString Transfer::presentable(const QByteArray &text) const
{
    constexpr qsizetype shortest = 4; // shorter values stand in any text
    QString shown = QString::fromUtf8(text);
    const ProbeTarget &target = m_prepared->target;
    for (auto it = target.references.cbegin(); it != target.references.cend(); ++it) {
        const QString value = it.key().isEmpty() ? QString::fromUtf8(target.body) : target.headers.value(it.key());
        for (const QString &part : {value, value.section(QLatin1Char(' '), -1)}) {
            if (part.size() >= shortest)
                shown.replace(part, QStringLiteral("••••"));
        }
    }
    return redact(shown);
}

FailureRecord Transfer::failureRecord() const
{
    FailureRecord record;
    const qsizetype end = m_head.indexOf('\n');
    record.statusLine = presentable((end < 0 ? m_head : m_head.left(end)).trimmed());
    record.headers = end < 0 ? QString() : presentable(m_head.mid(end + 1).trimmed()).remove(QLatin1Char('\r'));
    // Cut after the secrets are out, so that none is cut in two and stays.
    record.body = presentable(m_body.left(keptFailure + 512)).left(keptFailure);
    record.truncated = m_head.size() >= keptHead || m_bodyBytes > size_t(keptFailure);
    return record;
}

void Transfer::explain(ProbeSample &sample, CURLcode result)
{
    FailureContext context;
    context.result = result;
    context.osError = curlLong(m_curl, CURLINFO_OS_ERRNO);
    context.host = QUrl::fromEncoded(curlText(m_curl, CURLINFO_EFFECTIVE_URL)).host();
    context.message =
        m_message[0] != '\0' ? QString::fromUtf8(m_message.data()) : QString::fromUtf8(curl_easy_strerror(result));
    context.timeout = m_prepared->target.timeout;
    context.stage = stage();
    context.cut = m_cut;
    if (m_tls.certificate())
        context.certificateProblem = m_tls.certificate()->problem;
    context.certificateNames = m_tls.names();
    context.chainLength = int(m_tls.chain().size());
    if (!m_tls.chain().isEmpty()) {
        context.lastIssuer = m_tls.chain().last().issuer;
        context.rootSent = m_tls.chain().last().subject == context.lastIssuer;
    }
    // The chain was good and yet libcurl refused the peer: that is the name check.
    if (result == CURLE_PEER_FAILED_VERIFICATION && context.certificateProblem.isEmpty())
        m_tls.setProblem(hostnameMismatch());
    const Error error = explainFailure(context);
    sample.state = ProbeState::Down;
    sample.errorKind = error.kind;
    sample.reason = presentable(error.message.toUtf8());
    sample.instance = m_instanceHeader;
}

ProbeSample Transfer::finish(CURLcode result, Instant doneAt)
{
    ProbeSample sample;
    sample.targetId = m_prepared->target.id;
    sample.dueAt = m_dueAt;
    sample.sentAt = m_sentAt;
    sample.doneAt = doneAt;
    sample.wallMs = m_wallMs;
    const bool upgraded = m_cut == Cut::Upgraded;
    if (m_prepared->type != EndpointType::Tcp)
        sample.status = int(curlLong(m_curl, CURLINFO_RESPONSE_CODE));
    sample.phases = phases();
    sample.phases.total = toMs(doneAt - m_sentAt);
    sample.remoteAddress = remoteAddress(m_curl);
    if (sample.status > 0)
        sample.httpVersion = httpVersionText(curlLong(m_curl, CURLINFO_HTTP_VERSION));
    if (result == CURLE_OK && m_prepared->type != EndpointType::Tcp)
        sample.phases.transfer =
            spanMs(curlTime(m_curl, CURLINFO_TOTAL_TIME_T) - curlTime(m_curl, CURLINFO_STARTTRANSFER_TIME_T));
    if (result == CURLE_OK || upgraded)
        judge(sample);
    else
        explain(sample, result);
    sample.certificate = m_tls.certificate();
    sample.chain = m_tls.chain();
    sample.tlsVersion = m_tls.version();
    sample.redirects = m_hops.mid(0, qsizetype(curlLong(m_curl, CURLINFO_REDIRECT_COUNT)));
    sample.body = m_body.left(keptBody);
    if (sample.state != ProbeState::Up && m_answered)
        sample.failure = failureRecord();
    return sample;
}

} // namespace Switchyard
