// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QString>

namespace Switchyard {

/// "0.84 ms", "23 ms", "1.21 s".
QString latencyText(double ms);
/// Of a latency above its limit, with as many digits as it takes to tell it from the limit: "10.4 ms", not "10 ms".
QString overLimitText(double ms, double limitMs);
/// "0.4 s", "12 s", "4 min", "2 h"; "–" when negative.
QString ageText(double ms);
/// "25.1", "0.3", "1,204": per second, without the unit.
QString rateText(double value);
/// "99.2 %"; share is 0 to 1.
QString shareText(double share);
/// "14:02:11" in the local zone; `withMs`: "14:02:11.204".
QString localTime(qint64 wallMs, bool withMs = false);
/// "2026-01-31 13:02:11 UTC", for tooltips.
QString utcTime(qint64 wallMs);
/// A tooltip that shows the text as it is, also where it looks like markup: it may be a server's.
QString plainTip(const QString &text);

} // namespace Switchyard
