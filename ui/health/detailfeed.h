// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/meaningwatch.h"

#include <QObject>

namespace Switchyard {

class MonitorDetail;
class Workbench;

/// Hands the open workspace's monitors to the detail pane. Thread: GUI.
class DetailFeed final : public QObject
{
    Q_OBJECT
public:
    /// Both must outlive it.
    DetailFeed(Workbench *workbench, MonitorDetail *detail, QObject *parent);
    /// The monitor of that id; an empty or unknown one: none is chosen.
    void show(const QString &id);

private:
    void noteMarks(const QString &group);

    Workbench *m_workbench;
    MonitorDetail *m_detail;
    MeaningWatch m_meanings;
};

} // namespace Switchyard
