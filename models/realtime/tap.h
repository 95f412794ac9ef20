// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/frameparser.h"

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <utility>

namespace Switchyard {

/// Told once each, from inside a read, when the close frame or the status line of a refusal has been read from the
/// transport. It must not touch the stream before the read is over: post.
class TapWatcher
{
public:
    virtual ~TapWatcher() = default;
    virtual void closeFrameSeen() = 0;
    virtual void handshakeRefused() = 0;
    /// Told once, when more of the refusal's body has come than anybody needs.
    virtual void refusalTooLong() = 0;
    /// A close frame goes out: an answer to the server's, the owner's own, or the library gives up on the connection.
    virtual void closeFrameSent() = 0;
};

/// A stream layer between Beast's WebSocket and the transport that passes every byte through, shows what arrives to a
/// FrameParser, and keeps the first read and the first write error. Beast alone cannot be asked: it refuses some close
/// codes, hides an empty close frame and reports the end of TCP instead of the arrival of the frame; and the kernel
/// reports a reset once, to whichever of read or write comes first.
///
/// Thread: the io_context's.
template <typename Next>
class Tap
{
public:
    using next_layer_type = Next;
    using executor_type = typename Next::executor_type;

    template <typename... Args>
    explicit Tap(Args &&...args)
        : m_next(std::forward<Args>(args)...)
    {
    }

    executor_type get_executor() { return m_next.get_executor(); }
    Next &next_layer() { return m_next; }
    const Next &next_layer() const { return m_next; }

    FrameParser &parser() { return m_parser; }
    void setWatcher(TapWatcher *watcher) { m_watcher = watcher; }
    boost::beast::error_code readError() const { return m_readError; }
    boost::beast::error_code writeError() const { return m_writeError; }

    /// Feeds what the transport still holds to the parser: after a reset met by a write, the close frame may lie unread
    /// in the receive queue.
    void drain()
    {
        std::uint8_t bytes[2048];
        for (int rounds = 0; rounds < 4096; ++rounds) {
            const std::size_t n = m_next.readNow(bytes, sizeof bytes);
            if (n == 0)
                return;
            m_parser.feed(bytes, n);
        }
    }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers &buffers, Token &&token)
    {
        return boost::asio::async_initiate<Token, void(boost::beast::error_code, std::size_t)>(
            [this](auto handler, const Buffers &sequence) {
                m_next.async_read_some(sequence, ReadHandler<Buffers, std::decay_t<decltype(handler)>>(
                                                     this, sequence, std::move(handler)));
            },
            token, buffers);
    }

    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers &buffers, Token &&token)
    {
        return boost::asio::async_initiate<Token, void(boost::beast::error_code, std::size_t)>(
            [this](auto handler, const Buffers &sequence) {
                lookAtWrite(sequence);
                m_next.async_write_some(sequence, WriteHandler<std::decay_t<decltype(handler)>>(
                                                      this, std::move(handler), boost::asio::buffer_size(sequence)));
            },
            token, buffers);
    }

private:
    /// What both handlers share: they run where, and allocate as, the handler they wrap.
    template <typename Handler>
    struct Forwarding
    {
        Tap *tap;
        Handler handler;

        Forwarding(Tap *owner, Handler wrapped)
            : tap(owner)
            , handler(std::move(wrapped))
        {
        }
        using executor_type = boost::asio::associated_executor_t<Handler, typename Next::executor_type>;
        executor_type get_executor() const noexcept
        {
            return boost::asio::get_associated_executor(handler, tap->m_next.get_executor());
        }
        using allocator_type = boost::asio::associated_allocator_t<Handler>;
        allocator_type get_allocator() const noexcept { return boost::asio::get_associated_allocator(handler); }
    };

    template <typename Buffers, typename Handler>
    struct ReadHandler final : Forwarding<Handler>
    {
        Buffers buffers;

        ReadHandler(Tap *owner, const Buffers &sequence, Handler wrapped)
            : Forwarding<Handler>(owner, std::move(wrapped))
            , buffers(sequence)
        {
        }

        void operator()(boost::beast::error_code error, std::size_t size)
        {
            const bool seenBefore = this->tap->m_parser.closeSeen();
            const int statusBefore = this->tap->m_parser.httpStatus();
            std::size_t left = size;
            for (auto it = boost::asio::buffer_sequence_begin(buffers);
                 left > 0 && it != boost::asio::buffer_sequence_end(buffers); ++it) {
                const boost::asio::mutable_buffer part = *it;
                const std::size_t n = std::min(left, part.size());
                this->tap->m_parser.feed(static_cast<const std::uint8_t *>(part.data()), n);
                left -= n;
            }
            if (!seenBefore && this->tap->m_parser.closeSeen() && this->tap->m_watcher)
                this->tap->m_watcher->closeFrameSeen();
            const int status = this->tap->m_parser.httpStatus();
            if (statusBefore == 0 && status != 0 && status != 101 && this->tap->m_watcher)
                this->tap->m_watcher->handshakeRefused();
            if (status != 0 && status != 101)
                this->tap->countRefusal(size);
            if (error && !this->tap->m_readError)
                this->tap->m_readError = error;
            this->handler(error, size);
        }
    };

    template <typename Handler>
    struct WriteHandler final : Forwarding<Handler>
    {
        std::size_t wanted;

        WriteHandler(Tap *owner, Handler wrapped, std::size_t bytes)
            : Forwarding<Handler>(owner, std::move(wrapped))
            , wanted(bytes)
        {
        }

        void operator()(boost::beast::error_code error, std::size_t size)
        {
            this->tap->m_midWrite = size < wanted;
            if (error && !this->tap->m_writeError)
                this->tap->m_writeError = error;
            this->handler(error, size);
        }
    };

    /// A control frame goes out in one piece, so its opcode is the first byte of a write that begins one.
    template <typename Buffers>
    void lookAtWrite(const Buffers &buffers)
    {
        if (m_midWrite || m_parser.httpStatus() != 101 || !m_watcher)
            return;
        for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
             ++it) {
            const boost::asio::const_buffer part = *it;
            if (part.size() == 0)
                continue;
            if (*static_cast<const std::uint8_t *>(part.data()) == 0x88)
                m_watcher->closeFrameSent();
            return;
        }
    }

    /// Beast would take 8 MB of it, from every client at once.
    void countRefusal(std::size_t size)
    {
        if (m_refusalBytes > maxRefusalBytes)
            return;
        m_refusalBytes += std::uint32_t(std::min<std::size_t>(size, maxRefusalBytes + 1));
        if (m_refusalBytes > maxRefusalBytes && m_watcher)
            m_watcher->refusalTooLong();
    }

    static constexpr std::uint32_t maxRefusalBytes = 64 * 1024;

    Next m_next;
    FrameParser m_parser;
    TapWatcher *m_watcher = nullptr;
    bool m_midWrite = false;
    std::uint32_t m_refusalBytes = 0;
    boost::beast::error_code m_readError;
    boost::beast::error_code m_writeError;
};

template <typename Next>
void teardown(boost::beast::role_type role, Tap<Next> &tap, boost::beast::error_code &error)
{
    using boost::beast::websocket::teardown;
    teardown(role, tap.next_layer(), error);
}

template <typename Next, typename Handler>
void async_teardown(boost::beast::role_type role, Tap<Next> &tap, Handler &&handler)
{
    using boost::beast::websocket::async_teardown;
    async_teardown(role, tap.next_layer(), std::forward<Handler>(handler));
}

} // namespace Switchyard
