// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/facts.h"

#include "models/common/duration.h"
#include "models/realtime/closecodes.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

bool onFly(const SessionFacts &facts)
{
    return facts.record.header.platform == QLatin1StringView("fly");
}

bool onRender(const SessionFacts &facts)
{
    return facts.record.header.platform == QLatin1StringView("render");
}

Advice graceAdvice(const SessionFacts &facts)
{
    const int seconds = int(std::ceil(double(facts.record.header.thresholds.drain.count()) / 1000)) + 5;
    if (onFly(facts)) {
        const QString snippet = QStringLiteral("kill_signal = \"SIGTERM\"\nkill_timeout = %1").arg(seconds);
        return {QStringLiteral("Fly stops with SIGINT and 5 s unless fly.toml says otherwise: set both keys."),
                snippet};
    }
    if (onRender(facts))
        return {QStringLiteral("Render waits 30 s after SIGTERM unless the Blueprint says otherwise (1 to 300)."),
                QStringLiteral("maxShutdownDelaySeconds: %1").arg(seconds)};
    return {
        QStringLiteral("Shorten the drain: notify, wait a few seconds, close with 1012, then end; or raise the grace."),
        {}};
}

bool has(const SessionFacts &facts, const char *server)
{
    return facts.record.header.server == QLatin1StringView(server);
}

/// The losses of the instance that was told to stop, between the signal and its end.
struct Drain
{
    int lost = 0;
    double lastLostMs = 0; ///< from the signal
    double tookMs = 0;     ///< from the signal to the end, or as far as it was seen
    bool killed = false;
};

Drain drainOf(const SessionFacts &facts)
{
    Drain drain;
    if (!facts.signal)
        return drain;
    const Event *end = facts.exited ? facts.exited : facts.killed;
    const qint64 until = end ? end->us : facts.endUs;
    // What breaks when the process is killed was not closed by it.
    const qint64 own = facts.killed ? facts.killed->us : until;
    drain.tookMs = double(until - facts.signal->us) / 1000;
    drain.killed = facts.killed != nullptr;
    for (const Loss &loss : facts.losses) {
        if (loss.ended->us < facts.signal->us || loss.ended->us >= own)
            continue;
        ++drain.lost;
        drain.lastLostMs = double(loss.ended->us - facts.signal->us) / 1000;
    }
    return drain;
}

bool pollingClients(const SessionFacts &facts)
{
    const auto &sockets = facts.record.header.sockets;
    return std::any_of(sockets.cbegin(), sockets.cend(), [](const SessionSocket &socket) { return socket.polls(); });
}

/// uvicorn's limit, short of the grace so that what comes after the wait still has time.
QString boundedWait(const SessionFacts &facts)
{
    const double graceS = facts.record.header.graceMs / 1000;
    const int seconds = graceS > 0 ? std::clamp(int(graceS * 0.8), 1, 20) : 20;
    return QStringLiteral("--timeout-graceful-shutdown %1").arg(seconds);
}

/// Why an instance took too long to end, or was killed. Sources: platforms.md 5.2 and 5.3, measured with the servers.
Advice drainAdvice(const SessionFacts &facts)
{
    constexpr double afterTheLastMs = 2'000;
    const Drain drain = drainOf(facts);
    const bool idleAfterwards = drain.lost > 0 && drain.tookMs - drain.lastLostMs > afterTheLastMs;
    if (pollingClients(facts) && !has(facts, "gunicorn") && drain.tookMs > afterTheLastMs)
        return {QStringLiteral(
                    "A Socket.IO client on long polling holds the exit until its next ping, up to pingInterval (25 s): "
                    "close the Engine.IO sessions when the stop signal arrives (python-socketio: "
                    "sio.eio.disconnect()), or bound the wait."),
                has(facts, "uvicorn") ? boundedWait(facts) : QString()};
    if (has(facts, "uvicorn") && drain.killed && drain.lost == 0 && !facts.losses.empty())
        return {QStringLiteral(
                    "The signal did nothing: a handler of the application's own has taken uvicorn's place. Keep the "
                    "previous handler and call it when the drain is done."),
                onFly(facts) ? graceAdvice(facts).snippet : QString()};
    if (has(facts, "uvicorn") && idleAfterwards)
        return {QStringLiteral(
                    "Every socket was closed and the process went on for %1: a handler swallows the disconnect, or a "
                    "background task does not end, and uvicorn waits for it for ever unless told otherwise.")
                    .arg(humanDuration(drain.tookMs - drain.lastLostMs)),
                boundedWait(facts)};
    if (has(facts, "gunicorn") && onRender(facts) && drain.tookMs > facts.record.header.graceMs * 0.9)
        return {QStringLiteral(
                    "gunicorn's graceful timeout is 30 s, which is all that Render gives: a race. Give gunicorn less, "
                    "or Render more."),
                QStringLiteral("--graceful-timeout 25")};
    return graceAdvice(facts);
}

Advice cleanCloseAdvice(const SessionFacts &facts)
{
    int unclean = 0;
    int clean = 0;
    int badCode = 0;
    int polling = 0;
    for (const Loss &loss : facts.losses) {
        if (!loss.clean()) {
            ++unclean;
            polling += facts.socket(loss).polls() ? 1 : 0;
        } else if (loss.ended->cause == EndCause::CloseFrame && loss.ended->code != CloseCode::noStatus) {
            loss.ended->code == 1011 ? ++badCode : ++clean;
        }
    }
    if (facts.killed && unclean > 0)
        return drainAdvice(facts);
    if (unclean > 0 && polling == unclean) {
        // Measured with python-socketio 5 on uvicorn 0.17: the packet goes out with the poll that waits, and the exit
        // follows at once instead of at the next ping.
        const bool python = has(facts, "uvicorn") || has(facts, "gunicorn") || has(facts, "hypercorn");
        return {QStringLiteral(
                    "A client on long polling has no close frame: only the Engine.IO close packet tells it that the "
                    "server goes. Close the Engine.IO sessions when the stop signal arrives, or leave polling out of "
                    "the client's transports."),
                python ? QStringLiteral("await sio.eio.disconnect()") : QStringLiteral("transports: [\"websocket\"]")};
    }
    if (unclean == 0 && badCode > 0)
        return {has(facts, "hypercorn")
                    ? QStringLiteral("hypercorn ends sockets with 1011, internal error, when its graceful timeout of "
                                     "3 s is over: close each with 1012 from the shutdown handler before that.")
                    : QStringLiteral("1011 means an internal error to a client: close each socket with 1012 from the "
                                     "shutdown handler."),
                {}};
    if (unclean == 0)
        return {QStringLiteral(
                    "Close with 1012 (service restart) or 1001 (going away), or allow the code in allowed_closes."),
                QStringLiteral("allowed_closes = [1001, 1012]")};
    const QString &server = facts.record.header.server;
    if (server == QLatin1StringView("gunicorn") && facts.signal && facts.signal->text == QLatin1StringView("SIGINT"))
        return {QStringLiteral("gunicorn takes SIGINT for a quick shutdown and closes nothing: stop it with SIGTERM."),
                onFly(facts) ? QStringLiteral("kill_signal = \"SIGTERM\"\nkill_timeout = 30") : QString()};
    if (server == QLatin1StringView("gunicorn") && clean == 0)
        return {
            QStringLiteral(
                "gunicorn's own ASGI worker closes no WebSocket, and its uvicorn worker with the websockets library "
                "ends them with a bare FIN before uvicorn 0.21: update both, and use uvicorn's worker."),
            QStringLiteral("-k uvicorn.workers.UvicornWorker")};
    if (server == QLatin1StringView("node") && clean == 0)
        return {QStringLiteral("Node's server.close() leaves WebSockets alone, and the end of the process cuts them: "
                               "close each client with 1012 when the stop signal arrives, then end."),
                QStringLiteral("for (const client of wss.clients) client.close(1012, 'service restart')")};
    if (server == QLatin1StringView("uvicorn") && clean == 0)
        return {QStringLiteral(
                    "uvicorn before 0.21 with the websockets library ends sockets with a bare FIN: update uvicorn, "
                    "or use the wsproto library, which sends 1012."),
                QStringLiteral("--ws wsproto")};
    if (clean > 0)
        return {QStringLiteral(
                    "Some sockets are closed properly and some are not: close every one before the process ends, "
                    "and wait for the close replies."),
                {}};
    if (facts.exited && server.isEmpty())
        return {
            QStringLiteral("The process ended without closing its sockets: close each with 1012 when the stop signal "
                           "arrives, and wait for the close replies."),
            {}};
    return {QStringLiteral("Send a close frame with 1012 to every socket before the process ends."), {}};
}

Advice allBackAdvice(const SessionFacts &facts)
{
    for (const Loss &loss : facts.losses) {
        if (loss.gaveUp && loss.ended->serverDisconnect)
            return {QStringLiteral("A Socket.IO client told to disconnect by the server never comes back by itself: "
                                   "do not call disconnect on shutdown, let the transport close."),
                    {}};
    }
    if (facts.deployFailed)
        return {QStringLiteral("The new instance never took over: mend its start first."), {}};
    return {QStringLiteral(
                "Clients retry later than the new instance is up: announce reconnect_in_ms in the notice, and start "
                "the new instance before the old one stops."),
            {}};
}

Advice noticeAdvice(const SessionFacts &facts)
{
    bool restart = false;
    bool anyNotice = false;
    for (const Loss &loss : facts.losses) {
        restart = restart || loss.ended->code == CloseCode::serviceRestart;
        anyNotice = anyNotice || loss.noticeUs >= 0;
    }
    if (anyNotice)
        return {QStringLiteral("Wait longer between the notice and the close."), {}};
    const bool perhapsUvicorn = facts.record.header.server.isEmpty() || has(facts, "uvicorn") || has(facts, "gunicorn");
    if (restart && perhapsUvicorn)
        return {
            QStringLiteral("%1 closes sockets with 1012 before it runs lifespan shutdown, so a notice sent from "
                           "there never arrives. Send it from a signal handler that then calls the previous one.")
                .arg(has(facts, "uvicorn") ? QStringLiteral("uvicorn") : QStringLiteral("Where uvicorn serves, it")),
            {}};
    return {QStringLiteral("Send the notice when the stop signal arrives, wait, then close."), {}};
}

Advice startupAdvice(const SessionFacts &facts)
{
    // An instance that began after the trigger and was gone before it was healthy.
    for (const Event &event : facts.record.events) {
        const bool failedStart =
            event.kind == EventKind::InstanceExited && facts.starting && event.instance == facts.starting->instance;
        if (!failedStart || facts.healthy)
            continue;
        if (has(facts, "uvicorn") && event.code == 3)
            return {QStringLiteral("uvicorn ends with 3 when the application's start-up fails: read the last lines of "
                                   "its log, and check the variables it needs."),
                    {}};
        return {QStringLiteral("The new instance ended with status %1 before it was healthy: read its last lines, and "
                               "check that its variables and its database are there.")
                    .arg(event.code),
                {}};
    }
    return {QStringLiteral("Listen first, on 0.0.0.0:$PORT, and do slow work after; move migrations out of the start "
                           "command."),
            {}};
}

} // namespace

Advice adviceFor(const QString &gate, const SessionFacts &facts)
{
    if (gate == QLatin1StringView("clean-close"))
        return cleanCloseAdvice(facts);
    if (gate == QLatin1StringView("all-back"))
        return allBackAdvice(facts);
    if (gate == QLatin1StringView("single-bounce"))
        return {
            QStringLiteral("Clients came back to an instance that was about to stop: refuse newcomers while draining."),
            {}};
    if (gate == QLatin1StringView("notice-lead"))
        return noticeAdvice(facts);
    if (gate == QLatin1StringView("ready-first"))
        return {QStringLiteral(
                    "Answer the ready endpoint with 503 as soon as the stop signal arrives, before any socket closes."),
                {}};
    if (gate == QLatin1StringView("live-steady"))
        return {QStringLiteral(
                    "Keep the live endpoint answering until the process ends; only ready may fail while draining."),
                {}};
    if (gate == QLatin1StringView("max-gap"))
        return {QStringLiteral("Start the new instance before the old one stops, or shorten the start."), {}};
    if (gate == QLatin1StringView("drain-budget"))
        return drainAdvice(facts);
    if (gate == QLatin1StringView("startup"))
        return startupAdvice(facts);
    if (gate == QLatin1StringView("coverage"))
        return {QStringLiteral(
                    "Too little was seen for a verdict: name the instance (instance_id), give the clients a URL that "
                    "accepts them, and watch the whole redeploy."),
                {}};
    if (gate == QLatin1StringView("own-network"))
        return {QStringLiteral("This machine's own network failed during the session: run it again."), {}};
    return {};
}

} // namespace Switchyard
