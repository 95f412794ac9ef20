// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/deliverysides.h"

#include "models/common/origin.h"

#include "models/manifests/manifestset.h"

#include <QFileInfo>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

Result<DeliverySide> readSide(const DeliverySides &sides, const Backend &backend, const PlatformCatalogue &catalogue)
{
    DeliverySide side;
    side.backend = &backend;
    side.platform = catalogue.find(backend.platform);
    if (!side.platform)
        return fail(ErrorKind::Usage, QStringLiteral("the platform %1 is not known").arg(backend.platform),
                    QStringLiteral("one of %1").arg(catalogue.ids().join(QStringLiteral(", "))), backend.place);
    if (backend.manifest.isEmpty())
        return side;
    side.manifestPath = sides.relative(backend.manifest);
    const QString path = sides.folder.absoluteFilePath(backend.manifest);
    // A manifest that is still to be written is named before it is there.
    if (!QFileInfo::exists(path))
        return side;
    ManifestSet set = readManifestSet({path});
    if (!set.problems.isEmpty())
        return tl::unexpected(set.problems.first());
    side.manifest = std::move(set.subjects.first());
    QList<Error> problems;
    Ledger ledger;
    side.model = readSubject(*side.manifest, ledger, problems);
    side.service = serviceMeant(side.model, backend.service);
    return side;
}

const Backend *otherBackend(const Workspace &workspace, const Backend &target)
{
    const Backend *found = nullptr;
    int best = 0;
    for (const Backend &each : workspace.backends) {
        if (&each == &target || (each.component != target.component))
            continue;
        const int fit = each.role == QStringLiteral("source")   ? 4
                        : each.role == QStringLiteral("target") ? 3
                        : each.stage == target.stage            ? 2
                                                                : 1;
        if (fit > best) {
            best = fit;
            found = &each;
        }
    }
    return found;
}

} // namespace

QString DeliverySides::relative(const QString &path) const
{
    const QString clean = QDir::cleanPath(folder.relativeFilePath(folder.absoluteFilePath(path)));
    return clean == QStringLiteral(".") ? QString() : clean;
}

QString DeliverySides::componentRoot(const Component &each) const
{
    return relative(QDir(folder.absoluteFilePath(each.repository)).absoluteFilePath(each.root));
}

std::optional<Service> serviceMeant(const ServiceModel &model, const QString &name)
{
    if (!name.isEmpty()) {
        const auto named = std::find_if(model.services.cbegin(), model.services.cend(),
                                        [&](const Service &each) { return each.name == name; });
        if (named != model.services.cend())
            return *named;
    }
    const Service *found = nullptr;
    for (const Service &each : model.services) {
        // A database's image beside the program is somebody else's server.
        if (each.kind != ServiceKind::Web || each.image)
            continue;
        if (!found)
            found = &each;
    }
    if (!found && model.services.size() == 1)
        found = &model.services.first();
    return found ? std::optional(*found) : std::nullopt;
}

Result<DeliverySides> readDeliverySides(const Workspace &workspace, const QString &backend,
                                        const PlatformCatalogue &catalogue)
{
    QStringList names;
    for (const Backend &each : workspace.backends)
        names.append(each.name);
    const Backend *target = workspace.backend(backend);
    if (!target)
        return fail(ErrorKind::Usage,
                    backend.isEmpty() ? QStringLiteral("no backend is named")
                                      : QStringLiteral("the workspace has no backend %1").arg(backend),
                    QStringLiteral("name one of %1 with --backend").arg(names.join(QStringLiteral(", "))));
    DeliverySides sides;
    sides.folder = workspace.file.isEmpty() ? QDir::current() : QFileInfo(workspace.file).absoluteDir();
    sides.workspace = &workspace;
    Result<DeliverySide> side = readSide(sides, *target, catalogue);
    if (!side)
        return tl::unexpected(side.error());
    sides.target = std::move(*side);
    if (const Backend *source = otherBackend(workspace, *target)) {
        side = readSide(sides, *source, catalogue);
        if (!side)
            return tl::unexpected(side.error());
        sides.source = std::move(*side);
    }
    const auto component = std::find_if(workspace.components.cbegin(), workspace.components.cend(),
                                        [&](const Component &each) { return each.name == target->component; });
    if (component != workspace.components.cend())
        sides.component = &*component;
    return sides;
}

bool isFormatOf(const Platform &platform, ManifestFormat format)
{
    if (platform.id == QStringLiteral("render"))
        return format == ManifestFormat::Render;
    if (platform.id == QStringLiteral("fly"))
        return format == ManifestFormat::Fly;
    if (platform.id == QStringLiteral("vercel"))
        return format == ManifestFormat::Vercel;
    // What runs here is started by a compose file or a Procfile.
    return format == ManifestFormat::Compose || format == ManifestFormat::Procfile;
}

QString serverOf(const QString &url)
{
    const std::optional<Origin> origin = originOf(url);
    return origin ? origin->toString() : QString();
}

QString spokenList(const QStringList &words)
{
    if (words.size() < 2)
        return words.join(QString());
    return words.first(words.size() - 1).join(QStringLiteral(", ")) + QStringLiteral(" and ") + words.last();
}

} // namespace Switchyard
