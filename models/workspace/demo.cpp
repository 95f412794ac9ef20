// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/demo.h"

#include <algorithm>

namespace Switchyard {

QStringList demoShutdownModes()
{
    return {QStringLiteral("graceful"), QStringLiteral("no-notice"), QStringLiteral("abrupt"),
            QStringLiteral("socketio-disconnect"), QStringLiteral("slow")};
}

QByteArray demoWorkspace(const DemoOptions &options)
{
    QString program = options.program;
    program.replace(QLatin1Char('\\'), QStringLiteral("\\\\")).replace(QLatin1Char('"'), QStringLiteral("\\\""));
    // Longer than the drain threshold below and shorter than the local grace, so that only the budget is broken.
    const QString slow =
        options.shutdown == QLatin1StringView("slow") ? QStringLiteral(", \"--drain-ms\", \"9000\"") : QString();
    const int others = std::max(options.clients > 0 ? 2 : 0, options.clients / 3);
    return QStringLiteral(R"(# The demo: a little backend on this machine, watched through a redeploy.
schema = 1
name = "Demo"

[[backend]]
name = "demo"
platform = "local"
stage = "dev"
url = "http://127.0.0.1:%1"
instance_id = { header = "x-instance-id" }

  [[backend.health]]
  path = "/health"
  kind = "health"
  interval = "2s"
  timeout = "2s"
  expect = { status = "200", json = { "/status" = "healthy" } }
  degraded = { json = { "/status" = "draining" } }

  [[backend.health]]
  path = "/ready"
  kind = "ready"
  interval = "2s"
  timeout = "2s"

  [[backend.health]]
  path = "/live"
  kind = "live"
  interval = "2s"
  timeout = "2s"

  [[backend.socket]]
  name = "prices"
  path = "/ws/prices"
  clients = %2
  notice = { json = { "/type" = "server_shutdown" } }
  reconnect = "notice-then-delay"
  count = { json = { path = "/api/ws/stats", pointer = "/price_feed/connections" } }

  [[backend.socket]]
  name = "notifications"
  path = "/ws/notifications"
  clients = %3
  notice = { json = { "/type" = "server_shutdown" } }
  send = [{ after = "open", text = '{"type":"heartbeat"}', every = "10s" }]
  count = { prometheus = "websocket_connections{manager='notifications'}" }

  [[backend.socket]]
  name = "socket.io"
  path = "/socket.io/"
  protocol = "socket.io"
  clients = %3
  notice = { event = "server_shutdown", json = { "/type" = "server_shutdown" } }
  count = { json = { path = "/api/ws/stats", pointer = "/socketio/connections" } }

  [backend.deploy]
  driver = "local"
  argv = ["%4", "--shutdown", "%5"%6]

[thresholds]
drain = "8s"
)")
        .arg(options.port)
        .arg(options.clients)
        .arg(others)
        .arg(program, options.shutdown, slow)
        .toUtf8();
}

} // namespace Switchyard
