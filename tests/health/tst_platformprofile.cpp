// SPDX-License-Identifier: GPL-3.0-or-later
// Monitors that judge as a platform does: where each rule comes from, what the workspace overrides, what is said of a
// failure, and the same on a real server.
#include "models/health/monitortracker.h"
#include "models/health/platformprofile.h"
#include "models/health/platformwords.h"
#include "models/health/targets.h"
#include "models/manifests/deployfacts.h"
#include "tests/support/probing.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace Switchyard;
using std::chrono::seconds;
using Testing::probeOnce;

namespace {

using L = QLatin1StringView;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const PlatformCatalogue &catalogue()
{
    static const PlatformCatalogue loaded = *PlatformCatalogue::load();
    return loaded;
}

const Platform &platform(const char *id)
{
    return *catalogue().find(s(id));
}

Workspace workspaceOf(const QByteArray &platformId, const QByteArray &keys, const QByteArray &url = "https://a.example")
{
    const auto workspace = parseWorkspace("schema = 1\n[[backend]]\nname = \"b\"\nplatform = \"" + platformId +
                                              "\"\nurl = \"" + url + "\"\nmanifest = \"m\"\n" + keys,
                                          s("/w/switchyard.toml"), catalogue().ids());
    if (!workspace) {
        QTest::qFail(qPrintable(workspace.error().first().toString()), __FILE__, __LINE__);
        return {};
    }
    return *workspace;
}

/// With the text of a manifest, or without one.
Workspace ruled(Workspace workspace, const std::optional<QByteArray> &manifest)
{
    applyPlatformRules(&workspace, catalogue(),
                       [&](const Backend &, const Platform &of) -> std::optional<Result<ServiceFacts>> {
                           if (!manifest)
                               return std::nullopt;
                           return of.id == L("render") ? renderServiceFacts(*manifest, s("render.yaml"), of)
                                                       : flyServiceFacts(*manifest, s("fly.toml"), of);
                       });
    return workspace;
}

const HealthEndpoint &endpointOf(const Workspace &workspace)
{
    return workspace.backends.first().health.first();
}

ProfileRule ruleOf(const HealthEndpoint &endpoint, const char *key)
{
    for (const ProfileRule &rule : endpoint.applied->rules) {
        if (rule.key == s(key))
            return rule;
    }
    return {};
}

const QByteArray renderManifest = "services:\n"
                                  "  - type: web\n"
                                  "    name: api\n"
                                  "    plan: free\n"
                                  "    healthCheckPath: /healthz\n";
const QByteArray flyManifest = "[http_service]\n"
                               "internal_port = 8080\n"
                               "[[http_service.checks]]\n"
                               "path = '/up'\n"
                               "method = 'head'\n"
                               "interval = '20s'\n"
                               "timeout = '4s'\n"
                               "grace_period = '30s'\n"
                               "tls_skip_verify = true\n"
                               "[http_service.checks.headers]\n"
                               "Authorization = 'Bearer swordfish-9'\n";
const QByteArray profiled = "[[backend.health]]\nprofile = \"platform\"\n";

ProbeSample sampleAt(int second, ProbeState state)
{
    ProbeSample sample;
    sample.sentAt = Instant(seconds(second));
    sample.state = state;
    sample.status = state == ProbeState::Down ? 500 : 200;
    sample.reason = state == ProbeState::Down ? s("HTTP 500") : QString();
    sample.phases.total = 9;
    return sample;
}

} // namespace

class PlatformProfileTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void render();
    void renderWithoutPath();
    void fly();
    void flyWithoutCheck();
    void flyWatchingOnly();
    void workspaceOverrides();
    void unreadableManifest();
    void noManifest();
    void freeMonitor();
    void appliedOnce();
    void wordsOfRender();
    void wordsOfFly();
    void sleepByPlan_data();
    void sleepByPlan();
    void judgesARealServer_data();
    void judgesARealServer();
    void anyCertificate();
    void headersOfTheManifestAreKept();
};

void PlatformProfileTest::render()
{
    const Workspace workspace = ruled(workspaceOf("render", profiled), renderManifest);
    const HealthEndpoint &endpoint = endpointOf(workspace);
    const HealthRules &rules = platform("render").health;
    QCOMPARE(endpoint.path, s("/healthz"));
    QCOMPARE(endpoint.method, rules.method);
    QCOMPARE(endpoint.expect.status, s("200-399"));
    QCOMPARE(endpoint.timeout, rules.timeout);
    QCOMPARE(endpoint.interval, rules.intervalAssumed);
    QVERIFY(!endpoint.follow);
    QCOMPARE(endpoint.applied->source, rules.source.url);
    QCOMPARE(*endpoint.applied->unroutedAfter, rules.unroutedAfter);
    QCOMPARE(*endpoint.applied->restartedAfter, rules.restartedAfter);
    QCOMPARE(endpoint.applied->findings, QStringList());
    QVERIFY(!endpoint.applied->problem);
    QCOMPARE(ruleOf(endpoint, "path").from, s("render.yaml:5"));
    QCOMPARE(ruleOf(endpoint, "timeout").from, rules.source.url);
    QVERIFY(ruleOf(endpoint, "interval").from.contains(s("assumed")));
    const Result<QList<Monitor>> monitors = monitorsOf(workspace, &catalogue());
    QVERIFY2(monitors, monitors ? "" : qPrintable(monitors.error().toString()));
    QCOMPARE(monitors->first().downAfter, std::optional(rules.unroutedAfter));
    QCOMPARE(monitors->first().target.url, s("https://a.example/healthz"));
    QVERIFY(monitors->first().target.busyIsDown);
}

void PlatformProfileTest::renderWithoutPath()
{
    const Workspace workspace =
        ruled(workspaceOf("render", profiled), QByteArray("services:\n  - type: web\n    name: api\n"));
    const HealthEndpoint &endpoint = endpointOf(workspace);
    QCOMPARE(endpoint.type, EndpointType::Tcp);
    QCOMPARE(monitorsOf(workspace, &catalogue())->first().target.url, s("tcp://a.example:443"));
    QVERIFY(endpoint.applied->unroutedAfter.has_value());
    // A path of the workspace's own asks for more than Render does.
    const Workspace more = ruled(workspaceOf("render", profiled + "path = \"/health\"\n"),
                                 QByteArray("services:\n  - type: web\n    name: api\n"));
    QCOMPARE(endpointOf(more).type, EndpointType::Http);
    QCOMPARE(endpointOf(more).applied->findings.size(), 1);
    QVERIFY2(endpointOf(more).applied->findings.first().contains(s("only looks whether the port answers")),
             qPrintable(endpointOf(more).applied->findings.first()));
}

void PlatformProfileTest::fly()
{
    const Workspace workspace = ruled(workspaceOf("fly", profiled), flyManifest);
    const HealthEndpoint &endpoint = endpointOf(workspace);
    QCOMPARE(endpoint.path, s("/up"));
    QCOMPARE(endpoint.method, s("HEAD"));
    QCOMPARE(endpoint.expect.status, s("2xx"));
    QCOMPARE(endpoint.timeout, Milliseconds(4'000));
    QCOMPARE(endpoint.interval, Milliseconds(20'000));
    QCOMPARE(endpoint.grace, Milliseconds(30'000));
    QCOMPARE(endpoint.failures, 1);
    QCOMPARE(*endpoint.applied->unroutedAfter, Milliseconds(0));
    QVERIFY(!endpoint.applied->restartedAfter);
    QVERIFY(!endpoint.applied->verifyTls);
    QCOMPARE(ruleOf(endpoint, "timeout").from, s("fly.toml:7"));
    QCOMPARE(endpoint.applied->findings, QStringList());
    const Result<QList<Monitor>> monitors = monitorsOf(workspace, &catalogue());
    QVERIFY(monitors.has_value());
    QVERIFY(!monitors->first().downAfter && !monitors->first().target.verifyTls);
    QCOMPARE(monitors->first().target.headers.value(s("Authorization")), s("Bearer swordfish-9"));
}

void PlatformProfileTest::flyWithoutCheck()
{
    const QByteArray manifest = "[http_service]\ninternal_port = 8080\n";
    const Workspace workspace = ruled(workspaceOf("fly", profiled), manifest);
    const HealthEndpoint &endpoint = endpointOf(workspace);
    QCOMPARE(endpoint.type, EndpointType::Tcp);
    QVERIFY(!endpoint.applied->unroutedAfter && !endpoint.applied->restartedAfter);
    QVERIFY2(endpoint.applied->notes.join(u'\n').contains(s("the manifest has no check")),
             qPrintable(endpoint.applied->notes.join(u'\n')));
    QVERIFY(platformThreat(*endpoint.applied).contains(s("would do nothing")));
}

void PlatformProfileTest::flyWatchingOnly()
{
    const Workspace workspace =
        ruled(workspaceOf("fly", profiled), QByteArray("[http_service]\ninternal_port = 8080\n[checks.a]\ntype = "
                                                       "'http'\npath = '/seen'\ntimeout = '3s'\n"));
    const HealthEndpoint &endpoint = endpointOf(workspace);
    QCOMPARE(endpoint.path, s("/seen"));
    QCOMPARE(endpoint.timeout, Milliseconds(3'000));
    QVERIFY(!endpoint.applied->unroutedAfter);
    QVERIFY(endpoint.applied->notes.join(u'\n').contains(s("moves no traffic")));
}

void PlatformProfileTest::workspaceOverrides()
{
    const Workspace workspace = ruled(
        workspaceOf("render", profiled + "path = \"/health\"\ntimeout = \"2s\"\nfailures = 4\ninterval = \"10s\"\n"
                                         "expect = { status = \"200\", json = { \"/ok\" = true } }\n"),
        renderManifest);
    const HealthEndpoint &endpoint = endpointOf(workspace);
    QCOMPARE(endpoint.path, s("/health"));
    QCOMPARE(endpoint.timeout, Milliseconds(2'000));
    QCOMPARE(endpoint.failures, 4);
    QCOMPARE(endpoint.expect.status, s("200"));
    QVERIFY(!monitorsOf(workspace, &catalogue())->first().downAfter);
    QCOMPARE(ruleOf(endpoint, "timeout").from, s("workspace"));
    QVERIFY(ruleOf(endpoint, "timeout").insteadOf.startsWith(s("5s (")));
    QCOMPARE(ruleOf(endpoint, "path").insteadOf, s("/healthz (render.yaml:5)"));
    QCOMPARE(ruleOf(endpoint, "failures").insteadOf.section(u' ', 0, 1), s("for 15s"));
    QCOMPARE(ruleOf(endpoint, "interval").value, s("10s"));
    const QString findings = endpoint.applied->findings.join(u'\n');
    QVERIFY2(findings.contains(s("Render asks for /healthz (render.yaml:5) and this monitor for /health")),
             qPrintable(findings));
    QVERIFY2(findings.contains(s("waits 2s and Render 5s: an answer in between is down here and healthy there")),
             qPrintable(findings));
    QVERIFY2(findings.contains(s("Render takes 200-399 for healthy, this monitor 200")), qPrintable(findings));
    QVERIFY2(findings.contains(s("does not look at what expect.json")), qPrintable(findings));
    QCOMPARE(endpoint.applied->findings.size(), 4);
    // The same as the platform's own is no finding.
    const Workspace same =
        ruled(workspaceOf("render", profiled + "path = \"/healthz\"\ntimeout = \"5s\"\n"), renderManifest);
    QCOMPARE(endpointOf(same).applied->findings, QStringList());
    QCOMPARE(ruleOf(endpointOf(same), "path").from, s("workspace"));
    QCOMPARE(ruleOf(endpointOf(same), "path").insteadOf, QString());
}

void PlatformProfileTest::unreadableManifest()
{
    const Workspace workspace = ruled(workspaceOf("render", profiled + "path = \"/h\"\n"), QByteArray("services: 1\n"));
    const HealthEndpoint &endpoint = endpointOf(workspace);
    QVERIFY(!endpoint.applied->problem);
    QVERIFY(endpoint.applied->findings.join(u'\n').contains(s("could not be read")));
    QVERIFY(monitorsOf(workspace, &catalogue()).has_value());
    // Without a path nobody knows what to ask for: this one cannot be probed, and says why; others can.
    const Workspace lost =
        ruled(workspaceOf("render", profiled + "[[backend.health]]\npath = \"/other\"\n"), QByteArray("services: 1\n"));
    const QList<Monitor> monitors = monitorsWithProblems(lost, &catalogue());
    QCOMPARE(monitors.size(), 2);
    QVERIFY(monitors[0].problem && monitors[0].problem->message.contains(s("services")));
    QVERIFY(!monitors[0].id.isEmpty() && monitors[0].id != monitors[1].id);
    QVERIFY(!monitors[1].problem);
}

void PlatformProfileTest::noManifest()
{
    const Workspace workspace = ruled(workspaceOf("fly", profiled), std::nullopt);
    const Result<QList<Monitor>> monitors = monitorsOf(workspace, &catalogue());
    QVERIFY(!monitors && monitors.error().message.contains(s("the path that Fly.io checks is not known")));
    QVERIFY(monitors.error().hint.contains(s("fly.toml")));
    QCOMPARE(monitors.error().place.line, 7);
    const Workspace named = ruled(workspaceOf("fly", profiled + "path = \"/h\"\n"), std::nullopt);
    QVERIFY(monitorsOf(named, &catalogue()).has_value());
    QCOMPARE(endpointOf(named).timeout, platform("fly").health.timeout);
    // Where nobody applied the rules it says so instead of asking for something else.
    const Result<QList<Monitor>> unruled = monitorsOf(workspaceOf("fly", profiled), &catalogue());
    QVERIFY(!unruled && unruled.error().message.contains(s("was not looked up")));
}

void PlatformProfileTest::freeMonitor()
{
    const auto workspace = parseWorkspace("schema = 1\n[[monitor]]\nname = \"m\"\nurl = \"https://a.example/x\"\n"
                                          "profile = \"render\"\n",
                                          s("/w/switchyard.toml"), catalogue().ids());
    QVERIFY(workspace.has_value());
    const Workspace made = ruled(*workspace, std::nullopt);
    const Result<QList<Monitor>> monitors = monitorsOf(made, &catalogue());
    QVERIFY2(monitors, monitors ? "" : qPrintable(monitors.error().toString()));
    QCOMPARE(monitors->first().target.url, s("https://a.example/x"));
    QCOMPARE(monitors->first().target.expect.status, s("200-399"));
    QVERIFY(monitors->first().downAfter.has_value());
}

void PlatformProfileTest::appliedOnce()
{
    const Workspace once = ruled(workspaceOf("render", profiled + "timeout = \"2s\"\n"), renderManifest);
    const Workspace twice = ruled(once, renderManifest);
    QCOMPARE(endpointOf(twice).applied, endpointOf(once).applied);
    QVERIFY(!needsManifests(once, catalogue()));
    QVERIFY(needsManifests(workspaceOf("render", profiled), catalogue()));
    // Without a profile the plan is still to be known; of a platform that never sleeps nothing is.
    QVERIFY(needsManifests(workspaceOf("render", "[[backend.health]]\npath = \"/h\"\n"), catalogue()));
    QVERIFY(!needsManifests(workspaceOf("render", "sleeps = false\n[[backend.health]]\npath = \"/h\"\n"), catalogue()));
    QVERIFY(!needsManifests(workspaceOf("local", "[[backend.health]]\npath = \"/h\"\n"), catalogue()));
}

void PlatformProfileTest::wordsOfRender()
{
    const Workspace workspace = ruled(workspaceOf("render", profiled), renderManifest);
    Monitor monitor = monitorsOf(workspace, &catalogue())->first();
    monitor.sleep.reset();
    MonitorTracker tracker(monitor);
    (void)tracker.take(sampleAt(0, ProbeState::Up));
    const auto words = [&](int second) {
        return platformWords(monitor, tracker.failingSince(), Instant(seconds(second)));
    };
    QCOMPARE(words(3), QString());
    QVERIFY(!tracker.take(sampleAt(100, ProbeState::Down)));
    QCOMPARE(words(105), s("Render would take the instance out of routing in 10 s, and would restart it in 55 s"));
    QVERIFY(!tracker.take(sampleAt(105, ProbeState::Down)) && !tracker.take(sampleAt(110, ProbeState::Down)));
    // Down when the time is over, however many failures that took.
    const auto down = tracker.take(sampleAt(115, ProbeState::Down));
    QVERIFY(down && down->to == MonitorState::Down);
    QCOMPARE(down->cause,
             s("HTTP 500; Render would take the instance out of routing now, and would restart it in 45 s"));
    QCOMPARE(words(119),
             s("Render would have taken the instance out of routing 4 s ago, and would restart it in 41 s"));
    QCOMPARE(words(300),
             s("Render would have taken the instance out of routing 3 min 5 s ago, and would have restarted it "
               "2 min 20 s ago"));
    (void)tracker.take(sampleAt(120, ProbeState::Up));
    QVERIFY(tracker.state() == MonitorState::Up);
    QCOMPARE(words(121), QString());
    QCOMPARE(platformThreat(*monitor.profile),
             s("Render would take the instance out of routing after 15 s of this, and restart it after 60 s"));
}

void PlatformProfileTest::wordsOfFly()
{
    const Workspace workspace = ruled(workspaceOf("fly", profiled), flyManifest);
    Monitor monitor = monitorsOf(workspace, &catalogue())->first();
    monitor.sleep.reset();
    MonitorTracker tracker(monitor);
    (void)tracker.take(sampleAt(0, ProbeState::Up));
    const auto down = tracker.take(sampleAt(20, ProbeState::Down));
    QVERIFY(down && down->to == MonitorState::Down);
    QCOMPARE(down->cause, s("HTTP 500; Fly.io would take the instance out of routing now"));
    QCOMPARE(platformWords(monitor, tracker.failingSince(), Instant(seconds(24))),
             s("Fly.io would have taken the instance out of routing 4 s ago"));
}

void PlatformProfileTest::sleepByPlan_data()
{
    QTest::addColumn<QByteArray>("platformId");
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<QByteArray>("manifest");
    QTest::addColumn<bool>("sleeps");
    QTest::addColumn<QString>("from");
    const auto web = [](const char *plan) { return QByteArray("services:\n  - type: web\n    name: a\n") + plan; };
    QTest::newRow("free") << QByteArray("render") << QByteArray() << web("    plan: free\n") << true
                          << s("plan: free at render.yaml:4");
    QTest::newRow("starter") << QByteArray("render") << QByteArray() << web("    plan: starter\n") << false
                             << QString();
    QTest::newRow("no plan") << QByteArray("render") << QByteArray() << web("") << true << QString();
    QTest::newRow("the workspace knows better")
        << QByteArray("render") << QByteArray("sleeps = false\n") << web("    plan: free\n") << false << QString();
    QTest::newRow("fly stops") << QByteArray("fly") << QByteArray()
                               << QByteArray("[http_service]\ninternal_port = 1\nauto_stop_machines = 'stop'\n") << true
                               << s("auto_stop_machines = stop at fly.toml:3");
    QTest::newRow("fly keeps one") << QByteArray("fly") << QByteArray()
                                   << QByteArray("[http_service]\ninternal_port = 1\nauto_stop_machines = 'stop'\n"
                                                 "min_machines_running = 1\n")
                                   << false << QString();
}

void PlatformProfileTest::sleepByPlan()
{
    QFETCH(QByteArray, platformId);
    QFETCH(QByteArray, keys);
    QFETCH(QByteArray, manifest);
    QFETCH(bool, sleeps);
    QFETCH(QString, from);
    const Workspace workspace = ruled(workspaceOf(platformId, keys + "[[backend.health]]\npath = \"/h\"\n"), manifest);
    const Monitor monitor = monitorsOf(workspace, &catalogue())->first();
    QCOMPARE(monitor.sleep.has_value(), sleeps);
    ProbeSample gateway = sampleAt(0, ProbeState::Down);
    gateway.status = 502;
    MonitorTracker tracker(monitor);
    (void)tracker.take(gateway);
    QCOMPARE(tracker.state() == MonitorState::ColdStart, sleeps);
    if (!sleeps) {
        QCOMPARE(tracker.failuresInRow(), 1);
        return;
    }
    QCOMPARE(monitor.sleep->from, from);
    // Nobody told: then it is said to be assumed.
    QCOMPARE(tracker.cause().contains(s("is assumed")), from.isEmpty());
}

void PlatformProfileTest::judgesARealServer_data()
{
    QTest::addColumn<QByteArray>("platformId");
    QTest::addColumn<int>("status");
    QTest::addColumn<bool>("up");
    const auto row = [](const char *id, int status, bool up) {
        QTest::addRow("%s %d", id, status) << QByteArray(id) << status << up;
    };
    row("render", 200, true);
    row("render", 204, true);
    row("render", 302, true);
    row("render", 404, false);
    row("render", 429, false);
    row("render", 503, false);
    row("fly", 200, true);
    row("fly", 302, false);
    row("fly", 429, false);
}

void PlatformProfileTest::judgesARealServer()
{
    QFETCH(QByteArray, platformId);
    QFETCH(int, status);
    QFETCH(bool, up);
    HttpServer server;
    HttpBehaviour behaviour;
    behaviour.status = status;
    behaviour.headers = {{"Location", "/elsewhere"}};
    server.setBehaviour("/healthz", behaviour);
    const Workspace workspace = ruled(
        workspaceOf(platformId, profiled + "path = \"/healthz\"\n", server.url(QString()).toUtf8()), std::nullopt);
    const Result<ProbeTarget> target = probeTargetFor(workspace.backends.first(), endpointOf(workspace));
    QVERIFY2(target, target ? "" : qPrintable(target.error().toString()));
    const ProbeSample sample = probeOnce(*target);
    QCOMPARE(sample.status, status);
    QCOMPARE(probeStateName(sample.state), up ? s("up") : s("down"));
    QCOMPARE(server.requests().size(), 1); // not followed
}

void PlatformProfileTest::anyCertificate()
{
    const TestCertificates certificates;
    for (const CertificateFiles &files :
         {certificates.selfSigned(), certificates.expired(), certificates.wrongName()}) {
        HttpServer server(files);
        server.setBehaviour("/up", {});
        const QByteArray url = server.url(QString(), s("localhost")).toUtf8();
        const Workspace lax = ruled(workspaceOf("fly", profiled, url), flyManifest);
        const ProbeSample sample = probeOnce(*probeTargetFor(lax.backends.first(), endpointOf(lax)));
        QVERIFY2(sample.state == ProbeState::Up, qPrintable(sample.reason));
        QVERIFY(sample.certificate.has_value());
        QByteArray demanding = flyManifest;
        demanding.replace("tls_skip_verify = true\n", "");
        const Workspace strict = ruled(workspaceOf("fly", profiled, url), demanding);
        QVERIFY(probeOnce(*probeTargetFor(strict.backends.first(), endpointOf(strict))).state == ProbeState::Down);
    }
}

void PlatformProfileTest::headersOfTheManifestAreKept()
{
    HttpServer server;
    HttpBehaviour echo;
    echo.status = 500;
    echo.body = "who is Bearer swordfish-9?";
    server.setBehaviour("/up", echo);
    QByteArray manifest = flyManifest;
    manifest.replace("'head'", "'get'");
    const Workspace workspace = ruled(workspaceOf("fly", profiled, server.url(QString()).toUtf8()), manifest);
    const HealthEndpoint &endpoint = endpointOf(workspace);
    const ProbeSample sample = probeOnce(*probeTargetFor(workspace.backends.first(), endpoint));
    QVERIFY(server.requests().first().contains("Authorization: Bearer swordfish-9"));
    // A credential wherever it is written: neither in what is kept of the answer nor in the report.
    QVERIFY(sample.failure.has_value());
    QVERIFY2(!sample.failure->body.contains(s("swordfish")), qPrintable(sample.failure->body));
    QVERIFY(!profileToText(*endpoint.applied).contains(s("swordfish")));
    QVERIFY(profileToText(*endpoint.applied).contains(s("header Authorization")));
    const QJsonObject json = profileToJson(endpoint.applied.get()).toObject();
    QVERIFY(!QString::fromUtf8(QJsonDocument(json).toJson()).contains(s("swordfish")));
    QCOMPARE(json[s("platform")].toString(), s("fly"));
    // The workspace's own header of that name wins.
    const Workspace own = ruled(
        workspaceOf("fly", profiled + "headers = { authorization = \"env:SWITCHYARD_TEST_OWN\" }\n"), flyManifest);
    qputenv("SWITCHYARD_TEST_OWN", "mine");
    const Result<ProbeTarget> target = probeTargetFor(own.backends.first(), endpointOf(own));
    QVERIFY2(target, target ? "" : qPrintable(target.error().toString()));
    QCOMPARE(target->headers.size(), 1);
    QCOMPARE(target->headers.first(), s("mine"));
}

QTEST_GUILESS_MAIN(PlatformProfileTest)
#include "tst_platformprofile.moc"
