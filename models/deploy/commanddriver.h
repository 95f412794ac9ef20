// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/deploy/driver.h"
#include "models/deploy/processinstance.h"

#include <QRegularExpression>

#include <memory>

namespace Switchyard {

/// Makes a backend redeploy by running a command, such as `fly deploy` or a script of the team's: an argument list, no
/// shell. Exit status 0 is the end of the deployment as far as the command knows; what happened to the instances is
/// out of its sight.
class CommandDriver final : public DeployDriver
{
    Q_OBJECT
public:
    /// `log`: regular expressions of output lines to record.
    CommandDriver(ProcessSpec spec, const QStringList &log, QObject *parent = nullptr);

    QString id() const override { return QStringLiteral("command"); }
    bool seesStop() const override { return false; }
    bool seesStart() const override { return false; }
    Milliseconds grace() const override { return Milliseconds(0); }
    void prepare() override;
    void trigger() override;
    /// Interrupts a command that still runs (SIGTERM, after 3 s SIGKILL to its group).
    void shutDown() override;

private:
    void emitEvent(DriverEvent::Kind kind, const QString &text, Instant at = Clock::now(), int code = 0);
    void takeLine(Instant at, const QString &text);
    void ended(Instant at, int status);

    ProcessSpec m_spec;
    QList<QRegularExpression> m_log;
    std::unique_ptr<ProcessInstance> m_process;
    bool m_stopping = false;
};

} // namespace Switchyard
