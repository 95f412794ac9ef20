// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/environmentdesk.h"

#include "models/common/files.h"
#include "models/platforms/platform.h"
#include "ui/common/offthread.h"

#include <QCryptographicHash>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QFileSystemWatcher>
#include <QThreadPool>

#include <algorithm>

namespace Switchyard {

namespace {

/// Editors and git replace a file in several steps.
constexpr int diskMs = 200;
/// More than this is not worked out while the person waits for the cell.
constexpr qsizetype fewEdits = 8;
constexpr qsizetype smallText = 256 * 1024;

QByteArray stampOf(const QByteArray &content)
{
    return QCryptographicHash::hash(content, QCryptographicHash::Sha256);
}

/// Empty: the file is not there, or cannot be read.
QByteArray stampOfFile(const QString &path)
{
    const Result<QByteArray> content = readFile(path, largestEnvFile);
    return content ? stampOf(*content) : QByteArray();
}

/// Thousands of rows take milliseconds to destroy; they need not be the GUI thread's.
void dropElsewhere(EnvironmentViewPtr view)
{
    if (view)
        QThreadPool::globalInstance()->start([view = std::move(view)]() mutable { view.reset(); });
}

QString comparedComponent(const MatrixInput &input)
{
    const auto it = std::find_if(input.components.cbegin(), input.components.cend(),
                                 [](const MatrixComponent &each) { return each.backend; });
    return it == input.components.cend() ? QString() : it->name;
}

EnvironmentViewPtr makeView(MatrixInput input, const PlatformCatalogue &catalogue, const QSet<QString> &edited)
{
    auto view = std::make_shared<EnvironmentView>();
    view->matrix = buildMatrix(input, catalogue);
    view->component = comparedComponent(input);
    view->lines = makeVariableLines(view->matrix, edited, view->component);
    view->needAction = view->matrix.needingAction();
    for (const MatrixComponent &component : input.components) {
        view->filesRead += component.filesRead;
        view->allFiles += component.files;
    }
    for (const MatrixSide *side : {&input.source, &input.target}) {
        view->allFiles += side->files;
        if (!side->manifest.isEmpty())
            view->allFiles.append(side->manifest);
    }
    view->allFiles.removeDuplicates();
    view->input = std::move(input);
    return view;
}

} // namespace

struct EnvironmentDesk::Loaded
{
    std::optional<Error> error;
    EnvironmentViewPtr view;
    QList<EnvDraft> drafts;
    QHash<QString, QByteArray> stamps;
};

EnvironmentDesk::EnvironmentDesk(const PlatformCatalogue *catalogue, QObject *parent)
    : QObject(parent)
    , m_catalogue(std::make_shared<const PlatformCatalogue>(*catalogue))
    , m_journal(new EditJournal(this))
    , m_watcher(new QFileSystemWatcher(this))
{
    m_disk.setSingleShot(true);
    m_disk.setInterval(diskMs);
    connect(&m_disk, &QTimer::timeout, this, &EnvironmentDesk::checkDisk);
    connect(m_watcher, &QFileSystemWatcher::fileChanged, &m_disk, qOverload<>(&QTimer::start));
    connect(m_journal, &EditJournal::changed, this, [this] {
        ++m_edits;
        Q_EMIT editsChanged();
        if (m_state == State::Ready)
            judge();
    });
}

EnvironmentDesk::~EnvironmentDesk()
{
    m_stop.request_stop();
}

void EnvironmentDesk::setState(State state)
{
    m_state = state;
    Q_EMIT stateChanged();
    Q_EMIT workingChanged();
}

// --- reading

void EnvironmentDesk::open(const MatrixRequest &request)
{
    m_stop.request_stop();
    m_stop = std::stop_source();
    // Another comparison: what is shown would be taken for its own.
    if (request.workspace.file != m_request.workspace.file || request.from != m_request.from ||
        request.to != m_request.to)
        dropElsewhere(std::exchange(m_view, nullptr));
    m_request = request;
    m_progress = {};
    const int number = ++m_opening;
    setState(State::Loading);
    // The worker's reports reach the GUI thread by this object's own queue.
    QPointer<EnvironmentDesk> desk(this);
    const auto report = [desk, number](const MatrixProgress &progress) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [desk, number, progress] {
                if (!desk || number != desk->m_opening || desk->m_state != State::Loading)
                    return;
                desk->m_progress = progress;
                Q_EMIT desk->progressChanged();
            },
            Qt::QueuedConnection);
    };
    const auto load = [request, catalogue = m_catalogue, report, stop = m_stop.get_token()] {
        QElapsedTimer clock;
        clock.start();
        Loaded loaded;
        Result<MatrixInput> input = readMatrixInput(request, *catalogue, report, stop);
        if (!input) {
            loaded.error = input.error();
            return loaded;
        }
        for (const QString &file : std::as_const(input->target.files)) {
            const Result<EnvFile> read = readEnvFile(file);
            if (!read) {
                loaded.error = read.error();
                return loaded;
            }
            loaded.drafts.append({file, read->text, read->text, false});
        }
        if (stop.stop_requested()) {
            loaded.error = Error{ErrorKind::Cancelled, QStringLiteral("cancelled"), {}, {}};
            return loaded;
        }
        auto view = std::make_shared<EnvironmentView>(*makeView(std::move(*input), *catalogue, {}));
        for (const QString &file : std::as_const(view->allFiles))
            loaded.stamps.insert(file, stampOfFile(file));
        view->milliseconds = double(clock.nsecsElapsed()) / 1e6;
        loaded.view = view;
        return loaded;
    };
    offThread(this, load, [this, number](const Loaded &loaded) {
        if (number == m_opening)
            take(loaded);
    });
}

void EnvironmentDesk::take(const Loaded &loaded)
{
    if (loaded.error) {
        dropElsewhere(std::exchange(m_view, nullptr));
        m_error = *loaded.error;
        return setState(m_error.kind == ErrorKind::Cancelled ? State::Cancelled : State::Failed);
    }
    dropElsewhere(std::exchange(m_view, loaded.view));
    m_stamps = loaded.stamps;
    m_stale.clear();
    watch(loaded.view->allFiles);
    // Before the state, so that edits that come back are judged with the rest.
    m_journal->open(loaded.drafts);
    setState(State::Ready);
    Q_EMIT viewChanged();
    Q_EMIT staleChanged();
    if (m_journal->isEdited())
        judge();
}

void EnvironmentDesk::close()
{
    m_stop.request_stop();
    ++m_opening;
    m_request = {};
    dropElsewhere(std::exchange(m_view, nullptr));
    m_stale.clear();
    m_stamps.clear();
    watch({});
    m_state = State::Empty;
    m_journal->close();
    setState(State::Empty);
}

void EnvironmentDesk::cancel()
{
    if (m_state != State::Loading)
        return;
    m_stop.request_stop();
    // The worker ends soon; nobody waits for what it says.
    ++m_opening;
    setState(m_view ? State::Ready : State::Cancelled);
}

// --- judging

void EnvironmentDesk::judge()
{
    // One at a time: what is asked for meanwhile is asked for again when the answer is there, with the newest texts.
    if (m_judging || !m_view)
        return;
    m_judging = true;
    Q_EMIT workingChanged();
    const auto work = [view = m_view, drafts = m_journal->drafts(), workspace = m_request.workspace,
                       catalogue = m_catalogue] {
        QMap<QString, QByteArray> texts;
        for (const EnvDraft &draft : drafts)
            texts.insert(draft.file, draft.text);
        MatrixInput input = view->input;
        // A manifest that broke meanwhile is told of as changed; until it is read again, what it said counts.
        if (const Backend *backend = workspace.backend(input.target.name)) {
            if (Result<MatrixSide> side = readMatrixSide(workspace, *backend, *catalogue, texts))
                input.target = std::move(*side);
        }
        auto next = std::make_shared<EnvironmentView>(*makeView(std::move(input), *catalogue, editedNames(drafts)));
        next->milliseconds = view->milliseconds;
        return EnvironmentViewPtr(next);
    };
    offThread(this, work, [this, number = m_edits, opening = m_opening](const EnvironmentViewPtr &view) {
        m_judging = false;
        if (opening == m_opening && number == m_edits) {
            dropElsewhere(std::exchange(m_view, view));
            Q_EMIT viewChanged();
        } else if (m_state == State::Ready) {
            judge();
        }
        Q_EMIT workingChanged();
    });
}

// --- editing and saving

void EnvironmentDesk::edit(const QString &label, const QList<EnvEdit> &edits)
{
    if (m_state != State::Ready || edits.isEmpty())
        return;
    const QList<EnvDraft> drafts = m_journal->drafts();
    const auto finish = [this, label](const PreparedEdits &prepared) {
        if (!prepared.texts.isEmpty())
            m_journal->push(label, prepared.texts);
        if (!prepared.refused.isEmpty())
            Q_EMIT editsRefused(label, prepared.refused, prepared.done);
    };
    qsizetype bytes = 0;
    for (const EnvDraft &draft : drafts)
        bytes += draft.text.size();
    if (edits.size() <= fewEdits && bytes <= smallText && m_editing == 0)
        return finish(prepareEdits(drafts, edits));
    ++m_editing;
    Q_EMIT workingChanged();
    offThread(
        this, [drafts, edits] { return prepareEdits(drafts, edits); },
        [this, label, edits, finish, number = m_edits, opening = m_opening](const PreparedEdits &prepared) {
            --m_editing;
            if (opening == m_opening && number == m_edits)
                finish(prepared);
            else if (opening == m_opening)
                edit(label, edits); // another edit came between
            Q_EMIT workingChanged();
        });
}

void EnvironmentDesk::save(bool overwrite)
{
    struct Outcome
    {
        EnvDraft draft;
        bool privateFile = false;
        bool changed = false;
        std::optional<Error> error;
    };
    QList<EnvDraft> edited;
    for (const EnvDraft &draft : m_journal->drafts()) {
        if (draft.isEdited())
            edited.append(draft);
    }
    if (edited.isEmpty() || m_saving)
        return;
    m_saving = true;
    Q_EMIT workingChanged();
    const auto work = [edited, overwrite] {
        QList<Outcome> outcomes;
        for (const EnvDraft &draft : edited) {
            Outcome outcome{draft, holdsSecrets(draft.text), false, {}};
            if (!overwrite) {
                const Result<QByteArray> now = readFile(draft.file, largestEnvFile);
                outcome.changed = !now || *now != draft.disk;
            }
            if (!outcome.changed) {
                if (const Result<void> written = writeFileAtomically(draft.file, draft.text, outcome.privateFile);
                    !written)
                    outcome.error = written.error();
            }
            outcomes.append(outcome);
        }
        return outcomes;
    };
    offThread(this, work, [this](const QList<Outcome> &outcomes) {
        m_saving = false;
        for (const Outcome &outcome : outcomes) {
            const QString &file = outcome.draft.file;
            if (outcome.error) {
                Q_EMIT failedToSave(file, *outcome.error);
            } else if (outcome.changed) {
                m_journal->markChangedOnDisk(file);
                Q_EMIT refusedToSave(file);
            } else {
                m_stamps.insert(file, stampOf(outcome.draft.text));
                m_journal->markSaved(file, outcome.draft.text);
                Q_EMIT saved(file, outcome.privateFile);
            }
        }
        // A file that was replaced is another one to the watcher.
        if (m_view)
            watch(m_view->allFiles);
        Q_EMIT workingChanged();
    });
}

void EnvironmentDesk::reload(const QString &file)
{
    m_journal->drop(file);
    openAgain();
}

// --- the disk

void EnvironmentDesk::watch(const QStringList &files)
{
    if (const QStringList old = m_watcher->files(); !old.isEmpty())
        m_watcher->removePaths(old);
    QStringList there;
    std::copy_if(files.cbegin(), files.cend(), std::back_inserter(there),
                 [](const QString &file) { return QFileInfo::exists(file); });
    if (!there.isEmpty())
        m_watcher->addPaths(there);
}

void EnvironmentDesk::checkDisk()
{
    if (m_state != State::Ready || !m_view)
        return;
    const QStringList files = m_view->allFiles;
    const auto look = [files] {
        QHash<QString, QByteArray> stamps;
        for (const QString &file : files)
            stamps.insert(file, stampOfFile(file));
        return stamps;
    };
    offThread(this, look, [this, opening = m_opening](const QHash<QString, QByteArray> &stamps) {
        if (opening != m_opening || !m_view)
            return;
        watch(m_view->allFiles);
        QStringList stale;
        for (auto it = stamps.cbegin(); it != stamps.cend(); ++it) {
            if (m_stamps.value(it.key()) == it.value())
                continue;
            stale.append(it.key());
            m_journal->markChangedOnDisk(it.key());
        }
        stale.sort();
        if (stale == m_stale)
            return;
        m_stale = stale;
        Q_EMIT staleChanged();
    });
}

} // namespace Switchyard
