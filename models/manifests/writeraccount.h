// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/formats.h"

#include <QStringList>

namespace Switchyard {

/// What a writer says while it writes one file: to the ledger of each value, and to the reader of the file in comments.
class WriterAccount
{
public:
    WriterAccount(Ledger &ledger, QList<AddedKey> &added)
        : m_ledger(ledger)
        , m_added(added)
    {
    }

    /// Starts on a file; keys are then told as "fly.toml: kill_signal".
    void begin(const QString &file)
    {
        m_file = file;
        m_prefix.clear();
        m_notes.clear();
    }
    /// Put before each key that is told: "services[2]." of a list.
    void setPrefix(const QString &prefix) { m_prefix = prefix; }
    const QString &file() const { return m_file; }
    QString target(const QString &key) const { return QStringLiteral("%1: %2%3").arg(m_file, m_prefix, key); }
    Ledger &ledger() { return m_ledger; }

    template <typename T>
    void mapped(const Field<T> &field, const QString &key)
    {
        if (field)
            m_ledger.mapped(field->place, target(key));
    }
    template <typename T>
    void rewritten(const Field<T> &field, const QString &key, const QString &reason)
    {
        if (field)
            m_ledger.rewritten(field->place, target(key), reason);
    }
    template <typename T>
    void defaulted(const Field<T> &field, const QString &reason)
    {
        if (field)
            m_ledger.defaulted(field->place, reason);
    }
    /// Also a comment in the file: "disk: a machine has one volume".
    template <typename T>
    void lost(const Field<T> &field, const QString &what, const QString &reason)
    {
        if (!field)
            return;
        m_ledger.lost(field->place, reason);
        note(QStringLiteral("%1: %2").arg(what, reason));
    }
    /// A variable or reference, with all the places that speak of it; without a reason it is mapped.
    void entry(const EnvironmentEntry &entry, const QString &where, const QString &reason);
    void lostEntry(const EnvironmentEntry &entry, const QString &reason);
    void added(const QString &key, const QString &value, const QString &reason)
    {
        m_added.append({target(key), value, reason});
    }
    /// A comment of one line; the same one is written once.
    void note(const QString &text);
    /// Takes the comments gathered since begin() or the last call.
    QStringList takeNotes() { return std::exchange(m_notes, {}); }

private:
    Ledger &m_ledger;
    QList<AddedKey> &m_added;
    QString m_file;
    QString m_prefix;
    QStringList m_notes;
};

/// A command for a platform that runs none through a shell: put into sh -c where it needs one, its last command with
/// exec, so that the stop signal reaches the server.
struct ExecCommand
{
    QString text;
    bool wrapped = false;
};
ExecCommand withoutShell(const QString &command);

/// Whether a value may stand in a file that is committed: no secret by its name or form, and nothing that only the
/// machine which runs compose could fill in.
bool mayStandInFile(const EnvironmentEntry &entry);
bool mayStandInFile(const QString &name, const QString &value);

/// A port the process listens on: what is stated, or what PORT says; nothing where neither does.
Field<int> statedPort(const Service &service);

} // namespace Switchyard
