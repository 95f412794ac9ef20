// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/overview/backendcard.h"

#include "models/database/watch/databaseset.h"
#include "ui/common/format.h"
#include "ui/common/healthsource.h"
#include "ui/common/workbench.h"

#include <QDateTime>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

/// More would push the rest of the card away.
constexpr qsizetype mostEndpoints = 12;
/// Beside the address stand the names of the facts and the margins.
constexpr int addressMargin = 150, addressMin = 190, addressMax = 360;

QString fact(const QString &name, const QString &value, const QColor &faded)
{
    return QStringLiteral(
               "<tr><td style='padding:2px 16px 2px 0; color:%3'>%1</td><td style='padding:2px 0'>%2</td></tr>")
        .arg(name, value, faded.name());
}

QString leading(const QString &page, const QString &item, const QString &html)
{
    return QStringLiteral("<a href=\"%1:%2\" style='text-decoration:none'>%3</a>")
        .arg(page, item.toHtmlEscaped(), html);
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
    m_facts->setObjectName(QStringLiteral("facts-") + m_backend);
    m_facts->setTextInteractionFlags(Qt::TextBrowserInteraction | Qt::TextSelectableByMouse);
    connect(m_facts, &QLabel::linkActivated, this, [this](const QString &link) {
        if (link == QLatin1StringView("list"))
            Q_EMIT sessionListRequested();
        else
            Q_EMIT leadRequested(link.section(QLatin1Char(':'), 0, 0), link.section(QLatin1Char(':'), 1));
    });
    auto *head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    head->addWidget(m_state);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->setSpacing(8);
    layout->addLayout(head);
    layout->addWidget(m_facts);
    // Beside a card with more lines, the heads stand on one line.
    layout->addStretch(1);
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
    rows += fact(QStringLiteral("Health"), healthFact(), colors.faded);
    rows += fact(QStringLiteral("Clients"),
                 leading(QStringLiteral("WebSockets"), QStringLiteral("live/") + m_backend, clients), colors.faded);
    rows += fact(QStringLiteral("Databases"), databaseFact(), colors.faded);
    rows += fact(QStringLiteral("Last session"), verdictFact(), colors.faded);
    rows += fact(QStringLiteral("Deploy driver"), backend.deploy.driver.toHtmlEscaped(), colors.faded);
    if (backend.isProduction())
        rows += fact(QStringLiteral("Production"), lockFact(), colors.faded);
    // Only when it changed: a link keeps its focus, and a selection stays.
    const QString text = QStringLiteral("<table>%1</table>").arg(rows);
    if (text != m_facts->text())
        m_facts->setText(text);
    setAccessibleName(QStringLiteral("%1: %2").arg(backend.name, stateWord(state)));
}

void BackendCard::setRecorded(const std::optional<SessionSummary> &session)
{
    m_recorded = session;
    fill();
}

/// How many are as they should be, and how many were never asked.
QString BackendCard::databaseFact() const
{
    const DatabaseSet *databases = m_workbench->databases();
    int up = 0, warned = 0, failed = 0, unknown = 0;
    QString first;
    for (int i = 0; databases && i < databases->count(); ++i) {
        const DatabaseRecord &record = databases->record(i);
        if (record.backend != m_backend)
            continue;
        if (first.isEmpty())
            first = record.key();
        switch (databaseState(record)) {
        case DatabaseState::Up:
            ++up;
            break;
        case DatabaseState::Warned:
        case DatabaseState::Wrong:
        case DatabaseState::Slow:
            ++warned;
            break;
        case DatabaseState::Failed:
            ++failed;
            break;
        case DatabaseState::Reached:
        case DatabaseState::Unknown:
            ++unknown;
            break;
        }
    }
    if (first.isEmpty())
        return QStringLiteral("none in the workspace");
    const ThemeColors &colors = themeColors(palette());
    QStringList words;
    const auto add = [&](State state, int count, const QString &word) {
        if (count > 0)
            words.append(QStringLiteral("<span style='color:%1'>%2 %3 %4</span>")
                             .arg(colors.state(state).name(), stateShape(state))
                             .arg(count)
                             .arg(word));
    };
    add(State::Down, failed, QStringLiteral("failed"));
    add(State::Degraded, warned, QStringLiteral("with warnings"));
    add(State::Up, up, QStringLiteral("up"));
    add(State::Unknown, unknown, QStringLiteral("not probed"));
    return leading(QStringLiteral("Databases"), first, words.join(QStringLiteral(", ")));
}

QString BackendCard::healthFact() const
{
    const BackendMonitor *monitor = m_workbench->monitor(m_backend);
    if (monitor->endpoints().isEmpty())
        return QStringLiteral("no endpoint in the workspace");
    const ThemeColors &colors = themeColors(palette());
    QStringList parts;
    const QList<const MonitorRecord *> records = monitor->endpoints();
    for (qsizetype i = 0; i < std::min(records.size(), mostEndpoints); ++i)
        parts.append(
            leading(QStringLiteral("Health"), records[i]->monitor.id,
                    coloured(m_workbench->healthSource()->stateOf(*records[i]), records[i]->monitor.path(), colors)));
    if (records.size() > mostEndpoints)
        parts.append(leading(QStringLiteral("Health"), QString(),
                             QStringLiteral("and %1 more").arg(records.size() - mostEndpoints)));
    return parts.join(QStringLiteral("&nbsp;&nbsp; "));
}

QString BackendCard::lockFact() const
{
    const ThemeColors &colors = themeColors(palette());
    if (m_workbench->isLocked(m_backend))
        return coloured(State::Degraded, QStringLiteral("locked, only read"), colors);
    return coloured(State::Action,
                    QStringLiteral("unlocked for %1").arg(ageText(double(m_workbench->unlockedFor(m_backend).count()))),
                    colors);
}

QString BackendCard::verdictFact() const
{
    const ThemeColors &colors = themeColors(palette());
    const auto outcome = [&](const QString &word) {
        const State state = word == QLatin1StringView("pass")   ? State::Up
                            : word == QLatin1StringView("fail") ? State::Down
                                                                : State::Degraded;
        return coloured(state, word.toUpper(), colors);
    };
    const auto kind = [](bool rehearsal, const QString &platform) {
        return rehearsal ? QStringLiteral(", rehearsed on %1").arg(platform) : QString();
    };
    if (m_workbench->sessionRunning() && m_workbench->sessionBackend() == m_backend)
        return leading(QStringLiteral("WebSockets"), QStringLiteral("session"),
                       coloured(State::Working, QStringLiteral("a session is running"), colors));
    if (const SessionOutcomePtr last = m_workbench->lastOutcome(m_backend))
        return leading(QStringLiteral("WebSockets"), QStringLiteral("session/") + m_backend,
                       outcome(outcomeName(last->verdict.outcome))) +
               QStringLiteral(" at %1%2")
                   .arg(localTime(last->wallMs),
                        kind(last->record.header.rehearsal, last->record.header.platform).toHtmlEscaped());
    if (m_recorded)
        return QStringLiteral("<a href='list' style='text-decoration:none'>%1</a> on %2%3")
            .arg(outcome(m_recorded->verdict),
                 QDateTime::fromMSecsSinceEpoch(m_recorded->startedWallMs).toString(QStringLiteral("yyyy-MM-dd HH:mm")),
                 kind(m_recorded->rehearsal, m_recorded->platform).toHtmlEscaped());
    return QStringLiteral("none watched yet");
}

} // namespace Switchyard
