// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/monitorstate.h"

#include <array>
#include <utility>

namespace Switchyard {

namespace {

constexpr std::array names{
    std::pair{MonitorState::Unknown, "unknown"},       std::pair{MonitorState::Up, "up"},
    std::pair{MonitorState::Degraded, "degraded"},     std::pair{MonitorState::Down, "down"},
    std::pair{MonitorState::Recovering, "recovering"}, std::pair{MonitorState::Paused, "paused"},
    std::pair{MonitorState::ColdStart, "cold-start"},
};

} // namespace

QString monitorStateName(MonitorState state)
{
    for (const auto &[each, name] : names) {
        if (each == state)
            return QLatin1StringView(name);
    }
    return QStringLiteral("unknown");
}

MonitorState monitorStateNamed(const QString &text)
{
    for (const auto &[each, name] : names) {
        if (text == QLatin1StringView(name))
            return each;
    }
    return MonitorState::Unknown;
}

} // namespace Switchyard
