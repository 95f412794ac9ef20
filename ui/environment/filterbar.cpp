// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/filterbar.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QShortcut>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr VariableClass allClasses[] = {VariableClass::Injected, VariableClass::Copy,     VariableClass::Rewrite,
                                        VariableClass::Derive,   VariableClass::Generate, VariableClass::Drop};
constexpr VariableStatus allStatuses[] = {VariableStatus::Missing, VariableStatus::Change, VariableStatus::CannotVerify,
                                          VariableStatus::Unused, VariableStatus::Ok};

} // namespace

ChoiceButton::ChoiceButton(const QString &title, QWidget *parent)
    : QToolButton(parent)
    , m_title(title)
    , m_menu(new QMenu(this))
{
    setPopupMode(QToolButton::InstantPopup);
    setToolButtonStyle(Qt::ToolButtonTextOnly);
    setProperty("choice", true);
    setFocusPolicy(Qt::StrongFocus);
    setMenu(m_menu);
    m_menu->installEventFilter(this);
    fillText();
}

void ChoiceButton::setChoices(const QList<std::pair<QString, QString>> &choices)
{
    const QStringList before = chosen();
    m_menu->clear();
    for (const auto &[word, value] : choices) {
        QAction *action = m_menu->addAction(word);
        action->setCheckable(true);
        action->setData(value);
        action->setChecked(before.contains(value));
        connect(action, &QAction::toggled, this, [this] {
            fillText();
            Q_EMIT chosenChanged();
        });
    }
    m_menu->addSeparator();
    m_menu->addAction(QStringLiteral("All"), this, [this] { setChosen({}); });
    fillText();
}

QStringList ChoiceButton::chosen() const
{
    QStringList values;
    for (const QAction *action : m_menu->actions()) {
        if (action->isChecked())
            values.append(action->data().toString());
    }
    return values;
}

void ChoiceButton::setChosen(const QStringList &values)
{
    for (QAction *action : m_menu->actions()) {
        if (action->isCheckable())
            action->setChecked(values.contains(action->data().toString()));
    }
}

void ChoiceButton::fillText()
{
    QStringList words;
    for (const QAction *action : m_menu->actions()) {
        if (action->isChecked())
            words.append(action->text());
    }
    const QString which = words.isEmpty()    ? m_title
                          : words.size() < 3 ? QStringLiteral("%1: %2").arg(m_title, words.join(QStringLiteral(", ")))
                                             : QStringLiteral("%1: %2 of them").arg(m_title).arg(words.size());
    setText(which + QStringLiteral(" ▾"));
    setAccessibleName(words.isEmpty() ? QStringLiteral("%1: all").arg(m_title) : which);
}

/// Several are ticked in one go: the list stays open while they are.
bool ChoiceButton::eventFilter(QObject *watched, QEvent *event)
{
    const bool space = event->type() == QEvent::KeyPress && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Space;
    if (watched == m_menu && (event->type() == QEvent::MouseButtonRelease || space)) {
        if (QAction *action = m_menu->activeAction(); action && action->isCheckable()) {
            action->toggle();
            return true;
        }
    }
    return QToolButton::eventFilter(watched, event);
}

FilterBar::FilterBar(QWidget *parent)
    : QWidget(parent)
    , m_text(new QLineEdit(this))
    , m_classes(new ChoiceButton(QStringLiteral("Class"), this))
    , m_statuses(new ChoiceButton(QStringLiteral("Status"), this))
    , m_components(new ChoiceButton(QStringLiteral("Component"), this))
    , m_onlyAction(new QCheckBox(QStringLiteral("Only what needs action"), this))
{
    m_text->setObjectName(QStringLiteral("variableSearch"));
    m_text->setAccessibleName(QStringLiteral("Search of the variables"));
    m_text->setPlaceholderText(QStringLiteral("Search: name, value, reason, file"));
    m_text->setToolTip(QStringLiteral("All words must stand somewhere in a row (Ctrl+F or /). Values of secrets are "
                                      "not looked through."));
    m_text->setClearButtonEnabled(true);
    m_text->setMinimumWidth(120);
    m_classes->setObjectName(QStringLiteral("classChoice"));
    m_statuses->setObjectName(QStringLiteral("statusChoice"));
    m_components->setObjectName(QStringLiteral("componentChoice"));
    m_onlyAction->setObjectName(QStringLiteral("onlyAction"));
    QList<std::pair<QString, QString>> classes;
    for (const VariableClass each : allClasses)
        classes.append({variableClassName(each), QString::number(int(each))});
    m_classes->setChoices(classes);
    QList<std::pair<QString, QString>> statuses;
    for (const VariableStatus each : allStatuses)
        statuses.append({variableStatusSpoken(each), QString::number(int(each))});
    m_statuses->setChoices(statuses);
    m_components->hide();
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_classes);
    layout->addWidget(m_statuses);
    layout->addWidget(m_components);
    layout->addWidget(m_onlyAction);
    const auto changed = [this] {
        if (!m_filling)
            Q_EMIT filterChanged();
    };
    auto *clearKey = new QShortcut(QKeySequence(Qt::Key_Escape), m_text, nullptr, nullptr, Qt::WidgetShortcut);
    connect(clearKey, &QShortcut::activated, this, &FilterBar::clear);
    connect(m_text, &QLineEdit::textChanged, this, changed);
    for (const ChoiceButton *button : {m_classes, m_statuses, m_components})
        connect(button, &ChoiceButton::chosenChanged, this, changed);
    connect(m_onlyAction, &QCheckBox::toggled, this, changed);
}

VariableFilter FilterBar::filter() const
{
    VariableFilter filter;
    filter.text = m_text->text();
    for (const QString &each : m_classes->chosen())
        filter.classes.insert(VariableClass(each.toInt()));
    for (const QString &each : m_statuses->chosen())
        filter.statuses.insert(VariableStatus(each.toInt()));
    const QStringList components = m_components->chosen();
    filter.components = QSet<QString>(components.cbegin(), components.cend());
    filter.onlyAction = m_onlyAction->isChecked();
    return filter;
}

void FilterBar::setFilter(const VariableFilter &filter)
{
    m_filling = true;
    m_text->setText(filter.text);
    QStringList values;
    for (const VariableClass each : filter.classes)
        values.append(QString::number(int(each)));
    m_classes->setChosen(values);
    values.clear();
    for (const VariableStatus each : filter.statuses)
        values.append(QString::number(int(each)));
    m_statuses->setChosen(values);
    m_components->setChosen(filter.components.values());
    m_onlyAction->setChecked(filter.onlyAction);
    m_filling = false;
    Q_EMIT filterChanged();
}

void FilterBar::setComponents(const QStringList &components)
{
    QList<std::pair<QString, QString>> choices;
    for (const QString &each : components)
        choices.append({each, each});
    m_filling = true;
    m_components->setChoices(choices);
    m_filling = false;
    m_components->setVisible(components.size() > 1);
}

void FilterBar::focusSearch()
{
    m_text->setFocus();
    m_text->selectAll();
}

} // namespace Switchyard
