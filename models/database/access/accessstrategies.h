// SPDX-License-Identifier: GPL-3.0-or-later
// Between the adviser and its rows; for nobody else.
#pragma once

#include "models/database/access/accessadvice.h"

namespace Switchyard {

/// The rows of the matrix for Atlas, in the order of rising effort; `recommended` is not set yet.
QList<AccessStrategy> atlasStrategies(const AccessInput &input, const OutboundAddresses &outbound);
/// For the lists of Render's own databases.
QList<AccessStrategy> renderStrategies(const AccessInput &input, const OutboundAddresses &outbound);

/// Whether the backend is on Render too, where the private network reaches the database.
bool isOnRender(const AccessInput &input);

/// Whether an account of that plan has something: `plans` do, `without` do not, both empty: all do.
struct PlanAnswer
{
    AccessOpenness openness = AccessOpenness::Depends;
    QString words;
};
PlanAnswer onPlan(const QString &platform, const QString &plan, const QStringList &plans, const QStringList &without);

} // namespace Switchyard
