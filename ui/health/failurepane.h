// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"
#include "models/history/sample.h"

#include <QList>
#include <QWidget>

#include <vector>

class QLabel;
class QListWidget;
class QPlainTextEdit;

namespace Switchyard {

/// The last failures of one monitor, and what was answered with the chosen one. Bounded by what a FailureRecord keeps.
class FailurePane final : public QWidget
{
    Q_OBJECT
public:
    explicit FailurePane(QWidget *parent = nullptr);
    /// `live`: with their answers, oldest first; `recorded`: those of a window of the history, newest first, of which
    /// no answers are kept. One that is in both is shown once.
    void show(const QList<ProbeSample> &live, const std::vector<HistorySample> &recorded, const QString &window);
    using QWidget::show;
    int count() const { return int(m_entries.size()); }

Q_SIGNALS:
    /// The moment of the failure that was chosen, by the wall clock.
    void chosen(qint64 wallMs);

private:
    struct Entry
    {
        qint64 wallMs = 0;
        bool degraded = false;
        QString reason;
        QString answer; ///< as it came; empty: none is kept
        bool kept = false;
        bool operator==(const Entry &) const = default;
    };
    void fillAnswer();

    QList<Entry> m_entries;
    QString m_window;
    QLabel *m_summary;
    QListWidget *m_list;
    QLabel *m_reason;
    QPlainTextEdit *m_answer;
};

} // namespace Switchyard
