// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/rawwsserver.h"

#include <QCryptographicHash>

#include <openssl/ssl.h>

#include <atomic>
#include <csignal>
#include <list>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace Switchyard::Testing {

struct RawWsServer::State
{
    Script script;
    std::optional<CertificateFiles> files;
    SSL_CTX *context = nullptr;
    int listener = -1;
    int stop = ::eventfd(0, EFD_CLOEXEC);
    quint16 port = 0;
    std::atomic<Clock::rep> sentAt{0};
    std::atomic<int> connections{0};
    std::mutex mutex;
    std::list<std::thread> peers; // guarded
    std::thread acceptor;
};

struct RawPeer::Private
{
    RawWsServer::State &server;
    int fd = -1;
    SSL *ssl = nullptr;
    QByteArray in;

    /// Whether `what` came before the time was over and before the server's end.
    bool wait(short events, Milliseconds time)
    {
        if (fd < 0)
            return false;
        if (ssl && (events & POLLIN) && SSL_pending(ssl) > 0)
            return true;
        pollfd both[] = {{fd, events, 0}, {server.stop, POLLIN, 0}};
        return ::poll(both, 2, int(time.count())) > 0 && both[1].revents == 0;
    }

    bool readMore(Milliseconds time = Milliseconds(10'000))
    {
        if (!wait(POLLIN, time))
            return false;
        char buffer[16384];
        const auto n = ssl ? ssize_t(SSL_read(ssl, buffer, sizeof buffer)) : ::recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0)
            return false;
        in.append(buffer, n);
        return true;
    }

    void close()
    {
        if (fd >= 0)
            ::close(fd);
        fd = -1;
    }
};

QByteArray RawPeer::readRequest()
{
    while (!d.in.contains("\r\n\r\n")) {
        if (!d.readMore())
            return {};
    }
    const qsizetype size = d.in.indexOf("\r\n\r\n") + 4;
    const QByteArray head = d.in.left(size);
    d.in.remove(0, size);
    return head;
}

bool RawPeer::handshake(const QByteArray &rest, const QByteArray &headers)
{
    const QByteArray head = readRequest();
    if (head.isEmpty())
        return false;
    const QByteArray name("sec-websocket-key:");
    const qsizetype at = head.toLower().indexOf(name) + name.size();
    const QByteArray key = head.mid(at, head.indexOf('\r', at) - at).trimmed();
    const QByteArray accept =
        QCryptographicHash::hash(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", QCryptographicHash::Sha1).toBase64();
    send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         accept + "\r\n" + headers + "\r\n" + rest);
    return true;
}

bool RawPeer::send(const QByteArray &bytes)
{
    qsizetype done = 0;
    while (done < bytes.size() && d.wait(POLLOUT, Milliseconds(10'000))) {
        const char *data = bytes.constData() + done;
        const auto left = std::size_t(bytes.size() - done);
        const auto n =
            d.ssl ? ssize_t(SSL_write(d.ssl, data, int(left))) : ::send(d.fd, data, left, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0)
            break;
        done += n;
    }
    d.server.sentAt = Clock::now().time_since_epoch().count();
    return done == bytes.size();
}

std::optional<QByteArray> RawPeer::readFrame()
{
    const auto need = [this](qsizetype size) {
        while (d.in.size() < size) {
            if (!d.readMore())
                return false;
        }
        return true;
    };
    if (!need(2))
        return std::nullopt;
    qsizetype length = d.in[1] & 0x7f;
    const qsizetype header = length == 126 ? 8 : 6;
    if (!need(header))
        return std::nullopt;
    if (length == 126)
        length = (uchar(d.in[2]) << 8) | uchar(d.in[3]);
    if (!need(header + length))
        return std::nullopt;
    const QByteArray mask = d.in.mid(header - 4, 4);
    QByteArray payload = d.in.mid(header, length);
    for (qsizetype i = 0; i < payload.size(); ++i)
        payload[i] = char(payload[i] ^ mask[i % 4]);
    d.in.remove(0, header + length);
    return payload;
}

bool RawPeer::drain(Milliseconds time)
{
    const Instant until = Clock::now() + time;
    for (;;) {
        const auto left = std::chrono::duration_cast<Milliseconds>(until - Clock::now());
        if (left.count() <= 0 || !d.wait(POLLIN, left))
            return false;
        if (!d.readMore(left))
            return true;
        d.in.clear();
    }
}

void RawPeer::hold(Milliseconds time)
{
    pollfd stop{d.server.stop, POLLIN, 0};
    ::poll(&stop, 1, int(time.count()));
}

void RawPeer::reset()
{
    const linger at0{1, 0};
    ::setsockopt(d.fd, SOL_SOCKET, SO_LINGER, &at0, sizeof at0);
    d.close();
}

void RawPeer::finish()
{
    ::shutdown(d.fd, SHUT_WR);
    drain(Milliseconds(5'000));
    d.close();
}

void RawPeer::closeTls()
{
    SSL_shutdown(d.ssl);
    finish();
}

namespace {

void serve(RawWsServer::State &state, int fd)
{
    // OpenSSL writes with plain write().
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    // Without it a reset would drop what the kernel still holds back.
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    RawPeer::Private connection{state, fd, nullptr, {}};
    RawPeer peer(connection);
    bool ready = true;
    if (state.context) {
        const timeval limit{10, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        connection.ssl = SSL_new(state.context);
        SSL_set_fd(connection.ssl, fd);
        ready = SSL_accept(connection.ssl) == 1;
    }
    if (ready)
        state.script(peer);
    connection.close();
    SSL_free(connection.ssl);
}

void acceptAll(RawWsServer::State &state)
{
    for (;;) {
        pollfd both[] = {{state.listener, POLLIN, 0}, {state.stop, POLLIN, 0}};
        ::poll(both, 2, -1);
        if (both[1].revents)
            return;
        const int fd = ::accept4(state.listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        ++state.connections;
        const std::lock_guard lock(state.mutex);
        state.peers.emplace_back([&state, fd] { serve(state, fd); });
    }
}

} // namespace

RawWsServer::RawWsServer(Script script, std::optional<CertificateFiles> tls)
    : m_state(std::make_unique<State>())
{
    m_state->script = std::move(script);
    if (tls) {
        m_state->context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate_chain_file(m_state->context, tls->certificate.toLocal8Bit().constData());
        SSL_CTX_use_PrivateKey_file(m_state->context, tls->key.toLocal8Bit().constData(), SSL_FILETYPE_PEM);
    }
    m_state->files = std::move(tls);
    m_state->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(m_state->listener, reinterpret_cast<sockaddr *>(&address), size);
    ::listen(m_state->listener, 128);
    ::getsockname(m_state->listener, reinterpret_cast<sockaddr *>(&address), &size);
    m_state->port = ntohs(address.sin_port);
    m_state->acceptor = std::thread([state = m_state.get()] { acceptAll(*state); });
}

RawWsServer::~RawWsServer()
{
    const quint64 one = 1;
    [[maybe_unused]] const auto written = ::write(m_state->stop, &one, sizeof one);
    m_state->acceptor.join();
    for (std::thread &peer : m_state->peers)
        peer.join();
    ::close(m_state->listener);
    ::close(m_state->stop);
    SSL_CTX_free(m_state->context);
}

quint16 RawWsServer::port() const
{
    return m_state->port;
}

QString RawWsServer::url(const QString &host) const
{
    return QStringLiteral("%1://%2:%3/ws")
        .arg(m_state->files ? QStringLiteral("wss") : QStringLiteral("ws"), host)
        .arg(port());
}

Instant RawWsServer::sentAt() const
{
    return Instant(Clock::duration(m_state->sentAt.load()));
}

int RawWsServer::connectionCount() const
{
    return m_state->connections;
}

QByteArray wsFrame(int opcode, const QByteArray &payload, bool finished)
{
    QByteArray frame(1, char((finished ? 0x80 : 0) | opcode));
    const auto size = quint64(payload.size());
    const int bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
    frame += char(bytes == 0 ? int(size) : bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; --i)
        frame += char((size >> (8 * i)) & 0xff);
    return frame + payload;
}

QByteArray wsClose(int code, const QByteArray &reason)
{
    return wsFrame(8, QByteArray(1, char(code >> 8)) + char(code & 0xff) + reason);
}

} // namespace Switchyard::Testing
