// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/healthtargets.h"

#include "app/cli/arguments.h"
#include "models/common/jsonpointer.h"
#include "models/common/redact.h"
#include "models/health/platformprofile.h"
#include "models/health/prober.h"
#include "models/health/targets.h"
#include "models/manifests/deployfacts.h"

#include <QUrl>

namespace Switchyard::Cli {

namespace {

/// POINTER=VALUE: the value as JSON where it is, else as text.
Result<void> addExpectedJson(const QString &text, ProbeTarget *target)
{
    const QString hint = QStringLiteral("write --expect-json /status=ok");
    const qsizetype equals = text.indexOf(QLatin1Char('='));
    const QString pointer = text.left(std::max<qsizetype>(equals, 0));
    const Result<QJsonValue> found = jsonPointer(QJsonValue(), pointer);
    if (equals < 0 || (!found && found.error().kind == ErrorKind::Usage))
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is not POINTER=VALUE").arg(redact(text)), hint);
    const QString value = text.mid(equals + 1);
    const Result<QJsonValue> json = parseJson(value.toUtf8());
    target->expect.json.insert(pointer, json ? *json : QJsonValue(value));
    return {};
}

Result<void> addHeader(const QString &text, ProbeTarget *target)
{
    const Result<std::pair<QString, QString>> header = headerArgument(text);
    if (!header)
        return tl::unexpected(header.error());
    target->headers.insert(header->first, header->second);
    if (const QString value = text.section(QLatin1Char('='), 1); isSecretReference(value))
        target->references.insert(header->first, value);
    return {};
}

Result<void> addBody(const QString &text, ProbeTarget *target)
{
    if (text.isEmpty())
        return {};
    if (!isSecretReference(text) && (urlCarriesSecret(text) || redact(text) != text))
        return fail(ErrorKind::Usage, QStringLiteral("--body carries a secret on the command line"),
                    QStringLiteral("give it as env:NAME or file:PATH"));
    const Result<QString> body = resolveText(text);
    if (!body)
        return tl::unexpected(body.error());
    target->body = body->toUtf8();
    if (isSecretReference(text))
        target->references.insert(QString(), text);
    return {};
}

/// What the options ask of every URL.
Result<ProbeTarget> requestOf(const CheckOptions &options)
{
    ProbeTarget target;
    target.timeout = options.timeout.value_or(target.timeout);
    target.followRedirects = options.follow;
    target.expect.status = options.status;
    target.caFile = options.caFile;
    if (const Result<bool> status = statusMatches(options.status, 200); !status)
        return tl::unexpected(status.error());
    for (const QString &header : options.headers) {
        if (const Result<void> added = addHeader(header, &target); !added)
            return tl::unexpected(added.error());
    }
    if (const Result<void> added = addBody(options.body, &target); !added)
        return tl::unexpected(added.error());
    target.method = !options.method.isEmpty() ? options.method.toUpper()
                    : target.body.isEmpty()   ? QStringLiteral("GET")
                                              : QStringLiteral("POST");
    if (!healthMethodNames().contains(target.method))
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is no method of a probe").arg(options.method),
                    QStringLiteral("one of %1").arg(healthMethodNames().join(QStringLiteral(", "))));
    if (!options.expectedBody.isEmpty()) {
        const Result<ConfiguredPattern> pattern = ConfiguredPattern::from(options.expectedBody);
        if (!pattern)
            return fail(ErrorKind::Usage, QStringLiteral("--expect-body: %1").arg(pattern.error().message),
                        pattern.error().hint);
        target.expect.body = *pattern;
    }
    for (const QString &expected : options.expectedJson) {
        if (const Result<void> added = addExpectedJson(expected, &target); !added)
            return tl::unexpected(added.error());
    }
    return target;
}

/// An option that a connect or an upgrade would silently ignore.
QString idleOption(const CheckOptions &options, EndpointType type)
{
    const bool tcp = type == EndpointType::Tcp;
    if (!options.method.isEmpty())
        return QStringLiteral("--method");
    if (!options.body.isEmpty())
        return QStringLiteral("--body");
    if (!options.expectedBody.isEmpty())
        return QStringLiteral("--expect-body");
    if (!options.expectedJson.isEmpty())
        return QStringLiteral("--expect-json");
    if (options.follow)
        return QStringLiteral("--follow");
    if (!options.status.isEmpty())
        return QStringLiteral("--expect-status");
    return tcp && !options.headers.isEmpty() ? QStringLiteral("--header") : QString();
}

Result<ProbeTarget> targetFrom(const QString &text, const CheckOptions &options, ProbeTarget target)
{
    if (urlCarriesSecret(text))
        return fail(ErrorKind::Usage, QStringLiteral("a URL carries a secret on the command line"),
                    QStringLiteral("give it as env:NAME or file:PATH"));
    const Result<QString> resolved =
        text == QLatin1StringView("-")
            ? parseSecretReference(text).and_then(&resolveSecret).map([](const Secret &secret) {
                  return secret.reveal();
              })
            : resolveText(text);
    if (!resolved)
        return tl::unexpected(resolved.error());
    target.url = *resolved;
    const QUrl url(target.url, QUrl::StrictMode);
    const QString scheme = url.scheme();
    if (scheme == QLatin1StringView("tcp"))
        target.type = EndpointType::Tcp;
    else if (scheme == QLatin1StringView("ws") || scheme == QLatin1StringView("wss"))
        target.type = EndpointType::WebSocket;
    const bool request = scheme == QLatin1StringView("http") || scheme == QLatin1StringView("https");
    if (!url.isValid() || url.host().isEmpty() || (!request && target.type == EndpointType::Http))
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is not an http or https address").arg(redact(text)),
                    QStringLiteral("write http(s)://HOST[:PORT]/PATH, ws(s)://HOST/PATH or tcp://HOST:PORT"));
    if (target.type == EndpointType::Tcp) {
        if (const Result<void> good = checkMonitorUrl(target.url); !good)
            return fail(ErrorKind::Usage, QStringLiteral("\"%1\" %2").arg(redact(text), good.error().message),
                        good.error().hint);
    }
    const QString idle = request ? QString() : idleOption(options, target.type);
    if (!idle.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("%1 has no meaning for %2: addresses").arg(idle, scheme),
                    QStringLiteral("leave it out, or check %1: addresses by themselves").arg(scheme));
    target.id = text;
    return target;
}

/// The profile's platform and the manifest's words; `platform` nullptr: none is asked for.
struct Profile
{
    const Platform *platform = nullptr;
    std::optional<Result<ServiceFacts>> manifest;
};

Result<Profile> profileOf(const CheckOptions &options, const PlatformCatalogue &catalogue)
{
    if (options.profile.isEmpty()) {
        if (!options.manifest.isEmpty() || !options.service.isEmpty())
            return fail(ErrorKind::Usage, QStringLiteral("a manifest is of use only with --profile"),
                        QStringLiteral("add --profile render or --profile fly"));
        return Profile{};
    }
    if (options.urls.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("--profile is for URLs"),
                    QStringLiteral("in a workspace write profile = \"platform\" in [[backend.health]]"));
    Profile profile{catalogue.find(options.profile), std::nullopt};
    if (!profile.platform)
        return fail(ErrorKind::Usage, QStringLiteral("there is no platform \"%1\"").arg(options.profile),
                    QStringLiteral("one of %1").arg(catalogue.ids().join(QStringLiteral(", "))));
    if (options.manifest.isEmpty()) {
        if (!options.service.isEmpty())
            return fail(ErrorKind::Usage, QStringLiteral("--service %1 needs a manifest").arg(options.service),
                        QStringLiteral("name it with --manifest"));
        return profile;
    }
    Result<ServiceFacts> facts = readServiceFacts(options.manifest, *profile.platform, options.service);
    if (!facts)
        return tl::unexpected(facts.error());
    profile.manifest = std::move(facts);
    return profile;
}

/// What was asked for on the command line, as if it stood in a workspace.
HealthEndpoint endpointOf(const CheckOptions &options, const HealthEndpoint &rules, const ProbeTarget &target)
{
    HealthEndpoint endpoint = rules;
    const auto state = [&endpoint](bool stated, const char *key) {
        if (stated)
            endpoint.given.append(QLatin1StringView(key));
    };
    endpoint.profile = options.profile;
    endpoint.type = target.type;
    const QUrl url(target.url);
    endpoint.path = url.path(QUrl::FullyEncoded);
    if (url.hasQuery())
        endpoint.path += QLatin1Char('?') + url.query(QUrl::FullyEncoded);
    state(true, "url");
    if (endpoint.path.isEmpty() || endpoint.path == QLatin1StringView("/"))
        endpoint.path.clear();
    else
        state(true, "path");
    endpoint.timeout = target.timeout;
    state(options.timeout.has_value(), "timeout");
    endpoint.method = target.method;
    state(!options.method.isEmpty() || !options.body.isEmpty(), "method");
    endpoint.follow = target.followRedirects;
    state(options.follow, "follow");
    endpoint.expect = target.expect;
    state(!options.status.isEmpty(), "expect.status");
    state(!options.expectedJson.isEmpty(), "expect.json");
    state(!options.expectedBody.isEmpty(), "expect.body");
    state(target.type != EndpointType::Http, "type");
    return endpoint;
}

void takeProfile(const Profile &profile, RequestedTarget *requested)
{
    HealthEndpoint &endpoint = requested->endpoint;
    ProbeTarget &target = requested->target;
    const QString before = endpoint.path;
    applyProfile(&endpoint, *profile.platform, profile.manifest);
    // A port of the platform's own check is that of the URL.
    if (target.type == EndpointType::Http)
        target.type = endpoint.type;
    target.method = endpoint.method;
    target.timeout = endpoint.timeout;
    target.followRedirects = endpoint.follow;
    target.expect.status = target.type == EndpointType::Http ? endpoint.expect.status : QString();
    target.degraded = endpoint.degraded;
    followProfile(*endpoint.applied, &target);
    if (endpoint.path != before) {
        QUrl url(target.url);
        url.setPath(endpoint.path.section(QLatin1Char('?'), 0, 0), QUrl::TolerantMode);
        if (endpoint.path.contains(QLatin1Char('?')))
            url.setQuery(endpoint.path.section(QLatin1Char('?'), 1), QUrl::TolerantMode);
        target.url = url.toString(QUrl::FullyEncoded);
    }
}

} // namespace

Result<QList<RequestedTarget>> requestedTargets(const CheckOptions &options, const HealthEndpoint &rules)
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return tl::unexpected(catalogue.error());
    const Result<Profile> profile = profileOf(options, *catalogue);
    if (!profile)
        return tl::unexpected(profile.error());
    const Result<ProbeTarget> request = requestOf(options);
    if (!request)
        return tl::unexpected(request.error());
    QList<RequestedTarget> targets;
    for (const QString &url : options.urls) {
        const Result<ProbeTarget> target = targetFrom(url, options, *request);
        if (!target)
            return tl::unexpected(target.error());
        RequestedTarget requested{*target, rules};
        if (profile->platform) {
            requested.endpoint = endpointOf(options, rules, *target);
            takeProfile(*profile, &requested);
        }
        targets.append(requested);
    }
    return targets;
}

} // namespace Switchyard::Cli
