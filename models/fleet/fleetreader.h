// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/fleet/fleetmonitor.h"
#include "models/fleet/prometheusclient.h"
#include "models/health/monitorstate.h"

#include <QJsonObject>
#include <QMetaType>

namespace Switchyard {

/// What a Prometheus server knows of one monitor: the Health tab shows it in place of what Switchyard measures itself.
/// Nothing stands where nothing was measured. A value type.
struct FleetReading
{
    /// Why the state is unknown though the server answers.
    enum class Lack
    {
        None,
        Undecided, ///< fails, but not yet as often in a row as its rule asks for
        NoSample,  ///< the server has none of it, or none any more
        Stale      ///< the last one is too old
    };
    QString monitorId; ///< as Monitor::id
    QString group, name;
    MonitorState state = MonitorState::Unknown;
    Lack lack = Lack::None;
    QString reason;                        ///< why it is not up; empty when up
    std::optional<qint64> atMs;            ///< of the last sample, since the epoch, by the server's clock
    std::optional<double> latencyMs;       ///< of the last probe
    std::optional<double> p50Ms, p95Ms;    ///< over the window, of all probes, failed ones too
    std::optional<double> uptime;          ///< share of good probes over the window, without retries; 0 to 1
    std::optional<qint64> samples;         ///< over the window
    std::optional<double> certificateDays; ///< negative: expired
    std::optional<int> status;             ///< HTTP, of the last probe
    QString source;                        ///< "Prometheus http://…"
};

/// All of them at one moment.
struct FleetState
{
    QList<FleetReading> readings; ///< in the order of the monitors
    QString source;
    Milliseconds window{0};
    qint64 atMs = 0;         ///< the server's clock
    double clockAheadMs = 0; ///< the server's clock against ours, as far as the request's own time lets it be told
    QStringList warnings;    ///< of the server
    Error failure;           ///< message empty: it answered. Else there are no readings

    bool answered() const { return failure.message.isEmpty(); }
    bool allUp() const;
};

/// The state after these samples of probe_success, in the order of time, by the rules of the monitor: down with the
/// last of `failures` failures in a row, then recovering until `recoveries` good ones. Unknown where they do not tell.
[[nodiscard]] MonitorState stateAfter(const QList<PrometheusPoint> &samples, int failures, int recoveries);

/// Reads the state of a workspace's monitors from the Prometheus server that `fleet export` has configured, with a
/// handful of queries, however many monitors there are.
///
/// A monitor without a sample in three intervals is unknown, with the reason. Thread: the one it lives on, with an
/// event loop; never blocks. Destruction cancels.
class FleetReader final : public QObject
{
    Q_OBJECT
public:
    /// `window`: of the percentiles and the uptime, at least 1 minute.
    FleetReader(const Workspace &workspace, QList<FleetMonitor> monitors, PrometheusAccess access, Milliseconds window,
                QObject *parent = nullptr);

    /// One reading at a time: does nothing while one runs.
    void read();
    /// Ends it without `finished`.
    void cancel();
    bool isRunning() const { return m_running; }

Q_SIGNALS:
    /// Once for each read() that was not cancelled.
    void finished(const Switchyard::FleetState &state);

private:
    using Take = void (FleetReader::*)(const PrometheusSeries &series);

    void askEverything();
    void ask(const QString &expression, Take take);
    void answered(const Result<PrometheusAnswer> &answer, Take take);
    void finish();
    void fail(const Error &error);
    FleetReading *readingFor(const PrometheusSeries &series);
    void takeSuccess(const PrometheusSeries &series);
    void takeUp(const PrometheusSeries &series);
    void takeLatency(const PrometheusSeries &series);
    void takeMedian(const PrometheusSeries &series);
    void take95(const PrometheusSeries &series);
    void takeUptime(const PrometheusSeries &series);
    void takeCount(const PrometheusSeries &series);
    void takeCertificate(const PrometheusSeries &series);
    void takeStatus(const PrometheusSeries &series);
    void judge(const FleetMonitor &monitor, FleetReading *reading) const;

    const QString m_workspace;
    QMap<Milliseconds, QString> m_jobs; ///< interval to job
    const QList<FleetMonitor> m_monitors;
    QMap<QString, qsizetype> m_places; ///< monitor id to place
    const Milliseconds m_window;
    PrometheusClient m_client;
    FleetState m_state;
    QMap<QString, QList<PrometheusPoint>> m_successes; ///< by monitor id
    QMap<QString, double> m_exporterUp;
    Instant m_askedAt{};
    double m_now = 0;
    int m_missing = 0;
    bool m_running = false;
};

/// As `fleet status --format json` prints it: schema fleet-status.
[[nodiscard]] QJsonObject fleetStatusToJson(const FleetState &state);

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::FleetState)
