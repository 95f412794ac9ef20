// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/httpfetch.h"
#include "models/realtime/exposition.h"

#include <QObject>

namespace Switchyard {

/// One reading of a backend's /metrics.
struct MetricsScrape
{
    Exposition exposition;
    Instant at{};  ///< when the answer was whole
    double ms = 0; ///< until then
    Error failure; ///< in words for a person; message empty: there are metrics

    bool good() const { return failure.message.isEmpty(); }
};

constexpr qint64 mostMetricsBytes = 16 << 20;

/// What an answer of /metrics holds; takes as long as the text. `place` is its path, for the words of errors. Any
/// thread. Errors: those of MetricsScraper::scraped.
[[nodiscard]] Result<MetricsScrape> readMetrics(const FetchAnswer &answer, const QString &place);
/// The request with the bound and what is accepted.
[[nodiscard]] FetchRequest metricsRequest(FetchRequest request);

/// Reads /metrics: at most 16 MB, one request at a time, on a connection of its own.
///
/// Thread: the one it lives on, with an event loop. Destruction cancels.
class MetricsScraper final : public QObject
{
    Q_OBJECT
public:
    explicit MetricsScraper(QObject *parent = nullptr);

    /// `request.url` names the metrics; the bound and what is accepted are set here. One that runs is dropped.
    void scrape(FetchRequest request);
    void cancel();
    bool isRunning() const { return m_fetch.isRunning(); }

Q_SIGNALS:
    /// Once for each scrape that was not dropped. Failures: those of the transport; auth (401, 403); protocol (another
    /// status, a page instead of metrics, nothing that is a metric).
    void scraped(const Switchyard::MetricsScrape &scrape);

private:
    HttpFetch m_fetch;
    QString m_place; ///< the path that was asked
};

} // namespace Switchyard
