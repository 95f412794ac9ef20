// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/envcommon.h"

namespace Switchyard::Cli {

Result<EnvDialect> dialectAsked(const QString &readAs)
{
    if (const std::optional<EnvDialect> dialect = envDialect(readAs))
        return *dialect;
    QStringList ids;
    for (const EnvDialect each : allEnvDialects())
        ids.append(envDialectId(each));
    return fail(ErrorKind::Usage, QStringLiteral("--read-as knows no %1").arg(readAs),
                QStringLiteral("one of %1").arg(ids.join(QStringLiteral(", "))));
}

void tellFindings(const Global &global, const QList<EnvFinding> &findings)
{
    for (const EnvFinding &finding : findings)
        progress(global, QStringLiteral("%1: %2: %3%4")
                             .arg(finding.place.toString(), envFindingKindName(finding.kind), finding.message,
                                  finding.hint.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(finding.hint)));
}

} // namespace Switchyard::Cli
