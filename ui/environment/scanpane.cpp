// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/scanpane.h"

#include "models/common/files.h"
#include "models/scan/patch.h"
#include "models/scan/scanner.h"
#include "ui/common/bulkrowmodel.h"
#include "ui/common/notice.h"
#include "ui/common/offthread.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"
#include "ui/environment/diffcolors.h"

#include <QComboBox>
#include <QDir>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

Cell severityCell(ScanSeverity severity)
{
    switch (severity) {
    case ScanSeverity::Error:
        return {.text = QStringLiteral("error"), .sort = 0, .state = State::Down, .shape = QStringLiteral("✕")};
    case ScanSeverity::Warning:
        return {.text = QStringLiteral("warning"), .sort = 1, .state = State::Degraded, .shape = QStringLiteral("▲")};
    case ScanSeverity::Note:
        break;
    }
    return {.text = QStringLiteral("note"), .sort = 2, .state = State::Unknown, .shape = QStringLiteral("○")};
}

Cell textCell(const QString &text, bool faded = false)
{
    return {.text = text, .sort = {}, .tip = text, .faded = faded};
}

QString keyOf(qsizetype at)
{
    return QString::number(at);
}

/// A component inside another's folder is scanned with it.
QList<ScanFolder> outermost(const QList<ScanFolder> &folders)
{
    QList<ScanFolder> kept;
    for (const ScanFolder &each : folders) {
        const bool inside = std::any_of(folders.cbegin(), folders.cend(), [&each](const ScanFolder &other) {
            return other.path != each.path && each.path.startsWith(other.path + QLatin1Char('/'));
        });
        const bool twice = std::any_of(kept.cbegin(), kept.cend(),
                                       [&each](const ScanFolder &other) { return other.path == each.path; });
        if (!inside && !twice)
            kept.append(each);
    }
    return kept;
}

/// The patch of a folder, for `git apply` in the folder that holds it.
QByteArray movedInto(const QByteArray &patch, const QByteArray &inside)
{
    if (inside.isEmpty() || inside == ".")
        return patch;
    QByteArray moved;
    bool header = false;
    for (QByteArray line : patch.split('\n')) {
        if (line.startsWith("diff --git ")) {
            header = true;
            line.replace(" a/", " a/" + inside + '/').replace(" b/", " b/" + inside + '/');
        } else if (line.startsWith("@@")) {
            header = false;
        } else if (header && (line.startsWith("--- a/") || line.startsWith("+++ b/"))) {
            line.insert(6, inside + '/');
        }
        moved += line + '\n';
    }
    moved.chop(1);
    return moved;
}

} // namespace

struct ScanPane::Scanned
{
    QList<Finding> findings;
    QStringList notices;
    std::optional<Error> error;
    qint64 files = 0;
    bool cancelled = false;
    bool incomplete = false;
};

ScanPane::ScanPane(ChooseExportPath choosePath, QWidget *parent)
    : QWidget(parent)
    , m_choosePath(std::move(choosePath))
    , m_model(new BulkRowModel({QStringLiteral("Place"), QStringLiteral("Kind"), QStringLiteral("Match"),
                                QStringLiteral("Severity"), QStringLiteral("Suggestion"), QStringLiteral("Reason")},
                               this))
{
    setObjectName(QStringLiteral("scanPane"));
    m_stack = new QStackedWidget(this);
    auto *work = new QSplitter(Qt::Horizontal, m_stack);
    work->setChildrenCollapsible(false);
    work->setHandleWidth(8);
    m_table = new Table(Table::SortsItself(), m_model, QStringLiteral("scanTable"),
                        QStringLiteral("What code and configuration hold that a move would break"), work);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setWidths({196, 100, 176, 84, 124, 100});
    m_diff = new QPlainTextEdit(work);
    m_diff->setObjectName(QStringLiteral("scanDiff"));
    m_diff->setAccessibleName(QStringLiteral("The change of the chosen finding, as a unified diff"));
    m_diff->setReadOnly(true);
    m_diff->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_diff->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_diff->setPlaceholderText(QStringLiteral("Choose a finding to see the change that mends it."));
    new DiffColors(m_diff);
    work->addWidget(m_table);
    work->addWidget(m_diff);
    work->setSizes({850, 400});
    m_notice = new NoticePane(m_stack);
    m_notice->setObjectName(QStringLiteral("scanNotice"));
    m_stack->addWidget(work);
    m_stack->addWidget(m_notice);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(makeBar());
    layout->addWidget(m_stack, 1);
    connect(m_table, &Table::currentKeyChanged, this, &ScanPane::showDiff);
    connect(m_table, &Table::doubleClicked, this, [this](const QModelIndex &index) {
        const int at = index.siblingAtColumn(0).data(Role::Key).toInt();
        const Finding &found = m_findings[at];
        Q_EMIT placeChosen({QDir(found.folder).filePath(found.finding.file), found.finding.line, found.finding.column});
    });
    connect(m_notice, &NoticePane::buttonPressed, this, [this] {
        if (m_scanning)
            cancel();
        else if (m_scanned && !m_findings.isEmpty() && !m_error)
            m_filter->setCurrentIndex(0);
        else
            scan();
    });
    fillState();
}

ScanPane::~ScanPane()
{
    m_stop.request_stop();
}

QWidget *ScanPane::makeBar()
{
    auto *bar = new QWidget(this);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    auto *heading = new QLabel(QStringLiteral("<b>Scan</b>"), bar);
    m_summary = new QLabel(bar);
    m_summary->setObjectName(QStringLiteral("scanSummary"));
    m_summary->setProperty("faded", true);
    m_filter = new QComboBox(bar);
    m_filter->setObjectName(QStringLiteral("scanFilter"));
    m_filter->setAccessibleName(QStringLiteral("Which findings are shown"));
    m_again = new QPushButton(QStringLiteral("Scan again"), bar);
    m_again->setObjectName(QStringLiteral("scanAgain"));
    m_patch = new QPushButton(QStringLiteral("Save patch…"), bar);
    m_patch->setObjectName(QStringLiteral("scanPatch"));
    m_patch->setToolTip(QStringLiteral("Saves the changes of the selected findings, or of all that are shown, for "
                                       "git apply"));
    auto *closer = new QToolButton(bar);
    closer->setObjectName(QStringLiteral("scanClose"));
    closer->setText(QStringLiteral("✕"));
    closer->setAutoRaise(true);
    closer->setAccessibleName(QStringLiteral("Close the scan"));
    closer->setToolTip(QStringLiteral("Close (Esc)"));
    layout->addWidget(heading);
    layout->addWidget(m_summary, 1);
    layout->addWidget(m_filter);
    layout->addWidget(m_again);
    layout->addWidget(m_patch);
    layout->addWidget(closer);
    connect(m_filter, &QComboBox::currentIndexChanged, this, &ScanPane::applyFilter);
    connect(m_again, &QPushButton::clicked, this, [this] { m_scanning ? cancel() : scan(); });
    connect(m_patch, &QPushButton::clicked, this, &ScanPane::savePatch);
    connect(closer, &QToolButton::clicked, this, &ScanPane::closeRequested);
    auto *escape = new QShortcut(QKeySequence(Qt::Key_Escape), this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, this, &ScanPane::closeRequested);
    return bar;
}

void ScanPane::setFolders(const QList<ScanFolder> &folders, const QString &base, const QString &platform)
{
    if (folders == m_folders && base == m_base && platform == m_platform)
        return;
    cancel();
    ++m_number;
    m_folders = folders;
    m_base = base;
    m_platform = platform;
    m_findings.clear();
    m_scanned = m_cancelled = false;
    m_error.reset();
    fillRows();
    fillState();
    Q_EMIT countChanged();
}

void ScanPane::scan()
{
    m_stop.request_stop();
    m_stop = std::stop_source();
    const int number = ++m_number;
    m_scanning = true;
    m_cancelled = false;
    m_error.reset();
    fillState();
    Q_EMIT scanningChanged();
    QPointer<ScanPane> pane(this);
    const auto report = [pane, number](const QString &component, const ScanProgress &progress) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [pane, number, component, progress] {
                if (pane && pane->m_number == number && pane->m_scanning)
                    pane->m_summary->setText(QStringLiteral("◌ %1: %2 of %3 files, %4 findings")
                                                 .arg(component)
                                                 .arg(progress.files)
                                                 .arg(progress.filesTotal)
                                                 .arg(progress.findings));
            },
            Qt::QueuedConnection);
    };
    const auto work = [folders = outermost(m_folders), base = m_base, report, stop = m_stop.get_token()] {
        Scanned scanned;
        for (const ScanFolder &folder : folders) {
            ScanOptions options;
            options.folder = folder.path;
            const Result<ScanReport> found = scanFolder(
                options, [&report, &folder](const ScanProgress &progress) { report(folder.component, progress); },
                stop);
            if (!found) {
                scanned.error = found.error();
                return scanned;
            }
            scanned.files += found->files;
            scanned.cancelled = scanned.cancelled || found->cancelled;
            scanned.incomplete = scanned.incomplete || found->incomplete();
            scanned.notices += found->notices;
            for (const ScanFinding &each : found->findings)
                scanned.findings.append(
                    {each, folder.path, QDir(base).relativeFilePath(QDir(folder.path).filePath(each.file))});
        }
        return scanned;
    };
    offThread(this, work, [this, number](const Scanned &scanned) {
        if (number == m_number)
            take(scanned);
    });
}

void ScanPane::cancel()
{
    if (!m_scanning)
        return;
    m_stop.request_stop();
    ++m_number;
    m_scanning = false;
    m_cancelled = true;
    fillState();
    Q_EMIT scanningChanged();
}

void ScanPane::take(const Scanned &scanned)
{
    m_scanning = false;
    m_scanned = !scanned.error;
    m_error = scanned.error;
    m_findings = scanned.findings;
    m_notices = scanned.notices;
    m_files = scanned.files;
    if (scanned.incomplete)
        m_notices.append(QStringLiteral("some files were too large or could not be read"));
    fillRows();
    fillState();
    Q_EMIT scanningChanged();
    Q_EMIT countChanged();
}

void ScanPane::fillRows()
{
    QList<Row> rows;
    int ofSource = 0;
    for (qsizetype i = 0; i < m_findings.size(); ++i) {
        const Finding &each = m_findings[i];
        const ScanFinding &finding = each.finding;
        ofSource += !m_platform.isEmpty() && finding.platform == m_platform;
        Cell place = textCell(QStringLiteral("%1:%2:%3").arg(each.shown).arg(finding.line).arg(finding.column));
        place.sort = QStringLiteral("%1:%2:%3").arg(each.shown).arg(finding.line, 9).arg(finding.column, 6);
        rows.append({keyOf(i),
                     {place, textCell(scanKindName(finding.kind)), textCell(finding.match),
                      severityCell(finding.severity), textCell(finding.suggestion), textCell(finding.reason, true)}});
    }
    m_model->setRows(rows);
    const QSignalBlocker quiet(m_filter);
    const int chosen = m_filter->currentIndex();
    m_filter->clear();
    m_filter->addItem(QStringLiteral("All findings (%1)").arg(m_findings.size()));
    if (!m_platform.isEmpty())
        m_filter->addItem(QStringLiteral("What still names %1 (%2)").arg(m_platform).arg(ofSource));
    m_filter->addItem(QStringLiteral("What a patch mends"));
    m_filter->setCurrentIndex(std::clamp(chosen, 0, m_filter->count() - 1));
    applyFilter();
}

void ScanPane::applyFilter()
{
    const int last = m_filter->count() - 1;
    const int chosen = m_filter->currentIndex();
    if (chosen == last)
        m_model->setFilter([this](const Row &row) { return m_findings[row.key.toInt()].finding.edit.has_value(); });
    else if (chosen == 1)
        m_model->setFilter(
            [this](const Row &row) { return m_findings[row.key.toInt()].finding.platform == m_platform; });
    else
        m_model->setFilter({});
    m_diff->clear();
    fillState();
}

void ScanPane::fillState()
{
    m_again->setText(m_scanning  ? QStringLiteral("Cancel")
                     : m_scanned ? QStringLiteral("Scan again")
                                 : QStringLiteral("Scan"));
    m_again->setEnabled(m_scanning || !m_folders.isEmpty());
    const bool rows = m_model->rowCount() > 0;
    m_patch->setEnabled(!m_scanning && rows);
    m_stack->setCurrentIndex(rows && !m_scanning ? 0 : 1);
    if (m_scanning) {
        m_summary->setText(QStringLiteral("◌ looking for files"));
        return m_notice->show(QStringLiteral("environment"), QStringLiteral("◌ The components are being scanned."), {},
                              QStringLiteral("Cancel"));
    }
    if (m_error) {
        m_summary->setText({});
        return m_notice->show(QStringLiteral("failed"), QStringLiteral("The scan failed."), m_error->toString(),
                              QStringLiteral("Try again"));
    }
    if (!m_scanned) {
        m_summary->setText(m_cancelled ? QStringLiteral("cancelled") : QString());
        return m_notice->show(QStringLiteral("folder"),
                              m_folders.isEmpty() ? QStringLiteral("The workspace names no component to scan.")
                                                  : QStringLiteral("Nothing has been scanned yet."),
                              QStringLiteral("Looks for hosts, ports, addresses and secrets in code and configuration. "
                                             "Nothing is changed, and no connection opened."),
                              m_folders.isEmpty() ? QString() : QStringLiteral("Scan"));
    }
    QString summary = QStringLiteral("%1 findings in %2 files").arg(m_findings.size()).arg(m_files);
    if (m_cancelled)
        summary += QStringLiteral("  ·  the last scan was cancelled");
    if (!m_notices.isEmpty())
        summary += QStringLiteral("  ·  ") + m_notices.first();
    m_summary->setText(summary);
    m_summary->setToolTip(m_notices.join(QLatin1Char('\n')));
    if (rows)
        return;
    if (m_findings.isEmpty())
        m_notice->show(QStringLiteral("environment"), QStringLiteral("● Nothing was found in %1 files.").arg(m_files),
                       {}, QStringLiteral("Scan again"));
    else
        m_notice->show({}, QStringLiteral("No finding is of that kind."), {}, QStringLiteral("Show all findings"));
}

void ScanPane::showDiff(const QString &key)
{
    m_diff->clear();
    const int number = ++m_diffNumber;
    if (key.isEmpty())
        return;
    const Finding found = m_findings[key.toInt()];
    m_diff->setLineWrapMode(found.finding.edit ? QPlainTextEdit::NoWrap : QPlainTextEdit::WidgetWidth);
    if (!found.finding.edit) {
        m_diff->setPlainText(found.finding.suggestion.isEmpty()
                                 ? QStringLiteral("No change can be suggested here.\n%1").arg(found.finding.reason)
                                 : QStringLiteral("No change is certain here. What should stand there: %1\n%2")
                                       .arg(found.finding.suggestion, found.finding.reason));
        return;
    }
    offThread(
        this, [found] { return makePatch(found.folder, {found.finding}); },
        [this, number](const ScanPatch &patch) {
            if (number != m_diffNumber)
                return;
            m_diff->setPlainText(patch.text.isEmpty()
                                     ? QStringLiteral("No change: %1").arg(patch.notices.join(QLatin1Char('\n')))
                                     : QString::fromUtf8(patch.text));
        });
}

void ScanPane::savePatch()
{
    QHash<QString, QList<ScanFinding>> byFolder;
    QList<int> chosen;
    for (const QModelIndex &index : m_table->selectionModel()->selectedRows())
        chosen.append(index.data(Role::Key).toInt());
    // One row is current, not chosen: the patch of one finding is seldom what is wanted.
    if (chosen.size() < 2) {
        chosen.clear();
        for (const Row &row : m_model->shown())
            chosen.append(row.key.toInt());
    }
    for (const int at : std::as_const(chosen))
        byFolder[m_findings[at].folder].append(m_findings[at].finding);
    struct Saved
    {
        Result<void> written;
        int files = 0;
        int replaced = 0;
        QStringList notices;
        bool several = false;
    };
    m_choosePath(this, QStringLiteral("switchyard.patch"), [this, byFolder, base = m_base](const QString &path) {
        const auto work = [byFolder, base, path] {
            Saved saved;
            QByteArray text;
            QStringList folders = byFolder.keys();
            folders.sort();
            for (const QString &folder : std::as_const(folders)) {
                ScanPatch patch = makePatch(folder, byFolder.value(folder));
                saved.files += patch.files;
                saved.replaced += patch.replaced;
                saved.notices += patch.notices;
                // From one folder for all: that of the workspace.
                text += movedInto(patch.text, QDir(base).relativeFilePath(folder).toUtf8());
            }
            if (!text.isEmpty())
                saved.written = writeFileAtomically(path, text);
            return saved;
        };
        offThread(this, work, [this, path](const Saved &saved) {
            if (!saved.written)
                Q_EMIT noticed(saved.written.error().toString());
            else if (saved.replaced == 0)
                Q_EMIT noticed(
                    QStringLiteral("No change is certain, so no patch was written. %1").arg(saved.notices.value(0)));
            else
                Q_EMIT noticed(QStringLiteral("%1 changes in %2 files: %3; use git apply in the workspace's folder")
                                   .arg(saved.replaced)
                                   .arg(saved.files)
                                   .arg(path));
        });
    });
}

} // namespace Switchyard
