// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/alertspane.h"

#include "models/alerts/alerter.h"
#include "ui/common/format.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"
#include "ui/common/workbench.h"

#include <QBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace Switchyard {

namespace {

State stateOf(const QString &event)
{
    if (event == QLatin1StringView("down"))
        return State::Down;
    if (event == QLatin1StringView("degraded") || event == QLatin1StringView("certificate"))
        return State::Degraded;
    return State::Unknown;
}

Cell textCell(const QString &text, bool faded = false, const QString &tip = {})
{
    return {.text = text, .sort = {}, .tip = tip, .faded = faded};
}

Cell timeCell(qint64 ms)
{
    Cell cell = ms > 0 ? textCell(localTime(ms), false, utcTime(ms)) : textCell(QStringLiteral("never"), true);
    cell.sort = ms;
    return cell;
}

Row openRow(const OpenAlert &alert)
{
    Cell state{.text = alert.event, .sort = alert.event, .state = stateOf(alert.event)};
    const QString told = alert.suppressed  ? QStringLiteral("not in a deploy window")
                         : alert.told == 0 ? QStringLiteral("nobody")
                                           : QString::number(alert.told);
    return {alert.key,
            {state, textCell(alert.monitor), timeCell(alert.sinceMs),
             textCell(alert.cause, false, plainTip(alert.cause)), textCell(told, alert.told == 0),
             alert.acknowledged.isEmpty() ? textCell(QStringLiteral("no"), true)
                                          : textCell(alert.acknowledged, false, utcTime(alert.acknowledgedMs))}};
}

Row channelRow(const AlertChannelStatus &channel)
{
    const QString waiting = channel.retries > 0
                                ? QStringLiteral("%1, tried %2 times").arg(channel.waiting).arg(channel.retries + 1)
                                : QString::number(channel.waiting);
    Cell error = channel.error.isEmpty()
                     ? textCell(QStringLiteral("none"), true)
                     : textCell(QStringLiteral("%1 %2").arg(localTime(channel.failedMs), channel.error), false,
                                plainTip(channel.error));
    if (!channel.error.isEmpty())
        error.limit = State::Down;
    return {channel.name,
            {textCell(channel.name), textCell(alertKindName(channel.kind)), textCell(channel.target, true),
             timeCell(channel.deliveredMs), figureCell(waiting, channel.waiting, channel.waiting == 0),
             figureCell(QString::number(channel.dropped), channel.dropped, channel.dropped == 0), error}};
}

} // namespace

AlertsPane::AlertsPane(Workbench *workbench, QWidget *parent)
    : QDialog(parent)
    , m_workbench(workbench)
    , m_openModel(new RowModel({QStringLiteral("State"), QStringLiteral("Monitor"), QStringLiteral("Since"),
                                QStringLiteral("Cause"), QStringLiteral("Told"), QStringLiteral("Acknowledged")},
                               this))
    , m_channelModel(new RowModel({QStringLiteral("Alert"), QStringLiteral("Kind"), QStringLiteral("To"),
                                   QStringLiteral("Delivered"), QStringLiteral("Waiting"), QStringLiteral("Given up"),
                                   QStringLiteral("Last error")},
                                  this))
{
    setObjectName(QStringLiteral("alertsPane"));
    setWindowTitle(QStringLiteral("Alerts"));
    resize(860, 520);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(makeOpen(), 3);
    layout->addWidget(makeChannels(), 2);
    connect(m_workbench, &Workbench::alertsChanged, this, &AlertsPane::fill);
    connect(m_workbench, &Workbench::workspaceOpened, this, &AlertsPane::fill);
    connect(m_workbench, &Workbench::workspaceClosed, this, &AlertsPane::fill);
    connect(m_workbench, &Workbench::alertDelivered, this, &AlertsPane::showDelivery);
    fill();
}

QWidget *AlertsPane::makeOpen()
{
    auto *part = new QWidget(this);
    auto *layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    m_open = new Table(m_openModel, QStringLiteral("openAlerts"), QStringLiteral("Open alerts"), part);
    m_open->setWidths({100, 180, 80, 260, 90, 100});
    m_openNote = new QLabel(part);
    m_openNote->setProperty("faded", true);
    m_note = new QLineEdit(part);
    m_note->setObjectName(QStringLiteral("acknowledgeNote"));
    m_note->setAccessibleName(QStringLiteral("Note of the acknowledgement"));
    m_note->setPlaceholderText(QStringLiteral("Note, such as who looks after it"));
    m_note->setMaxLength(200);
    m_acknowledge = new QPushButton(QStringLiteral("&Acknowledge"), part);
    m_acknowledge->setObjectName(QStringLiteral("acknowledgeButton"));
    m_acknowledge->setToolTip(QStringLiteral("It is not told again until the state ends or becomes worse"));
    auto *row = new QHBoxLayout;
    row->addWidget(m_note, 1);
    row->addWidget(m_acknowledge);
    layout->addWidget(m_open, 1);
    layout->addWidget(m_openNote);
    layout->addLayout(row);
    connect(m_acknowledge, &QPushButton::clicked, this, &AlertsPane::acknowledge);
    connect(m_note, &QLineEdit::returnPressed, this, &AlertsPane::acknowledge);
    connect(m_open, &Table::currentKeyChanged, this, &AlertsPane::enableButtons);
    return part;
}

QWidget *AlertsPane::makeChannels()
{
    auto *part = new QWidget(this);
    auto *layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    m_channels = new Table(m_channelModel, QStringLiteral("alertChannels"), QStringLiteral("Channels"), part);
    m_channels->setWidths({110, 80, 170, 80, 80, 70, 240});
    m_channelNote = new QLabel(part);
    m_channelNote->setObjectName(QStringLiteral("alertDelivery"));
    m_channelNote->setWordWrap(true);
    // What is said may be a server's.
    m_channelNote->setTextFormat(Qt::PlainText);
    m_test = new QPushButton(QStringLiteral("Send a &test"), part);
    m_test->setObjectName(QStringLiteral("alertTestButton"));
    auto *row = new QHBoxLayout;
    row->addWidget(m_channelNote, 1);
    row->addWidget(m_test);
    layout->addWidget(m_channels, 1);
    layout->addLayout(row);
    connect(m_test, &QPushButton::clicked, this, &AlertsPane::sendTest);
    connect(m_channels, &Table::currentKeyChanged, this, &AlertsPane::enableButtons);
    return part;
}

void AlertsPane::fill()
{
    QList<Row> open, channels;
    if (const Alerter *alerter = m_workbench->alerter()) {
        for (const OpenAlert &alert : alerter->open())
            open.append(openRow(alert));
        for (const AlertChannelStatus &channel : alerter->channels())
            channels.append(channelRow(channel));
    }
    m_openModel->merge(open);
    m_channelModel->merge(channels);
    m_openNote->setText(open.isEmpty() ? QStringLiteral("Nothing is wrong that a monitor knows of.")
                                       : QStringLiteral("%1 open").arg(open.size()));
    if (channels.isEmpty())
        m_channelNote->setText(QStringLiteral("The workspace has no [[alert]]: nobody is told."));
    if (m_channels->currentKey().isEmpty() && !channels.isEmpty())
        m_channels->selectKey(channels.first().key);
    enableButtons();
}

void AlertsPane::enableButtons()
{
    m_acknowledge->setEnabled(!m_open->currentKey().isEmpty());
    m_test->setEnabled(!m_channels->currentKey().isEmpty());
}

void AlertsPane::acknowledge()
{
    Alerter *alerter = m_workbench->alerter();
    if (!alerter || m_open->currentKey().isEmpty())
        return;
    alerter->acknowledge(m_open->currentKey(), m_note->text());
    m_note->clear();
}

void AlertsPane::sendTest()
{
    Alerter *alerter = m_workbench->alerter();
    const QString channel = m_channels->currentKey();
    if (alerter && alerter->sendTest(channel))
        m_channelNote->setText(QStringLiteral("Sending a test by %1…").arg(channel));
}

void AlertsPane::showDelivery(const AlertDelivery &delivery)
{
    if (!delivery.test)
        return;
    QString text = delivery.accepted
                       ? QStringLiteral("%1 accepted the test.").arg(delivery.channel)
                       : QStringLiteral("%1 did not accept the test: %2.").arg(delivery.channel, delivery.error);
    if (!delivery.hint.isEmpty())
        text += QStringLiteral(" %1.").arg(delivery.hint);
    m_channelNote->setText(text);
}

} // namespace Switchyard
