// SPDX-License-Identifier: GPL-3.0-or-later
// keychain:SERVICE/KEY against a real gnome-keyring on a bus of the test's own; and without either.
#include "models/common/keychain.h"

#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char value[] = "hunt\xC3\xA9r2 \"x\"";

} // namespace

class KeychainTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void badNames();
    void noBus();
    void noKeychain();
    void deadBus();
    void stuckBus();
    void found();
    void missing();
    void locked();

private:
    void startBus();
    bool startKeyring();
    bool run(const QString &program, const QStringList &arguments, const QByteArray &input);

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<QProcess> m_bus, m_keyring;
};

void KeychainTest::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    for (const char *name : {"HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
        qputenv(name, m_home->path().toUtf8());
    qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    qunsetenv("DISPLAY");
    qunsetenv("WAYLAND_DISPLAY");
}

void KeychainTest::cleanup()
{
    for (auto *process : {&m_keyring, &m_bus}) {
        if (!*process)
            continue;
        (*process)->kill();
        (*process)->waitForFinished(5'000);
        process->reset();
    }
}

/// Each has an address of its own: GLib keeps the connection to the one it has asked.
void KeychainTest::startBus()
{
    if (QStandardPaths::findExecutable(s("dbus-daemon")).isEmpty())
        QSKIP("dbus-daemon is not installed (packaging/install-deps --test)");
    QFile configuration(m_home->filePath(s("bus.conf")));
    QVERIFY(configuration.open(QIODevice::WriteOnly));
    // No service files: what answers is what the test started.
    configuration.write("<busconfig><type>session</type><listen>unix:dir=" + m_home->path().toUtf8() +
                        "</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\" "
                        "eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>");
    configuration.close();
    m_bus = std::make_unique<QProcess>();
    m_bus->start(s("dbus-daemon"),
                 {s("--nofork"), s("--print-address=1"), s("--config-file"), configuration.fileName()});
    QByteArray address;
    QTRY_VERIFY((address += m_bus->readAllStandardOutput()).contains('\n'));
    qputenv("DBUS_SESSION_BUS_ADDRESS", address.trimmed());
}

/// Unlocked with an empty password's keyring.
bool KeychainTest::startKeyring()
{
    m_keyring = std::make_unique<QProcess>();
    m_keyring->start(s("gnome-keyring-daemon"), {s("--foreground"), s("--unlock"), s("--components=secrets")});
    if (!m_keyring->waitForStarted(5'000))
        return false;
    m_keyring->write("password");
    m_keyring->closeWriteChannel();
    return QTest::qWaitFor(
        [this] {
            return run(s("dbus-send"),
                       {s("--session"), s("--print-reply"), s("--dest=org.freedesktop.secrets"),
                        s("/org/freedesktop/secrets/aliases/default"), s("org.freedesktop.DBus.Properties.Get"),
                        s("string:org.freedesktop.Secret.Collection"), s("string:Locked")},
                       {});
        },
        20'000);
}

bool KeychainTest::run(const QString &program, const QStringList &arguments, const QByteArray &input)
{
    QProcess process;
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    return process.waitForFinished(10'000) && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
}

void KeychainTest::badNames()
{
    for (const QString &name : {s("alone"), s("/key"), s("service/")}) {
        const Result<Secret> secret = secretFromKeychain(name);
        QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Usage);
        QVERIFY(secret.error().message.contains(s("SERVICE/KEY")));
    }
}

void KeychainTest::noBus()
{
    QElapsedTimer clock;
    clock.start();
    const Result<Secret> secret = secretFromKeychain(s("a/b"));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("no session bus")), qPrintable(secret.error().message));
    QVERIFY(clock.elapsed() < 2'000);
}

void KeychainTest::deadBus()
{
    qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + m_home->path().toUtf8() + "/nobody");
    const Result<Secret> secret = secretFromKeychain(s("a/b"), Milliseconds(10'000));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("does not answer")), qPrintable(secret.error().message));
}

void KeychainTest::noKeychain()
{
    startBus();
    if (!m_bus)
        return;
    const Result<Secret> secret = secretFromKeychain(s("a/b"), Milliseconds(10'000));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("no keychain runs")), qPrintable(secret.error().message));
}

void KeychainTest::stuckBus()
{
    startBus();
    if (!m_bus)
        return;
    // Stopped, it takes connections and answers none.
    QVERIFY(::kill(pid_t(m_bus->processId()), SIGSTOP) == 0);
    QElapsedTimer clock;
    clock.start();
    const Result<Secret> secret = secretFromKeychain(s("a/b"), Milliseconds(300));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("did not answer within 300 ms")), qPrintable(secret.error().message));
    QVERIFY(secret.error().hint.contains(s("unlock it")));
    QVERIFY(clock.elapsed() >= 300 && clock.elapsed() < 3'000);
    QVERIFY(::kill(pid_t(m_bus->processId()), SIGCONT) == 0);
}

void KeychainTest::found()
{
    if (QStandardPaths::findExecutable(s("gnome-keyring-daemon")).isEmpty() ||
        QStandardPaths::findExecutable(s("secret-tool")).isEmpty())
        QSKIP("gnome-keyring and libsecret-tools are not installed (packaging/install-deps --test)");
    startBus();
    QVERIFY(m_bus && startKeyring());
    // As the hint of a missing one says.
    QVERIFY(run(s("secret-tool"),
                {s("store"), s("--label=switchyard slack"), s("service"), s("switchyard"), s("key"), s("slack")},
                value));
    const Result<Secret> secret = secretFromKeychain(s("switchyard/slack"));
    QVERIFY2(secret.has_value(), secret ? "" : qPrintable(secret.error().toString()));
    QCOMPARE(secret->reveal(), s(value));
    const Result<Secret> resolved =
        parseSecretReference(s("keychain:switchyard/slack")).and_then([](const SecretReference &reference) {
            return resolveSecret(reference);
        });
    QVERIFY(resolved.has_value() && resolved->reveal() == s(value));
}

void KeychainTest::missing()
{
    if (QStandardPaths::findExecutable(s("gnome-keyring-daemon")).isEmpty())
        QSKIP("gnome-keyring is not installed (packaging/install-deps --test)");
    startBus();
    QVERIFY(m_bus && startKeyring());
    const Result<Secret> secret = secretFromKeychain(s("switchyard/other"));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("has no keychain:switchyard/other")),
             qPrintable(secret.error().toString()));
    QVERIFY(secret.error().hint.startsWith(s("secret-tool store --label=")));
    QVERIFY(secret.error().hint.endsWith(s("service switchyard key other")));
}

void KeychainTest::locked()
{
    if (QStandardPaths::findExecutable(s("gnome-keyring-daemon")).isEmpty() ||
        QStandardPaths::findExecutable(s("secret-tool")).isEmpty())
        QSKIP("gnome-keyring and libsecret-tools are not installed (packaging/install-deps --test)");
    startBus();
    QVERIFY(m_bus && startKeyring());
    QVERIFY(run(s("secret-tool"), {s("store"), s("--label=x"), s("service"), s("switchyard"), s("key"), s("slack")},
                value));
    QVERIFY(
        run(s("dbus-send"),
            {s("--session"), s("--print-reply"), s("--dest=org.freedesktop.secrets"), s("/org/freedesktop/secrets"),
             s("org.freedesktop.Secret.Service.Lock"), s("array:objpath:/org/freedesktop/secrets/collection/login")},
            {}));
    // Nobody is there to type its password: it says so, or does not answer in time.
    const Result<Secret> secret = secretFromKeychain(s("switchyard/slack"), Milliseconds(5'000));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("is locked")), qPrintable(secret.error().toString()));
}

QTEST_GUILESS_MAIN(KeychainTest)
#include "tst_keychain.moc"
