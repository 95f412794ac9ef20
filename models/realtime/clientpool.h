// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/clientevent.h"
#include "models/realtime/sockettarget.h"

#include <QObject>

#include <memory>

namespace Switchyard {

/// Holds the probe clients of any number of sockets on one I/O thread of its own.
///
/// Thread: create, call and destroy it on one thread with an event loop; the signals come there. Events carry the time
/// at which they happened in the I/O thread, so that their delivery in batches (every 20 ms) loses nothing.
/// Destruction drops every connection at once, without close frames; call stop() first and wait for `stopped` where
/// the backend should see an orderly end.
class ClientPool final : public QObject
{
    Q_OBJECT
public:
    explicit ClientPool(QObject *parent = nullptr);
    ~ClientPool() override;

    /// Adds a socket; its index is what events and snapshots carry. Errors: usage (bad address, 0 to 20,000 clients),
    /// tls (certificate bundle), io (more sockets than the descriptor limit allows). Before start().
    [[nodiscard]] Result<int> addTarget(SocketTarget target);

    /// Starts every client; at most 200 new connections every 10 ms, so that the accept queue of the backend is not
    /// what is measured.
    void start();

    /// Ends every connection with a close frame; `stopped` follows within about a second.
    void stop();

    int targetCount() const;
    const SocketTarget &target(int index) const;

    /// How often snapshots come, 100 ms to 10 s (default 250 ms).
    void setSnapshotInterval(Milliseconds interval);

Q_SIGNALS:
    void eventsReady(const QList<Switchyard::ClientEvent> &events);
    void snapshotsReady(const QList<Switchyard::SocketSnapshot> &snapshots);
    void stopped();

private:
    class Engine;
    std::unique_ptr<Engine> m_engine;
};

} // namespace Switchyard
