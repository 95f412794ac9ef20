// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/manifests/manifestrows.h"

#include <QWidget>

#include <functional>
#include <memory>

class QLabel;
class QLineEdit;
class QStackedWidget;
class QToolButton;

namespace Switchyard {

class BulkRowModel;
class NoticePane;
class Table;

/// Asks where to save a file; answers with a path, or not at all.
using ChooseSavePath =
    std::function<void(QWidget *parent, const QString &name, std::function<void(const QString &)> answer)>;

/// The middle column: what became of each key, by outcome and text.
class LossPane final : public QWidget
{
    Q_OBJECT
public:
    explicit LossPane(ChooseSavePath chooseSavePath, QWidget *parent = nullptr);

    /// `stale`: the rows are of an older text. nullptr: there is no conversion.
    void show(const std::shared_ptr<const PreparedReading> &reading, bool stale);
    using QWidget::show;
    void focusFilter();
    void clearFilter();
    void exportCsv();
    /// As a click on the row of this key, the first of that name.
    void chooseKey(const QString &key);

Q_SIGNALS:
    /// A row was clicked or chosen by key.
    void chosen(const Switchyard::KeyFate &fate);
    void noticed(const QString &text);

private:
    QWidget *makeFilters();
    void applyFilter();
    void choose(const QString &key);
    void fillDetails(const QString &key);
    void chooseStack();

    ChooseSavePath m_chooseSavePath;
    std::shared_ptr<const PreparedReading> m_reading;
    BulkRowModel *m_model;
    std::array<QToolButton *, 4> m_outcomes{};
    QLineEdit *m_text = nullptr;
    QLabel *m_heading;
    QStackedWidget *m_stack;
    Table *m_table;
    NoticePane *m_none;
    QLabel *m_details;
};

} // namespace Switchyard
