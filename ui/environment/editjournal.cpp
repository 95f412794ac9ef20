// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/editjournal.h"

#include "models/environment/secretlook.h"

#include <QUndoStack>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int mostSteps = 200;

QMap<QString, std::optional<QString>> valuesOf(const QByteArray &text)
{
    return readEnv(text, EnvDialect::Tolerant).values();
}

} // namespace

PreparedEdits prepareEdits(const QList<EnvDraft> &drafts, const QList<EnvEdit> &edits)
{
    PreparedEdits prepared;
    if (drafts.isEmpty())
        return prepared;
    QList<EnvDocument> documents;
    QHash<QString, qsizetype> winning; // by name: the file whose assignment counts
    QList<QSet<QString>> named;
    for (qsizetype i = 0; i < drafts.size(); ++i) {
        documents.append(EnvDocument::parse(drafts[i].text));
        named.append(QSet<QString>());
        for (const EnvNode &node : documents[i].nodes()) {
            if (node.kind != EnvNode::Kind::Assignment && node.kind != EnvNode::Kind::Bare)
                continue;
            const QString name = documents[i].name(node);
            named[i].insert(name);
            winning.insert(name, i);
        }
    }
    QList<QList<EnvEdit>> perFile(drafts.size());
    QSet<QString> touched;
    for (const EnvEdit &edit : edits) {
        if (edit.value) {
            perFile[winning.value(edit.name, 0)].append(edit);
            touched.insert(edit.name);
            continue;
        }
        for (qsizetype i = 0; i < drafts.size(); ++i) {
            if (!named[i].contains(edit.name))
                continue;
            perFile[i].append(edit);
            touched.insert(edit.name);
        }
    }
    for (qsizetype i = 0; i < drafts.size(); ++i) {
        if (perFile[i].isEmpty())
            continue;
        const EnvEdited edited = editEnvDocument(documents[i], perFile[i]);
        prepared.refused.append(edited.refused);
        for (const EnvEdited::Refused &each : edited.refused)
            touched.remove(each.name);
        if (edited.document.text() != drafts[i].text)
            prepared.texts.insert(drafts[i].file, edited.document.text());
    }
    prepared.done = int(touched.size());
    return prepared;
}

QSet<QString> editedNames(const QList<EnvDraft> &drafts)
{
    QSet<QString> names;
    for (const EnvDraft &draft : drafts) {
        if (!draft.isEdited())
            continue;
        const auto before = valuesOf(draft.disk);
        const auto after = valuesOf(draft.text);
        for (auto it = before.cbegin(); it != before.cend(); ++it) {
            const auto now = after.constFind(it.key());
            if (now == after.cend() || *now != *it)
                names.insert(it.key());
        }
        for (auto it = after.cbegin(); it != after.cend(); ++it) {
            if (!before.contains(it.key()))
                names.insert(it.key());
        }
    }
    return names;
}

bool holdsSecrets(const QByteArray &text)
{
    const EnvReading reading = readEnv(text, EnvDialect::Tolerant);
    return std::any_of(reading.assignments.cbegin(), reading.assignments.cend(),
                       [](const EnvAssignment &each) { return looksSecret(each.name, each.value); });
}

/// Undo and redo put whole texts back: what the file was, to the byte.
class EditStep final : public QUndoCommand
{
public:
    EditStep(EditJournal *journal, const QString &label, QMap<QString, QByteArray> before,
             QMap<QString, QByteArray> after)
        : QUndoCommand(label)
        , m_journal(journal)
        , m_before(std::move(before))
        , m_after(std::move(after))
    {
    }
    void undo() override { m_journal->setTexts(m_before); }
    void redo() override { m_journal->setTexts(m_after); }

private:
    EditJournal *m_journal;
    QMap<QString, QByteArray> m_before;
    QMap<QString, QByteArray> m_after;
};

EditJournal::EditJournal(QObject *parent)
    : QObject(parent)
    , m_stack(new QUndoStack(this))
{
    m_stack->setUndoLimit(mostSteps);
}

EnvDraft *EditJournal::at(const QString &file)
{
    const auto it =
        std::find_if(m_drafts.begin(), m_drafts.end(), [&file](const EnvDraft &each) { return each.file == file; });
    return it == m_drafts.end() ? nullptr : &*it;
}

void EditJournal::open(QList<EnvDraft> drafts)
{
    // The same files, read again: the steps still fit when what is on the disk is what they began with.
    const bool sameFiles =
        std::equal(drafts.cbegin(), drafts.cend(), m_drafts.cbegin(), m_drafts.cend(),
                   [](const EnvDraft &a, const EnvDraft &b) { return a.file == b.file && a.disk == b.disk; });
    for (const EnvDraft &draft : std::as_const(m_drafts)) {
        if (draft.isEdited())
            m_kept.insert(draft.file, draft);
    }
    m_drafts = std::move(drafts);
    for (EnvDraft &draft : m_drafts) {
        const auto kept = m_kept.constFind(draft.file);
        if (kept == m_kept.cend())
            continue;
        draft.text = kept->text;
        draft.changedOnDisk = kept->disk != draft.disk;
        // What the edits were made on: saving over something else asks first.
        draft.disk = kept->disk;
        m_kept.erase(kept);
    }
    if (!sameFiles)
        m_stack->clear();
    Q_EMIT changed();
}

bool EditJournal::isEdited() const
{
    return std::any_of(m_drafts.cbegin(), m_drafts.cend(), [](const EnvDraft &each) { return each.isEdited(); });
}

QMap<QString, QByteArray> EditJournal::editedTexts() const
{
    QMap<QString, QByteArray> texts;
    for (const EnvDraft &draft : m_drafts) {
        if (draft.isEdited())
            texts.insert(draft.file, draft.text);
    }
    return texts;
}

QStringList EditJournal::unsaved() const
{
    QStringList files = editedTexts().keys();
    files += m_kept.keys();
    return files;
}

void EditJournal::push(const QString &label, const QMap<QString, QByteArray> &texts)
{
    QMap<QString, QByteArray> before;
    for (auto it = texts.cbegin(); it != texts.cend(); ++it) {
        if (const EnvDraft *draft = at(it.key()))
            before.insert(it.key(), draft->text);
    }
    if (!before.isEmpty())
        m_stack->push(new EditStep(this, label, before, texts));
}

void EditJournal::setTexts(const QMap<QString, QByteArray> &texts)
{
    for (auto it = texts.cbegin(); it != texts.cend(); ++it) {
        if (EnvDraft *draft = at(it.key()))
            draft->text = it.value();
    }
    Q_EMIT changed();
}

void EditJournal::markSaved(const QString &file, const QByteArray &text)
{
    if (EnvDraft *draft = at(file)) {
        draft->disk = text;
        draft->changedOnDisk = false;
    } else if (const auto kept = m_kept.find(file); kept != m_kept.end()) {
        // Its workspace was closed while it was written.
        kept->text == text ? void(m_kept.erase(kept)) : void(kept->disk = text);
    }
    if (!isEdited())
        m_stack->setClean();
    Q_EMIT changed();
}

void EditJournal::markChangedOnDisk(const QString &file)
{
    if (EnvDraft *draft = at(file); draft && draft->isEdited() && !draft->changedOnDisk) {
        draft->changedOnDisk = true;
        Q_EMIT changed();
    }
}

void EditJournal::drop(const QString &file)
{
    if (EnvDraft *draft = at(file)) {
        draft->text = draft->disk;
        draft->changedOnDisk = false;
    }
    m_stack->clear();
    Q_EMIT changed();
}

} // namespace Switchyard
