// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

#include <QHash>
#include <QList>
#include <QObject>

#include <memory>
#include <optional>
#include <vector>

namespace Switchyard {

class Prober;

/// Probes each of a list of targets once, all at the same time: `health check`.
///
/// Thread: create, call and destroy it on one thread with an event loop. Destruction cancels.
class HealthCheck final : public QObject
{
    Q_OBJECT
public:
    explicit HealthCheck(QObject *parent = nullptr);
    ~HealthCheck() override;

    /// Starts; a check that runs is dropped and never finishes. The targets' ids need not differ. An empty list
    /// finishes too.
    void check(const QList<ProbeTarget> &targets);

    /// Ends a running check at once: `finished` comes before this returns, with a sample of kind cancelled in the
    /// place of each that is missing. Does nothing when none runs.
    void cancel();

    bool isRunning() const { return m_running; }

Q_SIGNALS:
    /// Once for each check, with one sample a target in the order given.
    void finished(const QList<Switchyard::ProbeSample> &samples);

private:
    void takeSamples(const QList<ProbeSample> &samples);
    void finish();

    std::unique_ptr<Prober> m_prober;
    QList<QString> m_ids;               ///< as the caller named them, in order
    QHash<QString, qsizetype> m_places; ///< our own id of a probe -> its place
    std::vector<std::optional<ProbeSample>> m_samples;
    size_t m_missing = 0;
    bool m_running = false;
};

} // namespace Switchyard
