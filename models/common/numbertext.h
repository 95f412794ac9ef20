// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// "1,234,567", in every language: figures are compared between people and machines.
[[nodiscard]] QString groupedNumber(qint64 number);

/// "8.1 MiB": powers of 1,024 by their own names (IEC 80000-13), one place.
[[nodiscard]] QString dataSizeText(qint64 bytes);

/// "1 table", "2 tables".
[[nodiscard]] QString countedText(qint64 count, const char *one, const char *many);

} // namespace Switchyard
