// SPDX-License-Identifier: GPL-3.0-or-later
// The readers of .env dialects against what the real programs made of the same texts.
#include "models/common/files.h"
#include "models/environment/dialects.h"
#include "tests/support/runtimes.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRandomGenerator>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonObject asJson(const QMap<QString, std::optional<QString>> &values)
{
    QJsonObject object;
    for (auto at = values.cbegin(); at != values.cend(); ++at)
        object.insert(at.key(), *at ? QJsonValue(**at) : QJsonValue());
    return object;
}

QJsonObject read(const QByteArray &text, EnvDialect dialect, bool interpolate = true)
{
    EnvReadOptions options;
    options.interpolate = interpolate;
    return asJson(readEnv(text, dialect, options).values());
}

QByteArray shown(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QJsonArray runReader(const QString &program, const QStringList &arguments, const QStringList &texts,
                     const QMap<QString, QString> &environment = {})
{
    QProcess process;
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    for (auto at = environment.cbegin(); at != environment.cend(); ++at)
        all.insert(at.key(), at.value());
    process.setProcessEnvironment(all);
    process.start(program, arguments);
    process.write(QJsonDocument(QJsonArray::fromStringList(texts)).toJson());
    process.closeWriteChannel();
    if (!process.waitForFinished(60'000) || process.exitCode() != 0) {
        qWarning("%s", process.readAllStandardError().constData());
        return {};
    }
    return QJsonDocument::fromJson(process.readAllStandardOutput()).array();
}

/// Texts out of the pieces on which the programs differ; the same ones each time.
QStringList madeUp(int count, const QStringList &pieces, quint32 seed)
{
    QRandomGenerator random(seed);
    QStringList texts;
    for (int i = 0; i < count; ++i) {
        QString text;
        const int length = random.bounded(1, 14);
        for (int k = 0; k < length; ++k)
            text += pieces[random.bounded(pieces.size())];
        texts.append(text);
    }
    return texts;
}

const QStringList &plainPieces()
{
    static const QStringList pieces{
        s("A"),   s("B"),   s("key"),    s("="),       s("="),      s("="),         s(" "),       s("\n"),
        s("\n"),  s("'"),   s("\""),     s("`"),       s("\\"),     s("\\n"),       s("\\\""),    s("\\'"),
        s("#"),   s(" #"),  s("\t"),     s("export "), s(":"),      s(": "),        s("\r\n"),    s("\r"),
        s("x y"), s("é"),   s("\u00a0"), s("\u2003"),  s("-"),      s("."),         s("A='b'\n"), s("B=\"c\"\n"),
        s("1"),   s("[a]"), s("\\t"),    s("\\\\"),    s("\u0085"), s("\U0001F600")};
    return pieces;
}

QStringList dollarPieces()
{
    return plainPieces() + QStringList{s("$"),       s("$A"), s("${A}"), s("${B:-d}"), s("${A-x}"),
                                       s("${A:+y}"), s("$$"), s("{"),    s("}"),       s("\\$")};
}

} // namespace

class EnvDialectsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void golden();
    void ownCases_data();
    void ownCases();
    void places();
    void debianPython();
    void currentPython();
    void currentNode();
    void shell();
    void bombsStaySmall();
    void longAndOdd_data();
    void longAndOdd();
};

void EnvDialectsTest::golden()
{
    const Result<QByteArray> file = readFile(s(SOURCE_DIR "/../shared/data/dotenv/golden.json"));
    if (!file)
        QSKIP("the recorded answers of the real programs lie beside the repository, and are not here");
    const QJsonArray cases = QJsonDocument::fromJson(*file).array();
    QVERIFY(cases.size() > 100);
    for (const QJsonValue &each : cases) {
        const QString input = each[s("input")].toString();
        const QByteArray text = input.toUtf8();
        const auto same = [&](const char *key, const QJsonObject &ours) {
            QJsonObject theirs = each[s(key)].toObject();
            if (theirs.contains(s("__error__")))
                theirs = {};
            if (theirs != ours)
                qWarning("%s of %s: theirs %s, ours %s", key, qPrintable(input), shown(theirs).constData(),
                         shown(ours).constData());
            return theirs == ours;
        };
        QVERIFY(same("node_dotenv_17.4.2", read(text, EnvDialect::NodeDotenv)));
        QVERIFY(same("node_dotenv_expand_13.0.0", read(text, EnvDialect::NodeExpand)));
        QVERIFY(same("python_dotenv_1.2.2", read(text, EnvDialect::PythonDotenv, false)));
        QVERIFY(same("python_dotenv_1.2.2_interpolated", read(text, EnvDialect::PythonDotenv)));
        const EnvReading python = readEnv(text, EnvDialect::PythonDotenv);
        QJsonArray lines;
        for (const EnvProblem &problem : python.problems)
            lines.append(problem.line);
        QCOMPARE(lines, each[s("python_dotenv_error_lines")].toArray());
        const bool fails = each[s("flyctl_secrets_import_port")].toObject().contains(s("__error__"));
        QVERIFY2(readEnv(text, EnvDialect::FlyImport).refused == fails, text.constData());
        QVERIFY(same("flyctl_secrets_import_port", read(text, EnvDialect::FlyImport)));
    }
}

void EnvDialectsTest::ownCases_data()
{
    QTest::addColumn<QString>("dialect");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("json"); ///< "refused" where nothing is taken
    int row = 0;
    const auto add = [&](const char *dialect, const char *text, const char *json) {
        QTest::addRow("%d %s", row++, dialect) << s(dialect) << s(text) << s(json);
    };
    // The same lines, and what each makes of them.
    add("node-dotenv", "A=b#c", R"({"A":"b"})");
    add("python-dotenv", "A=b#c", R"({"A":"b#c"})");
    add("godotenv", "A=b#c", R"({"A":"b#c"})");
    add("compose", "A=b#c", R"({"A":"b#c"})");
    add("docker", "A=b # c", R"({"A":"b # c"})");
    add("compose", "A=b # c", R"({"A":"b"})");
    add("systemd", "A=b # c", R"({"A":"b # c"})");
    add("shell", "A=b # c", R"({"A":"b"})");
    add("fly-import", "P=ab#cd", R"({"P":"ab"})");
    add("fly-import", "P='ab#cd'", R"({"P":"'ab"})");
    add("fly-import", "P=\"ab#cd\"", R"({"P":"ab#cd"})");
    add("fly-import", "P=\"a\\nb\"", R"({"P":"a\\nb"})");
    add("fly-import", "export P=x", R"({"export P":"x"})");
    add("fly-import", "P=\"say \\\"hi#\\\"\"", R"({"P":"\"say \\\"hi"})");
    add("fly-import", "A=b#c", R"({"A":"b"})");
    add("node-dotenv", "A=\"b\\tc\\nd\"", "{\"A\":\"b\\\\tc\\nd\"}");
    add("python-dotenv", "A=\"b\\tc\\nd\"", "{\"A\":\"b\\tc\\nd\"}");
    add("compose", "A=\"b\\tc\\nd\\0101\"", "{\"A\":\"b\\tc\\ndA\"}");
    add("systemd", "A=\"b\\tc\"", "{\"A\":\"b\\\\tc\"}");
    add("shell", "A=\"b\\tc\"", "{\"A\":\"b\\\\tc\"}");
    add("docker", "A=\"b\"", R"({"A":"\"b\""})");
    add("docker", "A", R"({"A":null})");
    add("docker", "A B=c", "refused");
    add("docker",
        "\xEF\xBB\xBF"
        "A=b\r\n",
        R"({"A":"b"})");
    add("compose", "A=x\nB='$A'\nC=\"$A\"\nD=${U:-y}", R"({"A":"x","B":"$A","C":"x","D":"y"})");
    add("compose", "A=$$x", R"({"A":"$x"})");
    add("compose", "A=\"\\$x\"", R"({"A":"$x"})");
    add("compose", "A=${U:?gone}", "refused");
    add("compose", "A=\"b", "refused");
    add("compose", "A\nB=c", R"({"B":"c"})");
    add("compose", "A='it\\'s'", R"({"A":"it's"})");
    add("godotenv", "A='it\\'s'", R"({"A":"it\\'s"})");
    add("godotenv", "A", R"({"":"A"})");
    add("godotenv", "A=x\nB=\"$A \\$A\"", R"({"A":"x","B":"x $A"})");
    add("godotenv", "A-B=c", "refused");
    add("systemd", "A=\"b\" 'c'd", R"({"A":"bcd"})");
    add("systemd", "export A=b\nC=d", R"({"C":"d"})");
    add("systemd", "; no\nA=b\\\n c", R"({"A":"b c"})");
    add("systemd", "A=\"x\ny\"", "{\"A\":\"x\\ny\"}");
    add("systemd", "A=\"\\$x \\` \\\"\"", R"({"A":"$x ` \""})");
    add("systemd", "A=b   \nB=' '", R"({"A":"b","B":" "})");
    add("shell", "A='x'\\''y'\"z\"", R"({"A":"x'yz"})");
    add("shell", "export A=b C=d; E=$A", R"({"A":"b","C":"d","E":"b"})");
    add("shell", "A=b c", "{}");
    add("shell", "A = b", "{}");
    add("shell", "A=$(id)\nB=c", R"({"B":"c"})");
    add("shell", "A=`id`\nB=c", R"({"B":"c"})");
    add("shell", "A=~/x\nB=c", R"({"B":"c"})");
    add("shell", "A=x&y", "{}");
    add("shell", "A='b", "refused");
    add("shell", "A=x\nB=\"${A}\" C=${U:-d} D=${A:+e}", R"({"A":"x","B":"x","C":"d","D":"e"})");
    add("fly-import", "A=\"say \"hi#\"\"", R"({"A":"\"say \"hi"})");
    add("fly-import", "A=\"\"\"x\n\ny\"\"\"\nB=c", "{\"A\":\"x\\n\\ny\",\"B\":\"c\"}");
    add("fly-import", "A=\"x\" ", "{\"A\":\"\\\"x\\\" \"}");
    add("fly-import", "A=\"", "refused");
    add("github-env", "A=b=c\nD<<E\nx\n\ny\nE\n", "{\"A\":\"b=c\",\"D\":\"x\\n\\ny\"}");
    add("github-env", "D<<E\nE\n", R"({"D":""})");
    add("github-env", "D<<E\nx\n", "refused");
    add("github-env", "D\n", "refused");
    add("heroku", "A='it is'\nB=\"it's\\n\\$x\"\nC='a\\\\b'\nD=plain",
        "{\"A\":\"it is\",\"B\":\"it's\\n$x\",\"C\":\"a\\\\b\",\"D\":\"plain\"}");
    add("heroku", "# comment", "refused");
    add("render-upload", "# c\nA=b\nC=\"d e\nf\"\n", "{\"A\":\"b\",\"C\":\"d e\\nf\"}");
    add("render-upload", "A=b c\nB='x'\nC=d", R"({"C":"d"})");
    add("kubernetes", "apiVersion: v1\nkind: Secret\ndata:\n  A: YsOk\nstringData:\n  B: \"8\"\n",
        R"({"A":"bä","B":"8"})");
    add("kubernetes", "kind: ConfigMap\ndata:\n  A: 8\n", "refused");
    add("tolerant", "A=b # c\nB='x y' # z\nC=`q`\nD: e\nE=b#c\nF= # c\nG=\"a\\tb\"",
        "{\"A\":\"b\",\"B\":\"x y\",\"C\":\"q\",\"D\":\"e\",\"E\":\"b#c\",\"F\":\"\",\"G\":\"a\\tb\"}");
    add("tolerant", "A=x\nB=${A}y\nC='${A}'\nD=${U:-d}\nE=${U}", R"({"A":"x","B":"xy","C":"${A}","D":"d","E":"${U}"})");
    add("tolerant", "A=\"b\nB=c\nC=\"d\"", R"({"B":"c","C":"d"})");
}

void EnvDialectsTest::ownCases()
{
    QFETCH(QString, dialect);
    QFETCH(QString, text);
    QFETCH(QString, json);
    QVERIFY(envDialect(dialect).has_value());
    const EnvReading reading = readEnv(text.toUtf8(), *envDialect(dialect));
    QCOMPARE(reading.refused, json == s("refused"));
    const QJsonObject wanted = QJsonDocument::fromJson(json.toUtf8()).object();
    QCOMPARE(shown(asJson(reading.values())), shown(wanted));
}

void EnvDialectsTest::places()
{
    const QByteArray text = s("# ä\r\n  export ÄB='x\r\ny'\r\nC=d\rE = \"f\n").toUtf8();
    const EnvReading reading = readEnv(text, EnvDialect::PythonDotenv);
    QCOMPARE(reading.assignments.size(), 2);
    const EnvAssignment &first = reading.assignments[0];
    QCOMPARE(first.line, 2);
    QCOMPARE(first.column, 10);
    QCOMPARE(first.value, s("x\ny"));
    QVERIFY(first.exported && first.quoting == EnvQuoting::Single);
    QCOMPARE(text.mid(first.valueRange.begin, first.valueRange.size()), QByteArray("'x\r\ny'"));
    QCOMPARE(reading.assignments[1].line, 4);
    QCOMPARE(reading.problems.size(), 1);
    QCOMPARE(reading.problems[0].line, 5);
    QCOMPARE(reading.problems[0].column, 1);
}

namespace {

/// Compares our reading of made-up texts with a real program's, and shows the first that differ.
bool agrees(const QStringList &texts, const QJsonArray &theirs, const char *key, EnvDialect dialect,
            bool interpolate = true)
{
    if (theirs.size() != texts.size()) {
        qWarning("%lld answers to %lld texts", qlonglong(theirs.size()), qlonglong(texts.size()));
        return false;
    }
    int wrong = 0;
    for (qsizetype i = 0; i < texts.size(); ++i) {
        const QJsonValue answer = theirs[i][s(key)];
        if (!answer.isObject())
            continue;
        const QJsonObject ours = read(texts[i].toUtf8(), dialect, interpolate);
        if (ours == answer.toObject() || ++wrong > 5)
            continue;
        qWarning("%s: theirs %s, ours %s",
                 QJsonDocument(QJsonArray{texts[i]}).toJson(QJsonDocument::Compact).constData(),
                 shown(answer.toObject()).constData(), shown(ours).constData());
    }
    if (wrong > 0)
        qWarning("%d of %lld texts differ", wrong, qlonglong(texts.size()));
    return wrong == 0;
}

bool agreesWithPython(const QString &python)
{
    const QStringList texts = madeUp(20'000, dollarPieces(), 11);
    const QJsonArray theirs = runReader(python, {s(SOURCE_DIR "/tests/backends/envreaders.py")}, texts);
    return agrees(texts, theirs, "raw", EnvDialect::PythonDotenv, false) &&
           agrees(texts, theirs, "value", EnvDialect::PythonDotenv);
}

} // namespace

void EnvDialectsTest::debianPython()
{
    QVERIFY2(QProcess::execute(s("/usr/bin/python3"), {s("-c"), s("import dotenv")}) == 0, "python3-dotenv is missing");
    QVERIFY(agreesWithPython(s("/usr/bin/python3")));
}

void EnvDialectsTest::currentPython()
{
    const Result<QString> python = Testing::currentPython();
    if (!python)
        QSKIP(qPrintable(python.error().toString()));
    QVERIFY(agreesWithPython(*python));
}

void EnvDialectsTest::currentNode()
{
    const Result<QString> modules = Testing::nodeModules();
    if (!modules)
        QSKIP(qPrintable(modules.error().toString()));
    const QMap<QString, QString> environment{{s("NODE_PATH"), *modules}};
    const QString script = s(SOURCE_DIR "/tests/backends/envreaders.js");
    const QStringList texts = madeUp(20'000, plainPieces(), 12);
    QVERIFY(agrees(texts, runReader(s("node"), {script}, texts, environment), "raw", EnvDialect::NodeDotenv));
    // Without "\\$": what it leaves in a value is expanded again where that is put in, and node's memory ends before
    // it.
    QStringList pieces{s("x"),  s("$A"), s("${A}"), s("${B:-d}"), s("${A-x}"), s("${A:+y}"), s("${U}"),
                       s("\n"), s("A="), s("B="),   s("\nC="),    s("-"),      s(":")};
    QStringList dollars = madeUp(5'000, pieces, 13);
    QVERIFY(agrees(dollars, runReader(s("node"), {script, s("--expand")}, dollars, environment), "value",
                   EnvDialect::NodeExpand));
}

void EnvDialectsTest::shell()
{
    // What /bin/sh has after reading the file, for texts in which it runs nothing.
    const QStringList pieces{s("A="), s("B="),   s("\n"),      s("\n"), s("'"), s("\""), s("x"), s("\\"),
                             s("$A"), s("${B}"), s("${A:-d}"), s("#"),  s(" "), s(";"),  s("=")};
    int compared = 0;
    const QStringList texts = madeUp(3'000, pieces, 14);
    for (const QString &text : texts) {
        const EnvReading reading = readEnv(text.toUtf8(), EnvDialect::Shell);
        if (reading.refused || !reading.problems.isEmpty() || reading.assignments.isEmpty() || text.endsWith(s("\\")))
            continue;
        QProcess process;
        process.start(s("/bin/sh"), {s("-c"), text + s("\nprintf '%s|' \"${A-unset}\" \"${B-unset}\"")});
        QVERIFY(process.waitForFinished(10'000));
        const auto values = reading.values();
        const auto of = [&](const char *name) {
            const auto found = values.constFind(s(name));
            return found == values.cend() ? s("unset") : found->value_or(QString());
        };
        const QString ours = of("A") + s("|") + of("B") + s("|");
        QVERIFY2(QString::fromUtf8(process.readAllStandardOutput()) == ours, qPrintable(text + s(" -> ") + ours));
        ++compared;
        if (compared >= 250)
            break;
    }
    QVERIFY2(compared > 150, qPrintable(QString::number(compared)));
}

void EnvDialectsTest::bombsStaySmall()
{
    QByteArray text = "A0=xxxxxxxxxxxxxxxx\n";
    for (int i = 1; i < 60; ++i)
        text += "A" + QByteArray::number(i) + "=${A" + QByteArray::number(i - 1) + "}${A" + QByteArray::number(i - 1) +
                "}\n";
    for (const EnvDialect dialect : allEnvDialects()) {
        const EnvReading reading = readEnv(text, dialect);
        for (const EnvAssignment &each : reading.assignments)
            QVERIFY2(each.value.size() <= 2 << 20, qPrintable(envDialectId(dialect)));
    }
    QVERIFY(!readEnv(text, EnvDialect::PythonDotenv).problems.isEmpty());
    QVERIFY(readEnv(text, EnvDialect::Compose).refused);
}

void EnvDialectsTest::longAndOdd_data()
{
    QTest::addColumn<QByteArray>("text");
    const QList<QByteArray> texts{QByteArray(500'000, '\n'),
                                  QByteArray("A='").repeated(100'000),
                                  QByteArray("A=\"\n").repeated(100'000),
                                  QByteArray("A=\"\\\"\n").repeated(100'000),
                                  QByteArray("A=\"\\\"x\n").repeated(100'000),
                                  QByteArray("A\n").repeated(100'000),
                                  QByteArray(500'000, ' '),
                                  "A=" + QByteArray(500'000, ' ') + "x",
                                  QByteArray("A=") + QByteArray("${").repeated(100'000),
                                  QByteArray("A=") + QByteArray("$").repeated(100'000),
                                  QByteArray("A=${A:-\n").repeated(50'000),
                                  QByteArray("\0\x01\xff\xfe", 4).repeated(50'000),
                                  QByteArray("A=`\n").repeated(50'000) + "'\"",
                                  "A=" + QByteArray(1'000'000, 'x'),
                                  QByteArray("A=\"\"\"\n").repeated(50'000),
                                  QByteArray("A<<E\n").repeated(50'000),
                                  QByteArray("- a: {\n").repeated(50'000)};
    for (qsizetype i = 0; i < texts.size(); ++i)
        QTest::addRow("%lld", qlonglong(i)) << texts[i];
}

void EnvDialectsTest::longAndOdd()
{
    // Nothing here may take time by the square, or end the program.
    QFETCH(QByteArray, text);
    for (const EnvDialect dialect : allEnvDialects()) {
        QElapsedTimer clock;
        clock.start();
        const EnvReading reading = readEnv(text, dialect);
        QVERIFY2(clock.elapsed() < 8'000, qPrintable(envDialectId(dialect)));
    }
}

QTEST_GUILESS_MAIN(EnvDialectsTest)
#include "tst_envdialects.moc"
