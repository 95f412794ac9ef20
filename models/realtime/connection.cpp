// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/connection.h"

#include "models/realtime/closecodes.h"
#include "models/realtime/dialing.h"
#include "models/realtime/pollingconnection.h"
#include "models/realtime/tap.h"
#include "models/realtime/transport.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket.hpp>

#include <QFileInfo>

#include <array>
#include <list>

namespace Switchyard {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using ErrorCode = beast::error_code;
using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, IoExecutor>;

namespace {

constexpr std::size_t keptMessageBytes = 16 * 1024;
constexpr std::size_t maxQueuedBytes = 1 << 20;
/// What a compressed message may be once unpacked: a few kilobytes can stand for gigabytes.
constexpr std::size_t maxUnpackedBytes = 64 << 20;
/// After the close frame TCP gets this long to end by itself.
constexpr Milliseconds closingGrace{1'000};
/// Beast's own callback for a close frame comes within this time of the frame, if it comes at all.
constexpr Milliseconds callbackGrace{100};
/// A refused handshake's status line is known before its body has come; the body is waited for no longer than this.
constexpr Milliseconds refusalBodyGrace{200};

QString text(const ErrorCode &error)
{
    return QString::fromStdString(error.message());
}

bool isReset(const ErrorCode &error)
{
    return error == net::error::connection_reset;
}

template <typename Transport, bool deflate>
class BeastConnection final : public Connection, private TapWatcher
{
public:
    using Stream = websocket::stream<Tap<Transport>, deflate>;

    template <typename... Args>
    BeastConnection(net::io_context &io, std::shared_ptr<const SocketTarget> target, ConnectionOwner *owner,
                    Args... args)
        : m_target(std::move(target))
        , m_owner(owner)
        , m_stream(io, args...)
        , m_timer(io)
    {
        tap().setWatcher(this);
    }

    void start(const std::vector<net::ip::tcp::endpoint> &endpoints) override
    {
        m_endpoints = endpoints;
        arm(m_target->connectTimeout);
        connectNext(0);
    }

    void sendText(std::string message) override
    {
        if (m_phase != Phase::Open || m_queuedBytes + message.size() > maxQueuedBytes)
            return;
        m_queuedBytes += message.size();
        m_queue.push_back(std::move(message));
        if (m_queue.size() == 1)
            writeNext();
    }

    void close() override
    {
        if (m_phase == Phase::Ended)
            return;
        const bool wasOpen = m_phase == Phase::Open;
        endNow(Clock::now(), localEnd(wasOpen));
        if (!wasOpen)
            return dropSocket();
        arm(closingGrace);
        m_stream.async_close(websocket::close_code::normal, [self = self()](ErrorCode) { self->dropSocket(); });
    }

    void abandon() override
    {
        m_owner = nullptr;
        m_phase = Phase::Ended;
        m_timer.cancel();
        dropSocket();
    }

private:
    enum class Phase : std::uint8_t
    {
        Connecting,
        Tls,
        Handshake,
        Open,
        Ended
    };

    std::shared_ptr<BeastConnection> self() { return std::static_pointer_cast<BeastConnection>(shared_from_this()); }
    Tap<Transport> &tap() { return m_stream.next_layer(); }
    TcpSocket &socket() { return tap().next_layer().socket(); }

    void dropSocket()
    {
        ErrorCode ignored;
        socket().close(ignored);
    }

    // ---- connect

    void connectNext(std::size_t index)
    {
        ErrorCode ignored;
        socket().close(ignored);
        socket().async_connect(m_endpoints[index], [self = self(), index](ErrorCode error) {
            if (self->m_phase != Phase::Connecting)
                return;
            if (error && index + 1 < self->m_endpoints.size())
                return self->connectNext(index + 1);
            if (error)
                return self->connectFailed(error);
            ErrorCode optionError;
            self->socket().set_option(net::ip::tcp::no_delay(true), optionError);
            self->connected();
        });
    }

    void connectFailed(const ErrorCode &error) { endNow(Clock::now(), connectEnd(error)); }

    void connected()
    {
        std::vector<net::ip::tcp::endpoint>().swap(m_endpoints);
        if constexpr (std::is_same_v<Transport, TlsTransport>)
            startTls();
        else
            startHandshake();
    }

    // ---- TLS

    void startTls() requires std::is_same_v<Transport, TlsTransport>
    {
        m_phase = Phase::Tls;
        arm(m_target->tlsTimeout);
        expectPeer(tap().next_layer().ssl(), m_target->host);
        tap().next_layer().async_handshake([self = self()](ErrorCode error, std::size_t) {
            if (self->m_phase != Phase::Tls)
                return;
            if (error)
                return self->tlsFailed(error);
            self->startHandshake();
        });
    }

    void tlsFailed(const ErrorCode &error) requires std::is_same_v<Transport, TlsTransport>
    {
        endNow(Clock::now(), tlsEnd(tap().next_layer().ssl(), error));
    }

    // ---- WebSocket handshake

    void startHandshake()
    {
        m_phase = Phase::Handshake;
        arm(m_target->handshakeTimeout);
        m_stream.set_option(websocket::stream_base::decorator(
            [target = m_target](websocket::request_type &request) { decorate(*target, request); }));
        // Timeouts are this class's: one clock decides, and an end is never reported twice.
        m_stream.set_option(
            websocket::stream_base::timeout{websocket::stream_base::none(), websocket::stream_base::none(), false});
        if constexpr (deflate) {
            websocket::permessage_deflate offer;
            offer.client_enable = true;
            m_stream.set_option(offer);
        }
        m_stream.read_message_max(0);
        m_stream.auto_fragment(false);
        m_stream.control_callback([this](websocket::frame_type kind, beast::string_view) { controlFrame(kind); });
        m_response = std::make_unique<websocket::response_type>();
        m_stream.async_handshake(*m_response, m_target->hostHeader, m_target->path,
                                 [self = self()](ErrorCode error) { self->handshakeDone(error); });
    }

    static void decorate(const SocketTarget &target, websocket::request_type &request)
    {
        request.set(beast::http::field::user_agent, "Switchyard/" SWITCHYARD_VERSION);
        if (!target.origin.empty())
            request.set(beast::http::field::origin, target.origin);
        if (!target.subprotocol.empty())
            request.set(beast::http::field::sec_websocket_protocol, target.subprotocol);
        for (const auto &[name, value] : target.headers)
            request.set(name, value);
    }

    void handshakeDone(const ErrorCode &error)
    {
        if (m_phase != Phase::Handshake)
            return;
        if (error)
            return handshakeFailed(error);
        m_phase = Phase::Open;
        m_timer.cancel();
        std::string instance;
        if (!m_target->instanceHeader.isEmpty())
            instance = std::string((*m_response)[m_target->instanceHeader.toStdString()]);
        m_response.reset();
        m_lastSign = arrival();
        if (m_owner)
            m_owner->connectionOpen(m_lastSign, instance);
        if (m_phase != Phase::Open)
            return;
        schedulePing();
        // A close frame may have come in one segment with the handshake's answer.
        if (tap().parser().closeSeen())
            closeFrameSeen();
        read();
    }

    void handshakeFailed(const ErrorCode &error)
    {
        ConnectionEnd end;
        end.cause = EndCause::Handshake;
        // Beast's response object starts out as status 500: only the tap knows whether one arrived.
        end.httpStatus = tap().parser().httpStatus();
        if (end.httpStatus != 0 && end.httpStatus != 101)
            end.detail = QStringLiteral("the server answered HTTP %1 instead of 101").arg(end.httpStatus);
        else if (m_timedOut)
            end.detail = QStringLiteral("no answer within %1 ms").arg(m_target->handshakeTimeout.count());
        else if (end.httpStatus == 0 && (isReset(tap().readError()) || isReset(tap().writeError())))
            end.detail = QStringLiteral("the connection was reset before the handshake was answered");
        else if (end.httpStatus == 0 && error == net::error::eof)
            end.detail = QStringLiteral("the connection was closed before the handshake was answered");
        else
            end.detail = text(error);
        endNow(Clock::now(), end);
        dropSocket();
    }

    // ---- reading

    /// When what is being delivered came. A close frame in the same segment was seen first: nothing is later than it.
    Instant arrival()
    {
        const Instant now = Clock::now();
        return tap().parser().closeSeen() ? std::min(now, tap().parser().closeAt()) : now;
    }

    void read()
    {
        m_stream.async_read_some(net::buffer(m_buffer),
                                 [self = self()](ErrorCode error, std::size_t size) { self->readDone(error, size); });
    }

    void readDone(const ErrorCode &error, std::size_t size)
    {
        if (m_phase == Phase::Ended)
            return error ? void() : read(); // closing: read on until TCP ends
        if (size > 0)
            gotBytes(size);
        if (m_phase == Phase::Ended)
            return;
        if (error)
            return transportEnded(error);
        if (m_phase == Phase::Open && m_stream.is_message_done())
            messageDone();
        read();
    }

    void gotBytes(std::size_t size)
    {
        m_lastSign = arrival();
        if (m_stream.got_text() && m_message.size() < keptMessageBytes)
            m_message.append(m_buffer.data(), std::min(size, keptMessageBytes - m_message.size()));
        if constexpr (deflate) {
            m_unpacked += size;
            if (m_unpacked > maxUnpackedBytes)
                tooBig();
        }
    }

    void tooBig()
    {
        ConnectionEnd end;
        end.cause = EndCause::Protocol;
        end.code = CloseCode::abnormal;
        end.wasOpen = true;
        end.detail = QStringLiteral("a message of more than %1 MiB when unpacked").arg(maxUnpackedBytes >> 20);
        endNow(Clock::now(), end);
        dropSocket();
    }

    void messageDone()
    {
        std::string message;
        message.swap(m_message);
        m_unpacked = 0;
        if (!m_owner)
            return;
        if (m_stream.got_text())
            m_owner->connectionText(m_lastSign, message);
        else
            m_owner->connectionBinary(m_lastSign);
        if (message.capacity() <= 512) {
            message.clear();
            m_message.swap(message);
        }
    }

    void controlFrame(websocket::frame_type kind)
    {
        m_lastSign = arrival();
        if (kind == websocket::frame_type::pong && m_pingSent != Instant{}) {
            const auto roundTrip = m_lastSign - m_pingSent;
            m_pingSent = {};
            if (m_owner && m_phase == Phase::Open)
                m_owner->connectionPong(roundTrip);
        } else if (kind == websocket::frame_type::close && m_phase == Phase::Open) {
            // Every message before the frame has been delivered by now. The owner is told from the event loop, since
            // Beast is in the middle of its read.
            net::post(m_stream.get_executor(), [self = self()] { self->closeFrameArrived(); });
        }
    }

    void handshakeRefused() override
    {
        net::post(m_stream.get_executor(), [self = self()] {
            if (self->m_phase == Phase::Handshake)
                self->arm(refusalBodyGrace);
        });
    }

    void refusalTooLong() override
    {
        net::post(m_stream.get_executor(), [self = self()] {
            if (self->m_phase == Phase::Handshake)
                self->handshakeFailed(net::error::message_size);
        });
    }

    /// Beast calls back for the close codes it likes, once the messages before the frame are delivered. For the others
    /// it waits for the end of TCP, which may never come: then this decides, a little later.
    void closeFrameSeen() override
    {
        net::post(m_stream.get_executor(), [self = self()] {
            if (self->m_phase != Phase::Open)
                return;
            self->m_timer.expires_after(callbackGrace);
            self->m_timer.async_wait([self](ErrorCode error) {
                if (!error)
                    self->closeFrameArrived();
            });
        });
    }

    /// Beast answers with a close frame of its own when the server breaks the protocol, and then waits for the end of
    /// TCP, which may never come.
    void closeFrameSent() override
    {
        net::post(m_stream.get_executor(), [self = self()] {
            if (self->m_phase != Phase::Open || self->tap().parser().closeSeen())
                return;
            self->m_failing = true;
            self->m_timer.expires_after(callbackGrace);
            self->m_timer.async_wait([self](ErrorCode error) {
                if (!error && self->m_phase == Phase::Open)
                    self->judgeEnd(websocket::make_error_code(websocket::error::bad_opcode), Clock::now());
            });
        });
    }

    void closeFrameArrived()
    {
        if (m_phase != Phase::Open)
            return;
        endNow(tap().parser().closeAt(), closeFrameEnd());
        arm(closingGrace);
    }

    ConnectionEnd closeFrameEnd()
    {
        const FrameParser &parser = tap().parser();
        ConnectionEnd end;
        end.cause = EndCause::CloseFrame;
        end.code = parser.closeCode();
        end.codeValid = !parser.closeMalformed() && (!parser.closeHasCode() || closeCodeMayTravel(end.code));
        end.reason = QString::fromUtf8(parser.closeReason().data(), qsizetype(parser.closeReason().size()));
        if (parser.closeMalformed())
            end.detail = QStringLiteral("malformed close frame");
        end.wasOpen = true;
        return end;
    }

    void transportEnded(const ErrorCode &error)
    {
        // One turn of the loop later, so that a write that failed at the same time has left its error too; then what
        // the kernel still holds, in case a close frame lies behind the error.
        net::post(m_stream.get_executor(), [self = self(), error, at = Clock::now()] {
            if (self->m_phase != Phase::Open)
                return;
            self->tap().drain();
            self->judgeEnd(error, at);
        });
    }

    void judgeEnd(const ErrorCode &error, Instant at)
    {
        if (tap().parser().closeSeen()) {
            endNow(tap().parser().closeAt(), closeFrameEnd());
            arm(closingGrace);
            return;
        }
        ConnectionEnd end;
        end.code = CloseCode::abnormal;
        end.wasOpen = true;
        if (m_failing) {
            end.cause = EndCause::Protocol;
            end.detail = QStringLiteral("the server broke the WebSocket protocol");
        } else if (m_timedOut) {
            end.cause = EndCause::PingTimeout;
            end.detail = QStringLiteral("no sign of life within %1 ms of a ping").arg(m_target->pingTimeout.count());
        } else if (isReset(tap().readError()) || isReset(tap().writeError()) || isReset(error)) {
            end.cause = EndCause::Reset;
        } else if (&error.category() == &websocketCategory()) {
            end.cause = EndCause::Protocol;
            end.detail = text(error);
        } else {
            end.cause = EndCause::Eof;
            if (error != net::error::eof && error != net::error::broken_pipe)
                end.detail = text(error);
        }
        endNow(at, end);
        dropSocket();
    }

    static const boost::system::error_category &websocketCategory()
    {
        static const ErrorCode sample = websocket::make_error_code(websocket::error::bad_opcode);
        return sample.category();
    }

    // ---- writing

    void writeNext()
    {
        m_stream.text(true);
        m_stream.async_write(net::buffer(m_queue.front()), [self = self()](ErrorCode error, std::size_t) {
            if (error || self->m_phase != Phase::Open) {
                // The read sees the end too and judges it with both errors at hand.
                self->m_queue.clear();
                self->m_queuedBytes = 0;
                return;
            }
            self->m_queuedBytes -= self->m_queue.front().size();
            self->m_queue.pop_front();
            if (!self->m_queue.empty())
                self->writeNext();
        });
    }

    // ---- time

    void schedulePing()
    {
        if (m_target->pingInterval.count() <= 0)
            return;
        m_timer.expires_after(m_pingSent == Instant{} ? m_target->pingInterval
                                                      : std::min(m_target->pingInterval, m_target->pingTimeout));
        m_timer.async_wait([self = self()](ErrorCode error) {
            // A timer that was already due when an end was noticed must not put off its judgement.
            if (error || self->m_phase != Phase::Open || self->m_failing || self->tap().parser().closeSeen())
                return;
            self->pingDue();
        });
    }

    void pingDue()
    {
        const Instant now = Clock::now();
        if (m_pingSent != Instant{} && now - std::max(m_lastSign, m_pingSent) >= m_target->pingTimeout)
            return timedOut();
        if (m_pingSent == Instant{} && m_pingWritten) {
            m_pingWritten = false;
            m_pingSent = now;
            m_stream.async_ping({}, [self = self()](ErrorCode) { self->m_pingWritten = true; });
        }
        schedulePing();
    }

    void arm(Milliseconds limit)
    {
        m_timer.expires_after(limit);
        m_timer.async_wait([self = self()](ErrorCode error) {
            if (!error)
                self->timedOut();
        });
    }

    void timedOut()
    {
        const Instant now = Clock::now();
        m_timedOut = true;
        ConnectionEnd end;
        switch (m_phase) {
        case Phase::Connecting:
            end.cause = EndCause::ConnectTimeout;
            end.detail = QStringLiteral("no answer within %1 ms").arg(m_target->connectTimeout.count());
            endNow(now, end);
            break;
        case Phase::Tls:
            end.cause = EndCause::Tls;
            end.detail =
                QStringLiteral("the TLS handshake was not answered within %1 ms").arg(m_target->tlsTimeout.count());
            endNow(now, end);
            break;
        case Phase::Handshake:
            return handshakeFailed(net::error::timed_out);
        case Phase::Open:
            return judgeEnd(net::error::timed_out, now);
        case Phase::Ended:
            break;
        }
        dropSocket();
    }

    // ---- the end

    static ConnectionEnd localEnd(bool wasOpen)
    {
        ConnectionEnd end;
        end.cause = EndCause::Local;
        end.code = wasOpen ? CloseCode::normal : 0;
        end.wasOpen = wasOpen;
        return end;
    }

    void endNow(Instant at, const ConnectionEnd &end)
    {
        if (m_phase == Phase::Ended)
            return;
        m_phase = Phase::Ended;
        m_timer.cancel();
        if (ConnectionOwner *owner = std::exchange(m_owner, nullptr))
            owner->connectionEnded(at, end);
    }

    std::shared_ptr<const SocketTarget> m_target;
    ConnectionOwner *m_owner;
    Stream m_stream;
    Timer m_timer;
    std::vector<net::ip::tcp::endpoint> m_endpoints;
    std::unique_ptr<websocket::response_type> m_response;
    std::array<char, 512> m_buffer{};
    std::string m_message;
    std::list<std::string> m_queue; ///< a list, because an empty one takes no memory
    std::size_t m_queuedBytes = 0;
    std::size_t m_unpacked = 0; ///< of the message that is coming in
    Instant m_lastSign{};
    Instant m_pingSent{};
    Phase m_phase = Phase::Connecting;
    bool m_timedOut = false;
    bool m_failing = false;
    bool m_pingWritten = true;
};

} // namespace

std::shared_ptr<Connection> makeConnection(net::io_context &io, SSL_CTX *tls,
                                           std::shared_ptr<const SocketTarget> target, ConnectionOwner *owner)
{
    if (target->polling)
        return makePollingConnection(io, tls, std::move(target), owner);
    if (tls && target->deflate)
        return std::make_shared<BeastConnection<TlsTransport, true>>(io, std::move(target), owner, tls);
    if (target->deflate)
        return std::make_shared<BeastConnection<PlainTransport, true>>(io, std::move(target), owner);
    if (tls)
        return std::make_shared<BeastConnection<TlsTransport, false>>(io, std::move(target), owner, tls);
    return std::make_shared<BeastConnection<PlainTransport, false>>(io, std::move(target), owner);
}

Result<std::shared_ptr<SSL_CTX>> makeTlsContext(const QString &caFile)
{
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
    if (caFile.isEmpty())
        SSL_CTX_set_default_verify_paths(context.get());
    else if (SSL_CTX_load_verify_locations(context.get(), QFile::encodeName(caFile).constData(), nullptr) != 1)
        return fail(ErrorKind::Tls, QStringLiteral("the certificate bundle %1 cannot be read").arg(caFile));
    return context;
}

} // namespace Switchyard
