// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

class QApplication;

namespace Switchyard {

/// What a thing is like. Shown by shape, word and colour together, never by colour alone.
enum class State
{
    Up,
    Degraded,
    Down,
    Action,
    Unknown,
    Working
};

enum class ThemeChoice
{
    System,
    Light,
    Dark
};
/// "system", "light", "dark".
QString themeChoiceName(ThemeChoice choice);
/// Unknown names are System.
ThemeChoice themeChoiceFromName(const QString &name);

/// The colours beyond QPalette, for the palette's own lightness.
struct ThemeColors
{
    QColor up, degraded, down, action, unknown, working;
    QColor accent;
    QColor text, faded; ///< body text, and text of less weight (still 4.5:1)
    QColor line;        ///< hairlines and grid
    QColor border;      ///< around what can be typed into (3:1)
    QColor surface;     ///< bars and cards
    QColor bandOpen, bandNotified, bandLost, bandConnecting;
    QColor tintUp, tintDegraded, tintDown, tintUnknown; ///< backgrounds of banners, text on them is `text`
    bool dark = false;

    QColor state(State state) const;
    QColor tint(State state) const;
};

/// Light or dark is told by the palette, so that no state is kept outside it.
const ThemeColors &themeColors(const QPalette &palette);

/// The palette of the light theme, for what is painted on paper.
QPalette lightPalette();

/// "●", "◐", "■", "◆", "○", "◌".
QString stateShape(State state);

/// Sets style, palette and style sheet of the application. System: the lightness of the platform's own palette decides.
void applyTheme(QApplication &application, ThemeChoice choice);

} // namespace Switchyard
