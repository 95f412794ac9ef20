// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/healthpage.h"

#include "models/common/redact.h"
#include "models/health/curlcommand.h"
#include "models/health/monitorset.h"
#include "ui/common/format.h"
#include "ui/common/notice.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/health/alertspane.h"
#include "ui/health/healthrows.h"
#include "ui/health/latencyplot.h"
#include "ui/health/waterfall.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QPushButton>
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
    m_alerts = new QAction(QStringLiteral("&Alerts…"), this);
    connect(m_alerts, &QAction::triggered, this, &HealthPage::showAlerts);
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
    auto *alerts = new QPushButton(QStringLiteral("Alerts…"), left);
    alerts->setObjectName(QStringLiteral("alertsButton"));
    alerts->setToolTip(QStringLiteral("What is wrong, who was told, and whether it arrived"));
    connect(alerts, &QPushButton::clicked, m_alerts, &QAction::trigger);
    auto *foot = new QHBoxLayout;
    foot->addWidget(m_note, 1);
    foot->addWidget(alerts);
    leftLayout->addLayout(foot);
    splitter->addWidget(left);
    splitter->addWidget(makeDetails());
    splitter->setStretchFactor(0, 5);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({880, 380});
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
    auto *pane = new QWidget(this);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 12, 12, 8);
    layout->setSpacing(8);
    m_name = new QLabel(pane);
    m_name->setWordWrap(true);
    m_plotPlace = new QWidget(pane);
    auto *place = new QVBoxLayout(m_plotPlace);
    place->setContentsMargins(0, 0, 0, 0);
    m_plotPlace->setMinimumHeight(180);
    m_phases = new QLabel(pane);
    m_waterfall = new Waterfall(pane);
    m_failures = new QLabel(pane);
    m_failures->setObjectName(QStringLiteral("failures"));
    m_failures->setWordWrap(true);
    m_failures->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *curl = new QPushButton(QStringLiteral("Copy as curl"), pane);
    curl->setObjectName(QStringLiteral("copyCurlButton"));
    curl->setToolTip(QStringLiteral("The same request for a shell, without credentials (Ctrl+Shift+C)"));
    connect(curl, &QPushButton::clicked, m_copyCurl, &QAction::trigger);
    layout->addWidget(m_name);
    layout->addWidget(m_plotPlace, 2);
    layout->addWidget(m_phases);
    layout->addWidget(m_waterfall);
    layout->addWidget(m_failures);
    layout->addStretch(1);
    layout->addWidget(curl, 0, Qt::AlignLeft);
    return pane;
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
    const MonitorSet *health = m_workbench->health();
    const int index = health ? health->indexOf(m_table->currentKey()) : -1;
    if (index < 0)
        return;
    const MonitorRecord &record = health->record(index);
    const Monitor &monitor = record.monitor;
    const ThemeColors &colors = themeColors(palette());
    m_name->setText(QStringLiteral("<b>%1</b><br><span style='color:%2'>%3, every %4</span>")
                        .arg(monitor.name.toHtmlEscaped(), colors.faded.name(),
                             redact(monitor.target.url).toHtmlEscaped(), ageText(double(monitor.interval.count()))));
    if (m_plot)
        m_plot->show(record.points, record.tracker.lapseAfter(),
                     double(m_workbench->workspace().thresholds.apiLatency.count()));
    const std::optional<ProbeSample> &last = record.last;
    m_phases->setText(last ? QStringLiteral("<b>Last full probe</b> at %1: %2")
                                 .arg(localTime(last->wallMs), last->status > 0 && last->phases.total
                                                                   ? latencyText(*last->phases.total)
                                                                   : QStringLiteral("no answer"))
                           : QStringLiteral("<b>Last full probe</b>: none yet"));
    m_phases->setToolTip(last ? utcTime(last->wallMs) : QString());
    m_waterfall->show(last ? last->phases : ProbePhases());
    QString failures;
    for (qsizetype i = record.failures.size() - 1; i >= std::max<qsizetype>(0, record.failures.size() - 5); --i)
        failures += QStringLiteral("<br>%1  %2")
                        .arg(localTime(record.failures[i].wallMs), record.failures[i].reason.toHtmlEscaped());
    m_failures->setText(failures.isEmpty() ? QStringLiteral("<b>Last failures</b>: none since the start")
                                           : QStringLiteral("<b>Last failures</b>") + failures);
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
    const MonitorSet *health = m_workbench->health();
    const int index = health ? health->indexOf(m_table->currentKey()) : -1;
    if (index < 0)
        return;
    QApplication::clipboard()->setText(curlCommand(health->record(index).monitor.target));
}

void HealthPage::showAlerts()
{
    if (!m_alertsPane)
        m_alertsPane = new AlertsPane(m_workbench, this);
    m_alertsPane->show();
    m_alertsPane->raise();
}

void HealthPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    // The plot costs memory and start-up time, so it is made when somebody looks.
    if (!m_plot) {
        m_plot = new LatencyPlot(m_plotPlace);
        m_plotPlace->layout()->addWidget(m_plot);
    }
    fillDetails();
}

} // namespace Switchyard
