// SPDX-License-Identifier: GPL-3.0-or-later
// The staged probe against real servers: every stage passes and fails, with the right words, and nothing stays open.
#include "models/database/probes/postgreslink.h"
#include "models/database/probes/postgresprobe.h"
#include "tests/support/httpserver.h"
#include "tests/support/ownprocess.h"
#include "tests/support/postgresserver.h"

#include <QJsonDocument>
#include <QTest>

#include <thread>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const QString password = QStringLiteral("pl4nted-S3cret~");

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

DatabaseReport probe(const QString &url, const DatabaseProbeOptions &options = {})
{
    const auto connection = parseConnectionString({url, DatabaseKind::Postgres, {}});
    if (!connection)
        qFatal("no connection string: %s", qPrintable(connection.error().toString()));
    return probePostgres(*connection, options);
}

StageResult stageOf(const DatabaseReport &report, DatabaseStage stage)
{
    for (const StageResult &each : report.stages) {
        if (each.stage == stage)
            return each;
    }
    return {};
}

QString told(const DatabaseReport &report)
{
    QStringList lines;
    for (const StageResult &each : report.stages)
        lines.append(s("%1 %2 %3: %4 | %5")
                         .arg(databaseStageName(each.stage), stageStatusName(each.status),
                              each.ms ? QString::number(*each.ms, 'f', 1) : s("-"), each.detail, each.hint));
    return lines.join(QLatin1Char('\n'));
}

QByteArray jsonOf(const DatabaseReport &report)
{
    return QJsonDocument(databaseReportToJson(report, connectionRules())).toJson();
}

/// The stage fails with such words and a hint; the ones behind it were not reached.
void compareFailure(const DatabaseReport &report, DatabaseStage stage, const QString &words)
{
    const StageResult failed = stageOf(report, stage);
    QVERIFY2(failed.status == StageStatus::Fail, qPrintable(told(report)));
    QVERIFY2(failed.detail.contains(words), qPrintable(told(report)));
    QVERIFY2(!failed.hint.isEmpty(), qPrintable(told(report)));
    for (const StageResult &each : report.stages) {
        if (each.stage > stage)
            QVERIFY2(each.status == StageStatus::NotReached, qPrintable(told(report)));
    }
}

/// A message of the server's side of the protocol.
QByteArray message(char type, const QByteArray &body)
{
    QByteArray bytes(1, type);
    const quint32 length = quint32(body.size() + 4);
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.append(char((length >> shift) & 0xff));
    return bytes + body;
}

} // namespace

class TestPostgresProbe final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void everyStagePasses();
    void tlsMatrix_data();
    void tlsMatrix();
    void tlsIsNotOffered();
    void refusals_data();
    void refusals();
    void methods_data();
    void methods();
    void exhausted();
    void limits();
    void restrictedUser();
    void superuser();
    void alembic();
    void standby();
    void pooler();
    void severalHosts();
    void otherProtocols_data();
    void otherProtocols();
    void dropsInEachStage_data();
    void dropsInEachStage();
    void hostileServer();
    void cancelAtEachStage_data();
    void cancelAtEachStage();
    void reachOnly();
    void environmentDoesNotCount();

private:
    QString goodUrl(const QString &options = s("sslmode=disable")) const
    {
        return m_server.url(s("app:") + password, s("shop"), options);
    }
    QByteArray defaultHba() const
    {
        return "host all clear 127.0.0.1/32 password\nhost all old 127.0.0.1/32 md5\nhost all open 127.0.0.1/32 trust\n"
               "hostssl all tlsonly 127.0.0.1/32 scram-sha-256\nhostnossl all plainonly 127.0.0.1/32 scram-sha-256\n"
               "host all tlsonly,plainonly 127.0.0.1/32 reject\n"
               "host all nobody 127.0.0.1/32 reject\nhostssl all certified 127.0.0.1/32 cert\n"
               "host all all 127.0.0.1/32 scram-sha-256\n";
    }

    TestCertificates m_certificates;
    PostgresServer m_server;
    int m_descriptors = 0;
};

void TestPostgresProbe::initTestCase()
{
    if (const QString why = PostgresServer::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    QVERIFY2(m_server.start(
                 {s("max_connections = 14"), s("superuser_reserved_connections = 3"), s("max_worker_processes = 2")},
                 defaultHba()),
             m_server.log().constData());
    const QString quoted = QLatin1Char('\'') + password + QLatin1Char('\'');
    const QString made = m_server.sql(
        s("create role app login password %1; create role tlsonly login password %1; "
          "create role plainonly login password %1; create role clear login password %1; "
          "create role open login; create role nobody login; create role certified login; "
          "create role small login password %1 connection limit 1; create role asleep nologin password %1; "
          "create role boss superuser login password %1; create role maker createrole createdb login password %1; "
          "create role guest login password %1; "
          "set password_encryption = 'md5'; create role old login password %1; reset password_encryption; "
          "create database shop owner app; create database closed; revoke connect on database closed from public;")
            .arg(quoted));
    QVERIFY2(made.isEmpty(), qPrintable(made));
    const QString tables = m_server.sql(s("set role app; create table items (id int primary key); create schema other; "
                                          "create table other.notes (id int); insert into items values (1)"),
                                        s("shop"));
    QVERIFY2(tables.isEmpty(), qPrintable(tables));
    // What a library opens once and keeps.
    QVERIFY(!probe(goodUrl()).failed());
}

void TestPostgresProbe::init()
{
    m_descriptors = openDescriptors();
}

void TestPostgresProbe::cleanup()
{
    QTRY_COMPARE(openDescriptors(), m_descriptors);
}

void TestPostgresProbe::everyStagePasses()
{
    QList<DatabaseStage> seen;
    DatabaseProbeOptions options;
    options.onStage = [&](const StageResult &stage) { seen.append(stage.stage); };
    const DatabaseReport report = probe(goodUrl(), options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(report.stages.size(), databaseStages().size());
    QCOMPARE(seen.size(), databaseStages().size());
    for (const DatabaseStage stage : {DatabaseStage::Tcp, DatabaseStage::Auth, DatabaseStage::Query,
                                      DatabaseStage::Privileges, DatabaseStage::Headroom}) {
        const StageResult each = stageOf(report, stage);
        QVERIFY2(each.status == StageStatus::Ok && each.ms && *each.ms > 0, qPrintable(told(report)));
    }
    QVERIFY(stageOf(report, DatabaseStage::Auth).detail.contains(s("SCRAM-SHA-256")));
    QVERIFY(report.server.startsWith(s("PostgreSQL 1")));
    QVERIFY2(stageOf(report, DatabaseStage::Query).detail.contains(s("direct")), qPrintable(told(report)));
    QVERIFY(report.headroom);
    QCOMPARE(report.headroom->limit, std::optional(14));
    QCOMPARE(report.headroom->reserved, std::optional(3));
    QCOMPARE(report.headroom->pooler, std::optional(false));
    QVERIFY(report.headroom->used && *report.headroom->used >= 1);
    QVERIFY(report.privileges);
    QVERIFY(report.privileges->contains({s("owner of the database"), false}));
    QVERIFY(report.privileges->contains({s("write@public"), false}));
    QVERIFY(!jsonOf(report).contains(password.toUtf8()));
}

void TestPostgresProbe::tlsMatrix_data()
{
    QTest::addColumn<QString>("which");
    QTest::addColumn<QString>("sslmode");
    QTest::addColumn<bool>("passes");
    QTest::addColumn<QString>("words");
    QTest::newRow("good, verified") << "good"
                                    << "verify-full" << true << "TLSv1.3";
    QTest::newRow("good, chain only") << "good"
                                      << "verify-ca" << true << "TLSv1.3";
    QTest::newRow("intermediate") << "intermediate"
                                  << "verify-full" << true << "TLSv1.3";
    QTest::newRow("incomplete") << "incomplete"
                                << "verify-full" << false << "";
    QTest::newRow("expired") << "expired"
                             << "verify-full" << false << "expired";
    QTest::newRow("expired, unverified") << "expired"
                                         << "require" << true << "expired";
    QTest::newRow("wrong name") << "wrongName"
                                << "verify-full" << false << "other.example";
    QTest::newRow("wrong name, chain only") << "wrongName"
                                            << "verify-ca" << true << "";
    QTest::newRow("self-signed") << "selfSigned"
                                 << "verify-ca" << false << "self";
    QTest::newRow("foreign") << "foreign"
                             << "verify-full" << false << "";
    QTest::newRow("foreign, unverified") << "foreign"
                                         << "require" << true << "";
}

void TestPostgresProbe::tlsMatrix()
{
    QFETCH(QString, which);
    QFETCH(QString, sslmode);
    QFETCH(bool, passes);
    QFETCH(QString, words);
    const QHash<QString, CertificateFiles> all{{s("good"), m_certificates.good()},
                                               {s("intermediate"), m_certificates.intermediate()},
                                               {s("incomplete"), m_certificates.incomplete()},
                                               {s("expired"), m_certificates.expired()},
                                               {s("wrongName"), m_certificates.wrongName()},
                                               {s("selfSigned"), m_certificates.selfSigned()},
                                               {s("foreign"), m_certificates.foreign()}};
    QVERIFY2(m_server.setTls(all.value(which)), m_server.log().constData());
    DatabaseProbeOptions options;
    options.caFile = m_certificates.caFile();
    const DatabaseReport report = probe(goodUrl(s("sslmode=") + sslmode), options);
    const StageResult tls = stageOf(report, DatabaseStage::Tls);
    QVERIFY2(tls.detail.contains(words), qPrintable(told(report)));
    if (passes) {
        QVERIFY2(!report.failed(), qPrintable(told(report)));
        QCOMPARE(stageOf(report, DatabaseStage::Headroom).status, StageStatus::Ok);
    } else {
        compareFailure(report, DatabaseStage::Tls, words);
    }
    QVERIFY(!jsonOf(report).contains(password.toUtf8()));
}

void TestPostgresProbe::tlsIsNotOffered()
{
    QVERIFY(m_server.setTls({}));
    compareFailure(probe(goodUrl(s("sslmode=require"))), DatabaseStage::Tls, s("does not offer TLS"));
    const DatabaseReport prefer = probe(goodUrl(s("sslmode=prefer")));
    QVERIFY2(!prefer.failed(), qPrintable(told(prefer)));
    QCOMPARE(stageOf(prefer, DatabaseStage::Tls).status, StageStatus::Warn);
    QVERIFY(stageOf(prefer, DatabaseStage::Tls).detail.contains(s("without encryption")));
    // pg_hba.conf tells the two apart.
    compareFailure(probe(m_server.url(s("tlsonly:") + password, s("shop"), s("sslmode=disable"))), DatabaseStage::Auth,
                   s("(28000)"));
}

void TestPostgresProbe::refusals_data()
{
    QTest::addColumn<QString>("user");
    QTest::addColumn<QString>("database");
    QTest::addColumn<QString>("words");
    QTest::newRow("wrong password") << "app:wrong"
                                    << "shop"
                                    << "the password or the user is wrong";
    QTest::newRow("no such user") << "stranger:x1y2"
                                  << "shop"
                                  << "the password or the user is wrong";
    QTest::newRow("no password") << "app"
                                 << "shop"
                                 << "the string has none";
    QTest::newRow("no such database") << s("app:") + password << "nowhere"
                                      << "there is no such database";
    QTest::newRow("no connect") << s("app:") + password << "closed"
                                << "no CONNECT on the database";
    QTest::newRow("pg_hba rejects") << "nobody:x1y2"
                                    << "shop"
                                    << "no line of pg_hba.conf lets this user in";
    QTest::newRow("nologin") << s("asleep:") + password << "shop"
                             << "may not log in";
    QTest::newRow("open, no such role") << "open:x1y2"
                                        << "nowhere"
                                        << "there is no such database";
}

void TestPostgresProbe::refusals()
{
    QFETCH(QString, user);
    QFETCH(QString, database);
    QFETCH(QString, words);
    const DatabaseReport report = probe(m_server.url(user, database));
    compareFailure(report, DatabaseStage::Auth, words);
    QCOMPARE(stageOf(report, DatabaseStage::Tcp).status, StageStatus::Ok);
    QVERIFY(!jsonOf(report).contains(password.toUtf8()));
}

void TestPostgresProbe::methods_data()
{
    QTest::addColumn<QString>("user");
    QTest::addColumn<StageStatus>("status");
    QTest::addColumn<QString>("words");
    QTest::newRow("scram") << "app" << StageStatus::Ok << "SCRAM-SHA-256";
    QTest::newRow("md5") << "old" << StageStatus::Warn << "MD5";
    QTest::newRow("clear") << "clear" << StageStatus::Warn << "clear text";
    QTest::newRow("trust") << "open" << StageStatus::Warn << "did not ask for the password";
}

void TestPostgresProbe::methods()
{
    QFETCH(QString, user);
    QFETCH(StageStatus, status);
    QFETCH(QString, words);
    const DatabaseReport report = probe(m_server.url(user + QLatin1Char(':') + password));
    const StageResult auth = stageOf(report, DatabaseStage::Auth);
    QVERIFY2(auth.status == status && auth.detail.contains(words), qPrintable(told(report)));
    QVERIFY(!jsonOf(report).contains(password.toUtf8()));
}

void TestPostgresProbe::exhausted()
{
    const auto connection = parseConnectionString({goodUrl(), DatabaseKind::Postgres, {}});
    LinkTarget target;
    target.host = target.address = s("127.0.0.1");
    target.port = m_server.port();
    target.user = s("app");
    target.password = Secret(password);
    target.database = s("shop");
    std::vector<std::unique_ptr<PostgresLink>> held;
    const auto hold = [&](int most) {
        while (int(held.size()) < most) {
            auto link = std::make_unique<PostgresLink>();
            if (link->open(target, Deadline(Milliseconds(20'000))).end != LinkEnd::Ok)
                return false;
            held.push_back(std::move(link));
        }
        return true;
    };
    // 14 less the 3 of superusers: with ours, 9 are more than four fifths of 11.
    QVERIFY(hold(9));
    const DatabaseReport tight = probe(goodUrl());
    const StageResult headroom = stageOf(tight, DatabaseStage::Headroom);
    QVERIFY2(headroom.status == StageStatus::Warn && headroom.hint.contains(s("smaller pools")),
             qPrintable(told(tight)));
    QCOMPARE(tight.headroom->used, std::optional(10));
    QVERIFY(!hold(20));
    compareFailure(probe(goodUrl()), DatabaseStage::Auth, s("(53300)"));
    held.clear();
    QTRY_VERIFY(!probe(goodUrl()).failed());
}

void TestPostgresProbe::limits()
{
    const DatabaseReport alone = probe(m_server.url(s("small:") + password));
    QVERIFY2(!alone.failed(), qPrintable(told(alone)));
    QVERIFY2(stageOf(alone, DatabaseStage::Headroom).detail.contains(s("this role: 1 of 1")), qPrintable(told(alone)));
    QCOMPARE(stageOf(alone, DatabaseStage::Headroom).status, StageStatus::Warn);
    LinkTarget target;
    target.host = target.address = s("127.0.0.1");
    target.port = m_server.port();
    target.user = s("small");
    target.password = Secret(password);
    target.database = s("shop");
    PostgresLink held;
    QTRY_VERIFY(held.open(target, Deadline(Milliseconds(20'000))).end == LinkEnd::Ok);
    compareFailure(probe(m_server.url(s("small:") + password)), DatabaseStage::Auth,
                   s("the role's own limit of connections"));
}

void TestPostgresProbe::restrictedUser()
{
    // Sees that there are sessions of others, not what they do.
    const DatabaseReport report = probe(m_server.url(s("guest:") + password));
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QVERIFY(stageOf(report, DatabaseStage::Privileges).detail.contains(s("writes nothing")));
    // And one who may not read statistics at all is connected, limited.
    QVERIFY(m_server.sql(s("revoke select on pg_catalog.pg_stat_activity from public"), s("shop")).isEmpty());
    const DatabaseReport limited = probe(m_server.url(s("guest:") + password));
    QVERIFY(m_server.sql(s("grant select on pg_catalog.pg_stat_activity to public"), s("shop")).isEmpty());
    QVERIFY2(!limited.failed(), qPrintable(told(limited)));
    const StageResult headroom = stageOf(limited, DatabaseStage::Headroom);
    QCOMPARE(headroom.status, StageStatus::Warn);
    QVERIFY2(headroom.detail.contains(s("connected, limited")), qPrintable(told(limited)));
    QVERIFY(limited.headroom && limited.headroom->limit == std::optional(14) && !limited.headroom->used);
}

void TestPostgresProbe::superuser()
{
    const DatabaseReport boss = probe(m_server.url(s("boss:") + password));
    QCOMPARE(stageOf(boss, DatabaseStage::Privileges).status, StageStatus::Warn);
    QVERIFY(boss.privileges && boss.privileges->contains({s("superuser"), true}));
    const DatabaseReport maker = probe(m_server.url(s("maker:") + password));
    QVERIFY(maker.privileges && maker.privileges->contains({s("createrole"), true}) &&
            maker.privileges->contains({s("createdb"), true}) && !maker.privileges->contains({s("superuser"), true}));
    QVERIFY(m_server.sql(s("grant pg_execute_server_program to maker; alter role maker nocreaterole nocreatedb"))
                .isEmpty());
    const DatabaseReport shell = probe(m_server.url(s("maker:") + password));
    QVERIFY2(shell.privileges->contains({s("pg_execute_server_program"), true}), qPrintable(told(shell)));
}

void TestPostgresProbe::alembic()
{
    QTemporaryDir folder;
    const auto write = [&](const char *name, const QByteArray &text) {
        QFile file(folder.filePath(s(name)));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
    };
    write("a.py", "revision = 'aaa'\ndown_revision = None\n");
    write("b.py", "revision: str = \"bbb\"\ndown_revision: Union[str, None] = \"aaa\"\n");
    DatabaseProbeOptions options;
    options.migrations = folder.path();
    const DatabaseReport none = probe(goodUrl(), options);
    QVERIFY(none.alembic);
    QCOMPARE(none.alembic->agreement, AlembicAgreement::NotStarted);
    QCOMPARE(stageOf(none, DatabaseStage::Query).status, StageStatus::Warn);
    // In a schema of its own, as applications with several have it.
    QVERIFY(
        m_server
            .sql(s("set role app; create table other.alembic_version (version_num varchar(32) primary key)"), s("shop"))
            .isEmpty());
    const auto at = [&](const QString &values) {
        m_server.sql(s("delete from other.alembic_version; insert into other.alembic_version values %1").arg(values),
                     s("shop"));
        return probe(goodUrl(), options).alembic.value_or(AlembicState());
    };
    QCOMPARE(at(s("('bbb')")).agreement, AlembicAgreement::Current);
    const AlembicState behind = at(s("('aaa')"));
    QCOMPARE(behind.agreement, AlembicAgreement::Behind);
    QCOMPARE(behind.missing, 1);
    QCOMPARE(behind.table.schema, s("other"));
    QCOMPARE(at(s("('zzz')")).agreement, AlembicAgreement::Foreign);
    const DatabaseReport closed = probe(m_server.url(s("guest:") + password), options);
    QVERIFY(closed.alembic && !closed.alembic->table.unreadable.isEmpty());
    QVERIFY2(!closed.failed(), qPrintable(told(closed)));
    QVERIFY(m_server.sql(s("drop table other.alembic_version"), s("shop")).isEmpty());
}

void TestPostgresProbe::standby()
{
    PostgresServer standby;
    QVERIFY2(standby.startStandbyOf(m_server), standby.log().constData());
    QTRY_COMPARE(m_server.sql(s("select count(*) from pg_stat_replication where state = 'streaming'")), s("1"));
    const DatabaseReport report = probe(standby.url(s("app:") + password));
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    const StageResult query = stageOf(report, DatabaseStage::Query);
    QVERIFY2(query.status == StageStatus::Warn && query.detail.contains(s("read-only standby")),
             qPrintable(told(report)));
    const DatabaseReport writer =
        probe(standby.url(s("app:") + password, s("shop"), s("sslmode=disable&target_session_attrs=read-write")));
    compareFailure(writer, DatabaseStage::Query, s("target_session_attrs=read-write"));
    // libpq goes on to the next host, and so do we.
    const QString both =
        s("postgresql://app:%1@127.0.0.1:%2,127.0.0.1:%3/shop?sslmode=disable&target_session_attrs=primary")
            .arg(password)
            .arg(standby.port())
            .arg(m_server.port());
    const DatabaseReport primary = probe(both);
    QVERIFY2(!primary.failed(), qPrintable(told(primary)));
    QVERIFY(stageOf(primary, DatabaseStage::Tcp).detail.contains(s("passed over")));
}

void TestPostgresProbe::pooler()
{
    if (const QString why = PgBouncer::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    for (const char *mode : {"transaction", "session"}) {
        PgBouncer pooler;
        const QByteArray behind = "default_pool_size = 4\n[databases]\nlost = host=127.0.0.1 dbname=nowhere port=" +
                                  QByteArray::number(m_server.port()) +
                                  "\ndown = host=127.0.0.1 port=" + QByteArray::number(closedPort()) + "\n";
        QVERIFY2(pooler.start(m_server, mode, "\"app\" \"" + password.toUtf8() + "\"\n", behind),
                 pooler.log().constData());
        const auto url = [&](const QString &user, const QString &database) {
            return s("postgresql://%1@127.0.0.1:%2/%3?sslmode=disable").arg(user).arg(pooler.port()).arg(database);
        };
        const DatabaseReport report = probe(url(s("app:") + password, s("shop")));
        QVERIFY2(!report.failed(), qPrintable(told(report)));
        QCOMPARE(report.headroom->pooler, std::optional(true));
        const QString detail = stageOf(report, DatabaseStage::Query).detail;
        QVERIFY2(detail.contains(s("through a pooler")), qPrintable(told(report)));
        QCOMPARE(detail.contains(s("in transaction mode")), QByteArray(mode) == "transaction");
        compareFailure(probe(url(s("app:") + password, s("elsewhere"))), DatabaseStage::Auth,
                       s("the pooler does not know"));
        compareFailure(probe(url(s("app:") + password, s("lost"))), DatabaseStage::Auth,
                       s("has no such database or role"));
        DatabaseProbeOptions brief;
        brief.timeout = Milliseconds(1'500);
        compareFailure(probe(url(s("app:") + password, s("down")), brief), DatabaseStage::Auth,
                       s("took the answer and says nothing more"));
        compareFailure(probe(url(s("app:wrong"), s("shop"))), DatabaseStage::Auth, s("wrong"));
        const DatabaseReport options = probe(s("%1&options=-c%20geqo%3Doff").arg(url(s("app:") + password, s("shop"))));
        QVERIFY2(options.failed() && options.failed()->detail.contains(s("does not take an option")),
                 qPrintable(told(options)));
    }
}

void TestPostgresProbe::severalHosts()
{
    const quint16 closed = closedPort();
    const DatabaseReport report = probe(s("postgresql://app:%1@127.0.0.1:%2,127.0.0.1:%3/shop?sslmode=disable")
                                            .arg(password)
                                            .arg(closed)
                                            .arg(m_server.port()));
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QVERIFY2(stageOf(report, DatabaseStage::Tcp).detail.contains(s("refused")), qPrintable(told(report)));
    // A wrong password is the same at the next.
    const DatabaseReport wrong = probe(
        s("postgresql://app:wrong@127.0.0.1:%1,127.0.0.1:%2/shop?sslmode=disable").arg(m_server.port()).arg(closed));
    compareFailure(wrong, DatabaseStage::Auth, s("wrong"));
}

void TestPostgresProbe::otherProtocols_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QString>("name");
    QTest::newRow("http") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n") << "HTTP";
    QTest::newRow("ssh") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n") << "SSH";
    QTest::newRow("redis") << QByteArray("-ERR unknown command\r\n") << "Redis";
}

void TestPostgresProbe::otherProtocols()
{
    QFETCH(QByteArray, answer);
    QFETCH(QString, name);
    ScriptedPeer peer([&](int descriptor, const std::atomic<bool> &stopping) {
        ScriptedPeer::read(descriptor, stopping);
        ScriptedPeer::write(descriptor, answer);
    });
    for (const char *mode : {"require", "disable"}) {
        const DatabaseReport report =
            probe(s("postgresql://app:%1@127.0.0.1:%2/shop?sslmode=%3").arg(password).arg(peer.port()).arg(s(mode)));
        compareFailure(report, QByteArray(mode) == "require" ? DatabaseStage::Tls : DatabaseStage::Auth, name);
    }
    QTRY_COMPARE(peer.openConnections(), 0);
}

void TestPostgresProbe::dropsInEachStage_data()
{
    QTest::addColumn<QString>("where");
    QTest::addColumn<DatabaseStage>("stage");
    QTest::addColumn<QString>("words");
    QTest::newRow("refused") << "refused" << DatabaseStage::Tcp << "refused";
    QTest::newRow("tls") << "tls" << DatabaseStage::Tls << "closed";
    QTest::newRow("auth") << "auth" << DatabaseStage::Auth << "ended the connection before";
    QTest::newRow("query") << "query" << DatabaseStage::Query << "ended while a query ran";
    QTest::newRow("silent at tls") << "silent-tls" << DatabaseStage::Tls << "no answer";
    QTest::newRow("silent at auth") << "silent-auth" << DatabaseStage::Auth << "says nothing";
    QTest::newRow("silent at query") << "silent-query" << DatabaseStage::Query << "no answer to a query";
    QTest::newRow("starting") << "starting" << DatabaseStage::Auth << "starting up";
}

namespace {

/// A server that comes as far as the word says, and then ends the connection or is silent.
ScriptedPeer::Script serverUntil(const QString &where)
{
    return [where](int descriptor, const std::atomic<bool> &stopping) {
        const bool silent = where.startsWith(s("silent"));
        const auto stop = [&] {
            while (silent && !ScriptedPeer::read(descriptor, stopping).isEmpty()) {
            }
        };
        const QByteArray first = ScriptedPeer::read(descriptor, stopping);
        if (where.endsWith(s("tls")))
            return stop();
        if (first.size() == 8) { // the question for TLS
            ScriptedPeer::write(descriptor, "N");
            if (ScriptedPeer::read(descriptor, stopping).isEmpty())
                return;
        }
        if (where == QLatin1StringView("starting"))
            return ScriptedPeer::write(descriptor,
                                       message('E', QByteArray("SFATAL\0VFATAL\0C57P03\0Mthe database system "
                                                               "is starting up\0\0",
                                                               63)));
        if (where.endsWith(s("auth")))
            return stop();
        ScriptedPeer::write(descriptor, message('R', QByteArray(4, '\0')) + message('Z', "I"));
        ScriptedPeer::read(descriptor, stopping);
        stop();
    };
}

} // namespace

void TestPostgresProbe::dropsInEachStage()
{
    QFETCH(QString, where);
    QFETCH(DatabaseStage, stage);
    QFETCH(QString, words);
    ScriptedPeer peer(serverUntil(where));
    const quint16 port = where == QLatin1StringView("refused") ? closedPort() : peer.port();
    DatabaseProbeOptions options;
    options.timeout = Milliseconds(where.startsWith(s("silent")) ? 700 : 10'000);
    const QString mode = stage == DatabaseStage::Tls ? s("require") : s("disable");
    const Instant start = Clock::now();
    const DatabaseReport report =
        probe(s("postgresql://app:%1@127.0.0.1:%2/shop?sslmode=%3").arg(password).arg(port).arg(mode), options);
    compareFailure(report, stage, words);
    QVERIFY(toMs(Clock::now() - start) < 5'000);
    QVERIFY(!jsonOf(report).contains(password.toUtf8()));
    QTRY_COMPARE(peer.openConnections(), 0);
}

void TestPostgresProbe::hostileServer()
{
    // Asks for the password in clear text, says it back, and adds control characters.
    ScriptedPeer peer([](int descriptor, const std::atomic<bool> &stopping) {
        QByteArray got = ScriptedPeer::read(descriptor, stopping);
        ScriptedPeer::write(descriptor, message('R', QByteArray("\0\0\0\3", 4)));
        got = ScriptedPeer::read(descriptor, stopping).mid(5).chopped(1);
        ScriptedPeer::write(descriptor, message('E', QByteArray("SFATAL") + '\0' + "C28P01" + '\0' + "M\x1b[31m" + got +
                                                         " is wrong" + '\0' + '\0'));
    });
    const DatabaseReport report =
        probe(s("postgresql://app:%1@127.0.0.1:%2/shop?sslmode=disable").arg(password).arg(peer.port()));
    compareFailure(report, DatabaseStage::Auth, s("is wrong"));
    QVERIFY(!jsonOf(report).contains(password.toUtf8()));
    QVERIFY(!told(report).contains(password));
    QVERIFY(!told(report).contains(QChar(0x1b)));
    QTRY_COMPARE(peer.openConnections(), 0);
}

void TestPostgresProbe::cancelAtEachStage_data()
{
    QTest::addColumn<QString>("where");
    QTest::addColumn<DatabaseStage>("stage");
    QTest::newRow("tls") << "silent-tls" << DatabaseStage::Tls;
    QTest::newRow("auth") << "silent-auth" << DatabaseStage::Auth;
    QTest::newRow("query") << "silent-query" << DatabaseStage::Query;
}

void TestPostgresProbe::cancelAtEachStage()
{
    QFETCH(QString, where);
    QFETCH(DatabaseStage, stage);
    ScriptedPeer peer(serverUntil(where));
    DatabaseProbeOptions options;
    options.timeout = Milliseconds(60'000);
    options.cancelled = std::make_shared<std::atomic<bool>>(false);
    const QString mode = stage == DatabaseStage::Tls ? s("require") : s("disable");
    const QString url = s("postgresql://app:%1@127.0.0.1:%2/shop?sslmode=%3").arg(password).arg(peer.port()).arg(mode);
    DatabaseReport report;
    std::atomic<bool> done{false};
    const int threads = runningThreads();
    // The stage before it has ended when the peer holds us in this one.
    std::atomic<int> ended{0};
    options.onStage = [&](const StageResult &) { ++ended; };
    std::thread worker([&] {
        report = probe(url, options);
        done = true;
    });
    const int before = int(databaseStages().indexOf(stage));
    QTRY_VERIFY_WITH_TIMEOUT(ended >= before && peer.openConnections() == 1, 10'000);
    const Instant start = Clock::now();
    *options.cancelled = true;
    QTRY_VERIFY_WITH_TIMEOUT(done, 5'000);
    const double took = toMs(Clock::now() - start);
    worker.join();
    QVERIFY2(took < 1'000, qPrintable(QString::number(took)));
    QVERIFY2(report.cancelled && !report.failed(), qPrintable(told(report)));
    QCOMPARE(stageOf(report, stage).status, StageStatus::NotReached);
    QCOMPARE(stageOf(report, stage).detail, s("cancelled"));
    QTRY_COMPARE(peer.openConnections(), 0);
    QTRY_VERIFY(runningThreads() <= threads);
}

void TestPostgresProbe::reachOnly()
{
    QVERIFY(m_server.setTls(m_certificates.good()));
    DatabaseProbeOptions options;
    options.reachOnly = true;
    options.caFile = m_certificates.caFile();
    const qsizetype before = m_server.log().count("connection authenticated");
    const DatabaseReport report = probe(m_server.url(s("app:wrong"), s("shop"), s("sslmode=verify-full")), options);
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QCOMPARE(stageOf(report, DatabaseStage::Tls).status, StageStatus::Ok);
    QCOMPARE(stageOf(report, DatabaseStage::Auth).status, StageStatus::Skipped);
    QCOMPARE(m_server.log().count("connection authenticated"), before);
    // A server that lets somebody in without encryption only, and one that prefers it.
    const DatabaseReport plain = probe(m_server.url(s("plainonly:") + password, s("shop"), s("sslmode=prefer")));
    QVERIFY2(!plain.failed(), qPrintable(told(plain)));
    compareFailure(probe(m_server.url(s("plainonly:") + password, s("shop"), s("sslmode=require"))),
                   DatabaseStage::Auth, s("pg_hba.conf"));
}

void TestPostgresProbe::environmentDoesNotCount()
{
    qputenv("PGSSLMODE", "verify-full");
    qputenv("PGHOST", "nowhere.invalid");
    qputenv("PGPASSWORD", password.toUtf8());
    const DatabaseReport report = probe(goodUrl());
    const DatabaseReport without = probe(m_server.url(s("app")));
    qunsetenv("PGSSLMODE");
    qunsetenv("PGHOST");
    qunsetenv("PGPASSWORD");
    QVERIFY2(!report.failed(), qPrintable(told(report)));
    QVERIFY2(stageOf(without, DatabaseStage::Auth).detail.contains(s("PGPASSWORD")), qPrintable(told(without)));
    QVERIFY(!jsonOf(without).contains(password.toUtf8()));
}

QTEST_GUILESS_MAIN(TestPostgresProbe)
#include "tst_postgresprobe.moc"
