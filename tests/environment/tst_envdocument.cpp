// SPDX-License-Identifier: GPL-3.0-or-later
// .env files as text: every byte kept, edits in place; and what is odd about a file.
#include "models/environment/disagreements.h"
#include "models/environment/envdocument.h"
#include "models/environment/envsources.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QByteArray joined(const EnvDocument &document)
{
    QByteArray text;
    quint32 at = 0;
    for (const EnvNode &node : document.nodes()) {
        if (node.begin != at || node.end <= node.begin)
            return "gap";
        text += document.text().mid(node.begin, node.end - node.begin);
        at = node.end;
    }
    return text;
}

const EnvOpinion &opinionOf(const EnvDisagreement &row, EnvDialect dialect)
{
    return *std::find_if(row.opinions.cbegin(), row.opinions.cend(),
                         [&](const EnvOpinion &each) { return each.dialect == dialect; });
}

} // namespace

class EnvDocumentTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nodes();
    void everyByteIsKept();
    void edits_data();
    void edits();
    void editsThatWouldSpread();
    void unwritable();
    void disagreements();
    void disagreementsAreMasked();
    void findings();
    void badFiles();
    void hugeFile();
    void millionLines();
    void laterFilesWin();
    void manifests();
    void corpus();

private:
    QString write(const char *name, const QByteArray &text);
    QTemporaryDir m_folder;
};

QString EnvDocumentTest::write(const char *name, const QByteArray &text)
{
    QFile file(m_folder.filePath(s(name)));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        return {};
    return file.fileName();
}

void EnvDocumentTest::nodes()
{
    const QByteArray text = "# c\n\nexport A='b\nc' # d\n  B = x y # z\nC\nD: e\nF=\"g\nH=i\nnot this\n";
    const EnvDocument document = EnvDocument::parse(text);
    using Kind = EnvNode::Kind;
    const QList<Kind> kinds{Kind::Comment,    Kind::Blank,  Kind::Assignment, Kind::Assignment, Kind::Bare,
                            Kind::Assignment, Kind::Broken, Kind::Assignment, Kind::Broken};
    QCOMPARE(document.nodes().size(), std::size_t(kinds.size()));
    for (qsizetype i = 0; i < kinds.size(); ++i)
        QCOMPARE(int(document.nodes()[std::size_t(i)].kind), int(kinds[i]));
    const EnvNode &a = document.nodes()[2];
    QCOMPARE(document.name(a), s("A"));
    QCOMPARE(document.value(a), s("b\nc"));
    QVERIFY(a.exported && a.quoting == EnvQuoting::Single);
    QCOMPARE(document.place(a, s("f")), (Place{s("f"), 3, 8}));
    const EnvNode &b = document.nodes()[3];
    QCOMPARE(document.value(b), s("x y"));
    QCOMPARE(document.place(b, s("f")), (Place{s("f"), 5, 3}));
    QCOMPARE(document.value(*document.find(u"D")), s("e"));
    const EnvNode &open = document.nodes()[6];
    QCOMPARE(document.problemPlace(open, s("f")), (Place{s("f"), 8, 3}));
    QCOMPARE(QByteArray(open.problem), QByteArray("a quote that does not end"));
    QCOMPARE(document.value(*document.find(u"H")), s("i"));
    QCOMPARE(joined(document), text);
}

void EnvDocumentTest::everyByteIsKept()
{
    QRandomGenerator random(5);
    const QList<QByteArray> pieces{"A",
                                   "=",
                                   "'",
                                   "\"",
                                   "`",
                                   "\n",
                                   "\r\n",
                                   "\r",
                                   "#",
                                   " ",
                                   "\\",
                                   "export ",
                                   ":",
                                   "\xEF\xBB\xBF",
                                   QByteArray("\0", 1),
                                   "\xff",
                                   "\xC3\xA9",
                                   "\xE2\x80\xA8",
                                   "B=c\n"};
    for (int i = 0; i < 20'000; ++i) {
        QByteArray text;
        for (int k = random.bounded(0, 15); k > 0; --k)
            text += pieces[random.bounded(pieces.size())];
        QCOMPARE(joined(EnvDocument::parse(text)), text);
    }
}

void EnvDocumentTest::edits_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("after");
    QTest::newRow("plain") << QByteArray("# x\nA=b # c\nB=d\n") << s("e") << QByteArray("# x\nA=e # c\nB=d\n");
    QTest::newRow("keeps its quotes") << QByteArray("A='b' # c") << s("e") << QByteArray("A='e' # c");
    QTest::newRow("gets quotes") << QByteArray("A=b\n") << s("e #f") << QByteArray("A='e #f'\n");
    QTest::newRow("other quotes") << QByteArray("A='b'\n") << s("it's") << QByteArray("A=\"it's\"\n");
    QTest::newRow("a line break") << QByteArray("A=b\r\nB=c\r\n") << s("x\ny") << QByteArray("A=\"x\\ny\"\r\nB=c\r\n");
    QTest::newRow("the last one") << QByteArray("A=b\nA=c\n") << s("d") << QByteArray("A=b\nA=d\n");
    QTest::newRow("from several lines") << QByteArray("A=\"b\nc\"\nB=d\n") << s("e") << QByteArray("A=\"e\"\nB=d\n");
    QTest::newRow("empty") << QByteArray("A= # c\n") << s("") << QByteArray("A= # c\n");
    QTest::newRow("new") << QByteArray("B=c") << s("d") << QByteArray("B=c\nA=d\n");
    QTest::newRow("new, CR LF") << QByteArray("B=c\r\n") << s("d") << QByteArray("B=c\r\nA=d\r\n");
    QTest::newRow("new, nothing") << QByteArray() << s("d") << QByteArray("A=d\n");
    QTest::newRow("mark") << QByteArray("\xEF\xBB\xBF"
                                        "A=b")
                          << s("c")
                          << QByteArray("\xEF\xBB\xBF"
                                        "A=c");
}

void EnvDocumentTest::edits()
{
    QFETCH(QByteArray, before);
    QFETCH(QString, value);
    QFETCH(QByteArray, after);
    EnvDocument document = EnvDocument::parse(before);
    const Result<void> done = document.set(s("A"), value);
    QVERIFY2(done.has_value(), done ? "" : qPrintable(done.error().toString()));
    QCOMPARE(document.text(), after);
    QCOMPARE(document.value(*document.find(u"A")), value);
    QVERIFY(document.remove(s("A")));
    QVERIFY(!document.find(u"A") && !document.remove(s("A")));
    if (before.contains("B="))
        QVERIFY(document.find(u"B"));
}

void EnvDocumentTest::editsThatWouldSpread()
{
    // The open quote above would swallow a quote put in below.
    EnvDocument document = EnvDocument::parse("X=\"open\nA=b\n");
    const QByteArray before = document.text();
    const Result<void> done = document.set(s("A"), s("say \"hi\" # there"));
    if (done)
        QCOMPARE(document.value(*document.find(u"A")), s("say \"hi\" # there"));
    else
        QCOMPARE(document.text(), before);
    QVERIFY(!document.set(s("not a name"), s("x")));
    QVERIFY(!document.set(s("B\nC"), s("x")));
}

void EnvDocumentTest::unwritable()
{
    EnvDocument document = EnvDocument::parse("A=b\n");
    for (const QString &value : {s("${HOME}"), QString(QChar(u'\0')), s("'\"` # ")}) {
        QVERIFY(!document.set(s("A"), value));
        QCOMPARE(document.text(), QByteArray("A=b\n"));
    }
}

void EnvDocumentTest::disagreements()
{
    const QByteArray text = "OK=plain\nCOLOR=a#b\nURL=\"x\" # c\nP='pa$word'\nexport E=x\nM=\"l1\nl2\"\nS = x\n";
    const EnvDisagreements found = findDisagreements(text, dotenvDialects(), true);
    QStringList names;
    for (const EnvDisagreement &row : found.rows)
        names.append(row.name);
    QVERIFY(!names.contains(s("OK")));
    QVERIFY2(names.contains(s("COLOR")) && names.contains(s("E")) && names.contains(s("P")),
             qPrintable(names.join(s(" "))));
    const EnvDisagreement &color = found.rows.first();
    QCOMPARE(color.name, s("COLOR"));
    QCOMPARE(color.line, 2);
    QCOMPARE(opinionOf(color, EnvDialect::NodeDotenv).value, s("a"));
    QCOMPARE(opinionOf(color, EnvDialect::PythonDotenv).value, s("a#b"));
    QCOMPARE(opinionOf(color, EnvDialect::PythonDotenv).group, opinionOf(color, EnvDialect::Tolerant).group);
    QVERIFY(opinionOf(color, EnvDialect::NodeDotenv).group != opinionOf(color, EnvDialect::Tolerant).group);
    QCOMPARE(color.reasons, QStringList{s("# without quotes")});
    // fly and docker take nothing of a file whose second line of a value has no "=".
    QStringList refusing;
    for (const EnvRefusal &refusal : found.refusals)
        refusing.append(envDialectId(refusal.dialect));
    QVERIFY2(refusing.contains(s("fly-import")) && refusing.contains(s("docker")), qPrintable(refusing.join(s(" "))));
    QVERIFY(findDisagreements("A=b\nC=d.e/f:g@h%i\n").rows.isEmpty());
}

void EnvDocumentTest::disagreementsAreMasked()
{
    const EnvDisagreements found = findDisagreements("SECRET=canary4711#canary\n");
    QCOMPARE(found.rows.size(), 1);
    for (const EnvOpinion &opinion : found.rows.first().opinions)
        QVERIFY(!opinion.value.contains(s("canary")) && opinion.seen == opinion.value.contains(s("characters")));
}

void EnvDocumentTest::findings()
{
    const QByteArray text = "\xEF\xBB\xBF"
                            "A=1\r\nB=caf\xC3\x83\xC2\xA9\r\nA=2\r\nC=\"open\r\n";
    const QList<EnvFinding> found = envFindings(text, s("f"), EnvDialect::Tolerant);
    QStringList lines;
    for (const EnvFinding &each : found)
        lines.append(s("%1:%2 %3").arg(each.place.line).arg(each.place.column).arg(envFindingKindName(each.kind)));
    const QStringList wanted{s("1:1 byte-order-mark"), s("1:5 line-breaks"), s("2:6 mojibake"), s("3:1 duplicate"),
                             s("4:3 problem")};
    QCOMPARE(lines, wanted);
    QVERIFY(envFindings("A=caf\xC3\xA9\nB=\xC3\x83\n", s("f"), EnvDialect::Tolerant).isEmpty());
}

void EnvDocumentTest::badFiles()
{
    const auto error = [](const Result<EnvFile> &result) { return result ? QString() : result.error().toString(); };
    QVERIFY(error(readEnvFile(m_folder.filePath(s("none")))).contains(s("there is no file")));
    QVERIFY(error(readEnvFile(m_folder.path())).contains(s("not a regular file")));
    QVERIFY(error(readEnvFile(s("/dev/zero"))).contains(s("not a regular file")));
    const QString latin = write("latin", "A=b\nB=caf\xE9\n");
    QVERIFY2(error(readEnvFile(latin)).contains(s("latin:2:6")), qPrintable(error(readEnvFile(latin))));
    const QString nul = write("nul", QByteArray("A=b\nB=\0c\n", 10));
    QVERIFY(error(readEnvFile(nul)).contains(s("nul:2:3")));
    const QString wide = write("wide", QByteArray("\xFF\xFE"
                                                  "A\0=\0",
                                                  6));
    QVERIFY(error(readEnvFile(wide)).contains(s("UTF-16")));
    if (::geteuid() != 0) {
        const QString closed = write("closed", "A=b\n");
        QVERIFY(QFile::setPermissions(closed, QFile::Permissions()));
        QVERIFY(!readEnvFile(closed));
    }
    QVERIFY(readEnvFile(write("empty", {})).has_value());
}

void EnvDocumentTest::hugeFile()
{
    QFile file(m_folder.filePath(s("huge")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(qint64(1) << 30));
    file.close();
    QElapsedTimer clock;
    clock.start();
    const Result<EnvFile> result = readEnvFile(file.fileName());
    QVERIFY(!result && result.error().message.contains(s("1073741824 bytes")));
    QVERIFY(clock.elapsed() < 1'000); // its size was enough
}

void EnvDocumentTest::millionLines()
{
    QByteArray text;
    text.reserve(24'000'000);
    for (int i = 0; i < 1'000'000; ++i)
        text += "NAME_" + QByteArray::number(i) + "=value\n";
    const auto resident = [] {
        QFile file(s("/proc/self/statm"));
        return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toLongLong() * 4096 : 0;
    };
    const qint64 before = resident();
    const EnvDocument document = EnvDocument::parse(text);
    QCOMPARE(document.nodes().size(), std::size_t(1'000'000));
    QCOMPARE(document.nodes().back().line, 1'000'000U);
    QCOMPARE(document.name(document.nodes()[999'999]), s("NAME_999999"));
    const qint64 grown = resident() - before;
    QVERIFY2(grown < 150'000'000, qPrintable(QString::number(grown)));
}

void EnvDocumentTest::laterFilesWin()
{
    EnvSources sources;
    sources.files = {write("one", "A=1\nB=2\nC\n"), write("two", "B=3\nD=4\nB=5\nAPI_KEY=x\n")};
    const Result<EnvironmentSet> set = gatherEnvironment(sources);
    QVERIFY(set.has_value());
    QStringList shown;
    for (const EnvEntry &entry : set->entries)
        shown.append(
            s("%1=%2%3").arg(entry.name, entry.value.value_or(s("?")), entry.secret ? s(" secret") : QString()));
    const QStringList wanted{s("A=1"), s("B=5"), s("C=?"), s("D=4"), s("API_KEY=x secret")};
    QCOMPARE(shown, wanted);
    QCOMPARE(set->origins[1].places.size(), 2);
    QCOMPARE(set->origins[1].places.last(), (Place{sources.files[1], 3, 1}));
    QStringList kinds;
    for (const EnvFinding &finding : set->findings)
        kinds.append(envFindingKindName(finding.kind) + QLatin1Char(' ') + finding.name);
    const QStringList wantedKinds{s("disagreement C"), s("duplicate B")}; // node dotenv sees no C
    QCOMPARE(kinds, wantedKinds);
    sources.files.append(m_folder.filePath(s("none")));
    QVERIFY(!gatherEnvironment(sources));
    // What the program would refuse is an error here.
    sources.files = {write("open", "A=b\nB=\"c\n")};
    sources.readAs = EnvDialect::Compose;
    const Result<EnvironmentSet> refused = gatherEnvironment(sources);
    QVERIFY(!refused && refused.error().place.line == 2);
}

void EnvDocumentTest::manifests()
{
    EnvSources sources;
    sources.manifest =
        write("render.yaml", "services:\n"
                             "  - type: web\n    name: api\n    runtime: docker\n    envVars:\n"
                             "      - key: MODE\n        value: prod\n"
                             "      - key: JWT_SECRET\n        generateValue: true\n"
                             "      - key: ASKED\n        sync: false\n"
                             "      - key: DATABASE_URL\n        fromDatabase: {name: db, property: connectionString}\n"
                             "      - fromGroup: shared\n"
                             "  - type: web\n    name: other\n    runtime: docker\n    envVars:\n"
                             "      - key: X\n        value: y\n"
                             "envVarGroups:\n  - name: shared\n    envVars:\n      - key: G\n        value: g\n");
    QVERIFY(!gatherEnvironment(sources)); // two services
    sources.service = s("nobody");
    QVERIFY(!gatherEnvironment(sources));
    sources.service = s("api");
    sources.files = {write("more", "MODE=dev\nNEW=1\n")};
    const Result<EnvironmentSet> set = gatherEnvironment(sources);
    QVERIFY2(set.has_value(), set ? "" : qPrintable(set.error().toString()));
    QMap<QString, QString> shown;
    for (const EnvEntry &entry : set->entries)
        shown.insert(entry.name, entry.value ? *entry.value : s("? ") + entry.missing);
    QCOMPARE(shown.value(s("MODE")), s("dev"));
    QCOMPARE(shown.value(s("G")), s("g"));
    QCOMPARE(shown.value(s("NEW")), s("1"));
    QCOMPARE(shown.value(s("JWT_SECRET")), s("? the platform makes a random value"));
    QCOMPARE(shown.value(s("ASKED")), s("? a person gives it on the platform"));
    QCOMPARE(shown.value(s("DATABASE_URL")), s("? the platform takes it from the database db"));
    QCOMPARE(shown.size(), 6);
    EnvSources fly;
    fly.manifest = write("fly.toml", "app = 'a'\n[env]\nMODE = 'x'\n[processes]\nweb = 'a'\nworker = 'b'\n");
    const Result<EnvironmentSet> flySet = gatherEnvironment(fly);
    QVERIFY2(flySet.has_value(), flySet ? "" : qPrintable(flySet.error().toString()));
    QCOMPARE(flySet->entries.size(), 1);
}

void EnvDocumentTest::corpus()
{
    const QDir corpus(s(SOURCE_DIR "/../shared/data/corpus/env"));
    const QDir fixtures(s(SOURCE_DIR "/../shared/data/dotenv"));
    if (!corpus.exists() || !fixtures.exists())
        QSKIP("real files lie beside the repository, and are not here");
    QStringList files;
    for (const QString &name : corpus.entryList(QDir::Files))
        files.append(corpus.filePath(name));
    for (const char *name :
         {"compose-go/dotenv/fixtures", "godotenv/fixtures", "motdotla-dotenv/tests", "dotenv-expand/tests"}) {
        const QDir folder(fixtures.filePath(s(name)));
        for (const QString &file : folder.entryList(QDir::Files | QDir::Hidden))
            files.append(folder.filePath(file));
    }
    QVERIFY(files.size() > 50);
    int variables = 0;
    for (const QString &path : files) {
        const Result<EnvFile> file = readEnvFile(path);
        QVERIFY2(file.has_value(), qPrintable(path));
        QCOMPARE(joined(EnvDocument::parse(file->text)), file->text);
        for (const EnvDialect dialect : allEnvDialects())
            readEnv(file->text, dialect);
        EnvSources sources;
        sources.files = {path};
        const Result<EnvironmentSet> set = gatherEnvironment(sources);
        QVERIFY2(set.has_value(), qPrintable(path));
        variables += int(set->entries.size());
        ExportOptions options;
        options.withSecrets = true;
        options.skipRefused = true;
        for (const ExportTarget target : allExportTargets()) {
            const Result<EnvExport> exported = exportEnvironment(set->entries, target, options);
            QVERIFY2(exported.has_value(), qPrintable(path + s(" ") + exportTargetId(target)));
        }
    }
    QVERIFY2(variables > 500, qPrintable(QString::number(variables)));
}

QTEST_GUILESS_MAIN(EnvDocumentTest)
#include "tst_envdocument.moc"
