// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/deploy/driver.h"

namespace Switchyard {

void ObserveDriver::prepare()
{
    QMetaObject::invokeMethod(this, &DeployDriver::ready, Qt::QueuedConnection);
}

void ObserveDriver::shutDown()
{
    QMetaObject::invokeMethod(this, &DeployDriver::shutDownDone, Qt::QueuedConnection);
}

} // namespace Switchyard
