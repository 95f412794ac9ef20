// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/monitorbar.h"

#include "ui/common/theme.h"
#include "ui/health/monitormodel.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QShortcut>
#include <QToolButton>
#include <QVBoxLayout>

namespace Switchyard {

namespace {
/// Somebody who types filters once, not at every letter.
constexpr int typingMs = 60;
} // namespace

QString monitorViewName(MonitorView view)
{
    return view == MonitorView::Grouped ? QStringLiteral("grouped")
           : view == MonitorView::Pairs ? QStringLiteral("pairs")
                                        : QStringLiteral("list");
}

MonitorView monitorViewNamed(const QString &name)
{
    for (const MonitorView view : {MonitorView::Grouped, MonitorView::Pairs}) {
        if (monitorViewName(view) == name)
            return view;
    }
    return MonitorView::List;
}

MonitorBar::MonitorBar(QWidget *parent)
    : QWidget(parent)
    , m_text(new QLineEdit(this))
    , m_expression(new QToolButton(this))
    , m_problem(new QLabel(this))
    , m_chips(new QButtonGroup(this))
    , m_view(new QComboBox(this))
{
    m_text->setObjectName(QStringLiteral("healthSearch"));
    m_text->setAccessibleName(QStringLiteral("Search of the monitors"));
    m_text->setPlaceholderText(QStringLiteral("Search: name, group, address, cause"));
    m_text->setToolTip(QStringLiteral("All words must stand somewhere in a row (Ctrl+F or /)"));
    m_text->setClearButtonEnabled(true);
    m_text->setMinimumWidth(140);
    m_expression->setObjectName(QStringLiteral("healthExpression"));
    m_expression->setText(QStringLiteral(".*"));
    m_expression->setCheckable(true);
    m_expression->setAccessibleName(QStringLiteral("Search by a regular expression"));
    m_expression->setToolTip(QStringLiteral("The search is a regular expression (PCRE), upper or lower case"));
    m_problem->setObjectName(QStringLiteral("healthSearchProblem"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_view->setObjectName(QStringLiteral("healthView"));
    m_view->setAccessibleName(QStringLiteral("How the monitors are laid out"));
    m_view->addItem(QStringLiteral("All in one list"), int(MonitorView::List));
    m_view->addItem(QStringLiteral("By group"), int(MonitorView::Grouped));
    m_view->addItem(QStringLiteral("Source beside target"), int(MonitorView::Pairs));
    auto *columns = new QToolButton(this);
    columns->setObjectName(QStringLiteral("healthColumnsButton"));
    columns->setText(QStringLiteral("Columns ▾"));
    columns->setToolTip(QStringLiteral("Which columns are shown; drag their headings to reorder"));
    auto *upper = new QHBoxLayout;
    upper->setSpacing(6);
    upper->addWidget(m_text, 1);
    upper->addWidget(m_expression);
    upper->addWidget(m_view);
    upper->addWidget(columns);
    auto *lower = new QHBoxLayout;
    lower->setSpacing(4);
    for (int i = 0; i < stateChoices; ++i) {
        auto *chip = new QPushButton(stateChoiceName(StateChoice(i)), this);
        chip->setObjectName(QStringLiteral("healthChip%1").arg(i));
        chip->setCheckable(true);
        chip->setChecked(i == 0);
        m_chips->addButton(chip, i);
        lower->addWidget(chip);
    }
    m_chips->button(int(StateChoice::NotUp))
        ->setToolTip(QStringLiteral("Everything but what is up, and what somebody paused"));
    m_chips->button(int(StateChoice::Degraded))->setToolTip(QStringLiteral("With those that recover, or wake up"));
    lower->addStretch(1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addLayout(upper);
    layout->addWidget(m_problem);
    layout->addLayout(lower);
    m_typing.setSingleShot(true);
    m_typing.setInterval(typingMs);
    connect(&m_typing, &QTimer::timeout, this, &MonitorBar::takeText);
    connect(m_text, &QLineEdit::textChanged, &m_typing, qOverload<>(&QTimer::start));
    connect(m_expression, &QToolButton::toggled, this, &MonitorBar::takeText);
    connect(m_chips, &QButtonGroup::idToggled, this, [this](int id, bool on) {
        if (!on)
            return;
        m_filter.setChoice(StateChoice(id));
        if (!m_filling)
            Q_EMIT filterChanged();
    });
    connect(m_view, &QComboBox::currentIndexChanged, this, &MonitorBar::viewChanged);
    connect(columns, &QToolButton::clicked, this,
            [this, columns] { Q_EMIT columnsWanted(columns->mapToGlobal(QPoint(0, columns->height()))); });
    auto *clearKey = new QShortcut(QKeySequence(Qt::Key_Escape), m_text, nullptr, nullptr, Qt::WidgetShortcut);
    connect(clearKey, &QShortcut::activated, this, &MonitorBar::clear);
}

void MonitorBar::takeText()
{
    m_typing.stop();
    const bool right = m_filter.setText(m_text->text(), m_expression->isChecked());
    m_problem->setVisible(!right);
    m_problem->setText(m_filter.problem());
    if (!right) {
        QPalette red = palette();
        red.setColor(QPalette::WindowText, themeColors(palette()).down);
        m_problem->setPalette(red);
    } else if (!m_filling) {
        Q_EMIT filterChanged();
    }
}

void MonitorBar::clear()
{
    m_filling = true;
    m_text->clear();
    m_chips->button(int(StateChoice::All))->setChecked(true);
    takeText();
    m_filling = false;
    Q_EMIT filterChanged();
}

void MonitorBar::focusSearch()
{
    m_text->setFocus();
    m_text->selectAll();
}

MonitorView MonitorBar::view() const
{
    return MonitorView(m_view->currentData().toInt());
}

void MonitorBar::setView(MonitorView view)
{
    m_view->setCurrentIndex(m_view->findData(int(view)));
}

void MonitorBar::showCounts(const MonitorModel &model)
{
    for (int i = 0; i < stateChoices; ++i) {
        const QString text =
            QStringLiteral("%1 %2").arg(stateChoiceName(StateChoice(i))).arg(model.countOf(StateChoice(i)));
        if (m_chips->button(i)->text() != text)
            m_chips->button(i)->setText(text);
    }
}

} // namespace Switchyard
