// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/mongowire.h"

#include <openssl/ssl.h>

#include <poll.h>
#include <sys/socket.h>

#include <QtEndian>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace Switchyard {

/// libmongoc calls by the first member, and is given the whole.
struct MongoWire::Stream
{
    mongoc_stream_t base;
    std::shared_ptr<MongoWire> wire;

    static MongoWire &of(mongoc_stream_t *stream) { return *reinterpret_cast<Stream *>(stream)->wire; }
};

void MongoWire::begin(const Deadline &deadline)
{
    m_deadline = deadline;
}

void MongoWire::end()
{
    constexpr Milliseconds brief{50};
    m_ending = true;
    m_deadline = m_deadline.part(brief);
}

mongoc_stream_t *MongoWire::stream()
{
    // Any number that is none of libmongoc's own (mongoc-stream-private.h: 1 to 5).
    constexpr int foreignType = 77;
    if (m_handedOut || !m_link.isOpen())
        return nullptr;
    m_handedOut = true;
    auto *stream = new Stream{};
    stream->wire = shared_from_this();
    mongoc_stream_t &base = stream->base;
    base.type = foreignType;
    base.destroy = [](mongoc_stream_t *self) {
        Stream::of(self).close();
        delete reinterpret_cast<Stream *>(self);
    };
    base.failed = base.destroy;
    base.close = [](mongoc_stream_t *self) {
        Stream::of(self).close();
        return 0;
    };
    base.flush = [](mongoc_stream_t *) { return 0; };
    base.writev = [](mongoc_stream_t *self, mongoc_iovec_t *pieces, size_t count, int32_t) {
        return Stream::of(self).write(pieces, count);
    };
    base.readv = [](mongoc_stream_t *self, mongoc_iovec_t *pieces, size_t count, size_t least, int32_t timeout) {
        return Stream::of(self).read(pieces, count, least, timeout != 0);
    };
    // No get_base_stream: this one is the root.
    base.setsockopt = [](mongoc_stream_t *, int, int, void *, mongoc_socklen_t) { return 0; };
    base.check_closed = [](mongoc_stream_t *self) {
        const MongoWire &wire = Stream::of(self);
        char byte = 0;
        return !wire.m_link.isOpen() || (wire.isReadable() && !wire.m_link.isTls() &&
                                         ::recv(wire.m_link.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0);
    };
    base.poll = [](mongoc_stream_poll_t *polled, size_t count, int32_t) -> ssize_t {
        // One connection a client: there is never more than one.
        for (size_t i = 0; i < count; ++i)
            polled[i].revents = Stream::of(polled[i].stream).poll(polled[i].events);
        return ssize_t(count);
    };
    base.timed_out = [](mongoc_stream_t *self) { return Stream::of(self).m_failure == ReachFailure::TimedOut; };
    base.should_retry = [](mongoc_stream_t *self) { return Stream::of(self).m_again; };
    return &base;
}

bool MongoWire::isReadable() const
{
    if (m_link.isTls() && SSL_has_pending(m_link.ssl()))
        return true;
    pollfd one{m_link.descriptor(), POLLIN, 0};
    return ::poll(&one, 1, 0) > 0;
}

/// Waits until the end of the deadline, whatever libmongoc would: its own limits are longer.
int MongoWire::poll(int events)
{
    m_again = false;
    if (m_failure != ReachFailure::None || m_ending)
        return POLLERR;
    if ((events & POLLIN) && isReadable())
        return POLLIN;
    switch (m_deadline.wait(m_link.descriptor(), short(events))) {
    case Waited::Cancelled:
        m_failure = ReachFailure::Cancelled;
        return POLLERR;
    case Waited::TimedOut:
        m_failure = ReachFailure::TimedOut;
        return POLLERR;
    case Waited::Ready:
        break;
    }
    // Also where the peer has hung up: what it said before that is read first, and then the end is seen.
    return events & (POLLIN | POLLOUT);
}

ssize_t MongoWire::write(const mongoc_iovec_t *pieces, size_t count)
{
    QByteArray bytes;
    for (size_t i = 0; i < count; ++i)
        bytes.append(static_cast<const char *>(pieces[i].iov_base), qsizetype(pieces[i].iov_len));
    m_again = false;
    m_received.clear();
    if (m_failure != ReachFailure::None || !m_link.isOpen()) {
        errno = EPIPE;
        return -1;
    }
    const LinkResult sent = m_link.send(bytes, m_deadline);
    std::fill(bytes.begin(), bytes.end(), '\0'); // PLAIN has the password in it
    if (sent.ok())
        return ssize_t(bytes.size());
    // A server that is full says so and closes: what it said is read before that.
    if (sent.failure == ReachFailure::Reset && isReadable())
        return ssize_t(bytes.size());
    m_failure = sent.failure;
    errno = EPIPE;
    return -1;
}

ssize_t MongoWire::read(mongoc_iovec_t *pieces, size_t count, size_t least, bool wait)
{
    constexpr qsizetype kept = 64 << 10;
    size_t total = 0;
    m_again = false;
    for (size_t i = 0; i < count; ++i) {
        auto *into = static_cast<char *>(pieces[i].iov_base);
        for (size_t done = 0; done < pieces[i].iov_len;) {
            if (m_failure != ReachFailure::None || m_ending || !m_link.isOpen()) {
                errno = ECONNRESET;
                return -1;
            }
            if (total >= least && (total > 0 || !wait) && !isReadable()) {
                m_again = total == 0;
                errno = EAGAIN;
                return total == 0 ? -1 : ssize_t(total);
            }
            const LinkResult got = m_link.receive(m_deadline, int(std::min<size_t>(pieces[i].iov_len - done, 1 << 20)));
            if (!got.ok()) {
                m_failure = got.failure;
                errno = ECONNRESET;
                return -1;
            }
            std::memcpy(into + done, got.bytes.constData(), size_t(got.bytes.size()));
            if (m_received.size() < kept)
                m_received.append(got.bytes.left(kept - m_received.size()));
            done += size_t(got.bytes.size());
            total += size_t(got.bytes.size());
        }
    }
    return ssize_t(total);
}

void MongoWire::close()
{
    // libmongoc gives up at the first four bytes of something else; what it is shows behind them.
    while (m_failure == ReachFailure::None && !m_ending && m_link.isOpen() && !m_received.isEmpty() &&
           m_received.size() < firstBytes && isReadable()) {
        const LinkResult more = m_link.receive(m_deadline, int(firstBytes));
        if (!more.ok())
            break;
        m_received += more.bytes;
    }
    m_link.close();
}

QByteArray MongoWire::lastDocument() const
{
    // The header of a message; behind it an OP_MSG has its flags and the kind of its first section, an OP_REPLY four
    // numbers (MongoDB's wire protocol).
    constexpr qsizetype header = 16;
    constexpr quint32 opMsg = 2013;
    constexpr quint32 opReply = 1;
    constexpr qsizetype msgHead = header + 4 + 1;
    constexpr qsizetype replyHead = header + 4 + 8 + 4 + 4;
    if (m_received.size() < header)
        return {};
    const auto number = [this](qsizetype at) { return qFromLittleEndian<quint32>(m_received.constData() + at); };
    const quint32 opcode = number(12);
    const qsizetype begin = opcode == opMsg ? msgHead : opcode == opReply ? replyHead : 0;
    if (begin == 0 || m_received.size() < begin + 5)
        return {};
    const qsizetype size = number(begin);
    if (size < 5 || size > m_received.size() - begin)
        return {};
    return m_received.mid(begin, size);
}

} // namespace Switchyard
