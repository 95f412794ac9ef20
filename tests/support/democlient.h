// SPDX-License-Identifier: GPL-3.0-or-later
// Clients of the demo backend, a call each: plain WebSocket, Socket.IO, long-polling. For the test's own thread.
#pragma once

#include "demobackend.h"
#include "rawsocket.h"

#include <QJsonObject>

#include <memory>

namespace Switchyard::Testing {

/// The target of an Engine.IO handshake, but for the name of the transport at its end.
inline const QByteArray s_engine("/socket.io/?EIO=4&transport=");
/// A close frame without a code, which a client reports as 1005.
inline const QByteArray s_emptyClose("\x88\x00", 2);

QJsonObject object(const QByteArray &text);

/// The argument of a Socket.IO event packet such as 42/admin,["name",{…}].
QJsonObject eventArgument(const QByteArray &packet);

/// One request on a connection of its own.
HttpReply get(quint16 port, const QByteArray &target);

/// A WebSocket past its handshake; null if it was refused.
std::unique_ptr<RawSocket> openSocket(quint16 port, const QByteArray &path);

/// A Socket.IO client over WebSocket, connected to "/"; null if that failed.
std::unique_ptr<RawSocket> openSocketIo(quint16 port);

/// Begins a polling session and returns the target for its further requests.
QByteArray openPolling(quint16 port);

} // namespace Switchyard::Testing
