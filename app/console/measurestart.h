// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QWidget;

namespace Switchyard {

/// Prints how long the program took from its start to the window's first paint, and its memory after two idle seconds.
class MeasureStart final : public QObject
{
    Q_OBJECT
public:
    explicit MeasureStart(QWidget *window, QObject *parent = nullptr);
    bool eventFilter(QObject *watched, QEvent *event) override;

Q_SIGNALS:
    void finished();

private:
    bool m_painted = false;
};

/// Milliseconds since the kernel started this process (resolution 10 ms); negative where /proc does not tell.
double processAgeMs();
/// Resident memory in MB; negative where /proc does not tell.
double residentMb();

} // namespace Switchyard
