// SPDX-License-Identifier: GPL-3.0-or-later
// The session part of the window: timeline, events, recorded sessions, comparison, reports, alerts.
#include "app/console/console.h"
#include "models/redeploy/journal.h"
#include "ui/common/csv.h"
#include "ui/common/theme.h"
#include "ui/redeploy/eventmodel.h"
#include "ui/redeploy/sessionbody.h"
#include "ui/redeploy/sessionpdf.h"
#include "ui/redeploy/timelineplot.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QProcess>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QVBoxLayout>
#include <QWheelEvent>

#include <algorithm>

using namespace Switchyard;

namespace {

constexpr qint64 secondUs = 1'000'000;
constexpr qint64 startedMs = 1'760'000'000'000;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A redeploy of one socket with ten clients, of which `reset` are cut without a close frame.
SessionRecord recordOf(const QString &id, int reset, qint64 startedWallMs = startedMs)
{
    SessionRecord record;
    record.header.id = id;
    record.header.startedWallMs = startedWallMs;
    record.header.program = s("switchyard test");
    record.header.workspace = s("shop");
    record.header.backend = s("api");
    record.header.platform = s("render");
    record.header.driver = s("local");
    record.header.url = s("http://127.0.0.1:8000");
    record.header.seesStop = true;
    record.header.seesStart = true;
    record.header.loopbackOnly = true;
    record.header.newcomersEveryMs = 500;
    SessionSocket socket;
    socket.name = s("prices");
    socket.protocol = s("websocket");
    socket.clients = 10;
    socket.allowedCloses = {1001, 1012};
    record.header.sockets.append(socket);
    record.header.endpoints.append({s("health"), s("/health"), 250});
    record.header.endpoints.append({s("port"), s("127.0.0.1:8000"), 250});
    const auto add = [&record](qint64 us, EventKind kind) -> Event & {
        Event event;
        event.id = int(record.events.size()) + 1;
        event.us = us;
        event.kind = kind;
        record.events.append(event);
        return record.events.last();
    };
    const auto client = [](Event &event, int number, int connection) -> Event & {
        event.subject = s("prices");
        event.client = number;
        event.connection = connection;
        return event;
    };
    const auto probes = [&](qint64 from, qint64 to, bool ok) {
        for (qint64 us = from; us < to; us += 250'000) {
            for (const char *subject : {"health /health", "port 127.0.0.1:8000"}) {
                Event &probe = add(us, EventKind::Probe);
                probe.subject = s(subject);
                probe.ok = ok;
                probe.status = ok && subject[0] == 'h' ? 200 : 0;
                probe.ms = 2.5;
            }
        }
    };
    add(0, EventKind::Phase).text = s("preparing");
    for (int i = 0; i < 10; ++i)
        client(add(100'000 + i, EventKind::ClientOpen), i, 1).instance = s("a");
    add(secondUs, EventKind::Phase).text = s("baseline");
    probes(secondUs, 13 * secondUs + 250'000, true);
    probes(13 * secondUs + 250'000, 15 * secondUs, false);
    probes(15 * secondUs, 26 * secondUs, true);
    add(11 * secondUs, EventKind::Phase).text = s("triggered");
    Event &starting = add(11 * secondUs + 10, EventKind::InstanceStarting);
    starting.instance = s("2");
    Event &signal = add(12 * secondUs, EventKind::SignalSent);
    signal.text = s("SIGTERM");
    signal.instance = s("1");
    for (int i = 0; i < 10; ++i) {
        Event &ended = client(add(13 * secondUs + i * 1'000, EventKind::ClientEnded), i, 1);
        ended.wasOpen = true;
        ended.cause = i < reset ? EndCause::Reset : EndCause::CloseFrame;
        ended.code = i < reset ? 1006 : 1012;
        ended.text = i < reset ? QString() : s("=service restart, \"soon\"");
    }
    Event &newcomer = add(13 * secondUs + 200'000, EventKind::Newcomer);
    newcomer.subject = s("prices");
    newcomer.cause = EndCause::Handshake;
    newcomer.status = 503;
    add(14 * secondUs, EventKind::InstanceExited).instance = s("1");
    Event &healthy = add(15 * secondUs, EventKind::InstanceHealthy);
    healthy.instance = s("2");
    for (int i = 0; i < 10; ++i)
        client(add(15 * secondUs + i * 100'000, EventKind::ClientOpen), i, 2).instance = s("b");
    add(16 * secondUs, EventKind::Phase).text = s("recovered");
    add(26 * secondUs, EventKind::Phase).text = s("settled");
    std::stable_sort(record.events.begin(), record.events.end(),
                     [](const Event &a, const Event &b) { return a.us < b.us; });
    for (qsizetype i = 0; i < record.events.size(); ++i)
        record.events[i].id = int(i) + 1;
    record.complete = true;
    record.endReason = s("settled");
    return record;
}

void writeJournal(const QString &folder, const SessionRecord &record, bool ended)
{
    auto journal = JournalWriter::create(folder + QLatin1Char('/') + record.header.id, record.header);
    QVERIFY(journal.has_value());
    (*journal)->append(record.events);
    if (ended)
        (*journal)->finish(record, judge(record));
}

/// What each message on the desktop would say.
struct Message
{
    QString title, text;
};

} // namespace

class TestSessions : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void eventsFilterAndSortByThemselves();
    void selectionSurvivesSorting();
    void csvIsSafeAndRaw();
    void timelineHasItsLanes();
    void timelineZoomsAndPans();
    void wheelScrollsThePageUntilThePlotHasTheFocus();
    void hoverNamesTheEvent();
    void evidenceLeadsToItsEvents();
    void figuresAndForecastAreShown();
    void pdfHasItsText();
    void recordedSessionsListOpenCompare();
    void listSaysWhyItIsEmpty();
    void alertsOnLossAndVerdict();
    void auditThatCannotBeWrittenRefuses();

private:
    std::unique_ptr<SessionBody> makeBody(const SessionRecord &record);
    void makeConsole(const QString &journals, const QString &audit);
    void closeConsole();
    template <typename T>
    T *find(const char *name)
    {
        return m_console->window().findChild<T *>(QLatin1StringView(name));
    }

    std::unique_ptr<Console> m_console;
    QList<Message> m_messages;
    QString m_saveTo;
};

void TestSessions::initTestCase()
{
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Light);
}

std::unique_ptr<SessionBody> TestSessions::makeBody(const SessionRecord &record)
{
    auto body = std::make_unique<SessionBody>(
        [this](QWidget *, const QString &, std::function<void(const QString &)> answer) { answer(m_saveTo); });
    body->resize(1280, 660);
    body->show();
    body->showFinished(record, judge(record), false);
    return body;
}

void TestSessions::eventsFilterAndSortByThemselves()
{
    EventModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy settled(&model, &EventModel::settled);
    const SessionRecord record = recordOf(s("a"), 4);
    model.begin(startedMs);
    model.append(record.events.mid(0, 50));
    model.append(record.events.mid(50));
    QCOMPARE(model.rowCount(), int(record.events.size()));
    EventFilter filter;
    filter.text = s("RESET");
    model.setFilter(filter);
    QTRY_VERIFY(!model.isScanning());
    QCOMPARE(model.rowCount(), 4);
    filter = {};
    filter.kind = EventKind::ClientEnded;
    filter.subject = s("prices");
    model.setFilter(filter);
    QTRY_COMPARE(model.rowCount(), 10);
    model.sort(EventModel::What, Qt::DescendingOrder);
    QTRY_VERIFY(!model.isSorting());
    QStringList texts;
    for (int row = 0; row < model.rowCount(); ++row)
        texts.append(model.index(row, EventModel::What).data().toString());
    QVERIFY(std::is_sorted(texts.crbegin(), texts.crend()));
    // What comes later is sorted in as well.
    Event late = *std::find_if(record.events.cbegin(), record.events.cend(),
                               [](const Event &event) { return event.kind == EventKind::ClientEnded; });
    late.id = int(record.events.size()) + 1;
    late.client = 4;
    late.us = 30 * secondUs;
    model.append({late});
    QCOMPARE(model.rowCount(), 11);
    const auto sorted = [&model] {
        QStringList now;
        for (int row = 0; row < model.rowCount(); ++row)
            now.append(model.index(row, EventModel::What).data().toString());
        return std::is_sorted(now.crbegin(), now.crend());
    };
    QTRY_VERIFY_WITH_TIMEOUT(sorted(), 5'000);
    model.setFilter({});
    model.sort(EventModel::Time, Qt::DescendingOrder);
    QTRY_COMPARE(model.rowCount(), int(record.events.size()) + 1);
    QCOMPARE(model.index(0, 0).data(Qt::UserRole + 1).toString(), QString::number(late.id));
    late.id += 1;
    model.append({late});
    QCOMPARE(model.rowOf(late.id), 0);
    filter = {};
    filter.ids = {3, 5, 7};
    model.setFilter(filter);
    QTRY_COMPARE(model.rowCount(), 3);
    QCOMPARE(model.rowOf(7), 0);
    QVERIFY(model.rowOf(4) < 0);
    QVERIFY(!settled.isEmpty());
}

void TestSessions::selectionSurvivesSorting()
{
    EventModel model;
    const SessionRecord record = recordOf(s("a"), 4);
    model.begin(startedMs);
    model.append(record.events);
    const QPersistentModelIndex third = model.index(model.rowOf(3), EventModel::What);
    const QString text = third.data().toString();
    model.sort(EventModel::Time, Qt::DescendingOrder);
    QCOMPARE(third.row(), model.rowCount() - 3);
    model.sort(EventModel::What, Qt::AscendingOrder);
    QTRY_VERIFY(!model.isSorting());
    QVERIFY(third.isValid());
    QCOMPARE(third.data().toString(), text);
    QCOMPARE(model.index(third.row(), 0).data(Qt::UserRole + 1).toString(), s("3"));
}

void TestSessions::csvIsSafeAndRaw()
{
    QCOMPARE(csvField(1234.5), s("1234.5"));
    QCOMPARE(csvField(-3), s("-3"));
    QCOMPARE(csvField(s("-3")), s("'-3"));
    QCOMPARE(csvField(s("=HYPERLINK(\"x\")")), s("\"'=HYPERLINK(\"\"x\"\")\""));
    QCOMPARE(csvField(s("@SUM(A1)")), s("'@SUM(A1)"));
    QCOMPARE(csvField(s("a,b\nc")), s("\"a,b\nc\""));
    QCOMPARE(csvField(QVariant()), QString());
    const SessionRecord record = recordOf(s("a"), 1);
    QTemporaryDir folder;
    m_saveTo = folder.filePath(s("events.csv"));
    const auto body = makeBody(record);
    body->findChild<QComboBox *>(s("eventKind"))
        ->setCurrentIndex(body->findChild<QComboBox *>(s("eventKind"))->findData(int(EventKind::ClientEnded)));
    QTRY_COMPARE(body->findChild<QTableView *>(s("eventTable"))->model()->rowCount(), 10);
    QSignalSpy noticed(body.get(), &SessionBody::noticed);
    body->findChild<QPushButton *>(s("eventCsv"))->click();
    QTRY_COMPARE(noticed.size(), 1);
    QFile file(m_saveTo);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().split('\n');
    QCOMPARE(lines.size(), 12); // a head, ten events, and nothing behind the last line's end
    QVERIFY(lines[0].startsWith("id,time_utc,seconds,kind,subject,client"));
    QVERIFY2(lines[1].contains(",13,client-ended,prices,0,1,reset,1006,true,"), lines[1].constData());
    QVERIFY2(lines[2].contains("\"'=service restart, \"\"soon\"\"\""), lines[2].constData());
    // Rows are copied as they are shown.
    auto *table = body->findChild<QTableView *>(s("eventTable"));
    table->selectRow(0);
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    const QStringList copied = QApplication::clipboard()->text().split(QLatin1Char('\n'));
    QCOMPARE(copied.size(), 3);
    QCOMPARE(copied[1].count(QLatin1Char('\t')), 3);
}

void TestSessions::timelineHasItsLanes()
{
    const SessionRecord record = recordOf(s("a"), 4);
    TimelinePlot plot;
    plot.begin(record.header);
    plot.take(record.events);
    QCOMPARE(plot.laneNames(), QStringList({s("/health"), s("port"), s("newcomers")}));
    // A newcomer that was let in before the drain ends like every client; let in during it and dropped is a cross.
    QCOMPARE(plot.newcomerMarks(), QList<int>({0, 1, 0}));
    Event taken;
    taken.kind = EventKind::Newcomer;
    taken.subject = s("prices");
    taken.client = 7;
    taken.ok = true;
    taken.us = 13 * secondUs;
    Event dropped = taken;
    dropped.ok = false;
    dropped.wasOpen = true;
    dropped.us = 14 * secondUs;
    plot.take({taken, dropped});
    QCOMPARE(plot.newcomerMarks(), QList<int>({1, 1, 1}));
    taken.client = dropped.client = 8;
    taken.us = 5 * secondUs;
    plot.take({taken, dropped});
    QCOMPARE(plot.newcomerMarks(), QList<int>({2, 1, 1}));
    Event anchor;
    anchor.id = int(record.events.size()) + 1;
    anchor.kind = EventKind::Probe;
    anchor.subject = s("anchor 192.0.2.1:443");
    anchor.us = 20 * secondUs;
    anchor.ok = true;
    plot.take({anchor});
    QCOMPARE(plot.laneNames().last(), s("our network"));
}

void TestSessions::timelineZoomsAndPans()
{
    const auto body = makeBody(recordOf(s("a"), 4));
    TimelinePlot *plot = body->timeline();
    QWidget *inner = plot->findChild<QWidget *>(s("timeline"));
    QVERIFY(plot->isFitted());
    const auto full = plot->shownRange();
    QVERIFY(full.first == 0 && full.second > 26);
    inner->setFocus();
    QTest::keyClick(inner, Qt::Key_Plus);
    QVERIFY(!plot->isFitted());
    auto range = plot->shownRange();
    QVERIFY(range.second - range.first < full.second * 0.7);
    QTest::keyClick(inner, Qt::Key_Left);
    QVERIFY(plot->shownRange().first < range.first);
    // However far: never out of the session.
    for (int i = 0; i < 50; ++i)
        QTest::keyClick(inner, Qt::Key_Right);
    QVERIFY(plot->shownRange().second <= full.second + 0.001);
    for (int i = 0; i < 60; ++i)
        QTest::keyClick(inner, Qt::Key_Plus);
    range = plot->shownRange();
    QVERIFY(range.second - range.first >= 0.019);
    auto *fit = body->findChild<QAbstractButton *>(s("timelineFit"));
    QTRY_VERIFY(fit->isEnabled());
    fit->click();
    QVERIFY(plot->isFitted());
    QCOMPARE(plot->shownRange(), full);
}

void TestSessions::wheelScrollsThePageUntilThePlotHasTheFocus()
{
    QScrollArea area;
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    auto *plot = new TimelinePlot(page);
    auto *other = new QPushButton(s("other"), page);
    layout->addWidget(plot);
    layout->addWidget(other);
    page->setMinimumHeight(2'000);
    area.setWidget(page);
    area.setWidgetResizable(true);
    area.resize(500, 300);
    area.show();
    area.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&area));
    const SessionRecord record = recordOf(s("a"), 1);
    plot->begin(record.header);
    plot->take(record.events);
    plot->drawUntil(26'000);
    QWidget *inner = plot->findChild<QWidget *>(s("timeline"));
    other->setFocus();
    const auto wheel = [&](Qt::KeyboardModifiers keys) {
        const QPointF at(200, 60);
        QWheelEvent event(at, inner->mapToGlobal(at), {}, QPoint(0, -120), Qt::NoButton, keys, Qt::NoScrollPhase,
                          false);
        QApplication::sendEvent(inner, &event);
        return event.isAccepted();
    };
    const auto range = plot->shownRange();
    // Not taken: it goes on to the page.
    QVERIFY(!wheel(Qt::NoModifier));
    QCOMPARE(plot->shownRange(), range);
    plot->zoom(0.5, 10);
    const auto zoomed = plot->shownRange();
    QVERIFY(wheel(Qt::ControlModifier));
    QVERIFY(plot->shownRange() != zoomed);
    inner->setFocus();
    QTRY_VERIFY(inner->hasFocus());
    plot->zoom(0.5, 10);
    const auto again = plot->shownRange();
    QVERIFY(wheel(Qt::NoModifier));
    QVERIFY(plot->shownRange() != again);
}

void TestSessions::hoverNamesTheEvent()
{
    const auto body = makeBody(recordOf(s("a"), 4));
    TimelinePlot *plot = body->timeline();
    QWidget *inner = plot->findChild<QWidget *>(s("timeline"));
    QTest::qWait(150); // a painting lays the lanes out
    QStringList seen;
    QPoint onEnded;
    for (int y = 0; y < inner->height(); y += 3) {
        for (int x = 0; x < inner->width(); x += 4) {
            const QString text = plot->textAt({x, y});
            if (!text.isEmpty() && !seen.contains(text))
                seen.append(text);
            if (text.contains(s("reset")))
                onEnded = {x, y};
        }
    }
    const auto named = [&seen](const char *what) { return !seen.filter(s(what)).isEmpty(); };
    QVERIFY2(named("prices: client 1 closed: reset"), qPrintable(seen.join(QLatin1Char('\n')).left(2'000)));
    QVERIFY(named("more events here"));
    QVERIFY(named("health /health: 200 in 2.5"));
    QVERIFY(named("port 127.0.0.1:8000: connected in"));
    QVERIFY(named("SIGTERM"));
    QVERIFY(named("newcomer was not let in"));
    // A press on it leads to its row.
    QVERIFY(!onEnded.isNull());
    QTest::mouseClick(inner, Qt::LeftButton, {}, onEnded);
    QCOMPARE(body->findChild<QTabWidget *>(s("sessionTabs"))->currentIndex(), 5);
    const auto *table = body->findChild<QTableView *>(s("eventTable"));
    QCOMPARE(table->selectionModel()->selectedRows().size(), 1);
    QVERIFY(table->currentIndex().siblingAtColumn(3).data().toString().contains(s("reset")));
}

void TestSessions::evidenceLeadsToItsEvents()
{
    const auto body = makeBody(recordOf(s("a"), 4));
    // The failed gate stands in front already.
    auto *lead = body->findChild<QPushButton *>(s("evidenceButton"));
    QVERIFY(lead->isVisible());
    lead->click();
    const auto *table = body->findChild<QTableView *>(s("eventTable"));
    QTRY_COMPARE(table->model()->rowCount(), 4);
    QCOMPARE(table->selectionModel()->selectedRows().size(), 4);
    auto *chip = body->findChild<QPushButton *>(s("evidenceChip"));
    QVERIFY(chip->isVisible() && chip->text().contains(s("clean-close")));
    chip->click();
    QTRY_VERIFY(table->model()->rowCount() > 100);
    QVERIFY(!chip->isVisible());
}

void TestSessions::figuresAndForecastAreShown()
{
    const SessionRecord record = recordOf(s("a"), 4);
    const Verdict verdict = judge(record);
    const auto body = makeBody(record);
    const QString figures = body->findChild<QLabel *>(s("reconnects"))->text();
    for (const char *part : {"10 of 10 lost clients are back", "Double bounces", "p99", "Longest silence", "Newcomers"})
        QVERIFY2(figures.contains(s(part)), qPrintable(figures));
    const auto *forecast = body->findChild<QTableView *>(s("forecastTable"))->model();
    QCOMPARE(forecast->rowCount(), int(verdict.insights.forecast.size()));
    QVERIFY(forecast->rowCount() > 0);
    const auto *closes = body->findChild<QTableView *>(s("closeTable"))->model();
    QCOMPARE(closes->rowCount(), 2);
    QCOMPARE(closes->index(0, 0).data().toString(), s("prices"));
    QCOMPARE(closes->index(0, 2).data().toString(), s("6"));
    QCOMPARE(body->findChild<QListWidget *>(s("noteList"))->count(), std::max(1, int(verdict.insights.notes.size())));
}

void TestSessions::pdfHasItsText()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(s("report.pdf"));
    SessionRecord record = recordOf(s("a"), 4);
    record.header.databases.append({s("orders-db"), 1'000, 5'000, 0, {}});
    const Verdict verdict = judge(record);
    QVERIFY(writeSessionPdf(path, record, verdict).has_value());
    if (qEnvironmentVariableIsSet("SWITCHYARD_TEST_PICTURES"))
        QFile::copy(path, qEnvironmentVariable("SWITCHYARD_TEST_PICTURES") + s("/session.pdf"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.read(5) == "%PDF-");
    // A file stands where its folder should be.
    QVERIFY(!writeSessionPdf(path + s("/report.pdf"), record, verdict).has_value());
    const QString reader = QStandardPaths::findExecutable(s("pdftotext"));
    if (reader.isEmpty())
        QSKIP("pdftotext (poppler-utils) is not there");
    QProcess process;
    process.start(reader, {s("-layout"), path, s("-")});
    QVERIFY(process.waitForFinished(10'000));
    const QString text = QString::fromUtf8(process.readAllStandardOutput());
    for (const Gate &gate : verdict.gates)
        QVERIFY2(text.contains(gate.id), qPrintable(gate.id));
    for (const char *part : {"FAIL", "Timeline", "newcomers", "SIGTERM", "1006", "1012", "Newcomers", "page 1",
                             "Databases", "orders-db", "newcomer refused"})
        QVERIFY2(text.contains(s(part)), part);
}

void TestSessions::makeConsole(const QString &journals, const QString &audit)
{
    ConsoleOptions options;
    options.workbench.demoProgram = s(BINARY_DIR "/switchyard-demo-backend");
    options.workbench.doorProgram = s(BINARY_DIR "/switchyard-door");
    options.workbench.journalFolder = journals;
    options.workbench.auditFile = audit;
    options.workbench.demoSettle = Milliseconds(2'000);
    options.notify = [this](const QString &title, const QString &text, State) { m_messages.append({title, text}); };
    options.chooseSaveFile = [this](QWidget *, const QString &, std::function<void(const QString &)> answer) {
        answer(m_saveTo);
    };
    m_messages.clear();
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    m_console = std::move(*console);
    m_console->window().show();
    QVERIFY(QTest::qWaitForWindowExposed(&m_console->window()));
}

void TestSessions::closeConsole()
{
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    m_console.reset();
}

void TestSessions::recordedSessionsListOpenCompare()
{
    QTemporaryDir journals;
    writeJournal(journals.path(), recordOf(s("20260101-000000-a"), 4), true);
    writeJournal(journals.path(), recordOf(s("20260102-000000-b"), 0, startedMs + 86'400'000), true);
    writeJournal(journals.path(), recordOf(s("20260103-000000-c"), 0, startedMs + 2 * 86'400'000), false);
    makeConsole(journals.path(), journals.filePath(s("audit.jsonl")));
    Workbench &workbench = m_console->workbench();
    workbench.openUrl(s("http://127.0.0.1:9"));
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    m_console->window().showPage(s("WebSockets"), s("session"));
    workbench.requestSessionList();
    auto *table = find<QTableView>("sessionTable");
    QTRY_COMPARE(table->model()->rowCount(), 3);
    // The newest first; the one whose journal has no end says so.
    QVERIFY(table->model()->index(0, 1).data().toString().contains(s("cut off")));
    QVERIFY2(table->model()->index(1, 1).data().toString() == s("pass"),
             qPrintable(table->model()->index(1, 6).data().toString()));
    QCOMPARE(table->model()->index(2, 1).data().toString(), s("fail"));
    find<QLineEdit>("sessionFilter")->setText(s("no such session"));
    QCOMPARE(table->model()->rowCount(), 0);
    QVERIFY(!table->isVisible());
    find<QLineEdit>("sessionFilter")->clear();
    QVERIFY(table->isVisible());
    QVERIFY(!find<QPushButton>("compareSessions")->isEnabled());
    table->selectRow(2);
    QVERIFY(find<QPushButton>("openSession")->isEnabled());
    find<QPushButton>("openSession")->click();
    QTRY_VERIFY(find<QLabel>("verdictWord")->isVisible());
    QVERIFY(find<QLabel>("verdictWord")->text().contains(s("FAIL")));
    QCOMPARE(find<QTableView>("gateList")->model()->rowCount(), int(gateIds().size()));
    // Reports of what was opened.
    QTemporaryDir reports;
    for (const char *suffix : {"html", "json", "md", "xml", "pdf"}) {
        m_saveTo = reports.filePath(s("report.") + s(suffix));
        find<QAction>(qPrintable(s("report-") + s(suffix)))->trigger();
        QTRY_VERIFY2(QFile::exists(m_saveTo), suffix);
    }
    find<QPushButton>("allSessionsButton")->click();
    QTRY_VERIFY(table->isVisible());
    // Two of them: chosen the later one first, compared in the order of time.
    table->clearSelection();
    table->selectRow(1);
    table->selectionModel()->select(table->model()->index(2, 0),
                                    QItemSelectionModel::Select | QItemSelectionModel::Rows);
    QVERIFY(find<QPushButton>("compareSessions")->isEnabled());
    find<QPushButton>("compareSessions")->click();
    QTRY_VERIFY(find<QLabel>("comparisonWord")->isVisible());
    QVERIFY2(find<QLabel>("comparisonWord")->text().contains(s("BETTER")),
             qPrintable(find<QLabel>("comparisonWord")->text()));
    const auto *gates = find<QTableView>("gateChanges")->model();
    QCOMPARE(gates->rowCount(), int(gateIds().size()));
    QCOMPARE(gates->index(0, 1).data().toString(), s("better"));
    QVERIFY(find<QTableView>("figureChanges")->model()->rowCount() > 0);
    find<QPushButton>("openAfter")->click();
    QTRY_VERIFY(find<QLabel>("verdictWord")->text().contains(s("PASS")) && find<QLabel>("verdictWord")->isVisible());
    // It has one before it, of the same backend and driver.
    QTRY_VERIFY(find<QPushButton>("compareButton")->isVisible());
    find<QPushButton>("compareButton")->click();
    QTRY_VERIFY(find<QLabel>("comparisonWord")->isVisible());
    closeConsole();
}

void TestSessions::listSaysWhyItIsEmpty()
{
    QTemporaryDir folder;
    makeConsole(folder.filePath(s("none")), folder.filePath(s("audit.jsonl")));
    m_console->workbench().openUrl(s("http://127.0.0.1:9"));
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    m_console->window().showPage(s("WebSockets"), s("session"));
    const auto sentence = [this] {
        for (const QLabel *label : find<QWidget>("sessionList")->findChildren<QLabel *>(s("noticeSentence"))) {
            if (label->isVisible())
                return label->text();
        }
        return QString();
    };
    m_console->workbench().requestSessionList();
    QTRY_VERIFY2(sentence().contains(s("No session is recorded")), qPrintable(sentence()));
    closeConsole();
    // A file where the folder should be cannot be read as one.
    QFile file(folder.filePath(s("file")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    makeConsole(folder.filePath(s("file")), folder.filePath(s("audit.jsonl")));
    m_console->workbench().openUrl(s("http://127.0.0.1:9"));
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    m_console->window().showPage(s("WebSockets"), s("session"));
    m_console->workbench().requestSessionList();
    QTRY_VERIFY2(sentence().contains(s("cannot be read")), qPrintable(sentence()));
    closeConsole();
}

void TestSessions::alertsOnLossAndVerdict()
{
    QTemporaryDir folder;
    makeConsole(folder.path(), folder.filePath(s("audit.jsonl")));
    m_console->workbench().openDemo(s("abrupt"), true);
    QTRY_VERIFY_WITH_TIMEOUT(m_console->workbench().lastOutcome(), 60'000);
    QCOMPARE(m_messages.size(), 2);
    QVERIFY2(m_messages[0].title.contains(s("without a close frame")), qPrintable(m_messages[0].title));
    QVERIFY2(m_messages[1].title.contains(s("FAIL")), qPrintable(m_messages[1].title));
    QCOMPARE(m_messages[1].text, m_console->workbench().lastOutcome()->verdict.summary);
    // Switched off, nothing is said.
    find<QAction>("messagesAction")->setChecked(false);
    m_console->workbench().redeploy(m_console->workbench().currentBackend());
    QTRY_VERIFY(m_console->workbench().sessionRunning());
    m_console->workbench().interruptSession();
    QTRY_VERIFY_WITH_TIMEOUT(!m_console->workbench().sessionRunning(), 20'000);
    QCOMPARE(m_messages.size(), 2);
    closeConsole();
}

void TestSessions::auditThatCannotBeWrittenRefuses()
{
    QTemporaryDir folder;
    QFile file(folder.filePath(s("file")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    makeConsole(folder.path(), folder.filePath(s("file/audit.jsonl")));
    QFile workspace(folder.filePath(s("switchyard.toml")));
    QVERIFY(workspace.open(QIODevice::WriteOnly));
    workspace.write("schema = 1\nname = \"p\"\n[[backend]]\nname = \"live\"\nplatform = \"local\"\n"
                    "stage = \"production\"\nurl = \"http://127.0.0.1:9\"\n[backend.deploy]\ndriver = \"local\"\n"
                    "argv = [\"true\"]\n");
    workspace.close();
    m_console->window().openPath(workspace.fileName());
    QTRY_VERIFY(m_console->workbench().isOpen());
    const Result<void> unlocked = m_console->workbench().unlock(s("live"), s("live"));
    QVERIFY(!unlocked.has_value());
    QCOMPARE(unlocked.error().kind, ErrorKind::Io);
    QVERIFY(m_console->workbench().isLocked(s("live")));
    closeConsole();
}

QTEST_MAIN(TestSessions)
#include "tst_sessionview.moc"
