// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/timeline.h"

#include <QTest>

#include <random>

using namespace Switchyard;

namespace {

Event at(double ms, EventKind kind, int client, const char *socket = "a")
{
    Event event;
    event.us = qint64(ms * 1000);
    event.kind = kind;
    event.client = client;
    event.subject = QString::fromLatin1(socket);
    return event;
}

QList<int> counts(const ClientBand &band)
{
    return {band.open, band.notified, band.lost, band.connecting};
}

} // namespace

class tst_Timeline final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void oneLife();
    void mergesWithin20Ms();
    void socketsAreApart();
    void otherEventsChangeNothing();
    void batchesAreTheSame();
    void clearForgets();
};

void tst_Timeline::oneLife()
{
    ClientTimeline timeline;
    timeline.take({at(0, EventKind::ClientConnecting, 0), at(100, EventKind::ClientOpen, 0),
                   at(200, EventKind::ClientNotice, 0), at(300, EventKind::ClientEnded, 0),
                   at(400, EventKind::ClientConnecting, 0), at(500, EventKind::ClientOpen, 0)});
    QCOMPARE(timeline.clientCount(), 1);
    QList<QList<int>> got;
    QList<double> times;
    for (const ClientBand &band : timeline.bands()) {
        got.append(counts(band));
        times.append(band.ms);
    }
    QCOMPARE(got,
             (QList<QList<int>>{{0, 0, 0, 1}, {1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}, {1, 0, 0, 0}}));
    QCOMPARE(times, (QList<double>{0, 100, 200, 300, 400, 500}));
}

void tst_Timeline::mergesWithin20Ms()
{
    ClientTimeline timeline;
    for (int c = 0; c < 100; ++c)
        timeline.take(at(1000 + c * 0.1, EventKind::ClientOpen, c));
    QCOMPARE(timeline.bands().size(), 1);
    QCOMPARE(timeline.bands().first().ms, 1000.0);
    QCOMPARE(timeline.bands().first().open, 100);
    timeline.take(at(1019, EventKind::ClientEnded, 0));
    QCOMPARE(timeline.bands().size(), 1);
    timeline.take(at(1020, EventKind::ClientEnded, 1));
    QCOMPARE(timeline.bands().size(), 2);
    QCOMPARE(counts(timeline.bands().last()), (QList<int>{98, 0, 2, 0}));
    QCOMPARE(timeline.bands().last().ms, 1020.0);
}

void tst_Timeline::socketsAreApart()
{
    ClientTimeline timeline;
    timeline.take({at(0, EventKind::ClientOpen, 0, "a"), at(0, EventKind::ClientOpen, 0, "b"),
                   at(50, EventKind::ClientEnded, 0, "b")});
    QCOMPARE(timeline.clientCount(), 2);
    QCOMPARE(counts(timeline.bands().last()), (QList<int>{1, 0, 1, 0}));
}

void tst_Timeline::otherEventsChangeNothing()
{
    ClientTimeline timeline;
    timeline.take(at(0, EventKind::ClientOpen, 0));
    for (const EventKind kind :
         {EventKind::Phase, EventKind::Probe, EventKind::ClientFirstMessage, EventKind::ClientWaiting,
          EventKind::ClientGaveUp, EventKind::ClientOpen, EventKind::Note, EventKind::SignalSent})
        timeline.take(at(100, kind, 0));
    QCOMPARE(timeline.bands().size(), 1);
    QCOMPARE(timeline.clientCount(), 1);
}

void tst_Timeline::batchesAreTheSame()
{
    std::mt19937 random(7);
    QList<Event> events;
    const EventKind kinds[] = {EventKind::ClientConnecting, EventKind::ClientOpen, EventKind::ClientNotice,
                               EventKind::ClientEnded};
    for (int i = 0; i < 5000; ++i)
        events.append(at(i * 3.0, kinds[random() % 4], int(random() % 50)));
    ClientTimeline one;
    one.take(events);
    ClientTimeline two;
    for (const Event &event : events)
        two.take(event);
    QCOMPARE(one.bands().size(), two.bands().size());
    for (qsizetype i = 0; i < one.bands().size(); ++i) {
        QCOMPARE(counts(one.bands()[i]), counts(two.bands()[i]));
        const ClientBand &band = one.bands()[i];
        QVERIFY(band.open >= 0 && band.notified >= 0 && band.lost >= 0 && band.connecting >= 0);
        QVERIFY(band.open + band.notified + band.lost + band.connecting <= 50);
        QVERIFY(i == 0 || band.ms >= one.bands()[i - 1].ms + 20);
    }
    const ClientBand &last = one.bands().last();
    QCOMPARE(last.open + last.notified + last.lost + last.connecting, one.clientCount());
}

void tst_Timeline::clearForgets()
{
    ClientTimeline timeline;
    timeline.take(at(0, EventKind::ClientOpen, 0));
    timeline.clear();
    QVERIFY(timeline.bands().isEmpty());
    timeline.take(at(5, EventKind::ClientEnded, 0));
    QCOMPARE(counts(timeline.bands().last()), (QList<int>{0, 0, 1, 0}));
}

QTEST_GUILESS_MAIN(tst_Timeline)
#include "tst_timeline.moc"
