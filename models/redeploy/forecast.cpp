// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/forecast.h"

#include "models/realtime/closecodes.h"
#include "models/redeploy/facts.h"

#include <array>

namespace Switchyard {

namespace {

enum class Comes
{
    Yes,
    No,
    Unknown
};

/// The codes that were tried with every library, each once, on Node with `ws`, in 2026.
constexpr std::array measuredCodes{1000, 1001, 1005, 1006, 1011, 1012, 1013};

struct Library
{
    QLatin1StringView name;
    std::array<bool, measuredCodes.size()> comesBack;
    QLatin1StringView delay;
};

constexpr Library libraries[] = {
    {QLatin1StringView("reconnecting-websocket 4.4.0"),
     {true, true, true, true, true, true, true},
     QLatin1StringView("1.0 to 4.9 s, random")},
    {QLatin1StringView("partysocket 1.3.0"), {true, true, true, true, true, true, true}, QLatin1StringView("3.0 s")},
    {QLatin1StringView("phoenix 1.8.16"),
     {true, true, true, true, true, true, true},
     QLatin1StringView("0.015 s: all at once")},
    {QLatin1StringView("robust-websocket 1.0.0"),
     {false, true, true, true, false, true, true},
     QLatin1StringView("under 0.01 s")},
    {QLatin1StringView("sockette 2.0.6"), {false, false, false, true, true, true, true}, QLatin1StringView("1.0 s")},
    {QLatin1StringView("graphql-ws 6.4.2 (lazy: false)"),
     {true, true, true, true, false, true, true},
     QLatin1StringView("1.6 to 3.6 s")},
};

Comes comesBack(const Library &library, int code)
{
    for (std::size_t i = 0; i < measuredCodes.size(); ++i) {
        if (measuredCodes[i] == code)
            return library.comesBack[i] ? Comes::Yes : Comes::No;
    }
    return Comes::Unknown;
}

void count(ForecastRow &row, Comes comes)
{
    ++(comes == Comes::Yes ? row.comeBack : comes == Comes::No ? row.stayAway : row.unknown);
}

/// What a client's API would have given as the code: 1006 for every end without a close frame.
int codeSeen(const Event &ended)
{
    if (ended.cause != EndCause::CloseFrame)
        return CloseCode::abnormal;
    return ended.codeValid ? ended.code : 0;
}

} // namespace

QList<ForecastRow> forecastOf(const SessionFacts &facts)
{
    bool webSocket = false;
    bool socketIo = false;
    for (const Loss &loss : facts.losses)
        (facts.socket(loss).protocol == QLatin1StringView("socket.io") ? socketIo : webSocket) = true;
    QList<ForecastRow> rows;
    if (webSocket) {
        for (const Library &library : libraries) {
            ForecastRow row{QStringLiteral("websocket"), library.name, 0, 0, 0, library.delay};
            for (const Loss &loss : facts.losses) {
                if (facts.socket(loss).protocol != QLatin1StringView("socket.io"))
                    count(row, comesBack(library, codeSeen(*loss.ended)));
            }
            rows.append(row);
        }
        ForecastRow bare{QStringLiteral("websocket"),
                         QStringLiteral("a browser's WebSocket by itself"),
                         0,
                         0,
                         0,
                         QStringLiteral("never: reconnecting is the page's own work")};
        for (const Loss &loss : facts.losses)
            bare.stayAway += facts.socket(loss).protocol != QLatin1StringView("socket.io") ? 1 : 0;
        rows.append(bare);
    }
    if (socketIo) {
        ForecastRow row{QStringLiteral("socket.io"),
                        QStringLiteral("socket.io-client 4.8.4"),
                        0,
                        0,
                        0,
                        QStringLiteral("0.5 to 1.5 s first, then up to 5 s")};
        for (const Loss &loss : facts.losses) {
            if (facts.socket(loss).protocol == QLatin1StringView("socket.io"))
                count(row, loss.ended->serverDisconnect ? Comes::No : Comes::Yes);
        }
        rows.append(row);
    }
    return rows;
}

} // namespace Switchyard
