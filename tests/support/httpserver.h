// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "tests/support/certificates.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace Switchyard {

/// How the test server treats one path.
struct HttpBehaviour
{
    enum class Act
    {
        Answer,      ///< status, headers and body, after the delays
        Close,       ///< reads the request and closes
        Reset,       ///< reads the request and resets
        Garbage,     ///< sends text that is no HTTP
        HugeBody,    ///< 4 MiB of body
        EndlessBody, ///< chunks until the client goes
        HeaderFlood, ///< 8,000 headers
        LongHeader,  ///< one header line of 200 KiB
        CutBody,     ///< promises more body than it sends, then closes
        CutReset,    ///< the same, then resets
    };
    Act act = Act::Answer;
    int status = 200;
    QByteArray body = QByteArrayLiteral("{\"status\":\"healthy\"}");
    QList<std::pair<QByteArray, QByteArray>> headers;
    Milliseconds beforeAnswer{0};
    Milliseconds inBody{0}; ///< pause after the first half of the body
};

/// What happens on a new connection before HTTP.
struct ConnectionBehaviour
{
    enum class Tls
    {
        Handshake,
        Silent,
        Close,
        Reset
    };
    Tls tls = Tls::Handshake;
    Milliseconds beforeTls{0};
};

/// A small real HTTP/1.1 server on 127.0.0.1, port chosen by the system, with TLS where certificate files are given.
/// One request a connection. It runs in a thread of its own, so that the test's event loop does not time it.
class HttpServer final
{
public:
    explicit HttpServer(std::optional<CertificateFiles> tls = {});
    ~HttpServer();
    HttpServer(const HttpServer &) = delete;
    HttpServer &operator=(const HttpServer &) = delete;

    quint16 port() const;
    /// http(s)://HOST:port/path
    QString url(const QString &path, const QString &host = QStringLiteral("127.0.0.1")) const;

    /// Paths without one answer 404. Takes effect with the next request.
    void setBehaviour(const QByteArray &path, const HttpBehaviour &behaviour);
    void setConnectionBehaviour(const ConnectionBehaviour &behaviour);

    int connectionCount() const;
    /// The head of each request, in the order they came.
    QList<QByteArray> requests() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// A port on which connects neither succeed nor fail: its backlog is full and nobody accepts.
class FullBacklog final
{
public:
    FullBacklog();
    ~FullBacklog();
    FullBacklog(const FullBacklog &) = delete;
    FullBacklog &operator=(const FullBacklog &) = delete;
    quint16 port() const { return m_port; }

private:
    quint16 m_port = 0;
    std::vector<int> m_sockets;
};

/// A port of the loopback on which nothing listens.
quint16 closedPort();

} // namespace Switchyard
