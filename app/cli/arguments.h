// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/workspace/workspace.h"

#include <QString>

#include <utility>

namespace Switchyard::Cli {

/// What several commands read in the same way. Errors: usage, with a hint.

/// "PATH[,protocol]" of --socket.
struct SocketArgument
{
    QString path;
    NamedProtocol protocol;
};
[[nodiscard]] Result<SocketArgument> socketArgument(const QString &text);

/// "NAME=VALUE" of --header; the value may be a reference and is resolved. A secret that stands there itself is
/// refused. `bare`: a name alone is allowed, and its value empty.
[[nodiscard]] Result<std::pair<QString, QString>> headerArgument(const QString &text, bool bare = false);

} // namespace Switchyard::Cli
