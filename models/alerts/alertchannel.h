// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/alerts/alertmessage.h"
#include "models/common/httpfetch.h"
#include "models/workspace/alertsettings.h"

#include <QObject>
#include <QQueue>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>

class QProcess;

namespace Switchyard {

/// How patient alerts are. Tests have them shorter.
struct AlertTimes
{
    Milliseconds gather{3'000}; ///< what happens within it after the first is one message
    Milliseconds apart{30'000}; ///< between two messages of one channel: what comes earlier is gathered
    Milliseconds firstRetry{2'000};
    Milliseconds longestRetry{300'000}; ///< each retry waits twice as long as the one before, up to this
    int retries = 5;                    ///< after the first attempt
    int queue = 20;                     ///< messages that wait behind one that is being retried
    Milliseconds certificateAgain{std::chrono::hours(24)};
    Milliseconds tick{5'000}; ///< how often it is looked what is to be told again
};

/// How one channel does. A value type.
struct AlertChannelStatus
{
    QString name;
    AlertKind kind = AlertKind::Desktop;
    QString target;         ///< for people: the reference, the host, the program; never a secret
    qint64 deliveredMs = 0; ///< when the last message was accepted; 0: none was
    qint64 failedMs = 0;    ///< when the last attempt failed that did; 0: none did
    QString error;          ///< of the last attempt; empty: it was accepted, or there was none
    int delivered = 0;
    int retries = 0; ///< of the message that is being sent
    int waiting = 0; ///< messages, the one being sent among them
    int dropped = 0; ///< messages given up
};

/// What became of one message.
struct AlertDelivery
{
    QString channel;
    QString id;
    bool test = false;
    bool accepted = false;
    int attempts = 0;
    QString error; ///< redacted; empty where accepted
    QString hint;
};

/// Called once, on the thread that asked: whether the message is shown, or why it is not.
using AlertShown = std::function<void(const Result<void> &shown)>;
/// Shows a message on the desktop: title, text, and whether it is bad news.
using AlertNotify =
    std::function<void(const QString &title, const QString &text, MonitorState state, const AlertShown &shown)>;

/// Sends messages by one [[alert]], in order, one at a time, with retries.
///
/// Tried again: no answer, 408, 425, 429 and 5xx; a command that ends with 75 (EX_TEMPFAIL of sysexits.h) or is killed
/// at its time limit. Retry-After is heeded up to AlertTimes::longestRetry. Not tried again: another status, a
/// certificate that does not verify, a reference that leads nowhere. What is given up is counted, and the next message
/// says so.
///
/// References are resolved on a worker when a message is sent, and forgotten after it; no error repeats their value.
///
/// Thread: the one it lives on, with an event loop. Destruction drops what waits and kills a command that runs.
class AlertChannel final : public QObject
{
    Q_OBJECT
public:
    explicit AlertChannel(AlertSettings settings, AlertTimes times = {}, QObject *parent = nullptr);
    ~AlertChannel() override;

    const AlertSettings &settings() const { return m_settings; }
    AlertChannelStatus status() const;
    /// Without it kind = "desktop" has nowhere to go.
    void setNotify(AlertNotify notify) { m_notify = std::move(notify); }

    void send(AlertMessage message);

Q_SIGNALS:
    /// Once for each message, when it was accepted or given up.
    void finished(const Switchyard::AlertDelivery &delivery);
    void changed();

private:
    struct Attempt
    {
        bool accepted = false;
        bool again = false; ///< worth another attempt
        std::optional<Milliseconds> after;
        QString error;
        QString hint;
    };
    void attempt();
    void attemptDesktop();
    void attemptHttp();
    void attemptCommand();
    void post(const Secret &url);
    void judge(const FetchAnswer &answer);
    void concludeCommand(bool started);
    void conclude(const Attempt &attempt);
    void give(bool accepted, const Attempt &attempt);
    void killCommand();

    AlertSettings m_settings;
    AlertTimes m_times;
    AlertNotify m_notify;
    QQueue<AlertMessage> m_queue; ///< the first is being sent
    bool m_sending = false;
    int m_attempts = 0;
    int m_droppedSince = 0; ///< since the last that was accepted
    AlertChannelStatus m_status;
    QTimer m_retry, m_limit;
    HttpFetch m_fetch;
    Secret m_url; ///< while it is posted to
    quint64 m_run = 0;
    QProcess *m_process = nullptr;
    bool m_late = false;
};

} // namespace Switchyard

Q_DECLARE_METATYPE(Switchyard::AlertDelivery)
