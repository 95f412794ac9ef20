// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/variableactions.h"

#include "ui/common/table.h"
#include "ui/environment/secretdialog.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QItemSelectionModel>
#include <QMessageBox>
#include <QPushButton>

#include <algorithm>

namespace Switchyard {

namespace {

QString counted(qsizetype count)
{
    return count == 1 ? QStringLiteral("1 variable") : QStringLiteral("%1 variables").arg(count);
}

QStringList namesOf(const QList<VariableLinePtr> &lines)
{
    QStringList names;
    for (const VariableLinePtr &line : lines)
        names.append(line->row.name);
    return names;
}

/// What the target has, else what the source has.
std::optional<QString> valueOf(const VariableRow &row)
{
    return row.target.value ? row.target.value : row.source.value;
}

} // namespace

VariableActions::VariableActions(EnvironmentDesk *desk, VariableModel *model, Table *table,
                                 std::function<bool()> mayEdit, QWidget *parent)
    : QObject(parent)
    , m_desk(desk)
    , m_model(model)
    , m_table(table)
    , m_mayEdit(std::move(mayEdit))
    , m_parent(parent)
{
    add(QStringLiteral("&Edit the target's value"), QStringLiteral("F2"), [this] { editCurrent(); });
    add(QStringLiteral("&Copy the source's value to the target"), QStringLiteral("Ctrl+Alt+S"),
        [this] { copySource(); });
    add(QStringLiteral("&Apply the wanted value"), QStringLiteral("Ctrl+Alt+W"), [this] { applyWanted(); });
    add(QStringLiteral("&Set a value…"), QStringLiteral("Ctrl+Alt+V"), [this] {
        const QList<VariableLinePtr> lines = editable();
        if (!lines.isEmpty() && m_mayEdit())
            askForValue(lines);
    });
    add(QStringLiteral("&Generate a secret…"), QStringLiteral("Ctrl+Alt+G"), [this] { generate(); });
    add(QStringLiteral("&Remove from the target"), QStringLiteral("Del"), [this] { removeFromTarget(); });
    m_actions.append(nullptr);
    add(QStringLiteral("Copy the &names"), QStringLiteral("Ctrl+Alt+C"), [this] { copyNames(); });
    add(QStringLiteral("Copy as &KEY=VALUE"), QStringLiteral("Ctrl+Shift+C"), [this] { copyAssignments(); });
    add(QStringLiteral("E&xport the selection…"), QStringLiteral("Ctrl+Alt+E"), [this] { exportChosen(); });
}

QAction *VariableActions::add(const QString &text, const QString &key, std::function<void()> what)
{
    auto *action = new QAction(text, this);
    action->setShortcut(QKeySequence(key));
    connect(action, &QAction::triggered, this, std::move(what));
    m_actions.append(action);
    return action;
}

QList<VariableLinePtr> VariableActions::chosen() const
{
    QList<int> rows;
    for (const QModelIndex &index : m_table->selectionModel()->selectedRows())
        rows.append(index.row());
    if (rows.isEmpty() && m_table->currentIndex().isValid())
        rows.append(m_table->currentIndex().row());
    std::sort(rows.begin(), rows.end());
    QList<VariableLinePtr> lines;
    for (const int row : rows) {
        if (const VariableLinePtr line = m_model->line(row))
            lines.append(line);
    }
    return lines;
}

QList<VariableLinePtr> VariableActions::editable()
{
    QList<VariableLinePtr> lines = chosen();
    const qsizetype before = lines.size();
    lines.removeIf([](const VariableLinePtr &line) { return !line->editable; });
    if (before == 0)
        Q_EMIT noticed(QStringLiteral("Choose a variable first."));
    else if (lines.isEmpty())
        Q_EMIT noticed(QStringLiteral("The variables of another component are edited in its own env files."));
    return lines;
}

void VariableActions::editCurrent()
{
    const QList<VariableLinePtr> lines = editable();
    if (lines.isEmpty() || !m_mayEdit())
        return;
    const QModelIndex current = m_table->currentIndex();
    if (!current.isValid())
        return;
    const QModelIndex cell = current.siblingAtColumn(int(VariableColumn::Target));
    m_table->setCurrentIndex(cell);
    m_table->scrollTo(cell);
    m_table->edit(cell);
}

void VariableActions::edit(const QString &verb, const QList<EnvEdit> &edits, qsizetype without, const QString &reason)
{
    if (edits.isEmpty())
        return Q_EMIT noticed(reason);
    m_desk->edit(edits.size() == 1 ? QStringLiteral("%1: %2").arg(verb, edits.first().name)
                                   : QStringLiteral("%1: %2").arg(verb, counted(edits.size())),
                 edits);
    if (without > 0)
        Q_EMIT noticed(QStringLiteral("%1 left as they are. %2").arg(counted(without), reason));
}

void VariableActions::copySource()
{
    const QList<VariableLinePtr> lines = editable();
    if (lines.isEmpty() || !m_mayEdit())
        return;
    QList<EnvEdit> edits;
    for (const VariableLinePtr &line : lines) {
        if (line->row.source.value && line->row.source.value != line->row.target.value)
            edits.append({line->row.name, line->row.source.value});
    }
    edit(QStringLiteral("Copy from the source"), edits, lines.size() - edits.size(),
         QStringLiteral("The source has no value to see, or the target has the same."));
}

void VariableActions::applyWanted()
{
    const QList<VariableLinePtr> lines = editable();
    if (lines.isEmpty() || !m_mayEdit())
        return;
    QList<EnvEdit> edits;
    for (const VariableLinePtr &line : lines) {
        if (line->row.wanted && line->row.wanted != line->row.target.value)
            edits.append({line->row.name, line->row.wanted});
    }
    edit(QStringLiteral("Apply the wanted value"), edits, lines.size() - edits.size(),
         QStringLiteral("No value is wanted, or the target has it."));
}

void VariableActions::askForValue(const QList<VariableLinePtr> &lines)
{
    const bool secret = std::any_of(lines.cbegin(), lines.cend(), [](const auto &line) { return line->row.secret; });
    const QString value = lines.size() == 1 ? lines.first()->row.target.value.value_or(QString()) : QString();
    auto *dialog = new ValueDialog(namesOf(lines), value, secret, m_parent);
    connect(dialog, &ValueDialog::chosen, this, [this, names = namesOf(lines)](const QString &chosen) {
        QList<EnvEdit> edits;
        for (const QString &name : names)
            edits.append({name, chosen});
        edit(QStringLiteral("Set"), edits, 0, {});
    });
    dialog->open();
}

void VariableActions::generate()
{
    const QList<VariableLinePtr> lines = editable();
    if (lines.isEmpty() || !m_mayEdit())
        return;
    auto *dialog = new SecretDialog(namesOf(lines), m_parent);
    connect(dialog, &SecretDialog::made, this, [this, names = namesOf(lines)](const QStringList &values) {
        QList<EnvEdit> edits;
        for (qsizetype i = 0; i < std::min(names.size(), values.size()); ++i)
            edits.append({names[i], values[i]});
        edit(QStringLiteral("Generate"), edits, 0, {});
    });
    dialog->open();
}

void VariableActions::removeFromTarget()
{
    const QList<VariableLinePtr> lines = editable();
    if (lines.isEmpty() || !m_mayEdit())
        return;
    QSet<QString> named;
    for (const EnvDraft &draft : m_desk->journal()->drafts()) {
        const EnvDocument document = EnvDocument::parse(draft.text);
        for (const EnvNode &node : document.nodes()) {
            if (node.kind == EnvNode::Kind::Assignment || node.kind == EnvNode::Kind::Bare)
                named.insert(document.name(node));
        }
    }
    QList<EnvEdit> edits;
    for (const VariableLinePtr &line : lines) {
        if (named.contains(line->row.name))
            edits.append({line->row.name, std::nullopt});
    }
    edit(QStringLiteral("Remove"), edits, lines.size() - edits.size(),
         QStringLiteral(
             "The target's env files do not name it; what its manifest says is changed in the Manifests tab."));
}

void VariableActions::copyNames()
{
    const QStringList names = namesOf(chosen());
    if (names.isEmpty())
        return Q_EMIT noticed(QStringLiteral("Choose a variable first."));
    QApplication::clipboard()->setText(names.join(QLatin1Char('\n')) + QLatin1Char('\n'));
    Q_EMIT noticed(names.size() == 1 ? QStringLiteral("Copied: %1").arg(names.first())
                                     : QStringLiteral("%1 names copied.").arg(names.size()));
}

void VariableActions::copyAssignments()
{
    QList<VariableLinePtr> lines = chosen();
    lines.removeIf([](const VariableLinePtr &line) { return !valueOf(line->row); });
    if (lines.isEmpty())
        return Q_EMIT noticed(QStringLiteral("No value can be seen of what is chosen."));
    const auto secrets =
        std::count_if(lines.cbegin(), lines.cend(), [](const VariableLinePtr &line) { return line->row.secret; });
    if (secrets == 0)
        return putAssignments(lines, false);
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Copy secrets?"),
                                secrets == lines.size()
                                    ? QStringLiteral("All %1 values are secrets.").arg(secrets)
                                    : QStringLiteral("%1 of %2 values are secrets.").arg(secrets).arg(lines.size()),
                                QMessageBox::Cancel, m_parent);
    box->setObjectName(QStringLiteral("copySecrets"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(QStringLiteral("Every program on this desktop can read the clipboard."));
    QPushButton *without = nullptr;
    if (secrets < lines.size()) {
        without = box->addButton(QStringLiteral("Copy without secrets"), QMessageBox::AcceptRole);
        without->setObjectName(QStringLiteral("copyWithout"));
    }
    QPushButton *with = box->addButton(QStringLiteral("Copy with secrets"), QMessageBox::DestructiveRole);
    with->setObjectName(QStringLiteral("copyWith"));
    box->setDefaultButton(QMessageBox::Cancel);
    connect(box, &QMessageBox::buttonClicked, this, [this, lines, with, without](const QAbstractButton *button) {
        if (button == static_cast<const QAbstractButton *>(with))
            putAssignments(lines, true);
        else if (without && button == static_cast<const QAbstractButton *>(without))
            putAssignments(lines, false);
    });
    box->open();
}

void VariableActions::putAssignments(const QList<VariableLinePtr> &lines, bool withSecrets)
{
    QString text;
    int copied = 0;
    QStringList impossible;
    for (const VariableLinePtr &line : lines) {
        if (line->row.secret && !withSecrets)
            continue;
        const Result<QByteArray> form = quoteForDotenv(*valueOf(line->row));
        if (!form) {
            impossible.append(line->row.name);
            continue;
        }
        text += line->row.name + QLatin1Char('=') + QString::fromUtf8(*form) + QLatin1Char('\n');
        ++copied;
    }
    QApplication::clipboard()->setText(text);
    QString said = QStringLiteral("%1 copied.").arg(counted(copied));
    if (!impossible.isEmpty())
        said += QStringLiteral(" No form of KEY=VALUE carries %1.").arg(impossible.join(QStringLiteral(", ")));
    Q_EMIT noticed(said);
}

void VariableActions::exportChosen()
{
    const QList<VariableLinePtr> lines = chosen();
    if (lines.isEmpty())
        return Q_EMIT noticed(QStringLiteral("Choose a variable first."));
    ExportChoice choice{QStringLiteral("selection (%1)").arg(lines.size()), {}};
    QSet<QString> seen;
    for (const VariableLinePtr &line : lines) {
        const VariableRow &row = line->row;
        // The same name in two components: each has an environment of its own, a file has one.
        if (seen.contains(row.name))
            continue;
        seen.insert(row.name);
        EnvEntry entry;
        entry.name = row.name;
        entry.value = valueOf(row);
        entry.missing = entry.value ? QString() : QStringLiteral("its value cannot be seen");
        entry.secret = row.secret;
        entry.place = (row.target.value ? row.target : row.source).place();
        choice.entries.append(entry);
    }
    Q_EMIT exportRequested(choice);
}

} // namespace Switchyard
