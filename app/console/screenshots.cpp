// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/screenshots.h"

#include "ui/common/workbench.h"
#include "ui/window/mainwindow.h"

#include <QDir>
#include <QPixmap>
#include <QTabWidget>
#include <QTimer>

#include <cstdio>

namespace Switchyard {

namespace {
constexpr int stepMs = 500;
constexpr int limitMs = 60'000;
/// After the session the live counts and health need a moment to have something to show.
constexpr int liveMs = 8'000;
} // namespace

Screenshots::Screenshots(MainWindow *window, Workbench *workbench, QString folder, QString shutdownMode,
                         QObject *parent)
    : QObject(parent)
    , m_window(window)
    , m_workbench(workbench)
    , m_folder(std::move(folder))
    , m_shutdownMode(std::move(shutdownMode))
{
}

void Screenshots::start()
{
    QDir().mkpath(m_folder);
    const QList<ThemeChoice> themes{ThemeChoice::Light, ThemeChoice::Dark};
    const auto both = [this, themes](const QString &name) {
        for (const ThemeChoice theme : themes) {
            m_steps.append([this, theme] { m_window->setTheme(theme); });
            m_steps.append([this, name, theme] { shoot(name + QLatin1Char('-') + themeChoiceName(theme)); });
        }
    };
    both(QStringLiteral("start"));
    connect(m_workbench, &Workbench::sessionFinished, this, [this, both] {
        if (std::exchange(m_verdictSeen, true))
            return;
        both(QStringLiteral("session"));
        m_steps.append([this] {
            m_window->showPage(QStringLiteral("WebSockets"), QStringLiteral("live"));
            QTimer::singleShot(liveMs, this, &Screenshots::next);
        });
        for (int i = 0; i < m_window->tabs()->count(); ++i) {
            m_steps.append([this, i] { m_window->tabs()->setCurrentIndex(i); });
            both(QStringLiteral("tab%1").arg(i + 1));
        }
        next();
    });
    connect(m_workbench, &Workbench::sessionFailed, this, [this](const Error &error) {
        std::fprintf(stderr, "the demo's session did not begin: %s\n", qPrintable(error.toString()));
        Q_EMIT finished(false);
    });
    QTimer::singleShot(limitMs, this, [this] {
        if (!m_verdictSeen) {
            std::fprintf(stderr, "no verdict within 60 s\n");
            Q_EMIT finished(false);
        }
    });
    m_steps.append([this] {
        m_workbench->openDemo(m_shutdownMode, true);
        QTimer::singleShot(9'000, this, [this] { shoot(QStringLiteral("running-dark")); });
    });
    QTimer::singleShot(stepMs, this, &Screenshots::next);
}

void Screenshots::next()
{
    if (m_steps.isEmpty()) {
        if (m_verdictSeen)
            Q_EMIT finished(m_complete);
        return;
    }
    const auto step = m_steps.takeFirst();
    const qsizetype left = m_steps.size();
    step();
    // The step that waits for live figures calls next() by itself.
    const bool waits = m_verdictSeen && left == m_window->tabs()->count() * 5;
    if (!waits)
        QTimer::singleShot(stepMs, this, &Screenshots::next);
}

void Screenshots::shoot(const QString &name)
{
    const QString path = QStringLiteral("%1/%2.png").arg(m_folder, name);
    if (m_window->grab().save(path)) {
        std::printf("%s\n", qPrintable(path));
        std::fflush(stdout);
        return;
    }
    std::fprintf(stderr, "%s could not be written\n", qPrintable(path));
    m_complete = false;
}

} // namespace Switchyard
