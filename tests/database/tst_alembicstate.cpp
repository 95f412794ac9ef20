// SPDX-License-Identifier: GPL-3.0-or-later
// What is read of Alembic's migrations without running them, and what is said of a database beside them.
#include "models/database/probes/alembicstate.h"
#include "models/database/probes/postgreshints.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

void write(const QString &path, const QByteArray &text)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
}

AlembicTable at(const QStringList &versions)
{
    return {true, s("public"), versions, {}};
}

} // namespace

class TestAlembicState final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void chain();
    void writings_data();
    void writings();
    void brokenChains();
    void severalHeads();
    void judgement();
    void folders();
    void badInput();
    void hints_data();
    void hints();
};

void TestAlembicState::chain()
{
    QTemporaryDir folder;
    write(folder.filePath(s("1_first.py")),
          "\"\"\"first\n\nRevision ID: a1\n\"\"\"\nrevision = 'a1'\ndown_revision = None\n"
          "branch_labels = None\ndepends_on = None\n\ndef upgrade():\n    pass\n");
    write(folder.filePath(s("2_second.py")),
          "revision: str = \"b2\"\ndown_revision: Union[str, Sequence[str], None] = \"a1\"\n");
    write(folder.filePath(s("3_third.py")), "revision = 'c3'\r\ndown_revision = 'b2'\r\n");
    write(folder.filePath(s("__init__.py")), "");
    const auto history = readAlembicHistory(folder.path());
    QVERIFY(history);
    QCOMPARE(history->heads, QStringList{s("c3")});
    QCOMPARE(history->revisions.size(), 3);
    QVERIFY2(history->problems.isEmpty(), qPrintable(history->problems.join(QLatin1Char('\n'))));
    QCOMPARE(history->upTo(s("b2")).size(), 2);
}

void TestAlembicState::writings_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QStringList>("down");
    QTest::addColumn<bool>("understood");
    QTest::newRow("none") << QByteArray("down_revision = None") << QStringList() << true;
    QTest::newRow("text") << QByteArray("down_revision='x'") << QStringList{s("x")} << true;
    QTest::newRow("tuple") << QByteArray("down_revision = ('x', \"y\")") << QStringList{s("x"), s("y")} << true;
    QTest::newRow("lines") << QByteArray("down_revision = (\n    'x',  # one\n    'y',\n)")
                           << QStringList{s("x"), s("y")} << true;
    QTest::newRow("list") << QByteArray("down_revision = ['x']") << QStringList{s("x")} << true;
    QTest::newRow("annotated") << QByteArray("down_revision: str | None = 'x'") << QStringList{s("x")} << true;
    QTest::newRow("comment") << QByteArray("down_revision = 'x' # 'y'") << QStringList{s("x")} << true;
    QTest::newRow("call") << QByteArray("down_revision = previous()") << QStringList() << false;
    QTest::newRow("open") << QByteArray("down_revision = ('x',") << QStringList{s("x")} << false;
    QTest::newRow("unclosed text") << QByteArray("down_revision = 'x") << QStringList() << false;
}

void TestAlembicState::writings()
{
    QFETCH(QByteArray, line);
    QFETCH(QStringList, down);
    QFETCH(bool, understood);
    QTemporaryDir folder;
    write(folder.filePath(s("m.py")), "revision = 'm'\n" + line + "\n");
    write(folder.filePath(s("x.py")), "revision = 'x'\ndown_revision = None\n");
    write(folder.filePath(s("y.py")), "revision = 'y'\ndown_revision = None\n");
    const auto history = readAlembicHistory(folder.path());
    QVERIFY(history);
    QCOMPARE(history->revisions.first().id, s("m"));
    QCOMPARE(history->revisions.first().down, down);
    QCOMPARE(history->problems.isEmpty(), understood);
}

void TestAlembicState::brokenChains()
{
    QTemporaryDir folder;
    write(folder.filePath(s("a.py")), "revision = 'a'\ndown_revision = 'gone'\n");
    auto history = readAlembicHistory(folder.path());
    QVERIFY(history && history->problems.size() == 1);
    QVERIFY(history->problems.first().contains(s("gone")) && history->problems.first().contains(s("a.py")));
    QVERIFY(!judgeAlembic(at({s("a")}), &*history).isFine());
    write(folder.filePath(s("a.py")), "revision = 'a'\ndown_revision = 'b'\n");
    write(folder.filePath(s("b.py")), "revision = 'b'\ndown_revision = 'a'\n");
    history = readAlembicHistory(folder.path());
    QVERIFY(history && history->heads.isEmpty() && history->problems.first().contains(s("circle")));
    write(folder.filePath(s("b.py")), "revision = 'a'\ndown_revision = None\n");
    history = readAlembicHistory(folder.path());
    QVERIFY(history && history->problems.join(QLatin1Char(' ')).contains(s("two files")));
}

void TestAlembicState::severalHeads()
{
    QTemporaryDir folder;
    write(folder.filePath(s("a.py")), "revision = 'a'\ndown_revision = None\n");
    write(folder.filePath(s("b.py")), "revision = 'b'\ndown_revision = 'a'\n");
    write(folder.filePath(s("c.py")), "revision = 'c'\ndown_revision = 'a'\n");
    auto history = readAlembicHistory(folder.path());
    QVERIFY(history);
    QCOMPARE(history->heads, (QStringList{s("b"), s("c")}));
    QCOMPARE(judgeAlembic(at({s("b"), s("c")}), &*history).agreement, AlembicAgreement::Several);
    const AlembicState one = judgeAlembic(at({s("b")}), &*history);
    QCOMPARE(one.agreement, AlembicAgreement::Behind);
    QCOMPARE(one.missing, 1);
    QVERIFY(one.hint.contains(s("heads")));
    // A merge makes them one.
    write(folder.filePath(s("d.py")), "revision = 'd'\ndown_revision = ('b', 'c')\n");
    history = readAlembicHistory(folder.path());
    QCOMPARE(history->heads, QStringList{s("d")});
    QCOMPARE(judgeAlembic(at({s("b"), s("c")}), &*history).missing, 1);
    QCOMPARE(judgeAlembic(at({s("d")}), &*history).agreement, AlembicAgreement::Current);
}

void TestAlembicState::judgement()
{
    QTemporaryDir folder;
    write(folder.filePath(s("a.py")), "revision = 'a'\ndown_revision = None\n");
    write(folder.filePath(s("b.py")), "revision = 'b'\ndown_revision = 'a'\n");
    const auto history = readAlembicHistory(folder.path());
    QVERIFY(history);
    QCOMPARE(judgeAlembic({}, &*history).agreement, AlembicAgreement::NotStarted);
    QCOMPARE(judgeAlembic(at({}), &*history).missing, 2);
    QCOMPARE(judgeAlembic(at({s("zz")}), &*history).agreement, AlembicAgreement::Foreign);
    QCOMPARE(judgeAlembic({}, nullptr).agreement, AlembicAgreement::NoTable);
    QCOMPARE(judgeAlembic(at({s("a"), s("b")}), nullptr).agreement, AlembicAgreement::Several);
    const AlembicState alone = judgeAlembic(at({s("a")}), nullptr);
    QCOMPARE(alone.agreement, AlembicAgreement::Unknown);
    QVERIFY(alone.isFine() && alone.words.contains(s("at a")));
    const AlembicState closed = judgeAlembic({true, s("public"), {}, s("permission denied")}, &*history);
    QVERIFY(!closed.isFine() && closed.words.contains(s("permission denied")) && !closed.hint.isEmpty());
}

void TestAlembicState::folders()
{
    QTemporaryDir repository;
    QCOMPARE(findAlembicVersions(repository.path()), QStringList());
    write(repository.filePath(s("backend/migrations/env.py")), "");
    write(repository.filePath(s("backend/migrations/versions/a.py")), "");
    write(repository.filePath(s("node_modules/x/env.py")), "");
    write(repository.filePath(s("node_modules/x/versions/a.py")), "");
    QCOMPARE(findAlembicVersions(repository.path()),
             QStringList{repository.filePath(s("backend/migrations/versions"))});
    write(repository.filePath(s("db/versions/b.py")), "");
    write(repository.filePath(s("alembic.ini")), "[alembic]\n# script_location = x\nscript_location = %(here)s/db\n");
    QCOMPARE(findAlembicVersions(repository.path()), QStringList{repository.filePath(s("db/versions"))});
}

void TestAlembicState::badInput()
{
    QTemporaryDir folder;
    const auto none = readAlembicHistory(folder.filePath(s("nowhere")));
    QVERIFY(!none && none.error().kind == ErrorKind::Usage && !none.error().hint.isEmpty());
    QVERIFY(!readAlembicHistory(folder.path()));
    write(folder.filePath(s("huge.py")), QByteArray(2 * 1024 * 1024, '#'));
    const auto huge = readAlembicHistory(folder.path());
    QVERIFY(huge && huge->problems.first().contains(s("1 MB")));
}

void TestAlembicState::hints_data()
{
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("id");
    QTest::newRow("password") << "28P01"
                              << "Passwort-Authentifizierung schlug fehl"
                              << "password";
    QTest::newRow("hba plain") << "28000"
                               << "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", no encryption"
                               << "pg-hba-tls";
    QTest::newRow("hba") << "28000"
                         << "pg_hba.conf rejects connection for host \"1.2.3.4\", SSL encryption"
                         << "pg-hba";
    QTest::newRow("neon sni") << "08P01"
                              << "Endpoint ID is not specified. Either please upgrade"
                              << "neon-sni";
    QTest::newRow("supabase") << "XX000"
                              << "Tenant or user not found"
                              << "supabase-tenant";
    QTest::newRow("role limit") << "53300"
                                << "too many connections for role \"a\""
                                << "role-limit";
    QTest::newRow("reserved") << "53300"
                              << "remaining connection slots are reserved for roles"
                              << "reserved-slots";
    QTest::newRow("full") << "53300"
                          << "sorry, too many clients already"
                          << "too-many-connections";
    QTest::newRow("starting") << "57P03"
                              << "the database system is starting up"
                              << "starting";
    QTest::newRow("unknown") << "XX001"
                             << "whatever"
                             << "";
    QTest::newRow("nothing") << ""
                             << ""
                             << "";
}

void TestAlembicState::hints()
{
    QFETCH(QString, state);
    QFETCH(QString, text);
    QFETCH(QString, id);
    const auto cause = postgresCause(state, text);
    QCOMPARE(cause ? cause->id : QString(), id);
    if (cause)
        QVERIFY(!cause->words.isEmpty() && !cause->hint.isEmpty() && !cause->source.isEmpty());
    QCOMPARE(postgresEndOfLife(15), std::optional(QDate(2027, 11, 11)));
    QVERIFY(!postgresEndOfLife(99));
}

QTEST_GUILESS_MAIN(TestAlembicState)
#include "tst_alembicstate.moc"
