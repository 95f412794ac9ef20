// SPDX-License-Identifier: GPL-3.0-or-later
// A redeploy beside a real PostgreSQL with few connections: pools of old and new together that storm it are told, small
// ones are not; a database that crashes in the middle, that is not there, or that does not take the password keeps no
// session from its verdict, and no password is written anywhere.
#include "tests/support/cli.h"
#include "tests/support/postgresserver.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>
#include <utility>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const char planted[] = "Planted-Pw-9941session";
const char command[] = "/usr/bin/python3 -m uvicorn pool_app:app --host 127.0.0.1 --port $PORT --ws wsproto";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool have(const char *modules)
{
    QProcess python;
    python.start(s("/usr/bin/python3"), {s("-c"), s("import ") + s(modules)});
    return python.waitForFinished(20'000) && python.exitStatus() == QProcess::NormalExit && python.exitCode() == 0;
}

/// In every file below: the password.
QStringList filesWithPassword(const QString &folder)
{
    QStringList found;
    for (QDirIterator it(folder, QDir::Files, QDirIterator::Subdirectories); it.hasNext();) {
        QFile file(it.next());
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains(planted))
            found.append(file.fileName());
    }
    return found;
}

} // namespace

class SessionDatabaseTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void smallPool();
    void storm();
    void crash();
    void nobodyThere();
    void wrongPassword();
    void notAskedFor();

private:
    std::pair<QStringList, CliOptions> rehearsal(const QString &name, int pool, const QString &url,
                                                 const QStringList &more);
    CliResult rehearse(const QString &name, int pool, const QString &url, const QStringList &more = {})
    {
        const auto [arguments, options] = rehearsal(name, pool, url, more);
        return runCli(arguments, options);
    }
    /// One of those that ask for no figures: they run beside each other, from the first that is wanted.
    CliResult besideOthers(const QString &name)
    {
        if (!m_runs) {
            m_runs = std::make_unique<RunsAtOnce>();
            const auto begin = [this](const QString &which, const QString &url, const QStringList &more = {}) {
                const auto [arguments, options] = rehearsal(which, 2, url, more);
                m_runs->begin(which, arguments, options);
            };
            begin(s("nobody"), s("postgresql://app:%1@127.0.0.1:9/shop?sslmode=disable").arg(s(planted)));
            begin(s("wrong"), m_server.url(s("app:not-%1").arg(s(planted))));
            begin(s("without"), url(), {s("--no-databases")});
        }
        return m_runs->result(name);
    }
    QJsonObject lane(const CliResult &run) const { return run.json()[s("databases")][0].toObject(); }
    QString url() const { return m_server.url(s("app:%1").arg(s(planted))); }

    PostgresServer m_server;
    QTemporaryDir m_folder;
    std::unique_ptr<RunsAtOnce> m_runs; ///< ends before the server and the folder
};

void SessionDatabaseTest::initTestCase()
{
    if (const QString missing = PostgresServer::missing(); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    if (!have("fastapi, uvicorn, wsproto, asyncpg"))
        QSKIP("Debian's python3-fastapi, -uvicorn, -wsproto and -asyncpg are needed");
    QVERIFY2(m_server.start({s("max_connections = 20"), s("superuser_reserved_connections = 3")},
                            "host all all 127.0.0.1/32 scram-sha-256\n"),
             m_server.log().constData());
    const QString made =
        m_server.sql(s("create role app login password '%1'; create database shop owner app;").arg(s(planted)));
    QVERIFY2(!made.startsWith(s("ERROR")), qPrintable(made));
}

/// The new instance says that it is healthy after six seconds, and so long both run: Render starts first.
std::pair<QStringList, CliOptions> SessionDatabaseTest::rehearsal(const QString &name, int pool, const QString &url,
                                                                  const QStringList &more)
{
    const QString folder = m_folder.filePath(name);
    QDir().mkpath(folder);
    QFile file(folder + s("/switchyard.toml"));
    const QByteArray workspace = R"(schema = 1
name = "pools"

[[backend]]
name = "api"
platform = "render"
stage = "test"
url = "http://127.0.0.1:9"

[[backend.health]]
path = "/health"

[[backend.socket]]
name = "ticks"
path = "/ws"
clients = 3

[[backend.database]]
name = "shop"
url = "env:LANE_DATABASE_URL"
pool = { size = )" + QByteArray::number(pool) +
                                 " }\n";
    if (!file.open(QIODevice::WriteOnly) || file.write(workspace) < 0)
        return {};
    file.close();
    CliOptions options;
    options.cwd = s(SOURCE_DIR "/tests/backends");
    options.environment = {{s("LANE_DATABASE_URL"), url},           {s("DATABASE_URL"), this->url()},
                           {s("POOL_SIZE"), QString::number(pool)}, {s("HEALTHY_AFTER"), s("6")},
                           {s("XDG_STATE_HOME"), folder},           {s("PYTHONDONTWRITEBYTECODE"), s("1")}};
    QStringList arguments{s("rehearse"),
                          s("--workspace"),
                          file.fileName(),
                          s("--platform"),
                          s("render"),
                          s("--format"),
                          s("json"),
                          s("--sessions"),
                          folder,
                          s("--baseline"),
                          s("5s"),
                          s("--settle"),
                          s("3s"),
                          s("--time-scale"),
                          s("0.05"),
                          s("--report"),
                          folder + s("/report.md"),
                          s("--report"),
                          folder + s("/report.html"),
                          s("--report"),
                          folder + s("/report.xml")};
    for (const char *variable : {"DATABASE_URL", "POOL_SIZE", "HEALTHY_AFTER"})
        arguments += {s("--env"), s(variable)};
    arguments += more;
    arguments += s("--");
    arguments += s(command).split(QLatin1Char(' '));
    return {arguments, options};
}

void SessionDatabaseTest::smallPool()
{
    const CliResult run = rehearse(s("small"), 4, url());
    const QJsonObject shop = lane(run);
    QVERIFY2(!shop.isEmpty(), qPrintable(run.err + run.out));
    QCOMPARE(validate(s("session"), run.out.toUtf8()), QString());
    QCOMPARE(shop[s("failed")].toInt(), 0);
    QVERIFY2(!shop[s("stormed")].toBool(), qPrintable(run.out));
    const QJsonObject connections = shop[s("connections")].toObject();
    QCOMPARE(connections[s("limit")].toInt(), 20);
    QCOMPARE(connections[s("usable")].toInt(), 17);
    QCOMPARE(connections[s("baseline")].toInt(), 5); // the pool and our own
    // Old and new together, our own, and one of our newcomers where it was there just then.
    QVERIFY2(connections[s("peak")].toInt() == 9 || connections[s("peak")].toInt() == 10, qPrintable(run.out));
    QVERIFY(connections[s("peak_together")].toBool());
    QCOMPARE(connections[s("peak_span")].toString(), s("during"));
    // The pool's four, which may fall into two looks.
    const double perSecond = connections[s("new_per_second")].toDouble();
    QVERIFY2(perSecond >= 1 && perSecond <= 4, qPrintable(run.out));
    QVERIFY(connections[s("above_ms")].toDouble() > 3'000);
    QVERIFY(shop[s("query")][s("during")][s("count")].toInt() > 4);
    QVERIFY(shop[s("newcomers")].toInt() >= 1);
    QCOMPARE(shop[s("refused")].toInt(), 0);
}

void SessionDatabaseTest::storm()
{
    const CliResult run = rehearse(s("storm"), 12, url());
    const QJsonObject shop = lane(run);
    QVERIFY2(shop[s("stormed")].toBool(), qPrintable(run.err + run.out));
    QCOMPARE(validate(s("session"), run.out.toUtf8()), QString());
    QVERIFY(!shop[s("full_before")].toBool());
    const QJsonObject connections = shop[s("connections")].toObject();
    QCOMPARE(connections[s("baseline")].toInt(), 13);
    QCOMPARE(connections[s("peak")].toInt(), 17);
    QCOMPARE(connections[s("least_free")].toInt(), 0);
    QVERIFY(connections[s("peak_together")].toBool());
    QVERIFY2(shop[s("refused_full")].toInt() >= 1, qPrintable(run.out)); // five seconds apart, and both run for six
    const QString notes = QString::fromUtf8(QJsonDocument(run.json()[s("notes")].toArray()).toJson());
    QVERIFY(notes.contains(s("pool-storm")));
    QFile report(m_folder.filePath(s("storm/report.md")));
    QVERIFY(report.open(QIODevice::ReadOnly));
    QVERIFY(report.readAll().contains("the pool stormed database shop"));
    QCOMPARE(filesWithPassword(m_folder.path()), QStringList());
    QVERIFY(!(run.out + run.err).contains(s(planted)));
}

/// The server ends all its connections and recovers while the session runs, as after a crash.
void SessionDatabaseTest::crash()
{
    const auto [arguments, options] = rehearsal(s("crash"), 4, url(), {});
    Watcher watcher(arguments, options.environment, options.cwd);
    const auto connected = [this] {
        return m_server.sql(s("select count(*) from pg_stat_activity where usename = 'app'")).toInt();
    };
    // As soon as the new instance fills its pool, beside the old one's: ours count too, and are there before it is.
    QVERIFY2(watcher.says("triggered", 60'000), watcher.said.constData());
    QTRY_VERIFY2_WITH_TIMEOUT(connected() >= 8, watcher.said.constData(), 60'000);
    const int pid = m_server.sql(s("select min(pid) from pg_stat_activity where usename = 'app'")).toInt();
    QVERIFY(pid > 1);
    QCOMPARE(::kill(pid, SIGKILL), 0);
    const CliResult run = watcher.result(120'000);
    const QJsonObject shop = lane(run);
    QVERIFY2(shop[s("failed")].toInt() >= 1, qPrintable(run.err + run.out));
    QVERIFY(shop[s("failed")].toInt() < shop[s("questions")].toInt());
    QVERIFY(shop[s("troubles")][0][s("at_ms")].toDouble() > 5'000);
    QVERIFY2(run.err.contains(s("database shop answers again")), qPrintable(run.err));
    QVERIFY(shop[s("silence_ms")].toDouble() > 1'000);
    QVERIFY(!shop[s("stormed")].toBool());
}

void SessionDatabaseTest::nobodyThere()
{
    const CliResult run = besideOthers(s("nobody"));
    const QJsonObject shop = lane(run);
    QVERIFY2(shop[s("questions")].toInt() > 5, qPrintable(run.err + run.out));
    QCOMPARE(shop[s("failed")].toInt(), shop[s("questions")].toInt());
    QCOMPARE(shop[s("troubles")][0][s("cause")].toString(), s("unreachable"));
    QVERIFY(shop[s("connections")][s("peak")].isNull());
    QCOMPARE(run.gateStatus(s("all-back")), s("pass")); // the session went its way
    QVERIFY(run.err.contains(s("database shop does not answer")));
}

void SessionDatabaseTest::wrongPassword()
{
    const CliResult run = besideOthers(s("wrong"));
    const QJsonObject shop = lane(run);
    QCOMPARE(shop[s("failed")].toInt(), shop[s("questions")].toInt());
    QCOMPARE(shop[s("troubles")][0][s("cause")].toString(), s("login"));
    QCOMPARE(run.gateStatus(s("all-back")), s("pass"));
    QCOMPARE(filesWithPassword(m_folder.path()), QStringList());
    QVERIFY(!(run.out + run.err).contains(s(planted)));
}

void SessionDatabaseTest::notAskedFor()
{
    const CliResult run = besideOthers(s("without"));
    QVERIFY2(run.status == 0 || run.status == 1, qPrintable(run.err));
    QCOMPARE(run.json()[s("databases")].toArray().size(), 0);
    QVERIFY2(!run.err.contains(s("database shop")), qPrintable(run.err));
}

QTEST_GUILESS_MAIN(SessionDatabaseTest)

#include "tst_sessiondatabase.moc"
