// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/event.h"
#include "ui/common/livestate.h"

#include <QObject>
#include <QTimer>

namespace Switchyard {

class ClientPool;
class CountReader;
class HealthSource;
class MonitorSet;

/// Watches one backend outside sessions: a pool of probe clients for the live counts, and its part of the workspace's
/// monitors. While a session runs it rests and shows what the session sees, so that nothing is probed twice.
///
/// Thread: GUI. changed() comes at most four times a second.
class BackendMonitor final : public QObject
{
    Q_OBJECT
public:
    /// `health`: the workspace's monitors, those of the backend are borrowed until start(); `source`: who measures
    /// them. Both must outlive it.
    BackendMonitor(Backend backend, MonitorSet *health, const HealthSource *source, QObject *parent = nullptr);
    ~BackendMonitor() override;

    const Backend &backend() const { return m_backend; }
    void start();
    /// Ends the live connections in order and probes no more; what was measured stays.
    void rest();
    /// Probes every health endpoint and reads the counts once, now.
    void probeNow();
    /// The session's figures take the place of the live ones.
    void takeSession(const QList<SocketSnapshot> &snapshots);
    void takeSession(const QList<Event> &events, qint64 originWallMs);

    const QList<SocketLive> &sockets() const { return m_sockets; }
    /// Its health endpoints in the order of the workspace. Valid as long as the set has the monitors it was made with.
    QList<const MonitorRecord *> endpoints() const;
    State state() const;
    /// Of the last probe of its health endpoint; negative without an answer.
    double latencyMs() const;
    int clientsOpen() const;
    int clientsAsked() const;
    /// What it says of the health is old: nothing was probed for a while.
    bool isStale() const;
    bool isRunning() const { return m_running; }

Q_SIGNALS:
    void changed();

private:
    void startSockets();
    void takeSnapshots(const QList<SocketSnapshot> &snapshots, const QList<int> &places, bool inSession);
    void noteRates();
    void announce();

    Backend m_backend;
    QList<SocketLive> m_sockets;
    ClientPool *m_pool = nullptr;
    QList<int> m_poolPlaces; ///< index in the pool -> index in m_sockets
    MonitorSet *m_health;
    const HealthSource *m_source;
    QList<int> m_places; ///< of its monitors in the set
    CountReader *m_counts = nullptr;
    QTimer m_countTimer, m_rateTimer, m_announceTimer;
    bool m_running = false;
};

} // namespace Switchyard
