// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The way to the servers that a MongoDB string stands for. Only mongoprobe.cpp needs it.

#include "models/database/probes/mongolink.h"
#include "models/database/probes/probekit.h"

#include <optional>
#include <vector>

namespace Switchyard {

/// One server: of the string, of its SRV records, or of the replica set's own list.
struct MongoMember
{
    ConnectionHost host;
    QString name;            ///< "db1.example.net:27017", or the socket; may be shown
    bool discovered = false; ///< the replica set names it, the string does not

    QList<ResolvedAddress> addresses;
    ProbeLink wire;   ///< until the link has it
    MongoLink link;   ///< after the hello
    MongoHello hello; ///< where `answered`
    bool answered = false;
    bool failed = false; ///< at the stage that was told
    QString problem;
    QString hint;

    bool isUsable() const { return answered && link.isOpen(); }
};

/// What the string and, for mongodb+srv, its TXT record say of the driver's ways.
struct MongoSettings
{
    QString replicaSet; ///< empty: not said
    MongoLogin login;
    QString otherMechanism;  ///< one that the probe does not log in by: "MONGODB-X509"; empty: none
    bool sourceSaid = false; ///< authSource stands in the string or in the TXT record
    bool direct = false;
    bool loadBalanced = false;
    QString readPreference;
};

/// Goes to all of them, a stage after the other, and ends the stages srv, dns, tcp and tls of the run.
class MongoWay final
{
public:
    explicit MongoWay(ProbeRun &run);

    /// Up to TLS. False: the run has ended.
    bool reach();
    /// Begins the stage "auth" and asks each who it is; then those that the replica set names too. False: the run has
    /// ended, nobody answered.
    bool greet();

    const MongoSettings &settings() const { return m_settings; }
    std::vector<MongoMember> &members() { return m_members; }

private:
    bool findHosts();
    void readOptions();
    bool resolveAll();
    bool connectAll();
    bool encryptAll();
    void discover();
    void visit(MongoMember &member, const Deadline &deadline);
    bool hello(MongoMember &member, const Deadline &deadline);
    void failHello(const MongoMember &first, const MongoReply &reply);

    bool resolve(MongoMember &member, const Deadline &deadline);
    bool connect(MongoMember &member, const Deadline &deadline);
    TlsSettings tlsOf(const MongoMember &member) const;
    bool usesTls(const MongoMember &member) const { return m_tls && member.host.socket.isEmpty(); }
    std::optional<ProbeLink> again(const MongoMember &member, const Deadline &deadline) const;
    bool speaksTls(const MongoMember &member) const;
    bool speaksPlain(const MongoMember &member) const;

    Deadline share(qsizetype done) const;
    bool isCancelled();
    /// Ends the stage that runs: `passed` in words, with those that failed in it.
    bool judge(const QStringList &passed, const std::vector<const MongoMember *> &failed);
    void add(const ConnectionHost &host, bool discovered);

    ProbeRun &m_run;
    MongoSettings m_settings;
    QString m_txt;
    bool m_tls = false;
    std::vector<MongoMember> m_members;
    MongoReply m_lastHello;
};

} // namespace Switchyard
