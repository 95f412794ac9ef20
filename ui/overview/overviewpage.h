// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"
#include "ui/overview/attention.h"

class QGridLayout;
class QLabel;

namespace Switchyard {

class BackendCard;
class Table;
class Workbench;

/// A card for each backend, and the list of what needs a person, each line leading to its place.
class OverviewPage final : public Page
{
    Q_OBJECT
public:
    explicit OverviewPage(Workbench *workbench, QWidget *parent = nullptr);
    QString title() const override { return QStringLiteral("Overview"); }
    QString iconName() const override { return QStringLiteral("overview"); }
    void refresh() override;

protected:
    void changeEvent(QEvent *event) override;

private:
    void makeCards();
    void fill();
    void readRecorded();

    Workbench *m_workbench;
    QGridLayout *m_cards;
    QList<BackendCard *> m_shown;
    RowModel *m_model;
    Table *m_table;
    QLabel *m_calm;
    QList<Attention> m_items;
};

} // namespace Switchyard
