// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/platforms/servicefacts.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// A value that a manifest may state; its place is how the ledger knows it.
template <typename T>
using Field = std::optional<Stated<T>>;

/// What a service is for.
enum class ServiceKind
{
    Web,     ///< reachable from the internet by HTTP
    Private, ///< reachable by other services only
    Worker,  ///< listens to nobody
    Cron,    ///< runs on a schedule
    Static,  ///< files behind a CDN
    KeyValue ///< a managed Redis or Valkey
};
QString serviceKindName(ServiceKind kind); ///< "web", "private", "worker", "cron", "static", "key-value"

/// One variable and where its value comes from.
struct EnvironmentEntry
{
    enum class Source
    {
        Literal,      ///< `value`
        Generated,    ///< a random value made at first creation
        Asked,        ///< a person gives it once (Render's sync: false)
        FromDatabase, ///< `of` names the database, `property` what of it
        FromService,  ///< `of` names the service; `property` host, port, hostport, connectionString or "env.NAME"
        FromGroup     ///< all of the group `of`; `name` is empty
    };
    QString name;
    Source source = Source::Literal;
    QString value;
    QString of;
    QString property;
    Place namePlace;
    Place place; ///< of the value or reference
    /// Further places that say the same thing: type and property of a reference.
    QList<Place> details;
    /// Literal, compose: `value` has references (${NAME:-default}) that the machine running compose fills in; other
    /// platforms would pass them on as they are written.
    bool interpolated = false;
};

struct ServiceCheck
{
    Field<QString> kind; ///< "http" or "tcp"; absent: http
    Field<QString> path;
    Field<QString> method;
    Field<Milliseconds> interval;
    Field<Milliseconds> timeout;
    Field<Milliseconds> grace;
    Field<int> port;
    Field<QString> command; ///< container formats: a command whose exit status tells
    Field<int> retries;
    QList<std::pair<QString, Stated<QString>>> headers;
    bool moves = true; ///< whether a failing one takes the service out of traffic; Fly's [checks] only watch
    Place place;
};

struct Scaling
{
    Field<int> instances; ///< a fixed number
    Field<int> least;
    Field<int> most;
    Field<int> cpuPercent;
    Field<int> memoryPercent;
    Field<QString> autoStop; ///< "off", "stop", "suspend"
    Field<bool> autoStart;
    Field<int> leastRunning; ///< Fly: in the primary region only
    Field<QString> limitBy;  ///< "connections" or "requests"
    Field<int> softLimit;
    Field<int> hardLimit;
};

struct MachineSize
{
    Field<QString> plan; ///< the platform's own word
    Field<int> memoryMb;
    Field<double> cpus;
    Field<QString> cpuKind; ///< "shared" or "performance"
};

struct Disk
{
    Field<QString> name;
    Field<QString> mountPath;
    Field<int> sizeGb;
    Place place;
};

/// A port that is open beside or instead of the HTTP one.
struct OpenPort
{
    Field<int> internal;
    Field<int> external;
    Field<QString> protocol; ///< "tcp" or "udp"
    QStringList handlers;    ///< Fly's words; empty: raw
    Place place;
};

struct Route
{
    enum class Kind
    {
        Rewrite,
        Redirect
    };
    Kind kind = Kind::Rewrite;
    Stated<QString> source;
    Stated<QString> destination;
    Field<int> status;
    Place place;
};

struct ResponseHeader
{
    Stated<QString> path;
    Stated<QString> name;
    Stated<QString> value;
};

/// One service of a manifest: what all formats have a word for. What a format says beyond it stays in the ledger.
struct Service
{
    ServiceKind kind = ServiceKind::Web;
    QString name; ///< never empty after a reader; made up where the format has none
    Place place;
    Field<QString> nameField;
    Field<QString> kindField;

    // Where it comes from.
    Field<QString> runtime; ///< "docker", "image", "static", or a language: "python", "node", …
    Field<QString> image;
    Field<QString> dockerfile;
    Field<QString> dockerContext;
    Field<QString> dockerTarget;
    QList<std::pair<QString, Stated<QString>>> buildArguments;
    Field<QString> root; ///< folder of the service in the repository
    Field<QString> buildCommand;
    Field<QString> publishPath; ///< static files
    Field<QString> repository;
    Field<QString> branch;
    Field<QString> deployTrigger; ///< Render's own word, as it is written; of the older key a truth value

    // How it runs.
    Field<QString> startCommand;
    Field<QString> preDeployCommand; ///< once for each deploy, before the new version serves
    Field<QString> schedule;         ///< cron expression
    Field<QString> region;
    MachineSize size;
    Scaling scaling;
    Field<int> port; ///< where the process listens for HTTP
    Field<bool> forceHttps;
    QList<OpenPort> ports;
    QList<ServiceCheck> checks; ///< the first that moves traffic is the deploy's
    Field<QString> stopSignal;
    Field<Milliseconds> stopGrace;
    Field<QString> restartPolicy; ///< "always", "on-failure", "never"
    Field<QString> strategy;
    QList<Disk> disks;
    QList<EnvironmentEntry> environment;
    QList<std::pair<QString, Stated<QString>>> processes; ///< formats whose file has several commands for one image

    // What stands in front of it.
    QList<Stated<QString>> domains;
    QList<Route> routes;
    QList<ResponseHeader> headers;
    Field<QString> evictionPolicy; ///< key-value
    Field<int> allowedSources;     ///< key-value: how many addresses from outside may connect; 0: none
    Field<QString> installCommand; ///< before the build command, where a format keeps the two apart
    Field<int> publicPort; ///< compose: the port of the machine that leads to `port`; platforms choose it themselves
    /// Further places of which startCommand is made: an ENTRYPOINT beside its CMD.
    QList<Place> startCommandDetails;
    QList<Place> groupDetails; ///< Fly: which process group a section is for
    QList<Place> frontDetails; ///< Fly: the public ports 80 and 443 with their handlers, which lead to `port`

    const ServiceCheck *deployCheck() const;
};

struct ManifestDatabase
{
    QString name;
    Place place;
    Field<QString> nameField;
    Field<QString> plan;
    Field<QString> version;
    Field<QString> databaseName;
    Field<QString> user;
    Field<QString> region;
    Field<int> diskGb;
    Field<int> allowedSources; ///< as Service has it
};

struct EnvironmentGroup
{
    QString name;
    Place place;
    Place namePlace;
    QList<EnvironmentEntry> entries;
};

/// What one or more manifests describe together.
struct ServiceModel
{
    QString format; ///< "render", "fly", "vercel", "compose", "dockerfile", "procfile", "netlify"
    QList<Service> services;
    QList<ManifestDatabase> databases;
    QList<EnvironmentGroup> groups;
};

} // namespace Switchyard
