// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded sessions as a list, by name, and two of them side by side.
#include "models/common/files.h"
#include "models/redeploy/compare.h"
#include "models/redeploy/journal.h"
#include "models/redeploy/sessionlist.h"
#include "tests/redeploy/recorded.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using Switchyard::Testing::healthyRecord;
using Switchyard::Testing::Recorded;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Writes the record as a finished session would be written.
void keep(const QString &folder, SessionRecord record, const char *id, qint64 wallMs)
{
    record.header.id = s(id);
    record.header.startedWallMs = wallMs;
    auto writer = JournalWriter::create(folder + QLatin1Char('/') + s(id), record.header);
    QVERIFY(writer);
    (*writer)->append(record.events);
    (*writer)->finish(record, judge(record));
}

const GateChange *gateOf(const SessionComparison &comparison, const char *id)
{
    for (const GateChange &gate : comparison.gates) {
        if (gate.id == QLatin1StringView(id))
            return &gate;
    }
    return nullptr;
}

Change figureOf(const SessionComparison &comparison, const char *id)
{
    for (const FigureChange &figure : comparison.figures) {
        if (figure.id == QLatin1StringView(id))
            return figure.change;
    }
    return Change::NotComparable;
}

SessionComparison compared(const Recorded &before, const Recorded &after)
{
    return compareSessions(before.record, before.verdict(), after.record, after.verdict());
}

} // namespace

class SessionsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }
    void list();
    void cutSessions();
    void oldJournals();
    void byName();
    void previous();
    void asLastTime();
    void worseAndBetter();
    void lessHurt();
    void notComparable();
    void differences();

private:
    std::unique_ptr<QTemporaryDir> m_dir;
};

void SessionsTest::list()
{
    Recorded failing = healthyRecord();
    failing.lost(4000, 0, 2, EndCause::Reset, 1006);
    keep(m_dir->path(), healthyRecord().record, "20261101-000000-aaaa", 1000);
    keep(m_dir->path(), failing.record, "20261102-000000-bbbb", 2000);
    QVERIFY(QDir(m_dir->path()).mkpath(s("no-session")));
    QVERIFY(QDir(m_dir->path()).mkpath(s("broken")));
    QVERIFY(writeFileAtomically(m_dir->filePath(s("broken/journal.jsonl")), "what is this\n"));
    const QList<SessionSummary> sessions = listSessions(m_dir->path());
    QCOMPARE(sessions.size(), 2);
    QCOMPARE(sessions[0].id, s("20261102-000000-bbbb"));
    QCOMPARE(sessions[0].verdict, s("fail"));
    QVERIFY(sessions[0].summary.startsWith(s("clean-close")));
    QCOMPARE(sessions[1].verdict, s("pass"));
    QVERIFY(sessions[1].ended && sessions[1].complete);
    QCOMPARE(sessions[1].lengthMs, healthyRecord().verdict().lastMs);
    QVERIFY(listSessions(m_dir->filePath(s("not there"))).isEmpty());
}

void SessionsTest::cutSessions()
{
    keep(m_dir->path(), healthyRecord().record, "20261101-000000-aaaa", 1000);
    const QString path = m_dir->filePath(s("20261101-000000-aaaa/journal.jsonl"));
    const QByteArray whole = readFile(path, 1 << 24).value();
    // Anywhere: in the end line, in an event, in the header.
    for (const qsizetype length : {whole.size() - 1, whole.size() - 5, whole.size() / 2, qsizetype(40)}) {
        QVERIFY(writeFileAtomically(path, whole.left(length)));
        const QList<SessionSummary> sessions = listSessions(m_dir->path());
        if (length == 40) {
            QVERIFY(sessions.isEmpty());
            continue;
        }
        QCOMPARE(sessions.size(), 1);
        QVERIFY(!sessions[0].ended);
        QVERIFY(!sessions[0].complete);
        QCOMPARE(sessions[0].verdict, s("inconclusive"));
    }
}

void SessionsTest::oldJournals()
{
    keep(m_dir->path(), healthyRecord().record, "20261101-000000-aaaa", 1000);
    const QString path = m_dir->filePath(s("20261101-000000-aaaa/journal.jsonl"));
    QByteArray text = readFile(path, 1 << 24).value();
    const qsizetype end = text.lastIndexOf('\n', -2) + 1;
    QVERIFY(text.mid(end).startsWith("{\"end\""));
    text = text.left(end) + "{\"end\":{\"complete\":true,\"reason\":\"settled\"}}\n";
    QVERIFY(writeFileAtomically(path, text));
    const QList<SessionSummary> sessions = listSessions(m_dir->path());
    QCOMPARE(sessions.size(), 1);
    QVERIFY(sessions[0].ended && sessions[0].complete);
    QCOMPARE(sessions[0].verdict, s("pass"));
}

void SessionsTest::byName()
{
    const QString folder = m_dir->path();
    QVERIFY(!findSession(folder, s("last")));
    keep(folder, healthyRecord().record, "20261101-000000-aaaa", 1000);
    keep(folder, healthyRecord().record, "20261102-000000-bbbb", 2000);
    QCOMPARE(findSession(folder, s("last")).value_or(QString()), folder + s("/20261102-000000-bbbb"));
    QCOMPARE(findSession(folder, s("20261101")).value_or(QString()), folder + s("/20261101-000000-aaaa"));
    QCOMPARE(findSession(folder, s("20261101-000000-aaaa")).value_or(QString()), folder + s("/20261101-000000-aaaa"));
    QCOMPARE(findSession(folder, folder + s("/20261101-000000-aaaa")).value_or(QString()),
             folder + s("/20261101-000000-aaaa"));
    const Result<QString> several = findSession(folder, s("2026"));
    QVERIFY(!several);
    QCOMPARE(several.error().kind, ErrorKind::Usage);
    QVERIFY(several.error().hint.contains(s("20261101-000000-aaaa")));
    const Result<QString> none = findSession(folder, s("1999"));
    QVERIFY(!none);
    QVERIFY(none.error().hint.contains(s("session list")));
}

void SessionsTest::previous()
{
    const QString folder = m_dir->path();
    SessionRecord record = healthyRecord().record;
    record.header.backend = s("api");
    keep(folder, record, "20261101-000000-aaaa", 1000);
    SessionRecord interrupted = record;
    interrupted.complete = false;
    keep(folder, interrupted, "20261102-000000-bbbb", 2000);
    SessionRecord other = record;
    other.header.backend = s("web");
    keep(folder, other, "20261103-000000-cccc", 3000);
    SessionHeader now = record.header;
    now.id = s("20261104-000000-dddd");
    now.startedWallMs = 4000;
    // The interrupted one proves nothing, and another backend's is none of this one's.
    QCOMPARE(previousSession(folder, now), folder + s("/20261101-000000-aaaa"));
    now.startedWallMs = 500;
    QVERIFY(previousSession(folder, now).isEmpty());
}

void SessionsTest::asLastTime()
{
    const SessionComparison comparison = compared(healthyRecord(), healthyRecord());
    QCOMPARE(comparison.change, Change::Same);
    QVERIFY(comparison.differences.isEmpty());
    QCOMPARE(comparison.gates.size(), gateIds().size());
    for (const GateChange &gate : comparison.gates)
        QVERIFY2(gate.change == Change::Same, qPrintable(gate.id));
    QVERIFY(comparison.summary.contains(s("as last time")));
}

void SessionsTest::worseAndBetter()
{
    Recorded bad = healthyRecord();
    for (Event &event : bad.record.events) {
        if (event.kind == EventKind::ClientEnded) {
            event.cause = EndCause::Reset;
            event.code = 1006;
        }
    }
    const SessionComparison worse = compared(healthyRecord(), bad);
    QCOMPARE(worse.change, Change::Worse);
    QCOMPARE(gateOf(worse, "clean-close")->change, Change::Worse);
    QCOMPARE(gateOf(worse, "all-back")->change, Change::Same);
    QCOMPARE(figureOf(worse, "not_allowed_closes"), Change::Worse);
    QVERIFY2(worse.summary.contains(s("pass, now fail")) && worse.summary.contains(s("clean-close")),
             qPrintable(worse.summary));
    const SessionComparison better = compared(bad, healthyRecord());
    QCOMPARE(better.change, Change::Better);
    QCOMPARE(gateOf(better, "clean-close")->change, Change::Better);
}

void SessionsTest::lessHurt()
{
    // Both fail, but one of the two clients is closed cleanly now.
    Recorded before = healthyRecord();
    Recorded after = healthyRecord();
    int ended = 0;
    for (qsizetype i = 0; i < before.record.events.size(); ++i) {
        if (before.record.events[i].kind != EventKind::ClientEnded)
            continue;
        before.record.events[i].cause = EndCause::Eof;
        if (ended++ == 0)
            after.record.events[i].cause = EndCause::Eof;
    }
    const SessionComparison comparison = compared(before, after);
    QCOMPARE(gateOf(comparison, "clean-close")->change, Change::Better);
    QCOMPARE(comparison.change, Change::Better);
}

void SessionsTest::notComparable()
{
    Recorded cut = healthyRecord();
    cut.record.complete = false;
    cut.record.endReason = s("interrupted");
    const SessionComparison comparison = compared(healthyRecord(), cut);
    QCOMPARE(comparison.change, Change::NotComparable);
    QCOMPARE(gateOf(comparison, "coverage")->change, Change::NotComparable);
}

void SessionsTest::differences()
{
    Recorded after = healthyRecord();
    after.record.header.sockets[0].name = s("prices");
    after.record.header.thresholds.drain = Milliseconds(5'000);
    after.record.header.platform = s("fly");
    const QStringList differences = compared(healthyRecord(), after).differences;
    QCOMPARE(differences, (QStringList{s("platform: none, now fly"), s("drain threshold: 25s, now 5s")}));
}

QTEST_GUILESS_MAIN(SessionsTest)
#include "tst_sessions.moc"
