// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/livejudge.h"

#include <utility>

namespace Switchyard {

LiveJudge::LiveJudge(QObject *parent)
    : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
}

LiveJudge::~LiveJudge()
{
    m_pool.waitForDone();
}

void LiveJudge::begin(const SessionHeader &header)
{
    ++m_run;
    m_busy = false;
    m_pending.clear();
    m_record = std::make_shared<SessionRecord>();
    m_record->header = header;
}

void LiveJudge::take(const QList<Event> &events)
{
    m_pending += events;
}

void LiveJudge::stop()
{
    ++m_run;
    m_busy = false;
    m_pending.clear();
    m_record.reset();
}

void LiveJudge::judge()
{
    if (m_busy || !m_record)
        return;
    m_busy = true;
    // One thread, so that the batches arrive in their order; the destructor waits, so that `this` is there.
    m_pool.start([this, run = m_run, record = m_record, batch = std::exchange(m_pending, {})] {
        record->events += batch;
        const Verdict verdict = Switchyard::judge(*record);
        QMetaObject::invokeMethod(
            this,
            [this, run, verdict] {
                if (run != m_run)
                    return;
                m_busy = false;
                Q_EMIT judged(verdict);
            },
            Qt::QueuedConnection);
    });
}

} // namespace Switchyard
