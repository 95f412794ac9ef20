// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/sockettarget.h"

#include <QUrl>

namespace Switchyard {

Result<void> SocketTarget::prepare()
{
    const QUrl parsed(url, QUrl::StrictMode);
    const QString scheme = parsed.scheme();
    const bool secure = scheme == QLatin1StringView("wss") || scheme == QLatin1StringView("https");
    if (!parsed.isValid() || (!secure && scheme != QLatin1StringView("ws") && scheme != QLatin1StringView("http")))
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is not a WebSocket address").arg(url),
                    QStringLiteral("write ws://HOST[:PORT]/PATH or wss://HOST/PATH"));
    if (parsed.host().isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" names no host").arg(url));
    if (!parsed.userInfo().isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the address carries credentials"),
                    QStringLiteral("give them as a header that refers to env:NAME"));
    tls = secure;
    host = parsed.host(QUrl::FullyEncoded).toStdString();
    const int portNumber = parsed.port(secure ? 443 : 80);
    port = std::to_string(portNumber);
    const bool ipv6 = host.find(':') != std::string::npos;
    hostHeader = ipv6 ? "[" + host + "]" : host;
    if (portNumber != (secure ? 443 : 80))
        hostHeader += ":" + port;
    path = parsed.path(QUrl::FullyEncoded).toStdString();
    if (path.empty())
        path = "/";
    std::string query = parsed.query(QUrl::FullyEncoded).toStdString();
    if (protocol == SocketProtocol::SocketIo) {
        if (path == "/")
            path = "/socket.io/";
        query =
            (query.empty() ? std::string() : query + "&") + "EIO=4&transport=" + (polling ? "polling" : "websocket");
    }
    if (!query.empty())
        path += "?" + query;
    return {};
}

Result<SocketTarget> socketTargetFor(const Backend &backend, const SocketEndpoint &socket)
{
    SocketTarget target;
    target.name = socket.name;
    QString base = backend.url;
    while (base.endsWith(QLatin1Char('/')))
        base.chop(1);
    target.url = base + (socket.path.startsWith(QLatin1Char('/')) ? QString() : QStringLiteral("/")) + socket.path;
    target.protocol = socket.protocol;
    target.polling = socket.protocol == SocketProtocol::SocketIo && socket.transport == QLatin1StringView("polling");
    target.nameSpace = socket.nameSpace.toStdString();
    target.deflate = socket.compression;
    target.subprotocol = socket.subprotocol.toStdString();
    target.origin = socket.origin.toStdString();
    target.send = socket.send;
    target.notice = socket.notice;
    target.reconnect = socket.reconnect;
    target.instanceHeader = backend.instanceId.header;
    target.clients = socket.clients;
    for (auto it = socket.headers.cbegin(); it != socket.headers.cend(); ++it) {
        const Result<QString> text = resolveText(it.value().text);
        if (!text)
            return tl::unexpected(text.error());
        target.headers.emplace_back(it.key().toStdString(), text->toStdString());
    }
    if (socket.auth) {
        const Result<QString> text = resolveText(socket.auth->text);
        if (!text)
            return tl::unexpected(text.error());
        target.auth = text->toStdString();
    }
    if (const Result<void> ready = target.prepare(); !ready)
        return tl::unexpected(ready.error());
    return target;
}

} // namespace Switchyard
