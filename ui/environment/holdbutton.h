// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>

namespace Switchyard {

/// Something is shown while it is held down, by the mouse or the space bar, and not a moment longer: letting go, losing
/// the focus, another window or hiding end it. Thread: GUI.
class HoldButton final : public QPushButton
{
    Q_OBJECT
public:
    explicit HoldButton(const QString &text, QWidget *parent = nullptr);
    ~HoldButton() override;
    bool isHeld() const { return m_held; }
    /// For a key that does the same.
    void hold();
    void letGo();

Q_SIGNALS:
    void heldChanged(bool held);

protected:
    void focusOutEvent(QFocusEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    bool m_held = false;
};

} // namespace Switchyard
