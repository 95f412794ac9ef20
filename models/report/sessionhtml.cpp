// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/report/sessionreport.h"

#include "models/common/duration.h"
#include "models/redeploy/timeline.h"

#include <QDateTime>

#include <algorithm>
#include <array>
#include <cmath>

namespace Switchyard {

namespace {

constexpr double plotLeft = 90;
constexpr double plotWidth = 860;
constexpr double bandTop = 66;
constexpr double bandHeight = 120;
constexpr double laneHeight = 18;

const QString style = QStringLiteral(R"(
:root { --fg:#1c1e21; --bg:#ffffff; --soft:#5c6166; --line:#d5d9dd; --panel:#f6f7f8;
  --pass:#007a5a; --fail:#b3261e; --warn:#9a6700; --need:#6741d9; --open:#2f7d5f; --notified:#b7860b; --lost:#c9cdd2; --conn:#5b8dd6; }
@media (prefers-color-scheme: dark) { :root { --fg:#e6e8ea; --bg:#16181b; --soft:#a3a9b0; --line:#363b41; --panel:#1e2125;
  --pass:#4cc38a; --fail:#ff8a80; --warn:#e2b340; --need:#b197fc; --open:#3f9d78; --notified:#c99a2e; --lost:#4a5058; --conn:#5b8dd6; } }
body { font: 14px/1.45 system-ui, sans-serif; color:var(--fg); background:var(--bg); max-width:980px; margin:24px auto; padding:0 16px; font-variant-numeric:tabular-nums; }
h1 { font-size:22px; margin:0 0 4px; } h2 { font-size:16px; margin:28px 0 8px; }
.pass { color:var(--pass); } .fail { color:var(--fail); } .unknown, .inconclusive { color:var(--warn); } .not-applicable, .soft { color:var(--soft); }
table { border-collapse:collapse; width:100%; } th, td { text-align:left; padding:5px 10px 5px 0; border-bottom:1px solid var(--line); vertical-align:top; }
th { color:var(--soft); font-weight:500; } td.id { white-space:nowrap; padding-right:24px; } .advice { margin-top:3px; } pre { background:var(--panel); padding:6px 10px; margin:4px 0; }
svg text { fill:var(--soft); font-size:11px; } svg .mark { stroke:var(--soft); stroke-dasharray:3 3; } .key span { margin-right:16px; } .key i { display:inline-block; width:10px; height:10px; margin-right:5px; }
)");

QString esc(const QString &text)
{
    return text.toHtmlEscaped();
}

QString num(double value)
{
    return QString::number(value, 'f', 1);
}

/// Draws the session over time: a stacked band of client states, a lane for each endpoint, the deploy's marks.
class Timeline
{
public:
    explicit Timeline(const SessionRecord &record)
        : m_record(record)
    {
        m_clients.take(record.events);
        for (const Event &event : record.events)
            m_endMs = std::max(m_endMs, double(event.us) / 1000);
    }

    QString svg() const
    {
        const double lanesTop = bandTop + bandHeight + 8;
        const qsizetype endpoints = m_record.header.endpoints.size();
        const bool newcomers = m_record.header.newcomersEveryMs > 0;
        const qsizetype above = endpoints + (newcomers ? 1 : 0);
        const QList<SessionDatabase> &databases = m_record.header.databases;
        const double height = lanesTop + laneHeight * double(above + databases.size()) + 30;
        QString out = QStringLiteral("<svg viewBox=\"0 0 960 %1\" role=\"img\" aria-label=\"timeline of the session\">")
                          .arg(num(height));
        out += bands();
        for (qsizetype i = 0; i < m_record.header.endpoints.size(); ++i)
            out += lane(m_record.header.endpoints[i], lanesTop + laneHeight * double(i));
        if (newcomers)
            out += newcomersLane(lanesTop + laneHeight * double(endpoints));
        for (qsizetype i = 0; i < databases.size(); ++i)
            out += databaseLane(databases[i], lanesTop + laneHeight * double(above + i));
        out += marks(height - 24);
        out += axis(height - 24);
        return out + QStringLiteral("</svg>");
    }

private:
    double x(double ms) const { return plotLeft + (m_endMs > 0 ? ms / m_endMs : 0) * plotWidth; }

    QString bands() const
    {
        const QList<ClientBand> &list = m_clients.bands();
        const int total = m_clients.clientCount();
        if (total == 0)
            return {};
        QString out = QStringLiteral("<text x=\"0\" y=\"%1\">clients</text><text x=\"0\" y=\"%2\">%3</text>")
                          .arg(num(bandTop + bandHeight / 2))
                          .arg(num(bandTop + bandHeight / 2 + 14))
                          .arg(total);
        struct Layer
        {
            int ClientBand::*count;
            const char *color;
        };
        const Layer layers[] = {{&ClientBand::open, "open"},
                                {&ClientBand::notified, "notified"},
                                {&ClientBand::connecting, "conn"},
                                {&ClientBand::lost, "lost"}};
        std::vector<double> base(std::size_t(list.size()), 0);
        for (const Layer &layer : layers) {
            QString path;
            for (qsizetype i = 0; i < list.size(); ++i) {
                const double share = double(list[i].*layer.count) / total;
                if (share <= 0)
                    continue;
                const double from = x(list[i].ms);
                const double to = x(i + 1 < list.size() ? list[i + 1].ms : m_endMs);
                const double top = bandTop + bandHeight * (1 - base[std::size_t(i)] - share);
                path +=
                    QStringLiteral("M%1 %2H%3V%4H%1Z").arg(num(from), num(top), num(to), num(top + bandHeight * share));
                base[std::size_t(i)] += share;
            }
            if (!path.isEmpty())
                out += QStringLiteral("<path fill=\"var(--%1)\" d=\"%2\"/>").arg(QLatin1StringView(layer.color), path);
        }
        return out;
    }

    QString lane(const SessionEndpoint &endpoint, double top) const
    {
        QString good;
        QString bad;
        const QString subject = endpoint.subject();
        for (const Event &event : m_record.events) {
            if (event.kind != EventKind::Probe || event.subject != subject)
                continue;
            const double width = std::max(1.0, endpoint.intervalMs / std::max(1.0, m_endMs) * plotWidth);
            (event.ok ? good : bad) +=
                QStringLiteral("M%1 %2h%3").arg(num(x(double(event.us) / 1000) - width), num(top + 9), num(width));
        }
        // The port's own name is in the heading.
        return lanePaths(endpoint.kind == QLatin1StringView("port") ? endpoint.kind : endpoint.path, top, good, bad);
    }

    QString newcomersLane(double top) const
    {
        QString good;
        QString bad;
        const double width = std::max(2.0, m_record.header.newcomersEveryMs / std::max(1.0, m_endMs) * plotWidth / 2);
        for (const Event &event : m_record.events) {
            if (event.kind == EventKind::Newcomer)
                (event.ok ? good : bad) +=
                    QStringLiteral("M%1 %2h%3").arg(num(x(double(event.us) / 1000) - width), num(top + 9), num(width));
        }
        return lanePaths(QStringLiteral("newcomers"), top, good, bad);
    }

    QString databaseLane(const SessionDatabase &database, double top) const
    {
        QString good;
        QString bad;
        const double width = std::max(2.0, database.intervalMs / std::max(1.0, m_endMs) * plotWidth);
        for (const Event &event : m_record.events) {
            if (event.kind == EventKind::Database && event.subject == database.subject())
                (event.ok ? good : bad) +=
                    QStringLiteral("M%1 %2h%3")
                        .arg(num(std::max(plotLeft, x(double(event.us) / 1000) - width)), num(top + 9), num(width));
        }
        return lanePaths(database.name, top, good, bad);
    }

    static QString lanePaths(const QString &name, double top, const QString &good, const QString &bad)
    {
        // State by position too: a good answer lies high, a bad one low and thick.
        return QStringLiteral("<text x=\"0\" y=\"%1\">%2</text>").arg(num(top + 13), esc(name)) +
               QStringLiteral(
                   "<path stroke=\"var(--pass)\" stroke-width=\"3\" transform=\"translate(0,-4)\" d=\"%1\"/>")
                   .arg(good) +
               QStringLiteral("<path stroke=\"var(--fail)\" stroke-width=\"6\" transform=\"translate(0,3)\" d=\"%1\"/>")
                   .arg(bad);
    }

    /// What the deploy's mark is called; empty for events that are none.
    static QString markLabel(const Event &event)
    {
        switch (event.kind) {
        case EventKind::SignalSent:
            return event.text;
        case EventKind::InstanceStarting:
            return QStringLiteral("start %1").arg(event.instance);
        case EventKind::InstanceHealthy:
            return QStringLiteral("healthy %1").arg(event.instance);
        case EventKind::TrafficSwitched:
            return QStringLiteral("switch");
        case EventKind::InstanceKilled:
            return QStringLiteral("SIGKILL");
        case EventKind::InstanceExited:
            return QStringLiteral("exit %1").arg(event.code);
        default:
            return {};
        }
    }

    QString marks(double bottom) const
    {
        // Marks of one moment stand below each other: each label takes the first row that is free where it begins.
        constexpr int rows = 5;
        constexpr double rowHeight = 12;
        constexpr double letter = 6.5;
        std::array<double, rows> freeFrom{};
        QString out;
        for (const Event &event : m_record.events) {
            const QString label = markLabel(event);
            if (label.isEmpty())
                continue;
            const double at = x(double(event.us) / 1000);
            std::size_t row = 0;
            while (row + 1 < rows && freeFrom[row] > at)
                ++row;
            freeFrom[row] = at + letter * double(label.size()) + 8;
            const double y = rowHeight * double(row + 1) - 2;
            out += QStringLiteral("<line class=\"mark\" x1=\"%1\" x2=\"%1\" y1=\"%2\" y2=\"%3\"/>")
                       .arg(num(at), num(y - 8), num(bottom));
            out += QStringLiteral("<text x=\"%1\" y=\"%2\">%3</text>").arg(num(at + 2), num(y), esc(label));
        }
        return out;
    }

    QString axis(double top) const
    {
        static constexpr double steps[] = {1, 2, 5, 10, 20, 30, 60, 120, 300, 600};
        double step = 600;
        for (const double candidate : steps) {
            if (m_endMs / 1000 / candidate <= 10) {
                step = candidate;
                break;
            }
        }
        QString out;
        for (double s = 0; s * 1000 <= m_endMs; s += step)
            out += QStringLiteral("<text x=\"%1\" y=\"%2\">%3 s</text>").arg(num(x(s * 1000)), num(top + 16)).arg(s);
        return out;
    }

    const SessionRecord &m_record;
    ClientTimeline m_clients;
    double m_endMs = 0;
};

QString gatesTable(const Verdict &verdict)
{
    QString out = QStringLiteral("<h2>Gates</h2><table><tr><th>Gate</th><th>Measured</th><th>Passes when</th></tr>");
    for (const Gate &gate : verdict.gates) {
        out += QStringLiteral("<tr><td class=\"%1 id\">%2 %3<br><span class=\"soft\">%4%5</span></td><td>%6")
                   .arg(gateStatusName(gate.status), gateMark(gate.status), esc(gate.id), gateStatusName(gate.status),
                        gate.advisory ? QStringLiteral(", advisory") : QString(), esc(gate.measured));
        if (!gate.advice.isEmpty())
            out += QStringLiteral("<div class=\"advice\">→ %1</div>").arg(esc(gate.advice));
        if (!gate.snippet.isEmpty())
            out += QStringLiteral("<pre>%1</pre>").arg(esc(gate.snippet));
        out += QStringLiteral("</td><td class=\"soft\">%1</td></tr>").arg(esc(gate.threshold));
    }
    return out + QStringLiteral("</table>");
}

QString closesTable(const Verdict &verdict)
{
    if (verdict.closes.isEmpty())
        return QStringLiteral("<h2>Close codes</h2><p class=\"soft\">No client lost its connection.</p>");
    QString out = QStringLiteral(
        "<h2>Close codes</h2><table><tr><th>How</th><th>Reason</th><th>Socket</th><th>Count</th><th>Allowed</th></tr>");
    for (const CloseCount &close : verdict.closes)
        out += QStringLiteral("<tr><td>%1</td><td>%2</td><td>%3</td><td>%4</td><td class=\"%5\">%6</td></tr>")
                   .arg(esc(closeLabel(close)), esc(close.reason), esc(close.socket), QString::number(close.count),
                        close.allowed ? QStringLiteral("pass") : QStringLiteral("fail"),
                        close.allowed ? QStringLiteral("✓ yes") : QStringLiteral("✕ no"));
    return out + QStringLiteral("</table>");
}

/// Reconnects a second, as bars; the highest is named.
QString reconnectCurve(const Insights &insights)
{
    if (insights.reconnects.isEmpty())
        return {};
    constexpr double width = 860;
    constexpr double height = 60;
    int highest = 1;
    for (const ReconnectBin &bin : insights.reconnects)
        highest = std::max(highest, bin.count);
    const double step = std::min(40.0, width / double(insights.reconnects.size()));
    QString out = QStringLiteral("<h2>Reconnects a second</h2><svg viewBox=\"0 0 960 90\" role=\"img\" "
                                 "aria-label=\"reconnects a second\">");
    for (qsizetype i = 0; i < insights.reconnects.size(); ++i) {
        const double tall = height * insights.reconnects[i].count / highest;
        out += QStringLiteral("<rect fill=\"var(--conn)\" x=\"%1\" y=\"%2\" width=\"%3\" height=\"%4\"/>")
                   .arg(num(double(i) * step), num(height - tall + 4), num(std::max(1.0, step - 2)), num(tall));
    }
    out += QStringLiteral("<text x=\"0\" y=\"80\">from %1 s, one bar a second</text></svg>")
               .arg(insights.reconnects.first().fromMs / 1000);
    return out + QStringLiteral("<p class=\"soft\">At most %1 within one second, from %2 on.</p>")
                     .arg(insights.peakPerSecond)
                     .arg(humanDuration(insights.peakAtMs));
}

QString insightsSection(const SessionRecord &record, const Insights &insights)
{
    QString out;
    if (!insights.notes.isEmpty())
        out += QStringLiteral("<h2>Notes</h2>");
    for (const SessionNote &note : insights.notes)
        out += QStringLiteral("<p class=\"unknown\">▲ %1</p>").arg(esc(note.text));
    out += reconnectCurve(insights);
    QString lines;
    for (const Silence &silence : insights.silences)
        lines +=
            QStringLiteral("<tr><td>%1</td><td>%2</td></tr>").arg(esc(silence.subject), humanDuration(silence.ms()));
    if (!lines.isEmpty())
        out += QStringLiteral("<h2>Longest silence</h2><table>%1</table>").arg(lines);
    if (record.header.newcomersEveryMs > 0 && insights.newcomers.tried > 0)
        out += QStringLiteral("<h2>Newcomers</h2><p>%1</p>").arg(esc(newcomersText(insights.newcomers)));
    QString databases;
    for (const DatabaseLane &lane : insights.databases)
        databases += QStringLiteral("<tr><td>%1</td><td>%2</td></tr>").arg(esc(lane.name), esc(lane.summary()));
    if (!databases.isEmpty())
        out += QStringLiteral("<h2>Databases</h2><table>%1</table>").arg(databases);
    if (insights.forecast.isEmpty())
        return out;
    out += QStringLiteral("<h2>Would the clients have come back?</h2>"
                          "<table><tr><th>Library</th><th>For the ends seen</th></tr>");
    for (const ForecastRow &row : insights.forecast)
        out += QStringLiteral("<tr><td>%1</td><td>%2</td></tr>").arg(esc(row.library), esc(forecastText(row)));
    return out + QStringLiteral("</table>");
}

QString figures(const Verdict &verdict)
{
    QString out = QStringLiteral(
        "<h2>Figures</h2><table><tr><th></th><th>Count</th><th>p50</th><th>p95</th><th>p99</th><th>Max</th></tr>");
    const auto row = [&out](const QString &name, const Percentiles &p) {
        if (p.count == 0)
            return;
        out += QStringLiteral("<tr><td>%1</td><td>%2</td><td>%3</td><td>%4</td><td>%5</td><td>%6</td></tr>")
                   .arg(name)
                   .arg(p.count)
                   .arg(humanDuration(p.p50), humanDuration(p.p95), humanDuration(p.p99), humanDuration(p.max));
    };
    row(QStringLiteral("Loss to open again"), verdict.reconnect);
    row(QStringLiteral("Notice to close"), verdict.noticeLead);
    row(QStringLiteral("Good health answers"), verdict.health);
    out += QStringLiteral("</table><table><tr><th>Socket</th><th>Clients</th><th>Lost</th><th>Back</th><th>Lost "
                          "twice</th><th>Gave up</th><th>Noticed</th></tr>");
    for (const ClientFigures &c : verdict.clients)
        out += QStringLiteral("<tr><td>%1</td><td>%2</td><td>%3</td><td>%4</td><td>%5</td><td>%6</td><td>%7</td></tr>")
                   .arg(esc(c.socket), QString::number(c.clients), QString::number(c.lost), QString::number(c.back),
                        QString::number(c.bounced), QString::number(c.gaveUp), QString::number(c.noticed));
    return out + QStringLiteral("</table>");
}

QString heading(const SessionRecord &record, const Verdict &verdict)
{
    const SessionHeader &header = record.header;
    const QString outcome = outcomeName(verdict.outcome);
    const QString when = QDateTime::fromMSecsSinceEpoch(header.startedWallMs, Qt::UTC)
                             .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss 'UTC'"));
    QString out =
        QStringLiteral("<h1 class=\"%1\">%2</h1><p>%3</p>").arg(outcome, outcome.toUpper(), esc(verdict.summary));
    if (!record.complete)
        out += QStringLiteral("<p class=\"unknown\">○ Partial: %1</p>").arg(esc(record.endReason));
    return out + QStringLiteral("<p class=\"soft\">%1 of %2 on %3 · driver %4 · %5 · %6</p>")
                     .arg(header.rehearsal ? QStringLiteral("Rehearsal") : QStringLiteral("Redeploy"),
                          esc(header.backend), esc(header.platform), esc(header.driver), when, esc(header.url));
}

} // namespace

QByteArray sessionToHtml(const SessionRecord &record, const Verdict &verdict)
{
    QString page = QStringLiteral("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                                  "<meta name=\"viewport\" content=\"width=device-width\">"
                                  "<title>%1: %2</title><style>%3</style></head><body>")
                       .arg(outcomeName(verdict.outcome).toUpper(), esc(record.header.backend), style);
    page += heading(record, verdict);
    page += Timeline(record).svg();
    page += QStringLiteral("<p class=\"key soft\"><span><i style=\"background:var(--open)\"></i>open</span>"
                           "<span><i style=\"background:var(--notified)\"></i>notified</span>"
                           "<span><i style=\"background:var(--conn)\"></i>connecting</span>"
                           "<span><i style=\"background:var(--lost)\"></i>lost</span></p>");
    page += gatesTable(verdict) + closesTable(verdict) + figures(verdict) + insightsSection(record, verdict.insights);
    page += QStringLiteral("<p class=\"soft\">%1, session %2</p></body></html>\n")
                .arg(esc(record.header.program), esc(record.header.id));
    return page.toUtf8();
}

} // namespace Switchyard
