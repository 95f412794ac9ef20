// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/deploywindows.h"

#include <QDateTime>
#include <QTest>

using namespace Switchyard;

namespace {

qint64 at(const char *iso)
{
    return QDateTime::fromString(QString::fromLatin1(iso), Qt::ISODate).toMSecsSinceEpoch();
}

/// The workspace text with one backend and this window; the errors where it has any.
tl::expected<Workspace, WorkspaceErrors> withWindow(const QByteArray &window)
{
    return parseWorkspace("schema = 1\n[[backend]]\nname = \"render\"\nplatform = \"render\"\nurl = "
                          "\"https://r.test\"\n[[deploy_window]]\n" +
                              window,
                          QStringLiteral("w.toml"), {QStringLiteral("render")});
}

} // namespace

class DeployWindowsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void covers_data();
    void covers();
    void runningDeploy();
    void refuses_data();
    void refuses();
};

void DeployWindowsTest::covers_data()
{
    QTest::addColumn<QByteArray>("window");
    QTest::addColumn<QString>("group");
    QTest::addColumn<qint64>("moment");
    QTest::addColumn<qint64>("end"); // 0: not covered
    const QByteArray once = "start = 2026-11-21T14:00:00Z\nlength = \"30m\"\n";
    const QByteArray offset = "start = \"2026-11-21T14:00:00+02:00\"\nlength = \"30m\"\n";
    const QByteArray night = "start = \"23:30\"\nlength = \"1h\"\nbackends = [\"render\"]\n";
    const QByteArray friday = "start = \"23:30\"\nlength = \"1h\"\ndays = [\"fri\"]\n"; // 2026-11-20
    const QString render = QStringLiteral("render");
    const auto row = [](const char *name, const QByteArray &window, const QString &group, const char *moment,
                        const char *end) {
        QTest::newRow(name) << window << group << at(moment) << (end ? at(end) : qint64(0));
    };
    row("before", once, render, "2026-11-21T13:59:59Z", nullptr);
    row("first moment", once, render, "2026-11-21T14:00:00Z", "2026-11-21T14:30:00Z");
    row("last moment", once, QString(), "2026-11-21T14:29:59Z", "2026-11-21T14:30:00Z");
    row("after", once, render, "2026-11-21T14:30:00Z", nullptr);
    row("offset counts", offset, render, "2026-11-21T12:10:00Z", "2026-11-21T12:30:00Z");
    row("daily, before midnight", night, render, "2026-11-21T23:45:00Z", "2026-11-22T00:30:00Z");
    row("daily, after midnight", night, render, "2026-11-21T00:15:00Z", "2026-11-21T00:30:00Z");
    row("daily, midday", night, render, "2026-11-21T12:00:00Z", nullptr);
    row("another backend", night, QStringLiteral("fly"), "2026-11-21T23:45:00Z", nullptr);
    row("on its day", friday, render, "2026-11-20T23:45:00Z", "2026-11-21T00:30:00Z");
    row("its night goes on", friday, render, "2026-11-21T00:29:00Z", "2026-11-21T00:30:00Z");
    row("another day", friday, render, "2026-11-21T23:45:00Z", nullptr);
}

void DeployWindowsTest::covers()
{
    QFETCH(QByteArray, window);
    QFETCH(QString, group);
    QFETCH(qint64, moment);
    QFETCH(qint64, end);
    const auto workspace = withWindow(window);
    QVERIFY2(workspace, workspace ? "" : qPrintable(workspace.error().first().toString()));
    const auto covering = DeployWindows(workspace->deployWindows).covering(group, moment);
    QCOMPARE(covering ? covering->endMs : 0, end);
}

void DeployWindowsTest::runningDeploy()
{
    DeployWindows windows;
    windows.open(QStringLiteral("render"), 5'000, QStringLiteral("redeploy"));
    windows.open(QStringLiteral("render"), 4'000, QStringLiteral("redeploy"));
    QVERIFY(windows.covering(QStringLiteral("render"), 4'500));
    QCOMPARE(windows.covering(QStringLiteral("render"), 4'500)->name, QStringLiteral("redeploy"));
    QVERIFY(!windows.covering(QStringLiteral("render"), 5'000));
    QVERIFY(!windows.covering(QStringLiteral("fly"), 4'500));
    windows.close(QStringLiteral("render"));
    QVERIFY(!windows.covering(QStringLiteral("render"), 4'500));
}

void DeployWindowsTest::refuses_data()
{
    QTest::addColumn<QByteArray>("window");
    QTest::addColumn<QString>("says");
    QTest::addColumn<int>("line");
    const auto row = [](const char *name, const QByteArray &window, const char *says, int line) {
        QTest::newRow(name) << window << QString::fromLatin1(says) << line;
    };
    row("no start", "length = \"30m\"\n", "start", 6);
    row("no length", "start = \"14:00\"\n", "length", 6);
    row("25 o'clock", "start = \"25:00\"\nlength = \"30m\"\n", "no time", 7);
    row("no offset", "start = 2026-11-21T14:00:00\nlength = \"30m\"\n", "no time", 7);
    row("no such day", "start = \"14:00\"\nlength = \"30m\"\ndays = [\"monday\"]\n", "no day", 9);
    row("days of one date", "start = 2026-11-21T14:00:00Z\nlength = \"30m\"\ndays = [\"mon\"]\n", "comes once", 9);
    row("unknown backend", "start = \"14:00\"\nlength = \"30m\"\nbackends = [\"rendr\"]\n", "no backend", 9);
    row("too long", "start = \"14:00\"\nlength = \"25h\"\n", "length", 8);
    row("unknown key", "start = \"14:00\"\nlength = \"1h\"\nend = \"15:00\"\n", "end", 9);
}

void DeployWindowsTest::refuses()
{
    QFETCH(QByteArray, window);
    QFETCH(QString, says);
    const auto workspace = withWindow(window);
    QVERIFY(!workspace);
    const Error &error = workspace.error().first();
    QVERIFY2(error.message.contains(says), qPrintable(error.toString()));
    QTEST(error.place.line, "line");
}

QTEST_GUILESS_MAIN(DeployWindowsTest)

#include "tst_deploywindows.moc"
