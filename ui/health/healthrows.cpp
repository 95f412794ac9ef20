// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/healthrows.h"

#include "models/common/duration.h"
#include "models/common/redact.h"
#include "ui/common/format.h"
#include "ui/health/readingrows.h"

#include <limits>

namespace Switchyard {

namespace {

constexpr qsizetype trendPoints = 120;
constexpr int certificateWarning = 14;
constexpr int certificateAlarm = 3;

Cell none()
{
    return noFigure();
}

Cell latencyCell(std::optional<double> ms, double limit, bool stale)
{
    if (!ms)
        return none();
    Cell cell = figureCell(latencyText(*ms), *ms, stale);
    if (*ms > limit && !stale)
        cell.limit = State::Degraded;
    return cell;
}

Cell shareCell(std::optional<double> share, const QString &tip, bool stale)
{
    if (!share)
        return none();
    Cell cell = figureCell(shareText(*share), *share, stale);
    cell.tip = tip;
    return cell;
}

/// As it is while it is looked at.
Cell ageCell(const MonitorDigest &digest)
{
    if (!digest.asked || digest.lastWallMs == 0)
        return none();
    const qint64 age = std::max<qint64>(0, QDateTime::currentMSecsSinceEpoch() - digest.lastWallMs);
    Cell cell = figureCell(ageText(double(age)), age, digest.isStale());
    cell.tip = QStringLiteral("The last sample is of ") + utcTime(digest.lastWallMs);
    return cell;
}

Cell stateCell(const Monitor &monitor, const MonitorDigest &digest)
{
    Cell cell{.text = digest.word, .sort = badness(digest), .state = digest.state, .tip = digest.cause};
    if (digest.isRead) {
        cell.shape = digest.shape;
        cell.faded = digest.state == State::Unknown;
        if (cell.faded && digest.asked)
            cell.tip += QStringLiteral("\nLast sample of ") + utcTime(digest.lastWallMs);
    } else if (digest.broken) {
        cell.shape = QStringLiteral("✕");
        cell.tip = QStringLiteral("It cannot be probed: ") + digest.cause;
        if (monitor.problem && !monitor.problem->hint.isEmpty())
            cell.tip += QLatin1Char('\n') + monitor.problem->hint;
    } else if (digest.machine == MonitorState::Paused) {
        cell.shape = QStringLiteral("‖");
        cell.faded = true;
    } else if (!digest.asked && digest.machine == MonitorState::Unknown) {
        cell.shape = QStringLiteral("◌");
        cell.faded = true;
    } else if (digest.isStale()) {
        cell.faded = true;
        cell.tip += QStringLiteral("\nLast heard of at ") + utcTime(digest.lastWallMs);
    }
    return cell;
}

Cell nameCell(const Monitor &monitor, const MonitorDigest &digest)
{
    Cell cell{.text = monitor.name, .sort = {}, .tip = redact(monitor.target.url)};
    if (monitor.keepWarm)
        cell.tip += QStringLiteral("\nKept awake: a request at least every %1, %2 sent for it so far")
                        .arg(humanDuration(double(monitor.keepWarm->count())))
                        .arg(digest.warmed);
    return cell;
}

Cell statusCell(const Monitor &monitor, const MonitorDigest &digest)
{
    if (!digest.asked)
        return none();
    if (digest.status > 0)
        return figureCell(QString::number(digest.status), digest.status, digest.isStale());
    // A port has no status to give.
    if (monitor.target.type == EndpointType::Tcp && digest.lastMs)
        return figureCell(QStringLiteral("open"), QVariant(), digest.isStale());
    if (digest.isRead)
        return noFigure(QStringLiteral("The last sample has no HTTP status"));
    return figureCell(QStringLiteral("no answer"), QVariant(), digest.isStale());
}

Cell certificateCell(const Monitor &monitor, const MonitorDigest &digest)
{
    if (!digest.certificateDays) {
        Cell cell = none();
        if (monitor.target.url.startsWith(QLatin1StringView("http:")) ||
            monitor.target.url.startsWith(QLatin1StringView("ws:")))
            cell.text = QStringLiteral("no TLS");
        else if (digest.isRead)
            cell.tip = QStringLiteral("Prometheus has no certificate of it");
        return cell;
    }
    const int days = *digest.certificateDays;
    Cell cell = figureCell(days < 0 ? QStringLiteral("expired") : QStringLiteral("%1 days").arg(days), days);
    cell.tip = digest.certificate;
    if (days < certificateWarning)
        cell.limit = days < certificateAlarm ? State::Down : State::Degraded;
    return cell;
}

std::optional<double> percentileMs(const LatencyHistogram &latency, double p)
{
    const std::optional<Microseconds> value = latency.percentile(p);
    return value ? std::optional<double>(toMs(*value)) : std::nullopt;
}

} // namespace

Cell noFigure(const QString &why)
{
    Cell cell = figureCell(QStringLiteral("–"), QVariant(), true);
    cell.tip = why;
    return cell;
}

QStringList healthColumns()
{
    return {QStringLiteral("State"),       QStringLiteral("Monitor"),     QStringLiteral("Group"),
            QStringLiteral("Kind"),        QStringLiteral("Status"),      QStringLiteral("Last"),
            QStringLiteral("Age"),         QStringLiteral("p50"),         QStringLiteral("p95"),
            QStringLiteral("p99"),         QStringLiteral("Uptime"),      QStringLiteral("Raw uptime"),
            QStringLiteral("Longest gap"), QStringLiteral("Certificate"), QStringLiteral("Interval"),
            QStringLiteral("Trend")};
}

QString healthColumnTip(int column)
{
    switch (column) {
    case HealthColumn::Last:
        return QStringLiteral("Of the last probe, with name, connection and TLS");
    case HealthColumn::Age:
        return QStringLiteral("How old the last sample is");
    case HealthColumn::P50:
    case HealthColumn::P95:
    case HealthColumn::P99:
        return QStringLiteral("Percentile of the whole answers among the last %1 probes").arg(MonitorSet::keptPoints);
    case HealthColumn::Uptime:
        return QStringLiteral("Share of the measured time that it was not down, after as many failures in a row as its "
                              "rule asks for; over the last %1 probes")
            .arg(MonitorSet::keptPoints);
    case HealthColumn::RawUptime:
        return QStringLiteral("The same without retries: every failed probe counts");
    case HealthColumn::LongestGap:
        return QStringLiteral("Longest time between two good answers");
    case HealthColumn::Certificate:
        return QStringLiteral("Days that the certificate is still valid");
    case HealthColumn::Trend:
        return QStringLiteral("Latency of the last %1 probes; a gap: no answer").arg(trendPoints);
    default:
        return {};
    }
}

void readState(const MonitorRecord &record, MonitorDigest *digest)
{
    digest->state = shownState(record);
    digest->machine = record.tracker.state();
    digest->broken = record.monitor.problem && !record.monitor.waits;
    digest->asked = record.last.has_value();
    digest->cause = shownCause(record);
    digest->warmed = record.warmed;
    const bool waits = !digest->asked && !digest->broken && digest->machine == MonitorState::Unknown;
    digest->word = waits ? QStringLiteral("not probed") : shownStateWord(record);
    digest->lastMs = lastLatencyMs(record);
    if (!record.last)
        return;
    digest->status = record.last->status;
    digest->lastWallMs = record.last->wallMs;
    const std::optional<CertificateInfo> &certificate = record.last->certificate;
    digest->certificateDays = certificate ? std::optional<int>(certificate->daysLeft) : std::nullopt;
    digest->certificate = certificate ? certificate->subject : QString();
    if (certificate && !certificate->problem.isEmpty())
        digest->certificate += QLatin1Char('\n') + certificate->problem;
}

void readFigures(const MonitorRecord &record, Instant now, MonitorDigest *digest)
{
    const HealthFigures figures = record.figures({}, now);
    digest->p50 = percentileMs(figures.latency, 50);
    digest->p95 = percentileMs(figures.latency, 95);
    digest->p99 = percentileMs(figures.latency, 99);
    digest->uptime = figures.decided.uptime;
    digest->rawUptime = figures.raw.uptime;
    digest->longestGapMs = figures.longestGap ? std::optional<double>(toMs(*figures.longestGap)) : std::nullopt;
    digest->probes = figures.probes;
    digest->failed = figures.failed;
}

QList<double> monitorTrend(const MonitorRecord &record)
{
    QList<double> trend;
    const qsizetype first = std::max<qsizetype>(0, record.points.size() - trendPoints);
    trend.reserve(record.points.size() - first);
    for (qsizetype i = first; i < record.points.size(); ++i) {
        const BriefLatency latency = record.points[i].latency;
        trend.append(latency ? toMs(*latency) : std::numeric_limits<double>::quiet_NaN());
    }
    return trend;
}

int badness(const MonitorDigest &digest)
{
    if (digest.broken)
        return 0;
    switch (digest.state) {
    case State::Down:
        return 1;
    case State::Degraded:
    case State::Action:
        return 2;
    case State::Working:
        return 3;
    case State::Unknown:
        return digest.machine == MonitorState::Paused ? 6 : 4;
    case State::Up:
        break;
    }
    return 5;
}

std::optional<double> sortNumber(const Monitor &monitor, const MonitorDigest &digest, int column)
{
    switch (column) {
    case HealthColumn::State:
        return badness(digest);
    case HealthColumn::Status:
        return digest.asked && digest.status > 0 ? std::optional<double>(digest.status) : std::nullopt;
    case HealthColumn::Last:
    case HealthColumn::Trend:
        return digest.lastMs;
    case HealthColumn::Age:
        return digest.asked ? std::optional(-double(digest.lastWallMs)) : std::nullopt;
    case HealthColumn::P50:
        return digest.p50;
    case HealthColumn::P95:
        return digest.p95;
    case HealthColumn::P99:
        return digest.p99;
    case HealthColumn::Uptime:
        return digest.uptime;
    case HealthColumn::RawUptime:
        return digest.rawUptime;
    case HealthColumn::LongestGap:
        return digest.longestGapMs;
    case HealthColumn::Certificate:
        return digest.certificateDays ? std::optional<double>(*digest.certificateDays) : std::nullopt;
    case HealthColumn::Interval:
        return double(monitor.interval.count());
    default:
        return std::nullopt;
    }
}

Cell monitorCell(const Monitor &monitor, const MonitorDigest &digest, int column, double limitMs)
{
    const bool stale = digest.isStale();
    if (digest.isRead && !isRead(column))
        return noFigure(readingColumnTip(column));
    switch (column) {
    case HealthColumn::State:
        return stateCell(monitor, digest);
    case HealthColumn::Name:
        return nameCell(monitor, digest);
    case HealthColumn::Group:
        return {.text = monitor.group.isEmpty() ? QStringLiteral("–") : monitor.group, .sort = {}, .faded = true};
    case HealthColumn::Kind:
        return {.text = endpointKindName(monitor.kind), .sort = {}, .faded = true};
    case HealthColumn::Status:
        return statusCell(monitor, digest);
    case HealthColumn::Last:
        return latencyCell(digest.lastMs, limitMs, stale);
    case HealthColumn::Age:
        return ageCell(digest);
    case HealthColumn::P50:
        return latencyCell(digest.p50, limitMs, stale);
    case HealthColumn::P95:
        return latencyCell(digest.p95, limitMs, stale);
    case HealthColumn::P99:
        return latencyCell(digest.p99, limitMs, stale);
    case HealthColumn::Uptime:
        return shareCell(digest.uptime,
                         (digest.isRead ? QStringLiteral("%1 of %2 probes of the last hour failed")
                                        : QStringLiteral("%1 of the last %2 probes failed"))
                             .arg(digest.failed)
                             .arg(digest.probes),
                         digest.isRead && stale);
    case HealthColumn::RawUptime:
        return shareCell(digest.rawUptime,
                         (digest.isRead ? QStringLiteral("%1 of %2 probes of the last hour failed")
                                        : QStringLiteral("%1 of the last %2 probes failed"))
                             .arg(digest.failed)
                             .arg(digest.probes),
                         digest.isRead && stale);
    case HealthColumn::LongestGap:
        return digest.longestGapMs ? figureCell(ageText(*digest.longestGapMs), *digest.longestGapMs, stale) : none();
    case HealthColumn::Certificate:
        return certificateCell(monitor, digest);
    case HealthColumn::Interval:
        return figureCell(humanDuration(double(monitor.interval.count())), double(monitor.interval.count()));
    default:
        return {};
    }
}

} // namespace Switchyard
