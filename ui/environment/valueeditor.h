// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/delegates.h"

#include <QLineEdit>

namespace Switchyard {

class HoldButton;
class VariableModel;

/// Why a value cannot stand in a .env file, in one sentence; empty: it can. Never with the value.
QString valueProblem(const QString &value);

/// One value in one line. A secret is masked, but while its button is held down. What the file cannot carry is said
/// under the field, and is not taken.
class ValueEditor final : public QLineEdit
{
    Q_OBJECT
public:
    ValueEditor(const QString &name, bool secret, QWidget *parent = nullptr);
    bool isAcceptable() const { return m_problem.isEmpty(); }
    const QString &problem() const { return m_problem; }
    void sayProblem();

Q_SIGNALS:
    void problemChanged(const QString &problem);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void check();

    HoldButton *m_reveal = nullptr;
    QString m_problem;
};

/// Paints the table of variables and edits its targets' values.
class VariableDelegate final : public CellDelegate
{
    Q_OBJECT
public:
    VariableDelegate(VariableModel *model, QObject *parent);

    QWidget *createEditor(QWidget *parent, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    void setEditorData(QWidget *editor, const QModelIndex &index) const override;
    void setModelData(QWidget *editor, QAbstractItemModel *model, const QModelIndex &index) const override;

Q_SIGNALS:
    /// The value has several lines.
    void dialogWanted(const QString &key) const;

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    VariableModel *m_model;
};

} // namespace Switchyard
