// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/targets.h"

#include <QUrl>

namespace Switchyard {

namespace {

QString joined(QString base, const QString &path)
{
    while (base.endsWith(QLatin1Char('/')))
        base.chop(1);
    return path.startsWith(QLatin1Char('/')) ? base + path : base + QLatin1Char('/') + path;
}

/// "tcp://host:port" of an http address: the port it would be asked on.
QString tcpUrl(const QString &text)
{
    const QUrl url(text);
    const bool secure = url.scheme() == QLatin1StringView("https") || url.scheme() == QLatin1StringView("wss");
    QUrl port;
    port.setScheme(QStringLiteral("tcp"));
    port.setHost(url.host());
    port.setPort(url.port(secure ? 443 : 80));
    return port.toString();
}

QString webSocketUrl(QString text)
{
    return text.startsWith(QLatin1StringView("http")) ? text.replace(0, 4, QStringLiteral("ws")) : text;
}

Result<QString> resolved(const ConfiguredValue &value, const QString &name, const Place &place,
                         const TextResolver &resolve)
{
    return resolve(value.text).map_error([&](const Error &error) {
        return Error{error.kind, QStringLiteral("%1: %2").arg(name, error.message), error.hint, place};
    });
}

/// What does not depend on where the endpoint belongs. `url`: of a request.
Result<ProbeTarget> targetOf(const HealthEndpoint &endpoint, const QString &id, const QString &url,
                             const TextResolver &resolve)
{
    if (endpoint.applied && endpoint.applied->problem)
        return tl::unexpected(*endpoint.applied->problem);
    ProbeTarget target;
    target.id = id;
    target.type = endpoint.type;
    target.url = url;
    if (endpoint.type == EndpointType::Tcp)
        target.url = tcpUrl(url);
    else if (endpoint.type == EndpointType::WebSocket)
        target.url = webSocketUrl(url);
    target.method = endpoint.method;
    target.timeout = endpoint.timeout;
    target.followRedirects = endpoint.follow;
    target.expect = endpoint.expect;
    target.degraded = endpoint.degraded;
    for (auto header = endpoint.headers.cbegin(); header != endpoint.headers.cend(); ++header) {
        const Result<QString> value =
            resolved(*header, QStringLiteral("header %1").arg(header.key()), endpoint.place, resolve);
        if (!value)
            return tl::unexpected(value.error());
        target.headers.insert(header.key(), *value);
        if (header->isReference())
            target.references.insert(header.key(), header->text);
    }
    if (!endpoint.body.text.isEmpty()) {
        const Result<QString> value = resolved(endpoint.body, QStringLiteral("body"), endpoint.place, resolve);
        if (!value)
            return tl::unexpected(value.error());
        target.body = value->toUtf8();
        if (endpoint.body.isReference())
            target.references.insert(QString(), endpoint.body.text);
    }
    if (endpoint.applied)
        followProfile(*endpoint.applied, &target);
    return target;
}

} // namespace

void followProfile(const PlatformProfile &profile, ProbeTarget *target)
{
    target->verifyTls = profile.verifyTls;
    target->busyIsDown = true;
    if (target->type == EndpointType::Tcp)
        return;
    for (const auto &[name, value] : profile.headers) {
        const QStringList own = target->headers.keys();
        if (own.contains(name, Qt::CaseInsensitive))
            continue;
        target->headers.insert(name, value.value);
        // It may be a credential, wherever it is written: nothing that is shown holds it.
        target->references.insert(name, spoken(value.place));
    }
}

Result<ProbeTarget> probeTargetFor(const Backend &backend, const HealthEndpoint &endpoint, const TextResolver &resolve)
{
    if (backend.url.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the backend %1 has no URL to probe").arg(backend.name),
                    QStringLiteral("give it url = \"https://…\""), backend.place);
    if (endpoint.path.isEmpty() && endpoint.type != EndpointType::Tcp && !endpoint.applied)
        return fail(ErrorKind::Usage,
                    QStringLiteral("%1: the path of a check by profile was not looked up").arg(backend.name),
                    QStringLiteral("give it path = \"/…\""), endpoint.place);
    const QString path = endpoint.path.isEmpty() ? endpointTypeName(endpoint.type) : endpoint.path;
    const QString url = endpoint.path.isEmpty() ? backend.url : joined(backend.url, endpoint.path);
    Result<ProbeTarget> target = targetOf(
        endpoint, QStringLiteral("%1 %2 %3").arg(backend.name, endpointKindName(endpoint.kind), path), url, resolve);
    if (!target)
        return target;
    const InstanceId &instance = backend.instanceId;
    target->instanceHeader = instance.header;
    if (!instance.jsonPath.isEmpty() && instance.jsonPath == endpoint.path) {
        target->instancePointer = instance.jsonPointer;
        target->instanceFromBody = instance.jsonPointer.isEmpty();
    }
    return target;
}

Result<ProbeTarget> probeTargetFor(const FreeMonitor &monitor, const TextResolver &resolve)
{
    return targetOf(monitor.endpoint, QStringLiteral("monitor/") + monitor.name, monitor.url, resolve);
}

Microseconds phaseOf(int n, int count, Microseconds interval)
{
    if (n < 0 || n >= count || interval.count() <= 0)
        return Microseconds(0);
    // Rounded from the exact place each time, so that nothing adds up; wide enough for 2^31 times a day.
    const auto exact = static_cast<long double>(interval.count()) * n / count;
    return Microseconds(static_cast<qint64>(exact));
}

} // namespace Switchyard
