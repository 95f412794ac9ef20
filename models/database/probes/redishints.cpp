// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/redishints.h"

#include <array>

namespace Switchyard {

const RedisHint *redisHint(const QByteArray &error)
{
    static const std::array<RedisHint, 15> table{{
        {"WRONGPASS", "", "the user or the password is wrong, or the user is switched off",
         "compare both with the provider's page; percent-encode special characters; an ACL user is named before the "
         "password, \"default\" otherwise",
         "redis.io/commands/auth"},
        {"ERR", "invalid password", "the password is wrong", "compare it with requirepass, or the provider's page",
         "redis.io/commands/auth"},
        {"ERR", "without any password configured", "the server asks for no password, and one was given",
         "set requirepass or an ACL user, or leave the password out: now everybody who reaches the port is in",
         "redis.io/commands/auth"},
        {"ERR", "no password is set", "the server asks for no password, and one was given",
         "set requirepass, or leave the password out: now everybody who reaches the port is in",
         "redis.io/commands/auth"},
        {"NOAUTH", "", "the server wants a password, and the connection string has none",
         "add it: redis://USER:PASSWORD@HOST", "redis.io/docs/management/security"},
        {"", "max number of clients", "the server has no connection left (maxclients)",
         "close what is open and unused, lower the pools, or raise maxclients; CLIENT LIST shows who holds them",
         "redis.io/docs/reference/clients"},
        {"DENIED", "", "the server is in protected mode and lets only its own computer in",
         "set a password, or bind it to the address that is meant", "redis.io/docs/management/security"},
        {"", "not in the allowlist", "the server does not let this address in",
         "add the address of this computer (and of the backend) to the allow list of the Key Value instance",
         "render.com/docs/key-value"},
        {"LOADING", "", "the server still reads its data from disk", "wait, and probe again",
         "redis.io/docs/management/persistence"},
        {"BUSY", "", "a script runs and blocks the server", "SCRIPT KILL, or wait", "redis.io/commands/script-kill"},
        {"MASTERDOWN", "", "it is a replica that has lost its primary",
         "look at the primary and at the link between them", "redis.io/docs/management/replication"},
        {"NOPERM", "", "the user may not do this",
         "connected, limited: nothing to do where the application needs no more",
         "redis.io/docs/management/security/acl"},
        {"ERR", "unknown command", "the server does not know the command", "an old server, or a proxy that filters",
         "redis.io/commands"},
        {"ERR", "DB index is out of range", "the server has no database of that number",
         "use 0, or raise `databases`; clusters and most providers have only 0", "redis.io/commands/select"},
        {"ERR", "SELECT is not allowed", "the server has only database 0", "leave the number out: it is a cluster",
         "redis.io/commands/select"},
    }};
    const QByteArray lower = error.toLower();
    for (const RedisHint &each : table) {
        if (error.startsWith(each.starts) && lower.contains(QByteArray(each.contains).toLower()))
            return &each;
    }
    return nullptr;
}

} // namespace Switchyard
