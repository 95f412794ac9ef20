// SPDX-License-Identifier: GPL-3.0-or-later
// db copy's engine between real servers: what arrives is equal to the byte, what fails leaves the target as it was, and
// nothing stays behind: no child, no session, no file, no password.
#include "models/common/secret.h"
#include "models/database/copy/copy.h"
#include "models/database/copy/copyaccess.h"
#include "models/database/copy/copyhints.h"
#include "models/database/copy/copyprograms.h"
#include "models/database/copy/copyrun.h"
#include "tests/support/descendants.h"
#include "tests/support/ownprocess.h"
#include "tests/support/postgresserver.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>

#include <sys/mount.h>
#include <unistd.h>

#include <memory>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const QString password = QStringLiteral("pl4nted:S3cret\\ ~");

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

QString told(const CopyReport &report)
{
    QStringList lines{s("verdict %1").arg(copyVerdictName(report.verdict()))};
    for (const CopyStep &each : report.steps)
        lines.append(
            s("%1 %2: %3 | %4").arg(copyStageName(each.stage), stageStatusName(each.status), each.detail, each.hint));
    return lines.join(QLatin1Char('\n'));
}

CopyStep stepOf(const CopyReport &report, CopyStage stage)
{
    for (const CopyStep &each : report.steps) {
        if (each.stage == stage)
            return each;
    }
    return {};
}

/// Where the text stands in an argument or the environment of what this process started.
QStringList processesShowing(const QByteArray &text)
{
    QStringList found;
    for (const QString &pid : ownDescendants()) {
        for (const char *name : {"cmdline", "environ"}) {
            QFile file(s("/proc/%1/%2").arg(pid, s(name)));
            if (file.open(QIODevice::ReadOnly) && file.readAll().contains(text))
                found.append(file.fileName());
        }
    }
    return found;
}

/// One of each kind of thing that a dump has to carry.
QString everything()
{
    QFile file(s(SOURCE_DIR "/tests/fixtures/database/everything.sql"));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no fixture");
    return QString::fromUtf8(file.readAll());
}

} // namespace

class TestCopy final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void lines_data();
    void lines();
    void causes();
    void programChoice();
    void everythingArrives();
    void planWritesNothing();
    void targetHasSomething();
    void refusedTargets();
    void partitionsAndClean();
    void throughAPooler();
    void otherEncoding();
    void mayNotReadAll();
    void withoutRows();
    void oneBigTable();
    void countsTables();
    void killedProgram();
    void oldPrograms();
    void passwords_data();
    void passwords();
    void wrongPassword();
    void verifiedTls();
    void nothingShowsThePassword();
    void cancelled_data();
    void cancelled();
    void sourceDies();
    void targetDies();
    void throughFile();
    void fullDisk();
    void parallel();
    void partOfIt();
    void missingExtension();
    void writtenSince();
    void outOfTime();

private:
    QString sourceUrl(const QString &database = s("shop")) const { return urlOf(*m_source, database); }
    QString targetUrl(const QString &database = s("shop")) const { return urlOf(*m_target, database); }
    QString urlOf(const PostgresServer &server, const QString &database) const
    {
        return server.url(s("app:") + percentEncoded(password), database);
    }
    CopyReport copy(const QString &source, const QString &target, CopyOptions options = {});
    CopyReport copy(CopyOptions options = {}) { return copy(sourceUrl(), targetUrl(), std::move(options)); }
    /// "shop" at the target is empty and the app's own.
    void emptyTarget();
    QString tablesAt(PostgresServer &server, const QString &database = s("shop"));
    /// A database of the source's server with what `statements` make as the app; gone with the next one of that name.
    void makeAtSource(const QString &database, const QString &statements);
    /// No session of ours is left there.
    bool isQuiet(PostgresServer &server);

    std::unique_ptr<PostgresServer> m_source, m_target;
    TestCertificates m_certificates;
    QTemporaryDir m_folder;
    int m_descriptors = 0;
};

CopyReport TestCopy::copy(const QString &source, const QString &target, CopyOptions options)
{
    if (options.recordFolder.isEmpty())
        options.recordFolder = m_folder.filePath(s("records"));
    options.compareAfter = options.compareAfter && !source.contains(s("/big?")); // the others show enough of it
    options.compare.timeout = Milliseconds(60'000);
    const CopyReport report = copyDatabase(parsed(source), parsed(target), options);
    const QByteArray json = QJsonDocument(copyReportToJson(report)).toJson();
    for (const QByteArray &text :
         {json, copyReportToMarkdown(report), copyReportToHtml(report), copyReportToJunit(report)}) {
        if (text.contains("pl4nted") || text.contains("S3cret"))
            qFatal("the report has the password: %s", text.constData());
    }
    return report;
}

void TestCopy::emptyTarget()
{
    const QString done = m_target->sql(s("drop database if exists shop with (force);\ncreate database shop owner app"));
    QVERIFY2(!done.startsWith(s("ERROR")), qPrintable(done));
}

QString TestCopy::tablesAt(PostgresServer &server, const QString &database)
{
    return server.sql(
        s("select count(*) from pg_class where relnamespace in (select oid from pg_namespace where nspname "
          "!~ '^pg_' and nspname <> 'information_schema') and relkind <> 'i'"),
        database);
}

bool TestCopy::isQuiet(PostgresServer &server)
{
    return QTest::qWaitFor([&] {
        return server.sql(s("select count(*) from pg_stat_activity where application_name like 'switchyard%' or "
                            "application_name like 'pg_dump%' or application_name like 'pg_restore%'")) == s("0");
    });
}

void TestCopy::initTestCase()
{
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        QSKIP(qPrintable(missing));
    for (auto *server : {&m_source, &m_target}) {
        *server = std::make_unique<PostgresServer>();
        QVERIFY2(
            (*server)->start({s("password_encryption = 'scram-sha-256'")}, "host all all 127.0.0.1/32 scram-sha-256\n"),
            (*server)->log().constData());
        QString quoted = password;
        const QString made =
            (*server)->sql(s("create role app login password '%1';\ncreate role reader login password 'x';\n"
                             "create database shop owner app")
                               .arg(quoted));
        QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
    }
    QString filled = m_source->sql(s("set role app;\n") + everything(), s("shop"));
    QVERIFY2(!filled.startsWith(s("ERROR")), qPrintable(filled));
    filled = m_source->sql(s("create database big owner app"));
    QVERIFY2(!filled.startsWith(s("ERROR")), qPrintable(filled));
    filled = m_source->sql(s("set role app;\ncreate table first (id int primary key, t text);\n"
                             "insert into first select i, 'x' from generate_series(1, 1000) i;\n"
                             "create table lots (id int primary key, body text);\n"
                             "insert into lots select i, repeat(md5(i::text), 20) from generate_series(1, 100000) i;\n"
                             "create table more (id int primary key, body text);\n"
                             "insert into more select i, repeat(md5(i::text), 20) from generate_series(1, 50000) i;\n"
                             "create index lots_body on lots (body);\ncreate index lots_rev on lots (reverse(body))"),
                           s("big"));
    QVERIFY2(!filled.startsWith(s("ERROR")), qPrintable(filled));
}

void TestCopy::init()
{
    emptyTarget();
    m_descriptors = openDescriptors();
}

void TestCopy::cleanup()
{
    QCOMPARE(ownChildren(), 2); // the two servers
    QVERIFY(openDescriptors() <= m_descriptors);
    QVERIFY(isQuiet(*m_source));
    QVERIFY(isQuiet(*m_target));
}

void TestCopy::lines_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("object");
    using Kind = CopyLine::Kind;
    QTest::newRow("rows") << QByteArray("pg_restore: processing data for table \"public.a \"b\" 🐘\"")
                          << int(Kind::Table) << s("public.a \"b\" 🐘");
    QTest::newRow("a name's first line") << QByteArray("pg_restore: processing data for table \"public.two")
                                         << int(Kind::Table) << s("public.two");
    QTest::newRow("dumped") << QByteArray("pg_dump: dumping contents of table \"public.orders\"") << int(Kind::Table)
                            << s("public.orders");
    QTest::newRow("made") << QByteArray("pg_restore: creating INDEX \"public.orders_pkey\"") << int(Kind::Object)
                          << s("index public.orders_pkey");
    QTest::newRow("made fk") << QByteArray("pg_restore: creating FK CONSTRAINT \"public.c f\"") << int(Kind::Object)
                             << s("fk constraint public.c f");
    QTest::newRow("set") << QByteArray("pg_restore: executing SEQUENCE SET tickets") << int(Kind::Object)
                         << s("sequence set tickets");
    QTest::newRow("error") << QByteArray("pg_restore: error: could not execute query: ERROR:  boo") << int(Kind::Error)
                           << s("could not execute query: ERROR:  boo");
    QTest::newRow("old") << QByteArray("pg_restore: [archiver (db)] error: boo") << int(Kind::Error) << s("boo");
    QTest::newRow("detail") << QByteArray("pg_dump: detail: Query was: x") << int(Kind::Detail) << s("Query was: x");
    QTest::newRow("other") << QByteArray("pg_dump: last built-in OID is 16383") << int(Kind::Other) << QString();
    QTest::newRow("no UTF-8") << QByteArray("\xff\xfe") << int(Kind::Other) << QString();
}

void TestCopy::lines()
{
    QFETCH(QByteArray, line);
    const CopyLine read = copyLine(line);
    QTEST(int(read.kind), "kind");
    QTEST(read.object, "object");
}

void TestCopy::causes()
{
    QCOMPARE(copyCause(s("could not execute query: ERROR:  extension \"postgis\" is not available")).id,
             s("extension"));
    QCOMPARE(copyCause(s("could not write to output file: No space left on device")).id, s("dump-disk"));
    QCOMPARE(copyCause(s("ERROR:  could not extend file \"base/1\": No space left on device")).id, s("disk"));
    QCOMPARE(copyCause(s("ERROR:  out of shared memory")).id, s("locks"));
    QCOMPARE(copyCause(s("aborting because of server version mismatch")).id, s("version"));
    QCOMPARE(copyCause(s("server closed the connection unexpectedly")).id, s("connection"));
    QCOMPARE(copyCause(s("ERROR:  cannot drop inherited constraint \"evd_pkey\" of relation \"evd\"")).id,
             s("partitions"));
    QCOMPARE(copyCause(s("ERROR:  cannot drop index evd_d_idx because index ev_d_idx requires it")).id,
             s("partitions"));
    QCOMPARE(copyCause(s("ERROR:  column \"id\" of relation \"parent\" does not exist")).id, s("structure"));
    QCOMPARE(copyCause(s("ERROR:  null value in column \"a\" of relation \"t\" violates not-null constraint")).id,
             s("constraint"));
    QVERIFY(copyCause(s("something new")).id.isEmpty());
    QCOMPARE(passwordLine(Secret(s("a:b\\c"))), QByteArray("*:*:*:*:a\\:b\\\\c\n"));
}

void TestCopy::programChoice()
{
    const auto of = [](int major) { return DumpPrograms{{}, {}, major, QString::number(major) + s(".1")}; };
    const QList<DumpPrograms> all{of(18), of(16), of(15), of(13)};
    const auto chosen = [&](int source, int target) {
        const auto choice = chooseDumpPrograms(all, source, target);
        return choice ? s("%1%2").arg(choice->programs.major).arg(choice->warning.isEmpty() ? QString() : s("!"))
                      : s("none");
    };
    QCOMPARE(chosen(15, 16), s("16"));
    QCOMPARE(chosen(15, 17), s("16"));
    QCOMPARE(chosen(14, 14), s("15!"));
    QCOMPARE(chosen(13, 13), s("13"));
    QCOMPARE(chosen(17, 17), s("18!"));
    QCOMPARE(chosen(19, 19), s("none"));
    QVERIFY(!chooseDumpPrograms({}, 15, 15));
}

void TestCopy::everythingArrives()
{
    QStringList objects;
    qint64 bytes = 0;
    QList<CopyStage> stages;
    CopyOptions options;
    options.onProgress = [&](const CopyProgress &progress) {
        objects.append(progress.object);
        bytes = std::max(bytes, progress.bytes);
        QVERIFY(!progress.share || (*progress.share >= 0 && *progress.share <= 1));
    };
    options.onStep = [&](const CopyStep &step) { stages.append(step.stage); };
    const CopyReport report = copy(options);
    QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
    QVERIFY2(stages == copyStages(), qPrintable(told(report)));
    // How much room the target has, no server tells.
    for (const CopyStep &each : report.steps)
        QVERIFY2(each.stage == CopyStage::Space ? each.status == StageStatus::Skipped
                                                : each.status == StageStatus::Ok && each.ms,
                 qPrintable(told(report)));
    QCOMPARE(m_target->dump(s("shop")), m_source->dump(s("shop")));
    QVERIFY(m_source->dump(s("shop")).size() > 100'000);
    QVERIFY(report.dumpBytes > 3'000'000);
    QVERIFY(bytes > 0);
    QVERIFY2(objects.join(u' ').contains(s("public.")), qPrintable(objects.join(u'\n')));
    QVERIFY2(report.leftOut.join(u' ').contains(s("owners (app)")), qPrintable(report.leftOut.join(u'\n')));
    QCOMPARE(m_target->sql(s("select count(*) from pg_stats where tablename = 'kinds'"), s("shop")).toInt() > 3, true);
}

void TestCopy::planWritesNothing()
{
    CopyOptions options;
    options.planOnly = true;
    options.finalSync = true;
    options.sourcePlatform = s("fly");
    const CopyReport report = copy(options);
    QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
    QCOMPARE(stepOf(report, CopyStage::Copy).status, StageStatus::Skipped);
    QCOMPARE(tablesAt(*m_target), s("0"));
    QVERIFY(report.freeze.join(u' ').contains(s("fly scale count 0")));
    QVERIFY(report.freeze.join(u' ').contains(s("default_transaction_read_only")));
    QVERIFY(report.tables >= 8);
    QVERIFY(!QFileInfo::exists(m_folder.filePath(s("records"))) ||
            QDir(m_folder.filePath(s("records"))).entryList(QDir::Files).size() <= 1);
    m_source->sql(s("create database lone owner app"));
    m_source->sql(s("set role app; create table one (x int); grant select on one to public"), s("lone"));
    options.finalSync = false;
    const CopyReport lone = copy(sourceUrl().replace(s("/shop"), s("/lone")), targetUrl(), options);
    QVERIFY2(lone.leftOut.contains(s("grants on 1 table, view or sequence")), qPrintable(lone.leftOut.join(u'\n')));
    m_source->sql(s("drop database lone with (force)"));
}

void TestCopy::targetHasSomething()
{
    m_target->sql(
        s("set role app; create table parent (mine int); create table mine (x int); insert into mine values (7)"),
        s("shop"));
    CopyReport report = copy();
    QCOMPARE(report.failed() ? report.failed()->stage : CopyStage::Copy, CopyStage::Contents);
    QVERIFY2(report.failed()->detail.contains(s("table public.mine")), qPrintable(told(report)));
    QVERIFY2(report.failed()->hint.contains(s("--clean shop")), qPrintable(told(report)));
    QCOMPARE(tablesAt(*m_target), s("2"));

    CopyOptions beside;
    beside.intoNonEmpty = true;
    report = copy(beside);
    QVERIFY2(report.failed() && report.failed()->detail.contains(s("both have: table public.parent")),
             qPrintable(told(report)));
    QCOMPARE(tablesAt(*m_target), s("2"));

    CopyOptions wrongName;
    wrongName.clean = s("Shop");
    report = copy(wrongName);
    QVERIFY2(report.failed() && report.failed()->detail.contains(s("--clean names")), qPrintable(told(report)));
    QCOMPARE(tablesAt(*m_target), s("2"));

    CopyOptions clean;
    clean.clean = s("shop");
    clean.compareAfter = false;
    // pg_restore takes apart what it knows of the source: a table built otherwise ends it.
    report = copy(clean);
    QVERIFY2(report.failed() && report.failed()->detail.contains(s("built otherwise")), qPrintable(told(report)));
    QVERIFY(!report.targetChanged);
    m_target->sql(s("drop table parent; set role app; create table parent (id serial primary key, name text unique not "
                    "null check (length(name) < 100))"),
                  s("shop"));
    report = copy(clean);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(report.deleted, (QStringList{s("table public.parent"), s("sequence public.parent_id_seq")}));
    QVERIFY2(report.stays.contains(s("table public.mine")), qPrintable(report.stays.join(u'\n')));
    QCOMPARE(m_target->sql(s("select x from mine"), s("shop")), s("7"));
    QCOMPARE(m_target->sql(s("select count(*) from parent"), s("shop")), s("50"));

    // Again, over everything that the first one brought.
    report = copy(clean);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(m_target->sql(s("select count(*) from kinds"), s("shop")), s("302"));
    QVERIFY2(report.deleted.size() > 8, qPrintable(report.deleted.join(u'\n')));

    // What is not to be deleted depends on it: nothing happens.
    m_target->sql(s("set role app; create view onmine as select * from parent"), s("shop"));
    report = copy(clean);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Copy, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("depends on what is dropped")), qPrintable(told(report)));
    QVERIFY(!report.targetChanged);
    QCOMPARE(m_target->sql(s("select count(*) from onmine"), s("shop")), s("50"));
}

void TestCopy::refusedTargets()
{
    CopyReport report = copy(sourceUrl(), sourceUrl());
    QVERIFY2(report.failed() && report.failed()->detail.contains(s("the same database")), qPrintable(told(report)));
    m_target->sql(s("alter database shop owner to admin"));
    report = copy();
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Target, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("may not create")), qPrintable(told(report)));
    m_target->sql(s("grant create on database shop to app"));
    report = copy();
    QVERIFY2(report.failed() && report.failed()->detail.contains(s("schema public")), qPrintable(told(report)));
    m_target->sql(s("alter database shop owner to app; alter database shop set default_transaction_read_only = on"));
    report = copy();
    QVERIFY2(report.failed() && report.failed()->detail.contains(s("read only")), qPrintable(told(report)));
    for (const CopyStep &each : report.steps)
        QVERIFY2(each.stage <= CopyStage::Target || each.status == StageStatus::NotReached, qPrintable(told(report)));
}

void TestCopy::makeAtSource(const QString &database, const QString &statements)
{
    QString made =
        m_source->sql(s("drop database if exists %1 with (force);\ncreate database %1 owner app").arg(database));
    made += m_source->sql(s("set role app;\n") + statements, database);
    QVERIFY2(!made.contains(s("ERROR")), qPrintable(made));
}

/// What cannot be dropped piece by piece is told by the plan.
void TestCopy::partitionsAndClean()
{
    const QString table = s("create table ev (id int, d date, primary key (id, d)) partition by range (d);\n"
                            "create table ev1 partition of ev for values from ('2025-01-01') to ('2026-01-01');\n"
                            "create table evd partition of ev default;\n"
                            "insert into ev select i, date '2025-06-01' + i from generate_series(1, 300) i");
    makeAtSource(s("part"), table);
    CopyOptions clean;
    clean.clean = s("shop");
    CopyReport report = copy(sourceUrl(s("part")), targetUrl());
    QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
    for (const bool planOnly : {true, false}) {
        clean.planOnly = planOnly;
        report = copy(sourceUrl(s("part")), targetUrl(), clean);
        QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Contents, qPrintable(told(report)));
        QVERIFY2(report.failed()->detail.contains(s("public.ev1_pkey of ev1, public.evd_pkey of evd")),
                 qPrintable(told(report)));
        QVERIFY2(report.failed()->hint.contains(s("empty target")), qPrintable(told(report)));
        QCOMPARE(m_target->sql(s("select count(*) from ev"), s("shop")), s("300"));
    }
    // Without a key they can be replaced; a partition that only the target has would go with the whole table.
    makeAtSource(s("part"), QString(table).remove(s(", primary key (id, d)")));
    m_target->sql(s("drop table ev"), s("shop"));
    report = copy(sourceUrl(s("part")), targetUrl());
    QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
    report = copy(sourceUrl(s("part")), targetUrl(), clean);
    QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
    m_target->sql(s("set role app; create table ev2 partition of ev for values from ('2030-01-01') to ('2031-01-01')"),
                  s("shop"));
    report = copy(sourceUrl(s("part")), targetUrl(), clean);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Contents, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("public.ev2")), qPrintable(told(report)));
}

/// pg_dump's empty search_path would stay with the application's next transaction.
void TestCopy::throughAPooler()
{
    if (const QString why = PgBouncer::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    for (PostgresServer *server : {m_source.get(), m_target.get()}) {
        for (const char *mode : {"transaction", "session"}) {
            PgBouncer pooler;
            QVERIFY2(pooler.start(*server, mode, "\"app\" \"" + password.toUtf8() + "\"\n"), pooler.log().constData());
            const QString url = s("postgresql://app:%1@127.0.0.1:%2/shop?sslmode=disable")
                                    .arg(percentEncoded(password))
                                    .arg(pooler.port());
            const bool source = server == m_source.get();
            CopyOptions plan;
            plan.planOnly = true;
            const CopyReport report = copy(source ? url : sourceUrl(), source ? targetUrl() : url, plan);
            const CopyStep step = stepOf(report, source ? CopyStage::Source : CopyStage::Target);
            QCOMPARE(step.status == StageStatus::Fail, QByteArray(mode) == "transaction");
            QVERIFY2(step.detail.contains(s("through a pooler")), qPrintable(told(report)));
            if (step.status == StageStatus::Fail)
                QVERIFY2(step.hint.contains(s("direct host and port")), qPrintable(told(report)));
            else
                QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
        }
        server->sql(s("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'shop'"));
    }
}

void TestCopy::otherEncoding()
{
    m_target->sql(s("drop database shop with (force);\ncreate database shop owner app encoding 'LATIN1' locale 'C' "
                    "template template0"));
    CopyOptions options;
    options.planOnly = true;
    CopyReport report = copy(options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Target, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("its encoding is LATIN1")), qPrintable(told(report)));
    QVERIFY2(report.failed()->hint.contains(s("TEMPLATE template0")), qPrintable(told(report)));
    options.compareAfter = false;
    report = copy(options);
    QVERIFY2(!report.failed() && stepOf(report, CopyStage::Target).status == StageStatus::Warn,
             qPrintable(told(report)));
}

void TestCopy::mayNotReadAll()
{
    makeAtSource(s("part"), s("create table open (id int); create table shut (id serial); "
                              "grant select on open to reader; create table rls (id int); grant select on rls to "
                              "reader; alter table rls enable row level security"));
    const QString url = m_source->url(s("reader:x"), s("part"));
    CopyOptions options;
    options.planOnly = true;
    CopyReport report = copy(url, targetUrl(), options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Source, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.endsWith(s("public.rls, public.shut, public.shut_id_seq")),
             qPrintable(told(report)));
    m_source->sql(s("grant select on all tables in schema public to reader; grant select on all sequences in schema "
                    "public to reader; alter table rls disable row level security"),
                  s("part"));
    report = copy(url, targetUrl(), {});
    QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
}

void TestCopy::withoutRows()
{
    makeAtSource(s("part"), s("create table log (id int); insert into log select generate_series(1, 50); "
                              "create table kept (id int); insert into kept values (1); "
                              "create table ev (d date) partition by range (d); "
                              "create table evd partition of ev default; insert into ev values ('2025-01-01')"));
    CopyOptions options;
    options.planOnly = true;
    const auto refused = [&](const char *name) {
        options.excludeTableData = {s(name)};
        const CopyReport report = copy(sourceUrl(s("part")), targetUrl(), options);
        const CopyStep step = stepOf(report, CopyStage::Contents);
        return step.status == StageStatus::Fail ? step.detail + s(" | ") + step.hint : told(report);
    };
    QVERIFY2(refused("nosuch.table").contains(s("no table of that name")), qPrintable(refused("nosuch.table")));
    QVERIFY2(refused("public.*").contains(s("no patterns")), qPrintable(refused("public.*")));
    QVERIFY2(refused("log").contains(s("one of public.log?")), qPrintable(refused("log")));
    QVERIFY2(refused("public.ev").contains(s("its partitions: public.evd")), qPrintable(refused("public.ev")));
    options.excludeTableData = {s("public.log"), s("public.evd")};
    const CopyReport plan = copy(sourceUrl(s("part")), targetUrl(), options);
    QVERIFY2(stepOf(plan, CopyStage::Contents).detail.contains(s("without rows: public.log, public.evd")),
             qPrintable(told(plan)));
    options.planOnly = false;
    const CopyReport report = copy(sourceUrl(s("part")), targetUrl(), options);
    QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
    QCOMPARE(m_target->sql(s("select (select count(*) from log), (select count(*) from ev), (select count(*) from "
                             "kept)"),
                           s("shop")),
             s("0|0|1"));
    QCOMPARE(report.withoutRows, options.excludeTableData);
    QVERIFY(copyReportToMarkdown(report).contains("## Without rows, as asked"));
    const QString notes = report.comparison->notes.join(u' ');
    QVERIFY2(notes.contains(s("rows not compared, as asked: public.log, public.evd")), qPrintable(notes));
    // What these two are built of was compared, and the rows of the one that came.
    const auto compared = [&report](const char *kind) {
        for (const CompareTotals &each : report.comparison->totals) {
            if (each.kind == s(kind))
                return each.same;
        }
        return qint64(-1);
    };
    QCOMPARE(compared("table"), qint64(4));
    QCOMPARE(compared("count"), qint64(1));
}

/// The table under way counts.
void TestCopy::oneBigTable()
{
    double most = 0;
    CopyOptions options;
    options.onProgress = [&](const CopyProgress &progress) {
        if (progress.stage == CopyStage::Copy && progress.object == s("public.lots"))
            most = std::max(most, progress.share.value_or(0));
    };
    makeAtSource(s("part"), s("create table lots (body text); insert into lots select repeat(md5(i::text), 20) from "
                              "generate_series(1, 100000) i"));
    const CopyReport report = copy(sourceUrl(s("part")), targetUrl(), options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QVERIFY2(most > 0.5 && most < 1, qPrintable(QString::number(most)));
}

void TestCopy::countsTables()
{
    makeAtSource(s("part"), s("create table ev (d date) partition by range (d); create table evd partition of ev "
                              "default; create table \"two\nlines\" (id int); create table a (id int); "
                              "create table b (id int); create schema other; create table other.c (id int)"));
    CopyReport report = copy(sourceUrl(s("part")), targetUrl(), {});
    QVERIFY2(report.verdict() == CopyVerdict::Pass, qPrintable(told(report)));
    QCOMPARE(report.tables, 6);
    QVERIFY2(stepOf(report, CopyStage::Contents).detail.startsWith(s("6 tables (1 of them partitioned")),
             qPrintable(told(report)));
    QVERIFY2(stepOf(report, CopyStage::Copy).detail.startsWith(s("the rows of 5 tables")), qPrintable(told(report)));
    emptyTarget();
    CopyOptions options;
    options.file = m_folder.filePath(s("counted"));
    options.jobs = 3;
    report = copy(sourceUrl(s("part")), targetUrl(), options);
    QVERIFY2(stepOf(report, CopyStage::Copy).detail.startsWith(s("the rows of 5 tables")), qPrintable(told(report)));
    emptyTarget();
    options = {};
    options.schemas = {s("other")};
    report = copy(sourceUrl(s("part")), targetUrl(), options);
    QVERIFY2(stepOf(report, CopyStage::Contents).detail.startsWith(s("1 table,")), qPrintable(told(report)));
}

/// A line of progress is no reason.
void TestCopy::killedProgram()
{
    const QDir folder(m_folder.path());
    QVERIFY(folder.mkpath(s("killed")));
    for (const QByteArray name : {"pg_dump", "pg_restore"}) {
        QFile file(folder.filePath(s("killed/%1").arg(QString::fromUtf8(name))));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\nif [ \"$1\" = --version ]; then echo '" + name + " (PostgreSQL) 15.9'; exit; fi\n" +
                   (name == "pg_dump" ? "echo 'pg_dump: saving database definition' >&2\nkill -9 $$\n"
                                      : "exec cat > /dev/null\n"));
        file.close();
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    }
    CopyOptions options;
    options.programs = folder.filePath(s("killed"));
    const CopyReport report = copy(options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Copy, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.startsWith(s("pg_dump was ended by signal 9; ")), qPrintable(told(report)));
}

void TestCopy::oldPrograms()
{
    const QDir folder(m_folder.path());
    QVERIFY(folder.mkpath(s("old")));
    for (const char *name : {"pg_dump", "pg_restore"}) {
        QFile file(folder.filePath(s("old/%1").arg(s(name))));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\necho '" + QByteArray(name) + " (PostgreSQL) 14.9'\n");
        file.close();
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    }
    CopyOptions options;
    options.programs = folder.filePath(s("old"));
    CopyReport report = copy(options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Programs, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("14.9 is older than the source's server (15)")),
             qPrintable(told(report)));
    options.programs = m_folder.path();
    report = copy(options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Programs, qPrintable(told(report)));
}

void TestCopy::passwords_data()
{
    QTest::addColumn<QString>("text");
    for (const char *each : {"a:b:c", "back\\slash\\\\", "with  spaces ", "*:*:*:*:x", "#hash", "quo'te\"s $HOME `id`",
                             "p@ss/w%rd?&=", "пароль🐘", "ends\\", ":"})
        QTest::newRow(each) << s(each);
}

void TestCopy::passwords()
{
    QFETCH(QString, text);
    QString quoted = text;
    quoted.replace(u'\'', s("''"));
    for (PostgresServer *server : {m_source.get(), m_target.get()}) {
        const QString set = server->sql(s("alter role reader password '%1'; alter role reader superuser").arg(quoted));
        QVERIFY2(!set.startsWith(s("ERROR")), qPrintable(set));
    }
    const auto url = [&](const PostgresServer &server) { return server.url(s("reader:") + percentEncoded(text)); };
    CopyOptions options;
    options.compareAfter = false;
    options.schemas = {s("odd \"name\" 🐘")};
    const CopyReport report = copy(url(*m_source), url(*m_target), options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(tablesAt(*m_target), s("1"));
}

void TestCopy::wrongPassword()
{
    const QString wrong = m_source->url(s("app:pl4nted-Wrong"));
    CopyReport report = copy(wrong, targetUrl());
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Source, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("password")), qPrintable(told(report)));
    report = copy(sourceUrl(), m_target->url(s("app:pl4nted-Wrong")));
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Target, qPrintable(told(report)));
}

void TestCopy::verifiedTls()
{
    const auto restore = qScopeGuard([this] {
        for (PostgresServer *server : {m_source.get(), m_target.get()}) {
            server->setTls({});
            server->setHba("host all all 127.0.0.1/32 scram-sha-256\n");
        }
    });
    QVERIFY(m_source->setTls(m_certificates.good()));
    QVERIFY(m_target->setTls(m_certificates.good()));
    const QByteArray only = "hostssl all all 127.0.0.1/32 scram-sha-256\n";
    QVERIFY(m_source->setHba(only));
    QVERIFY(m_target->setHba(only));
    const QString verified = s("sslmode=verify-full&sslrootcert=%1").arg(m_certificates.caFile());
    const auto url = [&](const PostgresServer &server, const QString &options) {
        return server.url(s("app:") + percentEncoded(password), s("shop"), options, s("localhost"));
    };
    CopyReport report = copy(url(*m_source, verified), url(*m_target, verified));
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(m_target->dump(s("shop")), m_source->dump(s("shop")));
    emptyTarget();
    // The programs verify it too: a certificate of another name ends it before anything is sent.
    QVERIFY(m_target->setTls(m_certificates.wrongName()));
    report = copy(url(*m_source, verified), url(*m_target, verified));
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Target, qPrintable(told(report)));
}

void TestCopy::nothingShowsThePassword()
{
    QStringList found;
    QByteArray commands;
    int looked = 0;
    CopyOptions options;
    options.compareAfter = false;
    options.onProgress = [&](const CopyProgress &progress) {
        if (progress.stage != CopyStage::Copy || progress.bytes == 0)
            return;
        ++looked;
        found += processesShowing("pl4nted") + processesShowing("S3cret");
        for (const QString &pid : ownDescendants()) {
            QFile file(s("/proc/%1/cmdline").arg(pid));
            if (file.open(QIODevice::ReadOnly))
                commands += file.readAll() + '\n';
        }
    };
    const CopyReport report = copy(sourceUrl(s("big")), targetUrl(), options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QVERIFY(looked > 0);
    QVERIFY(commands.contains("pg_restore") && commands.contains("pg_dump"));
    QVERIFY2(found.isEmpty(), qPrintable(found.join(u'\n')));
}

void TestCopy::cancelled_data()
{
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<QString>("object");
    QTest::newRow("before it begins") << qint64(-1) << QString();
    QTest::newRow("the first bytes") << qint64(1) << QString();
    QTest::newRow("in the middle") << qint64(40'000'000) << QString();
    QTest::newRow("while indexes are made") << qint64(0) << s("index ");
}

void TestCopy::cancelled()
{
    QFETCH(qint64, bytes);
    QFETCH(QString, object);
    CopyOptions options;
    options.access.cancelled = std::make_shared<std::atomic<bool>>(bytes < 0);
    bool inTime = bytes < 0;
    options.onProgress = [&](const CopyProgress &progress) {
        const bool here = object.isEmpty() ? progress.bytes >= bytes : progress.object.startsWith(object);
        if (progress.stage == CopyStage::Copy && here) {
            options.access.cancelled->store(true);
            inTime = true;
        }
    };
    const Instant begun = Clock::now();
    const CopyReport report = copy(sourceUrl(s("big")), targetUrl(), options);
    QVERIFY2(inTime, qPrintable(told(report)));
    QVERIFY2(report.cancelled && report.verdict() == CopyVerdict::Inconclusive, qPrintable(told(report)));
    QVERIFY2(!report.targetChanged, qPrintable(told(report)));
    QVERIFY2(toMs(Clock::now() - begun) < 30'000, qPrintable(told(report)));
    QCOMPARE(tablesAt(*m_target), s("0"));
}

void TestCopy::sourceDies()
{
    CopyOptions options;
    bool killed = false;
    options.onProgress = [&](const CopyProgress &progress) {
        if (!killed && progress.bytes > 5'000'000) {
            killed = true;
            m_source->stopAtOnce();
        }
    };
    const CopyReport report = copy(sourceUrl(s("big")), targetUrl(), options);
    QVERIFY(killed);
    QVERIFY(m_source->startAgain());
    const CopyStep step = stepOf(report, CopyStage::Copy);
    QVERIFY2(step.status == StageStatus::Fail, qPrintable(told(report)));
    QVERIFY2(step.detail.contains(s("pg_dump")) && step.detail.contains(s("connection to the server was lost")),
             qPrintable(told(report)));
    QVERIFY2(step.detail.contains(s("the target is empty, as it was")), qPrintable(told(report)));
    QCOMPARE(tablesAt(*m_target), s("0"));
}

void TestCopy::targetDies()
{
    CopyOptions options;
    bool killed = false;
    options.onProgress = [&](const CopyProgress &progress) {
        if (!killed && progress.bytes > 5'000'000) {
            killed = true;
            m_target->stopAtOnce();
        }
    };
    const CopyReport report = copy(sourceUrl(s("big")), targetUrl(), options);
    QVERIFY(killed);
    QVERIFY(m_target->startAgain());
    const CopyStep step = stepOf(report, CopyStage::Copy);
    QVERIFY2(step.status == StageStatus::Fail, qPrintable(told(report)));
    QVERIFY2(step.detail.contains(s("pg_restore")) && step.detail.contains(s("cannot be asked now")),
             qPrintable(told(report)));
    QVERIFY(!step.hint.isEmpty());
    QCOMPARE(tablesAt(*m_target), s("0"));
}

void TestCopy::throughFile()
{
    CopyOptions options;
    options.file = m_folder.filePath(s("shop copy.dump"));
    CopyReport report = copy(options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(report.file, options.file);
    QCOMPARE(m_target->dump(s("shop")), m_source->dump(s("shop")));
    const QFileInfo file(options.file);
    QCOMPARE(file.permissions() & 0x77, QFile::Permissions());
    QCOMPARE(file.size(), report.dumpBytes);
    QCOMPARE(QDir(m_folder.path()).entryList({s("*.part")}).size(), 0);
    report = copy(options);
    QVERIFY2(report.failed() && report.failed()->detail.contains(s("is there already")), qPrintable(told(report)));
    // A cancel leaves none.
    options.file = m_folder.filePath(s("none.dump"));
    options.access.cancelled = std::make_shared<std::atomic<bool>>(false);
    options.onProgress = [&](const CopyProgress &progress) {
        if (progress.bytes > 0)
            options.access.cancelled->store(true);
    };
    emptyTarget();
    report = copy(sourceUrl(s("big")), targetUrl(), options);
    QVERIFY2(report.cancelled, qPrintable(told(report)));
    QVERIFY(report.file.isEmpty());
    QCOMPARE(QDir(m_folder.path()).entryList({s("none*")}).size(), 0);
}

void TestCopy::fullDisk()
{
    if (::geteuid() != 0)
        QSKIP("only root may mount a file system");
    const QString mount = m_folder.filePath(s("small"));
    QVERIFY(QDir().mkpath(mount));
    if (::mount("tmpfs", qPrintable(mount), "tmpfs", 0, "size=256k") != 0)
        QSKIP("this container mounts nothing");
    CopyOptions options;
    options.file = mount + s("/big.dump");
    const CopyReport report = copy(sourceUrl(s("big")), targetUrl(), options);
    const QStringList left = QDir(mount).entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
    ::umount(qPrintable(mount));
    QCOMPARE(stepOf(report, CopyStage::Space).status, StageStatus::Warn);
    const CopyStep step = stepOf(report, CopyStage::Copy);
    QVERIFY2(step.status == StageStatus::Fail && step.detail.contains(s("cannot be written to its end")),
             qPrintable(told(report)));
    QVERIFY2(step.detail.contains(s("the target was not touched")), qPrintable(told(report)));
    QVERIFY2(left.isEmpty(), qPrintable(left.join(u' ')));
}

void TestCopy::parallel()
{
    CopyOptions options;
    options.file = m_folder.filePath(s("folder"));
    options.jobs = 2;
    const CopyReport report = copy(sourceUrl(s("big")), targetUrl(), options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QVERIFY(QFileInfo(options.file).isDir());
    QCOMPARE(m_target->sql(s("select count(*), sum(length(body)) from lots"), s("shop")),
             m_source->sql(s("select count(*), sum(length(body)) from lots"), s("big")));
    CopyOptions none;
    none.jobs = 2;
    QVERIFY(!copyable(parsed(sourceUrl()), parsed(targetUrl()), none));
    // Several jobs have several transactions: nothing may be deleted by them.
    none.file = m_folder.filePath(s("another"));
    QVERIFY(copyable(parsed(sourceUrl()), parsed(targetUrl()), none));
    none.clean = s("shop");
    QVERIFY(!copyable(parsed(sourceUrl()), parsed(targetUrl()), none));
}

void TestCopy::partOfIt()
{
    CopyOptions options;
    options.schemas = {s("nowhere")};
    CopyReport report = copy(options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Contents, qPrintable(told(report)));
    // A schema that the target has: every database has "public".
    options.schemas = {s("public")};
    report = copy(options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(m_target->sql(s("select count(*) from kinds"), s("shop")), s("302"));
    options.clean = s("shop");
    report = copy(options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(m_target->sql(s("select count(*) from kinds"), s("shop")), s("302"));
    options.clean.clear();
    // One that it has, and one that it lacks; then one of a copy of everything.
    options.schemas = {s("public"), s("odd \"name\" 🐘")};
    report = copy(options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Contents, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("and not odd")), qPrintable(told(report)));
    emptyTarget();
    m_target->sql(s("create schema \"odd \"\"name\"\" 🐘\" authorization app"), s("shop"));
    options.schemas.clear();
    report = copy(options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Contents, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("both have the schema odd")), qPrintable(told(report)));
    // The dump would delete it, if it could.
    m_target->sql(s("create table \"odd \"\"name\"\" 🐘\".mine (id int)"), s("shop"));
    options.clean = s("shop");
    report = copy(options);
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Contents, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("holds what only the target has")), qPrintable(told(report)));
    QCOMPARE(m_target->sql(s("select count(*) from \"odd \"\"name\"\" 🐘\".mine"), s("shop")), s("0"));
    options.clean.clear();
    emptyTarget();
    options.excludeTableData = {s("public.wide")};
    report = copy(options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(m_target->sql(s("select count(*) from wide"), s("shop")), s("0"));
    QCOMPARE(m_target->sql(s("select count(*) from kinds"), s("shop")), s("302"));
}

void TestCopy::missingExtension()
{
    // Of a server that has it, as the catalogue says; its files are not there to be made at the target.
    const QString made =
        m_source->sql(s("insert into pg_extension select 90001, 'nowhere_ext', extowner, extnamespace, "
                        "false, '1.2', null, null from pg_extension where extname = 'plpgsql'"),
                      s("shop"));
    QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
    const CopyReport report = copy();
    m_source->sql(s("delete from pg_extension where oid = 90001"), s("shop"));
    QVERIFY2(report.failed() && report.failed()->stage == CopyStage::Extensions, qPrintable(told(report)));
    QVERIFY2(report.failed()->detail.contains(s("nowhere_ext 1.2")), qPrintable(told(report)));
}

void TestCopy::writtenSince()
{
    CopyOptions options;
    options.recordFolder = m_folder.filePath(s("history"));
    options.compareAfter = false;
    CopyReport report = copy(options);
    QVERIFY2(!report.failed() && !report.history.last, qPrintable(told(report)));
    const QStringList files = QDir(options.recordFolder).entryList(QDir::Files);
    QCOMPARE(files.size(), 1);
    QCOMPARE(QFileInfo(options.recordFolder + u'/' + files[0]).permissions() & 0x77, QFile::Permissions());
    options.clean = s("shop");
    options.finalSync = true;
    report = copy(options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QVERIFY2(report.history.last && report.history.known && report.history.written.isEmpty(), qPrintable(told(report)));
    m_source->sql(s("insert into parent (name) values ('new'); update parent set name = name || '!' where id < 4; "
                    "delete from child where parent = 1"),
                  s("shop"));
    CopyOptions plan = options;
    plan.planOnly = true;
    // The server tells its counters about a second late.
    QTRY_VERIFY((report = copy(plan), report.history.written.size() == 2));
    QVERIFY2(report.history.known, qPrintable(told(report)));
    QVERIFY2(stepOf(report, CopyStage::Writes).detail.contains(s("public.parent (+1 ~3 −0)")),
             qPrintable(told(report)));
    report = copy(options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(m_target->dump(s("shop")), m_source->dump(s("shop")));
    // The way back is the same with both exchanged, and has a record of its own.
    m_target->sql(s("delete from parent where name = 'new!'; insert into parent (name) values ('over there')"),
                  s("shop"));
    report = copy(targetUrl(), sourceUrl(), options);
    QVERIFY2(!report.failed() && !report.history.last, qPrintable(told(report)));
    QCOMPARE(m_target->dump(s("shop")), m_source->dump(s("shop")));
    m_source->sql(s("select pg_stat_reset()"), s("shop"));
    QTRY_VERIFY((report = copy(plan), !report.history.known));
    QVERIFY2(report.history.unknownBecause.contains(s("reset")), qPrintable(told(report)));
}

void TestCopy::outOfTime()
{
    CopyOptions options;
    options.timeout = Milliseconds(3'000);
    m_source->sql(s("set role app; create table slow (t text)"), s("big"));
    // Somebody takes a lock that pg_dump waits for.
    PostgresLink holder;
    QVERIFY(openPostgres(holder, parsed(sourceUrl(s("big"))), {}));
    QString held = s("nobody");
    options.onStep = [&](const CopyStep &each) {
        if (each.stage == CopyStage::Writes)
            held = holder.query(s("begin; lock table slow in access exclusive mode"), Deadline(Milliseconds(10'000)))
                       .message;
    };
    const Instant begun = Clock::now();
    const CopyReport report = copy(sourceUrl(s("big")), targetUrl(), options);
    holder.close();
    QVERIFY2(held.isEmpty(), qPrintable(held));
    m_source->sql(s("drop table slow"), s("big"));
    const CopyStep step = stepOf(report, CopyStage::Copy);
    QVERIFY2(step.status == StageStatus::Fail && step.detail.contains(s("the time is over")), qPrintable(told(report)));
    QVERIFY(toMs(Clock::now() - begun) < 20'000);
    QCOMPARE(tablesAt(*m_target), s("0"));
}

QTEST_GUILESS_MAIN(TestCopy)
#include "tst_copy.moc"
