// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <optional>
#include <utility>

class QButtonGroup;
class QDateTimeEdit;

namespace Switchyard {

/// Which time is looked at: the probes in memory, a span up to now, or from one moment to another.
class WindowChooser final : public QWidget
{
    Q_OBJECT
public:
    enum Span
    {
        Live,
        Hour,
        Day,
        Week,
        Month,
        Custom
    };
    explicit WindowChooser(QWidget *parent = nullptr);

    Span span() const { return m_span; }
    void setSpan(Span span);
    /// Nothing is live, and the spans are a server's. Before it is shown.
    void readFromServer();
    void setCustom(qint64 fromMs, qint64 toMs);
    /// In milliseconds of the wall clock; nothing for Live.
    std::optional<std::pair<qint64, qint64>> range(qint64 nowMs) const;
    /// "24 h", "live", …
    QString text() const;

Q_SIGNALS:
    void changed();

private:
    Span m_span = Live;
    QButtonGroup *m_buttons;
    QWidget *m_custom;
    QDateTimeEdit *m_from;
    QDateTimeEdit *m_to;
};

} // namespace Switchyard
