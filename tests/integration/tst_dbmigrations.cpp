// SPDX-License-Identifier: GPL-3.0-or-later
// db migrations from the command line: exit statuses, the schema of its JSON, Ctrl-C, and no password anywhere.
#include "tests/support/cli.h"
#include "tests/support/descendants.h"
#include "tests/support/postgresserver.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr char planted[] = "Planted-Pw-4471";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

class DbMigrationsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void passes();
    void fails();
    void notReached();
    void interrupted();
    void production();
    void usage_data();
    void usage();

private:
    void write(const char *name, const QByteArray &text) const;
    CliResult run(const QStringList &arguments, const QStringList &command, CliOptions options = {});

    QTemporaryDir m_folder;
    PostgresServer m_server;
    QMap<QString, QString> m_secrets;
    QString m_databases;
    QString m_said;
};

void DbMigrationsTest::write(const char *name, const QByteArray &text) const
{
    const QString path = m_folder.filePath(s(name));
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
}

CliResult DbMigrationsTest::run(const QStringList &arguments, const QStringList &command, CliOptions options)
{
    options.environment.insert(m_secrets);
    options.cwd = m_folder.path();
    QStringList all = QStringList{s("db"), s("migrations")} + arguments;
    if (!command.isEmpty())
        all += QStringList{s("--")} + command;
    const CliResult result = runCli(all, options);
    m_said += result.out + result.err;
    return result;
}

void DbMigrationsTest::initTestCase()
{
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        QSKIP(qPrintable(missing));
    if (QStandardPaths::findExecutable(s("alembic")).isEmpty())
        QSKIP("alembic is not installed");
    QVERIFY2(m_server.start({}, "host all all 127.0.0.1/32 scram-sha-256\n"), m_server.log().constData());
    const QString made = m_server.sql(s("create role app login createdb password '%1';\n"
                                        "create database shop owner app")
                                          .arg(s(planted)));
    QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
    m_secrets.insert(s("SOURCE_URL"), m_server.url(s("app:") + s(planted)));
    m_secrets.insert(s("SCRATCH_URL"), m_server.url(s("app:") + s(planted), s("postgres")));
    m_secrets.insert(s("CLOSED_URL"), s("postgresql://app:%1@127.0.0.1:1/shop").arg(s(planted)));
    m_databases = m_server.sql(s("select string_agg(datname, ' ' order by datname) from pg_database"));
    write("api/alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\n");
    write("api/migrations/script.py.mako", "");
    write("api/migrations/env.py", "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\n"
                                   "with create_engine(os.environ['DATABASE_URL']).begin() as connection:\n"
                                   "    context.configure(connection=connection)\n"
                                   "    with context.begin_transaction():\n"
                                   "        context.run_migrations()\n");
    write("api/migrations/versions/one.py",
          "from alembic import op\nrevision = 'one'\ndown_revision = None\ndef upgrade():\n"
          "    op.execute('create table orders (id serial primary key, note text)')\n");
}

void DbMigrationsTest::cleanup()
{
    QVERIFY2(!m_said.contains(s(planted)), qPrintable(m_said));
    m_said.clear();
    QCOMPARE(m_server.sql(s("select string_agg(datname, ' ' order by datname) from pg_database")), m_databases);
}

void DbMigrationsTest::passes()
{
    const CliResult result = run({s("env:SOURCE_URL"), s("--scratch"), s("env:SCRATCH_URL"), s("--from-empty"),
                                  s("--migrations"), s("api"), s("--format"), s("json")},
                                 {s("alembic"), s("upgrade"), s("head")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    const QString invalid = validate(s("db-migrations"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    QCOMPARE(result.json()[s("verdict")].toString(), s("pass"));
    QCOMPARE(result.json()[s("rounds")].toArray().size(), 2);
    QCOMPARE(result.json()[s("expected")][0].toString(), s("one"));
    QVERIFY2(result.err.contains(s("from empty: second ok")), qPrintable(result.err));
}

void DbMigrationsTest::fails()
{
    const CliResult result =
        run({s("--from-empty"), s("--scratch"), s("env:SCRATCH_URL")}, {s("psql-by-url"), s("x")}); // no such program
    QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("psql-by-url")), qPrintable(result.out));
    // Not idempotent, by no migration tool at all; its name says which statement it is.
    const CliResult twice = run({s("--from-empty"), s("--scratch"), s("env:SCRATCH_URL"), s("--format"), s("json")},
                                {s("/usr/bin/python3"), s("-c"),
                                 s("import os, psycopg2\nc = psycopg2.connect(os.environ['DATABASE_URL'])\n"
                                   "c.cursor().execute('create table if not exists t (id int); create index on t "
                                   "(id)')\nc.commit()")});
    QVERIFY2(twice.status == 1, qPrintable(twice.out + twice.err));
    const QString invalid = validate(s("db-migrations"), twice.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    QCOMPARE(twice.json()[s("rounds")][0][s("changes")][0][s("object")].toString(), s("INDEX public.t_id_idx1"));
}

void DbMigrationsTest::notReached()
{
    const CliResult result = run({s("env:CLOSED_URL"), s("--scratch"), s("env:SCRATCH_URL")}, {s("true")});
    QVERIFY2(result.status == 3, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("source   fail")), qPrintable(result.out));
}

void DbMigrationsTest::interrupted()
{
    CliOptions options;
    options.signalOn = s("from empty: fill skipped");
    options.signalAfterMs = 300; // while the command runs
    const CliResult result =
        run({s("--from-empty"), s("--scratch"), s("env:SCRATCH_URL")}, {s("sleep"), s("31.4")}, options);
    QVERIFY2(result.status == 130, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("cancelled")) && result.out.contains(s("is removed")), qPrintable(result.out));
    QCOMPARE(processesWith(s("31.4")), QStringList());
}

/// Whatever database of the production server the string names: the scratch database would be made there.
void DbMigrationsTest::production()
{
    write("live.toml", "schema = 1\nname = \"shop\"\n[[backend]]\nname = \"live\"\nplatform = \"render\"\nstage = "
                       "\"production\"\nurl = \"http://127.0.0.1:9\"\n[[backend.database]]\nname = \"main\"\n"
                       "url = \"env:SOURCE_URL\"\n");
    for (const char *scratch : {"env:SOURCE_URL", "env:SCRATCH_URL", "live/main"}) {
        const CliResult result =
            run({s("--workspace"), m_folder.filePath(s("live.toml")), s("--from-empty"), s("--scratch"), s(scratch)},
                {s("true")});
        QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
        QVERIFY2(result.err.contains(s("live, which is a production backend")) ||
                     result.err.contains(s("live is a production backend")),
                 qPrintable(result.err));
    }
}

void DbMigrationsTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QStringList>("command");
    QTest::addColumn<QString>("says");
    const QStringList scratch{s("--scratch"), s("env:SCRATCH_URL")};
    const QStringList runs{s("true")};
    QTest::newRow("no command") << scratch + QStringList{s("--from-empty")} << QStringList() << s("no command");
    QTest::newRow("no scratch") << QStringList{s("--from-empty")} << runs << s("--scratch");
    QTest::newRow("no source") << scratch << runs << s("--from-empty");
    QTest::newRow("name is there") << scratch + QStringList{s("--from-empty"), s("--name"), s("shop")} << runs
                                   << s("already");
    QTest::newRow("no migrations") << scratch + QStringList{s("--from-empty"), s("--migrations"), s("nowhere")} << runs
                                   << s("nowhere");
    QTest::newRow("no form") << scratch + QStringList{s("--from-empty"), s("--to"), s("odd")} << runs << s("--to");
    QTest::newRow("password") << QStringList{s("--from-empty"), s("--scratch"),
                                             s("postgresql://a:Other-Literal-1@127.0.0.1/x")}
                              << runs << s("password");
}

void DbMigrationsTest::usage()
{
    QFETCH(QStringList, arguments);
    QFETCH(QStringList, command);
    QFETCH(QString, says);
    const CliResult result = run(arguments, command);
    QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
    QVERIFY(!result.err.contains(s("Other-Literal")));
}

QTEST_GUILESS_MAIN(DbMigrationsTest)
#include "tst_dbmigrations.moc"
