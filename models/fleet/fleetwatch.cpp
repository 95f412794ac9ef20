// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetwatch.h"

#include "models/common/secret.h"

#include <QDateTime>
#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

/// Each reading looks at an hour of every monitor: oftener than this a server would feel it.
constexpr Milliseconds shortestEvery{5'000};
constexpr Milliseconds longestEvery{60'000};
constexpr Milliseconds timeout{15'000};
/// Two clocks that differ by less are the same as far as a window is concerned.
constexpr double sameClockMs = 2'000;

} // namespace

Result<PrometheusAccess> prometheusAccess(const PrometheusSettings &settings)
{
    PrometheusAccess access;
    access.url = settings.url;
    access.timeout = timeout;
    access.caFile = settings.ca;
    if (!access.caFile.isEmpty() && !QFileInfo(access.caFile).isReadable())
        return fail(ErrorKind::Usage, QStringLiteral("the certificate bundle %1 cannot be read").arg(access.caFile),
                    QStringLiteral("[prometheus] ca names a file with PEM certificates"));
    if (settings.token.isEmpty())
        return access;
    const Result<Secret> secret = parseSecretReference(settings.token).and_then(resolveSecret);
    if (!secret)
        return tl::unexpected(secret.error());
    access.token = *secret;
    return access;
}

/// Lives on the thread. What cannot be set up, such as a token that is not there, is tried anew with each reading.
class FleetWatch::Worker final : public QObject
{
public:
    Worker(const Workspace &workspace, FleetWatch *watch)
        : m_workspace(workspace)
        , m_watch(watch)
    {
    }

    void read()
    {
        if (const Result<void> ready = prepare(); !ready) {
            FleetState state;
            state.failure = ready.error();
            return tell(state);
        }
        m_reader->read();
    }

    void readWindow(const FleetQuestion &question)
    {
        const Result<void> ready = prepare();
        const auto monitor = std::find_if(m_monitors.cbegin(), m_monitors.cend(),
                                          [&](const FleetMonitor &each) { return each.id == question.monitorId; });
        if (!ready || monitor == m_monitors.cend()) {
            FleetWindow window;
            window.question = question;
            window.failure =
                ready ? Error{ErrorKind::Usage, QStringLiteral("there is no such monitor"), {}, {}} : ready.error();
            return tell(window);
        }
        m_windows->read(*monitor, question);
    }

private:
    Result<void> prepare()
    {
        if (m_reader)
            return {};
        Result<QList<FleetMonitor>> monitors = fleetMonitors(m_workspace);
        if (!monitors)
            return tl::unexpected(monitors.error());
        const Result<PrometheusAccess> access = prometheusAccess(*m_workspace.prometheus);
        if (!access)
            return tl::unexpected(access.error());
        m_monitors = *monitors;
        m_reader = new FleetReader(m_workspace, m_monitors, *access, FleetWatch::window, this);
        m_windows = new FleetWindowReader(m_workspace.name, *access, this);
        connect(m_reader, &FleetReader::finished, this, [this](const FleetState &state) {
            tell(state);
            // The token may be another one by now.
            if (state.failure.kind == ErrorKind::Auth && !state.answered())
                drop();
        });
        connect(m_windows, &FleetWindowReader::finished, this, [this](const FleetWindow &window) { tell(window); });
        return {};
    }

    void drop()
    {
        std::exchange(m_reader, nullptr)->deleteLater();
        std::exchange(m_windows, nullptr)->deleteLater();
    }

    /// The watch waits for this thread before it goes, so it is there.
    void tell(const FleetState &state)
    {
        QMetaObject::invokeMethod(
            m_watch, [watch = m_watch, state] { watch->take(state); }, Qt::QueuedConnection);
    }

    void tell(const FleetWindow &window)
    {
        QMetaObject::invokeMethod(
            m_watch,
            [watch = m_watch, window] {
                if (window.question.run == watch->m_run)
                    Q_EMIT watch->windowRead(window);
            },
            Qt::QueuedConnection);
    }

    const Workspace m_workspace;
    FleetWatch *m_watch;
    QList<FleetMonitor> m_monitors;
    FleetReader *m_reader = nullptr;
    FleetWindowReader *m_windows = nullptr;
};

FleetWatch::FleetWatch(const Workspace &workspace, QObject *parent)
    : QObject(parent)
    , m_url(workspace.prometheus->url)
    , m_every(longestEvery)
{
    for (const Backend &backend : workspace.backends) {
        for (const HealthEndpoint &endpoint : backend.health)
            m_every = std::min(m_every, endpoint.interval);
    }
    for (const FreeMonitor &monitor : workspace.monitors)
        m_every = std::min(m_every, monitor.endpoint.interval);
    m_every = std::max(m_every, shortestEvery);
    m_timer.setInterval(m_every);
    connect(&m_timer, &QTimer::timeout, this, &FleetWatch::readNow);
    auto *worker = new Worker(workspace, this);
    worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, worker, &QObject::deleteLater);
    connect(this, &FleetWatch::readWanted, worker, [worker] { worker->read(); });
    connect(this, &FleetWatch::windowWanted, worker,
            [worker](const FleetQuestion &question) { worker->readWindow(question); });
    m_thread.setObjectName(QStringLiteral("prometheus"));
    m_thread.start();
}

FleetWatch::~FleetWatch()
{
    m_thread.quit();
    m_thread.wait();
}

void FleetWatch::start()
{
    m_timer.start();
    readNow();
}

void FleetWatch::readNow()
{
    if (m_reading)
        return;
    m_reading = true;
    Q_EMIT readWanted();
}

void FleetWatch::take(const FleetState &state)
{
    m_reading = false;
    const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
    m_failure = state.failure;
    if (state.answered()) {
        m_state = state;
        m_answeredMs = nowMs;
        m_failsSinceMs = 0;
        m_places.clear();
        for (qsizetype i = 0; i < m_state.readings.size(); ++i)
            m_places.insert(m_state.readings[i].monitorId, i);
    } else if (m_failsSinceMs == 0) {
        m_failsSinceMs = nowMs;
    }
    Q_EMIT changed();
}

const FleetReading *FleetWatch::reading(const QString &monitorId) const
{
    const auto place = m_places.constFind(monitorId);
    return place == m_places.cend() ? nullptr : &m_state.readings[*place];
}

quint64 FleetWatch::readWindow(FleetQuestion question)
{
    question.run = ++m_run;
    if (const double ahead = m_state.clockAheadMs; !question.isServerTime && std::abs(ahead) > sameClockMs) {
        question.fromMs += qint64(ahead);
        question.toMs += qint64(ahead);
    }
    Q_EMIT windowWanted(question);
    return m_run;
}

} // namespace Switchyard
