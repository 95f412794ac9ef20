// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace Switchyard {

/// Notices when this machine's clock is set, and when the machine slept. Sessions are timed by the monotonic clock,
/// which neither of the two moves: a reader has to know when the wall clock of a log and the session part ways, and a
/// machine that slept saw nothing in between.
class ClockWatch final
{
public:
    struct Step
    {
        QString kind; ///< "clock" or "suspend"
        QString text;
        double ms = 0; ///< how far, forward positive
    };

    ClockWatch();

    /// What happened since the last look. `leastMs`: smaller steps are left out (and add up).
    QList<Step> look(qint64 leastMs);

private:
    qint64 m_wallOffsetMs = 0; ///< wall minus boot time
    qint64 m_sleptMs = 0;      ///< boot time minus monotonic
};

} // namespace Switchyard
