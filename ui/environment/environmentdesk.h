// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/matrixinput.h"
#include "ui/environment/editjournal.h"
#include "ui/environment/variablerows.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <stop_token>

class QFileSystemWatcher;

namespace Switchyard {

class PlatformCatalogue;

/// A comparison made ready for the window.
struct EnvironmentView
{
    MatrixInput input; ///< with the edits
    EnvironmentMatrix matrix;
    QList<VariableLinePtr> lines;
    QString component; ///< whose deployments are compared
    int needAction = 0;
    qint64 filesRead = 0;
    double milliseconds = 0; ///< of all reading and judging before it was first shown
    QStringList allFiles;    ///< env files and manifests that were read, full paths
};
using EnvironmentViewPtr = std::shared_ptr<const EnvironmentView>;

/// The comparison of two backends: it reads and judges on worker threads, holds the edits, writes them, and notices
/// when a file changes on the disk. An answer that something newer has overtaken is dropped. Thread: GUI.
class EnvironmentDesk final : public QObject
{
    Q_OBJECT
public:
    enum class State
    {
        Empty,
        Loading,
        Failed, ///< error()
        Cancelled,
        Ready
    };

    explicit EnvironmentDesk(const PlatformCatalogue *catalogue, QObject *parent = nullptr);
    ~EnvironmentDesk() override;

    void open(const MatrixRequest &request);
    /// Everything again, from the disk.
    void openAgain() { open(m_request); }
    void close();
    /// Ends the reading that runs.
    void cancel();

    State state() const { return m_state; }
    const Error &error() const { return m_error; }
    const MatrixProgress &progress() const { return m_progress; }
    EnvironmentViewPtr view() const { return m_view; } ///< nullptr before the first
    const MatrixRequest &request() const { return m_request; }
    /// Names of files that changed on the disk since they were read.
    const QStringList &stale() const { return m_stale; }
    EditJournal *journal() const { return m_journal; }
    /// Edits are worked out, or judged.
    bool isWorking() const { return m_state == State::Loading || m_judging || m_editing > 0 || m_saving; }

    /// One step of the journal. What could not be written is told by editsRefused().
    void edit(const QString &label, const QList<EnvEdit> &edits);
    /// Writes all edited files: saved() or refusedToSave() for each.
    void save(bool overwrite);
    /// Drops the edits of a file and reads everything again.
    void reload(const QString &file);
    /// Looks whether files changed on the disk.
    void checkDisk();

Q_SIGNALS:
    void stateChanged();
    void progressChanged();
    void viewChanged();
    void editsChanged();
    void workingChanged();
    void staleChanged();
    void editsRefused(const QString &label, const QList<Switchyard::EnvEdited::Refused> &refused, int done);
    void saved(const QString &file, bool privateFile);
    void refusedToSave(const QString &file); ///< it has changed on the disk
    void failedToSave(const QString &file, const Switchyard::Error &error);

private:
    struct Loaded;
    void setState(State state);
    void take(const Loaded &loaded);
    void judge();
    void watch(const QStringList &files);

    std::shared_ptr<const PlatformCatalogue> m_catalogue; ///< a copy: a worker may outlive the program's own
    MatrixRequest m_request;
    State m_state = State::Empty;
    Error m_error;
    MatrixProgress m_progress;
    EnvironmentViewPtr m_view;
    EditJournal *m_journal;
    std::stop_source m_stop;
    int m_opening = 0; ///< counts open() and close(): an older answer is void
    int m_edits = 0;   ///< counts changes of the texts
    bool m_judging = false;
    int m_editing = 0;
    bool m_saving = false;
    QHash<QString, QByteArray> m_stamps; ///< of the files as they were read
    QStringList m_stale;
    QFileSystemWatcher *m_watcher;
    QTimer m_disk;
};

} // namespace Switchyard
