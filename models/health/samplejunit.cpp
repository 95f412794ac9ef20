// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/samplejunit.h"

#include "models/common/redact.h"
#include "models/common/xmltext.h"

#include <QDateTime>
#include <QXmlStreamWriter>

#include <algorithm>

namespace Switchyard {

namespace {

/// Whether nothing was learnt of the target.
bool wasNotAsked(const ProbeSample &sample)
{
    return sample.status == 0 && !sample.reason.isEmpty() &&
           (sample.errorKind == ErrorKind::Usage || sample.errorKind == ErrorKind::Cancelled);
}

QString seconds(const ProbeSample &sample)
{
    return QString::number(sample.phases.total.value_or(0) / 1000, 'f', 6);
}

void writeCase(QXmlStreamWriter &xml, const ProbeSample &sample, const QString &url)
{
    xml.writeStartElement(QStringLiteral("testcase"));
    xml.writeAttribute(QStringLiteral("classname"), QStringLiteral("switchyard.health-check"));
    xml.writeAttribute(QStringLiteral("name"), xmlText(redact(url)));
    xml.writeAttribute(QStringLiteral("time"), seconds(sample));
    if (sample.state != ProbeState::Up) {
        const bool error = wasNotAsked(sample);
        xml.writeStartElement(error ? QStringLiteral("error") : QStringLiteral("failure"));
        xml.writeAttribute(QStringLiteral("type"),
                           error ? errorKindName(sample.errorKind) : probeStateName(sample.state));
        xml.writeAttribute(QStringLiteral("message"), xmlText(redact(sample.reason)));
        if (sample.failure)
            xml.writeCharacters(xmlText(sample.failure->statusLine + QLatin1Char('\n') + sample.failure->headers +
                                        QStringLiteral("\n\n") + sample.failure->body));
        xml.writeEndElement();
    }
    xml.writeEndElement();
}

} // namespace

QByteArray healthCheckToJunit(const QList<ProbeSample> &samples, const QStringList &urls)
{
    const auto errors = std::count_if(samples.cbegin(), samples.cend(), [](const ProbeSample &sample) {
        return sample.state != ProbeState::Up && wasNotAsked(sample);
    });
    const auto bad = std::count_if(samples.cbegin(), samples.cend(),
                                   [](const ProbeSample &sample) { return sample.state != ProbeState::Up; });
    double longest = 0;
    qint64 started = 0;
    for (const ProbeSample &sample : samples) {
        longest = std::max(longest, sample.phases.total.value_or(0));
        if (sample.wallMs > 0)
            started = started == 0 ? sample.wallMs : std::min(started, sample.wallMs);
    }
    QByteArray out;
    QXmlStreamWriter xml(&out);
    xml.setAutoFormatting(true);
    xml.writeStartDocument();
    xml.writeStartElement(QStringLiteral("testsuites"));
    xml.writeStartElement(QStringLiteral("testsuite"));
    xml.writeAttribute(QStringLiteral("name"), QStringLiteral("switchyard.health-check"));
    xml.writeAttribute(QStringLiteral("tests"), QString::number(samples.size()));
    xml.writeAttribute(QStringLiteral("failures"), QString::number(bad - errors));
    xml.writeAttribute(QStringLiteral("errors"), QString::number(errors));
    xml.writeAttribute(QStringLiteral("skipped"), QStringLiteral("0"));
    xml.writeAttribute(QStringLiteral("time"), QString::number(longest / 1000, 'f', 3));
    if (started > 0)
        xml.writeAttribute(QStringLiteral("timestamp"),
                           QDateTime::fromMSecsSinceEpoch(started, Qt::UTC).toString(Qt::ISODate));
    for (qsizetype i = 0; i < samples.size(); ++i)
        writeCase(xml, samples[i], urls.value(i));
    xml.writeEndDocument();
    return out;
}

} // namespace Switchyard
