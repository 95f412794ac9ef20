// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/alerts.h"

#include "models/alerts/alerter.h"
#include "ui/common/offthread.h"
#include "ui/common/workbench.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QFileInfo>
#include <QPainter>
#include <QPointer>
#include <QSystemTrayIcon>
#include <QTimer>
#include <QWidget>

#include <utility>

namespace Switchyard {

namespace {

constexpr int shownMs = 10'000;
/// So long a notification service may take to accept a message.
constexpr int serviceMs = 5'000;
constexpr int askAgainMs = 15'000;

/// The state's shape in its colour: readable at 16 pixels, and not by colour alone.
QIcon trayIcon(State state)
{
    QIcon icon;
    for (const int size : {16, 22, 32, 64}) {
        QPixmap picture(size, size);
        picture.fill(Qt::transparent);
        QPainter painter(&picture);
        painter.setRenderHint(QPainter::Antialiasing);
        const QColor color = themeColors(lightPalette()).state(state);
        const QRectF area(size * 0.14, size * 0.14, size * 0.72, size * 0.72);
        painter.setPen(QPen(color, size * 0.12));
        switch (state) {
        case State::Down:
            painter.fillRect(area, color);
            break;
        case State::Degraded:
            painter.drawEllipse(area);
            painter.setBrush(color);
            painter.drawPie(area, 90 * 16, 180 * 16);
            break;
        case State::Up:
            painter.setBrush(color);
            painter.drawEllipse(area);
            break;
        case State::Working:
            painter.setPen(QPen(color, size * 0.12, Qt::DotLine));
            painter.drawEllipse(area);
            break;
        case State::Action:
        case State::Unknown:
            painter.drawEllipse(area);
            break;
        }
        painter.end();
        icon.addPixmap(picture);
    }
    return icon;
}

} // namespace

bool isUncleanEnd(const Event &event)
{
    return event.kind == EventKind::ClientEnded && event.wasOpen && !event.serverDisconnect &&
           !isGoodbye(event.cause) && event.cause != EndCause::Local;
}

namespace {

/// Blocks for up to serviceMs. Errors (io): nothing takes messages here.
Result<void> sendDesktopMessage(const QString &title, const QString &text, bool urgent)
{
    const QString hint = QStringLiteral("start a notification service, or show the icon in the tray (menu View)");
    // Without a bus of the session the library would look for a way to start one, and block.
    const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
    if (!qEnvironmentVariableIsSet("DBUS_SESSION_BUS_ADDRESS") &&
        (runtime.isEmpty() || !QFileInfo::exists(runtime + QStringLiteral("/bus"))))
        return fail(ErrorKind::Io, QStringLiteral("this session has no bus for desktop messages"), hint);
    const QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected())
        return fail(ErrorKind::Io, QStringLiteral("the session's bus does not answer"), hint);
    const QString service = QStringLiteral("org.freedesktop.Notifications");
    QDBusMessage call = QDBusMessage::createMethodCall(service, QStringLiteral("/org/freedesktop/Notifications"),
                                                       service, QStringLiteral("Notify"));
    // The body may be read as markup.
    call << QStringLiteral("Switchyard") << 0U << QStringLiteral("dev.switchyard.Switchyard") << title
         << text.toHtmlEscaped() << QStringList()
         << QVariantMap{{QStringLiteral("urgency"), QVariant::fromValue<uchar>(urgent ? 2 : 1)},
                        {QStringLiteral("desktop-entry"), QStringLiteral("dev.switchyard.Switchyard")}}
         << shownMs;
    // That it was sent says nothing: only the answer tells that somebody took it.
    const QDBusMessage answer = bus.call(call, QDBus::Block, serviceMs);
    if (answer.type() == QDBusMessage::ReplyMessage)
        return {};
    return fail(ErrorKind::Io, QStringLiteral("this desktop shows no messages: %1").arg(answer.errorMessage()), hint);
}

} // namespace

Alerts::Alerts(Workbench *workbench, Notify notify, QWidget *window)
    : QObject(window)
    , m_workbench(workbench)
    , m_notify(std::move(notify))
    , m_window(window)
{
    connect(m_workbench, &Workbench::sessionStarted, this, &Alerts::begin);
    connect(m_workbench, &Workbench::sessionFinished, this, &Alerts::finish);
    connect(m_workbench, &Workbench::sessionFailed, this, &Alerts::showState);
    connect(m_workbench, &Workbench::liveChanged, this, &Alerts::showState);
    connect(m_workbench, &Workbench::workspaceClosed, this, &Alerts::showState);
    connect(m_workbench, &Workbench::alertsChanged, this, &Alerts::showState);
    m_workbench->setAlertNotify([alive = QPointer<Alerts>(this)](const QString &title, const QString &text,
                                                                 MonitorState state, const AlertShown &shown) {
        if (alive)
            alive->show(title, text,
                        state == MonitorState::Down ? State::Down
                        : state == MonitorState::Up ? State::Up
                                                    : State::Degraded,
                        shown);
    });
}

Alerts::~Alerts() = default;

State Alerts::state() const
{
    if (m_workbench->sessionRunning())
        return m_uncleanTold ? State::Down : State::Working;
    State worst = State::Unknown;
    const auto rank = [](State state) {
        return state == State::Down ? 3 : state == State::Degraded ? 2 : state == State::Up ? 1 : 0;
    };
    for (const BackendMonitor *monitor : m_workbench->monitors()) {
        if (rank(monitor->state()) > rank(worst))
            worst = monitor->state();
    }
    // Monitors that belong to no backend too.
    const Alerter *alerter = m_workbench->alerter();
    for (const OpenAlert &alert : alerter ? alerter->open() : QList<OpenAlert>()) {
        const State state = alert.event == QLatin1StringView("down")       ? State::Down
                            : alert.event == QLatin1StringView("degraded") ? State::Degraded
                                                                           : State::Unknown;
        if (rank(state) > rank(worst))
            worst = state;
    }
    return worst;
}

void Alerts::setTray(bool on)
{
    m_trayWanted = on;
    if (!on)
        return m_tray.reset();
    if (m_tray)
        return;
    if (!QSystemTrayIcon::isSystemTrayAvailable()) {
        // Panels may start after us. Asked once more only: the question goes to the session bus and waits.
        if (!std::exchange(m_askedAgain, true))
            QTimer::singleShot(askAgainMs, this, [this] {
                if (m_trayWanted)
                    setTray(true);
            });
        return;
    }
    m_tray = std::make_unique<QSystemTrayIcon>();
    m_shown = state();
    m_tray->setIcon(trayIcon(m_shown));
    m_tray->setToolTip(QStringLiteral("Switchyard"));
    const auto raise = [this] {
        m_window->setWindowState(m_window->windowState() & ~Qt::WindowMinimized);
        m_window->show();
        m_window->raise();
        m_window->activateWindow();
    };
    connect(m_tray.get(), &QSystemTrayIcon::activated, this, raise);
    connect(m_tray.get(), &QSystemTrayIcon::messageClicked, this, raise);
    m_tray->show();
}

void Alerts::begin()
{
    m_uncleanTold = false;
    connect(m_workbench->session(), &RedeploySession::eventsAppended, this, &Alerts::take);
    showState();
}

void Alerts::take(const QList<Event> &events)
{
    if (m_uncleanTold)
        return;
    for (const Event &event : events) {
        if (!isUncleanEnd(event))
            continue;
        m_uncleanTold = true;
        show(QStringLiteral("%1: a client was lost without a close frame").arg(m_workbench->sessionBackend()),
             QStringLiteral("%1, client %2: %3. The session goes on.")
                 .arg(event.subject)
                 .arg(event.client + 1)
                 .arg(endCauseName(event.cause)),
             State::Down);
        return showState();
    }
}

void Alerts::finish()
{
    showState();
    const SessionOutcomePtr last = m_workbench->lastOutcome(m_workbench->sessionBackend());
    if (!last)
        return;
    const Outcome outcome = last->verdict.outcome;
    show(QStringLiteral("%1 of %2: %3")
             .arg(last->record.header.rehearsal ? QStringLiteral("Rehearsal") : QStringLiteral("Redeploy"),
                  last->backend, outcomeName(outcome).toUpper()),
         last->verdict.summary,
         outcome == Outcome::Pass   ? State::Up
         : outcome == Outcome::Fail ? State::Down
                                    : State::Degraded);
}

void Alerts::showState()
{
    const State now = state();
    if (!m_tray || now == m_shown)
        return;
    m_shown = now;
    m_tray->setIcon(trayIcon(now));
    m_tray->setToolTip(m_workbench->isOpen()
                           ? QStringLiteral("Switchyard, %1: %2").arg(m_workbench->workspace().name, stateWord(now))
                           : QStringLiteral("Switchyard"));
}

void Alerts::show(const QString &title, const QString &text, State state, const AlertShown &shown)
{
    const AlertShown answer = shown ? shown : [](const Result<void> &) {};
    if (!m_messages)
        return answer(fail(ErrorKind::Usage, QStringLiteral("messages on the desktop are switched off"),
                           QStringLiteral("View, Desktop messages while watching")));
    if (m_notify) {
        m_notify(title, text, state);
        return answer({});
    }
    showOnDesktop(title, text, state, answer);
}

void Alerts::showOnDesktop(const QString &title, const QString &text, State state, const AlertShown &shown)
{
    // The bus may be slow to answer, or never do: it is asked on a worker, and the tray where it has no service.
    offThread(
        this, [title, text, urgent = state == State::Down] { return sendDesktopMessage(title, text, urgent); },
        [this, title, text, state, shown](const Result<void> &sent) {
            if (sent || !m_tray || !QSystemTrayIcon::supportsMessages())
                return shown(sent);
            m_tray->showMessage(title, text, trayIcon(state), shownMs);
            shown({});
        });
}

} // namespace Switchyard
