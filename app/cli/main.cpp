// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/dbcommands.h"
#include "app/cli/optionkit.h"
#include "models/common/log.h"

#include <CLI/CLI.hpp>

#include <QCoreApplication>

#include <cstdio>
#include <cstring>

namespace {

using namespace Switchyard;
using namespace Switchyard::Cli;

void sessionOptions(CLI::App *app, SessionOptions &options)
{
    text(app, "--backend", options.backend, "backend of the workspace");
    app->add_option("--clients", options.clients, "probe clients on each socket")->check(CLI::Range(1, 20'000));
    timeSpan(app, "--timeout", options.timeout, "the session ends this long after the trigger (default 5m)");
    duration(app, "--baseline", options.baseline, "quiet time before the trigger, at least 5s (default 10s)");
    duration(app, "--settle", options.settle, "quiet time that ends the session (default 10s)");
    texts(app, "--report", options.reports, "write a report: .json, .xml (JUnit), .md or .html; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    texts(app, "--advisory", options.advisory, "a gate that is shown but does not decide")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    text(app, "--sessions", options.journal, "folder in which the session's journal is kept");
    text(app, "--ca", options.caFile, "certificate bundle (PEM) instead of the system's");
    app->add_flag("--no-databases", options.withoutDatabases, "do not look at the backend's databases meanwhile");
}

struct Everything
{
    Global global;
    DemoCommandOptions demo;
    RehearseOptions rehearse;
    SessionOptions watch;
    HoldOptions hold;
    CountOptions count;
    CheckOptions check;
    HealthWatchOptions healthWatch;
    ManifestOptions manifest;
    DeliveryOptions delivery;
    EnvExportOptions envExport;
    EnvAuditOptions envAudit;
    EnvDiffOptions envDiff;
    ScanCommandOptions scan;
    CorsOptions cors;
    CspOptions csp;
    FleetExportOptions fleetExport;
    FleetStatusOptions fleetStatus;
    QString alert;
    DatabaseCommands database;
    SessionQuery query;
    HistoryCommandOptions history;
    std::function<int()> run;
};

void addRehearse(CLI::App &app, Everything &all)
{
    CLI::App *rehearse =
        app.add_subcommand("rehearse", "play a platform's deploy sequence on local processes and judge it");
    rehearse->footer("The command stands after --; without one the manifest's is run. $PORT in it is replaced by the\n"
                     "instance's port.\n"
                     "Sockets and paths come from these options, or from the workspace.");
    text(rehearse, "--platform", all.rehearse.platform, "render, fly or local")->required();
    texts(rehearse, "--socket", all.rehearse.sockets,
          "PATH[,protocol] with protocol websocket, socket.io or socket.io-polling")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    text(rehearse, "--health", all.rehearse.health, "path of the health endpoint");
    text(rehearse, "--ready", all.rehearse.ready, "path of the readiness endpoint");
    text(rehearse, "--live", all.rehearse.live, "path of the liveness endpoint");
    texts(rehearse, "--notice", all.rehearse.notices, "POINTER=VALUE that marks the shutdown notice")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    rehearse->add_option("--time-scale", all.rehearse.timeScale, "shrinks the wait after the switch (0.001 to 1)");
    rehearse
        ->add_option("--machines", all.rehearse.machines, "how many serve at a time (default: the manifest's, else 1)")
        ->check(CLI::Range(1, 10));
    text(rehearse, "--manifest", all.rehearse.manifest,
         "render.yaml or fly.toml with the service's parameters (default: the workspace backend's)");
    text(rehearse, "--service", all.rehearse.service, "which service, or process group, of the manifest");
    text(rehearse, "--cwd", all.rehearse.cwd, "folder in which the command starts");
    texts(rehearse, "--env", all.rehearse.environment, "NAME=VALUE, or NAME to pass this program's own")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    sessionOptions(rehearse, all.rehearse.session);
    rehearse->callback([&all] { all.run = [&all] { return runRehearse(all.global, all.rehearse); }; });
}

void addSession(CLI::App &app, Everything &all)
{
    CLI::App *demo = app.add_subcommand("demo", "start the demo backend and print its URL and workspace file");
    demo->add_option("--port", all.demo.port, "port (default: a free one)")->check(CLI::Range(1, 65'535));
    text(demo, "--shutdown", all.demo.shutdown, "graceful, no-notice, abrupt, socketio-disconnect or slow");
    demo->add_flag("--redeploy", all.demo.redeploy, "redeploy it, watch that, print the verdict and end");
    all.demo.session.baseline = Milliseconds(5'000);
    sessionOptions(demo, all.demo.session);
    demo->callback([&all] { all.run = [&all] { return runDemo(all.global, all.demo); }; });

    CLI::App *watch = app.add_subcommand("watch", "watch a redeploy of a workspace's backend and judge it");
    text(watch, "--driver", all.watch.driver, "local or none instead of the configured driver");
    text(watch, "--unlock", all.watch.unlock, "name of the production backend that may be redeployed");
    sessionOptions(watch, all.watch);
    watch->callback([&all] { all.run = [&all] { return runWatch(all.global, all.watch); }; });

    CLI::App *session = app.add_subcommand("session", "recorded sessions");
    session->require_subcommand(1);
    const auto folder = [&all](CLI::App *command) {
        text(command, "--sessions", all.query.sessions, "folder of the sessions (default: the user's)");
    };
    CLI::App *list = session->add_subcommand("list", "recorded sessions, the newest first");
    folder(list);
    text(list, "--backend", all.query.backend, "only those of this backend");
    list->add_option("--limit", all.query.limit, "at most so many (default 20, 0: all)")->check(CLI::NonNegativeNumber);
    list->callback([&all] { all.run = [&all] { return runSessionList(all.global, all.query); }; });

    CLI::App *show = session->add_subcommand("show", "judge a recorded session again and print it");
    text(show, "SESSION", all.query.first, "its folder, journal file, id, beginning of the id, or last")->required();
    folder(show);
    texts(show, "--report", all.query.reports, "write a report: .json, .xml (JUnit), .md or .html; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    show->callback([&all] { all.run = [&all] { return runSessionShow(all.global, all.query); }; });

    CLI::App *compare = session->add_subcommand(
        "compare", "two sessions side by side; exit 0 as last time or better, 1 worse, 3 not comparable");
    text(compare, "BEFORE", all.query.first, "the earlier session; alone: the later one, against the one before it")
        ->required();
    text(compare, "AFTER", all.query.second, "the later session");
    folder(compare);
    compare->callback([&all] { all.run = [&all] { return runSessionCompare(all.global, all.query); }; });
}

/// What check and watch have in common.
void addProbeOptions(CLI::App *command, CheckOptions &options)
{
    texts(command, "URL", options.urls,
          "http(s)://…, ws(s)://… or tcp://HOST:PORT; none: the workspace's endpoints and monitors")
        ->expected(-1);
    timeSpan(command, "--timeout", options.timeout, "for the whole probe (default 5s)");
    text(command, "--profile", options.profile, "judge the URLs as this platform does: render, fly");
    text(command, "--manifest", options.manifest, "render.yaml or fly.toml whose check the profile follows");
    text(command, "--service", options.service, "service or process group in it");
    text(command, "--expect-status", options.status, "such as 200, 2xx or 200-299 (default 2xx)");
    const auto repeatable = [command](const std::string &name, QStringList &values, const std::string &help) {
        texts(command, name, values, help)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    text(command, "--method", options.method, "GET, HEAD, POST, … (default GET, with --body POST)");
    repeatable("--header", options.headers, "NAME=VALUE, secrets as NAME=env:VAR; may be repeated");
    text(command, "--body", options.body, "what to send: text, or env:NAME, file:PATH");
    text(command, "--expect-body", options.expectedBody, "regular expression found in the body");
    repeatable("--expect-json", options.expectedJson, "POINTER=VALUE, such as /status=ok; may be repeated");
    command->add_flag("--follow", options.follow, "follow redirects, 10 at most");
    text(command, "--junit", options.junit, "write JUnit XML to this file, one test case a target");
    text(command, "--ca", options.caFile, "certificate bundle (PEM) instead of the system's");
}

void addProbes(CLI::App &app, Everything &all)
{
    CLI::App *ws = app.add_subcommand("ws", "WebSocket clients");
    ws->require_subcommand(1);
    CLI::App *hold = ws->add_subcommand("hold", "hold clients and count how they end; exit 1 when any was lost");
    text(hold, "URL", all.hold.url, "ws://… or wss://…")->required();
    hold->add_option("--clients", all.hold.clients, "how many (default 1)")->check(CLI::Range(1, 20'000));
    duration(hold, "--duration", all.hold.duration, "how long (default 30s)");
    text(hold, "--reconnect", all.hold.reconnect,
         "browser-backoff, notice-then-delay, socket.io-client, immediate or none (default)");
    hold->add_flag("--compression", all.hold.compression, "offer permessage-deflate, as browsers do");
    text(hold, "--protocol", all.hold.protocol, "websocket (default), socket.io or socket.io-polling");
    text(hold, "--namespace", all.hold.nameSpace, "Socket.IO namespace (default /)");
    texts(hold, "--header", all.hold.headers, "NAME=VALUE; a secret as NAME=env:VARIABLE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    text(hold, "--ca", all.hold.caFile, "certificate bundle (PEM) instead of the system's");
    timeSpan(hold, "--connect-timeout", all.hold.connectTimeout, "for TCP, and again for TLS (default 10s)");
    timeSpan(hold, "--handshake-timeout", all.hold.handshakeTimeout, "for the answer to the upgrade (default 10s)");
    timeSpan(hold, "--ping-timeout", all.hold.pingTimeout, "without a sign of life after a ping (default 20s)");
    hold->callback([&all] { all.run = [&all] { return runHold(all.global, all.hold); }; });

    CLI::App *count = ws->add_subcommand("count", "the backends' own client counts; exit 1 when a source gave none");
    text(count, "--backend", all.count.backend, "only this backend of the workspace");
    timeSpan(count, "--timeout", all.count.timeout, "for the slowest source (default 5s)");
    text(count, "--ca", all.count.caFile, "certificate bundle (PEM) instead of the system's");
    count->callback([&all] { all.run = [&all] { return runCount(all.global, all.count); }; });

    CLI::App *health = app.add_subcommand("health", "health of HTTP endpoints, WebSockets and TCP ports");
    health->require_subcommand(1);
    CLI::App *check = health->add_subcommand("check", "probe once, with phases; exit 1 when any target is not up");
    addProbeOptions(check, all.check);
    check->callback([&all] { all.run = [&all] { return runHealthCheck(all.global, all.check); }; });
    HealthWatchOptions &options = all.healthWatch;
    CLI::App *watch = health->add_subcommand(
        "watch", "probe again and again, tell each change and the figures at the end; exit 1 when any was down, or is "
                 "not up at the end, 130 when it was stopped before --for was over");
    addProbeOptions(watch, options.check);
    watch->add_option_function<std::string>(
        "--interval",
        [&options](const std::string &value) {
            const Result<Milliseconds> parsed = parseDuration(QString::fromStdString(value));
            if (!parsed || *parsed < Milliseconds(100) || *parsed > Milliseconds(86'400'000))
                throw CLI::ValidationError("--interval", "a duration from 100ms to 1d, such as 5s");
            options.interval = *parsed;
        },
        "between two probes of a target (default 5s; monitors of the workspace: their own)");
    timeSpan(watch, "--for", options.duration, "end after this long (default: at Ctrl-C)");
    watch->add_option("--failures", options.failures, "in a row, before a URL is down (default 3)")
        ->check(CLI::Range(1, 100));
    watch->add_option("--recoveries", options.recoveries, "good answers in a row, before it is up again (default 2)")
        ->check(CLI::Range(1, 100));
    text(watch, "--history", options.history, "record in this file instead of the workspace's");
    watch->add_flag("--no-history", options.noHistory, "record nothing");
    watch->callback([&all] { all.run = [&all] { return runHealthWatch(all.global, all.healthWatch); }; });
}

void addManifest(CLI::App &app, Everything &all)
{
    CLI::App *manifest = app.add_subcommand("manifest", "render.yaml, fly.toml and the others");
    manifest->require_subcommand(1);
    CLI::App *lint = manifest->add_subcommand(
        "lint", "what the platform refuses, ignores or does otherwise; exit 1 with an error or a warning");
    texts(lint, "FILE", all.manifest.files, "manifests of one service, linted together")->expected(-1);
    lint->add_flag("--rules", all.manifest.rules, "list the rules, with reason and source");
    lint->callback([&all] { all.run = [&all] { return runManifestLint(all.global, all.manifest); }; });
    CLI::App *convert = manifest->add_subcommand("convert", "writes another platform's manifests and what was lost");
    texts(convert, "SRC", all.manifest.files, "manifests of one product, converted together")->expected(-1);
    text(convert, "--to", all.manifest.to, "render, fly, compose or vercel");
    text(convert, "--out", all.manifest.out, "folder for the files and loss.json");
    convert->add_flag("--strict", all.manifest.strict, "fail where a key is not translated");
    convert->add_flag("--force", all.manifest.force, "replace files that were not written by an earlier conversion");
    convert->callback([&all] { all.run = [&all] { return runManifestConvert(all.global, all.manifest); }; });
    CLI::App *whole = manifest->add_subcommand(
        "export", "everything a backend needs on its platform: manifest, Dockerfile, variables, scripts, guide");
    text(whole, "--backend", all.delivery.backend, "backend of the workspace; its platform is the target");
    text(whole, "--out", all.delivery.out, "folder for the files");
    whole->add_flag("--with-secrets", all.delivery.withSecrets, "write secrets too, into files of mode 0600");
    whole->add_flag("--preview", all.delivery.preview, "list the files with their differences and write nothing");
    whole->add_flag("--strict", all.delivery.strict, "exit 1 where a key is not translated");
    whole->add_flag("--force", all.delivery.force, "replace files that no export wrote, or that were changed since");
    whole->callback([&all] { all.run = [&all] { return runManifestExport(all.global, all.delivery); }; });
}

void addEnvironmentComparisons(CLI::App &environment, Everything &all)
{
    CLI::App *audit = environment.add_subcommand(
        "audit",
        "what must become of each variable when a backend moves, with the reason; exit 1 with something to do");
    text(audit, "--from", all.envAudit.from, "the backend that is left (default: the one with the role source)");
    text(audit, "--to", all.envAudit.to, "the backend it moves to (default: the one with the role target)");
    audit->add_flag("--only-action", all.envAudit.onlyAction, "only variables with something to do (text)");
    audit->add_flag("--no-code", all.envAudit.noCode, "do not read the code for what uses the variables");
    audit->add_flag("--with-secrets", all.envAudit.withSecrets, "show the values of secrets");
    audit->callback([&all] { all.run = [&all] { return runEnvAudit(all.global, all.envAudit); }; });

    CLI::App *diff =
        environment.add_subcommand("diff", "two backends or files, variable by variable; exit 1 where they differ");
    text(diff, "A", all.envDiff.first, "a backend of the workspace, or a file: .env, render.yaml, fly.toml, …")
        ->required();
    text(diff, "B", all.envDiff.second, "another")->required();
    text(diff, "--read-as", all.envDiff.readAs, "the program by whose rules .env files are read");
    diff->add_flag("--with-secrets", all.envDiff.withSecrets, "show the values of secrets");
    diff->callback([&all] { all.run = [&all] { return runEnvDiff(all.global, all.envDiff); }; });
}

void addEnvironment(CLI::App &app, Everything &all)
{
    CLI::App *environment = app.add_subcommand("env", "environment variables");
    environment->require_subcommand(1);
    addEnvironmentComparisons(*environment, all);
    CLI::App *command = environment->add_subcommand(
        "export", "write the variables in the form of a platform; exit 1 when it cannot carry one of them");
    EnvExportOptions &options = all.envExport;
    text(command, "--to", options.to,
         "dotenv, render, fly-secrets, docker, compose, systemd, kubernetes, github, vercel, heroku or env-example")
        ->required();
    text(command, "--backend", options.backend, "backend of the workspace whose manifest and env files are read");
    texts(command, "--from", options.from, "a .env file instead of the workspace's; may be repeated, later ones win")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    text(command, "--manifest", options.manifest, "render.yaml, fly.toml, …, read before the files");
    text(command, "--service", options.service, "which service of the manifest");
    text(command, "--read-as", options.readAs,
         "the program by whose rules the files are read: tolerant, node-dotenv, python-dotenv, compose, docker, …");
    text(command, "--out", options.out, "the file; without it, standard output");
    text(command, "--app", options.application, "name of the objects for Kubernetes (default: the backend's)");
    command->add_flag("--with-secrets", options.withSecrets, "write secrets too; the file then has mode 0600");
    command->add_flag("--skip-refused", options.skipRefused,
                      "write the rest where something is refused (still exit 1)");
    command->callback([&all] { all.run = [&all] { return runEnvExport(all.global, all.envExport); }; });
}

void addScan(CLI::App &app, Everything &all)
{
    CLI::App *scan = app.add_subcommand(
        "scan", "hard-coded hosts, ports, addresses and secrets in a folder; exit 1 with an error or a warning");
    text(scan, "DIR", all.scan.folder, "the folder; what git ignores is left out")->required();
    text(scan, "--platform", all.scan.platform,
         "only references to this platform: fly, render, vercel, netlify, heroku, railway");
    scan->add_flag("--include-docs", all.scan.includeDocs, "documentation too");
    scan->add_flag("--include-tests", all.scan.includeTests, "tests and fixtures too");
    text(scan, "--patch", all.scan.patch, "write a unified diff of the replacements that are certain");
    text(scan, "--baseline", all.scan.baseline, "findings that stand in this file are not reported");
    text(scan, "--write-baseline", all.scan.writeBaseline, "write the findings as a baseline and exit 0");
    scan->add_option("--max-file-size", all.scan.maxFileMegabytes, "larger files are skipped, in MB (default 20)")
        ->check(CLI::Range(1, 1000));
    scan->add_option("--threads", all.scan.threads, "default: one a core")->check(CLI::Range(1, 64));
    scan->callback([&all] { all.run = [&all] { return runScan(all.global, all.scan); }; });
}

void addOrigins(CLI::App &app, Everything &all)
{
    CLI::App *cors = app.add_subcommand("cors", "which pages may use a backend");
    cors->require_subcommand(1);
    CLI::App *check = cors->add_subcommand(
        "check",
        "ask as each origin and say what a browser would do; exit 1 when one is blocked or too many are let in");
    check->footer("Sends OPTIONS, GET and HEAD; POST, PUT and the like only where --send-unsafe names them.\n"
                  "Origins that nobody asked for are tried too: a foreign one, null, and look-alikes of the given.");
    text(check, "URL", all.cors.url, "the address that pages ask (default: the URL of --backend)");
    text(check, "--backend", all.cors.backend, "backend of the workspace: its URL, its sockets and their origins");
    repeated(check, "--origin", all.cors.origins, "scheme://host[:port] of a page, or null; may be repeated");
    repeated(check, "--method", all.cors.methods, "what the page asks with (default GET); may be repeated");
    repeated(check, "--header", all.cors.headers,
             "a header that the page sets: NAME, or NAME=VALUE to send it too; a secret as NAME=env:VARIABLE");
    check->add_flag("--credentials", all.cors.credentials, "with cookies, as fetch does with credentials: \"include\"");
    repeated(check, "--send-unsafe", all.cors.sendUnsafe, "send this --method itself too, whatever it does there");
    repeated(check, "--socket", all.cors.sockets,
             "PATH[,protocol] of a socket to try: websocket, socket.io or socket.io-polling; may be repeated");
    timeSpan(check, "--timeout", all.cors.timeout, "for each request (default 10s)");
    text(check, "--ca", all.cors.caFile, "certificate bundle (PEM) instead of the system's");
    check->callback([&all] { all.run = [&all] { return runCorsCheck(all.global, all.cors); }; });

    CLI::App *csp = app.add_subcommand("csp", "content security policy of the pages");
    csp->require_subcommand(1);
    CLI::App *build = csp->add_subcommand(
        "build", "print connect-src for the backends; exit 1 when the existing policy blocks one of them");
    repeated(build, "--backend", all.csp.backends,
             "name in the workspace, or a URL; may be repeated (default: source and target)");
    repeated(build, "--connect", all.csp.connect, "a further URL or source, such as https://*.sentry.io");
    text(build, "--existing", all.csp.existing,
         "the policy as it is, or @FILE: judged, and printed with connect-src replaced");
    text(build, "--page", all.csp.page, "origin of the pages, for 'self' (default: some other https origin)");
    build->callback([&all] { all.run = [&all] { return runCspBuild(all.global, all.csp); }; });
}

void addHistory(CLI::App &app, Everything &all)
{
    CLI::App *history = app.add_subcommand("history", "what the monitors have recorded");
    history->require_subcommand(1);
    HistoryCommandOptions &options = all.history;
    const auto file = [&options](CLI::App *command) {
        text(command, "--file", options.file, "the history (default: the workspace's)");
    };
    CLI::App *list = history->add_subcommand("list", "the series with their number of samples, first and last time");
    file(list);
    list->callback([&all] { all.run = [&all] { return runHistoryList(all.global, all.history); }; });

    CLI::App *check = history->add_subcommand("check", "read the whole file; exit 1 when it is damaged");
    file(check);
    check->callback([&all] { all.run = [&all] { return runHistoryCheck(all.global, all.history); }; });

    CLI::App *command = history->add_subcommand("export", "write the samples as CSV or JSON lines");
    file(command);
    repeated(command, "--series", options.series, "only this series, as history list names it; may be repeated");
    text(command, "--from", options.from,
         "ISO 8601 (2026-11-21, 2026-11-21T10:00Z) or an age (7d); default: the first");
    text(command, "--to", options.to, "the same; default: the last. Samples of that very time are left out");
    text(command, "--format", options.format, "csv or jsonl (default: by the suffix of the file)");
    text(command, "-o,--out", options.out, "the file")->required();
    command->callback([&all] { all.run = [&all] { return runHistoryExport(all.global, all.history); }; });
}

void addFleet(CLI::App &app, Everything &all)
{
    CLI::App *fleet = app.add_subcommand("fleet", "the workspace's monitors in Prometheus");
    fleet->require_subcommand(1);
    CLI::App *write = fleet->add_subcommand(
        "export", "write blackbox_exporter modules, Prometheus jobs and alerts, a Grafana dashboard and a k6 script");
    text(write, "-o,--out", all.fleetExport.out, "folder for the files");
    text(write, "--blackbox", all.fleetExport.blackbox,
         "HOST:PORT under which Prometheus reaches blackbox_exporter (default 127.0.0.1:9115)");
    text(write, "--ca", all.fleetExport.caFile, "certificate bundle (PEM) that the exporter is to trust");
    write->add_flag("--strict", all.fleetExport.strict, "exit 1 where something is lost or left out");
    write->add_flag("--force", all.fleetExport.force, "replace files that no export wrote, or that were changed since");
    write->callback([&all] { all.run = [&all] { return runFleetExport(all.global, all.fleetExport); }; });

    CLI::App *status = fleet->add_subcommand(
        "status", "each monitor as Prometheus sees it; exit 1 when any is not up, 3 when the server does not tell");
    text(status, "--url", all.fleetStatus.url, "the Prometheus server (default: [prometheus] of the workspace)");
    text(status, "--token", all.fleetStatus.token, "reference to a bearer token: env:NAME, file:PATH");
    text(status, "--ca", all.fleetStatus.caFile, "certificate bundle (PEM) instead of the system's");
    timeSpan(status, "--window", all.fleetStatus.window, "of percentiles and uptime (default 1h)");
    timeSpan(status, "--timeout", all.fleetStatus.timeout, "for each question (default 20s)");
    status->callback([&all] { all.run = [&all] { return runFleetStatus(all.global, all.fleetStatus); }; });
}

void addAlert(CLI::App &app, Everything &all)
{
    CLI::App *alert = app.add_subcommand("alert", "who is told when a monitor changes");
    alert->require_subcommand(1);
    CLI::App *list = alert->add_subcommand("list", "the workspace's [[alert]] tables");
    list->callback([&all] { all.run = [&all] { return runAlertList(all.global); }; });
    CLI::App *test = alert->add_subcommand("test", "send a test message; exit 1 when it was not accepted");
    text(test, "NAME", all.alert, "name of the [[alert]]")->required();
    test->callback([&all] { all.run = [&all] { return runAlertTest(all.global, all.alert); }; });
}

int usage(const CLI::ParseError &error, const CLI::App &app, int argc, char **argv)
{
    if (error.get_exit_code() == 0)
        return app.exit(error); // --help and --version
    // "A subcommand is required" is all the parser says of a command it does not know.
    const auto known =
        app.get_subcommands([argc, argv](const CLI::App *command) { return argc > 1 && command->check_name(argv[1]); });
    if (argc > 1 && argv[1][0] != '-' && known.empty()) {
        std::fprintf(stderr,
                     "switchyard-cli: there is no command \"%s\"\n  hint: switchyard-cli --help lists the commands\n",
                     argv[1]);
        return exitUsage;
    }
    std::fprintf(stderr,
                 "switchyard-cli: %s\n  hint: switchyard-cli --help lists the commands, COMMAND --help its options\n",
                 error.what());
    return exitUsage;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc == 2 && (std::strcmp(argv[1], "--version") == 0 || std::strcmp(argv[1], "-V") == 0)) {
        std::puts("switchyard-cli " SWITCHYARD_VERSION);
        return exitPass;
    }
    Everything all;
    // What follows -- is somebody else's command line and none of the parser's business.
    int own = argc;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--") != 0)
            continue;
        own = i;
        for (int k = i + 1; k < argc; ++k)
            all.rehearse.command.append(QString::fromLocal8Bit(argv[k]));
        break;
    }
    CLI::App app("Moves web backends between platforms and watches them through redeploys.", "switchyard-cli");
    app.set_version_flag("-V,--version", "switchyard-cli " SWITCHYARD_VERSION);
    app.fallthrough();
    app.require_subcommand(1);
    std::string format = "text";
    text(&app, "--workspace", all.global.workspace, "workspace file (default ./switchyard.toml)");
    app.add_option("--format", format, "text or json")->check(CLI::IsMember({"text", "json"}));
    app.add_flag("--quiet", all.global.quiet, "no progress on standard error");
    app.add_flag("--no-color", all.global.noColor, "no colours");
    addSession(app, all);
    addRehearse(app, all);
    addProbes(app, all);
    addManifest(app, all);
    addEnvironment(app, all);
    addScan(app, all);
    addOrigins(app, all);
    addHistory(app, all);
    addFleet(app, all);
    addAlert(app, all);
    addDatabaseCommands(app, all.global, all.database, all.run);
    try {
        app.parse(own, argv);
    } catch (const CLI::ParseError &error) {
        return usage(error, app, own, argv);
    }
    all.database.migrations.command = all.rehearse.command;
    const bool takesCommand = app.got_subcommand("rehearse") ||
                              (app.got_subcommand("db") && app.get_subcommand("db")->got_subcommand("migrations"));
    if (own != argc && !takesCommand) {
        std::fputs("switchyard-cli: only rehearse and db migrations take a command after --\n  hint: leave it out, or "
                   "write rehearse\n",
                   stderr);
        return exitUsage;
    }
    all.global.json = format == "json";
    int qtArgc = 1;
    QCoreApplication application(qtArgc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("switchyard"));
    QCoreApplication::setApplicationVersion(QStringLiteral(SWITCHYARD_VERSION));
    installLogging();
    return all.run();
}
