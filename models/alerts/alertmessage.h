// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/monitorstate.h"

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QMap>
#include <QString>

namespace Switchyard {

/// What is said of one monitor. A value type. Its texts may come from a server that means no good: whatever leaves goes
/// through the functions below, which redact, shorten and escape.
struct AlertItem
{
    QString event; ///< a word of alertEventNames(), or "test"
    QString monitorId;
    QString monitor; ///< its name
    QString group;
    MonitorState from = MonitorState::Unknown;
    MonitorState to = MonitorState::Unknown;
    QString cause;         ///< why; empty where it simply became good
    qint64 atMs = 0;       ///< milliseconds since the epoch of the change
    qint64 sinceMs = 0;    ///< when the trouble began
    qint64 durationMs = 0; ///< how long it has lasted, or did last where it is over
    int resend = 0;        ///< 0: told for the first time
    QString acknowledged;  ///< the note of whoever did; empty: nobody
    int certificateDays = 0;
};

/// What one channel sends at once: all that happened within a few seconds.
struct AlertMessage
{
    QString id; ///< the same in each retry
    QString workspace;
    QString channel;
    qint64 atMs = 0;
    bool test = false;
    int droppedBefore = 0; ///< messages of this channel that were given up since the last one that arrived
    QList<AlertItem> items;

    /// The message of "Send a test".
    static AlertMessage testOf(const QString &workspace, const QString &channel, qint64 atMs);
};

/// The most monitors that a message names; it tells how many it leaves out.
constexpr qsizetype alertItemsTold = 100;

/// One line: "render /health is down", "500 monitors are down", "3 down, 2 up". At most 200 characters; no markup.
[[nodiscard]] QString alertTitle(const AlertMessage &message);
/// One line for one monitor: name, cause, since when and how long. At most 700 characters; no markup.
[[nodiscard]] QString alertLine(const AlertItem &item);
/// Lines for people, at most `items` of them and a last one that counts the others.
[[nodiscard]] QString alertText(const AlertMessage &message, qsizetype items = 10);

/// The bodies as they are sent. Generic: resources/schemas/alert.schema.json.
[[nodiscard]] QJsonObject alertToJson(const AlertMessage &message);
/// Slack's incoming webhooks: text and one coloured attachment; nothing in it becomes a link, a mention or markup.
[[nodiscard]] QJsonObject alertToSlack(const AlertMessage &message);
/// Discord's webhooks: content and one embed within its limits; nobody is pinged.
[[nodiscard]] QJsonObject alertToDiscord(const AlertMessage &message);
/// What a command finds in its environment beside the JSON on its standard input: SWITCHYARD_… and no secret.
[[nodiscard]] QMap<QString, QString> alertEnvironment(const AlertMessage &message);

/// `&`, `<` and `>` as Slack wants them.
[[nodiscard]] QString escapedForSlack(const QString &text);
/// Without meaning to Discord's Markdown.
[[nodiscard]] QString escapedForDiscord(const QString &text);
/// Redacted, on one line, without control characters, at most `most` characters.
[[nodiscard]] QString boundedText(const QString &text, qsizetype most);

} // namespace Switchyard
