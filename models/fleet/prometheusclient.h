// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/httpfetch.h"

#include <QJsonValue>
#include <QMap>
#include <QStringList>

#include <functional>
#include <memory>

namespace Switchyard {

/// How a Prometheus server, or one that speaks its HTTP API (Thanos, Mimir), is reached.
struct PrometheusAccess
{
    QString url;  ///< as prometheusUrl() gives it; /api/v1/… is put behind it
    Secret token; ///< sent as a bearer token; empty: none
    QString caFile;
    Milliseconds timeout{20'000}; ///< for each request
    qint64 maxBytes = 64 << 20;   ///< of an answer
};

struct PrometheusPoint
{
    double at = 0;    ///< seconds since the epoch, of the server's clock
    double value = 0; ///< may be infinite or not a number
};

struct PrometheusSeries
{
    QMap<QString, QString> labels;
    QList<PrometheusPoint> points; ///< ascending; of an instant query one for each series
};

struct PrometheusAnswer
{
    QList<PrometheusSeries> series; ///< a scalar is one without labels
    QStringList warnings;           ///< of the server: an answer may be partial behind Thanos
};

struct PrometheusTarget
{
    QMap<QString, QString> labels;
    QString health; ///< "up", "down", "unknown"
    QString url;
    QString lastError;
    QString lastScrape; ///< RFC 3339
};

struct PrometheusAlert
{
    QMap<QString, QString> labels, annotations;
    QString state; ///< "pending", "firing"
    QString activeAt;
};

/// Asks a Prometheus server. Each request has an answer or an error, once, unless it is cancelled; at most six run
/// at the same time, the others wait.
///
/// Errors, in words for a person: those of the transport (TLS is verified); auth (401, 403); usage (400, 422: the
/// server's own words on the expression); timeout (503: the query took too long there, or the server is not ready);
/// protocol (another status, an answer that is not Prometheus').
///
/// Thread: the one it lives on, with an event loop. Destruction cancels.
class PrometheusClient final : public QObject
{
    Q_OBJECT
public:
    explicit PrometheusClient(PrometheusAccess access, QObject *parent = nullptr);
    ~PrometheusClient() override;

    template <typename T>
    using Then = std::function<void(const Result<T> &)>;

    /// At a time of the server's clock in seconds since the epoch; nothing: now. An expression such as `x[5m]` gives
    /// raw samples with the times at which they were taken.
    void query(const QString &expression, std::optional<double> at, Then<PrometheusAnswer> then);
    void queryRange(const QString &expression, double from, double to, Milliseconds step, Then<PrometheusAnswer> then);
    void targets(Then<QList<PrometheusTarget>> then); ///< active ones
    void alerts(Then<QList<PrometheusAlert>> then);

    /// What runs has no answer then.
    void cancel();

private:
    using ThenData = std::function<void(const Result<QJsonValue> &, const QStringList &warnings)>;
    struct Waiting
    {
        QString path;
        QByteArray form;
        ThenData then;
    };

    /// `form` empty: a GET. `then` gets the member `data`.
    void ask(const QString &path, const QByteArray &form, ThenData then);
    void startNext();

    PrometheusAccess m_access;
    QList<HttpFetch *> m_running; ///< children
    QList<Waiting> m_waiting;
};

/// A text as a PromQL string, with its quotes.
[[nodiscard]] QString promString(QString text);

} // namespace Switchyard
