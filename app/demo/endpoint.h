// SPDX-License-Identifier: GPL-3.0-or-later
// What the shutdown and the counters need to know of a group of long-lived clients: one object for /ws/prices, one for
// /ws/notifications, one for /socket.io/. I/O thread only; owned by the site, outlives its clients' last callback.
#pragma once

#include <cstddef>
#include <string>

namespace Switchyard::Demo {

/// What clients are told before they are closed.
struct Notice
{
    std::string json; ///< the object {"type":"server_shutdown",…}
};

class Endpoint
{
public:
    Endpoint() = default;
    Endpoint(const Endpoint &) = delete;
    Endpoint &operator=(const Endpoint &) = delete;
    virtual ~Endpoint() = default;

    /// The name under which the clients are counted in /metrics and /api/ws/stats.
    virtual const char *manager() const = 0;
    virtual std::size_t count() const = 0;

    /// Sends the notice to every client, and to any whose handshake was still under way. Returns how many got it.
    virtual std::size_t sendNotice(const Notice &notice) = 0;
    /// Starts the closing handshake with every client, and with latecomers; count() reaches 0 as they answer.
    /// `disconnect`: Socket.IO clients get DISCONNECT packets first. Returns how many are being closed.
    virtual std::size_t closeAll(bool disconnect) = 0;
    /// Ends every connection without a close frame, by FIN and by reset in turn. Returns how many.
    virtual std::size_t abortAll() = 0;
};

} // namespace Switchyard::Demo
