// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/corsrules.h"

#include "models/common/redact.h"

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool sameName(const QByteArray &a, const QByteArray &b)
{
    return a.compare(b, Qt::CaseInsensitive) == 0;
}

QString shown(const QByteArray &value)
{
    constexpr qsizetype most = 200;
    QString text = redact(QString::fromUtf8(value.left(most)));
    for (QChar &c : text) {
        if (c < QLatin1Char(' '))
            c = QLatin1Char(' ');
    }
    return value.size() > most ? text + QChar(u'…') : text;
}

/// RFC 9110 5.6.2
bool isToken(const QByteArray &text)
{
    static const QByteArray marks("!#$%&'*+-.^_`|~");
    return !text.isEmpty() && std::all_of(text.cbegin(), text.cend(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.contains(c);
    });
}

/// A list of tokens; nothing where it is none, which fails the preflight. An absent header is an empty list.
std::optional<QList<QByteArray>> tokenList(const QList<HeaderLine> &headers, const QByteArray &name)
{
    QList<QByteArray> tokens;
    for (const QByteArray &part : headerValue(headers, name).value_or(QByteArray()).split(',')) {
        const QByteArray token = part.trimmed();
        if (token.isEmpty())
            continue;
        if (!isToken(token))
            return std::nullopt;
        tokens.append(token);
    }
    return tokens;
}

/// Bytes that a safelisted Accept or Content-Type may not have.
bool hasUnsafeByte(const QByteArray &value)
{
    static const QByteArray unsafe("\"():<>?@[\\]{}\x7f", 14);
    return std::any_of(value.cbegin(), value.cend(),
                       [](char c) { return (uchar(c) < 0x20 && c != '\t') || unsafe.contains(c); });
}

bool isLanguageValue(const QByteArray &value)
{
    static const QByteArray marks(" *,-.;=");
    return std::all_of(value.cbegin(), value.cend(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.contains(c);
    });
}

bool isSimpleContentType(const QByteArray &value)
{
    static const QList<QByteArray> simple{"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"};
    const QByteArray essence = value.left(value.indexOf(';') < 0 ? value.size() : value.indexOf(';')).trimmed();
    return !hasUnsafeByte(value) && simple.contains(essence.toLower());
}

/// "bytes=5-" or "bytes=5-10": a range that begins somewhere.
bool isSimpleRange(const QByteArray &value)
{
    if (!value.startsWith("bytes="))
        return false;
    const qsizetype dash = value.indexOf('-');
    bool first = false;
    const qint64 from = value.mid(6, dash - 6).toLongLong(&first);
    bool last = true;
    const qint64 to = dash + 1 < value.size() ? value.mid(dash + 1).toLongLong(&last) : from;
    return dash > 6 && first && last && from >= 0 && to >= from;
}

CorsVerdict refused(const QString &reason, const QString &hint)
{
    return {false, reason, hint};
}

CorsVerdict originMismatch(const CorsRequest &request, const QList<HeaderLine> &headers, const QByteArray &value)
{
    const auto count = std::count_if(headers.cbegin(), headers.cend(), [](const HeaderLine &line) {
        return sameName(line.first, "access-control-allow-origin");
    });
    const QString wanted = s("Access-Control-Allow-Origin: %1").arg(request.origin);
    if (count > 1)
        return refused(s("%1 Access-Control-Allow-Origin headers (%2): a browser joins them, and that is no origin")
                           .arg(count)
                           .arg(shown(value)),
                       s("one of the program and the proxy in front of it sets it too many"));
    if (value.contains(','))
        return refused(s("Access-Control-Allow-Origin is a list (%1); it takes one origin").arg(shown(value)),
                       s("answer with the one that asks, and Vary: Origin"));
    const QString text = QString::fromUtf8(value);
    if (text.contains(QLatin1Char('*')))
        return refused(s("Access-Control-Allow-Origin is %1, which is compared as it is").arg(shown(value)), wanted);
    const std::optional<Origin> origin = originOf(text);
    if (origin && origin->toString() == request.origin)
        return refused(
            s("Access-Control-Allow-Origin is %1 and not %2, letter for letter").arg(shown(value), request.origin),
            wanted);
    return refused(s("Access-Control-Allow-Origin is %1 and not %2").arg(shown(value), request.origin), wanted);
}

} // namespace

std::optional<QByteArray> headerValue(const QList<HeaderLine> &headers, const QByteArray &name)
{
    std::optional<QByteArray> value;
    for (const HeaderLine &line : headers) {
        if (!sameName(line.first, name))
            continue;
        value = value ? *value + ", " + line.second : line.second;
    }
    return value;
}

QByteArray normalizedMethod(const QByteArray &method)
{
    static const QList<QByteArray> known{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"};
    const QByteArray upper = method.toUpper();
    return known.contains(upper) ? upper : method;
}

bool isForbiddenMethod(const QByteArray &method)
{
    static const QList<QByteArray> forbidden{"CONNECT", "TRACE", "TRACK"};
    return forbidden.contains(method.toUpper());
}

bool isForbiddenHeader(const QByteArray &name)
{
    static const QList<QByteArray> forbidden{"accept-charset",
                                             "accept-encoding",
                                             "access-control-request-headers",
                                             "access-control-request-method",
                                             "access-control-request-private-network",
                                             "connection",
                                             "content-length",
                                             "cookie",
                                             "cookie2",
                                             "date",
                                             "dnt",
                                             "expect",
                                             "host",
                                             "keep-alive",
                                             "origin",
                                             "referer",
                                             "set-cookie",
                                             "te",
                                             "trailer",
                                             "transfer-encoding",
                                             "upgrade",
                                             "via"};
    const QByteArray lower = name.toLower();
    return forbidden.contains(lower) || lower.startsWith("proxy-") || lower.startsWith("sec-");
}

bool isSafelistedMethod(const QByteArray &method)
{
    return method == "GET" || method == "HEAD" || method == "POST";
}

bool isSafelistedHeader(const HeaderLine &header)
{
    const QByteArray name = header.first.toLower();
    if (header.second.size() > 128)
        return false;
    if (name == "accept")
        return !hasUnsafeByte(header.second);
    if (name == "accept-language" || name == "content-language")
        return isLanguageValue(header.second);
    if (name == "content-type")
        return isSimpleContentType(header.second);
    return name == "range" && isSimpleRange(header.second);
}

QList<QByteArray> unsafeHeaderNames(const QList<HeaderLine> &headers)
{
    constexpr qsizetype mostSafeBytes = 1024;
    QList<QByteArray> names;
    QList<QByteArray> possible;
    qsizetype safeBytes = 0;
    for (const HeaderLine &header : headers) {
        if (isSafelistedHeader(header)) {
            possible.append(header.first.toLower());
            safeBytes += header.second.size();
        } else {
            names.append(header.first.toLower());
        }
    }
    if (safeBytes > mostSafeBytes)
        names += possible;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

bool needsPreflight(const CorsRequest &request)
{
    return !isSafelistedMethod(request.method) || !unsafeHeaderNames(request.headers).isEmpty();
}

QByteArray requestHeadersLine(const QList<HeaderLine> &headers)
{
    return unsafeHeaderNames(headers).join(',');
}

CorsVerdict corsCheck(const CorsRequest &request, const QList<HeaderLine> &headers)
{
    const std::optional<QByteArray> origin = headerValue(headers, "access-control-allow-origin");
    if (!origin)
        return refused(s("there is no Access-Control-Allow-Origin in the answer"),
                       s("let the server know %1").arg(request.origin));
    if (!request.credentials && *origin == "*")
        return {true, {}, {}};
    if (*origin == "*")
        return refused(s("Access-Control-Allow-Origin is *, which does not do with credentials"),
                       s("Access-Control-Allow-Origin: %1").arg(request.origin));
    if (*origin != request.origin.toUtf8())
        return originMismatch(request, headers, *origin);
    if (!request.credentials)
        return {true, {}, {}};
    const std::optional<QByteArray> credentials = headerValue(headers, "access-control-allow-credentials");
    if (credentials && *credentials == "true")
        return {true, {}, {}};
    return refused(
        credentials
            ? s("Access-Control-Allow-Credentials is %1; only \"true\", in lower case, counts").arg(shown(*credentials))
            : s("with credentials, and there is no Access-Control-Allow-Credentials"),
        s("Access-Control-Allow-Credentials: true"));
}

CorsVerdict judgePreflight(const CorsRequest &request, int status, const QList<HeaderLine> &headers)
{
    const CorsVerdict check = corsCheck(request, headers);
    const bool ok = status >= 200 && status <= 299;
    if (!ok && status >= 300 && status <= 399 && headerValue(headers, "location"))
        return refused(s("the preflight was answered with a redirect (HTTP %1), which no browser follows").arg(status),
                       s("ask the address that it leads to: https, and the slash at the end"));
    // With the order of the standard the CORS check comes first; of a bad status people learn more.
    if (!ok)
        return refused(s("the preflight was answered with HTTP %1, and only 200 to 299 count%2")
                           .arg(status)
                           .arg(check.allowed ? QString() : s("; ") + check.reason),
                       check.allowed ? s("answer OPTIONS without asking for a login") : check.hint);
    if (!check.allowed)
        return check;
    const std::optional<QList<QByteArray>> methods = tokenList(headers, "access-control-allow-methods");
    const std::optional<QList<QByteArray>> names = tokenList(headers, "access-control-allow-headers");
    if (!methods || !names)
        return refused(s("%1 is no list of names")
                           .arg(methods ? s("Access-Control-Allow-Headers") : s("Access-Control-Allow-Methods")),
                       s("names with commas between them"));
    const bool anyMethod = !request.credentials && methods->contains("*");
    if (!isSafelistedMethod(request.method) && !methods->contains(request.method) && !anyMethod) {
        const bool otherCase = std::any_of(methods->cbegin(), methods->cend(),
                                           [&](const QByteArray &other) { return sameName(other, request.method); });
        QString reason = s("%1 is not in Access-Control-Allow-Methods").arg(QString::fromUtf8(request.method));
        if (otherCase)
            reason += s(" in that spelling: capital and small letters count");
        else if (methods->contains("*"))
            reason += s("; with credentials * is a name like any other");
        return refused(reason, s("Access-Control-Allow-Methods: %1").arg(QString::fromUtf8(request.method)));
    }
    const bool anyName = !request.credentials && names->contains("*");
    for (const QByteArray &name : unsafeHeaderNames(request.headers)) {
        const bool listed =
            std::any_of(names->cbegin(), names->cend(), [&](const QByteArray &other) { return sameName(other, name); });
        if (listed || (anyName && name != "authorization"))
            continue;
        QString reason = s("%1 is not in Access-Control-Allow-Headers").arg(QString::fromUtf8(name));
        if (names->contains("*"))
            reason +=
                name == "authorization" ? s("; * never covers it") : s("; with credentials * is a name like any other");
        return refused(reason, s("Access-Control-Allow-Headers: %1").arg(QString::fromUtf8(name)));
    }
    return {true, {}, {}};
}

std::optional<qint64> maxAge(const QList<HeaderLine> &headers)
{
    const std::optional<QByteArray> value = headerValue(headers, "access-control-max-age");
    const bool digits = value && !value->isEmpty() && value->size() < 18 &&
                        std::all_of(value->cbegin(), value->cend(), [](char c) { return c >= '0' && c <= '9'; });
    return digits ? std::optional(value->toLongLong()) : std::nullopt;
}

bool variesByOrigin(const QList<HeaderLine> &headers)
{
    const QByteArray vary = headerValue(headers, "vary").value_or(QByteArray()).toLower();
    const QList<QByteArray> parts = vary.split(',');
    return std::any_of(parts.cbegin(), parts.cend(),
                       [](const QByteArray &part) { return part.trimmed() == "origin" || part.trimmed() == "*"; });
}

bool isMixedContent(const QString &origin, const QString &url)
{
    const std::optional<Origin> page = originOf(origin);
    const std::optional<Origin> target = originOf(url);
    const bool plain = target && (target->scheme == L("http") || target->scheme == L("ws"));
    return page && page->scheme == L("https") && plain && !target->isLoopback();
}

} // namespace Switchyard
