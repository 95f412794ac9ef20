// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/curlcommand.h"

#include "models/common/redact.h"
#include "models/common/secret.h"
#include "models/health/transfer.h"

#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

/// One word: inside single quotes nothing is special but the quote.
QString quoted(QString text)
{
    const bool plain = !text.isEmpty() && std::all_of(text.cbegin(), text.cend(), [](QChar c) {
        return (c >= QLatin1Char('a') && c <= QLatin1Char('z')) || (c >= QLatin1Char('A') && c <= QLatin1Char('Z')) ||
               (c >= QLatin1Char('0') && c <= QLatin1Char('9')) || QStringView(u"-_./:@%+=,").contains(c);
    });
    return plain ? text
                 : QLatin1Char('\'') + text.replace(QLatin1Char('\''), QStringLiteral("'\\''")) + QLatin1Char('\'');
}

/// Literal text followed by a value of which only the reference is known.
QString referenced(const QString &before, const QString &reference)
{
    const QString head = before.isEmpty() ? QString() : quoted(before);
    const Result<SecretReference> parsed = parseSecretReference(reference);
    if (parsed && parsed->source == SecretReference::Source::Environment)
        return head + QStringLiteral("\"${%1}\"").arg(parsed->name);
    if (parsed && parsed->source == SecretReference::Source::File)
        return head + QStringLiteral("\"$(cat -- %1)\"").arg(quoted(parsed->name));
    return quoted(before + QLatin1Char('<') + reference + QLatin1Char('>'));
}

/// A header that looks like a credential and yet stood there literally (given by a program) is shown without it.
QString headerWord(const ProbeTarget &target, const QString &name, const QString &value)
{
    const QString reference = target.references.value(name);
    if (!reference.isEmpty())
        return referenced(name + QStringLiteral(": "), reference);
    // curl takes "Name:" as "do not send it", as libcurl does.
    if (value.isEmpty())
        return quoted(name + QLatin1Char(';'));
    const QString line = name + QStringLiteral(": ") + value;
    return redact(line) == line ? quoted(line) : quoted(name + QStringLiteral(": <secret>"));
}

QString seconds(Milliseconds time)
{
    return QString::number(double(time.count()) / 1000, 'g', 10);
}

QString portCommand(const ProbeTarget &target, const QUrl &url)
{
    QUrl port;
    port.setScheme(QStringLiteral("telnet"));
    port.setHost(url.host());
    const bool secure = url.scheme() == QLatin1StringView("https") || url.scheme() == QLatin1StringView("wss");
    port.setPort(url.port(secure ? 443 : 80));
    return QStringLiteral("curl --verbose --noproxy '*' --max-time %1 %2 </dev/null")
        .arg(seconds(target.timeout), quoted(port.toString()));
}

} // namespace

QString curlCommand(const ProbeTarget &target)
{
    QUrl url(target.url.trimmed(), QUrl::TolerantMode);
    const bool webSocketUrl = url.scheme() == QLatin1StringView("ws") || url.scheme() == QLatin1StringView("wss");
    if (target.type == EndpointType::Tcp || url.scheme() == QLatin1StringView("tcp"))
        return portCommand(target, url);
    QStringList words{QStringLiteral("curl"),      QStringLiteral("--silent"),   QStringLiteral("--show-error"),
                      QStringLiteral("--include"), QStringLiteral("--globoff"),  QStringLiteral("--noproxy"),
                      QStringLiteral("'*'"),       QStringLiteral("--max-time"), seconds(target.timeout)};
    const bool upgrade = webSocketUrl || target.type == EndpointType::WebSocket;
    if (upgrade) {
        url.setScheme(url.scheme() == QLatin1StringView("wss") || url.scheme() == QLatin1StringView("https")
                          ? QStringLiteral("https")
                          : QStringLiteral("http"));
        words += QStringLiteral("--http1.1");
        for (const char *header : {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                                   "Sec-WebSocket-Key: c3dpdGNoeWFyZC1wcm9iZQ=="})
            words += {QStringLiteral("--header"), quoted(QString::fromLatin1(header))};
    } else if (target.method == QLatin1StringView("HEAD")) {
        words += QStringLiteral("--head");
    } else if (target.method != QLatin1StringView("GET") || !target.body.isEmpty()) {
        words += {QStringLiteral("--request"), quoted(target.method)};
    }
    words += {QStringLiteral("--user-agent"), quoted(probeUserAgent())};
    const QMap<QString, QString> headers = requestHeaders(target);
    for (auto header = headers.cbegin(); header != headers.cend(); ++header)
        words += {QStringLiteral("--header"), headerWord(target, header.key(), header.value())};
    if (!target.body.isEmpty()) {
        const QString reference = target.references.value(QString());
        const QString text = QString::fromUtf8(target.body);
        words += {QStringLiteral("--header"), QStringLiteral("Expect:"), QStringLiteral("--data-raw"),
                  reference.isEmpty() ? quoted(redact(text) == text ? text : QStringLiteral("<secret>"))
                                      : referenced({}, reference)};
    } else if (target.method == QLatin1StringView("POST") && !upgrade) {
        // With its length, which is 0: servers may refuse a POST without one.
        words += {QStringLiteral("--data-raw"), quoted({})};
    }
    if (target.followRedirects && !upgrade)
        words += {QStringLiteral("--location"), QStringLiteral("--max-redirs"), QStringLiteral("10")};
    if (!target.verifyTls)
        words += QStringLiteral("--insecure");
    if (!target.caFile.isEmpty())
        words += {QStringLiteral("--cacert"), quoted(target.caFile)};
    words += quoted(redact(url.toString(QUrl::FullyEncoded | QUrl::RemoveFragment)));
    return words.join(QLatin1Char(' '));
}

} // namespace Switchyard
