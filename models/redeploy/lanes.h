// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/watch/sessionsampler.h"
#include "models/deploy/driver.h"
#include "models/health/sample.h"
#include "models/realtime/clientevent.h"
#include "models/redeploy/event.h"

#include <optional>

namespace Switchyard {

// What each lane of a session saw, as events of its record: redacted, and without a time, which the session adds.

[[nodiscard]] Event clientEventOf(const ClientEvent &source, const QString &socket);

/// A newcomer that was let in, was not, or was let in and then ended by the backend; nothing for the steps between,
/// nor for the end that was our own.
[[nodiscard]] std::optional<Event> newcomerEventOf(const ClientEvent &source, const QString &socket);

[[nodiscard]] Event driverEventOf(const DriverEvent &source);

[[nodiscard]] Event probeEventOf(const ProbeSample &sample);

/// One TCP connect: to an anchor, or to the backend's own port.
[[nodiscard]] Event connectEventOf(const QString &subject, bool ok, double ms, const QString &problem);

/// A look at a database; one that is left out is a note with the database as its subject.
[[nodiscard]] Event databaseEventOf(const DatabaseLook &look);

} // namespace Switchyard
