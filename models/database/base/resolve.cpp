// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/base/resolve.h"

#include <QHostAddress>
#include <QUrl>

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <vector>

// The header with the classes and types of questions stands under this name on every Unix.
#include <arpa/nameser.h>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct Words
{
    ResolveFailure failure;
    const char *name;
    const char *message; ///< %1: what was asked for
    const char *hint;
};

/// What failed, in words and with what to do.
const std::array<Words, 13> table{{
    {ResolveFailure::NoSuchName, "no-such-name", "the name %1 does not exist (NXDOMAIN)",
     "compare it with the provider's page, letter by letter; an internal name is known inside the provider's network "
     "only"},
    {ResolveFailure::NoRecord, "no-record", "the name %1 exists, but has no such record",
     "mongodb+srv names have SRV records only and no address; a host of such a cluster has an address and no SRV "
     "record"},
    {ResolveFailure::ServerFailed, "server-failed", "the DNS server could not look %1 up (SERVFAIL)",
     "ask again, or another resolver (--resolver 1.1.1.1): a broken delegation or DNSSEC signature answers so "
     "everywhere"},
    {ResolveFailure::Refused, "refused", "the DNS server refuses to answer for %1 (REFUSED)",
     "it does not serve this computer or this name: use another (--resolver ADDRESS:PORT)"},
    {ResolveFailure::TimedOut, "timeout", "no answer from the DNS server for %1 in time",
     "check the way to the server named in /etc/resolv.conf (UDP port 53), or name another by --resolver"},
    {ResolveFailure::NoServer, "no-server", "no DNS server could be reached for %1",
     "nobody listens at the address in /etc/resolv.conf, or at the one that --resolver names"},
    {ResolveFailure::BadName, "bad-name", "%1 cannot be a name in DNS",
     "labels of 1 to 63 characters with dots between them, 253 in all; a socket is written as a path"},
    {ResolveFailure::BadAnswer, "bad-answer", "the answer of the DNS server for %1 cannot be read",
     "something between here and the server changes answers: ask another one (--resolver ADDRESS:PORT)"},
    {ResolveFailure::BadResolver, "bad-resolver", "the resolver is no numeric address with a port",
     "write it as 127.0.0.1:5353 or [::1]:53"},
    {ResolveFailure::SrvForeign, "srv-foreign", "an SRV record of %1 leads to another domain",
     "drivers refuse it (Initial DNS Seedlist Discovery): the hosts must lie in the domain of the name itself"},
    {ResolveFailure::TxtSeveral, "txt-several", "%1 has several TXT records",
     "drivers refuse more than one (Initial DNS Seedlist Discovery): remove the others, also those of other services"},
    {ResolveFailure::TxtForbidden, "txt-forbidden", "the TXT record of %1 sets what it may not",
     "only authSource, replicaSet and loadBalanced may stand there; other options belong into the connection string"},
    {ResolveFailure::Cancelled, "cancelled", "cancelled", ""},
}};

const Words &wordsOf(ResolveFailure failure)
{
    return *std::find_if(table.cbegin(), table.cend(), [&](const Words &each) { return each.failure == failure; });
}

ResolveError error(ResolveFailure failure, const QString &name, const QString &more = {})
{
    const Words &words = wordsOf(failure);
    QString message = s(words.message);
    if (message.contains(s("%1")))
        message = message.arg(name);
    return {failure, more.isEmpty() ? message : message + s(": ") + more, s(words.hint)};
}

ResolveFailure failureOf(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
        return ResolveFailure::NoSuchName;
    case ARES_ENODATA:
        return ResolveFailure::NoRecord;
    case ARES_ESERVFAIL:
    case ARES_ENOTIMP:
        return ResolveFailure::ServerFailed;
    case ARES_EREFUSED:
        return ResolveFailure::Refused;
    case ARES_ETIMEOUT:
        return ResolveFailure::TimedOut;
    case ARES_ECONNREFUSED:
        return ResolveFailure::NoServer;
    case ARES_EBADNAME:
    case ARES_ENONAME:
    case ARES_EBADSTR:
        return ResolveFailure::BadName;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
        return ResolveFailure::Cancelled;
    default:
        return ResolveFailure::BadAnswer;
    }
}

/// What a question came back with.
struct Reply
{
    bool done = false;
    int status = ARES_ECANCELLED;
    QByteArray bytes;                 ///< of a query
    QList<ResolvedAddress> addresses; ///< of getaddrinfo
};

void takeReply(void *argument, int status, int /*timeouts*/, unsigned char *bytes, int size)
{
    auto *reply = static_cast<Reply *>(argument);
    reply->done = true;
    reply->status = status;
    if (bytes && size > 0)
        reply->bytes = QByteArray(reinterpret_cast<const char *>(bytes), size);
}

void takeAddresses(void *argument, int status, int /*timeouts*/, ares_addrinfo *info)
{
    auto *reply = static_cast<Reply *>(argument);
    reply->done = true;
    reply->status = status;
    for (const ares_addrinfo_node *node = info ? info->nodes : nullptr; node; node = node->ai_next) {
        char text[INET6_ADDRSTRLEN] = {};
        const bool ipv6 = node->ai_family == AF_INET6;
        const void *address =
            ipv6 ? static_cast<const void *>(&reinterpret_cast<const sockaddr_in6 *>(node->ai_addr)->sin6_addr)
                 : static_cast<const void *>(&reinterpret_cast<const sockaddr_in *>(node->ai_addr)->sin_addr);
        if (!inet_ntop(node->ai_family, address, text, sizeof text))
            continue;
        const ResolvedAddress one{QString::fromLatin1(text), ipv6};
        if (!reply->addresses.contains(one))
            reply->addresses.append(one);
    }
    if (info)
        ares_freeaddrinfo(info);
}

/// One c-ares channel, for one question. Its sockets are closed with it.
class Channel final
{
public:
    Channel(const QString &server, const Deadline &deadline, bool everyReply)
    {
        static std::once_flag once;
        std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
        ares_options options{};
        // Two tries inside the deadline: a lost packet is not the end, a silent server ends in time.
        constexpr int fewest = 100;
        options.timeout = std::max(fewest, int(deadline.left().count() / 3));
        options.tries = 2;
        // With this, SERVFAIL and REFUSED are told; without it, the next server is asked and the reason is lost.
        options.flags = everyReply ? ARES_FLAG_NOCHECKRESP : 0;
        static char dnsOnly[] = "b";
        options.lookups = dnsOnly;
        int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS;
        if (!server.isEmpty())
            mask |= ARES_OPT_LOOKUPS;
        m_ready = ares_init_options(&m_channel, &options, mask) == ARES_SUCCESS;
        m_named = m_ready && (server.isEmpty() ||
                              ares_set_servers_ports_csv(m_channel, server.toLatin1().constData()) == ARES_SUCCESS);
    }
    ~Channel()
    {
        if (m_ready)
            ares_destroy(m_channel);
    }
    Channel(const Channel &) = delete;
    Channel &operator=(const Channel &) = delete;

    bool isReady() const { return m_ready; }
    bool isNamed() const { return m_named; }
    ares_channel get() const { return m_channel; }

    /// Lets it work until the reply is there, or the time is over.
    void run(Reply &reply, const Deadline &deadline)
    {
        while (!reply.done) {
            if (deadline.isCancelled() || deadline.isOver()) {
                const bool cancelled = deadline.isCancelled();
                ares_cancel(m_channel);
                reply.status = cancelled ? ARES_ECANCELLED : ARES_ETIMEOUT;
                return;
            }
            turn(deadline);
        }
    }

private:
    void turn(const Deadline &deadline)
    {
        ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
        const int bits = ares_getsock(m_channel, sockets, ARES_GETSOCK_MAXNUM);
        std::vector<pollfd> waited;
        for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
            const auto readable = (unsigned(bits) >> i) & 1U;
            const auto writable = (unsigned(bits) >> (i + ARES_GETSOCK_MAXNUM)) & 1U;
            if (readable || writable)
                waited.push_back({sockets[i], short((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)), 0});
        }
        timeval longest{0, deadline.slice() * 1000};
        timeval own{};
        const timeval *until = ares_timeout(m_channel, &longest, &own);
        const int milliseconds = int(until->tv_sec * 1000 + (until->tv_usec + 999) / 1000);
        if (poll(waited.data(), waited.size(), milliseconds) <= 0) {
            ares_process_fd(m_channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
            return;
        }
        for (const pollfd &each : waited) {
            const bool failed = (each.revents & (POLLERR | POLLHUP)) != 0;
            ares_process_fd(m_channel, (each.revents & POLLIN) || failed ? each.fd : ARES_SOCKET_BAD,
                            (each.revents & POLLOUT) ? each.fd : ARES_SOCKET_BAD);
        }
    }

    ares_channel m_channel = nullptr;
    bool m_ready = false;
    bool m_named = false;
};

/// Asks once, and where no server gave a good answer once more for the reason.
template <typename Ask>
Resolved<Reply> asked(const QString &server, const QString &name, const Deadline &deadline, const Ask &ask)
{
    Reply reply;
    for (const bool everyReply : {false, true}) {
        reply = {};
        Channel channel(server, deadline, everyReply);
        if (!channel.isReady())
            return tl::unexpected(error(ResolveFailure::NoServer, name));
        if (!channel.isNamed())
            return tl::unexpected(error(ResolveFailure::BadResolver, name));
        ask(channel.get(), reply);
        channel.run(reply, deadline);
        if (reply.status != ARES_ECONNREFUSED)
            break;
    }
    if (reply.status != ARES_SUCCESS)
        return tl::unexpected(error(failureOf(reply.status), name));
    return reply;
}

/// As DNS is asked: "münchen.example" in its ASCII form. Empty: it cannot be one.
QByteArray asciiName(const QString &name)
{
    if (name.isEmpty() || name.contains(QChar(0)))
        return {};
    // Underscores of service names are no part of a host's name, which toAce() checks.
    const bool plain = std::all_of(name.cbegin(), name.cend(), [](QChar c) { return c.unicode() < 0x80; });
    return plain ? name.toLatin1() : QUrl::toAce(name);
}

Resolved<QByteArray> question(const QString &server, const QString &name, int type, const Deadline &deadline)
{
    const QByteArray ascii = asciiName(name);
    if (ascii.isEmpty())
        return tl::unexpected(error(ResolveFailure::BadName, name));
    return asked(server, name, deadline,
                 [&](ares_channel channel, Reply &reply) {
                     ares_query(channel, ascii.constData(), ns_c_in, type, &takeReply, &reply);
                 })
        .map([](const Reply &reply) { return reply.bytes; });
}

QString withoutDot(QString name)
{
    if (name.endsWith(QLatin1Char('.')))
        name.chop(1);
    return name;
}

/// Whether a host may stand in the SRV records of the name.
bool mayLeadTo(const QString &name, const QString &host)
{
    constexpr qsizetype labelsOfAName = 3;
    const QStringList labels = withoutDot(name).toLower().split(QLatin1Char('.'));
    const bool full = labels.size() >= labelsOfAName;
    const QString domain = QLatin1Char('.') + (full ? labels.mid(1) : labels).join(QLatin1Char('.'));
    return host.toLower().endsWith(domain) && host.size() > domain.size();
}

} // namespace

QString resolveFailureName(ResolveFailure failure)
{
    return s(wordsOf(failure).name);
}

bool isResolverAddress(const QString &text)
{
    const Channel channel(text, Deadline(Milliseconds{1'000}), false);
    return !text.isEmpty() && channel.isNamed();
}

Resolved<QList<ResolvedAddress>> Resolver::addresses(const QString &host, const Deadline &deadline) const
{
    if (const QHostAddress numeric(host); !numeric.isNull())
        return QList<ResolvedAddress>{{numeric.toString(), numeric.protocol() == QAbstractSocket::IPv6Protocol}};
    const QByteArray ascii = asciiName(host);
    if (ascii.isEmpty())
        return tl::unexpected(error(ResolveFailure::BadName, host));
    // Never a question to a server (RFC 6761 section 6.3).
    if (const QByteArray lower = ascii.toLower(); lower == "localhost" || lower.endsWith(".localhost"))
        return QList<ResolvedAddress>{{s("127.0.0.1"), false}, {s("::1"), true}};
    const Resolved<Reply> reply = asked(m_server, host, deadline, [&](ares_channel channel, Reply &into) {
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_flags = ARES_AI_NOSORT;
        ares_getaddrinfo(channel, ascii.constData(), nullptr, &hints, &takeAddresses, &into);
    });
    if (!reply)
        return tl::unexpected(reply.error());
    QList<ResolvedAddress> addresses = reply->addresses;
    if (addresses.isEmpty())
        return tl::unexpected(error(ResolveFailure::NoRecord, host));
    std::stable_partition(addresses.begin(), addresses.end(), [](const ResolvedAddress &each) { return !each.ipv6; });
    return addresses;
}

Resolved<QList<SrvRecord>> Resolver::srv(const QString &name, const Deadline &deadline) const
{
    const Resolved<QByteArray> bytes = question(m_server, name, ns_t_srv, deadline);
    if (!bytes)
        return tl::unexpected(bytes.error());
    ares_srv_reply *first = nullptr;
    const int status =
        ares_parse_srv_reply(reinterpret_cast<const unsigned char *>(bytes->constData()), int(bytes->size()), &first);
    const std::unique_ptr<ares_srv_reply, decltype(&ares_free_data)> owner(first, &ares_free_data);
    if (status != ARES_SUCCESS)
        return tl::unexpected(error(failureOf(status), name));
    QList<SrvRecord> records;
    for (const ares_srv_reply *each = first; each; each = each->next)
        records.append({withoutDot(QString::fromLatin1(each->host)), each->port, each->priority, each->weight});
    if (records.isEmpty())
        return tl::unexpected(error(ResolveFailure::NoRecord, name));
    std::stable_sort(records.begin(), records.end(), [](const SrvRecord &a, const SrvRecord &b) {
        return std::tuple(a.priority, -a.weight, a.host, a.port) < std::tuple(b.priority, -b.weight, b.host, b.port);
    });
    return records;
}

Resolved<QStringList> Resolver::txt(const QString &name, const Deadline &deadline) const
{
    const Resolved<QByteArray> bytes = question(m_server, name, ns_t_txt, deadline);
    if (!bytes) {
        if (bytes.error().failure == ResolveFailure::NoRecord)
            return QStringList();
        return tl::unexpected(bytes.error());
    }
    ares_txt_ext *first = nullptr;
    const int status = ares_parse_txt_reply_ext(reinterpret_cast<const unsigned char *>(bytes->constData()),
                                                int(bytes->size()), &first);
    const std::unique_ptr<ares_txt_ext, decltype(&ares_free_data)> owner(first, &ares_free_data);
    if (status == ARES_ENODATA)
        return QStringList();
    if (status != ARES_SUCCESS)
        return tl::unexpected(error(failureOf(status), name));
    QStringList records;
    for (const ares_txt_ext *each = first; each; each = each->next) {
        const QString piece = QString::fromUtf8(reinterpret_cast<const char *>(each->txt), qsizetype(each->length));
        // One record is written as strings of 255 bytes at most.
        if (each->record_start || records.isEmpty())
            records.append(piece);
        else
            records.last() += piece;
    }
    return records;
}

Resolved<SrvAnswer> Resolver::mongoSeedlist(const QString &host, const QString &service, const Deadline &deadline) const
{
    const Resolved<QList<SrvRecord>> records = srv(s("_%1._tcp.%2").arg(service, host), deadline);
    if (!records)
        return tl::unexpected(records.error());
    for (const SrvRecord &record : *records) {
        if (!mayLeadTo(host, record.host))
            return tl::unexpected(error(ResolveFailure::SrvForeign, host, record.host));
    }
    const Resolved<QStringList> texts = txt(host, deadline);
    // A name with SRV records below it and nothing of its own is no name at all for some servers.
    if (!texts && texts.error().failure == ResolveFailure::NoSuchName)
        return SrvAnswer{*records, {}};
    if (!texts)
        return tl::unexpected(texts.error());
    if (texts->size() > 1)
        return tl::unexpected(error(ResolveFailure::TxtSeveral, host, QString::number(texts->size())));
    const QString text = texts->value(0);
    for (const QString &option : text.split(QLatin1Char('&'), Qt::SkipEmptyParts)) {
        static const QStringList allowed{s("authsource"), s("replicaset"), s("loadbalanced")};
        const QString name = option.section(QLatin1Char('='), 0, 0);
        // Its value may be a secret; so may a name that is none.
        if (!allowed.contains(name.toLower()))
            return tl::unexpected(error(ResolveFailure::TxtForbidden, host,
                                        option.contains(QLatin1Char('=')) ? name : s("text that is no option")));
    }
    return SrvAnswer{*records, text};
}

} // namespace Switchyard
