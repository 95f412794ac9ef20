// SPDX-License-Identifier: GPL-3.0-or-later
// Many edits of a .env file in one pass, and the env file that is made for a backend.
#include "models/common/files.h"
#include "models/environment/envedits.h"
#include "models/environment/envfilemaker.h"
#include "models/workspace/workspace.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;

namespace {

QList<EnvEdit> edits(std::initializer_list<std::pair<const char *, const char *>> list)
{
    QList<EnvEdit> made;
    for (const auto &[name, value] : list)
        made.append({QString::fromUtf8(name),
                     value ? std::optional<QString>(QString::fromUtf8(value)) : std::optional<QString>()});
    return made;
}

} // namespace

class TestEnvEdits : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void onePassIsAsOneByOne_data();
    void onePassIsAsOneByOne();
    void theRestIsDoneWhereOneIsRefused();
    void manyEditsAreQuick();
    void makesAnEnvFile();
};

void TestEnvEdits::onePassIsAsOneByOne_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("plain") << QByteArray("# all\nA=1\n\nB='two' # b\nexport C=3\nD=4\nA=5\n");
    QTest::newRow("no last line break") << QByteArray("A=1\nB=2");
    QTest::newRow("crlf") << QByteArray("A=1\r\nB=\"2\"\r\n# c\r\nE\r\n");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("several lines") << QByteArray("A=\"1\n2\"\nB=2\n");
}

void TestEnvEdits::onePassIsAsOneByOne()
{
    QFETCH(const QByteArray, text);
    const QList<EnvEdit> all = edits({{"A", "new"},
                                      {"B", "it's \"so\""},
                                      {"C", nullptr},
                                      {"D", ""},
                                      {"E", nullptr},
                                      {"NEW", "a b"},
                                      {"OTHER", "x#y"},
                                      {"GONE", nullptr}});
    const EnvDocument start = EnvDocument::parse(text);
    EnvDocument each = start;
    QStringList refused;
    for (const EnvEdit &edit : all) {
        if (!edit.value)
            each.remove(edit.name);
        else if (!each.set(edit.name, *edit.value))
            refused.append(edit.name);
    }
    const EnvEdited once = editEnvDocument(start, all);
    QCOMPARE(once.document.text(), each.text());
    QStringList names;
    for (const EnvEdited::Refused &one : once.refused)
        names.append(one.name);
    QCOMPARE(names, refused);
}

void TestEnvEdits::theRestIsDoneWhereOneIsRefused()
{
    const EnvEdited edited =
        editEnvDocument(EnvDocument::parse("A=1\n"),
                        edits({{"A", "2"}, {"B", "${HOME} costs"}, {"1C", "x"}, {"D", "4"}, {"E", "5"}, {"F", "6"}}));
    QCOMPARE(edited.document.text(), QByteArray("A=2\nD=4\nE=5\nF=6\n"));
    QCOMPARE(edited.refused.size(), 2);
    QCOMPARE(edited.refused[0].name, QStringLiteral("B"));
    QVERIFY(!edited.refused[0].error.toString().contains(QStringLiteral("costs")));
    QCOMPARE(edited.refused[1].name, QStringLiteral("1C"));
}

void TestEnvEdits::manyEditsAreQuick()
{
    QByteArray text;
    QList<EnvEdit> all;
    for (int i = 0; i < 10'000; ++i) {
        text += "NAME_" + QByteArray::number(i) + "=value\n";
        all.append({QStringLiteral("NAME_%1").arg(i), QStringLiteral("other %1").arg(i)});
    }
    const EnvDocument start = EnvDocument::parse(text);
    QElapsedTimer clock;
    clock.start();
    const EnvEdited edited = editEnvDocument(start, all);
    const qint64 ms = clock.elapsed();
    QVERIFY(edited.refused.isEmpty());
    QVERIFY(edited.document.text().contains("NAME_9999='other 9999'\n"));
    qInfo("10,000 edits of 10,000 lines: %lld ms", qlonglong(ms));
    // One after the other they take a minute.
    QVERIFY2(ms < 10'000, qPrintable(QString::number(ms)));
}

void TestEnvEdits::makesAnEnvFile()
{
    QTemporaryDir folder;
    const QString workspace = folder.filePath(QStringLiteral("switchyard.toml"));
    const QByteArray text = "schema = 1\nname = \"x\" # kept\n[[backend]]\nname = \"a\"\nplatform = \"fly\"\n"
                            "url = \"http://127.0.0.1:9\"\n[[backend]]\nname = \"b 2\"\nplatform = \"render\"\n"
                            "url = \"http://127.0.0.1:9\" # too\n";
    QVERIFY(writeFileAtomically(workspace, text).has_value());
    const Result<QString> made = addEnvFile(workspace, QStringLiteral("b 2"));
    QVERIFY2(made.has_value(), made ? "" : qPrintable(made.error().toString()));
    QCOMPARE(*made, folder.filePath(QStringLiteral(".env.b-2")));
    QCOMPARE(QFileInfo(*made).size(), 0);
    QCOMPARE(QFileInfo(*made).permissions() & QFile::Permissions(0x0077), QFile::Permissions());
    const auto read = loadWorkspace(workspace, {QStringLiteral("fly"), QStringLiteral("render")});
    QVERIFY(read.has_value());
    QCOMPARE(read->backend(QStringLiteral("b 2"))->env, QStringList{QStringLiteral(".env.b-2")});
    QVERIFY(read->backend(QStringLiteral("a"))->env.isEmpty());
    QVERIFY(readFile(workspace)->contains("# kept\n"));
    QVERIFY(readFile(workspace)->contains("# too\n"));
    // Twice, and for nobody.
    QCOMPARE(addEnvFile(workspace, QStringLiteral("b 2")).error().kind, ErrorKind::Usage);
    QCOMPARE(addEnvFile(workspace, QStringLiteral("c")).error().kind, ErrorKind::Usage);
    QVERIFY(!QFileInfo::exists(folder.filePath(QStringLiteral(".env.c"))));
    // What is there already keeps its text.
    QVERIFY(writeFileAtomically(folder.filePath(QStringLiteral(".env.a")), "KEPT=1\n").has_value());
    QVERIFY(addEnvFile(workspace, QStringLiteral("a")).has_value());
    QCOMPARE(*readFile(folder.filePath(QStringLiteral(".env.a"))), QByteArray("KEPT=1\n"));
}

QTEST_GUILESS_MAIN(TestEnvEdits)
#include "tst_envedits.moc"
