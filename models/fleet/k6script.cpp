// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetparts.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

namespace Switchyard {

namespace {

using Outcome = FleetLoss::Outcome;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// As JavaScript reads it. JSON is JavaScript since ES2019; older engines end a line at U+2028 and U+2029.
QString literal(const QJsonValue &value)
{
    QString text = QString::fromUtf8(QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact));
    text = text.mid(1, text.size() - 2);
    return text.replace(QChar(0x2028), s("\\u2028")).replace(QChar(0x2029), s("\\u2029"));
}

/// The variable of k6's environment that holds the secret: that of the reference, or one named after its place.
QString variableOf(const QString &reference, const QString &backend, const QString &socket, const QString &key)
{
    const Result<SecretReference> parsed = parseSecretReference(reference);
    if (parsed && parsed->source == SecretReference::Source::Environment)
        return parsed->name;
    QString name = fleetSlug(s("switchyard %1 %2 %3").arg(backend, socket, key)).toUpper();
    return name.replace(QLatin1Char('-'), QLatin1Char('_'));
}

QString valueCode(const ConfiguredValue &value, const QString &backend, const QString &socket, const QString &key)
{
    return value.isReference()
               ? s("secret(%1, %2)").arg(literal(variableOf(value.text, backend, socket, key)), literal(value.text))
               : literal(value.text);
}

QString webSocketUrl(const Backend &backend, const SocketEndpoint &socket)
{
    QString url = backend.url + socket.path;
    if (url.startsWith(s("http")))
        url.replace(0, 4, s("ws"));
    if (socket.protocol != SocketProtocol::SocketIo)
        return url;
    return url + (url.contains(QLatin1Char('?')) ? QLatin1Char('&') : QLatin1Char('?')) +
           s("EIO=4&transport=websocket");
}

QString socketEntry(const Backend &backend, const SocketEndpoint &socket)
{
    QStringList headers;
    for (auto header = socket.headers.cbegin(); header != socket.headers.cend(); ++header)
        headers.append(
            s("%1: %2").arg(literal(header.key()), valueCode(*header, backend.name, socket.name, header.key())));
    if (!socket.subprotocol.isEmpty())
        headers.append(s("\"Sec-WebSocket-Protocol\": %1").arg(literal(socket.subprotocol)));
    if (!socket.origin.isEmpty())
        headers.append(s("Origin: %1").arg(literal(socket.origin)));
    QJsonArray sends;
    for (const SocketSend &send : socket.send)
        sends.append(QJsonObject{{s("text"), send.text}, {s("every"), qint64(send.every.count())}});
    QString text = s("  {\n    backend: %1,\n    name: %2,\n    url: %3,\n    clients: %4,\n")
                       .arg(literal(backend.name), literal(socket.name), literal(webSocketUrl(backend, socket)))
                       .arg(socket.clients);
    text += s("    production: %1,\n    compression: %2,\n    headers: () => ({%3}),\n    send: %4,\n")
                .arg(backend.isProduction() ? s("true") : s("false"), socket.compression ? s("\"deflate\"") : s("\"\""),
                     headers.join(s(", ")), literal(sends));
    if (socket.protocol == SocketProtocol::SocketIo)
        text += s("    socketio: { namespace: %1, auth: () => %2 },\n")
                    .arg(literal(socket.nameSpace),
                         socket.auth ? valueCode(*socket.auth, backend.name, socket.name, s("auth")) : s("\"\""));
    return text + s("  },\n");
}

/// What is the same in every script. The script is read by people before they aim it at a server.
constexpr char body[] = R"JS(
// A secret comes from k6's environment and never stands in this file, nor in the arguments of k6.
function secret(name, reference) {
  const value = __ENV[name];
  if (!value) {
    throw new Error(`the variable ${name} is not set (in the workspace: ${reference})`);
  }
  return value;
}

// -e ONLY=backend keeps to one backend. A production backend takes load only where -e UNLOCK=name names it.
const chosen = sockets.filter((each) => !__ENV.ONLY || each.backend === __ENV.ONLY);
for (const each of chosen) {
  if (each.production && __ENV.UNLOCK !== each.backend) {
    throw new Error(`${each.backend} is in production: leave it out with -e ONLY=…, or run with -e UNLOCK=${each.backend}`);
  }
}

const connecting = new Trend("switchyard_connecting", true);
const closes = new Counter("switchyard_closes");
const refused = new Counter("switchyard_refused");

const duration = __ENV.DURATION || "5m";
const scenarios = {};
chosen.forEach((each, index) => {
  // Each machine of a run takes its share: k6 run --execution-segment.
  scenarios[`socket_${index}`] = {
    executor: "constant-vus",
    vus: each.clients,
    duration,
    gracefulStop: "10s",
    exec: "hold",
    env: { SOCKET: String(index) },
    tags: { backend: each.backend, socket: each.name },
  };
});

export const options = {
  scenarios,
  thresholds: {
    checks: ["rate>0.99"],
  },
};

// Engine.IO 4 over WebSocket, and Socket.IO 5 in it: https://socket.io/docs/v4/engine-io-protocol
function speakSocketIo(socket, plan) {
  const space = plan.namespace === "/" ? "" : `${plan.namespace},`;
  socket.on("message", (text) => {
    if (text[0] === "0") {
      socket.send(`40${space}${plan.auth()}`);
    } else if (text === "2") {
      socket.send("3");
    } else if (text.startsWith("44")) {
      refused.add(1);
      socket.close();
    }
  });
}

// One iteration is one connection: after its end the next one follows, a little later each time, as browsers do.
export function hold() {
  const each = chosen[Number(__ENV.SOCKET)];
  const began = Date.now();
  let open = false;
  const answer = ws.connect(each.url, { headers: each.headers(), compression: each.compression }, (socket) => {
    socket.on("open", () => {
      open = true;
      connecting.add(Date.now() - began);
      for (const one of each.send) {
        socket.send(one.text);
        if (one.every > 0) {
          socket.setInterval(() => socket.send(one.text), one.every);
        }
      }
    });
    if (each.socketio) {
      speakSocketIo(socket, each.socketio);
    }
    socket.on("close", (code) => closes.add(1, { code: String(code) }));
  });
  check(answer, { "upgrade answered with 101": (got) => got && got.status === 101 });
  if (!open) {
    refused.add(1);
  }
  sleep(1 + Math.random() * 2);
}
)JS";

} // namespace

QByteArray k6Script(const Workspace &workspace, FleetExport *fleet)
{
    QString entries;
    for (const Backend &backend : workspace.backends) {
        for (const SocketEndpoint &socket : backend.sockets) {
            const QString subject = s("%1 %2").arg(backend.name, socket.name);
            if (socket.protocol == SocketProtocol::SocketIo && socket.transport == s("polling")) {
                fleet->loss.append({subject, s("transport"), Outcome::LeftOut,
                                    s("k6 has no Engine.IO over long polling: use `ws hold`"), socket.place});
                continue;
            }
            if (socket.clients == 0)
                continue;
            if (socket.protocol == SocketProtocol::SocketIo && !socket.send.isEmpty())
                fleet->loss.append({subject, s("send"), Outcome::Changed,
                                    s("sent as it stands when the transport opens, without waiting for the namespace"),
                                    socket.place});
            if (socket.notice)
                fleet->loss.append({subject, s("notice"), Outcome::Lost,
                                    s("k6 only makes load; a session judges notices"), socket.place});
            entries += socketEntry(backend, socket);
        }
    }
    if (entries.isEmpty())
        return {};
    return (s("// Written by Switchyard for k6 0.38 or newer. README.md says how to run it.\n"
              "import { check, sleep } from \"k6\";\n"
              "import { Counter, Trend } from \"k6/metrics\";\n"
              "import ws from \"k6/ws\";\n\n"
              "const sockets = [\n") +
            entries + s("];\n") + s(body))
        .toUtf8();
}

} // namespace Switchyard
