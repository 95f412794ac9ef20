// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/jsonmatch.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QStringList>

namespace Switchyard {

std::optional<QJsonValue> valueAtPointer(const QJsonValue &root, const QString &pointer)
{
    if (pointer.isEmpty())
        return root;
    if (!pointer.startsWith(QLatin1Char('/')))
        return std::nullopt;
    QJsonValue value = root;
    const QStringList parts = pointer.mid(1).split(QLatin1Char('/'));
    for (QString part : parts) {
        part.replace(QLatin1StringView("~1"), QLatin1StringView("/"));
        part.replace(QLatin1StringView("~0"), QLatin1StringView("~"));
        if (value.isObject()) {
            const QJsonObject object = value.toObject();
            if (!object.contains(part))
                return std::nullopt;
            value = object.value(part);
        } else if (value.isArray()) {
            bool ok = false;
            const int index = part.toInt(&ok);
            const QJsonArray array = value.toArray();
            if (!ok || index < 0 || index >= array.size() || QString::number(index) != part)
                return std::nullopt;
            value = array.at(index);
        } else {
            return std::nullopt;
        }
    }
    return value;
}

bool matchesPointers(const QJsonValue &root, const QMap<QString, QJsonValue> &expected)
{
    for (auto it = expected.cbegin(); it != expected.cend(); ++it) {
        if (valueAtPointer(root, it.key()) != it.value())
            return false;
    }
    return !expected.isEmpty();
}

} // namespace Switchyard
