// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/watch/endpointconnection.h"

namespace Switchyard {

namespace {

Result<ConnectionInput> inputOf(const DatabaseEndpoint &database)
{
    ConnectionInput input{database.url, {}, {}};
    // Anything else is a string without a secret: the workspace refuses others.
    if (isSecretReference(database.url)) {
        const Result<Secret> text = parseSecretReference(database.url).and_then(&resolveSecret);
        if (!text)
            return tl::unexpected(text.error());
        input.text = text->reveal();
    }
    if (!database.token.isEmpty()) {
        const Result<Secret> token = parseSecretReference(database.token).and_then(&resolveSecret);
        if (!token)
            return tl::unexpected(token.error());
        input.token = *token;
    }
    return input;
}

} // namespace

Result<ConnectionString> readConnection(const DatabaseEndpoint &database)
{
    return inputOf(database).and_then(&parseConnectionString).map_error([&database](Error error) {
        error.place = database.place;
        return error;
    });
}

ConnectionString withoutSecrets(ConnectionString connection)
{
    connection.password.reset();
    connection.text.clear();
    for (ConnectionOption &option : connection.options)
        option.secret = Secret();
    return connection;
}

Result<OpenEndpoint> openEndpoint(const DatabaseEndpoint &database, const CancelFlag &cancelled,
                                  std::shared_ptr<Tunnel> kept)
{
    Result<ConnectionString> connection = readConnection(database);
    if (!connection)
        return tl::unexpected(connection.error());
    OpenEndpoint open{*std::move(connection), nullptr};
    if (database.tunnel.isEmpty())
        return open;
    if (kept && kept->isRunning()) {
        open.tunnel = std::move(kept);
        return open;
    }
    kept.reset(); // its port is to be free
    open.tunnel = std::make_shared<Tunnel>();
    TunnelOptions options;
    options.cancelled = cancelled;
    const Result<void> tunnel = open.tunnel->open(database.tunnel, open.connection, options);
    if (!tunnel) {
        Error error = tunnel.error();
        error.place = database.place;
        return tl::unexpected(error);
    }
    return open;
}

} // namespace Switchyard
