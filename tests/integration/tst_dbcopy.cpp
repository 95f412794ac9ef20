// SPDX-License-Identifier: GPL-3.0-or-later
// db copy as a person or a pipeline runs it: what each exit status means, reports, a workspace with a tunnel, Ctrl-C,
// and that no password is in anything it writes.
#include "tests/support/cli.h"
#include "tests/support/descendants.h"
#include "tests/support/httpserver.h"
#include "tests/support/postgresserver.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <memory>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char planted[] = "Planted-Pw-4471";

QString stageOf(const CliResult &result, const char *stage)
{
    for (const QJsonValue each : result.json()[s("stages")].toArray()) {
        if (each[s("stage")].toString() == s(stage))
            return each[s("status")].toString();
    }
    return s("(none)");
}

} // namespace

class DbCopyTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void copiesAndCompares();
    void namesMoveNoCursor();
    void planDoesNothing();
    void notEmptyAndClean();
    void throughTheTunnel();
    void production();
    void productionByItsString();
    void interrupted();
    void killed();
    void usage_data();
    void usage();

private:
    CliResult copy(const QStringList &arguments, CliOptions options = {});
    QString count(const char *table) { return m_target.sql(s("select count(*) from %1").arg(s(table)), s("shop")); }

    QTemporaryDir m_folder;
    PostgresServer m_source, m_target;
    QMap<QString, QString> m_secrets;
    QString m_said; ///< all that was printed or written
};

CliResult DbCopyTest::copy(const QStringList &arguments, CliOptions options)
{
    options.environment.insert(m_secrets);
    options.environment.insert(s("XDG_STATE_HOME"), m_folder.filePath(s("state")));
    options.cwd = m_folder.path();
    const CliResult result = runCli(QStringList{s("db"), s("copy")} + arguments, options);
    m_said += result.out + result.err;
    return result;
}

void DbCopyTest::initTestCase()
{
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        QSKIP(qPrintable(missing));
    for (PostgresServer *server : {&m_source, &m_target}) {
        QVERIFY2(server->start({}, "host all all 127.0.0.1/32 scram-sha-256\n"), server->log().constData());
        const QString made = server->sql(s("create role app login password '%1';\ncreate database shop owner app;\n"
                                           "create database big owner app")
                                             .arg(s(planted)));
        QVERIFY2(!made.contains(s("ERROR")), qPrintable(made));
    }
    QString made = m_source.sql(s("set role app; create table orders (id serial primary key, note text); insert into "
                                  "orders (note) select 'n' || i from generate_series(1, 500) i"),
                                s("shop"));
    made +=
        m_source.sql(s("set role app; create table lots (id int primary key, body text); insert into lots select i, "
                       "repeat(md5(i::text), 40) from generate_series(1, 150000) i; create index on lots (body)"),
                     s("big"));
    QVERIFY2(!made.contains(s("ERROR")), qPrintable(made));
    const auto url = [](const PostgresServer &server, const char *database) {
        return server.url(s("app:") + s(planted), s(database));
    };
    m_secrets.insert(s("SOURCE_URL"), url(m_source, "shop"));
    m_secrets.insert(s("BIG_URL"), url(m_source, "big"));
    m_secrets.insert(s("TARGET_URL"), url(m_target, "shop"));
    m_secrets.insert(s("WRONG_URL"), m_target.url(s("app:%1-wrong").arg(s(planted))));
}

void DbCopyTest::init()
{
    m_target.sql(s("drop database if exists shop with (force);\ncreate database shop owner app"));
}

void DbCopyTest::cleanup()
{
    QVERIFY2(!m_said.contains(s(planted)), qPrintable(m_said));
    m_said.clear();
    QCOMPARE(processesWith(s("pg_dump")), QStringList());
    QCOMPARE(processesWith(s("forwarder.py")), QStringList());
}

void DbCopyTest::copiesAndCompares()
{
    const QString markdown = m_folder.filePath(s("copy.md"));
    const QString html = m_folder.filePath(s("copy.html"));
    const QString junit = m_folder.filePath(s("copy.xml"));
    const CliResult result = copy({s("env:SOURCE_URL"), s("env:TARGET_URL"), s("--format"), s("json"), s("--report"),
                                   markdown, s("--report"), html, s("--junit"), junit});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    const QString invalid = validate(s("db-copy"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    QCOMPARE(result.json()[s("verdict")].toString(), s("pass"));
    QCOMPARE(result.json()[s("comparison")][s("verdict")].toString(), s("pass"));
    QVERIFY2(result.err.contains(s("copy ok:")), qPrintable(result.err));
    QCOMPARE(m_target.dump(s("shop")), m_source.dump(s("shop")));
    for (const QString &path : {markdown, html, junit}) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(file.readAll());
        QVERIFY2(text.contains(s("sequences")), qPrintable(text));
        m_said += text;
        if (path == junit) {
            QXmlStreamReader reader(text);
            while (!reader.atEnd())
                reader.readNext();
            QVERIFY(!reader.hasError());
        }
    }
}

/// A table's name may hold what a terminal obeys.
void DbCopyTest::namesMoveNoCursor()
{
    m_target.sql(
        s("set role app; create table \"esc\x1b[31mred\" (id int); create table \"two\nlines\" (id int); create "
          "table orders (id int)"),
        s("shop"));
    for (const QStringList &more :
         {QStringList(), QStringList{s("--into-nonempty")}, QStringList{s("--clean"), s("shop")}}) {
        const CliResult result = copy(QStringList{s("env:SOURCE_URL"), s("env:TARGET_URL"), s("--plan")} + more);
        QVERIFY2(!(result.out + result.err).contains(u'\x1b'), qPrintable(result.out + result.err));
        QVERIFY2(result.out.contains(s("public.two lines")), qPrintable(result.out));
    }
}

void DbCopyTest::planDoesNothing()
{
    const CliResult result = copy({s("env:SOURCE_URL"), s("env:TARGET_URL"), s("--plan"), s("--final")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("to freeze writes")), qPrintable(result.out));
    QVERIFY2(result.out.contains(s("the target is empty")), qPrintable(result.out));
    QVERIFY(count("orders").contains(s("ERROR")));
}

void DbCopyTest::notEmptyAndClean()
{
    m_target.sql(s("set role app; create table orders (id serial primary key, note text); create table kept (x int)"),
                 s("shop"));
    const QStringList pair{s("env:SOURCE_URL"), s("env:TARGET_URL")};
    CliResult result = copy(pair);
    QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("the target is not empty: table public.orders")), qPrintable(result.out));
    result = copy(pair + QStringList{s("--clean"), s("shop"), s("--plan")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("would be deleted at the target:\n  table public.orders")), qPrintable(result.out));
    QCOMPARE(count("orders"), s("0"));
    result = copy(pair + QStringList{s("--clean"), s("shop"), s("--format"), s("json")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QCOMPARE(count("orders"), s("500"));
    QCOMPARE(count("kept"), s("0"));
    // What stays there is told, and is no difference that a copy could have prevented.
    QVERIFY2(result.json()[s("stays")].toArray().contains(s("table public.kept")), qPrintable(result.out));
}

void DbCopyTest::throughTheTunnel()
{
    const quint16 port = closedPort();
    QFile file(m_folder.filePath(s("switchyard.toml")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(
        s("schema = 1\nname = \"shop\"\n[[backend]]\nname = \"fly\"\nplatform = \"fly\"\nurl = \"http://127.0.0.1:9\"\n"
          "  [[backend.database]]\n  name = \"main\"\n  url = \"env:TUNNEL_URL\"\n"
          "  tunnel = [\"/usr/bin/python3\", \"%1\", \"%2\", \"%3\"]\n"
          "[[backend]]\nname = \"render\"\nplatform = \"render\"\nstage = \"production\"\nurl = "
          "\"http://127.0.0.1:9\"\n"
          "  [[backend.database]]\n  name = \"main\"\n  url = \"env:TARGET_URL\"\n")
            .arg(s(SOURCE_DIR "/tests/support/forwarder.py"))
            .arg(port)
            .arg(m_source.port())
            .toUtf8());
    file.close();
    m_secrets.insert(s("TUNNEL_URL"),
                     s("postgresql://app:%1@localhost:%2/shop?sslmode=disable").arg(s(planted)).arg(port));
    const CliResult result =
        copy({s("fly/main"), s("env:TARGET_URL"), s("--unlock"), s("render"), s("--format"), s("json")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QCOMPARE(result.json()[s("source")][s("name")].toString(), s("fly/main"));
    QCOMPARE(count("orders"), s("500"));
    // The other two go through it as well.
    CliOptions options;
    options.environment = m_secrets;
    options.cwd = m_folder.path();
    const CliResult probed = runCli({s("db"), s("probe"), s("--backend"), s("fly"), s("--format"), s("json")}, options);
    QVERIFY2(probed.status == 0 && stageOf(probed, "query") == s("ok"), qPrintable(probed.out + probed.err));
    const CliResult compared = runCli({s("db"), s("compare"), s("fly/main"), s("render/main")}, options);
    QVERIFY2(compared.status == 0, qPrintable(compared.out + compared.err));
    m_said += probed.out + probed.err + compared.out + compared.err;
    // One that cannot be: the port is somebody's.
    const ScriptedPeer taken([](int, const std::atomic<bool> &) {});
    options.environment.insert(
        s("TUNNEL_URL"), s("postgresql://app:%1@localhost:%2/shop?sslmode=disable").arg(s(planted)).arg(taken.port()));
    const CliResult refused =
        runCli({s("db"), s("probe"), s("--backend"), s("fly"), s("--format"), s("json")}, options);
    QVERIFY2(refused.status == 1 && stageOf(refused, "tcp") == s("fail"), qPrintable(refused.out + refused.err));
    QVERIFY2(refused.out.contains(s("listens at port")), qPrintable(refused.out));
    m_said += refused.out + refused.err;
}

void DbCopyTest::production()
{
    // The workspace of the test before.
    QFile log(m_folder.filePath(s("state/switchyard/audit.jsonl")));
    QVERIFY(log.remove());
    CliResult result = copy({s("env:SOURCE_URL"), s("render/main")});
    QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
    QVERIFY2(result.err.contains(s("--unlock render")), qPrintable(result.err));
    QVERIFY(count("orders").contains(s("ERROR")));
    result = copy({s("env:SOURCE_URL"), s("render/main"), s("--plan")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    result = copy({s("env:SOURCE_URL"), s("render/main"), s("--unlock"), s("render"), s("--no-compare")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QCOMPARE(count("orders"), s("500"));
    QVERIFY(log.open(QIODevice::ReadOnly));
    QCOMPARE(log.readAll().count("db copy"), qsizetype(2));
    // For the tests that follow nothing is locked.
    QFile workspace(m_folder.filePath(s("switchyard.toml")));
    QVERIFY(workspace.open(QIODevice::ReadWrite));
    const QByteArray text = workspace.readAll().replace("stage = \"production\"\n", "");
    QVERIFY(workspace.resize(0) && workspace.seek(0) && workspace.write(text) == text.size());
}

/// The lock belongs to the database, by whatever name it is given.
void DbCopyTest::productionByItsString()
{
    const QString port = QString::number(m_target.port());
    m_secrets.insert(s("LOCKED_URL"), m_target.url(s("app:") + s(planted)));
    m_secrets.insert(s("SAME_URL"), s("postgres://app:%1@LOCALHOST:%2/shop?sslmode=disable").arg(s(planted), port));
    m_secrets.insert(s("BESIDE_URL"), m_target.url(s("app:") + s(planted), s("big")));
    const QString file = m_folder.filePath(s("locked.toml"));
    QFile workspace(file);
    QVERIFY(workspace.open(QIODevice::WriteOnly));
    workspace.write("schema = 1\nname = \"moves\"\n[[backend]]\nname = \"live\"\nplatform = \"render\"\n"
                    "url = \"https://x.onrender.com\"\nstage = \"production\"\n[[backend.database]]\n"
                    "name = \"main\"\nurl = \"env:LOCKED_URL\"\n[[backend.database]]\nname = \"unread\"\n"
                    "url = \"env:NOT_SET_HERE\"\n[[backend]]\nname = \"stage\"\nplatform = \"fly\"\n"
                    "url = \"https://x.fly.dev\"\n[[backend.database]]\nname = \"main\"\nurl = \"env:SAME_URL\"\n");
    workspace.close();
    const auto into = [&](const QString &target, const QStringList &more = {}) {
        return copy(QStringList{s("--workspace"), file, s("env:SOURCE_URL"), target, s("--no-compare")} + more);
    };
    QFile log(m_folder.filePath(s("state/switchyard/audit.jsonl")));
    const auto noted = [&log] {
        const bool open = log.open(QIODevice::ReadOnly);
        const QByteArray text = open ? log.readAll() : QByteArray();
        log.close();
        return text.count("\"live\"");
    };
    for (const char *target : {"env:LOCKED_URL", "env:SAME_URL", "env:TARGET_URL", "stage/main"}) {
        const CliResult result = into(s(target));
        QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
        QVERIFY2(result.err.contains(s("--unlock live")), qPrintable(result.err));
        QVERIFY(count("orders").contains(s("ERROR")));
    }
    QCOMPARE(noted(), qsizetype(0));
    CliResult result = into(s("env:SAME_URL"), {s("--plan")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    result = into(s("env:SAME_URL"), {s("--unlock"), s("live")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QCOMPARE(noted(), qsizetype(2));
    result = into(s("env:BESIDE_URL")); // another database of the same server
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QVERIFY(workspace.open(QIODevice::WriteOnly));
    workspace.write("[[backend");
    workspace.close();
    result = into(s("env:TARGET_URL"));
    QVERIFY2(result.status == 2 && result.err.contains(s("cannot be told")), qPrintable(result.out + result.err));
}

void DbCopyTest::interrupted()
{
    CliOptions options;
    options.signalOn = s("MB/s");
    const CliResult result = copy({s("env:BIG_URL"), s("env:TARGET_URL"), s("--format"), s("json")}, options);
    QVERIFY2(result.status == 130, qPrintable(result.out + result.err));
    QCOMPARE(result.json()[s("cancelled")].toBool(), true);
    QCOMPARE(result.json()[s("target_changed")].toBool(), false);
    QCOMPARE(stageOf(result, "copy"), s("not-reached"));
    QVERIFY(count("lots").contains(s("ERROR")));
    QTRY_COMPARE(m_source.sql(s("select count(*) from pg_stat_activity where datname = 'big'")), s("0"));
    QTRY_COMPARE(m_target.sql(s("select count(*) from pg_stat_activity where datname = 'shop'")), s("0"));
}

/// SIGKILL: nobody cleans up, and there is nothing to.
void DbCopyTest::killed()
{
    QMap<QString, QString> environment = m_secrets;
    environment.insert(s("XDG_STATE_HOME"), m_folder.filePath(s("state")));
    {
        Watcher watcher({s("db"), s("copy"), s("env:BIG_URL"), s("env:TARGET_URL")}, environment, m_folder.path());
        QVERIFY2(watcher.says("MB/s", 60'000), watcher.said.constData());
        watcher.process.kill();
        QVERIFY(watcher.process.waitForFinished());
    }
    QTRY_COMPARE(processesWith(s("pg_restore")), QStringList());
    QTRY_COMPARE(processesWith(s("pg_dump")), QStringList());
    QTRY_COMPARE(m_target.sql(s("select count(*) from pg_stat_activity where datname = 'shop'")), s("0"));
    QVERIFY(count("lots").contains(s("ERROR")));
}

void DbCopyTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("says");
    const QString source = s("env:SOURCE_URL");
    const QString target = s("env:TARGET_URL");
    QTest::newRow("literal password") << QStringList{s("postgresql://a:Other-Literal-1@h/d"), target} << 2
                                      << s("password on the command line");
    QTest::newRow("one only") << QStringList{source} << 2 << s("TARGET");
    QTest::newRow("another kind") << QStringList{source, s("sqlite:///x.db")} << 2 << s("only PostgreSQL");
    QTest::newRow("clean of another name")
        << QStringList{source, target, s("--clean"), s("other")} << 2 << s("letter for letter");
    QTest::newRow("report") << QStringList{source, target, s("--report"), s("x.pdf")} << 2 << s(".json, .md, .html");
    QTest::newRow("jobs") << QStringList{source, target, s("--jobs"), s("2")} << 2 << s("--file FOLDER");
    QTest::newRow("timeout") << QStringList{source, target, s("--timeout"), s("5")} << 2 << s("--timeout");
    QTest::newRow("no such database") << QStringList{s("fly/none"), target} << 2 << s("fly");
    QTest::newRow("programs") << QStringList{source, target, s("--programs"), s("/nowhere")} << 1
                              << s("/nowhere has no pg_dump");
    QTest::newRow("wrong password") << QStringList{source, s("env:WRONG_URL")} << 1 << s("password");
    QTest::newRow("itself") << QStringList{source, source} << 1 << s("the same database");
}

void DbCopyTest::usage()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, status);
    QFETCH(QString, says);
    const CliResult result = copy(arguments);
    QVERIFY2(result.status == status, qPrintable(result.out + result.err));
    QVERIFY2((result.out + result.err).contains(says), qPrintable(result.out + result.err));
    QVERIFY(!(result.out + result.err).contains(s("Other-Literal")));
    QVERIFY(count("orders").contains(s("ERROR")));
}

QTEST_GUILESS_MAIN(DbCopyTest)
#include "tst_dbcopy.moc"
