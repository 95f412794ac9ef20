// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

namespace Switchyard {

class HistoryStore;
class MonitorSet;

/// Writes what a set of monitors sees into a history: every sample that counted, changes of state (events of kind
/// "state"), and what happened to this machine ("clock", "suspend", "network").
///
/// Thread: the set's. Ownership: both must outlive it.
class HealthRecorder final : public QObject
{
    Q_OBJECT
public:
    HealthRecorder(MonitorSet *set, HistoryStore *store, QObject *parent = nullptr);

    /// A mark of kind "deploy" for every monitor of the group; `what`: "began", "ended", …
    void markDeploy(const QString &group, const QString &what);

private:
    MonitorSet *m_set;
    HistoryStore *m_store;
};

} // namespace Switchyard
