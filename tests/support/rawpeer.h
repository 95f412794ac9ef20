// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/certificates.h"

#include <QByteArray>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

struct ssl_st;

namespace Switchyard::Testing {

/// One connection of a RawPeer, blocking; each step returns false, or nothing, once the peer is being stopped.
class PeerConnection final
{
public:
    explicit PeerConnection(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    ~PeerConnection();
    PeerConnection(const PeerConnection &) = delete;
    PeerConnection &operator=(const PeerConnection &) = delete;

    bool send(const QByteArray &bytes);
    QByteArray receive(); ///< what is there; empty: the end
    /// Reads until the text is in what was read.
    QByteArray receiveUntil(const QByteArray &text);
    void stayUntilTheEnd(); ///< silent, until the other side or the test ends it
    void reset();           ///< ends it by RST

    struct Tls
    {
        CertificateFiles files;
        int highest = 0;          ///< TLS1_1_VERSION; 0: any
        QString clientsFrom;      ///< asks for a certificate of this authority
        bool refuseNames = false; ///< an alert for every SNI
    };
    bool startTls(const Tls &tls);
    QByteArray serverName() const { return m_serverName; } ///< the SNI that came

private:
    int m_descriptor;
    ssl_st *m_ssl = nullptr;
    QByteArray m_serverName;
};

/// A TCP server on a free loopback port that does what its script says with each connection, on a thread of its own.
/// Destruction ends all of them.
class RawPeer final
{
public:
    using Script = std::function<void(PeerConnection &)>;
    explicit RawPeer(Script script);
    ~RawPeer();
    RawPeer(const RawPeer &) = delete;
    RawPeer &operator=(const RawPeer &) = delete;

    quint16 port() const { return m_port; }
    int accepted() const { return m_accepted; } ///< connections so far
    int open() const { return m_open; }         ///< that the script still has

private:
    void run();

    Script m_script;
    int m_listener = -1;
    quint16 m_port = 0;
    std::atomic<int> m_accepted{0}, m_open{0};
    std::atomic<bool> m_stopped{false};
    std::mutex m_mutex;
    std::vector<int> m_descriptors;
    std::vector<std::thread> m_threads;
    std::thread m_thread;
};

/// A loopback port that nobody listens on: TCP and UDP.
quint16 freePort();

} // namespace Switchyard::Testing
