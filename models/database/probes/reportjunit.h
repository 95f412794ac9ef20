// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/probes/stages.h"

namespace Switchyard {

/// The outcome of `db probe` as JUnit XML: a test suite a database, a test case a stage. Stages that were skipped or
/// not reached are skipped there too; one that was cancelled is an error.
[[nodiscard]] QByteArray databaseReportsToJunit(const QList<DatabaseReport> &reports);

/// The outcome of `db lint`: a test suite a database, a test case a finding (an error or a warning fails, as it makes
/// the command fail), and one that passes where nothing was found.
[[nodiscard]] QByteArray databaseLintsToJunit(const QList<DatabaseReport> &reports);

} // namespace Switchyard
