// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/health/monitorfilter.h"

#include <QTimer>
#include <QWidget>

class QButtonGroup;
class QComboBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace Switchyard {

class MonitorModel;

/// How the monitors are laid out.
enum class MonitorView
{
    List,
    Grouped,
    Pairs
};
QString monitorViewName(MonitorView view);
/// Unknown names are List.
MonitorView monitorViewNamed(const QString &name);

/// Above the table: search, as words or as an expression, what states are shown, and how.
class MonitorBar final : public QWidget
{
    Q_OBJECT
public:
    explicit MonitorBar(QWidget *parent = nullptr);
    const MonitorFilter &filter() const { return m_filter; }
    void clear();
    void focusSearch();
    MonitorView view() const;
    void setView(MonitorView view);
    /// The counts in the chips.
    void showCounts(const MonitorModel &model);

Q_SIGNALS:
    void filterChanged();
    void viewChanged();
    void columnsWanted(const QPoint &globalPos);

private:
    void takeText();

    QLineEdit *m_text;
    QToolButton *m_expression;
    QLabel *m_problem;
    QButtonGroup *m_chips;
    QComboBox *m_view;
    MonitorFilter m_filter;
    QTimer m_typing;
    bool m_filling = false;
};

} // namespace Switchyard
