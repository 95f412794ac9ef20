// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/duration.h"

#include <array>
#include <cmath>

namespace Switchyard {

namespace {

struct Unit
{
    QLatin1StringView name;
    qint64 ms;
};

// "ms" before "m" and "s", since the suffixes are tried in this order.
constexpr std::array units{
    Unit{QLatin1StringView("ms"), 1},         Unit{QLatin1StringView("s"), 1000},
    Unit{QLatin1StringView("m"), 60'000},     Unit{QLatin1StringView("h"), 3'600'000},
    Unit{QLatin1StringView("d"), 86'400'000},
};

constexpr double tenYearsMs = 10.0 * 366 * 86'400'000;

} // namespace

Result<Milliseconds> parseDuration(QStringView text)
{
    const QString hint = QStringLiteral("write a number with its unit, for example 250ms, 2s, 5m or 1h");
    const QStringView trimmed = text.trimmed();
    for (const Unit &unit : units) {
        if (!trimmed.endsWith(unit.name))
            continue;
        const QStringView number = trimmed.chopped(unit.name.size()).trimmed();
        bool plain = !number.isEmpty();
        for (const QChar c : number)
            plain = plain && ((c >= QLatin1Char('0') && c <= QLatin1Char('9')) || c == QLatin1Char('.'));
        bool ok = false;
        const double value = plain ? number.toDouble(&ok) : 0;
        if (!ok)
            break;
        const double ms = value * double(unit.ms);
        if (ms > tenYearsMs)
            return fail(ErrorKind::Usage, QStringLiteral("the duration \"%1\" is longer than ten years").arg(text),
                        hint);
        if (value > 0 && ms < 1)
            return fail(ErrorKind::Usage, QStringLiteral("the duration \"%1\" is shorter than a millisecond").arg(text),
                        hint);
        return Milliseconds(std::llround(ms));
    }
    return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is not a duration").arg(text), hint);
}

QString formatDuration(Milliseconds duration)
{
    const qint64 ms = duration.count();
    for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
        if (ms != 0 && ms % unit->ms == 0)
            return QString::number(ms / unit->ms) + unit->name;
    }
    return QStringLiteral("0s");
}

QString humanDuration(double ms)
{
    if (!std::isfinite(ms))
        return QStringLiteral("unknown");
    if (ms < 999.5)
        return QStringLiteral("%1 ms").arg(ms, 0, 'f', ms < 9.95 ? 1 : 0);
    if (ms < 59'950)
        return QStringLiteral("%1 s").arg(ms / 1000, 0, 'f', 1);
    const qint64 seconds = std::llround(ms / 1000);
    if (seconds < 3600)
        return QStringLiteral("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
    return QStringLiteral("%1 h %2 min").arg(seconds / 3600).arg(seconds % 3600 / 60);
}

} // namespace Switchyard
