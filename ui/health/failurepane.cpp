// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/failurepane.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"

#include <QDateTime>
#include <QFontDatabase>
#include <QLabel>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

QString momentText(qint64 wallMs)
{
    const QDateTime at = QDateTime::fromMSecsSinceEpoch(wallMs);
    return at.date() == QDate::currentDate() ? localTime(wallMs) : at.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
}

QString answerText(const FailureRecord &failure)
{
    QString text = failure.statusLine;
    if (!failure.headers.isEmpty())
        text += QLatin1Char('\n') + failure.headers.trimmed();
    text += QStringLiteral("\n\n") + failure.body;
    if (failure.truncated)
        text += QStringLiteral("\n… more came than is kept");
    return text.trimmed();
}

} // namespace

FailurePane::FailurePane(QWidget *parent)
    : QWidget(parent)
    , m_summary(new QLabel(this))
    , m_list(new QListWidget)
    , m_reason(new QLabel)
    , m_answer(new QPlainTextEdit)
{
    setObjectName(QStringLiteral("failurePane"));
    m_summary->setObjectName(QStringLiteral("failureSummary"));
    m_summary->setWordWrap(true);
    m_list->setObjectName(QStringLiteral("failureList"));
    m_list->setAccessibleName(QStringLiteral("Last failures"));
    m_list->setUniformItemSizes(true);
    m_reason->setObjectName(QStringLiteral("failureReason"));
    m_reason->setWordWrap(true);
    m_reason->setTextFormat(Qt::PlainText);
    m_reason->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_answer->setObjectName(QStringLiteral("failureAnswer"));
    m_answer->setAccessibleName(QStringLiteral("What was answered"));
    m_answer->setReadOnly(true);
    m_answer->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    m_answer->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    auto *lower = new QWidget;
    auto *lowerLayout = new QVBoxLayout(lower);
    lowerLayout->setContentsMargins(0, 0, 0, 0);
    lowerLayout->setSpacing(4);
    lowerLayout->addWidget(m_reason);
    lowerLayout->addWidget(m_answer, 1);
    auto *splitter = new QSplitter(Qt::Vertical, this);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_list);
    splitter->addWidget(lower);
    splitter->setSizes({160, 280});
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_summary);
    layout->addWidget(splitter, 1);
    connect(m_list, &QListWidget::currentRowChanged, this, [this](int row) {
        fillAnswer();
        if (row >= 0 && row < m_entries.size())
            Q_EMIT chosen(m_entries[row].wallMs);
    });
}

void FailurePane::show(const QList<ProbeSample> &live, const std::vector<HistorySample> &recorded,
                       const QString &window)
{
    QList<Entry> entries;
    for (const ProbeSample &sample : live)
        entries.append({sample.wallMs, sample.state == ProbeState::Degraded, sample.reason,
                        sample.failure ? answerText(*sample.failure) : QString(), true});
    for (const HistorySample &sample : recorded) {
        const bool known = std::any_of(live.begin(), live.end(),
                                       [&](const ProbeSample &other) { return other.wallMs == sample.timeMs; });
        if (!known)
            entries.append({sample.timeMs,
                            sample.state == HistoryDegraded,
                            sample.note.isEmpty() && sample.status > 0 ? QStringLiteral("status %1").arg(sample.status)
                                                                       : sample.note,
                            {},
                            false});
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry &a, const Entry &b) { return a.wallMs > b.wallMs; });
    m_window = window;
    m_summary->setText(
        entries.isEmpty()
            ? QStringLiteral("No probe failed: %1.").arg(window)
            : QStringLiteral("The last %1 that failed or were degraded: %2.").arg(entries.size()).arg(window));
    if (entries == m_entries)
        return;
    const int row = m_list->currentRow();
    const qint64 current = row >= 0 && row < m_entries.size() ? m_entries[row].wallMs : -1;
    m_entries = entries;
    {
        const QSignalBlocker quiet(m_list);
        m_list->clear();
        int chosenRow = 0;
        for (const Entry &entry : std::as_const(m_entries)) {
            auto *item = new QListWidgetItem(QStringLiteral("%1 %2  %3")
                                                 .arg(stateShape(entry.degraded ? State::Degraded : State::Down),
                                                      momentText(entry.wallMs), entry.reason.left(200)),
                                             m_list);
            item->setToolTip(plainTip(utcTime(entry.wallMs) + QLatin1Char('\n') + entry.reason.left(500)));
            if (entry.wallMs == current)
                chosenRow = m_list->count() - 1;
        }
        if (!m_entries.isEmpty())
            m_list->setCurrentRow(chosenRow);
    }
    fillAnswer();
}

void FailurePane::fillAnswer()
{
    const int row = m_list->currentRow();
    const bool any = row >= 0 && row < m_entries.size();
    const Entry entry = any ? m_entries[row] : Entry();
    m_reason->setText(any ? QStringLiteral("%1  %2").arg(momentText(entry.wallMs), entry.reason) : QString());
    m_reason->setToolTip(any ? utcTime(entry.wallMs) : QString());
    m_answer->setPlaceholderText(
        !any         ? QString()
        : entry.kept ? QStringLiteral("Nothing was answered.")
                     : QStringLiteral("Answers are kept in memory only, those of the last failures of this start."));
    if (m_answer->toPlainText() != entry.answer)
        m_answer->setPlainText(entry.answer);
}

} // namespace Switchyard
