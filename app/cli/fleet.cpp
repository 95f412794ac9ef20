// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/common/duration.h"
#include "models/common/interrupt.h"
#include "models/common/redact.h"
#include "models/fleet/fleetexport.h"
#include "models/fleet/fleetreader.h"
#include "models/fleet/fleetwatch.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QTimer>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString summary(const FleetExport &fleet, const QDir &folder)
{
    QString text;
    for (const WrittenFile &file : fleet.files)
        text += s("%1\n").arg(folder.filePath(file.path));
    for (const FleetSecretFile &secret : fleet.secrets)
        text += s("put %1 into %2: %3\n").arg(secret.reference, folder.filePath(secret.path), secret.what);
    const auto count = [&fleet](FleetLoss::Outcome outcome) {
        return std::count_if(fleet.loss.cbegin(), fleet.loss.cend(),
                             [outcome](const FleetLoss &loss) { return loss.outcome == outcome; });
    };
    return text + s("%1 monitors; %2 left out, %3 keys lost, %4 changed: README.md says which, why and how to start.\n")
                      .arg(fleet.monitors.size())
                      .arg(count(FleetLoss::Outcome::LeftOut))
                      .arg(count(FleetLoss::Outcome::Lost))
                      .arg(count(FleetLoss::Outcome::Changed));
}

/// From the options, else from the workspace.
Result<PrometheusAccess> accessFrom(const FleetStatusOptions &options, const Workspace &workspace)
{
    const PrometheusSettings settings = workspace.prometheus.value_or(PrometheusSettings());
    const QString given = options.url.isEmpty() ? settings.url : options.url;
    if (given.isEmpty())
        return fail(ErrorKind::Usage, s("there is no Prometheus server to ask"),
                    s("--url http://HOST:9090, or [prometheus] url = \"…\" in the workspace"));
    const Result<QString> url = prometheusUrl(given);
    if (!url)
        return fail(ErrorKind::Usage, s("the URL %1").arg(url.error().message), url.error().hint);
    // The workspace's token and certificates are for its own server.
    const bool own = options.url.isEmpty() || *url == settings.url;
    PrometheusSettings asked;
    asked.url = *url;
    asked.ca = options.caFile.isEmpty() && own ? settings.ca : options.caFile;
    asked.token = options.token.isEmpty() && own ? settings.token : options.token;
    Result<PrometheusAccess> access = prometheusAccess(asked);
    if (access)
        access->timeout = options.timeout;
    return access;
}

QString figure(const std::optional<double> &ms)
{
    return ms ? humanDuration(*ms) : s("–");
}

QString table(const FleetState &state)
{
    QString text;
    qsizetype width = 7;
    for (const FleetReading &reading : state.readings)
        width = std::max(width, reading.name.size());
    text += s("%1  %2  %3  %4  %5  %6\n")
                .arg(s("state").leftJustified(10), s("monitor").leftJustified(int(width)), s("p50").rightJustified(10),
                     s("p95").rightJustified(10), s("uptime").rightJustified(9), s("cert").rightJustified(7));
    for (const FleetReading &reading : state.readings) {
        const QString uptime = reading.uptime ? s("%1 %").arg(*reading.uptime * 100, 0, 'f', 2) : s("–");
        const QString days = reading.certificateDays ? s("%1 d").arg(*reading.certificateDays, 0, 'f', 1) : s("–");
        text += s("%1  %2  %3  %4  %5  %6%7\n")
                    .arg(monitorStateName(reading.state).leftJustified(10), reading.name.leftJustified(int(width)),
                         figure(reading.p50Ms).rightJustified(10), figure(reading.p95Ms).rightJustified(10),
                         uptime.rightJustified(9), days.rightJustified(7),
                         reading.reason.isEmpty() ? QString() : s("  ") + redact(reading.reason));
    }
    return text + s("over %1, %2\n").arg(formatDuration(state.window), state.source);
}

} // namespace

int runFleetExport(const Global &global, const FleetExportOptions &options)
{
    if (options.out.isEmpty())
        return reportError({ErrorKind::Usage, s("the folder is missing"), s("--out DIR"), {}});
    if (!options.caFile.isEmpty() && !QFileInfo(options.caFile).isReadable())
        return reportError(
            {ErrorKind::Usage, s("the certificate bundle %1 cannot be read").arg(options.caFile), s("--ca FILE"), {}});
    const std::optional<Workspace> workspace = readRuledWorkspace(global);
    if (!workspace)
        return exitUsage;
    FleetOptions fleetOptions;
    fleetOptions.blackbox = options.blackbox;
    if (!options.caFile.isEmpty())
        fleetOptions.caFile = QFileInfo(options.caFile).absoluteFilePath();
    const Result<FleetExport> fleet = prepareFleet(*workspace, fleetOptions);
    if (!fleet)
        return reportError(fleet.error());
    if (const Result<void> written = writeFleet(*fleet, options.out, options.force); !written)
        return reportError(written.error());
    for (const FleetLoss &loss : fleet->loss)
        progress(global, s("%1: %2, %3: %4").arg(loss.subject, loss.key, fleetOutcomeName(loss.outcome), loss.reason));
    if (global.json)
        printJson(fleetExportToJson(*fleet, options.out));
    else
        printResult(summary(*fleet, QDir(options.out)));
    const bool lost = std::any_of(fleet->loss.cbegin(), fleet->loss.cend(),
                                  [](const FleetLoss &loss) { return loss.outcome != FleetLoss::Outcome::Changed; });
    return options.strict && lost ? exitFail : exitPass;
}

int runFleetStatus(const Global &global, const FleetStatusOptions &options)
{
    const std::optional<Workspace> workspace = readRuledWorkspace(global);
    if (!workspace)
        return exitUsage;
    const Result<QList<FleetMonitor>> monitors = fleetMonitors(*workspace);
    if (!monitors)
        return reportError(monitors.error());
    if (monitors->isEmpty())
        return reportError(
            {ErrorKind::Usage, s("the workspace has no monitor"), s("give a backend a [[backend.health]]"), {}});
    if (options.window < Milliseconds(60'000))
        return reportError({ErrorKind::Usage, s("the window is too short"), s("--window 1m or more"), {}});
    const Result<PrometheusAccess> access = accessFrom(options, *workspace);
    if (!access)
        return reportError(access.error());
    Interrupt interrupt;
    FleetReader reader(*workspace, *monitors, *access, options.window);
    QObject::connect(&interrupt, &Interrupt::interrupted, &reader, [&reader] {
        reader.cancel();
        QCoreApplication::exit(exitInterrupted);
    });
    QObject::connect(&reader, &FleetReader::finished, &reader, [&](const FleetState &state) {
        if (!state.answered()) {
            reportError(state.failure);
            // Nobody can say then whether the monitors are up; what was asked for wrongly is another matter.
            return QCoreApplication::exit(state.failure.kind == ErrorKind::Usage ? exitUsage : exitInconclusive);
        }
        for (const QString &warning : state.warnings)
            progress(global, s("Prometheus warns: %1").arg(warning));
        if (std::abs(state.clockAheadMs) > 5'000)
            progress(global, s("the clock of the Prometheus server differs from this one by %1")
                                 .arg(humanDuration(std::abs(state.clockAheadMs))));
        if (global.json)
            printJson(fleetStatusToJson(state));
        else
            printResult(table(state));
        QCoreApplication::exit(state.allUp() ? exitPass : exitFail);
    });
    QTimer::singleShot(0, &reader, &FleetReader::read);
    return QCoreApplication::exec();
}

} // namespace Switchyard::Cli
