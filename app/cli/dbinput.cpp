// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/dbinput.h"

#include "app/cli/commands.h"
#include "models/database/probes/alembicstate.h"

#include <QFileInfo>
#include <QRegularExpression>

namespace Switchyard::Cli {

namespace {

Result<ConnectionString> connectionOf(const QString &url, const QString &token)
{
    const Result<ConnectionInput> input = connectionInput(url, token);
    return input ? parseConnectionString(*input) : tl::unexpected(input.error());
}

/// What may be BACKEND/NAME, which a relative path of a SQLite file may be too.
bool mayBeNamed(const Global &global, const QString &text)
{
    static const QRegularExpression names(QStringLiteral("^[^/:=?]+/[^/]+$"));
    return names.match(text).hasMatch() && !isSecretReference(text) &&
           (!global.workspace.isEmpty() || QFileInfo::exists(QStringLiteral("switchyard.toml")));
}

} // namespace

Result<DatabaseArgument> databaseArgument(const Global &global, const QString &text, const QString &token)
{
    DatabaseArgument argument;
    QString url = text;
    QString itsToken = token;
    if (mayBeNamed(global, text)) {
        const std::optional<Workspace> workspace = readWorkspace(global);
        if (!workspace)
            return fail(ErrorKind::Usage,
                        QStringLiteral("\"%1\" may be of the workspace, which cannot be read").arg(text));
        const Backend *backend = workspace->backend(text.section(QLatin1Char('/'), 0, 0));
        if (backend) {
            const QString name = text.section(QLatin1Char('/'), 1);
            QStringList others;
            for (const DatabaseEndpoint &each : backend->databases) {
                others.append(each.name);
                if (each.name == name)
                    argument.endpoint = each;
            }
            if (!argument.endpoint)
                return fail(ErrorKind::Usage,
                            QStringLiteral("backend \"%1\" has no database \"%2\"").arg(backend->name, name),
                            others.isEmpty() ? QStringLiteral("[[backend.database]] names one")
                                             : QStringLiteral("it has: %1").arg(others.join(QStringLiteral(", "))));
            argument.backend = *backend;
            url = argument.endpoint->url;
            itsToken = argument.endpoint->token;
        }
    }
    const Result<ConnectionString> connection = connectionOf(url, itsToken);
    if (!connection) {
        Error error = connection.error();
        if (argument.endpoint) {
            error.message = QStringLiteral("database %1: %2").arg(text, error.message);
            error.place = argument.endpoint->place;
        }
        return tl::unexpected(error);
    }
    argument.connection = *connection;
    argument.name = argument.endpoint || isSecretReference(text) ? text : connection->target();
    return argument;
}

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

Result<QString> migrationsFolder(const QString &given)
{
    if (given.isEmpty())
        return QString();
    const QStringList found = findAlembicVersions(given);
    if (found.size() > 1)
        return fail(ErrorKind::Usage,
                    QStringLiteral("--migrations: %1 has several: %2").arg(given, found.join(QStringLiteral(", "))),
                    QStringLiteral("name one of them"));
    const QString folder = found.isEmpty() ? given : found.first();
    const Result<AlembicHistory> history = readAlembicHistory(folder);
    if (!history)
        return tl::unexpected(history.error());
    return folder;
}

} // namespace Switchyard::Cli
