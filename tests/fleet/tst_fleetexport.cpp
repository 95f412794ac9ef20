// SPDX-License-Identifier: GPL-3.0-or-later
// What fleet export writes: the programs it is for accept it, nothing secret stands in it, and what they cannot do is
// said.
#include "models/common/yaml.h"
#include "models/fleet/fleetparts.h"
#include "tests/support/fleetservers.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char canary[] = "kanarienvogel-4711";

/// Names with everything that YAML, PromQL, templates, Markdown and JavaScript could stumble over.
QByteArray usual()
{
    QFile file(s(SOURCE_DIR "/tests/fixtures/fleet/switchyard.toml"));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("the fixture is missing");
    return file.readAll();
}

Workspace workspaceOf(const QByteArray &text)
{
    const auto workspace = parseWorkspace(text, s("/w/switchyard.toml"), {s("render"), s("fly"), s("local")});
    if (!workspace)
        qFatal("%s", qPrintable(workspace.error().first().toString()));
    return *workspace;
}

FleetExport exported(const QByteArray &text, const FleetOptions &options = {})
{
    const Result<FleetExport> fleet = prepareFleet(workspaceOf(text), options);
    if (!fleet)
        qFatal("%s", qPrintable(fleet.error().toString()));
    return *fleet;
}

QString outcome(const FleetExport &fleet, const QString &subject, const QString &key)
{
    for (const FleetLoss &loss : fleet.loss) {
        if (loss.subject.contains(subject) && loss.key == key)
            return fleetOutcomeName(loss.outcome);
    }
    return {};
}

YamlNode yamlOf(const FleetExport &fleet, const char *file)
{
    const Result<YamlNode> node = parseYaml(fleet.find(s(file))->text, s(file));
    if (!node)
        qFatal("%s", qPrintable(node.error().toString()));
    return *node;
}

} // namespace

class FleetExportTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void programsAcceptIt();
    void alertsFireInTime();
    void labelsComeThrough();
    void losses();
    void noSecrets();
    void foreignPatterns_data();
    void foreignPatterns();
    void script();
    void dashboard();
    void writing();
    void nothingToExport();
    void manyMonitors();

private:
    QString write(const FleetExport &fleet, const QString &name);
    QTemporaryDir m_folder;
};

void FleetExportTest::initTestCase()
{
    qputenv("FLEET_CANARY", canary);
    for (const QString &program : {s("promtool"), s("prometheus-blackbox-exporter")}) {
        if (QStandardPaths::findExecutable(program).isEmpty())
            QSKIP(qPrintable(program + s(" is not installed")));
    }
}

QString FleetExportTest::write(const FleetExport &fleet, const QString &name)
{
    const QString folder = m_folder.filePath(name);
    const Result<void> written = writeFleet(fleet, folder);
    if (!written)
        qFatal("%s", qPrintable(written.error().toString()));
    return folder;
}

void FleetExportTest::programsAcceptIt()
{
    FleetOptions options;
    options.blackbox = s("[::1]:9115");
    options.caFile = s("/tmp/with space: and \"quotes\".pem");
    const FleetExport fleet = exported(usual(), options);
    const QString folder = write(fleet, s("accept"));
    const CommandResult config = runCommand(s("promtool"), {s("check"), s("config"), s("prometheus.yml")}, folder);
    QVERIFY2(config.status == 0, config.said);
    QVERIFY2(config.said.contains("rules found") && !config.said.contains("lint error"), config.said);
    const CommandResult modules =
        runCommand(s("prometheus-blackbox-exporter"), {s("--config.check"), s("--config.file=blackbox.yml")}, folder);
    // It reads the bundle only when it probes.
    QVERIFY2(modules.status == 0, modules.said);
}

void FleetExportTest::alertsFireInTime()
{
    const FleetExport fleet = exported(R"(schema = 1
name = "w"
[[backend]]
name = "b"
platform = "local"
url = "http://127.0.0.1:1"
  [[backend.health]]
  path = "/three"
  failures = 3
  recoveries = 2
  degraded = { latency = "500ms" }
  [[backend.health]]
  path = "/one"
  failures = 1
  recoveries = 1
  [[backend.health]]
  path = "/rare"
  interval = "20m"
  failures = 2
  recoveries = 1
)");
    const QString folder = write(fleet, s("time"));
    // Samples every 30 s from 0; a rule is evaluated at the same moments. `3`: the labels of the first monitor.
    const QByteArray three = "job=\"switchyard-w-30s\",monitor=\"b health /three\",instance=\"i\",failures=\"3\","
                             "recoveries=\"2\",degraded_after=\"0.5\"";
    const QByteArray one =
        "job=\"switchyard-w-30s\",monitor=\"b health /one\",instance=\"i\",failures=\"1\",recoveries=\"1\"";
    const QByteArray rare =
        "job=\"switchyard-w-20m\",monitor=\"b health /rare\",instance=\"i\",failures=\"2\",recoveries=\"1\"";
    const auto firing = [](const QByteArray &monitor, const QByteArray &job, const QByteArray &limits,
                           const QByteArray &often, const QByteArray &times) {
        return "        exp_alerts:\n          - exp_labels: {severity: critical, job: \"" + job +
               "\", monitor: \"b health " + monitor + "\", instance: i, " + limits +
               "}\n            exp_annotations:\n              summary: \"b health " + monitor +
               " is down\"\n              description: \"i failed " + times + " times in a row, once every " + often +
               ".\"\n";
    };
    const QByteArray threeDown =
        firing("/three", "switchyard-w-30s", "failures: \"3\", recoveries: \"2\", degraded_after: \"0.5\"", "30s", "3");
    const auto at = [](const char *time, const char *name, const QByteArray &alerts) {
        return QByteArray("      - eval_time: ") + time + "\n        alertname: " + name + "\n" + alerts;
    };
    const QByteArray tests =
        "rule_files: [rules.yml]\nevaluation_interval: 30s\ntests:\n"
        // Fails from 2 min on, three times, then is well again.
        "  - interval: 30s\n    input_series:\n      - series: 'probe_success{" +
        three +
        "}'\n        values: '1 1 1 1 0 0 0 0 0 0 1 1 1 1 0 1 1 1'\n"
        "      - series: 'probe_duration_seconds{" +
        three +
        "}'\n        values: '0.1x9 0.1 0.1 0.1 0.7 0.7 0.7 0.7 0.1 0.1'\n"
        "      - series: 'up{" +
        three +
        "}'\n        values: '1x20'\n"
        "      - series: 'up{" +
        one +
        "}'\n        values: '1x20'\n"
        "    alert_rule_test:\n" +
        at("2m30s", "SwitchyardDown", {}) + at("3m", "SwitchyardDown", threeDown) +
        at("4m30s", "SwitchyardDown", threeDown) +
        // The first good answer, and the second.
        at("5m", "SwitchyardDown", threeDown) + at("5m30s", "SwitchyardDown", {}) +
        // A single failure at 7 min.
        at("7m", "SwitchyardDown", {}) + at("8m", "SwitchyardDown", {}) + at("8m", "SwitchyardTargetAbsent", {}) +
        // With failures = 1 the first one is enough.
        "  - interval: 30s\n    input_series:\n      - series: 'probe_success{" + one +
        "}'\n        values: '1 1 0 1 1'\n    alert_rule_test:\n" + at("30s", "SwitchyardDown", {}) +
        at("1m", "SwitchyardDown",
           firing("/one", "switchyard-w-30s", "failures: \"1\", recoveries: \"1\"", "30s", "1")) +
        at("1m30s", "SwitchyardDown", {}) +
        // Longer apart than Prometheus remembers.
        "  - interval: 20m\n    input_series:\n      - series: 'probe_success{" + rare +
        "}'\n        values: '1 0 0 0 1'\n    alert_rule_test:\n" + at("39m", "SwitchyardDown", {}) +
        at("40m", "SwitchyardDown",
           firing("/rare", "switchyard-w-20m", "failures: \"2\", recoveries: \"1\"", "20m", "2")) +
        at("59m", "SwitchyardDown",
           firing("/rare", "switchyard-w-20m", "failures: \"2\", recoveries: \"1\"", "20m", "2")) +
        at("80m", "SwitchyardDown", {}) +
        // Slow for 60 s and more.
        "  - interval: 30s\n    input_series:\n      - series: 'probe_success{" + three +
        "}'\n        values: '1x10'\n      - series: 'probe_duration_seconds{" + three +
        "}'\n        values: '0.1 0.7 0.7 0.7 0.1'\n    alert_rule_test:\n" + at("1m", "SwitchyardDegraded", {}) +
        at("1m30s", "SwitchyardDegraded",
           "        exp_alerts:\n          - exp_labels: {severity: warning, job: switchyard-w-30s, monitor: \"b "
           "health "
           "/three\", instance: i, failures: \"3\", recoveries: \"2\", degraded_after: \"0.5\"}\n            "
           "exp_annotations:\n              summary: \"b health /three is slow\"\n              description: \"i took "
           "700ms; over 0.5 s is degraded.\"\n") +
        at("2m", "SwitchyardDegraded", {}) +
        // One of two targets is there; then a certificate of 10 days, and one of 2.
        "  - interval: 1m\n    input_series:\n      - series: 'up{" + one +
        "}'\n        values: '1x30'\n      - series: 'probe_ssl_earliest_cert_expiry{" + one +
        "}'\n        values: '864000x30'\n    alert_rule_test:\n" + at("4m", "SwitchyardTargetAbsent", {}) +
        at("6m", "SwitchyardCertificateEnds",
           "        exp_alerts:\n          - exp_labels: {severity: warning, job: switchyard-w-30s, monitor: \"b "
           "health "
           "/one\", instance: i, failures: \"1\", recoveries: \"1\"}\n            exp_annotations:\n              "
           "summary: \"certificate of b health /one ends soon\"\n              description: \"The certificate of i "
           "ends "
           "in 10.0 days.\"\n") +
        at("6m", "SwitchyardCertificateEndsNow", {});
    QFile file(folder + s("/tests.yml"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(tests) == tests.size());
    file.close();
    const CommandResult result = runCommand(s("promtool"), {s("test"), s("rules"), s("tests.yml")}, folder);
    QVERIFY2(result.status == 0, result.said);
    // A test that proves too much proves nothing: with one interval less the alert would come too early.
    QFile rules(folder + s("/rules.yml"));
    QVERIFY(rules.open(QIODevice::ReadOnly));
    const QByteArray changed = rules.readAll().replace("for: 1m\n", "for: 30s\n");
    rules.close();
    QVERIFY(rules.open(QIODevice::WriteOnly) && rules.write(changed) == changed.size());
    rules.close();
    QVERIFY(runCommand(s("promtool"), {s("test"), s("rules"), s("tests.yml")}, folder).status != 0);
}

void FleetExportTest::labelsComeThrough()
{
    const FleetExport fleet = exported(usual());
    const YamlNode config = yamlOf(fleet, "prometheus.yml");
    const Workspace workspace = workspaceOf(usual());
    int targets = 0;
    QStringList jobs;
    for (const YamlNode &job : config.find(s("scrape_configs"))->children) {
        jobs.append(job.find(s("job_name"))->text);
        for (const YamlNode &each : job.find(s("static_configs"))->children) {
            const YamlNode *labels = each.find(s("labels"));
            QCOMPARE(labels->find(s("workspace"))->text, workspace.name);
            const QString backend = labels->find(s("backend"))->text;
            QVERIFY(workspace.backend(backend));
            QCOMPARE(labels->find(s("platform"))->text, workspace.backend(backend)->platform);
            QCOMPARE(labels->find(s("stage"))->text, workspace.backend(backend)->stage);
            QCOMPARE(labels->find(s("role")) != nullptr, !workspace.backend(backend)->role.isEmpty());
            QVERIFY(yamlOf(fleet, "blackbox.yml").find(s("modules"))->find(labels->find(s("__param_module"))->text));
            ++targets;
        }
    }
    QCOMPARE(targets, 4);
    QCOMPARE(jobs.size(), 3); // one an interval, the shortest first
    QVERIFY(jobs[0].startsWith(s("switchyard-crypto-vault-1-")) && jobs[0].endsWith(s("-400ms")));
    QVERIFY(jobs[1].endsWith(s("-30s")) && jobs[2].endsWith(s("-10m")));
    Workspace other = workspace;
    other.name += QChar(0xe4);
    QVERIFY(fleetJob(other, Milliseconds(1'000)) != fleetJob(workspace, Milliseconds(1'000)));
    // Ids are those by which the rest of the program knows the monitors.
    QCOMPARE(fleet.monitors[1].id, s("render: \"a\" {{x}} 'b' | ü ready /ready"));
    const YamlNode modules = yamlOf(fleet, "blackbox.yml");
    const YamlNode *http = modules.find(s("modules"))->children[0].find(s("http"));
    QCOMPARE(http->find(s("headers"))->find(s("X-Probe"))->text, s("a: \"b\" # c"));
    QCOMPARE(http->find(s("valid_status_codes"))->children.size(), 104u);
}

void FleetExportTest::losses()
{
    const FleetExport fleet = exported(usual());
    QCOMPARE(outcome(fleet, s("/health?"), s("expect.json")), s("lost"));
    QCOMPARE(outcome(fleet, s("/health?"), s("degraded.json")), s("lost"));
    QCOMPARE(outcome(fleet, s("/health?"), s("degraded.latency")), s("changed"));
    QCOMPARE(outcome(fleet, s("/health?"), s("headers.Authorization")), s("changed"));
    QCOMPARE(outcome(fleet, s("/secret"), s("headers.X-Api-Key")), s("left-out"));
    QCOMPARE(outcome(fleet, s("/fast"), s("timeout")), s("changed"));
    QCOMPARE(outcome(fleet, s(" old"), s("transport")), s("left-out"));
    QCOMPARE(outcome(fleet, s("/ready"), s("expect.json")), QString());
    QVERIFY(!fleet.modules.contains(s("render: \"a\" {{x}} 'b' | ü health /secret")));
    for (const FleetLoss &loss : fleet.loss)
        QVERIFY2(loss.place.line > 0 && !loss.reason.isEmpty(), qPrintable(loss.key));
    const QByteArray guide = fleet.find(s("README.md"))->text;
    QVERIFY(guide.contains("| `expect.json` | lost |"));
    QVERIFY(guide.contains("env:FLEET_CANARY"));
    QVERIFY(guide.contains("{{x}} 'b' \\| ü")); // a bar would end the cell
    const QJsonObject loss = QJsonDocument::fromJson(fleet.find(s("loss.json"))->text).object();
    QCOMPARE(loss[s("loss")].toArray().size(), fleet.loss.size());
}

void FleetExportTest::noSecrets()
{
    const FleetExport fleet = exported(usual());
    QVERIFY(!fleet.secrets.isEmpty());
    for (const WrittenFile &file : fleet.files)
        QVERIFY2(!file.text.contains(canary), qPrintable(file.path));
    QVERIFY(!QJsonDocument(fleetExportToJson(fleet, s("x"))).toJson().contains(canary));
    // Also where the secret is not there at all: none is read.
    qunsetenv("FLEET_CANARY");
    QVERIFY(prepareFleet(workspaceOf(usual()), {}));
    qputenv("FLEET_CANARY", canary);
    QVERIFY(fleet.find(s("secrets/.gitignore")));
    QVERIFY(
        fleet.find(s("blackbox.yml"))->text.contains("credentials_file: \"" + fleet.secrets[0].path.toUtf8() + "\""));
}

void FleetExportTest::foreignPatterns_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<bool>("known");
    QTest::newRow("plain") << s("\"status\":\\s*\"ok\"") << true;
    QTest::newRow("group") << s("(?:a|b){2,1000}[^x]+?\\d\\bü") << true;
    QTest::newRow("flags") << s("(?i)healthy") << true;
    QTest::newRow("ahead") << s("ok(?=x)") << false;
    QTest::newRow("not ahead") << s("ok(?!x)") << false;
    QTest::newRow("behind") << s("(?<=x)ok") << false;
    QTest::newRow("reference") << s("(a)\\1") << false;
    QTest::newRow("atomic") << s("(?>a)") << false;
    QTest::newRow("possessive") << s("a++") << false;
    QTest::newRow("often") << s("a{1001}") << false;
    QTest::newRow("named") << s("(?<n>a)") << false;
}

void FleetExportTest::foreignPatterns()
{
    QFETCH(QString, pattern);
    QFETCH(bool, known);
    // An exporter refuses its whole configuration for a pattern that it does not know.
    FleetMonitor monitor;
    monitor.id = s("x");
    monitor.url = s("http://127.0.0.1:1/");
    monitor.expectedBody = pattern;
    monitor.expectedHeaders.insert(s("X-A"), pattern);
    FleetExport fleet;
    const std::optional<QString> module = blackboxModule(monitor, s("x"), {}, &fleet);
    QVERIFY(module);
    QCOMPARE(module->contains(s("fail_if_body_not_matches_regexp")), known);
    QCOMPARE(module->contains(s("fail_if_header_not_matches")), known);
    QCOMPARE(outcome(fleet, s("x"), s("expect.body")), known ? QString() : s("lost"));
    QCOMPARE(outcome(fleet, s("x"), s("expect.headers")), known ? QString() : s("lost"));
    const auto accepted = [&](const QString &text) {
        QFile file(m_folder.filePath(s("pattern.yml")));
        if (!file.open(QIODevice::WriteOnly) || file.write("modules:\n" + text.toUtf8()) < 0)
            return false;
        file.close();
        return runCommand(s("prometheus-blackbox-exporter"),
                          {s("--config.check"), s("--config.file=%1").arg(file.fileName())})
                   .status == 0;
    };
    QVERIFY(accepted(*module));
    if (!known) {
        const QString quoted = QString::fromUtf8(QJsonDocument(QJsonArray{pattern}).toJson(QJsonDocument::Compact));
        QVERIFY2(!accepted(s("  x:\n    prober: http\n    http: {fail_if_body_not_matches_regexp: %1}\n").arg(quoted)),
                 "left out for nothing");
    }
}

void FleetExportTest::script()
{
    const FleetExport fleet = exported(usual());
    const WrittenFile *script = fleet.find(s("sockets.k6.js"));
    QVERIFY(script);
    QVERIFY(script->text.contains("secret(\"FLEET_CANARY\", \"env:FLEET_CANARY\")"));
    QVERIFY(script->text.contains("\"wss://api.example/ws/prices?a=1\""));
    QVERIFY(script->text.contains("EIO=4&transport=websocket"));
    QVERIFY(script->text.contains("production: true"));
    const QString node = QStandardPaths::findExecutable(s("node"));
    if (node.isEmpty())
        QSKIP("node is not installed");
    const QString folder = write(fleet, s("script"));
    // k6 itself is not in Debian: its modules are stood in for, and the clients run once against a socket that plays.
    const QString module = folder + s("/sockets.k6.mjs");
    QVERIFY(QFile::copy(folder + s("/sockets.k6.js"), module));
    const CommandResult parsed = runCommand(node, {s("--check"), module});
    QVERIFY2(parsed.status == 0, parsed.said);
    const QString stand = s(SOURCE_DIR "/tests/fleet/k6stand.mjs");
    const auto run = [&](const char *environment) {
        const CommandResult result = runCommand(node, {stand, module, s(environment)});
        return QJsonDocument::fromJson(result.said).object();
    };
    QVERIFY(run("{}")[s("error")].toString().contains(s("in production")));
    const char *unlock =
        R"({"UNLOCK": "render: \"a\" {{x}} 'b' | ü", "FLEET_CANARY": "t",)"
        R"("SWITCHYARD_RENDER_A_X_B_PRICES_X_KEY": "k", "SWITCHYARD_RENDER_A_X_B_IO_AUTH": "{\"a\":1}"})";
    QVERIFY(run(R"({"UNLOCK": "render: \"a\" {{x}} 'b' | ü"})")[s("error")].toString().contains(s("is not set")));
    const QJsonObject calls = run(unlock);
    QVERIFY2(!calls.contains(s("error")), qPrintable(calls[s("error")].toString()));
    QCOMPARE(calls[s("vus")].toArray(), (QJsonArray{25, 10}));
    const QJsonObject headers = calls[s("urls")][0][1].toObject();
    QCOMPARE(headers[s("Authorization")].toString(), s("t"));
    QCOMPARE(headers[s("X-Key")].toString(), s("k"));
    QCOMPARE(headers[s("X-Plain")].toString(), s("</script>`${1}\u2028"));
    QCOMPARE(headers[s("Sec-WebSocket-Protocol")].toString(), s("v1"));
    QCOMPARE(calls[s("urls")][0][2].toString(), s("deflate"));
    QCOMPARE(calls[s("sent")].toArray(),
             (QJsonArray{s("{\"type\":\"heartbeat\"}"), 10'000, s("40/admin,{\"a\":1}"), s("3"), s("closed")}));
    QCOMPARE(calls[s("checks")].toInt(), 2);
    QCOMPARE(calls[s("closes")].toArray(), (QJsonArray{s("1001"), s("refused"), s("1001")}));
}

void FleetExportTest::dashboard()
{
    const FleetExport fleet = exported(usual());
    const QJsonObject board = QJsonDocument::fromJson(fleet.find(s("dashboard.json"))->text).object();
    QVERIFY(board[s("uid")].toString().size() <= 40); // what Grafana takes
    QSet<int> ids;
    QString rules = s("groups:\n  - name: board\n    rules:\n");
    for (const QJsonValue panel : board[s("panels")].toArray()) {
        ids.insert(panel[s("id")].toInt());
        QString expression = panel[s("targets")][0][s("expr")].toString();
        QVERIFY(expression.contains(s("workspace=\"Crypto \\\"Vault\\\": {{ \\\\ $1 ü 🦆\"")));
        // What Grafana puts there.
        expression.replace(s("$backend"), s(".*")).replace(s("$monitor"), s(".*")).replace(s("$__range"), s("6h"));
        const QByteArray quoted = QJsonDocument(QJsonArray{expression}).toJson(QJsonDocument::Compact);
        rules += s("      - {record: a, expr: %1}\n").arg(QString::fromUtf8(quoted.mid(1, quoted.size() - 2)));
    }
    QCOMPARE(ids.size(), board[s("panels")].toArray().size());
    QFile file(m_folder.filePath(s("board.yml")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(rules.toUtf8()) > 0);
    file.close();
    const CommandResult checked =
        runCommand(s("promtool"), {s("check"), s("rules"), s("--lint=none"), file.fileName()});
    QVERIFY2(checked.status == 0, checked.said);
}

void FleetExportTest::writing()
{
    const FleetExport fleet = exported(usual());
    const QString folder = write(fleet, s("twice"));
    const QDir dir(folder);
    for (const WrittenFile &file : fleet.files)
        QVERIFY2(dir.exists(file.path), qPrintable(file.path));
    QVERIFY(writeFleet(fleet, folder)); // its own files
    QFile edited(dir.filePath(s("rules.yml")));
    QVERIFY(edited.open(QIODevice::Append) && edited.write("# mine\n") > 0);
    edited.close();
    FleetOptions other;
    other.blackbox = s("10.0.0.1:9115");
    const FleetExport next = exported(usual(), other);
    const Result<void> refused = writeFleet(next, folder);
    QVERIFY(!refused && refused.error().message.contains(s("was changed")));
    QFile config(dir.filePath(s("prometheus.yml")));
    QVERIFY(config.open(QIODevice::ReadOnly));
    QVERIFY(!config.readAll().contains("10.0.0.1")); // none of the files then
    QVERIFY(writeFleet(next, folder, true));
    // None at all where one of them cannot be written.
    const QString blocked = m_folder.filePath(s("blocked"));
    QVERIFY(QDir().mkpath(blocked + s("/README.md")));
    QVERIFY(!writeFleet(fleet, blocked));
    QCOMPARE(QDir(blocked).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden),
             QStringList{s("README.md")});
}

void FleetExportTest::nothingToExport()
{
    const Result<FleetExport> none = prepareFleet(workspaceOf("schema = 1\nname = \"w\"\n"), {});
    QVERIFY(!none);
    QCOMPARE(none.error().kind, ErrorKind::Usage);
    QVERIFY(!none.error().hint.isEmpty());
    for (const char *address : {"", "localhost", "http://a:1", "a:0", "a:99999", "a b:1"}) {
        FleetOptions options;
        options.blackbox = s(address);
        QVERIFY2(!prepareFleet(workspaceOf(usual()), options), address);
    }
}

void FleetExportTest::manyMonitors()
{
    QByteArray text = "schema = 1\nname = \"many\"\n";
    for (int i = 0; i < 1'000; ++i)
        text += "[[backend]]\nname = \"b" + QByteArray::number(i) +
                "\"\nplatform = \"local\"\nurl = \"http://127.0.0.1:1\"\n  [[backend.health]]\n  path = \"/h\"\n"
                "  degraded = { latency = \"1s\" }\n";
    const FleetExport fleet = exported(text);
    QVERIFY(fleet.loss.size() >= 1'000);
    QVERIFY(fleet.find(s("README.md"))->text.contains("b2 health /h and 997 more | `degraded.latency` |"));
    QCOMPARE(fleet.monitors.size(), 1'000);
    // Rules are for all of a job, not one for each monitor.
    QVERIFY(fleet.find(s("rules.yml"))->text.size() < 10'000);
    const QString folder = write(fleet, s("many"));
    const CommandResult config = runCommand(s("promtool"), {s("check"), s("config"), s("prometheus.yml")}, folder);
    QVERIFY2(config.status == 0, config.said);
}

QTEST_GUILESS_MAIN(FleetExportTest)
#include "tst_fleetexport.moc"
