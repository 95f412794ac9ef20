// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/latencyhistogram.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace Switchyard;
using std::chrono::microseconds;

namespace {

std::vector<qint64> randomValues(const QString &distribution, int count)
{
    std::mt19937_64 random(20260101);
    std::uniform_int_distribution<qint64> uniform(1, 600'000'000);
    std::lognormal_distribution<double> lognormal(11, 1.5);
    std::exponential_distribution<double> exponential(1.0 / 50'000);
    std::vector<qint64> values;
    for (int i = 0; i < count; ++i) {
        double value = double(uniform(random));
        if (distribution == QLatin1StringView("lognormal"))
            value = lognormal(random);
        else if (distribution == QLatin1StringView("exponential"))
            value = exponential(random);
        else if (distribution == QLatin1StringView("two peaks"))
            value = i % 10 == 0 ? 5'000'000 + double(i) : 900 + double(i % 7);
        else if (distribution == QLatin1StringView("constant"))
            value = 123'457;
        values.push_back(std::clamp<qint64>(std::llround(value), 1, 600'000'000));
    }
    return values;
}

LatencyHistogram histogramOf(const std::vector<qint64> &values)
{
    LatencyHistogram histogram;
    for (const qint64 value : values)
        histogram.add(microseconds(value));
    return histogram;
}

} // namespace

class LatencyHistogramTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void nothingMeasuredIsNothing();
    void isCloseToExact_data();
    void isCloseToExact();
    void mergesInAnyOrder();
    void comesBackFromBytes();
    void refusesBrokenBytes();
    void keepsExtremes();
};

void LatencyHistogramTest::nothingMeasuredIsNothing()
{
    LatencyHistogram histogram;
    QVERIFY(!histogram.percentile(50));
    QVERIFY(!histogram.min());
    QVERIFY(!histogram.max());
    QVERIFY(!histogram.add(microseconds(-1)));
    QCOMPARE(histogram.count(), quint64(0));
    QVERIFY(histogram.add(microseconds(7)));
    QVERIFY(!histogram.percentile(-1));
    QVERIFY(!histogram.percentile(100.1));
    QVERIFY(!histogram.percentile(std::nan("")));
}

void LatencyHistogramTest::isCloseToExact_data()
{
    QTest::addColumn<QString>("distribution");
    QTest::addColumn<int>("count");
    for (const char *name : {"uniform", "lognormal", "exponential", "two peaks", "constant"}) {
        for (const int count : {1, 2, 20, 999, 20'000})
            QTest::addRow("%s, %d", name, count) << QString::fromLatin1(name) << count;
    }
}

void LatencyHistogramTest::isCloseToExact()
{
    QFETCH(QString, distribution);
    QFETCH(int, count);
    std::vector<qint64> values = randomValues(distribution, count);
    const LatencyHistogram histogram = histogramOf(values);
    std::sort(values.begin(), values.end());
    quint64 sum = 0;
    for (const qint64 value : values)
        sum += quint64(value);
    QCOMPARE(histogram.count(), quint64(count));
    QCOMPARE(histogram.sum(), sum);
    QCOMPARE(qint64(histogram.min()->count()), values.front());
    QCOMPARE(qint64(histogram.max()->count()), values.back());
    QCOMPARE(histogram.percentile(100), histogram.max());
    for (const int p : {0, 1, 10, 50, 75, 90, 95, 99, 100}) {
        const int place = std::max(1, (p * count + 99) / 100);
        const qint64 exact = values.at(size_t(place - 1));
        const qint64 told = histogram.percentile(p)->count();
        QVERIFY2(told >= exact && double(told - exact) <= 0.01 * double(exact),
                 qPrintable(QStringLiteral("p%1: %2, exactly %3").arg(p).arg(told).arg(exact)));
    }
}

void LatencyHistogramTest::mergesInAnyOrder()
{
    const std::vector<qint64> values = randomValues(QStringLiteral("lognormal"), 5'000);
    const LatencyHistogram whole = histogramOf(values);
    std::vector<LatencyHistogram> parts(13);
    for (size_t i = 0; i < values.size(); ++i)
        parts[(i * i) % 12].add(microseconds(values[i])); // some parts stay empty
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
        std::shuffle(parts.begin(), parts.end(), random);
        LatencyHistogram merged;
        for (const LatencyHistogram &part : parts)
            QVERIFY(merged.merge(part));
        QVERIFY(merged == whole);
        QCOMPARE(merged.toBytes(), whole.toBytes());
    }
}

void LatencyHistogramTest::comesBackFromBytes()
{
    for (const int count : {0, 1, 300, 20'000}) {
        const LatencyHistogram histogram = histogramOf(randomValues(QStringLiteral("lognormal"), count));
        const QByteArray bytes = histogram.toBytes();
        QVERIFY(bytes.size() < 20 * 1024);
        const std::optional<LatencyHistogram> read = LatencyHistogram::fromBytes(bytes);
        QVERIFY(read);
        QVERIFY(*read == histogram);
    }
}

void LatencyHistogramTest::refusesBrokenBytes()
{
    const QByteArray bytes = histogramOf(randomValues(QStringLiteral("exponential"), 300)).toBytes();
    for (qsizetype length = 0; length < bytes.size(); ++length)
        QVERIFY(!LatencyHistogram::fromBytes(bytes.left(length)));
    QVERIFY(!LatencyHistogram::fromBytes(bytes + '\0'));
    QVERIFY(!LatencyHistogram::fromBytes(bytes + bytes));
    QVERIFY(!LatencyHistogram::fromBytes(QByteArray(100, '\xff')));
    std::mt19937 random(3);
    for (int round = 0; round < 20'000; ++round) {
        QByteArray broken = bytes;
        broken[qsizetype(random() % size_t(bytes.size()))] = char(random());
        const std::optional<LatencyHistogram> read = LatencyHistogram::fromBytes(broken);
        // What is taken is a histogram that could have been counted: it says the same again.
        QVERIFY(!read || read->toBytes() == broken || LatencyHistogram::fromBytes(read->toBytes()) == read);
        QVERIFY(!read || read->percentile(100) == read->max());
    }
}

void LatencyHistogramTest::keepsExtremes()
{
    LatencyHistogram histogram;
    QVERIFY(histogram.add(microseconds(0)));
    QVERIFY(histogram.add(std::chrono::hours(2)));
    QCOMPARE(qint64(histogram.min()->count()), qint64(0));
    QCOMPARE(qint64(histogram.percentile(50)->count()), qint64(0));
    QCOMPARE(qint64(histogram.percentile(99)->count()), qint64(7'200'000'000));
    QVERIFY(LatencyHistogram::fromBytes(histogram.toBytes()) == histogram);
    QVERIFY(histogram.add(std::chrono::minutes(10)));
    QVERIFY(histogram.percentile(60)->count() >= 600'000'000); // not blurred by the longer one
    QVERIFY(histogram.percentile(60)->count() <= 606'000'000);
    QVERIFY(histogram.add(microseconds::max()));
    QVERIFY(!histogram.add(microseconds::max())); // the sum would not fit
    QCOMPARE(histogram.count(), quint64(4));
}

QTEST_GUILESS_MAIN(LatencyHistogramTest)
#include "tst_latencyhistogram.moc"
