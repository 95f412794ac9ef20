// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/backendbar.h"

#include "models/workspace/demo.h"
#include "ui/common/elidedlabel.h"
#include "ui/common/format.h"
#include "ui/common/icons.h"
#include "ui/common/workbench.h"
#include "ui/window/deploydialogs.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QTimer>

namespace Switchyard {

namespace {
constexpr int ageEveryMs = 1'000;
}

BackendBar::BackendBar(Workbench *workbench, QWidget *parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_backend(new QComboBox(this))
    , m_state(new QLabel(this))
    , m_facts(new ElidedLabel(this))
    , m_lock(new QPushButton(this))
    , m_modeLabel(new QLabel(QStringLiteral("Shutdown:"), this))
    , m_mode(new QComboBox(this))
    , m_rehearse(new QPushButton(QStringLiteral("Rehearse…"), this))
    , m_watch(new QPushButton(QStringLiteral("Watch"), this))
    , m_redeploy(new QPushButton(QStringLiteral("Redeploy"), this))
    , m_cancel(new QPushButton(QStringLiteral("Cancel"), this))
    , m_ageTimer(new QTimer(this))
{
    makeLayout();
    // The wheel over a box must not restart the demo or change the backend by accident.
    m_backend->installEventFilter(this);
    m_mode->installEventFilter(this);
    // Figures grow stale just because none come.
    m_ageTimer->setInterval(ageEveryMs);
    connect(m_ageTimer, &QTimer::timeout, this, &BackendBar::fillState);
    m_ageTimer->start();
    connect(m_backend, &QComboBox::activated, this,
            [this](int index) { m_workbench->setCurrentBackend(m_backend->itemData(index).toString()); });
    connect(m_mode, &QComboBox::activated, this, [this](int index) {
        const QString mode = m_mode->itemText(index);
        if (mode != m_workbench->demoMode())
            m_workbench->openDemo(mode, false);
    });
    connect(m_redeploy, &QPushButton::clicked, this, [this] { m_workbench->redeploy(m_workbench->currentBackend()); });
    connect(m_watch, &QPushButton::clicked, this, [this] { m_workbench->watch(m_workbench->currentBackend()); });
    connect(m_rehearse, &QPushButton::clicked, this,
            [this] { askToRehearse(m_workbench, m_workbench->currentBackend(), window()); });
    connect(m_lock, &QPushButton::clicked, this, [this] {
        const QString backend = m_workbench->currentBackend();
        if (m_workbench->isLocked(backend))
            askToUnlock(m_workbench, backend, window());
        else
            m_workbench->lock(backend);
    });
    connect(m_workbench, &Workbench::lockChanged, this, &BackendBar::fillState);
    connect(m_workbench, &Workbench::rehearsalStopped, this, &BackendBar::fillState);
    connect(m_cancel, &QPushButton::clicked, m_workbench, &Workbench::interruptSession);
    connect(m_workbench, &Workbench::workspaceOpened, this, &BackendBar::fill);
    for (const auto signal : {&Workbench::liveChanged, &Workbench::sessionStarted, &Workbench::sessionFinished})
        connect(m_workbench, signal, this, &BackendBar::fillState);
    connect(m_workbench, &Workbench::sessionFailed, this, &BackendBar::fillState);
    connect(m_workbench, &Workbench::currentBackendChanged, this, &BackendBar::fillState);
}

void BackendBar::makeLayout()
{
    m_backend->setObjectName(QStringLiteral("backendCombo"));
    m_backend->setAccessibleName(QStringLiteral("Backend"));
    m_backend->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_state->setObjectName(QStringLiteral("backendState"));
    m_state->setMinimumWidth(150);
    m_facts->setProperty("faded", true);
    m_lock->setObjectName(QStringLiteral("lockButton"));
    m_rehearse->setObjectName(QStringLiteral("rehearseButton"));
    m_mode->setObjectName(QStringLiteral("shutdownMode"));
    m_mode->setAccessibleName(QStringLiteral("How the demo backend shuts down"));
    m_mode->setToolTip(QStringLiteral("How the demo backend shuts down. Another choice starts it anew."));
    m_mode->addItems(demoShutdownModes());
    m_modeLabel->setProperty("faded", true);
    m_modeLabel->setBuddy(m_mode);
    m_redeploy->setObjectName(QStringLiteral("redeployButton"));
    m_redeploy->setProperty("primary", true);
    m_watch->setObjectName(QStringLiteral("watchButton"));
    m_watch->setToolTip(QStringLiteral("Record and judge a redeploy that somebody else starts (Ctrl+Shift+R)"));
    m_cancel->setObjectName(QStringLiteral("cancelSessionButton"));
    m_cancel->setToolTip(QStringLiteral("End the session now; what was recorded is judged (Ctrl+.)"));
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(12);
    layout->addWidget(m_backend);
    layout->addWidget(m_state);
    layout->addWidget(m_facts, 1);
    layout->addWidget(m_lock);
    layout->addWidget(m_modeLabel);
    layout->addWidget(m_mode);
    layout->addWidget(m_rehearse);
    layout->addWidget(m_watch);
    layout->addWidget(m_cancel);
    layout->addWidget(m_redeploy);
}

bool BackendBar::eventFilter(QObject *watched, QEvent *event)
{
    return event->type() == QEvent::Wheel || QWidget::eventFilter(watched, event);
}

void BackendBar::fill()
{
    m_backend->clear();
    for (const Backend &backend : m_workbench->workspace().backends) {
        const QString role = backend.role.isEmpty() ? QString() : QStringLiteral("  (%1)").arg(backend.role);
        m_backend->addItem(backend.name + role, backend.name);
    }
    m_modeLabel->setVisible(m_workbench->isDemo());
    m_mode->setVisible(m_workbench->isDemo());
    m_mode->setCurrentText(m_workbench->demoMode());
    fillState();
}

void BackendBar::fillState()
{
    const QString name = m_workbench->currentBackend();
    const Backend *backend = m_workbench->workspace().backend(name);
    const BackendMonitor *monitor = m_workbench->monitor(name);
    if (!backend || !monitor)
        return;
    m_backend->setCurrentIndex(m_backend->findData(name));
    const State state = monitor->state();
    const double ms = monitor->latencyMs();
    const QString latency = ms >= 0 ? QStringLiteral("  ") + latencyText(ms) : QString();
    const bool stale = monitor->isStale();
    const ThemeColors &colors = themeColors(palette());
    const QString text = stateShape(state) + QLatin1Char(' ') + stateWord(state);
    m_state->setText(
        stale ? QStringLiteral("<span style='color:%1'>%2%3, stale</span>").arg(colors.faded.name(), text, latency)
              : QStringLiteral("<span style='color:%1'>%2</span>%3").arg(colors.state(state).name(), text, latency));
    m_state->setAccessibleName(stateWord(state) + latency + (stale ? QStringLiteral(", stale") : QString()));
    m_facts->setFullText(QStringLiteral("%1 · deploy driver: %2 · %3")
                             .arg(m_workbench->placeText(*backend), backend->deploy.driver, backend->stage));
    fillLock();
    const bool running = m_workbench->sessionRunning();
    const QString obstacle = m_workbench->redeployObstacle(name);
    m_redeploy->setEnabled(obstacle.isEmpty());
    m_redeploy->setToolTip(obstacle.isEmpty()
                               ? QStringLiteral("Redeploy %1 and judge what it does to its clients (Ctrl+R)").arg(name)
                               : obstacle);
    const QString noRehearsal = m_workbench->rehearsalObstacle(name);
    m_rehearse->setVisible(!running);
    m_rehearse->setEnabled(noRehearsal.isEmpty());
    m_rehearse->setToolTip(noRehearsal.isEmpty()
                               ? QStringLiteral("Play a platform's deploy sequence on this machine (Ctrl+Alt+R)")
                               : noRehearsal);
    m_watch->setVisible(!running);
    m_cancel->setVisible(running);
    m_mode->setEnabled(!running);
}

/// Shape and word: a closed lock, or an open one that a person should mind.
void BackendBar::fillLock()
{
    const Backend *backend = m_workbench->workspace().backend(m_workbench->currentBackend());
    m_lock->setVisible(backend && backend->isProduction());
    if (!backend)
        return;
    if (m_workbench->isLocked(backend->name)) {
        m_lock->setIcon(themedIcon(QStringLiteral("lock"), themeColors(palette()).text));
        m_lock->setText(QStringLiteral("Production, locked"));
        m_lock->setToolTip(
            QStringLiteral("%1 is production and only read. Press to unlock it by its name.").arg(backend->name));
    } else {
        const double left = double(m_workbench->unlockedFor(backend->name).count());
        m_lock->setIcon(themedIcon(QStringLiteral("unlock"), themeColors(palette()).down));
        m_lock->setText(QStringLiteral("Production, unlocked for %1").arg(ageText(left)));
        m_lock->setToolTip(QStringLiteral("%1 locks again by itself when nothing is done to it. Press to lock it now.")
                               .arg(backend->name));
    }
    m_lock->setAccessibleName(m_lock->text());
    update();
}

void BackendBar::paintEvent(QPaintEvent *event)
{
    QWidget::paintEvent(event);
    const Backend *backend = m_workbench->workspace().backend(m_workbench->currentBackend());
    if (!backend || !backend->isProduction())
        return;
    // Production tints the bar: amber while it is locked, red while it is not.
    const ThemeColors &colors = themeColors(palette());
    QPainter painter(this);
    painter.fillRect(rect(), m_workbench->isLocked(backend->name) ? colors.tintDegraded : colors.tintDown);
}

} // namespace Switchyard
