// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/pollingbar.h"

#include "models/common/duration.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

constexpr int manual = 0;
constexpr qint64 offered[] = {5'000, 10'000, 30'000, 60'000, 300'000, 900'000, 3'600'000};

} // namespace

PollingBar::PollingBar(QWidget *parent)
    : QWidget(parent)
    , m_every(new QComboBox(this))
    , m_reach(new QCheckBox(QStringLiteral("only names, TCP and TLS"), this))
    , m_cost(new QLabel(this))
    , m_button(new QPushButton(this))
{
    m_every->setObjectName(QStringLiteral("pollEvery"));
    m_every->setAccessibleName(QStringLiteral("Probe again every"));
    m_every->addItem(QStringLiteral("once, when asked"), qint64(manual));
    for (const qint64 ms : offered)
        m_every->addItem(QStringLiteral("every %1").arg(formatDuration(Milliseconds(ms))), ms);
    m_reach->setObjectName(QStringLiteral("pollReachOnly"));
    m_reach->setToolTip(QStringLiteral("Nobody logs in: a server that sleeps is not woken by it"));
    m_cost->setObjectName(QStringLiteral("pollCost"));
    m_cost->setTextFormat(Qt::PlainText);
    m_cost->setWordWrap(true);
    m_button->setObjectName(QStringLiteral("pollButton"));
    auto *row = new QHBoxLayout;
    row->setSpacing(6);
    row->addWidget(new QLabel(QStringLiteral("Probe"), this));
    row->addWidget(m_every);
    row->addWidget(m_reach);
    row->addStretch(1);
    row->addWidget(m_button);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(row);
    layout->addWidget(m_cost);
    connect(m_every, &QComboBox::activated, this, [this] {
        fill();
        if (interval().count() > 0)
            Q_EMIT costWanted();
    });
    connect(m_reach, &QCheckBox::toggled, this, &PollingBar::fill);
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_set && m_set->record(m_index).polling)
            Q_EMIT stopWanted();
        else if (interval().count() > 0)
            Q_EMIT startWanted(interval(), m_reach->isChecked());
    });
}

Milliseconds PollingBar::interval() const
{
    return Milliseconds(m_every->currentData().toLongLong());
}

void PollingBar::show(const DatabaseSet *set, int index)
{
    m_set = set;
    m_index = index;
    const QString key = set ? set->record(index).key() : QString();
    if (key != m_key && set) {
        // What runs, else what the workspace asks for, else what a person has yet to choose.
        const DatabaseRecord &record = set->record(index);
        const std::optional<Milliseconds> every = record.polling ? record.polling : record.wantedPolling();
        choose(every.value_or(Milliseconds(manual)), record.polling && record.pollReachOnly);
        if (every && !record.connection)
            Q_EMIT costWanted();
    }
    m_key = key;
    if (set && set->record(index).polling && interval() != *set->record(index).polling)
        choose(*set->record(index).polling, set->record(index).pollReachOnly); // it was not begun by this bar
    fill();
}

void PollingBar::choose(Milliseconds every, bool reachOnly)
{
    const auto ms = qint64(every.count());
    if (m_every->findData(ms) < 0)
        m_every->addItem(QStringLiteral("every %1").arg(formatDuration(every)), ms);
    m_every->setCurrentIndex(m_every->findData(ms));
    const QSignalBlocker quiet(m_reach);
    m_reach->setChecked(reachOnly);
}

void PollingBar::fill()
{
    setEnabled(m_set != nullptr);
    if (!m_set)
        return;
    const DatabaseRecord &record = m_set->record(m_index);
    const bool polls = record.polling.has_value();
    const bool chosen = interval().count() > 0;
    m_every->setEnabled(!polls);
    m_reach->setEnabled(!polls && chosen);
    const std::optional<PollingCost> cost =
        chosen ? m_set->cost(m_index, interval(), m_reach->isChecked()) : std::nullopt;
    m_button->setText(polls ? QStringLiteral("Stop polling") : QStringLiteral("Start polling"));
    m_button->setVisible(chosen || polls);
    m_button->setEnabled(polls || cost.has_value());
    m_cost->setVisible(chosen);
    if (cost)
        m_cost->setText((polls ? QStringLiteral("Polling: ") : QStringLiteral("It would cost: ")) + cost->text());
    else if (chosen)
        m_cost->setText(record.error ? record.error->toString()
                                     : QStringLiteral("What it costs is known once the string was read."));
}

} // namespace Switchyard
