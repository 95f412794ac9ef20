// SPDX-License-Identifier: GPL-3.0-or-later
// The servers of the five sample migrations, each rehearsed on the platform it leaves and on the one it goes to, by its
// own workspace and manifests: they start, and are judged.
#include "tests/support/cli.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QThreadPool>

#include <future>
#include <map>
#include <memory>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct Row
{
    const char *name;
    const char *seed;
    const char *backend; ///< of the workspace
    const char *platform;
    const char *folder;  ///< where the server is started, below the seed's
    const char *command; ///< without host and port
    int status;          ///< of switchyard-cli
    const char *cleanClose;
    const char *notice;
};

const char uvicorn[] = "/usr/bin/python3 -m uvicorn %1 --ws wsproto --host 127.0.0.1 --port $PORT";
const char gunicorn[] = "/usr/bin/gunicorn %1 -k uvicorn.workers.UvicornWorker --timeout 120 --bind 127.0.0.1:$PORT";

// gunicorn's uvicorn worker of Debian 12 ends sockets with a bare FIN: that is what seeds 0 and 2 get on Render.
const Row rows[] = {
    {"0 on Fly", "0-cryptovault", "fly", "fly", "backend", "uvicorn server:socket_app", 0, "pass", "not-applicable"},
    {"0 on Render", "0-cryptovault", "render", "render", "backend", "gunicorn server:socket_app --workers 4", 1, "fail",
     "fail"},
    {"1 on Render", "1-cryptovault", "render", "render", "backend", "uvicorn server:socket_app", 0, "pass",
     "not-applicable"},
    {"1 on Fly", "1-cryptovault", "fly", "fly", "backend", "uvicorn server:socket_app", 0, "pass", "not-applicable"},
    {"2 here", "2-devskyy", "local", "local", ".", "uvicorn main_enterprise:app", 0, "pass", "not-applicable"},
    {"2 on Render", "2-devskyy", "render", "render", ".", "gunicorn main_enterprise:app --workers 2", 1, "fail",
     "not-applicable"},
    {"3 here", "3-momentum", "local", "local", "backend", "uvicorn src.api.main:app", 0, "not-applicable",
     "not-applicable"},
    {"3 on Render", "3-momentum", "render", "render", "backend", "uvicorn src.api.main:app", 0, "not-applicable",
     "not-applicable"},
    {"4 on Fly", "4-casino", "fly", "fly", "backend", "uvicorn main:app", 0, "pass", "not-applicable"},
    {"4 on Render", "4-casino", "render", "render", "backend", "uvicorn main:app", 0, "pass", "not-applicable"},
};

bool have(const char *modules)
{
    QProcess python;
    python.start(s("/usr/bin/python3"), {s("-c"), s("import ") + s(modules)});
    return python.waitForFinished(20'000) && python.exitStatus() == QProcess::NormalExit && python.exitCode() == 0;
}

QStringList commandOf(const Row &row)
{
    const QString program = s(row.command).section(QLatin1Char(' '), 0, 0);
    const QString rest = s(row.command).section(QLatin1Char(' '), 1);
    return s(program == s("uvicorn") ? uvicorn : gunicorn).arg(rest).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

} // namespace

class SeedServersTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void servers_data();
    void servers();

private:
    QTemporaryDir m_folder;
    QString m_missing;
    QThreadPool m_atOnce;
    std::map<QString, std::future<CliResult>> m_runs;
};

/// A rehearsal mostly waits: three at a time disturb each other little.
void SeedServersTest::initTestCase()
{
    if (!have("fastapi, uvicorn, wsproto, gunicorn, socketio, pydantic")) {
        m_missing = s("Debian's python3-fastapi, -uvicorn, -wsproto, -socketio and gunicorn are needed");
        return;
    }
    m_atOnce.setMaxThreadCount(3);
    for (const Row &row : rows) {
        CliOptions options;
        options.cwd = s(SOURCE_DIR "/tests/fixtures/seeds/") + s(row.seed);
        options.environment = {{s("XDG_STATE_HOME"), m_folder.path()}};
        // What health says of databases is told from these; nothing connects.
        QStringList variables;
        for (const char *name : {"MONGO_URL", "DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"}) {
            options.environment.insert(s(name), s("1"));
            variables += {s("--env"), s(name)};
        }
        const QStringList arguments =
            QStringList{s("rehearse"),     s("--format"),   s("json"),      s("--sessions"), m_folder.path(),
                        s("--backend"),    s(row.backend),  s("--cwd"),     s(row.folder),   s("--platform"),
                        s(row.platform),   s("--baseline"), s("5s"),        s("--settle"),   s("2s"),
                        s("--time-scale"), s("0.02"),       s("--clients"), s("4")} +
            variables + QStringList{s("--")} + commandOf(row);
        auto task = std::make_shared<std::packaged_task<CliResult()>>(
            [arguments, options] { return runCli(arguments, options); });
        m_runs[s(row.name)] = task->get_future();
        m_atOnce.start([task] { (*task)(); });
    }
}

void SeedServersTest::servers_data()
{
    QTest::addColumn<int>("index");
    for (int i = 0; i < int(std::size(rows)); ++i)
        QTest::newRow(rows[i].name) << i;
}

void SeedServersTest::servers()
{
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
    QFETCH(int, index);
    const Row &row = rows[index];
    const CliResult result = m_runs[s(row.name)].get();
    QVERIFY2(result.status == row.status, qPrintable(result.err + result.out));
    QCOMPARE(result.json()[s("verdict")].toString(), row.status == 0 ? s("pass") : s("fail"));
    for (const char *gate : {"startup", "coverage", "drain-budget", "max-gap"})
        QVERIFY2(result.gateStatus(s(gate)) == s("pass"), qPrintable(s(gate) + result.out));
    QCOMPARE(result.gateStatus(s("clean-close")), s(row.cleanClose));
    QCOMPARE(result.gateStatus(s("notice-lead")), s(row.notice));
    if (s(row.cleanClose) != s("not-applicable"))
        QCOMPARE(result.gateStatus(s("all-back")), s("pass"));
}

QTEST_GUILESS_MAIN(SeedServersTest)
#include "tst_seedservers.moc"
