// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// What an image from a registry keeps, as far as its name tells.
struct Store
{
    enum class Kind
    {
        None,
        Postgres,
        KeyValue, ///< Redis or Valkey
        Other     ///< a database that no platform here manages: MongoDB, MySQL, …
    };
    Kind kind = Kind::None;
    QString version; ///< major version, empty where the tag names none
};
Store storeOfImage(const QString &image);

} // namespace Switchyard
