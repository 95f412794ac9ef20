// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// One file of a repository's migrations.
struct AlembicRevision
{
    QString id;
    QStringList down;      ///< those it follows; empty: the first
    QStringList dependsOn; ///< further ones that must have run
    QString file;          ///< its name, without folder
};

/// What a repository's migrations say a database should have.
struct AlembicHistory
{
    QString folder;
    QList<AlembicRevision> revisions; ///< by id
    QStringList heads;                ///< no other follows them; sorted
    QStringList problems;             ///< a broken chain, an id twice, a file that could not be read as a migration

    bool contains(const QString &id) const;
    /// The revisions that lead to `id`, itself with them.
    QStringList upTo(const QString &id) const;
};

/// Reads the *.py of a "versions" folder without running them: `revision` and `down_revision` as Alembic's template
/// writes them, with or without annotation, None, a text or a tuple. Errors: usage (no such folder, no migration in
/// it), io.
[[nodiscard]] Result<AlembicHistory> readAlembicHistory(const QString &versionsFolder);

/// The "versions" folders of a repository: as its alembic.ini says (script_location, also "%(here)s"), else every
/// folder of that name, three levels deep, that has an env.py beside it. Empty where there is none.
QStringList findAlembicVersions(const QString &repository);

/// What a database has.
struct AlembicTable
{
    bool exists = false;
    QString schema;       ///< in which it was found
    QStringList versions; ///< sorted; one a head
    QString unreadable;   ///< why its rows could not be read; empty: they were
};

enum class AlembicAgreement
{
    Unknown,    ///< one of the two could not be read
    NoTable,    ///< and no migrations: Alembic is not used
    NotStarted, ///< migrations, but no table or an empty one
    Current,
    Behind,  ///< migrations are there that have not run
    Foreign, ///< the database has a revision that the repository does not know
    Several  ///< several heads that the repository does not have as heads, or one of its several
};
QString alembicAgreementName(AlembicAgreement agreement); ///< "current", "behind", …

/// What is to be said of both.
struct AlembicState
{
    AlembicTable table;
    std::optional<QStringList> expected; ///< heads of the repository; nothing: not asked for
    AlembicAgreement agreement = AlembicAgreement::Unknown;
    int missing = 0; ///< migrations that have not run, where that can be counted
    QString words;
    QString hint;

    bool isFine() const;
};

/// `history` nullptr: only the database is known.
[[nodiscard]] AlembicState judgeAlembic(const AlembicTable &table, const AlembicHistory *history);

} // namespace Switchyard
