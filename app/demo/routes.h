// SPDX-License-Identifier: GPL-3.0-or-later
// The plain HTTP endpoints: health, readiness, liveness, version, metrics, counts. Computes answers from the state of
// the process; no I/O. I/O thread only.
#pragma once

#include "endpoint.h"
#include "http.h"
#include "instance.h"

#include <optional>
#include <string_view>
#include <vector>

namespace Switchyard::Demo {

class Routes final
{
public:
    /// `endpoints` are counted in the order given; all must outlive this.
    Routes(const Instance &instance, std::vector<const Endpoint *> endpoints);

    /// The answer to a request that is neither an upgrade nor a GET or POST to /socket.io/.
    Response answer(const Request &request) const;

    /// The path as a metric label: itself if it is one we serve, else "other".
    static std::string_view label(std::string_view path);

private:
    Response health() const;
    Response ready() const;
    Response version() const;
    Response metrics() const;
    Response socketStats() const;

    const Instance &m_instance;
    std::vector<const Endpoint *> m_endpoints;
};

} // namespace Switchyard::Demo
