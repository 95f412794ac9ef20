// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/healthfigures.h"
#include "models/health/monitortracker.h"

#include <QJsonObject>
#include <QList>

namespace Switchyard {

/// What `health watch` says of one monitor at its end.
struct WatchSummary
{
    QString id, name, url; ///< redacted
    MonitorState state = MonitorState::Unknown;
    QString cause;                                  ///< why it is not up; empty when up
    std::shared_ptr<const PlatformProfile> profile; ///< nullptr: judged by its own rules
    QString platform; ///< what the platform of the profile would be doing at the end; empty: nothing
    HealthFigures figures;
    QList<MonitorTransition> changes; ///< the first WatchLine::keptChanges
    qint64 changesLeftOut = 0;
};

struct WatchReport
{
    Clock::duration watched{};
    QList<WatchSummary> lines;
};

/// Gathers what is said of one monitor while it is watched; what it holds is bounded. A value type.
class WatchLine final
{
public:
    static constexpr qsizetype keptChanges = 1'000;

    explicit WatchLine(const Monitor &monitor);
    void take(const ProbeSample &sample);
    void take(const MonitorTransition &transition);
    WatchSummary summary(const MonitorTracker &tracker, Instant from, Instant to) const;

private:
    Monitor m_monitor;
    WatchSummary m_summary; ///< without figures
    HealthTally m_tally;
};

/// "14:02:11Z  down        render /health  HTTP 500 (up for 3 min)", with a line end. Times in UTC.
[[nodiscard]] QString changeLine(const MonitorTransition &transition, const QString &name);

/// A table for people. "–": not measured.
[[nodiscard]] QString watchReportToText(const WatchReport &report);
/// resources/schemas/health-watch.schema.json. null: not measured.
[[nodiscard]] QJsonObject watchReportToJson(const WatchReport &report);
/// One test case a monitor: a failure where it is not up at the end, or was down in between.
[[nodiscard]] QByteArray watchReportToJunit(const WatchReport &report);

} // namespace Switchyard
