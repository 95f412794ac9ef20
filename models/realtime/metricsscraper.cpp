// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/metricsscraper.h"

namespace Switchyard {

Result<MetricsScrape> readMetrics(const FetchAnswer &answer, const QString &place)
{
    if (!answer.whole())
        return tl::unexpected(answer.failure);
    if (answer.status == 401 || answer.status == 403)
        return fail(ErrorKind::Auth,
                    QStringLiteral("%1 asks for authorization (HTTP %2)").arg(place).arg(answer.status),
                    QStringLiteral("give the backend's metrics a header with a token"));
    if (answer.status == 404)
        return fail(ErrorKind::Protocol, QStringLiteral("there are no metrics at %1 (HTTP 404)").arg(place),
                    QStringLiteral("name the path under which the backend has them"));
    if (!answer.good())
        return fail(ErrorKind::Protocol, QStringLiteral("%1 answered HTTP %2").arg(place).arg(answer.status));
    const QByteArray type = answer.header("Content-Type").toLower();
    const QByteArray start = answer.body.left(64).trimmed().toLower();
    if (type.startsWith("text/html") || start.startsWith("<!doctype") || start.startsWith("<html"))
        return fail(ErrorKind::Protocol, QStringLiteral("%1 answered with a page, not with metrics").arg(place),
                    QStringLiteral("a frontend often answers every path that it does not know"));
    MetricsScrape scrape;
    scrape.exposition = parseExposition(answer.body);
    scrape.at = Clock::now();
    scrape.ms = answer.ms;
    bool any = false;
    for (const MetricFamily &family : scrape.exposition.families)
        any = any || !family.samples.isEmpty();
    if (!any && scrape.exposition.problemCount > 0)
        return fail(ErrorKind::Protocol, QStringLiteral("what %1 answered is no metric: line %2: %3")
                                             .arg(place)
                                             .arg(scrape.exposition.problems.first().place.line)
                                             .arg(scrape.exposition.problems.first().message));
    return scrape;
}

FetchRequest metricsRequest(FetchRequest request)
{
    request.maxBytes = mostMetricsBytes;
    request.headers.append(std::pair<QByteArray, QByteArray>(
        "Accept", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4"));
    return request;
}

MetricsScraper::MetricsScraper(QObject *parent)
    : QObject(parent)
{
    connect(&m_fetch, &HttpFetch::finished, this, [this](const FetchAnswer &answer) {
        Result<MetricsScrape> scrape = readMetrics(answer, m_place);
        MetricsScrape failed;
        if (!scrape)
            failed.failure = scrape.error();
        Q_EMIT scraped(scrape ? *scrape : failed);
    });
}

void MetricsScraper::scrape(FetchRequest request)
{
    m_place = request.url.path().isEmpty() ? QStringLiteral("/") : request.url.path();
    m_fetch.start(metricsRequest(std::move(request)));
}

void MetricsScraper::cancel()
{
    m_fetch.cancel();
}

} // namespace Switchyard
