// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/healthcheck.h"
#include "app/cli/commands.h"
#include "app/cli/healthtargets.h"
#include "models/common/duration.h"
#include "models/common/files.h"
#include "models/common/interrupt.h"
#include "models/common/redact.h"
#include "models/health/samplejson.h"
#include "models/health/samplejunit.h"
#include "models/health/targets.h"

#include <QCoreApplication>
#include <QTimer>

namespace Switchyard::Cli {

namespace {

/// The endpoints of the backends and the free monitors.
Result<QList<ProbeTarget>> workspaceTargets(const Workspace &workspace)
{
    QList<ProbeTarget> targets;
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health) {
            const Result<ProbeTarget> target = probeTargetFor(backend, endpoint);
            if (!target)
                return tl::unexpected(target.error());
            targets.append(*target);
        }
    }
    for (const FreeMonitor &monitor : workspace.monitors) {
        const Result<ProbeTarget> target = probeTargetFor(monitor);
        if (!target)
            return tl::unexpected(target.error());
        targets.append(*target);
    }
    if (targets.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the workspace has no health endpoint"),
                    QStringLiteral("give a URL: health check https://HOST/health"));
    return targets;
}

QString lineOf(const ProbeSample &sample, const QString &url)
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
    return line + QLatin1Char('\n');
}

} // namespace

int runHealthCheck(const Global &global, const CheckOptions &options)
{
    const Result<QList<ProbeTarget>> requested = requestedTargets(options);
    if (!requested)
        return reportError(requested.error());
    QList<ProbeTarget> targets = *requested;
    if (targets.isEmpty()) {
        const std::optional<Workspace> workspace = readWorkspace(global);
        if (!workspace)
            return exitUsage;
        const Result<QList<ProbeTarget>> all = workspaceTargets(*workspace);
        if (!all)
            return reportError(all.error());
        targets = *all;
    }
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
            printJson(healthCheckToJson(samples, urls));
        } else {
            for (qsizetype i = 0; i < samples.size(); ++i)
                printResult(lineOf(samples[i], urls[i]));
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
