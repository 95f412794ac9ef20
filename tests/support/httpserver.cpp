// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/httpserver.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <QMap>

#include <atomic>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace Switchyard {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;
using Act = HttpBehaviour::Act;

namespace {

asio::awaitable<void> pause(Milliseconds time)
{
    if (time.count() <= 0)
        co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(use_awaitable);
}

void reset(tcp::socket &socket)
{
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

/// Waits for the client to go, so that closing first does not cut off what it still reads.
asio::awaitable<void> awaitEnd(tcp::socket &socket)
{
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    std::array<char, 4096> buffer;
    for (;;) {
        const auto [error, size] = co_await socket.async_read_some(asio::buffer(buffer), asio::as_tuple(use_awaitable));
        if (error)
            co_return;
    }
}

QByteArray headOf(const HttpBehaviour &behaviour, qsizetype length)
{
    QByteArray head = "HTTP/1.1 " + QByteArray::number(behaviour.status) + " Test\r\n";
    if (behaviour.status != 204 && behaviour.status != 304 && length >= 0)
        head += "Content-Length: " + QByteArray::number(length) + "\r\n";
    for (const auto &[name, value] : behaviour.headers)
        head += name + ": " + value + "\r\n";
    return head + "Connection: close\r\n\r\n";
}

template <typename Stream>
asio::awaitable<void> send(Stream &stream, QByteArray bytes)
{
    co_await asio::async_write(stream, asio::buffer(bytes.constData(), size_t(bytes.size())), use_awaitable);
}

QByteArray floodOfHeaders()
{
    QByteArray flood = "HTTP/1.1 200 Test\r\n";
    for (int i = 0; i < 8000; ++i)
        flood += "X-Flood-" + QByteArray::number(i) + ": 0123456789\r\n";
    return flood + "Content-Length: 0\r\n\r\n";
}

template <typename Stream>
asio::awaitable<void> answer(Stream &stream, const HttpBehaviour &behaviour)
{
    switch (behaviour.act) {
    case Act::Garbage:
        co_await send(stream, "220 mail.example ESMTP ready\r\n");
        break;
    case Act::HugeBody:
        co_await send(stream, headOf(behaviour, 4 << 20) + QByteArray(4 << 20, 'x'));
        break;
    case Act::EndlessBody: {
        HttpBehaviour chunked = behaviour;
        chunked.headers.emplaceBack("Transfer-Encoding", "chunked");
        co_await send(stream, headOf(chunked, -1));
        for (;;)
            co_await send(stream, "10000\r\n" + QByteArray(0x10000, 'x') + "\r\n");
    }
    case Act::HeaderFlood:
        co_await send(stream, floodOfHeaders());
        break;
    case Act::LongHeader:
        co_await send(stream, "HTTP/1.1 200 Test\r\nX-Long: " + QByteArray(200 * 1024, 'x') + "\r\n\r\n");
        break;
    case Act::CutBody:
    case Act::CutReset:
        co_await send(stream, headOf(behaviour, behaviour.body.size() + 1000) + behaviour.body);
        break;
    case Act::Close:
    case Act::Reset:
        break;
    case Act::Answer: {
        const bool empty = behaviour.status == 204 || behaviour.status == 304;
        const QByteArray body = empty ? QByteArray() : behaviour.body;
        const qsizetype half = behaviour.inBody.count() > 0 ? body.size() / 2 : body.size();
        co_await send(stream, headOf(behaviour, body.size()) + body.left(half));
        co_await pause(behaviour.inBody);
        co_await send(stream, body.mid(half));
        break;
    }
    }
}

} // namespace

struct HttpServer::State
{
    explicit State(std::optional<CertificateFiles> files)
        : tls(std::move(files))
    {
        if (tls) {
            context.use_certificate_chain_file(tls->certificate.toStdString());
            context.use_private_key_file(tls->key.toStdString(), asio::ssl::context::pem);
        }
    }

    mutable std::mutex mutex;
    QMap<QByteArray, HttpBehaviour> behaviours; // guarded
    ConnectionBehaviour connection;             // guarded
    QList<QByteArray> requests;                 // guarded
    std::atomic<int> connections{0};
    std::optional<CertificateFiles> tls;
    asio::ssl::context context{asio::ssl::context::tls_server};
    asio::io_context io{1};
    tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::thread thread;

    HttpBehaviour behaviourFor(const QByteArray &head)
    {
        const QByteArray path = head.split(' ').value(1).split('?').first();
        const std::lock_guard lock(mutex);
        requests += head;
        HttpBehaviour missing;
        missing.status = 404;
        missing.body = "no such path\n";
        return behaviours.value(path, missing);
    }

    ConnectionBehaviour connectionBehaviour() const
    {
        const std::lock_guard lock(mutex);
        return connection;
    }

    /// One request and its answer. `socket` is the TCP socket below `stream`.
    template <typename Stream>
    asio::awaitable<void> converse(Stream &stream, tcp::socket &socket)
    {
        std::string text;
        co_await asio::async_read_until(stream, asio::dynamic_buffer(text, 64 * 1024), "\r\n\r\n", use_awaitable);
        const HttpBehaviour behaviour = behaviourFor(QByteArray::fromStdString(text));
        co_await pause(behaviour.beforeAnswer);
        co_await answer(stream, behaviour);
        if (behaviour.act == Act::Reset || behaviour.act == Act::CutReset)
            reset(socket);
        else if (behaviour.act != Act::Close)
            co_await awaitEnd(socket);
    }

    asio::awaitable<void> serve(tcp::socket socket)
    {
        try {
            const ConnectionBehaviour behaviour = connectionBehaviour();
            if (!tls) {
                co_await converse(socket, socket);
                co_return;
            }
            co_await pause(behaviour.beforeTls);
            if (behaviour.tls == ConnectionBehaviour::Tls::Handshake) {
                asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
                co_await stream.async_handshake(asio::ssl::stream_base::server, use_awaitable);
                co_await converse(stream, stream.next_layer());
                co_return;
            }
            // The client's hello is read first: unread bytes would turn the close into a reset.
            std::array<char, 4096> hello;
            co_await socket.async_read_some(asio::buffer(hello), use_awaitable);
            if (behaviour.tls == ConnectionBehaviour::Tls::Reset)
                reset(socket);
            else if (behaviour.tls == ConnectionBehaviour::Tls::Silent)
                co_await pause(Milliseconds(600'000));
        } catch (const boost::system::system_error &) {
            // The client went: what many of these tests are about.
        }
    }

    asio::awaitable<void> listen()
    {
        for (;;) {
            tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
            ++connections;
            asio::co_spawn(io, serve(std::move(socket)), asio::detached);
        }
    }
};

HttpServer::HttpServer(std::optional<CertificateFiles> tls)
    : m_state(std::make_unique<State>(std::move(tls)))
{
    State *state = m_state.get();
    asio::co_spawn(state->io, state->listen(), asio::detached);
    state->thread = std::thread([state] { state->io.run(); });
}

HttpServer::~HttpServer()
{
    m_state->io.stop();
    m_state->thread.join();
}

quint16 HttpServer::port() const
{
    return m_state->acceptor.local_endpoint().port();
}

QString HttpServer::url(const QString &path, const QString &host) const
{
    return QStringLiteral("%1://%2:%3%4")
        .arg(m_state->tls ? QStringLiteral("https") : QStringLiteral("http"), host)
        .arg(port())
        .arg(path);
}

void HttpServer::setBehaviour(const QByteArray &path, const HttpBehaviour &behaviour)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->behaviours.insert(path, behaviour);
}

void HttpServer::setConnectionBehaviour(const ConnectionBehaviour &behaviour)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->connection = behaviour;
}

int HttpServer::connectionCount() const
{
    return m_state->connections;
}

QList<QByteArray> HttpServer::requests() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->requests;
}

namespace {

int boundSocket(quint16 *port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (fd < 0 || bind(fd, reinterpret_cast<sockaddr *>(&address), length) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr *>(&address), &length) != 0)
        qFatal("no loopback port");
    *port = ntohs(address.sin_port);
    return fd;
}

} // namespace

FullBacklog::FullBacklog()
{
    m_sockets.push_back(boundSocket(&m_port));
    listen(m_sockets.front(), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(m_port);
    // The kernel takes one more than the backlog says; the others wait in vain, like the probe after them.
    for (int i = 0; i < 4; ++i) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address);
        m_sockets.push_back(fd);
    }
}

FullBacklog::~FullBacklog()
{
    for (const int fd : m_sockets)
        close(fd);
}

quint16 closedPort()
{
    quint16 port = 0;
    close(boundSocket(&port));
    return port;
}

} // namespace Switchyard
