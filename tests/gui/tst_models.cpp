// SPDX-License-Identifier: GPL-3.0-or-later
// The models and the pure functions behind the window's tables.
#include "models/health/curlcommand.h"
#include "models/realtime/prometheustext.h"
#include "ui/common/format.h"
#include "ui/common/roles.h"
#include "ui/common/rowmodel.h"
#include "ui/health/healthrows.h"
#include "ui/realtime/socketrows.h"
#include "ui/redeploy/eventmodel.h"
#include "ui/redeploy/sessionrows.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QSignalSpy>
#include <QTest>

using namespace Switchyard;

namespace {

Row row(const QString &key, int value)
{
    return {key, {{.text = key, .sort = {}}, figureCell(QString::number(value), value)}};
}

QStringList keys(const RowModel &model)
{
    QStringList found;
    for (const Row &each : model.rows())
        found.append(each.key);
    return found;
}

double contrast(const QColor &a, const QColor &b)
{
    const auto luminance = [](const QColor &color) {
        const auto channel = [](double value) {
            return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * channel(color.redF()) + 0.7152 * channel(color.greenF()) + 0.0722 * channel(color.blueF());
    };
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

} // namespace

class TestModels : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void mergesByKeyWithoutReset();
    void sortsByRawValue();
    void eventsGrowAtTheEnd();
    void prometheusValues_data();
    void prometheusValues();
    void countIsNeverAnInventedZero();
    void oneMissedAnswerIsNotDown();
    void whatWasNotMeasuredIsNotShown();
    void curlShowsNoSecret();
    void shareDoesNotRoundUp();
    void colorsAreReadable_data();
    void colorsAreReadable();
    void everyStateHasItsShape();
};

void TestModels::mergesByKeyWithoutReset()
{
    RowModel model({QStringLiteral("Name"), QStringLiteral("Value")});
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.merge({row(QStringLiteral("a"), 1), row(QStringLiteral("b"), 2), row(QStringLiteral("c"), 3)});
    const QPersistentModelIndex c = model.index(2, 0);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.merge({row(QStringLiteral("c"), 3), row(QStringLiteral("d"), 4), row(QStringLiteral("a"), 7)});
    QCOMPARE(keys(model), QStringList({QStringLiteral("c"), QStringLiteral("d"), QStringLiteral("a")}));
    QCOMPARE(c.row(), 0);
    QCOMPARE(changes.size(), 1);
    QCOMPARE(model.index(2, 1).data().toString(), QStringLiteral("7"));
    model.merge({});
    QCOMPARE(model.rowCount(), 0);
    QVERIFY(!c.isValid());
    QCOMPARE(resets.size(), 0);
}

void TestModels::sortsByRawValue()
{
    RowModel model({QStringLiteral("Name"), QStringLiteral("Value")});
    model.merge({row(QStringLiteral("a"), 9)});
    QCOMPARE(model.index(0, 1).data(Role::Sort).toInt(), 9);
    QCOMPARE(model.index(0, 0).data(Role::Sort).toString(), QStringLiteral("a"));
    QCOMPARE(model.index(0, 1).data(Role::Key).toString(), QStringLiteral("a"));
}

void TestModels::eventsGrowAtTheEnd()
{
    EventModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.begin(0);
    Event event;
    event.id = 1;
    event.us = 1'500'000;
    event.kind = EventKind::ClientEnded;
    event.subject = QStringLiteral("prices");
    event.client = 0;
    event.cause = EndCause::CloseFrame;
    event.code = 1012;
    event.wasOpen = true;
    model.append({event});
    event.id = 2;
    model.append({event, event});
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.index(0, EventModel::What).data().toString(),
             QStringLiteral("client 1 closed: 1012 service restart"));
    QVERIFY(model.index(0, EventModel::Time).data(Qt::ToolTipRole).toString().contains(QStringLiteral("UTC")));
}

void TestModels::prometheusValues_data()
{
    QTest::addColumn<QString>("metric");
    QTest::addColumn<double>("value");
    QTest::newRow("label") << QStringLiteral("websocket_connections{manager='prices'}") << 27.0;
    QTest::newRow("double quotes") << QStringLiteral("websocket_connections{manager=\"other\"}") << 3.0;
    QTest::newRow("sum") << QStringLiteral("websocket_connections") << 30.0;
    QTest::newRow("plain") << QStringLiteral("up") << 1.0;
    QTest::newRow("missing") << QStringLiteral("websocket_connections{manager='none'}") << -1.0;
    QTest::newRow("prefix of another") << QStringLiteral("websocket") << -1.0;
    QTest::newRow("no metric") << QStringLiteral("{}") << -1.0;
}

void TestModels::prometheusValues()
{
    QFETCH(QString, metric);
    QFETCH(double, value);
    const QByteArray text = "# TYPE websocket_connections gauge\n"
                            "websocket_connections{manager=\"prices\",zone=\"a\"} 27\n"
                            "websocket_connections{manager=\"other\"} 3 1700000000000\n"
                            "websocket_connections_total 99\nup 1\n";
    QCOMPARE(prometheusValue(text, metric).value_or(-1), value);
}

void TestModels::countIsNeverAnInventedZero()
{
    using Status = CountReading::Status;
    SocketLive live;
    live.socket.name = QStringLiteral("prices");
    for (const auto &[status, text] : {std::pair(Status::NoSource, QStringLiteral("no source")),
                                       std::pair(Status::Waiting, QStringLiteral("waiting")),
                                       std::pair(Status::Unreachable, QStringLiteral("unreachable")),
                                       std::pair(Status::Wrong, QStringLiteral("wrong answer"))}) {
        live.count.status = status;
        QCOMPARE(socketRow(live, 100, Clock::now()).cells[SocketColumn::Count].text, text);
    }
    live.count.status = Status::Read;
    live.count.value = 1204;
    live.count.at = Clock::now();
    QCOMPARE(socketRow(live, 100, Clock::now()).cells[SocketColumn::Count].text, QStringLiteral("1,204"));
    live.count.partial = true;
    QCOMPARE(socketRow(live, 100, Clock::now()).cells[SocketColumn::Count].text, QStringLiteral("≥ 1,204 partial"));
    live.count.partial = false;
    live.socket.expected = {10, 100};
    QCOMPARE(socketRow(live, 100, Clock::now()).cells[SocketColumn::Count].text, QStringLiteral("1,204 high"));
    live.socket.expected.reset();
    const Cell old = socketRow(live, 100, Clock::now() + std::chrono::seconds(30)).cells[SocketColumn::Count];
    QVERIFY(old.faded);
    QVERIFY(old.text.contains(QStringLiteral("ago")));
}

void TestModels::oneMissedAnswerIsNotDown()
{
    MonitorRecord record{Monitor()};
    QCOMPARE(shownState(record), State::Unknown);
    ProbeSample sample;
    sample.state = ProbeState::Up;
    sample.sentAt = Clock::now();
    (void)record.tracker.take(sample);
    QCOMPARE(shownState(record), State::Up);
    sample.state = ProbeState::Down;
    for (int i = 1; i < record.monitor.failures; ++i) {
        (void)record.tracker.take(sample);
        QCOMPARE(shownState(record), State::Degraded);
        QCOMPARE(shownStateWord(record), QStringLiteral("%1 of 3 failed").arg(i));
    }
    (void)record.tracker.take(sample);
    QCOMPARE(shownState(record), State::Down);
    QCOMPARE(shownStateWord(record), QStringLiteral("down"));
}

void TestModels::whatWasNotMeasuredIsNotShown()
{
    const MonitorRecord record{Monitor()};
    MonitorDigest digest;
    readState(record, &digest);
    readFigures(record, Clock::now(), &digest);
    QCOMPARE(digest.word, QStringLiteral("not probed"));
    for (const int column :
         {HealthColumn::Status, HealthColumn::Last, HealthColumn::P50, HealthColumn::P95, HealthColumn::P99,
          HealthColumn::Uptime, HealthColumn::RawUptime, HealthColumn::LongestGap, HealthColumn::Certificate}) {
        QCOMPARE(monitorCell(record.monitor, digest, column, 500).text, QStringLiteral("–"));
        QVERIFY(!sortNumber(record.monitor, digest, column));
    }
}

void TestModels::curlShowsNoSecret()
{
    ProbeTarget target;
    target.url = QStringLiteral("https://api.example.org/health?token=hunter2hunter2");
    target.headers.insert(QStringLiteral("Authorization"), QStringLiteral("Bearer abcdefghijklmnop"));
    target.headers.insert(QStringLiteral("X-Plain"), QStringLiteral("swordfish"));
    target.references.insert(QStringLiteral("X-Plain"), QStringLiteral("env:PLAIN"));
    target.headers.insert(QStringLiteral("Accept"), QStringLiteral("it's"));
    const QString command = curlCommand(target);
    for (const char *secret : {"hunter2", "abcdefgh", "swordfish"})
        QVERIFY2(!command.contains(QLatin1StringView(secret)), qPrintable(command));
    QVERIFY(command.contains(QStringLiteral("it'\\''s")));
}

void TestModels::shareDoesNotRoundUp()
{
    QCOMPARE(shareText(1), QStringLiteral("100 %"));
    QCOMPARE(shareText(0.99999), QStringLiteral("99.9 %"));
}

void TestModels::colorsAreReadable_data()
{
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void TestModels::colorsAreReadable()
{
    QFETCH(bool, dark);
    auto &application = *qobject_cast<QApplication *>(QCoreApplication::instance());
    applyTheme(application, dark ? ThemeChoice::Dark : ThemeChoice::Light);
    const QPalette palette = QApplication::palette();
    const ThemeColors &colors = themeColors(palette);
    QCOMPARE(colors.dark, dark);
    const QList<QColor> inks{colors.up,      colors.degraded, colors.down, colors.action,
                             colors.unknown, colors.working,  colors.text, colors.faded};
    for (const QPalette::ColorRole role : {QPalette::Base, QPalette::Window, QPalette::Highlight}) {
        for (const QColor &ink : inks)
            QVERIFY2(contrast(ink, palette.color(role)) >= 4.5,
                     qPrintable(QStringLiteral("%1 on %2: %3")
                                    .arg(ink.name(), palette.color(role).name())
                                    .arg(contrast(ink, palette.color(role)))));
    }
    for (const QPalette::ColorRole role : {QPalette::Base, QPalette::Window})
        QVERIFY(contrast(colors.border, palette.color(role)) >= 3);
    for (const State state : {State::Up, State::Degraded, State::Down, State::Unknown, State::Working}) {
        for (const QColor &ink : {colors.state(state), colors.text, colors.faded})
            QVERIFY2(contrast(ink, colors.tint(state)) >= 4.5,
                     qPrintable(QStringLiteral("%1 on %2").arg(ink.name(), colors.tint(state).name())));
    }
}

void TestModels::everyStateHasItsShape()
{
    QSet<QString> shapes;
    for (const State state : {State::Up, State::Degraded, State::Down, State::Action, State::Unknown, State::Working})
        shapes.insert(stateShape(state));
    QCOMPARE(shapes.size(), 6);
}

QTEST_MAIN(TestModels)
#include "tst_models.moc"
