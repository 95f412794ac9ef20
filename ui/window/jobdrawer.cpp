// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/jobdrawer.h"

#include "ui/common/format.h"
#include "ui/common/workbench.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace Switchyard {

JobDrawer::JobDrawer(Workbench *workbench, QWidget *parent)
    : QFrame(parent)
    , m_workbench(workbench)
    , m_title(new QLabel(this))
    , m_step(new QLabel(this))
    , m_progress(new QProgressBar(this))
    , m_cancel(new QPushButton(QStringLiteral("Cancel"), this))
{
    setObjectName(QStringLiteral("jobDrawer"));
    setFrameShape(QFrame::NoFrame);
    m_step->setProperty("faded", true);
    m_progress->setAccessibleName(QStringLiteral("Progress of the session"));
    m_progress->setMaximumWidth(240);
    m_progress->setTextVisible(false);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(12);
    layout->addWidget(m_title);
    layout->addWidget(m_step, 1);
    layout->addWidget(m_progress);
    layout->addWidget(m_cancel);
    m_timer.setInterval(500);
    connect(&m_timer, &QTimer::timeout, this, [this] { fill(); });
    connect(m_cancel, &QPushButton::clicked, m_workbench, &Workbench::interruptSession);
    for (const auto signal : {&Workbench::sessionStarted, &Workbench::sessionFinished, &Workbench::workspaceClosed})
        connect(m_workbench, signal, this, [this] { fill(); });
    connect(m_workbench, &Workbench::sessionFailed, this, [this] { fill(); });
    fill();
}

void JobDrawer::fill()
{
    const bool running = m_workbench->sessionRunning();
    m_progress->setVisible(running);
    m_cancel->setVisible(running);
    if (running) {
        using Phase = RedeploySession::Phase;
        const Phase phase = m_workbench->session()->phase();
        // Its clock starts right after it is announced.
        const bool started = m_workbench->session()->record().header.startedWallMs > 0;
        const double ms = started ? m_workbench->session()->elapsedMs() : 0;
        m_title->setText(QStringLiteral("Session on %1").arg(m_workbench->sessionBackend()));
        m_step->setText(QStringLiteral("%1, %2").arg(RedeploySession::phaseName(phase), ageText(ms)));
        m_progress->setRange(0, int(Phase::Settled));
        m_progress->setValue(int(phase));
        m_summary = QStringLiteral("◌ 1 job: session on %1, %2 %3")
                        .arg(m_workbench->sessionBackend(), RedeploySession::phaseName(phase), ageText(ms));
        m_timer.start();
    } else {
        m_title->setText(QStringLiteral("No jobs"));
        m_step->setText(QStringLiteral("Sessions and long work appear here while they run."));
        m_summary = QStringLiteral("No jobs");
        m_timer.stop();
    }
    Q_EMIT summaryChanged();
}

} // namespace Switchyard
