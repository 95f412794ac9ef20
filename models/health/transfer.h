// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"
#include "models/health/tlswatch.h"

#include <QSet>

#include <curl/curl.h>

#include <array>
#include <memory>

namespace Switchyard {

/// What libcurl needs to know of a target, made once for all its probes. Immutable, so any thread may read it.
struct PreparedTarget
{
    ProbeTarget target;
    EndpointType type = EndpointType::Http; ///< as the target or the scheme of its URL says
    QByteArray url, method, caFile;         ///< of libcurl: WebSockets and TCP ports are http to it
    QList<QByteArray> headers;
    QSet<QByteArray> expectedHeaders; ///< names in lower case
    Error problem;                    ///< message empty: the target can be probed

    /// Checks and converts. Never fails: what cannot be probed has a `problem` (usage), which becomes its samples'
    /// reason.
    static std::shared_ptr<const PreparedTarget> from(const ProbeTarget &target);
};

/// How every probe names itself.
[[nodiscard]] QString probeUserAgent();

/// The headers a request of the target carries: those it names, and the type of its body where it names none.
[[nodiscard]] QMap<QString, QString> requestHeaders(const ProbeTarget &target);

/// One probe: a libcurl easy handle with the callbacks that bound and time it. Thread: the prober's, from begin to end.
/// Bounds: 100 KiB of header lines, 1 MiB of body; the sample keeps the first 64 KiB.
///
/// The environment's proxies are not used: through one, the name, connect and TLS times would be the proxy's, and a
/// probe tells how the backend is reached, not how this desk reaches the world.
class Transfer final
{
public:
    explicit Transfer(std::shared_ptr<const PreparedTarget> prepared);
    ~Transfer();
    Transfer(const Transfer &) = delete;
    Transfer &operator=(const Transfer &) = delete;

    CURL *handle() const { return m_curl; }
    const PreparedTarget &prepared() const { return *m_prepared; }

    /// Call right before the handle joins the multi handle. `dueAt`: when it should have.
    void markSent(Instant dueAt);

    /// Lowers the number once, when the (first) connection stands or the probe ends, whichever is sooner.
    void holdSlot(int *slots);

    /// Makes the sample from libcurl's result. `doneAt` is when the outcome was known.
    ProbeSample finish(CURLcode result, Instant doneAt);

    /// The bound that cut the answer off.
    enum class Cut
    {
        None,
        BodyTooLarge,
        HeadersTooLarge,
        Upgraded ///< not a failure: it is a WebSocket from here on
    };

    /// How far the probe came, for the words of a timeout.
    enum class Stage
    {
        Name,
        Connect,
        Tls,
        FirstByte,
        Headers,
        Body
    };

private:
    friend struct TransferCallbacks;
    void configure();
    void configureTls();
    void configureRequest();
    void configureUpgrade();
    void configureBody();
    size_t takeHeader(const char *data, size_t size);
    size_t takeBody(const char *data, size_t size);
    void takeField(const QByteArray &name, const QByteArray &value);
    void beginAnswer(const QByteArray &line);
    size_t endHeaders(size_t size);
    void redirectTo(const QByteArray &location);
    void sendClose();
    void releaseSlot();
    void markHop();
    void markConnected();

    Stage stage() const;
    ProbePhases phases() const;
    void judge(ProbeSample &sample) const;
    void explain(ProbeSample &sample, CURLcode result);
    QString presentable(const QByteArray &text) const;
    FailureRecord failureRecord() const;

    std::shared_ptr<const PreparedTarget> m_prepared;
    CURL *m_curl = nullptr;
    curl_slist *m_headers = nullptr;
    std::array<char, CURL_ERROR_SIZE> m_message{};
    TlsWatch m_tls;
    Instant m_sentAt{};
    qint64 m_wallMs = 0;
    Clock::duration m_tlsTime{}; ///< handshakes of all hops
    bool m_resolved = false;     ///< of this hop: a socket was made, so its name is known
    bool m_connected = false;    ///< of this hop: TCP and TLS are done
    bool m_answered = false;     ///< of this hop: the status line came
    bool m_headersDone = false;  ///< of this hop
    int *m_slots = nullptr;
    Instant m_dueAt{};
    size_t m_headerBytes = 0;
    size_t m_bodyBytes = 0;
    QByteArray m_body;
    QString m_instanceHeader;
    QByteArray m_location;
    QByteArray m_head; ///< lines of the last answer, as far as they are kept
    QByteArray m_contentEncoding;
    QByteArray m_key, m_accept; ///< of the upgrade
    QList<int> m_sockets;       ///< of the upgrade: all that were made
    QMap<QString, QString> m_expected;
    QList<RedirectHop> m_hops; ///< answers that name another place, followed or not
    Cut m_cut = Cut::None;
};

} // namespace Switchyard
