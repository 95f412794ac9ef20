// SPDX-License-Identifier: GPL-3.0-or-later
// The database's lane of the timeline: there only where a session looked at one, answers and connections in their
// places, gaps for what is not known, words under the mouse; in light and dark.
#include "tests/redeploy/recorded.h"
#include "ui/common/theme.h"
#include "ui/redeploy/databaselegend.h"
#include "ui/redeploy/sessionbody.h"
#include "ui/redeploy/sessionrows.h"
#include "ui/redeploy/timelinelanes.h"
#include "ui/redeploy/timelineplot.h"

#include <QApplication>
#include <QTest>

using namespace Switchyard;
using Switchyard::Testing::healthyRecord;
using Switchyard::Testing::Recorded;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

Event &look(Recorded &recorded, double ms, int used, int limit = 20)
{
    Event &event = recorded.add(ms, EventKind::Database);
    event.subject = s("database shop");
    event.ok = true;
    event.ms = 2;
    event.connections.used = used;
    event.connections.limit = limit;
    event.connections.reserved = 3;
    return event;
}

/// Old and new together fill the limit from 2 s to 6 s; then the server says nothing for 2 s.
Recorded stormed()
{
    Recorded recorded = healthyRecord();
    SessionDatabase database;
    database.name = s("shop");
    recorded.record.header.databases = {database};
    for (int second = -10; second < 20; ++second) {
        Event &event = look(recorded, second * 1000.0, second >= 2 && second <= 6 ? 17 : 5);
        if (second == 10 || second == 11) {
            event.ok = false;
            event.connections = {};
            event.text = s("the server ended the connection");
        }
    }
    Event &refused = recorded.add(4'500, EventKind::DatabaseConnect);
    refused.subject = s("database shop");
    refused.detail = s("full");
    refused.text = s("every connection is in use (53300)");
    return recorded;
}

} // namespace

class DatabaseLanePlotTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyWhereThereIsOne();
    void lane();
    void scale();
    void words();
    void drawn_data();
    void drawn();
    void legendNamesThem_data();
    void legendNamesThem();
    void legendTellsThemApart();
    void legendCountsWhatDoesNotFit();
};

void DatabaseLanePlotTest::onlyWhereThereIsOne()
{
    TimelinePlot plot;
    const Recorded without = healthyRecord();
    plot.begin(without.record.header);
    plot.take(without.record.events);
    QVERIFY(!plot.laneNames().contains(s("shop")));
    const int height = plot.minimumHeight();
    plot.begin(stormed().record.header);
    QVERIFY(plot.laneNames().contains(s("shop")));
    QVERIFY(plot.minimumHeight() > height);
}

void DatabaseLanePlotTest::lane()
{
    TimelinePlot plot;
    const Recorded recorded = stormed();
    plot.begin(recorded.record.header);
    plot.take(recorded.record.events);
    const QList<int> levels = plot.connectionLevels(s("shop"));
    QCOMPARE(levels.size(), 30);
    QCOMPARE(levels.count(17), 5);
    QCOMPARE(levels.count(-1), 2); // nobody said, and that is not 0
    TimelineLanes lanes;
    lanes.begin(recorded.record.header);
    lanes.take(recorded.record.events);
    const Lane &lane = lanes.lanes().last();
    QCOMPARE(lane.kind, Lane::Kind::Database);
    QCOMPARE(std::count_if(lane.points.cbegin(), lane.points.cend(),
                           [](const LanePoint &point) { return point.level == LanePoint::Bad; }),
             2);
    QCOMPARE(std::count_if(lane.points.cbegin(), lane.points.cend(),
                           [](const LanePoint &point) { return point.level == LanePoint::Neutral; }),
             1);
}

void DatabaseLanePlotTest::scale()
{
    Lane lane;
    QCOMPARE(lane.fullScale(), 0);
    lane.levels = {{1, 5, 17}, {2, -1, -1}};
    QCOMPARE(lane.fullScale(), 17);
    lane.levels.append({3, 19, 17}); // into the reserve
    QCOMPARE(lane.fullScale(), 19);
}

void DatabaseLanePlotTest::words()
{
    const Recorded recorded = stormed();
    QStringList texts;
    for (const Event &event : recorded.record.events) {
        if (event.kind == EventKind::Database || event.kind == EventKind::DatabaseConnect)
            texts.append(eventText(event));
    }
    QVERIFY2(texts.filter(s("17 of 20 connections, 3 reserved")).size() == 5, qPrintable(texts.join(u'\n')));
    QCOMPARE(texts.filter(s("no answer: the server ended the connection")).size(), 2);
    QCOMPARE(texts.filter(s("newcomer was not let in")).size(), 1);
    Event silent;
    silent.kind = EventKind::Database;
    silent.ok = true;
    QVERIFY(eventText(silent).contains(s("not known")));
    // A line of its own in the figures.
    QVERIFY(figuresHtml(recorded.verdict()).contains(s("Database shop")));
    QVERIFY(!figuresHtml(healthyRecord().verdict()).contains(s("Database")));
}

void DatabaseLanePlotTest::drawn_data()
{
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

/// The fill's colour, mixed with the ground, stands in the lane; without a database nowhere.
void DatabaseLanePlotTest::drawn()
{
    QFETCH(const bool, dark);
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()),
               dark ? ThemeChoice::Dark : ThemeChoice::Light);
    const auto coloured = [](const Recorded &recorded) {
        TimelinePlot plot;
        plot.resize(900, 360);
        plot.begin(recorded.record.header);
        plot.take(recorded.record.events);
        plot.show();
        if (!QTest::qWaitForWindowExposed(&plot))
            return -1;
        plot.drawUntil(40'000);
        QCoreApplication::processEvents();
        const QColor accent = themeColors(plot.palette()).accent;
        const QColor ground = plot.palette().color(QPalette::Base);
        const auto mixed = [](int over, int under) { return int(std::lround(0.35 * over + 0.65 * under)); };
        const QColor wanted(mixed(accent.red(), ground.red()), mixed(accent.green(), ground.green()),
                            mixed(accent.blue(), ground.blue()));
        const QImage image = plot.grab().toImage();
        if (qEnvironmentVariableIsSet("SWITCHYARD_TEST_PICTURES"))
            image.save(qEnvironmentVariable("SWITCHYARD_TEST_PICTURES") +
                       s("/lane-%1.png").arg(s(QTest::currentDataTag())));
        int count = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QColor there = image.pixelColor(x, y);
                count += std::abs(there.red() - wanted.red()) <= 2 && std::abs(there.green() - wanted.green()) <= 2 &&
                         std::abs(there.blue() - wanted.blue()) <= 2;
            }
        }
        return count;
    };
    const int without = coloured(healthyRecord());
    QVERIFY(without >= 0);
    QVERIFY(coloured(stormed()) > without + 500);
}

void DatabaseLanePlotTest::legendNamesThem_data()
{
    drawn_data();
}

/// In the session's view: hidden without a database, else each by its name, in the colour that its lane has.
void DatabaseLanePlotTest::legendNamesThem()
{
    QFETCH(const bool, dark);
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()),
               dark ? ThemeChoice::Dark : ThemeChoice::Light);
    Recorded recorded = stormed();
    SessionDatabase cache;
    cache.name = s("cache");
    recorded.record.header.databases.append(cache);
    for (int second = -10; second < 20; ++second)
        look(recorded, second * 1000.0 + 100, 3 + second % 3, 50).subject = s("database cache");
    SessionBody body([](QWidget *, const QString &, std::function<void(const QString &)>) {});
    body.resize(1280, 700);
    body.show();
    QVERIFY(QTest::qWaitForWindowExposed(&body));
    auto *legend = body.findChild<DatabaseLegend *>();
    QVERIFY(legend);
    const Recorded without = healthyRecord();
    body.showFinished(without.record, without.verdict(), false);
    QVERIFY(!legend->isVisible());
    body.clear();
    body.showFinished(recorded.record, recorded.verdict(), false);
    QTRY_VERIFY(legend->isVisible());
    QCOMPARE(legend->accessibleDescription(), s("shop: solid line; cache: dashed line"));
    QTest::qWait(300); // drawn at most ten times a second
    if (qEnvironmentVariableIsSet("SWITCHYARD_TEST_PICTURES"))
        body.grab().save(qEnvironmentVariable("SWITCHYARD_TEST_PICTURES") +
                         s("/legend-%1.png").arg(s(QTest::currentDataTag())));
    // The line's own colour stands in the sample, and in the plot.
    const ThemeColors &colors = themeColors(body.palette());
    const auto isNear = [](const QColor &a, const QColor &b) {
        return std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) + std::abs(a.blue() - b.blue()) < 40;
    };
    const auto count = [&isNear](const QImage &image, const QColor &color) {
        int found = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x)
                found += isNear(image.pixelColor(x, y), color);
        }
        return found;
    };
    const QImage samples = legend->grab().toImage();
    const QImage plot = body.timeline()->grab().toImage();
    for (int place = 0; place < 2; ++place) {
        const QColor color = databasePen(place, colors).color();
        QVERIFY(!legend->sampleRect(place).isEmpty());
        QVERIFY2(count(samples.copy(legend->sampleRect(place)), color) > 5, qPrintable(QString::number(place)));
        QCOMPARE(count(samples.copy(legend->sampleRect(1 - place)), color), 0);
        QVERIFY2(count(plot, color) > 5, qPrintable(QString::number(place)));
    }
}

/// The first four by their dash alone, whatever the eyes; twelve by dash and colour.
void DatabaseLanePlotTest::legendTellsThemApart()
{
    for (const bool dark : {false, true}) {
        applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()),
                   dark ? ThemeChoice::Dark : ThemeChoice::Light);
        const ThemeColors &colors = themeColors(QApplication::palette());
        QSet<QString> looks, dashes, words;
        for (int place = 0; place < 12; ++place) {
            const QPen pen = databasePen(place, colors);
            looks.insert(pen.color().name() + QString::number(int(pen.style())));
            if (place < 4) {
                dashes.insert(QString::number(int(pen.style())));
                words.insert(databaseDash(place));
            }
        }
        QCOMPARE(looks.size(), 12);
        QCOMPARE(dashes.size(), 4);
        QCOMPARE(words.size(), 4);
    }
}

void DatabaseLanePlotTest::legendCountsWhatDoesNotFit()
{
    DatabaseLegend legend;
    legend.resize(320, 20);
    QStringList names;
    for (int i = 0; i < 8; ++i)
        names.append(s("database-of-shop-%1").arg(i));
    legend.show(names);
    QVERIFY(!legend.sampleRect(0).isEmpty());
    QVERIFY(legend.sampleRect(7).isEmpty());
    QVERIFY(legend.toolTip().contains(s("database-of-shop-7")));
    legend.resize(2'600, 20);
    QVERIFY(!legend.sampleRect(7).isEmpty());
    // Its width is nothing to the window's.
    QCOMPARE(legend.minimumSizeHint().width(), 0);
}

QTEST_MAIN(DatabaseLanePlotTest)

#include "tst_databaselaneplot.moc"
