// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/workspace/workspace.h"

#include <QByteArray>
#include <QStringList>

namespace Switchyard {

/// A POSIX shell script that asks a deployment of the backend whether it works: each health endpoint by status and
/// body, CORS for each origin and for a foreign one, each socket by its upgrade. Whatever stands in the workspace is
/// quoted; values of secrets are not in it, but the names of the variables that hold them. Thread: any.
QByteArray verifyScript(const Backend &backend, const QStringList &origins);

} // namespace Switchyard
