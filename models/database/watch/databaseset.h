// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/probe.h"
#include "models/database/watch/pollingcost.h"
#include "models/platforms/platform.h"
#include "models/workspace/workspace.h"

#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace Switchyard {

class Tunnel;

/// One probe of one database, as it is remembered.
struct DatabasePoint
{
    qint64 wallMs = 0;
    StageStatus status = StageStatus::Skipped;
    std::optional<double> connectMs; ///< names, TCP, TLS and login together; nothing: it did not come so far
    std::optional<double> queryMs;
    std::optional<int> used; ///< connections in use
};

/// What is known of one database of the workspace.
struct DatabaseRecord
{
    static constexpr std::size_t keptPoints = 1'000;

    QString backend;
    QString role; ///< "source", "target" or empty
    bool production = false;
    DatabaseEndpoint endpoint;
    double limitMs = 0; ///< of the thresholds: what a query may take

    bool running = false; ///< a probe is on its way, or waits for a thread
    bool cancelling = false;
    bool reachOnly = false;                     ///< what runs, or ran last, asked for names, TCP and TLS only
    QList<StageResult> stages;                  ///< of the running probe, those that have ended
    std::optional<DatabaseReport> report;       ///< the last that was not cancelled
    qint64 probedWallMs = 0;                    ///< when it ended; 0: never
    std::optional<Error> error;                 ///< the last try found no string to probe
    std::optional<ConnectionString> connection; ///< as it was read last: without password and secrets
    std::optional<Milliseconds> polling;        ///< it is probed again and again
    bool pollReachOnly = false;
    std::deque<DatabasePoint> points; ///< the oldest first
    std::optional<int> sent;          ///< commands of the last probe that went as far as a query, else of the last

    QString key() const { return backend + QLatin1Char('/') + endpoint.name; }
    /// Of the history: "database:" and the key.
    QString series() const { return QStringLiteral("database:") + key(); }
    /// What the workspace asks for; nothing where it says "manual".
    std::optional<Milliseconds> wantedPolling() const;
    /// What one probe sends: of the last that was not cut short by a failure, if there was one; nothing where none has
    /// told.
    std::optional<int> commands() const { return sent; }
};

/// What is to be thought of a database, by its last probe.
enum class DatabaseState
{
    Unknown, ///< never probed, or its string could not be read
    Up,
    Reached, ///< names, TCP and TLS work, and nobody logged in
    Warned,  ///< a stage has a warning
    Wrong,   ///< it answers, although the string has an error
    Slow,    ///< the query took longer than the limit
    Failed
};
/// The stage at which the connection ended; the string's own errors only where nothing else failed. nullptr: none did.
[[nodiscard]] const StageResult *failedStage(const DatabaseReport &report);
[[nodiscard]] DatabaseState databaseState(const DatabaseRecord &record);
QString databaseStateName(DatabaseState state); ///< "up", "reached", "warning", "wrong string", "slow", …

/// Names, TCP, TLS and login together; nothing unless the login was reached.
[[nodiscard]] std::optional<double> connectMsOf(const DatabaseReport &report);
[[nodiscard]] std::optional<double> queryMsOf(const DatabaseReport &report);

/// The databases of the open workspace: probes them on threads of its own, at most 50 at once, when asked to, and again
/// and again only after startPolling(). Nothing is connected to by opening a workspace.
///
/// Thread: the one it is made on, with an event loop; nothing but the destructor waits, and that for as long as
/// cancelled probes need (50 ms; a keychain that asks a person as long as that takes). Ownership: the catalogue must
/// outlive it.
class DatabaseSet final : public QObject
{
    Q_OBJECT
public:
    DatabaseSet(const Workspace &workspace, const PlatformCatalogue *catalogue, QObject *parent = nullptr);
    ~DatabaseSet() override;

    int count() const { return int(m_entries.size()); }
    const DatabaseRecord &record(int index) const { return m_entries[std::size_t(index)]->record; }
    int indexOf(const QString &key) const; ///< -1: there is none

    /// Certificates to trust besides the system's, and the name server to ask; empty: the system's. For later probes.
    void setCaFile(const QString &file) { m_caFile = file; }
    void setResolver(const QString &resolver) { m_resolver = resolver; }
    void setTimeout(Milliseconds timeout) { m_timeout = timeout; }

    /// Does nothing while one runs.
    void probe(int index, bool reachOnly = false);
    void probeAll(bool reachOnly = false);
    void cancel(int index);
    void cancelAll();
    bool isBusy() const; ///< a probe that somebody asked for, or that was due, runs

    /// What polling would cost; nothing until the string has been read once, which prepareCost() does.
    std::optional<PollingCost> cost(int index, Milliseconds interval, bool reachOnly) const;
    /// Reads and judges the string without connecting; changed() tells when it is there.
    void prepareCost(int index);
    /// From now on, the first at once. At least a second.
    void startPolling(int index, Milliseconds interval, bool reachOnly = false);
    void stopPolling(int index);

Q_SIGNALS:
    void changed(int index);
    /// A probe went through, and was not cancelled.
    void probed(int index, const Switchyard::DatabasePoint &point);
    void busyChanged(bool busy);

private:
    struct Entry
    {
        DatabaseRecord record;
        LintContext context;
        CancelFlag cancelled;
        std::unique_ptr<QTimer> timer;
        std::shared_ptr<Tunnel> tunnel; ///< stays open from one polled probe to the next
        quint64 run = 0;                ///< counts them: an answer of an older one is dropped
        bool reading = false;
    };
    struct Outcome;

    void begin(Entry &entry, int index, bool reachOnly);
    void finish(int index, quint64 run, const Outcome &outcome);
    static void closeTunnel(std::shared_ptr<Tunnel> tunnel);
    void tellBusy();

    std::vector<std::unique_ptr<Entry>> m_entries;
    const PlatformCatalogue *m_catalogue;
    Thresholds m_thresholds;
    QString m_caFile, m_resolver;
    Milliseconds m_timeout{10'000};
    bool m_toldBusy = false;
    QThreadPool m_pool; ///< the last: its threads end before what they look at
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::DatabasePoint)
