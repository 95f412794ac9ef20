// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/detailfeed.h"

#include "models/health/monitorset.h"
#include "ui/common/workbench.h"
#include "ui/health/monitordetail.h"

namespace Switchyard {

namespace {

const Backend *backendOf(const Workspace &workspace, const QString &name)
{
    for (const Backend &backend : workspace.backends) {
        if (backend.name == name)
            return &backend;
    }
    return nullptr;
}

QString metricsPath(const Backend &backend)
{
    for (const SocketEndpoint &socket : backend.sockets) {
        if (socket.count.kind == CountSource::Kind::Prometheus && !socket.count.path.isEmpty())
            return socket.count.path;
    }
    return QStringLiteral("/metrics");
}

/// The certificates that its endpoints trust are those that its metrics trust.
QString trustOf(const MonitorRecord &record)
{
    return record.monitor.target.caFile;
}

} // namespace

DetailFeed::DetailFeed(Workbench *workbench, MonitorDetail *detail, QObject *parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_detail(detail)
{
    connect(workbench, &Workbench::workspaceOpened, this, [this] { m_meanings.watch(m_workbench->health()); });
    connect(workbench, &Workbench::workspaceClosed, this, [this] {
        m_meanings.watch(nullptr);
        m_detail->showRecord(nullptr, 0);
        m_detail->setHistory({});
    });
    m_meanings.watch(workbench->health());
}

void DetailFeed::show(const QString &id)
{
    const MonitorSet *health = m_workbench->health();
    const int index = health ? health->indexOf(id) : -1;
    if (index < 0) {
        m_detail->showRecord(nullptr, 0);
        return;
    }
    const MonitorRecord &record = health->record(index);
    const Workspace &workspace = m_workbench->workspace();
    const Backend *backend = backendOf(workspace, record.monitor.group);
    noteMarks(record.monitor.group);
    m_detail->setHistory(m_workbench->historyFile());
    m_detail->showRecord(&record, double(workspace.thresholds.apiLatency.count()));
    m_detail->setMetrics(backend ? backend->url : QString(),
                         backend ? metricsPath(*backend) : QStringLiteral("/metrics"), trustOf(record));
    m_detail->setObservations(m_meanings.seen(record.monitor.group));
}

void DetailFeed::noteMarks(const QString &group)
{
    QList<HistoryMark> marks;
    if (const SessionOutcomePtr outcome = m_workbench->lastOutcome(group))
        marks.append({outcome->wallMs, QStringLiteral("session"), QStringLiteral("session ended")});
    m_detail->setMarks(marks);
}

} // namespace Switchyard
