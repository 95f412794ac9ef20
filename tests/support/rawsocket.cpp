// SPDX-License-Identifier: GPL-3.0-or-later
#include "rawsocket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace Switchyard::Testing {

namespace {

qint64 nowMs()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

} // namespace

RawSocket::RawSocket(quint16 port)
    : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(m_fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        close();
}

RawSocket::~RawSocket()
{
    close();
}

void RawSocket::close()
{
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
}

void RawSocket::send(const QByteArray &bytes)
{
    qsizetype done = 0;
    while (done < bytes.size()) {
        const auto n =
            ::send(m_fd, bytes.constData() + done, static_cast<std::size_t>(bytes.size() - done), MSG_NOSIGNAL);
        if (n <= 0)
            return;
        done += n;
    }
}

bool RawSocket::readMore(qint64 deadline)
{
    if (m_fd < 0 || (m_end != PeerEnd::Open && m_end != PeerEnd::Timeout))
        return false;
    pollfd waiting{m_fd, POLLIN, 0};
    const int left = static_cast<int>(std::max<qint64>(0, deadline - nowMs()));
    if (::poll(&waiting, 1, left) <= 0) {
        m_end = PeerEnd::Timeout;
        return false;
    }
    std::array<char, 16384> buffer;
    const auto n = ::recv(m_fd, buffer.data(), buffer.size(), 0);
    if (n > 0) {
        m_in.append(buffer.data(), n);
        m_end = PeerEnd::Open;
        return true;
    }
    m_end = n == 0 ? PeerEnd::Eof : errno == ECONNRESET ? PeerEnd::Reset : PeerEnd::Broken;
    return false;
}

bool RawSocket::fill(qsizetype size, qint64 deadline)
{
    while (m_in.size() < size) {
        if (!readMore(deadline))
            return false;
    }
    return true;
}

QByteArray RawSocket::take(qsizetype size)
{
    const QByteArray taken = m_in.left(size);
    m_in.remove(0, size);
    return taken;
}

void RawSocket::sendRequest(const QByteArray &method, const QByteArray &target, const QByteArray &body,
                            const QByteArray &extraHeaders)
{
    QByteArray text = method + ' ' + target + " HTTP/1.1\r\nHost: test\r\n" + extraHeaders;
    if (!body.isEmpty())
        text += "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
    send(text + "\r\n" + body);
}

HttpReply RawSocket::request(const QByteArray &method, const QByteArray &target, const QByteArray &body,
                             const QByteArray &extraHeaders)
{
    sendRequest(method, target, body, extraHeaders);
    return readReply(5000, method != "HEAD");
}

HttpReply RawSocket::readReply(int timeoutMs, bool withBody)
{
    const qint64 deadline = nowMs() + timeoutMs;
    HttpReply reply;
    while (!m_in.contains("\r\n\r\n")) {
        if (!readMore(deadline))
            return reply;
    }
    const QList<QByteArray> lines = take(m_in.indexOf("\r\n\r\n") + 4).trimmed().split('\n');
    for (const QByteArray &line : lines.mid(1)) {
        const qsizetype colon = line.indexOf(':');
        reply.headers.insert(line.left(colon).toLower(), line.mid(colon + 1).trimmed());
    }
    const qsizetype length = withBody ? reply.headers.value("content-length").toInt() : 0;
    if (fill(length, deadline)) {
        reply.body = take(length);
        reply.status = lines.first().mid(9, 3).toInt();
    }
    return reply;
}

HttpReply RawSocket::upgrade(const QByteArray &target)
{
    return request("GET", target, {},
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

void RawSocket::sendFrame(int opcode, const QByteArray &payload)
{
    QByteArray frame(1, static_cast<char>(0x80 | opcode));
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80 | payload.size());
    } else {
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(payload.size() >> 8);
        frame += static_cast<char>(payload.size() & 0xff);
    }
    const QByteArray mask("\x11\x22\x33\x44");
    frame += mask;
    for (qsizetype i = 0; i < payload.size(); ++i)
        frame += static_cast<char>(payload[i] ^ mask[i % 4]);
    send(frame);
}

WsFrame RawSocket::readFrame(int timeoutMs)
{
    const qint64 deadline = nowMs() + timeoutMs;
    if (!fill(2, deadline))
        return {};
    qsizetype header = 2;
    qsizetype length = m_in[1] & 0x7f;
    if (length == 126) {
        header = 4;
        if (!fill(header, deadline))
            return {};
        length = (static_cast<uchar>(m_in[2]) << 8) | static_cast<uchar>(m_in[3]);
    }
    if (!fill(header + length, deadline))
        return {};
    WsFrame frame;
    frame.opcode = m_in[0] & 0x0f;
    frame.raw = take(header + length);
    frame.payload = frame.raw.mid(header);
    return frame;
}

WsFrame RawSocket::readText(const QByteArray &part, int timeoutMs)
{
    const qint64 deadline = nowMs() + timeoutMs;
    for (;;) {
        const WsFrame frame = readFrame(static_cast<int>(std::max<qint64>(0, deadline - nowMs())));
        if (frame.opcode < 0 || frame.isClose())
            return {};
        if (frame.isText() && frame.payload.contains(part))
            return frame;
    }
}

WsFrame RawSocket::readClose(int timeoutMs, QList<QByteArray> *texts)
{
    const qint64 deadline = nowMs() + timeoutMs;
    for (;;) {
        WsFrame frame = readFrame(static_cast<int>(std::max<qint64>(0, deadline - nowMs())));
        if (frame.opcode < 0 || frame.isClose())
            return frame;
        if (texts && frame.isText())
            texts->append(frame.payload);
    }
}

PeerEnd RawSocket::waitForEnd(int timeoutMs)
{
    const qint64 deadline = nowMs() + timeoutMs;
    while (readMore(deadline)) {
    }
    return m_end;
}

} // namespace Switchyard::Testing
