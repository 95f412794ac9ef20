// SPDX-License-Identifier: GPL-3.0-or-later
// keychain:SERVICE/KEY against a real gnome-keyring on a bus of the test's own; and without either.
#include "models/common/keychain.h"

#include "tests/support/keyring.h"

#include <QElapsedTimer>
#include <QTest>

#include <csignal>

using namespace Switchyard;
using Switchyard::Testing::TestKeyring;

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
    void init() { m_keyring = std::make_unique<TestKeyring>(); }
    void cleanup() { m_keyring.reset(); }
    void badNames();
    void noBus();
    void noKeychain();
    void deadBus();
    void stuckBus();
    void found();
    void missing();
    void locked();

private:
    std::unique_ptr<TestKeyring> m_keyring;
};

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
    qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + m_keyring->home().toUtf8() + "/nobody");
    const Result<Secret> secret = secretFromKeychain(s("a/b"), Milliseconds(10'000));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("does not answer")), qPrintable(secret.error().message));
}

void KeychainTest::noKeychain()
{
    if (!TestKeyring::hasBus())
        QSKIP("dbus-daemon is not installed (packaging/install-deps --test)");
    QVERIFY(m_keyring->startBus());
    const Result<Secret> secret = secretFromKeychain(s("a/b"), Milliseconds(10'000));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("no keychain runs")), qPrintable(secret.error().message));
}

void KeychainTest::stuckBus()
{
    if (!TestKeyring::hasBus())
        QSKIP("dbus-daemon is not installed (packaging/install-deps --test)");
    QVERIFY(m_keyring->startBus());
    // Stopped, it takes connections and answers none.
    QVERIFY(::kill(pid_t(m_keyring->busId()), SIGSTOP) == 0);
    QElapsedTimer clock;
    clock.start();
    const Result<Secret> secret = secretFromKeychain(s("a/b"), Milliseconds(300));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("did not answer within 300 ms")), qPrintable(secret.error().message));
    QVERIFY(secret.error().hint.contains(s("unlock it")));
    QVERIFY(clock.elapsed() >= 300 && clock.elapsed() < 3'000);
    QVERIFY(::kill(pid_t(m_keyring->busId()), SIGCONT) == 0);
}

void KeychainTest::found()
{
    if (!TestKeyring::hasKeyring())
        QSKIP("gnome-keyring and libsecret-tools are not installed (packaging/install-deps --test)");
    QVERIFY(m_keyring->startBus() && m_keyring->startKeyring());
    // As the hint of a missing one says.
    QVERIFY(m_keyring->store(s("switchyard"), s("slack"), value));
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
    if (!TestKeyring::hasKeyring())
        QSKIP("gnome-keyring is not installed (packaging/install-deps --test)");
    QVERIFY(m_keyring->startBus() && m_keyring->startKeyring());
    const Result<Secret> secret = secretFromKeychain(s("switchyard/other"));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("has no keychain:switchyard/other")),
             qPrintable(secret.error().toString()));
    QVERIFY(secret.error().hint.startsWith(s("secret-tool store --label=")));
    QVERIFY(secret.error().hint.endsWith(s("service switchyard key other")));
}

void KeychainTest::locked()
{
    if (!TestKeyring::hasKeyring())
        QSKIP("gnome-keyring and libsecret-tools are not installed (packaging/install-deps --test)");
    QVERIFY(m_keyring->startBus() && m_keyring->startKeyring());
    QVERIFY(m_keyring->store(s("switchyard"), s("slack"), value));
    QVERIFY(m_keyring->lock());
    // Nobody is there to type its password: it says so, or does not answer in time.
    const Result<Secret> secret = secretFromKeychain(s("switchyard/slack"), Milliseconds(5'000));
    QVERIFY(!secret.has_value() && secret.error().kind == ErrorKind::Auth);
    QVERIFY2(secret.error().message.contains(s("is locked")), qPrintable(secret.error().toString()));
}

QTEST_GUILESS_MAIN(KeychainTest)
#include "tst_keychain.moc"
