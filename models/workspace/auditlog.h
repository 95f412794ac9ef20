// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/workspace/workspace.h"

#include <QJsonObject>

namespace Switchyard {

/// One line of the audit log: who did what to which production backend, from where.
struct AuditEntry
{
    QString workspace; ///< its file, or its name where the program made it
    QString backend;
    QString stage;
    QString action;  ///< "unlock", "lock", "redeploy", …
    QString outcome; ///< "begun", "pass", "refused: …"
    QString session; ///< id of the redeploy session, empty without one
};

/// The append-only file of actions on production backends: one JSON object a line, mode 0600, written through to the
/// disk before the action begins.
class AuditLog final
{
public:
    /// `file`: empty for $XDG_STATE_HOME/switchyard/audit.jsonl.
    explicit AuditLog(QString file = {});

    /// Appends a line with the time (UTC), user, host, process and program added. Errors (io): the action must then not
    /// be done.
    [[nodiscard]] Result<void> append(const AuditEntry &entry) const;

    QString file() const { return m_file; }

private:
    QString m_file;
};

} // namespace Switchyard
