// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"

#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

class TomlReader;

enum class AlertKind
{
    Desktop,
    Webhook, ///< generic JSON
    Slack,
    Discord,
    Command
};

/// "desktop", "webhook", "slack", "discord", "command".
[[nodiscard]] QString alertKindName(AlertKind kind);

/// What an alert can be about, in the words of the file.
[[nodiscard]] QStringList alertEventNames();

/// [[alert]]: one way by which people are told what the monitors say.
struct AlertSettings
{
    QString name; ///< unique within the workspace
    AlertKind kind = AlertKind::Desktop;
    QString url;      ///< webhook, slack, discord: a reference, or a webhook's URL without credentials
    QStringList argv; ///< command: the program and its arguments; no shell
    QStringList on{QStringLiteral("down"), QStringLiteral("up"), QStringLiteral("certificate")};
    QStringList monitors;               ///< by name; with `backends` empty too: all
    QStringList backends;               ///< by name, also groups of free monitors
    std::optional<Milliseconds> resend; ///< again after so long, while it lasts and nobody acknowledged it
    int certificateDays = 14;           ///< 1 to 365: told when so many are left
    Milliseconds timeout{10'000};       ///< of one attempt
    QString ca;                         ///< PEM bundle, absolute; empty: the system's
    QString folder;                     ///< of the workspace file: where a command runs; empty: here
    Place place;
    bool operator==(const AlertSettings &) const = default;

    bool sendsHttp() const { return kind != AlertKind::Desktop && kind != AlertKind::Command; }
    /// Whether it is to tell of that monitor.
    bool covers(const QString &monitorName, const QString &group) const
    {
        return (monitors.isEmpty() && backends.isEmpty()) || monitors.contains(monitorName) || backends.contains(group);
    }
};

/// Reads one [[alert]]; notes its problems in the reader's list. `seen`: names of those before it, with their lines.
/// `monitors` and `groups`: the names that it may speak of.
[[nodiscard]] AlertSettings readAlertSettings(TomlReader table, const QString &fileName, const QStringList &monitors,
                                              const QStringList &groups, QMap<QString, int> *seen);

} // namespace Switchyard
