// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/exportdialog.h"

#include "models/common/files.h"
#include "ui/common/offthread.h"
#include "ui/common/theme.h"
#include "ui/environment/holdbutton.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QEvent>
#include <QFontDatabase>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

/// A preview is for the eye; the file has all of it.
constexpr qsizetype longestPreview = 200'000;

QString plain(const QString &text)
{
    return text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>"));
}

QString previewOf(const QByteArray &text)
{
    QString shown = QString::fromUtf8(text.left(longestPreview));
    if (text.size() > longestPreview)
        shown += QStringLiteral("\n… (%1 more bytes in the file)").arg(text.size() - longestPreview);
    return shown;
}

/// Dots in the place of each secret.
QList<EnvEntry> masked(QList<EnvEntry> entries)
{
    for (EnvEntry &entry : entries) {
        if (entry.secret && entry.value)
            entry.value = QStringLiteral("••••••••");
    }
    return entries;
}

} // namespace

QString exportTargetLabel(ExportTarget target)
{
    switch (target) {
    case ExportTarget::Dotenv:
        return QStringLiteral(".env file");
    case ExportTarget::Example:
        return QStringLiteral(".env.example, names only");
    case ExportTarget::Render:
        return QStringLiteral("Render, Add from .env");
    case ExportTarget::FlySecrets:
        return QStringLiteral("Fly.io, fly secrets import");
    case ExportTarget::Docker:
        return QStringLiteral("docker run --env-file");
    case ExportTarget::Compose:
        return QStringLiteral("docker compose env_file");
    case ExportTarget::Systemd:
        return QStringLiteral("systemd EnvironmentFile");
    case ExportTarget::Kubernetes:
        return QStringLiteral("Kubernetes ConfigMap and Secret");
    case ExportTarget::Github:
        return QStringLiteral("GitHub Actions, GITHUB_ENV");
    case ExportTarget::Vercel:
        return QStringLiteral("Vercel, Import .env");
    case ExportTarget::Heroku:
        break;
    }
    return QStringLiteral("Heroku, config --shell");
}

struct ExportDialog::Made
{
    Result<EnvExport> real = fail(ErrorKind::Internal, QStringLiteral("not made"));
    QString shown;  ///< masked
    QString opened; ///< while revealed
};

ExportDialog::ExportDialog(QList<ExportChoice> choices, ExportTarget target, ChooseExportPath choosePath,
                           QWidget *parent)
    : QDialog(parent)
    , m_choices(std::move(choices))
    , m_choosePath(std::move(choosePath))
    , m_summary(new QLabel(this))
    , m_preview(new QPlainTextEdit(this))
    , m_account(new QTextBrowser(this))
    , m_reveal(new HoldButton(QStringLiteral("Hold to reveal"), this))
{
    setObjectName(QStringLiteral("exportDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(QStringLiteral("Export variables"));
    resize(960, 600);
    m_summary->setObjectName(QStringLiteral("exportSummary"));
    m_summary->setWordWrap(true);
    m_preview->setObjectName(QStringLiteral("exportPreview"));
    m_preview->setAccessibleName(QStringLiteral("Preview of the file"));
    m_preview->setReadOnly(true);
    m_preview->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_preview->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_account->setObjectName(QStringLiteral("exportAccount"));
    m_account->setAccessibleName(QStringLiteral("What is refused, left out, and to be known"));
    m_account->setOpenExternalLinks(false);
    m_account->setOpenLinks(false);
    m_reveal->setObjectName(QStringLiteral("exportReveal"));
    m_reveal->setToolTip(QStringLiteral("Shows the values of secrets in the preview while held down"));
    auto *columns = new QSplitter(Qt::Horizontal, this);
    columns->setChildrenCollapsible(false);
    columns->setHandleWidth(8);
    columns->addWidget(m_preview);
    columns->addWidget(m_account);
    columns->setSizes({560, 380});
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    m_save = buttons->addButton(QStringLiteral("Save…"), QDialogButtonBox::ActionRole);
    m_save->setObjectName(QStringLiteral("exportSave"));
    m_save->setProperty("primary", true);
    auto *row = new QHBoxLayout;
    row->addWidget(m_summary, 1);
    row->addWidget(m_reveal);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(makeOptions());
    layout->addLayout(row);
    layout->addWidget(columns, 1);
    layout->addWidget(buttons);
    connect(m_reveal, &HoldButton::heldChanged, this, &ExportDialog::showText);
    connect(m_save, &QPushButton::clicked, this, &ExportDialog::save);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    setTarget(target);
    make();
}

QWidget *ExportDialog::makeOptions()
{
    auto *pane = new QWidget(this);
    auto *layout = new QHBoxLayout(pane);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    m_side = new QComboBox(pane);
    m_side->setObjectName(QStringLiteral("exportSide"));
    m_side->setAccessibleName(QStringLiteral("Variables of"));
    for (const ExportChoice &each : std::as_const(m_choices))
        m_side->addItem(each.label);
    m_target = new QComboBox(pane);
    m_target->setObjectName(QStringLiteral("exportTarget"));
    m_target->setAccessibleName(QStringLiteral("Form of the file"));
    for (const ExportTarget each : allExportTargets())
        m_target->addItem(exportTargetLabel(each), int(each));
    m_withSecrets = new QCheckBox(QStringLiteral("With &secrets"), pane);
    m_withSecrets->setObjectName(QStringLiteral("exportWithSecrets"));
    m_withSecrets->setToolTip(QStringLiteral("The file then has mode 0600: only you can read it"));
    m_skipRefused = new QCheckBox(QStringLiteral("Leave out what is &refused"), pane);
    m_skipRefused->setObjectName(QStringLiteral("exportSkipRefused"));
    auto *of = new QLabel(QStringLiteral("&Variables of"), pane);
    of->setBuddy(m_side);
    auto *as = new QLabel(QStringLiteral("&as"), pane);
    as->setBuddy(m_target);
    layout->addWidget(of);
    layout->addWidget(m_side);
    layout->addWidget(as);
    layout->addWidget(m_target);
    layout->addSpacing(12);
    layout->addWidget(m_withSecrets);
    layout->addWidget(m_skipRefused);
    layout->addStretch(1);
    connect(m_side, &QComboBox::currentIndexChanged, this, &ExportDialog::make);
    connect(m_target, &QComboBox::currentIndexChanged, this, [this] {
        // Asked for anew with each export.
        const QSignalBlocker quiet(m_withSecrets);
        m_withSecrets->setChecked(false);
        make();
    });
    connect(m_withSecrets, &QCheckBox::toggled, this, &ExportDialog::make);
    connect(m_skipRefused, &QCheckBox::toggled, this, &ExportDialog::make);
    return pane;
}

void ExportDialog::setTarget(ExportTarget target)
{
    m_target->setCurrentIndex(m_target->findData(int(target)));
}

void ExportDialog::make()
{
    const int number = ++m_number;
    m_made.reset();
    m_save->setEnabled(false);
    m_summary->setText(QStringLiteral("◌ being made"));
    ExportOptions options;
    options.withSecrets = m_withSecrets->isChecked();
    options.skipRefused = m_skipRefused->isChecked();
    const auto target = ExportTarget(m_target->currentData().toInt());
    const QList<EnvEntry> entries = m_choices.value(m_side->currentIndex()).entries;
    const auto work = [entries, target, options] {
        auto made = std::make_shared<Made>();
        made->real = exportEnvironment(entries, target, options);
        if (!made->real)
            return std::shared_ptr<const Made>(made);
        made->shown = made->opened = previewOf(made->real->text);
        if (options.withSecrets && made->real->privateFile) {
            ExportOptions all = options;
            all.skipRefused = true;
            const Result<EnvExport> shown = exportEnvironment(masked(entries), target, all);
            made->shown = shown ? previewOf(shown->text) : QStringLiteral("(hold to reveal)");
        }
        return std::shared_ptr<const Made>(made);
    };
    offThread(this, work, [this, number](const std::shared_ptr<const Made> &made) {
        if (number == m_number)
            show(made);
    });
}

void ExportDialog::show(const std::shared_ptr<const Made> &made)
{
    m_made = made;
    const ThemeColors &colors = themeColors(palette());
    if (!made->real) {
        m_summary->setText(QStringLiteral("<span style='color:%1'>■</span> %2")
                               .arg(colors.down.name(), made->real.error().toString().toHtmlEscaped()));
        m_preview->clear();
        m_account->clear();
        m_reveal->hide();
        return;
    }
    const EnvExport &result = *made->real;
    const bool refused = !result.refused.isEmpty() && !m_skipRefused->isChecked();
    QStringList parts{QStringLiteral("%1 written").arg(refused ? 0 : result.written.size())};
    if (!result.leftOut.isEmpty())
        parts.append(QStringLiteral("%1 left out").arg(result.leftOut.size()));
    if (!result.refused.isEmpty())
        parts.append(QStringLiteral("%1 refused").arg(result.refused.size()));
    QString text = parts.join(QStringLiteral(", "));
    if (refused)
        text = QStringLiteral("<span style='color:%1'>■</span> %2: nothing is written unless they are left out")
                   .arg(colors.down.name(), text);
    else if (result.privateFile)
        text += QStringLiteral("  ·  with secrets: mode 0600");
    m_summary->setText(text);
    QString html;
    const auto heading = [&html](const QString &title) {
        html += QStringLiteral("<p style='margin:6px 0 2px 0'><b>%1</b></p>").arg(title);
    };
    const auto line = [&html, &colors](const QString &name, const QString &reason, const QString &hint,
                                       const Place &place) {
        html += QStringLiteral("<p style='margin:0 0 4px 0'>%1 <span style='color:%2'>%3</span>")
                    .arg(name.toHtmlEscaped(), colors.faded.name(), plain(reason));
        if (!hint.isEmpty())
            html += QStringLiteral("<br>→ %1").arg(plain(hint));
        if (!place.file.isEmpty())
            html += QStringLiteral("<br><span style='color:%1'>%2</span>")
                        .arg(colors.faded.name(), place.toString().toHtmlEscaped());
        html += QStringLiteral("</p>");
    };
    constexpr qsizetype mostLines = 200;
    if (!result.refused.isEmpty())
        heading(QStringLiteral("✕ Refused"));
    for (qsizetype i = 0; i < std::min(result.refused.size(), mostLines); ++i)
        line(result.refused[i].name, result.refused[i].reason, result.refused[i].hint, result.refused[i].place);
    if (!result.leftOut.isEmpty())
        heading(QStringLiteral("○ Left out"));
    for (qsizetype i = 0; i < std::min(result.leftOut.size(), mostLines); ++i)
        line(result.leftOut[i].name, result.leftOut[i].reason, {}, {});
    if (!result.notes.isEmpty())
        heading(QStringLiteral("How to use it"));
    for (const QString &note : result.notes)
        line({}, note, {}, {});
    m_account->setHtml(html);
    m_reveal->setVisible(made->shown != made->opened);
    m_save->setEnabled(!refused && !result.text.isEmpty());
    showText();
}

void ExportDialog::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_made)
        show(m_made);
    QDialog::changeEvent(event);
}

void ExportDialog::showText()
{
    if (m_made && m_made->real)
        m_preview->setPlainText(m_reveal->isHeld() ? m_made->opened : m_made->shown);
}

void ExportDialog::save()
{
    if (!m_made || !m_made->real)
        return;
    const EnvExport result = *m_made->real;
    m_choosePath(this, result.fileName, [this, result](const QString &path) {
        offThread(
            this, [path, result] { return writeFileAtomically(path, result.text, result.privateFile); },
            [this, path, result](const Result<void> &written) {
                if (written) {
                    Q_EMIT saved(path, result.privateFile, int(result.written.size()));
                    return close(), void();
                }
                m_summary->setText(
                    QStringLiteral("<span style='color:%1'>■</span> %2")
                        .arg(themeColors(palette()).down.name(), written.error().toString().toHtmlEscaped()));
            });
    });
}

} // namespace Switchyard
