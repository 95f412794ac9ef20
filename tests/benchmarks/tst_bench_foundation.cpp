// SPDX-License-Identifier: GPL-3.0-or-later
//
// Figures, not thresholds: start of the command line, first paint and memory of the window, memory of a held client.
#include "tests/support/demobackend.h"

#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <cstdio>
#include <sys/resource.h>

using namespace Switchyard::Testing;

namespace {

const QString cli = QStringLiteral(BINARY_DIR "/switchyard-cli");

double residentKb(qint64 pid)
{
    QFile status(QStringLiteral("/proc/%1/status").arg(pid));
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    const QRegularExpressionMatch match =
        QRegularExpression(QStringLiteral("VmRSS:\\s+(\\d+)")).match(QString::fromUtf8(status.readAll()));
    return match.captured(1).toDouble();
}

} // namespace

class FoundationBench final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void commandLineStart();
    void windowStart();
    void heldClients();
};

void FoundationBench::commandLineStart()
{
    for (const QStringList &arguments :
         {QStringList{QStringLiteral("--version")}, QStringList{QStringLiteral("--help")},
          QStringList{QStringLiteral("health"), QStringLiteral("check"), QStringLiteral("http://127.0.0.1:1/")}}) {
        std::vector<double> times;
        for (int i = 0; i < 21; ++i) {
            QElapsedTimer clock;
            clock.start();
            QProcess process;
            process.start(cli, arguments);
            QVERIFY(process.waitForFinished(10'000));
            times.push_back(double(clock.nsecsElapsed()) / 1e6);
        }
        std::sort(times.begin(), times.end());
        std::printf("switchyard-cli %-40s median %.1f ms, best %.1f ms\n", qPrintable(arguments.join(QLatin1Char(' '))),
                    times[times.size() / 2], times.front());
    }
}

void FoundationBench::windowStart()
{
    for (int i = 0; i < 5; ++i) {
        QProcess process;
        process.start(QStringLiteral(BINARY_DIR "/switchyard"), {QStringLiteral("--measure-start")});
        if (!process.waitForFinished(30'000) || process.exitCode() != 0)
            QSKIP("the window does not start here");
        std::printf("switchyard --measure-start: %s", process.readAllStandardOutput().constData());
    }
}

void FoundationBench::heldClients()
{
    DemoBackend demo;
    QVERIFY(demo.waitForListening());
    const QString url = QStringLiteral("ws://127.0.0.1:%1/ws/prices").arg(demo.port());
    double base = 0;
    for (const int clients : {1, 1001, 5001}) {
        QProcess process;
        process.start(cli, {QStringLiteral("ws"), QStringLiteral("hold"), url, QStringLiteral("--clients"),
                            QString::number(clients), QStringLiteral("--duration"), QStringLiteral("12s")});
        QVERIFY(process.waitForStarted());
        QTest::qWait(10'000); // long enough for pings and messages to have touched every buffer
        const double kb = residentKb(process.processId());
        QVERIFY(process.waitForFinished(30'000));
        if (clients == 1)
            base = kb;
        std::printf("%d held clients: %.0f KB resident%s\n", clients, kb,
                    clients > 1
                        ? qPrintable(QStringLiteral(", %1 KB a client").arg((kb - base) / (clients - 1), 0, 'f', 2))
                        : "");
    }
}

QTEST_GUILESS_MAIN(FoundationBench)
#include "tst_bench_foundation.moc"
