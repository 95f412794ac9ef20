// SPDX-License-Identifier: GPL-3.0-or-later
// The drivers that start a redeploy somewhere else: a command, and a deploy hook. Real processes, a real HTTP server.
#include "models/deploy/commanddriver.h"
#include "models/deploy/driverfactory.h"
#include "models/deploy/hookdriver.h"
#include "tests/support/certificates.h"
#include "tests/support/cli.h"
#include "tests/support/descendants.h"
#include "tests/support/httpserver.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A driver and all it said.
struct Recorded
{
    explicit Recorded(DeployDriver *deployDriver)
        : driver(deployDriver)
    {
        QObject::connect(driver, &DeployDriver::happened, driver,
                         [this](const DriverEvent &event) { events.append(event); });
        QObject::connect(driver, &DeployDriver::failed, driver, [this](const Error &error) { failure = error; });
    }
    bool has(DriverEvent::Kind kind) const { return !textOf(kind).isNull(); }
    QString textOf(DriverEvent::Kind kind) const
    {
        for (const DriverEvent &event : events) {
            if (event.kind == kind)
                return event.text.isNull() ? s("") : event.text;
        }
        return {};
    }
    QString everything() const
    {
        QString all;
        for (const DriverEvent &event : events)
            all += event.text + QLatin1Char('\n');
        return all + (failure ? failure->toString() + failure->hint : QString());
    }
    DeployDriver *driver;
    QList<DriverEvent> events;
    std::optional<Error> failure;
};

using Kind = DriverEvent::Kind;

ProcessSpec shell(const char *script)
{
    ProcessSpec spec;
    spec.argv = {s("/bin/sh"), s("-c"), s(script)};
    spec.environment = {{s("PATH"), s("/usr/bin:/bin")}};
    return spec;
}

} // namespace

class DriversTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void commandSucceeds();
    void commandFails();
    void commandIsMissing();
    void commandAgain();
    void commandIsCancelled();
    void commandDestroyedWhileRunning();
    void hookSucceeds();
    void hookRefused_data();
    void hookRefused();
    void hookTimeout();
    void hookNeverShowsItself_data();
    void hookNeverShowsItself();
    void hookTls();
    void hookCancelled();
    void hookDestroyedWhileRunning();
    void factory();
};

void DriversTest::commandSucceeds()
{
    CommandDriver driver(shell("echo building; echo deploy finished; echo nothing"), {s("^deploy")});
    Recorded recorded(&driver);
    QSignalSpy ready(&driver, &DeployDriver::ready);
    driver.prepare();
    QTRY_COMPARE(ready.count(), 1);
    driver.trigger();
    QTRY_VERIFY(recorded.has(Kind::Finished));
    QCOMPARE(recorded.textOf(Kind::LogLine), s("deploy finished"));
    QVERIFY(!recorded.has(Kind::Failed));
    QVERIFY(recorded.events.first().pid > 0);
    QVERIFY(!driver.seesStop() && !driver.seesStart());
    QSignalSpy down(&driver, &DeployDriver::shutDownDone);
    driver.shutDown();
    QTRY_COMPARE(down.count(), 1);
}

void DriversTest::commandFails()
{
    CommandDriver driver(shell("echo first; echo token=geheim123456; exit 7"), {});
    Recorded recorded(&driver);
    driver.prepare();
    driver.trigger();
    QTRY_VERIFY(recorded.has(Kind::Failed));
    QVERIFY(!recorded.has(Kind::Finished));
    QVERIFY(recorded.textOf(Kind::Failed).contains(s("status 7: first")));
    QVERIFY(!recorded.everything().contains(s("geheim123456")));
}

void DriversTest::commandIsMissing()
{
    ProcessSpec spec;
    spec.argv = {s("/no/such/deploy")};
    CommandDriver driver(spec, {});
    Recorded recorded(&driver);
    driver.trigger();
    QTRY_VERIFY(recorded.has(Kind::Failed));
    QVERIFY(recorded.textOf(Kind::Failed).contains(s("/no/such/deploy")));
}

void DriversTest::commandAgain()
{
    CommandDriver driver(shell("exit 0"), {});
    Recorded recorded(&driver);
    driver.trigger();
    QTRY_VERIFY(recorded.has(Kind::Finished));
    recorded.events.clear();
    driver.trigger();
    QTRY_VERIFY(recorded.has(Kind::Finished));
}

void DriversTest::commandIsCancelled()
{
    const QString mark = s("switchyard-cancel-%1").arg(QCoreApplication::applicationPid());
    ProcessSpec spec = shell("trap '' TERM; sleep 300 & wait; sleep 300");
    spec.argv.append(mark);
    CommandDriver driver(spec, {});
    Recorded recorded(&driver);
    QSignalSpy down(&driver, &DeployDriver::shutDownDone);
    driver.trigger();
    QTRY_VERIFY(!recorded.events.isEmpty());
    driver.shutDown();
    QTRY_COMPARE_WITH_TIMEOUT(down.count(), 1, 8'000);
    QVERIFY(!recorded.has(Kind::Failed)); // cancelled is no failure
    QTRY_VERIFY(Testing::processesWith(mark).isEmpty());
}

void DriversTest::commandDestroyedWhileRunning()
{
    const QString mark = s("switchyard-destroy-%1").arg(QCoreApplication::applicationPid());
    {
        ProcessSpec spec = shell("sleep 300");
        spec.argv.append(mark);
        CommandDriver driver(spec, {});
        Recorded recorded(&driver);
        driver.trigger();
        QTRY_VERIFY(!recorded.events.isEmpty());
    }
    QTRY_VERIFY(Testing::processesWith(mark).isEmpty());
}

void DriversTest::hookSucceeds()
{
    HttpServer server;
    HttpBehaviour behaviour;
    behaviour.status = 201;
    behaviour.body = R"({"deploy":{"id":"dep-abc123"}})";
    server.setBehaviour("/deploy/srv-1", behaviour);
    HookDriver driver(Secret(server.url(s("/deploy/srv-1?key=geheim123456"))));
    Recorded recorded(&driver);
    QSignalSpy ready(&driver, &DeployDriver::ready);
    driver.prepare();
    QTRY_COMPARE(ready.count(), 1);
    driver.trigger();
    QTRY_VERIFY(recorded.has(Kind::Finished));
    QVERIFY(recorded.everything().contains(s("HTTP 201: deploy dep-abc123")));
    QVERIFY(server.requests().first().startsWith("POST /deploy/srv-1?key=geheim123456 "));
    QVERIFY(!recorded.everything().contains(s("geheim123456")));
    QVERIFY(!recorded.everything().contains(s("/deploy/srv-1")));
}

void DriversTest::hookRefused_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("hint");
    QTest::newRow("404") << 404 << s("made anew");
    QTest::newRow("401") << 401 << s("made anew");
    QTest::newRow("429") << 429 << s("patience");
    QTest::newRow("503") << 503 << s("status page");
    QTest::newRow("redirect") << 302 << s("not followed");
}

void DriversTest::hookRefused()
{
    QFETCH(int, status);
    QFETCH(QString, hint);
    HttpServer server;
    HttpBehaviour behaviour;
    behaviour.status = status;
    behaviour.headers = {{"Location", server.url(s("/elsewhere")).toUtf8()}};
    server.setBehaviour("/hook", behaviour);
    HookDriver driver(Secret(server.url(s("/hook"))));
    Recorded recorded(&driver);
    driver.trigger();
    QTRY_VERIFY(recorded.has(Kind::Failed));
    QVERIFY(!recorded.has(Kind::Finished));
    QVERIFY2(recorded.textOf(Kind::Failed).contains(hint), qPrintable(recorded.everything()));
    QVERIFY(recorded.textOf(Kind::Failed).contains(s("HTTP %1").arg(status)));
    QCOMPARE(server.requests().size(), 1);
}

void DriversTest::hookTimeout()
{
    HttpServer server;
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(5'000);
    server.setBehaviour("/hook", slow);
    HookDriver driver(Secret(server.url(s("/hook"))), {}, Milliseconds(200));
    Recorded recorded(&driver);
    driver.trigger();
    QTRY_VERIFY(recorded.has(Kind::Failed));
    QVERIFY2(recorded.textOf(Kind::Failed).contains(s("no answer in time")), qPrintable(recorded.everything()));
}

void DriversTest::hookNeverShowsItself_data()
{
    QTest::addColumn<QString>("url");
    QTest::newRow("refused") << s("http://127.0.0.1:%1/geheim123456").arg(closedPort());
    QTest::newRow("no such host") << s("https://nowhere.invalid/geheim123456");
    QTest::newRow("in clear") << s("http://203.0.113.1/geheim123456");
    QTest::newRow("no address") << s("geheim123456");
    QTest::newRow("other scheme") << s("ftp://host/geheim123456");
}

void DriversTest::hookNeverShowsItself()
{
    QFETCH(QString, url);
    HookDriver driver{Secret(url)};
    Recorded recorded(&driver);
    QSignalSpy ready(&driver, &DeployDriver::ready);
    driver.prepare();
    QTRY_VERIFY(ready.count() == 1 || recorded.failure);
    if (ready.count() == 1) {
        driver.trigger();
        QTRY_VERIFY_WITH_TIMEOUT(recorded.has(Kind::Failed), 20'000);
    } else {
        QCOMPARE(recorded.failure->kind, ErrorKind::Usage);
    }
    QVERIFY2(!recorded.everything().contains(s("geheim123456")), qPrintable(recorded.everything()));
}

void DriversTest::hookTls()
{
    const TestCertificates certificates;
    HttpServer good(certificates.good());
    good.setBehaviour("/hook", {});
    HookDriver trusting(Secret(good.url(s("/hook"), s("localhost"))), certificates.caFile());
    Recorded trusted(&trusting);
    trusting.trigger();
    QTRY_VERIFY(trusted.has(Kind::Finished));
    // The same certificate, and nobody who vouches for it.
    HookDriver wary(Secret(good.url(s("/hook"), s("localhost"))));
    Recorded refused(&wary);
    wary.trigger();
    QTRY_VERIFY(refused.has(Kind::Failed));
    QVERIFY2(refused.textOf(Kind::Failed).contains(s("not trusted")), qPrintable(refused.everything()));
    QCOMPARE(good.requests().size(), 1);
}

void DriversTest::hookCancelled()
{
    HttpServer server;
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(5'000);
    server.setBehaviour("/hook", slow);
    HookDriver driver(Secret(server.url(s("/hook"))));
    Recorded recorded(&driver);
    QSignalSpy down(&driver, &DeployDriver::shutDownDone);
    driver.trigger();
    QTRY_COMPARE(server.requests().size(), 1);
    driver.shutDown();
    QTRY_COMPARE(down.count(), 1);
    QVERIFY(!recorded.has(Kind::Failed) && !recorded.has(Kind::Finished));
}

void DriversTest::hookDestroyedWhileRunning()
{
    HttpServer server;
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(1'000);
    server.setBehaviour("/hook", slow);
    auto driver = std::make_unique<HookDriver>(Secret(server.url(s("/hook"))));
    driver->trigger();
    QTRY_COMPARE(server.requests().size(), 1);
    driver.reset(); // nothing may be called back
    QTRY_COMPARE(server.connectionCount(), 1);
}

void DriversTest::factory()
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    QVERIFY(catalogue);
    const Platform &platform = *catalogue->find(s("render"));
    Backend backend;
    backend.name = s("api");
    backend.url = s("http://127.0.0.1:8000");
    backend.deploy.driver = s("command");
    QVERIFY(makeDriver(backend, platform, {}, s("/")).error().message.contains(s("argv")));
    backend.deploy.argv = {s("true")};
    QCOMPARE(makeDriver(backend, platform, {}, s("/")).value()->id(), s("command"));
    backend.deploy.driver = s("hook");
    QVERIFY(makeDriver(backend, platform, {}, s("/")).error().message.contains(s("needs hook")));
    backend.deploy.hook = s("env:SWITCHYARD_TEST_HOOK");
    QCOMPARE(makeDriver(backend, platform, {}, s("/")).error().kind, ErrorKind::Usage); // not set
    qputenv("SWITCHYARD_TEST_HOOK", "http://203.0.113.1/geheim123456");
    const auto inClear = makeDriver(backend, platform, {}, s("/"));
    QVERIFY(!inClear);
    QVERIFY(!inClear.error().message.contains(s("geheim")) && inClear.error().message.contains(s("in clear")));
    qputenv("SWITCHYARD_TEST_HOOK", "https://api.example.com/geheim123456");
    QCOMPARE(makeDriver(backend, platform, {}, s("/")).value()->id(), s("hook"));
    backend.deploy.driver = s("render-api");
    QVERIFY(makeDriver(backend, platform, {}, s("/")).error().hint.contains(s("--driver none")));
}

QTEST_GUILESS_MAIN(DriversTest)
#include "tst_drivers.moc"
