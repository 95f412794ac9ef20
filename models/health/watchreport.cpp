// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/watchreport.h"

#include "models/common/duration.h"
#include "models/common/redact.h"
#include "models/common/xmltext.h"
#include "models/health/platformwords.h"

#include <QDateTime>
#include <QJsonArray>
#include <QXmlStreamWriter>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

QString utcTime(qint64 wallMs, const QString &format)
{
    return QDateTime::fromMSecsSinceEpoch(wallMs, Qt::UTC).toString(format);
}

QString durationText(const std::optional<Clock::duration> &duration)
{
    return duration ? humanDuration(toMs(*duration)) : QStringLiteral("–");
}

QString percentText(const std::optional<double> &share)
{
    // Never rounded up to a hundred: one failed probe of a million is to be seen.
    return share ? QString::number(std::floor(*share * 100'000) / 1'000, 'f', 3) + QStringLiteral(" %")
                 : QStringLiteral("–");
}

QJsonValue milliseconds(const std::optional<Clock::duration> &duration)
{
    return duration ? QJsonValue(std::round(toMs(*duration) * 1000) / 1000) : QJsonValue(QJsonValue::Null);
}

QJsonValue numberOrNull(const std::optional<double> &number)
{
    return number ? QJsonValue(*number) : QJsonValue(QJsonValue::Null);
}

QJsonValue percentileOf(const LatencyHistogram &latency, double p)
{
    return milliseconds(latency.percentile(p));
}

QJsonValue textOrNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(redact(text));
}

QJsonObject uptimeToJson(const UptimeFigures &figures)
{
    return {{QStringLiteral("share"), numberOrNull(figures.uptime)},
            {QStringLiteral("measured"), milliseconds(figures.measured)},
            {QStringLiteral("down"), milliseconds(figures.down)},
            {QStringLiteral("outages"), figures.outages ? QJsonValue(*figures.outages) : QJsonValue(QJsonValue::Null)},
            {QStringLiteral("longest_outage"), milliseconds(figures.longest)},
            {QStringLiteral("coverage"), figures.coverage}};
}

QJsonObject summaryToJson(const WatchSummary &line)
{
    QJsonArray changes;
    for (const MonitorTransition &change : line.changes)
        changes.append(
            QJsonObject{{QStringLiteral("at"), utcTime(change.wallMs, QStringLiteral("yyyy-MM-ddTHH:mm:ss.zzzZ"))},
                        {QStringLiteral("from"), monitorStateName(change.from)},
                        {QStringLiteral("to"), monitorStateName(change.to)},
                        {QStringLiteral("cause"), textOrNull(change.cause)},
                        {QStringLiteral("lasted"), milliseconds(change.lasted)},
                        {QStringLiteral("suppressed_by"), textOrNull(change.suppressedBy)}});
    const HealthFigures &figures = line.figures;
    return {{QStringLiteral("id"), redact(line.id)},
            {QStringLiteral("name"), line.name},
            {QStringLiteral("url"), line.url},
            {QStringLiteral("state"), monitorStateName(line.state)},
            {QStringLiteral("cause"), textOrNull(line.cause)},
            {QStringLiteral("platform"), textOrNull(line.platform)},
            {QStringLiteral("profile"), profileToJson(line.profile.get())},
            {QStringLiteral("probes"), qint64(figures.probes)},
            {QStringLiteral("failed"), qint64(figures.failed)},
            {QStringLiteral("degraded"), qint64(figures.degraded)},
            {QStringLiteral("latency"), QJsonObject{{QStringLiteral("p50"), percentileOf(figures.latency, 50)},
                                                    {QStringLiteral("p90"), percentileOf(figures.latency, 90)},
                                                    {QStringLiteral("p95"), percentileOf(figures.latency, 95)},
                                                    {QStringLiteral("p99"), percentileOf(figures.latency, 99)},
                                                    {QStringLiteral("max"), milliseconds(figures.latency.max())}}},
            {QStringLiteral("uptime"), uptimeToJson(figures.decided)},
            {QStringLiteral("uptime_without_retries"), uptimeToJson(figures.raw)},
            {QStringLiteral("longest_gap"), milliseconds(figures.longestGap)},
            {QStringLiteral("mean_outage"), milliseconds(figures.meanOutage)},
            {QStringLiteral("changes"), changes},
            {QStringLiteral("changes_left_out"), line.changesLeftOut}};
}

bool isGood(const WatchSummary &line)
{
    return line.state == MonitorState::Up && line.figures.decided.outages.value_or(0) == 0;
}

} // namespace

WatchLine::WatchLine(const Monitor &monitor)
    : m_monitor(monitor)
    , m_tally(MonitorTracker(monitor).lapseAfter())
{
    m_summary.profile = monitor.profile;
    m_summary.id = monitor.id;
    m_summary.name = redact(monitor.name);
    m_summary.url = redact(monitor.target.url);
}

void WatchLine::take(const ProbeSample &sample)
{
    m_tally.take(healthPointOf(sample));
}

void WatchLine::take(const MonitorTransition &transition)
{
    if (transition.from != transition.to)
        m_tally.take(StateInterval{transition.from, transition.at - transition.lasted, transition.at});
    if (m_summary.changes.size() < keptChanges)
        m_summary.changes.append(transition);
    else
        ++m_summary.changesLeftOut;
}

WatchSummary WatchLine::summary(const MonitorTracker &tracker, Instant from, Instant to) const
{
    WatchSummary summary = m_summary;
    summary.state = tracker.state();
    summary.cause = tracker.cause();
    summary.platform = platformWords(m_monitor, tracker.failingSince(), to);
    HealthTally tally = m_tally;
    if (tracker.since())
        tally.take(StateInterval{tracker.state(), *tracker.since(), to});
    summary.figures = tally.figures(from, to);
    return summary;
}

QString changeLine(const MonitorTransition &transition, const QString &name)
{
    QString line = QStringLiteral("%1  %2  %3")
                       .arg(utcTime(transition.wallMs, QStringLiteral("HH:mm:ss'Z'")),
                            monitorStateName(transition.to).leftJustified(10), redact(name));
    if (!transition.cause.isEmpty())
        line += QStringLiteral("  ") + redact(transition.cause);
    if (transition.from != MonitorState::Unknown && transition.lasted > Clock::duration::zero())
        line += QStringLiteral("  (%1 for %2)")
                    .arg(monitorStateName(transition.from), humanDuration(toMs(transition.lasted)));
    if (!transition.suppressedBy.isEmpty())
        line += QStringLiteral("  [alerts nobody: %1]").arg(transition.suppressedBy);
    return line + QLatin1Char('\n');
}

QString watchReportToText(const WatchReport &report)
{
    QString text = QStringLiteral("\nwatched for %1\n").arg(humanDuration(toMs(report.watched)));
    for (const WatchSummary &line : report.lines) {
        const HealthFigures &figures = line.figures;
        text += QStringLiteral("\n%1  %2\n").arg(monitorStateName(line.state).leftJustified(10), line.name);
        if (!line.cause.isEmpty())
            text += QStringLiteral("  %1\n").arg(redact(line.cause));
        if (!line.platform.isEmpty())
            text += QStringLiteral("  now: %1\n").arg(line.platform);
        if (line.profile)
            text += profileToText(*line.profile);
        text += QStringLiteral("  probes       %1, %2 failed, %3 degraded\n")
                    .arg(figures.probes)
                    .arg(figures.failed)
                    .arg(figures.degraded);
        text += QStringLiteral("  latency      p50 %1, p90 %2, p95 %3, p99 %4, max %5\n")
                    .arg(durationText(figures.latency.percentile(50)), durationText(figures.latency.percentile(90)),
                         durationText(figures.latency.percentile(95)), durationText(figures.latency.percentile(99)),
                         durationText(figures.latency.max()));
        text += QStringLiteral("  uptime       %1, without retries %2, measured %3 of the time\n")
                    .arg(percentText(figures.decided.uptime), percentText(figures.raw.uptime),
                         percentText(figures.decided.coverage));
        text += QStringLiteral("  outages      %1, longest %2; longest time without a good answer %3\n")
                    .arg(figures.decided.outages ? QString::number(*figures.decided.outages) : QStringLiteral("–"),
                         durationText(figures.decided.longest), durationText(figures.longestGap));
    }
    return text;
}

QJsonObject watchReportToJson(const WatchReport &report)
{
    QJsonArray monitors;
    for (const WatchSummary &line : report.lines)
        monitors.append(summaryToJson(line));
    return {{QStringLiteral("schema"), QStringLiteral("switchyard.health-watch/1")},
            {QStringLiteral("watched"), milliseconds(report.watched)},
            {QStringLiteral("monitors"), monitors}};
}

QByteArray watchReportToJunit(const WatchReport &report)
{
    const auto bad = std::count_if(report.lines.cbegin(), report.lines.cend(),
                                   [](const WatchSummary &line) { return !isGood(line); });
    const QString suite = QStringLiteral("switchyard.health-watch");
    const QString time = QString::number(toMs(report.watched) / 1000, 'f', 3);
    QByteArray out;
    QXmlStreamWriter xml(&out);
    xml.setAutoFormatting(true);
    xml.writeStartDocument();
    xml.writeStartElement(QStringLiteral("testsuites"));
    xml.writeStartElement(QStringLiteral("testsuite"));
    xml.writeAttribute(QStringLiteral("name"), suite);
    xml.writeAttribute(QStringLiteral("tests"), QString::number(report.lines.size()));
    xml.writeAttribute(QStringLiteral("failures"), QString::number(bad));
    xml.writeAttribute(QStringLiteral("errors"), QStringLiteral("0"));
    xml.writeAttribute(QStringLiteral("skipped"), QStringLiteral("0"));
    xml.writeAttribute(QStringLiteral("time"), time);
    for (const WatchSummary &line : report.lines) {
        xml.writeStartElement(QStringLiteral("testcase"));
        xml.writeAttribute(QStringLiteral("classname"), suite);
        xml.writeAttribute(QStringLiteral("name"), xmlText(line.name));
        xml.writeAttribute(QStringLiteral("time"), time);
        if (!isGood(line)) {
            const bool wasDown = line.state == MonitorState::Up;
            xml.writeStartElement(QStringLiteral("failure"));
            xml.writeAttribute(QStringLiteral("type"),
                               wasDown ? QStringLiteral("was-down") : monitorStateName(line.state));
            xml.writeAttribute(QStringLiteral("message"),
                               xmlText(wasDown
                                           ? QStringLiteral("up at the end, but was down %1 time(s), at most for %2")
                                                 .arg(line.figures.decided.outages.value_or(0))
                                                 .arg(durationText(line.figures.decided.longest))
                                           : redact(line.cause)));
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }
    xml.writeEndDocument();
    return out;
}

} // namespace Switchyard
