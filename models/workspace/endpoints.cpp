// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/duration.h"
#include "models/common/redact.h"
#include "models/workspace/parsing.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QUrl>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

constexpr Milliseconds day{86'400'000};

void readSends(TomlReader &reader, QList<SocketSend> *out)
{
    for (TomlReader &table : reader.tables(L("send"))) {
        SocketSend send;
        table.choice(L("after"), {QStringLiteral("open")}, &send.after);
        readPublicText(table, L("text"), &send.text, Presence::Required);
        table.duration(L("every"), Milliseconds(10), day, &send.every);
        table.finish();
        out->append(send);
    }
}

void readNotice(TomlReader &reader, SocketEndpoint *socket)
{
    std::optional<TomlReader> table = reader.table(L("notice"));
    if (!table)
        return;
    NoticeRule rule;
    readPointerValues(*table, L("json"), &rule.json);
    if (table->text(L("event"), &rule.event, Presence::Optional) && socket->protocol != SocketProtocol::SocketIo)
        table->error(*table->take(L("event")), QStringLiteral("plain WebSockets have no event names"),
                     QStringLiteral("use json, or protocol = \"socket.io\""));
    table->finish();
    if (rule.json.isEmpty() && rule.event.isEmpty())
        reader.error(table->place(), QStringLiteral("\"notice\" tells nothing to look for"),
                     QStringLiteral("leave it out where no notice is promised"));
    socket->notice = rule;
}

/// `json = "/path"` or `json = { path = "/path", pointer = "/a/b" }`.
void readJsonSource(TomlReader &reader, QString *path, QString *pointer)
{
    const TomlNode *value = reader.take(L("json"));
    if (value == nullptr)
        return;
    if (value->type == TomlNode::Type::String) {
        readUrlPath(reader, L("json"), path);
        return;
    }
    std::optional<TomlReader> table = reader.table(L("json"));
    if (!table)
        return;
    readUrlPath(*table, L("path"), path, Presence::Required);
    if (table->text(L("pointer"), pointer) && !isJsonPointer(*pointer))
        table->error(*table->take(L("pointer")), QStringLiteral("\"%1\" is no JSON pointer").arg(*pointer),
                     QStringLiteral("write it like \"/connections/total\""));
    table->finish();
}

void readAdminNamespace(TomlReader &table, CountSource *count)
{
    const TomlNode *value = table.take(L("socketio_admin"));
    count->kind = CountSource::Kind::SocketIoAdmin;
    count->path = QStringLiteral("/admin");
    if (value->type == TomlNode::Type::String) {
        readUrlPath(table, L("socketio_admin"), &count->path);
        return;
    }
    bool on = true;
    if (table.boolean(L("socketio_admin"), &on) && !on)
        *count = CountSource{};
}

void readCount(TomlReader &reader, CountSource *out)
{
    std::optional<TomlReader> table = reader.table(L("count"));
    if (!table)
        return;
    CountSource count;
    const int sources =
        int(table->has(L("json"))) + int(table->has(L("prometheus"))) + int(table->has(L("socketio_admin")));
    if (sources != 1)
        table->error(table->place(), QStringLiteral("\"count\" needs one source"),
                     QStringLiteral("one of json, prometheus and socketio_admin"));
    if (table->has(L("json"))) {
        count.kind = CountSource::Kind::Json;
        readJsonSource(*table, &count.path, &count.pointer);
    } else if (table->has(L("prometheus"))) {
        count.kind = CountSource::Kind::Prometheus;
        count.path = QStringLiteral("/metrics");
        table->text(L("prometheus"), &count.metric, Presence::Required);
        readUrlPath(*table, L("path"), &count.path);
    } else if (table->has(L("socketio_admin"))) {
        readAdminNamespace(*table, &count);
        table->text(L("username"), &count.username);
        readReference(*table, L("password"), &count.password);
    }
    for (const L known : {L("json"), L("prometheus"), L("socketio_admin")})
        table->take(known);
    table->finish();
    *out = count;
}

bool literalCredential(const QJsonValue &value)
{
    if (value.isArray()) {
        for (const QJsonValue &item : value.toArray()) {
            if (literalCredential(item))
                return true;
        }
        return false;
    }
    const QJsonObject object = value.toObject();
    for (auto at = object.begin(); at != object.end(); ++at) {
        const bool scalar = at->isString() || at->isDouble();
        if (scalar && isSecretName(at.key()) && at->toVariant().toString() != QString())
            return true;
        if (literalCredential(*at))
            return true;
    }
    return false;
}

/// The CONNECT payload: a reference to its text, or JSON that names no credential.
void readAuth(TomlReader &reader, std::optional<ConfiguredValue> *out)
{
    QString text;
    if (!reader.text(L("auth"), &text, Presence::Optional))
        return;
    const TomlNode &value = *reader.take(L("auth"));
    if (isStoredReference(text)) {
        *out = ConfiguredValue{text};
        return;
    }
    const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8());
    if (!document.isObject())
        reader.error(value, QStringLiteral("\"auth\" is neither a reference nor a JSON object"), referenceHint());
    else if (literalCredential(document.object()) || redact(text) != text)
        reader.error(value, QStringLiteral("\"auth\" holds a literal secret"), referenceHint());
    else
        *out = ConfiguredValue{text};
}

/// `scheme://host[:port]` as browsers send it: no path, no slash at the end (Fetch, section 3.2).
void readOrigin(TomlReader &reader, QString *out)
{
    QString text;
    if (!reader.text(L("origin"), &text))
        return;
    const QUrl url(text, QUrl::StrictMode);
    const bool good = url.isValid() && !url.host().isEmpty() && url.path().isEmpty() && !url.hasQuery() &&
                      !url.hasFragment() && url.userInfo().isEmpty();
    if (good || text == L("null"))
        *out = text;
    else
        reader.error(*reader.take(L("origin")), QStringLiteral("\"origin\" is no origin"),
                     QStringLiteral("write scheme://host or scheme://host:port, without a path or a slash at the end"));
}

void readExpected(TomlReader &reader, SocketEndpoint *socket)
{
    QList<int> range;
    if (!reader.integers(L("expected"), 0, 1'000'000'000, &range))
        return;
    if (range.size() == 2 && range[0] <= range[1])
        socket->expected = std::pair(range[0], range[1]);
    else
        reader.error(*reader.take(L("expected")),
                     QStringLiteral("\"expected\" must be the least and the most, in this order"),
                     QStringLiteral("for example expected = [15, 30]"));
}

/// What only one of the two protocols has.
void readSocketIo(TomlReader &reader, SocketEndpoint *socket)
{
    reader.choice(L("transport"), {QStringLiteral("websocket"), QStringLiteral("polling")}, &socket->transport);
    readUrlPath(reader, L("namespace"), &socket->nameSpace);
    readAuth(reader, &socket->auth);
    if (socket->protocol == SocketProtocol::SocketIo)
        return;
    for (const L key : {L("transport"), L("namespace"), L("auth")}) {
        if (reader.has(key))
            reader.error(reader.placeOfKey(*reader.take(key)), QStringLiteral("\"%1\" is for Socket.IO").arg(key),
                         QStringLiteral("set protocol = \"socket.io\", or leave it out"));
    }
}

} // namespace

std::optional<NamedProtocol> namedProtocol(const QString &name)
{
    const QString polling = QStringLiteral("polling");
    const QString webSocket = QStringLiteral("websocket");
    for (const NamedProtocol &each :
         {NamedProtocol{SocketProtocol::WebSocket, webSocket}, NamedProtocol{SocketProtocol::SocketIo, webSocket},
          NamedProtocol{SocketProtocol::SocketIo, polling}}) {
        if (protocolName(each) == name)
            return each;
    }
    return std::nullopt;
}

QString protocolName(const NamedProtocol &protocol)
{
    if (protocol.protocol == SocketProtocol::WebSocket)
        return QStringLiteral("websocket");
    return protocol.transport == L("polling") ? QStringLiteral("socket.io-polling") : QStringLiteral("socket.io");
}

SocketEndpoint parseSocketEndpoint(TomlReader reader)
{
    SocketEndpoint socket;
    socket.place = reader.place();
    reader.text(L("name"), &socket.name, Presence::Required);
    readUrlPath(reader, L("path"), &socket.path, Presence::Required);
    QString protocol = QStringLiteral("websocket");
    reader.choice(L("protocol"), {QStringLiteral("websocket"), QStringLiteral("socket.io")}, &protocol);
    const bool socketIo = protocol == L("socket.io");
    socket.protocol = socketIo ? SocketProtocol::SocketIo : SocketProtocol::WebSocket;
    readSocketIo(reader, &socket);
    reader.integer(L("clients"), 0, 20'000, &socket.clients);
    readExpected(reader, &socket);
    readHeaders(reader, &socket.headers);
    readPublicText(reader, L("subprotocol"), &socket.subprotocol);
    reader.boolean(L("compression"), &socket.compression);
    readOrigin(reader, &socket.origin);
    readSends(reader, &socket.send);
    readNotice(reader, &socket);
    // A clean Socket.IO server close sends an empty close frame, which reads as 1005.
    socket.allowedCloses = socketIo ? QList<int>{1001, 1005, 1012} : QList<int>{1001, 1012};
    reader.integers(L("allowed_closes"), 1000, 4999, &socket.allowedCloses);
    socket.reconnect = socketIo ? QStringLiteral("socket.io-client") : QStringLiteral("browser-backoff");
    reader.choice(L("reconnect"), reconnectPolicyNames(), &socket.reconnect);
    readCount(reader, &socket.count);
    reader.finish();
    return socket;
}

DatabaseEndpoint parseDatabaseEndpoint(TomlReader reader)
{
    constexpr int mostConnections = 100'000;
    DatabaseEndpoint database;
    database.place = reader.place();
    reader.text(L("name"), &database.name, Presence::Required);
    QString url;
    if (reader.text(L("url"), &url, Presence::Required)) {
        const TomlNode &value = *reader.take(L("url"));
        if (isStoredReference(url))
            database.url = url;
        else if (urlCarriesSecret(url) || redact(url) != url)
            reader.error(value, QStringLiteral("\"url\" holds a literal secret"), referenceHint());
        else if (!url.contains(L("://")))
            reader.error(value, QStringLiteral("\"url\" is neither a reference nor a URL"), referenceHint());
        else
            database.url = url;
    }
    QString poll;
    if (reader.text(L("poll"), &poll, Presence::Optional)) {
        const Result<Milliseconds> duration = parseDuration(poll);
        if (poll == L("manual") || (duration && *duration >= Milliseconds(1000) && *duration <= day))
            database.poll = poll;
        else
            reader.error(*reader.take(L("poll")),
                         QStringLiteral("\"poll\" must be \"manual\" or a duration from 1s to 1d"),
                         duration ? QString() : duration.error().hint);
    }
    readPublicTexts(reader, L("tunnel"), &database.tunnel);
    readReference(reader, L("token"), &database.token);
    reader.choice(L("for"), databaseClientNames(), &database.client);
    reader.choice(L("use"), databaseUseNames(), &database.use);
    reader.text(L("plan"), &database.plan);
    int limit = 0;
    if (reader.integer(L("limit"), 1, mostConnections, &limit))
        database.limit = limit;
    bool disk = false;
    if (reader.boolean(L("disk"), &disk))
        database.disk = disk;
    bool watch = false;
    if (reader.boolean(L("watch"), &watch))
        database.watch = watch;
    if (std::optional<TomlReader> pool = reader.table(L("pool"))) {
        pool->integer(L("workers"), 1, mostConnections, &database.pool.workers);
        pool->integer(L("size"), 1, mostConnections, &database.pool.size, Presence::Required);
        pool->integer(L("overflow"), 0, mostConnections, &database.pool.overflow);
        pool->integer(L("instances"), 1, mostConnections, &database.pool.instances);
        pool->finish();
    }
    reader.finish();
    return database;
}

} // namespace Switchyard
