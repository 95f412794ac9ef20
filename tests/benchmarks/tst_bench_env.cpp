// SPDX-License-Identifier: GPL-3.0-or-later
//
// Figures, not thresholds: a .env file of 100,000 lines, read by us and by python-dotenv in the same run.
#include "models/environment/disagreements.h"
#include "models/environment/envdocument.h"
#include "models/environment/exports.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryFile>
#include <QTest>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

using namespace Switchyard;

namespace {

constexpr int lines = 100'000;

/// Comments, plain values, quotes, comments behind values: as files have them.
QByteArray sample()
{
    QByteArray text;
    for (int i = 0; i < lines; ++i) {
        const QByteArray name = "VARIABLE_" + QByteArray::number(i);
        switch (i % 8) {
        case 0:
            text += "# what follows is about part " + QByteArray::number(i) + '\n';
            break;
        case 1:
            text += name + "=\"a value in quotes with \\\"more\\\" of them\"\n";
            break;
        case 2:
            text += name + "='single # quotes' # a comment\n";
            break;
        case 3:
            text += "export " + name + "=postgres://user@host:5432/base?sslmode=require\n";
            break;
        default:
            text += name + "=value" + QByteArray::number(i) + '\n';
        }
    }
    return text;
}

double median(const std::function<void()> &work, int runs = 7)
{
    std::vector<double> times;
    for (int i = 0; i < runs; ++i) {
        QElapsedTimer clock;
        clock.start();
        work();
        times.push_back(double(clock.nsecsElapsed()) / 1e6);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

} // namespace

class EnvBench final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reading();
    void writing();
};

void EnvBench::reading()
{
    const QByteArray text = sample();
    std::size_t nodes = 0;
    std::printf("%d lines, %.1f MB\n", lines, double(text.size()) / 1e6);
    std::printf("  document with places: %.1f ms\n", median([&] { nodes = EnvDocument::parse(text).nodes().size(); }));
    QCOMPARE(nodes, std::size_t(lines));
    for (const EnvDialect dialect : {EnvDialect::Tolerant, EnvDialect::NodeDotenv, EnvDialect::PythonDotenv,
                                     EnvDialect::Compose, EnvDialect::Docker, EnvDialect::Systemd, EnvDialect::Shell}) {
        qsizetype found = 0;
        const double ms = median([&] { found = readEnv(text, dialect).assignments.size(); });
        std::printf("  as %s: %.1f ms, %lld variables\n", qPrintable(envDialectName(dialect)), ms, qlonglong(found));
    }
    std::printf(
        "  where node dotenv, python-dotenv and compose differ: %.1f ms\n",
        median(
            [&] {
                (void)findDisagreements(text, {EnvDialect::NodeDotenv, EnvDialect::PythonDotenv, EnvDialect::Compose});
            },
            3));
    QTemporaryFile file;
    QVERIFY(file.open() && file.write(text) == text.size() && file.flush());
    QProcess python;
    python.start(
        QStringLiteral("/usr/bin/python3"),
        {QStringLiteral("-c"),
         QStringLiteral("import sys, time, dotenv\nt = time.perf_counter()\n"
                        "n = len(dotenv.dotenv_values(sys.argv[1], interpolate=False))\n"
                        "print(f'  python-dotenv itself: {(time.perf_counter() - t) * 1e3:.1f} ms, {n} variables')"),
         file.fileName()});
    if (!python.waitForFinished(120'000) || python.exitCode() != 0)
        QSKIP("python3-dotenv is not here");
    std::printf("%s", python.readAllStandardOutput().constData());
}

void EnvBench::writing()
{
    QList<EnvEntry> entries;
    for (int i = 0; i < 10'000; ++i) {
        EnvEntry entry;
        entry.name = QStringLiteral("VARIABLE_%1").arg(i);
        entry.value =
            i % 2 ? QStringLiteral("plain%1").arg(i) : QStringLiteral("a value with # and 'quotes' %1").arg(i);
        entries.append(entry);
    }
    for (const ExportTarget target : {ExportTarget::Dotenv, ExportTarget::Systemd, ExportTarget::Kubernetes}) {
        Result<EnvExport> result = EnvExport();
        const double ms = median([&] { result = exportEnvironment(entries, target); }, 3);
        QVERIFY(result.has_value() && result->written.size() == entries.size());
        std::printf("10,000 variables written for %s, each read back: %.0f ms\n", qPrintable(exportTargetId(target)),
                    ms);
    }
}

QTEST_GUILESS_MAIN(EnvBench)
#include "tst_bench_env.moc"
