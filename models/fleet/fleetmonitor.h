// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/monitor.h"

namespace Switchyard {

/// One monitor as a fleet of other programs needs it: nothing in it is resolved, so that no secret can get into a file.
struct FleetMonitor
{
    enum class Type
    {
        Http,
        Tcp,
        WebSocket
    };

    QString id; ///< as Monitor::id
    QString group;
    QString name;
    QString url; ///< http, https, ws, wss or tcp://host:port
    Type type = Type::Http;
    EndpointKind kind = EndpointKind::Health;
    Milliseconds interval{30'000}, timeout{10'000};
    int failures = 3, recoveries = 2;
    Milliseconds grace{0};
    std::optional<Milliseconds> keepWarm;
    QString backend, platform, role, stage; ///< empty for a free monitor
    QString method = QStringLiteral("GET");
    QMap<QString, ConfiguredValue> headers;
    ConfiguredValue body;
    bool follow = false;
    QString expectedStatus; ///< as HealthExpectation::status
    QMap<QString, QJsonValue> expectedJson;
    QString expectedBody; ///< regular expression; empty: none
    QMap<QString, QString> expectedHeaders;
    DegradedRule degraded;
    std::shared_ptr<const PlatformProfile> profile; ///< judged as a platform does; nullptr: by its own rules
    Place place;                                    ///< in the workspace file
};

/// Every monitor of the workspace, in the order and with the ids of monitorsOf(). Reads no secret.
/// Errors: usage (a backend without a URL).
[[nodiscard]] Result<QList<FleetMonitor>> fleetMonitors(const Workspace &workspace);

/// Job of Prometheus that probes the monitors of this interval: "switchyard-cryptovault-30s".
[[nodiscard]] QString fleetJob(const Workspace &workspace, Milliseconds interval);

/// Lower-case letters, digits and dashes; "x" where nothing of it is left.
[[nodiscard]] QString fleetSlug(const QString &text);

} // namespace Switchyard
