// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/runbook/runbookpage.h"

namespace Switchyard {

RunbookPage::RunbookPage(QWidget *parent)
    : PlannedPage(QStringLiteral("Runbook"), QStringLiteral("runbook"),
                  QStringLiteral("This tab will walk through a move step by step, with a check and a signature for "
                                 "each. This version does not do it yet."),
                  QStringLiteral("Meanwhile: save the report of a redeploy session and keep it with the change."),
                  parent)
{
}

} // namespace Switchyard
