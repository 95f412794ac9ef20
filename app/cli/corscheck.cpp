// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/corscheck.h"
#include "app/cli/arguments.h"
#include "app/cli/beside.h"
#include "app/cli/commands.h"
#include "models/common/redact.h"

namespace Switchyard::Cli {

namespace {

/// The backend's URL, sockets and their origins, where they were not given.
void fillFrom(const Backend &backend, const CorsOptions &options, CorsCheckOptions &check)
{
    if (check.url.isEmpty())
        check.url = backend.url;
    if (options.sockets.isEmpty()) {
        for (const SocketEndpoint &socket : backend.sockets)
            check.sockets.append({socket.path, {socket.protocol, socket.transport}});
    }
    if (check.origins.isEmpty()) {
        for (const SocketEndpoint &socket : backend.sockets) {
            if (!socket.origin.isEmpty() && !check.origins.contains(socket.origin))
                check.origins.append(socket.origin);
        }
    }
}

Result<CorsCheckOptions> checkFrom(const CorsOptions &options, const Backend *backend)
{
    CorsCheckOptions check;
    check.url = options.url;
    check.credentials = options.credentials;
    check.timeout = options.timeout;
    check.caFile = options.caFile;
    for (const QString &origin : options.origins) {
        if (!check.origins.contains(origin))
            check.origins.append(origin);
    }
    if (!options.methods.isEmpty())
        check.methods.clear();
    for (const QString &method : options.methods) {
        const QByteArray name = normalizedMethod(method.toUtf8());
        if (!check.methods.contains(name))
            check.methods.append(name);
    }
    for (const QString &method : options.sendUnsafe)
        check.sendUnsafe.append(normalizedMethod(method.toUtf8()));
    for (const QString &header : options.headers) {
        const Result<std::pair<QString, QString>> parsed = headerArgument(header, true);
        if (!parsed)
            return tl::unexpected(parsed.error());
        check.headers.append({parsed->first.toUtf8(), parsed->second.toUtf8()});
    }
    for (const QString &socket : options.sockets) {
        const Result<SocketArgument> parsed = socketArgument(socket);
        if (!parsed)
            return tl::unexpected(parsed.error());
        check.sockets.append({parsed->path, parsed->protocol});
    }
    if (backend)
        fillFrom(*backend, options, check);
    if (check.url.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("no address is given"),
                    QStringLiteral("cors check https://HOST/PATH --origin https://app.example.com, or --backend NAME"));
    if (const Result<void> checked = check.check(); !checked)
        return tl::unexpected(checked.error());
    return check;
}

} // namespace

int runCorsCheck(const Global &global, const CorsOptions &options)
{
    std::optional<Workspace> workspace;
    const Backend *backend = nullptr;
    if (!options.backend.isEmpty()) {
        workspace = readWorkspace(global);
        if (!workspace)
            return exitUsage;
        backend = workspace->backend(options.backend);
        if (!backend)
            return reportError(
                {ErrorKind::Usage, QStringLiteral("the workspace has no backend \"%1\"").arg(options.backend), {}, {}});
    }
    const Result<CorsCheckOptions> check = checkFrom(options, backend);
    if (!check)
        return reportError(check.error());
    const Result<CorsReport> report = besideEventLoop([&](std::stop_token stop) {
        return checkCors(
            *check, [&](const QString &text) { progress(global, QStringLiteral("    ") + text); }, std::move(stop));
    });
    if (!report)
        return reportError(report.error());
    if (global.json)
        printJson(corsReportToJson(*report));
    else
        printResult(corsReportToText(*report));
    if (report->interrupted) {
        progress(global, QStringLiteral("    interrupted: the result is of what was asked"));
        return exitInterrupted;
    }
    return report->exitStatus();
}

} // namespace Switchyard::Cli
