// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/contentpolicy.h"

#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

const QRegularExpression &whitespace()
{
    static const QRegularExpression spaces(QStringLiteral("[ \\t\\r\\n\\f]+"));
    return spaces;
}

bool sameText(const QString &a, const QString &b)
{
    return a.compare(b, Qt::CaseInsensitive) == 0;
}

/// From what is allowed upwards to what is safer, never down; a socket's scheme also covers the plain requests of the
/// same safety, but not the other way round.
bool schemeCovers(const QString &allowed, const QString &wanted)
{
    if (allowed == wanted)
        return true;
    if (allowed == L("http"))
        return wanted == L("https");
    if (allowed == L("ws"))
        return wanted == L("wss") || wanted == L("http") || wanted == L("https");
    return allowed == L("wss") && wanted == L("https");
}

bool hostCovers(const QString &pattern, const QString &host)
{
    if (pattern == L("*"))
        return true;
    // ".example.com" stays in front: *.example.com does not cover example.com.
    if (pattern.startsWith(L("*.")))
        return host.endsWith(pattern.mid(1), Qt::CaseInsensitive);
    return sameText(pattern, host);
}

bool portCovers(const QString &port, const Origin &url)
{
    if (port == L("*"))
        return true;
    if (port.isEmpty())
        return url.isDefaultPort();
    bool number = false;
    return port.toInt(&number) == url.port && number;
}

QByteArray decoded(const QString &piece)
{
    return QByteArray::fromPercentEncoding(piece.toUtf8());
}

bool pathCovers(const QString &allowed, const QString &path)
{
    if (allowed.isEmpty() || (allowed == L("/") && path.isEmpty()))
        return true;
    const bool exact = !allowed.endsWith(QLatin1Char('/'));
    QStringList wanted = allowed.split(QLatin1Char('/'));
    const QStringList pieces = path.split(QLatin1Char('/'));
    if (wanted.size() > pieces.size() || (exact && wanted.size() != pieces.size()))
        return false;
    if (!exact)
        wanted.removeLast();
    return std::equal(wanted.cbegin(), wanted.cend(), pieces.cbegin(),
                      [](const QString &a, const QString &b) { return decoded(a) == decoded(b); });
}

bool selfCovers(const Origin &self, const Origin &url)
{
    if (self == url)
        return true;
    const bool ports = self.port == url.port || (self.isDefaultPort() && url.isDefaultPort());
    if (self.host != url.host || !ports)
        return false;
    return url.scheme == L("https") || url.scheme == L("wss") ||
           (self.scheme == L("http") && (url.scheme == L("http") || url.scheme == L("ws")));
}

QString pathOf(const QString &url)
{
    const QString path = QUrl(url.trimmed(), QUrl::StrictMode).path(QUrl::FullyEncoded);
    return path.isEmpty() ? QStringLiteral("/") : path;
}

} // namespace

const PolicyDirective *ContentPolicy::connections() const
{
    const PolicyDirective *fallback = nullptr;
    for (const PolicyDirective &directive : directives) {
        if (directive.name == L("connect-src"))
            return &directive;
        if (directive.name == L("default-src"))
            fallback = &directive;
    }
    return fallback;
}

QString ContentPolicy::toString() const
{
    QStringList parts;
    for (const PolicyDirective &directive : directives)
        parts.append((QStringList{directive.name} + directive.values).join(QLatin1Char(' ')));
    return parts.join(L("; "));
}

QList<ContentPolicy> parsePolicies(const QString &text)
{
    static const QRegularExpression header(QStringLiteral(R"(\A\s*content-security-policy(?:-report-only)?\s*:)"),
                                           QRegularExpression::CaseInsensitiveOption);
    QString value = text;
    value.remove(header);
    QList<ContentPolicy> policies;
    for (const QString &part : value.split(QLatin1Char(','))) {
        ContentPolicy policy;
        for (const QString &token : part.split(QLatin1Char(';'))) {
            QStringList words = token.split(whitespace(), Qt::SkipEmptyParts);
            if (words.isEmpty())
                continue;
            const QString name = words.takeFirst().toLower();
            const bool known = std::any_of(policy.directives.cbegin(), policy.directives.cend(),
                                           [&](const PolicyDirective &other) { return other.name == name; });
            if (known)
                policy.repeated.append(name);
            else
                policy.directives.append({name, words});
        }
        if (!policy.directives.isEmpty())
            policies.append(policy);
    }
    return policies;
}

PolicySource parseSource(const QString &text)
{
    PolicySource source;
    if (text == L("*")) {
        source.kind = PolicySource::Kind::Star;
        return source;
    }
    if (text.startsWith(QLatin1Char('\''))) {
        static const QRegularExpression keyword(
            QStringLiteral(R"(\A'(self|none|unsafe-inline|unsafe-eval|strict-dynamic|unsafe-hashes|report-sample|)"
                           R"(wasm-unsafe-eval|inline-speculation-rules|(nonce|sha256|sha384|sha512)-[\w+/=\-]+)'\z)"),
            QRegularExpression::CaseInsensitiveOption);
        source.kind = keyword.match(text).hasMatch() ? PolicySource::Kind::Keyword : PolicySource::Kind::Invalid;
        return source;
    }
    static const QRegularExpression schemeOnly(QStringLiteral(R"(\A([A-Za-z][A-Za-z0-9+.\-]*):\z)"));
    if (const QRegularExpressionMatch match = schemeOnly.match(text); match.hasMatch()) {
        source.kind = PolicySource::Kind::Scheme;
        source.scheme = match.captured(1).toLower();
        return source;
    }
    static const QRegularExpression host(QStringLiteral(
        R"(\A(?:([A-Za-z][A-Za-z0-9+.\-]*)://)?(\*|(?:\*\.)?[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*\.?|\[[0-9A-Fa-f:.]+\]))"
        R"((?::(\d+|\*))?(/[^?#]*)?\z)"));
    const QRegularExpressionMatch match = host.match(text);
    if (!match.hasMatch())
        return source;
    source.kind = PolicySource::Kind::Host;
    source.scheme = match.captured(1).toLower();
    source.host = match.captured(2).toLower();
    source.port = match.captured(3);
    source.path = match.captured(4);
    return source;
}

bool sourceMatches(const QString &text, const QString &url, const Origin &self)
{
    const std::optional<Origin> target = originOf(url);
    if (!target)
        return false;
    const PolicySource source = parseSource(text);
    switch (source.kind) {
    case PolicySource::Kind::Star:
        return true; // every URL here is http, https, ws or wss
    case PolicySource::Kind::Scheme:
        return schemeCovers(source.scheme, target->scheme);
    case PolicySource::Kind::Host:
        return schemeCovers(source.scheme.isEmpty() ? self.scheme : source.scheme, target->scheme) &&
               hostCovers(source.host, target->host) && portCovers(source.port, *target) &&
               pathCovers(source.path, pathOf(url));
    case PolicySource::Kind::Keyword:
        return sameText(text, L("'self'")) && selfCovers(self, *target);
    case PolicySource::Kind::Invalid:
        break;
    }
    return false;
}

bool sourceListMatches(const QStringList &sources, const QString &url, const Origin &self)
{
    return std::any_of(sources.cbegin(), sources.cend(),
                       [&](const QString &source) { return sourceMatches(source, url, self); });
}

} // namespace Switchyard
