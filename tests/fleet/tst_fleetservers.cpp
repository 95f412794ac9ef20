// SPDX-License-Identifier: GPL-3.0-or-later
// The whole way round with the real programs: what fleet export writes is run by blackbox_exporter and Prometheus, and
// fleet status reads the numbers back. And what is said where no Prometheus answers.
#include "models/fleet/fleetparts.h"
#include "models/fleet/fleetreader.h"
#include "models/realtime/exposition.h"
#include "tests/support/certificates.h"
#include "tests/support/cli.h"
#include "tests/support/demobackend.h"
#include "tests/support/fleetservers.h"
#include "tests/support/httpserver.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonObject monitorOf(const CliResult &result, const QString &id)
{
    for (const QJsonValue monitor : result.json()[s("monitors")].toArray()) {
        if (monitor[s("id")].toString() == id)
            return monitor.toObject();
    }
    return {};
}

/// An answer of a client's request; waits for it.
template <typename T, typename Ask>
Result<T> awaited(const Ask &ask)
{
    std::optional<Result<T>> got;
    ask([&got](const Result<T> &answer) { got = answer; });
    if (!QTest::qWaitFor([&got] { return got.has_value(); }, 20'000))
        return fail(ErrorKind::Internal, s("no answer at all"));
    return *got;
}

} // namespace

class FleetServersTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void roundTrip();
    void states_data();
    void states();
    void client();
    void otherModules();
    void badServers_data();
    void badServers();
    void badInput_data();
    void badInput();
    void tls();
    void tokenStaysHome();
    void cancelled();

private:
    bool write(const QString &name, const QByteArray &text);
    CliResult status(const QString &workspace, const QStringList &more);

    QTemporaryDir m_folder;
};

void FleetServersTest::initTestCase()
{
    for (const QString &missing : {PrometheusServer().missing(), BlackboxExporter().missing()}) {
        if (!missing.isEmpty())
            QSKIP(qPrintable(missing));
    }
}

bool FleetServersTest::write(const QString &name, const QByteArray &text)
{
    QFile file(m_folder.filePath(name));
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

CliResult FleetServersTest::status(const QString &workspace, const QStringList &more)
{
    return runCli(
        QStringList{s("--workspace"), m_folder.filePath(workspace), s("--format"), s("json"), s("fleet"), s("status")} +
        more);
}

void FleetServersTest::roundTrip()
{
    DemoBackend up;
    QVERIFY(up.waitForListening());
    HttpServer slow;
    HttpBehaviour behaviour;
    behaviour.beforeAnswer = Milliseconds(300);
    slow.setBehaviour("/health", behaviour);
    HttpBehaviour busy;
    busy.status = 429;
    slow.setBehaviour("/busy", busy);
    const TestCertificates certificates;
    HttpServer tls(certificates.good());
    tls.setBehaviour("/health", {});
    const auto backend = [](const char *name, const QString &url, const QByteArray &rest) {
        return "[[backend]]\nname = \"" + QByteArray(name) + "\"\nplatform = \"local\"\nurl = \"" + url.toUtf8() +
               "\"\n" + rest;
    };
    const auto health = [](const char *path) {
        return "  [[backend.health]]\n  path = \"" + QByteArray(path) +
               "\"\n  interval = \"2s\"\n  failures = 2\n  recoveries = 1\n  degraded = { latency = \"200ms\" }\n";
    };
    const QByteArray head = "schema = 1\nname = \"Rund \\\"ü\\\"\"\n";
    const QByteArray alive = backend("live \\\"one\\\"", s("http://127.0.0.1:%1").arg(up.port()), health("/health"));
    QVERIFY(write(s("all.toml"), head + alive +
                                     backend("slow", slow.url(QString()), health("/health") + health("/busy")) +
                                     backend("gone", s("http://127.0.0.1:%1").arg(closedPort()), health("/health")) +
                                     backend("tls", tls.url(QString(), s("localhost")), health("/health"))));
    QVERIFY(write(s("alive.toml"), head + alive));
    QVERIFY(write(s("more.toml"), head + alive + health("/later")));

    const QString out = m_folder.filePath(s("out"));
    const QStringList exporting{s("--workspace"), m_folder.filePath(s("all.toml")),
                                s("--format"),    s("json"),
                                s("fleet"),       s("export"),
                                s("-o"),          out,
                                s("--ca"),        certificates.caFile()};
    const CliResult written = runCli(exporting);
    QCOMPARE(written.status, 0);
    const QString invalid = validate(s("fleet-export"), written.out.toUtf8());
    QVERIFY2(invalid.isEmpty(), qPrintable(invalid));
    BlackboxExporter exporter;
    QVERIFY2(exporter.start(out + s("/blackbox.yml")), exporter.log());
    QCOMPARE(runCli(exporting + QStringList{s("--blackbox"), s("127.0.0.1:%1").arg(exporter.port())}).status, 0);
    PrometheusServer prometheus;
    QVERIFY2(prometheus.startWith(out + s("/prometheus.yml")), prometheus.log());

    const QStringList from{s("--url"), prometheus.url() + QLatin1Char('/'), s("--window"), s("1m")};
    CliResult read;
    const auto state = [&](const char *id) { return monitorOf(read, s(id))[s("state")].toString(); };
    const auto settled = [&] {
        read = status(s("all.toml"), from);
        return state("live \"one\" health /health") == s("up") && state("slow health /health") == s("degraded") &&
               state("slow health /busy") == s("degraded") && state("gone health /health") == s("down") &&
               state("tls health /health") == s("up");
    };
    QTRY_VERIFY2_WITH_TIMEOUT(settled(), qPrintable(read.out + read.err), 60'000);
    QCOMPARE(read.status, 1);
    const QString bad = validate(s("fleet-status"), read.out.toUtf8());
    QVERIFY2(bad.isEmpty(), qPrintable(bad));
    QVERIFY(std::abs(read.json()[s("clock_ahead_ms")].toDouble()) < 5'000);

    // The numbers, against our own probe of the same targets.
    const CliResult own = runCli({s("--format"), s("json"), s("health"), s("check"), slow.url(s("/health")),
                                  tls.url(s("/health"), s("localhost")), s("--ca"), certificates.caFile()});
    const double ownSlow = own.json()[s("targets")][0][s("phases")][s("total")].toDouble();
    const QJsonObject slowOne = monitorOf(read, s("slow health /health"));
    QVERIFY2(ownSlow >= 300 && std::abs(slowOne[s("p50_ms")].toDouble() - ownSlow) < 250,
             qPrintable(s("%1, own %2").arg(slowOne[s("p50_ms")].toDouble()).arg(ownSlow)));
    QVERIFY(slowOne[s("p95_ms")].toDouble() >= slowOne[s("p50_ms")].toDouble());
    QCOMPARE(slowOne[s("uptime")].toDouble(), 1.0);
    QCOMPARE(monitorOf(read, s("slow health /busy"))[s("status")].toInt(), 429);
    const QJsonObject gone = monitorOf(read, s("gone health /health"));
    QCOMPARE(gone[s("uptime")].toDouble(), 0.0);
    QVERIFY(gone[s("samples")].toInt() >= 2);
    QVERIFY(gone[s("status")].isNull());
    const double days = monitorOf(read, s("tls health /health"))[s("certificate_days")].toDouble();
    const int ownDays = own.json()[s("targets")][1][s("certificate")][s("days_left")].toInt();
    QVERIFY2(days >= ownDays && days < ownDays + 1.01, qPrintable(s("%1, own %2").arg(days).arg(ownDays)));
    QVERIFY(gone[s("certificate_days")].isNull());

    // The alert of the rules, not only the state that is read from the samples.
    PrometheusClient client({prometheus.url(), {}, {}});
    QStringList firing;
    const auto fired = [&] {
        firing.clear();
        const auto alerts = awaited<QList<PrometheusAlert>>([&](auto then) { client.alerts(then); });
        for (const PrometheusAlert &alert : *alerts) {
            if (alert.state == s("firing"))
                firing.append(alert.labels.value(s("alertname")) + QLatin1Char(' ') + alert.labels.value(s("monitor")));
        }
        return firing.contains(s("SwitchyardDown gone health /health")) &&
               firing.contains(s("SwitchyardDegraded slow health /health")) &&
               firing.contains(s("SwitchyardThrottled slow health /busy"));
    };
    QTRY_VERIFY2_WITH_TIMEOUT(fired(), qPrintable(firing.join(s(", "))), 60'000);
    QCOMPARE(firing.filter(s("SwitchyardDown")).size(), 1);

    // A workspace of which all is up; one with a monitor that the server does not know.
    const CliResult good = status(s("alive.toml"), from);
    QCOMPARE(good.status, 0);
    const CliResult table =
        runCli(QStringList{s("--workspace"), m_folder.filePath(s("alive.toml")), s("fleet"), s("status")} + from);
    QVERIFY(table.out.contains(s("up          live \"one\" /health")) && table.out.contains(s("100.00 %")));
    const CliResult more = status(s("more.toml"), from);
    QCOMPARE(more.status, 1);
    const QJsonObject later = monitorOf(more, s("live \"one\" health /later"));
    QCOMPARE(later[s("state")].toString(), s("unknown"));
    QVERIFY(later[s("reason")].toString().contains(s("no sample")));
    QVERIFY(later[s("uptime")].isNull());

    // Without the exporter nothing is known, and nothing is down.
    exporter.stop();
    const auto forgotten = [&] {
        read = status(s("all.toml"), from);
        return state("gone health /health") == s("unknown") && state("live \"one\" health /health") == s("unknown");
    };
    QTRY_VERIFY2_WITH_TIMEOUT(forgotten(), qPrintable(read.out), 60'000);
    QVERIFY(monitorOf(read, s("gone health /health"))[s("reason")].toString().contains(s("blackbox_exporter")));
    QCOMPARE(read.status, 1);
}

void FleetServersTest::states_data()
{
    QTest::addColumn<QByteArray>("samples");
    QTest::addColumn<int>("failures");
    QTest::addColumn<int>("recoveries");
    QTest::addColumn<MonitorState>("wanted");
    QTest::newRow("none") << QByteArray() << 3 << 2 << MonitorState::Unknown;
    QTest::newRow("up") << QByteArray("1") << 3 << 2 << MonitorState::Up;
    QTest::newRow("begins badly") << QByteArray("00") << 3 << 2 << MonitorState::Unknown;
    QTest::newRow("not yet down") << QByteArray("100") << 3 << 2 << MonitorState::Up;
    QTest::newRow("down") << QByteArray("1000") << 3 << 2 << MonitorState::Down;
    QTest::newRow("recovering") << QByteArray("10001") << 3 << 2 << MonitorState::Recovering;
    QTest::newRow("recovered") << QByteArray("100011") << 3 << 2 << MonitorState::Up;
    QTest::newRow("falls back") << QByteArray("100010") << 3 << 2 << MonitorState::Down;
    QTest::newRow("at once") << QByteArray("101") << 1 << 1 << MonitorState::Up;
    QTest::newRow("single") << QByteArray("10") << 1 << 1 << MonitorState::Down;
}

void FleetServersTest::states()
{
    QFETCH(QByteArray, samples);
    QFETCH(int, failures);
    QFETCH(int, recoveries);
    QFETCH(MonitorState, wanted);
    QList<PrometheusPoint> points;
    for (const char each : samples)
        points.append({double(points.size()), each == '1' ? 1.0 : 0.0});
    QCOMPARE(monitorStateName(stateAfter(points, failures, recoveries)), monitorStateName(wanted));
}

void FleetServersTest::client()
{
    HttpServer server;
    HttpBehaviour behaviour;
    behaviour.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
    behaviour.body = "a{x=\"q\\\"\\\\ü\"} NaN\nb +Inf\nc 5\n";
    server.setBehaviour("/metrics", behaviour);
    PrometheusServer prometheus;
    QVERIFY2(prometheus.start("global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n"
                              "  - {job_name: x, static_configs: [{targets: [\"127.0.0.1:" +
                              QByteArray::number(server.port()) + "\"]}]}\n" +
                              "  - {job_name: y, static_configs: [{targets: [\"127.0.0.1:" +
                              QByteArray::number(closedPort()) + "\"]}]}\n"),
             prometheus.log());
    PrometheusClient client({prometheus.url(), {}, {}});
    const auto query = [&](const char *expression) {
        return awaited<PrometheusAnswer>([&](auto then) { client.query(s(expression), std::nullopt, then); });
    };
    QTRY_VERIFY_WITH_TIMEOUT(query("c") && !query("c")->series.isEmpty() && query("up")->series.size() == 2, 20'000);
    const Result<PrometheusAnswer> nan = query("a");
    QVERIFY(nan && std::isnan(nan->series[0].points[0].value));
    QCOMPARE(nan->series[0].labels.value(s("x")), s("q\"\\ü"));
    QVERIFY(std::isinf(query("b")->series[0].points[0].value));
    QVERIFY(!query("a{x=\"q\\\"\\\\ü\"}")->series.isEmpty());
    QVERIFY(!query(qPrintable(s("a{x=%1}").arg(promString(s("q\"\\ü")))))->series.isEmpty());
    QVERIFY(query("nothing")->series.isEmpty());
    QCOMPARE(query("1 + 1")->series[0].points[0].value, 2.0);
    QTRY_VERIFY(query("c[1m]")->series[0].points.size() > 2); // raw samples
    const double now = query("time()")->series[0].points[0].value;
    const auto range = awaited<PrometheusAnswer>(
        [&](auto then) { client.queryRange(s("vector(1)"), now - 60, now, Milliseconds(10'000), then); });
    QVERIFY(range);
    QCOMPARE(range->series[0].points.size(), 7);
    const auto targets = awaited<QList<PrometheusTarget>>([&](auto then) { client.targets(then); });
    QVERIFY(targets);
    QCOMPARE(targets->size(), 2);
    for (const PrometheusTarget &target : *targets)
        QCOMPARE(target.health, target.labels.value(s("job")) == s("x") ? s("up") : s("down"));
    const auto alerts = awaited<QList<PrometheusAlert>>([&](auto then) { client.alerts(then); });
    QVERIFY(alerts && alerts->isEmpty());
    // The server's own words, of a query that it cannot read (400) and of one that it cannot carry out (422).
    const Result<PrometheusAnswer> unreadable = query("rate(");
    QVERIFY(!unreadable && unreadable.error().kind == ErrorKind::Usage);
    QVERIFY2(unreadable.error().message.contains(s("parse error")), qPrintable(unreadable.error().message));
    const Result<PrometheusAnswer> impossible = query("up * on() up");
    QVERIFY(!impossible && impossible.error().kind == ErrorKind::Usage);
    QVERIFY2(impossible.error().message.contains(s("duplicate series")), qPrintable(impossible.error().message));
    PrometheusAccess tight{prometheus.url(), {}, {}};
    tight.maxBytes = 100;
    PrometheusClient bounded(tight);
    const auto tooLong = awaited<PrometheusAnswer>([&](auto then) { bounded.query(s("c[1h]"), std::nullopt, then); });
    QVERIFY(!tooLong && tooLong.error().message.contains(s("more than")));
}

void FleetServersTest::otherModules()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    FleetMonitor socket;
    socket.id = s("ws");
    socket.type = FleetMonitor::Type::WebSocket;
    socket.url = s("ws://127.0.0.1:%1/ws/prices").arg(backend.port());
    FleetMonitor page = socket;
    page.url = s("ws://127.0.0.1:%1/health").arg(backend.port());
    FleetMonitor port = socket;
    port.type = FleetMonitor::Type::Tcp;
    port.url = s("tcp://127.0.0.1:%1").arg(backend.port());
    FleetMonitor nobody = port;
    nobody.url = s("tcp://127.0.0.1:%1").arg(closedPort());
    FleetMonitor body = socket;
    body.type = FleetMonitor::Type::Http;
    body.url = s("http://127.0.0.1:%1/health").arg(backend.port());
    body.expectedBody = s("\"status\"\\s*:\\s*\"");
    FleetMonitor wrongBody = body;
    wrongBody.expectedBody = s("no such thing");
    HttpServer guarded;
    guarded.setBehaviour("/health", {});
    FleetMonitor token = body;
    token.url = guarded.url(s("/health"));
    token.expectedBody.clear();
    token.headers.insert(s("authorization"), {s("keychain:never/read")});
    QByteArray modules = "modules:\n";
    FleetExport fleet;
    const QList<std::pair<FleetMonitor, bool>> cases{{socket, true}, {page, false},      {port, true}, {nobody, false},
                                                     {body, true},   {wrongBody, false}, {token, true}};
    for (qsizetype i = 0; i < cases.size(); ++i) {
        const std::optional<QString> module = blackboxModule(cases[i].first, s("m%1").arg(i), {}, &fleet);
        QVERIFY(module);
        modules += module->toUtf8();
    }
    QVERIFY(write(s("modules.yml"), modules));
    // The file that a person is asked to make; the export has only named it.
    QCOMPARE(fleet.secrets.size(), 1);
    QVERIFY(QDir(m_folder.path()).mkpath(s("secrets")) && write(fleet.secrets[0].path, "tok-4711\n"));
    BlackboxExporter exporter;
    QVERIFY2(exporter.start(m_folder.filePath(s("modules.yml"))), exporter.log());
    for (qsizetype i = 0; i < cases.size(); ++i) {
        const FleetMonitor &monitor = cases[i].first;
        const QString target = monitor.type == FleetMonitor::Type::Http ? monitor.url : fleetAddress(monitor);
        HttpFetch fetch;
        std::optional<FetchAnswer> got;
        connect(&fetch, &HttpFetch::finished, this, [&](const FetchAnswer &answer) { got = answer; });
        FetchRequest request;
        request.url = QUrl(s("http://127.0.0.1:%1/probe?module=m%2&target=%3")
                               .arg(exporter.port())
                               .arg(i)
                               .arg(QString::fromUtf8(QUrl::toPercentEncoding(target))));
        request.timeout = Milliseconds(15'000);
        fetch.start(request);
        QTRY_VERIFY_WITH_TIMEOUT(got, 20'000);
        const Exposition read = parseExposition(got->body);
        QVERIFY2(read.find(s("probe_success")), got->body);
        QVERIFY2((read.find(s("probe_success"))->samples[0].value == 1) == cases[i].second, qPrintable(monitor.url));
    }
    QVERIFY(guarded.requests().last().contains("Authorization: Bearer tok-4711\r\n"));
}

void FleetServersTest::badServers_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("says");
    QTest::newRow("401") << 401 << QByteArray("no") << errorKindName(ErrorKind::Auth) << s("refuses access");
    QTest::newRow("403") << 403 << QByteArray("no") << errorKindName(ErrorKind::Auth) << s("refuses access");
    QTest::newRow("404") << 404 << QByteArray("no") << errorKindName(ErrorKind::Protocol) << s("no Prometheus server");
    QTest::newRow("422") << 422
                         << QByteArray(R"({"status":"error","errorType":"execution","error":"too many samples"})")
                         << errorKindName(ErrorKind::Usage) << s("too many samples");
    QTest::newRow("503") << 503 << QByteArray(R"({"status":"error","errorType":"timeout","error":"query timed out"})")
                         << errorKindName(ErrorKind::Timeout) << s("query timed out");
    QTest::newRow("starting") << 503 << QByteArray("Service Unavailable") << errorKindName(ErrorKind::Timeout)
                              << s("not ready");
    QTest::newRow("500") << 500 << QByteArray("oops") << errorKindName(ErrorKind::Protocol) << s("HTTP 500");
    QTest::newRow("302") << 302 << QByteArray() << errorKindName(ErrorKind::Protocol) << s("redirects");
    QTest::newRow("page") << 200 << QByteArray("<html></html>") << errorKindName(ErrorKind::Protocol) << s("no JSON");
    QTest::newRow("JSON") << 200 << QByteArray("{\"status\": \"healthy\"}") << errorKindName(ErrorKind::Protocol)
                          << s("no \"data\"");
    QTest::newRow("empty") << 200 << QByteArray() << errorKindName(ErrorKind::Protocol) << s("no JSON");
    QTest::newRow("other data") << 200
                                << QByteArray(R"({"status":"success","data":{"resultType":"streams","result":[]}})")
                                << errorKindName(ErrorKind::Protocol) << s("not series");
    QTest::newRow("sample")
        << 200
        << QByteArray(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}})")
        << errorKindName(ErrorKind::Protocol) << s("no number");
    QTest::newRow("pair")
        << 200
        << QByteArray(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}})")
        << errorKindName(ErrorKind::Protocol) << s("no pair");
}

void FleetServersTest::badServers()
{
    QFETCH(int, status);
    QFETCH(QByteArray, body);
    QFETCH(QString, kind);
    QFETCH(QString, says);
    HttpServer server;
    HttpBehaviour behaviour;
    behaviour.status = status;
    behaviour.body = body;
    server.setBehaviour("/prom/api/v1/query", behaviour);
    PrometheusAccess access;
    access.url = server.url(s("/prom"));
    access.token = Secret(s("kanarienvogel"));
    PrometheusClient client(access);
    const auto answer = awaited<PrometheusAnswer>([&](auto then) { client.query(s("up"), 17.5, then); });
    QVERIFY(!answer);
    QCOMPARE(errorKindName(answer.error().kind), kind);
    QVERIFY2(answer.error().message.contains(says), qPrintable(answer.error().message));
    QVERIFY(!answer.error().toString().contains(s("kanarienvogel")));
    QCOMPARE(server.requests().size(), 1);
    QVERIFY(server.requests()[0].contains("Authorization: Bearer kanarienvogel"));
}

void FleetServersTest::badInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("says");
    const QString nobody = s("http://127.0.0.1:%1").arg(closedPort());
    QTest::newRow("no server") << QStringList{s("status")} << 2 << s("[prometheus]");
    QTest::newRow("password") << QStringList{s("status"), s("--url"), s("http://a:b@c")} << 2
                              << s("carries credentials");
    QTest::newRow("scheme") << QStringList{s("status"), s("--url"), s("ftp://a")} << 2 << s("http or https");
    QTest::newRow("token") << QStringList{s("status"), s("--url"), nobody, s("--token"), s("abc")} << 2 << s("env:");
    QTest::newRow("token not set") << QStringList{s("status"), s("--url"), nobody, s("--token"), s("env:FLEET_NOT_SET")}
                                   << 2 << s("FLEET_NOT_SET");
    QTest::newRow("window") << QStringList{s("status"), s("--url"), nobody, s("--window"), s("5s")} << 2
                            << s("too short");
    QTest::newRow("ca") << QStringList{s("status"), s("--url"), nobody, s("--ca"), s("/nowhere.pem")} << 2
                        << s("cannot be read");
    QTest::newRow("nobody there") << QStringList{s("status"), s("--url"), nobody} << 3 << nobody;
    QTest::newRow("no folder") << QStringList{s("export")} << 2 << s("--out");
    QTest::newRow("blackbox") << QStringList{s("export"), s("-o"), s("x"), s("--blackbox"), s("here")} << 2
                              << s("no host:port");
    QTest::newRow("export ca") << QStringList{s("export"), s("-o"), s("x"), s("--ca"), s("/nowhere.pem")} << 2
                               << s("cannot be read");
}

void FleetServersTest::badInput()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, status);
    QFETCH(QString, says);
    QVERIFY(write(s("plain.toml"), "schema = 1\nname = \"w\"\n[[backend]]\nname = \"b\"\nplatform = \"local\"\n"
                                   "url = \"http://127.0.0.1:1\"\n  [[backend.health]]\n  path = \"/h\"\n"));
    CliOptions options;
    options.cwd = m_folder.path();
    const CliResult result =
        runCli(QStringList{s("--workspace"), m_folder.filePath(s("plain.toml")), s("fleet")} + arguments, options);
    QVERIFY2(result.status == status, qPrintable(result.err));
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
    QVERIFY(result.out.isEmpty());
}

void FleetServersTest::tls()
{
    const TestCertificates certificates;
    HttpBehaviour behaviour;
    behaviour.body = R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})";
    const auto asked = [&](const CertificateFiles &files, const QString &caFile) {
        HttpServer server(files);
        server.setBehaviour("/api/v1/query", behaviour);
        PrometheusAccess access;
        access.url = server.url(QString(), s("localhost"));
        access.caFile = caFile;
        access.token = Secret(s("kanarienvogel"));
        PrometheusClient client(access);
        const auto answer =
            awaited<PrometheusAnswer>([&](auto then) { client.query(s("time()"), std::nullopt, then); });
        // A token goes to nobody who cannot show who he is.
        return std::pair(answer, server.requests().size());
    };
    const auto good = asked(certificates.good(), certificates.caFile());
    QVERIFY2(good.first, good.first ? "" : qPrintable(good.first.error().toString()));
    for (const CertificateFiles &files :
         {certificates.expired(), certificates.wrongName(), certificates.selfSigned()}) {
        const auto bad = asked(files, certificates.caFile());
        QVERIFY(!bad.first);
        QCOMPARE(errorKindName(bad.first.error().kind), errorKindName(ErrorKind::Tls));
        QCOMPARE(bad.second, 0);
    }
    const auto unknown = asked(certificates.good(), QString());
    QVERIFY(!unknown.first && unknown.first.error().kind == ErrorKind::Tls);
}

void FleetServersTest::tokenStaysHome()
{
    HttpServer own, other;
    const QByteArray rest = "[[backend]]\nname = \"b\"\nplatform = \"local\"\nurl = \"http://127.0.0.1:1\"\n"
                            "  [[backend.health]]\n  path = \"/h\"\n";
    QVERIFY(write(s("token.toml"), "schema = 1\nname = \"w\"\n" + rest + "[prometheus]\nurl = \"" +
                                       own.url(QString()).toUtf8() + "\"\ntoken = \"env:FLEET_TOKEN\"\n"));
    CliOptions options;
    options.environment.insert(s("FLEET_TOKEN"), s("kanarienvogel"));
    const QStringList status{s("--workspace"), m_folder.filePath(s("token.toml")), s("fleet"), s("status")};
    // Neither server is Prometheus, and both have been asked.
    CliResult result = runCli(status, options);
    QCOMPARE(result.status, 3);
    QVERIFY(own.requests().size() == 1 && own.requests()[0].contains("Authorization: Bearer kanarienvogel"));
    result = runCli(status + QStringList{s("--url"), other.url(QString())}, options);
    QCOMPARE(result.status, 3);
    QVERIFY(other.requests().size() == 1 && !other.requests()[0].contains("kanarienvogel"));
    result =
        runCli(status + QStringList{s("--url"), other.url(QString()), s("--token"), s("env:FLEET_TOKEN")}, options);
    QVERIFY(other.requests().size() == 2 && other.requests()[1].contains("Bearer kanarienvogel"));
    QVERIFY(!(result.err + result.out).contains(s("kanarienvogel")));
}

void FleetServersTest::cancelled()
{
    HttpServer server;
    HttpBehaviour behaviour;
    behaviour.beforeAnswer = Milliseconds(300);
    behaviour.body = R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})";
    server.setBehaviour("/api/v1/query", behaviour);
    FleetMonitor monitor;
    monitor.id = s("m");
    PrometheusAccess access;
    access.url = server.url(QString());
    int finished = 0;
    FleetReader reader(Workspace(), {monitor}, access, Milliseconds(60'000));
    connect(&reader, &FleetReader::finished, this, [&] { ++finished; });
    reader.read();
    reader.read(); // nothing new while one runs
    QVERIFY(reader.isRunning());
    reader.cancel();
    QVERIFY(!reader.isRunning());
    reader.read();
    QTRY_COMPARE(finished, 1);
    {
        FleetReader gone(Workspace(), {monitor}, access, Milliseconds(60'000));
        connect(&gone, &FleetReader::finished, this, [&] { ++finished; });
        gone.read();
    }
    reader.read();
    QTRY_COMPARE(finished, 2);
}

QTEST_GUILESS_MAIN(FleetServersTest)
#include "tst_fleetservers.moc"
