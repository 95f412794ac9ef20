// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/scanjson.h"

#include <QJsonArray>

namespace Switchyard {

QJsonObject scanToJson(const ScanReport &report, const ScanOptions &options)
{
    QJsonArray findings;
    for (const ScanFinding &finding : report.findings)
        findings.append(QJsonObject{{QStringLiteral("file"), finding.file},
                                    {QStringLiteral("line"), finding.line},
                                    {QStringLiteral("column"), finding.column},
                                    {QStringLiteral("kind"), scanKindName(finding.kind)},
                                    {QStringLiteral("severity"), scanSeverityName(finding.severity)},
                                    {QStringLiteral("match"), finding.match},
                                    {QStringLiteral("suggestion"), finding.suggestion},
                                    {QStringLiteral("reason"), finding.reason},
                                    {QStringLiteral("platform"), finding.platform},
                                    {QStringLiteral("fingerprint"), finding.fingerprint},
                                    {QStringLiteral("replaceable"), finding.edit.has_value()}});
    QJsonArray skipped;
    for (const ScanSkipped &each : report.skipped)
        skipped.append(QJsonObject{{QStringLiteral("file"), each.file}, {QStringLiteral("reason"), each.reason}});
    return {{QStringLiteral("schema"), QStringLiteral("switchyard.scan/1")},
            {QStringLiteral("findings"), findings},
            {QStringLiteral("files"), report.files},
            {QStringLiteral("bytes"), report.bytes},
            {QStringLiteral("git"), report.git},
            {QStringLiteral("platform"), options.platform},
            {QStringLiteral("complete"), !report.incomplete()},
            {QStringLiteral("cancelled"), report.cancelled},
            {QStringLiteral("left_out"), QJsonObject{{QStringLiteral("docs"), report.docs},
                                                     {QStringLiteral("tests"), report.tests},
                                                     {QStringLiteral("locks"), report.locks},
                                                     {QStringLiteral("binary"), report.binary},
                                                     {QStringLiteral("symlinks"), report.symlinks},
                                                     {QStringLiteral("nested"), report.nested},
                                                     {QStringLiteral("workspaces"), report.workspaces},
                                                     {QStringLiteral("ignored"), report.ignored},
                                                     {QStringLiteral("too_large"), report.tooLarge},
                                                     {QStringLiteral("unreadable"), report.unreadable},
                                                     {QStringLiteral("baseline"), report.baselined},
                                                     {QStringLiteral("beyond_limit"), report.dropped}}},
            {QStringLiteral("skipped"), skipped},
            {QStringLiteral("notices"), QJsonArray::fromStringList(report.notices)}};
}

} // namespace Switchyard
