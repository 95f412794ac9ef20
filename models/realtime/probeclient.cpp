// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/probeclient.h"

#include "models/common/jsonpointer.h"
#include "models/realtime/closecodes.h"
#include "models/realtime/engineio.h"

#include <algorithm>

#include <QJsonDocument>
#include <QJsonObject>

namespace Switchyard {

namespace {

using Kind = ClientEvent::Kind;
using Type = SocketIoPacket::Type;

/// After a DISCONNECT packet a server usually closes the transport too; a client library would do so at once. A short
/// wait lets the server's own close frame be seen.
constexpr Milliseconds disconnectGrace{250};
/// The first notice of a connection counts; a server may repeat it, and a rule may fit every message of a flood. More
/// often than this they are not recorded.
constexpr Milliseconds noticesEvery{1'000};

QJsonValue structured(std::string_view text)
{
    const QJsonDocument document =
        QJsonDocument::fromJson(QByteArray::fromRawData(text.data(), qsizetype(text.size())));
    if (document.isArray())
        return document.array();
    return document.isObject() ? QJsonValue(document.object()) : QJsonValue(QJsonValue::Undefined);
}

/// Whether every pointer of a rule leads to its value; a rule without pointers matches nothing.
bool matches(const QJsonValue &json, const QMap<QString, QJsonValue> &rule)
{
    for (auto it = rule.cbegin(); it != rule.cend(); ++it) {
        const Result<QJsonValue> value = jsonPointer(json, it.key());
        if (!value || !jsonEquals(*value, it.value()))
            return false;
    }
    return !rule.isEmpty();
}

} // namespace

ProbeClient::ProbeClient(ProbeClientHost &host, std::shared_ptr<const SocketTarget> target, int targetIndex, int number)
    : m_host(host)
    , m_target(std::move(target))
    , m_timer(host.io())
    , m_policy(ReconnectPolicy::fromName(m_target->reconnect).value_or(ReconnectPolicy::Kind::BrowserBackoff))
    , m_targetIndex(targetIndex)
    , m_number(number)
{
}

ClientEvent ProbeClient::event(ClientEvent::Kind kind, Instant at) const
{
    ClientEvent result;
    result.kind = kind;
    result.at = at;
    result.target = m_targetIndex;
    result.client = m_number;
    result.connection = m_connections;
    return result;
}

void ProbeClient::start()
{
    if (m_state != State::Idle)
        return;
    if (m_target->turns.cycle.count() == 0)
        return connect();
    m_turn = Clock::now() + m_target->turns.first + m_target->turns.stagger * m_number - m_target->turns.cycle;
    awaitTurn();
}

void ProbeClient::awaitTurn()
{
    // A turn that is over already (a handshake hung in it) is left out: the rhythm matters, not the number.
    const Instant now = Clock::now();
    do {
        m_turn += m_target->turns.cycle;
    } while (m_turn < now);
    m_state = State::Waiting;
    m_timer.expires_at(m_turn);
    m_timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error && self->m_state == State::Waiting)
            self->connect();
    });
}

void ProbeClient::letGoLater()
{
    m_hold = std::make_unique<Timer>(m_host.io());
    m_hold->expires_after(m_target->turns.hold);
    m_hold->async_wait([self = shared_from_this(), attempt = m_connections](boost::system::error_code error) {
        if (!error && self->m_connections == attempt && self->m_connection)
            self->m_connection->close();
    });
}

void ProbeClient::stop()
{
    if (m_state == State::Stopped)
        return;
    m_state = State::Stopped;
    m_timer.cancel();
    m_sending.reset();
    m_hold.reset();
    if (const auto connection = std::exchange(m_connection, nullptr))
        connection->close();
}

void ProbeClient::abandon()
{
    m_state = State::Stopped;
    m_timer.cancel();
    m_sending.reset();
    m_hold.reset();
    if (const auto connection = std::exchange(m_connection, nullptr))
        connection->abandon();
}

void ProbeClient::connect()
{
    m_state = State::Connecting;
    m_firstMessage = false;
    m_noticeAt = {};
    m_override.reset();
    m_instance.clear();
    ++m_connections;
    m_host.record(event(Kind::Connecting, Clock::now()));
    // The resolver has no limit of its own; a name server that is silent must not hold a client for minutes.
    m_timer.expires_after(m_target->connectTimeout);
    m_timer.async_wait([self = shared_from_this(), attempt = m_connections](boost::system::error_code error) {
        if (error || self->m_state != State::Connecting || self->m_connections != attempt || self->m_connection)
            return;
        ConnectionEnd end;
        end.cause = EndCause::Dns;
        end.detail =
            QStringLiteral("the name was not resolved within %1 ms").arg(self->m_target->connectTimeout.count());
        self->connectionEnded(Clock::now(), end);
    });
    m_host.resolve(m_targetIndex, [self = shared_from_this(), attempt = m_connections](const auto &endpoints,
                                                                                       const QString &problem) {
        if (self->m_state != State::Connecting || self->m_connections != attempt)
            return;
        if (endpoints.empty()) {
            ConnectionEnd end;
            end.cause = EndCause::Dns;
            end.detail = problem;
            return self->connectionEnded(Clock::now(), end);
        }
        self->m_timer.cancel();
        self->m_connection =
            makeConnection(self->m_host.io(), self->m_host.tlsContext(self->m_targetIndex), self->m_target, self.get());
        self->m_connection->start(endpoints);
    });
}

void ProbeClient::connectionOpen(Instant at, std::string_view instance)
{
    m_instance = std::string(instance);
    if (m_target->protocol == SocketProtocol::WebSocket)
        opened(at);
    else
        armWatchdog();
}

void ProbeClient::opened(Instant at)
{
    m_state = State::Open;
    m_attempt = 0;
    m_announced.reset();
    ClientEvent open = event(Kind::Open, at);
    open.instance = QString::fromStdString(m_instance);
    m_host.record(std::move(open));
    if (m_target->protocol == SocketProtocol::SocketIo)
        armWatchdog();
    if (!m_target->send.isEmpty())
        startSending(at);
    if (m_target->turns.cycle.count() > 0)
        letGoLater();
}

void ProbeClient::startSending(Instant now)
{
    m_sending = std::make_unique<Sending>(Sending{Timer(m_host.io()), {}});
    for (const SocketSend &send : m_target->send) {
        sendOne(send);
        m_sending->due.push_back(send.every.count() > 0 ? now + send.every : Instant::max());
    }
    armSending();
}

void ProbeClient::armSending()
{
    const Instant next = *std::min_element(m_sending->due.begin(), m_sending->due.end());
    if (next == Instant::max())
        return m_sending.reset();
    m_sending->timer.expires_at(next);
    m_sending->timer.async_wait([self = shared_from_this(), attempt = m_connections](boost::system::error_code error) {
        if (error || self->m_state != State::Open || self->m_connections != attempt || !self->m_connection)
            return;
        const Instant now = Clock::now();
        for (std::size_t i = 0; i < self->m_sending->due.size(); ++i) {
            const SocketSend &send = self->m_target->send[qsizetype(i)];
            if (self->m_sending->due[i] > now)
                continue;
            self->sendOne(send);
            self->m_sending->due[i] += send.every;
        }
        self->armSending();
    });
}

void ProbeClient::sendOne(const SocketSend &send)
{
    std::string text = send.text.toStdString();
    if (m_target->protocol == SocketProtocol::SocketIo)
        text = socketIoEvent(m_target->nameSpace, text);
    m_connection->sendText(std::move(text));
}

void ProbeClient::connectionText(Instant at, std::string_view text)
{
    if (m_target->protocol == SocketProtocol::SocketIo)
        socketIoText(at, text);
    else
        message(at, text, nullptr);
}

void ProbeClient::connectionBinary(Instant at)
{
    if (m_state == State::Open)
        message(at, {}, nullptr);
}

void ProbeClient::message(Instant at, std::string_view text, const SocketIoPacket *packet)
{
    m_host.countMessage(m_targetIndex, at);
    if (!m_firstMessage) {
        m_firstMessage = true;
        m_host.record(event(Kind::FirstMessage, at));
    }
    if (m_target->notice && isNotice(text, packet) && (m_noticeAt == Instant{} || at - m_noticeAt >= noticesEvery)) {
        m_noticeAt = at;
        ClientEvent notice = event(Kind::Notice, at);
        notice.text = QString::fromUtf8(text.data(), qsizetype(text.size())).left(512);
        m_host.record(std::move(notice));
    }
}

bool ProbeClient::isNotice(std::string_view text, const SocketIoPacket *packet)
{
    const NoticeRule &rule = *m_target->notice;
    QJsonValue json;
    if (packet) {
        const QJsonArray arguments = structured(packet->payload).toArray();
        const QString name = arguments.at(0).toString();
        if (!rule.event.isEmpty() && name != rule.event)
            return false;
        json = arguments.at(1);
        if (rule.json.isEmpty()) {
            if (rule.event.isEmpty())
                return false;
        } else if (!matches(json, rule.json)) {
            return false;
        }
    } else {
        if (text.empty() || (text.front() != '{' && text.front() != '['))
            return false;
        json = structured(text);
        if (!matches(json, rule.json))
            return false;
    }
    const double announced = json[QStringLiteral("reconnect_in_ms")].toDouble(-1);
    if (announced >= 0 && announced <= 600'000)
        m_announced = Milliseconds(qint64(announced));
    return true;
}

void ProbeClient::connectionPong(Clock::duration roundTrip)
{
    m_host.countPing(m_targetIndex, roundTrip);
}

// ---- Socket.IO

void ProbeClient::socketIoText(Instant at, std::string_view text)
{
    const auto packet = parseSocketIoPacket(text);
    if (m_override)
        return; // the session is over already: a ping must not put off the end of its transport
    if (!packet)
        return endSession(EndCause::Protocol, QStringLiteral("a text that is no Socket.IO packet"), false);
    switch (packet->type) {
    case Type::EngineOpen:
        engineOpen(packet->payload);
        break;
    case Type::EnginePing:
        if (m_state == State::Open)
            armWatchdog();
        m_connection->sendText("3" + packet->payload);
        break;
    case Type::Connect:
        if (packet->nameSpace == m_target->nameSpace && m_state == State::Connecting)
            opened(at);
        break;
    case Type::ConnectError: {
        const QString why = structured(packet->payload)[QStringLiteral("message")].toString();
        endSession(EndCause::Handshake, QStringLiteral("the namespace refused: %1").arg(why), true);
        break;
    }
    case Type::Disconnect:
        if (packet->nameSpace == m_target->nameSpace)
            endSession(EndCause::Local, QStringLiteral("the server sent DISCONNECT"), true);
        break;
    case Type::EngineClose:
        // Where no close frame follows: not an end of ours, and not one the WebSocket knows of.
        endSession(EndCause::Eof, QStringLiteral("the server sent the Engine.IO close packet and left TCP open"),
                   false);
        break;
    case Type::Event:
    case Type::BinaryEvent:
        if (m_state == State::Open)
            message(at, text, &*packet);
        break;
    default:
        break;
    }
}

void ProbeClient::engineOpen(const std::string &json)
{
    const QJsonValue open = structured(json);
    const double interval = open[QStringLiteral("pingInterval")].toDouble(25'000);
    const double timeout = open[QStringLiteral("pingTimeout")].toDouble(20'000);
    m_watchdog = Milliseconds(qint64(std::clamp(interval + timeout, 100.0, 3'600'000.0)));
    m_connection->sendText(socketIoConnect(m_target->nameSpace, m_target->auth));
}

void ProbeClient::armWatchdog()
{
    // Until the namespace has taken the client, one limit holds for all of it: pings alone do not open a session.
    const bool opening = m_state != State::Open;
    m_timer.expires_after(opening ? m_target->handshakeTimeout : m_watchdog);
    m_timer.async_wait([self = shared_from_this(), attempt = m_connections, opening](boost::system::error_code error) {
        if (error || self->m_connections != attempt || !self->m_connection || self->m_override)
            return;
        if (opening)
            return self->endSession(EndCause::Handshake,
                                    QStringLiteral("the namespace did not take the client within %1 ms")
                                        .arg(self->m_target->handshakeTimeout.count()),
                                    false);
        self->endSession(EndCause::PingTimeout,
                         QStringLiteral("no Engine.IO ping within %1 ms").arg(self->m_watchdog.count()), false);
    });
}

void ProbeClient::endSession(EndCause cause, const QString &detail, bool serverDisconnect)
{
    m_override = std::make_unique<ConnectionEnd>();
    m_override->cause = cause;
    m_override->detail = detail;
    m_override->serverDisconnect = serverDisconnect;
    m_override->wasOpen = m_state == State::Open;
    m_override->code = cause == EndCause::Local || cause == EndCause::Handshake ? 0 : CloseCode::abnormal;
    m_overrideAt = Clock::now();
    m_timer.expires_after(cause == EndCause::Local || cause == EndCause::Eof ? disconnectGrace : Milliseconds(0));
    m_timer.async_wait([self = shared_from_this(), attempt = m_connections](boost::system::error_code error) {
        if (!error && self->m_connections == attempt && self->m_connection)
            self->m_connection->close();
    });
}

// ---- the end, and back again

void ProbeClient::connectionEnded(Instant at, const ConnectionEnd &end)
{
    m_connection.reset();
    m_timer.cancel();
    m_sending.reset();
    m_hold.reset();
    m_watchdog = Milliseconds(0);
    ClientEvent ended = event(Kind::Ended, at);
    ended.end = end;
    // Socket.IO: open means in the namespace, not only the WebSocket below it.
    ended.end.wasOpen = m_state == State::Open || (m_state == State::Stopped && end.wasOpen);
    if (m_override) {
        ended.end.serverDisconnect = m_override->serverDisconnect;
        if (end.cause == EndCause::Local || m_override->serverDisconnect)
            ended.end.detail = m_override->detail;
        if (end.cause == EndCause::Local && m_state != State::Stopped) {
            ended.at = m_overrideAt;
            ended.end.cause = m_override->cause;
            ended.end.code = m_override->code;
        }
    }
    m_override.reset();
    const ConnectionEnd final = ended.end;
    m_host.record(std::move(ended));
    if (m_state != State::Stopped)
        reconnect(final);
}

void ProbeClient::reconnect(const ConnectionEnd &end)
{
    if (m_target->turns.cycle.count() > 0)
        return awaitTurn();
    ++m_attempt;
    const ReconnectSituation situation{m_attempt, end.wasOpen, end.serverDisconnect, m_announced};
    const auto delay = ReconnectPolicy::delay(m_policy, situation, m_host.random());
    if (!delay) {
        m_state = State::Stopped;
        m_host.record(event(Kind::GaveUp, Clock::now()));
        return;
    }
    m_state = State::Waiting;
    ClientEvent waiting = event(Kind::Waiting, Clock::now());
    waiting.delay = *delay;
    m_host.record(std::move(waiting));
    m_timer.expires_after(*delay);
    m_timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error && self->m_state == State::Waiting)
            self->connect();
    });
}

} // namespace Switchyard
