// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/endpointmeanings.h"

#include <QHash>
#include <QObject>
#include <QPointer>

namespace Switchyard {

class MonitorSet;

/// Keeps the last answers of each endpoint of those backends that have a live and a ready endpoint, so that their
/// meanings can be judged. Bounded. Thread: that of the set.
class MeaningWatch final : public QObject
{
    Q_OBJECT
public:
    static constexpr qsizetype keptSamples = 120;
    static constexpr qsizetype keptBody = 16 * 1024;
    using QObject::QObject;
    /// Another set begins anew; nullptr ends it. The set's monitors stay what they are while it is watched.
    void watch(MonitorSet *set);
    /// In the order of the set; empty: the group has not both kinds.
    QList<EndpointObservation> seen(const QString &group) const;

private:
    bool isJudged(const QString &group) const;

    QPointer<MonitorSet> m_set;
    mutable QHash<QString, bool> m_judged;        ///< by group; asked for every sample, so it is looked up once
    QHash<QString, QList<ProbeSample>> m_samples; ///< by the id of the monitor
};

} // namespace Switchyard
