// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/httpexchange.h"
#include "models/environment/origins.h"
#include "models/workspace/workspace.h"

#include <QJsonObject>

#include <functional>
#include <optional>
#include <stop_token>

namespace Switchyard {

/// A WebSocket or Socket.IO endpoint of the backend that is checked.
struct CheckedSocket
{
    QString path; ///< "/ws/prices", on the host and port of the URL
    NamedProtocol protocol;
};

struct CorsCheckOptions
{
    QString url;         ///< http or https, without credentials
    QStringList origins; ///< as browsers send them
    QList<QByteArray> methods{"GET"};
    QList<HeaderLine> headers; ///< resolved; an empty value: only its name is asked for
    bool credentials = false;
    QList<QByteArray> sendUnsafe; ///< of `methods`: those that are really sent, whatever they do there
    QList<CheckedSocket> sockets;
    Milliseconds timeout{10'000}; ///< for each request
    QString caFile;

    /// Errors (usage): what cannot be asked, with a hint.
    [[nodiscard]] Result<void> check() const;
};

/// One request and its answer, as far as a report may have it.
struct CorsStep
{
    bool sent = false;
    QByteArray method;
    int status = 0;
    QList<HeaderLine> headers; ///< Access-Control-*, Vary and Location; bounded, redacted
    QString failure;           ///< why there was no answer
    double ms = 0;
};

/// What a browser would do for a page of one origin and one method.
struct CorsOutcome
{
    enum class Verdict
    {
        Allowed,
        Blocked,
        Unknown ///< nothing was measured: no answer, or it was not sent
    };
    enum class At
    {
        None,
        SameOrigin, ///< no CORS at all
        MixedContent,
        Preflight,
        Request,
        Redirect
    };
    QString origin;
    QByteArray method;
    Verdict verdict = Verdict::Unknown;
    At at = At::None; ///< where it was decided
    QString reason;
    QString hint;
    bool preflightNeeded = false;
    CorsStep preflight;
    CorsStep request;
    bool executed = false; ///< blocked, and yet the server has carried the request out
};

/// An origin that nobody asked for, and whether the server takes it.
struct CorsProbe
{
    enum class Kind
    {
        Foreign,   ///< a site that has nothing to do with it
        Null,      ///< sandboxed frames and files
        Suffix,    ///< https://app.example.com.attacker.invalid
        Prefix,    ///< https://attackerapp.example.com
        Dot,       ///< https://appxexample.com
        Neighbour, ///< another project on the same shared suffix
        Insecure   ///< http:// of an https origin
    };
    Kind kind = Kind::Foreign;
    QString origin;
    QString of;          ///< the given origin that it was made from
    bool anybody = true; ///< whether somebody else can have it
    CorsStep step;
    bool measured = false;
    bool accepted = false;    ///< the answer names it, or *
    bool star = false;        ///< by *
    bool credentials = false; ///< and cookies with it
};
[[nodiscard]] QString probeKindName(CorsProbe::Kind kind);

/// One handshake, or long-polling request, with an origin or without.
struct SocketAttempt
{
    enum class Kind
    {
        Given,
        Foreign,
        None ///< no Origin header: a program, not a page
    };
    QString path;
    NamedProtocol protocol;
    bool polling = false;
    Kind kind = Kind::Given;
    QString origin;
    bool measured = false;
    bool accepted = false;
    int status = 0;
    QString reason; ///< of a refusal, or why nothing was measured
    double ms = 0;
    // Of long polling, which CORS rules:
    bool readable = false;    ///< a page of that origin may read the answer
    bool credentials = false; ///< with cookies
};

struct CorsReport
{
    CorsCheckOptions options;
    QList<CorsOutcome> outcomes;
    QList<CorsProbe> probes;
    QList<SocketAttempt> sockets;
    QList<OriginFinding> findings;
    bool interrupted = false;

    bool anyMeasured() const;
    /// 0: every given origin is allowed and no finding is an error; 1: not so; 3: something could not be measured, and
    /// what could be is good. The caller answers 130 where it was interrupted.
    int exitStatus() const;
};

/// The origins that a careless comparison with `origin` lets in.
[[nodiscard]] QList<CorsProbe> trickOrigins(const QString &origin);

/// Asks the server, and judges its answers by the Fetch standard. Blocks: call it on a worker thread; a stop gives what
/// there is by then. `progress` is called on that thread. Only GET, HEAD and OPTIONS are sent, but for what
/// `sendUnsafe` names (and the POST that closes a polling session of our own). Errors (usage): those of
/// CorsCheckOptions::check().
[[nodiscard]] Result<CorsReport> checkCors(const CorsCheckOptions &options,
                                           const std::function<void(const QString &)> &progress,
                                           const std::stop_token &stop);

/// The findings that follow from what was measured; checkCors() has called it.
[[nodiscard]] QList<OriginFinding> judgeReport(const CorsReport &report);

/// "switchyard.cors-check/1"
[[nodiscard]] QJsonObject corsReportToJson(const CorsReport &report);
[[nodiscard]] QString corsReportToText(const CorsReport &report);

/// Tries every socket with each origin, a foreign one and none. `address` is where the host was reached.
[[nodiscard]] QList<SocketAttempt> trySockets(const CorsCheckOptions &options, const QString &address,
                                              const std::stop_token &stop);

/// An origin that belongs to nobody (RFC 6761).
[[nodiscard]] QString foreignOrigin();

} // namespace Switchyard
