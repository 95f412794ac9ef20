// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/eventmodel.h"

#include "ui/common/format.h"
#include "ui/common/roles.h"
#include "ui/redeploy/sessionrows.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QHash>
#include <QPointer>
#include <QThreadPool>

#include <algorithm>
#include <numeric>

namespace Switchyard {

namespace {
/// A slice of filtering; between two slices the window paints and answers.
constexpr int sliceMs = 8;
constexpr int checkEvery = 256;
/// New rows stand at the end until the next sort.
constexpr int sortAgainMs = 1'500;

QString kindWords(EventKind kind)
{
    return eventKindName(kind).replace(QLatin1Char('-'), QLatin1Char(' '));
}

/// Runs on a worker: positions within `rows`, sorted by the column's text.
QList<int> sortedRows(const QList<Event> &events, const QList<int> &rows, int column, Qt::SortOrder order)
{
    std::vector<QString> keys;
    keys.reserve(size_t(rows.size()));
    for (const int row : rows) {
        const Event &event = events[row];
        keys.push_back(column == EventModel::Kind      ? eventKindName(event.kind)
                       : column == EventModel::Subject ? event.subject
                                                       : eventText(event));
    }
    std::vector<int> places(keys.size());
    std::iota(places.begin(), places.end(), 0);
    std::stable_sort(places.begin(), places.end(), [&](int a, int b) {
        const int compared = keys[size_t(a)].compare(keys[size_t(b)]);
        return order == Qt::AscendingOrder ? compared < 0 : compared > 0;
    });
    QList<int> sorted;
    sorted.reserve(rows.size());
    for (const int place : places)
        sorted.append(rows[place]);
    return sorted;
}

} // namespace

EventModel::EventModel(QObject *parent)
    : QAbstractTableModel(parent)
{
    m_scanTimer.setSingleShot(true);
    m_scanTimer.setInterval(0);
    connect(&m_scanTimer, &QTimer::timeout, this, &EventModel::scan);
    m_sortTimer.setSingleShot(true);
    m_sortTimer.setInterval(sortAgainMs);
    connect(&m_sortTimer, &QTimer::timeout, this, &EventModel::startSort);
}

EventModel::~EventModel() = default;

int EventModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int EventModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    static const QStringList names{QStringLiteral("Time"), QStringLiteral("Event"), QStringLiteral("Subject"),
                                   QStringLiteral("What happened")};
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    return orientation == Qt::Horizontal && role == Qt::DisplayRole ? QVariant(names.value(section)) : QVariant();
}

/// Descending time is the natural order read from its end.
int EventModel::place(int row) const
{
    const bool backwards = m_column == Time && m_order == Qt::DescendingOrder;
    return m_rows[backwards ? m_rows.size() - 1 - row : row];
}

QVariant EventModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Event &event = m_events[place(index.row())];
    const qint64 wallMs = m_originWallMs + event.us / 1000;
    if (role == Role::Key)
        return QString::number(event.id);
    if (role == Role::Sort)
        return index.column() == Time ? QVariant(event.us) : data(index, Qt::DisplayRole);
    if (role == Role::StateValue)
        return index.column() == Kind ? QVariant(int(eventState(event))) : QVariant();
    if (role == Qt::ToolTipRole)
        return index.column() == Time ? QStringLiteral("%1\n%2 s after the session's start")
                                            .arg(utcTime(wallMs))
                                            .arg(event.seconds(), 0, 'f', 3)
                                      : plainTip(data(index, Qt::DisplayRole).toString());
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Time:
        return localTime(wallMs, true);
    case Kind:
        return kindWords(event.kind);
    case Subject:
        return event.subject;
    default:
        return eventText(event);
    }
}

const Event *EventModel::event(int id) const
{
    // Ids count from 1 in the order of recording.
    if (id >= 1 && id <= m_events.size() && m_events[id - 1].id == id)
        return &m_events[id - 1];
    // A journal with a damaged line has a gap; what comes behind it is still in order.
    const auto it = std::lower_bound(m_events.cbegin(), m_events.cend(), id,
                                     [](const Event &e, int wanted) { return e.id < wanted; });
    return it == m_events.cend() || it->id != id ? nullptr : &*it;
}

int EventModel::rowOf(int id) const
{
    const Event *found = event(id);
    if (!found)
        return -1;
    const int wanted = int(found - m_events.constData());
    const auto it = naturalOrder() ? std::lower_bound(m_rows.cbegin(), m_rows.cend(), wanted)
                                   : std::find(m_rows.cbegin(), m_rows.cend(), wanted);
    if (it == m_rows.cend() || *it != wanted)
        return -1;
    const int row = int(it - m_rows.cbegin());
    return m_column == Time && m_order == Qt::DescendingOrder ? int(m_rows.size()) - 1 - row : row;
}

bool EventModel::matches(const Event &event) const
{
    if (m_filter.kind && event.kind != *m_filter.kind)
        return false;
    if (!m_filter.subject.isEmpty() && event.subject != m_filter.subject)
        return false;
    if (!m_filter.ids.isEmpty() && !m_filter.ids.contains(event.id))
        return false;
    if (m_filter.text.isEmpty())
        return true;
    const auto has = [this](const QString &text) { return text.contains(m_filter.text, Qt::CaseInsensitive); };
    return has(event.subject) || has(kindWords(event.kind)) || has(eventText(event)) ||
           has(localTime(m_originWallMs + event.us / 1000, true));
}

void EventModel::begin(qint64 originWallMs)
{
    beginResetModel();
    m_events.clear();
    m_rows.clear();
    m_scanned = 0;
    ++m_run;
    m_sorting = m_sortStale = false;
    m_sortTimer.stop();
    m_scanTimer.stop();
    m_originWallMs = originWallMs;
    endResetModel();
}

void EventModel::append(const QList<Event> &events)
{
    if (events.isEmpty())
        return;
    const bool idle = !isScanning();
    m_events += events;
    // A scan that runs already comes to these as well.
    if (idle)
        scan();
}

void EventModel::setFilter(const EventFilter &filter)
{
    if (filter == m_filter)
        return;
    beginResetModel();
    m_filter = filter;
    m_rows.clear();
    m_scanned = 0;
    ++m_run;
    m_sorting = false;
    endResetModel();
    scan();
    if (!naturalOrder())
        QTimer::singleShot(0, this, &EventModel::startSort);
}

void EventModel::scan()
{
    QElapsedTimer clock;
    clock.start();
    QList<int> found;
    const bool all = m_filter.isEmpty();
    while (m_scanned < m_events.size()) {
        if (all || matches(m_events[m_scanned]))
            found.append(int(m_scanned));
        ++m_scanned;
        if (m_scanned % checkEvery == 0 && clock.elapsed() >= sliceMs)
            break;
    }
    if (!found.isEmpty()) {
        const bool atFront = m_column == Time && m_order == Qt::DescendingOrder;
        const int at = atFront ? 0 : int(m_rows.size());
        beginInsertRows({}, at, at + int(found.size()) - 1);
        m_rows += found;
        endInsertRows();
        if (!naturalOrder()) {
            m_sortStale = true;
            if (!m_sortTimer.isActive())
                m_sortTimer.start();
        }
    }
    if (isScanning())
        m_scanTimer.start();
    else
        settleIfDone();
}

void EventModel::settleIfDone()
{
    if (!isScanning() && !m_sorting && !m_sortStale)
        Q_EMIT settled();
}

/// Another order of the same rows; what is selected stays selected.
void EventModel::relayout(const std::function<void()> &change)
{
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    QList<int> events;
    for (const QModelIndex &index : before)
        events.append(place(index.row()));
    change();
    QModelIndexList after;
    if (!before.isEmpty()) {
        QHash<int, int> rows;
        rows.reserve(m_rows.size());
        for (int row = 0; row < m_rows.size(); ++row)
            rows.insert(place(row), row);
        for (qsizetype i = 0; i < before.size(); ++i)
            after.append(index(rows.value(events[i]), before[i].column()));
    }
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

void EventModel::sort(int column, Qt::SortOrder order)
{
    if (column == m_column && order == m_order)
        return;
    ++m_run;
    m_sorting = m_sortStale = false;
    m_sortTimer.stop();
    relayout([&] {
        const bool wasNatural = naturalOrder();
        m_column = column;
        m_order = order;
        if (!wasNatural)
            std::sort(m_rows.begin(), m_rows.end());
    });
    if (!naturalOrder())
        return startSort();
    settleIfDone();
}

void EventModel::startSort()
{
    if (naturalOrder() || m_sorting)
        return;
    if (isScanning()) {
        m_sortStale = true;
        return m_sortTimer.start();
    }
    m_sorting = true;
    m_sortStale = false;
    const int run = ++m_run;
    QPointer<EventModel> self(this);
    QThreadPool::globalInstance()->start(
        [self, run, events = m_events, rows = m_rows, column = m_column, order = m_order] {
            QList<int> natural = rows;
            std::sort(natural.begin(), natural.end());
            const QList<int> sorted = sortedRows(events, natural, column, order);
            // The pointer is looked at on the GUI thread only, where the model lives and dies.
            QMetaObject::invokeMethod(
                qApp,
                [self, run, sorted] {
                    if (self)
                        self->takeOrder(run, sorted);
                },
                Qt::QueuedConnection);
        });
}

void EventModel::takeOrder(int run, const QList<int> &order)
{
    if (run != m_run)
        return;
    m_sorting = false;
    if (naturalOrder())
        return;
    // Rows that came meanwhile stay behind the sorted ones.
    const QList<int> late = m_rows.mid(order.size());
    relayout([&] { m_rows = order + late; });
    m_sortStale = !late.isEmpty();
    if (m_sortStale)
        m_sortTimer.start();
    settleIfDone();
}

} // namespace Switchyard
