// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/parsing.h"

#include <QDateTime>
#include <QRegularExpression>
#include <QTimeZone>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

const QStringList &dayNames()
{
    static const QStringList names{QStringLiteral("mon"), QStringLiteral("tue"), QStringLiteral("wed"),
                                   QStringLiteral("thu"), QStringLiteral("fri"), QStringLiteral("sat"),
                                   QStringLiteral("sun")};
    return names;
}

/// RFC 3339 with its offset: a time without one would mean another hour on another desk.
std::optional<qint64> instantOf(const QString &text)
{
    static const QRegularExpression re(QStringLiteral(
        "\\A\\d{4}-\\d\\d-\\d\\d[Tt ]\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?(?:[Zz]|[+\\-]\\d\\d:\\d\\d)\\z"));
    if (!re.match(text).hasMatch())
        return std::nullopt;
    QString iso = text.toUpper();
    iso[10] = QLatin1Char('T');
    const QDateTime time = QDateTime::fromString(iso, Qt::ISODateWithMs);
    return time.isValid() ? std::optional(time.toMSecsSinceEpoch()) : std::nullopt;
}

std::optional<int> minuteOf(const QString &text)
{
    static const QRegularExpression re(QStringLiteral("\\A([01]\\d|2[0-3]):([0-5]\\d)\\z"));
    const QRegularExpressionMatch match = re.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    return match.captured(1).toInt() * 60 + match.captured(2).toInt();
}

void readStart(TomlReader &reader, DeployWindow *window)
{
    const TomlNode *value = reader.take(L("start"));
    if (value == nullptr || (value->type != TomlNode::Type::String && value->type != TomlNode::Type::DateTime)) {
        QString text;
        reader.text(L("start"), &text, Presence::Required);
        return;
    }
    if (const std::optional<int> minute = minuteOf(value->text)) {
        window->minuteOfDay = *minute;
    } else if (const std::optional<qint64> instant = instantOf(value->text)) {
        window->startMs = *instant;
    } else {
        reader.error(*value, QStringLiteral("\"%1\" is no time a window can start at").arg(value->text),
                     QStringLiteral("write \"2026-11-21T14:00:00Z\" for once, or \"14:00\" (UTC) for every day"));
    }
}

void readDays(TomlReader &reader, DeployWindow *window)
{
    QStringList days;
    if (!reader.texts(L("days"), &days))
        return;
    const TomlNode &list = *reader.take(L("days"));
    if (window->startMs >= 0)
        reader.error(list, QStringLiteral("\"days\" says nothing of a window that comes once"),
                     QStringLiteral("leave it out, or give \"start\" as a time of day"));
    for (const TomlNode &item : list.children) {
        const qsizetype day = dayNames().indexOf(item.text);
        if (day < 0)
            reader.error(item, QStringLiteral("\"%1\" is no day").arg(item.text),
                         QStringLiteral("one of %1").arg(dayNames().join(QStringLiteral(", "))));
        else if (!window->days.contains(int(day) + 1))
            window->days.append(int(day) + 1);
    }
}

} // namespace

DeployWindow parseDeployWindow(TomlReader reader, const QStringList &backends)
{
    DeployWindow window;
    window.name = QStringLiteral("deploy window");
    reader.text(L("name"), &window.name);
    if (reader.texts(L("backends"), &window.backends)) {
        for (const TomlNode &item : reader.take(L("backends"))->children) {
            if (!backends.contains(item.text))
                reader.error(item, QStringLiteral("there is no backend \"%1\"").arg(item.text),
                             suggestion(item.text, backends));
        }
    }
    readStart(reader, &window);
    readDays(reader, &window);
    // A window of a day or more would come again before it ended.
    reader.duration(L("length"), Milliseconds(60'000), Milliseconds(86'400'000), &window.length, Presence::Required);
    reader.finish();
    return window;
}

} // namespace Switchyard
