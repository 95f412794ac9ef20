// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/alerts/alertchannel.h"
#include "models/redeploy/event.h"
#include "ui/common/theme.h"

#include <QObject>

#include <functional>
#include <memory>

class QSystemTrayIcon;
class QWidget;

namespace Switchyard {

class Workbench;

/// Shows a message on the desktop. Tests put their own in its place.
using Notify = std::function<void(const QString &title, const QString &text, State state)>;

/// Tells a person who looks elsewhere: a message on the verdict and on the first connection that ended without a close
/// frame, and an icon in the tray that shows how things are. Both can be switched off, and where the desktop has
/// neither a tray nor a notification service nothing is missing but them.
///
/// Thread: GUI.
class Alerts final : public QObject
{
    Q_OBJECT
public:
    /// `notify` empty: the desktop's own ways.
    Alerts(Workbench *workbench, Notify notify, QWidget *window);
    ~Alerts() override;

    void setMessages(bool on) { m_messages = on; }
    void setTray(bool on);
    /// What the tray's icon shows.
    State state() const;

private:
    void begin();
    void take(const QList<Event> &events);
    void finish();
    void showState();
    void show(const QString &title, const QString &text, State state, const AlertShown &shown = {});
    void showOnDesktop(const QString &title, const QString &text, State state, const AlertShown &shown);

    Workbench *m_workbench;
    Notify m_notify;
    QWidget *m_window;
    std::unique_ptr<QSystemTrayIcon> m_tray;
    bool m_messages = true;
    bool m_trayWanted = false;
    bool m_askedAgain = false;
    bool m_uncleanTold = false;
    State m_shown = State::Unknown;
};

/// Whether this is the end of an open connection without a goodbye of either protocol.
bool isUncleanEnd(const Event &event);

} // namespace Switchyard
