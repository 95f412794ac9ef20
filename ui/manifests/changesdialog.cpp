// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/changesdialog.h"

#include "models/common/fileset.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/theme.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int rowHeight = 22;

QString shapeOf(FileChange::Kind kind)
{
    switch (kind) {
    case FileChange::Kind::New:
        return QStringLiteral("◆");
    case FileChange::Kind::Changed:
        return QStringLiteral("▲");
    case FileChange::Kind::Same:
        return QStringLiteral("✓");
    case FileChange::Kind::Refused:
        break;
    }
    return QStringLiteral("✕");
}

bool sameDisk(const QList<FileChange> &a, const QList<FileChange> &b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const FileChange &one, const FileChange &other) {
        return one.kind == other.kind && one.before == other.before;
    });
}

} // namespace

ChangesDialog::ChangesDialog(const QString &title, QList<ChangeGroup> groups, QWidget *parent)
    : QDialog(parent)
    , m_groups(std::move(groups))
{
    setUp(title);
}

ChangesDialog::ChangesDialog(const QString &title, const ChangeGroup &group, ChooseFolder chooseFolder, QWidget *parent)
    : QDialog(parent)
    , m_groups({group})
    , m_toWrite(true)
    , m_chooseFolder(std::move(chooseFolder))
{
    setUp(title);
}

void ChangesDialog::setUp(const QString &title)
{
    setObjectName(m_toWrite ? QStringLiteral("writeDialog") : QStringLiteral("diffDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    resize(960, 600);
    m_list = new QListWidget(this);
    m_list->setObjectName(QStringLiteral("changeList"));
    m_list->setAccessibleName(QStringLiteral("Files and what changes in them"));
    m_stack = new QStackedWidget(this);
    m_diff = new CodeEditor(QStringLiteral("changeDiff"), QStringLiteral("The change, as a unified diff"), m_stack);
    m_diff->setReadOnly(true);
    m_notice = new NoticePane(m_stack);
    m_stack->addWidget(m_diff);
    m_stack->addWidget(m_notice);
    auto *splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_list);
    splitter->addWidget(m_stack);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({280, 680});
    m_message = new QLabel(this);
    m_message->setObjectName(QStringLiteral("changeMessage"));
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    if (m_toWrite) {
        m_write = buttons->addButton(QStringLiteral("Write"), QDialogButtonBox::ActionRole);
        m_write->setObjectName(QStringLiteral("writeButton"));
        m_write->setProperty("primary", true);
        connect(m_write, &QPushButton::clicked, this, &ChangesDialog::write);
    }
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto *layout = new QVBoxLayout(this);
    if (m_toWrite)
        layout->addWidget(makeFolderRow());
    layout->addWidget(splitter, 1);
    layout->addWidget(m_message);
    layout->addWidget(buttons);
    connect(m_list, &QListWidget::currentRowChanged, this, &ChangesDialog::showChange);
    compare();
}

QWidget *ChangesDialog::makeFolderRow()
{
    auto *row = new QWidget(this);
    m_folder = new QLineEdit(QDir::toNativeSeparators(m_groups.first().folder), row);
    m_folder->setObjectName(QStringLiteral("writeFolder"));
    auto *label = new QLabel(QStringLiteral("&Folder"), row);
    label->setBuddy(m_folder);
    auto *choose = new QPushButton(QStringLiteral("Choose…"), row);
    choose->setObjectName(QStringLiteral("writeChoose"));
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(label);
    layout->addWidget(m_folder, 1);
    layout->addWidget(choose);
    connect(choose, &QPushButton::clicked, this,
            [this] { m_chooseFolder(this, [this](const QString &folder) { m_folder->setText(folder); }); });
    connect(m_folder, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_groups.first().folder = QDir::fromNativeSeparators(text.trimmed());
        compare();
    });
    return row;
}

void ChangesDialog::say(const QString &text, bool bad)
{
    m_message->setText(text);
    QPalette colours = palette();
    if (bad)
        colours.setColor(QPalette::WindowText, themeColors(palette()).down);
    m_message->setPalette(colours);
}

void ChangesDialog::compare()
{
    const int number = ++m_number;
    if (m_write)
        m_write->setEnabled(false);
    if (m_toWrite && (m_groups.first().folder.isEmpty() || !QDir::isAbsolutePath(m_groups.first().folder))) {
        m_changes.clear();
        m_list->clear();
        return say(QStringLiteral("Choose the folder by its full path."), true);
    }
    say(QStringLiteral("◌ Comparing…"), false);
    const auto work = [groups = m_groups] {
        QList<QList<FileChange>> changes;
        for (const ChangeGroup &group : groups)
            changes.append(group.changes());
        return changes;
    };
    offThread(this, work, [this, number](const QList<QList<FileChange>> &changes) {
        if (number == m_number)
            take(changes);
    });
}

void ChangesDialog::take(const QList<QList<FileChange>> &changes)
{
    const int row = m_list->currentRow();
    m_changes.clear();
    m_list->clear();
    int different = 0, refused = 0;
    for (qsizetype group = 0; group < changes.size(); ++group) {
        for (const FileChange &change : changes[group]) {
            different += change.kind == FileChange::Kind::New || change.kind == FileChange::Kind::Changed;
            refused += change.kind == FileChange::Kind::Refused;
            auto *item = new QListWidgetItem(m_list);
            item->setText(
                QStringLiteral("%1 %2  ·  %3%4")
                    .arg(shapeOf(change.kind), change.path, fileChangeName(change.kind),
                         m_groups.size() > 1 ? QStringLiteral("  (%1)").arg(m_groups[group].title) : QString()));
            item->setSizeHint(QSize(0, rowHeight));
            item->setToolTip(QDir(m_groups[group].folder).filePath(change.path));
            m_changes.append(change);
        }
    }
    m_list->setCurrentRow(std::clamp(row, 0, std::max(0, m_list->count() - 1)));
    showChange();
    if (m_write) {
        m_write->setEnabled(different > 0 && refused == 0);
        m_write->setText(different == 1 ? QStringLiteral("Write 1 file")
                                        : QStringLiteral("Write %1 files").arg(different));
    }
    if (refused > 0)
        say(QStringLiteral("Nothing can be written: %1 cannot be read.")
                .arg(refused == 1 ? QStringLiteral("a file that stands there")
                                  : QStringLiteral("%1 files that stand there").arg(refused)),
            true);
    else if (different == 0)
        say(QStringLiteral("The disk has the same texts."), false);
    else
        say(m_toWrite ? QStringLiteral("All files are written, or none. %1").arg(m_groups.first().remark).trimmed()
                      : QString(),
            false);
}

void ChangesDialog::showChange()
{
    const int row = m_list->currentRow();
    if (row < 0 || row >= m_changes.size())
        return;
    const FileChange &change = m_changes[row];
    if (!change.diff.isEmpty()) {
        m_diff->setDocument(change.diff, CodeLanguage::Diff);
        m_stack->setCurrentWidget(m_diff);
        return;
    }
    if (change.kind == FileChange::Kind::Refused)
        m_notice->show(QStringLiteral("failed"), change.error.message, change.error.hint);
    else
        m_notice->show({}, QStringLiteral("%1 is the same on the disk.").arg(change.path), {});
    m_stack->setCurrentWidget(m_notice);
}

void ChangesDialog::write()
{
    if (m_writing)
        return;
    m_writing = true;
    m_write->setEnabled(false);
    m_folder->setEnabled(false);
    say(QStringLiteral("◌ Writing…"), false);
    struct Outcome
    {
        QList<FileChange> now;
        bool moved = false; ///< the disk is not what the preview showed
        std::optional<Error> error;
    };
    const auto work = [group = m_groups.first(), seen = m_changes] {
        Outcome outcome;
        outcome.now = group.changes();
        outcome.moved = !sameDisk(outcome.now, seen);
        if (outcome.moved)
            return outcome;
        if (const Result<void> done = group.write(); !done)
            outcome.error = done.error();
        return outcome;
    };
    offThread(this, work, [this](const Outcome &outcome) {
        m_writing = false;
        m_folder->setEnabled(true);
        if (outcome.moved) {
            take({outcome.now});
            return say(QStringLiteral("The folder has changed since the preview: look again, nothing was written."),
                       true);
        }
        if (outcome.error) {
            m_write->setEnabled(true);
            return say(outcome.error->toString(), true);
        }
        const auto changed = std::count_if(outcome.now.cbegin(), outcome.now.cend(), [](const FileChange &change) {
            return change.kind != FileChange::Kind::Same;
        });
        Q_EMIT written(m_groups.first().folder, int(changed));
        close();
    });
}

} // namespace Switchyard
