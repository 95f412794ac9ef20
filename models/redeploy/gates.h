// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/facts.h"

namespace Switchyard {

// One function a gate, in the order of reports. Each gives status, measured, threshold, figures and evidence; id,
// advice and the advisory mark are added by judge().
Gate cleanCloseGate(const SessionFacts &facts);
Gate allBackGate(const SessionFacts &facts);
Gate singleBounceGate(const SessionFacts &facts);
Gate noticeLeadGate(const SessionFacts &facts);
Gate readyFirstGate(const SessionFacts &facts);
Gate liveSteadyGate(const SessionFacts &facts);
Gate maxGapGate(const SessionFacts &facts);
Gate drainBudgetGate(const SessionFacts &facts);
Gate startupGate(const SessionFacts &facts);
Gate coverageGate(const SessionFacts &facts);
Gate ownNetworkGate(const SessionFacts &facts);

} // namespace Switchyard
