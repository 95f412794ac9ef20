// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/base/deadline.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <tl/expected.hpp>

#include <optional>

namespace Switchyard {

enum class ResolveFailure
{
    NoSuchName,   ///< NXDOMAIN
    NoRecord,     ///< the name exists, without a record of the type that was asked for
    ServerFailed, ///< SERVFAIL: often DNSSEC, or a delegation that leads nowhere
    Refused,      ///< the server does not answer questions of ours
    TimedOut,
    NoServer, ///< none is configured, or nobody listens there
    BadName,
    BadAnswer,
    BadResolver, ///< the option for the server is no address with a port
    SrvForeign,  ///< an SRV record leads out of the domain
    TxtSeveral,
    TxtForbidden, ///< the TXT record sets an option that it may not
    Cancelled
};
QString resolveFailureName(ResolveFailure failure); ///< "no-such-name", …

struct ResolveError
{
    ResolveFailure failure = ResolveFailure::BadAnswer;
    QString message;
    QString hint;
};

template <typename T>
using Resolved = tl::expected<T, ResolveError>;

struct ResolvedAddress
{
    QString text; ///< numeric
    bool ipv6 = false;
    bool operator==(const ResolvedAddress &) const = default;
};

struct SrvRecord
{
    QString host; ///< without the dot at its end
    int port = 0;
    int priority = 0;
    int weight = 0;
};

/// What a mongodb+srv name stands for.
struct SrvAnswer
{
    QList<SrvRecord> hosts; ///< by priority, then by weight
    QString txt;            ///< "authSource=admin&replicaSet=rs0"; empty: no TXT record
};

/// What Resolver takes for a server: "127.0.0.1:5353", "[::1]:53" or an address alone. A name is none.
bool isResolverAddress(const QString &text);

/// Asks for names by c-ares, so that a silent server holds nobody longer than the deadline: getaddrinfo() cannot be
/// given one. /etc/hosts counts, as everywhere else. Blocking; one for a thread.
class Resolver final
{
public:
    /// `server`: "127.0.0.1:5353", "[::1]:53", an address alone, or empty for the system's. It is then the only one
    /// asked, and /etc/hosts is not read.
    explicit Resolver(QString server = {})
        : m_server(std::move(server))
    {
    }

    /// IPv4 first: what is told is what most drivers would use. A numeric address is its own answer, without a
    /// question.
    Resolved<QList<ResolvedAddress>> addresses(const QString &host, const Deadline &deadline) const;

    /// Records as they stand, sorted. `name` is the whole: "_mongodb._tcp.cluster0.example.net".
    Resolved<QList<SrvRecord>> srv(const QString &name, const Deadline &deadline) const;

    /// Each record's strings joined; empty where there is none.
    Resolved<QStringList> txt(const QString &name, const Deadline &deadline) const;

    /// SRV and TXT by the rules of MongoDB's "Initial DNS Seedlist Discovery": every host shares the domain of the
    /// name, one TXT record at most, with authSource, replicaSet and loadBalanced only. What is wrong with the TXT
    /// record fails only after the SRV records are known to be right.
    Resolved<SrvAnswer> mongoSeedlist(const QString &host, const QString &service, const Deadline &deadline) const;

private:
    QString m_server;
};

} // namespace Switchyard
