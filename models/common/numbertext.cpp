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

} // namespace Switchyard
