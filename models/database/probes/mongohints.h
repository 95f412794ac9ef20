// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/mongolink.h"

#include <QDate>
#include <QString>

#include <optional>

namespace Switchyard {

/// What a refusal of a MongoDB server, or of a provider's proxy before it, means.
struct MongoHint
{
    int code;             ///< 0: any
    const char *contains; ///< in its words, without regard to case; empty: whatever
    const char *words;
    const char *hint;
    const char *source;
};

/// The first that fits; nullptr where none does.
const MongoHint *mongoHint(const MongoReply &reply);

/// When a release of MongoDB gets no fixes any more: "7.0.12". nothing for one this program does not know.
std::optional<QDate> mongoEndOfLife(const QString &version);
/// One of the releases between the yearly ones ("7.2", "6.1"), which end as soon as the next one is there.
bool isMongoRapidRelease(const QString &version);

} // namespace Switchyard
