// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"

#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

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
    QString when;     ///< "build", "runtime" or "both"
    QString value;    ///< constant value, empty where it varies
    QString example;  ///< what a rehearsal may set
    QString note;
    QStringList runtimes; ///< only for these runtimes; empty: all
    FactSource source;
};

struct PortRules
{
    bool injectsPort = false;             ///< the platform sets PORT
    int defaultPort = 0;                  ///< 0: none
    QString bindHost;                     ///< what the server must listen on
    QList<int> reserved;                  ///< ports that may not be used
    FactSource source;
};

struct HealthRules
{
    QString method;
    int statusMin = 200, statusMax = 299; ///< success range, both included
    bool followsRedirects = false;
    Milliseconds timeout{0};
    Milliseconds interval{0};             ///< 0: not documented
    Milliseconds deployLimit{0};          ///< a deploy fails after this long without a healthy answer; 0: not documented
    Milliseconds unroutedAfter{0};        ///< 0: not documented
    Milliseconds restartedAfter{0};       ///< 0: never
    FactSource source;
};

struct ShutdownRules
{
    QString signal;                       ///< "SIGTERM", "SIGINT"
    Milliseconds grace{0};                ///< default time from signal to the forced stop
    Milliseconds graceMax{0};             ///< what the platform allows at most; 0: not limited
    QString graceKey;                     ///< manifest key that sets it
    QString signalKey;                    ///< manifest key that sets the signal; empty: fixed
    FactSource source;
};

/// One step of the deploy sequence, in order. Steps: build, pre_deploy, stop_old, start_new, health, switch_traffic,
/// wait, signal_old, grace, kill_old.
struct DeployStep
{
    QString step;
    Milliseconds duration{0};             ///< for `wait`
    QString note;
};

struct DeploySequence
{
    /// True: the new instance is healthy and has the traffic before the old one is told to stop.
    bool newFirst = false;
    QList<DeployStep> steps;
    FactSource source;
};

struct WebSocketRules
{
    bool supported = true;
    bool platformSendsClose = false;      ///< does the platform close sockets with a code of its own
    Milliseconds maxDuration{0};          ///< 0: none documented
    QString note;
    FactSource source;
};

/// One platform, as its file in resources/platforms/ describes it. Facts only, no behaviour.
struct Platform
{
    QString id;                           ///< "render"
    QString name;                         ///< "Render"
    QStringList hostSuffixes;             ///< ".onrender.com"
    QStringList manifests;                ///< "render.yaml"
    QList<InjectedVariable> injected;
    PortRules ports;
    HealthRules health;
    ShutdownRules shutdown;
    DeploySequence deploy;
    WebSocketRules websocket;
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
    /// nullptr where there is no such platform. The pointer lives as long as the catalogue.
    const Platform *find(const QString &id) const;

private:
    QMap<QString, Platform> m_platforms;
};

} // namespace Switchyard
