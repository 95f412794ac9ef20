// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/databaserecorder.h"

#include "models/database/watch/databaseset.h"
#include "models/history/store.h"

#include <cmath>

namespace Switchyard {

namespace {

std::optional<qint64> microseconds(const std::optional<double> &milliseconds)
{
    return milliseconds ? std::optional(qint64(std::llround(*milliseconds * 1000))) : std::nullopt;
}

std::optional<qint64> timeOf(const DatabaseReport &report, DatabaseStage stage)
{
    for (const StageResult &each : report.stages) {
        if (each.stage == stage && (each.status == StageStatus::Ok || each.status == StageStatus::Warn))
            return microseconds(each.ms);
    }
    return std::nullopt;
}

} // namespace

HistorySample historySampleOf(const DatabaseRecord &record, const DatabasePoint &point)
{
    HistorySample sample;
    sample.series = record.series();
    sample.timeMs = point.wallMs;
    sample.latencyUs = microseconds(point.queryMs);
    switch (databaseState(record)) {
    case DatabaseState::Up:
    case DatabaseState::Warned: // of a certificate, of privileges: it works
    case DatabaseState::Wrong:
        sample.state = HistoryUp;
        break;
    case DatabaseState::Slow:
        sample.state = HistoryDegraded;
        break;
    case DatabaseState::Failed:
        sample.state = HistoryDown;
        break;
    case DatabaseState::Unknown:
    case DatabaseState::Reached:
        sample.state = HistoryUnknown;
        break;
    }
    if (!record.report)
        return sample;
    sample.dnsUs = timeOf(*record.report, DatabaseStage::Dns);
    sample.connectUs = timeOf(*record.report, DatabaseStage::Tcp);
    sample.tlsUs = timeOf(*record.report, DatabaseStage::Tls);
    sample.firstByteUs = timeOf(*record.report, DatabaseStage::Auth);
    if (const StageResult *failed = failedStage(*record.report))
        sample.note = QStringLiteral("%1: %2").arg(databaseStageName(failed->stage), failed->detail);
    return sample;
}

DatabaseRecorder::DatabaseRecorder(DatabaseSet *set, HistoryStore *store, QObject *parent)
    : QObject(parent)
{
    connect(set, &DatabaseSet::probed, this, [set, store](int index, const DatabasePoint &point) {
        store->append(historySampleOf(set->record(index), point));
    });
}

} // namespace Switchyard
