// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/csp.h"

#include "models/common/redact.h"

#include <QJsonArray>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

OriginFinding finding(const char *id, Severity severity, const QString &subject, const QString &message,
                      const char *hint, const QString &suggestion = {})
{
    return {s(id), severity, subject, message, s(hint), suggestion};
}

void addOnce(QStringList &list, const QString &text)
{
    if (!list.contains(text))
        list.append(text);
}

QString socketOf(const Origin &origin)
{
    Origin socket = origin;
    socket.scheme = origin.scheme == L("https") ? s("wss") : s("ws");
    return socket.toString();
}

/// What a page connects to for a backend or an address: the URLs that are held against a policy.
QStringList wantedUrls(const PolicyRequest &request)
{
    QStringList urls;
    for (const PolicyBackend &backend : request.backends) {
        const std::optional<Origin> origin = originOf(backend.url);
        if (!origin)
            continue;
        addOnce(urls, origin->toString() + L("/"));
        if (backend.sockets)
            addOnce(urls, socketOf(*origin) + L("/"));
    }
    for (const QString &extra : request.extra) {
        if (originOf(extra) && !extra.contains(QLatin1Char('*')))
            addOnce(urls, extra);
    }
    return urls;
}

Result<QString> extraSource(const QString &text)
{
    const PolicySource source = parseSource(text);
    const QUrl url(text, QUrl::StrictMode);
    if (const std::optional<Origin> origin = originOf(text)) {
        const QString path = url.path(QUrl::FullyEncoded);
        // The path is kept only where it is a prefix: an exact one would block everything else of that host.
        return path.size() > 1 && path.endsWith(QLatin1Char('/')) ? origin->toString() + path : origin->toString();
    }
    const bool known = source.scheme.isEmpty() || source.scheme == L("https") || source.scheme == L("wss") ||
                       source.scheme == L("http") || source.scheme == L("ws");
    if (source.kind == PolicySource::Kind::Host && known && source.host != L("*") &&
        (source.host.contains(QLatin1Char('.')) || source.host == L("localhost")))
        return source.scheme.isEmpty() ? s("https://") + text : text;
    return fail(ErrorKind::Usage, s("\"%1\" is not an address to connect to").arg(redact(text)),
                s("write https://HOST, wss://HOST, or a source such as https://*.example.com"));
}

/// The host of a source as an origin, where it names one host.
std::optional<Origin> namedOrigin(const PolicySource &source)
{
    if (source.kind != PolicySource::Kind::Host || source.host.startsWith(QLatin1Char('*')) || source.port == L("*"))
        return std::nullopt;
    const QString scheme = source.scheme.isEmpty() ? s("https") : source.scheme;
    return originOf(scheme + L("://") + source.host + (source.port.isEmpty() ? QString() : L(":") + source.port));
}

bool isUselessSocket(const PolicySource &source)
{
    const std::optional<Origin> origin = namedOrigin(source);
    return source.scheme == L("ws") && !(origin && origin->isLoopback());
}

/// Those of the sources that do something which `already` does not do.
QStringList furtherSources(const QStringList &sources, const QStringList &already, const Origin &self)
{
    QStringList kept;
    for (const QString &text : sources) {
        const PolicySource source = parseSource(text);
        const std::optional<Origin> origin = namedOrigin(source);
        const bool useless = source.kind == PolicySource::Kind::Invalid || isUselessSocket(source) ||
                             text.compare(L("'none'"), Qt::CaseInsensitive) == 0;
        const bool covered = already.contains(text, Qt::CaseInsensitive) ||
                             (origin && sourceListMatches(already, origin->toString() + source.path, self));
        if (!useless && !covered)
            addOnce(kept, text);
    }
    return kept;
}

QList<OriginFinding> judgeSource(const QString &text, const PolicyDirective &directive)
{
    const PolicySource source = parseSource(text);
    QList<OriginFinding> findings;
    const auto add = [&](const char *id, Severity severity, const QString &message, const char *hint,
                         const QString &suggestion = {}) {
        findings.append(finding(id, severity, text, message, hint, suggestion));
    };
    static const QStringList keywords{s("self"), s("none"), s("unsafe-inline"), s("unsafe-eval")};
    if (keywords.contains(text.toLower()))
        add("csp/unquoted", Severity::Error, s("%1 without quotes is a host of that name").arg(text),
            "keywords stand in single quotes", s("'%1'").arg(text.toLower()));
    else if (source.kind == PolicySource::Kind::Invalid && text.contains(QLatin1Char('*')))
        add("csp/wildcard", Severity::Error,
            s("%1 is no valid source: * stands for the leftmost label only, so browsers leave it out").arg(text),
            "https://*.example.com, or the hosts by name");
    else if (source.kind == PolicySource::Kind::Invalid)
        add("csp/invalid", Severity::Error, s("%1 is no valid source, and browsers leave it out").arg(text),
            "scheme://host[:port][/path/]");
    else if (source.kind == PolicySource::Kind::Star || source.host == L("*") ||
             (source.kind == PolicySource::Kind::Scheme && source.scheme.size() > 1 &&
              (source.scheme.startsWith(L("http")) || source.scheme.startsWith(L("ws")))))
        add("csp/broad", Severity::Warning,
            s("%1 lets a script that got into the page send what it finds anywhere").arg(text), "name the hosts");
    if (isUselessSocket(source))
        add("csp/insecure-socket", Severity::Warning,
            s("%1: a page that came by https may not open ws:// anyway (mixed content)").arg(text), "write wss://",
            s("wss") + text.mid(2));
    if (source.path.size() > 1 && !source.path.endsWith(QLatin1Char('/')))
        add("csp/path", Severity::Note,
            s("%1 is that one path: nothing below it is allowed, and after a redirect paths do not count").arg(text),
            "end it with a slash, or leave the path out", text + QLatin1Char('/'));
    if (text.compare(L("'none'"), Qt::CaseInsensitive) == 0 && directive.values.size() > 1)
        add("csp/none", Severity::Warning, s("'none' beside other sources is left out"), "leave it out");
    if (source.kind == PolicySource::Kind::Host && source.host.startsWith(L("*.")) &&
        isListedSuffix(source.host.mid(2)))
        add("csp/shared", Severity::Warning,
            s("%1 is every site on %2, where anybody can have one").arg(text, source.host.mid(2)), "name the hosts");
    return findings;
}

/// What the URLs are told by one policy, in words of what to add.
void judgeMissing(const ContentPolicy &policy, const QStringList &urls, const Origin &self,
                  QList<OriginFinding> &findings)
{
    const PolicyDirective *directive = policy.connections();
    if (!directive)
        return;
    for (const QString &url : urls) {
        if (sourceListMatches(directive->values, url, self))
            continue;
        const std::optional<Origin> origin = originOf(url);
        const QString source = origin->toString();
        QString why = s("%1 blocks %2").arg(directive->name, source);
        const bool socket = origin->scheme == L("wss") || origin->scheme == L("ws");
        Origin plain = *origin;
        plain.scheme = origin->scheme == L("wss") ? s("https") : s("http");
        if (socket && sourceListMatches(directive->values, plain.toString() + L("/"), self))
            why += s(": %1 does not cover it").arg(plain.toString());
        findings.append(finding("csp/missing", Severity::Error, source, why, "add it to connect-src", source));
    }
}

void judgeShape(const QList<ContentPolicy> &policies, QList<OriginFinding> &findings)
{
    if (policies.size() > 1)
        findings.append(
            finding("csp/several", Severity::Warning, {},
                    s("%1 policies: commas separate them, and each must allow a connection").arg(policies.size()),
                    "semicolons separate directives; there is one comma too many, or two headers"));
    for (const ContentPolicy &policy : policies) {
        if (!policy.connections())
            findings.append(finding("csp/open", Severity::Note, {},
                                    s("neither connect-src nor default-src: connections to anywhere are allowed"),
                                    "add connect-src"));
        else if (policy.connections()->name == L("default-src"))
            findings.append(finding("csp/fallback", Severity::Note, {},
                                    s("there is no connect-src, so default-src decides over connections"),
                                    "add connect-src"));
    }
}

QString replaced(QList<ContentPolicy> policies, const QStringList &sources, const Origin &self)
{
    QStringList texts;
    for (ContentPolicy &policy : policies) {
        const auto own = std::find_if(policy.directives.begin(), policy.directives.end(),
                                      [](const PolicyDirective &d) { return d.name == L("connect-src"); });
        if (own != policy.directives.end())
            own->values = sources + furtherSources(own->values, sources, self);
        else
            policy.directives.append({s("connect-src"), sources});
        texts.append(policy.toString());
    }
    return texts.join(L(", "));
}

} // namespace

bool PolicyResult::hasError() const
{
    return std::any_of(findings.cbegin(), findings.cend(),
                       [](const OriginFinding &one) { return one.severity == Severity::Error; });
}

Result<QStringList> connectSources(const QList<PolicyBackend> &backends, const QStringList &extra)
{
    QStringList sources{s("'self'")};
    for (const PolicyBackend &backend : backends) {
        const std::optional<Origin> origin = originOf(backend.url);
        if (!origin || (origin->scheme != L("https") && origin->scheme != L("http")))
            return fail(ErrorKind::Usage, s("\"%1\" is not the address of a backend").arg(redact(backend.url)),
                        s("write https://HOST or http://localhost:PORT"));
        addOnce(sources, origin->toString());
        if (backend.sockets)
            addOnce(sources, socketOf(*origin));
    }
    for (const QString &text : extra) {
        const Result<QString> source = extraSource(text);
        if (!source)
            return tl::unexpected(source.error());
        addOnce(sources, *source);
    }
    return sources;
}

QList<OriginFinding> judgePolicy(const ContentPolicy &policy)
{
    QList<OriginFinding> findings;
    const PolicyDirective *directive = policy.connections();
    if (directive) {
        for (const QString &source : directive->values)
            findings += judgeSource(source, *directive);
    }
    for (const QString &name : policy.repeated)
        findings.append(finding("csp/repeated", Severity::Warning, name,
                                s("%1 is there twice, and browsers take the first only").arg(name),
                                "make one of both"));
    return findings;
}

Result<PolicyResult> buildPolicy(const PolicyRequest &request)
{
    const QString page = request.page.isEmpty() ? s("https://page.invalid") : request.page;
    const std::optional<Origin> self = originOf(page);
    if (!self)
        return fail(ErrorKind::Usage, s("\"%1\" is not the origin of a page").arg(redact(page)),
                    s("write https://HOST"));
    const Result<QStringList> sources = connectSources(request.backends, request.extra);
    if (!sources)
        return tl::unexpected(sources.error());
    PolicyResult result;
    result.sources = *sources;
    result.connectSrc = s("connect-src ") + sources->join(QLatin1Char(' '));
    for (const QString &text : *sources) {
        const std::optional<Origin> origin = originOf(text);
        if (origin && !origin->isLoopback() && (origin->scheme == L("http") || origin->scheme == L("ws")))
            result.findings.append(finding("csp/mixed", Severity::Warning, text,
                                           s("a page that came by https may not connect to %1 at all").arg(text),
                                           "serve the backend by https"));
    }
    if (request.existing.trimmed().isEmpty())
        return result;
    const QList<ContentPolicy> policies = parsePolicies(request.existing);
    if (policies.isEmpty())
        return fail(ErrorKind::Usage, s("the existing policy has no directive"),
                    s("give its text, or @FILE with the text in it"));
    const QStringList urls = wantedUrls(request);
    judgeShape(policies, result.findings);
    for (const ContentPolicy &policy : policies) {
        judgeMissing(policy, urls, *self, result.findings);
        result.findings += judgePolicy(policy);
    }
    result.policy = replaced(policies, *sources, *self);
    return result;
}

QJsonObject policyToJson(const PolicyResult &result)
{
    QJsonArray findings;
    for (const OriginFinding &finding : result.findings)
        findings.append(findingToJson(finding));
    return {{s("schema"), s("switchyard.csp-build/1")},
            {s("sources"), QJsonArray::fromStringList(result.sources)},
            {s("connect_src"), result.connectSrc},
            {s("policy"), result.policy.isEmpty() ? QJsonValue() : QJsonValue(result.policy)},
            {s("findings"), findings}};
}

} // namespace Switchyard
