// SPDX-License-Identifier: GPL-3.0-or-later
// db migrations' engine with real migrations of Alembic on a real PostgreSQL: what is idempotent passes, what is not is
// named by its statement, and in every end the scratch database, the command and its connections are gone.
#include "models/database/migrations/migrationcheck.h"
#include "tests/support/ownprocess.h"
#include "tests/support/postgresserver.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QScopeGuard>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <thread>

#include <unistd.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const QString password = QStringLiteral("pl4nted:S3cret% ~");

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

ConnectionString parsed(const QString &url)
{
    const auto connection = parseConnectionString({url, DatabaseKind::Postgres, {}});
    if (!connection)
        qFatal("no connection string: %s", qPrintable(connection.error().toString()));
    return *connection;
}

MigrationStep stepOf(const MigrationRound &round, MigrationStage stage)
{
    for (const MigrationStep &step : round.steps) {
        if (step.stage == stage)
            return step;
    }
    return {};
}

/// A repository as `alembic init` makes one, with its env.py cut to what it needs.
class Repository final
{
public:
    Repository()
    {
        write(s("alembic.ini"), "[alembic]\nscript_location = %(here)s/migrations\n");
        write(s("migrations/script.py.mako"), "");
        setEnv({});
    }

    QString path() const { return m_folder.path(); }
    QString versions() const { return m_folder.filePath(s("migrations/versions")); }
    void write(const QString &name, const QByteArray &text)
    {
        const QString path = m_folder.filePath(name);
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("no file");
    }
    /// `after`: lines that each run executes behind the migrations.
    void setEnv(const QByteArray &after)
    {
        write(s("migrations/env.py"), "import os\n"
                                      "from alembic import context\n"
                                      "from sqlalchemy import create_engine, text\n"
                                      "engine = create_engine(os.environ['DATABASE_URL'])\n"
                                      "with engine.begin() as connection:\n"
                                      "    context.configure(connection=connection)\n"
                                      "    with context.begin_transaction():\n"
                                      "        context.run_migrations()\n" +
                                          after);
    }
    void revision(const QByteArray &id, const QByteArray &down, const QByteArray &upgrade)
    {
        QByteArray body;
        for (const QByteArray &line : upgrade.split('\n'))
            body += "    " + line + '\n';
        write(s("migrations/versions/%1.py").arg(QString::fromUtf8(id)),
              "from alembic import op\nimport sqlalchemy as sa\nrevision = '" + id +
                  "'\ndown_revision = " + (down.isEmpty() ? QByteArray("None") : "'" + down + "'") +
                  "\nbranch_labels = None\ndepends_on = None\n\ndef upgrade():\n" + body +
                  "\ndef downgrade():\n    pass\n");
    }
    /// Two migrations as they should be; the second fills what the first made.
    void usual()
    {
        revision("aaaa", "",
                 "op.create_table('plan', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', "
                 "sa.Text, nullable=False))");
        revision("bbbb", "aaaa",
                 "op.create_index('plan_name', 'plan', ['name'])\nop.execute(\"insert into plan (name) values "
                 "('free'), ('paid')\")");
    }

private:
    QTemporaryDir m_folder;
};

} // namespace

class TestMigrations final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void objects();
    void changes();
    void idempotent();
    void fromSource();
    void schemaChangesEachTime();
    void rowsChangeEachTime();
    void countersDoNotCount();
    void failsHalfWay();
    void leavesSomethingBehind();
    void severalHeads();
    void notAtItsHead();
    void anotherDatabase();
    void foreignRevision();
    void nameExists();
    void throughAPooler();
    void mayNotCreate();
    void cancelled();
    void outOfTime();
    void commandsEnvironment();
    void noSuchCommand();
    void badInput_data();
    void badInput();
    void secretsAreCut();

private:
    QString url(const QString &database, const QString &user = s("app")) const
    {
        return m_server->url(user + s(":") + percentEncoded(password), database);
    }
    Result<MigrationReport> check(const std::optional<QString> &source, MigrationOptions options);
    MigrationReport report(const std::optional<QString> &source, MigrationOptions options = {});
    QString databases()
    {
        return m_server->sql(s("select string_agg(datname, ' ' order by datname) from pg_database"));
    }

    std::unique_ptr<PostgresServer> m_server;
    std::unique_ptr<Repository> m_repository;
    QString m_databases;
    QByteArray m_shop;
    int m_descriptors = 0;
};

Result<MigrationReport> TestMigrations::check(const std::optional<QString> &source, MigrationOptions options)
{
    if (options.command.isEmpty())
        options.command = {s("alembic"), s("upgrade"), s("head")};
    if (options.folder.isEmpty())
        options.folder = m_repository->path();
    std::optional<ConnectionString> from;
    if (source)
        from = parsed(*source);
    return checkMigrations(from ? &*from : nullptr, parsed(url(s("postgres"))), options);
}

MigrationReport TestMigrations::report(const std::optional<QString> &source, MigrationOptions options)
{
    options.versions = m_repository->versions();
    options.fromEmpty = options.fromEmpty || !source;
    const Result<MigrationReport> checked = check(source, options);
    if (!checked)
        qFatal("%s", qPrintable(checked.error().toString()));
    const QByteArray json = QJsonDocument(migrationReportToJson(*checked)).toJson();
    const QByteArray text = migrationReportToText(*checked).toUtf8();
    if ((json + text).contains("pl4nted") || (json + text).contains("S3cret"))
        qFatal("the report has the password: %s", text.constData());
    return *checked;
}

void TestMigrations::initTestCase()
{
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        QSKIP(qPrintable(missing));
    if (QStandardPaths::findExecutable(s("alembic")).isEmpty())
        QSKIP("alembic is not installed");
    m_server = std::make_unique<PostgresServer>();
    QVERIFY2(m_server->start({}, "host all all 127.0.0.1/32 scram-sha-256\n"), m_server->log().constData());
    const QString made = m_server->sql(s("create role app login createdb password '%1';\n"
                                         "create role poor login password '%1';\n"
                                         "create database shop owner app")
                                           .arg(password));
    QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
}

void TestMigrations::init()
{
    m_repository = std::make_unique<Repository>();
    // The source as the first migration left it, with a row that no scratch database ever has.
    const QString made = m_server->sql(s("drop database shop;\ncreate database shop owner app"));
    QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
    const QString filled = m_server->sql(s("set role app;\ncreate table plan (id serial primary key, name text not "
                                           "null);\ninsert into plan (name) values ('only in the source');\n"
                                           "create table alembic_version (version_num varchar(32) primary key);\n"
                                           "insert into alembic_version values ('aaaa')"),
                                         s("shop"));
    QVERIFY2(!filled.startsWith(s("ERROR")), qPrintable(filled));
    m_databases = databases();
    m_shop = m_server->dump(s("shop"));
    m_descriptors = openDescriptors();
}

void TestMigrations::cleanup()
{
    QCOMPARE(ownChildren(), 1); // the server
    QVERIFY(openDescriptors() <= m_descriptors);
    QCOMPARE(databases(), m_databases);
    QCOMPARE(m_server->dump(s("shop")), m_shop);
    QTRY_COMPARE(m_server->sql(s("select count(*) from pg_stat_activity where usename in ('app', 'poor')")), s("0"));
}

void TestMigrations::objects()
{
    const QByteArray dump =
        "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET x = 1;\n\n--\n"
        "-- Name: orders; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.orders (\n"
        "    id integer\n);\n\n\n--\n-- Name: f(integer); Type: FUNCTION; Schema: public; Owner: -\n"
        "--\n\nCREATE FUNCTION f AS $$\n\nselect 1\n--\n$$;\n\n\n--\n-- PostgreSQL database dump "
        "complete\n--\n\n\\unrestrict abc\n\n";
    const QMap<QString, QString> objects = schemaObjects(dump);
    QCOMPARE(objects.keys(), QStringList({s("FUNCTION public.f(integer)"), s("TABLE public.orders")}));
    QByteArray later = dump;
    later.replace("abc", "def").replace("SET x", "SET y");
    QCOMPARE(schemaObjects(later), objects);
    // A blank line in a function is a part of it.
    QByteArray blank = dump;
    blank.replace("$$\n\nselect", "$$\nselect");
    QVERIFY(schemaObjects(blank) != objects);
}

void TestMigrations::changes()
{
    SchemaState before;
    before.objects = {{s("TABLE a"), s("one\ntwo\n")}, {s("TABLE b"), s("x\n")}};
    before.rows = {{s("a"), s("1 rows")}};
    before.counters = {{s("a_seq"), s("1")}};
    before.versions = {s("v1")};
    QVERIFY(schemaChanges(before, before).isEmpty());
    SchemaState after = before;
    after.objects = {{s("TABLE a"), s("one\nthree\n")}, {s("TABLE c"), s("y\n")}};
    after.rows = {{s("a"), s("2 rows")}};
    after.counters = {{s("a_seq"), s("2")}};
    after.versions = {s("v2")};
    QStringList told;
    for (const SchemaChange &change : schemaChanges(before, after))
        told.append(s("%1 %2 %3").arg(schemaChangeName(change.kind), change.object, change.lines.join(u'|')));
    told.sort();
    QCOMPARE(told, QStringList({s("added TABLE c + y"), s("changed TABLE a - two|+ three"), s("counter a_seq - 1|+ 2"),
                                s("removed TABLE b - x"), s("rows a - 1 rows|+ 2 rows"),
                                s("version alembic_version - v1|+ v2")}));
}

void TestMigrations::idempotent()
{
    m_repository->usual();
    const MigrationReport checked = report({});
    QVERIFY2(checked.verdict() == MigrationVerdict::Pass, qPrintable(migrationReportToText(checked)));
    QCOMPARE(checked.rounds.size(), 1);
    const MigrationRound &round = checked.rounds.first();
    QVERIFY(round.fromEmpty);
    QCOMPARE(round.before, QStringList());
    QCOMPARE(round.first, QStringList{s("bbbb")});
    QCOMPARE(round.second, QStringList{s("bbbb")});
    QVERIFY(round.changes.isEmpty());
    QVERIFY(round.database.startsWith(s("switchyard_scratch_")));
    QCOMPARE(checked.expected, QStringList{s("bbbb")});
    for (const MigrationStep &step : round.steps)
        QVERIFY2(step.status == StageStatus::Ok || step.status == StageStatus::Skipped, qPrintable(step.detail));
}

void TestMigrations::fromSource()
{
    m_repository->usual();
    MigrationOptions options;
    options.fromEmpty = true;
    options.name = s("mine_alone"); // free again for the second round
    const MigrationReport checked = report(url(s("shop")), options);
    QVERIFY2(checked.verdict() == MigrationVerdict::Pass, qPrintable(migrationReportToText(checked)));
    QCOMPARE(checked.rounds.size(), 2);
    const MigrationRound &round = checked.rounds.first();
    QVERIFY(!round.fromEmpty);
    QVERIFY(checked.rounds[1].fromEmpty);
    QCOMPARE(round.database, s("mine_alone"));
    QCOMPARE(round.before, QStringList{s("aaaa")});
    QCOMPARE(round.first, QStringList{s("bbbb")});
    QVERIFY2(stepOf(round, MigrationStage::Source).detail.contains(s("aaaa")),
             qPrintable(stepOf(round, MigrationStage::Source).detail));
}

void TestMigrations::schemaChangesEachTime()
{
    m_repository->usual();
    // Raw SQL outside of the revisions: a new index and a rewritten view each time.
    m_repository->setEnv("with engine.begin() as connection:\n"
                         "    connection.execute(text(\"create index on plan (id, name)\"))\n"
                         "    n = connection.execute(text(\"select count(*) from pg_indexes\")).scalar()\n"
                         "    connection.execute(text(f\"create or replace view seen as select {n} as n\"))\n");
    const MigrationReport checked = report({});
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    const MigrationRound &round = checked.rounds.first();
    QCOMPARE(stepOf(round, MigrationStage::First).status, StageStatus::Ok);
    QCOMPARE(stepOf(round, MigrationStage::Second).status, StageStatus::Ok);
    QCOMPARE(stepOf(round, MigrationStage::Changes).status, StageStatus::Fail);
    QCOMPARE(stepOf(round, MigrationStage::Drop).status, StageStatus::Ok);
    QCOMPARE(round.changes.size(), 2);
    QCOMPARE(round.changes[0].kind, SchemaChangeKind::Changed);
    QCOMPARE(round.changes[0].object, s("VIEW public.seen"));
    QCOMPARE(round.changes[1].kind, SchemaChangeKind::Added);
    QCOMPARE(round.changes[1].object, s("INDEX public.plan_id_name_idx1"));
    QVERIFY(round.changes[1].lines.join(u'\n').contains(s("CREATE INDEX plan_id_name_idx1 ON public.plan")));
    QVERIFY(migrationReportToText(checked).contains(s("CREATE INDEX plan_id_name_idx1")));
}

void TestMigrations::rowsChangeEachTime()
{
    m_repository->usual();
    m_repository->setEnv("with engine.begin() as connection:\n"
                         "    connection.execute(text(\"insert into plan (name) values ('again')\"))\n");
    const MigrationReport checked = report(url(s("shop")));
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    const QList<SchemaChange> &changes = checked.rounds.first().changes;
    QCOMPARE(changes.size(), 2); // and its sequence
    QCOMPARE(changes[0].kind, SchemaChangeKind::Rows);
    QCOMPARE(changes[0].object, s("public.plan"));
    QVERIFY2(changes[0].lines.value(0).startsWith(s("- 3 rows")), qPrintable(changes[0].lines.join(u'|')));
    QVERIFY2(changes[0].lines.value(1).startsWith(s("+ 4 rows")), qPrintable(changes[0].lines.join(u'|')));
    QCOMPARE(changes[1].kind, SchemaChangeKind::Counter);
}

void TestMigrations::countersDoNotCount()
{
    m_repository->usual();
    m_repository->setEnv("with engine.begin() as connection:\n"
                         "    connection.execute(text(\"create unique index if not exists one on plan (name)\"))\n"
                         "    connection.execute(text(\"insert into plan (name) values ('once') on conflict do "
                         "nothing\"))\n");
    const MigrationReport checked = report({});
    QVERIFY2(checked.verdict() == MigrationVerdict::Pass, qPrintable(migrationReportToText(checked)));
    QCOMPARE(checked.rounds.first().changes.size(), 1);
    QCOMPARE(checked.rounds.first().changes.first().kind, SchemaChangeKind::Counter);
}

void TestMigrations::failsHalfWay()
{
    m_repository->usual();
    m_repository->revision("cccc", "bbbb",
                           "op.execute('create table half (id int)')\nop.execute('create table plan ()')");
    const MigrationReport checked = report(url(s("shop")));
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    const MigrationRound &round = checked.rounds.first();
    const MigrationStep first = stepOf(round, MigrationStage::First);
    QCOMPARE(first.status, StageStatus::Fail);
    QVERIFY2(first.detail.startsWith(s("exit status 1")) && first.detail.contains(s("left nothing behind")) &&
                 first.detail.contains(s("already exists")),
             qPrintable(first.detail));
    QVERIFY2(first.hint.contains(s("made again")), qPrintable(first.hint));
    QVERIFY2(round.output.join(u'\n').contains(s("relation \"plan\" already exists")),
             qPrintable(round.output.join(u'\n')));
    QVERIFY(round.left.isEmpty());
    QCOMPARE(stepOf(round, MigrationStage::Second).status, StageStatus::NotReached);
    QCOMPARE(stepOf(round, MigrationStage::Changes).status, StageStatus::NotReached);
    QCOMPARE(stepOf(round, MigrationStage::Drop).status, StageStatus::Ok);
}

void TestMigrations::leavesSomethingBehind()
{
    m_repository->usual();
    // What commits by itself is not taken back with the transaction.
    m_repository->revision("cccc", "bbbb",
                           "import os\n"
                           "own = sa.create_engine(os.environ['DATABASE_URL'], isolation_level='AUTOCOMMIT')\n"
                           "own.connect().execute(sa.text('create table left_over (id int)'))\n"
                           "op.execute('select 1/0')");
    const MigrationReport checked = report({});
    const MigrationRound &round = checked.rounds.first();
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    QVERIFY2(stepOf(round, MigrationStage::First).detail.contains(s("changes behind")),
             qPrintable(migrationReportToText(checked)));
    QStringList objects;
    for (const SchemaChange &change : round.left)
        objects.append(change.object);
    QVERIFY2(objects.contains(s("TABLE public.left_over")), qPrintable(objects.join(u' ')));
}

void TestMigrations::severalHeads()
{
    m_repository->usual();
    m_repository->revision("cccc", "aaaa", "op.execute('create table beside (id int)')");
    const MigrationReport one = report({});
    QCOMPARE(one.verdict(), MigrationVerdict::Fail);
    const MigrationStep first = stepOf(one.rounds.first(), MigrationStage::First);
    QVERIFY2(first.hint.contains(s("alembic merge heads")), qPrintable(first.detail + first.hint));
    MigrationOptions options;
    options.command = {s("alembic"), s("upgrade"), s("heads")};
    const MigrationReport all = report({}, options);
    QVERIFY2(all.verdict() == MigrationVerdict::Pass, qPrintable(migrationReportToText(all)));
    QCOMPARE(all.rounds.first().second, QStringList({s("bbbb"), s("cccc")}));
}

void TestMigrations::notAtItsHead()
{
    m_repository->usual();
    MigrationOptions options;
    options.command = {s("alembic"), s("upgrade"), s("aaaa")};
    const MigrationReport checked = report({}, options);
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    const MigrationStep first = stepOf(checked.rounds.first(), MigrationStage::First);
    QVERIFY2(first.detail.contains(s("heads are bbbb")), qPrintable(first.detail));
}

void TestMigrations::anotherDatabase()
{
    m_repository->usual();
    MigrationOptions options;
    options.command = {s("true")}; // as one that goes elsewhere
    const MigrationReport checked = report({}, options);
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    const MigrationStep first = stepOf(checked.rounds.first(), MigrationStage::First);
    QVERIFY2(first.detail.contains(s("still empty")) && first.hint.contains(s("DATABASE_URL")),
             qPrintable(first.detail + first.hint));
}

void TestMigrations::foreignRevision()
{
    m_repository->usual();
    QVERIFY(!m_server->sql(s("update alembic_version set version_num = 'f00'"), s("shop")).startsWith(s("ERROR")));
    m_shop = m_server->dump(s("shop"));
    const MigrationReport checked = report(url(s("shop")));
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    const MigrationRound &round = checked.rounds.first();
    QCOMPARE(stepOf(round, MigrationStage::Source).status, StageStatus::Warn);
    QVERIFY2(stepOf(round, MigrationStage::First).hint.contains(s("another branch")),
             qPrintable(stepOf(round, MigrationStage::First).detail));
}

void TestMigrations::nameExists()
{
    m_repository->usual();
    MigrationOptions options;
    options.fromEmpty = true;
    options.name = s("shop"); // cleanup() looks that nothing of it changed
    const Result<MigrationReport> checked = check({}, options);
    QVERIFY(!checked);
    QCOMPARE(checked.error().kind, ErrorKind::Usage);
    QVERIFY2(checked.error().message.contains(s("\"shop\" already")), qPrintable(checked.error().message));
}

/// pg_dump's empty search_path would stay with the application's next transaction.
void TestMigrations::throughAPooler()
{
    if (const QString why = PgBouncer::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_repository->usual();
    {
        PgBouncer pooler;
        QVERIFY2(pooler.start(*m_server, "transaction", "\"app\" \"" + password.toUtf8() + "\"\n"),
                 pooler.log().constData());
        const Result<MigrationReport> checked = check(
            s("postgresql://app:%1@127.0.0.1:%2/shop?sslmode=disable").arg(percentEncoded(password)).arg(pooler.port()),
            {});
        QVERIFY(!checked);
        QVERIFY2(checked.error().message.contains(s("through a pooler in transaction mode")),
                 qPrintable(checked.error().toString()));
    }
    m_server->sql(s("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'"));
}

void TestMigrations::mayNotCreate()
{
    m_repository->usual();
    MigrationOptions options;
    options.fromEmpty = true;
    options.command = {s("alembic"), s("upgrade"), s("head")};
    options.folder = m_repository->path();
    const Result<MigrationReport> checked = checkMigrations(nullptr, parsed(url(s("postgres"), s("poor"))), options);
    QVERIFY(!checked);
    QVERIFY2(checked.error().hint.contains(s("CREATEDB")), qPrintable(checked.error().toString()));
}

void TestMigrations::cancelled()
{
    m_repository->usual();
    // In the second run, with a transaction open and a child that would stay.
    m_repository->setEnv("import subprocess, time\n"
                         "with engine.begin() as connection:\n"
                         "    if connection.execute(text(\"select to_regclass('once')\")).scalar():\n"
                         "        connection.execute(text(\"lock table once\"))\n"
                         "        subprocess.run(['sleep', '313'])\n"
                         "    connection.execute(text('create table once (id int)'))\n");
    MigrationOptions options;
    options.access.cancelled = std::make_shared<std::atomic<bool>>(false);
    std::atomic<bool> firstDone{false};
    options.onStep = [&](const MigrationRound &, const MigrationStep &step) {
        if (step.stage == MigrationStage::First)
            firstDone = true;
    };
    std::optional<MigrationReport> checked;
    std::atomic<bool> ended{false};
    std::thread worker([&] {
        checked = report(url(s("shop")), options);
        ended = true;
    });
    const auto waiting = [&] {
        return ended || (firstDone && m_server->sql(s("select count(*) from pg_stat_activity where state = 'idle in "
                                                      "transaction' and query like 'lock table%'")) == s("1"));
    };
    const bool seen = QTest::qWaitFor(waiting, 60'000);
    const QDateTime before = QDateTime::currentDateTimeUtc();
    options.access.cancelled->store(true);
    worker.join();
    QVERIFY(seen);
    QVERIFY(checked->cancelled);
    QCOMPARE(checked->verdict(), MigrationVerdict::Inconclusive);
    QCOMPARE(stepOf(checked->rounds.first(), MigrationStage::Second).status, StageStatus::NotReached);
    QCOMPARE(stepOf(checked->rounds.first(), MigrationStage::Drop).status, StageStatus::Ok);
    QVERIFY(before.msecsTo(QDateTime::currentDateTimeUtc()) < 30'000);
}

void TestMigrations::outOfTime()
{
    m_repository->usual();
    MigrationOptions options;
    options.command = {s("sleep"), s("314")};
    options.timeout = Milliseconds(4'000);
    const MigrationReport checked = report({}, options);
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    const MigrationStep first = stepOf(checked.rounds.first(), MigrationStage::First);
    QVERIFY2(first.detail.contains(s("did not end in time")), qPrintable(first.detail));
    QCOMPARE(stepOf(checked.rounds.first(), MigrationStage::Drop).status, StageStatus::Ok);
}

void TestMigrations::commandsEnvironment()
{
    // What leads to another database is not there, and the variable and its form are as asked for.
    qputenv("PRODUCTION", "postgresql://app:x@production.invalid/shop");
    qputenv("PGHOST", "production.invalid");
    qputenv("SWITCHYARD_TEST_KEPT", "kept");
    const auto restore = qScopeGuard([] {
        qunsetenv("PRODUCTION");
        qunsetenv("PGHOST");
        qunsetenv("SWITCHYARD_TEST_KEPT");
    });
    m_repository->usual();
    MigrationOptions options;
    options.variable = s("MY_DATABASE");
    options.form = ConnectionForm::SqlalchemyAsyncpg;
    options.command = {s("sh"), s("-c"),
                       s("echo \"$PWD ${PRODUCTION-gone} ${PGHOST-gone} ${DATABASE_URL-gone} $SWITCHYARD_TEST_KEPT "
                         "${MY_DATABASE%%:*} ${MY_DATABASE##*/}\"; exit 7")};
    const MigrationReport checked = report({}, options);
    const QString said = checked.rounds.first().output.value(0);
    QVERIFY2(said.startsWith(s("%1 gone gone gone kept postgresql+asyncpg %2")
                                 .arg(m_repository->path(), checked.rounds.first().database)),
             qPrintable(said));
    QVERIFY(stepOf(checked.rounds.first(), MigrationStage::First).detail.startsWith(s("exit status 7")));
}

void TestMigrations::noSuchCommand()
{
    m_repository->usual();
    MigrationOptions options;
    options.command = {s("no-such-program-here")};
    const MigrationReport checked = report({}, options);
    QCOMPARE(checked.verdict(), MigrationVerdict::Fail);
    QVERIFY(stepOf(checked.rounds.first(), MigrationStage::First).detail.contains(s("no-such-program-here")));
}

void TestMigrations::badInput_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : {"command", "secret", "kind", "nothing", "hosts", "variable", "time", "name", "long"})
        QTest::newRow(what) << s(what);
}

void TestMigrations::badInput()
{
    QFETCH(QString, what);
    MigrationOptions options;
    options.fromEmpty = what != s("nothing");
    options.command = {s("true")};
    QString scratch = url(s("postgres"));
    if (what == s("command"))
        options.command.clear();
    else if (what == s("secret"))
        options.command = {s("alembic"), s("-x"), s("postgresql://a:pl4nted@h/d")};
    else if (what == s("kind"))
        scratch = s("redis://127.0.0.1/0");
    else if (what == s("hosts"))
        scratch = s("postgresql://a@one,two/d");
    else if (what == s("variable"))
        options.variable = s("A=B");
    else if (what == s("time"))
        options.timeout = Milliseconds(0);
    else if (what == s("name"))
        options.name = s("a\"; drop database shop; --");
    else if (what == s("long"))
        options.name = QString(64, u'a');
    const auto connection = parseConnectionString({scratch, {}, {}});
    QVERIFY(connection);
    const Result<MigrationReport> checked = checkMigrations(nullptr, *connection, options);
    QVERIFY(!checked);
    QCOMPARE(checked.error().kind, ErrorKind::Usage);
    QVERIFY(!checked.error().toString().contains(s("pl4nted")));
}

void TestMigrations::secretsAreCut()
{
    MigrationOptions options;
    options.command = {s("sh"), s("-c"), s("echo \"url is $DATABASE_URL\"; exit 1")};
    m_repository->usual();
    const MigrationReport checked = report(url(s("shop")), options); // report() looks for the password
    QVERIFY2(checked.rounds.first().output.value(0).startsWith(s("url is postgresql://")),
             qPrintable(checked.rounds.first().output.join(u'\n')));
}

QTEST_GUILESS_MAIN(TestMigrations)
#include "tst_migrations.moc"
