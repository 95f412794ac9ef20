// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/manifests/manifestset.h"

#include <QJsonArray>

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
    const ManifestSet set = readManifestSet(options.files);
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

} // namespace Switchyard::Cli
