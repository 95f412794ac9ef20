// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QString>

#include <optional>

namespace Switchyard {

class TomlReader;

/// [prometheus]: the server that the states of the monitors are read back from.
struct PrometheusSettings
{
    QString url;   ///< http or https, without credentials; may have a path, never a slash at the end
    QString token; ///< a reference; empty: none is sent
    QString ca;    ///< PEM bundle, absolute, or as written where the workspace has no file; empty: the system's
    bool readHealth = false; ///< the window shows its monitors from there, and does not probe by itself
    Place place;
    bool operator==(const PrometheusSettings &) const = default;
};

/// Why the text cannot be the URL of a Prometheus server (usage), worded to follow "the URL"; and else how it is kept.
[[nodiscard]] Result<QString> prometheusUrl(const QString &text);

/// Reads the table where there is one; notes its problems in the reader's list. A relative `ca` lies beside the file.
[[nodiscard]] std::optional<PrometheusSettings> readPrometheusSettings(TomlReader &root, const QString &fileName);

} // namespace Switchyard
