// SPDX-License-Identifier: GPL-3.0-or-later
// Rules about variables and commands, whatever the format.
#include "models/manifests/lintkit.h"

#include "models/common/redact.h"

#include <QDir>

#include <algorithm>

namespace Switchyard {

namespace {

using namespace RuleTexts;
using L = QLatin1StringView;
using When = LintCommand::When;

} // namespace

QList<RuleText> variableRules()
{
    static const char renderEnvironment[] = "https://render.com/docs/environment-variables";
    static const char gunicorn[] = "https://docs.gunicorn.org/en/stable/settings.html";
    static const char socketio[] =
        "https://python-socketio.readthedocs.io/en/stable/server.html#scaling-a-socket-io-service";
    return {
        {"any/secret-in-clear", Severity::Error, "a secret stands in the manifest",
         "The file is in the repository, with its history; whoever reads it has the secret.",
         "https://render.com/docs/blueprint-spec", "SEED-common"},
        {"any/placeholder-secret", Severity::Warning, "a secret has a placeholder for a value",
         "changeme and its like go into production unnoticed, and everybody knows them.",
         "https://render.com/docs/blueprint-spec", "SEED-common"},
        {"any/client-secret", Severity::Error, "a secret by a name that is built into the browser's code",
         "What begins with VITE_, NEXT_PUBLIC_ or REACT_APP_ is replaced in the bundle and readable by every visitor.",
         "https://vite.dev/guide/env-and-mode", "SEED-common"},
        {"any/interpolation", Severity::Warning, "${NAME} in a value",
         "Neither Render nor Fly replaces variables in values: the program gets the dollar sign and the braces.",
         "https://render.com/docs/blueprint-spec", "R-ENV-4"},
        {"any/workers-variable", Severity::Warning, "WORKERS, which no server reads",
         "gunicorn and uvicorn read WEB_CONCURRENCY.", gunicorn, "R-ENV-3"},
        {"any/socketio-scale", Severity::Warning, "Socket.IO in several processes without a message queue",
         "Rooms and broadcasts reach the clients of one process only, and long polling needs sticky sessions, which "
         "neither Render nor Fly has. Fly's first deploy makes two machines.",
         socketio, "R-WS-1 F-4"},
        {"any/migrations-in-build", Severity::Warning, "database migrations while building",
         "They run before it is known that the deploy is good, and the build may not reach the database.",
         "https://render.com/docs/deploys", "SEED-3/1.4 SEED-3/checklist"},
        {"any/tests-before-deploy", Severity::Warning, "tests run in the deploy",
         "The step before the deploy is for migrations: it runs against the production database and its variables.",
         "https://render.com/docs/deploys", "SEED-3/1.4 SEED-3/checklist"},
        {"any/run-bit", Severity::Error, "a script without its run bit",
         "It is started by its path, but its mode in git is 100644: permission denied.",
         "https://git-scm.com/docs/git-update-index", "SEED-3/checklist"},
        {"any/uvicorn-worker", Severity::Note, "uvicorn.workers is deprecated",
         "Since uvicorn 0.30 the worker class is in a package of its own.", "https://www.uvicorn.org/deployment/", ""},
        {"any/local-address", Severity::Warning, "localhost in a variable of a deployed service",
         "In a container that is the container itself.", "https://render.com/docs/private-network", "SEED-common"},
        {"any/insecure-websocket", Severity::Warning, "ws:// to a public host",
         "A page that came by https may not open ws://, and the platforms redirect it to wss://, which WebSocket "
         "clients "
         "do not follow.",
         "https://render.com/docs/websocket", "P-3 SEED-0/6.2"},
        {"any/postgres-scheme", Severity::Warning, "postgres:// for SQLAlchemy",
         "SQLAlchemy since 1.4 knows postgresql:// only; fly postgres attach writes the old form.",
         "https://docs.sqlalchemy.org/en/20/core/engines.html", "F-PG"},
        {"any/asyncpg-sslmode", Severity::Error, "sslmode in a URL for asyncpg",
         "asyncpg knows ssl, not sslmode, and ends with an error.",
         "https://docs.sqlalchemy.org/en/20/dialects/postgresql.html", "SEED-3/checklist"},
        {"any/inline-comment", Severity::Warning, "a comment inside a value",
         "A # within the value belongs to it: there are no comments there.", renderEnvironment, "SEED-2/checklist"},
    };
}

namespace {

bool isPlaceholder(const QString &value)
{
    static const QRegularExpression words(insensitive(
        R"(change.?me|configure[-_]|your[-_ ]|replace|placeholder|example|dummy|xxxx|\A<.*>\z|todo|insert|\Asecret\z|\Apassword\z|dev[-_]secret|super[-_]?secret|not[-_]?set|in[-_]production)"));
    return words.match(value).hasMatch();
}

/// Whether the value is one at all, and not a switch, a number, a path or a reference.
bool couldBeSecret(const QString &value)
{
    static const QRegularExpression harmless(insensitive(
        R"(\A(|true|false|yes|no|on|off|none|null|0|1|[0-9]{1,5}|/[\w./\-]*|\$\{?\w+.*|@[\w\-]+|https?://[^@?]*|\w+\.(json|pem|key|txt|yaml)|lax|strict|HS\d+|RS\d+)\z)"));
    return !harmless.match(value).hasMatch();
}

bool isPublicByDesign(const QString &name)
{
    static const QRegularExpression harmless(insensitive(
        R"(ANON|PUBLISHABLE|PUBLIC_?KEY|FIREBASE|DSN|MAP|SITE_?KEY|RECAPTCHA|TURNSTILE|POSTHOG|ALGOLIA_SEARCH|CLERK|VAPID|ANALYTICS|STRIPE_P)"));
    return harmless.match(name).hasMatch();
}

void checkSecret(const LintVariable &variable, LintRun &run)
{
    static const QRegularExpression client(
        s(R"(\A(VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC|EXPO_PUBLIC|VUE_APP|GATSBY|PUBLIC)_)"));
    const bool named = isSecretName(variable.name);
    const QRegularExpressionMatch prefix = client.match(variable.name);
    if (named && prefix.hasMatch() && !isPublicByDesign(variable.name))
        run.report("any/client-secret", variable.namePlace,
                   s("%1 is named like a secret and goes into the browser's code").arg(variable.name),
                   s("keep the secret on the server and let that call the other service"));
    if (!variable.literal || !couldBeSecret(variable.value) || (prefix.hasMatch() && isPublicByDesign(variable.name)))
        return;
    // Values known by their shape are secrets under any name.
    const bool shaped = urlCarriesSecret(variable.value) || redact(variable.value) != variable.value;
    if (!named && !shaped)
        return;
    if (isPlaceholder(variable.value))
        run.report("any/placeholder-secret", variable.place, s("%1 has a placeholder").arg(variable.name),
                   s("leave it out of the file and set it on the platform"));
    else
        run.report("any/secret-in-clear", variable.place, s("the value of %1 is a secret").arg(variable.name),
                   s("change the secret, and set it on the platform (Render: sync: false; Fly: fly secrets set)"));
}

void checkValue(const LintVariable &variable, const LintUnit &unit, LintRun &run)
{
    const ManifestFormat format = unit.subject->manifest.format;
    const bool backend = format == ManifestFormat::Render || format == ManifestFormat::Fly;
    const QString &value = variable.value;
    static const QRegularExpression reference(s(R"(\$\{\{?\s*[A-Za-z_][\w.]*)"));
    if (backend && reference.match(value).hasMatch())
        run.report("any/interpolation", variable.place, s("%1 keeps this text as it is").arg(variable.name),
                   s("put it together in the program or in the start command"));
    static const QRegularExpression local(
        s(R"(://([^@/\s]*@)?(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?=[:/]|\z))"));
    static const QRegularExpression origin(insensitive("CORS|ORIGIN"));
    if (backend && local.match(value).hasMatch() && !origin.match(variable.name).hasMatch())
        run.report("any/local-address", variable.place, s("%1 points to the container itself").arg(variable.name),
                   s("name the other service's internal host"));
    static const QRegularExpression insecure(s(R"((?:\A|[\s,"'])ws://([\w.\-]+))"));
    const QString host = insecure.match(value).captured(1);
    const bool internal = !host.contains(QLatin1Char('.')) || host == L("127.0.0.1") || host == L("0.0.0.0") ||
                          host.endsWith(L(".internal")) || host.endsWith(L(".local")) || host.endsWith(L(".flycast"));
    if (!host.isEmpty() && !internal)
        run.report("any/insecure-websocket", variable.place, s("%1 has ws://%2").arg(variable.name, host), s("wss://"));
    if (value.startsWith(L("postgres://")) && (unit.runtime.isEmpty() || unit.runtime == L("python")) &&
        (unit.runs(u"uvicorn") || unit.runs(u"gunicorn") || unit.runs(u"hypercorn")))
        run.report("any/postgres-scheme", variable.place, s("%1 begins with postgres://").arg(variable.name),
                   s("postgresql://, or postgresql+asyncpg:// for async code"));
    if (value.startsWith(L("postgresql+asyncpg://")) && value.contains(L("sslmode=")))
        run.report("any/asyncpg-sslmode", variable.place, s("%1 gives sslmode to asyncpg").arg(variable.name),
                   s("?ssl=require"));
    static const QRegularExpression comment(s(R"(\s#\s*[a-z])"), QRegularExpression::CaseInsensitiveOption);
    if (format != ManifestFormat::Dockerfile && comment.match(value).hasMatch())
        run.report("any/inline-comment", variable.place, s("%1 has a # in its value").arg(variable.name),
                   s("put the comment behind the closing quote"));
}

/// What a build's script does is done while building.
void checkScripts(const LintCommand &command, const LintUnit &unit, const QRegularExpression &migration,
                  const QString &fix, LintRun &run)
{
    for (const QString &script : scriptsIn(command.text)) {
        for (const QString &path : unit.meant(script)) {
            int number = 0;
            for (const QByteArray &raw : unit.subject->scripts.value(path).split('\n')) {
                ++number;
                const QString line = QString::fromUtf8(raw);
                const QRegularExpressionMatch match = migration.match(line);
                if (match.hasMatch() && !line.trimmed().startsWith(QLatin1Char('#')))
                    return run.report("any/migrations-in-build", command.place,
                                      s("%1 runs %2, which runs \"%3\" in line %4")
                                          .arg(command.key, path, match.captured(0).simplified())
                                          .arg(number),
                                      fix);
            }
        }
    }
}

void checkCommand(const LintCommand &command, const LintUnit &unit, LintRun &run)
{
    static const QRegularExpression migration(s(
        R"(alembic\s+upgrade|prisma\s+(migrate\s+deploy|db\s+push)|manage\.py\s+migrate|flask\s+db\s+upgrade|rails\s+db:(migrate|prepare)|rake\s+db:migrate|knex\s+migrate:latest|sequelize(-cli)?\s+db:migrate|typeorm\s+migration:run|drizzle-kit\s+(migrate|push)|artisan\s+migrate)"));
    static const QRegularExpression tests(s(
        R"((?:\A|[\s;&|])(pytest|(npm|yarn|pnpm)\s+(run\s+)?test|jest|vitest|mocha|tox|nox|rspec|go\s+test|cargo\s+test|manage\.py\s+test|unittest)(?=\s|\z|[;&|]))"));
    const QString migrate = s("preDeployCommand (paid plans), release_command on Fly, or the start command");
    if (const auto match = migration.match(command.text); command.when == When::Build && match.hasMatch())
        run.report("any/migrations-in-build", command.place,
                   s("%1 runs \"%2\"").arg(command.key, match.captured(0).simplified()), migrate);
    else if (command.when == When::Build)
        checkScripts(command, unit, migration, migrate, run);
    if (const auto match = tests.match(command.text); command.when == When::BeforeDeploy && match.hasMatch())
        run.report("any/tests-before-deploy", command.place,
                   s("%1 runs %2").arg(command.key, match.captured(1).simplified()),
                   s("run them in CI and let the deploy wait for it (autoDeployTrigger: checksPass)"));
    if (hasWord(command.text, u"uvicorn.workers.UvicornWorker"))
        run.report("any/uvicorn-worker", command.place, s("uvicorn.workers.UvicornWorker"),
                   s("install uvicorn-worker and use -k uvicorn_worker.UvicornWorker"));
    static const QRegularExpression script(s(R"((?:\A|[\s;&|])(\./[\w./\-]+))"));
    for (auto it = script.globalMatch(command.text); it.hasNext();) {
        const QString path = it.next().captured(1);
        const QStringList paths = unit.meant(path);
        const auto known = std::find_if(paths.begin(), paths.end(),
                                        [&](const QString &full) { return unit.subject->modes.contains(full); });
        const int mode = known == paths.end() ? 0111 : unit.subject->modes.value(*known);
        if ((mode & 0111) == 0)
            run.report("any/run-bit", command.place, s("%1 has mode %2").arg(*known, QString::number(mode, 8)),
                       s("git update-index --chmod=+x %1").arg(*known));
    }
}

bool seesSocketIo(const LintUnit &unit)
{
    static const QRegularExpression named(insensitive(R"(SOCKET_?IO)"));
    static const QRegularExpression run(insensitive(R"(socketio|socket_app|sio_app|socket\.io)"));
    return std::any_of(unit.variables.begin(), unit.variables.end(),
                       [](const LintVariable &v) { return named.match(v.name).hasMatch(); }) ||
           std::any_of(unit.commands.begin(), unit.commands.end(), [](const LintCommand &command) {
               return command.when == When::Start && run.match(command.text).hasMatch();
           });
}

/// Something that could be the message queue; whether it is used as one stands in the code.
bool seesQueue(const LintUnit &unit)
{
    static const QRegularExpression queue(insensitive(R"(REDIS|VALKEY|RABBIT|AMQP|KAFKA|MESSAGE_QUEUE|NATS)"));
    return std::any_of(unit.variables.begin(), unit.variables.end(),
                       [](const LintVariable &v) { return queue.match(v.name).hasMatch(); });
}

/// What fly.toml leaves to the image is said by the Dockerfile, where the set has one.
const LintUnit *imageOf(const LintUnit &unit, const LintRun &run)
{
    const bool starts = std::any_of(unit.commands.begin(), unit.commands.end(),
                                    [](const LintCommand &command) { return command.when == When::Start; });
    if (unit.subject->manifest.format != ManifestFormat::Fly || starts)
        return nullptr;
    const LintUnit *found = nullptr;
    for (const LintUnit &each : run.units()) {
        if (each.subject->manifest.format != ManifestFormat::Dockerfile)
            continue;
        if (found)
            return nullptr;
        found = &each;
    }
    return found;
}

struct Workers
{
    int count = 0; ///< 0: not stated
    Place place;
};

Workers statedWorkers(const LintUnit &unit)
{
    for (const LintCommand &command : unit.commands) {
        const ServerCommand server = serverIn(command.text);
        if (command.when == When::Start && server.workers)
            return {*server.workers, command.place};
    }
    const LintVariable *concurrency = unit.variable(u"WEB_CONCURRENCY");
    if (concurrency && concurrency->literal)
        return {concurrency->value.toInt(), concurrency->place};
    return {};
}

void checkScale(const LintUnit &unit, LintRun &run)
{
    const Workers workers = statedWorkers(unit);
    const LintUnit *image = imageOf(unit, run);
    if (!(seesSocketIo(unit) || (image && seesSocketIo(*image))) || seesQueue(unit) || (image && seesQueue(*image)))
        return;
    const QString fix = s("one process, or a client_manager with Redis and websocket as the only transport");
    if (workers.count > 1)
        run.report("any/socketio-scale", workers.place,
                   s("%1 workers and Socket.IO, and no message queue in sight").arg(workers.count), fix);
    else if (unit.instances.value_or(1) > 1)
        run.report("any/socketio-scale", unit.instancesPlace,
                   s("%1 instances and Socket.IO, and no message queue in sight").arg(*unit.instances), fix);
    else if (unit.subject->manifest.format == ManifestFormat::Fly && !unit.subject->manifest.document.find(u"mounts"))
        run.report("any/socketio-scale", unit.place,
                   s("the first deploy makes two machines, with Socket.IO and no message queue in sight"),
                   s("fly deploy --ha=false, or a client_manager with Redis and websocket as the only transport"));
}

void checkWorkersVariable(const LintUnit &unit, LintRun &run)
{
    const LintVariable *variable = unit.variable(u"WORKERS");
    if (!variable)
        return;
    static const QRegularExpression used(s(R"(\$\{?(WORKERS|NUM_WORKERS|GUNICORN_WORKERS|UVICORN_WORKERS)\b)"));
    const bool taken = std::any_of(unit.commands.begin(), unit.commands.end(), [](const LintCommand &command) {
        return command.when == When::Start && used.match(command.text).hasMatch();
    });
    const bool python = unit.runs(u"gunicorn") || unit.runs(u"uvicorn") || unit.runtime == L("python") ||
                        run.runsAnywhere(u"gunicorn") || run.runsAnywhere(u"uvicorn");
    if (python && !taken)
        run.report("any/workers-variable", variable->namePlace, s("WORKERS means nothing to gunicorn and uvicorn"),
                   s("WEB_CONCURRENCY"));
}

} // namespace

void checkVariables(const LintUnit &unit, LintRun &run)
{
    for (const LintVariable &variable : unit.variables) {
        checkSecret(variable, run);
        if (variable.literal)
            checkValue(variable, unit, run);
    }
    for (const LintCommand &command : unit.commands)
        checkCommand(command, unit, run);
    checkScale(unit, run);
    checkWorkersVariable(unit, run);
}

} // namespace Switchyard
