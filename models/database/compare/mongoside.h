// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/base/deadline.h"
#include "models/database/compare/compare.h"
#include "models/database/compare/mongovalues.h"
#include "models/database/probes/mongoopen.h"

#include <QHash>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace Switchyard {

/// A command in extended JSON, or as bytes of BSON.
struct MongoCommand
{
    MongoCommand(const QByteArray &json)
        : text(json)
    {
    }
    static MongoCommand ofBson(const QByteArray &bytes)
    {
        MongoCommand command(bytes);
        command.isBson = true;
        return command;
    }
    QByteArray text;
    bool isBson = false;
};

/// How a command or a cursor ended.
struct MongoOutcome
{
    bool ok = false;
    bool late = false;         ///< the time limit of one collection
    bool unauthorised = false; ///< this user may not
    bool refused = false;      ///< by the server, and the connection is well
    bool stopped = false;      ///< by the reader; it is ok
    QString why;               ///< in words, where not ok
};

/// What was written since the server started, as far as it says.
struct MongoWrites
{
    enum class Source
    {
        None,
        Top,     ///< by collection
        Counters ///< of the whole server
    };
    Source source = Source::None;
    bool mayNot = false;                ///< it would tell another user
    QHash<QString, qint64> collections; ///< of the database that is compared
    qint64 all = 0;
};

/// One side: several connections to one server. MongoDB has no snapshot that other connections could share, so that
/// what is read later may be newer. read() and ask() are for the thread that has the link; the rest for the one that
/// compares.
class MongoSide final
{
public:
    MongoSide(const ConnectionString &connection, const CompareOptions &options, const Deadline &deadline,
              CompareSide &side);

    /// Opens, logs in, asks for the version and for what was written so far. False: the side's error says why.
    bool open();
    /// Further connections to the same server. None is no failure: the side tells how many there are.
    void openOthers();
    /// Says what was written meanwhile, and closes.
    void finish();
    void close() { m_links.clear(); }

    const QString &database() const { return m_database; }
    const MongoOpened &opened() const { return m_opened; }
    const QString &version() const { return m_version; } ///< "7.0.12"; empty: not told
    const QString &feature() const { return m_feature; } ///< featureCompatibilityVersion; empty: not told
    QStringList notes;

    MongoLink &link(size_t index) { return *m_links[index]; }
    size_t links() const { return m_links.size(); }
    bool isLost() const { return m_lost.load(); }
    /// Why nothing more is to be had; empty: it is.
    QString endReason() const;
    /// Until when one collection may take.
    Deadline budget() const { return m_deadline.part(m_options.countTimeout); }

    /// One command in the database that is compared.
    MongoOutcome ask(MongoLink &link, const MongoCommand &command, const Deadline &budget,
                     QByteArray *answer = nullptr);
    /// All of a cursor. `take` gets each batch, and may end it. The server's own limit goes into the command:
    /// maxTime().
    MongoOutcome read(MongoLink &link, const MongoCommand &command, const Deadline &budget,
                      const std::function<bool(const MongoBatch &)> &take);
    static QByteArray maxTime(const Deadline &budget); ///< "\"maxTimeMS\": 30000"

    /// Jobs 0 to `count` - 1 in turn on threads, one a connection; blocks until they have ended.
    void run(qsizetype count, const std::function<void(MongoLink &, qsizetype)> &job);
    /// A link that broke is opened anew, so that a batch that came too slowly costs its own collection only. Where that
    /// fails, the side is lost.
    void mindLink(MongoLink &link);

    /// Whether the server itself tells of writes; else collectionWrites() may.
    bool knowsWrites() const { return m_before.source != MongoWrites::Source::None; }
    /// Writes to one collection since the server started, and its number of documents by the metadata; nothing: not
    /// told.
    struct Statistics
    {
        std::optional<qint64> writes, estimate;
    };
    Statistics statistics(MongoLink &link, const QString &collection);
    void noteWritten(const QString &collection); ///< for any thread

private:
    MongoReply send(MongoLink &link, const QString &database, const MongoCommand &command,
                    const Deadline &budget) const;
    MongoOutcome outcome(const MongoReply &reply) const;
    MongoWrites readWrites(MongoLink &link) const;
    void readVersion(MongoLink &link);
    void lose(const QString &why);

    const ConnectionString &m_connection;
    const CompareOptions &m_options;
    const Deadline &m_deadline;
    CompareSide &m_side;
    QString m_database, m_version, m_feature;
    MongoOpened m_opened;
    std::vector<std::unique_ptr<MongoLink>> m_links;
    MongoWrites m_before;
    std::atomic<bool> m_lost{false};
    std::atomic<bool> m_statistics{true}; ///< not refused yet
    std::mutex m_mutex;                   ///< of the side's error and written tables
};

/// A name as a string of JSON.
QByteArray mongoQuoted(const QString &name);

} // namespace Switchyard
