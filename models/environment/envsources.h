// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/disagreements.h"
#include "models/environment/exports.h"

#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

namespace Switchyard {

/// Something about a file of variables that a person should know.
struct EnvFinding
{
    enum class Kind
    {
        ByteOrderMark,
        LineBreaks, ///< CR LF
        Mojibake,   ///< looks like UTF-8 that was read as Latin-1
        Duplicate,
        Problem,     ///< what the dialect leaves out
        Disagreement ///< what other programs read otherwise
    };
    Kind kind = Kind::Problem;
    Place place;
    QString name;    ///< the variable; empty where it is about the file
    QString message; ///< never with a value
    QString hint;
};
QString envFindingKindName(EnvFinding::Kind kind); ///< "byte-order-mark", "duplicate", …

/// A .env file that could be read, with what is odd about it.
struct EnvFile
{
    QString file;
    QByteArray text;
    QList<EnvFinding> findings; ///< in the order of the lines, at most 200
};

constexpr qsizetype largestEnvFile = 32 << 20;

/// Reads a file before any dialect looks at it. Errors: usage (missing, no regular file, over 32 MB – told from its
/// size before anything is read –, not UTF-8, a NUL, UTF-16; with the place), io (unreadable).
[[nodiscard]] Result<EnvFile> readEnvFile(const QString &path, qsizetype most = largestEnvFile);

/// What is odd about a text: byte order mark, CR LF, mojibake, names that stand twice, what the dialect leaves out.
QList<EnvFinding> envFindings(const QByteArray &text, const QString &file, EnvDialect dialect);

struct EnvSources
{
    QString image;    ///< a Dockerfile, whose ENV everything else overrides; read first
    QString manifest; ///< read next
    QString service;  ///< of the manifest; empty: the only one with variables
    QStringList files;
    EnvDialect readAs = EnvDialect::Tolerant;
    /// false: ${NAME} stays as it is written, as on platforms that pass values on.
    bool interpolate = true;
    bool compareDialects = true; ///< look for what other programs read otherwise
    /// Texts that stand for files as they are on the disk: edits that nobody has saved, by the paths in `files`.
    QMap<QString, QByteArray> drafts;
};

/// One place that states a variable.
struct EnvOrigin
{
    QString name;
    QList<Place> places; ///< in the order they were read; the last wins
};

/// What the sources say together.
struct EnvironmentSet
{
    QList<EnvEntry> entries; ///< in the order of their first mention
    QList<EnvOrigin> origins;
    QList<EnvFinding> findings;
};

/// Reads manifest and files; what is read later wins, except that a placeholder ("<existing>") does not take the place
/// of what says more: a value, or a reference that the platform fills in. Errors: those of readEnvFile(), a manifest
/// that cannot be read, no such service, more than one that it could be, a file that the dialect's program would refuse
/// as a whole. Thread: any; blocks on the files.
[[nodiscard]] Result<EnvironmentSet> gatherEnvironment(const EnvSources &sources);

} // namespace Switchyard
