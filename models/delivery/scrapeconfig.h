// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/delivery/deliverysides.h"

#include <QByteArray>

namespace Switchyard {

/// Where the backend's metrics are: what a socket's count source says, else "/metrics" where the component's code has
/// a route of that name; empty where neither does. Thread: any; blocks on the files.
QString metricsPath(const DeliverySides &sides);

/// A file for Prometheus' scrape_config_files, and to be pasted under scrape_configs.
QByteArray scrapeConfigText(const DeliverySides &sides, const QString &path);

} // namespace Switchyard
