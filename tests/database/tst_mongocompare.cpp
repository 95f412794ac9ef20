// SPDX-License-Identifier: GPL-3.0-or-later
// compareDatabases() between two MongoDB databases: of a real server (FerretDB) where it can be built, and of a server
// that speaks the protocol by a script, for what FerretDB does not have.
#include "models/database/compare/compare.h"
#include "models/database/compare/comparereport.h"
#include "models/database/probes/mongoopen.h"
#include "tests/support/ferretdbserver.h"
#include "tests/support/mongopeer.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <atomic>
#include <memory>
#include <thread>

#include <csignal>
#include <sys/types.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char planted[] = "Planted@Pw/7731xyz";
constexpr char asApp[] = "app:Planted%40Pw%2F7731xyz@";
/// FerretDB with SQLite takes no quotation marks in names; definitions() has them.
constexpr char oddName[] = "odd.name 'q' %1 😀";

QByteArray quoted(const char *text)
{
    const QByteArray list = QJsonDocument(QJsonArray{s(text)}).toJson(QJsonDocument::Compact);
    return list.mid(1, list.size() - 2);
}

ConnectionString connectionTo(quint16 port, const QString &database, const char *credentials = "")
{
    return *parseConnectionString(
        {s("mongodb://%1localhost:%2/%3%4")
             .arg(s(credentials), QString::number(port), database, *credentials ? s("?authSource=admin") : QString()),
         {},
         {}});
}

const CompareRow *find(const CompareReport &report, const char *kind, const QString &object = {})
{
    for (const CompareRow &row : report.rows) {
        if (row.kind == s(kind) && row.object == object)
            return &row;
    }
    return nullptr;
}

QString told(const CompareReport &report)
{
    return compareReportToText(report) + QString::fromUtf8(QJsonDocument(compareReportToJson(report)).toJson());
}

QByteArray cursor(const QByteArrayList &documents, const QByteArray &collection, qint64 id = 0,
                  const char *batch = "firstBatch")
{
    return "{\"cursor\": {\"id\": {\"$numberLong\": \"" + QByteArray::number(id) +
           "\"}, \"ns\": " + quoted("shop." + collection) + ", \"" + batch + "\": [" + documents.join(", ") +
           "]}, \"ok\": 1}";
}

QByteArray jsonOf(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

/// A database that a script answers from: documents in JSON, in the order of their _id.
struct Fake
{
    QByteArrayList collections{R"({"name": "orders", "type": "collection", "options": {}})"};
    QMap<QString, QByteArrayList> indexes;
    QByteArrayList orders{R"({"_id": 1, "qty": 5})", R"({"_id": 2, "qty": 7})"};
    qint64 count = -1; ///< -1: as many as there are
    int batch = 1000;  ///< documents a batch
    QMap<QByteArray, QByteArray> answers;

    QByteArray findIn(const QJsonObject &asked) const
    {
        const QJsonArray wanted = asked[s("filter")][s("_id")][s("$in")].toArray();
        QByteArrayList found;
        for (const QByteArray &each : orders) {
            if (wanted.isEmpty() || wanted.contains(QJsonDocument::fromJson(each)[s("_id")]))
                found.append(each);
        }
        if (asked[s("sort")][s("_id")].toInt() < 0)
            std::reverse(found.begin(), found.end());
        found = found.mid(0, asked[s("limit")].toInt(int(found.size())));
        return cursor(found.mid(0, batch), "orders", found.size() > batch ? 4711 : 0);
    }
    QByteArray operator()(const QByteArray &name, const QJsonObject &command) const
    {
        const QJsonObject stage = command[s("pipeline")][0].toObject();
        const QByteArray key = name == "aggregate" ? stage.keys().value(0).toUtf8() : name;
        if (answers.contains(key))
            return answers[key];
        if (name == "listCollections")
            return cursor(collections, "$cmd.listCollections");
        if (name == "listIndexes")
            return cursor(indexes.value(command[s("listIndexes")].toString()), "$cmd.listIndexes");
        if (key == "$group") {
            const qint64 number = count < 0 ? qint64(orders.size()) : count;
            return cursor({"{\"_id\": null, \"n\": " + QByteArray::number(number) + "}"}, "orders");
        }
        if (key == "$sample")
            return cursor({orders.value(orders.size() / 2)}, "orders");
        if (name == "find")
            return findIn(command);
        if (name == "getMore")
            return cursor(orders.mid(batch), "orders", 0, "nextBatch");
        if (name == "killCursors")
            return R"({"ok": 1})";
        return {};
    }
};

MongoScript scripted(const Fake &fake)
{
    MongoScript script;
    script.user = "app";
    script.password = planted;
    script.answering = fake;
    return script;
}

constexpr char refused[] = R"({"ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized on shop"})";
constexpr char late[] =
    R"({"ok": 0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "operation exceeded time limit"})";

} // namespace

class MongoCompareTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    // By FerretDB:
    void equal();
    void differences_data();
    void differences();
    void sampled();
    void dies();
    // By a script:
    void definitions_data();
    void definitions();
    void versions();
    void cursors();
    void unauthorised();
    void countLate();
    void written_data();
    void written();
    void lost_data();
    void lost();
    void cancelled();
    void secondary();
    void largeSample();
    void nothingThere();
    void usage();
    void oldLink(); ///< last, for it waits for the rest of a minute

private:
    CompareReport keep(CompareReport report)
    {
        m_said += told(report) + compareReportToMarkdown(report) + QString::fromUtf8(compareReportToJunit(report));
        return report;
    }
    CompareReport compareFakes(const Fake &source, const Fake &target, const CompareOptions &options = {});
    CompareReport compareBases(const QString &source, const QString &target, const CompareOptions &options = {});
    void run(const QString &database, const QByteArray &command);
    QString make();

    static bool open(const FerretDbServer &server, MongoLink &link);

    TestCertificates m_certificates;
    std::unique_ptr<FerretDbServer> m_server;
    MongoLink m_link, m_idle;
    QElapsedTimer m_idleSince;
    int m_made = 0;
    QString m_said;
};

#define WANT_SERVER()                                                                                                  \
    if (!m_server->missing().isEmpty())                                                                                \
        QSKIP(qPrintable(m_server->missing()));                                                                        \
    QVERIFY2(m_server->port() != 0, qPrintable(m_server->said()))

void MongoCompareTest::initTestCase()
{
    m_server = std::make_unique<FerretDbServer>(m_certificates);
    if (m_server->port() == 0)
        return;
    QVERIFY(open(*m_server, m_link));
    QVERIFY(open(*m_server, m_idle));
    m_idleSince.start();
}

void MongoCompareTest::oldLink()
{
    WANT_SERVER();
    // libmongoc looks at a server again after a minute. From inside of the goodbye it would never come back.
    constexpr qint64 itsMinute = 61'000;
    QTest::qSleep(int(std::max<qint64>(0, itsMinute - m_idleSince.elapsed())));
    m_idle = {};
    // A question after that minute is answered too.
    run(s("admin"), R"({"ping": 1})");
}

bool MongoCompareTest::open(const FerretDbServer &server, MongoLink &link)
{
    MongoOpened opened;
    return openMongo(link, connectionTo(server.port(), s("admin")), {}, opened).has_value();
}

void MongoCompareTest::cleanup()
{
    QVERIFY2(!m_said.contains(s(planted)) && !m_said.contains(s("Planted%40Pw")), qPrintable(m_said));
    QVERIFY2(!m_said.contains(s("secret value")), qPrintable(m_said));
    m_said.clear();
}

void MongoCompareTest::run(const QString &database, const QByteArray &command)
{
    const MongoReply reply = m_link.run(database, command, Deadline(Milliseconds(30'000)));
    QVERIFY2(reply.ok(), (reply.message + " at " + command).constData());
}

/// A shop; its name.
QString MongoCompareTest::make()
{
    const QString name = s("shop%1").arg(++m_made);
    QByteArrayList orders;
    for (int i = 1; i <= 200; ++i)
        orders.append(s("{\"_id\": %1, \"qty\": %2, \"state\": \"secret value %1\"}").arg(i).arg(i % 7).toUtf8());
    run(name, "{\"insert\": \"orders\", \"documents\": [" + orders.join(", ") + "]}");
    run(name, R"({"createIndexes": "orders", "indexes": [
        {"key": {"state": 1, "qty": -1}, "name": "by_state"}, {"key": {"code": 1}, "name": "by_code"}]})");
    run(name, R"({"insert": "customers", "documents": [{"_id": 1, "name": "secret value a"}]})");
    run(name, "{\"insert\": " + quoted(oddName) + R"(, "documents": [
        {"_id": {"$oid": "6650a1f0c0ffee0000000001"}, "a": {"x": 1, "y": 2}}, {"_id": "text 'q' 😀", "a": 2},
        {"_id": {"k": 1, "l": "x"}, "a": 3}, {"_id": {"$numberLong": "5000000000"}, "a": 4}, {"_id": 2.5, "a": 5}]})");
    run(name, R"({"create": "recent", "capped": true, "size": 65536})");
    return name;
}

CompareReport MongoCompareTest::compareBases(const QString &source, const QString &target,
                                             const CompareOptions &options)
{
    return keep(
        compareDatabases(connectionTo(m_server->port(), source), connectionTo(m_server->port(), target), options));
}

CompareReport MongoCompareTest::compareFakes(const Fake &source, const Fake &target, const CompareOptions &options)
{
    const MongoPeer one(scripted(source)), two(scripted(target));
    const CompareReport report = keep(compareDatabases(connectionTo(one.port(), s("shop"), asApp),
                                                       connectionTo(two.port(), s("shop"), asApp), options));
    // All connections have ended.
    for (const MongoPeer *each : {&one, &two}) {
        QElapsedTimer clock;
        clock.start();
        while (each->open() > 0 && clock.elapsed() < 5'000)
            QTest::qWait(10);
        if (each->open() > 0)
            qWarning("%d connections are left open", each->open());
    }
    return report;
}

void MongoCompareTest::equal()
{
    WANT_SERVER();
    const CompareReport report = compareBases(make(), make());
    QVERIFY2(report.verdict() == CompareVerdict::Pass, qPrintable(told(report)));
    QCOMPARE(report.kind, DatabaseKind::MongoDb);
    QVERIFY2(report.source.server.contains(s("FerretDB")), qPrintable(report.source.server));
    QCOMPARE(report.source.connections, 2);
    const CompareRow *count = find(report, "count", s("orders"));
    QVERIFY2(count, qPrintable(told(report)));
    QCOMPARE(count->source, s("200"));
    QVERIFY(find(report, "count", s(oddName)));
    const CompareRow *sum = find(report, "checksum", s(oddName));
    QVERIFY2(sum && sum->status == CompareStatus::Same, qPrintable(told(report)));
    QCOMPARE(sum->source, s("all, 5 documents"));
    const QString text = compareReportToText(report);
    QVERIFY2(text.contains(s("no snapshot")), qPrintable(text));
    const CompareReport itself = compareBases(s("shop%1").arg(m_made), s("shop%1").arg(m_made));
    QVERIFY2(told(itself).contains(s("compared with itself")), qPrintable(told(itself)));
}

void MongoCompareTest::differences_data()
{
    QTest::addColumn<QByteArrayList>("commands"); ///< at the target
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("object");
    QTest::addColumn<QString>("status");
    QTest::addColumn<QString>("says");
    const QString odd = s(oddName);
    const auto row = [](const char *name, const QByteArrayList &commands, const char *kind, const QString &object,
                        const char *status, const char *says) {
        QTest::newRow(name) << commands << s(kind) << object << s(status) << s(says);
    };
    row("collection missing", {R"({"drop": "customers"})"}, "collection", s("customers"), "only-source",
        "the target does not have it");
    row("collection more", {R"({"create": "left.over"})"}, "collection", s("left.over"), "only-target",
        "only the target has it");
    row("capped", {R"({"drop": "recent"})", R"({"create": "recent"})"}, "collection", s("recent"), "different",
        "definitions differ");
    row("index missing", {R"({"dropIndexes": "orders", "index": "by_state"})"}, "index", s("orders/by_state"),
        "only-source", "createIndex({\"state\": 1, \"qty\": -1}, {\"name\": \"by_state\"})");
    row("index order",
        {R"({"dropIndexes": "orders", "index": "by_state"})",
         R"({"createIndexes": "orders", "indexes": [{"key": {"qty": -1, "state": 1}, "name": "by_state"}]})"},
        "index", s("orders/by_state"), "different", "their order counts");
    row("index unique",
        {R"({"delete": "orders", "deletes": [{"q": {"_id": {"$gt": 1}}, "limit": 0}]})",
         R"({"dropIndexes": "orders", "index": "by_code"})",
         R"({"createIndexes": "orders", "indexes": [{"key": {"code": 1}, "name": "by_code", "unique": true}]})"},
        "index", s("orders/by_code"), "different", "the options differ");
    row("count", {R"({"insert": "orders", "documents": [{"_id": 999}]})"}, "count", s("orders"), "different",
        "the target has 1 document more");
    row("only on the target", {R"({"insert": "orders", "documents": [{"_id": 999}]})"}, "checksum", s("orders"),
        "different", "1 only on the target; the first: _id = 999");
    row("missing in the middle", {R"({"delete": "orders", "deletes": [{"q": {"_id": 100}, "limit": 1}]})"}, "checksum",
        s("orders"), "different", "1 missing on the target; the first: _id = 100");
    row("missing count", {R"({"delete": "orders", "deletes": [{"q": {"_id": 100}, "limit": 1}]})"}, "count",
        s("orders"), "different", "the target lacks 1 document");
    row("content",
        {R"({"update": "orders", "updates": [{"q": {"_id": {"$in": [7, 9]}}, "u": {"$set": {"state": "secret value other"}},
            "multi": true}]})"},
        "checksum", s("orders"), "different", "2 of another content; the first: _id = 7 (state has another value)");
    row("number",
        {R"({"update": "orders", "updates": [{"q": {"_id": 8}, "u": {"$set": {"qty": {"$numberLong": "1"}}}}]})"},
        "checksum", s("orders"), "different",
        "1 of another content; the first: _id = 8 (qty is int32 on the source and int64 on the target, the same "
        "number)");
    row("double",
        {R"({"update": "orders", "updates": [{"q": {"_id": 8}, "u": {"$set": {"qty": {"$numberDouble": "1"}}}}]})"},
        "checksum", s("orders"), "different", "qty is int32 on the source and double on the target, the same number");
    row("ObjectId",
        {"{\"update\": " + quoted(oddName) +
         R"(, "updates": [{"q": {"_id": {"$oid": "6650a1f0c0ffee0000000001"}}, "u": {"$set": {"b": 1}}}]})"},
        "checksum", odd, "different",
        "the first: _id = ObjectId(\"6650a1f0c0ffee0000000001\") (b is only on the target)");
    row("string", {"{\"delete\": " + quoted(oddName) + R"(, "deletes": [{"q": {"_id": "text 'q' 😀"}, "limit": 1}]})"},
        "checksum", odd, "different", "1 missing on the target; the first: _id = \"text 'q' 😀\"");
    row("document", {"{\"update\": " + quoted(oddName) + R"(, "updates": [{"q": {"a": 3}, "u": {"$set": {"a": 4}}}]})"},
        "checksum", odd, "different", "the first: _id = {\"k\": 1, \"l\": \"x\"} (a has another value)");
    row("order of keys",
        {"{\"delete\": " + quoted(oddName) +
             R"(, "deletes": [{"q": {"_id": {"$oid": "6650a1f0c0ffee0000000001"}}, "limit": 1}]})",
         "{\"insert\": " + quoted(oddName) +
             R"(, "documents": [{"_id": {"$oid": "6650a1f0c0ffee0000000001"}, "a": {"y": 2, "x": 1}}]})"},
        "checksum", odd, "different", "a has another value");
}

void MongoCompareTest::differences()
{
    WANT_SERVER();
    QFETCH(QByteArrayList, commands);
    QFETCH(QString, kind);
    QFETCH(QString, object);
    QFETCH(QString, status);
    QFETCH(QString, says);
    const QString source = make();
    const QString target = make();
    for (const QByteArray &command : commands)
        run(target, command);
    const CompareReport report = compareBases(source, target);
    QVERIFY2(report.verdict() == CompareVerdict::Fail, qPrintable(told(report)));
    const CompareRow *row = find(report, kind.toUtf8(), object);
    QVERIFY2(row, qPrintable(told(report)));
    QCOMPARE(compareStatusName(row->status), status);
    QVERIFY2((row->reason + u' ' + row->hint).contains(says), qPrintable(row->reason + u' ' + row->hint));
    // What is meant is told, and does not count.
    CompareOptions options;
    options.accept = {kind + u':' + object, s("count:*"), s("checksum:*")};
    const CompareReport accepted = compareBases(source, target, options);
    QVERIFY2(accepted.verdict() == CompareVerdict::Pass, qPrintable(told(accepted)));
    options.accept.clear();
    options.exclude = {object.section(u'/', 0, 0)};
    const CompareReport excluded = compareBases(source, target, options);
    QVERIFY2(excluded.verdict() == CompareVerdict::Pass, qPrintable(told(excluded)));
}

void MongoCompareTest::sampled()
{
    WANT_SERVER();
    const QString source = make();
    const QString target = make();
    run(target, R"({"update": "orders", "updates": [{"q": {"_id": 3}, "u": {"$set": {"qty": 99}}}]})");
    run(target, R"({"delete": "orders", "deletes": [{"q": {"_id": 198}, "limit": 1}]})");
    CompareOptions options;
    options.sampleRows = 10; // 200 are more than ten times as many
    const CompareReport report = compareBases(source, target, options);
    const CompareRow *row = find(report, "checksum", s("orders"));
    QVERIFY2(row && row->status == CompareStatus::Different, qPrintable(told(report)));
    QVERIFY2(row->source.startsWith(s("a sample, ")), qPrintable(row->source));
    QVERIFY2(row->reason.startsWith(s("1 of another content, 1 missing on the target; the first: _id = 3 (qty ")),
             qPrintable(row->reason));
    const CompareReport same = compareBases(source, source, options);
    const CompareRow *sample = find(same, "checksum", s("orders"));
    QVERIFY2(sample && sample->status == CompareStatus::Same, qPrintable(told(same)));
    const qint64 compared = sample->source.section(u' ', 2, 2).toLongLong();
    QVERIFY2(compared >= 21 && compared <= 30, qPrintable(sample->source));
}

void MongoCompareTest::dies()
{
    WANT_SERVER();
    const QString source = make();
    FerretDbServer other(m_certificates);
    QVERIFY2(other.port() != 0, qPrintable(other.said()));
    MongoLink link;
    QVERIFY(open(other, link));
    std::swap(link, m_link);
    const QString target = make();
    std::swap(link, m_link);
    CompareOptions options;
    std::atomic<bool> killed{false};
    options.onProgress = [&](const CompareProgress &progress) {
        if (progress.phase == s("count") && !killed.exchange(true))
            ::kill(pid_t(other.processId()), SIGKILL);
    };
    QElapsedTimer clock;
    clock.start();
    const CompareReport report =
        keep(compareDatabases(connectionTo(m_server->port(), source), connectionTo(other.port(), target), options));
    QVERIFY2(clock.elapsed() < 20'000, qPrintable(QString::number(clock.elapsed())));
    QVERIFY(report.target.opened && !report.target.error.isEmpty());
    QVERIFY2(report.verdict() == CompareVerdict::Inconclusive, qPrintable(told(report)));
}

void MongoCompareTest::definitions_data()
{
    QTest::addColumn<QByteArray>("source"); ///< the second collection's entry
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("status"); ///< empty: nothing is told
    const auto row = [](const char *name, const char *source, const char *target, const char *kind,
                        const char *status) {
        QTest::newRow(name) << QByteArray(source) << QByteArray(target) << s(kind) << s(status);
    };
    row("validator", R"({"name": "x", "type": "collection", "options": {"validator": {"a": {"$gt": 1}}}})",
        R"({"name": "x", "type": "collection", "options": {"validator": {"a": {"$gt": 2}}}})", "validator",
        "different");
    row("validator in another order",
        R"({"name": "x", "type": "collection", "options": {"validator": {"a": 1, "b": 2}, "validationLevel": "strict"}})",
        R"({"name": "x", "type": "collection", "options": {"validator": {"b": 2.0, "a": {"$numberLong": "1"}}}})",
        "validator", "");
    row("validator missing", R"({"name": "x", "type": "collection", "options": {"validator": {"a": 1}}})",
        R"({"name": "x", "type": "collection", "options": {}})", "validator", "only-source");
    row("validation action", R"({"name": "x", "type": "collection", "options": {"validator": {"a": 1}}})",
        R"({"name": "x", "type": "collection", "options": {"validator": {"a": 1}, "validationAction": "warn"}})",
        "validator", "different");
    row("capped", R"({"name": "x", "type": "collection", "options": {"capped": true, "size": 4096}})",
        R"({"name": "x", "type": "collection", "options": {"size": {"$numberLong": "4096"}, "capped": true}})",
        "collection", "");
    row("another size", R"({"name": "x", "type": "collection", "options": {"capped": true, "size": 4096}})",
        R"({"name": "x", "type": "collection", "options": {"capped": true, "size": 8192}})", "collection", "different");
    row("view",
        R"({"name": "x", "type": "view", "options": {"viewOn": "orders", "pipeline": [{"$sort": {"a": 1, "b": 1}}]}})",
        R"({"name": "x", "type": "view", "options": {"viewOn": "orders", "pipeline": [{"$sort": {"b": 1, "a": 1}}]}})",
        "view", "different");
    row("view and collection", R"({"name": "x", "type": "view", "options": {"viewOn": "orders", "pipeline": []}})",
        R"({"name": "x", "type": "collection", "options": {}})", "view", "only-source");
    row("time series",
        R"({"name": "x", "type": "timeseries", "options": {"timeseries": {"timeField": "t", "granularity": "hours"}}})",
        R"({"name": "x", "type": "timeseries", "options": {"timeseries": {"timeField": "t", "granularity": "minutes"}}})",
        "collection", "different");
    row("odd names", R"({"name": "x\"y.z 😀 %1 '", "type": "collection", "options": {}})",
        R"({"name": "x\"y.z 😀 %1 '", "type": "collection", "options": {}})", "collection", "");
    row("system's own", R"({"name": "system.profile", "type": "collection", "options": {}})",
        R"({"name": "system.js", "type": "collection", "options": {}})", "collection", "");
}

void MongoCompareTest::definitions()
{
    QFETCH(QByteArray, source);
    QFETCH(QByteArray, target);
    QFETCH(QString, kind);
    QFETCH(QString, status);
    Fake one, two;
    one.collections.append(source);
    two.collections.append(target);
    const CompareReport report = compareFakes(one, two);
    const CompareRow *row = find(report, kind.toUtf8(), s("x"));
    QVERIFY2((row != nullptr) == !status.isEmpty(), qPrintable(told(report)));
    if (row)
        QCOMPARE(compareStatusName(row->status), status);
    QVERIFY2(report.verdict() == (row ? CompareVerdict::Fail : CompareVerdict::Pass), qPrintable(told(report)));
    QVERIFY(!find(report, "count", s("x")) || kind != s("view"));
}

void MongoCompareTest::versions()
{
    Fake one, two;
    one.answers["buildInfo"] = R"({"version": "7.0.12", "ok": 1})";
    two.answers["buildInfo"] = R"({"version": "6.0.3", "ok": 1})";
    const CompareReport older = compareFakes(one, two);
    const CompareRow *row = find(older, "version");
    QVERIFY2(row && row->status == CompareStatus::Different && !row->expected, qPrintable(told(older)));
    QVERIFY(older.verdict() == CompareVerdict::Fail);
    one.answers["getParameter"] = R"({"featureCompatibilityVersion": {"version": "7.0"}, "ok": 1})";
    two.answers["getParameter"] = R"({"featureCompatibilityVersion": {"version": "7.0"}, "ok": 1})";
    two.answers["buildInfo"] = R"({"version": "8.0.1", "ok": 1})";
    const CompareReport newer = compareFakes(one, two);
    row = find(newer, "version");
    QVERIFY2(row && row->expected && newer.verdict() == CompareVerdict::Pass, qPrintable(told(newer)));
    row = find(newer, "feature-version");
    QVERIFY2(row && row->status == CompareStatus::Same, qPrintable(told(newer)));
}

/// A cursor is read on to its end, in the session that it was opened in: servers refuse any other.
void MongoCompareTest::cursors()
{
    Fake one, two;
    for (int i = 3; i < 40; ++i) {
        one.orders.append("{\"_id\": " + QByteArray::number(i) + ", \"qty\": 1}");
        two.orders.append("{\"_id\": " + QByteArray::number(i) + ", \"qty\": 1}");
    }
    one.batch = 10;
    two.orders[30] = R"({"_id": 31, "qty": {"$numberLong": "1"}})";
    std::mutex mutex;
    QStringList finds, mores;
    MongoScript script = scripted(one);
    script.answering = [&, one](const QByteArray &name, const QJsonObject &asked) {
        const std::lock_guard lock(mutex);
        if (name == "find")
            finds.append(QString::fromUtf8(jsonOf(asked[s("lsid")].toObject())));
        if (name == "getMore")
            mores.append(QString::fromUtf8(jsonOf(asked[s("lsid")].toObject())));
        return one(name, asked);
    };
    const MongoPeer peer(script), other(scripted(two));
    CompareOptions options;
    options.connections = 1;
    const CompareReport report = keep(compareDatabases(connectionTo(peer.port(), s("shop"), asApp),
                                                       connectionTo(other.port(), s("shop"), asApp), options));
    const CompareRow *row = find(report, "checksum", s("orders"));
    QVERIFY2(row && row->status == CompareStatus::Different, qPrintable(told(report)));
    QCOMPARE(row->source, s("all, 39 documents"));
    QVERIFY2(row->reason.contains(s("_id = 31 (qty is int32 on the source and int64 on the target")),
             qPrintable(row->reason));
    QVERIFY(!mores.isEmpty() && finds.size() >= 1);
    QVERIFY2(mores.first() == finds.first() && mores.first().size() > 10, qPrintable(mores.first() + finds.first()));
}

void MongoCompareTest::unauthorised()
{
    Fake one, two;
    two.answers["listCollections"] = refused;
    const CompareReport none = compareFakes(one, two);
    QVERIFY2(none.verdict() == CompareVerdict::Inconclusive, qPrintable(told(none)));
    const CompareRow *row = find(none, "collection");
    QVERIFY2(row && row->status == CompareStatus::Unknown && row->reason.contains(s("target")), qPrintable(told(none)));
    QVERIFY2(row->hint.contains(s("read")), qPrintable(row->hint));
    two.answers.clear();
    two.answers["listIndexes"] = refused;
    one.indexes[s("orders")] = {R"({"v": 2, "key": {"a": 1}, "name": "a_1"})"};
    const CompareReport indexes = compareFakes(one, two);
    QVERIFY2(indexes.verdict() == CompareVerdict::Inconclusive, qPrintable(told(indexes)));
    row = find(indexes, "index", s("orders"));
    QVERIFY2(row && row->status == CompareStatus::Unknown, qPrintable(told(indexes)));
    two.answers.clear();
    two.answers["find"] = refused;
    two.answers["$group"] = refused;
    one.indexes.clear();
    const CompareReport documents = compareFakes(one, two);
    QVERIFY2(documents.verdict() == CompareVerdict::Inconclusive, qPrintable(told(documents)));
    for (const char *kind : {"count", "checksum"}) {
        row = find(documents, kind, s("orders"));
        QVERIFY2(row && row->status == CompareStatus::Unknown && row->reason.contains(s("may not")),
                 qPrintable(told(documents)));
    }
    // No login at all.
    MongoScript open = scripted(Fake());
    const MongoPeer peer(open);
    const CompareReport nobody = keep(
        compareDatabases(connectionTo(peer.port(), s("shop")), connectionTo(peer.port(), s("shop")), CompareOptions()));
    QVERIFY2(nobody.verdict() == CompareVerdict::Inconclusive, qPrintable(told(nobody)));
}

void MongoCompareTest::countLate()
{
    Fake one, two;
    one.answers["$group"] = late;
    one.answers["count"] = R"({"n": 2, "ok": 1})";
    CompareOptions options;
    options.checksums = false;
    const CompareReport report = compareFakes(one, two, options);
    QVERIFY2(report.verdict() == CompareVerdict::Inconclusive, qPrintable(told(report)));
    const CompareRow *row = find(report, "count", s("orders"));
    QVERIFY2(row && row->status == CompareStatus::Unknown, qPrintable(told(report)));
    QCOMPARE(row->source, s("about 2"));
    QVERIFY(row->sourceEstimate && !row->targetEstimate);
    QCOMPARE(row->target, s("2"));
    QVERIFY2(row->reason.contains(s("not within 30 s")) && row->reason.contains(s("proves nothing")),
             qPrintable(row->reason));
    QVERIFY2(row->hint.contains(s("--count-timeout")), qPrintable(row->hint));
}

void MongoCompareTest::written_data()
{
    QTest::addColumn<QByteArray>("command");
    QTest::addColumn<QByteArrayList>("answers"); ///< the first, then all later ones
    QTest::addColumn<bool>("moving");
    const QByteArray top = R"({"totals": {"note": "", "shop.orders": {"insert": {"time": 1, "count": %1},
        "update": {"time": 0, "count": 0}, "remove": {"time": 0, "count": 0}}, "shop.other": {"insert": {"count": %2}}}, "ok": 1})";
    const auto of = [](QByteArray text, int a, int b) {
        return text.replace("%1", QByteArray::number(a)).replace("%2", QByteArray::number(b));
    };
    QTest::newRow("top") << QByteArray("top") << QByteArrayList{of(top, 5, 1), of(top, 6, 1)} << true;
    QTest::newRow("top, another") << QByteArray("top") << QByteArrayList{of(top, 5, 1), of(top, 5, 2)} << false;
    QTest::newRow("top, nothing") << QByteArray("top") << QByteArrayList{of(top, 5, 1), of(top, 5, 1)} << false;
    const QByteArray lock =
        R"({"totals": {"shop.orders": {"writeLock": {"time": 1, "count": %1}, "commands": {"time": 1,
        "count": %1}}}, "ok": 1})";
    QTest::newRow("top, findAndModify") << QByteArray("top") << QByteArrayList{of(lock, 5, 0), of(lock, 6, 0)} << true;
    const QByteArray status = R"({"opcounters": {"insert": %1, "update": 0, "delete": 0, "query": 99}, "ok": 1})";
    QTest::newRow("counters") << QByteArray("serverStatus") << QByteArrayList{of(status, 5, 0), of(status, 7, 0)}
                              << true;
    QTest::newRow("counters, nothing") << QByteArray("serverStatus")
                                       << QByteArrayList{of(status, 5, 0), of(status, 5, 0)} << false;
    const QByteArray stats = R"({"cursor": {"id": {"$numberLong": "0"}, "ns": "shop.orders", "firstBatch": [
        {"latencyStats": {"writes": {"ops": {"$numberLong": "%1"}}}, "count": 3}]}, "ok": 1})";
    QTest::newRow("statistics") << QByteArray("$collStats") << QByteArrayList{of(stats, 5, 0), of(stats, 7, 0)} << true;
    QTest::newRow("statistics, nothing") << QByteArray("$collStats") << QByteArrayList{of(stats, 5, 0), of(stats, 5, 0)}
                                         << false;
    const QByteArray number = R"({"cursor": {"id": {"$numberLong": "0"}, "ns": "shop.orders",
        "firstBatch": [{"_id": null, "n": %1}]}, "ok": 1})";
    QTest::newRow("counted again") << QByteArray("$group") << QByteArrayList{of(number, 3, 0), of(number, 4, 0)}
                                   << true;
    QTest::newRow("counted again, nothing")
        << QByteArray("$group") << QByteArrayList{of(number, 3, 0), of(number, 3, 0)} << false;
}

void MongoCompareTest::written()
{
    QFETCH(QByteArray, command);
    QFETCH(QByteArrayList, answers);
    QFETCH(bool, moving);
    Fake one, two;
    one.orders.append(R"({"_id": 3, "qty": 1})");
    one.answers["serverStatus"] = refused;
    std::atomic<int> asked{0};
    MongoScript script = scripted(one);
    script.answering = [&, one](const QByteArray &name, const QJsonObject &document) {
        const bool its =
            name == command ||
            (name == "aggregate" && document[s("pipeline")][0].toObject().contains(QString::fromUtf8(command)));
        return its ? answers[asked++ == 0 ? 0 : 1] : one(name, document);
    };
    const MongoPeer peer(script), other(scripted(two));
    const CompareReport report = keep(compareDatabases(connectionTo(peer.port(), s("shop"), asApp),
                                                       connectionTo(other.port(), s("shop"), asApp), {}));
    const CompareRow *row = find(report, "count", s("orders"));
    QVERIFY2(row && row->status == CompareStatus::Different, qPrintable(told(report)));
    QVERIFY2(row->moving == moving, qPrintable(told(report)));
    QVERIFY2(report.verdict() == (moving ? CompareVerdict::Inconclusive : CompareVerdict::Fail),
             qPrintable(told(report)));
    if (moving)
        QVERIFY2(told(report).contains(s("in collections that the source was writing to")), qPrintable(told(report)));
}

void MongoCompareTest::lost_data()
{
    QTest::addColumn<QByteArray>("at");
    QTest::addColumn<bool>("silent");
    for (const char *at : {"listCollections", "listIndexes", "aggregate", "find"}) {
        QTest::addRow("%s, drops", at) << QByteArray(at) << false;
        QTest::addRow("%s, silent", at) << QByteArray(at) << true;
    }
}

void MongoCompareTest::lost()
{
    QFETCH(QByteArray, at);
    QFETCH(bool, silent);
    MongoScript script = scripted(Fake());
    (silent ? script.silentAt : script.dropAt) = at;
    const MongoPeer peer(scripted(Fake())), other(script);
    CompareOptions options;
    options.countTimeout = Milliseconds(300);
    QElapsedTimer clock;
    clock.start();
    const CompareReport report = keep(compareDatabases(connectionTo(peer.port(), s("shop"), asApp),
                                                       connectionTo(other.port(), s("shop"), asApp), options));
    QVERIFY2(report.verdict() == CompareVerdict::Inconclusive, qPrintable(told(report)));
    // It takes a new connection, so that only what was asked is lost: nothing of it is the same, or different.
    QVERIFY2(report.source.error.isEmpty() && report.target.error.isEmpty(), qPrintable(told(report)));
    QVERIFY2(report.differences().isEmpty() && !report.unknowns().isEmpty(), qPrintable(told(report)));
    for (const CompareRow &row : report.unknowns())
        QVERIFY2(row.kind != s("count") || !row.hint.contains(s("the role read")), qPrintable(told(report)));
    QVERIFY2(clock.elapsed() < 12'000, qPrintable(QString::number(clock.elapsed())));
}

void MongoCompareTest::cancelled()
{
    MongoScript script = scripted(Fake());
    script.silentAt = "aggregate";
    const MongoPeer peer(scripted(Fake())), other(script);
    CompareOptions options;
    options.access.cancelled = std::make_shared<std::atomic<bool>>(false);
    std::thread later([&] {
        while (!other.asked().contains("aggregate"))
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        options.access.cancelled->store(true);
    });
    QElapsedTimer clock;
    clock.start();
    const CompareReport report = keep(compareDatabases(connectionTo(peer.port(), s("shop"), asApp),
                                                       connectionTo(other.port(), s("shop"), asApp), options));
    later.join();
    QVERIFY(report.cancelled);
    QVERIFY2(report.verdict() == CompareVerdict::Inconclusive, qPrintable(told(report)));
    QVERIFY2(clock.elapsed() < 8'000, qPrintable(QString::number(clock.elapsed())));
    QTRY_COMPARE(peer.open(), 0);
}

void MongoCompareTest::secondary()
{
    Fake fake;
    MongoScript script = scripted(fake);
    const MongoPeer peer(script), other(scripted(fake));
    const QByteArray hello = R"({"setName": "rs0", "secondary": true, "isWritablePrimary": false, "hosts": [")" +
                             peer.name() + R"("], "me": ")" + peer.name() + "\"}";
    const_cast<MongoPeer &>(peer).change([&](MongoScript &each) { each.hello = hello; });
    const CompareReport report =
        keep(compareDatabases(connectionTo(peer.port(), s("shop"), asApp), connectionTo(other.port(), {}, asApp), {}));
    QVERIFY2(report.notes.join(u' ').contains(s("from a secondary")), qPrintable(told(report)));
    QVERIFY2(report.source.server.contains(s("secondary")), qPrintable(told(report)));
    QVERIFY2(report.notes.join(u' ').contains(s("\"test\" was compared")), qPrintable(told(report)));
}

void MongoCompareTest::largeSample()
{
    Fake one, two;
    for (int i = 3; i < 60; ++i) {
        one.orders.append("{\"_id\": " + QByteArray::number(i) + ", \"qty\": 1}");
        two.orders.append("{\"_id\": " + QByteArray::number(i) + ", \"qty\": 1}");
    }
    one.count = two.count = 1'000'000;
    CompareOptions options;
    options.sampleRows = 5;
    const CompareReport same = compareFakes(one, two, options);
    const CompareRow *row = find(same, "checksum", s("orders"));
    QVERIFY2(row && row->status == CompareStatus::Same, qPrintable(told(same)));
    QCOMPARE(row->source, s("a sample, 11 documents"));
    // Found by $sample alone, in the middle.
    two.orders.removeAt(29);
    const CompareReport middle = compareFakes(one, two, options);
    row = find(middle, "checksum", s("orders"));
    QVERIFY2(row && row->reason == s("1 missing on the target; the first: _id = 30"), qPrintable(told(middle)));
    // The ends alone prove nothing.
    two = one;
    one.answers["$sample"] = late;
    const CompareReport ends = compareFakes(one, two, options);
    row = find(ends, "checksum", s("orders"));
    QVERIFY2(row && row->status == CompareStatus::Unknown && row->reason.contains(s("the first and the last")),
             qPrintable(told(ends)));
}

void MongoCompareTest::nothingThere()
{
    Fake one, two;
    one.collections.clear();
    const CompareReport wrong = compareFakes(one, two);
    QVERIFY2(wrong.verdict() == CompareVerdict::Fail, qPrintable(told(wrong)));
    QVERIFY2(told(wrong).contains(s("name the right database")), qPrintable(told(wrong)));
    two.collections.clear();
    const CompareReport both = compareFakes(one, two);
    QVERIFY2(both.verdict() == CompareVerdict::Inconclusive, qPrintable(told(both)));
}

void MongoCompareTest::usage()
{
    const ConnectionString one = connectionTo(1, s("a"));
    CompareOptions options;
    QVERIFY(comparable(one, one, options));
    options.schemas = {s("public")};
    const Result<void> schemas = comparable(one, one, options);
    QVERIFY(!schemas && schemas.error().kind == ErrorKind::Usage);
    const CompareReport gone = keep(compareDatabases(one, one, {}));
    QVERIFY2(gone.verdict() == CompareVerdict::Fail && gone.source.error.startsWith(s("tcp: ")),
             qPrintable(told(gone)));
    // A wrong password.
    const MongoPeer peer(scripted(Fake()));
    const CompareReport login = keep(compareDatabases(connectionTo(peer.port(), s("shop"), "app:Other-Pw-1@"),
                                                      connectionTo(peer.port(), s("shop"), asApp), {}));
    QVERIFY2(login.verdict() == CompareVerdict::Fail && login.source.error.startsWith(s("auth: ")),
             qPrintable(told(login)));
    QVERIFY(!told(login).contains(s("Other-Pw-1")));
}

QTEST_GUILESS_MAIN(MongoCompareTest)
#include "tst_mongocompare.moc"
