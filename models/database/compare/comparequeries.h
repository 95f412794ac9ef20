// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace Switchyard {

/// One kind of thing in PostgreSQL's catalogue. The columns are schema, relation, object and value, then what the kind
/// has beside them.
struct CatalogueQuery
{
    const char *kind;
    const char *sql;
};

/// Without what belongs to the server, or to an extension: that comes with it. They read the catalogue only, and want
/// pg_catalog alone as search_path, so that every other name stands with its schema.
const QList<CatalogueQuery> &catalogueQueries();

/// Its text for a server of that major version.
QString catalogueSql(const CatalogueQuery &query, int major);

/// One row: what the whole database is set to. Columns are names of kinds.
QString settingsSql(int major);

} // namespace Switchyard
