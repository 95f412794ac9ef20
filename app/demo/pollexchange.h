// SPDX-License-Identifier: GPL-3.0-or-later
// A long-polling GET whose answer is still to come. Implemented by the HTTP session, held by the Engine.IO session.
// I/O thread only.
#pragma once

#include "ending.h"
#include "http.h"

#include <functional>
#include <optional>

namespace Switchyard::Demo {

class PollExchange
{
public:
    PollExchange() = default;
    PollExchange(const PollExchange &) = delete;
    PollExchange &operator=(const PollExchange &) = delete;
    virtual ~PollExchange() = default;

    /// Answers the request; at most once.
    virtual void reply(Response response) = 0;
    /// Ends the TCP connection instead of answering.
    virtual void abort(Ending how) = 0;
};

/// What becomes of an HTTP request to /socket.io/: an answer now, or a held poll with the callback for the case that
/// the peer goes away before it is answered.
struct PollOutcome
{
    std::optional<Response> now;
    std::function<void()> lost;
};

} // namespace Switchyard::Demo
