// SPDX-License-Identifier: GPL-3.0-or-later
// The set of monitors on real servers: states, schedule, pauses, deploy windows and this machine's own network.
#include "models/health/monitorset.h"
#include "tests/support/httpserver.h"

#include <QSignalSpy>
#include <QTcpServer>
#include <QTest>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

using namespace Switchyard;

/// "lab.test" is this machine under a name that does not say so: only loopback can be had everywhere, and targets
/// there are never taken for a fault of the network.
extern "C" int getaddrinfo(const char *node, const char *service, const addrinfo *hints, addrinfo **result)
{
    using Function = int (*)(const char *, const char *, const addrinfo *, addrinfo **);
    static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
    const bool lab = node && std::strcmp(node, "lab.test") == 0;
    return real(lab ? "127.0.0.1" : node, service, hints, result);
}

namespace {

/// A port of which no connect is ever answered, until opened: its queue is full.
class DeafPort final
{
public:
    DeafPort()
        : m_listener(::socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(m_listener, reinterpret_cast<sockaddr *>(&address), sizeof(address));
        ::listen(m_listener, 0);
        socklen_t size = sizeof(address);
        ::getsockname(m_listener, reinterpret_cast<sockaddr *>(&address), &size);
        m_port = ntohs(address.sin_port);
        for (int i = 0; i < 4; ++i) {
            const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            ::connect(filler, reinterpret_cast<sockaddr *>(&address), sizeof(address));
            m_fillers.append(filler);
        }
    }
    ~DeafPort()
    {
        for (const int fd : std::as_const(m_fillers))
            ::close(fd);
        ::close(m_listener);
    }
    DeafPort(const DeafPort &) = delete;
    DeafPort &operator=(const DeafPort &) = delete;

    /// From now on it refuses, which is an answer.
    void open()
    {
        ::shutdown(m_listener, SHUT_RDWR);
        ::close(m_listener);
        m_listener = -1;
    }
    QString anchor() const { return QStringLiteral("127.0.0.1:%1").arg(m_port); }
    QString url(const QString &host) const { return QStringLiteral("http://%1:%2/health").arg(host).arg(m_port); }

private:
    int m_listener;
    quint16 m_port = 0;
    QList<int> m_fillers;
};

Monitor monitorOf(const QString &url, Milliseconds interval = Milliseconds(100))
{
    Monitor monitor;
    monitor.id = url;
    monitor.group = QStringLiteral("render");
    monitor.name = url;
    monitor.target.id = url;
    monitor.target.url = url;
    monitor.target.timeout = Milliseconds(400);
    monitor.interval = interval;
    monitor.failures = 2;
    monitor.recoveries = 2;
    return monitor;
}

HttpBehaviour answering(int status)
{
    HttpBehaviour behaviour;
    behaviour.status = status;
    return behaviour;
}

/// The words of all transitions of one monitor, in order.
class Transitions final
{
public:
    explicit Transitions(MonitorSet *set)
    {
        QObject::connect(set, &MonitorSet::stateChanged, set,
                         [this](const MonitorTransition &transition) { all.append(transition); });
    }
    QString words() const
    {
        QStringList words;
        for (const MonitorTransition &each : all)
            words.append(monitorStateName(each.to) + (each.suppressedBy.isEmpty() ? QString() : QStringLiteral("*")));
        return words.join(QLatin1Char(' '));
    }
    QList<MonitorTransition> all;
};

} // namespace

class MonitorSetTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void followsAnOutage();
    void pausedIsNotProbed();
    void stopLeavesUnknown();
    void keepsWhatItKnows();
    void windowSilencesAndTellsAtItsEnd();
    void outageBeforeTheWindowIsEndedAloud();
    void silentTargetIsDownWhereTheNetworkAnswers();
    void silentTargetIsUnknownWhereTheNetworkIsSilent();
    void keepsWarm();
    void borrowedGroupIsNotProbed();

private:
    MonitorState stateOf(const MonitorSet &set, int index = 0) const { return set.record(index).tracker.state(); }
    QString url() const { return m_server->url(QStringLiteral("/health")); }

    std::unique_ptr<HttpServer> m_server;
};

void MonitorSetTest::init()
{
    m_server = std::make_unique<HttpServer>();
    m_server->setBehaviour("/health", answering(200));
}

void MonitorSetTest::followsAnOutage()
{
    MonitorSet set;
    Transitions transitions(&set);
    set.setMonitors({monitorOf(url())});
    QVERIFY(stateOf(set) == MonitorState::Unknown);
    set.start();
    QTRY_VERIFY(stateOf(set) == MonitorState::Up);
    m_server->setBehaviour("/health", answering(500));
    QTRY_VERIFY(stateOf(set) == MonitorState::Down);
    QVERIFY2(set.record(0).tracker.cause().contains(QStringLiteral("500")), qPrintable(set.record(0).tracker.cause()));
    m_server->setBehaviour("/health", answering(200));
    QTRY_VERIFY(stateOf(set) == MonitorState::Up);
    QCOMPARE(transitions.words(), QStringLiteral("up down recovering up"));
    const HealthFigures figures = set.record(0).figures({}, Clock::now());
    QCOMPARE(figures.decided.outages, std::optional(1));
    QVERIFY(figures.failed >= 2);
    QVERIFY(figures.decided.uptime && *figures.decided.uptime < 1);
    // The failure before the one that decided counts without retries only.
    QVERIFY(figures.raw.down > figures.decided.down - Milliseconds(100));
    QVERIFY(figures.longestGap && *figures.longestGap >= Milliseconds(250));
    QVERIFY(set.record(0).last->body.isEmpty());
}

void MonitorSetTest::pausedIsNotProbed()
{
    MonitorSet set;
    set.setMonitors({monitorOf(url())});
    set.start();
    QTRY_VERIFY(stateOf(set) == MonitorState::Up);
    set.setPaused(url(), true);
    QVERIFY(stateOf(set) == MonitorState::Paused);
    // What was on its way may still have arrived at the server.
    const int before = m_server->connectionCount();
    QSignalSpy changed(&set, &MonitorSet::changed);
    QVERIFY(changed.wait(2'000));
    QTest::qWait(300); // three intervals, in which nothing is to happen
    QVERIFY2(m_server->connectionCount() <= before + 1,
             qPrintable(QString::number(m_server->connectionCount() - before)));
    set.setPaused(url(), false);
    QVERIFY(stateOf(set) == MonitorState::Unknown);
    QTRY_VERIFY(stateOf(set) == MonitorState::Up);
}

void MonitorSetTest::stopLeavesUnknown()
{
    MonitorSet set;
    set.setMonitors({monitorOf(url())});
    set.start();
    QTRY_VERIFY(set.record(0).points.size() > 3);
    set.stop();
    QVERIFY(stateOf(set) == MonitorState::Unknown);
    QVERIFY2(set.record(0).tracker.cause().contains(QStringLiteral("stopped")),
             qPrintable(set.record(0).tracker.cause()));
    QVERIFY(set.record(0).points.size() > 3);
    set.start();
    QTRY_VERIFY(stateOf(set) == MonitorState::Up);
}

void MonitorSetTest::keepsWhatItKnows()
{
    m_server->setBehaviour("/ready", answering(200));
    const QString ready = m_server->url(QStringLiteral("/ready"));
    MonitorSet set;
    set.setMonitors({monitorOf(url())});
    set.start();
    QTRY_VERIFY(set.record(0).points.size() > 3);
    set.setMonitors({monitorOf(ready), monitorOf(url())});
    QCOMPARE(set.indexOf(url()), 1);
    QVERIFY(set.record(1).points.size() > 3);
    QVERIFY(set.record(0).points.isEmpty());
    QTRY_VERIFY(stateOf(set, 0) == MonitorState::Up);
    set.setMonitors({});
    QCOMPARE(set.count(), 0);
    QCOMPARE(set.indexOf(url()), -1);
}

void MonitorSetTest::windowSilencesAndTellsAtItsEnd()
{
    MonitorSet set;
    Transitions transitions(&set);
    Monitor monitor = monitorOf(url());
    monitor.grace = Milliseconds(500);
    set.setMonitors({monitor});
    set.start();
    QTRY_VERIFY(stateOf(set) == MonitorState::Up);
    set.deployBegan(QStringLiteral("render"));
    m_server->setBehaviour("/health", answering(503));
    QTRY_VERIFY(stateOf(set) == MonitorState::Down);
    QCOMPARE(transitions.words(), QStringLiteral("up down*"));
    set.deployEnded(QStringLiteral("render"));
    // Grace over, and still down: now it is told.
    QTRY_COMPARE(transitions.words(), QStringLiteral("up down* down"));
    QVERIFY(transitions.all.last().from == MonitorState::Down);
    QVERIFY2(transitions.all.last().cause.contains(QStringLiteral("still down at the end of the grace")) ||
                 transitions.all.last().cause.contains(QStringLiteral("still down at the end of a running deploy")),
             qPrintable(transitions.all.last().cause));
    m_server->setBehaviour("/health", answering(200));
    QTRY_COMPARE(transitions.words(), QStringLiteral("up down* down recovering up"));
}

void MonitorSetTest::outageBeforeTheWindowIsEndedAloud()
{
    MonitorSet set;
    Transitions transitions(&set);
    set.setMonitors({monitorOf(url())});
    set.start();
    m_server->setBehaviour("/health", answering(500));
    QTRY_VERIFY(stateOf(set) == MonitorState::Down);
    set.deployBegan(QStringLiteral("render"));
    m_server->setBehaviour("/health", answering(200));
    QTRY_VERIFY(stateOf(set) == MonitorState::Up);
    QVERIFY2(transitions.words().endsWith(QStringLiteral("down recovering up")), qPrintable(transitions.words()));
}

void MonitorSetTest::silentTargetIsDownWhereTheNetworkAnswers()
{
    QTcpServer anchor;
    QVERIFY(anchor.listen(QHostAddress::LocalHost));
    DeafPort target;
    MonitorSet set({QStringLiteral("127.0.0.1:%1").arg(anchor.serverPort())});
    Monitor monitor = monitorOf(target.url(QStringLiteral("lab.test")));
    set.setMonitors({monitor});
    set.start();
    QTRY_VERIFY_WITH_TIMEOUT(stateOf(set) == MonitorState::Down, 10'000);
    QVERIFY(set.ownNetworkFault().isEmpty());
}

void MonitorSetTest::silentTargetIsUnknownWhereTheNetworkIsSilent()
{
    DeafPort anchor;
    DeafPort target;
    MonitorSet set({anchor.anchor()});
    QSignalSpy noticed(&set, &MonitorSet::noticed);
    Transitions transitions(&set);
    set.setMonitors({monitorOf(target.url(QStringLiteral("lab.test"))), monitorOf(url())});
    set.start();
    QTRY_VERIFY_WITH_TIMEOUT(!set.ownNetworkFault().isEmpty(), 10'000);
    QTRY_VERIFY_WITH_TIMEOUT(set.record(0).last.has_value(), 10'000);
    QVERIFY(stateOf(set, 0) == MonitorState::Unknown);
    QVERIFY2(set.record(0).tracker.cause().contains(QStringLiteral("own network")),
             qPrintable(set.record(0).tracker.cause()));
    QVERIFY(set.record(0).points.isEmpty());
    // Loopback needs no network.
    QVERIFY(stateOf(set, 1) == MonitorState::Up);
    QVERIFY2(!transitions.words().contains(QStringLiteral("down")), qPrintable(transitions.words()));
    // The way is open again, and the target is as deaf as before: that is its own fault now.
    anchor.open();
    QTRY_VERIFY_WITH_TIMEOUT(set.ownNetworkFault().isEmpty(), 10'000);
    QTRY_VERIFY_WITH_TIMEOUT(stateOf(set, 0) == MonitorState::Down, 15'000);
    QVERIFY(noticed.size() >= 2);
}

void MonitorSetTest::keepsWarm()
{
    MonitorSet set;
    Monitor monitor = monitorOf(url(), Milliseconds(60'000));
    monitor.keepWarm = Milliseconds(200);
    set.setMonitors({monitor});
    set.start();
    QTRY_VERIFY(set.record(0).warmed >= 3);
    // They keep it awake and say nothing of it.
    QCOMPARE(set.record(0).points.size(), 1);
}

void MonitorSetTest::borrowedGroupIsNotProbed()
{
    MonitorSet set;
    set.setMonitors({monitorOf(url(), Milliseconds(30'000))});
    set.setBorrowed(QStringLiteral("render"), true);
    set.start();
    ProbeSample sample;
    sample.targetId = url();
    sample.sentAt = Clock::now();
    sample.state = ProbeState::Up;
    sample.status = 200;
    sample.phases.total = 3;
    set.take({sample});
    QVERIFY(stateOf(set) == MonitorState::Up);
    QCOMPARE(m_server->connectionCount(), 0);
    set.setBorrowed(QStringLiteral("render"), false);
    QTRY_COMPARE(m_server->connectionCount(), 1);
}

QTEST_GUILESS_MAIN(MonitorSetTest)

#include "tst_monitorset.moc"
