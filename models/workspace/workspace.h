// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"
#include "models/common/secret.h"
#include "models/workspace/alertsettings.h"
#include "models/workspace/historysettings.h"
#include "models/workspace/platformprofile.h"
#include "models/workspace/prometheussettings.h"

#include <QJsonValue>
#include <QList>
#include <QMap>
#include <QRegularExpression>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>

namespace Switchyard {

/// A header or subprotocol value: plain text, or a reference to a secret.
struct ConfiguredValue
{
    QString text; ///< as written; a reference stays unresolved here
    bool isReference() const { return isSecretReference(text); }
    bool operator==(const ConfiguredValue &) const = default;
};

struct Component
{
    QString name;
    QString repository = QStringLiteral(".");
    QString root;
    Place place;
};

enum class EndpointKind
{
    Health,
    Ready,
    Live
};
QString endpointKindName(EndpointKind kind);

/// How an endpoint is asked: a request, a TCP connect and no more, or the upgrade to a WebSocket.
enum class EndpointType
{
    Http,
    Tcp,
    WebSocket
};
/// "http", "tcp", "websocket".
QString endpointTypeName(EndpointType type);

/// A regular expression as it was written, compiled once: copies share it, any thread may match with it. It is found
/// anywhere in a text, and gives up where it would go on and on (see HealthExpectation).
struct ConfiguredPattern
{
    QString text; ///< empty: none
    QRegularExpression compiled;
    bool isEmpty() const { return text.isEmpty(); }
    bool operator==(const ConfiguredPattern &other) const { return text == other.text; }

    /// Errors (usage): empty, over 2,000 characters, not a regular expression; the message names the offset.
    [[nodiscard]] static Result<ConfiguredPattern> from(const QString &text);
};

/// What an answer must look like. JSON pointers (RFC 6901) to the value they must equal; the body and the values of
/// headers (names without regard to case, several of one name joined by ", ") must contain a match.
struct HealthExpectation
{
    QString status; ///< "200", "2xx", "200-299", "200,204"; empty: 2xx
    QMap<QString, QJsonValue> json;
    ConfiguredPattern body;
    QMap<QString, ConfiguredPattern> headers;
    bool operator==(const HealthExpectation &) const = default;
};

/// What still counts as up, but not as well.
struct DegradedRule
{
    std::optional<Milliseconds> latency;
    QMap<QString, QJsonValue> json;
    /// Percent of the last 20 probes that failed, over which it is degraded though it never fails often enough in a row
    /// to be down; 1 to 100.
    int errorPercent = 20;
    bool operator==(const DegradedRule &) const = default;
};

/// The methods a probe may use.
QStringList healthMethodNames();

/// Whether the text may be the URL of a monitor. Errors (usage), worded to follow "the URL": carries credentials, no
/// URL, another scheme than http, https, ws, wss and tcp, a TCP URL without a port or with a path.
[[nodiscard]] Result<void> checkMonitorUrl(const QString &text);

/// [[backend.health]], and the same keys of [[monitor]]
struct HealthEndpoint
{
    /// May be empty where `type` is Tcp or a profile will tell it, and always is in a free monitor.
    QString path;
    EndpointType type = EndpointType::Http;
    EndpointKind kind = EndpointKind::Health;
    Milliseconds interval{30'000}; ///< outside sessions
    Milliseconds timeout{10'000};
    int failures = 3;   ///< 1 to 100
    int recoveries = 2; ///< 1 to 100
    Milliseconds grace{60'000};
    QString method = QStringLiteral("GET");
    QMap<QString, ConfiguredValue> headers;
    ConfiguredValue body; ///< of the request; empty: none
    bool follow = false;  ///< redirects
    HealthExpectation expect;
    DegradedRule degraded;
    std::optional<Milliseconds> keepWarm; ///< at least 1 min: a request at least so often
    /// Judged as a platform does: "platform" is the backend's; of a free monitor the platform's id; empty: as written.
    QString profile;
    QStringList given; ///< the keys that the workspace states; those of `expect` and `degraded` as "expect.status"
    /// What the profile came to, once applyPlatformRules() has put it into the keys that are not given.
    std::shared_ptr<const PlatformProfile> applied;
    Place place;

    bool states(QLatin1StringView key) const { return given.contains(key); }

    /// For people: its path, or what stands in its place.
    QString label() const
    {
        if (!path.isEmpty())
            return path;
        return type == EndpointType::Tcp ? QStringLiteral("TCP port") : QStringLiteral("its platform's check");
    }
};

/// [[monitor]]: a target that belongs to no backend.
struct FreeMonitor
{
    QString name;  ///< unique among them
    QString url;   ///< http, https, ws, wss or tcp://host:port; no credentials
    QString group; ///< for people; may be empty
    HealthEndpoint endpoint;
    Place place;
};

enum class SocketProtocol
{
    WebSocket,
    SocketIo
};

/// A text the client sends by itself. `after` is "open"; `every` 0: once.
struct SocketSend
{
    QString after = QStringLiteral("open");
    QString text;
    Milliseconds every{0};
    bool operator==(const SocketSend &) const = default;
};

/// How the backend announces its shutdown on this socket: JSON pointer to value, all must match. For Socket.IO the
/// pointers look at the event's first argument, and `event` at its name.
struct NoticeRule
{
    QMap<QString, QJsonValue> json;
    QString event; ///< Socket.IO event name; empty: any
    bool operator==(const NoticeRule &) const = default;
};

/// Where the backend's own client count is read.
struct CountSource
{
    enum class Kind
    {
        None,
        Json,
        Prometheus,
        SocketIoAdmin
    };
    Kind kind = Kind::None;
    QString path;     ///< Json: path; Prometheus: path, default /metrics; SocketIoAdmin: namespace
    QString pointer;  ///< Json
    QString metric;   ///< Prometheus: name{label='value'}
    QString username; ///< SocketIoAdmin
    QString password; ///< SocketIoAdmin: a reference
    bool operator==(const CountSource &) const = default;
};

/// What one word says of a socket on the command line and in tables.
struct NamedProtocol
{
    SocketProtocol protocol = SocketProtocol::WebSocket;
    QString transport = QStringLiteral("websocket"); ///< as SocketEndpoint::transport
};

/// "websocket", "socket.io" (over WebSocket) or "socket.io-polling"; nothing for another word.
[[nodiscard]] std::optional<NamedProtocol> namedProtocol(const QString &name);
[[nodiscard]] QString protocolName(const NamedProtocol &protocol);

/// Default reconnect behaviour of real clients. Names as in the workspace file.
inline const QStringList reconnectPolicyNames()
{
    return {QStringLiteral("browser-backoff"), QStringLiteral("notice-then-delay"), QStringLiteral("socket.io-client"),
            QStringLiteral("immediate"), QStringLiteral("none")};
}

/// [[backend.socket]]
struct SocketEndpoint
{
    QString name; ///< unique within the backend
    QString path;
    SocketProtocol protocol = SocketProtocol::WebSocket;
    QString transport = QStringLiteral("websocket"); ///< Socket.IO: "websocket" or "polling"
    QString nameSpace = QStringLiteral("/");         ///< Socket.IO
    int clients = 10;                                ///< 0 to 20,000 probe clients
    std::optional<std::pair<int, int>> expected;
    QMap<QString, ConfiguredValue> headers;
    QString subprotocol;
    bool compression = false; ///< offer permessage-deflate, as browsers do
    QString origin;
    std::optional<ConfiguredValue> auth; ///< Socket.IO: JSON text of the CONNECT payload, or a reference to it
    QList<SocketSend> send;
    std::optional<NoticeRule> notice; ///< absent: none is promised
    QList<int> allowedCloses;         ///< default {1001, 1012}, Socket.IO also 1005
    QString reconnect;                ///< default "browser-backoff", Socket.IO "socket.io-client"
    CountSource count;
    Place place;
};

/// What a program may connect to its database with: `for` of [[backend.database]].
inline QStringList databaseClientNames()
{
    return {QStringLiteral("psql"),
            QStringLiteral("pg_dump"),
            QStringLiteral("libpq"),
            QStringLiteral("psycopg"),
            QStringLiteral("psycopg2"),
            QStringLiteral("django"),
            QStringLiteral("asyncpg"),
            QStringLiteral("sqlalchemy"),
            QStringLiteral("sqlalchemy-psycopg"),
            QStringLiteral("sqlalchemy-asyncpg"),
            QStringLiteral("prisma"),
            QStringLiteral("node-postgres"),
            QStringLiteral("jdbc"),
            QStringLiteral("pymongo"),
            QStringLiteral("motor"),
            QStringLiteral("mongoose"),
            QStringLiteral("redis-py"),
            QStringLiteral("ioredis"),
            QStringLiteral("upstash-redis"),
            QStringLiteral("sqlite")};
}

/// What the connection is for: `use` of [[backend.database]].
inline QStringList databaseUseNames()
{
    return {QStringLiteral("application"), QStringLiteral("migrations"), QStringLiteral("dump")};
}

/// How many connections the program may open. 0: not said.
struct DatabasePool
{
    int workers = 0; ///< processes of one instance
    int size = 0;
    int overflow = 0;
    int instances = 0;
    bool operator==(const DatabasePool &) const = default;
};

/// [[backend.database]]
struct DatabaseEndpoint
{
    QString name;
    QString url;                             ///< always a reference; a URL without credentials is allowed too
    QString token;                           ///< reference: of Upstash's REST interface
    QString poll = QStringLiteral("manual"); ///< "manual" or a duration
    QStringList tunnel;
    QString client;            ///< `for`: one of databaseClientNames(), or empty
    QString use;               ///< one of databaseUseNames(), or empty
    QString plan;              ///< "0.25 CU", "basic-1gb", "M10"
    std::optional<int> limit;  ///< connections that the database takes
    std::optional<bool> disk;  ///< the file of SQLite lies on a disk that outlives a deploy
    std::optional<bool> watch; ///< redeploy sessions look at it; nothing: where that costs nobody anything
    DatabasePool pool;
    Place place;
};

/// [backend.deploy]
struct DeployConfig
{
    QString driver = QStringLiteral("none"); ///< local, command, hook, render-api, fly-api, none
    QStringList argv;
    QString cwd;
    QMap<QString, QString> environment; ///< `env` table of the local driver
    QStringList log;                    ///< regular expressions of log lines to record
    QString service;
    QString token; ///< reference
    QString hook;  ///< reference
    Place place;
};

struct InstanceId
{
    QString header;      ///< response header, empty: none
    QString jsonPath;    ///< path that is fetched
    QString jsonPointer; ///< pointer in its answer; empty: the whole body
    bool isSet() const { return !header.isEmpty() || !jsonPath.isEmpty(); }
};

struct Backend
{
    QString name;
    QString component;
    QString platform;                      ///< id of the catalogue
    QString role;                          ///< "source", "target" or empty
    QString stage = QStringLiteral("dev"); ///< dev, test, production
    QString url;                           ///< http(s)://host[:port], no credentials
    QString region;                        ///< where it runs, in the platform's words: "oregon", "iad"
    QString manifest;
    QString service;
    QStringList env;
    InstanceId instanceId;
    QList<HealthEndpoint> health;
    QList<SocketEndpoint> sockets;
    QList<DatabaseEndpoint> databases;
    DeployConfig deploy;
    /// Whether the platform stops it while nobody asks for anything; nothing: not known.
    std::optional<bool> sleeps;
    QString sleepsFrom; ///< where that was read: "workspace", "plan: free at render.yaml:12"; empty: nowhere
    Place place;
    bool isProduction() const { return stage == QLatin1StringView("production"); }
};

/// [thresholds]: the seeds' success criteria are the defaults.
struct Thresholds
{
    Milliseconds startup{60'000};
    Milliseconds drain{25'000};
    Milliseconds noticeLead{2'000};
    Milliseconds allBack{15'000};
    Milliseconds maxGap{5'000};
    Milliseconds websocketLatency{100};
    Milliseconds apiLatency{500};
    Milliseconds databaseLatency{100};
    Milliseconds redisLatency{10};
    bool operator==(const Thresholds &) const = default;
};

/// [[deploy_window]]: a time in which failures are recorded, but alert nobody.
struct DeployWindow
{
    QString name;
    QStringList backends; ///< empty: all, and every free monitor
    qint64 startMs = -1;  ///< milliseconds since the epoch; -1: it comes again
    int minuteOfDay = 0;  ///< UTC, where it comes again
    QList<int> days;      ///< ISO 8601: Monday is 1; empty: every day
    Milliseconds length{0};
    bool operator==(const DeployWindow &) const = default;
};

/// One switchyard.toml, read and checked.
struct Workspace
{
    QString file; ///< path it was read from; empty: made by the program
    QString name;
    QList<Component> components;
    QList<Backend> backends;
    QList<FreeMonitor> monitors;
    QStringList anchors;       ///< [network]
    QStringList advisoryGates; ///< [gates]
    Thresholds thresholds;
    QList<DeployWindow> deployWindows;
    HistorySettings history;
    std::optional<PrometheusSettings> prometheus;
    QList<AlertSettings> alerts;

    /// nullptr where there is none of that name.
    const Backend *backend(const QString &backendName) const;
    const Backend *withRole(const QString &role) const;
};

/// Every problem found in one reading, so that a person mends them together. Never empty.
using WorkspaceErrors = QList<Error>;

/// Reads and checks a workspace text. Each error carries file, line and column: unknown key, wrong type, bad duration,
/// value out of range, literal secret, unknown platform or reference, duplicate name.
/// Refused before parsing: over 1 MB, not UTF-8, a key of more than 100 parts.
[[nodiscard]] tl::expected<Workspace, WorkspaceErrors> parseWorkspace(const QByteArray &text, const QString &fileName,
                                                                      const QStringList &platformIds);

/// Reads the file and calls parseWorkspace().
[[nodiscard]] tl::expected<Workspace, WorkspaceErrors> loadWorkspace(const QString &path,
                                                                     const QStringList &platformIds);

} // namespace Switchyard
