// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/prometheusclient.h"

#include "models/common/redact.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUrl>

#include <cmath>

namespace Switchyard {

namespace {

constexpr qsizetype atOnce = 6;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QByteArray formOf(std::initializer_list<std::pair<const char *, QString>> values)
{
    QByteArray form;
    for (const auto &[name, value] : values) {
        if (!form.isEmpty())
            form += '&';
        form += QByteArray(name) + '=' + QUrl::toPercentEncoding(value);
    }
    return form;
}

QString seconds(double value)
{
    return QString::number(value, 'f', 3);
}

QMap<QString, QString> texts(const QJsonValue &object)
{
    QMap<QString, QString> map;
    const QJsonObject from = object.toObject();
    for (auto it = from.begin(); it != from.end(); ++it)
        map.insert(it.key(), it->toString());
    return map;
}

/// What the server says of a request that it did not answer; empty where it says nothing.
QString serversWords(const FetchAnswer &answer)
{
    const QJsonObject body = QJsonDocument::fromJson(answer.body).object();
    return redact(body[s("error")].toString().left(500));
}

Error notPrometheus(const QString &url, const QString &what)
{
    return {ErrorKind::Protocol,
            s("%1 is no Prometheus server: %2").arg(url, what),
            s("[prometheus] url is the address of its web page, with the path where it has one"),
            {}};
}

Error statusError(const FetchAnswer &answer, const QString &url)
{
    const QString words = serversWords(answer);
    switch (answer.status) {
    case 401:
    case 403:
        return {ErrorKind::Auth,
                s("%1 refuses access (HTTP %2)").arg(url).arg(answer.status),
                s("[prometheus] token = \"env:NAME\", a reference to a bearer token that may read"),
                {}};
    case 400:
    case 422:
        if (!words.isEmpty())
            return {ErrorKind::Usage, s("Prometheus cannot answer the query: %1").arg(words), {}, {}};
        break;
    case 429:
    case 503:
        return {ErrorKind::Timeout,
                words.isEmpty() ? s("%1 is not ready or overloaded (HTTP %2)").arg(url).arg(answer.status)
                                : s("Prometheus gave up on the query (HTTP %1): %2").arg(answer.status).arg(words),
                s("try again later, or ask for a shorter window"),
                {}};
    default:
        break;
    }
    if (answer.status >= 300 && answer.status < 400)
        return {ErrorKind::Protocol,
                s("%1 redirects elsewhere (HTTP %2)").arg(url).arg(answer.status),
                s("give the address it redirects to; a redirect would get the token"),
                {}};
    if (answer.status == 404)
        return notPrometheus(url, s("it has no /api/v1 (HTTP 404)"));
    if (!words.isEmpty())
        return {ErrorKind::Protocol, s("Prometheus answered HTTP %1: %2").arg(answer.status).arg(words), {}, {}};
    return {ErrorKind::Protocol, s("%1 answered HTTP %2").arg(url).arg(answer.status), {}, {}};
}

Result<PrometheusPoint> pointOf(const QJsonValue &value)
{
    const QJsonArray pair = value.toArray();
    if (pair.size() != 2 || !pair[0].isDouble() || !pair[1].isString())
        return fail(ErrorKind::Protocol, s("a sample in Prometheus' answer is no pair of time and value"));
    PrometheusPoint point;
    point.at = pair[0].toDouble();
    const QString text = pair[1].toString();
    if (text == s("NaN")) {
        point.value = std::nan("");
    } else if (text == s("+Inf") || text == s("Inf") || text == s("-Inf")) {
        point.value = text.startsWith(QLatin1Char('-')) ? -HUGE_VAL : HUGE_VAL;
    } else {
        bool ok = false;
        point.value = text.toDouble(&ok);
        if (!ok)
            return fail(ErrorKind::Protocol, s("a sample in Prometheus' answer has no number"));
    }
    return point;
}

Result<PrometheusAnswer> answerOf(const QJsonValue &data)
{
    PrometheusAnswer answer;
    const QString type = data[s("resultType")].toString();
    const QJsonValue result = data[s("result")];
    if (type == s("scalar")) {
        const Result<PrometheusPoint> point = pointOf(result);
        if (!point)
            return tl::unexpected(point.error());
        answer.series.append({{}, {*point}});
        return answer;
    }
    if ((type != s("vector") && type != s("matrix")) || !result.isArray())
        return fail(ErrorKind::Protocol, s("Prometheus' answer holds \"%1\", not series").arg(type.left(40)));
    for (const QJsonValue each : result.toArray()) {
        PrometheusSeries series;
        series.labels = texts(each[s("metric")]);
        const QJsonArray points = type == s("vector") ? QJsonArray{each[s("value")]} : each[s("values")].toArray();
        for (const QJsonValue point : points) {
            const Result<PrometheusPoint> read = pointOf(point);
            if (!read)
                return tl::unexpected(read.error());
            series.points.append(*read);
        }
        answer.series.append(series);
    }
    return answer;
}

} // namespace

QString promString(QString text)
{
    text.replace(QLatin1Char('\\'), s("\\\\"))
        .replace(QLatin1Char('"'), s("\\\""))
        .replace(QLatin1Char('\n'), s("\\n"));
    return QLatin1Char('"') + text + QLatin1Char('"');
}

PrometheusClient::PrometheusClient(PrometheusAccess access, QObject *parent)
    : QObject(parent)
    , m_access(std::move(access))
{
}

PrometheusClient::~PrometheusClient()
{
    cancel();
}

void PrometheusClient::cancel()
{
    m_waiting.clear();
    for (HttpFetch *fetch : std::exchange(m_running, {})) {
        fetch->cancel();
        fetch->deleteLater();
    }
}

void PrometheusClient::ask(const QString &path, const QByteArray &form, ThenData then)
{
    m_waiting.append({path, form, std::move(then)});
    startNext();
}

void PrometheusClient::startNext()
{
    if (m_waiting.isEmpty() || m_running.size() >= atOnce)
        return;
    const Waiting next = m_waiting.takeFirst();
    FetchRequest request;
    request.url = QUrl(m_access.url + s("/api/v1/") + next.path);
    request.bearer = m_access.token;
    request.form = next.form;
    request.timeout = m_access.timeout;
    request.maxBytes = m_access.maxBytes;
    request.caFile = m_access.caFile;
    auto *fetch = new HttpFetch(this);
    m_running.append(fetch);
    connect(fetch, &HttpFetch::finished, this, [this, fetch, then = next.then](const FetchAnswer &answer) {
        m_running.removeAll(fetch);
        fetch->deleteLater();
        startNext();
        // From here on nothing of this client is used: what is called may end it.
        const QString url = m_access.url;
        if (!answer.whole()) {
            Error error = answer.failure;
            error.message = s("Prometheus at %1: %2").arg(url, error.message);
            return then(tl::unexpected(error), {});
        }
        if (!answer.good())
            return then(tl::unexpected(statusError(answer, url)), {});
        QJsonParseError problem;
        const QJsonObject body = QJsonDocument::fromJson(answer.body, &problem).object();
        if (problem.error != QJsonParseError::NoError)
            return then(tl::unexpected(notPrometheus(url, s("its answer is no JSON"))), {});
        if (body[s("status")].toString() != s("success") || !body.contains(s("data")))
            return then(tl::unexpected(notPrometheus(url, s("its answer has no \"data\""))), {});
        QStringList warnings;
        for (const QJsonValue warning : body[s("warnings")].toArray())
            warnings.append(redact(warning.toString()));
        then(body[s("data")], warnings);
    });
    fetch->start(request);
}

void PrometheusClient::query(const QString &expression, std::optional<double> at, Then<PrometheusAnswer> then)
{
    const QByteArray form =
        at ? formOf({{"query", expression}, {"time", seconds(*at)}}) : formOf({{"query", expression}});
    ask(s("query"), form, [then = std::move(then)](const Result<QJsonValue> &data, const QStringList &warnings) {
        Result<PrometheusAnswer> answer = data.and_then(answerOf);
        if (answer)
            answer->warnings = warnings;
        then(answer);
    });
}

void PrometheusClient::queryRange(const QString &expression, double from, double to, Milliseconds step,
                                  Then<PrometheusAnswer> then)
{
    const QByteArray form = formOf({{"query", expression},
                                    {"start", seconds(from)},
                                    {"end", seconds(to)},
                                    {"step", seconds(double(step.count()) / 1000)}});
    ask(s("query_range"), form, [then = std::move(then)](const Result<QJsonValue> &data, const QStringList &warnings) {
        Result<PrometheusAnswer> answer = data.and_then(answerOf);
        if (answer)
            answer->warnings = warnings;
        then(answer);
    });
}

void PrometheusClient::targets(Then<QList<PrometheusTarget>> then)
{
    ask(s("targets?state=active"), {}, [then = std::move(then)](const Result<QJsonValue> &data, const QStringList &) {
        if (!data)
            return then(tl::unexpected(data.error()));
        QList<PrometheusTarget> list;
        for (const QJsonValue each : (*data)[s("activeTargets")].toArray())
            list.append({texts(each[s("labels")]), each[s("health")].toString(), each[s("scrapeUrl")].toString(),
                         redact(each[s("lastError")].toString()), each[s("lastScrape")].toString()});
        then(list);
    });
}

void PrometheusClient::alerts(Then<QList<PrometheusAlert>> then)
{
    ask(s("alerts"), {}, [then = std::move(then)](const Result<QJsonValue> &data, const QStringList &) {
        if (!data)
            return then(tl::unexpected(data.error()));
        QList<PrometheusAlert> list;
        for (const QJsonValue each : (*data)[s("alerts")].toArray())
            list.append({texts(each[s("labels")]), texts(each[s("annotations")]), each[s("state")].toString(),
                         each[s("activeAt")].toString()});
        then(list);
    });
}

} // namespace Switchyard
