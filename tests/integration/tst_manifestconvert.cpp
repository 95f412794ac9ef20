// SPDX-License-Identifier: GPL-3.0-or-later
// manifest convert, as a person or a pipeline runs it: files, loss.json, exit statuses, and real projects' manifests
// held against the rules of their target.
#include "tests/support/cli.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const QString dataFolder = s(SOURCE_DIR "/../shared/data/");

const QByteArray blueprint = "services:\n"
                             "  - type: web\n"
                             "    name: api\n"
                             "    runtime: docker\n"
                             "    healthCheckPath: /health\n"
                             "    autoDeploy: true\n";

/// What is wrong with the written files of a folder, by the rules of their target.
QString wrongIn(const QString &target, const QString &folder, const QString &schema = {})
{
    QProcess python;
    python.start(s("/usr/bin/python3"), {s(SOURCE_DIR "/tests/support/manifest_rules.py"), target, folder,
                                         schema.isEmpty() ? s("-") : schema});
    if (!python.waitForFinished(60'000))
        return s("the check did not end");
    return python.exitCode() == 0 ? QString()
                                  : QString::fromUtf8(python.readAllStandardOutput() + python.readAllStandardError());
}

} // namespace

class ManifestConvertTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void writesAndReports();
    void strictFails();
    void badOptions_data();
    void badOptions();
    void badFiles_data();
    void badFiles();
    void brokenSourceWritesNothing();
    void keepsWhatIsThere();
    void foldersThatCannotBeWritten();
    void describesNothing();
    void realFilesAreValid_data();
    void realFilesAreValid();

private:
    QString write(const char *name, const QByteArray &text);
    QString path(const char *name) const { return m_folder->filePath(s(name)); }
    QByteArray contents(const char *name) const;
    CliResult convert(const QStringList &arguments);

    std::unique_ptr<QTemporaryDir> m_folder;
};

void ManifestConvertTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

QString ManifestConvertTest::write(const char *name, const QByteArray &text)
{
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("%s cannot be written", name);
    return file.fileName();
}

QByteArray ManifestConvertTest::contents(const char *name) const
{
    QFile file(path(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

CliResult ManifestConvertTest::convert(const QStringList &arguments)
{
    return runCli(QStringList{s("manifest"), s("convert")} + arguments);
}

void ManifestConvertTest::writesAndReports()
{
    const QString file = write("render.yaml", blueprint);
    const CliResult result = convert({file, s("--to"), s("fly"), s("--out"), path("out"), s("--format"), s("json")});
    QVERIFY2(result.status == 0, qPrintable(result.err));
    QCOMPARE(validate(s("manifest-convert"), result.out.toUtf8()), QString());
    QCOMPARE(contents("out/loss.json"), result.out.toUtf8());
    QVERIFY(contents("out/fly.toml").contains("kill_signal = 'SIGTERM'"));
    QCOMPARE(wrongIn(s("fly"), path("out")), QString());
    int lost = 0;
    for (const QJsonValue fate : result.json()[s("loss")].toArray()) {
        if (fate[s("outcome")].toString() != s("not-translated"))
            continue;
        ++lost;
        QCOMPARE(fate[s("key")].toString(), s("services[0].autoDeploy"));
        QCOMPARE(fate[s("line")].toInt(), 6);
        QCOMPARE(fate[s("file")].toString(), file);
    }
    QCOMPARE(lost, 1);
    const CliResult text = convert({file, s("--to"), s("fly"), s("--out"), path("out")});
    QCOMPARE(text.status, 0);
    QVERIFY2(text.out.contains(s("render.yaml:6:17: not-translated: services[0].autoDeploy")), qPrintable(text.out));
    QVERIFY(text.out.contains(s("added: fly.toml: kill_timeout = 30s")));
}

void ManifestConvertTest::strictFails()
{
    const QString file = write("render.yaml", blueprint);
    const CliResult result = convert({file, s("--to"), s("fly"), s("--out"), path("out"), s("--strict")});
    QCOMPARE(result.status, 1);
    QVERIFY(contents("out/fly.toml").size() > 0);
    const QString whole = write("fly.toml", "app = 'a'\nkill_signal = 'SIGTERM'\n[http_service]\ninternal_port = 80\n");
    QCOMPARE(convert({whole, s("--to"), s("render"), s("--out"), path("whole"), s("--strict")}).status, 0);
}

void ManifestConvertTest::badOptions_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("no file") << QStringList{s("--to"), s("fly"), s("--out"), s("x")} << s("no manifest is named");
    QTest::newRow("no target") << QStringList{s("FILE"), s("--out"), s("x")} << s("target is missing");
    QTest::newRow("unknown") << QStringList{s("FILE"), s("--to"), s("heroku"), s("--out"), s("x")} << s("\"heroku\"");
    QTest::newRow("no folder") << QStringList{s("FILE"), s("--to"), s("fly")} << s("--out DIR");
}

void ManifestConvertTest::badOptions()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const QString file = write("render.yaml", blueprint);
    arguments.replaceInStrings(s("FILE"), file);
    arguments.replaceInStrings(s("x"), path("x"));
    const CliResult result = convert(arguments);
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
    QVERIFY(!QFile::exists(path("x")));
}

void ManifestConvertTest::badFiles_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("says");
    QTest::newRow("YAML") << QByteArray("render.yaml") << QByteArray("services:\n  - a: [\n") << s("render.yaml:3:");
    QTest::newRow("TOML") << QByteArray("fly.toml") << QByteArray("app = 'a'\n[env\n") << s("fly.toml:2:");
    QTest::newRow("JSON") << QByteArray("vercel.json") << QByteArray("{\"a\": }\n") << s("vercel.json:1:");
    QTest::newRow("tab") << QByteArray("render.yaml") << QByteArray("services:\n\t- a\n") << s(":2:");
    QTest::newRow("documents") << QByteArray("render.yaml") << blueprint + QByteArray("---\n") + blueprint << s(":7:");
    QTest::newRow("twice") << QByteArray("render.yaml") << QByteArray("services: []\nservices: []\n") << s(":2:");
    QByteArray bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        const QByteArray last = "*a" + QByteArray::number(i - 1);
        bomb += "a" + QByteArray::number(i) + ": &a" + QByteArray::number(i) + " [" +
                QByteArrayList(9, last).join(", ") + "]\n";
    }
    QTest::newRow("bomb") << QByteArray("render.yaml") << bomb << s("render.yaml:");
    QTest::newRow("10 MB") << QByteArray("render.yaml") << "services:\n" + QByteArray(10 << 20, '#')
                           << s("render.yaml");
    QTest::newRow("not UTF-8") << QByteArray("fly.toml") << QByteArray("app = '\xff'\n") << s("fly.toml");
    QTest::newRow("empty") << QByteArray("render.yaml") << QByteArray() << s("render.yaml");
    QTest::newRow("a list") << QByteArray("render.yaml") << QByteArray("- a\n") << s("render.yaml:1:1");
}

void ManifestConvertTest::badFiles()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, text);
    QFETCH(QString, says);
    const CliResult result = convert({write(name.constData(), text), s("--to"), s("fly"), s("--out"), path("out")});
    QVERIFY2(result.status == 2, qPrintable(result.err + result.out));
    QVERIFY2(result.err.contains(says), qPrintable(result.err));
    QVERIFY(result.ms < 5'000);
    QVERIFY(!QFile::exists(path("out")));
}

void ManifestConvertTest::brokenSourceWritesNothing()
{
    const QString good = write("render.yaml", blueprint);
    const QString broken = write("fly.toml", "app = [\n");
    const CliResult result = convert({good, broken, s("--to"), s("compose"), s("--out"), path("out")});
    QCOMPARE(result.status, 2);
    QVERIFY(!QFile::exists(path("out")));
    // A value of the wrong type is said and lost; the rest goes over.
    const QString odd = write("odd.toml", "app = 'a'\n[http_service]\ninternal_port = 'http'\n");
    const CliResult some = convert({odd, s("--to"), s("render"), s("--out"), path("some")});
    QCOMPARE(some.status, 0);
    QVERIFY2(some.err.contains(s("odd.toml:3:")), qPrintable(some.err));
    QVERIFY(contents("some/render.yaml").contains("name: a\n"));
}

void ManifestConvertTest::keepsWhatIsThere()
{
    const QString file = write("fly.toml", "app = 'a'\n[http_service]\ninternal_port = 80\n");
    const QByteArray before = contents("fly.toml");
    const CliResult source = convert({file, s("--to"), s("fly"), s("--out"), m_folder->path()});
    QCOMPARE(source.status, 2);
    QVERIFY2(source.err.contains(s("one of the sources")), qPrintable(source.err));
    QCOMPARE(contents("fly.toml"), before);

    const QString mine = write("render.yaml", blueprint);
    const CliResult there = convert({file, s("--to"), s("render"), s("--out"), m_folder->path()});
    QCOMPARE(there.status, 2);
    QVERIFY2(there.err.contains(s("--force")), qPrintable(there.err));
    QCOMPARE(contents("render.yaml"), blueprint);
    QVERIFY(!QFile::exists(path("loss.json")));
    QCOMPARE(convert({file, s("--to"), s("render"), s("--out"), m_folder->path(), s("--force")}).status, 0);
    QVERIFY(contents("render.yaml").contains("written by Switchyard"));
    // What a conversion wrote, the next one replaces.
    write("fly.toml", "app = 'b'\n[http_service]\ninternal_port = 80\n");
    QCOMPARE(convert({file, s("--to"), s("render"), s("--out"), m_folder->path()}).status, 0);
    QVERIFY(contents("render.yaml").contains("name: b\n"));
}

void ManifestConvertTest::foldersThatCannotBeWritten()
{
    const QString file = write("fly.toml", "app = 'a'\n[http_service]\ninternal_port = 80\n");
    const auto refused = [&](const QString &folder) {
        const CliResult result = convert({file, s("--to"), s("render"), s("--out"), folder});
        return (result.status == 1 || result.status == 2) && result.err.contains(folder.section(QLatin1Char('/'), 0, 2))
                   ? QString()
                   : result.err + QString::number(result.status);
    };
    QCOMPARE(refused(write("file", "x")), QString());
    QCOMPARE(refused(s("/proc/switchyard")), QString());
    if (::geteuid() != 0)
        return;
    // A disk with room for one of the two files: neither is left.
    const QString mount = path("small");
    QDir().mkpath(mount);
    if (QProcess::execute(s("mount"), {s("-t"), s("tmpfs"), s("-o"), s("size=4k"), s("tmpfs"), mount}) != 0)
        return;
    const CliResult full = convert({file, s("--to"), s("render"), s("--out"), mount});
    const QStringList left = QDir(mount).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    QProcess::execute(s("umount"), {mount});
    QVERIFY2(full.status != 0 && full.err.contains(s("small")), qPrintable(full.err));
    QCOMPARE(left, QStringList());
}

void ManifestConvertTest::describesNothing()
{
    const QString previews = write("render.yaml", "previews: {generation: off}\n");
    const CliResult none = convert({previews, s("--to"), s("fly"), s("--out"), path("out")});
    QCOMPARE(none.status, 2);
    QVERIFY2(none.err.contains(s("describes no service")), qPrintable(none.err));
    QVERIFY(!QFile::exists(path("out")));
    const QString site = write("vercel.json", "{\"outputDirectory\": \"dist\"}\n");
    const CliResult cannot = convert({site, s("--to"), s("fly"), s("--out"), path("out"), s("--format"), s("json")});
    QCOMPARE(cannot.status, 1);
    QCOMPARE(cannot.json()[s("counts")][s("not-translated")].toInt(), 1);
    QVERIFY(QFile::exists(path("out/loss.json")));
}

void ManifestConvertTest::realFilesAreValid_data()
{
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("schema");
    QTest::newRow("render") << s("render") << dataFolder + s("render/blueprint.schema.json");
    QTest::newRow("fly") << s("fly") << QString();
    QTest::newRow("compose") << s("compose") << QString();
    QTest::newRow("vercel") << s("vercel") << dataFolder + s("vercel/vercel.schema.json");
}

void ManifestConvertTest::realFilesAreValid()
{
    QFETCH(QString, target);
    QFETCH(QString, schema);
    if (!QFile::exists(dataFolder))
        QSKIP("the real-world files lie beside the repository, and are not here");
    int count = 0;
    int converted = 0;
    // A third of the files, so that the run stays short; tst_convert takes every one of them.
    for (const char *folder : {"corpus/render", "corpus/fly", "fly/appconfig-testdata", "corpus/fly-fixtures",
                               "corpus/vercel", "corpus/vercel-fixtures", "corpus/dockerfile"}) {
        QDirIterator it(dataFolder + s(folder), QDir::Files, QDirIterator::Subdirectories);
        while (it.hasNext()) {
            const QString file = it.next();
            if (++count % 3 != 0)
                continue;
            const CliResult result =
                convert({file, s("--to"), target, s("--out"), path(qPrintable(s("all/%1").arg(count)))});
            QVERIFY2(result.status >= 0 && result.status <= 2, qPrintable(file + result.err));
            converted += result.status == 0 ? 1 : 0;
        }
    }
    QVERIFY2(converted > 10, qPrintable(QString::number(converted)));
    qInfo("%d of %d files converted to %s", converted, count / 3, qPrintable(target));
    QCOMPARE(wrongIn(target, path("all"), schema), QString());
}

QTEST_GUILESS_MAIN(ManifestConvertTest)
#include "tst_manifestconvert.moc"
