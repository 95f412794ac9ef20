// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/dbinput.h"
#include "models/common/files.h"
#include "models/database/access/accessendpoint.h"
#include "models/platforms/platform.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr qint64 mostBytes = 4 << 20;

Result<QByteArray> bytesOf(const QString &path)
{
    if (path != s("-"))
        return readFile(path, mostBytes);
    QFile input;
    if (!input.open(stdin, QIODevice::ReadOnly))
        return fail(ErrorKind::Io, s("standard input cannot be read"));
    QByteArray bytes = input.read(mostBytes + 1);
    if (bytes.size() > mostBytes)
        return fail(ErrorKind::Usage, s("standard input holds more than 4 MB"));
    return bytes;
}

int printRules(const Global &global)
{
    QJsonArray rules;
    QString text;
    for (const LintRule &rule : accessRules()) {
        text += s("%1  %2  %3\n    %4\n    %5\n")
                    .arg(rule.id, severityName(rule.severity), rule.title, rule.reason, rule.source);
        rules.append(QJsonObject{{s("id"), rule.id},
                                 {s("severity"), severityName(rule.severity)},
                                 {s("title"), rule.title},
                                 {s("reason"), rule.reason},
                                 {s("source"), rule.source},
                                 {s("facts"), QJsonArray::fromStringList(rule.facts)}});
    }
    if (global.json)
        printJson({{s("schema"), s("switchyard.db-access/1")}, {s("rules"), rules}});
    else
        printResult(text);
    return exitPass;
}

Result<void> readOutbound(const DbAccessOptions &options, AccessInput *input)
{
    if (options.outbound.isEmpty())
        return {};
    QList<AddressRange> ranges;
    QStringList from;
    for (const QString &text : options.outbound) {
        const Result<AddressRange> range = parseAddressRange(text);
        if (range) {
            ranges.append(*range);
            from.append(s("told by --outbound"));
            continue;
        }
        if (text != s("-") && !QFileInfo(text).isFile())
            return tl::unexpected(range.error());
        const Result<ToldOutbound> told = bytesOf(text).and_then(&parseOutbound);
        if (!told)
            return tl::unexpected(told.error());
        ranges += told->ranges;
        if (told->isStatic)
            input->staticEgress = *told->isStatic;
        from.append(told->isStatic ? s("the platform's own answer, in a file") : s("a file"));
    }
    from.removeDuplicates();
    input->outbound = ranges;
    input->outboundFrom = from.join(s(" and "));
    return {};
}

Result<void> readWorkspaceInto(const Global &global, const DbAccessOptions &options, const PlatformCatalogue &catalogue,
                               AccessInput *input, QString *platform)
{
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return fail(ErrorKind::Usage, s("the workspace cannot be read"));
    const Backend *backend = workspace->backend(options.backend);
    if (!backend)
        return fail(ErrorKind::Usage, s("the workspace has no backend \"%1\"").arg(options.backend));
    *platform = backend->platform;
    const DatabaseEndpoint *found = nullptr;
    QStringList names;
    for (const DatabaseEndpoint &each : backend->databases) {
        names.append(each.name);
        if (each.name == options.database || (options.database.isEmpty() && backend->databases.size() == 1))
            found = &each;
    }
    if (!found && !options.database.isEmpty())
        return fail(ErrorKind::Usage, s("backend \"%1\" has no database \"%2\"").arg(backend->name, options.database),
                    names.isEmpty() ? QString() : s("it has: %1").arg(names.join(s(", "))));
    if (!found && !names.isEmpty())
        return fail(ErrorKind::Usage, s("backend \"%1\" has several databases").arg(backend->name),
                    s("--database: %1").arg(names.join(s(", "))));
    const QDateTime now = input->now;
    *input = accessInputOf(*backend, found, catalogue);
    input->now = now;
    if (!found)
        return {};
    // Whose list it is can be told by hand, so that nobody has to have the secret at hand.
    if (!options.service.isEmpty())
        return {};
    const Result<DatabaseArgument> argument = databaseArgument(global, s("%1/%2").arg(backend->name, found->name));
    if (!argument) {
        Error error = argument.error();
        error.hint +=
            s("%1--service says whose list it is without the string").arg(error.hint.isEmpty() ? QString() : s("; "));
        return tl::unexpected(error);
    }
    tellConnection(argument->connection, input);
    return {};
}

Result<void> chooseService(const QString &service, AccessInput *input)
{
    for (const AccessListOwner owner : {AccessListOwner::Atlas, AccessListOwner::RenderPostgres,
                                        AccessListOwner::RenderKeyValue, AccessListOwner::Other}) {
        if (service.isEmpty() || accessListOwnerName(owner) == service) {
            if (!service.isEmpty())
                input->owner = owner;
            return {};
        }
    }
    return fail(ErrorKind::Usage, s("--service %1 is not known").arg(service),
                s("atlas, render-postgres, render-key-value or other"));
}

Result<AccessInput> inputOf(const Global &global, const DbAccessOptions &options, const PlatformCatalogue &catalogue)
{
    AccessInput input;
    input.now = QDateTime::currentDateTimeUtc();
    QString platform;
    if (!options.database.isEmpty() && options.backend.isEmpty())
        return fail(ErrorKind::Usage, s("--database needs --backend"));
    if (!options.backend.isEmpty()) {
        if (const Result<void> read = readWorkspaceInto(global, options, catalogue, &input, &platform); !read)
            return tl::unexpected(read.error());
    }
    if (!options.platform.isEmpty())
        platform = options.platform;
    input.platform = catalogue.find(platform);
    if (!input.platform && !platform.isEmpty())
        return fail(ErrorKind::Usage, s("--platform %1 is not known").arg(platform), catalogue.ids().join(s(", ")));
    if (!options.region.isEmpty())
        input.region = options.region;
    if (!options.plan.isEmpty())
        input.databasePlan = options.plan;
    input.platformPlan = options.platformPlan;
    if (options.staticEgress)
        input.staticEgress = true;
    if (!options.ownAddress.isEmpty()) {
        const Result<AddressRange> own = parseAddressRange(options.ownAddress);
        if (!own)
            return tl::unexpected(own.error());
        input.operatorAddress = *own;
    }
    Result<void> good = chooseService(options.service, &input);
    if (good)
        good = readOutbound(options, &input);
    if (!good)
        return tl::unexpected(good.error());
    if (!options.list.isEmpty()) {
        const Result<QList<AccessEntry>> list = bytesOf(options.list).and_then(&parseAccessList);
        if (!list)
            return tl::unexpected(list.error());
        input.list = *list;
    }
    return input;
}

} // namespace

int runDbAccess(const Global &global, const DbAccessOptions &options)
{
    if (options.rules)
        return printRules(global);
    for (const QString &path : options.reports) {
        if (!path.endsWith(s(".json")) && !path.endsWith(s(".md")))
            return reportError(
                {ErrorKind::Usage, s("--report %1: the name ends in none of .json, .md").arg(path), {}, {}});
    }
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    const Result<AccessInput> input = inputOf(global, options, *catalogue);
    if (!input)
        return reportError(input.error());
    const AccessAdvice advice = adviseAccess(*input);
    if (global.json)
        printJson(accessAdviceToJson(advice));
    else
        printResult(accessAdviceToText(advice));
    for (const QString &path : options.reports) {
        const Result<void> written = writeFileAtomically(path, accessAdviceForFile(advice, path));
        if (!written)
            return reportError(written.error());
    }
    return advice.hasComplaints() ? exitFail : exitPass;
}

} // namespace Switchyard::Cli
