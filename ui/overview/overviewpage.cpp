// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/overview/overviewpage.h"

#include "models/fleet/fleetwatch.h"
#include "models/health/monitorset.h"
#include "ui/common/healthsource.h"
#include "ui/common/offthread.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/overview/backendcard.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {
constexpr int cardsInRow = 3;

bool isFree(const Workbench &workbench, const MonitorRecord &record)
{
    return !workbench.workspace().backend(record.monitor.group);
}

bool anyFreeProbed(const Workbench &workbench)
{
    const MonitorSet *health = workbench.health();
    for (int i = 0; health && i < health->count(); ++i) {
        if (workbench.healthSource()->isKnown(health->record(i)) && isFree(workbench, health->record(i)))
            return true;
    }
    return false;
}

} // namespace

OverviewPage::OverviewPage(Workbench *workbench, QWidget *parent)
    : Page(parent)
    , m_workbench(workbench)
    , m_cards(new QGridLayout)
    , m_model(new RowModel(attentionColumns(), this))
    , m_table(new Table(m_model, QStringLiteral("attentionTable"), QStringLiteral("What needs attention"), this))
    , m_calm(new QLabel(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 12);
    layout->setSpacing(12);
    m_cards->setSpacing(12);
    m_cards->setColumnStretch(cardsInRow, 1);
    layout->addLayout(m_cards);
    auto *heading = new QLabel(QStringLiteral("Needs attention"), this);
    heading->setProperty("heading", true);
    layout->addSpacing(4);
    layout->addWidget(heading);
    m_calm->setObjectName(QStringLiteral("calmLabel"));
    layout->addWidget(m_calm);
    layout->addWidget(m_table, 1);
    // Where there is no table, the rest stays at the top.
    layout->addStretch(0);
    m_table->setWidths({130, 140, 760});
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &index) {
        const QString key = index.siblingAtColumn(0).data(Role::Key).toString();
        for (const Attention &item : std::as_const(m_items)) {
            if (item.key == key)
                Q_EMIT leadRequested(item.page, item.item);
        }
    });
    connect(m_workbench, &Workbench::workspaceOpened, this, &OverviewPage::makeCards);
    connect(m_workbench, &Workbench::liveChanged, this, &OverviewPage::fill);
    connect(m_workbench, &Workbench::sessionStarted, this, &OverviewPage::fill);
    connect(m_workbench, &Workbench::sessionFinished, this, &OverviewPage::fill);
    connect(m_workbench, &Workbench::lockChanged, this, &OverviewPage::fill);
    makeCards();
}

void OverviewPage::makeCards()
{
    qDeleteAll(m_shown);
    m_shown.clear();
    for (const BackendMonitor *monitor : m_workbench->monitors()) {
        const int place = int(m_shown.size());
        m_shown.append(new BackendCard(m_workbench, monitor->backend().name, this));
        m_cards->addWidget(m_shown.last(), place / cardsInRow, place % cardsInRow);
        m_shown.last()->show();
        connect(m_shown.last(), &BackendCard::leadRequested, this, &OverviewPage::leadRequested);
        connect(m_shown.last(), &BackendCard::sessionListRequested, this, [this] {
            Q_EMIT leadRequested(QStringLiteral("WebSockets"), QStringLiteral("session"));
            m_workbench->requestSessionList();
        });
    }
    fill();
    readRecorded();
}

/// The newest recorded session of each backend; read on a worker, the folder may hold thousands.
void OverviewPage::readRecorded()
{
    if (m_workbench->journalFolder().isEmpty() || m_shown.isEmpty())
        return;
    offThread(
        this, [folder = m_workbench->journalFolder()] { return listSessions(folder); },
        [this, workspace = m_workbench->workspace().name](const QList<SessionSummary> &sessions) {
            if (workspace != m_workbench->workspace().name)
                return;
            for (BackendCard *card : std::as_const(m_shown)) {
                const auto it = std::find_if(sessions.cbegin(), sessions.cend(), [&](const SessionSummary &session) {
                    return session.workspace == workspace && session.backend == card->objectName().mid(5);
                });
                if (it != sessions.cend())
                    card->setRecorded(*it);
            }
        });
}

void OverviewPage::fill()
{
    for (BackendCard *card : std::as_const(m_shown))
        card->fill();
    m_items = attentionOf(*m_workbench);
    m_model->merge(attentionRows(m_items));
    m_table->setVisible(!m_items.isEmpty());
    m_calm->setVisible(m_items.isEmpty());
    const bool known = std::any_of(m_shown.cbegin(), m_shown.cend(),
                                   [this](const BackendCard *card) {
                                       const BackendMonitor *monitor = m_workbench->monitor(card->objectName().mid(5));
                                       return monitor && monitor->state() != State::Unknown;
                                   }) ||
                       anyFreeProbed(*m_workbench);
    const ThemeColors &colors = themeColors(palette());
    m_calm->setText(
        known ? QStringLiteral("<span style='color:%1'>●</span> Nothing needs you now.").arg(colors.up.name())
              : QStringLiteral("<span style='color:%1'>○</span> Nothing was measured yet.").arg(colors.unknown.name()));
    Q_EMIT badgeChanged(int(m_items.size()));
}

void OverviewPage::refresh()
{
    for (BackendMonitor *monitor : m_workbench->monitors())
        monitor->probeNow();
    if (FleetWatch *watch = m_workbench->healthSource()->watch())
        return watch->readNow();
    MonitorSet *health = m_workbench->health();
    for (int i = 0; health && i < health->count(); ++i) {
        if (isFree(*m_workbench, health->record(i)))
            health->probeNow(health->record(i).monitor.id);
    }
}

void OverviewPage::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        fill();
    Page::changeEvent(event);
}

} // namespace Switchyard
