// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/dbcommands.h"

#include "app/cli/optionkit.h"
#include "models/database/base/resolve.h"

namespace Switchyard::Cli {

namespace {

/// Refused before anything is asked, also where no name will have to be looked up.
void addResolver(CLI::App *command, QString &resolver)
{
    command
        ->add_option_function<std::string>(
            "--resolver",
            [&resolver](const std::string &given) {
                resolver = QString::fromStdString(given);
                if (!isResolverAddress(resolver))
                    throw CLI::ValidationError("--resolver", "a numeric address, such as 127.0.0.1:5353 or [::1]:53");
            },
            "DNS server to ask, such as 127.0.0.1:5353")
        ->type_name("TEXT");
}

void addDatabaseProbe(CLI::App &database, const Global &global, DatabaseCommands &all, std::function<int()> &run)
{
    CLI::App *probe = database.add_subcommand(
        "probe", "connect in stages and say where it ends, and why; exit 1 where a stage fails");
    DbProbeOptions &options = all.probe;
    probe->footer("A string with a password is given by reference, never as an argument. Nothing is written into the "
                  "database.");
    repeated(probe, "URL", options.targets,
             "env:NAME, file:PATH, keychain:SERVICE/KEY, - or a string without password (default: the workspace's)");
    text(probe, "--backend", options.backend, "only this backend of the workspace");
    timeSpan(probe, "--timeout", options.timeout, "for the whole of one probe (default 5s)");
    text(probe, "--migrations", options.migrations,
         "of Alembic, to compare with: the repository, or its folder \"versions\"");
    probe->add_flag("--reach-only", options.reachOnly, "names, TCP and TLS only: nobody logs in");
    text(probe, "--ca", options.caFile, "PEM file with the authorities to trust");
    addResolver(probe, options.resolver);
    text(probe, "--token", options.token,
         "reference to the token of Upstash's REST interface, for the URLs of that kind");
    text(probe, "--junit", options.junit, "write JUnit XML to this file, one test case a stage");
    probe->callback([&] { run = [&] { return runDbProbe(global, all.probe); }; });
}

void addDatabaseCompare(CLI::App &database, const Global &global, DatabaseCommands &all, std::function<int()> &run)
{
    CLI::App *compare = database.add_subcommand(
        "compare",
        "what the target has against what the source has; exit 1 with a difference, 3 where it is not proven");
    DbCompareOptions &options = all.compare;
    compare->footer(
        "Nothing is written. PostgreSQL and SQLite are read in one read-only transaction each; MongoDB has none.\n"
        "A string with a password is given by reference, never as an argument.");
    const char *which = "env:NAME, file:PATH, keychain:SERVICE/KEY, -, a string without password, or BACKEND/NAME";
    text(compare, "SOURCE", options.source, which)->required();
    text(compare, "TARGET", options.target, which)->required();
    timeSpan(compare, "--timeout", options.timeout, "for the whole (default 10m)");
    timeSpan(compare, "--count-timeout", options.countTimeout,
             "to count one table, and again for its checksum; then an estimate is told (default 30s)");
    timeSpan(compare, "--connect-timeout", options.connectTimeout, "to connect to either (default 5s)");
    repeated(compare, "--schema", options.schemas, "only this schema (PostgreSQL); may be repeated");
    repeated(compare, "--exclude", options.exclude,
             "not this table or collection: schema.table or table, with * and ?; may be repeated");
    repeated(compare, "--accept", options.accept,
             "KIND:OBJECT, with * and ?: a difference that is told and does not count; may be repeated");
    compare->add_flag("--no-checksums", options.noChecksums, "numbers of rows only, not what they hold");
    compare
        ->add_option("--sample", options.sample,
                     "rows from either end of the key, and between; tables of ten times as many are read wholly "
                     "(default 1000)")
        ->check(CLI::Range(1, 1'000'000));
    compare->add_option("--connections", options.connections, "a side (default 2)")->check(CLI::Range(1, 8));
    compare->add_flag("--strict-owners", options.strictOwners, "other owners and grants are differences");
    text(compare, "--ca", options.caFile, "PEM file with the authorities to trust");
    addResolver(compare, options.resolver);
    text(compare, "--junit", options.junit, "write JUnit XML to this file, one test case a kind");
    repeated(compare, "--report", options.reports, "write a report to sign: .md, .html or .json; may be repeated");
    compare->callback([&] { run = [&] { return runDbCompare(global, all.compare); }; });
}

void addDatabaseCopy(CLI::App &database, const Global &global, DatabaseCommands &all, std::function<int()> &run)
{
    CLI::App *copy = database.add_subcommand(
        "copy", "copy a PostgreSQL database into another with pg_dump and pg_restore, and compare both");
    DbCopyOptions &options = all.copy;
    copy->footer("In one transaction: what fails or is cancelled leaves the target as it was. A target that is not "
                 "empty is refused.\nThe way back is the same with both exchanged.");
    const char *const what = "env:NAME, file:PATH, keychain:SERVICE/KEY, -, a string without password, or BACKEND/NAME";
    text(copy, "SOURCE", options.source, what)->required();
    text(copy, "TARGET", options.target, what)->required();
    copy->add_flag("--plan", options.plan, "say what would be done and deleted, and do nothing");
    copy->add_flag("--into-nonempty", options.intoNonEmpty, "add beside what the target has; nothing is deleted");
    text(copy, "--clean", options.clean,
         "name of the target's database: delete there first what has the name of something in the source");
    text(copy, "--file", options.file, "keep the dump in this new file instead of using a pipe");
    copy->add_option("--jobs", options.jobs, "with --file as a folder: so many at once, not in one transaction")
        ->check(CLI::Range(1, 64));
    copy->add_flag("--final", options.finalSync, "the last copy: how writes are frozen, and what was written since");
    repeated(copy, "--schema", options.schemas, "only this schema; may be repeated");
    repeated(copy, "--exclude-table-data", options.excludeTableData, "SCHEMA.TABLE without its rows; may be repeated");
    copy->add_flag("--older-target", options.olderTarget, "try a target of an older major version");
    copy->add_flag("--no-compare", options.noCompare, "do not compare both afterwards");
    copy->add_flag("--no-analyze", options.noAnalyze, "do not run ANALYZE at the target");
    text(copy, "--programs", options.programs, "folder of pg_dump and pg_restore");
    timeSpan(copy, "--timeout", options.timeout, "for the whole (default: as long as it takes)");
    text(copy, "--unlock", options.unlock, "name of the production backend that may be written to");
    text(copy, "--ca", options.caFile, "PEM file with the authorities to trust");
    addResolver(copy, options.resolver);
    repeated(copy, "--report", options.reports, "write a report: .json, .md or .html; may be repeated");
    text(copy, "--junit", options.junit, "write JUnit XML to this file, one test case a stage");
    copy->callback([&] { run = [&] { return runDbCopy(global, all.copy); }; });
}

void addDatabaseMigrations(CLI::App &database, const Global &global, DatabaseCommands &all, std::function<int()> &run)
{
    CLI::App *migrations = database.add_subcommand(
        "migrations", "run migrations twice in a scratch database; exit 1 where a run fails or the second changes "
                      "something");
    DbMigrationsOptions &options = all.migrations;
    migrations->footer(
        "The command stands after -- and is no shell's: … -- alembic upgrade head. It finds the scratch database in\n"
        "DATABASE_URL; every other variable that leads to a PostgreSQL is taken out of its environment.\n"
        "The scratch database is made and removed by this command; the source is read by pg_dump --schema-only.");
    const char *const what = "env:NAME, file:PATH, keychain:SERVICE/KEY, -, a string without password, or BACKEND/NAME";
    text(migrations, "URL", options.source, std::string("whose schema is filled in first: ") + what);
    text(migrations, "--scratch", options.scratch, std::string("the server to make a database on: ") + what)
        ->required();
    text(migrations, "--migrations", options.migrations, "of Alembic: the repository, or its folder \"versions\"");
    migrations->add_flag("--from-empty", options.fromEmpty,
                         "in an empty database, too: all migrations from the base; without URL only so");
    text(migrations, "--cwd", options.cwd,
         "folder in which the command runs (default: that of the alembic.ini above --migrations)");
    text(migrations, "--variable", options.variable, "that the command finds the database in (default DATABASE_URL)");
    text(migrations, "--to", options.form,
         "form of it: libpq, sqlalchemy, sqlalchemy-psycopg, sqlalchemy-asyncpg, … (default: by the driver in "
         "--scratch)");
    text(migrations, "--name", options.name, "of the scratch database (default: one that nobody has)");
    text(migrations, "--programs", options.programs, "folder of pg_dump and pg_restore");
    timeSpan(migrations, "--timeout", options.timeout, "for the whole (default 10m)");
    timeSpan(migrations, "--connect-timeout", options.connectTimeout, "to connect to either (default 5s)");
    text(migrations, "--ca", options.caFile, "PEM file with the authorities to trust");
    addResolver(migrations, options.resolver);
    migrations->callback([&] { run = [&] { return runDbMigrations(global, all.migrations); }; });
}

void addDatabaseWatch(CLI::App &database, const Global &global, DatabaseCommands &all, std::function<int()> &run)
{
    CLI::App *watch = database.add_subcommand(
        "watch", "probe again and again, after saying what that costs a day; exit 1 with a failure or a slow query");
    DbWatchOptions &options = all.watch;
    watch->footer("A string with a password is given by reference, never as an argument. Nothing is written into the "
                  "database.");
    repeated(watch, "URL", options.targets,
             "env:NAME, file:PATH, keychain:SERVICE/KEY or a string without password (default: the workspace's)");
    text(watch, "--backend", options.backend, "only this backend of the workspace");
    duration(watch, "--every", options.every, "how often, a second at least")->required();
    timeSpan(watch, "--for", options.duration, "how long (default: until Ctrl-C)");
    timeSpan(watch, "--timeout", options.timeout, "for one probe (default 5s)");
    watch->add_flag("--reach-only", options.reachOnly, "names, TCP and TLS only: nobody logs in, nothing is woken");
    text(watch, "--ca", options.caFile, "PEM file with the authorities to trust");
    addResolver(watch, options.resolver);
    text(watch, "--token", options.token, "reference to the token of Upstash's REST interface");
    text(watch, "--history", options.history, "record into this file (default: as the workspace says)");
    watch->add_flag("--no-history", options.noHistory, "record nothing");
    watch->callback([&] { run = [&] { return runDbWatch(global, all.watch); }; });
}

/// What all commands that ask Atlas have.
void addAtlas(CLI::App *command, DbAccessListOptions &options)
{
    text(command, "--group", options.group, "id of the Atlas project: 24 hexadecimal digits")->required();
    text(command, "--auth", options.auth, "reference to CLIENT_ID:SECRET of a service account");
    text(command, "--api-key", options.apiKey, "reference to PUBLIC:PRIVATE of an API key");
    timeSpan(command, "--timeout", options.timeout, "for one call (default 20s)");
    text(command, "--ca", options.caFile, "PEM file with the authorities to trust");
    text(command, "--api-url", options.apiUrl, "")->group("");
}

void addAtlasChange(CLI::App *command, DbAccessListOptions &options)
{
    addAtlas(command, options);
    repeated(command, "ENTRY", options.entries, "an address, a CIDR block or a security group (sg-…)");
    text(command, "--backend", options.backend, "of the workspace: the one whose database it is");
    text(command, "--unlock", options.unlock, "name of the production backend whose access list may be changed");
    command->add_flag("--yes", options.yes, "do it; without, it says what it would do");
}

void addDatabaseAccess(CLI::App &database, const Global &global, DatabaseCommands &all, std::function<int()> &run)
{
    CLI::App *access = database.add_subcommand(
        "access", "which addresses a backend connects from, and how its database lets in those and no others; exit 1 "
                  "where the list has an error or a warning");
    access->require_subcommand(0, 1);
    DbAccessOptions &options = all.access;
    text(access, "--backend", options.backend, "of the workspace");
    text(access, "--database", options.database, "of that backend, where it has several");
    text(access, "--platform", options.platform, "where the backend runs: render, fly, local");
    text(access, "--region", options.region, "of the backend, such as oregon");
    text(access, "--platform-plan", options.platformPlan, "of the account there: hobby, pro, …");
    text(access, "--service", options.service,
         "whose list it is: atlas, render-postgres, render-key-value, other (default: by the host, else atlas)");
    text(access, "--plan", options.plan, "of the database: M0, flex, M10, …");
    text(access, "--list", options.list, "JSON file with the list as it is, or -");
    repeated(
        access, "--outbound", options.outbound,
        "address or range that the backend connects from, or a JSON file of Render's outbound-ips; may be repeated");
    access->add_flag("--static-egress", options.staticEgress, "these addresses were bought for this backend");
    text(access, "--own-address", options.ownAddress, "the public address of who works here");
    repeated(access, "--report", options.reports, "write a report: .md or .json; may be repeated");
    access->add_flag("--rules", options.rules, "list the rules, with reason and source");
    access->callback([&, access] {
        if (access->get_subcommands().empty())
            run = [&] { return runDbAccess(global, all.access); };
    });
    DbAccessListOptions &api = all.accessList;
    CLI::App *list = access->add_subcommand("list", "the project's access list, all pages");
    addAtlas(list, api);
    list->callback([&] { run = [&] { return runDbAccessList(global, all.accessList); }; });
    CLI::App *add = access->add_subcommand("add", "let addresses in; says what it would do, --yes does it");
    addAtlasChange(add, api);
    text(add, "--comment", api.comment, "why they stand there");
    duration(add, "--expires", api.expires, "Atlas removes them after this time, at most 7d");
    duration(add, "--wait", api.wait, "wait so long until they are ACTIVE");
    add->add_flag("--allow-anywhere", api.allowAnywhere,
                  "also 0.0.0.0/0 or ::/0, where nothing else stands in the list");
    add->callback([&] { run = [&] { return runDbAccessAdd(global, all.accessList); }; });
    CLI::App *remove =
        access->add_subcommand("remove", "remove the named entries; says what it would do, --yes does it");
    addAtlasChange(remove, api);
    remove->callback([&] { run = [&] { return runDbAccessRemove(global, all.accessList); }; });
    CLI::App *status = access->add_subcommand("status", "PENDING, ACTIVE or FAILED; exit 3 while PENDING, 1 if FAILED");
    addAtlas(status, api);
    repeated(status, "ENTRY", api.entries, "entries as the list has them");
    duration(status, "--wait", api.wait, "wait so long until they are ACTIVE");
    status->callback([&] { run = [&] { return runDbAccessStatus(global, all.accessList); }; });
    // The last, as subcommands take over the footer that stands by then.
    access->footer("It asks nobody anything: the list comes by --list, the backend's addresses by --outbound.\n"
                   "list, add, remove and status ask MongoDB Atlas' Admin API v2.");
}

} // namespace

void addDatabaseCommands(CLI::App &app, const Global &global, DatabaseCommands &all, std::function<int()> &run)
{
    CLI::App *database = app.add_subcommand("db", "databases");
    database->require_subcommand(1);
    addDatabaseProbe(*database, global, all, run);
    addDatabaseWatch(*database, global, all, run);
    addDatabaseCompare(*database, global, all, run);
    addDatabaseCopy(*database, global, all, run);
    addDatabaseAccess(*database, global, all, run);
    addDatabaseMigrations(*database, global, all, run);
    CLI::App *lint = database->add_subcommand(
        "lint", "judge a connection string without connecting, and convert it; exit 1 with an error or a warning");
    DbLintOptions &options = all.lint;
    lint->footer("PostgreSQL (URI, key=value, SQLAlchemy, JDBC), MongoDB, Redis, Upstash REST and SQLite.\n"
                 "A string with a password is given by reference, never as an argument.");
    text(lint, "URL", options.target,
         "env:NAME, file:PATH, keychain:SERVICE/KEY, - or a string without password (default: the workspace's)");
    text(lint, "--backend", options.backend, "only this backend of the workspace");
    text(lint, "--for", options.client, "what connects: asyncpg, sqlalchemy-asyncpg, psql, prisma, pymongo, …");
    text(lint, "--use", options.use, "application, migrations or dump");
    text(lint, "--platform", options.platform, "where the backend runs: render, fly, local");
    text(lint, "--region", options.region, "of the backend, such as oregon");
    text(lint, "--stage", options.stage, "dev, test or production");
    text(lint, "--plan", options.plan, "of the database: \"0.25 CU\", basic-1gb, M10, …");
    const auto number = [lint](const char *name, std::optional<int> &value, int least, const char *help) {
        lint->add_option(name, value, help)->check(CLI::Range(least, 100'000));
    };
    number("--limit", options.limit, 1, "connections that the database takes, where the plan does not tell");
    number("--workers", options.workers, 1, "processes of one instance");
    number("--pool-size", options.poolSize, 1, "connections of one process's pool");
    number("--overflow", options.overflow, 0, "further ones that it may open");
    number("--instances", options.instances, 1, "instances of the backend");
    lint->add_flag("--disk", options.disk, "a SQLite file lies on a disk that outlives a deploy");
    text(lint, "--token", options.token, "reference to the token of Upstash's REST interface");
    text(lint, "--to", options.to,
         "convert: libpq, key-value, sqlalchemy, sqlalchemy-psycopg, sqlalchemy-asyncpg, jdbc, prisma, "
         "dj-database-url, django, node-postgres, mongo-standard, upstash-rest, rediss");
    repeated(lint, "--host", options.hosts, "HOST:PORT that DNS named, for mongo-standard; may be repeated");
    text(lint, "--txt", options.txt, "what the TXT record said, for mongo-standard");
    text(lint, "--out", options.out, "write the converted string to this file");
    lint->add_flag("--with-secrets", options.withSecrets,
                   "the converted string with its password; a file then has mode 0600");
    text(lint, "--junit", options.junit, "write JUnit XML to this file, a test suite a database");
    lint->add_flag("--rules", options.rules, "list the rules, with reason and source");
    lint->callback([&] { run = [&] { return runDbLint(global, all.lint); }; });
}

} // namespace Switchyard::Cli
