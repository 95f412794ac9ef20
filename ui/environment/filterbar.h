// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/environment/variablerows.h"

#include <QToolButton>
#include <QWidget>

#include <functional>

class QCheckBox;
class QLineEdit;
class QMenu;

namespace Switchyard {

/// A button with a list of which several can be chosen; none chosen means all.
class ChoiceButton final : public QToolButton
{
    Q_OBJECT
public:
    ChoiceButton(const QString &title, QWidget *parent = nullptr);
    /// Word to show and value; what was chosen stays chosen where it is still there.
    void setChoices(const QList<std::pair<QString, QString>> &choices);
    QStringList chosen() const; ///< values
    void setChosen(const QStringList &values);

Q_SIGNALS:
    void chosenChanged();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void fillText();

    QString m_title;
    QMenu *m_menu;
};

/// What the table shows: search, classes, statuses, components, only what needs a person.
class FilterBar final : public QWidget
{
    Q_OBJECT
public:
    explicit FilterBar(QWidget *parent = nullptr);
    VariableFilter filter() const;
    void setFilter(const VariableFilter &filter);
    void clear() { setFilter({}); }
    void setComponents(const QStringList &components);
    void focusSearch();

Q_SIGNALS:
    void filterChanged();

private:
    QLineEdit *m_text;
    ChoiceButton *m_classes;
    ChoiceButton *m_statuses;
    ChoiceButton *m_components;
    QCheckBox *m_onlyAction;
    bool m_filling = false;
};

} // namespace Switchyard
