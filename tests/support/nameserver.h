// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

#include <atomic>
#include <thread>

namespace Switchyard::Testing {

/// dnsmasq on a free loopback port, that knows what its arguments say and nothing else: names in ".test" that are not
/// named do not exist. Destruction stops it.
class NameServer final
{
public:
    /// "--host-record=db.test,127.0.0.1", "--srv-host=_mongodb._tcp.c.test,h1.c.test,27017", "--txt-record=c.test,a=b"
    explicit NameServer(const QStringList &records);
    ~NameServer();
    NameServer(const NameServer &) = delete;
    NameServer &operator=(const NameServer &) = delete;

    QString address() const; ///< "127.0.0.1:5353"; empty: it did not start, see said()
    QString said() const { return m_said; }

private:
    QProcess m_process;
    quint16 m_port = 0;
    QString m_said;
};

/// A UDP port that answers every question with one code of RFC 1035 (2: SERVFAIL, 5: REFUSED), with bytes that are no
/// answer (-1), or not at all (-2).
class FixedNameServer final
{
public:
    explicit FixedNameServer(int code);
    ~FixedNameServer();
    FixedNameServer(const FixedNameServer &) = delete;
    FixedNameServer &operator=(const FixedNameServer &) = delete;

    QString address() const { return QStringLiteral("127.0.0.1:%1").arg(m_port); }

private:
    int m_descriptor = -1;
    quint16 m_port = 0;
    std::atomic<bool> m_stopped{false};
    std::thread m_thread;
};

} // namespace Switchyard::Testing
