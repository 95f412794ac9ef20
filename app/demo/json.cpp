// SPDX-License-Identifier: GPL-3.0-or-later
#include "json.h"

#include <boost/json/src.hpp>

#include <array>
#include <cstdio>

namespace Switchyard::Demo {

std::string plainNumber(double value, int decimals)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

} // namespace Switchyard::Demo
