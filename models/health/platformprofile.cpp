// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/platformprofile.h"

#include "models/common/duration.h"

#include <QHash>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

/// The check that the platform makes, from its manifest: one shape for those that move traffic and those that do not.
struct StatedCheck
{
    std::optional<Stated<QString>> path;
    std::optional<Stated<QString>> method;
    QList<std::pair<QString, Stated<QString>>> headers;
    std::optional<Stated<Milliseconds>> timeout, interval, grace;
    bool skipsVerification = false;
    bool port = false;   ///< a TCP connect
    bool moves = true;   ///< a failure takes the instance out of routing
    bool stated = false; ///< it is written there
};

StatedCheck checkOf(const ServiceFacts &facts, const Platform &platform)
{
    StatedCheck check;
    if (facts.watching) {
        const ServiceFacts::Watching &watching = *facts.watching;
        check = {watching.path,
                 watching.method,
                 watching.headers,
                 watching.timeout,
                 watching.interval,
                 watching.grace,
                 watching.skipsVerification,
                 !watching.path.has_value(),
                 false,
                 true};
        return check;
    }
    check = {facts.healthPath,    facts.checkMethod, facts.checkHeaders,          facts.checkTimeout,
             facts.checkInterval, facts.checkGrace,  facts.checkSkipsVerification};
    check.port = !facts.healthPath;
    check.stated = facts.healthPath || facts.portCheck;
    // Where no check is written, Render connects to the port; a platform whose every check is written makes none.
    check.moves = check.stated || !platform.health.unroutesAtOnce;
    return check;
}

QString statusText(const HealthRules &rules)
{
    const bool hundreds = rules.statusMin % 100 == 0 && rules.statusMax % 100 == 99;
    if (hundreds && rules.statusMin / 100 == rules.statusMax / 100)
        return QStringLiteral("%1xx").arg(rules.statusMin / 100);
    return QStringLiteral("%1-%2").arg(rules.statusMin).arg(rules.statusMax);
}

QString yesNo(bool yes)
{
    return yes ? QStringLiteral("yes") : QStringLiteral("no");
}

class ProfileMaker
{
public:
    ProfileMaker(HealthEndpoint *endpoint, const Platform &platform, std::optional<StatedCheck> check)
        : m_endpoint(*endpoint)
        , m_platform(platform)
        , m_rules(platform.health)
        , m_check(std::move(check))
    {
        m_profile.platform = platform.id;
        m_profile.name = platform.name;
        m_profile.source = m_rules.source.url;
        m_profile.sourceNote = m_rules.source.note;
        if (!m_rules.note.isEmpty())
            m_profile.notes.append(m_rules.note);
    }

    void apply()
    {
        takeKind();
        if (m_endpoint.type != EndpointType::Tcp)
            takeRequest();
        takeTimes();
        takeConsequences();
        // The platform knows healthy and not; what is in between is ours, and asked for by key.
        if (!m_endpoint.states(L("degraded.error_percent")))
            m_endpoint.degraded.errorPercent = 100;
        if (const auto latency = m_endpoint.degraded.latency; latency && *latency >= m_endpoint.timeout)
            finding(QStringLiteral("degraded.latency %1 is never reached: the timeout is %2")
                        .arg(formatDuration(*latency), formatDuration(m_endpoint.timeout)));
    }

    PlatformProfile &profile() { return m_profile; }

private:
    void finding(const QString &text) { m_profile.findings.append(text); }

    QString documented() const { return m_rules.source.url; }

    template <typename T>
    QString fromOf(const std::optional<Stated<T>> &stated) const
    {
        return stated ? spoken(stated->place) : documented();
    }

    /// One key: where the workspace states it, its value holds, and the platform's is named where it is another.
    /// True: they differ.
    template <typename T, typename Text>
    bool decide(L key, T *value, const T &platforms, const QString &from, Text text)
    {
        if (!m_endpoint.states(key)) {
            *value = platforms;
            m_profile.rules.append({QString(key), text(platforms), from, {}});
            return false;
        }
        const bool differs = !(*value == platforms);
        m_profile.rules.append({QString(key), text(*value), QStringLiteral("workspace"),
                                differs ? QStringLiteral("%1 (%2)").arg(text(platforms), from) : QString()});
        return differs;
    }

    /// An http request or a connect, and its path.
    void takeKind()
    {
        const bool port = m_check ? m_check->port : false;
        const QString from = m_check && m_check->path ? spoken(m_check->path->place) : documented();
        const bool http = m_endpoint.type == EndpointType::Http;
        // A path of the workspace's own says that it means a request, whatever the platform does.
        const bool ownKind = m_endpoint.states(L("type")) || m_endpoint.states(L("path"));
        if (port && http && !ownKind)
            m_endpoint.type = EndpointType::Tcp;
        const EndpointType platforms = port ? EndpointType::Tcp : EndpointType::Http;
        const bool differs = m_endpoint.type != platforms && (m_check || !http);
        m_profile.rules.append({QStringLiteral("type"), endpointTypeName(m_endpoint.type),
                                ownKind ? QStringLiteral("workspace") : from,
                                differs ? endpointTypeName(platforms) : QString()});
        if (differs)
            finding(port ? QStringLiteral("%1 only looks whether the port answers, and this monitor asks for more")
                               .arg(m_platform.name)
                         : QStringLiteral("%1 asks by %2, this monitor by %3")
                               .arg(m_platform.name, endpointTypeName(platforms), endpointTypeName(m_endpoint.type)));
        if (m_endpoint.type == EndpointType::Http)
            takePath();
    }

    void takePath()
    {
        if (!m_check || !m_check->path) {
            if (m_endpoint.path.isEmpty())
                m_endpoint.path = m_rules.defaultPath;
            else
                m_profile.rules.append({QStringLiteral("path"), m_endpoint.path, QStringLiteral("workspace"), {}});
            return;
        }
        const Stated<QString> &path = *m_check->path;
        const QString own = m_endpoint.path;
        if (decide(L("path"), &m_endpoint.path, path.value, spoken(path.place),
                   [](const QString &text) { return text; }))
            finding(QStringLiteral("%1 asks for %2 (%3) and this monitor for %4: it judges another answer")
                        .arg(m_platform.name, path.value, spoken(path.place), own));
    }

    void takeRequest()
    {
        const auto same = [](const QString &text) { return text; };
        if (m_endpoint.type == EndpointType::Http) {
            const auto stated = m_check ? m_check->method : std::nullopt;
            QString method = stated ? stated->value.toUpper() : m_rules.method;
            if (decide(L("method"), &m_endpoint.method, method, fromOf(stated), same))
                finding(QStringLiteral("%1 asks by %2, this monitor by %3")
                            .arg(m_platform.name, method, m_endpoint.method));
            const QString status = statusText(m_rules);
            if (decide(L("expect.status"), &m_endpoint.expect.status, status, documented(), same))
                finding(QStringLiteral("%1 takes %2 for healthy, this monitor %3")
                            .arg(m_platform.name, status, m_endpoint.expect.status));
            if (decide(L("follow"), &m_endpoint.follow, m_rules.followsRedirects, documented(), yesNo))
                finding(QStringLiteral("this monitor follows redirects%1, and %2 does not")
                            .arg(m_endpoint.follow ? QString() : QStringLiteral(" not"), m_platform.name));
        }
        for (const L key : {L("expect.json"), L("expect.body"), L("expect.headers")}) {
            if (m_endpoint.states(key))
                finding(
                    QStringLiteral("%1 does not look at what %2 expects: the status is all").arg(m_platform.name, key));
        }
        if (!m_check)
            return;
        m_profile.headers = m_check->headers;
        for (const auto &[name, value] : m_check->headers)
            m_profile.rules.append(
                {QStringLiteral("header %1").arg(name), QStringLiteral("set"), spoken(value.place), {}});
        m_profile.verifyTls = !m_check->skipsVerification;
        if (m_check->skipsVerification)
            m_profile.rules.append({QStringLiteral("certificate"),
                                    QStringLiteral("any"),
                                    spoken(m_check->path ? m_check->path->place : Place()),
                                    {}});
    }

    void takeTimes()
    {
        const auto stated = m_check ? m_check->timeout : std::nullopt;
        const Milliseconds timeout = stated ? stated->value : m_rules.timeout;
        if (decide(L("timeout"), &m_endpoint.timeout, timeout, fromOf(stated), formatDuration)) {
            const bool shorter = m_endpoint.timeout < timeout;
            finding(QStringLiteral("this monitor waits %1 and %2 %3: an answer in between is %4 here and %5 there")
                        .arg(formatDuration(m_endpoint.timeout), m_platform.name, formatDuration(timeout),
                             shorter ? QStringLiteral("down") : QStringLiteral("up"),
                             shorter ? QStringLiteral("healthy") : QStringLiteral("a failure")));
        }
        takeInterval();
        if (m_check && m_check->grace)
            decide(L("grace"), &m_endpoint.grace, m_check->grace->value, spoken(m_check->grace->place), formatDuration);
    }

    void takeInterval()
    {
        const auto stated = m_check ? m_check->interval : std::nullopt;
        if (stated || m_rules.interval > Milliseconds(0)) {
            const Milliseconds interval = stated ? stated->value : m_rules.interval;
            decide(L("interval"), &m_endpoint.interval, std::max(interval, Milliseconds(50)), fromOf(stated),
                   formatDuration);
        } else if (m_rules.intervalAssumed > Milliseconds(0)) {
            decide(L("interval"), &m_endpoint.interval, m_rules.intervalAssumed,
                   QStringLiteral("assumed: it is not documented"), formatDuration);
        }
    }

    void takeConsequences()
    {
        const bool moves = !m_check || m_check->moves;
        if (moves && m_rules.unroutesAtOnce)
            m_profile.unroutedAfter = Milliseconds(0);
        else if (moves && m_rules.unroutedAfter > Milliseconds(0))
            m_profile.unroutedAfter = m_rules.unroutedAfter;
        if (moves && m_rules.restartedAfter > Milliseconds(0))
            m_profile.restartedAfter = m_rules.restartedAfter;
        if (!moves)
            m_profile.notes.append(
                m_check->stated
                    ? QStringLiteral("the check in the manifest is only shown by %1 and moves no traffic")
                          .arg(m_platform.name)
                    : QStringLiteral("the manifest has no check, and %1 makes none unasked").arg(m_platform.name));
        takeDown();
        if (!m_profile.unroutedAfter)
            return;
        const QString assumed = QStringLiteral("assumed: it is not documented");
        decide(L("recoveries"), &m_endpoint.recoveries, 1, assumed, [](int count) { return QString::number(count); });
    }

    /// When a row of failures is down.
    void takeDown()
    {
        if (!m_profile.unroutedAfter)
            return;
        const bool atOnce = *m_profile.unroutedAfter == Milliseconds(0);
        const QString platforms =
            atOnce ? QStringLiteral("1") : QStringLiteral("for %1").arg(formatDuration(*m_profile.unroutedAfter));
        if (!m_endpoint.states(L("failures"))) {
            if (atOnce)
                m_endpoint.failures = 1;
            m_profile.rules.append({QStringLiteral("failures"), platforms, documented(), {}});
            return;
        }
        const QString own = QString::number(m_endpoint.failures);
        m_profile.rules.append({QStringLiteral("failures"), own, QStringLiteral("workspace"),
                                own == platforms ? QString() : QStringLiteral("%1 (%2)").arg(platforms, documented())});
    }

    HealthEndpoint &m_endpoint;
    const Platform &m_platform;
    const HealthRules &m_rules;
    std::optional<StatedCheck> m_check;
    PlatformProfile m_profile;
};

void noteManifest(const ServiceFacts &facts, PlatformProfile *profile)
{
    QList<Place> further = facts.furtherChecks;
    if (facts.healthPath && facts.portCheck)
        further.prepend(*facts.portCheck);
    for (const Place &place : std::as_const(further))
        profile->notes.append(QStringLiteral("not asked: the further check at %1").arg(spoken(place)));
}

/// By plan, where the platform has one that sleeps, else by what the manifest says of stopping.
bool canSleep(const Platform &platform)
{
    return (platform.free.available && platform.free.idleStop > Milliseconds(0)) ||
           platform.sleep.idleStop > Milliseconds(0);
}

bool wantsManifest(const Backend &backend, const Platform &platform)
{
    const bool profiled = std::any_of(backend.health.cbegin(), backend.health.cend(), [](const HealthEndpoint &each) {
        return !each.profile.isEmpty() && !each.applied;
    });
    const bool sleeps = !backend.sleeps && !backend.health.isEmpty() && canSleep(platform);
    return !backend.manifest.isEmpty() && !platform.manifests.isEmpty() && (profiled || sleeps);
}

} // namespace

void applyProfile(HealthEndpoint *endpoint, const Platform &platform,
                  const std::optional<Result<ServiceFacts>> &manifest)
{
    if (endpoint->profile.isEmpty() || endpoint->applied)
        return;
    std::optional<StatedCheck> check;
    if (manifest && *manifest)
        check = checkOf(**manifest, platform);
    ProfileMaker maker(endpoint, platform, check);
    maker.apply();
    PlatformProfile &profile = maker.profile();
    if (check)
        noteManifest(**manifest, &profile);
    else if (manifest)
        profile.findings.append(
            QStringLiteral("the manifest could not be read, so that only the documented rules hold: %1")
                .arg(manifest->error().toString()));
    else
        profile.notes.append(
            QStringLiteral("no manifest was read: what it sets of the check is not known, the documented rules hold"));
    profile.notes.append(
        QStringLiteral("asked from here by its public address; %1 asks each instance itself").arg(platform.name));
    if (endpoint->type == EndpointType::Http && endpoint->path.isEmpty() && !endpoint->states(L("url"))) {
        profile.problem =
            manifest && !*manifest
                ? manifest->error()
                : Error{ErrorKind::Usage,
                        QStringLiteral("the path that %1 checks is not known: no manifest names it").arg(platform.name),
                        QStringLiteral("give the backend manifest = \"%1\", or the endpoint path = \"/…\"")
                            .arg(platform.manifests.value(0, QStringLiteral("FILE"))),
                        endpoint->place};
    }
    endpoint->applied = std::make_shared<const PlatformProfile>(std::move(profile));
}

void applyPlatformRules(Workspace *workspace, const PlatformCatalogue &catalogue, const ManifestReader &read)
{
    for (Backend &backend : workspace->backends) {
        const Platform *platform = catalogue.find(backend.platform);
        if (!platform)
            continue;
        std::optional<Result<ServiceFacts>> manifest;
        if (wantsManifest(backend, *platform))
            manifest = read(backend, *platform);
        for (HealthEndpoint &endpoint : backend.health)
            applyProfile(&endpoint, *platform, manifest);
        if (!backend.sleeps && manifest && *manifest && (*manifest)->sleeping) {
            const ServiceFacts::Sleeping &sleeping = *(*manifest)->sleeping;
            backend.sleeps = sleeping.sleeps;
            backend.sleepsFrom = QStringLiteral("%1 at %2").arg(sleeping.words, spoken(sleeping.place));
        }
    }
    for (FreeMonitor &monitor : workspace->monitors) {
        if (const Platform *platform = catalogue.find(monitor.endpoint.profile))
            applyProfile(&monitor.endpoint, *platform, std::nullopt);
    }
}

bool needsManifests(const Workspace &workspace, const PlatformCatalogue &catalogue)
{
    return std::any_of(workspace.backends.cbegin(), workspace.backends.cend(), [&](const Backend &backend) {
        const Platform *platform = catalogue.find(backend.platform);
        return platform && wantsManifest(backend, *platform);
    });
}

} // namespace Switchyard
