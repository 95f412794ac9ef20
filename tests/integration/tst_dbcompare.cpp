// SPDX-License-Identifier: GPL-3.0-or-later
// switchyard-cli db compare, as it is run.
#include "tests/support/cli.h"
#include "tests/support/postgresserver.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

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

class DbCompareTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void passes();
    void differs();
    void workspace();
    void sqlite();
    void unreachable();
    void interrupted();
    void usage_data();
    void usage();

private:
    CliResult compare(const QStringList &arguments, CliOptions options = {});
    QString read(const QString &name);

    QTemporaryDir m_folder;
    std::unique_ptr<PostgresServer> m_server;
    QMap<QString, QString> m_secrets;
    QString m_said; ///< all that was printed or written
};

CliResult DbCompareTest::compare(const QStringList &arguments, CliOptions options)
{
    options.environment.insert(m_secrets);
    if (options.cwd.isEmpty())
        options.cwd = m_folder.path();
    const CliResult result = runCli(QStringList{s("db"), s("compare")} + arguments, options);
    m_said += result.out + result.err;
    return result;
}

QString DbCompareTest::read(const QString &name)
{
    QFile file(m_folder.filePath(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QString text = QString::fromUtf8(file.readAll());
    m_said += text;
    return text;
}

void DbCompareTest::initTestCase()
{
    const QString missing = PostgresServer::missing();
    if (!missing.isEmpty())
        QSKIP(qPrintable(missing));
    m_server = std::make_unique<PostgresServer>();
    QVERIFY2(m_server->start({s("log_connections = off"), s("log_min_messages = log")},
                             "host all all 127.0.0.1/32 scram-sha-256\n"),
             m_server->log().constData());
    QString made = m_server->sql(s("create role app superuser login password '%1'").arg(s(planted)));
    made += m_server->sql(s("create database shop"));
    made += m_server->sql(
        s("create table customer (id serial primary key, name text);"
          "insert into customer (name) select 'secret name ' || i from generate_series(1, 100) i;"
          "create table \"<b>odd|\" (id int primary key); create index named on customer (name); analyze"),
        s("shop"));
    made += m_server->sql(s("create database same template shop"));
    made += m_server->sql(s("create database other template shop"));
    made += m_server->sql(s("drop index named; update customer set name = 'hidden value' where id = 7;"
                            "drop table \"<b>odd|\""),
                          s("other"));
    made += m_server->sql(s("create database large"));
    made += m_server->sql(s("create table t (id int primary key); insert into t select generate_series(1, 3000000)"),
                          s("large"));
    QVERIFY2(!made.contains(s("ERROR")), qPrintable(made));
    for (const char *name : {"shop", "same", "other", "large"})
        m_secrets.insert(s(name).toUpper(), m_server->url(s("app:") + s(planted), s(name)));
}

void DbCompareTest::cleanup()
{
    QVERIFY2(!m_said.contains(s(planted)), qPrintable(m_said));
    QVERIFY2(!m_said.contains(s("secret name")) && !m_said.contains(s("hidden value")), qPrintable(m_said));
    m_said.clear();
}

void DbCompareTest::passes()
{
    const CliResult result = compare({s("env:SHOP"), s("env:SAME"), s("--format"), s("json")});
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    const QString invalid = validate(s("db-compare"), result.out.toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    QCOMPARE(result.json()[s("verdict")].toString(), s("pass"));
    QCOMPARE(result.json()[s("source")][s("name")].toString(), s("env:SHOP"));
    const CliResult text = compare({s("env:SHOP"), s("env:SAME"), s("--no-checksums")});
    QCOMPARE(text.status, 0);
    QVERIFY2(text.out.contains(s("pass: no difference that counts was found")), qPrintable(text.out));
    QVERIFY2(text.out.contains(s("Contents of rows were not compared")), qPrintable(text.out));
}

void DbCompareTest::differs()
{
    const CliResult result =
        compare({s("env:SHOP"), s("env:OTHER"), s("--report"), s("report.md"), s("--report"), s("report.html"),
                 s("--report"), s("report.json"), s("--junit"), s("report.xml")});
    QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("public.named")), qPrintable(result.out));
    QVERIFY2(result.out.contains(s("the first: id = 7")), qPrintable(result.out));
    const QString markdown = read(s("report.md"));
    QVERIFY2(markdown.startsWith(s("# Databases compared: fail")), qPrintable(markdown));
    for (const char *words :
         {"## Signed off", "## What this does not say", "env:SHOP", "public.named", "\\<b\\>odd\\|"})
        QVERIFY2(markdown.contains(s(words)), words);
    const QString html = read(s("report.html"));
    QVERIFY2(html.contains(s("&lt;b&gt;odd|")) && !html.contains(s("<b>odd")), qPrintable(html));
    const QString invalid = validate(s("db-compare"), read(s("report.json")).toUtf8());
    QVERIFY2(invalid.isEmpty() || invalid.startsWith(s("skip")), qPrintable(invalid));
    QXmlStreamReader reader(read(s("report.xml")));
    QStringList failed;
    QString current;
    while (!reader.atEnd()) {
        if (reader.readNext() != QXmlStreamReader::StartElement)
            continue;
        if (reader.name() == s("testcase"))
            current = reader.attributes().value(s("name")).toString();
        else if (reader.name() == s("failure"))
            failed.append(current);
    }
    QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
    QCOMPARE(failed, (QStringList{s("table"), s("index"), s("checksum")}));
    const CliResult accepted = compare({s("env:SHOP"), s("env:OTHER"), s("--accept"), s("index:*"), s("--accept"),
                                        s("checksum:public.customer"), s("--exclude"), s("*odd*")});
    QVERIFY2(accepted.status == 0, qPrintable(accepted.out + accepted.err));
}

void DbCompareTest::workspace()
{
    QTemporaryDir folder;
    QFile file(folder.filePath(s("switchyard.toml")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(
        "schema = 1\nname = \"shop\"\n[[backend]]\nname = \"old\"\nurl = \"http://127.0.0.1:1\"\nplatform = \"local\"\n"
        "[[backend.database]]\nname = \"main\"\nurl = \"env:SHOP\"\n"
        "[[backend]]\nname = \"new\"\nurl = \"http://127.0.0.1:2\"\nplatform = \"local\"\n"
        "[[backend.database]]\nname = \"main\"\nurl = \"env:SAME\"\n");
    file.close();
    CliOptions options;
    options.cwd = folder.path();
    const CliResult result = compare({s("old/main"), s("new/main")}, options);
    QVERIFY2(result.status == 0, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("source  old/main")), qPrintable(result.out));
    const CliResult wrong = compare({s("old/main"), s("new/other")}, options);
    QCOMPARE(wrong.status, 2);
    QVERIFY2(wrong.err.contains(s("it has: main")), qPrintable(wrong.err));
}

void DbCompareTest::sqlite()
{
    const auto make = [&](const char *name, const char *sql) {
        QProcess process;
        process.start(
            s("/usr/bin/python3"),
            {s("-c"),
             s("import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.executescript(sys.argv[2]); d.commit()"),
             m_folder.filePath(s(name)), s(sql)});
        return process.waitForFinished(60'000) && process.exitCode() == 0;
    };
    const char base[] =
        "create table t (id integer primary key, v text); insert into t values (1, 'a'), (2, 'b'); create table u (a);";
    QVERIFY(make("a.db", base));
    QVERIFY(make("b.db", base));
    QVERIFY(make("c.db", "create table t (id integer primary key, v text); insert into t values (1, 'a'), (2, 'c');"));
    const CliResult same =
        compare({s("sqlite:///") + m_folder.filePath(s("a.db")), s("sqlite:///") + m_folder.filePath(s("b.db"))});
    QVERIFY2(same.status == 0, qPrintable(same.out + same.err));
    const CliResult other = compare({s("sqlite:///") + m_folder.filePath(s("a.db")),
                                     s("sqlite:///") + m_folder.filePath(s("c.db")), s("--format"), s("json")});
    QVERIFY2(other.status == 1, qPrintable(other.out + other.err));
    QVERIFY2(other.out.contains(s("rows differ")) && other.out.contains(s("only-source")), qPrintable(other.out));
    // Nothing is written, beside a file with a write-ahead log either.
    QVERIFY(make("wal.db", (QByteArray("pragma journal_mode = wal; ") + base).constData()));
    QVERIFY(!QFile::exists(m_folder.filePath(s("wal.db-wal"))));
    const CliResult log =
        compare({s("sqlite:///") + m_folder.filePath(s("a.db")), s("sqlite:///") + m_folder.filePath(s("wal.db"))});
    QVERIFY2(log.status == 0, qPrintable(log.out + log.err));
    QVERIFY(!QFile::exists(m_folder.filePath(s("wal.db-wal"))) && !QFile::exists(m_folder.filePath(s("wal.db-shm"))));
    // What lies in the log of a program that has the file open is read.
    QProcess writer;
    writer.start(
        s("/usr/bin/python3"),
        {s("-c"),
         s("import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(\"insert into t values (3, 'c')\"); "
           "d.commit(); print('there', flush=True); sys.stdin.read()"),
         m_folder.filePath(s("wal.db"))});
    QVERIFY(writer.waitForReadyRead(60'000));
    const CliResult used =
        compare({s("sqlite:///") + m_folder.filePath(s("a.db")), s("sqlite:///") + m_folder.filePath(s("wal.db"))});
    writer.closeWriteChannel();
    QVERIFY(writer.waitForFinished(60'000));
    QVERIFY2(used.status == 1 && used.out.contains(s("numbers of rows differ")), qPrintable(used.out + used.err));
}

void DbCompareTest::unreachable()
{
    CliOptions options;
    options.environment.insert(s("GONE"), s("postgresql://app:%1@127.0.0.1:1/shop?sslmode=disable").arg(s(planted)));
    const CliResult result = compare({s("env:SHOP"), s("env:GONE")}, options);
    QVERIFY2(result.status == 1, qPrintable(result.out + result.err));
    QVERIFY2(result.out.contains(s("tcp: ")), qPrintable(result.out));
}

void DbCompareTest::interrupted()
{
    CliOptions options;
    options.signalOn = s("checksum");
    options.signalAfterMs = 1;
    const CliResult result = compare({s("env:LARGE"), s("env:LARGE"), s("--sample"), s("1000000"), s("--format"),
                                      s("json"), s("--report"), s("part.md")},
                                     options);
    QVERIFY2(result.status == 130, qPrintable(result.out + result.err));
    QVERIFY(result.json()[s("cancelled")].toBool());
    QCOMPARE(result.json()[s("verdict")].toString(), s("inconclusive"));
    QVERIFY(read(s("part.md")).contains(s("it was cancelled")));
    QTRY_COMPARE(m_server->sql(s("select count(*) from pg_stat_activity where application_name = 'switchyard'")),
                 s("0"));
}

void DbCompareTest::usage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const QString b = s("postgresql://app@127.0.0.1:1/b");
    QTest::newRow("one") << QStringList{s("env:SHOP")} << s("TARGET");
    QTest::newRow("secret") << QStringList{s("postgresql://app:Other-Literal-9@127.0.0.1/a"), b}
                            << s("password on the command line");
    QTest::newRow("kinds") << QStringList{b, s("redis://127.0.0.1/0")} << s("is not compared with");
    QTest::newRow("redis") << QStringList{s("redis://127.0.0.1/0"), s("redis://127.0.0.1/1")} << s("not offered");
    QTest::newRow("accept") << QStringList{b, b, s("--accept"), s("index")} << s("KIND:OBJECT");
    QTest::newRow("report") << QStringList{b, b, s("--report"), s("a.pdf")} << s(".html");
    QTest::newRow("sample") << QStringList{b, b, s("--sample"), s("0")} << s("--sample");
    QTest::newRow("time") << QStringList{b, b, s("--timeout"), s("soon")} << s("--timeout");
    QTest::newRow("variable") << QStringList{s("env:NOT_THERE_AT_ALL"), b} << s("NOT_THERE_AT_ALL");
}

void DbCompareTest::usage()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const CliResult result = compare(arguments);
    QVERIFY2(result.status == 2, qPrintable(result.out + result.err));
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
    QVERIFY(!result.err.contains(s("Other-Literal")));
}

QTEST_GUILESS_MAIN(DbCompareTest)
#include "tst_dbcompare.moc"
