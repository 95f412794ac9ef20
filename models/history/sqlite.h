// SPDX-License-Identifier: GPL-3.0-or-later
// The few calls of SQLite that the history needs, with owners. One connection belongs to one thread at a time.
// Nothing outside of this folder includes it.
#pragma once

#include <QByteArray>
#include <QString>

#include <sqlite3.h>

#include <memory>
#include <optional>

namespace Switchyard::Sqlite {

struct Close
{
    void operator()(sqlite3 *db) const { sqlite3_close_v2(db); }
};
using Connection = std::unique_ptr<sqlite3, Close>;

/// A prepared statement. Check code() once after the last step. It has to go before its connection.
class Statement final
{
public:
    Statement(sqlite3 *db, const char *sql) { m_code = sqlite3_prepare_v2(db, sql, -1, &m_statement, nullptr); }
    ~Statement() { sqlite3_finalize(m_statement); }
    Statement(const Statement &) = delete;
    Statement &operator=(const Statement &) = delete;

    Statement &bind(int at, qint64 value)
    {
        sqlite3_bind_int64(m_statement, at, value);
        return *this;
    }
    Statement &bind(int at, std::optional<qint64> value)
    {
        if (value)
            return bind(at, *value);
        return bindNull(at);
    }
    Statement &bindNull(int at)
    {
        sqlite3_bind_null(m_statement, at);
        return *this;
    }
    Statement &bind(int at, const QString &text)
    {
        const QByteArray utf8 = text.toUtf8();
        sqlite3_bind_text(m_statement, at, utf8.constData(), int(utf8.size()), SQLITE_TRANSIENT);
        return *this;
    }
    Statement &bindBlob(int at, const QByteArray &blob)
    {
        sqlite3_bind_blob(m_statement, at, blob.constData(), int(blob.size()), SQLITE_TRANSIENT);
        return *this;
    }
    /// True while there is a row.
    bool step()
    {
        if (!m_statement)
            return false;
        m_code = sqlite3_step(m_statement);
        return m_code == SQLITE_ROW;
    }
    void reset() { sqlite3_reset(m_statement); }
    /// For statements without rows: step and reset. SQLITE_OK where all went well.
    int execute()
    {
        step();
        reset();
        return code();
    }
    /// SQLITE_OK where all went well.
    int code() const { return m_code == SQLITE_ROW || m_code == SQLITE_DONE ? SQLITE_OK : m_code; }
    qint64 number(int column) const { return sqlite3_column_int64(m_statement, column); }
    std::optional<qint64> optional(int column) const
    {
        if (sqlite3_column_type(m_statement, column) == SQLITE_NULL)
            return std::nullopt;
        return number(column);
    }
    QByteArray bytes(int column) const
    {
        const void *data = sqlite3_column_blob(m_statement, column);
        return QByteArray(static_cast<const char *>(data), sqlite3_column_bytes(m_statement, column));
    }
    QString text(int column) const { return QString::fromUtf8(bytes(column)); }

private:
    sqlite3_stmt *m_statement = nullptr;
    int m_code = SQLITE_OK;
};

[[nodiscard]] inline int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
}

/// Rolled back where commit() was not called or failed.
class Transaction final
{
public:
    Transaction(sqlite3 *db, const char *begin)
        : m_db(db)
        , m_code(run(db, begin))
    {
    }
    ~Transaction()
    {
        if (m_code == SQLITE_OK && !sqlite3_get_autocommit(m_db))
            (void)run(m_db, "ROLLBACK");
    }
    Transaction(const Transaction &) = delete;
    Transaction &operator=(const Transaction &) = delete;
    /// Of the beginning.
    int code() const { return m_code; }
    [[nodiscard]] int commit() { return run(m_db, "COMMIT"); }

private:
    sqlite3 *m_db;
    int m_code;
};

/// The one number that a query gives.
[[nodiscard]] inline int readNumber(sqlite3 *db, const char *sql, qint64 &number)
{
    Statement statement(db, sql);
    if (statement.step()) {
        number = statement.number(0);
        return SQLITE_OK;
    }
    return statement.code() == SQLITE_OK ? SQLITE_ERROR : statement.code();
}

[[nodiscard]] inline bool isDamage(int code)
{
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

} // namespace Switchyard::Sqlite
