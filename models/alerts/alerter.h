// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/alerts/alertchannel.h"
#include "models/health/monitortracker.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

namespace Switchyard {

class MonitorSet;
struct CertificateInfo;

/// Something that is wrong now, as a person sees it. A value type.
struct OpenAlert
{
    QString key;   ///< of the monitor, and of its certificate where it is about that; for acknowledge()
    QString event; ///< "down", "degraded", "unknown", "cold-start" or "certificate"
    QString monitorId;
    QString monitor;
    QString group;
    QString cause;
    qint64 sinceMs = 0;
    bool suppressed = false; ///< a deploy window keeps it from being told
    int told = 0;            ///< messages that named it, over all channels
    QString acknowledged;    ///< the note; empty: nobody did
    qint64 acknowledgedMs = 0;
};

/// Decides who is told what of the monitors' states, and hands it to the channels.
///
/// - A channel is told of a state in its `on`, once; not again after a flap that was no recovery. What is suppressed is
///   kept in the list, and told when its window ends and it still holds.
/// - Up is told only where trouble was told before. Where a channel does not want to hear of "degraded", a change from
///   down to it counts as up.
/// - With `resend`, again after that time while the state lasts and nobody acknowledged it. An acknowledgement ends
/// with
///   the state, and when it becomes worse; while a monitor is unknown nothing is told again.
/// - A certificate is told when `certificate_days` or fewer are left, and once a day from then on.
/// - What happens within AlertTimes::gather is one message, and two messages of one channel are AlertTimes::apart.
///
/// Nothing is kept over a restart: what is down then is told again.
///
/// Thread: the one it lives on, with an event loop; nothing here blocks.
class Alerter final : public QObject
{
    Q_OBJECT
public:
    Alerter(const QList<AlertSettings> &settings, QString workspace, AlertTimes times = {}, QObject *parent = nullptr);
    ~Alerter() override;

    /// Listens to it. It must outlive this, or go together with it.
    void watch(MonitorSet *monitors);
    /// Off: what it says counts for nothing, because something else measures. What is open stays.
    void setWatching(bool on) { m_watching = on; }
    /// Where kind = "desktop" goes.
    void setNotify(const AlertNotify &notify);

    /// What watch() does for each change and each sample; for tests and others who have them from elsewhere.
    void take(const QString &monitorName, const QString &group, const MonitorTransition &transition);
    void takeCertificate(const QString &monitorId, const QString &monitorName, const QString &group,
                         const CertificateInfo &certificate);

    /// Not told again until the state ends. An empty note becomes "seen". Unknown keys do nothing.
    void acknowledge(const QString &key, const QString &note);
    /// False: there is no channel of that name. Sent at once, in one attempt; delivered() tells what became of it.
    bool sendTest(const QString &channel);

    /// Newest first.
    QList<OpenAlert> open() const;
    /// In the order of the workspace.
    QList<AlertChannelStatus> channels() const;

Q_SIGNALS:
    /// open() or channels() changed; at most ten times a second.
    void changed();
    void delivered(const Switchyard::AlertDelivery &delivery);

private:
    struct Told
    {
        QString event; ///< the last trouble it was told of; empty: none, or it was told that it is over
        Instant at{};
        int resends = 0;
    };
    struct Case
    {
        OpenAlert alert;
        MonitorState state = MonitorState::Unknown;
        QHash<int, Told> told; ///< by channel
        bool open = false;
        int acknowledgedWeight = 0; ///< of the worst state that was acknowledged
        qint64 notAfter = 0;        ///< of a certificate
        int daysLeft = 0;
    };
    struct Route
    {
        std::unique_ptr<AlertChannel> channel;
        QList<AlertItem> pending;
        QTimer timer;
        std::optional<Instant> sentAt;
    };
    Case &caseOf(const QString &key, const QString &id, const QString &name, const QString &group);
    void tellTrouble(Case &about, const MonitorTransition &transition);
    void tellRecovery(Case &about, const MonitorTransition &transition);
    void add(int route, Case &about, AlertItem item);
    AlertItem itemOf(const Case &about, qint64 nowMs) const;
    void flush(int route);
    void tick();
    void noteChanged();

    QString m_workspace;
    AlertTimes m_times;
    std::vector<std::unique_ptr<Route>> m_routes;
    QHash<QString, Case> m_cases; ///< by key; also those that are over, where a channel has still to hear of it
    bool m_watching = true;
    int m_certificateDays = 0; ///< the most of any channel; 0: none asks for it
    QTimer m_tick, m_announce;
};

} // namespace Switchyard
