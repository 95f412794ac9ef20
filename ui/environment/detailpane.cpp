// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/environment/detailpane.h"

#include "models/environment/secretlook.h"
#include "ui/common/theme.h"
#include "ui/environment/holdbutton.h"

#include <QEvent>
#include <QFontDatabase>
#include <QGridLayout>
#include <QLabel>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <utility>

namespace Switchyard {

namespace {

constexpr qsizetype longestValue = 2'000;
constexpr qsizetype mostPlaces = 60;
constexpr qsizetype mostOfAll = 20; ///< notes and findings of the whole

QString shortened(const QString &text)
{
    return text.size() > longestValue
               ? QStringLiteral("%1… (%2 characters)").arg(text.left(longestValue)).arg(text.size())
               : text;
}

QString weightMark(VariableWeight weight, const ThemeColors &colors)
{
    switch (weight) {
    case VariableWeight::Error:
        return QStringLiteral("<span style='color:%1'>✕ error</span>").arg(colors.down.name());
    case VariableWeight::Warning:
        return QStringLiteral("<span style='color:%1'>▲ warning</span>").arg(colors.degraded.name());
    case VariableWeight::Note:
        break;
    }
    return QStringLiteral("<span style='color:%1'>○ note</span>").arg(colors.faded.name());
}

QString section(const QString &title, const QString &body)
{
    return body.isEmpty() ? QString()
                          : QStringLiteral("<p style='margin:10px 0 2px 0'><b>%1</b></p>%2").arg(title, body);
}

QString paragraph(const QString &html)
{
    return QStringLiteral("<p style='margin:0 0 4px 0'>%1</p>").arg(html);
}

QString plain(const QString &text)
{
    return text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>"));
}

} // namespace

DetailPane::DetailPane(QWidget *parent)
    : QWidget(parent)
    , m_heading(new QLabel(this))
    , m_status(new QLabel(this))
    , m_values(new QWidget(this))
    , m_grid(new QGridLayout(m_values))
    , m_reveal(new HoldButton(QStringLiteral("Hold to reveal"), this))
    , m_copyAction(new QPushButton(QStringLiteral("Copy action"), this))
    , m_text(new QTextBrowser(this))
{
    setObjectName(QStringLiteral("variableDetails"));
    m_heading->setObjectName(QStringLiteral("variableHeading"));
    m_heading->setProperty("heading", true);
    m_heading->setTextFormat(Qt::PlainText);
    m_heading->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_heading->setWordWrap(true);
    m_status->setObjectName(QStringLiteral("variableStatus"));
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(12);
    m_grid->setVerticalSpacing(4);
    m_grid->setColumnStretch(1, 1);
    m_sourceValue = addValue("sourceValue", QStringLiteral("Value of the source"));
    m_targetValue = addValue("targetValue", QStringLiteral("Value of the target"));
    m_wantedValue = addValue("wantedValue", QStringLiteral("Value the target should have"));
    m_reveal->setObjectName(QStringLiteral("revealButton"));
    m_reveal->setToolTip(QStringLiteral("Shows the values of this variable while held down (F9)"));
    m_copyAction->setObjectName(QStringLiteral("copyAction"));
    m_copyAction->setToolTip(QStringLiteral("Copies what is to be done, without values"));
    m_text->setObjectName(QStringLiteral("variableText"));
    m_text->setAccessibleName(QStringLiteral("Reason, notes and places of the variable"));
    m_text->setOpenLinks(false);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->viewport()->setAutoFillBackground(false);
    m_text->document()->setDocumentMargin(0);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(6);
    buttons->addWidget(m_reveal);
    buttons->addWidget(m_copyAction);
    buttons->addStretch(1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_heading);
    layout->addWidget(m_status);
    layout->addWidget(m_values);
    layout->addLayout(buttons);
    layout->addWidget(m_text, 1);
    connect(m_reveal, &HoldButton::heldChanged, this, &DetailPane::fillValues);
    connect(m_copyAction, &QPushButton::clicked, this, [this] {
        if (m_line)
            Q_EMIT copyWanted(QStringLiteral("%1: %2").arg(m_line->row.name, actionText(m_line->row)),
                              QStringLiteral("The action"));
    });
    connect(m_text, &QTextBrowser::anchorClicked, this, [this](const QUrl &url) {
        const int at = url.path().toInt();
        if (at >= 0 && at < m_places.size())
            Q_EMIT placeChosen(m_places[at]);
    });
    fill();
}

DetailPane::ValueRow DetailPane::addValue(const char *objectName, const QString &accessibleName)
{
    ValueRow row{new QLabel(m_values), new QLabel(m_values)};
    row.name->setProperty("faded", true);
    row.name->setTextFormat(Qt::PlainText);
    row.name->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    row.value->setObjectName(QLatin1StringView(objectName));
    row.value->setAccessibleName(accessibleName);
    row.value->setTextFormat(Qt::PlainText);
    row.value->setWordWrap(true);
    row.value->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    row.value->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    row.value->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    const int at = m_grid->rowCount();
    m_grid->addWidget(row.name, at, 0);
    m_grid->addWidget(row.value, at, 1);
    return row;
}

void DetailPane::showLine(const VariableLinePtr &line, const QString &source, const QString &target)
{
    // Another row was never asked to be revealed.
    if (!m_line || !line || m_line->key != line->key)
        m_reveal->letGo();
    m_line = line;
    m_source = source;
    m_target = target;
    fill();
}

void DetailPane::showWhole(const EnvironmentViewPtr &view)
{
    m_reveal->letGo();
    m_line.reset();
    m_view = view;
    fill();
}

void DetailPane::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        fill();
    QWidget::changeEvent(event);
}

void DetailPane::fillValues()
{
    if (!m_line)
        return;
    const VariableRow &row = m_line->row;
    const bool reveal = m_reveal->isHeld();
    const auto show = [](const ValueRow &shown, const QString &name, const QString &text) {
        shown.name->setText(name);
        shown.value->setText(text.isEmpty() ? QStringLiteral("(empty)") : shortened(text));
    };
    show(m_sourceValue, m_source, shownValue(row.source, row.secret, reveal));
    show(m_targetValue, m_line->edited ? QStringLiteral("%1 ✎").arg(m_target) : m_target,
         shownValue(row.target, row.secret, reveal));
    const bool wanted = row.wanted && row.wanted != row.target.value;
    m_wantedValue.name->setVisible(wanted);
    m_wantedValue.value->setVisible(wanted);
    if (wanted)
        show(m_wantedValue, QStringLiteral("wanted"), row.secret && !reveal ? maskedValue(*row.wanted) : *row.wanted);
}

/// Laying out a long text takes tens of milliseconds: not for the one that is there.
void DetailPane::setText(const QString &html)
{
    if (std::exchange(m_html, html) != html)
        m_text->setHtml(html);
}

void DetailPane::fill()
{
    const bool one = m_line != nullptr;
    m_values->setVisible(one);
    m_status->setVisible(one);
    m_places.clear();
    m_reveal->setVisible(one && m_line->row.secret &&
                         (m_line->row.source.value || m_line->row.target.value || m_line->row.wanted));
    m_copyAction->setVisible(one && !actionText(m_line->row).isEmpty());
    if (!one) {
        m_heading->setText(QStringLiteral("The comparison as a whole"));
        setText(wholeHtml());
        return;
    }
    const VariableRow &row = m_line->row;
    m_heading->setText(row.name);
    const StatusLook look = statusLook(row);
    m_status->setText(
        QStringLiteral("<span style='color:%1'>%2 %3</span>  ·  %4%5%6")
            .arg(themeColors(palette()).state(look.state).name(), look.shape, look.word, variableClassName(row.way),
                 row.scope == VariableScope::Runtime ? QString()
                                                     : QStringLiteral("  ·  ") + variableScopeName(row.scope),
                 row.component.isEmpty() ? QString() : QStringLiteral("  ·  ") + row.component.toHtmlEscaped()));
    fillValues();
    setText(variableHtml());
}

QString DetailPane::link(const Place &place) const
{
    if (place.file.isEmpty())
        return {};
    m_places.append(place);
    QString text = place.file;
    // Long paths say most at their end.
    if (text.size() > 48)
        text = QStringLiteral("…") + text.right(46);
    if (place.line > 0)
        text += QStringLiteral(":%1").arg(place.line);
    return QStringLiteral("<a href='place:%1' style='color:%2'>%3</a>")
        .arg(m_places.size() - 1)
        .arg(themeColors(palette()).accent.name(), text.toHtmlEscaped());
}

QString DetailPane::variableHtml() const
{
    const VariableRow &row = m_line->row;
    const ThemeColors &colors = themeColors(palette());
    QString html;
    if (!row.action.isEmpty())
        html += paragraph(QStringLiteral("<b>%1</b>").arg(plain(row.action)));
    html += paragraph(plain(row.reason));
    if (row.secret)
        html += paragraph(QStringLiteral("Secret: %1").arg(plain(row.secretReason)));
    QString notes;
    for (const VariableNote &note : row.notes) {
        QString text = QStringLiteral("%1  %2").arg(weightMark(note.weight, colors), plain(note.message));
        if (!note.hint.isEmpty())
            text += QStringLiteral("<br><span style='color:%1'>→ %2</span>").arg(colors.faded.name(), plain(note.hint));
        if (const QString where = link(note.place); !where.isEmpty())
            text += QStringLiteral("<br>") + where;
        notes += paragraph(text);
    }
    html += section(QStringLiteral("Notes"), notes);
    const auto origins = [this](const QString &side, const VariableState &state) {
        QString text;
        for (qsizetype i = 0; i < state.places.size(); ++i) {
            const QString where = link(state.places[i]);
            const bool wins = i + 1 == state.places.size() && state.places.size() > 1;
            text += paragraph(QStringLiteral("%1: %2%3")
                                  .arg(side.toHtmlEscaped(), where, wins ? QStringLiteral(" <b>wins</b>") : QString()));
        }
        if (state.byPlatform)
            text += paragraph(QStringLiteral("%1: set by the platform").arg(side.toHtmlEscaped()));
        return text;
    };
    html += section(QStringLiteral("Where the values come from"),
                    origins(m_source, row.source) + origins(m_target, row.target));
    QString uses;
    for (qsizetype i = 0; i < std::min(row.usedBy.size(), mostPlaces); ++i) {
        const VariableUse &use = row.usedBy[i];
        QStringList words;
        if (!use.by.isEmpty())
            words.append(use.by);
        if (use.required)
            words.append(QStringLiteral("required"));
        if (use.fallback) {
            const bool hidden = row.secret || looksSecret(use.name, *use.fallback);
            const QString shown = use.fallback->isEmpty()           ? QStringLiteral("(empty)")
                                  : hidden && !use.fallbackComputed ? maskedValue(*use.fallback)
                                                                    : shortened(*use.fallback).left(80);
            words.append(QStringLiteral("default %1").arg(shown));
        }
        if (use.inTests)
            words.append(QStringLiteral("in tests"));
        uses += paragraph(QStringLiteral("%1  <span style='color:%2'>%3</span>")
                              .arg(link(use.place), colors.faded.name(), plain(words.join(QStringLiteral(", ")))));
    }
    if (row.usedBy.size() > mostPlaces)
        uses += paragraph(QStringLiteral("and %1 more places").arg(row.usedBy.size() - mostPlaces));
    html += section(QStringLiteral("Used by"), uses);
    return html;
}

QString DetailPane::wholeHtml() const
{
    if (!m_view)
        return {};
    const ThemeColors &colors = themeColors(palette());
    QString notes;
    for (qsizetype i = 0; i < std::min(m_view->matrix.notes.size(), mostOfAll); ++i) {
        const VariableNote &note = m_view->matrix.notes[i];
        QString text = QStringLiteral("%1  %2").arg(weightMark(note.weight, colors), plain(note.message));
        if (!note.hint.isEmpty())
            text += QStringLiteral("<br><span style='color:%1'>→ %2</span>").arg(colors.faded.name(), plain(note.hint));
        if (const QString where = link(note.place); !where.isEmpty())
            text += QStringLiteral("<br>") + where;
        notes += paragraph(text);
    }
    if (m_view->matrix.notes.size() > mostOfAll)
        notes += paragraph(QStringLiteral("and %1 more").arg(m_view->matrix.notes.size() - mostOfAll));
    QString findings;
    for (qsizetype i = 0; i < std::min(m_view->matrix.findings.size(), mostOfAll); ++i) {
        const EnvFinding &each = m_view->matrix.findings[i];
        QString text = QStringLiteral("%1  %2").arg(link(each.place), plain(each.message));
        if (!each.hint.isEmpty())
            text += QStringLiteral("<br><span style='color:%1'>→ %2</span>").arg(colors.faded.name(), plain(each.hint));
        findings += paragraph(text);
    }
    if (m_view->matrix.findings.size() > mostOfAll)
        findings += paragraph(QStringLiteral("and %1 more").arg(m_view->matrix.findings.size() - mostOfAll));
    const QString html =
        section(QStringLiteral("Notes"), notes) + section(QStringLiteral("What is odd in the files"), findings);
    return html.isEmpty() ? paragraph(QStringLiteral("Choose a variable to see its values, reason and places."))
                          : paragraph(QStringLiteral("Choose a variable to see its own.")) + html;
}

} // namespace Switchyard
