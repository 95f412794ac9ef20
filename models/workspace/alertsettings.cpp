// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/alertsettings.h"

#include "models/common/redact.h"
#include "models/workspace/parsing.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

const QStringList &kindNames()
{
    static const QStringList names{QStringLiteral("desktop"), QStringLiteral("webhook"), QStringLiteral("slack"),
                                   QStringLiteral("discord"), QStringLiteral("command")};
    return names;
}

/// Whether whoever knows this URL may post: that of a chat service, or one with a part that looks like a key.
bool isBearerUrl(const QUrl &url)
{
    const QString host = url.host().toLower();
    for (const QLatin1StringView service : {L("slack.com"), L("slack-gov.com"), L("discord.com"), L("discordapp.com"),
                                            L("webhook.office.com"), L("ntfy.sh"), L("pipedream.net")}) {
        if (host == service || host.endsWith(L(".") + service))
            return true;
    }
    // Long, and with both letters and digits: no word of a path.
    static const QRegularExpression key(QStringLiteral("\\A(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_\\-=.~]{20,}\\z"));
    for (const QString &part : url.path().split(QLatin1Char('/'))) {
        if (key.match(part).hasMatch())
            return true;
    }
    return false;
}

void readUrl(TomlReader &reader, AlertSettings *alert)
{
    if (!alert->sendsHttp()) {
        if (const TomlNode *value = reader.take(L("url")))
            reader.error(*value, QStringLiteral("kind = \"%1\" sends to no \"url\"").arg(alertKindName(alert->kind)),
                         QStringLiteral("leave it out"));
        return;
    }
    // The URLs of both services are all that is needed to post there.
    if (alert->kind != AlertKind::Webhook) {
        readReference(reader, L("url"), &alert->url, Presence::Required);
        return;
    }
    QString text;
    if (!reader.text(L("url"), &text, Presence::Required))
        return;
    const TomlNode &value = *reader.take(L("url"));
    if (isStoredReference(text)) {
        alert->url = text;
        return;
    }
    const QUrl url(text, QUrl::StrictMode);
    // Said without the text: what is wrong may be a credential in it.
    if (text == L("-") || urlCarriesSecret(text) || redact(text) != text || !url.userInfo().isEmpty() ||
        isBearerUrl(url))
        reader.error(value, QStringLiteral("\"url\" holds a literal secret"), referenceHint());
    else if (!url.isValid() || url.host().isEmpty() || (url.scheme() != L("http") && url.scheme() != L("https")))
        reader.error(value, QStringLiteral("\"url\" is no http or https address"),
                     QStringLiteral("write https://HOST/PATH, or a reference such as env:NAME"));
    else
        alert->url = text;
}

void readCommand(TomlReader &reader, AlertSettings *alert)
{
    if (alert->kind != AlertKind::Command) {
        if (const TomlNode *value = reader.take(L("argv")))
            reader.error(*value, QStringLiteral("kind = \"%1\" runs no \"argv\"").arg(alertKindName(alert->kind)),
                         QStringLiteral("leave it out, or write kind = \"command\""));
        return;
    }
    if (readPublicTexts(reader, L("argv"), &alert->argv, Presence::Required) &&
        (alert->argv.isEmpty() || alert->argv.first().isEmpty()))
        reader.error(*reader.take(L("argv")), QStringLiteral("\"argv\" names no program"));
}

void readNames(TomlReader &reader, L key, const QString &what, const QStringList &known, QStringList *out)
{
    QStringList names;
    if (!reader.texts(key, &names))
        return;
    const TomlNode &list = *reader.take(key);
    if (names.isEmpty())
        reader.error(list, QStringLiteral("\"%1\" is empty").arg(key), QStringLiteral("leave it out for all"));
    for (const TomlNode &item : list.children) {
        if (!known.contains(item.text))
            reader.error(item, QStringLiteral("there is no %1 \"%2\"").arg(what, item.text),
                         suggestion(item.text, known));
    }
    *out = names;
}

void readEvents(TomlReader &reader, AlertSettings *alert)
{
    QStringList on;
    if (!reader.texts(L("on"), &on))
        return;
    const TomlNode &list = *reader.take(L("on"));
    if (on.isEmpty())
        reader.error(list, QStringLiteral("\"on\" is empty: nothing would ever be told"),
                     QStringLiteral("some of %1").arg(alertEventNames().join(QStringLiteral(", "))));
    for (const TomlNode &item : list.children) {
        if (!alertEventNames().contains(item.text))
            reader.error(item, QStringLiteral("there is no alert on \"%1\"").arg(item.text),
                         suggestion(item.text, alertEventNames()));
    }
    on.removeDuplicates();
    alert->on = on;
}

} // namespace

QString alertKindName(AlertKind kind)
{
    return kindNames().at(int(kind));
}

QStringList alertEventNames()
{
    return {QStringLiteral("down"),    QStringLiteral("up"),         QStringLiteral("degraded"),
            QStringLiteral("unknown"), QStringLiteral("cold-start"), QStringLiteral("certificate")};
}

AlertSettings readAlertSettings(TomlReader table, const QString &fileName, const QStringList &monitors,
                                const QStringList &groups, QMap<QString, int> *seen)
{
    AlertSettings alert;
    alert.place = table.place();
    readUniqueName(table, QStringLiteral("alert"), seen, &alert.name);
    QString kind;
    if (table.choice(L("kind"), kindNames(), &kind, Presence::Required)) {
        alert.kind = AlertKind(kindNames().indexOf(kind));
        readUrl(table, &alert);
        readCommand(table, &alert);
    } else {
        // What they may be depends on it, so that more can not be said of them.
        table.take(L("url"));
        table.take(L("argv"));
    }
    readEvents(table, &alert);
    readNames(table, L("monitors"), QStringLiteral("monitor"), monitors, &alert.monitors);
    readNames(table, L("backends"), QStringLiteral("backend or group"), groups, &alert.backends);
    Milliseconds resend{0};
    if (table.duration(L("resend"), Milliseconds(60'000), std::chrono::hours(30 * 24), &resend))
        alert.resend = resend;
    table.integer(L("certificate_days"), 1, 365, &alert.certificateDays);
    table.duration(L("timeout"), Milliseconds(1'000), Milliseconds(300'000), &alert.timeout);
    readPublicText(table, L("ca"), &alert.ca);
    if (!fileName.isEmpty()) {
        const QDir folder = QFileInfo(fileName).absoluteDir();
        alert.folder = folder.path();
        if (!alert.ca.isEmpty())
            alert.ca = folder.absoluteFilePath(alert.ca);
    }
    table.finish();
    return alert;
}

} // namespace Switchyard
