// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/workspace/workspace.h"

#include <string>
#include <utility>
#include <vector>

namespace Switchyard {

/// Where and how the probe clients of one socket connect: everything resolved, ready for the I/O thread.
struct SocketTarget
{
    QString name; ///< the socket's name in the workspace
    QString url;  ///< ws, wss, http or https; without credentials
    SocketProtocol protocol = SocketProtocol::WebSocket;
    bool polling = false;        ///< Socket.IO over HTTP long polling: never a WebSocket
    std::string nameSpace = "/"; ///< Socket.IO
    std::string auth;            ///< Socket.IO: JSON of the CONNECT payload
    std::vector<std::pair<std::string, std::string>> headers;
    std::string subprotocol;
    bool deflate = false; ///< offer permessage-deflate (RFC 7692); takes some 300 KB a client where it is agreed
    std::string origin;
    QList<SocketSend> send;
    std::optional<NoticeRule> notice;
    QString reconnect = QStringLiteral("browser-backoff");
    QString instanceHeader; ///< header of the handshake's answer that names the instance
    QString caFile;         ///< PEM bundle; empty: the system's
    int clients = 1;

    /// Newcomers: client n makes its first connection after `first` + n × `stagger`, lets go of it after `hold`, and
    /// makes the next one `cycle` after the last, whatever became of that. `cycle` 0: ordinary clients, which are held
    /// as long as they last.
    struct Turns
    {
        Milliseconds first{0};
        Milliseconds stagger{0};
        Milliseconds hold{0};
        Milliseconds cycle{0};
    };
    Turns turns;

    Milliseconds connectTimeout{10'000};
    Milliseconds tlsTimeout{10'000};
    Milliseconds handshakeTimeout{10'000};
    Milliseconds pingInterval{5'000}; ///< WebSocket pings of ours; 0: none
    Milliseconds pingTimeout{20'000}; ///< without any sign of life after a ping

    // Parts of `url`, filled by prepare().
    bool tls = false;
    std::string host; ///< without brackets
    std::string port;
    std::string hostHeader;
    std::string path; ///< path and query; Socket.IO: with EIO and transport

    /// Splits the URL and checks it. Errors (usage): not a ws, wss, http or https URL, no host, userinfo in it.
    [[nodiscard]] Result<void> prepare();
};

/// The target for one socket of a backend, with its secret headers resolved.
[[nodiscard]] Result<SocketTarget> socketTargetFor(const Backend &backend, const SocketEndpoint &socket);

} // namespace Switchyard
