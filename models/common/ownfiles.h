// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/fileset.h"

#include <QStringList>

#include <optional>

namespace Switchyard {

/// The list that an export leaves beside its files, so that the next one knows its own (ADR 0015).
struct OwnFiles
{
    QString record; ///< its file name
    QString schema; ///< what stands in it as `schema`
    /// Files that may not be replaced even on request, with full paths.
    QStringList sources;
};

/// Of a text, as it stands in such a list.
[[nodiscard]] QString contentHash(const QByteArray &text);

/// Why these files may not be written to the folder: one is there that no export wrote, or that was changed since;
/// with `force` only a source. Nothing: they may. Thread: any but the GUI's; blocks on the files.
[[nodiscard]] std::optional<Error> objectionTo(const QList<WrittenFile> &files, const QString &folder,
                                               const OwnFiles &own, bool force);

} // namespace Switchyard
