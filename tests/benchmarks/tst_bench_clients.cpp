// SPDX-License-Identifier: GPL-3.0-or-later
//
// Figures, not thresholds: 10,000 clients on one server, ws and wss, beside as many clients of Node's ws library on the
// same server. Server and clients are processes of their own.
#include "models/common/limits.h"
#include "tests/support/certificates.h"
#include "tests/support/democlient.h"

#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#include <cstdio>
#include <optional>

#include <unistd.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr int wanted = 10'000;
constexpr int openLimitMs = 120'000;
constexpr int settleMs = 8'000; ///< pings and messages have touched every buffer by then
const QString backends = QStringLiteral(SOURCE_DIR "/tests/backends/");

QByteArray procFile(qint64 pid, const char *name)
{
    QFile file(QStringLiteral("/proc/%1/%2").arg(pid).arg(QLatin1StringView(name)));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

double residentKb(qint64 pid)
{
    const QByteArray status = procFile(pid, "status");
    return status.mid(status.indexOf("VmRSS:") + 6).simplified().split(' ').value(0).toDouble();
}

double cpuSeconds(qint64 pid)
{
    const QByteArray stat = procFile(pid, "stat");
    const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    return (fields.value(11).toDouble() + fields.value(12).toDouble()) / double(::sysconf(_SC_CLK_TCK));
}

QProcessEnvironment withNode()
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("NODE_PATH"), QStringLiteral("/usr/share/nodejs"));
    return environment;
}

class Server
{
public:
    explicit Server(const std::optional<CertificateFiles> &tls)
    {
        QProcessEnvironment environment = withNode();
        if (tls) {
            environment.insert(QStringLiteral("CERT"), tls->certificate);
            environment.insert(QStringLiteral("KEY"), tls->key);
        }
        m_process.setProcessEnvironment(environment);
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(QStringLiteral("node"), {backends + QStringLiteral("many_server.js")});
        if (m_process.waitForReadyRead(20'000)) {
            const QList<QByteArray> words = m_process.readAll().simplified().split(' ');
            port = words.value(1).toUShort();
            m_counter = words.value(2).toUShort();
        }
    }
    ~Server()
    {
        m_process.kill();
        m_process.waitForFinished(5'000);
    }
    int open() const { return get(m_counter, "/").body.toInt(); }

    quint16 port = 0;

private:
    QProcess m_process;
    quint16 m_counter = 0;
};

struct Figures
{
    double openMs = -1; ///< from the start of the process until the server had them all; negative: it never had
    double residentKb = 0;
    double cpuS = 0;
};

Figures hold(const Server &server, const QString &program, const QStringList &arguments, int clients)
{
    QProcess process;
    process.setProcessEnvironment(withNode());
    process.setStandardOutputFile(QProcess::nullDevice());
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    QElapsedTimer clock;
    clock.start();
    process.start(program, arguments);
    Figures figures;
    while (clock.elapsed() < openLimitMs && figures.openMs < 0) {
        if (server.open() >= clients)
            figures.openMs = double(clock.nsecsElapsed()) / 1e6;
        else
            QTest::qWait(10);
    }
    QTest::qWait(settleMs);
    figures.residentKb = residentKb(process.processId());
    figures.cpuS = cpuSeconds(process.processId());
    process.terminate();
    if (!process.waitForFinished(20'000))
        process.kill();
    process.waitForFinished(5'000);
    QElapsedTimer emptying;
    emptying.start();
    while (server.open() > 0 && emptying.elapsed() < 20'000)
        QTest::qWait(50);
    return figures;
}

} // namespace

class ClientsBench final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void besideNode_data();
    void besideNode();
};

void ClientsBench::besideNode_data()
{
    QTest::addColumn<bool>("tls");
    QTest::newRow("ws") << false;
    QTest::newRow("wss") << true;
}

void ClientsBench::besideNode()
{
    QFETCH(bool, tls);
    if (QStandardPaths::findExecutable(QStringLiteral("node")).isEmpty() ||
        !QFile::exists(QStringLiteral("/usr/share/nodejs/ws/index.js")))
        QSKIP("Debian's nodejs and node-ws are not here, and with them the server");
    // Children inherit the raised limit; the server needs as many descriptors as its clients.
    const int limit = raiseFileLimit();
    const int clients = std::min(wanted, limit - 200);
    if (clients < wanted)
        std::printf("only %d clients: the system allows %d open files\n", clients, limit);
    const TestCertificates certificates;
    const Server server(tls ? std::optional(certificates.good()) : std::nullopt);
    QVERIFY(server.port > 0);
    const QString url =
        QStringLiteral("%1://localhost:%2/ws").arg(tls ? QStringLiteral("wss") : QStringLiteral("ws")).arg(server.port);
    const auto ours = [&](int count) {
        QStringList arguments{QStringLiteral("ws"),
                              QStringLiteral("hold"),
                              url,
                              QStringLiteral("--clients"),
                              QString::number(count),
                              QStringLiteral("--duration"),
                              QStringLiteral("5m"),
                              QStringLiteral("--handshake-timeout"),
                              QStringLiteral("2m"),
                              QStringLiteral("--connect-timeout"),
                              QStringLiteral("2m")};
        if (tls)
            arguments += {QStringLiteral("--ca"), certificates.caFile()};
        return hold(server, QStringLiteral(BINARY_DIR "/switchyard-cli"), arguments, count);
    };
    const auto node = [&](int count) {
        QStringList arguments{backends + QStringLiteral("many_clients.js"), url, QString::number(count)};
        if (tls)
            arguments += certificates.caFile();
        return hold(server, QStringLiteral("node"), arguments, count);
    };
    const double oursBase = ours(1).residentKb;
    const double nodeBase = node(1).residentKb;
    for (int round = 1; round <= 2; ++round) {
        for (const bool isOurs : {true, false}) {
            const Figures figures = isOurs ? ours(clients) : node(clients);
            const double base = isOurs ? oursBase : nodeBase;
            if (figures.openMs < 0)
                std::printf("%s %s round %d: not all %d open within %d s\n", tls ? "wss" : "ws",
                            isOurs ? "switchyard" : "node ws   ", round, clients, openLimitMs / 1000);
            else
                std::printf("%s %s round %d: %d open after %.2f s, %.2f KB a client (base %.1f MB), CPU %.2f s\n",
                            tls ? "wss" : "ws", isOurs ? "switchyard" : "node ws   ", round, clients,
                            figures.openMs / 1000, (figures.residentKb - base) / (clients - 1), base / 1024,
                            figures.cpuS);
            std::fflush(stdout);
        }
    }
}

QTEST_GUILESS_MAIN(ClientsBench)
#include "tst_bench_clients.moc"
