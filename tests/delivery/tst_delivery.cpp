// SPDX-License-Identifier: GPL-3.0-or-later
// The whole set for each of the sample migrations and both of their backends: complete, valid, without secrets unless
// asked for, written all or none.
#include "models/common/files.h"
#include "models/common/fileset.h"
#include "models/delivery/delivery.h"
#include "models/environment/dialects.h"
#include "models/environment/envsources.h"
#include "models/manifests/dockerfile.h"
#include "models/manifests/manifestset.h"
#include "models/platforms/platform.h"
#include "tests/delivery/repository.h"
#include "tests/support/cli.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>

#include <unistd.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const QString seedsFolder = s(SOURCE_DIR "/tests/fixtures/seeds/");

bool copyTree(const QString &from, const QString &to)
{
    QDirIterator it(from, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        const QString file = it.next();
        const QString path = to + file.mid(from.size());
        QDir().mkpath(QFileInfo(path).path());
        if (!QFile::copy(file, path))
            return false;
    }
    return true;
}

QStringList filesBelow(const QString &folder)
{
    QStringList all;
    QDirIterator it(folder, QDir::Files | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
    while (it.hasNext())
        all.append(QDir(folder).relativeFilePath(it.next()));
    all.sort();
    return all;
}

QString shellChecked(const QString &file)
{
    QProcess check;
    check.start(s("shellcheck"), {file});
    if (!check.waitForFinished(60'000) || check.exitStatus() != QProcess::NormalExit)
        return s("shellcheck did not run");
    return check.exitCode() == 0 ? QString() : QString::fromUtf8(check.readAllStandardOutput());
}

/// Errors that lint has to say of what was written here; the workspace's own manifest is as it is.
QStringList errorsOf(const Delivery &delivery, const QStringList &own)
{
    QStringList errors;
    for (const Finding &finding : delivery.findings) {
        if (finding.severity == Severity::Error && !own.contains(finding.place.file))
            errors.append(finding.place.toString() + s(": ") + finding.message);
    }
    return errors;
}

} // namespace

class DeliveryTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void seeds_data();
    void seeds();
    void withSecrets_data();
    void withSecrets();
    void variables_data();
    void variables();
    void converted_data();
    void converted();
    void command();
    void keepsWhatIsThere();
    void allOrNone();
    void badRequests();

private:
    void rows();
};

void DeliveryTest::rows()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QString>("backend");
    for (const char *seed : {"0-cryptovault", "1-cryptovault", "2-devskyy", "3-momentum", "4-casino"}) {
        for (const Backend &backend : workspaceOf(seedsFolder + s(seed)).backends)
            QTest::addRow("%s %s", seed, qPrintable(backend.name)) << s(seed) << backend.name;
    }
}

void DeliveryTest::seeds_data()
{
    rows();
}

void DeliveryTest::seeds()
{
    QFETCH(const QString, seed);
    QFETCH(const QString, backend);
    const QString from = seedsFolder + seed;
    const Workspace workspace = workspaceOf(from);
    const Result<Delivery> delivery = prepared(from, backend);
    QVERIFY2(delivery, qPrintable(delivery ? QString() : delivery.error().toString()));
    QTemporaryDir out;
    const QList<FileChange> changes = deliveryChanges(*delivery, out.path());
    const Result<void> written = writeDelivery(*delivery, out.path());
    QVERIFY2(written, qPrintable(written ? QString() : written.error().toString()));

    // What is said is what is there.
    QStringList paths;
    for (const DeliveryFile &file : delivery->files) {
        paths.append(file.path);
        QCOMPARE(contents(out.filePath(file.path)), file.text);
        QVERIFY2(!file.text.isEmpty() && !file.purpose.isEmpty(), qPrintable(file.path));
        if (file.mode != 0)
            QCOMPARE(fileMode(out.filePath(file.path)), file.mode);
        QVERIFY(!file.holdsSecrets);
    }
    paths.sort();
    QCOMPARE(filesBelow(out.path()), paths);
    for (const char *always : {".env.example", "verify-deployment.sh", "DELIVERY.md", "delivery.json"})
        QVERIFY2(paths.contains(s(always)), always);
    const Backend &target = *workspace.backend(backend);
    QCOMPARE(paths.contains(s("set-secrets.sh")), target.platform == s("fly"));

    // No secret, and lint is content with what is new.
    for (const QString &path : paths)
        QVERIFY2(!contents(out.filePath(path)).contains("canary"), qPrintable(path));
    for (const QString &text : delivery->notes)
        QVERIFY(!text.contains(s("canary")));
    QCOMPARE(errorsOf(*delivery, {target.manifest}), QStringList());
    for (const DeliveryFile &file : delivery->files) {
        if (file.path.endsWith(s(".sh")))
            QCOMPARE(shellChecked(out.filePath(file.path)), QString());
        if (file.kind == DeliveryKind::Manifest)
            QCOMPARE(file.text, contents(from + QLatin1Char('/') + target.manifest));
    }
    // The guide names every file, and the record every other one.
    const QByteArray guide = contents(out.filePath(s("DELIVERY.md")));
    for (const QString &path : paths)
        QVERIFY2(guide.contains('`' + path.toUtf8() + '`'), qPrintable(path));
    QCOMPARE(validate(s("delivery"), contents(out.filePath(s("delivery.json")))), QString());
    QCOMPARE(validate(s("manifest-export"), deliveryReport(*delivery, changes, out.path(), true)), QString());

    // The same once more changes nothing.
    for (const FileChange &change : deliveryChanges(*delivery, out.path()))
        QCOMPARE(change.kind, FileChange::Kind::Same);
    QVERIFY(writeDelivery(*delivery, out.path()));
}

void DeliveryTest::withSecrets_data()
{
    rows();
}

void DeliveryTest::withSecrets()
{
    QFETCH(const QString, seed);
    QFETCH(const QString, backend);
    const Result<Delivery> delivery = prepared(seedsFolder + seed, backend, true);
    QVERIFY2(delivery, qPrintable(delivery ? QString() : delivery.error().toString()));
    QTemporaryDir out;
    QVERIFY(writeDelivery(*delivery, out.path()));
    for (const DeliveryFile &file : delivery->files) {
        const bool canary = contents(out.filePath(file.path)).contains("canary");
        QVERIFY2(!canary || file.holdsSecrets, qPrintable(file.path));
        if (file.holdsSecrets)
            QCOMPARE(fileMode(out.filePath(file.path)), 0600);
    }
    QVERIFY(std::any_of(delivery->files.cbegin(), delivery->files.cend(),
                        [](const DeliveryFile &file) { return file.holdsSecrets; }));
    // Neither what is shown before nor what is reported holds them.
    const QList<FileChange> changes = deliveryChanges(*delivery, out.path() + s("/other"));
    for (const FileChange &change : changes)
        QVERIFY2(!change.diff.contains("canary") && !change.before.contains("canary"), qPrintable(change.path));
    QVERIFY(!deliveryReport(*delivery, changes, out.path(), true).contains("canary"));
    // A file that others could read before is theirs no longer.
    const auto secret = std::find_if(delivery->files.cbegin(), delivery->files.cend(),
                                     [](const DeliveryFile &file) { return file.holdsSecrets; });
    const QString path = out.filePath(secret->path);
    QVERIFY(QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup | QFile::ReadOther));
    QCOMPARE(deliveryChanges(*delivery, out.path())[secret - delivery->files.cbegin()].kind, FileChange::Kind::Changed);
    QVERIFY(writeDelivery(*delivery, out.path()));
    QCOMPARE(fileMode(path), 0600);
}

/// The variables are those that the audit judges: with the target's hosts, and without what is not the program's.
void DeliveryTest::variables_data()
{
    QTest::addColumn<QString>("seed");
    QTest::addColumn<QString>("backend");
    QTest::addColumn<QStringList>("lines");   ///< that stand in the file to fill in
    QTest::addColumn<QStringList>("without"); ///< names that do not
    QTest::newRow("to Render") << s("0-cryptovault") << s("render")
                               << QStringList{s("PUBLIC_API_URL=https://cryptovault-api.onrender.com"),
                                              s("MONGO_MAX_POOL_SIZE=10"), s("JWT_SECRET=\"\"")}
                               << QStringList{s("PORT"), s("RENDER_EXTERNAL_URL"), s("WORKERS")};
    QTest::newRow("to Fly") << s("1-cryptovault") << s("fly")
                            << QStringList{s("PUBLIC_API_URL=\"https://cryptovault-api.fly.dev\""),
                                           s("COOKIE_SAMESITE=\"lax\""), s("MONGO_URL=\"\"")}
                            << QStringList{s("PORT"), s("PYTHON_VERSION"), s("FLY_APP_NAME")};
}

void DeliveryTest::variables()
{
    QFETCH(const QString, seed);
    QFETCH(const QString, backend);
    QFETCH(const QStringList, lines);
    QFETCH(const QStringList, without);
    const Result<Delivery> delivery = prepared(seedsFolder + seed, backend);
    QVERIFY(delivery);
    const DeliveryFile *upload = delivery->find(DeliveryKind::SecretsUpload);
    const DeliveryFile *example = delivery->find(DeliveryKind::EnvExample);
    QVERIFY(upload && example);
    const QStringList there = QString::fromUtf8(upload->text).split(QLatin1Char('\n'));
    for (const QString &line : lines)
        QVERIFY2(there.contains(line), qPrintable(line + s(" in\n") + there.join(QLatin1Char('\n'))));
    for (const QString &name : without) {
        for (const QByteArray &text : {upload->text, example->text})
            QVERIFY2(!("\n" + text).contains("\n" + name.toLatin1() + "="), qPrintable(name));
    }
}

void DeliveryTest::converted_data()
{
    rows();
}

/// Without a manifest of the target's own the source's becomes one, with the image that it needs.
void DeliveryTest::converted()
{
    QFETCH(const QString, seed);
    QFETCH(const QString, backend);
    QTemporaryDir copy;
    QVERIFY(copyTree(seedsFolder + seed, copy.path()));
    const Workspace workspace = workspaceOf(copy.path());
    const Backend target = *workspace.backend(backend);
    QVERIFY(QFile::remove(copy.filePath(target.manifest)));
    const Result<Delivery> delivery = prepared(copy.path(), backend);
    QVERIFY2(delivery, qPrintable(delivery ? QString() : delivery.error().toString()));
    const DeliveryFile *manifest = delivery->find(DeliveryKind::Manifest);
    QVERIFY(manifest != nullptr);
    QCOMPARE(manifest->path, target.manifest);
    QVERIFY(delivery->find(DeliveryKind::Loss) != nullptr);
    QCOMPARE(validate(s("manifest-convert"), delivery->find(DeliveryKind::Loss)->text), QString());
    // A mistake of the source that goes over as it is stays one: two origins that exclude each other, and no more.
    QStringList errors = errorsOf(*delivery, {});
    errors.removeIf([](const QString &each) { return each.contains(s("COOKIE_SAMESITE")); });
    QCOMPARE(errors, QStringList());
    if (target.platform == s("fly")) {
        const QString dockerfile = QFileInfo(target.manifest).path() + s("/Dockerfile");
        const DeliveryFile *image = delivery->find(DeliveryKind::Dockerfile);
        const bool there = QFile::exists(copy.filePath(dockerfile));
        QVERIFY2(there || image, qPrintable(delivery->notes.join(QLatin1Char('\n'))));
        if (image)
            QCOMPARE(image->path, QDir::cleanPath(dockerfile));
    }
    QTemporaryDir out;
    QVERIFY(writeDelivery(*delivery, out.path()));
    for (const QString &path : filesBelow(out.path()))
        QVERIFY2(!contents(out.filePath(path)).contains("canary"), qPrintable(path));
}

void DeliveryTest::command()
{
    Repository repository;
    put(repository.path("api/requirements.txt"), "x\n");
    QTemporaryDir out;
    const QString folder = out.filePath(s("set"));
    const QStringList base{s("--workspace"), repository.path("switchyard.toml"),
                           s("manifest"),    s("export"),
                           s("--backend"),   s("new"),
                           s("--out"),       folder};
    const CliResult preview = runCli(base + QStringList{s("--preview")});
    QVERIFY2(preview.status == 0, qPrintable(preview.err));
    QVERIFY2(preview.out.contains(s("new      fly.toml\n")) && preview.out.contains(s("+kill_signal = 'SIGTERM'\n")),
             qPrintable(preview.out));
    QVERIFY(!QFile::exists(folder));
    const CliResult first = runCli(base + QStringList{s("--format"), s("json")});
    QVERIFY2(first.status == 0, qPrintable(first.err));
    QCOMPARE(validate(s("manifest-export"), first.out.toUtf8()), QString());
    QCOMPARE(first.json()[s("written")].toBool(), true);
    for (const QJsonValue file : first.json()[s("files")].toArray())
        QCOMPARE(file[s("status")].toString(), s("new"));
    QVERIFY(!first.json()[s("loss")].toArray().isEmpty());
    QCOMPARE(runCli(base + QStringList{s("--strict")}).status, 1);
    const CliResult again = runCli(base + QStringList{s("--preview"), s("--format"), s("json")});
    QCOMPARE(again.json()[s("written")].toBool(), false);
    for (const QJsonValue file : again.json()[s("files")].toArray())
        QVERIFY2(file[s("status")].toString() == s("same"), qPrintable(file[s("path")].toString()));
    const CliResult secret = runCli(base + QStringList{s("--with-secrets"), s("--preview")});
    QVERIFY(secret.out.contains(s("fly-secrets.env  (holds secrets: not shown)")));
    QVERIFY(!secret.out.contains(s("canary")) && !secret.err.contains(s("canary")));
    // Bad input.
    QCOMPARE(runCli({s("manifest"), s("export"), s("--out"), folder}).status, 2);
    QCOMPARE(runCli(base.first(6)).status, 2);
    QStringList unknown = base;
    unknown[5] = s("nobody");
    const CliResult nobody = runCli(unknown);
    QCOMPARE(nobody.status, 2);
    QVERIFY2(nobody.err.contains(s("name one of old and new")) || nobody.err.contains(s("name one of old, new")),
             qPrintable(nobody.err));
}

void DeliveryTest::keepsWhatIsThere()
{
    Repository repository;
    put(repository.path("api/requirements.txt"), "x\n");
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery);
    QTemporaryDir out;
    put(out.filePath(s("DELIVERY.md")), "mine\n");
    Result<void> written = writeDelivery(*delivery, out.path());
    QVERIFY(!written && written.error().kind == ErrorKind::Usage);
    QVERIFY(written.error().message.contains(s("no export wrote it")));
    QCOMPARE(filesBelow(out.path()), QStringList{s("DELIVERY.md")});
    QCOMPARE(contents(out.filePath(s("DELIVERY.md"))), QByteArray("mine\n"));
    QVERIFY(writeDelivery(*delivery, out.path(), true));
    QVERIFY(contents(out.filePath(s("DELIVERY.md"))).startsWith("# Shop"));

    // What was edited since is somebody's work.
    put(out.filePath(s("Dockerfile")), "FROM scratch\n");
    written = writeDelivery(*delivery, out.path());
    QVERIFY(!written && written.error().message.contains(s("was changed since it was written")));
    QCOMPARE(contents(out.filePath(s("Dockerfile"))), QByteArray("FROM scratch\n"));
    QVERIFY(writeDelivery(*delivery, out.path(), true));
    // Another set takes the place of one that nobody touched.
    put(repository.path("api/.python-version"), "3.10\n");
    QVERIFY(writeDelivery(*repository.prepare(), out.path()));
    QVERIFY(contents(out.filePath(s("Dockerfile"))).contains("python:3.10-slim"));

    // A source is never replaced: here the values lie where the template of names would.
    Repository inPlace;
    put(inPlace.path("switchyard.toml"), contents(inPlace.path("switchyard.toml")).replace("api/.env", ".env.example"));
    put(inPlace.path(".env.example"), "API_KEY=x\n");
    written = writeDelivery(*inPlace.prepare(), inPlace.folder(), true);
    QVERIFY(!written && written.error().message.contains(s("one of the sources")));
    QCOMPARE(contents(inPlace.path(".env.example")), QByteArray("API_KEY=x\n"));
}

void DeliveryTest::allOrNone()
{
    Repository repository;
    put(repository.path("api/requirements.txt"), "x\n");
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery);
    QTemporaryDir out;
    // The last file cannot be put in its place: what came before is taken back.
    QVERIFY(QDir(out.path()).mkpath(s("delivery.json")));
    QVERIFY(!writeDelivery(*delivery, out.path(), true));
    QCOMPARE(filesBelow(out.path()), QStringList());
    QVERIFY(!writeDelivery(*delivery, s("/proc/switchyard")));
    put(out.filePath(s("file")), "x");
    QVERIFY(!writeDelivery(*delivery, out.filePath(s("file"))));
    if (::geteuid() != 0)
        return;
    const QString mount = out.filePath(s("small"));
    QDir().mkpath(mount);
    if (QProcess::execute(s("mount"), {s("-t"), s("tmpfs"), s("-o"), s("size=16k"), s("tmpfs"), mount}) != 0)
        return;
    const Result<void> full = writeDelivery(*delivery, mount);
    const QStringList left = QDir(mount).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    QProcess::execute(s("umount"), {mount});
    QVERIFY(!full && full.error().kind == ErrorKind::Io);
    QCOMPARE(left, QStringList());
}

void DeliveryTest::badRequests()
{
    Repository repository;
    const auto error = [&] {
        const Result<Delivery> delivery = repository.prepare();
        return delivery ? QString() : delivery.error().toString();
    };
    put(repository.path("render.yaml"), "services: [\n");
    QVERIFY2(error().contains(s("render.yaml")), qPrintable(error()));
    put(repository.path("render.yaml"), "previews: {generation: off}\n");
    QVERIFY2(error().contains(s("nothing of render.yaml can run on Fly.io")), qPrintable(error()));
    QFile::remove(repository.path("render.yaml"));
    QVERIFY2(error().contains(s("there is no manifest for Fly.io")), qPrintable(error()));
    // Env files that cannot be read are said, and the rest is there.
    repository.start("python main.py");
    put(repository.path("api/.env"), QByteArray("A=\xff\xfe\n"));
    const Result<Delivery> delivery = repository.prepare();
    QVERIFY(delivery);
    QVERIFY(delivery->notes.join(QString()).contains(s("could not be read, so that its variables are missing")));
}

QTEST_GUILESS_MAIN(DeliveryTest)
#include "tst_delivery.moc"
