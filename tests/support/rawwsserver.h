// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket server that does exactly what a script says, right or wrong: plain TCP or TLS, one thread a connection,
// blocking calls with an end. For tests of what a client makes of it.
#pragma once

#include "models/common/instant.h"
#include "tests/support/certificates.h"

#include <QByteArray>

#include <functional>
#include <memory>
#include <optional>

namespace Switchyard::Testing {

/// One connection, as its script holds it. Calls block; all of them return at once when the server is destroyed.
class RawPeer final
{
public:
    struct Private;
    explicit RawPeer(Private &connection)
        : d(connection)
    {
    }

    /// The request's head, without answering it; empty when the client went first.
    QByteArray readRequest();
    /// Reads the request and answers 101; `rest` goes out in the same segment.
    bool handshake(const QByteArray &rest = {}, const QByteArray &headers = {});
    /// Sends and notes the time, see RawWsServer::sentAt(). False: the client is gone, or the server's end came first.
    bool send(const QByteArray &bytes);
    /// The next frame's payload, unmasked; nothing when the client ended first.
    std::optional<QByteArray> readFrame();
    /// Reads and drops for so long, or until the client ends; true in the latter case.
    bool drain(Milliseconds time);
    /// Does nothing at all for so long.
    void hold(Milliseconds time = Milliseconds(20'000));
    void reset();    ///< RST
    void finish();   ///< FIN (TLS: without close_notify), then waits for the client to end
    void closeTls(); ///< TLS close_notify, then FIN

private:
    Private &d;
};

class RawWsServer final
{
public:
    using Script = std::function<void(RawPeer &)>;
    explicit RawWsServer(Script script, std::optional<CertificateFiles> tls = {});
    ~RawWsServer();
    RawWsServer(const RawWsServer &) = delete;
    RawWsServer &operator=(const RawWsServer &) = delete;

    quint16 port() const;
    QString url(const QString &host = QStringLiteral("127.0.0.1")) const;
    /// When send() last returned, on any connection.
    Instant sentAt() const;
    int connectionCount() const;

    struct State;

private:
    std::unique_ptr<State> m_state;
};

/// A frame as a server sends it: not masked.
QByteArray wsFrame(int opcode, const QByteArray &payload, bool finished = true);
inline QByteArray wsText(const QByteArray &text)
{
    return wsFrame(1, text);
}
QByteArray wsClose(int code, const QByteArray &reason = {});

} // namespace Switchyard::Testing
