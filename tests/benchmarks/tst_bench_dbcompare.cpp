// SPDX-License-Identifier: GPL-3.0-or-later
// A comparison of two databases of 1,000 tables (SWITCHYARD_COMPARE_TABLES: another number) on one real server: the
// whole, and without checksums.
#include "models/database/compare/compare.h"
#include "tests/support/postgresserver.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

class DbCompareBenchmark final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tables();
};

void DbCompareBenchmark::tables()
{
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        QSKIP(qPrintable(missing));
    const int tables = std::max(1, qEnvironmentVariableIntValue("SWITCHYARD_COMPARE_TABLES"));
    const int number = qEnvironmentVariableIsSet("SWITCHYARD_COMPARE_TABLES") ? tables : 1'000;
    PostgresServer server;
    QVERIFY2(server.start({s("log_connections = off"), s("max_locks_per_transaction = 1024")},
                          "host all all 127.0.0.1/32 trust\n"),
             server.log().constData());
    QString made = server.sql(s("create role app superuser login"));
    made += server.sql(s("create database a"));
    // In steps: one transaction holds a lock for each table.
    for (int from = 1; from <= number; from += 1'000)
        made +=
            server.sql(s("do $$ begin for i in %1..%2 loop execute format('create table t%s (id serial primary key, "
                         "a text, b numeric, at timestamptz default now())', i); execute format('insert into t%s (a, "
                         "b) select ''value'', n from generate_series(1, 100) n', i); end loop; end $$")
                           .arg(from)
                           .arg(std::min(number, from + 999)),
                       s("a"));
    made += server.sql(s("analyze"), s("a"));
    made += server.sql(s("create database b template a"));
    QVERIFY2(!made.contains(s("ERROR")), qPrintable(made));
    const auto at = [&](const char *database) {
        return *parseConnectionString({server.url(s("app"), s(database)), {}, {}});
    };
    for (const bool checksums : {true, false}) {
        CompareOptions options;
        options.checksums = checksums;
        QElapsedTimer timer;
        timer.start();
        const CompareReport report = compareDatabases(at("a"), at("b"), options);
        const qint64 ms = timer.elapsed();
        QVERIFY2(report.verdict() == CompareVerdict::Pass, qPrintable(report.reasons().join(s("; "))));
        qInfo("compare of %d tables %s checksums: %lld ms", number, checksums ? "with" : "without", ms);
    }
}

QTEST_GUILESS_MAIN(DbCompareBenchmark)
#include "tst_bench_dbcompare.moc"
