// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/recorder.h"

#include "models/common/redact.h"
#include "models/health/monitorset.h"
#include "models/history/store.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>

#include <cmath>

namespace Switchyard {

namespace {

int historyStateOf(ProbeState state)
{
    switch (state) {
    case ProbeState::Up:
        return HistoryUp;
    case ProbeState::Degraded:
        return HistoryDegraded;
    case ProbeState::Down:
        break;
    }
    return HistoryDown;
}

std::optional<qint64> microseconds(const std::optional<double> &milliseconds)
{
    return milliseconds ? std::optional(qint64(std::llround(*milliseconds * 1000))) : std::nullopt;
}

HistorySample historySampleOf(const QString &series, const ProbeSample &sample)
{
    HistorySample kept;
    kept.series = series;
    kept.timeMs = sample.wallMs;
    kept.state = historyStateOf(sample.state);
    // How long a failure took is no latency of an answer.
    if (sample.state != ProbeState::Down)
        kept.latencyUs = microseconds(sample.phases.total);
    kept.dnsUs = microseconds(sample.phases.dns);
    kept.connectUs = microseconds(sample.phases.connect);
    kept.tlsUs = microseconds(sample.phases.tls);
    kept.firstByteUs = microseconds(sample.phases.firstByte);
    kept.transferUs = microseconds(sample.phases.transfer);
    kept.status = sample.status;
    kept.note = sample.reason;
    return kept;
}

QByteArray jsonText(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

} // namespace

HealthRecorder::HealthRecorder(MonitorSet *set, HistoryStore *store, QObject *parent)
    : QObject(parent)
    , m_set(set)
    , m_store(store)
{
    connect(set, &MonitorSet::sampleTaken, this, [this](int index, const ProbeSample &sample) {
        m_store->append(historySampleOf(m_set->record(index).monitor.series(), sample));
    });
    connect(set, &MonitorSet::stateChanged, this, [this](const MonitorTransition &transition) {
        const int index = m_set->indexOf(transition.monitorId);
        if (index < 0 || transition.from == transition.to)
            return;
        m_store->append(HistoryEvent{transition.wallMs, QStringLiteral("state"), m_set->record(index).monitor.series(),
                                     jsonText({{QStringLiteral("from"), monitorStateName(transition.from)},
                                               {QStringLiteral("to"), monitorStateName(transition.to)},
                                               {QStringLiteral("cause"), redact(transition.cause)},
                                               {QStringLiteral("suppressed"), transition.suppressedBy}})});
    });
    connect(set, &MonitorSet::noticed, this, [this](const QString &kind, const QString &text) {
        m_store->append(HistoryEvent{QDateTime::currentMSecsSinceEpoch(), kind, QString(),
                                     jsonText({{QStringLiteral("text"), redact(text)}})});
    });
}

void HealthRecorder::markDeploy(const QString &group, const QString &what)
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const QByteArray json = jsonText({{QStringLiteral("backend"), group}, {QStringLiteral("what"), what}});
    for (int i = 0; i < m_set->count(); ++i) {
        if (m_set->record(i).monitor.group == group)
            m_store->append(HistoryEvent{now, QStringLiteral("deploy"), m_set->record(i).monitor.series(), json});
    }
}

} // namespace Switchyard
