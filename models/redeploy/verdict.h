// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/event.h"
#include "models/redeploy/insights.h"

namespace Switchyard {

enum class GateStatus
{
    Pass,
    Fail,
    Unknown,
    NotApplicable
};
QString gateStatusName(GateStatus status); ///< "pass", "fail", "unknown", "not-applicable"

enum class Outcome
{
    Pass,
    Fail,
    Inconclusive
};
QString outcomeName(Outcome outcome); ///< "pass", "fail", "inconclusive"

/// One judged gate. `measured` and `threshold` are for people and carry their units; the figures are in `value` and
/// `limit`.
struct Gate
{
    QString id;
    GateStatus status = GateStatus::Unknown;
    bool advisory = false;       ///< shown, does not decide
    QString measured;            ///< "38 of 50 within 9.7 s"; for unknown and not-applicable the reason
    QString threshold;           ///< "all within 15 s"
    std::optional<double> value; ///< milliseconds, or a share for coverage
    std::optional<double> limit;
    QList<int> evidence; ///< ids of events, at most 50
    QString advice;      ///< one line, empty unless it failed or is unknown
    QString snippet;     ///< what to copy, e.g. `kill_signal = "SIGTERM"`; may be empty
};

/// All ends of open connections from the trigger on, counted.
struct CloseCount
{
    QString socket;
    EndCause cause = EndCause::CloseFrame;
    int code = 0;
    bool codeValid = true;
    QString reason;
    bool allowed = true;
    bool serverDisconnect = false;
    int count = 0;
};

struct ClientFigures
{
    QString socket;
    int clients = 0;
    int lost = 0;    ///< clients that lost their connection at least once
    int back = 0;    ///< of those, how many are open again
    int bounced = 0; ///< lost again before the session settled
    int gaveUp = 0;
    int noticed = 0; ///< got the notice before their first loss
};

struct Percentiles
{
    int count = 0;
    double p50 = 0, p95 = 0, p99 = 0, max = 0; ///< milliseconds
};

struct PhaseSpan
{
    QString phase;
    double fromMs = 0;
    double toMs = 0;
};

/// What a session means.
struct Verdict
{
    Outcome outcome = Outcome::Inconclusive;
    QString summary; ///< one sentence
    QList<Gate> gates;
    QList<CloseCount> closes;
    QList<ClientFigures> clients;
    QList<PhaseSpan> phases;
    Percentiles reconnect;  ///< from loss to open again
    Percentiles noticeLead; ///< from notice to close
    Percentiles health;     ///< duration of good answers of the health endpoint
    std::optional<double> drainMs;
    std::optional<double> startupMs;
    std::optional<double> maxGapMs;
    Insights insights;
    double lastMs = 0; ///< time of the last event
};

/// Judges a record by the gates of the manual's "Gates" chapter. A pure function: the same record gives the same
/// verdict, live, after the session and from its journal.
///
/// The verdict is `fail` if a required gate fails, else `inconclusive` if a required gate is unknown, else `pass`.
[[nodiscard]] Verdict judge(const SessionRecord &record);

/// The ids of all gates, in the order of reports.
QStringList gateIds();

} // namespace Switchyard
