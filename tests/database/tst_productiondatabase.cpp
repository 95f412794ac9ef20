// SPDX-License-Identifier: GPL-3.0-or-later
// Whose database a string leads to: the names that one server has.
#include "models/database/watch/productiondatabase.h"

#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

ConnectionString parsed(const QString &text)
{
    const auto connection = parseConnectionString({text, {}, {}});
    if (!connection)
        qFatal("no connection string: %s", qPrintable(connection.error().toString()));
    return *connection;
}

DatabaseEndpoint endpointOf(const QString &url, const QStringList &tunnel = {})
{
    DatabaseEndpoint endpoint;
    endpoint.name = s("main");
    endpoint.url = url;
    endpoint.tunnel = tunnel;
    return endpoint;
}

} // namespace

class TestProductionDatabase final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void places_data();
    void places();
    void backends();
};

void TestProductionDatabase::places_data()
{
    QTest::addColumn<QString>("one");
    QTest::addColumn<QString>("other");
    QTest::addColumn<bool>("database");
    QTest::addColumn<bool>("server");
    const auto row = [](const char *name, const char *one, const char *other, bool database, bool server) {
        QTest::newRow(name) << s(one) << s(other) << database << server;
    };
    row("itself", "postgresql://a@db.example.com/shop", "postgres://b@DB.example.com.:5432/shop", true, true);
    row("another database", "postgresql://a@h/shop", "postgresql://a@h/other", false, true);
    row("another port", "postgresql://a@h:5433/shop", "postgresql://a@h/shop", false, false);
    row("a pooler's port", "postgresql://a@h:6432/shop", "postgresql://a@h/shop", true, true);
    row("another host", "postgresql://a@h/shop", "postgresql://a@g/shop", false, false);
    row("loopback", "postgresql://a@localhost/shop", "postgresql://a@[::1]/shop", true, true);
    row("no loopback", "postgresql://a@127.example.com/shop", "postgresql://a@127.0.0.1/shop", false, false);
    row("no host", "postgresql:///shop", "host=127.0.0.1 dbname=shop", true, true);
    row("usual socket", "host=/var/run/postgresql dbname=shop", "postgresql://a@localhost/shop", true, true);
    row("other sockets", "host=/cloudsql/p:r:one dbname=shop", "host=/cloudsql/p:r:two dbname=shop", false, false);
    row("database by the user's name", "postgresql://shop@h", "postgresql://a@h/shop", true, true);
    row("one of several", "postgresql://a@g,h/shop", "postgresql://a@h/shop", true, true);
    row("neon", "postgresql://a@ep-cool-1-pooler.eu-central-1.aws.neon.tech/shop",
        "postgresql://a@ep-cool-1.eu-central-1.aws.neon.tech/shop?sslmode=require", true, true);
    row("two of neon", "postgresql://a@ep-cool-1-pooler.eu-central-1.aws.neon.tech/shop",
        "postgresql://a@ep-cool-2.eu-central-1.aws.neon.tech/shop", false, false);
    row("render", "postgresql://a@dpg-abc-a/shop", "postgresql://a@dpg-abc-a.oregon-postgres.render.com/shop", true,
        true);
    row("supabase", "postgresql://postgres.abcd@aws-0-eu-west-1.pooler.supabase.com:6543/postgres",
        "postgresql://postgres@db.abcd.supabase.co/postgres", true, true);
    row("two of supabase", "postgresql://postgres.abcd@aws-0-eu-west-1.pooler.supabase.com:6543/postgres",
        "postgresql://postgres.efgh@aws-0-eu-west-1.pooler.supabase.com:6543/postgres", false, false);
    row("another kind", "postgresql://a@h/shop", "mongodb://a@h/shop", false, false);
}

void TestProductionDatabase::places()
{
    QFETCH(QString, one);
    QFETCH(QString, other);
    const ConnectionString left = parsed(one);
    const ConnectionString right = parsed(other);
    QTEST(leadToSamePlace(left, right, SamePlace::Database), "database");
    QTEST(leadToSamePlace(right, left, SamePlace::Database), "database");
    QTEST(leadToSamePlace(left, right, SamePlace::Server), "server");
}

void TestProductionDatabase::backends()
{
    qputenv("LIVE_URL", "postgresql://a:Planted-5@db.example.com/shop");
    Workspace workspace;
    Backend stage, live;
    stage.name = s("stage");
    stage.databases = {endpointOf(s("env:STAGE_URL"))};
    live.name = s("live");
    live.stage = s("production");
    live.databases = {endpointOf(s("env:NOT_SET_HERE")), endpointOf(s("-")), endpointOf(s("env:LIVE_URL")),
                      endpointOf(s("postgresql://a@localhost:5433/shop"), {s("fly"), s("proxy"), s("live")})};
    workspace.backends = {stage, live};
    const auto found = [&](const DatabaseEndpoint &target, const char *text, SamePlace what = SamePlace::Database) {
        const Backend *backend = productionBackendOf(workspace, target, parsed(s(text)), what);
        return backend ? backend->name : QString();
    };
    QCOMPARE(found(endpointOf(s("env:LIVE_URL")), "postgresql://x@elsewhere/y"), s("live"));
    QCOMPARE(found(endpointOf(s("env:NOT_SET_HERE")), "postgresql://x@elsewhere/y"), s("live"));
    QCOMPARE(found(endpointOf(s("env:STAGE_URL")), "postgresql://x@elsewhere/y"), QString());
    QCOMPARE(found(endpointOf(s("env:OTHER")), "postgresql://x@db.example.com/shop"), s("live"));
    QCOMPARE(found(endpointOf(s("env:OTHER")), "postgresql://x@db.example.com/y"), QString());
    QCOMPARE(found(endpointOf(s("env:OTHER")), "postgresql://x@db.example.com/y", SamePlace::Server), s("live"));
    // The end of a tunnel that somebody else opened may be this one's; that of another tunnel is not.
    const char *end = "postgresql://a@127.0.0.1:5433/shop";
    QCOMPARE(found(endpointOf(s("env:OTHER")), end), s("live"));
    QCOMPARE(found(endpointOf(s("env:OTHER"), {s("fly"), s("proxy"), s("stage")}), end), QString());
    QCOMPARE(found(endpointOf(s("env:OTHER"), {s("fly"), s("proxy"), s("live")}), end), s("live"));
}

QTEST_GUILESS_MAIN(TestProductionDatabase)
#include "tst_productiondatabase.moc"
