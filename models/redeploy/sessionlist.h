// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

namespace Switchyard {

/// One recorded session, as a list shows it.
struct SessionSummary
{
    QString id;
    QString folder;
    qint64 startedWallMs = 0; ///< milliseconds since the epoch
    QString workspace;
    QString backend;
    QString platform;
    QString driver;
    bool rehearsal = false;
    bool ended = false;    ///< the journal has its end line; false: crashed, or still running
    bool complete = false; ///< it ended by itself
    QString verdict;       ///< "pass", "fail", "inconclusive"; "inconclusive" where the journal was cut
    QString summary;       ///< one sentence; why, where it could not be read
    double lengthMs = 0;   ///< 0: not known
};

/// The sessions in a folder, the newest first. Reads the first and the last line of each journal only, so that ten
/// thousand sessions list quickly; a journal without an end line is judged in full. What is no session is left out.
/// Blocking: call it on a worker thread from a window.
[[nodiscard]] QList<SessionSummary> listSessions(const QString &folder);

/// The folder of a session that is named by its folder, journal file, id, unambiguous beginning of an id, or "last".
/// Errors (usage): none or several of that name.
[[nodiscard]] Result<QString> findSession(const QString &folder, const QString &name);

/// The last session of the same workspace, backend and driver that began before this one and came to its end; empty
/// without one.
[[nodiscard]] QString previousSession(const QString &folder, const SessionHeader &header);

} // namespace Switchyard
