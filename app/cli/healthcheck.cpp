// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/healthcheck.h"
#include "app/cli/commands.h"
#include "models/common/duration.h"
#include "models/common/interrupt.h"
#include "models/common/redact.h"
#include "models/health/prober.h"
#include "models/health/samplejson.h"
#include "models/health/targets.h"

#include <QCoreApplication>
#include <QTimer>
#include <QUrl>

namespace Switchyard::Cli {

namespace {

Result<ProbeTarget> targetFrom(const QString &text, const CheckOptions &options)
{
    if (urlCarriesSecret(text))
        return fail(ErrorKind::Usage, QStringLiteral("a URL carries a secret on the command line"),
                    QStringLiteral("give it as env:NAME or file:PATH"));
    ProbeTarget target;
    const Result<QString> resolved =
        text == QLatin1StringView("-")
            ? parseSecretReference(text).and_then(&resolveSecret).map([](const Secret &secret) {
                  return secret.reveal();
              })
            : resolveText(text);
    if (!resolved)
        return tl::unexpected(resolved.error());
    target.url = *resolved;
    const QUrl url(target.url, QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty() ||
        (url.scheme() != QLatin1StringView("http") && url.scheme() != QLatin1StringView("https")))
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is not an http or https address").arg(redact(text)),
                    QStringLiteral("write http://HOST[:PORT]/PATH or https://HOST/PATH"));
    if (const Result<bool> status = statusMatches(options.status, 200); !status)
        return tl::unexpected(status.error());
    target.id = text;
    target.timeout = options.timeout;
    target.expect.status = options.status;
    target.caFile = options.caFile;
    return target;
}

QString lineOf(const ProbeSample &sample, const QString &url)
{
    QString line = QStringLiteral("%1  %2").arg(probeStateName(sample.state).leftJustified(8), redact(url));
    if (sample.status > 0)
        line += QStringLiteral("  HTTP %1").arg(sample.status);
    if (sample.phases.total)
        line += QStringLiteral("  %1").arg(humanDuration(*sample.phases.total));
    if (!sample.reason.isEmpty())
        line += QStringLiteral("  %1").arg(redact(sample.reason));
    return line + QLatin1Char('\n');
}

} // namespace

int runHealthCheck(const Global &global, const CheckOptions &options)
{
    QList<ProbeTarget> targets;
    for (const QString &url : options.urls) {
        const Result<ProbeTarget> target = targetFrom(url, options);
        if (!target)
            return reportError(target.error());
        targets.append(*target);
    }
    if (targets.isEmpty()) {
        const std::optional<Workspace> workspace = readWorkspace(global);
        if (!workspace)
            return exitUsage;
        for (const Backend &backend : workspace->backends) {
            for (const HealthEndpoint &endpoint : backend.health) {
                const Result<ProbeTarget> target = probeTargetFor(backend, endpoint);
                if (!target)
                    return reportError(target.error());
                targets.append(*target);
            }
        }
        if (targets.isEmpty())
            return reportError({ErrorKind::Usage,
                                QStringLiteral("the workspace has no health endpoint"),
                                QStringLiteral("give a URL: health check https://HOST/health"),
                                {}});
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
        QCoreApplication::exit(interrupt.happened() ? exitInterrupted : allUp ? exitPass : exitFail);
    });
    QTimer::singleShot(0, &check, [&] { check.check(targets); });
    return QCoreApplication::exec();
}

} // namespace Switchyard::Cli
