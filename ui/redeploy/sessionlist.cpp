// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/sessionlist.h"

#include "ui/common/format.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/roles.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"

#include <QDateTime>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <optional>

namespace Switchyard {

namespace {

QStringList columns()
{
    return {QStringLiteral("Started"),      QStringLiteral("Verdict"), QStringLiteral("Backend"),
            QStringLiteral("Platform"),     QStringLiteral("Driver"),  QStringLiteral("Length"),
            QStringLiteral("What it found")};
}

State verdictState(const SessionSummary &session)
{
    if (session.verdict == QLatin1StringView("pass"))
        return State::Up;
    return session.verdict == QLatin1StringView("fail") ? State::Down : State::Degraded;
}

Row rowOf(const SessionSummary &session)
{
    const QDateTime started = QDateTime::fromMSecsSinceEpoch(session.startedWallMs);
    // A journal without an end: the program was killed, or it still writes.
    const QString cut = !session.ended      ? QStringLiteral(" (cut off)")
                        : !session.complete ? QStringLiteral(" (partial)")
                                            : QString();
    const QString platform = session.rehearsal ? session.platform + QStringLiteral(", rehearsed") : session.platform;
    return {session.folder,
            {{.text = started.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")),
              .sort = session.startedWallMs,
              .tip = utcTime(session.startedWallMs)},
             {.text = session.verdict + cut, .sort = session.verdict, .state = verdictState(session)},
             {.text = session.backend, .sort = {}, .tip = session.workspace},
             {.text = platform, .sort = {}},
             {.text = session.driver, .sort = {}},
             figureCell(session.lengthMs > 0 ? ageText(session.lengthMs) : QStringLiteral("–"), session.lengthMs,
                        session.lengthMs <= 0),
             {.text = session.summary, .sort = {}, .tip = session.summary}}};
}

} // namespace

SessionList::SessionList(QWidget *parent)
    : QWidget(parent)
    , m_rows(new RowModel(columns(), this))
    , m_table(new Table(m_rows, QStringLiteral("sessionTable"), QStringLiteral("Recorded sessions"), this))
    , m_stack(new QStackedWidget(this))
    , m_notice(new NoticePane(this))
    , m_title(new QLabel(this))
    , m_filter(new QLineEdit(this))
    , m_open(new QPushButton(QStringLiteral("Open"), this))
    , m_compare(new QPushButton(QStringLiteral("Compare the two"), this))
{
    setObjectName(QStringLiteral("sessionList"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(makeHead());
    layout->addWidget(m_stack, 1);
    m_stack->addWidget(m_notice);
    m_stack->addWidget(m_table);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setWidths({150, 160, 130, 140, 130, 70});
    connect(m_table, &QTableView::activated, this, &SessionList::openSelected);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &SessionList::showButtons);
    connect(m_notice, &NoticePane::buttonPressed, this, [this] {
        if (m_shows == Shows::Filtered)
            m_filter->clear();
        else if (m_shows == Shows::Failed)
            load(m_folder);
        else
            Q_EMIT backRequested();
    });
    showButtons();
}

QWidget *SessionList::makeHead()
{
    auto *row = new QWidget(this);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    auto *back = new QPushButton(QStringLiteral("Back"), row);
    back->setObjectName(QStringLiteral("sessionListBack"));
    m_title->setProperty("heading", true);
    m_title->setObjectName(QStringLiteral("sessionListTitle"));
    m_filter->setObjectName(QStringLiteral("sessionFilter"));
    m_filter->setAccessibleName(QStringLiteral("Filter of the sessions"));
    m_filter->setPlaceholderText(QStringLiteral("Filter: fail, render, a date … (Ctrl+F)"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(320);
    m_open->setObjectName(QStringLiteral("openSession"));
    m_compare->setObjectName(QStringLiteral("compareSessions"));
    layout->addWidget(back);
    layout->addWidget(m_title, 1);
    layout->addWidget(m_filter, 1);
    layout->addWidget(m_open);
    layout->addWidget(m_compare);
    connect(back, &QPushButton::clicked, this, &SessionList::backRequested);
    connect(m_open, &QPushButton::clicked, this, &SessionList::openSelected);
    connect(m_compare, &QPushButton::clicked, this, &SessionList::compareSelected);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_table->proxy()->setFilterFixedString(text);
        choose();
    });
    return row;
}

void SessionList::load(const QString &folder)
{
    m_folder = folder;
    if (folder.isEmpty()) {
        m_sessions.clear();
        m_rows->merge({});
        return choose();
    }
    if (m_sessions.isEmpty()) {
        m_shows = Shows::Loading;
        m_notice->show(QStringLiteral("session"), QStringLiteral("◌ Reading the recorded sessions…"), folder);
        m_stack->setCurrentIndex(0);
    }
    // No answer is an answer too: a folder that is there and cannot be read.
    using Answer = std::optional<QList<SessionSummary>>;
    offThread(
        this,
        [folder]() -> Answer {
            const QFileInfo info(folder);
            if (info.exists() && (!info.isDir() || !info.isReadable() || !info.isExecutable()))
                return std::nullopt;
            return listSessions(folder);
        },
        [this, run = ++m_run](const Answer &answer) {
            if (run != m_run)
                return;
            if (answer)
                return take(*answer);
            m_sessions.clear();
            m_rows->merge({});
            m_shows = Shows::Failed;
            m_notice->show(QStringLiteral("failed"), QStringLiteral("■ The folder of the sessions cannot be read."),
                           m_folder, QStringLiteral("Try again"));
            m_stack->setCurrentIndex(0);
        });
}

void SessionList::take(const QList<SessionSummary> &sessions)
{
    m_sessions = sessions;
    QList<Row> rows;
    for (const SessionSummary &session : sessions)
        rows.append(rowOf(session));
    m_rows->merge(rows);
    choose();
    if (m_shows == Shows::List && m_table->currentKey().isEmpty())
        m_table->selectRow(0);
}

void SessionList::choose()
{
    m_title->setText(m_sessions.size() == 1 ? QStringLiteral("1 recorded session")
                                            : QStringLiteral("%1 recorded sessions").arg(m_sessions.size()));
    if (m_sessions.isEmpty()) {
        m_shows = Shows::Empty;
        m_notice->show(QStringLiteral("session"), QStringLiteral("○ No session is recorded yet."),
                       m_folder.isEmpty() ? QStringLiteral("This window keeps no sessions.")
                                          : QStringLiteral("They are kept in %1").arg(m_folder),
                       QStringLiteral("Back"));
    } else if (m_table->proxy()->rowCount() == 0) {
        m_shows = Shows::Filtered;
        m_notice->show({}, QStringLiteral("No session matches the filter."), {}, QStringLiteral("Clear the filter"));
    } else {
        m_shows = Shows::List;
    }
    m_stack->setCurrentIndex(m_shows == Shows::List ? 1 : 0);
    showButtons();
}

QStringList SessionList::selected() const
{
    QStringList folders;
    for (const QModelIndex &index : m_table->selectionModel()->selectedRows())
        folders.append(index.data(Role::Key).toString());
    return folders;
}

void SessionList::showButtons()
{
    const qsizetype count = m_shows == Shows::List ? selected().size() : 0;
    m_open->setEnabled(count == 1);
    m_open->setToolTip(count == 1 ? QStringLiteral("Open the session (Enter)")
                                  : QStringLiteral("Choose one session to open it"));
    m_compare->setEnabled(count == 2);
    m_compare->setToolTip(count == 2 ? QStringLiteral("Both side by side, better or worse")
                                     : QStringLiteral("Choose two sessions (Ctrl and a click) to compare them"));
}

void SessionList::openSelected()
{
    if (const QStringList folders = selected(); folders.size() == 1)
        Q_EMIT openRequested(folders.first());
}

void SessionList::compareSelected()
{
    const QStringList folders = selected();
    if (folders.size() != 2)
        return;
    const auto started = [this](const QString &folder) {
        const auto it = std::find_if(m_sessions.cbegin(), m_sessions.cend(),
                                     [&](const SessionSummary &session) { return session.folder == folder; });
        return it == m_sessions.cend() ? qint64(0) : it->startedWallMs;
    };
    const bool inOrder = started(folders[0]) <= started(folders[1]);
    Q_EMIT compareRequested(folders[inOrder ? 0 : 1], folders[inOrder ? 1 : 0]);
}

void SessionList::focusFilter()
{
    m_filter->setFocus();
    m_filter->selectAll();
}

} // namespace Switchyard
