// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/page.h"

class QLabel;
class QPushButton;
class QStackedWidget;

namespace Switchyard {

class AlertsPane;
class LatencyPlot;
class NoticePane;
class RowModel;
class Table;
class Waterfall;
class Workbench;

/// Every health endpoint of every backend, and the chosen one in detail.
class HealthPage final : public Page
{
    Q_OBJECT
public:
    explicit HealthPage(Workbench *workbench, QWidget *parent = nullptr);
    QString title() const override { return QStringLiteral("Health"); }
    QString iconName() const override { return QStringLiteral("health"); }
    QList<QAction *> pageActions() const override { return {m_copyCurl, m_alerts}; }
    void refresh() override;
    bool togglePause() override;
    void showItem(const QString &item) override;

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeDetails();
    void fill();
    void fillDetails();
    void copyCurl();
    void showAlerts();

    Workbench *m_workbench;
    QStackedWidget *m_stack;
    NoticePane *m_empty;
    RowModel *m_model;
    Table *m_table = nullptr;
    QLabel *m_note = nullptr;
    QLabel *m_name = nullptr;
    QWidget *m_plotPlace = nullptr;
    LatencyPlot *m_plot = nullptr;
    QLabel *m_phases = nullptr;
    Waterfall *m_waterfall = nullptr;
    QLabel *m_failures = nullptr;
    QAction *m_copyCurl = nullptr;
    QAction *m_alerts = nullptr;
    AlertsPane *m_alertsPane = nullptr;
    bool m_paused = false;
};

} // namespace Switchyard
