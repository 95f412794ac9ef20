// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/samplejson.h"

#include "models/common/redact.h"
#include "models/health/platformwords.h"

#include <QDateTime>
#include <QJsonArray>

#include <cmath>

namespace Switchyard {

namespace {

/// Microseconds are as fine as they are measured.
QJsonValue phaseValue(const std::optional<double> &milliseconds)
{
    return milliseconds ? QJsonValue(std::round(*milliseconds * 1000) / 1000) : QJsonValue(QJsonValue::Null);
}

QJsonValue textOrNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(redact(text));
}

QString timeText(qint64 seconds)
{
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(Qt::ISODate);
}

QJsonObject certificateObject(const CertificateInfo &certificate)
{
    return QJsonObject{
        {QStringLiteral("subject"), certificate.subject},
        {QStringLiteral("issuer"), certificate.issuer},
        {QStringLiteral("not_before"), timeText(certificate.notBefore)},
        {QStringLiteral("not_after"), timeText(certificate.notAfter)},
        {QStringLiteral("days_left"), certificate.daysLeft},
        {QStringLiteral("problem"), textOrNull(certificate.problem)},
    };
}

QJsonArray chainArray(const QList<CertificateInfo> &chain)
{
    QJsonArray array;
    for (const CertificateInfo &certificate : chain)
        array += certificateObject(certificate);
    return array;
}

QJsonArray redirectArray(const QList<RedirectHop> &hops)
{
    QJsonArray array;
    for (const RedirectHop &hop : hops)
        array += QJsonObject{{QStringLiteral("url"), redact(hop.url)}, {QStringLiteral("status"), hop.status}};
    return array;
}

QJsonValue failureValue(const std::optional<FailureRecord> &failure)
{
    if (!failure)
        return QJsonValue::Null;
    return QJsonObject{
        {QStringLiteral("status_line"), failure->statusLine},
        {QStringLiteral("headers"), failure->headers},
        {QStringLiteral("body"), failure->body},
        {QStringLiteral("truncated"), failure->truncated},
    };
}

} // namespace

QJsonObject probeSampleToJson(const ProbeSample &sample, const QString &url, const PlatformProfile *profile)
{
    const ProbePhases &phases = sample.phases;
    return {
        {QStringLiteral("url"), redact(url)},
        {QStringLiteral("state"), probeStateName(sample.state)},
        {QStringLiteral("status"), sample.status > 0 ? QJsonValue(sample.status) : QJsonValue(QJsonValue::Null)},
        {QStringLiteral("phases"),
         QJsonObject{
             {QStringLiteral("dns"), phaseValue(phases.dns)},
             {QStringLiteral("connect"), phaseValue(phases.connect)},
             {QStringLiteral("tls"), phaseValue(phases.tls)},
             {QStringLiteral("first_byte"), phaseValue(phases.firstByte)},
             {QStringLiteral("transfer"), phaseValue(phases.transfer)},
             {QStringLiteral("total"), phaseValue(phases.total)},
         }},
        {QStringLiteral("certificate"),
         sample.certificate ? QJsonValue(certificateObject(*sample.certificate)) : QJsonValue(QJsonValue::Null)},
        {QStringLiteral("chain"), chainArray(sample.chain)},
        {QStringLiteral("redirects"), redirectArray(sample.redirects)},
        {QStringLiteral("protocol"), textOrNull(sample.httpVersion)},
        {QStringLiteral("tls"), textOrNull(sample.tlsVersion)},
        {QStringLiteral("failure"), failureValue(sample.failure)},
        {QStringLiteral("reason"), textOrNull(sample.reason)},
        {QStringLiteral("profile"), profileToJson(profile)},
    };
}

QJsonObject healthCheckToJson(const QList<ProbeSample> &samples, const QStringList &urls,
                              const QList<ProfilePtr> &profiles)
{
    QJsonArray targets;
    for (qsizetype i = 0; i < samples.size(); ++i)
        targets += probeSampleToJson(samples[i], urls.value(i), profiles.value(i).get());
    return {{QStringLiteral("schema"), QStringLiteral("switchyard.health-check/1")},
            {QStringLiteral("targets"), targets}};
}

} // namespace Switchyard
