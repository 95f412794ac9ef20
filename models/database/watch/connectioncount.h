// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace Switchyard {

/// Who is connected to a database. -1: the server did not say, or this user may not know; never 0 for that.
struct ConnectionCount
{
    int used = -1;     ///< against `limit`; with our own one or two
    int limit = -1;    ///< the narrowest that holds: the server's, the role's or the database's
    int reserved = -1; ///< of `limit`, for superusers
    int active = -1, idle = -1, inTransaction = -1; ///< those without our own
    int ofUser = -1;                                ///< of the application's user
    int fresh = -1;                                 ///< that were not there at the last look, without our own
    int rejected = -1;                              ///< that the server turned away since the last look

    bool isEmpty() const { return *this == ConnectionCount(); }
    /// What an application may have of the limit; -1: not known.
    int usable() const { return limit < 0 ? -1 : limit - (reserved > 0 ? reserved : 0); }
    bool operator==(const ConnectionCount &) const = default;
};

} // namespace Switchyard
