// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/platforms/platform.h"
#include "models/platforms/servicefacts.h"
#include "models/workspace/workspace.h"

#include <QByteArray>
#include <QString>

namespace Switchyard {

/// Reads from a render.yaml or fly.toml what a rehearsal of a deploy needs; everything else in the file is left alone,
/// known or not. Thread: any; blocks on the file.
///
/// `service`: Render: the web service of that name; empty: the only web service. Fly: the process group; empty: the one
/// that the HTTP service names, else "app", else the first by name.
/// Errors (usage), each with its line: not the platform's manifest, no such service, a value of the wrong type or out
/// of the platform's range, a signal the platform does not send; also those of readFile(), parseYaml() and parseToml().
[[nodiscard]] Result<ServiceFacts> readServiceFacts(const QString &file, const Platform &platform,
                                                    const QString &service = {});

/// Of the backend's own manifest, which lies relative to the workspace's file; nothing where it names none, or its
/// platform has none that is read here.
[[nodiscard]] std::optional<Result<ServiceFacts>> backendServiceFacts(const Workspace &workspace,
                                                                      const Backend &backend, const Platform &platform);

/// The same from texts; `fileName` only stands in places.
[[nodiscard]] Result<ServiceFacts> renderServiceFacts(const QByteArray &text, const QString &fileName,
                                                      const Platform &platform, const QString &service = {});
[[nodiscard]] Result<ServiceFacts> flyServiceFacts(const QByteArray &text, const QString &fileName,
                                                   const Platform &platform, const QString &service = {});

} // namespace Switchyard
