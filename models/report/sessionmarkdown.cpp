// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/report/sessionreport.h"

#include "models/common/duration.h"

#include <QDateTime>

namespace Switchyard {

namespace {

/// Text of others inside a table: nothing of it may end the cell or begin markup.
QString cell(QString text)
{
    static const QString special = QStringLiteral("\\`*_{}[]<>#|~");
    QString out;
    for (const QChar c : std::as_const(text)) {
        if (c == QLatin1Char('\n') || c == QLatin1Char('\r')) {
            out += QLatin1Char(' ');
            continue;
        }
        if (special.contains(c))
            out += QLatin1Char('\\');
        out += c;
    }
    return out;
}

QString gates(const Verdict &verdict)
{
    QString out = QStringLiteral("## Gates\n\n| Gate | Status | Measured | Passes when |\n|---|---|---|---|\n");
    for (const Gate &gate : verdict.gates)
        out += QStringLiteral("| %1 | %2 %3%4 | %5 | %6 |\n")
                   .arg(gate.id, gateMark(gate.status), gateStatusName(gate.status),
                        gate.advisory ? QStringLiteral(" (advisory)") : QString(), cell(gate.measured),
                        cell(gate.threshold));
    bool heading = false;
    for (const Gate &gate : verdict.gates) {
        if (gate.advice.isEmpty())
            continue;
        if (!heading)
            out += QStringLiteral("\n## What to change\n");
        heading = true;
        out += QStringLiteral("\n- **%1**: %2\n").arg(gate.id, cell(gate.advice));
        if (!gate.snippet.isEmpty())
            out += QStringLiteral("  ```\n  %1\n  ```\n")
                       .arg(QString(gate.snippet).replace(QLatin1Char('\n'), QLatin1StringView("\n  ")));
    }
    return out;
}

QString closes(const Verdict &verdict)
{
    if (verdict.closes.isEmpty())
        return QStringLiteral("\n## Close codes\n\nNo client lost its connection.\n");
    QString out =
        QStringLiteral("\n## Close codes\n\n| Count | How | Reason | Socket | Allowed |\n|---:|---|---|---|---|\n");
    for (const CloseCount &close : verdict.closes)
        out += QStringLiteral("| %1 | %2 | %3 | %4 | %5 |\n")
                   .arg(close.count)
                   .arg(cell(closeLabel(close)), cell(close.reason), cell(close.socket),
                        close.allowed ? QStringLiteral("yes") : QStringLiteral("**no**"));
    return out;
}

QString figures(const SessionRecord &record, const Verdict &verdict)
{
    QString out =
        QStringLiteral("\n## Figures\n\n| | Count | p50 | p95 | p99 | Max |\n|---|---:|---:|---:|---:|---:|\n");
    const auto row = [&out](const QString &name, const Percentiles &p) {
        if (p.count > 0)
            out += QStringLiteral("| %1 | %2 | %3 | %4 | %5 | %6 |\n")
                       .arg(name)
                       .arg(p.count)
                       .arg(humanDuration(p.p50), humanDuration(p.p95), humanDuration(p.p99), humanDuration(p.max));
    };
    row(QStringLiteral("loss to open again"), verdict.reconnect);
    row(QStringLiteral("notice to close"), verdict.noticeLead);
    row(QStringLiteral("good health answers"), verdict.health);
    out += QStringLiteral("\n| Socket | Clients | Lost | Back | Lost twice | Gave up | Noticed |\n"
                          "|---|---:|---:|---:|---:|---:|---:|\n");
    for (const ClientFigures &c : verdict.clients)
        out += QStringLiteral("| %1 | %2 | %3 | %4 | %5 | %6 | %7 |\n")
                   .arg(cell(c.socket), QString::number(c.clients), QString::number(c.lost), QString::number(c.back),
                        QString::number(c.bounced), QString::number(c.gaveUp), QString::number(c.noticed));
    const Insights &insights = verdict.insights;
    out += QLatin1Char('\n');
    if (!insights.reconnects.isEmpty())
        out += QStringLiteral("- most reconnects in one second: %1, at %2\n")
                   .arg(insights.peakPerSecond)
                   .arg(humanDuration(insights.peakAtMs));
    for (const Silence &silence : insights.silences)
        out += QStringLiteral("- longest silence of %1: %2\n").arg(cell(silence.subject), humanDuration(silence.ms()));
    if (record.header.newcomersEveryMs > 0 && insights.newcomers.tried > 0)
        out += QStringLiteral("- newcomers: %1\n").arg(newcomersText(insights.newcomers));
    for (const DatabaseLane &lane : insights.databases)
        out += QStringLiteral("- database %1: %2\n").arg(cell(lane.name), cell(lane.summary()));
    return out;
}

QString insightsOf(const Insights &insights)
{
    QString out;
    if (!insights.notes.isEmpty())
        out += QStringLiteral("\n## Notes\n\n");
    for (const SessionNote &note : insights.notes)
        out += QStringLiteral("- %1\n").arg(cell(note.text));
    if (insights.forecast.isEmpty())
        return out;
    out += QStringLiteral("\n## Would the clients have come back?\n\n| Library | For the ends seen |\n|---|---|\n");
    for (const ForecastRow &row : insights.forecast)
        out += QStringLiteral("| %1 | %2 |\n").arg(cell(row.library), cell(forecastText(row)));
    return out;
}

} // namespace

QByteArray sessionToMarkdown(const SessionRecord &record, const Verdict &verdict)
{
    const SessionHeader &header = record.header;
    const QString when = QDateTime::fromMSecsSinceEpoch(header.startedWallMs, Qt::UTC)
                             .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss 'UTC'"));
    QString out = QStringLiteral("# %1: %2\n\n%3\n\n")
                      .arg(outcomeName(verdict.outcome).toUpper(), cell(header.backend), cell(verdict.summary));
    if (!record.complete)
        out += QStringLiteral("**Partial:** %1\n\n").arg(cell(record.endReason));
    out += QStringLiteral("%1 on %2, driver %3, %4, %5\n\n")
               .arg(header.rehearsal ? QStringLiteral("Rehearsal") : QStringLiteral("Redeploy"), cell(header.platform),
                    cell(header.driver), when, cell(header.url));
    out += gates(verdict) + closes(verdict) + figures(record, verdict) + insightsOf(verdict.insights);
    out += QStringLiteral("\n%1, session %2\n").arg(cell(header.program), cell(header.id));
    return out.toUtf8();
}

} // namespace Switchyard
