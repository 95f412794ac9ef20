// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPlainTextEdit>
#include <QSyntaxHighlighter>

namespace Switchyard {

/// Colours the lines of a unified diff; the signs at their beginnings say the same. Owned by the editor's document.
class DiffColors final : public QSyntaxHighlighter
{
    Q_OBJECT
public:
    explicit DiffColors(QPlainTextEdit *editor);

protected:
    void highlightBlock(const QString &text) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QPlainTextEdit *m_editor;
};

} // namespace Switchyard
