// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

namespace Switchyard {

class DatabaseSet;
class HistoryStore;
struct DatabaseRecord;
struct DatabasePoint;
struct HistorySample;

/// How one probe stands in the history: the latency is the query's, and of the phases names, TCP and TLS under their
/// own names, and the login as the first byte. The state judges stages and the latency's limit.
[[nodiscard]] HistorySample historySampleOf(const DatabaseRecord &record, const DatabasePoint &point);

/// Writes every probe of a set of databases into a history.
///
/// Thread: the set's. Ownership: both must outlive it.
class DatabaseRecorder final : public QObject
{
    Q_OBJECT
public:
    DatabaseRecorder(DatabaseSet *set, HistoryStore *store, QObject *parent = nullptr);
};

} // namespace Switchyard
