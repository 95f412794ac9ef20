// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/manifestnode.h"

namespace Switchyard {

/// JSON with the place of every value; comments and trailing commas are let pass. Limits and errors: parseManifest().
[[nodiscard]] Result<ManifestNode> parseJsonText(const QByteArray &text, const QString &fileName);

/// Whether the text has comments or trailing commas, which strict readers refuse. `first`: the line of the first error
/// a strict reader meets.
[[nodiscard]] bool isStrictJson(const QByteArray &text, const QString &fileName, Place *first);

} // namespace Switchyard
