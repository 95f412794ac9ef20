// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/pairrows.h"

#include "ui/common/format.h"

#include <cmath>

namespace Switchyard {

namespace {

Cell missing(const QString &which)
{
    Cell cell{.text = QStringLiteral("–"), .sort = 7, .tip = which, .faded = true};
    return cell;
}

Cell figure(std::optional<double> ms, double limitMs)
{
    Cell cell = figureCell(ms ? latencyText(*ms) : QStringLiteral("–"), ms ? QVariant(*ms) : QVariant(), !ms);
    if (ms && *ms > limitMs)
        cell.limit = State::Degraded;
    return cell;
}

/// Target less source: above zero the target is slower.
Cell difference(std::optional<double> source, std::optional<double> target)
{
    if (!source || !target)
        return figureCell(QStringLiteral("–"), QVariant(), true);
    const double ms = *target - *source;
    const QString sign = ms > 0 ? QStringLiteral("+") : ms < 0 ? QStringLiteral("−") : QString();
    Cell cell = figureCell(sign + latencyText(std::abs(ms)), ms);
    cell.tip = ms > 0   ? QStringLiteral("The target is slower")
               : ms < 0 ? QStringLiteral("The target is faster")
                        : QString();
    return cell;
}

} // namespace

QList<MonitorPair> pairMonitors(const MonitorSet &set, const QString &source, const QString &target)
{
    QList<MonitorPair> pairs;
    QHash<QString, int> places;
    for (const bool isTarget : {false, true}) {
        for (int i = 0; i < set.count(); ++i) {
            const Monitor &monitor = set.record(i).monitor;
            if (monitor.group != (isTarget ? target : source))
                continue;
            const QString key = endpointKindName(monitor.kind) + QLatin1Char(' ') + monitor.path();
            auto place = places.find(key);
            if (place == places.end()) {
                place = places.insert(key, int(pairs.size()));
                pairs.append({monitor.path(), monitor.kind, -1, -1});
            }
            MonitorPair &pair = pairs[*place];
            int &end = isTarget ? pair.target : pair.source;
            // Two of one kind and path differ in what they ask; the first is compared.
            if (end < 0)
                end = i;
        }
    }
    return pairs;
}

QStringList pairColumns()
{
    return {QStringLiteral("Endpoint"),   QStringLiteral("Kind"),       QStringLiteral("Source"),
            QStringLiteral("Target"),     QStringLiteral("Source p50"), QStringLiteral("Target p50"),
            QStringLiteral("p50 change"), QStringLiteral("Source p95"), QStringLiteral("Target p95"),
            QStringLiteral("p95 change")};
}

Row pairRow(const MonitorPair &pair, const MonitorSet &set, const MonitorModel &model, double limitMs)
{
    const MonitorDigest none;
    const MonitorDigest &source = pair.source >= 0 ? model.digest(pair.source) : none;
    const MonitorDigest &target = pair.target >= 0 ? model.digest(pair.target) : none;
    const auto state = [&](int monitor, const MonitorDigest &digest, const char *end) {
        if (monitor < 0)
            return missing(QStringLiteral("The %1 has no such monitor").arg(QLatin1StringView(end)));
        return monitorCell(set.record(monitor).monitor, digest, HealthColumn::State, limitMs);
    };
    const QString key = set.record(pair.target >= 0 ? pair.target : pair.source).monitor.id;
    return {key,
            {{.text = pair.path, .sort = {}, .tip = pair.path},
             {.text = endpointKindName(pair.kind), .sort = {}, .faded = true},
             state(pair.source, source, "source"),
             state(pair.target, target, "target"),
             figure(source.p50, limitMs),
             figure(target.p50, limitMs),
             difference(source.p50, target.p50),
             figure(source.p95, limitMs),
             figure(target.p95, limitMs),
             difference(source.p95, target.p95)}};
}

} // namespace Switchyard
