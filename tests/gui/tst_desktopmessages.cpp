// SPDX-License-Identifier: GPL-3.0-or-later
// What the window says of a message on the desktop: delivered only where somebody took it. A real bus, and a service on
// it or none.
#include "app/console/console.h"
#include "models/alerts/alerter.h"
#include "models/common/files.h"
#include "tests/support/keyring.h"
#include "ui/common/workbench.h"
#include "ui/window/alerts.h"
#include "ui/window/mainwindow.h"

#include <QApplication>
#include <QDBusConnection>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <optional>

using namespace Switchyard;
using namespace Switchyard::Testing;

/// org.freedesktop.Notifications, as far as it is asked.
class NotificationService : public QObject
{
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")
public:
    QStringList shown;
    QList<int> urgencies;

public Q_SLOTS:
    uint Notify(const QString &, uint, const QString &, const QString &title, const QString &body, const QStringList &,
                const QVariantMap &hints, int)
    {
        shown.append(title + QLatin1Char('|') + body);
        urgencies.append(hints[QStringLiteral("urgency")].toInt());
        return uint(shown.size());
    }
};

class TestDesktopMessages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void withoutBus();
    void withoutService();
    void withService();
    void switchedOff();

private:
    Alerter *alerter() const { return m_console->workbench().alerter(); }
    /// Sends a test message and waits for what became of it.
    AlertDelivery sent();

    std::unique_ptr<TestKeyring> m_session;
    QTemporaryDir m_folder;
    std::unique_ptr<Console> m_console;
};

void TestDesktopMessages::initTestCase()
{
    m_session = std::make_unique<TestKeyring>();
    qputenv("XDG_RUNTIME_DIR", m_folder.path().toUtf8());
    ConsoleOptions options;
    options.workbench.auditFile = m_folder.filePath(QStringLiteral("audit.jsonl"));
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    m_console = std::move(*console);
    m_console->window().show();
    QVERIFY(writeFileAtomically(m_folder.filePath(QStringLiteral("switchyard.toml")),
                                "schema = 1\nname = \"desk\"\n[[alert]]\nname = \"desk\"\nkind = \"desktop\"\n")
                .has_value());
    m_console->window().openPath(m_folder.path());
    QTRY_VERIFY_WITH_TIMEOUT(alerter() && alerter()->channels().size() == 1, 30'000);
}

void TestDesktopMessages::cleanupTestCase()
{
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    m_console.reset();
}

AlertDelivery TestDesktopMessages::sent()
{
    // What became of another message may be told meanwhile.
    std::optional<AlertDelivery> told;
    const QMetaObject::Connection listens =
        connect(alerter(), &Alerter::delivered, this, [&told](const AlertDelivery &delivery) {
            if (delivery.test)
                told = delivery;
        });
    const bool came =
        alerter()->sendTest(QStringLiteral("desk")) && QTest::qWaitFor([&told] { return told.has_value(); }, 20'000);
    disconnect(listens);
    return came ? *told : AlertDelivery();
}

void TestDesktopMessages::withoutBus()
{
    const AlertDelivery delivery = sent();
    QCOMPARE(delivery.channel, QStringLiteral("desk"));
    QVERIFY(!delivery.accepted);
    QVERIFY2(delivery.error.contains(QStringLiteral("no bus")), qPrintable(delivery.error));
    QCOMPARE(alerter()->channels().first().deliveredMs, qint64(0));
}

void TestDesktopMessages::withoutService()
{
    if (!TestKeyring::hasBus())
        QSKIP("Debian's dbus is needed");
    QVERIFY(m_session->startBus());
    const AlertDelivery delivery = sent();
    QVERIFY(!delivery.accepted);
    QVERIFY2(delivery.error.contains(QStringLiteral("org.freedesktop.Notifications")), qPrintable(delivery.error));
    QVERIFY(!delivery.hint.isEmpty());
}

void TestDesktopMessages::withService()
{
    if (!TestKeyring::hasBus())
        QSKIP("Debian's dbus is needed");
    QDBusConnection bus =
        QDBusConnection::connectToBus(qEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS"), QStringLiteral("service"));
    QVERIFY(bus.isConnected());
    NotificationService service;
    QVERIFY(bus.registerObject(QStringLiteral("/org/freedesktop/Notifications"), &service,
                               QDBusConnection::ExportAllSlots));
    QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.Notifications")));
    const AlertDelivery delivery = sent();
    QVERIFY2(delivery.accepted, qPrintable(delivery.error));
    QCOMPARE(service.shown.size(), 1);
    QVERIFY(alerter()->channels().first().deliveredMs > 0);
    // A cause may hold what looks like markup.
    MonitorTransition down;
    down.monitorId = down.cause = QStringLiteral("<b>answered</b> 503");
    down.from = MonitorState::Up;
    down.to = MonitorState::Down;
    down.at = Clock::now();
    alerter()->take(QStringLiteral("shop"), {}, down);
    QTRY_COMPARE_WITH_TIMEOUT(service.shown.size(), 2, 60'000);
    QVERIFY2(service.shown.last().contains(QStringLiteral("&lt;b&gt;answered")), qPrintable(service.shown.last()));
    QCOMPARE(service.urgencies.last(), 2);
    bus.unregisterService(QStringLiteral("org.freedesktop.Notifications"));
    QDBusConnection::disconnectFromBus(QStringLiteral("service"));
}

void TestDesktopMessages::switchedOff()
{
    m_console->window().findChild<Alerts *>()->setMessages(false);
    const AlertDelivery delivery = sent();
    QVERIFY(!delivery.accepted);
    QVERIFY2(delivery.error.contains(QStringLiteral("switched off")), qPrintable(delivery.error));
}

QTEST_MAIN(TestDesktopMessages)
#include "tst_desktopmessages.moc"
