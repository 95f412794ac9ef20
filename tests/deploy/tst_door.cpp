// SPDX-License-Identifier: GPL-3.0-or-later
// The front door as a real process: what it must not change on the way.
#include <QProcess>
#include <QRandomGenerator>
#include <QTest>

#include <cerrno>
#include <memory>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

enum class End
{
    Open,
    Fin,
    Rst
};

/// One side of a TCP connection; the kernel's view, blocking with a limit.
class Socket
{
public:
    explicit Socket(int descriptor = -1)
        : fd(descriptor)
    {
    }
    ~Socket() { close(); }
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;

    void close()
    {
        if (fd >= 0)
            ::close(fd);
        fd = -1;
    }
    void reset()
    {
        const linger at0{1, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at0, sizeof at0);
        close();
    }
    void finish() { ::shutdown(fd, SHUT_WR); }
    bool send(const QByteArray &bytes, int flags = 0)
    {
        qsizetype done = 0;
        while (done < bytes.size()) {
            const auto n = ::send(fd, bytes.constData() + done, std::size_t(bytes.size() - done), MSG_NOSIGNAL | flags);
            if (n <= 0)
                return false;
            done += n;
        }
        return true;
    }
    /// Reads until `size` bytes have come or the connection ended.
    QByteArray read(qsizetype size, int ms = 3000)
    {
        QByteArray in;
        while (in.size() < size && end == End::Open) {
            pollfd waiting{fd, POLLIN, 0};
            if (::poll(&waiting, 1, ms) <= 0)
                break;
            char buffer[65536];
            const auto n = ::recv(fd, buffer, std::min(sizeof buffer, std::size_t(size - in.size())), 0);
            if (n > 0)
                in.append(buffer, n);
            else
                end = n == 0 ? End::Fin : End::Rst;
        }
        return in;
    }
    QByteArray readAll(int ms = 3000) { return read(std::numeric_limits<int>::max(), ms); }

    int fd;
    End end = End::Open;
};
using SocketPtr = std::unique_ptr<Socket>;

sockaddr_in loopback(quint16 port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

class Listener
{
public:
    Listener()
    {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        ::bind(m_socket.fd, reinterpret_cast<sockaddr *>(&address), size);
        ::listen(m_socket.fd, 128);
        ::getsockname(m_socket.fd, reinterpret_cast<sockaddr *>(&address), &size);
        port = ntohs(address.sin_port);
    }
    SocketPtr accept(int ms = 3000)
    {
        pollfd waiting{m_socket.fd, POLLIN, 0};
        if (::poll(&waiting, 1, ms) <= 0)
            return {};
        return std::make_unique<Socket>(::accept4(m_socket.fd, nullptr, nullptr, SOCK_CLOEXEC));
    }
    quint16 port = 0;

private:
    Socket m_socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

SocketPtr connectTo(quint16 port)
{
    auto socket = std::make_unique<Socket>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::connect(socket->fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        socket->end = End::Rst;
    return socket;
}

constexpr int rounds = 50;
const QByteArray s_request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

} // namespace

class tst_Door final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void keepsTheManner_data();
    void keepsTheManner();
    void halfClose();
    void noBackend();
    void backendRefuses();
    void refusesWhereThePlatformDoes();
    void switchKeepsOldConnections();
    void bigTransferBothWays();
    void slowReaderDoesNotStopTheOthers();
    void leavesAtEndOfInput();
    void takenPort();

private:
    void to(quint16 port);
    /// A client of the door and its end at the backend.
    std::pair<SocketPtr, SocketPtr> pair();

    std::unique_ptr<QProcess> m_door;
    std::unique_ptr<Listener> m_backend;
    quint16 m_port = 0;
};

void tst_Door::init()
{
    m_backend = std::make_unique<Listener>();
    m_door = std::make_unique<QProcess>();
    m_door->start(QStringLiteral(BINARY_DIR "/switchyard-door"), {QStringLiteral("0")});
    QVERIFY(m_door->waitForStarted());
    while (!m_door->canReadLine())
        QVERIFY(m_door->waitForReadyRead(5000));
    m_port = quint16(m_door->readLine().mid(10).toInt());
    QVERIFY(m_port > 0);
    to(m_backend->port);
}

void tst_Door::cleanup()
{
    m_door->closeWriteChannel();
    if (!m_door->waitForFinished(2000))
        m_door->kill();
    m_door->waitForFinished(2000);
    m_door.reset();
    m_backend.reset();
}

void tst_Door::to(quint16 port)
{
    m_door->write("to " + QByteArray::number(port) + '\n');
    m_door->waitForBytesWritten(1000);
    // The order is obeyed when a connection arrives there: ask until one does, or until it is told refused.
    for (int i = 0; i < 100; ++i) {
        const SocketPtr probe = connectTo(m_port);
        probe->send("?");
        probe->finish();
        if (port == m_backend->port) {
            if (const SocketPtr arrived = m_backend->accept(50); arrived && arrived->read(1) == "?")
                return;
        } else {
            return;
        }
    }
}

std::pair<SocketPtr, SocketPtr> tst_Door::pair()
{
    SocketPtr client = connectTo(m_port);
    SocketPtr server = m_backend->accept();
    if (!server)
        server = std::make_unique<Socket>();
    return {std::move(client), std::move(server)};
}

void tst_Door::keepsTheManner_data()
{
    QTest::addColumn<bool>("fromBackend");
    QTest::addColumn<bool>("rst");
    QTest::addColumn<QByteArray>("last");
    for (const bool fromBackend : {true, false}) {
        for (const bool rst : {true, false}) {
            const char *who = fromBackend ? "backend" : "client";
            const char *what = rst ? "RST" : "FIN";
            QTest::addRow("%s sends %s", who, what) << fromBackend << rst << QByteArray();
            QTest::addRow("%s sends data, %s", who, what) << fromBackend << rst << QByteArray("\x88\x02\x03\xf4");
        }
    }
}

void tst_Door::keepsTheManner()
{
    QFETCH(bool, fromBackend);
    QFETCH(bool, rst);
    QFETCH(QByteArray, last);
    int right = 0;
    for (int i = 0; i < rounds; ++i) {
        auto [client, server] = pair();
        QVERIFY(server->fd >= 0);
        // Traffic both ways first, so that the connection really stands.
        client->send("up");
        QCOMPARE(server->read(2), QByteArray("up"));
        server->send("down");
        QCOMPARE(client->read(4), QByteArray("down"));
        Socket &from = fromBackend ? *server : *client;
        Socket &at = fromBackend ? *client : *server;
        if (!last.isEmpty())
            from.send(last);
        rst ? from.reset() : from.finish();
        const QByteArray got = at.readAll();
        right += got == last && at.end == (rst ? End::Rst : End::Fin) ? 1 : 0;
    }
    QCOMPARE(right, rounds);
}

void tst_Door::halfClose()
{
    auto [client, server] = pair();
    client->send("request");
    client->finish();
    QCOMPARE(server->readAll(), QByteArray("request"));
    QVERIFY(server->end == End::Fin);
    for (int i = 0; i < 10; ++i)
        server->send("answer");
    server->finish();
    QCOMPARE(client->readAll(), QByteArray("answer").repeated(10));
    QVERIFY(client->end == End::Fin);
}

void tst_Door::noBackend()
{
    m_door->write("none\n");
    m_door->waitForBytesWritten(1000);
    QByteArray answer;
    for (int i = 0; i < 100 && answer.isEmpty(); ++i) {
        const SocketPtr client = connectTo(m_port);
        client->send(s_request);
        answer = client->readAll(100);
        if (!answer.isEmpty())
            QVERIFY(client->end == End::Fin);
    }
    QVERIFY2(answer.startsWith("HTTP/1.1 502 Bad Gateway\r\n"), answer);
    QVERIFY(answer.endsWith("\r\n\r\nBad Gateway\n"));
}

void tst_Door::backendRefuses()
{
    m_backend = std::make_unique<Listener>(); // the door still points to the one that is gone
    for (int i = 0; i < rounds; ++i) {
        const SocketPtr client = connectTo(m_port);
        client->send(s_request);
        QVERIFY(client->readAll().startsWith("HTTP/1.1 502 "));
        QVERIFY(client->end == End::Fin);
    }
}

void tst_Door::refusesWhereThePlatformDoes()
{
    QProcess door;
    door.start(QStringLiteral(BINARY_DIR "/switchyard-door"), {QStringLiteral("0"), QStringLiteral("refused")});
    QVERIFY(door.waitForStarted());
    while (!door.canReadLine())
        QVERIFY(door.waitForReadyRead(5000));
    const quint16 port = quint16(door.readLine().mid(10).toInt());
    const auto order = [&door](const QByteArray &text) {
        door.write(text + '\n');
        door.waitForBytesWritten(1000);
    };
    QVERIFY(connectTo(port)->end == End::Rst); // refused: nobody serves yet
    // The orders travel by another way than the connects.
    const auto connectUntil = [port](End wanted) {
        SocketPtr socket;
        for (int i = 0; i < 500 && (!socket || socket->end != wanted); ++i) {
            pollfd none{-1, 0, 0};
            ::poll(&none, 0, i == 0 ? 0 : 10);
            socket = connectTo(port);
        }
        return socket;
    };
    for (int round = 0; round < 3; ++round) {
        order("to " + QByteArray::number(m_backend->port));
        const SocketPtr client = connectUntil(End::Open);
        const SocketPtr server = m_backend->accept();
        QVERIFY(server);
        order("none");
        QVERIFY(connectUntil(End::Rst)->end == End::Rst);
        client->send("old"); // who stands is left alone
        QCOMPARE(server->read(3), QByteArray("old"));
        while (m_backend->accept(1)) {
        }
    }
    // An instance that has closed its port already: taken in and reset, and no 502.
    order("to " + QByteArray::number(m_backend->port));
    m_backend = std::make_unique<Listener>();
    const SocketPtr client =
        connectUntil(End::Open); // it says nothing: a write would take the error the read is to see
    QCOMPARE(client->readAll(), QByteArray());
    QVERIFY(client->end == End::Rst);
    door.closeWriteChannel();
    QVERIFY(door.waitForFinished(2000));
}

void tst_Door::switchKeepsOldConnections()
{
    auto [client, server] = pair();
    Listener next;
    m_door->write("to " + QByteArray::number(next.port) + '\n');
    m_door->waitForBytesWritten(1000);
    SocketPtr arrived;
    SocketPtr newcomer;
    for (int i = 0; i < 100 && !arrived; ++i) { // the order travels by another way than the connects
        newcomer = connectTo(m_port);
        newcomer->send("n");
        newcomer->finish();
        arrived = next.accept(50);
    }
    QVERIFY(arrived);
    QCOMPARE(arrived->readAll(), QByteArray("n"));
    client->send("old");
    QCOMPARE(server->read(3), QByteArray("old"));
    server->send("still here");
    QCOMPARE(client->read(10), QByteArray("still here"));
}

void tst_Door::bigTransferBothWays()
{
    auto [client, server] = pair();
    QByteArray up(8 << 20, Qt::Uninitialized);
    QByteArray down(8 << 20, Qt::Uninitialized);
    QRandomGenerator random(1);
    random.fillRange(reinterpret_cast<quint32 *>(up.data()), up.size() / 4);
    random.fillRange(reinterpret_cast<quint32 *>(down.data()), down.size() / 4);
    std::thread sendUp([&] {
        client->send(up);
        client->finish();
    });
    std::thread sendDown([&] {
        server->send(down);
        server->finish();
    });
    QByteArray gotUp;
    std::thread readUp([&] { gotUp = server->readAll(); });
    const QByteArray gotDown = client->readAll();
    for (std::thread *thread : {&sendUp, &sendDown, &readUp})
        thread->join();
    QVERIFY(gotUp == up);
    QVERIFY(gotDown == down);
    QVERIFY(client->end == End::Fin && server->end == End::Fin);
}

void tst_Door::slowReaderDoesNotStopTheOthers()
{
    // A client that reads nothing, a backend that filled every buffer on the way to it and then resets: the door finds
    // out when the client writes, and has more to pass on than the client takes.
    auto [client, server] = pair();
    int stalled = 0;
    for (int i = 0; i < 4000 && stalled < 5; ++i) {
        if (server->send(QByteArray(16384, 'x'), MSG_DONTWAIT)) {
            stalled = 0;
            continue;
        }
        ++stalled;
        pollfd none{-1, 0, 0};
        ::poll(&none, 0, 20);
    }
    QCOMPARE(stalled, 5);
    server->reset();
    client->send("x"); // once only: a second write would take the error that the read is to see
    auto [other, arrived] = pair();
    QVERIFY(arrived->fd >= 0);
    other->send("hello");
    QCOMPARE(arrived->read(5), QByteArray("hello"));
    client->readAll();
    QVERIFY(client->end == End::Rst);
}

void tst_Door::leavesAtEndOfInput()
{
    auto [client, server] = pair();
    m_door->closeWriteChannel();
    QVERIFY(m_door->waitForFinished(2000));
    QCOMPARE(m_door->exitCode(), 0);
}

void tst_Door::takenPort()
{
    QProcess second;
    second.start(QStringLiteral(BINARY_DIR "/switchyard-door"), {QString::number(m_port)});
    QVERIFY(second.waitForFinished(3000));
    QCOMPARE(second.exitCode(), 2);
    QVERIFY(!second.readAllStandardError().isEmpty());
}

QTEST_GUILESS_MAIN(tst_Door)
#include "tst_door.moc"
