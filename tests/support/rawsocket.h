// SPDX-License-Identifier: GPL-3.0-or-later
// A TCP connection that hides nothing: hand-made HTTP requests and WebSocket frames, the exact bytes that come back,
// and whether the end was a FIN or a reset. Blocking, with a deadline on every wait; for the test's own thread.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>

namespace Switchyard::Testing {

/// How a connection stands after a read.
enum class PeerEnd
{
    Open,    ///< not ended
    Eof,     ///< the peer sent FIN: read returned 0
    Reset,   ///< the peer sent RST: ECONNRESET
    Timeout, ///< nothing came in the time allowed
    Broken   ///< any other error
};

struct HttpReply
{
    int status = 0;                        ///< 0: no answer
    QHash<QByteArray, QByteArray> headers; ///< names in lower case
    QByteArray body;
};

struct WsFrame
{
    int opcode = -1; ///< -1: none came; see RawSocket::end()
    QByteArray payload;
    QByteArray raw; ///< the frame's bytes as they stood on the wire
    bool isText() const { return opcode == 1; }
    bool isClose() const { return opcode == 8; }
};

class RawSocket final
{
public:
    explicit RawSocket(quint16 port); ///< connects to 127.0.0.1
    ~RawSocket();
    RawSocket(const RawSocket &) = delete;
    RawSocket &operator=(const RawSocket &) = delete;

    bool isConnected() const { return m_fd >= 0; }
    void send(const QByteArray &bytes);
    void close(); ///< ends our side

    /// Sends a request and reads its answer; Content-Length bodies only.
    HttpReply request(const QByteArray &method, const QByteArray &target, const QByteArray &body = {},
                      const QByteArray &extraHeaders = {});
    void sendRequest(const QByteArray &method, const QByteArray &target, const QByteArray &body = {},
                     const QByteArray &extraHeaders = {});
    HttpReply readReply(int timeoutMs = 5000, bool withBody = true);

    /// Sends a WebSocket handshake; status 101 if it was accepted.
    HttpReply upgrade(const QByteArray &target);
    void sendText(const QByteArray &text) { sendFrame(1, text); }
    void sendFrame(int opcode, const QByteArray &payload);
    WsFrame readFrame(int timeoutMs = 5000);
    /// The next text frame that contains `part`; others are skipped, a close frame or the end stops the search.
    WsFrame readText(const QByteArray &part, int timeoutMs = 5000);
    /// The close frame; text before it goes to `texts`.
    WsFrame readClose(int timeoutMs = 5000, QList<QByteArray> *texts = nullptr);

    /// Reads on until the connection ends.
    PeerEnd waitForEnd(int timeoutMs = 5000);
    PeerEnd end() const { return m_end; }

private:
    bool fill(qsizetype size, qint64 deadline);
    bool readMore(qint64 deadline);
    QByteArray take(qsizetype size);

    int m_fd = -1;
    QByteArray m_in;
    PeerEnd m_end = PeerEnd::Open;
};

} // namespace Switchyard::Testing
