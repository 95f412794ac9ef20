// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/format.h"

#include <QLocale>

#include <cmath>

namespace Switchyard {

QString latencyText(double ms)
{
    if (ms >= 1000)
        return QStringLiteral("%1 s").arg(ms / 1000, 0, 'f', 2);
    if (ms >= 10)
        return QStringLiteral("%1 ms").arg(ms, 0, 'f', 0);
    return QStringLiteral("%1 ms").arg(ms, 0, 'f', ms >= 1 ? 1 : 2);
}

QString overLimitText(double ms, double limitMs)
{
    const QString text = latencyText(ms);
    if (text != latencyText(limitMs))
        return text;
    constexpr int mostDigits = 6;
    const bool seconds = ms >= 1000;
    const double scale = seconds ? 1000 : 1;
    const auto figure = [scale](double value, int digits) { return QString::number(value / scale, 'f', digits); };
    for (int digits = 1; digits <= mostDigits; ++digits) {
        if (figure(ms, digits) != figure(limitMs, digits))
            return figure(ms, digits) + (seconds ? QStringLiteral(" s") : QStringLiteral(" ms"));
    }
    return text;
}

QString ageText(double ms)
{
    if (ms < 0)
        return QStringLiteral("–");
    const double seconds = ms / 1000;
    if (seconds < 10)
        return QStringLiteral("%1 s").arg(seconds, 0, 'f', 1);
    if (seconds < 120)
        return QStringLiteral("%1 s").arg(seconds, 0, 'f', 0);
    if (seconds < 7200)
        return QStringLiteral("%1 min").arg(std::floor(seconds / 60), 0, 'f', 0);
    return QStringLiteral("%1 h").arg(std::floor(seconds / 3600), 0, 'f', 0);
}

QString rateText(double value)
{
    return value >= 1000 ? QLocale(QLocale::English).toString(value, 'f', 0) : QString::number(value, 'f', 1);
}

QString shareText(double share)
{
    // 99.97 % must not read as 100 %.
    const double percent = share >= 1 ? 100 : std::floor(share * 1000) / 10;
    return QStringLiteral("%1 %").arg(percent, 0, 'f', percent >= 100 ? 0 : 1);
}

QString localTime(qint64 wallMs, bool withMs)
{
    return QDateTime::fromMSecsSinceEpoch(wallMs).toString(withMs ? QStringLiteral("HH:mm:ss.zzz")
                                                                  : QStringLiteral("HH:mm:ss"));
}

QString utcTime(qint64 wallMs)
{
    return QDateTime::fromMSecsSinceEpoch(wallMs, Qt::UTC).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz")) +
           QStringLiteral(" UTC");
}

QString plainTip(const QString &text)
{
    if (!text.contains(QLatin1Char('<')) && !text.contains(QLatin1Char('&')))
        return text;
    return QStringLiteral("<span style='white-space:pre-wrap'>%1</span>").arg(text.toHtmlEscaped());
}

} // namespace Switchyard
