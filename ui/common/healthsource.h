// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/fleet/fleetreader.h"
#include "models/health/deploywindows.h"
#include "models/workspace/workspace.h"
#include "ui/common/theme.h"

#include <QJsonObject>
#include <QObject>

#include <memory>

namespace Switchyard {

class Alerter;
class FleetWatch;
class MonitorSet;
struct MonitorRecord;

/// Who measures the monitors of the open workspace: this machine, or the Prometheus server of [prometheus]. While it is
/// the server, nothing is probed from here (a session does what it does), and alerts follow what is read.
///
/// Thread: GUI; nothing in it blocks.
class HealthSource final : public QObject
{
    Q_OBJECT
public:
    enum class From
    {
        Here,
        Prometheus
    };

    explicit HealthSource(QObject *parent = nullptr);
    ~HealthSource() override;

    /// Takes the monitors of a workspace; both must live until close(). Nothing is measured before begin().
    void open(const Workspace &workspace, MonitorSet *own, Alerter *alerter);
    void begin();
    void close();

    /// There is a server to choose.
    bool isOffered() const { return m_workspace.prometheus.has_value(); }
    From from() const { return m_from; }
    bool isPrometheus() const { return m_from == From::Prometheus; }
    /// Remembered for this server.
    void choose(From from);
    /// "host:port" of the server, for people.
    QString host() const;
    /// nullptr unless it is the server.
    FleetWatch *watch() const { return m_watch.get(); }
    /// What is known of it now: unknown where the server does not answer, with when it was last heard of. Nothing where
    /// this machine measures, or nothing was read yet.
    std::optional<FleetReading> reading(const QString &monitorId) const;
    /// As livestate.h has them, from whoever measures.
    State stateOf(const MonitorRecord &record) const;
    QString wordOf(const MonitorRecord &record) const;
    QString causeOf(const MonitorRecord &record) const;
    std::optional<double> latencyMsOf(const MonitorRecord &record) const;
    std::optional<int> certificateDaysOf(const MonitorRecord &record) const;
    /// A measurement of it has come in.
    bool isKnown(const MonitorRecord &record) const;
    /// Begins and ends what alerts nobody, beside the windows of the workspace.
    void deployBegan(const QString &group);
    void deployEnded(const QString &group);

    /// What people chose, by server.
    QJsonObject saveState() const { return m_chosen; }
    void restoreState(const QJsonObject &state);

Q_SIGNALS:
    /// from() changed, or another workspace was opened.
    void changed();
    /// A reading came or failed.
    void readingsChanged();

private:
    struct Told
    {
        MonitorState state = MonitorState::Unknown;
        Instant since{};
    };
    From wanted() const;
    void apply();
    void takeReadings();
    void alertOf(const FleetReading &reading, qint64 nowMs);

    Workspace m_workspace;
    MonitorSet *m_own = nullptr;
    Alerter *m_alerter = nullptr;
    std::unique_ptr<FleetWatch> m_watch;
    From m_from = From::Here;
    bool m_begun = false;
    QJsonObject m_chosen;
    DeployWindows m_windows;
    QHash<QString, Told> m_told; ///< by monitor
};

/// In the window's own shapes and colours.
State shownState(const FleetReading &reading);

} // namespace Switchyard
