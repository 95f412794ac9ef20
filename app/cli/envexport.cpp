// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/envcommon.h"
#include "models/common/files.h"
#include "models/environment/envsources.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QSet>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A path of the workspace, as short as it can be said from here.
QString beside(const QString &workspaceFile, const QString &path)
{
    const QDir folder(QFileInfo(workspaceFile).absolutePath());
    return folder == QDir::current() ? path : QDir::cleanPath(folder.absoluteFilePath(path));
}

Result<const Backend *> chosenBackend(const Workspace &workspace, const QString &name)
{
    QStringList names;
    for (const Backend &each : workspace.backends)
        names.append(each.name);
    const QString choice = s("name one of %1 with --backend").arg(names.join(s(", ")));
    const Backend *backend = !name.isEmpty()                  ? workspace.backend(name)
                             : workspace.backends.size() == 1 ? &workspace.backends.first()
                                                              : workspace.withRole(s("target"));
    if (!backend)
        return fail(ErrorKind::Usage,
                    name.isEmpty() ? s("the workspace has several backends")
                                   : s("the workspace has no backend %1").arg(name),
                    choice);
    return backend;
}

/// Files and manifest, from the options or from the workspace; nothing where an error was printed.
std::optional<EnvSources> sourcesOf(const Global &global, const EnvExportOptions &options, QString &application)
{
    EnvSources sources;
    sources.files = options.from;
    sources.manifest = options.manifest;
    sources.service = options.service;
    const auto complain = [](const QString &message, const QString &hint) {
        reportError({ErrorKind::Usage, message, hint, {}});
        return std::nullopt;
    };
    const Result<EnvDialect> dialect = dialectAsked(options.readAs);
    if (!dialect) {
        reportError(dialect.error());
        return std::nullopt;
    }
    sources.readAs = *dialect;
    if (!sources.files.isEmpty() || !sources.manifest.isEmpty()) {
        if (!options.backend.isEmpty())
            return complain(s("--backend does not go with --from or --manifest"),
                            s("the workspace's backend has its own files; leave one of them out"));
        return sources;
    }
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return std::nullopt;
    const Result<const Backend *> backend = chosenBackend(*workspace, options.backend);
    if (!backend) {
        reportError(backend.error());
        return std::nullopt;
    }
    for (const QString &file : (*backend)->env)
        sources.files.append(beside(workspace->file, file));
    if (!(*backend)->manifest.isEmpty())
        sources.manifest = beside(workspace->file, (*backend)->manifest);
    if (sources.service.isEmpty())
        sources.service = (*backend)->service;
    if (application.isEmpty())
        application = (*backend)->name;
    if (sources.files.isEmpty() && sources.manifest.isEmpty())
        return complain(s("the backend %1 names neither a manifest nor env files").arg((*backend)->name),
                        s("add env = [\".env\"] to it, or give --from FILE"));
    return sources;
}

/// A name that Kubernetes takes for an object: RFC 1123, small letters.
QString objectName(const QString &text)
{
    QString name;
    for (const QChar c : text.toLower())
        name += (c >= QLatin1Char('a') && c <= QLatin1Char('z')) || c.isDigit() ? c : QLatin1Char('-');
    while (name.startsWith(QLatin1Char('-')))
        name.remove(0, 1);
    while (name.endsWith(QLatin1Char('-')))
        name.chop(1);
    return name.isEmpty() ? s("app") : name.left(200);
}

QString originText(const EnvOrigin &origin)
{
    QString text = origin.places.last().toString();
    if (origin.places.size() > 1) {
        QStringList others;
        for (qsizetype i = origin.places.size() - 1; i-- > 0;)
            others.append(origin.places[i].toString());
        text += s(", before %1").arg(others.join(s(", ")));
    }
    return text;
}

void report(const Global &global, const EnvironmentSet &set, const EnvExport &exported, const QString &file)
{
    tellFindings(global, set.findings);
    const QSet<QString> written(exported.written.cbegin(), exported.written.cend());
    for (const EnvOrigin &origin : set.origins) {
        if (written.contains(origin.name))
            progress(global, s("%1: from %2").arg(origin.name, originText(origin)));
    }
    for (const ExportOmission &each : exported.leftOut)
        progress(global, s("%1: not written: %2 (%3)").arg(each.name, each.reason, each.place.toString()));
    for (const ExportRefusal &each : exported.refused)
        reportError({ErrorKind::Usage, s("%1 cannot go there: %2").arg(each.name, each.reason), each.hint, each.place});
    if (exported.text.isEmpty() && !exported.refused.isEmpty()) {
        progress(global, s("Nothing was written. --skip-refused writes the rest."));
        return;
    }
    for (const QString &note : exported.notes)
        progress(global, note);
    const bool secrets = std::any_of(exported.leftOut.cbegin(), exported.leftOut.cend(),
                                     [](const ExportOmission &each) { return each.reason.startsWith(s("a secret")); });
    if (secrets)
        progress(global, s("Secrets were left out. --with-secrets writes them too."));
    if (!file.isEmpty())
        progress(global, s("%1 variables written to %2%3")
                             .arg(exported.written.size())
                             .arg(file, exported.privateFile ? s(", mode 0600") : QString()));
}

QJsonObject placeJson(const Place &place)
{
    return {{s("file"), place.file}, {s("line"), place.line}, {s("column"), place.column}};
}

QJsonObject toJson(const EnvironmentSet &set, const EnvExport &exported, const QString &file)
{
    QMap<QString, bool> secret;
    for (const EnvEntry &entry : set.entries)
        secret.insert(entry.name, entry.secret);
    QMap<QString, QJsonArray> places;
    for (const EnvOrigin &origin : set.origins) {
        QJsonArray list;
        for (const Place &place : origin.places)
            list.append(placeJson(place));
        places.insert(origin.name, list);
    }
    QJsonArray written;
    for (const QString &name : exported.written)
        written.append(
            QJsonObject{{s("name"), name}, {s("secret"), secret.value(name)}, {s("from"), places.value(name)}});
    QJsonArray leftOut;
    for (const ExportOmission &each : exported.leftOut)
        leftOut.append(QJsonObject{{s("name"), each.name},
                                   {s("secret"), secret.value(each.name)},
                                   {s("reason"), each.reason},
                                   {s("from"), places.value(each.name)}});
    QJsonArray refused;
    for (const ExportRefusal &each : exported.refused)
        refused.append(QJsonObject{{s("name"), each.name},
                                   {s("reason"), each.reason},
                                   {s("hint"), each.hint},
                                   {s("from"), places.value(each.name)}});
    QJsonArray findings;
    for (const EnvFinding &each : set.findings) {
        QJsonObject finding = placeJson(each.place);
        finding.insert(s("kind"), envFindingKindName(each.kind));
        finding.insert(s("name"), each.name);
        finding.insert(s("message"), each.message);
        finding.insert(s("hint"), each.hint);
        findings.append(finding);
    }
    QJsonObject object{{s("schema"), s("switchyard.env-export/1")},
                       {s("to"), exportTargetId(exported.target)},
                       {s("file"), file.isEmpty() ? QJsonValue() : QJsonValue(file)},
                       {s("private"), exported.privateFile},
                       {s("written"), written},
                       {s("left_out"), leftOut},
                       {s("refused"), refused},
                       {s("findings"), findings},
                       {s("notes"), QJsonArray::fromStringList(exported.notes)}};
    if (file.isEmpty())
        object.insert(s("text"), QString::fromUtf8(exported.text));
    return object;
}

} // namespace

int runEnvExport(const Global &global, const EnvExportOptions &options)
{
    const std::optional<ExportTarget> target = exportTarget(options.to);
    if (!target) {
        QStringList ids;
        for (const ExportTarget each : allExportTargets())
            ids.append(exportTargetId(each));
        return reportError(
            {ErrorKind::Usage, s("--to knows no %1").arg(options.to), s("one of %1").arg(ids.join(s(", "))), {}});
    }
    QString application = options.application;
    const std::optional<EnvSources> sources = sourcesOf(global, options, application);
    if (!sources)
        return exitUsage;
    const Result<EnvironmentSet> set = gatherEnvironment(*sources);
    if (!set)
        return reportError(set.error());
    ExportOptions writing;
    writing.withSecrets = options.withSecrets;
    writing.skipRefused = options.skipRefused;
    writing.application = objectName(application);
    const Result<EnvExport> exported = exportEnvironment(set->entries, *target, writing);
    if (!exported)
        return reportError(exported.error());
    const bool complete = exported->refused.isEmpty();
    const bool writes = complete || options.skipRefused;
    const QString file = options.out == s("-") ? QString() : options.out;
    if (writes && !file.isEmpty()) {
        if (const Result<void> written = writeFileAtomically(file, exported->text, exported->privateFile); !written)
            return reportError(written.error());
    }
    if (global.json) {
        printJson(toJson(*set, *exported, writes ? file : QString()));
    } else {
        if (writes && file.isEmpty())
            printResult(QString::fromUtf8(exported->text));
        report(global, *set, *exported, file);
    }
    return complete ? exitPass : exitFail;
}

} // namespace Switchyard::Cli
