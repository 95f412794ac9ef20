// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/manifestspage.h"

#include "ui/manifests/deliverybutton.h"

#include "ui/common/notice.h"
#include "ui/common/theme.h"
#include "ui/common/workbench.h"
#include "ui/manifests/sourcepane.h"
#include "ui/manifests/targetpane.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

const QString byHand = QStringLiteral("\nby hand"); ///< no backend can be called so

QString platformLabel(ConvertTarget target)
{
    switch (target) {
    case ConvertTarget::Render:
        return QStringLiteral("Render");
    case ConvertTarget::Fly:
        return QStringLiteral("Fly.io");
    case ConvertTarget::Compose:
        return QStringLiteral("Compose");
    case ConvertTarget::Vercel:
        break;
    }
    return QStringLiteral("Vercel");
}

QStringList localFiles(const QMimeData *data)
{
    QStringList files;
    for (const QUrl &url : data->urls()) {
        if (url.isLocalFile() && QFileInfo(url.toLocalFile()).isFile())
            files.append(url.toLocalFile());
    }
    return files;
}

} // namespace

ManifestsPage::ManifestsPage(Workbench *workbench, ManifestChoosers choosers, QWidget *parent)
    : Page(parent)
    , m_workbench(workbench)
    , m_choosers(std::move(choosers))
    , m_desk(new ManifestDesk(this))
    , m_stack(new QStackedWidget(this))
    , m_notice(new NoticePane(m_stack))
{
    setAcceptDrops(true);
    makeActions();
    auto *work = new QWidget(m_stack);
    m_columns = new QSplitter(Qt::Horizontal, work);
    m_columns->setChildrenCollapsible(false);
    m_columns->setHandleWidth(12);
    m_source = new SourcePane(m_desk, m_columns);
    m_loss = new LossPane(m_choosers.savePath, m_columns);
    m_target = new TargetPane(m_columns);
    for (QWidget *pane :
         {static_cast<QWidget *>(m_source), static_cast<QWidget *>(m_loss), static_cast<QWidget *>(m_target)})
        m_columns->addWidget(pane);
    m_columns->setSizes({400, 456, 400});
    auto *workLayout = new QVBoxLayout(work);
    workLayout->setContentsMargins(0, 0, 0, 0);
    workLayout->setSpacing(8);
    m_banner = makeBanner();
    workLayout->addWidget(m_banner);
    workLayout->addWidget(m_columns, 1);
    m_stack->addWidget(work);
    m_notice->setObjectName(QStringLiteral("manifestNotice"));
    m_stack->addWidget(m_notice);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    layout->addWidget(makeBar());
    layout->addWidget(m_stack, 1);
    connectDesk();
    connect(m_workbench, &Workbench::workspaceOpened, this, &ManifestsPage::fillSources);
    connect(m_workbench, &Workbench::workspaceClosed, this, [this] {
        m_opened.clear();
        m_writtenFolder.clear();
        m_desk->close();
    });
    fillSources();
    fillState();
}

void ManifestsPage::makeActions()
{
    const auto add = [this](const QString &text, const QString &key, auto slot) {
        auto *action = new QAction(text, this);
        action->setShortcut(QKeySequence(key));
        connect(action, &QAction::triggered, this, slot);
        m_actions.append(action);
        return action;
    };
    add(QStringLiteral("&Open manifests…"), QStringLiteral("Ctrl+Shift+O"), [this] { chooseFiles(); });
    m_save = add(QStringLiteral("&Save the source"), QStringLiteral("Ctrl+S"),
                 [this] { save(m_source->currentFile(), false); });
    add(QStringLiteral("&Take what stands on the disk"), {}, [this] { m_desk->revert(m_source->currentFile()); });
    add(QStringLiteral("&Diff against the disk"), QStringLiteral("Ctrl+Shift+D"), [this] { showDiff(); });
    add(QStringLiteral("&Write the target…"), QStringLiteral("Ctrl+Shift+W"), [this] { showWrite(); });
    add(QStringLiteral("&Next finding"), QStringLiteral("F8"), [this] { m_source->stepFinding(false); });
    add(QStringLiteral("&Previous finding"), QStringLiteral("Shift+F8"), [this] { m_source->stepFinding(true); });
    const auto find = [this](bool backward) {
        if (m_target->editor()->hasTextFocus())
            m_target->editor()->findNext(backward);
        else if (CodeEditor *editor = m_source->currentEditor())
            editor->findNext(backward);
    };
    add(QStringLiteral("&Find next in the text"), QStringLiteral("F3"), [find] { find(false); });
    add(QStringLiteral("Find pre&vious in the text"), QStringLiteral("Shift+F3"), [find] { find(true); });
    add(QStringLiteral("Filter the &keys"), QStringLiteral("Ctrl+Shift+F"), [this] { m_loss->focusFilter(); });
    add(QStringLiteral("Save the keys as &CSV…"), {}, [this] { m_loss->exportCsv(); });
    add(QStringLiteral("Next co&lumn"), QStringLiteral("F6"), [this] { nextPane(); });
}

QWidget *ManifestsPage::makeBar()
{
    auto *bar = new QWidget(this);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_sources = new QComboBox(bar);
    m_sources->setObjectName(QStringLiteral("manifestSource"));
    m_sources->setAccessibleName(QStringLiteral("Source"));
    m_sources->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_sources->setMinimumContentsLength(16);
    m_targets = new QComboBox(bar);
    m_targets->setObjectName(QStringLiteral("manifestTarget"));
    m_targets->setAccessibleName(QStringLiteral("Target platform"));
    for (int i = 0; i < convertTargetNames().size(); ++i) {
        const auto target = convertTargetNamed(convertTargetNames()[i]);
        m_targets->addItem(platformLabel(*target), int(*target));
    }
    auto *open = new QPushButton(QStringLiteral("Open…"), bar);
    open->setObjectName(QStringLiteral("openManifests"));
    open->setToolTip(QStringLiteral("Open manifests by hand, several together (Ctrl+Shift+O), or drop them here"));
    m_working = new QLabel(bar);
    m_working->setObjectName(QStringLiteral("manifestWorking"));
    m_working->setProperty("faded", true);
    m_diff = new QPushButton(QStringLiteral("Diff against disk"), bar);
    m_diff->setObjectName(QStringLiteral("manifestDiff"));
    m_diff->setToolTip(QStringLiteral("What the edits and the target would change on the disk (Ctrl+Shift+D)"));
    m_write = new QPushButton(QStringLiteral("Write…"), bar);
    m_write->setObjectName(QStringLiteral("manifestWrite"));
    m_write->setProperty("primary", true);
    m_write->setToolTip(QStringLiteral("Write the target's files and loss.json, with a preview (Ctrl+Shift+W)"));
    auto *sourceLabel = new QLabel(QStringLiteral("Source"), bar);
    sourceLabel->setBuddy(m_sources);
    auto *targetLabel = new QLabel(QStringLiteral("→  Target"), bar);
    targetLabel->setBuddy(m_targets);
    layout->addWidget(sourceLabel);
    layout->addWidget(m_sources);
    layout->addWidget(open);
    layout->addSpacing(12);
    layout->addWidget(targetLabel);
    layout->addWidget(m_targets);
    layout->addSpacing(12);
    layout->addWidget(m_working, 1);
    layout->addWidget(m_diff);
    layout->addWidget(m_write);
    layout->addWidget(new DeliveryButton(m_workbench, m_choosers.folder, bar));
    connect(m_sources, &QComboBox::activated, this, &ManifestsPage::openSource);
    connect(m_targets, &QComboBox::currentIndexChanged, this,
            [this] { m_desk->setTarget(ConvertTarget(m_targets->currentData().toInt())); });
    connect(open, &QPushButton::clicked, this, &ManifestsPage::chooseFiles);
    connect(m_diff, &QPushButton::clicked, this, &ManifestsPage::showDiff);
    connect(m_write, &QPushButton::clicked, this, &ManifestsPage::showWrite);
    return bar;
}

QFrame *ManifestsPage::makeBanner()
{
    auto *banner = new QFrame(this);
    banner->setObjectName(QStringLiteral("staleBanner"));
    m_bannerText = new QLabel(banner);
    m_bannerText->setObjectName(QStringLiteral("staleText"));
    m_bannerText->setTextFormat(Qt::PlainText);
    m_bannerText->setWordWrap(true);
    auto *go = new QPushButton(QStringLiteral("Go to the error"), banner);
    go->setObjectName(QStringLiteral("goToError"));
    auto *layout = new QHBoxLayout(banner);
    layout->setContentsMargins(10, 6, 6, 6);
    layout->addWidget(m_bannerText, 1);
    layout->addWidget(go);
    banner->hide();
    connect(go, &QPushButton::clicked, this, [this] { m_source->showFirstError(); });
    return banner;
}

void ManifestsPage::connectDesk()
{
    connect(m_desk, &ManifestDesk::stateChanged, this, &ManifestsPage::fillState);
    connect(m_desk, &ManifestDesk::readingChanged, this, &ManifestsPage::fillReading);
    connect(m_desk, &ManifestDesk::workingChanged, this, &ManifestsPage::fillWorking);
    connect(m_desk, &ManifestDesk::filesChanged, this, &ManifestsPage::fillWorking);
    connect(m_desk, &ManifestDesk::saved, this,
            [this](const QString &path) { Q_EMIT m_workbench->noticed(QStringLiteral("Saved: %1").arg(path)); });
    connect(m_desk, &ManifestDesk::refusedToSave, this, &ManifestsPage::askToOverwrite);
    connect(m_desk, &ManifestDesk::failedToSave, this, [this](const QString &path, const Error &error) {
        auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Not saved"),
                                    QStringLiteral("%1 could not be saved.").arg(QFileInfo(path).fileName()),
                                    QMessageBox::Close, this);
        box->setObjectName(QStringLiteral("saveFailed"));
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->setTextFormat(Qt::PlainText);
        box->setInformativeText(error.toString());
        box->open();
    });
    connect(m_source, &SourcePane::diffRequested, this, &ManifestsPage::showDiff);
    connect(m_source, &SourcePane::currentFileChanged, this, &ManifestsPage::fillWorking);
    connect(m_loss, &LossPane::noticed, m_workbench, &Workbench::noticed);
    connect(m_loss, &LossPane::chosen, this, [this](const KeyFate &fate) {
        m_source->showPlace(fate.place, false);
        m_target->showTarget(fate.target);
    });
    connect(m_target, &TargetPane::otherTargetWanted, m_targets, &QComboBox::showPopup);
    connect(m_notice, &NoticePane::buttonPressed, this, [this] {
        switch (m_desk->state()) {
        case ManifestDesk::State::Loading:
            return m_desk->close();
        case ManifestDesk::State::Failed:
            return m_desk->openAgain();
        default:
            return chooseFiles();
        }
    });
}

// --- what is open

void ManifestsPage::fillSources()
{
    const Workspace &workspace = m_workbench->workspace();
    // A backend of the same name in another workspace is another backend.
    const bool sameWorkspace = !workspace.file.isEmpty() && workspace.file == m_workspaceFile;
    m_workspaceFile = workspace.file;
    if (!sameWorkspace) {
        m_opened.clear();
        m_writtenFolder.clear();
    }
    const QString before = sameWorkspace ? m_sources->currentData().toString() : QString();
    m_sources->clear();
    const Backend *first = nullptr;
    for (const Backend &backend : workspace.backends) {
        if (backend.manifest.isEmpty())
            continue;
        const QString role = backend.role.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(backend.role);
        m_sources->addItem(QStringLiteral("%1%2  ·  %3").arg(backend.name, role, backend.manifest), backend.name);
        if (!first || (backend.role == QLatin1StringView("source") && first->role != backend.role))
            first = &backend;
    }
    if (!m_opened.isEmpty())
        m_sources->addItem(QStringLiteral("Opened by hand  ·  %1").arg(QFileInfo(m_opened.first()).fileName()), byHand);
    m_sources->setVisible(m_sources->count() > 0);
    if (const int same = m_sources->findData(before);
        sameWorkspace && same >= 0 && m_desk->state() != ManifestDesk::State::Empty) {
        m_sources->setCurrentIndex(same);
        return;
    }
    if (first) {
        m_sources->setCurrentIndex(m_sources->findData(first->name));
        openBackend(first->name);
    } else if (m_opened.isEmpty() && !workspace.file.isEmpty()) {
        // No backend names one: whatever lies beside the workspace.
        DeskRequest request;
        request.beside = QFileInfo(workspace.file).absolutePath();
        m_desk->open(request);
    } else if (m_opened.isEmpty()) {
        m_desk->close();
    }
}

void ManifestsPage::openSource(int index)
{
    const QString name = m_sources->itemData(index).toString();
    if (name != byHand)
        return openBackend(name);
    DeskRequest request;
    request.files = m_opened;
    m_desk->open(request);
}

void ManifestsPage::openBackend(const QString &name)
{
    const Workspace &workspace = m_workbench->workspace();
    const Backend *backend = workspace.backend(name);
    if (!backend)
        return;
    const QDir folder(workspace.file.isEmpty() ? QDir::currentPath() : QFileInfo(workspace.file).absolutePath());
    const auto pathOf = [&folder](const QString &file) { return QDir::cleanPath(folder.absoluteFilePath(file)); };
    DeskRequest request;
    request.files = {pathOf(backend->manifest)};
    request.beside = QFileInfo(request.files.first()).absolutePath();
    const Backend *other = nullptr;
    for (const Backend &each : workspace.backends) {
        if (each.name == name)
            continue;
        // Another backend's manifest is the other side of the conversion.
        if (!each.manifest.isEmpty())
            request.without.append(pathOf(each.manifest));
        if (each.platform == backend->platform || !convertTargetNamed(each.platform))
            continue;
        if (!other || each.role == QLatin1StringView("target"))
            other = &each;
    }
    if (other)
        setTarget(*convertTargetNamed(other->platform));
    else if (backend->platform == QLatin1StringView("render"))
        setTarget(ConvertTarget::Fly);
    else
        setTarget(ConvertTarget::Render);
    m_desk->open(request);
}

void ManifestsPage::openFiles(const QStringList &files)
{
    if (files.isEmpty())
        return;
    m_opened = files;
    const QSignalBlocker quiet(m_sources);
    if (const int old = m_sources->findData(byHand); old >= 0)
        m_sources->removeItem(old);
    m_sources->addItem(files.size() == 1
                           ? QStringLiteral("Opened by hand  ·  %1").arg(QFileInfo(files.first()).fileName())
                           : QStringLiteral("Opened by hand  ·  %1 files").arg(files.size()),
                       byHand);
    m_sources->setCurrentIndex(m_sources->count() - 1);
    m_sources->show();
    DeskRequest request;
    request.files = files;
    m_desk->open(request);
}

void ManifestsPage::chooseFiles()
{
    m_choosers.openFiles(this, [this](const QStringList &files) { openFiles(files); });
}

void ManifestsPage::setTarget(ConvertTarget target)
{
    m_targets->setCurrentIndex(m_targets->findData(int(target)));
}

void ManifestsPage::dragEnterEvent(QDragEnterEvent *event)
{
    if (!localFiles(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void ManifestsPage::dropEvent(QDropEvent *event)
{
    openFiles(localFiles(event->mimeData()));
    event->acceptProposedAction();
}

void ManifestsPage::showItem(const QString &item)
{
    const qsizetype colon = item.lastIndexOf(QLatin1Char(':'));
    bool numbered = false;
    const int line = colon > 0 ? item.mid(colon + 1).toInt(&numbered) : 0;
    m_source->showPlace({numbered ? item.left(colon) : item, line, 1}, true);
}

// --- what is shown

void ManifestsPage::fillState()
{
    const ManifestDesk::State state = m_desk->state();
    m_stack->setCurrentIndex(state == ManifestDesk::State::Ready ? 0 : 1);
    switch (state) {
    case ManifestDesk::State::Ready:
        break;
    case ManifestDesk::State::Loading:
        m_notice->show(QStringLiteral("manifests"), QStringLiteral("◌ The manifests are being read."), {},
                       QStringLiteral("Cancel"));
        break;
    case ManifestDesk::State::Failed: {
        QStringList reasons;
        for (const Error &error : m_desk->unreadable())
            reasons.append(error.toString());
        m_notice->show(QStringLiteral("failed"), QStringLiteral("No manifest could be opened."),
                       reasons.join(QLatin1Char('\n')), QStringLiteral("Try again"));
        break;
    }
    case ManifestDesk::State::Empty:
        m_notice->show(QStringLiteral("manifests"), QStringLiteral("No manifest is open."),
                       QStringLiteral("Open render.yaml, fly.toml, vercel.json, netlify.toml, a Dockerfile or a "
                                      "compose file, or drop it here. A backend with manifest = \"…\" in "
                                      "switchyard.toml brings its own."),
                       QStringLiteral("Open manifests…"));
        break;
    }
    if (state != ManifestDesk::State::Ready) {
        m_banner->hide();
        Q_EMIT badgeChanged(0);
    }
    fillReading();
    fillWorking();
}

void ManifestsPage::fillReading()
{
    const auto reading = m_desk->reading();
    const auto converted = m_desk->converted();
    const bool broken = m_desk->isStale();
    const bool anyChosen = std::any_of(m_desk->files().cbegin(), m_desk->files().cend(),
                                       [](const OpenManifest &manifest) { return manifest.convert; });
    const QString why = broken       ? QStringLiteral("The source cannot be read, so there is nothing to show yet.")
                        : !anyChosen ? QStringLiteral("No file has a check mark: nothing is converted.")
                                     : QStringLiteral("◌ Being converted.");
    m_loss->show(converted, broken && converted);
    m_target->show(converted, broken && converted, why);
    m_banner->setVisible(broken);
    if (broken) {
        const Error &error = reading->reading.problems.first();
        Place place = error.place;
        if (const OpenManifest *manifest = m_desk->file(place.file))
            place.file = manifest->label;
        QString text = QStringLiteral("■ %1: %2").arg(place.toString(), error.message);
        text += converted ? QStringLiteral(" — keys and target are those of the text before, and stale.") : QString();
        m_bannerText->setText(text);
        m_banner->setStyleSheet(QStringLiteral("#staleBanner { background: %1; border-radius: 4px; }")
                                    .arg(themeColors(palette()).tintDown.name()));
    }
    int errors = 0;
    if (reading) {
        for (const std::array<int, 3> &counts : reading->severities)
            errors += counts[size_t(Severity::Error)];
    }
    Q_EMIT badgeChanged(errors);
    fillWorking();
}

void ManifestsPage::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_target)
        fillReading();
    Page::changeEvent(event);
}

void ManifestsPage::fillWorking()
{
    const bool ready = m_desk->state() == ManifestDesk::State::Ready;
    const bool working = ready && m_desk->isWorking();
    const auto converted = m_desk->converted();
    const bool canWrite =
        ready && !working && !m_desk->isStale() && converted && !converted->reading.conversion->written.files.isEmpty();
    const bool edited = std::any_of(m_desk->files().cbegin(), m_desk->files().cend(),
                                    [](const OpenManifest &manifest) { return manifest.isEdited(); });
    m_write->setEnabled(canWrite);
    m_diff->setEnabled(ready && (canWrite || edited));
    const OpenManifest *current = m_desk->file(m_source->currentFile());
    m_save->setEnabled(current && current->isEdited());
    if (!ready)
        m_working->clear();
    else if (working)
        m_working->setText(QStringLiteral("◌ reading"));
    else if (const auto reading = m_desk->reading())
        m_working->setText(QStringLiteral("read in %1 ms").arg(reading->reading.milliseconds, 0, 'f', 1));
    Q_EMIT busyChanged(working);
}

bool ManifestsPage::focusFilter()
{
    if (m_target->editor()->hasTextFocus())
        m_target->editor()->openFind();
    else if (CodeEditor *editor = m_source->currentEditor(); editor && editor->hasTextFocus())
        editor->openFind();
    else
        m_loss->focusFilter();
    return true;
}

void ManifestsPage::nextPane()
{
    CodeEditor *editor = m_source->currentEditor();
    auto *table = m_loss->findChild<QWidget *>(QStringLiteral("lossTable"));
    if (editor && editor->hasTextFocus())
        table->setFocus();
    else if (table->hasFocus())
        m_target->editor()->setFocus();
    else if (editor)
        editor->setFocus();
}

// --- saving, comparing, writing

void ManifestsPage::save(const QString &path, bool overwrite)
{
    if (!path.isEmpty())
        m_desk->save(path, overwrite);
}

void ManifestsPage::askToOverwrite(const QString &path)
{
    auto *box = new QMessageBox(
        QMessageBox::Warning, QStringLiteral("Changed on the disk"),
        QStringLiteral("%1 has changed on the disk since it was read here.").arg(QFileInfo(path).fileName()),
        QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("overwriteDialog"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(QStringLiteral("Saving would undo that change. Nothing has been written yet."));
    QPushButton *diff = box->addButton(QStringLiteral("Show the difference"), QMessageBox::ActionRole);
    QPushButton *overwrite = box->addButton(QStringLiteral("Save over it"), QMessageBox::DestructiveRole);
    diff->setObjectName(QStringLiteral("overwriteDiff"));
    overwrite->setObjectName(QStringLiteral("overwriteButton"));
    box->setDefaultButton(QMessageBox::Cancel);
    connect(box, &QMessageBox::buttonClicked, this, [this, path, diff, overwrite](const QAbstractButton *button) {
        if (button == static_cast<QAbstractButton *>(diff))
            showDiff();
        else if (button == static_cast<QAbstractButton *>(overwrite))
            save(path, true);
    });
    box->open();
}

QString ManifestsPage::targetFolder() const
{
    if (!m_writtenFolder.isEmpty())
        return m_writtenFolder;
    return m_desk->files().isEmpty() ? QString() : QFileInfo(m_desk->files().first().file).absolutePath();
}

void ManifestsPage::showDiff()
{
    QList<ChangeGroup> groups;
    for (const OpenManifest &manifest : m_desk->files()) {
        const QFileInfo info(manifest.file);
        if (manifest.isEdited())
            groups.append({QStringLiteral("source"), info.absolutePath(), {{info.fileName(), manifest.text}}});
    }
    const auto converted = m_desk->converted();
    if (converted && !m_desk->isStale() && !converted->reading.conversion->written.files.isEmpty())
        groups.append({QStringLiteral("target"), targetFolder(), converted->reading.conversion->written.files});
    if (groups.isEmpty())
        return Q_EMIT m_workbench->noticed(QStringLiteral("Nothing is edited, and nothing is converted."));
    auto *dialog = new ChangesDialog(QStringLiteral("Against the disk"), groups, this);
    dialog->open();
}

void ManifestsPage::showWrite()
{
    if (!m_write->isEnabled())
        return;
    const auto converted = m_desk->converted();
    const Conversion &conversion = *converted->reading.conversion;
    ChangeGroup group{QStringLiteral("target"), targetFolder(), conversion.written.files};
    group.files.append({QStringLiteral("loss.json"), lossReport(conversion, converted->target)});
    auto *dialog = new ChangesDialog(QStringLiteral("Write for %1").arg(platformLabel(converted->target)), group,
                                     m_choosers.folder, this);
    connect(dialog, &ChangesDialog::written, this, [this](const QString &folder, int files) {
        m_writtenFolder = folder;
        Q_EMIT m_workbench->noticed(
            QStringLiteral("%1 written to %2")
                .arg(files == 1 ? QStringLiteral("1 file") : QStringLiteral("%1 files").arg(files), folder));
        // One of them may be open here.
        m_desk->checkDisk();
    });
    dialog->open();
}

QJsonObject ManifestsPage::saveState() const
{
    QJsonArray sizes;
    for (const int size : m_columns->sizes())
        sizes.append(size);
    return {{QStringLiteral("columns"), sizes}};
}

void ManifestsPage::restoreState(const QJsonObject &state)
{
    QList<int> sizes;
    for (const QJsonValue &size : state.value(QStringLiteral("columns")).toArray())
        sizes.append(size.toInt());
    if (sizes.size() == m_columns->count() &&
        std::all_of(sizes.begin(), sizes.end(), [](int size) { return size > 0; }))
        m_columns->setSizes(sizes);
}

} // namespace Switchyard
