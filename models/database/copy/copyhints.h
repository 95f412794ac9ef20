// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// What an error line of pg_dump or pg_restore means. Their messages are in English: they run with LC_ALL=C; those of
/// the server in it are the server's, so only what servers rarely translate is looked for.
struct CopyCause
{
    QString id;    ///< "extension", "disk": stable, for tests; empty: unknown
    QString words; ///< for a person; the program's own text stands beside it
    QString hint;
};
CopyCause copyCause(const QString &message);

} // namespace Switchyard
