// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/manifestset.h"

#include "models/common/files.h"
#include "models/manifests/lintkit.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>

namespace Switchyard {

namespace {

constexpr int gitTimeoutMs = 5'000;
constexpr qint64 scriptBytes = 64 * 1024; ///< longer ones are no build scripts

ManifestSyntax syntaxOf(ManifestFormat format, const QString &file)
{
    const QString suffix = QFileInfo(file).suffix().toLower();
    if (suffix == QLatin1StringView("json"))
        return ManifestSyntax::Json;
    if (suffix == QLatin1StringView("toml"))
        return ManifestSyntax::Toml;
    return format == ManifestFormat::Netlify  ? ManifestSyntax::Toml
           : format == ManifestFormat::Vercel ? ManifestSyntax::Json
                                              : ManifestSyntax::Yaml;
}

bool isTree(ManifestFormat format)
{
    return format != ManifestFormat::Dockerfile && format != ManifestFormat::Procfile &&
           format != ManifestFormat::Redirects;
}

} // namespace

QMap<QString, int> scriptModesIn(const QString &folder)
{
    QProcess git;
    git.setWorkingDirectory(folder);
    git.start(QStringLiteral("git"), {QStringLiteral("ls-files"), QStringLiteral("--stage"), QStringLiteral("-z"),
                                      QStringLiteral("--"), QStringLiteral("*.sh"), QStringLiteral("bin/*")});
    QMap<QString, int> modes;
    if (!git.waitForFinished(gitTimeoutMs)) {
        git.kill();
        git.waitForFinished(gitTimeoutMs);
        return modes;
    }
    for (const QByteArray &line : git.readAllStandardOutput().split('\0')) {
        const qsizetype tab = line.indexOf('\t');
        if (tab > 6)
            modes.insert(QString::fromUtf8(line.mid(tab + 1)), line.left(6).toInt(nullptr, 8));
    }
    return modes;
}

QMap<QString, QByteArray> scriptTextsOf(const LintSubject &subject)
{
    QMap<QString, QByteArray> texts;
    const QDir folder = QFileInfo(subject.manifest.file).absoluteDir();
    for (const LintUnit &unit : lintUnits(subject)) {
        for (const LintCommand &command : unit.commands) {
            for (const QString &script : scriptsIn(command.text)) {
                for (const QString &path : unit.meant(script)) {
                    const QFileInfo info(folder.filePath(path));
                    const bool below = QDir::isRelativePath(path) && !path.startsWith(QLatin1StringView(".."));
                    if (!below || texts.contains(path) || !info.isFile() || info.size() > scriptBytes)
                        continue;
                    if (const Result<QByteArray> text = readFile(info.filePath()))
                        texts.insert(path, *text);
                }
            }
        }
    }
    return texts;
}

QStringList manifestsIn(const QString &folder)
{
    static const QStringList names{
        QStringLiteral("render.yaml"),       QStringLiteral("render.yml"),  QStringLiteral("fly.toml"),
        QStringLiteral("fly.json"),          QStringLiteral("vercel.json"), QStringLiteral("netlify.toml"),
        QStringLiteral("_redirects"),        QStringLiteral("Dockerfile"),  QStringLiteral("Procfile"),
        QStringLiteral("compose.yaml"),      QStringLiteral("compose.yml"), QStringLiteral("docker-compose.yaml"),
        QStringLiteral("docker-compose.yml")};
    QStringList found;
    for (const QString &name : names) {
        const QFileInfo info(QDir(folder), name);
        if (info.isFile())
            found.append(QDir::cleanPath(info.absoluteFilePath()));
    }
    return found;
}

Result<LintSubject> readManifestText(const QString &fileName, const QByteArray &text)
{
    const Result<ManifestFormat> format = manifestFormatOf(fileName, text);
    if (!format)
        return tl::unexpected(format.error());
    LintSubject subject;
    subject.manifest.format = *format;
    subject.manifest.file = fileName;
    subject.text = text;
    if (isTree(*format)) {
        Result<ManifestNode> document = parseManifest(text, fileName, syntaxOf(*format, fileName));
        if (!document)
            return tl::unexpected(document.error());
        subject.manifest.document = std::move(*document);
    }
    return subject;
}

ManifestSet readManifestSet(const QStringList &files)
{
    ManifestSet set;
    for (const QString &file : files) {
        const Result<QByteArray> text = readFile(file);
        Result<LintSubject> subject =
            text ? readManifestText(file, *text) : Result<LintSubject>(tl::unexpected(text.error()));
        if (subject)
            set.subjects.append(std::move(*subject));
        else
            set.problems.append(subject.error());
    }
    return set;
}

ManifestSet readManifestSetForLint(const QStringList &files)
{
    ManifestSet set = readManifestSet(files);
    QMap<QString, QMap<QString, int>> modes;
    for (LintSubject &subject : set.subjects) {
        const QString folder = QFileInfo(subject.manifest.file).absolutePath();
        if (!modes.contains(folder))
            modes.insert(folder, scriptModesIn(folder));
        subject.modes = modes.value(folder);
        subject.scripts = scriptTextsOf(subject);
    }
    return set;
}

ServiceModel readSubject(const LintSubject &subject, Ledger &ledger, QList<Error> &problems)
{
    const ManifestNode &root = subject.manifest.document;
    switch (subject.manifest.format) {
    case ManifestFormat::Render:
        return readRender(root, ledger, problems);
    case ManifestFormat::Fly:
        return readFly(root, ledger, problems);
    case ManifestFormat::Vercel:
        return readVercel(root, ledger, problems);
    case ManifestFormat::Netlify:
        return readNetlify(root, ledger, problems);
    case ManifestFormat::Compose:
        return readCompose(root, ledger, problems);
    case ManifestFormat::Redirects:
        return readRedirects(subject.text, subject.manifest.file, ledger, problems);
    case ManifestFormat::Dockerfile:
        return readDockerfile(subject.text, subject.manifest.file, ledger, problems);
    case ManifestFormat::Procfile:
        break;
    }
    return readProcfile(subject.text, subject.manifest.file, ledger, problems);
}

} // namespace Switchyard
