// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/convert.h"

#include <QHash>
#include <QSet>

namespace Switchyard {

/// Where the keys of written files stand, so that a line of the loss report leads to its place in the target.
class TargetPlaces
{
public:
    TargetPlaces() = default;
    /// Reads the files once more. One that is no tree (a Dockerfile, an .env) has its lines searched by name.
    explicit TargetPlaces(const QList<WrittenFile> &files);

    /// The place of KeyFate::target ("fly.toml: http_service.internal_port"): of the key, or of what is nearest above
    /// it. Line 0: the file is known, the place is not. No file: it went into none of these.
    Place find(const QString &target) const;

private:
    void walk(const QString &file, const ManifestNode &node, const QString &path);

    QHash<QString, Place> m_places; ///< by "file: path"
    QSet<QString> m_files;
};

/// The lines of a written file, from 1, that speak in a comment of something that was lost or rewritten.
QList<int> lossCommentLines(const WrittenFile &file, const QList<KeyFate> &loss);

} // namespace Switchyard
