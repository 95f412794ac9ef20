// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace Switchyard {

/// The smallest value that at least `share` (0 to 1) of the values do not exceed (nearest rank). 0 for no values.
inline double percentile(std::vector<double> values, double share)
{
    if (values.empty())
        return 0;
    const double rank = std::ceil(share * double(values.size()));
    const auto at = std::ptrdiff_t(std::clamp(rank, 1.0, double(values.size()))) - 1;
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[std::size_t(at)];
}

} // namespace Switchyard
