// SPDX-License-Identifier: GPL-3.0-or-later
//
// The servers people run today, newer than Debian 12's, each stopped in good and bad ways on Render's sequence:
//
//   server                      what the clients see
//   uvicorn 0.35, either library   1012 on every socket, raw and Socket.IO
//   hypercorn 0.17                 1011, after 3 s
//   gunicorn 23, uvicorn worker    1012
//   socket.io 4.8, io.close()      1005
//   socket.io 4.8, process.exit    FIN or reset
//   disconnectSockets(true)        the clients never come back by themselves
#include "tests/support/cli.h"
#include "tests/support/runtimes.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

using Closes = QMap<QString, int>;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QStringList splitWords(const char *text)
{
    return s(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

} // namespace

class CurrentServersTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void python_data();
    void python();
    void node_data();
    void node();

private:
    void begin(const QString &row, const QStringList &arguments, const QStringList &command);
    CliResult result(const QString &row) { return m_runs.result(row); }

    QTemporaryDir m_folder;
    Result<QString> m_python;
    Result<QString> m_modules;
    RunsAtOnce m_runs;
};

void CurrentServersTest::begin(const QString &row, const QStringList &arguments, const QStringList &command)
{
    CliOptions options;
    options.cwd = s(SOURCE_DIR "/tests/backends");
    const QStringList all =
        QStringList{s("rehearse"),   s("--platform"), s("render"),  s("--format"),  s("json"), s("--sessions"),
                    m_folder.path(), s("--baseline"), s("5s"),      s("--settle"),  s("2s"),   s("--time-scale"),
                    s("0.02"),       s("--health"),   s("/health"), s("--clients"), s("4")} +
        arguments + QStringList{s("--")} + command;
    m_runs.begin(row, all, options);
}

void CurrentServersTest::initTestCase()
{
    m_python = currentPython();
    m_modules = nodeModules();
    const auto python = [this](const char *row, const char *mode, const char *command) {
        begin(s(row),
              {s("--socket"), s("/ws"), s("--socket"), s("/socket.io/,socket.io"), s("--notice"),
               s("/type=server_shutdown"), s("--env"), s("MODE=") + s(mode)},
              QStringList{*m_python} + splitWords(command));
    };
    if (m_python) {
        const char *websockets = "-m uvicorn shutdown_app:app --host 127.0.0.1 --port $PORT --ws websockets";
        const char *wsproto = "-m uvicorn shutdown_app:app --host 127.0.0.1 --port $PORT --ws wsproto";
        python("uvicorn websockets, handler", "handler", websockets);
        python("uvicorn wsproto, handler", "handler", wsproto);
        python("uvicorn websockets, lifespan", "lifespan", websockets);
        python("sio.disconnect", "sio-disconnect", websockets);
        python("gunicorn", "handler",
               "-m gunicorn shutdown_app:app -k uvicorn.workers.UvicornWorker --bind 127.0.0.1:$PORT");
        python("hypercorn", "lifespan", "-m hypercorn shutdown_app:app --bind 127.0.0.1:$PORT");
    }
    if (m_modules) {
        for (const auto &[row, mode] :
             {std::pair("io.close", "close"), std::pair("disconnectSockets", "disconnect"), std::pair("exit", "exit")})
            begin(s(row),
                  {s("--socket"), s("/socket.io/,socket.io"), s("--env"), s("MODE=") + s(mode), s("--env"),
                   s("NODE_PATH=") + *m_modules},
                  {s("node"), s("socketio_server.js")});
    }
}

void CurrentServersTest::python_data()
{
    QTest::addColumn<Closes>("closes");
    QTest::addColumn<QString>("failing"); ///< the gate that fails; empty: pass
    QTest::addColumn<QString>("advice");
    const Closes restart{{s("/ws close-frame 1012"), 4}, {s("/socket.io/ close-frame 1012"), 4}};
    QTest::newRow("uvicorn websockets, handler") << restart << QString() << QString();
    QTest::newRow("uvicorn wsproto, handler") << restart << QString() << QString();
    QTest::newRow("uvicorn websockets, lifespan") << restart << s("notice-lead") << s("lifespan");
    QTest::newRow("sio.disconnect") << Closes{{s("/ws close-frame 1012"), 4}, {s("/socket.io/ local 0"), 4}}
                                    << s("all-back") << s("do not call disconnect");
    QTest::newRow("gunicorn") << restart << QString() << QString();
    QTest::newRow("hypercorn") << Closes{{s("/ws close-frame 1011"), 4}, {s("/socket.io/ close-frame 1000"), 4}}
                               << s("clean-close") << s("hypercorn");
}

void CurrentServersTest::python()
{
    if (!m_python)
        QSKIP(qPrintable(m_python.error().message));
    QFETCH(Closes, closes);
    QFETCH(QString, failing);
    QFETCH(QString, advice);
    const CliResult result = this->result(s(QTest::currentDataTag()));
    QVERIFY2(!result.out.isEmpty(), qPrintable(result.err));
    qInfo().noquote() << result.json()[s("verdict")].toString() << result.closes();
    QCOMPARE(result.closes(), closes);
    if (failing.isEmpty()) {
        QVERIFY2(result.status == 0, qPrintable(result.gatesTold()));
        return;
    }
    QVERIFY2(result.gateStatus(failing) == s("fail"), qPrintable(result.gatesTold()));
    QVERIFY2(result.gate(failing)[s("advice")].toString().contains(advice),
             qPrintable(result.gate(failing)[s("advice")].toString()));
}

void CurrentServersTest::node_data()
{
    QTest::addColumn<QString>("mode");
    QTest::addColumn<QString>("failing");
    QTest::newRow("io.close") << s("close") << QString();
    QTest::newRow("disconnectSockets") << s("disconnect") << s("all-back");
    QTest::newRow("exit") << s("exit") << s("clean-close");
}

void CurrentServersTest::node()
{
    if (!m_modules)
        QSKIP(qPrintable(m_modules.error().message));
    QFETCH(QString, mode);
    QFETCH(QString, failing);
    const CliResult result = this->result(s(QTest::currentDataTag()));
    QVERIFY2(!result.out.isEmpty(), qPrintable(result.err));
    qInfo().noquote() << result.json()[s("verdict")].toString() << result.closes();
    if (failing.isEmpty()) {
        QVERIFY2(result.status == 0, qPrintable(result.gatesTold()));
        QCOMPARE(result.closes(), (Closes{{s("/socket.io/ close-frame 1005"), 4}}));
        return;
    }
    QVERIFY2(result.gateStatus(failing) == s("fail"), qPrintable(result.gatesTold()));
    // The forecast says the same of the real client library.
    const QJsonObject row = result.json()[s("forecast")][0].toObject();
    QCOMPARE(row[s("stay_away")].toInt(), mode == s("disconnect") ? 4 : 0);
}

QTEST_GUILESS_MAIN(CurrentServersTest)
#include "tst_currentservers.moc"
