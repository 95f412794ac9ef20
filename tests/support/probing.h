// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"
#include "tests/support/httpserver.h"

#include <memory>

namespace Switchyard::Testing {

/// A server whose /health is well.
std::unique_ptr<HttpServer> healthyServer();

/// Probes once and waits. Fails the test where no sample comes within 10 s, or one contradicts itself.
ProbeSample probeOnce(const ProbeTarget &target);

} // namespace Switchyard::Testing
