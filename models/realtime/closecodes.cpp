// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/closecodes.h"

#include <QHash>

namespace Switchyard {

QString closeCodeName(int code)
{
    static const QHash<int, QString> names{
        {1000, QStringLiteral("normal closure")},     {1001, QStringLiteral("going away")},
        {1002, QStringLiteral("protocol error")},     {1003, QStringLiteral("unsupported data")},
        {1004, QStringLiteral("reserved")},           {1005, QStringLiteral("no code in the close frame")},
        {1006, QStringLiteral("no close frame")},     {1007, QStringLiteral("invalid payload")},
        {1008, QStringLiteral("policy violation")},   {1009, QStringLiteral("message too big")},
        {1010, QStringLiteral("extension required")}, {1011, QStringLiteral("internal error")},
        {1012, QStringLiteral("service restart")},    {1013, QStringLiteral("try again later")},
        {1014, QStringLiteral("bad gateway")},        {1015, QStringLiteral("TLS handshake failed")},
    };
    if (const auto it = names.constFind(code); it != names.constEnd())
        return *it;
    if (code >= 3000 && code <= 3999)
        return QStringLiteral("registered by a library");
    if (code >= 4000 && code <= 4999)
        return QStringLiteral("private use");
    return QStringLiteral("not assigned");
}

bool closeCodeMayTravel(int code)
{
    if (code >= 1000 && code <= 1014)
        return code != 1004 && code != CloseCode::noStatus && code != CloseCode::abnormal;
    return code >= 3000 && code <= 4999;
}

} // namespace Switchyard
