# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds written manifests against their target's own rules: manifest_rules.py TARGET FOLDER [SCHEMA].

Render: the published schema, where it is given. Fly: the keys and limits of flyctl's configuration reader. Compose: the
keys of the compose specification. Vercel: the published schema and limits, where they are given. Prints what is wrong,
one line each; exit status 1 where anything is.
"""
import json
import pathlib
import re
import sys
import tomllib

import yaml

FLY_VM = {"size", "memory", "cpus", "cpu_kind", "memory_mb", "max_memory_mb", "gpus", "gpu_kind", "kernel_args",
          "host_dedication_id", "persist_rootfs", "processes"}
FLY_CHECK = {"interval", "timeout", "grace_period", "method", "path", "protocol", "tls_skip_verify",
             "tls_server_name", "headers"}
FLY_TOP = {"app", "primary_region", "kill_signal", "kill_timeout", "swap_size_mb", "console_command",
           "host_dedication_id", "machine_config", "container", "experimental", "build", "deploy", "env", "processes",
           "mounts", "http_service", "services", "checks", "files", "machine_checks", "restart", "vm", "statics",
           "metrics"}
FLY_SIGNALS = {"SIGINT", "SIGTERM", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGSTOP"}

COMPOSE_SERVICE = {"image", "build", "command", "entrypoint", "environment", "env_file", "ports", "expose", "volumes",
                   "depends_on", "healthcheck", "restart", "stop_signal", "stop_grace_period", "deploy", "networks",
                   "working_dir", "user", "labels", "profiles", "mem_limit", "cpus", "scale", "secrets", "configs",
                   "init", "hostname", "container_name", "platform", "x-switchyard"}


def seconds(text):
    parts = re.findall(r"([0-9.]+)(ms|s|m|h)", text)
    if "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration")
    return sum(float(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit] for number, unit in parts)


def fly(path):
    config = tomllib.loads(path.read_text())

    def keys(table, known, where):
        for key in table:
            if key not in known:
                yield f"{path}: {where}{key}: flyctl does not know it"

    yield from keys(config, FLY_TOP, "")
    if not re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]|[a-z]", config.get("app", "")):
        yield f"{path}: app: {config.get('app')!r} is no name"
    if config.get("kill_signal") not in FLY_SIGNALS:
        yield f"{path}: kill_signal: {config.get('kill_signal')!r}"
    if not 0 < seconds(config["kill_timeout"]) <= 300:
        yield f"{path}: kill_timeout: {config['kill_timeout']!r}"
    for name, value in config.get("env", {}).items():
        if name.startswith("FLY_") or not isinstance(value, str):
            yield f"{path}: env.{name}: refused"
    yield from keys(config.get("build", {}), {"image", "dockerfile", "build-target", "args", "builder", "buildpacks",
                                              "ignorefile", "settings", "builtin"}, "build.")
    deploy = config.get("deploy", {})
    yield from keys(deploy, {"strategy", "release_command", "max_unavailable", "wait_timeout",
                             "release_command_timeout", "release_command_vm", "seed_command"}, "deploy.")
    if deploy.get("strategy") not in (None, "rolling", "immediate", "bluegreen", "canary"):
        yield f"{path}: deploy.strategy: {deploy['strategy']!r}"
    if deploy.get("strategy") == "canary" and "mounts" in config:
        yield f"{path}: deploy.strategy: canary is an error with mounts"
    http = config.get("http_service", {})
    yield from keys(http, {"internal_port", "force_https", "auto_stop_machines", "auto_start_machines",
                           "min_machines_running", "processes", "concurrency", "tls_options", "http_options",
                           "checks", "machine_checks"}, "http_service.")
    if http:
        if not 0 < http["internal_port"] < 65536:
            yield f"{path}: http_service.internal_port: {http['internal_port']}"
        if "processes" in config and not set(http.get("processes", [])) & set(config["processes"]):
            yield f"{path}: http_service.processes: none, but the app has processes"
        if http["auto_stop_machines"] not in ("off", "stop", "suspend"):
            yield f"{path}: http_service.auto_stop_machines: {http['auto_stop_machines']!r}"
        yield from keys(http.get("concurrency", {}), {"type", "soft_limit", "hard_limit"},
                        "http_service.concurrency.")
        for check in http.get("checks", []):
            yield from keys(check, FLY_CHECK, "http_service.checks.")
            if not check["path"].startswith("/"):
                yield f"{path}: http_service.checks.path: {check['path']!r}"
            if not (2 <= seconds(check["interval"]) <= 60 and 1 <= seconds(check["timeout"]) <= 60):
                yield f"{path}: http_service.checks: times out of range"
    if len(config.get("mounts", [])) > 1:
        yield f"{path}: mounts: more than one"
    for mount in config.get("mounts", []):
        yield from keys(mount, {"source", "destination", "initial_size", "snapshot_retention", "scheduled_snapshots",
                                "auto_extend_size_threshold", "auto_extend_size_increment", "auto_extend_size_limit",
                                "processes"}, "mounts.")
        if mount["destination"] == "/" or not re.fullmatch(r"[a-z0-9_]{1,30}", mount["source"]):
            yield f"{path}: mounts: {mount}"
    for machine in config.get("vm", []):
        yield from keys(machine, FLY_VM, "vm.")
    for restart in config.get("restart", []):
        yield from keys(restart, {"policy", "retries", "processes"}, "restart.")
        if restart["policy"] not in ("always", "never", "on-failure"):
            yield f"{path}: restart.policy: {restart['policy']!r}"


def render(path, schema):
    document = yaml.safe_load(path.read_text())
    if not document:
        yield f"{path}: empty"
    names = [service["name"] for service in document.get("services", [])]
    if len(names) != len(set(names)):
        yield f"{path}: two services have one name"
    if schema:
        import jsonschema
        for error in jsonschema.Draft202012Validator(json.loads(schema.read_text())).iter_errors(document):
            yield f"{path}: {error.json_path}: {error.message[:200]}"


def compose(path):
    document = yaml.safe_load(path.read_text())
    for key in document:
        if key not in {"name", "services", "volumes", "networks", "secrets", "configs"}:
            yield f"{path}: {key}: compose does not know it"
    for name, service in document["services"].items():
        if not re.fullmatch(r"[a-zA-Z0-9._-]+", name):
            yield f"{path}: {name!r} is no name"
        for key in service:
            if key not in COMPOSE_SERVICE:
                yield f"{path}: {name}.{key}: compose does not know it"
        if "image" not in service and "build" not in service:
            yield f"{path}: {name}: neither image nor build"
        for other in service.get("depends_on", []):
            if other not in document["services"]:
                yield f"{path}: {name}.depends_on: {other} is not there"


def vercel(path, schema):
    document = json.loads(path.read_text())
    if schema:
        import jsonschema
        for error in jsonschema.Draft7Validator(json.loads(schema.read_text())).iter_errors(document):
            yield f"{path}: {error.json_path}: {error.message[:200]}"


def main():
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 and pathlib.Path(sys.argv[3]).exists() else None
    rules = {"fly": ("fly.toml", fly), "render": ("render.yaml", lambda path: render(path, schema)),
             "compose": ("compose.yaml", compose), "vercel": ("vercel.json", lambda path: vercel(path, schema))}
    name, check = rules[target]
    files = sorted(folder.rglob(name))
    wrong = [problem for path in files for problem in check(path)]
    print("\n".join(wrong))
    print(f"{len(files)} files", file=sys.stderr)
    return 1 if wrong or not files else 0


sys.exit(main())
