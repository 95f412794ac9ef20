// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/redislink.h"

// hiredis' header declares a flexible member and other things that -Wpedantic minds; it is a system header for us.
#include <hiredis/hiredis.h>

namespace Switchyard {

namespace {

RedisReply converted(const redisReply &from)
{
    RedisReply reply;
    switch (from.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        reply.kind = from.type == REDIS_REPLY_ERROR ? RedisReply::Kind::Error : RedisReply::Kind::Text;
        reply.text = QByteArray(from.str, qsizetype(from.len));
        break;
    case REDIS_REPLY_INTEGER:
        reply.kind = RedisReply::Kind::Number;
        reply.number = from.integer;
        break;
    case REDIS_REPLY_ARRAY:
        reply.kind = RedisReply::Kind::List;
        for (size_t i = 0; i < from.elements; ++i)
            reply.list.append(converted(*from.element[i]));
        break;
    default:
        reply.kind = RedisReply::Kind::Nil;
    }
    return reply;
}

} // namespace

const RedisReply *RedisReply::field(const char *name) const
{
    for (qsizetype i = 0; i + 1 < list.size(); i += 2) {
        if (list[i].text == name)
            return &list[i + 1];
    }
    return nullptr;
}

void RedisLink::Free::operator()(redisReader *reader) const
{
    redisReaderFree(reader);
}

RedisLink::RedisLink(ProbeLink link)
    : m_link(std::move(link))
    , m_reader(redisReaderCreate())
{
}
RedisLink::~RedisLink() = default;
RedisLink::RedisLink(RedisLink &&) noexcept = default;

RedisReply RedisLink::ask(const QList<QByteArray> &command, const Deadline &deadline)
{
    constexpr qsizetype longest = 4 << 20;
    constexpr qsizetype shown = 64;
    QByteArray bytes = '*' + QByteArray::number(command.size()) + "\r\n";
    for (const QByteArray &part : command)
        bytes += '$' + QByteArray::number(part.size()) + "\r\n" + part + "\r\n";
    RedisReply reply;
    // A server that is full says so and closes: what it said is worth more than that the write failed.
    const LinkResult sent = m_link.send(bytes, deadline);
    if (sent.failure == ReachFailure::Cancelled || sent.failure == ReachFailure::TimedOut) {
        reply.failure = sent.failure;
        return reply;
    }
    qsizetype total = 0;
    QByteArray first;
    for (;;) {
        void *object = nullptr;
        const int status = redisReaderGetReply(m_reader.get(), &object);
        if (object) {
            reply = converted(*static_cast<redisReply *>(object));
            freeReplyObject(object);
            return reply;
        }
        const LinkResult more =
            status == REDIS_OK && total <= longest ? m_link.receive(deadline) : LinkResult{ReachFailure::Internal, {}};
        if (!more.ok()) {
            reply.failure = more.failure;
            reply.raw = first;
            return reply;
        }
        total += more.bytes.size();
        if (first.size() < shown)
            first += more.bytes.left(shown - first.size());
        redisReaderFeed(m_reader.get(), more.bytes.constData(), size_t(more.bytes.size()));
    }
}

TlsSettings redisTlsSettings(const ConnectionString &connection, const QString &caFile)
{
    TlsSettings settings;
    settings.host = connection.hosts.first().name;
    settings.caFile = caFile.isEmpty() ? connection.optionValue(QLatin1StringView("ssl_ca_certs")) : caFile;
    if (connection.optionValue(QLatin1StringView("ssl_cert_reqs")).toLower().contains(QLatin1StringView("none")))
        settings.verify = TlsVerify::None;
    else if (connection.optionValue(QLatin1StringView("ssl_check_hostname")).toLower() == QLatin1StringView("false"))
        settings.verify = TlsVerify::Chain;
    return settings;
}

} // namespace Switchyard
