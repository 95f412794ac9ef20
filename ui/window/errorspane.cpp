// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/errorspane.h"

#include "ui/common/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace Switchyard {

ErrorsPane::ErrorsPane(QWidget *parent)
    : QWidget(parent)
    , m_title(new QLabel(this))
    , m_list(new QTableWidget(0, 3, this))
    , m_retry(new QPushButton(QStringLiteral("Read it again"), this))
{
    m_title->setObjectName(QStringLiteral("errorsTitle"));
    m_title->setWordWrap(true);
    m_title->setProperty("heading", true);
    m_list->setObjectName(QStringLiteral("errorList"));
    m_list->setAccessibleName(QStringLiteral("Problems of the workspace file"));
    m_list->setHorizontalHeaderLabels(
        {QStringLiteral("Place"), QStringLiteral("Problem"), QStringLiteral("What to do")});
    m_list->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_list->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_list->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
    m_list->horizontalHeader()->setSectionResizeMode(2, QHeaderView::Stretch);
    m_list->verticalHeader()->hide();
    m_list->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_list->setShowGrid(false);
    m_list->setWordWrap(true);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setSelectionBehavior(QAbstractItemView::SelectRows);

    auto *back = new QPushButton(QStringLiteral("Back"), this);
    auto *copy = new QPushButton(QStringLiteral("Copy all"), this);
    m_retry->setObjectName(QStringLiteral("retryButton"));
    m_retry->setProperty("primary", true);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(back);
    buttons->addStretch(1);
    buttons->addWidget(copy);
    buttons->addWidget(m_retry);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 20, 24, 20);
    layout->setSpacing(12);
    layout->addWidget(m_title);
    layout->addWidget(m_list, 1);
    layout->addLayout(buttons);
    connect(back, &QPushButton::clicked, this, &ErrorsPane::backRequested);
    connect(m_retry, &QPushButton::clicked, this, [this] { Q_EMIT retryRequested(m_file); });
    connect(copy, &QPushButton::clicked, this, [this] {
        QStringList lines;
        for (int row = 0; row < m_list->rowCount(); ++row) {
            QStringList cells;
            for (int column = 0; column < 3; ++column)
                cells.append(m_list->item(row, column)->text());
            lines.append(cells.join(QLatin1Char('\t')));
        }
        QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
    });
}

void ErrorsPane::show(const QString &file, const QList<Error> &errors)
{
    m_file = file;
    // An address or the demo is no file, although its name may end like one.
    m_retry->setVisible(file.endsWith(QLatin1StringView(".toml")) && QFileInfo(file).isAbsolute());
    m_title->setText(errors.size() == 1
                         ? QStringLiteral("■ %1 cannot be opened: 1 problem").arg(file)
                         : QStringLiteral("■ %1 cannot be opened: %2 problems").arg(file).arg(errors.size()));
    m_list->setRowCount(int(errors.size()));
    for (int row = 0; row < errors.size(); ++row) {
        const Error &error = errors[row];
        const QString place = error.place.toString();
        const QStringList cells{place.isEmpty() ? file : place, error.message, error.hint};
        for (int column = 0; column < 3; ++column)
            m_list->setItem(row, column, new QTableWidgetItem(cells[column]));
    }
}

} // namespace Switchyard
