// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/base/deadline.h"
#include "models/database/base/resolve.h"

#include <QByteArray>
#include <QDateTime>
#include <QList>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>

struct ssl_st;

namespace Switchyard {

/// What the first bytes of a peer tell it to be: "HTTP", "SSH", "PostgreSQL", "Redis", "MySQL", "MongoDB", "TLS",
/// "SMTP", "FTP"; empty: they tell nothing.
QString recognisedPeer(const QByteArray &firstBytes);

/// Why a step on the wire failed.
enum class ReachFailure
{
    None,
    Refused,
    TimedOut,
    Cancelled,
    Unreachable, ///< no way to the network or the host
    Closed,      ///< the peer ended it
    Reset,
    Socket,            ///< a Unix socket that is not there, or that this user may not open
    NoTls,             ///< the peer speaks something, but not TLS
    TlsVersion,        ///< nothing in common, or older than drivers take
    TlsAlert,          ///< the peer refused our hello: no such SNI, no common cipher, …
    ClientCertificate, ///< the peer wants one of us
    Certificate,       ///< the chain does not hold: see the problem
    Name,              ///< the chain holds, and is for other names
    CaFile,            ///< our own file cannot be read
    Internal
};
QString reachFailureName(ReachFailure failure); ///< "refused", "timeout", …
/// What to do about it; empty where nothing is known.
QString reachHint(ReachFailure failure);

/// A TCP connection, or what became of each address.
struct TcpOutcome
{
    Descriptor descriptor; ///< non-blocking; open where it worked
    QString address;       ///< "192.0.2.1:5432", the one that answered; else the last one tried
    QStringList tried;     ///< "192.0.2.1:5432: connection refused" of those that failed
    double ms = 0;         ///< of the one that answered; else of all
    ReachFailure failure = ReachFailure::None;
    QString detail; ///< in words, either way
};

/// Each address in turn, inside the deadline: one that stays silent gets its share of what is left, no more.
[[nodiscard]] TcpOutcome connectTcp(const QList<ResolvedAddress> &addresses, int port, const Deadline &deadline);
/// A Unix socket.
[[nodiscard]] TcpOutcome connectSocket(const QString &path, const Deadline &deadline);

/// One certificate of the chain that the peer sent.
struct PeerCertificate
{
    QString subject;
    QString issuer;
    QStringList names;
    QDateTime notBefore, notAfter;
    int daysLeft = 0; ///< below zero: so long ago
    QString problem;  ///< why the chain fails at this one; empty: it does not
};

enum class TlsVerify
{
    None,  ///< encrypted only; the problem is told all the same
    Chain, ///< up to a root, whatever the name
    Full
};

struct TlsSettings
{
    QString host;   ///< for SNI and the check of the name; a numeric one is checked, and not sent
    QString caFile; ///< PEM; empty: the system's
    TlsVerify verify = TlsVerify::Full;
    bool sni = true;
};

/// What a handshake showed. The handshake goes on past a certificate that does not hold, so that all of it can be
/// told; `failure` says then that nothing may be sent.
struct TlsOutcome
{
    ReachFailure failure = ReachFailure::None;
    QString version; ///< "TLSv1.3"; empty: not agreed on
    QString cipher;
    QString serverName; ///< the SNI that was sent; empty: none
    QList<PeerCertificate> chain;
    QString problem; ///< of the chain or the name, also where it was not to be verified; empty: it holds
    bool asksForCertificate = false; ///< the peer would like one of us
    QString peer;                    ///< recognisedPeer() of what came in place of TLS
    QString detail;                  ///< in words, either way
    QString hint;
    double ms = 0;

    bool ok() const { return failure == ReachFailure::None; }
    std::optional<int> daysLeft() const { return chain.isEmpty() ? std::nullopt : std::optional(chain[0].daysLeft); }
};

/// How a read or write ended.
struct LinkResult
{
    ReachFailure failure = ReachFailure::None;
    QByteArray bytes;
    bool ok() const { return failure == ReachFailure::None; }
};

/// A connection, plain or with TLS on the same descriptor, with a deadline on each step. It closes what it holds; no
/// signal is raised by a peer that is gone. For the probing thread.
class ProbeLink final
{
public:
    ProbeLink();
    explicit ProbeLink(Descriptor descriptor);
    ~ProbeLink();
    ProbeLink(ProbeLink &&) noexcept;
    ProbeLink &operator=(ProbeLink &&) noexcept;

    bool isOpen() const;
    bool isTls() const;
    int descriptor() const;
    ssl_st *ssl() const; ///< nullptr without TLS

    [[nodiscard]] TlsOutcome startTls(const TlsSettings &settings, const Deadline &deadline);

    /// All of it.
    [[nodiscard]] LinkResult send(const QByteArray &bytes, const Deadline &deadline);
    /// What is there, at least one byte. `Closed` at the end.
    [[nodiscard]] LinkResult receive(const Deadline &deadline, int most = 16 * 1024);

    /// Says goodbye where that does not wait, and closes.
    void close();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// "CN=db.example.com (db.example.com, www.example.com), until 2027-01-01, 41 days": for a stage's detail.
QString certificateText(const PeerCertificate &certificate);

} // namespace Switchyard
