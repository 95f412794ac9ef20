// SPDX-License-Identifier: GPL-3.0-or-later
#include "log.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace Switchyard::Demo {

std::string isoNow()
{
    const auto now = std::chrono::system_clock::now();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> date{};
    std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%s.%03dZ", date.data(), static_cast<int>(ms));
    return text.data();
}

void logLine(std::string_view text)
{
    std::string line = isoNow();
    line += ' ';
    line += text;
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string counted(std::size_t n, std::string_view noun)
{
    std::string text = std::to_string(n);
    text += ' ';
    text += noun;
    if (n != 1)
        text += 's';
    return text;
}

} // namespace Switchyard::Demo
