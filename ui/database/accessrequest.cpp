// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/accessrequest.h"

#include "models/common/files.h"
#include "models/database/watch/endpointconnection.h"

#include <QFileInfo>
#include <QRegularExpression>

namespace Switchyard {

namespace {

constexpr qint64 mostBytes = 4 << 20;

/// Errors name the file that they are about.
template <typename Value>
Result<Value> fromFile(const QString &path, Result<Value> (*parse)(const QByteArray &))
{
    Result<Value> value = readFile(path, mostBytes).and_then(parse);
    if (!value && value.error().place.file.isEmpty())
        value.error().place.file = QFileInfo(path).fileName();
    return value;
}

Result<void> readOutbound(const AccessTold &told, AccessInput *input)
{
    QList<AddressRange> ranges;
    QStringList from;
    static const QRegularExpression between(QStringLiteral("[\\s,;]+"));
    const QStringList words = told.outbound.split(between, Qt::SkipEmptyParts);
    for (const QString &word : words) {
        const Result<AddressRange> range = parseAddressRange(word);
        if (!range)
            return tl::unexpected(range.error());
        ranges.append(*range);
    }
    if (!words.isEmpty())
        from.append(QStringLiteral("told by you"));
    if (!told.outboundFile.isEmpty()) {
        const Result<ToldOutbound> file = fromFile(told.outboundFile, &parseOutbound);
        if (!file)
            return tl::unexpected(file.error());
        ranges += file->ranges;
        if (file->isStatic)
            input->staticEgress = *file->isStatic;
        from.append(file->isStatic ? QStringLiteral("the platform's own answer, in a file") : QStringLiteral("a file"));
    }
    if (ranges.isEmpty())
        return {};
    input->outbound = ranges;
    input->outboundFrom = from.join(QStringLiteral(" and "));
    return {};
}

Result<void> readOwner(AccessRequest *request, AccessInput *input)
{
    for (const AccessListOwner owner : {AccessListOwner::Atlas, AccessListOwner::RenderPostgres,
                                        AccessListOwner::RenderKeyValue, AccessListOwner::Other}) {
        if (accessListOwnerName(owner) == request->told.service) {
            input->owner = owner;
            return {};
        }
    }
    if (!request->connection)
        request->connection = readConnection(request->database).transform(&withoutSecrets);
    const Result<ConnectionString> &connection = *request->connection;
    if (!connection)
        return tl::unexpected(connection.error());
    tellConnection(*connection, input);
    return {};
}

} // namespace

Result<AccessAnswer> answerAccess(AccessRequest *request)
{
    const AccessTold &told = request->told;
    AccessInput input = accessInputOf(request->backend, &request->database, *request->catalogue);
    input.now = request->now;
    if (!told.platform.isEmpty())
        input.platform = request->catalogue->find(told.platform);
    if (!told.databasePlan.isEmpty())
        input.databasePlan = told.databasePlan;
    input.platformPlan = told.platformPlan;
    if (told.bought)
        input.staticEgress = true;
    if (!told.ownAddress.isEmpty()) {
        const Result<AddressRange> own = parseAddressRange(told.ownAddress);
        if (!own)
            return tl::unexpected(own.error());
        input.operatorAddress = *own;
    }
    Result<void> good = readOutbound(told, &input);
    if (good)
        good = readOwner(request, &input);
    if (!good)
        return tl::unexpected(good.error());
    if (!told.listFile.isEmpty()) {
        const Result<QList<AccessEntry>> list = fromFile(told.listFile, &parseAccessList);
        if (!list)
            return tl::unexpected(list.error());
        input.list = *list;
    }
    AccessOrigin origin;
    origin.workspace = request->workspaceFile;
    origin.list = told.listFile;
    // Both at once can only be given as addresses.
    origin.outbound = told.outbound.trimmed().isEmpty() ? told.outboundFile : QString();
    origin.platformTold = !told.platform.isEmpty();
    origin.planTold = !told.databasePlan.isEmpty();
    return AccessAnswer{adviseAccess(input), accessCommands(input, origin)};
}

} // namespace Switchyard
