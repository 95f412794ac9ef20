// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the session view costs while 10,000 clients are dropped within 100 ms and come back within 5 s: their events go
// into the real view, in batches as a session hands them on, while a timer of its own measures how long the event loop
// stands still. Prints figures; fails when an event is missing or the window stood still for longer than a person sees.
#include "app/console/console.h"
#include "models/common/limits.h"
#include "ui/common/theme.h"
#include "ui/redeploy/sessionbody.h"
#include "ui/redeploy/timelineplot.h"

#include <QApplication>
#include <QComboBox>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <array>

using namespace Switchyard;

namespace {

constexpr int clients = 10'000;
/// The aim is 50 ms; what makes the benchmark fail leaves room for a machine that does other things.
constexpr double aimMs = 50;
constexpr double failMs = 250;
constexpr qint64 secondUs = 1'000'000;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Measures the longest time between two turns of the event loop.
class Stalls
{
public:
    Stalls()
    {
        m_timer.setInterval(0);
        QObject::connect(&m_timer, &QTimer::timeout, [this] {
            const double ms = double(m_clock.nsecsElapsed()) / 1e6;
            m_worst = std::max(m_worst, ms);
            m_over += ms > aimMs ? 1 : 0;
            ++m_turns;
            m_clock.restart();
        });
    }
    void start()
    {
        m_worst = 0;
        m_over = m_turns = 0;
        m_clock.start();
        m_timer.start();
    }
    void stop() { m_timer.stop(); }
    double worst() const { return m_worst; }
    int over() const { return m_over; }

private:
    QTimer m_timer;
    QElapsedTimer m_clock;
    double m_worst = 0;
    int m_over = 0;
    int m_turns = 0;
};

SessionHeader headerOf()
{
    SessionHeader header;
    header.id = s("bench");
    header.startedWallMs = 1'760'000'000'000;
    header.backend = s("many");
    header.platform = s("local");
    header.driver = s("local");
    header.seesStop = true;
    for (const char *name : {"prices", "notes"}) {
        SessionSocket socket;
        socket.name = s(name);
        socket.protocol = s("websocket");
        socket.clients = clients / 2;
        socket.allowedCloses = {1001, 1012};
        header.sockets.append(socket);
    }
    header.endpoints.append({s("health"), s("/health"), 250});
    header.endpoints.append({s("port"), s("127.0.0.1:8000"), 250});
    header.newcomersEveryMs = 500;
    return header;
}

class Recording
{
public:
    Recording()
    {
        add(0, EventKind::Phase).text = s("preparing");
        for (int client = 0; client < clients; ++client)
            open(client, 200'000 + client * 100, 1);
        add(2 * secondUs, EventKind::Phase).text = s("baseline");
        for (int i = 0; i < 80; ++i) {
            Event &probe = add(2 * secondUs + i * 250'000, EventKind::Probe);
            probe.subject = s("health /health");
            probe.ok = i < 40 || i > 48;
            probe.status = probe.ok ? 200 : 0;
            probe.ms = 3;
        }
        add(12 * secondUs, EventKind::Phase).text = s("triggered");
        add(12 * secondUs, EventKind::SignalSent).text = s("SIGTERM");
        for (int client = 0; client < clients; ++client) {
            // All within 100 ms; each waits, tries once in vain, and is back within 5 s.
            const qint64 lost = 12 * secondUs + 50'000 + client * 10;
            Event &ended = on(add(lost, EventKind::ClientEnded), client, 1);
            ended.cause = EndCause::Reset;
            ended.code = 1006;
            ended.wasOpen = true;
            on(add(lost + 5, EventKind::ClientWaiting), client, 1).ms = 1'000;
            on(add(lost + 2 * secondUs, EventKind::ClientConnecting), client, 2);
            open(client, lost + 2 * secondUs + client * 250, 2);
            on(add(lost + 2 * secondUs + client * 250 + 900, EventKind::ClientFirstMessage), client, 2);
        }
        add(18 * secondUs, EventKind::Phase).text = s("recovered");
        std::stable_sort(m_events.begin(), m_events.end(), [](const Event &a, const Event &b) { return a.us < b.us; });
        for (qsizetype i = 0; i < m_events.size(); ++i)
            m_events[i].id = int(i) + 1;
    }
    const QList<Event> &events() const { return m_events; }

private:
    Event &add(qint64 us, EventKind kind)
    {
        Event event;
        event.us = us;
        event.kind = kind;
        m_events.append(event);
        return m_events.last();
    }
    static Event &on(Event &event, int client, int connection)
    {
        event.subject = client % 2 ? s("notes") : s("prices");
        event.client = client / 2;
        event.connection = connection;
        return event;
    }
    void open(int client, qint64 us, int connection) { on(add(us, EventKind::ClientOpen), client, connection); }

    QList<Event> m_events;
};

} // namespace

class SessionViewBenchmark final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void tenThousandLostAndBack();
    void hundredThousandFilteredAndSorted();
    void realWindowWithTenThousand();
};

void SessionViewBenchmark::initTestCase()
{
    raiseFileLimit();
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Light);
}

void SessionViewBenchmark::tenThousandLostAndBack()
{
    SessionBody view([](QWidget *, const QString &, std::function<void(const QString &)>) {});
    view.resize(1280, 660);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    view.findChild<QTabWidget *>(s("sessionTabs"))->setCurrentIndex(5);
    const Recording recording;
    const SessionHeader header = headerOf();
    const QList<Event> &events = recording.events();
    view.clear();
    Stalls stalls;
    QElapsedTimer clock;
    qsizetype given = 0;
    // Fifty batches a second, as a session gives them; played from two seconds before the loss.
    const qint64 fromUs = 10 * secondUs;
    while (given < events.size() && events[given].us < fromUs)
        ++given;
    view.append(header, events.mid(0, given));
    view.setRunning(s("baseline"), double(fromUs) / 1'000, false);
    QTest::qWait(500);
    stalls.start();
    clock.start();
    QTimer feed;
    feed.setInterval(20);
    QObject::connect(&feed, &QTimer::timeout, [&] {
        const qint64 nowUs = fromUs + clock.elapsed() * 1'000;
        qsizetype to = given;
        while (to < events.size() && events[to].us <= nowUs)
            ++to;
        view.append(header, events.mid(given, to - given));
        given = to;
    });
    QTimer tick;
    tick.setInterval(1'000);
    QObject::connect(&tick, &QTimer::timeout, [&] {
        view.setRunning(s("down"), double(fromUs) / 1'000 + double(clock.elapsed()), clock.elapsed() > 2'000);
    });
    feed.start();
    tick.start();
    QTRY_VERIFY_WITH_TIMEOUT(given == events.size(), 30'000);
    QTest::qWait(1'500);
    stalls.stop();
    const double live = stalls.worst();
    const int over = stalls.over();
    QCOMPARE(view.findChild<QTableView *>(s("eventTable"))->model()->rowCount(), int(events.size()));
    SessionRecord record;
    record.header = header;
    record.events = events;
    record.complete = true;
    QElapsedTimer judging;
    judging.start();
    const Verdict verdict = judge(record);
    const double judgedMs = double(judging.nsecsElapsed()) / 1e6;
    stalls.start();
    view.showFinished(record, verdict, true);
    QTest::qWait(300);
    stalls.stop();
    qInfo("session view: %lld events of 10,000 clients; longest stall while live %.1f ms (%d over %.0f ms), "
          "at the verdict %.1f ms; judging takes %.1f ms",
          qlonglong(events.size()), live, over, aimMs, stalls.worst(), judgedMs);
    QVERIFY2(live < failMs, qPrintable(QString::number(live)));
    QVERIFY2(stalls.worst() < failMs, qPrintable(QString::number(stalls.worst())));
}

void SessionViewBenchmark::hundredThousandFilteredAndSorted()
{
    const Recording recording;
    QList<Event> events = recording.events();
    while (events.size() < 100'000)
        events.append(events[events.size() - 50'000]);
    for (qsizetype i = 0; i < events.size(); ++i)
        events[i].id = int(i) + 1;
    SessionRecord record;
    record.header = headerOf();
    record.events = events;
    SessionBody view([](QWidget *, const QString &, std::function<void(const QString &)>) {});
    view.resize(1280, 660);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    Stalls stalls;
    stalls.start();
    view.showFinished(record, {}, false);
    QTest::qWait(200);
    const double opened = stalls.worst();
    view.findChild<QTabWidget *>(s("sessionTabs"))->setCurrentIndex(5);
    auto *table = view.findChild<QTableView *>(s("eventTable"));
    auto *model = qobject_cast<EventModel *>(table->model());
    QVERIFY(model);
    QCOMPARE(model->rowCount(), int(events.size()));
    QTest::qWait(200);
    stalls.start();
    view.findChild<QLineEdit *>(s("eventFilter"))->setText(s("reset"));
    QTRY_VERIFY_WITH_TIMEOUT(!model->isScanning() && model->filter().text == s("reset"), 10'000);
    const double filtered = stalls.worst();
    QVERIFY(model->rowCount() >= clients && model->rowCount() < 30'000);
    view.findChild<QLineEdit *>(s("eventFilter"))->clear();
    QTRY_VERIFY_WITH_TIMEOUT(!model->isScanning() && model->rowCount() == events.size(), 10'000);
    std::array<double, 4> sorted{};
    for (int column = 0; column < 4; ++column) {
        stalls.start();
        table->sortByColumn(column, Qt::DescendingOrder);
        QTRY_VERIFY_WITH_TIMEOUT(!model->isSorting(), 20'000);
        QTest::qWait(50);
        sorted[size_t(column)] = stalls.worst();
    }
    stalls.stop();
    qInfo("100,000 events: longest stall on opening %.1f ms, filtering %.1f ms, sorting by time %.1f, kind %.1f, "
          "subject %.1f, text %.1f ms",
          opened, filtered, sorted[0], sorted[1], sorted[2], sorted[3]);
    for (const double ms : {opened, filtered, sorted[0], sorted[1], sorted[2], sorted[3]})
        QVERIFY2(ms < failMs, qPrintable(QString::number(ms)));
}

/// The whole program: a backend that ends without a close frame, 10,000 real clients, journal, monitor and window.
void SessionViewBenchmark::realWindowWithTenThousand()
{
    QTemporaryDir folder;
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost, 0));
    const quint16 port = server.serverPort();
    server.close();
    QFile workspace(folder.filePath(s("switchyard.toml")));
    QVERIFY(workspace.open(QIODevice::WriteOnly));
    workspace.write(QStringLiteral("schema = 1\n[[backend]]\nname = \"many\"\nplatform = \"local\"\n"
                                   "url = \"http://127.0.0.1:%1\"\n  [[backend.health]]\n  path = \"/health\"\n"
                                   "  [[backend.socket]]\n  name = \"prices\"\n  path = \"/ws/prices\"\n"
                                   "  clients = %2\n  [[backend.socket]]\n  name = \"notes\"\n"
                                   "  path = \"/ws/notifications\"\n  clients = %2\n"
                                   "  [backend.deploy]\n  driver = \"local\"\n"
                                   "  argv = [\"%3\", \"--shutdown\", \"abrupt\", \"--port\", \"%1\"]\n")
                        .arg(port)
                        .arg(clients / 2)
                        .arg(s(BINARY_DIR "/switchyard-demo-backend"))
                        .toUtf8());
    workspace.close();
    ConsoleOptions options;
    options.workbench.journalFolder = folder.filePath(s("sessions"));
    options.workbench.auditFile = folder.filePath(s("audit.jsonl"));
    options.workbench.baseline = Milliseconds(5'000);
    options.workbench.settle = Milliseconds(3'000);
    options.notify = [](const QString &, const QString &, State) {};
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    Workbench &workbench = (*console)->workbench();
    (*console)->window().show();
    (*console)->window().openPath(workspace.fileName());
    QTRY_VERIFY(workbench.isOpen());
    Stalls stalls;
    double inSession = 0;
    int over = 0;
    QString worstPhase, phase;
    workbench.redeploy(s("many"));
    QVERIFY(workbench.sessionRunning());
    connect(workbench.session(), &RedeploySession::phaseChanged, this, [&](RedeploySession::Phase now) {
        if (stalls.worst() > inSession) {
            inSession = stalls.worst();
            worstPhase = phase;
        }
        over += stalls.over();
        phase = RedeploySession::phaseName(now);
        stalls.start();
    });
    stalls.start();
    QTRY_VERIFY_WITH_TIMEOUT(workbench.lastOutcome(), 120'000);
    QTest::qWait(500);
    stalls.stop();
    const SessionOutcomePtr outcome = workbench.lastOutcome();
    int lost = 0;
    for (const ClientFigures &figures : outcome->verdict.clients)
        lost += figures.lost;
    qInfo("the whole window: %lld events, %d clients lost; longest stall %.1f ms (in phase %s, %d over %.0f ms), "
          "from the last phase to the verdict %.1f ms",
          qlonglong(outcome->record.events.size()), lost, inSession, qPrintable(worstPhase), over, aimMs,
          stalls.worst());
    QCOMPARE(lost, clients);
    QSignalSpy closed(&(*console)->window(), &MainWindow::closed);
    (*console)->window().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 30'000);
}

QTEST_MAIN(SessionViewBenchmark)
#include "tst_bench_sessionview.moc"
