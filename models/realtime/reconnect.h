// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/clientevent.h"

#include <optional>
#include <random>

namespace Switchyard {

/// What a client knows when it decides whether and when to come back.
struct ReconnectSituation
{
    int attempt = 0; ///< failed or lost connections in a row, from 1
    bool wasOpen = false;
    bool serverDisconnect = false;
    std::optional<Milliseconds> announced; ///< `reconnect_in_ms` of the last notice
};

/// How real clients behave, as a delay per situation.
///
/// - `browser-backoff`: a page with the usual helper library: 1 s, growing by half each time, at most 10 s, each
///   spread over 50 to 150 %.
/// - `notice-then-delay`: waits what the notice announced, spread over 100 to 150 %; without one as browser-backoff.
/// - `socket.io-client`: the JavaScript client's defaults: 1 s doubled up to 5 s, spread over 50 to 150 %; does not
/// come
///   back after a DISCONNECT packet of the server (socket.io documentation, "disconnect" event).
/// - `immediate`: 10 ms first, then 50 ms to 1 s: shows the storm.
/// - `none`: one connection only.
class ReconnectPolicy final
{
public:
    enum class Kind
    {
        BrowserBackoff,
        NoticeThenDelay,
        SocketIoClient,
        Immediate,
        None
    };

    static std::optional<Kind> fromName(const QString &name);

    /// The time to wait, or nothing when the client gives up.
    static std::optional<Milliseconds> delay(Kind kind, const ReconnectSituation &situation, std::minstd_rand &random);
};

} // namespace Switchyard
