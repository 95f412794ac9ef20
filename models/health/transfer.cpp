// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/transfer.h"

#include "models/common/redact.h"
#include "models/health/failure.h"
#include "models/health/judge.h"

#include <QDateTime>
#include <QFileInfo>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr size_t bodyLimit = size_t(1) << 20;
constexpr qsizetype keptBody = 64 * 1024;
constexpr size_t headerLimit = 100 * 1024;
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

Error targetProblem(const ProbeTarget &target, const QUrl &url)
{
    if (!url.isValid() || url.host().isEmpty())
        return usage(QStringLiteral("\"%1\" is not a URL").arg(redact(target.url)));
    if (url.scheme() != QLatin1StringView("http") && url.scheme() != QLatin1StringView("https"))
        return usage(QStringLiteral("a probe needs an http or https URL, not %1").arg(url.scheme()));
    if (!isToken(target.method))
        return usage(QStringLiteral("\"%1\" is not an HTTP method").arg(target.method));
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

QString remoteAddress(CURL *curl)
{
    const QString address = QString::fromLatin1(curlText(curl, CURLINFO_PRIMARY_IP));
    if (address.isEmpty())
        return {};
    const QString host = address.contains(QLatin1Char(':')) ? QLatin1Char('[') + address + QLatin1Char(']') : address;
    return QStringLiteral("%1:%2").arg(host).arg(curlLong(curl, CURLINFO_PRIMARY_PORT));
}

} // namespace

std::shared_ptr<const PreparedTarget> PreparedTarget::from(const ProbeTarget &target)
{
    auto prepared = std::make_shared<PreparedTarget>();
    prepared->target = target;
    prepared->target.timeout = std::clamp(target.timeout, shortestTimeout, longestTimeout);
    const QUrl url(target.url.trimmed(), QUrl::TolerantMode);
    prepared->problem = targetProblem(target, url);
    prepared->url = url.toEncoded(QUrl::RemoveFragment);
    prepared->method = target.method.toLatin1();
    if (!target.caFile.isEmpty())
        prepared->caFile = target.caFile.toLocal8Bit();
    else if (QFileInfo(systemCaFile()).isReadable())
        prepared->caFile = systemCaFile().toLocal8Bit();
    for (auto header = target.headers.cbegin(); header != target.headers.cend(); ++header) {
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

    static int socketMade(void *transfer, curl_socket_t, curlsocktype)
    {
        auto *self = static_cast<Transfer *>(transfer);
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
        static_cast<Transfer *>(transfer)->m_tls.attach(static_cast<ssl_ctx_st *>(context));
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
    curl_easy_setopt(m_curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(m_curl, CURLOPT_SSL_VERIFYHOST, 2L);
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
    curl_easy_setopt(m_curl, CURLOPT_USERAGENT, "Switchyard/" SWITCHYARD_VERSION " (health probe)");
    if (prepared.method == "HEAD") {
        curl_easy_setopt(m_curl, CURLOPT_NOBODY, 1L);
    } else if (prepared.method == "POST") {
        curl_easy_setopt(m_curl, CURLOPT_POST, 1L);
        curl_easy_setopt(m_curl, CURLOPT_POSTFIELDSIZE, 0L);
    } else if (prepared.method != "GET") {
        curl_easy_setopt(m_curl, CURLOPT_CUSTOMREQUEST, prepared.method.constData());
    }
    curl_easy_setopt(m_curl, CURLOPT_FOLLOWLOCATION, prepared.target.followRedirects ? 1L : 0L);
    curl_easy_setopt(m_curl, CURLOPT_MAXREDIRS, redirectLimit);
    for (const QByteArray &header : prepared.headers)
        m_headers = curl_slist_append(m_headers, header.constData());
    curl_easy_setopt(m_curl, CURLOPT_HTTPHEADER, m_headers);
}

void Transfer::markSent()
{
    m_sentAt = Clock::now();
    m_wallMs = QDateTime::currentMSecsSinceEpoch();
}

void Transfer::markHop()
{
    m_connected = false;
    m_answered = false;
    m_tls.restart();
}

void Transfer::markConnected()
{
    m_connected = true;
    if (m_tls.tcpDone())
        m_tlsTime += Clock::now() - *m_tls.tcpDone();
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
        // A further answer of the same probe: after 103, or of the next hop.
        m_answered = true;
        m_body.clear();
        m_bodyBytes = 0;
        m_instanceHeader.clear();
        m_location.clear();
        return size;
    }
    const qsizetype colon = line.indexOf(':');
    if (colon <= 0)
        return size;
    const QByteArray name = line.left(colon).trimmed();
    if (!m_prepared->target.instanceHeader.isEmpty() &&
        QString::fromLatin1(name).compare(m_prepared->target.instanceHeader, Qt::CaseInsensitive) == 0)
        m_instanceHeader = QString::fromUtf8(line.mid(colon + 1).trimmed());
    else if (name.compare("location", Qt::CaseInsensitive) == 0)
        redirectTo(line.mid(colon + 1).trimmed());
    return size;
}

void Transfer::redirectTo(const QByteArray &location)
{
    m_location = location;
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
    if (m_connected)
        return m_answered ? Stage::Body : Stage::FirstByte;
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
    const ProbeAnswer answer{sample.status, m_body, sample.phases.total.value_or(0), m_instanceHeader,
                             QString::fromUtf8(m_location)};
    const Judgement judgement = judgeAnswer(m_prepared->target, answer);
    sample.state = judgement.state;
    sample.reason = judgement.reason;
    sample.instance = judgement.instance;
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
    // The chain was good and yet libcurl refused the peer: that is the name check.
    if (result == CURLE_PEER_FAILED_VERIFICATION && context.certificateProblem.isEmpty())
        m_tls.setProblem(hostnameMismatch());
    const Error error = explainFailure(context);
    sample.state = ProbeState::Down;
    sample.errorKind = error.kind;
    sample.reason = redact(error.message);
    sample.instance = m_instanceHeader;
}

ProbeSample Transfer::finish(CURLcode result, Instant doneAt)
{
    ProbeSample sample;
    sample.targetId = m_prepared->target.id;
    sample.sentAt = m_sentAt;
    sample.doneAt = doneAt;
    sample.wallMs = m_wallMs;
    sample.status = int(curlLong(m_curl, CURLINFO_RESPONSE_CODE));
    sample.phases = phases();
    sample.phases.total = toMs(doneAt - m_sentAt);
    sample.remoteAddress = remoteAddress(m_curl);
    if (sample.status > 0)
        sample.httpVersion = httpVersionText(curlLong(m_curl, CURLINFO_HTTP_VERSION));
    if (result == CURLE_OK) {
        sample.phases.transfer =
            spanMs(curlTime(m_curl, CURLINFO_TOTAL_TIME_T) - curlTime(m_curl, CURLINFO_STARTTRANSFER_TIME_T));
        judge(sample);
    } else {
        explain(sample, result);
    }
    sample.certificate = m_tls.certificate();
    sample.body = m_body.left(keptBody);
    return sample;
}

} // namespace Switchyard
