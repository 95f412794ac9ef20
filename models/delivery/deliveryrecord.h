// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/delivery/delivery.h"

namespace Switchyard {

/// What stands in delivery.json: the set's paths with their hashes, by which the next export tells its own files from
/// those of a person, and from those that a person has changed.
QByteArray deliveryRecord(const Delivery &delivery);
QString deliveryRecordFile();

} // namespace Switchyard
