// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/servicemodel.h"

#include <algorithm>

namespace Switchyard {

QString serviceKindName(ServiceKind kind)
{
    switch (kind) {
    case ServiceKind::Web:
        return QStringLiteral("web");
    case ServiceKind::Private:
        return QStringLiteral("private");
    case ServiceKind::Worker:
        return QStringLiteral("worker");
    case ServiceKind::Cron:
        return QStringLiteral("cron");
    case ServiceKind::Static:
        return QStringLiteral("static");
    case ServiceKind::KeyValue:
        break;
    }
    return QStringLiteral("key-value");
}

const ServiceCheck *Service::deployCheck() const
{
    const auto it = std::find_if(checks.cbegin(), checks.cend(), [](const ServiceCheck &check) { return check.moves; });
    return it == checks.cend() ? nullptr : &*it;
}

} // namespace Switchyard
