// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/manifestdesk.h"

#include "models/common/files.h"
#include "models/manifests/manifestset.h"
#include "ui/common/offthread.h"

#include <QDir>
#include <QFileInfo>
#include <QFileSystemWatcher>
#include <QStringDecoder>
#include <QThreadPool>

#include <algorithm>

namespace Switchyard {

namespace {

/// Editors and git replace a file in several steps.
constexpr int diskMs = 200;

/// Thousands of rows take milliseconds to destroy; they need not be the GUI thread's.
void dropElsewhere(std::shared_ptr<const PreparedReading> reading)
{
    if (reading)
        QThreadPool::globalInstance()->start([reading = std::move(reading)]() mutable { reading.reset(); });
}

/// An editor of text would change what is no text.
Result<QByteArray> readText(const QString &path)
{
    Result<QByteArray> bytes = readFile(path);
    if (!bytes)
        return bytes;
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString text = decoder.decode(*bytes);
    if (decoder.hasError())
        return fail(ErrorKind::Usage, QStringLiteral("%1 is not UTF-8").arg(path),
                    QStringLiteral("save it as UTF-8 first"), {path, 0, 0});
    return bytes;
}

/// Whether a file beside the manifest fills it in, rather than describing services of its own.
bool fillsIn(const QString &path)
{
    const CodeLanguage language = codeLanguageOf(path);
    return language == CodeLanguage::Dockerfile || language == CodeLanguage::Procfile ||
           language == CodeLanguage::Redirects;
}

} // namespace

struct ManifestDesk::Loaded
{
    QList<OpenManifest> files;
    QList<Error> unreadable;
};

ManifestDesk::ManifestDesk(QObject *parent)
    : QObject(parent)
    , m_watcher(new QFileSystemWatcher(this))
{
    m_typing.setSingleShot(true);
    m_typing.setInterval(typingMs);
    connect(&m_typing, &QTimer::timeout, this, &ManifestDesk::read);
    m_disk.setSingleShot(true);
    m_disk.setInterval(diskMs);
    connect(&m_disk, &QTimer::timeout, this, &ManifestDesk::checkDisk);
    connect(m_watcher, &QFileSystemWatcher::fileChanged, &m_disk, qOverload<>(&QTimer::start));
}

const OpenManifest *ManifestDesk::file(const QString &path) const
{
    const auto it = std::find_if(m_files.cbegin(), m_files.cend(),
                                 [&](const OpenManifest &manifest) { return manifest.file == path; });
    return it == m_files.cend() ? nullptr : &*it;
}

OpenManifest *ManifestDesk::at(const QString &path)
{
    const auto it = std::find_if(m_files.begin(), m_files.end(),
                                 [&](const OpenManifest &manifest) { return manifest.file == path; });
    return it == m_files.end() ? nullptr : &*it;
}

void ManifestDesk::setState(State state)
{
    m_state = state;
    Q_EMIT stateChanged();
}

void ManifestDesk::keepEdits()
{
    for (const OpenManifest &manifest : std::as_const(m_files)) {
        if (manifest.isEdited())
            m_kept.insert(manifest.file, manifest);
    }
}

// --- opening

void ManifestDesk::open(const DeskRequest &request)
{
    keepEdits();
    m_request = request;
    m_files.clear();
    m_unreadable.clear();
    m_reading.reset();
    m_converted.reset();
    m_typing.stop();
    ++m_generation;
    const int number = ++m_opening;
    setState(State::Loading);
    const auto load = [request] {
        Loaded loaded;
        QStringList paths;
        for (const QString &path : request.files)
            paths.append(QDir::cleanPath(QFileInfo(path).absoluteFilePath()));
        const qsizetype named = paths.size();
        if (!request.beside.isEmpty())
            paths += manifestsIn(request.beside);
        QMap<QString, QMap<QString, int>> modes;
        for (qsizetype i = 0; i < paths.size(); ++i) {
            const QString &path = paths[i];
            if (paths.indexOf(path) < i || (i >= named && request.without.contains(path)))
                continue;
            const Result<QByteArray> text = readText(path);
            if (!text) {
                loaded.unreadable.append(text.error());
                continue;
            }
            const QString folder = QFileInfo(path).absolutePath();
            if (!modes.contains(folder))
                modes.insert(folder, scriptModesIn(folder));
            OpenManifest manifest;
            manifest.file = path;
            manifest.disk = manifest.text = *text;
            manifest.modes = modes.value(folder);
            if (const Result<LintSubject> subject = readManifestText(path, *text))
                manifest.scripts = scriptTextsOf(*subject);
            manifest.convert = !request.onlyLinted.contains(path) && (i < named || fillsIn(path));
            loaded.files.append(manifest);
        }
        return loaded;
    };
    offThread(this, load, [this, number](const Loaded &loaded) {
        if (number == m_opening)
            take(loaded);
    });
}

void ManifestDesk::take(const Loaded &loaded)
{
    m_unreadable = loaded.unreadable;
    m_files = loaded.files;
    for (OpenManifest &manifest : m_files) {
        const auto kept = m_kept.constFind(manifest.file);
        if (kept == m_kept.cend())
            continue;
        manifest.text = kept->text;
        manifest.changedOnDisk = kept->disk != manifest.disk;
        // What the edits were made on: saving over something else asks first.
        manifest.disk = kept->disk;
        m_kept.erase(kept);
    }
    makeLabels();
    watch();
    setState(m_files.isEmpty() ? (m_unreadable.isEmpty() ? State::Empty : State::Failed) : State::Ready);
    Q_EMIT filesChanged();
    // A file that was open before may have an editor with another text.
    for (const OpenManifest &manifest : std::as_const(m_files))
        Q_EMIT textReplaced(manifest.file);
    if (!m_files.isEmpty())
        read();
}

void ManifestDesk::close()
{
    keepEdits();
    ++m_opening;
    ++m_generation;
    m_typing.stop();
    m_files.clear();
    m_unreadable.clear();
    m_request = {};
    m_reading.reset();
    m_converted.reset();
    watch();
    setState(State::Empty);
    Q_EMIT filesChanged();
}

void ManifestDesk::makeLabels()
{
    // As short as tells them apart: the name, or the path from the folder they share.
    QString common = m_files.isEmpty() ? QString() : QFileInfo(m_files.first().file).absolutePath();
    for (const OpenManifest &manifest : std::as_const(m_files)) {
        while (!common.isEmpty() && common != QLatin1String("/") &&
               !manifest.file.startsWith(common + QLatin1Char('/')))
            common = QFileInfo(common).absolutePath();
    }
    for (OpenManifest &manifest : m_files)
        manifest.label = QDir(common).relativeFilePath(manifest.file);
}

void ManifestDesk::watch()
{
    if (const QStringList old = m_watcher->files(); !old.isEmpty())
        m_watcher->removePaths(old);
    QStringList paths;
    for (const OpenManifest &manifest : std::as_const(m_files))
        paths.append(manifest.file);
    if (!paths.isEmpty())
        m_watcher->addPaths(paths);
}

void ManifestDesk::checkDisk()
{
    if (m_state != State::Ready)
        return;
    QStringList paths;
    for (const OpenManifest &manifest : std::as_const(m_files))
        paths.append(manifest.file);
    const auto load = [paths] {
        QHash<QString, QByteArray> texts;
        for (const QString &path : paths) {
            if (const Result<QByteArray> text = readText(path))
                texts.insert(path, *text);
        }
        return texts;
    };
    offThread(this, load, [this, number = m_opening](const QHash<QString, QByteArray> &texts) {
        if (number != m_opening)
            return;
        bool changed = false;
        for (OpenManifest &manifest : m_files) {
            const auto now = texts.constFind(manifest.file);
            // One that is gone or unreadable just now keeps its text here; saving will tell.
            if (now == texts.cend() || *now == manifest.disk)
                continue;
            changed = true;
            if (*now == manifest.text || !manifest.isEdited()) {
                const bool other = *now != manifest.text;
                manifest.disk = manifest.text = *now;
                manifest.changedOnDisk = false;
                if (other)
                    Q_EMIT textReplaced(manifest.file);
            } else {
                manifest.changedOnDisk = true;
            }
        }
        // A file that was replaced is another one to the watcher.
        watch();
        if (!changed)
            return;
        Q_EMIT filesChanged();
        ++m_generation;
        read();
    });
}

// --- edits

void ManifestDesk::setText(const QString &path, const QByteArray &text)
{
    OpenManifest *manifest = at(path);
    if (!manifest || manifest->text == text)
        return;
    const bool was = manifest->isEdited();
    manifest->text = text;
    if (was != manifest->isEdited())
        Q_EMIT filesChanged();
    readSoon();
}

void ManifestDesk::setConvert(const QString &path, bool convert)
{
    OpenManifest *manifest = at(path);
    if (!manifest || manifest->convert == convert)
        return;
    manifest->convert = convert;
    ++m_generation;
    read();
}

void ManifestDesk::setTarget(ConvertTarget target)
{
    if (m_target == target)
        return;
    m_target = target;
    ++m_generation;
    if (m_state == State::Ready)
        read();
}

void ManifestDesk::readSoon()
{
    ++m_generation;
    m_typing.start();
    Q_EMIT workingChanged();
}

void ManifestDesk::read()
{
    m_typing.stop();
    // One at a time: what is asked for meanwhile is asked for again when the answer is there, with the newest text.
    if (m_working)
        return;
    m_working = true;
    Q_EMIT workingChanged();
    QList<ManifestDraft> drafts;
    QHash<QString, QString> labels;
    for (const OpenManifest &manifest : std::as_const(m_files)) {
        drafts.append({manifest.file, manifest.text, manifest.modes, manifest.convert, manifest.scripts});
        labels.insert(manifest.file, manifest.label);
    }
    const auto work = [drafts, labels, target = m_target] {
        return std::make_shared<const PreparedReading>(prepareReading(readDrafts(drafts, target), target, labels));
    };
    offThread(this, work, [this, number = m_generation](const std::shared_ptr<const PreparedReading> &reading) {
        m_working = false;
        if (number != m_generation) {
            // Overtaken. Where the person still types, the timer asks.
            if (!m_typing.isActive() && m_state == State::Ready)
                read();
            return Q_EMIT workingChanged();
        }
        auto oldReading = std::exchange(m_reading, reading);
        auto oldConverted = m_converted;
        // Without a source there is nothing to keep; a kept conversion to another target would be a wrong one.
        const bool keep = reading->reading.broken && m_converted && m_converted->target == m_target;
        if (!keep)
            m_converted = reading->reading.conversion ? reading : nullptr;
        Q_EMIT workingChanged();
        Q_EMIT readingChanged();
        dropElsewhere(std::move(oldReading));
        dropElsewhere(std::move(oldConverted));
    });
}

// --- saving

void ManifestDesk::save(const QString &path, bool overwrite)
{
    const OpenManifest *manifest = file(path);
    if (!manifest)
        return;
    struct Outcome
    {
        bool changed = false;
        std::optional<Error> error;
    };
    const auto work = [path, base = manifest->disk, text = manifest->text, overwrite] {
        Outcome outcome;
        if (!overwrite) {
            const Result<QByteArray> now = readFile(path);
            outcome.changed = !now || *now != base;
            if (outcome.changed)
                return outcome;
        }
        if (const Result<void> written = writeFileAtomically(path, text); !written)
            outcome.error = written.error();
        return outcome;
    };
    offThread(this, work, [this, path, text = manifest->text](const Outcome &outcome) {
        OpenManifest *kept = at(path);
        if (!kept) {
            // Its workspace was closed meanwhile.
            if (const auto it = m_kept.find(path); it != m_kept.end() && !outcome.changed && !outcome.error)
                it->text == text ? void(m_kept.erase(it)) : void(it->disk = text);
            return;
        }
        if (outcome.error)
            return Q_EMIT failedToSave(path, *outcome.error);
        kept->changedOnDisk = outcome.changed;
        if (!outcome.changed)
            kept->disk = text;
        Q_EMIT filesChanged();
        watch();
        outcome.changed ? Q_EMIT refusedToSave(path) : Q_EMIT saved(path);
    });
}

void ManifestDesk::revert(const QString &path)
{
    offThread(
        this, [path] { return readText(path); },
        [this, path](const Result<QByteArray> &text) {
            OpenManifest *manifest = at(path);
            if (!manifest)
                return;
            if (!text)
                return Q_EMIT failedToSave(path, text.error());
            manifest->disk = manifest->text = *text;
            manifest->changedOnDisk = false;
            Q_EMIT textReplaced(path);
            Q_EMIT filesChanged();
            ++m_generation;
            read();
        });
}

QStringList ManifestDesk::unsaved() const
{
    QStringList names;
    for (const OpenManifest &manifest : m_files) {
        if (manifest.isEdited())
            names.append(manifest.file);
    }
    for (const OpenManifest &manifest : m_kept)
        names.append(manifest.file);
    return names;
}

} // namespace Switchyard
