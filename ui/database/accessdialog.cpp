// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/accessdialog.h"

#include "models/common/files.h"
#include "models/database/watch/databaseset.h"
#include "ui/common/notice.h"
#include "ui/common/workbench.h"
#include "ui/database/accesstoldpane.h"
#include "ui/database/accessview.h"
#include "ui/database/databasejob.h"
#include "ui/database/databasepair.h"
#include "ui/database/windowwords.h"

#include <QClipboard>
#include <QComboBox>
#include <QDateTime>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <utility>

namespace Switchyard {

AccessDialog::AccessDialog(Workbench *workbench, int database, DatabaseServices services, QWidget *parent)
    : QDialog(parent)
    , m_workbench(workbench)
    , m_set(workbench->databases())
    , m_services(std::move(services))
    , m_job(std::make_unique<DatabaseJob>())
{
    setObjectName(QStringLiteral("accessDialog"));
    setWindowTitle(QStringLiteral("Network access"));
    resize(1040, 720);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    layout->addWidget(makeBar());
    m_told = new AccessToldPane(workbench->catalogue(), m_services.chooseFile, this);
    layout->addWidget(m_told);
    m_stack = new QStackedWidget(this);
    m_view = new AccessView(m_stack);
    m_notice = new NoticePane(m_stack);
    m_notice->setObjectName(QStringLiteral("accessNotice"));
    m_stack->addWidget(m_view);
    m_stack->addWidget(m_notice);
    layout->addWidget(m_stack, 1);
    fillDatabaseChoice(m_database, m_set, database);
    if (database < 0)
        m_database->setCurrentIndex(-1);
    connect(m_database, &QComboBox::currentIndexChanged, this, &AccessDialog::choose);
    connect(m_told, &AccessToldPane::changed, this, &AccessDialog::ask);
    connect(m_view, &AccessView::listWanted, m_told, &AccessToldPane::chooseList);
    connect(m_notice, &NoticePane::buttonPressed, this, &AccessDialog::askAgain);
    connect(workbench, &Workbench::workspaceClosed, this, &AccessDialog::reject);
    choose();
}

AccessDialog::~AccessDialog() = default;

QWidget *AccessDialog::makeBar()
{
    auto *bar = new QWidget(this);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_database = new QComboBox(bar);
    m_database->setObjectName(QStringLiteral("accessDatabase"));
    m_database->setAccessibleName(QStringLiteral("Database"));
    m_database->setPlaceholderText(QStringLiteral("Choose a database"));
    m_database->setMinimumWidth(240);
    auto *what = new QLabel(QStringLiteral("Who may connect to"), bar);
    m_copy = new QPushButton(QStringLiteral("Copy as text"), bar);
    m_copy->setObjectName(QStringLiteral("accessCopy"));
    m_copy->setToolTip(QStringLiteral("All of it, as the command line prints it"));
    m_save = new QPushButton(QStringLiteral("Save report…"), bar);
    m_save->setObjectName(QStringLiteral("accessSave"));
    m_save->setToolTip(QStringLiteral("Markdown, text or JSON, by the file's ending"));
    for (QPushButton *each : {m_copy, m_save})
        each->setAutoDefault(false);
    layout->addWidget(what);
    layout->addWidget(m_database);
    layout->addStretch(1);
    layout->addWidget(m_copy);
    layout->addWidget(m_save);
    connect(m_copy, &QPushButton::clicked, this, &AccessDialog::copyText);
    connect(m_save, &QPushButton::clicked, this, &AccessDialog::save);
    return bar;
}

/// Another database, and so another backend and another list: what was told of the one before is not of this one.
void AccessDialog::choose()
{
    const int index = chosenDatabase(m_database);
    const bool any = m_set && index >= 0 && index < m_set->count();
    const Backend *backend = any ? m_workbench->workspace().backend(m_set->record(index).backend) : nullptr;
    const Platform *platform = backend ? m_workbench->catalogue()->find(backend->platform) : nullptr;
    m_told->begin(platform ? platform->name : QString(), any ? m_set->record(index).endpoint.plan : QString());
    m_told->setEnabled(backend != nullptr);
    m_answer.reset();
    m_error.reset();
    m_read.reset();
    ask();
}

void AccessDialog::askAgain()
{
    m_read.reset();
    ask();
}

void AccessDialog::ask()
{
    if (m_job->isRunning()) {
        m_again = true;
        return fill(); // another database may have been chosen: nothing of the one before may stand under its name
    }
    const int index = chosenDatabase(m_database);
    const Backend *backend = m_workbench && m_set && index >= 0 && index < m_set->count()
                                 ? m_workbench->workspace().backend(m_set->record(index).backend)
                                 : nullptr;
    if (!backend)
        return fill();
    AccessRequest request;
    request.catalogue = m_workbench->catalogue();
    request.backend = *backend;
    request.database = m_set->record(index).endpoint;
    request.workspaceFile = m_workbench->workspace().file;
    request.connection = m_read;
    if (m_set->record(index).connection)
        request.connection = *m_set->record(index).connection;
    request.told = m_told->told();
    request.now = QDateTime::currentDateTimeUtc();
    using Done = std::pair<Result<AccessAnswer>, std::optional<Result<ConnectionString>>>;
    const auto work = [request](const CancelFlag &) mutable -> Done {
        Result<AccessAnswer> answer = answerAccess(&request);
        return {std::move(answer), std::move(request.connection)};
    };
    m_job->start(work, [this, index](const Done &done) {
        if (index == chosenDatabase(m_database))
            m_read = done.second;
        finish(done.first);
    });
    fill();
}

void AccessDialog::finish(const Result<AccessAnswer> &done)
{
    if (m_closing)
        return deleteLater();
    if (std::exchange(m_again, false))
        return ask();
    m_error = done ? std::optional<Error>() : std::optional<Error>(done.error());
    // A slip of the hand in a field takes nothing away that is shown: it is said beside the field.
    if (done)
        m_answer = *done;
    fill();
}

void AccessDialog::fill()
{
    const bool runs = m_job->isRunning();
    const bool any = m_set && chosenDatabase(m_database) >= 0;
    const bool shown = m_answer.has_value();
    m_copy->setEnabled(shown && !m_error && !runs);
    m_save->setEnabled(shown && !m_error && !runs);
    // What is shown answers what was told before the slip.
    m_view->setEnabled(!m_error);
    m_told->showProblem(shown && m_error ? accessInWindowWords(m_error->toString()) : QString());
    if (!m_set)
        m_notice->show(QStringLiteral("database"), QStringLiteral("The workspace was closed."), {});
    else if (!any)
        m_notice->show(QStringLiteral("database"), QStringLiteral("Choose a database, to see who may connect to it."),
                       QStringLiteral("The advice comes from the workspace and from what is known of the platforms: "
                                      "nobody is asked, and nothing is changed."));
    else if (runs)
        m_notice->show(QStringLiteral("database"), QStringLiteral("Reading whose list it is."),
                       QStringLiteral("The connection string tells the service; nobody connects."));
    else if (m_error)
        m_notice->show(QStringLiteral("failed"), QStringLiteral("Whose list it is cannot be told."),
                       accessInWindowWords(m_error->toString()) +
                           QStringLiteral("\nChoose the service at \"The list is of\": then the string is not needed."),
                       QStringLiteral("Try again"));
    m_stack->setCurrentIndex(shown && any ? 0 : 1);
    if (shown && !runs && !m_error)
        m_view->show(*m_answer);
}

void AccessDialog::copyText()
{
    if (m_answer)
        QGuiApplication::clipboard()->setText(accessAdviceToText(m_answer->advice));
}

void AccessDialog::save()
{
    m_services.choosePath(this, QStringLiteral("network-access.md"), [this](const QString &path) {
        if (path.isEmpty() || !m_answer)
            return;
        const Result<void> written = writeFileAtomically(path, accessAdviceForFile(m_answer->advice, path));
        if (!written)
            QMessageBox::warning(this, QStringLiteral("Not saved"), written.error().toString());
    });
}

void AccessDialog::reject()
{
    m_closing = true;
    QDialog::reject();
    if (!m_job->isRunning())
        deleteLater();
}

} // namespace Switchyard
