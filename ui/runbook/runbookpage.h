// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/plannedpage.h"

namespace Switchyard {

/// Runbook: not in this version yet.
class RunbookPage final : public PlannedPage
{
    Q_OBJECT
public:
    explicit RunbookPage(QWidget *parent = nullptr);
};

} // namespace Switchyard
