// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/keyring.h"

#include <QFile>
#include <QStandardPaths>
#include <QTest>

namespace Switchyard::Testing {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool run(const QString &program, const QStringList &arguments, const QByteArray &input = {})
{
    QProcess process;
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    return process.waitForFinished(10'000) && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
}

void end(QProcess *process)
{
    if (!process)
        return;
    process->kill();
    process->waitForFinished(5'000);
}

bool hasProgram(const char *name)
{
    return !QStandardPaths::findExecutable(s(name)).isEmpty();
}

} // namespace

TestKeyring::TestKeyring()
{
    for (const char *name : {"HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
        qputenv(name, m_home.path().toUtf8());
    qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    qunsetenv("DISPLAY");
    qunsetenv("WAYLAND_DISPLAY");
}

TestKeyring::~TestKeyring()
{
    end(m_keyring.get());
    end(m_bus.get());
}

bool TestKeyring::hasBus()
{
    return hasProgram("dbus-daemon");
}

bool TestKeyring::hasKeyring()
{
    return hasBus() && hasProgram("gnome-keyring-daemon") && hasProgram("secret-tool");
}

bool TestKeyring::startBus()
{
    QFile configuration(m_home.filePath(s("bus.conf")));
    if (!configuration.open(QIODevice::WriteOnly))
        return false;
    // No service files: what answers is what the test started.
    configuration.write("<busconfig><type>session</type><listen>unix:dir=" + m_home.path().toUtf8() +
                        "</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\" "
                        "eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>");
    configuration.close();
    m_bus = std::make_unique<QProcess>();
    m_bus->start(s("dbus-daemon"),
                 {s("--nofork"), s("--print-address=1"), s("--config-file"), configuration.fileName()});
    QByteArray address;
    const bool told = QTest::qWaitFor(
        [&] {
            address += m_bus->readAllStandardOutput();
            return address.contains('\n');
        },
        10'000);
    qputenv("DBUS_SESSION_BUS_ADDRESS", address.trimmed());
    return told;
}

bool TestKeyring::startKeyring()
{
    m_keyring = std::make_unique<QProcess>();
    m_keyring->start(s("gnome-keyring-daemon"), {s("--foreground"), s("--unlock"), s("--components=secrets")});
    if (!m_keyring->waitForStarted(5'000))
        return false;
    m_keyring->write("password");
    m_keyring->closeWriteChannel();
    return QTest::qWaitFor(
        [] {
            return run(s("dbus-send"),
                       {s("--session"), s("--print-reply"), s("--dest=org.freedesktop.secrets"),
                        s("/org/freedesktop/secrets/aliases/default"), s("org.freedesktop.DBus.Properties.Get"),
                        s("string:org.freedesktop.Secret.Collection"), s("string:Locked")});
        },
        20'000);
}

bool TestKeyring::store(const QString &service, const QString &key, const QByteArray &value)
{
    return run(s("secret-tool"),
               {s("store"), s("--label=%1 %2").arg(service, key), s("service"), service, s("key"), key}, value);
}

bool TestKeyring::lock()
{
    return run(s("dbus-send"), {s("--session"), s("--print-reply"), s("--dest=org.freedesktop.secrets"),
                                s("/org/freedesktop/secrets"), s("org.freedesktop.Secret.Service.Lock"),
                                s("array:objpath:/org/freedesktop/secrets/collection/login")});
}

} // namespace Switchyard::Testing
