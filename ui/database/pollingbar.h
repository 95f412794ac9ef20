// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/watch/databaseset.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;

namespace Switchyard {

/// How often a database is probed, what that costs, and the button that begins or ends it. The cost stands there before
/// the button can be pressed.
class PollingBar final : public QWidget
{
    Q_OBJECT
public:
    explicit PollingBar(QWidget *parent = nullptr);
    /// nullptr: nothing is chosen.
    void show(const DatabaseSet *set, int index);
    using QWidget::show;

Q_SIGNALS:
    void startWanted(Switchyard::Milliseconds interval, bool reachOnly);
    void stopWanted();
    /// The string has to be read before the cost is known.
    void costWanted();

private:
    void fill();
    void choose(Milliseconds every, bool reachOnly);
    Milliseconds interval() const;

    const DatabaseSet *m_set = nullptr;
    int m_index = -1;
    QString m_key;
    QComboBox *m_every;
    QCheckBox *m_reach;
    QLabel *m_cost;
    QPushButton *m_button;
};

} // namespace Switchyard
