// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/history/sqlite.h"

#include <chrono>

namespace Switchyard {

/// The writer's file: looked at before it is touched, opened, brought to the current version, set aside where it is
/// damaged. One thread at a time. Nothing outside of this folder includes it.
class HistoryFile final
{
public:
    HistoryFile(QString path, std::chrono::milliseconds lockWait);

    /// Reads the first bytes, and only those. Empty: missing, empty or ours; otherwise why it is not touched.
    [[nodiscard]] static QString refusalOf(const QString &path);

    /// Opens or makes the file (mode 0600), in WAL mode and of the current version. A file that is not ours or newer
    /// is refused before anything of it changes. Returns SQLite's code; SQLITE_AUTH: see refusal().
    [[nodiscard]] int open();
    void close();
    bool isOpen() const { return m_db != nullptr; }
    sqlite3 *db() const { return m_db.get(); }
    const QString &path() const { return m_path; }
    const QString &refusal() const { return m_refusal; }

    /// Whether another file, or none, stands at the path since it was opened: what is written now nobody would find.
    bool isGone() const;
    /// What happened, for a person; of the last call that failed.
    QString problem(int code) const;
    /// Whether the code means that there is no room.
    bool isFull(int code) const;
    /// Reads errno of the last failed call; before anything else is done with the connection.
    void noteSystemError();

    /// Closes the file and moves it away with its log. Returns the new path; empty: it could not be moved, or another
    /// process has put a new one there, which stays.
    [[nodiscard]] QString setAside();

private:
    struct Identity
    {
        quint64 device = 0, inode = 0;
        bool operator==(const Identity &) const = default;
    };
    static Identity identityOf(const QString &path);
    int openRaw();
    int judge();

    const QString m_path;
    const std::chrono::milliseconds m_lockWait;
    Sqlite::Connection m_db;
    Identity m_identity;
    QString m_refusal;
    int m_systemError = 0;
};

} // namespace Switchyard
