// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/base/deadline.h"

#include <QObject>
#include <QThreadPool>

#include <utility>

namespace Switchyard {

/// One long piece of work at a time, on a thread of its own: it takes minutes, which the program's few workers have not
/// to give. Destruction cancels it and waits until it has ended, with all it started.
///
/// Thread: the GUI's; post() also from the work.
class DatabaseJob final : public QObject
{
    Q_OBJECT
public:
    explicit DatabaseJob(QObject *parent = nullptr)
        : QObject(parent)
    {
        m_pool.setMaxThreadCount(1);
    }
    ~DatabaseJob() override
    {
        cancel();
        m_pool.waitForDone();
    }

    bool isRunning() const { return m_running; }
    bool isCancelling() const { return m_running && m_cancelled->load(); }
    void cancel()
    {
        if (m_cancelled)
            m_cancelled->store(true);
    }

    /// `work(flag)` on the thread, then `then(result)` here. Not while one runs.
    template <typename Work, typename Then>
    void start(Work work, Then then)
    {
        m_running = true;
        m_cancelled = std::make_shared<std::atomic<bool>>(false);
        m_pool.start([this, flag = m_cancelled, work = std::move(work), then = std::move(then)]() mutable {
            auto result = work(flag);
            post([this, then = std::move(then), result = std::move(result)]() mutable {
                m_running = false;
                then(result);
            });
        });
    }

    /// Does something here in a later turn; dropped when this is gone by then.
    template <typename Call>
    void post(Call call)
    {
        QMetaObject::invokeMethod(this, std::move(call), Qt::QueuedConnection);
    }

private:
    CancelFlag m_cancelled;
    bool m_running = false;
    QThreadPool m_pool; ///< the last: its thread ends before what it looks at
};

} // namespace Switchyard
