// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/machinespeed.h"

#include <QMap>
#include <QString>
#include <QStringList>

#include <algorithm>
#include <array>
#include <ctime>

namespace Switchyard::Testing {

namespace {

/// What workMs() gave on a quiet machine when the limits were set, as a median.
constexpr double referenceMs = 17.5;

double workMs()
{
    const double begin = threadCpuMs();
    QMap<QString, int> rows;
    for (int i = 0; i < 4'000; ++i)
        rows.insert(QStringLiteral("NAME_%1").arg(i * 7919 % 4'000), i);
    QStringList names = rows.keys();
    std::sort(names.begin(), names.end(),
              [&rows](const QString &a, const QString &b) { return rows.value(a) < rows.value(b); });
    // The result is used, or the compiler might leave the work out.
    return names.size() == 4'000 ? threadCpuMs() - begin : 0;
}

} // namespace

double threadCpuMs()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

double machineSlowness()
{
    std::array<double, 7> runs{};
    std::generate(runs.begin(), runs.end(), workMs);
    std::nth_element(runs.begin(), runs.begin() + runs.size() / 2, runs.end());
    return std::clamp(runs[runs.size() / 2] / referenceMs, 1.0, 4.0);
}

double turnLimitMs()
{
    return 50 * machineSlowness();
}

} // namespace Switchyard::Testing
