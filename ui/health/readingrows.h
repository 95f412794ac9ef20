// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/health/healthrows.h"

namespace Switchyard {

class HealthSource;

/// What the table shows of a monitor that Prometheus measures. Stale, without a sample, a server that is not reached
/// and one that gives no access look different.
void readReading(const HealthSource &source, const Monitor &monitor, MonitorDigest *digest);

/// What the column means where Prometheus measures; empty: what it means anyway.
QString readingColumnTip(int column);
/// The column has something there that Prometheus can give.
bool isRead(int column);

} // namespace Switchyard
