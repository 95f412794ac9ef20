// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/windowchooser.h"

#include <QButtonGroup>
#include <QDateTimeEdit>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include <array>

namespace Switchyard {

namespace {

struct Choice
{
    const char *name;
    const char *text;
    const char *tip;
    qint64 ms;
};

constexpr qint64 hourMs = 3'600'000;
constexpr std::array<Choice, 6> choices{{
    {"windowLive", "Live", "The probes of this start, as they come", 0},
    {"window1h", "1 h", "The last hour, from the history", hourMs},
    {"window24h", "24 h", "The last 24 hours, from the history", 24 * hourMs},
    {"window7d", "7 d", "The last 7 days, from the history", 7 * 24 * hourMs},
    {"window30d", "30 d", "The last 30 days, from the history", 30 * 24 * hourMs},
    {"windowCustom", "Custom", "From one moment to another, from the history", 0},
}};

} // namespace

WindowChooser::WindowChooser(QWidget *parent)
    : QWidget(parent)
    , m_buttons(new QButtonGroup(this))
    , m_custom(new QWidget(this))
    , m_from(new QDateTimeEdit(m_custom))
    , m_to(new QDateTimeEdit(m_custom))
{
    setObjectName(QStringLiteral("windowChooser"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    auto *row = new QHBoxLayout;
    row->setSpacing(4);
    for (int i = 0; i < int(choices.size()); ++i) {
        auto *button = new QToolButton(this);
        button->setObjectName(QString::fromLatin1(choices[size_t(i)].name));
        button->setText(QString::fromLatin1(choices[size_t(i)].text));
        button->setToolTip(QString::fromLatin1(choices[size_t(i)].tip));
        button->setAccessibleName(button->toolTip());
        button->setCheckable(true);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setProperty("choice", true);
        m_buttons->addButton(button, i);
        row->addWidget(button);
    }
    row->addStretch(1);
    m_buttons->button(Live)->setChecked(true);
    layout->addLayout(row);
    auto *custom = new QHBoxLayout(m_custom);
    custom->setContentsMargins(0, 0, 0, 0);
    custom->setSpacing(4);
    const QDateTime now = QDateTime::currentDateTime();
    const auto add = [&](QDateTimeEdit *edit, const QString &label, const QString &name, const QDateTime &at) {
        auto *text = new QLabel(label, m_custom);
        edit->setObjectName(name);
        edit->setAccessibleName(label);
        edit->setDisplayFormat(QStringLiteral("yyyy-MM-dd HH:mm"));
        edit->setCalendarPopup(true);
        // Each key would otherwise be a reading of its own.
        edit->setKeyboardTracking(false);
        edit->setDateTime(at);
        text->setBuddy(edit);
        custom->addWidget(text);
        custom->addWidget(edit);
        connect(edit, &QDateTimeEdit::dateTimeChanged, this, &WindowChooser::changed);
    };
    add(m_from, QStringLiteral("from"), QStringLiteral("windowFrom"), now.addDays(-2));
    add(m_to, QStringLiteral("to"), QStringLiteral("windowTo"), now);
    custom->addStretch(1);
    m_custom->hide();
    layout->addWidget(m_custom);
    connect(m_buttons, &QButtonGroup::idClicked, this, [this](int id) { setSpan(Span(id)); });
}

void WindowChooser::setSpan(Span span)
{
    m_buttons->button(span)->setChecked(true);
    m_custom->setVisible(span == Custom);
    if (span == m_span)
        return;
    m_span = span;
    Q_EMIT changed();
}

void WindowChooser::readFromServer()
{
    m_buttons->button(Live)->hide();
    for (int i = Hour; i <= Custom; ++i) {
        QAbstractButton *button = m_buttons->button(i);
        button->setToolTip(
            button->toolTip().replace(QStringLiteral("from the history"), QStringLiteral("from Prometheus")));
        button->setAccessibleName(button->toolTip());
    }
    setSpan(Hour);
}

void WindowChooser::setCustom(qint64 fromMs, qint64 toMs)
{
    {
        const QSignalBlocker one(m_from), other(m_to);
        m_from->setDateTime(QDateTime::fromMSecsSinceEpoch(fromMs));
        m_to->setDateTime(QDateTime::fromMSecsSinceEpoch(toMs));
    }
    if (m_span == Custom)
        Q_EMIT changed();
    else
        setSpan(Custom);
}

std::optional<std::pair<qint64, qint64>> WindowChooser::range(qint64 nowMs) const
{
    if (m_span == Live)
        return std::nullopt;
    if (m_span == Custom)
        return std::pair(m_from->dateTime().toMSecsSinceEpoch(), m_to->dateTime().toMSecsSinceEpoch());
    return std::pair(nowMs - choices[size_t(m_span)].ms, nowMs);
}

QString WindowChooser::text() const
{
    return m_buttons->button(m_span)->text();
}

} // namespace Switchyard
