// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/clockwatch.h"
#include "models/health/deploywindows.h"
#include "models/health/healthfigures.h"
#include "models/health/monitortracker.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

namespace Switchyard {

class NetworkControl;
class Prober;

/// One monitor as it stands now. A value type: readers copy what they need.
struct MonitorRecord
{
    explicit MonitorRecord(const Monitor &of)
        : monitor(of)
        , tracker(of)
    {
    }

    Monitor monitor;
    MonitorTracker tracker;
    QList<HealthPoint> points;       ///< the last ones, oldest first, at most MonitorSet::keptPoints
    QList<StateInterval> intervals;  ///< the finished ones that the points reach back to, oldest first
    std::optional<ProbeSample> last; ///< without its body
    QList<ProbeSample> failures;     ///< the last MonitorSet::keptFailures, without bodies
    quint64 warmed = 0;              ///< requests sent to keep it awake
    QList<ProbeSample> held;         ///< failures that wait for word from this machine's own network

    /// Over the points that are kept, or since `from` where that is later. `now` ends the window.
    HealthFigures figures(Instant from, Instant now) const;
    /// The state now and since, as an interval that ends at `now`.
    QList<StateInterval> intervalsUntil(Instant now) const;
};

/// All monitors of a workspace: probes each at its fixed rate, spread over its interval, and keeps their states.
///
/// A failure that might be this machine's own is held until an anchor has answered or failed after it: where all
/// anchors that ever answered are silent, the target is unknown, not down. Loopback targets need no network. A machine
/// that slept, or a set that was stopped, leaves unknown behind.
///
/// Thread: create, call and destroy it on one thread with an event loop; nothing here blocks.
class MonitorSet final : public QObject
{
    Q_OBJECT
public:
    static constexpr qsizetype keptPoints = 600;
    static constexpr qsizetype keptFailures = 10;

    /// `anchors`: "host:port"; empty: the default gateway.
    explicit MonitorSet(QStringList anchors = {}, QObject *parent = nullptr);
    ~MonitorSet() override;

    /// What one whose id is known already has measured stays. Begins to probe the new ones where the set runs.
    void setMonitors(const QList<Monitor> &monitors);
    /// For those that wait for their secret: with it, or with the problem why there is none. Others stay as they are.
    void settle(const QList<Monitor> &monitors);
    void setDeployWindows(DeployWindows windows);
    /// A deploy of the group began or ended: failures until then, and for each monitor's grace after it, alert nobody.
    void deployBegan(const QString &group);
    void deployEnded(const QString &group);

    void start();
    /// What is measured stays, and is unknown from now on, with that cause.
    void stop(const QString &cause = QStringLiteral("monitoring was stopped"));
    bool isRunning() const { return m_running; }

    /// A paused one is not probed, and its time is in no figure. Unknown ids do nothing.
    void setPaused(const QString &id, bool paused);
    void probeNow(const QString &id);
    void probeAllNow();

    /// A group that something else measures now (a session) is not probed; its samples come by take().
    void setBorrowed(const QString &group, bool borrowed);
    void take(const QList<ProbeSample> &samples);

    int count() const { return int(m_records.size()); }
    const MonitorRecord &record(int index) const { return *m_records[size_t(index)]; }
    /// -1: none of that id.
    int indexOf(const QString &id) const { return m_index.value(id, -1); }
    /// Empty: this machine's network is not watched, or answers.
    QString ownNetworkFault() const;
    /// How many probes of it were due.
    quint64 dueCount(const QString &id) const;

Q_SIGNALS:
    /// At most ten times a second, each index once.
    void changed(const QList<int> &indices);
    /// Also with from == to, where a deploy window ends and what it kept silent about still holds.
    void stateChanged(const Switchyard::MonitorTransition &transition);
    /// Every sample that counted, for the history; `state` is what the monitor is after it.
    void sampleTaken(int index, const Switchyard::ProbeSample &sample, Switchyard::MonitorState state);
    /// This machine slept, its clock was set, its network failed or came back.
    void noticed(const QString &kind, const QString &text);

private:
    void schedule(int index);
    void takeOne(int index, const ProbeSample &sample);
    void count(int index, const ProbeSample &sample, bool ownFault);
    bool mustWait(const MonitorRecord &record, const ProbeSample &sample) const;
    void releaseHeld();
    void anchorSpoke(const QString &anchor, Instant at, bool ok);
    bool isOwnFault(const ProbeSample &sample) const;
    void tick();
    void announceEndedWindows();
    void tell(int index, std::optional<MonitorTransition> transition);
    void noteChanged(int index);
    void watchNetwork();

    /// When this machine reached nobody: from the last answer of any anchor to the next one, or still.
    struct NetworkFault
    {
        Instant from{};
        std::optional<Instant> to;
    };
    QStringList m_anchorNames;
    QHash<QString, bool> m_anchorAnswers; ///< the last word of each that ever answered, or was named by the workspace
    NetworkControl *m_network = nullptr;
    std::optional<NetworkFault> m_fault; ///< the last one
    Instant m_anchorAnswered{};          ///< the last answer of any
    Instant m_anchorHeard{};             ///< the last answer or failure of any

    std::unique_ptr<Prober> m_prober;
    std::vector<std::unique_ptr<MonitorRecord>> m_records;
    QHash<QString, int> m_index;
    QHash<QString, int> m_warmIndex; ///< by the id of the requests that only keep it awake
    QSet<QString> m_borrowed;
    DeployWindows m_windows;
    QHash<int, MonitorTransition> m_silenced; ///< bad states that began in a deploy window
    ClockWatch m_clock;
    QTimer m_tick, m_announce;
    QSet<int> m_dirty;
    bool m_running = false;
};

} // namespace Switchyard
