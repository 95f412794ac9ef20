// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QTemporaryDir>

#include <memory>

namespace Switchyard::Testing {

/// A session bus and a gnome-keyring of a test's own, in a home of its own. While it lives, the environment of the
/// process names them and no others; without startBus() there is no bus.
class TestKeyring final
{
public:
    TestKeyring();
    ~TestKeyring();
    TestKeyring(const TestKeyring &) = delete;
    TestKeyring &operator=(const TestKeyring &) = delete;

    /// Whether Debian's dbus-daemon, gnome-keyring-daemon and secret-tool are there.
    static bool hasBus();
    static bool hasKeyring();

    /// Each has an address of its own: GLib keeps the connection to the one it has asked.
    bool startBus();
    /// Unlocked. Needs the bus.
    bool startKeyring();
    /// As the hint of a missing secret says.
    bool store(const QString &service, const QString &key, const QByteArray &value);
    bool lock();

    QString home() const { return m_home.path(); }
    /// 0: there is none.
    qint64 busId() const { return m_bus ? m_bus->processId() : 0; }

private:
    QTemporaryDir m_home;
    std::unique_ptr<QProcess> m_bus, m_keyring;
};

} // namespace Switchyard::Testing
