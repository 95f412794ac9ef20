// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetparts.h"

#include <QHash>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A text in a cell of a Markdown table.
QString cell(QString text)
{
    return text.replace(QLatin1Char('|'), s("\\|")).replace(QLatin1Char('\n'), QLatin1Char(' '));
}

QString monitorsPart(const FleetExport &fleet, const FleetOptions &options)
{
    return s(R"(## Monitors

| file | for |
|---|---|
| `blackbox.yml` | blackbox_exporter 0.23 or newer: one module for each of %1 monitors |
| `prometheus.yml` | Prometheus 2.42 or newer: one job an interval, targets with the labels of the workspace |
| `rules.yml` | alerts: down, degraded, throttled, not probed, absent, certificate |
| `dashboard.json` | Grafana: Dashboards, New, Import; it asks for the data source |

Debian: `apt install prometheus prometheus-blackbox-exporter`. To start both from this folder, which paths are relative to:

    prometheus-blackbox-exporter --config.file=blackbox.yml --web.listen-address=%2 &
    prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=127.0.0.1:9090

Check first: `promtool check config prometheus.yml`, `prometheus-blackbox-exporter --config.check --config.file=blackbox.yml`.
`switchyard-cli fleet status --url http://127.0.0.1:9090` reads the states back; with `[prometheus] url = …` in the workspace
it needs no option.

A monitor is down with the n-th failure in a row (`failures`), as in Switchyard: the rule's `for` is one interval less than that,
because it begins with the first one. `keep_firing_for` stands for `recoveries`. An answer of 429 is degraded, not down.
The exporter takes one address of a name, IPv4 where there is one; Switchyard tries them all.
)")
        .arg(fleet.monitors.size())
        .arg(options.blackbox);
}

QString secretsPart(const FleetExport &fleet)
{
    QString text =
        s("\n## Secrets you have to put there\n\nNone is written by Switchyard. The exporter reads the files with each "
          "probe; without them the monitor is down.\n\n| file | comes from | holds |\n|---|---|---|\n");
    for (const FleetSecretFile &secret : fleet.secrets)
        text += s("| `%1` | `%2` | %3 |\n").arg(secret.path, cell(secret.reference), cell(secret.what));
    text += s("\nOne that only the exporter may read: `install -m 600 /dev/null %1`, then write the token into it with "
              "an editor. "
              "`secrets/.gitignore` keeps the folder out of commits.\n")
                .arg(fleet.secrets.first().path);
    return text;
}

/// What happened to many for the same reason is one row.
QString lossPart(const FleetExport &fleet)
{
    constexpr qsizetype named = 3;
    QStringList order;
    QHash<QString, QStringList> subjects;
    for (const FleetLoss &loss : fleet.loss) {
        const QString row = s("`%1` | %2 | %3").arg(cell(loss.key), fleetOutcomeName(loss.outcome), cell(loss.reason));
        QStringList &all = subjects[row];
        if (all.isEmpty())
            order.append(row);
        all.append(cell(loss.subject));
    }
    QString text = s("In `loss.json` for each one by itself, with its line.\n\n| what | key | outcome | why |\n"
                     "|---|---|---|---|\n");
    for (const QString &row : std::as_const(order)) {
        const QStringList all = subjects.value(row);
        QString what = all.mid(0, named).join(s(", "));
        if (all.size() > named)
            what += s(" and %1 more").arg(all.size() - named);
        text += s("| %1 | %2 |\n").arg(what, row);
    }
    return text;
}

} // namespace

QByteArray fleetGuide(const FleetExport &fleet, const FleetOptions &options)
{
    QString text =
        s("# Monitors of %1 for Prometheus\n\nWritten by Switchyard `fleet export`. The next export replaces these "
          "files unless they were edited.\n\n")
            .arg(fleet.workspace);
    if (!fleet.monitors.isEmpty())
        text += monitorsPart(fleet, options);
    if (!options.caFile.isEmpty())
        text += s("\nThe exporter trusts the certificates in `%1`.\n").arg(options.caFile);
    if (!fleet.secrets.isEmpty())
        text += secretsPart(fleet);
    if (fleet.find(s("sockets.k6.js")))
        text += s(
            "\n## Load on the sockets\n\n`sockets.k6.js` holds the workspace's WebSocket and Socket.IO clients with k6 "
            "(0.38 or newer):\n\n    k6 run -e DURATION=10m sockets.k6.js\n\n`-e ONLY=backend` keeps to one backend; a "
            "production backend needs `-e UNLOCK=backend`. Secrets are read from k6's "
            "environment, where no list of processes shows them; the script names each.\n\nFrom three machines, each "
            "with a third: `k6 run --execution-segment 0:1/3`, `1/3:2/3`, `2/3:1`.\n");
    text += s("\n## What was not carried over\n\n");
    if (fleet.loss.isEmpty())
        return (text + s("Nothing was lost.\n")).toUtf8();
    return (text + lossPart(fleet)).toUtf8();
}

} // namespace Switchyard
