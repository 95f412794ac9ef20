// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/historysettings.h"

#include "models/common/duration.h"
#include "models/common/tomlreader.h"
#include "models/workspace/workspace.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QStandardPaths>

namespace Switchyard {

using L = QLatin1StringView;

HistorySettings readHistorySettings(TomlReader &root)
{
    HistorySettings settings;
    std::optional<TomlReader> table = root.table(L("history"));
    if (!table)
        return settings;
    constexpr Milliseconds least = std::chrono::hours(1);
    constexpr Milliseconds most = std::chrono::hours(3650 * 24);
    table->boolean(L("enabled"), &settings.enabled);
    if (table->text(L("file"), &settings.file) && settings.file.isEmpty())
        table->error(*table->take(L("file")), QStringLiteral("\"file\" is empty"),
                     QStringLiteral("leave the key out, and the history lies in your data folder"));
    table->duration(L("keep_samples"), least, most, &settings.keepSamples);
    table->duration(L("keep_rollups"), least, most, &settings.keepRollups);
    if (settings.keepRollups < settings.keepSamples) {
        const TomlNode *rollups = table->take(L("keep_rollups"));
        const TomlNode *samples = table->take(L("keep_samples"));
        if (const TomlNode *at = rollups ? rollups : samples)
            table->error(*at,
                         QStringLiteral("keep_rollups %1 is shorter than keep_samples %2")
                             .arg(formatDuration(settings.keepRollups), formatDuration(settings.keepSamples)),
                         QStringLiteral("roll-ups are what is left when samples go"));
    }
    table->finish();
    return settings;
}

QString historyFileOf(const Workspace &workspace)
{
    const QFileInfo file(workspace.file);
    const QString path = QDir::cleanPath(file.absoluteFilePath());
    if (!workspace.history.file.isEmpty())
        return QDir::cleanPath(QFileInfo(path).dir().absoluteFilePath(workspace.history.file));
    // The folder says to a person whose it is, the hash tells it from others of that name.
    static const QRegularExpression odd(QStringLiteral("[^A-Za-z0-9._-]+"));
    QString name = QFileInfo(QFileInfo(path).path()).fileName().replace(odd, QStringLiteral("-")).left(60);
    if (name.isEmpty())
        name = QStringLiteral("workspace");
    const QByteArray hash = QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha256).toHex().left(12);
    return QStringLiteral("%1/switchyard/history/%2-%3.sqlite")
        .arg(QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation), name, QString::fromLatin1(hash));
}

} // namespace Switchyard
