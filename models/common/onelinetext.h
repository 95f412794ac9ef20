// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// The text on one line, with a space for each character that moves a cursor or hides what follows: a name in a
/// database may hold line ends and a terminal's escape sequences.
inline QString onOneLine(QString text)
{
    for (QChar &c : text) {
        if (c.category() == QChar::Other_Control || c.category() == QChar::Other_Format ||
            c.category() == QChar::Separator_Line || c.category() == QChar::Separator_Paragraph)
            c = u' ';
    }
    return text;
}

} // namespace Switchyard
