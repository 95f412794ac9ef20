// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/common/files.h"
#include "models/common/redact.h"
#include "models/environment/csp.h"

#include <QFileInfo>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

constexpr qint64 longestPolicy = 64 * 1024;

PolicyBackend policyBackend(const Backend &backend)
{
    return {backend.url, !backend.sockets.isEmpty()};
}

bool isHere(const Backend &backend)
{
    const std::optional<Origin> origin = originOf(backend.url);
    return origin && origin->isLoopback();
}

/// Source and target while both live: pages reach either until the last browser has the new ones. What runs on this
/// computer is left out where something else is named.
QList<PolicyBackend> migrating(const Workspace &workspace)
{
    QList<const Backend *> backends;
    for (const Backend &backend : workspace.backends) {
        if (!backend.role.isEmpty() || workspace.backends.size() == 1)
            backends.append(&backend);
    }
    const bool elsewhere =
        std::any_of(backends.cbegin(), backends.cend(), [](const Backend *one) { return !isHere(*one); });
    QList<PolicyBackend> chosen;
    for (const Backend *backend : backends) {
        if (!backend->url.isEmpty() && !(elsewhere && isHere(*backend)))
            chosen.append(policyBackend(*backend));
    }
    return chosen;
}

Result<QList<PolicyBackend>> named(const QStringList &names, const std::optional<Workspace> &workspace)
{
    QList<PolicyBackend> backends;
    for (const QString &name : names) {
        if (name.contains(QLatin1StringView("://"))) {
            if (urlCarriesSecret(name))
                return fail(ErrorKind::Usage, QStringLiteral("a URL carries a secret on the command line"),
                            QStringLiteral("give it without"));
            backends.append({name, true});
            continue;
        }
        const Backend *backend = workspace ? workspace->backend(name) : nullptr;
        if (!backend)
            return fail(ErrorKind::Usage, QStringLiteral("the workspace has no backend \"%1\"").arg(name),
                        QStringLiteral("a name of the workspace, or https://HOST"));
        backends.append(policyBackend(*backend));
    }
    return backends;
}

Result<QString> existingPolicy(const QString &text)
{
    if (!text.startsWith(QLatin1Char('@')))
        return text;
    return readFile(text.mid(1), longestPolicy).and_then([&](const QByteArray &bytes) -> Result<QString> {
        const QString policy = QString::fromUtf8(bytes).trimmed();
        if (bytes.contains('\0') || policy.contains(QChar(QChar::ReplacementCharacter)))
            return fail(ErrorKind::Usage, QStringLiteral("%1 is no text").arg(text.mid(1)));
        if (policy.isEmpty())
            return fail(ErrorKind::Usage, QStringLiteral("%1 is empty").arg(text.mid(1)),
                        QStringLiteral("the value of the Content-Security-Policy header"));
        return policy;
    });
}

QString toText(const PolicyResult &result)
{
    const QString policy = result.policy.isEmpty() ? result.connectSrc : result.policy;
    return policy + QLatin1Char('\n') + findingsToText(result.findings);
}

} // namespace

int runCspBuild(const Global &global, const CspOptions &options)
{
    const bool byName = std::any_of(options.backends.cbegin(), options.backends.cend(),
                                    [](const QString &name) { return !name.contains(QLatin1StringView("://")); });
    const bool ofWorkspace = options.backends.isEmpty() &&
                             (options.connect.isEmpty() || QFileInfo::exists(QStringLiteral("switchyard.toml")));
    std::optional<Workspace> workspace;
    if (byName || ofWorkspace || !global.workspace.isEmpty()) {
        workspace = readWorkspace(global);
        if (!workspace)
            return exitUsage;
    }
    PolicyRequest request;
    request.extra = options.connect;
    request.page = options.page;
    const Result<QList<PolicyBackend>> backends = options.backends.isEmpty() && workspace
                                                      ? Result<QList<PolicyBackend>>(migrating(*workspace))
                                                      : named(options.backends, workspace);
    if (!backends)
        return reportError(backends.error());
    request.backends = *backends;
    if (request.backends.isEmpty() && request.extra.isEmpty())
        return reportError({ErrorKind::Usage,
                            QStringLiteral("the workspace has no backend with a role and a URL"),
                            QStringLiteral("--backend NAME, or --backend https://HOST"),
                            {}});
    const Result<QString> existing = existingPolicy(options.existing);
    if (!existing)
        return reportError(existing.error());
    request.existing = *existing;
    const Result<PolicyResult> result = buildPolicy(request);
    if (!result)
        return reportError(result.error());
    if (global.json)
        printJson(policyToJson(*result));
    else
        printResult(toText(*result));
    return result->hasError() ? exitFail : exitPass;
}

} // namespace Switchyard::Cli
