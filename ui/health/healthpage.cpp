// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/healthpage.h"

#include "models/health/monitorset.h"
#include "ui/common/notice.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/health/detailfeed.h"
#include "ui/health/healthrows.h"
#include "ui/health/monitordetail.h"

#include <QAction>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace Switchyard {

HealthPage::HealthPage(Workbench *workbench, QWidget *parent)
    : Page(parent)
    , m_workbench(workbench)
    , m_stack(new QStackedWidget(this))
    , m_empty(new NoticePane(this))
    , m_model(new RowModel(healthColumns(), this))
{
    m_copyCurl = new QAction(QStringLiteral("Copy as &curl"), this);
    m_copyCurl->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+C")));
    connect(m_copyCurl, &QAction::triggered, this, &HealthPage::copyCurl);
    auto *splitter = new QSplitter(Qt::Horizontal, m_stack);
    splitter->setChildrenCollapsible(false);
    splitter->setHandleWidth(12);
    auto *left = new QWidget(splitter);
    auto *leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(12, 12, 0, 8);
    leftLayout->setSpacing(8);
    m_table = new Table(m_model, QStringLiteral("healthTable"), QStringLiteral("Health endpoints"), left);
    m_table->setWidths({110, 130, 60, 70, 75, 75, 75, 75, 90});
    m_note = new QLabel(left);
    m_note->setProperty("faded", true);
    leftLayout->addWidget(m_table, 1);
    leftLayout->addWidget(m_note);
    splitter->addWidget(left);
    splitter->addWidget(makeDetails());
    splitter->setStretchFactor(0, 5);
    splitter->setStretchFactor(1, 4);
    splitter->setSizes({720, 540});
    m_stack->addWidget(splitter);
    m_stack->addWidget(m_empty);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_empty->show(
        QStringLiteral("health"), QStringLiteral("No backend has a health endpoint in its workspace."),
        QStringLiteral("Add a [[backend.health]] table with its path to switchyard.toml, and it is probed here."));
    connect(m_table, &Table::currentKeyChanged, this, &HealthPage::fillDetails);
    connect(m_workbench, &Workbench::workspaceOpened, this, [this] { m_paused = false; });
    for (const auto signal : {&Workbench::liveChanged, &Workbench::workspaceOpened, &Workbench::sessionStarted,
                              &Workbench::sessionFinished})
        connect(m_workbench, signal, this, &HealthPage::fill);
    fill();
}

QWidget *HealthPage::makeDetails()
{
    m_detail = new MonitorDetail(this);
    m_feed = new DetailFeed(m_workbench, m_detail, this);
    return m_detail;
}

void HealthPage::fill()
{
    if (m_paused)
        return;
    QList<Row> rows;
    int bad = 0;
    const double limit = double(m_workbench->workspace().thresholds.apiLatency.count());
    const MonitorSet *health = m_workbench->health();
    for (int i = 0; health && i < health->count(); ++i) {
        const MonitorRecord &record = health->record(i);
        const bool inSession = m_workbench->sessionRunning() && m_workbench->sessionBackend() == record.monitor.group;
        rows.append(healthRow(record, limit));
        bad += !inSession && (shownState(record) == State::Down || shownState(record) == State::Degraded);
    }
    Q_EMIT badgeChanged(bad);
    m_stack->setCurrentIndex(rows.isEmpty() ? 1 : 0);
    m_model->merge(rows);
    if (m_table->currentKey().isEmpty() && !rows.isEmpty())
        m_table->selectKey(rows.first().key);
    m_note->setText(m_workbench->sessionRunning()
                        ? QStringLiteral("A session runs: its probes, four a second, are shown.")
                        : QStringLiteral("Every probe makes a fresh connection. F5 probes now, Space pauses."));
    if (isVisible())
        fillDetails();
}

void HealthPage::fillDetails()
{
    m_feed->show(m_table->currentKey());
}

QJsonObject HealthPage::saveState() const
{
    return {{QStringLiteral("detail"), m_detail->saveState()}};
}

void HealthPage::restoreState(const QJsonObject &state)
{
    m_detail->restoreState(state[QLatin1StringView("detail")].toObject());
}

void HealthPage::refresh()
{
    if (MonitorSet *health = m_workbench->health())
        health->probeAllNow();
}

bool HealthPage::togglePause()
{
    m_paused = !m_paused;
    if (m_paused)
        m_note->setText(QStringLiteral("Paused: the table stands still while probing goes on. Space continues."));
    fill();
    return true;
}

void HealthPage::showItem(const QString &item)
{
    m_table->selectKey(item);
}

void HealthPage::copyCurl()
{
    m_detail->copyCurl();
}

void HealthPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    fillDetails();
}

} // namespace Switchyard
