// SPDX-License-Identifier: GPL-3.0-or-later
// Monitors whose header is a secret of the keychain: they wait for it while the others are probed. With a real
// gnome-keyring, with a locked one, and with none.
#include "models/health/monitorset.h"
#include "tests/support/keyring.h"
#include "tests/support/probing.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QTest>
#include <QThreadPool>

using namespace Switchyard;
using Testing::TestKeyring;

namespace {

constexpr QLatin1StringView reference("keychain:switchyard/probe");

FreeMonitor monitorAt(const QString &name, const QString &url, const QString &header = {})
{
    FreeMonitor monitor;
    monitor.name = name;
    monitor.url = url;
    monitor.endpoint.interval = Milliseconds(100);
    if (!header.isEmpty())
        monitor.endpoint.headers.insert(QStringLiteral("X-Token"), ConfiguredValue{header});
    return monitor;
}

} // namespace

class MonitorSecretsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void comesFromTheKeychain();
    void lockedKeychainSaysSo();
    void noKeychainSaysSo();
    void environmentDoesNotWait();
    void filesWaitToo();

private:
    /// As a window does it: what waits is shown, and what comes of it is handed over when it is there.
    void watch(MonitorSet *set);
    const MonitorRecord &record(const MonitorSet &set, const char *name) const
    {
        return set.record(set.indexOf(QStringLiteral("monitor/") + QString::fromLatin1(name)));
    }

    std::unique_ptr<TestKeyring> m_keyring;
    std::unique_ptr<HttpServer> m_server;
    Workspace m_workspace;
};

void MonitorSecretsTest::init()
{
    m_keyring = std::make_unique<TestKeyring>();
    m_server = Testing::healthyServer();
    m_server->setBehaviour("/open", {});
    m_workspace = {};
    m_workspace.monitors = {monitorAt(QStringLiteral("open"), m_server->url(QStringLiteral("/open"))),
                            monitorAt(QStringLiteral("secret"), m_server->url(QStringLiteral("/health")), reference)};
}

void MonitorSecretsTest::cleanup()
{
    QThreadPool::globalInstance()->waitForDone();
    m_server.reset();
    m_keyring.reset();
}

void MonitorSecretsTest::watch(MonitorSet *set)
{
    set->setMonitors(monitorsBeforeSecrets(m_workspace));
    set->start();
    QPointer<MonitorSet> alive(set);
    QThreadPool::globalInstance()->start([alive, workspace = m_workspace] {
        const QList<Monitor> monitors = monitorsWithProblems(workspace);
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [alive, monitors] {
                if (alive)
                    alive->settle(monitors);
            },
            Qt::QueuedConnection);
    });
}

void MonitorSecretsTest::comesFromTheKeychain()
{
    if (!TestKeyring::hasKeyring())
        QSKIP("gnome-keyring and libsecret-tools are not installed (packaging/install-deps --test)");
    QVERIFY(m_keyring->startBus() && m_keyring->startKeyring());
    QVERIFY(m_keyring->store(QStringLiteral("switchyard"), QStringLiteral("probe"), "swordfish-41"));
    MonitorSet set;
    watch(&set);
    const MonitorRecord &secret = record(set, "secret");
    QVERIFY(secret.monitor.waits);
    QCOMPARE(secret.monitor.problem->message, QStringLiteral("waiting for its secret"));
    QVERIFY(secret.tracker.state() == MonitorState::Unknown);
    QVERIFY(!record(set, "open").monitor.problem);
    QTRY_VERIFY_WITH_TIMEOUT(!record(set, "secret").monitor.waits, 20'000);
    QVERIFY(!record(set, "secret").monitor.problem);
    QTRY_VERIFY(record(set, "secret").tracker.state() == MonitorState::Up);
    QTRY_VERIFY(record(set, "open").tracker.state() == MonitorState::Up);
    bool sent = false;
    for (const QByteArray &request : m_server->requests()) {
        // It was asked only once its secret was there.
        if (request.contains("/health"))
            QVERIFY2(request.contains("X-Token: swordfish-41"), request.constData());
        sent = sent || request.contains("/health");
    }
    QVERIFY(sent);
}

void MonitorSecretsTest::lockedKeychainSaysSo()
{
    if (!TestKeyring::hasKeyring())
        QSKIP("gnome-keyring and libsecret-tools are not installed (packaging/install-deps --test)");
    QVERIFY(m_keyring->startBus() && m_keyring->startKeyring());
    QVERIFY(m_keyring->store(QStringLiteral("switchyard"), QStringLiteral("probe"), "swordfish-41"));
    QVERIFY(m_keyring->lock());
    MonitorSet set;
    watch(&set);
    QTRY_VERIFY(record(set, "open").tracker.state() == MonitorState::Up);
    QTRY_VERIFY_WITH_TIMEOUT(!record(set, "secret").monitor.waits, 45'000);
    const std::optional<Error> problem = record(set, "secret").monitor.problem;
    QVERIFY(problem.has_value());
    QVERIFY2(problem->message.contains(QStringLiteral("header X-Token")), qPrintable(problem->toString()));
    QVERIFY2(problem->message.contains(QStringLiteral("locked")) || problem->message.contains(QStringLiteral("answer")),
             qPrintable(problem->toString()));
    for (const QByteArray &request : m_server->requests())
        QVERIFY(!request.contains("/health"));
}

void MonitorSecretsTest::noKeychainSaysSo()
{
    MonitorSet set;
    watch(&set);
    QVERIFY(record(set, "secret").monitor.waits);
    QTRY_VERIFY(!record(set, "secret").monitor.waits);
    const std::optional<Error> problem = record(set, "secret").monitor.problem;
    QVERIFY(problem && problem->kind == ErrorKind::Auth);
    QVERIFY2(problem->message.contains(QStringLiteral("no session bus")), qPrintable(problem->toString()));
    QVERIFY(!problem->hint.isEmpty());
    QTRY_VERIFY(record(set, "open").tracker.state() == MonitorState::Up);
    QVERIFY(record(set, "secret").tracker.state() == MonitorState::Unknown);
}

void MonitorSecretsTest::environmentDoesNotWait()
{
    qputenv("SWITCHYARD_TEST_TOKEN", "carp-12");
    m_workspace.monitors[1].endpoint.headers.insert(QStringLiteral("X-Token"),
                                                    ConfiguredValue{QStringLiteral("env:SWITCHYARD_TEST_TOKEN")});
    const QList<Monitor> monitors = monitorsBeforeSecrets(m_workspace);
    QVERIFY(!monitors[1].waits && !monitors[1].problem);
    QCOMPARE(monitors[1].target.headers.value(QStringLiteral("X-Token")), QStringLiteral("carp-12"));
    qunsetenv("SWITCHYARD_TEST_TOKEN");
    const QList<Monitor> unset = monitorsBeforeSecrets(m_workspace);
    QVERIFY(!unset[1].waits && unset[1].problem);
    QVERIFY2(unset[1].problem->message.contains(QStringLiteral("not set")), qPrintable(unset[1].problem->message));
}

void MonitorSecretsTest::filesWaitToo()
{
    // It may lie on a disk far away.
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("token"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("trout-7") == 7);
    file.close();
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
    m_workspace.monitors.clear();
    for (int i = 0; i < 3; ++i)
        m_workspace.monitors.append(
            monitorAt(QString::number(i), m_server->url(QStringLiteral("/health")), QStringLiteral("file:") + path));
    for (const Monitor &monitor : monitorsBeforeSecrets(m_workspace))
        QVERIFY(monitor.waits);
    for (const Monitor &monitor : monitorsWithProblems(m_workspace)) {
        QVERIFY(!monitor.waits && !monitor.problem);
        QCOMPARE(monitor.target.headers.value(QStringLiteral("X-Token")), QStringLiteral("trout-7"));
    }
}

QTEST_GUILESS_MAIN(MonitorSecretsTest)
#include "tst_monitorsecrets.moc"
