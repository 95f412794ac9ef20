// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/healthcheck.h"
#include "app/cli/commands.h"
#include "app/cli/healthtargets.h"
#include "models/common/duration.h"
#include "models/common/files.h"
#include "models/common/interrupt.h"
#include "models/common/redact.h"
#include "models/health/platformwords.h"
#include "models/health/samplejson.h"
#include "models/health/samplejunit.h"
#include "models/health/targets.h"

#include <QCoreApplication>
#include <QTimer>

namespace Switchyard::Cli {

namespace {

/// What is checked, and by whose rules.
struct Checked
{
    QList<ProbeTarget> targets;
    QList<ProfilePtr> profiles; ///< one a target
    void add(const ProbeTarget &target, const ProfilePtr &profile)
    {
        targets.append(target);
        profiles.append(profile);
    }
};

/// The endpoints of the backends and the free monitors.
Result<Checked> workspaceTargets(const Workspace &workspace)
{
    Checked checked;
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health) {
            const Result<ProbeTarget> target = probeTargetFor(backend, endpoint);
            if (!target)
                return tl::unexpected(target.error());
            checked.add(*target, endpoint.applied);
        }
    }
    for (const FreeMonitor &monitor : workspace.monitors) {
        const Result<ProbeTarget> target = probeTargetFor(monitor);
        if (!target)
            return tl::unexpected(target.error());
        checked.add(*target, monitor.endpoint.applied);
    }
    if (checked.targets.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the workspace has no health endpoint"),
                    QStringLiteral("give a URL: health check https://HOST/health"));
    return checked;
}

QString lineOf(const ProbeSample &sample, const QString &url, const PlatformProfile *profile)
{
    QString line = QStringLiteral("%1  %2").arg(probeStateName(sample.state).leftJustified(8), redact(url));
    if (sample.status > 0)
        line += QStringLiteral("  HTTP %1").arg(sample.status);
    if (!sample.redirects.isEmpty())
        line += QStringLiteral(" after %1 redirect%2")
                    .arg(sample.redirects.size())
                    .arg(sample.redirects.size() == 1 ? QString() : QStringLiteral("s"));
    if (sample.phases.total)
        line += QStringLiteral("  %1").arg(humanDuration(*sample.phases.total));
    if (!sample.reason.isEmpty())
        line += QStringLiteral("  %1").arg(redact(sample.reason));
    line += QLatin1Char('\n');
    if (profile && sample.state == ProbeState::Down && !platformThreat(*profile).isEmpty())
        line += QStringLiteral("  %1\n").arg(platformThreat(*profile));
    return profile ? line + profileToText(*profile) : line;
}

} // namespace

int runHealthCheck(const Global &global, const CheckOptions &options)
{
    const Result<QList<RequestedTarget>> requested = requestedTargets(options);
    if (!requested)
        return reportError(requested.error());
    Checked checked;
    for (const RequestedTarget &each : *requested)
        checked.add(each.target, each.endpoint.applied);
    if (checked.targets.isEmpty()) {
        const std::optional<Workspace> workspace = readRuledWorkspace(global);
        if (!workspace)
            return exitUsage;
        Result<Checked> all = workspaceTargets(*workspace);
        if (!all)
            return reportError(all.error());
        checked = *std::move(all);
    }
    const QList<ProbeTarget> &targets = checked.targets;
    QStringList urls;
    for (const ProbeTarget &target : targets)
        urls.append(target.url);
    Interrupt interrupt;
    HealthCheck check;
    QObject::connect(&interrupt, &Interrupt::interrupted, &check, &HealthCheck::cancel);
    QObject::connect(&check, &HealthCheck::finished, &check, [&](const QList<ProbeSample> &samples) {
        bool allUp = true;
        for (const ProbeSample &sample : samples)
            allUp = allUp && sample.state == ProbeState::Up;
        if (global.json) {
            printJson(healthCheckToJson(samples, urls, checked.profiles));
        } else {
            for (qsizetype i = 0; i < samples.size(); ++i)
                printResult(lineOf(samples[i], urls[i], checked.profiles[i].get()));
        }
        if (!options.junit.isEmpty()) {
            const Result<void> written = writeFileAtomically(options.junit, healthCheckToJunit(samples, urls));
            if (!written)
                return QCoreApplication::exit(reportError(written.error()));
        }
        QCoreApplication::exit(interrupt.happened() ? exitInterrupted : allUp ? exitPass : exitFail);
    });
    QTimer::singleShot(0, &check, [&] { check.check(targets); });
    return QCoreApplication::exec();
}

} // namespace Switchyard::Cli
