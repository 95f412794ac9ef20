// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/copy/copyrecord.h"

#include "models/common/files.h"

#include <QCryptographicHash>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>

namespace Switchyard {

namespace {

constexpr qint64 largest = 64 << 20;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

QString defaultCopyRecordFolder()
{
    const QString named = qEnvironmentVariable("XDG_STATE_HOME");
    const QString state = named.startsWith(QLatin1Char('/')) ? named : QDir::homePath() + s("/.local/state");
    return state + s("/switchyard/copies");
}

QString copyRecordFile(const QString &folder, const CopyFacts &source, const CopyFacts &target)
{
    const QByteArray pair = (source.identity + QLatin1Char('\n') + target.identity).toUtf8();
    return s("%1/%2.json")
        .arg(folder.isEmpty() ? defaultCopyRecordFolder() : folder,
             s(QCryptographicHash::hash(pair, QCryptographicHash::Sha256).toHex().left(32)));
}

std::optional<CopyRecord> readCopyRecord(const QString &file)
{
    const Result<QByteArray> bytes = readFile(file, largest);
    if (!bytes)
        return {};
    const QJsonObject object = QJsonDocument::fromJson(*bytes).object();
    CopyRecord record;
    record.begun = QDateTime::fromString(object[s("begun")].toString(), Qt::ISODateWithMs);
    if (object[s("schema")].toString() != s("switchyard.copy-record/1") || !record.begun.isValid())
        return {};
    record.source = object[s("source")].toString();
    record.target = object[s("target")].toString();
    record.identity = object[s("identity")].toString();
    record.instance = object[s("instance")].toString();
    record.counters.isKnown = object[s("counters_known")].toBool();
    record.counters.statsReset = object[s("stats_reset")].toString();
    record.counters.position = object[s("wal_position")].toString();
    for (const QJsonValue each : object[s("tables")].toArray()) {
        CopyWrites writes;
        writes.table = each[s("table")].toString();
        writes.inserted = qint64(each[s("inserted")].toDouble());
        writes.updated = qint64(each[s("updated")].toDouble());
        writes.deleted = qint64(each[s("deleted")].toDouble());
        record.counters.tables.insert(writes.table, writes);
    }
    return record;
}

Result<void> writeCopyRecord(const QString &file, const CopyRecord &record)
{
    QJsonArray tables;
    for (const CopyWrites &each : record.counters.tables)
        tables.append(QJsonObject{{s("table"), each.table},
                                  {s("inserted"), each.inserted},
                                  {s("updated"), each.updated},
                                  {s("deleted"), each.deleted}});
    const QJsonObject object{{s("schema"), s("switchyard.copy-record/1")},
                             {s("begun"), record.begun.toUTC().toString(Qt::ISODateWithMs)},
                             {s("source"), record.source},
                             {s("target"), record.target},
                             {s("identity"), record.identity},
                             {s("instance"), record.instance},
                             {s("counters_known"), record.counters.isKnown},
                             {s("stats_reset"), record.counters.statsReset},
                             {s("wal_position"), record.counters.position},
                             {s("tables"), tables}};
    return writeFileAtomically(file, QJsonDocument(object).toJson(), true);
}

QList<CopyWrites> writesBetween(const CopyCounters &before, const CopyCounters &after)
{
    QList<CopyWrites> written;
    for (const CopyWrites &now : after.tables) {
        const CopyWrites then = before.tables.value(now.table);
        CopyWrites more = now;
        more.inserted -= then.inserted;
        more.updated -= then.updated;
        more.deleted -= then.deleted;
        if (more.inserted != 0 || more.updated != 0 || more.deleted != 0)
            written.append(more);
    }
    // What is gone was dropped, and that is a write too.
    for (const CopyWrites &then : before.tables) {
        if (!after.tables.contains(then.table))
            written.append({then.table, 0, 0, 0});
    }
    return written;
}

CopyHistory historySince(const std::optional<CopyRecord> &record, const CopyFacts &source, const CopyCounters &now)
{
    CopyHistory history;
    if (!record) {
        history.unknownBecause = s("no earlier copy is recorded on this computer");
        return history;
    }
    history.last = record->begun;
    if (!record->counters.isKnown || !now.isKnown)
        history.unknownBecause = s("the source's counters cannot be read (a standby counts no writes)");
    else if (record->identity != source.identity)
        history.unknownBecause = s("the source is another server or database than at that time");
    else if (record->counters.statsReset != now.statsReset)
        history.unknownBecause = s("the source's statistics were reset since");
    if (!history.unknownBecause.isEmpty())
        return history;
    history.written = writesBetween(record->counters, now);
    for (const CopyWrites &each : std::as_const(history.written)) {
        if (each.inserted < 0 || each.updated < 0 || each.deleted < 0) {
            // After a crash they begin at nothing, without a trace in stats_reset.
            history.written.clear();
            history.unknownBecause = s("the source's statistics began anew since: after a crash, or a restore");
            return history;
        }
    }
    history.known = true;
    return history;
}

} // namespace Switchyard
