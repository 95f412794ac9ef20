// SPDX-License-Identifier: GPL-3.0-or-later
#include "routes.h"

#include "json.h"

#include <algorithm>
#include <array>

namespace Switchyard::Demo {

namespace {

constexpr std::array<std::string_view, 10> s_paths{"/health",           "/ready",     "/live",         "/ping",
                                                   "/version",          "/metrics",   "/api/ws/stats", "/ws/prices",
                                                   "/ws/notifications", "/socket.io/"};

Response jsonResponse(http::status status, const json::object &body)
{
    return makeResponse(status, "application/json", json::serialize(body));
}

bool isSocketPath(std::string_view path)
{
    return path == "/ws/prices" || path == "/ws/notifications";
}

Response upgradeRequired()
{
    Response response = makeError(http::status::upgrade_required, "this path speaks WebSocket only");
    response.set(http::field::upgrade, "websocket");
    return response;
}

Response wrongMethod(std::string_view allowed)
{
    Response response = makeError(http::status::method_not_allowed, "method not allowed");
    response.set(http::field::allow, allowed);
    return response;
}

void addHeading(std::string &text, std::string_view name, std::string_view type, std::string_view help)
{
    text += "# HELP ";
    text.append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

} // namespace

Routes::Routes(const Instance &instance, std::vector<const Endpoint *> endpoints)
    : m_instance(instance)
    , m_endpoints(std::move(endpoints))
{
}

std::string_view Routes::label(std::string_view path)
{
    return std::find(s_paths.begin(), s_paths.end(), path) == s_paths.end() ? "other" : path;
}

Response Routes::answer(const Request &request) const
{
    const std::string_view path = pathOf(request.target());
    if (label(path) == "other")
        return makeError(http::status::not_found, "no such path");
    if (path == "/socket.io/")
        return wrongMethod("GET, POST"); // those never come here
    if (request.method() != http::verb::get && request.method() != http::verb::head)
        return wrongMethod("GET, HEAD");
    if (isSocketPath(path))
        return upgradeRequired();
    if (path == "/health")
        return health();
    if (path == "/ready")
        return ready();
    if (path == "/live")
        return jsonResponse(http::status::ok, {{"alive", true}});
    if (path == "/ping")
        return makeResponse(http::status::ok, "text/plain; charset=utf-8", "pong");
    if (path == "/version")
        return version();
    if (path == "/metrics")
        return metrics();
    return socketStats();
}

// While draining, health stays good: the process is well, it only wants no more traffic. That is what /ready says.
Response Routes::health() const
{
    const Phase phase = m_instance.phase();
    const char *status = phase == Phase::Starting ? "starting" : phase == Phase::Draining ? "draining" : "healthy";
    return makeResponse(phase == Phase::Starting ? http::status::service_unavailable : http::status::ok,
                        "application/json",
                        std::string("{\"status\":\"") + status + "\",\"database\":\"connected\",\"uptime_s\":" +
                            plainNumber(m_instance.uptimeSeconds(), 3) + ",\"instance\":\"" + m_instance.id() + "\"}");
}

Response Routes::ready() const
{
    const bool ready = m_instance.phase() == Phase::Serving;
    return jsonResponse(ready ? http::status::ok : http::status::service_unavailable, {{"ready", ready}});
}

Response Routes::version() const
{
    return jsonResponse(http::status::ok, {{"instance", m_instance.id()}, {"version", SWITCHYARD_VERSION}});
}

Response Routes::metrics() const
{
    std::string text;
    addHeading(text, "websocket_connections", "gauge", "Clients connected now, by connection manager.");
    for (const Endpoint *endpoint : m_endpoints)
        text += std::string("websocket_connections{manager=\"") + endpoint->manager() + "\"} " +
                std::to_string(endpoint->count()) + '\n';
    addHeading(text, "http_requests_total", "counter", "HTTP requests answered, upgrades included.");
    for (const auto &[key, count] : m_instance.requests()) {
        const auto &[method, path, status] = key;
        text += "http_requests_total{method=\"" + method + "\",path=\"" + path + "\",code=\"" + std::to_string(status) +
                "\"} " + std::to_string(count) + '\n';
    }
    addHeading(text, "demo_draining", "gauge", "1 while the instance is shutting down.");
    text += std::string("demo_draining ") + (m_instance.draining() ? "1\n" : "0\n");
    addHeading(text, "process_start_time_seconds", "gauge", "Start time of the process since the Unix epoch.");
    text += "process_start_time_seconds " + plainNumber(m_instance.startTimeSeconds(), 3) + '\n';
    return makeResponse(http::status::ok, "text/plain; version=0.0.4; charset=utf-8", std::move(text));
}

Response Routes::socketStats() const
{
    json::object body;
    std::size_t total = 0;
    for (const Endpoint *endpoint : m_endpoints) {
        body[endpoint->manager()] = json::object{{"connections", endpoint->count()}};
        total += endpoint->count();
    }
    body["total"] = total;
    return jsonResponse(http::status::ok, body);
}

} // namespace Switchyard::Demo
