// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/checker.h"

#include "models/history/clockguard.h"
#include "models/history/file.h"
#include "models/history/rollups.h"
#include "models/history/schema.h"

#include <QFile>
#include <QFileInfo>

#include <sys/resource.h>

namespace Switchyard {

using namespace Sqlite;

namespace {

constexpr int mostProblems = 100;
constexpr int stepsBetweenLooks = 100'000;

Connection openToRead(const QString &path, int &code)
{
    sqlite3 *raw = nullptr;
    code =
        sqlite3_open_v2(QFile::encodeName(path).constData(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    if (raw) {
        sqlite3_extended_result_codes(raw, 1);
        sqlite3_busy_timeout(raw, 2000);
    }
    return Connection(raw);
}

void stopWhen(sqlite3 *db, const std::function<bool()> *stopped)
{
    if (*stopped)
        sqlite3_progress_handler(
            db, stepsBetweenLooks,
            [](void *asked) { return (*static_cast<const std::function<bool()> *>(asked))() ? 1 : 0; },
            const_cast<std::function<bool()> *>(stopped));
}

/// Roll-ups that cannot be read, and counts that contradict the samples.
int checkRollups(sqlite3 *db, HistoryFindings &findings)
{
    Statement all(db, "SELECT r.series, r.hour, r.count, r.up + r.degraded + r.down, r.latencies, "
                      "(SELECT count(*) FROM samples s WHERE s.series = r.series AND s.time >= r.hour AND "
                      "s.time < r.hour + 3600000), (SELECT key FROM series WHERE id = r.series) FROM rollups r");
    while (all.step()) {
        ++findings.rollups;
        const QString what = QStringLiteral("roll-up of %1, hour %2").arg(all.text(6), QString::number(all.number(1)));
        const std::optional<LatencyHistogram> latencies = LatencyHistogram::fromBytes(all.bytes(4));
        QString problem;
        if (!latencies)
            problem = QStringLiteral("its latencies cannot be read");
        else if (qint64(latencies->count()) > all.number(2) || all.number(3) > all.number(2))
            problem = QStringLiteral("it counts more than its samples");
        else if (all.number(5) > all.number(2))
            problem = QStringLiteral("it lacks samples that are there");
        if (!problem.isEmpty() && findings.problems.size() < mostProblems)
            findings.problems.append(what + QStringLiteral(": ") + problem);
    }
    return all.code();
}

int checkPages(sqlite3 *db, HistoryFindings &findings)
{
    Statement check(db, "PRAGMA integrity_check");
    while (check.step()) {
        const QString line = check.text(0);
        if (line != QLatin1StringView("ok") && findings.problems.size() < mostProblems)
            findings.problems.append(line);
    }
    return check.code();
}

int checkAll(sqlite3 *db, HistoryFindings &findings)
{
    int code = checkPages(db, findings);
    if (code != SQLITE_OK || !findings.problems.isEmpty())
        return code;
    const std::pair<const char *, qint64 *> counts[] = {{"SELECT count(*) FROM series", &findings.series},
                                                        {"SELECT count(*) FROM samples", &findings.samples},
                                                        {"SELECT count(*) FROM events", &findings.events}};
    for (const auto &[sql, count] : counts) {
        if (code = readNumber(db, sql, *count); code != SQLITE_OK)
            return code;
    }
    if (findings.version >= 2)
        findings.clockDoubt = ClockGuard::doubt(readClockMemory(db));
    if (findings.version == historySchemaVersion)
        return checkRollups(db, findings);
    return readNumber(db, "SELECT count(*) FROM rollups", findings.rollups);
}

} // namespace

void HistoryChecker::start(const QString &path, const std::function<void()> &done)
{
    stop();
    m_stop = false;
    m_outcome = Outcome::Running;
    m_thread = std::thread([this, path, done] {
        ::setpriority(PRIO_PROCESS, 0, 10); // on Linux: of this thread
        check(path);
        done();
    });
}

void HistoryChecker::stop()
{
    m_stop = true;
    if (m_thread.joinable())
        m_thread.join();
}

void HistoryChecker::check(const QString &path)
{
    int code = SQLITE_OK;
    const Connection db = openToRead(path, code);
    const std::function<bool()> stopped = [this] { return m_stop.load(); };
    QString found;
    if (code == SQLITE_OK) {
        stopWhen(db.get(), &stopped);
        Statement check(db.get(), "PRAGMA quick_check(1)");
        if (check.step())
            found = check.text(0);
        code = check.code();
    }
    if (isDamage(code) || (code == SQLITE_OK && found != QLatin1StringView("ok")))
        m_outcome = Outcome::Damaged;
    else
        m_outcome = code == SQLITE_OK ? Outcome::Good : Outcome::Unknown;
}

Result<HistoryFindings> checkHistory(const QString &path, const std::function<bool()> &stopped)
{
    if (!QFileInfo::exists(path))
        return fail(ErrorKind::Usage, QStringLiteral("there is no history %1").arg(path),
                    QStringLiteral("it is made when monitors are watched"));
    if (const QString refusal = HistoryFile::refusalOf(path); !refusal.isEmpty())
        return fail(ErrorKind::Usage, refusal, QStringLiteral("name a history that Switchyard has recorded"));
    HistoryFindings findings;
    findings.bytes = QFileInfo(path).size() + QFileInfo(path + QStringLiteral("-wal")).size();
    int code = SQLITE_OK;
    const Connection db = openToRead(path, code);
    qint64 version = 0;
    if (code == SQLITE_OK)
        code = readNumber(db.get(), "PRAGMA user_version", version);
    findings.version = int(version);
    if (code == SQLITE_OK && version > historySchemaVersion)
        return fail(ErrorKind::Usage,
                    QStringLiteral("%1 has schema version %2, newer than this program").arg(path).arg(version));
    if (code == SQLITE_OK) {
        stopWhen(db.get(), &stopped);
        Transaction snapshot(db.get(), "BEGIN");
        code = snapshot.code() == SQLITE_OK ? checkAll(db.get(), findings) : snapshot.code();
    }
    if ((code & 0xff) == SQLITE_INTERRUPT)
        return fail(ErrorKind::Cancelled, QStringLiteral("the check was broken off"));
    // What is damaged so far that it cannot be walked through is a finding too.
    if (isDamage(code))
        findings.problems.append(QString::fromUtf8(sqlite3_errstr(code)));
    else if (code != SQLITE_OK)
        return fail(ErrorKind::Io,
                    QStringLiteral("%1 cannot be read: %2").arg(path, QString::fromUtf8(sqlite3_errstr(code))));
    return findings;
}

} // namespace Switchyard
