// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/valueeditor.h"

#include "models/environment/envdocument.h"
#include "ui/common/format.h"
#include "ui/common/icons.h"
#include "ui/common/roles.h"
#include "ui/common/theme.h"
#include "ui/environment/holdbutton.h"
#include "ui/environment/variablerows.h"

#include <QKeyEvent>
#include <QPixmapCache>
#include <QToolTip>

namespace Switchyard {

namespace {
constexpr int iconSize = 14;
}

QString valueProblem(const QString &value)
{
    const Result<QByteArray> form = quoteForDotenv(value);
    if (form)
        return {};
    return form.error().hint.isEmpty() ? form.error().message
                                       : QStringLiteral("%1: %2").arg(form.error().message, form.error().hint);
}

ValueEditor::ValueEditor(const QString &name, bool secret, QWidget *parent)
    : QLineEdit(parent)
{
    setObjectName(QStringLiteral("valueEditor"));
    setAccessibleName(QStringLiteral("Value of %1").arg(name));
    if (secret) {
        setEchoMode(QLineEdit::Password);
        m_reveal = new HoldButton(QStringLiteral("Show"), this);
        m_reveal->setObjectName(QStringLiteral("valueReveal"));
        m_reveal->setAccessibleName(QStringLiteral("Show the value while held"));
        m_reveal->setToolTip(QStringLiteral("Shows the value while held down"));
        // The cell would close when its editor loses the focus.
        m_reveal->setFocusPolicy(Qt::NoFocus);
        m_reveal->setCursor(Qt::ArrowCursor);
        m_reveal->setStyleSheet(QStringLiteral("QPushButton { padding: 0 6px; }"));
        connect(m_reveal, &HoldButton::heldChanged, this,
                [this](bool held) { setEchoMode(held ? QLineEdit::Normal : QLineEdit::Password); });
    }
    connect(this, &QLineEdit::textChanged, this, &ValueEditor::check);
}

void ValueEditor::resizeEvent(QResizeEvent *event)
{
    QLineEdit::resizeEvent(event);
    if (!m_reveal)
        return;
    const int wide = m_reveal->sizeHint().width();
    m_reveal->setGeometry(width() - wide, 0, wide, height());
    setTextMargins(0, 0, wide, 0);
}

void ValueEditor::check()
{
    const QString problem = valueProblem(text());
    if (problem == m_problem)
        return;
    m_problem = problem;
    setAccessibleDescription(problem);
    setStyleSheet(problem.isEmpty()
                      ? QString()
                      : QStringLiteral("QLineEdit { border: 1px solid %1; }").arg(themeColors(palette()).down.name()));
    if (problem.isEmpty())
        QToolTip::hideText();
    else
        sayProblem();
    Q_EMIT problemChanged(problem);
}

void ValueEditor::sayProblem()
{
    QToolTip::showText(mapToGlobal(QPoint(0, height())), plainTip(QStringLiteral("■ ") + m_problem), this);
}

VariableDelegate::VariableDelegate(VariableModel *model, QObject *parent)
    : CellDelegate(parent)
    , m_model(model)
{
}

void VariableDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    CellDelegate::initStyleOption(option, index);
    if (VariableColumn(index.column()) != VariableColumn::Name)
        return;
    // Every name stands behind the same space, so that they align.
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->decorationSize = QSize(iconSize, iconSize);
    const VariableLinePtr line = m_model->line(index.row());
    if (line && line->row.secret)
        option->icon = themedIcon(QStringLiteral("environment"), themeColors(option->palette).action);
}

QWidget *VariableDelegate::createEditor(QWidget *parent, const QStyleOptionViewItem &, const QModelIndex &index) const
{
    const VariableLinePtr line = m_model->line(index.row());
    if (!line)
        return nullptr;
    if (line->row.target.value && line->row.target.value->contains(QLatin1Char('\n'))) {
        Q_EMIT dialogWanted(line->key);
        return nullptr;
    }
    auto *editor = new ValueEditor(line->row.name, line->row.secret, parent);
    editor->setProperty("key", line->key);
    return editor;
}

void VariableDelegate::setEditorData(QWidget *editor, const QModelIndex &index) const
{
    auto *field = qobject_cast<ValueEditor *>(editor);
    // The table is told anew whenever something is judged; what the person types stays.
    if (!field || field->property("filled").toBool())
        return;
    field->setProperty("filled", true);
    if (const VariableLinePtr line = m_model->line(index.row()))
        field->setText(line->row.target.value.value_or(QString()));
    field->setModified(false);
    field->selectAll();
}

void VariableDelegate::setModelData(QWidget *editor, QAbstractItemModel *model, const QModelIndex &index) const
{
    const auto *field = qobject_cast<ValueEditor *>(editor);
    const VariableLinePtr line = m_model->line(index.row());
    // Rows may have moved under the editor; and what nobody typed is no edit, whatever the value has become meanwhile.
    if (field && line && field->isModified() && field->isAcceptable() && line->key == field->property("key").toString())
        model->setData(index, field->text(), Qt::EditRole);
}

bool VariableDelegate::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress) {
        auto *field = qobject_cast<ValueEditor *>(watched);
        const int key = static_cast<QKeyEvent *>(event)->key();
        const bool takes =
            key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Tab || key == Qt::Key_Backtab;
        if (field && takes && !field->isAcceptable()) {
            field->sayProblem();
            return true;
        }
    }
    return CellDelegate::eventFilter(watched, event);
}

} // namespace Switchyard
