// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"

class QLabel;
class QStackedWidget;

namespace Switchyard {

class DetailFeed;
class MonitorDetail;
class NoticePane;
class RowModel;
class Table;
class Workbench;

/// Every health endpoint of every backend, and the chosen one in detail.
class HealthPage final : public Page
{
    Q_OBJECT
public:
    explicit HealthPage(Workbench *workbench, QWidget *parent = nullptr);
    QString title() const override { return QStringLiteral("Health"); }
    QString iconName() const override { return QStringLiteral("health"); }
    QList<QAction *> pageActions() const override { return {m_copyCurl}; }
    void refresh() override;
    bool togglePause() override;
    void showItem(const QString &item) override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeDetails();
    void fill();
    void fillDetails();
    void copyCurl();

    Workbench *m_workbench;
    QStackedWidget *m_stack;
    NoticePane *m_empty;
    RowModel *m_model;
    Table *m_table = nullptr;
    QLabel *m_note = nullptr;
    MonitorDetail *m_detail = nullptr;
    DetailFeed *m_feed = nullptr;
    QAction *m_copyCurl = nullptr;
    bool m_paused = false;
};

} // namespace Switchyard
