// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetmonitor.h"

#include "models/common/duration.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

void takeEndpoint(const HealthEndpoint &endpoint, FleetMonitor *out)
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
    out->profile = endpoint.applied;
    out->method = endpoint.method;
    out->body = endpoint.body;
    out->follow = endpoint.follow;
    out->keepWarm = endpoint.keepWarm;
    out->expectedBody = endpoint.expect.body.text;
    for (auto it = endpoint.expect.headers.cbegin(); it != endpoint.expect.headers.cend(); ++it)
        out->expectedHeaders.insert(it.key(), it.value().text);
    if (endpoint.type == EndpointType::Tcp)
        out->type = FleetMonitor::Type::Tcp;
    else if (endpoint.type == EndpointType::WebSocket)
        out->type = FleetMonitor::Type::WebSocket;
}

/// Without what would have to be resolved.
void dropReferences(HealthEndpoint *endpoint)
{
    endpoint->headers.clear();
    endpoint->body = {};
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
    for (Backend &backend : plain.backends) {
        for (HealthEndpoint &endpoint : backend.health) {
            FleetMonitor monitor;
            takeEndpoint(endpoint, &monitor);
            monitor.backend = backend.name;
            monitor.platform = backend.platform;
            monitor.role = backend.role;
            monitor.stage = backend.stage;
            monitors.append(monitor);
            dropReferences(&endpoint);
        }
    }
    for (FreeMonitor &free : plain.monitors) {
        FleetMonitor monitor;
        takeEndpoint(free.endpoint, &monitor);
        if (monitor.place.line == 0)
            monitor.place = free.place;
        monitors.append(monitor);
        dropReferences(&free.endpoint);
    }
    // In the same order; without references, so that no secret is resolved.
    const Result<QList<Monitor>> named = monitorsOf(plain);
    if (!named)
        return tl::unexpected(named.error());
    for (qsizetype i = 0; i < std::min(named->size(), monitors.size()); ++i) {
        FleetMonitor &monitor = monitors[i];
        const Monitor &from = named->at(i);
        monitor.id = from.id;
        monitor.group = from.group;
        monitor.name = from.name;
        monitor.url = from.target.url;
        const QString scheme = QUrl(monitor.url).scheme();
        if (scheme == QLatin1StringView("tcp"))
            monitor.type = FleetMonitor::Type::Tcp;
        else if (scheme == QLatin1StringView("ws") || scheme == QLatin1StringView("wss"))
            monitor.type = FleetMonitor::Type::WebSocket;
    }
    return monitors;
}

} // namespace Switchyard
