// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/copyoptionspane.h"

#include "ui/common/theme.h"
#include "ui/database/windowwords.h"

#include <QCheckBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

constexpr int mostJobs = 64; ///< as the command line takes

/// A name may hold blanks, and so commas part them.
QStringList namesOf(const QLineEdit *line)
{
    QStringList names;
    for (const QString &each : line->text().split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        if (!each.trimmed().isEmpty())
            names.append(each.trimmed());
    }
    names.removeDuplicates();
    return names;
}

} // namespace

CopyOptionsPane::CopyOptionsPane(ChooseReportPath choosePath, QWidget *parent)
    : QWidget(parent)
    , m_choosePath(std::move(choosePath))
    , m_toggle(new QToolButton(this))
    , m_summary(new QLabel(this))
{
    m_fields = makeFields();
    setObjectName(QStringLiteral("copyOptions"));
    m_toggle->setObjectName(QStringLiteral("copyOptionsToggle"));
    m_toggle->setText(QStringLiteral("Options"));
    m_toggle->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_toggle->setArrowType(Qt::RightArrow);
    m_toggle->setCheckable(true);
    m_toggle->setAutoRaise(true);
    m_toggle->setToolTip(QStringLiteral("Through a file, several jobs, only some schemas, older targets"));
    m_summary->setObjectName(QStringLiteral("copyOptionsSummary"));
    m_summary->setProperty("faded", true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_fields->hide();
    m_problem = new QLabel(this);
    m_problem->setObjectName(QStringLiteral("copyOptionsProblem"));
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::RichText);
    m_problem->hide();
    auto *heading = new QHBoxLayout;
    heading->setContentsMargins(0, 0, 0, 0);
    heading->setSpacing(8);
    heading->addWidget(m_toggle);
    heading->addWidget(m_summary, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(heading);
    layout->addWidget(m_fields);
    layout->addWidget(m_problem);
    connect(m_toggle, &QToolButton::toggled, this, [this](bool open) {
        m_fields->setVisible(open);
        m_toggle->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
        refresh();
    });
    const auto told = [this] {
        refresh();
        Q_EMIT changed();
    };
    for (const QLineEdit *each : {m_file, m_schemas, m_withoutRows, m_programs})
        connect(each, &QLineEdit::textChanged, this, told);
    connect(m_jobs, &QSpinBox::valueChanged, this, told);
    connect(m_olderTarget, &QCheckBox::toggled, this, told);
    refresh();
}

QLineEdit *CopyOptionsPane::line(const char *name, const QString &placeholder)
{
    auto *made = new QLineEdit(this);
    made->setObjectName(QLatin1StringView(name));
    made->setPlaceholderText(placeholder);
    return made;
}

QWidget *CopyOptionsPane::makeFields()
{
    auto *fields = new QWidget(this);
    auto *grid = new QGridLayout(fields);
    grid->setContentsMargins(22, 0, 0, 4);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(6);
    m_file = line("copyFile", QStringLiteral("nothing: a pipe, no dump is kept"));
    auto *choose = new QPushButton(QStringLiteral("Choose…"), fields);
    choose->setObjectName(QStringLiteral("copyFileChoose"));
    choose->setAutoDefault(false);
    connect(choose, &QPushButton::clicked, this, &CopyOptionsPane::choose);
    m_jobs = new QSpinBox(fields);
    m_jobs->setObjectName(QStringLiteral("copyJobs"));
    m_jobs->setRange(1, mostJobs);
    m_jobs->setToolTip(
        QStringLiteral("Several write and read at once, through a folder. Then it is not one transaction: "
                       "a failure leaves a part in the target."));
    m_schemas = line("copySchemas", QStringLiteral("all; else their exact names, with commas"));
    m_withoutRows = line("copyWithoutRows", QStringLiteral("schema.table, with commas"));
    m_withoutRows->setToolTip(QStringLiteral("These tables are made, and stay empty"));
    m_programs = line("copyPrograms", QStringLiteral("found by version, if there are several"));
    m_programs->setToolTip(QStringLiteral("The folder of pg_dump and pg_restore"));
    m_olderTarget = new QCheckBox(QStringLiteral("Allow an older target"), fields);
    m_olderTarget->setObjectName(QStringLiteral("copyOlderTarget"));
    m_olderTarget->setToolTip(
        QStringLiteral("Try it with a target of an older major version; what it does not know makes the copy fail"));
    const auto label = [&](const QString &text, QWidget *buddy, int row, int column) {
        auto *made = new QLabel(text, fields);
        made->setBuddy(buddy);
        QString name = text;
        buddy->setAccessibleName(name.remove(QLatin1Char('&')));
        grid->addWidget(made, row, column);
    };
    label(QStringLiteral("Through a &file"), m_file, 0, 0);
    grid->addWidget(m_file, 0, 1);
    grid->addWidget(choose, 0, 2);
    label(QStringLiteral("&Jobs at once"), m_jobs, 0, 3);
    grid->addWidget(m_jobs, 0, 4, Qt::AlignLeft);
    label(QStringLiteral("Only the &schemas"), m_schemas, 1, 0);
    grid->addWidget(m_schemas, 1, 1, 1, 2);
    label(QStringLiteral("Without &rows"), m_withoutRows, 1, 3);
    grid->addWidget(m_withoutRows, 1, 4);
    label(QStringLiteral("&Programs in"), m_programs, 2, 0);
    grid->addWidget(m_programs, 2, 1, 1, 2);
    grid->addWidget(m_olderTarget, 2, 3, 1, 2);
    grid->setColumnStretch(1, 3);
    grid->setColumnStretch(4, 2);
    grid->setColumnMinimumWidth(3, 90);
    setTabOrder(m_file, choose);
    setTabOrder(choose, m_jobs);
    setTabOrder(m_jobs, m_schemas);
    return fields;
}

void CopyOptionsPane::apply(CopyOptions *options) const
{
    options->file = m_file->text().trimmed();
    options->jobs = m_jobs->value();
    options->schemas = namesOf(m_schemas);
    options->excludeTableData = namesOf(m_withoutRows);
    options->programs = m_programs->text().trimmed();
    options->olderTarget = m_olderTarget->isChecked();
}

QString CopyOptionsPane::problem() const
{
    CopyOptions options;
    apply(&options);
    // Nobody sees which folder the window was started in.
    for (const QString &path : {options.file, options.programs}) {
        if (!path.isEmpty() && QFileInfo(path).isRelative())
            return QStringLiteral("%1 is no whole path: it begins with /").arg(path);
    }
    const Result<void> fit = copyOptionsFit(options);
    return fit ? QString() : copyInWindowWords(fit.error().toString());
}

QString CopyOptionsPane::summary() const
{
    CopyOptions options;
    apply(&options);
    QStringList words;
    if (!options.file.isEmpty())
        words.append(options.jobs > 1 ? QStringLiteral("through the folder %1").arg(options.file)
                                      : QStringLiteral("through the file %1").arg(options.file));
    if (options.jobs > 1)
        words.append(QStringLiteral("%1 jobs at once, not in one transaction").arg(options.jobs));
    if (!options.schemas.isEmpty())
        words.append(QStringLiteral("only %1").arg(options.schemas.join(QStringLiteral(", "))));
    if (!options.excludeTableData.isEmpty())
        words.append(QStringLiteral("without rows of %1").arg(options.excludeTableData.join(QStringLiteral(", "))));
    if (!options.programs.isEmpty())
        words.append(QStringLiteral("programs in %1").arg(options.programs));
    if (options.olderTarget)
        words.append(QStringLiteral("an older target is allowed"));
    return words.join(QStringLiteral("  ·  "));
}

void CopyOptionsPane::setEditable(bool on)
{
    m_fields->setEnabled(on);
}

void CopyOptionsPane::refresh()
{
    const QString said = summary();
    m_summary->setText(m_toggle->isChecked() ? QString() : said);
    m_summary->setToolTip(said.toHtmlEscaped());
    const bool own = !m_kept.isEmpty() && m_file->text().trimmed() == m_kept;
    const QString wrong =
        own ? QStringLiteral("The dump is kept in %1. Another copy needs another name.").arg(m_kept) : problem();
    m_problem->setVisible(!wrong.isEmpty());
    const ThemeColors &colors = themeColors(palette());
    m_problem->setText(QStringLiteral("<span style='color:%1'>%2</span> %3")
                           .arg((own ? colors.unknown : colors.down).name(),
                                stateShape(own ? State::Unknown : State::Down), wrong.toHtmlEscaped()));
}

void CopyOptionsPane::setKept(const QString &file)
{
    m_kept = file;
    refresh();
}

void CopyOptionsPane::choose()
{
    m_choosePath(this, QStringLiteral("copy.dump"), [this](const QString &path) {
        if (!path.isEmpty())
            m_file->setText(path);
    });
}

} // namespace Switchyard
