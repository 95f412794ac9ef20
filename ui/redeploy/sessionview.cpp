// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/sessionview.h"

#include "models/redeploy/journal.h"
#include "models/redeploy/sessionlist.h"
#include "models/report/sessionreport.h"
#include "ui/common/format.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/redeploy/comparisonview.h"
#include "ui/redeploy/sessionbody.h"
#include "ui/redeploy/sessionlist.h"
#include "ui/redeploy/sessionpdf.h"
#include "ui/redeploy/sessionrows.h"
#include "ui/redeploy/verdictbanner.h"

#include <QFileInfo>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

constexpr int tickEveryMs = 1'000;
enum Part
{
    NoticePart,
    BodyPart,
    ListPart,
    ComparisonPart
};

/// A session opened from its journal, judged anew.
Result<SessionOutcomePtr> readSession(const QString &folder)
{
    const Result<SessionRecord> record = readJournal(folder);
    if (!record)
        return tl::unexpected(record.error());
    auto outcome = std::make_shared<SessionOutcome>();
    outcome->record = *record;
    outcome->backend = record->header.backend;
    outcome->verdict = judge(*record);
    outcome->wallMs = record->header.startedWallMs + qint64(outcome->verdict.lastMs);
    outcome->folder = folder;
    return SessionOutcomePtr(outcome);
}

QString whatText(const SessionHeader &header)
{
    return header.rehearsal ? QStringLiteral("Rehearsal of %1 on %2's sequence").arg(header.backend, header.platform)
                            : QStringLiteral("%1 on %2, driver %3").arg(header.backend, header.platform, header.driver);
}

} // namespace

SessionView::SessionView(Workbench *workbench, ChooseSaveFile chooseSaveFile, QWidget *parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_chooseSaveFile(std::move(chooseSaveFile))
    , m_stack(new QStackedWidget(this))
    , m_notice(new NoticePane(this))
{
    setObjectName(QStringLiteral("sessionView"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    makeParts();
    connect(m_notice, &NoticePane::buttonPressed, this, &SessionView::startAgain);
    m_tickTimer.setInterval(tickEveryMs);
    connect(&m_tickTimer, &QTimer::timeout, this, &SessionView::tick);
    connect(m_workbench, &Workbench::sessionStarted, this, &SessionView::begin);
    connect(m_workbench, &Workbench::sessionFinished, this, &SessionView::finish);
    connect(m_workbench, &Workbench::sessionFailed, this, [this](const Error &error) { fail(error.toString()); });
    connect(m_workbench, &Workbench::sessionListRequested, this, &SessionView::showList);
    connect(m_workbench, &Workbench::workspaceClosed, this, [this] {
        m_tickTimer.stop();
        ++m_read;
        m_shown.reset();
        m_shownBackend.clear();
        m_body->clear();
        showNone();
    });
    connect(m_workbench, &Workbench::workspaceOpened, this, [this] { m_body->setPaused(false); });
    connect(m_workbench, &Workbench::currentBackendChanged, this, &SessionView::showBackend);
    if (m_workbench->sessionRunning())
        begin();
    else
        showBackend(m_workbench->currentBackend());
}

SessionView::~SessionView() = default;

void SessionView::makeParts()
{
    m_body = new SessionBody(m_chooseSaveFile, this);
    m_list = new SessionList(this);
    m_comparison = new ComparisonView(this);
    m_stack->addWidget(m_notice);
    m_stack->addWidget(m_body);
    m_stack->addWidget(m_list);
    m_stack->addWidget(m_comparison);
    connect(m_body, &SessionBody::noticed, m_workbench, &Workbench::noticed);
    VerdictBanner *banner = m_body->banner();
    connect(banner, &VerdictBanner::cancelRequested, m_workbench, &Workbench::interruptSession);
    connect(banner, &VerdictBanner::reportRequested, this, &SessionView::saveReport);
    connect(banner, &VerdictBanner::listRequested, this, &SessionView::showList);
    connect(banner, &VerdictBanner::compareRequested, this, &SessionView::compareWithPrevious);
    connect(m_list, &SessionList::openRequested, this, &SessionView::openSession);
    connect(m_list, &SessionList::compareRequested, this, &SessionView::compare);
    connect(m_list, &SessionList::noticed, m_workbench, &Workbench::noticed);
    connect(m_list, &SessionList::backRequested, this, [this] {
        if (m_workbench->sessionRunning() || m_shown)
            m_stack->setCurrentIndex(BodyPart);
        else
            showBackend(m_workbench->currentBackend());
    });
    connect(m_comparison, &ComparisonView::backRequested, this, &SessionView::showList);
    connect(m_comparison, &ComparisonView::openRequested, this, &SessionView::openSession);
}

void SessionView::showBackend(const QString &backend)
{
    if (m_workbench->sessionRunning()) {
        if (backend != m_shownBackend)
            Q_EMIT m_workbench->noticed(
                QStringLiteral("The session on %1 is shown until it is over.").arg(m_shownBackend));
        return;
    }
    ++m_read;
    m_shownBackend = backend;
    if (const SessionOutcomePtr last = m_workbench->lastOutcome(backend))
        return showOutcome(last, last == m_shown);
    m_shown.reset();
    showNone();
}

void SessionView::showNone()
{
    // The button says what it does: redeploying ends connections, watching does not.
    const bool watches = !m_workbench->redeployObstacle(m_shownBackend).isEmpty();
    m_noticeDoes = watches ? NoticeDoes::Watch : NoticeDoes::Redeploy;
    m_notice->show(
        QStringLiteral("session"),
        m_shownBackend.isEmpty() ? QStringLiteral("No redeploy was watched yet.")
                                 : QStringLiteral("No redeploy of %1 was watched since the start.").arg(m_shownBackend),
        QStringLiteral("A session holds the probe clients open, watches the redeploy and judges what it did to them.\n"
                       "Sessions recorded earlier stand in Deploy, Recorded sessions (Ctrl+Shift+E)."),
        watches ? QStringLiteral("Watch a redeploy") : QStringLiteral("Redeploy and judge"));
    m_stack->setCurrentIndex(NoticePart);
}

void SessionView::startAgain()
{
    switch (m_noticeDoes) {
    case NoticeDoes::Redeploy:
        return m_workbench->redeploy(m_shownBackend);
    case NoticeDoes::Watch:
        return m_workbench->watch(m_shownBackend);
    case NoticeDoes::TryAgain:
        return m_workbench->tryAgain();
    case NoticeDoes::List:
    case NoticeDoes::Cancel:
        ++m_read;
        return showList();
    }
}

void SessionView::begin()
{
    RedeploySession *session = m_workbench->session();
    ++m_read;
    m_shown.reset();
    m_shownBackend = m_workbench->sessionBackend();
    m_body->clear();
    m_body->banner()->setRunning(true);
    m_body->banner()->show(State::Working, QStringLiteral("RUNNING"), QStringLiteral("Preparing"),
                           QStringLiteral("The backend is made ready."));
    m_stack->setCurrentIndex(BodyPart);
    connect(session, &RedeploySession::eventsAppended, this, &SessionView::take);
    take();
    m_tickTimer.start();
}

void SessionView::take()
{
    const RedeploySession *session = m_workbench->session();
    if (!session || m_shown)
        return;
    const SessionRecord &record = session->record();
    m_body->append(record.header, record.events.mid(m_body->taken()));
}

void SessionView::tick()
{
    const RedeploySession *session = m_workbench->session();
    if (!session || !m_workbench->sessionRunning())
        return;
    const QString phase = RedeploySession::phaseName(session->phase());
    // Before the trigger nothing can be judged.
    const bool judged = session->phase() >= RedeploySession::Phase::Triggered;
    const bool rehearsal = session->record().header.rehearsal;
    m_body->banner()->show(State::Working, QStringLiteral("RUNNING"), QStringLiteral("Phase: %1").arg(phase),
                           QStringLiteral("%1%2, %3 since the start.%4")
                               .arg(rehearsal ? QStringLiteral("Rehearsal of ") : QString(), m_shownBackend,
                                    ageText(session->elapsedMs()),
                                    judged ? QStringLiteral(" The gates below are provisional.") : QString()));
    m_body->setRunning(phase, session->elapsedMs(), judged);
}

void SessionView::finish()
{
    m_shownBackend = m_workbench->sessionBackend();
    const bool elsewhere = m_stack->currentIndex() != BodyPart && m_stack->currentIndex() != NoticePart;
    const int part = m_stack->currentIndex();
    if (const SessionOutcomePtr last = m_workbench->lastOutcome(m_shownBackend))
        showOutcome(last, true);
    // Who reads the list meanwhile is not torn away from it.
    if (elsewhere)
        m_stack->setCurrentIndex(part);
}

void SessionView::showOutcome(const SessionOutcomePtr &outcome, bool live)
{
    const bool already = m_shown == outcome;
    m_tickTimer.stop();
    m_shown = outcome;
    m_stack->setCurrentIndex(BodyPart);
    if (already)
        return;
    const Verdict &verdict = outcome->verdict;
    const SessionHeader &header = outcome->record.header;
    VerdictBanner *banner = m_body->banner();
    m_body->showFinished(outcome->record, verdict, live);
    banner->setRunning(false);
    const QString partial = outcome->record.complete ? QString()
                            : outcome->record.endReason.isEmpty()
                                ? QStringLiteral("Partial: its journal has no end. ")
                                : QStringLiteral("Partial: %1. ").arg(outcome->record.endReason);
    banner->show(outcomeState(verdict.outcome), outcomeName(verdict.outcome).toUpper(), verdict.summary,
                 QStringLiteral("%1%2, %3 local (%4)")
                     .arg(partial, whatText(header), localTime(header.startedWallMs), utcTime(header.startedWallMs)));
    findPrevious();
}

void SessionView::findPrevious()
{
    m_previous.clear();
    m_body->banner()->setComparable(false);
    if (m_workbench->journalFolder().isEmpty())
        return;
    offThread(
        this,
        [folder = m_workbench->journalFolder(), header = m_shown->record.header] {
            return previousSession(folder, header);
        },
        [this, shown = m_shown](const QString &folder) {
            if (shown != m_shown)
                return;
            m_previous = folder;
            m_body->banner()->setComparable(!folder.isEmpty());
        });
}

void SessionView::fail(const QString &message)
{
    m_tickTimer.stop();
    m_shown.reset();
    m_shownBackend = m_workbench->triedBackend();
    m_noticeDoes = NoticeDoes::TryAgain;
    m_notice->show(QStringLiteral("failed"), QStringLiteral("■ The session did not begin."), message,
                   QStringLiteral("Try again"));
    m_stack->setCurrentIndex(NoticePart);
}

void SessionView::showList()
{
    ++m_read;
    m_stack->setCurrentIndex(ListPart);
    m_list->load(m_workbench->journalFolder());
}

void SessionView::wait(const QString &sentence)
{
    m_noticeDoes = NoticeDoes::Cancel;
    m_notice->show(QStringLiteral("session"), QStringLiteral("◌ ") + sentence,
                   QStringLiteral("A journal can be hundreds of megabytes long."), QStringLiteral("Cancel"));
    m_stack->setCurrentIndex(NoticePart);
}

void SessionView::refuse(const QString &sentence, const Error &error)
{
    m_noticeDoes = NoticeDoes::List;
    m_notice->show(QStringLiteral("failed"), QStringLiteral("■ ") + sentence, error.toString(),
                   QStringLiteral("All sessions"));
    m_stack->setCurrentIndex(NoticePart);
}

void SessionView::openSession(const QString &folder)
{
    if (m_workbench->sessionRunning()) {
        Q_EMIT m_workbench->noticed(QStringLiteral("The session on %1 is shown until it is over.").arg(m_shownBackend));
        return m_stack->setCurrentIndex(BodyPart);
    }
    wait(QStringLiteral("Reading %1…").arg(QFileInfo(folder).fileName()));
    offThread(
        this, [folder] { return readSession(folder); },
        [this, run = ++m_read](const Result<SessionOutcomePtr> &read) {
            if (run != m_read)
                return;
            if (!read)
                return refuse(QStringLiteral("The session cannot be opened."), read.error());
            showOutcome(*read, false);
        });
}

void SessionView::compareWithPrevious()
{
    if (m_shown && !m_previous.isEmpty())
        compare(m_previous, m_shown->folder);
}

void SessionView::compare(const QString &before, const QString &after)
{
    wait(QStringLiteral("Comparing two sessions…"));
    using Pair = std::pair<Result<SessionOutcomePtr>, Result<SessionOutcomePtr>>;
    offThread(
        this,
        [before, after, shown = m_shown] {
            const bool known = shown && shown->folder == after;
            return Pair(readSession(before), known ? Result<SessionOutcomePtr>(shown) : readSession(after));
        },
        [this, run = ++m_read](const Pair &read) {
            if (run != m_read)
                return;
            for (const auto *each : {&read.first, &read.second}) {
                if (!*each)
                    return refuse(QStringLiteral("The sessions cannot be compared."), each->error());
            }
            m_comparison->show(*read.first, *read.second);
            m_stack->setCurrentIndex(ComparisonPart);
        });
}

void SessionView::saveReport(const QString &suffix)
{
    if (!m_shown)
        return;
    const QString name = QStringLiteral("redeploy-%1.%2").arg(m_shown->backend, suffix);
    m_chooseSaveFile(this, name, [this, outcome = m_shown, suffix](const QString &path) {
        const auto tell = [this](const QString &file, const Result<void> &written) {
            Q_EMIT m_workbench->noticed(written ? QStringLiteral("Report written: %1").arg(file)
                                                : written.error().toString());
        };
        // A PDF is painted, and that is done where widgets live.
        if (suffix == QLatin1StringView("pdf"))
            return tell(path, writeSessionPdf(path, outcome->record, outcome->verdict));
        offThread(
            this, [path, outcome] { return writeSessionReport(path, outcome->record, outcome->verdict); },
            [tell, path](const Result<void> &written) { tell(path, written); });
    });
}

void SessionView::focusFilter()
{
    if (m_stack->currentIndex() == ListPart)
        m_list->focusFilter();
    else
        m_body->focusFilter();
}

bool SessionView::togglePause()
{
    if (m_shown || m_stack->currentIndex() != BodyPart)
        return false;
    m_body->setPaused(!m_body->isPaused());
    return true;
}

} // namespace Switchyard
