// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace Switchyard {

class EventModel;

/// The chosen gate: what was measured against what, the events behind it, and the advice with something to copy.
class GateDetails final : public QWidget
{
    Q_OBJECT
public:
    explicit GateDetails(QWidget *parent = nullptr);
    void show(const Gate &gate, const EventModel &events);
    void clear();
    using QWidget::show;

Q_SIGNALS:
    /// The events behind the gate are to be shown among the others.
    void evidenceRequested(const QString &title, const QList<int> &ids);

private:
    void setFaded(bool faded);

    QLabel *m_text;
    QLabel *m_snippet;
    QPushButton *m_copy;
    QPushButton *m_lead;
    QPlainTextEdit *m_events;
    QString m_id;
    QList<int> m_evidence;
};

} // namespace Switchyard
