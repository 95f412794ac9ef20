// SPDX-License-Identifier: GPL-3.0-or-later
//
// Figures, not thresholds: a copy of some 170 MB between two local servers, beside the vendor's own two programs with a
// plain pipe between them, in the same run and in turn. Ours counts from its first connection to its last.
#include "models/database/copy/copy.h"
#include "models/database/copy/copyprograms.h"
#include "tests/support/postgresserver.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr int rounds = 3;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

class CopyBench final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void besideThePrograms();

private:
    void emptyTarget();
    double plain(const QString &dump, const QString &restore);
    double ours();

    std::unique_ptr<PostgresServer> m_source, m_target;
    QTemporaryDir m_folder;
    QString m_programs;
};

void CopyBench::initTestCase()
{
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        QSKIP(qPrintable(missing));
    const auto found = findDumpPrograms({}, Deadline(Milliseconds(20'000)));
    QVERIFY(found && !found->isEmpty());
    m_programs = found->first().dump.section(QLatin1Char('/'), 0, -2);
    for (auto *server : {&m_source, &m_target}) {
        *server = std::make_unique<PostgresServer>();
        QVERIFY((*server)->start({s("max_wal_size = 8GB"), s("shared_buffers = 128MB")},
                                 "host all all 127.0.0.1/32 trust\n"));
        (*server)->sql(s("create database shop"));
    }
    const QString made =
        m_source->sql(s("create table events (id bigint primary key, at timestamptz, who uuid, body jsonb);\n"
                        "insert into events select i, now() + i * interval '1 s', md5(i::text)::uuid, "
                        "jsonb_build_object('n', i, 'note', "
                        "repeat(md5(i::text), 4)) from generate_series(1, 300000) i;\n"
                        "create table texts (id int primary key, body text);\n"
                        "insert into texts select i, repeat(md5(i::text), 30) from generate_series(1, 60000) i;\n"
                        "create index on events (at);\nvacuum analyze"),
                      s("shop"));
    QVERIFY2(!made.contains(s("ERROR")), qPrintable(made));
}

void CopyBench::emptyTarget()
{
    m_target->sql(s("drop database shop with (force);\ncreate database shop;\ncheckpoint"));
}

double CopyBench::plain(const QString &dump, const QString &restore)
{
    emptyTarget();
    const auto where = [](const PostgresServer &server) {
        return s("-h 127.0.0.1 -p %1 -U admin -d shop").arg(server.port());
    };
    QElapsedTimer clock;
    clock.start();
    QProcess shell;
    shell.start(s("/bin/sh"),
                {s("-c"), s("%1/pg_dump --no-owner --no-acl %2 %3 | %1/pg_restore --no-owner --no-acl %4 %5")
                              .arg(m_programs, dump, where(*m_source), restore, where(*m_target))});
    if (!shell.waitForFinished(200'000) || shell.exitCode() != 0)
        qFatal("the programs failed: %s", shell.readAllStandardError().constData());
    return double(clock.nsecsElapsed()) / 1e9;
}

double CopyBench::ours()
{
    emptyTarget();
    const auto parsed = [](const PostgresServer &server) {
        return *parseConnectionString({server.url(s("admin")), DatabaseKind::Postgres, {}});
    };
    CopyOptions options;
    options.analyze = false;
    options.compareAfter = false;
    options.recordFolder = m_folder.path();
    options.onProgress = [](const CopyProgress &) {};
    QElapsedTimer clock;
    clock.start();
    const CopyReport report = copyDatabase(parsed(*m_source), parsed(*m_target), options);
    const double seconds = double(clock.nsecsElapsed()) / 1e9;
    if (report.verdict() != CopyVerdict::Pass)
        qFatal("the copy failed: %s", report.failed() ? qPrintable(report.failed()->detail) : "");
    return seconds;
}

void CopyBench::besideThePrograms()
{
    const double megabytes =
        m_source->sql(s("select sum(pg_table_size(oid)) from pg_class where relname in ('events', 'texts')"), s("shop"))
            .toDouble() /
        1e6;
    std::vector<double> packed, bare, own;
    for (int i = 0; i < rounds; ++i) {
        packed.push_back(plain(s("-Fc"), QString()));
        bare.push_back(plain(s("-Fc -Z0"), s("--single-transaction")));
        own.push_back(ours());
    }
    std::printf("%.0f MB of tables, median of %d in turn\n", megabytes, rounds);
    const auto row = [&](const char *name, const std::vector<double> &times) {
        std::printf("  %-52s %6.2f s  %6.1f MB/s\n", name, median(times), megabytes / median(times));
    };
    row("pg_dump -Fc | pg_restore", packed);
    row("pg_dump -Fc -Z0 | pg_restore --single-transaction", bare);
    row("db copy (checks included)", own);
    std::fflush(stdout);
    QVERIFY(median(own) > 0);
}

QTEST_GUILESS_MAIN(CopyBench)
#include "tst_bench_copy.moc"
