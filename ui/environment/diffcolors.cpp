// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/diffcolors.h"

#include "ui/common/theme.h"

#include <QEvent>

namespace Switchyard {

DiffColors::DiffColors(QPlainTextEdit *editor)
    : QSyntaxHighlighter(editor->document())
    , m_editor(editor)
{
    editor->installEventFilter(this);
}

void DiffColors::highlightBlock(const QString &text)
{
    const ThemeColors &colors = themeColors(m_editor->palette());
    QColor color;
    if (text.startsWith(QLatin1StringView("+++")) || text.startsWith(QLatin1StringView("---")) ||
        text.startsWith(QLatin1StringView("diff ")) || text.startsWith(QLatin1StringView("index ")))
        color = colors.faded;
    else if (text.startsWith(QLatin1Char('+')))
        color = colors.up;
    else if (text.startsWith(QLatin1Char('-')))
        color = colors.down;
    else if (text.startsWith(QLatin1StringView("@@")))
        color = colors.accent;
    if (color.isValid())
        setFormat(0, int(text.size()), color);
}

bool DiffColors::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        rehighlight();
    return QSyntaxHighlighter::eventFilter(watched, event);
}

} // namespace Switchyard
