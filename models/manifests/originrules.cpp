// SPDX-License-Identifier: GPL-3.0-or-later
// Origins, cookies and content security policies, as far as manifests state them.
#include "models/manifests/lintkit.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace Switchyard {

namespace {

using namespace RuleTexts;
using L = QLatin1StringView;

} // namespace

QList<RuleText> originRules()
{
    static const char fetch[] = "https://fetch.spec.whatwg.org/#http-cors-protocol";
    static const char csp[] = "https://www.w3.org/TR/CSP3/#match-url-to-source-expression";
    return {
        {"any/origin-glob", Severity::Error, "a pattern in a list of origins",
         "Origins are compared as exact texts: https://app-*.vercel.app never matches, neither in Starlette nor in "
         "Socket.IO.",
         "https://www.starlette.io/middleware/#corsmiddleware", "C-1 SEED-1/6.1 SEED-1/checklist"},
        {"any/origin-path", Severity::Error, "an origin with a slash or path at its end",
         "Browsers send scheme://host[:port] and nothing behind it, so this one never matches.", fetch,
         "C-1 P-2 SEED-0/6.2"},
        {"any/origin-any", Severity::Warning, "every origin is let in", "Any web page may call this backend.", fetch,
         "C-4"},
        {"any/origin-any-credentials", Severity::Error, "every origin, with credentials",
         "The Fetch standard forbids * with credentials; Starlette answers each origin with its own name instead, so "
         "any "
         "site can act for a user who is logged in.",
         fetch, "C-4"},
        {"any/origin-regex", Severity::Error, "a pattern that takes everybody's sites on a shared domain",
         "Anybody can have a site on vercel.app, netlify.app, onrender.com or fly.dev.", "https://publicsuffix.org",
         "C-8 SEED-2/6.1 SEED-2/checklist"},
        {"any/origin-spaces", Severity::Warning, "spaces in a comma list of origins",
         "split(\",\") keeps them, and \" https://…\" matches no origin.",
         "https://docs.pydantic.dev/latest/concepts/pydantic_settings/", "C-7 SEED-4/6.1"},
        {"any/origin-json", Severity::Note, "origins as a JSON list",
         "pydantic-settings reads lists as JSON, code that splits at commas does not; and the quotes get lost in some "
         "importers of variables.",
         "https://docs.pydantic.dev/latest/concepts/pydantic_settings/", "C-7 SEED-0/6.1 SEED-2/6.1 SEED-3/6.1"},
        {"any/origin-local", Severity::Warning, "localhost among the origins of a deployed service",
         "Every program on a visitor's own machine may then call it.", fetch, "SEED-2/checklist"},
        {"any/cookie-samesite", Severity::Error, "SameSite=Lax and cookies across sites",
         "onrender.com, fly.dev and vercel.app are public suffixes: frontend and API there are different sites, and a "
         "cookie needs SameSite=None; Secure.",
         "https://publicsuffix.org", "C-9 SEED-1/6.1 SEED-1/checklist"},
        {"any/csp-websocket", Severity::Warning, "connect-src has the backend's https:// but not its wss://",
         "https://host does not match wss://host: the WebSocket is blocked.", csp, "P-1"},
        {"any/csp-insecure-websocket", Severity::Warning, "ws:// in connect-src",
         "A page that came by https may not open it anyway.", csp, "P-3 SEED-0/6.2"},
        {"any/csp-wildcard", Severity::Error, "a wildcard inside a host of a policy",
         "* is allowed as the leftmost label only; elsewhere the source matches nothing.", csp, "P-4"},
        {"any/csp-path", Severity::Note, "connect-src with a path that does not end in a slash",
         "Such a path is matched exactly: …/api lets /api through and not /api/users.", csp, "P-2"},
    };
}

namespace {

const char sharedSuffixes[] =
    R"((vercel|netlify)\\?\.app|onrender\\?\.com|fly\\?\.dev|herokuapp\\?\.com|pages\\?\.dev|github\\?\.io|railway\\?\.app)";

/// The entries of a comma list or JSON list, as they are.
QStringList entriesOf(const QString &value)
{
    QStringList entries;
    const QJsonDocument json = QJsonDocument::fromJson(value.toUtf8());
    if (json.isArray()) {
        for (const QJsonValue &entry : json.array())
            entries.append(entry.toString());
        return entries;
    }
    return value.split(QLatin1Char(','));
}

bool isRegex(const QString &value)
{
    static const QRegularExpression sign(s(R"(\\\.|\.\*|\(\?|\[\^?[\w\-\\]+\]|\|)"));
    return sign.match(value).hasMatch();
}

void checkRegex(const LintVariable &variable, LintRun &run)
{
    // Piece by piece, so that no text makes the patterns slow: what stands between :// and a shared suffix.
    static const QRegularExpression suffix(s(sharedSuffixes));
    static const QRegularExpression anybody(s(R"(\A\(*(\.\*|\.\+|\[[^\]]*\][*+]))"));
    const QRegularExpressionMatch shared = suffix.match(variable.value);
    const qsizetype scheme = shared.hasMatch() ? variable.value.lastIndexOf(L("//"), shared.capturedStart()) : -1;
    if (scheme >= 0 && anybody.match(variable.value.mid(scheme + 2, shared.capturedStart() - scheme - 2)).hasMatch())
        run.report("any/origin-regex", variable.place, s("%1 takes every site of a shared domain").arg(variable.name),
                   s("begin the pattern with the project's name and end it with the team's suffix"));
}

void checkOrigin(const LintVariable &variable, const LintUnit &unit, LintRun &run)
{
    static const QRegularExpression credentials(insensitive("CREDENTIALS"));
    const QString value = variable.value.trimmed();
    const bool withCredentials =
        std::any_of(unit.variables.begin(), unit.variables.end(), [](const LintVariable &other) {
            return credentials.match(other.name).hasMatch() && other.name.contains(L("CORS")) &&
                   (other.value.toLower() == L("true") || other.value == L("1"));
        });
    if (isRegex(value))
        return checkRegex(variable, run);
    const bool json = value.startsWith(QLatin1Char('['));
    if (json)
        run.report("any/origin-json", variable.place, s("%1 is a JSON list").arg(variable.name),
                   s("make sure that the program reads JSON here"));
    else if (value.contains(QRegularExpression(s(R"(,\s+\S)"))))
        run.report("any/origin-spaces", variable.place, s("%1 has spaces after its commas").arg(variable.name),
                   s("write it without spaces"));
    for (const QString &raw : entriesOf(value)) {
        const QString entry = raw.trimmed();
        static const QRegularExpression path(s(R"(\Ahttps?://[^/\s]+/)"));
        static const QRegularExpression local(s(R"(://(localhost|127\.0\.0\.1)(:\d+)?/?\z)"));
        const ManifestFormat format = unit.subject->manifest.format;
        const bool deployed = format == ManifestFormat::Render || format == ManifestFormat::Fly;
        if (entry == L("*"))
            run.report(withCredentials ? "any/origin-any-credentials" : "any/origin-any", variable.place,
                       s("%1 lets every origin in").arg(variable.name), s("list the frontends' origins"));
        else if (entry.contains(QLatin1Char('*')))
            run.report("any/origin-glob", variable.place,
                       s("%1 has %2, which is compared as it is").arg(variable.name, entry),
                       s("list the origins, or use allow_origin_regex (Socket.IO: a callable)"));
        else if (path.match(entry).hasMatch())
            run.report("any/origin-path", variable.place, s("%1 has %2").arg(variable.name, entry),
                       s("nothing behind the host and port"));
        if (deployed && local.match(entry).hasMatch())
            run.report("any/origin-local", variable.place, s("%1 has %2").arg(variable.name, entry),
                       s("keep it to development"));
    }
}

void checkCookies(const LintUnit &unit, LintRun &run)
{
    static const QRegularExpression across(insensitive(R"(CROSS_?SITE)"));
    static const QRegularExpression sameSite(insensitive(R"(SAME_?SITE)"));
    const auto crossSite = std::find_if(unit.variables.begin(), unit.variables.end(), [](const LintVariable &v) {
        return across.match(v.name).hasMatch() && v.value.toLower() == L("true");
    });
    const auto lax = std::find_if(unit.variables.begin(), unit.variables.end(), [](const LintVariable &v) {
        return sameSite.match(v.name).hasMatch() && (v.value.toLower() == L("lax") || v.value.toLower() == L("strict"));
    });
    if (crossSite != unit.variables.end() && lax != unit.variables.end())
        run.report("any/cookie-samesite", lax->place,
                   s("%1 is %2, and %3 wants cookies across sites").arg(lax->name, lax->value, crossSite->name),
                   s("SameSite=None with Secure, or one registered domain for both"));
}

/// A * that is neither the whole host, nor its leftmost label, nor the port.
bool hasMisplacedWildcard(const QString &source)
{
    QString host = source.contains(L("://")) ? source.section(s("://"), 1) : source;
    host = host.section(QLatin1Char('/'), 0, 0);
    if (host.endsWith(L(":*")))
        host.chop(2);
    if (host.startsWith(L("*.")))
        host.remove(0, 2);
    return host != L("*") && host.contains(QLatin1Char('*')) && !source.startsWith(QLatin1Char('\''));
}

void checkPolicy(const LintHeader &header, LintRun &run)
{
    static const QRegularExpression directive(s(R"((?:\A|;)\s*connect-src\s+([^;]*))"));
    const QString sources = directive.match(header.value).captured(1);
    static const QRegularExpression spaces(s(R"(\s+)"));
    const QStringList list = sources.split(spaces, Qt::SkipEmptyParts);
    static const QRegularExpression backend(
        s(R"(\Ahttps://([\w.\-]+\.(onrender\.com|fly\.dev|railway\.app|herokuapp\.com))(:\d+)?(/.*)?\z)"));
    for (const QString &source : list) {
        const QRegularExpressionMatch match = backend.match(source);
        const QString socket = s("wss://") + match.captured(1);
        if (!match.hasMatch() && !source.startsWith(L("ws")) && !source.startsWith(L("https")))
            continue;
        const bool covered = !match.hasMatch() || std::any_of(list.begin(), list.end(), [&](const QString &other) {
            return other == L("wss:") || other == L("*") || other.startsWith(socket) ||
                   (other.startsWith(L("wss://*.")) && socket.endsWith(other.mid(7)));
        });
        if (!covered)
            run.report("any/csp-websocket", header.place, s("connect-src has %1 and not %2").arg(source, socket),
                       socket);
        if (source.startsWith(L("ws://")) && !source.contains(L("localhost")) && !source.contains(L("127.0.0.1")))
            run.report("any/csp-insecure-websocket", header.place, s("connect-src has %1").arg(source), s("wss://"));
        static const QRegularExpression path(s(R"(\A(https|wss)://[^/]+/.*[^/*]\z)"));
        if (path.match(source).hasMatch())
            run.report("any/csp-path", header.place, s("connect-src has %1, which is one path only").arg(source),
                       s("end it with a slash"));
    }
    static const QRegularExpression separators(s(R"([\s;]+)"));
    for (const QString &token : header.value.split(separators, Qt::SkipEmptyParts))
        if (hasMisplacedWildcard(token))
            run.report("any/csp-wildcard", header.place, s("%1 is no valid source").arg(token),
                       s("*.example.com, or the hosts by name"));
}

} // namespace

void checkOrigins(const LintUnit &unit, LintRun &run)
{
    static const QRegularExpression named(insensitive(R"((CORS|ORIGIN))"));
    static const QRegularExpression about(insensitive(R"(CREDENTIALS|METHOD|HEADER|ENABLE|MAX_AGE|DISABLE)"));
    static const QRegularExpression policy(insensitive(R"(\A(CSP|CONTENT_SECURITY_POLICY))"));
    for (const LintVariable &variable : unit.variables) {
        if (!variable.literal || variable.value.isEmpty())
            continue;
        if (named.match(variable.name).hasMatch() && !about.match(variable.name).hasMatch())
            checkOrigin(variable, unit, run);
        if (policy.match(variable.name).hasMatch())
            checkPolicy({{}, variable.name, variable.value, variable.place}, run);
    }
    checkCookies(unit, run);
}

void checkHeaders(const QList<LintHeader> &headers, LintRun &run)
{
    for (const LintHeader &header : headers) {
        const QString name = header.name.toLower();
        if (name.startsWith(L("content-security-policy")))
            checkPolicy(header, run);
        if (name != L("access-control-allow-origin") || header.value.trimmed() != L("*"))
            continue;
        const bool credentials = std::any_of(headers.begin(), headers.end(), [&](const LintHeader &other) {
            return other.group == header.group && other.value.trimmed() == L("true") &&
                   other.name.toLower() == L("access-control-allow-credentials");
        });
        if (credentials)
            run.report("any/origin-any-credentials", header.place,
                       s("Access-Control-Allow-Origin: * beside Access-Control-Allow-Credentials: true"),
                       s("name the origin, or leave the credentials out"));
    }
}

} // namespace Switchyard
