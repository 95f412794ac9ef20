// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/matrix.h"
#include "models/workspace/workspace.h"

#include <functional>
#include <stop_token>

namespace Switchyard {

struct MatrixProgress
{
    QString what; ///< "reading code", …
    qint64 files = 0;
    qint64 filesTotal = 0;
};

struct MatrixRequest
{
    Workspace workspace;
    QString from; ///< a backend's name; empty: the one with the role "source", else the first
    QString to;   ///< empty: the one with the role "target", else the last
    bool readCode = true;
};

/// Reads what the two backends' manifests and env files say, the env files of the other components (.env,
/// .env.production, vercel.json …) and the code of all of them. Blocks, for seconds on large trees: a worker thread's.
/// Places of the result are relative to the workspace's folder. Errors: usage (no such backend, the same twice, a file
/// that is missing or broken, with its place), io, cancelled.
[[nodiscard]] Result<MatrixInput> readMatrixInput(const MatrixRequest &request, const PlatformCatalogue &catalogue,
                                                  const std::function<void(const MatrixProgress &)> &progress = {},
                                                  std::stop_token stop = {});

/// The same side again after one of its env files was edited; nothing else is read anew. `drafts`: texts that stand for
/// env files as they are on the disk, by full path.
[[nodiscard]] Result<MatrixSide> readMatrixSide(const Workspace &workspace, const Backend &backend,
                                                const PlatformCatalogue &catalogue,
                                                const QMap<QString, QByteArray> &drafts = {});

/// Paths of places as they are seen from the folder.
void makePlacesRelative(EnvironmentSet &set, const QString &folder);

/// A path of the workspace file, made absolute.
[[nodiscard]] QString workspacePath(const Workspace &workspace, const QString &path);

} // namespace Switchyard
