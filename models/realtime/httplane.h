// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/dialing.h"
#include "models/realtime/packetbody.h"
#include "models/realtime/sockettarget.h"
#include "models/realtime/transport.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace Switchyard {

/// What became of one HTTP request.
struct HttpAnswer
{
    struct Failure
    {
        Instant at{};
        ConnectionEnd end; ///< why there is no answer
    };

    Instant at{};   ///< when the answer was whole, or could no longer come
    int status = 0; ///< 0: no answer, see `failure`
    PacketBody::value_type packets;
    std::string instance;             ///< what the instance header said
    std::vector<std::string> cookies; ///< "name=value" of each Set-Cookie
    std::optional<Failure> failure;   ///< why there is no answer; with an answer: why it had to be asked for twice
};

/// One HTTP/1.1 connection that is kept alive and carries one request at a time, as a browser's does: what was kept and
/// turns out to be closed before a byte of the answer has come is asked again on a new connection, once.
///
/// Thread: the io_context's. Hold it by shared_ptr.
template <typename Transport>
class HttpLane final : public std::enable_shared_from_this<HttpLane<Transport>>
{
public:
    using Done = std::function<void(HttpAnswer &&)>;
    using Request = boost::beast::http::request<boost::beast::http::string_body>;

    /// `tls` is null for http.
    HttpLane(boost::asio::io_context &io, SSL_CTX *tls, std::shared_ptr<const SocketTarget> target)
        : m_io(io)
        , m_tls(tls)
        , m_target(std::move(target))
        , m_timer(io)
    {
    }

    void setEndpoints(std::vector<boost::asio::ip::tcp::endpoint> endpoints) { m_endpoints = std::move(endpoints); }

    /// `limit` is for the answer, from when the request is on its way; 0: none. Not while another is under way.
    void ask(Request request, Milliseconds limit, Done done)
    {
        m_request = std::move(request);
        m_limit = limit;
        m_done = std::move(done);
        m_failure.reset();
        m_reused = m_link != nullptr;
        if (!m_reused)
            return dial();
        ErrorCode ignored;
        m_link->transport.socket().cancel(ignored); // the watch for its end
        send();
    }

    /// Closes the connection; what is under way is never answered.
    void drop()
    {
        m_done = {};
        m_timer.cancel();
        hangUp();
    }

private:
    using ErrorCode = boost::beast::error_code;
    using Parser = boost::beast::http::response_parser<PacketBody>;
    using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, IoExecutor>;

    /// What the operations under way hold on to.
    struct Link
    {
        Transport transport;
        boost::beast::flat_buffer buffer;
        std::optional<Parser> parser;
        bool timedOut = false;
        bool resetOnWrite = false; ///< the kernel tells of a reset once, to whichever of read and write comes first

        template <typename... Args>
        explicit Link(Args &&...args)
            : transport(std::forward<Args>(args)...)
        {
        }
    };
    using LinkPtr = std::shared_ptr<Link>;

    void hangUp()
    {
        if (const LinkPtr link = std::exchange(m_link, nullptr)) {
            ErrorCode ignored;
            link->transport.socket().close(ignored);
        }
    }

    void arm(Milliseconds limit)
    {
        m_timer.cancel();
        if (limit.count() <= 0)
            return;
        m_timer.expires_after(limit);
        m_timer.async_wait([self = this->shared_from_this(), link = m_link](ErrorCode error) {
            if (error || self->m_link != link)
                return;
            link->timedOut = true;
            ErrorCode ignored;
            link->transport.socket().close(ignored);
        });
    }

    // ---- connecting

    void dial()
    {
        if constexpr (std::is_same_v<Transport, TlsTransport>)
            m_link = std::make_shared<Link>(m_io, m_tls);
        else
            m_link = std::make_shared<Link>(m_io);
        arm(m_target->connectTimeout);
        connectNext(0);
    }

    void connectNext(std::size_t index)
    {
        ErrorCode ignored;
        m_link->transport.socket().close(ignored);
        m_link->transport.socket().async_connect(
            m_endpoints[index], [self = this->shared_from_this(), link = m_link, index](ErrorCode error) {
                if (self->m_link != link)
                    return;
                if (error && !link->timedOut && index + 1 < self->m_endpoints.size())
                    return self->connectNext(index + 1);
                if (error)
                    return self->failed(self->late(connectEnd(error), EndCause::ConnectTimeout,
                                                   QStringLiteral("no answer within %1 ms"),
                                                   self->m_target->connectTimeout));
                ErrorCode optionError;
                link->transport.socket().set_option(boost::asio::ip::tcp::no_delay(true), optionError);
                self->connected();
            });
    }

    void connected()
    {
        if constexpr (std::is_same_v<Transport, TlsTransport>) {
            arm(m_target->tlsTimeout);
            expectPeer(m_link->transport.ssl(), m_target->host);
            m_link->transport.async_handshake([self = this->shared_from_this(), link = m_link](ErrorCode error,
                                                                                               std::size_t) {
                if (self->m_link != link)
                    return;
                if (error)
                    return self->failed(self->late(tlsEnd(link->transport.ssl(), error), EndCause::Tls,
                                                   QStringLiteral("the TLS handshake was not answered within %1 ms"),
                                                   self->m_target->tlsTimeout));
                self->send();
            });
        } else {
            send();
        }
    }

    // ---- one request

    void send()
    {
        arm(m_limit);
        m_link->parser.emplace();
        m_link->parser->header_limit(16 * 1024);
        m_link->parser->body_limit(boost::none);
        boost::beast::http::async_write(m_link->transport, m_request,
                                        [self = this->shared_from_this(), link = m_link](ErrorCode error, std::size_t) {
                                            // Whatever became of it: an answer may have come all the same.
                                            link->resetOnWrite = error == boost::asio::error::connection_reset;
                                            if (self->m_link == link)
                                                self->receive();
                                        });
    }

    void receive()
    {
        boost::beast::http::async_read(m_link->transport, m_link->buffer, *m_link->parser,
                                       [self = this->shared_from_this(), link = m_link](ErrorCode error, std::size_t) {
                                           if (self->m_link != link)
                                               return;
                                           error ? self->readFailed(error) : self->answered();
                                       });
    }

    void readFailed(const ErrorCode &error)
    {
        ConnectionEnd end;
        end.detail = QString::fromStdString(error.message());
        const Parser &parser = *m_link->parser;
        namespace http = boost::beast::http;
        const QString where = parser.got_some() ? QStringLiteral("in the middle of an answer")
                                                : QStringLiteral("a request was not answered");
        if (m_link->timedOut) {
            end.cause = EndCause::PingTimeout;
            end.detail = QStringLiteral("no answer within %1 ms").arg(m_limit.count());
        } else if (error == boost::asio::error::connection_reset || m_link->resetOnWrite) {
            end.cause = EndCause::Reset;
            end.detail = where;
        } else if (error == http::error::end_of_stream || error == http::error::partial_message ||
                   error == boost::asio::error::eof || error == boost::asio::error::broken_pipe ||
                   error == boost::asio::ssl::error::stream_truncated) {
            end.cause = EndCause::Eof;
            end.detail = where;
        } else if (error == http::error::body_limit) {
            end.cause = EndCause::Protocol;
            end.detail = QStringLiteral("an answer of more than %1 packets").arg(PacketBody::mostPackets);
        } else {
            end.cause = EndCause::Protocol;
        }
        const bool askAgain = m_reused && !m_failure && !m_link->timedOut && !parser.got_some() &&
                              (end.cause == EndCause::Reset || end.cause == EndCause::Eof);
        if (!askAgain)
            return failed(end);
        m_failure = HttpAnswer::Failure{Clock::now(), end};
        hangUp();
        dial();
    }

    /// The end as it is, or that the time was up.
    ConnectionEnd late(ConnectionEnd end, EndCause cause, const QString &words, Milliseconds limit) const
    {
        if (m_link->timedOut) {
            end.cause = cause;
            end.detail = words.arg(limit.count());
        }
        return end;
    }

    void failed(const ConnectionEnd &end)
    {
        HttpAnswer answer;
        answer.at = Clock::now();
        answer.failure = m_failure ? *m_failure : HttpAnswer::Failure{answer.at, end};
        if (m_failure)
            answer.failure->end.detail +=
                QStringLiteral("; asked again: %1").arg(end.detail.isEmpty() ? endCauseName(end.cause) : end.detail);
        hangUp();
        finish(std::move(answer));
    }

    void answered()
    {
        HttpAnswer answer;
        answer.at = Clock::now();
        answer.failure = m_failure;
        Parser &parser = *m_link->parser;
        const bool keep = parser.keep_alive();
        auto &message = parser.get();
        answer.status = message.result_int();
        answer.packets = std::move(message.body());
        if (!m_target->instanceHeader.isEmpty())
            answer.instance = std::string(message[m_target->instanceHeader.toStdString()]);
        const auto [first, last] = message.equal_range(boost::beast::http::field::set_cookie);
        for (auto it = first; it != last; ++it) {
            const std::string value(it->value());
            answer.cookies.push_back(value.substr(0, value.find(';')));
        }
        m_link->parser.reset();
        m_link->buffer.shrink_to_fit();
        if (keep)
            watchForEnd();
        else
            hangUp();
        finish(std::move(answer));
    }

    /// A connection that the server closes while nothing is asked is let go at once.
    void watchForEnd()
    {
        m_link->transport.socket().async_wait(TcpSocket::wait_read,
                                              [self = this->shared_from_this(), link = m_link](ErrorCode error) {
                                                  if (!error && self->m_link == link && !self->m_done)
                                                      self->hangUp();
                                              });
    }

    void finish(HttpAnswer &&answer)
    {
        m_timer.cancel();
        if (const Done done = std::exchange(m_done, {}))
            done(std::move(answer));
    }

    boost::asio::io_context &m_io;
    SSL_CTX *m_tls;
    std::shared_ptr<const SocketTarget> m_target;
    Timer m_timer;
    std::vector<boost::asio::ip::tcp::endpoint> m_endpoints;
    LinkPtr m_link;
    Request m_request;
    Milliseconds m_limit{0};
    Done m_done;
    std::optional<HttpAnswer::Failure> m_failure;
    bool m_reused = false;
};

} // namespace Switchyard
