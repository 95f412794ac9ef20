// SPDX-License-Identifier: GPL-3.0-or-later
// MongoDB in stages: logins, rights, replica sets, TLS and names against a server that speaks its protocol by a script,
// ports that misbehave, and a real server (FerretDB) where it can be built.
#include "models/database/probes/mongofacts.h"
#include "models/database/probes/mongohints.h"
#include "models/database/probes/probe.h"
#include "tests/support/ferretdbserver.h"
#include "tests/support/mongopeer.h"
#include "tests/support/nameserver.h"
#include "tests/support/ownprocess.h"

#include <QDir>
#include <QElapsedTimer>
#include <QJsonDocument>
#include <QTest>

#include <mutex>
#include <thread>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A "@" and a "/" in it: it stands percent-encoded in every string.
const char planted[] = "Planted@Pw/7731xyz";
const char encoded[] = "Planted%40Pw%2F7731xyz";

DatabaseReport probed(const QString &text, const DatabaseProbeOptions &options = {})
{
    const Result<ConnectionString> connection = parseConnectionString({text, {}, {}});
    return connection ? probeDatabase(*connection, options) : DatabaseReport();
}

QString told(const DatabaseReport &report)
{
    QStringList lines;
    for (const StageResult &each : report.stages)
        lines.append(s("%1 %2 %3 | %4")
                         .arg(databaseStageName(each.stage), stageStatusName(each.status), each.detail, each.hint));
    return lines.join(u'\n');
}

StageResult stage(const DatabaseReport &report, DatabaseStage which)
{
    for (const StageResult &each : report.stages) {
        if (each.stage == which)
            return each;
    }
    return {};
}

QString statusOf(const DatabaseReport &report, DatabaseStage which)
{
    return stageStatusName(stage(report, which).status);
}

/// The stage that failed, whatever lint says of the string.
QString failedAt(const DatabaseReport &report)
{
    for (const StageResult &each : report.stages) {
        if (each.stage != DatabaseStage::Lint && each.status == StageStatus::Fail)
            return databaseStageName(each.stage);
    }
    return {};
}

bool says(const DatabaseReport &report, DatabaseStage which, const char *text)
{
    const StageResult one = stage(report, which);
    return (one.detail + u' ' + one.hint).contains(s(text), Qt::CaseInsensitive);
}

const char asApp[] = "app:Planted%40Pw%2F7731xyz@";

QString at(quint16 port, const char *credentials = "", const char *rest = "/")
{
    // All at once: there are percent signs in the password.
    return s("mongodb://%1localhost:%2%3").arg(s(credentials), QString::number(port), s(rest));
}

MongoScript guarded()
{
    MongoScript script;
    script.user = "app";
    script.password = planted;
    return script;
}

/// Threads of this process.
int threads()
{
    return int(QDir(s("/proc/self/task")).entryList(QDir::Dirs | QDir::NoDotAndDotDot).size());
}

/// Three members of "rs0" that know each other's names; the first is the primary.
struct ReplicaSet
{
    MongoPeer one{guarded()}, two{guarded()}, three{guarded()};

    QByteArray list() const
    {
        return "\"hosts\": [\"" + one.name() + "\", \"" + two.name() + "\", \"" + three.name() + "\"]";
    }
    void form(const QByteArray &setName = "rs0")
    {
        int i = 0;
        for (MongoPeer *each : {&one, &two, &three}) {
            const QByteArray role = i++ == 0 ? "\"isWritablePrimary\": true" : "\"secondary\": true";
            const QByteArray hello = "{\"setName\": \"" + setName + "\", " + role + ", \"me\": \"" + each->name() +
                                     "\", \"primary\": \"" + one.name() + "\", " + list() + "}";
            each->change([&](MongoScript &script) { script.hello = hello; });
        }
    }
    QString url(const char *rest = "/?replicaSet=rs0") const
    {
        return s("mongodb://%1%2,%3,%4%5")
            .arg(s(asApp), QString::fromLatin1(one.name()), QString::fromLatin1(two.name()),
                 QString::fromLatin1(three.name()), s(rest));
    }
};

} // namespace

class MongoProbeTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void cleanup()
    {
        QVERIFY2(!m_said.contains(s(planted)), qPrintable(m_said));
        QVERIFY2(!m_said.contains(s(encoded)), qPrintable(m_said));
    }

    void login()
    {
        const MongoPeer server(guarded());
        (void)probed(at(server.port(), asApp)); // the library starts: it keeps what it opens
        QTRY_COMPARE(server.open(), 0);         // the server's own end is a descriptor of this process too
        const int before = openDescriptors();
        const int threadsBefore = threads();
        const DatabaseReport good = keep(probed(at(server.port(), asApp)));
        QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
        QCOMPARE(good.server, s("MongoDB 7.0.12"));
        QCOMPARE(statusOf(good, DatabaseStage::Auth), s("ok"));
        QVERIFY2(says(good, DatabaseStage::Auth, "SCRAM-SHA-256"), qPrintable(told(good)));
        QCOMPARE(statusOf(good, DatabaseStage::Srv), s("skipped"));
        QCOMPARE(statusOf(good, DatabaseStage::Tls), s("skipped"));
        QVERIFY(good.privileges);
        QVERIFY(good.privileges->contains(DatabasePrivilege{s("readWrite@shop"), false}));
        QVERIFY(good.privileges->contains(DatabasePrivilege{s("write@shop"), false}));
        QCOMPARE(statusOf(good, DatabaseStage::Privileges), s("ok"));
        QVERIFY(good.headroom);
        QCOMPARE(good.headroom->used, 12);
        QCOMPARE(good.headroom->limit, 100);
        QCOMPARE(statusOf(good, DatabaseStage::Headroom), s("ok"));
        const DatabaseReport wrong = keep(probed(at(server.port(), "app:Planted%40Pw%2F7731xyz-wrong@")));
        QCOMPARE(failedAt(wrong), s("auth"));
        QVERIFY2(says(wrong, DatabaseStage::Auth, "code 18"), qPrintable(told(wrong)));
        QCOMPARE(statusOf(wrong, DatabaseStage::Query), s("not-reached"));
        // The user of admin, looked up in the database of the path.
        const DatabaseReport elsewhere = keep(probed(at(server.port(), asApp, "/shop")));
        QCOMPARE(failedAt(elsewhere), s("auth"));
        QVERIFY2(says(elsewhere, DatabaseStage::Auth, "authSource=admin"), qPrintable(told(elsewhere)));
        const DatabaseReport said = keep(probed(at(server.port(), asApp, "/shop?authSource=admin")));
        QVERIFY2(failedAt(said).isEmpty(), qPrintable(told(said)));
        const DatabaseReport none = keep(probed(at(server.port())));
        QVERIFY2(failedAt(none).isEmpty(), qPrintable(told(none)));
        QCOMPARE(statusOf(none, DatabaseStage::Auth), s("warn"));
        QVERIFY2(says(none, DatabaseStage::Auth, "limited"), qPrintable(told(none)));
        QCOMPARE(statusOf(none, DatabaseStage::Query), s("ok"));
        QCOMPARE(statusOf(none, DatabaseStage::Privileges), s("skipped"));
        QCOMPARE(statusOf(none, DatabaseStage::Headroom), s("warn"));
        const DatabaseReport certificate = keep(probed(at(server.port(), "", "/?authMechanism=MONGODB-X509")));
        QCOMPARE(statusOf(certificate, DatabaseStage::Auth), s("skipped"));
        QVERIFY2(says(certificate, DatabaseStage::Auth, "certificate"), qPrintable(told(certificate)));
        QVERIFY2(failedAt(certificate).isEmpty(), qPrintable(told(certificate)));
        QTRY_COMPARE(server.open(), 0);
        QTRY_COMPARE(openDescriptors(), before);
        QTRY_COMPARE(threads(), threadsBefore);
    }

    void mechanisms_data()
    {
        QTest::addColumn<bool>("sha256");
        QTest::addColumn<bool>("sha1");
        QTest::addColumn<bool>("speculative");
        QTest::addColumn<QString>("asked");
        QTest::addColumn<QString>("used");
        QTest::newRow("SHA-1 only") << false << true << true << s("") << s("SCRAM-SHA-1");
        QTest::newRow("SHA-256 only") << true << false << false << s("") << s("SCRAM-SHA-256");
        QTest::newRow("asked for SHA-1") << true << true << true << s("?authMechanism=SCRAM-SHA-1") << s("SCRAM-SHA-1");
        QTest::newRow("not there") << false << true << true << s("?authMechanism=SCRAM-SHA-256") << s("");
    }

    void mechanisms()
    {
        QFETCH(QString, asked);
        QFETCH(QString, used);
        MongoScript script = guarded();
        QFETCH(bool, sha256);
        QFETCH(bool, sha1);
        QFETCH(bool, speculative);
        script.sha256 = sha256;
        script.sha1 = sha1;
        script.speculative = speculative;
        const MongoPeer server(script);
        const DatabaseReport report = keep(probed(at(server.port(), asApp, qPrintable(s("/") + asked))));
        if (used.isEmpty()) {
            QCOMPARE(failedAt(report), s("auth"));
            QVERIFY2(says(report, DatabaseStage::Auth, "authMechanism"), qPrintable(told(report)));
            return;
        }
        QVERIFY2(failedAt(report).isEmpty(), qPrintable(told(report)));
        QVERIFY2(says(report, DatabaseStage::Auth, qPrintable(used)), qPrintable(told(report)));
    }

    void withoutAccessControl()
    {
        MongoScript script;
        script.answers["buildInfo"] = R"({"version": "4.4.29", "ok": 1})";
        script.answers["serverStatus"] = R"({"connections": {"current": 90, "available": 10}, "ok": 1})";
        const MongoPeer server(script);
        const DatabaseReport open = keep(probed(at(server.port())));
        QVERIFY2(failedAt(open).isEmpty(), qPrintable(told(open)));
        QCOMPARE(statusOf(open, DatabaseStage::Auth), s("ok"));
        QVERIFY2(says(open, DatabaseStage::Auth, "no login"), qPrintable(told(open)));
        QCOMPARE(statusOf(open, DatabaseStage::Query), s("warn"));
        QVERIFY2(says(open, DatabaseStage::Query, "no fixes since 2024-02-29"), qPrintable(told(open)));
        QCOMPARE(statusOf(open, DatabaseStage::Privileges), s("skipped"));
        QCOMPARE(statusOf(open, DatabaseStage::Headroom), s("warn"));
        QVERIFY2(says(open, DatabaseStage::Headroom, "90 of 100"), qPrintable(told(open)));
    }

    void rights_data()
    {
        QTest::addColumn<QByteArray>("roles");
        QTest::addColumn<QByteArray>("actions");
        QTest::addColumn<QString>("excess");
        const QByteArray none = "[]";
        const auto role = [](const char *name, const char *database = "admin") {
            return QByteArray("[{\"role\": \"") + name + "\", \"db\": \"" + database + "\"}]";
        };
        for (const char *name : {"root", "readWriteAnyDatabase", "userAdminAnyDatabase", "clusterAdmin", "atlasAdmin"})
            QTest::newRow(name) << role(name) << none << s(name) + s("@admin");
        for (const char *name : {"dbOwner", "userAdmin"})
            QTest::newRow(name) << role(name, "shop") << none << s(name) + s("@shop");
        QTest::newRow("own role, any action")
            << role("everything") << QByteArray(R"([{"resource": {"anyResource": true}, "actions": ["anyAction"]}])")
            << s("anyAction@everything");
        QTest::newRow("own role, rights")
            << role("boss")
            << QByteArray(R"([{"resource": {"db": "shop", "collection": ""}, "actions": ["grantRole"]}])")
            << s("grantRole@shop");
        QTest::newRow("reads") << role("read", "shop")
                               << QByteArray(R"([{"resource": {"db": "shop", "collection": ""}, "actions": ["find"]}])")
                               << s("");
    }

    void rights()
    {
        QFETCH(QByteArray, roles);
        QFETCH(QByteArray, actions);
        QFETCH(QString, excess);
        MongoScript script = guarded();
        script.answers["connectionStatus"] =
            QByteArray(R"({"authInfo": {"authenticatedUsers": [{"user": "app", "db": "admin"}],
                            "authenticatedUserRoles": ROLES, "authenticatedUserPrivileges": ACTIONS}, "ok": 1})")
                .replace("ROLES", roles)
                .replace("ACTIONS", actions);
        const MongoPeer server(script);
        const DatabaseReport report = keep(probed(at(server.port(), asApp)));
        QVERIFY2(failedAt(report).isEmpty(), qPrintable(told(report)));
        QCOMPARE(statusOf(report, DatabaseStage::Privileges), excess.isEmpty() ? s("ok") : s("warn"));
        QVERIFY(report.privileges);
        const bool found =
            std::any_of(report.privileges->cbegin(), report.privileges->cend(), [&](const DatabasePrivilege &each) {
                return each.excess && (each.name == excess || excess.isEmpty());
            });
        QVERIFY2(found == !excess.isEmpty(), qPrintable(told(report)));
    }

    /// A user who may not ask is connected, limited.
    void limited()
    {
        MongoScript script = guarded();
        for (const char *command : {"connectionStatus", "serverStatus", "buildInfo"})
            script.answers[command] = QByteArray(R"({"ok": 0, "code": 13, "codeName": "Unauthorized",
                                                     "errmsg": "not authorized on admin to execute command"})");
        const MongoPeer server(script);
        const DatabaseReport report = keep(probed(at(server.port(), asApp)));
        QVERIFY2(failedAt(report).isEmpty(), qPrintable(told(report)));
        for (const DatabaseStage which : {DatabaseStage::Query, DatabaseStage::Privileges, DatabaseStage::Headroom}) {
            QCOMPARE(statusOf(report, which), s("warn"));
            QVERIFY2(says(report, which, "limited"), qPrintable(told(report)));
        }
        QVERIFY(!report.privileges);
        QVERIFY(!report.headroom);
        // What the plan takes is known all the same.
        DatabaseProbeOptions options;
        options.context.limit = 500;
        const DatabaseReport planned = keep(probed(at(server.port(), asApp), options));
        QVERIFY(planned.headroom);
        QCOMPARE(planned.headroom->limit, 500);
        QVERIFY(!planned.headroom->used);
    }

    void replicaSet()
    {
        ReplicaSet set;
        set.form();
        const DatabaseReport good = keep(probed(set.url()));
        QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
        QCOMPARE(statusOf(good, DatabaseStage::Query), s("ok"));
        QVERIFY2(says(good, DatabaseStage::Query, "primary of rs0"), qPrintable(told(good)));
        // Nobody logged in at the others.
        QVERIFY(set.one.asked().contains("buildInfo"));
        QVERIFY(!set.two.asked().contains("ping"));
        // The primary is named last.
        const DatabaseReport single = keep(probed(at(set.two.port(), asApp)));
        QVERIFY2(says(single, DatabaseStage::Query, "primary of rs0"), qPrintable(told(single)));
        const DatabaseReport direct = keep(probed(at(set.two.port(), asApp, "/?directConnection=true")));
        QCOMPARE(statusOf(direct, DatabaseStage::Query), s("warn"));
        QVERIFY2(says(direct, DatabaseStage::Query, "directConnection"), qPrintable(told(direct)));
        // Another name.
        const DatabaseReport other = keep(probed(set.url("/?replicaSet=rs9")));
        QCOMPARE(failedAt(other), s("query"));
        QVERIFY2(says(other, DatabaseStage::Query, "replicaSet=rs0"), qPrintable(told(other)));
        QTRY_COMPARE(set.one.open() + set.two.open() + set.three.open(), 0);
    }

    void deadMembers()
    {
        ReplicaSet set;
        set.form();
        const quint16 nobody = freePort();
        const QString dead = s("mongodb://%1localhost:%2,%3,%4/?replicaSet=rs0")
                                 .arg(s(asApp), QString::number(nobody), QString::fromLatin1(set.one.name()),
                                      QString::fromLatin1(set.two.name()));
        const DatabaseReport one = keep(probed(dead));
        QVERIFY2(failedAt(one).isEmpty(), qPrintable(told(one)));
        QCOMPARE(statusOf(one, DatabaseStage::Tcp), s("warn"));
        QVERIFY2(says(one, DatabaseStage::Tcp, "refused"), qPrintable(told(one)));
        QVERIFY2(says(one, DatabaseStage::Query, "not reached"), qPrintable(told(one)));
        QVERIFY2(says(one, DatabaseStage::Query, "primary of rs0"), qPrintable(told(one)));
        // The primary accepts and says nothing: the secondaries are there in time.
        set.one.change([](MongoScript &script) { script.silentAt = "hello"; });
        DatabaseProbeOptions options;
        options.timeout = Milliseconds{6000};
        QElapsedTimer clock;
        clock.start();
        const DatabaseReport secondary = keep(probed(set.url(), options));
        QVERIFY(clock.elapsed() < 9000);
        QVERIFY2(failedAt(secondary).isEmpty(), qPrintable(told(secondary)));
        QCOMPARE(statusOf(secondary, DatabaseStage::Query), s("warn"));
        QVERIFY2(says(secondary, DatabaseStage::Query, "no primary was reached"), qPrintable(told(secondary)));
        QVERIFY2(says(secondary, DatabaseStage::Query, "writing does not"), qPrintable(told(secondary)));
        // None of them at all.
        const DatabaseReport none =
            keep(probed(s("mongodb://localhost:%1,localhost:%2/?replicaSet=rs0").arg(freePort()).arg(freePort())));
        QCOMPARE(failedAt(none), s("tcp"));
        QTRY_COMPARE(set.one.open() + set.two.open() + set.three.open(), 0);
    }

    /// The set calls its members by names that are not known here.
    void foreignNames()
    {
        const NameServer names({s("--host-record=db.shop.test,127.0.0.1")});
        QVERIFY2(!names.address().isEmpty(), qPrintable(names.said()));
        DatabaseProbeOptions options;
        options.resolver = names.address();
        MongoScript script = guarded();
        script.hello = R"({"setName": "rs0", "me": "inside.test:27017", "primary": "inside.test:27017",
                           "hosts": ["inside.test:27017"]})";
        const MongoPeer server(script);
        const DatabaseReport asked = keep(probed(at(server.port(), asApp, "/?replicaSet=rs0"), options));
        QCOMPARE(failedAt(asked), s("query"));
        QVERIFY2(says(asked, DatabaseStage::Query, "inside.test"), qPrintable(told(asked)));
        QVERIFY2(says(asked, DatabaseStage::Query, "directConnection=true"), qPrintable(told(asked)));
        const DatabaseReport alone = keep(probed(at(server.port(), asApp), options));
        QVERIFY2(failedAt(alone).isEmpty(), qPrintable(told(alone)));
        QCOMPARE(statusOf(alone, DatabaseStage::Query), s("warn"));
        const DatabaseReport direct = keep(probed(at(server.port(), asApp, "/?directConnection=true"), options));
        QCOMPARE(statusOf(direct, DatabaseStage::Query), s("ok"));
    }

    void otherKinds()
    {
        MongoScript router = guarded();
        router.hello = R"({"msg": "isdbgrid"})";
        const MongoPeer mongos(router);
        const DatabaseReport good = keep(probed(at(mongos.port(), asApp)));
        QVERIFY2(says(good, DatabaseStage::Query, "mongos"), qPrintable(told(good)));
        QCOMPARE(statusOf(good, DatabaseStage::Query), s("ok"));
        QCOMPARE(failedAt(keep(probed(at(mongos.port(), asApp, "/?replicaSet=rs0")))), s("query"));
        const MongoPeer alone(guarded());
        const DatabaseReport none = keep(probed(at(alone.port(), asApp, "/?replicaSet=rs0")));
        QCOMPARE(failedAt(none), s("query"));
        QVERIFY2(says(none, DatabaseStage::Query, "no replica set"), qPrintable(told(none)));
        MongoScript ghost = guarded();
        ghost.hello = R"({"isreplicaset": true, "isWritablePrimary": false})";
        const MongoPeer empty(ghost);
        QVERIFY(says(keep(probed(at(empty.port(), asApp))), DatabaseStage::Query, "rs.initiate"));
        MongoScript old = guarded();
        old.hello = R"({"maxWireVersion": 2})";
        const MongoPeer ancient(old);
        const DatabaseReport tooOld = keep(probed(at(ancient.port(), asApp)));
        QCOMPARE(failedAt(tooOld), s("auth"));
        QVERIFY2(says(tooOld, DatabaseStage::Auth, "too old"), qPrintable(told(tooOld)));
    }

    void tls()
    {
        const TestCertificates all;
        DatabaseProbeOptions options;
        options.caFile = all.caFile();
        const auto with = [&](const CertificateFiles &files, const char *rest = "/?tls=true") {
            MongoScript script = guarded();
            script.tls = files;
            const MongoPeer server(script);
            return keep(probed(at(server.port(), asApp, rest), options));
        };
        const DatabaseReport good = with(all.good());
        QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
        QVERIFY2(says(good, DatabaseStage::Tls, "TLSv1.3"), qPrintable(told(good)));
        QCOMPARE(statusOf(good, DatabaseStage::Headroom), s("ok"));
        for (const CertificateFiles &files : {all.expired(), all.wrongName(), all.selfSigned(), all.foreign()})
            QCOMPARE(failedAt(with(files)), s("tls"));
        const DatabaseReport insecure = with(all.expired(), "/?tls=true&tlsInsecure=true");
        QVERIFY2(failedAt(insecure).isEmpty(), qPrintable(told(insecure)));
        QCOMPARE(statusOf(insecure, DatabaseStage::Tls), s("warn"));
        QVERIFY(failedAt(with(all.wrongName(), "/?tls=true&tlsAllowInvalidHostnames=true")).isEmpty());
        // One side speaks TLS, the other does not.
        const DatabaseReport plainClient = with(all.good(), "/");
        QCOMPARE(failedAt(plainClient), s("auth"));
        QVERIFY2(says(plainClient, DatabaseStage::Auth, "tls=true"), qPrintable(told(plainClient)));
        const MongoPeer plain(guarded());
        const DatabaseReport plainServer = keep(probed(at(plain.port(), asApp, "/?tls=true"), options));
        QCOMPARE(failedAt(plainServer), s("tls"));
        QVERIFY2(says(plainServer, DatabaseStage::Tls, "without TLS"), qPrintable(told(plainServer)));
        // It wants a certificate of ours, and says so behind the handshake.
        MongoScript script = guarded();
        script.tls = all.good();
        script.clientsFrom = all.caFile();
        const MongoPeer strict(script);
        const DatabaseReport refused = keep(probed(at(strict.port(), asApp, "/?tls=true"), options));
        QVERIFY2(!failedAt(refused).isEmpty(), qPrintable(told(refused)));
        QVERIFY2(told(refused).contains(s("certificate of the client")), qPrintable(told(refused)));
    }

    /// Atlas and an address that is not on the access list: the connection is taken, and the handshake refused.
    void accessList()
    {
        const NameServer names({s("--host-record=h.x1y2z.mongodb.net,127.0.0.1")});
        QVERIFY2(!names.address().isEmpty(), qPrintable(names.said()));
        DatabaseProbeOptions options;
        options.resolver = names.address();
        const RawPeer atlas([](PeerConnection &c) {
            c.receive();
            c.send(QByteArray::fromHex("15030300020250")); // alert 80: internal error
        });
        const DatabaseReport report =
            keep(probed(s("mongodb://h.x1y2z.mongodb.net:%1/?tls=true").arg(atlas.port()), options));
        QCOMPARE(failedAt(report), s("tls"));
        QVERIFY2(says(report, DatabaseStage::Tls, "IP access list"), qPrintable(told(report)));
    }

    void srv()
    {
        const TestCertificates all;
        ReplicaSet set;
        set.form();
        for (MongoPeer *each : {&set.one, &set.two, &set.three})
            each->change([](MongoScript &script) { script.source = "people"; });
        const auto record = [](const char *name, const MongoPeer &peer) {
            return s("--srv-host=_mongodb._tcp.%1,%2.%1,%3").arg(s(name), s("h")).arg(peer.port());
        };
        const NameServer names({s("--host-record=h.c.test,127.0.0.1"), record("c.test", set.one),
                                record("c.test", set.two), s("--txt-record=c.test,authSource=people&replicaSet=rs0"),
                                s("--host-record=h.d.test,127.0.0.1"), record("d.test", set.one),
                                s("--txt-record=d.test,tls=false"), record("e.test", set.one),
                                s("--txt-record=e.test,authSource=a"), s("--txt-record=e.test,replicaSet=b"),
                                s("--srv-host=_mongodb._tcp.f.test,h.elsewhere.test,27017")});
        QVERIFY2(!names.address().isEmpty(), qPrintable(names.said()));
        DatabaseProbeOptions options;
        options.resolver = names.address();
        const auto of = [&](const char *name, const char *rest = "/?tls=false") {
            return keep(probed(s("mongodb+srv://%1%2%3").arg(s(asApp), s(name), s(rest)), options));
        };
        // authSource comes from the TXT record; the members are known to the set by other names, which are reached too.
        const DatabaseReport good = of("c.test");
        QVERIFY2(failedAt(good).isEmpty(), qPrintable(told(good)));
        QCOMPARE(statusOf(good, DatabaseStage::Srv), s("ok"));
        QVERIFY2(says(good, DatabaseStage::Srv, "replicaSet=rs0"), qPrintable(told(good)));
        QCOMPARE(statusOf(good, DatabaseStage::Dns), s("ok"));
        QVERIFY2(says(good, DatabaseStage::Auth, "found in people"), qPrintable(told(good)));
        // The string's own word counts more.
        QCOMPARE(failedAt(of("c.test", "/?tls=false&authSource=admin")), s("auth"));
        // Without tls=false there is TLS, and this server has none.
        QCOMPARE(failedAt(of("c.test", "/")), s("tls"));
        for (const char *name : {"d.test", "e.test", "f.test", "nowhere.test"}) {
            const DatabaseReport bad = of(name);
            QVERIFY2(failedAt(bad) == s("srv"), qPrintable(told(bad)));
            QCOMPARE(statusOf(bad, DatabaseStage::Dns), s("not-reached"));
            QVERIFY(!stage(bad, DatabaseStage::Srv).hint.isEmpty());
        }
    }

    void badPeers()
    {
        DatabaseProbeOptions options;
        options.timeout = Milliseconds{900};
        QElapsedTimer clock;
        clock.start();
        const RawPeer silent([](PeerConnection &c) { c.stayUntilTheEnd(); });
        QCOMPARE(failedAt(keep(probed(at(silent.port()), options))), s("auth"));
        QVERIFY2(clock.elapsed() < 5000, qPrintable(QString::number(clock.elapsed())));
        for (const auto &[answer, name] : {std::pair("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "HTTP"),
                                           std::pair("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "SSH"),
                                           std::pair("-ERR unknown command 'x', with args\r\n", "Redis")}) {
            const RawPeer peer([answer = answer](PeerConnection &c) {
                c.receive();
                c.send(answer);
            });
            const DatabaseReport report = keep(probed(at(peer.port()), options));
            QCOMPARE(failedAt(report), s("auth"));
            QVERIFY2(says(report, DatabaseStage::Auth, name), qPrintable(told(report)));
        }
        const RawPeer noise([](PeerConnection &c) {
            c.receive();
            c.send(QByteArray(64, '\7'));
        });
        QCOMPARE(failedAt(keep(probed(at(noise.port()), options))), s("auth"));
        QCOMPARE(failedAt(keep(probed(at(freePort()), options))), s("tcp"));
        QCOMPARE(failedAt(keep(probed(s("mongodb://nowhere.invalid/"), options))), s("dns"));
    }

    /// It drops, stops in the middle, or falls silent at each command.
    void dropsInEachStage_data()
    {
        QTest::addColumn<QByteArray>("command");
        QTest::addColumn<QString>("stage");
        for (const auto &[command, name] :
             {std::pair("hello", "auth"), std::pair("saslStart", "auth"), std::pair("saslContinue", "auth"),
              std::pair("ping", "auth"), std::pair("buildInfo", "query"), std::pair("connectionStatus", "privileges"),
              std::pair("serverStatus", "headroom")})
            QTest::newRow(command) << QByteArray(command) << s(name);
    }

    void dropsInEachStage()
    {
        QFETCH(QByteArray, command);
        QFETCH(QString, stage);
        const int before = openDescriptors();
        for (int how = 0; how < 3; ++how) {
            MongoScript script = guarded();
            script.speculative = false;
            (how == 0 ? script.dropAt : how == 1 ? script.halfAt : script.silentAt) = command;
            const MongoPeer server(script);
            DatabaseProbeOptions options;
            options.timeout = how == 2 ? Milliseconds{1500} : Milliseconds{10'000};
            QElapsedTimer clock;
            clock.start();
            const DatabaseReport report = keep(probed(at(server.port(), asApp), options));
            QVERIFY2(clock.elapsed() < 5000, qPrintable(QString::number(clock.elapsed())));
            QVERIFY2(failedAt(report) == stage, qPrintable(told(report)));
            const char *words = how == 2 ? "in time" : "closed the connection";
            QVERIFY2(told(report).contains(s(words)), qPrintable(told(report)));
            QTRY_COMPARE(server.open(), 0);
        }
        QTRY_COMPARE(openDescriptors(), before);
    }

    void cancelledInEachStage_data() { dropsInEachStage_data(); }

    void cancelledInEachStage()
    {
        QFETCH(QByteArray, command);
        QFETCH(QString, stage);
        MongoScript script = guarded();
        script.speculative = false;
        script.silentAt = command;
        const MongoPeer server(script);
        const int before = openDescriptors();
        const int threadsBefore = threads();
        DatabaseProbeOptions options;
        options.timeout = Milliseconds{30'000};
        options.cancelled = std::make_shared<std::atomic<bool>>(false);
        std::thread other([&] {
            // Until the server has heard the command.
            while (!server.asked().contains(command))
                std::this_thread::sleep_for(Milliseconds{5});
            *options.cancelled = true;
        });
        QElapsedTimer clock;
        clock.start();
        const DatabaseReport report = keep(probed(at(server.port(), asApp), options));
        other.join();
        QVERIFY2(clock.elapsed() < 5000, qPrintable(QString::number(clock.elapsed())));
        QVERIFY2(report.cancelled, qPrintable(told(report)));
        QVERIFY2(failedAt(report).isEmpty(), qPrintable(told(report)));
        for (const StageResult &each : report.stages) {
            if (databaseStageName(each.stage) == stage)
                QCOMPARE(each.status, StageStatus::NotReached);
        }
        QTRY_COMPARE(server.open(), 0);
        QTRY_COMPARE(openDescriptors(), before);
        QTRY_COMPARE(threads(), threadsBefore);
    }

    /// A server that says back what it should not know, in each of its answers.
    void repeatsThePassword()
    {
        const QByteArray words = QByteArray("no ") + planted + " nor " + encoded;
        const auto said = [&](const char *json) { return QByteArray(json).replace("WORDS", words); };
        for (const char *command :
             {"hello", "saslStart", "saslContinue", "ping", "buildInfo", "connectionStatus", "serverStatus"}) {
            MongoScript script = guarded();
            script.speculative = false;
            script.answers[command] =
                said(R"({"ok": 0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "WORDS"})");
            const MongoPeer server(script);
            (void)keep(probed(at(server.port(), asApp)));
        }
        MongoScript script = guarded();
        script.hello = said(R"({"setName": "WORDS", "hosts": ["WORDS:1"]})");
        script.answers["buildInfo"] = said(R"({"version": "WORDS", "ok": 1})");
        script.answers["connectionStatus"] =
            said(R"({"authInfo": {"authenticatedUserRoles": [{"role": "WORDS", "db": "a"}]}, "ok": 1})");
        const MongoPeer server(script);
        (void)keep(probed(at(server.port(), asApp)));
        (void)keep(probed(at(server.port(), asApp, "/?replicaSet=rs0")));
        QVERIFY(server.asked().contains("saslContinue"));
    }

    void reachOnly()
    {
        const MongoPeer server(guarded());
        DatabaseProbeOptions options;
        options.reachOnly = true;
        const DatabaseReport report = keep(probed(at(server.port(), asApp), options));
        QCOMPARE(statusOf(report, DatabaseStage::Tcp), s("ok"));
        QCOMPARE(statusOf(report, DatabaseStage::Auth), s("skipped"));
        QVERIFY(server.asked().isEmpty());
    }

    void manyAtOnce()
    {
        constexpr int many = 50;
        const MongoPeer server(guarded());
        const int before = openDescriptors();
        std::vector<std::thread> all;
        std::mutex mutex;
        QStringList bad;
        for (int i = 0; i < many; ++i)
            all.emplace_back([&] {
                DatabaseProbeOptions options;
                options.timeout = Milliseconds{20'000};
                const DatabaseReport report = probed(at(server.port(), asApp), options);
                const std::lock_guard lock(mutex);
                if (!failedAt(report).isEmpty() || stage(report, DatabaseStage::Headroom).status != StageStatus::Ok)
                    bad.append(told(report));
            });
        for (std::thread &each : all)
            each.join();
        QVERIFY2(bad.isEmpty(), qPrintable(bad.join(u'\n')));
        QTRY_COMPARE(server.open(), 0);
        QTRY_COMPARE(openDescriptors(), before);
    }

    void versions()
    {
        QCOMPARE(mongoEndOfLife(s("7.0.12")), QDate(2027, 8, 31));
        QVERIFY(!mongoEndOfLife(s("7.2.1")));
        QVERIFY(isMongoRapidRelease(s("7.2.1")));
        QVERIFY(!isMongoRapidRelease(s("8.0.4")));
        QVERIFY(!mongoEndOfLife(s("no version")));
    }

    void ferret();

private:
    DatabaseReport keep(DatabaseReport report)
    {
        m_said +=
            told(report) + QString::fromUtf8(QJsonDocument(databaseReportToJson(report, connectionRules())).toJson());
        return report;
    }

    QString m_said;
};

/// A real server, which is not ours.
void MongoProbeTest::ferret()
{
    const TestCertificates all;
    const FerretDbServer server(all);
    if (!server.missing().isEmpty())
        QSKIP(qPrintable(server.missing()));
    QVERIFY2(server.port() != 0, qPrintable(server.said()));
    DatabaseProbeOptions options;
    options.caFile = all.caFile();
    const DatabaseReport plain = keep(probed(at(server.port()), options));
    QVERIFY2(failedAt(plain).isEmpty(), qPrintable(told(plain)));
    QVERIFY2(plain.server.contains(s("FerretDB")), qPrintable(plain.server + u'\n' + told(plain)));
    QCOMPARE(statusOf(plain, DatabaseStage::Query), s("ok"));
    const DatabaseReport tls = keep(probed(at(server.tlsPort(), "", "/?tls=true"), options));
    QVERIFY2(failedAt(tls).isEmpty(), qPrintable(told(tls)));
    QVERIFY2(says(tls, DatabaseStage::Tls, "TLSv1.3"), qPrintable(told(tls)));
    // It takes no SCRAM unless it is told to: user and password are not to blame.
    for (const char *path : {"/", "/shop"}) {
        const DatabaseReport login = keep(probed(at(server.port(), "app:Xy7-long-enough@", path), options));
        QCOMPARE(failedAt(login), s("auth"));
        QVERIFY2(says(login, DatabaseStage::Auth, "way to log in"), qPrintable(told(login)));
        QVERIFY2(says(login, DatabaseStage::Auth, "authMechanism"), qPrintable(told(login)));
        QVERIFY2(!says(login, DatabaseStage::Auth, "password is wrong"), qPrintable(told(login)));
        QVERIFY2(!says(login, DatabaseStage::Auth, "authSource"), qPrintable(told(login)));
    }
    options.caFile.clear();
    QCOMPARE(failedAt(keep(probed(at(server.tlsPort(), "", "/?tls=true"), options))), s("tls"));
    QCOMPARE(failedAt(keep(probed(at(server.tlsPort()), options))), s("auth"));
}

QTEST_GUILESS_MAIN(MongoProbeTest)
#include "tst_mongoprobe.moc"
