// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/exports.h"
#include "models/manifests/lint.h"
#include "models/platforms/platform.h"
#include "models/workspace/workspace.h"

#include <QDir>

#include <optional>

namespace Switchyard {

/// A backend with what its manifest says of it.
struct DeliverySide
{
    const Backend *backend = nullptr;
    const Platform *platform = nullptr;
    QString manifestPath; ///< relative to the workspace's folder; empty: none is named
    std::optional<LintSubject> manifest;
    ServiceModel model;
    std::optional<Service> service; ///< the one of the model that is the backend

    bool is(const char *platformId) const { return platform && platform->id == QLatin1StringView(platformId); }
};

/// Both sides of a delivery, and where the files lie.
struct DeliverySides
{
    QDir folder; ///< the workspace's
    const Workspace *workspace = nullptr;
    DeliverySide target;
    DeliverySide source; ///< its backend is nullptr where there is none
    const Component *component = nullptr;

    /// Paths relative to the workspace's folder, clean, "" for the folder itself.
    QString relative(const QString &path) const;
    QString componentRoot(const Component &each) const;
};

/// Finds target and source and reads their manifests. The source is the backend with the role of that name or, where
/// the target itself has it, the one with the role "target"; else another backend of the component. Errors: usage (no
/// such backend, manifest that cannot be read).
[[nodiscard]] Result<DeliverySides> readDeliverySides(const Workspace &workspace, const QString &backend,
                                                      const PlatformCatalogue &catalogue);

/// The service of a model that is meant: by name, else the only one that is built here and listens.
std::optional<Service> serviceMeant(const ServiceModel &model, const QString &name);

/// Whether a manifest is one that the platform reads.
bool isFormatOf(const Platform &platform, ManifestFormat format);

/// What of a URL names the server: "https://api.example:8443".
QString serverOf(const QString &url);

/// "a, b and c".
QString spokenList(const QStringList &words);

} // namespace Switchyard
