// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/palette.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {
/// More is not looked through by eye, and a list of thousands is slow to fill.
constexpr int mostShown = 200;
} // namespace

CommandPalette::CommandPalette(QList<PaletteEntry> entries, QWidget *parent)
    : QDialog(parent)
    , m_entries(std::move(entries))
    , m_text(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    setObjectName(QStringLiteral("palette"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(QStringLiteral("Go to anything"));
    m_text->setObjectName(QStringLiteral("paletteText"));
    m_text->setAccessibleName(QStringLiteral("Name of a command, backend, variable or page"));
    m_text->setPlaceholderText(QStringLiteral("A command, a backend, a variable, a page …"));
    m_list->setObjectName(QStringLiteral("paletteList"));
    m_list->setAccessibleName(QStringLiteral("What matches"));
    m_list->setFocusPolicy(Qt::NoFocus);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_text);
    layout->addWidget(m_list);
    resize(520, 380);
    // The arrows move in the list while the letters go into the line.
    m_text->installEventFilter(this);
    connect(m_text, &QLineEdit::textChanged, this, &CommandPalette::fill);
    connect(m_text, &QLineEdit::returnPressed, this, &CommandPalette::choose);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::choose);
    fill();
}

void CommandPalette::fill()
{
    const QStringList words = m_text->text().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    m_list->clear();
    for (qsizetype i = 0; i < m_entries.size() && m_list->count() < mostShown; ++i) {
        const PaletteEntry &entry = m_entries[i];
        const QString all = entry.text + QLatin1Char(' ') + entry.kind;
        const bool matches = std::all_of(words.cbegin(), words.cend(), [&all](const QString &word) {
            return all.contains(word, Qt::CaseInsensitive);
        });
        if (!matches)
            continue;
        auto *item = new QListWidgetItem(entry.key.isEmpty()
                                             ? QStringLiteral("%1   (%2)").arg(entry.text, entry.kind)
                                             : QStringLiteral("%1   (%2, %3)").arg(entry.text, entry.kind, entry.key),
                                         m_list);
        item->setData(Qt::UserRole, int(i));
        if (!entry.enabled)
            item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
    }
    // The first that can be chosen.
    for (int row = 0; row < m_list->count(); ++row) {
        if (m_list->item(row)->flags() & Qt::ItemIsEnabled)
            return m_list->setCurrentRow(row);
    }
}

void CommandPalette::choose()
{
    const QListWidgetItem *item = m_list->currentItem();
    if (!item || !(item->flags() & Qt::ItemIsEnabled))
        return;
    const auto run = m_entries[item->data(Qt::UserRole).toInt()].run;
    QWidget *window = parentWidget();
    accept();
    // After this dialog is gone: what is done may open one of its own.
    QTimer::singleShot(0, window, run);
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        const int step = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
        if (step != 0) {
            for (int row = m_list->currentRow() + step; row >= 0 && row < m_list->count(); row += step) {
                if (m_list->item(row)->flags() & Qt::ItemIsEnabled) {
                    m_list->setCurrentRow(row);
                    break;
                }
            }
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace Switchyard
