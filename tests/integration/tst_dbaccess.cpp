// SPDX-License-Identifier: GPL-3.0-or-later
// db access as a person or a pipeline runs it: advice, plan before deed, the lock of production, the audit log, and
// that no secret is in anything it writes.
#include "tests/support/atlasserver.h"
#include "tests/support/cli.h"
#include "tests/support/rawpeer.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

class DbAccessTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void advice();
    void adviceFromWorkspace();
    void adviceReports();
    void adviceRules();
    void adviceUsage_data();
    void adviceUsage();
    void round_data();
    void round();
    void planDoesNothing();
    void anywhere();
    void temporary();
    void productionIsLocked();
    void auditThatCannotBeWritten();
    void removesOnlyWhatIsNamed();
    void statuses();
    void refused();
    void interrupted();
    void usage_data();
    void usage();

private:
    CliResult run(const QStringList &arguments, CliOptions options = {});
    CliResult atlas(const char *command, const QStringList &arguments, CliOptions options = {});
    CliOptions environment() const;
    void write(const char *name, const QByteArray &bytes);
    QList<QJsonObject> auditLog() const;
    void noSecretIn(const QString &text, const char *where);

    std::unique_ptr<TestCertificates> m_certificates;
    std::unique_ptr<AtlasServer> m_server;
    std::unique_ptr<QTemporaryDir> m_folder;
};

// Behind the class: moc loses its way in a raw string of several lines.
namespace {

constexpr char production[] = R"(schema = 1
name = "Shop"
[[component]]
name = "api"
[[backend]]
name = "render"
component = "api"
platform = "render"
stage = "production"
region = "frankfurt"
url = "https://api.example.com"
  [[backend.database]]
  name = "main"
  url = "env:SHOP_MONGO"
  plan = "M10"
  [[backend.database]]
  name = "reports"
  url = "postgresql://dpg-abc-a/reports"
[[backend]]
name = "staging"
component = "api"
platform = "fly"
stage = "test"
url = "https://staging.example.com"
)";

} // namespace

void DbAccessTest::initTestCase()
{
    m_certificates = std::make_unique<TestCertificates>();
    m_server = std::make_unique<AtlasServer>(m_certificates->good());
    QVERIFY(m_server->isRunning());
}

void DbAccessTest::init()
{
    m_server->clear();
    m_folder = std::make_unique<QTemporaryDir>();
}

/// What every run left behind: nothing of a secret in the folder's files, the audit log among them.
void DbAccessTest::cleanup()
{
    for (const QString &path : {s("state/switchyard/audit.jsonl"), s("report.md"), s("report.json")}) {
        QFile file(m_folder->filePath(path));
        if (file.open(QIODevice::ReadOnly))
            noSecretIn(QString::fromUtf8(file.readAll()), qPrintable(path));
    }
}

void DbAccessTest::noSecretIn(const QString &text, const char *where)
{
    QVERIFY2(!text.contains(s("Planted")), where);
    QVERIFY2(!text.contains(s("eyJ.")), where); // tokens of the stand-in
}

CliOptions DbAccessTest::environment() const
{
    CliOptions options;
    options.cwd = m_folder->path();
    options.environment = {{s("XDG_STATE_HOME"), m_folder->filePath(s("state"))},
                           {s("ATLAS_ACCOUNT"), m_server->client()},
                           {s("ATLAS_KEY"), m_server->key()},
                           {s("SHOP_MONGO"), s("mongodb+srv://app:Planted-Pw-1@cluster0.ab1cd.mongodb.net/shop")}};
    return options;
}

CliResult DbAccessTest::run(const QStringList &arguments, CliOptions options)
{
    const CliOptions usual = environment();
    options.cwd = usual.cwd;
    for (auto each = usual.environment.cbegin(); each != usual.environment.cend(); ++each)
        options.environment.insert(each.key(), each.value());
    const CliResult result = runCli(QStringList{s("db"), s("access")} + arguments, options);
    noSecretIn(result.out, "standard output");
    noSecretIn(result.err, "standard error");
    return result;
}

CliResult DbAccessTest::atlas(const char *command, const QStringList &arguments, CliOptions options)
{
    QStringList all{s(command),     s("--group"),   m_server->group(), s("--ca"), m_certificates->caFile(),
                    s("--api-url"), m_server->url()};
    if (!arguments.contains(s("--api-key")) && !arguments.contains(s("--auth")))
        all += {s("--auth"), s("env:ATLAS_ACCOUNT")};
    return run(all + arguments, options);
}

void DbAccessTest::write(const char *name, const QByteArray &bytes)
{
    QFile file(m_folder->filePath(s(name)));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

QList<QJsonObject> DbAccessTest::auditLog() const
{
    QList<QJsonObject> lines;
    QFile file(m_folder->filePath(s("state/switchyard/audit.jsonl")));
    if (!file.open(QIODevice::ReadOnly))
        return lines;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (!line.isEmpty())
            lines.append(QJsonDocument::fromJson(line).object());
    }
    return lines;
}

void DbAccessTest::advice()
{
    write("list.json", R"(["0.0.0.0/0", "192.0.2.0/24"])");
    write("outbound.json", R"({"type": "shared", "ips": ["192.0.2.0/24", "198.51.100.7"]})");
    const CliResult result =
        run({s("--format"), s("json"), s("--platform"), s("render"), s("--region"), s("ohio"), s("--plan"), s("M0"),
             s("--list"), s("list.json"), s("--outbound"), s("outbound.json")});
    QCOMPARE(result.status, 1);
    QCOMPARE(validate(s("db-access"), result.out.toUtf8()), QString());
    const QJsonObject json = result.json();
    QCOMPARE(json[s("recommendation")].toString(), s("hybrid"));
    QCOMPARE(json[s("outbound")][s("how_known")].toString(), s("the platform's own answer, in a file"));
    QCOMPARE(json[s("findings")][0][s("rule")].toString(), s("access/anywhere-beside"));
    // A good list passes, by options alone.
    write("good.json", R"(["192.0.2.0/24", "198.51.100.7"])");
    const CliResult good = run({s("--platform"), s("fly"), s("--static-egress"), s("--outbound"), s("192.0.2.0/24"),
                                s("--outbound"), s("198.51.100.7"), s("--list"), s("good.json")});
    QCOMPARE(good.status, 0);
    QVERIFY(good.out.contains(s("nothing found")));
}

void DbAccessTest::adviceFromWorkspace()
{
    write("switchyard.toml", production);
    CliResult result = run({s("--format"), s("json"), s("--backend"), s("render"), s("--database"), s("main")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QCOMPARE(validate(s("db-access"), result.out.toUtf8()), QString());
    QCOMPARE(result.json()[s("owner")].toString(), s("atlas"));
    QCOMPARE(result.json()[s("host")].toString(), s("cluster0.ab1cd.mongodb.net"));
    QCOMPARE(result.json()[s("plan")].toString(), s("M10"));
    QCOMPARE(result.json()[s("region")].toString(), s("frankfurt"));
    result = run({s("--format"), s("json"), s("--backend"), s("render"), s("--database"), s("reports")});
    QCOMPARE(result.json()[s("owner")].toString(), s("render-postgres"));
    QCOMPARE(result.json()[s("recommendation")].toString(), s("internal"));
    // The kind of list can be told without the secret at hand.
    CliOptions without;
    without.environment = {{s("SHOP_MONGO"), QString()}};
    QCOMPARE(run({s("--backend"), s("render")}).status, 2); // two databases
    QCOMPARE(run({s("--backend"), s("staging")}).status, 0);
}

void DbAccessTest::adviceReports()
{
    write("list.json", R"([{"ipAddress": "203.0.113.9", "comment": "a|b"}])");
    const CliResult result = run({s("--platform"), s("render"), s("--list"), s("list.json"), s("--report"),
                                  s("report.md"), s("--report"), s("report.json")});
    QCOMPARE(result.status, 0);
    QFile markdown(m_folder->filePath(s("report.md")));
    QVERIFY(markdown.open(QIODevice::ReadOnly));
    const QByteArray text = markdown.readAll();
    QVERIFY(text.contains("| strategy | entry | open |") && text.contains("a\\|b"));
    QFile json(m_folder->filePath(s("report.json")));
    QVERIFY(json.open(QIODevice::ReadOnly));
    QCOMPARE(validate(s("db-access"), json.readAll()), QString());
}

void DbAccessTest::adviceRules()
{
    const CliResult result = run({s("--rules"), s("--format"), s("json")});
    QCOMPARE(result.status, 0);
    QCOMPARE(validate(s("db-access"), result.out.toUtf8()), QString());
    QCOMPARE(result.json()[s("rules")].toArray().size(), 14);
}

void DbAccessTest::adviceUsage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("platform") << QStringList{s("--platform"), s("nowhere")};
    QTest::newRow("service") << QStringList{s("--service"), s("neon")};
    QTest::newRow("list missing") << QStringList{s("--list"), s("missing.json")};
    QTest::newRow("list broken") << QStringList{s("--list"), s("broken.json")};
    QTest::newRow("outbound") << QStringList{s("--outbound"), s("192.0.2.7/24")};
    QTest::newRow("outbound broken") << QStringList{s("--outbound"), s("broken.json")};
    QTest::newRow("own address") << QStringList{s("--own-address"), s("me")};
    QTest::newRow("report") << QStringList{s("--report"), s("x.pdf")};
    QTest::newRow("database without backend") << QStringList{s("--database"), s("main")};
    QTest::newRow("backend without workspace") << QStringList{s("--backend"), s("render")};
}

void DbAccessTest::adviceUsage()
{
    QFETCH(QStringList, arguments);
    write("broken.json", "{");
    const CliResult result = run(arguments);
    QCOMPARE(result.status, 2);
    QVERIFY(!result.err.isEmpty() && result.out.isEmpty());
}

void DbAccessTest::round_data()
{
    QTest::addColumn<QStringList>("login");
    QTest::newRow("service account") << QStringList{s("--auth"), s("env:ATLAS_ACCOUNT")};
    QTest::newRow("API key") << QStringList{s("--api-key"), s("env:ATLAS_KEY")};
}

void DbAccessTest::round()
{
    QFETCH(QStringList, login);
    const QStringList json{s("--format"), s("json")};
    CliResult result = atlas("list", login + json);
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QCOMPARE(result.json()[s("entries")].toArray().size(), 0);
    result = atlas("add", login + json +
                              QStringList{s("192.0.2.0/24"), s("198.51.100.7"), s("--comment"), s("Render, Frankfurt"),
                                          s("--yes"), s("--wait"), s("60s")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QCOMPARE(validate(s("db-access-change"), result.out.toUtf8()), QString());
    QCOMPARE(result.json()[s("done")].toBool(), true);
    QCOMPARE(result.json()[s("active")].toBool(), true);
    result = atlas("list", login + json);
    QCOMPARE(validate(s("db-access-list"), result.out.toUtf8()), QString());
    QCOMPARE(result.json()[s("entries")][0][s("comment")].toString(), s("Render, Frankfurt"));
    // What list says, the adviser reads.
    write("list.json", result.out.toUtf8());
    QCOMPARE(run({s("--list"), s("list.json"), s("--outbound"), s("192.0.2.0/24"), s("--outbound"), s("198.51.100.7")})
                 .status,
             0);
    result = atlas("status", login + json + QStringList{s("192.0.2.0/24")});
    QCOMPARE(validate(s("db-access-status"), result.out.toUtf8()), QString());
    QCOMPARE(result.json()[s("entries")][0][s("status")].toString(), s("ACTIVE"));
    result = atlas("remove", login + QStringList{s("192.0.2.0/24"), s("--yes")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QVERIFY(result.out.contains(s("- 192.0.2.0/24  Render, Frankfurt")));
    QCOMPARE(m_server->entries(), QStringList{s("198.51.100.7")});
    // Begun and ended, each.
    const QList<QJsonObject> log = auditLog();
    QCOMPARE(log.size(), 4);
    QCOMPARE(log[0][s("outcome")].toString(), s("begun"));
    QCOMPARE(log[1][s("outcome")].toString(), s("pass"));
    QVERIFY(log[3][s("action")].toString().contains(s("db access remove 192.0.2.0/24 at Atlas project ") +
                                                    m_server->group()));
}

void DbAccessTest::planDoesNothing()
{
    m_server->seed({QJsonObject{{s("cidrBlock"), s("0.0.0.0/0")}}});
    const CliResult result = atlas("add", {s("192.0.2.0/24")});
    QCOMPARE(result.status, 0);
    QVERIFY(result.out.contains(s("+ 192.0.2.0/24")) && result.out.contains(s("nothing was done: --yes does it")));
    QVERIFY(result.out.contains(s("then error: 0.0.0.0/0 stands beside narrower entries")));
    QCOMPARE(m_server->entries(), QStringList{s("0.0.0.0/0")});
    for (const QJsonObject &request : m_server->requests())
        QVERIFY(request[s("method")].toString() == s("GET") || request[s("path")].toString() == s("/api/oauth/token"));
    QCOMPARE(auditLog().size(), 0);
}

void DbAccessTest::anywhere()
{
    for (const char *wide : {"0.0.0.0/0", "::/0"}) {
        CliResult result = atlas("add", {s(wide), s("--yes")});
        QCOMPARE(result.status, 2);
        QVERIFY(result.err.contains(s("--allow-anywhere")));
    }
    CliResult result = atlas("add", {s("0.0.0.0/0"), s("192.0.2.7"), s("--yes"), s("--allow-anywhere")});
    QCOMPARE(result.status, 2);
    m_server->seed({QJsonObject{{s("ipAddress"), s("192.0.2.7")}}});
    result = atlas("add", {s("0.0.0.0/0"), s("--yes"), s("--allow-anywhere")});
    QCOMPARE(result.status, 2);
    QVERIFY(result.err.contains(s("would cancel")));
    QCOMPARE(m_server->entries(), QStringList{s("192.0.2.7")});
    m_server->clear();
    result = atlas("add", {s("0.0.0.0/0"), s("--yes"), s("--allow-anywhere")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QVERIFY(result.out.contains(s("lets the whole Internet in")));
    QCOMPARE(m_server->entries(), QStringList{s("0.0.0.0/0")});
}

void DbAccessTest::temporary()
{
    CliResult result = atlas("add", {s("203.0.113.9"), s("--expires"), s("4h"), s("--yes"), s("--format"), s("json")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
    const QDateTime until =
        QDateTime::fromString(result.json()[s("entries")][0][s("delete_after")].toString(), Qt::ISODate);
    const qint64 seconds = QDateTime::currentDateTimeUtc().secsTo(until);
    QVERIFY2(seconds > 3 * 3'600 && seconds <= 4 * 3'600, qPrintable(QString::number(seconds)));
    QCOMPARE(atlas("add", {s("203.0.113.9"), s("--expires"), s("8d"), s("--yes")}).status, 2);
    QCOMPARE(atlas("add", {s("sg-0a1b2c3d"), s("--expires"), s("1h"), s("--yes")}).status, 2);
}

void DbAccessTest::productionIsLocked()
{
    write("switchyard.toml", production);
    const QStringList add{s("192.0.2.0/24"), s("--yes")};
    // Whose it is must be said where a production backend is about.
    CliResult result = atlas("add", add);
    QCOMPARE(result.status, 2);
    QVERIFY(result.err.contains(s("--backend")));
    result = atlas("add", add + QStringList{s("--backend"), s("render")});
    QCOMPARE(result.status, 2);
    QVERIFY(result.err.contains(s("--unlock render")));
    result = atlas("add", add + QStringList{s("--backend"), s("render"), s("--unlock"), s("staging")});
    QCOMPARE(result.status, 2);
    QCOMPARE(m_server->requests().size(), 0); // before anything is asked
    // The plan only reads.
    result = atlas("add", {s("192.0.2.0/24"), s("--backend"), s("render")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QCOMPARE(m_server->entries(), QStringList());
    QCOMPARE(auditLog().size(), 0);
    result = atlas("add", add + QStringList{s("--backend"), s("render"), s("--unlock"), s("render")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QCOMPARE(m_server->entries(), QStringList{s("192.0.2.0/24")});
    QCOMPARE(auditLog().first()[s("backend")].toString(), s("render"));
    QCOMPARE(auditLog().first()[s("stage")].toString(), s("production"));
    result = atlas("remove", add + QStringList{s("--backend"), s("render")});
    QCOMPARE(result.status, 2);
    // Not production: no lock.
    result = atlas("remove", add + QStringList{s("--backend"), s("staging")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
}

/// What cannot be noted is not done.
void DbAccessTest::auditThatCannotBeWritten()
{
    write("state", "a file where the folder should be");
    const CliResult result = atlas("add", {s("192.0.2.0/24"), s("--yes")});
    QVERIFY(result.status != 0);
    QCOMPARE(m_server->entries(), QStringList());
}

void DbAccessTest::removesOnlyWhatIsNamed()
{
    m_server->seed(
        {QJsonObject{{s("cidrBlock"), s("192.0.2.0/24")}}, QJsonObject{{s("ipAddress"), s("198.51.100.7")}}});
    // A part of an entry is none, and one that is not there keeps the others from being removed.
    CliResult result = atlas("remove", {s("198.51.100.7"), s("192.0.2.0/25"), s("--yes")});
    QCOMPARE(result.status, 2);
    QCOMPARE(m_server->entries().size(), 2);
    QCOMPARE(atlas("remove", {s("--yes")}).status, 2);
    result = atlas("remove", {s("198.51.100.7/32"), s("--yes")}); // the same address
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QCOMPARE(m_server->entries(), QStringList{s("192.0.2.0/24")});
}

void DbAccessTest::statuses()
{
    m_server->set("pendingPolls", 1'000'000);
    QCOMPARE(atlas("add", {s("192.0.2.7"), s("--yes")}).status, 0);
    CliResult result = atlas("status", {s("192.0.2.7")});
    QCOMPARE(result.status, 3);
    QVERIFY(result.out.contains(s("PENDING  192.0.2.7")));
    result = atlas("add", {s("192.0.2.7"), s("--yes"), s("--wait"), s("500ms")});
    QCOMPARE(result.status, 3);
    QVERIFY(result.err.contains(s("still PENDING")));
    m_server->set("failed", QJsonArray{s("192.0.2.7")});
    QCOMPARE(atlas("status", {s("192.0.2.7"), s("--wait"), s("5s")}).status, 1);
    m_server->set("failed", QJsonArray());
    m_server->set("pendingPolls", 1);
}

void DbAccessTest::refused()
{
    m_server->set("callerBlocked", true);
    CliResult result = atlas("list", {});
    QCOMPARE(result.status, 1);
    QVERIFY(result.err.contains(s("IP_ADDRESS_NOT_ON_ACCESS_LIST")));
    m_server->set("callerBlocked", false);
    CliOptions wrong;
    result = atlas("list", {s("--api-key"), s("env:ATLAS_ACCOUNT")}, wrong);
    QCOMPARE(result.status, 1);
    QVERIFY(result.err.contains(s("HTTP 401")));
    // Begun, and failed: both are noted.
    m_server->set("mayWrite", false);
    QCOMPARE(atlas("add", {s("192.0.2.7"), s("--yes")}).status, 1);
    m_server->set("mayWrite", true);
    QCOMPARE(auditLog().size(), 2);
    QVERIFY(auditLog().last()[s("outcome")].toString().startsWith(s("fail: ")));
}

void DbAccessTest::interrupted()
{
    m_server->set("pendingPolls", 1'000'000);
    CliOptions stop;
    stop.signalOn = s("still PENDING");
    const CliResult result = atlas("add", {s("192.0.2.7"), s("--yes"), s("--wait"), s("60s")}, stop);
    m_server->set("pendingPolls", 1);
    QCOMPARE(result.status, 130);
    QVERIFY(result.ms < 30'000);
    QCOMPARE(auditLog().last()[s("outcome")].toString(), s("pass")); // it was added; only the wait was ended
}

void DbAccessTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    const QStringList group{s("--group"), s("32b6e34b3d91647abb20e7b8")};
    const QStringList auth{s("--auth"), s("env:ATLAS_ACCOUNT")};
    QTest::newRow("no group") << QStringList{s("list")} + auth;
    QTest::newRow("no login") << QStringList{s("list")} + group;
    QTest::newRow("two logins") << QStringList{s("list")} + group + auth +
                                       QStringList{s("--api-key"), s("env:ATLAS_KEY")};
    QTest::newRow("login in argv") << QStringList{s("list")} + group + QStringList{s("--auth"), s("id:secret")};
    QTest::newRow("variable not set") << QStringList{s("list")} + group +
                                             QStringList{s("--auth"), s("env:NOT_SET_HERE")};
    QTest::newRow("not a pair") << QStringList{s("list")} + group + QStringList{s("--auth"), s("env:HOME")};
    QTest::newRow("group's name") << QStringList{s("list"), s("--group"), s("shop")} + auth;
    QTest::newRow("no entry") << QStringList{s("add")} + group + auth;
    QTest::newRow("entry") << QStringList{s("add"), s("example.com")} + group + auth;
    QTest::newRow("host bits") << QStringList{s("add"), s("192.0.2.7/24")} + group + auth;
    QTest::newRow("plain http") << QStringList{s("list"), s("--api-url"), s("http://localhost:1")} + group + auth;
    QTest::newRow("unit") << QStringList{s("add"), s("192.0.2.7"), s("--expires"), s("4")} + group + auth;
}

void DbAccessTest::usage()
{
    QFETCH(QStringList, arguments);
    const CliResult result = run(arguments);
    QVERIFY2(result.status == 2, qPrintable(QString::number(result.status) + result.err));
    QVERIFY(!result.err.isEmpty() && result.out.isEmpty());
    QVERIFY(!result.err.contains(s("id:secret")));
    QCOMPARE(m_server->requests().size(), 0);
}

QTEST_GUILESS_MAIN(DbAccessTest)
#include "tst_dbaccess.moc"
