// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/convert.h"

#include <QHash>
#include <QSet>
#include <QStringList>

namespace Switchyard {

/// Where the keys of written files stand, so that a line of the loss report leads to its place in the target.
class TargetPlaces
{
public:
    TargetPlaces() = default;
    /// Reads the files once more. One that is no tree (a Dockerfile, an .env) has its lines searched by name.
    explicit TargetPlaces(const QList<WrittenFile> &files);

    /// The place of KeyFate::target ("fly.toml: http_service.internal_port"): of the key, or of what is nearest above
    /// it. What went into no file ("fly secrets: TOKEN") has the comment that names it. Line 0: the file is known, the
    /// place is not. No file: none of these speaks of it.
    Place find(const QString &target) const;

private:
    void walk(const QString &file, const ManifestNode &node, const QString &path);

    Place findInComments(const QString &name) const;

    QHash<QString, Place> m_places; ///< by "file: path"
    QList<std::pair<Place, QString>> m_comments;
    QSet<QString> m_files;
};

/// A comment of a written file that speaks of something that was lost or rewritten.
struct LossComment
{
    int line = 0;     ///< from 1
    QStringList keys; ///< of the sources, at most a few
};
QList<LossComment> lossComments(const WrittenFile &file, const QList<KeyFate> &loss);

} // namespace Switchyard
