// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/eventpane.h"

#include "models/common/files.h"
#include "ui/common/csv.h"
#include "ui/common/notice.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"
#include "ui/redeploy/sessionrows.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QDateTime>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPointer>
#include <QPushButton>
#include <QShortcut>
#include <QStackedWidget>
#include <QThreadPool>
#include <QVBoxLayout>

namespace Switchyard {

namespace {
/// A filter of a hundred thousand rows need not start anew at every letter.
constexpr int typingMs = 120;
constexpr EventKind shownKinds[] = {EventKind::Phase,
                                    EventKind::ClientConnecting,
                                    EventKind::ClientOpen,
                                    EventKind::ClientFirstMessage,
                                    EventKind::ClientNotice,
                                    EventKind::ClientEnded,
                                    EventKind::ClientWaiting,
                                    EventKind::ClientGaveUp,
                                    EventKind::Newcomer,
                                    EventKind::Probe,
                                    EventKind::Database,
                                    EventKind::DatabaseConnect,
                                    EventKind::InstanceStarting,
                                    EventKind::InstanceHealthy,
                                    EventKind::TrafficSwitched,
                                    EventKind::SignalSent,
                                    EventKind::InstanceKilled,
                                    EventKind::InstanceExited,
                                    EventKind::LogLine,
                                    EventKind::Step,
                                    EventKind::DeployFailed,
                                    EventKind::DeployFinished,
                                    EventKind::Note};

QVariant orNothing(bool there, const QVariant &value)
{
    return there ? value : QVariant();
}
} // namespace

QByteArray eventsToCsv(const QList<Event> &events, qint64 originWallMs)
{
    QString text =
        csvLine({QStringLiteral("id"), QStringLiteral("time_utc"), QStringLiteral("seconds"), QStringLiteral("kind"),
                 QStringLiteral("subject"), QStringLiteral("client"), QStringLiteral("connection"),
                 QStringLiteral("cause"), QStringLiteral("code"), QStringLiteral("was_open"), QStringLiteral("ok"),
                 QStringLiteral("status"), QStringLiteral("ms"), QStringLiteral("pid"), QStringLiteral("instance"),
                 QStringLiteral("text"), QStringLiteral("detail"), QStringLiteral("what")});
    for (const Event &event : events) {
        const bool ended = event.kind == EventKind::ClientEnded || (event.kind == EventKind::Newcomer && !event.ok);
        const bool answered = event.kind == EventKind::Probe || event.kind == EventKind::Newcomer ||
                              event.kind == EventKind::Database || event.kind == EventKind::DatabaseConnect;
        const bool exited = event.kind == EventKind::InstanceExited;
        const QDateTime time = QDateTime::fromMSecsSinceEpoch(originWallMs + event.us / 1000, Qt::UTC);
        text += csvLine(
            {event.id, time.toString(Qt::ISODateWithMs), event.seconds(), eventKindName(event.kind), event.subject,
             orNothing(event.client >= 0, event.client), orNothing(event.connection > 0, event.connection),
             orNothing(ended, endCauseName(event.cause)), orNothing(ended || exited, event.code),
             orNothing(ended, event.wasOpen), orNothing(answered, event.ok), orNothing(event.status > 0, event.status),
             orNothing(event.kind == EventKind::Probe || event.ms > 0, event.ms), orNothing(event.pid > 0, event.pid),
             event.instance, event.text, event.detail, eventText(event)});
    }
    return text.toUtf8();
}

EventPane::EventPane(EventModel *model, ChooseSaveFile chooseSaveFile, QWidget *parent)
    : QWidget(parent)
    , m_model(model)
    , m_chooseSaveFile(std::move(chooseSaveFile))
    , m_text(new QLineEdit(this))
    , m_kind(new QComboBox(this))
    , m_subject(new QComboBox(this))
    , m_evidence(new QPushButton(this))
    , m_count(new QLabel(this))
    , m_stack(new QStackedWidget(this))
    , m_table(new Table(Table::SortsItself(), model, QStringLiteral("eventTable"), QStringLiteral("Events"), this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(makeFilters());
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setWidths({96, 150, 100});
    auto *none = new NoticePane(m_stack);
    none->setObjectName(QStringLiteral("noEventMatches"));
    none->show({}, QStringLiteral("No event matches."), {}, QStringLiteral("Clear the filter"));
    m_stack->addWidget(m_table);
    m_stack->addWidget(none);
    layout->addWidget(m_stack, 1);
    connect(none, &NoticePane::buttonPressed, this, &EventPane::clearFilters);
    m_typing.setSingleShot(true);
    m_typing.setInterval(typingMs);
    connect(&m_typing, &QTimer::timeout, this, &EventPane::applyFilter);
    connect(m_model, &QAbstractItemModel::modelReset, this, &EventPane::choose);
    connect(m_model, &QAbstractItemModel::rowsInserted, this, &EventPane::choose);
    connect(m_model, &EventModel::settled, this, &EventPane::choose);
    choose();
}

QWidget *EventPane::makeFilters()
{
    auto *row = new QWidget(this);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_text->setObjectName(QStringLiteral("eventFilter"));
    m_text->setAccessibleName(QStringLiteral("Filter of the events"));
    m_text->setPlaceholderText(QStringLiteral("Filter: 1012, HTTP 502 … (Ctrl+F)"));
    m_text->setClearButtonEnabled(true);
    m_kind->setObjectName(QStringLiteral("eventKind"));
    m_kind->setAccessibleName(QStringLiteral("Kind of event"));
    m_kind->addItem(QStringLiteral("every kind"), -1);
    for (const EventKind kind : shownKinds)
        m_kind->addItem(eventKindName(kind).replace(QLatin1Char('-'), QLatin1Char(' ')), int(kind));
    m_subject->setObjectName(QStringLiteral("eventSubject"));
    m_subject->setAccessibleName(QStringLiteral("Socket or endpoint"));
    for (QComboBox *box : {m_kind, m_subject}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(8);
        box->setMaximumWidth(130);
    }
    m_evidence->setObjectName(QStringLiteral("evidenceChip"));
    m_evidence->setToolTip(QStringLiteral("Show all events again"));
    m_evidence->hide();
    m_count->setProperty("faded", true);
    m_count->setObjectName(QStringLiteral("eventCount"));
    auto *save = new QPushButton(QStringLiteral("CSV…"), row);
    save->setObjectName(QStringLiteral("eventCsv"));
    save->setToolTip(
        QStringLiteral("Save the events shown, with raw numbers (Ctrl+S). Ctrl+C copies the selected rows."));
    save->setShortcut(QKeySequence(QKeySequence::Save));
    layout->addWidget(m_text, 1);
    layout->addWidget(m_kind);
    layout->addWidget(m_subject);
    layout->addWidget(m_evidence);
    layout->addWidget(m_count);
    layout->addWidget(save);
    setSubjects({});
    auto *clear = new QShortcut(QKeySequence(Qt::Key_Escape), m_text, nullptr, nullptr, Qt::WidgetShortcut);
    connect(clear, &QShortcut::activated, this, &EventPane::clearFilters);
    connect(m_text, &QLineEdit::textChanged, &m_typing, qOverload<>(&QTimer::start));
    connect(m_kind, &QComboBox::currentIndexChanged, this, &EventPane::applyFilter);
    connect(m_subject, &QComboBox::currentIndexChanged, this, &EventPane::applyFilter);
    connect(m_evidence, &QPushButton::clicked, this, [this] {
        m_ids.clear();
        applyFilter();
    });
    connect(save, &QPushButton::clicked, this, &EventPane::exportCsv);
    return row;
}

void EventPane::setSubjects(const QStringList &subjects)
{
    const QSignalBlocker quiet(m_subject);
    m_subject->clear();
    m_subject->addItem(QStringLiteral("everything"), QString());
    for (const QString &subject : subjects)
        m_subject->addItem(subject, subject);
}

void EventPane::applyFilter()
{
    m_typing.stop();
    EventFilter filter;
    filter.text = m_text->text();
    if (const int kind = m_kind->currentData().toInt(); kind >= 0)
        filter.kind = EventKind(kind);
    filter.subject = m_subject->currentData().toString();
    filter.ids = m_ids;
    m_evidence->setVisible(!m_ids.isEmpty());
    m_evidence->setText(QStringLiteral("%1  ✕").arg(m_title));
    m_model->setFilter(filter);
    choose();
}

void EventPane::clearFilters()
{
    const QSignalBlocker quietText(m_text), quietKind(m_kind), quietSubject(m_subject);
    m_text->clear();
    m_kind->setCurrentIndex(0);
    m_subject->setCurrentIndex(0);
    m_ids.clear();
    applyFilter();
}

void EventPane::showEvidence(const QString &title, const QList<int> &ids)
{
    clearFilters();
    m_title = title;
    m_ids = QSet<int>(ids.cbegin(), ids.cend());
    applyFilter();
    m_table->selectAll();
    m_table->setFocus();
}

void EventPane::selectEvent(int id)
{
    clearFilters();
    const int row = m_model->rowOf(id);
    if (row < 0)
        return;
    m_table->selectRow(row);
    m_table->setCurrentIndex(m_model->index(row, 0));
    m_table->scrollTo(m_model->index(row, 0), QAbstractItemView::PositionAtCenter);
}

void EventPane::choose()
{
    // Without any event there is nothing that a filter could hide.
    const bool hidden = m_model->rowCount() == 0 && !m_model->events().isEmpty() && !m_model->filter().isEmpty() &&
                        !m_model->isScanning();
    m_stack->setCurrentIndex(hidden ? 1 : 0);
    showCount();
}

void EventPane::showCount()
{
    const QLocale locale(QLocale::C);
    const QString all = locale.toString(m_model->events().size());
    if (m_model->filter().isEmpty())
        return m_count->setText({});
    m_count->setText(
        QStringLiteral("%1 of %2%3")
            .arg(locale.toString(m_model->rowCount()), all, m_model->isScanning() ? QStringLiteral(" …") : QString()));
}

void EventPane::focusFilter()
{
    m_text->setFocus();
    m_text->selectAll();
}

void EventPane::exportCsv()
{
    m_chooseSaveFile(this, QStringLiteral("events.csv"), [this](const QString &path) {
        QList<Event> shown;
        shown.reserve(m_model->rowCount());
        for (int row = 0; row < m_model->rowCount(); ++row) {
            if (const Event *event = m_model->event(m_model->index(row, 0).data(Role::Key).toInt()))
                shown.append(*event);
        }
        QPointer<EventPane> self(this);
        QThreadPool::globalInstance()->start([self, path, shown, origin = m_model->originWallMs()] {
            const Result<void> written = writeFileAtomically(path, eventsToCsv(shown, origin));
            const QString text = written ? QStringLiteral("%1 events written: %2").arg(shown.size()).arg(path)
                                         : written.error().toString();
            QMetaObject::invokeMethod(
                qApp,
                [self, text] {
                    if (self)
                        Q_EMIT self->noticed(text);
                },
                Qt::QueuedConnection);
        });
    });
}

} // namespace Switchyard
