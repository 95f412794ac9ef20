// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/fleet/fleetreader.h"
#include "models/fleet/fleetwindow.h"

#include <QHash>
#include <QThread>
#include <QTimer>

#include <memory>

namespace Switchyard {

/// Reads the monitors of a workspace from its Prometheus server again and again, and windows of single ones when asked.
/// Requests and answers are dealt with on a thread of its own, so that a thousand monitors cost this one nothing but
/// the copy of a pointer.
///
/// Thread: the one it lives on, with an event loop; nothing here blocks, but for the end of that thread, which waits
/// for no answer.
class FleetWatch final : public QObject
{
    Q_OBJECT
public:
    static constexpr Milliseconds window{3'600'000}; ///< of the percentiles and the uptime

    /// `workspace` has [prometheus].
    explicit FleetWatch(const Workspace &workspace, QObject *parent = nullptr);
    ~FleetWatch() override;

    void start();
    /// At once, unless it reads just now.
    void readNow();

    const QString &url() const { return m_url; }
    Milliseconds every() const { return m_every; }
    bool isReading() const { return m_reading; }
    /// The last answer; its readings are empty where none came yet.
    const FleetState &state() const { return m_state; }
    /// Of the last reading; message empty: it answered, or none was finished.
    const Error &failure() const { return m_failure; }
    bool fails() const { return !m_failure.message.isEmpty(); }
    /// When the last answer came, and since when none does, by this machine's wall clock; 0: never.
    qint64 answeredMs() const { return m_answeredMs; }
    qint64 failsSinceMs() const { return m_failsSinceMs; }
    /// nullptr: none, or the server was never read.
    const FleetReading *reading(const QString &monitorId) const;

    /// windowRead() answers, unless another question follows.
    /// Gives the run that the answer carries.
    quint64 readWindow(FleetQuestion question);

Q_SIGNALS:
    /// A reading came or failed.
    void changed();
    void windowRead(const Switchyard::FleetWindow &window);

    /// To the thread.
    void readWanted();
    void windowWanted(const Switchyard::FleetQuestion &question);

private:
    class Worker;
    void take(const FleetState &state);

    QString m_url;
    Milliseconds m_every{0};
    QThread m_thread;
    QTimer m_timer;
    FleetState m_state;
    QHash<QString, qsizetype> m_places;
    Error m_failure;
    qint64 m_answeredMs = 0, m_failsSinceMs = 0;
    quint64 m_run = 0;
    bool m_reading = false;
};

/// How the server of the settings is reached. May block on a file. Errors: usage, and those of the token's reference.
[[nodiscard]] Result<PrometheusAccess> prometheusAccess(const PrometheusSettings &settings);

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::FleetQuestion)
