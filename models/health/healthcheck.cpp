// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/healthcheck.h"

#include "models/health/prober.h"

#include <algorithm>

namespace Switchyard {

HealthCheck::HealthCheck(QObject *parent)
    : QObject(parent)
    , m_prober(std::make_unique<Prober>())
{
    m_prober->setImmediate(true);
    connect(m_prober.get(), &Prober::samplesReady, this, &HealthCheck::takeSamples);
}

HealthCheck::~HealthCheck() = default;

void HealthCheck::check(const QList<ProbeTarget> &targets)
{
    m_prober->unscheduleAll();
    m_ids.clear();
    m_places.clear();
    m_samples.assign(size_t(targets.size()), std::nullopt);
    m_missing = m_samples.size();
    m_running = true;
    for (const ProbeTarget &target : targets) {
        ProbeTarget numbered = target;
        numbered.id = QString::number(m_ids.size());
        m_places.insert(numbered.id, m_ids.size());
        m_ids += target.id;
        m_prober->probeOnce(numbered);
    }
    if (targets.isEmpty())
        QMetaObject::invokeMethod(
            this,
            [this] {
                if (m_running && m_missing == 0)
                    finish();
            },
            Qt::QueuedConnection);
}

void HealthCheck::cancel()
{
    if (!m_running)
        return;
    m_prober->unscheduleAll();
    const Instant now = Clock::now();
    for (std::optional<ProbeSample> &sample : m_samples) {
        if (sample)
            continue;
        sample.emplace();
        sample->sentAt = sample->doneAt = now;
        sample->errorKind = ErrorKind::Cancelled;
        sample->reason = QStringLiteral("cancelled before an answer came");
    }
    finish();
}

void HealthCheck::takeSamples(const QList<ProbeSample> &samples)
{
    for (const ProbeSample &sample : samples) {
        const auto place = m_places.constFind(sample.targetId);
        if (!m_running || place == m_places.cend() || m_samples[size_t(*place)])
            continue;
        m_samples[size_t(*place)] = sample;
        --m_missing;
    }
    if (m_running && m_missing == 0)
        finish();
}

void HealthCheck::finish()
{
    m_running = false;
    QList<ProbeSample> samples;
    for (size_t i = 0; i < m_samples.size(); ++i) {
        samples += *m_samples[i];
        samples.last().targetId = m_ids[qsizetype(i)];
    }
    // Last: a slot may start the next check or destroy this object.
    Q_EMIT finished(samples);
}

} // namespace Switchyard
