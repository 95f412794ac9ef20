// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/workspace/workspace.h"

#include <QByteArray>
#include <QStringList>

namespace Switchyard {

struct RewriteChange
{
    QByteArray text; ///< null: nothing is to be changed
    int changed = 0; ///< destinations that lead to the target now
    QStringList notes;
};

/// Lets the rewrites and redirects of a vercel.json that lead to `from` lead to `to` (both URLs of a server). Only the
/// server's name in the destination is replaced, so that comments, order and everything else stay. Rewrites of
/// Socket.IO and of the sockets' paths stay as they are, because Vercel carries no upgrade; a note says so, and also
/// where else the old name stands. Errors (usage): the text cannot be read. Thread: any.
[[nodiscard]] Result<RewriteChange> rewriteDestinations(const QByteArray &text, const QString &fileName,
                                                        const QString &from, const QString &to,
                                                        const QList<SocketEndpoint> &sockets);

} // namespace Switchyard
