// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/readingrows.h"

#include "models/fleet/fleetwatch.h"
#include "ui/common/format.h"
#include "ui/common/healthsource.h"

#include <cmath>

namespace Switchyard {

namespace {

using Lack = FleetReading::Lack;

void lookAs(const QString &word, const QString &shape, MonitorDigest *digest)
{
    digest->word = word;
    digest->shape = shape;
}

/// What is the same for all of them, because the server tells nothing.
void readSilence(const FleetWatch &watch, MonitorDigest *digest)
{
    const bool refused = watch.failure().kind == ErrorKind::Auth;
    lookAs(refused ? QStringLiteral("no access") : QStringLiteral("not read"),
           refused ? QStringLiteral("✕") : QStringLiteral("⊘"), digest);
    digest->cause = watch.failure().message;
    if (!watch.failure().hint.isEmpty())
        digest->cause += QLatin1Char('\n') + watch.failure().hint;
}

void readState(const FleetReading &reading, MonitorDigest *digest)
{
    digest->cause = reading.reason;
    switch (reading.lack) {
    case Lack::NoSample:
        return lookAs(QStringLiteral("no sample"), QStringLiteral("◌"), digest);
    case Lack::Stale:
        return lookAs(QStringLiteral("stale"), QStringLiteral("◔"), digest);
    case Lack::Undecided:
        return lookAs(QStringLiteral("failing"), {}, digest);
    case Lack::None:
        digest->word = monitorStateName(reading.state);
    }
}

void readFigures(const FleetReading &reading, double clockAheadMs, MonitorDigest *digest)
{
    digest->asked = reading.atMs.has_value();
    // By this machine's clock, as all other times in the window are.
    digest->lastWallMs = reading.atMs ? *reading.atMs - qint64(clockAheadMs) : 0;
    digest->status = reading.status.value_or(0);
    const bool answers = reading.state == MonitorState::Up || reading.state == MonitorState::Degraded;
    digest->lastMs = answers ? reading.latencyMs : std::nullopt;
    digest->p50 = reading.p50Ms;
    digest->p95 = reading.p95Ms;
    digest->uptime = reading.uptime;
    digest->rawUptime = reading.uptime;
    digest->probes = quint64(reading.samples.value_or(0));
    digest->failed = quint64(std::llround(double(digest->probes) * (1 - reading.uptime.value_or(1))));
    if (reading.certificateDays)
        digest->certificateDays = int(std::floor(*reading.certificateDays));
}

} // namespace

void readReading(const HealthSource &source, const Monitor &monitor, MonitorDigest *digest)
{
    *digest = {};
    digest->isRead = true;
    const FleetWatch *watch = source.watch();
    const std::optional<FleetReading> reading = source.reading(monitor.id);
    if (reading) {
        readFigures(*reading, watch->state().clockAheadMs, digest);
        digest->state = shownState(*reading);
        digest->machine = reading->state;
    }
    if (watch && watch->fails())
        readSilence(*watch, digest);
    else if (reading)
        readState(*reading, digest);
    else
        lookAs(QStringLiteral("not read yet"), QStringLiteral("◌"), digest);
}

bool isRead(int column)
{
    return column != HealthColumn::P99 && column != HealthColumn::LongestGap && column != HealthColumn::Trend;
}

QString readingColumnTip(int column)
{
    switch (column) {
    case HealthColumn::Last:
        return QStringLiteral("Of the last good probe of blackbox_exporter");
    case HealthColumn::P50:
    case HealthColumn::P95:
        return QStringLiteral("Percentile over the last hour at Prometheus, of all probes, failed ones too");
    case HealthColumn::Uptime:
    case HealthColumn::RawUptime:
        return QStringLiteral("Share of good probes over the last hour at Prometheus, without retries; time without "
                              "samples is not in it");
    default:
        return isRead(column) ? QString() : QStringLiteral("Not measured: Prometheus is not asked for it");
    }
}

} // namespace Switchyard
