// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/variablerows.h"

#include "models/environment/secretlook.h"
#include "ui/common/format.h"
#include "ui/common/roles.h"

#include <QThreadPool>

#include <algorithm>
#include <utility>
#include <vector>

namespace Switchyard {

namespace {

/// A table's cell is one line; a value of megabytes is none.
constexpr qsizetype longestCell = 400;

QString oneLine(QString text)
{
    const bool cut = text.size() > longestCell;
    text.truncate(longestCell);
    text.replace(QLatin1Char('\n'), QStringLiteral("⏎"));
    text.remove(QLatin1Char('\r'));
    return cut ? text + QStringLiteral("…") : text;
}

QString valueText(const VariableState &state, bool secret)
{
    // A blank cell could be anything.
    if (state.value && state.value->isEmpty())
        return QStringLiteral("(empty)");
    // A column is narrow; the details say it in full.
    if (state.value && secret)
        return QStringLiteral("•••• %1 chars").arg(state.value->size());
    return oneLine(shownValue(state, secret));
}

/// As the search and the sorting see a value: never a secret's.
QString plainValue(const VariableState &state, bool secret)
{
    return state.value && !secret ? state.value->left(longestCell) : QString();
}

VariableLine::SortKey sortKey(const QString &text)
{
    VariableLine::SortKey key;
    key.number = text.toDouble(&key.isNumber);
    key.text = text.toCaseFolded();
    return key;
}

VariableLine::SortKey rankKey(int rank)
{
    return {true, double(rank), {}};
}

/// Texts after numbers, nothing first.
int compare(const VariableLine::SortKey &a, const VariableLine::SortKey &b)
{
    if (a.isNumber != b.isNumber)
        return a.isNumber == b.text.isEmpty() ? 1 : -1;
    if (a.isNumber && a.number != b.number)
        return a.number < b.number ? -1 : 1;
    return a.text.compare(b.text);
}

QString usedByText(const VariableRow &row)
{
    if (row.usedBy.isEmpty())
        return {};
    const Place &first = row.usedBy.first().place;
    QString text = first.line > 0 ? QStringLiteral("%1:%2").arg(first.file).arg(first.line) : first.file;
    if (row.usedBy.size() > 1)
        text += QStringLiteral("  +%1").arg(row.usedBy.size() - 1);
    return text;
}

/// What needs a person first.
int statusRank(const VariableRow &row)
{
    switch (row.status) {
    case VariableStatus::Missing:
        return 0;
    case VariableStatus::Change:
        return 1;
    case VariableStatus::CannotVerify:
        return 4;
    case VariableStatus::Unused:
        return 5;
    case VariableStatus::Ok:
        break;
    }
    return row.worst() == VariableWeight::Error ? 2 : row.worst() == VariableWeight::Warning ? 3 : 6;
}

VariableLinePtr makeLine(const VariableRow &row, bool editable, bool edited)
{
    auto line = std::make_shared<VariableLine>();
    line->key = variableKey(row.name, row.component);
    line->row = row;
    line->editable = editable;
    line->edited = edited;
    line->usedBy = usedByText(row);
    const QString way = variableClassName(row.way);
    const QString source = plainValue(row.source, row.secret);
    const QString target = plainValue(row.target, row.secret);
    QStringList hay{row.name,
                    row.component,
                    way,
                    statusLook(row).word,
                    row.action,
                    row.reason,
                    row.source.said,
                    row.target.said,
                    source,
                    target,
                    row.secret ? QStringLiteral("secret") : QString(),
                    variableScopeName(row.scope)};
    for (qsizetype i = 0; i < std::min<qsizetype>(row.usedBy.size(), 8); ++i)
        hay.append(row.usedBy[i].place.file);
    for (const VariableNote &note : row.notes)
        hay.append({note.id, note.message});
    line->haystack = hay.join(QLatin1Char('\n')).toLower();
    const auto set = [&line](VariableColumn column, VariableLine::SortKey key) {
        line->sort[size_t(column)] = std::move(key);
    };
    set(VariableColumn::Name, {false, 0, row.name.toCaseFolded()});
    set(VariableColumn::Component, {false, 0, row.component.toCaseFolded()});
    set(VariableColumn::Way, {false, 0, way});
    // A secret's place among the others would tell of its value.
    set(VariableColumn::Source, sortKey(row.source.value ? source : row.source.said));
    set(VariableColumn::Target, sortKey(row.target.value ? target : row.target.said));
    set(VariableColumn::Status, rankKey(statusRank(row)));
    set(VariableColumn::Action, {false, 0, actionText(row).toCaseFolded()});
    set(VariableColumn::Scope, {false, 0, variableScopeName(row.scope)});
    set(VariableColumn::UsedBy, rankKey(int(row.usedBy.size())));
    return line;
}

/// Whether a stretch of both lists has the same rows, in whatever order.
bool sameKeys(const QList<VariableLinePtr> &a, const QList<VariableLinePtr> &b, qsizetype from, qsizetype count)
{
    QSet<QString> keys;
    keys.reserve(count);
    for (qsizetype i = from; i < from + count; ++i)
        keys.insert(a[i]->key);
    return std::all_of(b.cbegin() + from, b.cbegin() + from + count,
                       [&keys](const VariableLinePtr &line) { return keys.contains(line->key); });
}

} // namespace

QString variableKey(const QString &name, const QString &component)
{
    return component + QLatin1Char('\n') + name;
}

QList<VariableLinePtr> makeVariableLines(const EnvironmentMatrix &matrix, const QSet<QString> &editedNames,
                                         const QString &component)
{
    QList<VariableLinePtr> lines;
    lines.reserve(matrix.rows.size());
    for (const VariableRow &row : matrix.rows) {
        const bool editable = row.component == component;
        lines.append(makeLine(row, editable, editable && editedNames.contains(row.name)));
    }
    return lines;
}

StatusLook statusLook(const VariableRow &row)
{
    switch (row.status) {
    case VariableStatus::Missing:
        return {State::Action, QStringLiteral("◆"), QStringLiteral("missing")};
    case VariableStatus::Change:
        return {State::Action, QStringLiteral("▲"), QStringLiteral("change")};
    case VariableStatus::Unused:
        return {State::Unknown, QStringLiteral("○"), QStringLiteral("unused")};
    case VariableStatus::CannotVerify:
        return {State::Unknown, QStringLiteral("◌"), variableStatusSpoken(row.status)};
    case VariableStatus::Ok:
        break;
    }
    if (row.worst() == VariableWeight::Error)
        return {State::Down, QStringLiteral("✕"), QStringLiteral("ok, but risky")};
    if (row.worst() == VariableWeight::Warning)
        return {State::Degraded, QStringLiteral("▲"), QStringLiteral("ok, but look")};
    return {State::Up, QStringLiteral("●"), QStringLiteral("ok")};
}

QString actionText(const VariableRow &row)
{
    if (row.action.isEmpty())
        return row.reason;
    return row.reason.isEmpty() ? row.action : QStringLiteral("%1: %2").arg(row.action, row.reason);
}

VariableModel::VariableModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

int VariableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_shown.size());
}

int VariableModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : variableColumns;
}

QVariant VariableModel::cell(const VariableLine &line, VariableColumn column) const
{
    const VariableRow &row = line.row;
    switch (column) {
    case VariableColumn::Name:
        return row.name;
    case VariableColumn::Component:
        return row.component;
    case VariableColumn::Way:
        return variableClassName(row.way);
    case VariableColumn::Source:
        return valueText(row.source, row.secret);
    case VariableColumn::Target: {
        const QString text = valueText(row.target, row.secret);
        return line.edited ? QStringLiteral("✎ ") + text : text;
    }
    case VariableColumn::Status:
        return statusLook(row).word;
    case VariableColumn::Action:
        return oneLine(actionText(row));
    case VariableColumn::Scope:
        return variableScopeName(row.scope);
    case VariableColumn::UsedBy:
        break;
    }
    return line.usedBy;
}

QVariant VariableModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const VariableLine &line = *m_shown[index.row()];
    const VariableRow &row = line.row;
    const auto column = VariableColumn(index.column());
    switch (role) {
    case Role::Key:
        return line.key;
    case Qt::DisplayRole:
    case Qt::EditRole: // the editor takes the value from the row itself
    case Role::Sort:
        return cell(line, column);
    case Qt::ToolTipRole: {
        QString tip = cell(line, column).toString();
        if (column == VariableColumn::Name && row.secret)
            tip += QStringLiteral("\nsecret: ") + row.secretReason;
        if (column == VariableColumn::Target && line.edited)
            tip += QStringLiteral("\nnot saved yet");
        return tip.isEmpty() ? QVariant() : QVariant(plainTip(tip));
    }
    case Qt::AccessibleTextRole:
        if (column == VariableColumn::Name && row.secret)
            return QStringLiteral("%1, secret").arg(row.name);
        if (column == VariableColumn::Target && line.edited)
            return QStringLiteral("%1, not saved").arg(valueText(row.target, row.secret));
        return cell(line, column);
    case Role::StateValue:
        return column == VariableColumn::Status ? QVariant(int(statusLook(row).state)) : QVariant();
    case Role::Shape:
        return column == VariableColumn::Status ? QVariant(statusLook(row).shape) : QVariant();
    case Role::Faded: {
        const bool noSource = column == VariableColumn::Source && row.source.value.value_or(QString()).isEmpty();
        const bool noTarget = column == VariableColumn::Target && row.target.value.value_or(QString()).isEmpty();
        return noSource || noTarget || column == VariableColumn::UsedBy || column == VariableColumn::Scope;
    }
    default:
        return {};
    }
}

QVariant VariableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section < 0 || section >= variableColumns)
        return {};
    switch (VariableColumn(section)) {
    case VariableColumn::Name:
        return QStringLiteral("Variable");
    case VariableColumn::Component:
        return QStringLiteral("Component");
    case VariableColumn::Way:
        return QStringLiteral("Class");
    case VariableColumn::Source:
        return QStringLiteral("%1 (source)").arg(m_source);
    case VariableColumn::Target:
        return QStringLiteral("%1 (target)").arg(m_target);
    case VariableColumn::Status:
        return QStringLiteral("Status");
    case VariableColumn::Action:
        return QStringLiteral("Action and reason");
    case VariableColumn::Scope:
        return QStringLiteral("Scope");
    case VariableColumn::UsedBy:
        break;
    }
    return QStringLiteral("Used by");
}

Qt::ItemFlags VariableModel::flags(const QModelIndex &index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (m_editable && index.isValid() && VariableColumn(index.column()) == VariableColumn::Target &&
        m_shown[index.row()]->editable)
        flags |= Qt::ItemIsEditable;
    return flags;
}

bool VariableModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (role != Qt::EditRole || !checkIndex(index, CheckIndexOption::IndexIsValid) ||
        !(flags(index) & Qt::ItemIsEditable))
        return false;
    const VariableRow &row = m_shown[index.row()]->row;
    const QString text = value.toString();
    if (row.target.stated && row.target.value == text)
        return false;
    // An editor that was opened and left without a word sets nothing.
    if (!row.target.value && text.isEmpty())
        return false;
    Q_EMIT editRequested(row.name, text);
    return true;
}

void VariableModel::setLines(QList<VariableLinePtr> lines, const QString &source, const QString &target)
{
    const bool other = m_source != source || m_target != target;
    QList<VariableLinePtr> old = std::exchange(m_all, std::move(lines));
    m_source = source;
    m_target = target;
    if (other)
        Q_EMIT headerDataChanged(Qt::Horizontal, 0, variableColumns - 1);
    arrange();
    // Thousands of rows take milliseconds to destroy; they need not be the GUI thread's.
    QThreadPool::globalInstance()->start([old = std::move(old)]() mutable { old.clear(); });
}

void VariableModel::setFilter(const VariableFilter &filter)
{
    if (m_filter == filter)
        return;
    m_filter = filter;
    arrange();
}

VariableLinePtr VariableModel::line(int row) const
{
    return row >= 0 && row < m_shown.size() ? m_shown[row] : nullptr;
}

VariableLinePtr VariableModel::line(const QString &key) const
{
    const auto it =
        std::find_if(m_all.cbegin(), m_all.cend(), [&key](const VariableLinePtr &each) { return each->key == key; });
    return it == m_all.cend() ? nullptr : *it;
}

int VariableModel::rowOf(const QString &key) const
{
    const auto it = std::find_if(m_shown.cbegin(), m_shown.cend(),
                                 [&key](const VariableLinePtr &each) { return each->key == key; });
    return it == m_shown.cend() ? -1 : int(it - m_shown.cbegin());
}

bool VariableModel::accepts(const VariableLine &line, const QStringList &words) const
{
    const VariableRow &row = line.row;
    if (m_filter.onlyAction && !row.needsAction())
        return false;
    if (!m_filter.classes.isEmpty() && !m_filter.classes.contains(row.way))
        return false;
    if (!m_filter.statuses.isEmpty() && !m_filter.statuses.contains(row.status))
        return false;
    if (!m_filter.components.isEmpty() && !m_filter.components.contains(row.component))
        return false;
    return std::all_of(words.cbegin(), words.cend(),
                       [&line](const QString &word) { return line.haystack.contains(word); });
}

/// The rows that pass the filter, in the order they are to stand in.
QList<VariableLinePtr> VariableModel::wanted() const
{
    const QStringList words = m_filter.text.toLower().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    QList<VariableLinePtr> next;
    next.reserve(m_all.size());
    if (m_filter.isEmpty())
        next = m_all;
    else
        std::copy_if(m_all.cbegin(), m_all.cend(), std::back_inserter(next),
                     [&](const VariableLinePtr &line) { return accepts(*line, words); });
    if (m_sortColumn < 0 || m_sortColumn >= variableColumns)
        return next;
    // Keys and numbers are sorted rather than rows: what is compared most lies close together.
    struct Item
    {
        const VariableLine::SortKey *key;
        qsizetype at;
    };
    std::vector<Item> items;
    items.reserve(std::size_t(next.size()));
    for (qsizetype i = 0; i < next.size(); ++i)
        items.push_back({&next[i]->sort[size_t(m_sortColumn)], i});
    const int sign = m_order == Qt::AscendingOrder ? 1 : -1;
    std::sort(items.begin(), items.end(), [sign](const Item &a, const Item &b) {
        const int order = compare(*a.key, *b.key);
        return order == 0 ? a.at < b.at : sign * order < 0;
    });
    QList<VariableLinePtr> sorted;
    sorted.reserve(next.size());
    for (const Item &item : items)
        sorted.append(std::move(next[item.at]));
    return sorted;
}

void VariableModel::sort(int column, Qt::SortOrder order)
{
    m_sortColumn = column;
    m_order = order;
    permute(wanted());
}

/// The same rows in another order: the selection goes with them.
void VariableModel::permute(QList<VariableLinePtr> next)
{
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    if (!before.isEmpty()) {
        QHash<QString, int> places;
        for (const QModelIndex &old : before)
            places.insert(m_shown[old.row()]->key, old.row());
        for (qsizetype i = 0; i < next.size(); ++i) {
            if (const auto place = places.find(next[i]->key); place != places.end())
                *place = int(i);
        }
        QModelIndexList after;
        after.reserve(before.size());
        for (const QModelIndex &old : before)
            after.append(index(places.value(m_shown[old.row()]->key), old.column()));
        changePersistentIndexList(before, after);
    }
    m_shown = std::move(next);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

/// Other rows, or the same with other contents: at most one stretch goes and one comes.
void VariableModel::arrange()
{
    QList<VariableLinePtr> next = wanted();
    if (m_shown == next)
        return;
    const qsizetype least = std::min(m_shown.size(), next.size());
    qsizetype head = 0;
    while (head < least && m_shown[head]->key == next[head]->key)
        ++head;
    qsizetype tail = 0;
    while (tail < least - head && m_shown[m_shown.size() - 1 - tail]->key == next[next.size() - 1 - tail]->key)
        ++tail;
    const qsizetype gone = m_shown.size() - head - tail;
    const qsizetype come = next.size() - head - tail;
    if (gone > 0 && gone == come && sameKeys(m_shown, next, head, gone)) {
        permute(std::move(next));
    } else {
        if (gone > 0) {
            beginRemoveRows({}, int(head), int(head + gone - 1));
            m_shown.remove(head, gone);
            endRemoveRows();
        }
        if (come > 0) {
            beginInsertRows({}, int(head), int(head + come - 1));
            m_shown = next;
            endInsertRows();
        }
        m_shown = std::move(next);
    }
    if (!m_shown.isEmpty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, variableColumns - 1));
}

} // namespace Switchyard
