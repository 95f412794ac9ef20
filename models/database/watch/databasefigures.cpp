// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/databasefigures.h"

#include <QStringList>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

using Microseconds = LatencyHistogram::Microseconds;

Microseconds microseconds(double milliseconds)
{
    return Microseconds(std::llround(milliseconds * 1000));
}

QJsonValue msOf(const std::optional<Microseconds> &value)
{
    return value ? QJsonValue(double(value->count()) / 1000) : QJsonValue();
}

QJsonObject latencyJson(const LatencyHistogram &histogram)
{
    return {{QStringLiteral("count"), qint64(histogram.count())},
            {QStringLiteral("p50"), msOf(histogram.percentile(50))},
            {QStringLiteral("p95"), msOf(histogram.percentile(95))},
            {QStringLiteral("max"), msOf(histogram.max())}};
}

QJsonValue orNull(const std::optional<int> &value)
{
    return value ? QJsonValue(*value) : QJsonValue();
}

QString latencyWords(const QString &name, const LatencyHistogram &histogram)
{
    if (histogram.count() == 0)
        return QStringLiteral("%1 not measured").arg(name);
    const auto ms = [](const std::optional<Microseconds> &value) {
        return QString::number(double(value->count()) / 1000, 'f', 1);
    };
    return QStringLiteral("%1 p50 %2 ms, p95 %3 ms, longest %4 ms")
        .arg(name, ms(histogram.percentile(50)), ms(histogram.percentile(95)), ms(histogram.max()));
}

} // namespace

void DatabaseFigures::take(const DatabaseRecord &record, Instant at)
{
    ++m_probes;
    if (!m_without)
        m_without = at; // the first: what was before it nobody asked
    const DatabaseReport &report = *record.report;
    const DatabaseState state = databaseState(record);
    if (state == DatabaseState::Failed || state == DatabaseState::Unknown) {
        ++m_failed;
        if (const StageResult *failed = failedStage(report))
            m_lastFailure = QStringLiteral("%1: %2").arg(databaseStageName(failed->stage), failed->detail);
    } else {
        m_longest = std::max(m_longest, std::chrono::duration_cast<Milliseconds>(at - *m_without));
        m_without = at;
    }
    m_slow += state == DatabaseState::Slow;
    if (const std::optional<double> ms = connectMsOf(report))
        m_connect.add(microseconds(*ms));
    if (const std::optional<double> ms = queryMsOf(report))
        m_query.add(microseconds(*ms));
    if (!report.headroom)
        return;
    if (const std::optional<int> used = report.headroom->used) {
        m_leastUsed = std::min(m_leastUsed.value_or(*used), *used);
        m_mostUsed = std::max(m_mostUsed.value_or(*used), *used);
    }
    if (report.headroom->limit)
        m_limit = report.headroom->limit;
}

void DatabaseFigures::takeError(const DatabaseRecord &record, Instant at)
{
    ++m_probes;
    ++m_failed;
    if (!m_without)
        m_without = at;
    if (record.error)
        m_lastFailure = record.error->message;
}

std::optional<Milliseconds> DatabaseFigures::longestWithout(Instant until) const
{
    if (!m_without)
        return std::nullopt;
    return std::max(m_longest, std::chrono::duration_cast<Milliseconds>(until - *m_without));
}

QJsonObject DatabaseFigures::toJson(Instant until) const
{
    const std::optional<Milliseconds> without = longestWithout(until);
    return {{QStringLiteral("probes"), m_probes},
            {QStringLiteral("failed"), m_failed},
            {QStringLiteral("slow"), m_slow},
            {QStringLiteral("connect_ms"), latencyJson(m_connect)},
            {QStringLiteral("query_ms"), latencyJson(m_query)},
            {QStringLiteral("connections"), QJsonObject{{QStringLiteral("least"), orNull(m_leastUsed)},
                                                        {QStringLiteral("most"), orNull(m_mostUsed)},
                                                        {QStringLiteral("limit"), orNull(m_limit)}}},
            {QStringLiteral("longest_without_ms"), without ? QJsonValue(qint64(without->count())) : QJsonValue()},
            {QStringLiteral("last_failure"), m_lastFailure.isEmpty() ? QJsonValue() : QJsonValue(m_lastFailure)}};
}

QString DatabaseFigures::text(Instant until) const
{
    if (m_probes == 0)
        return QStringLiteral("not probed");
    QStringList words{QStringLiteral("%1 probes, %2 failed, %3 slow").arg(m_probes).arg(m_failed).arg(m_slow),
                      latencyWords(QStringLiteral("connect"), m_connect),
                      latencyWords(QStringLiteral("query"), m_query)};
    if (m_mostUsed)
        words.append(QStringLiteral("at most %1%2 connections in use")
                         .arg(*m_mostUsed)
                         .arg(m_limit ? QStringLiteral(" of %1").arg(*m_limit) : QString()));
    if (const std::optional<Milliseconds> without = longestWithout(until))
        words.append(QStringLiteral("longest time without a good one %1 s")
                         .arg(QString::number(double(without->count()) / 1000, 'f', 1)));
    if (!m_lastFailure.isEmpty())
        words.append(QStringLiteral("last failure: %1").arg(m_lastFailure));
    return words.join(QStringLiteral("; "));
}

} // namespace Switchyard
