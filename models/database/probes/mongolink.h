// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/secret.h"
#include "models/database/base/deadline.h"
#include "models/database/base/reach.h"

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>

namespace Switchyard {

/// Who logs in. Without a user nobody does.
struct MongoLogin
{
    QString user;
    Secret password;
    QString source;    ///< the database that the user is looked up in: "admin"
    QString mechanism; ///< "SCRAM-SHA-1", "SCRAM-SHA-256"; empty: the best one that the server has for the user
};

/// One answer to a command.
struct MongoReply
{
    ReachFailure failure = ReachFailure::None; ///< of the connection
    int code = 0;                              ///< of the server's refusal
    QByteArray codeName;                       ///< "Unauthorized"; many servers leave it out
    QByteArray message;                        ///< of the refusal, or of libmongoc: pass it through saidBy()
    bool login = false;                        ///< the login was refused, before the command
    QByteArray raw;                            ///< what came in place of an answer: at most 64 bytes
    QByteArray bson;                           ///< the answer's document, byte by byte
    double ms = 0;

    bool ok() const { return good; }
    /// The server said no; the connection is well.
    bool refused() const { return !good && failure == ReachFailure::None && (code != 0 || login); }
    bool unauthorised() const; ///< this user may not do it
    /// Relaxed extended JSON (MongoDB's specification of that name).
    QJsonObject json() const;

    bool good = false;
};

/// What a server says of itself before anybody logs in.
struct MongoHello
{
    enum class Role
    {
        Standalone,
        Primary,
        Secondary,
        Arbiter,
        Router, ///< mongos
        Ghost,  ///< of a replica set that was not initiated
        Other   ///< of a replica set, and neither: starts up, recovers, hidden
    };
    Role role = Role::Standalone;
    QString setName;
    QString me;        ///< its own name in the set: "db1.example.net:27017"
    QString primary;   ///< who it takes for the primary
    QStringList hosts; ///< all that clients may use, as they are to be called
    int wireVersion = 0;
    QStringList mechanisms; ///< that the user may log in by; empty: not told

    [[nodiscard]] static MongoHello of(const QJsonObject &answer);
};
QString mongoRoleName(MongoHello::Role role); ///< "primary", "router (mongos)", …

/// One connection to one MongoDB server by libmongoc: its single client over a connection of ours, so that it looks up
/// no name, connects nowhere by itself and starts no thread, and the deadline and its flag hold inside of its calls
/// too. Once a step failed on the wire, all later ones fail the same way. For one thread.
class MongoLink final
{
public:
    MongoLink();
    /// Connected, and with TLS already where there is to be any. `name` only stands in messages.
    MongoLink(ProbeLink link, const QString &name, const MongoLogin &login);
    ~MongoLink(); ///< tells the server, without waiting for an answer
    MongoLink(MongoLink &&) noexcept;
    MongoLink &operator=(MongoLink &&) noexcept;

    bool isOpen() const;

    /// Nobody logs in for that. An answer that libmongoc will not work with (too old, too new) is a refusal.
    [[nodiscard]] MongoReply hello(const Deadline &deadline);

    /// The command in JSON or extended JSON, its name first: {"find": "orders", "limit": 1}. The first one logs in.
    [[nodiscard]] MongoReply run(const QString &database, const QByteArray &command, const Deadline &deadline);
    /// The command as bytes of BSON: for values that came from a server, and are to go back as they are.
    [[nodiscard]] MongoReply runBson(const QString &database, const QByteArray &command, const Deadline &deadline);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace Switchyard
