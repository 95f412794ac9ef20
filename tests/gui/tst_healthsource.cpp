// SPDX-License-Identifier: GPL-3.0-or-later
// The Health tab that reads its monitors from Debian's Prometheus and blackbox_exporter: what they have, what they have
// not, a server that goes and comes back, windows with gaps, and a thousand monitors without a stall.
#include "app/console/console.h"
#include "models/alerts/alerter.h"
#include "models/common/files.h"
#include "models/fleet/fleetexport.h"
#include "models/fleet/fleetwatch.h"
#include "models/health/monitorset.h"
#include "models/platforms/platform.h"
#include "tests/support/fleetservers.h"
#include "tests/support/heartbeat.h"
#include "tests/support/httpserver.h"
#include "ui/common/healthsource.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"
#include "ui/health/figuregrid.h"
#include "ui/health/fleetdetail.h"
#include "ui/health/healthpage.h"
#include "ui/health/latencyplot.h"
#include "ui/health/monitormodel.h"
#include "ui/health/windowchooser.h"
#include "ui/overview/attention.h"
#include "ui/window/mainwindow.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFrame>
#include <QHeaderView>
#include <QLabel>
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

using L = QLatin1StringView;

QByteArray freeMonitor(const QByteArray &name, const QString &url, const QByteArray &more = {})
{
    return "[[monitor]]\nname = \"" + name + "\"\nurl = \"" + url.toUtf8() +
           "\"\ninterval = \"2s\"\nfailures = 2\nrecoveries = 1\n" + more + "\n";
}

QByteArray server(const QString &url, bool read = true)
{
    return "[prometheus]\nurl = \"" + url.toUtf8() + "\"\nread_health = " + (read ? "true" : "false") + "\n";
}

/// Samples as blackbox_exporter's come to lie in Prometheus, in the form of OpenMetrics: one metric after the other.
class Recording final
{
public:
    Recording(QString workspace, QString job)
        : m_labels(QStringLiteral("workspace=\"%1\",job=\"%2\"").arg(workspace, job))
    {
    }
    void add(const QByteArray &metric, const QString &monitor, qint64 at, double value, const QByteArray &more = {})
    {
        m_lines[metric] += metric + '{' + m_labels.toUtf8() + ",monitor=\"" + monitor.toUtf8() + '"' + more + "} " +
                           QByteArray::number(value) + ' ' + QByteArray::number(at) + '\n';
    }
    void addProbe(const QString &monitor, qint64 at, bool good, double seconds)
    {
        add("probe_success", monitor, at, good ? 1 : 0);
        add("probe_duration_seconds", monitor, at, seconds);
        add("probe_http_status_code", monitor, at, good ? 200 : 503);
    }
    /// What promtool says is empty where it went well.
    QByteArray writeBlocks(const QString &folder, const QString &data) const
    {
        QFile file(folder + QStringLiteral("/recording.om"));
        if (!file.open(QIODevice::WriteOnly))
            return "cannot write";
        for (auto metric = m_lines.cbegin(); metric != m_lines.cend(); ++metric)
            file.write("# TYPE " + metric.key() + " gauge\n" + metric.value());
        file.write("# EOF\n");
        file.close();
        const CommandResult made =
            runCommand(QStringLiteral("promtool"), {QStringLiteral("tsdb"), QStringLiteral("create-blocks-from"),
                                                    QStringLiteral("--max-block-duration=768h"),
                                                    QStringLiteral("openmetrics"), file.fileName(), data});
        return made.status == 0 ? QByteArray() : made.said;
    }

private:
    const QString m_labels;
    QMap<QByteArray, QByteArray> m_lines;
};

} // namespace

class TestHealthSource : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void readsAndComesBack();
    void choiceIsRemembered();
    void saysWhyNothingIsRead_data();
    void saysWhyNothingIsRead();
    void windowsAndGaps();
    void thousandDoNotStall();

private:
    template <typename T>
    T *find(const char *name) const
    {
        return m_console->window().findChild<T *>(L(name));
    }
    HealthPage *page() const { return m_console->window().findChild<HealthPage *>(); }
    MonitorModel *model() const { return page()->model(); }
    HealthSource *source() const { return m_console->workbench().healthSource(); }
    QString toml() const { return m_folder->filePath(QStringLiteral("switchyard.toml")); }
    bool write(const QByteArray &rest) const
    {
        return writeFileAtomically(toml(), "schema = 1\nname = \"watch\"\n" + rest).has_value();
    }
    void openWorkspace(const QByteArray &rest);
    /// What `fleet export` makes of this, with the exporter that runs.
    bool exportTo(const QString &folder, const QByteArray &rest, quint16 blackbox) const;
    QString cell(const char *name, int column, int role = Qt::DisplayRole) const;

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Console> m_console;
};

void TestHealthSource::initTestCase()
{
    for (const QString &missing : {PrometheusServer().missing(), BlackboxExporter().missing()}) {
        if (!missing.isEmpty())
            QSKIP(qPrintable(missing));
    }
}

void TestHealthSource::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    ConsoleOptions options;
    options.workbench.auditFile = m_folder->filePath(QStringLiteral("audit.jsonl"));
    options.settings.theme = ThemeChoice::Light;
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Light);
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    m_console = std::move(*console);
    m_console->window().show();
    QVERIFY(QTest::qWaitForWindowExposed(&m_console->window()));
}

void TestHealthSource::cleanup()
{
    if (!m_console)
        return;
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    m_console.reset();
}

void TestHealthSource::openWorkspace(const QByteArray &rest)
{
    QVERIFY(write(rest));
    QSignalSpy opened(&m_console->workbench(), &Workbench::workspaceOpened);
    m_console->window().openPath(m_folder->path());
    QTRY_COMPARE_WITH_TIMEOUT(opened.size(), 1, 30'000);
    QTRY_VERIFY_WITH_TIMEOUT(find<QTabWidget>("tabs")->isVisible() && page(), 30'000);
    m_console->window().showPage(QStringLiteral("Health"));
    QTRY_VERIFY(page()->isVisible());
}

bool TestHealthSource::exportTo(const QString &folder, const QByteArray &rest, quint16 blackbox) const
{
    if (!write(rest))
        return false;
    const auto workspace = loadWorkspace(toml(), m_console->workbench().catalogue()->ids());
    if (!workspace)
        return false;
    FleetOptions options;
    options.blackbox = QStringLiteral("127.0.0.1:%1").arg(blackbox);
    const Result<FleetExport> fleet = prepareFleet(*workspace, options);
    return fleet && writeFleet(*fleet, folder, true).has_value();
}

QString TestHealthSource::cell(const char *name, int column, int role) const
{
    for (int row = 0; row < model()->rowCount(); ++row) {
        if (model()->index(row, HealthColumn::Name).data().toString() == L(name))
            return model()->index(row, column).data(role).toString();
    }
    return QStringLiteral("(no row)");
}

void TestHealthSource::readsAndComesBack()
{
    HttpServer web;
    web.setBehaviour("/up", {});
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(150);
    web.setBehaviour("/slow", slow);
    const QByteArray monitors =
        freeMonitor("good", web.url(QStringLiteral("/up"))) +
        freeMonitor("slow", web.url(QStringLiteral("/slow")), "degraded = { latency = \"50ms\" }\n") +
        freeMonitor("gone", QStringLiteral("http://127.0.0.1:%1/").arg(closedPort()));
    const QString out = m_folder->filePath(QStringLiteral("out"));
    BlackboxExporter exporter;
    QVERIFY(exportTo(out, monitors, 1));
    QVERIFY2(exporter.start(out + QStringLiteral("/blackbox.yml")), exporter.log());
    QVERIFY(exportTo(out, monitors, exporter.port()));
    PrometheusServer prometheus;
    QVERIFY2(prometheus.startWith(out + QStringLiteral("/prometheus.yml")), prometheus.log());

    // One more than was exported.
    openWorkspace(server(prometheus.url()) + monitors + "[[monitor]]\nname = \"later\"\nurl = \"" +
                  web.url(QStringLiteral("/up")).toUtf8() + "\"\ninterval = \"1h\"\nkeep_warm = \"4m\"\n");
    QVERIFY(source()->isPrometheus());
    QVERIFY(!m_console->workbench().health()->isRunning());
    QVERIFY(find<QWidget>("sourceBar")->isVisible() && find<QToolButton>("sourcePrometheus")->isChecked());
    QCOMPARE(find<QToolButton>("sourcePrometheus")->text(),
             QStringLiteral("Prometheus (127.0.0.1:%1)").arg(prometheus.port()));
    const auto state = [this](const char *name) { return cell(name, HealthColumn::State); };
    const auto settled = [&] {
        return state("good") == L("up") && state("slow") == L("degraded") && state("gone") == L("down");
    };
    QTRY_VERIFY2_WITH_TIMEOUT(settled(), qPrintable(state("good") + state("slow") + state("gone")), 60'000);
    QCOMPARE(state("later"), QStringLiteral("no sample"));
    QVERIFY(cell("later", HealthColumn::State, Qt::ToolTipRole).contains(L("prometheus.yml")));
    QCOMPARE(cell("good", HealthColumn::Status), QStringLiteral("200"));
    QVERIFY(cell("good", HealthColumn::P50).endsWith(L("ms")) && cell("slow", HealthColumn::P95).endsWith(L("ms")));
    QVERIFY(cell("good", HealthColumn::Age).endsWith(L(" s")));
    QVERIFY(!page()->findChild<Table *>(QStringLiteral("healthTable"))->isColumnHidden(HealthColumn::Age));
    QCOMPARE(cell("gone", HealthColumn::Uptime), QStringLiteral("0.0 %"));
    QCOMPARE(cell("good", HealthColumn::Certificate), QStringLiteral("no TLS"));
    // What Prometheus is not asked for is never 0.
    for (const int column : {HealthColumn::P99, HealthColumn::LongestGap, HealthColumn::Trend}) {
        QCOMPARE(cell("good", column), QStringLiteral("–"));
        QVERIFY(cell("good", column, Qt::ToolTipRole).startsWith(L("Not measured")));
    }
    QCOMPARE(cell("gone", HealthColumn::Last), QStringLiteral("–"));
    QCOMPARE(cell("later", HealthColumn::Uptime), QStringLiteral("–"));
    QVERIFY(find<QLabel>("keepWarmNote")->text().contains(L("not done while Prometheus measures")));
    // Elsewhere too: what is down needs somebody, and somebody is told.
    const auto opened = [this] {
        QStringList keys;
        for (const OpenAlert &alert : m_console->workbench().alerter()->open())
            keys.append(alert.event + QLatin1Char(' ') + alert.monitor);
        return keys;
    };
    QVERIFY2(opened().contains(L("down gone")), qPrintable(opened().join(QLatin1Char(','))));
    QStringList attention;
    for (const Attention &item : attentionOf(m_console->workbench()))
        attention.append(item.text);
    QCOMPARE(attention.filter(QStringLiteral("gone")).size(), 1);
    // No request but the exporter's.
    const auto own = [&web] {
        const QList<QByteArray> requests = web.requests();
        return std::count_if(requests.cbegin(), requests.cend(),
                             [](const QByteArray &head) { return !head.contains("Blackbox"); });
    };
    QCOMPARE(own(), 0);

    // It goes, and nothing is known; what was open stays open and nobody is told anew.
    const QStringList openBefore = opened();
    auto *banner = find<QFrame>("prometheusBanner");
    QVERIFY(!banner->isVisible());
    prometheus.stop();
    QTRY_VERIFY_WITH_TIMEOUT(banner->isVisible(), 20'000);
    QTRY_COMPARE(state("good"), QStringLiteral("not read"));
    QCOMPARE(state("later"), QStringLiteral("not read"));
    QVERIFY(find<QLabel>("prometheusBannerText")->text().contains(prometheus.url()));
    QVERIFY(cell("good", HealthColumn::State, Qt::ToolTipRole).contains(prometheus.url()));
    QCOMPARE(model()->countOf(StateChoice::Unknown), 4);
    QCOMPARE(opened(), openBefore);
    QVERIFY(prometheus.restart());
    find<QPushButton>("prometheusRetry")->click();
    QTRY_VERIFY_WITH_TIMEOUT(!banner->isVisible(), 20'000);
    QTRY_VERIFY2_WITH_TIMEOUT(settled(), qPrintable(state("good") + state("slow") + state("gone")), 60'000);

    // From here, and back.
    find<QToolButton>("sourceHere")->click();
    QVERIFY(m_console->workbench().health()->isRunning() && !source()->watch());
    QTRY_COMPARE_WITH_TIMEOUT(state("later"), QStringLiteral("up"), 20'000);
    QTRY_VERIFY(own() > 0);
    QTRY_COMPARE_WITH_TIMEOUT(state("gone"), QStringLiteral("down"), 20'000);
    find<QToolButton>("sourcePrometheus")->click();
    QVERIFY(!m_console->workbench().health()->isRunning());
    QTRY_COMPARE_WITH_TIMEOUT(state("later"), QStringLiteral("no sample"), 20'000);
    // One that was on its way may still have come in.
    QTRY_VERIFY_WITH_TIMEOUT(settled(), 30'000);
    const auto before = own();
    QSignalSpy readings(source(), &HealthSource::readingsChanged);
    QTRY_VERIFY_WITH_TIMEOUT(readings.size() >= 1, 20'000);
    QCOMPARE(own(), before);
}

void TestHealthSource::choiceIsRemembered()
{
    const QString url = QStringLiteral("http://127.0.0.1:%1").arg(closedPort());
    const QByteArray monitor = freeMonitor("one", QStringLiteral("http://127.0.0.1:%1/").arg(closedPort()));
    openWorkspace(monitor);
    QVERIFY(!find<QWidget>("sourceBar")->isVisible());
    openWorkspace(server(url, false) + monitor);
    QVERIFY(find<QWidget>("sourceBar")->isVisible());
    QVERIFY(!source()->isPrometheus() && m_console->workbench().health()->isRunning());
    find<QToolButton>("sourcePrometheus")->click();
    QTRY_VERIFY_WITH_TIMEOUT(find<QFrame>("prometheusBanner")->isVisible(), 20'000);
    const QJsonObject state = page()->saveState();
    find<QPushButton>("measureHere")->click();
    QVERIFY(!source()->isPrometheus() && !find<QFrame>("prometheusBanner")->isVisible());
    page()->restoreState(state);
    QVERIFY(source()->isPrometheus());
    openWorkspace(server(url, false) + monitor);
    QVERIFY(source()->isPrometheus());
    // Of another server nothing was chosen.
    openWorkspace(server(url + QStringLiteral("/other"), false) + monitor);
    QVERIFY(!source()->isPrometheus());
}

void TestHealthSource::saysWhyNothingIsRead_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("token");
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("says");
    QTest::newRow("401") << 401 << QByteArray() << QStringLiteral("no access") << QStringLiteral("401");
    QTest::newRow("503") << 503 << QByteArray() << QStringLiteral("not read") << QStringLiteral("not ready");
    QTest::newRow("no token") << 200 << QByteArray("token = \"env:SWITCHYARD_NOT_SET_4711\"\n") << QString()
                              << QStringLiteral("SWITCHYARD_NOT_SET_4711");
}

void TestHealthSource::saysWhyNothingIsRead()
{
    QFETCH(int, status);
    QFETCH(QByteArray, token);
    QFETCH(QString, word);
    QFETCH(QString, says);
    HttpServer web;
    HttpBehaviour behaviour;
    behaviour.status = status;
    web.setBehaviour("/api/v1/query", behaviour);
    openWorkspace(server(web.url(QString())) + token + freeMonitor("one", web.url(QStringLiteral("/up"))));
    QTRY_VERIFY_WITH_TIMEOUT(find<QFrame>("prometheusBanner")->isVisible(), 20'000);
    const QString text = find<QLabel>("prometheusBannerText")->text();
    QVERIFY2(text.contains(says), qPrintable(text));
    if (!word.isEmpty())
        QTRY_COMPARE(cell("one", HealthColumn::State), word);
}

void TestHealthSource::windowsAndGaps()
{
    constexpr qint64 step = 300;
    constexpr qint64 days = 30;
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    Recording recording(QStringLiteral("watch"), QStringLiteral("switchyard-watch-5m"));
    const QString id = QStringLiteral("monitor/one");
    // Two days without a sample, and an hour of failures.
    const qint64 gapFrom = now - 20 * 86'400, gapTo = now - 18 * 86'400;
    const qint64 badFrom = now - 10 * 86'400, badTo = badFrom + 3'600;
    int count = 0, failed = 0;
    for (qint64 at = now - days * 86'400 + step; at <= now; at += step) {
        if (at > gapFrom && at < gapTo)
            continue;
        const bool good = at < badFrom || at >= badTo;
        recording.addProbe(id, at, good, good ? 0.1 + double(count % 100) / 1000 : 10);
        ++count;
        failed += !good;
    }
    for (const auto &[phase, seconds] :
         {std::pair("resolve", 0.001), {"connect", 0.002}, {"tls", 0.0}, {"processing", 0.09}, {"transfer", 0.003}})
        recording.add("probe_http_duration_seconds", id, now, seconds, ",phase=\"" + QByteArray(phase) + '"');
    PrometheusServer prometheus;
    const QByteArray problem = recording.writeBlocks(m_folder->path(), prometheus.dataFolder());
    QVERIFY2(problem.isEmpty(), problem);
    QFile config(m_folder->filePath(QStringLiteral("empty.yml")));
    QVERIFY(config.open(QIODevice::WriteOnly) && config.write("global: {}\n") > 0);
    config.close();
    QVERIFY2(prometheus.startWith(config.fileName(), {QStringLiteral("--storage.tsdb.retention.time=90d")}),
             prometheus.log());
    openWorkspace(server(prometheus.url()) + "[[monitor]]\nname = \"one\"\nurl = \"http://127.0.0.1:9/\"\n"
                                             "interval = \"5m\"\nfailures = 2\nrecoveries = 1\n");
    QTRY_COMPARE_WITH_TIMEOUT(cell("one", HealthColumn::State), QStringLiteral("up"), 20'000);
    auto *detail = page()->findChild<FleetDetail *>();
    QVERIFY(detail && detail->isVisible());
    QVERIFY(find<QLabel>("fleetPhases")->text().startsWith(L("Last probe")));
    const auto shown = [&](WindowChooser::Span span) {
        QSignalSpy spy(detail, &FleetDetail::windowShown);
        if (detail->chooser()->span() != span)
            detail->chooser()->setSpan(span);
        return (spy.wait(20'000) || !detail->isLoading()) && detail->plot();
    };
    QVERIFY(shown(WindowChooser::Hour));
    // Single probes, with the figures of the monitor's own rules.
    QTRY_COMPARE(detail->plot()->view().dots.size(), 12);
    QVERIFY(detail->plot()->view().bands.isEmpty());
    QCOMPARE(detail->figures()->valueOf(QStringLiteral("Uptime")), QStringLiteral("100 %"));
    QCOMPARE(detail->figures()->valueOf(QStringLiteral("Outages")), QStringLiteral("0"));
    QCOMPARE(detail->plot()->gaps().size(), 1); // before the first
    // Too many to be asked for one by one.
    QVERIFY(shown(WindowChooser::Month));
    const LatencyView month = detail->plot()->view();
    QVERIFY(month.dots.isEmpty() && month.bands.size() > 300 && month.bands.size() <= 365);
    QCOMPARE(detail->figures()->valueOf(QStringLiteral("Probes")), QString::number(count));
    QCOMPARE(detail->figures()->valueOf(QStringLiteral("Failed")), QString::number(failed));
    QCOMPARE(detail->figures()->valueOf(QStringLiteral("Uptime")), QStringLiteral("–"));
    QCOMPARE(detail->figures()->valueOf(QStringLiteral("Outages")), QStringLiteral("–"));
    // 100 to 199 ms, evenly.
    const QString median = detail->figures()->valueOf(QStringLiteral("p50"));
    QVERIFY2(median == L("149 ms") || median == L("150 ms"), qPrintable(median));
    bool gapSeen = false;
    for (const auto &[from, to] : detail->plot()->gaps())
        gapSeen = gapSeen ||
                  (from < (gapFrom + 7'200) * 1000 && to > (gapTo - 7'200) * 1000 && from > (gapFrom - 7'200) * 1000);
    QVERIFY(gapSeen);
    const auto bad = std::any_of(month.states.cbegin(), month.states.cend(), [&](const LatencyView::Stretch &each) {
        return (each.state == MonitorState::Degraded || each.state == MonitorState::Down) &&
               each.fromMs < badTo * 1000 && each.toMs > badFrom * 1000;
    });
    QVERIFY(bad);
    // Nothing there is nothing measured.
    QSignalSpy spy(detail, &FleetDetail::windowShown);
    detail->chooser()->setCustom((gapFrom + 3'600) * 1000, (gapTo - 3'600) * 1000);
    QTRY_VERIFY_WITH_TIMEOUT(spy.size() >= 1, 20'000);
    QCOMPARE(detail->figures()->valueOf(QStringLiteral("p50")), QStringLiteral("–"));
    QCOMPARE(detail->figures()->valueOf(QStringLiteral("Probes")), QStringLiteral("–"));
}

void TestHealthSource::thousandDoNotStall()
{
    constexpr int monitors = 1'000;
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    Recording recording(QStringLiteral("watch"), QStringLiteral("switchyard-watch-5m"));
    QByteArray text;
    for (int i = 0; i < monitors; ++i) {
        const QByteArray name = "m" + QByteArray::number(i);
        text += "[[monitor]]\nname = \"" + name + "\"\nurl = \"http://127.0.0.1:9/\"\ngroup = \"g" +
                QByteArray::number(i / 100) + "\"\ninterval = \"5m\"\nfailures = 2\nrecoveries = 1\n";
        for (int back = 11; back >= 0; --back)
            recording.addProbe(QStringLiteral("monitor/") + QString::fromLatin1(name), now - back * 300, i % 10 != 0,
                               0.02 + i * 0.0001);
    }
    PrometheusServer prometheus;
    const QByteArray problem = recording.writeBlocks(m_folder->path(), prometheus.dataFolder());
    QVERIFY2(problem.isEmpty(), problem);
    QVERIFY2(prometheus.start("global: {}\n"), prometheus.log());
    openWorkspace(server(prometheus.url()) + text);
    QTRY_COMPARE_WITH_TIMEOUT(model()->countOf(StateChoice::Down), monitors / 10, 60'000);
    QCOMPARE(model()->countOf(StateChoice::Unknown), 0);
    QMap<QString, double> longest;
    const auto measure = [&](const QString &what, auto step, auto until) {
        Heartbeat heart;
        // One turn before it, so that the step is in a turn of its own.
        QTest::qWait(5);
        step();
        const bool came = QTest::qWaitFor(until, 30'000);
        QTest::qWait(1'500);
        longest[what] = heart.cpuMs();
        return came;
    };
    QSignalSpy readings(source(), &HealthSource::readingsChanged);
    // Several timers may fall into one turn: the better of two rounds is judged.
    for (const char *round : {"", " again"}) {
        const QString suffix = QString::fromLatin1(round);
        readings.clear();
        QVERIFY(measure(
            QStringLiteral("read") + suffix, [this] { page()->refresh(); }, [&] { return !readings.isEmpty(); }));
        prometheus.stop();
        QVERIFY(measure(
            QStringLiteral("gone") + suffix, [this] { page()->refresh(); },
            [this] { return model()->countOf(StateChoice::Unknown) == monitors; }));
        QVERIFY(prometheus.restart());
        QVERIFY(measure(
            QStringLiteral("back") + suffix, [this] { page()->refresh(); },
            [this] { return model()->countOf(StateChoice::Down) == monitors / 10; }));
    }
    QStringList figures;
    for (auto it = longest.cbegin(); it != longest.cend(); ++it)
        figures.append(QStringLiteral("%1 %2 ms").arg(it.key()).arg(*it, 0, 'f', 1));
    qInfo("%d monitors read from Prometheus; longest turns of the GUI thread: %s", monitors,
          qPrintable(figures.join(QStringLiteral(", "))));
    const double limit = turnLimitMs();
    for (const char *what : {"read", "gone", "back"}) {
        const double best = std::min(longest[L(what)], longest[QString(L(what)) + QStringLiteral(" again")]);
        QVERIFY2(best < limit, qPrintable(QStringLiteral("%1 took %2 ms of %3").arg(L(what)).arg(best).arg(limit)));
    }
}

QTEST_MAIN(TestHealthSource)
#include "tst_healthsource.moc"
