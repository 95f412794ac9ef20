// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/database/base/deadline.h"
#include "models/database/probes/postgreslink.h"

#include <QByteArray>
#include <QList>

namespace Switchyard {

/// How a program of the vendor gets to a server: the environment for it, and a password file that lies in memory.
///
/// The file has no name in any folder: it is a descriptor that the child inherits, and PGPASSFILE is its name under
/// /proc/self/fd. So it needs nobody to remove it, and is gone with the last of the processes, whatever ends them. The
/// password stands in no argument, no environment and no file of a disk.
struct CopyAccess
{
    Descriptor passwordFile;     ///< open for as long as children are started with it; closed: there is no password
    QList<QByteArray> variables; ///< the child's whole environment: PATH, LC_ALL=C and libpq's
};

/// For a server that a link was opened to with `target`: the same address, name in the certificate, sslmode and user.
/// Errors (usage): a password with a line end, which libpq's file cannot hold; sslpassword, which only argv could
/// carry.
[[nodiscard]] Result<CopyAccess> copyAccess(const LinkTarget &target, const QString &applicationName);

/// A line of libpq's password file for every server: `:` and `\` in it are escaped.
[[nodiscard]] QByteArray passwordLine(const Secret &password);

} // namespace Switchyard
