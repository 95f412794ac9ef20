// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/manifestset.h"

#include "models/common/files.h"

#include <QFileInfo>
#include <QProcess>

namespace Switchyard {

namespace {

constexpr int gitTimeoutMs = 5'000;

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

/// Modes of the scripts that git keeps in and below the folder; nothing where there is no repository or no git.
QMap<QString, int> scriptModes(const QString &folder)
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

} // namespace

ManifestSet readManifestSet(const QStringList &files)
{
    ManifestSet set;
    QMap<QString, QMap<QString, int>> modes;
    for (const QString &file : files) {
        const Result<QByteArray> text = readFile(file);
        const Result<ManifestFormat> format =
            text ? manifestFormatOf(file, *text) : Result<ManifestFormat>(tl::unexpected(text.error()));
        if (!format) {
            set.problems.append(format.error());
            continue;
        }
        LintSubject subject;
        subject.manifest.format = *format;
        subject.manifest.file = file;
        subject.text = *text;
        if (isTree(*format)) {
            Result<ManifestNode> document = parseManifest(*text, file, syntaxOf(*format, file));
            if (!document) {
                set.problems.append(document.error());
                continue;
            }
            subject.manifest.document = std::move(*document);
        }
        const QString folder = QFileInfo(file).absolutePath();
        if (!modes.contains(folder))
            modes.insert(folder, scriptModes(folder));
        subject.modes = modes.value(folder);
        set.subjects.append(subject);
    }
    return set;
}

} // namespace Switchyard
