// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/httpexchange.h"

#include "models/common/redact.h"
#include "models/health/failure.h"
#include "models/health/tlswatch.h"

#include <QFileInfo>
#include <QUrl>

#include <curl/curl.h>

#include <array>
#include <memory>
#include <vector>

namespace Switchyard {

namespace {

constexpr size_t headerLimit = 64 * 1024;
constexpr qsizetype bodyLimit = 4 * 1024;
constexpr int atOnce = 4;

QByteArray caFileOf(const QString &given)
{
    const QString system = QStringLiteral("/etc/ssl/certs/ca-certificates.crt");
    if (!given.isEmpty())
        return given.toLocal8Bit();
    return QFileInfo(system).isReadable() ? system.toLocal8Bit() : QByteArray();
}

/// One request on its way.
class Running final
{
public:
    Running(const ExchangeRequest &request, const ExchangeOptions &options, qsizetype at)
        : place(at)
        , curl(curl_easy_init())
        , m_request(request)
        , m_options(options)
    {
        if (!curl)
            qFatal("libcurl cannot make a handle");
        configure();
        configureTls();
        configureRequest();
        m_sentAt = Clock::now();
    }
    ~Running()
    {
        curl_easy_cleanup(curl);
        curl_slist_free_all(m_headers);
    }
    Running(const Running &) = delete;
    Running &operator=(const Running &) = delete;

    ExchangeAnswer finish(CURLcode result)
    {
        char *address = nullptr;
        curl_easy_getinfo(curl, CURLINFO_PRIMARY_IP, &address);
        m_answer.address = QString::fromLatin1(address);
        if (!m_complete) {
            m_answer.status = 0;
            m_answer.headers.clear();
            m_answer.body.clear();
            m_answer.ms = toMs(Clock::now() - m_sentAt);
            m_answer.failure = explain(result);
        }
        return m_answer;
    }

    const qsizetype place;
    CURL *const curl;

private:
    static size_t header(char *data, size_t size, size_t count, void *self)
    {
        return static_cast<Running *>(self)->takeHeader(QByteArray(data, qsizetype(size * count)));
    }
    static size_t body(char *data, size_t size, size_t count, void *self)
    {
        return static_cast<Running *>(self)->takeBody(data, size * count);
    }
    static CURLcode tls(CURL *, void *context, void *self)
    {
        static_cast<Running *>(self)->m_tls.attach(static_cast<ssl_ctx_st *>(context));
        return CURLE_OK;
    }

    void configure()
    {
        curl_easy_setopt(curl, CURLOPT_PRIVATE, this);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, m_message.data());
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        // Without it, taking back a handle whose name is being resolved waits for the resolver.
        curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_2TLS));
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, long(m_options.timeout.count()));
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Running::header);
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Running::body);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    }

    void configureTls()
    {
        const QByteArray caFile = caFileOf(m_options.caFile);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
        if (!caFile.isEmpty()) {
            curl_easy_setopt(curl, CURLOPT_CAINFO, caFile.constData());
            // Debian's default folder keeps libcurl from caching the parsed bundle.
            curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
        }
        curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, &Running::tls);
        curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, this);
    }

    void configureRequest()
    {
        const QByteArray url = QUrl(m_request.url, QUrl::TolerantMode).toEncoded(QUrl::RemoveFragment);
        curl_easy_setopt(curl, CURLOPT_URL, url.constData());
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "Switchyard/" SWITCHYARD_VERSION " (CORS check)");
        const bool carries = m_request.method == "POST" || m_request.method == "PUT" || m_request.method == "PATCH";
        bool typed = false;
        for (const HeaderLine &line : m_request.headers) {
            typed = typed || line.first.compare("content-type", Qt::CaseInsensitive) == 0;
            append(line.second.isEmpty() ? line.first + ';' : line.first + ": " + line.second);
        }
        if (m_request.method == "HEAD")
            curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        if (carries) {
            curl_easy_setopt(curl, CURLOPT_POST, 1L);
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, long(m_request.body.size()));
            curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, m_request.body.constData());
            if (!typed)
                append("Content-Type:"); // libcurl would add one of its own
        }
        if (m_request.method != "GET" && m_request.method != "HEAD")
            curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, m_request.method.constData());
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, m_headers);
    }

    void append(const QByteArray &line) { m_headers = curl_slist_append(m_headers, line.constData()); }

    size_t takeHeader(const QByteArray &line)
    {
        m_headerBytes += size_t(line.size());
        if (m_headerBytes > headerLimit) {
            m_tooLarge = true;
            return 0;
        }
        if (line.startsWith("HTTP/")) {
            // A further answer of the same request: after 103 and the like.
            m_answer.headers.clear();
            m_answer.status = line.mid(line.indexOf(' ') + 1, 3).toInt();
            return size_t(line.size());
        }
        const qsizetype colon = line.indexOf(':');
        if (colon > 0) {
            m_answer.headers.append({line.left(colon).trimmed(), line.mid(colon + 1).trimmed()});
            return size_t(line.size());
        }
        if (!line.trimmed().isEmpty() || m_answer.status < 200)
            return size_t(line.size());
        m_complete = true;
        m_answer.ms = toMs(Clock::now() - m_sentAt);
        // Nothing behind the headers is looked at, and it may be endless.
        return m_request.wantBody ? size_t(line.size()) : 0;
    }

    size_t takeBody(const char *data, size_t size)
    {
        m_answer.body.append(data, std::min(qsizetype(size), bodyLimit - m_answer.body.size()));
        return m_answer.body.size() < bodyLimit ? size : 0;
    }

    Error explain(CURLcode result)
    {
        if (m_tooLarge)
            return {ErrorKind::Protocol, QStringLiteral("the response headers are too large: over 64 KiB"), {}, {}};
        if (result == CURLE_OK)
            return {ErrorKind::Protocol, QStringLiteral("the answer ended in the middle of its headers"), {}, {}};
        FailureContext context;
        context.result = result;
        curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &context.osError);
        context.host = QUrl(m_request.url).host();
        context.message =
            m_message[0] != '\0' ? QString::fromUtf8(m_message.data()) : QString::fromUtf8(curl_easy_strerror(result));
        context.timeout = m_options.timeout;
        context.stage = stage();
        if (m_tls.certificate())
            context.certificateProblem = m_tls.certificate()->problem;
        context.certificateNames = m_tls.names();
        Error error = explainFailure(context);
        error.message = redact(error.message);
        return error;
    }

    Transfer::Stage stage() const
    {
        curl_off_t name = 0, connect = 0, tlsDone = 0;
        curl_easy_getinfo(curl, CURLINFO_NAMELOOKUP_TIME_T, &name);
        curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connect);
        curl_easy_getinfo(curl, CURLINFO_APPCONNECT_TIME_T, &tlsDone);
        if (connect == 0)
            return name == 0 ? Transfer::Stage::Name : Transfer::Stage::Connect;
        if (tlsDone == 0 && m_request.url.startsWith(QLatin1StringView("https"), Qt::CaseInsensitive))
            return Transfer::Stage::Tls;
        return m_headerBytes > 0 ? Transfer::Stage::Body : Transfer::Stage::FirstByte;
    }

    const ExchangeRequest m_request;
    const ExchangeOptions m_options;
    ExchangeAnswer m_answer;
    Instant m_sentAt{};
    curl_slist *m_headers = nullptr;
    std::array<char, CURL_ERROR_SIZE> m_message{};
    TlsWatch m_tls;
    size_t m_headerBytes = 0;
    bool m_complete = false;
    bool m_tooLarge = false;
};

} // namespace

QList<ExchangeAnswer> exchange(const QList<ExchangeRequest> &requests, const ExchangeOptions &options,
                               const std::stop_token &stop)
{
    QList<ExchangeAnswer> answers(requests.size());
    for (ExchangeAnswer &answer : answers)
        answer.failure = {ErrorKind::Cancelled, QStringLiteral("stopped before an answer came"), {}, {}};
    const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi(curl_multi_init(), &curl_multi_cleanup);
    if (!multi)
        qFatal("libcurl cannot make a handle");
    const std::stop_callback wake(stop, [&multi] { curl_multi_wakeup(multi.get()); });
    std::vector<std::unique_ptr<Running>> running;
    qsizetype next = 0;
    while (!stop.stop_requested() && (next < requests.size() || !running.empty())) {
        while (int(running.size()) < atOnce && next < requests.size()) {
            running.push_back(std::make_unique<Running>(requests[next], options, next));
            curl_multi_add_handle(multi.get(), running.back()->curl);
            ++next;
        }
        int left = 0;
        curl_multi_perform(multi.get(), &left);
        bool any = false;
        while (const CURLMsg *message = curl_multi_info_read(multi.get(), &left)) {
            const auto one = std::find_if(running.begin(), running.end(), [&](const std::unique_ptr<Running> &other) {
                return other->curl == message->easy_handle;
            });
            const CURLcode result = message->data.result;
            curl_multi_remove_handle(multi.get(), (*one)->curl);
            answers[(*one)->place] = (*one)->finish(result);
            running.erase(one);
            any = true;
        }
        if (!any && !running.empty())
            curl_multi_poll(multi.get(), nullptr, 0, 1'000, nullptr);
    }
    for (const std::unique_ptr<Running> &one : running)
        curl_multi_remove_handle(multi.get(), one->curl);
    return answers;
}

} // namespace Switchyard
