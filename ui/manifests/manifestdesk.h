// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/manifests/manifestrows.h"

#include <QObject>
#include <QTimer>

#include <memory>

class QFileSystemWatcher;

namespace Switchyard {

/// A manifest on the desk: as it stands on the disk, and as it stands in its editor.
struct OpenManifest
{
    QString file;  ///< full path
    QString label; ///< what it is called beside the others
    QByteArray disk;
    QByteArray text;
    QMap<QString, int> modes;
    QMap<QString, QByteArray> scripts; ///< that its commands name, as they stood on the disk
    bool convert = true;
    bool changedOnDisk = false; ///< since it was read, and the editor has edits of its own
    bool isEdited() const { return text != disk; }
};

/// What is to be opened.
struct DeskRequest
{
    QStringList files;      ///< full paths
    QStringList onlyLinted; ///< those of them that take no part in the conversion until somebody says so
    QString beside;         ///< a folder; the manifests that lie there come too
    QStringList without;    ///< which of those do not
};

/// The open manifests and what they come to. Files are read and written, linted and converted on worker threads; an
/// answer that an edit has overtaken is dropped. Edits that nobody saved stay here while the program runs: a file that
/// is opened again comes back with them. Thread: GUI.
class ManifestDesk final : public QObject
{
    Q_OBJECT
public:
    enum class State
    {
        Empty,
        Loading,
        Failed, ///< none of the files could be read; error()
        Ready
    };

    explicit ManifestDesk(QObject *parent = nullptr);

    void open(const DeskRequest &request);
    void openAgain() { open(m_request); }
    void close();
    /// Reads the files again that have changed on the disk; those with edits are only marked.
    void checkDisk();

    State state() const { return m_state; }
    const QList<Error> &unreadable() const { return m_unreadable; } ///< files that could not be opened
    const QList<OpenManifest> &files() const { return m_files; }
    const OpenManifest *file(const QString &path) const;

    void setText(const QString &path, const QByteArray &text);
    void setConvert(const QString &path, bool convert);
    void setTarget(ConvertTarget target);
    ConvertTarget target() const { return m_target; }

    /// Writes the text in place; not where the file has changed since it was read, unless `overwrite`.
    void save(const QString &path, bool overwrite);
    /// Takes what stands on the disk; the edits are gone.
    void revert(const QString &path);
    /// Names of the files with edits, those of other workspaces too.
    QStringList unsaved() const;

    /// The newest reading; nullptr before the first.
    std::shared_ptr<const PreparedReading> reading() const { return m_reading; }
    /// The newest with a conversion to the target: while the text is broken, the one before it broke.
    std::shared_ptr<const PreparedReading> converted() const { return m_converted; }
    /// The text has changed since the reading, or is being read.
    bool isWorking() const { return m_working || m_typing.isActive(); }
    /// What is shown of the conversion is older than the text, which is broken now.
    bool isStale() const { return m_reading && m_reading->reading.broken; }

    /// How long typing must pause before the text is read.
    static constexpr int typingMs = 150;

Q_SIGNALS:
    void stateChanged();
    /// The files, their labels or their state against the disk.
    void filesChanged();
    /// The text of a file is another than its editor has: it was opened or read again.
    void textReplaced(const QString &path);
    void workingChanged();
    void readingChanged();
    void saved(const QString &path);
    void refusedToSave(const QString &path); ///< it has changed on the disk
    void failedToSave(const QString &path, const Switchyard::Error &error);

private:
    struct Loaded;
    void take(const Loaded &loaded);
    void setState(State state);
    void keepEdits();
    void makeLabels();
    void readSoon();
    void read();
    void watch();
    OpenManifest *at(const QString &path);

    DeskRequest m_request;
    State m_state = State::Empty;
    QList<Error> m_unreadable;
    QList<OpenManifest> m_files;
    QHash<QString, OpenManifest> m_kept; ///< with edits, but not on the desk
    ConvertTarget m_target = ConvertTarget::Render;
    QTimer m_typing;
    bool m_working = false;
    int m_opening = 0;    ///< counts open() and close(): an older answer is void
    int m_generation = 0; ///< counts changes of what is read
    std::shared_ptr<const PreparedReading> m_reading;
    std::shared_ptr<const PreparedReading> m_converted;
    QFileSystemWatcher *m_watcher;
    QTimer m_disk;
};

} // namespace Switchyard
