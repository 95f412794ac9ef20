// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/copydialog.h"

#include "models/common/files.h"
#include "models/common/numbertext.h"
#include "models/database/watch/databaseset.h"
#include "models/database/watch/endpointconnection.h"
#include "models/database/watch/productiondatabase.h"
#include "ui/common/format.h"
#include "ui/common/theme.h"
#include "ui/common/workbench.h"
#include "ui/database/comparedialog.h"
#include "ui/database/comparerows.h"
#include "ui/database/copyhtml.h"
#include "ui/database/copyoptionspane.h"
#include "ui/database/databasejob.h"
#include "ui/database/databasepair.h"
#include "ui/database/windowwords.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <tuple>
#include <utility>

namespace Switchyard {

CopyDialog::CopyDialog(Workbench *workbench, int source, int target, DatabaseServices services, QWidget *parent)
    : QDialog(parent)
    , m_workbench(workbench)
    , m_set(workbench->databases())
    , m_services(std::move(services))
    , m_job(std::make_unique<DatabaseJob>())
{
    setObjectName(QStringLiteral("copyDialog"));
    setWindowTitle(QStringLiteral("Copy a PostgreSQL database"));
    resize(920, 640);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    layout->addWidget(makeEnds());
    layout->addWidget(makeChoices());
    m_options = new CopyOptionsPane(m_services.choosePath, this);
    layout->addWidget(m_options);
    m_banner = new QFrame(this);
    m_banner->setObjectName(QStringLiteral("copyBanner"));
    m_bannerText = new QLabel(m_banner);
    m_bannerText->setObjectName(QStringLiteral("copyBannerText"));
    m_bannerText->setTextFormat(Qt::PlainText);
    m_bannerText->setWordWrap(true);
    m_bannerText->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_unlock = new QPushButton(QStringLiteral("Unlock…"), m_banner);
    m_unlock->setObjectName(QStringLiteral("copyUnlock"));
    m_unlock->setAutoDefault(false);
    auto *inBanner = new QHBoxLayout(m_banner);
    inBanner->setContentsMargins(10, 6, 6, 6);
    inBanner->addWidget(m_bannerText, 1);
    inBanner->addWidget(m_unlock);
    m_progress = new QProgressBar(this);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(6);
    m_doing = new QLabel(this);
    m_doing->setObjectName(QStringLiteral("copyDoing"));
    m_doing->setProperty("faded", true);
    m_text = new QTextBrowser(this);
    m_text->setObjectName(QStringLiteral("copyText"));
    m_text->setAccessibleName(QStringLiteral("Stages of the copy"));
    m_text->setOpenLinks(false);
    m_text->document()->setDocumentMargin(8);
    m_text->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    layout->addWidget(m_banner);
    layout->addWidget(m_progress);
    layout->addWidget(m_doing);
    layout->addWidget(m_text, 1);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(6);
    const auto button = [&](const QString &text, const char *name, auto slot) {
        auto *made = new QPushButton(text, this);
        made->setObjectName(QLatin1StringView(name));
        made->setAutoDefault(false);
        connect(made, &QPushButton::clicked, this, slot);
        return made;
    };
    m_save = button(QStringLiteral("Save report…"), "copySave", [this] { save(); });
    m_open = button(QStringLiteral("Comparison…"), "copyCompare", [this] { showComparison(); });
    m_planButton = button(QStringLiteral("Plan"), "copyPlan", [this] { run(true); });
    m_copyButton = button(QStringLiteral("Copy"), "copyGo", [this] { run(false); });
    m_cancel = button(QStringLiteral("Cancel"), "copyCancel", [this] {
        m_job->cancel();
        fill();
    });
    m_planButton->setToolTip(QStringLiteral("Looks at both and says what would happen; changes nothing"));
    buttons->addWidget(m_save);
    buttons->addWidget(m_open);
    buttons->addStretch(1);
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_planButton);
    buttons->addWidget(m_copyButton);
    layout->addLayout(buttons);
    connect(m_unlock, &QPushButton::clicked, this, [this] { m_services.askToUnlock(targetBackend(), this); });
    connect(workbench, &Workbench::lockChanged, this, &CopyDialog::fill);
    connect(workbench, &Workbench::workspaceClosed, this, &CopyDialog::leave);
    fillDatabaseChoice(m_source, m_set, source);
    fillDatabaseChoice(m_target, m_set, target);
    for (QComboBox *each : {m_source, m_target, m_into})
        connect(each, &QComboBox::currentIndexChanged, this, &CopyDialog::choicesChanged);
    connect(m_name, &QLineEdit::textChanged, this, &CopyDialog::choicesChanged);
    connect(m_final, &QCheckBox::toggled, this, &CopyDialog::choicesChanged);
    connect(m_options, &CopyOptionsPane::changed, this, &CopyDialog::choicesChanged);
    fill();
}

CopyDialog::~CopyDialog() = default;

QWidget *CopyDialog::makeEnds()
{
    auto *ends = new QWidget(this);
    auto *layout = new QHBoxLayout(ends);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_source = new QComboBox(ends);
    m_source->setObjectName(QStringLiteral("copySource"));
    m_source->setAccessibleName(QStringLiteral("Source"));
    m_target = new QComboBox(ends);
    m_target->setObjectName(QStringLiteral("copyTarget"));
    m_target->setAccessibleName(QStringLiteral("Target"));
    m_swap = new QPushButton(QStringLiteral("⇄"), ends);
    m_swap->setObjectName(QStringLiteral("copySwap"));
    m_swap->setAccessibleName(QStringLiteral("Exchange source and target"));
    m_swap->setToolTip(QStringLiteral("The way back: exchange source and target"));
    m_swap->setAutoDefault(false);
    m_swap->setFixedWidth(32);
    connect(m_swap, &QPushButton::clicked, this, [this] {
        const int source = m_source->currentIndex();
        m_source->setCurrentIndex(m_target->currentIndex());
        m_target->setCurrentIndex(source);
    });
    layout->addWidget(new QLabel(QStringLiteral("From"), ends));
    layout->addWidget(m_source, 1);
    layout->addWidget(m_swap);
    layout->addWidget(new QLabel(QStringLiteral("to"), ends));
    layout->addWidget(m_target, 1);
    return ends;
}

QWidget *CopyDialog::makeChoices()
{
    auto *options = new QWidget(this);
    auto *layout = new QHBoxLayout(options);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_into = new QComboBox(options);
    m_into->setObjectName(QStringLiteral("copyInto"));
    m_into->setAccessibleName(QStringLiteral("What the target holds"));
    m_into->addItem(QStringLiteral("into an empty target"));
    m_into->addItem(QStringLiteral("beside what it holds, deleting nothing"));
    m_into->addItem(QStringLiteral("replacing what has the same name"));
    m_name = new QLineEdit(options);
    m_name->setObjectName(QStringLiteral("copyCleanName"));
    m_name->setPlaceholderText(QStringLiteral("type the target database's name"));
    m_name->setMinimumWidth(200);
    m_final = new QCheckBox(QStringLiteral("final sync"), options);
    m_final->setObjectName(QStringLiteral("copyFinal"));
    m_final->setToolTip(QStringLiteral("Says how to freeze writes, and what was written since the last copy"));
    m_analyze = new QCheckBox(QStringLiteral("ANALYZE"), options);
    m_analyze->setToolTip(QStringLiteral("A dump carries no statistics of the planner"));
    m_analyze->setChecked(true);
    m_compare = new QCheckBox(QStringLiteral("compare at the end"), options);
    m_compare->setChecked(true);
    layout->addWidget(m_into);
    layout->addWidget(m_name);
    layout->addStretch(1);
    layout->addWidget(m_final);
    layout->addWidget(m_analyze);
    layout->addWidget(m_compare);
    return options;
}

// ---- what is chosen

/// A plan is worth something only for what it was made for.
void CopyDialog::choicesChanged()
{
    m_plan.reset();
    m_report.reset();
    m_refused.clear();
    m_steps.clear();
    fill();
}

QString CopyDialog::targetBackend() const
{
    const int target = chosenDatabase(m_target);
    return m_set && target >= 0 && target < m_set->count() ? m_set->record(target).backend : QString();
}

QString CopyDialog::obstacle() const
{
    if (!m_set || !m_workbench)
        return QStringLiteral("The workspace was closed.");
    if (chosenDatabase(m_source) == chosenDatabase(m_target))
        return QStringLiteral("Source and target are the same database.");
    if (!m_options->problem().isEmpty())
        return QStringLiteral("The options do not go together: see there.");
    if (Into(m_into->currentIndex()) == Into::Replace && m_name->text().trimmed().isEmpty())
        return QStringLiteral("What the target holds under the same names would be deleted: type the name of its "
                              "database.");
    if (m_workbench->isLocked(targetBackend()))
        return QStringLiteral("%1 is a production backend: it is only read until it is unlocked.").arg(targetBackend());
    return {};
}

// ---- what runs

void CopyDialog::run(bool planOnly)
{
    const int source = chosenDatabase(m_source);
    const int target = chosenDatabase(m_target);
    if (m_job->isRunning() || !m_set || source < 0 || target < 0 || (!planOnly && (!m_plan || !obstacle().isEmpty())))
        return;
    const QString backend = targetBackend();
    if (!planOnly && m_set->record(target).production) {
        const Result<void> logged = m_workbench->audit(backend, QStringLiteral("database copy"),
                                                       QStringLiteral("begun, from %1").arg(m_source->currentText()));
        if (!logged) {
            m_refused = logged.error().toString();
            return fill();
        }
    }
    CopyOptions options;
    const Into into = Into(m_into->currentIndex());
    options.intoNonEmpty = into == Into::Beside;
    if (into == Into::Replace)
        options.clean = m_name->text().trimmed();
    m_options->apply(&options);
    options.planOnly = planOnly;
    options.finalSync = m_final->isChecked();
    options.analyze = m_analyze->isChecked();
    options.compareAfter = m_compare->isChecked();
    options.sourceName = m_source->currentText();
    options.targetName = m_target->currentText();
    if (const Backend *its = m_workbench->workspace().backend(m_set->record(source).backend))
        options.sourcePlatform = its->platform;
    options.onStep = [this](const CopyStep &step) { m_job->post([this, step] { showStep(step); }); };
    options.onProgress = [this](const CopyProgress &progress) {
        m_job->post([this, progress] { showProgress(progress); });
    };
    options.compare.onProgress = [this](const CompareProgress &progress) {
        m_job->post([this, progress] {
            if (m_job->isRunning())
                m_doing->setText(compareProgressText(progress));
        });
    };
    m_refused.clear();
    m_steps.clear();
    m_report.reset();
    if (planOnly)
        m_plan.reset();
    m_planning = planOnly;
    m_stays = false;
    // A production database under the name of another backend would go round the lock and the audit log.
    std::optional<Workspace> guarded;
    if (!m_set->record(target).production)
        guarded = m_workbench->workspace();
    m_job->start(
        [options, guarded, from = m_set->record(source).endpoint,
         to = m_set->record(target).endpoint](const CancelFlag &flag) mutable -> Result<CopyReport> {
            const Result<OpenEndpoint> left = openEndpoint(from, flag);
            if (!left)
                return tl::unexpected(left.error());
            const Result<OpenEndpoint> right = openEndpoint(to, flag);
            if (!right)
                return tl::unexpected(right.error());
            options.access.cancelled = flag;
            options.compare.access = options.access;
            const Backend *production =
                guarded ? productionBackendOf(*guarded, to, right->connection, SamePlace::Database) : nullptr;
            if (production)
                return fail(ErrorKind::Usage,
                            QStringLiteral("the target leads to a database of %1, which is a production backend")
                                .arg(production->name),
                            QStringLiteral("choose it as the target by that backend's name"));
            const Result<void> may = copyable(left->connection, right->connection, options);
            if (!may)
                return tl::unexpected(may.error());
            return copyDatabase(left->connection, right->connection, options);
        },
        [this, planOnly, backend, production = m_set->record(target).production](const Result<CopyReport> &done) {
            if (!planOnly && production && m_workbench)
                (void)m_workbench->audit(backend, QStringLiteral("database copy"),
                                         done ? copyVerdictName(done->verdict()) : done.error().message);
            finish(done, planOnly);
        });
    fill();
}

void CopyDialog::finish(const Result<CopyReport> &done, bool planOnly)
{
    if (m_closing)
        return deleteLater();
    if (!done)
        m_refused = copyInWindowWords(done.error().toString());
    else if (planOnly)
        m_plan = std::make_shared<const CopyReport>(*done);
    else
        m_report = std::make_shared<const CopyReport>(*done);
    // The copy has made its file, or has not: whether the choices go together is to be seen anew.
    m_options->setKept(m_report ? m_report->file : QString());
    fill();
}

void CopyDialog::showStep(const CopyStep &step)
{
    if (!m_job->isRunning())
        return;
    m_steps.append(step);
    fillText();
    m_text->verticalScrollBar()->setValue(m_text->verticalScrollBar()->maximum());
}

void CopyDialog::showProgress(const CopyProgress &progress)
{
    if (!m_job->isRunning() || m_job->isCancelling())
        return;
    m_progress->setRange(0, progress.share ? 1'000 : 0);
    if (progress.share)
        m_progress->setValue(int(*progress.share * 1'000));
    QStringList words{copyStageName(progress.stage)};
    if (progress.tables > 0)
        words.append(QStringLiteral("%1 of %2 tables").arg(progress.tablesDone).arg(progress.tables));
    if (progress.bytes > 0)
        words.append(QStringLiteral("%1, %2/s")
                         .arg(dataSizeText(progress.bytes), dataSizeText(qint64(progress.bytesPerSecond))));
    if (progress.share)
        words.append(QStringLiteral("about %1").arg(shareText(*progress.share)));
    if (!progress.object.isEmpty())
        words.append(progress.object);
    m_doing->setText(words.join(QStringLiteral("  ·  ")));
}

// ---- what is shown

void CopyDialog::fill()
{
    const bool runs = m_job->isRunning();
    const QWidget *focused = focusWidget();
    for (QWidget *each :
         {static_cast<QWidget *>(m_source), static_cast<QWidget *>(m_target), static_cast<QWidget *>(m_swap),
          static_cast<QWidget *>(m_into), static_cast<QWidget *>(m_name), static_cast<QWidget *>(m_final),
          static_cast<QWidget *>(m_analyze), static_cast<QWidget *>(m_compare)})
        each->setEnabled(!runs && m_set);
    m_options->setEditable(!runs && m_set);
    m_name->setVisible(Into(m_into->currentIndex()) == Into::Replace);
    const QString why = obstacle();
    const CopyReport *last = m_report ? m_report.get() : m_plan.get();
    const bool planned = m_plan && !m_plan->failed() && !m_plan->cancelled;
    const bool same = m_set && chosenDatabase(m_source) == chosenDatabase(m_target);
    m_planButton->setVisible(!runs);
    const bool fits = m_options->problem().isEmpty();
    m_planButton->setEnabled(m_set && !same && fits);
    m_copyButton->setVisible(!runs);
    m_copyButton->setEnabled(planned && why.isEmpty() && !m_report);
    m_planButton->setDefault(!planned);
    m_copyButton->setDefault(planned);
    m_cancel->setVisible(runs);
    m_cancel->setEnabled(!m_job->isCancelling());
    m_cancel->setText(m_job->isCancelling() ? QStringLiteral("Cancelling…") : QStringLiteral("Cancel"));
    // A button that goes would hand the focus to any other, and the next key to something nobody meant.
    if (runs && (focused == m_planButton || focused == m_copyButton))
        m_cancel->setFocus();
    else if (!runs && focused == m_cancel)
        m_text->setFocus();
    m_save->setEnabled(last && !runs);
    m_open->setVisible(m_report && m_report->comparison.has_value());
    m_progress->setVisible(runs);
    m_doing->setVisible(runs);
    if (runs && m_steps.isEmpty()) {
        m_progress->setRange(0, 0);
        m_doing->setText(QStringLiteral("Connecting to both."));
    }
    State state = State::Unknown;
    QString text;
    const bool locked = m_workbench && m_workbench->isLocked(targetBackend());
    if (isCopying() && m_stays) {
        state = State::Degraded;
        text = QStringLiteral("▲ The copy runs still. Cancel ends it; then this window can be closed.");
    } else if (!m_refused.isEmpty()) {
        state = State::Down;
        text = QStringLiteral("■ ") + m_refused;
    } else if (last && (last->cancelled || last->failed() || m_report)) {
        std::tie(state, text) = copyOutcome(*last);
    } else if (!why.isEmpty()) {
        state = State::Degraded;
        text = QStringLiteral("◆ ") + why;
    } else if (planned && !m_plan->willDelete.isEmpty()) {
        state = State::Down;
        text = QStringLiteral("◆ The copy would delete %1 of the target, named below.")
                   .arg(countedText(m_plan->willDelete.size(), "object", "objects"));
    } else if (planned) {
        state = State::Up;
        text = QStringLiteral("● The plan finds no obstacle. Nothing was changed so far.");
    }
    const ThemeColors &colors = themeColors(palette());
    m_banner->setVisible(!text.isEmpty() && (!runs || (isCopying() && m_stays)));
    m_banner->setStyleSheet(
        QStringLiteral("#copyBanner { background: %1; border-radius: 4px; }").arg(colors.tint(state).name()));
    m_bannerText->setText(text);
    m_unlock->setVisible(locked && m_refused.isEmpty());
    fillText();
}

void CopyDialog::fillText()
{
    const ThemeColors &colors = themeColors(palette());
    const CopyReport *last = m_report ? m_report.get() : m_plan.get();
    const bool runs = m_job->isRunning();
    const QList<CopyStep> &steps = runs || !last ? m_steps : last->steps;
    if (steps.isEmpty()) {
        CopyOptions chosen;
        m_options->apply(&chosen);
        m_text->setHtml(copyIntroHtml(chosen.jobs));
    } else {
        m_text->setHtml(copyHtml(steps, runs ? nullptr : last, colors));
    }
}

void CopyDialog::save()
{
    m_services.choosePath(this, QStringLiteral("copy.md"), [this](const QString &path) {
        const CopyReport *last = m_report ? m_report.get() : m_plan.get();
        if (path.isEmpty() || !last)
            return;
        const Result<void> written = writeFileAtomically(path, copyReportForFile(*last, path));
        if (!written)
            QMessageBox::warning(this, QStringLiteral("Not saved"), written.error().toString());
    });
}

void CopyDialog::showComparison()
{
    if (!m_report || !m_report->comparison)
        return;
    auto *dialog = new CompareDialog(m_set, chosenDatabase(m_source), chosenDatabase(m_target), m_services.choosePath,
                                     parentWidget());
    dialog->showReport(std::make_shared<const CompareReport>(*m_report->comparison));
    dialog->show();
}

bool CopyDialog::isCopying() const
{
    return m_job->isRunning() && !m_planning;
}

/// A key pressed once too often must not end what is being written, nor hide what came of it.
void CopyDialog::reject()
{
    if (!isCopying() || m_closing)
        return leave();
    m_stays = true;
    m_cancel->setFocus();
    fill();
}

void CopyDialog::leave()
{
    m_job->cancel();
    m_closing = true;
    QDialog::reject();
    if (!m_job->isRunning())
        deleteLater();
}

void CopyDialog::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        fill();
    QDialog::changeEvent(event);
}

} // namespace Switchyard
