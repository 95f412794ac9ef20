// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

#include <memory>

namespace Switchyard {

/// The append-only file of one session: a header line, a line per event, an end line, each a JSON object. Written by a
/// thread of its own and handed to the system at least every 200 ms, so that a crash loses no more than that.
///
/// Thread: any one thread calls; destruction writes what is left.
class JournalWriter final
{
public:
    /// Makes the folder and the file `journal.jsonl` in it (mode 0600). Errors: io.
    [[nodiscard]] static Result<std::unique_ptr<JournalWriter>> create(const QString &folder,
                                                                       const SessionHeader &header);
    ~JournalWriter();

    void append(const QList<Event> &events);
    /// The last line: whether the session ended by itself, why, and the verdict, so that a list of sessions needs no
    /// more than this line. The verdict shown of an opened session is always judged anew from its events.
    void finish(const SessionRecord &record, const Verdict &verdict);
    /// The first write that failed, for the window to show; empty while all is well.
    QString problem() const;

private:
    JournalWriter();
    class Private;
    std::unique_ptr<Private> d;
};

/// The folder in which window and command line keep their sessions: $XDG_DATA_HOME/switchyard/sessions.
QString sessionsFolder();

/// Opens a session from its folder or its journal file. A journal cut anywhere opens with the events up to the cut;
/// `complete` is then false. Errors (usage): no such file, no header line.
[[nodiscard]] Result<SessionRecord> readJournal(const QString &path);

} // namespace Switchyard
