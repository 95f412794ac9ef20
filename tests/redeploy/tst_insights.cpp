// SPDX-License-Identifier: GPL-3.0-or-later
// What a session tells beside its gates: reconnect curve, silences, newcomers, contradictions, forecast; several
// machines; and the advice that fits the server found.
#include "tests/redeploy/recorded.h"

#include <QTest>

using namespace Switchyard;
using Switchyard::Testing::healthyRecord;
using Switchyard::Testing::Recorded;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QStringList noteIds(const Verdict &verdict)
{
    QStringList ids;
    for (const SessionNote &note : verdict.insights.notes)
        ids.append(note.id);
    return ids;
}

SessionNote noteOf(const Verdict &verdict, const char *id)
{
    for (const SessionNote &note : verdict.insights.notes) {
        if (note.id == QLatin1StringView(id))
            return note;
    }
    return {};
}

void newcomer(Recorded &recorded, double ms, int client, bool ok, bool wasOpen = false,
              EndCause cause = EndCause::CloseFrame, int status = 0)
{
    Event &event = recorded.add(ms, EventKind::Newcomer);
    event.subject = s("prices");
    event.client = client;
    event.connection = 1;
    event.ok = ok;
    event.wasOpen = wasOpen;
    event.cause = cause;
    event.status = status;
}

ForecastRow rowOf(const Verdict &verdict, const char *library)
{
    for (const ForecastRow &row : verdict.insights.forecast) {
        if (row.library.startsWith(QLatin1StringView(library)))
            return row;
    }
    return {};
}

} // namespace

class InsightsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reconnectCurve();
    void peakAcrossBins();
    void nothingLost();
    void silences();
    void newcomers();
    void healthWhileClosing();
    void healthWhileClosingElsewhere();
    void healthWithoutLoss();
    void portWithoutHealth();
    void finishedBeforeBack();
    void clocks();
    void forecast_data();
    void forecast();
    void forecastSocketIo();
    void twoMachines();
    void secondSignal();
    void advice_data();
    void advice();
};

void InsightsTest::reconnectCurve()
{
    const Verdict verdict = healthyRecord().verdict(); // back 6 s and 7 s after the trigger, which is at 20 s
    const Insights &insights = verdict.insights;
    QCOMPARE(insights.reconnects.size(), 2);
    QCOMPARE(insights.reconnects[0].fromMs, 26'000.0);
    QCOMPARE(insights.reconnects[0].count, 1);
    QCOMPARE(insights.reconnects[1].count, 1);
    QCOMPARE(insights.peakPerSecond, 1.0);
}

void InsightsTest::peakAcrossBins()
{
    Recorded recorded;
    recorded.withProbes();
    for (int c = 0; c < 2; ++c)
        recorded.lost(3500, c, 1);
    // 0.6 s apart, on both sides of a full second.
    recorded.client(6700, EventKind::ClientOpen, 0, 2);
    recorded.client(7300, EventKind::ClientOpen, 1, 2);
    const Insights insights = recorded.verdict().insights;
    QCOMPARE(insights.reconnects.size(), 2);
    QCOMPARE(insights.peakPerSecond, 2.0);
    QCOMPARE(insights.peakAtMs, 26'700.0);
}

void InsightsTest::nothingLost()
{
    Recorded recorded;
    const Insights insights = recorded.withProbes().verdict().insights;
    QVERIFY(insights.reconnects.isEmpty());
    QVERIFY(insights.forecast.isEmpty());
    QCOMPARE(insights.newcomers.tried, 0);
}

void InsightsTest::silences()
{
    const Insights insights = healthyRecord().verdict().insights;
    QCOMPARE(insights.silences.size(), 3);
    // Good at 4.0 s and again at 5.0 s; ready good at 1.0 s and again at 5.0 s.
    QCOMPARE(insights.silences[0].subject, s("health /health"));
    QCOMPARE(insights.silences[0].ms(), 1000.0);
    QCOMPARE(insights.silences[1].subject, s("ready /ready"));
    QCOMPARE(insights.silences[1].ms(), 4000.0);
}

void InsightsTest::newcomers()
{
    Recorded recorded = healthyRecord();
    recorded.record.header.newcomersEveryMs = 500;
    newcomer(recorded, -500, 0, true);                                   // before the trigger: not counted
    newcomer(recorded, 500, 1, true);                                    // before the signal at 1.0 s
    newcomer(recorded, 1500, 2, true);                                   // while draining …
    newcomer(recorded, 2000, 3, false, false, EndCause::Handshake, 503); // refused
    newcomer(recorded, 2500, 4, false, false, EndCause::Refused);        // refused
    newcomer(recorded, 3400, 0, false, true);                            // old ones end with their instance
    newcomer(recorded, 3400, 1, false, true);                            // …
    newcomer(recorded, 3450, 2, false, true);                            // … this one was let in while draining
    const Verdict verdict = recorded.verdict();
    const NewcomerFigures &figures = verdict.insights.newcomers;
    QCOMPARE(figures.tried, 4);
    QCOMPARE(figures.taken, 2);
    QCOMPARE(figures.refused, 2);
    QCOMPARE(figures.dropped, 1);
    QCOMPARE(figures.refusals, s("1 × HTTP 503, 1 × refused"));
    QCOMPARE(noteOf(verdict, "newcomers-dropped").evidence.size(), 1);
    QCOMPARE(verdict.outcome, Outcome::Pass); // a note, not a gate
}

void InsightsTest::healthWhileClosing()
{
    // Sockets close at 1.5 s, the process goes on answering /health until it ends at 4.0 s.
    Recorded recorded;
    recorded.withProbes();
    for (int c = 0; c < 2; ++c) {
        recorded.lost(1500, c, 1);
        recorded.client(6000, EventKind::ClientOpen, c, 2);
    }
    const SessionNote note = noteOf(recorded.verdict(), "health-while-closing");
    QVERIFY2(note.text.startsWith(s("/health said healthy for 2.5 s after the first socket closed")),
             qPrintable(note.text));
    QCOMPARE(note.evidence.size(), 2);
    // In the healthy record the sockets close 0.5 s before the end: not worth a word.
    QVERIFY(!noteIds(healthyRecord().verdict()).contains(s("health-while-closing")));
}

void InsightsTest::healthWhileClosingElsewhere()
{
    // Once traffic has moved, the good answers are the new instance's.
    Recorded moved;
    moved.withProbes();
    moved.instance(1200, EventKind::TrafficSwitched, "2");
    for (int c = 0; c < 2; ++c)
        moved.lost(1500, c, 1);
    QVERIFY(!noteIds(moved.verdict()).contains(s("health-while-closing")));
    // An observer that is told no instance cannot say whose answers they are.
    Recorded observed;
    observed.record.header.seesStop = observed.record.header.seesStart = false;
    observed.withProbes();
    for (int c = 0; c < 2; ++c)
        observed.lost(1500, c, 1);
    QVERIFY(!noteIds(observed.verdict()).contains(s("health-while-closing")));
}

void InsightsTest::healthWithoutLoss()
{
    Recorded recorded;
    recorded.withProbes();
    QCOMPARE(noteIds(recorded.verdict()), QStringList{s("health-without-loss")});
}

void InsightsTest::portWithoutHealth()
{
    Recorded recorded;
    recorded.withProbes();
    recorded.withLosses();
    recorded.record.header.endpoints.append({s("port"), s("127.0.0.1:1"), 250});
    for (int ms = -10'000; ms <= 20'000; ms += 250)
        recorded.probe(ms + 20, "port 127.0.0.1:1", true);
    QVERIFY(!noteIds(recorded.verdict()).contains(s("port-without-health"))); // health was away for under 1 s only
    for (Event &event : recorded.record.events) {
        if (event.subject == s("health /health") && event.us > 25'000'000 && event.us < 30'000'000)
            event.ok = false;
    }
    QVERIFY(noteIds(recorded.verdict()).contains(s("port-without-health")));
    // The port is the front door's in a rehearsal, and always open.
    recorded.record.header.rehearsal = true;
    QVERIFY(!noteIds(recorded.verdict()).contains(s("port-without-health")));
}

void InsightsTest::finishedBeforeBack()
{
    Recorded recorded = healthyRecord(); // back at 6 s and 7 s
    recorded.add(5500, EventKind::DeployFinished);
    QVERIFY(!noteIds(recorded.verdict()).contains(s("finished-before-back")));
    recorded.remove(EventKind::DeployFinished);
    recorded.add(4200, EventKind::DeployFinished);
    const SessionNote note = noteOf(recorded.verdict(), "finished-before-back");
    QVERIFY2(note.text.contains(s("1 clients were still away, the last for 2.8 s more")), qPrintable(note.text));
}

void InsightsTest::clocks()
{
    Recorded recorded = healthyRecord();
    Event &clock = recorded.add(500, EventKind::Note);
    clock.subject = s("clock");
    clock.text = s("this machine's clock was set forward by 1 h");
    QCOMPARE(recorded.verdict().outcome, Outcome::Pass);
    QCOMPARE(noteIds(recorded.verdict()), QStringList{s("clock")});
    Event &sleep = recorded.add(600, EventKind::Note);
    sleep.subject = s("suspend");
    sleep.text = s("this machine slept for 12.0 s");
    QCOMPARE(recorded.status("coverage"), s("unknown"));
    QCOMPARE(recorded.verdict().outcome, Outcome::Inconclusive);
}

void InsightsTest::forecast_data()
{
    QTest::addColumn<int>("cause");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("library");
    QTest::addColumn<int>("comeBack");
    QTest::addColumn<int>("stayAway");
    QTest::addColumn<int>("unknown");
    const auto row = [](const char *name, EndCause cause, int code, const char *library, int back, int away,
                        int unknown) {
        QTest::newRow(name) << int(cause) << code << s(library) << back << away << unknown;
    };
    row("1012 robust", EndCause::CloseFrame, 1012, "robust-websocket", 2, 0, 0);
    row("1000 robust", EndCause::CloseFrame, 1000, "robust-websocket", 0, 2, 0);
    row("1001 sockette", EndCause::CloseFrame, 1001, "sockette", 0, 2, 0);
    row("1005 sockette", EndCause::CloseFrame, 1005, "sockette", 0, 2, 0);
    row("reset sockette", EndCause::Reset, 1006, "sockette", 2, 0, 0);
    row("1011 graphql", EndCause::CloseFrame, 1011, "graphql-ws", 0, 2, 0);
    row("4000 was never tried", EndCause::CloseFrame, 4000, "phoenix", 0, 0, 2);
    row("browser", EndCause::CloseFrame, 1012, "a browser", 0, 2, 0);
}

void InsightsTest::forecast()
{
    QFETCH(int, cause);
    QFETCH(int, code);
    QFETCH(QString, library);
    Recorded recorded;
    recorded.withProbes();
    for (int c = 0; c < 2; ++c)
        recorded.lost(3500, c, 1, EndCause(cause), code);
    const ForecastRow row = rowOf(recorded.verdict(), library.toUtf8().constData());
    QTEST(row.comeBack, "comeBack");
    QTEST(row.stayAway, "stayAway");
    QTEST(row.unknown, "unknown");
}

void InsightsTest::forecastSocketIo()
{
    Recorded recorded;
    recorded.record.header.sockets[0].protocol = s("socket.io");
    recorded.withProbes();
    recorded.lost(3500, 0, 1, EndCause::CloseFrame, 1005);
    recorded.lost(3500, 1, 1, EndCause::CloseFrame, 1005, true, true);
    const Verdict verdict = recorded.verdict();
    QCOMPARE(verdict.insights.forecast.size(), 1);
    QCOMPARE(rowOf(verdict, "socket.io-client").comeBack, 1);
    QCOMPARE(rowOf(verdict, "socket.io-client").stayAway, 1);
}

/// Two machines, one replaced after the other; the second one takes longer to end.
void InsightsTest::twoMachines()
{
    Recorded recorded;
    recorded.remove(EventKind::SignalSent);
    recorded.remove(EventKind::InstanceExited);
    recorded.remove(EventKind::InstanceStarting);
    recorded.remove(EventKind::InstanceHealthy);
    const auto step = [&recorded](double ms, EventKind kind, const char *instance) {
        Event &event = recorded.add(ms, kind);
        event.instance = s(instance);
        if (kind == EventKind::SignalSent)
            event.text = s("SIGINT");
    };
    for (const char *instance : {"1", "2"}) {
        step(-19'000, EventKind::InstanceStarting, instance);
        step(-18'000, EventKind::InstanceHealthy, instance);
    }
    step(1000, EventKind::SignalSent, "1");
    step(2000, EventKind::InstanceExited, "1");
    step(2100, EventKind::InstanceStarting, "3");
    step(3000, EventKind::InstanceHealthy, "3");
    step(3100, EventKind::SignalSent, "2");
    step(9100, EventKind::InstanceExited, "2");
    step(9200, EventKind::InstanceStarting, "4");
    Recorded cut = recorded;
    step(10'700, EventKind::InstanceHealthy, "4");
    recorded.withProbes();
    QCOMPARE(recorded.gate("drain-budget").value, 6000.0);
    QVERIFY(recorded.gate("drain-budget").measured.contains(s("instance 2")));
    QCOMPARE(recorded.gate("startup").value, 1500.0);
    QCOMPARE(recorded.status("ready-first"), s("not-applicable"));
    QCOMPARE(recorded.status("live-steady"), s("not-applicable"));
    QCOMPARE(recorded.status("coverage"), s("pass"));
    // A newcomer that came while the first machine drained and was dropped by the second one later was let in by a
    // healthy machine; one that came while that one drained was not.
    Recorded visited = recorded;
    visited.record.header.newcomersEveryMs = 500;
    newcomer(visited, 1500, 0, true);
    newcomer(visited, 5000, 1, true);
    newcomer(visited, 8000, 0, false, true);
    newcomer(visited, 8000, 1, false, true);
    QCOMPARE(visited.verdict().insights.newcomers.dropped, 1);
    // Half of it is no replaced backend.
    cut.remove(EventKind::InstanceHealthy);
    cut.withProbes();
    QCOMPARE(cut.status("coverage"), s("unknown"));
    Recorded killed = recorded;
    Event &kill = killed.add(1500, EventKind::InstanceKilled);
    kill.instance = s("1");
    QCOMPARE(killed.status("drain-budget"), s("fail"));
    QVERIFY(killed.gate("drain-budget").measured.contains(s("killed after 500 ms (instance 1)")));
}

void InsightsTest::secondSignal()
{
    Recorded recorded = healthyRecord();
    Event &again = recorded.add(2000, EventKind::SignalSent);
    again.instance = s("1");
    again.text = s("SIGTERM");
    QCOMPARE(recorded.gate("drain-budget").value, 3000.0); // from the first to the exit at 4.0 s
    QCOMPARE(recorded.status("live-steady"), s("pass"));   // still one machine
}

void InsightsTest::advice_data()
{
    QTest::addColumn<QString>("server");
    QTest::addColumn<QString>("platform");
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("gate");
    QTest::addColumn<QString>("word");
    const auto row = [](const char *name, const char *server, const char *platform, const char *what, const char *gate,
                        const char *word) {
        QTest::newRow(name) << s(server) << s(platform) << s(what) << s(gate) << s(word);
    };
    row("uvicorn, old", "uvicorn", "render", "fin", "clean-close", "0.21");
    row("gunicorn and SIGINT", "gunicorn", "fly", "fin sigint", "clean-close", "quick shutdown");
    row("gunicorn, own worker", "gunicorn", "render", "fin", "clean-close", "UvicornWorker");
    row("node", "node", "render", "reset", "clean-close", "server.close()");
    row("hypercorn", "hypercorn", "render", "1011", "clean-close", "hypercorn");
    row("lifespan", "uvicorn", "render", "1012 unannounced", "notice-lead", "lifespan");
    row("disconnect", "uvicorn", "render", "disconnect", "all-back", "do not call disconnect");
    row("polling", "uvicorn", "render", "polling slow", "drain-budget", "long polling");
    row("polling on Fly", "uvicorn", "fly", "polling slow short", "drain-budget", "shutdown 4");
    row("polling, session unknown", "uvicorn", "render", "polling unknown", "clean-close", "sio.eio.disconnect()");
    row("polling, node", "node", "render", "polling unknown", "clean-close", "transports: [");
    row("swallowed disconnect", "uvicorn", "render", "1012 killed", "drain-budget", "swallows the disconnect");
    row("own handler", "uvicorn", "render", "silent killed", "drain-budget", "taken uvicorn's place");
    row("gunicorn on Render", "gunicorn", "render", "killed", "drain-budget", "race");
    row("fly grace", "node", "fly", "killed", "drain-budget", "kill_timeout");
    row("exit 3", "uvicorn", "render", "died", "startup", "uvicorn ends with 3");
}

void InsightsTest::advice()
{
    QFETCH(QString, server);
    QFETCH(QString, platform);
    QFETCH(QString, what);
    QFETCH(QString, gate);
    QFETCH(QString, word);
    Recorded recorded;
    SessionHeader &header = recorded.record.header;
    header.server = server;
    header.platform = platform;
    header.graceMs = 30'000;
    const bool killed = what.contains(s("killed"));
    if (killed || what.contains(s("slow"))) {
        recorded.remove(EventKind::InstanceExited);
        recorded.add(killed ? 31'100 : 28'000, EventKind::InstanceExited).instance = s("1");
        if (killed)
            recorded.add(31'000, EventKind::InstanceKilled).instance = s("1");
    }
    if (what.contains(s("sigint"))) {
        for (Event &event : recorded.record.events) {
            if (event.kind == EventKind::SignalSent)
                event.text = s("SIGINT");
        }
    }
    if (what.contains(s("short")))
        header.graceMs = 5'000;
    if (what.contains(s("polling"))) {
        header.sockets[0].protocol = s("socket.io");
        header.sockets[0].transport = s("polling");
    }
    if (what.contains(s("died"))) {
        recorded.remove(EventKind::InstanceHealthy);
        Event &exit = recorded.add(4300, EventKind::InstanceExited);
        exit.instance = s("2");
        exit.code = 3;
        recorded.add(4400, EventKind::DeployFailed).text = s("it ended");
    }
    for (int c = 0; c < 2; ++c) {
        if (what.contains(s("fin")))
            recorded.lost(3500, c, 1, EndCause::Eof, 1006);
        else if (what.contains(s("unknown")))
            recorded.lost(3500, c, 1, EndCause::HttpStatus, 0);
        else if (what.contains(s("reset")))
            recorded.lost(3500, c, 1, EndCause::Reset, 1006);
        else if (what.contains(s("1011")))
            recorded.lost(3500, c, 1, EndCause::CloseFrame, 1011);
        else if (what.contains(s("1012")))
            recorded.lost(1200, c, 1);
        else if (what.contains(s("silent")))
            recorded.lost(31'050, c, 1, EndCause::Reset, 1006);
        else if (what.contains(s("disconnect"))) {
            recorded.lost(3500, c, 1, EndCause::CloseFrame, 1005, true, true);
            recorded.client(3600, EventKind::ClientGaveUp, c, 1);
        }
    }
    const Gate judged = recorded.gate(gate.toUtf8().constData());
    QVERIFY2(
        judged.advice.contains(word) || judged.snippet.contains(word),
        qPrintable(QStringLiteral("%1: %2 | %3").arg(gateStatusName(judged.status), judged.advice, judged.snippet)));
}

QTEST_GUILESS_MAIN(InsightsTest)
#include "tst_insights.moc"
