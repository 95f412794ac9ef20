// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/matrix.h"
#include "ui/common/theme.h"

#include <QAbstractTableModel>
#include <QSet>

#include <array>
#include <memory>

namespace Switchyard {

enum class VariableColumn
{
    Name,
    Component,
    Way,
    Source,
    Target,
    Status,
    Action,
    Scope,
    UsedBy
};
constexpr int variableColumns = 9;

/// A row made ready for the table on a worker thread. It holds the values of secrets, and nothing that it gives to a
/// view does.
struct VariableLine
{
    QString key; ///< of name and component
    VariableRow row;
    bool editable = false; ///< of the component whose deployments are compared
    bool edited = false;   ///< the target's value is not saved yet
    QString haystack;      ///< what the search looks through: lower case, without secrets
    QString usedBy;
    struct SortKey
    {
        bool isNumber = false;
        double number = 0;
        QString text; ///< folded
    };
    std::array<SortKey, variableColumns> sort;
};
using VariableLinePtr = std::shared_ptr<const VariableLine>;

QString variableKey(const QString &name, const QString &component);
/// `component`: whose deployments are compared, and whose values can be edited. Thread: any.
QList<VariableLinePtr> makeVariableLines(const EnvironmentMatrix &matrix, const QSet<QString> &editedNames,
                                         const QString &component);

/// How a status looks: state, shape and word. A row that is well but for its notes says both.
struct StatusLook
{
    State state = State::Unknown;
    QString shape;
    QString word;
};
StatusLook statusLook(const VariableRow &row);
/// "action: reason", or whichever there is.
QString actionText(const VariableRow &row);

struct VariableFilter
{
    QString text;                ///< all its words must stand somewhere in a row
    QSet<VariableClass> classes; ///< empty: all
    QSet<VariableStatus> statuses;
    QSet<QString> components;
    bool onlyAction = false;
    bool isEmpty() const
    {
        return text.trimmed().isEmpty() && classes.isEmpty() && statuses.isEmpty() && components.isEmpty() &&
               !onlyAction;
    }
    bool operator==(const VariableFilter &) const = default;
};

/// The matrix as a table. It sorts and filters by itself (for Table::SortsItself), tells the view of at most one
/// stretch that went and one that came, and shows no secret in any role. Thread: GUI.
class VariableModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    explicit VariableModel(QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;
    /// Of the target's value: asks for the edit; the row changes when the matrix does.
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    /// Column -1: the order of the matrix.
    void sort(int column, Qt::SortOrder order) override;

    void setLines(QList<VariableLinePtr> lines, const QString &source, const QString &target);
    void setFilter(const VariableFilter &filter);
    const VariableFilter &filter() const { return m_filter; }
    /// Why the target's values cannot be edited now is the page's matter.
    void setEditable(bool editable) { m_editable = editable; }
    qsizetype count() const { return m_all.size(); } ///< with those that are filtered away
    /// nullptr where there is none.
    VariableLinePtr line(int row) const;
    VariableLinePtr line(const QString &key) const;
    int rowOf(const QString &key) const; ///< -1: not shown
    const QList<VariableLinePtr> &lines() const { return m_all; }
    const QString &source() const { return m_source; }
    const QString &target() const { return m_target; }

Q_SIGNALS:
    void editRequested(const QString &name, const QString &value);

private:
    bool accepts(const VariableLine &line, const QStringList &words) const;
    QList<VariableLinePtr> wanted() const;
    void arrange();
    void permute(QList<VariableLinePtr> next);
    QVariant cell(const VariableLine &line, VariableColumn column) const;

    QList<VariableLinePtr> m_all;
    QList<VariableLinePtr> m_shown;
    QString m_source;
    QString m_target;
    VariableFilter m_filter;
    int m_sortColumn = -1;
    Qt::SortOrder m_order = Qt::AscendingOrder;
    bool m_editable = true;
};

} // namespace Switchyard
