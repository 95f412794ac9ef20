// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/verdictbanner.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace Switchyard {

VerdictBanner::VerdictBanner(QWidget *parent)
    : QFrame(parent)
    , m_word(new QLabel(this))
    , m_sentence(new QLabel(this))
    , m_detail(new QLabel(this))
    , m_report(new QToolButton(this))
    , m_compare(new QPushButton(QStringLiteral("Compare with the one before"), this))
    , m_list(new QPushButton(QStringLiteral("All sessions"), this))
    , m_cancel(new QPushButton(QStringLiteral("Cancel"), this))
{
    setObjectName(QStringLiteral("verdictBanner"));
    QFont font = m_word->font();
    font.setBold(true);
    font.setPointSizeF(font.pointSizeF() * 1.5);
    m_word->setFont(font);
    m_word->setObjectName(QStringLiteral("verdictWord"));
    // Both may hold words of the backend's own.
    m_sentence->setTextFormat(Qt::PlainText);
    m_detail->setTextFormat(Qt::PlainText);
    m_sentence->setObjectName(QStringLiteral("verdictSentence"));
    m_sentence->setWordWrap(true);
    m_detail->setProperty("faded", true);
    m_report->setText(QStringLiteral("Report ▾"));
    m_report->setMinimumHeight(26);
    m_report->setObjectName(QStringLiteral("reportButton"));
    m_report->setPopupMode(QToolButton::InstantPopup);
    auto *menu = new QMenu(m_report);
    const auto add = [this, menu](const QString &text, const QString &suffix) {
        QAction *action = menu->addAction(text, this, [this, suffix] { Q_EMIT reportRequested(suffix); });
        action->setObjectName(QStringLiteral("report-") + suffix);
    };
    add(QStringLiteral("Save as &HTML…"), QStringLiteral("html"));
    add(QStringLiteral("Save as &PDF…"), QStringLiteral("pdf"));
    add(QStringLiteral("Save as &Markdown…"), QStringLiteral("md"));
    add(QStringLiteral("Save as &JSON…"), QStringLiteral("json"));
    add(QStringLiteral("Save as J&Unit XML…"), QStringLiteral("xml"));
    m_report->setMenu(menu);
    m_report->setToolTip(QStringLiteral("Write the verdict to a file"));
    m_compare->setObjectName(QStringLiteral("compareButton"));
    m_compare->setToolTip(QStringLiteral("This session beside the last one of the same backend and driver"));
    m_list->setObjectName(QStringLiteral("allSessionsButton"));
    m_list->setToolTip(QStringLiteral("The sessions recorded on this machine (Ctrl+Shift+E)"));
    connect(m_compare, &QPushButton::clicked, this, &VerdictBanner::compareRequested);
    connect(m_list, &QPushButton::clicked, this, &VerdictBanner::listRequested);
    m_cancel->setToolTip(QStringLiteral("End the session now; what was recorded is judged (Ctrl+.)"));
    auto *words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(m_sentence);
    words->addWidget(m_detail);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 12, 8);
    layout->setSpacing(16);
    layout->addWidget(m_word);
    layout->addLayout(words, 1);
    layout->addWidget(m_compare);
    layout->addWidget(m_report);
    layout->addWidget(m_list);
    layout->addWidget(m_cancel);
    connect(m_cancel, &QPushButton::clicked, this, &VerdictBanner::cancelRequested);
    setRunning(false);
}

void VerdictBanner::show(State state, const QString &word, const QString &sentence, const QString &detail)
{
    m_state = state;
    m_text = word;
    m_sentence->setText(sentence);
    m_detail->setText(detail);
    setAccessibleName(QStringLiteral("%1: %2").arg(word, sentence));
    colourWord();
}

void VerdictBanner::setRunning(bool running)
{
    m_running = running;
    m_cancel->setVisible(running);
    m_report->setVisible(!running);
    m_list->setVisible(!running);
    m_compare->setVisible(!running && m_comparable);
}

void VerdictBanner::setComparable(bool comparable)
{
    m_comparable = comparable;
    m_compare->setVisible(!m_running && m_comparable);
}

void VerdictBanner::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        colourWord();
    QFrame::changeEvent(event);
}

void VerdictBanner::paintEvent(QPaintEvent *)
{
    const ThemeColors &colors = themeColors(palette());
    QPainter painter(this);
    painter.fillRect(rect(), colors.tint(m_state));
    painter.setPen(colors.line);
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

void VerdictBanner::colourWord()
{
    m_word->setText(
        QStringLiteral("<span style='color:%1'>%2 %3</span>")
            .arg(themeColors(palette()).state(m_state).name(), stateShape(m_state), m_text.toHtmlEscaped()));
    update();
}

} // namespace Switchyard
