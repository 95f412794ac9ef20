// SPDX-License-Identifier: GPL-3.0-or-later
// The keys of [[backend.health]] and [[monitor]].
#include "models/common/duration.h"
#include "models/common/redact.h"
#include "models/workspace/parsing.h"

#include <QUrl>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

constexpr Milliseconds day{86'400'000};
constexpr qsizetype patternLength = 2000;
constexpr qsizetype bodyLength = 64 * 1024;

bool isStatusExpectation(const QString &text)
{
    static const QRegularExpression re(QStringLiteral(
        "\\A(?:[1-5]xx|[1-5]\\d\\d(?:-[1-5]\\d\\d)?)(?:\\s*,\\s*(?:[1-5]xx|[1-5]\\d\\d(?:-[1-5]\\d\\d)?))*\\z"));
    return re.match(text).hasMatch();
}

void readPattern(TomlReader &reader, const TomlNode &value, const QString &what, ConfiguredPattern *out)
{
    if (value.type != TomlNode::Type::String) {
        reader.error(value, QStringLiteral("%1 must be a text").arg(what),
                     QStringLiteral("a regular expression in quotes; single quotes keep its backslashes"));
        return;
    }
    Result<ConfiguredPattern> pattern = ConfiguredPattern::from(value.text);
    if (pattern)
        *out = *std::move(pattern);
    else
        reader.error(value, QStringLiteral("%1: %2").arg(what, pattern.error().message), pattern.error().hint);
}

void readHeaderPatterns(TomlReader &reader, QMap<QString, ConfiguredPattern> *out)
{
    const std::optional<TomlReader> table = reader.table(L("headers"));
    if (!table)
        return;
    for (const TomlNode *member : headerMembers(reader, *table)) {
        ConfiguredPattern pattern;
        readPattern(reader, *member, QStringLiteral("the header \"%1\"").arg(member->key), &pattern);
        if (!pattern.isEmpty())
            out->insert(member->key, pattern);
    }
}

void readExpectation(TomlReader &reader, HealthExpectation *out)
{
    std::optional<TomlReader> table = reader.table(L("expect"));
    if (!table)
        return;
    QString status;
    if (table->text(L("status"), &status)) {
        if (isStatusExpectation(status))
            out->status = status;
        else
            table->error(*table->take(L("status")), QStringLiteral("\"%1\" is no status").arg(status),
                         QStringLiteral("write it like \"200\", \"2xx\", \"200-299\" or \"200,204\""));
    }
    readPointerValues(*table, L("json"), &out->json);
    if (const TomlNode *body = table->take(L("body")))
        readPattern(*table, *body, QStringLiteral("\"body\""), &out->body);
    readHeaderPatterns(*table, &out->headers);
    table->finish();
}

void readDegraded(TomlReader &reader, Milliseconds timeout, DegradedRule *out)
{
    std::optional<TomlReader> table = reader.table(L("degraded"));
    if (!table)
        return;
    Milliseconds latency{0};
    if (table->duration(L("latency"), Milliseconds(1), Milliseconds(300'000), &latency))
        out->latency = latency;
    if (latency >= timeout)
        table->error(*table->take(L("latency")),
                     QStringLiteral("\"latency\" %1 is never reached: the timeout is %2")
                         .arg(formatDuration(latency), formatDuration(timeout)),
                     QStringLiteral("make it shorter than the endpoint's timeout"));
    readPointerValues(*table, L("json"), &out->json);
    table->integer(L("error_percent"), 1, 100, &out->errorPercent);
    table->finish();
}

void readRequestBody(TomlReader &reader, const QString &method, ConfiguredValue *out)
{
    QString text;
    if (!reader.has(L("body")) || !reader.text(L("body"), &text))
        return;
    const TomlNode &value = *reader.take(L("body"));
    const bool reference = isStoredReference(text);
    if (!reference && (urlCarriesSecret(text) || redact(text) != text))
        reader.error(value, QStringLiteral("\"body\" holds a literal secret"), referenceHint());
    else if (text.toUtf8().size() > bodyLength)
        reader.error(value, QStringLiteral("\"body\" is longer than 64 KiB"),
                     QStringLiteral("a health check asks briefly"));
    else if (method == L("HEAD"))
        reader.error(value, QStringLiteral("a HEAD request has no body"), QStringLiteral("use another method"));
    else
        out->text = text;
}

struct ReservedKey
{
    L key;
    bool webSocket; ///< allowed for WebSockets too
};

/// What a connect, or an upgrade, has no use for is an error: it would look as if it were checked.
void refuseForeignKeys(TomlReader &reader, EndpointType type)
{
    if (type == EndpointType::Http)
        return;
    const QString name = endpointTypeName(type);
    const auto refuse = [&](TomlReader &table, L key, const QString &full) {
        if (table.has(key))
            table.error(table.placeOfKey(*table.take(key)),
                        QStringLiteral("\"%1\" has no meaning for type = \"%2\"").arg(full, name),
                        QStringLiteral("leave it out, or set type = \"http\""));
    };
    const bool tcp = type == EndpointType::Tcp;
    for (const ReservedKey &each : {ReservedKey{L("method"), false}, ReservedKey{L("body"), false},
                                    ReservedKey{L("follow"), false}, ReservedKey{L("headers"), true}}) {
        if (tcp || !each.webSocket)
            refuse(reader, each.key, QString(each.key));
    }
    const auto refuseInside = [&](L outer, std::initializer_list<ReservedKey> keys) {
        const TomlNode *value = reader.take(outer);
        if (value == nullptr || value->type != TomlNode::Type::Table)
            return;
        std::optional<TomlReader> table = reader.table(outer);
        for (const ReservedKey &each : keys) {
            if (tcp || !each.webSocket)
                refuse(*table, each.key, QStringLiteral("%1.%2").arg(outer, each.key));
        }
    };
    refuseInside(L("expect"), {{L("status"), true}, {L("headers"), true}, {L("json"), false}, {L("body"), false}});
    refuseInside(L("degraded"), {{L("json"), false}});
}

EndpointType readType(TomlReader &reader, EndpointType type)
{
    const QList types{EndpointType::Http, EndpointType::Tcp, EndpointType::WebSocket};
    QStringList names;
    for (const EndpointType each : types)
        names.append(endpointTypeName(each));
    QString name;
    return reader.choice(L("type"), names, &name) ? types[names.indexOf(name)] : type;
}

QStringList statedKeys(const TomlReader &reader)
{
    QStringList keys;
    for (const TomlNode &member : reader.node().children) {
        keys.append(member.key);
        if (member.type != TomlNode::Type::Table || member.key == L("headers"))
            continue;
        for (const TomlNode &inner : member.children)
            keys.append(member.key + QLatin1Char('.') + inner.key);
    }
    return keys;
}

/// Every key that the two tables share.
void readEndpoint(TomlReader &reader, HealthEndpoint *endpoint)
{
    QString kind;
    const QList kinds{EndpointKind::Health, EndpointKind::Ready, EndpointKind::Live};
    QStringList names;
    for (const EndpointKind each : kinds)
        names.append(endpointKindName(each));
    if (reader.choice(L("kind"), names, &kind))
        endpoint->kind = kinds[names.indexOf(kind)];
    // The bounds of Prober::schedule() and ProbeTarget::timeout.
    reader.duration(L("interval"), Milliseconds(50), day, &endpoint->interval);
    reader.duration(L("timeout"), Milliseconds(10), Milliseconds(300'000), &endpoint->timeout);
    reader.integer(L("failures"), 1, 100, &endpoint->failures);
    reader.integer(L("recoveries"), 1, 100, &endpoint->recoveries);
    reader.duration(L("grace"), Milliseconds(0), day, &endpoint->grace);
    Milliseconds keepWarm{0};
    // Platforms put an instance to sleep after minutes: more often would only be traffic.
    if (reader.duration(L("keep_warm"), Milliseconds(60'000), day, &keepWarm))
        endpoint->keepWarm = keepWarm;
    reader.choice(L("method"), healthMethodNames(), &endpoint->method);
    readHeaders(reader, &endpoint->headers);
    readRequestBody(reader, endpoint->method, &endpoint->body);
    reader.boolean(L("follow"), &endpoint->follow);
    readExpectation(reader, &endpoint->expect);
    readDegraded(reader, endpoint->timeout, &endpoint->degraded);
    refuseForeignKeys(reader, endpoint->type);
    endpoint->given = statedKeys(reader);
}

/// Type of a monitor by the scheme of its URL; Http where that has none.
EndpointType typeOfScheme(const QString &scheme)
{
    if (scheme == L("tcp"))
        return EndpointType::Tcp;
    return scheme == L("ws") || scheme == L("wss") ? EndpointType::WebSocket : EndpointType::Http;
}

void readMonitorUrl(TomlReader &reader, FreeMonitor *monitor)
{
    QString text;
    if (!reader.text(L("url"), &text, Presence::Required))
        return;
    const TomlNode &value = *reader.take(L("url"));
    const QString hint = QStringLiteral("write https://HOST/PATH, wss://HOST/PATH or tcp://HOST:PORT");
    const Result<void> good = checkMonitorUrl(text);
    if (!good) {
        reader.error(value, QStringLiteral("\"url\" %1").arg(good.error().message),
                     good.error().hint.isEmpty() ? hint : good.error().hint);
        return;
    }
    monitor->url = text;
    monitor->endpoint.type = typeOfScheme(QUrl(text).scheme());
}

} // namespace

QString endpointKindName(EndpointKind kind)
{
    switch (kind) {
    case EndpointKind::Health:
        return QStringLiteral("health");
    case EndpointKind::Ready:
        return QStringLiteral("ready");
    case EndpointKind::Live:
        break;
    }
    return QStringLiteral("live");
}

QString endpointTypeName(EndpointType type)
{
    switch (type) {
    case EndpointType::Http:
        return QStringLiteral("http");
    case EndpointType::Tcp:
        return QStringLiteral("tcp");
    case EndpointType::WebSocket:
        break;
    }
    return QStringLiteral("websocket");
}

QStringList healthMethodNames()
{
    return {QStringLiteral("GET"),   QStringLiteral("HEAD"),   QStringLiteral("POST"),   QStringLiteral("PUT"),
            QStringLiteral("PATCH"), QStringLiteral("DELETE"), QStringLiteral("OPTIONS")};
}

Result<ConfiguredPattern> ConfiguredPattern::from(const QString &text)
{
    const QString hint = QStringLiteral("a Perl-compatible regular expression, for example ^ok or \"version\":\\s*\"4");
    if (text.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the regular expression is empty: it would match anything"), hint);
    if (text.size() > patternLength)
        return fail(ErrorKind::Usage,
                    QStringLiteral("the regular expression is longer than %1 characters").arg(patternLength));
    const QRegularExpression plain(text);
    if (!plain.isValid())
        return fail(ErrorKind::Usage,
                    QStringLiteral("not a regular expression: %1 at offset %2")
                        .arg(plain.errorString())
                        .arg(plain.patternErrorOffset()),
                    hint);
    // PCRE2's own limit lets one that backtracks without end hold a thread for seconds.
    ConfiguredPattern pattern{text, QRegularExpression(QStringLiteral("(*LIMIT_MATCH=200000)") + text)};
    pattern.compiled.optimize();
    return pattern;
}

Result<void> checkMonitorUrl(const QString &text)
{
    const QUrl url(text, QUrl::StrictMode);
    // Said without the text: what is wrong may be a credential in it.
    if (urlCarriesSecret(text) || !url.userInfo().isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("carries credentials"), QStringLiteral("put them in headers"));
    if (!url.isValid() || url.host().isEmpty() || url.port(1) < 1)
        return fail(ErrorKind::Usage, QStringLiteral("is no valid URL"));
    static const QStringList schemes{QStringLiteral("http"), QStringLiteral("https"), QStringLiteral("ws"),
                                     QStringLiteral("wss"), QStringLiteral("tcp")};
    if (!schemes.contains(url.scheme()))
        return fail(ErrorKind::Usage, QStringLiteral("must be http, https, ws, wss or tcp, not %1").arg(url.scheme()));
    if (url.scheme() != L("tcp"))
        return {};
    if (url.port() < 1)
        return fail(ErrorKind::Usage, QStringLiteral("names no port"), QStringLiteral("write tcp://HOST:PORT"));
    if (url.hasQuery() || url.hasFragment() || (!url.path().isEmpty() && url.path() != L("/")))
        return fail(ErrorKind::Usage, QStringLiteral("may have no path after a TCP port"),
                    QStringLiteral("write tcp://HOST:PORT"));
    return {};
}

HealthEndpoint parseHealthEndpoint(TomlReader reader)
{
    HealthEndpoint endpoint;
    endpoint.place = reader.place();
    endpoint.type = readType(reader, EndpointType::Http);
    reader.choice(L("profile"), {QStringLiteral("platform")}, &endpoint.profile);
    // The platform's manifest names the path too.
    const bool optional = endpoint.type == EndpointType::Tcp || !endpoint.profile.isEmpty();
    readUrlPath(reader, L("path"), &endpoint.path, optional ? Presence::Optional : Presence::Required);
    if (endpoint.type == EndpointType::Tcp && reader.has(L("path")))
        reader.error(reader.placeOfKey(*reader.take(L("path"))), QStringLiteral("a TCP port has no path"),
                     QStringLiteral("leave it out: the port is that of the backend's url"));
    readEndpoint(reader, &endpoint);
    reader.finish();
    return endpoint;
}

FreeMonitor parseFreeMonitor(TomlReader reader, const QStringList &platformIds, QMap<QString, int> *seen)
{
    FreeMonitor monitor;
    monitor.place = monitor.endpoint.place = reader.place();
    readUniqueName(reader, QStringLiteral("monitor"), seen, &monitor.name);
    readMonitorUrl(reader, &monitor);
    readPublicText(reader, L("group"), &monitor.group);
    const EndpointType byUrl = monitor.endpoint.type;
    const EndpointType named = readType(reader, byUrl);
    // A request's URL can be asked in each way; the others say by themselves what they are.
    if (named != byUrl && byUrl != EndpointType::Http)
        reader.error(*reader.take(L("type")),
                     QStringLiteral("type = \"%1\" does not fit the url").arg(endpointTypeName(named)),
                     QStringLiteral("leave it out: the url says that it is %1").arg(endpointTypeName(byUrl)));
    else
        monitor.endpoint.type = named;
    reader.choice(L("profile"), platformIds, &monitor.endpoint.profile);
    readEndpoint(reader, &monitor.endpoint);
    reader.finish();
    return monitor;
}

} // namespace Switchyard
