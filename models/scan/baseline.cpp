// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/baseline.h"

#include "models/common/files.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace Switchyard {

Result<QSet<QString>> readBaseline(const QString &path)
{
    const Result<QByteArray> text = readFile(path, 200'000'000);
    if (!text)
        return tl::unexpected(text.error());
    const auto broken = [&](const QString &what) {
        return fail(ErrorKind::Usage, QStringLiteral("%1 is no baseline: %2").arg(path, what),
                    QStringLiteral("make one with scan DIR --write-baseline FILE"));
    };
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(*text, &problem);
    if (problem.error != QJsonParseError::NoError)
        return broken(QStringLiteral("%1 at byte %2").arg(problem.errorString()).arg(problem.offset));
    if (document[QStringLiteral("schema")].toString() != QLatin1StringView("switchyard.scan-baseline/1"))
        return broken(QStringLiteral("its \"schema\" is not switchyard.scan-baseline/1"));
    QSet<QString> fingerprints;
    for (const QJsonValue each : document[QStringLiteral("findings")].toArray()) {
        const QString fingerprint = each[QStringLiteral("fingerprint")].toString();
        if (fingerprint.size() != 32)
            return broken(QStringLiteral("a finding has no fingerprint of 32 digits"));
        fingerprints.insert(fingerprint);
    }
    return fingerprints;
}

QByteArray baselineText(const QList<ScanFinding> &findings)
{
    QByteArray text = "{\n\"schema\": \"switchyard.scan-baseline/1\",\n\"findings\": [";
    bool first = true;
    for (const ScanFinding &finding : findings) {
        const QJsonObject object{{QStringLiteral("file"), finding.file},
                                 {QStringLiteral("line"), finding.line},
                                 {QStringLiteral("kind"), scanKindName(finding.kind)},
                                 {QStringLiteral("fingerprint"), finding.fingerprint}};
        text += first ? "\n" : ",\n";
        text += QJsonDocument(object).toJson(QJsonDocument::Compact);
        first = false;
    }
    return text + "\n]\n}\n";
}

} // namespace Switchyard
