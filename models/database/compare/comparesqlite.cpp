// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/comparecatalogue.h"
#include "models/database/compare/compares.h"
#include "models/database/probes/sqliteopen.h"

#include <QCryptographicHash>
#include <QFile>
#include <QtEndian>

#include <sqlite3.h>

#include <algorithm>
#include <memory>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

/// One file, read in one transaction.
class SqliteSide final
{
public:
    SqliteSide(const ConnectionString &connection, const Deadline &deadline, CompareSide &side)
        : m_path(connection.database.value_or(QString()))
        , m_deadline(deadline)
        , m_side(side)
    {
    }

    bool open();
    /// Once all is read: whether it was of one moment.
    void finish();
    bool readCatalogue(Catalogue &catalogue);
    /// One number; nothing: see why.
    std::optional<qint64> count(const QString &table, Milliseconds most, QString &why);
    /// A sum over all rows, whatever their order.
    QString sum(const QString &table, const QStringList &columns, Milliseconds most, QString &why);

private:
    QString said(int code) const;
    static int isOver(void *deadline)
    {
        return static_cast<Deadline *>(deadline)->isOver() || static_cast<Deadline *>(deadline)->isCancelled();
    }
    void limit(Milliseconds most);

    const QString m_path;
    const Deadline &m_deadline;
    CompareSide &m_side;
    std::optional<Deadline> m_limit;
    bool m_alone = false; ///< nobody had it open: it was taken as unchanging
    Database m_database{nullptr, &sqlite3_close};
};

QString SqliteSide::said(int code) const
{
    if (m_deadline.isCancelled())
        return s("cancelled");
    if ((code & 0xff) == SQLITE_INTERRUPT)
        return s("not in time");
    return s(sqlite3_errstr(code));
}

void SqliteSide::limit(Milliseconds most)
{
    m_limit = m_deadline.part(most);
    sqlite3_progress_handler(m_database.get(), 10'000, &SqliteSide::isOver, &*m_limit);
}

bool SqliteSide::open()
{
    m_side.host = m_path;
    if (m_path.isEmpty() || m_path == QLatin1StringView(":memory:")) {
        m_side.error = s("a database in memory lives only inside its program");
        return false;
    }
    QFile file(m_path);
    const bool log = file.open(QIODevice::ReadOnly) && hasWriteAheadLog(file.handle());
    m_alone = log && !writeAheadLogLiesThere(m_path);
    sqlite3 *raw = nullptr;
    int code = sqlite3_open_v2(sqliteReadingUri(m_path, log).constData(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                               nullptr);
    m_database.reset(raw);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(raw, 2'000);
        limit(m_deadline.left());
        code = sqlite3_exec(raw, "begin; select count(*) from sqlite_master", nullptr, nullptr, nullptr);
    }
    if (code != SQLITE_OK) {
        m_side.error = s("the file cannot be read: %1").arg(said(code));
        m_side.hint = s("db probe says more");
        return false;
    }
    m_side.opened = true;
    m_side.connections = 1;
    m_side.server = s("SQLite, read by %1").arg(s(sqlite3_libversion()));
    m_side.activity = s("whether it was written meanwhile does not show");
    return true;
}

void SqliteSide::finish()
{
    if (!m_alone || !writeAheadLogLiesThere(m_path))
        return;
    m_side.written = true;
    m_side.activity = s("another program opened the file while it was read");
    if (m_side.error.isEmpty()) {
        m_side.error = m_side.activity;
        m_side.hint = s("compare again, with the program stopped");
    }
}

bool SqliteSide::readCatalogue(Catalogue &catalogue)
{
    const auto ask = [&](const QString &sql, const auto &take) {
        sqlite3_stmt *raw = nullptr;
        int code = sqlite3_prepare_v2(m_database.get(), sql.toUtf8().constData(), -1, &raw, nullptr);
        const Statement statement(raw, &sqlite3_finalize);
        while (code == SQLITE_OK && (code = sqlite3_step(raw)) == SQLITE_ROW) {
            QStringList row;
            for (int i = 0; i < sqlite3_column_count(raw); ++i)
                row.append(QString::fromUtf8(reinterpret_cast<const char *>(sqlite3_column_text(raw, i))));
            take(row);
            code = SQLITE_OK;
        }
        if (code != SQLITE_DONE && m_side.error.isEmpty())
            m_side.error = s("the schema was not read: %1").arg(said(code));
        return code == SQLITE_DONE;
    };
    const bool master =
        ask(s("select type, name, tbl_name, coalesce(sql, '') from sqlite_master where name not like 'sqlite\\_%' "
              "escape '\\'"),
            [&](const QStringList &row) {
                CatalogueItem item{{}, row[2], row[1], row[3].simplified(), {}};
                catalogue.lists[row[0]].items.append(item);
                if (row[0] == QLatin1StringView("table"))
                    catalogue.tables.insert(row[1], TableFacts{{}, row[1], row[1], -1, true, false, true, {}, {}});
            });
    bool read = master;
    for (TableFacts &table : catalogue.tables) {
        read = read &&
               ask(s("select name, type from pragma_table_info('%1')").arg(QString(table.name).replace(u'\'', s("''"))),
                   [&](const QStringList &row) {
                       table.columns.append({row[0], row[1], {}});
                   });
    }
    return read &&
           ask(s("pragma encoding"), [&](const QStringList &row) { catalogue.settings.insert(s("encoding"), row[0]); });
}

std::optional<qint64> SqliteSide::count(const QString &table, Milliseconds most, QString &why)
{
    limit(most);
    sqlite3_stmt *raw = nullptr;
    const QByteArray sql = s("select count(*) from %1").arg(quotedIdentifier(table)).toUtf8();
    int code = sqlite3_prepare_v2(m_database.get(), sql.constData(), -1, &raw, nullptr);
    const Statement statement(raw, &sqlite3_finalize);
    if (code == SQLITE_OK && (code = sqlite3_step(raw)) == SQLITE_ROW)
        return sqlite3_column_int64(raw, 0);
    why = said(code);
    return std::nullopt;
}

QString SqliteSide::sum(const QString &table, const QStringList &columns, Milliseconds most, QString &why)
{
    limit(most);
    QStringList parts;
    for (const QString &column : columns)
        parts.append(s("quote(%1)").arg(quotedIdentifier(column)));
    const QString sql = s("select %1 from %2").arg(parts.join(s(" || ',' || ")), quotedIdentifier(table));
    sqlite3_stmt *raw = nullptr;
    int code = sqlite3_prepare_v2(m_database.get(), sql.toUtf8().constData(), -1, &raw, nullptr);
    const Statement statement(raw, &sqlite3_finalize);
    quint64 first = 0;
    quint64 second = 0;
    while (code == SQLITE_OK && (code = sqlite3_step(raw)) == SQLITE_ROW) {
        const QByteArray hash = QCryptographicHash::hash(
            QByteArrayView(static_cast<const char *>(sqlite3_column_blob(raw, 0)), sqlite3_column_bytes(raw, 0)),
            QCryptographicHash::Sha256);
        first += qFromLittleEndian<quint64>(hash.constData());
        second += qFromLittleEndian<quint64>(hash.constData() + 8);
        code = SQLITE_OK;
    }
    if (code != SQLITE_DONE) {
        why = said(code);
        return {};
    }
    return s("%1 %2").arg(first).arg(second);
}

CompareStatus statusOf(bool same)
{
    return same ? CompareStatus::Same : CompareStatus::Different;
}

void compareTables(SqliteSide &left, SqliteSide &right, const Catalogue &source, const Catalogue &target,
                   const CompareOptions &options, CompareFilter &filter, CompareReport &report)
{
    QStringList tables = source.tables.keys();
    tables.removeIf([&](const QString &table) { return !target.tables.contains(table) || filter.excludes(table); });
    tables.sort();
    QList<CompareRow> sums;
    for (const QString &table : std::as_const(tables)) {
        QString whys[2];
        const auto here = left.count(table, options.countTimeout, whys[0]);
        const auto there = right.count(table, options.countTimeout, whys[1]);
        CompareRow row;
        row.kind = s("count");
        row.object = table;
        row.source = here ? QString::number(*here) : QString();
        row.target = there ? QString::number(*there) : QString();
        if (here && there)
            row.status = statusOf(*here == *there);
        else
            row.reason = s("not counted: %1").arg(whys[here ? 1 : 0]);
        if (row.isDifference())
            row.reason = s("the numbers of rows differ");
        row.expected = row.status != CompareStatus::Same && filter.accepts(row);
        addCompareRow(report, row);
        if (!options.checksums || !here || !there)
            continue;
        CompareRow sum;
        sum.kind = s("checksum");
        sum.object = table;
        QStringList names;
        for (const TableColumn &column : source.tables[table].columns)
            names.append(column.name);
        if (source.tables[table].columns != target.tables[table].columns) {
            sum.reason = s("no checksum: the columns differ");
        } else if (std::max(*here, *there) > options.sampleRows * 100) {
            sum.reason = s("no checksum: more than %1 rows; --sample takes more").arg(options.sampleRows * 100);
        } else {
            const QString a = left.sum(table, names, options.countTimeout, whys[0]);
            const QString b = right.sum(table, names, options.countTimeout, whys[1]);
            if (a.isEmpty() || b.isEmpty())
                sum.reason = s("no checksum: %1").arg(whys[a.isEmpty() ? 0 : 1]);
            else
                sum.status = statusOf(a == b);
            if (sum.isDifference())
                sum.reason = s("rows differ");
        }
        sum.expected = sum.status != CompareStatus::Same && filter.accepts(sum);
        sums.append(sum);
    }
    for (const CompareRow &sum : std::as_const(sums))
        addCompareRow(report, sum);
}

} // namespace

void compareSqlite(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options,
                   CompareReport &report)
{
    const Deadline deadline(options.timeout, options.access.cancelled);
    SqliteSide left(source, deadline, report.source);
    SqliteSide right(target, deadline, report.target);
    const bool leftOpen = left.open();
    const bool rightOpen = right.open();
    Catalogue here, there;
    if (!leftOpen || !rightOpen || !left.readCatalogue(here) || !right.readCatalogue(there))
        return;
    CompareFilter filter(options);
    compareCatalogues(here, there, filter, options.strictOwners, report);
    compareTables(left, right, here, there, options, filter, report);
    left.finish();
    right.finish();
    report.notes += filter.notes();
    report.notes.append(s("Tables of more than %1 rows have no checksum.").arg(options.sampleRows * 100));
}

} // namespace Switchyard
