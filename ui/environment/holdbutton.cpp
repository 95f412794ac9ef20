// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/holdbutton.h"

#include <QApplication>
#include <QEvent>

namespace Switchyard {

HoldButton::HoldButton(const QString &text, QWidget *parent)
    : QPushButton(text, parent)
{
    setAutoDefault(false);
    connect(this, &QPushButton::pressed, this, &HoldButton::hold);
    connect(this, &QPushButton::released, this, &HoldButton::letGo);
    connect(qApp, &QApplication::applicationStateChanged, this, [this](Qt::ApplicationState state) {
        if (state != Qt::ApplicationActive)
            letGo();
    });
}

HoldButton::~HoldButton() = default;

void HoldButton::hold()
{
    if (std::exchange(m_held, true))
        return;
    window()->installEventFilter(this);
    Q_EMIT heldChanged(true);
}

void HoldButton::letGo()
{
    if (!std::exchange(m_held, false))
        return;
    window()->removeEventFilter(this);
    setDown(false);
    Q_EMIT heldChanged(false);
}

void HoldButton::focusOutEvent(QFocusEvent *event)
{
    letGo();
    QPushButton::focusOutEvent(event);
}

void HoldButton::hideEvent(QHideEvent *event)
{
    letGo();
    QPushButton::hideEvent(event);
}

bool HoldButton::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::WindowDeactivate || event->type() == QEvent::Hide)
        letGo();
    return QPushButton::eventFilter(watched, event);
}

} // namespace Switchyard
