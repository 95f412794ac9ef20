// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/plannedpage.h"

namespace Switchyard {

/// Databases: not in this version yet.
class DatabasePage final : public PlannedPage
{
    Q_OBJECT
public:
    explicit DatabasePage(QWidget *parent = nullptr);
};

} // namespace Switchyard
