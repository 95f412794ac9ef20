// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace Switchyard {

/// What a Redis server's refusal means.
struct RedisHint
{
    const char *starts;   ///< of the error; empty: of none
    const char *contains; ///< in it, without regard to case; empty: whatever
    const char *words;
    const char *hint;
    const char *source;
};

/// The first that fits; nullptr where none does.
const RedisHint *redisHint(const QByteArray &error);

} // namespace Switchyard
