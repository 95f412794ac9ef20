// SPDX-License-Identifier: GPL-3.0-or-later
// What follows from the answers to a CORS check.
#include "models/environment/corscheck.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

OriginFinding finding(const char *id, Severity severity, const QString &subject, const QString &message,
                      const char *hint)
{
    return {s(id), severity, subject, message, s(hint), {}};
}

const CorsProbe *probeOf(const CorsReport &report, CorsProbe::Kind kind)
{
    const auto found = std::find_if(report.probes.cbegin(), report.probes.cend(),
                                    [kind](const CorsProbe &probe) { return probe.kind == kind && probe.measured; });
    return found == report.probes.cend() ? nullptr : &*found;
}

/// Who else gets the answers; true where that is everybody.
bool judgeEverybody(const CorsReport &report, QList<OriginFinding> &findings)
{
    const CorsProbe *foreign = probeOf(report, CorsProbe::Kind::Foreign);
    if (!foreign || !foreign->accepted)
        return false;
    if (foreign->credentials)
        findings.append(
            finding("cors/any-origin-credentials", Severity::Error, foreign->origin,
                    s("every origin is answered with its own name and with credentials: any site can act "
                      "for a user who is logged in"),
                    "list the frontends' origins; in Starlette \"*\" with allow_credentials=True does this"));
    else
        findings.append(finding("cors/any-origin", Severity::Note, foreign->origin,
                                foreign->star ? s("* lets every page read the answers, without cookies")
                                              : s("every origin may read the answers, without cookies"),
                                "right for a public API; else list the frontends' origins"));
    return true;
}

struct Trick
{
    CorsProbe::Kind kind;
    const char *id;
    const char *message; ///< %1: the origin taken
    const char *hint;
};

const Trick tricks[] = {
    {CorsProbe::Kind::Suffix, "cors/suffix", "%1 is taken: the end of the origin is not looked at",
     "compare the whole text, or end the expression with $"},
    {CorsProbe::Kind::Prefix, "cors/prefix", "%1 is taken: the comparison begins inside the name",
     "compare the whole text, or write the dot before the domain"},
    {CorsProbe::Kind::Dot, "cors/dot", "%1 is taken: somebody else's domain that reads alike",
     "write \\. for a dot, and one before the domain"},
    {CorsProbe::Kind::Neighbour, "cors/neighbour", "%1 is taken: everybody's site on a shared suffix is",
     "the project's own host by name, or an expression that begins with it"},
    {CorsProbe::Kind::Insecure, "cors/insecure-origin",
     "%1 is taken: whoever is on a visitor's network can put scripts into that page", "https:// only"},
};

void judgeTricks(const CorsReport &report, QList<OriginFinding> &findings)
{
    for (const CorsProbe &probe : report.probes) {
        const auto trick = std::find_if(std::begin(tricks), std::end(tricks),
                                        [&](const Trick &one) { return one.kind == probe.kind; });
        if (trick == std::end(tricks) || !probe.accepted || probe.star)
            continue;
        const bool told = std::any_of(findings.cbegin(), findings.cend(), [&](const OriginFinding &other) {
            return other.id == s(trick->id) && other.subject == probe.origin;
        });
        if (told)
            continue;
        // A name below the same domain is its owner's: nobody else has it, unless one of them is forgotten.
        const bool owners = !probe.anybody && probe.kind == CorsProbe::Kind::Prefix;
        const std::optional<Origin> taken = originOf(probe.origin);
        const QString message =
            owners && taken
                ? s("%1 is taken, as any name below %2 is").arg(probe.origin, registrableDomain(taken->host))
                : s(trick->message).arg(probe.origin);
        findings.append(finding(
            trick->id, probe.credentials && probe.anybody ? Severity::Error : Severity::Warning, probe.origin, message,
            owners ? "list the names: a forgotten one that somebody else takes over is enough" : trick->hint));
    }
}

void judgeNull(const CorsReport &report, QList<OriginFinding> &findings)
{
    const CorsProbe *null = probeOf(report, CorsProbe::Kind::Null);
    if (null && null->accepted && !null->star)
        findings.append(finding("cors/null-origin", null->credentials ? Severity::Error : Severity::Warning, s("null"),
                                s("null is taken: every sandboxed frame has that origin, so any site can have it"),
                                "take it out of the list"));
}

/// A cache that does not know that the answer depends on Origin gives one origin's to another.
void judgeVary(const CorsReport &report, QList<OriginFinding> &findings)
{
    const CorsProbe *foreign = probeOf(report, CorsProbe::Kind::Foreign);
    if (!foreign || foreign->step.method == "OPTIONS")
        return;
    const auto other = headerValue(foreign->step.headers, "access-control-allow-origin");
    for (const CorsOutcome &outcome : report.outcomes) {
        const auto own = headerValue(outcome.request.headers, "access-control-allow-origin");
        if (!own || *own == "*" || own == other || variesByOrigin(outcome.request.headers))
            continue;
        findings.append(finding("cors/vary", Severity::Warning, outcome.origin,
                                s("the answer depends on Origin and does not say so: a cache may give it to another"),
                                "Vary: Origin on every answer, also where the origin is refused"));
        return;
    }
}

void judgeMaxAge(const CorsReport &report, QList<OriginFinding> &findings)
{
    constexpr qint64 chromium = 7'200;
    constexpr qint64 firefox = 86'400;
    for (const CorsOutcome &outcome : report.outcomes) {
        if (outcome.preflight.status == 0 || outcome.verdict != CorsOutcome::Verdict::Allowed)
            continue;
        const std::optional<qint64> age = maxAge(outcome.preflight.headers);
        QString message;
        if (!age)
            message = s("without a valid Access-Control-Max-Age browsers keep a preflight for 5 s");
        else if (*age == 0)
            message = s("Access-Control-Max-Age: 0: every request has a preflight of its own");
        else if (*age > firefox)
            message = s("Access-Control-Max-Age: %1 is cut to 86400 by Firefox and to 7200 by Chromium").arg(*age);
        else if (*age > chromium)
            message = s("Access-Control-Max-Age: %1 is cut to 7200 by Chromium").arg(*age);
        if (!message.isEmpty())
            findings.append(finding("cors/max-age", Severity::Note, outcome.origin, message,
                                    "600 to 7200, short while a migration is under way"));
        return;
    }
}

void judgeOutcomes(const CorsReport &report, QList<OriginFinding> &findings)
{
    for (const CorsOutcome &outcome : report.outcomes) {
        if (!outcome.executed)
            continue;
        findings.append(finding("cors/executed", Severity::Note, outcome.origin,
                                s("the server has carried the %1 out (HTTP %2); CORS only keeps the page from reading "
                                  "the answer")
                                    .arg(QString::fromUtf8(outcome.method))
                                    .arg(outcome.request.status),
                                "what an origin may not do must be refused by the handler, not by CORS"));
        break;
    }
    const std::optional<Origin> target = originOf(report.options.url);
    // A backend on this computer will have another name when it matters.
    if (!report.options.credentials || !target || target->isLoopback())
        return;
    for (const QString &origin : report.options.origins) {
        if (std::optional<OriginFinding> cookies = crossSiteCookies(origin, report.options.url))
            findings.append(*std::move(cookies));
    }
}

// ---- sockets

struct SocketView
{
    QString name;
    QList<const SocketAttempt *> attempts;

    const SocketAttempt *of(SocketAttempt::Kind kind) const
    {
        const auto found = std::find_if(attempts.cbegin(), attempts.cend(), [kind](const SocketAttempt *attempt) {
            return attempt->kind == kind && attempt->measured;
        });
        return found == attempts.cend() ? nullptr : *found;
    }
};

QList<SocketView> viewsOf(const CorsReport &report)
{
    QList<SocketView> views;
    for (const SocketAttempt &attempt : report.sockets) {
        const QString name = attempt.path + (attempt.polling ? s(" (long polling)") : QString());
        const auto view =
            std::find_if(views.begin(), views.end(), [&](const SocketView &other) { return other.name == name; });
        if (view == views.end())
            views.append({name, {&attempt}});
        else
            view->attempts.append(&attempt);
    }
    return views;
}

void judgeSocket(const SocketView &view, QList<OriginFinding> &findings)
{
    const bool socketIo = view.attempts[0]->protocol.protocol == SocketProtocol::SocketIo;
    const bool polling = view.attempts[0]->polling;
    bool someTaken = false;
    for (const SocketAttempt *attempt : view.attempts)
        someTaken = someTaken || (attempt->measured && attempt->accepted);
    const SocketAttempt *none = view.of(SocketAttempt::Kind::None);
    for (const SocketAttempt *attempt : view.attempts) {
        if (attempt->kind != SocketAttempt::Kind::Given || !attempt->measured)
            continue;
        if (!someTaken) {
            findings.append(
                finding("socket/refuses-all", Severity::Error, view.name,
                        s("%1 refuses everybody, with an origin and without: %2").arg(view.name, attempt->reason),
                        "another path, or it wants a login: then nothing is known of its origins"));
            return;
        }
        if (!attempt->accepted)
            findings.append(finding("socket/origin-refused", Severity::Error, attempt->origin,
                                    s("%1 refuses %2: %3%4")
                                        .arg(view.name, attempt->origin, attempt->reason,
                                             none && none->accepted ? s("; without Origin it is taken") : QString()),
                                    socketIo ? "add it to cors_allowed_origins"
                                             : "add it to what the handler compares Origin with"));
        else if (polling && !attempt->readable)
            findings.append(finding("socket/polling-unreadable", Severity::Error, attempt->origin,
                                    s("%1 answers %2, but no page of it may read that").arg(view.name, attempt->origin),
                                    "add it to cors_allowed_origins"));
    }
    const SocketAttempt *foreign = view.of(SocketAttempt::Kind::Foreign);
    if (!foreign || !foreign->accepted || (polling && !foreign->readable))
        return;
    const QString message =
        polling
            ? s("%1 answers every origin%2").arg(view.name, foreign->credentials ? s(", with credentials") : QString())
            : s("%1 takes every origin").arg(view.name);
    findings.append(finding("socket/any-origin", Severity::Warning, view.name,
                            message + s(": where cookies tell who the user is, any site can open it as that user "
                                        "(cross-site WebSocket hijacking)"),
                            socketIo ? "list the frontends in cors_allowed_origins"
                                     : "compare Origin in the handler before accepting: CORS middleware does not see "
                                       "WebSockets"));
}

} // namespace

QList<OriginFinding> judgeReport(const CorsReport &report)
{
    QList<OriginFinding> findings;
    if (!judgeEverybody(report, findings)) {
        judgeTricks(report, findings);
        judgeNull(report, findings);
    }
    judgeVary(report, findings);
    judgeMaxAge(report, findings);
    judgeOutcomes(report, findings);
    for (const SocketView &view : viewsOf(report))
        judgeSocket(view, findings);
    return findings;
}

bool CorsReport::anyMeasured() const
{
    const auto answered = [](const CorsStep &step) { return step.status > 0; };
    return std::any_of(outcomes.cbegin(), outcomes.cend(),
                       [&](const CorsOutcome &one) { return answered(one.preflight) || answered(one.request); });
}

int CorsReport::exitStatus() const
{
    bool bad = std::any_of(findings.cbegin(), findings.cend(),
                           [](const OriginFinding &one) { return one.severity == Severity::Error; });
    bool unknown = false;
    for (const CorsOutcome &outcome : outcomes) {
        bad = bad || outcome.verdict == CorsOutcome::Verdict::Blocked;
        unknown = unknown || outcome.verdict == CorsOutcome::Verdict::Unknown;
    }
    for (const SocketAttempt &attempt : sockets)
        unknown = unknown || (attempt.kind == SocketAttempt::Kind::Given && !attempt.measured);
    return bad ? 1 : unknown ? 3 : 0;
}

} // namespace Switchyard
