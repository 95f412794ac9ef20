// SPDX-License-Identifier: GPL-3.0-or-later
#include "democlient.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace Switchyard::Testing {

QJsonObject object(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

QJsonObject eventArgument(const QByteArray &packet)
{
    return QJsonDocument::fromJson(packet.mid(packet.indexOf('['))).array().at(1).toObject();
}

HttpReply get(quint16 port, const QByteArray &target)
{
    return RawSocket(port).request("GET", target);
}

std::unique_ptr<RawSocket> openSocket(quint16 port, const QByteArray &path)
{
    auto socket = std::make_unique<RawSocket>(port);
    return socket->upgrade(path).status == 101 ? std::move(socket) : nullptr;
}

std::unique_ptr<RawSocket> openSocketIo(quint16 port)
{
    auto socket = openSocket(port, s_engine + "websocket");
    if (!socket || !socket->readFrame().payload.startsWith("0{"))
        return nullptr;
    socket->sendText("40");
    return socket->readText("40{").isText() ? std::move(socket) : nullptr;
}

QByteArray openPolling(quint16 port)
{
    const QByteArray body = get(port, s_engine + "polling").body;
    return s_engine + "polling&sid=" + object(body.mid(1)).value(QLatin1String("sid")).toString().toLatin1();
}

} // namespace Switchyard::Testing
