// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/formats.h"

#include <QFileInfo>

namespace Switchyard {

QString manifestFormatName(ManifestFormat format)
{
    switch (format) {
    case ManifestFormat::Render:
        return QStringLiteral("render");
    case ManifestFormat::Fly:
        return QStringLiteral("fly");
    case ManifestFormat::Vercel:
        return QStringLiteral("vercel");
    case ManifestFormat::Netlify:
        return QStringLiteral("netlify");
    case ManifestFormat::Redirects:
        return QStringLiteral("redirects");
    case ManifestFormat::Dockerfile:
        return QStringLiteral("dockerfile");
    case ManifestFormat::Compose:
        return QStringLiteral("compose");
    case ManifestFormat::Procfile:
        break;
    }
    return QStringLiteral("procfile");
}

Result<ManifestFormat> manifestFormatOf(const QString &fileName, const QByteArray &text)
{
    const QString name = QFileInfo(fileName).fileName().toLower();
    const QString suffix = QFileInfo(fileName).suffix().toLower();
    const auto has = [&name](const char *part) { return name.contains(QLatin1StringView(part)); };
    if (name == QLatin1StringView("_redirects"))
        return ManifestFormat::Redirects;
    if (name == QLatin1StringView("procfile") || name.startsWith(QLatin1StringView("procfile.")))
        return ManifestFormat::Procfile;
    if (name == QLatin1StringView("dockerfile") || name.startsWith(QLatin1StringView("dockerfile.")) ||
        suffix == QLatin1StringView("dockerfile") || name == QLatin1StringView("containerfile"))
        return ManifestFormat::Dockerfile;
    const bool yaml = suffix == QLatin1StringView("yaml") || suffix == QLatin1StringView("yml");
    if (suffix == QLatin1StringView("toml"))
        return has("netlify") ? ManifestFormat::Netlify : ManifestFormat::Fly;
    if (suffix == QLatin1StringView("json"))
        return has("fly") ? ManifestFormat::Fly : ManifestFormat::Vercel;
    if (yaml && (has("compose")))
        return ManifestFormat::Compose;
    if (yaml && name.startsWith(QLatin1StringView("fly.")))
        return ManifestFormat::Fly;
    if (yaml) {
        // Render's services are a list, a compose file's are a mapping.
        const Result<ManifestNode> root = parseManifest(text, fileName, ManifestSyntax::Yaml);
        const ManifestNode *services = root ? root->find(u"services") : nullptr;
        return services && services->isMap() ? ManifestFormat::Compose : ManifestFormat::Render;
    }
    return fail(
        ErrorKind::Usage, QStringLiteral("%1 is no manifest that is known here").arg(fileName),
        QStringLiteral("render.yaml, fly.toml, vercel.json, netlify.toml, _redirects, Dockerfile, compose.yaml or "
                       "Procfile"),
        {fileName, 0, 0});
}

} // namespace Switchyard
