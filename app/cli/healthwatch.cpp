// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/healthtargets.h"
#include "models/common/duration.h"
#include "models/common/files.h"
#include "models/common/interrupt.h"
#include "models/common/redact.h"
#include "models/health/monitorset.h"
#include "models/health/recorder.h"
#include "models/health/watchreport.h"
#include "models/history/store.h"
#include "models/platforms/platform.h"
#include "models/workspace/historysettings.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QTimer>

#include <vector>

namespace Switchyard::Cli {

namespace {

/// The options that a monitor of a URL is ruled by, as keys of a workspace.
HealthEndpoint rulesOf(const HealthWatchOptions &options)
{
    HealthEndpoint rules;
    rules.interval = options.interval.value_or(Milliseconds(5'000));
    rules.failures = options.failures.value_or(rules.failures);
    rules.recoveries = options.recoveries.value_or(rules.recoveries);
    if (options.interval)
        rules.given.append(QStringLiteral("interval"));
    if (options.failures)
        rules.given.append(QStringLiteral("failures"));
    if (options.recoveries)
        rules.given.append(QStringLiteral("recoveries"));
    return rules;
}

/// Probes until the time is over or a person stops it, tells every change as it comes, and the figures at the end.
class Watch final : public QObject
{
public:
    Watch(const Global &global, const HealthWatchOptions &options, const QStringList &anchors)
        : m_global(global)
        , m_options(options)
        , m_set(anchors)
    {
        connect(&m_set, &MonitorSet::sampleTaken, this,
                [this](int index, const ProbeSample &sample) { m_lines[size_t(index)].take(sample); });
        connect(&m_set, &MonitorSet::stateChanged, this, &Watch::tell);
        connect(&m_set, &MonitorSet::noticed, this,
                [this](const QString &, const QString &text) { progress(m_global, text); });
        connect(&m_interrupt, &Interrupt::interrupted, this, &Watch::conclude);
        m_end.setSingleShot(true);
        connect(&m_end, &QTimer::timeout, this, &Watch::conclude);
    }

    int run(const QList<Monitor> &monitors, const DeployWindows &windows, HistoryStore *history)
    {
        if (history)
            new HealthRecorder(&m_set, history, this);
        for (const Monitor &monitor : monitors)
            m_lines.emplace_back(monitor);
        m_set.setMonitors(monitors);
        m_set.setDeployWindows(windows);
        m_started = Clock::now();
        m_set.start();
        if (m_options.duration > Milliseconds(0))
            m_end.start(m_options.duration);
        progress(m_global, QStringLiteral("watching %1 monitor%2%3")
                               .arg(monitors.size())
                               .arg(monitors.size() == 1 ? QString() : QStringLiteral("s"),
                                    m_options.duration > Milliseconds(0)
                                        ? QStringLiteral(" for ") + humanDuration(double(m_options.duration.count()))
                                        : QStringLiteral(", until Ctrl-C")));
        return QCoreApplication::exec();
    }

private:
    void tell(const MonitorTransition &transition)
    {
        const int index = m_set.indexOf(transition.monitorId);
        if (index < 0)
            return;
        m_lines[size_t(index)].take(transition);
        if (!m_global.json)
            printResult(changeLine(transition, m_set.record(index).monitor.name));
    }

    void conclude()
    {
        // The timer still runs where a person was quicker.
        const bool early = m_end.isActive();
        const Instant now = Clock::now();
        WatchReport report;
        report.watched = now - m_started;
        bool good = true;
        for (int i = 0; i < m_set.count(); ++i) {
            report.lines.append(m_lines[size_t(i)].summary(m_set.record(i).tracker, m_started, now));
            const WatchSummary &line = report.lines.last();
            good = good && line.state == MonitorState::Up && line.figures.decided.outages.value_or(0) == 0;
        }
        m_set.disconnect(this);
        m_set.stop();
        if (m_global.json)
            printJson(watchReportToJson(report));
        else
            printResult(watchReportToText(report));
        if (!m_options.check.junit.isEmpty()) {
            const Result<void> written = writeFileAtomically(m_options.check.junit, watchReportToJunit(report));
            if (!written)
                return QCoreApplication::exit(reportError(written.error()));
        }
        QCoreApplication::exit(early ? exitInterrupted : good ? exitPass : exitFail);
    }

    Global m_global;
    HealthWatchOptions m_options;
    Interrupt m_interrupt;
    MonitorSet m_set;
    std::vector<WatchLine> m_lines; ///< by place in the set
    Instant m_started{};
    QTimer m_end;
};

/// The monitors of the URLs, or of the workspace. An exit status where there are none.
tl::expected<QList<Monitor>, int> monitorsToWatch(const HealthWatchOptions &options,
                                                  const std::optional<Workspace> &workspace,
                                                  const PlatformCatalogue &catalogue)
{
    QList<Monitor> monitors;
    if (!workspace) {
        const Result<QList<RequestedTarget>> targets = requestedTargets(options.check, rulesOf(options));
        if (!targets)
            return tl::unexpected(reportError(targets.error()));
        for (const RequestedTarget &requested : *targets)
            monitors.append(monitorOf(requested.endpoint, requested.target, redact(requested.target.url)));
        return monitors;
    }
    const Result<QList<Monitor>> all = monitorsOf(*workspace, &catalogue);
    if (!all)
        return tl::unexpected(reportError(all.error()));
    monitors = *all;
    for (Monitor &monitor : monitors)
        monitor.interval = options.interval.value_or(monitor.interval);
    if (monitors.isEmpty())
        return tl::unexpected(reportError({ErrorKind::Usage,
                                           QStringLiteral("the workspace has no health endpoint"),
                                           QStringLiteral("give a URL: health watch https://HOST/health"),
                                           {}}));
    return monitors;
}

} // namespace

int runHealthWatch(const Global &global, const HealthWatchOptions &options)
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    std::optional<Workspace> workspace;
    if (options.check.urls.isEmpty()) {
        if (!options.check.profile.isEmpty() || !options.check.manifest.isEmpty())
            return reportError(requestedTargets(options.check).error());
        workspace = readRuledWorkspace(global);
        if (!workspace)
            return exitUsage;
    }
    const auto monitors = monitorsToWatch(options, workspace, *catalogue);
    if (!monitors)
        return monitors.error();
    QString historyFile = options.history;
    if (historyFile.isEmpty() && workspace && workspace->history.enabled && !options.noHistory)
        historyFile = historyFileOf(*workspace);
    std::unique_ptr<HistoryStore> history;
    if (!historyFile.isEmpty() && !options.noHistory) {
        HistoryOptions settings;
        if (workspace) {
            settings.keepSamples = workspace->history.keepSamples;
            settings.keepRollups = workspace->history.keepRollups;
        }
        Result<std::unique_ptr<HistoryStore>> opened = HistoryStore::open(historyFile, settings);
        if (!opened)
            return reportError(opened.error());
        history = *std::move(opened);
    }
    Watch watch(global, options, workspace ? workspace->anchors : QStringList());
    const int status =
        watch.run(*monitors, workspace ? DeployWindows(workspace->deployWindows) : DeployWindows(), history.get());
    if (history) {
        const Result<void> flushed = history->flush();
        if (!flushed)
            progress(global, flushed.error().toString());
    }
    return status;
}

} // namespace Switchyard::Cli
