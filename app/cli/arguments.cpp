// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"

#include "models/common/redact.h"
#include "models/common/secret.h"

namespace Switchyard::Cli {

Result<SocketArgument> socketArgument(const QString &text)
{
    if (urlCarriesSecret(text))
        return fail(ErrorKind::Usage, QStringLiteral("--socket carries a secret on the command line"),
                    QStringLiteral("describe the socket in a workspace, with a header that refers to env:NAME"));
    const QString path = text.section(QLatin1Char(','), 0, 0);
    const QString protocolName = text.section(QLatin1Char(','), 1);
    if (!path.startsWith(QLatin1Char('/')))
        return fail(ErrorKind::Usage, QStringLiteral("--socket %1: the path begins with /").arg(text),
                    QStringLiteral("--socket /ws/prices or --socket /socket.io/,socket.io"));
    const auto protocol = namedProtocol(protocolName.isEmpty() ? QStringLiteral("websocket") : protocolName);
    if (!protocol)
        return fail(ErrorKind::Usage,
                    QStringLiteral("--socket %1: there is no protocol \"%2\"").arg(text, protocolName),
                    QStringLiteral("websocket, socket.io or socket.io-polling"));
    return SocketArgument{path, *protocol};
}

Result<std::pair<QString, QString>> headerArgument(const QString &text, bool bare)
{
    const QString name = text.section(QLatin1Char('='), 0, 0).trimmed();
    const QString value = text.section(QLatin1Char('='), 1);
    const bool hasValue = text.contains(QLatin1Char('='));
    if (name.isEmpty() || (!hasValue && !bare))
        return fail(ErrorKind::Usage, QStringLiteral("a header is not NAME=VALUE"),
                    QStringLiteral("--header NAME=VALUE"));
    if (isSecretReference(value)) {
        const Result<Secret> secret = parseSecretReference(value).and_then(&resolveSecret);
        if (!secret)
            return tl::unexpected(secret.error());
        return std::pair(name, secret->reveal());
    }
    if (hasValue && isSecretName(name))
        return fail(ErrorKind::Usage, QStringLiteral("the header %1 carries a secret on the command line").arg(name),
                    QStringLiteral("give it as %1=env:NAME or %1=file:PATH").arg(name));
    return std::pair(name, value);
}

} // namespace Switchyard::Cli
