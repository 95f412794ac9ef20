// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

#include <QObject>
#include <QThreadPool>

#include <memory>

namespace Switchyard {

/// Judges a session while it runs, on a worker thread with a record of its own: judging a hundred thousand events takes
/// longer than a window may stand still.
///
/// Thread: GUI; the answer comes as judged(). Destruction waits for the judgement that runs.
class LiveJudge final : public QObject
{
    Q_OBJECT
public:
    explicit LiveJudge(QObject *parent = nullptr);
    ~LiveJudge() override;

    /// Another session; an answer about the last one is dropped.
    void begin(const SessionHeader &header);
    void take(const QList<Event> &events);
    /// Judges what was taken so far; does nothing while it judges already.
    void judge();
    /// No answer comes any more.
    void stop();

Q_SIGNALS:
    void judged(const Switchyard::Verdict &verdict);

private:
    std::shared_ptr<SessionRecord> m_record; ///< touched by the worker only, once it was handed over
    QList<Event> m_pending;
    QThreadPool m_pool;
    int m_run = 0;
    bool m_busy = false;
};

} // namespace Switchyard
