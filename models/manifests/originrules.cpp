// SPDX-License-Identifier: GPL-3.0-or-later
// Origins, cookies and content security policies, as far as manifests state them.
#include "models/common/contentpolicy.h"
#include "models/common/origin.h"
#include "models/manifests/lintkit.h"

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

void checkRegex(const LintVariable &variable, LintRun &run)
{
    // A list of expressions, or one with whatever commas it has.
    const ListedEntries listed = listEntries(variable.value);
    const QStringList regexes =
        listed.form == ListForm::Json && listed.whole ? listed.raw : QStringList{variable.value};
    const bool open = std::any_of(regexes.begin(), regexes.end(),
                                  [](const QString &regex) { return !suffixesOpenTo(regex.trimmed()).isEmpty(); });
    if (open)
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
    if (looksLikeRegex(value))
        return checkRegex(variable, run);
    const bool json = value.startsWith(QLatin1Char('['));
    if (json)
        run.report("any/origin-json", variable.place, s("%1 is a JSON list").arg(variable.name),
                   s("make sure that the program reads JSON here"));
    else if (value.contains(QRegularExpression(s(R"(,\s+\S)"))))
        run.report("any/origin-spaces", variable.place, s("%1 has spaces after its commas").arg(variable.name),
                   s("write it without spaces"));
    for (const QString &raw : listEntries(value).raw) {
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

/// Hosts of backends: an address there is asked by WebSocket too, or might be.
bool isBackend(const PolicySource &source)
{
    static const QStringList suffixes{s("onrender.com"), s("fly.dev"), s("railway.app"), s("herokuapp.com")};
    return source.scheme == L("https") && !source.host.startsWith(QLatin1Char('*')) &&
           std::any_of(suffixes.begin(), suffixes.end(),
                       [&](const QString &suffix) { return source.host.endsWith(QLatin1Char('.') + suffix); });
}

void checkConnections(const LintHeader &header, const QStringList &list, LintRun &run)
{
    const Origin page{s("https"), s("page.invalid"), 443};
    for (const QString &text : list) {
        const PolicySource source = parseSource(text);
        if (source.kind != PolicySource::Kind::Host)
            continue;
        const QString port = source.port.isEmpty() || source.port == L("*") ? QString() : L(":") + source.port;
        const QString socket = s("wss://") + source.host;
        if (isBackend(source) && !sourceListMatches(list, socket + port + L("/"), page))
            run.report("any/csp-websocket", header.place, s("connect-src has %1 and not %2").arg(text, socket), socket);
        const std::optional<Origin> origin = originOf(L("ws://") + source.host + port);
        if (source.scheme == L("ws") && !(origin && origin->isLoopback()))
            run.report("any/csp-insecure-websocket", header.place, s("connect-src has %1").arg(text), s("wss://"));
        if (source.scheme.endsWith(QLatin1Char('s')) && source.path.size() > 1 &&
            !source.path.endsWith(QLatin1Char('/')))
            run.report("any/csp-path", header.place, s("connect-src has %1, which is one path only").arg(text),
                       s("end it with a slash"));
    }
}

void checkPolicy(const LintHeader &header, LintRun &run)
{
    for (const ContentPolicy &policy : parsePolicies(header.value)) {
        for (const PolicyDirective &directive : policy.directives) {
            if (directive.name == L("connect-src"))
                checkConnections(header, directive.values, run);
            for (const QString &source : directive.values) {
                // * is allowed as the leftmost label, as the port and alone.
                if (source.contains(QLatin1Char('*')) && !source.startsWith(QLatin1Char('\'')) &&
                    parseSource(source).kind == PolicySource::Kind::Invalid)
                    run.report("any/csp-wildcard", header.place, s("%1 is no valid source").arg(source),
                               s("*.example.com, or the hosts by name"));
            }
        }
    }
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
