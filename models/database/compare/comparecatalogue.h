// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What PostgreSQL's catalogue says of one database, as lists of names with definitions, and how two of them differ. One
// query a kind, whatever the number of tables.

#include "models/database/compare/compare.h"
#include "models/database/probes/postgreslink.h"

#include <QHash>
#include <QRegularExpression>
#include <QVersionNumber>

#include <functional>

namespace Switchyard {

/// The oldest server whose catalogue the queries read.
inline constexpr int oldestComparedPostgres = 11;

struct CatalogueItem
{
    QString schema;
    QString relation; ///< "schema.table" that it belongs to; empty: none
    QString object;   ///< as reported
    QString value;    ///< its definition; equal ones are the same
    QStringList more; ///< columns behind these four, as the kind has them
};

struct CatalogueList
{
    QList<CatalogueItem> items;
    QString error; ///< why it was not read; empty: it was
};

/// A column, as far as a row's checksum needs it.
struct TableColumn
{
    QString name;
    QString type; ///< pg_type.typname
    QString cast; ///< for SQL, without a length
    bool operator==(const TableColumn &) const = default;
};

struct OwnedSequence
{
    QString object; ///< of the sequence
    QString column;
    QString table; ///< "schema.table"
    qint64 start = 1, increment = 1;
    bool mayRead = false;
    QString oid;
    bool known = false;         ///< readLastValues() came to it
    QString why;                ///< where it did not
    std::optional<qint64> last; ///< nothing, and known: nobody took a number from it yet
};

/// A table or materialized view with rows of its own.
struct TableFacts
{
    QString schema, name, object;
    double estimate = -1; ///< of the planner; below zero: none
    bool mayRead = false;
    bool filtered = false; ///< row security lets this user see some rows only
    bool populated = true;
    QList<TableColumn> columns; ///< by name
    QStringList key;            ///< columns of the primary key, in its order
    bool operator<(const TableFacts &other) const { return object < other.object; }
};

/// One database.
struct Catalogue
{
    int major = 0;
    QHash<QString, QString> settings; ///< "version", "encoding", "collation", …
    QHash<QString, CatalogueList> lists;
    QHash<QString, TableFacts> tables; ///< by object
    QList<OwnedSequence> sequences;
    QHash<QString, QString> offeredVersion; ///< extensions that could be installed
};

/// In the order in which they are read and told.
const QStringList &catalogueKinds();

/// The last values of the sequences, outside of any transaction: a sequence is locked to read its value until the
/// transaction's end, whatever savepoint it goes back to, and of ten thousand at once the server's table of locks would
/// be full, for its application too. `settings` are statements for each batch. What was not read has its reason.
void readLastValues(PostgresLink &link, const QString &settings, const Deadline &deadline, Catalogue &catalogue);

/// Reads all kinds within the transaction that is open. False: the link broke, or `deadline` ended it. What this user
/// may not read has its error in its list.
bool readCatalogue(PostgresLink &link, int major, const Deadline &deadline, Catalogue &catalogue, QString &error);

/// Which things are compared.
class CompareFilter final
{
public:
    enum class Names
    {
        InSchemas, ///< "schema.table", and "table" means it too
        Whole      ///< a dot is a letter like others
    };
    explicit CompareFilter(const CompareOptions &options, Names names = Names::InSchemas);
    bool takes(const CatalogueItem &item) const;
    bool takesSchema(const QString &schema) const;
    bool excludes(const QString &relation) const;
    /// Whether one of `accept` names it; which have been met is remembered.
    bool accepts(const CompareRow &row);
    /// Rows for what was asked for and neither side has: a schema, or any table at all. They are unknown, as nothing
    /// was compared.
    void judgeScope(const Catalogue &source, const Catalogue &target, CompareReport &report);
    /// What it left out, and which of `accept` met nothing: for the report's notes, once all is compared.
    QStringList notes() const;

private:
    struct Pattern
    {
        QString text;
        QString kind;
        QRegularExpression object;
        bool met = false;
    };
    QStringList m_schemas, m_excluded;
    Names m_names;
    QList<QRegularExpression> m_exclude;
    QList<Pattern> m_accept;
};

/// Whether two names of locales mean one: the C library reads "en_US.UTF-8" and "en_US.utf8" alike, and providers write
/// either.
[[nodiscard]] bool isSameLocale(const QString &a, const QString &b);

/// Rows and totals of the settings and of every kind of the catalogue.
void compareCatalogues(const Catalogue &source, const Catalogue &target, CompareFilter &filter, bool strictOwners,
                       CompareReport &report);

/// Those of these kinds alone. `judge` may fold the rows of a kind, and say why and what to do; where it does not, the
/// general words are taken.
void compareKinds(const QStringList &kinds, const Catalogue &source, const Catalogue &target, CompareFilter &filter,
                  CompareReport &report, const std::function<void(const QString &kind, QList<CompareRow> &)> &judge);

/// A definition as it stands in a report: one line, from where it differs from the other.
QString shownDefinition(const QString &text, const QString &other);

/// Of two exact numbers; `words` says one of them with its unit ("1 row"), `copyHint` what to do where the target lacks
/// some.
void judgeCounts(CompareRow &row, qint64 source, qint64 target, QString (*words)(qint64), const char *copyHint,
                 const CompareReport &report);

/// Puts a row into the report, and counts it: `keep` false drops one that is the same.
void addCompareRow(CompareReport &report, CompareRow row, bool keep = true);

} // namespace Switchyard
