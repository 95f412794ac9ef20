// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"
#include "models/health/tlswatch.h"

#include <curl/curl.h>

#include <array>
#include <memory>

namespace Switchyard {

/// What libcurl needs to know of a target, made once for all its probes. Immutable, so any thread may read it.
struct PreparedTarget
{
    ProbeTarget target;
    QByteArray url, method, caFile;
    QList<QByteArray> headers;
    Error problem; ///< message empty: the target can be probed

    /// Checks and converts. Never fails: what cannot be probed has a `problem` (usage), which becomes its samples'
    /// reason.
    static std::shared_ptr<const PreparedTarget> from(const ProbeTarget &target);
};

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

    /// Call right before the handle joins the multi handle.
    void markSent();

    /// Makes the sample from libcurl's result. `doneAt` is when the outcome was known.
    ProbeSample finish(CURLcode result, Instant doneAt);

    /// The bound that cut the answer off.
    enum class Cut
    {
        None,
        BodyTooLarge,
        HeadersTooLarge
    };

    /// How far the probe came, for the words of a timeout.
    enum class Stage
    {
        Name,
        Connect,
        Tls,
        FirstByte,
        Body
    };

private:
    friend struct TransferCallbacks;
    void configure();
    void configureTls();
    void configureRequest();
    size_t takeHeader(const char *data, size_t size);
    size_t takeBody(const char *data, size_t size);
    void redirectTo(const QByteArray &location);
    void markHop();
    void markConnected();

    Stage stage() const;
    ProbePhases phases() const;
    void judge(ProbeSample &sample) const;
    void explain(ProbeSample &sample, CURLcode result);

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
    size_t m_headerBytes = 0;
    size_t m_bodyBytes = 0;
    QByteArray m_body;
    QString m_instanceHeader;
    QByteArray m_location;
    Cut m_cut = Cut::None;
};

} // namespace Switchyard
