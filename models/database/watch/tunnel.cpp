// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/tunnel.h"

#include "models/database/base/childprocess.h"
#include "models/database/base/reach.h"
#include "models/database/base/resolve.h"
#include "models/database/probes/probekit.h"

#include <QHostAddress>

#include <sys/eventfd.h>

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

namespace Switchyard {

namespace {

constexpr Milliseconds grace{3'000};
constexpr Milliseconds oneAttempt{1'000};
constexpr int betweenAttempts = 40;
constexpr qsizetype keptLines = 5;

/// The addresses of this computer that the string's host stands for; none where it is another.
QList<ResolvedAddress> localAddresses(const QString &host)
{
    if (host.isEmpty() || host.compare(QLatin1StringView("localhost"), Qt::CaseInsensitive) == 0)
        return {{QStringLiteral("127.0.0.1"), false}, {QStringLiteral("::1"), true}};
    const QHostAddress address(host);
    if (!address.isLoopback())
        return {};
    return {{host, address.protocol() == QAbstractSocket::IPv6Protocol}};
}

} // namespace

/// The thread owns the child: the death signal of the system is that of a thread, not of the program.
struct Tunnel::State
{
    ~State()
    {
        const quint64 one = 1;
        [[maybe_unused]] const ssize_t written = ::write(stop.get(), &one, sizeof(one));
        if (thread.joinable())
            thread.join();
    }

    void run(const QStringList &argv, std::promise<Result<void>> &started);

    ConnectionString connection;
    Descriptor stop{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::thread thread;
    std::atomic<bool> running{false};
    mutable std::mutex mutex;
    QList<QByteArray> lines;
};

void Tunnel::State::run(const QStringList &argv, std::promise<Result<void>> &started)
{
    ChildProcess child;
    ChildStart how;
    how.arguments = argv;
    how.variables = ownEnvironment();
    how.outputToErrors = true;
    const Result<void> result = child.start(how);
    running = result.has_value();
    started.set_value(result);
    if (!result)
        return;
    const auto keep = [&](bool all) {
        const QList<QByteArray> read = child.readLines(all);
        const std::lock_guard lock(mutex);
        for (const QByteArray &line : read) {
            if (!line.trimmed().isEmpty())
                lines.append(line);
        }
        while (lines.size() > keptLines)
            lines.removeFirst();
    };
    while (!child.hasEnded()) {
        pollfd entries[2] = {{stop.get(), POLLIN, 0}, {child.errors(), POLLIN, 0}};
        ::poll(entries, 2, betweenAttempts);
        if (entries[0].revents != 0)
            break;
        keep(false);
    }
    keep(true);
    running = false;
    child.stop(grace);
}

Tunnel::Tunnel() = default;
Tunnel::~Tunnel() = default;

Result<void> Tunnel::open(const QStringList &argv, const ConnectionString &connection, const TunnelOptions &options)
{
    close();
    const ConnectionHost host = connection.hosts.value(0);
    const int port = connection.portOf(host);
    const QList<ResolvedAddress> addresses =
        host.socket.isEmpty() ? localAddresses(host.name) : QList<ResolvedAddress>();
    if (argv.isEmpty() || argv.first().isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the tunnel has no command"));
    if (addresses.isEmpty() || connection.hosts.size() > 1)
        return fail(ErrorKind::Usage,
                    QStringLiteral("a tunnel is configured, but the connection string does not lead to a port of this "
                                   "computer"),
                    QStringLiteral("write the string for the tunnel's end here: host localhost and the tunnel's local "
                                   "port"));
    const Deadline deadline(options.timeout, options.cancelled);
    if (connectTcp(addresses, port, deadline.part(oneAttempt)).descriptor.isOpen())
        return fail(
            ErrorKind::Usage,
            QStringLiteral("something listens at port %1 of this computer already: it would be asked instead of "
                           "the tunnel's database")
                .arg(port),
            QStringLiteral("end it (a tunnel left open?), or take another port in the tunnel and in the string"));
    auto state = std::make_unique<State>();
    state->connection = connection;
    std::promise<Result<void>> started;
    auto outcome = started.get_future();
    state->thread = std::thread([&started, argv, raw = state.get()] { raw->run(argv, started); });
    if (const Result<void> result = outcome.get(); !result)
        return tl::unexpected(result.error());
    m_state = std::move(state);
    const auto refuse = [this](ErrorKind kind, const QString &message, const QString &hint) -> Result<void> {
        const QString said = lastWords();
        close();
        return fail(kind, said.isEmpty() ? message : QStringLiteral("%1: %2").arg(message, said), hint);
    };
    while (!connectTcp(addresses, port, deadline.part(oneAttempt)).descriptor.isOpen()) {
        if (deadline.isCancelled())
            return refuse(ErrorKind::Cancelled, QStringLiteral("the tunnel was cancelled"), {});
        if (!isRunning()) {
            m_state->thread.join(); // with all that it said
            return refuse(ErrorKind::Io,
                          QStringLiteral("the tunnel's command \"%1\" ended before it listened").arg(argv.first()),
                          QStringLiteral("run it by hand: it may ask for a login, or the name behind it is wrong"));
        }
        if (deadline.isOver())
            return refuse(ErrorKind::Timeout,
                          QStringLiteral("the tunnel's command runs, but port %1 does not accept after %2 s")
                              .arg(port)
                              .arg(options.timeout.count() / 1000),
                          QStringLiteral("whether the tunnel's local port is the one in the connection string"));
        ::poll(nullptr, 0, betweenAttempts);
    }
    if (!isRunning())
        return refuse(ErrorKind::Io, QStringLiteral("the tunnel's command ended as soon as the port accepted"),
                      QStringLiteral("something else listens there"));
    return {};
}

bool Tunnel::isRunning() const
{
    return m_state && m_state->running;
}

QString Tunnel::lastWords() const
{
    if (!m_state)
        return {};
    const std::lock_guard lock(m_state->mutex);
    return saidBy(m_state->lines.join(" | "), m_state->connection);
}

void Tunnel::close()
{
    m_state.reset();
}

} // namespace Switchyard
