// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/error.h"

namespace Switchyard {

QString Place::toString() const
{
    QString text = file;
    if (line > 0) {
        text += QLatin1Char(':') + QString::number(line);
        if (column > 0)
            text += QLatin1Char(':') + QString::number(column);
    }
    return text;
}

QString Error::toString() const
{
    QString text;
    if (const QString where = place.toString(); !where.isEmpty())
        text = where + QStringLiteral(": ");
    text += message;
    if (!hint.isEmpty())
        text += QStringLiteral(" (") + hint + QLatin1Char(')');
    return text;
}

QString errorKindName(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::Usage:
        return QStringLiteral("usage");
    case ErrorKind::Timeout:
        return QStringLiteral("timeout");
    case ErrorKind::Refused:
        return QStringLiteral("refused");
    case ErrorKind::Dns:
        return QStringLiteral("dns");
    case ErrorKind::Tls:
        return QStringLiteral("tls");
    case ErrorKind::Auth:
        return QStringLiteral("auth");
    case ErrorKind::Protocol:
        return QStringLiteral("protocol");
    case ErrorKind::Io:
        return QStringLiteral("io");
    case ErrorKind::Cancelled:
        return QStringLiteral("cancelled");
    case ErrorKind::Internal:
        break;
    }
    return QStringLiteral("internal");
}

} // namespace Switchyard
