// SPDX-License-Identifier: GPL-3.0-or-later
// What a session tells of its databases, on hand-made records: figures by span, the storm's three signs, what is not
// known, and the journal.
#include "models/redeploy/journal.h"
#include "models/redeploy/lanes.h"
#include "models/report/sessionreport.h"
#include "tests/redeploy/recorded.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;
using Switchyard::Testing::Recorded;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// The session of Recorded: baseline from -10 s, trigger at 0, old instance told at 1 s and gone at 4 s, new one
/// started at 4.1 s.
class WithDatabase final : public Recorded
{
public:
    explicit WithDatabase(int pool = 0)
    {
        SessionDatabase database;
        database.name = s("shop");
        database.pool = pool;
        database.poolWords = s("1 worker × %1 × 1 instance = %1 connections").arg(pool);
        record.header.databases = {database};
    }

    Event &look(double ms, int used, int fresh = 0, int limit = 20, int reserved = 3)
    {
        Event &event = answer(ms, EventKind::Database, true);
        event.ms = 2;
        event.connections.used = used;
        event.connections.fresh = fresh;
        event.connections.limit = limit;
        event.connections.reserved = reserved;
        return event;
    }
    Event &answer(double ms, EventKind kind, bool ok, const char *cause = "", const char *text = "")
    {
        Event &event = add(ms, kind);
        event.subject = s("database shop");
        event.instance = s("postgresql");
        event.ok = ok;
        event.detail = s(cause);
        event.text = s(text);
        return event;
    }
    /// Every second `before` connections, and `during` from 2 s to 6 s after the trigger.
    WithDatabase &looks(int before, int during, int limit = 20, int reserved = 3)
    {
        for (int second = -10; second <= 19; ++second) {
            const bool more = second >= 2 && second <= 6;
            look(second * 1000.0 + 100, more ? during : before, second == 2 ? during - before : 0, limit, reserved);
        }
        return *this;
    }
    DatabaseLane lane() const { return verdict().insights.databases.value(0); }
    QStringList notes() const
    {
        QStringList ids;
        for (const SessionNote &note : verdict().insights.notes)
            ids.append(note.id);
        return ids;
    }
};

} // namespace

class DatabaseLaneTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void none();
    void quiet();
    void figures();
    void reachesTheLimit();
    void refused();
    void rush();
    void fullBefore();
    void silence();
    void unreachable();
    void nothingKnown();
    void neverBack();
    void together();
    void leftOut();
    void journal();
    void oldJournal();
    void events();
};

void DatabaseLaneTest::none()
{
    const Verdict verdict = Recorded().verdict();
    QVERIFY(verdict.insights.databases.isEmpty());
    QCOMPARE(sessionToJson(Recorded().record, verdict)[s("databases")].toArray().size(), 0);
}

void DatabaseLaneTest::quiet()
{
    const DatabaseLane lane = WithDatabase().looks(5, 9).lane();
    QVERIFY(!lane.stormed);
    QVERIFY(lane.stormText().isEmpty());
    QCOMPARE(lane.failed, 0);
    QVERIFY(!WithDatabase().looks(5, 9).notes().contains(s("pool-storm")));
}

void DatabaseLaneTest::figures()
{
    WithDatabase recorded;
    recorded.looks(5, 9);
    recorded.phase(8000, "recovered");
    recorded.answer(4500, EventKind::DatabaseConnect, true);
    const DatabaseLane lane = recorded.lane();
    QCOMPARE(lane.asked, 30);
    QCOMPARE(lane.newcomers, 1);
    QCOMPARE(lane.refused, 0);
    QCOMPARE(lane.baseline, std::optional(5.0));
    QCOMPARE(lane.peak, std::optional(9));
    QCOMPARE(lane.peakMs, 22'100.0); // the trigger is at 20 s
    QCOMPARE(lane.peakSpan, DatabaseSpan::During);
    QCOMPARE(lane.limit, std::optional(20));
    QCOMPARE(lane.usable, std::optional(17));
    QCOMPARE(lane.leastFree, std::optional(8));
    QCOMPARE(lane.freshPerSecond, std::optional(4.0));
    QCOMPARE(lane.freshMs, 22'100.0);
    QCOMPARE(lane.overMs, std::optional(5'000.0)); // above from 2.1 s to 6.1 s, back at 7.1 s
    QVERIFY(lane.backAtBaseline);
    QCOMPARE(lane.queries[0].count, 10);
    QCOMPARE(lane.queries[1].count, 8);
    QCOMPARE(lane.queries[2].count, 12);
    QCOMPARE(lane.queries[1].p95, 2.0);
    QCOMPARE(lane.silentMs(), 1'000.0);
    QVERIFY2(lane.summary().contains(s("connections 5, at most 9 of 17 at 22.1 s (during)")),
             qPrintable(lane.summary()));
}

void DatabaseLaneTest::reachesTheLimit()
{
    QVERIFY(!WithDatabase().looks(5, 16).lane().stormed);
    WithDatabase recorded;
    const DatabaseLane lane = recorded.looks(5, 17).lane();
    QVERIFY(lane.stormed);
    QCOMPARE(lane.leastFree, std::optional(0));
    QVERIFY2(lane.reasons.value(0).contains(s("17 connections were in use at 22.1 s")) &&
                 lane.reasons.value(0).contains(s("20 less 3 reserved")),
             qPrintable(lane.reasons.join(u'\n')));
    QVERIFY(recorded.notes().contains(s("pool-storm")));
    QVERIFY(!lane.evidence.isEmpty());
    // It is told, and decides nothing.
    QCOMPARE(recorded.verdict().outcome, Recorded().verdict().outcome);
    QCOMPARE(recorded.verdict().gates.size(), Recorded().verdict().gates.size());
}

void DatabaseLaneTest::refused()
{
    WithDatabase recorded;
    recorded.looks(5, 12);
    recorded.answer(3500, EventKind::DatabaseConnect, false, "login", "auth: the password is wrong");
    QVERIFY(!recorded.lane().stormed);
    recorded.answer(4500, EventKind::DatabaseConnect, false, "full", "auth: every connection is in use (53300)");
    const DatabaseLane lane = recorded.lane();
    QVERIFY(lane.stormed);
    QCOMPARE(lane.refused, 2);
    QCOMPARE(lane.refusedFull, 1);
    QCOMPARE(lane.troubles.size(), 2);
    QCOMPARE(lane.troubles[1].ms, 24'500.0);
    QCOMPARE(lane.troubles[1].cause, s("full"));
}

void DatabaseLaneTest::rush()
{
    // Five pools' worth of connections, each gone before the next look.
    const auto lane = [](int pool, double later) {
        WithDatabase recorded(pool);
        recorded.look(-1'000, 5);
        recorded.look(2'000, 5);
        recorded.look(2'000 + later, 6, 12);
        return recorded.lane();
    };
    QVERIFY(!lane(0, 1'000).stormed); // the pools are not known: nothing to hold it against
    QVERIFY(!lane(12, 1'000).stormed);
    QVERIFY(lane(11, 1'000).stormed);
    QCOMPARE(lane(11, 1'000).freshPerSecond, std::optional(12.0));
    QCOMPARE(lane(11, 3'000).freshPerSecond, std::optional(4.0)); // in three seconds
    QVERIFY(!lane(11, 3'000).stormed);
}

void DatabaseLaneTest::fullBefore()
{
    WithDatabase recorded;
    const DatabaseLane lane = recorded.looks(17, 17).lane();
    QVERIFY(lane.fullBefore);
    QVERIFY(!lane.stormed); // the redeploy did not do it
    QVERIFY(recorded.notes().contains(s("database-full-before")));
    WithDatabase turnedAway;
    turnedAway.looks(5, 17);
    turnedAway.answer(-3'000, EventKind::DatabaseConnect, false, "full", "(53300)");
    QVERIFY(turnedAway.lane().fullBefore);
    QVERIFY(!turnedAway.lane().stormed);
}

void DatabaseLaneTest::silence()
{
    WithDatabase recorded;
    recorded.looks(5, 5);
    recorded.record.events.removeIf([](const Event &event) {
        return event.kind == EventKind::Database && event.us > 23'000'000 && event.us < 28'000'000;
    });
    for (int ms = 3'100; ms < 8'000; ms += 1'000)
        recorded.answer(ms, EventKind::Database, false, "unreachable", "tcp: connection refused");
    const DatabaseLane lane = recorded.lane();
    QCOMPARE(lane.failed, 5);
    QCOMPARE(lane.silentFromMs, 22'100.0);
    QCOMPARE(lane.silentMs(), 6'000.0);
    QVERIFY(recorded.notes().contains(s("database-silent")));
    QVERIFY(!lane.stormed);
}

void DatabaseLaneTest::unreachable()
{
    WithDatabase recorded;
    for (int ms = -10'000; ms < 20'000; ms += 1'000)
        recorded.answer(ms + 1, EventKind::Database, false, "unreachable", "tcp: connection refused");
    const DatabaseLane lane = recorded.lane();
    QCOMPARE(lane.asked, 30);
    QCOMPARE(lane.failed, 30);
    QVERIFY(!lane.peak && !lane.baseline && !lane.freshPerSecond);
    QCOMPARE(lane.troubles.size(), 20);
    QVERIFY(recorded.notes().contains(s("database-unreachable")));
    QVERIFY2(lane.summary().startsWith(s("30 of 30 questions failed")), qPrintable(lane.summary()));
    QVERIFY(!lane.summary().contains(s("connections")));
}

void DatabaseLaneTest::nothingKnown()
{
    WithDatabase recorded;
    for (int ms = -10'000; ms < 20'000; ms += 1'000)
        recorded.answer(ms + 1, EventKind::Database, true).ms = 3;
    const DatabaseLane lane = recorded.lane();
    QCOMPARE(lane.failed, 0);
    QVERIFY(!lane.peak && !lane.limit && !lane.leastFree && !lane.baseline && !lane.freshPerSecond);
    QVERIFY(!lane.stormed);
    QVERIFY(lane.summary().contains(s("connections in use not known")));
    const QJsonObject json = sessionToJson(recorded.record, recorded.verdict())[s("databases")][0].toObject();
    for (const char *key : {"baseline", "peak", "limit", "usable", "least_free", "new_per_second", "back_at_baseline"})
        QVERIFY2(json[s("connections")][s(key)].isNull(), key);
}

void DatabaseLaneTest::neverBack()
{
    WithDatabase recorded;
    for (int second = -10; second <= 19; ++second)
        recorded.look(second * 1000.0 + 100, second < 3 ? 5 : 9);
    const DatabaseLane lane = recorded.lane();
    QVERIFY(!lane.overMs);
    QVERIFY(!lane.backAtBaseline);
    QVERIFY(lane.summary().contains(s("not back by the end")));
}

void DatabaseLaneTest::together()
{
    QVERIFY(!WithDatabase().looks(5, 9).lane().peakTogether); // the old one went before the new one came
    WithDatabase recorded;
    recorded.remove(EventKind::InstanceStarting);
    recorded.starting(1'500);
    const DatabaseLane lane = recorded.looks(5, 9).lane();
    QVERIFY(lane.peakTogether);
    QVERIFY(lane.summary().contains(s("(old and new together)")));
}

void DatabaseLaneTest::leftOut()
{
    WithDatabase recorded;
    DatabaseLook look;
    look.database = s("shop");
    look.kind = DatabaseLook::Kind::Skipped;
    look.problem = s("not watched: it is billed");
    Event event = databaseEventOf(look);
    QCOMPARE(event.kind, EventKind::Note);
    Event &added = recorded.add(-12'000, EventKind::Note);
    added.subject = event.subject;
    added.text = event.text;
    const DatabaseLane lane = recorded.lane();
    QCOMPARE(lane.leftOut, s("not watched: it is billed"));
    QCOMPARE(lane.summary(), lane.leftOut);
    QVERIFY(!recorded.notes().contains(s("database-unreachable")));
}

void DatabaseLaneTest::journal()
{
    WithDatabase recorded(8);
    recorded.looks(5, 17);
    recorded.answer(4'500, EventKind::DatabaseConnect, false, "full", "(53300)");
    QTemporaryDir folder;
    {
        auto writer = JournalWriter::create(folder.filePath(s("one")), recorded.record.header);
        QVERIFY(writer);
        (*writer)->append(recorded.record.events);
        (*writer)->finish(recorded.record, recorded.verdict());
    }
    const Result<SessionRecord> read = readJournal(folder.filePath(s("one")));
    QVERIFY(read);
    QCOMPARE(read->header.databases.size(), 1);
    QCOMPARE(read->header.databases[0].pool, 8);
    QCOMPARE(sessionToJson(*read, judge(*read)), sessionToJson(recorded.record, recorded.verdict()));
}

void DatabaseLaneTest::oldJournal()
{
    QJsonObject header = headerToJson(Recorded().record.header);
    header.remove(s("databases"));
    QVERIFY(headerFromJson(header).databases.isEmpty());
    const Event event = eventFromJson({{s("kind"), s("probe")}, {s("ok"), true}});
    QVERIFY(event.connections.isEmpty());
}

void DatabaseLaneTest::events()
{
    Event event;
    event.kind = EventKind::Database;
    event.subject = s("database shop");
    event.ok = true;
    event.connections.used = 0;
    event.connections.limit = 100;
    const QJsonObject json = eventToJson(event);
    QCOMPARE(json[s("kind")].toString(), s("database"));
    // Nobody is connected, and how many are idle is not known: two different things.
    QVERIFY(json[s("connections")].toObject().contains(s("used")));
    QVERIFY(!json[s("connections")].toObject().contains(s("idle")));
    const Event back = eventFromJson(json);
    QCOMPARE(back.connections, event.connections);
    QVERIFY(back.ok);
    DatabaseLook look;
    look.database = s("shop");
    look.kind = DatabaseLook::Kind::Connect;
    look.cause = s("full");
    look.problem = s("no free one at postgresql://app:geheim-4471@db/shop");
    const Event refused = databaseEventOf(look);
    QCOMPARE(refused.kind, EventKind::DatabaseConnect);
    QCOMPARE(refused.detail, s("full"));
    QVERIFY(!refused.text.contains(s("geheim")));
}

QTEST_GUILESS_MAIN(DatabaseLaneTest)

#include "tst_databaselane.moc"
