// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/sourcepane.h"

#include "ui/common/bulkrowmodel.h"
#include "ui/common/notice.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int rowHeight = 22;
constexpr int mostRows = 5;

/// "fly.toml ✎  ✕ 1  ▲ 3"
QString itemText(const OpenManifest &manifest, const std::array<int, 3> &counts)
{
    QString text = manifest.label;
    if (manifest.isEdited())
        text += QStringLiteral("  · edited");
    if (manifest.changedOnDisk)
        text += QStringLiteral("  · changed on disk");
    const char *shapes[] = {"  ✕ ", "  ▲ ", "  ○ "};
    for (size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] > 0)
            text += QString::fromUtf8(shapes[i]) + QString::number(counts[i]);
    }
    return text;
}

QString counted(int count, const char *word)
{
    return QStringLiteral("%1 %2%3").arg(count).arg(QLatin1StringView(word),
                                                    count == 1 ? QString() : QStringLiteral("s"));
}

} // namespace

SourcePane::SourcePane(ManifestDesk *desk, QWidget *parent)
    : QWidget(parent)
    , m_desk(desk)
    , m_list(new QListWidget(this))
    , m_editors(new QStackedWidget(this))
    , m_model(new BulkRowModel(findingColumns(), this))
{
    m_list->setObjectName(QStringLiteral("manifestFiles"));
    m_list->setAccessibleName(QStringLiteral("Open manifests; those with a check mark are converted"));
    m_list->setToolTip(QStringLiteral("All are linted together; those with a check mark are converted together."));
    m_list->setUniformItemSizes(true);
    m_list->setTextElideMode(Qt::ElideMiddle);
    auto *splitter = new QSplitter(Qt::Vertical, this);
    splitter->setChildrenCollapsible(false);
    splitter->setHandleWidth(8);
    splitter->addWidget(m_editors);
    splitter->addWidget(makeFindings());
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({420, 170});
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_list);
    m_banner = makeBanner();
    layout->addWidget(m_banner);
    layout->addWidget(splitter, 1);
    connect(m_desk, &ManifestDesk::stateChanged, this, &SourcePane::fillMarks);
    connect(m_desk, &ManifestDesk::filesChanged, this, &SourcePane::fillFiles);
    connect(m_desk, &ManifestDesk::textReplaced, this, &SourcePane::replaceText);
    connect(m_desk, &ManifestDesk::readingChanged, this, [this] {
        fillMarks();
        fillFiles();
    });
    connect(m_list, &QListWidget::currentRowChanged, this, [this] {
        if (m_filling)
            return;
        if (CodeEditor *editor = editorOf(currentFile()))
            m_editors->setCurrentWidget(editor);
        fillBanner();
        Q_EMIT currentFileChanged();
    });
    connect(m_list, &QListWidget::itemChanged, this, [this](const QListWidgetItem *item) {
        if (!m_filling)
            m_desk->setConvert(item->data(Qt::UserRole).toString(), item->checkState() == Qt::Checked);
    });
}

QFrame *SourcePane::makeBanner()
{
    auto *banner = new QFrame(this);
    banner->setObjectName(QStringLiteral("diskBanner"));
    banner->setProperty("card", true);
    m_bannerText = new QLabel(banner);
    m_bannerText->setWordWrap(true);
    m_bannerText->setTextFormat(Qt::PlainText);
    auto *diff = new QPushButton(QStringLiteral("Show the difference"), banner);
    auto *take = new QPushButton(QStringLiteral("Take the disk's"), banner);
    take->setObjectName(QStringLiteral("takeDiskButton"));
    auto *layout = new QVBoxLayout(banner);
    layout->setContentsMargins(8, 6, 8, 6);
    layout->addWidget(m_bannerText);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(diff);
    buttons->addWidget(take);
    buttons->addStretch(1);
    layout->addLayout(buttons);
    banner->hide();
    connect(diff, &QPushButton::clicked, this, &SourcePane::diffRequested);
    connect(take, &QPushButton::clicked, this, [this] { m_desk->revert(currentFile()); });
    return banner;
}

QWidget *SourcePane::makeFindings()
{
    auto *pane = new QWidget(this);
    m_summary = new QLabel(pane);
    m_summary->setObjectName(QStringLiteral("findingSummary"));
    m_findings = new Table(Table::SortsItself(), m_model, QStringLiteral("findingTable"),
                           QStringLiteral("Findings of the lint"), pane);
    m_findings->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_findings->setWidths({86, 92, 520, 150});
    m_findingStack = new QStackedWidget(pane);
    m_noFinding = new NoticePane(m_findingStack);
    m_noFinding->show({}, QStringLiteral("The lint has found nothing."), {});
    m_findingStack->addWidget(m_findings);
    m_findingStack->addWidget(m_noFinding);
    auto *layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_summary);
    layout->addWidget(m_findingStack, 1);
    const auto show = [this](const QString &key, bool takeFocus) {
        const auto reading = m_desk->reading();
        if (reading && reading->findings.contains(key))
            showPlace(reading->findings.value(key).place, takeFocus);
    };
    connect(m_findings, &Table::clicked, this,
            [show](const QModelIndex &index) { show(index.siblingAtColumn(0).data(Role::Key).toString(), false); });
    connect(m_findings, &Table::activated, this,
            [show](const QModelIndex &index) { show(index.siblingAtColumn(0).data(Role::Key).toString(), true); });
    return pane;
}

QString SourcePane::currentFile() const
{
    const QListWidgetItem *item = m_list->currentItem();
    return item ? item->data(Qt::UserRole).toString() : QString();
}

CodeEditor *SourcePane::currentEditor() const
{
    return m_byFile.value(currentFile());
}

CodeEditor *SourcePane::editorOf(const QString &path)
{
    const OpenManifest *manifest = m_desk->file(path);
    if (!manifest)
        return nullptr;
    if (CodeEditor *editor = m_byFile.value(path))
        return editor;
    auto *editor =
        new CodeEditor(QStringLiteral("sourceEditor"), QStringLiteral("Source: %1").arg(manifest->label), m_editors);
    editor->setDocument(manifest->text, codeLanguageOf(path));
    if (const auto reading = m_desk->reading())
        editor->setMarks(reading->marks.value(path));
    m_byFile.insert(path, editor);
    m_editors->addWidget(editor);
    connect(editor, &CodeEditor::edited, this, [this, editor, path] { m_desk->setText(path, editor->contents()); });
    return editor;
}

void SourcePane::fillFiles()
{
    m_filling = true;
    const QString before = currentFile();
    const QList<OpenManifest> &files = m_desk->files();
    const auto reading = m_desk->reading();
    bool same = m_list->count() == files.size();
    for (int i = 0; same && i < files.size(); ++i)
        same = m_list->item(i)->data(Qt::UserRole).toString() == files[i].file;
    if (!same) {
        m_list->clear();
        for (const OpenManifest &manifest : files) {
            auto *item = new QListWidgetItem(m_list);
            item->setData(Qt::UserRole, manifest.file);
            item->setToolTip(manifest.file);
            item->setSizeHint(QSize(0, rowHeight));
        }
        // Editors of files that are no longer open.
        for (const QString &path : m_byFile.keys()) {
            if (!m_desk->file(path))
                delete m_byFile.take(path);
        }
    }
    for (int i = 0; i < files.size(); ++i) {
        QListWidgetItem *item = m_list->item(i);
        const auto counts = reading ? reading->severities.value(files[i].file) : std::array<int, 3>{};
        item->setText(itemText(files[i], counts));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState(files[i].convert ? Qt::Checked : Qt::Unchecked);
        if (files[i].file == before)
            m_list->setCurrentRow(i);
    }
    if (m_list->currentRow() < 0 && m_list->count() > 0)
        m_list->setCurrentRow(0);
    m_list->setFixedHeight(std::clamp(int(files.size()), 1, mostRows) * rowHeight + 6);
    m_filling = false;
    if (CodeEditor *editor = editorOf(currentFile()))
        m_editors->setCurrentWidget(editor);
    fillBanner();
    if (!same)
        Q_EMIT currentFileChanged();
}

void SourcePane::fillBanner()
{
    const OpenManifest *manifest = m_desk->file(currentFile());
    m_banner->setVisible(manifest && manifest->changedOnDisk);
    if (manifest)
        m_bannerText->setText(
            QStringLiteral("%1 has changed on the disk, and there are edits here.").arg(manifest->label));
}

void SourcePane::fillMarks()
{
    const auto reading = m_desk->reading();
    if (!reading) {
        m_model->setRows({});
        m_findingStack->setCurrentIndex(0);
        return m_summary->clear();
    }
    for (auto it = m_byFile.cbegin(); it != m_byFile.cend(); ++it)
        it.value()->setMarks(reading->marks.value(it.key()));
    m_model->setRows(reading->findingRows);
    m_findingStack->setCurrentIndex(reading->findingRows.isEmpty() ? 1 : 0);
    std::array<int, 3> sum{};
    for (const std::array<int, 3> &counts : reading->severities) {
        for (size_t i = 0; i < sum.size(); ++i)
            sum[i] += counts[i];
    }
    m_summary->setText(QStringLiteral("✕ %1   ▲ %2   ○ %3")
                           .arg(counted(sum[0], "error"), counted(sum[1], "warning"), counted(sum[2], "note")));
}

void SourcePane::replaceText(const QString &path)
{
    const OpenManifest *manifest = m_desk->file(path);
    CodeEditor *editor = m_byFile.value(path);
    if (manifest && editor && editor->contents() != manifest->text)
        editor->setContents(manifest->text, codeLanguageOf(path));
}

bool SourcePane::showPlace(const Place &place, bool takeFocus)
{
    for (int i = 0; i < m_list->count(); ++i) {
        if (m_list->item(i)->data(Qt::UserRole).toString() != place.file)
            continue;
        m_list->setCurrentRow(i);
        CodeEditor *editor = currentEditor();
        editor->goTo(std::max(1, place.line), std::max(1, place.column));
        if (takeFocus)
            editor->setFocus();
        return true;
    }
    return false;
}

void SourcePane::stepFinding(bool backward)
{
    const int count = m_model->rowCount();
    const auto reading = m_desk->reading();
    if (count == 0 || !reading)
        return;
    const int now = m_findings->currentIndex().isValid() ? m_findings->currentIndex().row() : (backward ? 0 : -1);
    const int row = (now + (backward ? count - 1 : 1)) % count;
    m_findings->selectRow(row);
    m_findings->setCurrentIndex(m_model->index(row, 0));
    showPlace(reading->findings.value(m_model->shown()[row].key).place, true);
}

void SourcePane::showFirstError()
{
    const auto reading = m_desk->reading();
    if (reading && !reading->reading.problems.isEmpty())
        showPlace(reading->reading.problems.first().place, true);
}

} // namespace Switchyard
