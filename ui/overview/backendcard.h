// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/sessionlist.h"

#include <QFrame>

#include <optional>

class QLabel;

namespace Switchyard {

class BackendMonitor;
class Workbench;

/// One backend on the overview: how it is, who is connected, what the last redeploy did.
class BackendCard final : public QFrame
{
    Q_OBJECT
public:
    BackendCard(const Workbench *workbench, QString backend, QWidget *parent = nullptr);
    void fill();
    /// What stands on disk of sessions before this start.
    void setRecorded(const std::optional<SessionSummary> &session);

Q_SIGNALS:
    /// A fact's own place: page and item.
    void leadRequested(const QString &page, const QString &item);
    void sessionListRequested();

private:
    QString verdictFact() const;
    QString healthFact() const;
    QString databaseFact() const;
    QString lockFact() const;

    const Workbench *m_workbench;
    QString m_backend;
    QLabel *m_title;
    QLabel *m_state;
    QLabel *m_facts;
    std::optional<SessionSummary> m_recorded;
};

} // namespace Switchyard
