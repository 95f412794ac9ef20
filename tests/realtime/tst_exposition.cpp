// SPDX-License-Identifier: GPL-3.0-or-later
// Whole answers of /metrics: families, types, labels, timestamps; what breaks the format; quantiles from histograms,
// also against a real Prometheus; the series that can be charted; reading them from a backend.
#include "models/realtime/exposition.h"
#include "models/realtime/metricsscraper.h"
#include "models/realtime/prometheustext.h"
#include "tests/support/demobackend.h"
#include "tests/support/fleetservers.h"
#include "tests/support/httpserver.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace Switchyard;
using Switchyard::Testing::DemoBackend;
using Switchyard::Testing::PrometheusServer;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

HistogramSeries histogram(std::initializer_list<HistogramBucket> buckets)
{
    HistogramSeries series;
    series.name = s("h");
    series.buckets = buckets;
    return series;
}

constexpr double inf = std::numeric_limits<double>::infinity();

QDir corpus()
{
    return QDir(s(SOURCE_DIR "/../shared/data/prometheus/expfmt"));
}

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class ExpositionTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void families();
    void openMetrics();
    void broken_data();
    void broken();
    void corpusIsJudged();
    void summaries();
    void quantile_data();
    void quantile();
    void refused_data();
    void refused();
    void increase();
    void sameAsPrometheus();
    void choices();
    void scrape();
    void scrapeTroubles();
};

void ExpositionTest::families()
{
    const Exposition read =
        parseExposition("# HELP requests_total How many\\nrequests \\\\ so far.\n"
                        "# TYPE requests_total counter\n"
                        "requests_total{path=\"/a\\\\b\\\"c\\nd{},=\" , code=\"200\",} 1027 1395066363000\r\n"
                        "requests_total { code = \"500\"\t} 3e0\n"
                        "\n"
                        "  # only a remark\n"
                        "  temperature -Inf\n"
                        "nothing NaN"); // no line end
    QCOMPARE(read.problemCount, 0);
    QVERIFY(!read.openMetrics);
    const MetricFamily *requests = read.find(s("requests_total"));
    QVERIFY(requests);
    QCOMPARE(requests->type, MetricType::Counter);
    QCOMPARE(requests->help, s("How many\nrequests \\ so far."));
    QCOMPARE(requests->samples.size(), 2);
    QCOMPARE(requests->samples[0].labels.value(s("path")), s("/a\\b\"c\nd{},="));
    QCOMPARE(requests->samples[0].timestampMs, 1'395'066'363'000);
    QCOMPARE(requests->samples[0].value, 1027.0);
    QVERIFY(!requests->samples[1].timestampMs);
    QCOMPARE(requests->samples[1].line, 4);
    QCOMPARE(read.find(s("temperature"))->samples[0].value, -inf);
    QVERIFY(std::isnan(read.find(s("nothing"))->samples[0].value));
    QCOMPARE(parseExposition({}).families.size(), 0);
}

void ExpositionTest::openMetrics()
{
    const QByteArray text = "# TYPE jobs counter\n"
                            "# UNIT jobs jobs\n"
                            "jobs_total{a=\"1\"} 17 1520879607.789 # {trace_id=\"x}\"} 0.67 1.5\n"
                            "jobs_created{a=\"1\"} 1520430000.123\n"
                            "# TYPE size gaugehistogram\n"
                            "size_bucket{le=\"+Inf\"} 3 # {} 1\n"
                            "size_gcount 3\n"
                            "# TYPE build info\n"
                            "build_info{v=\"1\"} 1\n";
    const Exposition read = parseExposition(text + "# EOF\n");
    QVERIFY(read.openMetrics);
    QVERIFY2(read.problems.isEmpty(), qPrintable(read.problems.isEmpty() ? QString() : read.problems[0].toString()));
    QCOMPARE(read.find(s("jobs"))->samples.size(), 2);
    QCOMPARE(read.find(s("jobs"))->samples[0].timestampMs, 1'520'879'607'789);
    QCOMPARE(read.find(s("build"))->samples.size(), 1);
    QCOMPARE(histogramsOf(*read.find(s("size")))[0].count, 3.0);
    // The same without # EOF is the older format, which knows neither exemplars nor these types.
    QCOMPARE(parseExposition(text).problemCount, 4);
}

void ExpositionTest::broken_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("says");
    QTest::newRow("no value") << QByteArray("a 1\nb\n") << 2 << s("no number");
    QTest::newRow("no name") << QByteArray("{a=\"b\"} 1\n") << 1 << s("metric name");
    QTest::newRow("word") << QByteArray("a one\n") << 1 << s("no number");
    QTest::newRow("open label") << QByteArray("a{b=\"c} 1\n") << 1 << s("labels");
    QTest::newRow("no quotes") << QByteArray("a{b=c} 1\n") << 1 << s("labels");
    QTest::newRow("label twice") << QByteArray("a{b=\"c\",b=\"d\"} 1\n") << 1 << s("labels");
    QTest::newRow("reserved") << QByteArray("a{__name__=\"c\"} 1\n") << 1 << s("labels");
    QTest::newRow("escape") << QByteArray("a{b=\"\\t\"} 1\n") << 1 << s("labels");
    QTest::newRow("not UTF-8") << QByteArray("a{b=\"\xff\"} 1\n") << 1 << s("labels");
    QTest::newRow("time") << QByteArray("a 1 2.5\n") << 1 << s("timestamp");
    QTest::newRow("more") << QByteArray("a 1 2 3\n") << 1 << s("more");
    QTest::newRow("type") << QByteArray("# TYPE a what\n") << 1 << s("no type");
    QTest::newRow("type twice") << QByteArray("# TYPE a gauge\n# TYPE a gauge\n") << 2 << s("second TYPE");
    QTest::newRow("help twice") << QByteArray("# HELP a x\n# HELP a y\n") << 2 << s("second HELP");
    QTest::newRow("type late") << QByteArray("a 1\n# TYPE a gauge\n") << 2 << s("behind its samples");
    QTest::newRow("bad name") << QByteArray("# TYPE a-b gauge\n") << 1 << s("no metric name");
    QTest::newRow("bound") << QByteArray("# TYPE a histogram\na_bucket{le=\"x\"} 1\n") << 2 << s("le");
    QTest::newRow("no bound") << QByteArray("# TYPE a histogram\na_bucket 1\n") << 2 << s("le");
    QTest::newRow("series twice") << QByteArray("a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n") << 2 << s("twice");
    QTest::newRow("page") << QByteArray("<!doctype html>\n") << 1 << s("metric name");
}

void ExpositionTest::broken()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    QFETCH(QString, says);
    const Exposition read = parseExposition("fine 1\n" + text + "also_fine 2\n");
    QCOMPARE(read.problemCount, 1);
    QCOMPARE(read.problems[0].place.line, line + 1);
    QVERIFY2(read.problems[0].message.contains(says), qPrintable(read.problems[0].message));
    QVERIFY(read.find(s("fine")) && read.find(s("also_fine")));
    QCOMPARE(read.find(s("also_fine"))->samples.size(), 1);
}

void ExpositionTest::corpusIsJudged()
{
    if (!corpus().exists())
        QSKIP("the reference data lies beside the repository, and is not here");
    QDir files(corpus().filePath(s("fuzz/corpus")));
    int good = 0, bad = 0;
    for (const QString &name : files.entryList(QDir::Files)) {
        const Exposition read = parseExposition(contents(files.filePath(name)));
        // Its only fault is the line end that is missing at the end, and Prometheus itself lets that pass.
        const bool onlyUnended = name == s("from_test_parse_error_0");
        const bool faulty = name.contains(s("error")) && !onlyUnended;
        QVERIFY2((read.problemCount > 0) == faulty, qPrintable(name));
        ++(faulty ? bad : good);
    }
    QCOMPARE(bad, 19);
    QCOMPARE(good, 7);
    const Exposition large = parseExposition(contents(corpus().filePath(s("testdata/text"))));
    QCOMPARE(large.problemCount, 0);
    qsizetype samples = 0;
    for (const MetricFamily &family : large.families)
        samples += family.samples.size();
    QVERIFY(samples > 200);
    for (const QString &name : {s("testdata/json2"), s("testdata/json2_bad")})
        QVERIFY(parseExposition(contents(corpus().filePath(name))).problemCount > 0);
}

void ExpositionTest::summaries()
{
    const Exposition read =
        parseExposition("# TYPE t summary\nt{a=\"x\",quantile=\"0.5\"} 1\nt{a=\"x\",quantile=\"0.9\"} 2\n"
                        "t_sum{a=\"x\"} 10\nt_count{a=\"x\"} 8\nt_count{a=\"y\"} 1\nt_other 1\n");
    const QList<SummarySeries> series = summariesOf(*read.find(s("t")));
    QCOMPARE(series.size(), 2);
    QCOMPARE(series[0].quantiles, (QMap<double, double>{{0.5, 1}, {0.9, 2}}));
    QCOMPARE(series[0].count, 8.0);
    QVERIFY(series[1].quantiles.isEmpty());
    QVERIFY(read.find(s("t_other")));
}

void ExpositionTest::quantile_data()
{
    QTest::addColumn<QList<double>>("flat"); // upper, count, upper, count, …
    QTest::addColumn<double>("q");
    QTest::addColumn<double>("wanted");
    const QList<double> usual{0.1, 10, 0.5, 60, 1, 90, inf, 100};
    QTest::newRow("within") << usual << 0.5 << 0.1 + 0.4 * 40 / 50;
    QTest::newRow("on a bound") << usual << 0.6 << 0.5;
    QTest::newRow("first bucket from 0") << usual << 0.05 << 0.05;
    QTest::newRow("above the last bound") << usual << 0.95 << 1.0;
    QTest::newRow("all") << usual << 1.0 << 1.0;
    QTest::newRow("none") << usual << 0.0 << 0.0;
    QTest::newRow("negative first bound") << QList<double>{-5, 10, 5, 20, inf, 20} << 0.25 << -5.0;
    QTest::newRow("empty buckets") << QList<double>{1, 0, 2, 0, 4, 8, inf, 8} << 0.5 << 3.0;
}

void ExpositionTest::quantile()
{
    QFETCH(QList<double>, flat);
    QFETCH(double, q);
    QFETCH(double, wanted);
    HistogramSeries series = histogram({});
    for (qsizetype i = 0; i < flat.size(); i += 2)
        series.buckets.append({flat[i], flat[i + 1]});
    const Result<double> value = histogramQuantile(q, series);
    QVERIFY2(value, qPrintable(value ? QString() : value.error().message));
    QVERIFY2(std::abs(*value - wanted) < 1e-12, qPrintable(QString::number(*value, 'g', 17)));
}

void ExpositionTest::refused_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<double>("q");
    QTest::addColumn<QString>("says");
    const QByteArray type = "# TYPE h histogram\n";
    QTest::newRow("no buckets") << type + "h_sum 1\nh_count 1\n" << 0.5 << s("no buckets");
    QTest::newRow("no +Inf") << type + "h_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 1\n" << 0.5 << s("+Inf");
    QTest::newRow("only +Inf") << type + "h_bucket{le=\"+Inf\"} 1\n" << 0.5 << s("no bucket but");
    QTest::newRow("falls") << type + "h_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 4\nh_bucket{le=\"+Inf\"} 6\n"
                           << 0.5 << s("less than");
    QTest::newRow("no number") << type + "h_bucket{le=\"1\"} NaN\nh_bucket{le=\"+Inf\"} 6\n" << 0.5 << s("less than");
    QTest::newRow("nothing") << type + "h_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 0\n" << 0.5 << s("counted nothing");
    QTest::newRow("line lost") << type + "h_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} x\nh_bucket{le=\"+Inf\"} 6\n"
                               << 0.5 << s("broken");
    QTest::newRow("q") << type + "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 6\n" << 1.5 << s("no quantile");
    QTest::newRow("q nan") << type + "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 6\n"
                           << std::nan("") << s("no quantile");
}

void ExpositionTest::refused()
{
    QFETCH(QByteArray, text);
    QFETCH(double, q);
    QFETCH(QString, says);
    const Exposition read = parseExposition(text);
    const QList<HistogramSeries> series = histogramsOf(*read.find(s("h")));
    QCOMPARE(series.size(), 1);
    const Result<double> value = histogramQuantile(q, series[0]);
    QVERIFY(!value);
    QVERIFY2(value.error().message.contains(says), qPrintable(value.error().message));
}

void ExpositionTest::increase()
{
    const HistogramSeries before = histogram({{1, 10}, {2, 10}, {inf, 10}});
    const Result<HistogramSeries> grown = histogramIncrease(before, histogram({{1, 10}, {2, 14}, {inf, 14}}));
    QVERIFY(grown);
    QCOMPARE(grown->buckets[2].count, 4.0);
    QCOMPARE(*histogramQuantile(0.5, *grown), 1.5);
    // Begun anew: all of it is new, also the bucket that is higher than before.
    const Result<HistogramSeries> reset = histogramIncrease(before, histogram({{1, 0}, {2, 2}, {inf, 8}}));
    QVERIFY(reset);
    QCOMPARE(reset->buckets[0].count, 0.0);
    QCOMPARE(reset->buckets[2].count, 8.0);
    const Result<HistogramSeries> other = histogramIncrease(before, histogram({{1, 10}, {3, 14}, {inf, 14}}));
    QVERIFY(!other && other.error().message.contains(s("other buckets")));
    const Result<HistogramSeries> quiet = histogramIncrease(before, before);
    QVERIFY(quiet && !histogramQuantile(0.5, *quiet));
}

void ExpositionTest::sameAsPrometheus()
{
    // Histograms of every shape, from a generator with a fixed seed; two scrapes apart.
    QRandomGenerator random(20'261'121);
    QByteArray first = "# TYPE h histogram\n", second = first;
    constexpr int many = 40;
    for (int i = 0; i < many; ++i) {
        double a = 0, b = 0, bound = i % 5 == 0 ? -3 : 0;
        const int buckets = 1 + int(random.bounded(12));
        for (int k = 0; k <= buckets; ++k) {
            bound += 0.001 + random.generateDouble() * std::pow(10, i % 4 - 2);
            const double more = random.bounded(4) == 0 ? 0 : random.bounded(1000);
            a += more;
            b += more + (random.bounded(3) == 0 ? 0 : random.bounded(500));
            const QByteArray le = k == buckets ? QByteArray("+Inf") : QByteArray::number(bound, 'g', 17);
            const QByteArray head = "h_bucket{i=\"" + QByteArray::number(i) + "\",le=\"" + le + "\"} ";
            first += head + QByteArray::number(a, 'f', 0) + '\n';
            second += head + QByteArray::number(b, 'f', 0) + '\n';
        }
    }
    HttpServer server;
    HttpBehaviour behaviour;
    behaviour.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
    behaviour.body = first;
    server.setBehaviour("/metrics", behaviour);
    const QByteArray config = "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
                              "scrape_configs:\n  - job_name: x\n    static_configs:\n      - targets: [\"127.0.0.1:" +
                              QByteArray::number(server.port()) + "\"]\n";
    PrometheusServer prometheus;
    if (const QString missing = prometheus.missing(); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    QVERIFY2(prometheus.start(config), prometheus.log());
    const Exposition early = parseExposition(first), late = parseExposition(second);
    const QList<HistogramSeries> before = histogramsOf(*early.find(s("h"))), after = histogramsOf(*late.find(s("h")));
    QCOMPARE(after.size(), many);

    const auto compare = [&](const QString &expression, double q, const auto &ours, int least) {
        QJsonArray result;
        if (!QTest::qWaitFor([&] { return (result = prometheus.ask(expression)).size() >= many; }, 20'000))
            return s("%1: %2 answers").arg(expression).arg(result.size());
        int compared = 0;
        for (const QJsonValue each : result) {
            const int i = each[s("metric")][s("i")].toString().toInt();
            const double theirs = each[s("value")][1].toString().toDouble();
            const Result<double> own = ours(i, q);
            if (!own) {
                if (!std::isnan(theirs))
                    return s("%1 %2: refused (%3), theirs %4").arg(q).arg(i).arg(own.error().message).arg(theirs);
                continue;
            }
            ++compared;
            if (std::abs(*own - theirs) > 1e-9 * std::max(1.0, std::abs(theirs)))
                return s("%1 %2: %3, theirs %4").arg(q).arg(i).arg(*own).arg(theirs);
        }
        return compared >= least ? QString() : s("only %1 compared").arg(compared);
    };
    const QList<double> quantiles{0.01, 0.25, 0.5, 0.9, 0.99, 1};
    for (const double q : quantiles) {
        const QString problem = compare(
            s("histogram_quantile(%1, h_bucket)").arg(q), q,
            [&](int i, double at) { return histogramQuantile(at, before[i]); }, 30);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }
    behaviour.body = second;
    server.setBehaviour("/metrics", behaviour);
    // Not increase(): that extrapolates each bucket to the ends of its window, by an amount that depends on the bucket.
    const QString last = s("h_bucket{i=\"%1\",le=\"+Inf\"}").arg(many - 1);
    const double wanted = after[many - 1].buckets.last().count;
    QTRY_VERIFY_WITH_TIMEOUT(!prometheus.ask(last).isEmpty() &&
                                 prometheus.ask(last)[0][s("value")][1].toString().toDouble() == wanted,
                             20'000);
    for (const double q : quantiles) {
        const QString problem = compare(
            s("histogram_quantile(%1, max_over_time(h_bucket[1h]) - min_over_time(h_bucket[1h]))").arg(q), q,
            [&](int i, double at) {
                return histogramIncrease(before[i], after[i]).and_then([at](const HistogramSeries &grown) {
                    return histogramQuantile(at, grown);
                });
            },
            30);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }
}

void ExpositionTest::choices()
{
    const Exposition read =
        parseExposition("# TYPE c counter\nc{a=\"x\\\"\\\\\\ny\"} 5\n# HELP g level\n# TYPE g gauge\ng 7\n"
                        "# TYPE h histogram\nh_bucket{p=\"/\",le=\"1\"} 1\nh_bucket{p=\"/\",le=\"+Inf\"} 1\n"
                        "h_sum{p=\"/\"} 1\nh_count{p=\"/\"} 1\n# TYPE t summary\nt{quantile=\"0.5\"} 1\nu 1\n");
    const QList<SeriesChoice> list = chartSeries(read);
    QStringList selectors;
    for (const SeriesChoice &choice : list)
        selectors.append(choice.selector);
    QCOMPARE(selectors, (QStringList{s("c{a=\"x\\\"\\\\\\ny\"}"), s("g"), s("h{p=\"/\"}"), s("t"), s("u")}));
    QCOMPARE(list[0].use, SeriesUse::Rate);
    QCOMPARE(list[1].use, SeriesUse::Value);
    QCOMPARE(list[1].help, s("level"));
    QCOMPARE(list[1].value, 7.0);
    QCOMPARE(list[2].use, SeriesUse::Quantiles);
    QVERIFY(!list[2].value);
    // A choice is what a workspace may name.
    const Result<SeriesSelector> selector = parseSeriesSelector(list[0].selector);
    QVERIFY(selector);
    QCOMPARE(selector->labels.value(s("a")), s("x\"\\\ny"));
}

void ExpositionTest::scrape()
{
    DemoBackend backend;
    QVERIFY(backend.waitForListening());
    MetricsScraper scraper;
    QList<MetricsScrape> got;
    connect(&scraper, &MetricsScraper::scraped, this, [&](const MetricsScrape &scrape) { got.append(scrape); });
    FetchRequest request;
    request.url = QUrl(s("http://127.0.0.1:%1/metrics").arg(backend.port()));
    scraper.scrape(request);
    QTRY_COMPARE(got.size(), 1);
    QVERIFY2(got[0].good(), qPrintable(got[0].failure.message));
    QCOMPARE(got[0].exposition.problemCount, 0);
    QVERIFY(!chartSeries(got[0].exposition).isEmpty());
    QVERIFY(got[0].ms > 0);
    // Dropped by the next one, and by cancel().
    scraper.scrape(request);
    scraper.scrape(request);
    QTRY_COMPARE(got.size(), 2);
    scraper.scrape(request);
    scraper.cancel();
    QVERIFY(!scraper.isRunning());
    scraper.scrape(request);
    QTRY_COMPARE(got.size(), 3);
    QVERIFY(!scraper.isRunning());
}

void ExpositionTest::scrapeTroubles()
{
    HttpServer server;
    using Act = HttpBehaviour::Act;
    const auto act = [&](const char *path, Act which) {
        HttpBehaviour behaviour;
        behaviour.act = which;
        server.setBehaviour(path, behaviour);
    };
    const auto answer = [&](const char *path, int status, const QByteArray &body) {
        HttpBehaviour behaviour;
        behaviour.status = status;
        behaviour.body = body;
        server.setBehaviour(path, behaviour);
    };
    act("/endless", Act::EndlessBody);
    act("/cut", Act::CutBody);
    act("/close", Act::Close);
    answer("/login", 401, "no");
    answer("/page", 200, "<!DOCTYPE html><html></html>");
    answer("/json", 200, "{\"a\": 1}\n");
    answer("/error", 500, "a 1\n");
    answer("/empty", 200, "");
    HttpBehaviour slow;
    slow.beforeAnswer = Milliseconds(20'000);
    server.setBehaviour("/slow", slow);
    struct Case
    {
        const char *path;
        ErrorKind kind;
        const char *says;
    };
    const Case cases[] = {{"/endless", ErrorKind::Protocol, "more than 16 MB"},
                          {"/cut", ErrorKind::Protocol, "broke off"},
                          {"/close", ErrorKind::Protocol, ""},
                          {"/login", ErrorKind::Auth, "authorization"},
                          {"/page", ErrorKind::Protocol, "a page"},
                          {"/json", ErrorKind::Protocol, "no metric"},
                          {"/error", ErrorKind::Protocol, "HTTP 500"},
                          {"/nowhere", ErrorKind::Protocol, "no metrics at /nowhere"},
                          {"/slow", ErrorKind::Timeout, "within"}};
    for (const Case &each : cases) {
        MetricsScraper scraper;
        std::optional<MetricsScrape> got;
        connect(&scraper, &MetricsScraper::scraped, this, [&](const MetricsScrape &scrape) { got = scrape; });
        FetchRequest request;
        request.url = QUrl(server.url(s(each.path)));
        request.timeout = Milliseconds(QByteArray(each.path) == "/slow" ? 300 : 10'000);
        scraper.scrape(request);
        QTRY_VERIFY2_WITH_TIMEOUT(got, each.path, 15'000);
        QVERIFY2(!got->good(), each.path);
        QCOMPARE(errorKindName(got->failure.kind), errorKindName(each.kind));
        QVERIFY2(got->failure.message.contains(s(each.says)), qPrintable(got->failure.message));
    }
    MetricsScraper scraper;
    std::optional<MetricsScrape> got;
    connect(&scraper, &MetricsScraper::scraped, this, [&](const MetricsScrape &scrape) { got = scrape; });
    FetchRequest request;
    request.url = QUrl(s("http://127.0.0.1:%1/metrics").arg(closedPort()));
    scraper.scrape(request);
    QTRY_VERIFY(got);
    QCOMPARE(errorKindName(got->failure.kind), errorKindName(ErrorKind::Refused));
    got.reset();
    // No metric at all is an answer, and a true one.
    request.url = QUrl(server.url(s("/empty")));
    scraper.scrape(request);
    QTRY_VERIFY(got);
    QVERIFY(got->good());
    QVERIFY(got->exposition.families.isEmpty());
}

QTEST_GUILESS_MAIN(ExpositionTest)
#include "tst_exposition.moc"
