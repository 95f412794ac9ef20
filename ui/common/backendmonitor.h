// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/event.h"
#include "ui/common/livestate.h"

#include <QObject>
#include <QTimer>

namespace Switchyard {

class ClientPool;
class CountReader;
class Prober;

/// Watches one backend outside sessions: a pool of probe clients for the live counts and a prober for its health.
/// While a session runs it rests and shows what the session sees, so that nothing is probed twice.
///
/// Thread: GUI. changed() comes at most four times a second.
class BackendMonitor final : public QObject
{
    Q_OBJECT
public:
    explicit BackendMonitor(Backend backend, QObject *parent = nullptr);
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
    const QList<EndpointLive> &endpoints() const { return m_endpoints; }
    State state() const;
    /// Of the last good answer of its health endpoint; negative without one.
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
    void takeSample(const ProbeSample &sample);
    void noteRates();
    void announce();

    Backend m_backend;
    QList<SocketLive> m_sockets;
    QList<EndpointLive> m_endpoints;
    ClientPool *m_pool = nullptr;
    QList<int> m_poolPlaces; ///< index in the pool -> index in m_sockets
    Prober *m_prober = nullptr;
    CountReader *m_counts = nullptr;
    QTimer m_countTimer, m_rateTimer, m_announceTimer;
    bool m_running = false;
};

} // namespace Switchyard
