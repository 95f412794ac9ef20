// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/dbinput.h"
#include "models/common/files.h"
#include "models/database/probes/reportjunit.h"
#include "models/database/probes/stages.h"
#include "models/database/strings/connectionforms.h"
#include "models/database/strings/connectionlint.h"
#include "models/platforms/platform.h"

#include <QElapsedTimer>
#include <QJsonArray>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// One database that is linted.
struct Subject
{
    DatabaseReport report;
    ConnectionString connection;
    std::optional<ConvertedConnection> converted;
};

Error usage(const QString &message, const QString &hint = {})
{
    return {ErrorKind::Usage, message, hint, {}};
}

Result<Secret> resolved(const QString &reference)
{
    return parseSecretReference(reference).and_then(&resolveSecret);
}

/// What the options say over what the workspace does.
void apply(const DbLintOptions &options, LintContext &context)
{
    if (!options.client.isEmpty())
        context.client = databaseClient(options.client).value_or(DatabaseClient::Unknown);
    if (!options.use.isEmpty())
        context.use = databaseUse(options.use).value_or(DatabaseUse::Unknown);
    for (const auto &[given, field] :
         {std::pair(&options.platform, &context.platform), std::pair(&options.region, &context.region),
          std::pair(&options.stage, &context.stage), std::pair(&options.plan, &context.plan)}) {
        if (!given->isEmpty())
            *field = *given;
    }
    for (const auto &[given, field] :
         {std::pair(options.workers, &context.pool.workers), std::pair(options.poolSize, &context.pool.size),
          std::pair(options.overflow, &context.pool.overflow), std::pair(options.instances, &context.pool.instances)}) {
        if (given)
            *field = *given;
    }
    if (options.limit)
        context.limit = options.limit;
    if (options.disk)
        context.persistentDisk = true;
}

Result<Subject> lintOne(const DbLintOptions &options, const ConnectionInput &input, const LintContext &context,
                        const PlatformCatalogue &catalogue)
{
    QElapsedTimer clock;
    clock.start();
    const Result<ConnectionString> connection = parseConnectionString(input);
    if (!connection)
        return tl::unexpected(connection.error());
    Subject subject;
    subject.connection = *connection;
    subject.report.kind = connection->kind;
    subject.report.target = connection->target();
    subject.report.findings = lintConnection(*connection, context, &catalogue);
    constexpr double nanoseconds = 1e6;
    subject.report.stages = {lintStage(subject.report.findings, double(clock.nsecsElapsed()) / nanoseconds)};
    if (!options.to.isEmpty()) {
        Result<ConvertedConnection> converted =
            convertConnection(*connection, *connectionForm(options.to), {options.hosts, options.txt});
        if (!converted)
            return tl::unexpected(converted.error());
        subject.converted = *std::move(converted);
    }
    return subject;
}

/// Of the argument, which may be a reference or a string without secret.
Result<Subject> lintArgument(const DbLintOptions &options, const PlatformCatalogue &catalogue)
{
    const Result<ConnectionInput> input = connectionInput(options.target, options.token);
    if (!input)
        return tl::unexpected(input.error());
    LintContext context;
    apply(options, context);
    Result<Subject> subject = lintOne(options, *input, context, catalogue);
    if (subject)
        subject->report.name = isSecretReference(options.target) ? options.target : subject->report.target;
    return subject;
}

Result<Subject> lintEndpoint(const DbLintOptions &options, const Backend &backend, const DatabaseEndpoint &database,
                             const PlatformCatalogue &catalogue)
{
    ConnectionInput input{database.url, {}, {}};
    for (const auto &[reference, token] : {std::pair(&database.url, false), std::pair(&database.token, true)}) {
        if (!isSecretReference(*reference))
            continue;
        const Result<Secret> secret = resolved(*reference);
        if (!secret)
            return tl::unexpected(secret.error());
        if (token)
            input.token = *secret;
        else
            input.text = secret->reveal();
    }
    LintContext context = lintContextOf(backend, database);
    apply(options, context);
    Result<Subject> subject = lintOne(options, input, context, catalogue);
    if (subject) {
        subject->report.name = database.name;
        subject->report.backend = backend.name;
    }
    return subject;
}

/// nothing: none could be read. `bad` is set where any could not.
std::optional<QList<Subject>> lintWorkspace(const Global &global, const DbLintOptions &options,
                                            const PlatformCatalogue &catalogue, bool *bad)
{
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return std::nullopt;
    if (!options.backend.isEmpty() && !workspace->backend(options.backend)) {
        reportError(usage(s("the workspace has no backend \"%1\"").arg(options.backend)));
        return std::nullopt;
    }
    QList<Subject> subjects;
    bool any = false;
    for (const Backend &backend : workspace->backends) {
        if (!options.backend.isEmpty() && backend.name != options.backend)
            continue;
        for (const DatabaseEndpoint &database : backend.databases) {
            any = true;
            const Result<Subject> subject = lintEndpoint(options, backend, database, catalogue);
            if (subject) {
                subjects.append(*subject);
                continue;
            }
            Error error = subject.error();
            error.message = s("database \"%1\" of \"%2\": %3").arg(database.name, backend.name, error.message);
            error.place = database.place;
            reportError(error);
            *bad = true;
        }
    }
    if (!any) {
        reportError(usage(s("no database is named, and the workspace has none"),
                          s("db lint env:DATABASE_URL, or [[backend.database]] in the workspace")));
        return std::nullopt;
    }
    return subjects;
}

QString withPlace(const Finding &finding)
{
    QString place =
        finding.place.file.isEmpty() ? QString() : s("%1:%2: ").arg(finding.place.file).arg(finding.place.line);
    if (finding.place.column > 0)
        place += s("column %1: ").arg(finding.place.column);
    return place;
}

QString asText(const QList<Subject> &subjects, bool withSecrets)
{
    QString text;
    QMap<Severity, int> counts;
    for (const Subject &subject : subjects) {
        const DatabaseReport &report = subject.report;
        const QString name = report.backend.isEmpty() ? report.name : s("%1 of %2").arg(report.name, report.backend);
        text += s("%1  %2  %3\n")
                    .arg(name == report.target ? databaseKindName(report.kind) : name, report.target,
                         stageStatusName(report.status()));
        for (const Finding &finding : report.findings) {
            ++counts[finding.severity];
            text += s("  %1%2: %3 [%4]\n")
                        .arg(withPlace(finding), severityName(finding.severity), finding.message, finding.rule);
            if (!finding.fix.isEmpty())
                text += s("      → %1\n").arg(finding.fix);
        }
        if (subject.converted) {
            text += withSecrets ? subject.converted->text.reveal() : subject.converted->masked;
            text += QLatin1Char('\n');
            for (const FormChange &change : subject.converted->changes)
                text += s("  %1 %2: %3\n").arg(formChangeName(change.what), change.name, change.reason);
        }
    }
    QStringList words;
    for (const Severity severity : {Severity::Error, Severity::Warning, Severity::Note}) {
        if (const int count = counts.value(severity); count > 0)
            words.append(s("%1 %2%3").arg(count).arg(severityName(severity), count == 1 ? QString() : s("s")));
    }
    return text + (words.isEmpty() ? s("nothing found") : words.join(s(", "))) + QLatin1Char('\n');
}

QJsonObject asJson(const QList<Subject> &subjects, bool withSecrets)
{
    QJsonArray databases;
    QJsonArray stages;
    QJsonArray findings;
    for (const Subject &subject : subjects) {
        QJsonObject database = databaseReportToJson(subject.report, connectionRules());
        database[s("conversion")] =
            subject.converted ? QJsonValue(convertedToJson(*subject.converted, withSecrets)) : QJsonValue();
        for (const auto &[name, all] : {std::pair(s("stages"), &stages), std::pair(s("findings"), &findings)}) {
            for (const QJsonValue each : database[name].toArray()) {
                QJsonObject named = each.toObject();
                named[s("database")] = subject.report.name;
                named[s("backend")] = database[s("backend")];
                all->append(named);
            }
        }
        databases.append(database);
    }
    return {{s("schema"), s("switchyard.db-lint/1")},
            {s("databases"), databases},
            {s("stages"), stages},
            {s("findings"), findings}};
}

int listRules(const Global &global)
{
    QString text;
    QJsonArray rules;
    for (const LintRule &rule : connectionRules()) {
        rules.append(QJsonObject{{s("id"), rule.id},
                                 {s("severity"), severityName(rule.severity)},
                                 {s("title"), rule.title},
                                 {s("reason"), rule.reason},
                                 {s("source"), rule.source}});
        text += s("%1  %2  %3\n    %4 (%5)\n")
                    .arg(rule.id, -32)
                    .arg(severityName(rule.severity), -7)
                    .arg(rule.title, rule.reason, rule.source);
    }
    if (global.json)
        printJson({{s("schema"), s("switchyard.db-rules/1")}, {s("rules"), rules}});
    else
        printResult(text);
    return exitPass;
}

Result<void> checkOptions(const DbLintOptions &options, const PlatformCatalogue &catalogue)
{
    const auto known = [](const char *option, const QString &value, const QStringList &names) -> Result<void> {
        if (value.isEmpty() || names.contains(value))
            return {};
        return fail(ErrorKind::Usage, s("%1 has no \"%2\"").arg(s(option), value), names.join(s(", ")));
    };
    return known("--for", options.client, databaseClientNames())
        .and_then([&] { return known("--use", options.use, databaseUseNames()); })
        .and_then([&] { return known("--platform", options.platform, catalogue.ids()); })
        .and_then([&] {
            return known("--stage", options.stage, {s("dev"), s("test"), s("production")});
        })
        .and_then([&] { return known("--to", options.to, connectionFormNames()); })
        .and_then([&]() -> Result<void> {
            if (!options.out.isEmpty() && options.to.isEmpty())
                return fail(ErrorKind::Usage, s("--out needs --to: what is written is the converted string"));
            if (!options.token.isEmpty() && !isSecretReference(options.token))
                return fail(ErrorKind::Usage, s("--token carries a secret on the command line"),
                            s("give it as env:NAME, file:PATH or keychain:SERVICE/KEY"));
            return {};
        });
}

/// The converted string alone, for a program to read: with its secrets, readable by the owner only.
Result<void> writeOut(const DbLintOptions &options, const QList<Subject> &subjects)
{
    QByteArray text;
    for (const Subject &subject : subjects)
        text += (options.withSecrets ? subject.converted->text.reveal() : subject.converted->masked).toUtf8() + '\n';
    return writeFileAtomically(options.out, text, options.withSecrets);
}

} // namespace

int runDbLint(const Global &global, const DbLintOptions &options)
{
    if (options.rules)
        return listRules(global);
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    if (const Result<void> checked = checkOptions(options, *catalogue); !checked)
        return reportError(checked.error());
    QList<Subject> subjects;
    bool bad = false;
    if (options.target.isEmpty()) {
        std::optional<QList<Subject>> all = lintWorkspace(global, options, *catalogue, &bad);
        if (!all)
            return exitUsage;
        subjects = *std::move(all);
    } else {
        const Result<Subject> subject = lintArgument(options, *catalogue);
        if (!subject)
            return reportError(subject.error());
        subjects.append(*subject);
    }
    if (!options.out.isEmpty()) {
        if (const Result<void> written = writeOut(options, subjects); !written)
            return reportError(written.error());
    }
    if (global.json)
        printJson(asJson(subjects, options.withSecrets));
    else if (!subjects.isEmpty())
        printResult(asText(subjects, options.withSecrets));
    if (!options.junit.isEmpty()) {
        QList<DatabaseReport> reports;
        for (const Subject &subject : std::as_const(subjects))
            reports.append(subject.report);
        const Result<void> written = writeFileAtomically(options.junit, databaseLintsToJunit(reports));
        if (!written)
            return reportError(written.error());
    }
    if (bad)
        return exitUsage;
    const bool found = std::any_of(subjects.cbegin(), subjects.cend(),
                                   [](const Subject &subject) { return subject.report.status() != StageStatus::Ok; });
    return found ? exitFail : exitPass;
}

} // namespace Switchyard::Cli
