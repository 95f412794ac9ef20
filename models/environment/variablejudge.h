// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/judgedmove.h"

namespace Switchyard {

/// Fills in class, wanted value, status, action and reason. Name, states, uses, secrecy and scope are there already.
void judgeVariable(VariableRow &row, const MatrixComponent &component, const JudgedMove &move);
/// The same for a component that stays where it is: a frontend, another service.
void judgeNeighbour(VariableRow &row, const MatrixComponent &component, const JudgedMove &move);

/// Adds what else is to be said of the values: weak and reused secrets, URLs no driver takes, patterns no server
/// matches.
void addValueNotes(VariableRow &row, const JudgedMove &move);

/// Sums of connections against the database's limit; the rows are all of one component.
void addConnectionNotes(const QList<VariableRow> &rows, const JudgedMove &move, QList<VariableNote> &notes);

} // namespace Switchyard
