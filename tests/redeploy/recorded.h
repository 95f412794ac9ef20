// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

#include <algorithm>

namespace Switchyard::Testing {

/// A record of a rehearsal: baseline at 0, trigger at 10 s. Times in milliseconds from the trigger.
class Recorded
{
public:
    SessionRecord record;

    Recorded()
    {
        SessionHeader &header = record.header;
        header.seesStop = header.seesStart = header.loopbackOnly = true;
        header.sockets = {{QStringLiteral("prices"),
                           QStringLiteral("websocket"),
                           2,
                           {1001, 1012},
                           true,
                           QStringLiteral("browser-backoff"),
                           {}}};
        for (const char *kind : {"health", "ready", "live"})
            header.endpoints.append({QString::fromLatin1(kind), QLatin1Char('/') + QString::fromLatin1(kind), 250});
        record.complete = true;
        record.endReason = QStringLiteral("settled");
        for (int c = 0; c < 2; ++c)
            client(-11'000, EventKind::ClientOpen, c, 1);
        phase(-10'000, "baseline");
        phase(0, "triggered");
        signal(1000);
        exited(4000);
        starting(4100);
        healthy(5000);
        phase(20'000, "settled");
    }

    Event &add(double ms, EventKind kind)
    {
        Event event;
        event.us = qRound64((ms + 20'000) * 1000);
        event.kind = kind;
        auto at = std::upper_bound(record.events.begin(), record.events.end(), event,
                                   [](const Event &a, const Event &b) { return a.us < b.us; });
        at = record.events.insert(at, event);
        const qsizetype index = at - record.events.begin();
        for (qsizetype i = 0; i < record.events.size(); ++i)
            record.events[i].id = int(i) + 1;
        return record.events[index];
    }
    void phase(double ms, const char *name) { add(ms, EventKind::Phase).text = QString::fromLatin1(name); }
    void instance(double ms, EventKind kind, const char *name) { add(ms, kind).instance = QString::fromLatin1(name); }
    void signal(double ms)
    {
        Event &event = add(ms, EventKind::SignalSent);
        event.instance = QStringLiteral("1");
        event.text = QStringLiteral("SIGTERM");
    }
    void exited(double ms) { instance(ms, EventKind::InstanceExited, "1"); }
    void starting(double ms) { instance(ms, EventKind::InstanceStarting, "2"); }
    void healthy(double ms) { instance(ms, EventKind::InstanceHealthy, "2"); }
    void client(double ms, EventKind kind, int number, int connection)
    {
        Event &event = add(ms, kind);
        event.subject = QStringLiteral("prices");
        event.client = number;
        event.connection = connection;
    }
    void lost(double ms, int number, int connection, EndCause cause = EndCause::CloseFrame, int code = 1012,
              bool valid = true, bool serverDisconnect = false)
    {
        Event &event = add(ms, EventKind::ClientEnded);
        event.subject = QStringLiteral("prices");
        event.client = number;
        event.connection = connection;
        event.cause = cause;
        event.code = code;
        event.codeValid = valid;
        event.wasOpen = true;
        event.serverDisconnect = serverDisconnect;
    }
    void probe(double ms, const char *subject, bool ok, const char *name = "")
    {
        Event &event = add(ms, EventKind::Probe);
        event.subject = QString::fromLatin1(subject);
        event.ok = ok;
        event.instance = QString::fromLatin1(name);
    }
    void remove(EventKind kind)
    {
        record.events.removeIf([kind](const Event &event) { return event.kind == kind; });
    }

    /// Probes of every endpoint all the time: ready fails from 1.2 s to 5 s, health and live while the process is away.
    Recorded &withProbes()
    {
        QList<Event> events = record.events;
        for (int ms = -10'000; ms <= 20'000; ms += 250) {
            const bool away = ms > 4000 && ms < 5000;
            for (const auto &[kind, ok] : {std::pair("health", !away), std::pair("live", !away),
                                           std::pair("ready", !(ms > 1200 && ms < 5000))}) {
                Event event;
                event.us = (ms + 20'000) * 1000LL;
                event.kind = EventKind::Probe;
                event.subject = QStringLiteral("%1 /%1").arg(QLatin1StringView(kind));
                event.ok = ok;
                events.append(event);
            }
        }
        std::stable_sort(events.begin(), events.end(), [](const Event &a, const Event &b) { return a.us < b.us; });
        for (qsizetype i = 0; i < events.size(); ++i)
            events[i].id = int(i) + 1;
        record.events = events;
        return *this;
    }
    /// Both clients told, closed and back.
    Recorded &withLosses()
    {
        for (int c = 0; c < 2; ++c) {
            client(1100, EventKind::ClientNotice, c, 1);
            lost(3500, c, 1);
            client(6000 + c * 1000, EventKind::ClientOpen, c, 2);
        }
        return *this;
    }

    Verdict verdict() const { return judge(record); }
    Gate gate(const char *id) const
    {
        for (const Gate &gate : verdict().gates) {
            if (gate.id == QLatin1StringView(id))
                return gate;
        }
        return {};
    }
    QString status(const char *id) const { return gateStatusName(gate(id).status); }
};

inline Recorded healthyRecord()
{
    Recorded recorded;
    recorded.withLosses().withProbes();
    return recorded;
}

} // namespace Switchyard::Testing
