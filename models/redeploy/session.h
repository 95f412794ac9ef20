// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/deploy/driver.h"
#include "models/realtime/clientpool.h"
#include "models/redeploy/event.h"
#include "models/redeploy/verdict.h"

#include <QObject>
#include <QPointer>

#include <memory>

namespace Switchyard {

/// What to watch and how long.
struct SessionPlan
{
    Workspace workspace; ///< thresholds, advisory gates, anchors
    Backend backend;
    Milliseconds baseline{10'000}; ///< at least 5 s
    Milliseconds settle{10'000};
    Milliseconds timeout{300'000};  ///< from the trigger; the session then ends as it stands
    Milliseconds openLimit{15'000}; ///< for the clients to be open before the baseline
    Milliseconds probeInterval{250};
    int clientsOverride = -1; ///< clients per socket, -1: as configured
    bool rehearsal = false;
    bool courseUnseen = false; ///< the driver starts the redeploy and sees no more of it; set by the session
    bool databases = true;     ///< look at the backend's databases too, those of `watch = false` excepted
    bool newcomers = true;     ///< a new connection every 500 ms, beside the clients that are held
    QString journalFolder;     ///< where the session's folder is made; empty: no journal
    QString caFile;
};

/// One watched redeploy: probe clients, health probes and the driver on one clock, journalled as it happens, judged at
/// the end (and on demand while it runs).
///
/// Thread: the one it is created on, with an event loop; nothing in it blocks. The driver is borrowed and must outlive
/// the session; the session does not shut it down.
class RedeploySession final : public QObject
{
    Q_OBJECT
public:
    enum class Phase
    {
        Preparing,
        Baseline,
        Triggered,
        Draining,
        Down,
        Starting,
        Recovered,
        Settled,
        Ended
    };

    RedeploySession(SessionPlan plan, DeployDriver *driver, QObject *parent = nullptr);
    ~RedeploySession() override;

    /// Prepares the driver, opens the clients, and goes on by itself. Answers with failed() when it cannot begin
    /// (bad address, journal folder, driver), else in the end with finished().
    void start();

    /// Ends it early: the record stays, `complete` is false, finished() follows within about a second.
    void interrupt(const QString &reason = QStringLiteral("interrupted"));

    Phase phase() const;
    static QString phaseName(Phase phase);
    const SessionRecord &record() const;
    /// The journal's folder; empty where none is kept.
    QString folder() const;
    /// Milliseconds since the session's origin.
    double elapsedMs() const;
    /// Client states right now, per socket.
    QList<SocketSnapshot> snapshots() const;

Q_SIGNALS:
    void phaseChanged(Switchyard::RedeploySession::Phase phase);
    /// New events, in batches of at most fifty a second.
    void eventsAppended(const QList<Switchyard::Event> &events);
    void snapshotsChanged();
    void failed(const Switchyard::Error &error);
    void finished(const Switchyard::Verdict &verdict);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::Verdict)
