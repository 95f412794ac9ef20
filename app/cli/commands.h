// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/output.h"
#include "models/common/instant.h"
#include "models/workspace/workspace.h"

#include <QStringList>

namespace Switchyard::Cli {

struct SessionOptions
{
    QString backend; ///< empty: the only one, or the target
    QString driver;  ///< empty: as configured
    QString unlock;
    int clients = -1;
    Milliseconds timeout{300'000};
    Milliseconds baseline{10'000};
    Milliseconds settle{10'000};
    QStringList reports;
    QStringList advisory;
    QString journal; ///< folder for sessions; empty: the user's data folder
    QString caFile;
    bool withoutDatabases = false;
};

struct RehearseOptions
{
    SessionOptions session;
    QString platform;
    QStringList sockets; ///< PATH[,protocol]
    QString health, ready, live;
    QStringList notices; ///< POINTER=VALUE
    double timeScale = 1;
    int machines = 0; ///< 0: as the manifest says, else 1
    QString manifest; ///< empty: the workspace backend's
    QString service;
    QString cwd;
    QStringList environment; ///< NAME=VALUE or NAME (from this program's environment)
    QStringList command;
};

struct DemoCommandOptions
{
    int port = 0;
    QString shutdown = QStringLiteral("graceful");
    int clients = 15;
    bool redeploy = false;
    SessionOptions session;
};

struct ManifestOptions
{
    QStringList files;
    bool rules = false;
    QString to;  ///< convert: the target
    QString out; ///< convert: its folder
    bool strict = false;
    bool force = false;
};

struct DeliveryOptions
{
    QString backend;
    QString out;
    bool withSecrets = false;
    bool force = false;
    bool preview = false;
    bool strict = false;
};

struct EnvExportOptions
{
    QString backend; ///< empty: the only one, or the target
    QString to;
    QString out; ///< empty or "-": standard output
    QStringList from;
    QString manifest;
    QString service;
    QString readAs = QStringLiteral("tolerant");
    QString application; ///< empty: the backend's name
    bool withSecrets = false;
    bool skipRefused = false;
};

struct EnvAuditOptions
{
    QString from; ///< empty: the backend with the role "source"
    QString to;   ///< empty: the one with the role "target"
    bool onlyAction = false;
    bool withSecrets = false;
    bool noCode = false;
};

struct EnvDiffOptions
{
    QString first; ///< a backend's name, or a file
    QString second;
    QString readAs = QStringLiteral("tolerant");
    bool withSecrets = false;
};

struct ScanCommandOptions
{
    QString folder;
    QString platform;
    QString patch;
    QString baseline;
    QString writeBaseline;
    bool includeDocs = false;
    bool includeTests = false;
    int threads = 0; ///< 0: one a core
    qint64 maxFileMegabytes = 20;
};

struct HoldOptions
{
    QString url;
    int clients = 1;
    Milliseconds duration{30'000};
    QString reconnect = QStringLiteral("none");
    QString protocol = QStringLiteral("websocket");
    bool compression = false;
    QString nameSpace = QStringLiteral("/");
    QStringList headers; ///< NAME=VALUE, VALUE may be a reference
    QString caFile;
    Milliseconds connectTimeout{10'000};
    Milliseconds handshakeTimeout{10'000};
    Milliseconds pingTimeout{20'000};
};

struct CountOptions
{
    QString backend; ///< empty: all
    Milliseconds timeout{5'000};
    QString caFile;
};

struct CheckOptions
{
    QStringList urls;
    std::optional<Milliseconds> timeout; ///< default 5 s, or that of the profile
    QString status;
    QString caFile;
    QString method;           ///< empty: GET, or POST with a body
    QStringList headers;      ///< NAME=VALUE, values may be references
    QString body;             ///< text or reference
    QString expectedBody;     ///< regular expression
    QStringList expectedJson; ///< POINTER=VALUE
    bool follow = false;
    QString junit;    ///< file to write
    QString profile;  ///< platform that judges the URLs; empty: none
    QString manifest; ///< of that platform: its checks hold too
    QString service;  ///< in the manifest
};

struct CorsOptions
{
    QString url;     ///< empty: the backend's
    QString backend; ///< of the workspace: its URL and its sockets
    QStringList origins;
    QStringList methods;
    QStringList headers; ///< NAME or NAME=VALUE, VALUE may be a reference
    QStringList sendUnsafe;
    QStringList sockets; ///< PATH[,protocol]
    bool credentials = false;
    Milliseconds timeout{10'000};
    QString caFile;
};

struct CspOptions
{
    QStringList backends; ///< names of the workspace, or URLs
    QStringList connect;
    QString existing; ///< the policy, or @FILE
    QString page;
};

struct FleetExportOptions
{
    QString out;
    QString blackbox = QStringLiteral("127.0.0.1:9115");
    QString caFile;
    bool force = false;
    bool strict = false;
};

struct FleetStatusOptions
{
    QString url;   ///< empty: the workspace's
    QString token; ///< a reference; empty: the workspace's
    QString caFile;
    Milliseconds window{3'600'000};
    Milliseconds timeout{20'000};
};

struct DbLintOptions
{
    QString target;  ///< a reference, or a string without secret; empty: the workspace's databases
    QString backend; ///< only this one's
    QString client, use, platform, region, stage, plan;
    QString token; ///< reference
    QString to;    ///< a form to convert to; empty: none
    QString out;   ///< file for the converted string
    QString txt;   ///< of mongodb+srv
    QString junit; ///< file to write
    QStringList hosts;
    std::optional<int> workers, poolSize, overflow, instances, limit;
    bool disk = false;
    bool withSecrets = false;
    bool rules = false;
};
int runDbLint(const Global &global, const DbLintOptions &options);

struct DbProbeOptions
{
    QStringList targets; ///< references, or strings without secret; none: the workspace's databases
    QString backend;     ///< only this one's
    QString token;       ///< reference
    QString caFile;
    QString resolver;
    QString junit;      ///< file to write
    QString migrations; ///< Alembic's: the repository, or its folder "versions"
    Milliseconds timeout{5'000};
    bool reachOnly = false;
};
int runDbProbe(const Global &global, const DbProbeOptions &options);

struct DbWatchOptions
{
    QStringList targets; ///< references, or strings without secret; none: the workspace's databases
    QString backend;     ///< only this one's
    QString token;       ///< reference
    QString caFile;
    QString resolver;
    QString history; ///< file to record into; empty: what the workspace says
    Milliseconds every{0};
    Milliseconds duration{0}; ///< 0: until a person stops it
    Milliseconds timeout{5'000};
    bool reachOnly = false;
    bool noHistory = false;
};
int runDbWatch(const Global &global, const DbWatchOptions &options);

struct DbCompareOptions
{
    QString source, target; ///< references, strings without secret, or BACKEND/NAME of the workspace
    QString caFile;
    QString resolver;
    QString junit; ///< file to write
    QStringList reports, schemas, exclude, accept;
    Milliseconds timeout{600'000};
    Milliseconds countTimeout{30'000};
    Milliseconds connectTimeout{5'000};
    int sample = 1'000;
    int connections = 2;
    bool noChecksums = false;
    bool strictOwners = false;
};
int runDbCompare(const Global &global, const DbCompareOptions &options);

struct DbCopyOptions
{
    QString source, target; ///< reference, string without secret, or BACKEND/NAME
    QString file;
    QString clean; ///< the target's database by name
    QString programs;
    QString unlock; ///< the target's production backend
    QString caFile;
    QString resolver;
    QString junit;
    QStringList schemas, excludeTableData;
    QStringList reports; ///< .json, .md or .html
    Milliseconds timeout{0};
    int jobs = 1;
    bool plan = false;
    bool intoNonEmpty = false;
    bool finalSync = false;
    bool olderTarget = false;
    bool noCompare = false;
    bool noAnalyze = false;
};
int runDbCopy(const Global &global, const DbCopyOptions &options);

struct DbAccessOptions
{
    QString backend;          ///< of the workspace; empty: none, or its only one
    QString database;         ///< of that backend
    QString platform, region; ///< in place of the workspace's
    QString platformPlan;     ///< of the account at the platform
    QString service;          ///< atlas, render-postgres, render-key-value; empty: by the database's host
    QString plan;             ///< of the database
    QString list;             ///< file with the list, or "-"
    QStringList outbound;     ///< addresses, ranges, or one file of Render's answer
    QString ownAddress;
    QStringList reports; ///< .md or .json
    bool staticEgress = false;
    bool rules = false;
};
int runDbAccess(const Global &global, const DbAccessOptions &options);

struct DbAccessListOptions
{
    QString group;
    QString auth, apiKey; ///< references
    QStringList entries;
    QString comment;
    QString backend; ///< whose database it is
    QString unlock;
    QString caFile;
    QString apiUrl;          ///< for tests
    Milliseconds expires{0}; ///< 0: never
    Milliseconds wait{0};    ///< until ACTIVE; 0: it does not wait
    Milliseconds timeout{20'000};
    bool yes = false;
    bool allowAnywhere = false;
};
int runDbAccessList(const Global &global, const DbAccessListOptions &options);
int runDbAccessAdd(const Global &global, const DbAccessListOptions &options);
int runDbAccessRemove(const Global &global, const DbAccessListOptions &options);
int runDbAccessStatus(const Global &global, const DbAccessListOptions &options);

struct DbMigrationsOptions
{
    QString source;  ///< reference, string without secret, or BACKEND/NAME; empty: none
    QString scratch; ///< the same
    QString migrations;
    QString cwd;
    QString variable{QStringLiteral("DATABASE_URL")};
    QString form; ///< of the variable
    QString name; ///< of the scratch database
    QString programs;
    QString caFile;
    QString resolver;
    QStringList command;
    Milliseconds timeout{600'000};
    Milliseconds connectTimeout{5'000};
    bool fromEmpty = false;
};
int runDbMigrations(const Global &global, const DbMigrationsOptions &options);

int runAlertList(const Global &global);
/// Sends one test message by the [[alert]] of that name.
int runAlertTest(const Global &global, const QString &name);
int runFleetExport(const Global &global, const FleetExportOptions &options);
int runFleetStatus(const Global &global, const FleetStatusOptions &options);
int runCorsCheck(const Global &global, const CorsOptions &options);
int runCspBuild(const Global &global, const CspOptions &options);
int runDemo(const Global &global, const DemoCommandOptions &options);
int runRehearse(const Global &global, const RehearseOptions &options);
int runWatch(const Global &global, const SessionOptions &options);
int runManifestLint(const Global &global, const ManifestOptions &options);
int runManifestConvert(const Global &global, const ManifestOptions &options);
int runManifestExport(const Global &global, const DeliveryOptions &options);
int runEnvExport(const Global &global, const EnvExportOptions &options);
int runEnvAudit(const Global &global, const EnvAuditOptions &options);
int runEnvDiff(const Global &global, const EnvDiffOptions &options);
int runScan(const Global &global, const ScanCommandOptions &options);
int runHold(const Global &global, const HoldOptions &options);
int runCount(const Global &global, const CountOptions &options);
int runHealthCheck(const Global &global, const CheckOptions &options);

struct HealthWatchOptions
{
    CheckOptions check;                   ///< URLs and what is asked of them; none: the workspace's monitors
    std::optional<Milliseconds> interval; ///< default 5 s for URLs, and as the workspace says for its monitors
    Milliseconds duration{0};             ///< 0: until Ctrl-C
    std::optional<int> failures;          ///< of URLs, default 3, or the profile's
    std::optional<int> recoveries;        ///< of URLs, default 2, or the profile's
    QString history;                      ///< file; empty: the workspace's
    bool noHistory = false;
};
int runHealthWatch(const Global &global, const HealthWatchOptions &options);

struct HistoryCommandOptions
{
    QString file; ///< empty: the workspace's
    QStringList series;
    QString from, to;
    QString format; ///< export: empty: by the file's suffix
    QString out;    ///< export
};
int runHistoryExport(const Global &global, const HistoryCommandOptions &options);
int runHistoryCheck(const Global &global, const HistoryCommandOptions &options);
int runHistoryList(const Global &global, const HistoryCommandOptions &options);

struct SessionQuery
{
    QString sessions;    ///< folder of the sessions; empty: the user's
    QString first;       ///< show: the session; compare: the earlier one, or the later one where it stands alone
    QString second;      ///< compare: the later one
    QString backend;     ///< list: only this one's
    int limit = 20;      ///< list: at most so many; 0: all
    QStringList reports; ///< show
};
int runSessionShow(const Global &global, const SessionQuery &query);
int runSessionList(const Global &global, const SessionQuery &query);
int runSessionCompare(const Global &global, const SessionQuery &query);

/// Reads the workspace the options name, or ./switchyard.toml. Prints every problem; nothing on error.
std::optional<Workspace> readWorkspace(const Global &global);
/// The same with what profiles and manifests say of its monitors put into it; reads the backends' manifests.
std::optional<Workspace> readRuledWorkspace(const Global &global);

} // namespace Switchyard::Cli
