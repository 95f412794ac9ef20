// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/workspace.h"

#include <QStandardPaths>
#include <QTest>

using namespace Switchyard;

namespace {

tl::expected<Workspace, WorkspaceErrors>
parsed(const QByteArray &history, const QString &file = QStringLiteral("/home/x/tide tables/switchyard.toml"))
{
    return parseWorkspace("schema = 1\n" + history, file, {});
}

} // namespace

class HistorySettingsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reads();
    void refuses_data();
    void refuses();
    void names();
};

void HistorySettingsTest::reads()
{
    const auto none = parsed({});
    QVERIFY(none.has_value());
    QVERIFY(none->history == HistorySettings());
    QVERIFY(none->history.enabled);
    QCOMPARE(none->history.keepSamples, Milliseconds(604'800'000));
    QCOMPARE(none->history.keepRollups, Milliseconds(34'560'000'000));
    const auto all = parsed("[history]\nfile = \"../h.sqlite\"\nkeep_samples = \"1h\"\nkeep_rollups = \"1h\"\n"
                            "enabled = false\n");
    QVERIFY(all.has_value());
    const HistorySettings wanted{false, QStringLiteral("../h.sqlite"), Milliseconds(3'600'000),
                                 Milliseconds(3'600'000)};
    QVERIFY(all->history == wanted);
}

void HistorySettingsTest::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const char *text, int line, const char *words) {
        QTest::newRow(name) << QByteArray(text) << line << QString::fromUtf8(words);
    };
    row("unknown key", "[history]\nkeep_sample = \"1d\"\n", 3, "did you mean \"keep_samples\"");
    row("no unit", "[history]\nkeep_samples = 7\n", 3, "keep_samples");
    row("too short", "[history]\nkeep_samples = \"59m\"\n", 3, "keep_samples");
    row("too long", "[history]\nkeep_rollups = \"3651d\"\n", 3, "");
    row("empty file", "[history]\nfile = \"\"\n", 3, "\"file\" is empty");
    row("wrong type", "[history]\nenabled = \"no\"\n", 3, "enabled");
    row("contradiction", "[history]\nkeep_rollups = \"2d\"\nkeep_samples = \"3d\"\n", 3,
        "keep_rollups 2d is shorter than keep_samples 3d");
    row("against the default", "[history]\nkeep_samples = \"401d\"\n", 3, "keep_rollups 400d is shorter");
}

void HistorySettingsTest::refuses()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    QFETCH(QString, words);
    const auto workspace = parsed(text);
    QVERIFY(!workspace.has_value());
    QCOMPARE(workspace.error().size(), 1);
    QCOMPARE(workspace.error().first().place.line, line);
    QVERIFY2(workspace.error().first().toString().contains(words), qPrintable(workspace.error().first().toString()));
}

void HistorySettingsTest::names()
{
    const QString data = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
    const QString first = historyFileOf(*parsed({}));
    QVERIFY2(first.startsWith(data + QStringLiteral("/switchyard/history/tide-tables-")), qPrintable(first));
    QVERIFY(first.endsWith(QStringLiteral(".sqlite")));
    QCOMPARE(historyFileOf(*parsed({}, QStringLiteral("/home/x/./tide tables/y/../switchyard.toml"))), first);
    QVERIFY(historyFileOf(*parsed({}, QStringLiteral("/home/y/tide tables/switchyard.toml"))) != first);
    QVERIFY(historyFileOf(*parsed({}, QStringLiteral("/home/x/tide tables/other.toml"))) != first);
    QCOMPARE(historyFileOf(*parsed("[history]\nfile = \"../h.sqlite\"\n")), QStringLiteral("/home/x/h.sqlite"));
    QCOMPARE(historyFileOf(*parsed("[history]\nfile = \"/var/h.sqlite\"\n")), QStringLiteral("/var/h.sqlite"));
}

QTEST_GUILESS_MAIN(HistorySettingsTest)
#include "tst_historysettings.moc"
