// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a database holds, so that two moments of it can be compared.

#include "models/common/result.h"
#include "models/database/base/deadline.h"
#include "models/database/probes/postgreslink.h"

#include <QByteArray>
#include <QList>
#include <QMap>
#include <QStringList>

namespace Switchyard {

/// One moment of a database.
struct SchemaState
{
    QMap<QString, QString> objects;  ///< "TABLE public.orders" -> its statements, as pg_dump writes them
    QMap<QString, QString> rows;     ///< "public.orders" -> number of rows and a checksum of all of them
    QMap<QString, QString> counters; ///< "public.orders_id_seq" -> last value; empty: never used
    QStringList versions;            ///< alembic_version
};

enum class SchemaChangeKind
{
    Added,
    Removed,
    Changed,
    Rows,    ///< the rows of a table
    Version, ///< alembic_version
    Counter  ///< a sequence only: an insert that was not done takes a number too
};
QString schemaChangeName(SchemaChangeKind kind); ///< "added", "removed", "changed", "rows", "version", "counter"

struct SchemaChange
{
    SchemaChangeKind kind = SchemaChangeKind::Changed;
    QString object;
    QStringList lines; ///< "- " before, "+ " after; the first of them

    /// A counter alone changes nothing that an application sees.
    bool counts() const { return kind != SchemaChangeKind::Counter; }
};

/// A schema as pg_dump writes it, by its objects. Left out: what differs between two dumps of the same (its own key,
/// versions, SET lines).
[[nodiscard]] QMap<QString, QString> schemaObjects(const QByteArray &dump);

/// Rows, sequences and alembic_version; reads every row of every table. Errors: timeout, cancelled, protocol.
[[nodiscard]] Result<void> readContents(PostgresLink &link, SchemaState &state, const Deadline &deadline);

[[nodiscard]] QList<SchemaChange> schemaChanges(const SchemaState &before, const SchemaState &after);

} // namespace Switchyard
