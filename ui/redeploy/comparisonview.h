// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/compare.h"
#include "ui/common/rowmodel.h"
#include "ui/common/workbench.h"

#include <QWidget>

class QLabel;

namespace Switchyard {

class Table;

/// Rows of a comparison's two tables.
QList<Row> gateChangeRows(const SessionComparison &comparison);
QList<Row> figureChangeRows(const SessionComparison &comparison);

/// Two sessions side by side: better, worse, or as last time, gate by gate and figure by figure.
class ComparisonView final : public QWidget
{
    Q_OBJECT
public:
    explicit ComparisonView(QWidget *parent = nullptr);
    void show(const SessionOutcomePtr &before, const SessionOutcomePtr &after);
    using QWidget::show;

Q_SIGNALS:
    void backRequested();
    void openRequested(const QString &folder);

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeHead();
    void fillHead();

    SessionComparison m_comparison;
    SessionOutcomePtr m_before, m_after;
    RowModel *m_gates;
    RowModel *m_figures;
    QLabel *m_word;
    QLabel *m_sentence;
    QLabel *m_sides;
    QLabel *m_differences;
};

} // namespace Switchyard
