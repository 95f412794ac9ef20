// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QList>
#include <QString>

#include <functional>

class QLineEdit;
class QListWidget;

namespace Switchyard {

/// One thing that can be gone to or done by name.
struct PaletteEntry
{
    QString text; ///< "Redeploy and judge"
    QString kind; ///< "command", "backend", "page", …
    QString key;  ///< the shortcut, where there is one
    bool enabled = true;
    std::function<void()> run;
};

/// Ctrl+K: everything by name. All words that were typed must stand in an entry, in any order.
class CommandPalette final : public QDialog
{
    Q_OBJECT
public:
    CommandPalette(QList<PaletteEntry> entries, QWidget *parent);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void fill();
    void choose();

    QList<PaletteEntry> m_entries;
    QLineEdit *m_text;
    QListWidget *m_list;
};

} // namespace Switchyard
