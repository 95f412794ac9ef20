// SPDX-License-Identifier: GPL-3.0-or-later
// The database's lane of the timeline: there only where a session looked at one, answers and connections in their
// places, gaps for what is not known, words under the mouse; in light and dark.
#include "tests/redeploy/recorded.h"
#include "ui/common/theme.h"
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

QTEST_MAIN(DatabaseLanePlotTest)

#include "tst_databaselaneplot.moc"
