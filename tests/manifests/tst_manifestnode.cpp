// SPDX-License-Identifier: GPL-3.0-or-later
// One tree for three grammars, its places, and the account of its keys.
#include "models/manifests/jsonreader.h"
#include "models/manifests/ledger.h"
#include "models/manifests/manifestnode.h"

#include <QElapsedTimer>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

ManifestNode tree(const QByteArray &text, ManifestSyntax syntax = ManifestSyntax::Json)
{
    const Result<ManifestNode> root = parseManifest(text, s("f"), syntax);
    if (!root)
        qWarning("%s", qPrintable(root.error().toString()));
    return root.value_or(ManifestNode{});
}

/// "path key@line:column value@line:column" for every node but the root, in the order of the text.
void places(const ManifestNode &node, const QString &path, QStringList &lines)
{
    int n = 0;
    for (const ManifestNode &child : node.children) {
        const QString own = node.isList() ? s("%1[%2]").arg(path).arg(n++) : s("%1/%2").arg(path, child.key);
        const QString key = node.isList() ? QString() : s(" %1:%2").arg(child.keyPlace.line).arg(child.keyPlace.column);
        lines.append(s("%1%2 @%3:%4").arg(own, key).arg(child.place.line).arg(child.place.column));
        places(child, own, lines);
    }
}

QStringList placesOf(const QByteArray &text, ManifestSyntax syntax = ManifestSyntax::Json)
{
    QStringList lines;
    places(tree(text, syntax), {}, lines);
    return lines;
}

/// The tree without its places.
QString shape(const ManifestNode &node)
{
    QStringList parts;
    for (const ManifestNode &child : node.children)
        parts.append((node.isMap() ? child.key + QLatin1Char('=') : QString()) + shape(child));
    switch (node.type) {
    case ManifestNode::Type::Null:
        return s("null");
    case ManifestNode::Type::Boolean:
        return node.boolean ? s("T") : s("F");
    case ManifestNode::Type::Integer:
        return s("i") + QString::number(node.integer);
    case ManifestNode::Type::Float:
        return s("f") + QString::number(node.real);
    case ManifestNode::Type::String:
        return s("'") + node.text + s("'");
    case ManifestNode::Type::List:
        return s("[") + parts.join(QLatin1Char(',')) + s("]");
    case ManifestNode::Type::Map:
        break;
    }
    return s("{") + parts.join(QLatin1Char(',')) + s("}");
}

QStringList keysOf(const ManifestNode &root)
{
    QStringList keys;
    forEachKey(root, [&keys](const QString &path, const ManifestNode &) { keys.append(path); });
    return keys;
}

} // namespace

class ManifestNodeTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void jsonPlaces_data();
    void jsonPlaces();
    void jsonValues();
    void jsonErrors_data();
    void jsonErrors();
    void jsonIsFast();
    void strict_data();
    void strict();
    void sameTree();
    void sameKeys();
    void otherPlaces();
    void ledgerOutcomes();
    void ledgerOfLists();
    void ledgerOfAliases();
    void ledgerOrder();
};

void ManifestNodeTest::jsonPlaces_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("expected");
    QTest::newRow("tight") << QByteArray(R"j({"a":1,"b":[true,null,"x"],"c":{"d":{}}})j")
                           << QStringList{s("/a 1:2 @1:6"), s("/b 1:8 @1:12"),  s("/b[0] @1:13"),    s("/b[1] @1:18"),
                                          s("/b[2] @1:23"), s("/c 1:28 @1:32"), s("/c/d 1:33 @1:37")};
    QTest::newRow("after brackets") << QByteArray("[[[1]],[{\"a\":[]},{\"b\":2}],3]")
                                    << QStringList{
                                           s("[0] @1:2"),     s("[0][0] @1:3"),         s("[0][0][0] @1:4"),
                                           s("[1] @1:8"),     s("[1][0] @1:9"),         s("[1][0]/a 1:10 @1:14"),
                                           s("[1][1] @1:18"), s("[1][1]/b 1:19 @1:23"), s("[2] @1:27")};
    QTest::newRow("comments")
        << QByteArray("// {\"x\": 1}\n{ /* \"y\" */ \"a\" /* : */ : // 2\n  /**/ 3 /* , */ , // \n\"b\": 4, }")
        << QStringList{s("/a 2:13 @3:8"), s("/b 4:1 @4:6")};
    QTest::newRow("tabs") << QByteArray("{\n\t\"a\":\t1,\n\t\t\"b\": [\t2 ]\n}")
                          << QStringList{s("/a 2:2 @2:7"), s("/b 3:3 @3:8"), s("/b[0] @3:10")};
    QTest::newRow("CRLF") << QByteArray("{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}\r\n")
                          << QStringList{s("/a 2:3 @2:8"), s("/b 3:3 @3:8")};
    QTest::newRow("UTF-8") << QByteArray("{\"ä😀\": \"é\", \"b\": 1} // ö")
                           << QStringList{s("/ä😀 1:2 @1:8"), s("/b 1:13 @1:18")};
    QTest::newRow("escapes") << QByteArray(R"j({"\u00e4\"": "\\\"", "b\ud83d\ude00": "\ud83d\ude00", "c": 1})j")
                             << QStringList{s("/ä\" 1:2 @1:14"), s("/b😀 1:22 @1:39"), s("/c 1:55 @1:60")};
    QTest::newRow("slashes in texts") << QByteArray(R"j({"a": "// no /* comment", "b": "*/", "c": 1})j")
                                      << QStringList{s("/a 1:2 @1:7"), s("/b 1:27 @1:32"), s("/c 1:38 @1:43")};
    QTest::newRow("numbers") << QByteArray("[-1.5e3, 0,12 ,\n1]")
                             << QStringList{s("[0] @1:2"), s("[1] @1:10"), s("[2] @1:12"), s("[3] @2:1")};
    QTest::newRow("BOM") << QByteArray("\xef\xbb\xbf{\"a\": 1,\n\"b\": 2}")
                         << QStringList{s("/a 1:2 @1:7"), s("/b 2:1 @2:6")};
    QTest::newRow("trailing comma") << QByteArray("{\"a\": [1,],\n\"b\": 2,}")
                                    << QStringList{s("/a 1:2 @1:7"), s("/a[0] @1:8"), s("/b 2:1 @2:6")};
}

void ManifestNodeTest::jsonPlaces()
{
    QFETCH(QByteArray, text);
    QFETCH(QStringList, expected);
    QCOMPARE(placesOf(text), expected);
}

void ManifestNodeTest::jsonValues()
{
    const ManifestNode root = tree(R"j({"i": -7, "big": 9223372036854775808, "f": 3.10, "e": 1e2, "t": true, "n": null,
  "s": "a\u0000b\ud83d\ude00\n", "": "empty key"})j");
    QCOMPARE(root.find(u"i")->integer, -7);
    QCOMPARE(root.find(u"i")->type, ManifestNode::Type::Integer);
    QCOMPARE(root.find(u"big")->type, ManifestNode::Type::Float);
    QCOMPARE(root.find(u"big")->text, s("9223372036854775808"));
    QCOMPARE(root.find(u"f")->text, s("3.10"));
    QCOMPARE(root.find(u"f")->real, 3.1);
    QCOMPARE(root.find(u"e")->number(), 100.0);
    QVERIFY(root.find(u"t")->boolean);
    QCOMPARE(root.find(u"n")->type, ManifestNode::Type::Null);
    QCOMPARE(root.find(u"s")->text.size(), 6);
    QCOMPARE(root.find(u"")->text, s("empty key"));
    QVERIFY(!root.find(u"none"));
    QVERIFY(!root.find(u"i")->find(u"i"));
}

void ManifestNodeTest::jsonErrors_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("place");
    QTest::newRow("value") << QByteArray("{\"a\": s3cr3t}") << s("f:1:7: ");
    QTest::newRow("colon") << QByteArray("{\r\n\"a\" 1}") << s("f:2:5: ");
    QTest::newRow("after UTF-8") << QByteArray("{\"ä😀\": s3cr3t}") << s("f:1:8: ");
    QTest::newRow("twice") << QByteArray("{\"a\": \"s3cr3t\",\n  \"a\": 2}") << s("f:2:3: \"a\" stands twice");
    QTest::newRow("twice by escape") << QByteArray(R"j({"a": 1, "\u0061": 2})j") << s("f:1:10: \"a\" stands twice");
    QTest::newRow("lone surrogate") << QByteArray(R"j({"a": "\ud83d"})j") << s("f:1:");
    QTest::newRow("comment without end") << QByteArray("{\"a\": 1} /* ") << s("f:1:");
    QTest::newRow("zero byte") << QByteArray("{\n\0}", 4) << s("f:2:1: ");
    QTest::newRow("depth") << QByteArray(101, '[') << s("f:1:101: nested deeper");
}

void ManifestNodeTest::jsonErrors()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, place);
    const Result<ManifestNode> root = parseManifest(text, s("f"), ManifestSyntax::Json);
    QVERIFY(!root);
    QCOMPARE(root.error().kind, ErrorKind::Usage);
    QVERIFY2(root.error().toString().startsWith(place), qPrintable(root.error().toString()));
    QVERIFY(!root.error().toString().contains(s("s3cr3t")));
    QVERIFY(parseManifest(QByteArray(100, '[') + QByteArray(100, ']'), s("f"), ManifestSyntax::Json));
}

void ManifestNodeTest::jsonIsFast()
{
    // One line, and one map of many keys: both once took the square of their size.
    QByteArray line = "{\"a\":[1";
    while (line.size() < 1'000'000)
        line += ",1";
    line += "]}";
    QByteArray keys = "{";
    for (int i = 0; keys.size() < 1'000'000; ++i)
        keys += "\"k" + QByteArray::number(i) + "\":1,";
    keys += "\"z\":1}";
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(tree(line).children.front().children.back().place.column, int(line.size()) - 2);
    QCOMPARE(tree(keys).children.back().place.column, int(keys.size()) - 1);
    QVERIFY2(timer.elapsed() < 20'000, qPrintable(QString::number(timer.elapsed())));
}

void ManifestNodeTest::strict_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("first");
    QTest::newRow("strict") << QByteArray("{\"a\": [1, 2]}\n") << QString();
    QTest::newRow("comment") << QByteArray("{\n  // why\n  \"a\": 1}") << s("f:2:3");
    QTest::newRow("comma") << QByteArray("{\"a\": [1, 2,]}") << s("f:1:13");
}

void ManifestNodeTest::strict()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, first);
    Place place;
    QCOMPARE(isStrictJson(text, s("f"), &place), first.isEmpty());
    QCOMPARE(place.toString(), first);
}

void ManifestNodeTest::sameTree()
{
    const ManifestNode json = tree(R"j({"name": "x", "n": 3, "f": 2.5, "on": true, "list": ["a", "b"],
  "map": {"k": "v", "deep": {"z": [1, 2]}}, "tables": [{"a": 1}, {"a": 2}]})j");
    const ManifestNode yaml =
        tree("name: x\nn: 3\nf: 2.5\non: true\nlist: [a, 'b']\nmap:\n  k: v\n  deep: {z: [1, 2]}\n"
             "tables:\n  - a: 1\n  - a: 2\n",
             ManifestSyntax::Yaml);
    const ManifestNode toml = tree("name = 'x'\nn = 3\nf = 2.5\non = true\nlist = ['a', \"b\"]\n[map]\nk = 'v'\n"
                                   "deep.z = [1, 2]\n[[tables]]\na = 1\n[[tables]]\na = 2\n",
                                   ManifestSyntax::Toml);
    QCOMPARE(shape(json), s("{name='x',n=i3,f=f2.5,on=T,list=['a','b'],map={k='v',deep={z=[i1,i2]}},"
                            "tables=[{a=i1},{a=i2}]}"));
    QCOMPARE(shape(yaml), shape(json));
    QCOMPARE(shape(toml), shape(json));
    QCOMPARE(keysOf(yaml), keysOf(json));
    QCOMPARE(keysOf(toml), keysOf(json));
    // Texts that only look like something else.
    const ManifestNode texts =
        tree("a: '3'\nb: yes\nc: 0x1F\nd: 1_000\ne: \"true\"\nf: 3.10\ng: ~\n", ManifestSyntax::Yaml);
    QCOMPARE(shape(texts), s("{a='3',b='yes',c='0x1F',d='1_000',e='true',f=f3.1,g=null}"));
    QCOMPARE(texts.find(u"f")->text, s("3.10"));
}

void ManifestNodeTest::sameKeys()
{
    QCOMPARE(keysOf(tree(
                 R"j({"a": {"b": [{"c": 1, "d": []}, {"e": {}}], "f": ["x", null]}, "g": null, "h": [[1, 2], [3]]})j")),
             QStringList({s("a.b[0].c"), s("a.b[0].d"), s("a.b[1].e"), s("a.f"), s("g"), s("h[0]"), s("h[1]")}));
    QVERIFY(keysOf(tree("{}")).isEmpty());
    QVERIFY(keysOf(tree("3")).isEmpty());
}

void ManifestNodeTest::otherPlaces()
{
    QCOMPARE(placesOf("a:\n  - ä: 1\n    b: 'x'\n", ManifestSyntax::Yaml),
             QStringList({s("/a 1:1 @2:3"), s("/a[0] @2:5"), s("/a[0]/ä 2:5 @2:8"), s("/a[0]/b 3:5 @3:8")}));
    const QStringList toml = placesOf("a = 'ä'\n[t]\n  k = [1, 2]\n", ManifestSyntax::Toml);
    QCOMPARE(toml.size(), 5);
    QCOMPARE(toml[0], s("/a 1:1 @1:5"));
    QCOMPARE(toml[2], s("/t/k 3:3 @3:7"));
    QCOMPARE(toml[4], s("/t/k[1] @3:11"));
}

void ManifestNodeTest::ledgerOutcomes()
{
    const ManifestNode root = tree(R"j({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7})j");
    const auto at = [&root](QStringView key) { return root.find(key)->place; };
    Ledger ledger;
    ledger.open(root);
    ledger.read(at(u"b"));
    ledger.read(at(u"c"), s("because"));
    ledger.lost(at(u"d"), s("gone"));
    ledger.defaulted(at(u"d"), s("the same there"));
    ledger.mapped(at(u"e"), s("x: one"));
    ledger.mapped(at(u"e"), s("x: two"));
    ledger.mapped(at(u"e"), s("x: one"));
    ledger.defaulted(at(u"e"), s("never"));
    ledger.mapped(at(u"f"), s("x: f"));
    ledger.rewritten(at(u"f"), s("x: g"), s("otherwise"));
    ledger.lost(at(u"f"), s("never"));
    ledger.rewritten(at(u"g"), s("x: g"), s("first"));
    ledger.mapped({s("f"), 99, 1}, s("nowhere"));
    const QList<KeyFate> fates = ledger.fates();
    QCOMPARE(fates.size(), 7);
    QStringList lines;
    for (const KeyFate &fate : fates)
        lines.append(s("%1 %2 %3 %4").arg(fate.key, keyOutcomeName(fate.outcome), fate.target, fate.reason));
    QCOMPARE(lines, QStringList({s("a not-translated  unknown to the source's own platform, as far as is known here"),
                                 s("b not-translated  the target has no word for it"), s("c not-translated  because"),
                                 s("d defaulted  the same there"), s("e mapped x: one, x: two "),
                                 s("f rewritten x: g otherwise"), s("g rewritten x: g first")}));
}

void ManifestNodeTest::ledgerOfLists()
{
    const ManifestNode root = tree(R"j({"l": ["a", "b"], "m": [{"k": 1}], "empty": [], "none": {}})j");
    Ledger ledger;
    ledger.open(root);
    // An element speaks for its list.
    ledger.mapped(root.find(u"l")->children[1].place, s("x: l"));
    ledger.readAll(*root.find(u"m"), s("below"));
    const QList<KeyFate> fates = ledger.fates();
    QCOMPARE(fates.size(), 4);
    QCOMPARE(fates[0].key, s("l"));
    QCOMPARE(fates[0].outcome, KeyOutcome::Mapped);
    QCOMPARE(fates[1].key, s("m[0].k"));
    QCOMPARE(fates[1].reason, s("below"));
    QCOMPARE(fates[2].key, s("empty"));
    QCOMPARE(fates[3].key, s("none"));
}

void ManifestNodeTest::ledgerOfAliases()
{
    const ManifestNode root = tree("base: &b\n  k: 1\none:\n  <<: *b\ntwo: *b\n", ManifestSyntax::Yaml);
    Ledger ledger;
    ledger.open(root);
    // The value stands once in the file, so it is one key of the account.
    QCOMPARE(ledger.fates().size(), 1);
    QCOMPARE(ledger.fates().first().key, s("base.k"));
    ledger.mapped(root.find(u"two")->find(u"k")->place, s("x: k"));
    QCOMPARE(ledger.fates().first().outcome, KeyOutcome::Mapped);
}

void ManifestNodeTest::ledgerOrder()
{
    Ledger ledger;
    ledger.open(s("late"), {s("b"), 9, 1});
    ledger.open(s("right"), {s("b"), 2, 30});
    ledger.open(s("left"), {s("b"), 2, 4});
    ledger.open(s("other"), {s("a"), 5, 1});
    QStringList keys;
    for (const KeyFate &fate : ledger.fates())
        keys.append(fate.key);
    QCOMPARE(keys, QStringList({s("other"), s("left"), s("right"), s("late")}));
}

QTEST_GUILESS_MAIN(ManifestNodeTest)
#include "tst_manifestnode.moc"
