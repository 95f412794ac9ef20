// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/envedits.h"

#include <QHash>
#include <QMap>
#include <QObject>
#include <QSet>
#include <QStringList>

class QUndoStack;

namespace Switchyard {

/// An env file of the target: as it stood on the disk when it was read, and with the edits made here.
struct EnvDraft
{
    QString file; ///< full path, as the matrix names it
    QByteArray disk;
    QByteArray text;
    bool changedOnDisk = false; ///< since it was read, while there are edits
    bool isEdited() const { return text != disk; }
};

/// What a set of edits comes to, before it is done.
struct PreparedEdits
{
    QMap<QString, QByteArray> texts; ///< of the files that change
    QList<EnvEdited::Refused> refused;
    int done = 0; ///< edits that are in the texts
};

/// A value goes into the file where its winning assignment stands, else into the first; removing takes it out of all.
/// Thread: any.
PreparedEdits prepareEdits(const QList<EnvDraft> &drafts, const QList<EnvEdit> &edits);

/// Names whose value is another than on the disk. Thread: any.
QSet<QString> editedNames(const QList<EnvDraft> &drafts);

/// Whether a file holds something that looks like a secret: it is then written with mode 0600. Thread: any.
bool holdsSecrets(const QByteArray &text);

/// The edits of the target's env files, each step of which can be undone. Nothing is written here. Edits that nobody
/// saved stay while the program runs: a file that is opened again comes back with them. Thread: GUI.
class EditJournal final : public QObject
{
    Q_OBJECT
public:
    explicit EditJournal(QObject *parent = nullptr);

    void open(QList<EnvDraft> drafts);
    void close() { open({}); }
    const QList<EnvDraft> &drafts() const { return m_drafts; }
    bool isEdited() const;
    /// Texts that stand for what is on the disk.
    QMap<QString, QByteArray> editedTexts() const;
    /// All files with edits, those of other workspaces too.
    QStringList unsaved() const;
    QUndoStack *stack() const { return m_stack; }

    /// One step.
    void push(const QString &label, const QMap<QString, QByteArray> &texts);
    void markSaved(const QString &file, const QByteArray &text);
    void markChangedOnDisk(const QString &file);
    /// The edits of a file are gone.
    void drop(const QString &file);

Q_SIGNALS:
    /// Any text, or what is known of the disk.
    void changed();

private:
    friend class EditStep;
    void setTexts(const QMap<QString, QByteArray> &texts);
    EnvDraft *at(const QString &file);

    QList<EnvDraft> m_drafts;
    QHash<QString, EnvDraft> m_kept; ///< with edits, but not open
    QUndoStack *m_stack;
};

} // namespace Switchyard
