// SPDX-License-Identifier: GPL-3.0-or-later
// YAML with places and bounds, and command lines split as a shell would.
#include "models/common/shellwords.h"
#include "models/common/yaml.h"

#include <QElapsedTimer>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QByteArray repeated(const char *text, int times)
{
    return QByteArray(text).repeated(times);
}

} // namespace

class YamlTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void places();
    void scalars();
    void aliasesAndMerge();
    void empty();
    void refused_data();
    void refused();
    void accepted_data();
    void accepted();
    void bombs_data();
    void bombs();
    void cutAnywhere();
    void shellWords_data();
    void shellWords();
};

void YamlTest::places()
{
    // With a byte order mark, Windows line ends and letters of more than one byte before the value.
    const QByteArray text =
        "\xEF\xBB\xBF# first\r\nname: api\r\n\"größe ü\": 'grün'\r\nlist:\r\n  - {a: 1, b: [x, y]}\r\n";
    const Result<YamlNode> root = parseYaml(text, s("f.yaml"));
    QVERIFY2(root, root ? "" : qPrintable(root.error().toString()));
    QVERIFY(root->isMapping());
    QCOMPARE(root->children.size(), std::size_t(3));
    const YamlNode *name = root->find(u"name");
    QCOMPARE(name->text, s("api"));
    QCOMPARE(name->keyPlace(s("f")), (Place{s("f"), 2, 1}));
    QCOMPARE(name->place(s("f")), (Place{s("f"), 2, 7}));
    QCOMPARE(root->find(u"größe ü")->place(s("f")), (Place{s("f"), 3, 12}));
    const YamlNode &flow = root->find(u"list")->children[0];
    QCOMPARE(flow.place(s("f")), (Place{s("f"), 5, 5}));
    QCOMPARE(flow.find(u"b")->children[1].place(s("f")), (Place{s("f"), 5, 19}));
    QVERIFY(!root->find(u"none"));
    QVERIFY(!name->find(u"a"));
}

void YamlTest::scalars()
{
    const Result<YamlNode> root =
        parseYaml("a: 8\nb: '8'\nc: true\nd: \"true\"\ne: ~\nf: null\ng:\nh: |\n  two\n  lines\n"
                  "i: 0x10\nj: -3\nk: yes\nl: !!str 9\nm: 99999999999999999999\n",
                  s("f"));
    QVERIFY(root);
    QCOMPARE(root->find(u"a")->integer(), std::optional<qint64>(8));
    QCOMPARE(root->find(u"b")->integer(), std::nullopt);
    QCOMPARE(root->find(u"c")->boolean(), std::optional(true));
    QCOMPARE(root->find(u"d")->boolean(), std::nullopt);
    for (const char16_t *key : {u"e", u"f", u"g"})
        QCOMPARE(root->find(key)->type, YamlNode::Type::Null);
    QCOMPARE(root->find(u"h")->text, s("two\nlines\n"));
    QCOMPARE(root->find(u"i")->integer(), std::nullopt);
    QCOMPARE(root->find(u"j")->integer(), std::optional<qint64>(-3));
    QCOMPARE(root->find(u"k")->boolean(), std::nullopt);
    QCOMPARE(root->find(u"l")->integer(), std::nullopt);
    QCOMPARE(root->find(u"m")->integer(), std::nullopt);
}

void YamlTest::aliasesAndMerge()
{
    const Result<YamlNode> root = parseYaml("base: &base\n  a: 1\n  b: 2\nother: &other {c: 3, a: 9}\n"
                                            "one:\n  <<: *base\n  b: own\ntwo:\n  <<: [*base, *other]\nthree: *base\n",
                                            s("f"));
    QVERIFY2(root, root ? "" : qPrintable(root.error().toString()));
    const YamlNode *one = root->find(u"one");
    QCOMPARE(one->find(u"b")->text, s("own"));
    QCOMPARE(one->find(u"a")->text, s("1"));
    QVERIFY(!one->find(u"<<"));
    QCOMPARE(root->find(u"two")->find(u"a")->text, s("1")); // the first that has it
    QCOMPARE(root->find(u"two")->find(u"c")->text, s("3"));
    QCOMPARE(root->find(u"three")->find(u"b")->line, 3);
}

void YamlTest::empty()
{
    for (const char *text : {"", "\n\n", "# nothing\n", "---\n", "---\n...\n"}) {
        const Result<YamlNode> root = parseYaml(text, s("f"));
        QVERIFY2(root, text);
        QCOMPARE(root->type, YamlNode::Type::Null);
    }
}

void YamlTest::refused_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("says");
    QTest::newRow("duplicate") << QByteArray("a: 1\nb: 2\na: geheim123\n") << 3
                               << s("\"a\" stands here twice, first in line 1");
    QTest::newRow("duplicate, quoted") << QByteArray("x:\n  a: 1\n  'a': 2\n") << 3 << s("twice");
    QTest::newRow("second document") << QByteArray("a: 1\n---\nb: 2\n") << 2 << s("further document");
    QTest::newRow("unterminated \"") << QByteArray("a: 1\nb: \"geheim123\nc: 2\n") << 2 << s("never end");
    QTest::newRow("unterminated '") << QByteArray("a: 1\nb: 'it''s\n") << 2 << s("never end");
    QTest::newRow("unterminated, tagged") << QByteArray("b: !!str &x 'no end\n") << 1 << s("never end");
    QTest::newRow("not UTF-8") << QByteArray("a: 1\nb: \xff\n") << 2 << s("UTF-8");
    QTest::newRow("UTF-16") << QByteArray("a\0:\0 \0", 6) << 1 << s("control");
    QTest::newRow("end of transmission") << QByteArray("a: 1\nb: \x04\nc: 2\n") << 2 << s("control");
    QTest::newRow("alias in its anchor") << QByteArray("a: &x [1, *x]\n") << 1 << s("inside its own anchor");
    QTest::newRow("alias as its own value") << QByteArray("a: &x\n  b: *x\n") << 2 << s("inside its own anchor");
    QTest::newRow("no such anchor") << QByteArray("a: *x\n") << 1 << s("not YAML");
    QTest::newRow("list as key") << QByteArray("? [a, b]\n: c\n") << 1 << s("a key that is");
    QTest::newRow("merge of a text") << QByteArray("a:\n  <<: text\n") << 2 << s("merges mappings");
    QTest::newRow("tab") << QByteArray("a:\n\tb: 1\n") << 2 << s("not YAML");
    QTest::newRow("open list") << QByteArray("a: [1,\n") << 0 << s("not YAML");
    QTest::newRow("deep") << repeated("[", 101) + repeated("]", 101) << 1 << s("100 deep");
    QTest::newRow("large") << QByteArray((1 << 20) + 1, 'a') << 0 << s("1 MB");
}

void YamlTest::refused()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    QFETCH(QString, says);
    const Result<YamlNode> root = parseYaml(text, s("f.yaml"));
    QVERIFY(!root);
    QCOMPARE(root.error().kind, ErrorKind::Usage);
    QVERIFY2(root.error().message.contains(says), qPrintable(root.error().toString()));
    if (line > 0)
        QCOMPARE(root.error().place.line, line);
    QCOMPARE(root.error().place.file, s("f.yaml"));
    QVERIFY(!root.error().toString().contains(s("geheim123")));
}

void YamlTest::accepted_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("quotes in comments") << QByteArray("a: 1 # don't\nb: 2\n");
    QTest::newRow("quotes inside") << QByteArray("a: \"x \\\" y\"\nb: 'it''s'\nc: don't\n");
    QTest::newRow("block that looks quoted") << QByteArray("a: |\n  \"never ends\nb: >-\n  'nor this\n");
    QTest::newRow("tagged, quoted") << QByteArray("a: !!str \"x\"\nb: &n 'y'\nc: *n\n");
    QTest::newRow("document marks") << QByteArray("%YAML 1.2\n---\na: 1\n...\n");
    QTest::newRow("100 deep") << repeated("[", 100) + repeated("]", 100);
    QTest::newRow("same key in two mappings") << QByteArray("a: {x: 1}\nb: {x: 1}\n");
    QTest::newRow("two merges") << QByteArray("a: &a {x: 1}\nb: &b {y: 1}\nc:\n  <<: *a\n  <<: *b\n");
}

void YamlTest::accepted()
{
    QFETCH(QByteArray, text);
    const Result<YamlNode> root = parseYaml(text, s("f"));
    QVERIFY2(root, root ? "" : qPrintable(root.error().toString()));
}

void YamlTest::bombs_data()
{
    QTest::addColumn<QByteArray>("text");
    QByteArray laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 30; ++i)
        laughs += QStringLiteral("a%1: &a%1 [*a%2, *a%2, *a%2, *a%2, *a%2]\n").arg(i).arg(i - 1).toUtf8();
    QTest::newRow("billion laughs") << laughs;
    QByteArray nested;
    for (int i = 0; i < 90; ++i)
        nested += "&n" + QByteArray::number(i) + " [";
    QTest::newRow("anchors in anchors") << nested + repeated("x,", 300'000) + "x" + repeated("]", 90);
    QTest::newRow("many values") << "[" + repeated("1,", 400'000) + "1]";
    QTest::newRow("many keys") << [] {
        QByteArray text;
        for (int i = 0; i < 110'000; ++i)
            text += QByteArray::number(i, 36) + ":\n";
        return text;
    }();
}

void YamlTest::bombs()
{
    QFETCH(QByteArray, text);
    QElapsedTimer clock;
    clock.start();
    const Result<YamlNode> root = parseYaml(text, s("f"));
    QVERIFY(!root);
    QVERIFY2(root.error().message.contains(s("200000 values")), qPrintable(root.error().toString()));
    QVERIFY2(clock.elapsed() < 10'000, qPrintable(QString::number(clock.elapsed())));
}

void YamlTest::cutAnywhere()
{
    const QByteArray text =
        "services:\n  - type: web # x\n    name: \"a\\\"b\"\n    envVars: [{key: K, value: 'v''w'}]\n"
        "    x: &x {y: |-\n  \n    z: *x\n...\n";
    int good = 0;
    for (qsizetype size = 0; size <= text.size(); ++size)
        good += parseYaml(text.left(size), s("f")).has_value() ? 1 : 0;
    QVERIFY(good > 3 && good < text.size()); // no crash, no hang, and not everything is YAML
}

void YamlTest::shellWords_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<bool>("shell");
    QTest::newRow("words") << s("  uvicorn server:app   --port $PORT ")
                           << QStringList{s("uvicorn"), s("server:app"), s("--port"), s("$PORT")} << false;
    QTest::newRow("quotes") << s("a 'b c' \"d \\\" e\" f\\ g ''")
                            << QStringList{s("a"), s("b c"), s("d \" e"), s("f g"), s("")} << false;
    QTest::newRow("joined") << s("--x='a b'c\"d\"") << QStringList{s("--x=a bcd")} << true; // an assignment to a shell
    QTest::newRow("port in quotes") << s("a \"0.0.0.0:${PORT}\"") << QStringList{s("a"), s("0.0.0.0:${PORT}")} << false;
    QTest::newRow("other variable") << s("a $PORTAL") << QStringList{s("a"), s("$PORTAL")} << true;
    QTest::newRow("default") << s("a ${PORT:-8000}") << QStringList{s("a"), s("${PORT:-8000}")} << true;
    QTest::newRow("list") << s("migrate && serve") << QStringList{s("migrate"), s("&&"), s("serve")} << true;
    QTest::newRow("pipe in quotes") << s("a 'x | y'") << QStringList{s("a"), s("x | y")} << false;
    QTest::newRow("substitution") << s("a $(nproc)") << QStringList{s("a"), s("$(nproc)")} << true;
    QTest::newRow("assignment") << s("A=1 serve") << QStringList{s("A=1"), s("serve")} << true;
    QTest::newRow("option with =") << s("serve --a=1") << QStringList{s("serve"), s("--a=1")} << false;
    QTest::newRow("exec") << s("exec serve") << QStringList{s("exec"), s("serve")} << true;
    QTest::newRow("cd") << s("cd app; serve") << QStringList{s("cd"), s("app;"), s("serve")} << true;
    QTest::newRow("continued line") << s("a \\\n b") << QStringList{s("a"), s("b")} << false;
    QTest::newRow("two lines") << s("a\nb\n") << QStringList{s("a"), s("b")} << true;
    QTest::newRow("one line and its end") << s("a b\n") << QStringList{s("a"), s("b")} << false;
}

void YamlTest::shellWords()
{
    QFETCH(QString, text);
    QFETCH(QStringList, words);
    QFETCH(bool, shell);
    const Result<ShellWords> split = splitShellWords(text);
    QVERIFY(split);
    QCOMPARE(split->words, words);
    QCOMPARE(split->needsShell, shell);
    for (const char *bad : {"", "  ", "a 'b", "a \"b", "a \"b\\\""})
        QVERIFY2(!splitShellWords(s(bad)), bad);
}

QTEST_GUILESS_MAIN(YamlTest)
#include "tst_yaml.moc"
