// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/dbinput.h"

#include "app/cli/commands.h"

namespace Switchyard::Cli {

Result<ConnectionInput> connectionInput(const QString &url, const QString &token)
{
    ConnectionInput input{url, {}, {}};
    if (isSecretReference(url)) {
        const Result<Secret> secret = parseSecretReference(url).and_then(&resolveSecret);
        if (!secret)
            return tl::unexpected(secret.error());
        input.text = secret->reveal();
    } else if (connectionCarriesSecret(url)) {
        return fail(ErrorKind::Usage, QStringLiteral("the connection string carries a password on the command line"),
                    QStringLiteral("everybody on this computer can read it there: give it as env:NAME, file:PATH, "
                                   "keychain:SERVICE/KEY or - (standard input)"));
    }
    if (!token.isEmpty()) {
        const Result<Secret> secret = parseSecretReference(token).and_then(&resolveSecret);
        if (!secret)
            return tl::unexpected(secret.error());
        input.token = *secret;
    }
    return input;
}

} // namespace Switchyard::Cli
