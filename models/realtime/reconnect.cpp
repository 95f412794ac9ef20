// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/reconnect.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

std::optional<ReconnectPolicy::Kind> ReconnectPolicy::fromName(const QString &name)
{
    if (name == QLatin1StringView("browser-backoff"))
        return Kind::BrowserBackoff;
    if (name == QLatin1StringView("notice-then-delay"))
        return Kind::NoticeThenDelay;
    if (name == QLatin1StringView("socket.io-client"))
        return Kind::SocketIoClient;
    if (name == QLatin1StringView("immediate"))
        return Kind::Immediate;
    if (name == QLatin1StringView("none"))
        return Kind::None;
    return std::nullopt;
}

namespace {

Milliseconds spread(double ms, double low, double high, std::minstd_rand &random)
{
    return Milliseconds(std::llround(ms * std::uniform_real_distribution<>(low, high)(random)));
}

Milliseconds backoff(int attempt, std::minstd_rand &random)
{
    const double ms = std::min(10'000.0, 1'000.0 * std::pow(1.5, std::clamp(attempt - 1, 0, 20)));
    return spread(ms, 0.5, 1.5, random);
}

} // namespace

std::optional<Milliseconds> ReconnectPolicy::delay(Kind kind, const ReconnectSituation &situation,
                                                   std::minstd_rand &random)
{
    switch (kind) {
    case Kind::BrowserBackoff:
        return backoff(situation.attempt, random);
    case Kind::NoticeThenDelay:
        if (situation.attempt <= 1 && situation.announced)
            return spread(double(situation.announced->count()), 1.0, 1.5, random);
        return backoff(situation.attempt, random);
    case Kind::SocketIoClient: {
        if (situation.serverDisconnect)
            return std::nullopt;
        const double ms = std::min(5'000.0, 1'000.0 * std::pow(2.0, std::clamp(situation.attempt - 1, 0, 20)));
        return spread(ms, 0.5, 1.5, random);
    }
    case Kind::Immediate: {
        constexpr int steps[] = {10, 50, 100, 150, 200, 250, 500, 1000};
        const auto index = std::size_t(std::clamp(situation.attempt - 1, 0, int(std::size(steps)) - 1));
        return Milliseconds(steps[index]);
    }
    case Kind::None:
        break;
    }
    return std::nullopt;
}

} // namespace Switchyard
