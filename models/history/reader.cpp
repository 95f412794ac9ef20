// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/reader.h"

#include "models/history/file.h"
#include "models/history/readerprivate.h"
#include "models/history/rollups.h"
#include "models/history/schema.h"

#include <QFile>

#include <algorithm>

namespace Switchyard {

using namespace Sqlite;

namespace {

constexpr const char *sampleColumns = "time, state, latency, dns, connect, tls, first_byte, transfer, status, note";

void readSample(const Statement &row, HistorySample &sample)
{
    sample.timeMs = row.number(0);
    sample.state = int(row.number(1));
    sample.latencyUs = row.optional(2);
    sample.dnsUs = row.optional(3);
    sample.connectUs = row.optional(4);
    sample.tlsUs = row.optional(5);
    sample.firstByteUs = row.optional(6);
    sample.transferUs = row.optional(7);
    sample.status = int(row.number(8));
    sample.note = row.text(9);
}

} // namespace

tl::unexpected<Error> HistoryReader::Private::broken(int code) const
{
    if (isDamage(code))
        return fail(ErrorKind::Io, QStringLiteral("%1 is damaged").arg(path),
                    QStringLiteral("switchyard-cli history check tells where; recording sets it aside by itself"));
    return fail(ErrorKind::Io,
                QStringLiteral("%1 cannot be read: %2").arg(path, QString::fromUtf8(sqlite3_errstr(code))));
}

Result<void> HistoryReader::Private::atOneMoment(const std::function<int(sqlite3 *)> &read) const
{
    Transaction moment(db.get(), "BEGIN");
    int code = moment.code();
    if (code == SQLITE_OK)
        code = read(db.get());
    if (code == SQLITE_OK)
        code = moment.commit();
    if (code != SQLITE_OK)
        return broken(code);
    return {};
}

HistoryReader::HistoryReader(std::unique_ptr<Private> p)
    : d(std::move(p))
{
}
HistoryReader::HistoryReader(HistoryReader &&) noexcept = default;
HistoryReader &HistoryReader::operator=(HistoryReader &&) noexcept = default;
HistoryReader::~HistoryReader() = default;

Result<HistoryReader> HistoryReader::open(const QString &path)
{
    if (!QFile::exists(path))
        return fail(ErrorKind::Usage, QStringLiteral("there is no history %1").arg(path),
                    QStringLiteral("it is made when monitors are watched"));
    if (const QString refusal = HistoryFile::refusalOf(path); !refusal.isEmpty())
        return fail(ErrorKind::Usage, refusal, QStringLiteral("name a history that Switchyard has recorded"));
    auto p = std::make_unique<Private>();
    p->path = path;
    sqlite3 *raw = nullptr;
    int code =
        sqlite3_open_v2(QFile::encodeName(path).constData(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    p->db.reset(raw);
    qint64 version = 0;
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(raw, 1);
        sqlite3_busy_timeout(raw, 2000);
        code = run(raw, "PRAGMA cache_size=-32000");
    }
    if (code == SQLITE_OK)
        code = readNumber(raw, "PRAGMA user_version", version);
    if (code != SQLITE_OK)
        return p->broken(code);
    if (version != historySchemaVersion)
        return fail(ErrorKind::Usage,
                    QStringLiteral("%1 has schema version %2, this program reads version %3")
                        .arg(path)
                        .arg(version)
                        .arg(historySchemaVersion),
                    version > historySchemaVersion ? QStringLiteral("open it with the program that wrote it")
                                                   : QStringLiteral("recording into it brings it to this version"));
    return HistoryReader(std::move(p));
}

Result<QStringList> HistoryReader::series() const
{
    QStringList keys;
    Statement statement(d->db.get(), "SELECT key FROM series ORDER BY key");
    while (statement.step())
        keys.append(statement.text(0));
    if (statement.code() != SQLITE_OK)
        return d->broken(statement.code());
    return keys;
}

Result<std::vector<HistorySeries>> HistoryReader::summaries(bool countSingle) const
{
    std::vector<HistorySeries> all;
    const Result<void> read = d->atOneMoment([&](sqlite3 *db) {
        Statement keys(db, "SELECT id, key, (SELECT min(time) FROM samples WHERE series = id), "
                           "(SELECT max(time) FROM samples WHERE series = id), "
                           "(SELECT min(hour) FROM rollups WHERE series = id), "
                           "(SELECT max(hour) FROM rollups WHERE series = id) FROM series ORDER BY key");
        Statement single(db, "SELECT count(*) FROM samples WHERE series = ?");
        while (keys.step()) {
            HistorySeries &series = all.emplace_back();
            series.key = keys.text(1);
            series.single = -1;
            std::optional<qint64> first = keys.optional(2);
            std::optional<qint64> last = keys.optional(3);
            const qint64 id = keys.number(0);
            const std::optional<qint64> firstHour = keys.optional(4);
            const std::optional<qint64> lastHour = keys.optional(5);
            // Hours of version 1 do not know their first and last sample: the hour's own bounds then.
            const auto sealed = [&](const HistoryRollup &hour) {
                series.samples += hour.count;
                first = std::min(first.value_or(INT64_MAX), hour.firstMs.value_or(hour.hourMs));
                last = std::max(last.value_or(INT64_MIN), hour.lastMs.value_or(hour.hourMs + historyHourMs - 1));
            };
            const qint64 start =
                historyFloor(std::min(first.value_or(INT64_MAX / 2), firstHour.value_or(INT64_MAX / 2)));
            const qint64 end =
                historyFloor(std::max(last.value_or(INT64_MIN / 2), lastHour.value_or(INT64_MIN / 2))) + historyHourMs;
            if (start < end) {
                const int code =
                    eachHourOrRaw(db, id, start, end, sealed, [&](const RawSample &) { ++series.samples; });
                if (code != SQLITE_OK)
                    return code;
            }
            series.firstMs = first;
            series.lastMs = last;
            if (!countSingle)
                continue;
            if (single.bind(1, id).step())
                series.single = single.number(0);
            single.reset();
            if (single.code() != SQLITE_OK)
                return single.code();
        }
        return keys.code();
    });
    if (!read)
        return tl::unexpected<Error>(read.error());
    return all;
}

Result<void> HistoryReader::eachSample(const QString &series, qint64 startMs, qint64 endMs, qint64 limit,
                                       const std::function<bool(const HistorySample &)> &take) const
{
    const QByteArray sql = QByteArrayLiteral("SELECT ") + sampleColumns +
                           " FROM samples WHERE series = (SELECT id FROM series WHERE key = ?) AND time >= ? AND "
                           "time < ? ORDER BY time, n LIMIT ?";
    Statement statement(d->db.get(), sql.constData());
    statement.bind(1, series).bind(2, startMs).bind(3, endMs).bind(4, limit);
    HistorySample sample;
    sample.series = series;
    while (statement.step()) {
        readSample(statement, sample);
        if (!take(sample))
            return {};
    }
    if (statement.code() != SQLITE_OK)
        return d->broken(statement.code());
    return {};
}

Result<std::vector<HistorySample>> HistoryReader::range(const QString &series, qint64 startMs, qint64 endMs,
                                                        qint64 limit) const
{
    std::vector<HistorySample> samples;
    const auto take = [&](const HistorySample &sample) {
        samples.push_back(sample);
        return true;
    };
    if (const Result<void> read = eachSample(series, startMs, endMs, std::max<qint64>(limit, 0), take); !read)
        return tl::unexpected<Error>(read.error());
    return samples;
}

Result<std::vector<HistorySample>> HistoryReader::failures(const QString &series, qint64 startMs, qint64 endMs,
                                                           qint64 limit) const
{
    std::vector<HistorySample> samples;
    const QByteArray sql = QByteArrayLiteral("SELECT ") + sampleColumns +
                           " FROM samples WHERE series = (SELECT id FROM series WHERE key = ?) AND time >= ? AND "
                           "time < ? AND state IN (2, 3) ORDER BY time DESC, n DESC LIMIT ?";
    Statement statement(d->db.get(), sql.constData());
    statement.bind(1, series).bind(2, startMs).bind(3, endMs).bind(4, std::max<qint64>(limit, 0));
    while (statement.step()) {
        samples.emplace_back().series = series;
        readSample(statement, samples.back());
    }
    if (statement.code() != SQLITE_OK)
        return d->broken(statement.code());
    return samples;
}

Result<std::vector<HistoryEvent>> HistoryReader::events(qint64 startMs, qint64 endMs, qint64 limit,
                                                        const std::optional<QString> &series) const
{
    std::vector<HistoryEvent> events;
    Statement statement(d->db.get(), "SELECT time, kind, series, json FROM events WHERE time >= ? AND time < ? "
                                     "AND (?4 IS NULL OR series = ?4 OR series = '') ORDER BY time, id LIMIT ?3");
    statement.bind(1, startMs).bind(2, endMs).bind(3, std::max<qint64>(limit, 0));
    if (series)
        statement.bind(4, *series);
    while (statement.step())
        events.push_back({statement.number(0), statement.text(1), statement.text(2), statement.bytes(3)});
    if (statement.code() != SQLITE_OK)
        return d->broken(statement.code());
    return events;
}

} // namespace Switchyard
