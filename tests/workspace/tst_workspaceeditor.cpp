// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/files.h"
#include "models/common/toml.h"
#include "models/workspace/workspace.h"
#include "models/workspace/workspaceeditor.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;

namespace {

QByteArray fixture()
{
    const Result<QByteArray> text = readFile(QStringLiteral(SOURCE_DIR "/tests/fixtures/workspace/full.toml"));
    return text ? *text : QByteArray();
}

QStringList path(const char *text)
{
    return QString::fromUtf8(text).split(QLatin1Char('.'));
}

WorkspaceEditor editorOf(const QByteArray &text)
{
    return *WorkspaceEditor::open(text, QStringLiteral("w.toml"));
}

QByteArray problem(const Result<void> &result)
{
    return result ? QByteArray() : result.error().toString().toUtf8();
}

struct Scalar
{
    QStringList path;
    TomlNode node;
};

void collectScalars(const TomlNode &node, const QStringList &at, QList<Scalar> *out)
{
    int index = 0;
    for (const TomlNode &child : node.children) {
        const QStringList here =
            at + QStringList{node.type == TomlNode::Type::Array ? QString::number(index) : child.key};
        if (child.type == TomlNode::Type::Table || child.type == TomlNode::Type::Array)
            collectScalars(child, here, out);
        else
            out->append({here, child});
        ++index;
    }
}

/// Another value of the same type.
QJsonValue changed(const TomlNode &node)
{
    switch (node.type) {
    case TomlNode::Type::Integer:
        return node.integer + 1;
    case TomlNode::Type::Boolean:
        return !node.boolean;
    case TomlNode::Type::Float:
        return node.real + 0.5;
    default:
        return QJsonValue(node.text + QStringLiteral(" \"é𝄞\\\n"));
    }
}

} // namespace

class TestWorkspaceEditor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyScalar_data();
    void everyScalar();
    void inserts_data();
    void inserts();
    void removes_data();
    void removes();
    void everyPathRemoved_data();
    void everyPathRemoved();
    void appends();
    void appendsFirst();
    void refusals_data();
    void refusals();
    void values();
    void saves();
};

void TestWorkspaceEditor::everyScalar_data()
{
    QTest::addColumn<bool>("crlf");
    QTest::addColumn<bool>("bom");
    QTest::newRow("plain") << false << false;
    QTest::newRow("crlf") << true << false;
    QTest::newRow("bom") << false << true;
    QTest::newRow("both") << true << true;
}

void TestWorkspaceEditor::everyScalar()
{
    QFETCH(bool, crlf);
    QFETCH(bool, bom);
    QByteArray text = fixture();
    if (crlf)
        text.replace("\n", "\r\n");
    if (bom)
        text.prepend("\xEF\xBB\xBF");
    const Result<TomlNode> root = parseToml(text, QString());
    QVERIFY(root.has_value());
    QList<Scalar> scalars;
    collectScalars(*root, {}, &scalars);
    QVERIFY(scalars.size() > 100);
    for (const Scalar &scalar : scalars) {
        WorkspaceEditor editor = editorOf(text);
        const Result<void> done = editor.setValue(scalar.path, changed(scalar.node));
        QVERIFY2(done.has_value(), (scalar.path.join(QLatin1Char('.')).toUtf8() + ": " + problem(done)).constData());
        QVERIFY(editor.isChanged());
        // Everything before and behind the value is the same, byte by byte.
        const QByteArray after = editor.text();
        const qsizetype tail = text.size() - scalar.node.region.end;
        QCOMPARE(after.left(scalar.node.region.begin), text.left(scalar.node.region.begin));
        QCOMPARE(after.right(tail), text.right(tail));
        // And back again: only the quoting may differ.
        if (scalar.node.type != TomlNode::Type::String) {
            const QJsonValue old = scalar.node.type == TomlNode::Type::Boolean ? QJsonValue(scalar.node.boolean)
                                                                               : QJsonValue(scalar.node.integer);
            QVERIFY(editor.setValue(scalar.path, old).has_value());
            QCOMPARE(editor.text(), text);
        }
    }
}

void TestWorkspaceEditor::inserts_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QString>("at");
    QTest::addColumn<QByteArray>("after");
    const auto row = [](const char *name, const char *before, const char *at, const char *after) {
        QTest::newRow(name) << QByteArray(before) << QString::fromLatin1(at) << QByteArray(after);
    };
    row("root", "a = 1 # one\n\n# about b\n[b]\n", "x", "a = 1 # one\nx = 7\n\n# about b\n[b]\n");
    row("empty file", "", "x", "x = 7\n");
    row("root without keys", "[b]\n", "x", "x = 7\n[b]\n");
    row("no line end", "a = 1", "x", "a = 1\nx = 7\n");
    row("no line end, crlf", "b = 0\r\na = 1", "x", "b = 0\r\na = 1\r\nx = 7\r\n");
    row("bom, no keys", "\xEF\xBB\xBF[b]\n", "x", "\xEF\xBB\xBFx = 7\n[b]\n");
    row("table", "[b]\n  a = 1 # c\n  # end\n[c]\n", "b.x", "[b]\n  a = 1 # c\n  x = 7\n  # end\n[c]\n");
    row("empty table", "  [b] # c\n[c]\n", "b.x", "  [b] # c\n  x = 7\n[c]\n");
    row("behind a long value", "[b]\na = [\n 1,\n] # c\n[c]\n", "b.x", "[b]\na = [\n 1,\n] # c\nx = 7\n[c]\n");
    row("before sub-tables", "[[b]]\na = 1\n[b.c]\nd = 1\n", "b.0.x", "[[b]]\na = 1\nx = 7\n[b.c]\nd = 1\n");
    row("second element", "[[b]]\na = 1\n[[b]]\na = 2\n", "b.1.x", "[[b]]\na = 1\n[[b]]\na = 2\nx = 7\n");
    row("inline", "a = { b = 1 } # c\n", "a.x", "a = { b = 1, x = 7 } # c\n");
    row("inline empty", "a = {} # c\n", "a.x", "a = { x = 7 } # c\n");
    row("inline nested", "a = { b = { c = [1] } }\n", "a.b.x", "a = { b = { c = [1], x = 7 } }\n");
    row("inline missing", "a = { b = 1 }\n", "a.c.x", "a = { b = 1, c = { x = 7 } }\n");
    row("dotted", "[t]\n a.b.c = 1 # c\nz = 2\n", "t.a.b.x", "[t]\n a.b.c = 1 # c\n a.b.x = 7\nz = 2\n");
    row("dotted outer", "[t]\n a.b.c = 1\n", "t.a.x", "[t]\n a.b.c = 1\n a.x = 7\n");
    row("dotted inline", "t = { a.b = 1 }\n", "t.a.x", "t = { a.b = 1, a.x = 7 }\n");
    row("quoted key", "[t]\na = 1\n", "t.a b", "[t]\na = 1\n\"a b\" = 7\n");
    row("array", "a = [1, 2] # c\n", "a.2", "a = [1, 2, 7] # c\n");
    row("array, trailing comma", "a = [1, 2, ]\n", "a.2", "a = [1, 2, 7, ]\n");
    row("array by lines", "a = [\n  1,\n  2\n]\n", "a.2", "a = [\n  1,\n  2,\n  7\n]\n");
    row("empty array", "a = [] # c\n", "a.0", "a = [7] # c\n");
    row("new table", "a = 1\n", "t.x", "a = 1\n\n[t]\nx = 7\n");
    row("new table in an element", "[[b]]\na = 1\n  [[b.c]]\n  d = 1\n[[b]]\na = 2\n", "b.0.e.x",
        "[[b]]\na = 1\n  [[b.c]]\n  d = 1\n\n  [b.e]\n  x = 7\n[[b]]\na = 2\n");
    row("implied table", "[t.u]\na = 1\n", "t.x", "[t.u]\na = 1\n\n[t]\nx = 7\n");
    row("late table", "[t.u]\na = 1\n[t]\nb = 1\n[v]\n", "t.x", "[t.u]\na = 1\n[t]\nb = 1\nx = 7\n[v]\n");
}

void TestWorkspaceEditor::inserts()
{
    QFETCH(QByteArray, before);
    QFETCH(QString, at);
    QFETCH(QByteArray, after);
    WorkspaceEditor editor = editorOf(before);
    const Result<void> done = editor.setValue(at.split(QLatin1Char('.')), 7);
    QVERIFY2(done.has_value(), problem(done).constData());
    QCOMPARE(editor.text(), after);
}

void TestWorkspaceEditor::removes_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QString>("at");
    QTest::addColumn<QByteArray>("after");
    const auto row = [](const char *name, const char *before, const char *at, const char *after) {
        QTest::newRow(name) << QByteArray(before) << QString::fromLatin1(at) << QByteArray(after);
    };
    row("key", "# a\na = 1 # one\n# b\nb = 2\n", "a", "# a\n# b\nb = 2\n");
    row("crlf and bom",
        "\xEF\xBB\xBF"
        "a = 1\r\nb = 2\r\n",
        "a",
        "\xEF\xBB\xBF"
        "b = 2\r\n");
    row("last line", "a = 1\nb = 2", "b", "a = 1\n");
    row("long value", "a = [\n 1, # c\n]\nb = 2\n", "a", "b = 2\n");
    row("dotted", "[t]\na.b = 1\na.c = 2\n", "t.a.b", "[t]\na.c = 2\n");
    row("dotted, last", "[t]\na.b = 1\nc = 2\n", "t.a.b", "[t]\nc = 2\n");
    row("dotted table", "[t]\na.b = 1\nc = 2\na.d = 1\n", "t.a", "[t]\nc = 2\n");
    row("inline first", "a = { b = 1, c = 2 }\n", "a.b", "a = { c = 2 }\n");
    row("inline last", "a = { b = 1, c = 2 }\n", "a.c", "a = { b = 1 }\n");
    row("inline only", "a = { b = 1 } # c\n", "a.b", "a = {} # c\n");
    row("element", "a = [1, 2, 3]\n", "a.1", "a = [1, 3]\n");
    row("table", "[a]\nb = 1\n\n# c\n[c]\nd = 1\n", "a", "# c\n[c]\nd = 1\n");
    row("table with parts", "[a]\nb = 1\n[a.x]\ny = 1\n[c]\nd = 1\n[a.z]\ny = 1\n", "a", "[c]\nd = 1\n");
    row("array of tables", "[[a]]\nb = 1\n[c]\nd = 1\n", "a", "[c]\nd = 1\n");
    row("one of them", "[[a]]\nb = 1\n[[a.x]]\ny = 1\n[[a]]\nb = 2\n[[a.x]]\ny = 2\n", "a.0",
        "[[a]]\nb = 2\n[[a.x]]\ny = 2\n");
    row("the last of them", "[[a]]\nb = 1\n[c]\nd = 1\n", "a.0", "[c]\nd = 1\n");
    row("below an implied table", "[t.u]\na = 1\n[c]\n", "t.u", "[c]\n");
}

void TestWorkspaceEditor::removes()
{
    QFETCH(QByteArray, before);
    QFETCH(QString, at);
    QFETCH(QByteArray, after);
    WorkspaceEditor editor = editorOf(before);
    const Result<void> done = editor.remove(at.split(QLatin1Char('.')));
    QVERIFY2(done.has_value(), problem(done).constData());
    QCOMPARE(editor.text(), after);
}

void TestWorkspaceEditor::everyPathRemoved_data()
{
    everyScalar_data();
}

void TestWorkspaceEditor::everyPathRemoved()
{
    QFETCH(bool, crlf);
    QFETCH(bool, bom);
    QByteArray text = fixture();
    if (crlf)
        text.replace("\n", "\r\n");
    if (bom)
        text.prepend("\xEF\xBB\xBF");
    QList<Scalar> scalars;
    collectScalars(*parseToml(text, QString()), {}, &scalars);
    for (const Scalar &scalar : scalars) {
        // Each scalar and every table and array it stands in.
        for (qsizetype size = 1; size <= scalar.path.size(); ++size) {
            WorkspaceEditor editor = editorOf(text);
            const Result<void> done = editor.remove(scalar.path.first(size));
            QVERIFY2(done.has_value(),
                     (scalar.path.first(size).join(QLatin1Char('.')).toUtf8() + ": " + problem(done)).constData());
            QVERIFY(editor.text().size() < text.size());
            QCOMPARE(editor.text().startsWith("\xEF\xBB\xBF"), bom);
            QCOMPARE(editor.text().count('\r'), crlf ? editor.text().count('\n') : 0);
        }
    }
}

void TestWorkspaceEditor::appends()
{
    const QByteArray text = fixture();
    WorkspaceEditor editor = editorOf(text);
    const QJsonArray health{QJsonObject{{QStringLiteral("path"), QStringLiteral("/live")},
                                        {QStringLiteral("kind"), QStringLiteral("live")}}};
    const Result<void> done = editor.appendTable({QStringLiteral("backend")},
                                                 {{QStringLiteral("name"), QStringLiteral("spare")},
                                                  {QStringLiteral("component"), QStringLiteral("api")},
                                                  {QStringLiteral("platform"), QStringLiteral("render")},
                                                  {QStringLiteral("url"), QStringLiteral("https://spare.example")},
                                                  {QStringLiteral("health"), health}});
    QVERIFY2(done.has_value(), problem(done).constData());
    const QByteArray block =
        "\n[[backend]]\nname = \"spare\"\ncomponent = \"api\"\nplatform = \"render\"\nurl = \"https://spare.example\"\n"
        "\n  [[backend.health]]\n  kind = \"live\"\n  path = \"/live\"\n";
    const qsizetype at = text.indexOf("\n[network]");
    QCOMPARE(editor.text(), text.left(at) + block + text.mid(at));

    // A second level, behind the sockets that are there.
    const Result<void> socket =
        editor.appendTable(path("backend.1.socket"), {{QStringLiteral("name"), QStringLiteral("extra")},
                                                      {QStringLiteral("path"), QStringLiteral("/ws/extra")}});
    QVERIFY2(socket.has_value(), problem(socket).constData());
    QVERIFY(editor.text().contains("\"/news/count\" } }\n\n  [[backend.socket]]\n  name = \"extra\"\n  path = "
                                   "\"/ws/extra\"\n\n  [[backend.database]]"));
    const auto parsed = parseWorkspace(editor.text(), QString(),
                                       {QStringLiteral("fly"), QStringLiteral("render"), QStringLiteral("local")});
    QVERIFY2(parsed.has_value(), parsed ? "" : qPrintable(parsed.error().first().toString()));
    QCOMPARE(parsed->backends.size(), 4);
    QCOMPARE(parsed->backends[1].sockets.last().name, QStringLiteral("extra"));
}

void TestWorkspaceEditor::appendsFirst()
{
    const WorkspaceEditor::Entries entries{{QStringLiteral("name"), QStringLiteral("n")}};
    WorkspaceEditor editor = editorOf("schema = 1");
    QVERIFY(editor.appendTable(path("backend"), entries).has_value());
    QCOMPARE(editor.text(), QByteArray("schema = 1\n\n[[backend]]\nname = \"n\"\n"));
    QVERIFY(editor.appendTable(path("backend.0.socket"), entries).has_value());
    QCOMPARE(editor.text(),
             QByteArray("schema = 1\n\n[[backend]]\nname = \"n\"\n\n  [[backend.socket]]\n  name = \"n\"\n"));
    QVERIFY(editor.appendTable(path("backend.0.socket"), entries).has_value());
    QVERIFY(
        editor.text().endsWith("\n\n  [[backend.socket]]\n  name = \"n\"\n\n  [[backend.socket]]\n  name = \"n\"\n"));

    WorkspaceEditor inlineArray = editorOf("a = [{ name = \"m\" }]\r\n");
    QVERIFY(inlineArray.appendTable(path("a"), entries).has_value());
    QCOMPARE(inlineArray.text(), QByteArray("a = [{ name = \"m\" }, { name = \"n\" }]\r\n"));

    WorkspaceEditor empty = editorOf("");
    QVERIFY(empty.appendTable(path("backend"), entries).has_value());
    QCOMPARE(empty.text(), QByteArray("[[backend]]\nname = \"n\"\n"));
}

void TestWorkspaceEditor::refusals_data()
{
    QTest::addColumn<QString>("at");
    QTest::addColumn<bool>("removing");
    QTest::newRow("header table") << QStringLiteral("thresholds") << false;
    QTest::newRow("array of tables") << QStringLiteral("backend") << false;
    QTest::newRow("index out of reach") << QStringLiteral("backend.9.name") << false;
    QTest::newRow("no index") << QStringLiteral("backend.x") << false;
    QTest::newRow("gap in an array") << QStringLiteral("network.anchors.7") << false;
    QTest::newRow("below a scalar") << QStringLiteral("name.x") << false;
    QTest::newRow("remove nothing") << QStringLiteral("thresholds.nothing") << true;
    QTest::newRow("remove out of reach") << QStringLiteral("backend.3") << true;
}

void TestWorkspaceEditor::refusals()
{
    QFETCH(QString, at);
    QFETCH(bool, removing);
    WorkspaceEditor editor = editorOf(fixture());
    const QStringList where = at.split(QLatin1Char('.'));
    const Result<void> done = removing ? editor.remove(where) : editor.setValue(where, 1);
    QVERIFY(!done.has_value());
    QVERIFY(done.error().kind == ErrorKind::Usage);
    QVERIFY(!editor.isChanged());
    QVERIFY(!editor.setValue({}, 1).has_value());
    QVERIFY(!editor.remove({}).has_value());
    QVERIFY(!editor.appendTable(path("name"), {}).has_value());
    QVERIFY(!editor.appendTable(path("backend.7.socket"), {}).has_value());
    QVERIFY(!editor.setValue(path("name"), QJsonValue()).has_value());
    QVERIFY(!editor.setValue(path("name"), QJsonArray{QJsonValue::Null}).has_value());
    QVERIFY(!WorkspaceEditor::open("a = ", QString()).has_value());
}

void TestWorkspaceEditor::values()
{
    const auto written = [](const QByteArray &before, const QJsonValue &value) {
        WorkspaceEditor editor = editorOf(before);
        return editor.setValue(path("a"), value) ? editor.text() : QByteArray("refused");
    };
    QCOMPARE(written("a = 1", 2.0), QByteArray("a = 2"));
    QCOMPARE(written("a = 1", 0.1), QByteArray("a = 0.1"));
    QCOMPARE(written("a = 1", 1e300), QByteArray("a = 1e+300"));
    QCOMPARE(written("a = 1", qint64(9007199254740993)), QByteArray("a = 9007199254740993"));
    QCOMPARE(written("a = 'x'", QStringLiteral("y\\z")), QByteArray("a = 'y\\z'"));
    QCOMPARE(written("a = 'x'", QStringLiteral("it's")), QByteArray("a = \"it's\""));
    QCOMPARE(written("a = 1", QStringLiteral("\"\\\n\r\t\x01\x7F é𝄞")),
             QByteArray("a = \"\\\"\\\\\\n\\r\\t\\u0001\\u007f é𝄞\""));
    QCOMPARE(written("a = \"\"\"\nlong\n\"\"\" # c", QStringLiteral("x")), QByteArray("a = \"x\" # c"));
    QCOMPARE(written("a = [1,\n 2] # c", QJsonArray{1, QStringLiteral("b")}), QByteArray("a = [1, \"b\"] # c"));
    QCOMPARE(written("a = {}", QJsonObject{{QStringLiteral("/b"), true}}), QByteArray("a = { \"/b\" = true }"));
    QCOMPARE(written("a = 1", QJsonObject()), QByteArray("a = {}"));
    QCOMPARE(written("a = 1", QString(QChar(0xD800))), QByteArray("refused"));
}

void TestWorkspaceEditor::saves()
{
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("switchyard.toml"));
    QVERIFY(writeFileAtomically(file, "a = 1\n").has_value());
    WorkspaceEditor editor = *WorkspaceEditor::open("a = 1\n", file);
    QVERIFY(editor.setValue(path("a"), 2).has_value());
    QVERIFY(editor.save(file).has_value());
    QCOMPARE(*readFile(file), QByteArray("a = 2\n"));
    QVERIFY(!editor.isChanged());
    QVERIFY(editor.setValue(path("a"), 3).has_value());
    QVERIFY(editor.save(file).has_value());

    // Another program was there in between: its work stays.
    QVERIFY(writeFileAtomically(file, "a = 9\n").has_value());
    QVERIFY(editor.setValue(path("a"), 4).has_value());
    const Result<void> refused = editor.save(file);
    QVERIFY(!refused.has_value());
    QVERIFY(refused.error().message.contains(QStringLiteral("another program")));
    QCOMPARE(*readFile(file), QByteArray("a = 9\n"));
    QVERIFY(editor.isChanged());
    const QString copy = folder.filePath(QStringLiteral("copy.toml"));
    QVERIFY(editor.save(copy).has_value());
    QCOMPARE(*readFile(copy), QByteArray("a = 4\n"));
}

QTEST_GUILESS_MAIN(TestWorkspaceEditor)
#include "tst_workspaceeditor.moc"
