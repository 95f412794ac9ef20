// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <memory>
#include <string>
#include <type_traits>

#include <sys/socket.h>

namespace Switchyard {

/// The io_context's own executor type instead of the type-erased one saves memory in every socket and timer.
using IoExecutor = boost::asio::io_context::executor_type;
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoExecutor>;

/// Plain TCP below a Tap.
class PlainTransport
{
public:
    using executor_type = IoExecutor;
    using next_layer_type = TcpSocket;

    explicit PlainTransport(boost::asio::io_context &io)
        : m_socket(io)
    {
    }
    executor_type get_executor() { return m_socket.get_executor(); }
    TcpSocket &socket() { return m_socket; }

    /// What can be read without waiting; 0 when nothing is left or the socket failed.
    std::size_t readNow(void *data, std::size_t size)
    {
        const ssize_t n = ::recv(m_socket.native_handle(), data, size, MSG_DONTWAIT);
        return n > 0 ? std::size_t(n) : 0;
    }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers &buffers, Token &&token)
    {
        return m_socket.async_read_some(buffers, std::forward<Token>(token));
    }
    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers &buffers, Token &&token)
    {
        return m_socket.async_write_some(buffers, std::forward<Token>(token));
    }

private:
    TcpSocket m_socket;
};

/// TLS straight on the descriptor: without the buffers of asio's ssl::stream a client takes 33 KB instead of 86 KB.
/// One read and one write may run at the same time, all in the io_context's thread.
class TlsTransport
{
public:
    using executor_type = IoExecutor;
    using next_layer_type = TcpSocket;
    using ErrorCode = boost::beast::error_code;

    TlsTransport(boost::asio::io_context &io, SSL_CTX *context)
        : m_socket(io)
        , m_ssl(SSL_new(context))
    {
    }
    ~TlsTransport() { SSL_free(m_ssl); }
    TlsTransport(const TlsTransport &) = delete;
    TlsTransport &operator=(const TlsTransport &) = delete;

    executor_type get_executor() { return m_socket.get_executor(); }
    TcpSocket &socket() { return m_socket; }
    SSL *ssl() { return m_ssl; }

    std::size_t readNow(void *data, std::size_t size)
    {
        if (!m_socket.is_open())
            return 0;
        ERR_clear_error();
        const int n = SSL_read(m_ssl, data, int(size));
        return n > 0 ? std::size_t(n) : 0;
    }

    /// The client's handshake on a connected socket. SNI and the name to verify must have been set on ssl().
    template <typename Token>
    auto async_handshake(Token &&token)
    {
        ErrorCode ignored;
        m_socket.non_blocking(true, ignored);
        SSL_set_fd(m_ssl, int(m_socket.native_handle()));
        return run([](SSL *ssl) { return SSL_connect(ssl); }, std::forward<Token>(token));
    }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers &buffers, Token &&token)
    {
        const boost::asio::mutable_buffer part = firstPart<boost::asio::mutable_buffer>(buffers);
        return run([part](SSL *ssl) { return part.size() ? SSL_read(ssl, part.data(), int(part.size())) : 1; },
                   std::forward<Token>(token), part.size() == 0);
    }

    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers &buffers, Token &&token)
    {
        const boost::asio::const_buffer part = firstPart<boost::asio::const_buffer>(buffers);
        return run([part](SSL *ssl) { return part.size() ? SSL_write(ssl, part.data(), int(part.size())) : 1; },
                   std::forward<Token>(token), part.size() == 0);
    }

private:
    template <typename Buffer, typename Buffers>
    static Buffer firstPart(const Buffers &buffers)
    {
        for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
             ++it) {
            const Buffer part = *it;
            if (part.size() > 0)
                return part;
        }
        return {};
    }

    static ErrorCode errorOf(SSL *ssl, int result)
    {
        const int savedErrno = errno;
        const int kind = SSL_get_error(ssl, result);
        if (kind == SSL_ERROR_ZERO_RETURN)
            return boost::asio::error::eof;
        if (kind == SSL_ERROR_SYSCALL) {
            if (savedErrno == 0)
                return boost::asio::ssl::error::stream_truncated;
            return ErrorCode(savedErrno, boost::system::system_category());
        }
        const unsigned long error = ERR_get_error();
        if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
            return boost::asio::ssl::error::stream_truncated;
        return ErrorCode(int(error), boost::asio::error::get_ssl_category());
    }

    /// One OpenSSL call, repeated when the socket is ready again. An operation that finishes at once still completes
    /// from the event loop, as Asio requires.
    template <typename Call>
    struct Operation
    {
        TlsTransport *transport;
        Call call;
        bool empty;
        bool started = false;
        bool finished = false;
        ErrorCode error{};
        std::size_t size = 0;

        template <typename Self>
        void operator()(Self &self, ErrorCode waitError = {})
        {
            if (finished)
                return self.complete(error, size);
            if (waitError)
                return self.complete(waitError, 0);
            // The SSL object still holds the number of a closed descriptor, which may be another connection's by now.
            if (!transport->m_socket.is_open()) {
                finished = true;
                error = boost::asio::error::operation_aborted;
                if (started)
                    return self.complete(error, 0);
                return boost::asio::post(transport->m_socket.get_executor(), std::move(self));
            }
            ERR_clear_error();
            errno = 0;
            const int result = call(transport->m_ssl);
            const int kind = result > 0 ? SSL_ERROR_NONE : SSL_get_error(transport->m_ssl, result);
            const bool wasStarted = std::exchange(started, true);
            if (kind == SSL_ERROR_WANT_READ)
                return transport->m_socket.async_wait(TcpSocket::wait_read, std::move(self));
            if (kind == SSL_ERROR_WANT_WRITE)
                return transport->m_socket.async_wait(TcpSocket::wait_write, std::move(self));
            finished = true;
            if (result > 0)
                size = empty ? 0 : std::size_t(result);
            else
                error = errorOf(transport->m_ssl, result);
            if (wasStarted)
                return self.complete(error, size);
            boost::asio::post(transport->m_socket.get_executor(), std::move(self));
        }
    };

    template <typename Call, typename Token>
    auto run(Call call, Token &&token, bool empty = false)
    {
        return boost::asio::async_compose<Token, void(ErrorCode, std::size_t)>(Operation<Call>{this, call, empty},
                                                                               token, m_socket);
    }

    TcpSocket m_socket;
    SSL *m_ssl;
};

/// How Beast drops a transport of ours when it gives up on a connection.
template <typename Transport>
requires std::is_same_v<Transport, PlainTransport> || std::is_same_v<Transport, TlsTransport>
void beast_close_socket(Transport &transport)
{
    boost::beast::error_code ignored;
    transport.socket().close(ignored);
}

// The close handshake of the transports. The session is over: an answer to close_notify is not waited for.
inline void teardown(boost::beast::role_type role, PlainTransport &transport, boost::beast::error_code &error)
{
    boost::beast::websocket::teardown(role, transport.socket(), error);
}
template <typename Handler>
void async_teardown(boost::beast::role_type role, PlainTransport &transport, Handler &&handler)
{
    boost::beast::websocket::async_teardown(role, transport.socket(), std::forward<Handler>(handler));
}
inline void teardown(boost::beast::role_type role, TlsTransport &transport, boost::beast::error_code &error)
{
    if (transport.socket().is_open())
        SSL_shutdown(transport.ssl());
    boost::beast::websocket::teardown(role, transport.socket(), error);
}
template <typename Handler>
void async_teardown(boost::beast::role_type role, TlsTransport &transport, Handler &&handler)
{
    if (transport.socket().is_open())
        SSL_shutdown(transport.ssl());
    boost::beast::websocket::async_teardown(role, transport.socket(), std::forward<Handler>(handler));
}

} // namespace Switchyard
