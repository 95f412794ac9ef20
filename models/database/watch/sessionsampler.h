// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/database/base/deadline.h"
#include "models/database/watch/connectioncount.h"
#include "models/workspace/workspace.h"

#include <QObject>
#include <QSet>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace Switchyard {

/// One look at a database while a redeploy runs.
struct DatabaseLook
{
    enum class Kind
    {
        Query,   ///< on the connection that is kept
        Connect, ///< a newcomer: names, TCP, TLS and login, then it leaves
        Skipped  ///< this database is not looked at: `problem` says why
    };
    QString database; ///< its name in the workspace
    Kind kind = Kind::Query;
    Instant at{}; ///< when the answer was there, on the thread that got it
    bool ok = false;
    double ms = 0;
    QString server; ///< "postgresql", "redis", "mongodb"; empty: the string could not be read
    /// Where not ok: "full" (no connection was free: SQLSTATE 53300, maxclients), "unreachable" (names, TCP, tunnel),
    /// "tls", "login", "timeout", "query", "string" (there is none that can be read).
    QString cause;
    QString problem; ///< in words; no secret
    ConnectionCount connections;
};

struct SessionSamplerOptions
{
    Milliseconds queryEvery{1'000};
    Milliseconds connectEvery{5'000};
    Milliseconds queryLimit{3'000}; ///< for one question
    Milliseconds connectLimit{5'000};
    QString caFile;
    QString resolver; ///< "127.0.0.1:5353"; empty: the system's
};

/// Looks at databases once a second while a session runs: one kept connection each, and every few seconds a newcomer to
/// see who still gets in. On threads of its own, two a database; only reads. A database that is gone is tried again at
/// every look.
///
/// Not looked at are SQLite (a file has no connections), Upstash's REST interface, and those whose bill begins with a
/// login or counts commands (pollingCost()), unless the workspace says `watch = true`; and those of `watch = false`.
///
/// Thread: the one it is made on, with an event loop: its signals come there. Nothing waits but the destructor, for as
/// long as a cancelled step needs (50 ms; a keychain that asks a person as long as that takes).
class SessionSampler final : public QObject
{
    Q_OBJECT
public:
    SessionSampler(const QList<DatabaseEndpoint> &databases, const SessionSamplerOptions &options,
                   QObject *parent = nullptr);
    ~SessionSampler() override;

    void start();
    /// At once: nothing that has not been told is told any more. The connections end within 50 ms.
    void stop();
    /// Each has been looked at once, or was left out.
    bool isReady() const { return m_waitedFor.isEmpty(); }
    /// Those that have not answered yet, neither well nor badly.
    QStringList waitedFor() const { return m_waitedFor.values(); }

Q_SIGNALS:
    void looked(const Switchyard::DatabaseLook &look);

private:
    void watch(const DatabaseEndpoint &endpoint);
    void keep(class SessionLink &link, const QString &name, const QString &server);
    void tell(DatabaseLook look);
    bool pauseUntil(Instant next); ///< false: it is over

    const QList<DatabaseEndpoint> m_databases;
    const SessionSamplerOptions m_options;
    QSet<QString> m_waitedFor;
    bool m_over = false; ///< of the owner's thread
    CancelFlag m_cancelled;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::vector<std::thread> m_threads;
};

/// Which of them a session looks at unless it is told otherwise: not those of `watch = false`.
[[nodiscard]] QList<DatabaseEndpoint> sampledDatabases(const QList<DatabaseEndpoint> &databases);
/// Why a session of that backend has no database to look at, a sentence for people; empty: it has one.
[[nodiscard]] QString noSampledDatabase(const Backend &backend);

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::DatabaseLook)
