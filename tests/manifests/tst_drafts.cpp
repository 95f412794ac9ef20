// SPDX-License-Identifier: GPL-3.0-or-later
// What the Manifests tab stands on, without a window: drafts, places in the target, and what writing would change.
#include "models/common/files.h"
#include "models/manifests/drafts.h"
#include "models/manifests/filechanges.h"
#include "models/manifests/manifestset.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char flyText[] = "app = 'shop'\n[env]\n  A = '1'\n[http_service]\n  internal_port = 8000\n";

} // namespace

class TestDrafts : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsText();
    void findsManifestsOfAFolder();
    void convertsOnlyWhatTakesPart();
    void brokenDraftStopsTheConversion();
    void scriptsOfABlueprint();
    void findsPlacesInTheTarget_data();
    void findsPlacesInTheTarget();
    void commentsNameTheirKeys();
    void tellsWhatWritingWouldChange();
};

void TestDrafts::readsText()
{
    const auto fly = readManifestText(s("/nowhere/fly.toml"), flyText);
    QVERIFY(fly.has_value());
    QVERIFY(fly->manifest.format == ManifestFormat::Fly);
    QCOMPARE(fly->manifest.document.find(u"app")->text, s("shop"));
    QCOMPARE(fly->manifest.document.find(u"app")->place.file, s("/nowhere/fly.toml"));
    const auto broken = readManifestText(s("fly.toml"), "app = \n");
    QVERIFY(!broken);
    QCOMPARE(broken.error().place.line, 1);
    QVERIFY(!readManifestText(s("picture.png"), "x"));
    const auto docker = readManifestText(s("Dockerfile"), "FROM scratch\n");
    QVERIFY(docker && docker->text == "FROM scratch\n");
}

void TestDrafts::findsManifestsOfAFolder()
{
    const QTemporaryDir folder;
    QVERIFY(manifestsIn(folder.path()).isEmpty());
    for (const char *name : {"fly.toml", "Dockerfile", "notes.toml", "package.json"})
        QVERIFY(writeFileAtomically(folder.filePath(s(name)), "x"));
    QVERIFY(QDir(folder.path()).mkdir(s("Procfile")));
    QCOMPARE(manifestsIn(folder.path()),
             (QStringList{folder.filePath(s("fly.toml")), folder.filePath(s("Dockerfile"))}));
    QVERIFY(manifestsIn(folder.filePath(s("nowhere"))).isEmpty());
}

void TestDrafts::convertsOnlyWhatTakesPart()
{
    ManifestDraft fly{s("fly.toml"), flyText, {}, true};
    ManifestDraft other{s("other.toml"), "app = 'second'\n", {}, false};
    DraftReading reading = readDrafts({fly, other}, ConvertTarget::Render);
    QVERIFY(reading.conversion);
    QVERIFY(!reading.broken && reading.problems.isEmpty());
    QCOMPARE(reading.conversion->written.files.size(), 1);
    QVERIFY(!reading.conversion->written.files.first().text.contains("second"));
    for (const KeyFate &fate : reading.conversion->loss)
        QCOMPARE(fate.place.file, s("fly.toml"));
    // It is linted all the same.
    QVERIFY(std::any_of(reading.findings.cbegin(), reading.findings.cend(),
                        [](const Finding &finding) { return finding.place.file == s("other.toml"); }));
    fly.convert = false;
    reading = readDrafts({fly, other}, ConvertTarget::Render);
    QVERIFY(!reading.conversion);
    QVERIFY(!reading.broken);
    QVERIFY(!reading.findings.isEmpty());
    QVERIFY(readDrafts({}, ConvertTarget::Fly).findings.isEmpty());
}

void TestDrafts::brokenDraftStopsTheConversion()
{
    const ManifestDraft fly{s("fly.toml"), flyText, {}, true};
    ManifestDraft broken{s("compose.yaml"), "services:\n  a: [\n", {}, true};
    DraftReading reading = readDrafts({fly, broken}, ConvertTarget::Render);
    QVERIFY(reading.broken);
    QVERIFY(!reading.conversion);
    QCOMPARE(reading.problems.size(), 1);
    QCOMPARE(reading.problems.first().place.file, s("compose.yaml"));
    QVERIFY(reading.problems.first().place.line > 0);
    // The rest of the set is still linted.
    QVERIFY(!reading.findings.isEmpty());
    // One that takes no part stops nothing.
    broken.convert = false;
    reading = readDrafts({fly, broken}, ConvertTarget::Render);
    QVERIFY(!reading.broken && reading.conversion);
    QCOMPARE(reading.problems.size(), 1);
}

/// What lies beside a manifest is read from the disk once, and linted with each draft of it.
void TestDrafts::scriptsOfABlueprint()
{
    QTemporaryDir folder;
    const auto write = [&folder](const QString &name, const QByteArray &text) {
        QFile file(folder.filePath(name));
        return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
    };
    const QByteArray blueprint = "services:\n"
                                 "  - {type: web, name: api, runtime: python, buildCommand: ./build.sh ../other.sh}\n";
    QVERIFY(write(QStringLiteral("render.yaml"), blueprint));
    QVERIFY(write(QStringLiteral("build.sh"), "alembic upgrade head\n"));
    const QString file = folder.filePath(QStringLiteral("render.yaml"));
    const Result<LintSubject> subject = readManifestText(file, blueprint);
    QVERIFY(subject);
    const QMap<QString, QByteArray> scripts = scriptTextsOf(*subject);
    QCOMPARE(scripts.keys(), QStringList{QStringLiteral("build.sh")});
    const auto rules = [&](const ManifestDraft &draft) {
        QStringList all;
        for (const Finding &finding : readDrafts({draft}, ConvertTarget::Fly).findings)
            all.append(finding.rule);
        return all;
    };
    ManifestDraft draft{file, blueprint, {}, true};
    QVERIFY(!rules(draft).contains(QStringLiteral("any/migrations-in-build")));
    draft.scripts = scripts;
    QVERIFY(rules(draft).contains(QStringLiteral("any/migrations-in-build")));
    // A large one is no build script.
    QVERIFY(write(QStringLiteral("build.sh"), "alembic upgrade head\n" + QByteArray(70'000, '#')));
    QVERIFY(scriptTextsOf(*subject).isEmpty());
}

void TestDrafts::findsPlacesInTheTarget_data()
{
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("line");
    QTest::newRow("key") << s("fly.toml: http_service.internal_port") << s("fly.toml") << 5;
    QTest::newRow("table") << s("fly.toml: http_service") << s("fly.toml") << 4;
    QTest::newRow("what is nearest above it") << s("fly.toml: http_service.checks[0].path") << s("fly.toml") << 4;
    QTest::newRow("first of several") << s("fly.toml: env.A, app") << s("fly.toml") << 3;
    QTest::newRow("unknown key") << s("fly.toml: vm.size") << s("fly.toml") << 0;
    QTest::newRow("whole file") << s("fly.toml") << s("fly.toml") << 0;
    QTest::newRow("another file") << s("render.yaml: services[0].name") << s("render.yaml") << 3;
    QTest::newRow("entry by its name") << s("render.yaml: services[0].envVars.B") << s("render.yaml") << 6;
    QTest::newRow("no tree") << s(".env.example: TOKEN") << s(".env.example") << 2;
    QTest::newRow("file that is not there") << s("vercel.json: regions") << QString() << 0;
    QTest::newRow("a command, named in a comment") << s("fly secrets: SECRET_KEY") << s("fly.toml") << 7;
    QTest::newRow("only part of a word") << s("fly secrets: SECRET") << QString() << 0;
    QTest::newRow("nowhere") << QString() << QString() << 0;
}

void TestDrafts::findsPlacesInTheTarget()
{
    QFETCH(QString, target);
    const TargetPlaces places(
        {{s("fly.toml"), QByteArray(flyText) + "# fly secrets import: MY_SECRET_KEY\n# and SECRET_KEY, TOKEN_2\n"},
         {s("render.yaml"), "services:\n  - type: web\n    name: a\n    envVars:\n      - {key: A, value: 1}\n"
                            "      - key: B\n        value: 2\n"},
         {s(".env.example"), "# to fill in\nTOKEN=\n"}});
    const Place place = places.find(target);
    QTEST(place.file, "file");
    QTEST(place.line, "line");
}

void TestDrafts::commentsNameTheirKeys()
{
    KeyFate lost;
    lost.key = s("vm.gpus");
    lost.reason = s("there are no GPUs");
    KeyFate mapped = lost;
    mapped.outcome = KeyOutcome::Mapped;
    mapped.key = s("app");
    mapped.reason = s("the name");
    const WrittenFile file{s("render.yaml"),
                           "# the name\n# not carried over: there are no GPUs\nservices: # there are no GPUs\n"};
    const QList<LossComment> comments = lossComments(file, {mapped, lost});
    QCOMPARE(comments.size(), 1);
    QCOMPARE(comments.first().line, 2);
    QCOMPARE(comments.first().keys, QStringList{s("vm.gpus")});
}

void TestDrafts::tellsWhatWritingWouldChange()
{
    const QTemporaryDir folder;
    QVERIFY(writeFileAtomically(folder.filePath(s("same")), "a\n"));
    QVERIFY(writeFileAtomically(folder.filePath(s("other")), "a\nb\n"));
    QVERIFY(writeFileAtomically(folder.filePath(s("empty")), ""));
    QVERIFY(QDir(folder.path()).mkdir(s("taken")));
    QVERIFY(QFile::link(folder.filePath(s("nowhere")), folder.filePath(s("dangling"))));
    const QList<FileChange> changes = fileChanges(folder.path(), {{s("same"), "a\n"},
                                                                  {s("other"), "a\nc\n"},
                                                                  {s("below/new"), "n\n"},
                                                                  {s("empty"), "e\n"},
                                                                  {s("taken"), "t\n"},
                                                                  {s("dangling"), "d\n"}});
    QStringList kinds;
    for (const FileChange &change : changes)
        kinds.append(fileChangeName(change.kind));
    QCOMPARE(kinds, (QStringList{s("same"), s("changed"), s("new"), s("changed"), s("refused"), s("refused")}));
    QVERIFY(changes[0].diff.isEmpty());
    QVERIFY(changes[1].diff.contains("\n a\n-b\n+c\n"));
    QVERIFY(changes[2].diff.contains("new file"));
    QVERIFY(!changes[3].diff.contains("new file") && changes[3].diff.contains("+e\n"));
    QVERIFY(!changes[4].error.message.isEmpty());
    QVERIFY(!QFileInfo::exists(folder.filePath(s("below"))));
}

QTEST_GUILESS_MAIN(TestDrafts)
#include "tst_drafts.moc"
