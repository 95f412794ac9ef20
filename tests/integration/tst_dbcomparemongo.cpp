// SPDX-License-Identifier: GPL-3.0-or-later
// switchyard-cli db compare on two MongoDB databases of a real server (FerretDB), as it is run.
#include "models/database/probes/mongoopen.h"
#include "tests/support/cli.h"
#include "tests/support/ferretdbserver.h"

#include <QFile>
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

constexpr char planted[] = "Planted-Pw-5521xy";

} // namespace

class DbCompareMongoTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void passes();
    void differs();
    void unreachable();
    void usage();

private:
    CliResult compare(const QStringList &arguments);
    QString read(const QString &name);

    TestCertificates m_certificates;
    QTemporaryDir m_folder;
    std::unique_ptr<FerretDbServer> m_server;
    QMap<QString, QString> m_secrets;
    QString m_said; ///< all that was printed or written
};

CliResult DbCompareMongoTest::compare(const QStringList &arguments)
{
    CliOptions options;
    options.environment = m_secrets;
    options.cwd = m_folder.path();
    const CliResult result = runCli(QStringList{s("db"), s("compare")} + arguments, options);
    m_said += result.out + result.err;
    return result;
}

QString DbCompareMongoTest::read(const QString &name)
{
    QFile file(m_folder.filePath(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QString text = QString::fromUtf8(file.readAll());
    m_said += text;
    return text;
}

void DbCompareMongoTest::initTestCase()
{
    m_server = std::make_unique<FerretDbServer>(m_certificates);
    if (!m_server->missing().isEmpty())
        QSKIP(qPrintable(m_server->missing()));
    QVERIFY2(m_server->port() != 0, qPrintable(m_server->said()));
    MongoLink link;
    MongoOpened opened;
    const QString base = s("mongodb://localhost:%1/").arg(m_server->port());
    const Result<void> open = openMongo(link, *parseConnectionString({base, {}, {}}), {}, opened);
    QVERIFY2(open, open ? "" : qPrintable(open.error().message));
    for (const char *name : {"shop", "same", "other"}) {
        QByteArrayList documents;
        for (int i = 1; i <= 100; ++i)
            documents.append(s("{\"_id\": %1, \"name\": \"secret name %1\"}").arg(i).toUtf8());
        for (const QByteArray &command :
             {QByteArray("{\"insert\": \"customer\", \"documents\": [" + documents.join(", ") + "]}"),
              QByteArray(R"({"createIndexes": "customer", "indexes": [{"key": {"name": 1}, "name": "named"}]})"),
              QByteArray(R"({"insert": "<b>odd|", "documents": [{"_id": 1}]})")})
            QVERIFY(link.run(s(name), command, Deadline(Milliseconds(30'000))).ok());
        m_secrets.insert(s(name).toUpper(), base + s(name));
    }
    for (const char *command :
         {R"({"dropIndexes": "customer", "index": "named"})", R"({"drop": "<b>odd|"})",
          R"({"update": "customer", "updates": [{"q": {"_id": 7}, "u": {"$set": {"name": "hidden value"}}}]})"})
        QVERIFY(link.run(s("other"), command, Deadline(Milliseconds(30'000))).ok());
    m_secrets.insert(s("GONE"), s("mongodb://app:%1@127.0.0.1:1/shop").arg(s(planted)));
}

void DbCompareMongoTest::cleanup()
{
    QVERIFY2(!m_said.contains(s(planted)), qPrintable(m_said));
    QVERIFY2(!m_said.contains(s("secret name")) && !m_said.contains(s("hidden value")), qPrintable(m_said));
    m_said.clear();
}

void DbCompareMongoTest::passes()
{
    const CliResult result = compare({s("env:SHOP"), s("env:SAME"), s("--format"), s("json")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    const QString invalid = validate(s("db-compare"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    QCOMPARE(result.json()[s("verdict")].toString(), s("pass"));
    QCOMPARE(result.json()[s("kind")].toString(), s("mongodb"));
    const CliResult text = compare({s("env:SHOP"), s("env:SAME"), s("--no-checksums")});
    QVERIFY2(text.status == 0 && text.out.contains(s("Contents of documents were not compared")),
             qPrintable(text.out + text.err));
}

void DbCompareMongoTest::differs()
{
    const CliResult result = compare({s("env:SHOP"), s("env:OTHER"), s("--report"), s("report.md"), s("--report"),
                                      s("report.html"), s("--junit"), s("report.xml")});
    QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("customer/named")), qPrintable(result.out));
    QVERIFY2(result.out.contains(s("the first: _id = 7 (name has another value)")), qPrintable(result.out));
    const QString markdown = read(s("report.md"));
    for (const char *words : {"# Databases compared: fail", "customer/named", "\\<b\\>odd\\|", "no snapshot"})
        QVERIFY2(markdown.contains(s(words)), qPrintable(markdown));
    const QString html = read(s("report.html"));
    QVERIFY2(html.contains(s("&lt;b&gt;odd|")) && !html.contains(s("<b>odd")), qPrintable(html));
    QVERIFY(read(s("report.xml")).contains(s("only-source customer/named")));
    const CliResult accepted = compare({s("env:SHOP"), s("env:OTHER"), s("--accept"), s("index:customer/*"),
                                        s("--accept"), s("checksum:customer"), s("--exclude"), s("*odd*")});
    QVERIFY2(accepted.status == 0, qPrintable(accepted.out + accepted.err));
}

void DbCompareMongoTest::unreachable()
{
    const CliResult result = compare({s("env:SHOP"), s("env:GONE")});
    QVERIFY2(result.status == 1 && result.out.contains(s("tcp: ")), qPrintable(result.out + result.err));
}

void DbCompareMongoTest::usage()
{
    const CliResult schema = compare({s("env:SHOP"), s("env:SAME"), s("--schema"), s("public")});
    QVERIFY2(schema.status == 2 && schema.err.contains(s("no schemas")), qPrintable(schema.out + schema.err));
    const CliResult kinds = compare({s("env:SHOP"), s("redis://127.0.0.1/0")});
    QVERIFY2(kinds.status == 2 && kinds.err.contains(s("is not compared with")), qPrintable(kinds.err));
    const CliResult redis = compare({s("redis://127.0.0.1/0"), s("redis://127.0.0.1/1")});
    QVERIFY2(redis.status == 2 && redis.err.contains(s("not offered")), qPrintable(redis.err));
}

QTEST_GUILESS_MAIN(DbCompareMongoTest)
#include "tst_dbcomparemongo.moc"
