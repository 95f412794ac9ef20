// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/environmentpage.h"

#include "models/common/files.h"
#include "models/environment/envfilemaker.h"
#include "ui/common/columns.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/table.h"
#include "ui/common/theme.h"
#include "ui/common/workbench.h"
#include "ui/environment/detailpane.h"
#include "ui/environment/filterbar.h"
#include "ui/environment/holdbutton.h"
#include "ui/environment/scanpane.h"
#include "ui/environment/variableactions.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QHeaderView>
#include <QJsonArray>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QUndoStack>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int revealKey = Qt::Key_F9;

QString countedRows(qsizetype count)
{
    return count == 1 ? QStringLiteral("1 variable") : QStringLiteral("%1 variables").arg(count);
}

QJsonArray sizesOf(const QSplitter *splitter)
{
    QJsonArray sizes;
    for (const int size : splitter->sizes())
        sizes.append(size);
    return sizes;
}

void setSizesOf(QSplitter *splitter, const QJsonArray &array)
{
    QList<int> sizes;
    for (const QJsonValue &size : array)
        sizes.append(size.toInt());
    if (sizes.size() == splitter->count() && std::all_of(sizes.begin(), sizes.end(), [](int size) { return size > 0; }))
        splitter->setSizes(sizes);
}

/// A style sheet is costly to set, also where it is the one that is there.
void tint(QFrame *banner, const QColor &color)
{
    const QString sheet =
        QStringLiteral("#%1 { background: %2; border-radius: 4px; }").arg(banner->objectName(), color.name());
    if (banner->styleSheet() != sheet)
        banner->setStyleSheet(sheet);
}

} // namespace

EnvironmentPage::EnvironmentPage(Workbench *workbench, EnvironmentServices services, QWidget *parent)
    : Page(parent)
    , m_workbench(workbench)
    , m_services(std::move(services))
    , m_desk(new EnvironmentDesk(workbench->catalogue(), this))
    , m_model(new VariableModel(this))
{
    m_stack = new QStackedWidget(this);
    m_notice = new NoticePane(m_stack);
    m_notice->setObjectName(QStringLiteral("environmentNotice"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(makeBar());
    makeBanners();
    layout->addWidget(m_stale);
    layout->addWidget(m_noFile);
    m_stack->addWidget(makeWork());
    m_stack->addWidget(m_notice);
    layout->addWidget(m_stack, 1);
    m_actions = new VariableActions(
        m_desk, m_model, m_table, [this] { return mayEdit(); }, this);
    makeActions();
    m_table->installEventFilter(this);
    m_details->installEventFilter(this);
    connectDesk();
    connect(m_workbench, &Workbench::workspaceOpened, this, &EnvironmentPage::fillBackends);
    connect(m_workbench, &Workbench::workspaceClosed, this, [this] {
        m_desk->close();
        m_scan->setFolders({}, {}, {});
    });
    connect(m_workbench, &Workbench::lockChanged, this, &EnvironmentPage::fillSummary);
    fillBackends();
}

void EnvironmentPage::connectDesk()
{
    connect(m_desk, &EnvironmentDesk::stateChanged, this, &EnvironmentPage::fillState);
    connect(m_desk, &EnvironmentDesk::progressChanged, this, &EnvironmentPage::fillState);
    connect(m_desk, &EnvironmentDesk::viewChanged, this, &EnvironmentPage::fillView);
    connect(m_desk, &EnvironmentDesk::editsChanged, this, &EnvironmentPage::fillSummary);
    connect(m_desk, &EnvironmentDesk::staleChanged, this, &EnvironmentPage::fillState);
    connect(m_desk, &EnvironmentDesk::workingChanged, this, [this] {
        fillSummary();
        Q_EMIT busyChanged(isBusy());
    });
    connect(m_desk, &EnvironmentDesk::saved, this, [this](const QString &file, bool privateFile) {
        Q_EMIT m_workbench->noticed(privateFile
                                        ? QStringLiteral("Saved with mode 0600, for it holds secrets: %1").arg(file)
                                        : QStringLiteral("Saved: %1").arg(file));
    });
    connect(m_desk, &EnvironmentDesk::refusedToSave, this, &EnvironmentPage::askAboutDisk);
    connect(m_desk, &EnvironmentDesk::failedToSave, this, [this](const QString &file, const Error &error) {
        say(QStringLiteral("Not saved"), QStringLiteral("%1 could not be saved.").arg(QFileInfo(file).fileName()),
            error.toString(), "environmentSaveFailed");
    });
    connect(m_desk, &EnvironmentDesk::editsRefused, this,
            [this](const QString &label, const QList<EnvEdited::Refused> &refused, int done) {
                QStringList lines;
                for (qsizetype i = 0; i < std::min<qsizetype>(refused.size(), 12); ++i)
                    lines.append(QStringLiteral("%1: %2").arg(refused[i].name, refused[i].error.toString()));
                if (refused.size() > lines.size())
                    lines.append(QStringLiteral("and %1 more").arg(refused.size() - lines.size()));
                say(label,
                    QStringLiteral("%1 cannot be written to the env file; %2.")
                        .arg(countedRows(refused.size()),
                             done > 0 ? QStringLiteral("%1 done").arg(done) : QStringLiteral("nothing was changed")),
                    lines.join(QLatin1Char('\n')), "editsRefused");
            });
    connect(m_model, &VariableModel::editRequested, this, [this](const QString &name, const QString &value) {
        if (mayEdit())
            m_desk->edit(QStringLiteral("Edit: %1").arg(name), {{name, value}});
    });
    connect(m_actions, &VariableActions::noticed, m_workbench, &Workbench::noticed);
    connect(m_actions, &VariableActions::exportRequested, this, [this](const ExportChoice &choice) {
        auto *dialog = new ExportDialog({choice}, ExportTarget::Dotenv, m_services.savePath, this);
        connect(dialog, &ExportDialog::saved, this, [this](const QString &path, bool, int written) {
            Q_EMIT m_workbench->noticed(QStringLiteral("%1 exported: %2").arg(countedRows(written), path));
        });
        dialog->open();
    });
    connect(m_notice, &NoticePane::buttonPressed, this, [this] {
        switch (m_desk->state()) {
        case EnvironmentDesk::State::Loading:
            return m_desk->cancel();
        case EnvironmentDesk::State::Failed:
        case EnvironmentDesk::State::Cancelled:
        case EnvironmentDesk::State::Ready:
            return refresh();
        case EnvironmentDesk::State::Empty:
            break;
        }
        QApplication::clipboard()->setText(
            QStringLiteral("[[backend]]\nname = \"render\"\nplatform = \"render\"\nrole = \"target\"\n"
                           "stage = \"dev\"\nurl = \"https://example.onrender.com\"\nmanifest = \"render.yaml\"\n"
                           "env = [\".env.render\"]\n"));
        Q_EMIT m_workbench->noticed(
            QStringLiteral("Copied: paste it into switchyard.toml and open the workspace again."));
    });
}

bool EnvironmentPage::isBusy() const
{
    return m_desk->isWorking() || (m_scan && m_scan->isScanning());
}

void EnvironmentPage::cancel()
{
    m_desk->cancel();
    m_scan->cancel();
}

// --- which two

QString EnvironmentPage::folder() const
{
    const QString &file = m_workbench->workspace().file;
    return file.isEmpty() ? QDir::currentPath() : QFileInfo(file).absolutePath();
}

void EnvironmentPage::fillBackends()
{
    const Workspace &workspace = m_workbench->workspace();
    const bool same = !workspace.file.isEmpty() && workspace.file == m_workspaceFile;
    const QString from = same ? m_from->currentText() : QString();
    const QString to = same ? m_to->currentText() : QString();
    m_workspaceFile = workspace.file;
    m_from->clear();
    m_to->clear();
    for (const Backend &backend : workspace.backends) {
        m_from->addItem(backend.name);
        m_to->addItem(backend.name);
    }
    const Backend *source = workspace.withRole(QStringLiteral("source"));
    const Backend *target = workspace.withRole(QStringLiteral("target"));
    const int last = m_to->count() - 1;
    m_from->setCurrentIndex(std::max(0, m_from->findText(!from.isEmpty() ? from : source ? source->name : QString())));
    const int wanted = m_to->findText(!to.isEmpty() ? to : target ? target->name : QString());
    m_to->setCurrentIndex(wanted >= 0 ? wanted : m_from->currentIndex() == last ? 0 : last);
    openComparison();
}

void EnvironmentPage::openComparison()
{
    const Workspace &workspace = m_workbench->workspace();
    if (workspace.backends.size() < 2) {
        m_desk->close();
        return fillState();
    }
    MatrixRequest request;
    request.workspace = workspace;
    request.from = m_from->currentText();
    request.to = m_to->currentText();
    QList<ScanFolder> folders;
    for (const Component &component : workspace.components)
        folders.append({component.name, workspacePath(workspace, QDir(component.repository).filePath(component.root))});
    const Backend *source = workspace.backend(request.from);
    m_scan->setFolders(folders, folder(), source ? source->platform : QString());
    m_desk->open(request);
}

void EnvironmentPage::refresh()
{
    // The desk keeps the edits that nobody saved.
    if (m_desk->state() != EnvironmentDesk::State::Empty)
        m_desk->openAgain();
}

// --- what is shown

void EnvironmentPage::fillState()
{
    const EnvironmentDesk::State state = m_desk->state();
    const EnvironmentViewPtr view = m_desk->view();
    const bool shown = view && !view->lines.isEmpty() &&
                       (state == EnvironmentDesk::State::Ready || state == EnvironmentDesk::State::Loading);
    m_stack->setCurrentIndex(shown ? 0 : 1);
    m_export->setEnabled(shown);
    m_filter->setEnabled(shown);
    const bool two = m_workbench->workspace().backends.size() > 1;
    m_from->setVisible(two);
    m_to->setVisible(two);
    m_scanButton->setEnabled(shown);
    if (!shown) {
        m_noFile->hide();
        Q_EMIT badgeChanged(0);
    }
    const QStringList &stale = m_desk->stale();
    m_stale->setVisible(shown && !stale.isEmpty() && state == EnvironmentDesk::State::Ready);
    if (!stale.isEmpty()) {
        QStringList names;
        for (const QString &file : stale)
            names.append(QDir(folder()).relativeFilePath(file));
        m_staleText->setText(
            QStringLiteral("◐ Stale: changed on the disk since it was read: %1").arg(names.join(QStringLiteral(", "))));
    }
    fillSummary();
    if (!shown)
        fillNotice();
}

/// Empty, loading, failed, cancelled and without a variable: each has a sentence and a button of its own.
void EnvironmentPage::fillNotice()
{
    switch (m_desk->state()) {
    case EnvironmentDesk::State::Loading: {
        const MatrixProgress &progress = m_desk->progress();
        QString detail = progress.what;
        if (progress.filesTotal > 0)
            detail += QStringLiteral(": %1 of %2 files").arg(progress.files).arg(progress.filesTotal);
        return m_notice->show(QStringLiteral("environment"),
                              QStringLiteral("◌ Manifests, env files and code are being read."), detail,
                              QStringLiteral("Cancel"));
    }
    case EnvironmentDesk::State::Failed:
        return m_notice->show(QStringLiteral("failed"), QStringLiteral("The variables could not be read."),
                              m_desk->error().toString(), QStringLiteral("Try again"));
    case EnvironmentDesk::State::Cancelled:
        return m_notice->show(QStringLiteral("environment"), QStringLiteral("○ The reading was cancelled."),
                              QStringLiteral("Nothing is shown, because half of it would be wrong."),
                              QStringLiteral("Read again"));
    case EnvironmentDesk::State::Ready:
        return m_notice->show(
            QStringLiteral("environment"), QStringLiteral("○ No variable is known."),
            QStringLiteral("Neither manifest nor env file of %1 and %2 names one, and the code of the "
                           "components reads none. A backend names its files with manifest = \"…\" and "
                           "env = [\"…\"] in switchyard.toml.")
                .arg(m_from->currentText(), m_to->currentText()),
            QStringLiteral("Read again"));
    case EnvironmentDesk::State::Empty:
        break;
    }
    m_notice->show(QStringLiteral("environment"), QStringLiteral("There is nothing to compare yet."),
                   QStringLiteral("A comparison needs two backends in switchyard.toml: one that is left (role = "
                                  "\"source\") and one that is moved to (role = \"target\")."),
                   QStringLiteral("Copy an example"));
}

void EnvironmentPage::fillView()
{
    const EnvironmentViewPtr view = m_desk->view();
    if (!view)
        return;
    const QString current = m_table->currentKey();
    QStringList components;
    for (const MatrixComponent &component : view->input.components) {
        if (std::any_of(view->lines.cbegin(), view->lines.cend(),
                        [&](const VariableLinePtr &line) { return line->row.component == component.name; }))
            components.append(component.name);
    }
    m_filter->setComponents(components);
    // Until the person has chosen columns, one component needs no column.
    if (!m_table->property("columnsChosen").toBool())
        m_table->setColumnHidden(int(VariableColumn::Component), components.size() < 2);
    m_model->setLines(view->lines, view->matrix.source, view->matrix.target);
    if (m_table->currentKey() != current && !current.isEmpty()) {
        if (const int row = m_model->rowOf(current); row >= 0)
            m_table->setCurrentIndex(m_model->index(row, int(VariableColumn::Target)));
    }
    Q_EMIT badgeChanged(view->needAction);
    fillState();
    chooseLeft();
    showCurrent();
    if (std::exchange(m_wanting, false))
        showItem(m_wanted);
}

void EnvironmentPage::chooseLeft()
{
    m_left->setCurrentIndex(m_model->rowCount() == 0 && m_model->count() > 0 ? 1 : 0);
    fillSummary();
    if (m_model->rowCount() == 0)
        showCurrent();
}

void EnvironmentPage::showCurrent()
{
    const QModelIndex current = m_table->currentIndex();
    if (const VariableLinePtr line = current.isValid() ? m_model->line(current.row()) : nullptr)
        m_details->showLine(line, m_model->source(), m_model->target());
    else
        m_details->showWhole(m_desk->view());
}

void EnvironmentPage::fillSummary()
{
    const EnvironmentViewPtr view = m_desk->view();
    const bool edited = m_desk->journal()->isEdited();
    const QString target = targetName();
    const bool locked = m_workbench->isLocked(target);
    const bool noFile = view && view->input.target.files.isEmpty();
    m_save->setEnabled(edited);
    m_saveButton->setVisible(edited);
    m_undo->setVisible(edited && m_desk->journal()->stack()->canUndo());
    m_unlock->setVisible(view && locked);
    m_model->setEditable(!locked && !noFile);
    m_noFile->setVisible(noFile && m_stack->currentIndex() == 0);
    if (noFile) {
        m_noFileText->setText(
            QStringLiteral("○ %1 names no env file, so its values cannot be edited here. %2 can be made "
                           "for it, readable by you only, and named in switchyard.toml.")
                .arg(target, envFileNameFor(target)));
        tint(m_noFile, themeColors(palette()).tintUnknown);
    }
    tint(m_stale, themeColors(palette()).tintDegraded);
    if (!view)
        return m_summary->clear();
    const ThemeColors &colors = themeColors(palette());
    QString text = m_model->rowCount() == m_model->count()
                       ? countedRows(m_model->count())
                       : QStringLiteral("%1 of %2").arg(m_model->rowCount()).arg(countedRows(m_model->count()));
    if (view->needAction > 0)
        text += QStringLiteral("  ·  <span style='color:%1'>◆</span> %2 need action")
                    .arg(colors.action.name())
                    .arg(view->needAction);
    else
        text += QStringLiteral("  ·  <span style='color:%1'>●</span> nothing to do").arg(colors.up.name());
    text += QStringLiteral("  ·  <span style='color:%1'>%2 files of code, read in %3 ms</span>")
                .arg(colors.faded.name())
                .arg(view->filesRead)
                .arg(view->milliseconds, 0, 'f', 0);
    if (edited) {
        int files = 0;
        for (const EnvDraft &draft : m_desk->journal()->drafts())
            files += draft.isEdited();
        text += QStringLiteral("  ·  ✎ %1 not saved")
                    .arg(files == 1 ? QStringLiteral("1 file") : QStringLiteral("%1 files").arg(files));
    }
    if (m_desk->isWorking())
        text += QStringLiteral("  ·  ◌ working");
    m_summary->setText(text);
}

void EnvironmentPage::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_save)
        fillSummary();
    Page::changeEvent(event);
}

bool EnvironmentPage::focusFilter()
{
    if (m_stack->currentIndex() == 0)
        m_filter->focusSearch();
    return true;
}

void EnvironmentPage::showItem(const QString &item)
{
    if (!m_desk->view()) {
        m_wanting = true;
        m_wanted = item;
        return;
    }
    const auto find = [&] {
        for (int row = 0; row < m_model->rowCount(); ++row) {
            const VariableLinePtr line = m_model->line(row);
            if (line->key == item || line->row.name == item)
                return row;
        }
        return -1;
    };
    int row = find();
    if (row < 0 && !m_model->filter().isEmpty()) {
        m_filter->clear();
        row = find();
    }
    if (row < 0)
        return;
    const QModelIndex index = m_model->index(row, 0);
    m_table->setFocus();
    m_table->selectRow(row);
    m_table->setCurrentIndex(index);
    m_table->scrollTo(index);
}

QList<PageEntry> EnvironmentPage::paletteEntries() const
{
    QList<PageEntry> entries;
    entries.reserve(m_model->lines().size());
    for (const VariableLinePtr &line : m_model->lines())
        entries.append({line->row.name, QStringLiteral("variable of %1").arg(line->row.component), line->key});
    return entries;
}

bool EnvironmentPage::eventFilter(QObject *watched, QEvent *event)
{
    HoldButton *reveal = m_details->revealButton();
    if (event->type() == QEvent::KeyPress || event->type() == QEvent::KeyRelease) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if (key->key() == revealKey && reveal->isVisible()) {
            if (!key->isAutoRepeat())
                event->type() == QEvent::KeyPress ? reveal->hold() : reveal->letGo();
            return true;
        }
    }
    if (event->type() == QEvent::FocusOut && watched == m_table)
        reveal->letGo();
    return Page::eventFilter(watched, event);
}

void EnvironmentPage::showMenu(const QPoint &at)
{
    if (!m_table->indexAt(at).isValid())
        return;
    auto *menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("variableMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (QAction *action : m_actions->actions())
        action ? menu->addAction(action) : void(menu->addSeparator());
    menu->popup(m_table->viewport()->mapToGlobal(at));
}

// --- editing and saving

bool EnvironmentPage::mayEdit()
{
    const EnvironmentViewPtr view = m_desk->view();
    if (!view || m_desk->state() != EnvironmentDesk::State::Ready)
        return false;
    if (view->input.target.files.isEmpty()) {
        Q_EMIT m_workbench->noticed(QStringLiteral("%1 names no env file: make one first.").arg(targetName()));
        return false;
    }
    if (!m_workbench->isLocked(targetName()))
        return true;
    m_services.askToUnlock(targetName(), window());
    return false;
}

void EnvironmentPage::save(bool overwrite)
{
    if (!m_desk->journal()->isEdited())
        return;
    if (m_workbench->isLocked(targetName()))
        return m_services.askToUnlock(targetName(), window());
    m_desk->save(overwrite);
}

void EnvironmentPage::askAboutDisk(const QString &file)
{
    auto *box = new QMessageBox(
        QMessageBox::Warning, QStringLiteral("Changed on the disk"),
        QStringLiteral("%1 has changed on the disk since it was read here.").arg(QFileInfo(file).fileName()),
        QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("environmentOverwrite"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(
        QStringLiteral("Saving would undo that change; reloading drops the edits made here. Nothing "
                       "has been written yet."));
    QPushButton *reload = box->addButton(QStringLiteral("Reload, drop the edits"), QMessageBox::ActionRole);
    QPushButton *over = box->addButton(QStringLiteral("Save over it"), QMessageBox::DestructiveRole);
    reload->setObjectName(QStringLiteral("environmentReload"));
    over->setObjectName(QStringLiteral("environmentOver"));
    box->setDefaultButton(QMessageBox::Cancel);
    connect(box, &QMessageBox::buttonClicked, this, [this, file, reload, over](const QAbstractButton *button) {
        if (button == static_cast<QAbstractButton *>(reload))
            m_desk->reload(file);
        else if (button == static_cast<QAbstractButton *>(over))
            save(true);
    });
    box->open();
}

void EnvironmentPage::say(const QString &title, const QString &text, const QString &more, const char *name)
{
    auto *box = new QMessageBox(QMessageBox::Warning, title, text, QMessageBox::Close, this);
    box->setObjectName(QLatin1StringView(name));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(more);
    box->open();
}

void EnvironmentPage::makeEnvFile()
{
    if (m_workbench->isBusy())
        return Q_EMIT m_workbench->noticed(QStringLiteral("Something runs: the workspace cannot be changed now."));
    if (m_workbench->isLocked(targetName()))
        return m_services.askToUnlock(targetName(), window());
    const QString workspace = m_workbench->workspace().file;
    offThread(
        this, [workspace, backend = targetName()] { return addEnvFile(workspace, backend); },
        [this, workspace](const Result<QString> &made) {
            if (!made)
                return say(QStringLiteral("Not made"), QStringLiteral("The env file was not made."),
                           made.error().toString(), "envFileFailed");
            Q_EMIT m_workbench->noticed(QStringLiteral("Made: %1. Keep it out of git.").arg(*made));
            m_workbench->openFile(workspace);
        });
}

// --- out of it

void EnvironmentPage::openScan()
{
    m_scanButton->setChecked(true);
    m_scan->show();
    if (m_scan->findings() < 0 && !m_scan->isScanning())
        m_scan->scan();
}

void EnvironmentPage::showExport(ExportTarget target)
{
    const EnvironmentViewPtr view = m_desk->view();
    if (!view)
        return;
    auto *dialog =
        new ExportDialog({{QStringLiteral("%1 (target)").arg(view->matrix.target), view->input.target.set.entries},
                          {QStringLiteral("%1 (source)").arg(view->matrix.source), view->input.source.set.entries}},
                         target, m_services.savePath, this);
    connect(dialog, &ExportDialog::saved, this, [this](const QString &path, bool privateFile, int written) {
        Q_EMIT m_workbench->noticed(
            QStringLiteral("%1 exported%2: %3")
                .arg(countedRows(written), privateFile ? QStringLiteral(", mode 0600") : QString(), path));
    });
    dialog->open();
}

void EnvironmentPage::saveTable(const QString &suffix)
{
    m_services.savePath(this, QStringLiteral("environment.") + suffix, [this, suffix](const QString &path) {
        const QByteArray text = suffix == QLatin1StringView("csv")    ? m_table->toCsv().toUtf8()
                                : suffix == QLatin1StringView("json") ? m_table->toJson()
                                                                      : m_table->toMarkdown().toUtf8();
        offThread(
            this, [path, text] { return writeFileAtomically(path, text); },
            [this, path](const Result<void> &written) {
                Q_EMIT m_workbench->noticed(written ? QStringLiteral("The table was saved: %1").arg(path)
                                                    : written.error().toString());
            });
    });
}

void EnvironmentPage::openPlace(const Place &place)
{
    const QString path = QDir(folder()).absoluteFilePath(place.file);
    const Place full{path, place.line, place.column};
    QApplication::clipboard()->setText(place.line > 0 ? QStringLiteral("%1:%2").arg(path).arg(place.line) : path);
    Q_EMIT m_workbench->noticed(QStringLiteral("Opened; the place was copied: %1").arg(place.toString()));
    if (m_services.openPlace)
        m_services.openPlace(full);
    else
        QDesktopServices::openUrl(QUrl::fromLocalFile(path));
}

QJsonObject EnvironmentPage::saveState() const
{
    return {{QStringLiteral("table"), saveColumns(m_table->horizontalHeader())},
            {QStringLiteral("columns"), sizesOf(m_columns)},
            {QStringLiteral("onlyAction"), m_model->filter().onlyAction}};
}

void EnvironmentPage::restoreState(const QJsonObject &state)
{
    if (const QJsonObject table = state.value(QStringLiteral("table")).toObject(); !table.isEmpty()) {
        m_table->setProperty("columnsChosen", true);
        restoreColumns(m_table->horizontalHeader(), table);
    }
    setSizesOf(m_columns, state.value(QStringLiteral("columns")).toArray());
    VariableFilter filter;
    filter.onlyAction = state.value(QStringLiteral("onlyAction")).toBool();
    m_filter->setFilter(filter);
}

} // namespace Switchyard
