// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/verifyscript.h"

#include "models/common/secret.h"
#include "models/delivery/envfiles.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonValue>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

QString jsonText(const QJsonValue &value)
{
    // One element in a list, without the list: a document holds no bare values.
    const QByteArray text = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(text.sliced(1, text.size() - 2));
}

/// Headers of one check: plain ones as options, those behind a reference from the script's own environment.
struct Headers
{
    QByteArray options;
    QByteArray before;   ///< lines that fill the file of secrets
    QStringList missing; ///< what this script cannot fetch
    QStringList variables;
};

void addHeader(Headers &headers, const QString &name, const ConfiguredValue &value)
{
    if (!value.isReference()) {
        headers.options += " -H " + shellWord(QStringLiteral("%1: %2").arg(name, value.text));
        return;
    }
    const Result<SecretReference> reference = parseSecretReference(value.text);
    static const QRegularExpression portable(QStringLiteral("\\A[A-Za-z_][A-Za-z0-9_]*\\z"));
    if (!reference || reference->source != SecretReference::Source::Environment ||
        !portable.match(reference->name).hasMatch()) {
        headers.missing.append(name);
        return;
    }
    headers.variables.append(reference->name);
    headers.before += "secret_header " + shellWord(name) + " \"${" + reference->name.toUtf8() +
                      "-}\" || missing=" + shellWord(reference->name) + '\n';
}

/// One check with its headers: skipped where a credential is not at hand, because without it the answer says nothing.
QByteArray check(const QString &name, const Headers &headers, const QByteArray &call)
{
    QByteArray text = "\n: >\"$work/secret\"\n";
    if (!headers.missing.isEmpty())
        return text + "report skip " + shellWord(name) + ' ' +
               shellWord(QStringLiteral("its header %1 comes from where a script cannot fetch it")
                             .arg(headers.missing.join(QStringLiteral(", ")))) +
               '\n';
    if (headers.variables.isEmpty())
        return text + call + '\n';
    return text + "missing=\n" + headers.before + "if [ -n \"$missing\" ]; then\n    report skip " + shellWord(name) +
           " \"set $missing to the credential\"\nelse\n    " + call + "\nfi\n";
}

/// What the script's own small client can ask.
bool isPlainRequest(const HealthEndpoint &endpoint)
{
    return endpoint.type == EndpointType::Http && endpoint.method == QLatin1StringView("GET") &&
           endpoint.body.text.isEmpty();
}

QByteArray healthChecks(const Backend &backend)
{
    QByteArray text;
    for (const HealthEndpoint &endpoint : backend.health) {
        if (!isPlainRequest(endpoint)) {
            text += "\nreport skip " + shellWord(QStringLiteral("health ") + endpoint.label()) +
                    " 'the script asks by GET only'\n";
            continue;
        }
        Headers headers;
        for (auto it = endpoint.headers.cbegin(); it != endpoint.headers.cend(); ++it)
            addHeader(headers, it.key(), *it);
        // Plain headers go the same way as the others: the call's arguments are what the body must say.
        for (auto it = endpoint.headers.cbegin(); it != endpoint.headers.cend(); ++it) {
            if (!it->isReference())
                headers.before += "secret_header " + shellWord(it.key()) + ' ' + shellWord(it->text) + '\n';
        }
        const qint64 seconds = std::clamp<qint64>((endpoint.timeout.count() + 999) / 1000, 1, 300);
        const QString status = endpoint.expect.status.isEmpty() ? QStringLiteral("2xx") : endpoint.expect.status;
        QString plainStatus = status;
        plainStatus.remove(QLatin1Char(' '));
        QByteArray call = "check_health " + shellWord(endpoint.path) + ' ' + shellWord(endpoint.path) + ' ' +
                          QByteArray::number(seconds) + ' ' + shellWord(plainStatus);
        for (auto it = endpoint.expect.json.cbegin(); it != endpoint.expect.json.cend(); ++it)
            call += " \\\n    " + shellWord(it.key()) + ' ' + shellWord(jsonText(*it));
        if (headers.variables.isEmpty() && headers.missing.isEmpty())
            call = headers.before + call;
        text += check(QStringLiteral("health ") + endpoint.path, headers, call);
    }
    if (backend.health.isEmpty())
        text += "\nreport skip health 'the workspace names no endpoint'\n";
    return text;
}

QByteArray corsChecks(const Backend &backend, const QStringList &origins)
{
    const auto asked = std::find_if(backend.health.cbegin(), backend.health.cend(), &isPlainRequest);
    const QByteArray path = shellWord(asked == backend.health.cend() ? QStringLiteral("/") : asked->path);
    QByteArray text = "\n: >\"$work/secret\"\n";
    for (const QString &origin : origins)
        text += "check_cors_allowed " + path + ' ' + shellWord(origin) + '\n';
    if (origins.isEmpty())
        text += "report skip 'cors frontends' 'no file says which origins are let in'\n";
    return text + "check_cors_foreign " + path + '\n';
}

QByteArray socketChecks(const Backend &backend)
{
    QByteArray text;
    for (const SocketEndpoint &socket : backend.sockets) {
        Headers headers;
        for (auto it = socket.headers.cbegin(); it != socket.headers.cend(); ++it)
            addHeader(headers, it.key(), *it);
        if (!socket.origin.isEmpty())
            headers.options += " -H " + shellWord(QStringLiteral("Origin: ") + socket.origin);
        if (!socket.subprotocol.isEmpty())
            addHeader(headers, QStringLiteral("Sec-WebSocket-Protocol"), {socket.subprotocol});
        const bool engine = socket.protocol == SocketProtocol::SocketIo;
        text += check((engine ? QStringLiteral("socket.io ") : QStringLiteral("websocket ")) + socket.name, headers,
                      (engine ? "check_socketio " : "check_websocket ") + shellWord(socket.name) + ' ' +
                          shellWord(socket.path) + headers.options);
    }
    return text;
}

/// What the checks call. A function that nothing calls is one more thing to read, and to wonder about.
QSet<QByteArray> sectionsFor(const Backend &backend, const QStringList &origins, const QByteArray &checks)
{
    QSet<QByteArray> sections;
    if (!backend.health.isEmpty())
        sections += {"health", "json", "status"};
    if (!origins.isEmpty())
        sections += {"cors", "status"};
    for (const SocketEndpoint &socket : backend.sockets)
        sections += {"upgrade", socket.protocol == SocketProtocol::SocketIo ? "socketio" : "websocket"};
    if (checks.contains("\nsecret_header "))
        sections.insert("credentials");
    return sections;
}

/// The script with the sections that are wanted; each stands between "#@ name" and "#@".
QByteArray withSections(const QByteArray &script, const QSet<QByteArray> &wanted)
{
    QByteArray text;
    bool inside = true;
    for (const QByteArray &line : script.split('\n')) {
        if (line.startsWith("#@"))
            inside = line == "#@" || wanted.contains(line.mid(3));
        else if (inside)
            text += line + '\n';
    }
    text.chop(1); // split() gives an empty line after the last line break
    return text;
}

} // namespace

QByteArray verifyScript(const Backend &backend, const QStringList &origins)
{
    QFile file(QStringLiteral(":/switchyard/delivery/verify-deployment.sh"));
    const QByteArray all = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    const QByteArray checks = healthChecks(backend) + corsChecks(backend, origins) + socketChecks(backend);
    QByteArray text = withSections(all, sectionsFor(backend, origins, checks));
    // From the end, so that nothing in a value is taken for a mark.
    text.replace(text.lastIndexOf("@CHECKS@"), 8, checks);
    text.replace(text.indexOf("@BASE@"), 6, shellWord(backend.url));
    return text;
}

} // namespace Switchyard
