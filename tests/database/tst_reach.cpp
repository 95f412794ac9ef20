// SPDX-License-Identifier: GPL-3.0-or-later
// TCP and TLS against real sockets: what refuses, what stays silent, what speaks something else, and every certificate.
#include "models/database/base/reach.h"
#include "tests/support/ownprocess.h"
#include "tests/support/rawpeer.h"

#include <QElapsedTimer>
#include <QTest>

#include <openssl/ssl.h>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const QList<ResolvedAddress> loopback{{QStringLiteral("127.0.0.1"), false}};

ProbeLink linkTo(const RawPeer &peer)
{
    TcpOutcome tcp = connectTcp(loopback, peer.port(), Deadline(Milliseconds{2'000}));
    return ProbeLink(std::move(tcp.descriptor));
}

TlsOutcome handshake(const RawPeer::Script &script, const TlsSettings &settings, int ms = 5'000)
{
    const RawPeer peer(script);
    ProbeLink link = linkTo(peer);
    return link.startTls(settings, Deadline(Milliseconds{ms}));
}

} // namespace

class ReachTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tcp()
    {
        const RawPeer peer([](PeerConnection &c) { c.stayUntilTheEnd(); });
        const int before = openDescriptors();
        {
            const TcpOutcome good = connectTcp(loopback, peer.port(), Deadline(Milliseconds{2'000}));
            QVERIFY(good.descriptor.isOpen());
            QVERIFY(good.detail.contains(s("127.0.0.1:%1").arg(peer.port())));
            // The first address refuses, the second answers.
            const TcpOutcome second =
                connectTcp({{s("127.0.0.77"), false}, loopback[0]}, peer.port(), Deadline(Milliseconds{2'000}));
            QVERIFY(second.descriptor.isOpen());
            QCOMPARE(second.tried.size(), 1);
            QVERIFY(second.tried[0].contains(s("refused")));
            const TcpOutcome refused = connectTcp(loopback, freePort(), Deadline(Milliseconds{2'000}));
            QCOMPARE(reachFailureName(refused.failure), s("refused"));
            const TcpOutcome nowhere = connectSocket(s("/nowhere/at/all"), Deadline(Milliseconds{2'000}));
            QCOMPARE(reachFailureName(nowhere.failure), s("socket"));
        }
        QTRY_COMPARE(openDescriptors(), before);
    }

    void certificates_data()
    {
        QTest::addColumn<CertificateFiles>("files");
        QTest::addColumn<QString>("failure");
        QTest::addColumn<QString>("words");
        QTest::newRow("good") << m_all.good() << s("none") << s("days left");
        QTest::newRow("with intermediate") << m_all.intermediate() << s("none") << s("days left");
        QTest::newRow("expired") << m_all.expired() << s("certificate") << s("has expired");
        QTest::newRow("not yet") << m_all.notYetValid() << s("certificate") << s("is not valid yet");
        QTest::newRow("self-signed") << m_all.selfSigned() << s("certificate") << s("signed by itself");
        QTest::newRow("foreign") << m_all.foreign() << s("certificate") << s("unknown issuer");
        QTest::newRow("foreign root sent") << m_all.foreignRoot() << s("certificate") << s("not trusted here");
        QTest::newRow("incomplete") << m_all.incomplete() << s("certificate") << s("unknown issuer");
        QTest::newRow("stale issuer") << m_all.staleIssuer() << s("certificate") << s("issuing certificate");
        QTest::newRow("wrong name") << m_all.wrongName() << s("name") << s("other.example");
    }
    void certificates()
    {
        QFETCH(CertificateFiles, files);
        QFETCH(QString, failure);
        QFETCH(QString, words);
        QByteArray sni;
        const auto script = [&](PeerConnection &c) {
            if (c.startTls({files, 0, {}, false}))
                sni = c.serverName();
            c.stayUntilTheEnd();
        };
        TlsSettings settings{s("localhost"), m_all.caFile(), TlsVerify::Full, true};
        const TlsOutcome full = handshake(script, settings);
        QCOMPARE(reachFailureName(full.failure), failure);
        QVERIFY2(full.detail.contains(words), qPrintable(full.detail));
        QCOMPARE(full.version, s("TLSv1.3"));
        QVERIFY(!full.cipher.isEmpty());
        QVERIFY(!full.chain.isEmpty());
        QCOMPARE(sni, QByteArray("localhost"));
        QCOMPARE(full.hint.isEmpty(), failure == s("none"));
        // Only the name is wrong: the chain alone holds.
        settings.verify = TlsVerify::Chain;
        QCOMPARE(handshake(script, settings).ok(), failure == s("none") || failure == s("name"));
        settings.verify = TlsVerify::None;
        const TlsOutcome none = handshake(script, settings);
        QVERIFY(none.ok());
        QCOMPARE(none.problem.isEmpty(), failure == s("none"));
    }

    void byAddress()
    {
        const auto script = [&](PeerConnection &c) {
            c.startTls({m_all.good(), 0, {}, false});
            c.stayUntilTheEnd();
        };
        const TlsOutcome good = handshake(script, {s("127.0.0.1"), m_all.caFile(), TlsVerify::Full, true});
        QVERIFY2(good.ok(), qPrintable(good.detail));
        QVERIFY(good.serverName.isEmpty());
        const TlsOutcome other = handshake(script, {s("127.0.0.9"), m_all.caFile(), TlsVerify::Full, true});
        QCOMPARE(reachFailureName(other.failure), s("name"));
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("greeting");
        QTest::addColumn<QString>("peer");
        QTest::newRow("HTTP") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n") << s("HTTP");
        QTest::newRow("SSH") << QByteArray("SSH-2.0-OpenSSH_9.2p1\r\n") << s("SSH");
        QTest::newRow("Redis") << QByteArray("-ERR unknown command\r\n") << s("Redis");
        QTest::newRow("MySQL") << QByteArray::fromHex("4a0000000a382e302e33360008000000") << s("MySQL or MariaDB");
        QTest::newRow("PostgreSQL") << QByteArray("E\0\0\0\x20SFATAL\0", 12) << s("PostgreSQL");
        QTest::newRow("garbage") << QByteArray("lorem ipsum dolor") << QString();
    }
    void refusals()
    {
        QFETCH(QByteArray, greeting);
        QFETCH(QString, peer);
        const TlsOutcome outcome = handshake(
            [&](PeerConnection &c) {
                c.send(greeting);
                c.stayUntilTheEnd();
            },
            {s("localhost"), m_all.caFile(), TlsVerify::Full, true});
        QCOMPARE(reachFailureName(outcome.failure), s("no-tls"));
        QCOMPARE(outcome.peer, peer);
        QVERIFY(outcome.chain.isEmpty());
    }

    void handshakesThatEnd()
    {
        const TlsSettings settings{s("localhost"), m_all.caFile(), TlsVerify::Full, true};
        const TlsOutcome silent = handshake([](PeerConnection &c) { c.stayUntilTheEnd(); }, settings, 200);
        QCOMPARE(reachFailureName(silent.failure), s("timeout"));
        const TlsOutcome closed = handshake([](PeerConnection &c) { c.receive(); }, settings);
        QCOMPARE(reachFailureName(closed.failure), s("closed"));
        const TlsOutcome reset = handshake(
            [](PeerConnection &c) {
                c.receive();
                c.reset();
            },
            settings);
        QVERIFY(reset.failure == ReachFailure::Reset);
        const TlsOutcome old = handshake(
            [&](PeerConnection &c) {
                c.startTls({m_all.good(), TLS1_1_VERSION, {}, false});
                c.stayUntilTheEnd();
            },
            settings);
        QCOMPARE(reachFailureName(old.failure), s("tls-version"));
        QVERIFY2(old.detail.contains(s("TLSv1.1")), qPrintable(old.detail));
        const TlsOutcome named = handshake(
            [&](PeerConnection &c) {
                c.startTls({m_all.good(), 0, {}, true});
            },
            settings);
        QCOMPARE(reachFailureName(named.failure), s("tls-alert"));
        QVERIFY2(named.detail.contains(s("unrecognized name")), qPrintable(named.detail));
        TlsSettings noFile = settings;
        noFile.caFile = s("/nowhere.pem");
        const TlsOutcome missing = handshake([](PeerConnection &c) { c.stayUntilTheEnd(); }, noFile);
        QCOMPARE(reachFailureName(missing.failure), s("ca-file"));
    }

    void clientCertificate()
    {
        const RawPeer peer([&](PeerConnection &c) { c.startTls({m_all.good(), 0, m_all.caFile(), false}); });
        ProbeLink link = linkTo(peer);
        const Deadline deadline(Milliseconds{5'000});
        const TlsOutcome outcome = link.startTls({s("localhost"), m_all.caFile(), TlsVerify::Full, true}, deadline);
        QVERIFY(outcome.asksForCertificate);
        // TLS 1.3: the refusal comes with the first answer.
        QCOMPARE(reachFailureName(link.receive(deadline).failure), s("client-certificate"));
    }

    void cancelled()
    {
        const RawPeer peer([](PeerConnection &c) { c.stayUntilTheEnd(); });
        const int before = openDescriptors();
        const auto flag = std::make_shared<std::atomic<bool>>(false);
        std::thread other([flag] {
            std::this_thread::sleep_for(Milliseconds{100});
            *flag = true;
        });
        QElapsedTimer clock;
        clock.start();
        {
            ProbeLink link = linkTo(peer);
            const TlsOutcome outcome = link.startTls({s("localhost"), m_all.caFile(), TlsVerify::Full, true},
                                                     Deadline(Milliseconds{20'000}, flag));
            QCOMPARE(reachFailureName(outcome.failure), s("cancelled"));
        }
        QVERIFY(clock.elapsed() < 1000);
        other.join();
        QTRY_COMPARE(peer.open(), 0);
        QTRY_COMPARE(openDescriptors(), before);
    }

private:
    TestCertificates m_all;
};

QTEST_GUILESS_MAIN(ReachTest)
#include "tst_reach.moc"
