// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/platforms/servicefacts.h"

namespace Switchyard {

QString spoken(const Place &place)
{
    const QString name = place.file.section(QLatin1Char('/'), -1);
    return place.line > 0 ? QStringLiteral("%1:%2").arg(name).arg(place.line) : name;
}

} // namespace Switchyard
