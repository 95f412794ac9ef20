// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/overview/backendcard.h"

#include "ui/common/format.h"
#include "ui/common/workbench.h"

#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

/// Beside the address stand the names of the facts and the margins.
constexpr int addressMargin = 150, addressMin = 190, addressMax = 360;

QString fact(const QString &name, const QString &value, const QColor &faded)
{
    return QStringLiteral(
               "<tr><td style='padding:2px 16px 2px 0; color:%3'>%1</td><td style='padding:2px 0'>%2</td></tr>")
        .arg(name, value, faded.name());
}

QString coloured(State state, const QString &text, const ThemeColors &colors)
{
    return QStringLiteral("<span style='color:%1'>%2 %3</span>")
        .arg(colors.state(state).name(), stateShape(state), text.toHtmlEscaped());
}

} // namespace

BackendCard::BackendCard(const Workbench *workbench, QString backend, QWidget *parent)
    : QFrame(parent)
    , m_workbench(workbench)
    , m_backend(std::move(backend))
    , m_title(new QLabel(this))
    , m_state(new QLabel(this))
    , m_facts(new QLabel(this))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("card-") + m_backend);
    setMinimumWidth(340);
    setMaximumWidth(520);
    QFont font = m_title->font();
    font.setBold(true);
    font.setPointSizeF(font.pointSizeF() * 1.2);
    m_title->setFont(font);
    m_state->setFont(font);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    head->addWidget(m_state);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->setSpacing(8);
    layout->addLayout(head);
    layout->addWidget(m_facts);
    fill();
}

void BackendCard::fill()
{
    const BackendMonitor *monitor = m_workbench->monitor(m_backend);
    if (!monitor)
        return;
    const Backend &backend = monitor->backend();
    const ThemeColors &colors = themeColors(palette());
    const State state = monitor->state();
    const double ms = monitor->latencyMs();
    m_title->setText(backend.role.isEmpty() ? backend.name : QStringLiteral("%1 (%2)").arg(backend.name, backend.role));
    m_state->setText(
        coloured(state, stateWord(state) + (ms >= 0 ? QStringLiteral("  ") + latencyText(ms) : QString()), colors));
    QString rows = fact(QStringLiteral("Platform"),
                        QStringLiteral("%1, %2").arg(m_workbench->placeText(backend), backend.stage).toHtmlEscaped(),
                        colors.faded);
    // A long address would push the other cards out of the window.
    const int room = std::clamp(width() - addressMargin, addressMin, addressMax);
    const QString address = m_facts->fontMetrics().elidedText(backend.url, Qt::ElideMiddle, room);
    m_facts->setToolTip(address == backend.url ? QString() : backend.url);
    rows += fact(QStringLiteral("Address"), address.toHtmlEscaped(), colors.faded);
    QString clients = QStringLiteral("no sockets in the workspace");
    if (!backend.sockets.isEmpty())
        clients = QStringLiteral("%1 of %2 probes open on %3 %4")
                      .arg(monitor->clientsOpen())
                      .arg(monitor->clientsAsked())
                      .arg(backend.sockets.size())
                      .arg(backend.sockets.size() == 1 ? QStringLiteral("socket") : QStringLiteral("sockets"));
    rows += fact(QStringLiteral("Clients"), clients, colors.faded);
    QString verdict = QStringLiteral("none watched yet");
    if (m_workbench->sessionRunning() && m_workbench->sessionBackend() == m_backend)
        verdict = coloured(State::Working, QStringLiteral("a session is running"), colors);
    else if (const SessionOutcomePtr last = m_workbench->lastOutcome(m_backend))
        verdict = coloured(last->verdict.outcome == Outcome::Pass   ? State::Up
                           : last->verdict.outcome == Outcome::Fail ? State::Down
                                                                    : State::Degraded,
                           outcomeName(last->verdict.outcome).toUpper(), colors) +
                  QStringLiteral(" at %1").arg(localTime(last->wallMs));
    rows += fact(QStringLiteral("Last redeploy"), verdict, colors.faded);
    rows += fact(QStringLiteral("Deploy driver"), backend.deploy.driver.toHtmlEscaped(), colors.faded);
    m_facts->setText(QStringLiteral("<table>%1</table>").arg(rows));
    setAccessibleName(QStringLiteral("%1: %2").arg(backend.name, stateWord(state)));
}

} // namespace Switchyard
