// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/clientevent.h"

namespace Switchyard {

QString endCauseName(EndCause cause)
{
    switch (cause) {
    case EndCause::CloseFrame:
        return QStringLiteral("close-frame");
    case EndCause::ClosePacket:
        return QStringLiteral("close-packet");
    case EndCause::HttpStatus:
        return QStringLiteral("http-status");
    case EndCause::Eof:
        return QStringLiteral("eof");
    case EndCause::Reset:
        return QStringLiteral("reset");
    case EndCause::PingTimeout:
        return QStringLiteral("ping-timeout");
    case EndCause::Protocol:
        return QStringLiteral("protocol");
    case EndCause::Tls:
        return QStringLiteral("tls");
    case EndCause::Refused:
        return QStringLiteral("refused");
    case EndCause::Unreachable:
        return QStringLiteral("unreachable");
    case EndCause::Dns:
        return QStringLiteral("dns");
    case EndCause::ConnectTimeout:
        return QStringLiteral("connect-timeout");
    case EndCause::Handshake:
        return QStringLiteral("handshake");
    case EndCause::Local:
        break;
    }
    return QStringLiteral("local");
}

} // namespace Switchyard
