// SPDX-License-Identifier: GPL-3.0-or-later
// Every gate on hand-made records: what passes, what fails, what is unknown and what does not apply, and the verdict.
#include "tests/redeploy/recorded.h"

#include <QTest>

using namespace Switchyard;
using Switchyard::Testing::healthyRecord;
using Switchyard::Testing::Recorded;

namespace {

const QString s_pass = QStringLiteral("pass");
const QString s_fail = QStringLiteral("fail");
const QString s_unknown = QStringLiteral("unknown");
const QString s_notApplicable = QStringLiteral("not-applicable");

} // namespace

class tst_Gates final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everythingGood();
    void emptyRecord();
    void neverTriggered();
    void noSockets();
    void cleanClose_data();
    void cleanClose();
    void ownEndIsNoLoss();
    void allBack();
    void allBackPolicies();
    void singleBounce();
    void noticeLead();
    void readyFirst();
    void liveSteady();
    void maxGap();
    void drainBudget();
    void startup();
    void coverage();
    void ownNetwork();
    void observingDriver();
    void verdictRule();
    void advisory();
    void interrupted();
    void evidenceIsThere();
    void deterministic();
    void figures();
};

void tst_Gates::everythingGood()
{
    const Recorded recorded = healthyRecord();
    const Verdict verdict = recorded.verdict();
    QStringList ids;
    for (const Gate &gate : verdict.gates) {
        ids.append(gate.id);
        const QString expected = gate.id == QLatin1StringView("own-network") ? s_notApplicable : s_pass;
        QVERIFY2(gateStatusName(gate.status) == expected, qPrintable(gate.id + QLatin1Char(' ') + gate.measured));
        QVERIFY(gate.advice.isEmpty() && gate.snippet.isEmpty());
    }
    QCOMPARE(ids, gateIds());
    QCOMPARE(ids.size(), 11);
    QCOMPARE(outcomeName(verdict.outcome), s_pass);
    QVERIFY2(verdict.summary.contains(QStringLiteral("2 connections")), qPrintable(verdict.summary));
}

void tst_Gates::emptyRecord()
{
    const Verdict verdict = judge(SessionRecord());
    QCOMPARE(outcomeName(verdict.outcome), QStringLiteral("inconclusive"));
    QCOMPARE(verdict.gates.size(), 11);
    for (const Gate &gate : verdict.gates)
        QVERIFY2(gate.status != GateStatus::Pass && gate.status != GateStatus::Fail, qPrintable(gate.id));
    QVERIFY(!verdict.summary.isEmpty());
}

void tst_Gates::neverTriggered()
{
    Recorded recorded;
    recorded.record.events.removeIf([](const Event &e) { return e.us > 15'000'000; });
    recorded.record.complete = false;
    recorded.record.endReason = QStringLiteral("only 0 of 2 clients could connect");
    recorded.lost(-5000, 0, 1, EndCause::Reset, 1006); // before the trigger: decides nothing but coverage
    for (const char *id : {"clean-close", "all-back", "single-bounce", "notice-lead", "ready-first", "live-steady",
                           "max-gap", "drain-budget", "startup", "coverage"})
        QVERIFY2(recorded.status(id) == s_unknown, id);
    QCOMPARE(outcomeName(recorded.verdict().outcome), QStringLiteral("inconclusive"));
    QVERIFY(recorded.verdict().summary.contains(QStringLiteral("only 0 of 2")));
    QVERIFY(recorded.verdict().closes.isEmpty());
}

void tst_Gates::noSockets()
{
    Recorded recorded;
    recorded.withProbes().record.header.sockets.clear();
    for (const char *id : {"clean-close", "all-back", "single-bounce", "notice-lead"})
        QVERIFY2(recorded.status(id) == s_notApplicable, id);
}

// ---- clients

void tst_Gates::cleanClose_data()
{
    QTest::addColumn<int>("cause");
    QTest::addColumn<int>("code");
    QTest::addColumn<bool>("valid");
    QTest::addColumn<bool>("serverDisconnect");
    QTest::addColumn<bool>("pass");
    const auto add = [](const char *name, EndCause cause, int code, bool valid, bool told, bool pass) {
        QTest::newRow(name) << int(cause) << code << valid << told << pass;
    };
    add("1012", EndCause::CloseFrame, 1012, true, false, true);
    add("1001", EndCause::CloseFrame, 1001, true, false, true);
    add("1000, not allowed", EndCause::CloseFrame, 1000, true, false, false);
    add("1005, not allowed", EndCause::CloseFrame, 1005, true, false, false);
    add("1012 malformed", EndCause::CloseFrame, 1012, false, false, false);
    add("FIN", EndCause::Eof, 1006, true, false, false);
    add("RST", EndCause::Reset, 1006, true, false, false);
    add("ping timeout", EndCause::PingTimeout, 1006, true, false, false);
    add("protocol", EndCause::Protocol, 1006, true, false, false);
    add("DISCONNECT packet", EndCause::Local, 0, true, true, true);
    add("DISCONNECT packet, then FIN", EndCause::Eof, 1006, true, true, true);
}

void tst_Gates::cleanClose()
{
    QFETCH(int, cause);
    QFETCH(int, code);
    QFETCH(bool, valid);
    QFETCH(bool, serverDisconnect);
    QFETCH(bool, pass);
    Recorded recorded;
    recorded.lost(3500, 0, 1);
    recorded.lost(3600, 1, 1, EndCause(cause), code, valid, serverDisconnect);
    QCOMPARE(recorded.status("clean-close"), pass ? s_pass : s_fail);
    QCOMPARE(recorded.gate("clean-close").value.value_or(-1), pass ? 0.0 : 1.0);
    QCOMPARE(recorded.gate("clean-close").evidence.size(), pass ? 0 : 1);
    QCOMPARE(recorded.gate("clean-close").advice.isEmpty(), pass);
    bool allAllowed = true;
    for (const CloseCount &count : recorded.verdict().closes)
        allAllowed = allAllowed && count.allowed;
    QCOMPARE(allAllowed, pass);
}

void tst_Gates::ownEndIsNoLoss()
{
    Recorded recorded;
    recorded.lost(19'000, 0, 1, EndCause::Local, 1000);
    QCOMPARE(recorded.status("clean-close"), s_pass);
    QCOMPARE(recorded.status("single-bounce"), s_notApplicable);
    QVERIFY(recorded.verdict().closes.isEmpty());
}

void tst_Gates::allBack()
{
    const auto backAfter = [](double ms) {
        Recorded recorded;
        recorded.lost(3500, 0, 1);
        recorded.client(3500 + ms, EventKind::ClientOpen, 0, 2);
        return recorded;
    };
    QCOMPARE(backAfter(15'000).status("all-back"), s_pass);
    QCOMPARE(backAfter(15'000).gate("all-back").value.value_or(0), 15'000.0);
    QCOMPARE(backAfter(15'001).status("all-back"), s_fail);
    QCOMPARE(Recorded().status("all-back"), s_pass);

    Recorded away; // 16.5 s until the end of the record: too late whatever comes
    away.lost(3500, 0, 1);
    QCOMPARE(away.status("all-back"), s_fail);
    Recorded open; // 10 s: could still have come back
    open.lost(10'000, 0, 1);
    QCOMPARE(open.status("all-back"), s_unknown);
}

void tst_Gates::allBackPolicies()
{
    Recorded gaveUp;
    gaveUp.lost(3500, 0, 1, EndCause::Local, 0, true, true);
    gaveUp.client(3501, EventKind::ClientGaveUp, 0, 1);
    QCOMPARE(gaveUp.status("all-back"), s_fail);
    QCOMPARE(gaveUp.verdict().clients.first().gaveUp, 1);
    Recorded none = gaveUp;
    none.record.header.sockets.first().reconnect = QStringLiteral("none");
    QCOMPARE(none.status("all-back"), s_unknown);
}

void tst_Gates::singleBounce()
{
    QCOMPARE(healthyRecord().status("single-bounce"), s_pass);
    QCOMPARE(Recorded().status("single-bounce"), s_notApplicable);
    Recorded bounced = healthyRecord();
    bounced.lost(8000, 1, 2);
    bounced.client(9000, EventKind::ClientOpen, 1, 3);
    QCOMPARE(bounced.status("single-bounce"), s_fail);
    QCOMPARE(bounced.gate("single-bounce").value.value_or(0), 1.0);
    QCOMPARE(bounced.verdict().clients.first().bounced, 1);
    QCOMPARE(bounced.verdict().clients.first().back, 2);
    QCOMPARE(outcomeName(bounced.verdict().outcome), s_fail);
    // A reconnect attempt that fails is no second loss.
    Recorded refused = healthyRecord();
    Event &event = refused.add(5500, EventKind::ClientEnded);
    event.subject = QStringLiteral("prices");
    event.client = 0;
    event.cause = EndCause::Handshake;
    event.status = 503;
    QCOMPARE(refused.status("single-bounce"), s_pass);
}

void tst_Gates::noticeLead()
{
    const auto lead = [](double ms) {
        Recorded recorded;
        recorded.client(3500 - ms, EventKind::ClientNotice, 0, 1);
        recorded.lost(3500, 0, 1);
        return recorded;
    };
    QCOMPARE(lead(2000).status("notice-lead"), s_pass);
    Recorded repeated = lead(2500); // a server may say it again and again: the first time counts
    repeated.client(3000, EventKind::ClientNotice, 0, 1);
    QCOMPARE(repeated.gate("notice-lead").value.value_or(0), 2500.0);
    QCOMPARE(lead(1999).status("notice-lead"), s_fail);
    QCOMPARE(lead(2000).gate("notice-lead").value.value_or(0), 2000.0);
    Recorded missing;
    missing.lost(3500, 0, 1);
    QCOMPARE(missing.status("notice-lead"), s_fail);
    Recorded older = lead(2500); // the notice belongs to a connection that is gone
    older.client(5000, EventKind::ClientOpen, 0, 2);
    older.lost(8000, 0, 2);
    QCOMPARE(older.status("notice-lead"), s_fail);
    QCOMPARE(Recorded().status("notice-lead"), s_unknown);
    Recorded unpromised;
    unpromised.lost(3500, 0, 1);
    unpromised.record.header.sockets.first().promisesNotice = false;
    QCOMPARE(unpromised.status("notice-lead"), s_notApplicable);
}

// ---- endpoints

void tst_Gates::readyFirst()
{
    QCOMPARE(healthyRecord().status("ready-first"), s_pass);
    Recorded none = healthyRecord();
    none.record.header.endpoints.remove(1);
    QCOMPARE(none.status("ready-first"), s_notApplicable);
    Recorded late;
    late.probe(-1000, "ready /ready", true);
    late.lost(3500, 0, 1);
    late.probe(1000, "ready /ready", true);
    late.probe(3501, "ready /ready", false);
    QCOMPARE(late.status("ready-first"), s_fail);
    // The port closes some milliseconds before the sockets do: that announces nothing. A 503 does, and so does a port
    // that closes early.
    const auto refusedAt = [](int atMs, int status) {
        Recorded run;
        run.probe(-1000, "ready /ready", true);
        run.probe(atMs, "ready /ready", false);
        run.lost(3500, 0, 1);
        for (Event &event : run.record.events)
            event.status = event.kind == EventKind::Probe && !event.ok ? status : 0;
        return run.status("ready-first");
    };
    QCOMPARE(refusedAt(3490, 0), s_fail);
    QCOMPARE(refusedAt(3401, 0), s_fail);
    QCOMPARE(refusedAt(3490, 503), s_pass);
    QCOMPARE(refusedAt(3400, 0), s_pass);
    QCOMPARE(refusedAt(1000, 0), s_pass);
    Recorded never;
    never.probe(-1000, "ready /ready", true);
    never.lost(3500, 0, 1);
    never.probe(3000, "ready /ready", true);
    QCOMPARE(never.status("ready-first"), s_fail);
    Recorded before; // a failure in the baseline is none of the redeploy's
    before.probe(-1000, "ready /ready", true);
    before.lost(3500, 0, 1);
    before.probe(-500, "ready /ready", false);
    QCOMPARE(before.status("ready-first"), s_fail);
    Recorded wrongPath; // it never was ready: its failing says nothing
    wrongPath.lost(3500, 0, 1);
    wrongPath.probe(-500, "ready /ready", false);
    wrongPath.probe(3000, "ready /ready", false);
    QCOMPARE(wrongPath.status("ready-first"), s_unknown);
    Recorded observed = never; // whose answers these were, a driver that only observes cannot tell
    observed.record.header.seesStop = false;
    QCOMPARE(observed.status("ready-first"), s_notApplicable);
    QCOMPARE(Recorded().status("ready-first"), s_unknown);
    Recorded moved = never;
    moved.instance(3400, EventKind::TrafficSwitched, "2");
    QCOMPARE(moved.status("ready-first"), s_notApplicable);
    Recorded movedLater = never;
    movedLater.instance(3600, EventKind::TrafficSwitched, "2");
    QCOMPARE(movedLater.status("ready-first"), s_fail);
}

void tst_Gates::liveSteady()
{
    QCOMPARE(healthyRecord().status("live-steady"), s_pass);
    Recorded failing = healthyRecord();
    failing.probe(2000, "live /live", false);
    QCOMPARE(failing.status("live-steady"), s_fail);
    Recorded atExit = healthyRecord();
    atExit.probe(4001, "live /live", false); // the process is gone by then
    QCOMPARE(atExit.status("live-steady"), s_pass);
    QCOMPARE(Recorded().status("live-steady"), s_unknown);
    Recorded none = healthyRecord();
    none.record.header.endpoints.remove(2);
    QCOMPARE(none.status("live-steady"), s_notApplicable);
    Recorded blind = healthyRecord();
    blind.record.header.seesStop = false;
    QCOMPARE(blind.status("live-steady"), s_notApplicable);
}

void tst_Gates::maxGap()
{
    const auto gap = [](double ms) {
        Recorded recorded;
        for (int at = -10'000; at <= 0; at += 250)
            recorded.probe(at, "health /health", true);
        recorded.probe(ms / 2, "health /health", false);
        for (double at = ms; at <= 20'000; at += 250)
            recorded.probe(at, "health /health", true);
        return recorded;
    };
    QCOMPARE(gap(5000).status("max-gap"), s_pass);
    QCOMPARE(gap(5000).gate("max-gap").value.value_or(0), 5000.0);
    QCOMPARE(gap(5001).status("max-gap"), s_fail);
    Recorded gone; // it never comes back: the silence lasts to the end
    gone.probe(0, "health /health", true);
    gone.probe(19'000, "health /health", false);
    QCOMPARE(gone.status("max-gap"), s_fail);
    QCOMPARE(Recorded().status("max-gap"), s_unknown);
    Recorded none = healthyRecord();
    none.record.header.endpoints.remove(0);
    QCOMPARE(none.status("max-gap"), s_notApplicable);
}

// ---- the driver

void tst_Gates::drainBudget()
{
    const auto took = [](double ms, double graceMs = 0) {
        Recorded recorded;
        recorded.remove(EventKind::InstanceExited);
        recorded.record.header.graceMs = graceMs;
        recorded.phase(40'000, "late");
        recorded.exited(1000 + ms);
        return recorded;
    };
    QCOMPARE(took(25'000).status("drain-budget"), s_pass);
    QCOMPARE(took(25'001).status("drain-budget"), s_fail);
    QCOMPARE(took(5000, 5000).status("drain-budget"), s_pass);
    QCOMPARE(took(5001, 5000).status("drain-budget"), s_fail);
    QCOMPARE(took(25'001, 60'000).status("drain-budget"), s_fail);
    QCOMPARE(took(5000).verdict().drainMs.value_or(0), 5000.0);
    Recorded killed = took(5000);
    killed.instance(5900, EventKind::InstanceKilled, "1");
    QCOMPARE(killed.status("drain-budget"), s_fail);
    Recorded running;
    running.remove(EventKind::InstanceExited);
    QCOMPARE(running.status("drain-budget"), s_unknown); // 19 s only
    Recorded other = running;                            // another instance's end is not the old one's
    other.instance(3000, EventKind::InstanceExited, "2");
    QCOMPARE(other.status("drain-budget"), s_unknown);
    Recorded untold;
    untold.remove(EventKind::SignalSent);
    QCOMPARE(untold.status("drain-budget"), s_unknown);
    Recorded blind;
    blind.record.header.seesStop = false;
    QCOMPARE(blind.status("drain-budget"), s_notApplicable);
}

void tst_Gates::startup()
{
    const auto took = [](double ms) {
        Recorded recorded;
        recorded.remove(EventKind::InstanceHealthy);
        recorded.phase(90'000, "late");
        recorded.healthy(4100 + ms);
        return recorded;
    };
    QCOMPARE(took(60'000).status("startup"), s_pass);
    QCOMPARE(took(60'001).status("startup"), s_fail);
    QCOMPARE(took(900).verdict().startupMs.value_or(0), 900.0);
    Recorded never;
    never.remove(EventKind::InstanceHealthy);
    QCOMPARE(never.status("startup"), s_unknown);
    never.phase(70'000, "late");
    QCOMPARE(never.status("startup"), s_fail);
    Recorded unstarted = never;
    unstarted.remove(EventKind::InstanceStarting);
    QCOMPARE(unstarted.status("startup"), s_unknown);
    Recorded failed;
    failed.add(6000, EventKind::DeployFailed).text = QStringLiteral("instance 2 ended with status 1");
    QCOMPARE(failed.status("startup"), s_fail);
    QVERIFY(failed.gate("startup").measured.contains(QStringLiteral("status 1")));
    Recorded blind;
    blind.record.header.seesStart = false;
    QCOMPARE(blind.status("startup"), s_notApplicable);
}

// ---- what was seen

void tst_Gates::coverage()
{
    QCOMPARE(healthyRecord().status("coverage"), s_pass);
    QList<Recorded> lacking;
    for (int i = 0; i < 6; ++i)
        lacking.append(healthyRecord());
    // It ended by itself, and never came to rest: the ready endpoint of the new instance may answer 503 for ever.
    lacking[5].record.events.removeIf(
        [](const Event &e) { return e.kind == EventKind::Phase && e.text == QLatin1StringView("settled"); });
    lacking[0].remove(EventKind::InstanceExited);
    lacking[1].remove(EventKind::ClientOpen);
    lacking[2].lost(-3000, 0, 1, EndCause::Reset, 1006);
    lacking[3].record.complete = false;
    lacking[4].record.events.removeIf([](const Event &e) {
        return e.kind == EventKind::Probe && e.subject.startsWith(QLatin1StringView("live")) && e.us > 25'000'000;
    });
    for (qsizetype i = 0; i < lacking.size(); ++i) {
        QVERIFY2(lacking[i].status("coverage") == s_unknown, QByteArray::number(i)); // never `fail`
        QVERIFY(outcomeName(lacking[i].verdict().outcome) != s_pass);
    }
    // 19 of 20 clients are enough, 18 are not.
    for (const int open : {19, 18}) {
        Recorded many;
        many.withProbes().record.header.sockets.first().clients = 20;
        for (int c = 2; c < open; ++c)
            many.client(-11'000, EventKind::ClientOpen, c, 1);
        QCOMPARE(many.status("coverage"), open == 19 ? s_pass : s_unknown);
    }
}

void tst_Gates::ownNetwork()
{
    Recorded recorded = healthyRecord();
    recorded.record.header.loopbackOnly = false;
    QCOMPARE(recorded.status("own-network"), s_notApplicable);
    // An anchor that never answered before the trigger says nothing about our network.
    recorded.probe(2000, "anchor 198.51.100.1:53", false);
    QCOMPARE(recorded.status("own-network"), s_notApplicable);
    recorded.probe(-2000, "anchor 192.0.2.1:443", true);
    QCOMPARE(recorded.status("own-network"), s_pass);
    recorded.lost(9000, 0, 2, EndCause::Reset, 1006);
    QCOMPARE(outcomeName(recorded.verdict().outcome), s_fail);
    recorded.probe(9001, "anchor 192.0.2.1:443", false);
    QCOMPARE(recorded.status("own-network"), s_fail);
    // Our own network was away: the losses decide nothing, and the summary says why.
    QCOMPARE(outcomeName(recorded.verdict().outcome), QStringLiteral("inconclusive"));
    QVERIFY2(recorded.verdict().summary.startsWith(QStringLiteral("own-network: ")),
             qPrintable(recorded.verdict().summary));
    recorded.record.header.advisory = {QStringLiteral("own-network")};
    QCOMPARE(outcomeName(recorded.verdict().outcome), s_fail);
    // While another anchor answers, the fault is that anchor's own.
    recorded.probe(-1500, "anchor 192.0.2.2:443", true);
    recorded.probe(9900, "anchor 192.0.2.2:443", true);
    QCOMPARE(recorded.status("own-network"), s_pass);
}

void tst_Gates::observingDriver()
{
    Recorded recorded = healthyRecord();
    recorded.record.header.seesStop = recorded.record.header.seesStart = false;
    for (const EventKind kind :
         {EventKind::SignalSent, EventKind::InstanceExited, EventKind::InstanceStarting, EventKind::InstanceHealthy})
        recorded.remove(kind);
    QCOMPARE(recorded.status("coverage"), s_unknown); // nothing tells whether the instance was replaced
    QCOMPARE(outcomeName(recorded.verdict().outcome), QStringLiteral("inconclusive"));
    recorded.probe(-1000, "health /health", true, "blue");
    QCOMPARE(recorded.status("coverage"), s_unknown);
    Recorded same = recorded;
    same.probe(9000, "health /health", true, "blue");
    QCOMPARE(same.status("coverage"), s_unknown);
    recorded.probe(9000, "health /health", true, "green");
    QCOMPARE(recorded.status("coverage"), s_pass);
    QCOMPARE(outcomeName(recorded.verdict().outcome), s_pass);
}

// ---- the verdict

void tst_Gates::verdictRule()
{
    Recorded recorded = healthyRecord();
    recorded.remove(EventKind::InstanceExited); // drain-budget and coverage unknown
    QCOMPARE(outcomeName(recorded.verdict().outcome), QStringLiteral("inconclusive"));
    QVERIFY(recorded.verdict().summary.startsWith(QStringLiteral("live-steady: ")) ||
            recorded.verdict().summary.startsWith(QStringLiteral("drain-budget: ")));
    recorded.lost(9000, 0, 2, EndCause::Eof, 1006);
    QCOMPARE(outcomeName(recorded.verdict().outcome), s_fail); // fail > inconclusive
    QVERIFY2(recorded.verdict().summary.startsWith(QStringLiteral("clean-close: ")),
             qPrintable(recorded.verdict().summary));
}

void tst_Gates::advisory()
{
    Recorded recorded = healthyRecord();
    recorded.lost(9000, 0, 2, EndCause::Eof, 1006);
    recorded.client(9500, EventKind::ClientOpen, 0, 3);
    recorded.record.header.advisory = {QStringLiteral("clean-close"), QStringLiteral("single-bounce")};
    QCOMPARE(outcomeName(recorded.verdict().outcome), s_fail); // notice-lead
    QVERIFY(recorded.verdict().summary.startsWith(QStringLiteral("notice-lead: ")));
    recorded.record.header.advisory.append(QStringLiteral("notice-lead"));
    QCOMPARE(outcomeName(recorded.verdict().outcome), s_pass);
    QCOMPARE(recorded.status("clean-close"), s_fail); // shown all the same
    QVERIFY(recorded.gate("clean-close").advisory && !recorded.gate("all-back").advisory);
}

void tst_Gates::interrupted()
{
    Recorded recorded = healthyRecord();
    recorded.record.complete = false;
    recorded.record.endReason = QStringLiteral("interrupted");
    QCOMPARE(outcomeName(recorded.verdict().outcome), QStringLiteral("inconclusive"));
    QVERIFY(recorded.verdict().summary.contains(QStringLiteral("interrupted")));
    recorded.record.header.advisory = gateIds();
    QCOMPARE(outcomeName(recorded.verdict().outcome), QStringLiteral("inconclusive"));
    QVERIFY(!recorded.verdict().summary.isEmpty());
}

void tst_Gates::evidenceIsThere()
{
    Recorded recorded = healthyRecord();
    recorded.record.header.sockets.first().clients = 500;
    for (int c = 2; c < 500; ++c)
        recorded.client(-11'000, EventKind::ClientOpen, c, 1);
    for (int c = 2; c < 500; ++c)
        recorded.lost(3600, c, 1, EndCause::Reset, 1006);
    for (const Gate &gate : recorded.verdict().gates) {
        QVERIFY(gate.evidence.size() <= 50);
        for (const int id : gate.evidence)
            QVERIFY(id >= 1 && id <= recorded.record.events.size());
    }
    QCOMPARE(recorded.gate("clean-close").evidence.size(), 50);
    QCOMPARE(recorded.gate("clean-close").value.value_or(0), 498.0);
}

void tst_Gates::deterministic()
{
    Recorded recorded = healthyRecord();
    recorded.lost(9000, 0, 2, EndCause::Eof, 1006);
    const Verdict one = recorded.verdict();
    const Verdict two = recorded.verdict();
    QCOMPARE(one.summary, two.summary);
    for (qsizetype i = 0; i < one.gates.size(); ++i) {
        QVERIFY(one.gates[i].status == two.gates[i].status && one.gates[i].evidence == two.gates[i].evidence);
        QCOMPARE(one.gates[i].measured, two.gates[i].measured);
    }
    // And the same from the journal's JSON.
    SessionRecord copy = recorded.record;
    copy.header = headerFromJson(headerToJson(recorded.record.header));
    for (Event &event : copy.events)
        event = eventFromJson(eventToJson(event));
    const Verdict again = judge(copy);
    QCOMPARE(again.summary, one.summary);
    for (qsizetype i = 0; i < one.gates.size(); ++i)
        QCOMPARE(again.gates[i].measured, one.gates[i].measured);
}

void tst_Gates::figures()
{
    const Verdict verdict = healthyRecord().verdict();
    QCOMPARE(verdict.closes.size(), 1);
    QCOMPARE(verdict.closes.first().count, 2);
    QCOMPARE(verdict.closes.first().code, 1012);
    QCOMPARE(verdict.clients.first().lost, 2);
    QCOMPARE(verdict.clients.first().back, 2);
    QCOMPARE(verdict.clients.first().noticed, 2);
    QCOMPARE(verdict.reconnect.count, 2);
    QCOMPARE(verdict.reconnect.max, 3500.0);
    QCOMPARE(verdict.noticeLead.max, 2400.0);
    QCOMPARE(verdict.phases.size(), 3);
    QCOMPARE(verdict.phases.first().phase, QStringLiteral("baseline"));
    QCOMPARE(verdict.phases.first().toMs - verdict.phases.first().fromMs, 10'000.0);
    QCOMPARE(verdict.lastMs, 40'000.0);
}

QTEST_GUILESS_MAIN(tst_Gates)
#include "tst_gates.moc"
