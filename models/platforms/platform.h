// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"

#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include <algorithm>
#include <optional>

namespace Switchyard {

/// Where a fact of the catalogue was read: every table of a catalogue file names one.
struct FactSource
{
    QString url;
    QString note; ///< what is inferred or secondary, empty where the source says it itself
};

/// A variable the platform sets by itself.
struct InjectedVariable
{
    QString name;
    QString when;    ///< "build", "runtime" or "both"
    QString value;   ///< constant value, empty where it varies
    QString example; ///< what a rehearsal may set
    QString note;
    QStringList runtimes;     ///< only for these runtimes; empty: all
    bool overridable = false; ///< a value of the user's own wins
    QString only;             ///< set only there: "release_command", "machine_checks"; empty: in every instance
    QString meaning;          ///< what it says on any platform: "external-url", "region"; empty: only this one has it
    FactSource source;
};

/// What a platform says with no variable of its own, but can be put together from those it sets.
struct ComposedVariable
{
    QString meaning;
    QString text; ///< "https://${FLY_APP_NAME}.fly.dev", for the program's code: the platform interpolates nothing
    FactSource source;
};

struct VariableRules
{
    QStringList reservedPrefixes; ///< names the user should not or may not define: "RENDER_"
    bool interpolates = false;    ///< ${OTHER} in a value is replaced by the platform
    bool writeOnly = false;       ///< secrets that were set are shown to nobody again
    QStringList buildSettings;    ///< read by the platform's own build: "PYTHON_VERSION"
    QStringList operatorNames;    ///< of the person who deploys, for the platform's tools; never the program's
    FactSource source;

    bool isReserved(const QString &name) const
    {
        return std::any_of(reservedPrefixes.cbegin(), reservedPrefixes.cend(),
                           [&name](const QString &prefix) { return name.startsWith(prefix); });
    }
};

struct PortRules
{
    bool injectsPort = false; ///< the platform sets PORT
    int defaultPort = 0;      ///< where the server listens unless told otherwise; 0: none
    bool overridable = false; ///< the user may choose another
    QString key;              ///< manifest key that tells the platform the port; empty: PORT does
    QString bindHost;         ///< what the server must listen on
    QList<int> reserved;      ///< ports that may not be used
    int maxOpen = 0;          ///< 0: not limited
    QString note;
    FactSource source;
};

struct HealthRules
{
    QString method;
    QString key;                          ///< manifest key of the check; empty: none
    QString defaultPath;                  ///< empty: the user names it
    int statusMin = 200, statusMax = 299; ///< success range, both included
    bool followsRedirects = false;
    Milliseconds timeout{0};
    Milliseconds interval{0};        ///< 0: not documented
    Milliseconds intervalAssumed{0}; ///< what is taken where the interval is not documented; 0: nothing
    bool unroutesAtOnce = false;     ///< the first failure takes the instance out of routing
    Milliseconds deployLimit{0};     ///< a deploy fails after this long without a healthy answer; 0: not documented
    Milliseconds unroutedAfter{0};   ///< 0: not documented
    Milliseconds restartedAfter{0};  ///< 0: never
    QString note;
    FactSource source;
};

struct ShutdownRules
{
    QString signal;             ///< "SIGTERM", "SIGINT"
    QStringList allowedSignals; ///< what signalKey may be set to; only `signal` where it is fixed
    QString forcedSignal;       ///< what ends the process after the grace time
    Milliseconds grace{0};      ///< default time from signal to the forced stop
    Milliseconds graceMin{0};
    Milliseconds graceMax{0}; ///< what the platform allows at most; 0: not limited
    QString graceKey;         ///< manifest key that sets it
    QString signalKey;        ///< manifest key that sets the signal; empty: fixed
    FactSource source;
};

/// One step of the deploy sequence, in order. Steps: build, pre_deploy, stop_old, start_new, health, switch_traffic,
/// wait, signal_old, grace, kill_old. `stop_old` is signal_old, grace and kill_old in one, for platforms on which
/// nothing else happens in between.
struct DeployStep
{
    QString step;
    Milliseconds duration{0}; ///< for `wait`, there more than 0
    QString note;
};

struct DeploySequence
{
    /// True: the new instance is healthy and has the traffic before the old one is told to stop.
    bool newFirst = false;
    QList<DeployStep> steps;
    Milliseconds startLimit{0}; ///< for the new instance to become healthy; 0: not documented
    QString withoutInstance;    ///< what a new connection meets while no instance serves: "502" or "refused"
    QString overlapNote;        ///< when it goes otherwise
    FactSource source;
};

struct WebSocketRules
{
    bool supported = true;
    bool platformSendsClose = false; ///< does the platform close sockets with a code of its own
    bool stickySessions = false;     ///< a client comes back to the same instance
    Milliseconds maxDuration{0};     ///< 0: none documented
    QString note;
    FactSource source;
};

/// The memory in MB that a plan's name tells: "basic-256mb", "pro-4gb"; 0: it tells none.
int memoryOfPlan(const QString &plan);

/// How many connections the platform's own PostgreSQL takes, by the memory of its plan.
struct DatabaseRules
{
    struct Limit
    {
        int belowMb = 0; ///< plans with less memory than this; 0: all others
        int connections = 0;
    };
    QList<Limit> limits;    ///< ascending
    QString internalScheme; ///< how the URL begins that the platform hands out: "postgresql"
    FactSource source;
    /// For a plan of so much memory; 0 where nothing is documented.
    int connectionsFor(int memoryMb) const;
};

/// What a free plan does to a backend that is watched or compared.
struct FreePlan
{
    bool available = false;
    Milliseconds idleStop{0}; ///< stops after this long without use; 0: never
    Milliseconds wakeUp{0};   ///< the first request then takes about this long
    QStringList keepsAwake;   ///< "http", "websocket-message"
    QStringList missing;      ///< features of paid plans: "pre-deploy", "disk", …
    QString note;
    FactSource source;
};

/// When an instance that nobody asks for anything is stopped, where the manifest says so, not the plan.
struct SleepRules
{
    Milliseconds idleStop{0}; ///< 0: never
    Milliseconds wakeUp{0};
    QString note;
    FactSource source;
};

/// Fixed outbound addresses of one's own, where the platform sells them.
struct StaticEgress
{
    QString name;        ///< "dedicated IP set"
    QString cost;        ///< in words, with its unit; where second hand, the source's note says so
    QStringList plans;   ///< of the platform's account, which have it; empty: all
    QStringList without; ///< plans that do not; one in neither list is not known
    QString how;         ///< the command or the place that buys it
    QString limits;
    FactSource source;
    bool isSet() const { return !name.isEmpty(); }
};

/// A private way to another company's service: AWS PrivateLink and the like.
struct PrivateLinks
{
    QString name;
    QStringList plans; ///< as in StaticEgress
    QStringList without;
    bool peering = false; ///< networks can be joined ("VPC peering")
    QString note;
    FactSource source;
    bool isSet() const { return !name.isEmpty(); }
};

/// From which addresses a backend connects to others: what a database's access list must let in. No ranges: the
/// platform tells those of a service when it is asked.
struct OutboundRules
{
    QString kind;  ///< "shared-ranges" (fixed, of the region, of all customers), "dynamic", "own"; empty: not known
    QString ask;   ///< the call that tells a service's addresses; empty: there is none
    QString where; ///< where a person finds them
    QString exceptions;
    QString note;
    StaticEgress fixed;
    PrivateLinks link;
    FactSource source;
};

/// One platform, as its file in resources/platforms/ describes it. Facts only, no behaviour.
struct Platform
{
    QString id;               ///< "render"
    QString name;             ///< "Render"
    QStringList hostSuffixes; ///< ".onrender.com"
    QStringList manifests;    ///< "render.yaml"
    FactSource source;
    VariableRules variables;
    QList<InjectedVariable> injected;
    QList<ComposedVariable> composed;
    QStringList privateHosts; ///< reachable inside the platform only: ".internal" ends a name, "dpg-" begins one
    PortRules ports;
    HealthRules health;
    ShutdownRules shutdown;
    DeploySequence deploy;
    WebSocketRules websocket;
    DatabaseRules database;
    FreePlan free;
    SleepRules sleep;
    OutboundRules outbound;

    /// The variables of a runtime such as "python": those for all runtimes and those for this one.
    QList<InjectedVariable> injectedFor(const QString &runtime) const;
    /// Whether the host name belongs to this platform: "api.onrender.com".
    bool ownsHost(const QString &host) const;
    /// Whether only programs on this platform reach the host: "db.internal", "dpg-abc-a".
    bool isPrivateHost(const QString &host) const;
    /// nullptr where the platform has no variable of this name (for this runtime; "" asks for all runtimes' only).
    const InjectedVariable *injectedVariable(const QString &variable, const QString &runtime) const;
};

/// All platforms known to this build.
class PlatformCatalogue final
{
public:
    /// Loads and validates the files built into the program. An error names file, line and key: the catalogue is wrong
    /// and the program should say so at start.
    [[nodiscard]] static Result<PlatformCatalogue> load();

    /// Reads one file's text; used by load() and by tests. Unknown keys, wrong types and facts without a source
    /// are errors with their place.
    [[nodiscard]] static Result<Platform> parse(const QByteArray &text, const QString &fileName);

    QStringList ids() const;
    /// nullptr where no platform owns the host name.
    const Platform *forHost(const QString &host) const;
    /// nullptr where there is no such platform. The pointer lives as long as the catalogue.
    const Platform *find(const QString &id) const;

private:
    QMap<QString, Platform> m_platforms;
};

} // namespace Switchyard
