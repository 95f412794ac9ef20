// SPDX-License-Identifier: GPL-3.0-or-later
// env export, as a person or a pipeline runs it.
#include "tests/support/cli.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char canary[] = "kanarienvogel-4711";

} // namespace

class EnvExportCliTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void fromTheWorkspace();
    void everyTarget_data();
    void everyTarget();
    void secretsInFiles();
    void refused();
    void badInput_data();
    void badInput();
    void unreadable();
    void hugeFile();
    void choices();
    void readAs();

private:
    QString write(const char *name, const QByteArray &text);
    QByteArray read(const QString &name) const;
    CliResult run(const QStringList &arguments);

    QTemporaryDir m_folder;
};

QString EnvExportCliTest::write(const char *name, const QByteArray &text)
{
    QFile file(m_folder.filePath(s(name)));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        return {};
    return file.fileName();
}

QByteArray EnvExportCliTest::read(const QString &name) const
{
    QFile file(m_folder.filePath(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

CliResult EnvExportCliTest::run(const QStringList &arguments)
{
    CliOptions options;
    options.cwd = m_folder.path();
    return runCli(QStringList{s("env"), s("export")} + arguments, options);
}

void EnvExportCliTest::initTestCase()
{
    QVERIFY(!write("switchyard.toml",
                   "schema = 1\nname = \"T\"\n"
                   "[[component]]\nname = \"api\"\n"
                   "[[backend]]\nname = \"fly\"\ncomponent = \"api\"\nplatform = \"fly\"\nrole = \"source\"\n"
                   "url = \"https://a.fly.dev\"\nenv = [\".env\", \".env.production\"]\n"
                   "[[backend]]\nname = \"render\"\ncomponent = \"api\"\nplatform = \"render\"\nrole = \"target\"\n"
                   "url = \"https://a.onrender.com\"\nmanifest = \"render.yaml\"\nservice = \"api\"\n"
                   "env = [\".env.production\"]\n")
                 .isEmpty());
    write(".env", "MODE=dev\nPORT=8000\nGREETING='hello # world'\n");
    write(".env.production",
          QByteArray("MODE=production\nAPI_TOKEN=") + canary + "\nDATABASE_URL=postgres://u:" + canary + "@db/x\n");
    write("render.yaml", "services:\n  - type: web\n    name: api\n    runtime: docker\n    envVars:\n"
                         "      - key: MODE\n        value: manifest\n      - key: ONLY_HERE\n        value: \"1\"\n"
                         "      - key: ASKED\n        sync: false\n");
}

void EnvExportCliTest::fromTheWorkspace()
{
    const CliResult fly = run({s("--backend"), s("fly"), s("--to"), s("dotenv")});
    QVERIFY2(fly.status == 0, qPrintable(fly.err));
    QCOMPARE(fly.out,
             s("# API_TOKEN: a secret, left out\n# DATABASE_URL: a secret, left out\nMODE=production\nPORT=8000\n"
               "GREETING='hello # world'\n"));
    QVERIFY2(fly.err.contains(s("MODE: from .env.production:1:1, before .env:1:1")), qPrintable(fly.err));
    QVERIFY(fly.err.contains(s("--with-secrets")));
    QVERIFY(!(fly.out + fly.err).contains(s(canary)));
    // Without --backend: the target. Its manifest comes before its files.
    const CliResult target = run({s("--to"), s("dotenv"), s("--quiet")});
    QCOMPARE(target.status, 0);
    QVERIFY2(target.out.contains(s("MODE=production\nONLY_HERE=1\n")), qPrintable(target.out));
    QVERIFY(target.out.contains(s("# ASKED: a person gives it on the platform")));
    QCOMPARE(target.err, QString());
    const CliResult json = run({s("--to"), s("fly-secrets"), s("--format"), s("json")});
    QCOMPARE(json.status, 0);
    QCOMPARE(validate(s("env-export"), json.out.toUtf8()), QString());
    QVERIFY(!(json.out + json.err).contains(s(canary)));
    QCOMPARE(json.json()[s("written")].toArray().size(), 2);
    QCOMPARE(json.json()[s("left_out")].toArray().size(), 3);
}

void EnvExportCliTest::everyTarget_data()
{
    QTest::addColumn<QString>("target");
    for (const char *target : {"dotenv", "render", "fly-secrets", "docker", "compose", "systemd", "kubernetes",
                               "github", "vercel", "heroku", "env-example"})
        QTest::newRow(target) << s(target);
}

void EnvExportCliTest::everyTarget()
{
    QFETCH(QString, target);
    const QStringList base{s("--backend"), s("fly"), s("--to"), target};
    const CliResult without = run(base);
    QVERIFY2(without.status == 0, qPrintable(without.err));
    QVERIFY(!(without.out + without.err).contains(s(canary)));
    QVERIFY(without.out.contains(s("PORT")) &&
            without.out.contains(target == s("env-example") ? s("MODE=") : s("production")));
    const CliResult json = run(base + QStringList{s("--with-secrets"), s("--format"), s("json")});
    QCOMPARE(json.status, 0);
    QCOMPARE(validate(s("env-export"), json.out.toUtf8()), QString());
    const bool example = target == s("env-example");
    QCOMPARE(json.json()[s("text")].toString().contains(s(canary)), !example);
    QCOMPARE(json.json()[s("private")].toBool(), !example);
    QVERIFY(!json.err.contains(s(canary)));
}

void EnvExportCliTest::secretsInFiles()
{
    const QString path = m_folder.filePath(s("out.env"));
    const QStringList base{s("--backend"), s("fly"), s("--to"), s("dotenv"), s("--out"), s("out.env")};
    QCOMPARE(run(base).status, 0);
    QVERIFY(!read(s("out.env")).contains(canary));
    const QFile::Permissions others = QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther;
    QVERIFY(QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup | QFile::ReadOther));
    const CliResult with = run(base + QStringList{s("--with-secrets")});
    QVERIFY2(with.status == 0 && with.out.isEmpty(), qPrintable(with.err));
    QVERIFY(with.err.contains(s("mode 0600")) && !with.err.contains(s(canary)));
    QVERIFY(read(s("out.env")).contains(canary));
    QCOMPARE(QFileInfo(path).permissions() & others, QFile::Permissions());
    // A file that could not be written leaves the old one.
    const CliResult nowhere = run({s("--backend"), s("fly"), s("--to"), s("dotenv"), s("--out"), s("out.env/x")});
    QCOMPARE(nowhere.status, 2);
    QCOMPARE(QDir(m_folder.path()).entryList({s("out.env*")}, QDir::Files).size(), 1);
}

void EnvExportCliTest::refused()
{
    const QString file = write("lines.env", "GOOD=1\nKEY_PEM=\"a\\nb\"\nGITHUB_X=1\n");
    const CliResult docker =
        run({s("--from"), file, s("--to"), s("docker"), s("--with-secrets"), s("--out"), s("no.env")});
    QCOMPARE(docker.status, 1);
    QVERIFY2(docker.err.contains(s("lines.env:2:1: KEY_PEM cannot go there: a line break")), qPrintable(docker.err));
    QVERIFY(!QFile::exists(m_folder.filePath(s("no.env"))));
    const CliResult rest = run({s("--from"), file, s("--to"), s("docker"), s("--with-secrets"), s("--skip-refused"),
                                s("--out"), s("rest.env")});
    QCOMPARE(rest.status, 1);
    QCOMPARE(read(s("rest.env")), QByteArray("GOOD=1\nGITHUB_X=1\n"));
    const CliResult github = run({s("--from"), file, s("--to"), s("github"), s("--format"), s("json")});
    QCOMPARE(github.status, 1);
    QCOMPARE(validate(s("env-export"), github.out.toUtf8()), QString());
    QCOMPARE(github.json()[s("refused")].toArray().size(), 1);
    QCOMPARE(github.json()[s("text")].toString(), QString());
}

void EnvExportCliTest::badInput_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("said");
    QTest::addColumn<int>("status");
    QTest::newRow("Latin-1") << QByteArray("A=b\nB=caf\xE9\n") << s(":2:6: a byte that is not UTF-8") << 2;
    QTest::newRow("NUL") << QByteArray("A=b\nB=\0\n", 8) << s(":2:3: a NUL byte") << 2;
    QTest::newRow("UTF-16") << QByteArray("\xFF\xFE"
                                          "A\0",
                                          4)
                            << s("UTF-16") << 2;
    QTest::newRow("open quote") << QByteArray("A=b\nB=\"c\nD=e\n") << s(":2:3: problem: a quote that does not end")
                                << 0;
    QTest::newRow("mojibake") << QByteArray("A=caf\xC3\x83\xC2\xA9\n") << s(":1:6: mojibake") << 0;
    QTest::newRow("mark") << QByteArray("\xEF\xBB\xBF"
                                        "A=b\n")
                          << s(":1:1: byte-order-mark") << 0;
    QTest::newRow("CR LF") << QByteArray("A=b\r\n") << s(":1:4: line-breaks") << 0;
    QTest::newRow("duplicate") << QByteArray("A=b\nA=c\n") << s(":2:1: duplicate: A stands in line 1") << 0;
    QTest::newRow("empty") << QByteArray() << QString() << 0;
}

void EnvExportCliTest::badInput()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, said);
    QFETCH(int, status);
    const CliResult result = run({s("--from"), write("bad.env", text), s("--to"), s("dotenv")});
    QVERIFY2(result.status == status && result.err.contains(said), qPrintable(result.err));
}

void EnvExportCliTest::unreadable()
{
    const auto failing = [&](const QStringList &arguments, const QString &said) {
        const CliResult result = run(arguments);
        if (result.status == 2 && result.err.contains(said) && result.out.isEmpty())
            return true;
        qWarning("%d %s", result.status, qPrintable(result.err));
        return false;
    };
    QVERIFY(failing({s("--from"), s("none.env"), s("--to"), s("dotenv")}, s("there is no file")));
    QVERIFY(failing({s("--from"), m_folder.path(), s("--to"), s("dotenv")}, s("not a regular file")));
    QVERIFY(failing({s("--from"), s("/dev/zero"), s("--to"), s("dotenv")}, s("not a regular file")));
    QVERIFY(failing({s("--manifest"), write("fly.toml", "app = \n"), s("--to"), s("dotenv")}, s("fly.toml:1")));
    QVERIFY(failing({s("--manifest"), s("render.yaml"), s("--service"), s("nobody"), s("--to"), s("dotenv")},
                    s("no service nobody")));
    if (::geteuid() != 0) {
        const QString file = write("closed.env", "A=b\n");
        QVERIFY(QFile::setPermissions(file, QFile::Permissions()));
        QVERIFY(failing({s("--from"), file, s("--to"), s("dotenv")}, s("closed.env")));
    }
}

void EnvExportCliTest::hugeFile()
{
    QFile file(m_folder.filePath(s("huge.env")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(qint64(1) << 30));
    file.close();
    const CliResult result = run({s("--from"), file.fileName(), s("--to"), s("dotenv")});
    QCOMPARE(result.status, 2);
    QVERIFY2(result.err.contains(s("1073741824 bytes")), qPrintable(result.err));
    QVERIFY(result.ms < 5'000);
    QVERIFY(file.remove());
}

void EnvExportCliTest::choices()
{
    QCOMPARE(run({s("--to"), s("nowhere")}).status, 2);
    QVERIFY(run({s("--to"), s("nowhere")}).err.contains(s("fly-secrets")));
    QCOMPARE(run({}).status, 2);
    QCOMPARE(run({s("--backend"), s("nobody"), s("--to"), s("dotenv")}).status, 2);
    QCOMPARE(run({s("--backend"), s("fly"), s("--from"), s(".env"), s("--to"), s("dotenv")}).status, 2);
    CliOptions elsewhere;
    QTemporaryDir empty;
    elsewhere.cwd = empty.path();
    QCOMPARE(runCli({s("env"), s("export"), s("--to"), s("dotenv")}, elsewhere).status, 2);
}

void EnvExportCliTest::readAs()
{
    const QString file = write("as.env", "COLOR=a#b\n");
    const auto with = [&](const char *dialect) {
        return run({s("--from"), file, s("--to"), s("docker"), s("--read-as"), s(dialect)});
    };
    QCOMPARE(with("node-dotenv").out, s("COLOR=a\n"));
    QCOMPARE(with("python-dotenv").out, s("COLOR=a#b\n"));
    QVERIFY2(with("python-dotenv")
                 .err.contains(s("disagreement: COLOR is not read the same by node dotenv (# without quotes)")),
             qPrintable(with("python-dotenv").err));
    QCOMPARE(with("cobol").status, 2);
}

QTEST_GUILESS_MAIN(EnvExportCliTest)
#include "tst_envexport.moc"
