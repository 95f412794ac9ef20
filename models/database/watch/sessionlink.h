// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a session asks of a database once a second. Only sessionsampler.cpp needs it.

#include "models/database/base/deadline.h"
#include "models/database/strings/connectionstring.h"
#include "models/database/watch/connectioncount.h"

#include <QString>

#include <atomic>
#include <memory>
#include <optional>

namespace Switchyard {

struct SessionLinkOptions
{
    QString caFile;
    QString resolver;
    std::optional<int> limit; ///< of the workspace, where the server does not tell its own
    CancelFlag cancelled;
    /// How many connections the sampler itself has begun: they are none of the application's.
    std::shared_ptr<std::atomic<int>> own;
};

/// What came of opening, or of a question.
struct SessionAnswer
{
    bool ok = false;
    bool cancelled = false;
    double ms = 0;
    QString cause;   ///< where not ok: one of the words of DatabaseLook::cause
    QString problem; ///< in words; no secret
    ConnectionCount connections;
};

/// One connection to a database. Blocking; for one thread, never the window's. Ended by its destructor without waiting
/// for the peer.
class SessionLink
{
public:
    SessionLink() = default;
    virtual ~SessionLink() = default;
    SessionLink(const SessionLink &) = delete;
    SessionLink &operator=(const SessionLink &) = delete;

    /// Names, TCP, TLS and login.
    [[nodiscard]] virtual SessionAnswer open(Milliseconds timeout) = 0;
    virtual bool isOpen() const = 0;
    /// `select 1` or its like, whose time it takes; then who is connected, as far as this user may know.
    [[nodiscard]] virtual SessionAnswer ask(Milliseconds timeout) = 0;
};

/// nullptr for a kind that has no connections: SQLite, Upstash's REST interface. The string must outlive it.
[[nodiscard]] std::unique_ptr<SessionLink> makeSessionLink(const ConnectionString &connection,
                                                           const SessionLinkOptions &options);

} // namespace Switchyard
