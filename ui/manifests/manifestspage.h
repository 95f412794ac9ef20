// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/plannedpage.h"

namespace Switchyard {

/// Manifests: not in this version yet.
class ManifestsPage final : public PlannedPage
{
    Q_OBJECT
public:
    explicit ManifestsPage(QWidget *parent = nullptr);
};

} // namespace Switchyard
