// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/scantypes.h"

#include <QJsonObject>

namespace Switchyard {

/// The form of `scan --format json`, switchyard.scan/1.
QJsonObject scanToJson(const ScanReport &report, const ScanOptions &options);

} // namespace Switchyard
