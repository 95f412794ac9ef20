// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/realtime/socketrows.h"

#include "ui/common/format.h"

#include <QLocale>

namespace Switchyard {

namespace {

constexpr double staleAfterMs = 6'000;

Cell countCell(const SocketLive &live, Instant now)
{
    const CountReading &count = live.count;
    switch (count.status) {
    case CountReading::Status::NoSource:
        return {.text = QStringLiteral("no source"),
                .sort = -2,
                .tip = QStringLiteral("The workspace names no count source for this socket."),
                .faded = true,
                .right = true};
    case CountReading::Status::Waiting:
        return {.text = QStringLiteral("waiting"),
                .sort = -2,
                .tip = QStringLiteral("The count source did not answer yet."),
                .faded = true,
                .right = true};
    case CountReading::Status::Unreachable:
    case CountReading::Status::Wrong:
        return {.text = count.status == CountReading::Status::Wrong ? QStringLiteral("wrong answer")
                                                                    : QStringLiteral("unreachable"),
                .sort = -1,
                .limit = State::Down,
                .tip = count.reason,
                .right = true};
    case CountReading::Status::Read:
        break;
    }
    const double age = toMs(now - count.at);
    const QString figure =
        (count.partial ? QStringLiteral("≥ ") : QString()) + QLocale(QLocale::English).toString(count.value, 'f', 0);
    if (age > staleAfterMs)
        return {.text = QStringLiteral("%1 · %2 ago").arg(figure, ageText(age)),
                .sort = count.value,
                .tip = QStringLiteral("Stale: counts are not read while a session runs or the source is silent."),
                .faded = true,
                .right = true};
    Cell cell = figureCell(figure, count.value);
    const auto &expected = live.socket.expected;
    if (count.partial) {
        cell.text += QStringLiteral(" partial");
        cell.tip = count.reason;
    } else if (expected && (count.value < expected->first || count.value > expected->second)) {
        // Shape and word, not colour alone.
        cell.limit = State::Degraded;
        cell.text += count.value < expected->first ? QStringLiteral(" low") : QStringLiteral(" high");
        cell.tip = QStringLiteral("Usually %1 to %2.").arg(expected->first).arg(expected->second);
    }
    return cell;
}

} // namespace

QStringList socketColumns()
{
    return {QStringLiteral("State"),       QStringLiteral("Socket"),         QStringLiteral("Backend"),
            QStringLiteral("Protocol"),    QStringLiteral("Backend says"),   QStringLiteral("Probes"),
            QStringLiteral("msg/s"),       QStringLiteral("ping p50 / p99"), QStringLiteral("last msg"),
            QStringLiteral("msg/s, 5 min")};
}

QString totalText(const QString &backend, const QList<SocketLive> &sockets, Instant now)
{
    double sum = 0;
    int counted = 0;
    int sourced = 0;
    bool partial = false;
    for (const SocketLive &live : sockets) {
        const CountReading &count = live.count;
        sourced += count.status != CountReading::Status::NoSource ? 1 : 0;
        if (count.status != CountReading::Status::Read || toMs(now - count.at) > staleAfterMs)
            continue;
        ++counted;
        sum += count.value;
        partial = partial || count.partial;
    }
    if (sourced == 0)
        return QStringLiteral("%1: no count source").arg(backend);
    if (counted == 0)
        return QStringLiteral("%1: no count read").arg(backend);
    return QStringLiteral("%1: %2%3 clients on %4 of %5 sockets")
        .arg(backend, partial ? QStringLiteral("≥ ") : QString(), QLocale(QLocale::English).toString(sum, 'f', 0))
        .arg(counted)
        .arg(sockets.size());
}

Row socketRow(const SocketLive &live, double websocketLimitMs, Instant now)
{
    const SocketSnapshot &figures = live.figures;
    const bool probed = live.watched && figures.clients > 0;
    const QString none = QStringLiteral("–");
    Cell state{.text = live.stateWord(), .sort = int(live.state()), .state = live.state(), .tip = live.problem};
    Cell name{.text = live.socket.name, .sort = {}, .tip = live.backend + live.socket.path};
    Cell backend{.text = live.backend, .sort = {}};
    Cell protocol{.text = protocolName({live.socket.protocol, live.socket.transport}), .sort = {}, .faded = true};
    Cell probes = figureCell(live.socket.clients == 0 ? QStringLiteral("0")
                             : probed                 ? QStringLiteral("%1/%2").arg(figures.open).arg(figures.clients)
                                                      : QStringLiteral("–/%1").arg(figures.clients),
                             figures.open, !probed);
    probes.tip = live.inSession ? QStringLiteral("Open of asked, as the running session sees it")
                                : QStringLiteral("Open of asked probe clients");
    Cell rate = figureCell(probed ? rateText(live.rate) : none, live.rate, !probed);
    Cell ping = figureCell(probed && figures.pings > 0 ? QStringLiteral("%1 / %2").arg(latencyText(figures.pingP50),
                                                                                       latencyText(figures.pingP99))
                                                       : none,
                           figures.pingP99, figures.pings == 0);
    if (figures.pings > 0 && figures.pingP99 > websocketLimitMs)
        ping.limit = State::Degraded;
    Cell last = figureCell(probed ? ageText(figures.lastMessageAge) : none, figures.lastMessageAge, !probed);
    Cell trend{.text = {}, .sort = live.rate};
    trend.series = QVariant::fromValue(live.rates);
    trend.tip = QStringLiteral("Messages per second over the last five minutes; a gap: no client was open");
    return {live.key(), {state, name, backend, protocol, countCell(live, now), probes, rate, ping, last, trend}};
}

} // namespace Switchyard
