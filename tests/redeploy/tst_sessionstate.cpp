// SPDX-License-Identifier: GPL-3.0-or-later
// The state machine of a session, without clocks, sockets or timers. Times in milliseconds.
#include "models/redeploy/sessionstate.h"

#include <QTest>

using namespace Switchyard;
using Phase = SessionState::Phase;

namespace {

SessionPlan planFor(const QString &driver = QStringLiteral("local"))
{
    SessionPlan plan;
    plan.baseline = Milliseconds(5'000);
    plan.settle = Milliseconds(3'000);
    plan.timeout = Milliseconds(60'000);
    plan.openLimit = Milliseconds(10'000);
    plan.workspace.thresholds.allBack = Milliseconds(4'000);
    plan.backend.deploy.driver = driver;
    SocketEndpoint socket;
    socket.name = QStringLiteral("prices");
    socket.clients = 2;
    plan.backend.sockets = {socket};
    HealthEndpoint health;
    health.kind = EndpointKind::Health;
    health.path = QStringLiteral("/health");
    plan.backend.health = {health};
    return plan;
}

/// The machine with the loop that a session puts around it.
class Machine
{
public:
    explicit Machine(SessionPlan sessionPlan = planFor())
        : plan(std::move(sessionPlan))
        , state(plan)
    {
        enter(Phase::Preparing, 0);
    }

    void enter(Phase next, int ms)
    {
        phase = next;
        make(ms, EventKind::Phase).text = RedeploySession::phaseName(next);
        state.take(event);
        entered.append(next);
    }
    /// Asks until nothing changes; true when the session is to end.
    bool at(int ms)
    {
        for (int i = 0; i < 10; ++i) {
            const SessionState::Decision decision = state.decide(phase, ms * 1000LL);
            if (decision.end) {
                reason = decision.reason;
                return true;
            }
            if (!decision.next)
                return false;
            enter(*decision.next, ms);
        }
        reason = QStringLiteral("never comes to rest");
        return true;
    }
    Event &make(int ms, EventKind kind)
    {
        event = Event();
        event.us = ms * 1000LL;
        event.kind = kind;
        event.subject = QStringLiteral("prices");
        return event;
    }
    void take(int ms, EventKind kind) { state.take(make(ms, kind)); }
    void open(int ms, int clients = 2)
    {
        for (int i = 0; i < clients; ++i)
            take(ms, EventKind::ClientOpen);
    }
    void lost(int ms, int client = 0)
    {
        make(ms, EventKind::ClientEnded).wasOpen = true;
        event.client = client;
        event.cause = EndCause::CloseFrame;
        state.take(event);
    }
    void refused(int ms, int status)
    {
        make(ms, EventKind::ClientEnded).cause = EndCause::Handshake;
        event.status = status;
        event.detail = QStringLiteral("HTTP %1").arg(status);
        state.take(event);
    }
    Event probe(int ms, const char *subject, bool ok, const char *instance = "")
    {
        make(ms, EventKind::Probe).subject = QString::fromLatin1(subject);
        event.ok = ok;
        event.instance = QString::fromLatin1(instance);
        state.take(event);
        return event;
    }
    /// In the baseline from 1 s on.
    void ready()
    {
        open(500);
        probe(600, "health /health", true, "blue");
        at(1000);
    }

    SessionPlan plan;
    SessionState state;
    Phase phase = Phase::Preparing;
    QList<Phase> entered;
    QString reason;
    Event event;
};

} // namespace

class tst_SessionState final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stopFirst();
    void newFirst();
    void preparingWaitsForAll();
    void preparingGivesUp();
    void nothingToWatch();
    void bounceRestartsTheWait();
    void timeLimit();
    void deployFails();
    void clientsStayAway();
    void gaveUpCountsAsDone();
    void observing();
    void observingWaitsForTheOldInstance();
    void firstSigns();
    void observingTimeLimit();
};

void tst_SessionState::stopFirst()
{
    Machine m;
    QVERIFY(!m.at(100));
    QVERIFY(m.phase == Phase::Preparing);
    m.ready();
    QVERIFY(m.phase == Phase::Baseline);
    QVERIFY(!m.at(5999) && m.phase == Phase::Baseline);
    QVERIFY(!m.at(6000) && m.phase == Phase::Triggered);
    m.take(6100, EventKind::SignalSent);
    m.at(6100);
    m.lost(7000);
    m.lost(7000);
    m.take(7500, EventKind::InstanceExited);
    m.probe(7600, "health /health", false);
    m.at(7600);
    m.take(7700, EventKind::InstanceStarting);
    m.at(7700);
    m.take(8500, EventKind::DeployFinished);
    m.probe(8600, "health /health", true);
    m.open(8700, 1);
    m.at(8700);
    QVERIFY(m.phase == Phase::Starting); // one is still away
    m.open(9000, 1);
    m.at(9000);
    QVERIFY(m.phase == Phase::Recovered);
    QVERIFY(!m.at(11'999) && m.phase == Phase::Recovered);
    QVERIFY(!m.at(12'000) && m.phase == Phase::Settled);
    QCOMPARE(m.entered, (QList<Phase>{Phase::Preparing, Phase::Baseline, Phase::Triggered, Phase::Draining, Phase::Down,
                                      Phase::Starting, Phase::Recovered, Phase::Settled}));
    QVERIFY(!m.at(1'000'000));
}

void tst_SessionState::newFirst()
{
    Machine m;
    m.ready();
    m.at(6000);
    m.take(6100, EventKind::InstanceStarting);
    m.at(6100);
    m.take(8000, EventKind::SignalSent);
    m.lost(8100);
    m.at(8100);
    m.open(8500, 1);
    m.take(9000, EventKind::InstanceExited);
    m.take(9000, EventKind::DeployFinished);
    m.at(9000);
    m.at(12'000);
    QCOMPARE(m.entered, (QList<Phase>{Phase::Preparing, Phase::Baseline, Phase::Triggered, Phase::Starting,
                                      Phase::Draining, Phase::Recovered, Phase::Settled}));
}

void tst_SessionState::preparingWaitsForAll()
{
    Machine m;
    m.open(500, 1);
    m.probe(600, "health /health", true);
    QVERIFY(!m.at(9000) && m.phase == Phase::Preparing);
    m.open(9001, 1);
    m.at(9002);
    QVERIFY(m.phase == Phase::Baseline);
    Machine unasked; // the endpoint has not answered yet; after the limit it goes on and the gates speak
    unasked.open(500);
    QVERIFY(!unasked.at(9000) && unasked.phase == Phase::Preparing);
    QVERIFY(!unasked.at(10'001) && unasked.phase == Phase::Baseline);
}

void tst_SessionState::preparingGivesUp()
{
    Machine late;
    late.open(500, 1);
    QVERIFY(!late.at(10'000));
    QVERIFY(late.at(10'001));
    QVERIFY2(late.reason.contains(QStringLiteral("only 1 of 2 clients of prices")), qPrintable(late.reason));
    Machine forbidden; // told 403: no use in waiting for the whole limit
    forbidden.refused(100, 403);
    QVERIFY(!forbidden.at(3900));
    QVERIFY(forbidden.at(4001));
    QVERIFY(forbidden.reason.contains(QStringLiteral("HTTP 403")));
    Machine starting; // 503 may pass
    starting.refused(100, 503);
    QVERIFY(!starting.at(4001));
    starting.open(5000);
    starting.probe(5000, "health /health", true);
    QVERIFY(!starting.at(5001) && starting.phase == Phase::Baseline);
}

void tst_SessionState::nothingToWatch()
{
    SessionPlan plan = planFor();
    plan.backend.sockets.clear();
    plan.backend.health.clear();
    Machine m(plan);
    QVERIFY(!m.at(1) && m.phase == Phase::Baseline);
    SessionPlan none = planFor();
    none.clientsOverride = 0;
    Machine zero(none);
    zero.probe(5, "health /health", true);
    QVERIFY(!zero.at(10) && zero.phase == Phase::Baseline);
}

void tst_SessionState::bounceRestartsTheWait()
{
    Machine m;
    m.ready();
    m.at(6000);
    m.lost(6500);
    m.open(7000, 1);
    m.take(7000, EventKind::DeployFinished);
    m.at(7000);
    QVERIFY(m.phase == Phase::Recovered);
    m.lost(9000);
    QVERIFY(!m.at(9000));
    QVERIFY(!m.at(10'500) && m.phase == Phase::Recovered);
    m.open(11'000, 1);
    QVERIFY(!m.at(11'000) && !m.at(13'999) && m.phase == Phase::Recovered);
    QVERIFY(!m.at(14'000) && m.phase == Phase::Settled);
}

void tst_SessionState::timeLimit()
{
    Machine m;
    m.ready();
    m.at(6000);
    QVERIFY(!m.at(66'000));
    QVERIFY(m.at(66'001));
    QCOMPARE(m.reason, QStringLiteral("time limit"));
}

void tst_SessionState::deployFails()
{
    Machine m;
    m.ready();
    m.at(6000);
    m.take(8000, EventKind::DeployFailed);
    QVERIFY(!m.at(15'000));
    QVERIFY(m.at(15'001)); // all-back and settle: long enough to see whether the clients hold
    QCOMPARE(m.reason, QStringLiteral("the deployment failed"));
}

void tst_SessionState::clientsStayAway()
{
    Machine m;
    m.ready();
    m.at(6000);
    m.lost(6500);
    m.take(7000, EventKind::DeployFinished);
    QVERIFY(!m.at(21'000));
    QVERIFY(m.at(21'001));
    QVERIFY(m.reason.contains(QStringLiteral("stayed away")));
}

void tst_SessionState::gaveUpCountsAsDone()
{
    Machine m;
    m.ready();
    m.at(6000);
    m.lost(6500);
    m.take(6500, EventKind::ClientGaveUp);
    m.take(7000, EventKind::DeployFinished);
    QVERIFY(!m.at(7000) && m.phase == Phase::Recovered);
}

void tst_SessionState::observing()
{
    Machine m(planFor(QStringLiteral("none")));
    m.ready();
    QVERIFY(!m.at(20'000) && m.phase == Phase::Baseline); // it does not trigger by itself
    m.lost(20'500);
    QVERIFY(m.state.isFirstSign(m.event, true));
    m.open(20'500, 1); // the sign is taken after the mark, as the session does
    m.enter(Phase::Triggered, 20'500);
    m.lost(20'500, 0);
    m.lost(20'600, 1);
    m.probe(20'700, "health /health", false);
    m.at(20'700);
    m.open(22'000);
    m.at(22'000);
    QVERIFY(m.phase == Phase::Down);
    m.probe(22'100, "health /health", true);
    m.at(22'100);
    m.at(25'100);
    QCOMPARE(m.entered, (QList<Phase>{Phase::Preparing, Phase::Baseline, Phase::Triggered, Phase::Draining, Phase::Down,
                                      Phase::Recovered, Phase::Settled}));
}

void tst_SessionState::observingWaitsForTheOldInstance()
{
    // Render keeps the old instance for a minute after the switch: another name answers, and nobody is lost yet.
    SessionPlan plan = planFor(QStringLiteral("none"));
    plan.backend.instanceId.header = QStringLiteral("x-instance-id");
    plan.timeout = Milliseconds(300'000);
    Machine m(plan);
    m.ready();
    m.enter(Phase::Triggered, 20'000);
    m.probe(20'000, "health /health", true, "green");
    QVERIFY(!m.at(20'000) && m.phase == Phase::Recovered);
    QVERIFY(!m.at(110'000) && m.phase == Phase::Recovered);
    m.lost(110'500, 0);
    m.lost(110'500, 1);
    m.at(110'600);
    m.open(112'000);
    QVERIFY(!m.at(112'000) && m.phase != Phase::Settled);
    QVERIFY(!m.at(115'100) && m.phase == Phase::Settled);
    // One client that an idle timeout took is no redeploy where instances have names.
    Machine idle(plan);
    idle.ready();
    idle.enter(Phase::Triggered, 20'000);
    idle.lost(20'000, 0);
    idle.open(21'000, 1);
    QVERIFY(!idle.at(200'000) && idle.phase != Phase::Settled);
}

void tst_SessionState::firstSigns()
{
    Machine m(planFor(QStringLiteral("none")));
    m.ready();
    const auto sign = [&m](const Event &event) { return m.state.isFirstSign(event, true); };
    QVERIFY(!sign(m.make(5'999, EventKind::ClientNotice))); // the baseline is 5 s at least
    QVERIFY(sign(m.make(6'000, EventKind::ClientNotice)));
    QVERIFY(!m.state.isFirstSign(m.event, false));
    QVERIFY(!sign(m.make(7'000, EventKind::ClientEnded))); // an attempt that failed
    m.event.wasOpen = true;
    QVERIFY(!sign(m.event)); // our own end
    m.event.cause = EndCause::Reset;
    QVERIFY(sign(m.event));
    QVERIFY(sign(m.probe(8'000, "ready /ready", false)));
    QVERIFY(!sign(m.probe(8'000, "ready /ready", true, "blue")));
    QVERIFY(!sign(m.probe(8'000, "health /health", false)));
    QVERIFY(!sign(m.probe(8'000, "health /health", true, "blue")));
    // The sign is judged before it is taken note of. Several machines may answer behind one address.
    m.make(8'000, EventKind::Probe).ok = true;
    m.event.instance = QStringLiteral("green");
    QVERIFY(sign(m.event));
    m.state.take(m.event);
    QVERIFY(!sign(m.event));
    Machine local;
    local.ready();
    QVERIFY(!local.state.isFirstSign(local.make(7'000, EventKind::ClientNotice), true));
}

void tst_SessionState::observingTimeLimit()
{
    Machine m(planFor(QStringLiteral("none")));
    m.ready();
    QVERIFY(!m.at(66'000));
    QVERIFY(m.at(66'001));
    QVERIFY(m.reason.contains(QStringLiteral("no redeploy was seen")));
}

QTEST_GUILESS_MAIN(tst_SessionState)
#include "tst_sessionstate.moc"
