// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"

#include <QList>
#include <QMetaType>
#include <QString>

namespace Switchyard {

/// How a connection, or the attempt to make one, ended. Names as in the command line's JSON.
enum class EndCause
{
    CloseFrame,     ///< a close frame arrived, whatever TCP did after it
    ClosePacket,    ///< long polling: the server sent the Engine.IO close packet
    HttpStatus,     ///< long polling: a request was answered with an HTTP status instead of packets
    Eof,            ///< FIN without a close frame; over TLS also a truncated stream
    Reset,          ///< RST
    PingTimeout,    ///< nothing came back within the ping timeout
    Protocol,       ///< the peer broke the WebSocket or Socket.IO protocol
    Tls,            ///< the TLS handshake failed or timed out
    Refused,        ///< TCP connect refused
    Unreachable,    ///< no route to the host or network
    Dns,            ///< the name does not resolve
    ConnectTimeout, ///< TCP connect unanswered
    Handshake,      ///< no 101: refused with an HTTP status, or unanswered (status 0)
    Local           ///< this side ended it
};
QString endCauseName(EndCause cause);

/// Whether the server said goodbye in the words of the transport.
constexpr bool isGoodbye(EndCause cause)
{
    return cause == EndCause::CloseFrame || cause == EndCause::ClosePacket;
}

/// The end of one connection.
struct ConnectionEnd
{
    EndCause cause = EndCause::Local;
    /// Close code; 1005 for an empty close frame, 1006 without a close frame, 0 if never open. Always 0 over long
    /// polling, which has none.
    int code = 0;
    bool codeValid = true;         ///< false: the code may not stand on the wire, or the close frame was malformed
    QString reason;                ///< reason text of the close frame
    int httpStatus = 0;            ///< with Handshake and HttpStatus: the status, 0 when none arrived
    QString detail;                ///< words for a person: the TLS problem, the errno
    bool wasOpen = false;          ///< the connection had been open (Socket.IO: in its namespace)
    bool serverDisconnect = false; ///< a Socket.IO DISCONNECT packet came: such clients do not come back by themselves
};

/// One fact about one probe client, stamped in the I/O thread when it happened.
struct ClientEvent
{
    enum class Kind
    {
        Connecting,   ///< an attempt begins
        Open,         ///< handshake done (Socket.IO: CONNECT acknowledged)
        FirstMessage, ///< first message of this connection
        Notice,       ///< the shutdown notice of the socket's rule
        Ended,        ///< see `end`
        Waiting,      ///< the reconnect policy waits `delay` before the next attempt
        GaveUp        ///< the reconnect policy makes no further attempt
    };
    Kind kind = Kind::Connecting;
    Instant at{};
    int target = 0;        ///< index of the socket in the pool
    int client = 0;        ///< number of the client within the socket, from 0
    int connection = 0;    ///< how many attempts this client has made, from 1
    ConnectionEnd end;     ///< Ended
    Milliseconds delay{0}; ///< Waiting
    QString instance;      ///< Open: what the instance header said; empty: not told
    QString text;          ///< Notice: the message, at most 512 characters
};

/// Figures of one socket, taken at most ten times a second.
struct SocketSnapshot
{
    int target = 0;
    int clients = 0; ///< probe clients asked for
    int open = 0;
    int connecting = 0;
    int waiting = 0;
    quint64 messages = 0; ///< since start
    double messagesPerSecond = 0;
    int pings = 0;                   ///< round trips in the window the percentiles speak of
    double pingP50 = 0, pingP99 = 0; ///< milliseconds, valid when pings > 0
    double lastMessageAge = -1;      ///< milliseconds, negative: none yet
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::ClientEvent)
Q_DECLARE_METATYPE(Switchyard::SocketSnapshot)
