// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/probing.h"

#include "models/health/healthcheck.h"

#include <QSignalSpy>
#include <QTest>

namespace Switchyard::Testing {

std::unique_ptr<HttpServer> healthyServer()
{
    auto server = std::make_unique<HttpServer>();
    server->setBehaviour("/health", {});
    return server;
}

ProbeSample probeOnce(const ProbeTarget &target)
{
    HealthCheck check;
    QSignalSpy spy(&check, &HealthCheck::finished);
    check.check({target});
    if (!spy.wait(10'000)) {
        QTest::qFail("no sample came", __FILE__, __LINE__);
        return {};
    }
    const ProbeSample sample = spy.first().first().value<QList<ProbeSample>>().first();
    // What holds for every probe, whatever comes of it.
    if (sample.dueAt > sample.sentAt || sample.doneAt < sample.sentAt ||
        sample.reason.isEmpty() != (sample.state == ProbeState::Up))
        QTest::qFail("a sample contradicts itself", __FILE__, __LINE__);
    return sample;
}

} // namespace Switchyard::Testing
