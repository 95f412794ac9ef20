// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/alerts/alertmessage.h"

#include "models/common/duration.h"
#include "models/common/redact.h"
#include "models/workspace/alertsettings.h"

#include <QDateTime>
#include <QJsonArray>
#include <QUuid>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qsizetype mostName = 120;
constexpr qsizetype mostCause = 400;
constexpr qsizetype mostTitle = 200;
constexpr qsizetype mostNote = 200;
// Discord's limits are 2,000, 256, 4,096 and 6,000 characters for all of an embed; escaping may double a text.
constexpr qsizetype mostDiscordTitle = 250;
constexpr qsizetype mostDiscordText = 4'000;
constexpr qsizetype mostSlackText = 3'000;
constexpr qsizetype linesInChat = 20;

QString isoTime(qint64 ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs);
}

QString clockTime(qint64 ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss 'UTC'"));
}

/// Seconds are enough for what lasts minutes.
QString lasting(qint64 ms)
{
    return humanDuration(ms >= 10'000 ? double(ms / 1'000 * 1'000) : double(ms));
}

QMap<QString, int> countsOf(const AlertMessage &message)
{
    QMap<QString, int> counts;
    for (const AlertItem &item : message.items)
        ++counts[item.event];
    return counts;
}

QString phrase(const AlertItem &item)
{
    if (item.event == QLatin1StringView("certificate"))
        return item.certificateDays < 0
                   ? QStringLiteral("has an expired certificate")
                   : QStringLiteral("has a certificate that ends in %1 days").arg(item.certificateDays);
    if (item.event == QLatin1StringView("up"))
        return item.to == MonitorState::Degraded ? QStringLiteral("answers again, but is degraded")
                                                 : QStringLiteral("is up again");
    if (item.event == QLatin1StringView("cold-start"))
        return QStringLiteral("is waking up");
    if (item.event == QLatin1StringView("test"))
        return QStringLiteral("sends a test");
    return (item.resend > 0 ? QStringLiteral("is still %1") : QStringLiteral("is %1")).arg(item.event);
}

/// The worst of what is said, for colours: the first of these words that is there.
QString worstEvent(const AlertMessage &message)
{
    const QMap<QString, int> counts = countsOf(message);
    for (const char *event : {"down", "certificate", "degraded", "unknown", "cold-start", "up"}) {
        if (counts.contains(QLatin1StringView(event)))
            return QLatin1StringView(event);
    }
    return QStringLiteral("test");
}

int colorOf(const QString &event)
{
    if (event == QLatin1StringView("down"))
        return 0xC62828;
    if (event == QLatin1StringView("up"))
        return 0x2E7D32;
    if (event == QLatin1StringView("degraded") || event == QLatin1StringView("certificate"))
        return 0xE0A100;
    return 0x757575;
}

QString droppedNote(const AlertMessage &message)
{
    if (message.droppedBefore == 0)
        return {};
    return QStringLiteral("%1 earlier %2 could not be delivered here.")
        .arg(message.droppedBefore)
        .arg(message.droppedBefore == 1 ? QStringLiteral("message") : QStringLiteral("messages"));
}

/// Lines until the text would be too long, and how many more there are.
template <typename Escape>
QString linesWithin(const AlertMessage &message, qsizetype lines, qsizetype most, Escape escape)
{
    constexpr qsizetype roomForTheRest = 200;
    QString text;
    qsizetype told = 0;
    for (const AlertItem &item : message.items) {
        const QString line = escape(alertLine(item));
        if (told == lines || text.size() + line.size() + roomForTheRest > most)
            break;
        text += (text.isEmpty() ? QString() : QStringLiteral("\n")) + line;
        ++told;
    }
    if (told < message.items.size())
        text += QStringLiteral("\nand %1 more").arg(message.items.size() - told);
    if (const QString note = droppedNote(message); !note.isEmpty())
        text += QLatin1Char('\n') + note;
    return text;
}

QJsonObject itemToJson(const AlertItem &item)
{
    QJsonObject object{{QStringLiteral("event"), item.event},
                       {QStringLiteral("monitor"), boundedText(item.monitor, mostName)},
                       {QStringLiteral("id"), boundedText(item.monitorId, mostName)},
                       {QStringLiteral("group"), boundedText(item.group, mostName)},
                       {QStringLiteral("from"), monitorStateName(item.from)},
                       {QStringLiteral("to"), monitorStateName(item.to)},
                       {QStringLiteral("cause"), boundedText(item.cause, mostCause)},
                       {QStringLiteral("at"), isoTime(item.atMs)},
                       {QStringLiteral("since"), isoTime(item.sinceMs)},
                       {QStringLiteral("durationMs"), item.durationMs},
                       {QStringLiteral("resend"), item.resend},
                       {QStringLiteral("acknowledged"), item.acknowledged.isEmpty()
                                                            ? QJsonValue()
                                                            : QJsonValue(boundedText(item.acknowledged, mostNote))},
                       {QStringLiteral("text"), alertLine(item)}};
    if (item.event == QLatin1StringView("certificate"))
        object.insert(QStringLiteral("certificateDays"), item.certificateDays);
    return object;
}

} // namespace

QString boundedText(const QString &text, qsizetype most)
{
    // What lies far behind the limit is not looked at: causes may quote what a server sent.
    QString kept = redact(text.left(most * 4));
    for (QChar &c : kept) {
        // Also those that turn the direction of what follows, and the separators that some take for line ends.
        const char16_t u = c.unicode();
        if (c.category() == QChar::Other_Control || u == 0x2028 || u == 0x2029)
            c = QLatin1Char(' ');
        else if ((u >= 0x202A && u <= 0x202E) || (u >= 0x2066 && u <= 0x2069) || u == 0x200E || u == 0x200F)
            c = QChar::ReplacementCharacter;
    }
    kept = kept.simplified();
    if (kept.size() <= most)
        return kept;
    kept.truncate(most - 1);
    if (kept.back().isHighSurrogate())
        kept.chop(1);
    return kept + QChar(0x2026);
}

QString alertTitle(const AlertMessage &message)
{
    if (message.test)
        return boundedText(QStringLiteral("Test of the alert \"%1\" of %2").arg(message.channel, message.workspace),
                           mostTitle);
    QString title;
    if (message.items.size() == 1) {
        const AlertItem &item = message.items.first();
        title = boundedText(item.monitor, mostName) + QLatin1Char(' ') + phrase(item);
    } else {
        QStringList parts;
        const QMap<QString, int> counts = countsOf(message);
        for (auto it = counts.cbegin(); it != counts.cend(); ++it)
            parts.append(QStringLiteral("%1 %2").arg(it.value()).arg(it.key()));
        title = counts.size() == 1
                    ? QStringLiteral("%1 monitors: %2").arg(message.items.size()).arg(counts.firstKey())
                    : QStringLiteral("%1 alerts: %2").arg(message.items.size()).arg(parts.join(QStringLiteral(", ")));
    }
    return boundedText(title, mostTitle);
}

QString alertLine(const AlertItem &item)
{
    QString line = boundedText(item.monitor, mostName) + QLatin1Char(' ') + phrase(item);
    if (const QString cause = boundedText(item.cause, mostCause); !cause.isEmpty())
        line += QStringLiteral(": ") + cause;
    if (item.event == QLatin1StringView("up"))
        line += QStringLiteral(" (after %1)").arg(lasting(item.durationMs));
    else if (item.event != QLatin1StringView("certificate") && item.event != QLatin1StringView("test"))
        line += item.durationMs >= 1'000
                    ? QStringLiteral(" (since %1, for %2)").arg(clockTime(item.sinceMs), lasting(item.durationMs))
                    : QStringLiteral(" (since %1)").arg(clockTime(item.sinceMs));
    if (!item.acknowledged.isEmpty())
        line += QStringLiteral(" [acknowledged: %1]").arg(boundedText(item.acknowledged, 60));
    return line;
}

QString alertText(const AlertMessage &message, qsizetype items)
{
    return linesWithin(message, items, 20'000, [](const QString &line) { return line; });
}

AlertMessage AlertMessage::testOf(const QString &workspace, const QString &channel, qint64 atMs)
{
    AlertMessage message;
    message.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    message.workspace = workspace;
    message.channel = channel;
    message.atMs = atMs;
    message.test = true;
    AlertItem item;
    item.event = QStringLiteral("test");
    item.monitor = QStringLiteral("Switchyard");
    item.cause = QStringLiteral("nothing is wrong; somebody tries whether alerts arrive");
    item.atMs = item.sinceMs = atMs;
    message.items.append(item);
    return message;
}

QJsonObject alertToJson(const AlertMessage &message)
{
    QJsonArray alerts;
    for (const AlertItem &item : message.items.first(std::min(alertItemsTold, message.items.size())))
        alerts.append(itemToJson(item));
    QJsonObject counts;
    const QMap<QString, int> counted = countsOf(message);
    for (auto it = counted.cbegin(); it != counted.cend(); ++it)
        counts.insert(it.key(), it.value());
    return {{QStringLiteral("schema"), QStringLiteral("switchyard.alert/1")},
            {QStringLiteral("id"), message.id},
            {QStringLiteral("test"), message.test},
            {QStringLiteral("workspace"), boundedText(message.workspace, mostName)},
            {QStringLiteral("channel"), boundedText(message.channel, mostName)},
            {QStringLiteral("at"), isoTime(message.atMs)},
            {QStringLiteral("title"), alertTitle(message)},
            {QStringLiteral("text"), alertText(message)},
            {QStringLiteral("counts"), counts},
            {QStringLiteral("total"), message.items.size()},
            {QStringLiteral("leftOut"), message.items.size() - alerts.size()},
            {QStringLiteral("droppedBefore"), message.droppedBefore},
            {QStringLiteral("alerts"), alerts}};
}

QString escapedForSlack(const QString &text)
{
    QString escaped = text;
    return escaped.replace(QLatin1Char('&'), QLatin1StringView("&amp;"))
        .replace(QLatin1Char('<'), QLatin1StringView("&lt;"))
        .replace(QLatin1Char('>'), QLatin1StringView("&gt;"));
}

QString escapedForDiscord(const QString &text)
{
    QString escaped;
    for (const QChar c : text) {
        if (QStringView(u"\\*_~`|<>[]()#@").contains(c))
            escaped += QLatin1Char('\\');
        escaped += c;
    }
    // Addresses become links by themselves.
    return escaped.replace(QLatin1StringView("://"), QStringLiteral(":\u200B//"));
}

QJsonObject alertToSlack(const AlertMessage &message)
{
    const QString title = escapedForSlack(alertTitle(message));
    const QString text = linesWithin(message, linesInChat, mostSlackText, escapedForSlack);
    const QJsonObject attachment{
        {QStringLiteral("color"), QStringLiteral("#%1").arg(colorOf(worstEvent(message)), 6, 16, QLatin1Char('0'))},
        {QStringLiteral("fallback"), title},
        {QStringLiteral("text"), text},
        {QStringLiteral("footer"),
         escapedForSlack(boundedText(QStringLiteral("Switchyard, ") + message.workspace, mostName))},
        {QStringLiteral("ts"), message.atMs / 1'000},
        {QStringLiteral("mrkdwn_in"), QJsonArray()},
    };
    return {{QStringLiteral("text"), title},         {QStringLiteral("mrkdwn"), false},
            {QStringLiteral("link_names"), false},   {QStringLiteral("unfurl_links"), false},
            {QStringLiteral("unfurl_media"), false}, {QStringLiteral("attachments"), QJsonArray{attachment}}};
}

QJsonObject alertToDiscord(const AlertMessage &message)
{
    const QString title = escapedForDiscord(alertTitle(message));
    // An escape that is cut in two would spoil what follows it; the embed's title is the plain beginning then.
    const QJsonObject embed{
        {QStringLiteral("title"),
         title.size() <= mostDiscordTitle ? title : escapedForDiscord(alertTitle(message).left(mostDiscordTitle / 2))},
        {QStringLiteral("description"), linesWithin(message, linesInChat, mostDiscordText, escapedForDiscord)},
        {QStringLiteral("color"), colorOf(worstEvent(message))},
        {QStringLiteral("timestamp"), isoTime(message.atMs)},
        {QStringLiteral("footer"),
         QJsonObject{
             {QStringLiteral("text"), boundedText(QStringLiteral("Switchyard, ") + message.workspace, mostName)}}},
    };
    return {{QStringLiteral("content"), title},
            {QStringLiteral("embeds"), QJsonArray{embed}},
            {QStringLiteral("allowed_mentions"), QJsonObject{{QStringLiteral("parse"), QJsonArray()}}}};
}

QMap<QString, QString> alertEnvironment(const AlertMessage &message)
{
    QMap<QString, QString> variables{
        {QStringLiteral("SWITCHYARD_ALERT"), boundedText(message.channel, mostName)},
        {QStringLiteral("SWITCHYARD_WORKSPACE"), boundedText(message.workspace, mostName)},
        {QStringLiteral("SWITCHYARD_EVENT"), worstEvent(message)},
        {QStringLiteral("SWITCHYARD_COUNT"), QString::number(message.items.size())},
        {QStringLiteral("SWITCHYARD_AT"), isoTime(message.atMs)},
        {QStringLiteral("SWITCHYARD_TITLE"), alertTitle(message)},
    };
    if (message.items.size() != 1)
        return variables;
    const AlertItem &item = message.items.first();
    variables.insert(QStringLiteral("SWITCHYARD_MONITOR"), boundedText(item.monitor, mostName));
    variables.insert(QStringLiteral("SWITCHYARD_GROUP"), boundedText(item.group, mostName));
    variables.insert(QStringLiteral("SWITCHYARD_FROM"), monitorStateName(item.from));
    variables.insert(QStringLiteral("SWITCHYARD_TO"), monitorStateName(item.to));
    return variables;
}

} // namespace Switchyard
