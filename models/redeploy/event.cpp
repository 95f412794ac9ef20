// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/event.h"

#include <QJsonArray>

#include <algorithm>
#include <array>

namespace Switchyard {

namespace {

struct KindName
{
    EventKind kind;
    QLatin1StringView name;
};

constexpr std::array kindNames{
    KindName{EventKind::Phase, QLatin1StringView("phase")},
    KindName{EventKind::ClientConnecting, QLatin1StringView("client-connecting")},
    KindName{EventKind::ClientOpen, QLatin1StringView("client-open")},
    KindName{EventKind::ClientFirstMessage, QLatin1StringView("client-first-message")},
    KindName{EventKind::ClientNotice, QLatin1StringView("client-notice")},
    KindName{EventKind::ClientEnded, QLatin1StringView("client-ended")},
    KindName{EventKind::ClientWaiting, QLatin1StringView("client-waiting")},
    KindName{EventKind::ClientGaveUp, QLatin1StringView("client-gave-up")},
    KindName{EventKind::Probe, QLatin1StringView("probe")},
    KindName{EventKind::InstanceStarting, QLatin1StringView("instance-starting")},
    KindName{EventKind::InstanceHealthy, QLatin1StringView("instance-healthy")},
    KindName{EventKind::TrafficSwitched, QLatin1StringView("traffic-switched")},
    KindName{EventKind::SignalSent, QLatin1StringView("signal-sent")},
    KindName{EventKind::InstanceKilled, QLatin1StringView("instance-killed")},
    KindName{EventKind::InstanceExited, QLatin1StringView("instance-exited")},
    KindName{EventKind::LogLine, QLatin1StringView("log-line")},
    KindName{EventKind::Step, QLatin1StringView("step")},
    KindName{EventKind::DeployFailed, QLatin1StringView("deploy-failed")},
    KindName{EventKind::DeployFinished, QLatin1StringView("deploy-finished")},
    KindName{EventKind::Newcomer, QLatin1StringView("newcomer")},
    KindName{EventKind::Database, QLatin1StringView("database")},
    KindName{EventKind::DatabaseConnect, QLatin1StringView("database-connect")},
    KindName{EventKind::Note, QLatin1StringView("note")},
};

constexpr EndCause allCauses[] = {
    EndCause::CloseFrame,  EndCause::ClosePacket,    EndCause::HttpStatus, EndCause::Eof,     EndCause::Reset,
    EndCause::PingTimeout, EndCause::Protocol,       EndCause::Tls,        EndCause::Refused, EndCause::Unreachable,
    EndCause::Dns,         EndCause::ConnectTimeout, EndCause::Handshake,  EndCause::Local};

EndCause causeFromName(const QString &name)
{
    for (const EndCause cause : allCauses) {
        if (endCauseName(cause) == name)
            return cause;
    }
    return EndCause::Local;
}

void put(QJsonObject &json, QLatin1StringView key, const QString &value)
{
    if (!value.isEmpty())
        json.insert(key, value);
}

struct CountName
{
    int ConnectionCount::*field;
    QLatin1StringView name;
};

constexpr std::array countNames{
    CountName{&ConnectionCount::used, QLatin1StringView("used")},
    CountName{&ConnectionCount::limit, QLatin1StringView("limit")},
    CountName{&ConnectionCount::reserved, QLatin1StringView("reserved")},
    CountName{&ConnectionCount::active, QLatin1StringView("active")},
    CountName{&ConnectionCount::idle, QLatin1StringView("idle")},
    CountName{&ConnectionCount::inTransaction, QLatin1StringView("in_transaction")},
    CountName{&ConnectionCount::ofUser, QLatin1StringView("of_user")},
    CountName{&ConnectionCount::fresh, QLatin1StringView("fresh")},
    CountName{&ConnectionCount::rejected, QLatin1StringView("rejected")},
};

/// What is not known is not written.
QJsonObject countToJson(const ConnectionCount &count)
{
    QJsonObject json;
    for (const CountName &each : countNames) {
        if (count.*each.field >= 0)
            json.insert(each.name, count.*each.field);
    }
    return json;
}

ConnectionCount countFromJson(const QJsonObject &json)
{
    ConnectionCount count;
    for (const CountName &each : countNames)
        count.*each.field = std::max(json[each.name].toInt(-1), -1);
    return count;
}

bool saysOk(EventKind kind)
{
    return kind == EventKind::Probe || kind == EventKind::Newcomer || kind == EventKind::Database ||
           kind == EventKind::DatabaseConnect;
}

template <typename T>
QJsonArray toArray(const QList<T> &list)
{
    QJsonArray array;
    for (const T &value : list)
        array.append(value);
    return array;
}

} // namespace

QString eventKindName(EventKind kind)
{
    for (const KindName &entry : kindNames) {
        if (entry.kind == kind)
            return entry.name;
    }
    return QStringLiteral("note");
}

QJsonObject eventToJson(const Event &event)
{
    QJsonObject json{{QStringLiteral("id"), event.id},
                     {QStringLiteral("us"), event.us},
                     {QStringLiteral("kind"), eventKindName(event.kind)}};
    put(json, QLatin1StringView("subject"), event.subject);
    if (event.client >= 0)
        json.insert(QStringLiteral("client"), event.client);
    if (event.connection > 0)
        json.insert(QStringLiteral("connection"), event.connection);
    if (event.kind == EventKind::ClientEnded || (event.kind == EventKind::Newcomer && !event.ok)) {
        json.insert(QStringLiteral("cause"), endCauseName(event.cause));
        json.insert(QStringLiteral("was_open"), event.wasOpen);
        if (!event.codeValid)
            json.insert(QStringLiteral("code_valid"), false);
        if (event.serverDisconnect)
            json.insert(QStringLiteral("server_disconnect"), true);
    }
    if (saysOk(event.kind))
        json.insert(QStringLiteral("ok"), event.ok);
    if (event.code != 0 || event.kind == EventKind::InstanceExited)
        json.insert(QStringLiteral("code"), event.code);
    if (event.status != 0)
        json.insert(QStringLiteral("status"), event.status);
    if (event.ms != 0)
        json.insert(QStringLiteral("ms"), event.ms);
    if (event.pid != 0)
        json.insert(QStringLiteral("pid"), event.pid);
    put(json, QLatin1StringView("instance"), event.instance);
    put(json, QLatin1StringView("text"), event.text);
    put(json, QLatin1StringView("detail"), event.detail);
    if (!event.connections.isEmpty())
        json.insert(QStringLiteral("connections"), countToJson(event.connections));
    return json;
}

Event eventFromJson(const QJsonObject &json)
{
    Event event;
    event.id = json[QStringLiteral("id")].toInt();
    event.us = json[QStringLiteral("us")].toInteger();
    const QString kind = json[QStringLiteral("kind")].toString();
    for (const KindName &entry : kindNames) {
        if (entry.name == kind)
            event.kind = entry.kind;
    }
    event.subject = json[QStringLiteral("subject")].toString();
    event.client = json[QStringLiteral("client")].toInt(-1);
    event.connection = json[QStringLiteral("connection")].toInt();
    event.cause = causeFromName(json[QStringLiteral("cause")].toString());
    event.code = json[QStringLiteral("code")].toInt();
    event.codeValid = json[QStringLiteral("code_valid")].toBool(true);
    event.wasOpen = json[QStringLiteral("was_open")].toBool();
    event.serverDisconnect = json[QStringLiteral("server_disconnect")].toBool();
    event.ok = json[QStringLiteral("ok")].toBool();
    event.status = json[QStringLiteral("status")].toInt();
    event.ms = json[QStringLiteral("ms")].toDouble();
    event.pid = json[QStringLiteral("pid")].toInteger();
    event.instance = json[QStringLiteral("instance")].toString();
    event.text = json[QStringLiteral("text")].toString();
    event.detail = json[QStringLiteral("detail")].toString();
    event.connections = countFromJson(json[QStringLiteral("connections")].toObject());
    return event;
}

QJsonObject headerToJson(const SessionHeader &header)
{
    QJsonArray sockets;
    for (const SessionSocket &socket : header.sockets) {
        sockets.append(QJsonObject{{QStringLiteral("name"), socket.name},
                                   {QStringLiteral("protocol"), socket.protocol},
                                   {QStringLiteral("clients"), socket.clients},
                                   {QStringLiteral("allowed_closes"), toArray(socket.allowedCloses)},
                                   {QStringLiteral("promises_notice"), socket.promisesNotice},
                                   {QStringLiteral("reconnect"), socket.reconnect},
                                   {QStringLiteral("transport"), socket.transport}});
    }
    QJsonArray endpoints;
    for (const SessionEndpoint &endpoint : header.endpoints) {
        endpoints.append(QJsonObject{{QStringLiteral("kind"), endpoint.kind},
                                     {QStringLiteral("path"), endpoint.path},
                                     {QStringLiteral("interval_ms"), endpoint.intervalMs}});
    }
    QJsonArray databases;
    for (const SessionDatabase &database : header.databases) {
        databases.append(QJsonObject{{QStringLiteral("name"), database.name},
                                     {QStringLiteral("interval_ms"), database.intervalMs},
                                     {QStringLiteral("connect_interval_ms"), database.connectIntervalMs},
                                     {QStringLiteral("pool"), database.pool},
                                     {QStringLiteral("pool_words"), database.poolWords}});
    }
    const Thresholds &t = header.thresholds;
    const QJsonObject thresholds{{QStringLiteral("startup_ms"), qint64(t.startup.count())},
                                 {QStringLiteral("drain_ms"), qint64(t.drain.count())},
                                 {QStringLiteral("notice_lead_ms"), qint64(t.noticeLead.count())},
                                 {QStringLiteral("all_back_ms"), qint64(t.allBack.count())},
                                 {QStringLiteral("max_gap_ms"), qint64(t.maxGap.count())}};
    return QJsonObject{{QStringLiteral("id"), header.id},
                       {QStringLiteral("started_wall_ms"), header.startedWallMs},
                       {QStringLiteral("monotonic_us"), header.monotonicUs},
                       {QStringLiteral("program"), header.program},
                       {QStringLiteral("workspace"), header.workspace},
                       {QStringLiteral("backend"), header.backend},
                       {QStringLiteral("platform"), header.platform},
                       {QStringLiteral("stage"), header.stage},
                       {QStringLiteral("url"), header.url},
                       {QStringLiteral("driver"), header.driver},
                       {QStringLiteral("server"), header.server},
                       {QStringLiteral("rehearsal"), header.rehearsal},
                       {QStringLiteral("sees_stop"), header.seesStop},
                       {QStringLiteral("sees_start"), header.seesStart},
                       {QStringLiteral("observes_instance"), header.observesInstance},
                       {QStringLiteral("loopback_only"), header.loopbackOnly},
                       {QStringLiteral("anchors_named"), header.anchorsNamed},
                       {QStringLiteral("grace_ms"), header.graceMs},
                       {QStringLiteral("baseline_ms"), header.baselineMs},
                       {QStringLiteral("settle_ms"), header.settleMs},
                       {QStringLiteral("timeout_ms"), header.timeoutMs},
                       {QStringLiteral("thresholds"), thresholds},
                       {QStringLiteral("advisory"), toArray(header.advisory)},
                       {QStringLiteral("sockets"), sockets},
                       {QStringLiteral("endpoints"), endpoints},
                       {QStringLiteral("databases"), databases},
                       {QStringLiteral("newcomers_every_ms"), header.newcomersEveryMs}};
}

SessionHeader headerFromJson(const QJsonObject &json)
{
    SessionHeader header;
    header.id = json[QStringLiteral("id")].toString();
    header.startedWallMs = json[QStringLiteral("started_wall_ms")].toInteger();
    header.monotonicUs = json[QStringLiteral("monotonic_us")].toInteger();
    header.program = json[QStringLiteral("program")].toString();
    header.workspace = json[QStringLiteral("workspace")].toString();
    header.backend = json[QStringLiteral("backend")].toString();
    header.platform = json[QStringLiteral("platform")].toString();
    header.stage = json[QStringLiteral("stage")].toString();
    header.url = json[QStringLiteral("url")].toString();
    header.driver = json[QStringLiteral("driver")].toString();
    header.server = json[QStringLiteral("server")].toString();
    header.rehearsal = json[QStringLiteral("rehearsal")].toBool();
    header.seesStop = json[QStringLiteral("sees_stop")].toBool();
    header.seesStart = json[QStringLiteral("sees_start")].toBool();
    header.observesInstance = json[QStringLiteral("observes_instance")].toBool();
    header.loopbackOnly = json[QStringLiteral("loopback_only")].toBool();
    header.anchorsNamed = json[QStringLiteral("anchors_named")].toBool();
    header.graceMs = json[QStringLiteral("grace_ms")].toDouble();
    header.baselineMs = json[QStringLiteral("baseline_ms")].toDouble();
    header.settleMs = json[QStringLiteral("settle_ms")].toDouble();
    header.timeoutMs = json[QStringLiteral("timeout_ms")].toDouble();
    header.newcomersEveryMs = json[QStringLiteral("newcomers_every_ms")].toDouble();
    const QJsonObject thresholds = json[QStringLiteral("thresholds")].toObject();
    const auto duration = [&thresholds](QLatin1StringView key, Milliseconds fallback) {
        return Milliseconds(thresholds[key].toInteger(fallback.count()));
    };
    header.thresholds.startup = duration(QLatin1StringView("startup_ms"), header.thresholds.startup);
    header.thresholds.drain = duration(QLatin1StringView("drain_ms"), header.thresholds.drain);
    header.thresholds.noticeLead = duration(QLatin1StringView("notice_lead_ms"), header.thresholds.noticeLead);
    header.thresholds.allBack = duration(QLatin1StringView("all_back_ms"), header.thresholds.allBack);
    header.thresholds.maxGap = duration(QLatin1StringView("max_gap_ms"), header.thresholds.maxGap);
    for (const QJsonValue value : json[QStringLiteral("advisory")].toArray())
        header.advisory.append(value.toString());
    for (const QJsonValue value : json[QStringLiteral("sockets")].toArray()) {
        SessionSocket socket;
        socket.name = value[QStringLiteral("name")].toString();
        socket.protocol = value[QStringLiteral("protocol")].toString();
        // A pool takes no more: a damaged figure must not make a reader reserve room for it.
        socket.clients = std::clamp(value[QStringLiteral("clients")].toInt(), 0, 20'000);
        for (const QJsonValue code : value[QStringLiteral("allowed_closes")].toArray())
            socket.allowedCloses.append(code.toInt());
        socket.promisesNotice = value[QStringLiteral("promises_notice")].toBool();
        socket.reconnect = value[QStringLiteral("reconnect")].toString();
        socket.transport = value[QStringLiteral("transport")].toString();
        header.sockets.append(socket);
    }
    for (const QJsonValue value : json[QStringLiteral("endpoints")].toArray()) {
        header.endpoints.append({value[QStringLiteral("kind")].toString(), value[QStringLiteral("path")].toString(),
                                 value[QStringLiteral("interval_ms")].toDouble(250)});
    }
    for (const QJsonValue value : json[QStringLiteral("databases")].toArray()) {
        header.databases.append(
            {value[QStringLiteral("name")].toString(), value[QStringLiteral("interval_ms")].toDouble(1'000),
             value[QStringLiteral("connect_interval_ms")].toDouble(5'000), value[QStringLiteral("pool")].toInt(),
             value[QStringLiteral("pool_words")].toString()});
    }
    return header;
}

} // namespace Switchyard
