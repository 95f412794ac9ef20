// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/screenshots.h"

#include "ui/common/workbench.h"
#include "ui/redeploy/sessionpdf.h"
#include "ui/window/mainwindow.h"

#include <QDir>
#include <QPixmap>
#include <QTabWidget>
#include <QTimer>

#include <cstdio>

namespace Switchyard {

namespace {
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

void Screenshots::both(const QString &name)
{
    for (const ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
        step([this, theme] { m_window->setTheme(theme); });
        step([this, name, theme] { shoot(name + QLatin1Char('-') + themeChoiceName(theme)); });
    }
}

void Screenshots::step(std::function<void()> what, int thenMs)
{
    m_steps.append({std::move(what), thenMs});
}

void Screenshots::start()
{
    QDir().mkpath(m_folder);
    both(QStringLiteral("start"));
    connect(m_workbench, &Workbench::sessionFinished, this, [this] {
        if (std::exchange(m_verdictSeen, true))
            return;
        afterVerdict();
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
    step([this] {
        m_workbench->openDemo(m_shutdownMode, true);
        QTimer::singleShot(9'000, this, [this] { shoot(QStringLiteral("running-dark")); });
    });
    QTimer::singleShot(500, this, &Screenshots::next);
}

void Screenshots::afterVerdict()
{
    both(QStringLiteral("session"));
    const auto *tabs = m_window->findChild<QTabWidget *>(QStringLiteral("sessionTabs"));
    for (int i = 0; tabs && i < tabs->count(); ++i) {
        step([this, i] { m_window->findChild<QTabWidget *>(QStringLiteral("sessionTabs"))->setCurrentIndex(i); });
        both(QStringLiteral("session%1").arg(i + 1));
    }
    step([this] { m_workbench->requestSessionList(); });
    both(QStringLiteral("sessions"));
    step([this] { writePdf(); });
    step([this] { m_window->showPage(QStringLiteral("WebSockets"), QStringLiteral("live")); }, liveMs);
    for (int i = 0; i < m_window->tabs()->count(); ++i) {
        step([this, i] { m_window->tabs()->setCurrentIndex(i); });
        both(QStringLiteral("tab%1").arg(i + 1));
    }
}

void Screenshots::next()
{
    if (m_steps.isEmpty()) {
        if (m_verdictSeen)
            Q_EMIT finished(m_complete);
        return;
    }
    const auto [what, thenMs] = m_steps.takeFirst();
    what();
    QTimer::singleShot(thenMs, this, &Screenshots::next);
}

void Screenshots::writePdf()
{
    const SessionOutcomePtr last = m_workbench->lastOutcome();
    const QString path = m_folder + QStringLiteral("/session.pdf");
    const Result<void> written = writeSessionPdf(path, last->record, last->verdict);
    if (!written) {
        std::fprintf(stderr, "%s\n", qPrintable(written.error().toString()));
        m_complete = false;
        return;
    }
    std::printf("%s\n", qPrintable(path));
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
