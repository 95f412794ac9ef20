// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/accessendpoint.h"

#include "models/common/shellwords.h"
#include "models/database/strings/connectionstring.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString lineOf(const QStringList &words)
{
    QStringList quoted;
    for (const QString &word : words)
        quoted.append(shellQuoted(word));
    return quoted.join(u' ');
}

QStringList program(const AccessOrigin &origin)
{
    QStringList words{s("switchyard-cli")};
    if (!origin.workspace.isEmpty())
        words += {s("--workspace"), origin.workspace};
    return words + QStringList{s("db"), s("access")};
}

QStringList adviceWords(const AccessInput &input, const AccessOrigin &origin)
{
    QStringList words = program(origin);
    const auto option = [&words](const char *name, const QString &value) {
        if (!value.isEmpty())
            words += {s(name), value};
    };
    // Who is on a platform that the catalogue does not know has none here, whatever the workspace says.
    const bool named = !origin.workspace.isEmpty() && !input.backend.isEmpty() && input.platform;
    if (named) {
        option("--backend", input.backend);
        option("--database", input.database);
    }
    if (!named || origin.platformTold)
        option("--platform", input.platform ? input.platform->id : QString());
    if (!named)
        option("--region", input.region);
    option("--platform-plan", input.platformPlan);
    // With a service named, the command does not have to read the string.
    option("--service", accessListOwnerName(input.owner));
    if (!named || origin.planTold)
        option("--plan", input.databasePlan);
    if (!origin.outbound.isEmpty())
        option("--outbound", origin.outbound);
    else if (input.outbound) {
        for (const AddressRange &range : *input.outbound)
            option("--outbound", range.toString());
    }
    if (input.staticEgress.value_or(false))
        words += s("--static-egress");
    option("--list", origin.list);
    option("--own-address", input.operatorAddress ? input.operatorAddress->toString() : QString());
    return words;
}

/// What nothing in the list lets in but 0.0.0.0/0.
QStringList toAdd(const AccessInput &input)
{
    if (!input.outbound)
        return {s("ADDRESS")};
    QList<AddressRange> narrow;
    for (const AccessEntry &entry : input.list.value_or(QList<AccessEntry>())) {
        if (entry.range && !entry.range->isEverything() && !entry.deleteAfter)
            narrow.append(*entry.range);
    }
    QStringList texts;
    for (const AddressRange &range : uncovered(*input.outbound, narrow))
        texts.append(range.toString());
    return texts;
}

QStringList everything(const AccessInput &input)
{
    if (!input.list)
        return {s("0.0.0.0/0")};
    QStringList texts;
    for (const AccessEntry &entry : *input.list) {
        if (entry.range && entry.range->isEverything())
            texts.append(entry.value);
    }
    return texts;
}

} // namespace

AccessInput accessInputOf(const Backend &backend, const DatabaseEndpoint *database, const PlatformCatalogue &catalogue)
{
    AccessInput input;
    input.backend = backend.name;
    input.region = backend.region;
    input.production = backend.isProduction();
    input.platform = catalogue.find(backend.platform);
    if (database) {
        input.database = database->name;
        input.databasePlan = database->plan;
    }
    return input;
}

void tellConnection(const ConnectionString &connection, AccessInput *input)
{
    input->owner = accessListOwnerOf(connection);
    input->host = connection.hosts.isEmpty() ? QString() : connection.hosts.first().name;
}

QList<AccessCommand> accessCommands(const AccessInput &input, const AccessOrigin &origin)
{
    QList<AccessCommand> commands{{s("advice"), s("This advice once more"), lineOf(adviceWords(input, origin))}};
    if (input.owner != AccessListOwner::Atlas)
        return commands;
    const QStringList asAtlas{s("--group"), s("PROJECT_ID"), s("--auth"), s("env:ATLAS_ACCOUNT")};
    QStringList asOwner = asAtlas;
    if (!origin.workspace.isEmpty() && !input.backend.isEmpty())
        asOwner += {s("--backend"), input.backend};
    QStringList doIt{s("--yes")};
    if (input.production)
        doIt += {s("--unlock"), input.backend};
    const auto command = [&](const char *id, const QString &purpose, const QStringList &words,
                             const QString &behind = {}) {
        commands.append({s(id), purpose, lineOf(program(origin) + words) + behind});
    };
    command("list", s("Read the list into a file, which can be read here"),
            QStringList{s("list")} + asAtlas + QStringList{s("--format"), s("json")}, s(" > list.json"));
    if (const QStringList add = toAdd(input); !add.isEmpty()) {
        const QString where = input.platform ? input.platform->name : s("backend");
        const QStringList words =
            QStringList{s("add")} + add + asOwner +
            QStringList{s("--comment"), input.region.isEmpty() ? where : s("%1 %2").arg(where, input.region)};
        command("add", s("Let the backend in: what it would do"), words);
        command("add-yes", s("Let it in, and wait until the entries are active"),
                words + doIt + QStringList{s("--wait"), s("5m")});
    }
    const QString own = input.operatorAddress ? input.operatorAddress->toString() : s("YOUR_ADDRESS");
    command("self", s("Let yourself in for four hours"),
            QStringList{s("add"), own, s("--expires"), s("4h"), s("--comment"), s("migration")} + asOwner + doIt);
    command("status", s("Whether an entry is active"),
            QStringList{s("status"), toAdd(input).isEmpty() ? s("ADDRESS") : toAdd(input).first()} + asAtlas);
    if (const QStringList wide = everything(input); !wide.isEmpty())
        command("remove", s("Once the backend connects: no longer everybody"),
                QStringList{s("remove")} + wide + asOwner + doIt);
    return commands;
}

} // namespace Switchyard
