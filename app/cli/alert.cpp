// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/alerts/alertchannel.h"
#include "models/common/duration.h"
#include "models/common/interrupt.h"
#include "models/common/redact.h"
#include "models/common/secret.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QJsonArray>
#include <QTimer>
#include <QUrl>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString targetOf(const AlertSettings &alert)
{
    if (alert.kind == AlertKind::Desktop)
        return s("this desktop");
    if (alert.kind == AlertKind::Command)
        return redact(alert.argv.join(QLatin1Char(' ')));
    return redact(alert.url);
}

QJsonObject toJson(const AlertSettings &alert)
{
    return {{s("name"), alert.name},
            {s("kind"), alertKindName(alert.kind)},
            {s("target"), targetOf(alert)},
            {s("on"), QJsonArray::fromStringList(alert.on)},
            {s("monitors"), QJsonArray::fromStringList(alert.monitors)},
            {s("backends"), QJsonArray::fromStringList(alert.backends)},
            {s("resendMs"), alert.resend ? QJsonValue(qint64(alert.resend->count())) : QJsonValue()},
            {s("certificateDays"), alert.certificateDays},
            {s("timeoutMs"), qint64(alert.timeout.count())}};
}

QString line(const AlertSettings &alert, qsizetype width)
{
    const QStringList about = alert.monitors + alert.backends;
    return s("%1  %2  %3  on %4%5%6\n")
        .arg(alert.name.leftJustified(width), alertKindName(alert.kind).leftJustified(7), targetOf(alert),
             alert.on.join(s(", ")), about.isEmpty() ? QString() : s("; of ") + about.join(s(", ")),
             alert.resend ? s("; again every ") + formatDuration(*alert.resend) : QString());
}

QJsonObject toJson(const AlertDelivery &delivery)
{
    return {{s("schema"), s("switchyard.alert-test/1")},
            {s("channel"), delivery.channel},
            {s("accepted"), delivery.accepted},
            {s("attempts"), delivery.attempts},
            {s("error"), delivery.error},
            {s("hint"), delivery.hint}};
}

} // namespace

int runAlertList(const Global &global)
{
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return exitUsage;
    if (global.json) {
        QJsonArray alerts;
        for (const AlertSettings &alert : workspace->alerts)
            alerts.append(toJson(alert));
        printJson({{s("schema"), s("switchyard.alert-list/1")}, {s("alerts"), alerts}});
        return exitPass;
    }
    qsizetype width = 0;
    for (const AlertSettings &alert : workspace->alerts)
        width = std::max(width, alert.name.size());
    QString text;
    for (const AlertSettings &alert : workspace->alerts)
        text += line(alert, width);
    printResult(text.isEmpty() ? s("The workspace has no [[alert]]: nobody is told.\n") : text);
    return exitPass;
}

int runAlertTest(const Global &global, const QString &name)
{
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return exitUsage;
    QStringList names;
    const AlertSettings *settings = nullptr;
    for (const AlertSettings &alert : workspace->alerts) {
        names.append(alert.name);
        if (alert.name == name)
            settings = &alert;
    }
    if (settings == nullptr)
        return reportError(
            {ErrorKind::Usage,
             s("the workspace has no alert \"%1\"").arg(name),
             names.isEmpty() ? s("add an [[alert]] with a name and a kind") : s("one of %1").arg(names.join(s(", "))),
             {}});
    Interrupt interrupt;
    AlertChannel channel(*settings);
    QObject::connect(&interrupt, &Interrupt::interrupted, &channel, [] { QCoreApplication::exit(exitInterrupted); });
    QObject::connect(&channel, &AlertChannel::finished, &channel, [&](const AlertDelivery &delivery) {
        if (global.json)
            printJson(toJson(delivery));
        else if (delivery.accepted)
            printResult(s("%1 accepted a test message.\n").arg(delivery.channel));
        if (!delivery.accepted)
            reportError({ErrorKind::Protocol,
                         s("%1 did not accept it: %2").arg(delivery.channel, delivery.error),
                         delivery.hint,
                         {}});
        QCoreApplication::exit(delivery.accepted ? exitPass : exitFail);
    });
    progress(global, s("sending a test to %1 (%2)").arg(settings->name, targetOf(*settings)));
    channel.send(AlertMessage::testOf(workspace->name, settings->name, QDateTime::currentMSecsSinceEpoch()));
    return QCoreApplication::exec();
}

} // namespace Switchyard::Cli
