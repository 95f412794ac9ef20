// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace Switchyard {

int raiseFileLimit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlimit raised{limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return int(std::min<rlim_t>(limit.rlim_cur, rlim_t(std::numeric_limits<int>::max())));
}

Result<void> ensureFileLimit(int sockets)
{
    constexpr int reserve = 100;
    const int limit = raiseFileLimit();
    if (sockets + reserve <= limit)
        return {};
    return fail(
        ErrorKind::Io,
        QStringLiteral("%1 clients need more open files than the %2 this system allows").arg(sockets).arg(limit),
        QStringLiteral("use at most %1 clients, or raise the hard limit (ulimit -Hn)").arg(limit - reserve));
}

} // namespace Switchyard
