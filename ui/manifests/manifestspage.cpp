// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/manifestspage.h"

namespace Switchyard {

ManifestsPage::ManifestsPage(QWidget *parent)
    : PlannedPage(
          QStringLiteral("Manifests"), QStringLiteral("manifests"),
          QStringLiteral("This tab will convert a manifest to the target platform and list what could not be carried "
                         "over. This version does not do it yet."),
          QStringLiteral(
              "Meanwhile: the WebSockets tab shows whether the backend survives a redeploy as it is configured now."),
          parent)
{
}

} // namespace Switchyard
