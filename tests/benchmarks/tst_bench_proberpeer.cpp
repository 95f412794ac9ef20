// SPDX-License-Identifier: GPL-3.0-or-later
// The prober beside Debian's prometheus-blackbox-exporter: the same nginx, the same run, fresh connections each. Prints
// what they cost; asserts that the probes came and were good, on both sides, and that ours costs less.
#include "models/health/prober.h"
#include "models/health/targets.h"
#include "tests/support/certificates.h"
#include "tests/support/httpserver.h"

#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QUrl>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

using namespace Switchyard;

namespace {

double ownCpuMicroseconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto micros = [](const timeval &time) { return double(time.tv_sec) * 1e6 + double(time.tv_usec); };
    return micros(usage.ru_utime) + micros(usage.ru_stime);
}

QByteArray procFile(qint64 pid, const char *name)
{
    QFile file(QStringLiteral("/proc/%1/%2").arg(pid).arg(QLatin1StringView(name)));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// User and system time of another process, all its threads.
double cpuMicrosecondsOf(qint64 pid)
{
    const QByteArray stat = procFile(pid, "stat");
    // Behind the name, which may hold anything: fields 14 and 15 of proc(5).
    const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    return (fields.value(11).toDouble() + fields.value(12).toDouble()) * 1e6 / double(sysconf(_SC_CLK_TCK));
}

double rssMbOf(qint64 pid)
{
    const QByteArray text = procFile(pid, "status");
    const qsizetype at = text.indexOf("VmRSS:") + 6;
    return text.mid(at, text.indexOf("kB", at) - at).trimmed().toDouble() / 1024;
}

double quantile(QList<double> values, double share)
{
    std::sort(values.begin(), values.end());
    return values.isEmpty() ? -1 : values[qsizetype(share * double(values.size() - 1))];
}

bool writeText(const QString &path, const QByteArray &text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

/// The test's authority among the system's: what a real probe has to load.
QByteArray bundle(const QString &caFile)
{
    QByteArray text;
    for (const QString &path : {caFile, QStringLiteral("/etc/ssl/certs/ca-certificates.crt")}) {
        QFile file(path);
        if (file.open(QIODevice::ReadOnly))
            text += file.readAll();
    }
    return text;
}

/// So many monitors of a second for so long, in a process of its own: "--monitors N URL CA SECONDS" prints what they
/// cost, one figure a line: CPU in µs a probe, lateness p50, p99 and most in ms, RSS before and after in MB, probes,
/// good ones.
int runMonitors(const QStringList &arguments)
{
    const int count = arguments.value(0).toInt();
    const double rssBefore = rssMbOf(getpid());
    Prober prober;
    quint64 probes = 0;
    quint64 good = 0;
    QList<double> late;
    const Instant start = Clock::now();
    QObject::connect(&prober, &Prober::samplesReady, &prober, [&](const QList<ProbeSample> &samples) {
        for (const ProbeSample &sample : samples) {
            ++probes;
            good += sample.state == ProbeState::Up ? 1 : 0;
            // The first second loads the roots and warms up; it is not the schedule's.
            if (toMs(sample.sentAt - start) > 1'000)
                late += toMs(sample.sentAt - sample.dueAt);
        }
    });
    const double cpuBefore = ownCpuMicroseconds();
    for (int n = 0; n < count; ++n) {
        ProbeTarget target;
        target.id = QString::number(n);
        target.url = arguments.value(1);
        target.caFile = arguments.value(2);
        prober.schedule(target, Milliseconds(1'000), phaseOf(n, count, Milliseconds(1'000)));
    }
    QTimer::singleShot(1'000 * arguments.value(3).toInt(), &prober, [] { QCoreApplication::quit(); });
    QCoreApplication::exec();
    const double cpu = ownCpuMicroseconds() - cpuBefore;
    std::printf("%f\n%f\n%f\n%f\n%f\n%f\n%llu\n%llu\n", cpu / double(std::max<quint64>(probes, 1)), quantile(late, 0.5),
                quantile(late, 0.99), quantile(late, 1), rssBefore, rssMbOf(getpid()), probes, good);
    return 0;
}

} // namespace

class ProberPeerBenchmark : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void cpuPerProbe_data();
    void cpuPerProbe();
    void monitors_data();
    void monitors();

private:
    struct Cost
    {
        double micros = 0;
        double perSecond = 0;
        int good = 0;
    };
    void startNginx();
    void startPeer();
    /// So many probes, 20 at a time. `pid`: whose CPU is counted; 0: our own.
    Cost probeMany(const ProbeTarget &target, int count, qint64 pid);

    TestCertificates m_certificates;
    QTemporaryDir m_folder;
    QProcess m_nginx, m_peer;
    QString m_plain, m_tls, m_bundle;
    quint16 m_peerPort = 0;
};

void ProberPeerBenchmark::startNginx()
{
    const quint16 plain = closedPort();
    const quint16 tls = closedPort();
    const QByteArray server = "  access_log off; location / { default_type application/json; return 200 "
                              "'{\"status\":\"healthy\"}'; }\n }\n";
    const QByteArray text = "daemon off; worker_processes 1; error_log stderr crit; pid " + m_folder.path().toUtf8() +
                            "/nginx.pid;\nevents { worker_connections 8192; }\nhttp {\n client_body_temp_path " +
                            m_folder.path().toUtf8() + "/body; proxy_temp_path " + m_folder.path().toUtf8() +
                            "/proxy; fastcgi_temp_path " + m_folder.path().toUtf8() + "/fcgi; uwsgi_temp_path " +
                            m_folder.path().toUtf8() + "/uwsgi; scgi_temp_path " + m_folder.path().toUtf8() +
                            "/scgi;\n server { listen 127.0.0.1:" + QByteArray::number(plain) + " backlog=8192;\n" +
                            server + " server { listen 127.0.0.1:" + QByteArray::number(tls) +
                            " ssl backlog=8192;\n  ssl_certificate " + m_certificates.good().certificate.toUtf8() +
                            "; ssl_certificate_key " + m_certificates.good().key.toUtf8() + ";\n" + server + "}\n";
    const QString file = m_folder.filePath(QStringLiteral("nginx.conf"));
    QVERIFY(writeText(file, text));
    m_nginx.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_nginx.start(QStringLiteral("/usr/sbin/nginx"),
                  {QStringLiteral("-c"), file, QStringLiteral("-p"), m_folder.path()});
    QVERIFY(m_nginx.waitForStarted());
    m_plain = QStringLiteral("http://127.0.0.1:%1/health").arg(plain);
    m_tls = QStringLiteral("https://127.0.0.1:%1/health").arg(tls);
}

void ProberPeerBenchmark::startPeer()
{
    m_peerPort = closedPort();
    const QString file = m_folder.filePath(QStringLiteral("blackbox.yml"));
    // It loads the roots for each probe, for HTTP too where a module names any: so the plain one names none.
    const auto module = [](const char *name, const QString &caFile) {
        const QByteArray roots =
            caFile.isEmpty() ? QByteArray() : "      tls_config:\n        ca_file: " + caFile.toUtf8() + "\n";
        return QByteArray("  ") + name +
               ":\n    prober: http\n    timeout: 5s\n    http:\n      preferred_ip_protocol: ip4\n" + roots;
    };
    QVERIFY(writeText(file, "modules:\n" + module("plain", {}) + module("bundle", m_bundle) +
                                module("one_root", m_certificates.caFile())));
    m_peer.setProcessChannelMode(QProcess::MergedChannels);
    m_peer.start(QStringLiteral("/usr/bin/prometheus-blackbox-exporter"),
                 {QStringLiteral("--config.file=") + file,
                  QStringLiteral("--web.listen-address=127.0.0.1:%1").arg(m_peerPort),
                  QStringLiteral("--log.level=error")});
    QVERIFY(m_peer.waitForStarted());
}

void ProberPeerBenchmark::initTestCase()
{
    if (!QFile::exists(QStringLiteral("/usr/sbin/nginx")))
        QSKIP("nginx is not installed");
    if (!QFile::exists(QStringLiteral("/usr/bin/prometheus-blackbox-exporter")))
        QSKIP("prometheus-blackbox-exporter is not installed");
    m_bundle = m_folder.filePath(QStringLiteral("bundle.pem"));
    QVERIFY(writeText(m_bundle, bundle(m_certificates.caFile())));
    startNginx();
    startPeer();
    // Until both answer.
    for (const QString &url : {m_plain, m_tls, QStringLiteral("http://127.0.0.1:%1/-/healthy").arg(m_peerPort)}) {
        ProbeTarget target;
        target.url = url;
        target.caFile = m_bundle;
        QTRY_VERIFY_WITH_TIMEOUT(probeMany(target, 1, 0).good == 1, 10'000);
    }
}

void ProberPeerBenchmark::cleanupTestCase()
{
    for (QProcess *process : {&m_peer, &m_nginx}) {
        process->terminate();
        if (process->state() != QProcess::NotRunning && !process->waitForFinished(5'000))
            process->kill();
    }
}

ProberPeerBenchmark::Cost ProberPeerBenchmark::probeMany(const ProbeTarget &target, int count, qint64 pid)
{
    constexpr int atATime = 20;
    Prober prober;
    prober.setImmediate(true);
    Cost cost;
    int done = 0;
    int asked = 0;
    connect(&prober, &Prober::samplesReady, this, [&](const QList<ProbeSample> &samples) {
        for (const ProbeSample &sample : samples) {
            ++done;
            cost.good += sample.state == ProbeState::Up ? 1 : 0;
            if (asked < count) {
                ++asked;
                prober.probeOnce(target);
            }
        }
    });
    const double before = pid > 0 ? cpuMicrosecondsOf(pid) : ownCpuMicroseconds();
    const Instant start = Clock::now();
    for (; asked < std::min(atATime, count); ++asked)
        prober.probeOnce(target);
    // Not QTRY_: it polls, which is CPU of ours.
    while (done < count && toMs(Clock::now() - start) < 120'000)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    const double after = pid > 0 ? cpuMicrosecondsOf(pid) : ownCpuMicroseconds();
    cost.micros = (after - before) / count;
    cost.perSecond = count / (toMs(Clock::now() - start) / 1000);
    return cost;
}

void ProberPeerBenchmark::cpuPerProbe_data()
{
    QTest::addColumn<bool>("tls");
    QTest::addColumn<bool>("wholeBundle");
    QTest::addColumn<int>("count");
    QTest::addColumn<double>("aim");
    QTest::newRow("HTTP") << false << true << 3'000 << 4.0;
    QTest::newRow("HTTPS, the system's roots") << true << true << 300 << 6.0;
    QTest::newRow("HTTPS, one root") << true << false << 300 << 0.0;
}

void ProberPeerBenchmark::cpuPerProbe()
{
    QFETCH(bool, tls);
    QFETCH(bool, wholeBundle);
    QFETCH(int, count);
    QFETCH(double, aim);
    ProbeTarget own;
    own.url = tls ? m_tls : m_plain;
    own.caFile = wholeBundle ? m_bundle : m_certificates.caFile();
    ProbeTarget peer;
    peer.url = QStringLiteral("http://127.0.0.1:%1/probe?module=%2&target=%3")
                   .arg(m_peerPort)
                   .arg(!tls          ? QStringLiteral("plain")
                        : wholeBundle ? QStringLiteral("bundle")
                                      : QStringLiteral("one_root"),
                        QString::fromUtf8(QUrl::toPercentEncoding(own.url)));
    peer.expect.body = *ConfiguredPattern::from(QStringLiteral("(?m)^probe_success 1$"));
    // Once in vain each, so that neither pays for its start.
    probeMany(own, 50, 0);
    probeMany(peer, 50, 0);
    const Cost theirs = probeMany(peer, count, m_peer.processId());
    const Cost ours = probeMany(own, count, 0);
    QCOMPARE(ours.good, count);
    QCOMPARE(theirs.good, count);
    qInfo(
        "%s: %.0f us CPU a probe (%.0f a CPU second), blackbox_exporter %.0f us (%.0f): %.1f times%s; elapsed %.0f and "
        "%.0f a second",
        QTest::currentDataTag(), ours.micros, 1e6 / ours.micros, theirs.micros, 1e6 / theirs.micros,
        theirs.micros / ours.micros, aim > 0 ? qPrintable(QStringLiteral(", aim %1").arg(aim)) : "", ours.perSecond,
        theirs.perSecond);
    qInfo("blackbox_exporter resident: %.1f MB", rssMbOf(m_peer.processId()));
    // Without an aim: what OpenSSL and Go cost, of which nobody here chooses.
    QVERIFY(aim <= 0 || ours.micros < theirs.micros);
}

void ProberPeerBenchmark::monitors_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("tls");
    QTest::newRow("1,000 of 1 s, HTTP") << 1'000 << false;
    QTest::newRow("200 of 1 s, HTTPS") << 200 << true;
    QTest::newRow("1,000 of 1 s, HTTPS") << 1'000 << true;
    QTest::newRow("5,000 of 1 s, HTTP") << 5'000 << false;
}

void ProberPeerBenchmark::monitors()
{
    QFETCH(int, count);
    QFETCH(bool, tls);
    QProcess child;
    child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--monitors"), QString::number(count),
                                                          tls ? m_tls : m_plain, m_bundle, QStringLiteral("8")});
    QVERIFY(child.waitForFinished(60'000));
    const QList<QByteArray> lines = child.readAllStandardOutput().split('\n');
    QVERIFY(lines.size() >= 8);
    const auto figure = [&lines](int line) { return lines[line].toDouble(); };
    qInfo(
        "%s: %.0f us CPU a probe, left late p50 %.3f ms, p99 %.3f ms, most %.3f ms; resident %.1f MB, %.1f MB before; "
        "%.0f probes, %.0f good",
        QTest::currentDataTag(), figure(0), figure(1), figure(2), figure(3), figure(5), figure(4), figure(6),
        figure(7));
    // TLS costs a millisecond or two each: a slow processor cannot do a thousand a second, and then says so above.
    QVERIFY(tls || figure(6) >= 6 * count);
    QVERIFY(figure(7) >= 0.99 * figure(6));
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.value(1) == QStringLiteral("--monitors"))
        return runMonitors(arguments.mid(2));
    ProberPeerBenchmark test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_bench_proberpeer.moc"
