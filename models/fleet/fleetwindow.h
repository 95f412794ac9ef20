// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/fleet/fleetmonitor.h"
#include "models/fleet/prometheusclient.h"
#include "models/health/healthfigures.h"

#include <QMetaType>

namespace Switchyard {

/// What is asked about one monitor: a window of time, or the phases of one probe.
struct FleetQuestion
{
    QString monitorId;
    qint64 fromMs = 0, toMs = 0; ///< wall clock, from < to
    qsizetype single = 1'000;    ///< up to so many probes are given one by one, two series of them are asked
    int parts = 365;             ///< else at most so many parts, of which five series are asked
    bool isServerTime = false;   ///< else this machine's, as far as FleetWatch is asked
    bool onlyPhases = false;     ///< of the last probe up to `toMs`
    quint64 run = 0;             ///< comes back in the answer
};

/// What a Prometheus server knows of one monitor in one window. Either single probes, with figures by the monitor's
/// own rules, or parts; nothing stands where nothing was measured. Times are those of the server's clock.
struct FleetWindow
{
    struct Probe
    {
        qint64 atMs = 0;
        ProbeState state = ProbeState::Up;
        std::optional<double> ms; ///< nothing: it failed
    };
    struct Part
    {
        qint64 fromMs = 0, toMs = 0;
        std::optional<double> p50, p95, most; ///< of all probes, failed ones too
        qint64 count = 0, failed = 0;
    };

    FleetQuestion question;
    qint64 fromMs = 0, toMs = 0;
    qint64 holdMs = 0; ///< after so long without a probe nothing is known
    QList<Probe> probes;
    QList<Part> parts;
    QList<StateInterval> states;          ///< of single probes; Instant(Milliseconds(ms since 1970))
    std::optional<HealthFigures> figures; ///< of single probes
    /// Of parts: over the whole window, of all probes, failed ones too.
    std::optional<double> p50, p90, p95, p99, most;
    qint64 count = 0, failed = 0;
    ProbePhases phases; ///< of the last probe; empty: the server has none
    QStringList warnings;
    Error failure; ///< message empty: it answered

    bool answered() const { return failure.message.isEmpty(); }
    bool isEmpty() const { return count == 0; }
};

/// Sorts what the samples say by the rules of the monitor: the states, and the figures. Pure.
void judgeWindow(const FleetMonitor &monitor, FleetWindow *window);

/// How long a part is, so that there are at most `parts` and each holds a probe: whole seconds, not below the interval.
[[nodiscard]] Milliseconds fleetStep(Milliseconds window, Milliseconds interval, int parts);

/// Reads windows from a Prometheus server, with a handful of queries and at most some 2,000 points each.
/// Thread: the one it lives on, with an event loop; never blocks. Destruction cancels.
class FleetWindowReader final : public QObject
{
    Q_OBJECT
public:
    FleetWindowReader(QString workspace, PrometheusAccess access, QObject *parent = nullptr);

    /// Drops what is still read.
    void read(const FleetMonitor &monitor, const FleetQuestion &question);

Q_SIGNALS:
    void finished(const Switchyard::FleetWindow &window);

private:
    using Take = std::function<void(const PrometheusSeries &)>;

    void askPhases();
    void askProbes();
    void askParts();
    void askTotals();
    void ask(const QString &expression, Take take);
    void askParts(const QString &expression, Milliseconds step, Take take);
    void answered(const Result<PrometheusAnswer> &answer, const Take &take);
    void finish();

    const QString m_workspace;
    PrometheusClient m_client;
    FleetMonitor m_monitor;
    FleetWindow m_window;
    QString m_of;                        ///< the labels of its series
    QMap<qint64, double> m_good, m_took; ///< by the time of the probe
    int m_missing = 0;
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::FleetWindow)
