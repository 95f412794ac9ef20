// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// The text with what XML 1.0 has no place for replaced: most control characters, and an answer may hold any.
inline QString xmlText(QString text)
{
    for (QChar &c : text) {
        const bool control = c < QLatin1Char(' ') && c != QLatin1Char('\n') && c != QLatin1Char('\t');
        if (control || c == QChar(0xFFFE) || c == QChar(0xFFFF))
            c = QChar(QChar::ReplacementCharacter);
    }
    return text;
}

} // namespace Switchyard
