// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QList>
#include <QString>

namespace Switchyard {

/// Processes that this program started and that outlived it: it was killed before it could stop them, and what the
/// first process had started (a server's workers) did not go with it.
struct Leftover
{
    QString record;     ///< the file that tells of them
    QString program;    ///< name of the program only, never its arguments
    qint64 session = 0; ///< number of the session and process group they share
    QList<qint64> pids; ///< those that still run
};

/// Notes that a process leads a session of its own, in a file that goes when the process is over. `folder`: empty for
/// $XDG_STATE_HOME/switchyard/processes. A note that cannot be written is only a warning: it guards against the rare
/// case, and the common one must not fail for it.
class ProcessNote final
{
public:
    ProcessNote() = default;
    ProcessNote(qint64 session, const QString &program, const QString &folder = {});
    ~ProcessNote();
    ProcessNote(ProcessNote &&other) noexcept;
    ProcessNote &operator=(ProcessNote &&other) noexcept;

    void remove();

private:
    QString m_file;
};

/// What earlier runs left behind. Notes of runs that still live, and of processes that are gone, are no leftovers; the
/// latter are removed. Numbers that now belong to another process are told apart by the boot, and by when the members
/// of the session began.
[[nodiscard]] QList<Leftover> findLeftovers(const QString &folder = {});

/// SIGKILL to every process of it, then the note goes. Errors (io): some could not be stopped.
[[nodiscard]] Result<void> stopLeftover(const Leftover &leftover);

} // namespace Switchyard
