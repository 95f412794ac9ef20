// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/common/files.h"
#include "models/common/fileset.h"
#include "models/manifests/convert.h"
#include "models/manifests/manifestset.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QJsonObject findingToJson(const Finding &finding)
{
    const auto rule = std::find_if(lintRules().cbegin(), lintRules().cend(),
                                   [&](const LintRule &each) { return each.id == finding.rule; });
    return {{QStringLiteral("file"), finding.place.file},
            {QStringLiteral("line"), finding.place.line},
            {QStringLiteral("column"), finding.place.column},
            {QStringLiteral("rule"), finding.rule},
            {QStringLiteral("severity"), severityName(finding.severity)},
            {QStringLiteral("message"), finding.message},
            {QStringLiteral("fix"), finding.fix},
            {QStringLiteral("reason"), rule == lintRules().cend() ? QString() : rule->reason},
            {QStringLiteral("source"), rule == lintRules().cend() ? QString() : rule->source}};
}

int listRules(const Global &global)
{
    if (global.json) {
        QJsonArray rules;
        for (const LintRule &rule : lintRules())
            rules.append(QJsonObject{{QStringLiteral("id"), rule.id},
                                     {QStringLiteral("severity"), severityName(rule.severity)},
                                     {QStringLiteral("title"), rule.title},
                                     {QStringLiteral("reason"), rule.reason},
                                     {QStringLiteral("source"), rule.source}});
        printJson({{QStringLiteral("schema"), QStringLiteral("switchyard.manifest-rules/1")},
                   {QStringLiteral("rules"), rules}});
        return exitPass;
    }
    QString text;
    for (const LintRule &rule : lintRules())
        text += QStringLiteral("%1  %2  %3\n    %4 (%5)\n")
                    .arg(rule.id, -34)
                    .arg(severityName(rule.severity), -7)
                    .arg(rule.title, rule.reason, rule.source);
    printResult(text);
    return exitPass;
}

QString asText(const QList<Finding> &findings, qsizetype files)
{
    QString text;
    QMap<Severity, int> counts;
    for (const Finding &finding : findings) {
        ++counts[finding.severity];
        text += QStringLiteral("%1: %2: %3 [%4]\n")
                    .arg(finding.place.toString(), severityName(finding.severity), finding.message, finding.rule);
        if (!finding.fix.isEmpty())
            text += QStringLiteral("    → %1\n").arg(finding.fix);
    }
    if (findings.isEmpty())
        return QStringLiteral("Nothing found in %1.\n")
            .arg(files == 1 ? QStringLiteral("1 file") : QStringLiteral("%1 files").arg(files));
    QStringList words;
    for (const Severity severity : {Severity::Error, Severity::Warning, Severity::Note}) {
        if (const int count = counts.value(severity); count > 0)
            words.append(QStringLiteral("%1 %2%3").arg(count).arg(severityName(severity),
                                                                  count == 1 ? QString() : QStringLiteral("s")));
    }
    return text + words.join(QStringLiteral(", ")) + QLatin1Char('\n');
}

} // namespace

int runManifestLint(const Global &global, const ManifestOptions &options)
{
    if (options.rules)
        return listRules(global);
    if (options.files.isEmpty())
        return reportError({ErrorKind::Usage,
                            QStringLiteral("no manifest is named"),
                            QStringLiteral("manifest lint render.yaml Dockerfile; --rules lists what is looked for"),
                            {}});
    const ManifestSet set = readManifestSetForLint(options.files);
    for (const Error &problem : set.problems)
        reportError(problem);
    const QList<Finding> findings = lintManifests(set.subjects);
    if (global.json) {
        QJsonArray list;
        for (const Finding &finding : findings)
            list.append(findingToJson(finding));
        QJsonArray files;
        for (const LintSubject &subject : set.subjects)
            files.append(QJsonObject{{QStringLiteral("file"), subject.manifest.file},
                                     {QStringLiteral("format"), manifestFormatName(subject.manifest.format)}});
        printJson({{QStringLiteral("schema"), QStringLiteral("switchyard.manifest-lint/1")},
                   {QStringLiteral("files"), files},
                   {QStringLiteral("findings"), list}});
    } else if (!set.subjects.isEmpty()) {
        printResult(asText(findings, set.subjects.size()));
    }
    if (!set.problems.isEmpty())
        return exitUsage;
    // Notes are worth knowing and nothing to mend.
    return std::any_of(findings.cbegin(), findings.cend(),
                       [](const Finding &finding) { return finding.severity != Severity::Note; })
               ? exitFail
               : exitPass;
}

namespace {

const auto lossFile = QStringLiteral("loss.json");

Error usage(const QString &message, const QString &hint)
{
    return {ErrorKind::Usage, message, hint, {}};
}

/// Files of the folder that an earlier conversion wrote.
QStringList writtenBefore(const QDir &folder)
{
    const Result<QByteArray> text = readFile(folder.filePath(lossFile), 64 << 20);
    QStringList files;
    if (!text)
        return files;
    const QJsonObject report = QJsonDocument::fromJson(*text).object();
    if (!report[QStringLiteral("schema")].toString().startsWith(QLatin1StringView("switchyard.manifest-convert/")))
        return files;
    for (const QJsonValue file : report[QStringLiteral("files")].toArray())
        files.append(file.toString());
    files.append(lossFile);
    return files;
}

/// Why a set may not be written here: it would take away a source, or a file that somebody else wrote.
std::optional<Error> objection(const QDir &folder, const QList<WrittenFile> &files, const ManifestOptions &options)
{
    QStringList sources;
    for (const QString &source : options.files)
        sources.append(QFileInfo(source).canonicalFilePath());
    const QStringList before = writtenBefore(folder);
    for (const WrittenFile &file : files) {
        const QFileInfo there(folder.filePath(file.path));
        if (!there.exists() || there.isDir())
            continue;
        if (sources.contains(there.canonicalFilePath()))
            return usage(QStringLiteral("%1 is one of the sources").arg(there.filePath()),
                         QStringLiteral("choose another folder with --out"));
        QFile old(there.filePath());
        const bool same = old.size() == file.text.size() && old.open(QIODevice::ReadOnly) && old.readAll() == file.text;
        if (!same && !before.contains(file.path) && !options.force)
            return usage(QStringLiteral("%1 is there already, and no conversion wrote it").arg(there.filePath()),
                         QStringLiteral("choose another folder, or replace it with --force"));
    }
    return std::nullopt;
}

QString lossText(const Conversion &conversion)
{
    QString text;
    for (const KeyOutcome outcome : {KeyOutcome::NotTranslated, KeyOutcome::Rewritten}) {
        for (const KeyFate &fate : conversion.loss) {
            if (fate.outcome != outcome)
                continue;
            text += QStringLiteral("%1: %2: %3").arg(fate.place.toString(), keyOutcomeName(outcome), fate.key);
            if (!fate.target.isEmpty())
                text += QStringLiteral(" → ") + fate.target;
            text += QStringLiteral("\n    %1\n").arg(fate.reason);
        }
    }
    for (const AddedKey &added : conversion.written.added)
        text += QStringLiteral("added: %1 = %2\n    %3\n").arg(added.key, added.value, added.reason);
    return text;
}

QString summary(const Conversion &conversion, const QDir &folder)
{
    QStringList counts;
    for (const KeyOutcome outcome :
         {KeyOutcome::Mapped, KeyOutcome::Defaulted, KeyOutcome::Rewritten, KeyOutcome::NotTranslated})
        counts.append(QStringLiteral("%1 %2").arg(conversion.count(outcome)).arg(keyOutcomeName(outcome)));
    QStringList files;
    for (const WrittenFile &file : conversion.written.files)
        files.append(folder.filePath(file.path));
    return QStringLiteral("%1 keys: %2\nwritten: %3, %4\n")
        .arg(conversion.loss.size())
        .arg(counts.join(QStringLiteral(", ")), files.join(QStringLiteral(", ")), folder.filePath(lossFile));
}

std::optional<Error> badOptions(const ManifestOptions &options)
{
    if (options.files.isEmpty())
        return usage(QStringLiteral("no manifest is named"),
                     QStringLiteral("manifest convert render.yaml Dockerfile --to fly --out fly"));
    if (!convertTargetNamed(options.to))
        return usage(options.to.isEmpty() ? QStringLiteral("the target is missing")
                                          : QStringLiteral("the target \"%1\" is not known").arg(options.to),
                     QStringLiteral("--to render, fly, compose or vercel"));
    if (options.out.isEmpty())
        return usage(QStringLiteral("the target's folder is missing"), QStringLiteral("--out DIR"));
    return std::nullopt;
}

} // namespace

int runManifestConvert(const Global &global, const ManifestOptions &options)
{
    if (const std::optional<Error> bad = badOptions(options))
        return reportError(*bad);
    const ConvertTarget target = *convertTargetNamed(options.to);
    const ManifestSet set = readManifestSet(options.files);
    for (const Error &problem : set.problems)
        reportError(problem);
    // Half of the sources would give half of a product, and a loss report that does not know it.
    if (!set.problems.isEmpty())
        return exitUsage;
    const Conversion conversion = convertManifests(set.subjects, target);
    for (const Error &problem : conversion.problems)
        reportError(problem);
    const bool nothing = conversion.written.files.isEmpty();
    if (!nothing) {
        for (const QString &note : conversion.notes)
            progress(global, note);
    }
    const QDir folder(options.out);
    const QByteArray report = lossReport(conversion, target);
    if (!conversion.described)
        return reportError(usage(conversion.notes.join(QStringLiteral("; ")),
                                 QStringLiteral("name a manifest that describes a service")));
    QList<WrittenFile> files = conversion.written.files;
    files.append({lossFile, report});
    if (const std::optional<Error> objected = objection(folder, files, options))
        return reportError(*objected);
    if (const Result<void> written = writeFileSet(options.out, files); !written)
        return reportError(written.error());
    if (global.json)
        printResult(QString::fromUtf8(report));
    else
        printResult(lossText(conversion) + (nothing ? QString() : summary(conversion, folder)));
    if (nothing) {
        reportError(
            usage(conversion.notes.join(QStringLiteral("; ")), QStringLiteral("loss.json says of each key why")));
        return exitFail;
    }
    return options.strict && conversion.count(KeyOutcome::NotTranslated) > 0 ? exitFail : exitPass;
}

} // namespace Switchyard::Cli
