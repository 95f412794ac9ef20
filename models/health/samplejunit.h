// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

namespace Switchyard {

/// The outcome of `health check` as JUnit XML: one test case a target, named by its URL (redacted). Down and degraded
/// are failures, of that type; a target that could not be asked (usage, cancelled) is an error. `urls` has one entry a
/// sample, in the same order.
[[nodiscard]] QByteArray healthCheckToJunit(const QList<ProbeSample> &samples, const QStringList &urls);

} // namespace Switchyard
