// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/theme.h"

#include <QApplication>
#include <QStyle>
#include <QStyleFactory>

namespace Switchyard {

namespace {

QColor rgb(quint32 value)
{
    return QColor::fromRgb(QRgb(0xff000000u | value));
}

ThemeColors lightColors()
{
    ThemeColors c;
    c.up = rgb(0x007a5a);
    c.degraded = rgb(0x8a5c00);
    c.down = rgb(0xb3261e);
    c.action = rgb(0x6741d9);
    c.unknown = rgb(0x5d6570);
    c.working = c.accent = rgb(0x1f5fbf);
    c.text = rgb(0x1b1f24);
    c.faded = rgb(0x5a626d);
    c.line = rgb(0xd5d9de);
    c.border = rgb(0x7d8590);
    c.surface = rgb(0xf3f5f7);
    c.bandOpen = rgb(0x6fbfa6);
    c.bandNotified = rgb(0xe2b340);
    c.bandLost = rgb(0xd9736c);
    c.bandConnecting = rgb(0x8fb3e8);
    c.tintUp = rgb(0xe2f4ee);
    c.tintDegraded = rgb(0xfbf0d9);
    c.tintDown = rgb(0xfbe6e4);
    c.tintUnknown = rgb(0xeceff2);
    return c;
}

ThemeColors darkColors()
{
    ThemeColors c;
    c.dark = true;
    c.up = rgb(0x4cc38a);
    c.degraded = rgb(0xe2b340);
    c.down = rgb(0xff8a80);
    c.action = rgb(0xb197fc);
    c.unknown = rgb(0xa3adb8);
    c.working = c.accent = rgb(0x7ab0ff);
    c.text = rgb(0xe6e9ed);
    c.faded = rgb(0xa3adb8);
    c.line = rgb(0x3a4149);
    c.border = rgb(0x717b87);
    c.surface = rgb(0x22272d);
    c.bandOpen = rgb(0x2f8f68);
    c.bandNotified = rgb(0xb98d22);
    c.bandLost = rgb(0xb5524a);
    c.bandConnecting = rgb(0x4a76b8);
    c.tintUp = rgb(0x17362a);
    c.tintDegraded = rgb(0x3a2f12);
    c.tintDown = rgb(0x42211f);
    c.tintUnknown = rgb(0x2a3037);
    return c;
}

QPalette paletteFor(bool dark)
{
    const ThemeColors c = dark ? darkColors() : lightColors();
    const QColor base = dark ? rgb(0x1a1e23) : rgb(0xffffff);
    const QColor button = dark ? rgb(0x2b3138) : rgb(0xf6f7f9);
    const QColor disabled = dark ? rgb(0x7a838d) : rgb(0x8b939c);
    QPalette p;
    p.setColor(QPalette::Window, c.surface);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, base);
    p.setColor(QPalette::AlternateBase, dark ? rgb(0x1f242a) : rgb(0xf8f9fa));
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::Button, button);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.down);
    p.setColor(QPalette::ToolTipBase, dark ? rgb(0x2b3138) : rgb(0xffffff));
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::PlaceholderText, c.faded);
    p.setColor(QPalette::Highlight, dark ? rgb(0x1f3857) : rgb(0xe5eefc));
    p.setColor(QPalette::HighlightedText, c.text);
    p.setColor(QPalette::Link, c.accent);
    p.setColor(QPalette::LinkVisited, c.action);
    p.setColor(QPalette::Light, dark ? rgb(0x343b43) : rgb(0xffffff));
    p.setColor(QPalette::Midlight, dark ? rgb(0x2f353c) : rgb(0xeceff2));
    p.setColor(QPalette::Mid, c.line);
    p.setColor(QPalette::Dark, dark ? rgb(0x12161a) : rgb(0xb4bac2));
    p.setColor(QPalette::Shadow, dark ? rgb(0x0c0f12) : rgb(0x8b939c));
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, disabled);
    p.setColor(QPalette::Disabled, QPalette::Highlight, c.line);
    return p;
}

// Only what Fusion does not say well by itself: flat tables, quiet headers, cards and the one accented button.
QString styleSheetFor(bool dark)
{
    const ThemeColors c = dark ? darkColors() : lightColors();
    const QString base = dark ? QStringLiteral("#1a1e23") : QStringLiteral("#ffffff");
    const QString onAccent = dark ? QStringLiteral("#0d1a2b") : QStringLiteral("#ffffff");
    return QStringLiteral(R"(
QToolTip { border: 1px solid %1; padding: 4px; }
QTableView, QTreeView, QListView { border: 1px solid %1; gridline-color: transparent; selection-color: %2; }
QHeaderView::section { background: %3; color: %4; border: 0; border-bottom: 1px solid %1; padding: 4px 4px; }
QFrame[card="true"] { background: %5; border: 1px solid %1; border-radius: 6px; }
QLabel[faded="true"] { color: %4; }
QLabel[heading="true"] { font-weight: bold; }
QLineEdit { background: %5; color: %2; border: 1px solid %9; border-radius: 4px; padding: 2px 6px; }
QLineEdit:focus { border: 1px solid %6; }
QPushButton, #reportButton, QToolButton[choice="true"] { background: %8; color: %2; border: 1px solid %1; border-radius: 4px; padding: 4px 12px; }
QPushButton:hover, #reportButton:hover, QToolButton[choice="true"]:hover { border: 1px solid %4; }
QPushButton:focus, QToolButton[choice="true"]:focus { border: 1px solid %6; }
QPushButton:pressed { background: %1; }
QPushButton:disabled, QToolButton[choice="true"]:disabled { background: %3; color: %4; }
QToolButton[choice="true"] { padding: 3px 8px; }
QPushButton:checked, QToolButton[choice="true"]:checked { background: %1; border: 1px solid %4; }
QToolButton[choice="true"]:checked { font-weight: bold; }
QCheckBox::indicator { width: 13px; height: 13px; background: %5; border: 1px solid %9; border-radius: 3px; }
QCheckBox::indicator:checked { background: %6; border: 1px solid %6; image: url(:/switchyard/icons/check-%10.svg); }
QCheckBox::indicator:focus { border: 2px solid %6; width: 11px; height: 11px; }
QCheckBox::indicator:disabled { border: 1px solid %1; }
QPushButton[primary="true"] { background: %6; color: %7; border: 1px solid %6; border-radius: 4px; padding: 5px 14px; font-weight: bold; }
QPushButton[primary="true"]:disabled { background: %3; color: %4; border: 1px solid %1; }
QPushButton[primary="true"]:focus { border: 2px solid %2; padding: 4px 13px; }
QTabBar::tab { background: transparent; color: %4; border: 0; border-bottom: 2px solid transparent; padding: 6px 12px; }
QTabBar::tab:selected { color: %2; border-bottom: 2px solid %6; font-weight: bold; }
QTabBar::tab:hover { color: %2; }
QTabBar::tab:focus { color: %6; }
QTabWidget::pane { border: 0; border-top: 1px solid %1; }
QSplitter::handle { background: transparent; }
QStatusBar::item { border: 0; }
QToolButton::menu-indicator { image: none; }
)")
        .arg(c.line.name(), c.text.name(), c.surface.name(), c.faded.name(), base, c.accent.name(), onAccent,
             dark ? QStringLiteral("#2b3138") : QStringLiteral("#ffffff"), c.border.name(),
             dark ? QStringLiteral("dark") : QStringLiteral("light"));
}

} // namespace

QString themeChoiceName(ThemeChoice choice)
{
    switch (choice) {
    case ThemeChoice::Light:
        return QStringLiteral("light");
    case ThemeChoice::Dark:
        return QStringLiteral("dark");
    case ThemeChoice::System:
        break;
    }
    return QStringLiteral("system");
}

ThemeChoice themeChoiceFromName(const QString &name)
{
    if (name == QLatin1StringView("light"))
        return ThemeChoice::Light;
    return name == QLatin1StringView("dark") ? ThemeChoice::Dark : ThemeChoice::System;
}

QColor ThemeColors::state(State value) const
{
    switch (value) {
    case State::Up:
        return up;
    case State::Degraded:
        return degraded;
    case State::Down:
        return down;
    case State::Action:
        return action;
    case State::Working:
        return working;
    case State::Unknown:
        break;
    }
    return unknown;
}

QColor ThemeColors::tint(State value) const
{
    switch (value) {
    case State::Up:
        return tintUp;
    case State::Degraded:
        return tintDegraded;
    case State::Down:
        return tintDown;
    default:
        return tintUnknown;
    }
}

const ThemeColors &themeColors(const QPalette &palette)
{
    static const ThemeColors light = lightColors();
    static const ThemeColors dark = darkColors();
    return palette.color(QPalette::Window).lightness() < 128 ? dark : light;
}

QPalette lightPalette()
{
    return paletteFor(false);
}

QString stateShape(State state)
{
    switch (state) {
    case State::Up:
        return QStringLiteral("●");
    case State::Degraded:
        return QStringLiteral("◐");
    case State::Down:
        return QStringLiteral("■");
    case State::Action:
        return QStringLiteral("◆");
    case State::Working:
        return QStringLiteral("◌");
    case State::Unknown:
        break;
    }
    return QStringLiteral("○");
}

void applyTheme(QApplication &application, ThemeChoice choice)
{
    bool dark = choice == ThemeChoice::Dark;
    if (choice == ThemeChoice::System) {
        // An application palette without roles of its own falls back to the platform's.
        application.setStyleSheet({});
        application.setPalette(QPalette());
        dark = application.palette().color(QPalette::Window).lightness() < 128;
    }
    if (!application.property("switchyardStyled").toBool()) {
        application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
        application.setProperty("switchyardStyled", true);
    }
    application.setPalette(paletteFor(dark));
    application.setStyleSheet(styleSheetFor(dark));
}

} // namespace Switchyard
