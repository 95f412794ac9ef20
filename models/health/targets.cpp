// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/targets.h"

namespace Switchyard {

namespace {

QString joined(QString base, const QString &path)
{
    while (base.endsWith(QLatin1Char('/')))
        base.chop(1);
    return path.startsWith(QLatin1Char('/')) ? base + path : base + QLatin1Char('/') + path;
}

} // namespace

Result<ProbeTarget> probeTargetFor(const Backend &backend, const HealthEndpoint &endpoint)
{
    if (backend.url.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the backend %1 has no URL to probe").arg(backend.name),
                    QStringLiteral("give it url = \"https://…\""), backend.place);
    ProbeTarget target;
    target.id = QStringLiteral("%1 %2 %3").arg(backend.name, endpointKindName(endpoint.kind), endpoint.path);
    target.url = joined(backend.url, endpoint.path);
    target.timeout = endpoint.timeout;
    target.expect = endpoint.expect;
    target.degraded = endpoint.degraded;
    for (auto header = endpoint.headers.cbegin(); header != endpoint.headers.cend(); ++header) {
        const Result<QString> value = resolveText(header.value().text);
        if (!value)
            return fail(value.error().kind, QStringLiteral("header %1: %2").arg(header.key(), value.error().message),
                        value.error().hint, endpoint.place);
        target.headers.insert(header.key(), *value);
    }
    const InstanceId &instance = backend.instanceId;
    target.instanceHeader = instance.header;
    if (!instance.jsonPath.isEmpty() && instance.jsonPath == endpoint.path) {
        target.instancePointer = instance.jsonPointer;
        target.instanceFromBody = instance.jsonPointer.isEmpty();
    }
    return target;
}

} // namespace Switchyard
