// SPDX-License-Identifier: GPL-3.0-or-later
//
// The front door of a rehearsal: one TCP port before the instances that come and go behind it, as a platform's edge.
// It passes bytes on and keeps the manner of an end: a FIN stays a FIN, a reset stays a reset, nothing is lost on the
// way. Where no instance answers it does as the edge: it says 502, or, started as "switchyard-door PORT refused", it
// does not listen at all, and resets who came in while an instance was closing its port.
//
// Orders come on standard input, one a line: "to PORT…" sends new connections there, to several in turn, "none" to
// nobody. Connections that stand are left alone. End of input ends the program, so that it never outlives the one who
// started it. Answers on standard output: "listening PORT".

#include <boost/asio.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace {

namespace net = boost::asio;
using tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;
using Socket = net::basic_stream_socket<tcp, net::io_context::executor_type>;
using Timer = net::basic_waitable_timer<std::chrono::steady_clock, net::wait_traits<std::chrono::steady_clock>,
                                        net::io_context::executor_type>;

const std::string badGateway = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
                               "Connection: close\r\n\r\nBad Gateway\n";

/// One client and the instance it was given to.
class Splice final : public std::enable_shared_from_this<Splice>
{
public:
    Splice(net::io_context &io, Socket client, bool refusing)
        : m_front{std::move(client), {}, false, false}
        , m_back{Socket(io), {}, false, false}
        , m_timer(io)
        , m_refusing(refusing)
    {
    }

    void start(unsigned short port)
    {
        if (port == 0)
            return refuse();
        m_back.socket.async_connect({net::ip::address_v4::loopback(), port},
                                    [self = shared_from_this()](ErrorCode error) {
                                        if (error)
                                            return self->refuse();
                                        ErrorCode ignored;
                                        self->m_front.socket.set_option(tcp::no_delay(true), ignored);
                                        self->m_back.socket.set_option(tcp::no_delay(true), ignored);
                                        self->pump(self->m_front, self->m_back);
                                        self->pump(self->m_back, self->m_front);
                                    });
    }

private:
    struct Side
    {
        Socket socket;
        std::array<char, 16 * 1024> buffer;
        bool ended;   ///< its peer has sent a FIN that was passed on
        bool writing; ///< a write to it is under way
    };

    void pump(Side &from, Side &to)
    {
        from.socket.async_read_some(net::buffer(from.buffer),
                                    [self = shared_from_this(), &from, &to](ErrorCode error, std::size_t size) {
                                        if (self->m_over)
                                            return;
                                        if (error == net::error::eof)
                                            return self->passEnd(from, to);
                                        if (error)
                                            return self->reset(from, to);
                                        to.writing = true;
                                        net::async_write(to.socket, net::buffer(from.buffer, size),
                                                         [self, &from, &to](ErrorCode writeError, std::size_t) {
                                                             to.writing = false;
                                                             if (self->m_over)
                                                                 return;
                                                             if (writeError)
                                                                 return self->writeFailed(writeError, from, to);
                                                             self->pump(from, to);
                                                         });
                                    });
    }

    /// A FIN: the other side gets one too, and may still send. One turn later, so that a reset that follows at once is
    /// still seen as one. Never close(): unread data would turn it into a reset.
    void passEnd(Side &from, Side &to)
    {
        net::post(from.socket.get_executor(), [self = shared_from_this(), &from, &to] {
            if (self->m_over)
                return;
            from.ended = true;
            ErrorCode ignored;
            to.socket.shutdown(Socket::shutdown_send, ignored);
            if (to.ended)
                self->finish();
        });
    }

    void writeFailed(const ErrorCode &error, Side &from, Side &to)
    {
        // The receiver is gone; what it sent last may still lie unread and belongs to the other side.
        drain(to, from);
        if (error == net::error::broken_pipe) {
            ErrorCode ignored;
            from.socket.shutdown(Socket::shutdown_send, ignored);
            return finish();
        }
        abort();
    }

    void reset(Side &from, Side &to)
    {
        drain(from, to);
        drain(to, from);
        abort();
    }

    /// Passes on what lies unread, as far as the other side takes it at once: to wait for one slow reader would stop
    /// every other connection. Behind a write that is under way nothing can follow in order.
    static void drain(Side &from, Side &to)
    {
        if (to.writing)
            return;
        ErrorCode error;
        from.socket.non_blocking(true, error);
        to.socket.non_blocking(true, error);
        std::array<char, 4096> bytes{};
        for (;;) {
            const std::size_t size = from.socket.read_some(net::buffer(bytes), error);
            if (error || size == 0)
                return;
            if (to.socket.write_some(net::buffer(bytes, size), error) != size)
                return;
        }
    }

    void abort()
    {
        for (Side *side : {&m_front, &m_back}) {
            ErrorCode ignored;
            side->socket.set_option(net::socket_base::linger(true, 0), ignored);
        }
        finish();
    }

    void finish()
    {
        m_over = true;
        m_timer.cancel();
        ErrorCode ignored;
        m_front.socket.close(ignored);
        m_back.socket.close(ignored);
    }

    /// Nobody behind the door: read what a client says first, then answer like the edge.
    void refuse()
    {
        if (m_refusing)
            return abort();
        m_front.socket.async_read_some(
            net::buffer(m_front.buffer), [self = shared_from_this()](ErrorCode error, std::size_t) {
                if (error)
                    return self->finish();
                net::async_write(self->m_front.socket, net::buffer(badGateway), [self](ErrorCode, std::size_t) {
                    ErrorCode ignored;
                    self->m_front.socket.shutdown(Socket::shutdown_send, ignored);
                    self->finish();
                });
            });
        m_timer.expires_after(std::chrono::seconds(5));
        m_timer.async_wait([self = shared_from_this()](ErrorCode error) {
            if (!error)
                self->finish();
        });
    }

    Side m_front;
    Side m_back;
    Timer m_timer;
    bool m_refusing;
    bool m_over = false;
};

class Door final
{
public:
    Door(net::io_context &io, unsigned short port, bool refusing)
        : m_io(io)
        , m_acceptor(io)
        , m_input(io, ::dup(STDIN_FILENO))
        , m_refusing(refusing)
    {
        bind(port);
        if (!m_refusing)
            listen();
        std::printf("listening %d\n", int(m_acceptor.local_endpoint().port()));
        std::fflush(stdout);
        readOrders();
    }

private:
    /// The port is ours from here on, and connects are refused until somebody listens.
    void bind(unsigned short port)
    {
        const tcp::endpoint endpoint(net::ip::address_v4::loopback(), port);
        m_acceptor.open(endpoint.protocol());
        m_acceptor.set_option(tcp::acceptor::reuse_address(true));
        m_acceptor.bind(endpoint);
    }

    void listen()
    {
        if (m_listening)
            return;
        m_acceptor.listen(4096);
        m_listening = true;
        accept(++m_turnOfListening);
    }

    void stopListening()
    {
        if (!m_listening)
            return;
        const unsigned short port = m_acceptor.local_endpoint().port();
        m_acceptor.close();
        m_listening = false;
        bind(port);
    }

    /// One chain of accepts for each time of listening: one that was accepted just before the end must not go on with a
    /// socket that does not listen, nor beside the next chain.
    void accept(unsigned turn)
    {
        m_acceptor.async_accept(m_io.get_executor(), [this, turn](ErrorCode error, Socket client) {
            if (error == net::error::operation_aborted)
                return; // nobody serves any more
            if (!error)
                std::make_shared<Splice>(m_io, std::move(client), m_refusing)->start(next());
            if (m_listening && turn == m_turnOfListening)
                accept(turn);
        });
    }

    /// The instance that is next in turn; 0: there is none.
    unsigned short next()
    {
        if (m_targets.empty())
            return 0;
        m_turn = (m_turn + 1) % m_targets.size();
        return m_targets[m_turn];
    }

    void take(const std::string &ports)
    {
        m_targets.clear();
        std::istringstream words(ports);
        for (unsigned short port = 0; words >> port;)
            m_targets.push_back(port);
    }

    void readOrders()
    {
        net::async_read_until(m_input, net::dynamic_buffer(m_orders, 4096), '\n',
                              [this](ErrorCode error, std::size_t size) {
                                  if (error)
                                      return m_io.stop();
                                  const std::string order = m_orders.substr(0, size - 1);
                                  m_orders.erase(0, size);
                                  if (order.starts_with("to "))
                                      take(order.substr(3));
                                  else if (order == "none")
                                      m_targets.clear();
                                  if (!m_targets.empty())
                                      listen();
                                  else if (m_refusing)
                                      stopListening();
                                  readOrders();
                              });
    }

    net::io_context &m_io;
    tcp::acceptor m_acceptor;
    net::posix::stream_descriptor m_input;
    std::string m_orders;
    std::vector<unsigned short> m_targets;
    std::size_t m_turn = 0;
    bool m_refusing;
    unsigned m_turnOfListening = 0;
    bool m_listening = false;
};

} // namespace

int main(int argc, char **argv)
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    try {
        net::io_context io(1);
        const Door door(io, static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 0),
                        argc > 2 && std::string(argv[2]) == "refused");
        io.run();
    } catch (const std::exception &problem) {
        std::fprintf(stderr, "switchyard-door: %s\n", problem.what());
        return 2;
    }
    return 0;
}
