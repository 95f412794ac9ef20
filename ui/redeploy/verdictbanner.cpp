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
    , m_cancel(new QPushButton(QStringLiteral("Cancel"), this))
{
    setObjectName(QStringLiteral("verdictBanner"));
    QFont font = m_word->font();
    font.setBold(true);
    font.setPointSizeF(font.pointSizeF() * 1.5);
    m_word->setFont(font);
    m_word->setObjectName(QStringLiteral("verdictWord"));
    m_sentence->setObjectName(QStringLiteral("verdictSentence"));
    m_sentence->setWordWrap(true);
    m_detail->setProperty("faded", true);
    m_report->setText(QStringLiteral("Report ▾"));
    m_report->setMinimumHeight(26);
    m_report->setObjectName(QStringLiteral("reportButton"));
    m_report->setPopupMode(QToolButton::InstantPopup);
    auto *menu = new QMenu(m_report);
    menu->addAction(QStringLiteral("Save as &HTML…"), this, [this] { Q_EMIT reportRequested(QStringLiteral("html")); });
    menu->addAction(QStringLiteral("Save as &JSON…"), this, [this] { Q_EMIT reportRequested(QStringLiteral("json")); });
    menu->addAction(QStringLiteral("Save as &Markdown…"), this,
                    [this] { Q_EMIT reportRequested(QStringLiteral("md")); });
    menu->addAction(QStringLiteral("Save as JUnit &XML…"), this,
                    [this] { Q_EMIT reportRequested(QStringLiteral("xml")); });
    m_report->setMenu(menu);
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
    layout->addWidget(m_report);
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
    m_cancel->setVisible(running);
    m_report->setVisible(!running);
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
