// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/environmentpage.h"

namespace Switchyard {

EnvironmentPage::EnvironmentPage(QWidget *parent)
    : PlannedPage(QStringLiteral("Environment"), QStringLiteral("environment"),
                  QStringLiteral("This tab will compare every variable of source and target and say what must change. "
                                 "This version does not do it yet."),
                  QStringLiteral("Meanwhile: the env files of a backend stand under env in switchyard.toml, and its "
                                 "health shows on the Health tab once it runs there."),
                  parent)
{
}

} // namespace Switchyard
