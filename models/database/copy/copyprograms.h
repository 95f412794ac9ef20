// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/database/base/deadline.h"

#include <QList>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// pg_dump and pg_restore of one folder.
struct DumpPrograms
{
    QString dump;    ///< path
    QString restore; ///< path
    int major = 0;   ///< of the older of the two
    QString version; ///< "15.4", as pg_dump says it
};

/// Where they are looked for: `folder` alone where it is given, else PATH and Debian's /usr/lib/postgresql/*/bin.
/// Debian's wrapper in /usr/bin is passed over: it picks a version by a cluster of its own.
[[nodiscard]] QStringList dumpProgramFolders(const QString &folder);

/// Asks those of each folder for their version; the newest first. Folders without both are passed over. Errors (usage):
/// `folder` is given and has none.
[[nodiscard]] Result<QList<DumpPrograms>> findDumpPrograms(const QString &folder, const Deadline &deadline);

/// Which of them copies from a server of one major version to one of the other.
struct ProgramChoice
{
    DumpPrograms programs;
    QString warning; ///< they are newer than the target: what they write may be too
};
/// pg_dump must not be older than the source's server (it refuses), and pg_restore should not be newer than the
/// target's: it sets parameters that an older server does not know (transaction_timeout of 17), and with
/// --exit-on-error that ends it. So: the newest between the two; where there is none, the oldest that is new enough,
/// with a warning. Errors (usage): none is new enough.
[[nodiscard]] Result<ProgramChoice> chooseDumpPrograms(const QList<DumpPrograms> &found, int sourceMajor,
                                                       int targetMajor);

} // namespace Switchyard
