// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/deployfacts.h"

#include "models/common/files.h"

#include <QDir>
#include <QFileInfo>

namespace Switchyard {

Result<ServiceFacts> readServiceFacts(const QString &file, const Platform &platform, const QString &service)
{
    const QString suffix = QFileInfo(file).suffix().toLower();
    const bool yaml = suffix == QLatin1StringView("yaml") || suffix == QLatin1StringView("yml");
    const bool toml = suffix == QLatin1StringView("toml");
    const bool render = platform.id == QLatin1StringView("render");
    const bool fly = platform.id == QLatin1StringView("fly");
    if (!render && !fly)
        return fail(ErrorKind::Usage, QStringLiteral("%1 has no manifest that could be read").arg(platform.name),
                    QStringLiteral("leave the manifest out, or rehearse on render or fly"), {file, 0, 0});
    if (!(render && yaml) && !(fly && toml))
        return fail(ErrorKind::Usage,
                    QStringLiteral("%1 is no manifest of %2 that this version reads").arg(file, platform.name),
                    QStringLiteral("name its %1").arg(platform.manifests.value(0)), {file, 0, 0});
    const Result<QByteArray> text = readFile(file);
    if (!text)
        return tl::unexpected(text.error());
    return render ? renderServiceFacts(*text, file, platform, service)
                  : flyServiceFacts(*text, file, platform, service);
}

std::optional<Result<ServiceFacts>> backendServiceFacts(const Workspace &workspace, const Backend &backend,
                                                        const Platform &platform)
{
    if (backend.manifest.isEmpty() || backend.platform != platform.id || platform.manifests.isEmpty())
        return std::nullopt;
    const QDir folder = workspace.file.isEmpty() ? QDir() : QFileInfo(workspace.file).absoluteDir();
    return readServiceFacts(folder.absoluteFilePath(backend.manifest), platform, backend.service);
}

} // namespace Switchyard
