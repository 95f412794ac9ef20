// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/finding.h"

namespace Switchyard {

QString severityName(Severity severity)
{
    switch (severity) {
    case Severity::Error:
        return QStringLiteral("error");
    case Severity::Warning:
        return QStringLiteral("warning");
    case Severity::Note:
        break;
    }
    return QStringLiteral("note");
}

QList<LintRule> rulesFrom(const QList<RuleText> &texts)
{
    QList<LintRule> rules;
    for (const RuleText &text : texts)
        rules.append({QString::fromUtf8(text.id), text.severity, QString::fromUtf8(text.title),
                      QString::fromUtf8(text.reason), QString::fromUtf8(text.source),
                      QString::fromUtf8(text.facts).split(QLatin1Char(' '), Qt::SkipEmptyParts)});
    return rules;
}

} // namespace Switchyard
