// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetmonitor.h"

#include "models/common/duration.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QUrl>

namespace Switchyard {

namespace {

/// Takes over what the endpoint says. A template, so that keys which a build's workspace does not have are passed over.
template <typename Endpoint>
void takeEndpoint(const Endpoint &endpoint, FleetMonitor *out)
{
    out->kind = endpoint.kind;
    out->interval = endpoint.interval;
    out->timeout = endpoint.timeout;
    out->failures = endpoint.failures;
    out->recoveries = endpoint.recoveries;
    out->grace = endpoint.grace;
    out->headers = endpoint.headers;
    out->expectedStatus = endpoint.expect.status;
    out->expectedJson = endpoint.expect.json;
    out->degraded = endpoint.degraded;
    out->place = endpoint.place;
    if constexpr (requires { endpoint.method; })
        out->method = endpoint.method;
    if constexpr (requires { endpoint.body; })
        out->body = endpoint.body;
    if constexpr (requires { endpoint.follow; })
        out->follow = endpoint.follow;
    if constexpr (requires { endpoint.keepWarm; })
        out->keepWarm = endpoint.keepWarm;
    if constexpr (requires { endpoint.expect.body.text; })
        out->expectedBody = endpoint.expect.body.text;
    if constexpr (requires { endpoint.expect.headers; }) {
        for (auto it = endpoint.expect.headers.cbegin(); it != endpoint.expect.headers.cend(); ++it)
            out->expectedHeaders.insert(it.key(), it.value().text);
    }
    if constexpr (requires { endpointTypeName(endpoint.type); }) {
        const QString type = endpointTypeName(endpoint.type);
        if (type == QLatin1StringView("tcp"))
            out->type = FleetMonitor::Type::Tcp;
        else if (type == QLatin1StringView("websocket"))
            out->type = FleetMonitor::Type::WebSocket;
    }
}

/// Without what would have to be resolved.
template <typename Endpoint>
void dropReferences(Endpoint *endpoint)
{
    endpoint->headers.clear();
    if constexpr (requires { endpoint->body; })
        endpoint->body = {};
}

template <typename Any>
void takeFreeMonitors(const Any &workspace, QList<FleetMonitor> *out)
{
    if constexpr (requires { workspace.monitors; }) {
        for (const auto &each : workspace.monitors) {
            FleetMonitor monitor;
            takeEndpoint(each.endpoint, &monitor);
            monitor.id = QStringLiteral("monitor/") + each.name;
            monitor.name = each.name;
            monitor.group = each.group;
            monitor.url = each.url;
            if (monitor.place.line == 0)
                monitor.place = each.place;
            out->append(monitor);
        }
    }
}

template <typename Any>
void dropFreeReferences(Any *workspace)
{
    if constexpr (requires { workspace->monitors; }) {
        for (auto &each : workspace->monitors)
            dropReferences(&each.endpoint);
    }
}

} // namespace

QString fleetSlug(const QString &text)
{
    QString slug;
    for (const QChar c : text.toLower()) {
        const bool plain =
            (c >= QLatin1Char('a') && c <= QLatin1Char('z')) || (c >= QLatin1Char('0') && c <= QLatin1Char('9'));
        if (plain)
            slug += c;
        else if (!slug.isEmpty() && !slug.endsWith(QLatin1Char('-')))
            slug += QLatin1Char('-');
    }
    while (slug.endsWith(QLatin1Char('-')))
        slug.chop(1);
    return slug.isEmpty() ? QStringLiteral("x") : slug;
}

QString fleetJob(const Workspace &workspace, Milliseconds interval)
{
    static const QRegularExpression plain(QStringLiteral("\\A[A-Za-z0-9 _-]*\\z"));
    QString name = fleetSlug(workspace.name);
    // Two workspaces may differ only in what is left out there, and Prometheus takes each name of a job once.
    if (!plain.match(workspace.name).hasMatch())
        name += QLatin1Char('-') +
                QString::fromLatin1(
                    QCryptographicHash::hash(workspace.name.toUtf8(), QCryptographicHash::Sha256).toHex().left(6));
    return QStringLiteral("switchyard-%1-%2").arg(name, formatDuration(interval));
}

Result<QList<FleetMonitor>> fleetMonitors(const Workspace &workspace)
{
    QList<FleetMonitor> monitors;
    Workspace plain = workspace;
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health) {
            FleetMonitor monitor;
            takeEndpoint(endpoint, &monitor);
            monitor.backend = backend.name;
            monitor.platform = backend.platform;
            monitor.role = backend.role;
            monitor.stage = backend.stage;
            monitors.append(monitor);
        }
    }
    const qsizetype ofBackends = monitors.size();
    takeFreeMonitors(workspace, &monitors);
    for (Backend &backend : plain.backends) {
        for (HealthEndpoint &endpoint : backend.health)
            dropReferences(&endpoint);
    }
    dropFreeReferences(&plain);
    const Result<QList<Monitor>> named = monitorsOf(plain);
    if (!named)
        return tl::unexpected(named.error());
    // Both lists are the endpoints in file order, and then the free monitors.
    if (named->size() < ofBackends || named->size() > monitors.size())
        return fail(ErrorKind::Internal, QStringLiteral("the monitors of the workspace cannot be told apart"));
    for (qsizetype i = 0; i < named->size(); ++i) {
        FleetMonitor &monitor = monitors[i];
        const Monitor &from = named->at(i);
        monitor.id = from.id;
        monitor.group = from.group;
        monitor.name = from.name;
        monitor.url = from.target.url;
    }
    for (FleetMonitor &monitor : monitors) {
        const QString scheme = QUrl(monitor.url).scheme();
        if (scheme == QLatin1StringView("tcp"))
            monitor.type = FleetMonitor::Type::Tcp;
        else if (scheme == QLatin1StringView("ws") || scheme == QLatin1StringView("wss"))
            monitor.type = FleetMonitor::Type::WebSocket;
    }
    return monitors;
}

} // namespace Switchyard
