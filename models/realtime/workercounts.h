// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"

#include <QList>
#include <QMap>
#include <QString>

namespace Switchyard {

/// What the backend itself says about the number of its clients on one socket.
struct CountReading
{
    enum class Status
    {
        NoSource,
        Waiting,
        Read,
        Unreachable, ///< no answer: refused, silent, TLS
        Wrong        ///< an answer that holds no count: HTTP status, no such pointer or series, login refused
    };
    Status status = Status::NoSource;
    double value = 0;     ///< valid when Read
    bool partial = false; ///< one worker of several gave it, or some of several did
    QString reason;       ///< why there is none, or why it is partial
    Instant at{};         ///< Read: when
    bool failed() const { return status == Status::Unreachable || status == Status::Wrong; }
    bool operator==(const CountReading &) const = default;
};

/// Puts together what the workers of one backend say. Several processes behind one address answer in turn, each for
/// itself: the sum of those that were heard is at least closer to the truth than whichever answered last, and it is
/// marked partial, because nothing tells whether all of them were heard.
class WorkerCounts final
{
public:
    /// A worker that was not heard for so long is gone.
    static constexpr Milliseconds memory{30'000};

    /// One answer. `worker`: an instance id, a pid, a start time; empty where the answer names none.
    [[nodiscard]] CountReading take(const QString &worker, double value, Instant at);

private:
    struct Heard
    {
        double value = 0;
        Instant at{};
    };
    QMap<QString, Heard> m_workers;
    QList<double> m_anonymous; ///< the last answers that named no worker
};

} // namespace Switchyard
