// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/servicemodel.h"

#include <functional>

namespace Switchyard {

using VisitPlace = std::function<void(const Place &place)>;

/// Every place that a value of the model came from, some more than once: for a writer that has to say of all of them
/// that they have no place on its target.
void forEachPlace(const Service &service, const VisitPlace &visit);
void forEachPlace(const ManifestDatabase &database, const VisitPlace &visit);
void forEachPlace(const EnvironmentGroup &group, const VisitPlace &visit);

} // namespace Switchyard
