// SPDX-License-Identifier: GPL-3.0-or-later
// db access list, add, remove and status: the access list of an Atlas project.
#include "app/cli/commands.h"
#include "models/common/interrupt.h"
#include "models/common/secret.h"
#include "models/database/access/atlasclient.h"
#include "models/workspace/auditlog.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonArray>
#include <QThreadPool>
#include <QTimer>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// What no other kind of error is: the service said no.
int statusOf(const Error &error)
{
    const int status = reportError(error);
    if (error.kind == ErrorKind::Usage || error.kind == ErrorKind::Cancelled)
        return status;
    return error.kind == ErrorKind::Timeout ? exitInconclusive : exitFail;
}

Result<AtlasCredentials> credentialsOf(const DbAccessListOptions &options)
{
    if (options.auth.isEmpty() == options.apiKey.isEmpty())
        return fail(ErrorKind::Usage, s("one of --auth and --api-key is needed"),
                    s("--auth env:ATLAS_SERVICE_ACCOUNT with CLIENT_ID:SECRET, or --api-key env:ATLAS_API_KEY with "
                      "PUBLIC:PRIVATE"));
    const bool account = !options.auth.isEmpty();
    const QString &reference = account ? options.auth : options.apiKey;
    if (!isSecretReference(reference))
        return fail(ErrorKind::Usage,
                    s("%1 takes a reference, not the secret itself").arg(account ? s("--auth") : s("--api-key")),
                    s("everybody on this computer can read arguments: env:NAME, file:PATH, keychain:SERVICE/KEY or -"));
    const Result<Secret> secret = parseSecretReference(reference).and_then(&resolveSecret);
    if (!secret)
        return tl::unexpected(secret.error());
    return parseAtlasCredentials(*secret,
                                 account ? AtlasCredentials::Kind::ServiceAccount : AtlasCredentials::Kind::ApiKey);
}

/// The client on a thread of its own, and the event loop here for Ctrl-C.
class Caller final
{
public:
    Caller(const Global &global, const DbAccessListOptions &options, AtlasCredentials credentials)
        : m_credentials(std::move(credentials))
    {
        m_options.caFile = options.caFile;
        m_options.timeout = options.timeout;
        if (!options.apiUrl.isEmpty())
            m_options.baseUrl = options.apiUrl;
        m_options.cancelled = std::make_shared<std::atomic<bool>>(false);
        m_options.onWait = [&global](const QString &words) { progress(global, words); };
        QObject::connect(&m_interrupt, &Interrupt::interrupted, [this] { m_options.cancelled->store(true); });
        m_client = std::make_unique<AtlasClient>(m_credentials, m_options);
    }

    template <typename Work>
    auto run(Work work)
    {
        std::optional<std::invoke_result_t<Work, AtlasClient &>> result;
        QTimer::singleShot(0, &m_context, [&] {
            m_pool.start([&] {
                result = work(*m_client);
                QMetaObject::invokeMethod(&m_context, [] { QCoreApplication::quit(); });
            });
        });
        QCoreApplication::exec();
        m_pool.waitForDone();
        return *std::move(result);
    }

private:
    AtlasCredentials m_credentials;
    AtlasOptions m_options;
    Interrupt m_interrupt;
    QObject m_context;
    std::unique_ptr<AtlasClient> m_client;
    QThreadPool m_pool;
};

Result<QList<AccessEntry>> entriesOf(const DbAccessListOptions &options)
{
    if (options.entries.isEmpty())
        return fail(ErrorKind::Usage, s("no entry is named"), s("db access list shows what there is"));
    QList<AccessEntry> list;
    for (const QString &text : options.entries) {
        const Result<AccessEntry> entry = parseAccessEntry(text, options.comment);
        if (!entry)
            return tl::unexpected(entry.error());
        const bool twice = std::any_of(list.cbegin(), list.cend(),
                                       [&entry](const AccessEntry &other) { return other.isSame(*entry); });
        if (!twice)
            list.append(*entry);
    }
    return list;
}

/// The backend whose database it is. A workspace with a production backend wants to know, so that none is changed
/// unnamed.
Result<std::optional<Backend>> backendOf(const Global &global, const DbAccessListOptions &options)
{
    const bool has = !global.workspace.isEmpty() || QFileInfo::exists(s("switchyard.toml"));
    if (!has && options.backend.isEmpty())
        return std::optional<Backend>();
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return fail(ErrorKind::Usage, s("the workspace cannot be read, so whose access list it is cannot be told"));
    if (options.backend.isEmpty()) {
        for (const Backend &backend : workspace->backends) {
            if (backend.isProduction())
                return fail(ErrorKind::Usage,
                            s("the workspace has a production backend, and the access list may be its"),
                            s("--backend names the one whose database it is"));
        }
        return std::optional<Backend>();
    }
    const Backend *backend = workspace->backend(options.backend);
    if (!backend)
        return fail(ErrorKind::Usage, s("the workspace has no backend \"%1\"").arg(options.backend));
    if (backend->isProduction() && options.yes && options.unlock != backend->name)
        return fail(ErrorKind::Usage, s("%1 is a production backend and is only read").arg(backend->name),
                    s("--unlock %1 allows the change of its access list; without --yes it says what it would do")
                        .arg(backend->name));
    return std::optional<Backend>(*backend);
}

struct Change
{
    QString action; ///< "add", "remove"
    QString backend;
    QList<AccessEntry> entries;
    QList<bool> there; ///< whether it stands in the list already
    QList<Finding> after;
    bool done = false;
    std::optional<bool> active; ///< nothing: not waited for
};

QJsonObject toJson(const Change &change, const QString &group)
{
    QJsonArray entries, findings;
    for (qsizetype i = 0; i < change.entries.size(); ++i) {
        QJsonObject entry = accessEntryToJson(change.entries[i]);
        entry[s("was_there")] = change.there[i];
        entries.append(entry);
    }
    for (const Finding &finding : change.after)
        findings.append(QJsonObject{{s("rule"), finding.rule},
                                    {s("severity"), severityName(finding.severity)},
                                    {s("message"), finding.message}});
    return {{s("schema"), s("switchyard.db-access-change/1")},
            {s("action"), change.action},
            {s("group"), group},
            {s("backend"), change.backend.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(change.backend)},
            {s("entries"), entries},
            {s("findings_after"), findings},
            {s("done"), change.done},
            {s("active"), change.active ? QJsonValue(*change.active) : QJsonValue(QJsonValue::Null)}};
}

QString lineOf(const AccessEntry &entry)
{
    QString line = entry.value;
    if (!entry.comment.isEmpty())
        line += s("  %1").arg(entry.comment);
    if (entry.deleteAfter)
        line += s("  until %1").arg(entry.deleteAfter->toString(Qt::ISODate));
    return line;
}

/// The plan goes before the deed, so it is told on its own.
QString planText(const Change &change)
{
    const bool adds = change.action == s("add");
    QString text;
    for (qsizetype i = 0; i < change.entries.size(); ++i)
        text += s("%1 %2%3\n")
                    .arg(adds ? s("+") : s("-"), lineOf(change.entries[i]),
                         adds && change.there[i] ? s("  (is there: comment and date become these)") : QString());
    for (const Finding &finding : change.after)
        text += s("  then %1: %2\n").arg(severityName(finding.severity), finding.message);
    return text;
}

Result<void> audit(const Global &global, const DbAccessListOptions &options, const std::optional<Backend> &backend,
                   const Change &change, const QString &outcome)
{
    AuditEntry entry;
    entry.workspace = global.workspace.isEmpty() && backend ? s("switchyard.toml") : global.workspace;
    entry.backend = backend ? backend->name : QString();
    entry.stage = backend ? backend->stage : QString();
    QStringList values;
    for (const AccessEntry &each : change.entries)
        values.append(each.value);
    entry.action = s("db access %1 %2 at Atlas project %3").arg(change.action, values.join(u' '), options.group);
    entry.outcome = outcome;
    return AuditLog().append(entry);
}

Result<void> allowed(const DbAccessListOptions &options, const QList<AccessEntry> &list, const Change &change)
{
    const auto wide = [](const AccessEntry &entry) { return entry.range && entry.range->isEverything(); };
    if (std::none_of(change.entries.cbegin(), change.entries.cend(), wide))
        return {};
    if (!options.allowAnywhere)
        return fail(ErrorKind::Usage, s("0.0.0.0/0 and ::/0 let the whole Internet in"),
                    s("db access names narrower ways; --allow-anywhere takes the risk, for a prototype"));
    const auto narrow = [&wide](const AccessEntry &entry) { return !wide(entry); };
    if (std::any_of(list.cbegin(), list.cend(), narrow) ||
        std::any_of(change.entries.cbegin(), change.entries.cend(), narrow))
        return fail(ErrorKind::Usage,
                    s("0.0.0.0/0 and ::/0 are not put beside narrower entries, which they would cancel"),
                    s("as a fallback they keep nothing safe: leave them out, or remove the narrower entries first"));
    return {};
}

QList<AccessEntry> listAfter(const QList<AccessEntry> &list, const Change &change)
{
    QList<AccessEntry> after;
    for (const AccessEntry &entry : list) {
        const bool touched = std::any_of(change.entries.cbegin(), change.entries.cend(),
                                         [&entry](const AccessEntry &other) { return other.isSame(entry); });
        if (!touched)
            after.append(entry);
    }
    return change.action == s("add") ? after + change.entries : after;
}

/// Notes it, does it, waits, notes the outcome.
Result<void> carryOut(const Global &global, const DbAccessListOptions &options, Caller &caller,
                      const std::optional<Backend> &backend, Change *change)
{
    if (const Result<void> noted = audit(global, options, backend, *change, s("begun")); !noted)
        return noted;
    const bool adds = change->action == s("add");
    Result<void> done = caller.run([&](AtlasClient &client) -> Result<void> {
        if (adds)
            return client.add(options.group, change->entries);
        for (const AccessEntry &entry : change->entries) {
            if (const Result<void> removed = client.remove(options.group, entry.value); !removed)
                return removed;
        }
        return {};
    });
    const bool unsure = !done && (done.error().kind == ErrorKind::Cancelled || done.error().kind == ErrorKind::Timeout);
    const QString outcome = done     ? s("pass")
                            : unsure ? s("not known: %1").arg(done.error().message)
                                     : s("fail: %1").arg(done.error().message);
    const Result<void> noted = audit(global, options, backend, *change, outcome);
    if (!done) {
        if (unsure)
            return fail(done.error().kind, s("%1; whether it was done is not known").arg(done.error().message),
                        s("db access list shows it"));
        return done;
    }
    change->done = true;
    if (!noted)
        return noted;
    if (!adds || options.wait.count() == 0)
        return {};
    const Result<void> active = caller.run(
        [&](AtlasClient &client) { return client.waitActive(options.group, change->entries, options.wait); });
    change->active = active.has_value();
    return active;
}

int change(const Global &global, const DbAccessListOptions &options, const QString &action)
{
    Change change;
    change.action = action;
    const Result<QList<AccessEntry>> entries = entriesOf(options);
    if (!entries)
        return reportError(entries.error());
    change.entries = *entries;
    if (options.expires > longestAtlasExpiry)
        return reportError(
            {ErrorKind::Usage, s("--expires: Atlas keeps a temporary entry for a week at most"), {}, {}});
    for (AccessEntry &entry : change.entries) {
        if (options.expires.count() == 0)
            continue;
        if (entry.isSecurityGroup())
            return reportError({ErrorKind::Usage, s("a security group cannot be temporary"), {}, {}});
        entry.deleteAfter = QDateTime::currentDateTimeUtc().addMSecs(options.expires.count());
    }
    const Result<std::optional<Backend>> backend = backendOf(global, options);
    if (!backend)
        return reportError(backend.error());
    change.backend = *backend ? (*backend)->name : QString();
    const Result<AtlasCredentials> credentials = credentialsOf(options);
    if (!credentials)
        return reportError(credentials.error());
    Caller caller(global, options, *credentials);
    const Result<QList<AccessEntry>> list = caller.run([&](AtlasClient &client) { return client.list(options.group); });
    if (!list)
        return statusOf(list.error());
    for (AccessEntry &entry : change.entries) {
        const auto at = std::find_if(list->cbegin(), list->cend(),
                                     [&entry](const AccessEntry &other) { return other.isSame(entry); });
        change.there.append(at != list->cend());
        if (action == s("remove") && at == list->cend())
            return reportError({ErrorKind::Usage,
                                s("%1 is not in the list; nothing was removed").arg(entry.value),
                                s("db access list shows how entries are written there"),
                                {}});
        if (action == s("remove"))
            entry = *at;
    }
    if (action == s("add")) {
        if (const Result<void> good = allowed(options, *list, change); !good)
            return reportError(good.error());
    }
    AccessNeeds needs;
    needs.now = QDateTime::currentDateTimeUtc();
    change.after = judgeAccessList(listAfter(*list, change), needs);
    if (!global.json)
        printResult(planText(change));
    Result<void> done;
    if (options.yes)
        done = carryOut(global, options, caller, *backend, &change);
    if (global.json)
        printJson(toJson(change, options.group));
    else
        printResult(!options.yes         ? s("nothing was done: --yes does it\n")
                    : !change.done       ? QString()
                    : change.active      ? s("done%1\n").arg(*change.active ? s(", and ACTIVE") : QString())
                    : action == s("add") ? s("done; db access status tells when they are ACTIVE\n")
                                         : s("done; connections that are open may stay open for a while\n"));
    return done ? int(exitPass) : statusOf(done.error());
}

} // namespace

int runDbAccessList(const Global &global, const DbAccessListOptions &options)
{
    const Result<AtlasCredentials> credentials = credentialsOf(options);
    if (!credentials)
        return reportError(credentials.error());
    Caller caller(global, options, *credentials);
    const Result<QList<AccessEntry>> list = caller.run([&](AtlasClient &client) { return client.list(options.group); });
    if (!list)
        return statusOf(list.error());
    QJsonArray entries;
    QString text;
    for (const AccessEntry &entry : *list) {
        entries.append(accessEntryToJson(entry));
        text += lineOf(entry) + u'\n';
    }
    if (global.json)
        printJson(
            {{s("schema"), s("switchyard.db-access-list/1")}, {s("group"), options.group}, {s("entries"), entries}});
    else
        printResult(list->isEmpty() ? s("the list is empty: nobody is let in\n") : text);
    return exitPass;
}

int runDbAccessAdd(const Global &global, const DbAccessListOptions &options)
{
    return change(global, options, s("add"));
}

int runDbAccessRemove(const Global &global, const DbAccessListOptions &options)
{
    return change(global, options, s("remove"));
}

int runDbAccessStatus(const Global &global, const DbAccessListOptions &options)
{
    const Result<QList<AccessEntry>> entries = entriesOf(options);
    if (!entries)
        return reportError(entries.error());
    const Result<AtlasCredentials> credentials = credentialsOf(options);
    if (!credentials)
        return reportError(credentials.error());
    Caller caller(global, options, *credentials);
    if (options.wait.count() > 0) {
        const Result<void> active =
            caller.run([&](AtlasClient &client) { return client.waitActive(options.group, *entries, options.wait); });
        // Late or FAILED: which of them is what is told below.
        if (!active && active.error().kind != ErrorKind::Timeout && active.error().kind != ErrorKind::Refused)
            return statusOf(active.error());
    }
    QJsonArray array;
    QString text;
    int worst = exitPass;
    for (const AccessEntry &entry : *entries) {
        const Result<AtlasEntryStatus> status =
            caller.run([&](AtlasClient &client) { return client.status(options.group, entry.value); });
        if (!status)
            return statusOf(status.error());
        array.append(QJsonObject{{s("value"), entry.value}, {s("status"), atlasEntryStatusName(*status)}});
        text += s("%1  %2\n").arg(atlasEntryStatusName(*status), entry.value);
        if (*status == AtlasEntryStatus::Failed)
            worst = exitFail;
        else if (*status == AtlasEntryStatus::Pending && worst == exitPass)
            worst = exitInconclusive;
    }
    if (global.json)
        printJson(
            {{s("schema"), s("switchyard.db-access-status/1")}, {s("group"), options.group}, {s("entries"), array}});
    else
        printResult(text);
    return worst;
}

} // namespace Switchyard::Cli
