// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/environment/environmentdesk.h"
#include "ui/environment/exportdialog.h"

#include <QObject>

class QAction;
class QMenu;

namespace Switchyard {

class Table;

/// What can be done with the chosen rows, each as one step that can be undone. Thread: GUI.
class VariableActions final : public QObject
{
    Q_OBJECT
public:
    /// `mayEdit`: whether the target can be edited now; it says why not, or asks for what is missing.
    VariableActions(EnvironmentDesk *desk, VariableModel *model, Table *table, std::function<bool()> mayEdit,
                    QWidget *parent);

    /// For menus, with their keys; nullptr is a separator.
    const QList<QAction *> &actions() const { return m_actions; }
    /// The chosen rows, in the order of the table.
    QList<VariableLinePtr> chosen() const;
    void editCurrent();
    /// Several lines, or one value for several variables.
    void askForValue(const QList<VariableLinePtr> &lines);

Q_SIGNALS:
    void noticed(const QString &text);
    void exportRequested(const Switchyard::ExportChoice &choice);

private:
    QAction *add(const QString &text, const QString &key, std::function<void()> what);
    QList<VariableLinePtr> editable();
    void copySource();
    void applyWanted();
    void generate();
    void removeFromTarget();
    void copyNames();
    void copyAssignments();
    void putAssignments(const QList<VariableLinePtr> &lines, bool withSecrets);
    void exportChosen();
    void edit(const QString &verb, const QList<EnvEdit> &edits, qsizetype without, const QString &reason);

    EnvironmentDesk *m_desk;
    VariableModel *m_model;
    Table *m_table;
    std::function<bool()> m_mayEdit;
    QWidget *m_parent;
    QList<QAction *> m_actions;
};

} // namespace Switchyard
