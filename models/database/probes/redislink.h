// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/base/reach.h"
#include "models/database/strings/connectionstring.h"

#include <QByteArray>
#include <QList>

#include <memory>

struct redisReader;

namespace Switchyard {

/// One answer of a Redis server.
struct RedisReply
{
    enum class Kind
    {
        None, ///< none came: see `failure`
        Text,
        Error,
        Number,
        List,
        Nil
    };
    Kind kind = Kind::None;
    ReachFailure failure = ReachFailure::None;
    QByteArray text; ///< of an error: "NOPERM this user has no permissions …"
    qint64 number = 0;
    QList<RedisReply> list;
    QByteArray raw; ///< what came in place of an answer: at most 64 bytes

    bool isError(const char *code = "") const { return kind == Kind::Error && text.startsWith(code); }
    bool came() const { return kind != Kind::None; }
    /// The element behind the name in a list of names and values; nullptr where it is not there.
    const RedisReply *field(const char *name) const;
};

/// Commands over a connection, answers by hiredis' reader: RESP2, 4 MB an answer at most.
class RedisLink final
{
public:
    explicit RedisLink(ProbeLink link);
    ~RedisLink();
    RedisLink(RedisLink &&) noexcept;

    [[nodiscard]] RedisReply ask(const QList<QByteArray> &command, const Deadline &deadline);

private:
    struct Free
    {
        void operator()(redisReader *reader) const;
    };
    ProbeLink m_link;
    std::unique_ptr<redisReader, Free> m_reader;
};

/// As the string asks for it, in redis-py's words (ssl_cert_reqs, ssl_check_hostname, ssl_ca_certs). `caFile`: PEM,
/// goes before the string's own; empty: none. The string has a host.
[[nodiscard]] TlsSettings redisTlsSettings(const ConnectionString &connection, const QString &caFile);

} // namespace Switchyard
