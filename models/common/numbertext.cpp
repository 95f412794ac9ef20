// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/numbertext.h"

#include <QLocale>

namespace Switchyard {

QString groupedNumber(qint64 number)
{
    return QLocale(QLocale::English).toString(number); // C has no separators
}

QString dataSizeText(qint64 bytes)
{
    return QLocale::c().formattedDataSize(bytes, 1, QLocale::DataSizeIecFormat);
}

QString countedText(qint64 count, const char *one, const char *many)
{
    return QStringLiteral("%1 %2").arg(count).arg(QString::fromUtf8(count == 1 ? one : many));
}

} // namespace Switchyard
