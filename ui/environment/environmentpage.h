// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/plannedpage.h"

namespace Switchyard {

/// Environment: not in this version yet.
class EnvironmentPage final : public PlannedPage
{
    Q_OBJECT
public:
    explicit EnvironmentPage(QWidget *parent = nullptr);
};

} // namespace Switchyard
