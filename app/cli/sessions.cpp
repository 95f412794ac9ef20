// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/common/duration.h"
#include "models/redeploy/compare.h"
#include "models/redeploy/journal.h"
#include "models/redeploy/sessionlist.h"
#include "models/report/comparisonreport.h"
#include "models/report/sessionreport.h"

#include <QDateTime>
#include <QFileInfo>
#include <QJsonArray>

namespace Switchyard::Cli {

namespace {

QString folderOf(const SessionQuery &query)
{
    return query.sessions.isEmpty() ? sessionsFolder() : query.sessions;
}

Result<SessionRecord> opened(const SessionQuery &query, const QString &name)
{
    return findSession(folderOf(query), name).and_then([](const QString &path) { return readJournal(path); });
}

QString whenText(qint64 wallMs)
{
    return QDateTime::fromMSecsSinceEpoch(wallMs).toString(QStringLiteral("yyyy-MM-dd HH:mm"));
}

QString lineOf(const SessionSummary &session)
{
    QString verdict = session.verdict.toUpper();
    if (!session.ended)
        verdict += QStringLiteral(" (cut)");
    else if (!session.complete)
        verdict += QStringLiteral(" (partial)");
    return QStringLiteral("%1  %2  %3  %4  %5  %6")
        .arg(session.id, -20)
        .arg(whenText(session.startedWallMs), session.backend)
        .arg(session.driver, -16)
        .arg(verdict, -12)
        .arg(session.summary);
}

} // namespace

int runSessionShow(const Global &global, const SessionQuery &query)
{
    for (const QString &report : query.reports) {
        if (const Result<void> known = checkReportPath(report); !known)
            return reportError(known.error());
    }
    const Result<SessionRecord> record = opened(query, query.first);
    if (!record)
        return reportError(record.error());
    const Verdict verdict = judge(*record);
    for (const QString &report : query.reports) {
        if (const Result<void> written = writeSessionReport(report, *record, verdict); !written)
            return reportError(written.error());
    }
    if (global.json)
        printJson(sessionToJson(*record, verdict));
    else
        printResult(sessionToText(*record, verdict, global.color()));
    return verdict.outcome == Outcome::Pass ? exitPass : verdict.outcome == Outcome::Fail ? exitFail : exitInconclusive;
}

int runSessionList(const Global &global, const SessionQuery &query)
{
    const QString folder = folderOf(query);
    if (!query.sessions.isEmpty() && !QFileInfo(folder).isDir())
        return reportError({ErrorKind::Usage, QStringLiteral("there is no folder %1").arg(folder), {}, {}});
    QList<SessionSummary> sessions = listSessions(folder);
    if (!query.backend.isEmpty())
        sessions.removeIf([&query](const SessionSummary &session) { return session.backend != query.backend; });
    const qsizetype all = sessions.size();
    if (query.limit > 0 && all > query.limit)
        sessions.resize(query.limit);
    if (global.json) {
        QJsonArray list;
        for (const SessionSummary &session : sessions)
            list.append(QJsonObject{{QStringLiteral("id"), session.id},
                                    {QStringLiteral("folder"), session.folder},
                                    {QStringLiteral("started_wall_ms"), session.startedWallMs},
                                    {QStringLiteral("workspace"), session.workspace},
                                    {QStringLiteral("backend"), session.backend},
                                    {QStringLiteral("platform"), session.platform},
                                    {QStringLiteral("driver"), session.driver},
                                    {QStringLiteral("rehearsal"), session.rehearsal},
                                    {QStringLiteral("ended"), session.ended},
                                    {QStringLiteral("complete"), session.complete},
                                    {QStringLiteral("verdict"), session.verdict},
                                    {QStringLiteral("summary"), session.summary},
                                    {QStringLiteral("length_ms"), session.lengthMs}});
        printJson({{QStringLiteral("schema"), QStringLiteral("switchyard.session-list/1")},
                   {QStringLiteral("folder"), folder},
                   {QStringLiteral("total"), all},
                   {QStringLiteral("sessions"), list}});
        return exitPass;
    }
    QString text;
    for (const SessionSummary &session : std::as_const(sessions))
        text += lineOf(session) + QLatin1Char('\n');
    if (sessions.isEmpty())
        text = QStringLiteral("no sessions in %1\n").arg(folder);
    else if (sessions.size() < all)
        text += QStringLiteral("%1 older ones; --limit 0 shows all\n").arg(all - sessions.size());
    printResult(text);
    return exitPass;
}

int runSessionCompare(const Global &global, const SessionQuery &query)
{
    // One name: against the one before it.
    const Result<SessionRecord> after = opened(query, query.second.isEmpty() ? query.first : query.second);
    if (!after)
        return reportError(after.error());
    QString earlier = query.first;
    if (query.second.isEmpty()) {
        earlier = previousSession(folderOf(query), after->header);
        if (earlier.isEmpty())
            return reportError({ErrorKind::Usage,
                                QStringLiteral("there is no earlier session of %1 with the driver %2")
                                    .arg(after->header.backend, after->header.driver),
                                QStringLiteral("name both: session compare EARLIER LATER"),
                                {}});
    }
    const Result<SessionRecord> before = opened(query, earlier);
    if (!before)
        return reportError(before.error());
    const SessionComparison comparison = compareSessions(*before, judge(*before), *after, judge(*after));
    if (global.json)
        printJson(comparisonToJson(before->header, after->header, comparison));
    else
        printResult(comparisonToText(before->header, after->header, comparison));
    switch (comparison.change) {
    case Change::Worse:
        return exitFail;
    case Change::NotComparable:
        return exitInconclusive;
    default:
        return exitPass;
    }
}

} // namespace Switchyard::Cli
