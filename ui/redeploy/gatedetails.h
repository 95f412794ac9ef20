// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace Switchyard {

/// The chosen gate: what was measured against what, the events behind it, and the advice with something to copy.
class GateDetails final : public QWidget
{
    Q_OBJECT
public:
    explicit GateDetails(QWidget *parent = nullptr);
    void show(const Gate &gate, const SessionRecord &record);
    void clear();
    using QWidget::show;

private:
    void setFaded(bool faded);

    QLabel *m_text;
    QLabel *m_snippet;
    QPushButton *m_copy;
    QPlainTextEdit *m_events;
};

} // namespace Switchyard
