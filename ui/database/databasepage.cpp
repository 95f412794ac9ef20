// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databasepage.h"

namespace Switchyard {

DatabasePage::DatabasePage(QWidget *parent)
    : PlannedPage(
          QStringLiteral("Databases"), QStringLiteral("database"),
          QStringLiteral("This tab will take a database connection apart, stage by stage, and compare source and "
                         "target. This version does not do it yet."),
          QStringLiteral("Meanwhile: switchyard-cli db lint and db probe do so on the command line, and a /ready "
                         "endpoint that asks "
                         "the database shows its state on the Health tab."),
          parent)
{
}

} // namespace Switchyard
