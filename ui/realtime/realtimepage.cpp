// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/realtime/realtimepage.h"

#include "ui/common/notice.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/realtime/socketrows.h"

#include <QAction>
#include <QLabel>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

namespace Switchyard {

RealtimePage::RealtimePage(Workbench *workbench, std::function<SessionPane(QWidget *)> makeSession, QWidget *parent)
    : Page(parent)
    , m_workbench(workbench)
    , m_makeSession(std::move(makeSession))
    , m_parts(new QTabBar(this))
    , m_stack(new QStackedWidget(this))
    , m_sockets(new RowModel(socketColumns(), this))
{
    m_parts->setObjectName(QStringLiteral("realtimeParts"));
    m_parts->setAccessibleName(QStringLiteral("Live counts or session"));
    m_parts->setDrawBase(false);
    m_parts->setExpanding(false);
    m_parts->addTab(QStringLiteral("Live counts"));
    m_parts->addTab(QStringLiteral("Redeploy session"));
    m_stack->addWidget(makeLive());
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_parts);
    layout->addWidget(m_stack, 1);
    connect(m_parts, &QTabBar::currentChanged, this, &RealtimePage::showPart);
    // A table that stands still would show the sockets of another backend.
    for (const auto goOn : {&Workbench::workspaceOpened, &Workbench::workspaceClosed})
        connect(m_workbench, goOn, this, [this] { m_paused = false; });
    connect(m_workbench, &Workbench::currentBackendChanged, this, [this] { m_paused = false; });
    connect(m_workbench, &Workbench::liveChanged, this, &RealtimePage::fill);
    connect(m_workbench, &Workbench::workspaceOpened, this, &RealtimePage::fill);
    connect(m_workbench, &Workbench::currentBackendChanged, this, &RealtimePage::fill);
    connect(m_workbench, &Workbench::sessionStarted, this, [this] { Q_EMIT busyChanged(true); });
    connect(m_workbench, &Workbench::sessionFinished, this, [this] { Q_EMIT busyChanged(false); });
    auto *live = new QAction(QStringLiteral("Show &live counts"), this);
    live->setShortcut(QKeySequence(QStringLiteral("Ctrl+L")));
    connect(live, &QAction::triggered, this, [this] { showItem(QStringLiteral("live")); });
    auto *session = new QAction(QStringLiteral("Show the &session"), this);
    session->setShortcut(QKeySequence(QStringLiteral("Ctrl+E")));
    connect(session, &QAction::triggered, this, [this] { showItem(QStringLiteral("session")); });
    m_actions = {live, session};
    fill();
}

QWidget *RealtimePage::makeLive()
{
    m_live = new QStackedWidget(this);
    auto *pane = new QWidget(m_live);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    m_table = new Table(m_sockets, QStringLiteral("socketTable"), QStringLiteral("Sockets of the backend"), pane);
    m_table->setWidths({110, 130, 110, 95, 140, 80, 80, 150, 90});
    m_note = new QLabel(pane);
    m_note->setProperty("faded", true);
    m_totals = new QLabel(pane);
    m_totals->setObjectName(QStringLiteral("countTotals"));
    layout->addWidget(m_table, 1);
    layout->addWidget(m_totals);
    layout->addWidget(m_note);
    m_live->addWidget(pane);
    m_empty = new NoticePane(m_live);
    m_live->addWidget(m_empty);
    return m_live;
}

void RealtimePage::showPart(int part)
{
    if (part == 1 && !m_session.widget) {
        m_session = m_makeSession(m_stack);
        m_stack->addWidget(m_session.widget);
    }
    m_stack->setCurrentIndex(part);
}

void RealtimePage::fill()
{
    const BackendMonitor *monitor = m_workbench->monitor(m_workbench->currentBackend());
    if (m_paused || !monitor)
        return;
    const QList<const BackendMonitor *> shown = shownMonitors();
    if (shown.isEmpty()) {
        m_empty->show(
            QStringLiteral("realtime"),
            QStringLiteral("%1 has no socket in its workspace.").arg(monitor->backend().name),
            QStringLiteral(
                "Add a [[backend.socket]] table with its path to switchyard.toml, and its clients are counted here."));
        m_live->setCurrentIndex(1);
        return;
    }
    m_live->setCurrentIndex(0);
    QList<Row> rows;
    const double limit = double(m_workbench->workspace().thresholds.websocketLatency.count());
    QStringList totals;
    const Instant now = Clock::now();
    for (const BackendMonitor *each : shown) {
        for (const SocketLive &live : each->sockets())
            rows.append(socketRow(live, limit, now));
        totals.append(totalText(each->backend().name, each->sockets(), now));
    }
    m_sockets->merge(rows);
    m_totals->setText(totals.join(QStringLiteral("     ")));
    m_note->setText(m_workbench->sessionRunning()
                        ? QStringLiteral("A session runs: probes are those of the session, counts rest until it ends.")
                        : QStringLiteral("\"Backend says\" is the backend's own count, read every 2 s; it includes the "
                                         "probe clients. Space pauses."));
}

/// The backend that was chosen; and where it is the source or the target of a migration, the other one as well, so that
/// clients can be seen to move.
QList<const BackendMonitor *> RealtimePage::shownMonitors() const
{
    const Workspace &workspace = m_workbench->workspace();
    const Backend *current = workspace.backend(m_workbench->currentBackend());
    QList<const BackendMonitor *> shown;
    if (!current)
        return shown;
    QStringList names{current->name};
    const QString other = current->role == QLatin1StringView("source")   ? QStringLiteral("target")
                          : current->role == QLatin1StringView("target") ? QStringLiteral("source")
                                                                         : QString();
    for (const Backend &backend : workspace.backends) {
        if (!other.isEmpty() && backend.role == other && backend.component == current->component)
            names.insert(other == QLatin1StringView("source") ? 0 : 1, backend.name);
    }
    for (const QString &name : std::as_const(names)) {
        const BackendMonitor *monitor = m_workbench->monitor(name);
        if (monitor && !monitor->sockets().isEmpty())
            shown.append(monitor);
    }
    return shown;
}

bool RealtimePage::isBusy() const
{
    return m_workbench->sessionRunning();
}

void RealtimePage::cancel()
{
    m_workbench->interruptSession();
}

void RealtimePage::refresh()
{
    if (BackendMonitor *monitor = m_workbench->monitor(m_workbench->currentBackend()))
        monitor->probeNow();
}

bool RealtimePage::togglePause()
{
    if (m_stack->currentIndex() == 1)
        return m_session.togglePause();
    m_paused = !m_paused;
    m_note->setText(QStringLiteral("Paused: the table stands still. Space goes on."));
    fill();
    return true;
}

bool RealtimePage::focusFilter()
{
    if (m_stack->currentIndex() != 1)
        return false;
    m_session.focusFilter();
    return true;
}

void RealtimePage::showItem(const QString &item)
{
    const bool session = item.section(QLatin1Char('/'), 0, 0) == QLatin1StringView("session");
    const QString backend = item.section(QLatin1Char('/'), 1);
    if (!backend.isEmpty())
        m_workbench->setCurrentBackend(backend);
    m_parts->setCurrentIndex(session ? 1 : 0);
    if (session && !backend.isEmpty())
        m_session.showBackend(backend);
}

} // namespace Switchyard
