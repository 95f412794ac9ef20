// SPDX-License-Identifier: GPL-3.0-or-later
// The pane of one monitor: windows of a real history with gaps, an outage and deploy marks, live probes of a real
// server with what it answered, metrics, and no stall at thirty days.
#include "models/history/store.h"
#include "tests/support/heartbeat.h"
#include "tests/support/historyfiles.h"
#include "tests/support/httpserver.h"
#include "ui/common/serieschart.h"
#include "ui/common/theme.h"
#include "ui/health/failurepane.h"
#include "ui/health/figuregrid.h"
#include "ui/health/latencyplot.h"
#include "ui/health/metricspane.h"
#include "ui/health/monitordetail.h"
#include "ui/health/windowchooser.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

constexpr qint64 minuteMs = 60'000;
constexpr qint64 dayMs = 24 * historyHourMs;

Monitor monitorOf(const QString &url, Milliseconds interval)
{
    Monitor monitor;
    monitor.id = QStringLiteral("api /health");
    monitor.group = QStringLiteral("api");
    monitor.name = QStringLiteral("api /health");
    monitor.target.id = monitor.id;
    monitor.target.url = url;
    monitor.interval = interval;
    return monitor;
}

HistoryEvent eventOf(qint64 timeMs, const char *kind, const Monitor &monitor, const QByteArray &json)
{
    return {timeMs, QString::fromLatin1(kind), qstrcmp(kind, "state") == 0 ? monitor.series() : QString(), json};
}

/// Thirty days of a probe every 30 s: a gap of two hours ten days ago, an outage of ten minutes five hours ago, and a
/// deploy just before it.
struct Filled
{
    qint64 nowMs = 0, gapMs = 0, outageMs = 0;
};

Filled fill(const QString &path, const Monitor &monitor)
{
    Filled filled;
    filled.nowMs = QDateTime::currentMSecsSinceEpoch();
    filled.gapMs = historyFloor(filled.nowMs) - 10 * dayMs;
    filled.outageMs = historyFloor(filled.nowMs) - 5 * historyHourMs;
    HistoryOptions options = quietHistory();
    options.keepSamples = options.keepRollups = Milliseconds(0);
    auto store = HistoryStore::open(path, options);
    if (!store)
        return {};
    const qint64 step = 30'000;
    for (qint64 at = historyFloor(filled.nowMs, step) - 30 * dayMs; at < filled.nowMs; at += step) {
        if (at >= filled.gapMs && at < filled.gapMs + 2 * historyHourMs)
            continue;
        const bool down = at >= filled.outageMs && at < filled.outageMs + 10 * minuteMs;
        HistorySample sample = historySample(at, down ? HistoryDown : HistoryUp, monitor.series());
        sample.latencyUs = 20'000 + (at / step) % 97 * 400 + ((at / step) % 500 == 0 ? 300'000 : 0);
        sample.dnsUs = 1'000;
        sample.connectUs = 4'000;
        sample.firstByteUs = 12'000;
        sample.transferUs = 2'000;
        if (down) {
            sample.latencyUs.reset();
            sample.note = QStringLiteral("connection refused");
        }
        (*store)->append(sample);
        if ((at / step) % 20'000 == 0)
            (void)(*store)->flush();
    }
    (*store)->append(eventOf(filled.outageMs - 2 * minuteMs, "deploy", monitor, R"({"group":"api","label":"v42"})"));
    (*store)->append(eventOf(filled.outageMs - minuteMs, "deploy", monitor, R"({"group":"other","label":"v7"})"));
    (*store)->append(eventOf(filled.outageMs, "state", monitor, R"({"from":"up","to":"down","cause":"refused"})"));
    (*store)->append(
        eventOf(filled.outageMs + 10 * minuteMs, "state", monitor, R"({"from":"down","to":"up","cause":""})"));
    if (!(*store)->flush(Milliseconds(60'000)))
        return {};
    return filled;
}

template <typename T>
T *child(QWidget &parent, const char *name)
{
    return parent.findChild<T *>(QString::fromLatin1(name));
}

} // namespace

class TestMonitorDetail : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void reckonsAWindow();
    void judgesWhereNoStateWasRecorded();
    void hoursOfWhichOnlyCountsAreLeft();
    void thirtyDaysWithoutAStall();
    void pointsOfAnHour();
    void zoomsAndReadsMore();
    void emptyFailedAndNoHistoryDiffer();
    void liveFailuresWithTheirAnswer();
    void metrics();
    void metricsThatFail();

private:
    void open(MonitorDetail &detail, WindowChooser::Span span);

    QTemporaryDir m_folder;
    QString m_file;
    Monitor m_monitor = monitorOf(QStringLiteral("http://127.0.0.1:9/health"), Milliseconds(30'000));
    Filled m_filled;
};

void TestMonitorDetail::initTestCase()
{
    m_file = m_folder.filePath(QStringLiteral("history.db"));
    m_filled = fill(m_file, m_monitor);
    QVERIFY(m_filled.nowMs > 0);
}

void TestMonitorDetail::open(MonitorDetail &detail, WindowChooser::Span span)
{
    const MonitorRecord record(m_monitor);
    detail.setHistory(m_file);
    detail.chooser()->setSpan(span);
    detail.resize(540, 760);
    detail.show();
    QSignalSpy shown(&detail, &MonitorDetail::windowShown);
    detail.showRecord(&record, 200);
    QTRY_VERIFY_WITH_TIMEOUT(shown.count() > 0 && !detail.isLoading(), 30'000);
}

void TestMonitorDetail::reckonsAWindow()
{
    HistoryQuestion question;
    question.file = m_file;
    question.monitor = m_monitor;
    question.toMs = m_filled.nowMs;
    question.fromMs = question.toMs - dayMs;
    const Result<HistoryWindow> window = readHistoryWindow(question);
    QVERIFY(window.has_value());
    const HealthFigures &figures = window->figures;
    QCOMPARE(figures.decided.outages, std::optional<int>(1));
    QCOMPARE(toMs(*figures.decided.longest), double(10 * minuteMs));
    QCOMPARE(toMs(figures.decided.down), double(10 * minuteMs));
    QVERIFY(std::abs(*figures.decided.uptime - (1 - 10.0 / (24 * 60))) < 1e-4);
    QCOMPARE(figures.failed, quint64(20));
    QVERIFY(figures.probes >= 2879 && figures.probes <= 2881);
    QCOMPARE(toMs(*figures.longestGap), double(10 * minuteMs + 30'000));
    QVERIFY(!window->coarse);
    QVERIFY(!window->buckets.empty());
    QVERIFY(window->samples.empty());
    QCOMPARE(window->failures.size(), size_t(20));
    // That of another backend is none of its own.
    QCOMPARE(window->marks.size(), 1);
    QCOMPARE(window->marks.first().text, QStringLiteral("deploy v42"));
    qint64 covered = 0;
    for (const StateInterval &interval : window->states)
        covered += std::chrono::duration_cast<Milliseconds>(interval.to - interval.from).count();
    QCOMPARE(covered, dayMs);

    auto stop = std::make_shared<std::atomic<bool>>(true);
    question.cancelled = stop;
    const Result<HistoryWindow> cancelled = readHistoryWindow(question);
    QVERIFY(!cancelled.has_value());
    QCOMPARE(cancelled.error().kind, ErrorKind::Cancelled);
}

void TestMonitorDetail::judgesWhereNoStateWasRecorded()
{
    const QString path = m_folder.filePath(QStringLiteral("nostates.db"));
    const qint64 from = historyFloor(QDateTime::currentMSecsSinceEpoch()) - historyHourMs;
    {
        auto store = HistoryStore::open(path, quietHistory());
        QVERIFY(store.has_value());
        for (qint64 i = 0; i < 100; ++i)
            (*store)->append(
                historySample(from + i * 30'000, i >= 10 && i < 20 ? HistoryDown : HistoryUp, m_monitor.series()));
        QVERIFY((*store)->flush().has_value());
    }
    HistoryQuestion question;
    question.file = path;
    question.monitor = m_monitor;
    question.fromMs = from;
    question.toMs = from + 50 * minuteMs;
    const Result<HistoryWindow> window = readHistoryWindow(question);
    QVERIFY(window.has_value());
    // Three failures in a row make it down: from the third to the first good answer.
    QCOMPARE(window->figures.decided.outages, std::optional<int>(1));
    QCOMPARE(toMs(window->figures.decided.down), 8 * 30'000.0);
    QCOMPARE(toMs(window->figures.raw.down), 10 * 30'000.0);
}

void TestMonitorDetail::hoursOfWhichOnlyCountsAreLeft()
{
    const QString path = m_folder.filePath(QStringLiteral("thinned.db"));
    Monitor monitor = m_monitor;
    monitor.interval = Milliseconds(minuteMs);
    const qint64 now = historyFloor(QDateTime::currentMSecsSinceEpoch());
    {
        HistoryOptions options = quietHistory();
        options.keepSamples = Milliseconds(dayMs);
        auto store = HistoryStore::open(path, options);
        QVERIFY(store.has_value());
        // One hour in which half of the probes failed, two days ago.
        for (qint64 at = now - 3 * dayMs; at < now; at += minuteMs) {
            const bool down = at >= now - 2 * dayMs && at < now - 2 * dayMs + 30 * minuteMs;
            (*store)->append(historySample(at, down ? HistoryDown : HistoryUp, monitor.series()));
        }
        QVERIFY((*store)->flush().has_value());
        QVERIFY((*store)->maintain().has_value());
    }
    HistoryQuestion question;
    question.file = path;
    question.monitor = monitor;
    question.fromMs = now - 3 * dayMs;
    question.toMs = now;
    const Result<HistoryWindow> window = readHistoryWindow(question);
    QVERIFY(window.has_value());
    QVERIFY(window->coarse);
    QCOMPARE(window->figures.probes, quint64(3 * 24 * 60));
    QCOMPARE(window->figures.failed, quint64(30));
    QVERIFY(std::abs(toMs(window->figures.raw.down) - double(30 * minuteMs)) < 1'000);
    // When it failed within that hour nobody knows any more.
    QVERIFY(!window->figures.longestGap);
    QVERIFY(!window->figures.raw.outages);
    QCOMPARE(toMs(window->figures.decided.measured), double(3 * dayMs - historyHourMs));
    QCOMPARE(window->figures.decided.uptime, std::optional<double>(1.0));
    QVERIFY(!window->buckets.empty());
}

void TestMonitorDetail::thirtyDaysWithoutAStall()
{
    MonitorDetail detail;
    open(detail, WindowChooser::Hour);
    QSignalSpy shown(&detail, &MonitorDetail::windowShown);
    const Heartbeat heartbeat;
    QTRY_VERIFY(heartbeat.turns() > 0);
    detail.chooser()->setSpan(WindowChooser::Month);
    QTRY_VERIFY_WITH_TIMEOUT(shown.count() > 0, 30'000);
    QTRY_VERIFY(!detail.plot()->view().bands.isEmpty());
    const int painted = heartbeat.turns();
    QTRY_VERIFY(heartbeat.turns() > painted + 10);
    qInfo("longest turn: %.1f ms", heartbeat.cpuMs());
    QVERIFY2(heartbeat.cpuMs() < turnLimitMs(), qPrintable(QString::number(heartbeat.cpuMs())));
    QCOMPARE(detail.figures()->valueOf(QStringLiteral("Outages")), QStringLiteral("1"));
    // The gap is a gap: hatched, and without a band.
    const auto gaps = detail.plot()->gaps();
    QVERIFY(std::any_of(gaps.begin(), gaps.end(), [&](const std::pair<qint64, qint64> &gap) {
        return std::abs(gap.second - m_filled.gapMs - 2 * historyHourMs) < 2 * minuteMs &&
               gap.second - gap.first > 115 * minuteMs;
    }));
    QVERIFY(detail.figures()->valueOf(QStringLiteral("Coverage")) != QStringLiteral("100 %"));
    QVERIFY(detail.plot()->view().marks.contains(
        {m_filled.outageMs - 2 * minuteMs, QStringLiteral("deploy"), QStringLiteral("deploy v42")}));
}

void TestMonitorDetail::pointsOfAnHour()
{
    MonitorDetail detail;
    open(detail, WindowChooser::Hour);
    QTRY_VERIFY(detail.plot()->view().dots.size() >= 118);
    const LatencyView::Dot dot = detail.plot()->view().dots[60];
    auto *canvas = child<QWidget>(detail, "latencyPlot");
    QVERIFY(canvas);
    QTest::mouseClick(canvas, Qt::LeftButton, {}, detail.plot()->placeOf(dot.atMs));
    auto *title = child<QLabel>(detail, "phasesTitle");
    QTRY_VERIFY2(title->text().startsWith(QStringLiteral("Probe at ")) && title->text().contains(QStringLiteral("ms")),
                 qPrintable(title->text()));
    auto *last = child<QPushButton>(detail, "showLastButton");
    QVERIFY(last->isVisibleTo(&detail));
    last->click();
    QVERIFY(title->text().startsWith(QStringLiteral("Last full probe")));
    QCOMPARE(detail.figures()->valueOf(QStringLiteral("Uptime")), QStringLiteral("100 %"));
    // An objective that cannot be missed by more than nothing.
    detail.figures()->setObjective(0.5);
    QCOMPARE(detail.figures()->valueOf(QStringLiteral("Budget left")), QStringLiteral("30 min"));
}

void TestMonitorDetail::zoomsAndReadsMore()
{
    MonitorDetail detail;
    open(detail, WindowChooser::Week);
    QTRY_VERIFY(!detail.plot()->view().bands.isEmpty());
    QVERIFY(detail.plot()->view().dots.isEmpty());
    detail.plot()->setShownRange(m_filled.outageMs - historyHourMs, m_filled.outageMs + historyHourMs);
    QVERIFY(detail.plot()->isZoomed());
    // Two hours have few enough probes to be shown one by one.
    QTRY_VERIFY_WITH_TIMEOUT(detail.plot()->view().dots.size() >= 239, 10'000);
    auto *canvas = child<QWidget>(detail, "latencyPlot");
    QTest::mouseDClick(canvas, Qt::LeftButton, {}, canvas->rect().center());
    QVERIFY(!detail.plot()->isZoomed());
    QCOMPARE(detail.plot()->shownRange().second, detail.plot()->view().toMs);
}

void TestMonitorDetail::emptyFailedAndNoHistoryDiffer()
{
    const auto said = [](MonitorDetail &detail) {
        QStringList all;
        for (const QLabel *label : child<QWidget>(detail, "detailNotice")->findChildren<QLabel *>())
            all += label->text();
        return all.join(QLatin1Char(' '));
    };
    const QString right = m_file;
    {
        m_file.clear();
        MonitorDetail detail;
        open(detail, WindowChooser::Day);
        QVERIFY2(said(detail).contains(QStringLiteral("No history is kept")), qPrintable(said(detail)));
        QCOMPARE(detail.figures()->valueOf(QStringLiteral("p95")), QStringLiteral("–"));
    }
    {
        m_file = m_folder.filePath(QStringLiteral("nowhere.db"));
        MonitorDetail detail;
        open(detail, WindowChooser::Day);
        QVERIFY2(said(detail).contains(QStringLiteral("there is no history")), qPrintable(said(detail)));
    }
    m_file = right;
    MonitorDetail detail;
    open(detail, WindowChooser::Day);
    QSignalSpy shown(&detail, &MonitorDetail::windowShown);
    detail.chooser()->setCustom(m_filled.gapMs + 20 * minuteMs, m_filled.gapMs + 100 * minuteMs);
    QTRY_COMPARE(shown.count(), 1);
    QVERIFY2(said(detail).contains(QStringLiteral("Nothing was recorded")), qPrintable(said(detail)));
    QCOMPARE(detail.figures()->valueOf(QStringLiteral("Uptime")), QStringLiteral("–"));
}

void TestMonitorDetail::liveFailuresWithTheirAnswer()
{
    HttpServer server;
    HttpBehaviour broken;
    broken.status = 503;
    broken.body = QByteArrayLiteral("{\"status\":\"no database\"}");
    server.setBehaviour("/health", broken);
    MonitorSet set;
    set.setMonitors({monitorOf(server.url(QStringLiteral("/health")), Milliseconds(100))});
    MonitorDetail detail;
    detail.resize(540, 760);
    detail.show();
    connect(&set, &MonitorSet::changed, &detail, [&] { detail.showRecord(&set.record(0), 200); });
    set.start();
    auto *tabs = child<QTabWidget>(detail, "detailTabs");
    tabs->setCurrentIndex(1);
    auto *answer = child<QPlainTextEdit>(detail, "failureAnswer");
    QTRY_VERIFY_WITH_TIMEOUT(answer->toPlainText().contains(QStringLiteral("no database")), 10'000);
    QVERIFY(answer->toPlainText().startsWith(QStringLiteral("HTTP/1.1 503")));
    QTRY_VERIFY(set.record(0).tracker.state() == MonitorState::Down);
    QTRY_VERIFY(child<QLabel>(detail, "detailState")->text().startsWith(stateShape(State::Down)));
    child<QPushButton>(detail, "copyCurlButton")->click();
    QVERIFY(QApplication::clipboard()->text().startsWith(QStringLiteral("curl ")));
    QVERIFY(QApplication::clipboard()->text().contains(QStringLiteral("/health")));
    set.stop();
}

void TestMonitorDetail::metrics()
{
    HttpServer server;
    const auto serve = [&](int requests) {
        HttpBehaviour metrics;
        metrics.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
        metrics.body = "# TYPE clients gauge\nclients{socket=\"prices\"} 27\n"
                       "# HELP requests_total Requests that came.\n# TYPE requests_total counter\nrequests_total " +
                       QByteArray::number(requests) + "\n# TYPE seconds histogram\nseconds_bucket{le=\"0.1\"} " +
                       QByteArray::number(requests) + "\nseconds_bucket{le=\"+Inf\"} " + QByteArray::number(requests) +
                       "\nseconds_sum 1\nseconds_count " + QByteArray::number(requests) + "\n";
        server.setBehaviour("/metrics", metrics);
    };
    serve(100);
    MetricsPane pane;
    pane.setInterval(Milliseconds(100));
    pane.setSource(server.url(QString()), QStringLiteral("/metrics"), {});
    QCOMPARE(server.connectionCount(), 0);
    pane.resize(500, 600);
    pane.show();
    auto *list = child<QListView>(pane, "metricsList");
    QTRY_COMPARE(list->model()->rowCount(), 3);
    child<QLineEdit>(pane, "metricsFilter")->setText(QStringLiteral("REQUESTS"));
    QCOMPARE(list->model()->rowCount(), 1);
    list->setCurrentIndex(list->model()->index(0, 0));
    auto *chart = pane.findChild<SeriesChart *>();
    QVERIFY(chart);
    serve(200);
    QTRY_VERIFY(chart->count() >= 2);
    QVERIFY(child<QLabel>(pane, "metricsHelp")->text().contains(QStringLiteral("increase a second")));
    child<QLineEdit>(pane, "metricsFilter")->clear();
    list->setCurrentIndex(list->model()->index(2, 0));
    QCOMPARE(chart->count(), 0);
    int grown = 300;
    QTRY_VERIFY_WITH_TIMEOUT((serve(grown += 10), chart->count() >= 2), 10'000);
    // Another one that is seen is the clock: hidden, the first asks for nothing more.
    pane.hide();
    const int asked = pane.readings();
    MetricsPane other;
    other.setInterval(Milliseconds(100));
    other.setSource(server.url(QString()), QStringLiteral("/metrics"), {});
    other.show();
    QTRY_VERIFY(other.readings() >= 5);
    QVERIFY(pane.readings() <= asked + 1);
}

void TestMonitorDetail::metricsThatFail()
{
    HttpServer server;
    MetricsPane pane;
    pane.setSource(server.url(QString()), QStringLiteral("/metrics"), {});
    pane.show();
    const auto said = [&] {
        QStringList all;
        for (const QLabel *label : child<QWidget>(pane, "metricsNotice")->findChildren<QLabel *>())
            all += label->text();
        return all.join(QLatin1Char(' '));
    };
    QTRY_VERIFY2(said().contains(QStringLiteral("there are no metrics at /metrics")), qPrintable(said()));
    pane.setSource({}, QStringLiteral("/metrics"), {});
    QVERIFY(said().contains(QStringLiteral("belongs to no backend")));
}

QTEST_MAIN(TestMonitorDetail)
#include "tst_monitordetail.moc"
