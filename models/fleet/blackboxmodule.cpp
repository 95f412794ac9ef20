// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/duration.h"
#include "models/common/yamltext.h"
#include "models/fleet/fleetparts.h"

#include <QRegularExpression>
#include <QSet>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

using Outcome = FleetLoss::Outcome;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// What the regular expressions of Go (RE2) do not know: an exporter refuses its whole configuration for one of them.
bool isGoPattern(const QString &pattern)
{
    static const QRegularExpression foreign(
        s(R"(\(\?(?:[=!>|#&+\-0-9R(]|<[=!]|<[A-Za-z_]|'|P[>=])|\\[1-9]|\\[gkGKRXhHVN]|[*+?}]\+|\(\*[A-Z]|\[\[?[.=])"));
    static const QRegularExpression manyTimes(s(R"(\{(\d+)(?:,(\d*))?\})"));
    if (foreign.match(pattern).hasMatch())
        return false;
    auto counts = manyTimes.globalMatch(pattern);
    while (counts.hasNext()) {
        const QRegularExpressionMatch count = counts.next();
        if (count.captured(1).toInt() > 1000 || count.captured(2).toInt() > 1000)
            return false;
    }
    return true;
}

/// Every status that "2xx", "200-299" or "200,204" means.
QList<int> statusList(const QString &expectation)
{
    QSet<int> all;
    const QString text = expectation.isEmpty() ? s("2xx") : expectation;
    for (const QString &part : text.split(QLatin1Char(','))) {
        const QString one = part.trimmed();
        int from = one.left(3).toInt(), to = from;
        if (one.endsWith(s("xx"))) {
            from = one.left(1).toInt() * 100;
            to = from + 99;
        } else if (one.contains(QLatin1Char('-'))) {
            to = one.section(QLatin1Char('-'), 1).toInt();
        }
        for (int status = from; status <= to; ++status)
            all.insert(status);
    }
    QList<int> sorted(all.begin(), all.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

class Module final
{
public:
    Module(const FleetMonitor &monitor, const QString &module, const FleetOptions &options, FleetExport *fleet)
        : m_monitor(monitor)
        , m_module(module)
        , m_options(options)
        , m_fleet(fleet)
    {
    }

    std::optional<QString> text()
    {
        const qsizetype before = m_fleet->loss.size();
        m_text = s("  %1:\n    timeout: %2\n").arg(yamlQuoted(m_module), formatDuration(fleetProbeTimeout(m_monitor)));
        sayCommon();
        switch (m_monitor.type) {
        case FleetMonitor::Type::Http:
            writeHttp();
            break;
        case FleetMonitor::Type::Tcp:
            writeTcp();
            break;
        case FleetMonitor::Type::WebSocket:
            writeWebSocket();
            break;
        }
        if (m_leftOut.isEmpty())
            return m_text;
        m_fleet->loss.resize(before);
        m_fleet->loss.append({m_monitor.id, m_leftOutKey, Outcome::LeftOut, m_leftOut, m_monitor.place});
        return std::nullopt;
    }

private:
    void lose(const char *key, Outcome outcome, const QString &reason)
    {
        m_fleet->loss.append({m_monitor.id, s(key), outcome, reason, m_monitor.place});
    }
    void leaveOut(const QString &key, const QString &reason)
    {
        m_leftOutKey = key;
        m_leftOut = reason;
    }
    void line(int depth, const QString &text)
    {
        m_text += QString(depth * 2, QLatin1Char(' ')) + text + QLatin1Char('\n');
    }

    void sayCommon()
    {
        if (!m_monitor.expectedJson.isEmpty())
            lose("expect.json", Outcome::Lost,
                 s("blackbox_exporter reads no JSON: an answer with a good status counts as up, whatever %1 says. "
                   "expect.body, a regular expression, is carried over")
                     .arg(QStringList(m_monitor.expectedJson.keys()).join(s(", "))));
        if (!m_monitor.degraded.json.isEmpty())
            lose("degraded.json", Outcome::Lost, s("blackbox_exporter reads no JSON"));
        if (m_monitor.degraded.latency)
            lose("degraded.latency", Outcome::Changed,
                 s("an alert rule on probe_duration_seconds; that includes DNS and TLS like our own total"));
        if (fleetProbeTimeout(m_monitor) < m_monitor.timeout)
            lose("timeout", Outcome::Changed,
                 s("the exporter has to answer before the next scrape, and gives up after %1")
                     .arg(formatDuration(fleetProbeTimeout(m_monitor))));
        if (m_monitor.keepWarm)
            lose("keep_warm", Outcome::Lost,
                 s("Prometheus asks every %1, and no more").arg(formatDuration(m_monitor.interval)));
        if (m_monitor.grace.count() > 0 && !m_graceSaid)
            lose("grace", Outcome::Lost, s("Prometheus knows nothing of deploys: silence the alerts in Alertmanager"));
    }

    void writeAddress(int depth)
    {
        // The exporter takes one address of a name and tries no other. Most of what is probed has IPv4.
        line(depth, s("preferred_ip_protocol: ip4"));
        line(depth, s("ip_protocol_fallback: true"));
    }

    void writeTls(int depth, const QString &serverName = {})
    {
        const bool lax = m_monitor.profile && !m_monitor.profile->verifyTls;
        if (m_options.caFile.isEmpty() && serverName.isEmpty() && !lax)
            return;
        line(depth, s("tls_config:"));
        if (lax)
            line(depth + 1, s("insecure_skip_verify: true"));
        if (!m_options.caFile.isEmpty())
            line(depth + 1, s("ca_file: %1").arg(yamlQuoted(m_options.caFile)));
        if (!serverName.isEmpty())
            line(depth + 1, s("server_name: %1").arg(yamlQuoted(serverName)));
    }

    void writeHttp()
    {
        line(2, s("prober: http"));
        line(2, s("http:"));
        line(3, s("method: %1").arg(yamlQuoted(m_monitor.method)));
        writeHeaders();
        if (m_monitor.body.isReference())
            return leaveOut(s("body"), s("the request's body is a secret (%1), and blackbox_exporter takes it only as "
                                         "literal text")
                                           .arg(m_monitor.body.text));
        if (!m_monitor.body.text.isEmpty())
            line(3, s("body: %1").arg(yamlQuoted(m_monitor.body.text)));
        writeStatus();
        line(3, s("follow_redirects: %1").arg(m_monitor.follow ? s("true") : s("false")));
        if (QUrl(m_monitor.url).scheme() == s("https"))
            line(3, s("fail_if_not_ssl: true"));
        writePatterns();
        writeAddress(3);
        // Ours stops there too; an endless body shall not fill the exporter's memory.
        line(3, s("body_size_limit: 64MB"));
        writeTls(3);
    }

    void writeHeaders()
    {
        static const QList<std::pair<QString, Stated<QString>>> noHeaders;
        QStringList plain;
        for (auto header = m_monitor.headers.cbegin(); header != m_monitor.headers.cend(); ++header) {
            if (!header->isReference()) {
                plain.append(s("%1: %2").arg(yamlQuoted(header.key()), yamlQuoted(header->text)));
                continue;
            }
            if (header.key().compare(s("Authorization"), Qt::CaseInsensitive) != 0) {
                leaveOut(s("headers.%1").arg(header.key()),
                         s("blackbox_exporter takes header values only as literal text, and %1 is a secret; without it "
                           "the backend would answer something else. An Authorization header can be read from a file")
                             .arg(header->text));
                return;
            }
            const QString file = s("secrets/%1.token").arg(m_module);
            line(3, s("authorization:"));
            line(4, s("type: Bearer"));
            line(4, s("credentials_file: %1").arg(yamlQuoted(file)));
            m_fleet->secrets.append({file, header->text, m_monitor.id,
                                     s("what stands behind \"Bearer \" in its value; for another scheme change `type` "
                                       "in blackbox.yml")});
            lose("headers.Authorization", Outcome::Changed,
                 s("read from the file %1, which you have to make (see README.md)").arg(file));
        }
        for (const auto &[name, value] : m_monitor.profile ? m_monitor.profile->headers : noHeaders) {
            if (QStringList(m_monitor.headers.keys()).contains(name, Qt::CaseInsensitive))
                continue;
            leaveOut(
                s("headers.%1").arg(name),
                s("it stands in the manifest (%1) and may be a secret; write it into the workspace, as a reference "
                  "or as the text it is")
                    .arg(spoken(value.place)));
            return;
        }
        if (plain.isEmpty())
            return;
        line(3, s("headers:"));
        for (const QString &header : plain)
            line(4, header);
    }

    void writeStatus()
    {
        QList<int> statuses = statusList(m_monitor.expectedStatus);
        const bool looksFurther = !m_monitor.expectedBody.isEmpty() || !m_monitor.expectedHeaders.isEmpty();
        // To a platform 429 is a failure like any other.
        const bool apart = !m_monitor.profile && !statuses.contains(429);
        if (apart && !looksFurther)
            statuses.append(429); // degraded by rule, as with our own probes
        else if (apart)
            lose("expect", Outcome::Changed,
                 s("a 429 counts as down there, because the body or the headers are looked at too; here it is "
                   "degraded"));
        QStringList numbers;
        for (const int status : statuses)
            numbers.append(QString::number(status));
        line(3, s("valid_status_codes: [%1]").arg(numbers.join(s(", "))));
    }

    void writePatterns()
    {
        if (!m_monitor.expectedBody.isEmpty()) {
            if (isGoPattern(m_monitor.expectedBody))
                line(3, s("fail_if_body_not_matches_regexp: [%1]").arg(yamlQuoted(m_monitor.expectedBody)));
            else
                lose("expect.body", Outcome::Lost, s("Go's regular expressions have no such thing"));
        }
        QStringList headers;
        for (auto each = m_monitor.expectedHeaders.cbegin(); each != m_monitor.expectedHeaders.cend(); ++each) {
            if (isGoPattern(each.value()))
                headers.append(s("- {header: %1, regexp: %2}").arg(yamlQuoted(each.key()), yamlQuoted(each.value())));
            else
                lose("expect.headers", Outcome::Lost,
                     s("%1: Go's regular expressions have no such thing").arg(each.key()));
        }
        if (headers.isEmpty())
            return;
        line(3, s("fail_if_header_not_matches:"));
        for (const QString &header : headers)
            line(4, header);
    }

    void writeTcp()
    {
        line(2, s("prober: tcp"));
        line(2, s("tcp:"));
        writeAddress(3);
    }

    /// The HTTP prober waits for the end of a body, which an open socket never has: so the upgrade is asked for line by
    /// line.
    void writeWebSocket()
    {
        const QUrl url(m_monitor.url);
        const bool tls = url.scheme() == s("wss") || url.scheme() == s("https");
        for (auto header = m_monitor.headers.cbegin(); header != m_monitor.headers.cend(); ++header) {
            if (header->isReference())
                return leaveOut(s("headers.%1").arg(header.key()),
                                s("blackbox_exporter sends only literal text, and %1 is a secret").arg(header->text));
        }
        QString path = url.path(QUrl::FullyEncoded);
        if (path.isEmpty())
            path = s("/");
        if (url.hasQuery())
            path += QLatin1Char('?') + url.query(QUrl::FullyEncoded);
        QStringList request{s("GET %1 HTTP/1.1").arg(path)};
        const QString host = url.host(QUrl::FullyEncoded);
        const QString bracketed = host.contains(QLatin1Char(':')) ? s("[%1]").arg(host) : host;
        request.append(s("Host: %1").arg(url.port() > 0 ? s("%1:%2").arg(bracketed).arg(url.port()) : bracketed));
        request.append(s("Upgrade: websocket"));
        request.append(s("Connection: Upgrade"));
        request.append(s("Sec-WebSocket-Version: 13"));
        request.append(s("Sec-WebSocket-Key: c3dpdGNoeWFyZC1maXhlZA=="));
        for (auto header = m_monitor.headers.cbegin(); header != m_monitor.headers.cend(); ++header)
            request.append(s("%1: %2").arg(header.key(), header->text));
        request.append(QString());
        line(2, s("prober: tcp"));
        line(2, s("tcp:"));
        writeAddress(3);
        if (tls) {
            line(3, s("tls: true"));
            writeTls(3, host);
        }
        line(3, s("query_response:"));
        for (const QString &sent : std::as_const(request)) {
            // A carriage return: the exporter adds the line feed.
            QString quoted = yamlQuoted(sent);
            quoted.insert(quoted.size() - 1, s("\\r"));
            line(4, s("- send: %1").arg(quoted));
        }
        line(4, s("- expect: \"^HTTP/1\\\\.[01] 101\""));
    }

    const FleetMonitor &m_monitor;
    const QString m_module;
    const FleetOptions &m_options;
    FleetExport *m_fleet;
    QString m_text;
    QString m_leftOut, m_leftOutKey;
    const bool m_graceSaid = std::any_of(m_fleet->loss.cbegin(), m_fleet->loss.cend(),
                                         [](const FleetLoss &each) { return each.key == QLatin1StringView("grace"); });
};

} // namespace

Milliseconds fleetProbeTimeout(const FleetMonitor &monitor)
{
    return std::min(monitor.timeout, std::max(monitor.interval - Milliseconds(500), monitor.interval / 2));
}

QString fleetAddress(const FleetMonitor &monitor)
{
    const QUrl url(monitor.url);
    const bool tls = url.scheme() == s("wss") || url.scheme() == s("https");
    const QString host = url.host(QUrl::FullyEncoded);
    return s("%1:%2").arg(host.contains(QLatin1Char(':')) ? s("[%1]").arg(host) : host).arg(url.port(tls ? 443 : 80));
}

std::optional<QString> blackboxModule(const FleetMonitor &monitor, const QString &module, const FleetOptions &options,
                                      FleetExport *fleet)
{
    return Module(monitor, module, options, fleet).text();
}

} // namespace Switchyard
