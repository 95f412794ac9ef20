// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One comparison a kind; only compareDatabases() calls them.

#include "models/database/compare/compare.h"

namespace Switchyard {

void comparePostgres(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options,
                     CompareReport &report);
void compareSqlite(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options,
                   CompareReport &report);

} // namespace Switchyard
