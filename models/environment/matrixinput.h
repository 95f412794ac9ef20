// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/matrix.h"
#include "models/workspace/workspace.h"

#include <functional>
#include <stop_token>

namespace Switchyard {

/// Where the variables of a running service come from: a platform's API. The platform drivers fill it in; without one,
/// a comparison has the files only.
class LiveVariables
{
public:
    virtual ~LiveVariables() = default;
    /// The variables the platform holds for the backend. Where it shows names only, the entries have no value and say
    /// so in `missing`. Blocks; errors: auth, timeout, refused, protocol.
    [[nodiscard]] virtual Result<EnvironmentSet> read(const Backend &backend, std::stop_token stop) = 0;
};

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
/// Errors: usage (no such backend, the same twice, a file that is missing or broken, with its place), io, cancelled.
[[nodiscard]] Result<MatrixInput> readMatrixInput(const MatrixRequest &request, const PlatformCatalogue &catalogue,
                                                  const std::function<void(const MatrixProgress &)> &progress = {},
                                                  std::stop_token stop = {});

/// The same side again after one of its env files was edited; nothing else is read anew.
[[nodiscard]] Result<MatrixSide> readMatrixSide(const Workspace &workspace, const Backend &backend,
                                                const PlatformCatalogue &catalogue);

/// A path of the workspace file, made absolute.
[[nodiscard]] QString workspacePath(const Workspace &workspace, const QString &path);

} // namespace Switchyard
