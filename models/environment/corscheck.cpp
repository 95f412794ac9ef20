// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/corscheck.h"

#include "models/common/redact.h"

#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

constexpr qsizetype mostOrigins = 50;
constexpr int mostRedirects = 5;
constexpr Milliseconds shortestTimeout{10};
constexpr Milliseconds longestTimeout{5 * 60'000};
/// Older Starlette answers * to a request without cookies and the asking origin to one with: what a logged-in user's
/// browser would get is seen only with some cookie.
constexpr char cookie[] = "switchyard-check=1";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool isToken(const QByteArray &text)
{
    static const QByteArray marks("!#$%&'*+-.^_`|~");
    return !text.isEmpty() && std::all_of(text.cbegin(), text.cend(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.contains(c);
    });
}

bool isSafe(const QByteArray &method)
{
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// What a report may hold of an answer's headers.
QList<HeaderLine> kept(const QList<HeaderLine> &headers)
{
    constexpr qsizetype longest = 300;
    constexpr qsizetype most = 40;
    QList<HeaderLine> result;
    for (const HeaderLine &line : headers) {
        const QByteArray name = line.first.toLower();
        if (result.size() < most && (name.startsWith("access-control-") || name == "vary" || name == "location"))
            result.append(HeaderLine{name.left(80), redact(QString::fromUtf8(line.second.left(longest))).toUtf8()});
    }
    return result;
}

CorsStep stepFrom(const ExchangeRequest &request, const ExchangeAnswer &answer)
{
    CorsStep step;
    step.sent = true;
    step.method = request.method;
    step.status = answer.status;
    step.headers = kept(answer.headers);
    step.failure = answer.answered() ? QString() : answer.failure.message;
    step.ms = answer.ms;
    return step;
}

ExchangeRequest preflightFor(const CorsRequest &request, const QString &url)
{
    ExchangeRequest preflight;
    preflight.url = url;
    preflight.method = "OPTIONS";
    preflight.headers = {{"Origin", request.origin.toUtf8()}, {"Access-Control-Request-Method", request.method}};
    if (const QByteArray names = requestHeadersLine(request.headers); !names.isEmpty())
        preflight.headers.append(HeaderLine("Access-Control-Request-Headers", names));
    return preflight;
}

ExchangeRequest requestFor(const CorsRequest &request, const QString &url)
{
    ExchangeRequest real;
    real.url = url;
    real.method = request.method;
    real.headers = {{"Origin", request.origin.toUtf8()}};
    for (const HeaderLine &line : request.headers) {
        if (!line.second.isEmpty())
            real.headers.append(line);
    }
    if (request.credentials)
        real.headers.append(HeaderLine("Cookie", cookie));
    return real;
}

bool isRedirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// One check from beginning to end.
class Check final
{
public:
    Check(const CorsCheckOptions &options, const std::function<void(const QString &)> &progress,
          const std::stop_token &stop)
        : m_options(options)
        , m_progress(progress)
        , m_stop(stop)
    {
        m_report.options = options;
    }

    CorsReport run()
    {
        tell(s("asking as %1").arg(m_options.origins.join(s(", "))));
        begin();
        preflights();
        requests();
        for (CorsOutcome &outcome : m_report.outcomes)
            followRedirects(outcome);
        const bool reached = m_report.anyMeasured();
        if (reached && !m_stop.stop_requested())
            probes();
        if (!m_options.sockets.isEmpty() && !m_stop.stop_requested()) {
            tell(s("trying %1 sockets").arg(m_options.sockets.size()));
            m_report.sockets = trySockets(m_options, m_address, m_stop);
        }
        m_report.interrupted = m_stop.stop_requested();
        m_report.findings = judgeReport(m_report);
        m_report.findings += m_cookieFindings;
        return std::move(m_report);
    }

private:
    void tell(const QString &text) const
    {
        if (m_progress)
            m_progress(redact(text));
    }

    CorsRequest asked(const CorsOutcome &outcome) const
    {
        return {outcome.origin, outcome.method, m_options.headers, m_options.credentials};
    }

    QList<ExchangeAnswer> ask(const QList<ExchangeRequest> &requests)
    {
        const QList<ExchangeAnswer> answers = exchange(requests, {m_options.timeout, m_options.caFile}, m_stop);
        for (const ExchangeAnswer &answer : answers) {
            if (answer.answered() && m_address.isEmpty())
                m_address = answer.address;
        }
        return answers;
    }

    static void decide(CorsOutcome &outcome, CorsOutcome::Verdict verdict, CorsOutcome::At at,
                       const QString &reason = {}, const QString &hint = {})
    {
        outcome.verdict = verdict;
        outcome.at = at;
        outcome.reason = reason;
        outcome.hint = hint;
    }

    /// What is decided before anything is sent.
    void begin()
    {
        const std::optional<Origin> target = originOf(m_options.url);
        for (const QString &origin : m_options.origins) {
            for (const QByteArray &method : m_options.methods) {
                CorsOutcome outcome;
                outcome.origin = origin;
                outcome.method = method;
                if (target && target->toString() == origin) {
                    decide(outcome, CorsOutcome::Verdict::Allowed, CorsOutcome::At::SameOrigin,
                           s("page and address have one origin: CORS has no say"));
                } else if (isMixedContent(origin, m_options.url)) {
                    decide(outcome, CorsOutcome::Verdict::Blocked, CorsOutcome::At::MixedContent,
                           s("a page that came by https may not ask an http address"), s("serve it by https"));
                } else {
                    outcome.preflightNeeded = needsPreflight(asked(outcome));
                }
                m_report.outcomes.append(outcome);
            }
        }
    }

    void preflights()
    {
        QList<ExchangeRequest> requests;
        QList<CorsOutcome *> of;
        for (CorsOutcome &outcome : m_report.outcomes) {
            if (outcome.at != CorsOutcome::At::None || !outcome.preflightNeeded)
                continue;
            requests.append(preflightFor(asked(outcome), m_options.url));
            of.append(&outcome);
        }
        const QList<ExchangeAnswer> answers = ask(requests);
        for (qsizetype i = 0; i < answers.size(); ++i) {
            CorsOutcome &outcome = *of[i];
            outcome.preflight = stepFrom(requests[i], answers[i]);
            if (!answers[i].answered()) {
                decide(outcome, CorsOutcome::Verdict::Unknown, CorsOutcome::At::Preflight, answers[i].failure.message);
                continue;
            }
            const CorsVerdict verdict = judgePreflight(asked(outcome), answers[i].status, answers[i].headers);
            if (!verdict.allowed)
                decide(outcome, CorsOutcome::Verdict::Blocked, CorsOutcome::At::Preflight, verdict.reason,
                       verdict.hint);
        }
    }

    void requests()
    {
        QList<ExchangeRequest> requests;
        QList<CorsOutcome *> of;
        for (CorsOutcome &outcome : m_report.outcomes) {
            if (outcome.at != CorsOutcome::At::None)
                continue;
            if (!isSafe(outcome.method) && !m_options.sendUnsafe.contains(outcome.method)) {
                notSent(outcome);
                continue;
            }
            requests.append(requestFor(asked(outcome), m_options.url));
            of.append(&outcome);
        }
        const QList<ExchangeAnswer> answers = ask(requests);
        for (qsizetype i = 0; i < answers.size(); ++i)
            judge(*of[i], requests[i], answers[i]);
    }

    static void notSent(CorsOutcome &outcome)
    {
        const QString method = QString::fromUtf8(outcome.method);
        if (outcome.preflightNeeded)
            decide(outcome, CorsOutcome::Verdict::Allowed, CorsOutcome::At::Preflight,
                   s("the preflight allows it; the %1 itself was not sent").arg(method));
        else
            decide(outcome, CorsOutcome::Verdict::Unknown, CorsOutcome::At::None,
                   s("such a %1 needs no preflight: the server would carry it out, so it was not sent").arg(method),
                   s("--send-unsafe %1 sends it; with --header Content-Type (JSON) there is a preflight to judge")
                       .arg(method));
    }

    void judge(CorsOutcome &outcome, const ExchangeRequest &request, const ExchangeAnswer &answer)
    {
        outcome.request = stepFrom(request, answer);
        if (!answer.answered())
            return decide(outcome, CorsOutcome::Verdict::Unknown, CorsOutcome::At::Request, answer.failure.message);
        const CorsVerdict verdict = corsCheck(asked(outcome), answer.headers);
        if (!verdict.allowed) {
            outcome.executed = !outcome.preflightNeeded;
            return decide(outcome, CorsOutcome::Verdict::Blocked, CorsOutcome::At::Request, verdict.reason,
                          verdict.hint);
        }
        noteCookies(outcome.origin, answer.headers);
        decide(outcome, CorsOutcome::Verdict::Allowed, CorsOutcome::At::Request);
        if (isRedirect(answer.status) && headerValue(answer.headers, "location"))
            outcome.at = CorsOutcome::At::Redirect;
    }

    /// Cookies that the answer sets and that a page of another site never gets to use; their names and values stay
    /// here.
    void noteCookies(const QString &origin, const QList<HeaderLine> &headers)
    {
        if (!m_options.credentials || sameSite(origin, m_options.url) || !m_cookieFindings.isEmpty())
            return;
        for (const HeaderLine &line : headers) {
            if (line.first.compare("set-cookie", Qt::CaseInsensitive) != 0)
                continue;
            const QByteArray attributes = line.second.toLower().simplified().replace(" ", "");
            if (attributes.contains(";samesite=none") && attributes.contains(";secure"))
                continue;
            m_cookieFindings.append({s("cors/cookie-attributes"),
                                     Severity::Warning,
                                     origin,
                                     s("the answer sets a cookie without SameSite=None; Secure, and a page of another "
                                       "site gets nothing from it"),
                                     s("SameSite=None; Secure, or one site for both"),
                                     {}});
            return;
        }
    }

    // ---- redirects: each further address is asked, and judged, like the first

    void followRedirects(CorsOutcome &outcome)
    {
        QString url = m_options.url;
        CorsRequest request = asked(outcome);
        for (int hop = 0; outcome.at == CorsOutcome::At::Redirect && !m_stop.stop_requested(); ++hop) {
            const QString location = locationOf(outcome.request);
            const QUrl next = QUrl(url).resolved(QUrl(location, QUrl::TolerantMode));
            const QString text = next.toString(QUrl::FullyEncoded | QUrl::RemoveFragment);
            const std::optional<Origin> target = originOf(text);
            const std::optional<Origin> current = originOf(url);
            if (hop == mostRedirects)
                return decide(outcome, CorsOutcome::Verdict::Unknown, CorsOutcome::At::Redirect,
                              s("more than %1 redirects").arg(mostRedirects));
            if (!target)
                return decide(
                    outcome, CorsOutcome::Verdict::Blocked, CorsOutcome::At::Redirect,
                    s("a redirect to an address that scripts may not follow (no http, or credentials in it)"));
            if (isMixedContent(outcome.origin, text))
                return decide(outcome, CorsOutcome::Verdict::Blocked, CorsOutcome::At::Redirect,
                              s("a redirect from https to %1, which a page that came by https may not ask")
                                  .arg(target->toString()),
                              s("redirect to https"));
            if (!unfollowable(outcome, *target, *current).isEmpty())
                return decide(outcome, CorsOutcome::Verdict::Unknown, CorsOutcome::At::Redirect,
                              unfollowable(outcome, *target, *current));
            // From a second origin to a third the page's origin is not told any more.
            if (*target != *current && current->toString() != request.origin)
                request.origin = s("null");
            url = text;
            if (!hopAllowed(outcome, request, url))
                return;
        }
    }

    static QString locationOf(const CorsStep &step)
    {
        return QString::fromUtf8(headerValue(step.headers, "location").value_or(QByteArray()));
    }

    QString unfollowable(const CorsOutcome &outcome, const Origin &target, const Origin &current) const
    {
        if (outcome.method != "GET" && outcome.method != "HEAD")
            return s("the answer is a redirect to %1, which was not followed").arg(target.toString());
        const bool carries = std::any_of(m_options.headers.cbegin(), m_options.headers.cend(),
                                         [](const HeaderLine &line) { return !line.second.isEmpty(); });
        if (carries && target != current)
            return s("the answer is a redirect to %1; the headers given are not sent there").arg(target.toString());
        return {};
    }

    bool hopAllowed(CorsOutcome &outcome, const CorsRequest &request, const QString &url)
    {
        if (needsPreflight(request)) {
            const ExchangeRequest preflight = preflightFor(request, url);
            const ExchangeAnswer answer = ask({preflight})[0];
            const CorsVerdict verdict = judgePreflight(request, answer.status, answer.headers);
            if (!answer.answered() || !verdict.allowed) {
                decide(outcome, answer.answered() ? CorsOutcome::Verdict::Blocked : CorsOutcome::Verdict::Unknown,
                       CorsOutcome::At::Redirect,
                       s("behind the redirect: ") + (answer.answered() ? verdict.reason : answer.failure.message));
                return false;
            }
        }
        const ExchangeRequest real = requestFor(request, url);
        const ExchangeAnswer answer = ask({real})[0];
        outcome.request = stepFrom(real, answer);
        const CorsVerdict verdict = corsCheck(request, answer.headers);
        if (!answer.answered() || !verdict.allowed) {
            decide(outcome, answer.answered() ? CorsOutcome::Verdict::Blocked : CorsOutcome::Verdict::Unknown,
                   CorsOutcome::At::Redirect,
                   s("behind the redirect: ") + (answer.answered() ? verdict.reason : answer.failure.message),
                   verdict.hint);
            return false;
        }
        outcome.at = isRedirect(answer.status) && headerValue(answer.headers, "location") ? CorsOutcome::At::Redirect
                                                                                          : CorsOutcome::At::Request;
        return true;
    }

    // ---- origins that nobody asked for

    void probes()
    {
        QList<CorsProbe> wanted;
        CorsProbe foreign;
        foreign.origin = foreignOrigin();
        CorsProbe null;
        null.kind = CorsProbe::Kind::Null;
        null.origin = s("null");
        wanted << foreign << null;
        for (const QString &origin : m_options.origins)
            wanted += trickOrigins(origin);
        const auto given = [&](const CorsProbe &probe) { return m_options.origins.contains(probe.origin); };
        wanted.erase(std::remove_if(wanted.begin(), wanted.end(), given), wanted.end());
        tell(s("asking as %1 others").arg(wanted.size()));
        QList<ExchangeRequest> requests;
        for (const CorsProbe &probe : wanted)
            requests.append(probeRequest(probe.origin));
        const QList<ExchangeAnswer> answers = ask(requests);
        for (qsizetype i = 0; i < answers.size(); ++i)
            m_report.probes.append(judged(wanted[i], requests[i], answers[i]));
    }

    /// As the given origins are asked for, with cookies: a safe request itself, for the others their preflight.
    ExchangeRequest probeRequest(const QString &origin) const
    {
        const auto safe = std::find_if(m_options.methods.cbegin(), m_options.methods.cend(), isSafe);
        CorsRequest request{origin, safe != m_options.methods.cend() ? *safe : m_options.methods.value(0, "GET"),
                            m_options.headers, true};
        if (safe == m_options.methods.cend() || !unsafeHeaderNames(request.headers).isEmpty())
            return preflightFor(request, m_options.url);
        return requestFor(request, m_options.url);
    }

    static CorsProbe judged(CorsProbe probe, const ExchangeRequest &request, const ExchangeAnswer &answer)
    {
        probe.step = stepFrom(request, answer);
        probe.measured = answer.answered();
        const CorsRequest without{probe.origin, "GET", {}, false};
        const CorsRequest with{probe.origin, "GET", {}, true};
        probe.accepted = probe.measured && corsCheck(without, answer.headers).allowed;
        probe.credentials = probe.measured && corsCheck(with, answer.headers).allowed;
        probe.star = probe.accepted && headerValue(answer.headers, "access-control-allow-origin") == QByteArray("*");
        return probe;
    }

    const CorsCheckOptions &m_options;
    const std::function<void(const QString &)> &m_progress;
    const std::stop_token &m_stop;
    CorsReport m_report;
    QList<OriginFinding> m_cookieFindings;
    QString m_address; ///< where the host was reached
};

} // namespace

QString foreignOrigin()
{
    return s("https://switchyard-check.invalid");
}

QString probeKindName(CorsProbe::Kind kind)
{
    switch (kind) {
    case CorsProbe::Kind::Foreign:
        return s("foreign");
    case CorsProbe::Kind::Null:
        return s("null");
    case CorsProbe::Kind::Suffix:
        return s("suffix");
    case CorsProbe::Kind::Prefix:
        return s("prefix");
    case CorsProbe::Kind::Dot:
        return s("dot");
    case CorsProbe::Kind::Neighbour:
        return s("neighbour");
    case CorsProbe::Kind::Insecure:
        return s("insecure");
    }
    return {};
}

QList<CorsProbe> trickOrigins(const QString &origin)
{
    const std::optional<Origin> given = originOf(origin);
    QList<CorsProbe> tricks;
    if (!given)
        return tricks;
    const auto add = [&](CorsProbe::Kind kind, Origin other) {
        CorsProbe probe;
        probe.kind = kind;
        probe.origin = other.toString();
        probe.of = origin;
        probe.anybody = registrableDomain(other.host) != registrableDomain(given->host);
        tricks.append(probe);
    };
    const bool named = !given->isLoopback() && !registrableDomain(given->host).isEmpty();
    Origin other = *given;
    if (named) {
        other.host = given->host + s(".switchyard-check.invalid");
        add(CorsProbe::Kind::Suffix, other);
        other.host = s("attacker") + given->host;
        add(CorsProbe::Kind::Prefix, other);
        other.host = given->host;
        other.host[other.host.indexOf(QLatin1Char('.'))] = QLatin1Char('x');
        if (other.host.contains(QLatin1Char('.')))
            add(CorsProbe::Kind::Dot, other);
        const QString suffix = registrableDomain(given->host).section(QLatin1Char('.'), 1);
        // Below "com" there are too many to speak of neighbours.
        if (isListedSuffix(suffix) && suffix.contains(QLatin1Char('.'))) {
            other.host = s("switchyard-check-nobody.") + suffix;
            add(CorsProbe::Kind::Neighbour, other);
        }
    }
    if (given->scheme == L("https")) {
        other = *given;
        other.scheme = s("http");
        other.port = given->isDefaultPort() ? 80 : given->port;
        add(CorsProbe::Kind::Insecure, other);
        tricks.last().anybody = false;
    }
    return tricks;
}

Result<void> CorsCheckOptions::check() const
{
    const std::optional<Origin> target = originOf(url);
    if (urlCarriesSecret(url) || QUrl(url).userInfo().size() > 0)
        return fail(ErrorKind::Usage, s("the address carries credentials"),
                    s("leave them out; give a header: --header Authorization=env:NAME"));
    if (!target || (target->scheme != L("https") && target->scheme != L("http")))
        return fail(ErrorKind::Usage, s("\"%1\" is not an http or https address").arg(redact(url)),
                    s("write https://HOST/PATH"));
    if (origins.isEmpty())
        return fail(ErrorKind::Usage, s("no origin is given"), s("--origin https://app.example.com; may be repeated"));
    if (origins.size() > mostOrigins)
        return fail(ErrorKind::Usage, s("more than %1 origins").arg(mostOrigins), s("check them in parts"));
    for (const QString &origin : origins) {
        const std::optional<Origin> parsed = originOf(origin);
        if (!isSerializedOrigin(origin))
            return fail(ErrorKind::Usage, s("\"%1\" is not an origin as browsers send it").arg(redact(origin)),
                        parsed && parsed->scheme.startsWith(L("http")) ? s("write %1").arg(parsed->toString())
                                                                       : s("write scheme://host[:port], or null"));
    }
    for (const QByteArray &method : methods) {
        if (!isToken(method) || isForbiddenMethod(method))
            return fail(ErrorKind::Usage,
                        s("\"%1\" is not a method that a script may send").arg(QString::fromUtf8(method)),
                        s("GET, HEAD, POST, PUT, PATCH, DELETE, …"));
    }
    for (const QByteArray &method : sendUnsafe) {
        if (!methods.contains(method))
            return fail(ErrorKind::Usage,
                        s("--send-unsafe names %1, which is not asked for").arg(QString::fromUtf8(method)),
                        s("--method %1 too").arg(QString::fromUtf8(method)));
    }
    for (const HeaderLine &line : headers) {
        const QString name = QString::fromUtf8(line.first);
        if (!isToken(line.first) || line.second.contains('\n') || line.second.contains('\r') ||
            line.second.contains('\0'))
            return fail(ErrorKind::Usage, s("\"%1\" is not a header").arg(name), s("NAME or NAME=VALUE"));
        if (isForbiddenHeader(line.first))
            return fail(ErrorKind::Usage, s("no script may set the header %1; the browser does").arg(name),
                        s("cookies: --credentials; origin: --origin"));
    }
    if (timeout < shortestTimeout || timeout > longestTimeout)
        return fail(ErrorKind::Usage, s("a timeout between 10ms and 5m is needed"), s("--timeout 10s"));
    for (const CheckedSocket &socket : sockets) {
        if (!socket.path.startsWith(QLatin1Char('/')))
            return fail(ErrorKind::Usage, s("\"%1\" is not a path").arg(redact(socket.path)),
                        s("--socket /ws or --socket /socket.io/,socket.io"));
    }
    return {};
}

Result<CorsReport> checkCors(const CorsCheckOptions &options, const std::function<void(const QString &)> &progress,
                             const std::stop_token &stop)
{
    if (const Result<void> checked = options.check(); !checked)
        return tl::unexpected(checked.error());
    return Check(options, progress, stop).run();
}

} // namespace Switchyard
