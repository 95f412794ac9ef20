// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/secretdialog.h"

#include "ui/common/theme.h"
#include "ui/environment/holdbutton.h"
#include "ui/environment/valueeditor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QEvent>
#include <QFontDatabase>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

constexpr double enoughBits = 128;

QString namesText(const QStringList &names)
{
    return names.size() == 1 ? names.first() : QStringLiteral("%1 variables").arg(names.size());
}

} // namespace

SecretDialog::SecretDialog(const QStringList &names, QWidget *parent)
    : QDialog(parent)
    , m_names(names)
    , m_alphabet(new QComboBox(this))
    , m_length(new QSpinBox(this))
    , m_unit(new QComboBox(this))
    , m_bits(new QLabel(this))
    , m_preview(new QLineEdit(this))
{
    setObjectName(QStringLiteral("secretDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(QStringLiteral("Generate a secret for %1").arg(namesText(names)));
    m_alphabet->setObjectName(QStringLiteral("secretAlphabet"));
    m_alphabet->setAccessibleName(QStringLiteral("Alphabet"));
    for (const SecretAlphabet each : {SecretAlphabet::Base64Url, SecretAlphabet::Base64, SecretAlphabet::Hex,
                                      SecretAlphabet::Alphanumeric, SecretAlphabet::Fernet})
        m_alphabet->addItem(secretAlphabetName(each), int(each));
    m_length->setObjectName(QStringLiteral("secretLength"));
    m_length->setAccessibleName(QStringLiteral("Length"));
    m_length->setRange(1, SecretRecipe::longest);
    m_length->setValue(SecretRecipe().length);
    m_unit->setObjectName(QStringLiteral("secretUnit"));
    m_unit->setAccessibleName(QStringLiteral("Unit of the length"));
    m_unit->addItem(QStringLiteral("random bytes"), true);
    m_unit->addItem(QStringLiteral("characters"), false);
    m_bits->setObjectName(QStringLiteral("secretBits"));
    m_bits->setWordWrap(true);
    m_preview->setObjectName(QStringLiteral("secretPreview"));
    m_preview->setAccessibleName(QStringLiteral("Preview, masked"));
    m_preview->setReadOnly(true);
    m_preview->setEchoMode(QLineEdit::Password);
    m_preview->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    auto *reveal = new HoldButton(QStringLiteral("Hold to reveal"), this);
    reveal->setObjectName(QStringLiteral("secretReveal"));
    auto *again = new QPushButton(QStringLiteral("Another"), this);
    again->setObjectName(QStringLiteral("secretAgain"));
    again->setAutoDefault(false);
    auto *length = new QHBoxLayout;
    length->addWidget(m_length);
    length->addWidget(m_unit, 1);
    auto *preview = new QHBoxLayout;
    preview->addWidget(m_preview, 1);
    preview->addWidget(reveal);
    preview->addWidget(again);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    QPushButton *take =
        buttons->addButton(names.size() == 1 ? QStringLiteral("Set it") : QStringLiteral("Set %1").arg(names.size()),
                           QDialogButtonBox::AcceptRole);
    take->setObjectName(QStringLiteral("secretTake"));
    take->setProperty("primary", true);
    auto *form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->addRow(QStringLiteral("&Alphabet"), m_alphabet);
    auto *lengthLabel = new QLabel(QStringLiteral("&Length"), this);
    lengthLabel->setBuddy(m_length);
    form->addRow(lengthLabel, length);
    form->addRow(QStringLiteral("Strength"), m_bits);
    form->addRow(names.size() == 1 ? QStringLiteral("Preview") : QStringLiteral("Preview of the first"), preview);
    auto *layout = new QVBoxLayout(this);
    if (names.size() > 1) {
        auto *each = new QLabel(QStringLiteral("Each variable gets a value of its own."), this);
        layout->addWidget(each);
    }
    layout->addLayout(form);
    layout->addStretch(1);
    layout->addWidget(buttons);
    resize(560, sizeHint().height());
    connect(m_alphabet, &QComboBox::currentIndexChanged, this, &SecretDialog::generate);
    connect(m_unit, &QComboBox::currentIndexChanged, this, &SecretDialog::generate);
    connect(m_length, &QSpinBox::valueChanged, this, &SecretDialog::generate);
    connect(again, &QPushButton::clicked, this, &SecretDialog::generate);
    connect(reveal, &HoldButton::heldChanged, this,
            [this](bool held) { m_preview->setEchoMode(held ? QLineEdit::Normal : QLineEdit::Password); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT made(m_values);
        accept();
    });
    generate();
}

SecretRecipe SecretDialog::recipe() const
{
    return {SecretAlphabet(m_alphabet->currentData().toInt()), m_length->value(), m_unit->currentData().toBool()};
}

void SecretDialog::generate()
{
    m_values.clear();
    const SecretRecipe wanted = recipe();
    for (qsizetype i = 0; i < m_names.size(); ++i) {
        // The ranges of the fields are those of the recipe.
        if (const Result<QString> value = makeSecret(wanted))
            m_values.append(*value);
    }
    fill();
}

void SecretDialog::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && !m_values.isEmpty())
        fill();
    QDialog::changeEvent(event);
}

void SecretDialog::fill()
{
    const SecretRecipe wanted = recipe();
    const bool fernet = wanted.alphabet == SecretAlphabet::Fernet;
    m_length->setEnabled(!fernet);
    m_unit->setEnabled(!fernet);
    const double bits = secretBits(wanted);
    const bool enough = bits >= enoughBits;
    const State state = enough ? State::Up : State::Degraded;
    QString text =
        QStringLiteral("<span style='color:%1'>%2</span> %3 bits of entropy, %4 characters")
            .arg(themeColors(palette()).state(state).name(), enough ? QStringLiteral("●") : QStringLiteral("▲"))
            .arg(bits, 0, 'f', bits == int(bits) ? 0 : 1)
            .arg(secretCharacters(wanted));
    if (!enough)
        text += QStringLiteral("; 128 bits or more cannot be guessed");
    m_bits->setText(text);
    m_preview->setText(m_values.value(0));
    m_preview->setCursorPosition(0);
}

ValueDialog::ValueDialog(const QStringList &names, const QString &value, bool secret, QWidget *parent)
    : QDialog(parent)
    , m_problem(new QLabel(this))
{
    setObjectName(QStringLiteral("valueDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(QStringLiteral("Set %1").arg(namesText(names)));
    auto *layout = new QVBoxLayout(this);
    auto *label = new QLabel(names.size() == 1 ? QStringLiteral("&Value")
                                               : QStringLiteral("&Value of all %1 variables").arg(names.size()),
                             this);
    layout->addWidget(label);
    const bool severalLines = value.contains(QLatin1Char('\n'));
    m_line = new ValueEditor(namesText(names), secret, this);
    m_line->setObjectName(QStringLiteral("valueLine"));
    m_lines = new QPlainTextEdit(this);
    m_lines->setObjectName(QStringLiteral("valueLines"));
    m_lines->setAccessibleName(QStringLiteral("Value in several lines"));
    m_lines->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    if (secret)
        m_lines->setPlaceholderText(QStringLiteral("Paste the new value. It can be seen here while the dialog is open; "
                                                   "the old one is not shown."));
    auto *several = new QCheckBox(QStringLiteral("&Several lines"), this);
    several->setObjectName(QStringLiteral("valueSeveral"));
    if (severalLines)
        m_lines->setPlainText(secret ? QString() : value);
    else
        m_line->setText(value);
    label->setBuddy(m_line);
    m_problem->setObjectName(QStringLiteral("valueProblem"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_set = buttons->addButton(QStringLiteral("Set"), QDialogButtonBox::AcceptRole);
    m_set->setObjectName(QStringLiteral("valueSet"));
    m_set->setProperty("primary", true);
    layout->addWidget(m_line);
    layout->addWidget(m_lines, 1);
    layout->addWidget(several);
    layout->addWidget(m_problem);
    layout->addStretch(0);
    layout->addWidget(buttons);
    several->setChecked(severalLines);
    m_lines->setVisible(severalLines);
    m_line->setVisible(!severalLines);
    resize(480, sizeHint().height());
    connect(several, &QCheckBox::toggled, this, [this](bool on) {
        m_lines->setVisible(on);
        m_line->setVisible(!on);
        (on ? static_cast<QWidget *>(m_lines) : m_line)->setFocus();
        check();
    });
    connect(m_line, &QLineEdit::textChanged, this, &ValueDialog::check);
    connect(m_lines, &QPlainTextEdit::textChanged, this, &ValueDialog::check);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(this->value());
        accept();
    });
    check();
}

QString ValueDialog::value() const
{
    return m_lines->isVisibleTo(this) ? m_lines->toPlainText() : m_line->text();
}

void ValueDialog::check()
{
    const QString problem = valueProblem(value());
    m_problem->setText(problem.isEmpty() ? QString() : QStringLiteral("■ ") + problem);
    m_problem->setVisible(!problem.isEmpty());
    m_set->setEnabled(problem.isEmpty());
}

} // namespace Switchyard
