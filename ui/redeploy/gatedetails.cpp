// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/gatedetails.h"

#include "ui/common/format.h"
#include "ui/redeploy/eventmodel.h"
#include "ui/redeploy/sessionrows.h"

#include <QApplication>
#include <QClipboard>
#include <QFontDatabase>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

namespace Switchyard {

GateDetails::GateDetails(QWidget *parent)
    : QWidget(parent)
    , m_text(new QLabel(this))
    , m_snippet(new QLabel(this))
    , m_copy(new QPushButton(QStringLiteral("Copy"), this))
    , m_lead(new QPushButton(this))
    , m_events(new QPlainTextEdit(this))
{
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setObjectName(QStringLiteral("gateDetails"));
    m_snippet->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_snippet->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_snippet->setWordWrap(true);
    m_copy->setObjectName(QStringLiteral("copySnippetButton"));
    m_copy->setToolTip(QStringLiteral("Copy what is to be put in"));
    m_lead->setObjectName(QStringLiteral("evidenceButton"));
    connect(m_lead, &QPushButton::clicked, this, [this] { Q_EMIT evidenceRequested(m_id, m_evidence); });
    m_events->setReadOnly(true);
    m_events->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_events->setAccessibleName(QStringLiteral("Events behind the gate"));
    auto *row = new QHBoxLayout;
    row->addWidget(m_snippet, 1);
    row->addWidget(m_copy);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_text);
    layout->addLayout(row);
    layout->addWidget(m_lead, 0, Qt::AlignLeft);
    layout->addWidget(m_events, 1);
    layout->addStretch(0);
    connect(m_copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(m_snippet->text()); });
    clear();
}

void GateDetails::clear()
{
    m_text->setText(QStringLiteral("Choose a gate to see what is behind it."));
    setFaded(true);
    m_snippet->hide();
    m_copy->hide();
    m_lead->hide();
    m_events->hide();
    m_evidence.clear();
}

void GateDetails::setFaded(bool faded)
{
    m_text->setProperty("faded", faded);
    // A style sheet looks at properties only once.
    m_text->style()->unpolish(m_text);
    m_text->style()->polish(m_text);
}

void GateDetails::show(const Gate &gate, const EventModel &events)
{
    QString text = QStringLiteral("<b>%1</b>: %2").arg(gate.id, gate.measured.toHtmlEscaped());
    if (!gate.threshold.isEmpty())
        text += QStringLiteral("<br>Threshold: %1").arg(gate.threshold.toHtmlEscaped());
    if (!gate.advice.isEmpty())
        text += QStringLiteral("<br><b>Advice:</b> %1").arg(gate.advice.toHtmlEscaped());
    m_text->setText(text);
    setFaded(false);
    m_snippet->setText(gate.snippet);
    m_snippet->setVisible(!gate.snippet.isEmpty());
    m_copy->setVisible(!gate.snippet.isEmpty());
    QStringList lines;
    for (const int id : gate.evidence) {
        if (const Event *event = events.event(id))
            lines.append(
                QStringLiteral("%1  %2  %3")
                    .arg(localTime(events.originWallMs() + event->us / 1000, true), event->subject, eventText(*event)));
    }
    m_id = gate.id;
    m_evidence = gate.evidence;
    m_lead->setVisible(!lines.isEmpty());
    m_lead->setText(lines.size() == 1 ? QStringLiteral("Show the event")
                                      : QStringLiteral("Show the %1 events").arg(lines.size()));
    // A reader's place in it stays while the gate is judged anew each second.
    if (const QString all = lines.join(QLatin1Char('\n')); m_events->toPlainText() != all)
        m_events->setPlainText(all);
    m_events->setVisible(!lines.isEmpty());
}

} // namespace Switchyard
