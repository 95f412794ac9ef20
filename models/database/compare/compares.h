// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One comparison a kind; only compareDatabases() calls them.

#include "models/database/compare/compare.h"

#include <thread>

namespace Switchyard {

void comparePostgres(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options,
                     CompareReport &report);
void compareMongo(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options,
                  CompareReport &report);
void compareSqlite(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options,
                   CompareReport &report);

/// Both sides at once, and both to their end.
template <typename First, typename Second>
void together(const First &first, const Second &second)
{
    std::thread other(second);
    first();
    other.join();
}

} // namespace Switchyard
