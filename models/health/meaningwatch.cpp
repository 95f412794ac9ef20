// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/meaningwatch.h"

#include "models/health/monitorset.h"

namespace Switchyard {

namespace {

bool hasBoth(const MonitorSet &set, const QString &group)
{
    bool live = false;
    bool ready = false;
    for (int i = 0; i < set.count(); ++i) {
        const Monitor &monitor = set.record(i).monitor;
        if (monitor.group != group)
            continue;
        live = live || monitor.kind == EndpointKind::Live;
        ready = ready || monitor.kind == EndpointKind::Ready;
    }
    return live && ready;
}

} // namespace

void MeaningWatch::watch(MonitorSet *set)
{
    if (set == m_set)
        return;
    if (m_set)
        m_set->disconnect(this);
    m_set = set;
    m_samples.clear();
    m_judged.clear();
    if (!set)
        return;
    connect(set, &MonitorSet::sampleTaken, this, [this](int index, const ProbeSample &sample) {
        const Monitor &monitor = m_set->record(index).monitor;
        // Most monitors belong to no such backend: nothing is kept of them.
        if (!isJudged(monitor.group))
            return;
        QList<ProbeSample> &samples = m_samples[monitor.id];
        samples.append(sample);
        samples.last().body.truncate(keptBody);
        if (samples.size() > keptSamples)
            samples.removeFirst();
    });
}

bool MeaningWatch::isJudged(const QString &group) const
{
    if (group.isEmpty())
        return false;
    auto known = m_judged.constFind(group);
    if (known == m_judged.cend())
        known = m_judged.insert(group, hasBoth(*m_set, group));
    return *known;
}

QList<EndpointObservation> MeaningWatch::seen(const QString &group) const
{
    QList<EndpointObservation> all;
    if (!m_set || !isJudged(group))
        return all;
    for (int i = 0; i < m_set->count(); ++i) {
        const Monitor &monitor = m_set->record(i).monitor;
        if (monitor.group == group)
            all.append({monitor.kind, monitor.path(), m_samples.value(monitor.id)});
    }
    return all;
}

} // namespace Switchyard
