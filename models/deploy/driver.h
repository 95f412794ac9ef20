// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"

#include <QMetaType>
#include <QObject>
#include <QString>

namespace Switchyard {

/// One fact of a deployment, stamped when it was done or seen.
struct DriverEvent
{
    enum class Kind
    {
        InstanceStarting, ///< the process was started
        InstanceHealthy,  ///< it passed the platform's check (or, without one, accepted a connection)
        TrafficSwitched,  ///< new connections go to this instance
        SignalSent,       ///< it was told to stop; `text` is the signal's name
        InstanceKilled,   ///< the grace was over: SIGKILL
        InstanceExited,   ///< its process ended; `code` is the exit status, or 128 + signal
        LogLine,          ///< a line of its output that matched a pattern
        Step,             ///< a step of the platform's sequence; `text` names it
        Failed,           ///< the deployment cannot go on; `text` says why
        Finished          ///< the deployment is done: the new instance has the traffic and the old one is gone
    };
    Kind kind = Kind::Step;
    Instant at{};
    int instance = 0; ///< 1 is the instance the session began with
    qint64 pid = 0;   ///< 0: not known
    int code = 0;
    QString text;
};

/// How a backend is made to redeploy. Thread: the thread it lives on; never blocks it.
///
/// Life: prepare() once, then trigger() any number of times, one at a time, then shutDown(). A driver must be shut down
/// before it is destroyed, otherwise its processes are killed at once.
class DeployDriver : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// "local", "rehearsal:render", "none", …
    virtual QString id() const = 0;
    /// It knows when the old instance is told to stop and when it has ended.
    virtual bool seesStop() const = 0;
    /// It knows when the new instance starts and when it is healthy.
    virtual bool seesStart() const = 0;
    /// Time from signal to forced stop; 0: not known.
    virtual Milliseconds grace() const = 0;
    /// Where clients and probes connect, once ready; empty: the backend's own URL.
    virtual QString url() const { return {}; }

    /// Makes the backend ready to be watched: starts it where the driver owns the process. Answers with ready() or
    /// failed(). Calling it again while it runs answers ready() again.
    virtual void prepare() = 0;
    /// Starts the redeploy. Its course comes as events, its end as Finished or Failed.
    virtual void trigger() = 0;
    /// Stops everything the driver started, within the grace, then answers shutDownDone(). May be called at any time.
    virtual void shutDown() = 0;

Q_SIGNALS:
    void ready();
    void failed(const Switchyard::Error &error);
    void happened(const Switchyard::DriverEvent &event);
    void shutDownDone();
};

/// Observes only: trigger() does nothing, somebody else redeploys.
class ObserveDriver final : public DeployDriver
{
    Q_OBJECT
public:
    using DeployDriver::DeployDriver;
    QString id() const override { return QStringLiteral("none"); }
    bool seesStop() const override { return false; }
    bool seesStart() const override { return false; }
    Milliseconds grace() const override { return Milliseconds(0); }
    void prepare() override;
    void trigger() override {}
    void shutDown() override;
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::DriverEvent)
Q_DECLARE_METATYPE(Switchyard::Error)
